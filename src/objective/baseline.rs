//! Baselines that treat each modality separately.

use super::minibatch::{self, both};
use super::{Candidate, Entry, Objective, Solution, regression};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::outside;

/// `pca`: Σ_m min_D E‖x_m − D z_m‖², each encoder on its own.
#[derive(Debug, Clone, Copy)]
pub struct PrincipalComponents;

/// `supervised`: Σ_m min_D E‖y − D z_m‖², all targets stacked.
#[derive(Debug, Clone, Copy)]
pub struct Supervised;

/// `random`: Gaussian weights, seeded.
#[derive(Debug, Clone, Copy)]
pub struct Random;

impl PrincipalComponents {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        minibatch: Some(|_, _| Ok(both!(minibatch::PrincipalComponents::default()))),
        ..Entry::plain("pca", "PCA", "principal components of each modality: fidelity without alignment", |_| {
            Ok(Box::new(PrincipalComponents))
        })
    };
}

impl Supervised {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry::plain(
        "supervised",
        "supervised",
        "the directions of E[y|x_m]: what the task needs from each modality",
        |_| Ok(Box::new(Supervised)),
    );
}

impl Random {
    /// Its registry entry.
    pub const ENTRY: Entry =
        Entry::plain("random", "random", "Gaussian weights: what an untrained encoder keeps", |_| Ok(Box::new(Random)));
}

impl Objective for PrincipalComponents {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn solution(&self) -> Solution {
        Solution::PrincipalComponents
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let error = |covariance, weights| regression::error(weights, covariance, covariance, covariance.trace());
        Some(error(&moments.first, &encoders.first) + error(&moments.second, &encoders.second))
    }

    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        // x_m = root·x̃_m; the error is the part of it outside the span of z_m.
        let error = |m: usize| {
            let root = &candidate.pair.whitening(m).root;
            outside(candidate.towers.basis(m), &root.transpose()).norm_squared()
        };
        Some(error(0) + error(1))
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        Some(Encoders {
            first: regression::gradient(&encoders.first, &moments.first, &moments.first),
            second: regression::gradient(&encoders.second, &moments.second, &moments.second),
        })
    }
}

impl Objective for Supervised {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn solution(&self) -> Solution {
        Solution::TargetRegression
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let error = |m: usize, covariance| {
            regression::error(encoders.weights(m), covariance, &moments.target_cross[m], moments.target_variance)
        };
        Some(error(0, &moments.first) + error(1, &moments.second))
    }

    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        Some(candidate.target_errors[0] + candidate.target_errors[1])
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        Some(Encoders {
            first: regression::gradient(&encoders.first, &moments.first, &moments.target_cross[0]),
            second: regression::gradient(&encoders.second, &moments.second, &moments.target_cross[1]),
        })
    }
}

impl Objective for Random {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn solution(&self) -> Solution {
        Solution::Random
    }

    fn value(&self, _: &SecondMoments, _: &Encoders) -> Option<f64> {
        None
    }

    fn gradient(&self, _: &SecondMoments, _: &Encoders) -> Option<Encoders> {
        None
    }
}
