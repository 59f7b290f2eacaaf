//! `alignloss-train run`

use super::progress::Progress;
use crate::device::{Backend, Hardware};
use crate::experiment::{Experiment, Run as Work, wide};
use crate::figure::compose;
use alignloss::experiment::{Results, write_whole};
use alignloss_figure::Drawing;
use alignloss_terminal::{Outcome, Session, note, print, table_of_words};
use anyhow::{Context, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Run an experiment: train, measure, keep results, draw its figures, print its table
///
/// What is finished is kept: a run that was stopped, or killed, goes on where its last checkpoint was, and ends with the same
/// numbers as one that was not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss-train run experiments/realistic/quick.toml
  alignloss-train run experiments/realistic/kugelgen-gpu.toml --backend gpu
  alignloss-train run experiments/realistic/worldcereal.toml --data ~/data/worldcereal --out /scratch/results")]
pub(super) struct Run {
    /// The experiment file
    experiment: PathBuf,
    /// The folder of all results; each experiment has its own folder in it
    #[arg(long, value_name = "DIR", default_value = "results/realistic")]
    out: PathBuf,
    /// Where figures go
    #[arg(long, value_name = "DIR", default_value = "figures/realistic")]
    figures: PathBuf,
    /// Where to compute
    #[arg(long, value_enum, default_value = "auto")]
    backend: Backend,
    /// The folder of data files
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Start over: discard results and checkpoints, also those of another version of the experiment, its data or the program
    #[arg(long)]
    fresh: bool,
    /// Run nothing: draw and print the results that there are
    #[arg(long, conflicts_with = "fresh")]
    draw_only: bool,
}

impl Run {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        let start = Instant::now();
        let experiment = read(&self.experiment)?;
        let folder = self.out.join(experiment.name());
        let store = if self.draw_only {
            alignloss::experiment::Store::existing(&folder)?
        } else {
            let hardware = Hardware::open(self.backend)?;
            if let Some(problem) = hardware.fell_back() {
                note(session, &format!("no GPU ({problem}): computing on the CPU"));
            }
            note(session, &format!("{}: {}", experiment.name(), hardware.name()));
            let work = Work::new(&experiment, &hardware, self.data.as_deref())?;
            let store = work.store(&folder, self.fresh)?;
            let mut progress = Progress::new(session);
            let whole = work.execute(&store, &mut progress);
            progress.finish();
            if !whole.with_context(|| experiment.name().to_owned())? {
                let (done, parts) = store.progress()?;
                note(session, &format!("stopped with {done} of {parts} trainings done; the same command goes on"));
                return Ok(Outcome::Stopped);
            }
            store
        };
        let results = store.read()?;
        store.merge()?;
        let drawn = draw(&experiment, &results, &self.figures)?;
        print(&summary(&experiment, &results))?;
        for path in drawn {
            note(session, &path.display().to_string());
        }
        note(
            session,
            &format!("{}: {:.0} s, results in {}", experiment.name(), start.elapsed().as_secs_f64(), folder.display()),
        );
        Ok(Outcome::Fine)
    }
}

/// Reads an experiment file; its name is the file's.
pub(super) fn read(path: &Path) -> anyhow::Result<Experiment> {
    let describe = || path.display().to_string();
    if path.extension().is_none_or(|extension| extension != "toml") {
        bail!("{}: the extension must be .toml", path.display());
    }
    let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else {
        bail!("{}: not a file name", path.display())
    };
    let text = std::fs::read_to_string(path).with_context(describe)?;
    Experiment::parse(name, &text).with_context(describe)
}

/// Draws every figure in every format.
fn draw(experiment: &Experiment, results: &Results, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut paths = Vec::new();
    for (index, spec) in experiment.figures().iter().enumerate() {
        let name = match (&spec.name, index) {
            (Some(name), _) => name.clone(),
            (None, 0) => experiment.name().to_owned(),
            (None, _) => format!("{}-{}", experiment.name(), index + 1),
        };
        let describe = || format!("figure {name}");
        let drawing =
            Drawing::new(&compose(experiment, spec, results).with_context(describe)?).with_context(describe)?;
        for (extension, bytes) in
            [("svg", drawing.svg().as_bytes().to_vec()), ("png", drawing.png(1.0)?), ("pdf", drawing.pdf()?)]
        {
            let path = folder.join(format!("{name}.{extension}"));
            write_whole(&path, &bytes).with_context(|| path.display().to_string())?;
            if extension == "svg" {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

/// Means and standard deviations over replicates at the end of training, one row for each cell.
fn summary(experiment: &Experiment, results: &Results) -> String {
    let wide = wide(experiment, results);
    let axes = experiment.axes().count();
    let stage = wide.column("stage").unwrap_or(0);
    let chosen: Vec<&String> = experiment.table().iter().filter(|column| wide.column(column).is_some()).collect();
    let mut cells: Vec<&[String]> = Vec::new();
    for row in results.rows() {
        if !cells.contains(&&row[..axes]) {
            cells.push(&row[..axes]);
        }
    }
    let replicate = results.column("replicate").unwrap_or(axes);
    let outcome = results.column("outcome").unwrap_or(axes);
    let rows: Vec<Vec<String>> = cells
        .iter()
        .map(|cell| {
            let own: Vec<&Vec<String>> =
                wide.rows().iter().filter(|row| row[..axes] == **cell && row[stage] == "end").collect();
            let number = |name: &&String| {
                let column = wide.column(name).unwrap_or(0);
                let values: Vec<f64> = own.iter().filter_map(|row| row[column].parse().ok()).collect();
                mean_and_deviation(&values)
            };
            let mut diverged: Vec<&str> = results
                .rows()
                .iter()
                .filter(|row| row[..axes] == **cell && row[outcome] == "diverged")
                .map(|row| row[replicate].as_str())
                .collect();
            diverged.dedup();
            let count = |count: usize| if count == 0 { String::new() } else { format!("{count} diverged") };
            cell.iter().cloned().chain(chosen.iter().map(number)).chain([count(diverged.len())]).collect()
        })
        .collect();
    let headers: Vec<&str> = experiment.axes().chain(chosen.iter().map(|column| column.as_str())).chain([""]).collect();
    table_of_words(&headers, &rows)
}

fn mean_and_deviation(values: &[f64]) -> String {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    match values.len() {
        0 => "–".into(),
        1 => format!("{mean:.3}"),
        _ => {
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
            format!("{mean:.3} ± {:.3}", variance.sqrt())
        }
    }
}
