//! Experiments: a file becomes a grid, the grid becomes cells, and the cells become rows in a result store.
//!
//! `experiments/*.toml` → [`Experiment`] → [`Run`] (parallel, resumable, sharded) → `results/<name>/part-*.csv` with a
//! `manifest.json` → [`Results`]. Drawing is done elsewhere: figures read result files.
//!
//! # Example
//! ```
//! use alignloss::experiment::{Experiment, Run, Shard, Store};
//! let text = r#"
//!     title = "Noise"
//!     [model.family]
//!     kind = "orthogonal"
//!     [grid]
//!     objective = ["cca", "prediction"]
//!     dim = [1]
//!     "model.noise" = [0.1, 1.0]
//! "#;
//! let experiment = Experiment::parse("noise", text)?;
//! let run = Run::new(&experiment);
//! assert_eq!(run.total(), 4);
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(folder.path(), &experiment, run.parts(), false)?;
//! run.execute(&store, Shard { index: 1, count: 1 }, |_| ())?;
//! let results = store.read()?;
//! let information = results.column("mi.z1").expect("a measured column");
//! assert!(results.rows().iter().all(|row| row[information].parse::<f64>().is_ok()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
