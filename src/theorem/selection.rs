//! `selection`: which factors an objective keeps in an orthogonal model. The align-versus-predict phase diagram.

use super::random_matrix::InformationPlusNoise;
use super::{Case, Clause, Finding, MARGIN, Question, Subject, Theorem};
use crate::information::{InformationError, Source};
use crate::linalg::{Matrix, log_determinant, orthonormal_columns, product, product_nt, product_tn};
use crate::objective::{BeyondRank, Solution};

/// Objective (a, b) with d dimensions keeps the d factors with the largest |ρ_i|·t_{1,i}^{1−2a}·t_{2,i}^{1−2b}.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection;

/// Relative size of what must vanish in an orthogonal model, and of a gap between scores that counts as a tie.
const STRUCTURAL: f64 = 1e-8;

/// Rounding of sums of products over channels, relative to the largest covariance.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// The factors of a model in which every factor is an eigenvector of both covariances.
#[derive(Debug)]
pub(super) struct OrthogonalStructure {
    factors: Vec<PairedFactor>,
}

/// A pair of factor directions that the modalities share.
#[derive(Debug)]
pub(super) struct PairedFactor {
    /// Whether it is a shared factor of the model, rather than a correlated private one.
    shared: bool,
    /// Unit direction in x_1.
    direction: Matrix,
    /// |ρ_i|.
    pub(super) correlation: f64,
    /// t_{1,i} and t_{2,i}: standard deviations, signal plus noise.
    pub(super) deviations: [f64; 2],
}

impl OrthogonalStructure {
    /// The structure of a model, or `None` when a factor direction is no eigenvector, or meets more than one of the other modality.
    pub(super) fn detect(subject: &Subject) -> Option<Self> {
        let mut directions = Vec::new();
        let mut deviations = Vec::new();
        let mut shared = 0;
        for m in 0..2 {
            let modality = &subject.model.modalities()[subject.modalities[m]];
            let covariance = subject.pair.factor(m).covariance();
            if m == 0 {
                shared = modality.shared_loading.column_iter().filter(|column| column.norm() > 0.0).count();
            }
            let columns: Vec<_> = modality
                .shared_loading
                .column_iter()
                .chain(modality.private_loading.column_iter())
                .filter(|column| column.norm() > 0.0)
                .collect();
            let units = Matrix::from_fn(covariance.nrows(), columns.len(), |i, j| columns[j][i] / columns[j].norm());
            if (product_tn(&units, &units) - Matrix::identity(units.ncols(), units.ncols())).amax() > STRUCTURAL {
                return None;
            }
            let images = product(&covariance, &units);
            let variances: Vec<f64> = (0..units.ncols()).map(|j| units.column(j).dot(&images.column(j))).collect();
            for (j, variance) in variances.iter().enumerate() {
                let allowed = STRUCTURAL * variance + ROUNDING * covariance.amax();
                if (images.column(j) - units.column(j) * *variance).amax() > allowed {
                    return None;
                }
            }
            directions.push(units);
            deviations.push(variances.iter().map(|variance| variance.max(0.0).sqrt()).collect::<Vec<_>>());
        }
        let cross = product_nt(
            &product_tn(&directions[0], &subject.pair.factor(0).cross_covariance(subject.pair.factor(1))),
            &directions[1].transpose(),
        );
        // In units of the factors' own deviations: correlations are free of scale, and so is what objectives make of them.
        let rounding = ROUNDING * cross.amax();
        let linked =
            |i: usize, j: usize| cross[(i, j)].abs() > STRUCTURAL * deviations[0][i] * deviations[1][j] + rounding;
        let mut factors = Vec::new();
        for i in 0..cross.nrows() {
            let partners: Vec<usize> = (0..cross.ncols()).filter(|&j| linked(i, j)).collect();
            match partners[..] {
                [] => {}
                [j] if (0..cross.nrows()).all(|other| other == i || !linked(other, j)) => {
                    factors.push(PairedFactor {
                        shared: i < shared,
                        direction: directions[0].columns(i, 1).into_owned(),
                        correlation: cross[(i, j)].abs() / (deviations[0][i] * deviations[1][j]),
                        deviations: [deviations[0][i], deviations[1][j]],
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
        let tie = dim < ranked.len() && ranked[dim - 1].0 - ranked[dim].0 <= STRUCTURAL * ranked[0].0;
        (!tie).then(|| ranked.into_iter().take(dim).map(|(_, factor)| factor).collect())
    }
}

/// What ranks the factors, given the exponents a and b.
pub(super) type Score = fn(&PairedFactor, [f64; 2]) -> f64;

impl PairedFactor {
    /// |ρ_i|·t_{1,i}^{1−2a}·t_{2,i}^{1−2b}.
    pub(super) fn score(&self, exponents: [f64; 2]) -> f64 {
        let weighted = |m: usize| self.deviations[m].powf(1.0 - 2.0 * exponents[m]);
        self.correlation * weighted(0) * weighted(1)
    }
}

impl Selection {
    /// The factors that the theorem says are kept, where it applies.
    fn kept<'c>(case: &'c Case, score: Score) -> Result<Vec<&'c PairedFactor>, String> {
        let Some(objective) = case.objective else { return Err("the encoders minimise no objective".into()) };
        let Some(exponents) = case.whitening_exponents() else {
            return Err(format!("{} is not one of the objectives (a, b)", objective.id()));
        };
        let completes =
            matches!(objective.solution(), Solution::CrossCovariance { beyond_rank: BeyondRank::Whitened, .. });
        let Some(structure) = case.subject.orthogonal_structure() else { return Err("not an orthogonal model".into()) };
        if structure.factors.is_empty() {
            return Err("no factor is common to the modalities".into());
        }
        if case.dim() > structure.factors.len() && completes {
            return Err(format!("d = {} is above the {} common factors", case.dim(), structure.factors.len()));
        }
        structure.kept(score, exponents, case.dim()).ok_or_else(|| "two factors tie for the last dimension".into())
    }
}

impl Selection {
    /// 1 − (shared factors kept)/k: how far the encoder is from the shared subspace. Nuisance factors may tie with each other, not
    /// with a shared factor whose place it decides.
    fn signal_distance(case: &Case) -> Option<f64> {
        let exponents = case.whitening_exponents()?;
        let factors = &case.subject.orthogonal_structure()?.factors;
        let scores: Vec<f64> = factors.iter().map(|factor| factor.score(exponents)).collect();
        let mut kept = 0;
        for (factor, own) in factors.iter().zip(&scores).filter(|(factor, _)| factor.shared) {
            let tie = STRUCTURAL * factor.score(exponents);
            let above = scores.iter().filter(|other| **other > own + tie).count();
            let not_below = scores.iter().filter(|other| **other >= own - tie).count();
            match (above < case.dim(), not_below <= case.dim()) {
                (true, true) => kept += 1,
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
        let factors = &case.subject.orthogonal_structure()?.factors;
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
        let exponents = [0.5, if whiten_second { 0.5 } else { 0.0 }];
        let law = InformationPlusNoise {
            rows,
            columns,
            signals: nuisance.iter().map(|factor| factor.score(exponents)).collect(),
            noise: (residual.max(0.0) / samples as f64).sqrt(),
        };
        let kept = shared.iter().filter(|factor| law.row_stands_out(factor.score(exponents))).count();
        Some(1.0 - kept as f64 / shared.len() as f64)
    }

    /// Whether the encoder keeps the factors with the largest scores.
    pub(super) fn examine_with(case: &Case, score: Score) -> Finding {
        let kept = match Self::kept(case, score) {
            Ok(kept) => kept,
            Err(reason) => return Finding::Inapplicable(reason),
        };
        // e_iᵀx_1 in whitened coordinates; the squared cosines with the encoder's span add up to the number of factors kept.
        let root = &case.subject.pair.whitening(0).root;
        let mut predicted = Matrix::zeros(root.ncols(), kept.len());
        for (mut column, factor) in predicted.column_iter_mut().zip(&kept) {
            column.copy_from(&product_tn(root, &factor.direction).column(0));
        }
        let overlap = product_tn(&orthonormal_columns(&predicted), case.towers.basis(0)).norm_squared();
        let count = kept.len() as f64;
        // Directions move by rounding over the relative gap, which is at least STRUCTURAL; cosines by its square.
        let error = case.subject.error(count) + count * (case.subject.pair.zero() / STRUCTURAL).powi(2);
        Finding::Checked(vec![
            Clause::equal("factors kept by z1", overlap, count, error),
            Clause::equal("dimensions used by z1", case.towers.rank(0) as f64, count, 0.0),
        ])
    }

    /// log(weakest shared score) − log(strongest private score).
    fn margin(case: &Case) -> Option<f64> {
        let exponents = case.whitening_exponents()?;
        let factors = &case.subject.orthogonal_structure()?.factors;
        let scores = |shared: bool| {
            factors.iter().filter(move |factor| factor.shared == shared).map(move |factor| factor.score(exponents))
        };
        let (weakest, strongest) = (scores(true).reduce(f64::min)?, scores(false).reduce(f64::max)?);
        Some(weakest.ln() - strongest.ln())
    }
}

impl Theorem for Selection {
    fn id(&self) -> &'static str {
        "selection"
    }

    fn statement(&self) -> &'static str {
        "orthogonal model  ⟹  objective (a,b) keeps the d factors with the largest |ρ_i|·t1^{1−2a}·t2^{1−2b}"
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        Ok(Self::examine_with(case, PairedFactor::score))
    }

    /// For [`MARGIN`] the phase boundary; otherwise by hand: the factors kept are independent coordinates, so Σ_{y|z} = Σ_yy − Σ_i c_i c_iᵀ/t_i².
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<f64>, InformationError> {
        let Question { quantity, target, .. } = *question;
        match (quantity, question.samples) {
            (MARGIN, _) => return Ok(Self::margin(case)),
            ("signal_distance.z1", None) => return Ok(Self::signal_distance(case)),
            ("signal_distance.z1", Some(samples)) => return Ok(Self::finite_sample_signal_distance(case, samples)),
            (_, Some(_)) => return Ok(None),
            (_, None) => {}
        }
        let Ok(kept) = Self::kept(case, PairedFactor::score) else { return Ok(None) };
        let Some(factor) = case.subject.factors.get(target) else { return Ok(None) };
        let whole = factor.covariance();
        let cross = factor.cross_covariance(case.subject.pair.factor(0));
        let mut left = whole.clone();
        for factor in kept {
            let covariance = product(&cross, &factor.direction) / factor.deviations[0];
            left -= product_nt(&covariance, &covariance);
        }
        let information =
            || -> Option<f64> { Some(0.5 * (log_determinant(&whole).ok()? - log_determinant(&left).ok()?)) };
        let available = || case.targets[target].source(Source::First).mutual_information_nats();
        Ok(match quantity {
            "mi.z1" => information(),
            "information_loss.z1" => information().map(|kept| available() - kept),
            "r2.z1" => Some(1.0 - left.trace() / whole.trace()),
            "mmse.z1" => Some(left.trace()),
            _ => None,
        })
    }
}
