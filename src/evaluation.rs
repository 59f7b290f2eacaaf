//! One case as a stable JSON document: what `alignloss eval --format json` prints, and what external checks read.
//!
//! Keys are documented on their fields, and [`Evaluation::schema`] is the JSON Schema. Infinite numbers are the string
//! `"inf"`; undefined numbers (such as the value of `random`) are `null`. `slack` and `tightness` are finite numbers or
//! `null`: if a side is infinite, read the sides. `verdict` is `holds`, `violated`, `inconclusive` (the error bound is
//! too wide) or `does-not-apply`.
//!
//! # Example
//! ```
//! use alignloss::evaluation::Evaluation;
//! use alignloss::model::{Format, LatentModel};
//! use alignloss::objective::CanonicalCorrelation;
//! use alignloss::theorem::{Case, Subject};
//! let model = LatentModel::parse("[family]\nkind = \"orthogonal\"", Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 2)?;
//! let report = Evaluation::new(&case, "cca")?;
//! assert!(!report.violated());
//! let json = serde_json::to_value(&report)?;
//! assert_eq!((&json["objective"], &json["dim"]), (&"cca".into(), &2.into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::information::InformationError;
use crate::learner::{LearnerError, Uniqueness};
use crate::linalg::Matrix;
use crate::objective::{Objective, ParameterValue};
use crate::precise::{Estimate, Measure, Measures, TargetMeasures};
use crate::theorem::{Case, Status, Verdict, judge_all};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};
use serde::Serialize;
use serde::ser::Serializer;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The version of the documents that `eval` and `verify` print, under the key `schema`. It is incremented when a key,
/// or the meaning of its values, changes; keys may be added within a version.
///
/// | version | change |
/// |---|---|
/// | 1 | had no key `schema`; a theorem that did not apply was `inconclusive` |
/// | 2 | `verdict` says `does-not-apply`; `slack`, `tightness` and `deviation` are numbers or `null` |
pub const SCHEMA: u32 = 2;

/// A number in the report: `"inf"`, `"-inf"`, or `null` for NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

/// A number in the report, or `null` if it is not finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finite(pub f64);

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number; \"inf\" or \"-inf\" if infinite, null if undefined.",
            "anyOf": [{ "type": ["number", "null"] }, { "enum": ["inf", "-inf"] }],
        })
    }
}

impl JsonSchema for Finite {
    fn schema_name() -> Cow<'static, str> {
        "Finite".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A number, or null if it is not finite.", "type": ["number", "null"] })
    }
}

/// The report of one case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Evaluation {
    /// The schema version of this document.
    pub schema: u32,
    /// The model.
    pub model: ModelSummary,
    /// The id of the objective, or `given encoders`.
    pub objective: String,
    /// Outputs of each encoder.
    pub dim: usize,
    /// The weight of fidelity, if the objective has one; also listed in `parameters`.
    pub lambda: Option<f64>,
    /// The values of the objective's parameters; empty for given encoders.
    pub parameters: BTreeMap<&'static str, ParameterValue>,
    /// ρ_1 ≥ ρ_2 ≥ …, one per channel of the sensor with fewer channels.
    pub canonical_correlations: Vec<Number>,
    /// The singular values of Σ12, descending.
    pub cross_covariance_singular_values: Vec<Number>,
    /// The weights W_1 and W_2, as rows: d × n_1 and d × n_2.
    pub encoders: [Vec<Vec<Number>>; 2],
    /// The value of the objective that the encoders attain.
    pub objective_value: Number,
    /// How well the encoders agree.
    pub alignment: AlignmentSummary,
    /// The measures of each target.
    pub targets: Vec<TargetSummary>,
    /// How dimensions are spent, for each target private to a modality.
    pub capacity: Vec<CapacitySummary>,
    /// Whether the minimiser is unique; `null` if unknown, or if nothing was minimised.
    pub unique: Option<bool>,
    /// The other minimisers, unless the minimiser is known to be unique.
    pub minimisers: Option<MinimiserSummary>,
    /// Measures whose error bound exceeds 1e-9 of their value, even in double-double arithmetic.
    pub uncertain: Vec<UncertainSummary>,
    /// The verdict of every theorem on this case.
    pub theorems: Vec<TheoremSummary>,
    /// The measures with their errors.
    #[serde(skip)]
    pub measures: Measures,
}

/// A measure not known to nine digits.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UncertainSummary {
    /// Its path in this document, such as `targets[0].mi.z1`.
    pub measure: String,
    /// Its value.
    pub value: Number,
    /// A bound on its error; infinite if the measure cannot be told from an infinite one, or if nothing is known.
    pub error: Number,
}

/// Why the minimiser is not unique, or may not be, and which measures differ between minimisers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MinimiserSummary {
    /// Why there are several minimisers, or why it is not known whether there are.
    pub reason: String,
    /// The measures that differ between minimisers.
    pub affected: Vec<AffectedSummary>,
}

/// The smallest and largest value, over all minimisers, of what a source says about a target; `null` if not computed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AffectedSummary {
    /// The target.
    pub target: String,
    /// The encoder: `z1`, `z2`, or `z12` for both.
    pub source: &'static str,
    /// The smallest and largest mutual information, in nats.
    pub mi: Option<[Number; 2]>,
    /// The smallest and largest R².
    pub r2: Option<[Number; 2]>,
}

/// Names and sizes of the model.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ModelSummary {
    /// Its name.
    pub name: String,
    /// The number of channels of each modality.
    pub observed: Vec<usize>,
    /// The number of shared factors, k.
    pub shared: usize,
    /// The number of private factors of each modality, p_m.
    pub private: Vec<usize>,
}

/// How well the encoders agree, after symmetric whitening.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AlignmentSummary {
    /// ε² = E‖z_1 − z_2‖².
    pub error: Number,
    /// ε_op, the root of the largest eigenvalue of the covariance of z_1 − z_2.
    pub error_op: Number,
    /// 2 Σ_{i≤d} (1 − ρ_i), the smallest ε² of whitened linear encoders.
    pub floor: Number,
    /// Mutual information between the sensors, in nats.
    pub mi_x1_x2: Number,
    /// Mutual information between the encoders’ outputs, in nats.
    pub mi_z1_z2: Number,
}

/// One number per source of information.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BySource {
    /// The first sensor.
    pub x1: Number,
    /// The second sensor.
    pub x2: Number,
    /// Both sensors.
    pub x12: Number,
    /// The first encoder.
    pub z1: Number,
    /// The second encoder.
    pub z2: Number,
    /// Both encoders.
    pub z12: Number,
}

/// Information lost by each encoder, and by both together, in nats.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ByEncoder {
    /// Lost by the first encoder, relative to its sensor.
    pub z1: Number,
    /// Lost by the second encoder, relative to its sensor.
    pub z2: Number,
    /// Lost by both encoders together, relative to both sensors.
    pub z12: Number,
}

/// The MMI partial information decomposition.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PartialSummary {
    /// Information available from either sensor, in nats.
    pub redundancy: Number,
    /// Information from the first sensor only, in nats.
    pub unique1: Number,
    /// Information from the second sensor only, in nats.
    pub unique2: Number,
    /// Information from the two sensors together but from neither alone, in nats.
    pub synergy: Number,
}

/// The measures of one target.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TargetSummary {
    /// Its name.
    pub name: String,
    /// Its number of coordinates.
    pub dimension: usize,
    /// Mutual information with the target, in nats.
    pub mi: BySource,
    /// Minimum mean square error of predicting the target, summed over its coordinates.
    pub mmse: BySource,
    /// Share of the target’s variance explained.
    pub r2: BySource,
    /// √mmse.
    pub sigma: BySource,
    /// Information about the target lost between sensor and encoder, in nats.
    pub information_loss: ByEncoder,
    /// The partial information decomposition of a scalar target; `null` for a vector.
    pub pid: Option<PartialSummary>,
}

/// How an encoder's dimensions are spent, for a target private to its modality.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CapacitySummary {
    /// The target.
    pub target: String,
    /// The encoder, 1 or 2, of the modality to which the target is private.
    pub encoder: usize,
    /// tr K: dimensions spent on what the other sensor can predict.
    pub aligned: Number,
    /// tr P: dimensions spent on the private target.
    pub private: Number,
    /// d, the upper bound on tr K + tr P.
    pub dim: usize,
    /// The largest eigenvalue of K + P, at most 1.
    pub max_eigenvalue: Number,
}

/// A theorem's verdict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TheoremSummary {
    /// The theorem.
    pub id: &'static str,
    /// Whether its hypotheses hold.
    pub applies: bool,
    /// The left side of the clause closest to failing.
    pub lhs: Number,
    /// The right side of that clause.
    pub rhs: Number,
    /// rhs − lhs.
    pub slack: Finite,
    /// lhs/rhs.
    pub tightness: Finite,
    /// A bound on the error of lhs − rhs, by which tables tell 0 from rounding.
    #[serde(skip)]
    pub error: f64,
    /// `holds`, `violated`, `inconclusive` (the error bound is too wide to tell) or `does-not-apply`.
    pub verdict: &'static str,
    /// The hypothesis that fails, or the clause shown.
    pub note: String,
}

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// A measure could not be computed.
    #[error(transparent)]
    Information(#[from] InformationError),
    /// A decomposition of the learner failed.
    #[error(transparent)]
    Learner(#[from] LearnerError),
}

impl Evaluation {
    /// The JSON Schema of the report.
    pub fn schema() -> serde_json::Value {
        schema_for!(Self).into()
    }

    /// The report of a case; `name` is the objective's id or says where the encoders come from.
    ///
    /// # Errors
    /// [`EvaluationError`].
    pub fn new(case: &Case, name: &str) -> Result<Self, EvaluationError> {
        let subject = case.subject;
        let model = subject.model;
        let value = case.objective.and_then(|objective| case.attained(objective)).unwrap_or(f64::NAN);
        let parameters = case.objective.map(Objective::parameters).unwrap_or_default();
        let measures = Measures::of(case);
        let targets = case
            .targets
            .iter()
            .zip(&measures.targets)
            .map(|(target, measures)| TargetSummary::new(target.name.to_owned(), target.geometry.dimension(), measures))
            .collect();
        let capacity = case
            .capacities
            .iter()
            .zip(&measures.capacities)
            .map(|(entry, measures)| {
                let [aligned, private, max_eigenvalue] = measures.map(Number::of);
                CapacitySummary {
                    target: case.targets[entry.target].name.to_owned(),
                    encoder: entry.encoder.index() + 1,
                    aligned,
                    private,
                    dim: case.dim(),
                    max_eigenvalue,
                }
            })
            .collect();
        let uncertain = measures
            .entries()
            .into_iter()
            .filter(|(_, measure)| measure.is_uncertain())
            .map(|(measure, &Measure { estimate: Estimate { value, error }, .. })| UncertainSummary {
                measure,
                value: Number(value),
                error: Number(error),
            })
            .collect();
        let [error, error_op, floor, mi_x1_x2, mi_z1_z2] = measures.alignment.map(Number::of);
        Ok(Self {
            schema: SCHEMA,
            model: ModelSummary {
                name: model.name().to_owned(),
                observed: model.channels(),
                shared: model.shared(),
                private: model.private().to_vec(),
            },
            objective: name.to_owned(),
            dim: case.dim(),
            lambda: parameters.number("lambda"),
            parameters: parameters.iter().collect(),
            canonical_correlations: measures.canonical_correlations.iter().copied().map(Number::of).collect(),
            cross_covariance_singular_values: numbers(&subject.learner(0).cross_covariance_singular_values()?),
            encoders: [rows(&case.encoders.first), rows(&case.encoders.second)],
            objective_value: Number(value),
            alignment: AlignmentSummary { error, error_op, floor, mi_x1_x2, mi_z1_z2 },
            targets,
            capacity,
            unique: case.uniqueness.as_ref().and_then(Uniqueness::is_unique),
            minimisers: MinimiserSummary::new(case)?,
            uncertain,
            theorems: judge_all(case)?.into_iter().map(TheoremSummary::from).collect(),
            measures,
        })
    }
}

impl MinimiserSummary {
    /// `None` if the minimiser is unique, or if the encoders were given.
    fn new(case: &Case) -> Result<Option<Self>, InformationError> {
        let Some(reason) = case.uniqueness.as_ref().and_then(Uniqueness::reason) else { return Ok(None) };
        let affected = case.affected_measures()?.into_iter().map(|entry| AffectedSummary {
            target: case.targets[entry.target].name.to_owned(),
            source: entry.source.key(),
            mi: entry.mutual_information_nats.map(|range| range.map(Number)),
            r2: entry.r2.map(|range| range.map(Number)),
        });
        Ok(Some(Self { reason: reason.to_owned(), affected: affected.collect() }))
    }
}

impl TargetSummary {
    fn new(name: String, dimension: usize, measures: &TargetMeasures) -> Self {
        let [z1, z2, z12] = measures.loss.map(Number::of);
        Self {
            name,
            dimension,
            mi: BySource::new(measures.information),
            mmse: BySource::new(measures.mmse),
            r2: BySource::new(measures.r2),
            sigma: BySource::new(measures.sigma),
            information_loss: ByEncoder { z1, z2, z12 },
            pid: measures.parts.map(|parts| {
                let [redundancy, unique1, unique2, synergy] = parts.map(Number::of);
                PartialSummary { redundancy, unique1, unique2, synergy }
            }),
        }
    }
}

impl BySource {
    fn new(measures: [Measure; 6]) -> Self {
        let [x1, x2, x12, z1, z2, z12] = measures.map(Number::of);
        Self { x1, x2, x12, z1, z2, z12 }
    }
}

impl Number {
    fn of(measure: Measure) -> Self {
        Self(measure.estimate.value)
    }
}

impl From<Verdict> for TheoremSummary {
    fn from(verdict: Verdict) -> Self {
        Self {
            id: verdict.id,
            applies: verdict.applies,
            lhs: Number(verdict.lhs),
            rhs: Number(verdict.rhs),
            slack: Finite(verdict.slack),
            tightness: Finite(verdict.tightness),
            error: verdict.error,
            verdict: verdict.status.word(),
            note: verdict.note,
        }
    }
}

impl Evaluation {
    /// Whether a theorem is violated.
    pub fn violated(&self) -> bool {
        self.theorems.iter().any(|theorem| theorem.verdict == Status::Violated.word())
    }
}

impl Serialize for Finite {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Adding zero turns −0 into 0.
        Some(self.0 + 0.0).filter(|value| value.is_finite()).serialize(serializer)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            f64::INFINITY => serializer.serialize_str("inf"),
            f64::NEG_INFINITY => serializer.serialize_str("-inf"),
            value if value.is_nan() => serializer.serialize_none(),
            // Adding zero turns −0 into 0.
            value => serializer.serialize_f64(value + 0.0),
        }
    }
}

fn numbers(values: &[f64]) -> Vec<Number> {
    values.iter().copied().map(Number).collect()
}

fn rows(matrix: &Matrix) -> Vec<Vec<Number>> {
    matrix.row_iter().map(|row| row.iter().copied().map(Number).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theorem::{Clause, Finding};
    use serde_json::{Value, json};

    fn summary(finding: Finding) -> Value {
        serde_json::to_value(TheoremSummary::from(Verdict::of("x", finding))).expect("JSON")
    }

    #[test]
    fn an_infinite_slack_is_null_and_the_sides_tell() {
        let open = summary(Finding::Checked(vec![Clause::at_most("loss", 1.0, f64::INFINITY, 0.0)]));
        assert_eq!(open["verdict"], json!("holds"));
        assert_eq!([&open["lhs"], &open["rhs"], &open["slack"]], [&json!(1.0), &json!("inf"), &Value::Null]);
        let both = summary(Finding::Checked(vec![Clause::equal("information", f64::INFINITY, f64::INFINITY, 0.0)]));
        assert_eq!([&both["rhs"], &both["slack"], &both["tightness"]], [&json!("inf"), &json!(0.0), &json!(1.0)]);
    }

    #[test]
    fn a_silent_theorem_is_not_an_undecided_one() {
        let silent = summary(Finding::Inapplicable("why".into()));
        assert_eq!((&silent["verdict"], &silent["applies"]), (&json!("does-not-apply"), &json!(false)));
        let wide = summary(Finding::Checked(vec![Clause::at_most("wide", 0.2, 0.1, 0.5)]));
        assert_eq!((&wide["verdict"], &wide["applies"]), (&json!("inconclusive"), &json!(true)));
    }
}
