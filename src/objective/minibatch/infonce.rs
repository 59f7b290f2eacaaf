//! `infonce` on a batch.

use super::contrast::{Contrast, Direction, Features, dot};
use super::lanes::Precision;
use super::towers::{Towers, padded};
use super::{MinibatchError, MinibatchLoss, Parameters, extreme, finish};
use crate::linalg::Real;
use nalgebra::DMatrix;
use std::f64::consts::LOG2_E;

/// How a pair is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Critic {
    /// s = z_1·z_2/τ.
    #[default]
    Bilinear,
    /// s = (z_1/‖z_1‖)·(z_2/‖z_2‖)/τ.
    Cosine,
    /// s = −‖z_1 − z_2‖²/(2τ).
    SquaredDistance,
}

/// InfoNCE over the pairs of a batch: −mean s_ii + mean log((1/B)·Σ_j e^{s_ij}), the positive pair among the B terms
/// (docs/theory.md §3, `infonce`): the cross-entropy minus log B. As B → ∞ it tends to the population loss; −loss never exceeds
/// log B.
#[derive(Debug)]
pub struct InfoNce<T> {
    /// s.
    pub critic: Critic,
    /// One direction, or the mean of both.
    pub direction: Direction,
    /// τ > 0, unless [`Parameters::log_temperature`] overrides it.
    pub temperature: f64,
    towers: Towers<T>,
    contrast: Contrast<T>,
    /// Takes over if powers of single-precision logits would leave their range.
    wide: Option<Box<Wide>>,
    features: [Vec<T>; 2],
    feature_gradients: [Vec<T>; 2],
}

/// The same contrast in double precision.
#[derive(Debug)]
struct Wide {
    contrast: Contrast<f64>,
    features: [Vec<f64>; 2],
    gradients: [Vec<f64>; 2],
}

impl<T: Precision> InfoNce<T> {
    /// A loss without a workspace yet.
    pub fn new(critic: Critic, direction: Direction, temperature: f64) -> Self {
        Self {
            critic,
            direction,
            temperature,
            towers: Towers::new(),
            contrast: Contrast::new(),
            wide: None,
            features: [vec![], vec![]],
            feature_gradients: [vec![], vec![]],
        }
    }

    /// The same arithmetic without the exponentials; it computes no meaningful loss, and serves as a baseline in
    /// `benches/sgd_step.rs`.
    #[doc(hidden)]
    #[must_use]
    pub fn without_exponential(mut self) -> Self {
        self.contrast.exponential = false;
        self
    }

    /// Rows of the features.
    fn depth(&self) -> usize {
        self.towers.dim + if self.critic == Critic::SquaredDistance { 2 } else { 0 }
    }

    /// Writes u and v with s = u·v, and returns a bound on |s|.
    fn write_features(&mut self, temperature: f64) -> Result<f64, MinibatchError> {
        let (dim, lead, batch) = (self.towers.dim, self.towers.lead, self.towers.batch);
        let feature_lead = padded::<T>(self.depth());
        for features in self.features.iter_mut().chain(&mut self.feature_gradients) {
            features.resize(feature_lead * batch, T::zero());
        }
        let inverse = T::nearest(temperature.recip());
        let mut largest = [0.0_f64; 2];
        for m in 0..2 {
            let scale = if m == 0 { inverse } else { T::one() };
            let columns = self.features[m].chunks_exact_mut(feature_lead);
            for (sample, (feature, z)) in columns.zip(self.towers.encoded[m].chunks_exact(lead)).enumerate() {
                let square = dot(z, z);
                largest[m] = largest[m].max(Real::to_f64(square));
                let mut factor = scale;
                if self.critic == Critic::Cosine {
                    if square <= T::zero() {
                        return Err(MinibatchError::ZeroNorm { modality: m + 1, sample });
                    }
                    factor /= square.root();
                }
                // The padding may hold features of an earlier shape.
                feature[dim..].fill(T::zero());
                for (feature, &z) in feature.iter_mut().zip(&z[..dim]) {
                    *feature = factor * z;
                }
                if self.critic == Critic::SquaredDistance {
                    // −‖z_1−z_2‖²/2τ = z_1·z_2/τ + (−‖z_1‖²/2τ)·1 + 1·(−‖z_2‖²/2τ).
                    feature[dim + m] = -T::nearest(0.5) * inverse * square;
                    feature[dim + 1 - m] = T::one();
                }
            }
        }
        let [first, second] = largest.map(f64::sqrt);
        Ok(match self.critic {
            Critic::Bilinear => first * second / temperature,
            Critic::Cosine => temperature.recip(),
            Critic::SquaredDistance => 0.5 * (first + second).powi(2) / temperature,
        })
    }

    /// The loss as a function of the features, with ∂L/∂u and ∂L/∂v.
    fn contrast(&mut self, bound: f64) -> f64 {
        let (lead, depth, batch) = (padded::<T>(self.depth()), self.depth(), self.towers.batch);
        let [anchors, candidates] = &self.features;
        let [anchor_gradient, candidate_gradient] = &mut self.feature_gradients;
        if bound * LOG2_E <= T::SAFE_EXPONENT {
            let features = Features { anchors, candidates, lead, depth, batch };
            return self.contrast.evaluate(features, self.direction, anchor_gradient, candidate_gradient);
        }
        let wide = self.wide.get_or_insert_with(|| {
            Box::new(Wide { contrast: Contrast::new(), features: [vec![], vec![]], gradients: [vec![], vec![]] })
        });
        for m in 0..2 {
            wide.features[m].clear();
            wide.features[m].extend(self.features[m].iter().map(|&value| Real::to_f64(value)));
            wide.gradients[m].resize(lead * batch, 0.0);
        }
        let [anchors, candidates] = &wide.features;
        let [first, second] = &mut wide.gradients;
        let features = Features { anchors, candidates, lead, depth, batch };
        let loss = if bound * LOG2_E <= f64::SAFE_EXPONENT {
            wide.contrast.evaluate(features, self.direction, first, second)
        } else {
            extreme::evaluate(features, self.direction, first, second)
        };
        for (narrow, wide) in [(anchor_gradient, first), (candidate_gradient, second)] {
            narrow.iter_mut().zip(wide).for_each(|(narrow, wide)| *narrow = T::nearest(*wide));
        }
        loss
    }

    /// ∂L/∂z_m from ∂L/∂u and ∂L/∂v.
    fn pull_back(&mut self, temperature: f64) {
        let (dim, lead) = (self.towers.dim, self.towers.lead);
        let feature_lead = padded::<T>(self.depth());
        let inverse = T::nearest(temperature.recip());
        for m in 0..2 {
            let scale = if m == 0 { inverse } else { T::one() };
            let samples = self.towers.gradient[m]
                .chunks_exact_mut(lead)
                .zip(self.towers.encoded[m].chunks_exact(lead))
                .zip(self.feature_gradients[m].chunks_exact(feature_lead));
            for ((gradient, z), slope) in samples {
                match self.critic {
                    Critic::Bilinear => {
                        gradient[..dim].iter_mut().zip(slope).for_each(|(gradient, &slope)| *gradient = scale * slope);
                    }
                    Critic::Cosine => {
                        let square = dot(z, z);
                        let radial = dot(z, slope) / square;
                        let factor = scale / square.root();
                        for ((gradient, &z), &slope) in gradient[..dim].iter_mut().zip(z).zip(slope) {
                            *gradient = factor * (slope - radial * z);
                        }
                    }
                    Critic::SquaredDistance => {
                        let radial = inverse * slope[dim + m];
                        for ((gradient, &z), &slope) in gradient[..dim].iter_mut().zip(z).zip(slope) {
                            *gradient = scale * slope - radial * z;
                        }
                    }
                }
            }
        }
    }
}

impl<T: Precision> InfoNce<T> {
    /// The loss of a batch of embeddings (z_1, z_2), each d × B, however they were made. Writes ∂L/∂z_m, of the same
    /// shape, and returns the loss and ∂L/∂log τ.
    ///
    /// # Errors
    /// [`MinibatchError`]; the gradients are then meaningless.
    pub fn evaluate_embeddings(
        &mut self,
        embeddings: [&[T]; 2],
        dim: usize,
        temperature: f64,
        gradients: [&mut [T]; 2],
    ) -> Result<(f64, f64), MinibatchError> {
        if !(temperature.is_finite() && temperature > 0.0) {
            return Err(MinibatchError::Temperature { temperature });
        }
        self.towers.adopt(embeddings, dim, 2)?;
        let bound = self.write_features(temperature)?;
        let loss = self.contrast(bound);
        let slope = -Real::to_f64(dot(&self.features[0], &self.feature_gradients[0]));
        self.pull_back(temperature);
        let mut size = 0.0;
        for (own, out) in self.towers.gradient.iter().zip(gradients) {
            for (out, own) in out.chunks_exact_mut(dim).zip(own.chunks_exact(self.towers.lead)) {
                out.copy_from_slice(&own[..dim]);
                size += out.iter().map(|&value| Real::to_f64(value).abs()).sum::<f64>();
            }
        }
        if loss.is_finite() && size.is_finite() { Ok((loss, slope)) } else { Err(MinibatchError::NotFinite { loss }) }
    }
}

impl<T: Precision> MinibatchLoss<T> for InfoNce<T> {
    fn evaluate(
        &mut self,
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError> {
        let temperature = parameters.log_temperature.map_or(self.temperature, |log| Real::to_f64(log).exp());
        if !(temperature.is_finite() && temperature > 0.0) {
            return Err(MinibatchError::Temperature { temperature });
        }
        self.towers.forward(batch, &parameters.weights, 2)?;
        let bound = self.write_features(temperature)?;
        let loss = self.contrast(bound);
        if let Some(slope) = &mut gradient.log_temperature {
            // Every logit is proportional to 1/τ: ∂L/∂log τ = −Σ_ij G_ij·s_ij = −⟨∂L/∂u, u⟩.
            *slope = -dot(&self.features[0], &self.feature_gradients[0]);
        }
        self.pull_back(temperature);
        self.towers.backward(batch, gradient);
        finish(loss, gradient)
    }
}
