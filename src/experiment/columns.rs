//! The columns of results: names, units, and how axes are labelled.

use super::grid::axis;
use crate::information::{Encoders, InformationError, PartialInformation, Source};
use crate::linalg::{Matrix, orthonormal_columns, product, product_tn, svd_of_product};
use crate::model::family;
use crate::objective;
use crate::theorem::{Case, EvaluatedTarget, Verdict, judge_all};

/// A column of the result store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in CSV headers and experiment files.
    pub name: String,
    /// Its unit, if it has one.
    pub unit: Option<&'static str>,
}

/// The axis label of a column, with sub- and superscripts as in `σ_{w}` and `ε^{2}`, and its unit.
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
        _ if let Some(axis) = axis(column) => axis.label.to_owned(),
        ("model", name) if let Some(parameter) = family::parameter(name) => parameter.label.to_owned(),
        ("objective", name) if let Some(parameter) = objective::parameter(name) => parameter.label.to_owned(),
        ("mi", _) => format!("information I({name}; y)"),
        ("mmse", _) => format!("mmse(y | {name})"),
        ("r2", _) => format!("R²({name}; y)"),
        ("sigma", _) => format!("σ({name}; y)"),
        ("information_loss", _) => format!("information loss of {name}"),
        ("pid", "unique1") => "unique to x₁".into(),
        ("pid", "unique2") => "unique to x₂".into(),
        ("pid", part) => part.into(),
        ("alignment", "error") => "alignment error ε²".into(),
        ("alignment", "error_op") => "alignment error ε_{op}".into(),
        ("alignment", "floor") => "alignment floor 2Σ(1 − ρᵢ)".into(),
        ("alignment", "mi_x1_x2") => "I(x₁; x₂)".into(),
        ("alignment", "mi_z1_z2") => "I(z₁; z₂)".into(),
        ("capacity", "aligned") => "aligned capacity tr K".into(),
        ("capacity", "private") => "private capacity tr P".into(),
        ("canonical_correlation", "1") => "canonical correlation ρ₁".into(),
        ("canonical_correlation", index) => format!("canonical correlation ρ_{{{index}}}"),
        ("critic", index) => format!("σ_{{{index}}}(W_{{1}}^{{T}}W_{{2}})"),
        ("whitened_critic", index) => format!("slope {index} of the whitened critic"),
        ("signal_distance", _) => format!("distance of {name} from the shared subspace"),
        ("angle", _) => format!("largest principal angle of {name} to the closed form"),
        ("search", "tightness") => "greatest tightness found".into(),
        (theorem, "tightness") => theorem.to_owned(),
        ("excess_loss", _) => "excess population loss".into(),
        ("step", _) => "optimiser steps".into(),
        _ => column.replace('_', " "),
    };
    let unit = match (measure, source) {
        ("mi" | "information_loss" | "pid", _) | ("alignment", "mi_x1_x2" | "mi_z1_z2") => Some("nats"),
        ("model", "angle_degrees") | ("angle", _) => Some("degrees"),
        _ => None,
    };
    (label, unit)
}

/// What a column holds, in one line; `None` if no results have such a column. The column of a grid axis holds the axis's value.
pub fn meaning(column: &str) -> Option<String> {
    if let Some(axis) = axis(column) {
        return Some(axis.meaning.to_owned());
    }
    let (measure, part) = column.split_once('.').unwrap_or((column, ""));
    if let Ok(theorem) = crate::theorem::find(measure)
        && VERDICT.contains(&part)
    {
        let what = match part {
            "verdict" => "the verdict",
            "lhs" => "the left side of the clause closest to failing",
            "rhs" => "the right side of that clause",
            "slack" => "rhs − lhs of that clause",
            _ => "lhs/rhs of that clause: 1 if the bound is attained",
        };
        return Some(format!("{what}, for theorem {}", theorem.id()));
    }
    if let Some((id, quantity)) = column.split_once(':') {
        return crate::theorem::find(id.trim_end_matches("@n"))
            .ok()
            .map(|theorem| format!("what theorem {} predicts for {quantity}", theorem.id()));
    }
    let source = || Source::ALL.iter().find(|source| source.key() == part).map(|source| source.key());
    let text = match (measure, part) {
        ("cell", "") => "index of the grid cell, from 0".into(),
        ("replicate", "") => "index of the replicate, from 0".into(),
        ("target", "") => "the target of this row; empty for a model without targets".into(),
        ("step", "") => "the optimiser's step".into(),
        ("outcome", "") => {
            "how learning ended: closed-form, converged, stalled, exhausted or diverged; training for checkpoints"
                .into()
        }
        ("angle", "z1" | "z2") => {
            format!("largest principal angle between the span of {part} and that of the closed form")
        }
        ("excess_loss", "") => "the encoders' population loss minus that of the closed form".into(),
        ("search", "tightness") => "the greatest tightness found by the adversary".into(),
        ("mi", _) => format!("mutual information between {} and the target", source()?),
        ("mmse", _) => {
            format!(
                "minimum mean square error of predicting the target from {}, summed over its coordinates",
                source()?
            )
        }
        ("r2", _) => format!("share of the target's variance explained by {}", source()?),
        ("sigma", _) => format!("√mmse: the smallest σ for which {} is σ-informative about the target", source()?),
        ("information_loss", "z1" | "z2") => {
            format!("information about the target that its sensor has and {part} has lost")
        }
        ("information_loss", "z12") => {
            "information about the target that the two sensors have and the two encoders together have lost".into()
        }
        ("pid", "redundancy") => {
            "information about a scalar target available from either sensor (MMI partial information decomposition)"
                .into()
        }
        ("pid", "unique1") => "information about a scalar target from the first sensor only".into(),
        ("pid", "unique2") => "information about a scalar target from the second sensor only".into(),
        ("pid", "synergy") => {
            "information about a scalar target from the two sensors together but from neither alone".into()
        }
        ("alignment", "error") => "ε² = E‖z1 − z2‖² after symmetric whitening".into(),
        ("alignment", "error_op") => "ε_op, the root of the largest eigenvalue of the covariance of z1 − z2".into(),
        ("alignment", "floor") => "2 Σ_{i≤d} (1 − ρ_i): the smallest ε² of whitened linear encoders".into(),
        ("alignment", "mi_x1_x2") => "mutual information between the sensors".into(),
        ("alignment", "mi_z1_z2") => "mutual information between the encoders' outputs".into(),
        ("capacity", "encoder") => {
            "the encoder whose dimensions are counted (1 or 2), for a target private to its modality".into()
        }
        ("capacity", "aligned") => "tr K: dimensions spent on what the other sensor can predict".into(),
        ("capacity", "private") => "tr P: dimensions spent on the private target".into(),
        ("capacity", "max_eigenvalue") => "the largest eigenvalue of K + P, at most 1".into(),
        ("canonical_correlation", index) if is_leading(index) => {
            format!("the canonical correlation ρ_{index} of the sensors")
        }
        ("critic", index) if is_leading(index) => format!("singular value {index} of W1ᵀW2"),
        ("whitened_critic", index) if is_leading(index) => {
            format!("singular value {index} of the critic in whitened coordinates")
        }
        ("signal_distance", "z1") => {
            "the fraction of the first sensor's shared subspace that its encoder does not see, from 0 to 1".into()
        }
        ("objective_value", "") => "the value of the objective that the encoders attain".into(),
        ("model", name) => family::parameter(name)?.meaning.into(),
        ("objective", name) => objective::parameter(name)?.meaning.into(),
        _ => return None,
    };
    Some(text)
}

/// Whether an index is that of a leading singular value with a column.
fn is_leading(index: &str) -> bool {
    index.parse::<usize>().is_ok_and(|index| (1..=CORRELATIONS).contains(&index))
}

/// The number of canonical correlations, and of singular values of critics, with a column.
const CORRELATIONS: usize = 4;

/// The columns of each theorem.
const VERDICT: [&str; 5] = ["verdict", "lhs", "rhs", "slack", "tightness"];

/// How the encoders were learned: empty in the population, where they are the closed form.
const LEARNED: [&str; 6] = ["step", "outcome", "angle.z1", "angle.z2", "excess_loss", "search.tightness"];

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
    fn fields(&self) -> Vec<String> {
        let angle = |m: usize| self.angles_degrees.map_or(f64::NAN, |angles| angles[m]);
        vec![
            self.step.map_or(String::new(), |step| step.to_string()),
            self.outcome.to_owned(),
            field(angle(0)),
            field(angle(1)),
            field(self.excess_loss.unwrap_or(f64::NAN)),
            field(self.tightness.unwrap_or(f64::NAN)),
        ]
    }

    /// The fields of a row if learning ended without encoders: every measure is empty.
    pub(super) fn without_encoders(&self) -> Vec<String> {
        let mut fields = self.fields();
        fields.resize(measured().len(), String::new());
        fields
    }
}

/// The columns of every result, in order, after those of the grid.
pub fn measured() -> Vec<Column> {
    let mut names: Vec<String> = LEARNED.map(str::to_owned).to_vec();
    for measure in ["mi", "mmse", "r2", "sigma"] {
        names.extend(Source::ALL.iter().map(|source| format!("{measure}.{}", source.key())));
    }
    names.extend(["z1", "z2", "z12"].map(|encoder| format!("information_loss.{encoder}")));
    names.extend(["redundancy", "unique1", "unique2", "synergy"].map(|part| format!("pid.{part}")));
    names.extend(["error", "error_op", "floor", "mi_x1_x2", "mi_z1_z2"].map(|measure| format!("alignment.{measure}")));
    names.extend(["encoder", "aligned", "private", "max_eigenvalue"].map(|measure| format!("capacity.{measure}")));
    for spectrum in ["canonical_correlation", "critic", "whitened_critic"] {
        names.extend((1..=CORRELATIONS).map(|index| format!("{spectrum}.{index}")));
    }
    names.push("signal_distance.z1".into());
    names.push("objective_value".into());
    for id in crate::theorem::ids() {
        names.extend(VERDICT.map(|part| format!("{id}.{part}")));
    }
    names.into_iter().map(|name| Column { unit: describe(&name).1, name }).collect()
}

/// The index of a column among [`measured`].
pub(super) fn measured_place(name: &str) -> Option<usize> {
    measured().iter().position(|column| column.name == name)
}

/// Measures that do not depend on the target, taken once per case.
#[derive(Debug)]
pub(super) struct Common {
    spectra: Vec<f64>,
    value: f64,
    verdicts: Vec<Verdict>,
}

impl Common {
    /// Measures a case. `temperature` divides the scores of a bilinear critic; `value` is the objective attained by the encoders
    /// under the case's law ([`Case::attained`]), NaN if they have no value.
    pub(super) fn new(case: &Case, temperature: f64, value: f64) -> Result<Self, InformationError> {
        let pair = &case.subject.pair;
        let correlations = pair.canonical_correlations();
        let leading = |values: &[f64]| {
            (0..CORRELATIONS).map(|index| values.get(index).copied().unwrap_or(f64::NAN)).collect::<Vec<_>>()
        };
        let Encoders { first, second } = &case.encoders;
        let mut spectra = leading(&correlations);
        spectra.extend(leading(&singular_values_of_product(first, second)?));
        let whitened = [0, 1].map(|m| product(case.encoders.weights(m), &pair.whitening(m).root));
        let slopes: Vec<f64> =
            singular_values_of_product(&whitened[0], &whitened[1])?.iter().map(|value| value / temperature).collect();
        spectra.extend(leading(&slopes));
        spectra.push(signal_distance(case));
        Ok(Self { spectra, value, verdicts: judge_all(case)? })
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

/// The measures of a target, left empty if a model has none.
const OF_A_TARGET: [&str; 7] = ["mi", "mmse", "r2", "sigma", "information_loss", "pid", "capacity"];

/// Whether a column is about a target rather than about the encoders alone; a theorem's verdict covers all targets.
pub(super) fn is_of_a_target(column: &str) -> bool {
    let (measure, part) = column.split_once('.').unwrap_or((column, ""));
    OF_A_TARGET.contains(&measure) && !VERDICT.contains(&part)
}

/// The values of [`measured`] for one target of a case, or for none.
pub(super) fn measure(case: &Case, target: Option<usize>, learning: &Learning, common: &Common) -> Vec<String> {
    let mut numbers = target.map_or_else(|| vec![f64::NAN; INFORMATION], |target| information(&case.targets[target]));
    let alignment = &case.alignment;
    numbers.extend([
        alignment.error,
        alignment.error_operator,
        alignment.floor,
        case.subject.pair.mutual_information_nats(),
        alignment.angles.mutual_information_nats(),
    ]);
    let capacity = case.capacities.iter().find(|entry| Some(entry.target) == target);
    numbers.extend(capacity.map_or([f64::NAN; 4], |entry| {
        [(entry.encoder + 1) as f64, entry.capacity.aligned, entry.capacity.private, entry.capacity.largest_eigenvalue]
    }));
    numbers.extend(&common.spectra);
    numbers.push(common.value);
    let mut fields = learning.fields();
    fields.extend(numbers.into_iter().map(field));
    for verdict in &common.verdicts {
        fields.push(if verdict.applies { verdict.status.word().into() } else { String::new() });
        fields.extend([verdict.lhs, verdict.rhs, verdict.slack, verdict.tightness].map(field));
    }
    fields
}

/// The number of values that [`information`] returns: four measures of each source, the loss of each encoder and of both, and the four
/// parts of the decomposition.
const INFORMATION: usize = 4 * Source::ALL.len() + 3 + 4;

/// What the sources say about one target.
fn information(evaluated: &EvaluatedTarget) -> Vec<f64> {
    let by_source = |measure: &dyn Fn(Source) -> f64| Source::ALL.map(measure);
    let information = |source| evaluated.source(source).mutual_information_nats();
    let mut numbers = Vec::with_capacity(INFORMATION);
    numbers.extend(by_source(&information));
    numbers.extend(by_source(&|source| evaluated.source(source).mmse));
    numbers.extend(by_source(&|source| evaluated.source(source).r2));
    numbers.extend(by_source(&|source| evaluated.source(source).sigma()));
    numbers.extend([
        evaluated.information_loss_nats(Source::First, Source::EncodedFirst),
        evaluated.information_loss_nats(Source::Second, Source::EncodedSecond),
        evaluated.information_loss_nats(Source::Both, Source::EncodedBoth),
    ]);
    numbers.extend(if evaluated.geometry.dimension() == 1 {
        let parts =
            PartialInformation::new(information(Source::First), information(Source::Second), information(Source::Both));
        [parts.redundancy, parts.unique_first, parts.unique_second, parts.synergy]
    } else {
        [f64::NAN; 4]
    });
    numbers
}

/// A number in a CSV field: the shortest text that reads back to the same bits; `inf`; empty for NaN.
pub(super) fn field(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{}", value + 0.0) }
}
