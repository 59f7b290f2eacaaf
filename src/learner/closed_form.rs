//! Exact minimisers by singular value decomposition (theory.md §3).

use super::Effort;
use crate::information::{Encoders, Pair};
use crate::linalg::{
    LinalgError, Matrix, Svd, graded_svd, is_graded, orthonormal_extension, outside, product, product_nt, product_tn,
    singular_values, svd, svd_of_product,
};
use crate::model::Factor;
use crate::objective::{BeyondRank, CanonicalCorrelation, Objective, Solution};
use crate::sample::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::sync::OnceLock;

/// Why there is no minimiser.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LearnerError {
    /// More dimensions than channels.
    #[error("dim: {dim} is not between 1 and {largest}, the fewest channels of the two modalities")]
    Dimension {
        /// The dimension asked for.
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

/// Encoders with their whitened coordinates: the weights are for the world, the coordinates for measuring.
#[derive(Debug, Clone)]
pub struct Learned {
    /// W_1 and W_2.
    pub encoders: Encoders,
    /// The same encoders over whitened modalities, transposed: r_m × d.
    pub coordinates: [Matrix; 2],
}

/// One encoder, d rows, in both forms.
struct Tower {
    weights: Matrix,
    coordinates: Matrix,
}

/// The closed-form learner of one pair of modalities. It keeps what objectives and dimensions share: each decomposition
/// is computed at most once per pair, and every dimension reads its leading part.
#[derive(Debug)]
pub struct ClosedForm<'a> {
    pair: &'a Pair,
    targets: &'a [Factor],
    seed: u64,
    cross: [OnceLock<Result<Svd, LinalgError>>; 4],
    /// Principal components of each modality, n_m × min(n_m, r_m).
    principal: [OnceLock<Result<Matrix, LinalgError>>; 2],
    /// By slot of `cross` and modality: whitened directions outside those of rank Σ12, by explained variance.
    rest: [[OnceLock<Result<Matrix, LinalgError>>; 2]; 4],
}

impl<'a> ClosedForm<'a> {
    /// A learner over a pair; `targets` serve `supervised`, `seed` serves `random`.
    pub fn new(pair: &'a Pair, targets: &'a [Factor], seed: u64) -> Self {
        Self { pair, targets, seed, cross: Default::default(), principal: Default::default(), rest: Default::default() }
    }

    /// The exact minimiser of an objective with d = `dim` outputs per encoder.
    ///
    /// Rows for which the objective has no use follow [`BeyondRank`]; a whitened encoder never has more independent rows than
    /// its modality's covariance has rank.
    ///
    /// # Errors
    /// [`LearnerError`].
    pub fn minimise(&self, objective: &dyn Objective, dim: usize) -> Result<Learned, LearnerError> {
        self.check(dim)?;
        match objective.solution() {
            Solution::CrossCovariance { whiten_first, whiten_second, beyond_rank } => {
                self.cross_covariance(objective, dim, [whiten_first, whiten_second], beyond_rank)
            }
            Solution::PartlyWhitened { exponents } => self.partly_whitened(objective, dim, exponents),
            Solution::AlignmentFidelity(objective) => {
                Ok(self.alignment_fidelity(objective, dim, Effort::default())?.learned)
            }
            Solution::Decoupled { common_dim } => self.decoupled(dim, common_dim),
            Solution::PrincipalComponents => {
                let learned = both(|m| Ok(self.tower_of_weights(m, leading(self.principal_components(m)?, dim), dim)))?;
                Ok(self.with_matching_signs(learned))
            }
            Solution::TargetRegression => {
                if self.targets.is_empty() {
                    return Err(LearnerError::NoTarget);
                }
                let learned =
                    both(|m| Ok(self.tower_of_directions(m, leading(&self.regression_directions(m)?, dim), dim)))?;
                Ok(self.with_matching_signs(learned))
            }
            Solution::Random => both(|m| {
                let mut generator =
                    Stream { seed: self.seed, experiment: "random encoder", cell: m as u64, replicate: 0 }.generator();
                let weights = Matrix::from_fn(self.pair.channels()[m], dim, |_, _| generator.sample(StandardNormal));
                Ok(self.tower_of_weights(m, weights, dim))
            }),
        }
    }

    /// d between 1 and the fewest channels.
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

    /// The minimiser of `cca`.
    pub(super) fn canonical(&self, dim: usize) -> Result<Learned, LearnerError> {
        self.cross_covariance(&CanonicalCorrelation, dim, [true, true], BeyondRank::Whitened)
    }

    /// Encoders from whitened coordinates, r_m × d.
    pub(super) fn learned(&self, coordinates: &[Matrix; 2], dim: usize) -> Learned {
        let [first, second] = [0, 1].map(|m| self.tower_of_directions(m, coordinates[m].clone(), dim));
        Learned {
            encoders: Encoders { first: first.weights, second: second.weights },
            coordinates: [first.coordinates, second.coordinates],
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

    /// Towers that were found one by one have rows of free sign: the second's are turned so that Cov(z_1i, z_2i) ≥ 0.
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
        beyond_rank: BeyondRank,
    ) -> Result<Learned, LearnerError> {
        let svd = self.cross_svd(whiten)?;
        // Relative to the factors, not to σ_1: rounding is of the size of what was multiplied.
        let size = |m: usize| if whiten[m] { 1.0 } else { self.pair.factor(m).common.norm() };
        // A graded decomposition stops at the rank of Σ12: its values are all above rounding, each in its own unit.
        let cutoff = if self.is_graded(whiten) { 0.0 } else { self.pair.zero() * size(0) * size(1) };
        let rank = svd.values.iter().take(dim).filter(|&&value| value > cutoff).count();
        both(|m| {
            let vectors = if m == 0 { &svd.left } else { &svd.right };
            let mut directions = leading(vectors, rank);
            for (mut column, &value) in directions.column_iter_mut().zip(&svd.values) {
                column *= objective.scale(value);
            }
            if beyond_rank == BeyondRank::Whitened && rank < dim {
                directions = self.completed(slot(whiten), m, &directions, dim)?;
            }
            Ok(if whiten[m] {
                self.tower_of_directions(m, directions, dim)
            } else {
                self.tower_of_weights(m, directions, dim)
            })
        })
    }

    /// Top singular directions of T_{a,b} for any exponents, through the eigenvectors of the covariances: with root_m = E·diag(s)·Rᵀ,
    /// Σ^{-a} = E·diag(s^{-2a})·Eᵀ, and no power below zero is taken before the product.
    fn partly_whitened(
        &self,
        objective: &dyn Objective,
        dim: usize,
        exponents: [f64; 2],
    ) -> Result<Learned, LearnerError> {
        let roots = [svd(&self.pair.whitening(0).root)?, svd(&self.pair.whitening(1).root)?];
        // notation: columns s^{1−2a}, in which T_{a,b} is a product of well-scaled matrices
        let scaled = |m: usize, matrix: &Matrix, power: f64| {
            let mut scaled = matrix.clone();
            for (mut column, value) in scaled.column_iter_mut().zip(&roots[m].values) {
                column *= value.powf(power);
            }
            scaled
        };
        let within = [0, 1].map(|m| scaled(m, &roots[m].right, 1.0 - 2.0 * exponents[m]));
        let sides = [0, 1].map(|m| product(self.pair.common_coordinates(m), &within[m]));
        let decomposition = svd_of_product(&sides[0], &sides[1])?;
        let cutoff = self.pair.zero() * within[0].norm() * within[1].norm();
        let rank = decomposition.values.iter().take(dim).filter(|&&value| value > cutoff).count();
        both(|m| {
            let mut directions = leading(if m == 0 { &decomposition.left } else { &decomposition.right }, rank);
            for (mut column, &value) in directions.column_iter_mut().zip(&decomposition.values) {
                column *= objective.scale(value);
            }
            let weights = product(&scaled(m, &roots[m].left, -2.0 * exponents[m]), &directions);
            let coordinates = product(&within[m], &directions);
            Ok(Tower { weights: padded(weights, dim).transpose(), coordinates: padded(coordinates, dim) })
        })
    }

    /// Canonical directions, at most `common_dim` of them, then those of largest explained variance among the rest.
    fn decoupled(&self, dim: usize, common_dim: Option<usize>) -> Result<Learned, LearnerError> {
        let common = self.pair.rank().min(dim).min(common_dim.unwrap_or(dim));
        both(|m| {
            let aligned = leading(self.pair.canonical_directions(m), common);
            let root = &self.pair.whitening(m).root;
            let rest = self.rest_by_variance(m, &aligned)?;
            let wanted = (dim - common).min(root.ncols() - common);
            let mut directions = aligned.resize_horizontally(common + wanted, 0.0);
            directions.columns_mut(common, wanted).copy_from(&rest.columns(0, wanted));
            Ok(self.tower_of_directions(m, directions, dim))
        })
    }

    /// T_{a,b}'s decomposition, in whitened coordinates where the exponent is ½.
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

    /// Whether T_{a,b} has units in which some channels are far louder than others.
    fn is_graded(&self, whiten: [bool; 2]) -> bool {
        (0..2).any(|m| !whiten[m] && self.pair.is_graded(m))
    }

    /// Whitened directions of modality m outside orthonormal ones, by the variance of x_m that they explain: ‖root·q‖² for q.
    fn rest_by_variance(&self, m: usize, directions: &Matrix) -> Result<Matrix, LinalgError> {
        let root = &self.pair.whitening(m).root;
        if !self.pair.is_graded(m) {
            return Ok(svd(&outside(directions, &root.transpose()))?.left);
        }
        // In a basis of the complement: what a projection leaves of a loud channel by rounding may exceed a quiet one.
        let (rank, taken) = (root.ncols(), directions.ncols());
        let complement =
            orthonormal_extension(directions, &Matrix::identity(rank, rank)).columns(taken, rank - taken).into_owned();
        let within = graded_svd(&product_tn(&complement, &root.transpose()), rank - taken)?.left;
        Ok(product(&complement, &within))
    }

    /// Principal components of modality m, leading first.
    fn principal_components(&self, m: usize) -> Result<&Matrix, LearnerError> {
        let components = self.principal[m].get_or_init(|| {
            let root = &self.pair.whitening(m).root;
            Ok(if self.pair.is_graded(m) { graded_svd(root, root.ncols())? } else { svd(root)? }.left)
        });
        components.as_ref().map_err(|error| LearnerError::Linalg(error.clone()))
    }

    /// Completes orthonormal directions by those of largest explained variance among the rest.
    fn completed(&self, slot: usize, m: usize, directions: &Matrix, dim: usize) -> Result<Matrix, LearnerError> {
        let root = &self.pair.whitening(m).root;
        // Directions that need completing are all those of the slot, whatever the dimension.
        let rest = self.rest[slot][m].get_or_init(|| self.rest_by_variance(m, directions));
        let extra = rest.as_ref().map_err(|error| LearnerError::Linalg(error.clone()))?;
        let wanted = (dim - directions.ncols()).min(root.ncols() - directions.ncols());
        let mut all = Matrix::zeros(directions.nrows(), directions.ncols() + wanted);
        all.columns_mut(0, directions.ncols()).copy_from(directions);
        all.columns_mut(directions.ncols(), wanted).copy_from(&extra.columns(0, wanted));
        Ok(all)
    }

    /// Left singular directions of Cov(x̃_m, y), as many as carry anything about y. The rank is decided with each row of y at unit
    /// variance; the order of the directions is that of the objective, which weighs targets by their variance.
    fn regression_directions(&self, m: usize) -> Result<Matrix, LearnerError> {
        let coordinates = self.pair.common_coordinates(m).transpose();
        let mut columns = Vec::new();
        let mut deviations = Vec::new();
        for target in self.targets {
            let cross = product_nt(&coordinates, &target.common);
            columns.extend(cross.column_iter().map(|column| column.into_owned()));
            let deviation = |row: usize| target.common.row(row).norm().hypot(target.own.row(row).norm());
            deviations.extend((0..target.common.nrows()).map(deviation));
        }
        let cross = Matrix::from_columns(&columns);
        let mut correlations = cross.clone();
        for (mut column, &deviation) in correlations.column_iter_mut().zip(&deviations) {
            column.unscale_mut(if deviation > 0.0 { deviation } else { 1.0 });
        }
        let rank = singular_values(&correlations)?.iter().filter(|&&value| value > self.pair.zero()).count();
        let directions = if is_graded(&deviations) { graded_svd(&cross, rank)? } else { svd(&cross)? }.left;
        Ok(leading(&directions, rank))
    }
}

/// Where the decomposition of T_{a,b} is kept.
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

/// Both towers, made one by one.
fn both(tower: impl Fn(usize) -> Result<Tower, LearnerError>) -> Result<Learned, LearnerError> {
    let (first, second) = (tower(0)?, tower(1)?);
    Ok(Learned {
        encoders: Encoders { first: first.weights, second: second.weights },
        coordinates: [first.coordinates, second.coordinates],
    })
}
