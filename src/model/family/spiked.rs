//! `spiked`: identity covariances and a few correlated directions with given canonical correlations: the model of the
//! finite-sample laws. Aligned with the axes, so that the noise is diagonal and draws are cheap.

use super::{Draws, Family, FamilyParameters, parameters::require};
use crate::linalg::Matrix;
use crate::model::{FieldProblem, LatentModel, ModelError, Noise};

/// The family.
pub const FAMILY: Family = Family {
    kind: "spiked",
    summary: "identity covariances, a few correlated directions",
    parameters: &["correlations"],
    modalities: 2,
    draws: Draws { scales: false, ..Draws::PLAIN },
    build,
};

fn build(parameters: &FamilyParameters) -> Result<LatentModel, ModelError> {
    let correlations = parameters.correlations.clone().unwrap_or_else(|| vec![0.9, 0.7, 0.5]);
    require("family.", "correlations", &correlations, 0.0..=1.0)?;
    let k = correlations.len();
    for (name, given) in [
        ("shared_std", parameters.shared_std.is_some()),
        ("private_std", parameters.private_std.is_some()),
        ("noise", parameters.noise.is_some()),
    ] {
        if given {
            let problem = FieldProblem::FixedCovariance { kind: FAMILY.kind };
            return Err(ModelError::field(format!("family.{name}"), problem));
        }
    }
    let common = parameters.common(k, 0, |k, p| (k + p, k + p + 8))?;
    if common.shared != k {
        let problem = FieldProblem::Correlations { shared: common.shared, correlations: k };
        return Err(ModelError::field("family.shared", problem));
    }
    common.model(FAMILY.kind, None, |m| {
        let (n, p) = (common.observed[m], common.private[m]);
        // Private factors, if any, fill the variance of the next p directions.
        let noise = (0..n).map(|i| match i {
            i if i < k => 1.0 - correlations[i],
            i if i < k + p => 0.0,
            _ => 1.0,
        });
        (
            Matrix::from_fn(n, k, |i, j| if i == j { correlations[j].sqrt() } else { 0.0 }),
            Matrix::from_fn(n, p, |i, j| f64::from(u8::from(i == k + j))),
            Noise::Diagonal(noise.collect()),
        )
    })
}
