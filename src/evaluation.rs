//! The stable JSON of one case: what `alignloss eval --format json` prints, and what outside checks read.
//!
//! Keys are those of the design document, in its order, after [`SCHEMA`]. Infinite numbers are the string `"inf"`; a number that
//! does not exist (the value of `random`) is `null`. `slack` and `tightness` are finite numbers or `null`: where a side is infinite,
//! the sides tell. `verdict` is `holds`, `violated`, `inconclusive` (the error bound is too wide) or `does-not-apply`.

use crate::information::InformationError;
use crate::learner::{LearnerError, Uniqueness};
use crate::linalg::Matrix;
use crate::objective::{Objective, ParameterValue};
use crate::precise::{Estimate, Measure, Measures, TargetMeasures};
use crate::theorem::{Case, Status, Verdict, judge_all};
use serde::Serialize;
use serde::ser::Serializer;
use std::collections::BTreeMap;

/// The version of the documents that `eval` and `verify` print: their key `schema`. It grows when a key, or what its values mean,
/// changes; keys may be added within a version.
///
/// | version | change |
/// |---|---|
/// | 1 | had no key `schema`; a theorem that did not apply was `inconclusive` |
/// | 2 | `verdict` says `does-not-apply`; `slack`, `tightness` and `deviation` are numbers or `null` |
pub const SCHEMA: u32 = 2;

/// A number of the report: `"inf"`, `"-inf"`, `null` for NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

/// A number of the report, or `null` where there is no finite one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finite(pub f64);

/// The report of one case.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct Evaluation {
    pub schema: u32,
    pub model: ModelSummary,
    pub objective: String,
    pub dim: usize,
    /// The weight of fidelity, where the objective has one: also among `parameters`.
    pub lambda: Option<f64>,
    /// The values of the objective's parameters; empty for encoders that were given.
    pub parameters: BTreeMap<&'static str, ParameterValue>,
    pub canonical_correlations: Vec<Number>,
    pub cross_covariance_singular_values: Vec<Number>,
    pub encoders: [Vec<Vec<Number>>; 2],
    pub objective_value: Number,
    pub alignment: AlignmentSummary,
    pub targets: Vec<TargetSummary>,
    pub capacity: Vec<CapacitySummary>,
    pub unique: Option<bool>,
    pub minimisers: Option<MinimiserSummary>,
    /// Measures whose error bound is above 1e-9 of their size, after double-double arithmetic was tried.
    pub uncertain: Vec<UncertainSummary>,
    pub theorems: Vec<TheoremSummary>,
    /// The measures with their errors.
    #[serde(skip)]
    pub measures: Measures,
}

/// A measure that is not known to nine digits.
#[derive(Debug, Clone, Serialize)]
pub struct UncertainSummary {
    /// Its place in this document, as in `targets[0].mi.z1`.
    pub measure: String,
    /// Its value.
    pub value: Number,
    /// A bound on its error: infinite where it can't be told whether it is finite, or nothing is known.
    pub error: Number,
}

/// Why the minimiser is not unique, or why it is not known whether it is, and which measures differ between minimisers.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct MinimiserSummary {
    pub reason: String,
    pub affected: Vec<AffectedSummary>,
}

/// The least and the greatest value, over the minimisers, of what a source says about a target; `null` where it is not computed.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct AffectedSummary {
    pub target: String,
    pub source: &'static str,
    pub mi: Option<[Number; 2]>,
    pub r2: Option<[Number; 2]>,
}

/// Names and sizes of the model.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct ModelSummary {
    pub name: String,
    pub observed: Vec<usize>,
    pub shared: usize,
    pub private: Vec<usize>,
}

/// How well the encoders agree, after symmetric whitening.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct AlignmentSummary {
    pub error: Number,
    pub error_op: Number,
    pub floor: Number,
    pub mi_x1_x2: Number,
    pub mi_z1_z2: Number,
}

/// One number per source of information.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct BySource {
    pub x1: Number,
    pub x2: Number,
    pub x12: Number,
    pub z1: Number,
    pub z2: Number,
    pub z12: Number,
}

/// Information lost by each encoder, and by both together.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct ByEncoder {
    pub z1: Number,
    pub z2: Number,
    pub z12: Number,
}

/// The MMI partial information decomposition.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct PartialSummary {
    pub redundancy: Number,
    pub unique1: Number,
    pub unique2: Number,
    pub synergy: Number,
}

/// What is known of one target.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct TargetSummary {
    pub name: String,
    pub dimension: usize,
    pub mi: BySource,
    pub mmse: BySource,
    pub r2: BySource,
    pub sigma: BySource,
    pub information_loss: ByEncoder,
    pub pid: Option<PartialSummary>,
}

/// How an encoder's dimensions are spent, for a target private to its modality.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct CapacitySummary {
    pub target: String,
    pub encoder: usize,
    pub aligned: Number,
    pub private: Number,
    pub dim: usize,
    pub max_eigenvalue: Number,
}

/// A theorem's verdict.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct TheoremSummary {
    pub id: &'static str,
    pub applies: bool,
    pub lhs: Number,
    pub rhs: Number,
    pub slack: Finite,
    pub tightness: Finite,
    /// A bound on the error of lhs − rhs, by which tables tell 0 from rounding.
    #[serde(skip)]
    pub error: f64,
    pub verdict: &'static str,
    pub note: String,
}

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    /// A measure could not be computed.
    #[error(transparent)]
    Information(#[from] InformationError),
    /// A decomposition of the learner failed.
    #[error(transparent)]
    Learner(#[from] LearnerError),
}

impl Evaluation {
    /// The report of a case, under the name of its objective or of where its encoders come from.
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
                    encoder: entry.encoder + 1,
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
    /// `None` where the minimiser is unique, and for encoders that were given.
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
