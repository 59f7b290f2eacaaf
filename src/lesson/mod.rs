//! Lessons: one idea each, with a chart that moves, a question and its answer. Numbers come from the engine; nothing is retyped.
//!
//! Adding a lesson: one file with a type that implements [`Lesson`], one line in [`LESSONS`].
//! What it does not do: draw. The command line draws each lesson twice, in the terminal and as plain text.

mod buying_back;
mod canonical_correlation;
mod capacity;
mod chart;
mod decoupled;
mod finite_samples;
mod forgetting;
mod parameter;
mod perfect_alignment;
mod predict_or_align;
mod shared_and_private;
mod study;
mod width;

pub use chart::{Chart, Mark, Series, Shape};
pub use parameter::{Parameter, Values};
pub use study::LessonError;

use std::fmt::Debug;

/// One idea.
pub trait Lesson: Debug + Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// Its title.
    fn title(&self) -> &'static str;

    /// The id of the theorem that it shows.
    fn theorem(&self) -> &'static str;

    /// What to know and where to look, in a few sentences.
    fn text(&self) -> &'static str;

    /// What can be moved.
    fn parameters(&self) -> &'static [Parameter];

    /// The model at these values, as a TOML model file.
    fn model(&self, values: &Values) -> String;

    /// The command that reproduces the numbers, where `eval` is given the lesson's model as `model.toml`.
    fn command(&self, values: &Values) -> String;

    /// A question that the chart answers.
    fn question(&self) -> &'static str;

    /// Its answer, with the numbers at these values.
    ///
    /// # Errors
    /// [`LessonError`] when the engine refuses the values.
    fn answer(&self, values: &Values) -> Result<String, LessonError>;

    /// What is drawn at these values.
    ///
    /// # Errors
    /// [`LessonError`] when the engine refuses the values.
    fn chart(&self, values: &Values) -> Result<Chart, LessonError>;

    /// Whether the chart is a run that is shown as it advances ([`Chart::up_to`]).
    fn runs(&self) -> bool {
        false
    }
}

/// Every lesson, in the order of a course.
pub static LESSONS: [&dyn Lesson; 10] = [
    &shared_and_private::SharedAndPrivate,
    &canonical_correlation::CanonicalCorrelations,
    &perfect_alignment::PerfectAlignment,
    &capacity::Capacity,
    &width::Width,
    &predict_or_align::PredictOrAlign,
    &finite_samples::FiniteSamples,
    &buying_back::BuyingBack,
    &decoupled::TwoBlocks,
    &forgetting::Forgetting,
];

/// The place of a lesson in [`LESSONS`].
///
/// # Errors
/// [`UnknownLesson`], with the nearest name.
pub fn find(name: &str) -> Result<usize, UnknownLesson> {
    LESSONS.iter().position(|lesson| lesson.name() == name).ok_or_else(|| UnknownLesson { name: name.into() })
}

fn names() -> Vec<&'static str> {
    LESSONS.iter().map(|lesson| lesson.name()).collect()
}

/// A name that no lesson has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a lesson; there are {}{}", names().join(", "), crate::text::nearest(name, names()).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
pub struct UnknownLesson {
    /// The name.
    pub name: String,
}

#[cfg(test)]
mod tests;
