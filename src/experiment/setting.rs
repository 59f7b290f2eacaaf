//! A cell's parameters, read into types.

use super::grid::{AxisValue, Cell};
use super::{Estimator, ExperimentError};
use crate::learner::{Optimiser, Schedule, Sgd};
use crate::objective::minibatch::{Critic, Direction};
use crate::objective::{self, Objective, Parameters};

/// The law under which encoders learned from samples are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evaluation {
    /// The population: the true quality of the encoders.
    Population,
    /// The samples they were learned from: their apparent quality.
    PlugIn,
    /// Half of the samples, with encoders learned from the other half.
    HeldOut,
}

/// The settings of a cell.
pub(super) struct Setting {
    pub objective: Box<dyn Objective>,
    pub dim: Option<usize>,
    pub samples: Option<usize>,
    pub evaluation: Evaluation,
    pub sgd: Option<SgdSetting>,
}

/// The settings of a cell trained by stochastic gradients.
pub(super) struct SgdSetting {
    pub sgd: Sgd,
    pub critic: Critic,
    pub direction: Direction,
    pub single_precision: bool,
}

/// Larger samples call for a streaming run.
const MOST_SAMPLES: i64 = 10_000_000;

impl Evaluation {
    /// The law named by a word in experiment files.
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

    /// Reads a cell.
    ///
    /// # Errors
    /// [`ExperimentError::Field`] names the axis and the invalid value.
    pub(super) fn new(estimator: Estimator, cell: &Cell) -> Result<Self, ExperimentError> {
        let parameters = cell.objective_parameters()?;
        let id = match cell.parameter("objective") {
            Some(AxisValue::Text(id)) => id.as_str(),
            _ => objective::DEFAULT.id,
        };
        let wrong = |error: objective::ObjectiveError| ExperimentError::Field {
            field: "grid.objective".into(),
            problem: error.to_string(),
        };
        Ok(Self {
            objective: objective::with_parameters(id, &parameters).map_err(wrong)?,
            dim: match cell.parameter("dim") {
                Some(AxisValue::Integer(dim)) => Some(usize::try_from(*dim).expect("checked when the file was read")),
                _ => None,
            },
            samples: cell.parameter("samples").map(Self::samples).transpose()?,
            evaluation: cell.parameter("evaluation").map_or(Ok(Evaluation::Population), Evaluation::parse)?,
            sgd: (estimator == Estimator::Sgd).then(|| SgdSetting::new(cell, id, &parameters)).transpose()?,
        })
    }

    /// τ of a bilinear critic, or 1 if the objective has none.
    pub(super) fn temperature(&self) -> f64 {
        self.objective.parameters().number("temperature").unwrap_or(1.0)
    }

    /// Whether encoders are trained towards the population objective, that is, with its own bilinear critic if it has one.
    pub(super) fn has_population_value(&self) -> bool {
        !self.objective.entry().has_critic || self.sgd.as_ref().is_none_or(|sgd| sgd.critic == Critic::Bilinear)
    }
}

impl SgdSetting {
    /// Reads the `sgd.*` axes; defaults come from [`Sgd::default`].
    fn new(cell: &Cell, objective: &str, parameters: &Parameters) -> Result<Self, ExperimentError> {
        let number = |name: &str| number(cell, &format!("sgd.{name}"));
        let whole = |name: &str| match cell.parameter(&format!("sgd.{name}")) {
            None => Ok(None),
            Some(AxisValue::Integer(value)) if (1..=MOST_STEPS).contains(value) => {
                Ok(Some(usize::try_from(*value).expect("within range")))
            }
            Some(other) => Err(wrong(name, other, &format!("a whole number from 1 to {MOST_STEPS}"))),
        };
        let default = Sgd::default();
        let steps = whole("steps")?.unwrap_or(default.steps);
        let checkpoints = whole("checkpoints")?.unwrap_or(1);
        let warm_up = 0.02;
        // Weight decay is allowed only for objectives whose minimiser accounts for it; others would be compared with one without.
        let decays = objective::entry(objective).is_ok_and(|entry| entry.parameter("weight_decay").is_some());
        let setting = Self {
            sgd: Sgd {
                optimiser: choice(
                    cell,
                    "optimiser",
                    default.optimiser,
                    &[("adam", Optimiser::ADAM), ("momentum", Optimiser::Momentum { momentum: 0.9 })],
                )?,
                learning_rate: number("learning_rate")?.or(default.learning_rate),
                schedule: choice(
                    cell,
                    "schedule",
                    default.schedule,
                    &[("cosine", Schedule::Cosine { warm_up }), ("constant", Schedule::Constant)],
                )?,
                batch: whole("batch")?.or(default.batch),
                steps,
                weight_decay: parameters.number("weight_decay").filter(|_| decays).unwrap_or(default.weight_decay),
                learn_temperature_from: number("learn_temperature_from")?,
                averaging: choice(
                    cell,
                    "averaging",
                    default.averaging,
                    &[("polynomial", default.averaging), ("last", None)],
                )?,
                checkpoints: if checkpoints > 1 { log_spaced(steps, checkpoints) } else { Vec::new() },
                stop_on_plateau: choice(cell, "stop", false, &[("plateau", true), ("never", false)])?,
                seed: 0,
            },
            critic: choice(
                cell,
                "critic",
                Critic::default(),
                &[
                    ("bilinear", Critic::Bilinear),
                    ("cosine", Critic::Cosine),
                    ("squared-distance", Critic::SquaredDistance),
                ],
            )?,
            direction: choice(
                cell,
                "direction",
                Direction::default(),
                &[("symmetric", Direction::Symmetric), ("one-sided", Direction::FirstToSecond)],
            )?,
            single_precision: choice(cell, "precision", false, &[("single", true), ("double", false)])?,
        };
        setting
            .sgd
            .check_options()
            .map_err(|error| ExperimentError::Field { field: "grid.\"sgd\"".into(), problem: error.to_string() })?;
        Ok(setting)
    }
}

/// Numbers of steps, or of samples in a batch, above this are taken to be mistakes.
const MOST_STEPS: i64 = 100_000_000;

fn wrong(name: &str, value: &AxisValue, expected: &str) -> ExperimentError {
    ExperimentError::Field {
        field: format!("grid.\"sgd.{name}\""),
        problem: format!("{:?}, expected {expected}", value.text()),
    }
}

/// A number, if the axis is there.
fn number(cell: &Cell, name: &str) -> Result<Option<f64>, ExperimentError> {
    match cell.parameter(name) {
        None => Ok(None),
        Some(AxisValue::Number(value)) => Ok(Some(*value)),
        Some(AxisValue::Integer(value)) => Ok(Some(*value as f64)),
        Some(other) => Err(ExperimentError::Field {
            field: format!("grid.{name:?}"),
            problem: format!("{:?}, expected a number", other.text()),
        }),
    }
}

/// One of a few words.
fn choice<T: Copy>(cell: &Cell, name: &str, default: T, words: &[(&str, T)]) -> Result<T, ExperimentError> {
    match cell.parameter(&format!("sgd.{name}")) {
        None => Ok(default),
        Some(value) => words
            .iter()
            .find(|(word, _)| matches!(value, AxisValue::Text(text) if text == word))
            .map(|(_, choice)| *choice)
            .ok_or_else(|| wrong(name, value, &words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or "))),
    }
}

/// About `count` whole numbers from 1 to `last`, evenly spaced in the logarithm, each once.
fn log_spaced(last: usize, count: usize) -> Vec<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and last")]
    let mut steps: Vec<usize> =
        (0..count).map(|index| (last as f64).powf(index as f64 / (count - 1) as f64).round() as usize).collect();
    steps.dedup();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_run_from_the_first_step_to_the_last() {
        let steps = log_spaced(3000, 20);
        assert_eq!((steps[0], *steps.last().expect("some")), (1, 3000));
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
