//! `hermite` in double-double precision.

use crate::learner::HermiteTower;
use crate::linalg::Matrix;
use crate::linalg::precise::{PreciseMatrix, lift, product, product_tn};
use crate::precise::{Law, PreciseEncoders, correlations};
use crate::theorem::certainty::{Review, SHRUNK};
use crate::theorem::hermite::{LARGEST, MEHLER, MINIMISER, OF_ENCODERS, Probes, claim, order};
use crate::theorem::quadrature::{DEGREE, precise_moments, rounding};
use crate::theorem::{Case, Clause, Part};
use qd::Quad;

/// The claims over correlations in double-double precision. Towers are those that were tried before.
pub(in crate::theorem) fn review(case: &Case) -> Option<Review> {
    let dim = case.dim();
    let law = Law::new(case.subject.model, case.subject.modalities)?;
    let (all, error) = correlations(&law)?;
    let precise: Vec<Quad> = all.into_iter().take(dim).collect();
    let rhos: Vec<f64> = precise.iter().map(|rho| rho.0.clamp(0.0, 1.0)).collect();
    match rhos.first() {
        None => return Some(Review::Inapplicable("nothing is common to the modalities".into())),
        Some(&rho) if rho > LARGEST => {
            return Some(Review::Inapplicable(format!("ρ1 = {rho}: a common variate has no density ratio")));
        }
        Some(_) => {}
    }
    let tower = HermiteTower::leading(&rhos, dim).ok()?;
    let least = tower.terms().iter().fold(Quad::ZERO, |sum, term| {
        let value = value(&precise, &term.powers);
        sum + value * value
    });
    let slope = 2.0 * dim as f64 * (dim + DEGREE) as f64;
    let uncertainty = slope * error;

    let Gain { value: gain, error } = gain_of_encoders(&law, case, 1.0)?;
    let encoders = uncertainty + error;
    let mut clauses = vec![Clause::at_most(OF_ENCODERS, gain.0, least.0, encoders + rounded(least))];
    if case.is_canonical() {
        spectrum(&mut clauses, case, &precise, &rhos, &tower, least, uncertainty)?;
    }
    Some(clauses.into())
}

fn spectrum(
    clauses: &mut Vec<Clause>,
    case: &Case,
    precise: &[Quad],
    rhos: &[f64],
    tower: &HermiteTower,
    least: Quad,
    uncertainty: f64,
) -> Option<()> {
    let moments = precise.iter().map(|&rho| precise_moments(rho).ok()).collect::<Option<Vec<_>>>()?;
    let expansion = rounding(DEGREE).ok()? * SHRUNK;
    for (i, (moments, &rho)) in moments.iter().zip(precise).enumerate() {
        let mut worst = 0.0_f64;
        for m in 0..=DEGREE {
            for n in 0..=DEGREE {
                let mehler = if m == n { power(rho, m) } else { Quad::ZERO };
                worst = worst.max((moments[(m, n)] - mehler).0.abs());
            }
        }
        clauses.push(Clause::equal(Part::new(MEHLER).place(i + 1), worst, 0.0, expansion));
    }
    order(clauses, rhos, tower, case.dim());
    // The towers are those of the correlations in double precision, so that the same ones are judged again.
    let tried = super::correlations(case, case.dim()).ok()?;
    let probes = Probes::new(&tried, case.dim());
    let count = probes.functions.len();
    let cross = PreciseMatrix::from_fn(count, count, |f, g| {
        let powers = probes.functions[f].iter().zip(&probes.functions[g]);
        powers.zip(&moments).fold(Quad::ONE, |product, ((&m, &n), moments)| product * moments[(m as usize, n as usize)])
    });
    for (part, relation, [first, second]) in &probes.towers {
        let gain = gain(&cross, first, second);
        let sizes = first.norm() * second.norm();
        let arithmetic =
            (expansion * precise.len() as f64 + SHRUNK * f64::EPSILON) * count as f64 * sizes * (1.0 + sizes);
        // The minimiser's weights are roots that were rounded to doubles: its gain is so to second order, and that of equal sides to first.
        let weights = 8.0 * f64::EPSILON * (1.0 + sizes) * sizes;
        let error = arithmetic + uncertainty + rounded(least) + if part.claim == MINIMISER { weights } else { 0.0 };
        clauses.push(claim(part, *relation, gain.0, least.0, error));
    }
    Some(())
}

/// 2E fᵀg − tr(Cov f·Cov g) of towers over orthonormal functions.
fn gain(cross: &PreciseMatrix, first: &Matrix, second: &Matrix) -> Quad {
    let (first, second) = (lift(first), lift(second));
    let gram = |weights: &PreciseMatrix| product(weights, &weights.transpose());
    Quad::from_f64(2.0) * inner(&product(&first, cross), &second) - inner(&gram(&first), &gram(&second))
}

/// A gain and a bound on its error.
pub(in crate::theorem) struct Gain {
    pub(in crate::theorem) value: Quad,
    pub(in crate::theorem) error: f64,
}

/// The same of the encoders as they are, each divided by the root of a temperature.
pub(in crate::theorem) fn gain_of_encoders(law: &Law, case: &Case, temperature: f64) -> Option<Gain> {
    let outputs = PreciseEncoders::outputs_of(law, &case.encoders);
    let covariance = |m: usize, n: usize| product_tn(&outputs[m].columns, &outputs[n].columns);
    let own = [covariance(0, 0), covariance(1, 1)];
    let norm = |matrix: &PreciseMatrix| inner(matrix, matrix).0.sqrt();
    let size = norm(&own[0]) * norm(&own[1]) / (temperature * temperature);
    // Errors of the outputs, relative to them.
    let relative: f64 = outputs
        .iter()
        .map(|z| {
            let total = z.errors.iter().fold(0.0_f64, |sum, error| sum.hypot(*error));
            total / inner(&z.columns, &z.columns).0.sqrt().max(f64::MIN_POSITIVE)
        })
        .sum();
    let tau = Quad::from_f64(temperature);
    let value = Quad::from_f64(2.0) * covariance(0, 1).trace() / tau - inner(&own[0], &own[1]) / (tau * tau);
    let traces = size + (own[0].trace().0 * own[1].trace().0).sqrt() / temperature;
    let error = (4.0 * relative + SHRUNK * f64::EPSILON) * traces;
    value.is_finite().then_some(Gain { value, error })
}

fn inner(a: &PreciseMatrix, b: &PreciseMatrix) -> Quad {
    a.iter().zip(b.iter()).fold(Quad::ZERO, |sum, (&a, &b)| sum + a * b)
}

fn value(rhos: &[Quad], powers: &[u32]) -> Quad {
    rhos.iter().zip(powers).fold(Quad::ONE, |value, (&rho, &degree)| value * power(rho, degree as usize))
}

fn power(base: Quad, exponent: usize) -> Quad {
    (0..exponent).fold(Quad::ONE, |value, _| value * base)
}

/// Both sides are rounded to doubles.
fn rounded(value: Quad) -> f64 {
    f64::EPSILON * value.0.abs()
}
