//! The stable JSON of one case: what `alignloss eval --format json` prints, and what outside checks read.
//!
//! Keys are those of the design document, in its order. Infinite numbers are the string `"inf"`; a number that does not
//! exist (the value of `random`, the tightness of a theorem that does not apply) is `null`.

use crate::information::{InformationError, PartialInformation, Source};
use crate::learner::LearnerError;
use crate::linalg::Matrix;
use crate::theorem::{Case, Verdict, judge_all};
use serde::Serialize;
use serde::ser::Serializer;

/// A number of the report: `"inf"`, `"-inf"`, `null` for NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

/// The report of one case.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the design document names and defines each key")]
pub struct Evaluation {
    pub model: ModelSummary,
    pub objective: String,
    pub dim: usize,
    pub lambda: Option<f64>,
    pub canonical_correlations: Vec<Number>,
    pub cross_covariance_singular_values: Vec<Number>,
    pub encoders: [Vec<Vec<Number>>; 2],
    pub objective_value: Number,
    pub alignment: AlignmentSummary,
    pub targets: Vec<TargetSummary>,
    pub capacity: Vec<CapacitySummary>,
    pub theorems: Vec<TheoremSummary>,
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
    pub slack: Number,
    pub tightness: Number,
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
    /// The report of a case. `name` is the id of its objective, `lambda` its trade-off weight, if it has one.
    ///
    /// # Errors
    /// [`EvaluationError`].
    pub fn new(case: &Case, name: &str, lambda: Option<f64>) -> Result<Self, EvaluationError> {
        let subject = case.subject;
        let (model, pair) = (subject.model, &subject.pair);
        let value = case.objective.and_then(|objective| case.attained(objective)).unwrap_or(f64::NAN);
        let targets = case
            .targets
            .iter()
            .map(|target| {
                let by_source = |measure: &dyn Fn(Source) -> f64| BySource::new(measure);
                let information = |source| target.source(source).mutual_information_nats();
                let loss = |observed, encoded| Number(target.information_loss_nats(observed, encoded));
                TargetSummary {
                    name: target.name.to_owned(),
                    dimension: target.geometry.dimension(),
                    mi: by_source(&information),
                    mmse: by_source(&|source| target.source(source).mmse),
                    r2: by_source(&|source| target.source(source).r2),
                    sigma: by_source(&|source| target.source(source).sigma()),
                    information_loss: ByEncoder {
                        z1: loss(Source::First, Source::EncodedFirst),
                        z2: loss(Source::Second, Source::EncodedSecond),
                        z12: loss(Source::Both, Source::EncodedBoth),
                    },
                    pid: (target.geometry.dimension() == 1).then(|| {
                        PartialSummary::new(PartialInformation::new(
                            information(Source::First),
                            information(Source::Second),
                            information(Source::Both),
                        ))
                    }),
                }
            })
            .collect();
        let capacity = case
            .capacities
            .iter()
            .map(|entry| CapacitySummary {
                target: case.targets[entry.target].name.to_owned(),
                encoder: entry.encoder + 1,
                aligned: Number(entry.capacity.aligned),
                private: Number(entry.capacity.private),
                dim: case.dim(),
                max_eigenvalue: Number(entry.capacity.largest_eigenvalue),
            })
            .collect();
        Ok(Self {
            model: ModelSummary {
                name: model.name().to_owned(),
                observed: model.channels(),
                shared: model.shared(),
                private: model.private().to_vec(),
            },
            objective: name.to_owned(),
            dim: case.dim(),
            lambda,
            canonical_correlations: numbers(&pair.canonical_correlations()),
            cross_covariance_singular_values: numbers(&subject.learner(0).cross_covariance_singular_values()?),
            encoders: [rows(&case.encoders.first), rows(&case.encoders.second)],
            objective_value: Number(value),
            alignment: AlignmentSummary {
                error: Number(case.alignment.error),
                error_op: Number(case.alignment.error_operator),
                floor: Number(case.alignment.floor),
                mi_x1_x2: Number(pair.mutual_information_nats()),
                mi_z1_z2: Number(case.alignment.angles.mutual_information_nats()),
            },
            targets,
            capacity,
            theorems: judge_all(case)?.into_iter().map(TheoremSummary::from).collect(),
        })
    }
}

impl BySource {
    fn new(measure: &dyn Fn(Source) -> f64) -> Self {
        let [x1, x2, x12, z1, z2, z12] = Source::ALL.map(|source| Number(measure(source)));
        Self { x1, x2, x12, z1, z2, z12 }
    }
}

impl PartialSummary {
    fn new(parts: PartialInformation) -> Self {
        Self {
            redundancy: Number(parts.redundancy),
            unique1: Number(parts.unique_first),
            unique2: Number(parts.unique_second),
            synergy: Number(parts.synergy),
        }
    }
}

impl From<Verdict> for TheoremSummary {
    fn from(verdict: Verdict) -> Self {
        Self {
            id: verdict.id,
            applies: verdict.applies,
            lhs: Number(verdict.lhs),
            rhs: Number(verdict.rhs),
            slack: Number(verdict.slack),
            tightness: Number(verdict.tightness),
            verdict: verdict.status.word(),
            note: verdict.note,
        }
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
