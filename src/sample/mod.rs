//! Random draws from models, and what is estimated from them.
//!
//! A [`Sampler`] draws several vectors of one model jointly; [`Data`] holds such draws (or anybody's measurements) in
//! memory, [`Moments`] summarises a stream of any length. Both yield a [`LatentModel`](crate::model::LatentModel) whose
//! exact law is the law of the sample: any exact measure of the project, applied to it, is a plug-in estimate, so no
//! second set of formulas is needed.
//!
//! One sample is one column everywhere.
//!
//! Measuring, learning and intervals (see [`crate::estimate`]) are left to other modules.

mod data;
mod draw;
mod error;
mod moments;

pub use data::{Data, Layout};
pub use draw::Sampler;
pub use error::SampleError;
pub use moments::Moments;

/// Number of samples drawn or summed together. It is part of the definition of a stream's draws: see
/// [`Sampler::draw_into`].
pub const BLOCK: usize = 256;
