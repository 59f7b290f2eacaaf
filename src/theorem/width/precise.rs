//! `width` in double-double precision.

use crate::information::Encoders;
use crate::linalg::precise::{PreciseMatrix, Svd, lift, product_tn, square_root as root, svd};
use crate::objective::{LinearContrastive, Objective};
use crate::theorem::certainty::dense::{Sensors, orthonormal_rows, relative_error, square_sum};
use crate::theorem::certainty::{Review, SHRUNK};
use crate::theorem::width::{
    self, DECAYS, EXTRA_WIDTH, GAIN, GREATEST, Minimisers, Problem, STARTS, TRAINED, is_trained, problem, train,
};
use crate::theorem::{Case, Clause, Part};
use qd::Quad;

/// Weight decays are the engine's, so that both routes speak of the same encoders.
pub(super) fn review(case: &Case) -> Option<Review> {
    let problem = problem(case).ok()??;
    let sensors = Sensors::new(case.subject.model, &case.subject.modalities)?;
    let cross = sensors.cross_covariance(0, 1);
    let found = svd(&cross)?;
    let minimises = case.objective.is_some_and(|objective| objective.id() == LinearContrastive::default().id());
    let mut clauses = Vec::new();
    for share in DECAYS {
        let decay = share * problem.largest();
        let kept = shrunk(&found, decay);
        let gain = gain(&cross, decay, &case.encoders);
        let error = SHRUNK * problem.gain_error(decay, &case.encoders, &problem.shrunk(decay));
        let part = Part::new(GAIN).value(share);
        clauses.push(Clause::at_most(part, gain.0, greatest(&kept).0, error).of_size(problem.largest().powi(2)));
        if minimises && let Some(minimisers) = Minimisers::new(&problem, share).ok()? {
            about_minimiser(&mut clauses, &problem, share, &minimisers, &cross, &found)?;
            about_extra_width(&mut clauses, case, &sensors, share, &minimisers)?;
        }
    }
    Some(clauses.into())
}

/// (σ_i − η)₊.
fn shrunk(found: &Svd, decay: f64) -> Vec<Quad> {
    let less = |&value: &Quad| value - Quad::from_f64(decay);
    found.values.iter().map(less).map(|value| if value.0 > 0.0 { value } else { Quad::ZERO }).collect()
}

/// ½ Σ (σ_i − η)₊².
fn greatest(kept: &[Quad]) -> Quad {
    kept.iter().fold(Quad::ZERO, |sum, &value| sum + Quad::from_f64(0.5) * value * value)
}

/// tr W_1Σ12W_2ᵀ − ½ ‖W_1ᵀW_2‖² − (η/2)(‖W_1‖² + ‖W_2‖²).
fn gain(cross: &PreciseMatrix, decay: f64, encoders: &Encoders) -> Quad {
    let [first, second] = [lift(&encoders.first), lift(&encoders.second)];
    let half = Quad::from_f64(0.5);
    let aligned = (&first * cross).component_mul(&second).sum();
    let critic = square_sum(&product_tn(&first, &second));
    let decayed = Quad::from_f64(decay) * (square_sum(&first) + square_sum(&second));
    aligned - half * (critic + decayed)
}

fn about_minimiser(
    clauses: &mut Vec<Clause>,
    problem: &Problem,
    share: f64,
    minimisers: &Minimisers,
    cross: &PreciseMatrix,
    found: &Svd,
) -> Option<()> {
    let (decay, largest, wide) = (minimisers.objective.weight_decay(), problem.largest(), &minimisers.wide.encoders);
    let kept = shrunk(found, decay);
    let part = |claim| Part::new(claim).value(share);
    // What is too little to count as kept has no output where there are more such values than outputs; the gain of weights that were
    // rounded is so to second order.
    let dropped = kept.get(wide.dim()..).map_or(Quad::ZERO, greatest);
    let rounded = (problem.value_error() * largest).powi(2);
    let error = SHRUNK * problem.gain_error(decay, wide, &problem.shrunk(decay)) + dropped.0 + rounded;
    let claim = Clause::equal(part(GREATEST), gain(cross, decay, wide).0, greatest(&kept).0, error);
    clauses.push(claim.of_size(largest * largest));

    let values = svd(&product_tn(&lift(&wide.first), &lift(&wide.second)))?.values;
    let value = |i: usize| values.get(i).copied().unwrap_or(Quad::ZERO);
    let compared = kept.iter().take(wide.dim()).enumerate();
    let deviation = compared.map(|(i, &kept)| (value(i) - kept).0.abs()).fold(0.0, f64::max);
    clauses.push(Clause::equal(part(width::SHRUNK), deviation / largest, 0.0, problem.value_error()));
    if is_trained(problem) {
        let minimiser = PreciseMatrix::from_fn(cross.nrows(), kept.len(), |i, k| found.left[(i, k)] * kept[k])
            * found.right.transpose();
        for (place, start) in (1..).zip(0..STARTS) {
            let Some(trained) = train(problem, decay, minimisers.trained_dim(), start).ok()? else { continue };
            let [first, second] = [lift(&trained.encoders.first), lift(&trained.encoders.second)];
            let reached = product_tn(&first, &second);
            let excess = -gain(cross, decay, &trained.encoders) - dual(cross, &reached, decay)?;
            let arithmetic = SHRUNK * problem.rounding() * problem.unit.max(largest).powi(2);
            let open = (2.0 * (excess.0.max(0.0) + arithmetic)).sqrt() / largest;
            let deviation = root(square_sum(&(reached - &minimiser))).0 / largest;
            clauses.push(Clause::equal(part(TRAINED).place(place), deviation, 0.0, open));
        }
    }
    Some(())
}

/// As the theorem's own, of the same name.
fn dual(cross: &PreciseMatrix, reached: &PreciseMatrix, decay: f64) -> Option<Quad> {
    let residual = cross - reached;
    let length = svd(&residual)?.values.first().copied().unwrap_or(Quad::ZERO);
    let decay = Quad::from_f64(decay);
    let share = if length.0 > decay.0 { decay / length } else { Quad::ONE };
    Some(-Quad::from_f64(0.5) * square_sum(&(cross - residual.map(|entry| entry * share))))
}

/// R² of the narrow and of the wide minimiser about every target.
fn about_extra_width(
    clauses: &mut Vec<Clause>,
    case: &Case,
    sensors: &Sensors,
    share: f64,
    minimisers: &Minimisers,
) -> Option<()> {
    let rows = |encoders: &Encoders| orthonormal_rows(&sensors.encoder(0, &encoders.first));
    let [(narrow, one), (wide, two)] = [rows(&minimisers.narrow.encoders)?, rows(&minimisers.wide.encoders)?];
    for (target, named) in sensors.targets()?.iter().zip(&case.targets) {
        let said = |rows: &PreciseMatrix| (square_sum(&(rows * &target.seen[0])) / target.variance).0;
        let error = 2.0 * relative_error(sensors.condition.max(one).max(two));
        let part = Part::new(EXTRA_WIDTH).value(share).about(named);
        clauses.push(Clause::equal(part, said(&wide), said(&narrow), error));
    }
    Some(())
}
