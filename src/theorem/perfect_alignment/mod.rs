//! `perfect-alignment`: what two encoders agree on exactly is at most redundant information.

mod precise;
mod variants;

use super::certainty::Route;
use super::variants::Variant;
use super::{About, Case, Clause, EvaluatedTarget, Finding, Part, Predicted, Quantity, Question, Theorem};
use crate::information::{InformationError, PartialInformation, Source};

/// The id of docs/theory.md.
pub const ID: &str = "perfect-alignment";

/// The claims.
pub(super) const INFORMATION: &str = "information about {target}";
pub(super) const DEVIATION: &str = "σ about {target}";
pub(super) const LOST: &str = "unique and synergistic information about {target}";

/// If z_1 = z_2 = z almost surely, I(z; y) ≤ min_m I(x_m; y) and σ(z; y) ≥ max_m σ(x_m; y) for every target; and for a scalar one at
/// least its unique and synergistic information is lost, I(x_1,x_2; y) − I(z; y) ≥ Unq_1 + Unq_2 + Syn.
///
/// The last claim follows from the first by Unq_1 + Unq_2 + Syn = I(x_1,x_2; y) − Red; its sides are taken by other routes: the loss
/// from the angles of (x_1, x_2) and of z, the parts from those of each modality.
///
/// For Gaussians it needs ρ_i = 1 (Gács–Körner), hence noiseless sensors.
#[derive(Debug, Clone, Copy)]
pub(super) struct PerfectAlignment;

/// z_1 = z_2 up to this many units of the pair's rounding.
const AGREEMENT_UNITS: f64 = 100.0;

/// Unique and synergistic information against what the agreeing encoders lose.
fn lost(case: &Case, target: &EvaluatedTarget) -> Clause {
    let sources = [Source::First, Source::Second, Source::Both];
    let [first, second, both] = sources.map(|source| target.source(source).mutual_information_nats());
    let parts = PartialInformation::new(first, second, both);
    let error = sources
        .into_iter()
        .chain([Source::EncodedFirst])
        .map(|source| case.subject.information_error(&target.source(source).angles))
        .sum();
    Clause::at_most(
        Part::new(LOST).about(target),
        parts.unique_first + parts.unique_second + parts.synergy,
        target.information_loss_nats(Source::Both, Source::EncodedFirst),
        error,
    )
}

impl Theorem for PerfectAlignment {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "z1 = z2 = z  ⟹  I(z;y) ≤ min I(x_m;y) and σ(z;y) ≥ max σ(x_m;y); scalar y: I(x1,x2;y) − I(z;y) ≥ Unq + Syn"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Any distribution, any encoders with f_1(x_1) = f_2(x_2) almost surely. The last claim: Gaussian, scalar y.",
            proof: "z is a function of x_1 and of x_2, so by the data-processing inequality I(z;y) is at most either I(x_m;y). For a scalar Gaussian y the smaller one is the MMI redundancy, so unique information and synergy are lost.",
            figure: Some("redundancy"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let subject = case.subject;
        if case.towers.rank(0) == 0 || case.alignment.error_operator > AGREEMENT_UNITS * subject.pair.zero() {
            return Ok(Finding::Inapplicable(format!("z1 ≠ z2 (ε_op = {:.3e})", case.alignment.error_operator)));
        }
        if case.targets.is_empty() {
            return Ok(Finding::Inapplicable("no target".into()));
        }
        let mut clauses = Vec::new();
        for target in &case.targets {
            let [x1, x2, z] = [Source::First, Source::Second, Source::EncodedFirst].map(|source| target.source(source));
            let least = if x1.mutual_information_nats() <= x2.mutual_information_nats() { x1 } else { x2 };
            let error = subject.information_error(&least.angles) + subject.information_error(&z.angles);
            clauses.push(Clause::at_most(
                Part::new(INFORMATION).about(target),
                z.mutual_information_nats(),
                least.mutual_information_nats(),
                error,
            ));
            let (sigma, sigma_z) = (x1.sigma().max(x2.sigma()), z.sigma());
            let error = subject.error_in(target.geometry.variance().sqrt(), sigma_z);
            let deviation = target.geometry.variance().sqrt();
            let part = Part::new(DEVIATION).about(target);
            clauses.push(Clause::at_most(part, sigma, sigma_z, error).of_size(deviation));
            if target.geometry.dimension() == 1 {
                clauses.push(lost(case, target));
            }
        }
        Ok(Finding::Checked(clauses))
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let information = |source| case.targets[target].source(source).mutual_information_nats();
        let agree = case.alignment.error_operator <= AGREEMENT_UNITS * case.subject.pair.zero();
        let applies = agree && quantity == Quantity::Information(Source::EncodedFirst);
        let least = || information(Source::First).min(information(Source::Second));
        Ok(applies.then(|| Predicted::AtMost(least())))
    }
}
