//! `multi`: M modalities with Gaussian loadings.

use super::random::gaussian_model;
use super::{Family, FamilyParameters};
use crate::model::{LatentModel, ModelError};

pub(super) const FAMILY: Family =
    Family { kind: "multi", summary: "M modalities with Gaussian loadings", parameters: &["modalities"], build };

fn build(parameters: &FamilyParameters) -> Result<LatentModel, ModelError> {
    gaussian_model(parameters, FAMILY.kind)
}
