//! `infonce`: InfoNCE with infinitely many negatives.

use super::minibatch::{self, both};
use super::{Entry, Kind, Objective, ObjectiveError, ParameterSpec, Parameters, Range, Solution, Spectral};
use crate::information::{Encoders, SecondMoments};

/// −E z_1ᵀz_2/τ + E log E_{x_2'} exp(z_1ᵀz_2'/τ) with the bilinear critic and B → ∞. For Gaussians this is exactly
/// ½·`spectral` at W_1ᵀW_2/τ (cf. Baptista, Stuart, Tran 2025), with minimum −½ Σ_{i≤d} ρ_i².
#[derive(Debug, Clone, Copy)]
pub struct InfoNce {
    temperature: f64,
}

impl InfoNce {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        parameters: &[ParameterSpec {
            name: TEMPERATURE,
            label: "temperature τ",
            meaning: "divisor of the scores",
            kind: Kind::Number(Range::Positive),
            default: Some("1"),
        }],
        minibatch: Some(|parameters, conditions| {
            let temperature = parameters.number(TEMPERATURE).unwrap_or(1.0);
            Ok(both!(minibatch::InfoNce::new(conditions.critic, conditions.direction, temperature)))
        }),
        has_critic: true,
        ..Entry::plain(
            "infonce",
            "InfoNCE",
            "InfoNCE with a bilinear critic and infinitely many negatives: same minimiser as `spectral`",
            |given| Ok(Box::new(given.number(TEMPERATURE).map_or_else(|| Ok(InfoNce::default()), InfoNce::new)?)),
        )
    };
}

const TEMPERATURE: &str = "temperature";

impl Default for InfoNce {
    fn default() -> Self {
        Self { temperature: 1.0 }
    }
}

impl InfoNce {
    /// The objective at temperature τ > 0.
    ///
    /// # Errors
    /// [`ObjectiveError::Range`] if τ is not positive and finite.
    pub fn new(temperature: f64) -> Result<Self, ObjectiveError> {
        Ok(Self { temperature: Range::Positive.check(TEMPERATURE, temperature)? })
    }

    /// τ.
    pub fn temperature(self) -> f64 {
        self.temperature
    }

    /// The encoders with the temperature absorbed equally into both.
    fn absorbed(self, encoders: &Encoders) -> Encoders {
        let scale = self.temperature.sqrt().recip();
        Encoders { first: &encoders.first * scale, second: &encoders.second * scale }
    }
}

impl Objective for InfoNce {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn parameters(&self) -> Parameters {
        Parameters::default().with_number(TEMPERATURE, self.temperature)
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: true, whiten_second: true }
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
