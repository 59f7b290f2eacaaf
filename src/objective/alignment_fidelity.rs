//! `alignment-fidelity`: the joint objective of docs/theory.md §5.

use super::minibatch::{self, both};
use super::{
    Candidate, Entry, Kind, Objective, ObjectiveError, ParameterSpec, Parameters, Range, Sense, Solution,
    cross_gradient,
};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{Matrix, product};

/// max (1−λ)·2 tr(W_1 Σ12 W_2ᵀ) + λ Σ_m tr(W_m Σ_mm² W_mᵀ) over whitened encoders, for which the second sum is the
/// variance of the sensors explained by their encoders. λ = 0 is `cca`; λ = 1 spans the principal components of each modality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlignmentFidelity {
    lambda: f64,
}

impl AlignmentFidelity {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        parameters: &[ParameterSpec {
            name: LAMBDA,
            label: "fidelity weight λ",
            meaning: "weight of fidelity: 0 is cca, 1 spans the principal components",
            kind: Kind::Number(Range::Share),
            default: None,
        }],
        minibatch: Some(|parameters, conditions| {
            let lambda = parameters.number(LAMBDA).unwrap_or_default();
            let variance = conditions.largest_variance()?;
            Ok(both!(minibatch::Remedy::alignment_fidelity(lambda, variance, minibatch::WHITENING)))
        }),
        ..Entry::plain(
            "alignment-fidelity",
            "alignment-fidelity",
            "alignment and explained variance, weighted 1 − λ and λ: the joint remedy",
            |given| Ok(Box::new(AlignmentFidelity::new(given.number(LAMBDA).unwrap_or(f64::NAN))?)),
        )
    };
}

const LAMBDA: &str = "lambda";

impl AlignmentFidelity {
    /// The objective with weight λ on fidelity.
    ///
    /// # Errors
    /// [`ObjectiveError::Range`] if λ is outside [0, 1].
    pub fn new(lambda: f64) -> Result<Self, ObjectiveError> {
        Ok(Self { lambda: Range::Share.check(LAMBDA, lambda)? })
    }

    /// λ, the weight of fidelity.
    pub fn lambda(self) -> f64 {
        self.lambda
    }
}

impl Objective for AlignmentFidelity {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn sense(&self) -> Sense {
        Sense::Maximise
    }

    fn whitened(&self) -> bool {
        true
    }

    fn parameters(&self) -> Parameters {
        Parameters::default().with_number(LAMBDA, self.lambda)
    }

    fn solution(&self) -> Solution {
        Solution::AlignmentFidelity(*self)
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let Encoders { first, second } = encoders;
        let explained = product(first, &moments.first).norm_squared() + product(second, &moments.second).norm_squared();
        Some(2.0 * (1.0 - self.lambda) * moments.cross_trace(first, second) + self.lambda * explained)
    }

    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        candidate.can_be_whitened().then(|| {
            let explained = candidate.explained_variance(0) + candidate.explained_variance(1);
            2.0 * (1.0 - self.lambda) * candidate.whitened_alignment(usize::MAX) + self.lambda * explained
        })
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let cross = cross_gradient(moments, encoders);
        let side = |cross: Matrix, weights: &Matrix, covariance: &Matrix| {
            (cross * (1.0 - self.lambda) + product(&product(weights, covariance), covariance) * self.lambda) * 2.0
        };
        Some(Encoders {
            first: side(cross.first, &encoders.first, &moments.first),
            second: side(cross.second, &encoders.second, &moments.second),
        })
    }
}
