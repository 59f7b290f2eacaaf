//! Samples in memory, and their law as a model.

use super::moments::require_finite;
use super::{SampleError, Sampler};
use crate::linalg::{Matrix, Real, svd, upper_triangle};
use crate::model::{LatentModel, Modality, Noise, Target};
use crate::random::Generator;
use nalgebra::{DMatrix, DVector};

/// Singular values of centred and standardised data below this many roundings (times the larger dimension) of the
/// largest count as zero, as in [`Whitening`](crate::linalg::Whitening): a duplicated channel has no second direction.
const ROUNDING_UNITS: f64 = 4.0;

/// Names and sizes of the vectors in one sample: modalities, then targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Name and channels of each modality.
    pub modalities: Vec<(String, usize)>,
    /// Name and rows of each target.
    pub targets: Vec<(String, usize)>,
}

/// Joint samples of modalities and targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    layout: Layout,
    /// dimension × samples.
    samples: Matrix,
}

impl Layout {
    /// The layout of the draws of a [`Sampler::of_model`].
    pub fn of_model(model: &LatentModel) -> Self {
        let modalities = model.modalities().iter().map(|m| (m.name.clone(), m.shared_loading.nrows()));
        let targets = model.targets().iter().map(|t| (t.name.clone(), t.loading.nrows()));
        Self { modalities: modalities.collect(), targets: targets.collect() }
    }

    /// Entries of one sample.
    pub fn dimension(&self) -> usize {
        self.modalities.iter().chain(&self.targets).map(|(_, size)| size).sum()
    }

    /// The entries of every vector, modalities first.
    pub(crate) fn ranges(&self) -> Vec<std::ops::Range<usize>> {
        let mut end = 0;
        let range = |(_, size): &(String, usize)| {
            end += size;
            end - size..end
        };
        self.modalities.iter().chain(&self.targets).map(range).collect()
    }

    /// The model x = root·w of stacked vectors, w standard normal and shared by all.
    pub(super) fn model(&self, name: &str, root: &Matrix) -> Result<LatentModel, SampleError> {
        let ranges = self.ranges();
        let loading = |index: usize| root.rows(ranges[index].start, ranges[index].len()).into_owned();
        let modalities = self.modalities.iter().enumerate().map(|(m, (name, channels))| Modality {
            name: name.clone(),
            shared_loading: loading(m),
            private_loading: Matrix::zeros(*channels, 0),
            noise: Noise::Isotropic(0.0),
        });
        let targets = self.targets.iter().enumerate().map(|(t, (name, _))| Target {
            name: name.clone(),
            loading: loading(self.modalities.len() + t),
            noise: Noise::Isotropic(0.0),
        });
        let private = vec![0; self.modalities.len()];
        Ok(LatentModel::new(name, root.ncols(), private, None, modalities.collect(), targets.collect())?)
    }
}

impl Data {
    /// From named matrices with one sample per column and equal numbers of columns. At least two modalities.
    ///
    /// # Errors
    /// [`SampleError::Size`], [`SampleError::TooFew`], [`SampleError::NotFinite`].
    pub fn new<T: Real>(
        modalities: &[(&str, &DMatrix<T>)],
        targets: &[(&str, &DMatrix<T>)],
    ) -> Result<Self, SampleError> {
        let sizes = |parts: &[(&str, &DMatrix<T>)]| {
            parts.iter().map(|(name, part)| ((*name).to_owned(), part.nrows())).collect()
        };
        let layout = Layout { modalities: sizes(modalities), targets: sizes(targets) };
        let count = modalities.first().map_or(0, |(_, part)| part.ncols());
        if count < 2 {
            return Err(SampleError::TooFew { count: count as u64 });
        }
        let mut samples = Matrix::zeros(layout.dimension(), count);
        for ((name, part), rows) in modalities.iter().chain(targets).zip(layout.ranges()) {
            SampleError::require_size(format!("samples of {name:?}"), part.ncols(), count)?;
            require_finite(&format!("{name:?}"), part)?;
            samples.rows_mut(rows.start, rows.len()).copy_from(&part.map(T::to_f64));
        }
        Ok(Self { layout, samples })
    }

    /// Draws all modalities and targets of a model.
    ///
    /// # Errors
    /// [`SampleError::TooFew`].
    pub fn draw(model: &LatentModel, samples: usize, generator: &mut Generator) -> Result<Self, SampleError> {
        let mut sampler = Sampler::<f64>::of_model(model)?;
        let mut vectors = sampler.buffers(samples);
        sampler.draw_into(generator, &mut vectors)?;
        let layout = Layout::of_model(model);
        let names = layout.modalities.iter().chain(&layout.targets).map(|(name, _)| name.as_str());
        let parts: Vec<_> = names.zip(&vectors).collect();
        let (modalities, targets) = parts.split_at(layout.modalities.len());
        Self::new(modalities, targets)
    }

    /// The number of samples.
    pub fn count(&self) -> usize {
        self.samples.ncols()
    }

    /// The composition of a sample.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The samples, dimension × count.
    pub fn samples(&self) -> &Matrix {
        &self.samples
    }

    /// Some of the samples, in the given order; a sample may occur more than once.
    ///
    /// # Errors
    /// [`SampleError::Size`] if there is no such sample, [`SampleError::TooFew`].
    pub fn select(&self, samples: &[usize]) -> Result<Self, SampleError> {
        if samples.len() < 2 {
            return Err(SampleError::TooFew { count: samples.len() as u64 });
        }
        if let Some(&absent) = samples.iter().find(|&&index| index >= self.count()) {
            return Err(SampleError::Size { what: "a sample's index".into(), found: absent, expected: self.count() });
        }
        Ok(Self { layout: self.layout.clone(), samples: self.samples.select_columns(samples) })
    }

    /// The sample mean, of length dimension.
    pub fn mean(&self) -> DVector<f64> {
        self.centred().1
    }

    /// The model whose exact law is the law of the sample, up to its mean: zero noise, and as many shared factors as
    /// the rank of the centred data, at most samples − 1. Covariances are divided by the number of samples n, not by n − 1.
    ///
    /// Measures of this model are plug-in estimates. With no more samples than channels, each modality determines the
    /// other under this law: canonical correlations are 1 and information is infinite.
    ///
    /// The factor comes from a QR factorisation of the centred and standardised data, so errors grow with the square
    /// root of the covariance's condition number.
    ///
    /// # Errors
    /// [`SampleError::Model`] if a modality or target is constant or a layout has fewer than two modalities;
    /// [`SampleError::Linalg`].
    pub fn empirical_model(&self, name: &str) -> Result<LatentModel, SampleError> {
        self.layout.model(name, &self.root()?)
    }

    /// F with F·Fᵀ the covariance of the sample's law: dimension × rank, with one column of zeros if the rank is 0.
    pub(crate) fn root(&self) -> Result<Matrix, SampleError> {
        let (mut centred, _) = self.centred();
        let count = self.count() as f64;
        let mut deviations = vec![0.0; centred.nrows()];
        for (deviation, mut row) in deviations.iter_mut().zip(centred.row_iter_mut()) {
            // Scale by the largest entry first: squares of 1e±200 leave the range of doubles.
            let largest = row.amax();
            if largest > 0.0 {
                row /= largest;
                let length = row.norm();
                row /= length;
                *deviation = largest * (length / count.sqrt());
            }
        }
        let decomposition = svd(&upper_triangle(&centred.transpose()))?;
        let rounding = ROUNDING_UNITS * f64::EPSILON * self.samples.nrows().max(self.samples.ncols()) as f64;
        Ok(scaled_root(&decomposition.right, &decomposition.values, rounding, |value| value, &deviations))
    }

    /// The samples minus their mean, and the mean. The first sample is subtracted first, so an entry that never varies
    /// becomes exactly zero.
    fn centred(&self) -> (Matrix, DVector<f64>) {
        let first = self.samples.column(0).into_owned();
        let mut centred = self.samples.clone();
        for mut column in centred.column_iter_mut() {
            column -= &first;
        }
        let mean = centred.column_mean();
        for mut column in centred.column_iter_mut() {
            column -= &mean;
        }
        (centred, first + mean)
    }
}

/// diag(deviations)·V·diag(length(value)), with the directions whose value exceeds `rounding` times the first; one
/// column of zeros if there are none, since a model needs a latent.
pub(super) fn scaled_root(
    directions: &Matrix,
    values: &[f64],
    rounding: f64,
    length: impl Fn(f64) -> f64,
    deviations: &[f64],
) -> Matrix {
    let cutoff = values.first().map_or(0.0, |largest| rounding * largest);
    let rank = values.iter().take_while(|&&value| value > cutoff).count();
    if rank == 0 {
        return Matrix::zeros(directions.nrows(), 1);
    }
    Matrix::from_fn(directions.nrows(), rank, |i, j| deviations[i] * directions[(i, j)] * length(values[j]))
}
