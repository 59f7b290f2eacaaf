//! Experiment files: parsing and validation.

use crate::data::DataSpec;
use crate::encoder::EncoderSpec;
use crate::evaluation::EvaluationSpec;
use crate::objective::ObjectiveSpec;
use crate::trainer::TrainingSpec;
use alignloss::experiment::{Column, Contents, FigureSpec, program_hash};
use alignloss::model::Format;
use alignloss::text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Grids larger than this are taken to be mistakes: each cell is a training.
const LARGEST_GRID: usize = 10_000;

/// The sections that axes can refer to.
const SECTIONS: [&str; 5] = ["data", "encoder", "objective", "training", "evaluation"];

/// An experiment that can't be run; names the field at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExperimentError {
    /// The file can't be read.
    #[error("{0}")]
    Syntax(String),
    /// A field holds an invalid value.
    #[error("{field}: {problem}")]
    Field {
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A setting is out of its range; the message names it.
    #[error("{0}")]
    Setting(String),
}

/// One cell's settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Pairs of views.
    pub data: DataSpec,
    /// Both encoders.
    pub encoder: EncoderSpec,
    /// The loss.
    pub objective: ObjectiveSpec,
    /// Length, batch size and optimiser.
    #[serde(default)]
    pub training: TrainingSpec,
    /// What is measured, and how.
    #[serde(default)]
    pub evaluation: EvaluationSpec,
}

/// A point of the grid.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its index in the grid.
    pub index: usize,
    /// The values of the axes, as text.
    pub values: Vec<String>,
    /// What is trained and measured.
    pub setting: Setting,
}

/// A validated experiment.
#[derive(Debug, Clone)]
pub struct Experiment {
    name: String,
    title: String,
    about: Option<String>,
    seed: u64,
    replicates: u64,
    sections: Map<String, Value>,
    objectives: Map<String, Value>,
    axes: Vec<(String, Vec<Value>)>,
    figures: Vec<FigureSpec>,
    table: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExperimentFile {
    title: String,
    about: Option<String>,
    #[serde(default)]
    seed: u64,
    #[serde(default = "one")]
    replicates: u64,
    data: Map<String, Value>,
    encoder: Map<String, Value>,
    #[serde(default)]
    training: Map<String, Value>,
    #[serde(default)]
    evaluation: Map<String, Value>,
    objectives: Map<String, Value>,
    #[serde(default)]
    grid: Map<String, Value>,
    #[serde(default)]
    figure: Vec<FigureSpec>,
    #[serde(default)]
    table: Vec<String>,
}

fn one() -> u64 {
    1
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn setting(error: impl ToString) -> ExperimentError {
    ExperimentError::Setting(error.to_string())
}

fn wrong(field: &str, problem: impl Into<String>) -> ExperimentError {
    ExperimentError::Field { field: field.into(), problem: problem.into() }
}

impl Experiment {
    /// Reads and validates an experiment, including every cell; `name` is the name of its file and of its results.
    ///
    /// # Errors
    /// [`ExperimentError`], in one line that names the field.
    pub fn parse(name: &str, source: &str) -> Result<Self, ExperimentError> {
        let file: ExperimentFile = text::parse(source, Format::Toml).map_err(ExperimentError::Syntax)?;
        text::require_json_values(source).map_err(ExperimentError::Syntax)?;
        if file.replicates == 0 {
            return Err(wrong("replicates", "0, expected at least 1"));
        }
        if file.objectives.is_empty() {
            return Err(wrong("objectives", "missing: expected [objectives.NAME] sections"));
        }
        let mut axes = vec![("objective".to_owned(), file.objectives.keys().cloned().map(Value::String).collect())];
        for (axis, values) in file.grid {
            let field = format!("grid.{axis:?}");
            let values = match values {
                Value::Array(values) => values,
                single => vec![single],
            };
            if values.is_empty() {
                return Err(wrong(&field, "no values, expected at least one"));
            }
            if axis == "objective" {
                if let Some(unknown) =
                    values.iter().find(|value| !value.as_str().is_some_and(|id| file.objectives.contains_key(id)))
                {
                    return Err(wrong(&field, format!("{unknown} is none of the [objectives.NAME] sections")));
                }
                axes[0].1 = values;
                continue;
            }
            if !axis.split_once('.').is_some_and(|(section, _)| SECTIONS.contains(&section)) {
                return Err(wrong(
                    &field,
                    format!("expected \"objective\", or a path into {}, as in \"encoder.dim\"", SECTIONS.join(", ")),
                ));
            }
            axes.push((axis, values));
        }
        let size = axes.iter().try_fold(1_usize, |size, (_, values)| size.checked_mul(values.len()));
        if size.is_none_or(|size| size > LARGEST_GRID) {
            return Err(wrong("grid", format!("more than {LARGEST_GRID} cells")));
        }
        let sections = [
            ("data", file.data),
            ("encoder", file.encoder),
            ("training", file.training),
            ("evaluation", file.evaluation),
        ];
        let experiment = Self {
            name: name.into(),
            title: file.title,
            about: file.about,
            seed: file.seed,
            replicates: file.replicates,
            sections: sections.into_iter().map(|(name, table)| (name.to_owned(), Value::Object(table))).collect(),
            objectives: file.objectives,
            axes,
            figures: file.figure,
            table: file.table,
        };
        for cell in experiment.cells()? {
            let Setting { encoder, objective, training, evaluation, .. } = &cell.setting;
            let problem = |error: String| wrong(&format!("objectives.{}", cell.values[0]), error);
            objective.check().map_err(|error| problem(error.to_string()))?;
            encoder.check().map_err(setting)?;
            training.check().map_err(setting)?;
            evaluation.check().map_err(setting)?;
        }
        Ok(experiment)
    }

    /// The experiment's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the experiment is about.
    pub fn about(&self) -> Option<&str> {
        self.about.as_deref()
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Repetitions of each cell. They share whatever the section `[data]` fixes by separate seeds: the world of a
    /// simulator, or the split of files into training, validation and test parts. Each redraws, identically in every
    /// cell, the initial weights, the training batches, the held-out samples of a simulator, and what measures draw
    /// (landmarks, pools, resamples).
    pub fn replicates(&self) -> u64 {
        self.replicates
    }

    /// The figures.
    pub fn figures(&self) -> &[FigureSpec] {
        &self.figures
    }

    /// The columns of the printed table.
    pub fn table(&self) -> &[String] {
        &self.table
    }

    /// The names of the axes; the first is `objective`.
    pub fn axes(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().map(|(name, _)| name.as_str())
    }

    /// Every cell; the first axis varies slowest.
    ///
    /// # Errors
    /// [`ExperimentError`] if a cell's settings are invalid.
    pub fn cells(&self) -> Result<Vec<Cell>, ExperimentError> {
        let size: usize = self.axes.iter().map(|(_, values)| values.len()).product();
        (0..size).map(|index| self.cell(index)).collect()
    }

    fn cell(&self, index: usize) -> Result<Cell, ExperimentError> {
        let mut rest = index;
        let mut places = vec![0; self.axes.len()];
        for (place, (_, values)) in places.iter_mut().zip(&self.axes).rev() {
            (*place, rest) = (rest % values.len(), rest / values.len());
        }
        let point: Vec<(&str, &Value)> =
            self.axes.iter().zip(&places).map(|((name, values), &place)| (name.as_str(), &values[place])).collect();
        let mut sections = self.sections.clone();
        let objective = point[0].1.as_str().unwrap_or_default();
        sections.insert("objective".into(), self.objectives[objective].clone());
        for (axis, value) in &point[1..] {
            insert(&mut sections, axis, (*value).clone());
        }
        let setting = text::from_value(Value::Object(sections)).map_err(|problem| {
            let problem = problem.replacen("objective.", &format!("objectives.{objective}."), 1);
            ExperimentError::Syntax(problem)
        })?;
        let words = |value: &Value| match value {
            Value::String(word) => word.clone(),
            Value::Array(values) => values.iter().map(Value::to_string).collect::<Vec<_>>().join("×"),
            other => other.to_string(),
        };
        Ok(Cell { index, values: point.iter().map(|(_, value)| words(value)).collect(), setting })
    }

    /// Hash of what the results depend on: the program, the device if the numbers depend on it, a digest of each data
    /// file of each cell, and everything in the experiment file except wording, figures and table.
    pub fn hash(&self, device: &str, files: &[Vec<String>]) -> String {
        let identity = json!({
            "program": program_hash(),
            "device": device,
            "files": files,
            "seed": self.seed,
            "replicates": self.replicates,
            "sections": self.sections,
            "objectives": self.objectives,
            "axes": self.axes,
        });
        blake3::hash(identity.to_string().as_bytes()).to_hex().to_string()
    }

    /// The contents of its store, for results with this [`Experiment::hash`].
    pub fn contents(&self, hash: &str) -> Contents {
        let columns = self.axes().chain(super::COLUMNS).map(|name| Column { name: name.to_owned(), unit: None });
        Contents {
            experiment: self.name.clone(),
            title: self.title.clone(),
            hash: hash.to_owned(),
            seed: self.seed,
            cells: self.axes.iter().map(|(_, values)| values.len() as u64).product(),
            replicates: self.replicates,
            columns: columns.collect(),
        }
    }
}

/// Inserts a value at a dotted path, creating tables on the way.
fn insert(table: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.into(), value);
        }
        Some((head, rest)) => {
            let inner = table.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
title = "t"
[data]
kind = "nonlinear"
[encoder]
kind = "mlp"
dim = 3
[objectives.infonce]
alignment = { kind = "infonce" }
[objectives.spectral]
alignment = { kind = "spectral" }
[grid]
"encoder.dim" = [2, 4]
"training.optimiser.learning_rate" = [0.1]
"#;

    #[test]
    fn cells_are_the_product_of_objectives_and_axes() {
        let experiment = Experiment::parse("t", FILE).expect("valid");
        let cells = experiment.cells().expect("valid");
        let values: Vec<String> = cells.iter().map(|cell| cell.values.join(" ")).collect();
        assert_eq!(values, ["infonce 2 0.1", "infonce 4 0.1", "spectral 2 0.1", "spectral 4 0.1"]);
        assert_eq!(cells[3].setting.encoder.dim(), 4);
        assert!((cells[3].setting.training.optimiser.learning_rate - 0.1).abs() < 1e-12);
    }

    #[test]
    fn errors_name_the_field() {
        let error = |from: &str, to: &str| Experiment::parse("t", &FILE.replace(from, to)).unwrap_err().to_string();
        assert!(error("dim = 3", "dim = 3\nwidhts = [2]").contains("widhts"));
        assert!(error("\"encoder.dim\"", "\"dim\"").contains("grid.\"dim\""));
        assert!(error("{ kind = \"spectral\" }", "{ kind = \"spektral\" }").contains("did you mean `spectral`"));
        assert!(error("title = \"t\"", "title = \"t\"\nreplicate = 3").contains("did you mean `replicates`"));
        assert!(error("\"encoder.dim\" = [2, 4]", "\"training.step\" = [2]").contains("step"));
    }

    #[test]
    fn settings_are_judged_before_anything_is_trained_in_every_cell() {
        for (axis, values, expected) in [
            ("encoder.dim", "[2, 0]", "encoder.dim: 0, expected at least 1"),
            ("training.batch", "[64, 1]", "training.batch: 1, expected at least 2"),
            ("training.optimiser.clip", "[1.0, -1.0]", "training.optimiser.clip: -1.0, expected a positive number"),
            ("evaluation.resamples", "[9, 0]", "evaluation.resamples: 0, expected at least 1"),
            ("training.batch", "[64, nan]", "grid.\"training.batch\"[1]: nan is not a finite number"),
        ] {
            let text = FILE.replace("\"encoder.dim\" = [2, 4]", &format!("\"{axis}\" = {values}"));
            let problem = Experiment::parse("t", &text).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{problem}, expected {expected}");
        }
    }

    #[test]
    fn wording_does_not_make_results_stale() {
        let hash = |text: &str| Experiment::parse("t", text).expect("valid").hash("CPU", &[]);
        assert_eq!(hash(FILE), hash(&FILE.replace("\"t\"", "\"u\"")));
        assert_ne!(hash(FILE), hash(&FILE.replace("dim = 3", "dim = 5")));
    }
}
