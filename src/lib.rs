#![doc = include_str!("../README.md")]

pub mod cli;
pub mod estimate;
pub mod evaluation;
pub mod experiment;
pub mod explorer;
pub mod figure;
pub mod information;
pub mod learner;
pub mod lesson;
pub mod linalg;
pub mod model;
pub mod objective;
pub mod remedies;
pub mod sample;
pub mod text;
pub mod theorem;
