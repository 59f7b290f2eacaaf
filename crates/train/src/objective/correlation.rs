//! Correlations over a batch.

use burn::tensor::Tensor;

/// Avoids division by zero for constant entries.
const EPSILON: f64 = 1e-6;

/// Rows standardised over the batch: every column has mean 0 and variance 1.
pub(crate) fn standardised(rows: Tensor<2>) -> Tensor<2> {
    let centred = rows.clone() - rows.mean_dim(0);
    let variance = centred.clone().square().mean_dim(0);
    centred / variance.add_scalar(EPSILON).sqrt()
}

/// The mean squared correlation between the entries of two blocks, B × a and B × b: 0 if no entry of one is linearly
/// predictable from an entry of the other. A tensor of one entry.
pub fn between(first: Tensor<2>, second: Tensor<2>) -> Tensor<1> {
    let count = first.dims()[0] as f64;
    standardised(first).transpose().matmul(standardised(second)).div_scalar(count).square().mean()
}
