//! The error of the best linear prediction from an encoder, and its gradient.

use crate::linalg::{Matrix, product, product_nt, product_tn, scale_rows};

/// Ratio of the pivots of a Cholesky factor above which a pseudo-inverse is an inverse.
const WELL_CONDITIONED: f64 = 1e-4;

/// min_D E‖t − D·W x‖² = tr Σ_tt − tr(Σ_tx Wᵀ (W Σ Wᵀ)⁺ W Σ_xt).
///
/// `weights` is d × n, `covariance` Σ n × n, `cross` Σ_xt n × q. The result is a difference of two sums of the size of
/// tr Σ_tt, hence accurate to the rounding of that sum; smaller squared errors cannot be told from 0.
/// [`super::Objective::attained`] loses nothing to cancellation.
pub(super) fn error(weights: &Matrix, covariance: &Matrix, cross: &Matrix, variance: f64) -> f64 {
    let encoded = product(weights, cross);
    (variance - encoded.dot(&coefficients(weights, covariance, &encoded))).max(0.0)
}

/// The gradient of [`error`] with respect to the weights: −2 P B (Σ_tx − BᵀP WΣ) with P = (WΣWᵀ)⁺, B = WΣ_xt.
pub(super) fn gradient(weights: &Matrix, covariance: &Matrix, cross: &Matrix) -> Matrix {
    let encoded = product(weights, cross);
    let coefficients = coefficients(weights, covariance, &encoded);
    let unexplained = cross.transpose() - product_tn(&coefficients, &product(weights, covariance));
    product(&coefficients, &unexplained) * -2.0
}

/// (WΣWᵀ)⁺·B.
fn coefficients(weights: &Matrix, covariance: &Matrix, encoded: &Matrix) -> Matrix {
    let gram = product_nt(&product(weights, covariance), weights);
    if let Some(coefficients) = solved(&gram, encoded) {
        return coefficients;
    }
    let svd = crate::linalg::svd(&gram).unwrap_or_else(|error| panic!("the covariance of an encoder: {error}"));
    let cutoff = svd.values.first().copied().unwrap_or(0.0) * f64::EPSILON * gram.nrows() as f64;
    let mut inner = product_tn(&svd.left, encoded);
    scale_rows(&mut inner, svd.values.iter().map(|&value| if value > cutoff { value.recip() } else { 0.0 }));
    product(&svd.right, &inner)
}

/// A⁻¹·B by Cholesky, if every pivot shows that A is far from singular.
fn solved(gram: &Matrix, encoded: &Matrix) -> Option<Matrix> {
    let cholesky = gram.clone().cholesky()?;
    let pivots = cholesky.l_dirty().diagonal();
    (pivots.min() > WELL_CONDITIONED * pivots.max()).then(|| cholesky.solve(encoded))
}
