//! Whitening from a factor: the square root of a covariance without ever forming the covariance.

use super::decomposition::thin_qr;
use super::product::{view, view_mut};
use super::{LinalgError, Matrix, product, product_tn, require_finite, svd};
use faer::linalg::triangular_inverse::invert_upper_triangular;

/// Columns whose residual after projection is below this share of their length count as dependent.
const DEPENDENT: f64 = 1e-10;

/// The whitening of a Gaussian vector x = F·w, w ~ N(0, I).
///
/// `basis` holds the whitened coordinates as orthonormal vectors in the space of w: `x̃ = basisᵀ·w`,
/// `x = root·x̃`, `x̃ = whitener·x`. For a covariance of full rank it comes from a QR factorisation of Fᵀ, so that
/// the error grows with the condition number of F, the *square root* of the covariance's; for a rank-deficient
/// one from an SVD, with x̃ living on the support.
#[derive(Debug, Clone)]
pub struct Whitening {
    /// length of w × rank, orthonormal columns.
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
        let n = factor.nrows();
        // By the largest entry first: the sum of squares of 1e±200 leaves the range of doubles.
        let length = |row: nalgebra::RowDVector<f64>| match row.amax() {
            0.0 => 1.0,
            largest => largest * (row / largest).norm(),
        };
        let scale: Vec<f64> = factor.row_iter().map(|row| length(row.into_owned())).collect();
        let equilibrated = Matrix::from_fn(factor.ncols(), n, |w, i| factor[(i, w)] / scale[i]);
        let rounding = f64::EPSILON * 4.0 * factor.ncols().max(n) as f64;
        let mut whitening = match Self::of_full_rank(&equilibrated) {
            Some(whitening) if whitening.condition * rounding < 1.0 => whitening,
            _ => Self::of_any_rank(&equilibrated, rounding)?,
        };
        for (i, &s) in scale.iter().enumerate() {
            whitening.root.row_mut(i).scale_mut(s);
            whitening.whitener.column_mut(i).scale_mut(1.0 / s);
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

    /// From Fᵀ = Q·R, when F has at least as many columns as rows and R is invertible.
    fn of_full_rank(transposed: &Matrix) -> Option<Self> {
        let n = transposed.ncols();
        if transposed.nrows() < n || n == 0 {
            return None;
        }
        let (basis, upper) = thin_qr(transposed);
        if upper.diagonal().iter().any(|&pivot| pivot == 0.0) {
            return None;
        }
        let mut inverse = Matrix::zeros(n, n);
        invert_upper_triangular(view_mut(&mut inverse), view(&upper), faer::Par::Seq);
        let condition = upper.norm() * inverse.norm();
        condition.is_finite().then(|| Self { basis, root: upper.transpose(), whitener: inverse.transpose(), condition })
    }

    /// From Fᵀ = U·diag(σ)·Vᵀ, keeping the singular values above rounding.
    fn of_any_rank(transposed: &Matrix, rounding: f64) -> Result<Self, LinalgError> {
        let svd = svd(transposed)?;
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

/// An orthonormal basis of the column space, in the order of the columns: the first j vectors span what the first
/// columns span, and a column that depends on earlier ones (residual below 1e-10 of its length) adds none.
///
/// Gram–Schmidt with one reorthogonalisation ("twice is enough"); for the thin matrices of encoders.
pub fn orthonormal_columns(matrix: &Matrix) -> Matrix {
    orthonormal_extension(&Matrix::zeros(matrix.nrows(), 0), matrix)
}

/// Orthonormal columns and, after them, those that span what `matrix` adds to them: [`orthonormal_columns`] of the two side
/// by side, without the work on the first.
pub(crate) fn orthonormal_extension(orthonormal: &Matrix, matrix: &Matrix) -> Matrix {
    let mut rank = orthonormal.ncols();
    let mut basis = Matrix::zeros(matrix.nrows(), (rank + matrix.ncols()).min(matrix.nrows()));
    basis.columns_mut(0, rank).copy_from(orthonormal);
    for column in matrix.column_iter() {
        let largest = column.amax();
        if rank == basis.ncols() || largest == 0.0 {
            continue;
        }
        // By the largest entry first: the sum of squares of 1e±200 leaves the range of doubles.
        let mut candidate = (column / largest).normalize();
        for _ in 0..2 {
            for earlier in 0..rank {
                let overlap = basis.column(earlier).dot(&candidate);
                candidate.axpy(-overlap, &basis.column(earlier), 1.0);
            }
        }
        let residual = candidate.norm();
        if residual > DEPENDENT {
            // A third pass in the rare case of heavy cancellation keeps the basis orthonormal to rounding.
            if residual < 0.5 {
                candidate /= residual;
                for earlier in 0..rank {
                    let overlap = basis.column(earlier).dot(&candidate);
                    candidate.axpy(-overlap, &basis.column(earlier), 1.0);
                }
            }
            basis.set_column(rank, &candidate.normalize());
            rank += 1;
        }
    }
    basis.columns(0, rank).into_owned()
}

/// The component of each column of `vectors` outside the span of the orthonormal `basis`.
pub(crate) fn outside(basis: &Matrix, vectors: &Matrix) -> Matrix {
    vectors - product(basis, &product_tn(basis, vectors))
}
