//! The file and command that reproduce a lesson's numbers.

use super::{Lesson, Values};
use std::fmt::Display;

/// What the file is called that a recipe's command reads.
pub const FILE: &str = "lesson.toml";

/// The name that the engine gives an experiment in [`FILE`]; its random streams bear it.
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
    /// `eval` of a model.
    pub(super) fn eval(model: String, options: impl Display) -> Self {
        Self { input: model, command: format!("alignloss eval {FILE} {options}") }
    }

    /// `sweep` of an experiment.
    pub(super) fn sweep(experiment: String) -> Self {
        Self { input: experiment, command: format!("alignloss sweep {FILE} --fresh") }
    }
}

/// What to type for the numbers of a lesson at these values.
pub fn command_line(lesson: &dyn Lesson, values: &Values) -> String {
    let changed = values.changed();
    let set = if changed.is_empty() { String::new() } else { format!(" --set {changed}") };
    format!("alignloss demo {}{set} --input > {FILE} && {}", lesson.name(), lesson.recipe(values).command)
}
