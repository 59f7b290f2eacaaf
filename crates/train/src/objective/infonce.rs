//! InfoNCE: each sample must be identified in the batch by its partner.
//!
//! With scores s_ij and a batch of B pairs, the mean of both directions of the cross-entropy:
//! ½·mean_i(−s_ii + log Σ_j e^{s_ij}) + ½·mean_j(−s_jj + log Σ_i e^{s_ij}).
//! With negatives from within a sensor, the sums also run over the other samples of the anchor's own sensor.
//!
//! # References
//! van den Oord, Li, Vinyals (2018), arXiv 1807.03748; Radford et al. (2021), arXiv 2103.00020 (both directions, learnt τ);
//! Daunhawer et al. (2023), arXiv 2303.09166 (−‖·‖², negatives within each sensor).

use alignloss::objective::minibatch::{Critic, Direction, InfoNce, MinibatchError};
use burn::tensor::{Bool, Int, Tensor};
use serde::{Deserialize, Serialize};

/// How a pair is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// (z_1/‖z_1‖)·(z_2/‖z_2‖)/τ.
    #[default]
    Cosine,
    /// z_1·z_2/τ.
    Bilinear,
    /// −‖z_1 − z_2‖²/τ.
    SquaredDistance,
}

/// Keeps the direction of tiny vectors defined; far below any length that occurs in training.
const SMALLEST_SQUARE: f64 = 1e-24;

/// The value used for the squared length of a zero row: large, so that almost no gradient passes through it.
const NO_DIRECTION: f64 = 1e30;

/// Rows scaled to length one. A zero row (every rectifier of its sample inactive) has no direction: it stays, and is not moved.
pub(crate) fn normalised(embeddings: Tensor<2>) -> Tensor<2> {
    let squares = embeddings.clone().square().sum_dim(1);
    let zero = squares.clone().equal_scalar(0.0);
    embeddings / squares.mask_fill(zero, NO_DIRECTION).add_scalar(SMALLEST_SQUARE).sqrt()
}

/// A number as a column, so that the gradient of what it multiplies is summed along rows: a sum along both axes at once
/// is a hundred times slower on a GPU.
pub(crate) fn column(number: Tensor<1>, count: usize) -> Tensor<2> {
    Tensor::<2>::ones([count, 1], &number.device()).matmul(number.reshape([1, 1]))
}

/// Scores of all pairs of rows before division by τ: B × B. For the cosine, rows have length one.
fn scores(first: Tensor<2>, second: Tensor<2>, similarity: Similarity) -> Tensor<2> {
    match similarity {
        Similarity::Cosine | Similarity::Bilinear => first.matmul(second.transpose()),
        Similarity::SquaredDistance => {
            let squares = [&first, &second].map(|rows| rows.clone().square().sum_dim(1));
            let [left, right] = squares;
            first.matmul(second.transpose()).mul_scalar(2.0) - left - right.transpose()
        }
    }
}

/// Their diagonal, B × 1, without the rest.
pub(crate) fn pairs(first: Tensor<2>, second: Tensor<2>, similarity: Similarity) -> Tensor<2> {
    match similarity {
        Similarity::Cosine | Similarity::Bilinear => (first * second).sum_dim(1),
        Similarity::SquaredDistance => (first - second).square().sum_dim(1).neg(),
    }
}

/// log Σ e^s along an axis.
fn log_sum(scores: Tensor<2>, axis: usize) -> Tensor<2> {
    let top = scores.clone().detach().max_dim(axis);
    (scores - top.clone()).exp().sum_dim(axis).log() + top
}

/// The loss of a batch: embeddings B × d, 1/τ a tensor of one entry; a tensor of one entry.
pub fn loss(
    first: Tensor<2>,
    second: Tensor<2>,
    similarity: Similarity,
    inverse_temperature: Tensor<1>,
    within: bool,
) -> Tensor<1> {
    let count = first.dims()[0];
    let scale = column(inverse_temperature, count);
    let (first, second) = match similarity {
        Similarity::Cosine => (normalised(first), normalised(second)),
        Similarity::Bilinear | Similarity::SquaredDistance => (first, second),
    };
    let positives = pairs(first.clone(), second.clone(), similarity) * scale.clone();
    let across = scores(first.clone(), second.clone(), similarity) * scale.clone();
    let mut rows = log_sum(across.clone(), 1);
    let mut columns = log_sum(across, 0).transpose();
    if within {
        let numbers = Tensor::<1, Int>::arange(0..i64::try_from(count).unwrap_or(i64::MAX), &scale.device());
        let identity: Tensor<2, Bool> = numbers.clone().reshape([count, 1]).equal(numbers.reshape([1, count]));
        // The anchor itself is not a candidate.
        let own = |rows: Tensor<2>| {
            let scores = scores(rows.clone(), rows, similarity) * scale.clone();
            log_sum(scores.mask_fill(identity.clone(), -1e9), 1)
        };
        rows = log_sum(Tensor::cat(vec![rows, own(first)], 1), 1);
        columns = log_sum(Tensor::cat(vec![columns, own(second)], 1), 1);
    }
    ((rows + columns).mul_scalar(0.5) - positives).mean()
}

/// The same loss for tensors in this process's memory: the library's vectorised kernels compute the value and the
/// gradients, which are then attached to the graph.
#[derive(Debug)]
pub struct HostLoss {
    kernel: InfoNce<f32>,
    scale: f64,
    gradients: [Vec<f32>; 2],
}

/// The result of [`HostLoss::evaluate`].
#[derive(Debug, Clone, PartialEq)]
pub struct HostGradient {
    /// The loss.
    pub value: f64,
    /// ∂L/∂z_m, B × d row-major.
    pub embeddings: [Vec<f32>; 2],
    /// ∂L/∂log τ.
    pub log_temperature: f64,
}

impl HostLoss {
    /// For negatives from the other sensor.
    pub fn new(similarity: Similarity) -> Self {
        // The library's squared-distance critic is −‖·‖²/(2τ).
        let (critic, scale) = match similarity {
            Similarity::Cosine => (Critic::Cosine, 1.0),
            Similarity::Bilinear => (Critic::Bilinear, 1.0),
            Similarity::SquaredDistance => (Critic::SquaredDistance, 0.5),
        };
        Self { kernel: InfoNce::new(critic, Direction::Symmetric, 1.0), scale, gradients: [Vec::new(), Vec::new()] }
    }

    /// Loss and gradients at embeddings B × d, row-major.
    ///
    /// # Errors
    /// [`MinibatchError`] if the loss is not finite, or an embedding is zero under the cosine.
    pub fn evaluate(
        &mut self,
        embeddings: [&[f32]; 2],
        dim: usize,
        temperature: f64,
    ) -> Result<HostGradient, MinibatchError> {
        for (gradient, embeddings) in self.gradients.iter_mut().zip(embeddings) {
            gradient.resize(embeddings.len(), 0.0);
        }
        let [first, second] = &mut self.gradients;
        let (value, log_temperature) =
            self.kernel.evaluate_embeddings(embeddings, dim, self.scale * temperature, [first, second])?;
        let count = embeddings[0].len() / dim.max(1);
        Ok(HostGradient {
            value: value + (count as f64).ln(),
            embeddings: std::mem::take(&mut self.gradients),
            log_temperature,
        })
    }
}
