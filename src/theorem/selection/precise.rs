//! `selection` in double-double precision.

use crate::linalg::precise::{PreciseMatrix, column, length};
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{Law, square_sum};
use crate::theorem::selection::{DIMENSIONS, FACTORS, STRUCTURAL, TIE, score};
use crate::theorem::{Case, Clause, Part};
use qd::Quad;

/// Directions that may turn by more than this decide nothing.
const RESOLVED: f64 = 1e-3;

/// The factor variates of one modality, over whitened coordinates.
struct Variates {
    /// Unit vectors, r_m × factors.
    directions: PreciseMatrix,
    /// t_{m,i}; 1 where the objective whitens.
    deviations: Vec<f64>,
    /// How far they are from independent variates that an objective can only keep or leave, each relative to its own size.
    missed: f64,
}

/// A pair of factors, by their places among the variates of each modality.
struct Factor {
    places: [usize; 2],
    correlation: f64,
}

/// What the encoders keep is that of the weights as they are. Their rounding, and what the model misses of the hypotheses, turn their
/// directions by both over the gap between scores; squared cosines move by the square.
pub(super) fn review(case: &Case) -> Option<Review> {
    let exponents = case.whitening_exponents()?;
    let law = Law::new(case)?;
    let variates = [variates(&law, 0, exponents[0])?, variates(&law, 1, exponents[1])?];
    let missed = variates[0].missed.max(variates[1].missed);
    let paired = pairs(&law, &variates);
    let Some((factors, apart)) = paired.filter(|_| missed <= STRUCTURAL) else {
        return Some(Review::Inapplicable("not an orthogonal model".into()));
    };
    let deviations = |factor: &Factor| [0, 1].map(|m| variates[m].deviations[factor.places[m]]);
    let mut ranked: Vec<(f64, &Factor)> =
        factors.iter().map(|factor| (score(factor.correlation, deviations(factor), exponents), factor)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Of the d largest, those that the objective gives any length.
    let kept: Option<Vec<bool>> = ranked.iter().take(case.dim()).map(|(score, _)| case.keeps(*score)).collect();
    let dim = kept?.into_iter().take_while(|kept| *kept).count();
    let next = ranked.get(dim).map_or(0.0, |(score, _)| *score);
    let last = ranked.get(dim.checked_sub(1)?)?.0;
    if last - next <= TIE * next {
        return Some(Review::Inapplicable("two factors tie for the last dimension".into()));
    }
    // notation: τ = t^{1−2a}, in which T_{a,b} has entries τ_1i·ρ·τ_2j and encoders have lengths τ over whitened coordinates
    let lengths = [0, 1].map(|m| -> Vec<f64> {
        variates[m].deviations.iter().map(|deviation| deviation.powf(1.0 - 2.0 * exponents[m])).collect()
    });
    let largest = [0, 1].map(|m| lengths[m].iter().copied().fold(0.0, f64::max));
    // In units that differ by far, decompositions keep the digits of each channel, so that what moves a direction is relative to its own score.
    let graded = (0..2).any(|m| case.subject.pair.is_graded(m));
    let sizes = if graded { last } else { largest[0] * largest[1] };
    let moved = (law.sensors.learned() + missed + apart) * sizes / (last - next);
    let kept: Vec<&Factor> = ranked.iter().take(dim).map(|(_, factor)| *factor).collect();
    let mut clauses = Vec::new();
    for m in 0..2 {
        let places: Vec<usize> = kept.iter().map(|factor| factor.places[m]).collect();
        let shortest = places.iter().map(|&place| lengths[m][place]).fold(f64::INFINITY, f64::min);
        let turned = moved * if graded { 1.0 } else { largest[m] / shortest };
        let count = kept.len() as f64;
        let overlap = square_sum(&(&law.towers[m] * variates[m].directions.select_columns(&places)));
        if turned <= RESOLVED {
            let error = law.error(count) + count * (turned * turned + missed);
            clauses.push(Clause::equal(Part::new(FACTORS).modality(m), overlap.0, count, error));
        }
        let rank = case.towers.rank(m) as f64;
        clauses.push(Clause::equal(Part::new(DIMENSIONS).modality(m), rank, count, 0.0));
    }
    Some(clauses.into())
}

/// `None` where the modality sees no factor.
fn variates(law: &Law, m: usize, exponent: f64) -> Option<Variates> {
    let sensors = &law.sensors;
    let loading = &sensors.loadings[m];
    let visible: Vec<usize> = (0..loading.ncols()).filter(|&j| column(loading, j).iter().any(|x| x.0 != 0.0)).collect();
    if visible.is_empty() {
        return None;
    }
    let (units, _) = unit_columns(&loading.select_columns(&visible));
    let whitened = exponent >= 0.5;
    let root = sensors.root(m);
    let seen = if whitened { &sensors.whiteners[m] * &units } else { root.transpose() * &units };
    let (directions, deviations) = unit_columns(&seen);
    let mut missed = from_orthonormal(&directions);
    if !whitened {
        missed = missed.max(from_orthonormal(&units));
        // Cov(x_i, variate) of an eigenvector u is t·u_i; it is compared with the deviation of channel i.
        let covariances = &root * &directions;
        for i in 0..units.nrows() {
            let deviation = length(root.row(i).transpose().as_slice()).0;
            for j in (0..units.ncols()).filter(|_| deviation > 0.0) {
                let apart = covariances[(i, j)] - deviations[j] * units[(i, j)];
                missed = missed.max(apart.0.abs() / deviation);
            }
        }
    }
    let deviations = deviations.iter().map(|deviation| if whitened { 1.0 } else { deviation.0 }).collect();
    Some(Variates { directions, deviations, missed })
}

/// The pairs that are correlated, and the largest correlation of any others; `None` where a factor meets more than one.
fn pairs(law: &Law, [first, second]: &[Variates; 2]) -> Option<(Vec<Factor>, f64)> {
    let correlations = first.directions.transpose() * &law.cross * &second.directions;
    let (mut factors, mut apart) = (Vec::new(), 0.0_f64);
    for i in 0..correlations.nrows() {
        for j in 0..correlations.ncols() {
            let correlation = correlations[(i, j)].0.abs();
            if correlation <= STRUCTURAL {
                apart = apart.max(correlation);
            } else {
                factors.push(Factor { places: [i, j], correlation });
            }
        }
    }
    let meets = |m: usize, place: usize| factors.iter().filter(|factor| factor.places[m] == place).count();
    let one_to_one = factors.iter().all(|factor| (0..2).all(|m| meets(m, factor.places[m]) == 1));
    (one_to_one && !factors.is_empty()).then_some((factors, apart))
}

/// Columns at unit length, and their lengths.
fn unit_columns(matrix: &PreciseMatrix) -> (PreciseMatrix, Vec<Quad>) {
    let lengths: Vec<Quad> = (0..matrix.ncols()).map(|j| length(column(matrix, j))).collect();
    let units = PreciseMatrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)] / lengths[j]);
    (units, lengths)
}

/// The largest entry of XᵀX − I.
fn from_orthonormal(columns: &PreciseMatrix) -> f64 {
    let gram = columns.transpose() * columns - PreciseMatrix::identity(columns.ncols(), columns.ncols());
    gram.iter().fold(0.0, |largest, entry| largest.max(entry.0.abs()))
}
