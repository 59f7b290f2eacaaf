//! Matrix products through faer's kernels: nalgebra's `tr_mul` runs an order of magnitude slower.

use super::Matrix;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};

/// A·B.
pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    multiply(view(a), view(b))
}

/// Aᵀ·B.
pub fn product_tn(a: &Matrix, b: &Matrix) -> Matrix {
    multiply(view(a).transpose(), view(b))
}

/// A·Bᵀ.
pub fn product_nt(a: &Matrix, b: &Matrix) -> Matrix {
    multiply(view(a), view(b).transpose())
}

/// A·Aᵀ, exactly symmetric, for half the work of a product.
pub fn gram(a: &Matrix) -> Matrix {
    let mut result = Matrix::zeros(a.nrows(), a.nrows());
    let [triangle, full] = [BlockStructure::TriangularLower, BlockStructure::Rectangular];
    let transposed = view(a).transpose();
    triangular::matmul(view_mut(&mut result), triangle, Accum::Replace, view(a), full, transposed, full, 1.0, Par::Seq);
    result.fill_upper_triangle_with_lower_triangle();
    result
}

/// A matrix seen by faer, without a copy.
pub(super) fn view(matrix: &Matrix) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

/// A matrix that faer may write to, without a copy.
pub(super) fn view_mut(matrix: &mut Matrix) -> MatMut<'_, f64> {
    let (rows, columns) = matrix.shape();
    MatMut::from_column_major_slice_mut(matrix.as_mut_slice(), rows, columns)
}

/// faer's result as our type.
pub(super) fn owned(matrix: MatRef<'_, f64>) -> Matrix {
    let mut result = Matrix::zeros(matrix.nrows(), matrix.ncols());
    view_mut(&mut result).copy_from(matrix);
    result
}

fn multiply(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Matrix {
    assert_eq!(a.ncols(), b.nrows(), "inner dimensions of a product");
    let mut result = Matrix::zeros(a.nrows(), b.ncols());
    matmul(view_mut(&mut result), Accum::Replace, a, b, 1.0, Par::Seq);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_agree_with_nalgebra() {
        let a = Matrix::from_fn(5, 3, |i, j| (i * 3 + j) as f64 - 4.0);
        let b = Matrix::from_fn(3, 4, |i, j| (i + 2 * j) as f64 * 0.5);
        assert_eq!(product(&a, &b), &a * &b);
        assert_eq!(product_tn(&a, &a), a.transpose() * &a);
        assert_eq!(product_nt(&a, &a), &a * a.transpose());
        assert_eq!(gram(&a), &a * a.transpose());
    }

    #[test]
    fn products_with_an_empty_inner_dimension_are_zero() {
        let product = product(&Matrix::zeros(2, 0), &Matrix::zeros(0, 3));
        assert_eq!(product, Matrix::zeros(2, 3));
    }
}
