//! The columns of results: of each one its name, its unit, how an axis is labelled, what it means and how it is taken, in one table.

use super::grid::axis;
use crate::information::{Encoders, InformationError, PartialInformation, Source};
use crate::linalg::{Matrix, orthonormal_columns, product, product_tn, svd_of_product};
use crate::model::family;
use crate::objective;
use crate::theorem::{self, Case, EvaluatedTarget, PrivateCapacity, Verdict, judge_all};
use std::sync::LazyLock;

/// A column of the result store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in CSV headers and experiment files.
    pub name: String,
    /// Its unit, if it has one.
    pub unit: Option<&'static str>,
}

/// A measured column.
struct Measure {
    name: String,
    unit: Option<&'static str>,
    /// How it is called on an axis, with scripts as `σ_{w}` and `ε^{2}`.
    label: String,
    /// What it holds, in one line.
    meaning: String,
    value: Value,
}

/// How a measure is taken.
enum Value {
    /// Of how the encoders came about: empty in the population, where they are the closed form.
    Learning(fn(&Learning) -> String),
    /// Of what is known about a target; empty where a model has none.
    Target(Box<dyn Fn(&EvaluatedTarget) -> f64 + Send + Sync>),
    /// Of the dimensions spent on a target that is private to a modality; empty for others.
    Capacity(fn(&PrivateCapacity) -> f64),
    /// Of the encoders.
    Encoders(fn(&Case) -> f64),
    /// Of what is measured once per case.
    Common(Box<dyn Fn(&Common) -> f64 + Send + Sync>),
    /// Of the verdict of a theorem, by its place in the registry.
    Verdict(usize, fn(&Verdict) -> String),
}

/// Every measure, in the order of the columns.
static MEASURES: LazyLock<Vec<Measure>> = LazyLock::new(|| {
    let mut measures = learning();
    measures.extend(of_sources());
    measures.extend(losses());
    measures.extend(parts_of_information());
    measures.extend(alignment());
    measures.extend(capacity());
    measures.extend(spectra());
    measures.extend(verdicts());
    measures
});

impl Measure {
    /// A pure number, or one whose unit is the target's.
    fn new(name: impl Into<String>, label: impl Into<String>, meaning: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), unit: None, label: label.into(), meaning: meaning.into(), value }
    }

    fn in_unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }
}

fn learning() -> Vec<Measure> {
    let angle = |encoder: &str, script: &str, value| {
        Measure::new(
            format!("angle.{encoder}"),
            format!("largest principal angle of {script} to the closed form"),
            format!("largest principal angle between the span of {encoder} and that of the closed form"),
            Value::Learning(value),
        )
        .in_unit("degrees")
    };
    vec![
        Measure::new(
            "step",
            "optimiser steps",
            "the optimiser's step",
            Value::Learning(|learning| learning.step.map_or(String::new(), |step| step.to_string())),
        ),
        Measure::new(
            "outcome",
            "outcome",
            "how learning ended: closed-form, converged, stalled, exhausted or diverged; training for checkpoints",
            Value::Learning(|learning| learning.outcome.to_owned()),
        ),
        angle("z1", "z₁", |learning| field_of(learning.angles_degrees.map(|angles| angles[0]))),
        angle("z2", "z₂", |learning| field_of(learning.angles_degrees.map(|angles| angles[1]))),
        Measure::new(
            "excess_loss",
            "excess population loss",
            "the encoders' population loss minus that of the closed form",
            Value::Learning(|learning| field_of(learning.excess_loss)),
        ),
        Measure::new(
            "search.tightness",
            "greatest tightness found",
            "the greatest tightness found by the adversary",
            Value::Learning(|learning| field_of(learning.tightness)),
        ),
    ]
}

/// A source as it stands in a label.
fn script(source: Source) -> &'static str {
    match source {
        Source::First => "x₁",
        Source::Second => "x₂",
        Source::Both => "(x₁, x₂)",
        Source::EncodedFirst => "z₁",
        Source::EncodedSecond => "z₂",
        Source::EncodedBoth => "(z₁, z₂)",
    }
}

/// What each source says about a target: its label is made of the source's script, its meaning of its key.
fn of_sources() -> Vec<Measure> {
    let mut measures = Vec::new();
    let mut take = |name: &str, label: fn(&str) -> String, meaning: fn(&str) -> String, value: OfSource| {
        measures.extend(Source::ALL.map(|source| {
            Measure::new(
                format!("{name}.{}", source.key()),
                label(script(source)),
                meaning(source.key()),
                Value::Target(Box::new(move |target| value(target, source))),
            )
        }));
    };
    take(
        "mi",
        |script| format!("information I({script}; y)"),
        |source| format!("mutual information between {source} and the target"),
        |target, source| target.source(source).mutual_information_nats(),
    );
    take(
        "mmse",
        |script| format!("mmse(y | {script})"),
        |source| {
            format!("minimum mean square error of predicting the target from {source}, summed over its coordinates")
        },
        |target, source| target.source(source).mmse,
    );
    take(
        "r2",
        |script| format!("R²({script}; y)"),
        |source| format!("share of the target's variance explained by {source}"),
        |target, source| target.source(source).r2,
    );
    take(
        "sigma",
        |script| format!("σ({script}; y)"),
        |source| format!("√mmse: the smallest σ for which {source} is σ-informative about the target"),
        |target, source| target.source(source).sigma(),
    );
    for measure in &mut measures[..Source::ALL.len()] {
        measure.unit = Some("nats");
    }
    measures
}

/// A measure of what a source says about a target.
type OfSource = fn(&EvaluatedTarget, Source) -> f64;

fn losses() -> Vec<Measure> {
    let loss = |observed: Source, encoded: Source, meaning: String| {
        Measure::new(
            format!("information_loss.{}", encoded.key()),
            format!("information loss of {}", script(encoded)),
            meaning,
            Value::Target(Box::new(move |target| target.information_loss_nats(observed, encoded))),
        )
        .in_unit("nats")
    };
    let of_one = |encoder: &str| format!("information about the target that its sensor has and {encoder} has lost");
    vec![
        loss(Source::First, Source::EncodedFirst, of_one("z1")),
        loss(Source::Second, Source::EncodedSecond, of_one("z2")),
        loss(
            Source::Both,
            Source::EncodedBoth,
            "information about the target that the two sensors have and the two encoders together have lost".into(),
        ),
    ]
}

/// The partial information decomposition of a scalar target.
fn parts_of_information() -> Vec<Measure> {
    let part = |name: &str, label: &str, meaning: &str, value: fn(&PartialInformation) -> f64| {
        let of_target = move |target: &EvaluatedTarget| {
            if target.geometry.dimension() != 1 {
                return f64::NAN;
            }
            let information = |source| target.source(source).mutual_information_nats();
            let [first, second, both] = [Source::First, Source::Second, Source::Both].map(information);
            value(&PartialInformation::new(first, second, both))
        };
        Measure::new(format!("pid.{name}"), label, meaning, Value::Target(Box::new(of_target))).in_unit("nats")
    };
    vec![
        part(
            "redundancy",
            "redundancy",
            "information about a scalar target available from either sensor (MMI partial information decomposition)",
            |parts| parts.redundancy,
        ),
        part("unique1", "unique to x₁", "information about a scalar target from the first sensor only", |parts| {
            parts.unique_first
        }),
        part("unique2", "unique to x₂", "information about a scalar target from the second sensor only", |parts| {
            parts.unique_second
        }),
        part(
            "synergy",
            "synergy",
            "information about a scalar target from the two sensors together but from neither alone",
            |parts| parts.synergy,
        ),
    ]
}

fn alignment() -> Vec<Measure> {
    let of_encoders = |name: &str, label: &str, meaning: &str, value: fn(&Case) -> f64| {
        Measure::new(format!("alignment.{name}"), label, meaning, Value::Encoders(value))
    };
    vec![
        of_encoders("error", "alignment error ε²", "ε² = E‖z1 − z2‖² after symmetric whitening", |case| {
            case.alignment.error
        }),
        of_encoders(
            "error_op",
            "alignment error ε_{op}",
            "ε_op, the root of the largest eigenvalue of the covariance of z1 − z2",
            |case| case.alignment.error_operator,
        ),
        of_encoders(
            "floor",
            "alignment floor 2Σ(1 − ρᵢ)",
            "2 Σ_{i≤d} (1 − ρ_i): the smallest ε² of whitened linear encoders",
            |case| case.alignment.floor,
        ),
        of_encoders("mi_x1_x2", "I(x₁; x₂)", "mutual information between the sensors", |case| {
            case.subject.pair.mutual_information_nats()
        })
        .in_unit("nats"),
        of_encoders("mi_z1_z2", "I(z₁; z₂)", "mutual information between the encoders' outputs", |case| {
            case.alignment.angles.mutual_information_nats()
        })
        .in_unit("nats"),
    ]
}

fn capacity() -> Vec<Measure> {
    let spent = |name: &str, label: &str, meaning: &str, value: fn(&PrivateCapacity) -> f64| {
        Measure::new(format!("capacity.{name}"), label, meaning, Value::Capacity(value))
    };
    vec![
        spent(
            "encoder",
            "capacity.encoder",
            "the encoder whose dimensions are counted (1 or 2), for a target private to its modality",
            |entry| (entry.encoder.index() + 1) as f64,
        ),
        spent(
            "aligned",
            "aligned capacity tr K",
            "tr K: dimensions spent on what the other sensor can predict",
            |entry| entry.capacity.aligned,
        ),
        spent("private", "private capacity tr P", "tr P: dimensions spent on the private target", |entry| {
            entry.capacity.private
        }),
        spent("max_eigenvalue", "capacity.max eigenvalue", "the largest eigenvalue of K + P, at most 1", |entry| {
            entry.capacity.largest_eigenvalue
        }),
    ]
}

/// How many canonical correlations, and singular values of critics, have a column.
const CORRELATIONS: usize = 4;

fn spectra() -> Vec<Measure> {
    type Values = fn(&Common) -> &[f64];
    let leading = |name: &'static str, label: fn(usize) -> String, meaning: fn(usize) -> String, values: Values| {
        (1..=CORRELATIONS).map(move |index| {
            let value = move |common: &Common| values(common).get(index - 1).copied().unwrap_or(f64::NAN);
            Measure::new(format!("{name}.{index}"), label(index), meaning(index), Value::Common(Box::new(value)))
        })
    };
    let mut measures: Vec<Measure> = leading(
        "canonical_correlation",
        |index| match index {
            1 => "canonical correlation ρ₁".into(),
            _ => format!("canonical correlation ρ_{{{index}}}"),
        },
        |index| format!("the canonical correlation ρ_{index} of the sensors"),
        |common| &common.correlations,
    )
    .collect();
    measures.extend(leading(
        "critic",
        |index| format!("σ_{{{index}}}(W_{{1}}^{{T}}W_{{2}})"),
        |index| format!("singular value {index} of W1ᵀW2"),
        |common| &common.critic,
    ));
    measures.extend(leading(
        "whitened_critic",
        |index| format!("slope {index} of the whitened critic"),
        |index| format!("singular value {index} of the critic in whitened coordinates"),
        |common| &common.whitened_critic,
    ));
    measures.push(Measure::new(
        "signal_distance.z1",
        "distance of z₁ from the shared subspace",
        "the fraction of the first sensor's shared subspace that its encoder does not see, from 0 to 1",
        Value::Common(Box::new(|common| common.signal_distance)),
    ));
    measures.push(Measure::new(
        "objective_value",
        "objective value",
        "the value of the objective that the encoders attain",
        Value::Common(Box::new(|common| common.value)),
    ));
    measures
}

fn verdicts() -> Vec<Measure> {
    let of_theorem = |(place, id): (usize, &'static str)| {
        let part = |part: &str, label: Option<&str>, what: &str, value: fn(&Verdict) -> String| {
            let name = format!("{id}.{part}");
            let label = label.map_or_else(|| plain(&name), str::to_owned);
            Measure::new(name, label, format!("{what}, for theorem {id}"), Value::Verdict(place, value))
        };
        let word = |verdict: &Verdict| if verdict.applies { verdict.status.word() } else { "" }.to_owned();
        let least = "the left side of the clause closest to failing";
        let ratio = "lhs/rhs of that clause: 1 if the bound is attained";
        [
            part("verdict", None, "the verdict", word),
            part("lhs", None, least, |verdict| field(verdict.lhs)),
            part("rhs", None, "the right side of that clause", |verdict| field(verdict.rhs)),
            part("slack", None, "rhs − lhs of that clause", |verdict| field(verdict.slack)),
            part("tightness", Some(id), ratio, |verdict| field(verdict.tightness)),
        ]
    };
    theorem::ids().into_iter().enumerate().flat_map(of_theorem).collect()
}

/// A name as words.
fn plain(name: &str) -> String {
    name.replace('_', " ")
}

fn find(column: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == column)
}

/// The axis label of a column, with sub- and superscripts as in `σ_{w}` and `ε^{2}`, and its unit.
pub fn describe(column: &str) -> (String, Option<&'static str>) {
    if let Some(axis) = axis(column) {
        return (axis.label.to_owned(), None);
    }
    if let Some(measure) = find(column) {
        return (measure.label.clone(), measure.unit);
    }
    let parameter = match column.split_once('.') {
        Some(("model", name)) => family::parameter(name).map(|parameter| (parameter.label, parameter.unit)),
        Some(("objective", name)) => objective::parameter(name).map(|parameter| (parameter.label, None)),
        _ => None,
    };
    parameter.map_or_else(|| (plain(column), None), |(label, unit)| (label.to_owned(), unit))
}

/// What a column holds, in one line; `None` if no results have such a column. The column of a grid axis holds the axis's value.
pub fn meaning(column: &str) -> Option<String> {
    if let Some(axis) = axis(column) {
        return Some(axis.meaning.to_owned());
    }
    if let Some(measure) = find(column) {
        return Some(measure.meaning.clone());
    }
    if let Some((id, quantity)) = column.split_once(':') {
        return theorem::find(id.trim_end_matches("@n"))
            .ok()
            .map(|theorem| format!("what theorem {} predicts for {quantity}", theorem.id()));
    }
    let text = match column {
        "cell" => "index of the grid cell, from 0",
        "replicate" => "index of the replicate, from 0",
        "target" => "the target of this row; empty for a model without targets",
        _ => match column.split_once('.')? {
            ("model", name) => family::parameter(name)?.meaning,
            ("objective", name) => objective::parameter(name)?.meaning,
            _ => return None,
        },
    };
    Some(text.to_owned())
}

/// The values of the columns about learning, next to the population's closed form.
#[derive(Debug, Clone, Default)]
pub(super) struct Learning {
    /// The optimiser's step, where there is one.
    pub step: Option<u64>,
    /// How learning ended, in one word: `closed-form`; for stochastic gradients [`crate::learner::Outcome::word`], or `training` at
    /// a checkpoint; for an adversary, its verdict.
    pub outcome: &'static str,
    /// Largest principal angle between the span of each encoder and that of the closed form, in degrees, in the geometry of the
    /// whitened modality.
    pub angles_degrees: Option<[f64; 2]>,
    /// The population objective attained by the encoders minus that of the closed form (with the opposite sign for an objective that is
    /// maximised): non-negative up to rounding. Both are [`crate::objective::Objective::attained`]: an objective of whitened encoders
    /// is evaluated at the symmetrically whitened ones. `None` if the encoders have no value of the objective to compare: their rank
    /// is too low to whiten them, or a critic other than the objective's was trained.
    pub excess_loss: Option<f64>,
    /// The greatest tightness found by an adversary.
    pub tightness: Option<f64>,
}

impl Learning {
    /// A row's fields where learning ended without encoders: everything that is measured is empty.
    pub(super) fn without_encoders(&self) -> Vec<String> {
        let field = |measure: &Measure| match &measure.value {
            Value::Learning(value) => value(self),
            _ => String::new(),
        };
        MEASURES.iter().map(field).collect()
    }
}

/// The columns of every result, in order, after those of the grid.
pub fn measured() -> Vec<Column> {
    MEASURES.iter().map(|measure| Column { name: measure.name.clone(), unit: measure.unit }).collect()
}

/// The index of a column among [`measured`].
pub(super) fn measured_place(name: &str) -> Option<usize> {
    MEASURES.iter().position(|measure| measure.name == name)
}

/// Measures that do not depend on the target, taken once per case.
#[derive(Debug)]
pub(super) struct Common {
    /// ρ_i, descending.
    correlations: Vec<f64>,
    /// The singular values of W_1ᵀW_2.
    critic: Vec<f64>,
    /// Those of the critic in whitened coordinates, over the temperature.
    whitened_critic: Vec<f64>,
    signal_distance: f64,
    value: f64,
    verdicts: Vec<Verdict>,
}

impl Common {
    /// Measures a case. `temperature` divides the scores of a bilinear critic; `value` is the objective attained by the encoders
    /// under the case's law ([`Case::attained`]), NaN if they have no value.
    pub(super) fn new(case: &Case, temperature: f64, value: f64) -> Result<Self, InformationError> {
        let pair = &case.subject.pair;
        let Encoders { first, second } = &case.encoders;
        let whitened = [0, 1].map(|m| product(case.encoders.weights(m), &pair.whitening(m).root));
        let slopes = singular_values_of_product(&whitened[0], &whitened[1])?;
        Ok(Self {
            correlations: pair.canonical_correlations(),
            critic: singular_values_of_product(first, second)?,
            whitened_critic: slopes.iter().map(|value| value / temperature).collect(),
            signal_distance: signal_distance(case),
            value,
            verdicts: judge_all(case)?,
        })
    }
}

/// The singular values of aᵀb for a, b with d rows, d of them.
fn singular_values_of_product(a: &Matrix, b: &Matrix) -> Result<Vec<f64>, InformationError> {
    let mut values = svd_of_product(a, b)?.values;
    values.truncate(a.nrows());
    Ok(values)
}

/// 1 − ‖P_W P_A‖²_F/k, with P_W the projection on the span of W_1's rows and P_A on that of A_1's columns, k its dimension: 0 when
/// the encoder sees all of the channels' shared subspace, 1 when it sees none. NaN without shared factors.
fn signal_distance(case: &Case) -> f64 {
    let modality = &case.subject.model.modalities()[case.subject.modalities[0]];
    let shared = orthonormal_columns(&modality.shared_loading);
    let rows = orthonormal_columns(&case.encoders.first.transpose());
    1.0 - product_tn(&rows, &shared).norm_squared() / shared.ncols() as f64
}

/// Whether a column is measured of a target rather than of the encoders alone; a theorem's verdict is of all targets.
pub(super) fn is_of_a_target(column: &str) -> bool {
    find(column).is_some_and(|measure| matches!(measure.value, Value::Target(_) | Value::Capacity(_)))
}

/// The values of [`measured`] for one target of a case, or for none.
pub(super) fn measure(case: &Case, target: Option<usize>, learning: &Learning, common: &Common) -> Vec<String> {
    let evaluated = target.map(|target| &case.targets[target]);
    let capacity = case.capacities.iter().find(|entry| Some(entry.target) == target);
    let taken = |measure: &Measure| match &measure.value {
        Value::Learning(value) => value(learning),
        Value::Target(value) => field_of(evaluated.map(value)),
        Value::Capacity(value) => field_of(capacity.map(value)),
        Value::Encoders(value) => field(value(case)),
        Value::Common(value) => field(value(common)),
        Value::Verdict(place, value) => value(&common.verdicts[*place]),
    };
    MEASURES.iter().map(taken).collect()
}

/// [`field`] of a number that there may not be.
fn field_of(value: Option<f64>) -> String {
    value.map_or(String::new(), field)
}

/// A number in a CSV field: the shortest text that reads back to the same bits; `inf`; empty for NaN.
pub(super) fn field(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{}", value + 0.0) }
}
