//! Deep encoders aligned on realistic sensors: how far does the linear theory carry?
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
//! | [`objective`] | one loss a file |
//! | [`optimiser`] | Adam, its schedule |
//! | [`trainer`] | the one training loop, checkpoints, exact resumption |
//! | [`experiment`] | experiment files, cells, results |
//! | [`figure`] | from results to the library's figures |
//! | [`cli`] | one file per subcommand |
//!
//! What never happens: randomness on a device; a loss read at every step of a GPU; a number that is not finite in results.

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
