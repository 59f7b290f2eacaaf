//! `prediction` and `pca` on a batch: decoders tied to encoders.

use super::lanes::Precision;
use super::pairs::{apply, inner, outer};
use super::towers::Towers;
use super::{Geometry, MinibatchError, MinibatchLoss, Parameters, finish};
use faer::Accum;
use nalgebra::{DMatrix, DMatrixView};

/// mean ‖x_2 − W_2ᵀW_1x_1‖² (docs/theory.md §3, `prediction`): the decoder is W_2ᵀ.
///
/// Its minimisers satisfy W_2ᵀW_1 = Σ21·Σ11^{-1}, truncated to rank d in the Σ11^{1/2} metric: the rows of W_1 span the
/// directions with a = ½, b = 0, those of W_2 the right singular vectors.
#[derive(Debug)]
pub struct Prediction<T>(Reconstruction<T>);

/// Σ_m mean ‖x_m − W_mᵀW_mx_m‖² (docs/theory.md §3, `pca`), weights tied.
#[derive(Debug)]
pub struct PrincipalComponents<T>(Reconstruction<T>);

/// ‖x_t − W_tᵀz_s‖² = ‖x_t‖² − 2·z_t·z_s + z_sᵀ·(W_tW_tᵀ)·z_s with z_t = W_t·x_t: nothing larger than d × B is formed.
#[derive(Debug)]
struct Reconstruction<T> {
    towers: Towers<T>,
    moments: [Vec<T>; 2],
    gram: Vec<T>,
}

impl<T: Precision> Default for Prediction<T> {
    fn default() -> Self {
        Self(Reconstruction::new())
    }
}

impl<T: Precision> Default for PrincipalComponents<T> {
    fn default() -> Self {
        Self(Reconstruction::new())
    }
}

impl<T: Precision> Reconstruction<T> {
    fn new() -> Self {
        Self { towers: Towers::new(), moments: [vec![], vec![]], gram: vec![] }
    }

    /// Sums the errors of reconstructing x_t from z_s over the given pairs (s, t).
    fn evaluate(
        &mut self,
        pairs: &[(usize, usize)],
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError> {
        self.towers.forward(batch, &parameters.weights, 1)?;
        let (lead, dim, samples) = (self.towers.lead, self.towers.dim, self.towers.batch as f64);
        let Self { towers, moments, gram } = self;
        for (out, moment) in towers.gradient.iter_mut().zip(&mut *moments) {
            out.fill(T::zero());
            moment.resize(lead * lead, T::zero());
        }
        gram.resize(lead * lead, T::zero());
        let mut loss = 0.0;
        for &(source, target) in pairs {
            let [z_source, z_target] = [source, target].map(|m| &towers.encoded[m]);
            outer(&mut moments[target], z_source, z_source, [lead; 2], samples.recip());
            padded_gram(gram, &parameters.weights[target], lead);
            let x = batch[target].as_slice();
            loss += (inner(x, x) - 2.0 * inner(z_source, z_target)) / samples + inner(gram, &moments[target]);
            let scale = T::nearest(-2.0 / samples);
            for (m, other) in [(source, z_target), (target, z_source)] {
                towers.gradient[m].iter_mut().zip(other).for_each(|(out, &other)| *out += scale * other);
            }
            apply(&mut towers.gradient[source], gram, z_source, [lead; 2], 2.0 / samples, Accum::Add);
        }
        towers.backward(batch, gradient);
        for &(_, target) in pairs {
            // The decoder's own slope: 2·E[z_s·z_sᵀ]·W_t.
            let moment = DMatrixView::from_slice_with_strides(&moments[target], dim, dim, 1, lead);
            let weights = &parameters.weights[target];
            gradient.weights[target].gemm(T::nearest(2.0), &moment, weights, T::one());
        }
        finish(loss, gradient)
    }
}

/// W·Wᵀ in the corner of a lead × lead square of zeros.
fn padded_gram<T: Precision>(gram: &mut [T], weights: &DMatrix<T>, lead: usize) {
    gram.fill(T::zero());
    let dim = weights.nrows();
    for column in weights.as_slice().chunks_exact(dim) {
        for (padded, &value) in gram.chunks_exact_mut(lead).zip(column) {
            padded.iter_mut().zip(column).for_each(|(padded, &other)| *padded += value * other);
        }
    }
}

impl<T: Precision> MinibatchLoss<T> for Prediction<T> {
    fn geometry(&self, scales: [f64; 2]) -> [Geometry; 2] {
        // z_1 of order one, so that W_2 has the units of x_2.
        [Geometry::Whitened, Geometry::Scaled(scales[1])]
    }

    fn slope_units(&self, scales: [f64; 2]) -> [f64; 2] {
        [scales[1].powi(2); 2]
    }

    fn evaluate(
        &mut self,
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError> {
        self.0.evaluate(&[(0, 1)], batch, parameters, gradient)
    }
}

impl<T: Precision> MinibatchLoss<T> for PrincipalComponents<T> {
    fn geometry(&self, _scales: [f64; 2]) -> [Geometry; 2] {
        // Orthonormal rows at the optimum, whatever the data's units.
        [Geometry::Scaled(1.0); 2]
    }

    fn slope_units(&self, scales: [f64; 2]) -> [f64; 2] {
        scales.map(|scale| scale.powi(2))
    }

    fn evaluate(
        &mut self,
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError> {
        self.0.evaluate(&[(0, 0), (1, 1)], batch, parameters, gradient)
    }
}
