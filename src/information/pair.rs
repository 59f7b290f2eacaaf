//! Two modalities in whitened coordinates, and the angles between them.

use super::InformationError;
use crate::linalg::{
    Matrix, PrincipalAngles, Whitening, gram, is_diagonal, is_graded, product, product_nt, product_tn, scale_rows,
    svd_of_product,
};
use crate::model::Factor;

/// Sines and cosines are accurate to about this many units of rounding times the condition number of the factors …
const ROUNDING_UNITS: f64 = 32.0;
/// … but never worse than this: the angles that matter lie in the well-conditioned part of the spectrum.
const LARGEST_ZERO: f64 = 1e-9;
/// Smallest threshold below which sines and cosines count as zero.
const SMALLEST_ZERO: f64 = 1e-13;

/// Two modalities x_1 (n_1 channels) and x_2 (n_2 channels), whitened, with the singular value decomposition of
/// T = Σ11^{-1/2} Σ12 Σ22^{-1/2}.
///
/// Whitened coordinates x̃_m have rank(Σ_mm) = r_m entries. They are built from factors, so errors grow with the square
/// root of the covariances' condition number.
#[derive(Debug, Clone)]
pub struct Pair {
    pub(super) factors: [Factor; 2],
    pub(super) whitenings: [Whitening; 2],
    /// Whitened coordinates as vectors in the common space: q × r_m …
    pub(super) common: [Matrix; 2],
    /// … and in each modality's own noise: p_m × r_m.
    pub(super) own: [Matrix; 2],
    /// U (r_1 × t) and V (r_2 × t).
    pub(super) directions: [Matrix; 2],
    /// b_i − ρ_i a_i, the part of the second canonical variates not predicted by the first, in the common space, the
    /// first noise and the second noise; of length sin θ_i.
    pub(super) differences: [Matrix; 3],
    angles: PrincipalAngles,
    zero: f64,
}

/// Dense second moments of (x_1, x_2) and of all targets, stacked.
#[derive(Debug, Clone)]
pub struct SecondMoments {
    /// Σ11, n_1 × n_1.
    pub first: Matrix,
    /// Σ22, n_2 × n_2.
    pub second: Matrix,
    /// Σ12, n_1 × n_2.
    pub cross: Matrix,
    /// Cov(x_m, y), n_m × q, for all targets stacked (q may be 0).
    pub target_cross: [Matrix; 2],
    /// tr Σ_yy.
    pub target_variance: f64,
}

/// One modality, whitened: its basis split into the part in the common space (q × r) and in its own noise (p × r).
#[derive(Debug, Clone)]
pub(super) struct Whitened {
    pub(super) whitening: Whitening,
    pub(super) common: Matrix,
    pub(super) own: Matrix,
}

/// Below this, sines and cosines of vectors whitened at the given condition number cannot be told from zero.
pub(super) fn zero_at(condition: f64) -> f64 {
    (ROUNDING_UNITS * f64::EPSILON * condition).clamp(SMALLEST_ZERO, LARGEST_ZERO)
}

impl Whitened {
    pub(super) fn new(factor: &Factor) -> Result<Self, InformationError> {
        // Common factors that do not reach this modality, such as the other's private factors, stay zero.
        let reaching: Vec<usize> =
            factor.common.column_iter().enumerate().filter(|(_, column)| column.amax() > 0.0).map(|(q, _)| q).collect();
        let whitening = Whitening::of_factor(&side_by_side(&factor.common.select_columns(&reaching), &factor.own))?;
        let mut common = Matrix::zeros(factor.common.ncols(), whitening.rank());
        for (mut whole, part) in common.column_iter_mut().zip(whitening.basis.column_iter()) {
            reaching.iter().zip(&part).for_each(|(&row, &entry)| whole[row] = entry);
        }
        let own = whitening.basis.rows(reaching.len(), factor.own.ncols()).into_owned();
        Ok(Self { whitening, common, own })
    }
}

impl Pair {
    /// Whitens two modalities and finds the angles between them.
    ///
    /// # Errors
    /// [`InformationError::Linalg`] if a decomposition fails.
    pub fn new(first: Factor, second: Factor) -> Result<Self, InformationError> {
        let (one, two) = (Whitened::new(&first)?, Whitened::new(&second)?);
        let zero = zero_at(one.whitening.condition.max(two.whitening.condition));
        let svd = svd_of_product(&one.common, &two.common)?;
        let canonical = |basis: &Matrix, directions: &Matrix| product(basis, directions);
        let variates = [canonical(&one.common, &svd.left), canonical(&two.common, &svd.right)];
        let noises = [canonical(&one.own, &svd.left), canonical(&two.own, &svd.right)];
        let differences = |cosines: &[f64]| {
            let less = |matrix: Option<&Matrix>, taken: &Matrix| {
                let mut result = matrix.cloned().unwrap_or_else(|| Matrix::zeros(taken.nrows(), taken.ncols()));
                for (index, mut column) in result.column_iter_mut().enumerate() {
                    column.axpy(-cosines[index], &taken.column(index), 1.0);
                }
                result
            };
            [less(Some(&variates[1]), &variates[0]), less(None, &noises[0]), noises[1].clone()]
        };
        let rough = differences(&svd.values);
        let sine = |i: usize| rough.iter().map(|part| part.column(i).norm_squared()).sum::<f64>().sqrt();
        let sines = (0..svd.values.len()).map(sine).collect();
        let angles = PrincipalAngles::new(svd.values, sines, zero);
        Ok(Self {
            factors: [first, second],
            whitenings: [one.whitening, two.whitening],
            common: [one.common, two.common],
            own: [one.own, two.own],
            directions: [svd.left, svd.right],
            differences: differences(angles.cosines()),
            angles,
            zero,
        })
    }

    /// The angles whose cosines are the canonical correlations: t = min(q, r_1, r_2) of them, with q the number of
    /// common dimensions that reach both modalities; any further canonical correlations are 0.
    pub fn angles(&self) -> &PrincipalAngles {
        &self.angles
    }

    /// The i-th canonical correlation ρ_i (from 0), 0 beyond the rank.
    pub fn correlation(&self, index: usize) -> f64 {
        self.angles.cosines().get(index).copied().unwrap_or(0.0)
    }

    /// All min(n_1, n_2) canonical correlations, descending.
    pub fn canonical_correlations(&self) -> Vec<f64> {
        let [first, second] = self.channels();
        (0..first.min(second)).map(|i| self.correlation(i)).collect()
    }

    /// r = rank Σ12: the number of non-zero canonical correlations.
    pub fn rank(&self) -> usize {
        self.angles.cosines().iter().filter(|&&cosine| cosine > 0.0).count()
    }

    /// Whether some channels of modality m are so much louder than others that a decomposition in their own units would
    /// lose digits of the quiet ones ([`is_graded`]).
    pub fn is_graded(&self, m: usize) -> bool {
        is_graded(&self.whitenings[m].root.row_iter().map(|row| row.norm()).collect::<Vec<_>>())
    }

    /// n_1 and n_2.
    pub fn channels(&self) -> [usize; 2] {
        [0, 1].map(|m| self.factors[m].common.nrows())
    }

    /// rank Σ11 and rank Σ22.
    pub fn ranks(&self) -> [usize; 2] {
        [0, 1].map(|m| self.whitenings[m].rank())
    }

    /// The whitening of modality m (0 or 1).
    pub fn whitening(&self, m: usize) -> &Whitening {
        &self.whitenings[m]
    }

    /// x_m in factor form.
    pub fn factor(&self, m: usize) -> &Factor {
        &self.factors[m]
    }

    /// Whitened coordinates of modality m as vectors of the common space, q × r_m.
    pub fn common_coordinates(&self, m: usize) -> &Matrix {
        &self.common[m]
    }

    /// Canonical directions of modality m in whitened coordinates, r_m × t, in the order of the angles.
    pub fn canonical_directions(&self, m: usize) -> &Matrix {
        &self.directions[m]
    }

    /// Sines, cosines and their squares below this cannot be told from zero.
    pub fn zero(&self) -> f64 {
        self.zero
    }

    /// An upper bound on the relative rounding error of measures computed from this pair: ε·κ with a safety factor.
    pub fn rounding(&self) -> f64 {
        self.zero
    }

    /// I(x_1; x_2), in nats.
    pub fn mutual_information_nats(&self) -> f64 {
        self.angles.mutual_information_nats()
    }

    /// Dense second moments, with any targets stacked.
    pub fn second_moments(&self, targets: &[Factor]) -> SecondMoments {
        let stacked = |x: &Factor| {
            let blocks: Vec<Matrix> = targets.iter().map(|target| x.cross_covariance(target)).collect();
            let mut result = Matrix::zeros(x.common.nrows(), blocks.iter().map(Matrix::ncols).sum());
            let mut start = 0;
            for block in blocks {
                result.columns_mut(start, block.ncols()).copy_from(&block);
                start += block.ncols();
            }
            result
        };
        let [first, second] = &self.factors;
        SecondMoments {
            first: covariance(first),
            second: covariance(second),
            cross: first.cross_covariance(second),
            target_cross: [stacked(first), stacked(second)],
            target_variance: targets
                .iter()
                .map(|target| target.common.norm_squared() + target.own.norm_squared())
                .sum(),
        }
    }

    /// T·v for v (r_2 × c): the projection of combinations of x̃_2 onto x̃_1.
    pub(super) fn onto_first(&self, v: &Matrix) -> Matrix {
        product(&self.directions[0], &self.scaled(1, v, self.angles.cosines()))
    }

    /// Tᵀ·u for u (r_1 × c).
    pub(super) fn onto_second(&self, u: &Matrix) -> Matrix {
        product(&self.directions[1], &self.scaled(0, u, self.angles.cosines()))
    }

    /// (I − TᵀT)^{1/2}·v for m = 1, (I − TTᵀ)^{1/2}·u for m = 0: coordinates of the part not predicted by the other
    /// modality, in the orthonormal completion of its span.
    pub(super) fn beyond_other(&self, m: usize, v: &Matrix) -> Matrix {
        let shrink: Vec<f64> = self.angles.sines().iter().map(|sine| 1.0 - sine).collect();
        v - product(&self.directions[m], &self.scaled(m, v, &shrink))
    }

    /// Combinations v (r_2 × c) of x̃_2 in the orthonormal joint coordinates of (x_1, x_2): the part predicted by x̃_1
    /// (r_1 × c), and the rest (r_2 × c).
    pub(super) fn second_in_joint(&self, v: &Matrix) -> [Matrix; 2] {
        [self.onto_first(v), self.beyond_other(1, v)]
    }

    /// diag(weights)·directionsᵀ·v.
    fn scaled(&self, m: usize, v: &Matrix, weights: &[f64]) -> Matrix {
        let mut result = product_tn(&self.directions[m], v);
        scale_rows(&mut result, weights.iter().copied());
        result
    }
}

impl SecondMoments {
    /// tr(W_1 Σ12 W_2ᵀ).
    pub fn cross_trace(&self, first: &Matrix, second: &Matrix) -> f64 {
        product(first, &self.cross).dot(second)
    }

    /// W Σ_mm Wᵀ of modality m (0 or 1).
    pub fn encoded(&self, m: usize, weights: &Matrix) -> Matrix {
        product_nt(&product(weights, if m == 0 { &self.first } else { &self.second }), weights)
    }
}

/// common·commonᵀ + own·ownᵀ. The usual case, independent noise in each channel, needs no matrix product.
fn covariance(factor: &Factor) -> Matrix {
    let mut covariance = gram(&factor.common);
    if is_diagonal(&factor.own) {
        // Without noise there are no columns.
        for channel in 0..factor.own.nrows().min(factor.own.ncols()) {
            covariance[(channel, channel)] += factor.own[(channel, channel)].powi(2);
        }
        covariance
    } else {
        covariance + gram(&factor.own)
    }
}

/// [a | b].
fn side_by_side(a: &Matrix, b: &Matrix) -> Matrix {
    let mut result = Matrix::zeros(a.nrows(), a.ncols() + b.ncols());
    result.columns_mut(0, a.ncols()).copy_from(a);
    result.columns_mut(a.ncols(), b.ncols()).copy_from(b);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_grows_with_the_condition_between_its_limits() {
        let relative = |condition: f64| zero_at(condition) / (ROUNDING_UNITS * f64::EPSILON * condition);
        for condition in [1e2, 1e4] {
            assert!((relative(condition) - 1.0).abs() < 1e-15, "{condition:e}");
        }
        assert_eq!([zero_at(1.0), zero_at(1e12)].map(f64::to_bits), [SMALLEST_ZERO, LARGEST_ZERO].map(f64::to_bits));
    }
}
