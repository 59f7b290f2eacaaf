//! `leakage` in double-double precision.

use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{INDISTINCT, Law};
use crate::theorem::leakage::part;
use crate::theorem::{Case, Clause};
use qd::Quad;

/// The claims in double-double precision.
pub(super) fn review(case: &Case) -> Option<Review> {
    Some(leakage(&Law::new(case)?)?.into())
}

fn leakage(law: &Law) -> Option<Vec<Clause>> {
    if !law.case.is_canonical() {
        return None;
    }
    let mut clauses = Vec::new();
    for entry in &law.case.capacities {
        let (m, target) = (entry.encoder.index(), &law.targets[entry.target]);
        let rank = law.case.towers.rank(m);
        let Some(least) = law.squares.get(rank.saturating_sub(1)).filter(|square| square.0 > INDISTINCT) else {
            continue;
        };
        let bound = (0..rank).fold(Quad::ZERO, |sum, i| sum - law.correlation(i).ln());
        let Some((kept, error)) = law.said(&law.canonical(m, rank), m, target) else { continue };
        let error = error + law.error(least.0.recip());
        clauses.push(Clause::at_most(part(law.case, entry), kept.0, bound.0, error));
    }
    Some(clauses)
}
