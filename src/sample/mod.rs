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
//!
//! # Example
//! ```
//! use alignloss::model::{Format, LatentModel};
//! use alignloss::random::Stream;
//! use alignloss::sample::Data;
//! use alignloss::theorem::Subject;
//! let model = LatentModel::parse("[family]\nkind = \"spiked\"\ncorrelations = [0.8]", Format::Toml)?;
//! let mut generator = Stream { seed: 1, experiment: "an example", cell: 0, replicate: 0 }.generator();
//! let data = Data::draw(&model, 20_000, &mut generator)?;
//! // The law of the sample is a model like any other: its canonical correlation is the sample's.
//! let sample = data.empirical_model("a sample")?;
//! assert!((Subject::new(&sample, [0, 1])?.pair.correlation(0) - 0.8).abs() < 0.02);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
