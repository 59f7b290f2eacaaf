//! Whitening from a factor: the square root of a covariance without forming the covariance.

use super::jacobi::dot;
use super::product::{view, view_mut};
use super::row_factorisation::RowFactorisation;
use super::{LinalgError, Matrix, product, product_tn, require_finite, svd};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::{Accum, MatMut, MatRef, Par};

/// Columns whose residual after projection is below this fraction of their length count as dependent.
const DEPENDENT: f64 = 1e-10;

/// Maximum number of projections: two are enough (Kahan and Parlett), plus one more where digits cancelled …
const PASSES: usize = 3;
/// … and the fraction of a vector above which the remainder of a projection is orthogonal to rounding.
const SETTLED: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Size of a basis, in entries, from which products are faster than loops.
const LARGE: usize = 4096;

/// The whitening of a Gaussian vector x = F·w, w ~ N(0, I).
/// `basis` holds the whitened coordinates as orthonormal vectors in the space of w: `x̃ = basisᵀ·w`, `x = root·x̃`, `x̃
/// = whitener·x`. For a covariance of full rank it comes from F = L·Q (L triangular, Q with orthonormal rows), so the
/// error grows with the condition number of F, the *square root* of the covariance's; for a rank-deficient one it comes
/// from an SVD, with x̃ living on the support.
#[derive(Debug, Clone)]
pub struct Whitening {
    /// (length of w) × rank, orthonormal columns.
    pub basis: Matrix,
    /// n × rank: x = root·x̃.
    pub root: Matrix,
    /// rank × n: x̃ = whitener·x on the support of x.
    pub whitener: Matrix,
    /// κ: condition number (in the Frobenius norm, an upper bound) of the factor after scaling each component of x to
    /// unit variance. Relative errors of whitened quantities are of order κ·ε.
    pub condition: f64,
}

impl Whitening {
    /// The whitening of x = factor·w; `factor` is n × (length of w).
    ///
    /// # Errors
    /// [`LinalgError::NotFinite`], [`LinalgError::NoConvergence`].
    pub fn of_factor(factor: &Matrix) -> Result<Self, LinalgError> {
        require_finite(factor)?;
        let scale = row_lengths(factor);
        let mut equilibrated = factor.clone();
        for mut column in equilibrated.column_iter_mut() {
            column.iter_mut().zip(&scale).for_each(|(entry, length)| *entry /= length);
        }
        let rounding = f64::EPSILON * 4.0 * factor.ncols().max(factor.nrows()) as f64;
        let mut whitening = match Self::of_full_rank(&equilibrated) {
            Some(whitening) if whitening.condition * rounding < 1.0 => whitening,
            _ => Self::of_any_rank(&equilibrated, rounding)?,
        };
        for (i, &length) in scale.iter().enumerate() {
            whitening.whitener.column_mut(i).unscale_mut(length);
        }
        for mut column in whitening.root.column_iter_mut() {
            column.iter_mut().zip(&scale).for_each(|(entry, length)| *entry *= length);
        }
        Ok(whitening)
    }

    /// The rank of the covariance.
    pub fn rank(&self) -> usize {
        self.basis.ncols()
    }

    /// The covariance root·rootᵀ.
    pub fn covariance(&self) -> Matrix {
        super::product_nt(&self.root, &self.root)
    }

    /// From F = L·Q, if F has at least as many columns as rows and L is invertible.
    fn of_full_rank(factor: &Matrix) -> Option<Self> {
        let n = factor.nrows();
        if factor.ncols() < n || n == 0 {
            return None;
        }
        let RowFactorisation { lower, rows } = RowFactorisation::new(factor);
        if lower.diagonal().iter().any(|&pivot| pivot == 0.0) {
            return None;
        }
        let mut inverse = Matrix::zeros(n, n);
        invert_lower_triangular(view_mut(&mut inverse), view(&lower), Par::Seq);
        let condition = lower.norm() * inverse.norm();
        condition.is_finite().then(|| Self { basis: rows.transpose(), root: lower, whitener: inverse, condition })
    }

    /// From Fᵀ = U·diag(σ)·Vᵀ, keeping the singular values above rounding.
    fn of_any_rank(factor: &Matrix, rounding: f64) -> Result<Self, LinalgError> {
        let transposed = factor.transpose();
        let svd = svd(&transposed)?;
        let largest = svd.values.first().copied().unwrap_or(0.0);
        let rank = svd.values.iter().filter(|&&value| value > largest * rounding).count();
        let values = &svd.values[..rank];
        let right = svd.right.columns(0, rank);
        Ok(Self {
            basis: svd.left.columns(0, rank).into_owned(),
            root: Matrix::from_fn(transposed.ncols(), rank, |i, j| right[(i, j)] * values[j]),
            whitener: Matrix::from_fn(rank, transposed.ncols(), |i, j| right[(j, i)] / values[i]),
            condition: if rank == 0 { 1.0 } else { largest / values[rank - 1] * (rank as f64) },
        })
    }
}

/// The Euclidean length of each row, or 1 for a row of zeros. Scaled by the largest entry first: sums of squares of
/// 1e±200 leave the range of doubles.
fn row_lengths(matrix: &Matrix) -> Vec<f64> {
    let mut largest = vec![0.0_f64; matrix.nrows()];
    for column in matrix.column_iter() {
        largest.iter_mut().zip(&column).for_each(|(largest, entry)| *largest = largest.max(entry.abs()));
    }
    largest.iter_mut().filter(|largest| **largest == 0.0).for_each(|largest| *largest = 1.0);
    let mut squares = vec![0.0; matrix.nrows()];
    for column in matrix.column_iter() {
        for ((sum, entry), largest) in squares.iter_mut().zip(&column).zip(&largest) {
            *sum += (entry / largest) * (entry / largest);
        }
    }
    let length = |(sum, largest): (f64, f64)| if sum == 0.0 { 1.0 } else { largest * sum.sqrt() };
    squares.into_iter().zip(largest).map(length).collect()
}

/// An orthonormal basis of the column space, in the order of the columns: leading vectors span what the leading columns
/// span, and a column that depends on earlier ones (residual below 1e-10 of its length) adds none.
///
/// By Gram–Schmidt, repeated if a projection removed most of a vector; intended for the thin matrices of encoders.
pub fn orthonormal_columns(matrix: &Matrix) -> Matrix {
    orthonormal_extension(&Matrix::zeros(matrix.nrows(), 0), &unit_columns(matrix))
}

/// The columns scaled to length one; zero columns stay. Scaled by the largest entry first, as in [`column_lengths`].
pub(crate) fn unit_columns(matrix: &Matrix) -> Matrix {
    let mut unit = matrix.clone();
    for mut column in unit.column_iter_mut() {
        let largest = column.amax();
        if largest > 0.0 {
            column /= largest;
            column.normalize_mut();
        }
    }
    unit
}

/// The Euclidean length of each column. Scaled by the largest entry first: sums of squares of 1e±200 leave the range of doubles.
pub(crate) fn column_lengths(matrix: &Matrix) -> Vec<f64> {
    let length = |column: nalgebra::DVectorView<f64>| {
        let largest = column.amax();
        if largest > 0.0 { largest * (column / largest).norm() } else { 0.0 }
    };
    matrix.column_iter().map(length).collect()
}

/// Orthonormal columns followed by those needed to span the given unit vectors as well. `remainders` are these vectors,
/// or their remainders after a projection: residuals are compared with their original length one.
pub(crate) fn orthonormal_extension(orthonormal: &Matrix, remainders: &Matrix) -> Matrix {
    let mut rank = orthonormal.ncols();
    let mut basis = Matrix::zeros(remainders.nrows(), (rank + remainders.ncols()).min(remainders.nrows()));
    basis.columns_mut(0, rank).copy_from(orthonormal);
    for column in remainders.column_iter() {
        if rank == basis.ncols() {
            break;
        }
        let mut candidate = column.into_owned();
        let mut length = candidate.norm();
        for _ in 0..PASSES {
            if length <= DEPENDENT {
                break;
            }
            remove(&basis, rank, &mut candidate);
            let left = candidate.norm();
            let share = left / length;
            length = left;
            if share > SETTLED {
                break;
            }
        }
        if length > DEPENDENT {
            basis.set_column(rank, &(candidate / length));
            rank += 1;
        }
    }
    basis.columns(0, rank).into_owned()
}

/// Removes the components along the first `rank` columns of `basis` from a vector: one after another if that is
/// cheapest, otherwise by two matrix-vector products.
fn remove(basis: &Matrix, rank: usize, vector: &mut nalgebra::DVector<f64>) {
    let (length, vector) = (basis.nrows(), vector.as_mut_slice());
    let columns = &basis.as_slice()[..rank * length];
    if columns.len() < LARGE {
        for column in columns.chunks_exact(length.max(1)) {
            let overlap = dot(column, vector);
            vector.iter_mut().zip(column).for_each(|(entry, direction)| *entry -= overlap * direction);
        }
        return;
    }
    let columns = MatRef::from_column_major_slice(columns, length, rank);
    let mut overlaps = vec![0.0; rank];
    let known = MatRef::from_column_major_slice(vector, length, 1);
    let into = MatMut::from_column_major_slice_mut(&mut overlaps, rank, 1);
    matmul(into, Accum::Replace, columns.transpose(), known, 1.0, Par::Seq);
    let overlaps = MatRef::from_column_major_slice(&overlaps, rank, 1);
    let into = MatMut::from_column_major_slice_mut(vector, length, 1);
    matmul(into, Accum::Add, columns, overlaps, -1.0, Par::Seq);
}

/// The component of each column of `vectors` outside the span of the orthonormal `basis`.
pub(crate) fn outside(basis: &Matrix, vectors: &Matrix) -> Matrix {
    vectors - product(basis, &product_tn(basis, vectors))
}
