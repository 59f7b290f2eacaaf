//! `lipschitz` in double-double precision: whitened encoders over dense covariances, encoders in their own scale over factors.

use crate::linalg::precise::{PreciseMatrix, column, length, product, product_tn, square_root as root, svd};
use crate::precise::{self, PreciseEncoders, deviation_left};
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{Law, eigen, square_sum};
use crate::theorem::lipschitz::{OwnClaim, WHITENED, own_claims};
use crate::theorem::{Case, Clause, Part};
use qd::Quad;

/// Rounding of sums over the few hundred coordinates of the factors, relative to what is added.
const ARITHMETIC: f64 = 1e-28;

pub(super) fn review(case: &Case) -> Option<Review> {
    let mut clauses = Law::new(case).and_then(|law| whitened(&law)).unwrap_or_default();
    clauses.extend(in_own_scale(case).unwrap_or_default());
    (!clauses.is_empty()).then(|| clauses.into())
}

/// At the L where the engine's convex bound is least to double precision; the claim holds at every L.
fn whitened(law: &Law) -> Option<Vec<Clause>> {
    let epsilon = root(law.disagreement().trace());
    let mut clauses = Vec::new();
    for (target, named) in law.targets.iter().zip(&law.case.targets) {
        let unit = root(target.variance).0;
        for m in 0..2 {
            let regression = &law.towers[m] * &target.seen[m];
            let (squares, _) = eigen(&(regression.transpose() * &regression))?;
            let slopes: Vec<Quad> = squares.into_iter().map(root).collect();
            let mmse = target.variance - square_sum(&regression);
            let side = |steepness: f64| {
                let steepness = Quad::from_f64(steepness);
                let excess = slopes.iter().fold(Quad::ZERO, |sum, &slope| {
                    let beyond = slope - steepness;
                    if beyond.0 > 0.0 { sum + beyond * beyond } else { sum }
                });
                root(mmse + excess) + steepness * epsilon
            };
            let (mut low, mut high) = (0.0, slopes.first().map_or(0.0, |slope| slope.0));
            for _ in 0..80 {
                let [a, b] = [(2.0 * low + high) / 3.0, (low + 2.0 * high) / 3.0];
                if side(a) < side(b) { high = b } else { low = a }
            }
            let least = side(f64::midpoint(low, high)).0;
            let sigma = root(target.variance - square_sum(&target.seen[1 - m])).0;
            let error =
                law.deviation_error(unit, sigma) + law.deviation_error(unit, least) + unit * law.root_error(epsilon.0);
            let part = Part::new(WHITENED).modality(m).about(named);
            clauses.push(Clause::at_most(part, sigma, least, error).of_size(unit));
        }
    }
    Some(clauses)
}

/// At the engine's ridge regressions, each of which is a predictor of some steepness: the error it leaves is the length of a residual, and
/// its steepness the norm of its coefficients, whatever decomposition of the outputs it was made with.
fn in_own_scale(case: &Case) -> Option<Vec<Clause>> {
    let law = precise::Law::new(case.subject.model, case.subject.modalities)?;
    let outputs = PreciseEncoders::outputs_of(&law, &case.encoders);
    let distance = length((&outputs[0].columns - &outputs[1].columns).as_slice());
    let apart = outputs.iter().flat_map(|z| &z.errors).fold(0.0_f64, |sum, error| sum.hypot(*error));
    let principal = [svd(&outputs[0].columns)?, svd(&outputs[1].columns)?];
    let mut clauses = Vec::new();
    for OwnClaim { part, side, target: t, ridge, used } in own_claims(case).ok()? {
        let m = side.index();
        let target = &law.targets[t];
        let (found, z) = (&principal[m], &outputs[m]);
        if found.values.len() < used {
            continue;
        }
        let largest = found.values[0];
        let rows = in_units(&target.rows.columns, &target.scales);
        let seen = product_tn(&found.left.columns(0, used).into_owned(), &rows);
        // notation: output i predicts a share λ_i/(λ_i + μ) of its regression, λ_i its variance
        let slope = |i: usize| {
            let variance = found.values[i] * found.values[i];
            if ridge.is_infinite() {
                Quad::ZERO
            } else {
                found.values[i] / (variance + Quad::from_f64(ridge) * largest * largest)
            }
        };
        let slopes = PreciseMatrix::from_fn(used, rows.ncols(), |i, j| slope(i) * seen[(i, j)]);
        let coefficients = product(&found.right.columns(0, used).into_owned(), &slopes);
        let residual = &rows - product(&z.columns, &coefficients);
        let steepness = svd(&coefficients)?.values.first().copied().unwrap_or(Quad::ZERO);
        let bound = length(residual.as_slice()) + steepness * distance;
        let sigma = deviation_left(&law, 1 - m, t);
        let variance = target.rows.variance(&target.scales);
        let unit = variance.value.sqrt();
        let own = target.rows.errors.iter().zip(&target.scales).fold(0.0_f64, |sum, (e, scale)| sum.hypot(e * scale));
        let through = (0..z.len())
            .fold(0.0_f64, |sum, i| sum.hypot(z.errors[i] * length(column(&coefficients.transpose(), i)).0));
        let error = sigma.error + own + through + steepness.0 * apart + ARITHMETIC * (unit + steepness.0 * largest.0);
        clauses.push(Clause::at_most(part, sigma.value, bound.0, error).of_size(unit));
    }
    Some(clauses)
}

fn in_units(columns: &PreciseMatrix, scales: &[f64]) -> PreciseMatrix {
    PreciseMatrix::from_fn(columns.nrows(), columns.ncols(), |i, j| columns[(i, j)] * Quad::from_f64(scales[j]))
}
