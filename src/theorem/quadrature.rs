//! Gauss–Hermite quadrature: expectations of polynomials of standard normals, without Mehler's formula.

use crate::linalg::precise::PreciseMatrix;
use crate::linalg::{LinalgError, Matrix, symmetric_eigen};
use qd::Quad;
use std::sync::OnceLock;

/// Nodes of the quadrature: exact for polynomials of degree 2·20 − 1 in each variable.
const NODES: usize = 20;
/// Degrees that are integrated, in all and in one polynomial: products stay within the quadrature's exactness.
pub(super) const DEGREE: usize = 12;
/// Newton steps from nodes that are right to double precision: each doubles their digits.
const STEPS: usize = 3;
/// Half a unit of the last place: the rounding of one operation.
const UNIT: f64 = 0.5 * f64::EPSILON;

/// Nodes and weights with E f(t) = Σ w_i f(t_i) for a standard normal t and polynomials f up to degree 2·[`NODES`] − 1.
#[derive(Debug)]
struct Rule {
    doubles: Vec<(f64, f64)>,
    precise: Vec<(Quad, Quad)>,
}

/// Nodes are eigenvalues of the recurrence's Jacobi matrix (Golub, Welsch 1969), made exact by Newton's method in double-double
/// precision; weights are 1/Σ_k h_k(t)², whose every digit is right, however small they are: as squared entries of eigenvectors, those of
/// the outer nodes (1e-13) would keep half their digits, which polynomials of 1e6 there make visible.
fn gauss_hermite() -> Result<&'static Rule, LinalgError> {
    static RULE: OnceLock<Result<Rule, LinalgError>> = OnceLock::new();
    let rule = RULE.get_or_init(|| {
        let off_diagonal = |i: usize, j: usize| if i.abs_diff(j) == 1 { (i.max(j) as f64).sqrt() } else { 0.0 };
        let eigen = symmetric_eigen(&Matrix::from_fn(NODES, NODES, off_diagonal))?;
        let precise: Vec<(Quad, Quad)> = eigen.values.iter().map(|&node| refined(node)).collect();
        Ok(Rule { doubles: precise.iter().map(|(node, weight)| (node.0, weight.0)).collect(), precise })
    });
    rule.as_ref().map_err(Clone::clone)
}

fn refined(node: f64) -> (Quad, Quad) {
    let mut node = Quad::from_f64(node);
    let slope = Quad::from_f64(NODES as f64).sqrt();
    for _ in 0..STEPS {
        let values = polynomials(NODES, node);
        node -= values[NODES] / (slope * values[NODES - 1]);
    }
    let values = polynomials(NODES - 1, node);
    (node, Quad::ONE / values.into_iter().fold(Quad::ZERO, |sum, value| sum + value * value))
}

/// h_0 … h_degree at one point in double-double precision.
fn polynomials(degree: usize, t: Quad) -> Vec<Quad> {
    let root = |m: usize| Quad::from_f64(m as f64).sqrt();
    let mut values = vec![Quad::ONE];
    for m in 0..degree {
        let before = if m == 0 { Quad::ZERO } else { root(m) * values[m - 1] };
        values.push((t * values[m] - before) / root(m + 1));
    }
    values
}

/// E h_m(a)h_n(b), m, n = 0 … [`DEGREE`], for a standard pair of correlation ρ, by quadrature over a and the independent part of b; up to
/// [`rounding`].
pub(super) fn moments(rho: f64) -> Result<Matrix, LinalgError> {
    let rule = &gauss_hermite()?.doubles;
    let (nodes, weights): (Vec<f64>, Vec<f64>) = rule.iter().copied().unzip();
    let independent = ((1.0 - rho) * (1.0 + rho)).sqrt();
    let mut moments = Matrix::zeros(DEGREE + 1, DEGREE + 1);
    let first = polynomials_at(std::array::from_fn(|i| nodes[i]));
    for (i, (&a, &weight)) in nodes.iter().zip(&weights).enumerate() {
        let second = polynomials_at(std::array::from_fn(|j| rho * a + independent * nodes[j]));
        for (n, values) in second.iter().enumerate() {
            let second: f64 = weights.iter().zip(values).map(|(inner, value)| inner * value).sum();
            for m in 0..=DEGREE {
                moments[(m, n)] += weight * first[m][i] * second;
            }
        }
    }
    Ok(moments)
}

/// h_0 … h_[`DEGREE`] by their recurrence, each at all points.
fn polynomials_at(points: [f64; NODES]) -> [[f64; NODES]; DEGREE + 1] {
    let mut values = [[1.0; NODES]; DEGREE + 1];
    values[1] = points;
    for m in 1..DEGREE {
        let [root, next] = [m, m + 1].map(|m| (m as f64).sqrt());
        for i in 0..NODES {
            values[m + 1][i] = (points[i] * values[m][i] - root * values[m - 1][i]) / next;
        }
    }
    values
}

/// The same in double-double precision, sixteen digits beyond [`rounding`].
pub(super) fn precise_moments(rho: Quad) -> Result<PreciseMatrix, LinalgError> {
    let rule = &gauss_hermite()?.precise;
    let mut moments = PreciseMatrix::from_element(DEGREE + 1, DEGREE + 1, Quad::ZERO);
    let independent = ((Quad::ONE - rho) * (Quad::ONE + rho)).sqrt();
    for &(a, weight) in rule {
        let first = polynomials(DEGREE, a);
        let mut second = [Quad::ZERO; DEGREE + 1];
        for &(e, inner) in rule {
            for (sum, value) in second.iter_mut().zip(polynomials(DEGREE, rho * a + independent * e)) {
                *sum += inner * value;
            }
        }
        for (m, &first) in first.iter().enumerate() {
            for (n, &second) in second.iter().enumerate() {
                moments[(m, n)] += weight * first * second;
            }
        }
    }
    Ok(moments)
}

/// A bound on the rounding of [`moments`] up to a degree, for arithmetic with or without fused operations.
///
/// One step of the recurrence rounds by at most 5u(|t h_m| + √m|h_{m−1}|)/√(m+1), so that by induction h_m is wrong by at most 5u·m·A_m(|t|), A_m the
/// polynomial h_m with all signs positive. By Cauchy and Schwarz the error of a moment is at most the sum of ‖5u·m·A_m‖ and ‖5u·n·A_n‖
/// in the quadrature's norm, in which every h has length 1 and b = ρa + σe is a standard normal like a (A_m² has even powers only, up to 2·12).
/// An argument that is wrong by 6u(|ρa| + |σe|) ≤ 6√2 u·T, T the largest node, moves h_n by its derivative √n h_{n−1}; weights, products and
/// sums over the nodes are rounded by (2·20 + 4) u in all.
pub(super) fn rounding(degree: usize) -> Result<f64, LinalgError> {
    let rule = &gauss_hermite()?.doubles;
    let largest = rule.iter().fold(0.0_f64, |largest, (node, _)| largest.max(node.abs()));
    let square: f64 = rule.iter().map(|(node, weight)| weight * positive(degree, node.abs()).powi(2)).sum();
    let degree = degree as f64;
    let recurrence = 2.0 * 5.0 * degree * square.sqrt();
    let arguments = (6.0 * std::f64::consts::SQRT_2 + 1.0) * largest * degree.sqrt();
    let sums = (2 * NODES + 4) as f64;
    Ok(1.1 * UNIT * (recurrence + arguments + sums))
}

/// A_m(t): h_m with all signs positive.
fn positive(degree: usize, t: f64) -> f64 {
    let (mut before, mut value) = (0.0, 1.0);
    for m in 0..degree {
        let next = (t * value + (m as f64).sqrt() * before) / ((m + 1) as f64).sqrt();
        (before, value) = (value, next);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quadrature_has_the_moments_of_a_standard_normal() {
        let rule = gauss_hermite().expect("a rule");
        let moment = |power: i32| rule.doubles.iter().map(|(t, weight)| weight * t.powi(power)).sum::<f64>();
        // (2k − 1)!! for even powers 2k.
        for (power, expected) in [(0, 1.0), (1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0), (6, 15.0), (8, 105.0), (10, 945.0)]
        {
            assert!((moment(power) - expected).abs() < 1e-12 * f64::max(expected, 1.0), "{power}: {}", moment(power));
        }
    }

    #[test]
    fn the_bound_bounds_the_rounding_and_double_doubles_have_none_of_it() {
        let bound = rounding(DEGREE).expect("a rule");
        assert!(bound < 1e-8, "{bound:e}");
        let mut worst = 0.0_f64;
        for step in 0..=20 {
            let rho = f64::from(step) / 20.0;
            let (rough, fine) = (moments(rho).expect("a rule"), precise_moments(Quad::from_f64(rho)).expect("a rule"));
            let mut power = Quad::ONE;
            for m in 0..=DEGREE {
                for n in 0..=DEGREE {
                    let mehler = if m == n { power } else { Quad::ZERO };
                    assert!((fine[(m, n)] - mehler).0.abs() < 1e-24, "{m} {n} {rho}: {:?}", fine[(m, n)]);
                    worst = worst.max((rough[(m, n)] - mehler.0).abs());
                }
                power *= Quad::from_f64(rho);
            }
        }
        assert!(worst <= bound, "{worst:e} {bound:e}");
    }

    #[test]
    fn polynomials_of_positive_signs_add_up_what_the_recurrence_cancels() {
        // h_2 = (t² − 1)/√2, h_3 = (t³ − 3t)/√6 and h_4 = (t⁴ − 6t² + 3)/√24.
        for t in [0.0_f64, 0.5, 1.0, 7.0] {
            let expected = [
                1.0,
                t,
                (t * t + 1.0) / 2.0_f64.sqrt(),
                (t.powi(3) + 3.0 * t) / 6.0_f64.sqrt(),
                (t.powi(4) + 6.0 * t * t + 3.0) / 24.0_f64.sqrt(),
            ];
            for (degree, expected) in expected.into_iter().enumerate() {
                assert!((positive(degree, t) - expected).abs() <= 1e-14 * expected, "{degree} at {t}");
            }
        }
    }

    #[test]
    fn the_bound_is_the_sum_of_its_three_parts() {
        // A_1 = |t| has length 1; the largest of twenty nodes is √2·5.38748089001123 (Abramowitz, Stegun, table 25.10).
        let largest = 2.0_f64.sqrt() * 5.387_480_890_011_23;
        let [recurrence, arguments, sums] = [10.0, (6.0 * 2.0_f64.sqrt() + 1.0) * largest, 44.0];
        let expected = 1.1 * UNIT * (recurrence + arguments + sums);
        assert!((rounding(1).expect("a rule") / expected - 1.0).abs() < 1e-12);
    }
}
