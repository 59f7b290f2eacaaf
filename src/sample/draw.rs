//! Joint draws of vectors in factor form.

use super::{BLOCK, SampleError};
use crate::linalg::{Matrix, Real};
use crate::model::{Factor, LatentModel};
use crate::random::{Generator, fill_standard_normal};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;

/// Draws several vectors of one model jointly: x_i = common_i·w + own_i·v_i with w, v_i standard normal, where w is
/// shared by all vectors of a sample and v_i belongs to one vector.
///
/// Independent noise is scaled entry by entry; only correlated noise costs a matrix product. Nothing is allocated after
/// [`Sampler::new`].
///
/// # Examples
/// ```
/// use alignloss::model::{Format, LatentModel};
/// use alignloss::random::Stream;
/// use alignloss::sample::Sampler;
/// let model = LatentModel::parse("[family]\nkind = \"random\"\nseed = 5\n", Format::Toml)?;
/// let mut sampler = Sampler::<f32>::of_model(&model)?;
/// let mut generator = Stream { seed: 1, experiment: "example", cell: 0, replicate: 0 }.generator();
/// let mut vectors = sampler.buffers(1000);
/// sampler.draw_into(&mut generator, &mut vectors)?;
/// assert_eq!(vectors[0].shape(), (model.channels()[0], 1000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sampler<T: Real> {
    vectors: Vec<Vector<T>>,
    /// w of one block, q × BLOCK.
    common: DMatrix<T>,
    /// v of one block if the noise has a root, (greatest rank) × BLOCK.
    own: DMatrix<T>,
}

/// One vector: n rows.
#[derive(Debug, Clone)]
struct Vector<T: Real> {
    /// n × q.
    common: DMatrix<T>,
    own: Own<T>,
}

/// The noise of a vector.
#[derive(Debug, Clone)]
enum Own<T: Real> {
    Nothing,
    /// Independent entries: n standard deviations.
    Deviations(Vec<T>),
    /// n × rank.
    Root(DMatrix<T>),
}

impl<T: Real> Sampler<T> {
    /// A sampler of vectors over the same common factors.
    ///
    /// # Errors
    /// [`SampleError::Size`] if the factors differ in the length of w, or the two parts of one in their rows.
    pub fn new(factors: &[Factor]) -> Result<Self, SampleError> {
        let latents = factors.first().map_or(0, |factor| factor.common.ncols());
        for (index, factor) in factors.iter().enumerate() {
            SampleError::require_size(format!("common columns of vector {index}"), factor.common.ncols(), latents)?;
            SampleError::require_size(
                format!("own rows of vector {index}"),
                factor.own.nrows(),
                factor.common.nrows(),
            )?;
        }
        let vectors: Vec<_> = factors
            .iter()
            .map(|factor| Vector { common: factor.common.map(Real::from_f64), own: Own::new(&factor.own) })
            .collect();
        let rank = vectors.iter().map(|vector| if let Own::Root(root) = &vector.own { root.ncols() } else { 0 }).max();
        Ok(Self { vectors, common: DMatrix::zeros(latents, BLOCK), own: DMatrix::zeros(rank.unwrap_or(0), BLOCK) })
    }

    /// A sampler of all modalities of a model and, after them, all its targets.
    ///
    /// # Errors
    /// Not expected for a validated model; as [`Sampler::new`].
    pub fn of_model(model: &LatentModel) -> Result<Self, SampleError> {
        let observed = (0..model.modalities().len()).map(|m| model.observed(m));
        let targets = (0..model.targets().len()).map(|t| model.target(t));
        Self::new(&observed.chain(targets).collect::<Vec<_>>())
    }

    /// Matrices of the right shapes for `samples` draws, in the order of the vectors.
    pub fn buffers(&self, samples: usize) -> Vec<DMatrix<T>> {
        self.vectors.iter().map(|vector| DMatrix::zeros(vector.common.nrows(), samples)).collect()
    }

    /// Fills one matrix per vector, n × samples, with joint draws: column j of all of them is one sample.
    ///
    /// Draws are made in blocks of [`BLOCK`] samples: for each block w, then the noise of each vector in turn. The
    /// generator's state and the number of samples thus determine the draws; a total split at multiples of [`BLOCK`]
    /// gives the same draws as the whole, while other splits give different draws of the same law. The standard normals
    /// are the same on every machine; sums of their products may differ in the last digits between processors.
    ///
    /// # Errors
    /// [`SampleError::Size`] if the matrices do not fit.
    pub fn draw_into(&mut self, generator: &mut Generator, vectors: &mut [DMatrix<T>]) -> Result<(), SampleError> {
        SampleError::require_size("matrices to fill", vectors.len(), self.vectors.len())?;
        let samples = vectors.first().map_or(0, DMatrix::ncols);
        for (index, (filled, vector)) in vectors.iter().zip(&self.vectors).enumerate() {
            SampleError::require_size(format!("rows of matrix {index}"), filled.nrows(), vector.common.nrows())?;
            SampleError::require_size(format!("columns of matrix {index}"), filled.ncols(), samples)?;
        }
        for start in (0..samples).step_by(BLOCK) {
            let count = BLOCK.min(samples - start);
            let w = leading_columns(&mut self.common, count);
            fill_standard_normal(generator, w);
            for (filled, vector) in vectors.iter_mut().zip(&self.vectors) {
                let n = vector.common.nrows();
                let x = &mut filled.as_mut_slice()[n * start..n * (start + count)];
                let accumulate = match &vector.own {
                    Own::Nothing => Accum::Replace,
                    Own::Deviations(deviations) => {
                        fill_standard_normal(generator, x);
                        for sample in x.chunks_exact_mut(n) {
                            for (value, &deviation) in sample.iter_mut().zip(deviations) {
                                *value *= deviation;
                            }
                        }
                        Accum::Add
                    }
                    Own::Root(root) => {
                        let v = &mut self.own.as_mut_slice()[..root.ncols() * count];
                        fill_standard_normal(generator, v);
                        multiply(x, Accum::Replace, root, v, count);
                        Accum::Add
                    }
                };
                multiply(x, accumulate, &vector.common, w, count);
            }
        }
        Ok(())
    }
}

impl<T: Real> Own<T> {
    /// A root whose rows and columns have at most one entry each represents independent noise: the order of its columns
    /// does not affect the law.
    fn new(root: &Matrix) -> Self {
        let entries = |values: &mut dyn Iterator<Item = &f64>| values.filter(|&&value| value != 0.0).count();
        if root.amax() == 0.0 {
            Self::Nothing
        } else if root.column_iter().all(|column| entries(&mut column.iter()) <= 1)
            && root.row_iter().all(|row| entries(&mut row.iter()) <= 1)
        {
            Self::Deviations(root.row_iter().map(|row| Real::from_f64(row.sum())).collect())
        } else {
            Self::Root(root.map(Real::from_f64))
        }
    }
}

/// The first columns of a matrix, as one slice.
fn leading_columns<T: Real>(matrix: &mut DMatrix<T>, count: usize) -> &mut [T] {
    let rows = matrix.nrows();
    &mut matrix.as_mut_slice()[..rows * count]
}

/// x = a·b, or x += a·b, for `count` columns of x and b.
fn multiply<T: Real>(x: &mut [T], accumulate: Accum, a: &DMatrix<T>, b: &[T], count: usize) {
    let (rows, inner) = a.shape();
    matmul(
        MatMut::from_column_major_slice_mut(x, rows, count),
        accumulate,
        MatRef::from_column_major_slice(a.as_slice(), rows, inner),
        MatRef::from_column_major_slice(b, inner, count),
        Real::from_f64(1.0),
        Par::Seq,
    );
}
