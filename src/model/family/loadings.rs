//! Random loadings, from a seed and a modality.

use crate::linalg::{Matrix, orthonormal_columns};
use crate::random::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;

/// rows × columns of independent standard normals.
pub(super) fn gaussian(seed: u64, modality: usize, rows: usize, columns: usize) -> Matrix {
    let mut generator = Stream { seed, experiment: "loadings", cell: modality as u64, replicate: 0 }.generator();
    Matrix::from_fn(rows, columns, |_, _| generator.sample(StandardNormal))
}

/// `columns` Haar-distributed orthonormal columns.
pub(super) fn haar(seed: u64, modality: usize, rows: usize, columns: usize) -> Matrix {
    // Gram–Schmidt of Gaussian columns is Haar; with probability one none is dropped.
    orthonormal_columns(&gaussian(seed, modality, rows, columns))
}
