//! Errors in data, with the file, the field and the value.

use alignloss::model::ModelError;
use alignloss::sample::SampleError;
use std::path::{Path, PathBuf};

/// Why data can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file can't be opened or read at all.
    #[error("{}: {problem}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The message of the system or the decoder.
        problem: String,
    },
    /// A file lacks something, or holds it in an unusable form: an array, a column, a shape, an element type.
    #[error("{}: {field}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The array, column or band.
        field: String,
        /// What is wrong, with the value.
        problem: String,
    },
    /// A value is NaN, infinite, empty, or the file's marker for "no data".
    #[error("{}: {field}: row {row} is {value}; drop such rows with `missing = \"drop\"`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The column or band.
        field: String,
        /// The row or pixel, from 0.
        row: usize,
        /// The value as read.
        value: String,
    },
    /// Two files that belong together differ in the number of rows or pixels.
    #[error("{}: {found} rows, but {} has {expected}", path.display(), reference.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Its number of rows.
        found: usize,
        /// The file it belongs to.
        reference: PathBuf,
        /// The number of rows of that file.
        expected: usize,
    },
    /// A setting is invalid.
    #[error("data.{field}: {problem}")]
    Setting {
        /// The setting, as named in the file.
        field: String,
        /// What is wrong, with the value.
        problem: String,
    },
    /// Data files are needed, but no folder was given.
    #[error("{what} needs a folder of data files: give one with --data")]
    NoFolder {
        /// The source.
        what: &'static str,
    },
    /// A model of the library can't be built.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A model of the library can't be sampled.
    #[error(transparent)]
    Sample(#[from] SampleError),
}

impl DataError {
    pub(super) fn unreadable(path: &Path, problem: impl std::fmt::Display) -> Self {
        Self::Unreadable { path: path.to_owned(), problem: problem.to_string() }
    }

    pub(super) fn content(path: &Path, field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Content { path: path.to_owned(), field: field.into(), problem: problem.into() }
    }

    pub(super) fn setting(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Setting { field: field.into(), problem: problem.into() }
    }
}
