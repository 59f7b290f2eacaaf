//! VICReg: λ·s + μ·[v(z_1) + v(z_2)] + ν·[c(z_1) + c(z_2)].
//!
//! s is the mean squared difference of the entries of a pair, v the mean over entries of max(0, 1 − √(variance + 10⁻⁴)), c the sum
//! of squared covariances of different entries over d. Variances and covariances divide by B − 1.
//!
//! # References
//! Bardes, Ponce, `LeCun` (2022), arXiv 2105.04906.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

/// Keeps the slope of the square root finite.
const EPSILON: f64 = 1e-4;

/// The loss of a batch: embeddings B × d, B ≥ 2, and the weights λ, μ, ν; a tensor of one entry.
pub fn loss(first: Tensor<2>, second: Tensor<2>, [invariance, variance, covariance]: [f64; 3]) -> Tensor<1> {
    let distance = (first.clone() - second.clone()).square().mean();
    let [own, other] = [first, second].map(|rows| spread(rows, variance, covariance));
    distance.mul_scalar(invariance) + own + other
}

/// μ·v + ν·c of one sensor.
fn spread(rows: Tensor<2>, variance: f64, covariance: f64) -> Tensor<1> {
    let [count, dim] = rows.dims();
    let centred = rows.clone() - rows.mean_dim(0);
    let spread = centred.clone().square().sum_dim(0).div_scalar((count - 1) as f64);
    let hinge = relu(spread.clone().add_scalar(EPSILON).sqrt().neg().add_scalar(1.0)).mean();
    let covariances = centred.clone().transpose().matmul(centred).div_scalar((count - 1) as f64);
    let different = covariances.square().sum() - spread.square().sum();
    hinge.mul_scalar(variance) + different.mul_scalar(covariance / dim as f64)
}
