//! `capacity`: the trade-off law. Each dimension is spent on alignment or on private content.

mod precise;
mod variants;

use super::case::reciprocals;
use super::certainty::Route;
use super::variants::{LawVariant, Variant};
use super::{About, Among, Case, Clause, Finding, Part, Predicted, PrivateCapacity, Quantity, Question, Theorem};
use crate::information::InformationError;
use crate::linalg::PrincipalAngles;

/// The id of docs/theory.md.
pub const ID: &str = "capacity";

/// K + P ⪯ I_d for y ⟂ x_other and whitened z, hence tr K + tr P ≤ d.
///
/// For Gaussians I(z; y) = −½ log det(I − P), and I − P ⪰ K gives I(z; y) ≤ −½ log det K, infinite where K is singular: what one
/// dimension leaves unaligned may say anything of y.
#[derive(Debug, Clone, Copy)]
pub(super) struct CapacityLaw;

/// The claims.
pub(super) const TRACES: &str = "traces of z{m} and {target}";
pub(super) const LARGEST: &str = "largest eigenvalue of z{m} and {target}";
pub(super) const INFORMATION: &str = "information of z{m} and {target}";

/// A claim of what a private target leaves an encoder.
fn part(claim: &'static str, case: &Case, entry: &PrivateCapacity) -> Part {
    Part::new(claim).modality(entry.encoder).private(&case.targets[entry.target], Among::Pair)
}

/// The traces and the largest eigenvalue of K + P.
fn budget(case: &Case, entry: &PrivateCapacity) -> [Clause; 2] {
    // An encoder with fewer independent outputs than rows has only that many dimensions to spend.
    let dim = case.towers.rank(entry.encoder.index()) as f64;
    let error = case.subject.error(case.dim() as f64);
    let spent = entry.capacity.aligned + entry.capacity.private;
    [
        Clause::at_most(part(TRACES, case, entry), spent, dim, error),
        Clause::at_most(part(LARGEST, case, entry), entry.capacity.largest_eigenvalue, 1.0, error),
    ]
}

/// A cosine is known to three digits from this many units of the pair's zero on.
const RESOLVED_COSINE: f64 = 1e4;

/// −½ log det K in nats, from the angles between an encoder and the other modalities: +∞ where K is singular, or not told from it,
/// so that it stays a bound.
pub(super) fn room_nats(aligned: &PrincipalAngles, zero: f64) -> f64 {
    if aligned.cosines().iter().any(|&cosine| cosine <= RESOLVED_COSINE * zero) {
        return f64::INFINITY;
    }
    aligned.cosines().iter().map(|cosine| -cosine.ln()).sum()
}

/// I(z_m; y) against −½ log det K, from the angles between z_m and the other modality.
fn information(case: &Case, entry: &PrivateCapacity) -> Result<Clause, InformationError> {
    let said = case.targets[entry.target].source(entry.encoder.encoded());
    let aligned = case.towers.cross_modal_angles(&case.subject.pair, entry.encoder.index())?;
    let bound = room_nats(&aligned, case.subject.pair.zero());
    // d log ρ = dρ/ρ; at zero the bound is exactly infinite.
    let uncertainty = if bound.is_finite() { case.subject.error(reciprocals(&aligned)) } else { 0.0 };
    Ok(Clause::at_most(
        part(INFORMATION, case, entry),
        said.mutual_information_nats(),
        bound,
        case.subject.information_error(&said.angles) + uncertainty,
    ))
}

impl Theorem for CapacityLaw {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "y ⟂ x2, z1 whitened, K = Cov(E[z1|x2]), P = Cov(E[z1|y])  ⟹  K + P ⪯ I, tr K + tr P ≤ d, I(z1;y) ≤ −½ log det K"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Any distribution; y independent of x_2, z_1 whitened. The last claim: Gaussian.",
            proof: "Functions of x_2 and of y are orthogonal, and the squared projections of a unit vector onto orthogonal subspaces add up to at most one (Bessel), in every direction of z_1.",
            figure: Some("capacity"),
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
        let mut clauses = Vec::new();
        for entry in case.capacities.iter().filter(|entry| case.towers.rank(entry.encoder.index()) > 0) {
            clauses.extend(budget(case, entry));
            clauses.push(information(case, entry)?);
        }
        Ok(Finding::from_clauses(clauses, "no target is private to one modality"))
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let entry = case.capacities.iter().find(|entry| entry.target == target);
        Ok(match (quantity, entry) {
            (Quantity::CapacityPrivate, Some(entry)) => {
                Some(Predicted::AtMost(case.dim() as f64 - entry.capacity.aligned))
            }
            (Quantity::CapacityAligned, Some(entry)) => {
                Some(Predicted::AtMost(case.dim() as f64 - entry.capacity.private))
            }
            _ => None,
        })
    }
}
