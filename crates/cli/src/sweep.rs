//! `alignloss sweep`, `merge` and `status`

use super::input;
use alignloss::experiment::{Experiment, Override, Run, Shard, Store};
use alignloss_terminal::{Outcome, Session, bar, note, print};
use anyhow::{Context, bail};
use clap::Args;
use std::path::{Path, PathBuf};

/// Run an experiment over its grid, in parallel; finished parts are kept, and running it again resumes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss sweep private-fraction                  the experiment of this name in experiments/
  alignloss sweep mine.toml dim=4 model.noise=[.1,.2] seed=7
  alignloss sweep experiments/capacity.toml --out /scratch/results --shard 2/8
  alignloss status experiments/capacity.toml && alignloss merge experiments/capacity.toml

In a Slurm array job the shard is read from SLURM_ARRAY_TASK_ID, _MIN and _COUNT.

Processors with and without FMA (and with AVX-512) differ in the last digits. Results record the class of the processor that computed them,
and all parts of one experiment must come from one class: a processor of another class is refused.")]
pub(super) struct Sweep {
    #[command(flatten)]
    place: Place,
    /// This machine's share: I of N, from 1 [default: from a Slurm array, else everything]
    #[arg(long, value_name = "I/N", value_parser = parse_shard)]
    shard: Option<Shard>,
    /// Discard results of another version of the experiment, or of another class of processor
    #[arg(long)]
    fresh: bool,
}

/// Write the results of a finished sweep to one file, merged.csv
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  alignloss merge experiments/capacity.toml")]
pub(super) struct Merge {
    #[command(flatten)]
    place: Place,
}

/// Report how much of a sweep is done
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  alignloss status experiments/capacity.toml")]
pub(super) struct Status {
    #[command(flatten)]
    place: Place,
}

/// The folder of the project's experiments.
pub(super) const FOLDER: &str = "experiments";

#[derive(Debug, Args)]
struct Place {
    /// Experiment file, or the name of one in experiments/
    experiment: PathBuf,
    /// Settings to change: seed, replicates, or an axis of the grid. Results go to a folder named after the changes
    #[arg(value_name = "NAME=VALUE")]
    changes: Vec<Override>,
    /// Folder of all results; each experiment has its own folder in it
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

impl Sweep {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        let experiment = self.place.read()?;
        let shard = match self.shard {
            Some(shard) => shard,
            None => slurm_shard(|name| std::env::var(name).ok())?.unwrap_or(Shard::WHOLE),
        };
        let (store, parts) = run(session, &experiment, &self.place.out, shard, self.fresh)?;
        let (done, _) = store.progress()?;
        note(
            session,
            &format!("{}: {done} of {parts} parts in {}", experiment.name(), self.place.folder(&experiment).display()),
        );
        Ok(Outcome::Fine)
    }
}

impl Merge {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let (_, store) = self.place.open()?;
        print(&format!("{}\n", store.merge()?.display()))?;
        Ok(Outcome::Fine)
    }
}

impl Status {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let (experiment, store) = self.place.open()?;
        let (done, parts) = store.progress()?;
        print(&format!("{}: {done} of {parts} parts\n", experiment.name()))?;
        Ok(Outcome::Fine)
    }
}

impl Place {
    fn read(&self) -> anyhow::Result<Experiment> {
        read(&located(&self.experiment), &self.changes)
    }

    fn folder(&self, experiment: &Experiment) -> PathBuf {
        self.out.join(experiment.name())
    }

    /// The store of an experiment that has been run.
    fn open(&self) -> anyhow::Result<(Experiment, Store)> {
        let experiment = self.read()?;
        let folder = self.folder(&experiment);
        if !folder.join("manifest.json").exists() {
            let words = std::iter::once(self.experiment.display().to_string());
            let words: Vec<String> = words.chain(self.changes.iter().map(ToString::to_string)).collect();
            bail!("{}: no results yet; run: alignloss sweep {}", folder.display(), words.join(" "));
        }
        let store = Store::finished(&folder, &experiment, Run::new(&experiment).parts())?;
        Ok((experiment, store))
    }
}

/// The path of an experiment: a path as given, or a name looked up in the folder of experiments.
fn located(experiment: &Path) -> PathBuf {
    let is_name = experiment.extension().is_none() && experiment.components().count() == 1 && !experiment.exists();
    if is_name { Path::new(FOLDER).join(experiment).with_extension("toml") } else { experiment.to_owned() }
}

/// Reads an experiment file; the experiment is named after it.
pub(super) fn read(path: &Path, changes: &[Override]) -> anyhow::Result<Experiment> {
    let describe = || path.display().to_string();
    if path.extension().is_none_or(|extension| extension != "toml") {
        bail!("{}: the extension must be .toml", path.display());
    }
    let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else {
        bail!("{}: not a file name", path.display())
    };
    Experiment::amended(name, &input::text(path)?, path.parent(), changes).with_context(describe)
}

/// Computes what a shard still lacks, with a progress bar.
pub(super) fn run(
    session: Session,
    experiment: &Experiment,
    out: &Path,
    shard: Shard,
    fresh: bool,
) -> anyhow::Result<(Store, usize)> {
    let run = Run::new(experiment);
    let store = Store::open(&out.join(experiment.name()), experiment, run.parts(), fresh)?;
    let bar = bar(session, run.total() / shard.count, experiment.name());
    run.execute(&store, shard, |cells| bar.inc(cells)).with_context(|| experiment.name().to_owned())?;
    bar.finish_and_clear();
    Ok((store, run.parts()))
}

fn parse_shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match numbers {
        Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
        _ => Err("expected I/N with I from 1 to N, as in 2/8".into()),
    }
}

/// The shard of this Slurm array task, if any.
fn slurm_shard(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<Shard>> {
    let Some(task) = variable("SLURM_ARRAY_TASK_ID") else { return Ok(None) };
    let number =
        |name: &str, text: &str| text.parse::<u64>().with_context(|| format!("{name}={text:?} is not a number"));
    let task = number("SLURM_ARRAY_TASK_ID", &task)?;
    let first = variable("SLURM_ARRAY_TASK_MIN").map_or(Ok(1), |text| number("SLURM_ARRAY_TASK_MIN", &text))?;
    let Some(count) = variable("SLURM_ARRAY_TASK_COUNT") else {
        bail!("SLURM_ARRAY_TASK_ID is set but SLURM_ARRAY_TASK_COUNT is not; give --shard I/N")
    };
    let count = number("SLURM_ARRAY_TASK_COUNT", &count)?;
    if task < first || task - first >= count {
        bail!("SLURM_ARRAY_TASK_ID={task} is not one of {count} consecutive tasks from {first}; give --shard I/N");
    }
    Ok(Some(Shard { index: task - first + 1, count }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!(parse_shard("2/8"), Ok(Shard { index: 2, count: 8 }));
        for wrong in ["0/8", "9/8", "2", "a/b", "2/0", "-1/3"] {
            assert!(parse_shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_slurm_array_task_is_a_shard() {
        let environment = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(slurm_shard(environment(&[])).expect("no array"), None);
        let zero_based = [("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_MIN", "0"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert_eq!(
            slurm_shard(environment(Box::leak(Box::new(zero_based)))).expect("an array"),
            Some(Shard { index: 4, count: 4 })
        );
        assert!(slurm_shard(environment(&[("SLURM_ARRAY_TASK_ID", "x")])).is_err());
    }
}
