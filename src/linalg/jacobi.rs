//! One-sided Jacobi rotations: the singular values and polar factors of small matrices.
//!
//! For encoders and targets of typical size they are several times faster than a general SVD, and they preserve the
//! relative accuracy of small columns, which bidiagonalisation does not.

use super::Matrix;

/// Columns count as orthogonal if the cosine of the angle between them is below this.
const ORTHOGONAL: f64 = 4.0 * f64::EPSILON;

/// Columns shorter than this, in matrices of norm 1, are rounding: rotating them cannot converge.
const NEGLIGIBLE: f64 = 4.0 * f64::EPSILON;

/// Cosines of the angles between columns before the last sweep …
const LAST_COSINE: f64 = 1e-8;
/// … and the fraction of one cosine that a rotation of the last sweep may add to another.
const LAST_FILL: f64 = 1e-8;

/// Columns are padded with zeros to a multiple of this many rows, for vector instructions.
const LANES: usize = 4;

/// Below this fraction of the largest singular value, the polar factor is left to the general decomposition.
const FAINT: f64 = 1e-8;

/// Sweeps before giving up. Convergence is quadratic; two to four are usual.
const SWEEPS: usize = 60;

/// Up to this many columns rotations are faster than bidiagonalisation.
pub(super) const SMALL: usize = 24;

/// The singular values of stacked blocks, descending, as many as the smaller dimension. `None` if the sweeps do not converge.
///
/// Rotations act on the rows of the triangle of a pivoted QR factorisation, which are nearly orthogonal already and as
/// graded as the spectrum (Drmač and Veselić 2008).
pub(crate) fn small_singular_values(blocks: &[&Matrix]) -> Option<Vec<f64>> {
    let mut rows = Columns::of_blocks(blocks).triangle_rows();
    for _ in 0..SWEEPS {
        if rows.sweep() {
            let mut values: Vec<f64> = (0..rows.count).map(|index| squared_norm(rows.column(index)).sqrt()).collect();
            values.sort_by(|a, b| b.total_cmp(a));
            return Some(values);
        }
    }
    None
}

/// The matrix with orthonormal columns (rows, if it is wide) nearest to a small one with entries near one, U·Vᵀ. `None` if the sweeps do not
/// converge, or if a singular value is so far below the largest that its direction is rounding.
pub(super) fn small_polar_factor(matrix: &Matrix) -> Option<Matrix> {
    let wide = matrix.nrows() < matrix.ncols();
    // The columns of A, which become those of U·diag(σ), and V, which is rotated with them.
    let mut turned = Columns::of_blocks(&[matrix]);
    let count = turned.count;
    let mut right = Columns::of_blocks(&[&Matrix::identity(count, count)]);
    let converged = (0..SWEEPS).any(|_| turned.sweep_with(|i, j, rotation| right.rotate(i, j, rotation)));
    if !converged {
        return None;
    }
    let values: Vec<f64> = (0..count).map(|index| squared_norm(turned.column(index)).sqrt()).collect();
    let largest = values.iter().copied().fold(0.0, f64::max);
    if !values.iter().all(|&value| value > FAINT * largest) {
        return None;
    }
    let length = matrix.nrows().max(matrix.ncols());
    let mut factor = Matrix::zeros(length, count);
    for (k, value) in values.iter().enumerate() {
        for j in 0..count {
            let share = right.column(k)[j] / value;
            factor.column_mut(j).iter_mut().zip(turned.column(k)).for_each(|(sum, entry)| *sum += share * entry);
        }
    }
    Some(if wide { factor.transpose() } else { factor })
}

/// Every pair i < j once, in rounds of disjoint pairs, so that the processor can overlap their rotations.
fn tournament(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let even = count + count % 2;
    let circle = even.saturating_sub(1);
    (0..circle).flat_map(move |round| {
        let fixed = std::iter::once((round, circle));
        let pairs = (1..even / 2).map(move |step| ((round + step) % circle, (round + circle - step) % circle));
        fixed.chain(pairs).map(|(a, b)| (a.min(b), a.max(b))).filter(move |&(_, j)| j < count)
    })
}

/// Columns of a small matrix, one after another.
struct Columns {
    entries: Vec<f64>,
    rows: usize,
    count: usize,
}

/// c and s of a plane rotation.
#[derive(Clone, Copy)]
struct Rotation {
    cosine: f64,
    sine: f64,
    /// Whether columns are orthogonal after a sweep of such rotations: what it reintroduces is below rounding.
    last: bool,
}

impl Columns {
    fn zeros(rows: usize, count: usize) -> Self {
        let rows = rows.next_multiple_of(LANES);
        Self { entries: vec![0.0; rows * count], rows, count }
    }

    /// Stacked blocks, transposed if that leaves fewer columns.
    fn of_blocks(blocks: &[&Matrix]) -> Self {
        let length: usize = blocks.iter().map(|block| block.nrows()).sum();
        let width = blocks.first().map_or(0, |block| block.ncols());
        assert!(blocks.iter().all(|block| block.ncols() == width), "blocks one over the other are of one width");
        let mut result = if width <= length { Self::zeros(length, width) } else { Self::zeros(width, length) };
        let mut start = 0;
        for block in blocks.iter().filter(|block| !block.is_empty()) {
            let height = block.nrows();
            for (j, column) in block.as_slice().chunks_exact(height).enumerate() {
                if width <= length {
                    result.column_mut(j)[start..start + height].copy_from_slice(column);
                } else {
                    column.iter().enumerate().for_each(|(i, &entry)| result.column_mut(start + i)[j] = entry);
                }
            }
            start += height;
        }
        result
    }

    /// The rows of R in the QR factorisation with column pivoting, in the order of the pivots, by modified
    /// Gram–Schmidt, whose rounding is relative to each column. Their entries keep the order of the columns, a
    /// permutation that singular values ignore.
    fn triangle_rows(mut self) -> Self {
        let mut triangle = Self::zeros(self.count, self.count);
        let mut squared: Vec<f64> = (0..self.count).map(|index| squared_norm(self.column(index))).collect();
        let mut remaining: Vec<usize> = (0..self.count).collect();
        for k in 0..self.count {
            let longest = (0..remaining.len()).max_by(|&a, &b| squared[remaining[a]].total_cmp(&squared[remaining[b]]));
            let Some(chosen) = longest.map(|position| remaining.swap_remove(position)) else { break };
            let norm = squared_norm(self.column(chosen)).sqrt();
            if norm == 0.0 {
                continue;
            }
            let pivot: Vec<f64> = self.column(chosen).iter().map(|entry| entry / norm).collect();
            let row = triangle.column_mut(k);
            row[chosen] = norm;
            for &other in &remaining {
                let column = self.column_mut(other);
                let overlap = dot(&pivot, column);
                row[other] = overlap;
                // Downdated lengths are rough after cancellation; they only choose pivots.
                squared[other] -= overlap * overlap;
                column.iter_mut().zip(&pivot).for_each(|(entry, direction)| *entry -= overlap * direction);
            }
        }
        triangle
    }

    /// Rotates every pair of columns once; returns whether that left all of them orthogonal.
    fn sweep(&mut self) -> bool {
        self.sweep_with(|_, _, _| {})
    }

    /// The same, reporting every rotation.
    fn sweep_with(&mut self, mut told: impl FnMut(usize, usize, Rotation)) -> bool {
        let mut last = true;
        for (i, j) in tournament(self.count) {
            if let Some(rotation) = Rotation::between(self.column(i), self.column(j)) {
                self.rotate(i, j, rotation);
                told(i, j, rotation);
                last &= rotation.last;
            }
        }
        last
    }

    fn column(&self, index: usize) -> &[f64] {
        &self.entries[index * self.rows..(index + 1) * self.rows]
    }

    fn column_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.entries[index * self.rows..(index + 1) * self.rows]
    }

    /// Turns columns i < j.
    fn rotate(&mut self, i: usize, j: usize, Rotation { cosine, sine, .. }: Rotation) {
        let (head, tail) = self.entries.split_at_mut(j * self.rows);
        let first = head[i * self.rows..(i + 1) * self.rows].as_chunks_mut::<LANES>().0;
        for (x, y) in first.iter_mut().zip(tail[..self.rows].as_chunks_mut::<LANES>().0) {
            for lane in 0..LANES {
                (x[lane], y[lane]) = (cosine * x[lane] - sine * y[lane], sine * x[lane] + cosine * y[lane]);
            }
        }
    }
}

impl Rotation {
    /// The rotation that makes two columns orthogonal; `None` if they already are.
    #[expect(clippy::imprecise_flops, reason = "the hottest line; lengths are at most of order one, nothing overflows")]
    fn between(x: &[f64], y: &[f64]) -> Option<Self> {
        let (alpha, beta, gamma) = inner_products(x, y);
        if gamma * gamma <= ORTHOGONAL * ORTHOGONAL * alpha * beta || alpha.min(beta) <= NEGLIGIBLE * NEGLIGIBLE {
            return None;
        }
        // Half the angle whose tangent is 2γ/(β − α), in (−π/4, π/4].
        let difference = beta - alpha;
        let radius = (difference * difference + 4.0 * gamma * gamma).sqrt();
        let adjacent = radius + difference.abs();
        let opposite = 2.0 * gamma.copysign(gamma * difference);
        let scale = (adjacent * adjacent + opposite * opposite).sqrt().recip();
        let (cosine, sine) = (adjacent * scale, opposite * scale);
        // A rotation adds to the cosine of each of the two with a third column at most |sine|·(ratio of their lengths) times
        // the other's: 1e-8 · 1e-8. Large rotations, of nearly equal columns, ask for another sweep.
        let (small, large) = (alpha.min(beta), alpha.max(beta));
        let last = gamma * gamma <= LAST_COSINE * LAST_COSINE * alpha * beta
            && sine * sine * large <= LAST_FILL * LAST_FILL * small;
        Some(Self { cosine, sine, last })
    }
}

fn squared_norm(x: &[f64]) -> f64 {
    dot(x, x)
}

/// xᵀy in four running sums, so that the compiler may use vector instructions.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (x_blocks, x_rest) = x.as_chunks::<LANES>();
    let (y_blocks, y_rest) = y.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in x_blocks.iter().zip(y_blocks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(a, b)| a * b).sum();
    total(sums) + rest
}

/// xᵀx, yᵀy and xᵀy of columns whose length is a multiple of the lanes, in one pass.
fn inner_products(x: &[f64], y: &[f64]) -> (f64, f64, f64) {
    let (mut alpha, mut beta, mut gamma) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for (a, b) in x.as_chunks::<LANES>().0.iter().zip(y.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            alpha[lane] += a[lane] * a[lane];
            beta[lane] += b[lane] * b[lane];
            gamma[lane] += a[lane] * b[lane];
        }
    }
    (total(alpha), total(beta), total(gamma))
}

fn total(sums: [f64; LANES]) -> f64 {
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{polar_factor, svd};

    #[test]
    fn they_are_those_of_the_general_decomposition() {
        let matrix = |rows, columns| Matrix::from_fn(rows, columns, |i, j| ((5 * i + 3 * j + i * j) % 7) as f64 / 40.0);
        for (upper, lower, columns) in [(4, 5, 6), (1, 1, 5), (3, 0, 3), (2, 9, 1), (12, 12, 24), (7, 2, 12)] {
            let blocks = [matrix(upper, columns), matrix(lower, columns)];
            let mut whole = Matrix::zeros(upper + lower, columns);
            whole.rows_mut(0, upper).copy_from(&blocks[0]);
            whole.rows_mut(upper, lower).copy_from(&blocks[1]);
            let expected = svd(&whole).expect("a decomposition").values;
            let got = small_singular_values(&[&blocks[0], &blocks[1]]).expect("converged");
            assert_eq!(got.len(), expected.len());
            for (got, expected) in got.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-14 * columns as f64, "{upper} + {lower} × {columns}");
            }
        }
    }

    #[test]
    fn small_columns_keep_their_digits() {
        // Orthogonal columns of very different lengths, mixed by a rotation of the rows.
        let (cosine, sine) = (0.6, 0.8);
        let matrix = Matrix::from_row_slice(2, 2, &[cosine, -sine * 1e-9, sine, cosine * 1e-9]);
        let values = small_singular_values(&[&matrix]).expect("converged");
        assert!((values[0] - 1.0).abs() < 1e-15 && (values[1] / 1e-9 - 1.0).abs() < 1e-14);
    }

    #[test]
    fn the_polar_factor_is_that_of_the_general_decomposition() {
        let matrix = |rows, columns| Matrix::from_fn(rows, columns, |i, j| ((5 * i + 3 * j + i * j) % 7) as f64 - 2.9);
        for (rows, columns) in [(1, 1), (7, 1), (1, 5), (9, 3), (3, 9), (6, 6), (17, 2)] {
            // Columns of different lengths.
            let mut matrix = matrix(rows, columns) + Matrix::identity(rows, columns) * 2.0;
            (0..).zip(matrix.column_iter_mut()).for_each(|(j, mut column)| column *= 0.3_f64.powi(j));
            let svd = svd(&matrix).expect("a decomposition");
            let expected = &svd.left * svd.right.transpose();
            let got = small_polar_factor(&matrix).expect("well conditioned");
            let condition = svd.values[0] / svd.values[svd.values.len() - 1];
            assert!((&got - expected).amax() < 1e-15 * 8.0 * condition, "{rows} × {columns}: {got}");
            for unit in [-60, 60].map(|exponent| 2.0_f64.powi(exponent)) {
                let [plain, moved] = [1.0, unit].map(|unit| polar_factor(&(&matrix * unit)).expect("a factor"));
                assert_eq!(plain, moved, "{rows} × {columns}");
            }
            let square = if rows < columns { &got * got.transpose() } else { got.transpose() * &got };
            assert!((&square - Matrix::identity(square.nrows(), square.nrows())).amax() < 1e-14, "{rows} × {columns}");
        }
        // A direction that is rounding is nobody's: the general decomposition completes it.
        assert!(small_polar_factor(&Matrix::from_row_slice(2, 2, &[1.0, 1.0, 1.0, 1.0])).is_none());
        assert!(small_polar_factor(&Matrix::zeros(3, 2)).is_none());
    }

    #[test]
    fn close_values_keep_their_digits() {
        // I + 1e-9·S: the first rotations turn columns by large angles, which leaves others short of orthogonal.
        let nearly = |entries: &[f64]| Matrix::identity(3, 3) + Matrix::from_row_slice(3, 3, entries) * 1e-9;
        for entries in [
            [-1.0, 2.0, -3.0, 2.0, 2.0, 3.0, -3.0, 3.0, -1.0],
            [2.0, 1.0, 3.0, 1.0, -2.0, -1.0, 3.0, -1.0, -2.0],
            [3.0, -3.0, 1.0, -3.0, 3.0, 3.0, 1.0, 3.0, 3.0],
        ] {
            let matrix = nearly(&entries);
            let expected = svd(&matrix).expect("a decomposition").values;
            let values = small_singular_values(&[&matrix]).expect("converged");
            for (value, expected) in values.iter().zip(&expected) {
                assert!((value - expected).abs() < 1e-14, "{values:?}, not {expected:?}");
            }
        }
    }
}
