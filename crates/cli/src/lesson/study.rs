//! How lessons call the library.

use alignloss::information::{InformationError, Source};
use alignloss::learner::SgdError;
use alignloss::model::{Format, LatentModel, ModelError};
use alignloss::objective::{Objective, ObjectiveError};
use alignloss::sample::SampleError;
use alignloss::theorem::{Case, CaseError, Quantity, Subject};
use std::ops::ControlFlow;

/// What a lesson shows at given parameter values.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// The chart.
    pub chart: super::Chart,
    /// The answer to the lesson's question, with the numbers at these values.
    pub answer: String,
}

/// Receives each study as it is computed, and says whether to go on.
pub type Show<'a> = dyn FnMut(Study) -> ControlFlow<()> + 'a;

/// Why a lesson has no numbers.
#[derive(Debug, thiserror::Error)]
pub enum LessonError {
    /// The values do not define a model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Encoders, or measures of them, cannot be computed.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// A parameter of an objective is outside its range.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// Unusable samples.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Training cannot start.
    #[error(transparent)]
    Sgd(#[from] SgdError),
    /// A theorem makes no prediction where a lesson relies on one.
    #[error("{theorem} says nothing about {quantity}")]
    Silent {
        /// The theorem's id.
        theorem: &'static str,
        /// The quantity asked for.
        quantity: Quantity,
    },
}

impl From<InformationError> for LessonError {
    fn from(error: InformationError) -> Self {
        Self::Case(error.into())
    }
}

/// The model described by a lesson's file.
pub(super) fn model(source: &str) -> Result<LatentModel, LessonError> {
    Ok(LatentModel::parse(source, Format::Toml)?)
}

/// Measures an objective's exact minimiser with d outputs.
pub(super) fn minimise<R>(
    source: &str,
    objective: &dyn Objective,
    dim: usize,
    measure: impl FnOnce(&Case) -> R,
) -> Result<R, LessonError> {
    let model = model(source)?;
    let subject = Subject::new(&model, [0, 1])?;
    let case = Case::minimise(&subject, &subject.learner(0), objective, dim)?;
    Ok(measure(&case))
}

/// I(source; target) in nats for the target with this name; 0 if the model has no such target, such as a factor without variance.
pub(super) fn information(case: &Case, target: &str, source: Source) -> f64 {
    let target = case.targets.iter().find(|candidate| candidate.name == target);
    target.map_or(0.0, |target| target.source(source).mutual_information_nats())
}

/// R² for the target with this name.
pub(super) fn explained(case: &Case, target: &str, source: Source) -> f64 {
    let target = case.targets.iter().find(|candidate| candidate.name == target);
    target.map_or(0.0, |target| target.source(source).r2)
}

/// `count` evenly spaced numbers between two ends, both included.
pub(super) fn range(from: f64, to: f64, count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |i| from + (to - from) * i as f64 / (count - 1) as f64)
}
