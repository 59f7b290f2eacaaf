//! The parallel runner: groups of cells that share a model, blocks of groups that share a file.

use super::columns::{field, measure};
use super::{AxisValue, Cell, Experiment, ExperimentError, Store, StoreError};
use crate::model::LatentModel;
use crate::objective;
use crate::theorem::{self, Case, CaseError, Question, Subject, judge_all};
use rayon::prelude::*;
use std::collections::HashMap;

/// Part files of one experiment, about: enough that a killed run loses little, few enough to handle.
const PARTS: u64 = 64;

/// One machine's share of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: u64,
    /// How many.
    pub count: u64,
}

/// An experiment that could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A cell has no model, or no such parameters.
    #[error("cell {cell} ({parameters}): {problem}")]
    Cell {
        /// Which cell.
        cell: u64,
        /// Its parameters.
        parameters: String,
        /// What is wrong.
        problem: ExperimentError,
    },
    /// A cell can't be measured.
    #[error("cell {cell} ({parameters}): {problem}")]
    Measure {
        /// Which cell.
        cell: u64,
        /// Its parameters.
        parameters: String,
        /// What is wrong.
        problem: CaseError,
    },
    /// The results can't be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The work of one experiment, laid out: which cells share a model, which groups share a part file. The layout depends on
/// the experiment alone, so that shards, threads and resumptions agree on it.
#[derive(Debug)]
pub struct Run<'a> {
    experiment: &'a Experiment,
    groups: Vec<Group>,
    groups_per_part: usize,
}

/// Cells of one replicate that share a model up to its targets.
#[derive(Debug)]
struct Group {
    replicate: u64,
    cells: Vec<u64>,
}

/// Parameters that change the targets only: cells that differ in these share the model's decompositions.
const TARGET_PARAMETERS: [&str; 1] = ["private_fraction"];

impl Shard {
    /// Everything.
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
                let key = cell
                    .model_parameters()
                    .into_iter()
                    .filter(|(name, _)| !TARGET_PARAMETERS.contains(name))
                    .fold(replicate.to_string(), |key, (name, value)| format!("{key}\n{name}={}", value.text()));
                let place = *places.entry(key).or_insert_with(|| {
                    groups.push(Group { replicate, cells: Vec::new() });
                    groups.len() - 1
                });
                groups[place].cells.push(index);
            }
        }
        let groups_per_part = usize::try_from((groups.len() as u64).div_ceil(PARTS)).unwrap_or(1).max(1);
        Self { experiment, groups, groups_per_part }
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
    /// became available, also for parts that were there before.
    ///
    /// # Errors
    /// [`RunError`]; parts that were finished stay.
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
        let overlays: Vec<_> = self
            .experiment
            .overlays()
            .into_iter()
            .map(|(id, quantity)| (theorem::find(&id).expect("checked when the file was read"), quantity))
            .collect();
        let cells: Vec<Cell> = group.cells.iter().map(|&index| self.experiment.grid().cell(index)).collect();
        // One model per setting of the targets; all share the first one's decompositions.
        let mut models: Vec<(String, LatentModel)> = Vec::new();
        for cell in &cells {
            let key = target_key(cell);
            if !models.iter().any(|(known, _)| *known == key) {
                let model = self
                    .experiment
                    .model(&cell.model_parameters(), group.replicate)
                    .map_err(|problem| RunError::Cell { cell: cell.index, parameters: describe(cell), problem })?;
                models.push((key, model));
            }
        }
        let failed = |cell: &Cell, problem: CaseError| RunError::Measure {
            cell: cell.index,
            parameters: describe(cell),
            problem,
        };
        let first = Subject::new(&models[0].1, [0, 1]).map_err(|error| failed(&cells[0], error.into()))?;
        let mut subjects = Vec::with_capacity(models.len());
        for (_, model) in &models[1..] {
            subjects.push(first.with_targets_of(model).map_err(|error| failed(&cells[0], error.into()))?);
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
            let (subject, learner) = (&subjects[place], &learners[place]);
            let id = match cell.parameter("objective") {
                Some(AxisValue::Text(id)) => id.as_str(),
                _ => "cca",
            };
            let parameters = cell.objective_parameters().expect("checked when the file was read");
            let objective = objective::with_parameters(id, &parameters).expect("checked when the file was read");
            let dim = match cell.parameter("dim") {
                Some(AxisValue::Integer(dim)) => usize::try_from(*dim).expect("checked when the file was read"),
                _ => subject.model.shared().max(1),
            };
            let case =
                Case::minimise(subject, learner, objective.as_ref(), dim).map_err(|error| failed(cell, error))?;
            let verdicts = judge_all(&case).map_err(|error| failed(cell, error.into()))?;
            let value = objective.value(subject.moments(), &case.encoders).unwrap_or(f64::NAN);
            for (target, evaluated) in case.targets.iter().enumerate() {
                let mut row = vec![cell.index.to_string(), group.replicate.to_string()];
                row.extend(cell.parameters.iter().map(|(_, value)| value.text()));
                row.push(evaluated.name.to_owned());
                row.extend(measure(&case, target, value, &verdicts));
                for (theorem, quantity) in &overlays {
                    let predicted = theorem
                        .predict(&case, &Question { quantity, target, samples: None })
                        .map_err(|error| failed(cell, error.into()))?;
                    row.push(field(predicted.unwrap_or(f64::NAN)));
                }
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

fn target_key(cell: &Cell) -> String {
    let own = cell.model_parameters().into_iter().filter(|(name, _)| TARGET_PARAMETERS.contains(name));
    own.map(|(name, value)| format!("{name}={}", value.text())).collect::<Vec<_>>().join("\n")
}

fn describe(cell: &Cell) -> String {
    cell.parameters.iter().map(|(name, value)| format!("{name} = {}", value.text())).collect::<Vec<_>>().join(", ")
}
