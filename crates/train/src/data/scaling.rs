//! Standardises the channels of a view to mean zero and variance one.

use super::Observations;

/// A channel whose standard deviation is below this fraction of its largest magnitude is constant up to the rounding of
/// single precision.
pub(crate) const CONSTANT: f64 = 1e-7;

/// Means and standard deviations of the channels of a view, over samples and pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// Mean and reciprocal standard deviation of each channel; constant channels keep their scale.
    channels: Vec<[f64; 2]>,
    /// Pixels per channel.
    pixels: usize,
}

impl Scaling {
    /// Computed from samples of a view.
    pub fn of(view: &Observations) -> Self {
        let channels = view.shape.first().copied().unwrap_or(1);
        let pixels = view.shape.iter().skip(1).product::<usize>().max(1);
        let count = (view.count() * pixels).max(1) as f64;
        let scale = |channel: usize| {
            let values = || {
                let samples = view.values.chunks_exact(channels * pixels);
                samples.flat_map(move |sample| &sample[channel * pixels..][..pixels]).map(|&value| f64::from(value))
            };
            let mean = values().sum::<f64>() / count;
            let deviation = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
            let largest = values().map(f64::abs).fold(0.0, f64::max);
            [mean, if deviation > CONSTANT * largest { deviation.recip() } else { 1.0 }]
        };
        Self { channels: (0..channels).map(scale).collect(), pixels }
    }

    /// (value − mean)/deviation for each channel of samples, one after the other.
    #[expect(clippy::cast_possible_truncation, reason = "encoders work in single precision")]
    pub fn apply(&self, values: &mut [f32]) {
        for sample in values.chunks_exact_mut((self.channels.len() * self.pixels).max(1)) {
            for (channel, [mean, inverse]) in sample.chunks_exact_mut(self.pixels).zip(&self.channels) {
                for value in channel {
                    *value = ((f64::from(*value) - mean) * inverse) as f32;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_get_mean_zero_and_variance_one_and_constant_ones_stay_flat() {
        // Two channels of two pixels; 0.1 is not exact, so that its deviation is rounding rather than zero.
        let values: Vec<f32> = (0_u8..30).flat_map(|i| [1e4 + f32::from(i), 1e4 - f32::from(i), 0.1, 0.1]).collect();
        let mut view = Observations { shape: vec![2, 1, 2], values };
        Scaling::of(&view).apply(&mut view.values);
        let channel = |channel: usize| {
            let own = view.values.chunks(4).flat_map(move |sample| &sample[2 * channel..][..2]);
            own.map(|&value| f64::from(value)).collect::<Vec<_>>()
        };
        let first = channel(0);
        let (mean, square) = (first.iter().sum::<f64>() / 60.0, first.iter().map(|x| x * x).sum::<f64>() / 60.0);
        assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6, "{mean} {square}");
        assert!(channel(1).iter().all(|value| value.abs() < 1e-6), "{:?}", channel(1));
    }
}
