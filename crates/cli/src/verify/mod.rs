//! `alignloss verify`

mod reports;

use super::report::Report;
use alignloss::linalg::Matrix;
use alignloss::model;
use alignloss::theorem::adversary::Search;
use alignloss::theorem::variants::self_test;
use alignloss::theorem::verify::{Counterexample, Plan, Witness};
use alignloss::theorem::{self, Status, Theorem};
use alignloss_terminal::{Outcome, Session, bar, note, print};
use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Try the theorems on random models of every family, with optimal, random and nearly optimal encoders
#[derive(Debug, Args)]
#[command(after_help = "\
Theorems that claim any distribution are tried on discrete laws too. With --adversarial models and encoders are not drawn but
searched for: those on which a theorem is nearest to failing. `tightness` is then lhs/rhs of its inequalities less the error
bound, `deviation` is |lhs − rhs| of its identities in units of the error bound; above 1 either is a violation.

Exit code 1 on a violation; its model and encoders are saved so that `eval` replays them. With --save the tightest cases of a
search are saved too.

Examples:
  alignloss verify --models 10000
  alignloss verify capacity leakage --models 1000 --seed 7 --format json
  alignloss verify capacity correlation --adversarial --dims 1..6 --format csv
  alignloss verify --adversarial --budget 5000 --save tightest")]
pub(super) struct Verify {
    /// The theorems, by id [default: all]
    #[arg(value_name = "THEOREM", value_parser = clap::builder::PossibleValuesParser::new(theorem::ids()))]
    theorems: Vec<String>,
    /// Models of every family
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    models: u64,
    /// Seed of the models and encoders
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Search for the worst case instead of drawing cases
    #[arg(long, conflicts_with = "models")]
    adversarial: bool,
    /// Cases that the search may judge after its first probes, for each theorem, dimension and kind of claim [default: 20000]
    #[arg(long, value_name = "N", requires = "adversarial", value_parser = clap::value_parser!(u64).range(100..=1_000_000_000))]
    budget: Option<u64>,
    /// Outputs of the encoders that are searched: a number, or FROM..TO with both ends [default: 1..3]
    #[arg(long, value_name = "D", requires = "adversarial", value_parser = dims)]
    dims: Option<Dims>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Where counterexamples are saved [default: the current folder]
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Hold the referee against statements that are known to be false
    #[arg(long, hide = true, conflicts_with_all = ["adversarial", "models", "theorems"])]
    self_test: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: one object
    Json,
    /// For figures: one row a theorem, or a theorem and dimension
    Csv,
}

/// Dimensions to search, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dims {
    from: usize,
    to: usize,
}

const DEFAULT_DIMS: Dims = Dims { from: 1, to: 3 };
const DEFAULT_BUDGET: u64 = 20_000;
/// Beyond it one search moves more than a thousand parameters.
const LARGEST_DIM: usize = 16;

/// "2" or "1..6".
fn dims(text: &str) -> Result<Dims, String> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let number = |part: &str| part.trim().parse::<usize>().ok();
    match (number(from), number(to)) {
        (Some(from), Some(to)) if from >= 1 && from <= to && to <= LARGEST_DIM => Ok(Dims { from, to }),
        _ => Err(format!("expected a number from 1 to {LARGEST_DIM}, or two as in 1..6")),
    }
}

impl Verify {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        if self.self_test {
            return self.test_referee();
        }
        let mut theorems = theorem::REGISTRY.to_vec();
        if !self.theorems.is_empty() {
            theorems.retain(|theorem| self.theorems.iter().any(|id| id == theorem.id()));
        }
        if self.adversarial { self.search(session, theorems) } else { self.draw(session, theorems) }
    }

    fn draw(&self, session: Session, theorems: Vec<&'static dyn Theorem>) -> anyhow::Result<Outcome> {
        let plan = Plan { theorems, ..Plan::all(self.models, self.seed) };
        let bar = bar(session, 2 * plan.total(), "models");
        let gaussian = plan.run(|| bar.inc(1))?;
        let discrete = plan.run_discrete(|| bar.inc(1))?;
        bar.finish_and_clear();
        for (law, summaries) in [(GAUSSIAN, &gaussian), (DISCRETE, &discrete)] {
            for summary in summaries {
                if let Some(case) = &summary.counterexample {
                    self.keep(session, summary.id, law, case)?;
                }
            }
        }
        self.print(&reports::tried(&plan, &gaussian, &discrete))?;
        Ok(outcome(gaussian.iter().chain(&discrete).any(|summary| summary.status() == Status::Violated)))
    }

    fn search(&self, session: Session, theorems: Vec<&'static dyn Theorem>) -> anyhow::Result<Outcome> {
        let Dims { from, to } = self.dims.unwrap_or(DEFAULT_DIMS);
        let budget = self.budget.unwrap_or(DEFAULT_BUDGET);
        let search = Search { theorems, ..Search::all((from..=to).collect(), budget, self.seed) };
        let bar = bar(session, search.total() as u64, "searches");
        let extremes = search.run(|| bar.inc(1));
        bar.finish_and_clear();
        for extreme in &extremes {
            let Some(case) = &extreme.witness else { continue };
            let name = format!("{}-d{}", extreme.id, extreme.dim);
            if extreme.status == Status::Violated {
                self.keep(session, &name, extreme.law, case)?;
            } else if let Some(folder) = &self.save {
                save(folder, "tightest", &name, extreme.law, case)?;
            }
        }
        self.print(&reports::searched(&search, &extremes))?;
        Ok(outcome(extremes.iter().any(|extreme| extreme.status == Status::Violated)))
    }

    fn test_referee(&self) -> anyhow::Result<Outcome> {
        let refutations = self_test(self.seed)?;
        self.print(&reports::refuted(self.seed, &refutations))?;
        Ok(outcome(refutations.iter().any(|refutation| refutation.counterexample.is_none())))
    }

    fn print<R: Serialize>(&self, report: &Report<R>) -> anyhow::Result<()> {
        print(&match self.format {
            Format::Table => report.as_table(),
            Format::Json => report.as_json()?,
            Format::Csv => report.as_csv()?,
        })
    }

    /// Saves a counterexample, and says so.
    fn keep(&self, session: Session, name: &str, law: &str, case: &Counterexample) -> anyhow::Result<()> {
        let folder = self.save.as_deref().unwrap_or(Path::new("."));
        let replay = save(folder, "counterexample", name, law, case)?;
        note(session, &format!("{name}: violated by {}; {replay}", case.origin));
        Ok(())
    }
}

const GAUSSIAN: &str = "gaussian";
const DISCRETE: &str = "discrete";

fn outcome(failed: bool) -> Outcome {
    if failed { Outcome::Failed } else { Outcome::Fine }
}

/// Saves what replays a case, and says how.
fn save(folder: &Path, kind: &str, name: &str, law: &str, case: &Counterexample) -> anyhow::Result<String> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let suffix = if law == DISCRETE { "-discrete" } else { "" };
    let path = folder.join(format!("{kind}-{name}{suffix}.json"));
    let write = |path: &Path, text: String| std::fs::write(path, text).with_context(|| path.display().to_string());
    match &case.witness {
        Witness::Discrete(instance) => {
            write(&path, serde_json::to_string_pretty(&instance.to_json())? + "\n")?;
            Ok(format!("its table is in {}", path.display()))
        }
        Witness::Gaussian { model, encoders, minimiser } => {
            write(&path, model.to_text(model::Format::Json))?;
            let rows = |matrix: &Matrix| {
                matrix.row_iter().map(|row| row.iter().copied().collect::<Vec<_>>()).collect::<Vec<_>>()
            };
            let weights = path.with_extension("encoders.json");
            let json = serde_json::json!({ "encoders": [rows(&encoders.first), rows(&encoders.second)] });
            write(&weights, json.to_string() + "\n")?;
            // A minimiser is one only while `eval` knows it as such: given weights are just weights.
            Ok(match minimiser {
                Some((objective, parameters, dim)) => {
                    let mut command = format!("alignloss eval {} --objective {objective}", path.display());
                    for (name, value) in parameters.iter() {
                        let _ = write!(command, " -p {name}={value}");
                    }
                    format!("replay with: {command} --dim {dim}")
                }
                None => format!("replay with: alignloss eval {} --encoders {}", path.display(), weights.display()),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_a_number_or_a_range_with_both_ends() {
        assert_eq!(dims("4"), Ok(Dims { from: 4, to: 4 }));
        assert_eq!(dims("1..6"), Ok(Dims { from: 1, to: 6 }));
        for wrong in ["0", "6..1", "1..17", "..", "a", "1...3", ""] {
            assert!(dims(wrong).is_err(), "{wrong}");
        }
    }
}
