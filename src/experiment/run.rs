//! The parallel runner: groups of cells that share a model, blocks of groups that share a file.

use super::columns::{Common, Learning, field, is_of_a_target, measure, measured_place};
use super::file::{AT_SAMPLES, CLOSED_FORM};
use super::learn::{LearningError, LearningTask, Measured, Observed};
use super::search::SearchSetting;
use super::setting::Setting;
use super::{Cell, Estimator, Experiment, ExperimentError, Store, StoreError};
use crate::random::Stream;
use crate::theorem::{self, Case, Quantity, Question, Subject, Theorem};
use rayon::prelude::*;
use std::collections::HashMap;

/// Approximate number of part files of an experiment: enough that a killed run loses little, few enough to handle.
const PARTS: u64 = 64;

/// One machine's share of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Index of the shard, from 1.
    pub index: u64,
    /// Number of shards.
    pub count: u64,
}

/// An experiment could not be run to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A cell has no model, or invalid parameters.
    #[error("cell {cell} ({parameters}): {problem}")]
    Cell {
        /// Which cell.
        cell: u64,
        /// Its parameters.
        parameters: String,
        /// What is wrong.
        problem: ExperimentError,
    },
    /// A cell could not be measured.
    #[error("cell {cell} ({parameters}): {problem}")]
    Measure {
        /// Which cell.
        cell: u64,
        /// Its parameters.
        parameters: String,
        /// What is wrong.
        problem: LearningError,
    },
    /// The results could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The work of one experiment, laid out: which cells share a model, and which groups share a part file. The layout
/// depends only on the experiment, so shards, threads and resumed runs agree on it.
#[derive(Debug)]
pub struct Run<'a> {
    experiment: &'a Experiment,
    overlays: Vec<Overlay>,
    groups: Vec<Group>,
    groups_per_part: usize,
}

/// Cells of one replicate that share a model up to its targets.
#[derive(Debug)]
struct Group {
    replicate: u64,
    cells: Vec<u64>,
}

/// A column drawn over the data.
#[derive(Debug)]
enum Overlay {
    /// The measure at this index, for the population's closed form.
    ClosedForm { place: Option<usize> },
    /// What a theorem predicts, in the population or at the cell's number of samples; `None` of a column that no theorem speaks of,
    /// drawn beside one that some do.
    Theorem { theorem: &'static dyn Theorem, quantity: Option<Quantity>, of_a_target: bool, at_samples: bool },
}

impl Overlay {
    /// From an id in the experiment file and the column it is drawn over.
    fn new((id, column): (String, String)) -> Self {
        if id == CLOSED_FORM {
            return Self::ClosedForm { place: measured_place(&column) };
        }
        let theorem = theorem::find(id.trim_end_matches(AT_SAMPLES)).expect("checked when the file was read");
        Self::Theorem {
            theorem,
            quantity: Quantity::of_column(&column),
            of_a_target: is_of_a_target(&column),
            at_samples: id.ends_with(AT_SAMPLES),
        }
    }
}

/// Parameters that change only the targets: cells that differ in these alone share the model's decompositions.
const TARGET_PARAMETERS: [&str; 1] = ["private_fraction"];

impl Shard {
    /// The whole experiment.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    fn owns(self, part: usize) -> bool {
        part as u64 % self.count == self.index - 1
    }
}

impl<'a> Run<'a> {
    /// Lays out an experiment.
    pub fn new(experiment: &'a Experiment) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for replicate in 0..experiment.replicates() {
            for index in 0..experiment.grid().size() {
                let cell = experiment.grid().cell(index);
                let key = group_key(experiment.estimator(), &cell, replicate);
                let place = *places.entry(key).or_insert_with(|| {
                    groups.push(Group { replicate, cells: Vec::new() });
                    groups.len() - 1
                });
                groups[place].cells.push(index);
            }
        }
        let groups_per_part = usize::try_from((groups.len() as u64).div_ceil(PARTS)).unwrap_or(1).max(1);
        let overlays = experiment.overlays().into_iter().map(Overlay::new).collect();
        Self { experiment, overlays, groups, groups_per_part }
    }

    /// The number of part files.
    pub fn parts(&self) -> usize {
        self.groups.len().div_ceil(self.groups_per_part)
    }

    /// Cells times replicates.
    pub fn total(&self) -> u64 {
        self.groups.iter().map(|group| group.cells.len() as u64).sum()
    }

    /// Computes the parts of a shard that the store lacks, in parallel. `done` is called with the number of cells that
    /// became available, including parts that already existed.
    ///
    /// # Errors
    /// [`RunError`]; finished parts are kept.
    pub fn execute(&self, store: &Store, shard: Shard, done: impl Fn(u64) + Sync) -> Result<(), RunError> {
        let parts: Vec<usize> = (0..self.parts()).filter(|&part| shard.owns(part)).collect();
        parts.into_par_iter().try_for_each(|part| {
            let start = part * self.groups_per_part;
            let groups = &self.groups[start..(start + self.groups_per_part).min(self.groups.len())];
            if !store.has(part) {
                let rows: Vec<Vec<Vec<String>>> =
                    groups.par_iter().map(|group| self.rows(group)).collect::<Result<_, _>>()?;
                store.write_part(part, &rows.concat())?;
            }
            done(groups.iter().map(|group| group.cells.len() as u64).sum());
            Ok(())
        })
    }

    fn rows(&self, group: &Group) -> Result<Vec<Vec<String>>, RunError> {
        let cells: Vec<Cell> = group.cells.iter().map(|&index| self.experiment.grid().cell(index)).collect();
        let stream = Stream {
            seed: self.experiment.seed(),
            experiment: self.experiment.name(),
            cell: group.cells[0],
            replicate: group.replicate,
        };
        if self.experiment.estimator() == Estimator::Adversary {
            return cells.iter().map(|cell| self.searched(cell, stream)).collect();
        }
        // One model per setting of the targets; all share the decompositions of the first.
        let mut models: Vec<(String, Observed)> = Vec::new();
        for cell in &cells {
            let key = target_key(cell);
            if !models.iter().any(|(known, _)| *known == key) {
                let invalid = |problem| RunError::Cell { cell: cell.index, parameters: describe(cell), problem };
                let model = self.experiment.model(&cell.model_parameters(), group.replicate).map_err(invalid)?;
                let setting = Setting::new(self.experiment.estimator(), cell).map_err(invalid)?;
                let observed = Observed::new(self.experiment.estimator(), model, setting.samples, stream)
                    .map_err(|problem| failed(cell, problem))?;
                models.push((key, observed));
            }
        }
        let first = Subject::new(&models[0].1.model, [0, 1]).map_err(|error| failed(&cells[0], error.into()))?;
        let mut subjects = Vec::with_capacity(models.len());
        for (_, observed) in &models[1..] {
            subjects.push(first.with_targets_of(&observed.model).map_err(|error| failed(&cells[0], error.into()))?);
        }
        subjects.insert(0, first);
        let learners: Vec<_> = subjects
            .iter()
            .map(|subject| subject.learner(self.experiment.seed().wrapping_add(group.replicate)))
            .collect();

        let mut rows = Vec::new();
        for cell in &cells {
            let key = target_key(cell);
            let place = models.iter().position(|(known, _)| *known == key).expect("every cell has a model");
            let setting = Setting::new(self.experiment.estimator(), cell).map_err(|problem| RunError::Cell {
                cell: cell.index,
                parameters: describe(cell),
                problem,
            })?;
            let learning = LearningTask {
                setting: &setting,
                observed: &models[place].1,
                subject: &subjects[place],
                learner: &learners[place],
                stream: Stream { cell: cell.index, ..stream },
            };
            learning
                .run(&mut |measured, learning| self.append(&mut rows, group, cell, &setting, measured, learning))
                .map_err(|error| failed(cell, error))?;
        }
        Ok(rows)
    }

    /// The single row of a cell whose model and encoders an adversary chooses.
    fn searched(&self, cell: &Cell, stream: Stream) -> Result<Vec<String>, RunError> {
        let invalid = |problem| RunError::Cell { cell: cell.index, parameters: describe(cell), problem };
        let found = SearchSetting::new(cell).map_err(invalid)?.run(stream);
        let mut row = head(cell, stream.replicate, "");
        row.extend(found.without_encoders());
        row.extend(self.overlays.iter().map(|_| String::new()));
        Ok(row)
    }

    /// Appends a case's rows: one per target. A model without targets gets one row with an empty target and only the
    /// target-free measures.
    fn append(
        &self,
        rows: &mut Vec<Vec<String>>,
        group: &Group,
        cell: &Cell,
        setting: &Setting,
        measured: Measured,
        learning: &Learning,
    ) -> Result<(), LearningError> {
        let value = |case: &Case| {
            let attained = setting.has_population_value().then(|| case.attained(setting.objective.as_ref()));
            attained.flatten().unwrap_or(f64::NAN)
        };
        let common = |case| Common::new(case, setting.temperature(), value(case));
        let population = measured.population;
        let own = measured.case.map(|case| Ok::<_, LearningError>((case, common(case)?))).transpose()?;
        let overlaid = self.overlays.iter().any(|overlay| matches!(overlay, Overlay::ClosedForm { .. }));
        let reference = overlaid.then(|| common(population)).transpose()?;
        let targets = population.subject.model.targets();
        let places: Vec<Option<usize>> =
            if targets.is_empty() { vec![None] } else { (0..targets.len()).map(Some).collect() };
        for target in places {
            let mut row = head(cell, group.replicate, target.map_or("", |target| &targets[target].name));
            row.extend(match &own {
                Some((case, common)) => measure(case, target, learning, common),
                None => learning.without_encoders(),
            });
            let closed_form =
                reference.as_ref().map(|common| measure(population, target, &Learning::default(), common));
            for overlay in &self.overlays {
                row.push(match overlay {
                    Overlay::ClosedForm { place } => {
                        closed_form.as_ref().zip(*place).map_or(String::new(), |(fields, place)| fields[place].clone())
                    }
                    Overlay::Theorem { quantity: None, .. } => String::new(),
                    Overlay::Theorem { of_a_target: true, .. } if target.is_none() => String::new(),
                    Overlay::Theorem { theorem, quantity: Some(quantity), at_samples, .. } => {
                        let samples = setting.samples.filter(|_| *at_samples).map(|samples| samples as u64);
                        let question = Question { quantity: *quantity, target: target.unwrap_or(0), samples };
                        theorem.predict(population, &question)?.map_or(String::new(), |said| field(said.value()))
                    }
                });
            }
            rows.push(row);
        }
        Ok(())
    }
}

/// The fields of a row before its measures: cell, replicate, parameters, target.
fn head(cell: &Cell, replicate: u64, target: &str) -> Vec<String> {
    let mut row = vec![cell.index.to_string(), replicate.to_string()];
    row.extend(cell.parameters.iter().map(|(_, value)| value.text()));
    row.push(target.to_owned());
    row
}

fn failed(cell: &Cell, problem: LearningError) -> RunError {
    RunError::Measure { cell: cell.index, parameters: describe(cell), problem }
}

/// What cells of one group have in common: the model up to its targets and any samples. Stochastic gradients and
/// adversaries take long enough that each cell forms its own group.
fn group_key(estimator: Estimator, cell: &Cell, replicate: u64) -> String {
    let own = |name: &str| match name.strip_prefix("model.") {
        Some(parameter) => !TARGET_PARAMETERS.contains(&parameter),
        None => matches!(estimator, Estimator::Sgd | Estimator::Adversary) || name == "samples",
    };
    let parameters = cell.parameters.iter().filter(|(name, _)| own(name));
    parameters.fold(replicate.to_string(), |key, (name, value)| format!("{key}\n{name}={}", value.text()))
}

fn target_key(cell: &Cell) -> String {
    let own = cell.model_parameters().into_iter().filter(|(name, _)| TARGET_PARAMETERS.contains(name));
    own.map(|(name, value)| format!("{name}={}", value.text())).collect::<Vec<_>>().join("\n")
}

fn describe(cell: &Cell) -> String {
    cell.parameters.iter().map(|(name, value)| format!("{name} = {}", value.text())).collect::<Vec<_>>().join(", ")
}
