//! Losses on batches of samples, with hand-derived gradients, for training by stochastic gradients.
//!
//! A batch is a pair of matrices n_m × B, one sample per column; encoders are linear, z_m = W_m·x_m. Each loss is an
//! unbiased (for `infonce`, consistent) estimate of the population objective of the same id.
//!
//! Drawing samples and moving parameters is left to `sample` and `learner`.
#![expect(
    clippy::inline_always,
    reason = "code inside pulp's dispatch is compiled for the chosen instruction set only if inlined"
)]

mod cca;
mod contrast;
mod extreme;
mod infonce;
mod kernel;
mod lanes;
mod linear_contrastive;
mod pairs;
mod reconstruction;
mod remedy;
mod spectral;
mod towers;

pub use cca::CanonicalCorrelation;
pub use contrast::Direction;
pub use infonce::{Critic, InfoNce};
pub use lanes::Precision;
pub use linear_contrastive::LinearContrastive;
pub use reconstruction::{Prediction, PrincipalComponents};
pub use remedy::Remedy;
pub use spectral::Spectral;

use crate::information::Pair;
use crate::linalg::{LinalgError, largest_eigenvalue};
use nalgebra::DMatrix;
use std::fmt::Debug;

/// μ of the remedies' whitening penalty, in units of the largest gain: their optimum differs from that of a hard
/// constraint by the order of its inverse.
pub(super) const WHITENING: f64 = 4.0;

/// What a loss is built for.
#[derive(Debug, Clone, Copy)]
pub struct Conditions<'a> {
    /// The law of the two modalities.
    pub pair: &'a Pair,
    /// How pairs are scored, for losses that offer a choice.
    pub critic: Critic,
    /// Which modality is contrasted with which.
    pub direction: Direction,
}

impl Conditions<'_> {
    /// The largest variance of either sensor along any direction.
    pub(super) fn largest_variance(&self) -> Result<f64, LinalgError> {
        let [first, second] = [0, 1].map(|m| largest_eigenvalue(&self.pair.factor(m).covariance()));
        Ok(first?.max(second?))
    }
}

/// A loss over minibatches in both precisions.
#[derive(Debug)]
pub struct Minibatch {
    /// In double precision.
    pub double: Box<dyn MinibatchLoss<f64>>,
    /// In single precision.
    pub single: Box<dyn MinibatchLoss<f32>>,
}

/// A loss in both precisions, from the expression that makes it in either.
macro_rules! both {
    ($loss:expr) => {
        $crate::objective::minibatch::Minibatch { double: Box::new($loss), single: Box::new($loss) }
    };
}
pub(super) use both;

/// The variables of a loss; also the shape of its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters<T: nalgebra::Scalar> {
    /// W_m, d × n_m.
    pub weights: [DMatrix<T>; 2],
    /// log τ, if the temperature is learned.
    pub log_temperature: Option<T>,
}

/// Why a batch has no loss or gradient.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MinibatchError {
    /// Matrices do not fit together.
    #[error("the {what} of modality {modality} is {} × {}, expected {} × {}", found.0, found.1, expected.0, expected.1)]
    Shape {
        /// Which matrix.
        what: &'static str,
        /// 1 or 2.
        modality: usize,
        /// The shape that fits the others.
        expected: (usize, usize),
        /// Its shape.
        found: (usize, usize),
    },
    /// Too few samples: a loss with negatives needs at least two.
    #[error("a batch of {samples}, expected at least {least} samples")]
    BatchTooSmall {
        /// B.
        samples: usize,
        /// The least B that works.
        least: usize,
    },
    /// A vector has no direction, under the cosine critic.
    #[error("z_{modality} of sample {sample} is zero: its cosine is undefined")]
    ZeroNorm {
        /// 1 or 2.
        modality: usize,
        /// Which sample of the batch, from 0.
        sample: usize,
    },
    /// A temperature that is not positive and finite.
    #[error("temperature {temperature} is not a positive finite number")]
    Temperature {
        /// τ.
        temperature: f64,
    },
    /// The loss or its gradient is not finite: training has diverged, or the batch contains a NaN or an infinity.
    #[error("the loss is {loss}, or its gradient is not finite")]
    NotFinite {
        /// The loss.
        loss: f64,
    },
}

/// Coordinates of an encoder in which a loss is well conditioned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Geometry {
    /// W·Σ^{1/2}: the loss depends on x only through z, and its optimum is whitened up to factors of order one
    /// (exponent ½ in T_{a,b}).
    Whitened,
    /// W divided by a number, its size at the optimum (exponent 0).
    Scaled(f64),
}

/// Batch size and learning rate that suit a loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// B.
    pub batch: usize,
    /// The largest learning rate of Adam in the coordinates of [`MinibatchLoss::geometry`].
    pub learning_rate: f64,
}

/// A loss over two linear encoders, with its gradient.
///
/// It owns its workspace: after the first call with a given batch shape nothing is allocated (on one thread; a pool may
/// allocate). Results are the same for any number of threads, to the last bit.
pub trait MinibatchLoss<T: Precision>: Debug + Send {
    /// The coordinates in which each encoder is best moved, given the root mean square of a channel of either modality.
    fn geometry(&self, _scales: [f64; 2]) -> [Geometry; 2] {
        [Geometry::Whitened; 2]
    }

    /// The size of the loss's slopes in these coordinates, by encoder, in the units of the data: optimisers see slopes
    /// divided by it, so their constants are never compared with a number that has a unit. 1 for a loss that does not depend on units.
    fn slope_units(&self, _scales: [f64; 2]) -> [f64; 2] {
        [1.0; 2]
    }

    /// Default batch size and learning rate.
    fn pace(&self) -> Pace {
        Pace { batch: 256, learning_rate: 0.03 }
    }

    /// The loss of a batch (x_1, x_2), each n_m × B; writes the gradient, which has the shape of the parameters.
    ///
    /// # Errors
    /// [`MinibatchError`]; the gradient is then meaningless.
    fn evaluate(
        &mut self,
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError>;
}

impl<T: Precision> Parameters<T> {
    /// Zeros of the same shape.
    #[must_use]
    pub fn zeros_like(&self) -> Self {
        Self {
            weights: [0, 1].map(|m| DMatrix::zeros(self.weights[m].nrows(), self.weights[m].ncols())),
            log_temperature: self.log_temperature.map(|_| T::zero()),
        }
    }

    /// Every tensor as a slice.
    pub fn slices(&self) -> impl Iterator<Item = &[T]> {
        self.weights.iter().map(DMatrix::as_slice).chain(self.log_temperature.as_ref().map(std::slice::from_ref))
    }

    /// Every tensor as a slice, to write.
    pub fn slices_mut(&mut self) -> impl Iterator<Item = &mut [T]> {
        self.weights
            .iter_mut()
            .map(DMatrix::as_mut_slice)
            .chain(self.log_temperature.as_mut().map(std::slice::from_mut))
    }
}

/// The loss, if it and its gradient are finite.
fn finish<T: Precision>(loss: f64, gradient: &Parameters<T>) -> Result<f64, MinibatchError> {
    // A sum of magnitudes is finite exactly if every term is (or overflows, which is divergence too).
    let size: f64 = gradient.slices().flatten().map(|&value| crate::linalg::Real::to_f64(value).abs()).sum();
    if loss.is_finite() && size.is_finite() { Ok(loss) } else { Err(MinibatchError::NotFinite { loss }) }
}
