//! The canonical families of models (docs/theory.md §1), one file each, built from named parameters.
//!
//! To add a family: one file with a [`Family`], its `mod` line, one entry of [`REGISTRY`] (docs/extending.md).

mod correlated_nuisance;
mod draw;
mod interfering;
mod loadings;
mod multi;
mod orthogonal;
mod parameters;
mod random;
mod spiked;

pub use correlated_nuisance::FAMILY as CORRELATED_NUISANCE;
pub use draw::Draw;
pub use interfering::FAMILY as INTERFERING;
pub use multi::FAMILY as MULTI;
pub use orthogonal::FAMILY as ORTHOGONAL;
pub use parameters::{FamilyParameter, FamilyParameters, OneOrMany, PARAMETERS, parameter};
pub use random::FAMILY as RANDOM;
pub use spiked::FAMILY as SPIKED;

use super::{FieldProblem, LatentModel, ModelError};

/// A way to make models from a few parameters.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The `kind` given in model files.
    pub kind: &'static str,
    /// A one-line description.
    pub summary: &'static str,
    /// The parameters it reads besides those common to all families.
    pub parameters: &'static [&'static str],
    /// The default number of modalities.
    modalities: usize,
    draws: Draws,
    build: fn(&FamilyParameters) -> Result<LatentModel, ModelError>,
}

/// The random models of a family.
#[derive(Debug, Clone, Copy)]
struct Draws {
    /// At most this many modalities, and at least two.
    modalities: usize,
    /// Whether scales of factors and noise are parameters; families without them may have no private factors.
    scales: bool,
    /// Whether latents may be coupled by a dense covariance.
    coupled: bool,
    /// Whether a model without noise has no more channels than factors.
    tight: bool,
}

impl Draws {
    /// Two modalities, each with its own scales; latents coupled as the family defines.
    const PLAIN: Self = Self { modalities: 2, scales: true, coupled: false, tight: false };
}

/// Every family, in display order.
pub static REGISTRY: &[Family] = &[ORTHOGONAL, RANDOM, INTERFERING, CORRELATED_NUISANCE, SPIKED, MULTI];

/// The kinds of all families.
pub fn kinds() -> Vec<&'static str> {
    REGISTRY.iter().map(|family| family.kind).collect()
}

/// The family of a kind.
///
/// # Errors
/// [`ModelError::Field`], naming the kind and the nearest valid one.
pub fn find(kind: &str) -> Result<&'static Family, ModelError> {
    REGISTRY.iter().find(|family| family.kind == kind).ok_or_else(|| {
        ModelError::field("family.kind", FieldProblem::UnknownFamily { kind: kind.to_owned(), known: kinds() })
    })
}
