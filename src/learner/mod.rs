//! How objectives are minimised.

mod closed_form;
mod optimiser;
mod sgd;

pub use closed_form::{ClosedForm, Learned, LearnerError};
pub use optimiser::{Optimiser, OptimiserState, Schedule};
pub use sgd::{BatchSource, Checkpoint, Epochs, Outcome, Sgd, SgdError, Trained};
