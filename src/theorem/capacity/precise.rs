//! `capacity` in double-double precision.

use crate::theorem::capacity::{INFORMATION, LARGEST, TRACES, part};
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{Law, eigen, orthonormal_rows, room};
use crate::theorem::{Case, Clause};

/// The claims in double-double precision.
pub(super) fn review(case: &Case) -> Option<Review> {
    Some(capacity(&Law::new(case)?)?.into())
}

fn capacity(law: &Law) -> Option<Vec<Clause>> {
    let mut clauses = Vec::new();
    for entry in law.case.capacities.iter().filter(|entry| law.case.towers.rank(entry.encoder.index()) > 0) {
        let (m, target) = (entry.encoder.index(), &law.targets[entry.target]);
        let (rows, _) = orthonormal_rows(&law.towers[m])?;
        let (predicted, explained) = (&rows * law.across(m), &rows * &target.whitened[m]);
        let aligned = &predicted * predicted.transpose();
        let sum = &aligned + &explained * explained.transpose();
        let part = |claim| part(claim, law.case, entry);
        let rank = rows.nrows() as f64;
        clauses.push(Clause::at_most(part(TRACES), sum.trace().0, rank, law.error(rank)));
        let largest = eigen(&sum)?.0[0].0;
        clauses.push(Clause::at_most(part(LARGEST), largest, 1.0, law.error(1.0)));
        if let Some((said, error)) = law.said(&rows, m, target)
            && let Some((bound, sensitivity)) = room(&aligned)
        {
            clauses.push(Clause::at_most(part(INFORMATION), said.0, bound, error + law.error(sensitivity)));
        }
    }
    Some(clauses)
}
