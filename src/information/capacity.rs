//! How an encoder's dimensions are spent (theorem `capacity`).

use super::{InformationError, Pair, TargetGeometry, Towers};
use crate::linalg::{largest_singular_value, product_tn, stacked};

/// K = Cov(E[z_m|x_other]) and P = Cov(E[z_m|y]) of a whitened encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capacity {
    /// tr K: what is predictable from the other modality.
    pub aligned: f64,
    /// tr P: what the target explains.
    pub private: f64,
    /// λ_max(K + P), at most 1 when y ⟂ x_other.
    pub largest_eigenvalue: f64,
}

impl Capacity {
    /// For the encoder of modality m (0 or 1) and a target. Neither trace depends on the choice of whitening.
    ///
    /// # Errors
    /// [`InformationError::Linalg`].
    pub fn new(pair: &Pair, towers: &Towers, target: &TargetGeometry, m: usize) -> Result<Self, InformationError> {
        let basis = towers.basis(m);
        if basis.ncols() == 0 {
            return Ok(Self { aligned: 0.0, private: 0.0, largest_eigenvalue: 0.0 });
        }
        let predicted = if m == 0 { pair.onto_second(basis) } else { pair.onto_first(basis) };
        let explained = product_tn(&target.whitened_covariance(m), basis);
        Ok(Self {
            aligned: predicted.norm_squared(),
            private: explained.norm_squared(),
            // K + P is the Gram matrix of the two, one over the other.
            largest_eigenvalue: largest_singular_value(&stacked(&[&predicted, &explained]))?.powi(2),
        })
    }
}
