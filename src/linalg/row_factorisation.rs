//! A = L·Q for a wide matrix: the QR factorisation of its transpose, in the orientation of factors.

use super::Matrix;
use super::product::{owned, view, view_mut};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, MatMut, MatRef, Par, Side};

const LOWER: BlockStructure = BlockStructure::TriangularLower;

/// Triangles with fewer than twice this many rows are not split further.
const LEAF: usize = 32;

/// Largest ‖Q·Qᵀ − I‖_F after the first of two Cholesky passes for which the second makes Q orthonormal to rounding: Q
/// then has a condition number below 1.2. Reached at condition numbers of A near 1e7.
const NEARLY_ORTHONORMAL: f64 = 0.1;

/// A = L·Q for an A with at most as many rows as columns.
pub(super) struct RowFactorisation {
    /// L, rows × rows, lower triangular with a non-negative diagonal.
    pub(super) lower: Matrix,
    /// Q, rows × columns, orthonormal rows.
    pub(super) rows: Matrix,
}

impl RowFactorisation {
    /// By Cholesky factors of Gram matrices, twice, if A is sufficiently well conditioned, and otherwise by Householder
    /// reflections. Both leave a residual of ε·‖row‖ in every row and Q orthonormal to rounding, whatever the condition
    /// number (Yamamoto, Nakatsukasa, Yanagisawa, Fukaya 2015); the former runs at the speed of matrix products.
    pub(super) fn new(matrix: &Matrix) -> Self {
        assert!(matrix.nrows() <= matrix.ncols(), "no more rows than columns");
        Self::by_cholesky(matrix).unwrap_or_else(|| Self::by_householder(matrix))
    }

    fn by_cholesky(matrix: &Matrix) -> Option<Self> {
        let mut rows = FactorRows::new(matrix.clone());
        let first = view(&rows.gram()).llt(Side::Lower).ok()?;
        rows.solve(first.L());
        let nearly_identity = rows.gram();
        let deviation = (&nearly_identity - Matrix::identity(matrix.nrows(), matrix.nrows())).norm();
        // Written so that NaN is rejected.
        if deviation.is_nan() || deviation > NEARLY_ORTHONORMAL {
            return None;
        }
        let second = view(&nearly_identity).llt(Side::Lower).ok()?;
        rows.solve(second.L());
        let mut lower = Matrix::zeros(matrix.nrows(), matrix.nrows());
        let (one, two) = (first.L(), second.L());
        triangular::matmul(view_mut(&mut lower), LOWER, Accum::Replace, one, LOWER, two, LOWER, 1.0, Par::Seq);
        Some(Self { lower, rows: rows.matrix })
    }

    fn by_householder(matrix: &Matrix) -> Self {
        let qr = view(&matrix.transpose()).qr();
        let mut rows = owned(qr.compute_thin_Q().transpose());
        let mut lower = owned(qr.thin_R().transpose());
        // The signs that Cholesky factors have, so that results do not jump when the method changes.
        for index in 0..lower.nrows() {
            if lower[(index, index)] < 0.0 {
                lower.column_mut(index).neg_mut();
                rows.row_mut(index).neg_mut();
            }
        }
        Self { lower, rows }
    }
}

/// A wide matrix [C | D] whose last columns D stay a lower triangle if they form one: noise that is independent between
/// channels, a diagonal D, costs a third of a dense block.
struct FactorRows {
    matrix: Matrix,
    /// Columns of C.
    dense: usize,
}

impl FactorRows {
    fn new(matrix: Matrix) -> Self {
        let (rows, columns) = matrix.shape();
        let trailing = matrix.columns(columns - rows, rows);
        let is_triangle =
            trailing.column_iter().enumerate().all(|(j, column)| column.iter().take(j).all(|&x| x == 0.0));
        Self { dense: if is_triangle { columns - rows } else { columns }, matrix }
    }

    /// C·Cᵀ + D·Dᵀ.
    fn gram(&self) -> Matrix {
        let (dense, triangle) = view(&self.matrix).split_at_col(self.dense);
        let mut result = Matrix::zeros(self.matrix.nrows(), self.matrix.nrows());
        let mut add = |a: MatRef<'_, f64>, left, right| {
            triangular::matmul(view_mut(&mut result), LOWER, Accum::Add, a, left, a.transpose(), right, 1.0, Par::Seq);
        };
        add(dense, BlockStructure::Rectangular, BlockStructure::Rectangular);
        if triangle.ncols() > 0 {
            add(triangle, LOWER, BlockStructure::TriangularUpper);
        }
        result.fill_upper_triangle_with_lower_triangle();
        result
    }

    /// L⁻¹·[C | D].
    fn solve(&mut self, lower: MatRef<'_, f64>) {
        let (dense, triangle) = view_mut(&mut self.matrix).split_at_col_mut(self.dense);
        solve_lower_triangular_in_place(lower, dense, Par::Seq);
        if triangle.ncols() > 0 {
            solve_triangle(lower, triangle);
        }
    }
}

/// L⁻¹·D of two lower triangles, in place.
fn solve_triangle(lower: MatRef<'_, f64>, mut triangle: MatMut<'_, f64>) {
    let half = lower.nrows() / 2;
    if half < LEAF {
        solve_lower_triangular_in_place(lower, triangle, Par::Seq);
        return;
    }
    let (upper_left, _, lower_left, lower_right) = lower.split_at(half, half);
    let (mut above, _, mut beside, below) = triangle.rb_mut().split_at_mut(half, half);
    solve_triangle(upper_left, above.rb_mut());
    matmul(beside.rb_mut(), Accum::Add, lower_left, above.rb(), -1.0, Par::Seq);
    solve_lower_triangular_in_place(lower_right, beside, Par::Seq);
    solve_triangle(lower_right, below);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{gram, product};

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
    fn a_triangle_stays_one_and_changes_nothing() {
        let n = 3 * LEAF;
        let wide = Matrix::from_fn(n, n + 7, |i, j| match j.checked_sub(7) {
            None => ((5 * i + 3 * j) % 13) as f64 - 6.0,
            Some(channel) => f64::from(u8::from(channel == i)) * (1.0 + i as f64),
        });
        let factorisation = RowFactorisation::by_cholesky(&wide).expect("a well-conditioned matrix");
        let reflected = RowFactorisation::by_householder(&wide);
        assert!((&factorisation.lower - &reflected.lower).amax() < 1e-13 * wide.norm());
        assert!((&factorisation.rows - &reflected.rows).amax() < 1e-13);
        assert!(factorisation.rows.columns(7, n).iter().enumerate().all(|(k, &x)| k % n >= k / n || x == 0.0));
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
