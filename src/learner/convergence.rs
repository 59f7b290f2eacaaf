//! How a run of stochastic gradients ended, judged by its losses over the last steps and by its gradient relative to
//! the gradient's noise.
//!
//! A loss that no longer falls need not be at a minimum: steps may be too short to lower it, or the gradient too small
//! or too large for the arithmetic. At a minimum the expected gradient is zero, so the mean gradient over many batches
//! is zero up to chance. Everything here is a ratio of two numbers with the same unit.

use crate::linalg::{Matrix, Real, power_of_two_near};
use crate::objective::minibatch::{Parameters, Precision};
use std::collections::VecDeque;

/// Steps over which losses and gradients are averaged: the window of the smoothed loss, of the plateau and of the gradient.
pub(super) const WINDOW: usize = 100;

/// Two mean losses differ if their difference exceeds this many standard errors.
const STANDARD_ERRORS: f64 = 2.0;

/// Among p coordinates at rest, the largest mean gradient is about √(2 ln p) standard errors; this many more are not chance.
const BEYOND_THE_LARGEST: f64 = 2.5;

/// The mean over coordinates of (mean gradient / standard error)² is 1 at rest; more than this, for few coordinates or
/// many, is not chance.
const MEAN_SQUARE: f64 = 4.0;

/// The variance of a mean gradient at rest, in units of the window's noise: shrinking steps at the end of a run leave
/// the weights off the minimum by chance, and the gradient there contributes as much again. With 1 here, one in twenty
/// runs of 600 to 2000 steps that ended within a degree of the closed form was called stalled.
const RESTING_VARIANCE: f64 = 2.0;

/// A gradient below this fraction of the first one is at rest whatever its noise: a quadratic loss then has a millionth
/// of its excess left. This matters if batches hardly differ, so that there is no noise to compare with.
const NEGLIGIBLE: f64 = 1e-3;

/// A first gradient counts as rounding if moving by the length of the encoder changes the loss by less than this many
/// units of its rounding: everything that follows is a random walk of rounding. The cosine critic at d = 1, which is
/// ±1, ends this way.
const ROUNDING_UNITS: f64 = 64.0;

/// The smallest distance, relative to its initial length, that a trained encoder must have moved from its start. It
/// started at random, and no flatness of the loss can make it plausible that a random start is a minimum.
const MOVED: f64 = 0.01;

/// The losses of the last two windows.
#[derive(Debug, Default)]
pub(super) struct Losses {
    recent: VecDeque<f64>,
}

impl Losses {
    pub(super) fn push(&mut self, loss: f64) {
        if self.recent.len() == 2 * WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(loss);
    }

    /// The mean over the last window; NaN without any loss.
    pub(super) fn mean(&self) -> f64 {
        let last = self.recent.len().saturating_sub(WINDOW);
        mean_and_variance(self.recent.range(last..), 1.0).0
    }

    /// Whether the last window's mean is not below that of the window before by more than chance.
    pub(super) fn plateau(&self) -> bool {
        if self.recent.len() < 2 * WINDOW {
            return false;
        }
        // Scaled by a power of two near the largest first: the square of a loss may leave the range of doubles.
        let largest = self.recent.iter().fold(0.0_f64, |largest, loss| largest.max(loss.abs()));
        let scale = if largest > 0.0 { power_of_two_near(largest) } else { 1.0 };
        let (before, before_variance) = mean_and_variance(self.recent.range(..WINDOW), scale);
        let (after, after_variance) = mean_and_variance(self.recent.range(WINDOW..), scale);
        let error = ((before_variance + after_variance) / WINDOW as f64).sqrt();
        before - after <= STANDARD_ERRORS * error
    }
}

/// The mean and variance of values divided by a scale; the sum of many large ones may leave the range of doubles.
fn mean_and_variance<'a>(values: impl ExactSizeIterator<Item = &'a f64> + Clone, scale: f64) -> (f64, f64) {
    let count = values.len() as f64;
    let scaled = values.map(|value| value / scale);
    let mean = scaled.clone().map(|value| value / count).sum::<f64>();
    let mean = if count == 0.0 { f64::NAN } else { mean };
    (mean, scaled.map(|value| (value - mean).powi(2) / count).sum::<f64>())
}

/// The gradients of one window's steps, in the optimiser's coordinates, and how far the encoders have moved.
#[derive(Debug)]
pub(super) struct Gradients {
    tensors: Vec<Tensor>,
    /// The initial encoders.
    initial: [Matrix; 2],
    /// The largest distance from there at the end of a window, as a fraction of the initial length.
    moved: [f64; 2],
    /// Whether the first gradient of each encoder is genuine, rather than rounding.
    began: [bool; 2],
    count: usize,
}

/// The gradients of one encoder, or of log τ.
#[derive(Debug, Default)]
struct Tensor {
    /// The length of the first gradient of the run.
    first: f64,
    /// A power of two near the largest entry of the window's first gradient: squares of entries divided by it stay in range.
    scale: f64,
    /// The window's first gradient, subtracted from all: what they have in common cancels before it is squared.
    origin: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Gradients {
    pub(super) fn new<T: Precision>(coordinates: &Parameters<T>) -> Self {
        Self {
            tensors: coordinates.slices().map(|_| Tensor::default()).collect(),
            initial: [0, 1].map(|m| coordinates.weights[m].map(Real::to_f64)),
            moved: [0.0; 2],
            began: [false; 2],
            count: 0,
        }
    }

    /// Records the first gradient of the run, in each encoder's units, and the first loss.
    pub(super) fn start<T: Precision>(&mut self, gradient: &Parameters<T>, units: [f64; 2], loss: f64) {
        for (tensor, slopes) in self.tensors.iter_mut().zip(gradient.slices()) {
            tensor.first = length(slopes.iter().map(|&slope| Real::to_f64(slope)));
        }
        let rounding =
            ROUNDING_UNITS * if size_of::<T>() < size_of::<f64>() { f32::EPSILON.into() } else { f64::EPSILON };
        for (m, began) in self.began.iter_mut().enumerate() {
            let change = self.tensors[m].first * length(self.initial[m].iter().copied());
            *began = change > rounding * (loss.abs() / units[m]);
        }
    }

    /// Opens a window.
    pub(super) fn open(&mut self) {
        self.count = 0;
    }

    /// Adds the gradient of one step.
    pub(super) fn push<T: Precision>(&mut self, gradient: &Parameters<T>) {
        for (tensor, slopes) in self.tensors.iter_mut().zip(gradient.slices()) {
            if self.count == 0 {
                tensor.open(slopes);
            }
            tensor.push(slopes);
        }
        self.count += 1;
    }

    /// Records how far the encoders have moved.
    pub(super) fn note_distance<T: Precision>(&mut self, coordinates: &Parameters<T>) {
        for (m, moved) in self.moved.iter_mut().enumerate() {
            let (from, to) = (&self.initial[m], &coordinates.weights[m]);
            let way = length(from.iter().zip(to).map(|(from, &to)| Real::to_f64(to) - from));
            *moved = moved.max(way / length(from.iter().copied()));
        }
    }

    /// Whether there is a full window to judge by.
    pub(super) fn window_is_full(&self) -> bool {
        self.count == WINDOW
    }

    /// Whether the window shows a gradient at rest, in encoders that have moved.
    pub(super) fn at_rest(&self) -> bool {
        self.began == [true; 2]
            && self.moved.iter().all(|&moved| moved >= MOVED)
            && self.tensors.iter().all(|tensor| tensor.at_rest(self.count as f64))
    }
}

impl Tensor {
    fn open<T: Precision>(&mut self, slopes: &[T]) {
        let largest = slopes.iter().fold(0.0_f64, |largest, &slope| largest.max(Real::to_f64(slope).abs()));
        self.scale = if largest > 0.0 { power_of_two_near(largest) } else { 1.0 };
        self.origin = slopes.iter().map(|&slope| Real::to_f64(slope) / self.scale).collect();
        self.sums = vec![0.0; slopes.len()];
        self.squares = vec![0.0; slopes.len()];
    }

    fn push<T: Precision>(&mut self, slopes: &[T]) {
        let inverse = self.scale.recip();
        let entries = self.origin.iter().zip(&mut self.sums).zip(&mut self.squares);
        for (&slope, ((origin, sum), square)) in slopes.iter().zip(entries) {
            let departure = Real::to_f64(slope) * inverse - origin;
            *sum += departure;
            *square += departure * departure;
        }
    }

    /// Whether chance explains the mean gradient, or little of the first one is left. A gradient that is zero on every
    /// batch, for instance by underflow, proves nothing.
    fn at_rest(&self, count: f64) -> bool {
        let (mut live, mut largest, mut sum, mut size) = (0.0_f64, 0.0_f64, 0.0, 0.0);
        for ((origin, departure), square) in self.origin.iter().zip(&self.sums).zip(&self.squares) {
            let mean = origin + departure / count;
            let variance = (square - departure * departure / count).max(0.0) / (count - 1.0);
            if mean == 0.0 && variance == 0.0 {
                continue;
            }
            let in_errors = mean * mean / (RESTING_VARIANCE * variance / count);
            live += 1.0;
            largest = largest.max(in_errors);
            sum += in_errors;
            size += mean * mean;
        }
        let by_chance = largest <= ((2.0 * live.ln()).sqrt() + BEYOND_THE_LARGEST).powi(2) && sum <= MEAN_SQUARE * live;
        live > 0.0 && (by_chance || size.sqrt() * self.scale <= NEGLIGIBLE * self.first)
    }
}

/// The Euclidean length, scaled by the largest entry first: squares may leave the range of doubles.
fn length(entries: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = entries.clone().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
    if largest == 0.0 { 0.0 } else { largest * entries.map(|entry| (entry / largest).powi(2)).sum::<f64>().sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use nalgebra::DMatrix;
    use rand::RngExt;
    use rand_distr::StandardNormal;

    /// A window of gradients, signal + noise·(standard normal) in every entry, of encoders that went a given share of their length.
    fn at_rest(signal: f64, noise: f64, unit: f64, moved: f64) -> bool {
        let mut generator = Stream { seed: 0, experiment: "resting", cell: 0, replicate: 0 }.generator();
        let of = |values: f64| Parameters {
            weights: [DMatrix::from_element(2, 3, values), DMatrix::from_element(2, 4, values)],
            log_temperature: None,
        };
        let mut gradients = Gradients::new(&of(1.0));
        gradients.start(&of(unit), [1.0; 2], unit);
        for _ in 0..WINDOW {
            let mut gradient = of(signal * unit);
            for entry in gradient.slices_mut().flatten() {
                *entry += noise * unit * generator.sample::<f64, _>(StandardNormal);
            }
            gradients.push(&gradient);
        }
        gradients.note_distance(&of(1.0 + moved));
        assert!(gradients.window_is_full());
        gradients.at_rest()
    }

    #[test]
    fn a_gradient_rests_where_chance_explains_it_in_any_unit() {
        for unit in [1e-300, 1e-40, 1.0, 1e40, 1e300] {
            assert!(at_rest(0.0, 0.1, unit, 0.5), "{unit:e}");
            assert!(!at_rest(0.1, 0.1, unit, 0.5), "ten standard errors in units of {unit:e}");
            assert!(at_rest(1e-4, 1e-9, unit, 0.5), "a ten-thousandth of the first gradient in units of {unit:e}");
        }
    }

    #[test]
    fn nothing_at_all_and_encoders_that_stayed_are_no_rest() {
        assert!(!at_rest(0.0, 0.0, 1.0, 0.5));
        assert!(!at_rest(0.0, 0.1, 1.0, 1e-6));
    }

    #[test]
    fn losses_out_of_the_range_of_squares_still_fall() {
        let falls = |from: f64, to: f64| {
            let mut losses = Losses::default();
            (0..WINDOW).for_each(|_| losses.push(from));
            (0..WINDOW).for_each(|_| losses.push(to));
            !losses.plateau()
        };
        assert!(falls(2e307, 1e307) && falls(2e-300, 1e-300) && falls(2.0, 1.0));
        assert!(!falls(1e307, 1e307) && !falls(0.0, 0.0) && !falls(1.0, 2.0));
    }
}
