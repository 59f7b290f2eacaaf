//! Square roots of covariances, with decisions made in each variable's own units.
//!
//! A covariance in mixed units has entries that differ by arbitrary factors, but symmetry, semidefiniteness and rank do
//! not depend on units. Every decision here is therefore made after scaling each variable by a power of two to a
//! variance between ½ and 2.

use super::decomposition::{is_diagonal, power_of_two_near, symmetric_eigen};
use super::product::{owned, view};
use super::{LinalgError, Matrix, require_finite, scale_rows};
use faer::Side;

/// Negative eigenvalues of a correlation matrix above −this·(largest) count as zero: the rounding of a covariance
/// written with 15 digits and summed over a few hundred terms.
const SEMIDEFINITE_TOLERANCE: f64 = 1e-12;

/// Asymmetry that is taken as rounding and averaged away, relative to the scale of the two variables.
const SYMMETRY_TOLERANCE: f64 = 1e-10;

/// Smallest fraction of a variable's variance, of order one, that its predecessors may leave for a triangular root: its
/// rounding is then below 1e-8 of the remainder, and hides no eigenvalue.
const LEAST_PIVOT: f64 = 1e-8;

/// Fails if two mirrored entries differ by more than 1e-10 of their scale: the larger of the two, or √(a_ii a_jj) if
/// that is larger, the scale of rounding in a covariance of these two variables.
///
/// # Errors
/// [`LinalgError::NotSymmetric`], with the first offending pair.
pub fn require_symmetric(matrix: &Matrix) -> Result<(), LinalgError> {
    for column in 0..matrix.ncols() {
        for row in 0..column {
            let (upper, lower) = (matrix[(row, column)], matrix[(column, row)]);
            let deviation = |index: usize| matrix[(index, index)].abs().sqrt();
            let scale = (deviation(row) * deviation(column)).max(upper.abs()).max(lower.abs());
            if (upper - lower).abs() > SYMMETRY_TOLERANCE * scale {
                return Err(LinalgError::NotSymmetric { row, column, upper, lower });
            }
        }
    }
    Ok(())
}

/// A factor F (n × rank) with F·Fᵀ = A, for a positive semidefinite A (n × n). A diagonal matrix gets a diagonal
/// factor, so that exact zeros stay exact.
///
/// Units do not matter: for a diagonal D of powers of two, the factor of D·A·D is D·F, bit for bit.
///
/// # Errors
/// [`LinalgError::NotFinite`], [`LinalgError::NotSymmetric`], [`LinalgError::NegativeVariance`],
/// [`LinalgError::ImpossibleCorrelation`]; [`LinalgError::NotPositiveSemidefinite`] if an eigenvalue of the matrix,
/// scaled to unit diagonal, is below −1e-12 of the largest; [`LinalgError::NoConvergence`].
pub fn positive_semidefinite_root(matrix: &Matrix) -> Result<Matrix, LinalgError> {
    require_finite(matrix)?;
    let n = matrix.nrows();
    if let Some(index) = (0..n).find(|&index| matrix[(index, index)] < 0.0) {
        return Err(LinalgError::NegativeVariance { index, variance: matrix[(index, index)] });
    }
    if is_diagonal(matrix) {
        let kept: Vec<usize> = (0..n).filter(|&index| matrix[(index, index)] > 0.0).collect();
        let entry = |row: usize, column: usize| if kept[column] == row { matrix[(row, row)].sqrt() } else { 0.0 };
        return Ok(Matrix::from_fn(n, kept.len(), entry));
    }
    require_symmetric(matrix)?;
    let scales = deviation_scales(matrix);
    let scaled = Matrix::from_fn(n, n, |i, j| matrix[(i, j)] / scales[i] / scales[j]);
    require_possible_correlations(matrix, &scaled)?;
    let mut root = match triangular_root(&scaled) {
        Some(root) => root,
        None => spectral_root(&scaled)?,
    };
    // A variable without variance has no scale to which the rounding of its entries would be relative: they are zero.
    let scale = |index: usize| if matrix[(index, index)] > 0.0 { scales[index] } else { 0.0 };
    scale_rows(&mut root, (0..n).map(scale));
    Ok(root)
}

/// The Cholesky factor, if no variable is nearly determined by its predecessors. It preserves every zero that
/// independence puts into a covariance, which a spectral root turns into rounding of the loudest variable.
fn triangular_root(scaled: &Matrix) -> Option<Matrix> {
    let factor = owned(view(scaled).llt(Side::Lower).ok()?.L());
    factor.diagonal().iter().all(|pivot| pivot * pivot > LEAST_PIVOT).then_some(factor)
}

/// V·√λ over the eigenvalues above rounding.
fn spectral_root(scaled: &Matrix) -> Result<Matrix, LinalgError> {
    let n = scaled.nrows();
    let eigen = symmetric_eigen(scaled)?;
    let (largest, smallest) = (eigen.values[0], eigen.values[n - 1]);
    if smallest < -SEMIDEFINITE_TOLERANCE * largest {
        return Err(LinalgError::NotPositiveSemidefinite { smallest, largest });
    }
    let rank = eigen.values.iter().filter(|&&value| value > n as f64 * f64::EPSILON * largest).count();
    Ok(Matrix::from_fn(n, rank, |row, column| eigen.vectors[(row, column)] * eigen.values[column].sqrt()))
}

/// Powers of two near each variable's standard deviation, or 1 if that is zero.
fn deviation_scales(matrix: &Matrix) -> Vec<f64> {
    let scale = |variance: &f64| if *variance > 0.0 { power_of_two_near(variance.sqrt()) } else { 1.0 };
    matrix.diagonal().iter().map(scale).collect()
}

/// Fails if a covariance exceeds what its two variances allow, even if one of them is zero.
fn require_possible_correlations(matrix: &Matrix, scaled: &Matrix) -> Result<(), LinalgError> {
    for column in 0..matrix.ncols() {
        for row in 0..column {
            let largest = (scaled[(row, row)] * scaled[(column, column)]).sqrt();
            if scaled[(row, column)].abs() > largest * (1.0 + SEMIDEFINITE_TOLERANCE) {
                let [covariance, first, second] = [(row, column), (row, row), (column, column)].map(|at| matrix[at]);
                return Err(LinalgError::ImpossibleCorrelation { row, column, covariance, first, second });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::product_nt;

    /// A dense covariance of four variables, and the same in other units.
    fn in_units(exponents: [i32; 4]) -> Matrix {
        let root = Matrix::from_fn(4, 4, |i, j| ((3 * i + 5 * j + i * j) % 7) as f64 - 2.0);
        let covariance = product_nt(&root, &root);
        Matrix::from_fn(4, 4, |i, j| covariance[(i, j)] * 2.0_f64.powi(exponents[i] + exponents[j]))
    }

    #[test]
    fn units_scale_the_root_bit_for_bit() {
        let plain = positive_semidefinite_root(&in_units([0; 4])).expect("a covariance");
        let exponents = [40, -40, 0, 13];
        let scaled = positive_semidefinite_root(&in_units(exponents)).expect("a covariance");
        let expected = Matrix::from_fn(4, plain.ncols(), |i, j| plain[(i, j)] * 2.0_f64.powi(exponents[i]));
        assert_eq!(scaled, expected);
    }

    #[test]
    fn a_variable_without_variance_has_a_root_of_zeros() {
        let noisy = Matrix::from_row_slice(
            3,
            3,
            &[0.476_757, 0.226_871, 0.161_975, 0.226_871, 0.183_927, 0.124_828, 0.161_975, 0.124_828, 0.323_439],
        );
        let place = |index: usize| [0, 2, 3].iter().position(|&at| at == index);
        let entry = |i, j| place(i).zip(place(j)).map_or(0.0, |(i, j)| noisy[(i, j)]);
        let root = positive_semidefinite_root(&Matrix::from_fn(5, 5, entry)).expect("a covariance");
        assert!(root.row(1).iter().chain(root.row(4).iter()).all(|&value| value == 0.0), "{root}");
    }

    #[test]
    fn what_is_no_covariance_is_none_in_any_units() {
        for unit in [1.0, 1e-12, 1e-40] {
            let correlated =
                Matrix::from_row_slice(3, 3, &[1.0, 0.0, 0.0, 0.0, unit, 2.0 * unit, 0.0, 2.0 * unit, unit]);
            let refused = positive_semidefinite_root(&correlated).expect_err("a correlation of 2");
            assert!(matches!(refused, LinalgError::ImpossibleCorrelation { row: 1, column: 2, .. }), "{refused}");
            let skew = 0.5 * unit;
            let asymmetric = Matrix::from_row_slice(3, 3, &[1.0, 0.0, 0.0, 0.0, unit, skew, 0.0, -skew, unit]);
            let refused = positive_semidefinite_root(&asymmetric).expect_err("not symmetric");
            assert!(matches!(refused, LinalgError::NotSymmetric { row: 1, column: 2, .. }), "{refused}");
            // Pairwise possible, together not: three correlations of −0.9.
            let mut three = Matrix::from_element(4, 4, -0.9 * unit);
            three.fill_diagonal(unit);
            three.set_row(0, &nalgebra::RowDVector::from_vec(vec![1.0, 0.0, 0.0, 0.0]));
            three.set_column(0, &nalgebra::DVector::from_vec(vec![1.0, 0.0, 0.0, 0.0]));
            let refused = positive_semidefinite_root(&three).expect_err("indefinite");
            assert!(matches!(refused, LinalgError::NotPositiveSemidefinite { .. }), "{refused}");
            let negative = Matrix::from_diagonal(&nalgebra::DVector::from_vec(vec![1.0, -unit]));
            assert!(matches!(
                positive_semidefinite_root(&negative),
                Err(LinalgError::NegativeVariance { index: 1, .. })
            ));
        }
    }
}
