//! How objectives are minimised.

mod alternating;
mod closed_form;
mod trade_off;

pub use alternating::{Certified, Effort, Outcome, Start};
pub use closed_form::{ClosedForm, Learned, LearnerError};
pub use trade_off::{Certificate, TradeOff, ky_fan};
