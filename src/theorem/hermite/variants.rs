//! Statements that resemble `hermite` and are false.

use super::{ID, MINIMISER, OF_ENCODERS, SECOND_VARIATE};
use crate::theorem::variants::{Variant, with_rhs};

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "hermite/linear-towers-do-as-well",
        claim: "over all towers the greatest gain is Σ_{i≤d} ρ_i²",
        examine: |case| {
            let linear: f64 = (0..case.dim()).map(|i| case.subject.pair.correlation(i).powi(2)).sum();
            with_rhs(ID, case, &[MINIMISER], |_| linear)
        },
    },
    Variant {
        of: ID,
        name: "hermite/half-the-gain",
        claim: "no encoders gain more than half of what the theorem allows",
        examine: |case| with_rhs(ID, case, &[OF_ENCODERS], |clause| 0.5 * clause.rhs),
    },
    Variant {
        of: ID,
        name: "hermite/one-dimension-later",
        claim: "the second variate enters at d = ⌈log ρ2/log ρ1⌉ + 1",
        examine: |case| {
            let rho = |i: usize| case.subject.pair.correlation(i);
            let entry = (rho(1).ln() / rho(0).ln()).ceil() + 1.0;
            with_rhs(ID, case, &[SECOND_VARIATE], |_| f64::from(u8::from(case.dim() as f64 >= entry)))
        },
    },
];
