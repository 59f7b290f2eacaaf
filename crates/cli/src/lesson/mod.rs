//! Lessons: one idea each, with a chart that moves, a question and its answer. Numbers come from the engine; nothing is retyped.
//!
//! Adding a lesson: one file with a type that implements [`Lesson`], one line in [`LESSONS`].
//! What it does not do: draw. The command line draws each lesson twice, on the terminal and as plain text.

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

    /// A question that the chart answers.
    fn question(&self) -> &'static str;

    /// How the command line gives the same numbers.
    fn recipe(&self, values: &Values) -> Recipe;

    /// What is shown at these values; of a lesson that runs, its end.
    ///
    /// # Errors
    /// [`LessonError`] when the engine refuses the values.
    fn study(&self, values: &Values) -> Result<Study, LessonError>;

    /// Whether it trains while one looks.
    fn runs(&self) -> bool {
        false
    }

    /// Hands over what is shown, again and again where it trains, until it ends or is told to.
    ///
    /// # Errors
    /// [`LessonError`] when the engine refuses the values.
    fn run(&self, values: &Values, show: &mut Show) -> Result<(), LessonError> {
        let _ = show(self.study(values)?);
        Ok(())
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
#[error("{name:?} is not a lesson; there are {}{}", names().join(", "), alignloss::text::hint(name, names()))]
pub struct UnknownLesson {
    /// The name.
    pub name: String,
}

#[cfg(test)]
mod tests;
