//! `width`: weight decay soft-thresholds; extra dimensions buy nothing back.

mod precise;
mod variants;

use super::certainty::Route;
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Part, Predicted, Quantity, Question, Theorem};
use crate::information::{Encoders, InformationError, Source, Towers};
use crate::learner::{Learned, LearnerError};
use crate::linalg::{LinalgError, Matrix, largest_singular_value, product, product_nt, product_tn, singular_values};
use crate::objective::{LinearContrastive, Objective};
use crate::random::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;

/// The id of docs/theory.md.
pub(super) const ID: &str = "width";

/// The claims, at a weight decay in units of σ_1.
pub(super) const GAIN: &str = "gain at weight decay {value}·σ1";
pub(super) const GREATEST: &str = "greatest gain at weight decay {value}·σ1";
/// σ_i(W_1ᵀW_2) against (σ_i − η)₊.
pub(super) const SHRUNK: &str = "soft threshold of the singular values at weight decay {value}·σ1";
/// W_1ᵀW_2 itself.
pub(super) const TRAINED: &str = "trained W1ᵀW2 at weight decay {value}·σ1, start {place}";
/// R² of wider encoders.
pub(super) const EXTRA_WIDTH: &str = "extra width at weight decay {value}·σ1 and {target}";

/// With weight decay η the gain of `linear-contrastive`, minus its loss, is at most ½ Σ (σ_i(Σ12) − η)₊² at any encoders (c = 1), and
/// for any d ≥ r the minimiser attains it with singular values (σ_i − η)₊ of W_1ᵀW_2, so that d beyond the number of σ_i > η changes
/// nothing that z says.
///
/// The bound is the dual of the nuclear-norm problem: (η/2)(‖W_1‖² + ‖W_2‖²) ≥ η‖W_1ᵀW_2‖_*. In A = W_1ᵀW_2 that problem,
/// −tr AᵀΣ12 + ½‖A‖² + η‖A‖_*, is strongly convex, so that A is unique, and any encoders within g of the minimum have an A within √(2g) of
/// it. On small models that is tried: encoders trained by alternating ridge regressions from random starts, which know nothing of singular
/// values, with a certificate of g from the dual, against the closed form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width;

/// Weight decays that are tried, as shares of σ_1(Σ12): none, a little, and one at which most factors die.
pub(super) const DECAYS: [f64; 3] = [0.0, 0.2, 0.7];

/// Extra dimensions of the wider encoders.
const EXTRA: usize = 2;

/// Singular values nearer than this share of σ_1 to η are not told from it.
const NEAR: f64 = 1e-9;

/// Rounding of the sums of products that Σ12, a gain or W_1ᵀW_2 are made of, relative to the sum of their sizes and for each channel:
/// twice the contract of a decomposition, whose two factors are multiplied.
const ROUNDING: f64 = 128.0 * f64::EPSILON;

/// A bound on the rounding of a gain above this share of it decides nothing: channels of encoders that minimise another objective may
/// be louder by any factor.
const RESOLVED: f64 = 1e-3;

/// Models with more channels than this are not trained: the check is of the formula, which knows about no size.
const TRAINED_CHANNELS: usize = 6;
/// Training is tried on one case in this many, by the last bits of σ_1: it takes a hundred times as long as all else here.
const TRAINED_EVERY: u64 = 8;
/// Sweeps of one training, each a ridge regression of both encoders.
const SWEEPS: usize = 400;
/// Random starts of the training: all must arrive at the same A.
pub(super) const STARTS: u64 = 2;
/// Trained encoders that are further than this share of σ_1 from the minimum, by their certificate, decide nothing.
const ARRIVED: f64 = 1e-5;

/// Everything that the clauses of one case share.
pub(super) struct Problem<'a> {
    case: &'a Case<'a>,
    pub(super) cross: &'a Matrix,
    /// σ_i(Σ12), descending.
    pub(super) sigma: Vec<f64>,
    /// |F_1|·|F_2|ᵀ of Σ12 = F_1F_2ᵀ, entry by entry: Σ12 is exact to rounding of this. The loss depends on the units of the channels,
    /// and so does what rounding leaves of a quiet one beside a loud one; what is zero by structure has no rounding.
    sizes: Matrix,
    /// ‖sizes‖, to whose rounding singular values are exact.
    pub(super) unit: f64,
}

impl<'a> Problem<'a> {
    fn new(case: &'a Case<'a>) -> Result<Self, InformationError> {
        let cross = &case.subject.moments().cross;
        let [first, second] = [0, 1].map(|m| case.subject.pair.factor(m).common.abs());
        let sizes = product_nt(&first, &second);
        Ok(Self { case, sigma: singular_values(cross)?, cross, unit: sizes.norm(), sizes })
    }

    /// Whether the model is small enough for training.
    pub(super) fn is_small(&self) -> bool {
        self.cross.nrows().max(self.cross.ncols()) <= TRAINED_CHANNELS
    }

    pub(super) fn largest(&self) -> f64 {
        self.sigma.first().copied().unwrap_or(0.0)
    }

    /// (σ_i − η)₊.
    pub(super) fn shrunk(&self, decay: f64) -> Vec<f64> {
        self.sigma.iter().map(|value| (value - decay).max(0.0)).collect()
    }

    fn gain(&self, objective: &LinearContrastive, encoders: &Encoders) -> f64 {
        -objective.value(self.case.subject.moments(), encoders).unwrap_or(f64::NAN)
    }

    /// A bound on the rounding of a gain at encoders, and of ½ Σ (σ_i − η)₊² beside it.
    pub(super) fn gain_error(&self, decay: f64, encoders: &Encoders, kept: &[f64]) -> f64 {
        let (first, second) = (encoders.first.norm(), encoders.second.norm());
        let critic = first * second;
        let alignment = product_nt(&product(&encoders.first.abs(), &self.sizes), &encoders.second.abs()).trace();
        let terms = alignment + critic * critic + decay * (first * first + second * second);
        self.rounding() * (terms + self.unit * kept.iter().sum::<f64>())
    }

    /// A bound on the rounding of the singular values of Σ12 or of W_1ᵀW_2, in units of σ_1.
    pub(super) fn value_error(&self) -> f64 {
        self.rounding() * (self.unit + self.largest()) / self.largest()
    }

    /// [`ROUNDING`] times the number of channels.
    pub(super) fn rounding(&self) -> f64 {
        ROUNDING * self.cross.nrows().max(self.cross.ncols()) as f64
    }
}

/// Encoders at some point of the training, with the most that their loss exceeds the minimum by.
pub(super) struct Trained {
    pub(super) encoders: Encoders,
    /// W_1ᵀW_2.
    pub(super) product: Matrix,
    /// g.
    pub(super) excess: f64,
}

/// Alternating ridge regressions from a random start: at a fixed W_2 the best W_1 is (W_2W_2ᵀ + ηI)^{-1}W_2Σ12ᵀ, and likewise. `None` where
/// a start degenerates.
pub(super) fn train(problem: &Problem, decay: f64, dim: usize, seed: u64) -> Result<Option<Trained>, InformationError> {
    let (cross, scale) = (problem.cross, problem.largest().sqrt());
    let mut generator = Stream { seed, experiment: "width", cell: decay.to_bits(), replicate: dim as u64 }.generator();
    let mut second = Matrix::from_fn(dim, cross.ncols(), |_, _| scale * generator.sample::<f64, _>(StandardNormal));
    let mut first = Matrix::zeros(dim, cross.nrows());
    let fitted = |other: &Matrix, seen: Matrix| {
        let normal = product_nt(other, other) + Matrix::identity(dim, dim) * decay;
        nalgebra::Cholesky::new(normal).map(|factor| factor.solve(&seen))
    };
    for _ in 0..SWEEPS {
        let before = second.clone();
        let Some(next) = fitted(&second, product_nt(&second, cross)) else { return Ok(None) };
        first = next;
        let Some(next) = fitted(&first, product(&first, cross)) else { return Ok(None) };
        second = next;
        if (&second - before).norm() <= f64::EPSILON * second.norm() {
            break;
        }
    }
    let reached = product_tn(&first, &second);
    let size = first.norm_squared() + second.norm_squared();
    let loss = -reached.dot(cross) + 0.5 * reached.norm_squared() + 0.5 * decay * size;
    let excess = (loss - dual(cross, &reached, decay)?).max(0.0);
    Ok(Some(Trained { encoders: Encoders { first, second }, product: reached, excess }))
}

/// A lower bound on the minimum of −tr AᵀΣ12 + ½‖A‖² + η‖A‖_*: for every Y with ‖Y‖ ≤ η it is at least −½‖Σ12 − Y‖²; at the minimum the best
/// Y is Σ12 − A, which is shrunk here until it is allowed.
fn dual(cross: &Matrix, reached: &Matrix, decay: f64) -> Result<f64, InformationError> {
    let residual = cross - reached;
    let length = largest_singular_value(&residual)?;
    let share = if length > decay { decay / length } else { 1.0 };
    Ok(-0.5 * (cross - residual * share).norm_squared())
}

/// A of several trainings against the closed form: the same, up to what the certificates leave open.
pub(super) fn trained_clauses(
    problem: &Problem,
    decay: f64,
    dim: usize,
    minimiser: &Matrix,
    part: &Part,
) -> Result<Vec<Clause>, InformationError> {
    let mut clauses = Vec::new();
    for (place, start) in (1..).zip(0..STARTS) {
        let Some(trained) = train(problem, decay, dim, start)? else { continue };
        // Rounding of the loss and of its bound is part of what they leave open.
        let unit = problem.unit.max(problem.largest());
        let open = (2.0 * (trained.excess + problem.rounding() * unit * unit)).sqrt();
        if open > ARRIVED * problem.largest() {
            continue;
        }
        let deviation = (&trained.product - minimiser).norm() / problem.largest();
        clauses.push(Clause::equal(part.clone().place(place), deviation, 0.0, open / problem.largest()));
    }
    Ok(clauses)
}

/// Whether training is tried on a case.
pub(super) fn is_trained(problem: &Problem) -> bool {
    problem.is_small() && problem.largest().to_bits().is_multiple_of(TRAINED_EVERY)
}

/// The minimisers of `linear-contrastive` at one weight decay.
pub(super) struct Minimisers {
    pub(super) objective: LinearContrastive,
    /// Outputs of the narrow one: as many as there are singular values above η.
    pub(super) count: usize,
    pub(super) narrow: Learned,
    pub(super) wide: Learned,
}

impl Minimisers {
    /// At η = share·σ_1; `None` where no singular value is above it.
    pub(super) fn new(problem: &Problem, share: f64) -> Result<Option<Self>, InformationError> {
        let objective = LinearContrastive::new(1.0, share * problem.largest()).expect("a share of a singular value");
        let kept = problem.shrunk(objective.weight_decay());
        let count = kept.iter().filter(|value| **value > NEAR * problem.largest()).count();
        if count == 0 {
            return Ok(None);
        }
        let learner = problem.case.subject.learner(0);
        let [narrow, wide] =
            [count, (count + EXTRA).min(kept.len())].map(|dim| learner.minimise(&objective, dim).map_err(linalg_error));
        Ok(Some(Self { objective, count, narrow: narrow?, wide: wide? }))
    }

    /// Outputs of trained encoders: without decay spare ones make the regressions singular.
    pub(super) fn trained_dim(&self) -> usize {
        if self.objective.weight_decay() > 0.0 { self.wide.encoders.dim() } else { self.count }
    }
}

/// The clauses about the minimiser at one weight decay.
fn about_minimiser(clauses: &mut Vec<Clause>, problem: &Problem, share: f64) -> Result<(), InformationError> {
    let (case, largest) = (problem.case, problem.largest());
    let Some(minimisers) = Minimisers::new(problem, share)? else { return Ok(()) };
    let part = |claim| Part::new(claim).value(share);
    let dim = minimisers.trained_dim();
    let Minimisers { objective, count, narrow, wide } = minimisers;
    let kept = problem.shrunk(objective.weight_decay());
    clauses.push(
        Clause::equal(
            part(GREATEST),
            problem.gain(&objective, &wide.encoders),
            0.5 * kept.iter().map(|value| value * value).sum::<f64>(),
            problem.gain_error(objective.weight_decay(), &wide.encoders, &kept),
        )
        .of_size(largest * largest),
    );
    let minimiser = product_tn(&wide.encoders.first, &wide.encoders.second);
    let values = singular_values(&minimiser)?;
    // Values too small to count above are no part of it where there are more of them than outputs.
    let compared = values.iter().zip(&kept).take(wide.encoders.dim());
    let deviation = compared.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    clauses.push(Clause::equal(part(SHRUNK), deviation / largest, 0.0, problem.value_error()));
    if is_trained(problem) {
        clauses.extend(trained_clauses(problem, objective.weight_decay(), dim, &minimiser, &part(TRAINED))?);
    }
    // A singular value that is not told from η: its direction may be kept, and then R², which has no scale, counts it in full.
    let decided = |value: &f64| *value < objective.weight_decay() - NEAR * largest;
    let rank = case.subject.pair.rank().min(problem.sigma.len());
    if !problem.sigma[..rank].iter().skip(count).all(decided) {
        return Ok(());
    }
    let towers = |learned: &Learned| Towers::from_coordinates(&case.subject.pair, &learned.coordinates);
    let (narrow, wide) = (towers(&narrow)?, towers(&wide)?);
    for target in &case.targets {
        let said = |towers: &Towers| target.geometry.encoded_by(towers, Source::EncodedFirst);
        let (narrow, wide) = (said(&narrow)?, said(&wide)?);
        clauses.push(Clause::equal(part(EXTRA_WIDTH).about(target), wide.r2, narrow.r2, case.subject.error(1.0)));
    }
    Ok(())
}

/// The problem of a case; `None` where nothing is common to the modalities.
pub(super) fn problem<'a>(case: &'a Case<'a>) -> Result<Option<Problem<'a>>, InformationError> {
    if case.subject.pair.rank() == 0 {
        return Ok(None);
    }
    Problem::new(case).map(Some)
}

impl Theorem for Width {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "weight decay η  ⟹  −(linear-contrastive loss) ≤ ½ Σ (σ_i − η)₊²; at the minimum σ_i(W1ᵀW2) = (σ_i − η)₊ for any d ≥ r, and W1ᵀW2 is unique"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "The objective linear-contrastive with weight decay η.",
            proof: "The smallest decay penalty over all factorisations W_1ᵀW_2 = C is η times the nuclear norm of C; the remaining minimisation over C is strictly convex, and solved by soft-thresholding the singular values of Σ12.",
            figure: Some("weight-decay"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let Some(problem) = problem(case)? else {
            return Ok(Finding::Inapplicable("nothing is common to the modalities".into()));
        };
        let minimises = case.objective.is_some_and(|objective| objective.id() == LinearContrastive::ENTRY.id);
        let mut clauses = Vec::new();
        for share in DECAYS {
            let objective =
                LinearContrastive::new(1.0, share * problem.largest()).expect("a share of a singular value");
            let kept = problem.shrunk(objective.weight_decay());
            let bound = 0.5 * kept.iter().map(|value| value * value).sum::<f64>();
            let gain = problem.gain(&objective, &case.encoders);
            let error = problem.gain_error(objective.weight_decay(), &case.encoders, &kept);
            if minimises || error <= RESOLVED * bound.max(gain.abs()) {
                let part = Part::new(GAIN).value(share);
                clauses.push(Clause::at_most(part, gain, bound, error).of_size(problem.largest().powi(2)));
            }
            if minimises {
                about_minimiser(&mut clauses, &problem, share)?;
            }
        }
        let reason = "the units of the channels differ by so much that rounding hides every gain";
        Ok(Finding::from_clauses(clauses, reason))
    }

    /// The singular values of W_1ᵀW_2, of which there are those of Σ12 above η.
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let (Quantity::Critic(index), Some(objective)) = (question.quantity, case.objective) else { return Ok(None) };
        if objective.id() != LinearContrastive::ENTRY.id {
            return Ok(None);
        }
        let sigma = singular_values(&case.subject.moments().cross)?;
        // The length of both rows along a direction, squared, is the singular value of their product.
        let value = |sigma: f64| objective.scale(sigma).powi(2);
        let shrunk = || sigma.get(index - 1).map_or(0.0, |&sigma| value(sigma));
        Ok((index <= case.dim()).then(|| Predicted::Equal(shrunk())))
    }
}

/// The learner fails here only where a decomposition does: the dimension is within range and there is no target to lack.
fn linalg_error(error: LearnerError) -> InformationError {
    match error {
        LearnerError::Linalg(error) => error.into(),
        LearnerError::Dimension { .. } | LearnerError::NoTarget => {
            InformationError::Linalg(LinalgError::Empty { rows: 0, columns: 0 })
        }
    }
}
