//! The explorer: a page on this machine where you change a model's parameters and see what alignment loses.
//!
//! [`Setting`] (sliders) → model → [`view`]: the report of `eval`, information-loss curves, a phase diagram, a Pareto
//! frontier. [`Server`] answers the page over HTTP on localhost; [`export()`] writes the same page with precomputed
//! answers.
//! It computes nothing itself: every number comes from `evaluation`, `theorem` and `learner`.

mod api;
mod assets;
mod control;
mod document;
mod export;
mod request;
mod server;
mod setting;
pub mod view;

pub use control::{Axis, CONTROLS, Control};
pub use export::{ExportError, Exported, export};
pub use server::{ServeError, Server};
pub use setting::{Setting, SettingError};
