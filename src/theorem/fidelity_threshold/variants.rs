//! Statements that resemble `fidelity-threshold` and are false.

use super::{BOUND, ID};
use crate::learner::ky_fan;
use crate::objective::AlignmentFidelity;
use crate::theorem::variants::{Variant, altered, detectors, with_rhs};
use crate::theorem::{Clause, Relation};

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "fidelity-threshold/one-percent-less",
        claim: "J_λ ≤ 0.99·(KyFan_d + KyFan_d)",
        examine: |case| with_rhs(ID, case, &[BOUND], |clause| 0.99 * clause.rhs),
    },
    Variant {
        of: ID,
        name: "fidelity-threshold/any-encoders-attain-it",
        claim: "J_λ = KyFan_d + KyFan_d for any whitened encoders",
        examine: |case| {
            altered(ID, case, |clause| {
                (clause.part.claim == BOUND).then(|| Clause { relation: Relation::Equal, ..clause.clone() })
            })
        },
    },
    Variant {
        of: ID,
        name: "fidelity-threshold/without-symmetry",
        claim: "maximisers of J_λ attain KyFan_d + KyFan_d on every model",
        examine: |case| {
            let joint = case.objective.is_some_and(|objective| objective.id() == AlignmentFidelity::ENTRY.id);
            altered(ID, case, |clause| {
                let claimed = joint && clause.part.claim == BOUND;
                claimed.then(|| Clause { relation: Relation::Equal, ..clause.clone() })
            })
        },
    },
    Variant {
        of: ID,
        name: "fidelity-threshold/symmetric-by-the-loudest-channel",
        claim: "canonical directions that miss being eigenvectors by less than 1e-8 of the loudest variance  ⟹  the largest scores are kept",
        examine: detectors::symmetric_by_the_loudest_channel,
    },
    Variant {
        of: ID,
        name: "fidelity-threshold/error-of-a-pure-number",
        claim: "no J_λ of twice its bound holds with the error bound of a pure number",
        examine: |case| detectors::twice_too_much_holds(case, ID, BOUND, |clause| case.subject.error(clause.rhs)),
    },
    Variant {
        of: ID,
        name: "fidelity-threshold/value-of-raw-weights",
        claim: "J_½ ≤ KyFan_d + KyFan_d, encoders not whitened",
        examine: |case| {
            let objective = AlignmentFidelity::new(0.5).expect("a number from 0 to 1");
            let spectra = case.subject.fidelity_spectra(0.5)?;
            let most = spectra.iter().map(|spectrum| ky_fan(spectrum, case.dim())).sum();
            detectors::value_of_raw_weights(case, &objective, most)
        },
    },
];
