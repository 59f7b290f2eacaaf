//! Earlier detectors and definitions: most compared entries with the loudest one, so that a loud channel hid quiet ones.
//!
//! Each is kept as it was, for variants that the self-test must refute. Where a random model would refute it only by
//! luck, a loud channel is first added to the case's model, which does not affect what its theorem says about the others.

use super::{Case, Clause, claims, inapplicable, sufficient};
use crate::information::{Encoders, InformationError};
use crate::learner::LearnerError;
use crate::linalg::precise::exact::Rational;
use crate::linalg::{Matrix, outside, product, product_nt, product_tn, singular_values, svd, symmetric_eigen};
use crate::model::{LatentModel, Modality, Noise};
use crate::objective::{AlignmentFidelity, CanonicalCorrelation, LinearContrastive, Objective};
use crate::theorem::{CaseError, Finding, Relation, Status, Subject, find};

/// Eigenvalues and asymmetries of covariances, as shares of the largest entry.
const SEMIDEFINITE: f64 = 1e-12;
const SYMMETRIC: f64 = 1e-10;
/// Couplings and missing singular values, as shares of the largest.
const FULL_RANK: f64 = 1e-6;
const SEPARATED: f64 = 1e-9;
const STRUCTURAL: f64 = 1e-8;
/// Rounding of the largest covariance.
const ROUNDING: f64 = 16.0 * f64::EPSILON;
/// Variances of the quiet variables beside a loud one of 1.
const QUIET: f64 = 1e-20;

/// 1 for what is so, 0 for what isn't.
fn indicator(value: bool) -> f64 {
    f64::from(u8::from(value))
}

// ---------------------------------------------------------------------------------------------------------------------
// Covariances
// ---------------------------------------------------------------------------------------------------------------------

/// The loudest variance of x_1 beside two quiet variables with a given covariance, in units of their variances.
fn beside_the_loudest(case: &Case, upper: f64, lower: f64) -> Matrix {
    let loud = case.subject.moments().first.diagonal().amax();
    let quiet = QUIET * loud;
    Matrix::from_row_slice(3, 3, &[loud, 0.0, 0.0, 0.0, quiet, upper * quiet, 0.0, lower * quiet, quiet])
}

/// No two variables of what was accepted as positive semidefinite are correlated beyond one.
pub(in crate::theorem) fn semidefinite_by_the_loudest_variance(case: &Case) -> Result<Finding, InformationError> {
    let matrix = beside_the_loudest(case, 2.0, 2.0);
    let values = symmetric_eigen(&matrix)?.values;
    if values[2] < -SEMIDEFINITE * values[0] {
        return inapplicable();
    }
    let correlation = matrix[(1, 2)] / (matrix[(1, 1)] * matrix[(2, 2)]).sqrt();
    claims(vec![Clause::at_most("correlation of two variables", correlation, 1.0, 1e-12)])
}

/// Two covariances of the same variables are the same where the matrix was accepted as symmetric.
pub(in crate::theorem) fn symmetric_by_the_loudest_entry(case: &Case) -> Result<Finding, InformationError> {
    let matrix = beside_the_loudest(case, 0.5, -0.5);
    if (&matrix - matrix.transpose()).amax() > SYMMETRIC * matrix.amax() {
        return inapplicable();
    }
    let unit = (matrix[(1, 1)] * matrix[(2, 2)]).sqrt();
    claims(vec![Clause::equal("covariances", matrix[(1, 2)] / unit, matrix[(2, 1)] / unit, 1e-12)])
}

/// A root multiplies out to every variance, without the eigenvalues that were dropped as rounding of the largest.
pub(in crate::theorem) fn root_by_the_loudest_variance(case: &Case) -> Result<Finding, InformationError> {
    let matrix = beside_the_loudest(case, 0.5, 0.5);
    let eigen = symmetric_eigen(&matrix)?;
    let kept: Vec<usize> = (0..3).filter(|&i| eigen.values[i] > f64::EPSILON * eigen.values[0]).collect();
    let root = Matrix::from_fn(3, kept.len(), |i, k| eigen.vectors[(i, kept[k])] * eigen.values[kept[k]].sqrt());
    let share = root.row(1).norm_squared() / matrix[(1, 1)];
    claims(vec![Clause::equal("variance of the root", share, 1.0, 1e-6)])
}

// ---------------------------------------------------------------------------------------------------------------------
// Structures
// ---------------------------------------------------------------------------------------------------------------------

/// A model with one more channel in each modality: a loading on the first shared factor and noise, in units of its loudest channel.
fn with_a_loud_channel(model: &LatentModel, loading: f64, noise: f64) -> Option<LatentModel> {
    let loudest = |m: usize| model.observed(m).covariance().diagonal().max().sqrt();
    let modalities = model.modalities().iter().enumerate().map(|(m, modality)| {
        let (n, unit) = (modality.shared_loading.nrows(), loudest(m));
        let mut shared_loading = modality.shared_loading.clone().insert_row(n, 0.0);
        if shared_loading.ncols() > 0 {
            shared_loading[(n, 0)] = loading * unit;
        }
        let mut covariance = Matrix::zeros(n + 1, n + 1);
        covariance.view_mut((0, 0), (n, n)).copy_from(&modality.noise.covariance(n));
        covariance[(n, n)] = (noise * unit).powi(2);
        Modality {
            name: modality.name.clone(),
            shared_loading,
            private_loading: modality.private_loading.clone().insert_row(n, 0.0),
            noise: Noise::Full(covariance),
        }
    });
    rebuilt(model, modalities.collect())
}

/// The same with the noise of channel i multiplied by 1 + i.
fn with_uneven_noise(model: &LatentModel) -> Option<LatentModel> {
    let modalities = model.modalities().iter().map(|modality| {
        let n = modality.shared_loading.nrows();
        let variances = modality.noise.covariance(n).diagonal();
        let uneven = variances.iter().enumerate().map(|(i, variance)| variance * (1 + i) as f64).collect();
        Modality { noise: Noise::Diagonal(uneven), ..modality.clone() }
    });
    rebuilt(model, modalities.collect())
}

/// The same with k − 1 channels of x_2, and its first private factor correlated with that of x_1: what these channels see of s is mixed
/// with what x_1 sees of u_2.
fn with_few_mixed_channels(model: &LatentModel) -> Option<LatentModel> {
    let (k, [first, second]) = (model.shared(), [0, 1].map(|m| model.private_range(m).start));
    let few = k.checked_sub(1).filter(|&few| few > 0 && few <= model.channels()[1])?;
    if model.private()[0] == 0 || model.private()[1] == 0 {
        return None;
    }
    let mut covariance = model.latent_covariance();
    let coupling = 0.5 * (covariance[(first, first)] * covariance[(second, second)]).sqrt();
    (covariance[(first, second)], covariance[(second, first)]) = (coupling, coupling);
    let mut modalities = model.modalities().to_vec();
    let full = &mut modalities[1];
    let noise = full.noise.covariance(full.shared_loading.nrows()).view((0, 0), (few, few)).into_owned();
    (full.shared_loading, full.private_loading, full.noise) = (
        full.shared_loading.rows(0, few).into_owned(),
        full.private_loading.rows(0, few).into_owned(),
        Noise::Full(noise),
    );
    with_latents(model, Some(covariance), modalities)
}

fn rebuilt(model: &LatentModel, modalities: Vec<Modality>) -> Option<LatentModel> {
    with_latents(model, model.given_covariance().cloned(), modalities)
}

fn with_latents(model: &LatentModel, covariance: Option<Matrix>, modalities: Vec<Modality>) -> Option<LatentModel> {
    let (shared, private) = (model.shared(), model.private().to_vec());
    LatentModel::new(model.name(), shared, private, covariance, modalities, model.targets().to_vec()).ok()
}

/// What the model of a case says once it is changed, for one case of each model, that of `cca`; nothing where it can't be changed, or has no such
/// minimiser then.
fn on(
    case: &Case,
    change: impl Fn(&LatentModel) -> Option<LatentModel>,
    objective: &dyn Objective,
    dim: impl Fn(&Subject) -> usize,
    claim: impl Fn(&Case) -> Result<Finding, InformationError>,
) -> Result<Finding, InformationError> {
    let canonical = case.objective.is_some_and(|objective| objective.id() == CanonicalCorrelation.id());
    let Some(model) = Some(case.subject.model).filter(|_| canonical).and_then(change) else { return inapplicable() };
    let subject = Subject::new(&model, [0, 1])?;
    let learner = subject.learner(0);
    match Case::minimise(&subject, &learner, objective, dim(&subject)) {
        Ok(case) => claim(&case),
        Err(CaseError::Learner(LearnerError::Dimension { .. } | LearnerError::NoTarget)) => inapplicable(),
        Err(CaseError::Learner(LearnerError::Linalg(error))) => Err(error.into()),
        Err(CaseError::Information(error)) => Err(error),
    }
}

/// The loudest channel's noise beside which what an orthogonal model must not have was taken for rounding.
const LOUD_NOISE: f64 = 1e9;

/// `selection` on orthonormal loadings beside a loud channel, whose variance their being no eigenvectors was compared with.
pub(in crate::theorem) fn orthogonal_by_the_loudest_channel(case: &Case) -> Result<Finding, InformationError> {
    let change = |model: &LatentModel| with_a_loud_channel(&with_uneven_noise(model)?, 0.0, LOUD_NOISE);
    on(
        case,
        change,
        &CanonicalCorrelation,
        |_| 1,
        |case| {
            let (Some((first, one)), Some((second, two))) = (factors(case, 0), factors(case, 1)) else {
                return inapplicable();
            };
            let cross = product_nt(&product_tn(&first, &case.subject.moments().cross), &second.transpose());
            let rounding = ROUNDING * cross.amax();
            let linked = |i: usize, j: usize| cross[(i, j)].abs() > STRUCTURAL * one[i] * two[j] + rounding;
            let mut ranked: Vec<(f64, usize)> = Vec::new();
            for i in 0..cross.nrows() {
                let partners: Vec<usize> = (0..cross.ncols()).filter(|&j| linked(i, j)).collect();
                match partners[..] {
                    [] => {}
                    [j] if (0..cross.nrows()).all(|other| other == i || !linked(other, j)) => {
                        ranked.push((cross[(i, j)].abs() / (one[i] * two[j]), i));
                    }
                    _ => return inapplicable(),
                }
            }
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            let tie = ranked.len() > 1 && ranked[0].0 - ranked[1].0 <= STRUCTURAL * ranked[1].0;
            let Some(&(_, kept)) = ranked.first().filter(|_| !tie) else { return inapplicable() };
            // The variate that the factor was said to be, over whitened coordinates.
            let root = &case.subject.pair.whitening(0).root;
            let variate = product_tn(root, &first.columns(kept, 1).into_owned()).normalize();
            let overlap = product_tn(&variate, case.towers.basis(0)).norm_squared();
            claims(vec![Clause::equal("factors kept by z1", overlap, 1.0, 1e3 * case.subject.error(1.0))])
        },
    )
}

/// Unit loadings of one modality and the deviations along them, where they were taken for eigenvectors of its covariance.
fn factors(case: &Case, m: usize) -> Option<(Matrix, Vec<f64>)> {
    let modality = &case.subject.model.modalities()[case.subject.modalities[m]];
    let moments = case.subject.moments();
    let covariance = if m == 0 { &moments.first } else { &moments.second };
    let loadings = modality.shared_loading.column_iter().chain(modality.private_loading.column_iter());
    let units: Vec<_> = loadings.filter(|column| column.norm() > 0.0).map(|column| column.normalize()).collect();
    if units.is_empty() {
        return None;
    }
    let units = Matrix::from_columns(&units);
    if (product_tn(&units, &units) - Matrix::identity(units.ncols(), units.ncols())).amax() > STRUCTURAL {
        return None;
    }
    let images = product(covariance, &units);
    let variances: Vec<f64> = (0..units.ncols()).map(|j| units.column(j).dot(&images.column(j))).collect();
    let is_eigenvector = |j: usize| {
        let allowed = STRUCTURAL * variances[j] + ROUNDING * covariance.amax();
        (images.column(j) - units.column(j) * variances[j]).amax() <= allowed
    };
    let deviations = variances.iter().map(|variance| variance.max(0.0).sqrt()).collect();
    (0..units.ncols()).all(is_eigenvector).then_some((units, deviations))
}

/// The same beside which a symmetric model was compared with 1e-8 of it.
const LOUD_FIDELITY: f64 = 3e4;

/// `fidelity-threshold` keeps the factors with the largest scores beside a loud channel, whose variance their being no eigenvectors was
/// compared with.
pub(in crate::theorem) fn symmetric_by_the_loudest_channel(case: &Case) -> Result<Finding, InformationError> {
    let variance = case.subject.moments().first.diagonal().max();
    let Ok(objective) = AlignmentFidelity::new(1.0 / (1.0 + variance)) else { return inapplicable() };
    on(
        case,
        |model| with_a_loud_channel(model, 0.0, LOUD_FIDELITY),
        &objective,
        |_| 2,
        |case| {
            let (pair, lambda) = (&case.subject.pair, objective.lambda());
            let (rank, [size, other]) = (pair.rank(), pair.ranks());
            if size != other {
                return inapplicable();
            }
            let mut towers: Vec<(Matrix, Vec<f64>)> = Vec::with_capacity(2);
            for m in 0..2 {
                let root = &pair.whitening(m).root;
                let common = pair.canonical_directions(m).columns(0, rank).into_owned();
                let images = product_tn(root, &product(root, &common));
                let mut variances: Vec<f64> = (0..rank).map(|i| images.column(i).dot(&common.column(i))).collect();
                let apart = |i: usize| (images.column(i) - common.column(i) * variances[i]).norm();
                if (0..rank).any(|i| apart(i) > STRUCTURAL * root.norm_squared()) {
                    return inapplicable();
                }
                let rest = svd(&outside(&common, &root.transpose()))?;
                variances.extend(rest.values[..size - rank].iter().map(|value| value * value));
                let mut directions = common.resize_horizontally(size, 0.0);
                directions.columns_mut(rank, size - rank).copy_from(&rest.left.columns(0, size - rank));
                towers.push((directions, variances));
            }
            let [(directions, variances), (_, others)] = &towers[..] else { return inapplicable() };
            let largest = variances.iter().fold(0.0_f64, |a, &b| a.max(b));
            if variances.iter().zip(others).any(|(a, b)| (a - b).abs() > STRUCTURAL * largest) {
                return inapplicable();
            }
            let score = |i: usize| (1.0 - lambda) * pair.correlation(i) + lambda * variances[i];
            let mut ranked: Vec<usize> = (0..size).collect();
            ranked.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
            let kept = directions.select_columns(&ranked[..2]);
            let overlap = product_tn(&kept, case.towers.basis(0)).norm_squared();
            claims(vec![Clause::equal("factors kept by z1", overlap, 2.0, 1e-4)])
        },
    )
}

/// The loading of a channel whose size covers for what the sensors share besides s.
const LOUD_LOADING: f64 = 1e6;

/// `sufficiency` beside a loud channel of s: what the sensors share given s was compared with the size of all that they share.
pub(in crate::theorem) fn separated_by_the_loudest_channel(case: &Case) -> Result<Finding, InformationError> {
    let change =
        |model: &LatentModel| with_a_loud_channel(&with_few_mixed_channels(model)?, LOUD_LOADING, LOUD_LOADING);
    on(
        case,
        change,
        &CanonicalCorrelation,
        |subject| subject.pair.rank().max(1),
        |case| {
            let (subject, k) = (case.subject, case.subject.model.shared());
            let shared = crate::linalg::Whitening::of_factor(&subject.model.latent().common.rows(0, k).into_owned())?;
            let [first, second] = [0, 1].map(|m| product_nt(&subject.pair.factor(m).common, &shared.basis.transpose()));
            let unexplained = (&subject.moments().cross - product_nt(&first, &second)).norm();
            let values = singular_values(&second)?;
            let [one, two] = [0, 1].map(|m| subject.pair.factor(m).common.norm());
            let full = values.len() == k && shared.rank() == k && values[k - 1] > SEPARATED * two;
            sufficient(case, full && unexplained <= SEPARATED * one * two)
        },
    )
}

/// Loadings of full column rank have a least singular value above a millionth of the largest, in whatever units they are given.
pub(in crate::theorem) fn full_rank_by_the_loudest_loading(case: &Case) -> Result<Finding, InformationError> {
    let mut clauses = Vec::new();
    for &m in &case.subject.modalities {
        let modality = &case.subject.model.modalities()[m];
        let [shared, private] = [&modality.shared_loading, &modality.private_loading];
        let mut loadings = Matrix::zeros(shared.nrows(), shared.ncols() + private.ncols());
        loadings.columns_mut(0, shared.ncols()).copy_from(shared);
        loadings.columns_mut(shared.ncols(), private.ncols()).copy_from(private);
        let columns = loadings.ncols();
        let full = Rational::of(&loadings).rank() == columns;
        let values = svd(&loadings)?.values;
        let found = values.len() >= columns && values[columns - 1] > FULL_RANK * values[0];
        clauses.push(Clause::at_most("full column rank", indicator(full), indicator(found), 0.0));
    }
    claims(clauses)
}

// ---------------------------------------------------------------------------------------------------------------------
// Verdicts
// ---------------------------------------------------------------------------------------------------------------------

/// The status of a claim whose error was judged by the larger of its sides and 1, whatever their unit.
fn status_beside_one(clause: &Clause) -> Status {
    let scale = clause.lhs.abs().max(clause.rhs.abs()).max(1.0);
    let wide = clause.error.is_nan() || clause.error > 1e-3 * scale;
    match clause.slack() {
        slack if slack.is_nan() || wide && slack.abs() <= clause.error => Status::Inconclusive,
        slack if slack >= -clause.error => Status::Holds,
        _ => Status::Violated,
    }
}

/// No claim whose left side is twice what it may be holds, with an error bound that was made for pure numbers or for none.
pub(in crate::theorem) fn twice_too_much_holds(
    case: &Case,
    id: &str,
    claim: &str,
    error: impl Fn(&Clause) -> f64,
) -> Result<Finding, InformationError> {
    let Finding::Checked(clauses) = find(id).expect("variants are of registered theorems").examine(case)? else {
        return inapplicable();
    };
    let of_concern =
        |clause: &&Clause| clause.part.claim == claim && clause.relation == Relation::AtMost && clause.rhs > 0.0;
    let judged = clauses.iter().filter(of_concern).map(|clause| {
        let wrong = Clause { lhs: 2.0 * clause.rhs, error: error(clause), ..clause.clone() };
        Clause::at_most("holds", indicator(status_beside_one(&wrong) == Status::Holds), 0.0, 0.0)
    });
    claims(judged.collect())
}

// ---------------------------------------------------------------------------------------------------------------------
// Definitions
// ---------------------------------------------------------------------------------------------------------------------

/// An objective of whitened encoders is taken at the weights as they are, and exceeds what any encoders attain.
pub(in crate::theorem) fn value_of_raw_weights(
    case: &Case,
    objective: &dyn Objective,
    most: f64,
) -> Result<Finding, InformationError> {
    let Some(value) = objective.value(case.subject.moments(), &case.encoders) else { return inapplicable() };
    if !value.is_finite() || most.is_nan() || most <= 0.0 {
        return inapplicable();
    }
    claims(vec![Clause::at_most("share of the most", value / most, 1.0, 1e-6)])
}

/// A step down the gradient, as a share of the weights, and the fall of the loss, as a share of it, below which it was called flat.
const STEP: f64 = 1e-6;
const FLAT: f64 = 1e-4;

/// `linear-contrastive` is at its minimum where a short step no longer lowers it.
pub(in crate::theorem) fn flat_is_minimal(case: &Case) -> Result<Finding, InformationError> {
    let (objective, moments) = (LinearContrastive::default(), case.subject.moments());
    let Some(gradient) = objective.gradient(moments, &case.encoders) else { return inapplicable() };
    let length = |encoders: &Encoders| encoders.first.norm().hypot(encoders.second.norm());
    let step = STEP * length(&case.encoders) / length(&gradient);
    if !step.is_finite() {
        return inapplicable();
    }
    let moved = Encoders {
        first: &case.encoders.first - gradient.first * step,
        second: &case.encoders.second - gradient.second * step,
    };
    let [before, after] =
        [&case.encoders, &moved].map(|encoders| objective.value(moments, encoders).unwrap_or(f64::NAN));
    let least: f64 = singular_values(&moments.cross)?.iter().take(case.dim()).map(|value| -0.5 * value * value).sum();
    if least == 0.0 || (before - after).abs() > FLAT * before.abs() {
        return inapplicable();
    }
    claims(vec![Clause::at_most("excess of a flat loss", (before - least) / -least, FLAT, FLAT)])
}
