//! The registry of objectives: their ids and how to build them.

use super::minibatch::{Conditions, Minibatch};
use super::parameter::{Kind, OutOfRange, ParameterSpec, ParameterValue, Parameters};
use super::{
    AlignmentFidelity, CanonicalCorrelation, Decoupled, InfoNce, JointDensity, LinearContrastive, Objective,
    Prediction, PrincipalComponents, Random, Regularised, Spectral, Supervised,
};
use crate::linalg::LinalgError;
use crate::random::Generator;
use rand::RngExt;

/// Builds an objective.
type Build = fn(&Parameters) -> Result<Box<dyn Objective>, ObjectiveError>;

/// Builds the minibatch loss that trains towards an objective.
type BuildMinibatch = fn(&Parameters, &Conditions) -> Result<Minibatch, LinalgError>;

/// A registry entry.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The id.
    pub id: &'static str,
    /// The printed name.
    pub label: &'static str,
    /// A one-line description.
    pub summary: &'static str,
    /// The parameters.
    pub parameters: &'static [ParameterSpec],
    /// Builds the objective from parameters within their ranges; it reads those it knows.
    pub(super) build: Build,
    /// The minibatch loss that trains towards it, if there is one.
    pub(super) minibatch: Option<BuildMinibatch>,
    /// Whether that loss has a choice of critic. The population objective has the bilinear one.
    pub has_critic: bool,
}

impl Entry {
    /// An objective without parameters and without a minibatch loss.
    pub(super) const fn plain(id: &'static str, label: &'static str, summary: &'static str, build: Build) -> Self {
        Self { id, label, summary, parameters: &[], build, minibatch: None, has_critic: false }
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&'static ParameterSpec> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The objective at its default parameters; a parameter without a default (λ) takes the middle of its range.
    ///
    /// # Panics
    /// If these are out of range: a broken invariant of the registry.
    pub fn default(&self) -> Box<dyn Objective> {
        (self.build)(&self.required()).expect("defaults are within range")
    }

    /// The middle of the range for every parameter without a default.
    fn required(&self) -> Parameters {
        let required = self.parameters.iter().filter(|parameter| parameter.default.is_none());
        required.fold(Parameters::default(), |all, parameter| all.with_number(parameter.name, 0.5))
    }

    /// The objective at random parameters, for trials: each at its default half of the time. Numbers without a bound are drawn up to a
    /// little above `size`, the size of what they are compared with (the largest singular value of Σ12 for a weight decay); a parameter
    /// without a default takes the middle of its range.
    ///
    /// # Panics
    /// If these are out of range: a broken invariant of the registry.
    pub fn draw(&self, size: f64, generator: &mut Generator) -> Box<dyn Objective> {
        let mut parameters = self.required();
        for parameter in self.parameters {
            // The same draws whatever becomes of them.
            let (default, [first, second]) = (generator.random::<bool>(), generator.random::<[f64; 2]>());
            let value = match parameter.kind {
                Kind::Number(range) => ParameterValue::Number(range.at(first, size)),
                Kind::Pair(range) => ParameterValue::Pair([first, second].map(|share| range.at(share, size))),
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 5")]
                Kind::Count => ParameterValue::Count((6.0 * first) as usize),
            };
            if parameter.default.is_some() && !default {
                parameters = parameters.with(parameter.name, value);
            }
        }
        (self.build)(&parameters).expect("draws are within range")
    }

    /// Whether there is a minibatch loss.
    pub fn is_trainable(&self) -> bool {
        self.minibatch.is_some()
    }

    /// The minibatch loss that trains towards the objective at these parameters; `None` if there is none.
    ///
    /// # Errors
    /// If a decomposition fails.
    pub fn minibatch(
        &self,
        parameters: &Parameters,
        conditions: &Conditions,
    ) -> Result<Option<Minibatch>, LinalgError> {
        self.minibatch.map(|build| build(parameters, conditions)).transpose()
    }
}

/// Every objective, in display order.
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

/// The default objective.
pub const DEFAULT: Entry = CanonicalCorrelation::ENTRY;

/// Why an objective can't be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// No objective has this id.
    #[error("{id:?} is not one of {}{}", ids().join(", "), crate::text::hint(id, ids()))]
    Unknown {
        /// The id.
        id: String,
    },
    /// A parameter is outside its range.
    #[error(transparent)]
    Range(#[from] OutOfRange),
    /// A parameter without a default was not given.
    #[error("objective {id:?} needs the parameter {name}, {expected}")]
    Missing {
        /// The objective.
        id: &'static str,
        /// The parameter.
        name: &'static str,
        /// The values it takes, in words.
        expected: String,
    },
}

/// The ids of all objectives.
pub fn ids() -> Vec<&'static str> {
    REGISTRY.iter().map(|entry| entry.id).collect()
}

/// The entry of this id.
///
/// # Errors
/// [`ObjectiveError::Unknown`], with the nearest valid id.
pub fn entry(id: &str) -> Result<Entry, ObjectiveError> {
    REGISTRY.iter().copied().find(|entry| entry.id == id).ok_or_else(|| ObjectiveError::Unknown { id: id.into() })
}

/// The parameter of this name, whichever objective has it.
pub fn parameter(name: &str) -> Option<&'static ParameterSpec> {
    REGISTRY.iter().find_map(|entry| entry.parameter(name))
}

/// The objective of this id, at its default parameters.
///
/// # Errors
/// [`ObjectiveError::Unknown`], with the nearest valid id; [`ObjectiveError::Missing`] if a parameter has no default.
pub fn find(id: &str) -> Result<Box<dyn Objective>, ObjectiveError> {
    with_parameters(id, &Parameters::default())
}

/// The objective of this id; it reads those of the parameters that it has.
///
/// # Errors
/// [`ObjectiveError`]; parameters are checked whether or not this objective reads them.
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
