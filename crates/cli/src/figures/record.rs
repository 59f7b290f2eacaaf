//! `manifest.json` beside the figures: what was drawn, from what, and with which verdicts. It lets a second run draw
//! only what is stale, and the gallery show figures that a run did not touch.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// All experiments whose figures are in a folder, by name.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) experiments: BTreeMap<String, Record>,
}

/// One experiment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Theorems illustrated: ids and statements.
    pub(super) theorems: Vec<(String, String)>,
    pub(super) verdicts: Vec<VerdictRow>,
    pub(super) figures: Vec<Drawn>,
}

/// One row of the table of verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct VerdictRow {
    pub(super) theorem: String,
    pub(super) place: String,
    pub(super) cells: u64,
    pub(super) smallest_slack: String,
    pub(super) greatest_tightness: String,
    pub(super) verdict: String,
}

/// One figure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drawn {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) caption: String,
    /// Hash of the figure on its default page; when it changes, files for other pages are out of date.
    pub(super) content: String,
    /// File names, each with the hash of its inputs.
    pub(super) files: BTreeMap<String, String>,
}

impl Manifest {
    const NAME: &str = "manifest.json";

    /// The manifest of a folder; empty if there is none, or one of another version.
    pub(super) fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join(Self::NAME)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self).expect("a manifest is JSON") + "\n";
        write_if_changed(&folder.join(Self::NAME), text.as_bytes())
    }

    /// The record of a figure.
    pub(super) fn drawn(&self, experiment: &str, name: &str) -> Option<&Drawn> {
        self.experiments.get(experiment)?.figures.iter().find(|figure| figure.name == name)
    }
}

/// Writes a file whole, unless it already holds these bytes.
pub(super) fn write_if_changed(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    alignloss::experiment::write_whole(path, bytes).with_context(|| path.display().to_string())
}
