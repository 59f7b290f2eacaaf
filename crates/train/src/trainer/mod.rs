//! The training loop, shared by all devices, encoders and objectives.
//!
//! A second thread draws and standardises batches ahead of time. A batch is a function of seed and step, and a
//! [`Checkpoint`] holds parameters, moments and the complete state of the loop: a run that was killed continues as if it had not been.
//!
//! Choosing files, printing and measuring are left to other modules.

mod batches;
mod checkpoint;

pub use batches::HostBatch;
pub use checkpoint::{Checkpoint, CheckpointError};

use crate::data::{DataError, Evaluation, Observations, Source};
use crate::device::Hardware;
use crate::encoder::EncoderSpec;
use crate::model::{Batch, LossError, Model, ModelError};
use crate::objective::ObjectiveSpec;
use crate::optimiser::{Adam, OptimiserError, OptimiserSpec, State, read};
use batches::Producer;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// Number of samples encoded at once when computing embeddings.
const ENCODED_AT_ONCE: usize = 1024;

/// Weight of the past in the running mean of the loss used for early stopping.
const MEMORY: f64 = 0.7;

/// The precision of matrix products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// In 32 bits.
    #[default]
    Single,
    /// In 16 bits if the device supports it, with everything else in 32; otherwise in 32 bits.
    Half,
}

/// The section `[training]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingSpec {
    /// Optimiser steps.
    pub steps: u64,
    /// B, the number of pairs in a batch.
    pub batch: usize,
    /// The loss is read, and recorded, every so many steps.
    pub read_every: u64,
    /// Training stops if the running mean of the loss has not improved for this many steps.
    pub patience: Option<u64>,
    /// The smallest decrease that counts as an improvement.
    pub least_improvement: f64,
    /// Steps after which encoders are also measured.
    pub evaluate_at: Vec<u64>,
    /// Seconds between checkpoints.
    pub checkpoint_seconds: f64,
    /// The precision of matrix products.
    pub precision: Precision,
    /// The optimiser.
    pub optimiser: OptimiserSpec,
}

impl Default for TrainingSpec {
    fn default() -> Self {
        Self {
            steps: 1000,
            batch: 256,
            read_every: 20,
            patience: None,
            least_improvement: 1e-3,
            evaluate_at: Vec::new(),
            checkpoint_seconds: 20.0,
            precision: Precision::Single,
            optimiser: OptimiserSpec::default(),
        }
    }
}

impl TrainingSpec {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`TrainError::Setting`], [`TrainError::Optimiser`].
    pub fn check(&self) -> Result<(), TrainError> {
        let wrong = |field, value: &dyn std::fmt::Display, expected: &str| {
            Err(TrainError::Setting { field, problem: format!("{value}, expected {expected}") })
        };
        let is_at_least_zero = |value: f64| !value.is_nan() && value >= 0.0;
        if self.batch < 2 {
            return wrong("batch", &self.batch, "at least 2: a single pair has no negatives");
        }
        if self.read_every == 0 {
            return wrong("read_every", &self.read_every, "at least 1");
        }
        if self.patience == Some(0) {
            return wrong("patience", &0, "at least 1");
        }
        if !is_at_least_zero(self.least_improvement) {
            return wrong("least_improvement", &self.least_improvement, "a number of at least 0");
        }
        if !is_at_least_zero(self.checkpoint_seconds) {
            return wrong("checkpoint_seconds", &self.checkpoint_seconds, "a number of at least 0");
        }
        Ok(self.optimiser.check()?)
    }
}

/// Why training can't continue.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// An error in the data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An error in the networks or the objective.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An invalid setting.
    #[error("training.{field}: {problem}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// An invalid setting of the optimiser.
    #[error("training.{0}")]
    Optimiser(#[from] OptimiserError),
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
    /// An error in a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// How a stretch of training ended. Deep training does not compare the gradient with its noise, so none of these claims
/// convergence, unlike `converged` of `alignloss::learner::Outcome`; `diverged` means the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All steps were taken.
    Finished,
    /// The loss stopped falling.
    Plateau,
    /// The loss became non-finite.
    Diverged,
    /// A stop was requested.
    Interrupted,
}

impl Outcome {
    /// Its name in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Plateau => "plateau",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The state of early stopping.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Plateau {
    mean: f64,
    best: f64,
    since: u64,
}

/// The state of the loop in addition to parameters and moments.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// Steps taken.
    pub step: u64,
    /// The recorded loss: (step, value).
    pub curve: Vec<(u64, f64)>,
    plateau: Option<Plateau>,
    /// How training ended, if it has.
    pub outcome: Option<Outcome>,
}

/// The inputs of one training.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Both encoders.
    pub encoder: &'a EncoderSpec,
    /// The loss.
    pub objective: &'a ObjectiveSpec,
    /// Length, batch size and optimiser.
    pub training: &'a TrainingSpec,
    /// Seed of the batches.
    pub seed: u64,
    /// Seed and replicate of the initial weights.
    pub initialisation: (u64, u64),
}

/// A training in progress.
pub struct Trainer<'a> {
    source: &'a dyn Source,
    hardware: &'a Hardware,
    training: &'a TrainingSpec,
    model: Model,
    producer: Producer<'a>,
    adam: Adam,
    memory: Memory,
}

impl std::fmt::Debug for Trainer<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Trainer")
            .field("model", &self.model)
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

impl<'a> Trainer<'a> {
    /// Draws the networks; `held_out` provides the scales of views and factors.
    ///
    /// # Errors
    /// [`TrainError::Model`], and those of [`TrainingSpec::check`].
    pub fn new(
        source: &'a dyn Source,
        hardware: &'a Hardware,
        plan: Plan<'a>,
        held_out: &Evaluation,
    ) -> Result<Self, TrainError> {
        plan.training.check()?;
        let (mut model, parameters) =
            Model::new(plan.encoder, plan.objective, &source.shapes(), held_out, plan.initialisation, hardware)?;
        if plan.training.precision == Precision::Half && hardware.has_half() {
            model.use_half();
        }
        let producer = Producer::new(source, plan, held_out);
        let adam = Adam::new(plan.training.optimiser, hardware, State::initial(&parameters));
        Ok(Self { source, hardware, training: plan.training, model, producer, adam, memory: Memory::default() })
    }

    /// Keeps all losses on the device, as on a GPU.
    #[must_use]
    pub fn without_host_loss(self) -> Self {
        Self { model: self.model.without_host_loss(), ..self }
    }

    /// Continues from a checkpoint.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if it belongs to another model.
    pub fn resume(&mut self, checkpoint: Checkpoint) -> Result<(), TrainError> {
        let (memory, state) = checkpoint.into_parts();
        let own = self.adam.state().map_err(TrainError::Device)?;
        let lengths = |state: &State| state.values.iter().map(Vec::len).collect::<Vec<_>>();
        if lengths(&own) != lengths(&state) {
            return Err(CheckpointError::OtherModel.into());
        }
        self.adam = Adam::new(self.training.optimiser, self.hardware, state);
        self.memory = memory;
        Ok(())
    }

    /// The complete state, to continue from later; `notes` are returned with it.
    ///
    /// # Errors
    /// [`TrainError::Device`].
    pub fn checkpoint(&self, notes: serde_json::Value) -> Result<Checkpoint, TrainError> {
        let state = self.adam.state().map_err(TrainError::Device)?;
        Ok(Checkpoint::new(self.memory.clone(), state, notes))
    }

    /// The state of the loop.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The networks.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Trains until this many steps have been taken in all, or training ends otherwise. After every step `control` is
    /// given the training, and may ask to stop.
    ///
    /// # Errors
    /// [`TrainError`], including errors of `control`.
    pub fn advance(
        &mut self,
        until: u64,
        control: &mut dyn FnMut(&Self) -> Result<bool, TrainError>,
    ) -> Result<Outcome, TrainError> {
        if let Some(outcome) = self.memory.outcome {
            return Ok(outcome);
        }
        let (producer, first) = (self.producer.clone(), self.memory.step);
        let outcome = std::thread::scope(|scope| {
            let (sender, receiver) = std::sync::mpsc::sync_channel(2);
            scope.spawn(move || {
                for step in first..until {
                    // The loop has ended early.
                    if sender.send(producer.batch(step)).is_err() {
                        break;
                    }
                }
            });
            while self.memory.step < until {
                let Ok(batch) = receiver.recv() else {
                    return Err(TrainError::Device("the thread that draws batches has died".into()));
                };
                if let Some(outcome) = self.step(batch?)? {
                    return Ok(outcome);
                }
                if !control(self)? {
                    return Ok(Outcome::Interrupted);
                }
            }
            Ok(Outcome::Finished)
        })?;
        if matches!(outcome, Outcome::Plateau | Outcome::Diverged) {
            self.memory.outcome = Some(outcome);
        }
        Ok(outcome)
    }

    /// One step of the optimiser; returns how training ended, if it did.
    fn step(&mut self, batch: HostBatch) -> Result<Option<Outcome>, TrainError> {
        let batch = self.upload(batch);
        let found = match self.model.step(self.adam.values(), &batch) {
            Ok(found) => found,
            Err(LossError::Diverged) => return Ok(Some(Outcome::Diverged)),
            Err(LossError::Device(problem)) => return Err(TrainError::Device(problem)),
        };
        let step = self.memory.step;
        let rate = self.training.optimiser.rate(step, self.training.steps);
        self.adam.step(rate, found.gradients).map_err(TrainError::Device)?;
        if let Some((place, least)) = self.model.least_log_temperature() {
            self.adam.raise(place, least);
        }
        self.memory.step += 1;
        if !step.is_multiple_of(self.training.read_every) {
            return Ok(None);
        }
        let value = match found.loss.read() {
            Ok(value) => value,
            Err(LossError::Diverged) => return Ok(Some(Outcome::Diverged)),
            Err(LossError::Device(problem)) => return Err(TrainError::Device(problem)),
        };
        self.memory.curve.push((step, value));
        Ok(self.watch(value).then_some(Outcome::Plateau))
    }

    /// Whether the loss has stopped falling.
    fn watch(&mut self, value: f64) -> bool {
        let step = self.memory.step;
        let plateau = self.memory.plateau.get_or_insert(Plateau { mean: value, best: value, since: step });
        plateau.mean = MEMORY * plateau.mean + (1.0 - MEMORY) * value;
        if plateau.mean < plateau.best - self.training.least_improvement {
            (plateau.best, plateau.since) = (plateau.mean, step);
        }
        self.training.patience.is_some_and(|patience| step - plateau.since >= patience)
    }

    fn upload(&self, batch: HostBatch) -> Batch {
        let widths = self.model.widths();
        let [first, second] = batch.views;
        let views = [self.hardware.matrix(first, widths[0]), self.hardware.matrix(second, widths[1])];
        let copies = batch.copies.map(|copies| {
            let mut m = 0;
            copies.map(|pair| {
                let width = widths[m];
                m += 1;
                pair.map(|values| self.hardware.matrix(values, width))
            })
        });
        let targets = batch.targets.map(|(values, width)| self.hardware.matrix(values, width));
        Batch { views, copies, targets }
    }

    /// Embeddings of samples of sensor `m` (0 or 1), n × outputs; `None` if they are not finite.
    ///
    /// # Errors
    /// [`TrainError::Device`].
    pub fn embed(&self, m: usize, view: &Observations) -> Result<Option<DMatrix<f64>>, TrainError> {
        let weights = self.adam.values();
        let width = self.source.shapes()[m].iter().product::<usize>().max(1);
        let mut values = view.values.clone();
        self.producer.scaling(m).apply(&mut values);
        let mut embedded: Vec<f64> = Vec::new();
        for chunk in values.chunks(ENCODED_AT_ONCE * width) {
            let samples = self.hardware.matrix(chunk.to_vec(), width);
            let rows = read(self.model.embed(&weights, m, samples)).map_err(TrainError::Device)?;
            embedded.extend(rows.into_iter().map(f64::from));
        }
        let count = values.len() / width;
        let finite = embedded.iter().all(|value| value.is_finite());
        Ok(finite.then(|| DMatrix::from_row_iterator(count, embedded.len() / count.max(1), embedded)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSpec;

    #[test]
    fn a_learnt_temperature_is_held_at_its_least() {
        let data = "kind = \"nonlinear\"\nsizes = { train = 64, validation = 8, test = 8 }";
        let source = toml::from_str::<DataSpec>(data).expect("valid").open(None).expect("valid");
        let held_out = source.evaluation(0).expect("drawn");
        let training = TrainingSpec { batch: 16, ..TrainingSpec::default() };
        let hardware = Hardware::cpu();
        for alignment in ["infonce\", learn_temperature = true", "siglip\""] {
            let objective: ObjectiveSpec =
                toml::from_str(&format!("alignment = {{ kind = \"{alignment} }}")).expect("valid");
            let encoder = EncoderSpec::Linear { dim: 2 };
            let plan =
                Plan { encoder: &encoder, objective: &objective, training: &training, seed: 0, initialisation: (0, 0) };
            let mut trainer = Trainer::new(&*source, &hardware, plan, &held_out).expect("valid");
            // A step of the warm-up moves log τ by less than what it is below the least by.
            let (memory, mut state) = trainer.checkpoint(serde_json::Value::Null).expect("readable").into_parts();
            let (place, least) = trainer.model.least_log_temperature().expect("τ is learnt");
            state.values[place] = vec![-6.0];
            trainer.resume(Checkpoint::new(memory, state, serde_json::Value::Null)).expect("of this model");
            trainer.advance(1, &mut |_| Ok(true)).expect("trains");
            let log = f64::from(trainer.adam.state().expect("readable").values[place][0]);
            assert!((log - least).abs() < 1e-6, "{alignment}: {log}, expected {least}");
        }
    }

    #[test]
    fn settings_out_of_their_range_are_named_with_their_value() {
        for (text, expected) in [
            ("batch = 1", "training.batch: 1, expected at least 2: a single pair has no negatives"),
            ("read_every = 0", "training.read_every: 0, expected at least 1"),
            ("patience = 0", "training.patience: 0, expected at least 1"),
            ("least_improvement = -0.5", "training.least_improvement: -0.5, expected a number of at least 0"),
            ("checkpoint_seconds = nan", "training.checkpoint_seconds: NaN, expected a number of at least 0"),
            ("optimiser.learning_rate = 0.0", "training.optimiser.learning_rate: 0.0, expected a positive number"),
            ("optimiser.clip = 0.0", "training.optimiser.clip: 0.0, expected a positive number"),
            ("optimiser.clip = inf", "training.optimiser.clip: inf, expected a positive number"),
            ("optimiser.first_decay = 1.0", "training.optimiser.first_decay: 1.0, expected 0 or more, below 1"),
            ("optimiser.second_decay = -0.1", "training.optimiser.second_decay: -0.1, expected 0 or more, below 1"),
            ("optimiser.epsilon = 0.0", "training.optimiser.epsilon: 0.0, expected a positive number"),
            ("optimiser.epsilon = 1e-60", "training.optimiser.epsilon: 1e-60, expected a positive number"),
            ("optimiser.weight_decay = -1.0", "training.optimiser.weight_decay: -1.0, expected a number of at least 0"),
            ("optimiser.final_fraction = 1.5", "training.optimiser.final_fraction: 1.5, expected 0 to 1"),
        ] {
            let spec: TrainingSpec = toml::from_str(text).expect("valid TOML");
            let problem = spec.check().unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{problem}, expected {expected}");
        }
        assert!(TrainingSpec::default().check().is_ok());
    }
}
