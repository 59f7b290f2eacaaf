//! Roots of covariances given as matrices of doubles.

use super::{PreciseMatrix, square_root};
use crate::linalg::{Matrix, is_diagonal, power_of_two_near};
use qd::Quad;

/// Pivots of a unit-diagonal matrix below this count as zero: far above the rounding of double-double arithmetic, far
/// below that of the doubles in the matrix.
const VANISHING: f64 = 1e-27;
/// A pivot between [`VANISHING`] and this, in units of rows times the rounding of doubles, may or may not be zero: the
/// digits given do not decide it.
const AMBIGUOUS: f64 = 4.0;

/// A root of a covariance.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    /// F, n × rank, with F·Fᵀ = A.
    pub(crate) factor: PreciseMatrix,
    /// By how much the relative error of the law exceeds the rounding of one operation: of the order of the condition
    /// number of A at unit diagonal; 1 for a diagonal A.
    pub(crate) condition: f64,
}

/// A root of a positive semidefinite matrix, by a pivoted Cholesky factorisation after scaling the diagonal to near one
/// by powers of two. `None` if the matrix is indefinite, or singular up to the rounding of its entries but not exactly.
pub(crate) fn positive_semidefinite_root(matrix: &Matrix) -> Option<Root> {
    let n = matrix.nrows();
    if is_diagonal(matrix) {
        let kept: Vec<usize> = (0..n).filter(|&i| matrix[(i, i)] > 0.0).collect();
        let entry = |i, k: usize| if kept[k] == i { square_root(Quad::from_f64(matrix[(i, i)])) } else { Quad::ZERO };
        return Some(Root { factor: PreciseMatrix::from_fn(n, kept.len(), entry), condition: 1.0 });
    }
    let scale: Vec<f64> =
        (0..n).map(|i| if matrix[(i, i)] > 0.0 { power_of_two_near(matrix[(i, i)].sqrt()) } else { 1.0 }).collect();
    let half = Quad::from_f64(0.5);
    let mut left = PreciseMatrix::from_fn(n, n, |i, j| {
        let scaled = |i: usize, j: usize| Quad::from_f64(matrix[(i, j)] / scale[i] / scale[j]);
        (scaled(i, j) + scaled(j, i)) * half
    });
    let mut columns: Vec<Vec<Quad>> = Vec::new();
    let mut pivots = Vec::new();
    loop {
        let open = (0..n).filter(|i| !pivots.contains(i));
        let Some(pivot) = open.max_by(|&i, &j| left[(i, i)].0.total_cmp(&left[(j, j)].0)) else { break };
        let value = left[(pivot, pivot)].0;
        if value <= VANISHING {
            break;
        }
        if value < AMBIGUOUS * n as f64 * f64::EPSILON {
            return None;
        }
        let length = square_root(left[(pivot, pivot)]);
        let entries: Vec<Quad> =
            (0..n).map(|i| if pivots.contains(&i) { Quad::ZERO } else { left[(i, pivot)] / length }).collect();
        for j in 0..n {
            for i in 0..n {
                left[(i, j)] -= entries[i] * entries[j];
            }
        }
        pivots.push(pivot);
        columns.push(entries);
    }
    // The rest of a semidefinite matrix whose pivots vanish also vanishes.
    let remainder = |i: &usize, j: &usize| left[(*i, *j)].0.abs();
    let rest: Vec<usize> = (0..n).filter(|i| !pivots.contains(i)).collect();
    if rest.iter().any(|i| rest.iter().any(|j| remainder(i, j) > VANISHING * 10.0)) {
        return None;
    }
    let condition = condition(&columns, &pivots);
    let entry = |i: usize, k: usize| columns[k][i] * Quad::from_f64(scale[i]);
    Some(Root { factor: PreciseMatrix::from_fn(n, columns.len(), entry), condition })
}

/// n·‖L⁻¹‖²_F of the pivots' triangle.
fn condition(columns: &[Vec<Quad>], pivots: &[usize]) -> f64 {
    let rank = columns.len();
    let mut inverse = Matrix::zeros(rank, rank);
    for k in 0..rank {
        inverse[(k, k)] = 1.0 / columns[k][pivots[k]].0;
        for i in k + 1..rank {
            let sum: f64 = (k..i).map(|j| columns[j][pivots[i]].0 * inverse[(j, k)]).sum();
            inverse[(i, k)] = -sum / columns[i][pivots[i]].0;
        }
    }
    (rank as f64 * inverse.norm_squared()).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::precise::product;

    fn residual(matrix: &Matrix, root: &Root) -> f64 {
        let again = product(&root.factor, &root.factor.transpose());
        let n = matrix.nrows();
        let mut worst = 0.0_f64;
        for i in 0..n {
            for j in 0..n {
                let unit = (matrix[(i, i)] * matrix[(j, j)]).sqrt();
                worst = worst.max(((again[(i, j)] - Quad::from_f64(matrix[(i, j)])).0 / unit).abs());
            }
        }
        worst
    }

    #[test]
    fn a_root_multiplies_out_in_any_units() {
        for unit in [1.0, 1e-9, 1e12] {
            let matrix = Matrix::from_row_slice(2, 2, &[0.5, 0.3 * unit, 0.3 * unit, 0.4 * unit * unit]);
            let root = positive_semidefinite_root(&matrix).expect("definite");
            assert_eq!(root.factor.ncols(), 2);
            assert!(residual(&matrix, &root) < 1e-30, "{unit}: {:e}", residual(&matrix, &root));
            assert!(root.condition > 1.0 && root.condition < 100.0);
        }
    }

    #[test]
    fn the_condition_is_that_of_the_triangle() {
        // The root of (1, 4/5; 4/5, 1) is L = (1, 0; 4/5, 3/5), its inverse (1, 0; −4/3, 5/3): 2·(1 + 16/9 + 25/9) = 100/9.
        let matrix = Matrix::from_row_slice(2, 2, &[1.0, 0.8, 0.8, 1.0]);
        let root = positive_semidefinite_root(&matrix).expect("definite");
        assert!((root.condition / (100.0 / 9.0) - 1.0).abs() < 1e-14, "{}", root.condition);
        // Of an autoregression with ρ = ½, n·tr Σ⁻¹ = 3·(3 + ρ²)/(1 − ρ²), whatever the pivots.
        let chain = Matrix::from_fn(3, 3, |i, j| 0.5_f64.powi(i32::try_from(i.abs_diff(j)).expect("small")));
        let root = positive_semidefinite_root(&chain).expect("definite");
        assert!((root.condition / 13.0 - 1.0).abs() < 1e-14, "{}", root.condition);
        let diagonal = Matrix::from_diagonal(&nalgebra::DVector::from_vec(vec![4.0, 0.0, 1e-40]));
        let root = positive_semidefinite_root(&diagonal).expect("semidefinite");
        assert!((root.condition - 1.0).abs() < 1e-15 && root.factor.ncols() == 2, "{}", root.condition);
    }

    #[test]
    fn an_exactly_singular_matrix_has_its_rank_and_a_blurred_one_no_root() {
        let mut matrix = Matrix::from_element(3, 3, 1.0);
        assert_eq!(positive_semidefinite_root(&matrix).expect("rank one").factor.ncols(), 1);
        matrix[(2, 2)] += f64::EPSILON;
        assert!(positive_semidefinite_root(&matrix).is_none());
        matrix[(2, 2)] = 1.0 - 1e-6;
        assert!(positive_semidefinite_root(&matrix).is_none(), "indefinite");
        // A variable without variance beside two that are correlated.
        let matrix = Matrix::from_row_slice(3, 3, &[1.0, 0.5, 0.0, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let root = positive_semidefinite_root(&matrix).expect("semidefinite");
        assert!(root.factor.ncols() == 2 && residual(&matrix, &root) < 1e-30);
    }
}
