//! `cca` on a batch: whitening by a penalty.

use super::lanes::Precision;
use super::pairs::{add_gradient, inner, mean_square, outer};
use super::towers::Towers;
use super::{MinibatchError, MinibatchLoss, Parameters, finish};
use nalgebra::DMatrix;

/// −tr C_12 + (μ/4)·(‖C_11 − I‖²_F + ‖C_22 − I‖²_F), with C the second moments of z: for every μ > 0 the population
/// optimum has exactly the directions of `cca` (VICReg and Barlow Twins have such penalties).
///
/// Derivation: in whitened coordinates A_m = W_m·Σ_mm^{1/2} the loss is −tr(A_1·T·A_2ᵀ) + (μ/4)·Σ_m ‖A_m·A_mᵀ − I‖²_F.
/// For given singular values of A_1 and A_2 the penalty is fixed, and by von Neumann's trace inequality the first term
/// is smallest when A_1 and A_2 have the leading singular vectors of T. This leaves d scalar problems −ρ·α·β +
/// (μ/4)((α²−1)² + (β²−1)²), minimal at α² = β² = 1 + ρ/μ with value −ρ − ρ²/(2μ), which decreases in ρ: the top d.
///
/// ‖C − I‖²_F = tr C² − 2·tr C + d, and tr C² is estimated by the mean of (z_i·z_j)² over i ≠ j: without the O(1/B)
/// bias of a plug-in estimate, the optimum equals the population's at every batch size.
#[derive(Debug)]
pub struct CanonicalCorrelation<T> {
    /// μ > 0.
    pub penalty: f64,
    towers: Towers<T>,
    moment: Vec<T>,
}

impl<T: Precision> CanonicalCorrelation<T> {
    /// A loss without a workspace yet.
    pub fn new(penalty: f64) -> Self {
        Self { penalty, towers: Towers::new(), moment: vec![] }
    }
}

impl<T: Precision> Default for CanonicalCorrelation<T> {
    /// μ = 1.
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl<T: Precision> MinibatchLoss<T> for CanonicalCorrelation<T> {
    fn evaluate(
        &mut self,
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError> {
        self.towers.forward(batch, &parameters.weights, 2)?;
        let (lead, samples, dim) = (self.towers.lead, self.towers.batch as f64, self.towers.dim as f64);
        self.moment.resize(lead * lead, T::zero());
        let [first, second] = &self.towers.encoded;
        let mut loss = -inner(first, second) / samples;
        for (out, (own, other)) in self.towers.gradient.iter_mut().zip([(first, second), (second, first)]) {
            outer(&mut self.moment, own, own, [lead; 2], samples.recip());
            let trace = inner(own, own) / samples;
            loss +=
                0.25 * self.penalty * (mean_square(own, own, [&self.moment, &self.moment], lead) - 2.0 * trace + dim);
            let (positive, shrink) = (T::nearest(-samples.recip()), T::nearest(-self.penalty / samples));
            for ((out, &own), &other) in out.iter_mut().zip(own).zip(other) {
                *out = positive * other + shrink * own;
            }
            // Both factors of (z_i·z_j)² are the same vector: twice the gradient with respect to one.
            add_gradient(out, own, own, &self.moment, lead, 0.5 * self.penalty);
        }
        self.towers.backward(batch, gradient);
        finish(loss, gradient)
    }
}
