//! Barlow Twins: Σ_i (1 − C_ii)² + λ·Σ_{i≠j} C_ij², C the correlations of the entries of z_1 with those of z_2 over the batch.
//!
//! # References
//! Zbontar, Jing, Misra, `LeCun`, Deny (2021), arXiv 2103.03230.

use super::correlation::standardised;
use burn::tensor::Tensor;

/// The loss of a batch: embeddings B × d, and λ; a tensor of one entry.
pub fn loss(first: Tensor<2>, second: Tensor<2>, redundancy: f64) -> Tensor<1> {
    let count = first.dims()[0] as f64;
    let (first, second) = (standardised(first), standardised(second));
    let diagonal = (first.clone() * second.clone()).mean_dim(0);
    let all = first.transpose().matmul(second).div_scalar(count).square().sum();
    let different = all - diagonal.clone().square().sum();
    diagonal.sub_scalar(1.0).square().sum() + different.mul_scalar(redundancy)
}
