//! Statements that resemble `perfect-alignment` and are false.

use super::{DEVIATION, ID, INFORMATION};
use crate::information::{InformationError, Source};
use crate::theorem::variants::{Variant, altered, claims, inapplicable, information, with_rhs};
use crate::theorem::{Case, Clause, Finding, find};

/// The clause about the least information of the two modalities, for each target where all of it is finite.
fn about_redundancy(
    case: &Case,
    clause: impl Fn(f64, f64, [f64; 3], f64) -> Clause,
) -> Result<Finding, InformationError> {
    let mut clauses = Vec::new();
    for target in &case.targets {
        let whole = [Source::First, Source::Second, Source::Both].map(|source| information(target, source));
        let kept = information(target, Source::EncodedFirst);
        if kept.is_finite() && whole.iter().all(|value| value.is_finite()) {
            let error: f64 = [Source::Both, Source::EncodedFirst]
                .map(|source| case.subject.information_error(&target.source(source).angles))
                .iter()
                .sum();
            clauses.push(clause(kept, whole[0].min(whole[1]), whole, error));
        }
    }
    claims(clauses)
}

fn agree(case: &Case) -> Result<bool, InformationError> {
    let theorem = find(ID).expect("registered");
    Ok(matches!(theorem.examine(case)?, Finding::Checked(_)))
}

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "perfect-alignment/any-encoders",
        claim: "I(z1;y) ≤ min I(x_m;y), without z1 = z2",
        examine: |case| about_redundancy(case, |kept, least, _, error| Clause::at_most("I", kept, least, error)),
    },
    Variant {
        of: ID,
        name: "perfect-alignment/interaction-information",
        claim: "z1 = z2 = z  ⟹  I(z;y) ≤ I(x1;y) + I(x2;y) − I(x1,x2;y)",
        examine: |case| {
            if !agree(case)? {
                return inapplicable();
            }
            about_redundancy(case, |kept, _, whole, error| {
                Clause::at_most("I", kept, whole[0] + whole[1] - whole[2], error)
            })
        },
    },
    Variant {
        of: ID,
        name: "perfect-alignment/half",
        claim: "z1 = z2 = z  ⟹  I(z;y) ≤ ½ min I(x_m;y)",
        examine: |case| with_rhs(ID, case, &[INFORMATION], |clause| 0.5 * clause.rhs),
    },
    Variant {
        of: ID,
        name: "perfect-alignment/wrong-sign",
        claim: "z1 = z2 = z  ⟹  I(z;y) ≥ min I(x_m;y)",
        examine: |case| {
            altered(ID, case, |clause| {
                (clause.part.claim == INFORMATION).then(|| Clause {
                    lhs: clause.rhs,
                    rhs: clause.lhs,
                    ..clause.clone()
                })
            })
        },
    },
    Variant {
        of: ID,
        name: "perfect-alignment/variance",
        claim: "z1 = z2 = z  ⟹  σ(z;y)² ≥ max σ(x_m;y)",
        examine: |case| with_rhs(ID, case, &[DEVIATION], |clause| clause.rhs * clause.rhs),
    },
    Variant {
        of: ID,
        name: "perfect-alignment/loses-the-unique-alone",
        claim: "z1 = z2 = z, scalar y  ⟹  I(x1,x2;y) − I(z;y) ≤ Unq1 + Unq2",
        examine: |case| {
            if !agree(case)? {
                return inapplicable();
            }
            about_redundancy(case, |kept, _, whole, error| {
                Clause::at_most("lost", whole[2] - kept, (whole[0] - whole[1]).abs(), error)
            })
        },
    },
    Variant {
        of: ID,
        name: "perfect-alignment/twice-the-synergy",
        claim: "z1 = z2 = z, scalar y  ⟹  I(x1,x2;y) − I(z;y) ≥ Unq1 + Unq2 + 2·Syn",
        examine: |case| {
            if !agree(case)? {
                return inapplicable();
            }
            about_redundancy(case, |kept, least, whole, error| {
                let synergy = whole[2] - whole[0].max(whole[1]);
                Clause::at_most("parts", whole[2] - least + synergy, whole[2] - kept, error)
            })
        },
    },
];
