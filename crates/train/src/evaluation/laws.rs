//! Two laws of the theory that hold for any encoder, measured: `capacity` and `lipschitz`.

use super::EvaluationError;
use super::features::{Features, Parts};
use super::probe::{Loss, Probe, Target, linear_maps};
use super::resample::{Estimate, Resamples, r2_columns, r2_entries};
use alignloss::linalg::{Matrix, gram, product, symmetric_eigen};

/// Directions of an embedding below this fraction of its largest variance are rounding of single precision.
const LEAST_VARIANCE: f64 = 1e-10;

/// How the dimensions of an encoder are spent (theorem `capacity`): with y independent of the other view and z whitened,
/// tr Cov(E[z|x_other]) + tr Cov(E[z|y]) ≤ d for any encoder and any law.
///
/// Each trace is measured as the sum of the out-of-sample R² of the whitened entries by the best probe available. Out
/// of sample, a probe explains at most what the conditional mean does, so both estimates are from below.
pub(super) struct Capacity {
    /// tr Cov(E[z|x_other]).
    pub(super) aligned: Estimate,
    /// tr Cov(E[z|y]).
    pub(super) private: Estimate,
    /// Their sum.
    pub(super) total: Estimate,
    /// d: the rank of the embedding.
    pub(super) dimension: usize,
}

/// An embedding in coordinates with unit covariance over the training part; directions without variance are dropped.
pub(super) fn whitened(embedding: &Features) -> Result<Features, EvaluationError> {
    let mean = embedding.train.column_mean();
    let centred = embedding.map(|part| {
        let mut part = part.clone();
        part.column_iter_mut().for_each(|mut column| column -= &mean);
        part
    });
    let covariance = gram(&centred.train) / centred.train.ncols() as f64;
    let eigen = symmetric_eigen(&covariance)?;
    let largest = eigen.values.first().copied().unwrap_or(0.0);
    let rank = eigen.values.iter().filter(|&&value| value > LEAST_VARIANCE * largest).count();
    let whitener = Matrix::from_fn(rank, mean.len(), |i, j| eigen.vectors[(j, i)] / eigen.values[i].sqrt());
    Ok(centred.map(|part| product(&whitener, part)))
}

/// From what the other view and the private factor say about the whitened embedding, on the test part.
pub(super) fn capacity(
    whitened: &Features,
    from_other: &Matrix,
    from_private: &Matrix,
    resamples: &Resamples,
) -> Capacity {
    let truth = &whitened.test;
    let (aligned, private) = (r2_columns(truth, from_other), r2_columns(truth, from_private));
    let sum = |sums: &[f64]| r2_entries(sums).sum::<f64>();
    let split = aligned.ncols();
    let mut both = aligned.clone().insert_columns(split, private.ncols(), 0.0);
    both.columns_mut(split, private.ncols()).copy_from(&private);
    Capacity {
        aligned: resamples.estimate(&aligned, sum),
        private: resamples.estimate(&private, sum),
        // Entries of both, each with its three sums: the sum over all is the sum of the traces.
        total: resamples.estimate(&both, sum),
        dimension: truth.nrows(),
    }
}

/// What private factors say about a whitened embedding.
pub(super) fn explained_by(factors: &Features, whitened: &Features, probe: Probe) -> Result<Matrix, EvaluationError> {
    let target = Target { values: whitened.clone(), loss: Loss::Squared };
    Ok(probe.predict(factors, &[target])?.remove(0).test)
}

/// Both sides of `lipschitz`: σ(x_other; y) ≤ σ_L(z; y) + L·ε for any encoders and any law, with y scaled to variance one.
///
/// Measured with linear predictors g(z) = B·z of Lipschitz constant ‖B‖: the bound is the minimum of RMSE(g) + ‖B‖·ε
/// over the ridge's penalties, chosen on the validation part and measured on the test part. σ(x_other; y) is the error
/// of the best probe available, an estimate from above: a negative slack indicates a poor probe, or a small test part,
/// before it indicates anything about the theorem.
pub(super) struct Lipschitz {
    /// σ(x_other; y).
    pub(super) sigma: Estimate,
    /// σ_L(z; y) + L·ε.
    pub(super) bound: Estimate,
    /// bound − sigma.
    pub(super) slack: Estimate,
}

/// `distances` are ‖z_1 − z_2‖² of each validation and test sample.
pub(super) fn lipschitz(
    embedding: &Features,
    target: &Parts<Matrix>,
    from_other: &Matrix,
    distances: [&[f64]; 2],
    resamples: &Resamples,
) -> Result<Option<Lipschitz>, EvaluationError> {
    let errors = |truth: &Matrix, predicted: &Matrix| -> Vec<f64> {
        (truth - predicted).column_iter().map(|column| column.norm_squared()).collect()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let epsilon = mean(distances[0]).sqrt();
    let maps = linear_maps(embedding, target)?;
    let bound = |index: &usize| {
        let map = &maps[*index];
        mean(&errors(&target.validation, &map.validation)).sqrt() + map.lipschitz * epsilon
    };
    let Some(best) = (0..maps.len()).min_by(|a, b| bound(a).total_cmp(&bound(b))) else { return Ok(None) };
    let truth = &target.test;
    let centre = truth.column_mean();
    let spread: Vec<f64> = truth.column_iter().map(|column| (column - &centre).norm_squared()).collect();
    let (from_self, from_other) = (errors(truth, &maps[best].test), errors(truth, from_other));
    let columns = Matrix::from_fn(truth.ncols(), 4, |sample, column| match column {
        0 => from_self[sample],
        1 => from_other[sample],
        2 => distances[1][sample],
        _ => spread[sample],
    });
    let constant = maps[best].lipschitz;
    // notation: sums = count, Σ|y − g(z)|², Σ|y − h(x_other)|², Σ|z_1 − z_2|², Σ|y − ȳ|²
    let sigma = |sums: &[f64]| (sums[2] / sums[4]).sqrt();
    let bound = move |sums: &[f64]| (sums[1] / sums[4]).sqrt() + constant * (sums[3] / sums[4]).sqrt();
    Ok(Some(Lipschitz {
        sigma: resamples.estimate(&columns, sigma),
        bound: resamples.estimate(&columns, bound),
        slack: resamples.estimate(&columns, |sums| bound(sums) - sigma(sums)),
    }))
}
