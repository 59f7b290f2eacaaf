//! The same law in other units of its channels.

use alignloss::linalg::Matrix;
use alignloss::model::{LatentModel, Modality, Noise};

/// A model whose channel i of modality m is counted in units of 2^−`powers[m][i]`: every entry is scaled without rounding.
pub(crate) fn in_units(model: &LatentModel, powers: &[Vec<i32>]) -> LatentModel {
    let modalities = model.modalities().iter().zip(powers).map(|(modality, powers)| scaled(modality, powers)).collect();
    let (private, targets) = (model.private().to_vec(), model.targets().to_vec());
    let covariance = model.given_covariance().cloned();
    LatentModel::new(model.name(), model.shared(), private, covariance, modalities, targets).expect("a valid model")
}

fn scaled(modality: &Modality, powers: &[i32]) -> Modality {
    let unit = |channel: usize| 2.0_f64.powi(powers[channel]);
    let rows = |loading: &Matrix| {
        Matrix::from_fn(loading.nrows(), loading.ncols(), |row, column| loading[(row, column)] * unit(row))
    };
    let noise = match &modality.noise {
        Noise::Isotropic(variance) => {
            Noise::Diagonal((0..powers.len()).map(|i| variance * unit(i) * unit(i)).collect())
        }
        Noise::Diagonal(variances) => {
            Noise::Diagonal(variances.iter().enumerate().map(|(i, variance)| variance * unit(i) * unit(i)).collect())
        }
        Noise::Full(covariance) => {
            let (n, entry) = (powers.len(), |i: usize, j: usize| covariance[(i, j)] * unit(i) * unit(j));
            Noise::Full(Matrix::from_fn(n, n, entry))
        }
    };
    let (shared_loading, private_loading) = (rows(&modality.shared_loading), rows(&modality.private_loading));
    Modality { name: modality.name.clone(), shared_loading, private_loading, noise }
}
