//! Tries the theorems on random models of every family, each rescaled to random units, with good and bad encoders;
//! theorems that claim any distribution are also tried on random discrete laws.

use super::discrete::{Claim, DiscreteError, Instance, Shape};
use super::{Case, CaseError, REGISTRY, Status, Subject, Theorem, Verdict, judge};
use crate::information::{Encoders, InformationError};
use crate::linalg::Matrix;
use crate::model::family::{self, Draw};
use crate::model::{ChannelUnits, LatentModel, ModelError, Units};
use crate::objective::{self, AlignmentFidelity};
use crate::random::{Generator, Stream};
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
    /// The smallest slack of the claims that verdicts show, of each case the tightest that holds; NaN when it never applied.
    pub smallest_slack: f64,
    /// The greatest tightness.
    pub greatest_tightness: f64,
    /// Cases that were violated.
    pub violated: u64,
    /// Cases whose error bound was too wide.
    pub inconclusive: u64,
    /// Cases with a borderline claim that was judged again in higher precision.
    pub reevaluated: u64,
    /// The first violation, in the order of the models.
    pub counterexample: Option<Box<Counterexample>>,
}

/// A case on which a theorem failed, or came nearest to failing.
#[derive(Debug, Clone)]
pub struct Counterexample {
    /// The law and the encoders.
    pub witness: Witness,
    /// Which encoders, in words.
    pub origin: String,
    /// How many models were tried before it.
    pub index: u64,
    /// The verdict.
    pub verdict: Verdict,
}

/// All that replays a case.
#[derive(Debug, Clone)]
pub enum Witness {
    /// A Gaussian model with linear encoders.
    Gaussian {
        /// The model.
        model: Box<LatentModel>,
        /// The encoders.
        encoders: Box<Encoders>,
        /// The objective that they minimise exactly, by id and parameters, and d.
        minimiser: Option<(&'static str, objective::Parameters, usize)>,
    },
    /// A discrete law with encoder tables.
    Discrete(Box<Instance>),
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

impl TrialError {
    /// Of a discrete law.
    pub(super) fn of_law(index: u64, seed: u64, failure: TrialFailure) -> Self {
        Self { family: "discrete", index, seed, failure }
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum TrialFailure {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Discrete(#[from] DiscreteError),
    #[error(transparent)]
    Information(#[from] InformationError),
}

/// Encoders tried per model besides the minimisers: two random, one between aligned and supervised.
const MINIMISERS_PER_MODEL: usize = 3;
/// Theorems that draw samples are tried on one model in this many of each family, unless nothing else was asked for.
const SAMPLED_EVERY: u64 = 400;
/// Models of each family to one on which the joint remedy is tried.
const JOINT_EVERY: u64 = 4;
/// The largest dimension tried.
const LARGEST_DIM: usize = 6;
/// Largest alphabet and dimension of a discrete law.
const LARGEST_ALPHABET: usize = 6;
const LARGEST_TABLE_DIM: usize = 3;
/// Logits of discrete laws have standard deviations up to this: from nearly uniform tables to nearly deterministic ones.
const LOGIT_SPREAD: f64 = 8.0;
/// Units of channels, latents and targets are moved by powers of two up to this exponent: from nanometres to light years and back.
const UNIT_REACH: i32 = 40;
/// Streams of discrete laws are numbered from here, beyond those of the families.
const DISCRETE: u64 = 1 << 32;

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
            reevaluated: 0,
            counterexample: None,
        }
    }

    /// One word for all cases.
    pub fn status(&self) -> Status {
        if self.violated > 0 {
            Status::Violated
        } else if self.inconclusive > 0 {
            Status::Inconclusive
        } else if self.cases == 0 {
            Status::DoesNotApply
        } else {
            Status::Holds
        }
    }

    /// Takes a verdict into account, if the theorem applied.
    pub fn record(&mut self, verdict: &Verdict) {
        self.record_result(verdict.status, verdict.slack, verdict.tightness);
    }

    /// Takes a case into account, if the theorem applied to it.
    pub fn record_result(&mut self, status: Status, slack: f64, tightness: f64) {
        if status == Status::DoesNotApply {
            return;
        }
        self.cases += 1;
        self.smallest_slack = self.smallest_slack.min(slack);
        self.greatest_tightness = self.greatest_tightness.max(tightness);
        match status {
            Status::Holds | Status::DoesNotApply => {}
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
        self.reevaluated += other.reevaluated;
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

    /// Tries the theorems that claim any distribution on as many discrete laws, one summary for each of those in the plan.
    ///
    /// # Errors
    /// [`TrialError`] when a law can't be measured.
    pub fn run_discrete(&self, tried: impl Fn() + Sync) -> Result<Vec<Summary>, TrialError> {
        let claims = self.discrete_claims();
        let empty = || claims.iter().map(|claim| Summary::empty(claim.id())).collect::<Vec<_>>();
        (0..if claims.is_empty() { 0 } else { self.total() })
            .into_par_iter()
            .map(|index| {
                let fail = |failure| TrialError::of_law(index, self.seed, failure);
                let result =
                    claims.iter().map(|&claim| self.try_law(claim, index).map_err(fail)).collect::<Result<Vec<_>, _>>();
                tried();
                result
            })
            .try_reduce(empty, |left, right| {
                Ok(left.into_iter().zip(right).map(|(left, right)| left.merge(right)).collect())
            })
    }

    fn discrete_claims(&self) -> Vec<Claim> {
        let planned = |claim: &Claim| self.theorems.iter().any(|theorem| theorem.id() == claim.id());
        Claim::ALL.into_iter().filter(planned).collect()
    }

    fn try_law(&self, claim: Claim, index: u64) -> Result<Summary, TrialFailure> {
        let mut generator =
            Stream { seed: self.seed, experiment: self.experiment, cell: index, replicate: DISCRETE + claim as u64 }
                .generator();
        let (instance, origin) = draw_instance(claim, &mut generator)?;
        let verdict = Verdict::of(claim.id(), instance.examine(claim)?);
        let mut summary = Summary { models: u64::from(verdict.applies), ..Summary::empty(claim.id()) };
        summary.record(&verdict);
        if verdict.status == Status::Violated {
            summary.counterexample = Some(Box::new(Counterexample {
                witness: Witness::Discrete(Box::new(instance)),
                origin,
                index,
                verdict,
            }));
        }
        Ok(summary)
    }

    fn trial(&self, index: u64) -> Result<Vec<Summary>, TrialError> {
        let families = family::REGISTRY.len() as u64;
        let (cell, place) = (index / families, index % families);
        let family = &family::REGISTRY[usize::try_from(place).expect("few families")];
        let mut generator = Stream { seed: self.seed, experiment: self.experiment, cell, replicate: place }.generator();
        let fail = |failure| TrialError { family: family.kind, index: cell, seed: self.seed, failure };
        let drawn = Draw::new(family).model(&mut generator).map_err(|error| fail(error.into()))?;
        // Objectives that weigh channels by their variance meet their theorems only where all channels of a modality move together.
        let channels = if generator.random_bool(0.5) { ChannelUnits::Each } else { ChannelUnits::PerModality };
        let reach = generator.random_range(0..=UNIT_REACH);
        let units = Units::random(&drawn, channels, reach, &mut generator);
        let model = drawn.in_units(&units).map_err(|error| fail(error.into()))?;
        let sampled = cell.is_multiple_of(SAMPLED_EVERY) || self.theorems.iter().all(|theorem| theorem.sampled());
        self.try_model(&model, &units, index, sampled, &mut generator).map_err(|error| fail(error.into()))
    }

    fn try_model(
        &self,
        model: &LatentModel,
        units: &Units,
        index: u64,
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
            index,
            summaries: summaries(&self.theorems),
            applied: vec![false; self.theorems.len()],
        };

        let start = generator.random_range(0..objective::REGISTRY.len());
        let size = learner.cross_covariance_singular_values()?.first().copied().unwrap_or(0.0);
        for step in 0..MINIMISERS_PER_MODEL {
            let entry = objective::REGISTRY[(start + step * 2) % objective::REGISTRY.len()];
            let objective = entry.draw(size, generator);
            let dim = generator.random_range(1..=largest.min(LARGEST_DIM));
            let parameters: Vec<String> =
                objective.parameters().iter().map(|(name, value)| format!(" -p {name}={value}")).collect();
            let case = Case::minimise(&subject, &learner, objective.as_ref(), dim)?;
            trial.judge(&case, &format!("{}{} with d = {dim}", objective.id(), parameters.concat()))?;
        }
        // The joint remedy at some λ, whose alternation costs more than all other encoders of a model together.
        let dim = generator.random_range(1..=largest.min(LARGEST_DIM));
        let joint = AlignmentFidelity::new(in_units(generator.random(), units)).expect("a number from 0 to 1");
        let origin = format!("alignment-fidelity with λ = {} and d = {dim}", joint.lambda());
        if (index / family::REGISTRY.len() as u64).is_multiple_of(JOINT_EVERY) {
            trial.judge(&Case::minimise(&subject, &learner, &joint, dim)?, &origin)?;
        }
        // The canonical encoders of every model: several theorems speak of nothing else.
        let dim = generator.random_range(1..=largest.min(LARGEST_DIM));
        let canonical = Case::minimise(&subject, &learner, &objective::CanonicalCorrelation, dim)?;
        trial.judge(&canonical, &format!("cca with d = {dim}"))?;
        let exponents = [&*units.channels[0], &*units.channels[1]];
        let random = gaussian(generator, dim, subject.pair.channels()).in_units(exponents);
        // Between aligned and random, in all proportions: near the optimum the inequalities are tight.
        // One in eight are the canonical ones themselves, given as weights, which theorems must recognise.
        let share = if index.is_multiple_of(8) { 0.0 } else { 1.0 } * 10.0_f64.powf(-4.0 * generator.random::<f64>());
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
    /// Its place among all models.
    index: u64,
    summaries: Vec<Summary>,
    applied: Vec<bool>,
}

impl Trial<'_> {
    fn judge(&mut self, case: &Case, origin: &str) -> Result<(), CaseError> {
        for ((theorem, summary), applied) in self.theorems.iter().zip(&mut self.summaries).zip(&mut self.applied) {
            if theorem.sampled() && !self.sampled {
                continue;
            }
            let (verdict, again) = judge(*theorem, case)?;
            summary.record(&verdict);
            summary.reevaluated += u64::from(again);
            *applied |= verdict.applies;
            if verdict.status == Status::Violated && summary.counterexample.is_none() {
                summary.counterexample = Some(Box::new(Counterexample {
                    witness: Witness::Gaussian {
                        model: Box::new(self.model.clone()),
                        encoders: Box::new(case.encoders.clone()),
                        minimiser: case.objective.map(|objective| (objective.id(), objective.parameters(), case.dim())),
                    },
                    origin: origin.to_owned(),
                    index: self.index,
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

/// λ where variances are in other units: what is traded against a correlation is λ/(1−λ) times a variance.
fn in_units(lambda: f64, units: &Units) -> f64 {
    let exponents: Vec<f64> = units.channels[..2].iter().flatten().copied().map(f64::from).collect();
    let mean = exponents.iter().sum::<f64>() / exponents.len() as f64;
    let odds = lambda / (1.0 - lambda) * (-2.0 * mean).exp2();
    odds / (1.0 + odds)
}

/// A random law with encoders under the hypotheses of a claim, and its shape in words.
pub(super) fn draw_instance(claim: Claim, generator: &mut Generator) -> Result<(Instance, String), DiscreteError> {
    let sizes = [(); 3].map(|()| generator.random_range(2..=LARGEST_ALPHABET));
    let shape = Shape { claim, sizes, dim: generator.random_range(1..=LARGEST_TABLE_DIM) };
    let spread = generator.random_range(0.0..=LOGIT_SPREAD);
    let parameters: Vec<f64> =
        (0..shape.parameters(false)).map(|_| spread * generator.sample::<f64, _>(StandardNormal)).collect();
    Ok((shape.instance(&parameters, false)?, format!("a table of {sizes:?} symbols with d = {}", shape.dim)))
}

fn gaussian(generator: &mut Generator, dim: usize, channels: [usize; 2]) -> Encoders {
    let mut draw = |columns: usize| Matrix::from_fn(dim, columns, |_, _| generator.sample(StandardNormal));
    Encoders { first: draw(channels[0]), second: draw(channels[1]) }
}
