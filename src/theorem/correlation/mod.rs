//! `correlation`: an aligned encoder correlates with a scalar target hardly more than the other modality does.

mod precise;
mod variants;

use super::certainty::Route;
use super::variants::{LawVariant, Variant};
use super::{About, Case, Clause, Finding, Part, Theorem};
use crate::information::{InformationError, Side};

/// The id of docs/theory.md.
pub(super) const ID: &str = "correlation";

/// The claim.
const READOUT: &str = "z{m} about {target}";

/// √R²(z_1; y) ≤ √R²(x_2; y) + ε_op for whitened encoders and scalar y; likewise from z_2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Correlation;

impl Theorem for Correlation {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "whitened encoders, scalar y  ⟹  √R²(z1;y) ≤ √R²(x2;y) + ε_op"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Any distribution, whitened encoders, scalar y; R²(z_1;y) is that of the best linear readout.",
            proof: "The unit vector that predicts y from z_1 loses at most ε_op of its correlation when z_1 is replaced by z_2, a function of x_2.",
            figure: Some("interference"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn law_variants(&self) -> &'static [LawVariant] {
        variants::LAW_VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        if !case.has_full_rank() {
            return Ok(Finding::Inapplicable(format!(
                "an encoder has fewer than d = {} independent outputs",
                case.dim()
            )));
        }
        let mut clauses = Vec::new();
        for target in case.targets.iter().filter(|target| target.geometry.dimension() == 1) {
            for side in Side::BOTH {
                let root = |source| target.source(source).r2.max(0.0).sqrt();
                let (lhs, rhs) = (root(side.encoded()), root(side.other().seen()) + case.alignment.error_operator);
                // √R² near zero has the square root of R²'s rounding.
                let error = case.subject.error(1.0) + case.subject.pair.zero().sqrt() * f64::from(u8::from(rhs < 1e-4));
                clauses.push(Clause::at_most(Part::new(READOUT).modality(side).about(target), lhs, rhs, error));
            }
        }
        Ok(Finding::from_clauses(clauses, "no scalar target"))
    }
}
