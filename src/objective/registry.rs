//! Every objective: how it is called, and how it is made.

use super::minibatch::{Conditions, Minibatch};
use super::parameter::{OutOfRange, ParameterSpec, Parameters};
use super::{
    AlignmentFidelity, CanonicalCorrelation, Decoupled, InfoNce, JointDensity, LinearContrastive, Objective,
    Prediction, PrincipalComponents, Random, Regularised, Spectral, Supervised,
};
use crate::linalg::LinalgError;

/// Makes an objective.
type Build = fn(&Parameters) -> Result<Box<dyn Objective>, ObjectiveError>;

/// Makes the loss over minibatches that trains towards an objective.
type BuildMinibatch = fn(&Parameters, &Conditions) -> Result<Minibatch, LinalgError>;

/// How an objective is called and made.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The id.
    pub id: &'static str,
    /// Its name in print.
    pub label: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Its parameters.
    pub parameters: &'static [ParameterSpec],
    /// The objective at some parameters, which are within range; it reads its own.
    pub(super) build: Build,
    /// The loss over minibatches that trains towards it, where there is one.
    pub(super) minibatch: Option<BuildMinibatch>,
    /// Whether that loss scores pairs by a critic of choice. The population objective has the bilinear one.
    pub has_critic: bool,
}

impl Entry {
    /// Of an objective without parameters and without a loss over minibatches.
    pub(super) const fn plain(id: &'static str, label: &'static str, summary: &'static str, build: Build) -> Self {
        Self { id, label, summary, parameters: &[], build, minibatch: None, has_critic: false }
    }

    /// The parameter of a name.
    pub fn parameter(&self, name: &str) -> Option<&'static ParameterSpec> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The objective at its default parameters; one that has a parameter without a default (λ) at the middle of its range.
    ///
    /// # Panics
    /// When these are out of range: a broken invariant of the registry.
    pub fn default(&self) -> Box<dyn Objective> {
        let middle = Parameters::default().with_number("lambda", 0.5);
        (self.build)(&middle).expect("defaults are within range")
    }

    /// Whether there is a loss over minibatches.
    pub fn is_trainable(&self) -> bool {
        self.minibatch.is_some()
    }

    /// The loss over minibatches that trains towards the objective at these parameters; `None` where there is none.
    ///
    /// # Errors
    /// A decomposition that failed.
    pub fn minibatch(
        &self,
        parameters: &Parameters,
        conditions: &Conditions,
    ) -> Result<Option<Minibatch>, LinalgError> {
        self.minibatch.map(|build| build(parameters, conditions)).transpose()
    }
}

/// Every objective, in the order in which they are shown.
pub const REGISTRY: &[Entry] = &[
    LinearContrastive::ENTRY,
    Spectral::ENTRY,
    InfoNce::ENTRY,
    JointDensity::ENTRY,
    CanonicalCorrelation::ENTRY,
    Prediction::ENTRY,
    Regularised::ENTRY,
    AlignmentFidelity::ENTRY,
    Decoupled::ENTRY,
    PrincipalComponents::ENTRY,
    Supervised::ENTRY,
    Random::ENTRY,
];

/// The objective where none is asked for.
pub const DEFAULT: Entry = CanonicalCorrelation::ENTRY;

/// An objective that can't be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// An id that names no objective.
    #[error("{id:?} is not one of {}{}", ids().join(", "), crate::text::hint(id, ids()))]
    Unknown {
        /// The id.
        id: String,
    },
    /// A parameter outside its range.
    #[error(transparent)]
    Range(#[from] OutOfRange),
    /// A parameter without a default that was not given.
    #[error("objective {id:?} needs the parameter {name}, {expected}")]
    Missing {
        /// The objective.
        id: &'static str,
        /// The parameter.
        name: &'static str,
        /// What it may be, in words.
        expected: String,
    },
}

/// The ids of all objectives.
pub fn ids() -> Vec<&'static str> {
    REGISTRY.iter().map(|entry| entry.id).collect()
}

/// The entry of an id.
///
/// # Errors
/// [`ObjectiveError::Unknown`], with the nearest valid id.
pub fn entry(id: &str) -> Result<Entry, ObjectiveError> {
    REGISTRY.iter().copied().find(|entry| entry.id == id).ok_or_else(|| ObjectiveError::Unknown { id: id.into() })
}

/// The parameter of a name, of whatever objective has it.
pub fn parameter(name: &str) -> Option<&'static ParameterSpec> {
    REGISTRY.iter().find_map(|entry| entry.parameter(name))
}

/// The objective of an id, at its default parameters.
///
/// # Errors
/// [`ObjectiveError::Unknown`], with the nearest valid id; [`ObjectiveError::Missing`] where a parameter has no default.
pub fn find(id: &str) -> Result<Box<dyn Objective>, ObjectiveError> {
    with_parameters(id, &Parameters::default())
}

/// The objective of an id; it reads those of the parameters that it has.
///
/// # Errors
/// [`ObjectiveError`]; a parameter is checked whether or not this objective reads it.
pub fn with_parameters(id: &str, parameters: &Parameters) -> Result<Box<dyn Objective>, ObjectiveError> {
    let entry = entry(id)?;
    for (name, value) in parameters.iter() {
        if let Some(parameter) = entry.parameter(name).or_else(|| parameter(name)) {
            parameter.check(value)?;
        }
    }
    if let Some(missing) = entry
        .parameters
        .iter()
        .find(|parameter| parameter.default.is_none() && parameters.get(parameter.name).is_none())
    {
        let expected = missing.kind.words();
        return Err(ObjectiveError::Missing { id: entry.id, name: missing.name, expected });
    }
    (entry.build)(parameters)
}
