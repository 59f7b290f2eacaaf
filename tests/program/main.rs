//! The built program as users run it, and the features only it has: figures, lessons, the explorer's server.

mod cases;
mod cli;
mod command;
mod explain;
mod figure_pictures;
mod figure_structure;
mod figures_cli;
mod learned_experiments;
mod lessons;
mod own_experiments;
#[path = "../library/reference_values.rs"]
mod reference_values;
mod sweeps;
mod verify_cli;

/// The repository's root.
fn repository() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
