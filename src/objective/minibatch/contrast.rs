//! Cross-entropy of every sample against the batch, and its gradient, from features whose products are the logits.
//!
//! Logits are s_ij = u_i·v_j. One exponential per logit serves both directions: rows are normalised by their sums and
//! columns by theirs, so the gradient's weights are e^{s_ij}·(1/r_i + 1/c_j). No logit is shifted: the kernel runs only
//! if a bound on |s_ij| proves that neither the powers nor their sums leave the range; otherwise `extreme` takes over.
//!
//! Rows are cut into tiles that stay in the cache, and tiles into a fixed number of groups, each with its own sums, so
//! results do not depend on the number of threads.

use super::kernel::{Factor, accumulate};
use super::lanes::Precision;
use crate::linalg::Real;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use std::f64::consts::LOG2_E;

/// Rows of a tile: a multiple of three registers of any instruction set, such that a block of weights fits in the first-level cache.
const TILE: usize = 48;

/// Columns of a block of weights.
const BLOCK: usize = 48;

/// Largest number of groups of tiles, hence of threads that take part.
const GROUPS: usize = 8;

/// Batches below this size are not worth a second thread.
const PARALLEL_FROM: usize = 96;

/// Which directions of the cross-entropy count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Anchors are the samples of modality 1, their negatives those of modality 2.
    FirstToSecond,
    /// The mean of both directions.
    #[default]
    Symmetric,
}

/// Features of a batch: lead × B, column-major, rows from `depth` to `lead` zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Features<'a, T> {
    /// u, of modality 1.
    pub(super) anchors: &'a [T],
    /// v, of modality 2.
    pub(super) candidates: &'a [T],
    /// Rows in memory, a multiple of a register's length.
    pub(super) lead: usize,
    /// Rows that are not zero.
    pub(super) depth: usize,
    /// B.
    pub(super) batch: usize,
}

/// The workspace of one shape of batch.
#[derive(Debug)]
pub(super) struct Contrast<T> {
    shape: (usize, usize, usize, Direction),
    groups: Vec<Group<T>>,
    column_scales: Vec<T>,
    /// Whether the exponential is taken: `false` only in the benchmark that measures its cost.
    pub(super) exponential: bool,
}

/// Consecutive tiles, which one thread handles in order.
#[derive(Debug)]
struct Group<T> {
    first_row: usize,
    rows: usize,
    /// A tile's anchors, TILE × depth, scaled to base 2.
    packed: Vec<T>,
    /// TILE × B for each tile that is kept.
    powers: Vec<T>,
    row_sums: Vec<T>,
    row_scales: Vec<T>,
    column_sums: Vec<T>,
    anchor_gradient: Vec<T>,
    candidate_gradient: Vec<T>,
    weights: Vec<T>,
}

impl<T: Precision> Contrast<T> {
    pub(super) fn new() -> Self {
        Self { shape: (0, 0, 0, Direction::Symmetric), groups: vec![], column_scales: vec![], exponential: true }
    }

    /// −mean s_ii + mean log((1/B)·Σ_j e^{s_ij}), or the mean of this and of its mirror image, and the gradients in both features.
    ///
    /// Only where |s_ij|·log2(e) ≤ [`Precision::SAFE_EXPONENT`] for all pairs.
    pub(super) fn evaluate(
        &mut self,
        features: Features<'_, T>,
        direction: Direction,
        anchor_gradient: &mut [T],
        candidate_gradient: &mut [T],
    ) -> f64 {
        self.reserve(features, direction);
        let Features { lead, batch, .. } = features;
        let (arch, exponential) = (Arch::new(), self.exponential);
        let directions = if direction == Direction::Symmetric { 2.0 } else { 1.0 };
        let share = 1.0 / (batch as f64 * directions);
        let mut loss = 0.0;
        if direction == Direction::Symmetric {
            for_each(&mut self.groups, batch, |group| {
                group.reset();
                for tile in 0..group.tiles() {
                    group.pack(tile, features);
                    let mask = group.mask(tile);
                    arch.dispatch(Powers { group, features, tile, slot: tile, exponential, mask });
                }
            });
            for (j, scale) in self.column_scales.iter_mut().enumerate() {
                let sum = self.groups.iter().fold(T::zero(), |sum, group| sum + group.column_sums[j]);
                loss += Real::to_f64(sum).ln() * share;
                *scale = T::nearest(share) / sum;
            }
        }
        let column_scales = &self.column_scales;
        for_each(&mut self.groups, batch, |group| {
            if direction == Direction::FirstToSecond {
                group.reset();
            }
            for tile in 0..group.tiles() {
                let mut slot = tile;
                if direction == Direction::FirstToSecond {
                    slot = 0;
                    group.pack(tile, features);
                    let mask = group.mask(tile);
                    arch.dispatch(Powers { group, features, tile, slot, exponential, mask });
                }
                for i in tile * TILE..((tile + 1) * TILE).min(group.rows) {
                    group.row_scales[i] = T::nearest(share) / group.row_sums[i];
                }
                arch.dispatch(Gradient { group, features, tile, slot, column_scales });
            }
        });
        for group in &self.groups {
            loss += group.row_sums[..group.rows].iter().map(|&sum| Real::to_f64(sum).ln()).sum::<f64>() * share;
        }
        let groups = &self.groups;
        let positive = T::nearest(1.0 / batch as f64);
        anchor_gradient
            .iter_mut()
            .zip(groups.iter().flat_map(|group| &group.anchor_gradient))
            .zip(features.candidates)
            .for_each(|((gradient, &total), &v)| *gradient = total - positive * v);
        candidate_gradient.iter_mut().zip(features.anchors).for_each(|(gradient, &u)| *gradient = -positive * u);
        for group in groups {
            candidate_gradient.iter_mut().zip(&group.candidate_gradient).for_each(|(total, &part)| *total += part);
        }
        let agreement: f64 = features
            .anchors
            .chunks_exact(lead)
            .zip(features.candidates.chunks_exact(lead))
            .map(|(u, v)| Real::to_f64(dot(u, v)))
            .sum();
        loss - agreement / batch as f64 - (batch as f64).ln()
    }

    fn reserve(&mut self, features: Features<'_, T>, direction: Direction) {
        let Features { lead, depth, batch, .. } = features;
        let shape = (lead, depth, batch, direction);
        if self.shape == shape {
            return;
        }
        let tiles = batch.div_ceil(TILE);
        let groups = tiles.min(GROUPS);
        let zeros = |length| vec![T::zero(); length];
        self.groups = (0..groups)
            .map(|g| {
                let (from, to) = (g * tiles / groups, (g + 1) * tiles / groups);
                let kept = if direction == Direction::Symmetric { to - from } else { 1 };
                let rows = (to * TILE).min(batch) - from * TILE;
                Group {
                    first_row: from * TILE,
                    rows,
                    packed: zeros(TILE * depth),
                    powers: zeros(kept * TILE * batch),
                    row_sums: zeros((to - from) * TILE),
                    row_scales: zeros((to - from) * TILE),
                    column_sums: zeros(batch),
                    anchor_gradient: zeros(lead * rows),
                    candidate_gradient: zeros(lead * batch),
                    weights: zeros(TILE * BLOCK),
                }
            })
            .collect();
        self.column_scales = zeros(batch);
        self.shape = shape;
    }
}

/// Runs a task on every item, on several threads where that pays.
pub(super) fn for_each<I: Send>(items: &mut [I], batch: usize, task: impl Fn(&mut I) + Sync + Send) {
    if batch >= PARALLEL_FROM && rayon::current_num_threads() > 1 {
        items.par_iter_mut().with_max_len(1).for_each(task);
    } else {
        items.iter_mut().for_each(task);
    }
}

/// a·b, of columns whose length is a multiple of four.
pub(super) fn dot<T: Precision>(a: &[T], b: &[T]) -> T {
    let mut sums = [T::zero(); 4];
    for (a, b) in a.chunks_exact(4).zip(b.chunks_exact(4)) {
        for k in 0..4 {
            sums[k] += a[k] * b[k];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

impl<T: Precision> Group<T> {
    fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE)
    }

    fn reset(&mut self) {
        self.row_sums.fill(T::zero());
        self.column_sums.fill(T::zero());
        self.anchor_gradient.fill(T::zero());
        self.candidate_gradient.fill(T::zero());
    }

    /// One for a tile's rows of the batch, zero beyond.
    fn mask(&self, tile: usize) -> [T; TILE] {
        std::array::from_fn(|i| if tile * TILE + i < self.rows { T::one() } else { T::zero() })
    }

    /// A tile's anchors, transposed and scaled to base 2; rows beyond the batch are zero.
    fn pack(&mut self, tile: usize, features: Features<'_, T>) {
        let Features { anchors, lead, depth, .. } = features;
        let scale = T::nearest(LOG2_E);
        let first = tile * TILE;
        let valid = (self.rows - first).min(TILE);
        for k in 0..depth {
            let packed = &mut self.packed[k * TILE..][..TILE];
            for (i, value) in packed[..valid].iter_mut().enumerate() {
                *value = scale * anchors[(self.first_row + first + i) * lead + k];
            }
            packed[valid..].fill(T::zero());
        }
    }
}

/// The powers of a tile, its rows' sums, and its share of the columns' sums.
struct Powers<'a, T> {
    group: &'a mut Group<T>,
    features: Features<'a, T>,
    tile: usize,
    slot: usize,
    exponential: bool,
    /// One for rows of the batch, zero beyond.
    mask: [T; TILE],
}

impl<T: Precision> WithSimd for Powers<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.exponential { self.run::<S, true>(simd) } else { self.run::<S, false>(simd) }
    }
}

/// Columns and registers of rows that one pass of the kernel of [`Powers`] holds: with the anchors' registers and one broadcast
/// they fit in the sixteen registers of AVX2.
const COLUMNS: usize = 6;
const REGISTERS: usize = 2;

impl<T: Precision> Powers<'_, T> {
    #[inline(always)]
    fn run<S: Simd, const EXPONENTIAL: bool>(mut self, simd: S) {
        let batch = self.features.batch;
        let mut column = 0;
        while column + COLUMNS <= batch {
            self.columns::<S, COLUMNS, EXPONENTIAL>(simd, column);
            column += COLUMNS;
        }
        while column + 2 <= batch {
            self.columns::<S, 2, EXPONENTIAL>(simd, column);
            column += 2;
        }
        if column < batch {
            self.columns::<S, 1, EXPONENTIAL>(simd, column);
        }
    }

    /// The powers of C columns.
    #[inline(always)]
    fn columns<S: Simd, const C: usize, const EXPONENTIAL: bool>(&mut self, simd: S, column: usize) {
        let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
        let registers = (self.group.rows - self.tile * TILE).min(TILE).div_ceil(lanes);
        let mut totals = [T::broadcast(simd, T::zero()); C];
        let mut row = 0;
        while row + REGISTERS <= registers {
            self.block::<S, REGISTERS, C, EXPONENTIAL>(simd, row, column, &mut totals);
            row += REGISTERS;
        }
        if row < registers {
            self.block::<S, 1, C, EXPONENTIAL>(simd, row, column, &mut totals);
        }
        for (sum, total) in self.group.column_sums[column..].iter_mut().zip(totals) {
            *sum += T::total(simd, total);
        }
    }

    /// The powers of R registers of rows in C columns.
    #[inline(always)]
    fn block<S: Simd, const R: usize, const C: usize, const EXPONENTIAL: bool>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        totals: &mut [T::Vector<S>; C],
    ) {
        let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
        let registers = TILE / lanes;
        let Features { candidates, lead, depth, batch, .. } = self.features;
        let group = &mut *self.group;
        let candidates: [&[T]; C] = std::array::from_fn(|c| &candidates[(column + c) * lead..][..depth]);
        let packed = T::vectors::<S>(&group.packed);
        let mut logits = [[T::broadcast(simd, T::zero()); R]; C];
        for (k, packed) in packed[row..].chunks(registers).take(depth).enumerate() {
            let packed = &packed[..R];
            for c in 0..C {
                let value = T::broadcast(simd, candidates[c][k]);
                for r in 0..R {
                    logits[c][r] = T::times_plus(simd, packed[r], value, logits[c][r]);
                }
            }
        }
        let powers = &mut group.powers[(self.slot * batch + column) * TILE..][..C * TILE];
        let powers = T::vectors_mut::<S>(powers);
        let row_sums = &mut T::vectors_mut::<S>(&mut group.row_sums[self.tile * TILE..][..TILE])[row..][..R];
        // Rows beyond the batch have logit 0; their powers must not enter the columns' sums.
        let valid = group.rows - self.tile * TILE;
        let mask = ((row + R) * lanes > valid).then_some(&self.mask);
        for c in 0..C {
            for r in 0..R {
                let mut power = if EXPONENTIAL { T::power_of_two(simd, logits[c][r]) } else { logits[c][r] };
                if let Some(mask) = mask {
                    power = T::times(simd, power, T::vectors::<S>(mask)[row + r]);
                }
                row_sums[r] = T::plus(simd, row_sums[r], power);
                totals[c] = T::plus(simd, totals[c], power);
                powers[c * registers + row + r] = power;
            }
        }
    }
}

/// A tile's gradient: its rows of the anchors', its share of the candidates'.
struct Gradient<'a, T> {
    group: &'a mut Group<T>,
    features: Features<'a, T>,
    tile: usize,
    slot: usize,
    column_scales: &'a [T],
}

impl<T: Precision> WithSimd for Gradient<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Features { anchors, candidates, lead, batch, .. } = self.features;
        let group = self.group;
        let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
        let registers = TILE / lanes;
        let first = self.tile * TILE;
        let valid = (group.rows - first).min(TILE);
        let anchors = &anchors[(group.first_row + first) * lead..][..valid * lead];
        let anchor_gradient = &mut group.anchor_gradient[first * lead..][..valid * lead];
        let powers = T::vectors::<S>(&group.powers[self.slot * TILE * batch..][..TILE * batch]);
        let row_scales = T::vectors::<S>(&group.row_scales[first..][..TILE]);
        for start in (0..batch).step_by(BLOCK) {
            let width = BLOCK.min(batch - start);
            let weights = T::vectors_mut::<S>(&mut group.weights);
            for ((weights, powers), &scale) in weights
                .chunks_exact_mut(registers)
                .zip(powers[start * registers..].chunks_exact(registers))
                .zip(&self.column_scales[start..][..width])
            {
                let scale = T::broadcast(simd, scale);
                for ((weight, &power), &row_scale) in weights.iter_mut().zip(powers).zip(row_scales) {
                    *weight = T::times(simd, power, T::plus(simd, row_scale, scale));
                }
            }
            let rows = Factor::Rows(&group.weights, TILE);
            accumulate(simd, anchor_gradient, &candidates[start * lead..][..width * lead], lead, rows, width, valid);
            let columns = Factor::Columns(&group.weights, TILE);
            let gradient = &mut group.candidate_gradient[start * lead..][..width * lead];
            accumulate(simd, gradient, anchors, lead, columns, valid, width);
        }
    }
}
