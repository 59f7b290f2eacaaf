//! How lessons ask the engine.

use alignloss::information::{InformationError, Source};
use alignloss::learner::SgdError;
use alignloss::model::{Format, LatentModel, ModelError};
use alignloss::objective::{Objective, ObjectiveError};
use alignloss::sample::SampleError;
use alignloss::theorem::{Case, CaseError, Subject};
use std::ops::ControlFlow;

/// What a lesson shows at some values.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// What is drawn.
    pub chart: super::Chart,
    /// The answer to the lesson's question, with the numbers at the values.
    pub answer: String,
}

/// Receives what is shown, and says whether to go on.
pub type Show<'a> = dyn FnMut(Study) -> ControlFlow<()> + 'a;

/// Why a lesson has no numbers.
#[derive(Debug, thiserror::Error)]
pub enum LessonError {
    /// The values make no model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// No encoders, or no measures of them.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// A parameter of an objective outside its range.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// Samples that can't be used.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Training that can't start.
    #[error(transparent)]
    Sgd(#[from] SgdError),
    /// A theorem that says nothing where a lesson relies on it.
    #[error("{theorem} says nothing of {quantity}")]
    Silent {
        /// Its id.
        theorem: &'static str,
        /// What it was asked for.
        quantity: &'static str,
    },
}

impl From<InformationError> for LessonError {
    fn from(error: InformationError) -> Self {
        Self::Case(error.into())
    }
}

/// The model of a lesson's file.
pub(super) fn model(source: &str) -> Result<LatentModel, LessonError> {
    Ok(LatentModel::parse(source, Format::Toml)?)
}

/// What a lesson measures of an objective's exact minimiser with d outputs.
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

/// I(source; target) in nats, of the target with this name; 0 where the model has no such target, as of a factor without variance.
pub(super) fn information(case: &Case, target: &str, source: Source) -> f64 {
    let target = case.targets.iter().find(|candidate| candidate.name == target);
    target.map_or(0.0, |target| target.source(source).mutual_information_nats())
}

/// R² of the target with this name.
pub(super) fn explained(case: &Case, target: &str, source: Source) -> f64 {
    let target = case.targets.iter().find(|candidate| candidate.name == target);
    target.map_or(0.0, |target| target.source(source).r2)
}

/// `count` numbers from one end to the other, both included.
pub(super) fn range(from: f64, to: f64, count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |i| from + (to - from) * i as f64 / (count - 1) as f64)
}
