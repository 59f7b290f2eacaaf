//! Exact minimisers by singular value decomposition (docs/theory.md §3).

use super::Effort;
use super::uniqueness::{Choice, Freedom, Ties, Uniqueness, describe, each, tie};
use crate::information::{Encoders, Pair};
use crate::linalg::{
    LinalgError, Matrix, Svd, graded_svd, is_graded, orthonormal_columns, orthonormal_extension, outside, product,
    product_nt, product_tn, scale_columns, singular_values, svd, svd_of_product,
};
use crate::model::Factor;
use crate::objective::{Objective, Solution};
use crate::random::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::sync::OnceLock;

/// Why there is no minimiser.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LearnerError {
    /// More dimensions than channels, or none.
    #[error("dim: {dim} is not between 1 and {largest}, the fewest channels of the two modalities")]
    Dimension {
        /// The dimension requested.
        dim: usize,
        /// The largest that the modalities allow.
        largest: usize,
    },
    /// `supervised` without targets.
    #[error("objective \"supervised\" needs a target, and the model has none")]
    NoTarget,
    /// A decomposition failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

/// Encoders with their whitened coordinates: weights for use, coordinates for measuring.
#[derive(Debug, Clone)]
pub struct Learned {
    /// W_1 and W_2.
    pub encoders: Encoders,
    /// The same encoders over whitened modalities, transposed: r_m × d.
    pub coordinates: [Matrix; 2],
    /// Whether other encoders also minimise the objective.
    pub uniqueness: Uniqueness,
}

/// One encoder, d rows, in both forms.
struct Tower {
    weights: Matrix,
    coordinates: Matrix,
}

/// The closed-form learner for one pair of modalities. Decompositions shared between objectives and dimensions are
/// computed at most once per pair; each dimension reads the leading part.
#[derive(Debug)]
pub struct ClosedForm<'a> {
    pair: &'a Pair,
    targets: &'a [Factor],
    seed: u64,
    cross: [OnceLock<Result<Svd, LinalgError>>; 4],
    /// Σ_mm^{1/2} as n_m × r_m: principal components, their standard deviations, and the same directions in whitened coordinates.
    principal: [OnceLock<Result<Svd, LinalgError>>; 2],
    /// Whitened directions outside all canonical ones, ordered by explained variance.
    rest: [OnceLock<Result<Matrix, LinalgError>>; 2],
}

impl<'a> ClosedForm<'a> {
    /// A learner for a pair; `targets` are used by `supervised`, `seed` by `random`.
    pub fn new(pair: &'a Pair, targets: &'a [Factor], seed: u64) -> Self {
        Self { pair, targets, seed, cross: Default::default(), principal: Default::default(), rest: Default::default() }
    }

    /// The exact minimiser of an objective with d = `dim` outputs per encoder.
    ///
    /// [`Solution`] says what fills rows that the objective leaves unused; a whitened encoder never has more independent
    /// rows than the rank of its modality's covariance.
    ///
    /// # Errors
    /// [`LearnerError`].
    pub fn minimise(&self, objective: &dyn Objective, dim: usize) -> Result<Learned, LearnerError> {
        self.check(dim)?;
        match objective.solution() {
            Solution::CrossCovariance { whiten_first, whiten_second } => {
                self.cross_covariance(objective, dim, [whiten_first, whiten_second])
            }
            Solution::Canonical => self.canonical(dim),
            Solution::PartlyWhitened { exponents } => self.partly_whitened(objective, dim, exponents),
            Solution::AlignmentFidelity(objective) => {
                Ok(self.alignment_fidelity(objective, dim, Effort::default())?.learned)
            }
            Solution::Decoupled { common_dim } => self.decoupled(dim, common_dim),
            Solution::PrincipalComponents => {
                let learned =
                    both(|m| Ok(self.tower_of_weights(m, leading(&self.principal_components(m)?.left, dim), dim)))?;
                let uniqueness = self.principal_uniqueness(dim)?;
                Ok(Learned { uniqueness, ..self.with_matching_signs(learned) })
            }
            Solution::TargetRegression => {
                if self.targets.is_empty() {
                    return Err(LearnerError::NoTarget);
                }
                let directions = [self.regression_directions(0)?, self.regression_directions(1)?];
                let learned = both(|m| Ok(self.tower_of_directions(m, leading(&directions[m].left, dim), dim)))?;
                let rounding = self.pair.zero() * self.target_size();
                let uniqueness = each(|m| {
                    let Svd { left, values, .. } = &directions[m];
                    Ok(tie(values, dim, rounding).map(|tied| {
                        (describe("singular values", values, dim, rounding), Choice::among(left, &tied, dim))
                    }))
                })?;
                Ok(Learned { uniqueness, ..self.with_matching_signs(learned) })
            }
            Solution::Random => self.random(dim),
        }
    }

    fn random(&self, dim: usize) -> Result<Learned, LearnerError> {
        let learned = both(|m| {
            let mut generator =
                Stream { seed: self.seed, experiment: "random encoder", cell: m as u64, replicate: 0 }.generator();
            let weights = Matrix::from_fn(self.pair.channels()[m], dim, |_, _| generator.sample(StandardNormal));
            Ok(self.tower_of_weights(m, weights, dim))
        })?;
        Ok(Learned { uniqueness: Uniqueness::Unknown("random encoders minimise nothing".into()), ..learned })
    }

    /// Requires d between 1 and the fewest channels.
    pub(super) fn check(&self, dim: usize) -> Result<(), LearnerError> {
        let [first, second] = self.pair.channels();
        let largest = first.min(second);
        if dim == 0 || dim > largest { Err(LearnerError::Dimension { dim, largest }) } else { Ok(()) }
    }

    pub(super) fn pair(&self) -> &'a Pair {
        self.pair
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// The leading canonical directions, then those of largest explained variance outside all canonical ones.
    pub(super) fn canonical(&self, dim: usize) -> Result<Learned, LearnerError> {
        let rank = self.pair.rank().min(dim);
        let aligned = |m: usize| leading(self.pair.canonical_directions(m), rank);
        let learned = both(|m| {
            let mut directions = aligned(m);
            if rank < dim {
                let rest = self.rest[m].get_or_init(|| Ok(self.rest_by_variance(m, &directions)?.left));
                let rest = rest.as_ref().map_err(|error| LearnerError::Linalg(error.clone()))?;
                let wanted = (dim - rank).min(self.pair.ranks()[m] - rank);
                directions = directions.resize_horizontally(rank + wanted, 0.0);
                directions.columns_mut(rank, wanted).copy_from(&rest.columns(0, wanted));
            }
            Ok(self.tower_of_directions(m, directions, dim))
        })?;
        let uniqueness = if rank < dim {
            self.completions(rank, dim, aligned)
        } else {
            ties_at(self.pair.angles().cosines(), dim, self.pair.zero(), |m, count| {
                leading(self.pair.canonical_directions(m), count)
            })
        };
        Ok(Learned { uniqueness, ..learned })
    }

    /// Encoders from whitened coordinates, r_m × d.
    pub(super) fn learned(&self, coordinates: &[Matrix; 2], dim: usize, uniqueness: Uniqueness) -> Learned {
        let [first, second] = [0, 1].map(|m| self.tower_of_directions(m, coordinates[m].clone(), dim));
        Learned {
            encoders: Encoders { first: first.weights, second: second.weights },
            coordinates: [first.coordinates, second.coordinates],
            uniqueness,
        }
    }

    /// The singular values of Σ12, min(n_1, n_2) of them, descending.
    ///
    /// # Errors
    /// [`LearnerError::Linalg`].
    pub fn cross_covariance_singular_values(&self) -> Result<Vec<f64>, LearnerError> {
        let [first, second] = self.pair.channels();
        let mut values = self.cross_svd([false, false])?.values.clone();
        values.resize(first.min(second), 0.0);
        Ok(values)
    }

    /// An encoder from columns over the channels (n_m × at most d), with zero rows up to d.
    fn tower_of_weights(&self, m: usize, columns: Matrix, dim: usize) -> Tower {
        let coordinates = product_tn(&self.pair.whitening(m).root, &columns);
        Tower { weights: padded(columns, dim).transpose(), coordinates: padded(coordinates, dim) }
    }

    /// An encoder from whitened directions (r_m × at most d), with zero rows up to d.
    fn tower_of_directions(&self, m: usize, directions: Matrix, dim: usize) -> Tower {
        let weights = product_tn(&self.pair.whitening(m).whitener, &directions);
        Tower { weights: padded(weights, dim).transpose(), coordinates: padded(directions, dim) }
    }

    /// Encoders found separately have rows of arbitrary sign: those of the second are flipped so that Cov(z_1i, z_2i) ≥ 0.
    fn with_matching_signs(&self, mut learned: Learned) -> Learned {
        let cross = product(&learned.encoders.first, &self.pair.factor(0).cross_covariance(self.pair.factor(1)));
        for row in 0..learned.encoders.dim() {
            if cross.row(row).dot(&learned.encoders.second.row(row)) < 0.0 {
                learned.encoders.second.row_mut(row).neg_mut();
                learned.coordinates[1].column_mut(row).neg_mut();
            }
        }
        learned
    }

    fn cross_covariance(
        &self,
        objective: &dyn Objective,
        dim: usize,
        whiten: [bool; 2],
    ) -> Result<Learned, LearnerError> {
        let svd = self.cross_svd(whiten)?;
        // Relative to the factors, not to σ_1: rounding scales with the operands' norms.
        let size = |m: usize| if whiten[m] { 1.0 } else { self.pair.factor(m).common.norm() };
        // A graded decomposition stops at the rank of Σ12: all its values are above rounding, each in its own unit.
        let cutoff = if self.is_graded(whiten) { 0.0 } else { self.pair.zero() * size(0) * size(1) };
        let rank = svd.values.iter().take(dim).filter(|&&value| value > cutoff).count();
        let learned = both(|m| {
            let vectors = if m == 0 { &svd.left } else { &svd.right };
            let mut directions = leading(vectors, rank);
            scale_columns(&mut directions, svd.values.iter().map(|&value| objective.scale(value)));
            Ok(if whiten[m] {
                self.tower_of_directions(m, directions, dim)
            } else {
                self.tower_of_weights(m, directions, dim)
            })
        })?;
        // Directions in whitened coordinates, of any length.
        let whitened = |m: usize, count: usize| {
            let vectors = leading(if m == 0 { &svd.left } else { &svd.right }, count);
            if whiten[m] { vectors } else { product_tn(&self.pair.whitening(m).root, &vectors) }
        };
        let last = svd.values.get(dim - 1).copied().unwrap_or(0.0);
        let rounding = if self.is_graded(whiten) { self.pair.zero() * last } else { cutoff };
        // Where the objective drops the last direction, a tie with the next changes nothing.
        let keeps = objective.scale(last) > 0.0;
        let uniqueness = if keeps { ties_at(&svd.values, dim, rounding, whitened) } else { Uniqueness::Unique };
        Ok(Learned { uniqueness, ..learned })
    }

    /// The freedom left to minimisers if any completion to d outputs is optimal.
    fn completions(&self, rank: usize, dim: usize, fixed: impl Fn(usize) -> Matrix) -> Uniqueness {
        let freedom = [0, 1].map(|m| {
            let available = self.pair.ranks()[m];
            if dim < available {
                let fixed = orthonormal_columns(&fixed(m));
                Freedom::Choice(Choice { count: dim - fixed.ncols(), fixed, tied: None })
            } else {
                Freedom::None
            }
        });
        if freedom.iter().all(|freedom| matches!(freedom, Freedom::None)) {
            return Uniqueness::Unique;
        }
        let reason = format!(
            "d = {dim} is above the rank of Σ12, {rank}: any completion attains the same value; the one with the largest explained \
             variance is shown"
        );
        Uniqueness::Tied(Ties { reason, freedom })
    }

    /// Ties of the explained variances of each modality.
    pub(super) fn principal_uniqueness(&self, dim: usize) -> Result<Uniqueness, LearnerError> {
        each(|m| {
            let Svd { values, right, .. } = self.principal_components(m)?;
            let rounding = self.rounding_of(m, values, dim - 1, values.first().copied().unwrap_or(0.0));
            Ok(tie(values, dim, rounding).map(|tied| {
                (describe("principal standard deviations", values, dim, rounding), Choice::among(right, &tied, dim))
            }))
        })
    }

    /// Leading singular directions of T_{a,b} for any exponents, through the eigenvectors of the covariances: with
    /// root_m = E·diag(s)·Rᵀ, Σ^{-a} = E·diag(s^{-2a})·Eᵀ, and no negative power is taken before the product.
    fn partly_whitened(
        &self,
        objective: &dyn Objective,
        dim: usize,
        exponents: [f64; 2],
    ) -> Result<Learned, LearnerError> {
        let roots = [self.principal_components(0)?, self.principal_components(1)?];
        // notation: columns s^{1−2a}, in which T_{a,b} is a product of well-scaled matrices
        let scaled = |m: usize, matrix: &Matrix, power: f64| {
            let mut scaled = matrix.clone();
            scale_columns(&mut scaled, roots[m].values.iter().map(|value| value.powf(power)));
            scaled
        };
        let within = [0, 1].map(|m| scaled(m, &roots[m].right, 1.0 - 2.0 * exponents[m]));
        let sides = [0, 1].map(|m| product(self.pair.common_coordinates(m), &within[m]));
        let graded = self.is_graded([false, false]);
        let decomposition = if graded {
            graded_svd(&product_tn(&sides[0], &sides[1]), self.pair.rank())?
        } else {
            svd_of_product(&sides[0], &sides[1])?
        };
        let last = decomposition.values.get(dim - 1).copied().unwrap_or(0.0);
        let rounding = self.pair.zero() * if graded { last } else { within[0].norm() * within[1].norm() };
        let cutoff = if graded { 0.0 } else { rounding };
        let rank = decomposition.values.iter().take(dim).filter(|&&value| value > cutoff).count();
        let among = |m: usize, count: usize| {
            product(&within[m], &leading(if m == 0 { &decomposition.left } else { &decomposition.right }, count))
        };
        let keeps = objective.scale(last) > 0.0;
        let uniqueness = if keeps { ties_at(&decomposition.values, dim, rounding, among) } else { Uniqueness::Unique };
        let learned = both(|m| {
            let mut directions = leading(if m == 0 { &decomposition.left } else { &decomposition.right }, rank);
            scale_columns(&mut directions, decomposition.values.iter().map(|&value| objective.scale(value)));
            let weights = product(&scaled(m, &roots[m].left, -2.0 * exponents[m]), &directions);
            let coordinates = product(&within[m], &directions);
            Ok(Tower { weights: padded(weights, dim).transpose(), coordinates: padded(coordinates, dim) })
        })?;
        Ok(Learned { uniqueness, ..learned })
    }

    /// Canonical directions, at most `common_dim` of them, then the directions of largest explained variance among the rest.
    fn decoupled(&self, dim: usize, common_dim: Option<usize>) -> Result<Learned, LearnerError> {
        let common = self.pair.rank().min(dim).min(common_dim.unwrap_or(dim));
        let [first, second] = [self.explained(0, common)?, self.explained(1, common)?];
        let rest = [&first, &second];
        let wanted = [0, 1].map(|m| (dim - common).min(self.pair.ranks()[m] - common));
        let learned = both(|m| {
            let aligned = leading(self.pair.canonical_directions(m), common);
            let mut directions = aligned.resize_horizontally(common + wanted[m], 0.0);
            directions.columns_mut(common, wanted[m]).copy_from(&rest[m].left.columns(0, wanted[m]));
            Ok(self.tower_of_directions(m, directions, dim))
        })?;
        let cosines = self.pair.angles().cosines();
        let zero = self.pair.zero();
        let uniqueness = if let Some(tied) = tie(&cosines[..self.pair.rank()], common, zero) {
            // The content of the unique block depends on the choice in the common block.
            let choice = |m: usize| match wanted[m] {
                0 => Freedom::Choice(Choice::among(self.pair.canonical_directions(m), &tied, common)),
                _ => Freedom::Unknown,
            };
            let reason = describe("canonical correlations", cosines, common, zero);
            Uniqueness::Tied(Ties { reason, freedom: [choice(0), choice(1)] })
        } else {
            each(|m| {
                let values = &rest[m].values[..self.pair.ranks()[m] - common];
                let last = wanted[m].saturating_sub(1);
                let rounding = self.rounding_of(m, values, last, self.pair.whitening(m).root.norm());
                Ok(tie(values, wanted[m], rounding).map(|tied| {
                    let aligned = leading(self.pair.canonical_directions(m), common);
                    let start = aligned.ncols();
                    let mut all = aligned.resize_horizontally(start + tied.end, 0.0);
                    all.columns_mut(start, tied.end).copy_from(&rest[m].left.columns(0, tied.end));
                    let places = start + tied.start..start + tied.end;
                    let reason = describe("explained standard deviations", values, wanted[m], rounding);
                    (reason, Choice::among(&all, &places, start + wanted[m]))
                }))
            })?
        };
        Ok(Learned { uniqueness, ..learned })
    }

    /// The variance of x_m explained by directions outside the leading canonical ones, in whitened coordinates.
    fn explained(&self, m: usize, common: usize) -> Result<Svd, LearnerError> {
        Ok(self.rest_by_variance(m, &leading(self.pair.canonical_directions(m), common))?)
    }

    /// The decomposition of T_{a,b}, in whitened coordinates where the exponent is ½.
    fn cross_svd(&self, whiten: [bool; 2]) -> Result<&Svd, LearnerError> {
        let decomposition = self.cross[slot(whiten)].get_or_init(|| {
            if whiten == [true, true] {
                return Ok(Svd {
                    left: self.pair.canonical_directions(0).clone(),
                    values: self.pair.angles().cosines().to_vec(),
                    right: self.pair.canonical_directions(1).clone(),
                });
            }
            let side = |m: usize| {
                if whiten[m] { self.pair.common_coordinates(m).clone() } else { self.pair.factor(m).common.transpose() }
            };
            if self.is_graded(whiten) {
                return graded_svd(&product_tn(&side(0), &side(1)), self.pair.rank());
            }
            svd_of_product(&side(0), &side(1))
        });
        decomposition.as_ref().map_err(|error| LearnerError::Linalg(error.clone()))
    }

    /// Whether T_{a,b} is in units in which some channels are far louder than others.
    fn is_graded(&self, whiten: [bool; 2]) -> bool {
        (0..2).any(|m| !whiten[m] && self.pair.is_graded(m))
    }

    /// Whitened directions of modality m outside given orthonormal ones, ordered by the variance of x_m they explain:
    /// ‖root·q‖² for q. They are the left vectors of a decomposition whose values are the standard deviations explained.
    fn rest_by_variance(&self, m: usize, directions: &Matrix) -> Result<Svd, LinalgError> {
        let root = &self.pair.whitening(m).root;
        if !self.pair.is_graded(m) {
            return svd(&outside(directions, &root.transpose()));
        }
        // In a basis of the complement: the rounding that a projection leaves of a loud channel may exceed a quiet one.
        let (rank, taken) = (root.ncols(), directions.ncols());
        let complement =
            orthonormal_extension(directions, &Matrix::identity(rank, rank)).columns(taken, rank - taken).into_owned();
        let within = graded_svd(&product_tn(&complement, &root.transpose()), rank - taken)?;
        Ok(Svd { left: product(&complement, &within.left), ..within })
    }

    /// The rounding of the value at `index` (from 0) of a decomposition in units of modality m's channels: that of
    /// `size`, the largest value, unless it is graded, where every value has its own digits.
    fn rounding_of(&self, m: usize, values: &[f64], index: usize, size: f64) -> f64 {
        let size = if self.pair.is_graded(m) { values.get(index).copied().unwrap_or(0.0) } else { size };
        self.pair.zero() * size
    }

    /// The singular value decomposition of a root of Σ_mm, n_m × r_m.
    fn principal_components(&self, m: usize) -> Result<&Svd, LearnerError> {
        let components = self.principal[m].get_or_init(|| {
            let root = &self.pair.whitening(m).root;
            if self.pair.is_graded(m) { graded_svd(root, root.ncols()) } else { svd(root) }
        });
        components.as_ref().map_err(|error| LearnerError::Linalg(error.clone()))
    }

    /// The singular value decomposition of Cov(x̃_m, y), restricted to directions that carry information about y. The
    /// rank is decided with each row of y at unit variance; the order of the directions is the objective's, which
    /// weighs targets by variance.
    fn regression_directions(&self, m: usize) -> Result<Svd, LearnerError> {
        let coordinates = self.pair.common_coordinates(m).transpose();
        let mut columns = Vec::new();
        let mut deviations = Vec::new();
        for target in self.targets {
            let cross = product_nt(&coordinates, &target.common);
            columns.extend(cross.column_iter().map(nalgebra::Matrix::into_owned));
            let deviation = |row: usize| target.common.row(row).norm().hypot(target.own.row(row).norm());
            deviations.extend((0..target.common.nrows()).map(deviation));
        }
        let cross = Matrix::from_columns(&columns);
        let mut correlations = cross.clone();
        for (mut column, &deviation) in correlations.column_iter_mut().zip(&deviations) {
            column.unscale_mut(if deviation > 0.0 { deviation } else { 1.0 });
        }
        let rank = singular_values(&correlations)?.iter().filter(|&&value| value > self.pair.zero()).count();
        let Svd { left, mut values, right } =
            if is_graded(&deviations) { graded_svd(&cross, rank)? } else { svd(&cross)? };
        let rank = rank.min(values.len());
        values.truncate(rank);
        Ok(Svd { left: leading(&left, rank), values, right: leading(&right, rank) })
    }

    /// The size of the products that make up Cov(x̃_m, y).
    fn target_size(&self) -> f64 {
        self.targets.iter().map(|target| target.common.norm()).fold(0.0, f64::max)
    }
}

/// Ties of singular values of T_{a,b} at the last of d directions, unless they are at or below zero.
fn ties_at(values: &[f64], dim: usize, rounding: f64, directions: impl Fn(usize, usize) -> Matrix) -> Uniqueness {
    let rank = values.iter().filter(|&&value| value > rounding).count();
    match tie(&values[..rank], dim, rounding) {
        Some(tied) => Uniqueness::Tied(Ties {
            reason: describe("singular values", values, dim, rounding),
            freedom: [0, 1].map(|m| Freedom::Choice(Choice::among(&directions(m, tied.end), &tied, dim))),
        }),
        None => Uniqueness::Unique,
    }
}

/// The slot of a decomposition of T_{a,b}.
fn slot(whiten: [bool; 2]) -> usize {
    usize::from(whiten[0]) * 2 + usize::from(whiten[1])
}

/// The first columns, at most as many as there are.
fn leading(matrix: &Matrix, count: usize) -> Matrix {
    matrix.columns(0, count.min(matrix.ncols())).into_owned()
}

/// The columns followed by zero columns up to d.
fn padded(columns: Matrix, dim: usize) -> Matrix {
    if columns.ncols() == dim { columns } else { columns.resize_horizontally(dim, 0.0) }
}

/// Both encoders, built separately; the caller decides whether they are the only minimiser.
fn both(tower: impl Fn(usize) -> Result<Tower, LearnerError>) -> Result<Learned, LearnerError> {
    let (first, second) = (tower(0)?, tower(1)?);
    Ok(Learned {
        encoders: Encoders { first: first.weights, second: second.weights },
        coordinates: [first.coordinates, second.coordinates],
        uniqueness: Uniqueness::Unique,
    })
}
