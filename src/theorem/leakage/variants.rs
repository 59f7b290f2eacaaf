//! Statements that resemble `leakage` and are false.

use super::ID;
use crate::information::{InformationError, Side, Source};
use crate::theorem::variants::{Variant, altered, claims, inapplicable};
use crate::theorem::{Canonical, Case, Clause, Finding};

/// I(z_1; y) ≤ Σ log(1/ρ_i) where the theorem does not say so.
fn leaked_by_any(case: &Case, private: bool) -> Result<Finding, InformationError> {
    if !case.has_full_rank() {
        return inapplicable();
    }
    let bound: f64 = (0..case.dim()).map(|i| -case.subject.pair.correlation(i).ln()).sum();
    let of_concern = |index: usize| {
        !private || case.capacities.iter().any(|entry| entry.target == index && entry.encoder == Side::First)
    };
    let clauses = case.targets.iter().enumerate().filter(|(index, _)| of_concern(*index) && bound.is_finite());
    claims(
        clauses
            .map(|(_, target)| {
                let source = target.source(Source::EncodedFirst);
                let error = case.subject.information_error(&source.angles);
                Clause::at_most(target, source.mutual_information_nats(), bound, error)
            })
            .collect(),
    )
}

/// I(z_1; y) of canonical encoders against a bound from the correlations of the dimensions that are used.
fn leaked(case: &Case, bound: impl Fn(&[f64]) -> f64) -> Result<Finding, InformationError> {
    let rho: Vec<f64> = (0..case.dim()).map(|i| case.subject.pair.correlation(i)).collect();
    let used = |clause: &Clause| clause.part.modality.map_or(0, |m| case.towers.rank(m));
    altered(ID, case, |clause| {
        let rhs = bound(&rho[..used(clause)]);
        (clause.rhs.is_finite() && rhs.is_finite()).then(|| Clause { rhs, ..clause.clone() })
    })
}

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "leakage/half",
        claim: "I(z1;y) ≤ ½ Σ log(1/ρ_i)",
        examine: |case| leaked(case, |rho| -0.5 * rho.iter().map(|rho| rho.ln()).sum::<f64>()),
    },
    Variant {
        of: ID,
        name: "leakage/one-less",
        claim: "I(z1;y) ≤ Σ_{i<d} log(1/ρ_i) for d ≥ 2",
        examine: |case| {
            leaked(case, |rho| {
                if rho.len() < 2 {
                    f64::INFINITY
                } else {
                    -rho[..rho.len() - 1].iter().map(|rho| rho.ln()).sum::<f64>()
                }
            })
        },
    },
    Variant {
        of: ID,
        name: "leakage/strongest",
        claim: "I(z1;y) ≤ d log(1/ρ_1)",
        examine: |case| leaked(case, |rho| -(rho.len() as f64) * rho.first().map_or(0.0, |rho| rho.ln())),
    },
    Variant {
        of: ID,
        name: "leakage/linearised",
        claim: "I(z1;y) ≤ Σ (1 − ρ_i)",
        examine: |case| leaked(case, |rho| rho.iter().map(|rho| 1.0 - rho).sum()),
    },
    Variant {
        of: ID,
        name: "leakage/any-target",
        claim: "I(z1;y) ≤ Σ log(1/ρ_i) at canonical encoders, without y ⟂ x2",
        examine: |case| if case.is_canonical() { leaked_by_any(case, false) } else { inapplicable() },
    },
    Variant {
        of: ID,
        name: "leakage/any-encoders",
        claim: "I(z1;y) ≤ Σ log(1/ρ_i) for y ⟂ x2 at any whitened encoders",
        examine: |case| leaked_by_any(case, true),
    },
    Variant {
        of: ID,
        name: "leakage/canonical-by-objective",
        claim: "only minimisers of canonical objectives span the leading canonical directions",
        examine: |case| {
            let spans = match case.canonical() {
                Canonical::Yes => 1.0,
                Canonical::No => 0.0,
                Canonical::TooCloseToCall => return inapplicable(),
            };
            let claimed = f64::from(u8::from(case.minimises_canonical_objective()));
            claims(vec![Clause::at_most("canonical", spans, claimed, 0.0)])
        },
    },
];
