//! Invertible networks of bounded condition number.

use alignloss::linalg::{Matrix, orthonormal_columns, product, product_tn, scale_columns};
use alignloss::random::{Generator, fill_standard_normal};
use rand::RngExt;

/// Slope of the leaky ReLU below zero, as in the experiments of the identifiability literature.
pub(super) const SLOPE: f64 = 0.2;

/// An invertible map of R^n: square linear layers with a leaky ReLU of slope 0.2 between them.
///
/// Every layer is U·diag(σ)·Vᵀ with U and V Haar orthogonal and log σ uniform on ±½ log κ, so its condition number is
/// at most κ by construction, and its log-determinant is zero in expectation: on average no layer grows or shrinks its
/// input. The Jacobian of `depth` layers has a condition number of at most κ^depth · 5^(depth − 1) at every point.
/// (Published generators draw Gaussian matrices with unit columns and keep well-conditioned ones, which bounds the same
/// number by rejection: Hyvärinen, Morioka 2016; von Kügelgen et al. 2021.)
#[derive(Debug, Clone, PartialEq)]
pub struct Mixing {
    layers: Vec<Layer>,
}

#[derive(Debug, Clone, PartialEq)]
struct Layer {
    /// U·diag(σ)·Vᵀ.
    weights: Matrix,
    left: Matrix,
    values: Vec<f64>,
    right: Matrix,
}

impl Mixing {
    /// Draws a map of `dimension` entries with `depth` linear layers of condition number at most `condition`.
    ///
    /// # Panics
    /// If the condition number is below 1: checked by the caller's specification.
    pub fn draw(dimension: usize, depth: usize, condition: f64, generator: &mut Generator) -> Self {
        assert!(condition >= 1.0, "a condition number is at least 1");
        Self { layers: (0..depth).map(|_| Layer::draw(dimension, condition, generator)).collect() }
    }

    /// The map of every column of `latents` (n × samples).
    pub fn apply(&self, latents: &Matrix) -> Matrix {
        let mut values = latents.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                values.apply(|x| *x = if *x < 0.0 { SLOPE * *x } else { *x });
            }
            values = product(&layer.weights, &values);
        }
        values
    }

    /// The inverse map of every column.
    pub fn invert(&self, observations: &Matrix) -> Matrix {
        let mut values = observations.clone();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let mut coordinates = product_tn(&layer.left, &values);
            for mut column in coordinates.column_iter_mut() {
                column.iter_mut().zip(&layer.values).for_each(|(x, sigma)| *x /= sigma);
            }
            values = product(&layer.right, &coordinates);
            if index > 0 {
                values.apply(|x| *x = if *x < 0.0 { *x / SLOPE } else { *x });
            }
        }
        values
    }

    /// The weights of each linear layer, in order of application.
    pub fn weights(&self) -> impl Iterator<Item = &Matrix> {
        self.layers.iter().map(|layer| &layer.weights)
    }
}

impl Layer {
    fn draw(dimension: usize, condition: f64, generator: &mut Generator) -> Self {
        let left = haar(dimension, generator);
        let right = haar(dimension, generator);
        let values: Vec<f64> = (0..dimension).map(|_| condition.powf(generator.random::<f64>() - 0.5)).collect();
        let mut scaled = left.clone();
        scale_columns(&mut scaled, values.iter().copied());
        let weights = alignloss::linalg::product_nt(&scaled, &right);
        Self { weights, left, values, right }
    }
}

/// A Haar orthogonal matrix: Gram–Schmidt of a standard normal one.
fn haar(dimension: usize, generator: &mut Generator) -> Matrix {
    loop {
        let mut draws = Matrix::zeros(dimension, dimension);
        fill_standard_normal(generator, draws.as_mut_slice());
        let basis = orthonormal_columns(&draws);
        // Dependent columns have probability zero.
        if basis.ncols() == dimension {
            return basis;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alignloss::linalg::singular_values;
    use alignloss::random::Stream;

    fn generator() -> Generator {
        Stream { seed: 3, experiment: "mixing test", cell: 0, replicate: 0 }.generator()
    }

    #[test]
    fn the_inverse_gives_the_latents_back() {
        let mut generator = generator();
        let mixing = Mixing::draw(15, 3, 4.0, &mut generator);
        let mut latents = Matrix::zeros(15, 200);
        fill_standard_normal(&mut generator, latents.as_mut_slice());
        let observed = mixing.apply(&latents);
        assert!((mixing.invert(&observed) - &latents).amax() < 1e-11);
        assert!((&observed - &latents).amax() > 1.0, "the map is not the identity");
    }

    #[test]
    fn the_map_is_not_linear() {
        let mut generator = generator();
        let mixing = Mixing::draw(4, 3, 4.0, &mut generator);
        let point = Matrix::from_element(4, 1, 1.0);
        assert!((mixing.apply(&point) + mixing.apply(&-point)).amax() > 0.1);
    }

    #[test]
    fn every_layer_keeps_the_bound_on_its_condition_number() {
        for condition in [1.0, 4.0, 30.0] {
            let mixing = Mixing::draw(12, 3, condition, &mut generator());
            for weights in mixing.weights() {
                let values = singular_values(weights).unwrap();
                assert!(values[0] / values[11] <= condition * (1.0 + 1e-12), "{values:?}");
            }
        }
    }
}
