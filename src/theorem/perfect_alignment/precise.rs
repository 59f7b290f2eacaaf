//! `perfect-alignment` in double-double precision.

use crate::linalg::precise::{PreciseMatrix, square_root as root};
use crate::precise;
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{
    INDISTINCT, Law, Nats, TargetLaw, eigen, information, relative_error, square_sum, stacked,
};
use crate::theorem::certainty::dense::{symmetric_whitening, whitened_jointly};
use crate::theorem::perfect_alignment::{DEVIATION, INFORMATION, LOST};
use crate::theorem::{Case, Clause, Part};
use qd::Quad;

/// Of the part of z_1 that both modalities determine; the weights as written agree up to the rounding of doubles only.
pub(super) fn review(case: &Case) -> Option<Review> {
    if let Some(law) = precise::Law::new(case.subject.model, case.subject.modalities) {
        let determined = law.cross_information().determined;
        if determined < case.towers.rank(0) {
            let reason = format!("the modalities have {determined} variates in common: z1 = z2 up to rounding only");
            return Some(Review::Inapplicable(reason));
        }
    }
    let law = Law::new(case)?;
    let common = law.squares.iter().filter(|square| (Quad::ONE - **square).0 < INDISTINCT).count();
    let directions = law.canonical(0, common);
    let within = &law.towers[0] * directions.transpose();
    let rank = eigen(&(&within * within.transpose()))?.0.iter().filter(|value| value.0 > 0.5).count();
    if rank != case.towers.rank(0) {
        return None;
    }
    let shared = symmetric_whitening(&within, rank)?;
    let tower = shared * directions;
    let mut clauses = Vec::new();
    for (target, named) in law.targets.iter().zip(&case.targets) {
        let part = |claim| Part::new(claim).about(named);
        let whole = [0, 1].map(|m| law.said(&law.whole(m), m, target));
        let least = whole.into_iter().flatten().min_by(|a, b| a.0.0.total_cmp(&b.0.0));
        let kept = law.said(&tower, 0, target);
        if let (Some((kept, kept_error)), Some((least, least_error))) = (kept, least) {
            clauses.push(Clause::at_most(part(INFORMATION), kept.0, least.0, kept_error + least_error));
        }
        let left = |seen: &PreciseMatrix| root(target.variance - square_sum(seen)).0;
        let sigma = left(&target.seen[0]).max(left(&target.seen[1]));
        let sigma_z = left(&(&tower * &target.seen[0]));
        let unit = root(target.variance).0;
        let error = law.deviation_error(unit, sigma) + law.deviation_error(unit, sigma_z);
        clauses.push(Clause::at_most(part(DEVIATION), sigma, sigma_z, error).of_size(unit));
        if target.seen[0].ncols() == 1
            && let (Some(kept), Some(least), Some(both)) = (kept, least, said_by_both(&law, target))
        {
            // Unq_1 + Unq_2 + Syn = I(x_1,x_2; y) − Red.
            let error = 2.0 * both.1 + least.1 + kept.1;
            clauses.push(Clause::at_most(part(LOST), (both.0 - least.0).0, (both.0 - kept.0).0, error));
        }
    }
    Some(clauses.into())
}

/// I(x_1, x_2; y) and its error, by whitening both modalities together. `None` when infinite.
fn said_by_both(law: &Law, target: &TargetLaw) -> Option<Nats> {
    let across = stacked(&law.whole(0), &law.across(1));
    let beside = stacked(&law.cross, &law.whole(1));
    let columns = across.ncols();
    let covariance = PreciseMatrix::from_fn(across.nrows(), columns + beside.ncols(), |i, j| {
        if j < columns { across[(i, j)] } else { beside[(i, j - columns)] }
    });
    let jointly = whitened_jointly(&covariance)?;
    let seen = jointly.whitener * stacked(&target.whitened[0], &target.whitened[1]);
    let condition = jointly.condition * law.sensors.condition.max(target.condition);
    information(&(seen.transpose() * &seen), relative_error(condition))
}
