//! Second moments of an encoded batch, and means over pairs of different samples.

use super::contrast::dot;
use super::lanes::Precision;
use crate::linalg::Real;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// out = a·bᵀ·scale for column-major a and b with the two numbers of rows; out has the first as rows, the second as columns.
pub(super) fn outer<T: Precision>(out: &mut [T], a: &[T], b: &[T], rows: [usize; 2], scale: f64) {
    let columns = a.len() / rows[0];
    let a = MatRef::from_column_major_slice(a, rows[0], columns);
    let b = MatRef::from_column_major_slice(b, rows[1], columns);
    let out = MatMut::from_column_major_slice_mut(out, rows[0], rows[1]);
    matmul(out, Accum::Replace, a, b.transpose(), T::nearest(scale), Par::Seq);
}

/// out = matrix·b·scale for a matrix of the two numbers as rows and columns; b has the second as rows, out the first.
pub(super) fn apply<T: Precision>(out: &mut [T], matrix: &[T], b: &[T], rows: [usize; 2], scale: f64, accum: Accum) {
    let columns = b.len() / rows[1];
    let matrix = MatRef::from_column_major_slice(matrix, rows[0], rows[1]);
    let b = MatRef::from_column_major_slice(b, rows[1], columns);
    let out = MatMut::from_column_major_slice_mut(out, rows[0], columns);
    matmul(out, accum, matrix, b, T::nearest(scale), Par::Seq);
}

/// The mean of (a_i·b_j)² over pairs i ≠ j, unbiased where samples are independent: through the second moments
/// M_a = (1/B)·Σ a_i·a_iᵀ and M_b, it is (B²·⟨M_a, M_b⟩ − Σ_i (a_i·b_i)²)/(B(B−1)).
pub(super) fn mean_square<T: Precision>(a: &[T], b: &[T], moments: [&[T]; 2], lead: usize) -> f64 {
    let batch = (a.len() / lead) as f64;
    let same: f64 = a.chunks_exact(lead).zip(b.chunks_exact(lead)).map(|(a, b)| Real::to_f64(dot(a, b)).powi(2)).sum();
    (batch * batch * inner(moments[0], moments[1]) - same) / (batch * (batch - 1.0))
}

/// Adds `factor` times the gradient of [`mean_square`] in a: 2·(B·M_b·a_i − (a_i·b_i)·b_i)/(B(B−1)).
pub(super) fn add_gradient<T: Precision>(out: &mut [T], a: &[T], b: &[T], moment: &[T], lead: usize, factor: f64) {
    let batch = (a.len() / lead) as f64;
    let scale = 2.0 * factor / (batch - 1.0);
    apply(out, moment, a, [lead; 2], scale, Accum::Add);
    let scale = T::nearest(scale / batch);
    for ((out, a), b) in out.chunks_exact_mut(lead).zip(a.chunks_exact(lead)).zip(b.chunks_exact(lead)) {
        let weight = scale * dot(a, b);
        out.iter_mut().zip(b).for_each(|(out, &b)| *out -= weight * b);
    }
}

/// ⟨a, b⟩ in double precision.
pub(super) fn inner<T: Precision>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| Real::to_f64(a) * Real::to_f64(b)).sum()
}
