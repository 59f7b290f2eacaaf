//! First-order updates of parameters, and schedules of the step size.

use crate::linalg::Real;
use crate::objective::minibatch::{Parameters, Precision};
use std::f64::consts::PI;

/// How a gradient is turned into a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// Adam (Kingma, Ba 2015, algorithm 1): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − α·m̂/(√v̂ + ε), m̂ and v̂ corrected for
    /// starting from zero.
    Adam {
        /// β₁ in [0, 1).
        first_decay: f64,
        /// β₂ in [0, 1).
        second_decay: f64,
        /// ε > 0.
        epsilon: f64,
    },
    /// Gradient descent with heavy-ball momentum: m ← μm + g, θ ← θ − α·m.
    Momentum {
        /// μ in [0, 1).
        momentum: f64,
    },
}

impl Optimiser {
    /// Adam with the values of its paper.
    pub const ADAM: Self = Self::Adam { first_decay: 0.9, second_decay: 0.999, epsilon: 1e-8 };
}

/// The schedule of the learning rate over a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// Rises linearly over `warm_up`, a fraction of the run, then falls to zero along half a cosine: large steps while the
    /// gradient is large, averaging over many batches at the end.
    Cosine {
        /// In [0, 1).
        warm_up: f64,
    },
}

impl Schedule {
    /// The fraction of the learning rate at a step (from 0) of a run.
    pub fn share(self, step: usize, steps: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine { warm_up } => {
                let (progress, unit) = ((step as f64 + 1.0) / steps as f64, 1.0 / steps as f64);
                // The first step is never empty, and the last one is the last of the fall.
                let rise = (progress / warm_up.max(unit)).min(1.0);
                let fall = ((progress - unit - warm_up) / (1.0 - warm_up)).max(0.0);
                rise * 0.5 * (1.0 + (PI * fall).cos())
            }
        }
    }
}

/// The state of an optimiser for one set of parameters.
#[derive(Debug)]
pub struct OptimiserState<T: nalgebra::Scalar> {
    optimiser: Optimiser,
    first: Parameters<T>,
    second: Parameters<T>,
    /// β₁ᵗ and β₂ᵗ.
    powers: [f64; 2],
}

impl<T: Precision> OptimiserState<T> {
    /// No step taken yet.
    pub fn new(optimiser: Optimiser, parameters: &Parameters<T>) -> Self {
        Self { optimiser, first: parameters.zeros_like(), second: parameters.zeros_like(), powers: [1.0; 2] }
    }

    /// Takes one step at a learning rate, in one pass over each tensor and without allocating.
    pub fn step(&mut self, parameters: &mut Parameters<T>, gradient: &Parameters<T>, learning_rate: f64) {
        let moments = self.first.slices_mut().zip(self.second.slices_mut());
        let tensors = parameters.slices_mut().zip(gradient.slices()).zip(moments);
        match self.optimiser {
            Optimiser::Adam { first_decay, second_decay, epsilon } => {
                self.powers[0] *= first_decay;
                self.powers[1] *= second_decay;
                let rate = T::nearest(learning_rate / (1.0 - self.powers[0]));
                let correction = T::nearest((1.0 - self.powers[1]).recip());
                let [decay, gain] = [first_decay, 1.0 - first_decay].map(T::nearest);
                let [square_decay, square_gain] = [second_decay, 1.0 - second_decay].map(T::nearest);
                let epsilon = T::nearest(epsilon);
                for ((values, slopes), (first, second)) in tensors {
                    for ((value, &slope), (first, second)) in
                        values.iter_mut().zip(slopes).zip(first.iter_mut().zip(second))
                    {
                        *first = decay * *first + gain * slope;
                        *second = square_decay * *second + square_gain * slope * slope;
                        *value -= rate * *first / (T::root(*second * correction) + epsilon);
                    }
                }
            }
            Optimiser::Momentum { momentum } => {
                let (momentum, rate) = (T::nearest(momentum), T::nearest(learning_rate));
                for ((values, slopes), (first, _)) in tensors {
                    for ((value, &slope), first) in values.iter_mut().zip(slopes).zip(first) {
                        *first = momentum * *first + slope;
                        *value -= rate * *first;
                    }
                }
            }
        }
    }
}

/// Adds η·W to the gradient of both encoders and returns (η/2)·(‖W_1‖² + ‖W_2‖²): the penalty of theorem `width`, part of the loss.
pub(super) fn weight_decay<T: Precision>(decay: f64, parameters: &Parameters<T>, gradient: &mut Parameters<T>) -> f64 {
    let factor = T::nearest(decay);
    let mut square = 0.0;
    for (weights, slopes) in parameters.weights.iter().zip(&mut gradient.weights) {
        for (&weight, slope) in weights.iter().zip(slopes.iter_mut()) {
            *slope += factor * weight;
            square += Real::to_f64(weight).powi(2);
        }
    }
    0.5 * decay * square
}
