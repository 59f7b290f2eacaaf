//! Exact minimisers by singular value decomposition (theory.md §3).

use crate::information::{Encoders, Pair};
use crate::linalg::{LinalgError, Matrix, Svd, outside, product, product_nt, product_tn, svd, svd_of_product};
use crate::model::Factor;
use crate::objective::{BeyondRank, Objective, Solution};
use crate::sample::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;

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

/// The closed-form learner of one pair of modalities. It keeps what objectives and dimensions share: each decomposition
/// is computed at most once per pair, and every dimension reads its leading part.
#[derive(Debug)]
pub struct ClosedForm<'a> {
    pair: &'a Pair,
    targets: &'a [Factor],
    seed: u64,
    cross: [std::sync::OnceLock<Result<Svd, LinalgError>>; 4],
}

impl<'a> ClosedForm<'a> {
    /// A learner over a pair; `targets` serve `supervised`, `seed` serves `random`.
    pub fn new(pair: &'a Pair, targets: &'a [Factor], seed: u64) -> Self {
        Self { pair, targets, seed, cross: Default::default() }
    }

    /// The exact minimiser of an objective with d = `dim` outputs per encoder.
    ///
    /// Rows for which the objective has no use follow [`BeyondRank`]; a whitened encoder never has more independent rows than
    /// its modality's covariance has rank.
    ///
    /// # Errors
    /// [`LearnerError`].
    pub fn minimise(&self, objective: &dyn Objective, dim: usize) -> Result<Encoders, LearnerError> {
        let [first, second] = self.pair.channels();
        let largest = first.min(second);
        if dim == 0 || dim > largest {
            return Err(LearnerError::Dimension { dim, largest });
        }
        match objective.solution() {
            Solution::CrossCovariance { whiten_first, whiten_second, beyond_rank } => {
                self.cross_covariance(objective, dim, [whiten_first, whiten_second], beyond_rank)
            }
            Solution::PrincipalComponents => {
                let encoders = self.each(|m| Ok(rows(&leading(&svd(&self.pair.whitening(m).root)?.left, dim), dim)))?;
                Ok(self.with_matching_signs(encoders))
            }
            Solution::TargetRegression => {
                if self.targets.is_empty() {
                    return Err(LearnerError::NoTarget);
                }
                let encoders = self.each(|m| {
                    let kept = leading(&self.regression_directions(m)?, dim);
                    Ok(rows(&product_tn(&self.pair.whitening(m).whitener, &kept), dim))
                })?;
                Ok(self.with_matching_signs(encoders))
            }
            Solution::Random => self.each(|m| {
                let mut generator = Stream { seed: self.seed, experiment: "random encoder", cell: m as u64, replicate: 0 }.generator();
                Ok(Matrix::from_fn(dim, self.pair.channels()[m], |_, _| generator.sample(StandardNormal)))
            }),
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

    fn each(&self, encoder: impl Fn(usize) -> Result<Matrix, LearnerError>) -> Result<Encoders, LearnerError> {
        Ok(Encoders { first: encoder(0)?, second: encoder(1)? })
    }

    /// Towers that were found one by one have rows of free sign: the second's are turned so that Cov(z_1i, z_2i) ≥ 0.
    fn with_matching_signs(&self, mut encoders: Encoders) -> Encoders {
        let cross = product(&encoders.first, &self.pair.factor(0).cross_covariance(self.pair.factor(1)));
        for (row, mut weights) in encoders.second.row_iter_mut().enumerate() {
            if cross.row(row).dot(&weights) < 0.0 {
                weights.neg_mut();
            }
        }
        encoders
    }

    fn cross_covariance(&self, objective: &dyn Objective, dim: usize, whiten: [bool; 2], beyond_rank: BeyondRank) -> Result<Encoders, LearnerError> {
        let svd = self.cross_svd(whiten)?;
        let cutoff = svd.values.first().copied().unwrap_or(0.0) * self.pair.zero();
        let rank = svd.values.iter().take(dim).filter(|&&value| value > cutoff).count();
        self.each(|m| {
            let vectors = if m == 0 { &svd.left } else { &svd.right };
            let mut directions = leading(vectors, rank);
            for (mut column, &value) in directions.column_iter_mut().zip(&svd.values) {
                column *= objective.scale(value);
            }
            if beyond_rank == BeyondRank::Whitened && rank < dim {
                directions = self.completed(m, directions, dim)?;
            }
            let weights = if whiten[m] { product_tn(&self.pair.whitening(m).whitener, &directions) } else { directions };
            Ok(rows(&weights, dim))
        })
    }

    /// T_{a,b}'s decomposition, in whitened coordinates where the exponent is ½.
    fn cross_svd(&self, whiten: [bool; 2]) -> Result<&Svd, LearnerError> {
        let slot = usize::from(whiten[0]) * 2 + usize::from(whiten[1]);
        let decomposition = self.cross[slot].get_or_init(|| {
            if whiten == [true, true] {
                return Ok(Svd {
                    left: self.pair.canonical_directions(0).clone(),
                    values: self.pair.angles().cosines().to_vec(),
                    right: self.pair.canonical_directions(1).clone(),
                });
            }
            let side = |m: usize| if whiten[m] { self.pair.common_coordinates(m).clone() } else { self.pair.factor(m).common.transpose() };
            svd_of_product(&side(0), &side(1))
        });
        decomposition.as_ref().map_err(|error| LearnerError::Linalg(error.clone()))
    }

    /// Completes orthonormal directions by those of largest explained variance among the rest.
    fn completed(&self, m: usize, directions: Matrix, dim: usize) -> Result<Matrix, LearnerError> {
        let root = &self.pair.whitening(m).root;
        // The variance of x explained by a whitened direction q is ‖root·q‖²; restrict q to the complement.
        let rest = outside(&directions, &root.transpose());
        let extra = svd(&rest)?;
        let wanted = (dim - directions.ncols()).min(root.ncols() - directions.ncols());
        let mut all = Matrix::zeros(directions.nrows(), directions.ncols() + wanted);
        all.columns_mut(0, directions.ncols()).copy_from(&directions);
        all.columns_mut(directions.ncols(), wanted).copy_from(&extra.left.columns(0, wanted));
        Ok(all)
    }

    /// Left singular directions of Cov(x̃_m, y), those that say something of y.
    fn regression_directions(&self, m: usize) -> Result<Matrix, LearnerError> {
        let coordinates = self.pair.common_coordinates(m);
        let columns: usize = self.targets.iter().map(|target| target.common.nrows()).sum();
        let mut cross = Matrix::zeros(coordinates.ncols(), columns);
        let mut start = 0;
        for target in self.targets {
            let block = product_nt(&coordinates.transpose(), &target.common);
            cross.columns_mut(start, block.ncols()).copy_from(&block);
            start += block.ncols();
        }
        let svd = svd(&cross)?;
        let cutoff = svd.values.first().copied().unwrap_or(0.0) * self.pair.zero();
        let rank = svd.values.iter().filter(|&&value| value > cutoff).count();
        Ok(leading(&svd.left, rank))
    }
}

/// The first columns, at most as many as there are.
fn leading(matrix: &Matrix, count: usize) -> Matrix {
    matrix.columns(0, count.min(matrix.ncols())).into_owned()
}

/// Columns as the rows of an encoder, with zero rows up to d.
fn rows(columns: &Matrix, dim: usize) -> Matrix {
    let mut result = Matrix::zeros(dim, columns.nrows());
    result.rows_mut(0, columns.ncols()).copy_from(&columns.transpose());
    result
}
