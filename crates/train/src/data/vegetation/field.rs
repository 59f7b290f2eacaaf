//! Smooth random fields over a patch.

use alignloss::random::{Generator, fill_standard_normal};
use statrs::function::erf::erfc;
use std::f64::consts::FRAC_1_SQRT_2;

/// Reach of the smoothing kernel in standard deviations: beyond it lies less than 0.3% of its mass.
const REACH: f64 = 3.0;

/// A field with uniform marginals: Φ of √(1−w)·common + √w·(white noise smoothed by a Gaussian kernel, of variance 1).
#[derive(Debug, Clone)]
pub(super) struct Field {
    side: usize,
    /// Weights of the separable kernel, Σ weight² = 1.
    kernel: Vec<f64>,
    common: f64,
    within: f64,
}

impl Field {
    /// `length` is the kernel's standard deviation in pixels, `within` = w.
    #[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
    pub(super) fn new(side: usize, length: f64, within: f64) -> Self {
        let within = if side == 1 { 0.0 } else { within };
        let reach = (REACH * length).ceil() as i32;
        let mut kernel: Vec<f64> = (-reach..=reach)
            .map(|step| if length > 0.0 { (-0.5 * (f64::from(step) / length).powi(2)).exp() } else { 1.0 })
            .collect();
        let norm = kernel.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        for weight in &mut kernel {
            *weight /= norm;
        }
        Self { side, kernel, common: (1.0 - within).sqrt(), within: within.sqrt() }
    }

    /// Values in (0, 1), side × side, row by row.
    pub(super) fn draw(&self, generator: &mut Generator) -> Vec<f64> {
        let mut common = [0.0];
        fill_standard_normal(generator, &mut common);
        let pixels = self.side * self.side;
        let mut values = vec![self.common * common[0]; pixels];
        if self.within > 0.0 {
            let (reach, side) = (self.kernel.len(), self.side);
            let wide = side + reach - 1;
            let mut noise = vec![0.0; wide * wide];
            fill_standard_normal(generator, &mut noise);
            // Rows first, then columns.
            let mut smooth = vec![0.0; wide * side];
            for row in 0..wide {
                for column in 0..side {
                    let window = &noise[row * wide + column..row * wide + column + reach];
                    smooth[row * side + column] = window.iter().zip(&self.kernel).map(|(x, w)| x * w).sum();
                }
            }
            for row in 0..side {
                for column in 0..side {
                    let sum: f64 =
                        self.kernel.iter().enumerate().map(|(k, w)| w * smooth[(row + k) * side + column]).sum();
                    values[row * side + column] += self.within * sum;
                }
            }
        }
        values.into_iter().map(|value| 0.5 * erfc(-value * FRAC_1_SQRT_2)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alignloss::random::Stream;

    fn draws(field: &Field, count: usize) -> Vec<Vec<f64>> {
        let mut generator = Stream { seed: 2, experiment: "field test", cell: 0, replicate: 0 }.generator();
        (0..count).map(|_| field.draw(&mut generator)).collect()
    }

    #[test]
    fn margins_are_uniform_at_every_pixel() {
        let draws = draws(&Field::new(8, 2.0, 0.5), 4000);
        for pixel in [0, 27, 63] {
            let mut values: Vec<f64> = draws.iter().map(|field| field[pixel]).collect();
            values.sort_by(f64::total_cmp);
            let distance = |(i, &x): (usize, &f64)| (x - (i as f64 + 0.5) / 4000.0).abs();
            let statistic = values.iter().enumerate().map(distance).fold(0.0, f64::max);
            // Kolmogorov's test: exceeded once in 10⁶ seeds.
            assert!(statistic < 2.7 / 4000_f64.sqrt(), "{statistic}");
        }
    }

    #[test]
    fn neighbours_are_alike_and_distant_pixels_less() {
        let draws = draws(&Field::new(16, 1.5, 1.0), 2000);
        let correlation = |a: usize, b: usize| {
            let product = |field: &Vec<f64>| (field[a] - 0.5) * (field[b] - 0.5) * 12.0;
            draws.iter().map(product).sum::<f64>() / 2000.0
        };
        assert!(correlation(0, 1) > 0.8);
        assert!(correlation(0, 10).abs() < 0.12);
    }
}
