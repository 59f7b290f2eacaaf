//! Experiment files: parsing and validation.

use super::amend::{self, Override};
use super::grid::{AXES, AxisValue, Grid};
use super::search::SearchSetting;
use super::setting::Setting;
use crate::model::family::OneOrMany;
use crate::model::{Format, LatentModel, ModelFile, describe_family};
use crate::theorem::{self, Quantity};
use crate::{objective, text};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::LazyLock;

/// An experiment that can't be run; names the field and the value at fault.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// The file can't be read.
    #[error("{0}")]
    Syntax(String),
    /// A field holds an invalid value.
    #[error("{field}: {problem}")]
    Field {
        /// Path of the field.
        field: String,
        /// What is wrong, with the value.
        problem: String,
    },
}

/// How encoders and measures are obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Exactly, from the population.
    Population,
    /// In closed form from `samples` draws; measured according to `evaluation`.
    Sample,
    /// By stochastic gradients on minibatches: fresh ones, or from a data set of `samples` draws.
    Sgd,
    /// By an adversary, which chooses the model and the encoders to make the bound of `theorem` tight; there is no `[model]` then.
    Adversary,
}

/// A validated experiment: what to compute, and what to draw.
#[derive(Debug, Clone)]
pub struct Experiment {
    name: String,
    title: String,
    about: Option<String>,
    shows: Vec<String>,
    estimator: Estimator,
    replicates: u64,
    seed: u64,
    model: Map<String, Value>,
    grid: Grid,
    figures: Vec<FigureSpec>,
}

/// An experiment file as written, before any check.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExperimentFile {
    /// Title of the experiment, for print.
    title: String,
    /// What it is about: a sentence or two, used in captions.
    about: Option<String>,
    /// Ids of the theorems it illustrates; their verdicts are printed under its figures.
    shows: Option<OneOrMany<String>>,
    /// How encoders and measures are obtained.
    #[serde(default = "population")]
    estimator: Estimator,
    /// Independent repetitions of each cell.
    #[serde(default = "one")]
    replicates: u64,
    /// Seed of all randomness.
    #[serde(default)]
    seed: u64,
    /// The model: `file`, the path of a model file; or the contents of one, a family or a model written out.
    #[serde(default)]
    #[schemars(with = "ModelFile")]
    model: Map<String, Value>,
    /// The axes of the grid: a value, a list, or a range `{ from, to, steps, scale }`. Cells are the product of all axes.
    #[serde(default)]
    grid: Map<String, Value>,
    /// The figures.
    #[serde(default)]
    figure: Vec<FigureSpec>,
}

impl ExperimentFile {
    /// Changes one setting.
    fn change(&mut self, Override { name, value }: &Override) -> Result<(), ExperimentError> {
        let whole = |field: &str| {
            value.as_u64().ok_or_else(|| ExperimentError::Field {
                field: field.into(),
                problem: format!("{value}, expected a whole number of at least 0"),
            })
        };
        match name.as_str() {
            "seed" => self.seed = whole("seed")?,
            "replicates" => self.replicates = whole("replicates")?,
            // Axes that cannot vary are rejected when the grid is read.
            axis => drop(self.grid.insert(axis.to_owned(), value.clone())),
        }
        Ok(())
    }
}

/// The kinds of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FigureKind {
    /// y against x, one line per series.
    Curve,
    /// Points, one colour per series.
    Scatter,
    /// Points of a trade-off, joined in the order of the grid.
    Frontier,
    /// `value` over (x, y).
    Heatmap,
    /// Which series keep `value` above `threshold`, over (x, y).
    Phase,
}

/// One `[[figure]]` of an experiment file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureSpec {
    /// File name without extension; by default the experiment's name.
    pub name: Option<String>,
    /// The kind of figure.
    pub kind: FigureKind,
    /// Title; by default the experiment's.
    pub title: Option<String>,
    /// Column on the horizontal axis.
    pub x: String,
    /// Column on the vertical axis.
    pub y: String,
    /// Column of the colour, in heatmaps and phase diagrams.
    pub value: Option<String>,
    /// The value above which something counts as kept, in phase diagrams.
    #[serde(default = "half")]
    pub threshold: f64,
    /// Column that distinguishes the series.
    pub series: Option<String>,
    /// Column that distinguishes the panels.
    pub panels: Option<String>,
    /// Rows to draw: columns and the values required of them.
    #[serde(default, rename = "where")]
    pub filter: Map<String, Value>,
    /// Theorems drawn over the data; with `@n` after the id, their predictions at the cell's number of samples.
    #[serde(default)]
    pub overlay: Vec<String>,
    /// Labels of the theory lines, one per overlay; by default the theorem's id.
    pub overlay_label: Option<OneOrMany<String>>,
    /// Further columns for the vertical axis, one line each, if there is no `series`.
    #[serde(default)]
    pub also: Vec<String>,
    /// Draws, for each line, a power law overlay + a·x^b, fitted to its distance from the first overlay.
    #[serde(default)]
    pub fit: bool,
    /// Label of the horizontal axis.
    pub x_label: Option<String>,
    /// Label of the vertical axis.
    pub y_label: Option<String>,
    /// Logarithmic horizontal axis.
    #[serde(default)]
    pub x_log: bool,
    /// Logarithmic vertical axis.
    #[serde(default)]
    pub y_log: bool,
    /// Divisor of the horizontal values, to draw ratios.
    #[serde(default = "unit")]
    pub x_divide: f64,
    /// Divisor of the vertical values.
    #[serde(default = "unit")]
    pub y_divide: f64,
    /// Range of the vertical axis.
    pub y_range: Option<[f64; 2]>,
}

/// An overlay that is no theorem: the same measure for the population's closed form.
pub const CLOSED_FORM: &str = "closed-form";

/// Suffix of an overlay's id: predict at the cell's number of samples, not in the population.
pub(super) const AT_SAMPLES: &str = "@n";

fn population() -> Estimator {
    Estimator::Population
}

fn one() -> u64 {
    1
}

fn half() -> f64 {
    0.5
}

fn unit() -> f64 {
    1.0
}

/// Hash of the running program: a changed formula makes results stale even without a new version number.
static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let program = std::env::current_exe().and_then(std::fs::read);
    program.map_or_else(|_| env!("CARGO_PKG_VERSION").to_owned(), |bytes| blake3::hash(&bytes).to_hex().to_string())
});

/// The hash of the running program.
pub fn program_hash() -> &'static str {
    &PROGRAM
}

/// Grids larger than this are taken to be mistakes.
const LARGEST_GRID: u64 = 100_000_000;

impl Experiment {
    /// The JSON Schema of experiment files.
    pub fn schema() -> Value {
        let mut schema: Value = schema_for!(ExperimentFile).into();
        describe_family(&mut schema);
        if let Some(model) = schema.pointer_mut("/$defs/ModelFile/properties") {
            model["file"] =
                json!({ "type": "string", "description": "Path of a model file, relative to the experiment file." });
        }
        let parameters = objective::REGISTRY.iter().flat_map(|entry| entry.parameters);
        let parameters = parameters.map(|parameter| (format!("objective.{}", parameter.name), parameter.meaning));
        let axes = AXES.iter().map(|axis| (axis.name.to_owned(), axis.meaning)).chain(parameters);
        let axes = axes.map(|(name, meaning)| (name, json!({ "description": meaning })));
        schema["properties"]["grid"]["properties"] = axes.collect::<Map<String, Value>>().into();
        schema["properties"]["grid"]["patternProperties"] =
            json!({ "^model\\.": { "description": "a parameter of the model: of its family, or of a named part" } });
        schema["properties"]["grid"]["additionalProperties"] = false.into();
        schema
    }

    /// Reads and validates an experiment; `name` is the name of its file and of its results.
    ///
    /// # Errors
    /// [`ExperimentError`], in one line that names the field.
    pub fn parse(name: &str, source: &str) -> Result<Self, ExperimentError> {
        Self::amended(name, source, None, &[])
    }

    /// Reads and validates an experiment whose model may be in a separate file, relative to `folder`, with some
    /// settings changed. The changes become part of the experiment's name, so its results are kept separately.
    ///
    /// # Errors
    /// [`ExperimentError`], in one line that names the field.
    pub fn amended(
        name: &str,
        source: &str,
        folder: Option<&Path>,
        overrides: &[Override],
    ) -> Result<Self, ExperimentError> {
        let mut file: ExperimentFile = text::parse(source, Format::Toml).map_err(ExperimentError::Syntax)?;
        for change in overrides {
            file.change(change)?;
        }
        text::require_json_values(source).map_err(ExperimentError::Syntax)?;
        let wrong = |field: &str, problem: String| ExperimentError::Field { field: field.into(), problem };
        let shows = match file.shows {
            None => Vec::new(),
            Some(OneOrMany::One(id)) => vec![id],
            Some(OneOrMany::Many(ids)) => ids,
        };
        for id in &shows {
            theorem::find(id).map_err(|error| wrong("shows", error.to_string()))?;
        }
        if file.replicates == 0 {
            return Err(wrong("replicates", "0, expected at least 1".into()));
        }
        let grid = Grid::parse(&file.grid)?;
        if grid.size().saturating_mul(file.replicates) > LARGEST_GRID {
            return Err(wrong(
                "grid",
                format!(
                    "{} cells × {} replicates, but at most {LARGEST_GRID} are supported",
                    grid.size(),
                    file.replicates
                ),
            ));
        }
        let experiment = Self {
            name: name.to_owned() + &amend::suffix(overrides),
            title: file.title,
            about: file.about,
            shows,
            estimator: file.estimator,
            replicates: file.replicates,
            seed: file.seed,
            model: amend::model(file.model, folder)?,
            grid,
            figures: file.figure,
        };
        experiment.check()?;
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

    /// What the experiment is about, in a sentence or two for captions.
    pub fn about(&self) -> Option<&str> {
        self.about.as_deref()
    }

    /// The parameters of the family of models, if it has one.
    pub fn family(&self) -> Option<&Map<String, Value>> {
        self.model.get("family").and_then(Value::as_object)
    }

    /// The values of an axis of the grid, as text.
    pub fn axis_values(&self, axis: &str) -> Vec<String> {
        self.grid.values(axis).iter().map(AxisValue::text).collect()
    }

    /// The theorems it illustrates.
    pub fn shows(&self) -> &[String] {
        &self.shows
    }

    /// Independent repetitions of each cell.
    pub fn replicates(&self) -> u64 {
        self.replicates
    }

    /// How encoders and measures are obtained.
    pub fn estimator(&self) -> Estimator {
        self.estimator
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The figures.
    pub fn figures(&self) -> &[FigureSpec] {
        &self.figures
    }

    pub(super) fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Pairs of a theorem's id (followed by `@n` for its prediction at the cell's number of samples) and a column.
    pub(super) fn overlays(&self) -> Vec<(String, String)> {
        let mut overlays = Vec::new();
        for figure in &self.figures {
            for id in &figure.overlay {
                let quantities = if figure.kind == FigureKind::Phase {
                    vec![crate::theorem::MARGIN]
                } else {
                    std::iter::once(&figure.y).chain(&figure.also).map(String::as_str).collect()
                };
                for quantity in quantities {
                    let overlay = (id.clone(), quantity.to_owned());
                    if !overlays.contains(&overlay) {
                        overlays.push(overlay);
                    }
                }
            }
        }
        overlays
    }

    /// The model for a cell and replicate: the file's model with the cell's `model.*` parameters. In the population,
    /// replicate r adds r to the seed of the loadings; with samples, all replicates share one model and draw anew.
    pub(super) fn model(
        &self,
        parameters: &[(&str, &AxisValue)],
        replicate: u64,
    ) -> Result<LatentModel, ExperimentError> {
        let mut model = self.model.clone();
        for (name, value) in parameters {
            amend::set(&mut model, name, value)
                .map_err(|problem| ExperimentError::Field { field: format!("grid.\"model.{name}\""), problem })?;
        }
        if replicate > 0
            && self.estimator == Estimator::Population
            && let Some(Value::Object(family)) = model.get_mut("family")
        {
            let seed = family.get("seed").and_then(Value::as_u64).unwrap_or(0);
            family.insert("seed".into(), Value::from(seed + replicate));
        }
        let wrong = |problem: String| ExperimentError::Field { field: "model".into(), problem };
        let file: ModelFile = text::from_value(Value::Object(model)).map_err(&wrong)?;
        file.build().map_err(|error| wrong(error.to_string()))
    }

    /// Hash of what the results depend on: the program, and everything in the file except wording and figures (but
    /// overlays are columns, and count).
    pub fn hash(&self) -> String {
        let identity = serde_json::json!({
            "program": *PROGRAM,
            "estimator": self.estimator,
            "replicates": self.replicates,
            "seed": self.seed,
            "model": self.model,
            "grid": self.grid.json(),
            "overlays": self.overlays(),
        });
        blake3::hash(identity.to_string().as_bytes()).to_hex().to_string()
    }

    /// Fails early: validates the first cell's model, and objectives, theorems and columns.
    fn check(&self) -> Result<(), ExperimentError> {
        let wrong = |field: String, problem: String| ExperimentError::Field { field, problem };
        let mut ids = Vec::new();
        for value in self.grid.values("objective") {
            let AxisValue::Text(id) = value else {
                return Err(wrong(
                    "grid.objective".into(),
                    format!("{}, expected the id of an objective", value.text()),
                ));
            };
            let parameters = self.grid.cell(0).objective_parameters()?;
            objective::with_parameters(id, &parameters)
                .map_err(|error| wrong("grid.objective".into(), error.to_string()))?;
            ids.push(id.as_str());
        }
        for axis in self.grid.names() {
            let Some(name) = axis.strip_prefix("objective.") else { continue };
            let has = |id: &&str| objective::entry(id).is_ok_and(|entry| entry.parameter(name).is_some());
            if !ids.iter().any(has) {
                return Err(wrong(format!("grid.{axis:?}"), "none of the objectives has this parameter".into()));
            }
        }
        let sampled = matches!(self.estimator, Estimator::Sample | Estimator::Sgd);
        let searched = self.estimator == Estimator::Adversary;
        for (axis, allowed) in [
            ("samples", sampled),
            ("evaluation", self.estimator == Estimator::Sample),
            ("sgd.", self.estimator == Estimator::Sgd),
            ("search.", searched),
            ("theorem", searched),
            ("objective", !searched),
            ("model.", !searched),
        ] {
            if let Some(name) = self.grid.names().find(|name| name.starts_with(axis) && !allowed) {
                return Err(wrong(
                    format!("grid.{name:?}"),
                    format!(
                        "not an axis of estimator = {:?}",
                        serde_json::json!(self.estimator).as_str().unwrap_or("")
                    ),
                ));
            }
        }
        if self.estimator == Estimator::Sample && self.grid.values("samples").is_empty() {
            return Err(wrong(
                "grid.samples".into(),
                "missing: estimator = \"sample\" needs a number of samples".into(),
            ));
        }
        if self.estimator == Estimator::Sgd
            && let Some(id) = ids.iter().find(|id| !objective::entry(id).is_ok_and(|entry| entry.is_trainable()))
        {
            let trainable = objective::REGISTRY.iter().filter(|entry| entry.is_trainable()).map(|entry| entry.id);
            return Err(wrong(
                "grid.objective".into(),
                format!("{id:?} has no loss over minibatches, expected {}", trainable.collect::<Vec<_>>().join(", ")),
            ));
        }
        // Every value of every axis, each combined with the first values of the others.
        for cell in self.grid.cross() {
            if searched {
                SearchSetting::new(&cell)?;
            } else {
                Setting::new(self.estimator, &cell)?;
            }
        }
        if searched {
            if !self.model.is_empty() {
                return Err(wrong("model".into(), "given, but the adversary chooses the model".into()));
            }
        } else {
            self.model(&self.grid.cell(0).model_parameters(), 0)?;
        }
        self.check_figures()
    }

    /// Validates the columns, overlays and requirements of the figures.
    fn check_figures(&self) -> Result<(), ExperimentError> {
        let wrong = |field: String, problem: String| ExperimentError::Field { field, problem };
        let known = self.columns();
        for (index, figure) in self.figures.iter().enumerate() {
            let columns = [
                Some(&figure.x),
                (figure.kind != FigureKind::Phase || !figure.y.is_empty()).then_some(&figure.y),
                figure.value.as_ref(),
                figure.series.as_ref(),
                figure.panels.as_ref(),
            ];
            for column in columns.into_iter().flatten().chain(&figure.also).chain(figure.filter.keys()) {
                if !known.iter().any(|known| known == column) {
                    let hint = text::hint(column, known.iter().map(String::as_str));
                    return Err(wrong(
                        format!("figure[{index}]"),
                        format!("{column:?} is not a column of the results{hint}"),
                    ));
                }
            }
            if figure.fit && figure.overlay.is_empty() {
                return Err(wrong(
                    format!("figure[{index}].fit"),
                    "needs an overlay, to which the distance is fitted".into(),
                ));
            }
            for id in figure.overlay.iter().filter(|id| *id != CLOSED_FORM) {
                theorem::find(id.trim_end_matches(AT_SAMPLES))
                    .map_err(|error| wrong(format!("figure[{index}].overlay"), error.to_string()))?;
                let mut drawn = std::iter::once(&figure.y).chain(&figure.also);
                if figure.kind != FigureKind::Phase && !drawn.any(|column| Quantity::of_column(column).is_some()) {
                    let problem = format!("no theorem speaks of {:?}", figure.y);
                    return Err(wrong(format!("figure[{index}].overlay"), problem));
                }
            }
            if matches!(figure.kind, FigureKind::Heatmap | FigureKind::Phase) && figure.value.is_none() {
                return Err(wrong(
                    format!("figure[{index}].value"),
                    "missing: a heatmap needs a column for its colour".into(),
                ));
            }
        }
        Ok(())
    }

    /// The names of all columns of the results.
    pub fn columns(&self) -> Vec<String> {
        let mut names: Vec<String> = ["cell", "replicate"].map(str::to_owned).to_vec();
        names.extend(self.grid.names().map(str::to_owned));
        names.push("target".into());
        names.extend(super::columns::measured().into_iter().map(|column| column.name));
        names.extend(self.overlays().iter().map(|(id, quantity)| overlay_column(id, quantity)));
        names
    }
}

/// The column holding a theorem's prediction of a quantity.
pub(crate) fn overlay_column(id: &str, quantity: &str) -> String {
    format!("{id}:{quantity}")
}
