//! `infonce` with infinitely many negatives.

use super::{BeyondRank, Objective, Parameters, Solution, Spectral};
use crate::information::{Encoders, SecondMoments};

/// −E z_1ᵀz_2/τ + E log E_{x_2'} exp(z_1ᵀz_2'/τ) with the bilinear critic and B → ∞: for Gaussians exactly ½·`spectral` of
/// W_1ᵀW_2/τ (cf. Baptista, Stuart, Tran 2025), with minimum −½ Σ_{i≤d} ρ_i².
#[derive(Debug, Clone, Copy)]
pub struct InfoNce {
    /// τ > 0.
    pub temperature: f64,
}

impl Default for InfoNce {
    fn default() -> Self {
        Self { temperature: 1.0 }
    }
}

impl InfoNce {
    /// The encoders with the temperature absorbed in equal parts.
    fn absorbed(self, encoders: &Encoders) -> Encoders {
        let scale = self.temperature.sqrt().recip();
        Encoders { first: &encoders.first * scale, second: &encoders.second * scale }
    }
}

impl Objective for InfoNce {
    fn id(&self) -> &'static str {
        "infonce"
    }

    fn summary(&self) -> &'static str {
        "InfoNCE with a bilinear critic and infinite negatives: the minimiser of `spectral`"
    }

    fn parameters(&self) -> Parameters {
        Parameters { temperature: Some(self.temperature), ..Parameters::default() }
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: true, whiten_second: true, beyond_rank: BeyondRank::Zero }
    }

    fn scale(&self, singular_value: f64) -> f64 {
        (singular_value * self.temperature).sqrt()
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        Spectral.value(moments, &self.absorbed(encoders)).map(|value| 0.5 * value)
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let scale = 0.5 * self.temperature.sqrt().recip();
        let gradient = Spectral.gradient(moments, &self.absorbed(encoders))?;
        Some(Encoders { first: gradient.first * scale, second: gradient.second * scale })
    }
}
