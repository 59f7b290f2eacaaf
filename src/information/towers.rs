//! Two linear encoders over a pair of modalities.

use super::{InformationError, Pair};
use crate::linalg::{
    Matrix, PrincipalAngles, column_lengths, graded_svd, is_graded, orthonormal_columns, orthonormal_extension,
    power_of_two_near, product, product_nt, product_tn, require_finite, scale_columns, stacked,
    stacked_singular_values, svd, unit_columns,
};

/// Largest Σσ² at which every σ is at most 0.7: below 45° with room for rounding, on the side of the number that
/// [`PrincipalAngles`] trusts.
const ONE_SIDED: f64 = 0.49;

/// Columns count as orthogonal if the cosine of the angle between them is below this.
const ORTHOGONAL: f64 = 64.0 * f64::EPSILON;

/// The weights of two linear encoders, z_m = W_m x_m.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoders {
    /// W_1, d × n_1.
    pub first: Matrix,
    /// W_2, d × n_2.
    pub second: Matrix,
}

/// Two encoders in the whitened coordinates of a [`Pair`].
///
/// An encoder may have fewer independent outputs than rows (a zero row, a repeated row): measures depend on its span,
/// as with a pseudo-inverse.
#[derive(Debug, Clone)]
pub struct Towers {
    dim: usize,
    /// Orthonormal bases of the encoders' spans, r_m × (rank of the encoder).
    pub(super) bases: [Matrix; 2],
    /// Basis of both spans together in joint coordinates, (r_1 + r_2) × rank.
    pub(super) joint: Matrix,
    /// The second basis as seen from the first encoder: the part inside its span, rank × rank, …
    inside: Matrix,
    /// … the part outside that span predicted by x_1, r_1 × rank, and the part not predicted by x_1, r_2 × rank.
    outside: [Matrix; 2],
    /// Symmetrically whitened encoders, transposed: r_m × d.
    whitened: [Matrix; 2],
}

impl Encoders {
    /// W_1 for m = 0, W_2 for m = 1.
    pub fn weights(&self, m: usize) -> &Matrix {
        if m == 0 { &self.first } else { &self.second }
    }

    /// d.
    pub fn dim(&self) -> usize {
        self.first.nrows()
    }

    /// The same encoders for channels in other units, x'_i = 2^e x_i: their outputs do not change.
    ///
    /// # Panics
    /// If the number of exponents differs from the number of channels: a broken invariant of the caller.
    #[must_use]
    pub fn in_units(&self, exponents: [&[i32]; 2]) -> Self {
        let [first, second] = [0, 1].map(|m| {
            let mut weights = self.weights(m).clone();
            assert_eq!(weights.ncols(), exponents[m].len(), "one exponent for each channel");
            scale_columns(&mut weights, exponents[m].iter().map(|exponent| 2.0_f64.powi(-exponent)));
            weights
        });
        Self { first, second }
    }
}

impl Towers {
    /// Expresses two encoders in the coordinates of a pair.
    ///
    /// # Errors
    /// [`InformationError::Shape`] if the encoders do not fit the pair.
    pub fn new(pair: &Pair, encoders: &Encoders) -> Result<Self, InformationError> {
        let dim = encoders.dim();
        let channels = pair.channels();
        for (m, channels) in channels.into_iter().enumerate() {
            let (rows, columns) = encoders.weights(m).shape();
            if (rows, columns) != (dim, channels) || dim == 0 {
                return Err(InformationError::Shape { modality: m + 1, rows, columns, dim, channels });
            }
        }
        // Measures do not depend on an encoder's scale; a power of two keeps products of extreme weights in range
        // without rounding.
        let coordinates = [0, 1].map(|m| {
            let weights = encoders.weights(m);
            let largest = weights.amax();
            let scale = if largest > 0.0 && largest.is_finite() { power_of_two_near(largest) } else { 1.0 };
            product_nt(&pair.whitening(m).root.transpose(), &(weights / scale))
        });
        Self::from_coordinates(pair, &coordinates)
    }

    /// Two encoders given in whitened coordinates, transposed (r_m × d), as closed forms yield them: this avoids the
    /// rounding of a detour through the weights.
    ///
    /// # Errors
    /// [`InformationError::Linalg`].
    pub fn from_coordinates(pair: &Pair, coordinates: &[Matrix; 2]) -> Result<Self, InformationError> {
        let dim = coordinates[0].ncols();
        // Gram–Schmidt drops a column of NaN as if it were dependent: a diverged encoder must not look like an empty one.
        for side in coordinates {
            require_finite(side)?;
        }
        let bases = [orthonormal_columns(&coordinates[0]), orthonormal_columns(&coordinates[1])];
        let padded = stacked(&[&bases[0], &Matrix::zeros(pair.ranks()[1], bases[0].ncols())]);
        let [seen, beyond] = pair.second_in_joint(&bases[1]);
        let inside = product_tn(&bases[0], &seen);
        let outside = [seen - product(&bases[0], &inside), beyond];
        let joint = orthonormal_extension(&padded, &stacked(&[&outside[0], &outside[1]]));
        let whitened =
            [symmetric_whitening(&coordinates[0], &bases[0])?, symmetric_whitening(&coordinates[1], &bases[1])?];
        Ok(Self { dim, bases, joint, inside, outside, whitened })
    }

    /// d, the number of rows of each encoder.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The number of independent outputs of encoder m (0 or 1).
    pub fn rank(&self, m: usize) -> usize {
        self.bases[m].ncols()
    }

    /// An orthonormal basis of the span of encoder m, in whitened coordinates: r_m × rank.
    pub fn basis(&self, m: usize) -> &Matrix {
        &self.bases[m]
    }

    /// The symmetrically whitened encoder (W Σ Wᵀ)^{-1/2} W of modality m, transposed, in whitened coordinates: r_m ×
    /// d. Of all whitened encoders with the same span it is the nearest to the given one. It does not depend on the
    /// encoder's scale, and is equivariant under a common rotation of both encoders.
    pub fn whitened(&self, m: usize) -> &Matrix {
        &self.whitened[m]
    }

    /// The principal angles between z_1 and z_2.
    ///
    /// # Errors
    /// [`InformationError::Linalg`].
    pub fn angles(&self, pair: &Pair) -> Result<PrincipalAngles, InformationError> {
        let [seen, beyond] = &self.outside;
        angles(&self.inside, &[seen, beyond], self.rank(0).min(self.rank(1)), pair.zero())
    }

    /// The principal angles between z_m (m = 0 or 1) and the *other* modality's observations.
    ///
    /// # Errors
    /// [`InformationError::Linalg`].
    pub fn cross_modal_angles(&self, pair: &Pair, m: usize) -> Result<PrincipalAngles, InformationError> {
        let seen = if m == 0 { pair.onto_second(&self.bases[0]) } else { pair.onto_first(&self.bases[1]) };
        angles(&seen, &[&pair.beyond_other(m, &self.bases[m])], self.rank(m), pair.zero())
    }
}

/// The first `count` angles from one matrix whose singular values are the cosines and another, in stacked blocks, whose
/// singular values are the sines. If all angles lie on one side of 45°, only the matrix with the small values is
/// decomposed, and the other's values follow.
pub(super) fn angles(
    cosine: &Matrix,
    sine: &[&Matrix],
    count: usize,
    zero: f64,
) -> Result<PrincipalAngles, InformationError> {
    let complements = |small: &[f64]| small.iter().map(|&value| ((1.0 - value) * (1.0 + value)).sqrt()).collect();
    // One of each for every column: missing cosines are zero, and so are missing sines.
    let cosines = || -> Result<Vec<f64>, InformationError> {
        let mut cosines = stacked_singular_values(&[cosine])?;
        cosines.resize(cosine.ncols(), 0.0);
        Ok(cosines)
    };
    let sines = || -> Result<Vec<f64>, InformationError> {
        let mut sines = stacked_singular_values(sine)?;
        sines.resize(cosine.ncols(), 0.0);
        sines.reverse();
        Ok(sines)
    };
    let (mut cosines, mut sines) = if sine.iter().map(|block| block.norm_squared()).sum::<f64>() <= ONE_SIDED {
        let sines = sines()?;
        (complements(&sines), sines)
    } else if cosine.norm_squared() <= ONE_SIDED {
        let cosines = cosines()?;
        let sines = complements(&cosines);
        (cosines, sines)
    } else {
        (cosines()?, sines()?)
    };
    cosines.resize(count, 0.0);
    sines.truncate(count);
    Ok(PrincipalAngles::new(cosines, sines, zero))
}

/// Outputs fainter than the next louder one by this factor turn it by less than rounding; they are whitened after it.
const FAINT: f64 = 1e-18;

/// The orthonormal polar factor of the coordinates, within the given basis of their span.
///
/// Outputs of very different scales are taken in groups, from the loudest: for D·C with a diagonal D whose entries are
/// far apart, the polar factor equals Gram–Schmidt applied to the rows in that order, and decomposing all at once would
/// lose the faint ones.
fn symmetric_whitening(coordinates: &Matrix, basis: &Matrix) -> Result<Matrix, InformationError> {
    if basis.ncols() == 0 {
        return Ok(Matrix::zeros(coordinates.nrows(), coordinates.ncols()));
    }
    let groups = by_loudness(coordinates);
    if groups.len() > 1 {
        let mut whitened = Matrix::zeros(coordinates.nrows(), coordinates.ncols());
        let mut seen = Matrix::zeros(coordinates.nrows(), 0);
        for group in groups {
            let loudest = coordinates.column(group[0]).amax();
            let columns = coordinates.select_columns(&group) / loudest;
            let extended = orthonormal_extension(&seen, &unit_columns(&columns));
            let added = extended.columns(seen.ncols(), extended.ncols() - seen.ncols()).into_owned();
            if added.ncols() > 0 {
                let polar = product(&added, &polar_factor(&product_tn(&added, &columns))?);
                for (place, &column) in group.iter().enumerate() {
                    whitened.set_column(column, &polar.column(place));
                }
            }
            seen = extended;
        }
        return Ok(whitened);
    }
    let within = product_tn(basis, coordinates);
    if let Some(whitened) = normalised(&within, basis) {
        return Ok(whitened);
    }
    Ok(product(basis, &polar_factor(&within)?))
}

/// The polar factor of a matrix of full row rank whose columns may differ in scale.
fn polar_factor(matrix: &Matrix) -> Result<Matrix, InformationError> {
    let decomposed =
        if is_graded(&column_lengths(matrix)) { graded_svd(matrix, matrix.nrows())? } else { svd(matrix)? };
    Ok(product_nt(&decomposed.left, &decomposed.right))
}

/// The non-zero columns in groups, longest first: each group is [`FAINT`] relative to the shortest column of the group before.
fn by_loudness(coordinates: &Matrix) -> Vec<Vec<usize>> {
    let lengths = column_lengths(coordinates);
    let mut order: Vec<usize> = (0..lengths.len()).filter(|&column| lengths[column] > 0.0).collect();
    order.sort_by(|&a, &b| lengths[b].total_cmp(&lengths[a]));
    order.chunk_by(|&a, &b| lengths[b] > FAINT * lengths[a]).map(<[usize]>::to_vec).collect()
}

/// The polar factor of columns that are orthogonal up to rounding, or zero: each column is normalised separately.
/// `within` holds the columns in the Gram–Schmidt basis built from them, so the j-th non-zero column is the j-th basis vector.
fn normalised(within: &Matrix, basis: &Matrix) -> Option<Matrix> {
    let mut whitened = Matrix::zeros(basis.nrows(), within.ncols());
    let mut index = 0;
    for (j, (column, length)) in within.column_iter().zip(column_lengths(within)).enumerate() {
        if length == 0.0 {
            continue;
        }
        if index == basis.ncols() || column.iter().enumerate().any(|(i, x)| i != index && x.abs() > ORTHOGONAL * length)
        {
            return None;
        }
        whitened.set_column(j, &basis.column(index));
        index += 1;
    }
    Some(whitened)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows a, 1e-20·b, 1e-40·c and so on, down to scales whose squares are zero: Gram–Schmidt from the loudest, whatever their order.
    #[test]
    fn faint_outputs_are_whitened_after_the_loud_ones() {
        let rows = Matrix::from_fn(5, 4, |i, j| ((3 * i + 5 * j) as f64).sin() + if i == j { 2.0 } else { 0.0 });
        let expected = orthonormal_extension(&Matrix::zeros(5, 0), &{
            let mut unit = rows.clone();
            unit.column_iter_mut().for_each(|mut column| _ = column.normalize_mut());
            unit
        });
        for step in [1e-10, 1e-17, 1e-20, 1e-60, 1e-100] {
            for order in [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]] {
                let mut coordinates = Matrix::zeros(5, 4);
                let scales = std::iter::successors(Some(1.0), |scale| Some(scale * step));
                // The first is the loudest.
                for ((loudness, &column), scale) in order.iter().enumerate().zip(scales) {
                    coordinates.set_column(column, &(rows.column(loudness) * scale));
                }
                let basis = orthonormal_columns(&coordinates);
                let whitened = symmetric_whitening(&coordinates, &basis).expect("a polar factor");
                for (loudness, &column) in order.iter().enumerate() {
                    let along = expected.column(loudness).dot(&rows.column(loudness)).signum();
                    let difference = (whitened.column(column) - expected.column(loudness) * along).norm();
                    // What is left of a louder one turns a fainter one by their ratio.
                    assert!(difference < 1e-14 + 10.0 * step, "{step:e} {order:?} {loudness}: {difference:e}");
                }
            }
        }
    }

    #[test]
    fn orthogonal_columns_are_normalised_one_by_one() {
        // Three outputs, of which the second is zero and the third is quiet, on a basis that their columns were made into.
        let basis = Matrix::from_row_slice(3, 2, &[0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        let within = Matrix::from_row_slice(2, 3, &[2.0, 0.0, 0.0, 0.0, 0.0, 3e-40]);
        let mut expected = Matrix::zeros(3, 3);
        expected.set_column(0, &basis.column(0));
        expected.set_column(2, &basis.column(1));
        assert_eq!(normalised(&within, &basis), Some(expected));
        let oblique = Matrix::from_row_slice(2, 3, &[2.0, 0.0, 1e-40, 0.0, 0.0, 3e-40]);
        assert_eq!(normalised(&oblique, &basis), None);
    }
}
