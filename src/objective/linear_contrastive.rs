//! `linear-contrastive` (Ji et al. 2023; Nakada et al. 2023).

use super::minibatch::{self, both};
use super::{Entry, Kind, Objective, ObjectiveError, ParameterSpec, Parameters, Range, Solution, cross_gradient};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{product, product_nt};

/// −tr(W_1 Σ12 W_2ᵀ) + (c/2)‖W_1ᵀW_2‖²_F + (η/2)(‖W_1‖²_F + ‖W_2‖²_F), minimised by the leading singular directions of
/// Σ12 (those of PLS-SVD), with (σ_i − η)₊/c as the singular values of W_1ᵀW_2 (theorem `width`).
#[derive(Debug, Clone, Copy)]
pub struct LinearContrastive {
    penalty: f64,
    weight_decay: f64,
}

impl LinearContrastive {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        parameters: &[
            ParameterSpec {
                name: PENALTY,
                label: "penalty c",
                meaning: "weight of the penalty on ‖W_1ᵀW_2‖²",
                kind: Kind::Number(Range::Positive),
                default: Some("1"),
            },
            ParameterSpec {
                name: WEIGHT_DECAY,
                label: "weight decay η",
                meaning: "weight decay η; directions with singular values below it are lost",
                kind: Kind::Number(Range::NonNegative),
                default: Some("0"),
            },
        ],
        // The optimiser decays the weights.
        minibatch: Some(|parameters, _| {
            Ok(both!(minibatch::LinearContrastive::new(parameters.number(PENALTY).unwrap_or(1.0))))
        }),
        ..Entry::plain(
            "linear-contrastive",
            "linear-contrastive",
            "linear contrastive loss: leading singular directions of the cross-covariance",
            |given| {
                let default = LinearContrastive::default();
                let penalty = given.number(PENALTY).unwrap_or(default.penalty);
                let weight_decay = given.number(WEIGHT_DECAY).unwrap_or(default.weight_decay);
                Ok(Box::new(LinearContrastive::new(penalty, weight_decay)?))
            },
        )
    };
}

const PENALTY: &str = "penalty";
const WEIGHT_DECAY: &str = "weight_decay";

impl Default for LinearContrastive {
    fn default() -> Self {
        Self { penalty: 1.0, weight_decay: 0.0 }
    }
}

impl LinearContrastive {
    /// The objective with penalty c > 0 and weight decay η ≥ 0.
    ///
    /// # Errors
    /// [`ObjectiveError::Range`] if either is out of range or not finite.
    pub fn new(penalty: f64, weight_decay: f64) -> Result<Self, ObjectiveError> {
        Ok(Self {
            penalty: Range::Positive.check(PENALTY, penalty)?,
            weight_decay: Range::NonNegative.check(WEIGHT_DECAY, weight_decay)?,
        })
    }

    /// c.
    pub fn penalty(self) -> f64 {
        self.penalty
    }

    /// η.
    pub fn weight_decay(self) -> f64 {
        self.weight_decay
    }
}

impl Objective for LinearContrastive {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn parameters(&self) -> Parameters {
        Parameters::default().with_number(PENALTY, self.penalty).with_number(WEIGHT_DECAY, self.weight_decay)
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: false, whiten_second: false }
    }

    fn scale(&self, singular_value: f64) -> f64 {
        ((singular_value - self.weight_decay).max(0.0) / self.penalty).sqrt()
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let Encoders { first, second } = encoders;
        // ‖W_1ᵀW_2‖²_F = tr(W_1W_1ᵀ·W_2W_2ᵀ), of d × d matrices.
        let penalty = product_nt(first, first).dot(&product_nt(second, second));
        let decay = first.norm_squared() + second.norm_squared();
        Some(-moments.cross_trace(first, second) + 0.5 * (self.penalty * penalty + self.weight_decay * decay))
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let Encoders { first, second } = encoders;
        let cross = cross_gradient(moments, encoders);
        Some(Encoders {
            first: product(&product_nt(second, second), first) * self.penalty + first * self.weight_decay - cross.first,
            second: product(&product_nt(first, first), second) * self.penalty + second * self.weight_decay
                - cross.second,
        })
    }
}
