//! Textbook formulas on dense covariances: ½ log det ratios and Schur complements, by nalgebra's Cholesky.

use alignloss::information::Encoders;
use alignloss::linalg::Matrix;
use alignloss::model::LatentModel;
use std::ops::Range;

/// The joint covariance of (x_1, x_2, y_1 … y_T, z_1, z_2), built from loadings, Λ and Ψ as they are written in docs/theory.md §1.
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    joint: Matrix,
    blocks: Vec<Range<usize>>,
}

/// Index of the blocks of [`Dense`]: x_1, x_2, the t-th target, z_1, z_2.
pub(crate) mod blocks {
    /// x_1.
    pub(crate) const X1: usize = 0;
    /// x_2.
    pub(crate) const X2: usize = 1;
    /// The first target; the t-th is `Y + t`.
    pub(crate) const Y: usize = 2;
}

impl Dense {
    /// Of the first two modalities and all targets.
    pub(crate) fn of(model: &LatentModel) -> Self {
        let latents = model.latents();
        let mut loadings = Vec::new();
        let mut noises = Vec::new();
        for (m, modality) in model.modalities().iter().take(2).enumerate() {
            let n = modality.shared_loading.nrows();
            let mut loading = Matrix::zeros(n, latents);
            loading.view_mut((0, 0), (n, model.shared())).copy_from(&modality.shared_loading);
            let start = model.shared() + model.private()[..m].iter().sum::<usize>();
            loading.view_mut((0, start), (n, model.private()[m])).copy_from(&modality.private_loading);
            loadings.push(loading);
            noises.push(modality.noise.covariance(n));
        }
        for target in model.targets() {
            loadings.push(target.loading.clone());
            noises.push(target.noise.covariance(target.loading.nrows()));
        }
        let total: usize = loadings.iter().map(Matrix::nrows).sum();
        let mut loading = Matrix::zeros(total, latents);
        let mut noise = Matrix::zeros(total, total);
        let mut blocks = Vec::new();
        let mut start = 0;
        for (rows, own) in loadings.iter().zip(&noises) {
            let size = rows.nrows();
            loading.view_mut((start, 0), rows.shape()).copy_from(rows);
            noise.view_mut((start, start), own.shape()).copy_from(own);
            blocks.push(start..start + size);
            start += size;
        }
        let latent = model.given_covariance().cloned().unwrap_or_else(|| Matrix::identity(latents, latents));
        let joint = &loading * latent * loading.transpose() + noise;
        Self { joint, blocks }
    }

    /// The same with z_1 = W_1x_1 and z_2 = W_2x_2 as two more blocks, after the targets.
    pub(crate) fn encoded(&self, encoders: &Encoders) -> Self {
        let (old, d) = (self.joint.nrows(), encoders.dim());
        let mut map = Matrix::zeros(old + 2 * d, old);
        map.view_mut((0, 0), (old, old)).fill_with_identity();
        map.view_mut((old, self.blocks[0].start), encoders.first.shape()).copy_from(&encoders.first);
        map.view_mut((old + d, self.blocks[1].start), encoders.second.shape()).copy_from(&encoders.second);
        let mut blocks = self.blocks.clone();
        blocks.extend([old..old + d, old + d..old + 2 * d]);
        Self { joint: &map * &self.joint * map.transpose(), blocks }
    }

    /// The whole covariance.
    pub(crate) fn joint(&self) -> &Matrix {
        &self.joint
    }

    /// Cov of the given blocks (rows) with the given blocks (columns).
    pub(crate) fn block(&self, rows: &[usize], columns: &[usize]) -> Matrix {
        let (rows, columns) = (self.indices(rows), self.indices(columns));
        Matrix::from_fn(rows.len(), columns.len(), |i, j| self.joint[(rows[i], columns[j])])
    }

    /// I(a; b) = ½ (log det Σ_aa + log det Σ_bb − log det Σ_{ab,ab}).
    pub(crate) fn information_nats(&self, a: &[usize], b: &[usize]) -> f64 {
        let both = [a, b].concat();
        0.5 * (log_determinant(self.block(a, a)) + log_determinant(self.block(b, b))
            - log_determinant(self.block(&both, &both)))
    }

    /// tr(Σ_yy − Σ_ys Σ_ss^{-1} Σ_sy).
    pub(crate) fn mmse(&self, source: &[usize], target: &[usize]) -> f64 {
        let cross = self.block(source, target);
        let solved = self.block(source, source).cholesky().expect("a positive definite source").solve(&cross);
        self.block(target, target).trace() - cross.dot(&solved)
    }

    fn indices(&self, blocks: &[usize]) -> Vec<usize> {
        blocks.iter().flat_map(|&block| self.blocks[block].clone()).collect()
    }
}

/// log det of a positive definite matrix.
pub(crate) fn log_determinant(matrix: Matrix) -> f64 {
    2.0 * matrix
        .cholesky()
        .expect("a positive definite matrix")
        .l()
        .diagonal()
        .iter()
        .map(|pivot| pivot.ln())
        .sum::<f64>()
}

/// Σ^{-1/2}, symmetric, by nalgebra's eigendecomposition.
pub(crate) fn symmetric_inverse_root(matrix: &Matrix) -> Matrix {
    let eigen = matrix.clone().symmetric_eigen();
    &eigen.eigenvectors
        * Matrix::from_diagonal(&eigen.eigenvalues.map(|value| value.sqrt().recip()))
        * eigen.eigenvectors.transpose()
}
