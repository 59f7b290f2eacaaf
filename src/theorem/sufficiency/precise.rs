//! `sufficiency` in double-double precision, for the exact canonical directions.

use crate::linalg::precise::svd;
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{INDISTINCT, Law, TargetLaw};
use crate::theorem::sufficiency::{CROSS_MODAL, INFORMATION, LOSS, STRUCTURAL};
use crate::theorem::{Case, Clause, Part};
use qd::Quad;

pub(super) fn review(case: &Case) -> Option<Review> {
    if !case.is_canonical() {
        return None;
    }
    let law = Law::new(case)?;
    let dim = case.dim();
    let (mut clauses, mut withdrawn) = (Vec::new(), Vec::new());
    let beyond = law.squares.iter().skip(dim).fold(Quad::ZERO, |sum, &square| sum - (Quad::ONE - square).ln());
    for m in 0..2 {
        let seen = law.across(m);
        let Some((all, all_error)) = law.information(&law.whole(m), &seen) else { continue };
        let Some((kept, kept_error)) = law.information(&law.canonical(m, dim), &seen) else { continue };
        let part = Part::new(CROSS_MODAL).modality(m);
        clauses.push(Clause::equal(part, (all - kept).0, 0.5 * beyond.0, all_error + kept_error));
    }
    let shared = shared_factors(&law);
    let rank = law.squares.iter().filter(|square| square.0 > INDISTINCT).count();
    for (m, shared) in (0..2).filter_map(|m| Some((m, shared.as_ref()?))) {
        let parts = [LOSS, INFORMATION].map(|claim| Part::new(claim).modality(m));
        let Some(missed) = separated_up_to(&law, shared, m) else {
            withdrawn.extend(parts);
            continue;
        };
        if let Some((all, all_error)) = law.said(&law.whole(m), m, shared)
            && let Some((kept, kept_error)) = law.said(&law.canonical(m, rank), m, shared)
        {
            let error = all_error + kept_error + missed;
            let [loss, information] = parts;
            clauses.push(Clause::equal(loss, (all - kept).0, 0.0, error));
            clauses.push(Clause::equal(information, kept.0, all.0, error));
        }
    }
    Some(Review::Checked { clauses, withdrawn })
}

/// s as a target; `None` where there is none, or its covariance is singular up to the rounding of doubles.
pub(in crate::theorem) fn shared_factors(law: &Law) -> Option<TargetLaw> {
    let rows: Vec<usize> = (0..law.case.subject.model.shared()).collect();
    if rows.is_empty() { None } else { law.sensors.latents(&rows) }
}

/// How far the directions that z_m needs to keep all of s may be from the canonical ones, because x_1 ⟂ x_2 given s holds up to rounding only:
/// what s does not explain of Cov(x̃_1, x̃_2), over the weakest singular value of Cov(x̃_other, s̃). `None` where the hypothesis does not
/// hold, by the measure of the theorem.
pub(in crate::theorem) fn separated_up_to(law: &Law, shared: &TargetLaw, m: usize) -> Option<f64> {
    let [first, second] = [&shared.whitened[0], &shared.whitened[1]];
    let unexplained = crate::theorem::certainty::dense::square_sum(&(&law.cross - first * second.transpose())).0.sqrt();
    let found = svd(&shared.whitened[1 - m])?;
    let weakest = found.values.get(law.case.subject.model.shared() - 1)?.0;
    (unexplained <= STRUCTURAL && weakest > STRUCTURAL).then(|| unexplained / weakest)
}
