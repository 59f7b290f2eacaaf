//! Everything exact about one setting: the JSON of `eval`, and the texts to copy.

use super::super::control::Axis;
use super::super::document;
use super::super::setting::Setting;
use super::ViewError;
use alignloss::evaluation::Evaluation;
use alignloss::theorem::{Case, Subject};
use serde::Serialize;

/// The report of a setting.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The object that `alignloss eval --format json` prints for [`Report::model_file`].
    pub evaluation: Evaluation,
    /// The model, as a file.
    pub model_file: String,
    /// Shell lines that print the same evaluation.
    pub command: String,
    /// The curves along the chosen axis, as an experiment file.
    pub experiment_file: String,
}

impl Report {
    /// Evaluates a setting.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn new(setting: &Setting, axis: Axis) -> Result<Self, ViewError> {
        setting.check()?;
        let model = setting.model()?;
        let subject = Subject::new(&model, [0, 1])?;
        let objective = setting.objective(&setting.objective)?;
        let learner = subject.learner(0);
        let case = Case::minimise(&subject, &learner, objective.as_ref(), setting.dim)?;
        Ok(Self {
            evaluation: Evaluation::new(&case, objective.id())?,
            model_file: document::model_file(setting),
            command: document::command(setting),
            experiment_file: document::experiment_file(setting, axis),
        })
    }
}
