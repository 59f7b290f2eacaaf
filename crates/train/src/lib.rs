//! Deep encoders aligned on realistic sensors: how far does the linear theory carry over?
//!
//! `experiments/realistic/*.toml` → [`experiment::Experiment`] → cells × replicates, one by one: [`data`] → [`trainer`] →
//! [`evaluation`] of the frozen encoders → the library's result store → figures in its house style.
//!
//! | module | one idea |
//! |---|---|
//! | [`data`] | pairs of views with the factors behind them |
//! | [`evaluation`] | what frozen embeddings keep |
//! | [`device`] | where tensors live, chosen at run time |
//! | [`encoder`] | networks, initialised on the host |
//! | [`objective`] | one loss per file |
//! | [`optimiser`] | Adam and its schedule |
//! | [`trainer`] | the training loop, checkpoints, exact resumption |
//! | [`experiment`] | experiment files, cells, results |
//! | [`figure`] | from results to the library's figures |
//! | [`cli`] | one file per subcommand |
//!
//! What never happens: randomness on a device; reading the loss from a GPU at every step; a non-finite number in results.

pub mod cli;
pub mod data;
pub mod device;
pub mod encoder;
pub mod evaluation;
pub mod experiment;
pub mod figure;
pub mod model;
pub mod objective;
pub mod optimiser;
pub mod trainer;
