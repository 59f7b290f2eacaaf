//! Lessons: one idea each, with an interactive chart, a question and its answer. Every number comes from the library;
//! none is typed in.
//!
//! To add a lesson: one file with a type that implements [`Lesson`], and one line in [`LESSONS`].
//! Lessons do not draw. The command line draws each one twice: on the terminal and as plain text.

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
mod recipe;
mod shared_and_private;
mod study;
mod width;

pub use chart::{Chart, Found, Mark, Number, Series, Shape};
pub use parameter::{Parameter, Values};
pub use recipe::{FILE, Recipe, command_line};
pub use study::{LessonError, Show, Study};

use std::fmt::Debug;

/// A lesson: one idea, with a chart.
pub trait Lesson: Debug + Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// The title.
    fn title(&self) -> &'static str;

    /// The id of the theorem it illustrates.
    fn theorem(&self) -> &'static str;

    /// What to know and where to look, in a few sentences.
    fn text(&self) -> &'static str;

    /// The parameters the reader can change.
    fn parameters(&self) -> &'static [Parameter];

    /// A question that the chart answers.
    fn question(&self) -> &'static str;

    /// The file and command that give the same numbers.
    fn recipe(&self, values: &Values) -> Recipe;

    /// The chart and answer at these values; for a lesson that trains, at the end of training.
    ///
    /// # Errors
    /// [`LessonError`] when the engine refuses the values.
    fn study(&self, values: &Values) -> Result<Study, LessonError>;

    /// Whether it trains while you watch.
    fn runs(&self) -> bool {
        false
    }

    /// Shows the study; a lesson that trains shows one after another until it ends or is told to stop.
    ///
    /// # Errors
    /// [`LessonError`] when the engine refuses the values.
    fn run(&self, values: &Values, show: &mut Show) -> Result<(), LessonError> {
        let _ = show(self.study(values)?);
        Ok(())
    }
}

/// Every lesson, in teaching order.
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

/// The index of a lesson in [`LESSONS`].
///
/// # Errors
/// [`UnknownLesson`], with the nearest name.
pub fn find(name: &str) -> Result<usize, UnknownLesson> {
    LESSONS.iter().position(|lesson| lesson.name() == name).ok_or_else(|| UnknownLesson { name: name.into() })
}

fn names() -> Vec<&'static str> {
    LESSONS.iter().map(|lesson| lesson.name()).collect()
}

/// No lesson has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a lesson; the lessons are {}{}", names().join(", "), alignloss::text::hint(name, names()))]
pub struct UnknownLesson {
    /// The name given.
    pub name: String,
}

#[cfg(test)]
mod tests;
