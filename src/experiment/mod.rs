//! Experiments: a file becomes a grid, the grid becomes cells, and the cells become rows in a result store.
//!
//! `experiments/*.toml` → [`Experiment`] → [`Run`] (parallel, resumable, sharded) → `results/<name>/part-*.csv` with a
//! `manifest.json` → [`Results`]. Drawing is done elsewhere: figures read result files.

mod amend;
mod columns;
mod file;
mod grid;
mod learn;
mod run;
mod search;
mod setting;
mod store;
mod train;

pub use amend::Override;
pub use columns::{Column, describe, meaning, measured};
pub use file::CLOSED_FORM;
pub use file::{Estimator, Experiment, ExperimentError, FigureKind, FigureSpec, program_hash};
pub use grid::{AXES, AxisSpec, AxisValue, Cell};
pub use run::{Run, RunError, Shard};
pub use store::{Contents, Results, Store, StoreError, write_whole};
pub use train::draws;
