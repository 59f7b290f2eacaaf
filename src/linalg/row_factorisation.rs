//! A = L·Q of a wide matrix: the QR factorisation of its transpose, in the orientation of factors.

use super::Matrix;
use super::product::{gram, owned, view, view_mut};
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Accum, Par, Side};

/// ‖Q·Qᵀ − I‖_F after the first of two Cholesky passes up to which the second makes Q orthonormal to rounding: Q then has a
/// condition number below 1.2. Reached at condition numbers of A near 1e7.
const NEARLY_ORTHONORMAL: f64 = 0.1;

/// A = L·Q for A with at most as many rows as columns.
pub(super) struct RowFactorisation {
    /// L, rows × rows, lower triangular with a diagonal that is not negative.
    pub(super) lower: Matrix,
    /// Q, rows × columns, orthonormal rows.
    pub(super) rows: Matrix,
}

impl RowFactorisation {
    /// By Cholesky factors of Gram matrices, twice, where A is conditioned well enough for it, and by Householder reflections
    /// elsewhere. Both leave a residual of ε·‖row‖ in every row and Q orthonormal to rounding, whatever the condition number
    /// (Yamamoto, Nakatsukasa, Yanagisawa, Fukaya 2015); the former runs at the speed of matrix products.
    pub(super) fn new(matrix: &Matrix) -> Self {
        assert!(matrix.nrows() <= matrix.ncols(), "no more rows than columns");
        Self::by_cholesky(matrix).unwrap_or_else(|| Self::by_householder(matrix))
    }

    fn by_cholesky(matrix: &Matrix) -> Option<Self> {
        let mut rows = matrix.clone();
        let first = view(&gram(&rows)).llt(Side::Lower).ok()?;
        solve_lower_triangular_in_place(first.L(), view_mut(&mut rows), Par::Seq);
        let nearly_identity = gram(&rows);
        let deviation = (&nearly_identity - Matrix::identity(rows.nrows(), rows.nrows())).norm();
        // Written so that NaN is refused.
        if deviation.is_nan() || deviation > NEARLY_ORTHONORMAL {
            return None;
        }
        let second = view(&nearly_identity).llt(Side::Lower).ok()?;
        solve_lower_triangular_in_place(second.L(), view_mut(&mut rows), Par::Seq);
        let mut lower = Matrix::zeros(rows.nrows(), rows.nrows());
        let triangle = BlockStructure::TriangularLower;
        let (one, two) = (first.L(), second.L());
        matmul(view_mut(&mut lower), triangle, Accum::Replace, one, triangle, two, triangle, 1.0, Par::Seq);
        Some(Self { lower, rows })
    }

    fn by_householder(matrix: &Matrix) -> Self {
        let qr = view(&matrix.transpose()).qr();
        let mut rows = owned(qr.compute_thin_Q().transpose());
        let mut lower = owned(qr.thin_R().transpose());
        // The signs that Cholesky factors have, so that results do not jump where the method changes.
        for index in 0..lower.nrows() {
            if lower[(index, index)] < 0.0 {
                lower.column_mut(index).neg_mut();
                rows.row_mut(index).neg_mut();
            }
        }
        Self { lower, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::product;

    #[test]
    fn both_methods_give_the_same_factors() {
        let matrix = Matrix::from_fn(5, 9, |i, j| ((3 * i + 7 * j + i * j) % 11) as f64 - 5.0);
        let reflected = RowFactorisation::by_householder(&matrix);
        let squared = RowFactorisation::by_cholesky(&matrix).expect("a well-conditioned matrix");
        assert!((&reflected.lower - &squared.lower).amax() < 1e-13 * matrix.norm());
        assert!((&reflected.rows - &squared.rows).amax() < 1e-13);
        assert!((product(&squared.lower, &squared.rows) - matrix).amax() < 1e-13);
    }

    #[test]
    fn cholesky_refuses_what_it_would_get_wrong() {
        let mut dependent = Matrix::from_fn(3, 5, |i, j| (i * j + 1) as f64);
        assert!(RowFactorisation::by_cholesky(&dependent).is_none(), "rank 2");
        dependent[(2, 4)] += 1e-9;
        let factorisation = RowFactorisation::new(&dependent);
        let identity = gram(&factorisation.rows);
        assert!((identity - Matrix::identity(3, 3)).amax() < 1e-14);
        assert!((product(&factorisation.lower, &factorisation.rows) - dependent).amax() < 1e-13);
    }
}
