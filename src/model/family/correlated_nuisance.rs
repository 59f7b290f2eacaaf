//! `correlated-nuisance`: orthogonal loadings along the axes; for each j, the j-th private factors of any two
//! modalities have correlation κ: shared by the sensors, useless to the task. Noise may differ on the shared
//! directions, so the correlation and the scale of signal and nuisance are four free numbers (the model of arXiv 2606.11190).

use super::{Draws, Family, FamilyParameters, parameters::require};
use crate::linalg::Matrix;
use crate::model::{LatentModel, ModelError, Noise};

/// The family.
pub const FAMILY: Family = Family {
    kind: "correlated-nuisance",
    summary: "private factors correlated across modalities, with correlation κ",
    parameters: &["nuisance_correlation", "shared_noise"],
    modalities: 2,
    draws: Draws { tight: true, ..Draws::PLAIN },
    build,
};

fn build(parameters: &FamilyParameters) -> Result<LatentModel, ModelError> {
    let common = parameters.common(2, 2, |k, p| (k + p, k + p))?;
    let (k, private) = (common.shared, &common.private);
    let shared_noise = match &parameters.shared_noise {
        None => common.noise.clone(),
        Some(noise) => noise.expand("shared_noise", private.len())?,
    };
    require("family.", "shared_noise", &shared_noise, 0.0..=1e100)?;

    let covariance = common.covariance_with_nuisance(parameters.nuisance_correlation.as_ref(), 0.5)?;
    common.model(FAMILY.kind, Some(covariance), |m| {
        let n = common.observed[m];
        let axis = |offset: usize| move |i: usize, j: usize| f64::from(u8::from(i == offset + j));
        let noise = (0..n).map(|i| if i < k { shared_noise[m] } else { common.noise[m] }).collect();
        (Matrix::from_fn(n, k, axis(0)), Matrix::from_fn(n, private[m], axis(k)), Noise::Diagonal(noise))
    })
}
