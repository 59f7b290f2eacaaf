//! `alignment-fidelity`: the joint objective of theory.md §5.

use super::{Candidate, Objective, ObjectiveError, Parameters, Sense, Solution, cross_gradient};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{Matrix, product};

/// max (1−λ)·2 tr(W_1 Σ12 W_2ᵀ) + λ Σ_m tr(W_m Σ_mm² W_mᵀ) over whitened encoders; for those the second sum is the
/// variance of the sensors that their encoders explain. λ = 0 is `cca`, λ = 1 spans the principal components of each tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlignmentFidelity {
    lambda: f64,
}

impl AlignmentFidelity {
    /// Its id.
    pub const ID: &'static str = "alignment-fidelity";

    /// The objective with weight λ on fidelity.
    ///
    /// # Errors
    /// [`ObjectiveError::Range`] when λ is outside [0, 1].
    pub fn new(lambda: f64) -> Result<Self, ObjectiveError> {
        if (0.0..=1.0).contains(&lambda) {
            Ok(Self { lambda })
        } else {
            Err(ObjectiveError::Range { name: "lambda", value: lambda, expected: "from 0 to 1" })
        }
    }

    /// λ, the weight of fidelity.
    pub fn lambda(self) -> f64 {
        self.lambda
    }
}

impl Objective for AlignmentFidelity {
    fn id(&self) -> &'static str {
        Self::ID
    }

    fn summary(&self) -> &'static str {
        "alignment and explained variance, weighted by 1 − λ and λ: the joint remedy"
    }

    fn sense(&self) -> Sense {
        Sense::Maximise
    }

    fn whitened(&self) -> bool {
        true
    }

    fn parameters(&self) -> Parameters {
        Parameters { lambda: Some(self.lambda), ..Parameters::default() }
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
