//! `linear-contrastive` (Ji et al. 2023; Nakada et al. 2023).

use super::{BeyondRank, Objective, Solution, cross_gradient};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{product, product_nt};

/// −tr(W_1 Σ12 W_2ᵀ) + (c/2)‖W_1ᵀW_2‖²_F, minimised by W_1ᵀW_2 = (1/c)·(Σ12 truncated to rank d): the directions of PLS-SVD.
#[derive(Debug, Clone, Copy)]
pub struct LinearContrastive {
    /// c > 0, the strength of the penalty.
    pub penalty: f64,
}

impl Default for LinearContrastive {
    fn default() -> Self {
        Self { penalty: 1.0 }
    }
}

impl Objective for LinearContrastive {
    fn id(&self) -> &'static str {
        "linear-contrastive"
    }

    fn summary(&self) -> &'static str {
        "linear contrastive loss: top singular directions of the cross-covariance"
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: false, whiten_second: false, beyond_rank: BeyondRank::Zero }
    }

    fn scale(&self, singular_value: f64) -> f64 {
        (singular_value / self.penalty).sqrt()
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let Encoders { first, second } = encoders;
        // ‖W_1ᵀW_2‖²_F = tr(W_1W_1ᵀ·W_2W_2ᵀ), of d × d matrices.
        let penalty = product_nt(first, first).dot(&product_nt(second, second));
        Some(-moments.cross_trace(first, second) + 0.5 * self.penalty * penalty)
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let Encoders { first, second } = encoders;
        let cross = cross_gradient(moments, encoders);
        Some(Encoders {
            first: product(&product_nt(second, second), first) * self.penalty - cross.first,
            second: product(&product_nt(first, first), second) * self.penalty - cross.second,
        })
    }
}
