//! `selection`: which factors an objective keeps in an orthogonal model; the phase diagram of aligning against predicting.

mod precise;
mod variants;

use super::certainty::Route;
use super::random_matrix::InformationPlusNoise;
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Part, Predicted, Quantity, Question, Subject, Theorem};
use crate::information::{InformationError, Side, Source};
use crate::linalg::{Matrix, log_determinant, product, product_nt, product_tn};
use crate::objective::Solution;
use nalgebra::DVector;

/// The id of docs/theory.md.
pub const ID: &str = "selection";

/// The claims.
pub(super) const FACTORS: &str = "factors kept by z{m}";
pub(super) const DIMENSIONS: &str = "dimensions used by z{m}";

/// Objective (a, b) with d dimensions keeps the d factors with the largest |ρ_i|·t_{1,i}^{1−2a}·t_{2,i}^{1−2b}.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection;

/// What must vanish in an orthogonal model: a cosine, a correlation, or a covariance relative to both deviations.
pub(super) const STRUCTURAL: f64 = 1e-8;

/// Scores nearer than this share of the smaller are a tie.
pub(super) const TIE: f64 = 1e-8;

/// The factors of a model that an objective (a, b) can only keep or leave: independent variates of each modality, each correlated
/// with at most one of the other.
///
/// An objective that whitens a modality sees it up to any invertible map, so there the factors' regressions need to be orthogonal in
/// whitened coordinates and nothing else; one that does not sees the channels as they are, and there a factor's loading needs to be an
/// eigenvector of the covariance, orthogonal to the others.
#[derive(Debug)]
pub(super) struct OrthogonalStructure {
    factors: Vec<PairedFactor>,
}

/// A pair of factor directions that the modalities share.
#[derive(Debug)]
pub(super) struct PairedFactor {
    /// Whether it is a shared factor of the model, rather than a correlated private one.
    shared: bool,
    /// The unit variate of each modality over its whitened coordinates, r_m × 1.
    directions: [Matrix; 2],
    /// |ρ_i|.
    pub(super) correlation: f64,
    /// t_{1,i} and t_{2,i}: standard deviations, signal plus noise; 1 for a modality that is whitened, where they cancel.
    pub(super) deviations: [f64; 2],
}

/// The factor variates of one modality: whitened coordinates (r_m × factors), standard deviations, and how many are shared.
struct Variates {
    directions: Matrix,
    deviations: Vec<f64>,
    shared: usize,
}

impl Variates {
    /// `None` where the factors are not independent variates of the modality, as an objective that whitens it or not sees it.
    fn detect(subject: &Subject, m: usize, whitened: bool) -> Option<Self> {
        let modality = &subject.model.modalities()[subject.modalities[m]];
        let visible = |loading: &Matrix| -> Vec<DVector<f64>> {
            loading.column_iter().filter(|column| column.amax() > 0.0).map(|column| column.normalize()).collect()
        };
        let (shared, private) = (visible(&modality.shared_loading), visible(&modality.private_loading));
        let count = shared.len();
        let units: Vec<DVector<f64>> = shared.into_iter().chain(private).collect();
        if units.is_empty() {
            return None;
        }
        let units = Matrix::from_columns(&units);
        let whitening = subject.pair.whitening(m);
        let variates =
            if whitened { product(&whitening.whitener, &units) } else { product_tn(&whitening.root, &units) };
        let lengths: Vec<f64> = variates.column_iter().map(|column| column.norm()).collect();
        if lengths.contains(&0.0) {
            return None;
        }
        let directions = Matrix::from_fn(variates.nrows(), units.ncols(), |i, j| variates[(i, j)] / lengths[j]);
        if !is_orthonormal(&directions) {
            return None;
        }
        if whitened {
            return Some(Self { directions, deviations: vec![1.0; lengths.len()], shared: count });
        }
        // Cov(x_i, variate) of an eigenvector u is t·u_i; it is compared with the deviation of channel i.
        let covariances = product(&whitening.root, &directions);
        let is_eigenvector = |j: usize| {
            (0..units.nrows()).all(|i| {
                let apart = covariances[(i, j)] - lengths[j] * units[(i, j)];
                apart.abs() <= STRUCTURAL * whitening.root.row(i).norm()
            })
        };
        let orthogonal = is_orthonormal(&units) && (0..units.ncols()).all(is_eigenvector);
        orthogonal.then_some(Self { directions, deviations: lengths, shared: count })
    }
}

/// Whether columns of unit length are orthogonal to each other.
fn is_orthonormal(columns: &Matrix) -> bool {
    (product_tn(columns, columns) - Matrix::identity(columns.ncols(), columns.ncols())).amax() <= STRUCTURAL
}

impl OrthogonalStructure {
    /// The structure of a model as an objective that whitens these modalities sees it, or `None` when its factors are not independent
    /// variates or one meets more than one of the other modality.
    pub(super) fn detect(subject: &Subject, whitened: [bool; 2]) -> Option<Self> {
        let [first, second] = [0, 1].map(|m| Variates::detect(subject, m, whitened[m]));
        let (first, second) = (first?, second?);
        // Correlations of unit variates: free of scale, and so is what objectives make of them.
        let seen = |m: usize, variates: &Variates| product(subject.pair.common_coordinates(m), &variates.directions);
        let correlations = product_tn(&seen(0, &first), &seen(1, &second));
        let linked = |i: usize, j: usize| correlations[(i, j)].abs() > STRUCTURAL;
        let mut factors = Vec::new();
        for i in 0..correlations.nrows() {
            let partners: Vec<usize> = (0..correlations.ncols()).filter(|&j| linked(i, j)).collect();
            match partners[..] {
                [] => {}
                [j] if (0..correlations.nrows()).all(|other| other == i || !linked(other, j)) => {
                    factors.push(PairedFactor {
                        shared: i < first.shared,
                        directions: [
                            first.directions.columns(i, 1).into_owned(),
                            second.directions.columns(j, 1).into_owned(),
                        ],
                        correlation: correlations[(i, j)].abs(),
                        deviations: [first.deviations[i], second.deviations[j]],
                    });
                }
                _ => return None,
            }
        }
        Some(Self { factors })
    }

    /// The factors kept with d dimensions, or `None` in a tie.
    fn kept(&self, score: Score, exponents: [f64; 2], dim: usize) -> Option<Vec<&PairedFactor>> {
        let mut ranked: Vec<(f64, &PairedFactor)> =
            self.factors.iter().map(|factor| (score(factor, exponents), factor)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let tie = dim < ranked.len() && ranked[dim - 1].0 - ranked[dim].0 <= TIE * ranked[dim].0;
        (!tie).then(|| ranked.into_iter().take(dim).map(|(_, factor)| factor).collect())
    }
}

/// What ranks the factors, given the exponents a and b.
pub(super) type Score = fn(&PairedFactor, [f64; 2]) -> f64;

impl PairedFactor {
    /// |ρ_i|·t_{1,i}^{1−2a}·t_{2,i}^{1−2b}.
    pub(super) fn score(&self, exponents: [f64; 2]) -> f64 {
        score(self.correlation, self.deviations, exponents)
    }
}

/// |ρ|·t_1^{1−2a}·t_2^{1−2b}.
pub(super) fn score(correlation: f64, deviations: [f64; 2], exponents: [f64; 2]) -> f64 {
    let weighted = |m: usize| deviations[m].powf(1.0 - 2.0 * exponents[m]);
    correlation * weighted(0) * weighted(1)
}

impl Selection {
    /// The factors that the theorem says are kept, where it applies.
    fn kept<'c>(case: &'c Case, score: Score) -> Result<Vec<&'c PairedFactor>, String> {
        let Some(objective) = case.objective else { return Err("the encoders minimise no objective".into()) };
        let Some(exponents) = case.whitening_exponents() else {
            return Err(format!("{} is not one of the objectives (a, b)", objective.id()));
        };
        let completes = matches!(objective.solution(), Solution::Canonical);
        let Some(structure) = case.subject.orthogonal_structure(exponents) else {
            return Err("not an orthogonal model".into());
        };
        if structure.factors.is_empty() {
            return Err("no factor is common to the modalities".into());
        }
        if case.dim() > structure.factors.len() && completes {
            return Err(format!("d = {} is above the {} common factors", case.dim(), structure.factors.len()));
        }
        let Some(largest) = structure.kept(score, exponents, case.dim()) else {
            return Err("two factors tie for the last dimension".into());
        };
        let mut kept = Vec::with_capacity(largest.len());
        for factor in largest {
            match case.keeps(factor.score(exponents)) {
                Some(true) => kept.push(factor),
                Some(false) => {}
                None => return Err(format!("{} all but drops a factor", objective.id())),
            }
        }
        Ok(kept)
    }
}

impl Selection {
    /// 1 − (shared factors kept)/k: how far the encoder is from the shared subspace. Nuisance factors may tie with each other, not
    /// with a shared factor whose place it decides.
    fn signal_distance(case: &Case) -> Option<f64> {
        let exponents = case.whitening_exponents()?;
        let factors = &case.subject.orthogonal_structure(exponents)?.factors;
        let scores: Vec<f64> = factors.iter().map(|factor| factor.score(exponents)).collect();
        let mut kept = 0;
        for (factor, own) in factors.iter().zip(&scores).filter(|(factor, _)| factor.shared) {
            let tie = TIE * factor.score(exponents);
            let above = scores.iter().filter(|other| **other > own + tie).count();
            let not_below = scores.iter().filter(|other| **other >= own - tie).count();
            match (above < case.dim(), not_below <= case.dim()) {
                (true, true) => kept += u32::from(case.keeps(*own)?),
                (false, false) => {}
                _ => return None,
            }
        }
        Some(1.0 - f64::from(kept) / case.subject.model.shared() as f64)
    }

    /// The same at n samples, for d = k and objectives that whiten x_1: a shared factor is kept while it stands out of what
    /// sampling noise makes of the nuisance. The sample of Σ11^{-1/2}Σ12Σ22^{-b} is the population's plus independent noise of
    /// deviation (residual deviation of x_2's channel)/√n, whose edge grows far above the strongest nuisance where there are
    /// many nuisance channels of large variance: prediction fails long before its population boundary.
    fn finite_sample_signal_distance(case: &Case, samples: u64) -> Option<f64> {
        let [true, whiten_second] = case.whitening_of_solution()? else { return None };
        let exponents = case.whitening_exponents()?;
        let factors = &case.subject.orthogonal_structure(exponents)?.factors;
        let (shared, nuisance): (Vec<_>, Vec<_>) = factors.iter().partition(|factor| factor.shared);
        if shared.is_empty() || shared.len() != case.subject.model.shared() || case.dim() != shared.len() {
            return None;
        }
        let [rows, channels] = case.subject.pair.channels();
        let columns = channels - shared.len();
        if columns == 0 {
            // Nothing competes with the shared factors.
            return None;
        }
        let variance = |factors: &[&PairedFactor], share: fn(f64) -> f64| -> f64 {
            factors.iter().map(|factor| factor.deviations[1].powi(2) * share(factor.correlation.powi(2))).sum()
        };
        // Mean residual variance of the channels that carry no signal, after whitening where the objective whitens x_2.
        let residual = if whiten_second {
            1.0 - nuisance.iter().map(|factor| factor.correlation.powi(2)).sum::<f64>() / columns as f64
        } else {
            let total = case.subject.moments().second.trace();
            (total - variance(&shared, |_| 1.0) - variance(&nuisance, |square| square)) / columns as f64
        };
        let law = InformationPlusNoise {
            rows,
            columns,
            signals: nuisance.iter().map(|factor| factor.score(exponents)).collect(),
            noise: (residual.max(0.0) / samples as f64).sqrt(),
        };
        let kept = shared.iter().filter(|factor| law.row_stands_out(factor.score(exponents))).count();
        Some(1.0 - kept as f64 / shared.len() as f64)
    }

    /// Whether the encoders keep the factors with the largest scores.
    pub(super) fn examine_with(case: &Case, score: Score) -> Finding {
        let kept = match Self::kept(case, score) {
            Ok(kept) => kept,
            Err(reason) => return Finding::Inapplicable(reason),
        };
        let count = kept.len() as f64;
        // Directions move by rounding over the relative gap, which is at least TIE; cosines by its square.
        let error = case.subject.error(count) + count * (case.subject.pair.zero() / TIE).powi(2);
        let mut clauses = Vec::with_capacity(4);
        for m in 0..2 {
            // The squared cosines of the kept variates with the encoder's span add up to their number.
            let predicted = Matrix::from_fn(case.subject.pair.ranks()[m], kept.len(), |i, j| kept[j].directions[m][i]);
            let overlap = product_tn(&predicted, case.towers.basis(m)).norm_squared();
            let rank = case.towers.rank(m) as f64;
            clauses.push(Clause::equal(Part::new(FACTORS).modality(m), overlap, count, error));
            clauses.push(Clause::equal(Part::new(DIMENSIONS).modality(m), rank, count, 0.0));
        }
        Finding::Checked(clauses)
    }

    /// log(weakest shared score) − log(strongest private score).
    fn margin(case: &Case) -> Option<f64> {
        let exponents = case.whitening_exponents()?;
        let factors = &case.subject.orthogonal_structure(exponents)?.factors;
        let scores = |shared: bool| {
            factors.iter().filter(move |factor| factor.shared == shared).map(move |factor| factor.score(exponents))
        };
        let (weakest, strongest) = (scores(true).reduce(f64::min)?, scores(false).reduce(f64::max)?);
        // A shared factor that the objective drops for its own sake is not displaced by a private one.
        case.keeps(weakest)?.then(|| weakest.ln() - strongest.ln())
    }
}

impl Theorem for Selection {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "orthogonal model  ⟹  objective (a,b) keeps the d factors with the largest |ρ_i|·t1^{1−2a}·t2^{1−2b}"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Orthogonal model: each factor occupies a separate channel direction in each modality.",
            proof: "T_{a,b} is diagonal in the factors, so its singular values are the scores, and the objective keeps the d largest.",
            figure: Some("phase-diagram"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        Ok(Self::examine_with(case, PairedFactor::score))
    }

    /// For [`Quantity::Margin`] the phase boundary; otherwise the closed form: the factors kept are independent unit variates v_i, so Σ_{y|z} = Σ_yy − Σ_i c_i c_iᵀ, c_i = Cov(y, v_i).
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let of_encoders = match (quantity, question.samples) {
            (Quantity::Margin, _) => Some(Self::margin(case)),
            (Quantity::SignalDistance, None) => Some(Self::signal_distance(case)),
            (Quantity::SignalDistance, Some(samples)) => Some(Self::finite_sample_signal_distance(case, samples)),
            (_, Some(_)) => Some(None),
            (_, None) => None,
        };
        if let Some(value) = of_encoders {
            return Ok(value.map(Predicted::Equal));
        }
        let Ok(kept) = Self::kept(case, PairedFactor::score) else { return Ok(None) };
        let Some(factor) = case.subject.factors.get(target) else { return Ok(None) };
        let whole = factor.covariance();
        let mut left = whole.clone();
        for factor in kept {
            let covariance = product_tn(case.targets[target].geometry.regression(0), &factor.directions[0]);
            left -= product_nt(&covariance, &covariance);
        }
        let information =
            || -> Option<f64> { Some(0.5 * (log_determinant(&whole).ok()? - log_determinant(&left).ok()?)) };
        let available = || case.targets[target].source(Source::First).mutual_information_nats();
        let value = match quantity {
            Quantity::Information(Source::EncodedFirst) => information(),
            Quantity::Loss(Side::First) => information().map(|kept| available() - kept),
            Quantity::R2(Source::EncodedFirst) => Some(1.0 - left.trace() / whole.trace()),
            Quantity::Mmse(Source::EncodedFirst) => Some(left.trace()),
            _ => None,
        };
        Ok(value.map(Predicted::Equal))
    }
}
