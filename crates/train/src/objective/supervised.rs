//! The supervised ceiling: a linear head predicts every factor from an embedding.
//!
//! Numbers are standardised and scored by the mean squared error, classes by the cross-entropy.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

/// How the columns of the targets are scored: numbers individually, classes as indicators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// This many numbers.
    Numbers(usize),
    /// Indicators of this many classes.
    Classes(usize),
}

impl Columns {
    /// The number of columns.
    pub fn width(self) -> usize {
        match self {
            Self::Numbers(width) | Self::Classes(width) => width,
        }
    }
}

/// The mean over factors of their losses: predictions and targets B × columns; a tensor of one entry.
pub fn loss(predicted: &Tensor<2>, targets: &Tensor<2>, columns: &[Columns]) -> Tensor<1> {
    let count = predicted.dims()[0];
    let mut from = 0;
    let mut terms = Vec::new();
    for &part in columns {
        let range = [0..count, from..from + part.width()];
        let (predicted, targets) = (predicted.clone().slice(range.clone()), targets.clone().slice(range));
        terms.push(match part {
            Columns::Numbers(_) => (predicted - targets).square().mean(),
            Columns::Classes(_) => (log_softmax(predicted, 1) * targets).sum().neg().div_scalar(count as f64),
        });
        from += part.width();
    }
    Tensor::cat(terms, 0).mean()
}
