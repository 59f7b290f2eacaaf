//! SVD, symmetric eigendecomposition and the square roots built on them.

use super::jacobi::{SMALL, small_polar_factor, small_singular_values};
use super::product::{owned, view, view_mut};
use super::root::require_symmetric;
use super::row_factorisation::RowFactorisation;
use super::{LinalgError, Matrix, gram, product_nt, product_tn, require_finite, scale_columns, stacked};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, SvdParams, svd as faer_svd, svd_scratch};
use faer::{Par, Side, Spec};

/// Rows from which faer uses divide and conquer on a bidiagonal matrix by default. It is silently wrong on some
/// low-rank matrices: Q₁·diag(0.9^i)·Q₂ᵀ of rank 64 at n = 256 came back with a residual of 1e-5 that Σσ² does not
/// reveal. Every factorisation is therefore multiplied out, and QR iteration takes over if it is wrong.
const DIVIDE_AND_CONQUER: usize = 128;

/// ‖A − U·diag(σ)·Vᵀ‖_F in units of n·ε·‖A‖_F above which an SVD is rejected: the accuracy contract.
const CONTRACT: f64 = 64.0;

/// Relative disagreement of Σσ² with ‖A‖²_F above which singular values are rejected.
const FROBENIUS_CHECK: f64 = 1e-10;

/// A thin singular value decomposition A = U·diag(σ)·Vᵀ.
#[derive(Debug, Clone)]
pub struct Svd {
    /// U, rows × min(rows, columns), orthonormal columns.
    pub left: Matrix,
    /// σ, descending, non-negative.
    pub values: Vec<f64>,
    /// V, columns × min(rows, columns), orthonormal columns.
    pub right: Matrix,
}

/// An eigendecomposition A = V·diag(λ)·Vᵀ of a symmetric matrix.
#[derive(Debug, Clone)]
pub struct SymmetricEigen {
    /// λ, descending.
    pub values: Vec<f64>,
    /// V, orthonormal columns in the order of the values.
    pub vectors: Matrix,
}

/// The thin SVD of any finite matrix, at any scale.
///
/// # Errors
/// [`LinalgError::NotFinite`]; [`LinalgError::NoConvergence`] if the iteration fails or the result does not multiply
/// out to the matrix within 64 n ε ‖A‖.
pub fn svd(matrix: &Matrix) -> Result<Svd, LinalgError> {
    require_finite(matrix)?;
    let (rows, columns) = matrix.shape();
    let rank = rows.min(columns);
    let largest = matrix.amax();
    if rank == 0 || largest == 0.0 {
        return Ok(Svd {
            left: Matrix::identity(rows, rank),
            values: vec![0.0; rank],
            right: Matrix::identity(columns, rank),
        });
    }
    // faer's SVD is silently wrong near 1e-200 and fails near 1e200; a power of two costs no accuracy.
    let scale = power_of_two_near(largest);
    let scaled = matrix / scale;
    let failed = || LinalgError::NoConvergence { algorithm: "SVD", rows, columns };
    let [fast, plain] = [DIVIDE_AND_CONQUER, usize::MAX];
    let (mut left, mut values, mut right) = thin_svd(&scaled, fast)
        .filter(|svd| is_factorisation(&scaled, svd))
        .or_else(|| thin_svd(&scaled, plain).filter(|svd| is_factorisation(&scaled, svd)))
        .ok_or_else(failed)?;
    for value in &mut values {
        *value *= scale;
    }
    // Signs are arbitrary; we make the largest entry of each left vector positive, so that results are reproducible.
    for index in 0..rank {
        let mut column = left.column_mut(index);
        if column[column.iamax()] < 0.0 {
            column.neg_mut();
            right.column_mut(index).neg_mut();
        }
    }
    Ok(Svd { left, values, right })
}

/// U, σ and V by faer, with divide and conquer for bidiagonal matrices of at least `threshold` rows.
fn thin_svd(matrix: &Matrix, threshold: usize) -> Option<(Matrix, Vec<f64>, Matrix)> {
    let (rows, columns) = matrix.shape();
    let rank = rows.min(columns);
    let (mut left, mut right) = (Matrix::zeros(rows, rank), Matrix::zeros(columns, rank));
    let values = svd_into(matrix, Some((&mut left, &mut right)), threshold)?;
    Some((left, values, right))
}

/// σ by faer's QR iteration: cheap without vectors, and divide and conquer would leave no residual to check.
fn qr_singular_values(matrix: &Matrix) -> Option<Vec<f64>> {
    svd_into(matrix, None, usize::MAX)
}

fn svd_into(matrix: &Matrix, vectors: Option<(&mut Matrix, &mut Matrix)>, threshold: usize) -> Option<Vec<f64>> {
    let (rows, columns) = matrix.shape();
    let wanted = if vectors.is_some() { ComputeSvdVectors::Thin } else { ComputeSvdVectors::No };
    let mut parameters = Spec::<SvdParams, f64>::default();
    parameters.recursion_threshold = threshold;
    let mut memory = MemBuffer::new(svd_scratch(rows, columns, wanted, wanted, Par::Seq, parameters));
    let mut values = faer::Col::zeros(rows.min(columns));
    let (left, right) = vectors.map(|(left, right)| (view_mut(left), view_mut(right))).unzip();
    let stack = MemStack::new(&mut memory);
    faer_svd(view(matrix), values.as_diagonal_mut(), left, right, Par::Seq, stack, parameters).ok()?;
    Some(values.iter().copied().collect())
}

/// Whether ‖A − U·diag(σ)·Vᵀ‖ is within the contract; NaN is not.
fn is_factorisation(matrix: &Matrix, (left, values, right): &(Matrix, Vec<f64>, Matrix)) -> bool {
    let mut scaled = left.clone();
    scale_columns(&mut scaled, values.iter().copied());
    let unit = f64::EPSILON * matrix.nrows().max(matrix.ncols()) as f64;
    (product_nt(&scaled, right) - matrix).norm() <= CONTRACT * unit * matrix.norm()
}

/// The singular values of any finite matrix, descending: those of [`svd`], several times faster; by Jacobi rotations
/// for small matrices.
///
/// # Errors
/// As [`svd`].
pub fn singular_values(matrix: &Matrix) -> Result<Vec<f64>, LinalgError> {
    require_finite(matrix)?;
    let (rows, columns) = matrix.shape();
    let largest = matrix.amax();
    if largest == 0.0 || matrix.is_empty() {
        return Ok(vec![0.0; rows.min(columns)]);
    }
    let scale = power_of_two_near(largest);
    let scaled = matrix / scale;
    let failed = || LinalgError::NoConvergence { algorithm: "SVD", rows, columns };
    let small = if rows.min(columns) <= SMALL { small_singular_values(&[&scaled]) } else { None };
    let mut values = match small {
        Some(values) => values,
        None => qr_singular_values(&scaled).ok_or_else(failed)?,
    };
    let sum_of_squares: f64 = values.iter().map(|value| value * value).sum();
    let disagreement = (sum_of_squares / scaled.norm_squared() - 1.0).abs();
    if disagreement.is_nan() || disagreement > FROBENIUS_CHECK {
        return Err(failed());
    }
    for value in &mut values {
        *value *= scale;
    }
    Ok(values)
}

/// The singular values of stacked blocks with entries of at most order one, descending: by Jacobi rotations for small
/// matrices, without forming the stack.
///
/// # Errors
/// As [`svd`].
pub(crate) fn stacked_singular_values(blocks: &[&Matrix]) -> Result<Vec<f64>, LinalgError> {
    let columns = blocks.first().map_or(0, |block| block.ncols());
    let rows: usize = blocks.iter().map(|block| block.nrows()).sum();
    if rows.min(columns) <= SMALL {
        for block in blocks {
            require_finite(block)?;
        }
        if let Some(values) = small_singular_values(blocks) {
            return Ok(values);
        }
    }
    singular_values(&stacked(blocks))
}

/// The matrix with orthonormal columns (rows, if it is wide) nearest to a matrix A = U·diag(σ)·Vᵀ: U·Vᵀ. Directions
/// that A does not determine (σ = 0) are completed arbitrarily. By Jacobi rotations for small matrices.
///
/// # Errors
/// As [`svd`].
pub(crate) fn polar_factor(matrix: &Matrix) -> Result<Matrix, LinalgError> {
    require_finite(matrix)?;
    let (rows, columns) = matrix.shape();
    let largest = matrix.amax();
    if largest > 0.0 && rows.min(columns) <= SMALL {
        let scaled = matrix / power_of_two_near(largest);
        if let Some(factor) = small_polar_factor(&scaled) {
            return Ok(factor);
        }
    }
    let svd = svd(matrix)?;
    Ok(product_nt(&svd.left, &svd.right))
}

/// ‖A‖, the largest singular value: by Jacobi rotations for small matrices, otherwise from the Gram matrix, whose
/// largest eigenvalue loses no digits.
///
/// # Errors
/// As [`svd`].
pub fn largest_singular_value(matrix: &Matrix) -> Result<f64, LinalgError> {
    require_finite(matrix)?;
    let (rows, columns) = matrix.shape();
    let largest = matrix.amax();
    if largest == 0.0 || matrix.is_empty() {
        return Ok(0.0);
    }
    let scale = power_of_two_near(largest);
    let scaled = matrix / scale;
    if rows.min(columns) <= SMALL
        && let Some(values) = small_singular_values(&[&scaled])
    {
        return Ok(scale * values[0]);
    }
    let square = if rows < columns { gram(&scaled) } else { product_tn(&scaled, &scaled) };
    Ok(scale * largest_eigenvalue(&square)?.max(0.0).sqrt())
}

/// The largest eigenvalue of a symmetric matrix; only the lower triangle is read.
///
/// # Errors
/// [`LinalgError::NotFinite`], [`LinalgError::Empty`], [`LinalgError::NoConvergence`].
pub fn largest_eigenvalue(matrix: &Matrix) -> Result<f64, LinalgError> {
    require_finite(matrix)?;
    let (rows, columns) = matrix.shape();
    let largest = matrix.amax();
    if rows != columns || rows == 0 {
        return Err(LinalgError::Empty { rows, columns });
    }
    if largest == 0.0 || rows == 1 {
        return Ok(matrix[0]);
    }
    let scale = power_of_two_near(largest);
    let ascending = view(&(matrix / scale))
        .self_adjoint_eigenvalues(Side::Lower)
        .map_err(|_| LinalgError::NoConvergence { algorithm: "symmetric eigendecomposition", rows, columns })?;
    Ok(ascending.last().copied().unwrap_or(0.0) * scale)
}

/// The thin SVD of aᵀ·b for a, b with equally many rows. Let q be the number of rows that are zero in neither. If q is
/// the smallest of the three sizes, the work is of size q × q, so a cross-covariance through few common factors costs
/// only what the factors cost, and its rank is never above q.
///
/// Left vectors are columns(a) × t, right vectors columns(b) × t, with t = min(q, columns(a), columns(b)).
///
/// # Errors
/// As [`svd`].
pub fn svd_of_product(a: &Matrix, b: &Matrix) -> Result<Svd, LinalgError> {
    require_finite(a)?;
    require_finite(b)?;
    let nonzero = |matrix: &Matrix| -> Vec<bool> { matrix.row_iter().map(|row| row.amax() > 0.0).collect() };
    let (in_a, in_b) = (nonzero(a), nonzero(b));
    let kept: Vec<usize> = (0..a.nrows()).filter(|&row| in_a[row] && in_b[row]).collect();
    if kept.len() >= a.ncols().min(b.ncols()) {
        return svd(&product_tn(a, b));
    }
    let [a, b] = [a, b].map(|matrix| RowFactorisation::new(&matrix.select_rows(&kept)));
    let core = svd(&product_tn(&a.lower, &b.lower))?;
    Ok(Svd { left: product_tn(&a.rows, &core.left), values: core.values, right: product_tn(&b.rows, &core.right) })
}

/// The eigendecomposition of a symmetric matrix, eigenvalues descending.
///
/// Asymmetry up to 1e-10 of the scale of the two rows is averaged away (see [`require_symmetric`]).
///
/// # Errors
/// [`LinalgError::NotFinite`], [`LinalgError::NotSymmetric`], [`LinalgError::NoConvergence`].
pub fn symmetric_eigen(matrix: &Matrix) -> Result<SymmetricEigen, LinalgError> {
    require_finite(matrix)?;
    let (rows, columns) = matrix.shape();
    if rows != columns || rows == 0 {
        return Err(LinalgError::Empty { rows, columns });
    }
    let largest = matrix.amax();
    if largest == 0.0 {
        return Ok(SymmetricEigen { values: vec![0.0; rows], vectors: Matrix::identity(rows, rows) });
    }
    require_symmetric(matrix)?;
    let scale = power_of_two_near(largest);
    let symmetric =
        Matrix::from_fn(rows, columns, |i, j| f64::midpoint(matrix[(i, j)] / scale, matrix[(j, i)] / scale));
    let backend = view(&symmetric).self_adjoint_eigen(Side::Lower).map_err(|_| LinalgError::NoConvergence {
        algorithm: "symmetric eigendecomposition",
        rows,
        columns,
    })?;
    // faer sorts in ascending order; we sort in descending order everywhere.
    let ascending: Vec<f64> = backend.S().column_vector().iter().copied().collect();
    let vectors = backend.U();
    Ok(SymmetricEigen {
        values: ascending.iter().rev().map(|value| value * scale).collect(),
        vectors: Matrix::from_fn(rows, rows, |row, column| vectors[(row, rows - 1 - column)]),
    })
}

/// log det A of a symmetric positive definite matrix, through its Cholesky factor: no overflow or underflow where the
/// determinant would have one.
///
/// # Errors
/// [`LinalgError::NotFinite`]; [`LinalgError::NotPositiveSemidefinite`] if A is not positive definite.
///
/// # Examples
/// ```
/// use alignloss::linalg::{Matrix, log_determinant};
/// let matrix = Matrix::from_diagonal_element(800, 800, 0.01);
/// let expected = 800.0 * 0.01_f64.ln(); // the determinant itself, 1e-1600, underflows
/// assert!((log_determinant(&matrix)? / expected - 1.0).abs() < 1e-13); // 800 roundings
/// # Ok::<(), alignloss::linalg::LinalgError>(())
/// ```
pub fn log_determinant(matrix: &Matrix) -> Result<f64, LinalgError> {
    require_finite(matrix)?;
    if let Ok(factor) = view(matrix).llt(Side::Lower) {
        return Ok(2.0 * factor.L().diagonal().column_vector().iter().map(|pivot| pivot.ln()).sum::<f64>());
    }
    let values = symmetric_eigen(matrix)?.values;
    let [largest, smallest] = [values.first(), values.last()].map(|value| value.copied().unwrap_or(0.0));
    Err(LinalgError::NotPositiveSemidefinite { smallest, largest })
}

/// R of a QR factorisation: the upper-triangular columns × columns factor with RᵀR = AᵀA, computed without
/// forming AᵀA.
pub fn upper_triangle(matrix: &Matrix) -> Matrix {
    let columns = matrix.ncols();
    if matrix.nrows() <= columns || columns == 0 {
        let mut padded = Matrix::zeros(columns, columns);
        padded.rows_mut(0, matrix.nrows()).copy_from(matrix);
        return padded;
    }
    owned(view(matrix).qr().thin_R())
}

impl Svd {
    /// The matrix of the leading triplets, Σ_{i<rank} σ_i u_i v_iᵀ.
    pub fn truncated(&self, rank: usize) -> Matrix {
        let rank = rank.min(self.values.len());
        let mut scaled = self.left.columns(0, rank).into_owned();
        scale_columns(&mut scaled, self.values.iter().copied());
        product_nt(&scaled, &self.right.columns(0, rank).into_owned())
    }
}

/// Whether every entry off the diagonal is exactly zero; the matrix may be rectangular.
pub(crate) fn is_diagonal(matrix: &Matrix) -> bool {
    (0..matrix.ncols()).all(|j| (0..matrix.nrows()).all(|i| i == j || matrix[(i, j)] == 0.0))
}

pub(crate) fn power_of_two_near(value: f64) -> f64 {
    // Clamped so that neither the scale nor its reciprocal leaves the range of normal numbers.
    value.log2().round().clamp(-1000.0, 1000.0).exp2()
}
