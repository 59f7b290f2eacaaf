//! Statements that resemble `infonce-gap` and are false.

use super::{BELOW, BILINEAR, ESTIMATES, ID, ONE_SIDED, ONE_SIDED_AT_ENCODERS, QUADRATURE, SYMMETRIC_AT_ENCODERS};
use crate::theorem::variants::{Variant, altered, half_log, inapplicable, with_rhs};
use crate::theorem::{Clause, Relation};

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "infonce-gap/first-power",
        claim: "the bilinear critic attains ½ Σ ρ_i",
        examine: |case| {
            let sum: f64 = case.subject.pair.angles().cosines().iter().take(case.dim()).map(|rho| 0.5 * rho).sum();
            with_rhs(ID, case, &[BILINEAR, QUADRATURE], |_| sum)
        },
    },
    Variant {
        of: ID,
        name: "infonce-gap/bilinear-attains-all",
        claim: "the bilinear critic attains −½ Σ log(1−ρ_i²)",
        examine: |case| {
            let cosines = case.subject.pair.angles().cosines();
            let all = half_log(&cosines[..case.dim().min(cosines.len())]);
            if all.is_finite() { with_rhs(ID, case, &[BILINEAR, QUADRATURE], |_| all) } else { inapplicable() }
        },
    },
    Variant {
        of: ID,
        name: "infonce-gap/symmetric-attains-all",
        claim: "the symmetric squared-distance critic attains −½ log(1−ρ²)",
        examine: |case| {
            altered(ID, case, |clause| {
                let below = clause.part.claim == BELOW;
                below.then(|| Clause { relation: Relation::Equal, ..clause.clone() })
            })
        },
    },
    Variant {
        of: ID,
        name: "infonce-gap/one-sided-first-power",
        claim: "the one-sided squared-distance critic attains −½ log(1−ρ)",
        examine: |case| {
            with_rhs(ID, case, &[ONE_SIDED, ONE_SIDED_AT_ENCODERS], |clause| {
                let rho = (-(-2.0 * clause.rhs).exp_m1()).sqrt();
                -0.5 * (-rho).ln_1p()
            })
        },
    },
    Variant {
        of: ID,
        name: "infonce-gap/negatives-alone",
        claim: "estimates from B samples are at most log(B − 1)",
        examine: |case| with_rhs(ID, case, &[ESTIMATES], |clause| clause.rhs.exp_m1().ln()),
    },
    Variant {
        of: ID,
        name: "infonce-gap/symmetric-at-the-encoders",
        claim: "the symmetric squared distance attains −½ Σ log(1−ρ_i²) at the encoders",
        examine: |case| {
            let cosines = case.subject.pair.angles().cosines();
            let all = half_log(&cosines[..case.dim().min(cosines.len())]);
            if all.is_finite() { with_rhs(ID, case, &[SYMMETRIC_AT_ENCODERS], |_| all) } else { inapplicable() }
        },
    },
    Variant {
        of: ID,
        name: "infonce-gap/quadrature-without-negatives",
        claim: "the bilinear critic attains Σ ρ_i² at the encoders",
        examine: |case| with_rhs(ID, case, &[QUADRATURE], |clause| 2.0 * clause.rhs),
    },
];
