//! `leak-by-mixing` in double-double precision.

use crate::linalg::Matrix;
use crate::linalg::precise::exact::Rational;
use crate::linalg::precise::{Orthonormal, PreciseMatrix, lift, product_tn, square_root as root, svd};
use crate::precise;
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{Law, square_sum};
use crate::theorem::leak_by_mixing::{self, DIRECTIONS, LEAK, ORTHOGONAL, RESOLVED, STRUCTURAL, WITHIN, coupling};
use crate::theorem::{Case, Clause, Part, PrivateCapacity};
use qd::Quad;

/// Columns of unit length of which others leave less than this add no direction.
const DEPENDENT: f64 = 1e-10;

pub(super) fn review(case: &Case) -> Option<Review> {
    let coupled = coupling(case);
    if let Some(reason) = obstacle(case, coupled) {
        return Some(Review::Inapplicable(reason));
    }
    let law = Law::new(case)?;
    if case.is_canonical() {
        return Some(nothing_private(&law, coupled).into());
    }
    let cross = law.sensors.cross_covariance(0, 1);
    let found = svd(&cross)?;
    let mut clauses = Vec::new();
    for (m, vectors) in [(0, &found.left), (1, &found.right)] {
        clauses.extend(leaks(&law, m, vectors, &found.values, coupled));
    }
    Some(clauses.into())
}

/// The hypotheses, the ranks among them exactly.
fn obstacle(case: &Case, coupled: f64) -> Option<String> {
    let (model, dim) = (case.subject.model, case.dim());
    if coupled > STRUCTURAL {
        return Some("shared and private factors are correlated".into());
    }
    for &m in &case.subject.modalities {
        let modality = &model.modalities()[m];
        let [shared, private] = [&modality.shared_loading, &modality.private_loading];
        let mut loadings = Matrix::zeros(shared.nrows(), shared.ncols() + private.ncols());
        loadings.columns_mut(0, shared.ncols()).copy_from(shared);
        loadings.columns_mut(shared.ncols(), private.ncols()).copy_from(private);
        if Rational::of(&loadings).rank() < loadings.ncols() {
            return Some(format!("the loadings of modality {} are not of full column rank", m + 1));
        }
    }
    let rank = precise::Law::new(model, case.subject.modalities)?.cross_rank;
    (dim > rank).then(|| format!("d = {dim} is above the rank of Σ12, {rank}"))
}

/// R² of the weights as they are on private targets. Canonical correlations are 1 and 0 here, so that a rounding of the encoders turns
/// them by as much, and R² is its square; so it is of a correlation between factors.
fn nothing_private(law: &Law, coupled: f64) -> Vec<Clause> {
    let turned = law.sensors.learned() + coupled;
    let claim = |entry: &PrivateCapacity| {
        let (m, target) = (entry.encoder.index(), &law.targets[entry.target]);
        let share = square_sum(&(&law.towers[m] * &target.seen[m])) / target.variance;
        let error = law.error(0.0) + turned * turned;
        Clause::equal(leak_by_mixing::nothing_private(law.case, entry), share.0, 0.0, error)
    };
    law.case.capacities.iter().map(claim).collect()
}

/// What the encoder of modality m leaks of its private factors, against the singular vectors of Σ12.
fn leaks(law: &Law, m: usize, vectors: &PreciseMatrix, values: &[Quad], coupled: f64) -> Vec<Clause> {
    let (case, sensors) = (law.case, &law.sensors);
    let (model, dim) = (case.subject.model, case.dim());
    let range = model.private_range(case.subject.modalities[m]);
    let variances: Vec<Quad> = range.clone().map(|latent| sensors.latent[(latent, latent)]).collect();
    if range.is_empty() || values.len() < dim || variances.iter().any(|variance| variance.0 <= 0.0) {
        return Vec::new();
    }
    // Cov(x_m, ũ_m), ũ_m of unit variance each; for factors that are correlated with no others, from the private loading alone.
    let modality = &model.modalities()[case.subject.modalities[m]];
    let [shared, private] = [&modality.shared_loading, &modality.private_loading].map(lift);
    let block = sensors.latent.view((range.start, range.start), (range.len(), range.len())).into_owned();
    let covariance = &private * block;
    let reach = PreciseMatrix::from_fn(covariance.nrows(), range.len(), |i, j| covariance[(i, j)] / root(variances[j]));
    let length = |value: Quad| case.objective.map_or(1.0, |objective| objective.scale(value.0));
    let leaked = lift(case.encoders.weights(m)) * &reach;
    let projected = product_tn(&vectors.columns(0, dim).into_owned(), &reach);
    let predicted =
        PreciseMatrix::from_fn(dim, reach.ncols(), |i, j| projected[(i, j)] * Quad::from_f64(length(values[i])));
    let next = values.get(dim).map_or(0.0, |value| value.0);
    // Singular vectors of Σ12 in doubles turn by its rounding, which is that of the products of which it is made, over the gap.
    let size = |m: usize| {
        let loading = &sensors.loadings[m];
        let part = |j: usize| loading.column(j).iter().map(|x| x.0 * x.0).sum::<f64>() * sensors.latent[(j, j)].0;
        (0..loading.ncols()).map(part).sum::<f64>().sqrt()
    };
    let moved = sensors.learned() / sensors.condition.sqrt() * size(0) * size(1) + coupled * values[0].0;
    let error = moved / (values[dim - 1].0 - next);
    if error.is_nan() || error > RESOLVED {
        return Vec::new();
    }
    let unit = square_sum(&reach) * Quad::from_f64(length(values[0]).powi(2));
    let gram = |rows: &PreciseMatrix| (rows.transpose() * rows).map(|entry| entry / unit);
    let (found, expected) = (gram(&leaked), gram(&predicted));
    let norm = |matrix: &PreciseMatrix| root(square_sum(matrix));
    let leak = norm(&expected);
    let part = |claim| Part::new(claim).modality(m);
    let mut clauses = vec![Clause::equal(part(LEAK), norm(&found).0, leak.0, error)];
    if error <= RESOLVED * leak.0 {
        let apart = norm(&(&found - &expected)).0 / leak.0;
        clauses.push(Clause::equal(part(DIRECTIONS), apart, 0.0, error / leak.0));
    }
    let apart = cosines(&shared, &private);
    if apart <= STRUCTURAL {
        let share = (norm(&leaked) / root(unit)).0;
        clauses.push(Clause::equal(part(ORTHOGONAL), share, 0.0, error + apart));
    }
    if dim == model.shared() {
        let within = |columns: &PreciseMatrix| {
            let basis = Orthonormal::new(columns, usize::MAX, &vec![DEPENDENT; columns.ncols()]).basis;
            (norm(&product_tn(&basis, &reach)) / norm(&reach)).0
        };
        let spanned = within(&unit_columns(&lift(case.encoders.weights(m)).transpose()));
        clauses.push(Clause::equal(part(WITHIN), spanned, within(&unit_columns(&shared)), error));
    }
    clauses
}

/// The largest cosine between a column of each matrix; columns of zeros are orthogonal to all.
fn cosines(first: &PreciseMatrix, second: &PreciseMatrix) -> f64 {
    let overlaps = product_tn(&unit_columns(first), &unit_columns(second));
    overlaps.iter().fold(0.0, |largest, overlap| largest.max(overlap.0.abs()))
}

/// Columns at unit length; a column of zeros stays one.
fn unit_columns(matrix: &PreciseMatrix) -> PreciseMatrix {
    let lengths: Vec<Quad> = (0..matrix.ncols())
        .map(|j| root(matrix.column(j).iter().fold(Quad::ZERO, |sum, &entry| sum + entry * entry)))
        .collect();
    PreciseMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| {
        if lengths[j].0 > 0.0 { matrix[(i, j)] / lengths[j] } else { Quad::ZERO }
    })
}
