//! `leakage`: the better the modalities align, the less private information is left.

mod precise;
mod variants;

use super::certainty::Route;
use super::variants::Variant;
use super::{About, Among, Case, Clause, Finding, Part, Predicted, PrivateCapacity, Quantity, Question, Theorem};
use crate::information::{InformationError, Side, Source};

/// The id of docs/theory.md.
pub(super) const ID: &str = "leakage";

/// I(z_m; y) ≤ Σ_{i≤d} log(1/ρ_i) at canonical encoders, for y ⟂ x_other: those that span the leading canonical directions, found by
/// whatever objective or given in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leakage;

impl Leakage {
    /// Σ log(1/ρ_i) over the dimensions that an encoder uses; +∞ when one of them is not aligned at all.
    fn bound(case: &Case, encoder: Side) -> f64 {
        (0..case.towers.rank(encoder.index())).map(|i| -case.subject.pair.correlation(i).ln()).sum()
    }
}

/// The claim about a private target.
fn part(case: &Case, entry: &PrivateCapacity) -> Part {
    Part::new("z{m} about {target}").modality(entry.encoder).private(&case.targets[entry.target], Among::Pair)
}

impl Theorem for Leakage {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "canonical encoders, y ⟂ x2  ⟹  I(z1;y) ≤ Σ_{i≤d} log(1/ρ_i)"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Gaussian, canonical encoders, y independent of x_2.",
            proof: "Along canonical variates K = diag(ρ_i²), and I(z_1;y) ≤ −½ log det K by the capacity law.",
            figure: Some("canonical-correlation"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: true })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        if let Some(reason) = case.canonical_obstacle() {
            return Ok(Finding::Inapplicable(reason));
        }
        let clauses: Vec<Clause> = case
            .capacities
            .iter()
            .map(|entry| {
                let source = case.targets[entry.target].source(entry.encoder.encoded());
                let bound = Self::bound(case, entry.encoder);
                // d log ρ = dρ/ρ: small correlations make the bound itself uncertain; at zero it is exactly infinite.
                let rank = case.towers.rank(entry.encoder.index());
                let reciprocals: f64 = (0..rank).map(|i| case.subject.pair.correlation(i).recip()).sum();
                let uncertainty = if bound.is_finite() { case.subject.error(reciprocals) } else { 0.0 };
                let error = case.subject.information_error(&source.angles) + uncertainty;
                Clause::at_most(part(case, entry), source.mutual_information_nats(), bound, error)
            })
            .collect();
        Ok(Finding::from_clauses(clauses, "no target is private to one modality"))
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let private = case.capacities.iter().any(|entry| entry.target == target && entry.encoder == Side::First);
        if !private || !case.is_canonical() {
            return Ok(None);
        }
        let bound = Self::bound(case, Side::First);
        let available = case.targets[target].source(Source::First).mutual_information_nats();
        Ok(match quantity {
            Quantity::Information(Source::EncodedFirst) => Some(Predicted::AtMost(bound)),
            Quantity::Loss(Side::First) => Some(Predicted::AtLeast((available - bound).max(0.0))),
            _ => None,
        })
    }
}
