//! alignloss
pub mod linalg;
pub mod model;
pub mod sample;
mod text;
pub mod cli;
pub mod evaluation;
pub mod theorem;
pub mod learner;
pub mod objective;
pub mod information;
