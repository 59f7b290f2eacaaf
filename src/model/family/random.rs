//! `random`: independent Gaussian loadings, with columns of expected squared length one.

use super::loadings::gaussian;
use super::{Draws, Family, FamilyParameters};
use crate::model::{LatentModel, ModelError, Noise};

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
    common.model(name, common.covariance(), |m| {
        let n = common.observed[m];
        let loading = gaussian(common.seed, m, n, common.shared + common.private[m]) / (n as f64).sqrt();
        let shared = loading.columns(0, common.shared).into_owned();
        let private = loading.columns(common.shared, common.private[m]).into_owned();
        (shared, private, Noise::Isotropic(common.noise[m]))
    })
}
