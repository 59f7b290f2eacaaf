//! Exact information measures of jointly Gaussian vectors (docs/theory.md §2).
//!
//! Everything is geometry. In the Gaussian Hilbert space of a model a random vector is a subspace, conditional
//! expectation is orthogonal projection, and the canonical correlations of two vectors are the cosines of the principal
//! angles between their subspaces. [`Pair`] holds two modalities in whitened coordinates, [`TargetGeometry`] a target
//! seen from them, and [`Towers`] two encoders. Mutual information is −Σ log sin θ_i and R² is a squared length; since
//! sines are computed directly, no digits are lost as a correlation approaches one. All information is in nats.
//!
//! This module does not choose encoders, and does not depend on objectives.

mod alignment;
mod capacity;
mod ensemble;
mod pair;
mod partial;
mod target;
mod towers;

pub use alignment::Alignment;
pub use capacity::Capacity;
pub use ensemble::Ensemble;
pub use pair::{Pair, SecondMoments};
pub use partial::PartialInformation;
pub use target::{Informativeness, Source, TargetGeometry, information_loss_nats};
pub use towers::{Encoders, Towers};

use crate::linalg::LinalgError;

/// Why a measure could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InformationError {
    /// Encoders do not fit the modalities.
    #[error("encoder of modality {modality}: {rows} × {columns}, expected {dim} × {channels}")]
    Shape {
        /// 1 or 2.
        modality: usize,
        /// Rows of the encoder.
        rows: usize,
        /// Columns of the encoder.
        columns: usize,
        /// Rows expected.
        dim: usize,
        /// Columns expected.
        channels: usize,
    },
    /// The list of modalities is empty.
    #[error("no modality")]
    NoModality,
    /// The modalities are not vectors of one model.
    #[error("modality {modality} has {columns} common factors, modality 1 has {expected}")]
    CommonFactors {
        /// From 1.
        modality: usize,
        /// Its number of common factors.
        columns: usize,
        /// The number of common factors of the first modality.
        expected: usize,
    },
    /// A decomposition failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}
