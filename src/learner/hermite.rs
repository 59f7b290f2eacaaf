//! Unrestricted encoders for a Gaussian pair: exact minimisers of the spectral contrastive loss among all functions.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Values closer than this, relatively, are tied: products of correlations are accurate to a few roundings, and the
/// correlations themselves to about this.
const TIE: f64 = 1e-12;

/// Numbers that are not correlations, or not in descending order.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("correlation {index} is {value}, expected a number from 0 to {largest}, the one before it")]
pub struct CorrelationError {
    /// Its index, from 1.
    pub index: usize,
    /// Its value.
    pub value: f64,
    /// The previous correlation, 1 for the first.
    pub largest: f64,
}

/// A singular function of the density ratio: h_α(a) = Π_i h_{α_i}(a_i), with a the canonical variates.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// α, one degree per canonical variate.
    pub powers: Vec<u32>,
    /// Its singular value Π_i ρ_i^{α_i}.
    pub value: f64,
}

/// Whether a canonical variate itself (degree 1) is among the functions that an encoder spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// In every minimiser.
    Kept,
    /// In some minimisers: its correlation ties with another function for the last dimensions.
    Tied,
    /// In none.
    Dropped,
}

/// The d leading singular functions of a Gaussian pair's density ratio (Mehler's expansion), after the constant.
///
/// p(a, b)/(p(a)p(b)) = Σ_α Π_i ρ_i^{α_i} h_α(a) h_α(b) with orthonormal Hermite polynomials h. Hence, among *all*
/// centred encoders f(x_1), g(x_2) with d outputs, the loss −2E fᵀg + tr(Cov f · Cov g) is smallest when they span the
/// d leading h_α, α ≠ 0, and its minimum is −Σ of their squared singular values. (Encoders that are not centred, in
/// HaoChen et al.'s loss −2E fᵀg + E(fᵀg′)², spend one more dimension on the constant, which has singular value 1.)
///
/// The leading functions are closed downwards: for each h_α, every h_β with β ≤ α has a larger or equal value. Hence a
/// variate that enters at all enters by itself, and is recovered by a linear readout; any other variate is independent
/// of the encoder, and no nonlinear readout recovers anything of it. (In the population: a fitted encoder misses these
/// functions by order n^{-1/2}.)
#[derive(Debug, Clone)]
pub struct HermiteTower {
    correlations: Vec<f64>,
    terms: Vec<Term>,
    /// The largest value not included.
    next: f64,
}

impl HermiteTower {
    /// The leading `dim` functions for canonical correlations ρ_1 ≥ ρ_2 ≥ …, by value, then by degree; fewer if there
    /// are not that many of positive value.
    ///
    /// # Numerics
    /// Best-first search with at most two candidates per function taken: O(d log d) values. Correlations of 1 have
    /// infinitely many functions of value 1, taken by degree.
    ///
    /// # Errors
    /// [`CorrelationError`].
    ///
    /// # Examples
    /// ```
    /// use alignloss::learner::{HermiteTower, Membership};
    /// // 0.9² > 0.7: the square of the strong variate comes before the weak one.
    /// let tower = HermiteTower::leading(&[0.9, 0.7], 2)?;
    /// assert_eq!(tower.terms()[1].powers, [2, 0]);
    /// assert_eq!(tower.membership(1), Membership::Dropped);
    /// # Ok::<(), alignloss::learner::CorrelationError>(())
    /// ```
    pub fn leading(correlations: &[f64], dim: usize) -> Result<Self, CorrelationError> {
        let mut largest = 1.0;
        for (index, &value) in correlations.iter().enumerate() {
            if !(0.0..=largest).contains(&value) {
                return Err(CorrelationError { index: index + 1, value, largest });
            }
            largest = value;
        }
        let mut frontier = BinaryHeap::new();
        frontier.extend(Candidate::new(correlations, vec![0]));
        let mut terms = Vec::new();
        while terms.len() < dim {
            let Some(best) = frontier.pop() else { break };
            frontier.extend(best.successors(correlations));
            terms.push(Term { powers: best.powers(correlations.len()), value: best.value });
        }
        let next = frontier.pop().map_or(0.0, |candidate| candidate.value);
        Ok(Self { correlations: correlations.to_vec(), terms, next })
    }

    /// The functions, leading first.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The largest singular value not included, 0 if there is none.
    pub fn next_value(&self) -> f64 {
        self.next
    }

    /// The minimum of the centred spectral contrastive loss: −Σ of the squared singular values.
    pub fn minimum(&self) -> f64 {
        -self.terms.iter().map(|term| term.value * term.value).sum::<f64>()
    }

    /// Whether the minimisers keep a canonical variate (counted from 0).
    pub fn membership(&self, variate: usize) -> Membership {
        let (Some(&rho), Some(last)) = (self.correlations.get(variate), self.terms.last()) else {
            return Membership::Dropped;
        };
        let tied = |value: f64| (value - last.value).abs() <= TIE * last.value;
        if tied(self.next) && tied(rho) {
            Membership::Tied
        } else if rho > last.value || tied(rho) {
            Membership::Kept
        } else {
            Membership::Dropped
        }
    }

    /// The number of canonical variates that are certainly kept: the leading ones. The encoder says exactly what they
    /// say about any Gaussian target, with a linear readout as with the best nonlinear one.
    pub fn kept(&self) -> usize {
        (0..self.correlations.len()).take_while(|&variate| self.membership(variate) == Membership::Kept).count()
    }

    /// R² of the best linear readout of a canonical variate (counted from 0): its squared projection onto the
    /// functions. `None` if, because of ties, it depends on the minimiser.
    pub fn linear_readout(&self, variate: usize) -> Option<f64> {
        let alone = |term: &Term| {
            term.powers.iter().enumerate().all(|(i, &power)| power == u32::from(i == variate))
                && variate < term.powers.len()
        };
        (self.membership(variate) != Membership::Tied).then(|| if self.terms.iter().any(alone) { 1.0 } else { 0.0 })
    }

    /// R² of E[a_i | encoder], the best readout of any kind. `None` if, because of ties, it depends on the minimiser.
    pub fn nonlinear_readout(&self, variate: usize) -> Option<f64> {
        let involves = |term: &Term| term.powers.get(variate).is_some_and(|&power| power > 0);
        // Either the variate itself is spanned, or every function is independent of it.
        (self.membership(variate) != Membership::Tied).then(|| if self.terms.iter().any(involves) { 1.0 } else { 0.0 })
    }
}

/// A multi-index α ≠ 0 as the ascending sequence of its variates: (0, 0, 1) is a_1² a_2.
#[derive(Debug, PartialEq)]
struct Candidate {
    value: f64,
    sequence: Vec<usize>,
}

impl Candidate {
    /// `None` if its value is zero, or if one of its variates does not exist.
    fn new(correlations: &[f64], sequence: Vec<usize>) -> Option<Self> {
        let last = *sequence.last()?;
        if last >= correlations.len() {
            return None;
        }
        let value = sequence.iter().map(|&variate| correlations[variate]).product();
        (value > 0.0).then_some(Self { value, sequence })
    }

    /// Append the last variate once more, or replace it by the next one: this reaches every other multi-index exactly
    /// once, and never a larger value.
    fn successors(&self, correlations: &[f64]) -> impl Iterator<Item = Self> {
        let last = self.sequence[self.sequence.len() - 1];
        let mut longer = self.sequence.clone();
        longer.push(last);
        let mut further = self.sequence.clone();
        further[self.sequence.len() - 1] = last + 1;
        [longer, further].into_iter().filter_map(|sequence| Self::new(correlations, sequence))
    }

    fn powers(&self, variates: usize) -> Vec<u32> {
        let mut powers = vec![0; variates];
        for &variate in &self.sequence {
            powers[variate] += 1;
        }
        powers
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    /// By value; for equal values the lower degree is greater, then the earlier variates.
    fn cmp(&self, other: &Self) -> Ordering {
        self.value
            .total_cmp(&other.value)
            .then(other.sequence.len().cmp(&self.sequence.len()))
            .then_with(|| other.sequence.cmp(&self.sequence))
    }
}

/// The orthonormal Hermite polynomials h_0 … h_degree at a point, E h_m(t)h_n(t) = δ_mn for a standard normal t, by their recurrence
/// h_{m+1} = (t·h_m − √m·h_{m−1})/√(m+1). Beyond |t| ≈ 2√degree they grow like t^degree/√(degree!): an infinite t gives infinite or NaN
/// values.
pub fn hermite_polynomials(degree: usize, t: f64) -> Vec<f64> {
    let mut values = vec![1.0];
    for m in 0..degree {
        let before = if m == 0 { 0.0 } else { (m as f64).sqrt() * values[m - 1] };
        values.push((t * values[m] - before) / ((m + 1) as f64).sqrt());
    }
    values
}
