//! `spectral` (HaoChen et al. 2021).

use super::minibatch::{self, both};
use super::{Entry, Objective, Solution, cross_gradient};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::product;

/// −2 tr(W_1 Σ12 W_2ᵀ) + tr(W_1Σ11W_1ᵀ·W_2Σ22W_2ᵀ), minimised by W_1ᵀW_2 = Σ11^{-1/2}·T_d·Σ22^{-1/2}, with T_d the
/// truncation of T to rank d.
#[derive(Debug, Clone, Copy)]
pub struct Spectral;

impl Spectral {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        minibatch: Some(|_, _| Ok(both!(minibatch::Spectral::default()))),
        ..Entry::plain(
            "spectral",
            "spectral",
            "spectral contrastive loss: canonical directions, scaled by the correlations",
            |_| Ok(Box::new(Spectral)),
        )
    };
}

impl Objective for Spectral {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: true, whiten_second: true }
    }

    fn scale(&self, singular_value: f64) -> f64 {
        singular_value.sqrt()
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let Encoders { first, second } = encoders;
        Some(-2.0 * moments.cross_trace(first, second) + moments.encoded(0, first).dot(&moments.encoded(1, second)))
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let Encoders { first, second } = encoders;
        let cross = cross_gradient(moments, encoders);
        let side = |other: usize, weights, covariance| {
            product(&moments.encoded(other, encoders.weights(other)), &product(weights, covariance))
        };
        Some(Encoders {
            first: (side(1, first, &moments.first) - cross.first) * 2.0,
            second: (side(0, second, &moments.second) - cross.second) * 2.0,
        })
    }
}
