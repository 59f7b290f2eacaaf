//! `infonce-gap` in double-double precision.

use crate::linalg::precise::{PreciseMatrix, lift, square_root};
use crate::objective::InfoNce;
use crate::precise::{Law, correlations};
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{Sensors, eigen, relative_error};
use crate::theorem::hermite::precise::{Gain, gain_of_encoders};
use crate::theorem::infonce_gap::{
    BATCH, BELOW, BILINEAR, ESTIMATES, INTERIOR, ONE_SIDED, ONE_SIDED_AT_ENCODERS, OPTIMUM, PROBES, QUADRATURE, SLOPES,
    SYMMETRIC, SYMMETRIC_AT_ENCODERS, batch,
};
use crate::theorem::{Case, Clause, Part};
use qd::Quad;

/// Roundings of double-double arithmetic in the integrals: some sixty operations.
const ROUNDING: f64 = 64.0 * f64::EPSILON * f64::EPSILON;
/// Newton steps from an optimum in double precision.
const STEPS: usize = 4;

fn number(value: f64) -> Quad {
    Quad::from_f64(value)
}

/// As the theorem's own, of the same name.
fn anchored_loss(rho: Quad, alpha: Quad, gamma: Quad) -> Quad {
    let half = number(0.5);
    let spread = Quad::ONE + gamma;
    half * gamma - alpha * rho - half * spread.ln() + half * alpha * alpha / spread
}

fn symmetric_loss(rho: Quad, a: Quad, b: Quad) -> Quad {
    number(0.5) * (anchored_loss(rho, a * b, b * b) + anchored_loss(rho, a * b, a * a))
}

fn symmetric_optimum(rho: Quad) -> (Quad, Quad) {
    let left = Quad::ONE - rho;
    let t = (Quad::ONE + square_root(Quad::ONE + number(8.0) * left)) / (number(4.0) * left);
    let square = t - Quad::ONE;
    let half = number(0.5);
    (square, half * square - square * rho - half * t.ln() + half * square * square / t)
}

/// By its own minimisation: Newton's method for the γ at which the derivative vanishes.
fn one_sided_minimum(rho: Quad) -> Quad {
    let half = number(0.5);
    let mut gamma = number(rho.0 * rho.0 / ((1.0 - rho.0) * (1.0 + rho.0)));
    for _ in 0..STEPS {
        let spread = Quad::ONE + gamma;
        let slope = half - half / spread - half * rho * rho;
        gamma -= slope * number(2.0) * spread * spread;
    }
    anchored_loss(rho, rho * (Quad::ONE + gamma), gamma)
}

/// Step and reach of the trapezoid rule: for a Gaussian integrand its relative error is exp(−2π²/step²) = 5·10⁻³⁵, and what lies beyond the
/// reach is below 10⁻³⁵.
const STEP: f64 = 0.5;
const REACH: f64 = 13.0;

/// E_u log E_v exp(a·uv) of independent standard u and v, by the trapezoid rule in both, on a separate grid.
fn log_normaliser(slope: Quad) -> Quad {
    let nodes = |reach: f64| (reach / STEP).ceil();
    let half = number(0.5);
    // 1/√(2π) = exp(−½ log 2π).
    let scale = number(STEP) * (-half * (number(2.0) * pi()).ln()).exp();
    let weight = |x: f64| scale * number(-0.5 * x * x).exp();
    let places = |count: f64| std::iter::successors(Some(-count), move |k| (*k < count).then_some(k + 1.0));
    let widest = nodes(REACH * (1.0 + slope.0.abs()));
    let inner = |u: f64| {
        places(widest).fold(Quad::ZERO, |sum, k| sum + weight(k * STEP) * (slope * number(u * k * STEP)).exp()).ln()
    };
    places(nodes(REACH)).fold(Quad::ZERO, |sum, k| sum + weight(k * STEP) * inner(k * STEP))
}

/// π, by Machin's formula.
fn pi() -> Quad {
    let arctangent = |inverse: f64| {
        let square = number(inverse * inverse);
        let mut power = number(inverse).recip();
        let mut sum = power;
        for k in 1..30 {
            power /= -square;
            sum += power / number(f64::from(2 * k + 1));
        }
        sum
    };
    number(16.0) * arctangent(5.0) - number(4.0) * arctangent(239.0)
}

/// The claims over correlations in double-double precision.
pub(super) fn review(case: &Case) -> Option<Review> {
    let law = Law::new(case.subject.model, case.subject.modalities)?;
    let (all, error) = correlations(&law)?;
    let half = number(0.5);
    let attained = all.iter().take(case.dim()).fold(Quad::ZERO, |sum, &rho| sum + half * rho * rho);
    let objective = case.objective.filter(|objective| objective.id() == InfoNce::ENTRY.id)?;
    let temperature = objective.parameters().number("temperature").unwrap_or(1.0);
    let Gain { value: gain, error: gain_error } = gain_of_encoders(&law, case, temperature)?;
    // The minimiser's weights were rounded to doubles: its value is so to second order in each, and relative to what they multiply.
    let weights = 8.0 * f64::EPSILON * (1.0 + attained.0);
    let value_error = gain_error + case.dim() as f64 * error + weights;
    let mut clauses = vec![Clause::equal(BILINEAR, (half * gain).0, attained.0, value_error)];
    let sensors = Sensors::new(case.subject.model, &case.subject.modalities);
    if let Some(sensors) = &sensors {
        let loss = bilinear_loss_by_quadrature(sensors, case, temperature)?;
        let error = value_error + relative_error(sensors.condition) * (1.0 + attained.0);
        clauses.push(Clause::equal(QUADRATURE, -loss.0, attained.0, error));
        at_encoders(&mut clauses, sensors, case, &all);
    }

    let interior = |rho: f64| (INTERIOR..=1.0 - INTERIOR).contains(&rho);
    let kept: Vec<Quad> = all.into_iter().filter(|rho| interior(rho.0)).collect();
    if kept.is_empty() {
        return Some(Review::Inapplicable("no canonical correlation between 0 and 1".into()));
    }
    // Batches are those that were drawn before, which depend on the last bit of a correlation.
    let drawn: Vec<f64> = case.subject.pair.angles().cosines().iter().copied().filter(|&rho| interior(rho)).collect();
    for (index, &rho) in kept.iter().enumerate() {
        let part = |claim| Part::new(claim).place(index + 1);
        integrals(&mut clauses, part, rho);
        if let Some(&drawn) = drawn.get(index) {
            let bound = (BATCH as f64).ln();
            let part = part(ESTIMATES).value(BATCH as f64);
            clauses.push(Clause::at_most(part, largest_estimate(drawn), bound, ROUNDING * bound));
        }
    }
    Some(clauses.into())
}

/// The population loss of the bilinear critic at the weights as they are. Scores of independent samples are sums of σ_i·uv over independent
/// standard u and v, σ_i² the eigenvalues of Cov(z_1)·Cov(z_2)/τ².
fn bilinear_loss_by_quadrature(sensors: &Sensors, case: &Case, temperature: f64) -> Option<Quad> {
    let tau = number(temperature);
    let [first, second] = [0, 1].map(|m| lift(case.encoders.weights(m)));
    let outputs =
        [&first * &sensors.covariances[0] * first.transpose(), &second * &sensors.covariances[1] * second.transpose()];
    let (values, vectors) = eigen(&outputs[0])?;
    let root = PreciseMatrix::from_fn(vectors.nrows(), values.len(), |i, j| vectors[(i, j)] * square_root(values[j]));
    let slopes = eigen(&(root.transpose() * &outputs[1] * root))?.0;
    let normaliser = slopes.into_iter().fold(Quad::ZERO, |sum, square| sum + log_normaliser(square_root(square) / tau));
    let aligned = (&first * sensors.cross_covariance(0, 1)).component_mul(&second).sum();
    Some(normaliser - aligned / tau)
}

/// The squared distances at the leading rows of the encoders, scaled to the lengths that their correlations ask for.
fn at_encoders(clauses: &mut Vec<Clause>, sensors: &Sensors, case: &Case, all: &[Quad]) {
    let count = all.iter().take(case.dim()).take_while(|rho| rho.0 >= INTERIOR).count();
    if count == 0 || all[0].0 > 1.0 - INTERIOR {
        return;
    }
    let rhos = &all[..count];
    let left = |rho: Quad| (Quad::ONE - rho) * (Quad::ONE + rho);
    let half = number(0.5);
    let one_sided = |rho: Quad| [square_root(left(rho)).recip(), rho / square_root(left(rho))];
    let symmetric = |rho: Quad| [square_root(symmetric_optimum(rho).0); 2];
    let stated = |sum: &dyn Fn(Quad) -> Quad| rhos.iter().fold(Quad::ZERO, |total, &rho| total - sum(rho));
    let mut claim = |claim: &'static str, losses: Option<([Quad; 2], f64)>, which: usize, stated: Quad| {
        if let Some((losses, error)) = losses {
            let error = error + 8.0 * f64::EPSILON * (1.0 + stated.0);
            clauses.push(Clause::equal(claim, -losses[which].0, stated.0, error));
        }
    };
    claim(
        ONE_SIDED_AT_ENCODERS,
        scaled_losses(sensors, case, rhos, one_sided),
        0,
        stated(&|rho| half * left(rho).ln()),
    );
    claim(
        SYMMETRIC_AT_ENCODERS,
        scaled_losses(sensors, case, rhos, symmetric),
        1,
        stated(&|rho| symmetric_optimum(rho).1),
    );
}

/// The losses of the squared distance, one-sided and averaged, and their error: that of the arithmetic, and the rounding of the weights, which
/// counts to second order at an optimum. Both grow with the variances of which distances are differences.
fn scaled_losses(
    sensors: &Sensors,
    case: &Case,
    rhos: &[Quad],
    lengths: impl Fn(Quad) -> [Quad; 2],
) -> Option<([Quad; 2], f64)> {
    let scaled = [0, 1].map(|m| {
        let mut rows = lift(&case.encoders.weights(m).rows(0, rhos.len()).into_owned());
        let variances = &rows * &sensors.covariances[m] * rows.transpose();
        for (i, mut row) in rows.row_iter_mut().enumerate() {
            let factor = lengths(rhos[i])[m] / square_root(variances[(i, i)]);
            row.iter_mut().for_each(|entry| *entry *= factor);
        }
        rows
    });
    let [first, second] = [0, 1].map(|m| &scaled[m] * &sensors.covariances[m] * scaled[m].transpose());
    let cross = &scaled[0] * sensors.cross_covariance(0, 1) * scaled[1].transpose();
    let half = number(0.5);
    let distance = half * (first.trace() + second.trace()) - cross.trace();
    let anchored = |anchor: &PreciseMatrix, negatives: &PreciseMatrix| {
        let (values, vectors) = eigen(negatives)?;
        let turned = vectors.transpose() * anchor * vectors;
        Some(values.iter().enumerate().fold(distance, |loss, (i, &value)| {
            let widened = Quad::ONE + value;
            loss - half * (widened.ln() + turned[(i, i)] / widened)
        }))
    };
    let one_sided = anchored(&first, &second)?;
    let averaged = half * (one_sided + anchored(&second, &first)?);
    let size = 1.0 + first.trace().0 + second.trace().0;
    Some(([one_sided, averaged], relative_error(sensors.condition) * size + (sensors.learned() * size).powi(2)))
}

/// As the theorem's own, of the same name, on the same draws.
fn largest_estimate(rho: f64) -> f64 {
    let pairs: Vec<(Quad, Quad)> = batch(rho, 0).into_iter().map(|(u, v)| (number(u), number(v))).collect();
    let estimate = |score: &dyn Fn(Quad, Quad) -> Quad| {
        let sum = pairs.iter().fold(Quad::ZERO, |total, &(u, v)| {
            let scores: Vec<Quad> = pairs.iter().map(|&(_, other)| score(u, other)).collect();
            let largest = scores.iter().fold(scores[0], |a, &b| if a.lt(b) { b } else { a });
            let sum = scores.iter().fold(Quad::ZERO, |sum, &score| sum + (score - largest).exp());
            total + score(u, v) - largest - sum.ln()
        });
        (sum / number(BATCH as f64) + number(BATCH as f64).ln()).0
    };
    SLOPES
        .into_iter()
        .map(number)
        .flat_map(|slope| {
            let distance = move |u: Quad, v: Quad| {
                let apart = number(rho) * u - v;
                -slope * apart * apart
            };
            [estimate(&move |u, v| slope * u * v), estimate(&distance)]
        })
        .fold(f64::NEG_INFINITY, f64::max)
}

fn integrals(clauses: &mut Vec<Clause>, part: impl Fn(&'static str) -> Part, rho: Quad) {
    let information = -number(0.5) * (Quad::ONE - rho * rho).ln();
    // Both sides are rounded to doubles at the end.
    let error = |size: f64| ROUNDING * (1.0 + size) / (1.0 - rho.0) + f64::EPSILON * size.abs();
    let one_sided = -one_sided_minimum(rho);
    clauses.push(Clause::equal(part(ONE_SIDED), one_sided.0, information.0, error(information.0)));
    let (square, optimum) = symmetric_optimum(rho);
    let side = square_root(square);
    let lost = symmetric_loss(rho, side, side);
    clauses.push(Clause::equal(part(OPTIMUM), lost.0, optimum.0, error(optimum.0)));
    let probe = |factor: f64| side * number(factor) + number(0.01 * (factor - 1.0));
    let least = PROBES
        .iter()
        .flat_map(|&p| PROBES.map(move |q| (p, q)))
        .map(|(p, q)| symmetric_loss(rho, probe(p), probe(q)).0)
        .fold(f64::INFINITY, f64::min);
    clauses.push(Clause::at_most(part(SYMMETRIC), optimum.0, least, error(optimum.0)));
    clauses.push(Clause::at_most(part(BELOW), -optimum.0, information.0, error(information.0)));
}
