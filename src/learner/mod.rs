//! How objectives are minimised.

mod closed_form;
mod generalised;
mod hermite;
mod polynomial;

pub use closed_form::{ClosedForm, Learned, LearnerError};
pub use generalised::Generalised;
pub use hermite::{CorrelationError, HermiteTower, Membership, Term, hermite_polynomials};
pub use polynomial::{PolynomialError, PolynomialFeatures, PolynomialTowers, regression_r2};
