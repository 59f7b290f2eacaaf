//! Realistic experiments: a file becomes cells, and each cell and replicate becomes rows in the library's result store.

mod file;
mod run;
mod summary;

pub use file::{Cell, Experiment, ExperimentError, Setting};
pub use run::{Run, RunError, Watcher};
pub use summary::wide;

/// Columns of every row, after those of the axes.
pub const COLUMNS: [&str; 11] =
    ["replicate", "outcome", "stage", "step", "measure", "factor", "role", "source", "value", "low", "high"];
