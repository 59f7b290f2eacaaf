//! `linear-contrastive` (Ji et al. 2023; Nakada et al. 2023).

use super::{BeyondRank, Objective, Parameters, Solution, cross_gradient};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{product, product_nt};

/// −tr(W_1 Σ12 W_2ᵀ) + (c/2)‖W_1ᵀW_2‖²_F + (η/2)(‖W_1‖²_F + ‖W_2‖²_F), minimised by the leading singular directions of Σ12
/// (those of PLS-SVD) with singular values (σ_i − η)₊/c of W_1ᵀW_2 (theorem `width`).
#[derive(Debug, Clone, Copy)]
pub struct LinearContrastive {
    /// c > 0, the strength of the penalty.
    pub penalty: f64,
    /// η ≥ 0, the weight decay.
    pub weight_decay: f64,
}

impl Default for LinearContrastive {
    fn default() -> Self {
        Self { penalty: 1.0, weight_decay: 0.0 }
    }
}

impl Objective for LinearContrastive {
    fn id(&self) -> &'static str {
        "linear-contrastive"
    }

    fn summary(&self) -> &'static str {
        "linear contrastive loss: top singular directions of the cross-covariance"
    }

    fn parameters(&self) -> Parameters {
        Parameters { penalty: Some(self.penalty), weight_decay: Some(self.weight_decay), ..Parameters::default() }
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: false, whiten_second: false, beyond_rank: BeyondRank::Zero }
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
