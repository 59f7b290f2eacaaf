//! The spectral contrastive loss: −2·mean_i z_1i·z_2i + mean_{i≠j} (z_1i·z_2j)².
//!
//! # References
//! HaoChen, Wei, Gaidon, Ma (2021), arXiv 2106.04156.

use super::infonce::{Similarity, pairs};
use burn::tensor::Tensor;

/// The loss of a batch: embeddings B × d, B ≥ 2; a tensor of one entry.
pub fn loss(first: Tensor<2>, second: Tensor<2>) -> Tensor<1> {
    let count = first.dims()[0] as f64;
    let agreement = pairs(first.clone(), second.clone(), Similarity::Bilinear);
    // Σ_ij (z_1i·z_2j)² = ⟨Z_1ᵀZ_1, Z_2ᵀZ_2⟩: d × d in place of B × B.
    let [own, other] = [first, second].map(|rows| rows.clone().transpose().matmul(rows));
    let squares = (own * other).sum() - agreement.clone().square().sum();
    agreement.sum().mul_scalar(-2.0 / count) + squares.div_scalar(count * (count - 1.0))
}
