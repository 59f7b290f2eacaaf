//! The Pareto frontier: cross-modal against private information, as λ runs from 0 to 1.

use super::super::setting::Setting;
use super::{Detail, TargetName, ViewError, joint_path, linear, place};
use alignloss::evaluation::Number;
use alignloss::information::Source;
use alignloss::objective::AlignmentFidelity;
use alignloss::theorem::{self, Case, Predicted, Quantity, Question, Subject};
use serde::Serialize;

/// The theorem that predicts where a private factor displaces a shared one.
const THRESHOLD: &str = theorem::FIDELITY_THRESHOLD;

/// The frontier for a setting's model and d.
#[derive(Debug, Clone, Serialize)]
pub struct Frontier {
    /// One point per λ, ascending.
    pub points: Vec<FrontierPoint>,
    /// λ_c of theorem `fidelity-threshold`, if it applies: where the first private factor displaces a shared one.
    pub threshold: Option<f64>,
}

/// The joint objective at one λ.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct FrontierPoint {
    /// λ.
    pub lambda: f64,
    /// I(z_1; z_2), in nats.
    pub mi_z1_z2: Number,
    /// I(z_1; u_1), in nats.
    pub private: Number,
    /// I(z_1; s), in nats.
    pub shared: Number,
}

impl Frontier {
    /// Computes the frontier; the setting's own λ is one of its points.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn new(setting: &Setting, detail: Detail) -> Result<Self, ViewError> {
        setting.check()?;
        let mut lambdas = linear(0.0, 1.0, if detail == Detail::Fine { 41 } else { 9 });
        if !lambdas.iter().any(|lambda| (lambda - setting.lambda).abs() < 1e-9) {
            lambdas.push(setting.lambda);
            lambdas.sort_by(f64::total_cmp);
        }
        let model = setting.model()?;
        let subject = Subject::new(&model, [0, 1])?;
        let path = joint_path(&subject, &lambdas, setting.dim)?;
        let mut points = Vec::with_capacity(path.len());
        for (&lambda, certified) in lambdas.iter().zip(path) {
            let case = Case::of_weights(&subject, certified.learned.encoders)?;
            let information = |target: TargetName| {
                Number(place(&case, target.as_str()).map_or(f64::NAN, |place| {
                    case.targets[place].source(Source::EncodedFirst).mutual_information_nats()
                }))
            };
            points.push(FrontierPoint {
                lambda,
                mi_z1_z2: Number(case.alignment.angles.mutual_information_nats()),
                private: information(TargetName::PrivateFirst),
                shared: information(TargetName::Shared),
            });
        }
        let threshold = first_threshold(&subject, setting.dim)?;
        Ok(Self { points, threshold })
    }
}

/// λ_c of theorem `fidelity-threshold` for a model at d, if it applies.
pub(super) fn first_threshold(subject: &Subject, dim: usize) -> Result<Option<f64>, ViewError> {
    let alignment = AlignmentFidelity::new(0.0).map_err(super::SettingError::from)?;
    let case = Case::minimise(subject, &subject.learner(0), &alignment, dim)?;
    let question = Question { quantity: Quantity::FirstThreshold, target: 0, samples: None };
    Ok(match theorem::find(THRESHOLD) {
        Ok(theorem) => theorem.predict(&case, &question)?.map(Predicted::value),
        Err(_) => None,
    })
}
