//! Statements that resemble `alignment-floor` and are false.

use super::{FLOOR, ID};
use crate::information::InformationError;
use crate::objective::CanonicalCorrelation;
use crate::theorem::variants::{Variant, altered, detectors, with_rhs};
use crate::theorem::{Case, Clause, Finding};

/// Another floor of ε², from the canonical correlations.
fn floor(case: &Case, floor: impl Fn(&dyn Fn(usize) -> f64, usize) -> f64) -> Result<Finding, InformationError> {
    let rho = |i: usize| case.subject.pair.correlation(i);
    let lhs = floor(&rho, case.dim());
    altered(ID, case, |clause| (clause.part.claim == FLOOR).then(|| Clause { lhs, ..clause.clone() }))
}

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "alignment-floor/squares",
        claim: "2 Σ (1 − ρ_i²) ≤ ε²",
        examine: |case| floor(case, |rho, dim| (0..dim).map(|i| 2.0 * (1.0 - rho(i) * rho(i))).sum()),
    },
    Variant {
        of: ID,
        name: "alignment-floor/one-more",
        claim: "2 Σ_{i≤d+1} (1 − ρ_i) ≤ ε²",
        examine: |case| floor(case, |rho, dim| (0..=dim).map(|i| 2.0 * (1.0 - rho(i))).sum()),
    },
    Variant {
        of: ID,
        name: "alignment-floor/weakest",
        claim: "2 d (1 − ρ_d) ≤ ε²",
        examine: |case| floor(case, |rho, dim| 2.0 * dim as f64 * (1.0 - rho(dim - 1))),
    },
    Variant {
        of: ID,
        name: "alignment-floor/sines",
        claim: "Σ √(1 − ρ_i²) ≤ ε²",
        examine: |case| floor(case, |rho, dim| (0..dim).map(|i| (1.0 - rho(i) * rho(i)).max(0.0).sqrt()).sum()),
    },
    Variant {
        of: ID,
        name: "alignment-floor/unwhitened",
        claim: "2 Σ (1 − ρ_i) ≤ E‖z1 − z2‖², encoders not whitened",
        examine: |case| {
            let (moments, encoders) = (case.subject.moments(), &case.encoders);
            let error = (0..2).map(|m| moments.encoded(m, encoders.weights(m)).trace()).sum::<f64>()
                - 2.0 * moments.cross_trace(&encoders.first, &encoders.second);
            with_rhs(ID, case, &[FLOOR], |_| error)
        },
    },
    Variant {
        of: ID,
        name: "alignment-floor/value-of-raw-weights",
        claim: "tr(W1 Σ12 W2ᵀ) ≤ Σ ρ_i, encoders not whitened",
        examine: |case| {
            let most = (0..case.dim()).map(|i| case.subject.pair.correlation(i)).sum();
            detectors::value_of_raw_weights(case, &CanonicalCorrelation, most)
        },
    },
];
