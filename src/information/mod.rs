//! Exact information measures of jointly Gaussian vectors (docs/theory.md §2).
//!
//! Everything is geometry. In the Gaussian Hilbert space of a model a random vector is a subspace, conditional
//! expectation is orthogonal projection, and the canonical correlations of two vectors are the cosines of the principal
//! angles between their subspaces. [`Pair`] holds two modalities in whitened coordinates; [`TargetGeometry`] a
//! target seen from them; [`Towers`] two encoders. Mutual information is −Σ log sin θ_i, R² is a squared length, and
//! because sines are computed directly no digit is lost when a correlation nears one. All information is in nats.
//!
//! What it does not do: choose encoders. It knows nothing of objectives.

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
#[non_exhaustive]
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
    /// No modality at all.
    #[error("no modality")]
    NoModality,
    /// Modalities that are not vectors of one model.
    #[error("modality {modality} has {columns} common factors, modality 1 has {expected}")]
    CommonFactors {
        /// From 1.
        modality: usize,
        /// Its common factors.
        columns: usize,
        /// Those of the first.
        expected: usize,
    },
    /// A decomposition failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}
