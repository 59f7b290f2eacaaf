//! What `verify` prints: of drawn models, of a search, of the self-test.

use super::{DISCRETE, GAUSSIAN};
use crate::number::{measure, number};
use crate::report::{Cell, Column, Report};
use alignloss::evaluation::Finite;
use alignloss::theorem::adversary::{Extreme, Search};
use alignloss::theorem::variants::Refutation;
use alignloss::theorem::verify::{Plan, Summary, Witness};
use serde::Serialize;

/// A theorem on the drawn models of one kind of law.
#[derive(Debug, Serialize)]
pub(super) struct Tried {
    id: &'static str,
    /// The key of the list says it in JSON.
    #[serde(skip)]
    law: &'static str,
    models: u64,
    cases: u64,
    smallest_slack: Finite,
    greatest_tightness: Finite,
    violated: u64,
    inconclusive: u64,
    reevaluated: u64,
    verdict: &'static str,
}

const TRIED: [Column<Tried>; 8] = [
    Column::new("theorem", "id", |row| Cell::of(&row.id)),
    Column::new("law", "law", |row| Cell::of(&row.law)),
    Column::new("models", "models", |row| Cell::of(&row.models)),
    Column::new("cases", "cases", |row| Cell::of(&row.cases)),
    Column::new("smallest slack", "smallest_slack", |row| Cell::number(row.smallest_slack.0, measure)),
    Column::new("greatest tightness", "greatest_tightness", |row| Cell::number(row.greatest_tightness.0, measure)),
    Column::new("re-evaluated", "reevaluated", |row| Cell::of(&row.reevaluated)),
    Column::new("verdict", "verdict", |row| Cell::of(&row.verdict)),
];

/// What became of the theorems on the models that a plan draws.
pub(super) fn tried(plan: &Plan, gaussian: &[Summary], discrete: &[Summary]) -> Report<Tried> {
    let rows = |law: &'static str, summaries: &[Summary]| -> Vec<Tried> {
        let row = |summary: &Summary| Tried {
            id: summary.id,
            law,
            models: summary.models,
            cases: summary.cases,
            smallest_slack: Finite(summary.smallest_slack),
            greatest_tightness: Finite(summary.greatest_tightness),
            violated: summary.violated,
            inconclusive: summary.inconclusive,
            reevaluated: summary.reevaluated,
            verdict: summary.status().word(),
        };
        summaries.iter().map(row).collect()
    };
    Report {
        head: vec![("models", plan.total()), ("models_per_family", plan.models), ("seed", plan.seed)],
        groups: vec![("theorems", rows(GAUSSIAN, gaussian)), ("discrete", rows(DISCRETE, discrete))],
        columns: &TRIED,
        note: format!(
            "{} models ({} of every family), seed {}; `models` and `cases` count those to which a theorem applies, \
             `re-evaluated` the borderline cases that were judged again in double-double precision",
            plan.total(),
            plan.models,
            plan.seed
        ),
    }
}

/// Where a theorem is nearest to failing.
#[derive(Debug, Serialize)]
pub(super) struct Searched {
    id: &'static str,
    law: &'static str,
    dim: usize,
    tightness: Finite,
    deviation: Finite,
    evaluations: u64,
    failures: u64,
    verdict: &'static str,
    claim: Option<String>,
    found_with: Option<String>,
}

const SEARCHED: [Column<Searched>; 9] = [
    Column::new("theorem", "id", |row| Cell::of(&row.id)),
    Column::new("law", "law", |row| Cell::of(&row.law)),
    Column::new("d", "dim", |row| Cell::of(&row.dim)),
    Column::new("tightness", "tightness", |row| Cell::number(row.tightness.0, precisely)),
    Column::new("deviation", "deviation", |row| Cell::number(row.deviation.0, number)),
    Column::of_csv("evaluations", |row| Cell::of(&row.evaluations)),
    Column::of_csv("failures", |row| Cell::of(&row.failures)),
    Column::new("verdict", "verdict", |row| Cell::of(&row.verdict)),
    Column::of_table("found with", |row| Cell::of(&row.found_with.as_deref().unwrap_or("–"))),
];

/// What a search found.
pub(super) fn searched(search: &Search, extremes: &[Extreme]) -> Report<Searched> {
    let row = |extreme: &Extreme| Searched {
        id: extreme.id,
        law: extreme.law,
        dim: extreme.dim,
        tightness: Finite(extreme.tightness),
        deviation: Finite(extreme.deviation),
        evaluations: extreme.evaluations,
        failures: extreme.failures,
        verdict: extreme.status.word(),
        claim: extreme.witness.as_ref().map(|case| case.verdict.note.clone()),
        found_with: extreme.witness.as_ref().map(|case| case.origin.clone()),
    };
    Report {
        head: vec![("budget", search.budget), ("seed", search.seed)],
        groups: vec![("theorems", extremes.iter().map(row).collect())],
        columns: &SEARCHED,
        note: format!(
            "up to {} cases for each theorem, d and kind of claim, seed {}; `tightness` is lhs/rhs of inequalities less the \
             error bound, `deviation` is |lhs − rhs| of identities over the error bound: above 1 either is a violation",
            search.budget, search.seed
        ),
    }
}

/// Near 1, prints enough digits to see past the nines.
fn precisely(value: f64) -> String {
    if (0.99..1.01).contains(&value) { format!("{value:.7}") } else { number(value) }
}

/// A false statement.
#[derive(Debug, Serialize)]
pub(super) struct FalseStatement {
    theorem: &'static str,
    variant: &'static str,
    claim: &'static str,
    refuted: bool,
    models: u64,
    searched: u64,
    by: Option<String>,
}

const FALSE_STATEMENTS: [Column<FalseStatement>; 6] = [
    Column::of_csv("theorem", |row| Cell::of(&row.theorem)),
    Column::new("false statement", "variant", |row| Cell::of(&row.variant)),
    Column::new("", "refuted", |row| Cell::worded(&row.refuted, if row.refuted { "refuted" } else { "NOT REFUTED" })),
    Column::new("models", "models", |row| Cell::of(&row.models)),
    Column::new("searched", "searched", |row| Cell::of(&row.searched)),
    Column::of_table("by", |row| Cell::of(&row.by.as_deref().unwrap_or("–"))),
];

/// What the referee said of statements that are known to be false.
pub(super) fn refuted(seed: u64, refutations: &[Refutation]) -> Report<FalseStatement> {
    let row = |refutation: &Refutation| FalseStatement {
        theorem: refutation.variant.of,
        variant: refutation.variant.name,
        claim: refutation.variant.claim,
        refuted: refutation.counterexample.is_some(),
        models: refutation.models,
        searched: refutation.searched,
        by: refuted_by(refutation),
    };
    let rows: Vec<FalseStatement> = refutations.iter().map(row).collect();
    let missed = rows.iter().filter(|row| !row.refuted).count();
    Report {
        head: vec![("seed", seed)],
        note: format!("{} false statements, {missed} not refuted", rows.len()),
        groups: vec![("variants", rows)],
        columns: &FALSE_STATEMENTS,
    }
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
