//! Any number of modalities in whitened coordinates.

use super::InformationError;
use super::pair::{Whitened, zero_at};
use crate::linalg::{Matrix, Whitening, product, product_tn};
use crate::model::Factor;

/// M modalities of one model, each whitened: subspaces of one Gaussian space, in the same bases as [`super::Pair`].
#[derive(Debug, Clone)]
pub struct Ensemble {
    modalities: Vec<Whitened>,
    zero: f64,
}

impl Ensemble {
    /// Whitens modalities.
    ///
    /// # Errors
    /// [`InformationError::NoModality`], [`InformationError::CommonFactors`], and [`InformationError::Linalg`] if a
    /// decomposition fails.
    pub fn new(factors: &[Factor]) -> Result<Self, InformationError> {
        let expected = factors.first().ok_or(InformationError::NoModality)?.common.ncols();
        for (m, factor) in factors.iter().enumerate() {
            let columns = factor.common.ncols();
            if columns != expected {
                return Err(InformationError::CommonFactors { modality: m + 1, columns, expected });
            }
        }
        let modalities = factors.iter().map(Whitened::new).collect::<Result<Vec<_>, _>>()?;
        let condition = modalities.iter().map(|modality| modality.whitening.condition).fold(1.0, f64::max);
        Ok(Self { modalities, zero: zero_at(condition) })
    }

    /// M.
    pub fn modalities(&self) -> usize {
        self.modalities.len()
    }

    /// r_m = rank Σ_mm of each modality.
    pub fn ranks(&self) -> Vec<usize> {
        self.modalities.iter().map(|modality| modality.whitening.rank()).collect()
    }

    /// The whitening of modality m (from 0).
    pub fn whitening(&self, m: usize) -> &Whitening {
        &self.modalities[m].whitening
    }

    /// Sines, cosines and their squares below this cannot be told from zero; see [`super::Pair::zero`].
    pub fn zero(&self) -> f64 {
        self.zero
    }

    /// The covariance of all whitened modalities, stacked: (Σ r_m) × (Σ r_m), with identities on the diagonal and T_mn
    /// elsewhere. Its positive eigenvalues are those of Σ_m P_m, with P_m the projection onto x_m.
    pub fn covariance(&self) -> Matrix {
        let ranks = self.ranks();
        let total = ranks.iter().sum();
        let mut covariance = Matrix::identity(total, total);
        let mut row = 0;
        for (m, left) in self.modalities.iter().enumerate() {
            let mut column = row + ranks[m];
            for right in &self.modalities[m + 1..] {
                let block = product_tn(&left.common, &right.common);
                covariance.view_mut((row, column), block.shape()).copy_from(&block);
                covariance.view_mut((column, row), (block.ncols(), block.nrows())).copy_from(&block.transpose());
                column += block.ncols();
            }
            row += ranks[m];
        }
        covariance
    }

    /// The lengths of g − z, column by column, for g = Σ_n x̃_nᵀ·combination_n (r_n × d each) and z = x̃_mᵀ·coordinates
    /// (r_m × d): measured in the joint space, so that vectors that agree differ by rounding and not by its square root.
    pub fn distances(&self, combination: &[Matrix], m: usize, coordinates: &Matrix) -> Vec<f64> {
        let mut common = -product(&self.modalities[m].common, coordinates);
        let mut squared = vec![0.0; coordinates.ncols()];
        for (n, (modality, part)) in self.modalities.iter().zip(combination).enumerate() {
            common += product(&modality.common, part);
            let own = product(&modality.own, &if n == m { part - coordinates } else { part.clone() });
            add_squared_lengths(&mut squared, &own);
        }
        add_squared_lengths(&mut squared, &common);
        squared.into_iter().map(f64::sqrt).collect()
    }
}

fn add_squared_lengths(squared: &mut [f64], columns: &Matrix) {
    for (sum, column) in squared.iter_mut().zip(columns.column_iter()) {
        *sum += column.norm_squared();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pair;
    use super::*;

    fn scalar(common: f64, own: f64) -> Factor {
        Factor { common: Matrix::from_element(1, 1, common), own: Matrix::from_element(1, 1, own) }
    }

    #[test]
    fn the_covariance_holds_every_pairs_correlation() {
        // Correlations of a·s + b·ε: a_m a_n over the standard deviations.
        let factors = [scalar(1.0, 1.0), scalar(3.0, 4.0), scalar(-2.0, 0.0)];
        let ensemble = Ensemble::new(&factors).expect("an ensemble");
        let covariance = ensemble.covariance();
        for (m, n) in [(0, 1), (0, 2), (1, 2)] {
            let pair = Pair::new(factors[m].clone(), factors[n].clone()).expect("a pair");
            assert!((covariance[(m, n)].abs() - pair.correlation(0)).abs() < 1e-15);
        }
        assert!((covariance[(0, 1)].abs() - 0.6 / 2.0_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn distances_are_those_of_the_joint_space() {
        // x̃_1 = (s + ε_1)/√2 and x̃_2 = (3s + 4ε_2)/5 up to sign. ‖2x̃_1 + x̃_2 − 3x̃_1‖² = ‖x̃_2 − x̃_1‖² = 2 − 2·0.6/√2.
        let ensemble = Ensemble::new(&[scalar(1.0, 1.0), scalar(3.0, 4.0)]).expect("an ensemble");
        let sign = ensemble.covariance()[(0, 1)].signum();
        let number = |value: f64| Matrix::from_element(1, 1, value);
        let found = ensemble.distances(&[number(2.0), number(sign)], 0, &number(3.0));
        assert!((found[0].powi(2) - (2.0 - 1.2 / 2.0_f64.sqrt())).abs() < 1e-14, "{found:?}");
    }

    #[test]
    fn modalities_of_different_models_are_refused() {
        let other = Factor { common: Matrix::identity(2, 2), own: Matrix::zeros(2, 0) };
        assert_eq!(
            Ensemble::new(&[scalar(1.0, 1.0), other]).expect_err("different spaces"),
            InformationError::CommonFactors { modality: 2, columns: 2, expected: 1 }
        );
        assert_eq!(Ensemble::new(&[]).expect_err("nothing"), InformationError::NoModality);
    }
}
