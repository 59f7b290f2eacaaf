//! What most programs need: `use alignloss::prelude::*;`.
//!
//! ```
//! use alignloss::prelude::*;
//!
//! let model = LatentModel::parse("[family]\nkind = \"random\"", Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! let learner = subject.learner(0);
//! for id in ["cca", "prediction"] {
//!     let objective = objective::find(id)?;
//!     let case = Case::minimise(&subject, &learner, objective.as_ref(), 2)?;
//!     println!("{id}: I(z1; z2) = {:.4} nats", Evaluation::new(&case, id)?.alignment.mi_z1_z2.0);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use crate::evaluation::Evaluation;
pub use crate::information::{Encoders, Source};
pub use crate::learner::ClosedForm;
pub use crate::linalg::Matrix;
pub use crate::model::{Format, LatentModel, Modality, Noise, Target};
pub use crate::objective::{
    self, AlignmentFidelity, CanonicalCorrelation, Decoupled, InfoNce, LinearContrastive, Objective, Prediction,
    PrincipalComponents, Spectral,
};
pub use crate::random::Stream;
pub use crate::theorem::{self, Case, Status, Subject, Theorem};
