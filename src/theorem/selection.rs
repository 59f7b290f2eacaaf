//! `selection`: which factors an objective keeps in an orthogonal model. The align-versus-predict phase diagram.

use super::{Case, Clause, Finding, MARGIN, Question, Subject, Theorem};
use crate::information::{InformationError, Source};
use crate::linalg::{Matrix, log_determinant, orthonormal_columns, product, product_nt, product_tn};
use crate::objective::{BeyondRank, Solution};

/// Objective (a, b) with d dimensions keeps the d factors with the largest |ρ_i|·t_{1,i}^{1−2a}·t_{2,i}^{1−2b}.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection;

/// Relative size of what must vanish in an orthogonal model, and of a gap between scores that counts as a tie.
const STRUCTURAL: f64 = 1e-8;

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
                if (images.column(j) - units.column(j) * *variance).amax() > STRUCTURAL * covariance.amax() {
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
        let scale = cross.amax();
        let linked = |value: f64| value.abs() > STRUCTURAL * scale && scale > 0.0;
        let mut factors = Vec::new();
        for i in 0..cross.nrows() {
            let partners: Vec<usize> = (0..cross.ncols()).filter(|&j| linked(cross[(i, j)])).collect();
            match partners[..] {
                [] => {}
                [j] if (0..cross.nrows()).all(|other| other == i || !linked(cross[(other, j)])) => {
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
    fn kept(&self, score: Score, whiten: [bool; 2], dim: usize) -> Option<Vec<&PairedFactor>> {
        let mut ranked: Vec<(f64, &PairedFactor)> =
            self.factors.iter().map(|factor| (score(factor, whiten), factor)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let tie = dim < ranked.len() && ranked[dim - 1].0 - ranked[dim].0 <= STRUCTURAL * ranked[0].0;
        (!tie).then(|| ranked.into_iter().take(dim).map(|(_, factor)| factor).collect())
    }
}

/// What ranks the factors, given which modalities are whitened.
pub(super) type Score = fn(&PairedFactor, [bool; 2]) -> f64;

impl PairedFactor {
    /// |ρ_i|·t_{1,i}^{1−2a}·t_{2,i}^{1−2b}.
    pub(super) fn score(&self, whiten: [bool; 2]) -> f64 {
        self.correlation
            * if whiten[0] { 1.0 } else { self.deviations[0] }
            * if whiten[1] { 1.0 } else { self.deviations[1] }
    }
}

impl Selection {
    /// The factors that the theorem says are kept, where it applies.
    fn kept<'c>(case: &'c Case, score: Score) -> Result<Vec<&'c PairedFactor>, String> {
        let Some(objective) = case.objective else { return Err("the encoders minimise no objective".into()) };
        let Solution::CrossCovariance { whiten_first, whiten_second, beyond_rank } = objective.solution() else {
            return Err(format!("{} is not one of the objectives (a, b)", objective.id()));
        };
        let Some(structure) = case.subject.orthogonal_structure() else { return Err("not an orthogonal model".into()) };
        if structure.factors.is_empty() {
            return Err("no factor is common to the modalities".into());
        }
        if case.dim() > structure.factors.len() && beyond_rank == BeyondRank::Whitened {
            return Err(format!("d = {} is above the {} common factors", case.dim(), structure.factors.len()));
        }
        structure
            .kept(score, [whiten_first, whiten_second], case.dim())
            .ok_or_else(|| "two factors tie for the last dimension".into())
    }
}

impl Selection {
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
        let whiten = case.whitening_of_solution()?;
        let factors = &case.subject.orthogonal_structure()?.factors;
        let scores = |shared: bool| {
            factors.iter().filter(move |factor| factor.shared == shared).map(move |factor| factor.score(whiten))
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
        if quantity == MARGIN {
            return Ok(Self::margin(case));
        }
        let Ok(kept) = Self::kept(case, PairedFactor::score) else { return Ok(None) };
        let factor = &case.subject.factors[target];
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
