//! `leak-by-mixing`: without noise whitening undoes any mixing, and the private factors vanish from aligned encoders; without
//! whitening they leak.

use super::{Case, Clause, Finding, Question, Theorem};
use crate::information::{InformationError, Source};
use crate::linalg::{Matrix, product, product_tn, svd};

/// Noiseless loadings [A_m B_m] of full column rank, s ⟂ u_1 ⟂ u_2, d at most k and the rank of Σ12: canonical encoders have R² = 0 on
/// each modality's own private factors; `linear-contrastive` has Cov(z_1, u_1) ∝ UᵀB_1 with U the d leading left singular vectors
/// of Σ12, which vanishes at d = k, and so at every d ≤ k, only if A_1 ⟂ B_1.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeakByMixing;

/// Relative size below which noise, a coupling of latents, or a missing column rank counts as none.
const STRUCTURAL: f64 = 1e-12;
/// Least relative singular value of [A_m B_m]: below it the unmixing is not told from rounding.
const FULL_RANK: f64 = 1e-6;
/// A bound on the error above this share of the covariances, or of 1, decides nothing: the models' scale or gap is too extreme.
const RESOLVED: f64 = 1e-4;
/// Least relative gap between the singular values of Σ12 that are kept and those that are not: directions move by rounding over it.
const GAP: f64 = 1e-3;

impl LeakByMixing {
    /// Why the hypotheses do not hold, or nothing.
    fn obstacle(case: &Case) -> Result<Option<String>, InformationError> {
        let model = case.subject.model;
        if model.shared() == 0 || case.dim() > model.shared() {
            return Ok(Some(format!("d = {} is above the {} shared factors", case.dim(), model.shared())));
        }
        // Shared factors may be functions of each other: what fills a dimension beyond the rank is no shared factor.
        let rank = case.subject.pair.rank();
        if case.dim() > rank {
            return Ok(Some(format!("d = {} is above the rank of Σ12, {rank}", case.dim())));
        }
        let covariance = model.latent_covariance();
        let groups = [
            0..model.shared(),
            model.private_range(case.subject.modalities[0]),
            model.private_range(case.subject.modalities[1]),
        ];
        for (i, left) in groups.iter().enumerate() {
            for right in &groups[i + 1..] {
                let block = covariance.view((left.start, right.start), (left.len(), right.len()));
                if block.iter().any(|entry| entry.abs() > STRUCTURAL * covariance.amax()) {
                    return Ok(Some("shared and private factors are correlated".into()));
                }
            }
        }
        for m in 0..2 {
            let factor = case.subject.pair.factor(m);
            if factor.own.amax() > 0.0 {
                return Ok(Some(format!("modality {} has noise", m + 1)));
            }
            let modality = &model.modalities()[case.subject.modalities[m]];
            let columns = modality.shared_loading.ncols() + modality.private_loading.ncols();
            let mut loading = modality.shared_loading.clone().resize_horizontally(columns, 0.0);
            loading
                .columns_mut(modality.shared_loading.ncols(), modality.private_loading.ncols())
                .copy_from(&modality.private_loading);
            let values = svd(&loading)?.values;
            if values.len() < columns || values[columns - 1] <= FULL_RANK * values[0] {
                return Ok(Some(format!("the loadings of modality {} are not of full column rank", m + 1)));
            }
        }
        Ok(None)
    }
}

impl Theorem for LeakByMixing {
    fn id(&self) -> &'static str {
        "leak-by-mixing"
    }

    fn statement(&self) -> &'static str {
        "no noise, d ≤ k  ⟹  canonical encoders: R²(z1; u1) = 0; linear-contrastive: Cov(z1, u1) ∝ UᵀB1"
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let linear = case.whitening_of_solution() == Some([false, false]);
        if !case.is_canonical() && !linear {
            return Ok(Finding::Inapplicable("neither canonical encoders nor those of linear-contrastive".into()));
        }
        if let Some(reason) = Self::obstacle(case)? {
            return Ok(Finding::Inapplicable(reason));
        }
        let subject = case.subject;
        let model = subject.model;
        if case.is_canonical() {
            let mut clauses = Vec::new();
            for entry in &case.capacities {
                let encoded = if entry.encoder == 0 { Source::EncodedFirst } else { Source::EncodedSecond };
                let target = &case.targets[entry.target];
                clauses.push(Clause::equal(
                    format!("R² of z{} on {}", entry.encoder + 1, target.name),
                    target.source(encoded).r2,
                    0.0,
                    subject.error(1.0),
                ));
            }
            return Ok(if clauses.is_empty() {
                Finding::Inapplicable("no target is private to one modality".into())
            } else {
                Finding::Checked(clauses)
            });
        }
        // Cov(z_m, u_m) from the encoder and the model, against UᵀB_m·Cov(u_m) from the decomposition of Σ12 by itself.
        let cross = svd(&subject.moments().cross)?;
        let mut clauses = Vec::new();
        for (m, vectors) in [(0, &cross.left), (1, &cross.right)] {
            let modality = &model.modalities()[subject.modalities[m]];
            if modality.private_loading.ncols() == 0 {
                continue;
            }
            let range = model.private_range(subject.modalities[m]);
            let covariance =
                model.latent_covariance().view((range.start, range.start), (range.len(), range.len())).into_owned();
            let reach = product(&modality.private_loading, &covariance);
            let leaked = product(case.encoders.weights(m), &reach);
            let mut predicted = product_tn(&vectors.columns(0, case.dim()).into_owned(), &reach);
            for (row, &value) in cross.values.iter().enumerate().take(case.dim()) {
                let length = case.objective.map_or(1.0, |objective| objective.scale(value));
                predicted.row_mut(row).scale_mut(length);
            }
            // Rows are free up to signs, and up to rotations where singular values tie: Gram matrices are not.
            let gram = |rows: &Matrix| product_tn(rows, rows);
            let (found, expected) = (gram(&leaked), gram(&predicted));
            let scale = reach.norm_squared() * cross.values[0];
            let tie = cross.values.get(case.dim()).copied().unwrap_or(0.0);
            let gap = (cross.values[case.dim() - 1] - tie) / cross.values[0];
            if gap < GAP {
                continue;
            }
            let error = subject.error_in(scale, scale) / gap;
            let leak = expected.norm();
            if error > RESOLVED * leak.max(scale.min(1.0)) {
                continue;
            }
            clauses.push(Clause::equal(format!("Cov(z{0}, u{0})", m + 1), found.norm(), leak, error));
            if error <= RESOLVED * leak {
                let apart = (found - expected).norm() / leak;
                clauses.push(Clause::equal(format!("directions of Cov(z{0}, u{0})", m + 1), apart, 0.0, error / leak));
            }
            let orthogonal =
                product_tn(&modality.shared_loading, &modality.private_loading).amax() <= STRUCTURAL * scale.sqrt();
            if orthogonal {
                clauses.push(Clause::equal(
                    format!("no leak of u{} where A ⟂ B", m + 1),
                    leaked.norm(),
                    0.0,
                    subject.error_in(scale.sqrt(), scale.sqrt()) / gap,
                ));
            }
        }
        Ok(if clauses.is_empty() {
            Finding::Inapplicable("singular values of Σ12 tie for the last dimension, or no private factors".into())
        } else {
            Finding::Checked(clauses)
        })
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<f64>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let private = case.capacities.iter().any(|entry| entry.target == target && entry.encoder == 0);
        let applies = private && case.is_canonical() && Self::obstacle(case)?.is_none();
        Ok((applies && matches!(quantity, "r2.z1" | "mi.z1")).then_some(0.0))
    }
}
