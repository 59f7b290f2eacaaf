//! Verdicts on the theorems that an experiment illustrates.

use super::super::number::measure;
use super::record::VerdictRow;
use alignloss::arithmetic;
use alignloss::experiment::{Experiment, Results};
use alignloss::theorem::verify::{Plan, Summary, summaries};
use alignloss::theorem::{self, Status};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The columns of the table.
pub(super) const HEADERS: [&str; 6] =
    ["theorem", "experiment", "cells", "smallest slack", "greatest tightness", "verdict"];

/// The number of models, over all families, on which `verify` tries a theorem that no cell of the results can test: one
/// about samples, or about the closed form that training approaches.
const VERIFIED_MODELS: u64 = 12;

/// Judges the theorems that an experiment illustrates: on its cells, or as `verify` does if no cell can test them.
/// Violations are always shown.
pub(super) fn judge(experiment: &Experiment, results: &Results, folder: &Path) -> anyhow::Result<Vec<VerdictRow>> {
    let summaries = from_cells(results)?;
    let shown = |id: &str| experiment.shows().iter().any(|shown| shown == id);
    let own = summaries
        .iter()
        .filter(|summary| shown(summary.id) && summary.cases > 0 || summary.status() == Status::Violated);
    let mut rows: Vec<VerdictRow> = own.map(|summary| row(summary, experiment.name().to_owned())).collect();
    let silent: Vec<&str> =
        summaries.iter().filter(|summary| shown(summary.id) && summary.cases == 0).map(|summary| summary.id).collect();
    if !silent.is_empty() {
        rows.extend(from_models(experiment, &silent, folder)?);
    }
    Ok(rows)
}

/// Reads the verdicts on all theorems back from results, one case per cell and replicate.
fn from_cells(results: &Results) -> anyhow::Result<Vec<Summary>> {
    let mut summaries = summaries(theorem::REGISTRY);
    let place = |name: &str| results.column(name).with_context(|| format!("results lack the column {name:?}"));
    let (cell, replicate, step) = (place("cell")?, place("replicate")?, place("step")?);
    for summary in &mut summaries {
        let [verdict, slack, tightness] =
            ["verdict", "slack", "tightness"].map(|part| format!("{}.{part}", summary.id));
        let (verdict, slack, tightness) = (place(&verdict)?, place(&slack)?, place(&tightness)?);
        let mut last = None;
        for row in results.rows() {
            // A cell has one row per target; each repeats its verdicts.
            let key = Some((&row[cell], &row[replicate], &row[step]));
            if last == key || row[verdict].is_empty() {
                continue;
            }
            last = key;
            let number = |place: usize| row[place].parse::<f64>().unwrap_or(f64::NAN);
            summary.record_result(Status::of_word(&row[verdict]), number(slack), number(tightness));
        }
    }
    Ok(summaries)
}

/// The findings of `verify`, kept beside the results they belong to.
#[derive(Debug, Serialize, Deserialize)]
struct Verified {
    hash: String,
    arithmetic: String,
    rows: Vec<VerdictRow>,
}

/// Tries theorems on models of every family, as `verify` does; reuses the findings in `folder` while experiment,
/// program and class of arithmetic stay the same.
fn from_models(experiment: &Experiment, ids: &[&str], folder: &Path) -> anyhow::Result<Vec<VerdictRow>> {
    let path = folder.join("verified.json");
    let kept = std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str::<Verified>(&text).ok());
    let current = |kept: &Verified| {
        kept.hash == experiment.hash() && kept.arithmetic == arithmetic::class() && ids.len() == kept.rows.len()
    };
    if let Some(kept) = kept.filter(current) {
        return Ok(kept.rows);
    }
    let theorems = ids.iter().map(|id| theorem::find(id)).collect::<Result<Vec<_>, _>>()?;
    let plan = Plan { theorems, models: VERIFIED_MODELS, seed: experiment.seed(), experiment: experiment.name() };
    let place = format!("{} (verify)", experiment.name());
    let rows: Vec<VerdictRow> = plan.run(|| ())?.iter().map(|summary| row(summary, place.clone())).collect();
    let verified = Verified { hash: experiment.hash(), arithmetic: arithmetic::class().into(), rows };
    let text = serde_json::to_string_pretty(&verified).expect("verdicts are JSON") + "\n";
    alignloss::experiment::write_whole(&path, text.as_bytes()).with_context(|| path.display().to_string())?;
    Ok(verified.rows)
}

fn row(summary: &Summary, place: String) -> VerdictRow {
    VerdictRow {
        theorem: summary.id.to_owned(),
        place,
        cells: summary.cases,
        smallest_slack: measure(summary.smallest_slack),
        greatest_tightness: measure(summary.greatest_tightness),
        verdict: summary.status().word().to_owned(),
    }
}
