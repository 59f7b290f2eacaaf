//! Linear algebra in double-double precision (106 bits), for matrices of up to a few hundred rows.
//!
//! Plain algorithms with columnwise guarantees, so no column is compared with a louder one: Gram–Schmidt with
//! reorthogonalisation and pivoting, one-sided Jacobi rotations, pivoted Cholesky factorisation of matrices scaled to
//! unit diagonal. [`exact`] decides ranks of matrices of doubles without any rounding.
//!
//! Speed is not a goal: [`super`] has the same decompositions in double precision, some hundred times faster.

mod cholesky;
pub(crate) mod exact;
mod gram_schmidt;
mod singular;

pub(crate) use cholesky::{Root, positive_semidefinite_root};
pub(crate) use gram_schmidt::Orthonormal;
pub(crate) use singular::{Svd, svd};

use super::Matrix;
use nalgebra::DMatrix;
use qd::Quad;

/// A dense, column-major matrix in double-double precision.
pub(crate) type PreciseMatrix = DMatrix<Quad>;

/// u² = 2⁻¹⁰⁶, the square of the unit roundoff of doubles: the relative rounding error of one sum or product is three
/// to five of these.
pub(crate) const ROUNDING: f64 = 0.25 * f64::EPSILON * f64::EPSILON;

/// The same matrix, exactly.
pub(crate) fn lift(matrix: &Matrix) -> PreciseMatrix {
    matrix.map(Quad::from_f64)
}

/// √x, 0 at and below zero.
pub(crate) fn square_root(value: Quad) -> Quad {
    if value.0 > 0.0 { value.sqrt() } else { Quad::ZERO }
}

/// The entries of a column.
pub(crate) fn column(matrix: &PreciseMatrix, index: usize) -> &[Quad] {
    let rows = matrix.nrows();
    &matrix.as_slice()[index * rows..(index + 1) * rows]
}

/// xᵀy. Exact zeros cost nothing: noises of different channels share no coordinates.
pub(crate) fn dot(x: &[Quad], y: &[Quad]) -> Quad {
    let mut sum = Quad::ZERO;
    for (&a, &b) in x.iter().zip(y) {
        if a.0 != 0.0 && b.0 != 0.0 {
            sum += a * b;
        }
    }
    sum
}

/// y += a·x.
pub(crate) fn axpy(y: &mut [Quad], a: Quad, x: &[Quad]) {
    for (entry, &term) in y.iter_mut().zip(x) {
        if term.0 != 0.0 {
            *entry += a * term;
        }
    }
}

/// ‖x‖².
pub(crate) fn square_sum(x: &[Quad]) -> Quad {
    dot(x, x)
}

/// ‖x‖.
pub(crate) fn length(x: &[Quad]) -> Quad {
    square_root(square_sum(x))
}

/// A·B.
pub(crate) fn product(a: &PreciseMatrix, b: &PreciseMatrix) -> PreciseMatrix {
    assert_eq!(a.ncols(), b.nrows(), "inner dimensions of a product");
    let mut result = PreciseMatrix::from_element(a.nrows(), b.ncols(), Quad::ZERO);
    let rows = a.nrows();
    for j in 0..b.ncols() {
        for k in 0..a.ncols() {
            let factor = b[(k, j)];
            if factor.0 != 0.0 {
                axpy(&mut result.as_mut_slice()[j * rows..(j + 1) * rows], factor, column(a, k));
            }
        }
    }
    result
}

/// Aᵀ·B.
pub(crate) fn product_tn(a: &PreciseMatrix, b: &PreciseMatrix) -> PreciseMatrix {
    assert_eq!(a.nrows(), b.nrows(), "inner dimensions of a product");
    PreciseMatrix::from_fn(a.ncols(), b.ncols(), |i, j| dot(column(a, i), column(b, j)))
}

/// [A | B].
pub(crate) fn beside(a: &PreciseMatrix, b: &PreciseMatrix) -> PreciseMatrix {
    PreciseMatrix::from_fn(a.nrows(), a.ncols() + b.ncols(), |i, j| {
        if j < a.ncols() { a[(i, j)] } else { b[(i, j - a.ncols())] }
    })
}

/// The first columns.
pub(crate) fn leading(matrix: &PreciseMatrix, count: usize) -> PreciseMatrix {
    matrix.columns(0, count.min(matrix.ncols())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_have_thirty_digits() {
        // log 2 + log 3 − log 6 = 0, and log 3 against its digits.
        let log = |value: f64| Quad::from_f64(value).ln();
        assert!((log(2.0) + log(3.0) - log(6.0)).0.abs() < 1e-30);
        let three = Quad(1.098_612_288_668_109_7, -9.071_297_235_001_53e-17);
        assert!((log(3.0) - three).0.abs() < 1e-29, "{:?}", log(3.0));
    }

    #[test]
    fn products_agree_with_doubles() {
        let a = Matrix::from_fn(4, 3, |i, j| (2 * i + j) as f64 - 3.0);
        let b = Matrix::from_fn(3, 2, |i, j| (i * j) as f64 + 0.5);
        assert_eq!(product(&lift(&a), &lift(&b)), lift(&(&a * &b)));
        assert_eq!(product_tn(&lift(&a), &lift(&a)), lift(&(a.transpose() * &a)));
        assert_eq!(beside(&lift(&b), &lift(&b)).ncols(), 4);
    }
}
