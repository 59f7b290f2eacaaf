//! Statements that resemble `decoupled-sufficiency` and are false.

use super::ID;
use crate::information::Source;
use crate::objective::Decoupled;
use crate::theorem::Clause;
use crate::theorem::decoupled_sufficiency::DecoupledSufficiency;
use crate::theorem::variants::{Variant, claims, inapplicable, information, with_rhs};

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
            let private = case.capacities.iter().filter(|entry| entry.encoder == 0);
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
        examine: |case| with_rhs(ID, case, "alignment of the common block", |clause| 0.5 * clause.rhs),
    },
    Variant {
        of: ID,
        name: "decoupled-sufficiency/a-price-in-information",
        claim: "(E[s|x_1], E[u_1|x_1]) loses a hundredth of a nat about (s, u_1)",
        examine: |case| with_rhs(ID, case, "loss about (s, u1) of (E", |_| 0.01),
    },
    Variant {
        of: ID,
        name: "decoupled-sufficiency/room-for-the-other",
        claim: "what suffices for the first decoupled encoder to keep (s, u1) suffices for the second to keep (s, u2)",
        examine: |case| {
            if case.objective.is_none_or(|objective| objective.id() != Decoupled::ENTRY.id)
                || !DecoupledSufficiency::keeps_all(case, 0)?
            {
                return inapplicable();
            }
            let mut clauses = Vec::new();
            DecoupledSufficiency::compare(&mut clauses, case, 1, "the decoupled encoder", &case.towers)?;
            claims(clauses)
        },
    },
];
