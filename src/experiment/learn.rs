//! How a cell's encoders are obtained, and under which law they are measured.

use super::Estimator;
use super::columns::Learning;
use super::setting::{Evaluation, Setting};
use super::train::train;
use crate::information::{InformationError, Towers};
use crate::learner::{ClosedForm, LearnerError, SgdError};
use crate::linalg::{Matrix, largest_singular_value, outside};
use crate::model::LatentModel;
use crate::objective::Sense;
use crate::random::Stream;
use crate::sample::{Data, SampleError};
use crate::theorem::{Case, CaseError, Subject};
use std::sync::OnceLock;

/// Why a cell has no measures.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LearningError {
    /// Encoders, or measures of them, could not be computed.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Unusable samples.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Training could not start.
    #[error(transparent)]
    Sgd(#[from] SgdError),
}

impl From<InformationError> for LearningError {
    fn from(error: InformationError) -> Self {
        Self::Case(error.into())
    }
}

impl From<LearnerError> for LearningError {
    fn from(error: LearnerError) -> Self {
        Self::Case(error.into())
    }
}

/// A model and, if there are samples, the laws of the samples.
pub(super) struct Observed {
    pub model: LatentModel,
    samples: Option<Empirical>,
}

/// A sample and the laws of its parts, each computed on first use: decomposing all samples costs more than everything else in a cell.
struct Empirical {
    data: Data,
    modalities: OnceLock<Result<LatentModel, SampleError>>,
    whole: OnceLock<Result<LatentModel, SampleError>>,
    halves: [OnceLock<Result<LatentModel, SampleError>>; 2],
}

impl Observed {
    /// Draws the samples that the estimator needs.
    pub(super) fn new(
        estimator: Estimator,
        model: LatentModel,
        samples: Option<usize>,
        stream: Stream,
    ) -> Result<Self, LearningError> {
        let samples = match (estimator, samples) {
            (Estimator::Sample | Estimator::Sgd, Some(samples)) => Some(Empirical {
                data: Data::draw(&model, samples, &mut stream.generator())?,
                modalities: OnceLock::new(),
                whole: OnceLock::new(),
                halves: Default::default(),
            }),
            _ => None,
        };
        Ok(Self { model, samples })
    }
}

impl Empirical {
    /// The law of the modalities alone, which suffices for objectives without a task.
    fn modalities(&self) -> Result<&LatentModel, SampleError> {
        let law = self.modalities.get_or_init(|| {
            let mut start = 0;
            let parts: Vec<(&str, Matrix)> = self
                .data
                .layout()
                .modalities
                .iter()
                .map(|(name, rows)| {
                    let part = self.data.samples().rows(start, *rows).into_owned();
                    start += rows;
                    (name.as_str(), part)
                })
                .collect();
            let borrowed: Vec<(&str, &Matrix)> = parts.iter().map(|(name, part)| (*name, part)).collect();
            Data::new(&borrowed, &[])?.empirical_model("sample")
        });
        law.as_ref().map_err(Clone::clone)
    }

    /// The law of modalities and targets.
    fn whole(&self) -> Result<&LatentModel, SampleError> {
        self.whole.get_or_init(|| self.data.empirical_model("sample")).as_ref().map_err(Clone::clone)
    }

    /// The law of the first (0) or second half.
    fn half(&self, which: usize) -> Result<&LatentModel, SampleError> {
        let law = self.halves[which].get_or_init(|| {
            let middle = self.data.count() / 2;
            let range = if which == 0 { 0..middle } else { middle..self.data.count() };
            self.data.select(&range.collect::<Vec<_>>())?.empirical_model("half")
        });
        law.as_ref().map_err(Clone::clone)
    }
}

/// A case to be recorded, with the population's closed form.
#[derive(Clone, Copy)]
pub(super) struct Measured<'c> {
    /// The population's closed form, to which theorems refer.
    pub population: &'c Case<'c>,
    /// The learned encoders; `None` if learning ended without any.
    pub case: Option<&'c Case<'c>>,
}

/// One cell's work.
pub(super) struct LearningTask<'a> {
    pub setting: &'a Setting,
    pub observed: &'a Observed,
    /// The population.
    pub subject: &'a Subject<'a>,
    pub learner: &'a ClosedForm<'a>,
    /// For the draws of this cell alone.
    pub stream: Stream<'a>,
}

/// Receives a cell's cases.
pub(super) type Emit<'e> = dyn FnMut(Measured, &Learning) -> Result<(), LearningError> + 'e;

impl LearningTask<'_> {
    /// Learns and measures; calls `emit` with each case: one, or one per checkpoint.
    pub(super) fn run(&self, emit: &mut Emit) -> Result<(), LearningError> {
        let Setting { objective, dim, .. } = self.setting;
        let dim = dim.unwrap_or(self.subject.model.shared().max(1));
        let population = Case::minimise(self.subject, self.learner, objective.as_ref(), dim)?;
        if let Some(options) = &self.setting.sgd {
            let data = self.observed.samples.as_ref().map(|empirical| &empirical.data);
            return train(self, options, data, &population, emit);
        }
        match &self.observed.samples {
            None => emit(Measured { population: &population, case: Some(&population) }, &Learning::default()),
            Some(empirical) => self.learn_from(empirical, &population, emit),
        }
    }

    /// Compares the learned encoders with the population's closed form.
    pub(super) fn learning(
        &self,
        population: &Case,
        learned: &Case,
        outcome: &'static str,
    ) -> Result<Learning, LearningError> {
        Ok(Learning {
            step: None,
            outcome,
            angles_degrees: Some(angles_degrees(&learned.towers, &population.towers)?),
            excess_loss: excess_loss(self.setting, population, learned),
            tightness: None,
        })
    }

    /// The closed form for a sample's law.
    fn learn_from(&self, empirical: &Empirical, population: &Case, emit: &mut Emit) -> Result<(), LearningError> {
        let objective = self.setting.objective.as_ref();
        let evaluation = self.setting.evaluation;
        let training = match evaluation {
            Evaluation::HeldOut => empirical.half(0)?,
            Evaluation::Population if !objective.needs_targets() => empirical.modalities()?,
            Evaluation::Population | Evaluation::PlugIn => empirical.whole()?,
        };
        let training = Subject::new(training, [0, 1])?;
        let learned = Case::minimise(&training, &training.learner(self.stream.replicate), objective, population.dim())?;
        let true_value = Case::of_weights(self.subject, learned.encoders.clone())?;
        let learning = self.learning(population, &true_value, "closed-form")?;
        let held_out;
        let held_out_subject;
        let case = match evaluation {
            Evaluation::Population => &true_value,
            Evaluation::PlugIn => &learned,
            Evaluation::HeldOut => {
                held_out_subject = Subject::new(empirical.half(1)?, [0, 1])?;
                held_out = Case::of_weights(&held_out_subject, learned.encoders.clone())?;
                &held_out
            }
        };
        emit(Measured { population, case: Some(case) }, &learning)
    }
}

/// The gap between the encoders and the population's closed form (see [`Learning::excess_loss`]).
fn excess_loss(setting: &Setting, population: &Case, learned: &Case) -> Option<f64> {
    if !setting.has_population_value() {
        return None;
    }
    let objective = setting.objective.as_ref();
    let (best, value) = (population.attained(objective)?, learned.attained(objective)?);
    Some(match objective.sense() {
        Sense::Minimise => value - best,
        Sense::Maximise => best - value,
    })
}

/// Largest principal angle between the spans of two pairs of encoders, by modality, in degrees: 90 if one spans a
/// direction the other lacks.
fn angles_degrees(learned: &Towers, reference: &Towers) -> Result<[f64; 2], InformationError> {
    let angle = |m: usize| -> Result<f64, InformationError> {
        let (learned, reference): (&Matrix, &Matrix) = (learned.basis(m), reference.basis(m));
        if learned.ncols() != reference.ncols() {
            return Ok(90.0);
        }
        if learned.ncols() == 0 {
            return Ok(0.0);
        }
        Ok(largest_singular_value(&outside(reference, learned))?.min(1.0).asin().to_degrees())
    };
    Ok([angle(0)?, angle(1)?])
}
