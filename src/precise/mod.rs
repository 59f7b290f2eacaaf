//! The measures of `information` in double-double precision and factor form, each with an error bound.
//!
//! `information` computes in double precision and cannot tell a sine of 1e-15 from zero: finite information would be
//! reported as infinite. Here vectors are columns in the space of the model's independent standard normals, taken from
//! the entries as given. Every component carries an error bound; a source's regression coefficients determine how much
//! of it reaches a residual, so bounds reflect what matters for each measure rather than the condition number of
//! everything. Whether an angle *is* zero is decided by exact ranks over the rational numbers, never by a threshold.
//!
//! Not covered: models with more than 192 channels and rows, and laws whose covariances are singular up to the rounding
//! of the doubles that define them. There, measures keep their double-precision values and are reported as uncertain.
//!
//! # Example
//! ```
//! use alignloss::model::{Format, LatentModel};
//! use alignloss::objective::CanonicalCorrelation;
//! use alignloss::precise::Measures;
//! use alignloss::theorem::{Case, Subject};
//! let model = LatentModel::parse("[family]\nkind = \"spiked\"\ncorrelations = [0.5]", Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1)?;
//! let measures = Measures::in_double_double_precision(&case).expect("a small model");
//! let correlation = measures.canonical_correlations[0].estimate;
//! assert!((correlation.value - 0.5).abs() <= correlation.error + f64::EPSILON && correlation.error < 1e-15);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encoders;
mod law;
mod measures;
mod vectors;

pub(crate) use encoders::PreciseEncoders;
pub(crate) use law::Law;
pub use measures::{Measure, Measures, TOLERANCE, TargetMeasures};
pub(crate) use measures::{correlations, deviation_left, measures};
pub use vectors::Estimate;
pub(crate) use vectors::Information;
