//! What the suites share: models whose answers are known by hand, random models, and dense oracles that use none of the
//! crate's linear algebra (nalgebra's Cholesky instead of faer, covariances instead of factors).

pub(crate) mod command;
pub(crate) mod dense;
pub(crate) mod models;
pub(crate) mod random;
pub(crate) mod units;

/// The mean of at least two values, and its standard error.
pub(crate) fn mean_and_standard_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

/// Each suite uses a part of this module; naming all of it once keeps the rest from being reported as dead code.
const _: fn() = || {
    let _ = mean_and_standard_error;
    let _ = (command::alignloss, command::run, command::run_with_input, command::succeed);
    let _ = |name: &str| command::folder(name, "");
    let _ = |output: command::Output| (output.code, output.stdout, output.stderr);
    let _ = (models::scalar, models::noiseless, models::rank_deficient, models::correlated_nuisance);
    let _ = (models::modality, models::target, models::text);
    let _ = (random::model, random::encoders, random::generator, random::gaussian, random::orthonormal);
    let _ = units::in_units;
    let _ = (
        dense::Dense::of,
        dense::Dense::encoded,
        dense::Dense::information_nats,
        dense::Dense::mmse,
        dense::Dense::block,
    );
    let _ = (
        dense::log_determinant,
        dense::blocks::X1,
        dense::blocks::X2,
        dense::blocks::Y,
        dense::Dense::joint,
        dense::symmetric_inverse_root,
    );
};
