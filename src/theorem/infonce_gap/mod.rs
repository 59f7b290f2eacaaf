//! `infonce-gap`: how much of the mutual information of a canonical pair each critic of InfoNCE can attain.

mod precise;
mod variants;

use super::certainty::Route;
use super::random_matrix::increasing_root;
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Part, Predicted, Quantity, Question, Theorem};
use crate::information::InformationError;
use crate::linalg::{Matrix, log_determinant, product, product_nt, scale_rows, singular_values, upper_triangle};
use crate::objective::{InfoNce, Objective, Spectral};
use crate::random::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;

/// The id of docs/theory.md.
pub(super) const ID: &str = "infonce-gap";

/// The claims: of the encoders …
pub(super) const BILINEAR: &str = "bilinear critic";
pub(super) const QUADRATURE: &str = "bilinear critic by quadrature";
pub(super) const ONE_SIDED_AT_ENCODERS: &str = "one-sided squared distance at the encoders";
pub(super) const SYMMETRIC_AT_ENCODERS: &str = "symmetric squared distance at the encoders";
/// … and of each canonical pair.
pub(super) const ONE_SIDED: &str = "one-sided squared distance, pair {place}";
pub(super) const OPTIMUM: &str = "symmetric squared distance at its optimum, pair {place}";
pub(super) const SYMMETRIC: &str = "symmetric squared distance, pair {place}";
pub(super) const BELOW: &str = "symmetric below one-sided, pair {place}";
pub(super) const ESTIMATES: &str = "estimates of {value} samples, pair {place}";

/// Per canonical pair with infinite negatives: the bilinear critic attains ½ρ²; the squared-distance critic −(au−bv)²/2, with the
/// loss averaged over both directions, attains its best at a = b (closed form below); in one direction it attains all of
/// −½ log(1−ρ²). With B samples no estimate exceeds log B.
///
/// At the encoders of the case the losses are taken again by routes that share nothing with these formulas: the bilinear one by quadrature
/// from the factors of z_1 and z_2, the squared distances from log-determinants of the covariances of the encoders, each row scaled to
/// its stated optimum.
#[derive(Debug, Clone, Copy)]
pub(super) struct InfoNceGap;

/// Correlations nearer to 0 or 1 than this say nothing: both sides vanish, or are infinite.
pub(super) const INTERIOR: f64 = 1e-6;

/// An error above this decides nothing.
const RESOLVED: f64 = 1e-4;

/// Samples of a batch whose estimate is held against log B.
pub(super) const BATCH: usize = 24;

/// Population InfoNCE loss of a critic α·uv − ½β·u² − ½γ·v² of a standard pair with correlation ρ, anchored at u with negatives v':
/// −E s + E log E_{v'} e^s, by Gaussian integrals; the u² term cancels.
fn anchored_loss(rho: f64, alpha: f64, gamma: f64) -> f64 {
    -alpha * rho + 0.5 * gamma - 0.5 * gamma.ln_1p() + 0.5 * alpha * alpha / (1.0 + gamma)
}

/// The loss of −(au−bv)²/2 averaged over both directions.
fn symmetric_loss(rho: f64, a: f64, b: f64) -> f64 {
    0.5 * (anchored_loss(rho, a * b, b * b) + anchored_loss(rho, a * b, a * a))
}

/// The stated optimum of the symmetric squared-distance critic: a² and the loss.
pub(super) fn symmetric_optimum(rho: f64) -> (f64, f64) {
    let t = (1.0 + (1.0 + 8.0 * (1.0 - rho)).sqrt()) / (4.0 * (1.0 - rho));
    let square = (t - 1.0).max(0.0);
    (square, -square * rho + 0.5 * square - 0.5 * t.ln() + square * square / (2.0 * t))
}

/// The least loss of the one-sided squared-distance critic, by its own minimisation: for each γ the best α is ρ(1+γ), and the
/// derivative in γ that remains increases.
fn one_sided_minimum(rho: f64) -> f64 {
    let slope = |gamma: f64| 0.5 - 0.5 / (1.0 + gamma) - 0.5 * rho * rho;
    let mut high = 1.0;
    while slope(high) < 0.0 {
        high *= 2.0;
    }
    let gamma = increasing_root(slope, 0.0, high);
    anchored_loss(rho, rho * (1.0 + gamma), gamma)
}

/// Slopes of the critics whose estimates are held against log B: from small to huge scores.
pub(super) const SLOPES: [f64; 4] = [0.1, 1.0, 10.0, 1e3];

/// A batch of pairs.
pub(super) fn batch(rho: f64, seed: u64) -> Vec<(f64, f64)> {
    let mut generator = Stream { seed, experiment: "infonce-gap", cell: rho.to_bits(), replicate: 0 }.generator();
    let mut normal = || generator.sample::<f64, _>(StandardNormal);
    (0..BATCH)
        .map(|_| {
            let (u, e) = (normal(), normal());
            (u, rho * u + ((1.0 - rho) * (1.0 + rho)).sqrt() * e)
        })
        .collect()
}

/// The largest estimate log B − (cross-entropy) of several critics on one batch.
fn largest_estimate(rho: f64, seed: u64) -> f64 {
    let pairs = batch(rho, seed);
    let estimate = |score: &dyn Fn(f64, f64) -> f64| {
        let mean: f64 = pairs
            .iter()
            .map(|&(u, v)| {
                let scores: Vec<f64> = pairs.iter().map(|&(_, other)| score(u, other)).collect();
                let largest = scores.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
                let sum: f64 = scores.iter().map(|score| (score - largest).exp()).sum();
                score(u, v) - largest - sum.ln()
            })
            .sum::<f64>()
            / BATCH as f64;
        mean + (BATCH as f64).ln()
    };
    SLOPES
        .into_iter()
        .flat_map(|slope| {
            [estimate(&move |u, v| slope * u * v), estimate(&move |u: f64, v: f64| -slope * (rho * u - v).powi(2))]
        })
        .fold(f64::NEG_INFINITY, f64::max)
}

/// A bound on the rounding of the losses at a correlation, u = ε/2.
///
/// Terms are up to 2.5/(1−ρ²) (one-sided, 1 + γ = 1/(1−ρ²)) and 1/(1−ρ) (symmetric, t ≤ 1/(1−ρ)), each made by at most eight roundings, and
/// four of them are added: 12·8·u·1/(1−ρ). At a minimum the arguments' own rounding counts in second order only; the logarithms are rounded by u
/// times their size, and so is the information, by u·ρ²/(1−ρ²) before its logarithm. With or without fused operations.
fn integral_error(rho: f64, information: f64) -> f64 {
    let unit = 0.5 * f64::EPSILON;
    100.0 * unit / (1.0 - rho) + 8.0 * unit * (1.0 + information)
}

/// Step and reach of the trapezoid rule on the line: for a Gaussian integrand its relative error is exp(−2π²/step²) = 6·10⁻¹⁶, and what lies
/// beyond the reach is below 10⁻¹⁷.
const STEP: f64 = 0.75;
const REACH: f64 = 9.0;

/// E_u log E_v exp(a·uv) of independent standard u and v, by the trapezoid rule in both.
fn log_normaliser(slope: f64) -> f64 {
    let nodes = |reach: f64| (reach / STEP).ceil();
    let weight = |x: f64| STEP * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let widest = nodes(REACH * (1.0 + slope.abs()));
    let inner = |u: f64| {
        let mut sum = 0.0;
        let mut k = -widest;
        while k <= widest {
            sum += weight(k * STEP) * (slope * u * k * STEP).exp();
            k += 1.0;
        }
        sum.ln()
    };
    let mut sum = 0.0;
    let mut k = 0.0;
    while k <= nodes(REACH) {
        // Both signs of u give the same.
        sum += if k == 0.0 { 1.0 } else { 2.0 } * weight(k * STEP) * inner(k * STEP);
        k += 1.0;
    }
    sum
}

/// The population loss of the bilinear critic z_1ᵀz_2/τ at the encoders as they are. z_m = R_mᵀe_m with R_m from a QR of the factor of z_m, so
/// that scores of independent samples are sums of σ_i(R_1R_2ᵀ)·uv over independent standard u and v.
fn bilinear_loss_by_quadrature(case: &Case, temperature: f64) -> Result<f64, InformationError> {
    let outputs = [0, 1].map(|m| {
        let (weights, factor) = (case.encoders.weights(m), case.subject.pair.factor(m));
        [product(weights, &factor.common), product(weights, &factor.own)]
    });
    let roots = [0, 1].map(|m| {
        let [common, own] = &outputs[m];
        let mut rows = Matrix::zeros(common.ncols() + own.ncols(), common.nrows());
        rows.rows_mut(0, common.ncols()).copy_from(&common.transpose());
        rows.rows_mut(common.ncols(), own.ncols()).copy_from(&own.transpose());
        upper_triangle(&rows)
    });
    let slopes = singular_values(&(product_nt(&roots[0], &roots[1]) / temperature))?;
    let normaliser: f64 = slopes.into_iter().map(log_normaliser).sum();
    Ok(normaliser - outputs[0][0].dot(&outputs[1][0]) / temperature)
}

/// The population losses of −‖z_1−z_2‖²/2 for encoders with the given covariances, anchored at z_1 and averaged over both directions: a Gaussian
/// integral per anchor, E log E exp(−‖z_1−z_2'‖²/2) = −½ log det(I+S_22) − ½ tr (I+S_22)^{-1}S_11.
fn squared_distance_losses(first: &Matrix, second: &Matrix, cross: &Matrix) -> Result<[f64; 2], InformationError> {
    let distance = 0.5 * (first.trace() + second.trace()) - cross.trace();
    let anchored = |anchor: &Matrix, negatives: &Matrix| -> Result<f64, InformationError> {
        let widened = negatives + Matrix::identity(negatives.nrows(), negatives.ncols());
        let log_determinant = log_determinant(&widened)?;
        let share = nalgebra::Cholesky::new(widened).map_or(f64::NAN, |factor| factor.solve(anchor).trace());
        Ok(distance - 0.5 * log_determinant - 0.5 * share)
    };
    let one_sided = anchored(first, second)?;
    Ok([one_sided, 0.5 * (one_sided + anchored(second, first)?)])
}

/// Lengths a and b of a pair of rows at which the one-sided squared distance is optimal: b² = ρ²/(1−ρ²), ab = ρ/(1−ρ²).
fn one_sided_lengths(rho: f64) -> [f64; 2] {
    let left = (1.0 - rho) * (1.0 + rho);
    [left.sqrt().recip(), rho / left.sqrt()]
}

/// The losses of the squared distance at the leading rows of the encoders, each scaled to the lengths that its correlation asks for, one-sided
/// and averaged; and an error bound: distances are differences of variances, which grow as 1/(1−ρ).
fn losses_at_encoders(
    case: &Case,
    rhos: &[f64],
    lengths: impl Fn(f64) -> [f64; 2],
) -> Result<([f64; 2], f64), InformationError> {
    let moments = case.subject.moments();
    let scaled = [0, 1].map(|m| {
        let mut rows = case.encoders.weights(m).rows(0, rhos.len()).into_owned();
        let variances = moments.encoded(m, &rows);
        scale_rows(&mut rows, (0..rhos.len()).map(|i| lengths(rhos[i])[m] / variances[(i, i)].sqrt()));
        rows
    });
    let [first, second] = [0, 1].map(|m| moments.encoded(m, &scaled[m]));
    let cross = product_nt(&product(&scaled[0], &moments.cross), &scaled[1]);
    Ok((squared_distance_losses(&first, &second, &cross)?, case.subject.error(first.trace() + second.trace())))
}

/// The squared distances at the encoders, rows scaled to their optimum, against what the theorem says: Σ −½ log(1−ρ_i²) in one direction, the
/// closed form in both.
fn squared_distances_at_encoders(clauses: &mut Vec<Clause>, case: &Case) -> Result<(), InformationError> {
    let rhos = case.subject.pair.angles().cosines();
    let count = rhos.iter().take(case.dim()).take_while(|rho| **rho >= INTERIOR).count();
    if count == 0 || rhos[0] > 1.0 - INTERIOR {
        return Ok(());
    }
    let rhos = &rhos[..count];
    let mut claim = |claim: &'static str, loss: f64, stated: f64, error: f64| {
        if error <= RESOLVED {
            clauses.push(Clause::equal(claim, -loss, stated, error));
        }
    };
    let ([loss, _], error) = losses_at_encoders(case, rhos, one_sided_lengths)?;
    claim(ONE_SIDED_AT_ENCODERS, loss, rhos.iter().map(|rho| -0.5 * (-rho * rho).ln_1p()).sum(), error);
    let ([_, loss], error) = losses_at_encoders(case, rhos, |rho| [symmetric_optimum(rho).0.sqrt(); 2])?;
    claim(SYMMETRIC_AT_ENCODERS, loss, rhos.iter().map(|rho| -symmetric_optimum(*rho).1).sum(), error);
    Ok(())
}

impl Theorem for InfoNceGap {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "per canonical pair: bilinear critic ½ρ²; squared distance, symmetric (closed form) or one-sided −½log(1−ρ²); estimates ≤ log B"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Gaussian, infinitely many negatives; per canonical pair.",
            proof: "The inner expectation is a Gaussian integral. A bilinear critic cannot represent the quadratic terms of the log-density ratio; the squared distance can in the one-sided loss, but only partly in the symmetric one.",
            figure: Some("infonce-batch"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let Some(objective) = case.objective.filter(|objective| objective.id() == InfoNce::ENTRY.id) else {
            return Ok(Finding::Inapplicable("the encoders do not minimise infonce".into()));
        };
        let subject = case.subject;
        let interior = |rho: &f64| (INTERIOR..=1.0 - INTERIOR).contains(rho);
        let correlations: Vec<f64> = subject.pair.angles().cosines().iter().copied().filter(interior).collect();
        if correlations.is_empty() {
            return Ok(Finding::Inapplicable("no canonical correlation between 0 and 1".into()));
        }
        let mut clauses = Vec::new();
        // The encoders themselves: the population loss attains −½ Σ_{i≤d} ρ_i², and the bound can't be beaten.
        let attained: f64 = subject.pair.angles().cosines().iter().take(case.dim()).map(|rho| 0.5 * rho * rho).sum();
        let value = objective.value(subject.moments(), &case.encoders).unwrap_or(f64::NAN);
        clauses.push(Clause::equal(BILINEAR, -value, attained, subject.error(attained)));
        let temperature = objective.parameters().number("temperature").unwrap_or(1.0);
        clauses.push(Clause::equal(
            QUADRATURE,
            -bilinear_loss_by_quadrature(case, temperature)?,
            attained,
            subject.error(attained),
        ));
        squared_distances_at_encoders(&mut clauses, case)?;
        for (index, &rho) in correlations.iter().enumerate() {
            let part = |claim| Part::new(claim).place(index + 1);
            let information = -0.5 * (-rho * rho).ln_1p();
            let error = integral_error(rho, information);
            clauses.push(Clause::equal(part(ONE_SIDED), -one_sided_minimum(rho), information, error));
            let (square, optimum) = symmetric_optimum(rho);
            let side = square.sqrt();
            clauses.push(Clause::equal(part(OPTIMUM), symmetric_loss(rho, side, side), optimum, error));
            let least = PROBES
                .iter()
                .flat_map(|&p| PROBES.map(move |q| (p, q)))
                .map(|(p, q)| symmetric_loss(rho, side * p + 0.01 * (p - 1.0), side * q + 0.01 * (q - 1.0)))
                .fold(f64::INFINITY, f64::min);
            clauses.push(Clause::at_most(part(SYMMETRIC), optimum, least, error));
            clauses.push(Clause::at_most(part(BELOW), -optimum, information, error));
            clauses.push(Clause::at_most(
                part(ESTIMATES).value(BATCH as f64),
                largest_estimate(rho, 0),
                (BATCH as f64).ln(),
                // Each of the samples' terms is at most 0 in doubles too, where the exponentials include e⁰ = 1: log B is all that is
                // rounded.
                2.0 * f64::EPSILON * (BATCH as f64).ln(),
            ));
        }
        Ok(Finding::Checked(clauses))
    }

    /// Population slopes of the whitened bilinear critic, and the loss.
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        if !case.is_canonical() {
            return Ok(None);
        }
        let cosines = case.subject.pair.angles().cosines();
        if question.quantity == Quantity::ObjectiveValue {
            // Other canonical objectives have values of their own.
            if case.objective.is_none_or(|objective| objective.id() != InfoNce::ENTRY.id) {
                return Ok(None);
            }
            let loss = cosines.iter().take(case.dim()).map(|rho| -0.5 * rho * rho).sum();
            return Ok(Some(Predicted::Equal(loss)));
        }
        // The slope of cca, 1, and of joint-density are others.
        let ratio = [InfoNce::ENTRY.id, Spectral.id()];
        if !case.objective.is_some_and(|objective| ratio.contains(&objective.id())) {
            return Ok(None);
        }
        Ok(match question.quantity {
            Quantity::WhitenedCritic(index) if index <= case.dim() => {
                Some(Predicted::Equal(case.subject.pair.correlation(index - 1)))
            }
            _ => None,
        })
    }
}

/// Factors by which a and b are moved away from the stated optimum, apart and together.
pub(super) const PROBES: [f64; 9] = [0.0, 0.5, 0.9, 0.99, 1.0, 1.01, 1.1, 2.0, 5.0];

#[cfg(test)]
mod tests {
    use super::*;

    /// E f(u, v) of a standard pair by the trapezoid rule on ±8, which is exact to rounding for smooth Gaussian integrands.
    fn expectation(rho: f64, f: impl Fn(f64, f64) -> f64) -> f64 {
        let steps = 800;
        let at = |i: i32| f64::from(i) * 16.0 / f64::from(steps) - 8.0;
        let width = 16.0 / f64::from(steps);
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let conditional = (1.0 - rho * rho).sqrt();
        let mut sum = 0.0;
        for i in 0..=steps {
            for j in 0..=steps {
                let (u, e) = (at(i), at(j));
                sum += density(u) * density(e) * width * width * f(u, rho * u + conditional * e);
            }
        }
        sum
    }

    #[test]
    fn the_gaussian_integrals_agree_with_quadrature() {
        for (rho, alpha, gamma) in [(0.8, 0.7, 0.5), (0.3, 0.2, 0.0), (0.6, 1.1, 2.0)] {
            let score = |u: f64, v: f64| alpha * u * v - 0.5 * gamma * v * v;
            let normaliser = |u: f64| expectation_of_one(|v| score(u, v).exp()).ln();
            let loss = -expectation(rho, score) + expectation_of_one(normaliser);
            assert!((loss - anchored_loss(rho, alpha, gamma)).abs() < 1e-8, "{rho} {alpha} {gamma} {loss}");
        }
    }

    #[test]
    fn the_trapezoid_rule_has_all_digits_of_the_normaliser() {
        // Minimisers have the correlations for slopes.
        for slope in [0.0, 0.3, 0.9, 0.999, 1.0] {
            assert!((log_normaliser(slope) - 0.5 * slope * slope).abs() < 1e-13, "{slope}");
        }
    }

    #[test]
    fn log_determinants_give_the_scalar_losses() {
        let number = |value: f64| Matrix::from_element(1, 1, value);
        for (rho, a, b) in [(0.8, 0.7, 0.5), (0.3, 1.5, 0.1), (0.95, 2.0, 2.5)] {
            let [one_sided, symmetric] =
                squared_distance_losses(&number(a * a), &number(b * b), &number(rho * a * b)).expect("losses");
            // The anchor's own square cancels in the difference of score and normaliser, except in what negatives see of it.
            assert!((one_sided - anchored_loss(rho, a * b, b * b)).abs() < 1e-14, "{rho} {a} {b}");
            assert!((symmetric - symmetric_loss(rho, a, b)).abs() < 1e-14, "{rho} {a} {b}");
        }
    }

    fn expectation_of_one(f: impl Fn(f64) -> f64) -> f64 {
        let steps = 4000;
        let width = 24.0 / f64::from(steps);
        (0..=steps)
            .map(|i| f64::from(i) * width - 12.0)
            .map(|x| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt() * width * f(x))
            .sum()
    }

    #[test]
    fn the_symmetric_optimum_is_stationary_and_the_one_sided_one_is_the_information() {
        for rho in [0.1, 0.5, 0.8, 0.99] {
            let (square, optimum) = symmetric_optimum(rho);
            let at = |square: f64| symmetric_loss(rho, square.sqrt(), square.sqrt());
            assert!(at(square * 1.01) > optimum && at(square * 0.99) > optimum, "{rho}");
            assert!((one_sided_minimum(rho) - 0.5 * (1.0 - rho * rho).ln()).abs() < 1e-12, "{rho}");
        }
    }
}
