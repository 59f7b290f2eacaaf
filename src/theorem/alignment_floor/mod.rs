//! `alignment-floor`: no whitened linear encoders agree better than the canonical ones.

pub(super) mod precise;
mod variants;

use super::certainty::Route;
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Predicted, Quantity, Question, Theorem};
use crate::information::InformationError;

/// The id of docs/theory.md.
pub(super) const ID: &str = "alignment-floor";

/// The claims.
pub(super) const FLOOR: &str = "alignment error";
pub(super) const ATTAINED: &str = "CCA attains the floor";

/// ε² ≥ 2 Σ_{i≤d} (1 − ρ_i) over whitened linear encoders, with equality for CCA.
#[derive(Debug, Clone, Copy)]
pub(super) struct AlignmentFloor;

impl Theorem for AlignmentFloor {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "whitened linear encoders  ⟹  2 Σ_{i≤d} (1 − ρ_i) ≤ ε²"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Whitened linear encoders with d independent outputs. Canonical encoders attain the floor; if ρ_d > ρ_{d+1}, only they do.",
            proof: "ε² = 2d − 2 tr Q_1TQ_2ᵀ, and by von Neumann's trace inequality the trace is at most the sum of the d largest singular values of T.",
            figure: Some("dimension"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: true })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        if !case.has_full_rank() {
            return Ok(Finding::Inapplicable(format!(
                "an encoder has fewer than d = {} independent outputs",
                case.dim()
            )));
        }
        let error = case.subject.error(case.dim() as f64);
        let mut clauses = vec![Clause::at_most(FLOOR, case.alignment.floor, case.alignment.error, error)];
        if case.objective.is_some_and(|objective| objective.whitened() && case.minimises_canonical_objective()) {
            clauses.push(Clause::equal(ATTAINED, case.alignment.floor, case.alignment.error, error));
        }
        Ok(Finding::Checked(clauses))
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let applies = question.quantity == Quantity::AlignmentError && case.has_full_rank();
        Ok(applies.then_some(Predicted::AtLeast(case.alignment.floor)))
    }
}
