//! Statements that resemble `sufficiency` and are false.

use super::{CROSS_MODAL, ID};
use crate::information::InformationError;
use crate::theorem::variants::{Variant, altered, detectors, half_log, sufficient};
use crate::theorem::{Case, Clause, Finding};

/// Another formula for the cross-modal loss −½ Σ_{i>d} log(1−ρ_i²), of the correlations beyond d; where that is finite.
fn beyond(case: &Case, formula: impl Fn(&[f64]) -> f64) -> Result<Finding, InformationError> {
    let cosines = case.subject.pair.angles().cosines();
    let expected = formula(&cosines[case.dim().min(cosines.len())..]);
    altered(ID, case, |clause| {
        (clause.part.claim == CROSS_MODAL && expected.is_finite() && clause.rhs.is_finite())
            .then(|| Clause { rhs: expected, ..clause.clone() })
    })
}

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "sufficiency/one-more",
        claim: "cross-modal loss = −½ Σ_{i>d+1} log(1−ρ_i²)",
        examine: |case| beyond(case, |rho| half_log(rho.get(1..).unwrap_or(&[]))),
    },
    Variant {
        of: ID,
        name: "sufficiency/first-power",
        claim: "cross-modal loss = −½ Σ_{i>d} log(1−ρ_i)",
        examine: |case| beyond(case, |rho| rho.iter().map(|rho| -0.5 * (-rho).ln_1p()).sum()),
    },
    Variant {
        of: ID,
        name: "sufficiency/squares",
        claim: "cross-modal loss = ½ Σ_{i>d} ρ_i²",
        examine: |case| beyond(case, |rho| rho.iter().map(|rho| 0.5 * rho * rho).sum()),
    },
    Variant {
        of: ID,
        name: "sufficiency/coupled-factors",
        claim: "d ≥ r  ⟹  I(z1;s) = I(x1;s), without x1 ⟂ x2 | s",
        examine: |case| sufficient(case, case.dim() >= case.subject.pair.rank()),
    },
    Variant {
        of: ID,
        name: "sufficiency/rank-less-one",
        claim: "d ≥ r − 1  ⟹  I(z1;s) = I(x1;s)",
        examine: |case| sufficient(case, case.dim() + 1 == case.subject.pair.rank()),
    },
    Variant {
        of: ID,
        name: "sufficiency/separated-by-the-loudest-channel",
        claim: "d ≥ r, Cov(x1,x2 | s) below 1e-9 of the loudest  ⟹  I(z1;s) = I(x1;s)",
        examine: detectors::separated_by_the_loudest_channel,
    },
];
