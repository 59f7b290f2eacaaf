//! `perfect-alignment`: what two towers agree on exactly is at most redundant information.

use super::{Case, Clause, Finding, Question, Theorem};
use crate::information::{InformationError, Source};

/// If z_1 = z_2 = z almost surely, I(z; y) ≤ min_m I(x_m; y) and σ(z; y) ≥ max_m σ(x_m; y) for every target.
///
/// For Gaussians it needs ρ_i = 1 (Gács–Körner), hence noiseless sensors.
#[derive(Debug, Clone, Copy)]
pub(super) struct PerfectAlignment;

/// z_1 = z_2 up to this many units of the pair's rounding.
const AGREEMENT_UNITS: f64 = 100.0;

impl Theorem for PerfectAlignment {
    fn id(&self) -> &'static str {
        "perfect-alignment"
    }

    fn statement(&self) -> &'static str {
        "z1 = z2 = z  ⟹  I(z;y) ≤ min I(x_m;y) and σ(z;y) ≥ max σ(x_m;y)"
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
                format!("information about {}", target.name),
                z.mutual_information_nats(),
                least.mutual_information_nats(),
                error,
            ));
            let (sigma, sigma_z) = (x1.sigma().max(x2.sigma()), z.sigma());
            let error = subject.error_in(target.geometry.variance().sqrt(), sigma_z);
            let deviation = target.geometry.variance().sqrt();
            clauses.push(Clause::at_most(format!("σ about {}", target.name), sigma, sigma_z, error).of_size(deviation));
        }
        Ok(Finding::Checked(clauses))
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<f64>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let information = |source| case.targets[target].source(source).mutual_information_nats();
        let agree = case.alignment.error_operator <= AGREEMENT_UNITS * case.subject.pair.zero();
        Ok((agree && quantity == "mi.z1").then(|| information(Source::First).min(information(Source::Second))))
    }
}
