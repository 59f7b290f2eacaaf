//! Views and embeddings as features for probes: one sample per column, standardised by the training part.

use super::{Embeddings, EvaluationError};
use crate::data::scaling::CONSTANT;
use crate::data::{Evaluation, Observations};
use alignloss::linalg::Matrix;

/// Largest number of raw features: larger images are averaged over square windows.
pub(super) const LARGEST_RAW: usize = 512;

/// Training, validation and test part of anything.
#[derive(Debug, Clone)]
pub(super) struct Parts<T> {
    pub(super) train: T,
    pub(super) validation: T,
    pub(super) test: T,
}

impl<T> Parts<T> {
    pub(super) fn map<R>(&self, mut function: impl FnMut(&T) -> R) -> Parts<R> {
        Parts { train: function(&self.train), validation: function(&self.validation), test: function(&self.test) }
    }
}

/// The input of a probe: features × samples for each part, centred by the training part.
pub(super) type Features = Parts<Matrix>;

/// The embeddings of one encoder (0 or 1), or of both stacked (2): entries × samples.
pub(super) fn embedded(embeddings: [&Embeddings; 3], encoder: usize) -> Features {
    let [train, validation, test] = embeddings.map(|part| match encoder {
        0 => part.first.transpose(),
        1 => part.second.transpose(),
        _ => above(&part.first.transpose(), &part.second.transpose()),
    });
    Parts { train, validation, test }
}

/// The raw view m: channels × samples, images averaged over windows until they have at most [`LARGEST_RAW`] features.
pub(super) fn raw(data: &Evaluation, m: usize) -> Features {
    Parts {
        train: pooled(&data.train.views[m]),
        validation: pooled(&data.validation.views[m]),
        test: pooled(&data.test.views[m]),
    }
}

/// Stacks a on b.
pub(super) fn above(a: &Matrix, b: &Matrix) -> Matrix {
    let mut result = Matrix::zeros(a.nrows() + b.nrows(), a.ncols());
    result.rows_mut(0, a.nrows()).copy_from(a);
    result.rows_mut(a.nrows(), b.nrows()).copy_from(b);
    result
}

/// One sample per column; images in windows.
fn pooled(view: &Observations) -> Matrix {
    let values = view.values.iter().map(|&value| f64::from(value));
    let whole = Matrix::from_iterator(view.width(), view.count(), values);
    let &[channels, height, width] = view.shape.as_slice() else { return whole };
    let mut window = 1;
    while window < height.max(width) && channels * height.div_ceil(window) * width.div_ceil(window) > LARGEST_RAW {
        window += 1;
    }
    if window == 1 {
        return whole;
    }
    let (rows, columns) = (height.div_ceil(window), width.div_ceil(window));
    let mut sums = Matrix::zeros(channels * rows * columns, view.count());
    for (sample, mut sum) in whole.column_iter().zip(sums.column_iter_mut()) {
        for (index, value) in sample.iter().enumerate() {
            let (channel, pixel) = (index / (height * width), index % (height * width));
            let (row, column) = (pixel / width / window, pixel % width / window);
            // Windows at the right and at the bottom may be smaller.
            let tall = window.min(height - row * window);
            let wide = window.min(width - column * window);
            sum[(channel * rows + row) * columns + column] += value / (tall * wide) as f64;
        }
    }
    sums
}

/// Features with mean zero and variance one over the training part; constant ones are dropped.
pub(super) fn standardised(features: &Features) -> Features {
    let count = features.train.ncols() as f64;
    let kept: Vec<(usize, f64, f64)> = features
        .train
        .row_iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let mean = row.sum() / count;
            let deviation = (row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
            (deviation > CONSTANT * row.amax()).then_some((index, mean, deviation))
        })
        .collect();
    features.map(|part| {
        Matrix::from_fn(kept.len(), part.ncols(), |i, j| {
            let (index, mean, deviation) = kept[i];
            (part[(index, j)] - mean) / deviation
        })
    })
}

/// Fails on the first value that is not finite.
pub(super) fn require_finite(what: &str, features: &Matrix) -> Result<(), EvaluationError> {
    match features.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(EvaluationError::NotFinite {
            what: what.to_owned(),
            entry: index % features.nrows(),
            sample: index / features.nrows(),
            value: features[index],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_images_are_averaged_over_windows() {
        let shape = vec![2, 23, 31];
        let values: Vec<f32> = (0..2 * 23 * 31).map(|i| if i < 23 * 31 { 3.0 } else { -1.0 }).collect();
        let features = pooled(&Observations { shape, values });
        assert!(features.nrows() <= LARGEST_RAW && features.nrows() > 64, "{}", features.nrows());
        let half = features.nrows() / 2;
        assert!(features.rows(0, half).iter().all(|&x| (x - 3.0).abs() < 1e-12));
        assert!(features.rows(half, half).iter().all(|&x| (x + 1.0).abs() < 1e-12));
    }

    #[test]
    fn constant_features_are_left_out() {
        let part = |scale: f64| Matrix::from_fn(2, 4, |i, j| if i == 0 { 7.3 } else { scale * j as f64 });
        let features = standardised(&Parts { train: part(1.0), validation: part(2.0), test: part(3.0) });
        assert_eq!(features.train.nrows(), 1);
        assert!(features.train.sum().abs() < 1e-14 && (features.train.norm_squared() - 4.0).abs() < 1e-14);
        // Other parts are mapped as the training part is.
        assert!((features.test[3] - (9.0 - 1.5) / 1.25_f64.sqrt()).abs() < 1e-14);
    }
}
