//! `prediction`: reduced-rank regression from x_1 to x_2.

use super::minibatch::{self, both};
use super::{Candidate, Entry, Objective, Solution, regression};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{Matrix, outside, product, product_tn, scale_rows};

/// min_D E‖x_2 − D z_1‖²: the directions of Σ11^{-1/2}Σ12 (a = ½, b = 0). The second encoder, V_dᵀ, spans the predicted
/// part of x_2; the value does not depend on it.
#[derive(Debug, Clone, Copy)]
pub struct Prediction;

impl Prediction {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        minibatch: Some(|_, _| Ok(both!(minibatch::Prediction::default()))),
        ..Entry::plain("prediction", "prediction", "reduced-rank regression: predict x_2 from z_1", |_| {
            Ok(Box::new(Prediction))
        })
    };
}

impl Objective for Prediction {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: true, whiten_second: false }
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        Some(regression::error(&encoders.first, &moments.first, &moments.cross, moments.second.trace()))
    }

    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        let Candidate { pair, towers, .. } = candidate;
        // x_2 = root·x̃_2, row by row a vector over x̃_2. The part predicted by x_1 is T·rootᵀ, of which z_1 misses
        // what lies outside its span; the part not predicted by x_1 is its share along the sines, plus everything
        // outside the canonical directions.
        let target = pair.whitening(1).root.transpose();
        let along = product_tn(pair.canonical_directions(1), &target);
        let scaled = |weights: &[f64]| {
            let mut scaled = along.clone();
            scale_rows(&mut scaled, weights.iter().copied());
            scaled
        };
        let said = product(pair.canonical_directions(0), &scaled(pair.angles().cosines()));
        let unsaid = scaled(pair.angles().sines()).norm_squared();
        let beyond = outside(pair.canonical_directions(1), &target).norm_squared();
        Some(outside(towers.basis(0), &said).norm_squared() + unsaid + beyond)
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let (rows, columns) = encoders.second.shape();
        Some(Encoders {
            first: regression::gradient(&encoders.first, &moments.first, &moments.cross),
            second: Matrix::zeros(rows, columns),
        })
    }
}
