//! `alignloss demo`

mod plain;
mod screen;
mod terminal;
mod worker;

use crate::lesson::{self, LESSONS, Lesson, Values};
use alignloss_terminal::{Outcome, print};
use anyhow::{Context, bail};
use clap::Args;
use std::io::IsTerminal;

/// Show interactive lessons: one idea each, with a chart, a question and its answer
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss demo                                   the first lesson; n goes to the next
  alignloss demo forgetting                        an encoder forgets while you watch: s starts and pauses
  alignloss demo capacity --plain                  as text, for slides and screen readers
  alignloss demo capacity --set dim=3,noise=0.1 --input > lesson.toml

Without a terminal, or with TERM=dumb, lessons are printed as with --plain.")]
pub(super) struct Demo {
    /// Name of the lesson [default: the first]
    lesson: Option<String>,
    /// List the name, theorem and title of every lesson
    #[arg(long, conflicts_with_all = ["plain", "input", "lesson"])]
    list: bool,
    /// Print the lesson as text
    #[arg(long)]
    plain: bool,
    /// Print only the model or experiment file that the lesson's command reads
    #[arg(long, conflicts_with = "plain")]
    input: bool,
    /// Start with these parameter values
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', conflicts_with = "list")]
    set: Vec<String>,
}

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        if self.list {
            print(&plain::list())?;
            return Ok(Outcome::Fine);
        }
        let place = self.lesson.as_deref().map_or(Ok(0), lesson::find)?;
        let lesson = LESSONS[place];
        let values = values(lesson, &self.set)?;
        if self.input {
            print(&lesson.recipe(&values).input)?;
        } else if self.plain || !is_terminal() {
            print(&plain::lesson(lesson, &values)?)?;
        } else {
            terminal::run(place, values)?;
        }
        Ok(Outcome::Fine)
    }
}

/// Whether there is a terminal to draw on.
fn is_terminal() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb");
    !dumb && std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// The defaults, overridden by these settings, each `name=value`.
fn values(lesson: &dyn Lesson, settings: &[String]) -> anyhow::Result<Values> {
    let mut values = Values::new(lesson.parameters());
    for setting in settings {
        let (name, value) = setting.split_once('=').with_context(|| format!("--set {setting}: expected NAME=VALUE"))?;
        let Some(place) = lesson.parameters().iter().position(|parameter| parameter.name == name) else {
            let names: Vec<&str> = lesson.parameters().iter().map(|parameter| parameter.name).collect();
            bail!("--set {setting}: {} has {}", lesson.name(), names.join(", "));
        };
        let number: f64 = value.parse().with_context(|| format!("--set {setting}"))?;
        let parameter = &lesson.parameters()[place];
        if !(parameter.from..=parameter.to).contains(&number) {
            bail!("--set {setting}: expected a number from {} to {}", parameter.from, parameter.to);
        }
        values.set(place, number);
    }
    Ok(values)
}
