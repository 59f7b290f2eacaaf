//! alignloss
pub mod linalg;
pub mod model;
pub mod sample;
mod text;
pub mod figure;
pub mod experiment;
pub mod cli;
pub mod evaluation;
pub mod theorem;
pub mod learner;
pub mod objective;
pub mod information;
