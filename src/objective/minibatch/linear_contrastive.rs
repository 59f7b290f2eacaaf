//! `linear-contrastive` on a batch.

use super::lanes::Precision;
use super::pairs::{apply, inner, outer};
use super::towers::Towers;
use super::{Geometry, MinibatchError, MinibatchLoss, Pace, Parameters, finish};
use faer::Accum;
use nalgebra::DMatrix;

/// −tr Ĉ_12 + (c/2)·‖W_1ᵀW_2‖²_F (docs/theory.md §3, `linear-contrastive`), with Ĉ_12 the cross-covariance of z_1 and
/// z_2 in the batch, centred and divided by B − 1: unbiased.
#[derive(Debug)]
pub struct LinearContrastive<T> {
    /// c > 0.
    pub penalty: f64,
    towers: Towers<T>,
    mean: Vec<T>,
    grams: [Vec<T>; 2],
}

impl<T: Precision> LinearContrastive<T> {
    /// A loss without a workspace yet.
    pub fn new(penalty: f64) -> Self {
        Self { penalty, towers: Towers::new(), mean: vec![], grams: [vec![], vec![]] }
    }
}

impl<T: Precision> Default for LinearContrastive<T> {
    /// c = 1.
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl<T: Precision> MinibatchLoss<T> for LinearContrastive<T> {
    fn geometry(&self, scales: [f64; 2]) -> [Geometry; 2] {
        // W_1ᵀW_2 = Σ12/c at the optimum, shared equally.
        [Geometry::Scaled((scales[0] * scales[1] / self.penalty).sqrt()); 2]
    }

    fn slope_units(&self, scales: [f64; 2]) -> [f64; 2] {
        // The loss at the optimum, ‖Σ12‖²/c, since coordinates have entries of order one there.
        [(scales[0] * scales[1]).powi(2) / self.penalty; 2]
    }

    /// Without whitening, a weak singular value of Ĉ_12 is found late, next to the noise of the loudest channels: hence
    /// large batches, whose cost is linear in B here, and large steps.
    fn pace(&self) -> Pace {
        Pace { batch: 4096, learning_rate: 0.1 }
    }

    fn evaluate(
        &mut self,
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError> {
        self.towers.forward(batch, &parameters.weights, 2)?;
        let (lead, dim, samples) = (self.towers.lead, self.towers.dim, self.towers.batch as f64);
        self.mean.resize(lead, T::zero());
        let scale = T::nearest(-(samples - 1.0).recip());
        // ∂/∂z_1 of the centred trace is the centred z_2, whose products with z_1 need no further centring.
        for (out, other) in self.towers.gradient.iter_mut().zip([&self.towers.encoded[1], &self.towers.encoded[0]]) {
            self.mean.fill(T::zero());
            for z in other.chunks_exact(lead) {
                self.mean.iter_mut().zip(z).for_each(|(mean, &z)| *mean += z);
            }
            let inverse = T::nearest(samples.recip());
            for (out, z) in out.chunks_exact_mut(lead).zip(other.chunks_exact(lead)) {
                for ((out, &z), &sum) in out.iter_mut().zip(z).zip(&self.mean) {
                    *out = scale * (z - inverse * sum);
                }
            }
        }
        let trace = inner(&self.towers.encoded[0], &self.towers.gradient[0]);
        self.towers.backward(batch, gradient);
        for (gram, weights) in self.grams.iter_mut().zip(&parameters.weights) {
            gram.resize(dim * dim, T::zero());
            outer(gram, weights.as_slice(), weights.as_slice(), [dim; 2], 1.0);
        }
        let penalty = 0.5 * self.penalty * inner(&self.grams[0], &self.grams[1]);
        for m in 0..2 {
            let (out, gram) = (gradient.weights[m].as_mut_slice(), &self.grams[1 - m]);
            apply(out, gram, parameters.weights[m].as_slice(), [dim; 2], self.penalty, Accum::Add);
        }
        finish(trace + penalty, gradient)
    }
}
