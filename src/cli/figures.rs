//! `alignloss figures`

use super::progress::note;
use super::table::{number, table};
use super::{Outcome, Session, sweep};
use crate::experiment::{Experiment, Results, Shard};
use crate::figure::{compose, render_png, render_svg};
use crate::theorem::verify::{Plan, Summary, summaries};
use crate::theorem::{self, Status};
use anyhow::{Context, bail};
use clap::Args;
use std::path::PathBuf;

/// Run the experiments whose results are missing or stale, draw every figure, print the verdict table
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss figures                        every experiment in experiments/, drawn into figures/
  alignloss figures capacity phase-diagram
  alignloss figures --out slides/ --force")]
pub(super) struct Figures {
    /// Names of experiments, or of figures [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The folder of the experiment files
    #[arg(long, value_name = "DIR", default_value = "experiments")]
    experiments: PathBuf,
    /// Where results are kept
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Where figures go
    #[arg(long, value_name = "DIR", default_value = "figures")]
    out: PathBuf,
    /// Run again what has results
    #[arg(long)]
    force: bool,
}

impl Figures {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        let experiments = self.selected()?;
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let mut verdicts = Vec::new();
        for experiment in &experiments {
            let folder = self.results.join(experiment.name());
            if self.force && folder.join("manifest.json").exists() {
                std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
            }
            let (store, _) = sweep::run(session, experiment, &self.results, Shard::WHOLE, true)?;
            let results = store.read()?;
            for (index, spec) in experiment.figures().iter().enumerate() {
                let name = figure_name(experiment, index);
                let figure = compose(experiment, spec, &results);
                let describe = || format!("figure {name}");
                self.write(&format!("{name}.svg"), render_svg(&figure).with_context(describe)?.as_bytes())?;
                self.write(&format!("{name}.png"), &render_png(&figure, 1.0).with_context(describe)?)?;
                note(session, &format!("{}", self.out.join(format!("{name}.svg")).display()));
            }
            let summaries = judge(&results)?;
            let verified = verify_others(experiment, &summaries)?;
            verdicts.push(Judged { experiment, summaries, verified });
        }
        let rows = verdict_rows(&verdicts);
        let report = table(&HEADERS, &rows);
        self.write("verdicts.md", format!("# Verdicts\n\nWritten by `alignloss figures`: every theorem on every cell of the experiments that show it, or on models of `verify` where it speaks of none of them.\n\n{}", markdown(&rows)).as_bytes())?;
        super::print(&report)?;
        let violated = verdicts.iter().flat_map(Judged::shown).any(|(_, summary)| summary.status() == Status::Violated);
        Ok(if violated { Outcome::Failed } else { Outcome::Fine })
    }

    /// The experiments asked for, by their own name or that of one of their figures.
    fn selected(&self) -> anyhow::Result<Vec<Experiment>> {
        let describe = || self.experiments.display().to_string();
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&self.experiments)
            .with_context(describe)?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        paths.sort();
        let experiments = paths.iter().map(|path| sweep::read(path)).collect::<anyhow::Result<Vec<_>>>()?;
        if experiments.is_empty() {
            bail!("{}: no experiment files (*.toml)", self.experiments.display());
        }
        let names = |experiment: &Experiment| -> Vec<String> {
            std::iter::once(experiment.name().to_owned())
                .chain((0..experiment.figures().len()).map(|index| figure_name(experiment, index)))
                .collect()
        };
        let known: Vec<String> = experiments.iter().flat_map(names).collect();
        for name in &self.names {
            if !known.contains(name) {
                let hint = crate::text::nearest(name, known.iter().map(String::as_str))
                    .map(|near| format!("; did you mean {near:?}?"))
                    .unwrap_or_default();
                bail!("{name:?} is neither an experiment nor a figure in {}{hint}", self.experiments.display());
            }
        }
        Ok(experiments
            .into_iter()
            .filter(|experiment| {
                self.names.is_empty() || names(experiment).iter().any(|name| self.names.contains(name))
            })
            .collect())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.out.join(name);
        crate::experiment::write_whole(&path, bytes).with_context(|| path.display().to_string())
    }
}

/// The file name of an experiment's figure: its own, or the experiment's, numbered from the second on.
fn figure_name(experiment: &Experiment, index: usize) -> String {
    match (&experiment.figures()[index].name, index) {
        (Some(name), _) => name.clone(),
        (None, 0) => experiment.name().to_owned(),
        (None, _) => format!("{}-{}", experiment.name(), index + 1),
    }
}

/// Reads the verdicts of all theorems back from results, one case per cell and replicate.
fn judge(results: &Results) -> anyhow::Result<Vec<Summary>> {
    let mut summaries = summaries(&theorem::REGISTRY);
    let place = |name: &str| results.column(name).with_context(|| format!("results lack the column {name:?}"));
    let (cell, replicate, step) = (place("cell")?, place("replicate")?, place("step")?);
    for summary in &mut summaries {
        let [verdict, slack, tightness] =
            ["verdict", "slack", "tightness"].map(|part| format!("{}.{part}", summary.id));
        let (verdict, slack, tightness) = (place(&verdict)?, place(&slack)?, place(&tightness)?);
        let mut last = None;
        for row in results.rows() {
            // A cell has one row per target; its verdicts stand in each.
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

/// Models of every family on which a shown theorem is tried that speaks of no case in the results: what it says of samples, or of
/// the closed form that training approaches.
const VERIFIED_MODELS: u64 = 12;

/// Tries, as `verify` does, the theorems that an experiment shows and none of its cases can judge.
fn verify_others(experiment: &Experiment, judged: &[Summary]) -> anyhow::Result<Vec<Summary>> {
    let silent = |id: &&String| judged.iter().any(|summary| summary.id == id.as_str() && summary.cases == 0);
    let theorems =
        experiment.shows().iter().filter(silent).map(|id| theorem::find(id)).collect::<Result<Vec<_>, _>>()?;
    if theorems.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Plan { theorems, models: VERIFIED_MODELS, seed: experiment.seed(), experiment: experiment.name() }.run(|| ())?)
}

/// What is known of the theorems that an experiment shows.
struct Judged<'a> {
    experiment: &'a Experiment,
    /// From its cells.
    summaries: Vec<Summary>,
    /// From models of `verify`.
    verified: Vec<Summary>,
}

impl Judged<'_> {
    /// Where each shown theorem was judged, and the result; violated ones are always shown.
    fn shown(&self) -> impl Iterator<Item = (String, &Summary)> {
        let name = self.experiment.name();
        let own = self.summaries.iter().filter(|summary| {
            let shown = self.experiment.shows().iter().any(|id| id == summary.id);
            shown && summary.cases > 0 || summary.status() == Status::Violated
        });
        own.map(|summary| (name.to_owned(), summary))
            .chain(self.verified.iter().map(move |summary| (format!("{name} (verify)"), summary)))
    }
}

fn cells(place: String, summary: &Summary) -> Vec<String> {
    vec![
        summary.id.to_owned(),
        place,
        summary.cases.to_string(),
        number(summary.smallest_slack),
        number(summary.greatest_tightness),
        summary.status().word().to_owned(),
    ]
}

const HEADERS: [&str; 6] = ["theorem", "experiment", "cells", "smallest slack", "greatest tightness", "verdict"];

fn verdict_rows(verdicts: &[Judged]) -> Vec<Vec<String>> {
    verdicts.iter().flat_map(Judged::shown).map(|(place, summary)| cells(place, summary)).collect()
}

fn markdown(rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&HEADERS.map(str::to_owned)) + "|---|---|---:|---:|---:|---|\n";
    for cells in rows {
        text += &line(cells);
    }
    text
}
