//! Gaussian latent models: shared and modality-private factors observed by several sensors (docs/theory.md §1).
//!
//! Latents `(s, u_1 … u_M) ~ N(0, Λ)`; observations `x_m = A_m s + B_m u_m + ε_m`, `ε_m ~ N(0, Ψ_m)`; targets `y =
//! C·(s, u_1 … u_M) + η`. A [`LatentModel`] is validated once, when it is built; later code trusts it. Its exact joint
//! law is given in *factor form* ([`Factor`]): covariances are formed only on request.
//!
//! This module does not learn, sample or judge.
//!
//! # Example
//! ```
//! use alignloss::linalg::Matrix;
//! use alignloss::model::{Format, LatentModel};
//! let model = LatentModel::parse("[family]\nkind = \"orthogonal\"\nshared = 1\nprivate = 1\nnoise = 0.5", Format::Toml)?;
//! assert_eq!((model.modalities().len(), model.shared(), model.targets().len()), (2, 1, 3));
//! // Orthonormal loadings of unit factors in two channels, and noise of variance ½: Σ11 = 1.5·I.
//! assert!((model.observed(0).covariance() - Matrix::identity(2, 2) * 1.5).amax() < 1e-14);
//! # Ok::<(), alignloss::model::ModelError>(())
//! ```

mod error;
pub mod family;
mod file;
mod latent;
mod units;

pub use crate::text::Format;
pub use error::{FieldProblem, ModelError};
pub use file::ModelFile;
pub(crate) use file::describe_family;
pub use latent::{Factor, LARGEST_DIMENSION, LatentModel, Modality, Noise, Target};
pub use units::{ChannelUnits, Units};
