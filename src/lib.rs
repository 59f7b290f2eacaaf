#![doc = include_str!("../README.md")]

pub mod arithmetic;
pub mod estimate;
pub mod evaluation;
pub mod experiment;
pub mod information;
pub mod learner;
pub mod linalg;
pub mod measures;
pub mod model;
pub mod objective;
pub mod precise;
pub mod random;
pub mod remedies;
pub mod sample;
pub mod text;
pub mod theorem;
