//! `alignloss eval`

use super::input;
use super::number::{number, side};
use alignloss::evaluation::{Evaluation, MinimiserSummary, Number, TargetSummary, TheoremSummary};
use alignloss::information::Encoders;
use alignloss::linalg::Matrix;
use alignloss::objective::{self, Entry, ObjectiveError, Parameters};
use alignloss::precise::{Measure, TargetMeasures};
use alignloss::theorem::{Case, Subject};
use alignloss_terminal::{Outcome, print, table, table_with_remarks};
use anyhow::{Context, anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Evaluate one model under one objective, exactly
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1 if a theorem is violated, as for `verify`.

Examples:
  alignloss eval model.toml --objective cca --dim 2
  alignloss eval model.json --objective prediction --dim 1 --format json | jq '.targets[0].information_loss'
  alignloss eval model.toml --objective alignment-fidelity -p lambda=0.3 --dim 2
  alignloss eval counterexample.json --encoders counterexample.encoders.json
  generate-model | alignloss eval - --format json")]
pub(super) struct Eval {
    /// Model file in TOML or JSON, or - for standard input (read as JSON if it begins with {)
    model: PathBuf,
    /// The objective that both encoders minimise
    #[arg(long, value_name = "ID", default_value = objective::DEFAULT.id, value_parser = clap::builder::PossibleValuesParser::new(objective::ids()))]
    objective: String,
    /// Outputs of each encoder [default: the number of shared factors, or 1]
    #[arg(long, short, value_name = "D")]
    dim: Option<usize>,
    /// Parameter of the objective, as in -p lambda=0.3; repeatable
    #[arg(long = "parameter", short, value_name = "NAME=VALUE", conflicts_with = "encoders", long_help = parameter_help())]
    parameters: Vec<String>,
    /// Weight of fidelity, from 0 to 1: short for -p lambda=L
    #[arg(long, short, value_name = "L", conflicts_with = "encoders")]
    lambda: Option<f64>,
    /// Evaluate these encoders instead of a minimiser: a JSON file (or -) with "encoders", in the format this command prints
    #[arg(long, value_name = "FILE", conflicts_with_all = ["objective", "dim"])]
    encoders: Option<PathBuf>,
    /// The two modalities to align, counted from 1
    #[arg(long, value_name = "I,J", default_value = "1,2", value_delimiter = ',', num_args = 1)]
    modalities: Vec<usize>,
    /// Seed of the objective `random`
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables, for reading
    Table,
    /// One JSON object with stable keys, for programs
    Json,
}

impl Eval {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        ensure!(
            !(input::is_standard(&self.model) && self.encoders.as_deref().is_some_and(input::is_standard)),
            "--encoders -: standard input already holds the model"
        );
        let model = input::model(&self.model)?;
        let describe = || input::name(&self.model);
        let [first, second] = self.modalities[..] else {
            bail!("--modalities: {} given, expected two, as in 1,2", self.modalities.len())
        };
        let count = model.modalities().len();
        ensure!(
            first != second && (1..=count).contains(&first) && (1..=count).contains(&second),
            "--modalities {first},{second}: expected two different numbers from 1 to {count}"
        );
        let entry = objective::entry(&self.objective)?;
        let weight = self.lambda.map(|lambda| format!("lambda={lambda}"));
        let parameters = parameters(&entry, self.parameters.iter().chain(&weight))?;
        let objective = objective::with_parameters(&self.objective, &parameters).map_err(|error| match error {
            ObjectiveError::Missing { name, .. } => anyhow!("missing -p {name}=VALUE: {error}"),
            error => error.into(),
        })?;
        let subject = Subject::new(&model, [first - 1, second - 1]).with_context(describe)?;
        let (case, name) = if let Some(path) = &self.encoders {
            let encoders = read_encoders(path)?;
            (Case::of_weights(&subject, encoders).with_context(|| input::name(path))?, "given encoders")
        } else {
            let dim = self.dim.unwrap_or(model.shared().max(1));
            let learner = subject.learner(self.seed);
            (Case::minimise(&subject, &learner, objective.as_ref(), dim).with_context(describe)?, objective.id())
        };
        let report = Evaluation::new(&case, name).with_context(describe)?;
        print(&match self.format {
            Format::Json => serde_json::to_string_pretty(&report)? + "\n",
            Format::Table => as_tables(&report),
        })?;
        Ok(outcome(&report))
    }
}

/// The help text for `--parameter`.
fn parameter_help() -> String {
    let mut text = "Parameter of the objective; repeatable:\n".to_owned();
    for entry in objective::REGISTRY {
        for parameter in entry.parameters {
            let default = parameter.default.map_or_else(|| "required".into(), |value| format!("default: {value}"));
            let _ = writeln!(text, "- {} of {}: {} [{default}]", parameter.name, entry.id, parameter.meaning);
        }
    }
    text
}

/// The parameters of an objective from `NAME=VALUE`.
fn parameters<'a>(entry: &Entry, mut given: impl Iterator<Item = &'a String>) -> anyhow::Result<Parameters> {
    given.try_fold(Parameters::default(), |parameters, text| {
        let (name, value) =
            text.split_once('=').with_context(|| format!("-p {text}: expected NAME=VALUE, as in lambda=0.3"))?;
        let parameter = entry.parameter(name).with_context(|| {
            let known: Vec<&str> = entry.parameters.iter().map(|parameter| parameter.name).collect();
            let known = if known.is_empty() { "no parameters".into() } else { format!("only {}", known.join(", ")) };
            format!("-p {text}: objective {:?} has {known}", entry.id)
        })?;
        let numbers: Result<Vec<f64>, _> = value.split(',').map(|number| number.trim().parse()).collect();
        let value = numbers.ok().and_then(|numbers| parameter.kind.value(&numbers));
        let value = value.with_context(|| format!("-p {text}: expected {}", parameter.kind.words()))?;
        parameter.check(value).with_context(|| format!("-p {text}"))?;
        ensure!(parameters.get(name).is_none(), "-p {text}: {name} is given twice");
        Ok(parameters.with(parameter.name, value))
    })
}

fn outcome(report: &Evaluation) -> Outcome {
    if report.violated() { Outcome::Failed } else { Outcome::Fine }
}

fn read_encoders(path: &Path) -> anyhow::Result<Encoders> {
    #[derive(serde::Deserialize)]
    struct File {
        encoders: [Vec<Vec<f64>>; 2],
    }
    let file: File = serde_json::from_str(&input::text(path)?).with_context(|| input::name(path))?;
    let matrix = |rows: &[Vec<f64>], m: usize| {
        let columns = rows.first().map_or(0, Vec::len);
        ensure!(
            rows.iter().all(|row| row.len() == columns),
            "{}: encoders[{m}]: rows differ in length",
            input::name(path)
        );
        Ok(Matrix::from_fn(rows.len(), columns, |i, j| rows[i][j]))
    };
    Ok(Encoders { first: matrix(&file.encoders[0], 0)?, second: matrix(&file.encoders[1], 1)? })
}

/// Describes the other minimisers and what they yield instead.
fn describe(minimisers: &MinimiserSummary, unique: Option<bool>) -> String {
    let doubt = if unique == Some(false) { "the minimiser is not unique" } else { "the minimiser may not be unique" };
    let mut text = format!("{doubt}: {}\n", minimisers.reason);
    for entry in &minimisers.affected {
        let range = |name: &str, range: Option<[Number; 2]>| match range {
            Some([least, most]) => format!("{name} from {} to {}", number(least.0), number(most.0)),
            None => format!("{name} not computed"),
        };
        let (information, r2) = (range("information", entry.mi), range("R²", entry.r2));
        let _ = writeln!(text, "  {} about {:?}, over all minimisers: {information}, {r2}", entry.source, entry.target);
    }
    text
}

/// A measure for display: 0 if it cannot be told from 0; marked with `?` if its error exceeds 1e-9 of its size.
fn measure(measure: &Measure) -> String {
    number(measure.shown()) + if measure.is_uncertain() { "?" } else { "" }
}

/// Explains the mark, if it was used.
fn footnote(report: &Evaluation) -> &'static str {
    if report.uncertain.is_empty() {
        ""
    } else {
        "\n? error above 1e-9 of the value, or not distinguishable from 0 or infinity: see \"uncertain\" in --format json\n"
    }
}

fn target_table(target: &TargetSummary, measures: &TargetMeasures) -> String {
    let row = |name: &str, by: &[Measure]| {
        let missing = vec![String::new(); 6 - by.len()];
        std::iter::once(name.to_owned()).chain(missing).chain(by.iter().map(measure)).collect::<Vec<_>>()
    };
    let rows = [
        row("information", &measures.information),
        row("R²", &measures.r2),
        row("σ", &measures.sigma),
        row("information loss", &measures.loss),
    ];
    let mut text = format!("\ntarget {:?} (dimension {})\n", target.name, target.dimension);
    text += &table(&["", "x1", "x2", "x1,x2", "z1", "z2", "z1,z2"], &rows);
    if let Some(parts) = &measures.parts {
        let [redundant, first, second, synergistic] = parts.each_ref().map(measure);
        let _ = writeln!(
            text,
            "redundant {redundant}  unique to 1 {first}  unique to 2 {second}  synergistic {synergistic}"
        );
    }
    text
}

/// The report as tables.
fn as_tables(report: &Evaluation) -> String {
    let measures = &report.measures;
    let mut text = format!(
        "{}: {} with d = {}\nchannels {:?}, shared factors {}, private factors {:?}; information in nats\n\n",
        report.model.name,
        report.objective,
        report.dim,
        report.model.observed,
        report.model.shared,
        report.model.private
    );
    let correlations: Vec<String> = measures.canonical_correlations.iter().map(measure).collect();
    let _ = writeln!(text, "canonical correlations   {}", correlations.join("  "));
    let _ = writeln!(text, "objective value          {}", number(report.objective_value.0));
    let [error, operator, floor, observed, encoded] = measures.alignment.each_ref().map(measure);
    let _ = writeln!(
        text,
        "alignment                error {error}  floor {floor}  operator {operator}\n\
         cross-modal information  I(x1;x2) {observed}  I(z1;z2) {encoded}"
    );
    if let Some(minimisers) = &report.minimisers {
        text += &describe(minimisers, report.unique);
    }
    for (target, measures) in report.targets.iter().zip(&measures.targets) {
        text += &target_table(target, measures);
    }
    for (entry, [aligned, private, _]) in report.capacity.iter().zip(&measures.capacities) {
        let _ = writeln!(
            text,
            "\ncapacity of z{} about {:?}: aligned {} + private {} ≤ {}",
            entry.encoder,
            entry.target,
            measure(aligned),
            measure(private),
            entry.dim
        );
    }
    text += footnote(report);
    text + "\n" + &theorems_as_table(report)
}

/// The verdicts as a table.
fn theorems_as_table(report: &Evaluation) -> String {
    let row = |theorem: &TheoremSummary| {
        let (lhs, rhs) = (theorem.lhs.0, theorem.rhs.0);
        let side = |value: f64| side(value, lhs.abs().max(rhs.abs()), theorem.error);
        let cells =
            vec![theorem.id.to_owned(), theorem.verdict.to_owned(), side(lhs), side(rhs), number(theorem.tightness.0)];
        (cells, theorem.note.clone())
    };
    let rows: Vec<_> = report.theorems.iter().map(row).collect();
    table_with_remarks(&["theorem", "verdict", "lhs", "rhs", "tightness"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alignloss::model::LatentModel;
    use alignloss::theorem::Status;

    #[test]
    fn a_violation_ends_with_failure_and_nothing_else_does() {
        let model =
            LatentModel::parse("[family]\nkind = \"random\"\n", alignloss::model::Format::Toml).expect("a model");
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let objective = objective::find("cca").expect("a known id");
        let case = Case::minimise(&subject, &subject.learner(0), objective.as_ref(), 1).expect("a case");
        let mut report = Evaluation::new(&case, "cca").expect("a report");
        for (status, expected) in [
            (Status::Holds, Outcome::Fine),
            (Status::Inconclusive, Outcome::Fine),
            (Status::DoesNotApply, Outcome::Fine),
            (Status::Violated, Outcome::Failed),
        ] {
            report.theorems[0].verdict = status.word();
            assert_eq!(outcome(&report), expected, "{status:?}");
        }
    }
}
