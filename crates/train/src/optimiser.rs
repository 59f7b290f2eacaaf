//! Adam, and the schedule of its learning rate.
//!
//! # References
//! Kingma, Ba (2015), arXiv 1412.6980; Loshchilov, Hutter (2019), arXiv 1711.05101 (decoupled weight decay).

use crate::device::Hardware;
use crate::encoder::Parameter;
use burn::tensor::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Numbers that one thread updates at a time.
const CHUNK: usize = 16_384;

/// The optimiser: part of the section `[training]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimiserSpec {
    /// The peak learning rate.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises from zero.
    pub warmup: u64,
    /// Fraction of the learning rate left at the end of the cosine; 1 keeps it constant.
    pub final_fraction: f64,
    /// Decay of the mean gradient.
    pub first_decay: f64,
    /// Decay of the mean squared gradient.
    pub second_decay: f64,
    /// ε, added to the root of the mean squared gradient.
    pub epsilon: f64,
    /// Each step shrinks the weights by the learning rate times this.
    pub weight_decay: f64,
    /// Longer gradients are scaled down to this length.
    pub clip: Option<f64>,
}

impl Default for OptimiserSpec {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3,
            warmup: 100,
            final_fraction: 0.0,
            first_decay: 0.9,
            second_decay: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            clip: None,
        }
    }
}

/// A setting of the optimiser is out of its range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("optimiser.{field}: {value:?}, expected {expected}")]
pub struct OptimiserError {
    /// The setting.
    pub field: &'static str,
    /// Its value.
    pub value: f64,
    /// What is expected.
    pub expected: &'static str,
}

impl OptimiserSpec {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`OptimiserError`].
    #[expect(clippy::cast_possible_truncation, reason = "parameters are single precision")]
    pub fn check(&self) -> Result<(), OptimiserError> {
        let is_positive = |value: f64| value.is_finite() && value > 0.0;
        let is_decay = |value: f64| (0.0..1.0).contains(&value);
        let (positive, decay) = ("a positive number", "0 or more, below 1");
        let rules = [
            ("learning_rate", self.learning_rate, is_positive(self.learning_rate), positive),
            ("final_fraction", self.final_fraction, (0.0..=1.0).contains(&self.final_fraction), "0 to 1"),
            ("first_decay", self.first_decay, is_decay(self.first_decay), decay),
            ("second_decay", self.second_decay, is_decay(self.second_decay), decay),
            // A number that becomes zero in single precision would divide by zero.
            (
                "epsilon",
                self.epsilon,
                is_positive(self.epsilon) && self.epsilon as f32 > 0.0,
                "a positive number in single precision",
            ),
            (
                "weight_decay",
                self.weight_decay,
                self.weight_decay.is_finite() && self.weight_decay >= 0.0,
                "a number of at least 0",
            ),
            ("clip", self.clip.unwrap_or(1.0), self.clip.is_none_or(is_positive), positive),
        ];
        match rules.into_iter().find(|&(_, _, holds, _)| !holds) {
            None => Ok(()),
            Some((field, value, _, expected)) => Err(OptimiserError { field, value, expected }),
        }
    }

    /// The learning rate at a step, counted from 0, of a total: a linear rise, then half a cosine.
    pub fn rate(&self, step: u64, steps: u64) -> f64 {
        if step < self.warmup {
            return self.learning_rate * (step + 1) as f64 / self.warmup as f64;
        }
        let share = (step - self.warmup) as f64 / steps.saturating_sub(self.warmup).max(1) as f64;
        let cosine = f64::midpoint(1.0, (PI * share.min(1.0)).cos());
        self.learning_rate * (self.final_fraction + (1.0 - self.final_fraction) * cosine)
    }
}

/// Numbers in this process's memory, or on a device.
#[derive(Debug)]
enum Place {
    Host { values: Vec<Vec<f32>>, first: Vec<Vec<f32>>, second: Vec<Vec<f32>> },
    Device { values: Vec<Tensor<1>>, first: Vec<Tensor<1>>, second: Vec<Tensor<1>> },
}

/// Parameters with the moments of their gradients.
#[derive(Debug)]
pub struct Adam {
    spec: OptimiserSpec,
    hardware: Hardware,
    place: Place,
    steps: u64,
}

/// Parameters and moments as numbers, for checkpoints: exact.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Steps taken.
    pub steps: u64,
    /// Parameters.
    pub values: Vec<Vec<f32>>,
    /// Means of gradients.
    pub first: Vec<Vec<f32>>,
    /// Means of squared gradients.
    pub second: Vec<Vec<f32>>,
}

impl State {
    /// The state before the first step.
    pub fn initial(parameters: &[Parameter]) -> Self {
        let zeros = || parameters.iter().map(|parameter| vec![0.0; parameter.values.len()]).collect();
        Self {
            steps: 0,
            values: parameters.iter().map(|parameter| parameter.values.clone()).collect(),
            first: zeros(),
            second: zeros(),
        }
    }
}

/// The coefficients of one step of Adam.
#[derive(Debug, Clone, Copy)]
struct Factors {
    first: f32,
    second: f32,
    /// Rate over the first bias correction.
    rate: f32,
    /// Root of the second bias correction.
    root: f32,
    epsilon: f32,
    keep: f32,
}

impl Adam {
    /// Continues from a state.
    pub fn new(spec: OptimiserSpec, hardware: &Hardware, state: State) -> Self {
        let place = if hardware.is_host() {
            Place::Host { values: state.values, first: state.first, second: state.second }
        } else {
            let upload = |numbers: Vec<Vec<f32>>| numbers.into_iter().map(|values| hardware.vector(values)).collect();
            Place::Device { values: upload(state.values), first: upload(state.first), second: upload(state.second) }
        };
        Self { spec, hardware: hardware.clone(), place, steps: state.steps }
    }

    /// The parameters as tensors without gradient.
    pub fn values(&self) -> Vec<Tensor<1>> {
        match &self.place {
            Place::Host { values, .. } => values.iter().map(|values| self.hardware.vector(values.clone())).collect(),
            Place::Device { values, .. } => values.clone(),
        }
    }

    /// Raises entries of a parameter below a bound to that bound; its moments stay.
    pub fn raise(&mut self, place: usize, least: f64) {
        match &mut self.place {
            Place::Host { values, .. } => {
                #[expect(clippy::cast_possible_truncation, reason = "parameters are single precision")]
                let least = least as f32;
                // Unlike `max`, this keeps NaN.
                values[place].iter_mut().filter(|value| **value < least).for_each(|value| *value = least);
            }
            Place::Device { values, .. } => values[place] = values[place].clone().clamp_min(least),
        }
    }

    /// A copy of everything, for a checkpoint.
    ///
    /// # Errors
    /// The message of the device.
    pub fn state(&self) -> Result<State, String> {
        let (values, first, second) = match &self.place {
            Place::Host { values, first, second } => (values.clone(), first.clone(), second.clone()),
            Place::Device { values, first, second } => (numbers(values)?, numbers(first)?, numbers(second)?),
        };
        Ok(State { steps: self.steps, values, first, second })
    }

    /// Updates the parameters; those that no gradient reached stay.
    ///
    /// # Errors
    /// The message of the device.
    pub fn step(&mut self, rate: f64, gradients: Vec<Option<Tensor<1>>>) -> Result<(), String> {
        self.steps += 1;
        let exponent = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let corrections = [self.spec.first_decay, self.spec.second_decay].map(|decay| 1.0 - decay.powi(exponent));
        #[expect(clippy::cast_possible_truncation, reason = "parameters are single precision")]
        let factors = Factors {
            first: self.spec.first_decay as f32,
            second: self.spec.second_decay as f32,
            rate: (rate / corrections[0]) as f32,
            root: corrections[1].sqrt().recip() as f32,
            epsilon: self.spec.epsilon as f32,
            keep: (1.0 - rate * self.spec.weight_decay) as f32,
        };
        match &mut self.place {
            Place::Host { values, first, second } => {
                let gradients: Vec<Option<Vec<f32>>> =
                    gradients.into_iter().map(|gradient| gradient.map(read).transpose()).collect::<Result<_, _>>()?;
                let scale = self.spec.clip.map_or(1.0, |clip| shortened(&gradients, clip));
                for (((values, first), second), gradient) in values.iter_mut().zip(first).zip(second).zip(gradients) {
                    let Some(gradient) = gradient else { continue };
                    values
                        .par_chunks_mut(CHUNK)
                        .zip(first.par_chunks_mut(CHUNK))
                        .zip(second.par_chunks_mut(CHUNK))
                        .zip(gradient.par_chunks(CHUNK))
                        .for_each(|(((values, first), second), gradient)| {
                            factors.apply(values, first, second, gradient, scale);
                        });
                }
            }
            Place::Device { values, first, second } => {
                let gradients = self.spec.clip.map_or_else(|| gradients.clone(), |clip| shorten(&gradients, clip));
                for (((value, first), second), gradient) in values.iter_mut().zip(first).zip(second).zip(gradients) {
                    let Some(gradient) = gradient else { continue };
                    *first = first.clone().mul_scalar(factors.first) + gradient.clone().mul_scalar(1.0 - factors.first);
                    *second =
                        second.clone().mul_scalar(factors.second) + gradient.square().mul_scalar(1.0 - factors.second);
                    let root = second.clone().sqrt().mul_scalar(factors.root).add_scalar(factors.epsilon);
                    *value = value.clone().mul_scalar(factors.keep) - (first.clone() / root).mul_scalar(factors.rate);
                }
            }
        }
        Ok(())
    }
}

impl Factors {
    fn apply(self, values: &mut [f32], first: &mut [f32], second: &mut [f32], gradient: &[f32], scale: f32) {
        for (((value, first), second), &gradient) in values.iter_mut().zip(first).zip(second).zip(gradient) {
            let gradient = scale * gradient;
            *first = self.first * *first + (1.0 - self.first) * gradient;
            *second = self.second * *second + (1.0 - self.second) * gradient * gradient;
            *value = self.keep * *value - self.rate * *first / (second.sqrt() * self.root + self.epsilon);
        }
    }
}

/// The factor by which gradients are scaled down.
#[expect(clippy::cast_possible_truncation, reason = "gradients are single precision")]
fn shortened(gradients: &[Option<Vec<f32>>], clip: f64) -> f32 {
    let square: f64 = gradients.iter().flatten().flatten().map(|&value| f64::from(value).powi(2)).sum();
    (clip / square.sqrt().max(clip)) as f32
}

/// The same on a device, without waiting for it.
fn shorten(gradients: &[Option<Tensor<1>>], clip: f64) -> Vec<Option<Tensor<1>>> {
    let squares: Vec<Tensor<1>> = gradients.iter().flatten().map(|gradient| gradient.clone().square().sum()).collect();
    if squares.is_empty() {
        return gradients.to_vec();
    }
    let scale = Tensor::cat(squares, 0).sum().sqrt().clamp_min(clip).recip().mul_scalar(clip);
    gradients.iter().map(|gradient| gradient.as_ref().map(|gradient| gradient.clone() * scale.clone())).collect()
}

/// A tensor's numbers.
pub(crate) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, String> {
    tensor.try_into_vec_as::<f32>().map_err(|error| error.to_string())
}

fn numbers(tensors: &[Tensor<1>]) -> Result<Vec<Vec<f32>>, String> {
    tensors.iter().map(|tensor| read(tensor.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_falls() {
        let spec = OptimiserSpec { learning_rate: 2.0, warmup: 4, final_fraction: 0.25, ..OptimiserSpec::default() };
        let rates: Vec<f64> = (0..=12).map(|step| spec.rate(step, 12)).collect();
        assert!((rates[0] - 0.5).abs() < 1e-12 && (rates[3] - 2.0).abs() < 1e-12 && (rates[4] - 2.0).abs() < 1e-12);
        assert!((rates[8] - 1.25).abs() < 1e-12 && (rates[12] - 0.5).abs() < 1e-12);
    }

    /// Adam by its formula, in double precision.
    fn plain(spec: OptimiserSpec, start: f64, gradients: &[f64]) -> f64 {
        let (mut value, mut first, mut second) = (start, 0.0, 0.0);
        for (step, gradient) in gradients.iter().enumerate() {
            let clip = spec.clip.map_or(1.0, |clip| clip / gradient.abs().max(clip));
            let gradient = clip * gradient;
            first = spec.first_decay * first + (1.0 - spec.first_decay) * gradient;
            second = spec.second_decay * second + (1.0 - spec.second_decay) * gradient * gradient;
            let exponent = i32::try_from(step + 1).expect("few steps");
            let first = first / (1.0 - spec.first_decay.powi(exponent));
            let second: f64 = second / (1.0 - spec.second_decay.powi(exponent));
            value -= spec.learning_rate * (first / (second.sqrt() + spec.epsilon) + spec.weight_decay * value);
        }
        value
    }

    #[test]
    fn both_places_follow_the_formula() {
        let spec =
            OptimiserSpec { learning_rate: 0.1, clip: Some(1.5), weight_decay: 0.05, ..OptimiserSpec::default() };
        let gradients = [0.3, -2.0, 1.0, 0.01, -0.5];
        let expected = plain(spec, 0.7, &gradients);
        let hardware = Hardware::cpu();
        let state = State { steps: 0, values: vec![vec![0.7]], first: vec![vec![0.0]], second: vec![vec![0.0]] };
        let mut host = Adam::new(spec, &hardware, state);
        let mut device = Adam {
            spec,
            hardware: hardware.clone(),
            place: Place::Device {
                values: vec![hardware.vector(vec![0.7])],
                first: vec![hardware.vector(vec![0.0])],
                second: vec![hardware.vector(vec![0.0])],
            },
            steps: 0,
        };
        for adam in [&mut host, &mut device] {
            for gradient in gradients {
                #[expect(clippy::cast_possible_truncation, reason = "tensors are single precision")]
                let gradient = hardware.vector(vec![gradient as f32]);
                adam.step(0.1, vec![Some(gradient)]).expect("the host can be read");
            }
            let value = |adam: &Adam| f64::from(adam.state().expect("the host can be read").values[0][0]);
            assert!((value(adam) - expected).abs() < 1e-6, "{}, expected {expected}", value(adam));
            adam.raise(0, -5.0);
            assert!((value(adam) - expected).abs() < 1e-6, "above the bound already: {}", value(adam));
            adam.raise(0, 5.0);
            assert!((value(adam) - 5.0).abs() < 1e-6, "{}", value(adam));
        }
    }
}
