//! Discrete laws: the theorems that claim any distribution and any encoder, beyond Gaussians and linear maps.
//!
//! A [`Law`] is a joint probability table of (x_1, x_2, y) on small alphabets; a [`TableEncoder`] is an arbitrary map z
//! = f(x), one row of outputs per symbol. Every expectation is an exact sum over the table. `perfect-alignment`,
//! `lipschitz`, `correlation` and `capacity` are tested on such laws.
//!
//! Nothing is estimated.

mod instance;

pub use instance::{Claim, Instance, Shape};

use super::verdict::{Clause, Finding, Status};
use crate::information::InformationError;
use crate::linalg::{Matrix, largest_eigenvalue, symmetric_eigen};
use serde::Serialize;
use std::collections::HashMap;

/// Rounding of sums over a table, in units of ε for each of its entries.
const ERROR_UNITS: f64 = 64.0;
/// Probabilities that should add up to one, up to this.
const NORMALISED: f64 = 1e-12;
/// A covariance eigenvalue below this share of the largest is a dependent output: its inverse multiplies the rounding of
/// whitened sums, which must stay far below one.
const DEPENDENT: f64 = 1e-6;
/// A variance below this share of the squared outputs is the rounding of a constant.
const CONSTANT: f64 = 1e-12;
/// Largest number of symbols of one alphabet.
const LARGEST_ALPHABET: usize = 256;

/// A law or an encoder that can't be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DiscreteError {
    /// An alphabet without symbols, or with too many.
    #[error("alphabets of {0:?} symbols, expected 1 to {LARGEST_ALPHABET} each")]
    Alphabet([usize; 3]),
    /// As many probabilities as cells, and as many values as symbols of y.
    #[error("{found} {what}, expected {expected}")]
    Length {
        /// What there are.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A number that is no probability, or no number.
    #[error("{what} {value} at {index}")]
    Value {
        /// What it should have been.
        what: &'static str,
        /// Its place.
        index: usize,
        /// The number.
        value: f64,
    },
    /// Probabilities that do not add up to one.
    #[error("the probabilities add up to {0}, not to 1")]
    Sum(f64),
}

/// A joint law of (x_1, x_2, y) with y a real number on each of its symbols.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Law {
    /// The alphabets' sizes: x_1, x_2, y.
    sizes: [usize; 3],
    /// p(x_1, x_2, y), y running fastest.
    probabilities: Vec<f64>,
    /// The number that each symbol of y stands for.
    values: Vec<f64>,
}

/// A map z = f(x): one row of d outputs for each symbol of x.
#[derive(Debug, Clone, PartialEq)]
pub struct TableEncoder {
    /// n × d.
    pub outputs: Matrix,
}

/// Functions of (x_1, x_2) as labels: equal labels are equal values. Labels run from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    of: Vec<usize>,
    count: usize,
}

impl Law {
    /// A law from its table.
    ///
    /// # Errors
    /// [`DiscreteError`].
    ///
    /// # Examples
    /// ```
    /// use alignloss::theorem::discrete::Law;
    /// // x_1 = y is a fair bit, x_2 another: I(x_1; y) = log 2, I(x_2; y) = 0.
    /// let law = Law::new([2, 2, 2], vec![0.25, 0.0, 0.25, 0.0, 0.0, 0.25, 0.0, 0.25], vec![-1.0, 1.0])?;
    /// assert!((law.information_nats(&law.observed(0)) - 2.0_f64.ln()).abs() < 1e-15);
    /// assert!(law.information_nats(&law.observed(1)).abs() < 1e-15);
    /// # Ok::<(), alignloss::theorem::discrete::DiscreteError>(())
    /// ```
    pub fn new(sizes: [usize; 3], probabilities: Vec<f64>, values: Vec<f64>) -> Result<Self, DiscreteError> {
        if sizes.iter().any(|size| !(1..=LARGEST_ALPHABET).contains(size)) {
            return Err(DiscreteError::Alphabet(sizes));
        }
        let lengths =
            [("probabilities", probabilities.len(), sizes.iter().product()), ("values of y", values.len(), sizes[2])];
        if let Some((what, found, expected)) = lengths.into_iter().find(|(_, found, expected)| found != expected) {
            return Err(DiscreteError::Length { what, found, expected });
        }
        if let Some((index, &value)) = probabilities.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
            return Err(DiscreteError::Value { what: "not a probability:", index, value });
        }
        if let Some((index, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(DiscreteError::Value { what: "not a finite value of y:", index, value });
        }
        let sum: f64 = probabilities.iter().sum();
        if (sum - 1.0).abs() > NORMALISED {
            return Err(DiscreteError::Sum(sum));
        }
        Ok(Self { sizes, probabilities, values })
    }

    /// The alphabets' sizes: x_1, x_2, y.
    pub fn sizes(&self) -> [usize; 3] {
        self.sizes
    }

    /// p(x_1, x_2, y).
    ///
    /// # Panics
    /// When a symbol is out of range.
    pub fn probability(&self, first: usize, second: usize, target: usize) -> f64 {
        self.probabilities[(first * self.sizes[1] + second) * self.sizes[2] + target]
    }

    /// All (x_1, x_2, y), y running fastest.
    fn cells(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let [_, n2, ny] = self.sizes;
        (0..self.probabilities.len()).map(move |cell| (cell / (n2 * ny), cell / ny % n2, cell % ny))
    }

    /// x_m itself (m = 0 or 1) as a function of (x_1, x_2).
    pub fn observed(&self, m: usize) -> Labels {
        self.function(m, &(0..self.sizes[m]).collect::<Vec<_>>())
    }

    /// An encoder of x_m (m = 0 or 1) as a function of (x_1, x_2): symbols with the same outputs, bit for bit, are one value.
    ///
    /// # Panics
    /// When the encoder has not one row for each symbol.
    pub fn encoded(&self, m: usize, encoder: &TableEncoder) -> Labels {
        assert_eq!(encoder.outputs.nrows(), self.sizes[m], "one row of outputs for each symbol");
        let mut seen = HashMap::new();
        let labels = encoder.outputs.row_iter().map(|row| {
            let key: Vec<u64> = row.iter().map(|&output| (output + 0.0).to_bits()).collect();
            let next = seen.len();
            *seen.entry(key).or_insert(next)
        });
        let labels: Vec<usize> = labels.collect();
        self.function(m, &labels)
    }

    fn function(&self, m: usize, labels: &[usize]) -> Labels {
        let count = labels.iter().max().map_or(0, |largest| largest + 1);
        let of = (0..self.sizes[0] * self.sizes[1])
            .map(|cell| labels[if m == 0 { cell / self.sizes[1] } else { cell % self.sizes[1] }])
            .collect();
        Labels { of, count }
    }

    /// p(z, y) for z a function of (x_1, x_2): (number of labels) × (symbols of y).
    fn with_target(&self, labels: &Labels) -> Matrix {
        let mut joint = Matrix::zeros(labels.count, self.sizes[2]);
        for (index, &probability) in self.probabilities.iter().enumerate() {
            joint[(labels.of[index / self.sizes[2]], index % self.sizes[2])] += probability;
        }
        joint
    }

    /// I(z; y) of a function z of (x_1, x_2), in nats.
    pub fn information_nats(&self, labels: &Labels) -> f64 {
        information_nats(&self.with_target(labels))
    }

    /// σ(z; y) = √(E Var(y|z)) of a function z of (x_1, x_2).
    pub fn sigma(&self, labels: &Labels) -> f64 {
        let joint = self.with_target(labels);
        let mut mmse = 0.0;
        for row in joint.row_iter() {
            let weight: f64 = row.iter().sum();
            if weight > 0.0 {
                let mean = row.iter().zip(&self.values).map(|(p, value)| p * value).sum::<f64>() / weight;
                mmse += row.iter().zip(&self.values).map(|(p, value)| p * (value - mean).powi(2)).sum::<f64>();
            }
        }
        mmse.sqrt()
    }

    /// A bound on the rounding of a sum over the table, for a quantity of the given size.
    fn error(&self, size: f64) -> f64 {
        ERROR_UNITS * f64::EPSILON * self.probabilities.len() as f64 * (1.0 + size.abs())
    }

    /// The largest |p(x_2, y) − p(x_2)p(y)| (m = 1), or that of x_1 (m = 0): zero when y is independent of x_m.
    pub fn dependence(&self, m: usize) -> f64 {
        let joint = self.with_target(&self.observed(m));
        let marginal = (joint.column_sum(), joint.row_sum());
        joint
            .row_iter()
            .enumerate()
            .flat_map(|(i, row)| {
                row.iter().enumerate().map(|(j, p)| (p - marginal.0[i] * marginal.1[j]).abs()).collect::<Vec<_>>()
            })
            .fold(0.0, f64::max)
    }

    /// E[z_1|x_2] of a table of outputs (n_1 × d), zero for symbols without mass: n_2 × d.
    fn predicted(&self, outputs: &Matrix) -> Matrix {
        let mut sums = Matrix::zeros(self.sizes[1], outputs.ncols());
        for (i, j, k) in self.cells() {
            let row = sums.row(j) + outputs.row(i) * self.probability(i, j, k);
            sums.set_row(j, &row);
        }
        for (mut row, mass) in sums.row_iter_mut().zip(self.marginal(1)) {
            if mass > 0.0 {
                row /= mass;
            }
        }
        sums
    }

    /// E f(x_1, x_2, y) of the symbols.
    fn expectation(&self, f: impl Fn(usize, usize, usize) -> f64) -> f64 {
        self.cells().map(|(i, j, k)| self.probability(i, j, k) * f(i, j, k)).sum()
    }

    fn marginal(&self, m: usize) -> Vec<f64> {
        self.with_target(&self.observed(m)).column_sum().iter().copied().collect()
    }
}

/// I of two discrete variables from their joint table, Σ p log(p/(p_row p_column)).
fn information_nats(joint: &Matrix) -> f64 {
    let (rows, columns) = (joint.column_sum(), joint.row_sum());
    let mut sum = 0.0;
    for (i, row) in joint.row_iter().enumerate() {
        for (j, &p) in row.iter().enumerate() {
            if p > 0.0 {
                sum += p * (p / (rows[i] * columns[j])).ln();
            }
        }
    }
    sum
}

/// `perfect-alignment`: f_1(x_1) = f_2(x_2) almost surely ⟹ I(z; y) ≤ min_m I(x_m; y) and σ(z; y) ≥ max_m σ(x_m; y).
///
/// # Panics
/// When an encoder has not one row for each symbol.
pub fn perfect_alignment(law: &Law, encoders: &[TableEncoder; 2]) -> Finding {
    let [n1, n2, ny] = law.sizes;
    for i in 0..n1 {
        for j in 0..n2 {
            let possible = (0..ny).any(|k| law.probability(i, j, k) > 0.0);
            if possible && encoders[0].outputs.row(i) != encoders[1].outputs.row(j) {
                return Finding::Inapplicable(format!("f1({i}) ≠ f2({j}), which occur together"));
            }
        }
    }
    let z = law.encoded(0, &encoders[0]);
    let [x1, x2] = [0, 1].map(|m| law.observed(m));
    let least = law.information_nats(&x1).min(law.information_nats(&x2));
    let (sigma, sigma_z) = (law.sigma(&x1).max(law.sigma(&x2)), law.sigma(&z));
    Finding::Checked(vec![
        Clause::at_most("information", law.information_nats(&z), least, law.error(least)),
        Clause::at_most("σ", sigma, sigma_z, deviation_error(law, sigma, sigma_z)),
    ])
}

/// The error of a comparison of standard deviations: that of variances over them, its square root near zero.
fn deviation_error(law: &Law, a: f64, b: f64) -> f64 {
    let scale = law.values.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
    let error = law.error(0.0) * scale * scale;
    error / a.max(b).max(error.sqrt()).max(f64::MIN_POSITIVE) + law.error(a.max(b))
}

/// `lipschitz`: σ(x_2; y) ≤ √E(y − g(z_1))² + L·ε for every predictor g, L its Lipschitz constant on the values of z_1 and
/// ε² = E‖z_1 − z_2‖². With the predictor given as its value on each symbol of x_1 (it must be a function of z_1), or else with
/// shrunken conditional means c + t(E[y|z] − c), at the t that makes the bound tightest.
///
/// A map on finitely many points extends to a map with the same constant (McShane), so that g(z_2) is a predictor from x_2.
///
/// # Panics
/// When an encoder or the predictor has not one row for each symbol.
pub fn lipschitz(law: &Law, encoders: &[TableEncoder; 2], predictor: Option<&[f64]>) -> Finding {
    let [n1, n2, ny] = law.sizes;
    let z = law.encoded(0, &encoders[0]);
    let label = |symbol: usize| z.of[symbol * n2];
    // One representative symbol of x_1 for each value of z_1.
    let representatives: Vec<usize> =
        (0..z.count).map(|value| (0..n1).find(|&i| label(i) == value).expect("every label is taken")).collect();
    let distance = |a: usize, b: usize| (encoders[0].outputs.row(a) - encoders[0].outputs.row(b)).norm();
    let steepness = |g: &[f64]| {
        let mut steepest = 0.0_f64;
        for (a, &first) in representatives.iter().enumerate() {
            for (b, &second) in representatives.iter().enumerate().take(a) {
                steepest = steepest.max((g[a] - g[b]).abs() / distance(first, second));
            }
        }
        steepest
    };
    let mut epsilon_squared = 0.0;
    for i in 0..n1 {
        for j in 0..n2 {
            let probability: f64 = (0..ny).map(|k| law.probability(i, j, k)).sum();
            epsilon_squared += probability * (encoders[0].outputs.row(i) - encoders[1].outputs.row(j)).norm_squared();
        }
    }
    let epsilon = epsilon_squared.sqrt();
    let joint = law.with_target(&z);
    let weight = joint.column_sum();
    let rmse = |g: &[f64]| {
        let mut sum = 0.0;
        for (value, row) in joint.row_iter().enumerate() {
            sum += row.iter().zip(&law.values).map(|(p, y)| p * (y - g[value]).powi(2)).sum::<f64>();
        }
        sum.sqrt()
    };
    let best: f64 = if let Some(predictor) = predictor {
        assert_eq!(predictor.len(), n1, "one prediction for each symbol");
        let g: Vec<f64> = representatives.iter().map(|&symbol| predictor[symbol]).collect();
        rmse(&g) + steepness(&g) * epsilon
    } else {
        let mean: f64 = joint.row_sum().iter().zip(&law.values).map(|(p, y)| p * y).sum();
        let conditional: Vec<f64> = (0..z.count)
            .map(|value| {
                let sum: f64 = joint.row(value).iter().zip(&law.values).map(|(p, y)| p * y).sum();
                if weight[value] > 0.0 { sum / weight[value] } else { mean }
            })
            .collect();
        let shrunken = |t: f64| conditional.iter().map(|value| mean + t * (value - mean)).collect::<Vec<_>>();
        let bound = |t: f64| {
            let g = shrunken(t);
            rmse(&g) + steepness(&g) * epsilon
        };
        (0..=STEPS).map(|step| bound(f64::from(step) / f64::from(STEPS))).fold(f64::INFINITY, f64::min)
    };
    let sigma = law.sigma(&law.observed(1));
    Finding::Checked(vec![Clause::at_most("σ(x2;y)", sigma, best, deviation_error(law, sigma, best))])
}

/// How many shrinkages of the conditional mean are tried: the claim holds at each.
const STEPS: u32 = 32;

/// `correlation`: √R²(z_1; y) ≤ √R²(x_2; y) + ε_op for whitened encoders, with R²(z_1; y) that of the best linear readout and R²(x_2; y) that of
/// any function of x_2. Both tables are whitened symmetrically; where one has outputs that depend on others, it does not apply.
///
/// # Errors
/// [`InformationError::Linalg`] when a decomposition fails.
///
/// # Panics
/// When an encoder has not one row for each symbol.
pub fn correlation(law: &Law, encoders: &[TableEncoder; 2]) -> Result<Finding, InformationError> {
    let Some(sides) = CorrelationSides::new(law, encoders)? else {
        return Ok(Finding::Inapplicable("y or an output is constant, or depends on other outputs".into()));
    };
    let clause = sides.clause(sides.linear, sides.other + sides.operator);
    Ok(if clause.status() == Status::Inconclusive {
        Finding::Inapplicable("an output nearly depends on others, so that whitening it loses every digit".into())
    } else {
        Finding::Checked(vec![clause])
    })
}

/// What `correlation` is made of, for one law and two tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct CorrelationSides {
    /// √R² of the best linear readout of z_1.
    pub(super) linear: f64,
    /// √R² of the best readout of z_1 of any kind.
    pub(super) any: f64,
    /// √R² of the best readout of x_2 of any kind.
    pub(super) other: f64,
    /// ε_op.
    pub(super) operator: f64,
    /// A bound on the error of a square of these.
    error: f64,
}

impl CorrelationSides {
    /// `None` where y is constant, or an encoder has fewer than d independent outputs.
    pub(super) fn new(law: &Law, encoders: &[TableEncoder; 2]) -> Result<Option<Self>, InformationError> {
        let tables =
            [whitened(&law.marginal(0), &encoders[0].outputs)?, whitened(&law.marginal(1), &encoders[1].outputs)?];
        let [Some(first), Some(second)] = tables else { return Ok(None) };
        let dim = encoders[0].outputs.ncols();
        let scale = law.values.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
        let [mean, square] = [1, 2].map(|power| law.expectation(|_, _, k| law.values[k].powi(power)));
        let variance = square - mean * mean;
        if first.values.ncols() < dim || second.values.ncols() < dim || variance <= CONSTANT * scale * scale {
            return Ok(None);
        }
        let [first_values, second_values] = [&first, &second].map(Outputs::symmetric);
        let mut covariance = nalgebra::DVector::zeros(dim);
        let mut disagreement = Matrix::zeros(dim, dim);
        for (i, j, k) in law.cells() {
            let p = law.probability(i, j, k);
            covariance += first_values.row(i).transpose() * (p * (law.values[k] - mean));
            let apart = first_values.row(i) - second_values.row(j);
            disagreement += apart.transpose() * apart * p;
        }
        let share = |labels: &Labels| (1.0 - law.sigma(labels).powi(2) / variance).max(0.0).sqrt();
        // Variances are differences of second moments: their rounding, relative to what is left.
        let conditions = first.condition.max(second.condition).max(scale * scale / variance);
        Ok(Some(Self {
            linear: covariance.norm() / variance.sqrt(),
            any: share(&law.encoded(0, &encoders[0])),
            other: share(&law.observed(1)),
            operator: largest_eigenvalue(&disagreement)?.max(0.0).sqrt(),
            error: law.error(dim as f64) * conditions,
        }))
    }

    /// One of the roots against a bound made of the others; roots near zero have the root of the error.
    pub(super) fn clause(&self, lhs: f64, rhs: f64) -> Clause {
        let of = |root: f64| self.error / root.max(self.error.sqrt());
        Clause::at_most("√R²(z1;y)", lhs, rhs, of(lhs) + of(self.other) + of(self.operator))
    }
}

/// `capacity`: y independent of x_2, z_1 whitened ⟹ tr K + tr P ≤ d and K + P ⪯ I, with K = Cov(E[z_1|x_2]) and
/// P = Cov(E[z_1|y]), whatever the law and the encoder. Outputs that depend on others are left out of d.
///
/// # Errors
/// [`InformationError::Linalg`] when a decomposition fails.
///
/// # Panics
/// When the encoder has not one row for each symbol.
pub fn capacity(law: &Law, encoder: &TableEncoder) -> Result<Finding, InformationError> {
    if law.dependence(1) > law.error(0.0) {
        return Ok(Finding::Inapplicable("y depends on x2".into()));
    }
    let Some(Budget { aligned, private, error }) = Budget::new(law, encoder)? else {
        return Ok(Finding::Inapplicable("the encoder is constant".into()));
    };
    let largest = largest_eigenvalue(&(&aligned + &private))?;
    Ok(Finding::Checked(vec![
        Clause::at_most("traces", aligned.trace() + private.trace(), aligned.nrows() as f64, error),
        Clause::at_most("largest eigenvalue", largest, 1.0, error),
    ]))
}

/// How the outputs of a table are spent.
pub(super) struct Budget {
    /// K = Cov(E[z_1|x_2]) of the whitened outputs.
    pub(super) aligned: Matrix,
    /// P = Cov(E[z_1|y]).
    pub(super) private: Matrix,
    /// A bound on the error of either.
    pub(super) error: f64,
}

impl Budget {
    /// `None` where the encoder is constant.
    pub(super) fn new(law: &Law, encoder: &TableEncoder) -> Result<Option<Self>, InformationError> {
        let marginal = law.marginal(0);
        let Some(Outputs { values: z, condition, .. }) = whitened(&marginal, &encoder.outputs)? else {
            return Ok(None);
        };
        let [_, n2, ny] = law.sizes;
        // Conditional means given x_2 and given y, as sums p(x_1, ·)·z.
        let mut with_other = Matrix::zeros(n2, z.ncols());
        let mut with_target = Matrix::zeros(ny, z.ncols());
        let (mut other, mut target) = (vec![0.0; n2], vec![0.0; ny]);
        for (i, j, k) in law.cells() {
            let p = law.probability(i, j, k);
            with_other.set_row(j, &(with_other.row(j) + z.row(i) * p));
            with_target.set_row(k, &(with_target.row(k) + z.row(i) * p));
            other[j] += p;
            target[k] += p;
        }
        let covariance = |sums: &Matrix, weights: &[f64]| {
            let mut result = Matrix::zeros(z.ncols(), z.ncols());
            for (row, &weight) in sums.row_iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
                result += row.transpose() * row / weight;
            }
            result
        };
        Ok(Some(Self {
            aligned: covariance(&with_other, &other),
            private: covariance(&with_target, &target),
            error: law.error(z.ncols() as f64) * condition,
        }))
    }
}

/// Outputs centred and whitened.
struct Outputs {
    /// Principal components at unit variance, n × rank.
    values: Matrix,
    /// The directions of the principal components, d × rank.
    directions: Matrix,
    /// The condition number of the covariance.
    condition: f64,
}

impl Outputs {
    /// Whitened symmetrically: the nearest whitened outputs to those given, n × d.
    fn symmetric(&self) -> Matrix {
        &self.values * self.directions.transpose()
    }
}

/// Centres and whitens outputs, without those that depend on others. `None` when they are constant.
fn whitened(marginal: &[f64], outputs: &Matrix) -> Result<Option<Outputs>, InformationError> {
    let mut centred = outputs.clone();
    for mut column in centred.column_iter_mut() {
        let mean: f64 = column.iter().zip(marginal).map(|(value, p)| value * p).sum();
        column.add_scalar_mut(-mean);
    }
    let scale = outputs.amax();
    let mut covariance = Matrix::zeros(outputs.ncols(), outputs.ncols());
    for (row, &p) in centred.row_iter().zip(marginal) {
        covariance += row.transpose() * row * p;
    }
    let eigen = symmetric_eigen(&covariance)?;
    let largest = eigen.values.first().copied().unwrap_or(0.0);
    if largest <= CONSTANT * scale * scale {
        return Ok(None);
    }
    let rank = eigen.values.iter().filter(|&&value| value > DEPENDENT * largest).count();
    let directions = eigen.vectors.columns(0, rank).into_owned();
    let mut values = centred * &directions;
    for (mut column, value) in values.column_iter_mut().zip(&eigen.values) {
        column /= value.sqrt();
    }
    Ok(Some(Outputs { values, directions, condition: largest / eigen.values[rank - 1] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitened_outputs_have_unit_covariance_and_dependent_ones_are_left_out() {
        let marginal = [0.1, 0.2, 0.3, 0.4];
        let outputs = Matrix::from_row_slice(4, 3, &[0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 3.0, 9.0, 6.0]);
        let z = whitened(&marginal, &outputs).expect("finite").expect("not constant").values;
        assert_eq!(z.ncols(), 2);
        let covariance = z.transpose() * Matrix::from_diagonal(&marginal.to_vec().into()) * &z;
        assert!((covariance - Matrix::identity(2, 2)).amax() < 1e-12);
        assert!(whitened(&marginal, &Matrix::from_element(4, 2, 0.7)).expect("finite").is_none());
    }

    #[test]
    fn the_condition_of_outputs_is_that_of_their_covariance() {
        // Two fair bits, one twice as large as the other: variances 4 and 1.
        let outputs = Matrix::from_row_slice(4, 2, &[2.0, 1.0, 2.0, -1.0, -2.0, 1.0, -2.0, -1.0]);
        let found = whitened(&[0.25; 4], &outputs).expect("finite").expect("not constant");
        assert!((found.condition - 4.0).abs() < 1e-14, "{}", found.condition);
    }

    #[test]
    fn what_depends_by_more_than_rounding_depends() {
        // Three fair bits x_1, x_2, y, of which x_2 and y agree a little more often than not.
        let law = |excess: f64| {
            let probability = |cell: usize| 0.125 + if cell / 2 % 2 == cell % 2 { excess } else { -excess } / 2.0;
            Law::new([2; 3], (0..8).map(probability).collect(), vec![0.0, 1.0]).expect("a law")
        };
        let encoder = TableEncoder { outputs: Matrix::from_column_slice(2, 1, &[1.0, -1.0]) };
        let rounding = ERROR_UNITS * f64::EPSILON * 8.0;
        for (share, independent) in [(0.0, true), (0.9, true), (1.1, false), (1.9, false)] {
            let law = law(share * rounding);
            assert!((law.dependence(1) - share * rounding).abs() < 1e-16);
            let finding = capacity(&law, &encoder).expect("a finding");
            assert_eq!(matches!(finding, Finding::Checked(_)), independent, "{share}: {finding:?}");
        }
    }
}
