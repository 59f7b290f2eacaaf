//! `orthogonal`: [A_m B_m] with orthonormal columns, isotropic noise, diagonal factor variances. Everything has a
//! closed form: ρ_i = γ_i/(γ_i + ψ) for equal noise.

use super::loadings::haar;
use super::{Draws, Family, FamilyParameters};
use crate::model::{LatentModel, ModelError, Noise};

/// The family.
pub const FAMILY: Family = Family {
    kind: "orthogonal",
    summary: "orthonormal loadings, isotropic noise: everything in closed form",
    parameters: &[],
    modalities: 2,
    draws: Draws::PLAIN,
    build,
};

fn build(parameters: &FamilyParameters) -> Result<LatentModel, ModelError> {
    let common = parameters.common(2, 2, |k, p| (k + p, k + p))?;
    common.model(FAMILY.kind, common.covariance(), |m| {
        let loading = haar(common.seed, m, common.observed[m], common.shared + common.private[m]);
        let shared = loading.columns(0, common.shared).into_owned();
        let private = loading.columns(common.shared, common.private[m]).into_owned();
        (shared, private, Noise::Isotropic(common.noise[m]))
    })
}
