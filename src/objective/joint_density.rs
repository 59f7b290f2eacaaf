//! `joint-density`: the KL form of contrastive learning.

use super::{Entry, Objective, Solution, cross_gradient};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{Matrix, positive_semidefinite_root, product, product_tn, symmetric_eigen};

/// −E s + log E_{x_1}E_{x_2'} e^s with a bilinear critic s = z_1ᵀz_2: the canonical directions with singular values
/// (√(1+4ρ²) − 1)/(2ρ) in place of ρ. The second term is −½ log det(I − W_1Σ11W_1ᵀ·W_2Σ22W_2ᵀ), infinite if the product
/// has an eigenvalue of 1 or more.
#[derive(Debug, Clone, Copy)]
pub struct JointDensity;

impl JointDensity {
    /// The eigenvalues of W_1Σ11W_1ᵀ·W_2Σ22W_2ᵀ, all real and non-negative, descending.
    fn spectrum(moments: &SecondMoments, encoders: &Encoders) -> Option<Vec<f64>> {
        let root = positive_semidefinite_root(&moments.encoded(0, &encoders.first)).ok()?;
        if root.ncols() == 0 {
            return Some(Vec::new());
        }
        // A_1A_2 has the eigenvalues of RᵀA_2R with A_1 = RRᵀ.
        let similar = product_tn(&root, &product(&moments.encoded(1, &encoders.second), &root));
        symmetric_eigen(&similar).ok().map(|eigen| eigen.values)
    }
}

impl JointDensity {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry::plain(
        "joint-density",
        "joint-density",
        "KL form of the contrastive loss: canonical directions, scaled by (√(1+4ρ²) − 1)/(2ρ)",
        |_| Ok(Box::new(JointDensity)),
    );
}

impl Objective for JointDensity {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn solution(&self) -> Solution {
        Solution::CrossCovariance { whiten_first: true, whiten_second: true }
    }

    fn scale(&self, singular_value: f64) -> f64 {
        // (√(1+4ρ²) − 1)/(2ρ) = 2ρ/(√(1+4ρ²) + 1), without cancellation.
        (2.0 * singular_value / ((1.0 + 4.0 * singular_value * singular_value).sqrt() + 1.0)).sqrt()
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let spectrum = Self::spectrum(moments, encoders)?;
        let normaliser = if spectrum.first().is_some_and(|&largest| largest >= 1.0) {
            f64::INFINITY
        } else {
            spectrum.iter().map(|value| -0.5 * (-value).ln_1p()).sum()
        };
        Some(normaliser - moments.cross_trace(&encoders.first, &encoders.second))
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let Encoders { first, second } = encoders;
        if Self::spectrum(moments, encoders)?.first().is_some_and(|&largest| largest >= 1.0) {
            return None;
        }
        let cross = cross_gradient(moments, encoders);
        let (a1, a2) = (moments.encoded(0, first), moments.encoded(1, second));
        let solve = (Matrix::identity(a1.nrows(), a1.nrows()) - product(&a1, &a2)).lu().try_inverse()?;
        // d(−½ log det(I − A_1A_2)) = ½ tr((I − A_1A_2)^{-1} d(A_1A_2)); both factors below are symmetric.
        let (by_first, by_second) = (product(&a2, &solve), product(&solve, &a1));
        Some(Encoders {
            first: product(&by_first, &product(first, &moments.first)) - cross.first,
            second: product(&by_second, &product(second, &moments.second)) - cross.second,
        })
    }
}
