//! `joint-density`: the KL form of contrastive learning.

use super::{BeyondRank, Objective, Solution, cross_gradient};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{Matrix, product};

/// −E s + log E_{x_1}E_{x_2'} e^s with a bilinear critic s = z_1ᵀz_2: the canonical directions with singular values
/// (√(1+4ρ²) − 1)/(2ρ) in place of ρ. The second term is −½ log det(I − W_1Σ11W_1ᵀ·W_2Σ22W_2ᵀ), infinite where the
/// product has an eigenvalue of 1 or more.
#[derive(Debug, Clone, Copy)]
pub struct JointDensity;

impl JointDensity {
    /// I − A_1A_2 of the encoded covariances, where the expectation is finite.
    fn remainder(moments: &SecondMoments, encoders: &Encoders) -> Option<Matrix> {
        let (a1, a2) = (moments.encoded(0, &encoders.first), moments.encoded(1, &encoders.second));
        let product = product(&a1, &a2);
        let radius = product.complex_eigenvalues().iter().fold(0.0_f64, |largest, value| largest.max(value.re));
        (radius < 1.0).then(|| Matrix::identity(product.nrows(), product.nrows()) - product)
    }
}

impl Objective for JointDensity {
    fn id(&self) -> &'static str {
        "joint-density"
    }

    fn summary(&self) -> &'static str {
        "KL form: canonical directions, scaled by (√(1+4ρ²) − 1)/(2ρ)"
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: true, whiten_second: true, beyond_rank: BeyondRank::Zero }
    }

    fn scale(&self, singular_value: f64) -> f64 {
        // (√(1+4ρ²) − 1)/(2ρ) = 2ρ/(√(1+4ρ²) + 1), without cancellation.
        (2.0 * singular_value / ((1.0 + 4.0 * singular_value * singular_value).sqrt() + 1.0)).sqrt()
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let normaliser =
            Self::remainder(moments, encoders).map_or(f64::INFINITY, |remainder| -0.5 * remainder.determinant().ln());
        Some(-moments.cross_trace(&encoders.first, &encoders.second) + normaliser)
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let Encoders { first, second } = encoders;
        let cross = cross_gradient(moments, encoders);
        let solve = Self::remainder(moments, encoders)?.lu().try_inverse()?;
        // d(−½ log det(I − A_1A_2)) = ½ tr((I − A_1A_2)^{-1} d(A_1A_2)); both factors below are symmetric.
        let by_first = product(&moments.encoded(1, second), &solve);
        let by_second = product(&solve, &moments.encoded(0, first));
        Some(Encoders {
            first: product(&by_first, &product(first, &moments.first)) - cross.first,
            second: product(&by_second, &product(second, &moments.second)) - cross.second,
        })
    }
}
