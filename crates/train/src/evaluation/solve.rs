//! Cholesky factors and triangular solves with faer's kernels, on the library's matrices.

use alignloss::linalg::{LinalgError, Matrix};
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{MatMut, MatRef, Par, Side};

/// L with L·Lᵀ = A.
pub(super) struct Cholesky {
    lower: faer::Mat<f64>,
}

impl Cholesky {
    /// Factorises a symmetric positive definite matrix; only the lower triangle is read.
    pub(super) fn new(matrix: &Matrix) -> Result<Self, LinalgError> {
        let (rows, columns) = matrix.shape();
        let view = MatRef::from_column_major_slice(matrix.as_slice(), rows, columns);
        match view.llt(Side::Lower) {
            Ok(factor) => Ok(Self { lower: factor.L().to_owned() }),
            Err(_) => Err(LinalgError::NoConvergence { algorithm: "Cholesky factorisation", rows, columns }),
        }
    }

    /// L⁻¹·B, in place.
    pub(super) fn forward(&self, right: &mut Matrix) {
        let (rows, columns) = right.shape();
        let right = MatMut::from_column_major_slice_mut(right.as_mut_slice(), rows, columns);
        solve_lower_triangular_in_place(self.lower.as_ref(), right, Par::Seq);
    }

    /// A⁻¹·B, in place.
    pub(super) fn solve(&self, right: &mut Matrix) {
        self.forward(right);
        let (rows, columns) = right.shape();
        let right = MatMut::from_column_major_slice_mut(right.as_mut_slice(), rows, columns);
        solve_upper_triangular_in_place(self.lower.transpose(), right, Par::Seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alignloss::linalg::product;

    #[test]
    fn a_solution_multiplies_out() {
        let matrix = Matrix::from_fn(6, 6, |i, j| if i == j { 8.0 } else { 1.0 / (1.0 + i.abs_diff(j) as f64) });
        let right = Matrix::from_fn(6, 2, |i, j| (i as f64 - 2.0) * (j as f64 + 1.0));
        let mut solution = right.clone();
        Cholesky::new(&matrix).unwrap().solve(&mut solution);
        assert!((product(&matrix, &solution) - right).amax() < 1e-13);
    }

    #[test]
    fn an_indefinite_matrix_is_refused() {
        assert!(Cholesky::new(&Matrix::from_diagonal_element(2, 2, -1.0)).is_err());
    }
}
