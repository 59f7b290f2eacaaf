//! `spectral` on a batch.

use super::lanes::Precision;
use super::pairs::{add_gradient, inner, mean_square, outer};
use super::towers::Towers;
use super::{MinibatchError, MinibatchLoss, Parameters, finish};
use nalgebra::DMatrix;

/// −2·mean z_1i·z_2i + mean over i ≠ j of (z_1i·z_2j)² (docs/theory.md §3, `spectral`): unbiased, in O(B·d²) through d × d moments.
#[derive(Debug)]
pub struct Spectral<T> {
    towers: Towers<T>,
    moments: [Vec<T>; 2],
}

impl<T: Precision> Default for Spectral<T> {
    fn default() -> Self {
        Self { towers: Towers::new(), moments: [vec![], vec![]] }
    }
}

impl<T: Precision> MinibatchLoss<T> for Spectral<T> {
    fn evaluate(
        &mut self,
        batch: [&DMatrix<T>; 2],
        parameters: &Parameters<T>,
        gradient: &mut Parameters<T>,
    ) -> Result<f64, MinibatchError> {
        self.towers.forward(batch, &parameters.weights, 2)?;
        let (lead, samples) = (self.towers.lead, self.towers.batch as f64);
        let [first, second] = &self.towers.encoded;
        for (moment, z) in self.moments.iter_mut().zip([first, second]) {
            moment.resize(lead * lead, T::zero());
            outer(moment, z, z, [lead; 2], samples.recip());
        }
        let [first_moment, second_moment] = &self.moments;
        let loss =
            -2.0 * inner(first, second) / samples + mean_square(first, second, [first_moment, second_moment], lead);
        let positive = T::nearest(-2.0 / samples);
        let sides = [(first, second, second_moment), (second, first, first_moment)];
        for (out, (own, other, moment)) in self.towers.gradient.iter_mut().zip(sides) {
            out.iter_mut().zip(other).for_each(|(out, &other)| *out = positive * other);
            add_gradient(out, own, other, moment, lead, 1.0);
        }
        self.towers.backward(batch, gradient);
        finish(loss, gradient)
    }
}
