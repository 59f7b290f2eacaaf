//! `correlation` in double-double precision.

use crate::linalg::precise::{PreciseMatrix, square_root as root};
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{Law, eigen, square_sum};
use crate::theorem::correlation::READOUT;
use crate::theorem::{Case, Clause, Part};

/// The claims in double-double precision.
pub(super) fn review(case: &Case) -> Option<Review> {
    Some(correlation(&Law::new(case)?)?.into())
}

fn correlation(law: &Law) -> Option<Vec<Clause>> {
    if !law.case.has_full_rank() {
        return None;
    }
    let disagreement = root(eigen(&law.disagreement())?.0[0]).0;
    let mut clauses = Vec::new();
    for (target, named) in law.targets.iter().zip(&law.case.targets).filter(|(target, _)| target.seen[0].ncols() == 1) {
        for m in 0..2 {
            let share = |seen: &PreciseMatrix| root(square_sum(seen) / target.variance).0;
            let lhs = share(&(&law.towers[m] * &target.seen[m]));
            let other = share(&target.seen[1 - m]);
            let error = [lhs, other, disagreement].into_iter().map(|size| law.root_error(size)).sum();
            let part = Part::new(READOUT).modality(m).about(named);
            clauses.push(Clause::at_most(part, lhs, other + disagreement, error));
        }
    }
    Some(clauses)
}
