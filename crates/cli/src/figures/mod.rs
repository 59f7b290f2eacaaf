//! `alignloss figures`

mod gallery;
mod page;
mod record;
mod verdicts;
mod watch;

use super::progress::note;
use super::table::table;
use super::{Outcome, Session, sweep};
use alignloss::experiment::{Experiment, Results, Shard, Store};
use alignloss::theorem::{self, Status};
use alignloss_figure::{Drawing, caption, compose};
use anyhow::{Context, bail};
use clap::Args;
use page::{Format, Size, Theme, stem};
use record::{Drawn, Manifest, Record, write_if_changed};
use std::path::{Path, PathBuf};

/// Run the experiments whose results are missing or stale, draw the figures that are out of date, print the verdict table
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss figures                        every experiment in experiments/, drawn into figures/
  alignloss figures capacity phase-diagram
  alignloss figures --size slide --theme dark --format svg
  alignloss figures pareto --watch         draw again whenever experiments/pareto.toml is saved

README.md in the folder of the figures is a gallery of all of them.")]
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
    /// Page to draw for; files get its name as a suffix [default: single, and double for figures of several panels]
    #[arg(long, value_enum)]
    size: Option<Size>,
    /// Colours, comma-separated for both; files of dark figures end in -dark
    #[arg(long, value_enum, value_delimiter = ',', default_value = "light")]
    theme: Vec<Theme>,
    /// File formats, comma-separated
    #[arg(long, value_enum, value_delimiter = ',', default_value = "svg,png,pdf")]
    format: Vec<Format>,
    /// Run again what has results
    #[arg(long, conflicts_with = "draw_only")]
    force: bool,
    /// Run nothing: draw the results that there are, even of another version of the program
    #[arg(long)]
    draw_only: bool,
    /// Stay, and draw again when an experiment file changes
    #[arg(long)]
    watch: bool,
}

/// How many files were drawn, and how many needed no drawing.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    drawn: usize,
    current: usize,
}

impl Figures {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        let everything = self.read_all()?;
        let chosen = self.chosen(&everything)?;
        let outcome = self.draw(session, &everything, &chosen)?;
        if !self.watch {
            return Ok(outcome);
        }
        watch::watch(&self.experiments, session, |files| {
            let everything = self.read_all()?;
            let changed = |experiment: &&Experiment| {
                files.iter().any(|file| file.file_stem().is_some_and(|stem| stem == experiment.name()))
            };
            let chosen: Vec<&Experiment> = self.chosen(&everything)?.into_iter().filter(changed).collect();
            if chosen.is_empty() { Ok(()) } else { self.draw(session, &everything, &chosen).map(|_| ()) }
        })?;
        Ok(Outcome::Fine)
    }

    /// Runs and draws what is stale of the chosen experiments, then writes the gallery of all.
    fn draw(&self, session: Session, everything: &[Experiment], chosen: &[&Experiment]) -> anyhow::Result<Outcome> {
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let mut manifest = Manifest::read(&self.out);
        manifest.experiments.retain(|name, _| everything.iter().any(|experiment| experiment.name() == name));
        let mut tally = Tally::default();
        let mut rows = Vec::new();
        for experiment in chosen {
            let (store, results) = self.results_of(session, experiment)?;
            let record = Record {
                theorems: statements(experiment)?,
                verdicts: if self.draw_only {
                    manifest
                        .experiments
                        .get(experiment.name())
                        .map(|record| record.verdicts.clone())
                        .unwrap_or_default()
                } else {
                    verdicts::judge(experiment, &results, store.folder())?
                },
                figures: (0..experiment.figures().len())
                    .map(|index| self.draw_one(session, experiment, index, &results, &manifest, &mut tally))
                    .collect::<anyhow::Result<_>>()?,
            };
            rows.extend(record.verdicts.clone());
            manifest.experiments.insert(experiment.name().to_owned(), record);
            // After each experiment: what an interrupted run has drawn need not be drawn again.
            manifest.write(&self.out)?;
        }
        write_if_changed(&self.out.join("README.md"), gallery::gallery(&manifest, &self.results).as_bytes())?;
        write_if_changed(&self.out.join("verdicts.md"), gallery::verdicts(&manifest).as_bytes())?;
        super::print(&table(&verdicts::HEADERS, &rows.iter().map(record::VerdictRow::fields).collect::<Vec<_>>()))?;
        note(session, &format!("{} files drawn, {} up to date in {}", tally.drawn, tally.current, self.out.display()));
        let violated = rows.iter().any(|row| row.verdict == Status::Violated.word());
        Ok(if violated { Outcome::Failed } else { Outcome::Fine })
    }

    /// The results of an experiment: those of this version, or with `--draw-only` those that are there.
    fn results_of(&self, session: Session, experiment: &Experiment) -> anyhow::Result<(Store, Results)> {
        let folder = self.results.join(experiment.name());
        if self.force && folder.join("manifest.json").exists() {
            std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        let store = if self.draw_only {
            Store::existing(&folder)?
        } else {
            sweep::run(session, experiment, &self.results, Shard::WHOLE, true)?.0
        };
        let results = store.read()?;
        Ok((store, results))
    }

    /// Draws the files of one figure that are out of date.
    fn draw_one(
        &self,
        session: Session,
        experiment: &Experiment,
        index: usize,
        results: &Results,
        manifest: &Manifest,
        tally: &mut Tally,
    ) -> anyhow::Result<Drawn> {
        let (name, spec) = (figure_name(experiment, index), &experiment.figures()[index]);
        let describe = || format!("figure {name}");
        let figure = compose(experiment, spec, results);
        let content = Drawing::new(&figure).with_context(describe)?.recipe();
        let before = manifest.drawn(experiment.name(), &name).filter(|drawn| drawn.content == content);
        let mut drawn = Drawn {
            title: spec.title.clone().unwrap_or_else(|| experiment.title().to_owned()),
            caption: caption(experiment, spec),
            content,
            files: before.map(|drawn| drawn.files.clone()).unwrap_or_default(),
            name: name.clone(),
        };
        drawn.files.retain(|file, _| self.out.join(file).exists());
        for theme in &self.theme {
            let page = figure.clone().on(self.size.map(Size::width), theme.style());
            let drawing = Drawing::new(&page).with_context(describe)?;
            for format in &self.format {
                let file = format!("{}.{}", stem(&name, self.size, *theme), format.extension());
                if drawn.files.get(&file) == Some(&drawing.recipe()) {
                    tally.current += 1;
                    continue;
                }
                let path = self.out.join(&file);
                write_if_changed(&path, &format.bytes(&drawing).with_context(describe)?)?;
                drawn.files.insert(file, drawing.recipe());
                tally.drawn += 1;
                note(session, &path.display().to_string());
            }
        }
        Ok(drawn)
    }

    /// All experiments of the folder, by file name.
    fn read_all(&self) -> anyhow::Result<Vec<Experiment>> {
        let describe = || self.experiments.display().to_string();
        let is_experiment = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&self.experiments)
            .with_context(describe)?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(is_experiment)
            .collect();
        paths.sort();
        let experiments =
            paths.iter().map(|path: &PathBuf| sweep::read(Path::new(path))).collect::<anyhow::Result<Vec<_>>>()?;
        if experiments.is_empty() {
            bail!("{}: no experiment files (*.toml)", self.experiments.display());
        }
        Ok(experiments)
    }

    /// The experiments asked for, by their own name or that of one of their figures.
    fn chosen<'a>(&self, experiments: &'a [Experiment]) -> anyhow::Result<Vec<&'a Experiment>> {
        let names = |experiment: &Experiment| -> Vec<String> {
            std::iter::once(experiment.name().to_owned())
                .chain((0..experiment.figures().len()).map(|index| figure_name(experiment, index)))
                .collect()
        };
        let known: Vec<String> = experiments.iter().flat_map(names).collect();
        for name in &self.names {
            if !known.contains(name) {
                let hint = alignloss::text::nearest(name, known.iter().map(String::as_str))
                    .map(|near| format!("; did you mean {near:?}?"))
                    .unwrap_or_default();
                bail!("{name:?} is neither an experiment nor a figure in {}{hint}", self.experiments.display());
            }
        }
        let wanted = |experiment: &&Experiment| {
            self.names.is_empty() || names(experiment).iter().any(|name| self.names.contains(name))
        };
        Ok(experiments.iter().filter(wanted).collect())
    }
}

/// Ids and statements of the theorems that an experiment shows.
fn statements(experiment: &Experiment) -> anyhow::Result<Vec<(String, String)>> {
    let statement = |id: &String| Ok((id.clone(), theorem::find(id)?.statement().to_owned()));
    experiment.shows().iter().map(statement).collect()
}

/// The file name of an experiment's figure: its own, or the experiment's, numbered from the second on.
fn figure_name(experiment: &Experiment, index: usize) -> String {
    match (&experiment.figures()[index].name, index) {
        (Some(name), _) => name.clone(),
        (None, 0) => experiment.name().to_owned(),
        (None, _) => format!("{}-{}", experiment.name(), index + 1),
    }
}
