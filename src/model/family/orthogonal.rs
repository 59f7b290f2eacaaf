//! `orthogonal`: [A_m B_m] with orthonormal columns, isotropic noise, diagonal factor variances. Everything is
//! solvable by hand: ρ_i = γ_i/(γ_i + ψ) for equal noise.

use super::loadings::haar;
use super::{Draws, Family, FamilyParameters};
use crate::model::{LatentModel, Modality, ModelError, Noise};

/// The family.
pub const FAMILY: Family = Family {
    kind: "orthogonal",
    summary: "orthonormal loadings, isotropic noise: solvable by hand",
    parameters: &[],
    modalities: 2,
    draws: Draws::PLAIN,
    build,
};

fn build(parameters: &FamilyParameters) -> Result<LatentModel, ModelError> {
    let common = parameters.common(2, 2, |k, p| (k + p, k + p))?;
    let modalities = (0..common.private.len())
        .map(|m| {
            let loading = haar(common.seed, m, common.observed[m], common.shared + common.private[m]);
            Modality {
                name: format!("modality {}", m + 1),
                shared_loading: loading.columns(0, common.shared).into_owned(),
                private_loading: loading.columns(common.shared, common.private[m]).into_owned(),
                noise: Noise::Isotropic(common.noise[m]),
            }
        })
        .collect();
    common.with_targets(LatentModel::new(
        FAMILY.kind,
        common.shared,
        common.private.clone(),
        common.covariance(),
        modalities,
        Vec::new(),
    )?)
}
