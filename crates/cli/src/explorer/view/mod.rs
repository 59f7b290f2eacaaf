//! What the page shows for a setting, one file per part; each does a bounded amount of work.

mod curves;
mod frontier;
mod phase;
mod report;

pub use curves::{Curve, Curves};
pub use frontier::{Frontier, FrontierPoint};
pub use phase::Phase;
pub use report::Report;

use super::setting::SettingError;
use alignloss::evaluation::EvaluationError;
use alignloss::information::InformationError;
use alignloss::learner::{Certified, Effort, LearnerError};
use alignloss::model::LatentModel;
use alignloss::objective::{
    AlignmentFidelity, CanonicalCorrelation, LinearContrastive, Prediction, PrincipalComponents,
};
use alignloss::theorem::{Case, CaseError, Subject};
use serde::{Deserialize, Serialize};

/// The objectives that the curves always compare.
pub const COMPARED: [&str; 5] = [
    CanonicalCorrelation::ENTRY.id,
    LinearContrastive::ENTRY.id,
    Prediction::ENTRY.id,
    AlignmentFidelity::ENTRY.id,
    PrincipalComponents::ENTRY.id,
];

/// How many points are computed: coarse while a slider moves, fine when it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// While a slider moves.
    Coarse,
    /// At rest.
    #[default]
    Fine,
}

/// The target of the curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum TargetName {
    /// The task, a fraction α of which is private.
    #[default]
    #[serde(rename = "mixture")]
    Mixture,
    /// All shared factors.
    #[serde(rename = "shared")]
    Shared,
    /// The private factors of sensor 1.
    #[serde(rename = "private 1")]
    PrivateFirst,
}

impl TargetName {
    /// The name in model files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mixture => "mixture",
            Self::Shared => "shared",
            Self::PrivateFirst => "private 1",
        }
    }

    /// The model with only this target, so that nothing else is measured.
    fn only(self, model: LatentModel) -> Result<LatentModel, SettingError> {
        let targets = model.targets().iter().filter(|target| target.name == self.as_str()).cloned().collect();
        Ok(model.with_targets(targets)?)
    }
}

/// Why there is nothing to show.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ViewError {
    /// The setting is invalid.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The encoders cannot be computed.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// A measure cannot be computed.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
}

impl From<InformationError> for ViewError {
    fn from(error: InformationError) -> Self {
        Self::Case(error.into())
    }
}

impl From<LearnerError> for ViewError {
    fn from(error: LearnerError) -> Self {
        Self::Case(error.into())
    }
}

/// The index of a target among those of a case.
fn place(case: &Case, target: &str) -> Option<usize> {
    case.targets.iter().position(|candidate| candidate.name == target)
}

/// `steps` evenly spaced numbers from `from` to `to`, both included.
fn linear(from: f64, to: f64, steps: u32) -> Vec<f64> {
    (0..steps).map(|i| from + (to - from) * f64::from(i) / f64::from(steps - 1)).collect()
}

/// Maximisers of the joint objective along λ. Warm starts along the path replace random ones.
fn joint_path(subject: &Subject, lambdas: &[f64], dim: usize) -> Result<Vec<Certified>, ViewError> {
    let objectives = lambdas.iter().map(|&lambda| AlignmentFidelity::new(lambda)).collect::<Result<Vec<_>, _>>();
    let effort = Effort { random_starts: 0, ..Effort::default() };
    Ok(subject.learner(0).alignment_fidelity_path(&objectives.map_err(SettingError::from)?, dim, effort)?)
}
