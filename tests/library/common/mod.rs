//! Shared by the suites: models with known answers, random models, and dense oracles that use none of the crate's
//! linear algebra (nalgebra's Cholesky instead of faer, covariances instead of factors).

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
