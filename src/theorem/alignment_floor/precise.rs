//! `alignment-floor` in double-double precision.

use crate::linalg::precise::square_root as root;
use crate::theorem::alignment_floor::{ATTAINED, FLOOR};
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::Law;
use crate::theorem::{Case, Clause};
use qd::Quad;

/// The claims in double-double precision.
pub(super) fn review(case: &Case) -> Option<Review> {
    Some(alignment_floor(&Law::new(case)?).into())
}

/// About the exact canonical directions where it says that they attain the floor, and about the weights as they are where it
/// compares them with it.
fn alignment_floor(law: &Law) -> Vec<Clause> {
    let dim = law.case.dim();
    let two = Quad::from_f64(2.0);
    let floor = floor(law, dim);
    let error = law.root_error(0.0).max(law.error(dim as f64));
    // An uncorrelated direction is as far from any other as from its own: 2.
    let canonical = law.canonical(0, dim) * &law.cross;
    let attained = (0..dim).fold(Quad::ZERO, |sum, i| {
        let seen = if i < canonical.nrows() {
            root(canonical.row(i).iter().fold(Quad::ZERO, |s, &x| s + x * x))
        } else {
            Quad::ZERO
        };
        sum + two * (Quad::ONE - seen)
    });
    vec![
        Clause::at_most(FLOOR, floor.0, law.disagreement().trace().0, error),
        Clause::equal(ATTAINED, floor.0, attained.0, error),
    ]
}

/// 2 Σ_{i≤d} (1 − ρ_i).
pub(in crate::theorem) fn floor(law: &Law, dim: usize) -> Quad {
    (0..dim).fold(Quad::ZERO, |sum, i| sum + Quad::from_f64(2.0) * (Quad::ONE - law.correlation(i)))
}
