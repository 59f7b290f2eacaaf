//! Everything exact about one model and one pair of encoders.

use super::selection::OrthogonalStructure;
use super::{Part, TargetId};
use crate::information::{
    Alignment, Capacity, Encoders, InformationError, Informativeness, Pair, SecondMoments, Side, Source,
    TargetGeometry, Towers,
};
use crate::learner::{ClosedForm, LearnerError, TradeOff, Uniqueness};
use crate::linalg::{LinalgError, Matrix, outside, product_tn};
use crate::model::{Factor, LatentModel};
use crate::objective::{Candidate, Objective, Solution};
use std::sync::{Arc, OnceLock};

/// Numerical error of a measure, in units of the pair's own rounding level.
const ERROR_UNITS: f64 = 10.0;

/// Why a case could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CaseError {
    /// The learner found no encoders.
    #[error(transparent)]
    Learner(#[from] LearnerError),
    /// A measure could not be computed.
    #[error(transparent)]
    Information(#[from] InformationError),
}

/// A model with what all encoders share: the whitened pair, the targets, what the raw modalities say about them.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The model.
    pub model: &'a LatentModel,
    /// Which two modalities (from 0).
    pub modalities: [usize; 2],
    /// The two modalities, whitened; shared between subjects that differ in their targets only.
    pub pair: Arc<Pair>,
    /// The targets in factor form.
    pub factors: Vec<Factor>,
    targets: Vec<ObservedTarget>,
    moments: OnceLock<SecondMoments>,
    shared: OnceLock<Option<ObservedTarget>>,
    /// By whether the first and the second modality are whitened.
    orthogonal: [[OnceLock<Option<OrthogonalStructure>>; 2]; 2],
    fidelity: OnceLock<Result<[Vec<f64>; 2], LinalgError>>,
}

/// A target and what x_1, x_2 and both say about it.
#[derive(Debug, Clone)]
struct ObservedTarget {
    geometry: TargetGeometry,
    observed: [Informativeness; 3],
}

/// What all six sources say about one target.
#[derive(Debug, Clone)]
pub struct EvaluatedTarget<'a> {
    /// Its index.
    pub index: usize,
    /// Its name.
    pub name: &'a str,
    /// Its geometry.
    pub geometry: &'a TargetGeometry,
    observed: &'a [Informativeness; 3],
    encoded: [Informativeness; 3],
}

/// The capacity of an encoder about a target that is private to its modality.
#[derive(Debug, Clone, Copy)]
pub struct PrivateCapacity {
    /// Index of the target.
    pub target: usize,
    /// Whose encoder.
    pub encoder: Side,
    /// K and P.
    pub capacity: Capacity,
}

/// One pair of encoders over a subject, fully measured.
#[derive(Debug)]
pub struct Case<'a> {
    /// The model and what its encoders share.
    pub subject: &'a Subject<'a>,
    /// The objective that the encoders minimise, if they minimise one exactly.
    pub objective: Option<&'a dyn Objective>,
    /// The encoders.
    pub encoders: Encoders,
    /// The encoders over the whitened pair.
    pub towers: Towers,
    /// How well they agree.
    pub alignment: Alignment,
    /// The targets, in the order of the model.
    pub targets: Vec<EvaluatedTarget<'a>>,
    /// Capacities, for private targets.
    pub capacities: Vec<PrivateCapacity>,
    /// Whether other encoders minimise the objective as well; `None` for encoders that were given.
    pub uniqueness: Option<Uniqueness>,
    canonical: OnceLock<Canonical>,
}

/// Whether encoders span the leading canonical directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Canonical {
    /// Up to rounding.
    Yes,
    /// The deviation is above rounding, but not far above it, or rounding leaves the directions themselves undetermined.
    TooCloseToCall,
    /// No.
    No,
}

/// Canonical correlations that differ by at most this many units of the pair's rounding tie: which of their directions leads is not
/// determined.
const TIE_UNITS: f64 = 10.0;
/// A deviation from a canonical direction above this many times its rounding is one.
const FAR: f64 = 1e3;
/// A singular value that is nearer than this share of itself to one that an objective drops may be either.
const DROPPED: f64 = 1e-9;
/// Where rounding moves a canonical direction by more than this, neither answer means anything.
const DETERMINED: f64 = 1e-3;

impl<'a> Subject<'a> {
    /// Two modalities of a model.
    ///
    /// # Errors
    /// [`InformationError`] when a decomposition fails.
    ///
    /// # Panics
    /// When a modality's index is out of range: the caller checks it.
    pub fn new(model: &'a LatentModel, modalities: [usize; 2]) -> Result<Self, InformationError> {
        let pair = Pair::new(model.observed(modalities[0]), model.observed(modalities[1]))?;
        Self::over(model, modalities, Arc::new(pair))
    }

    /// The same modalities with the targets of a model that differs from this subject's in nothing else.
    ///
    /// # Errors
    /// [`InformationError`] when a decomposition fails.
    ///
    /// # Panics
    /// When the two models differ in more than their targets: a broken invariant of the caller.
    pub fn with_targets_of(&self, model: &'a LatentModel) -> Result<Self, InformationError> {
        assert!(
            model.modalities() == self.model.modalities() && model.given_covariance() == self.model.given_covariance(),
            "models that share decompositions have the same latents and modalities"
        );
        Self::over(model, self.modalities, Arc::clone(&self.pair))
    }

    fn over(model: &'a LatentModel, modalities: [usize; 2], pair: Arc<Pair>) -> Result<Self, InformationError> {
        let factors: Vec<Factor> = (0..model.targets().len()).map(|t| model.target(t)).collect();
        let targets = factors.iter().map(|factor| ObservedTarget::new(&pair, factor)).collect::<Result<_, _>>()?;
        Ok(Self {
            model,
            modalities,
            pair,
            factors,
            targets,
            moments: OnceLock::new(),
            shared: OnceLock::new(),
            orthogonal: Default::default(),
            fidelity: OnceLock::new(),
        })
    }

    /// Dense second moments of the pair and of all targets.
    pub fn moments(&self) -> &SecondMoments {
        self.moments.get_or_init(|| self.pair.second_moments(&self.factors))
    }

    /// A learner that shares this subject's decompositions.
    pub fn learner(&self, seed: u64) -> ClosedForm<'_> {
        ClosedForm::new(&self.pair, &self.factors, seed)
    }

    /// The shared factors s as a target, with what x_1 and x_2 say about them; `None` when there is none or they are constant.
    pub(super) fn shared_factors(&self) -> Option<(&TargetGeometry, [&Informativeness; 2])> {
        let observed = self.shared.get_or_init(|| {
            let latent = self.model.latent();
            let k = self.model.shared();
            let factor = Factor { common: latent.common.rows(0, k).into_owned(), own: Matrix::zeros(k, 0) };
            if k == 0 || factor.common.amax() == 0.0 { None } else { ObservedTarget::new(&self.pair, &factor).ok() }
        });
        observed.as_ref().map(|observed| {
            let [first, second, _] = &observed.observed;
            (&observed.geometry, [first, second])
        })
    }

    /// The factor variates of an orthogonal model, if it is one to an objective with the exponents (a, b): one half whitens.
    pub(super) fn orthogonal_structure(&self, exponents: [f64; 2]) -> Option<&OrthogonalStructure> {
        let whitened = exponents.map(|exponent| exponent >= 0.5);
        let [first, second] = whitened.map(usize::from);
        self.orthogonal[first][second].get_or_init(|| OrthogonalStructure::detect(self, whitened)).as_ref()
    }

    /// The spectra that bound `alignment-fidelity` at one weight, always the same (see `fidelity-threshold`).
    pub(super) fn fidelity_spectra(&self, lambda: f64) -> Result<&[Vec<f64>; 2], InformationError> {
        let spectra =
            self.fidelity.get_or_init(|| Ok(TradeOff::new(&self.pair).spectra(lambda)?.map(|eigen| eigen.values)));
        spectra.as_ref().map_err(|error| error.clone().into())
    }

    /// A bound on the numerical error of a pure number (a share, a correlation, an information) of the given size.
    pub fn error(&self, size: f64) -> f64 {
        error(&self.pair, size)
    }

    /// The same for a quantity in the user's units, made of numbers of the size `unit`: the bound scales with it, so
    /// rescaling data cannot turn a violation into a pass.
    pub fn error_in(&self, unit: f64, size: f64) -> f64 {
        if unit > 0.0 && unit.is_finite() { unit * error(&self.pair, size / unit) } else { self.error(size) }
    }

    /// A bound on the numerical error of an information made of the given angles: dI = dθ/tan θ grows as angles close.
    pub fn information_error(&self, angles: &crate::linalg::PrincipalAngles) -> f64 {
        information_error(&self.pair, angles)
    }
}

/// A bound on the numerical error of a quantity of the given size that was measured over a pair.
pub(super) fn error(pair: &Pair, size: f64) -> f64 {
    ERROR_UNITS * pair.zero() * (1.0 + if size.is_finite() { size.abs() } else { 0.0 })
}

/// A bound on the numerical error of an information made of angles over a pair.
pub(super) fn information_error(pair: &Pair, angles: &crate::linalg::PrincipalAngles) -> f64 {
    let sensitivity: f64 = angles.sines().iter().filter(|&&sine| sine > 0.0).map(|sine| sine.recip()).sum();
    ERROR_UNITS * pair.zero() * (1.0 + sensitivity)
}

/// Σ 1/ρ_i over cosines that are not zero: how far Σ log ρ_i moves with each of them.
pub(super) fn reciprocals(angles: &crate::linalg::PrincipalAngles) -> f64 {
    angles.cosines().iter().filter(|&&cosine| cosine > 0.0).map(|cosine| cosine.recip()).sum()
}

impl ObservedTarget {
    fn new(pair: &Pair, factor: &Factor) -> Result<Self, InformationError> {
        let geometry = TargetGeometry::new(pair, factor)?;
        let observed =
            [geometry.observed(Source::First)?, geometry.observed(Source::Second)?, geometry.observed(Source::Both)?];
        Ok(Self { geometry, observed })
    }
}

impl From<&EvaluatedTarget<'_>> for TargetId {
    fn from(target: &EvaluatedTarget) -> Self {
        (target.index, target.name).into()
    }
}

impl From<&EvaluatedTarget<'_>> for Part {
    /// About the target alone.
    fn from(target: &EvaluatedTarget) -> Self {
        Self::new("{target}").about(target)
    }
}

impl EvaluatedTarget<'_> {
    /// What a source says about the target.
    pub fn source(&self, source: Source) -> &Informativeness {
        let [first, second, both] = self.observed;
        let [encoded_first, encoded_second, encoded_both] = &self.encoded;
        match source {
            Source::First => first,
            Source::Second => second,
            Source::Both => both,
            Source::EncodedFirst => encoded_first,
            Source::EncodedSecond => encoded_second,
            Source::EncodedBoth => encoded_both,
        }
    }

    /// I(x; y) − I(z; y) for a pair of sources, in nats.
    pub fn information_loss_nats(&self, observed: Source, encoded: Source) -> f64 {
        crate::information::information_loss_nats(&self.source(observed).angles, &self.source(encoded).angles)
    }
}

impl<'a> Case<'a> {
    /// Measures any pair of encoders.
    ///
    /// # Errors
    /// [`InformationError`] when the encoders do not fit or a decomposition fails.
    pub fn of_weights(subject: &'a Subject<'a>, encoders: Encoders) -> Result<Self, InformationError> {
        let towers = Towers::new(&subject.pair, &encoders)?;
        Self::new(subject, None, encoders, towers, None)
    }

    fn new(
        subject: &'a Subject<'a>,
        objective: Option<&'a dyn Objective>,
        encoders: Encoders,
        towers: Towers,
        uniqueness: Option<Uniqueness>,
    ) -> Result<Self, InformationError> {
        let pair = &subject.pair;
        let alignment = Alignment::new(pair, &towers)?;
        let mut targets = Vec::with_capacity(subject.targets.len());
        let mut capacities = Vec::new();
        for (index, target) in subject.targets.iter().enumerate() {
            let geometry = &target.geometry;
            let say = |source| geometry.encoded_by(&towers, source);
            targets.push(EvaluatedTarget {
                index,
                name: &subject.model.targets()[index].name,
                geometry,
                observed: &target.observed,
                encoded: [say(Source::EncodedFirst)?, say(Source::EncodedSecond)?, say(Source::EncodedBoth)?],
            });
            for encoder in Side::BOTH {
                if geometry.is_private_to(encoder.index()) {
                    let capacity = Capacity::new(pair, &towers, geometry, encoder.index())?;
                    capacities.push(PrivateCapacity { target: index, encoder, capacity });
                }
            }
        }
        let canonical = OnceLock::new();
        Ok(Self { subject, objective, encoders, towers, alignment, targets, capacities, uniqueness, canonical })
    }

    /// The exact minimiser of an objective, measured.
    ///
    /// # Errors
    /// [`CaseError`].
    pub fn minimise(
        subject: &'a Subject<'a>,
        learner: &ClosedForm,
        objective: &'a dyn Objective,
        dim: usize,
    ) -> Result<Self, CaseError> {
        let learned = learner.minimise(objective, dim)?;
        let towers = Towers::from_coordinates(&subject.pair, &learned.coordinates)?;
        Ok(Self::new(subject, Some(objective), learned.encoders, towers, Some(learned.uniqueness))?)
    }

    /// d.
    pub fn dim(&self) -> usize {
        self.towers.dim()
    }

    /// What the encoders attain by an objective over the law of the subject ([`Objective::attained`]); `None` where they have no
    /// value that could be compared.
    pub fn attained(&self, objective: &dyn Objective) -> Option<f64> {
        let error = |source| self.targets.iter().map(|target| target.source(source).mmse).sum();
        objective.attained(&Candidate {
            pair: &self.subject.pair,
            moments: self.subject.moments(),
            encoders: &self.encoders,
            towers: &self.towers,
            target_errors: [error(Source::EncodedFirst), error(Source::EncodedSecond)],
        })
    }

    /// Whether the encoders span the leading canonical directions: exact minimisers of `cca`, `spectral`, `infonce`, …, and any others
    /// whose spans are these, wherever they come from.
    ///
    /// A minimiser is taken at its word, so that a learner's fault shows as a violation and not as a theorem that does not apply. Each
    /// encoder is judged by itself: where canonical correlations tie, the two need not have chosen the same directions.
    pub fn is_canonical(&self) -> bool {
        self.minimises_canonical_objective() || self.canonical() == Canonical::Yes
    }

    /// Whether the encoders minimise an objective whose minimisers are the canonical directions: what they are by their objective alone.
    pub fn minimises_canonical_objective(&self) -> bool {
        let pair = &self.subject.pair;
        self.whitening_of_solution() == Some([true, true])
            && (0..self.dim().min(pair.rank())).all(|i| self.keeps(pair.correlation(i)) == Some(true))
    }

    /// Whether the objective's minimiser has outputs along a singular direction of T_{a,b}, of which it would be among the d largest:
    /// weight decay gives rows of length 0 to those below it. `None` where rounding decides.
    pub fn keeps(&self, singular_value: f64) -> Option<bool> {
        let Some(objective) = self.objective else { return Some(true) };
        if matches!(objective.solution(), Solution::Canonical) {
            return Some(true);
        }
        let kept = [1.0 - DROPPED, 1.0 + DROPPED].map(|factor| objective.scale(singular_value * factor) > 0.0);
        (kept[0] == kept[1]).then_some(kept[0])
    }

    /// Whether both spans are those of leading canonical directions, judged by the angle to each direction, relative to what rounding
    /// makes of it: the pair's rounding over the gap between its canonical correlation and those that it is to be told apart from.
    pub fn canonical(&self) -> Canonical {
        *self.canonical.get_or_init(|| {
            (0..2).map(|m| spans_leading_directions(&self.subject.pair, &self.towers, m)).max().unwrap_or(Canonical::No)
        })
    }

    /// Why a theorem about canonical encoders does not apply; `None` where it does.
    pub fn canonical_obstacle(&self) -> Option<String> {
        (!self.is_canonical()).then(|| match self.canonical() {
            Canonical::TooCloseToCall => {
                "whether the encoders span the leading canonical directions is too close to call".into()
            }
            _ => "the encoders are not the canonical ones".into(),
        })
    }

    /// Which modalities the objective whitens in full, for minimisers made of singular directions of T_{a,b} with a, b ∈ {0, ½}.
    pub fn whitening_of_solution(&self) -> Option<[bool; 2]> {
        self.objective?.solution().whitening()
    }

    /// a and b, for minimisers made of singular directions of T_{a,b}.
    pub fn whitening_exponents(&self) -> Option<[f64; 2]> {
        self.objective?.solution().exponents()
    }

    /// Whether both encoders can be whitened to d independent outputs.
    pub fn has_full_rank(&self) -> bool {
        (0..2).all(|m| self.towers.rank(m) == self.dim())
    }
}

/// Whether encoder m spans leading canonical directions, at least as many as it has outputs or the pair correlates in.
///
/// A span of dimension k leads if it contains every direction with ρ_i > ρ_k and lies among those with ρ_i ≥ ρ_k; among directions that
/// tie with ρ_k any choice leads, and for ρ_k = 0 these are all that are uncorrelated.
fn spans_leading_directions(pair: &Pair, towers: &Towers, m: usize) -> Canonical {
    let (rank, zero) = (towers.rank(m), pair.zero());
    if rank < towers.dim().min(pair.rank()) {
        return Canonical::No;
    }
    let last = rank.checked_sub(1).map_or(0.0, |index| pair.correlation(index));
    let (basis, directions) = (towers.basis(m), pair.canonical_directions(m));
    // One row for each canonical direction: its coordinates within the span.
    let within = product_tn(directions, basis);
    let tie = TIE_UNITS * zero;
    let mut verdict = Canonical::Yes;
    for (i, &rho) in pair.angles().cosines().iter().enumerate() {
        let deviation = if rho > last + tie {
            let direction = directions.columns(i, 1).into_owned();
            outside(basis, &direction).norm()
        } else if rho < last - tie {
            within.row(i).norm()
        } else {
            continue;
        };
        verdict = verdict.max(deviates(deviation, zero / (rho - last).abs()));
    }
    // Directions beyond the common ones are uncorrelated: they lead only where ρ_k = 0.
    if last > tie {
        verdict = verdict.max(deviates(outside(directions, basis).norm(), zero / last));
    }
    verdict
}

/// Whether a sine that should be zero is, given its rounding.
fn deviates(sine: f64, rounding: f64) -> Canonical {
    let bound = ERROR_UNITS * rounding;
    if sine > FAR * bound {
        Canonical::No
    } else if sine <= bound && bound <= DETERMINED {
        Canonical::Yes
    } else {
        Canonical::TooCloseToCall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deviation_is_judged_against_the_rounding_of_its_direction() {
        assert_eq!(deviates(1e-13, 1e-13), Canonical::Yes);
        assert_eq!(deviates(1e-11, 1e-13), Canonical::TooCloseToCall);
        assert_eq!(deviates(1e-8, 1e-13), Canonical::No);
        // A gap of the size of rounding: the direction itself is not determined.
        assert_eq!(deviates(1e-3, 1e-2), Canonical::TooCloseToCall);
    }
}
