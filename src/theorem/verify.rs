//! Tries the theorems on random models of every family and on encoders good and bad.

use super::{Case, CaseError, REGISTRY, Status, Subject, Theorem, Verdict};
use crate::information::Encoders;
use crate::linalg::Matrix;
use crate::model::family::{self, Draw};
use crate::model::{LatentModel, ModelError};
use crate::objective::{self, AlignmentFidelity};
use crate::sample::{Generator, Stream};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// What to try.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// The theorems.
    pub theorems: Vec<&'static dyn Theorem>,
    /// Models of every family.
    pub models: u64,
    /// The seed of everything.
    pub seed: u64,
    /// Named in the streams, so that two uses of one seed differ.
    pub experiment: &'a str,
}

/// What was found about one theorem.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The theorem.
    pub id: &'static str,
    /// Models on which it applied to at least one pair of encoders.
    pub models: u64,
    /// Cases (model and encoders) on which it applied.
    pub cases: u64,
    /// The smallest slack, and NaN when it never applied.
    pub smallest_slack: f64,
    /// The greatest tightness.
    pub greatest_tightness: f64,
    /// Cases that were violated.
    pub violated: u64,
    /// Cases whose error bound was too wide.
    pub inconclusive: u64,
    /// The first violation, in the order of the models.
    pub counterexample: Option<Box<Counterexample>>,
}

/// A model and encoders on which a theorem failed.
#[derive(Debug, Clone)]
pub struct Counterexample {
    /// The model.
    pub model: LatentModel,
    /// The encoders.
    pub encoders: Encoders,
    /// Which encoders, in words.
    pub origin: String,
    /// The verdict.
    pub verdict: Verdict,
}

/// Why a trial could not be run: a defect of the tool, not of a theorem.
#[derive(Debug, Clone, thiserror::Error)]
#[error("model {index} of family {family:?} (seed {seed}): {failure}")]
pub struct TrialError {
    family: &'static str,
    index: u64,
    seed: u64,
    failure: TrialFailure,
}

#[derive(Debug, Clone, thiserror::Error)]
enum TrialFailure {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Case(#[from] CaseError),
}

/// Encoders tried per model besides the minimisers: two random, one between aligned and supervised.
const MINIMISERS_PER_MODEL: usize = 3;
/// Theorems that draw samples are tried on one model in this many of each family, unless nothing else was asked for.
const SAMPLED_EVERY: u64 = 200;
/// The largest dimension tried.
const LARGEST_DIM: usize = 6;

impl Summary {
    fn empty(id: &'static str) -> Self {
        Self {
            id,
            models: 0,
            cases: 0,
            smallest_slack: f64::NAN,
            greatest_tightness: f64::NAN,
            violated: 0,
            inconclusive: 0,
            counterexample: None,
        }
    }

    /// One word for all cases: `inconclusive` also when the theorem never applied.
    pub fn status(&self) -> Status {
        if self.violated > 0 {
            Status::Violated
        } else if self.inconclusive > 0 || self.cases == 0 {
            Status::Inconclusive
        } else {
            Status::Holds
        }
    }

    /// Takes a verdict into account, if the theorem applied.
    pub fn record(&mut self, verdict: &Verdict) {
        if verdict.applies {
            self.record_result(verdict.status, verdict.slack, verdict.tightness);
        }
    }

    /// Takes a case to which the theorem applied into account.
    pub fn record_result(&mut self, status: Status, slack: f64, tightness: f64) {
        self.cases += 1;
        self.smallest_slack = self.smallest_slack.min(slack);
        self.greatest_tightness = self.greatest_tightness.max(tightness);
        match status {
            Status::Holds => {}
            Status::Violated => self.violated += 1,
            Status::Inconclusive => self.inconclusive += 1,
        }
    }

    /// Adds what was found elsewhere, later in the order of the models.
    fn merge(mut self, other: Self) -> Self {
        self.models += other.models;
        self.cases += other.cases;
        self.violated += other.violated;
        self.inconclusive += other.inconclusive;
        self.smallest_slack = self.smallest_slack.min(other.smallest_slack);
        self.greatest_tightness = self.greatest_tightness.max(other.greatest_tightness);
        self.counterexample = self.counterexample.or(other.counterexample);
        self
    }
}

/// A fresh summary of every theorem.
pub fn summaries(theorems: &[&'static dyn Theorem]) -> Vec<Summary> {
    theorems.iter().map(|theorem| Summary::empty(theorem.id())).collect()
}

impl Plan<'_> {
    /// A plan over all theorems.
    pub fn all(models: u64, seed: u64) -> Self {
        Self { theorems: REGISTRY.to_vec(), models, seed, experiment: "verify" }
    }

    /// How many models will be tried.
    pub fn total(&self) -> u64 {
        self.models * family::REGISTRY.len() as u64
    }

    /// Tries every theorem on every model, in parallel; the result does not depend on the number of threads. `tried` is
    /// called once for each model.
    ///
    /// # Errors
    /// [`TrialError`] when a model can't be measured.
    pub fn run(&self, tried: impl Fn() + Sync) -> Result<Vec<Summary>, TrialError> {
        (0..self.total())
            .into_par_iter()
            .map(|index| {
                let result = self.trial(index);
                tried();
                result
            })
            .try_reduce(
                || summaries(&self.theorems),
                |left, right| Ok(left.into_iter().zip(right).map(|(left, right)| left.merge(right)).collect()),
            )
    }

    fn trial(&self, index: u64) -> Result<Vec<Summary>, TrialError> {
        let families = family::REGISTRY.len() as u64;
        let family = &family::REGISTRY[usize::try_from(index % families).expect("few families")];
        let index = index / families;
        let mut generator =
            Stream { seed: self.seed, experiment: self.experiment, cell: index, replicate: index % families }
                .generator();
        let fail = |failure| TrialError { family: family.kind, index, seed: self.seed, failure };
        let model = Draw::new(family).model(&mut generator).map_err(|error| fail(error.into()))?;
        let sampled = index.is_multiple_of(SAMPLED_EVERY) || self.theorems.iter().all(|theorem| theorem.sampled());
        self.try_model(&model, sampled, &mut generator).map_err(|error| fail(error.into()))
    }

    fn try_model(
        &self,
        model: &LatentModel,
        sampled: bool,
        generator: &mut Generator,
    ) -> Result<Vec<Summary>, CaseError> {
        let subject = Subject::new(model, [0, 1])?;
        let learner = subject.learner(generator.next_u64());
        let largest = subject.pair.channels()[0].min(subject.pair.channels()[1]);
        let mut trial = Trial {
            theorems: &self.theorems,
            sampled,
            model,
            summaries: summaries(&self.theorems),
            applied: vec![false; self.theorems.len()],
        };

        let start = generator.random_range(0..objective::REGISTRY.len());
        for step in 0..MINIMISERS_PER_MODEL {
            let objective = objective::REGISTRY[(start + step * 2) % objective::REGISTRY.len()].default();
            let dim = generator.random_range(1..=largest.min(LARGEST_DIM));
            trial.judge(
                &Case::minimise(&subject, &learner, objective.as_ref(), dim)?,
                &format!("{} with d = {dim}", objective.id()),
            )?;
        }
        // The joint remedy at some λ.
        let dim = generator.random_range(1..=largest.min(LARGEST_DIM));
        let joint = AlignmentFidelity::new(generator.random()).expect("a number from 0 to 1");
        let origin = format!("alignment-fidelity with λ = {} and d = {dim}", joint.lambda());
        trial.judge(&Case::minimise(&subject, &learner, &joint, dim)?, &origin)?;
        // The canonical encoders of every model: several theorems speak of nothing else.
        let dim = generator.random_range(1..=largest.min(LARGEST_DIM));
        let canonical = Case::minimise(&subject, &learner, &objective::CanonicalCorrelation, dim)?;
        trial.judge(&canonical, &format!("cca with d = {dim}"))?;
        let random = gaussian(generator, dim, subject.pair.channels());
        // Between aligned and random, in all proportions: near the optimum the inequalities are tight.
        let share = 10.0_f64.powf(-4.0 * generator.random::<f64>());
        let near = Encoders {
            first: &canonical.encoders.first + &random.first * share,
            second: &canonical.encoders.second + &random.second * share,
        };
        trial.judge(&Case::of_weights(&subject, random)?, "random encoders")?;
        trial.judge(&Case::of_weights(&subject, near)?, &format!("cca with d = {dim}, perturbed by {share:.1e}"))?;
        Ok(trial.finish())
    }
}

/// The verdicts on one model.
struct Trial<'a> {
    theorems: &'a [&'static dyn Theorem],
    /// Whether theorems that draw samples are tried.
    sampled: bool,
    model: &'a LatentModel,
    summaries: Vec<Summary>,
    applied: Vec<bool>,
}

impl Trial<'_> {
    fn judge(&mut self, case: &Case, origin: &str) -> Result<(), CaseError> {
        for ((theorem, summary), applied) in self.theorems.iter().zip(&mut self.summaries).zip(&mut self.applied) {
            if theorem.sampled() && !self.sampled {
                continue;
            }
            let verdict = Verdict::of(theorem.id(), theorem.examine(case)?);
            summary.record(&verdict);
            *applied |= verdict.applies;
            if verdict.status == Status::Violated && summary.counterexample.is_none() {
                summary.counterexample = Some(Box::new(Counterexample {
                    model: self.model.clone(),
                    encoders: case.encoders.clone(),
                    origin: origin.to_owned(),
                    verdict,
                }));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Vec<Summary> {
        for (summary, applied) in self.summaries.iter_mut().zip(self.applied) {
            summary.models = u64::from(applied);
        }
        self.summaries
    }
}

fn gaussian(generator: &mut Generator, dim: usize, channels: [usize; 2]) -> Encoders {
    let mut draw = |columns: usize| Matrix::from_fn(dim, columns, |_, _| generator.sample(StandardNormal));
    Encoders { first: draw(channels[0]), second: draw(channels[1]) }
}
