//! Minimisers of the objectives: closed forms, alternation and stochastic gradients.

mod alternating;
mod closed_form;
mod convergence;
mod generalised;
mod hermite;
mod optimiser;
mod polynomial;
mod sgd;
mod trade_off;
mod uniqueness;

pub(crate) use alternating::CERTIFIED;
pub use alternating::{Certified, Convergence, Effort, Start};
pub use closed_form::{ClosedForm, Learned, LearnerError};
pub use generalised::Generalised;
pub use hermite::{CorrelationError, HermiteTower, Membership, Term, hermite_polynomials};
pub use optimiser::{Optimiser, OptimiserState, Schedule};
pub(crate) use polynomial::number_of_products;
pub use polynomial::{PolynomialError, PolynomialFeatures, PolynomialTowers, regression_r2};
pub use sgd::{BatchSource, Checkpoint, Epochs, Outcome, Sgd, SgdError, Trained, Training};
pub use trade_off::{Certificate, TradeOff, ky_fan};
pub use uniqueness::{Choice, Freedom, Ties, Uniqueness};
