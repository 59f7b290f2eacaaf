//! `decoupled-sufficiency` in double-double precision, for the exact encoders of `decoupled`.

use crate::information::Side;
use crate::linalg::precise::{PreciseMatrix, leading, svd};
use crate::theorem::alignment_floor::precise::floor;
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{Law, orthonormal_rows, stacked};
use crate::theorem::decoupled_sufficiency::{
    COMMON_BLOCK, CROSS_MODAL, DecoupledSufficiency, OF_ENCODER, OF_EXPECTATIONS, common_rows,
};
use crate::theorem::sufficiency::precise::{separated_up_to, shared_factors};
use crate::theorem::{Case, Clause, Part};

pub(super) fn review(case: &Case) -> Option<Review> {
    let common = common_rows(case)?;
    let law = Law::new(case)?;
    let found = svd(&law.cross)?;
    if found.values.len() < common {
        return None;
    }
    let aligned = [&found.left, &found.right].map(|vectors| leading(vectors, common).transpose());
    let (mut clauses, mut withdrawn) = (Vec::new(), Vec::new());
    if common > 0 {
        let attained = law.disagreement_of([&aligned[0], &aligned[1]]).trace().0;
        let error = law.root_error(0.0).max(law.error(common as f64));
        clauses.push(Clause::equal(COMMON_BLOCK, attained, floor(&law, common).0, error));
    }
    let shared = shared_factors(&law);
    for (side, aligned) in Side::BOTH.into_iter().zip(&aligned) {
        let m = side.index();
        let encoder = completed(&law, m, aligned, case.dim())?;
        let (whole, seen) = (law.whole(m), law.across(m));
        if common == case.subject.pair.rank()
            && let (Some(all), Some(kept)) = (law.information(&whole, &seen), law.information(&encoder, &seen))
        {
            let part = Part::new(CROSS_MODAL).modality(side);
            clauses.push(Clause::equal(part, (all.0 - kept.0).0, 0.0, all.1 + kept.1));
        }
        let model = case.subject.model;
        let rows: Vec<usize> = (0..model.shared()).chain(model.private_range(case.subject.modalities[m])).collect();
        let Some(latents) = (if rows.is_empty() { None } else { law.sensors.latents(&rows) }) else { continue };
        let mut compare = |claim, encoder: &PreciseMatrix, missed: f64| {
            if let (Some(all), Some(kept)) = (law.said(&whole, m, &latents), law.said(encoder, m, &latents)) {
                let part = Part::new(claim).modality(side);
                clauses.push(Clause::equal(part, (all.0 - kept.0).0, 0.0, all.1 + kept.1 + missed));
            }
        };
        let (expectation, condition) = orthonormal_rows(&latents.seen[m].transpose())?;
        compare(OF_EXPECTATIONS, &expectation, law.error(condition));
        if DecoupledSufficiency::keeps_all(case, side).ok()? {
            match shared.as_ref().and_then(|shared| separated_up_to(&law, shared, m)) {
                Some(missed) => compare(OF_ENCODER, &encoder, missed),
                None => withdrawn.push(Part::new(OF_ENCODER).modality(side)),
            }
        }
    }
    Some(Review::Checked { clauses, withdrawn })
}

/// Aligned directions (rows) followed by those of largest explained variance among the rest, d rows at most.
fn completed(law: &Law, m: usize, aligned: &PreciseMatrix, dim: usize) -> Option<PreciseMatrix> {
    // Columns are channels, each with its own unit, which one-sided rotations keep apart.
    let root = law.sensors.root(m).transpose();
    let rest = svd(&(&root - aligned.transpose() * (aligned * &root)))?;
    let wanted = (dim - aligned.nrows()).min(law.sensors.rank(m) - aligned.nrows());
    let unique = leading(&rest.left, wanted).transpose();
    (unique.nrows() == wanted).then(|| stacked(aligned, &unique))
}
