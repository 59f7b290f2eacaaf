//! Mean and covariance of a stream, in constant memory.

use super::data::{Layout, scaled_root};
use super::{BLOCK, SampleError};
use crate::linalg::{Matrix, Real, symmetric_eigen};
use crate::model::LatentModel;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::{DMatrix, DVector};

/// Eigenvalues of a sample correlation matrix below this fraction of the largest are rounding: sums over 10⁸ samples
/// are accurate to about 10⁻¹³. Hence a direction whose standard deviation is below 10⁻⁶ of its channels' counts as absent.
const CORRELATION_ROUNDING: f64 = 1e-12;

/// Count, mean and scatter Σ(x − x̄)(x − x̄)ᵀ of the samples seen so far.
///
/// Sums are in double precision whatever the samples are, relative to the first sample (a constant entry has variance 0
/// exactly), in blocks of [`BLOCK`] whose means and scatters are combined with the update of Chan, Golub and LeVeque:
/// squares of large means are never subtracted.
///
/// # References
/// Chan, Golub, LeVeque (1983), *Algorithms for computing the sample variance*, The American Statistician 37(3).
///
/// # Examples
/// ```
/// use alignloss::linalg::Matrix;
/// use alignloss::sample::Moments;
/// let mut moments = Moments::new(1);
/// moments.add(&[&Matrix::from_row_slice(1, 3, &[1e9, 1e9 + 1.0, 1e9 + 2.0])])?;
/// assert_eq!(moments.covariance()?[(0, 0)], 2.0 / 3.0);
/// # Ok::<(), alignloss::sample::SampleError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Moments {
    count: u64,
    /// The first sample.
    origin: DVector<f64>,
    /// Mean of the samples minus the origin.
    mean: DVector<f64>,
    /// Its lower triangle.
    scatter: Matrix,
    /// One centred block of samples.
    block: Matrix,
}

impl Moments {
    /// No samples yet, for a vector with `dimension` entries.
    pub fn new(dimension: usize) -> Self {
        Self {
            count: 0,
            origin: DVector::zeros(dimension),
            mean: DVector::zeros(dimension),
            scatter: Matrix::zeros(dimension, dimension),
            block: Matrix::zeros(dimension, BLOCK),
        }
    }

    /// Adds samples: column j of all `parts`, stacked, is one sample.
    ///
    /// # Errors
    /// [`SampleError::Size`] if the parts do not fit, [`SampleError::NotFinite`]; no sample is counted then.
    pub fn add<T: Real>(&mut self, parts: &[&DMatrix<T>]) -> Result<(), SampleError> {
        let samples = parts.first().map_or(0, |part| part.ncols());
        SampleError::require_size(
            "rows of the samples",
            parts.iter().map(|part| part.nrows()).sum(),
            self.dimension(),
        )?;
        for (index, part) in parts.iter().enumerate() {
            SampleError::require_size(format!("samples of part {index}"), part.ncols(), samples)?;
            require_finite(&format!("part {index}"), part)?;
        }
        for start in (0..samples).step_by(BLOCK) {
            self.add_block(parts, start, BLOCK.min(samples - start));
        }
        Ok(())
    }

    /// Adds all samples that another has seen, as if they had been added here.
    ///
    /// # Errors
    /// [`SampleError::Size`] if the dimensions differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), SampleError> {
        SampleError::require_size("entries of the merged vector", other.dimension(), self.dimension())?;
        if self.count == 0 {
            self.origin.copy_from(&other.origin);
        }
        let mean = (&other.origin - &self.origin) + &other.mean;
        self.scatter += &other.scatter;
        self.combine_means(&mean, other.count);
        Ok(())
    }

    /// Samples seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Entries of the vector.
    pub fn dimension(&self) -> usize {
        self.origin.len()
    }

    /// The sample mean.
    pub fn mean(&self) -> DVector<f64> {
        &self.origin + &self.mean
    }

    /// The covariance of the sample's law, dimension × dimension: divided by the number of samples n, not by n − 1.
    ///
    /// # Errors
    /// [`SampleError::TooFew`].
    pub fn covariance(&self) -> Result<Matrix, SampleError> {
        if self.count < 2 {
            return Err(SampleError::TooFew { count: self.count });
        }
        let count = self.count as f64;
        Ok(Matrix::from_fn(self.dimension(), self.dimension(), |i, j| self.scatter[(i.max(j), i.min(j))] / count))
    }

    /// The model whose exact law is the law of the sample, up to its mean: zero noise, and as many shared factors as
    /// the rank of the sample covariance.
    ///
    /// Directions below 10⁻⁶ of the channels' own deviations can't be told from rounding and are dropped;
    /// [`Data::empirical_model`](super::Data::empirical_model) resolves them.
    ///
    /// # Errors
    /// [`SampleError::Size`], [`SampleError::TooFew`]; [`SampleError::Model`] if a modality or target is constant.
    pub fn empirical_model(&self, name: &str, layout: &Layout) -> Result<LatentModel, SampleError> {
        SampleError::require_size("entries of the layout", layout.dimension(), self.dimension())?;
        let covariance = self.covariance()?;
        let deviations: Vec<f64> = covariance.diagonal().iter().map(|variance| variance.sqrt()).collect();
        let scale = |i: usize| if deviations[i] > 0.0 { deviations[i] } else { 1.0 };
        let correlation =
            Matrix::from_fn(self.dimension(), self.dimension(), |i, j| covariance[(i, j)] / (scale(i) * scale(j)));
        let eigen = symmetric_eigen(&correlation)?;
        layout.model(name, &scaled_root(&eigen.vectors, &eigen.values, CORRELATION_ROUNDING, f64::sqrt, &deviations))
    }

    fn add_block<T: Real>(&mut self, parts: &[&DMatrix<T>], start: usize, count: usize) {
        if self.count == 0 {
            let first = parts.iter().flat_map(|part| part.column(start).iter().copied().collect::<Vec<_>>());
            self.origin.iter_mut().zip(first).for_each(|(origin, value)| *origin = value.to_f64());
        }
        let mut row = 0;
        for part in parts {
            for sample in 0..count {
                let mut column = self.block.column_mut(sample);
                for (i, value) in part.column(start + sample).iter().enumerate() {
                    column[row + i] = value.to_f64() - self.origin[row + i];
                }
            }
            row += part.nrows();
        }
        let mut centred = self.block.columns_mut(0, count);
        let mean = centred.column_mean();
        for mut column in centred.column_iter_mut() {
            column -= &mean;
        }
        let dimension = self.dimension();
        let samples = MatRef::from_column_major_slice(&self.block.as_slice()[..dimension * count], dimension, count);
        triangular::matmul(
            MatMut::from_column_major_slice_mut(self.scatter.as_mut_slice(), dimension, dimension),
            BlockStructure::TriangularLower,
            Accum::Add,
            samples,
            BlockStructure::Rectangular,
            samples.transpose(),
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
        self.combine_means(&mean, count as u64);
    }

    /// Moves the mean towards that of `count` more samples, whose scatter about their own mean has been added already.
    fn combine_means(&mut self, mean: &DVector<f64>, count: u64) {
        if count == 0 {
            return;
        }
        let total = self.count + count;
        let share = count as f64 / total as f64;
        let step = mean - &self.mean;
        let weight = self.count as f64 * share;
        for j in 0..self.dimension() {
            for i in j..self.dimension() {
                self.scatter[(i, j)] += weight * step[i] * step[j];
            }
        }
        self.mean.axpy(share, &step, 1.0);
        self.count = total;
    }
}

/// Fails on the first value that is not finite.
pub(super) fn require_finite<T: Real>(what: &str, samples: &DMatrix<T>) -> Result<(), SampleError> {
    match samples.iter().position(|value| !value.to_f64().is_finite()) {
        None => Ok(()),
        Some(index) => Err(SampleError::NotFinite {
            what: what.to_owned(),
            row: index % samples.nrows(),
            sample: index / samples.nrows(),
            value: samples[index].to_f64(),
        }),
    }
}
