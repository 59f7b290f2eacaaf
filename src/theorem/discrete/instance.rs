//! Instances of the discrete claims from free parameters, to be drawn or searched over.

use super::{DiscreteError, Law, TableEncoder, capacity, correlation, lipschitz, perfect_alignment};
use crate::information::InformationError;
use crate::linalg::Matrix;
use crate::theorem::Finding;
use crate::theorem::{capacity, correlation, lipschitz, perfect_alignment};

/// The theorems that claim any distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// [`perfect_alignment()`].
    PerfectAlignment,
    /// [`lipschitz()`].
    Lipschitz,
    /// [`capacity()`].
    Capacity,
    /// [`correlation()`].
    Correlation,
}

/// A law with encoders, all that one claim needs.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The law.
    pub law: Law,
    /// f_1 and f_2.
    pub encoders: [TableEncoder; 2],
    /// g on each symbol of x_1, for `lipschitz`; `None` tries shrunken conditional means.
    pub predictor: Option<Vec<f64>>,
}

/// The shape of instances: a claim, the alphabets' sizes and d.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The claim.
    pub claim: Claim,
    /// Symbols of x_1, x_2 and y.
    pub sizes: [usize; 3],
    /// Outputs of an encoder.
    pub dim: usize,
}

/// Logits are clamped here: beyond it a probability is zero for all purposes, and exact zeros are drawn below it.
const LARGEST_LOGIT: f64 = 300.0;
/// What a parameter of z_2 moves it by.
const NEARBY: f64 = 0.01;
/// Logits further than this below the largest become exact zeros, so that supports have holes.
const NEGLIGIBLE: f64 = 40.0;

impl Claim {
    /// All four, in the order of docs/theory.md.
    pub const ALL: [Self; 4] = [Self::PerfectAlignment, Self::Lipschitz, Self::Correlation, Self::Capacity];

    /// The theorem's id.
    pub fn id(self) -> &'static str {
        match self {
            Self::PerfectAlignment => perfect_alignment::ID,
            Self::Lipschitz => lipschitz::ID,
            Self::Capacity => capacity::ID,
            Self::Correlation => correlation::ID,
        }
    }
}

impl Shape {
    /// How many free parameters an instance has: logits, outputs, values of y and, with `free_predictor`, predictions.
    pub fn parameters(&self, free_predictor: bool) -> usize {
        let [n1, n2, ny] = self.sizes;
        let law = match self.claim {
            // Blocks, x_1 and x_2 and y within them.
            Claim::PerfectAlignment | Claim::Lipschitz | Claim::Correlation => n1 * n2 * ny,
            Claim::Capacity => n2 + ny + n1 * n2 * ny,
        };
        law + ny + (n1 + n2) * self.dim + if free_predictor { n1 } else { 0 }
    }

    /// The instance of a parameter vector. Every law of the claim's hypotheses on alphabets of these sizes is reached, up to the
    /// clamping of logits: all joint tables (`lipschitz`, `correlation`); p(x_2)·p(y)·p(x_1|x_2,y) (`capacity`); and,
    /// for `perfect-alignment`, all tables whose symbols fall into ⌈min(n_1, n_2)/2⌉ blocks that determine z. For `correlation` the parameters
    /// of z_2 are its distance from E[z_1|x_2], a hundredth of each: encoders that do not agree make its bound trivial.
    ///
    /// # Errors
    /// [`DiscreteError`] when the parameters are not finite.
    ///
    /// # Panics
    /// When there are not [`Shape::parameters`] of them: a broken invariant of the caller.
    pub fn instance(&self, parameters: &[f64], free_predictor: bool) -> Result<Instance, DiscreteError> {
        assert_eq!(parameters.len(), self.parameters(free_predictor), "as many parameters as the shape has");
        let [n1, n2, ny] = self.sizes;
        let (mut used, total) = (0, parameters.len());
        let mut take = |count: usize| {
            let start = used;
            used = (used + count).min(total);
            &parameters[start..start + count]
        };
        let blocks = n1.min(n2).div_ceil(2);
        let block = |symbol: usize| symbol % blocks;
        let probabilities = match self.claim {
            Claim::Lipschitz | Claim::Correlation => softmax(take(n1 * n2 * ny), |_| true),
            Claim::PerfectAlignment => {
                softmax(take(n1 * n2 * ny), |cell| block(cell / (n2 * ny)) == block(cell / ny % n2))
            }
            Claim::Capacity => {
                let (other, target) = (softmax(take(n2), |_| true), softmax(take(ny), |_| true));
                let logits = take(n1 * n2 * ny);
                let mut table = vec![0.0; n1 * n2 * ny];
                for (j, p_other) in other.iter().enumerate() {
                    for (k, p_target) in target.iter().enumerate() {
                        let cell = |i: usize| (i * n2 + j) * ny + k;
                        let conditional = softmax(&(0..n1).map(|i| logits[cell(i)]).collect::<Vec<_>>(), |_| true);
                        for (i, p) in conditional.into_iter().enumerate() {
                            table[cell(i)] = p * p_other * p_target;
                        }
                    }
                }
                table
            }
        };
        let values = take(ny).to_vec();
        let d = self.dim;
        let mut outputs = |n: usize| Matrix::from_row_slice(n, d, take(n * d));
        let (mut first, mut second) = (outputs(n1), outputs(n2));
        if self.claim == Claim::PerfectAlignment {
            // z depends on the block alone; some blocks share it when d outputs are rounded to signs.
            let row = |i: usize| first.row(block(i)).map(f64::round);
            let (aligned1, aligned2) = (
                Matrix::from_rows(&(0..n1).map(row).collect::<Vec<_>>()),
                Matrix::from_rows(&(0..n2).map(row).collect::<Vec<_>>()),
            );
            (first, second) = (aligned1, aligned2);
        }
        let predictor = free_predictor.then(|| take(n1).to_vec());
        let law = Law::new(self.sizes, probabilities, values)?;
        if self.claim == Claim::Correlation {
            second = law.predicted(&first) + second * NEARBY;
        }
        Ok(Instance { law, encoders: [TableEncoder { outputs: first }, TableEncoder { outputs: second }], predictor })
    }
}

impl Instance {
    /// Both sides of the claim.
    ///
    /// # Errors
    /// [`InformationError::Linalg`] when a decomposition fails.
    pub fn examine(&self, claim: Claim) -> Result<Finding, InformationError> {
        match claim {
            Claim::PerfectAlignment => Ok(perfect_alignment(&self.law, &self.encoders)),
            Claim::Lipschitz => Ok(lipschitz(&self.law, &self.encoders, self.predictor.as_deref())),
            Claim::Capacity => capacity(&self.law, &self.encoders[0]),
            Claim::Correlation => correlation(&self.law, &self.encoders),
        }
    }

    /// The law and the encoders as JSON, for a counterexample to be looked at.
    pub fn to_json(&self) -> serde_json::Value {
        let rows = |encoder: &TableEncoder| {
            encoder.outputs.row_iter().map(|row| row.iter().copied().collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        serde_json::json!({
            "law": self.law,
            "encoders": [rows(&self.encoders[0]), rows(&self.encoders[1])],
            "predictor": self.predictor,
        })
    }
}

/// Probabilities from logits on the allowed cells; those far below the largest are exactly zero.
fn softmax(logits: &[f64], allowed: impl Fn(usize) -> bool) -> Vec<f64> {
    let clamped = |logit: f64| logit.clamp(-LARGEST_LOGIT, LARGEST_LOGIT);
    let largest = logits
        .iter()
        .enumerate()
        .filter(|(cell, _)| allowed(*cell))
        .map(|(_, &logit)| clamped(logit))
        .fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits
        .iter()
        .enumerate()
        .map(|(cell, &logit)| {
            let below = clamped(logit) - largest;
            if allowed(cell) && below >= -NEGLIGIBLE { below.exp() } else { 0.0 }
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_is_normalised_on_the_allowed_cells() {
        let probabilities = softmax(&[0.0, 2.0_f64.ln(), 5.0, -100.0], |cell| cell != 2);
        for (found, expected) in probabilities.into_iter().zip([1.0 / 3.0, 2.0 / 3.0, 0.0, 0.0]) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }

    #[test]
    fn a_free_predictor_is_a_number_for_each_symbol() {
        let shape = Shape { claim: Claim::Lipschitz, sizes: [3, 2, 2], dim: 2 };
        assert_eq!(shape.parameters(true), shape.parameters(false) + 3);
        let parameters: Vec<f64> = (0..shape.parameters(true)).map(|index| index as f64 / 7.0).collect();
        let instance = shape.instance(&parameters, true).expect("finite");
        assert_eq!(instance.predictor.as_deref(), Some(&parameters[parameters.len() - 3..]));
        assert!(instance.examine(Claim::Lipschitz).is_ok());
    }
}
