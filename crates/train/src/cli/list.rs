//! `alignloss-train list`

use super::run::read;
use alignloss_terminal::{Outcome, print, table_of_words};
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;

/// List the realistic experiments, with their numbers of trainings
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  alignloss-train list")]
pub(super) struct List {
    /// The folder of the experiment files
    #[arg(value_name = "DIR", default_value = "experiments/realistic")]
    folder: PathBuf,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let describe = || self.folder.display().to_string();
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&self.folder)
            .with_context(describe)?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        paths.sort();
        let mut rows = Vec::new();
        for path in &paths {
            let experiment = read(path)?;
            let cells = experiment.cells()?.len() as u64;
            rows.push(vec![
                path.display().to_string(),
                (cells * experiment.replicates()).to_string(),
                experiment.title().to_owned(),
            ]);
        }
        print(&table_of_words(&["file", "trainings", "title"], &rows))?;
        Ok(Outcome::Fine)
    }
}
