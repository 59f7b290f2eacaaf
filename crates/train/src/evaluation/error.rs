//! Errors in measuring embeddings.

use alignloss::information::InformationError;
use alignloss::learner::LearnerError;
use alignloss::linalg::LinalgError;
use alignloss::sample::SampleError;

/// Why embeddings can't be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    /// Things that belong together differ in size.
    #[error("{what}: {found}, expected {expected}")]
    Size {
        /// Which size.
        what: String,
        /// The size.
        found: usize,
        /// The expected size.
        expected: usize,
    },
    /// A value is NaN or infinite: a diverged encoder, or unchecked data.
    #[error("{what}: entry {entry} of sample {sample} is {value}, not a finite number")]
    NotFinite {
        /// Which matrix.
        what: String,
        /// Entry of the sample.
        entry: usize,
        /// The sample.
        sample: usize,
        /// The value.
        value: f64,
    },
    /// A factor does not vary, so its prediction cannot be assessed.
    #[error("factor {factor:?} is constant over the {part} samples")]
    Constant {
        /// The factor.
        factor: String,
        /// `training` or `test`.
        part: &'static str,
    },
    /// A value is not one of the factor's classes.
    #[error("factor {factor:?}: {value} is not a class from 0 to {}", classes - 1)]
    Class {
        /// The factor.
        factor: String,
        /// The value.
        value: f64,
        /// The number of classes.
        classes: usize,
    },
    /// A setting is invalid.
    #[error("evaluation.{setting}: {problem}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is wrong, with the value.
        problem: String,
    },
    /// A decomposition failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// The sample does not define a model of the library.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A measure of the library failed.
    #[error(transparent)]
    Information(#[from] InformationError),
    /// A minimiser of the library failed.
    #[error(transparent)]
    Learner(#[from] LearnerError),
}
