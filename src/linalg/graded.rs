//! The singular value decomposition of matrices whose rows and columns have different units.
//!
//! A general SVD is accurate relative to the largest entry: in D₁·B·D₂ with diagonal D₁ and D₂, the contribution of
//! quiet channels is lost behind loud ones. Here every step is accurate row by row and column by column, so whatever B
//! determines well is found in any units.

use super::{LinalgError, Matrix, Svd, require_finite};
use nalgebra::DVector;

/// Columns whose cosine is below this count as orthogonal.
const ORTHOGONAL: f64 = 4.0 * f64::EPSILON;

/// Sweeps before giving up; convergence is quadratic.
const SWEEPS: usize = 60;

/// Scales that differ by this factor or more are graded: a general decomposition would lose a fifth of the digits of the quiet ones.
const GRADED: f64 = 1e3;

/// Whether the non-zero scales of rows or columns differ by a factor of 1000 or more, so that [`graded_svd`] is worth its time.
pub fn is_graded(scales: &[f64]) -> bool {
    let largest = scales.iter().copied().fold(0.0, f64::max);
    scales.iter().any(|&scale| scale > 0.0 && largest >= GRADED * scale)
}

/// The leading `rank` singular triplets of D₁·B·D₂, each as accurate as B determines it, for any diagonal D₁, D₂.
/// `rank` is the known rank: everything beyond it counts as rounding. Fewer triplets are returned if the rest of the
/// matrix is exactly zero.
///
/// A QR factorisation with column pivoting, whose reflections pivot on the largest entry, is stable row by row (Cox and
/// Higham 1998); one-sided Jacobi rotations of the rows of R have high relative accuracy (Drmač and Veselić 2008).
///
/// # Errors
/// [`LinalgError::NotFinite`], [`LinalgError::NoConvergence`].
pub fn graded_svd(matrix: &Matrix, rank: usize) -> Result<Svd, LinalgError> {
    require_finite(matrix)?;
    let (rows, columns) = matrix.shape();
    let Triangle { reflections, upper, row_order, column_order } = Triangle::new(matrix, rank.min(rows).min(columns));
    let failed = || LinalgError::NoConvergence { algorithm: "graded SVD", rows, columns };
    let (rotations, turned) = orthogonal_rows(&upper).ok_or_else(failed)?;
    let count = turned.ncols();
    let lengths: Vec<f64> = turned.column_iter().map(|column| column.norm()).collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| lengths[b].total_cmp(&lengths[a]));

    // A·P = S·Q·R and R = J·diag(σ)·Vᵀ: left vectors are S·Q·J, right ones P·V.
    let mut left = Matrix::zeros(rows, count);
    let mut right = Matrix::zeros(columns, count);
    for (place, &index) in order.iter().enumerate() {
        let mut vector = DVector::zeros(rows);
        vector.rows_mut(0, count).copy_from(&rotations.column(index));
        for (step, reflection) in reflections.iter().enumerate().rev() {
            reflect(reflection, &mut vector.rows_mut(step, rows - step));
        }
        let sign = if vector[vector.iamax()] < 0.0 { -1.0 } else { 1.0 };
        for (sorted, &row) in row_order.iter().enumerate() {
            left[(row, place)] = sign * vector[sorted];
        }
        for (sorted, &column) in column_order.iter().enumerate() {
            right[(column, place)] = sign * turned[(sorted, index)] / lengths[index];
        }
    }
    Ok(Svd { left, values: order.iter().map(|&index| lengths[index]).collect(), right })
}

/// A·P = S·Q·R with permutations S and P.
struct Triangle {
    /// Unit normals of the reflections, the k-th over the rows from k on.
    reflections: Vec<DVector<f64>>,
    /// R, steps × columns.
    upper: Matrix,
    row_order: Vec<usize>,
    column_order: Vec<usize>,
}

impl Triangle {
    fn new(matrix: &Matrix, steps: usize) -> Self {
        let (rows, columns) = matrix.shape();
        let mut work = matrix.clone();
        let mut row_order: Vec<usize> = (0..rows).collect();
        let mut column_order: Vec<usize> = (0..columns).collect();
        let mut reflections = Vec::with_capacity(steps);
        for step in 0..steps {
            let remaining = |column: usize| work.view((step, column), (rows - step, 1)).norm();
            let longest = (step..columns).max_by(|&a, &b| remaining(a).total_cmp(&remaining(b))).unwrap_or(step);
            if remaining(longest) == 0.0 {
                break;
            }
            work.swap_columns(step, longest);
            column_order.swap(step, longest);
            let largest = step + work.view((step, step), (rows - step, 1)).iamax_full().0;
            work.swap_rows(step, largest);
            row_order.swap(step, largest);
            // Earlier reflections were made before this exchange, so their normals are exchanged as well.
            for (earlier, reflection) in reflections.iter_mut().enumerate() {
                DVector::swap_rows(reflection, step - earlier, largest - earlier);
            }

            let mut normal: DVector<f64> = work.view((step, step), (rows - step, 1)).column(0).into_owned();
            let length = normal.norm();
            let pivot = -length.copysign(normal[0]);
            normal[0] -= pivot;
            normal.normalize_mut();
            for column in step + 1..columns {
                let mut entries = work.view((step, column), (rows - step, 1)).column(0).into_owned();
                reflect(&normal, &mut entries.rows_mut(0, rows - step));
                work.view_mut((step, column), (rows - step, 1)).copy_from(&entries);
            }
            work[(step, step)] = pivot;
            work.view_mut((step + 1, step), (rows - step - 1, 1)).fill(0.0);
            reflections.push(normal);
        }
        let upper = work.rows(0, reflections.len()).into_owned();
        Self { reflections, upper, row_order, column_order }
    }
}

/// (I − 2nnᵀ)·x.
fn reflect(normal: &DVector<f64>, vector: &mut nalgebra::DVectorViewMut<'_, f64>) {
    let overlap = normal.dot(vector);
    vector.axpy(-2.0 * overlap, normal, 1.0);
}

/// J and Y = Rᵀ·J with orthogonal columns; `None` if the sweeps do not converge.
fn orthogonal_rows(upper: &Matrix) -> Option<(Matrix, Matrix)> {
    let mut turned = upper.transpose();
    let count = turned.ncols();
    let mut rotations = Matrix::identity(count, count);
    for _ in 0..SWEEPS {
        let mut settled = true;
        for i in 0..count {
            for j in i + 1..count {
                let (alpha, beta) = (turned.column(i).norm_squared(), turned.column(j).norm_squared());
                let gamma = turned.column(i).dot(&turned.column(j));
                if gamma.abs() <= ORTHOGONAL * alpha.sqrt() * beta.sqrt() {
                    continue;
                }
                settled = false;
                let zeta = (beta - alpha) / (2.0 * gamma);
                let tangent = 1.0_f64.copysign(zeta) / (zeta.abs() + zeta.hypot(1.0));
                let cosine = tangent.hypot(1.0).recip();
                for matrix in [&mut turned, &mut rotations] {
                    rotate(matrix, i, j, cosine, cosine * tangent);
                }
            }
        }
        if settled {
            return Some((rotations, turned));
        }
    }
    None
}

/// Turns columns i and j.
fn rotate(matrix: &mut Matrix, i: usize, j: usize, cosine: f64, sine: f64) {
    for row in 0..matrix.nrows() {
        let (x, y) = (matrix[(row, i)], matrix[(row, j)]);
        (matrix[(row, i)], matrix[(row, j)]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::svd;

    fn well_conditioned(rows: usize, columns: usize, rank: usize) -> Matrix {
        let wave = |scale: f64| move |i: usize, j: usize| ((3.0 * i as f64 + 1.0) * (j as f64 + scale)).sin();
        Matrix::from_fn(rows, rank, wave(0.7)) * Matrix::from_fn(rank, columns, wave(0.3))
    }

    fn reconstruction(svd: &Svd) -> Matrix {
        &svd.left * Matrix::from_diagonal(&svd.values.clone().into()) * svd.right.transpose()
    }

    #[test]
    fn it_is_the_general_decomposition_where_units_are_alike() {
        for (rows, columns, rank) in [(5, 4, 4), (4, 7, 3), (6, 6, 2), (1, 3, 1), (3, 1, 1)] {
            let matrix = well_conditioned(rows, columns, rank);
            let (graded, general) = (graded_svd(&matrix, rank).expect("graded"), svd(&matrix).expect("general"));
            for (a, b) in graded.values.iter().zip(&general.values) {
                assert!((a - b).abs() < 1e-14 * general.values[0], "{rows} × {columns}");
            }
            assert!((reconstruction(&graded) - &matrix).norm() < 1e-14 * matrix.norm());
            // The sign is that of the largest entry of the left vector.
            assert!(graded.left.column_iter().all(|vector| vector[vector.iamax()] > 0.0), "{rows} × {columns}");
        }
    }

    #[test]
    fn quiet_rows_and_columns_keep_their_digits() {
        // Rank 2 in units from 2^-60 to 2^60: every entry is rebuilt relative to its own row and column.
        let plain = well_conditioned(5, 4, 2);
        let (rows, columns) = ([60, -60, 3, 40, -7], [-50, 0, 55, 11]);
        let unit = |i: usize, j: usize| 2.0_f64.powi(rows[i] + columns[j]);
        let matrix = Matrix::from_fn(5, 4, |i, j| plain[(i, j)] * unit(i, j));
        let graded = graded_svd(&matrix, 2).expect("a decomposition");
        assert_eq!(graded.values.len(), 2);
        let rebuilt = reconstruction(&graded);
        for i in 0..5 {
            for j in 0..4 {
                let size = plain.row(i).norm() * plain.column(j).norm() * unit(i, j);
                assert!((rebuilt[(i, j)] - matrix[(i, j)]).abs() < 1e-13 * size, "({i}, {j})");
            }
        }
        // The product of both values is the volume of the leading minors (Cauchy–Binet), dominated by the loudest pair.
        let minor = |a: [usize; 2], b: [usize; 2]| {
            plain[(a[0], b[0])] * plain[(a[1], b[1])] - plain[(a[0], b[1])] * plain[(a[1], b[0])]
        };
        let mut volume = 0.0_f64;
        for (i, k) in [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)] {
            for (j, l) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
                volume = volume.hypot(minor([i, k], [j, l]) * unit(i, j) * unit(k, l));
            }
        }
        assert!((graded.values[0] * graded.values[1] / volume - 1.0).abs() < 1e-12);
    }

    #[test]
    fn vectors_keep_the_order_of_the_rows() {
        // The second pivot is the last row, which the first reflection knew by another place.
        let matrix = Matrix::from_row_slice(4, 3, &[4.0, 1.0, 0.5, 1.0, 2.0, 0.25, 0.5, 0.25, 1.0, 2.0, 9.0, 0.125]);
        let svd = graded_svd(&matrix, 3).expect("a decomposition");
        assert!((reconstruction(&svd) - &matrix).norm() < 1e-14 * matrix.norm());
        let gram = svd.left.transpose() * &svd.left;
        assert!((gram - Matrix::identity(3, 3)).norm() < 1e-14);
    }

    #[test]
    fn scales_a_thousand_apart_are_graded_and_zeros_do_not_count() {
        assert!(is_graded(&[1.0, 1000.0]) && is_graded(&[2e5, 0.0, 1e-8, 3.0]));
        assert!(!is_graded(&[1.0, 999.0, 40.0]) && !is_graded(&[0.0, 1e-30, 2e-30]) && !is_graded(&[0.0, 0.0]));
        assert!(!is_graded(&[]));
    }

    #[test]
    fn zeros_have_no_triplets() {
        let svd = graded_svd(&Matrix::zeros(3, 2), 2).expect("a decomposition");
        assert_eq!((svd.values.len(), svd.left.shape(), svd.right.shape()), (0, (3, 0), (2, 0)));
    }
}
