//! The objectives of theory.md §3: population loss, gradient, and the shape of the minimiser.
//!
//! Adding an objective: one file with a type that implements [`Objective`], one line in [`REGISTRY`].
//! What it does not do: minimise. That is `learner`'s work.

mod baseline;
mod cca;
mod infonce;
mod joint_density;
mod linear_contrastive;
pub mod minibatch;
mod prediction;
mod regression;
mod spectral;

pub use baseline::{PrincipalComponents, Random, Supervised};
pub use cca::CanonicalCorrelation;
pub use infonce::InfoNce;
pub use joint_density::JointDensity;
pub use linear_contrastive::LinearContrastive;
pub use prediction::Prediction;
pub use spectral::Spectral;

use crate::information::{Encoders, SecondMoments};
use std::fmt::Debug;

/// Whether an objective is made small or large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// A loss.
    Minimise,
    /// A gain, as it is written in theory.md §3.
    Maximise,
}

/// The shape of an exact minimiser, which the closed-form learner fills in.
#[derive(Debug, Clone, Copy)]
pub enum Solution {
    /// Top singular directions of T_{a,b} = Σ11^{-a} Σ12 Σ22^{-b}, mapped back by Σ11^{-a} and Σ22^{-b}.
    CrossCovariance {
        /// Whether x_1 is whitened (a = ½) or not (a = 0).
        whiten_first: bool,
        /// Whether x_2 is whitened (b = ½) or not (b = 0).
        whiten_second: bool,
        /// What happens to dimensions beyond the rank of Σ12.
        beyond_rank: BeyondRank,
    },
    /// Each tower keeps the leading principal components of its own modality.
    PrincipalComponents,
    /// Each tower keeps the leading directions of E[y|x_m], all targets stacked.
    TargetRegression,
    /// Gaussian weights.
    Random,
}

/// What an encoder does with dimensions for which the objective has no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeyondRank {
    /// The rows are zero: the minimiser of least norm.
    Zero,
    /// The rows are completed to a whitened encoder by the directions of largest explained variance among those that the
    /// objective does not distinguish: the limit λ → 0+ of `alignment-fidelity(λ)`.
    Whitened,
}

/// A population objective over two linear encoders.
pub trait Objective: Debug + Send + Sync {
    /// The id of theory.md §3.
    fn id(&self) -> &'static str;

    /// What it is, in one line.
    fn summary(&self) -> &'static str;

    /// Whether [`Objective::value`] is made small or large.
    fn sense(&self) -> Sense {
        Sense::Minimise
    }

    /// Whether only whitened encoders compete.
    fn whitened(&self) -> bool {
        false
    }

    /// The shape of the exact minimiser.
    fn solution(&self) -> Solution;

    /// The length of both encoders' rows along a singular direction of T_{a,b}, from its singular value.
    fn scale(&self, _singular_value: f64) -> f64 {
        1.0
    }

    /// The population value at two encoders, as written in theory.md §3. `None` where the objective has none (`random`).
    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64>;

    /// The gradient of [`Objective::value`] in both encoders. `None` where there is no value.
    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders>;
}

/// How an objective is named and made.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The id.
    pub id: &'static str,
    /// Makes the objective at its default parameters.
    pub default: fn() -> Box<dyn Objective>,
}

/// Every objective, in the order in which they are shown.
pub const REGISTRY: [Entry; 9] = [
    Entry { id: "linear-contrastive", default: || Box::new(LinearContrastive::default()) },
    Entry { id: "spectral", default: || Box::new(Spectral) },
    Entry { id: "infonce", default: || Box::new(InfoNce::default()) },
    Entry { id: "joint-density", default: || Box::new(JointDensity) },
    Entry { id: "cca", default: || Box::new(CanonicalCorrelation) },
    Entry { id: "prediction", default: || Box::new(Prediction) },
    Entry { id: "pca", default: || Box::new(PrincipalComponents) },
    Entry { id: "supervised", default: || Box::new(Supervised) },
    Entry { id: "random", default: || Box::new(Random) },
];

/// An id that names no objective.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id:?} is not one of {}{}", REGISTRY.map(|entry| entry.id).join(", "), crate::text::nearest(id, REGISTRY.map(|entry| entry.id)).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
pub struct UnknownObjective {
    /// The id.
    pub id: String,
}

/// The objective of an id, at its default parameters.
///
/// # Errors
/// [`UnknownObjective`], with the nearest valid id.
pub fn find(id: &str) -> Result<Box<dyn Objective>, UnknownObjective> {
    REGISTRY
        .iter()
        .find(|entry| entry.id == id)
        .map(|entry| (entry.default)())
        .ok_or_else(|| UnknownObjective { id: id.into() })
}

/// The gradient of tr(W_1 Σ12 W_2ᵀ): (W_2 Σ21, W_1 Σ12).
fn cross_gradient(moments: &SecondMoments, encoders: &Encoders) -> Encoders {
    use crate::linalg::{product, product_nt};
    Encoders { first: product_nt(&encoders.second, &moments.cross), second: product(&encoders.first, &moments.cross) }
}
