//! `alignment-fidelity` and `decoupled` on a batch: alignment that also reconstructs the sensors.

use super::lanes::Precision;
use super::pairs::{apply, inner, outer};
use super::towers::Towers;
use super::{MinibatchError, MinibatchLoss, Parameters, finish};
use crate::linalg::Real;
use faer::Accum;
use nalgebra::DMatrix;

/// A remedy's loss: some rows are aligned, some reconstruct the sensors, and all are whitened.
///
/// Both remedies weigh their whitening penalty by μ, in units of the largest gain g of a direction: along it the
/// encoder's amplitude is α² = 1 + 2g/μ at the optimum, worth g + g²/μ, where a hard constraint would give g. The
/// optimum is thus that of the population objective as μ/g → ∞, and differs from it by the order of g/μ.
#[derive(Debug)]
pub struct Remedy<T> {
    /// Number of aligned rows; all of them if there is no limit.
    common: Option<usize>,
    /// Whether the aligned rows also reconstruct the sensor.
    rebuilds: bool,
    /// Weight of tr C_12 over the aligned rows.
    alignment: f64,
    /// Weight of the explained variance.
    fidelity: f64,
    /// μ for the aligned rows, and for the others.
    penalties: [f64; 2],
    /// The largest gain of a direction.
    gain: f64,
    towers: Towers<T>,
    /// C_mm.
    moment: Vec<T>,
    /// C_{z_m x_m}.
    seen: Vec<T>,
}

impl<T: Precision> Remedy<T> {
    /// `alignment-fidelity` (docs/theory.md §5): −2(1−λ)·tr C_12 − λ·Σ_m ‖C_{z_m x_m}‖²_F + (μ/4)·Σ_m ‖C_mm − I‖²_F.
    /// The second term is, up to a constant, the error of reconstructing x_m from a whitened z_m by its best linear decoder.
    ///
    /// Weight λ of fidelity in [0, 1]; s, the largest variance of a sensor along any direction; μ in units of the largest gain,
    /// 2(1−λ) + λ·s.
    pub fn alignment_fidelity(lambda: f64, largest_variance: f64, penalty_in_gains: f64) -> Self {
        let alignment = 2.0 * (1.0 - lambda);
        let gain = alignment + lambda * largest_variance;
        let remedy = Self::new(None, true, [alignment, lambda], [penalty_in_gains * gain; 2]);
        Self { gain, ..remedy }
    }

    /// `decoupled` (docs/theory.md §5), z_m = (c_m, u_m) with c_m the first d_c rows: −tr C_{c_1 c_2} + (1/4)·Σ_m ‖C_{c_m c_m} − I‖²_F for the
    /// common blocks, then −(1/s)·‖C_{u_m x_m}‖²_F + (μ/4)·(‖C_{u_m u_m} − I‖²_F + 2·‖C_{u_m c_m}‖²_F) for the unique ones.
    ///
    /// The two are minimised one after the other: the slope of the second loss does not reach the common blocks, so
    /// their optimum is exactly that of `cca`; for μ → ∞ the unique blocks then explain as much as possible of what is
    /// uncorrelated with them.
    ///
    /// d_c aligned rows (all with `None`); s, the largest variance of a sensor along any direction; μ in units of the largest
    /// gain, here 1.
    pub fn decoupled(common_dim: Option<usize>, largest_variance: f64, penalty_in_gains: f64) -> Self {
        Self::new(common_dim, false, [1.0, largest_variance.recip()], [1.0, penalty_in_gains])
    }

    fn new(common: Option<usize>, rebuilds: bool, [alignment, fidelity]: [f64; 2], penalties: [f64; 2]) -> Self {
        let towers = Towers::new();
        Self { common, rebuilds, alignment, fidelity, penalties, gain: 1.0, towers, moment: vec![], seen: vec![] }
    }

    /// The alignment of the first `common` rows; starts the slopes.
    fn align(&mut self, common: usize) -> f64 {
        let Towers { lead, encoded: [first, second], gradient, batch, .. } = &mut self.towers;
        let scale = -self.alignment / *batch as f64;
        let mut sum = 0.0;
        for (out, other) in gradient.iter_mut().zip([&*second, &*first]) {
            out.fill(T::zero());
            for (out, z) in out.chunks_exact_mut(*lead).zip(other.chunks_exact(*lead)) {
                out[..common].iter_mut().zip(z).for_each(|(out, &z)| *out = T::nearest(scale) * z);
            }
        }
        for (a, b) in first.chunks_exact(*lead).zip(second.chunks_exact(*lead)) {
            sum += inner(&a[..common], &b[..common]);
        }
        scale * sum
    }

    /// The whitening penalties of encoder m, without the bias of a plug-in estimate (see
    /// [`super::CanonicalCorrelation`]).
    fn whiten(&mut self, m: usize, common: usize) -> f64 {
        let Towers { lead, dim, encoded, gradient, batch, .. } = &mut self.towers;
        let (lead, dim, samples) = (*lead, *dim, *batch as f64);
        let (z, out) = (&encoded[m], &mut gradient[m]);
        self.moment.resize(lead * lead, T::zero());
        outer(&mut self.moment, z, z, [lead; 2], samples.recip());
        // Rows of C·z: the aligned ones see only the aligned columns.
        let mut loss = 0.0;
        for (column, moment) in self.moment.chunks_exact_mut(lead).enumerate().take(dim) {
            for (row, value) in moment.iter_mut().enumerate().take(dim) {
                let penalty = self.penalties[usize::from(row.max(column) >= common)];
                let entry = Real::to_f64(*value);
                let unit = f64::from(u8::from(row == column));
                loss += 0.25 * penalty * (samples / (samples - 1.0) * entry * entry - (2.0 * entry - 1.0) * unit);
                let seen = row >= common || column < common;
                *value = if seen { T::nearest(penalty) * *value } else { T::zero() };
            }
        }
        apply(out, &self.moment, z, [lead; 2], (samples - 1.0).recip(), Accum::Add);
        let pairs = samples * (samples - 1.0);
        for (out, z) in out.chunks_exact_mut(lead).zip(z.chunks_exact(lead)) {
            let [aligned, all] = [common, dim].map(|rows| inner(&z[..rows], &z[..rows]));
            loss -= 0.25
                * (self.penalties[0] * aligned * aligned + self.penalties[1] * (all * all - aligned * aligned))
                / pairs;
            for (row, (out, &z)) in out.iter_mut().zip(z).enumerate().take(dim) {
                let block = usize::from(row >= common);
                let own = self.penalties[block] * ([aligned, all][block] / pairs + samples.recip());
                *out -= T::nearest(own) * z;
            }
        }
        loss
    }

    /// Minus the variance of x_m explained by the given rows, ‖C_zx‖² = E (z·z′)(x·x′) over pairs of different samples.
    fn rebuild(&mut self, m: usize, x: &DMatrix<T>, rows: std::ops::Range<usize>) -> f64 {
        let Towers { lead, encoded, gradient, batch, .. } = &mut self.towers;
        let (lead, samples, channels) = (*lead, *batch as f64, x.nrows());
        let (z, out) = (&encoded[m], &mut gradient[m]);
        self.seen.resize(lead * channels, T::zero());
        outer(&mut self.seen, z, x.as_slice(), [lead, channels], samples.recip());
        for column in self.seen.chunks_exact_mut(lead) {
            column[..rows.start].fill(T::zero());
        }
        let scale = 2.0 * self.fidelity / (samples - 1.0);
        apply(out, &self.seen, x.as_slice(), [lead, channels], -scale, Accum::Add);
        let mut same = 0.0;
        for ((out, z), x) in
            out.chunks_exact_mut(lead).zip(z.chunks_exact(lead)).zip(x.as_slice().chunks_exact(channels))
        {
            let length = inner(x, x);
            same += length * inner(&z[rows.clone()], &z[rows.clone()]);
            let own = T::nearest(scale * length / samples);
            out[rows.clone()].iter_mut().zip(&z[rows.clone()]).for_each(|(out, &z)| *out += own * z);
        }
        let explained = samples * samples * inner(&self.seen, &self.seen) - same;
        -self.fidelity * explained / (samples * (samples - 1.0))
    }
}

impl<T: Precision> MinibatchLoss<T> for Remedy<T> {
    fn slope_units(&self, _: [f64; 2]) -> [f64; 2] {
        [self.gain; 2]
    }

    fn evaluate(
        &mut self,
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError> {
        self.towers.forward(batch, &parameters.weights, 2)?;
        let dim = self.towers.dim;
        let common = self.common.map_or(dim, |common| common.min(dim));
        let mut loss = self.align(common);
        for (m, x) in batch.into_iter().enumerate() {
            loss += self.whiten(m, common);
            let rebuilt = if self.rebuilds { 0..dim } else { common..dim };
            if self.fidelity > 0.0 && !rebuilt.is_empty() {
                loss += self.rebuild(m, x, rebuilt);
            }
        }
        self.towers.backward(batch, gradient);
        finish(loss, gradient)
    }
}
