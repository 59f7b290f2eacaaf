//! Alignment against fidelity in whitened coordinates: the value of any encoders, and an upper bound for all.

use crate::information::Pair;
use crate::linalg::{
    LinalgError, Matrix, SymmetricEigen, product, product_nt, product_tn, scale_columns, scale_rows, symmetric_eigen,
};
use std::sync::OnceLock;

/// J_λ = 2(1−λ) tr(Q_1 T Q_2ᵀ) + λ Σ_m tr(Q_m Σ_mm Q_mᵀ) of docs/theory.md §5, with Q_m the encoders in whitened coordinates.
///
/// Encoders are given transposed, P_m = Q_mᵀ (r_m × d). Everything holds for ‖P_m‖ ≤ 1, which includes all whitened
/// encoders, even those with fewer independent outputs than rows.
#[derive(Debug, Clone)]
pub struct TradeOff<'a> {
    pair: &'a Pair,
    /// Σ_mm acting on whitened coordinates, r_m × r_m; not needed for the value.
    fidelity: [OnceLock<Matrix>; 2],
}

/// A bound on J_λ, with the encoders that would attain it if both could be chosen independently.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// KyFan_d[(1−λ)(TTᵀ)^½ + λΣ11] + KyFan_d[(1−λ)(TᵀT)^½ + λΣ22], the sums of the d largest eigenvalues.
    pub bound: f64,
    /// The leading eigenvectors of the two matrices, r_m × min(d, r_m).
    pub directions: [Matrix; 2],
    /// By how much the d-th largest eigenvalue of each matrix exceeds the next, as a fraction of the largest; +∞ if
    /// there is no next one.
    pub gaps: [f64; 2],
}

impl<'a> TradeOff<'a> {
    /// The trade-off of a pair.
    pub fn new(pair: &'a Pair) -> Self {
        Self { pair, fidelity: Default::default() }
    }

    fn fidelity(&self, m: usize) -> &Matrix {
        let root = &self.pair.whitening(m).root;
        self.fidelity[m].get_or_init(|| product_tn(root, root))
    }

    /// J_λ at two encoders (r_m × d).
    pub fn value(&self, lambda: f64, coordinates: [&Matrix; 2]) -> f64 {
        let [first, second] = coordinates;
        let explained = (0..2).map(|m| product(&self.pair.whitening(m).root, coordinates[m]).norm_squared());
        2.0 * (1.0 - lambda) * first.dot(&self.across(0, second)) + lambda * explained.sum::<f64>()
    }

    /// (1−λ)·T·P_2 + λ·Σ11·P_1 for m = 0, and with the encoders exchanged for m = 1: half the gradient of J_λ.
    pub(super) fn half_gradient(&self, lambda: f64, m: usize, coordinates: &[Matrix; 2]) -> Matrix {
        self.across(m, &coordinates[1 - m]) * (1.0 - lambda) + product(self.fidelity(m), &coordinates[m]) * lambda
    }

    /// T·P_2 for m = 0, Tᵀ·P_1 for m = 1.
    pub(super) fn across(&self, m: usize, other: &Matrix) -> Matrix {
        let mut seen = product_tn(self.pair.canonical_directions(1 - m), other);
        scale_rows(&mut seen, self.pair.angles().cosines().iter().copied());
        product(self.pair.canonical_directions(m), &seen)
    }

    /// The bound of theorem `fidelity-threshold` for d outputs: J_λ ≤ bound on any model, with equality on symmetric ones.
    ///
    /// With T = U·diag(ρ)·Vᵀ, 2 tr(P_1ᵀTP_2) ≤ tr(P_1ᵀ·U diag(ρ) Uᵀ·P_1) + tr(P_2ᵀ·V diag(ρ) Vᵀ·P_2), which separates
    /// the two encoders.
    ///
    /// # Errors
    /// [`LinalgError`] if an eigendecomposition fails.
    pub fn certificate(&self, lambda: f64, dim: usize) -> Result<Certificate, LinalgError> {
        let [first, second] = self.spectra(lambda)?;
        let leading = |eigen: &SymmetricEigen| eigen.vectors.columns(0, dim.min(eigen.values.len())).into_owned();
        let gap = |eigen: &SymmetricEigen| {
            eigen.values.get(dim).map_or(f64::INFINITY, |next| (eigen.values[dim - 1] - next) / eigen.values[0])
        };
        Ok(Certificate {
            bound: ky_fan(&first.values, dim) + ky_fan(&second.values, dim),
            directions: [leading(&first), leading(&second)],
            gaps: [gap(&first), gap(&second)],
        })
    }

    /// The spectra whose largest values [`TradeOff::certificate`] sums.
    ///
    /// # Errors
    /// [`LinalgError`] if an eigendecomposition fails.
    pub fn spectra(&self, lambda: f64) -> Result<[SymmetricEigen; 2], LinalgError> {
        let spectrum = |m: usize| {
            let directions = self.pair.canonical_directions(m);
            let mut scaled = directions.clone();
            let correlations = self.pair.angles().cosines();
            scale_columns(&mut scaled, correlations.iter().map(|correlation| (1.0 - lambda) * correlation));
            symmetric_eigen(&(product_nt(&scaled, directions) + self.fidelity(m) * lambda))
        };
        Ok([spectrum(0)?, spectrum(1)?])
    }

    /// The eigendecomposition of Σ_mm in whitened coordinates: the principal components of a modality.
    pub(super) fn fidelity_spectrum(&self, m: usize) -> Result<SymmetricEigen, LinalgError> {
        symmetric_eigen(self.fidelity(m))
    }
}

/// The sum of the d largest of descending values.
pub fn ky_fan(descending: &[f64], dim: usize) -> f64 {
    descending.iter().take(dim).sum()
}
