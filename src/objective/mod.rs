//! The objectives of docs/theory.md §3: population loss, gradient, and the shape of the minimiser.
//!
//! To add an objective: one file with a type that implements [`Objective`] and its [`Entry`], its `mod` line, one line in [`REGISTRY`]
//! (docs/extending.md).
//! Minimising is left to `learner`.
//!
//! # Example
//! ```
//! use alignloss::model::{Format, LatentModel};
//! use alignloss::objective::{self, Parameters};
//! use alignloss::theorem::{Case, Subject};
//! let model = LatentModel::parse("[family]\nkind = \"spiked\"\ncorrelations = [0.8, 0.6]", Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! let infonce = objective::with_parameters("infonce", &Parameters::default())?;
//! let case = Case::minimise(&subject, &subject.learner(0), infonce.as_ref(), 2)?;
//! // The population loss of the bilinear critic at its minimum: −½ Σ ρ_i².
//! assert!((case.attained(infonce.as_ref()).expect("a value") + 0.5 * (0.64 + 0.36)).abs() < 1e-14);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alignment_fidelity;
mod baseline;
mod cca;
mod decoupled;
mod infonce;
mod joint_density;
mod linear_contrastive;
pub mod minibatch;
mod parameter;
mod prediction;
mod registry;
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
pub use parameter::{Kind, OutOfRange, ParameterSpec, ParameterValue, Parameters, Range};
pub use prediction::Prediction;
pub use registry::{DEFAULT, Entry, ObjectiveError, REGISTRY, entry, find, ids, parameter, with_parameters};
pub use regularised::Regularised;
pub use spectral::Spectral;

use crate::information::{Encoders, Pair, SecondMoments, Towers};
use crate::linalg::{product, product_tn};
use std::fmt::Debug;

/// Whether an objective is minimised or maximised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// A loss.
    Minimise,
    /// A gain, as written in docs/theory.md §3.
    Maximise,
}

/// The shape of an exact minimiser, which the closed-form learner fills in.
#[derive(Debug, Clone, Copy)]
pub enum Solution {
    /// Top singular directions of T_{a,b} = Σ11^{-a} Σ12 Σ22^{-b}, mapped back by Σ11^{-a} and Σ22^{-b}, with the row
    /// lengths of [`Objective::scale`]; zero rows beyond the rank of Σ12: the minimum-norm minimiser.
    CrossCovariance {
        /// Whether x_1 is whitened (a = ½) or not (a = 0).
        whiten_first: bool,
        /// Whether x_2 is whitened (b = ½) or not (b = 0).
        whiten_second: bool,
    },
    /// The leading canonical directions as whitened encoders. Rows beyond the rank of Σ12, which the objective does not
    /// distinguish, are the directions of largest explained variance among the rest: the limit λ → 0+ of
    /// `alignment-fidelity(λ)`.
    Canonical,
    /// Leading singular directions of T_{a,b} for intermediate exponents, mapped back in the same way; zero rows beyond the rank.
    PartlyWhitened {
        /// a and b, from 0 to ½.
        exponents: [f64; 2],
    },
    /// The joint maximiser of alignment and explained variance, found by alternation and certified.
    AlignmentFidelity(AlignmentFidelity),
    /// The leading canonical directions, then the directions of largest explained variance among those uncorrelated with them.
    Decoupled {
        /// d_c, the largest number of canonical directions; `None` means all there are.
        common_dim: Option<usize>,
    },
    /// Each encoder keeps the leading principal components of its modality.
    PrincipalComponents,
    /// Each encoder keeps the leading directions of E[y|x_m], all targets stacked.
    TargetRegression,
    /// Gaussian weights.
    Random,
}

impl Solution {
    /// Which modalities are whitened in full, for minimisers made of singular directions of T_{a,b} with a, b ∈ {0, ½}.
    pub fn whitening(&self) -> Option<[bool; 2]> {
        match *self {
            Self::CrossCovariance { whiten_first, whiten_second } => Some([whiten_first, whiten_second]),
            Self::Canonical => Some([true, true]),
            _ => None,
        }
    }

    /// a and b, for minimisers made of singular directions of T_{a,b}.
    pub fn exponents(&self) -> Option<[f64; 2]> {
        match *self {
            Self::PartlyWhitened { exponents } => Some(exponents),
            _ => Some(self.whitening()?.map(|whiten| if whiten { 0.5 } else { 0.0 })),
        }
    }
}

/// A population objective over two linear encoders.
pub trait Objective: Debug + Send + Sync {
    /// Its registry entry.
    fn entry(&self) -> &'static Entry;

    /// Its id in docs/theory.md §3.
    fn id(&self) -> &'static str {
        self.entry().id
    }

    /// Whether [`Objective::value`] is minimised or maximised.
    fn sense(&self) -> Sense {
        Sense::Minimise
    }

    /// Whether only whitened encoders are admissible.
    fn whitened(&self) -> bool {
        false
    }

    /// The shape of the exact minimiser.
    fn solution(&self) -> Solution;

    /// The values of its parameters; with them and the id, [`with_parameters`] rebuilds the objective.
    fn parameters(&self) -> Parameters {
        Parameters::default()
    }

    /// Whether the minimiser depends on the targets.
    fn needs_targets(&self) -> bool {
        matches!(self.solution(), Solution::TargetRegression)
    }

    /// The length of both encoders' rows along a singular direction of T_{a,b}, from its singular value, where the
    /// solution is [`Solution::CrossCovariance`] or [`Solution::PartlyWhitened`].
    fn scale(&self, _singular_value: f64) -> f64 {
        1.0
    }

    /// The expression of docs/theory.md §3 at the weights of two encoders, whether or not they satisfy the objective's
    /// constraint; its derivative is [`Objective::gradient`]. `None` if the objective has no value (`random`). To
    /// compare encoders, use [`Objective::attained`].
    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64>;

    /// The value that encoders attain under a law, by which they are compared: `objective_value` in results. Its
    /// distance from the value of the closed form is `excess_loss`, which is non-negative up to rounding.
    ///
    /// An objective of whitened encoders ([`Objective::whitened`]) depends on the encoders' spans and on how their
    /// outputs are paired, not on their scale. It is therefore evaluated at the symmetrically whitened encoders
    /// ([`Towers::whitened`]) under the law at hand; if the rank of an encoder is too low to whiten it, the result is
    /// `None`. Every other objective is evaluated at the weights as they are, with squared errors computed as squared
    /// lengths, which cannot be negative.
    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        self.value(candidate.moments, candidate.encoders)
    }

    /// The gradient of [`Objective::value`] with respect to both encoders. `None` if there is no value.
    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders>;
}

/// Encoders under a law, to be compared with others.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The two modalities.
    pub pair: &'a Pair,
    /// Their dense second moments, including those of the targets.
    pub moments: &'a SecondMoments,
    /// The weights.
    pub encoders: &'a Encoders,
    /// The same encoders in the coordinates of the pair.
    pub towers: &'a Towers,
    /// E‖y − E[y|z_m]‖² by modality, summed over the targets.
    pub target_errors: [f64; 2],
}

impl Candidate<'_> {
    /// Whether both encoders have as many independent outputs as d rows on their modality can have, min(d, rank Σ_mm).
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

    /// tr(W_m Σ_mm² W_mᵀ) for the symmetrically whitened encoder of modality m: the variance of x_m explained by z_m.
    fn explained_variance(&self, m: usize) -> f64 {
        product(&self.pair.whitening(m).root, self.towers.whitened(m)).norm_squared()
    }
}

/// The gradient of tr(W_1 Σ12 W_2ᵀ): (W_2 Σ21, W_1 Σ12).
fn cross_gradient(moments: &SecondMoments, encoders: &Encoders) -> Encoders {
    use crate::linalg::{product, product_nt};
    Encoders { first: product_nt(&encoders.second, &moments.cross), second: product(&encoders.first, &moments.cross) }
}
