//! The one matrix product of the minibatch losses: a thin panel times a wide matrix.
//!
//! Every product of a training step has a factor with d rows. One register kernel does them all: it keeps twelve
//! registers of the result, runs down the inner dimension, and broadcasts the other factor.

use super::lanes::Precision;
use pulp::Simd;

/// The broadcast factor of a product.
#[derive(Clone, Copy)]
pub(super) enum Factor<'a, T> {
    /// `rows[k·stride + c]`: neighbours in memory belong to different columns of the result.
    Rows(&'a [T], usize),
    /// `columns[c·stride + k]`: neighbours in memory follow the inner dimension.
    Columns(&'a [T], usize),
}

/// out += panel·factor.
///
/// # Shapes
/// `out`: lead × columns, `panel`: lead × depth, both column-major; `lead` is a multiple of a register's length.
#[inline(always)]
pub(super) fn accumulate<T: Precision, S: Simd>(
    simd: S,
    out: &mut [T],
    panel: &[T],
    lead: usize,
    factor: Factor<'_, T>,
    depth: usize,
    columns: usize,
) {
    let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
    let registers = lead / lanes;
    let out = T::vectors_mut::<S>(out);
    let panel = T::vectors::<S>(panel);
    for row in (0..registers).step_by(2) {
        if row + 1 < registers {
            rows::<T, S, 2, 6>(simd, out, panel, registers, row, factor, depth, columns);
        } else {
            rows::<T, S, 1, 12>(simd, out, panel, registers, row, factor, depth, columns);
        }
    }
}

/// R registers of rows, all columns.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a kernel's operands")]
fn rows<T: Precision, S: Simd, const R: usize, const C: usize>(
    simd: S,
    out: &mut [T::Vector<S>],
    panel: &[T::Vector<S>],
    registers: usize,
    row: usize,
    factor: Factor<'_, T>,
    depth: usize,
    columns: usize,
) {
    let mut column = 0;
    while column + C <= columns {
        block::<T, S, R, C>(simd, out, panel, registers, row, factor, depth, column);
        column += C;
    }
    while column + 2 <= columns {
        block::<T, S, R, 2>(simd, out, panel, registers, row, factor, depth, column);
        column += 2;
    }
    if column < columns {
        block::<T, S, R, 1>(simd, out, panel, registers, row, factor, depth, column);
    }
}

/// R registers of rows, C columns.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "a kernel's operands")]
fn block<T: Precision, S: Simd, const R: usize, const C: usize>(
    simd: S,
    out: &mut [T::Vector<S>],
    panel: &[T::Vector<S>],
    registers: usize,
    row: usize,
    factor: Factor<'_, T>,
    depth: usize,
    column: usize,
) {
    let zero = T::broadcast(simd, T::zero());
    let mut sums = [[zero; R]; C];
    let panel = panel[row..].chunks(registers).take(depth);
    match factor {
        Factor::Rows(values, stride) => {
            for (panel, values) in panel.zip(values[column..].chunks(stride)) {
                let (panel, values) = (&panel[..R], &values[..C]);
                for c in 0..C {
                    let value = T::broadcast(simd, values[c]);
                    for r in 0..R {
                        sums[c][r] = T::times_plus(simd, panel[r], value, sums[c][r]);
                    }
                }
            }
        }
        Factor::Columns(values, stride) => {
            let values: [&[T]; C] = std::array::from_fn(|c| &values[(column + c) * stride..][..depth]);
            for (k, panel) in panel.enumerate() {
                let panel = &panel[..R];
                for c in 0..C {
                    let value = T::broadcast(simd, values[c][k]);
                    for r in 0..R {
                        sums[c][r] = T::times_plus(simd, panel[r], value, sums[c][r]);
                    }
                }
            }
        }
    }
    for (c, sums) in sums.iter().enumerate() {
        let out = &mut out[(column + c) * registers + row..][..R];
        for r in 0..R {
            out[r] = T::plus(simd, out[r], sums[r]);
        }
    }
}
