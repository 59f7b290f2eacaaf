//! A cell's parameters, read into types.

use super::ExperimentError;
use super::grid::{AxisValue, Cell};
use crate::objective::{self, Objective, Parameters};

/// Whose law measures are of, where encoders were learned from samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evaluation {
    /// The population's: what the encoders are worth.
    Population,
    /// That of the samples that they were learned from: what one believes that they are worth.
    PlugIn,
    /// That of half of the samples, the encoders learned from the other half.
    HeldOut,
}

/// What a cell asks for.
pub(super) struct Setting {
    pub objective: Box<dyn Objective>,
    pub parameters: Parameters,
    pub dim: Option<usize>,
    pub samples: Option<usize>,
    pub evaluation: Evaluation,
}

/// More samples than this belong in a streaming run.
const MOST_SAMPLES: i64 = 10_000_000;

impl Evaluation {
    /// By its word in experiment files.
    pub(super) fn parse(value: &AxisValue) -> Result<Self, ExperimentError> {
        match value {
            AxisValue::Text(word) if word == "population" => Ok(Self::Population),
            AxisValue::Text(word) if word == "plug-in" => Ok(Self::PlugIn),
            AxisValue::Text(word) if word == "held-out" => Ok(Self::HeldOut),
            other => Err(ExperimentError::Field {
                field: "grid.evaluation".into(),
                problem: format!("{:?}, expected population, plug-in or held-out", other.text()),
            }),
        }
    }
}

impl Setting {
    /// A number of samples.
    pub(super) fn samples(value: &AxisValue) -> Result<usize, ExperimentError> {
        match value {
            AxisValue::Integer(samples) if (2..=MOST_SAMPLES).contains(samples) => {
                Ok(usize::try_from(*samples).expect("within range"))
            }
            other => Err(ExperimentError::Field {
                field: "grid.samples".into(),
                problem: format!("{}, expected a whole number from 2 to {MOST_SAMPLES}", other.text()),
            }),
        }
    }

    /// Reads a cell of a checked experiment.
    pub(super) fn new(cell: &Cell) -> Result<Self, ExperimentError> {
        let number = |name: &str| match cell.parameter(name) {
            Some(AxisValue::Number(value)) => Some(*value),
            #[expect(clippy::cast_precision_loss, reason = "a whole number in a file is a small one")]
            Some(AxisValue::Integer(value)) => Some(*value as f64),
            _ => None,
        };
        let parameters = Parameters {
            temperature: number("objective.temperature"),
            penalty: number("objective.penalty"),
            weight_decay: number("objective.weight_decay"),
        };
        let id = match cell.parameter("objective") {
            Some(AxisValue::Text(id)) => id.as_str(),
            _ => "cca",
        };
        let wrong = |error: objective::ObjectiveError| ExperimentError::Field {
            field: "grid.objective".into(),
            problem: error.to_string(),
        };
        Ok(Self {
            objective: objective::with_parameters(id, &parameters).map_err(wrong)?,
            parameters,
            dim: match cell.parameter("dim") {
                Some(AxisValue::Integer(dim)) => Some(usize::try_from(*dim).expect("checked when the file was read")),
                _ => None,
            },
            samples: cell.parameter("samples").map(Self::samples).transpose()?,
            evaluation: cell.parameter("evaluation").map_or(Ok(Evaluation::Population), Evaluation::parse)?,
        })
    }

    /// τ of a bilinear critic, 1 where the objective has none.
    pub(super) fn temperature(&self) -> f64 {
        if self.objective.id() == "infonce" { self.parameters.temperature.unwrap_or(1.0) } else { 1.0 }
    }
}
