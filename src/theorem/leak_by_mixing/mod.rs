//! `leak-by-mixing`: without noise, whitening undoes any mixing and private factors vanish from aligned encoders;
//! without whitening they leak.

mod precise;
mod variants;

use super::certainty::Route;
use super::variants::Variant;
use super::{About, Among, Case, Clause, Finding, Part, Predicted, PrivateCapacity, Quantity, Question, Theorem};
use crate::information::{InformationError, Side, Source};
use crate::linalg::{Matrix, Svd, orthonormal_columns, product, product_tn, singular_values, svd};

/// The id of docs/theory.md.
pub(super) const ID: &str = "leak-by-mixing";

/// The claims about minimisers that do not whiten.
pub(super) const LEAK: &str = "Cov(z{m}, u{m})";
pub(super) const DIRECTIONS: &str = "directions of Cov(z{m}, u{m})";
pub(super) const ORTHOGONAL: &str = "no leak of u{m} where A ⟂ B";
pub(super) const WITHIN: &str = "leak of u{m} at d = k and B within col A";

/// Noiseless loadings [A_m B_m] of full column rank, s ⟂ u_1 ⟂ u_2, d at most k and the rank of Σ12: canonical encoders have R² = 0 on
/// each modality's own private factors; `linear-contrastive` has Cov(z_1, u_1) ∝ UᵀB_1 with U the d leading left singular vectors
/// of Σ12, which vanishes at d = k, and so at every d ≤ k, only if A_1 ⟂ B_1.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeakByMixing;

/// Correlations of latents and cosines of loadings below this count as none.
pub(super) const STRUCTURAL: f64 = 1e-12;
/// Least singular value of [A_m B_m] over the largest, every row and column at unit length: below it the unmixing is not told from
/// rounding.
const FULL_RANK: f64 = 1e-6;
/// An error bound above this share of the covariances decides nothing: the gap is too small.
pub(super) const RESOLVED: f64 = 1e-4;
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
        if coupling(case) > STRUCTURAL {
            return Ok(Some("shared and private factors are correlated".into()));
        }
        let covariance = model.latent_covariance();
        for m in 0..2 {
            let factor = case.subject.pair.factor(m);
            if factor.own.amax() > 0.0 {
                return Ok(Some(format!("modality {} has noise", m + 1)));
            }
            let modality = &model.modalities()[case.subject.modalities[m]];
            let latents = (0..model.shared()).chain(model.private_range(case.subject.modalities[m]));
            let loadings = modality.shared_loading.column_iter().chain(modality.private_loading.column_iter());
            let columns: Vec<_> =
                loadings.zip(latents).map(|(column, latent)| column * covariance[(latent, latent)].sqrt()).collect();
            if !has_full_column_rank(Matrix::from_columns(&columns))? {
                return Ok(Some(format!("the loadings of modality {} are not of full column rank", m + 1)));
            }
        }
        Ok(None)
    }
}

/// The largest correlation between a shared factor and a private one, or between private ones of different modalities.
pub(super) fn coupling(case: &Case) -> f64 {
    let (model, [first, second]) = (case.subject.model, case.subject.modalities);
    let covariance = model.latent_covariance();
    let groups = [0..model.shared(), model.private_range(first), model.private_range(second)];
    let mut largest = 0.0_f64;
    for (i, left) in groups.iter().enumerate() {
        for (row, column) in
            groups[i + 1..].iter().flat_map(|right| left.clone().flat_map(|i| right.clone().map(move |j| (i, j))))
        {
            let entry = covariance[(row, column)].abs();
            if entry > 0.0 {
                largest = largest.max(entry / (covariance[(row, row)] * covariance[(column, column)]).sqrt());
            }
        }
    }
    largest
}

/// Decided with rows, then columns, at unit length: no channel and no factor is judged by the unit of another.
fn has_full_column_rank(mut loading: Matrix) -> Result<bool, InformationError> {
    for mut row in loading.row_iter_mut().filter(|row| row.amax() > 0.0) {
        row.unscale_mut(row.amax());
        row.normalize_mut();
    }
    let columns = loading.ncols();
    let values = singular_values(&unit_columns(loading))?;
    Ok(values.len() == columns && values[values.len() - 1] > FULL_RANK * values[0])
}

/// Each column at unit length; a column of zeros stays one.
fn unit_columns(mut matrix: Matrix) -> Matrix {
    for mut column in matrix.column_iter_mut().filter(|column| column.amax() > 0.0) {
        column.normalize_mut();
    }
    matrix
}

/// The claim about canonical encoders and a private target.
fn nothing_private(case: &Case, entry: &PrivateCapacity) -> Part {
    Part::new("R² of z{m} on {target}").modality(entry.encoder).private(&case.targets[entry.target], Among::Pair)
}

impl Theorem for LeakByMixing {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "no noise, d ≤ k  ⟹  canonical encoders: R²(z1; u1) = 0; linear-contrastive: Cov(z1, u1) ∝ UᵀB1"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "No noise, loadings [A_m B_m] of full column rank, s, u_1 and u_2 uncorrelated, d ≤ rank Σ12.",
            proof: "Canonical encoders invert the mixing and read s alone. Those of linear-contrastive are rows of U_dᵀ, which lie in col A_1, and meet B_1 unless it is orthogonal to A_1.",
            figure: None,
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
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
        if case.is_canonical() {
            let mut clauses = Vec::new();
            for entry in &case.capacities {
                let share = case.targets[entry.target].source(entry.encoder.encoded()).r2;
                clauses.push(Clause::equal(nothing_private(case, entry), share, 0.0, subject.error(1.0)));
            }
            return Ok(Finding::from_clauses(clauses, "no target is private to one modality"));
        }
        let mut clauses = Vec::new();
        let cross = svd(&subject.moments().cross)?;
        if cross.values.iter().take(case.dim()).any(|value| case.keeps(*value) != Some(true)) {
            return Ok(Finding::Inapplicable("weight decay leaves fewer outputs than d".into()));
        }
        for m in 0..2 {
            clauses.extend(leaks(case, m, &cross));
        }
        let reason = "singular values of Σ12 tie for the last dimension, or no private factors";
        Ok(Finding::from_clauses(clauses, reason))
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let private = case.capacities.iter().any(|entry| entry.target == target && entry.encoder == Side::First);
        let applies = private && case.is_canonical() && Self::obstacle(case)?.is_none();
        let first = [Quantity::R2(Source::EncodedFirst), Quantity::Information(Source::EncodedFirst)];
        Ok((applies && first.contains(&quantity)).then_some(Predicted::Equal(0.0)))
    }
}

/// What the encoder of modality m leaks of its private factors ũ_m, each of unit variance, when Σ12 alone decides its rows.
fn leaks(case: &Case, m: usize, cross: &Svd) -> Vec<Clause> {
    let subject = case.subject;
    let (model, dim) = (subject.model, case.dim());
    let modality = &model.modalities()[subject.modalities[m]];
    let range = model.private_range(subject.modalities[m]);
    let latents = model.latent_covariance();
    let deviations: Vec<f64> = range.clone().map(|latent| latents[(latent, latent)].sqrt()).collect();
    if range.is_empty() || deviations.contains(&0.0) {
        return Vec::new();
    }
    // Cov(x_m, ũ_m) from the model; Cov(z_m, ũ_m) from the encoder, against the decomposition of Σ12 by itself.
    let covariance = latents.view((range.start, range.start), (range.len(), range.len())).into_owned();
    let mut reach = product(&modality.private_loading, &covariance);
    for (mut column, deviation) in reach.column_iter_mut().zip(&deviations) {
        column.unscale_mut(*deviation);
    }
    let vectors = if m == 0 { &cross.left } else { &cross.right };
    let leaked = product(case.encoders.weights(m), &reach);
    let mut predicted = product_tn(&vectors.columns(0, dim).into_owned(), &reach);
    for (row, &value) in cross.values.iter().enumerate().take(dim) {
        let length = case.objective.map_or(1.0, |objective| objective.scale(value));
        predicted.row_mut(row).scale_mut(length);
    }
    let next = cross.values.get(dim).copied().unwrap_or(0.0);
    let gap = (cross.values[dim - 1] - next) / cross.values[0];
    let error = subject.error(1.0) / gap;
    if gap < GAP || error > RESOLVED {
        return Vec::new();
    }
    // Rows are free up to signs, and up to rotations where singular values tie: Gram matrices are not. In units of the largest that
    // Cov(z_m, ũ_m) could be.
    let unit = reach.norm_squared() * case.objective.map_or(1.0, |objective| objective.scale(cross.values[0]).powi(2));
    let gram = |rows: &Matrix| product_tn(rows, rows) / unit;
    let (found, expected) = (gram(&leaked), gram(&predicted));
    let leak = expected.norm();
    let part = |claim| Part::new(claim).modality(m);
    let mut clauses = vec![Clause::equal(part(LEAK), found.norm(), leak, error)];
    if error <= RESOLVED * leak {
        let apart = (found - expected).norm() / leak;
        clauses.push(Clause::equal(part(DIRECTIONS), apart, 0.0, error / leak));
    }
    let cosines =
        product_tn(&unit_columns(modality.shared_loading.clone()), &unit_columns(modality.private_loading.clone()));
    if cosines.amax() <= STRUCTURAL {
        let share = leaked.norm() / unit.sqrt();
        clauses.push(Clause::equal(part(ORTHOGONAL), share, 0.0, error));
    }
    // At d = k the encoder spans col A, so that its leak is the part of B within col A: zero if and only if A ⟂ B. This route knows A
    // alone, not Σ12.
    if dim == model.shared() {
        let within = product_tn(&orthonormal_columns(&modality.shared_loading), &reach);
        let spanned = product_tn(&orthonormal_columns(&case.encoders.weights(m).transpose()), &reach);
        let share = |part: &Matrix| part.norm() / reach.norm();
        clauses.push(Clause::equal(part(WITHIN), share(&spanned), share(&within), error));
    }
    clauses
}
