//! Data for deep encoders, simulated and real, and what their embeddings are measured by.
//!
//! The theory of the main package is linear and Gaussian; this member asks how far it carries. It knows nothing of how
//! encoders are trained: a [`data::Source`] gives batches and held-out samples, [`evaluation::evaluate`] measures frozen
//! embeddings of the held-out samples.

pub mod data;
pub mod evaluation;
