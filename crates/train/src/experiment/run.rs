//! Runs an experiment cell by cell and replicate by replicate; finished trainings are kept, and killed ones resume.

use super::{Cell, Experiment, ExperimentError};
use crate::data::{DataError, Evaluation, Paired, Role, digest};
use crate::device::Hardware;
use crate::evaluation::{Embeddings, EvaluationError, EvaluationSpec, Measurement, evaluate};
use crate::trainer::{Checkpoint, Outcome, Plan, TrainError, Trainer};
use alignloss::experiment::{Store, StoreError};
use alignloss::random::Stream;
use rand::Rng;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Why a run can't continue.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An error in the experiment.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// An error in the data.
    #[error("data: {0}")]
    Data(#[from] DataError),
    /// An error in a training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// An error in the measures.
    #[error("evaluation: {0}")]
    Evaluation(#[from] EvaluationError),
    /// An error in the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An error in a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] crate::trainer::CheckpointError),
    /// The file system reported an error.
    #[error("{}: {problem}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        problem: std::io::Error,
    },
}

/// Receives the progress of a run.
pub trait Watcher {
    /// A training starts, or resumes, at `step` of `steps`.
    fn begins(&mut self, part: usize, parts: usize, what: &str, step: u64, steps: u64);
    /// A step was taken.
    fn stepped(&mut self, step: u64);
    /// Encoders are being measured.
    fn measures(&mut self);
    /// Whether to stop; the training is saved first.
    fn asks_to_stop(&mut self) -> bool;
}

/// An experiment, a device and a store.
#[derive(Debug)]
pub struct Run<'a> {
    experiment: &'a Experiment,
    hardware: &'a Hardware,
    data_folder: Option<&'a Path>,
    cells: Vec<Cell>,
    /// Hash of everything the results depend on.
    hash: String,
}

type Row = Vec<String>;

impl<'a> Run<'a> {
    /// Validates every cell and reads the data files once, since results depend on their contents.
    ///
    /// # Errors
    /// [`RunError::Experiment`], [`RunError::Data`].
    pub fn new(
        experiment: &'a Experiment,
        hardware: &'a Hardware,
        data_folder: Option<&'a Path>,
    ) -> Result<Self, RunError> {
        let cells = experiment.cells()?;
        let hash = experiment.hash(hardware.identity(), &digests(&cells, data_folder)?);
        Ok(Self { experiment, hardware, data_folder, cells, hash })
    }

    /// The number of trainings: cells × replicates.
    pub fn parts(&self) -> usize {
        self.cells.len() * usize::try_from(self.experiment.replicates()).unwrap_or(usize::MAX)
    }

    /// Opens the store in `folder`. With `fresh`, results and checkpoints are discarded.
    ///
    /// # Errors
    /// [`RunError::Store`], [`RunError::Io`].
    pub fn store(&self, folder: &Path, fresh: bool) -> Result<Store, RunError> {
        let store = Store::create(folder, self.experiment.contents(&self.hash), self.parts(), fresh)?;
        if fresh {
            discard_checkpoints(folder)?;
            store.clear()?;
        }
        Ok(store)
    }

    /// Computes what is missing; returns whether everything is complete.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn execute(&self, store: &Store, watcher: &mut dyn Watcher) -> Result<bool, RunError> {
        let replicates = self.experiment.replicates();
        for part in 0..self.parts() {
            if store.has(part) {
                continue;
            }
            let (cell, replicate) = (part as u64 / replicates, part as u64 % replicates);
            let cell = &self.cells[usize::try_from(cell).unwrap_or(0)];
            if watcher.asks_to_stop() {
                return Ok(false);
            }
            let Some(rows) = self.part(store, cell, replicate, part, watcher)? else { return Ok(false) };
            store.write_part(part, &rows)?;
        }
        // Also what a kill left between a training's results and this line, or while writing.
        discard_checkpoints(store.folder())?;
        Ok(true)
    }

    /// One training with its measures; `None` if it was stopped.
    fn part(
        &self,
        store: &Store,
        cell: &Cell,
        replicate: u64,
        part: usize,
        watcher: &mut dyn Watcher,
    ) -> Result<Option<Vec<Row>>, RunError> {
        let setting = &cell.setting;
        let seed = self.seed("training data", replicate);
        let source = setting.data.open(self.data_folder)?;
        let held_out = source.evaluation(self.seed("held-out data", replicate))?;
        let plan = Plan {
            encoder: &setting.encoder,
            objective: &setting.objective,
            training: &setting.training,
            seed,
            initialisation: (self.experiment.seed(), replicate),
        };
        let mut trainer = Trainer::new(&*source, self.hardware, plan, &held_out)?;
        let identity = format!("{} {part}", self.hash);
        let path = checkpoint_path(store, part);
        let mut rows = Rows { cell, replicate, done: Vec::new() };
        if let Some(checkpoint) = Checkpoint::read(&path, &identity)? {
            rows.done = serde_json::from_value(checkpoint.notes().clone()).unwrap_or_default();
            trainer.resume(checkpoint)?;
        }
        let steps = if setting.objective.trains() { setting.training.steps } else { 0 };
        let what = format!("{} {}/{}", cell.values.join(" "), replicate + 1, self.experiment.replicates());
        watcher.begins(part, self.parts(), &what, trainer.memory().step, steps);
        let mut stops: Vec<u64> =
            setting.training.evaluate_at.iter().copied().filter(|&step| step < steps).chain([steps]).collect();
        stops.sort_unstable();
        stops.dedup();
        for stop in stops {
            // Measured before the checkpoint from which the training continues.
            if trainer.memory().step > stop && trainer.memory().outcome.is_none() {
                continue;
            }
            let noted = rows.done.iter().any(|row| row[rows.place("step")] == stop.to_string());
            if noted && trainer.memory().step == stop && stop != steps {
                continue;
            }
            let outcome = stretch(&mut trainer, stop, &rows, (&path, &identity), watcher)?;
            if outcome == Outcome::Interrupted {
                return Ok(None);
            }
            watcher.measures();
            let last = stop == steps || outcome != Outcome::Finished;
            let found = measure(&trainer, &setting.evaluation, &held_out, source.test_groups(), seed)?;
            let step = trainer.memory().step;
            let (outcome, found) = match found {
                Some(found) if outcome != Outcome::Diverged => (outcome, found),
                _ => (Outcome::Diverged, Vec::new()),
            };
            rows.add(outcome, if last { "end" } else { "during" }, step, &found);
            if last || outcome == Outcome::Diverged {
                rows.add_curve(outcome, &trainer.memory().curve);
                break;
            }
            trainer.checkpoint(json!(rows.done))?.write(&path, &identity)?;
        }
        Ok(Some(rows.done))
    }

    /// A seed for a purpose, the same in every cell.
    fn seed(&self, purpose: &str, replicate: u64) -> u64 {
        Stream { seed: self.experiment.seed(), experiment: purpose, cell: 0, replicate }.generator().next_u64()
    }
}

/// Trains up to a step, writing checkpoints on the way.
fn stretch(
    trainer: &mut Trainer,
    until: u64,
    rows: &Rows,
    (path, identity): (&Path, &str),
    watcher: &mut dyn Watcher,
) -> Result<Outcome, RunError> {
    let pause = rows.cell.setting.training.checkpoint_seconds.clamp(0.0, 1e6);
    let pause = Duration::from_secs_f64(pause);
    let mut last = Instant::now();
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|problem| RunError::Io { path: folder.into(), problem })?;
    let outcome = trainer.advance(until, &mut |trainer| {
        watcher.stepped(trainer.memory().step);
        let stop = watcher.asks_to_stop();
        if stop || last.elapsed() >= pause {
            trainer.checkpoint(json!(rows.done))?.write(path, identity)?;
            last = Instant::now();
        }
        Ok(!stop)
    })?;
    Ok(outcome)
}

/// Measures the current encoders; `None` if their embeddings are not finite.
fn measure(
    trainer: &Trainer,
    spec: &EvaluationSpec,
    held_out: &Evaluation,
    groups: Option<&[usize]>,
    seed: u64,
) -> Result<Option<Vec<Measurement>>, RunError> {
    let embed = |part: &Paired| -> Result<Option<Embeddings>, RunError> {
        let (first, second) = (trainer.embed(0, &part.views[0])?, trainer.embed(1, &part.views[1])?);
        Ok(first.zip(second).map(|(first, second)| Embeddings { first, second }))
    };
    let parts = [&held_out.train, &held_out.validation, &held_out.test].map(embed);
    let [train, validation, test] = parts;
    let (Some(train), Some(validation), Some(test)) = (train?, validation?, test?) else { return Ok(None) };
    let mut found = evaluate(spec, held_out, [&train, &validation, &test], groups, seed)?;
    if trainer.model().has_unique() {
        // Partners are matched by the aligned block.
        let dim = trainer.model().common();
        let block = |part: &Embeddings| Embeddings {
            first: part.first.columns(0, dim).into_owned(),
            second: part.second.columns(0, dim).into_owned(),
        };
        let spec = EvaluationSpec { kernel: false, raw: false, laws: false, theory: false, ..spec.clone() };
        let own = evaluate(&spec, held_out, [&block(&train), &block(&validation), &block(&test)], groups, seed)?;
        let geometric = |measure: &Measurement| measure.factor.is_none() && !measure.measure.starts_with("capacity");
        found.retain(|measure| !geometric(measure));
        found.extend(own.into_iter().filter(geometric));
    }
    found.retain(|measure| measure.value.is_finite());
    Ok(Some(found))
}

/// A digest of each data file read by each cell.
fn digests(cells: &[Cell], data_folder: Option<&Path>) -> Result<Vec<Vec<String>>, DataError> {
    let mut known: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut of_file = |path: PathBuf| -> Result<String, DataError> {
        if let Some(digest) = known.get(&path) {
            return Ok(digest.clone());
        }
        let digest = digest(&path)?;
        known.insert(path, digest.clone());
        Ok(digest)
    };
    cells.iter().map(|cell| cell.setting.data.files(data_folder)?.into_iter().map(&mut of_file).collect()).collect()
}

/// Checkpoints are kept beside the results of an experiment, in its folder.
fn checkpoint_folder(folder: &Path) -> PathBuf {
    folder.join("checkpoints")
}

fn discard_checkpoints(folder: &Path) -> Result<(), RunError> {
    let path = checkpoint_folder(folder);
    match std::fs::remove_dir_all(&path) {
        Err(problem) if problem.kind() != std::io::ErrorKind::NotFound => Err(RunError::Io { path, problem }),
        _ => Ok(()),
    }
}

fn checkpoint_path(store: &Store, part: usize) -> PathBuf {
    checkpoint_folder(store.folder()).join(format!("part-{part:05}.checkpoint"))
}

/// The rows of one part.
struct Rows<'a> {
    cell: &'a Cell,
    replicate: u64,
    done: Vec<Row>,
}

impl Rows<'_> {
    fn place(&self, column: &str) -> usize {
        self.cell.values.len() + super::COLUMNS.iter().position(|name| *name == column).unwrap_or(0)
    }

    fn push(&mut self, own: [String; 10]) {
        let head = self.cell.values.iter().cloned().chain([self.replicate.to_string()]);
        self.done.push(head.chain(own).collect());
    }

    fn add(&mut self, outcome: Outcome, stage: &str, step: u64, found: &[Measurement]) {
        let number = |value: Option<f64>| {
            value.filter(|value| value.is_finite()).map(|value| value.to_string()).unwrap_or_default()
        };
        for measurement in found {
            self.push([
                outcome.word().into(),
                stage.into(),
                step.to_string(),
                measurement.measure.clone(),
                measurement.factor.clone().unwrap_or_default(),
                measurement.role.map(role).unwrap_or_default().into(),
                measurement.source.into(),
                number(Some(measurement.value)),
                number(measurement.low),
                number(measurement.high),
            ]);
        }
    }

    /// The loss curve; a training without one still records how it ended.
    fn add_curve(&mut self, outcome: Outcome, curve: &[(u64, f64)]) {
        let mut add = |step: String, value: String| {
            let empty = String::new;
            let word = |word: &str| word.to_owned();
            self.push([
                word(outcome.word()),
                word("during"),
                step,
                word("loss"),
                empty(),
                empty(),
                word("batch"),
                value,
                empty(),
                empty(),
            ]);
        };
        for &(step, value) in curve {
            add(step.to_string(), value.to_string());
        }
        if curve.is_empty() {
            add("0".into(), String::new());
        }
    }
}

/// The name of a role in results.
fn role(role: Role) -> &'static str {
    match role {
        Role::Shared => "shared",
        Role::PrivateFirst => "private-first",
        Role::PrivateSecond => "private-second",
        Role::Target => "target",
    }
}
