//! One-sided Jacobi rotations for small matrices: the cosine–sine decomposition behind principal angles.
//!
//! At the sizes of encoders and targets they are several times faster than a general SVD, and they keep the relative
//! accuracy of small columns, which bidiagonalisation does not.

use super::Matrix;

/// Columns whose cosine of the angle between them is below this count as orthogonal.
const ORTHOGONAL: f64 = 4.0 * f64::EPSILON;

/// Columns shorter than this, in matrices of norm 1, are rounding: turning them cannot converge.
const NEGLIGIBLE: f64 = 4.0 * f64::EPSILON;

/// Cosines of the angles between columns before the last sweep …
const LAST_COSINE: f64 = 1e-8;
/// … and the share of one cosine that a rotation of the last sweep may add to another.
const LAST_FILL: f64 = 1e-8;

/// Σσ² up to which every σ is at most 0.7: below 45° with room for rounding, and below the cosine from which
/// [`PrincipalAngles`](super::PrincipalAngles) trusts sines.
pub(crate) const ONE_SIDED: f64 = 0.49;

/// Columns are padded with zeros to a multiple of this many rows, for vector instructions.
const LANES: usize = 4;

/// Sweeps before giving up. Convergence is quadratic; four to eight are usual.
const SWEEPS: usize = 60;

/// The singular values of C (cosines, descending) and of S (sines, ascending), one of each for every column, where
/// CᵀC + SᵀS = I: what orthogonalises the columns of one orthogonalises those of the other. S is given as blocks, one over
/// the other.
///
/// Where all angles are known to lie on one side of 45°, only the smaller of the two matrices is decomposed, and the other's
/// values follow. Elsewhere the rotation of two columns is taken from S where both have cosines above √½, otherwise from C: from the matrix that
/// is small, where the other has lost what tells the two columns apart. `None` when the sweeps do not converge.
pub(crate) fn cosines_and_sines(cosine: &Matrix, sine: &[&Matrix]) -> Option<(Vec<f64>, Vec<f64>)> {
    assert!(sine.iter().all(|block| block.ncols() == cosine.ncols()), "as many columns of cosines as of sines");
    let cosine_norm = squared_norm(cosine.as_slice());
    let sine_norm: f64 = sine.iter().map(|block| squared_norm(block.as_slice())).sum();
    if sine_norm <= ONE_SIDED || cosine_norm <= ONE_SIDED {
        let one = if sine_norm < cosine_norm { Columns::triangular(sine) } else { Columns::triangular(&[cosine]) };
        let mut small = one.orthogonalised()?;
        small.sort_by(f64::total_cmp);
        let mut large: Vec<f64> = small.iter().map(|&value| complement(value)).collect();
        if sine_norm < cosine_norm {
            return Some((large, small));
        }
        small.reverse();
        large.reverse();
        return Some((small, large));
    }
    let (mut cosine, mut sine) = (Columns::triangular(&[cosine]), Columns::triangular(sine));
    let mut near = vec![false; cosine.count];
    converge(cosine.count, |pairs| {
        for (i, near) in near.iter_mut().enumerate() {
            *near = squared_norm(cosine.column(i)) > 0.5;
        }
        let mut last = true;
        for (i, j) in pairs {
            let deciding = if near[i] && near[j] { &sine } else { &cosine };
            if let Some(rotation) = Rotation::between(deciding.column(i), deciding.column(j)) {
                cosine.rotate(i, j, rotation);
                sine.rotate(i, j, rotation);
                last &= rotation.last;
            }
        }
        last
    })?;
    let (mut cosines, mut sines) = (cosine.norms(), sine.norms());
    cosines.sort_by(|a, b| b.total_cmp(a));
    sines.sort_by(f64::total_cmp);
    Some((cosines, sines))
}

/// √(1 − x²) of the smaller of a cosine and a sine.
pub(crate) fn complement(small: f64) -> f64 {
    ((1.0 - small) * (1.0 + small)).max(0.0).sqrt()
}

/// Repeats a sweep over all pairs of columns until it says that it was the last. `None` when it never does.
fn converge(count: usize, mut sweep: impl FnMut(&mut dyn Iterator<Item = (usize, usize)>) -> bool) -> Option<()> {
    (0..SWEEPS).any(|_| sweep(&mut tournament(count))).then_some(())
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
    /// Whether a sweep of such rotations leaves columns orthogonal: what it puts back is below rounding.
    last: bool,
}

impl Columns {
    /// A matrix with the same Gram matrix as blocks one over the other: their columns themselves or, where they are long, the
    /// triangle of modified Gram–Schmidt, whose rounding is relative to each column.
    fn triangular(blocks: &[&Matrix]) -> Self {
        let length: usize = blocks.iter().map(|block| block.nrows()).sum();
        let count = blocks.first().map_or(0, |block| block.ncols());
        let rows = length.min(count).next_multiple_of(LANES);
        let mut triangle = vec![0.0; rows * count];
        let stride = if length <= count { rows } else { length };
        let mut entries = if length <= count { Vec::new() } else { vec![0.0; length * count] };
        let into = if length <= count { &mut triangle } else { &mut entries };
        let mut start = 0;
        for block in blocks.iter().filter(|block| block.nrows() > 0) {
            for (column, whole) in block.as_slice().chunks_exact(block.nrows()).zip(into.chunks_exact_mut(stride)) {
                whole[start..start + block.nrows()].copy_from_slice(column);
            }
            start += block.nrows();
        }
        if length <= count {
            return Self { entries: triangle, rows, count };
        }
        for k in 0..count {
            let (head, tail) = entries.split_at_mut((k + 1) * length);
            let pivot = &mut head[k * length..];
            let norm = squared_norm(pivot).sqrt();
            if norm == 0.0 {
                continue;
            }
            triangle[k * rows + k] = norm;
            for entry in pivot.iter_mut() {
                *entry /= norm;
            }
            for (offset, column) in tail.chunks_exact_mut(length).enumerate() {
                let overlap = dot(pivot, column);
                triangle[(k + 1 + offset) * rows + k] = overlap;
                for (entry, direction) in column.iter_mut().zip(pivot.iter()) {
                    *entry -= overlap * direction;
                }
            }
        }
        Self { entries: triangle, rows, count }
    }

    /// The singular values, in no order.
    fn orthogonalised(mut self) -> Option<Vec<f64>> {
        converge(self.count, |pairs| {
            let mut last = true;
            for (i, j) in pairs {
                if let Some(rotation) = Rotation::between(self.column(i), self.column(j)) {
                    self.rotate(i, j, rotation);
                    last &= rotation.last;
                }
            }
            last
        })?;
        Some(self.norms())
    }

    fn column(&self, index: usize) -> &[f64] {
        &self.entries[index * self.rows..(index + 1) * self.rows]
    }

    fn norms(&self) -> Vec<f64> {
        (0..self.count).map(|index| squared_norm(self.column(index)).sqrt()).collect()
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
    /// What makes two columns orthogonal; `None` where they are.
    #[expect(clippy::imprecise_flops, reason = "the hottest line; lengths are of order one, nothing overflows")]
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
