//! `interfering`: col A_m and col B_m meet at a principal angle θ, so no linear map of x_m separates shared from
//! private factors without cost.

use super::loadings::haar;
use super::{Draws, Family, FamilyParameters, parameters::require};
use crate::model::{LatentModel, ModelError, Noise};

/// The family.
pub const FAMILY: Family = Family {
    kind: "interfering",
    summary: "col A and col B at a principal angle θ",
    parameters: &["angle_degrees", "nuisance_correlation"],
    modalities: 2,
    draws: Draws::PLAIN,
    build,
};

fn build(parameters: &FamilyParameters) -> Result<LatentModel, ModelError> {
    let common = parameters.common(2, 2, |k, p| (k + p, k + 2 * k.max(p)))?;
    let angle = parameters.angle_degrees.unwrap_or(45.0);
    require("family.", "angle_degrees", &[angle], 0.0..=90.0)?;
    let covariance = match &parameters.nuisance_correlation {
        None => common.covariance(),
        given => Some(common.covariance_with_nuisance(given.as_ref(), 0.0)?),
    };
    let (sine, cosine) = angle.to_radians().sin_cos();
    common.model(FAMILY.kind, covariance, |m| {
        let basis = haar(common.seed, m, common.observed[m], common.shared + common.private[m]);
        let shared = basis.columns(0, common.shared).into_owned();
        let mut private = basis.columns(common.shared, common.private[m]).into_owned();
        // Each of the first min(k, p) private columns leans onto one shared column; the rest stay orthogonal.
        for j in 0..common.shared.min(common.private[m]) {
            let leaning = private.column(j) * sine + shared.column(j) * cosine;
            private.set_column(j, &leaning);
        }
        (shared, private, Noise::Isotropic(common.noise[m]))
    })
}
