//! `alignloss figures`

mod gallery;
mod page;
mod record;
mod verdicts;
mod watch;

use super::sweep;
use alignloss::experiment::{Experiment, Results, Shard, Store};
use alignloss::theorem::{self, Status};
use alignloss_figure::{Drawing, caption, compose};
use alignloss_terminal::{Outcome, Session, complain, note, print, table};
use anyhow::{Context, bail};
use clap::Args;
use page::{Format, Size, Theme, stem};
use record::{Drawn, Manifest, Record, write_if_changed};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Run the experiments whose results are missing or stale, draw the figures that are out of date, print the table of verdicts
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss figures                        every experiment in experiments/, drawn into figures/
  alignloss figures capacity phase-diagram
  alignloss figures ../study/mine.toml
  alignloss figures --size slide --theme dark --format svg
  alignloss figures pareto --watch         draw again whenever experiments/pareto.toml is saved

README.md in the folder of the figures is a gallery of all of them.")]
pub(super) struct Figures {
    /// Experiments or figures by name, or experiment files by path [default: every file in the folder]
    #[arg(value_name = "NAME|PATH")]
    names: Vec<String>,
    /// Folder of the experiment files
    #[arg(long, value_name = "DIR", default_value = sweep::FOLDER)]
    experiments: PathBuf,
    /// Folder of the results
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Folder for the figures
    #[arg(long, value_name = "DIR", default_value = "figures")]
    out: PathBuf,
    /// Page to draw for, added to file names as a suffix [default: single, or double for figures with several panels]
    #[arg(long, value_enum)]
    size: Option<Size>,
    /// Colour themes, comma-separated; names of dark files end in -dark
    #[arg(long, value_enum, value_delimiter = ',', default_value = "light")]
    theme: Vec<Theme>,
    /// File formats, comma-separated
    #[arg(long, value_enum, value_delimiter = ',', default_value = "svg,png,pdf")]
    format: Vec<Format>,
    /// Run experiments again even if they have results
    #[arg(long, conflicts_with = "draw_only")]
    force: bool,
    /// Run nothing: draw the existing results, even those of another version of the program
    #[arg(long)]
    draw_only: bool,
    /// Keep running, and redraw when an experiment file changes
    #[arg(long)]
    watch: bool,
}

/// Files that could not be read, by name, and why.
type Broken = BTreeMap<String, anyhow::Error>;

/// The files read.
#[derive(Debug, Default)]
struct Files {
    experiments: Vec<Experiment>,
    broken: Broken,
}

/// How many files were drawn, and how many were up to date.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    drawn: usize,
    current: usize,
}

impl Figures {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        let Files { experiments: everything, broken } = self.read_all()?;
        let chosen = self.chosen(&everything, &broken)?;
        let outcome = self.draw(session, &everything, &broken, &chosen)?;
        if !self.watch {
            // Without names, all files are requested, and some could not be drawn.
            return match broken.into_values().next() {
                Some(problem) if self.names.is_empty() => Err(problem.context("not every experiment could be read")),
                _ => Ok(outcome),
            };
        }
        watch::watch(&self.folders(), session, |files| {
            let Files { experiments: everything, mut broken } = self.read_all()?;
            let is_changed = |name: &str| files.iter().any(|file| file.file_stem().is_some_and(|stem| stem == name));
            let changed = |experiment: &&Experiment| is_changed(experiment.name());
            if let Some(problem) =
                broken.keys().find(|name| is_changed(name)).cloned().and_then(|name| broken.remove(&name))
            {
                return Err(problem);
            }
            let chosen: Vec<&Experiment> = self.chosen(&everything, &broken)?.into_iter().filter(changed).collect();
            if chosen.is_empty() { Ok(()) } else { self.draw(session, &everything, &broken, &chosen).map(|_| ()) }
        })?;
        Ok(Outcome::Fine)
    }

    /// Runs and draws what is stale among the chosen experiments, then writes the gallery of all.
    fn draw(
        &self,
        session: Session,
        everything: &[Experiment],
        broken: &Broken,
        chosen: &[&Experiment],
    ) -> anyhow::Result<Outcome> {
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let mut manifest = Manifest::read(&self.out);
        let is_there = |name: &str| everything.iter().any(|experiment| experiment.name() == name);
        manifest.experiments.retain(|name, _| is_there(name) || broken.contains_key(name));
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
            // After each experiment, so that an interrupted run need not draw again.
            manifest.write(&self.out)?;
        }
        write_if_changed(&self.out.join("README.md"), gallery::gallery(&manifest, &self.results).as_bytes())?;
        write_if_changed(&self.out.join("verdicts.md"), gallery::verdicts(&manifest).as_bytes())?;
        print(&table(&verdicts::HEADERS, &rows.iter().map(record::VerdictRow::fields).collect::<Vec<_>>()))?;
        note(session, &format!("{} files drawn, {} up to date in {}", tally.drawn, tally.current, self.out.display()));
        let violated = rows.iter().any(|row| row.verdict == Status::Violated.word());
        Ok(if violated { Outcome::Failed } else { Outcome::Fine })
    }

    /// An experiment's results: those of this version, or with `--draw-only` whatever exists.
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

    /// The folders of the experiment files.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let of_path = |path: &Path| match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
            Some(folder) => folder.to_owned(),
            None => PathBuf::from("."),
        };
        let given = self.names.iter().filter(|name| is_path(name)).map(|name| of_path(Path::new(name)));
        given.chain(self.experiments.is_dir().then(|| self.experiments.clone())).collect()
    }

    /// All experiments in the folder, by file name, and those requested by path.
    fn read_all(&self) -> anyhow::Result<Files> {
        let describe = || self.experiments.display().to_string();
        let given: Vec<PathBuf> = self.names.iter().filter(|name| is_path(name)).map(PathBuf::from).collect();
        let mut paths = given.clone();
        // Paths alone need no folder of experiments.
        if given.is_empty() || given.len() < self.names.len() || self.experiments.is_dir() {
            let entries = std::fs::read_dir(&self.experiments).with_context(describe)?;
            let mut found: Vec<PathBuf> = entries
                .filter_map(Result::ok)
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
                .collect();
            found.sort();
            if found.is_empty() && given.is_empty() {
                bail!("{}: no experiment files (*.toml)", self.experiments.display());
            }
            // A file given by path takes precedence over one of the same name.
            found.retain(|path| !given.iter().any(|given| given.file_stem() == path.file_stem()));
            paths.extend(found);
        }
        let mut files = Files::default();
        for path in paths {
            match sweep::read(&path, &[]) {
                Ok(experiment) => files.experiments.push(experiment),
                Err(problem) => {
                    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
                    files.broken.insert(name, problem);
                }
            }
        }
        Ok(files)
    }

    /// The experiments requested, by name, by path, or by the name of one of their figures.
    fn chosen<'a>(&self, experiments: &'a [Experiment], broken: &Broken) -> anyhow::Result<Vec<&'a Experiment>> {
        let names = |experiment: &Experiment| -> Vec<String> {
            std::iter::once(experiment.name().to_owned())
                .chain((0..experiment.figures().len()).map(|index| figure_name(experiment, index)))
                .collect()
        };
        let known: Vec<String> = experiments.iter().flat_map(names).collect();
        let wanted: Vec<String> = self.names.iter().map(|name| stem_of(name)).collect();
        for (name, wanted) in self.names.iter().zip(&wanted) {
            if let Some(problem) = broken.get(wanted) {
                bail!("{problem:#}");
            }
            if !known.contains(wanted) {
                let hint = alignloss::text::hint(name, known.iter().map(String::as_str));
                bail!("{name:?} is neither an experiment nor a figure in {}{hint}", self.experiments.display());
            }
        }
        for problem in broken.values() {
            complain(&format!("skipped: {problem:#}"));
        }
        let is_wanted =
            |experiment: &&Experiment| wanted.is_empty() || names(experiment).iter().any(|name| wanted.contains(name));
        Ok(experiments.iter().filter(is_wanted).collect())
    }
}

/// Whether a name is the path of a file.
fn is_path(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

/// The experiment named by a name or path.
fn stem_of(name: &str) -> String {
    let stem = if is_path(name) { Path::new(name).file_stem().and_then(|stem| stem.to_str()) } else { None };
    stem.unwrap_or(name).to_owned()
}

/// Ids and statements of the theorems an experiment illustrates.
fn statements(experiment: &Experiment) -> anyhow::Result<Vec<(String, String)>> {
    let statement = |id: &String| Ok((id.clone(), theorem::find(id)?.statement().to_owned()));
    experiment.shows().iter().map(statement).collect()
}

/// The file name of an experiment's figure: its own name, or the experiment's, numbered from the second on.
fn figure_name(experiment: &Experiment, index: usize) -> String {
    match (&experiment.figures()[index].name, index) {
        (Some(name), _) => name.clone(),
        (None, 0) => experiment.name().to_owned(),
        (None, _) => format!("{}-{}", experiment.name(), index + 1),
    }
}
