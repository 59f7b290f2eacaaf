//! How objectives are minimised.

mod closed_form;

pub use closed_form::{ClosedForm, Learned, LearnerError};
