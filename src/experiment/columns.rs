//! The columns of results: names, units, and how axes are labelled.

use crate::information::{PartialInformation, Source};
use crate::theorem::{Case, Verdict};

/// A column of the result store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in CSV headers and experiment files.
    pub name: String,
    /// Its unit, where it has one.
    pub unit: Option<&'static str>,
}

/// How a column is called on an axis, and its unit.
pub fn describe(column: &str) -> (String, Option<&'static str>) {
    let (measure, source) = column.split_once('.').unwrap_or((column, ""));
    let name = match source {
        "x1" => "x₁",
        "x2" => "x₂",
        "x12" => "(x₁, x₂)",
        "z1" => "z₁",
        "z2" => "z₂",
        "z12" => "(z₁, z₂)",
        other => other,
    };
    let label = match (measure, source) {
        ("mi", _) => format!("information I({name}; y)"),
        ("mmse", _) => format!("mmse(y | {name})"),
        ("r2", _) => format!("R²({name}; y)"),
        ("sigma", _) => format!("σ({name}; y)"),
        ("information_loss", _) => format!("information loss of {name}"),
        ("pid", part) => format!("{part} information"),
        ("alignment", "error") => "alignment error ε²".into(),
        ("alignment", "error_op") => "alignment error ε_op".into(),
        ("alignment", "floor") => "alignment floor 2Σ(1 − ρᵢ)".into(),
        ("alignment", "mi_x1_x2") => "I(x₁; x₂)".into(),
        ("alignment", "mi_z1_z2") => "I(z₁; z₂)".into(),
        ("capacity", "aligned") => "aligned capacity tr K".into(),
        ("capacity", "private") => "private capacity tr P".into(),
        ("canonical_correlation", index) => {
            format!("canonical correlation ρ{}", if index == "1" { "₁" } else { index })
        }
        ("dim", _) => "embedding dimension d".into(),
        ("objective", "lambda") => "fidelity weight λ".into(),
        ("objective", "common_dim") => "aligned dimensions d_c".into(),
        ("objective", "whitening") => "whitening exponents a, b".into(),
        ("model", "private_fraction") => "private fraction α of the task".into(),
        ("model", "private_std") => "standard deviation of private factors".into(),
        ("model", "shared_std") => "standard deviation of shared factors".into(),
        ("model", "noise") => "noise variance ψ".into(),
        ("model", "angle_degrees") => "interference angle θ".into(),
        ("model", "nuisance_correlation") => "nuisance correlation κ".into(),
        _ => column.replace('_', " "),
    };
    let unit = match (measure, source) {
        ("mi" | "information_loss" | "pid", _) | ("alignment", "mi_x1_x2" | "mi_z1_z2") => Some("nats"),
        ("model", "angle_degrees") => Some("degrees"),
        _ => None,
    };
    (label, unit)
}

/// How many canonical correlations have a column.
const CORRELATIONS: usize = 4;

/// The columns that every population result has, in order, after those of the grid.
pub(super) fn measured() -> Vec<Column> {
    let mut names: Vec<String> = Vec::new();
    for measure in ["mi", "mmse", "r2", "sigma"] {
        names.extend(Source::ALL.iter().map(|source| format!("{measure}.{}", source.key())));
    }
    names.extend(["z1", "z2", "z12"].map(|encoder| format!("information_loss.{encoder}")));
    names.extend(["redundancy", "unique1", "unique2", "synergy"].map(|part| format!("pid.{part}")));
    names.extend(["error", "error_op", "floor", "mi_x1_x2", "mi_z1_z2"].map(|measure| format!("alignment.{measure}")));
    names.extend(["encoder", "aligned", "private", "max_eigenvalue"].map(|measure| format!("capacity.{measure}")));
    names.extend((1..=CORRELATIONS).map(|index| format!("canonical_correlation.{index}")));
    names.push("objective_value".into());
    for id in crate::theorem::ids() {
        names.extend(["verdict", "lhs", "rhs", "slack", "tightness"].map(|part| format!("{id}.{part}")));
    }
    names.into_iter().map(|name| Column { unit: describe(&name).1, name }).collect()
}

/// The values of [`measured`] for one target of a case. `value` is the objective's value, `verdicts` those of all theorems.
pub(super) fn measure(case: &Case, target: usize, value: f64, verdicts: &[Verdict]) -> Vec<String> {
    let evaluated = &case.targets[target];
    let by_source = |measure: &dyn Fn(Source) -> f64| Source::ALL.map(measure);
    let mut numbers: Vec<f64> = Vec::new();
    numbers.extend(by_source(&|source| evaluated.source(source).mutual_information_nats()));
    numbers.extend(by_source(&|source| evaluated.source(source).mmse));
    numbers.extend(by_source(&|source| evaluated.source(source).r2));
    numbers.extend(by_source(&|source| evaluated.source(source).sigma()));
    numbers.extend([
        evaluated.information_loss_nats(Source::First, Source::EncodedFirst),
        evaluated.information_loss_nats(Source::Second, Source::EncodedSecond),
        evaluated.information_loss_nats(Source::Both, Source::EncodedBoth),
    ]);
    let information = |source| evaluated.source(source).mutual_information_nats();
    numbers.extend(if evaluated.geometry.dimension() == 1 {
        let parts =
            PartialInformation::new(information(Source::First), information(Source::Second), information(Source::Both));
        [parts.redundancy, parts.unique_first, parts.unique_second, parts.synergy]
    } else {
        [f64::NAN; 4]
    });
    let alignment = &case.alignment;
    numbers.extend([
        alignment.error,
        alignment.error_operator,
        alignment.floor,
        case.subject.pair.mutual_information_nats(),
        alignment.angles.mutual_information_nats(),
    ]);
    let capacity = case.capacities.iter().find(|entry| entry.target == target);
    numbers.extend(capacity.map_or([f64::NAN; 4], |entry| {
        [(entry.encoder + 1) as f64, entry.capacity.aligned, entry.capacity.private, entry.capacity.largest_eigenvalue]
    }));
    let correlations = case.subject.pair.canonical_correlations();
    numbers.extend((0..CORRELATIONS).map(|index| correlations.get(index).copied().unwrap_or(f64::NAN)));
    numbers.push(value);
    let mut fields: Vec<String> = numbers.into_iter().map(field).collect();
    for verdict in verdicts {
        fields.push(if verdict.applies { verdict.status.word().into() } else { String::new() });
        fields.extend([verdict.lhs, verdict.rhs, verdict.slack, verdict.tightness].map(field));
    }
    fields
}

/// A number in a CSV field: shortest text that reads back to the same bits; `inf`; empty where there is none.
pub(super) fn field(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{}", value + 0.0) }
}
