//! `multi`: M modalities with Gaussian loadings.

use super::random::gaussian_model;
use super::{Draws, Family, FamilyParameters};
use crate::model::{LatentModel, ModelError};

/// The family.
pub const FAMILY: Family = Family {
    kind: "multi",
    summary: "M modalities with Gaussian loadings",
    parameters: &["modalities"],
    modalities: 3,
    draws: Draws { modalities: 6, ..Draws::PLAIN },
    build,
};

fn build(parameters: &FamilyParameters) -> Result<LatentModel, ModelError> {
    gaussian_model(parameters, FAMILY.kind)
}
