//! Exact information measures of jointly Gaussian vectors (docs/theory.md §2).
//!
//! Everything is geometry. In the Gaussian Hilbert space of a model a random vector is a subspace, conditional
//! expectation is orthogonal projection, and the canonical correlations of two vectors are the cosines of the principal
//! angles between their subspaces. [`Pair`] holds two modalities in whitened coordinates, [`TargetGeometry`] a target
//! seen from them, and [`Towers`] two encoders. Mutual information is −Σ log sin θ_i and R² is a squared length; since
//! sines are computed directly, no digits are lost as a correlation approaches one. All information is in nats.
//!
//! This module does not choose encoders, and does not depend on objectives.
//!
//! # Example
//! ```
//! use alignloss::information::{Encoders, Source};
//! use alignloss::linalg::Matrix;
//! use alignloss::model::{Format, LatentModel};
//! use alignloss::theorem::{Case, Subject};
//! let model = LatentModel::parse("[family]\nkind = \"spiked\"\ncorrelations = [0.6]", Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! // One correlation of 0.6: I(x_1; x_2) = −½ log(1 − 0.36).
//! assert!((subject.pair.mutual_information_nats() + 0.5 * 0.64_f64.ln()).abs() < 1e-14);
//! // Encoders that read the first channel of each sensor lose nothing of what is shared.
//! let first = Matrix::from_fn(1, subject.pair.channels()[0], |_, j| f64::from(u8::from(j == 0)));
//! let case = Case::of_weights(&subject, Encoders { second: first.clone(), first })?;
//! let shared = &case.targets[0];
//! assert!(shared.information_loss_nats(Source::First, Source::EncodedFirst).abs() < 1e-14);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
pub use target::{Informativeness, Side, Source, TargetGeometry, information_loss_nats};
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
