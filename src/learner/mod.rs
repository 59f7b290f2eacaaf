//! Minimisers of the objectives: closed forms, alternation and stochastic gradients.
//!
//! [`ClosedForm`] has the exact minimiser of every objective, [`Sgd`] trains one from draws, [`Generalised`] aligns more than two
//! modalities, [`HermiteTower`] is the optimum over all functions. What it does not do: measure.
//!
//! # Example
//! ```
//! use alignloss::model::{Format, LatentModel};
//! use alignloss::objective::Spectral;
//! use alignloss::theorem::Subject;
//! let model = LatentModel::parse("[family]\nkind = \"spiked\"\ncorrelations = [0.8, 0.6]", Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! let learned = subject.learner(0).minimise(&Spectral, 1)?;
//! // The direction of the stronger correlation is the first channel's.
//! let first = learned.encoders.first;
//! assert!((first[(0, 0)].abs() / first.norm() - 1.0).abs() < 1e-14);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
