//! Statements that resemble `selection` and are false.

use super::ID;
use crate::theorem::selection::{PairedFactor, Selection};
use crate::theorem::variants::{Variant, detectors};

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "selection/correlations-alone",
        claim: "every objective keeps the factors with the largest |ρ_i|",
        examine: |case| Ok(Selection::examine_with(case, |factor, _| factor.correlation)),
    },
    Variant {
        of: ID,
        name: "selection/swapped-exponents",
        claim: "score |ρ_i| t1^{2a} t2^{2b}",
        examine: |case| {
            Ok(Selection::examine_with(case, |factor, [a, b]| PairedFactor::score(factor, [0.5 - a, 0.5 - b])))
        },
    },
    Variant {
        of: ID,
        name: "selection/variances",
        claim: "score |ρ_i| t1^{2−4a} t2^{2−4b}",
        examine: |case| {
            Ok(Selection::examine_with(case, |factor, whiten| {
                PairedFactor::score(factor, whiten).powi(2) / factor.correlation
            }))
        },
    },
    Variant {
        of: ID,
        name: "selection/squared-correlations",
        claim: "score ρ_i² t1^{1−2a} t2^{1−2b}",
        examine: |case| {
            Ok(Selection::examine_with(case, |factor, whiten| PairedFactor::score(factor, whiten) * factor.correlation))
        },
    },
    Variant {
        of: ID,
        name: "selection/orthogonal-by-the-loudest-channel",
        claim: "loadings that miss being eigenvectors by less than 4e-15 of the loudest variance  ⟹  the largest |ρ_i| is kept",
        examine: detectors::orthogonal_by_the_loudest_channel,
    },
];
