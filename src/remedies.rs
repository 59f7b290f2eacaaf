//! What each remedy buys at equal dimension, and where no remedy can help: the table behind `examples/remedies.rs`.
//!
//! Pure alignment (`infonce`, whose minimiser leaves unused dimensions at zero) is compared with the joint objective,
//! at the largest λ that keeps 99% of the cross-modal information, with `decoupled`, and with a ceiling for all
//! whitened encoders.
//!
//! # Example
//! ```
//! use alignloss::remedies::{Finding, table};
//! // With one dimension for two shared factors, nothing is left to keep private information with.
//! let rows = table(&[1], 2)?;
//! assert!(rows.iter().all(|row| row.ceiling_r2 >= row.joint_r2 && row.finding() != Finding::Raises));
//! # Ok::<(), alignloss::remedies::RemedyError>(())
//! ```

use crate::information::InformationError;
use crate::learner::{Effort, ky_fan};
use crate::linalg::{product_nt, scale_columns, symmetric_eigen};
use crate::model::family;
use crate::model::{Format, LatentModel, ModelError};
use crate::objective::{AlignmentFidelity, Decoupled, InfoNce, ObjectiveError};
use crate::theorem::{Case, CaseError, Subject};
use rayon::prelude::*;

/// The fraction of pure alignment's cross-modal information that a remedy must keep.
pub const KEPT: f64 = 0.99;

/// The gain in private R² that counts as a remedy.
pub const RAISED: f64 = 0.127;

/// The values of λ tried for the joint objective: steps of one twentieth, from pure alignment to pure fidelity.
const STEPS: u32 = 20;

/// Steps of the search for the multiplier of a ceiling, each of which shrinks its range by a third. Any multiplier
/// gives a valid bound, so precision is optional.
const MULTIPLIER_STEPS: usize = 40;

/// Whether the joint objective is a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// At some λ it keeps [`KEPT`] of the information and raises private R² by at least [`RAISED`].
    Raises,
    /// The capacity law leaves less room than [`RAISED`]: no encoders of this dimension could do it.
    Forbidden,
    /// Neither.
    Open,
}

/// One family at one dimension; every number is a mean over the models, and R² also over the private factors of both modalities.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The family.
    pub family: &'static str,
    /// d.
    pub dim: usize,
    /// I(z_1; z_2) of pure alignment, in nats.
    pub cross_modal_nats: f64,
    /// Private R² of pure alignment.
    pub aligned_r2: f64,
    /// The largest λ that keeps [`KEPT`] of the cross-modal information.
    pub lambda: f64,
    /// The fraction that the joint objective keeps there.
    pub joint_kept: f64,
    /// Its private R².
    pub joint_r2: f64,
    /// The fraction of the cross-modal information that `decoupled` keeps, counting all its dimensions.
    pub decoupled_kept: f64,
    /// Its private R².
    pub decoupled_r2: f64,
    /// The largest private R² of any whitened encoders that keep [`KEPT`] of the information (see [`ceiling`]).
    pub ceiling_r2: f64,
}

/// Why there is no table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RemedyError {
    /// A family cannot build a model of these sizes.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A model cannot be measured.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// λ is out of range.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// Neither modality has private factors, so there is nothing to bring back.
    #[error("the model has no target \"private m\" for the private factors of its modalities")]
    NothingPrivate,
}

impl From<InformationError> for RemedyError {
    fn from(error: InformationError) -> Self {
        Self::Case(error.into())
    }
}

impl Row {
    /// Whether the joint objective is a remedy here.
    pub fn finding(&self) -> Finding {
        if self.joint_kept >= KEPT && self.joint_r2 - self.aligned_r2 >= RAISED {
            Finding::Raises
        } else if self.ceiling_r2 - self.aligned_r2 < RAISED {
            Finding::Forbidden
        } else {
            Finding::Open
        }
    }
}

/// The table: orthogonal, random and interfering models with two shared and two private factors in six channels, for each dimension.
///
/// # Errors
/// [`RemedyError`].
pub fn table(dims: &[usize], models: u64) -> Result<Vec<Row>, RemedyError> {
    let mut rows = Vec::new();
    for family in [family::ORTHOGONAL, family::RANDOM, family::INTERFERING].map(|family| family.kind) {
        for &dim in dims {
            let all = (1..=models)
                .into_par_iter()
                .map(|seed| row(family, &model(family, seed)?, dim))
                .collect::<Result<Vec<Row>, RemedyError>>()?;
            let mean = |value: fn(&Row) -> f64| all.iter().map(value).sum::<f64>() / all.len() as f64;
            rows.push(Row {
                family,
                dim,
                cross_modal_nats: mean(|row| row.cross_modal_nats),
                aligned_r2: mean(|row| row.aligned_r2),
                lambda: mean(|row| row.lambda),
                joint_kept: mean(|row| row.joint_kept),
                joint_r2: mean(|row| row.joint_r2),
                decoupled_kept: mean(|row| row.decoupled_kept),
                decoupled_r2: mean(|row| row.decoupled_r2),
                ceiling_r2: mean(|row| row.ceiling_r2),
            });
        }
    }
    Ok(rows)
}

/// The largest mean R² about their own private factors that whitened encoders with d outputs and I(z_1;z_2) of at least
/// `information` nats can have.
///
/// The capacity law with its spectrum: with `R²(z_m) = tr(Q·C·Qᵀ)`, C = Cov(x̃_m, y)·Cov(y, x̃_m)/tr Σ_yy, and K =
/// Q·TTᵀ·Qᵀ, for every μ ≥ 0 `R² ≤ KyFan_d(C + μ·TTᵀ) − μ·tr K`. The information requires tr K ≥ [`least_aligned`]; we
/// search for the best μ. For q equal private factors and μ = 1/q this is at most (d − tr K)/q, the theorem `capacity` itself.
///
/// # Errors
/// [`RemedyError::NothingPrivate`]; [`RemedyError::Case`] if an eigendecomposition fails.
pub fn ceiling(case: &Case, information: f64) -> Result<f64, RemedyError> {
    let pair = &case.subject.pair;
    let dim = case.dim();
    let least = least_aligned(pair.angles().cosines(), dim, information);
    let mut sum = 0.0;
    let own = private_targets(case);
    if own.is_empty() {
        return Err(RemedyError::NothingPrivate);
    }
    for &(m, target) in &own {
        let geometry = case.targets[target].geometry;
        let said = product_nt(geometry.regression(m), geometry.regression(m)) / geometry.variance();
        let directions = pair.canonical_directions(m);
        let mut scaled = directions.clone();
        scale_columns(&mut scaled, pair.angles().cosines().iter().map(|correlation| correlation * correlation));
        let aligned = product_nt(&scaled, directions);
        let bound = |multiplier: f64| -> Result<f64, InformationError> {
            let matrix = &said + &aligned * multiplier;
            let spectrum = symmetric_eigen(&matrix).map_err(InformationError::from)?.values;
            Ok(ky_fan(&spectrum, dim) - multiplier * least)
        };
        // Convex in μ: a ternary search over its logarithm converges to the minimum.
        let (mut low, mut high) = (1e-4_f64.ln(), 1e4_f64.ln());
        for _ in 0..MULTIPLIER_STEPS {
            let third = (high - low) / 3.0;
            if bound((low + third).exp())? < bound((high - third).exp())? {
                high -= third;
            } else {
                low += third;
            }
        }
        sum += bound(f64::midpoint(low, high).exp())?.min(bound(0.0)?);
    }
    Ok(sum / own.len() as f64)
}

/// The smallest tr Cov(E[z_1|x_2]) of whitened encoders with d outputs and I(z_1;x_2) ≥ `information` nats, given the
/// canonical correlations (descending).
///
/// The eigenvalues κ_i of K are at most ρ_i² (interlacing) and I = −½ Σ log(1−κ_i) is convex in them, so the smallest
/// sum fills the largest first. If the information cannot be attained at all, the result is Σ ρ_i².
pub fn least_aligned(correlations: &[f64], dim: usize, information: f64) -> f64 {
    let mut left = information;
    let mut sum = 0.0;
    for correlation in correlations.iter().take(dim) {
        let square = correlation * correlation;
        let gain = -0.5 * (-square).ln_1p();
        if gain >= left {
            return sum - (-2.0 * left).exp_m1();
        }
        left -= gain;
        sum += square;
    }
    sum
}

fn model(family: &'static str, seed: u64) -> Result<LatentModel, ModelError> {
    let text = format!(
        "[family]\nkind = \"{family}\"\nshared = 2\nprivate = 2\nobserved = 6\nshared_std = [1.3, 0.9]\nprivate_std = 1.1\n\
         noise = 0.1\nseed = {seed}"
    );
    LatentModel::parse(&text, Format::Toml)
}

/// One model at one dimension.
fn row(family: &'static str, model: &LatentModel, dim: usize) -> Result<Row, RemedyError> {
    let subject = Subject::new(model, [0, 1]).map_err(CaseError::from)?;
    let learner = subject.learner(0);
    let objectives = (0..=STEPS)
        .map(|step| AlignmentFidelity::new(f64::from(step) / f64::from(STEPS)))
        .collect::<Result<Vec<_>, _>>()?;
    let (pure, blocks) = (InfoNce::default(), Decoupled::default());
    let aligned = Case::minimise(&subject, &learner, &pure, dim)?;
    let decoupled = Case::minimise(&subject, &learner, &blocks, dim)?;
    let cross_modal_nats = cross_modal(&aligned);
    let path = learner.alignment_fidelity_path(&objectives, dim, Effort::default()).map_err(CaseError::from)?;
    let mut row = Row {
        family,
        dim,
        cross_modal_nats,
        aligned_r2: private_r2(&aligned),
        lambda: f64::NAN,
        joint_kept: f64::NAN,
        joint_r2: f64::NAN,
        decoupled_kept: cross_modal(&decoupled) / cross_modal_nats,
        decoupled_r2: private_r2(&decoupled),
        ceiling_r2: ceiling(&aligned, KEPT * cross_modal_nats)?,
    };
    for (objective, certified) in objectives.iter().zip(path) {
        let case = Case::of_weights(&subject, certified.learned.encoders).map_err(CaseError::from)?;
        let kept = cross_modal(&case) / cross_modal_nats;
        // λ = 0 keeps all of it, up to rounding.
        if kept >= KEPT {
            (row.lambda, row.joint_kept, row.joint_r2) = (objective.lambda(), kept, private_r2(&case));
        }
    }
    Ok(row)
}

/// I(z_1; z_2), in nats.
fn cross_modal(case: &Case) -> f64 {
    case.alignment.angles.mutual_information_nats()
}

/// Each modality with the target of its private factors.
fn private_targets(case: &Case) -> Vec<(usize, usize)> {
    let targets = (0..2).filter_map(|m| {
        let name = format!("private {}", case.subject.modalities[m] + 1);
        Some((m, case.targets.iter().position(|target| target.name == name)?))
    });
    targets.collect()
}

/// The mean over modalities of R²(z_m; u_m).
fn private_r2(case: &Case) -> f64 {
    use crate::information::Source::{EncodedFirst, EncodedSecond};
    let own = private_targets(case);
    let r2 = |&(m, target): &(usize, usize)| {
        case.targets[target].source(if m == 0 { EncodedFirst } else { EncodedSecond }).r2
    };
    own.iter().map(r2).sum::<f64>() / own.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_is_judged_by_what_it_adds() {
        let row = |aligned_r2: f64, joint_kept: f64, joint_r2: f64, ceiling_r2: f64| Row {
            family: "random",
            dim: 3,
            cross_modal_nats: 1.0,
            aligned_r2,
            lambda: 0.1,
            joint_kept,
            joint_r2,
            decoupled_kept: 1.0,
            decoupled_r2: 1.0,
            ceiling_r2,
        };
        assert_eq!(row(0.5, 0.995, 0.7, 0.9).finding(), Finding::Raises);
        // What was there without the remedy is no merit of it, nor is private information at the price of the shared.
        assert_eq!(row(0.5, 0.995, 0.6, 0.9).finding(), Finding::Open);
        assert_eq!(row(0.5, 0.98, 0.7, 0.9).finding(), Finding::Open);
        assert_eq!(row(0.5, 0.995, 0.6, 0.62).finding(), Finding::Forbidden);
    }

    #[test]
    fn the_least_alignment_fills_the_strongest_pairs_first() {
        // ½ log(1/(1−0.64)) = 0.5108 nats from ρ = 0.8; what is left comes from the next pair.
        let information = |square: f64| -0.5 * (1.0 - square).ln();
        assert!((least_aligned(&[0.8, 0.6], 2, information(0.64)) - 0.64).abs() < 1e-15);
        assert!((least_aligned(&[0.8, 0.6], 2, information(0.64) + information(0.25)) - 0.89).abs() < 1e-15);
        assert!((least_aligned(&[0.8, 0.6], 2, 9.0) - 1.0).abs() < 1e-15);
        assert!((least_aligned(&[0.8, 0.6], 1, 9.0) - 0.64).abs() < 1e-15);
    }
}
