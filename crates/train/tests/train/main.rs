//! `alignloss-train`: its data, what it measures of embeddings, its command line, runs that are killed.

mod cli;
mod common;
mod evaluation;
mod files;
mod resume;
#[cfg(feature = "gpu")]
mod software;
mod sources;
mod worldcereal;
