//! `infonce-gap` in double-double precision.

use super::hermite::{Gain, gain_of_encoders};
use crate::linalg::precise::square_root;
use crate::objective::InfoNce;
use crate::precise::{Law, correlations};
use crate::theorem::infonce_gap::{BATCH, INTERIOR, PROBES, largest_estimate};
use crate::theorem::{Case, Clause, Finding};
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

/// The claims over correlations in double-double precision.
pub(super) fn judged_again(case: &Case) -> Option<Finding> {
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
    let mut clauses = vec![Clause::equal("bilinear critic", (half * gain).0, attained.0, value_error)];

    let interior: Vec<Quad> = all.into_iter().filter(|rho| (INTERIOR..=1.0 - INTERIOR).contains(&rho.0)).collect();
    if interior.is_empty() {
        return Some(Finding::Inapplicable("no canonical correlation between 0 and 1".into()));
    }
    for (index, &rho) in interior.iter().enumerate() {
        integrals(&mut clauses, &format!("pair {}", index + 1), rho);
    }
    Some(Finding::Checked(clauses))
}

fn integrals(clauses: &mut Vec<Clause>, pair: &str, rho: Quad) {
    let information = -number(0.5) * (Quad::ONE - rho * rho).ln();
    // Both sides are rounded to doubles at the end.
    let error = |size: f64| ROUNDING * (1.0 + size) / (1.0 - rho.0) + f64::EPSILON * size.abs();
    let one_sided = -one_sided_minimum(rho);
    clauses.push(Clause::equal(
        format!("one-sided squared distance, {pair}"),
        one_sided.0,
        information.0,
        error(information.0),
    ));
    let (square, optimum) = symmetric_optimum(rho);
    let side = square_root(square);
    clauses.push(Clause::equal(
        format!("symmetric squared distance at its optimum, {pair}"),
        symmetric_loss(rho, side, side).0,
        optimum.0,
        error(optimum.0),
    ));
    let probe = |factor: f64| side * number(factor) + number(0.01 * (factor - 1.0));
    let least = PROBES
        .iter()
        .flat_map(|&p| PROBES.map(move |q| (p, q)))
        .map(|(p, q)| symmetric_loss(rho, probe(p), probe(q)).0)
        .fold(f64::INFINITY, f64::min);
    clauses.push(Clause::at_most(format!("symmetric squared distance, {pair}"), optimum.0, least, error(optimum.0)));
    clauses.push(Clause::at_most(
        format!("symmetric below one-sided, {pair}"),
        -optimum.0,
        information.0,
        error(information.0),
    ));
    let bound = (BATCH as f64).ln();
    clauses.push(Clause::at_most(
        format!("estimates of {BATCH} samples, {pair}"),
        largest_estimate(rho.0, 0),
        bound,
        2.0 * f64::EPSILON * bound,
    ));
}
