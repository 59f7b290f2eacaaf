//! Statements that resemble `multimodal` and are false.

use super::{EIGENVALUE, GAINED, ID, OF_ENCODER, OF_GCCA, SHARE, SHARES};
use crate::linalg::Matrix;
use crate::objective::CanonicalCorrelation;
use crate::theorem::variants::{Variant, altered, claims, inapplicable, with_rhs};
use crate::theorem::{Clause, Finding, Relation, find};

/// A clause about canonical pairs of an aligned case, from ρ_i between these bounds: elsewhere a bound is trivial or rounding.
const INTERIOR: std::ops::Range<f64> = 1e-3..1.0 - 1e-3;

/// The share of g = (a + b)/√(2(1+ρ)) that a − ρb and b − ρa, each private to its modality, explain together: the regression on both. Of two
/// modalities the stated bound on the sum of their shares is 1 − ρ.
fn jointly_explained(rho: f64) -> f64 {
    let covariance = Matrix::from_row_slice(2, 2, &[1.0, -rho, -rho, 1.0]) * (1.0 - rho * rho);
    let seen = nalgebra::DVector::from_element(2, (1.0 - rho * rho) / (2.0 * (1.0 + rho)).sqrt());
    nalgebra::Cholesky::new(covariance).map_or(f64::NAN, |factor| factor.solve(&seen).dot(&seen))
}

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "multimodal/nine-tenths",
        claim: "y ⟂ all others  ⟹  K + P ⪯ 0.9·I",
        examine: |case| with_rhs(ID, case, &[OF_ENCODER[1], OF_GCCA[1]], |clause| 0.9 * clause.rhs),
    },
    Variant {
        of: ID,
        name: "multimodal/agreement-falls",
        claim: "λ_j can only fall as a modality joins",
        examine: |case| {
            altered(ID, case, |clause| {
                let swapped = Clause { lhs: clause.rhs, rhs: clause.lhs, ..clause.clone() };
                (clause.part.claim == EIGENVALUE).then_some(swapped)
            })
        },
    },
    Variant {
        of: ID,
        name: "multimodal/no-more-agreement",
        claim: "a further modality adds no agreement",
        examine: |case| with_rhs(ID, case, &[GAINED], |_| 0.0),
    },
    Variant {
        of: ID,
        name: "multimodal/shares-of-all-jointly",
        claim: "targets private to each modality jointly explain at most (M−λ)/(1+(M−2)λ) of a GCCA variate",
        examine: |case| {
            let two = case.subject.model.modalities().len() == 2;
            let aligned = case.objective.is_some_and(|objective| objective.id() == CanonicalCorrelation::ENTRY.id);
            let rhos = case.subject.pair.angles().cosines().iter().take(case.dim());
            let clause = |&rho: &f64| {
                Clause::at_most("joint share", jointly_explained(rho), 1.0 - rho, case.subject.error(1.0) / (1.0 - rho))
            };
            let pairs = rhos.filter(|rho| two && aligned && INTERIOR.contains(rho));
            claims(pairs.map(clause).collect())
        },
    },
    Variant {
        of: ID,
        name: "multimodal/shares-attain-the-bound",
        claim: "the private shares of a GCCA variate add up to (M−λ)/(1+(M−2)λ)",
        examine: |case| {
            altered(ID, case, |clause| {
                (clause.part.claim == SHARES).then(|| Clause { relation: Relation::Equal, ..clause.clone() })
            })
        },
    },
    Variant {
        of: ID,
        name: "multimodal/each-share-a-part",
        claim: "y private to a modality explains at most (M−λ)/(1+(M−2)λ)/M of a GCCA variate",
        examine: |case| {
            let count = case.subject.model.modalities().len() as f64;
            let Finding::Checked(clauses) = find(ID).expect("registered").examine(case)? else {
                return inapplicable();
            };
            let of_share = |clause: &&Clause| clause.part.claim == SHARE;
            let below_a_part = |clause: &Clause| {
                let together = |bound: &&Clause| bound.part.claim == SHARES && bound.part.place == clause.part.place;
                Some(Clause { rhs: clauses.iter().find(together)?.rhs / count, ..clause.clone() })
            };
            claims(clauses.iter().filter(of_share).filter_map(below_a_part).collect())
        },
    },
];
