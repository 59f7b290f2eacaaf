//! Exact ranks of matrices of doubles.
//!
//! A double is an integer times a power of two, so it has a residue modulo any odd prime, and elimination in that field
//! finds the rank of the rational matrix unless the prime divides one of its minors. A minor of a matrix of a few
//! hundred rows has at most a few thousand 62-bit prime factors, out of 10¹⁷ such primes: two fixed primes will not
//! both divide it by accident.

use super::super::Matrix;

/// 2⁶² − 57 and 2⁶² − 87. Powers of two, which are common in models, have large order modulo both (above 2⁵⁹), unlike
/// modulo the prime 2⁶¹ − 1.
const PRIMES: [u64; 2] = [(1 << 62) - 57, (1 << 62) - 87];

/// A rational matrix as residues modulo two primes.
#[derive(Debug, Clone)]
pub(crate) struct Rational {
    rows: usize,
    columns: usize,
    /// Row-major, modulo each prime.
    residues: [Vec<u64>; 2],
}

impl Rational {
    /// The exact matrix of doubles.
    pub(crate) fn of(matrix: &Matrix) -> Self {
        let (rows, columns) = matrix.shape();
        let residues = PRIMES
            .map(|prime| (0..rows * columns).map(|k| residue(matrix[(k / columns, k % columns)], prime)).collect());
        Self { rows, columns, residues }
    }

    /// A matrix of zeros.
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, residues: [vec![0; rows * columns], vec![0; rows * columns]] }
    }

    /// The number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// A·B.
    pub(crate) fn times(&self, other: &Self) -> Self {
        assert_eq!(self.columns, other.rows, "inner dimensions of a product");
        let mut result = Self::zeros(self.rows, other.columns);
        for (which, prime) in PRIMES.into_iter().enumerate() {
            let (a, b) = (&self.residues[which], &other.residues[which]);
            for i in 0..self.rows {
                for k in 0..self.columns {
                    let factor = a[i * self.columns + k];
                    if factor == 0 {
                        continue;
                    }
                    for j in 0..other.columns {
                        let entry = &mut result.residues[which][i * other.columns + j];
                        *entry = add(*entry, multiply(factor, b[k * other.columns + j], prime), prime);
                    }
                }
            }
        }
        result
    }

    /// Aᵀ.
    pub(crate) fn transposed(&self) -> Self {
        let residues = [0, 1].map(|which| {
            (0..self.rows * self.columns)
                .map(|k| self.residues[which][(k % self.rows) * self.columns + k / self.rows])
                .collect()
        });
        Self { rows: self.columns, columns: self.rows, residues }
    }

    /// (A + Aᵀ)/2 of a square matrix: used for a covariance whose two triangles differ by rounding.
    pub(crate) fn symmetrised(&self) -> Self {
        let mut result = self.clone();
        let other = self.transposed();
        for (which, prime) in PRIMES.into_iter().enumerate() {
            for (entry, &twin) in result.residues[which].iter_mut().zip(&other.residues[which]) {
                *entry = multiply(add(*entry, twin, prime), prime.div_ceil(2), prime);
            }
        }
        result
    }

    /// Adds a smaller matrix to the block that starts at the given row and column.
    pub(crate) fn add_block(&mut self, row: usize, column: usize, block: &Self) {
        for (which, prime) in PRIMES.into_iter().enumerate() {
            for i in 0..block.rows {
                for j in 0..block.columns {
                    let entry = &mut self.residues[which][(row + i) * self.columns + column + j];
                    *entry = add(*entry, block.residues[which][i * block.columns + j], prime);
                }
            }
        }
    }

    /// The rank over the rational numbers.
    pub(crate) fn rank(&self) -> usize {
        let ranks = [0, 1].map(|which| rank(self.residues[which].clone(), self.rows, self.columns, PRIMES[which]));
        ranks[0].max(ranks[1])
    }
}

fn rank(mut entries: Vec<u64>, rows: usize, columns: usize, prime: u64) -> usize {
    let mut rank = 0;
    for column in 0..columns {
        let Some(pivot) = (rank..rows).find(|&row| entries[row * columns + column] != 0) else { continue };
        for j in 0..columns {
            entries.swap(pivot * columns + j, rank * columns + j);
        }
        let inverse = power(entries[rank * columns + column], prime - 2, prime);
        for row in rank + 1..rows {
            let factor = multiply(entries[row * columns + column], inverse, prime);
            if factor == 0 {
                continue;
            }
            for j in column..columns {
                let taken = multiply(factor, entries[rank * columns + j], prime);
                let entry = &mut entries[row * columns + j];
                *entry = add(*entry, prime - taken, prime);
            }
        }
        rank += 1;
    }
    rank
}

/// mantissa·2^exponent modulo an odd prime.
fn residue(value: f64, prime: u64) -> u64 {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    // Subnormal numbers have no leading one and the exponent of the least normal ones.
    let mantissa = if exponent == 0 { fraction } else { fraction | (1 << 52) };
    let shift = exponent.max(1);
    // value = mantissa · 2^(shift − 1075)
    let half = prime.div_ceil(2);
    let scale = if shift >= 1075 { power(2, shift - 1075, prime) } else { power(half, 1075 - shift, prime) };
    let magnitude = multiply(mantissa, scale, prime);
    if value.is_sign_negative() && magnitude != 0 { prime - magnitude } else { magnitude }
}

fn add(a: u64, b: u64, prime: u64) -> u64 {
    let sum = a + b;
    if sum >= prime { sum - prime } else { sum }
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of a 62-bit prime")]
fn multiply(a: u64, b: u64, prime: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(prime)) as u64
}

fn power(mut base: u64, mut exponent: u64, prime: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base, prime);
        }
        base = multiply(base, base, prime);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_see_what_no_floating_point_number_resolves() {
        let rank = |entries: &[f64]| Rational::of(&Matrix::from_row_slice(2, 2, entries)).rank();
        assert_eq!(rank(&[1.0, 1.0, 1.0, 1.0]), 1);
        assert_eq!(rank(&[1.0, 1e-300, 1.0, 2e-300]), 2);
        assert_eq!(rank(&[1e200, 2e200, 1e-200, 2e-200]), 1, "doubling is exact");
        assert_eq!(rank(&[1.0, 2.0_f64.powi(61), 1.0, 1.0]), 2);
        assert_eq!(rank(&[0.1, 0.3, 0.7, 2.1]), 2, "proportional as decimals, not as doubles");
        assert_eq!(rank(&[0.0, 0.0, -0.0, 0.0]), 0);
    }

    #[test]
    fn products_sums_and_means_are_exact() {
        let a = Matrix::from_row_slice(2, 3, &[0.5, -2.0, 3.0, 1.0, 0.25, -8.0]);
        let exact = Rational::of(&a).times(&Rational::of(&a).transposed());
        let mut difference = exact.clone();
        difference.add_block(0, 0, &Rational::of(&-(&a * a.transpose())));
        assert_eq!(difference.rank(), 0, "products of dyadic numbers are exact in doubles too");
        let skew = Matrix::from_row_slice(2, 2, &[1.0, 2.0, 0.0, 1.0]);
        assert_eq!(Rational::of(&skew).symmetrised().rank(), 1, "(1, 1; 1, 1)");
    }
}
