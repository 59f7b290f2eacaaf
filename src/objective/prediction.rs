//! `prediction`: reduced-rank regression from x_1 to x_2.

use super::{BeyondRank, Objective, Solution, regression};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::Matrix;

/// min_D E‖x_2 − D z_1‖²: the directions of Σ11^{-1/2}Σ12 (a = ½, b = 0). The second encoder, V_dᵀ, spans the
/// predicted part of x_2; the value does not depend on it.
#[derive(Debug, Clone, Copy)]
pub struct Prediction;

impl Objective for Prediction {
    fn id(&self) -> &'static str {
        "prediction"
    }

    fn summary(&self) -> &'static str {
        "predict x_2 from z_1: reduced-rank regression"
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: true, whiten_second: false, beyond_rank: BeyondRank::Zero }
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        Some(regression::error(&encoders.first, &moments.first, &moments.cross, moments.second.trace()))
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let (rows, columns) = encoders.second.shape();
        Some(Encoders {
            first: regression::gradient(&encoders.first, &moments.first, &moments.cross),
            second: Matrix::zeros(rows, columns),
        })
    }
}
