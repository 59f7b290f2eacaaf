//! `alignloss verify`

use super::progress::{bar, note};
use super::table::{measure, number, paragraph, table};
use super::{Outcome, Session};
use alignloss::evaluation::{Finite, SCHEMA};
use alignloss::linalg::Matrix;
use alignloss::model;
use alignloss::theorem::adversary::{Extreme, Search};
use alignloss::theorem::variants::{Refutation, self_test};
use alignloss::theorem::verify::{Counterexample, Plan, Summary, Witness};
use alignloss::theorem::{self, Status, Theorem};
use anyhow::Context;
use clap::{Args, ValueEnum};
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
        let summaries = plan.run(|| bar.inc(1))?;
        let discrete = plan.run_discrete(|| bar.inc(1))?;
        bar.finish_and_clear();
        let all: Vec<(&Summary, &str)> = summaries
            .iter()
            .map(|summary| (summary, GAUSSIAN))
            .chain(discrete.iter().map(|summary| (summary, DISCRETE)))
            .collect();
        for (summary, law) in &all {
            if let Some(case) = &summary.counterexample {
                self.report(session, "counterexample", summary.id, law, case)?;
            }
        }
        super::print(&match self.format {
            Format::Table => as_table(&all, &plan),
            Format::Json => as_json(&summaries, &discrete, &plan)?,
            Format::Csv => as_csv(
                &["id", "law", "models", "cases", "smallest_slack", "greatest_tightness", "reevaluated", "verdict"],
                all.iter().map(|(summary, law)| {
                    let mut row = vec![summary.id.to_owned(), (*law).to_owned()];
                    row.extend([summary.models, summary.cases].map(|count| count.to_string()));
                    row.extend([summary.smallest_slack, summary.greatest_tightness].map(plain));
                    row.extend([summary.reevaluated.to_string(), summary.status().word().to_owned()]);
                    row
                }),
            )?,
        })?;
        Ok(outcome(all.iter().any(|(summary, _)| summary.status() == Status::Violated)))
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
                self.report(session, "counterexample", &name, extreme.law, case)?;
            } else if let Some(folder) = &self.save {
                save(folder, "tightest", &name, extreme.law, case)?;
            }
        }
        super::print(&match self.format {
            Format::Table => extremes_as_table(&extremes, budget, self.seed),
            Format::Json => extremes_as_json(&extremes, budget, self.seed)?,
            Format::Csv => as_csv(
                &["id", "law", "dim", "tightness", "deviation", "evaluations", "failures", "verdict"],
                extremes.iter().map(|extreme| {
                    let mut row = vec![extreme.id.to_owned(), extreme.law.to_owned(), extreme.dim.to_string()];
                    row.extend([extreme.tightness, extreme.deviation].map(plain));
                    row.extend([extreme.evaluations, extreme.failures].map(|count| count.to_string()));
                    row.push(extreme.status.word().to_owned());
                    row
                }),
            )?,
        })?;
        Ok(outcome(extremes.iter().any(|extreme| extreme.status == Status::Violated)))
    }

    fn test_referee(&self) -> anyhow::Result<Outcome> {
        let refutations = self_test(self.seed)?;
        super::print(&match self.format {
            Format::Table => refutations_as_table(&refutations),
            Format::Json => {
                let rows: Vec<serde_json::Value> = refutations
                    .iter()
                    .map(|refutation| {
                        serde_json::json!({
                            "theorem": refutation.variant.of,
                            "variant": refutation.variant.name,
                            "claim": refutation.variant.claim,
                            "refuted": refutation.counterexample.is_some(),
                            "models": refutation.models,
                            "searched": refutation.searched,
                            "by": refuted_by(refutation),
                        })
                    })
                    .collect();
                serde_json::to_string_pretty(
                    &serde_json::json!({ "schema": SCHEMA, "seed": self.seed, "variants": rows }),
                )? + "\n"
            }
            Format::Csv => as_csv(
                &["theorem", "variant", "refuted", "models", "searched"],
                refutations.iter().map(|refutation| {
                    vec![
                        refutation.variant.of.to_owned(),
                        refutation.variant.name.to_owned(),
                        refutation.counterexample.is_some().to_string(),
                        refutation.models.to_string(),
                        refutation.searched.to_string(),
                    ]
                }),
            )?,
        })?;
        Ok(outcome(refutations.iter().any(|refutation| refutation.counterexample.is_none())))
    }

    fn report(&self, session: Session, kind: &str, name: &str, law: &str, case: &Counterexample) -> anyhow::Result<()> {
        let folder = self.save.as_deref().unwrap_or(Path::new("."));
        let replay = save(folder, kind, name, law, case)?;
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

fn as_table(summaries: &[(&Summary, &str)], plan: &Plan) -> String {
    let rows: Vec<Vec<String>> = summaries
        .iter()
        .map(|(summary, law)| {
            vec![
                summary.id.to_owned(),
                (*law).to_owned(),
                summary.models.to_string(),
                summary.cases.to_string(),
                measure(summary.smallest_slack),
                measure(summary.greatest_tightness),
                summary.reevaluated.to_string(),
                summary.status().word().to_owned(),
            ]
        })
        .collect();
    let headers =
        ["theorem", "law", "models", "cases", "smallest slack", "greatest tightness", "re-evaluated", "verdict"];
    table(&headers, &rows)
        + "\n"
        + &paragraph(&format!(
            "{} models ({} of every family), seed {}; `models` and `cases` count those to which a theorem applies, \
             `re-evaluated` the borderline cases that were judged again in double-double precision",
            plan.total(),
            plan.models,
            plan.seed
        ))
}

fn as_json(summaries: &[Summary], discrete: &[Summary], plan: &Plan) -> anyhow::Result<String> {
    let rows = |summaries: &[Summary]| -> Vec<serde_json::Value> {
        summaries
            .iter()
            .map(|summary| {
                serde_json::json!({
                    "id": summary.id,
                    "models": summary.models,
                    "cases": summary.cases,
                    "smallest_slack": Finite(summary.smallest_slack),
                    "greatest_tightness": Finite(summary.greatest_tightness),
                    "violated": summary.violated,
                    "inconclusive": summary.inconclusive,
                    "reevaluated": summary.reevaluated,
                    "verdict": summary.status().word(),
                })
            })
            .collect()
    };
    let report = serde_json::json!({
        "schema": SCHEMA,
        "models": plan.total(),
        "models_per_family": plan.models,
        "seed": plan.seed,
        "theorems": rows(summaries),
        "discrete": rows(discrete),
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn extremes_as_table(extremes: &[Extreme], budget: u64, seed: u64) -> String {
    let rows: Vec<Vec<String>> = extremes
        .iter()
        .map(|extreme| {
            let found = extreme.witness.as_ref().map_or("–", |case| case.origin.as_str());
            vec![
                extreme.id.to_owned(),
                extreme.law.to_owned(),
                extreme.dim.to_string(),
                precisely(extreme.tightness),
                number(extreme.deviation),
                extreme.status.word().to_owned(),
                found.to_owned(),
            ]
        })
        .collect();
    table(&["theorem", "law", "d", "tightness", "deviation", "verdict", "found with"], &rows)
        + "\n"
        + &paragraph(&format!(
            "up to {budget} cases for each theorem, d and kind of claim, seed {seed}; `tightness` is lhs/rhs of inequalities less the \
             error bound, `deviation` is |lhs − rhs| of identities over the error bound: above 1 either is a violation"
        ))
}

/// Near 1, prints enough digits to see past the nines.
fn precisely(value: f64) -> String {
    if (0.99..1.01).contains(&value) { format!("{value:.7}") } else { number(value) }
}

fn extremes_as_json(extremes: &[Extreme], budget: u64, seed: u64) -> anyhow::Result<String> {
    let rows: Vec<serde_json::Value> = extremes
        .iter()
        .map(|extreme| {
            serde_json::json!({
                "id": extreme.id,
                "law": extreme.law,
                "dim": extreme.dim,
                "tightness": Finite(extreme.tightness),
                "deviation": Finite(extreme.deviation),
                "evaluations": extreme.evaluations,
                "failures": extreme.failures,
                "verdict": extreme.status.word(),
                "claim": extreme.witness.as_ref().map(|case| &case.verdict.note),
                "found_with": extreme.witness.as_ref().map(|case| &case.origin),
            })
        })
        .collect();
    let report = serde_json::json!({ "schema": SCHEMA, "budget": budget, "seed": seed, "theorems": rows });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn refutations_as_table(refutations: &[Refutation]) -> String {
    let rows: Vec<Vec<String>> = refutations
        .iter()
        .map(|refutation| {
            vec![
                refutation.variant.name.to_owned(),
                if refutation.counterexample.is_some() { "refuted" } else { "NOT REFUTED" }.to_owned(),
                refutation.models.to_string(),
                refutation.searched.to_string(),
                refuted_by(refutation).unwrap_or_else(|| "–".into()),
            ]
        })
        .collect();
    let missed = refutations.iter().filter(|refutation| refutation.counterexample.is_none()).count();
    table(&["false statement", "", "models", "searched", "by"], &rows)
        + &format!("\n{} false statements, {missed} not refuted\n", refutations.len())
}

/// The model and the encoders that refuted a variant.
fn refuted_by(refutation: &Refutation) -> Option<String> {
    let case = refutation.counterexample.as_ref()?;
    let model = match &case.witness {
        Witness::Gaussian { model, .. } => model.name(),
        Witness::Discrete(_) => DISCRETE,
    };
    Some(format!("{model}: {}", case.origin))
}

/// All digits; nothing for what does not exist.
fn plain(value: f64) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

fn as_csv(headers: &[&str], rows: impl Iterator<Item = Vec<String>>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(headers)?;
    for row in rows {
        writer.write_record(&row)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
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
