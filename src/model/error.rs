//! Errors in a model; each names the field and the value at fault.

use crate::linalg::LinalgError;
use crate::text::hint;

/// A model that can't be built or read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A field holds an invalid value.
    #[error("{field}: {problem}")]
    Field {
        /// Path of the field, as written in the file (`modality[1].noise`).
        field: String,
        /// What is wrong with it, with the value. Not called `source`, as below.
        problem: Box<FieldProblem>,
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
    /// A wrong field.
    pub(super) fn field(field: impl Into<String>, problem: FieldProblem) -> Self {
        Self::Field { field: field.into(), problem: Box::new(problem) }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldProblem {
    /// NaN or infinite.
    #[error("{value} is not a finite number")]
    NotFinite {
        /// The number.
        value: f64,
    },
    /// A number whose square may leave the range of doubles.
    #[error("{value:e} is larger than {largest:e} in magnitude")]
    TooLarge {
        /// The number.
        value: f64,
        /// The largest magnitude.
        largest: f64,
    },
    /// A variance below 0.
    #[error("{value} is not a variance: expected at least 0")]
    NegativeVariance {
        /// The number.
        value: f64,
    },
    /// A number outside the range of a parameter.
    #[error("{value}, expected a number from {least} to {}", short(*.most))]
    OutOfRange {
        /// The number.
        value: f64,
        /// The least that is allowed.
        least: f64,
        /// The most that is allowed.
        most: f64,
    },
    /// A count outside the range of a parameter.
    #[error("{count}, expected {least} to {most}")]
    CountOutOfRange {
        /// The count.
        count: usize,
        /// The least that is allowed.
        least: usize,
        /// The most that is allowed.
        most: usize,
    },
    /// Fewer modalities than a model has.
    #[error("{count} given, expected at least 2")]
    TooFewModalities {
        /// How many there are.
        count: usize,
    },
    /// More factors than are supported.
    #[error("shared = {shared} and private = {private:?} add up to more than {most}")]
    TooManyFactors {
        /// Shared factors.
        shared: usize,
        /// Private factors of each modality.
        private: Vec<usize>,
        /// The most there may be.
        most: usize,
    },
    /// Neither shared nor private factors.
    #[error("shared = 0 and no private factor: there is nothing to observe")]
    NoFactors,
    /// A list that is not as long as there are modalities.
    #[error("{private:?} has {} entries for {modalities} modalities", .private.len())]
    OtherModalities {
        /// Private factors of each modality.
        private: Vec<usize>,
        /// How many modalities there are.
        modalities: usize,
    },
    /// A matrix without rows.
    #[error("no rows")]
    NoRows,
    /// More rows than are supported.
    #[error("{rows} rows, at most {most} are supported")]
    TooManyRows {
        /// How many there are.
        rows: usize,
        /// The most there may be.
        most: usize,
    },
    /// The two loadings of a modality have different numbers of rows.
    #[error("{rows} rows, but shared_loading has {expected}")]
    Rows {
        /// How many there are.
        rows: usize,
        /// Rows of the shared loading.
        expected: usize,
    },
    /// A loading that is not as wide as there are factors.
    #[error("{columns} columns, expected {expected}")]
    Columns {
        /// How many there are.
        columns: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A row that is not as long as the others, or as there are factors.
    #[error("{numbers} numbers, expected {expected}")]
    RowLength {
        /// How many there are.
        numbers: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A list that is neither one value nor one for each.
    #[error("{values} values, expected one or {expected}")]
    Values {
        /// How many there are.
        values: usize,
        /// How many there must be, if not one.
        expected: usize,
    },
    /// Λ of another size than the latents.
    #[error("{rows} × {columns}, but there are {latents} latents")]
    LatentShape {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
        /// How many latents there are.
        latents: usize,
    },
    /// Ψ of another size than the channels.
    #[error("{rows} × {columns} for {channels} channels")]
    NoiseShape {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
        /// How many channels there are.
        channels: usize,
    },
    /// Another number of variances than channels.
    #[error("{variances} variances for {channels} channels")]
    Variances {
        /// How many variances there are.
        variances: usize,
        /// How many channels there are.
        channels: usize,
    },
    /// A modality without variance.
    #[error("{name:?} is constant: loadings and noise are all zero, or below {least:e}")]
    ConstantModality {
        /// Its name.
        name: String,
        /// The least entry that counts.
        least: f64,
    },
    /// A target without variance.
    #[error("{name:?} is constant: its loading and noise are zero, or below {least:e}")]
    ConstantTarget {
        /// Its name.
        name: String,
        /// The least entry that counts.
        least: f64,
    },
    /// Two targets of one name.
    #[error("{name:?} is already the name of target[{earlier}]")]
    RepeatedName {
        /// The name.
        name: String,
        /// The place of the first, from 0.
        earlier: usize,
    },
    /// No family of this kind.
    #[error("{kind:?} is not one of {}{}", .known.join(", "), hint(.kind, .known.iter().copied()))]
    UnknownFamily {
        /// The kind.
        kind: String,
        /// The kinds there are.
        known: Vec<&'static str>,
    },
    /// A parameter that a family does not have.
    #[error("not a parameter of kind {kind:?}")]
    OtherFamily {
        /// The family.
        kind: &'static str,
    },
    /// A parameter of covariances for a family whose covariances are the identity.
    #[error("not a parameter of kind {kind:?}: its covariances are the identity")]
    FixedCovariance {
        /// The family.
        kind: &'static str,
    },
    /// Another number of shared factors than of correlations.
    #[error("{shared}, but there are {correlations} correlations")]
    Correlations {
        /// Shared factors.
        shared: usize,
        /// How many correlations there are.
        correlations: usize,
    },
    /// A number of channels that a family can't be built with.
    #[error(
        "{channels} channels in modality {modality} (shared = {shared}, private = {private}): {kind} needs {least} to {most}"
    )]
    Channels {
        /// How many there are.
        channels: usize,
        /// The modality, from 1.
        modality: usize,
        /// Shared factors.
        shared: usize,
        /// Private factors of this modality.
        private: usize,
        /// The family.
        kind: String,
        /// The least there must be.
        least: usize,
        /// The most there may be.
        most: usize,
    },
    /// A mixture of factors that are not there.
    #[error("the mixture needs shared ≥ 1 and private ≥ 1 in modality 1")]
    NothingToMix,
    /// A file with a family and latents.
    #[error("give either [family] or [latent] with [[modality]], not both")]
    TwoModels,
    /// A file with neither.
    #[error("missing: a model file needs [latent] with [[modality]], or [family]")]
    NoModel,
    /// A file with a family and modalities.
    #[error("not allowed beside [family], which makes its own modalities")]
    BesideFamily,
}

/// The end of a range.
fn short(value: f64) -> String {
    if value < 1e6 { value.to_string() } else { format!("{value:e}") }
}
