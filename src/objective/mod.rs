//! The objectives of theory.md §3: population loss, gradient, and the shape of the minimiser.
//!
//! Adding an objective: one file with a type that implements [`Objective`], one line in [`REGISTRY`].
//! What it does not do: minimise. That is `learner`'s work.

mod alignment_fidelity;
mod baseline;
mod cca;
mod decoupled;
mod infonce;
mod joint_density;
mod linear_contrastive;
pub mod minibatch;
mod prediction;
mod regression;
mod regularised;
mod spectral;

pub use alignment_fidelity::AlignmentFidelity;
pub use baseline::{PrincipalComponents, Random, Supervised};
pub use cca::CanonicalCorrelation;
pub use decoupled::Decoupled;
pub use infonce::InfoNce;
pub use joint_density::JointDensity;
pub use linear_contrastive::LinearContrastive;
pub use prediction::Prediction;
pub use regularised::Regularised;
pub use spectral::Spectral;

use crate::information::{Encoders, Pair, SecondMoments, Towers};
use crate::linalg::{product, product_tn};
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
    /// Top singular directions of T_{a,b} for exponents strictly between, mapped back in the same way; zero rows beyond the rank.
    PartlyWhitened {
        /// a and b, from 0 to ½.
        exponents: [f64; 2],
    },
    /// The joint maximiser of alignment and explained variance, found by alternation and certified.
    AlignmentFidelity(AlignmentFidelity),
    /// The top canonical directions, then the directions of largest explained variance among those uncorrelated with them.
    Decoupled {
        /// d_c, at most this many canonical directions; `None` is as many as there are.
        common_dim: Option<usize>,
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

    /// Its parameters: with them and its id, [`with_parameters`] makes it again.
    fn parameters(&self) -> Parameters {
        Parameters::default()
    }

    /// Whether the minimiser depends on the targets.
    fn needs_targets(&self) -> bool {
        matches!(self.solution(), Solution::TargetRegression)
    }

    /// The length of both encoders' rows along a singular direction of T_{a,b}, from its singular value.
    fn scale(&self, _singular_value: f64) -> f64 {
        1.0
    }

    /// The expression of theory.md §3 at the weights of two encoders, whether or not they satisfy the objective's constraint: what
    /// gradients are of. `None` where the objective has none (`random`). Encoders are compared by [`Objective::attained`].
    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64>;

    /// What encoders attain over a law: the value by which they are compared, `objective_value` in results; its distance from what the
    /// closed form attains is `excess_loss`, which is never negative but for rounding.
    ///
    /// An objective of whitened encoders ([`Objective::whitened`]) is a function of what encoders span and of how their outputs
    /// are paired, not of their scale. So it is taken at the symmetrically whitened encoders ([`Towers::whitened`]) of the law at
    /// hand, and encoders of which one is too low in rank to be whitened attain nothing: `None`. Every other objective is taken
    /// at the weights as they are, and the squared errors among them as squared lengths, which can't be negative.
    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        self.value(candidate.moments, candidate.encoders)
    }

    /// The gradient of [`Objective::value`] in both encoders. `None` where there is no value.
    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders>;
}

/// Encoders over a law, to be compared with others.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The two modalities.
    pub pair: &'a Pair,
    /// Their dense second moments, with those of the targets.
    pub moments: &'a SecondMoments,
    /// The weights.
    pub encoders: &'a Encoders,
    /// The same encoders over the whitened pair.
    pub towers: &'a Towers,
    /// E‖y − E[y|z_m]‖² by modality, added up over the targets.
    pub target_errors: [f64; 2],
}

impl Candidate<'_> {
    /// Whether both encoders have as many independent outputs as d rows over their modality can have, min(d, rank Σ_mm).
    fn can_be_whitened(&self) -> bool {
        (0..2).all(|m| self.towers.rank(m) == self.towers.dim().min(self.pair.ranks()[m]))
    }

    /// tr(W_1 Σ12 W_2ᵀ) over the first rows of the symmetrically whitened encoders.
    fn whitened_alignment(&self, rows: usize) -> f64 {
        let rows = rows.min(self.towers.dim());
        let [first, second] = [0, 1]
            .map(|m| product_tn(self.pair.canonical_directions(m), &self.towers.whitened(m).columns(0, rows).into()));
        let correlations = self.pair.angles().cosines();
        (0..correlations.len()).map(|i| correlations[i] * first.row(i).dot(&second.row(i))).sum()
    }

    /// tr(W_m Σ_mm² W_mᵀ) of the symmetrically whitened encoder of modality m: the variance of x_m that z_m explains.
    fn explained_variance(&self, m: usize) -> f64 {
        product(&self.pair.whitening(m).root, self.towers.whitened(m)).norm_squared()
    }
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
    /// λ in [0, 1] of `alignment-fidelity`, which has no default for it.
    pub lambda: Option<f64>,
    /// d_c of `decoupled`.
    pub common_dim: Option<usize>,
    /// a and b in [0, ½] of `regularised`.
    pub whitening: Option<[f64; 2]>,
}

/// The names of all parameters, as experiment files write them.
pub const PARAMETERS: [&str; 6] = ["temperature", "penalty", "weight_decay", "lambda", "common_dim", "whitening"];

/// How an objective is named and made.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The id.
    pub id: &'static str,
    /// The names of its parameters.
    pub parameters: &'static [&'static str],
    build: fn(&Parameters) -> Result<Box<dyn Objective>, ObjectiveError>,
}

impl Entry {
    const fn plain(id: &'static str, build: fn(&Parameters) -> Result<Box<dyn Objective>, ObjectiveError>) -> Self {
        Self { id, parameters: &[], build }
    }

    /// The objective at its default parameters; one that has a parameter without a default (λ) at the middle of its range.
    ///
    /// # Panics
    /// When these are out of range: a broken invariant of the registry.
    pub fn default(&self) -> Box<dyn Objective> {
        let middle = Parameters { lambda: Some(0.5), ..Parameters::default() };
        (self.build)(&middle).expect("defaults are within range")
    }
}

/// Every objective, in the order in which they are shown.
pub const REGISTRY: [Entry; 12] = [
    Entry {
        id: "linear-contrastive",
        parameters: &["penalty", "weight_decay"],
        build: |parameters| {
            let default = LinearContrastive::default();
            Ok(Box::new(LinearContrastive {
                penalty: parameters.penalty.unwrap_or(default.penalty),
                weight_decay: parameters.weight_decay.unwrap_or(default.weight_decay),
            }))
        },
    },
    Entry::plain("spectral", |_| Ok(Box::new(Spectral))),
    Entry {
        id: "infonce",
        parameters: &["temperature"],
        build: |parameters| {
            Ok(Box::new(InfoNce { temperature: parameters.temperature.unwrap_or(InfoNce::default().temperature) }))
        },
    },
    Entry::plain("joint-density", |_| Ok(Box::new(JointDensity))),
    Entry::plain("cca", |_| Ok(Box::new(CanonicalCorrelation))),
    Entry::plain("prediction", |_| Ok(Box::new(Prediction))),
    Entry {
        id: "regularised",
        parameters: &["whitening"],
        build: |parameters| {
            let objective = parameters.whitening.map_or_else(|| Ok(Regularised::default()), Regularised::new)?;
            Ok(Box::new(objective))
        },
    },
    Entry {
        id: AlignmentFidelity::ID,
        parameters: &["lambda"],
        build: |parameters| {
            let missing =
                ObjectiveError::Missing { id: AlignmentFidelity::ID, name: "lambda", expected: "a number from 0 to 1" };
            Ok(Box::new(AlignmentFidelity::new(parameters.lambda.ok_or(missing)?)?))
        },
    },
    Entry {
        id: "decoupled",
        parameters: &["common_dim"],
        build: |parameters| Ok(Box::new(Decoupled { common_dim: parameters.common_dim })),
    },
    Entry::plain("pca", |_| Ok(Box::new(PrincipalComponents))),
    Entry::plain("supervised", |_| Ok(Box::new(Supervised))),
    Entry::plain("random", |_| Ok(Box::new(Random))),
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
    #[error("{name} = {value}, expected a finite number {expected}")]
    Range {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The range, in words.
        expected: &'static str,
    },
    /// A parameter without a default that was not given.
    #[error("objective {id:?} needs the parameter {name}, {expected}")]
    Missing {
        /// The objective.
        id: &'static str,
        /// The parameter.
        name: &'static str,
        /// What it may be, in words.
        expected: &'static str,
    },
}

impl Parameters {
    /// Checks the ranges, also of parameters that an objective does not read.
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
                let expected = if least_excluded { "above 0" } else { "of at least 0" };
                return Err(ObjectiveError::Range { name, value, expected });
            }
        }
        self.lambda.map_or(Ok(()), |lambda| AlignmentFidelity::new(lambda).map(drop))?;
        self.whitening.map_or(Ok(()), |exponents| Regularised::new(exponents).map(drop))
    }
}

/// The entry of an id.
///
/// # Errors
/// [`ObjectiveError::Unknown`], with the nearest valid id.
pub fn entry(id: &str) -> Result<Entry, ObjectiveError> {
    REGISTRY.into_iter().find(|entry| entry.id == id).ok_or_else(|| ObjectiveError::Unknown { id: id.into() })
}

/// The objective of an id, at its default parameters.
///
/// # Errors
/// [`ObjectiveError::Unknown`], with the nearest valid id; [`ObjectiveError::Missing`] where a parameter has no default.
pub fn find(id: &str) -> Result<Box<dyn Objective>, ObjectiveError> {
    with_parameters(id, &Parameters::default())
}

/// The objective of an id; it reads those of the parameters that it has.
///
/// # Errors
/// [`ObjectiveError`].
pub fn with_parameters(id: &str, parameters: &Parameters) -> Result<Box<dyn Objective>, ObjectiveError> {
    parameters.check()?;
    (entry(id)?.build)(parameters)
}

/// The gradient of tr(W_1 Σ12 W_2ᵀ): (W_2 Σ21, W_1 Σ12).
fn cross_gradient(moments: &SecondMoments, encoders: &Encoders) -> Encoders {
    use crate::linalg::{product, product_nt};
    Encoders { first: product_nt(&encoders.second, &moments.cross), second: product(&encoders.first, &moments.cross) }
}
