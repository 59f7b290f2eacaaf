//! Reconstruction: the mean squared error of a decoder, over samples and entries.
//!
//! Views are standardised before they are encoded, so that 1 is the error of a decoder that knows nothing.

use burn::tensor::Tensor;

/// The error of what was decoded, n × entries, against the view; a tensor of one entry.
pub fn loss(decoded: Tensor<2>, view: Tensor<2>) -> Tensor<1> {
    (decoded - view).square().mean()
}
