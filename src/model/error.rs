//! Errors in a model; each names the field and the value at fault.

use crate::linalg::LinalgError;

/// A model that can't be built or read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// A field holds an invalid value.
    #[error("{field}: {problem}")]
    Field {
        /// Path of the field, as written in the file (`modality[1].noise`).
        field: String,
        /// What is wrong, with the value.
        problem: String,
    },
    /// The file can't be read as TOML or JSON.
    #[error("{message}")]
    Syntax {
        /// Where and what, in one line.
        message: String,
    },
    /// A decomposition of the model's matrices failed.
    #[error("{field}: {problem}")]
    Linalg {
        /// Path of the field with this matrix.
        field: String,
        /// What failed. Not called `source`, since reports that print the chain of sources would repeat it.
        problem: LinalgError,
    },
}

impl ModelError {
    /// An invalid field.
    pub(crate) fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field { field: field.into(), problem: problem.into() }
    }
}
