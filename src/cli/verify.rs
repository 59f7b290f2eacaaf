//! `alignloss verify`

use super::eval::Format;
use super::progress::{bar, note};
use super::table::{number, table};
use super::{Outcome, Session};
use crate::evaluation::Number;
use crate::model;
use crate::theorem::verify::{Counterexample, Plan, Summary};
use crate::theorem::{self, Status};
use anyhow::Context;
use clap::Args;
use std::path::{Path, PathBuf};

/// Try the theorems on random models of every family, with optimal, random and nearly optimal encoders
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1 on a violation; its model and encoders are saved so that `eval` replays them.

Examples:
  alignloss verify --models 10000
  alignloss verify capacity leakage --models 1000 --seed 7 --format json")]
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
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Where a counterexample is saved
    #[arg(long, value_name = "DIR", default_value = ".")]
    save: PathBuf,
}

impl Verify {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        let mut plan = Plan::all(self.models, self.seed);
        if !self.theorems.is_empty() {
            plan.theorems.retain(|theorem| self.theorems.iter().any(|id| id == theorem.id()));
        }
        let bar = bar(session, plan.total(), "models");
        let summaries = plan.run(|| bar.inc(1))?;
        bar.finish_and_clear();
        for (id, counterexample) in
            summaries.iter().filter_map(|summary| Some((summary.id, summary.counterexample.as_ref()?)))
        {
            let path = save(&self.save, id, counterexample)?;
            note(
                session,
                &format!(
                    "{id}: violated by {}; replay with: alignloss eval {} --encoders {}",
                    counterexample.origin,
                    path.display(),
                    path.with_extension("encoders.json").display()
                ),
            );
        }
        super::print(&match self.format {
            Format::Table => as_table(&summaries, &plan),
            Format::Json => as_json(&summaries, &plan)?,
        })?;
        let violated = summaries.iter().any(|summary| summary.status() == Status::Violated);
        Ok(if violated { Outcome::Failed } else { Outcome::Fine })
    }
}

fn save(folder: &Path, id: &str, counterexample: &Counterexample) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("counterexample-{id}.json"));
    let write = |path: &Path, text: String| std::fs::write(path, text).with_context(|| path.display().to_string());
    write(&path, counterexample.model.to_text(model::Format::Json))?;
    let rows = |matrix: &crate::linalg::Matrix| {
        matrix.row_iter().map(|row| row.iter().copied().collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let encoders = serde_json::json!({ "encoders": [rows(&counterexample.encoders.first), rows(&counterexample.encoders.second)] });
    write(&path.with_extension("encoders.json"), encoders.to_string() + "\n")?;
    Ok(path)
}

fn as_table(summaries: &[Summary], plan: &Plan) -> String {
    let rows: Vec<Vec<String>> = summaries
        .iter()
        .map(|summary| {
            vec![
                summary.id.to_owned(),
                summary.models.to_string(),
                summary.cases.to_string(),
                number(summary.smallest_slack),
                number(summary.greatest_tightness),
                summary.status().word().to_owned(),
            ]
        })
        .collect();
    table(&["theorem", "models", "cases", "smallest slack", "greatest tightness", "verdict"], &rows)
        + &format!(
            "\n{} models ({} of every family), seed {}; `models` and `cases` count those to which a theorem applies\n",
            plan.total(),
            plan.models,
            plan.seed
        )
}

fn as_json(summaries: &[Summary], plan: &Plan) -> anyhow::Result<String> {
    let theorems: Vec<serde_json::Value> = summaries
        .iter()
        .map(|summary| {
            serde_json::json!({
                "id": summary.id,
                "models": summary.models,
                "cases": summary.cases,
                "smallest_slack": Number(summary.smallest_slack),
                "greatest_tightness": Number(summary.greatest_tightness),
                "violated": summary.violated,
                "inconclusive": summary.inconclusive,
                "verdict": summary.status().word(),
            })
        })
        .collect();
    let report = serde_json::json!({ "models": plan.total(), "models_per_family": plan.models, "seed": plan.seed, "theorems": theorems });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}
