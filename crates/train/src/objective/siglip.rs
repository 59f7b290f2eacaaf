//! The sigmoid loss: −(1/B)·Σ_ij log σ(y_ij·(cos(z_1i, z_2j)/τ + b)), y_ij = 1 for pairs and −1 for others.
//!
//! # References
//! Zhai, Mustafa, Kolesnikov, Beyer (2023), arXiv 2303.15343.

use super::infonce::{Similarity, column, normalised, pairs};
use burn::tensor::Tensor;
use burn::tensor::activation::softplus;

/// The loss of a batch: embeddings B × d, 1/τ and b tensors of one entry; a tensor of one entry.
pub fn loss(first: Tensor<2>, second: Tensor<2>, inverse_temperature: Tensor<1>, bias: Tensor<1>) -> Tensor<1> {
    let count = first.dims()[0];
    let (first, second) = (normalised(first), normalised(second));
    let (scale, bias) = (column(inverse_temperature, count), column(bias, count));
    let paired = pairs(first.clone(), second.clone(), Similarity::Cosine) * scale.clone() + bias.clone();
    let logits = first.matmul(second.transpose()) * scale + bias;
    // −log σ(−s) = softplus(s) for all, and for pairs −log σ(s) = softplus(s) − s instead.
    (softplus(logits, 1.0).sum() - paired.sum()).div_scalar(count as f64)
}
