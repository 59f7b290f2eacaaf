//! Grids: the product of a few axes.

use super::ExperimentError;
use crate::objective::{self, Parameters};
use serde_json::{Map, Value, json};

/// A value on an axis.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisValue {
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A word, such as an objective's id.
    Text(String),
    /// A list, such as one value per modality.
    List(Vec<AxisValue>),
}

/// The axes of an experiment, in the order of its file; the first varies slowest.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    axes: Vec<(String, Vec<AxisValue>)>,
}

/// One point of the grid.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its index in the grid.
    pub index: u64,
    /// Its parameters, in the order of the axes.
    pub parameters: Vec<(String, AxisValue)>,
}

/// Facts about an axis of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisSpec {
    /// The name in `[grid]`, and of the column of its values.
    pub name: &'static str,
    /// The label on an axis of a figure.
    pub label: &'static str,
    /// What it sets.
    pub meaning: &'static str,
}

/// All axes except the parameters of the model and of the objective.
pub static AXES: [AxisSpec; 18] = [
    AxisSpec { name: "objective", label: "objective", meaning: "id of the objective that the encoders minimise" },
    AxisSpec { name: "dim", label: "embedding dimension d", meaning: "d, the number of outputs of each encoder" },
    AxisSpec {
        name: "samples",
        label: "samples n",
        meaning: "n, the number of samples the encoders are learned from, for estimator = \"sample\" and \"sgd\"",
    },
    AxisSpec {
        name: "evaluation",
        label: "evaluation law",
        meaning: "the law used to measure encoders learned from samples: population, plug-in or held-out",
    },
    AxisSpec { name: "search.budget", label: "search budget", meaning: "number of cases the adversary may judge" },
    AxisSpec {
        name: "sgd.averaging",
        label: "averaging",
        meaning: "which weights are returned: polynomial (an average over the run) or last",
    },
    AxisSpec { name: "sgd.batch", label: "batch size B", meaning: "B, the number of samples in a minibatch" },
    AxisSpec {
        name: "sgd.checkpoints",
        label: "checkpoints",
        meaning: "how many times encoders are measured during training, evenly spaced in the logarithm of the step",
    },
    AxisSpec {
        name: "sgd.critic",
        label: "critic",
        meaning: "how pairs are scored: bilinear, cosine or squared-distance",
    },
    AxisSpec {
        name: "sgd.direction",
        label: "direction",
        meaning: "symmetric (classify in both directions) or one-sided",
    },
    AxisSpec {
        name: "sgd.learn_temperature_from",
        label: "initial temperature",
        meaning: "initial value of a learned temperature; without it the temperature is fixed",
    },
    AxisSpec {
        name: "sgd.learning_rate",
        label: "learning rate",
        meaning: "learning rate; the default depends on the loss",
    },
    AxisSpec { name: "sgd.optimiser", label: "optimiser", meaning: "adam or momentum" },
    AxisSpec { name: "sgd.precision", label: "precision", meaning: "double or single" },
    AxisSpec { name: "sgd.schedule", label: "schedule", meaning: "schedule of the learning rate: cosine or constant" },
    AxisSpec { name: "sgd.steps", label: "steps", meaning: "number of optimiser steps" },
    AxisSpec {
        name: "sgd.stop",
        label: "stop",
        meaning: "whether training stops when the loss is flat: plateau or never",
    },
    AxisSpec { name: "theorem", label: "theorem", meaning: "id of the theorem that the adversary attacks" },
];

/// The axis of a name.
pub(super) fn axis(name: &str) -> Option<&'static AxisSpec> {
    AXES.iter().find(|axis| axis.name == name)
}

/// Axes longer than this are taken to be mistakes.
const LARGEST_AXIS: usize = 1_000_000;

impl AxisValue {
    /// As a CSV field.
    pub fn text(&self) -> String {
        match self {
            Self::Integer(value) => value.to_string(),
            Self::Number(value) => super::columns::field(*value),
            Self::Text(value) => value.clone(),
            Self::List(values) => values.iter().map(Self::text).collect::<Vec<_>>().join(" "),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Number(value) => Some(*value),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Self::Integer(value) => json!(value),
            Self::Number(value) => json!(value),
            Self::Text(value) => json!(value),
            Self::List(values) => Value::Array(values.iter().map(Self::json).collect()),
        }
    }

    fn parse(field: &str, value: &Value) -> Result<Self, ExperimentError> {
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Ok(Self::Integer(integer)),
                None => Ok(Self::Number(
                    number
                        .as_f64()
                        .filter(|number| number.is_finite())
                        .ok_or_else(|| wrong(field, format!("{number} is not a finite number")))?,
                )),
            },
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Array(values) => {
                Ok(Self::List(values.iter().map(|value| Self::parse(field, value)).collect::<Result<_, _>>()?))
            }
            other => Err(wrong(field, format!("{other}, expected a number, a word or a list"))),
        }
    }
}

impl Grid {
    /// Axes from `[grid]`: lists, single values, or ranges `{ from, to, steps, scale }`.
    pub(super) fn parse(table: &Map<String, Value>) -> Result<Self, ExperimentError> {
        let mut axes = Vec::new();
        for (name, value) in table {
            let field = format!("grid.{name:?}");
            let of_objective = name.strip_prefix("objective.").is_some_and(|name| objective::parameter(name).is_some());
            if axis(name).is_none() && !of_objective && !name.starts_with("model.") {
                let parameters = objective::REGISTRY.iter().flat_map(|entry| entry.parameters);
                let known: Vec<String> = parameters.map(|parameter| format!("objective.{}", parameter.name)).collect();
                let hint = crate::text::hint(name, known.iter().map(String::as_str).chain(AXES.map(|axis| axis.name)));
                return Err(wrong(
                    &field,
                    format!(
                        "not a parameter: expected {}, \"objective.…\" or \"model.…\"{hint}",
                        AXES.map(|axis| axis.name).join(", ")
                    ),
                ));
            }
            let values = match value {
                Value::Array(values) => {
                    values.iter().map(|value| AxisValue::parse(&field, value)).collect::<Result<Vec<_>, _>>()?
                }
                Value::Object(range) => parse_range(&field, range)?,
                single => vec![AxisValue::parse(&field, single)?],
            };
            if values.is_empty() || values.len() > LARGEST_AXIS {
                return Err(wrong(&field, format!("{} values, expected 1 to {LARGEST_AXIS}", values.len())));
            }
            axes.push((name.clone(), values));
        }
        let grid = Self { axes };
        for (name, values) in &grid.axes {
            for value in values {
                let cell = Cell { index: 0, parameters: vec![(name.clone(), value.clone())] };
                cell.objective_parameters()?;
            }
        }
        for value in grid.values("dim") {
            if !matches!(value, AxisValue::Integer(dim) if *dim >= 1) {
                return Err(wrong("grid.dim", format!("{}, expected a whole number of at least 1", value.text())));
            }
        }
        Ok(grid)
    }

    /// The number of cells.
    pub(super) fn size(&self) -> u64 {
        self.axes.iter().fold(1_u64, |size, (_, values)| size.saturating_mul(values.len() as u64))
    }

    /// The names of the axes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().map(|(name, _)| name.as_str())
    }

    /// The values of an axis; empty if there is no such axis.
    pub(super) fn values(&self, name: &str) -> &[AxisValue] {
        self.axes.iter().find(|(axis, _)| axis == name).map_or(&[], |(_, values)| values)
    }

    /// The cell at an index.
    pub(super) fn cell(&self, index: u64) -> Cell {
        let mut rest = index;
        let mut parameters: Vec<(String, AxisValue)> = Vec::with_capacity(self.axes.len());
        for (name, values) in self.axes.iter().rev() {
            let count = values.len() as u64;
            let place = usize::try_from(rest % count).expect("an axis fits in memory");
            parameters.push((name.clone(), values[place].clone()));
            rest /= count;
        }
        parameters.reverse();
        Cell { index, parameters }
    }

    /// Cells covering every value of every axis, each combined with the first values of the others: enough to validate
    /// values one by one.
    pub(super) fn cross(&self) -> impl Iterator<Item = Cell> {
        let first = self.cell(0);
        self.axes.iter().enumerate().flat_map(move |(place, (_, values))| {
            let first = first.clone();
            values.iter().map(move |value| {
                let mut cell = first.clone();
                cell.parameters[place].1 = value.clone();
                cell
            })
        })
    }

    pub(super) fn json(&self) -> Value {
        Value::Array(
            self.axes
                .iter()
                .map(|(name, values)| json!([name, values.iter().map(AxisValue::json).collect::<Vec<_>>()]))
                .collect(),
        )
    }
}

impl Cell {
    /// A parameter by its name.
    pub fn parameter(&self, name: &str) -> Option<&AxisValue> {
        self.parameters.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value)
    }

    /// The parameters of the objective: the axes `objective.lambda`, ….
    pub(super) fn objective_parameters(&self) -> Result<Parameters, ExperimentError> {
        let mut parameters = Parameters::default();
        for (axis, value) in &self.parameters {
            let Some(parameter) = axis.strip_prefix("objective.").and_then(objective::parameter) else { continue };
            let field = format!("grid.{axis:?}");
            let numbers = match value {
                AxisValue::List(values) => values.iter().map(AxisValue::number).collect(),
                single => single.number().map(|number| vec![number]),
            };
            let value = numbers
                .and_then(|numbers: Vec<f64>| parameter.kind.value(&numbers))
                .ok_or_else(|| wrong(&field, format!("{}, expected {}", value.text(), parameter.kind.words())))?;
            parameter.check(value).map_err(|error| wrong(&field, error.to_string()))?;
            parameters = parameters.with(parameter.name, value);
        }
        Ok(parameters)
    }

    /// The parameters of the model, without the prefix.
    pub(super) fn model_parameters(&self) -> Vec<(&str, &AxisValue)> {
        self.parameters.iter().filter_map(|(name, value)| Some((name.strip_prefix("model.")?, value))).collect()
    }
}

fn wrong(field: &str, problem: String) -> ExperimentError {
    ExperimentError::Field { field: field.into(), problem }
}

fn parse_range(field: &str, range: &Map<String, Value>) -> Result<Vec<AxisValue>, ExperimentError> {
    const KEYS: [&str; 4] = ["from", "to", "steps", "scale"];
    if let Some(unknown) = range.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let hint =
            crate::text::nearest(unknown, KEYS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(wrong(field, format!("unknown key `{unknown}` in a range{hint}")));
    }
    let number = |key: &str| {
        range
            .get(key)
            .and_then(Value::as_f64)
            .filter(|value| value.is_finite())
            .ok_or_else(|| wrong(field, format!("a range needs a finite number `{key}`")))
    };
    let (from, to) = (number("from")?, number("to")?);
    let logarithmic = match range.get("scale").map(Value::as_str) {
        None | Some(Some("linear")) => false,
        Some(Some("log")) => true,
        Some(other) => return Err(wrong(field, format!("scale {other:?}, expected \"linear\" or \"log\""))),
    };
    let Some(steps) = range.get("steps") else {
        // Whole numbers, one by one.
        let (Some(from), Some(to)) = (range["from"].as_i64(), range["to"].as_i64()) else {
            return Err(wrong(field, format!("the range {from}…{to} needs `steps`")));
        };
        if to < from || to.abs_diff(from) >= LARGEST_AXIS as u64 {
            return Err(wrong(field, format!("the range {from}…{to} has no values, or too many")));
        }
        return Ok((from..=to).map(AxisValue::Integer).collect());
    };
    let steps = steps
        .as_u64()
        .and_then(|steps| usize::try_from(steps).ok())
        .filter(|steps| (1..=LARGEST_AXIS).contains(steps))
        .ok_or_else(|| wrong(field, format!("steps = {steps}, expected 1 to {LARGEST_AXIS}")))?;
    if logarithmic && (from <= 0.0 || to <= 0.0) {
        return Err(wrong(field, format!("a logarithmic range must be positive, but this goes from {from} to {to}")));
    }
    let (start, end) = if logarithmic { (from.ln(), to.ln()) } else { (from, to) };
    let at = |step: usize| {
        let last = steps - 1;
        if step == 0 {
            from
        } else if step == last {
            to
        } else {
            let value = start + (end - start) * step as f64 / last as f64;
            if logarithmic { value.exp() } else { value }
        }
    };
    Ok((0..steps).map(|step| AxisValue::Number(at(step))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(text: &str) -> Result<Grid, ExperimentError> {
        Grid::parse(&toml::from_str::<Map<String, Value>>(text).expect("TOML"))
    }

    #[test]
    fn cells_are_the_product_with_the_first_axis_slowest() {
        let grid = grid("objective = [\"cca\", \"pca\"]\ndim = { from = 1, to = 3 }").expect("valid");
        let cells: Vec<String> = (0..grid.size())
            .map(|index| {
                grid.cell(index).parameters.iter().map(|(_, value)| value.text()).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(cells, ["cca 1", "cca 2", "cca 3", "pca 1", "pca 2", "pca 3"]);
    }

    #[test]
    fn ranges_meet_their_ends_exactly() {
        let grid = grid("\"model.noise\" = { from = 0.1, to = 3.0, steps = 4, scale = \"log\" }").expect("valid");
        let values: Vec<AxisValue> = grid.values("model.noise").to_vec();
        assert_eq!((&values[0], &values[3]), (&AxisValue::Number(0.1), &AxisValue::Number(3.0)));
    }

    #[test]
    fn errors_name_the_axis_and_the_nearest_parameter() {
        assert!(grid("objectiv = [\"cca\"]").unwrap_err().to_string().contains("did you mean \"objective\"?"));
        assert!(grid("\"objective.lamda\" = [0.5]").unwrap_err().to_string().contains("\"objective.lambda\""));
        let out_of_range = grid("\"objective.lambda\" = [0.5, 1.5]").unwrap_err().to_string();
        assert!(out_of_range.contains("objective.lambda") && out_of_range.contains("1.5"), "{out_of_range}");
        assert!(grid("\"objective.common_dim\" = [1.5]").is_err());
        assert!(grid("\"objective.whitening\" = [0.1, [0.5, 0.0]]").is_ok());
        assert!(grid("dim = [0]").unwrap_err().to_string().starts_with("grid.dim: 0"));
        assert!(grid("dim = { from = 1, too = 3 }").unwrap_err().to_string().contains("did you mean `to`?"));
    }
}
