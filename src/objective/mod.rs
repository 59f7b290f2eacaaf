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

    /// Whether the minimiser depends on the targets.
    fn needs_targets(&self) -> bool {
        matches!(self.solution(), Solution::TargetRegression)
    }

    /// The length of both encoders' rows along a singular direction of T_{a,b}, from its singular value.
    fn scale(&self, _singular_value: f64) -> f64 {
        1.0
    }

    /// The population value at two encoders, as written in theory.md §3. `None` where the objective has none (`random`).
    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64>;

    /// The gradient of [`Objective::value`] in both encoders. `None` where there is no value.
    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders>;
}

/// Parameters that objectives may have; `None` is the objective's own default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parameters {
    /// τ > 0 of `infonce`.
    pub temperature: Option<f64>,
    /// c > 0 of `linear-contrastive`.
    pub penalty: Option<f64>,
    /// η ≥ 0 of `linear-contrastive`.
    pub weight_decay: Option<f64>,
}

/// How an objective is named and made.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The id.
    pub id: &'static str,
    /// The names of its parameters.
    pub parameters: &'static [&'static str],
    build: fn(&Parameters) -> Box<dyn Objective>,
}

impl Entry {
    const fn plain(id: &'static str, build: fn(&Parameters) -> Box<dyn Objective>) -> Self {
        Self { id, parameters: &[], build }
    }

    /// The objective at its default parameters.
    pub fn default(&self) -> Box<dyn Objective> {
        (self.build)(&Parameters::default())
    }
}

/// Every objective, in the order in which they are shown.
pub const REGISTRY: [Entry; 9] = [
    Entry {
        id: "linear-contrastive",
        parameters: &["penalty", "weight_decay"],
        build: |parameters| {
            let default = LinearContrastive::default();
            Box::new(LinearContrastive {
                penalty: parameters.penalty.unwrap_or(default.penalty),
                weight_decay: parameters.weight_decay.unwrap_or(default.weight_decay),
            })
        },
    },
    Entry::plain("spectral", |_| Box::new(Spectral)),
    Entry {
        id: "infonce",
        parameters: &["temperature"],
        build: |parameters| {
            Box::new(InfoNce { temperature: parameters.temperature.unwrap_or(InfoNce::default().temperature) })
        },
    },
    Entry::plain("joint-density", |_| Box::new(JointDensity)),
    Entry::plain("cca", |_| Box::new(CanonicalCorrelation)),
    Entry::plain("prediction", |_| Box::new(Prediction)),
    Entry::plain("pca", |_| Box::new(PrincipalComponents)),
    Entry::plain("supervised", |_| Box::new(Supervised)),
    Entry::plain("random", |_| Box::new(Random)),
];

/// An objective that can't be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ObjectiveError {
    /// An id that names no objective.
    #[error("{id:?} is not one of {}{}", REGISTRY.map(|entry| entry.id).join(", "), crate::text::nearest(id, REGISTRY.map(|entry| entry.id)).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
    Unknown {
        /// The id.
        id: String,
    },
    /// A parameter outside its range.
    #[error("{name} = {value}, expected a finite number {}", if *least_excluded { "above 0" } else { "of at least 0" })]
    Range {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// Whether 0 itself is out of range.
        least_excluded: bool,
    },
}

impl Parameters {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`ObjectiveError::Range`].
    pub fn check(&self) -> Result<(), ObjectiveError> {
        for (name, value, least_excluded) in [
            ("temperature", self.temperature, true),
            ("penalty", self.penalty, true),
            ("weight_decay", self.weight_decay, false),
        ] {
            if let Some(value) = value
                && !(value.is_finite() && (value > 0.0 || value == 0.0 && !least_excluded))
            {
                return Err(ObjectiveError::Range { name, value, least_excluded });
            }
        }
        Ok(())
    }
}

/// The objective of an id, at its default parameters.
///
/// # Errors
/// [`ObjectiveError::Unknown`], with the nearest valid id.
pub fn find(id: &str) -> Result<Box<dyn Objective>, ObjectiveError> {
    with_parameters(id, &Parameters::default())
}

/// The objective of an id; it reads those of the parameters that it has.
///
/// # Errors
/// [`ObjectiveError`].
pub fn with_parameters(id: &str, parameters: &Parameters) -> Result<Box<dyn Objective>, ObjectiveError> {
    parameters.check()?;
    let entry = REGISTRY.iter().find(|entry| entry.id == id);
    entry.map(|entry| (entry.build)(parameters)).ok_or_else(|| ObjectiveError::Unknown { id: id.into() })
}

/// The gradient of tr(W_1 Σ12 W_2ᵀ): (W_2 Σ21, W_1 Σ12).
fn cross_gradient(moments: &SecondMoments, encoders: &Encoders) -> Encoders {
    use crate::linalg::{product, product_nt};
    Encoders { first: product_nt(&encoders.second, &moments.cross), second: product(&encoders.first, &moments.cross) }
}
