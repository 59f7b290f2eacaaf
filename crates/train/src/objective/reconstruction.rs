//! Reconstruction: the mean squared error of a decoder, over samples and entries.
//!
//! Views are standardised before encoding, so the error of a decoder that knows nothing is 1.

use burn::tensor::Tensor;

/// The error of what was decoded, n × entries, against the view; a tensor of one entry.
pub fn loss(decoded: Tensor<2>, view: Tensor<2>) -> Tensor<1> {
    (decoded - view).square().mean()
}
