//! Singular values and vectors by one-sided Jacobi rotations.

use super::{PreciseMatrix, ROUNDING, column, dot, length, square_root, square_sum};
use qd::Quad;

/// Columns count as orthogonal if the cosine of the angle between them is below this.
const ORTHOGONAL: f64 = 64.0 * ROUNDING;
/// Columns shorter than this fraction of the matrix are rounding: rotating them cannot converge.
const NEGLIGIBLE: f64 = 1e-30;
/// Sweeps before giving up; convergence is quadratic and needs about eight.
const SWEEPS: usize = 80;

/// The triplets of a singular value decomposition with non-negligible values.
#[derive(Debug, Clone)]
pub(crate) struct Svd {
    /// rows × rank, orthonormal columns.
    pub(crate) left: PreciseMatrix,
    /// Descending, positive.
    pub(crate) values: Vec<Quad>,
    /// columns × rank, orthonormal columns.
    pub(crate) right: PreciseMatrix,
}

/// The singular value decomposition of a matrix, without values below 1e-30 of the largest. `None` if an entry is not finite.
pub(crate) fn svd(matrix: &PreciseMatrix) -> Option<Svd> {
    if matrix.nrows() < matrix.ncols() {
        let Svd { left, values, right } = svd(&matrix.transpose())?;
        return Some(Svd { left: right, values, right: left });
    }
    let count = matrix.ncols();
    let mut turned = matrix.clone();
    let mut right = PreciseMatrix::identity(count, count);
    let total = square_sum(matrix.as_slice());
    if !total.is_finite() {
        return None;
    }
    let negligible = total.0 * NEGLIGIBLE * NEGLIGIBLE;
    let mut converged = false;
    for _ in 0..SWEEPS {
        converged = true;
        for i in 0..count {
            for j in i + 1..count {
                if let Some((cosine, sine)) = rotation(column(&turned, i), column(&turned, j), negligible) {
                    rotate(&mut turned, i, j, cosine, sine);
                    rotate(&mut right, i, j, cosine, sine);
                    converged = false;
                }
            }
        }
        if converged {
            break;
        }
    }
    converged.then(|| sorted(&turned, &right, negligible))
}

fn sorted(turned: &PreciseMatrix, right: &PreciseMatrix, negligible: f64) -> Svd {
    let squares: Vec<Quad> = (0..turned.ncols()).map(|j| square_sum(column(turned, j))).collect();
    let mut order: Vec<usize> = (0..turned.ncols()).filter(|&j| squares[j].0 > negligible).collect();
    order.sort_by(|&i, &j| squares[j].0.total_cmp(&squares[i].0).then(squares[j].1.total_cmp(&squares[i].1)));
    let values: Vec<Quad> = order.iter().map(|&j| length(column(turned, j))).collect();
    Svd {
        left: PreciseMatrix::from_fn(turned.nrows(), order.len(), |i, k| turned[(i, order[k])] / values[k]),
        right: right.select_columns(&order),
        values,
    }
}

/// The rotation that makes two columns orthogonal; `None` if they already are.
fn rotation(x: &[Quad], y: &[Quad], negligible: f64) -> Option<(Quad, Quad)> {
    let (alpha, beta, gamma) = (square_sum(x), square_sum(y), dot(x, y));
    if alpha.0.min(beta.0) <= negligible || gamma.0.abs() <= ORTHOGONAL * (alpha.0 * beta.0).sqrt() {
        return None;
    }
    let theta = (beta - alpha) / (gamma + gamma);
    let magnitude = Quad::ONE / (theta.abs() + square_root(theta * theta + Quad::ONE));
    let tangent = if theta.0 < 0.0 { -magnitude } else { magnitude };
    let cosine = Quad::ONE / square_root(tangent * tangent + Quad::ONE);
    Some((cosine, tangent * cosine))
}

fn rotate(matrix: &mut PreciseMatrix, i: usize, j: usize, cosine: Quad, sine: Quad) {
    for row in 0..matrix.nrows() {
        let (u, v) = (matrix[(row, i)], matrix[(row, j)]);
        if u.0 != 0.0 || v.0 != 0.0 {
            matrix[(row, i)] = cosine * u - sine * v;
            matrix[(row, j)] = sine * u + cosine * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::linalg::precise::{lift, product, product_tn};

    #[test]
    fn factors_multiply_out_and_are_orthonormal() {
        for (rows, columns) in [(5, 3), (3, 5), (4, 4)] {
            let matrix = lift(&Matrix::from_fn(rows, columns, |i, j| ((5 * i + 3 * j + i * j) % 7) as f64 / 40.0));
            let found = svd(&matrix).expect("finite");
            let scaled = PreciseMatrix::from_fn(rows, found.values.len(), |i, k| found.left[(i, k)] * found.values[k]);
            let residual = product(&scaled, &found.right.transpose()) - &matrix;
            assert!(residual.iter().all(|entry| entry.0.abs() < 1e-30), "{residual:?}");
            let gram = product_tn(&found.left, &found.left);
            let identity = PreciseMatrix::identity(gram.nrows(), gram.nrows());
            assert!((gram - identity).iter().all(|entry| entry.0.abs() < 1e-29));
            assert!(found.values.windows(2).all(|pair| pair[0].0 >= pair[1].0));
        }
    }

    #[test]
    fn graded_columns_keep_their_digits() {
        // Orthogonal columns of very different lengths, mixed by an exact rotation of the rows.
        let matrix = lift(&Matrix::from_row_slice(2, 2, &[3.0, -4e-20, 4.0, 3e-20]));
        let found = svd(&matrix).expect("finite");
        assert!((found.values[0].0 - 5.0).abs() < 1e-15);
        assert!((found.values[1].0 / 5e-20 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_matrix_of_low_rank_has_no_more_values() {
        let matrix = lift(&Matrix::from_fn(6, 4, |i, j| (i + 1) as f64 * (j + 2) as f64));
        assert_eq!(svd(&matrix).expect("finite").values.len(), 1);
        let zero = PreciseMatrix::from_element(3, 2, Quad::ZERO);
        assert!(svd(&zero).expect("finite").values.is_empty());
    }
}
