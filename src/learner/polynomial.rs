//! Polynomial encoders fitted to samples: the nonlinear counterpart of the closed-form linear learner.

use super::{ClosedForm, LearnerError, hermite_polynomials};
use crate::information::{InformationError, Pair};
use crate::linalg::{LinalgError, Matrix, Whitening, product, product_nt, require_finite};
use crate::model::Factor;
use crate::objective::Spectral;

/// Largest number of polynomials per encoder: their Gram matrix must stay small.
const MOST_FEATURES: usize = 2048;

/// Why no polynomial encoder could be fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolynomialError {
    /// The two modalities were not sampled together.
    #[error("{first} samples of modality 1 and {second} of modality 2")]
    Samples {
        /// Samples of x_1.
        first: usize,
        /// Samples of x_2.
        second: usize,
    },
    /// Too many polynomials for the samples, or at all.
    #[error("{channels} channels have {features} polynomials of degree 1 to {degree}, at most {most} can be fitted")]
    Features {
        /// Whitened channels.
        channels: usize,
        /// The degree asked for.
        degree: usize,
        /// The resulting number of polynomials.
        features: usize,
        /// The largest number for these samples.
        most: usize,
    },
    /// The data have another number of channels than the encoder was fitted to.
    #[error("{columns} columns, expected {channels}")]
    Channels {
        /// Columns of the data.
        columns: usize,
        /// Channels of the encoder.
        channels: usize,
    },
    /// The dimension is invalid.
    #[error(transparent)]
    Learner(#[from] LearnerError),
    /// A decomposition failed.
    #[error(transparent)]
    Information(#[from] InformationError),
}

impl From<LinalgError> for PolynomialError {
    fn from(error: LinalgError) -> Self {
        Self::Information(error.into())
    }
}

/// All Hermite products of degree 1 to D of whitened, centred observations, centred.
///
/// The space of polynomials up to a degree does not depend on the coordinates, so any whitening will do; Hermite
/// products of whitened Gaussians are orthonormal in the population, which keeps the Gram matrix well conditioned.
#[derive(Debug, Clone)]
pub struct PolynomialFeatures {
    mean: nalgebra::RowDVector<f64>,
    whitener: Matrix,
    degree: usize,
    powers: Vec<Vec<usize>>,
    centre: nalgebra::RowDVector<f64>,
}

impl PolynomialFeatures {
    /// Fits the whitening and centring to samples (n × channels), and returns their features (n × F).
    ///
    /// # Errors
    /// [`PolynomialError::Features`] if F reaches n or 2048; [`PolynomialError::Information`].
    pub fn fit(samples: &Matrix, degree: usize) -> Result<(Self, Matrix), PolynomialError> {
        require_finite(samples)?;
        let count = samples.nrows();
        let mean = samples.row_mean();
        let mut centred = samples.clone();
        for mut row in centred.row_iter_mut() {
            row -= &mean;
        }
        let whitening = Whitening::of_factor(&(centred.transpose() / (count as f64).sqrt()))?;
        let channels = whitening.rank();
        let features = number_of_products(channels, degree);
        let most = MOST_FEATURES.min(count.saturating_sub(1));
        if features == 0 || features > most {
            return Err(PolynomialError::Features { channels, degree, features, most });
        }
        let powers = products(channels, degree);
        let centre = nalgebra::RowDVector::zeros(features);
        let mut fitted = Self { mean, whitener: whitening.whitener, degree, powers, centre };
        let mut values = fitted.of(samples)?;
        fitted.centre = values.row_mean();
        for mut row in values.row_iter_mut() {
            row -= &fitted.centre;
        }
        Ok((fitted, values))
    }

    /// The features of other samples (n × F), with the fitted whitening and centring.
    ///
    /// # Errors
    /// [`PolynomialError::Channels`].
    pub fn of(&self, samples: &Matrix) -> Result<Matrix, PolynomialError> {
        let channels = self.whitener.ncols();
        if samples.ncols() != channels {
            return Err(PolynomialError::Channels { columns: samples.ncols(), channels });
        }
        let mut centred = samples.clone();
        for mut row in centred.row_iter_mut() {
            row -= &self.mean;
        }
        let whitened = product_nt(&centred, &self.whitener);
        let mut values = Matrix::zeros(samples.nrows(), self.powers.len());
        for (n, point) in whitened.row_iter().enumerate() {
            let single: Vec<Vec<f64>> = point.iter().map(|&t| hermite_polynomials(self.degree, t)).collect();
            for (f, powers) in self.powers.iter().enumerate() {
                let value: f64 = powers.iter().zip(&single).map(|(&power, values)| values[power]).product();
                values[(n, f)] = value - self.centre[f];
            }
        }
        Ok(values)
    }
}

/// Two polynomial encoders: the linear spectral contrastive minimiser over their features, which is the minimiser over
/// all polynomials of the degree. Degree 1 gives the linear encoder.
#[derive(Debug, Clone)]
pub struct PolynomialTowers {
    /// Singular values of the sample density ratio within the polynomials, descending: all sample canonical
    /// correlations of the features.
    pub values: Vec<f64>,
    features: [PolynomialFeatures; 2],
    /// F_m × d.
    weights: [Matrix; 2],
}

impl PolynomialTowers {
    /// Fits encoders with d = `dim` outputs to n paired samples (n × n_1 and n × n_2).
    ///
    /// # Errors
    /// [`PolynomialError`].
    pub fn fit(first: &Matrix, second: &Matrix, degree: usize, dim: usize) -> Result<Self, PolynomialError> {
        if first.nrows() != second.nrows() {
            return Err(PolynomialError::Samples { first: first.nrows(), second: second.nrows() });
        }
        let (first, first_values) = PolynomialFeatures::fit(first, degree)?;
        let (second, second_values) = PolynomialFeatures::fit(second, degree)?;
        // Samples are vectors like any others: in the space of samples, with the mean of products as inner product.
        let factor = |values: Matrix| Factor {
            own: Matrix::zeros(values.ncols(), 0),
            common: values.transpose() / (values.nrows() as f64).sqrt(),
        };
        let pair = Pair::new(factor(first_values), factor(second_values))?;
        let learned = ClosedForm::new(&pair, &[], 0).minimise(&Spectral, dim)?;
        Ok(Self {
            values: pair.canonical_correlations(),
            features: [first, second],
            weights: [learned.encoders.first.transpose(), learned.encoders.second.transpose()],
        })
    }

    /// The outputs of encoder m (0 or 1) on samples of its modality: n × d.
    ///
    /// # Errors
    /// [`PolynomialError::Channels`].
    pub fn embed(&self, m: usize, samples: &Matrix) -> Result<Matrix, PolynomialError> {
        Ok(product(&self.features[m].of(samples)?, &self.weights[m]))
    }
}

/// R² of a polynomial regression of y (n × 1 or more, all columns together) on z (n × d), fitted to the same samples.
///
/// # Numerics
/// A projection onto whitened features. In-sample: biased upwards by about F/n for F polynomials.
///
/// # Errors
/// [`PolynomialError`].
pub fn regression_r2(z: &Matrix, y: &Matrix, degree: usize) -> Result<f64, PolynomialError> {
    if z.nrows() != y.nrows() {
        return Err(PolynomialError::Samples { first: z.nrows(), second: y.nrows() });
    }
    require_finite(y)?;
    let (_, values) = PolynomialFeatures::fit(z, degree)?;
    let basis = Whitening::of_factor(&values.transpose())?.basis;
    let mean = y.row_mean();
    let mut centred = y.clone();
    for mut row in centred.row_iter_mut() {
        row -= &mean;
    }
    Ok(crate::linalg::product_tn(&basis, &centred).norm_squared() / centred.norm_squared())
}

/// The number of products of degree 1 to D in this many variates: C(channels + degree, degree) − 1, saturating.
pub(crate) fn number_of_products(channels: usize, degree: usize) -> usize {
    let mut count = 1_usize;
    for i in 1..=degree {
        // C(channels + i, i) from C(channels + i − 1, i − 1): the division is exact.
        match count.checked_mul(channels + i) {
            Some(product) => count = product / i,
            None => return usize::MAX,
        }
    }
    count - 1
}

/// All multi-indices of total degree 1 to D, by degree.
fn products(channels: usize, degree: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut layer = vec![(vec![0; channels], 0)];
    for _ in 0..degree {
        // Each multi-index grows only at its last variate or beyond, so that each is generated once.
        layer = layer
            .iter()
            .flat_map(|(powers, last)| {
                (*last..channels).map(move |variate| {
                    let mut grown = powers.clone();
                    grown[variate] += 1;
                    (grown, variate)
                })
            })
            .collect();
        all.extend(layer.iter().map(|(powers, _)| powers.clone()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_of_the_fitted_samples_are_the_fitted_features() {
        let samples = Matrix::from_fn(40, 2, |i, j| ((7 * i + 3 * j) as f64).sin() + (i * j) as f64 / 40.0);
        let (fitted, features) = PolynomialFeatures::fit(&samples, 3).expect("features");
        assert!(features.row_mean().amax() < 1e-14, "they are centred");
        assert_eq!(fitted.of(&samples).expect("as many channels"), features);
    }
}
