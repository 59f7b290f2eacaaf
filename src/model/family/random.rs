//! `random`: independent Gaussian loadings with columns of expected length one.

use super::loadings::gaussian;
use super::{Draws, Family, FamilyParameters};
use crate::model::{LatentModel, Modality, ModelError, Noise};

/// The family.
pub const FAMILY: Family = Family {
    kind: "random",
    summary: "Gaussian loadings",
    parameters: &[],
    modalities: 2,
    draws: Draws { coupled: true, ..Draws::PLAIN },
    build,
};

fn build(parameters: &FamilyParameters) -> Result<LatentModel, ModelError> {
    gaussian_model(parameters, FAMILY.kind)
}

/// A model of any number of modalities with Gaussian loadings.
pub(super) fn gaussian_model(parameters: &FamilyParameters, name: &str) -> Result<LatentModel, ModelError> {
    let common = parameters.common(2, 2, |k, p| (1, k + p))?;
    let modalities = (0..common.private.len())
        .map(|m| {
            let n = common.observed[m];
            let loading = gaussian(common.seed, m, n, common.shared + common.private[m]) / (n as f64).sqrt();
            Modality {
                name: format!("modality {}", m + 1),
                shared_loading: loading.columns(0, common.shared).into_owned(),
                private_loading: loading.columns(common.shared, common.private[m]).into_owned(),
                noise: Noise::Isotropic(common.noise[m]),
            }
        })
        .collect();
    common.with_targets(LatentModel::new(
        name,
        common.shared,
        common.private.clone(),
        common.covariance(),
        modalities,
        Vec::new(),
    )?)
}
