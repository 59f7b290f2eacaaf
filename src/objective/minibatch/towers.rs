//! Both encoders on a batch: z_m = W_m·x_m, and the step back from ∂L/∂z_m to ∂L/∂W_m.

use super::contrast::for_each;
use super::kernel::{Factor, accumulate};
use super::lanes::Precision;
use super::{MinibatchError, Parameters};
use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};
use std::marker::PhantomData;

/// Largest number of parts of a batch. It depends on the batch alone, so sums over parts do not depend on the number of threads.
const PARTS: usize = 8;

/// Smallest part, in samples: below it the kernel's edges and the sum over parts cost more than a thread gains.
const PART: usize = 66;

/// Inner dimensions that one pass of the kernel runs down.
const DEPTH: usize = 128;

/// The workspace of both encoders.
#[derive(Debug)]
pub(super) struct Towers<T> {
    shape: [usize; 4],
    /// d.
    pub(super) dim: usize,
    /// d padded.
    pub(super) lead: usize,
    /// B.
    pub(super) batch: usize,
    /// z_m, lead × B, column-major; rows beyond d are zero.
    pub(super) encoded: [Vec<T>; 2],
    /// ∂L/∂z_m, which a loss writes before [`Towers::backward`].
    pub(super) gradient: [Vec<T>; 2],
    weights: [Vec<T>; 2],
    parts: [Vec<Part<T>>; 2],
}

/// One part of the batch in one encoder.
#[derive(Debug)]
struct Part<T> {
    first: usize,
    samples: usize,
    encoded: Vec<T>,
    gradient: Vec<T>,
}

impl<T: Precision> Towers<T> {
    pub(super) fn new() -> Self {
        Self {
            shape: [0; 4],
            dim: 0,
            lead: 0,
            batch: 0,
            encoded: [vec![], vec![]],
            gradient: [vec![], vec![]],
            weights: [vec![], vec![]],
            parts: [vec![], vec![]],
        }
    }

    /// z_m = W_m·x_m.
    ///
    /// # Errors
    /// [`MinibatchError::Shape`], [`MinibatchError::BatchTooSmall`].
    pub(super) fn forward(
        &mut self,
        batch: [&DMatrix<T>; 2],
        weights: &[DMatrix<T>; 2],
        least_batch: usize,
    ) -> Result<(), MinibatchError> {
        let samples = batch[0].ncols();
        let dim = weights[0].nrows();
        for m in 0..2 {
            let (expected, found) = ((dim, batch[m].nrows()), weights[m].shape());
            if expected != found || dim == 0 {
                return Err(MinibatchError::Shape { what: "encoder", modality: m + 1, expected, found });
            }
            let (expected, found) = ((batch[m].nrows(), samples), batch[m].shape());
            if expected != found {
                return Err(MinibatchError::Shape { what: "batch", modality: m + 1, expected, found });
            }
        }
        if samples < least_batch {
            return Err(MinibatchError::BatchTooSmall { samples, least: least_batch });
        }
        self.reserve(dim, samples, [batch[0].nrows(), batch[1].nrows()]);
        let (lead, arch) = (self.lead, Arch::new());
        for m in 0..2 {
            let (channels, x) = (batch[m].nrows(), batch[m].as_slice());
            for (padded, column) in self.weights[m].chunks_exact_mut(lead).zip(weights[m].as_slice().chunks_exact(dim))
            {
                padded[..dim].copy_from_slice(column);
            }
            let weights = &self.weights[m];
            for_each(&mut self.parts[m], samples, |part| {
                part.encoded.fill(T::zero());
                for from in (0..channels).step_by(DEPTH) {
                    let depth = DEPTH.min(channels - from);
                    arch.dispatch(Product {
                        out: &mut part.encoded,
                        panel: &weights[from * lead..],
                        lead,
                        factor: Factor::Columns(&x[part.first * channels + from..], channels),
                        depth,
                        columns: part.samples,
                    });
                }
            });
            for part in &self.parts[m] {
                self.encoded[m][part.first * lead..][..part.samples * lead].copy_from_slice(&part.encoded);
            }
        }
        Ok(())
    }

    /// Takes embeddings computed elsewhere, d × B.
    ///
    /// # Errors
    /// [`MinibatchError::Shape`], [`MinibatchError::BatchTooSmall`].
    pub(super) fn adopt(
        &mut self,
        embeddings: [&[T]; 2],
        dim: usize,
        least_batch: usize,
    ) -> Result<(), MinibatchError> {
        let samples = embeddings[0].len() / dim.max(1);
        for (m, embeddings) in embeddings.iter().enumerate() {
            if dim == 0 || embeddings.len() != dim * samples {
                let (expected, found) = ((dim, samples), (dim, embeddings.len() / dim.max(1)));
                return Err(MinibatchError::Shape { what: "embedding", modality: m + 1, expected, found });
            }
        }
        if samples < least_batch {
            return Err(MinibatchError::BatchTooSmall { samples, least: least_batch });
        }
        self.reserve(dim, samples, [0, 0]);
        let lead = self.lead;
        for (own, given) in self.encoded.iter_mut().zip(embeddings) {
            for (own, given) in own.chunks_exact_mut(lead).zip(given.chunks_exact(dim)) {
                own[..dim].copy_from_slice(given);
            }
        }
        Ok(())
    }

    /// ∂L/∂W_m = ∂L/∂z_m·x_mᵀ, written to the gradient.
    pub(super) fn backward(&mut self, batch: [&DMatrix<T>; 2], gradient: &mut Parameters<T>) {
        let (lead, arch, dim, samples) = (self.lead, Arch::new(), self.dim, self.batch);
        for (m, batch) in batch.into_iter().enumerate() {
            let (channels, x) = (batch.nrows(), batch.as_slice());
            let encoded = &self.gradient[m];
            for_each(&mut self.parts[m], samples, |part| {
                part.gradient.fill(T::zero());
                for from in (0..part.samples).step_by(DEPTH) {
                    let first = part.first + from;
                    arch.dispatch(Product {
                        out: &mut part.gradient,
                        panel: &encoded[first * lead..],
                        lead,
                        factor: Factor::Rows(&x[first * channels..], channels),
                        depth: DEPTH.min(part.samples - from),
                        columns: channels,
                    });
                }
            });
            let out = gradient.weights[m].as_mut_slice();
            out.fill(T::zero());
            for part in &self.parts[m] {
                for (out, part) in out.chunks_exact_mut(dim).zip(part.gradient.chunks_exact(lead)) {
                    out.iter_mut().zip(part).for_each(|(out, &part)| *out += part);
                }
            }
        }
    }

    fn reserve(&mut self, dim: usize, batch: usize, channels: [usize; 2]) {
        let shape = [dim, batch, channels[0], channels[1]];
        if self.shape == shape {
            return;
        }
        let lead = padded::<T>(dim);
        let zeros = |length| vec![T::zero(); length];
        // Whole blocks of the kernel, which handles six samples at a time.
        let samples = batch.div_ceil(PARTS).max(PART).next_multiple_of(6);
        *self = Self {
            shape,
            dim,
            lead,
            batch,
            encoded: [0, 1].map(|_| zeros(lead * batch)),
            gradient: [0, 1].map(|_| zeros(lead * batch)),
            weights: channels.map(|channels| zeros(lead * channels)),
            parts: channels.map(|channels| {
                (0..batch)
                    .step_by(samples)
                    .map(|first| {
                        let samples = samples.min(batch - first);
                        Part { first, samples, encoded: zeros(lead * samples), gradient: zeros(lead * channels) }
                    })
                    .collect()
            }),
        };
    }
}

/// The number of rows in memory for a number of rows: whole registers, and a multiple of four for plain loops.
pub(super) fn padded<T: Precision>(rows: usize) -> usize {
    rows.next_multiple_of(Arch::new().dispatch(RegisterLength(PhantomData::<T>)).max(4))
}

/// How many numbers a register holds on this machine.
struct RegisterLength<T>(PhantomData<T>);

impl<T: Precision> WithSimd for RegisterLength<T> {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        size_of::<T::Vector<S>>() / size_of::<T>()
    }
}

/// out += panel·factor, inside the dispatch.
struct Product<'a, T> {
    out: &'a mut [T],
    panel: &'a [T],
    lead: usize,
    factor: Factor<'a, T>,
    depth: usize,
    columns: usize,
}

impl<T: Precision> WithSimd for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { out, panel, lead, factor, depth, columns } = self;
        accumulate(simd, out, panel, lead, factor, depth, columns);
    }
}
