//! Gaussian latent models: shared and modality-private factors observed by several sensors (docs/theory.md §1).
//!
//! Latents `(s, u_1 … u_M) ~ N(0, Λ)`; observations `x_m = A_m s + B_m u_m + ε_m`, `ε_m ~ N(0, Ψ_m)`; targets `y =
//! C·(s, u_1 … u_M) + η`. A [`LatentModel`] is validated once, when it is built; later code trusts it. Its exact joint
//! law is given in *factor form* ([`Factor`]): covariances are formed only on request.
//!
//! This module does not learn, sample or judge.

mod error;
pub mod family;
mod file;
mod latent;
mod units;

pub use crate::text::Format;
pub use error::ModelError;
pub use file::ModelFile;
pub(crate) use file::describe_family;
pub use latent::{Factor, LARGEST_DIMENSION, LatentModel, Modality, Noise, Target};
pub use units::{ChannelUnits, Units};
