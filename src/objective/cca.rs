//! `cca`: canonical correlation analysis.

use super::minibatch::{self, both};
use super::{Candidate, Entry, Objective, Sense, Solution, cross_gradient};
use crate::information::{Encoders, SecondMoments};

/// max tr(W_1 Σ12 W_2ᵀ) over whitened encoders: the leading canonical directions. An idealisation of Barlow Twins,
/// VICReg and W-MSE.
#[derive(Debug, Clone, Copy)]
pub struct CanonicalCorrelation;

impl CanonicalCorrelation {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        minibatch: Some(|_, _| Ok(both!(minibatch::CanonicalCorrelation::default()))),
        ..Entry::plain("cca", "CCA", "canonical correlation analysis: maximal alignment of whitened encoders", |_| {
            Ok(Box::new(CanonicalCorrelation))
        })
    };
}

impl Objective for CanonicalCorrelation {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn sense(&self) -> Sense {
        Sense::Maximise
    }

    fn whitened(&self) -> bool {
        true
    }

    fn solution(&self) -> Solution {
        Solution::Canonical
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        Some(moments.cross_trace(&encoders.first, &encoders.second))
    }

    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        candidate.can_be_whitened().then(|| candidate.whitened_alignment(usize::MAX))
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        Some(cross_gradient(moments, encoders))
    }
}
