//! Statements that resemble `decoupled-sufficiency` and are false.

use super::{COMMON_BLOCK, ID, OF_ENCODER, OF_EXPECTATIONS};
use crate::information::{Side, Source};
use crate::objective::Decoupled;
use crate::theorem::decoupled_sufficiency::DecoupledSufficiency;
use crate::theorem::variants::{Variant, altered, claims, inapplicable, information, with_rhs};
use crate::theorem::{Clause, Part};

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "decoupled-sufficiency/any-dimension",
        claim: "the decoupled encoder keeps all that x_1 says about its private factors, for any d",
        examine: |case| {
            if case.objective.is_none_or(|objective| objective.id() != Decoupled::ENTRY.id) {
                return inapplicable();
            }
            let private = case.capacities.iter().filter(|entry| entry.encoder == Side::First);
            claims(
                private
                    .map(|entry| &case.targets[entry.target])
                    .filter(|target| information(target, Source::First).is_finite())
                    .map(|target| {
                        let error = case.subject.information_error(&target.source(Source::First).angles)
                            + case.subject.information_error(&target.source(Source::EncodedFirst).angles);
                        let lost = target.information_loss_nats(Source::First, Source::EncodedFirst);
                        Clause::equal("private loss", lost, 0.0, error)
                    })
                    .collect(),
            )
        },
    },
    Variant {
        of: ID,
        name: "decoupled-sufficiency/half-the-floor",
        claim: "the common block comes half as near as the alignment floor",
        examine: |case| with_rhs(ID, case, &[COMMON_BLOCK], |clause| 0.5 * clause.rhs),
    },
    Variant {
        of: ID,
        name: "decoupled-sufficiency/a-price-in-information",
        claim: "(E[s|x_1], E[u_1|x_1]) loses a hundredth of a nat about (s, u_1)",
        examine: |case| {
            let first = Part::new(OF_EXPECTATIONS).modality(Side::First);
            altered(ID, case, |clause| (clause.part == first).then(|| Clause { rhs: 0.01, ..clause.clone() }))
        },
    },
    Variant {
        of: ID,
        name: "decoupled-sufficiency/room-for-the-other",
        claim: "what suffices for the first decoupled encoder to keep (s, u1) suffices for the second to keep (s, u2)",
        examine: |case| {
            if case.objective.is_none_or(|objective| objective.id() != Decoupled::ENTRY.id)
                || !DecoupledSufficiency::keeps_all(case, Side::First)?
            {
                return inapplicable();
            }
            let mut clauses = Vec::new();
            DecoupledSufficiency::compare(&mut clauses, case, Side::Second, OF_ENCODER, &case.towers)?;
            claims(clauses)
        },
    },
];
