//! Generalised canonical correlation analysis for any number of modalities: exact MAXVAR embeddings in the population.

use crate::information::Ensemble;
use crate::linalg::{LinalgError, Matrix, product_tn, scale_columns, symmetric_eigen};

/// The solution of MAXVAR (Kettenring 1971): d uncorrelated unit-variance variates g_j in the joint space of all
/// modalities that the modalities together explain best, and each modality's encoder z_m = E[g|x_m].
///
/// The g_j are the leading eigenvectors of Σ_m P_m, with P_m the projection onto x_m, and λ_j = Σ_m Var(z_mj) are the
/// eigenvalues: between 1, where at most one modality is informative, and M, where all agree exactly. For two
/// modalities λ_j = 1 + ρ_j and the encoders span the canonical directions.
///
/// Directions with λ_j ≤ 1 are not common to any two modalities, and MAXVAR is indifferent between them: rows beyond
/// those with λ_j > 1 are zero, as for the objectives that leave dimensions beyond the rank of Σ12 unused.
#[derive(Debug, Clone)]
pub struct Generalised {
    /// λ_1 ≥ λ_2 ≥ …, Σ_m r_m values in all.
    pub explained: Vec<f64>,
    /// The encoders in whitened coordinates, transposed: r_m × d for each m. Column j has length √Var(z_mj), so they
    /// are not whitened.
    pub coordinates: Vec<Matrix>,
    /// W_m, d × n_m for each m.
    pub encoders: Vec<Matrix>,
    /// The standard deviation of g_j − z_mj, by modality and variate, for the variates kept.
    pub residuals: Vec<Vec<f64>>,
}

impl Generalised {
    /// The leading `dim` variates of an ensemble.
    ///
    /// # Numerics
    /// One symmetric eigendecomposition of size Σ r_m, of whitened covariances computed from factors.
    ///
    /// # Errors
    /// [`LinalgError`] if the decomposition fails.
    ///
    /// # Examples
    /// ```
    /// use alignloss::information::Ensemble;
    /// use alignloss::learner::Generalised;
    /// use alignloss::linalg::Matrix;
    /// use alignloss::model::Factor;
    ///
    /// // Three sensors s + ε_m, Var ε_m = 1: all correlations are ½, and λ = 1 + 2·½.
    /// let sensor = Factor { common: Matrix::identity(1, 1), own: Matrix::identity(1, 1) };
    /// let gcca = Generalised::new(&Ensemble::new(&[sensor.clone(), sensor.clone(), sensor])?, 1)?;
    /// assert!((gcca.explained[0] - 2.0).abs() < 1e-14);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(ensemble: &Ensemble, dim: usize) -> Result<Self, LinalgError> {
        let eigen = symmetric_eigen(&ensemble.covariance())?;
        // An eigenvalue is a sum of M cosines, each accurate to `zero`.
        let shared = 1.0 + ensemble.modalities() as f64 * ensemble.zero();
        let kept = eigen.values.iter().take(dim).take_while(|&&value| value > shared).count();
        // notation: (v_1 … v_M) is an eigenvector; g = Σ_n x̃_nᵀv_n/√λ and z_m = x̃_mᵀv_m·√λ.
        let mut start = 0;
        let blocks: Vec<Matrix> = ensemble
            .ranks()
            .into_iter()
            .map(|rank| {
                let block = eigen.vectors.view((start, 0), (rank, kept)).into_owned();
                start += rank;
                block
            })
            .collect();
        let scaled = |power: f64| -> Vec<Matrix> {
            let mut scaled = blocks.clone();
            for block in &mut scaled {
                scale_columns(block, eigen.values.iter().map(|value| value.powf(power)));
            }
            scaled
        };
        let combination = scaled(-0.5);
        let mut coordinates = scaled(0.5);
        for block in &mut coordinates {
            // A modality that does not see a variate has rounding for coordinates, which would count as a direction.
            for mut column in block.column_iter_mut() {
                if column.norm() <= shared - 1.0 {
                    column.fill(0.0);
                }
            }
        }
        let residuals = (0..blocks.len()).map(|m| ensemble.distances(&combination, m, &coordinates[m])).collect();
        let coordinates: Vec<Matrix> =
            coordinates.into_iter().map(|block| block.resize_horizontally(dim, 0.0)).collect();
        let encoders = coordinates
            .iter()
            .enumerate()
            .map(|(m, block)| product_tn(block, &ensemble.whitening(m).whitener))
            .collect();
        Ok(Self { explained: eigen.values, coordinates, encoders, residuals })
    }

    /// The number of variates common to at least two modalities, at most d.
    pub fn kept(&self) -> usize {
        self.residuals.first().map_or(0, Vec::len)
    }
}
