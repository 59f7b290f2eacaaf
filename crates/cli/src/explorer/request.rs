//! What the page can ask, and the answers; independent of HTTP, so that an export gives the same.

use super::control::{Axis, CONTROLS, Control};
use super::setting::Setting;
use super::view::{Curves, Detail, Frontier, Phase, Report, TargetName, ViewError};
use alignloss::{objective, theorem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kinds of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// [`Report`].
    Report,
    /// [`Curves`].
    Curves,
    /// [`Frontier`].
    Frontier,
    /// [`Phase`].
    Phase,
}

/// A question's parameters; each kind reads the ones it needs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Request {
    pub setting: Setting,
    pub axis: ChosenAxis,
    pub target: TargetName,
    pub detail: Detail,
}

/// The axis of the curves; the private fraction by default.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(super) struct ChosenAxis(pub Axis);

impl Default for ChosenAxis {
    fn default() -> Self {
        Self(Axis::PrivateFraction)
    }
}

impl Question {
    /// The question named by the last part of a path.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        match path {
            "report" => Some(Self::Report),
            "curves" => Some(Self::Curves),
            "frontier" => Some(Self::Frontier),
            "phase" => Some(Self::Phase),
            _ => None,
        }
    }

    /// The answer, as JSON.
    ///
    /// # Errors
    /// [`ViewError`].
    ///
    /// # Panics
    /// Never: every answer can be written as JSON.
    pub(super) fn answer(self, request: &Request) -> Result<Value, ViewError> {
        let Request { setting, axis: ChosenAxis(axis), target, detail } = request;
        let json = |answer: Result<Value, serde_json::Error>| answer.expect("answers are JSON");
        Ok(match self {
            Self::Report => json(serde_json::to_value(Report::new(setting, *axis)?)),
            Self::Curves => json(serde_json::to_value(Curves::new(setting, *axis, *target, *detail)?)),
            Self::Frontier => json(serde_json::to_value(Frontier::new(setting, *detail)?)),
            Self::Phase => json(serde_json::to_value(Phase::new(setting, *detail)?)),
        })
    }
}

/// What the page needs to know once: sliders, objectives, theorems.
#[derive(Debug, Serialize)]
pub(super) struct About {
    version: &'static str,
    controls: &'static [Control],
    axes: Vec<Axis>,
    targets: [TargetName; 3],
    objectives: Vec<Objective>,
    theorems: Vec<Statement>,
    default: Setting,
}

#[derive(Debug, Serialize)]
struct Objective {
    id: &'static str,
    summary: &'static str,
    has_lambda: bool,
}

#[derive(Debug, Serialize)]
struct Statement {
    id: &'static str,
    statement: &'static str,
}

impl About {
    /// Collected from the registries.
    pub(super) fn new() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            controls: &CONTROLS,
            axes: Axis::ALL.to_vec(),
            targets: [TargetName::Mixture, TargetName::Shared, TargetName::PrivateFirst],
            objectives: objective::REGISTRY
                .iter()
                .map(|entry| Objective {
                    id: entry.id,
                    summary: entry.summary,
                    has_lambda: entry.parameter("lambda").is_some(),
                })
                .collect(),
            theorems: theorem::REGISTRY
                .iter()
                .map(|theorem| Statement { id: theorem.id(), statement: theorem.statement() })
                .collect(),
            default: Setting::default(),
        }
    }
}
