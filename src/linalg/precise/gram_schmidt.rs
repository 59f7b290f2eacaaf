//! Orthonormal bases by Gram–Schmidt with column pivoting and repeated projection.

use super::length;
use super::{PreciseMatrix, axpy, column, dot, square_sum};
use qd::Quad;

/// An orthonormal basis of the span of some columns, and its construction from them.
#[derive(Debug, Clone)]
pub(crate) struct Orthonormal {
    /// Q, rows × rank.
    pub(crate) basis: PreciseMatrix,
    /// The pivot columns, in the order in which they entered.
    pub(crate) pivots: Vec<usize>,
    /// Lengths of the pivots' remainders when they entered.
    pub(crate) lengths: Vec<Quad>,
    /// R⁻¹, rank × rank, upper triangular: Q = (pivot columns)·R⁻¹.
    pub(crate) inverse: PreciseMatrix,
    /// Qᵀ·A, rank × columns: coordinates of every column.
    pub(crate) coordinates: PreciseMatrix,
}

impl Orthonormal {
    /// Takes columns, the longest remainder first, until `rank` are taken or each remaining column's remainder is no
    /// longer than its `cut`. Each column's rounding is relative to itself, so its unit affects only the order: columns
    /// should come with lengths near one.
    pub(crate) fn new(columns: &PreciseMatrix, rank: usize, cuts: &[f64]) -> Self {
        let (rows, count) = columns.shape();
        let mut left = columns.clone();
        let mut basis: Vec<Vec<Quad>> = Vec::new();
        let (mut pivots, mut lengths) = (Vec::new(), Vec::new());
        while basis.len() < rank.min(rows) {
            let remainder = |j: &usize| square_sum(column(&left, *j)).0;
            let open = (0..count).filter(|j| !pivots.contains(j) && remainder(j) > cuts[*j] * cuts[*j]);
            let Some(pivot) = open.max_by(|a, b| remainder(a).total_cmp(&remainder(b))) else { break };
            let mut direction = column(&left, pivot).to_vec();
            remove(&basis, &mut direction);
            let norm = length(&direction);
            if norm.0 == 0.0 {
                break;
            }
            let scale = Quad::ONE / norm;
            for entry in &mut direction {
                *entry *= scale;
            }
            for j in (0..count).filter(|j| *j != pivot && !pivots.contains(j)) {
                let other = &mut left.as_mut_slice()[j * rows..(j + 1) * rows];
                let overlap = dot(&direction, other);
                axpy(other, -overlap, &direction);
            }
            pivots.push(pivot);
            lengths.push(norm);
            basis.push(direction);
        }
        Self::of_basis(columns, basis, pivots, lengths)
    }

    fn of_basis(columns: &PreciseMatrix, basis: Vec<Vec<Quad>>, pivots: Vec<usize>, lengths: Vec<Quad>) -> Self {
        let (rows, rank) = (columns.nrows(), basis.len());
        let basis = PreciseMatrix::from_iterator(rows, rank, basis.into_iter().flatten());
        let coordinates =
            PreciseMatrix::from_fn(rank, columns.ncols(), |k, j| dot(column(&basis, k), column(columns, j)));
        let triangle = PreciseMatrix::from_fn(rank, rank, |i, k| match i.cmp(&k) {
            std::cmp::Ordering::Less => coordinates[(i, pivots[k])],
            std::cmp::Ordering::Equal => lengths[k],
            std::cmp::Ordering::Greater => Quad::ZERO,
        });
        Self { inverse: inverse_of_upper(&triangle), basis, pivots, lengths, coordinates }
    }

    /// The number of independent columns.
    pub(crate) fn rank(&self) -> usize {
        self.basis.ncols()
    }

    /// The components of vectors (rows × count) outside the basis, projected twice, and their coordinates, rank × count.
    pub(crate) fn outside(&self, vectors: &PreciseMatrix) -> (PreciseMatrix, PreciseMatrix) {
        let rows = vectors.nrows();
        let mut left = vectors.clone();
        let mut coordinates = PreciseMatrix::from_element(self.rank(), vectors.ncols(), Quad::ZERO);
        for j in 0..vectors.ncols() {
            let vector = &mut left.as_mut_slice()[j * rows..(j + 1) * rows];
            for _ in 0..2 {
                for k in 0..self.rank() {
                    let direction = column(&self.basis, k);
                    let overlap = dot(direction, vector);
                    axpy(vector, -overlap, direction);
                    coordinates[(k, j)] += overlap;
                }
            }
        }
        (left, coordinates)
    }
}

/// Removes the components along orthonormal vectors once more: pivots arrive as remainders.
fn remove(basis: &[Vec<Quad>], vector: &mut [Quad]) {
    for direction in basis {
        let overlap = dot(direction, vector);
        axpy(vector, -overlap, direction);
    }
}

/// The inverse of an upper triangle without zeros on its diagonal.
fn inverse_of_upper(triangle: &PreciseMatrix) -> PreciseMatrix {
    let n = triangle.nrows();
    let mut inverse = PreciseMatrix::from_element(n, n, Quad::ZERO);
    for k in 0..n {
        inverse[(k, k)] = Quad::ONE / triangle[(k, k)];
        for i in (0..k).rev() {
            let mut sum = Quad::ZERO;
            for j in i + 1..=k {
                sum += triangle[(i, j)] * inverse[(j, k)];
            }
            inverse[(i, k)] = -sum / triangle[(i, i)];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::linalg::precise::{lift, product, product_tn};

    #[test]
    fn nearly_dependent_columns_give_an_orthonormal_basis() {
        // Columns (1, 0, 1e-20), (1, 0, −1e-20): their difference carries the third coordinate.
        let columns = lift(&Matrix::from_column_slice(3, 2, &[1.0, 0.0, 1e-20, 1.0, 0.0, -1e-20]));
        let found = Orthonormal::new(&columns, usize::MAX, &vec![1e-27; columns.ncols()]);
        assert_eq!(found.rank(), 2);
        let gram = product_tn(&found.basis, &found.basis) - PreciseMatrix::identity(2, 2);
        assert!(gram.iter().all(|entry| entry.0.abs() < 1e-31), "{gram:?}");
        assert!((found.lengths[1].0 / 2e-20 - 1.0).abs() < 1e-12);
        let again = product(&columns.select_columns(&found.pivots), &found.inverse);
        assert!((again - &found.basis).iter().all(|entry| entry.0.abs() < 1e-11));
    }

    #[test]
    fn dependent_columns_are_left_out() {
        let columns = lift(&Matrix::from_column_slice(3, 3, &[1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 0.1, 0.0, 0.0]));
        let found = Orthonormal::new(&columns, usize::MAX, &vec![1e-27; columns.ncols()]);
        assert_eq!((found.rank(), &found.pivots[..]), (2, &[1, 2][..]));
        let (left, coordinates) = found.outside(&columns);
        assert!(left.iter().all(|entry| entry.0.abs() < 1e-30));
        let again = product(&found.basis, &coordinates);
        assert!((again - &columns).iter().all(|entry| entry.0.abs() < 1e-30), "{coordinates:?}");
    }
}
