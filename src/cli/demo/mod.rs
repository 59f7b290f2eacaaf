//! `alignloss demo`

mod plain;
mod terminal;

use super::Outcome;
use crate::lesson::{self, LESSONS, Values};
use anyhow::{Context, bail};
use clap::Args;
use std::io::IsTerminal;

/// Lessons: one idea each, with a chart that moves, a question and its answer
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss demo                                   the first lesson; n goes on to the next
  alignloss demo capacity --plain                  as text, for slides and screen readers
  alignloss demo capacity --set dim=3 --model > model.toml")]
pub(super) struct Demo {
    /// The lesson [default: the first]
    lesson: Option<String>,
    /// The names and titles of all lessons
    #[arg(long, conflicts_with_all = ["plain", "model", "lesson"])]
    list: bool,
    /// Text instead of the interface, also where the output is no terminal
    #[arg(long)]
    plain: bool,
    /// Only the lesson's model file, for `eval`
    #[arg(long, conflicts_with = "plain")]
    model: bool,
    /// Starts with a parameter at a value
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        if self.list {
            super::print(&plain::list())?;
            return Ok(Outcome::Fine);
        }
        let place = self.lesson.as_deref().map_or(Ok(0), lesson::find)?;
        let lesson = LESSONS[place];
        let mut values = Values::new(lesson.parameters());
        for setting in &self.set {
            let (name, value) =
                setting.split_once('=').with_context(|| format!("--set {setting}: expected NAME=VALUE"))?;
            let Some(place) = lesson.parameters().iter().position(|parameter| parameter.name == name) else {
                let names: Vec<&str> = lesson.parameters().iter().map(|parameter| parameter.name).collect();
                bail!("--set {setting}: {} has {}", lesson.name(), names.join(", "));
            };
            let number: f64 = value.parse().with_context(|| format!("--set {setting}"))?;
            let parameter = &lesson.parameters()[place];
            if !(parameter.from..=parameter.to).contains(&number) {
                bail!("--set {setting}: expected from {} to {}", parameter.from, parameter.to);
            }
            values.set(place, number);
        }
        if self.model {
            super::print(&lesson.model(&values))?;
        } else if self.plain || !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
            super::print(&plain::lesson(lesson, &values)?)?;
        } else {
            terminal::run(place, values)?;
        }
        Ok(Outcome::Fine)
    }
}
