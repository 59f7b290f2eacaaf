//! How objectives are minimised.

mod alternating;
mod closed_form;
mod optimiser;
mod sgd;
mod trade_off;

pub use alternating::{Certified, Convergence, Effort, Start};
pub use closed_form::{ClosedForm, Learned, LearnerError};
pub use optimiser::{Optimiser, OptimiserState, Schedule};
pub use sgd::{BatchSource, Checkpoint, Epochs, Outcome, Sgd, SgdError, Trained};
pub use trade_off::{Certificate, TradeOff, ky_fan};
