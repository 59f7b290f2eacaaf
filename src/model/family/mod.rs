//! The canonical families of models (theory.md §1), each one file, built from named parameters.
//!
//! Adding a family: one file with a [`Family`], one line in [`REGISTRY`].

mod correlated_nuisance;
mod draw;
mod interfering;
mod loadings;
mod multi;
mod orthogonal;
mod parameters;
mod random;
mod spiked;

pub use draw::Draw;
pub use parameters::{FamilyParameters, OneOrMany};

use super::{LatentModel, ModelError};

/// A way to make models from a few parameters.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The `kind` that a model file names.
    pub kind: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// The parameters that it reads besides those that every family reads.
    pub parameters: &'static [&'static str],
    build: fn(&FamilyParameters) -> Result<LatentModel, ModelError>,
}

/// Every family, in the order in which they are shown.
pub const REGISTRY: [Family; 6] = [
    orthogonal::FAMILY,
    random::FAMILY,
    interfering::FAMILY,
    correlated_nuisance::FAMILY,
    spiked::FAMILY,
    multi::FAMILY,
];

/// The family of a kind.
///
/// # Errors
/// [`ModelError::Field`] naming the kind and the nearest valid one.
pub fn find(kind: &str) -> Result<&'static Family, ModelError> {
    REGISTRY.iter().find(|family| family.kind == kind).ok_or_else(|| {
        let kinds: Vec<&str> = REGISTRY.iter().map(|family| family.kind).collect();
        let hint = crate::text::nearest(kind, kinds.iter().copied())
            .map(|near| format!("; did you mean {near:?}?"))
            .unwrap_or_default();
        ModelError::field("family.kind", format!("{kind:?} is not one of {}{hint}", kinds.join(", ")))
    })
}
