//! Errors in drawing or using samples.

use crate::linalg::LinalgError;
use crate::model::ModelError;

/// Why a sample can't be drawn or used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// Matrices that belong together differ in size.
    #[error("{what}: {found}, expected {expected}")]
    Size {
        /// Which size.
        what: String,
        /// The size.
        found: usize,
        /// The expected size.
        expected: usize,
    },
    /// Second moments about the mean need two samples.
    #[error("{count} samples, expected at least 2")]
    TooFew {
        /// The number of samples.
        count: u64,
    },
    /// A value is NaN or infinite.
    #[error("{what}: row {row} of sample {sample} is {value}, not a finite number")]
    NotFinite {
        /// Which matrix.
        what: String,
        /// Row of the value.
        row: usize,
        /// Column of the value.
        sample: usize,
        /// The value.
        value: f64,
    },
    /// The sample's law is not a model: a vector is constant, or a value is too large.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A decomposition failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

impl SampleError {
    /// Fails unless two sizes agree.
    pub(crate) fn require_size(what: impl Into<String>, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected { Ok(()) } else { Err(Self::Size { what: what.into(), found, expected }) }
    }
}
