//! How far two encoders are from agreeing.

use super::{InformationError, Pair, Towers};
use crate::linalg::{PrincipalAngles, largest_singular_value, stacked};

/// Alignment of two encoders, each whitened symmetrically (see [`Towers::whitened`]).
#[derive(Debug, Clone)]
pub struct Alignment {
    /// ε² = E‖z_1 − z_2‖².
    pub error: f64,
    /// ε_op = √λ_max(E(z_1−z_2)(z_1−z_2)ᵀ).
    pub error_operator: f64,
    /// 2 Σ_{i≤d} (1 − ρ_i): the smallest ε² of whitened encoders (theorem `alignment-floor`).
    pub floor: f64,
    /// The angles between z_1 and z_2.
    pub angles: PrincipalAngles,
}

impl Alignment {
    /// Measures the alignment of two encoders.
    ///
    /// # Errors
    /// [`InformationError::Linalg`].
    pub fn new(pair: &Pair, towers: &Towers) -> Result<Self, InformationError> {
        let (first, second) = (towers.whitened(0), towers.whitened(1));
        // z_1 − z_2 in orthonormal joint coordinates: exact zeros stay zeros where the encoders agree.
        let [seen, beyond] = pair.second_in_joint(second);
        let difference = stacked(&[&(first - seen), &beyond]);
        Ok(Self {
            error: difference.norm_squared(),
            error_operator: largest_singular_value(&difference)?,
            floor: (0..towers.dim()).map(|i| 2.0 * one_minus_correlation(pair, i)).sum(),
            angles: towers.angles(pair)?,
        })
    }
}

/// 1 − ρ_i without cancellation: s²/(1 + ρ).
fn one_minus_correlation(pair: &Pair, index: usize) -> f64 {
    let sine = pair.angles().sines().get(index).copied().unwrap_or(1.0);
    sine * sine / (1.0 + pair.correlation(index))
}
