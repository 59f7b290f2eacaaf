//! The file and command that reproduce a lesson's numbers.

use super::{Lesson, Values};
use std::fmt::Display;

/// The name of the file that a recipe's command reads.
pub const FILE: &str = "lesson.toml";

/// The experiment name that the library derives from [`FILE`]; random streams are keyed by it.
pub(super) const EXPERIMENT: &str = "lesson";

/// A file and the command that reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The content of [`FILE`].
    pub input: String,
    /// The command.
    pub command: String,
}

impl Recipe {
    /// `eval` on a model.
    pub(super) fn eval(model: String, options: impl Display) -> Self {
        Self { input: model, command: format!("alignloss eval {FILE} {options}") }
    }

    /// `sweep` on an experiment.
    pub(super) fn sweep(experiment: String) -> Self {
        Self { input: experiment, command: format!("alignloss sweep {FILE} --fresh") }
    }
}

/// The shell command that reproduces a lesson's numbers at these values.
pub fn command_line(lesson: &dyn Lesson, values: &Values) -> String {
    let changed = values.changed();
    let set = if changed.is_empty() { String::new() } else { format!(" --set {changed}") };
    format!("alignloss demo {}{set} --input > {FILE} && {}", lesson.name(), lesson.recipe(values).command)
}
