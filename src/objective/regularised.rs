//! `regularised`: the continuum between `linear-contrastive` and `spectral` (docs/theory.md §3, the family T_{a,b}).

use super::{
    Candidate, Entry, Kind, Objective, ObjectiveError, ParameterSpec, ParameterValue, Parameters, Range, Solution,
    cross_gradient,
};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{LinalgError, Matrix, product, product_nt, scale_columns, symmetric_eigen};

/// Relative accuracy that a value must keep.
const DIGITS: f64 = 1e-9;

/// −tr(W_1 Σ12 W_2ᵀ) + ½ tr(W_1Σ11^{2a}W_1ᵀ·W_2Σ22^{2b}W_2ᵀ), minimised by W_1ᵀW_2 = Σ11^{-a}·[T_{a,b}]_d·Σ22^{-b} with
/// minimum −½ Σ_{i≤d} σ_i(T_{a,b})².
///
/// a = b = 0 is `linear-contrastive`, a = b = ½ is ½·`spectral` (the span of `cca`), and a = ½, b = 0 has the
/// directions of `prediction`. Similar to regularised generalised CCA (Tenenhaus and Tenenhaus 2011), with powers in place of ridges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regularised {
    exponents: [f64; 2],
}

impl Regularised {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        parameters: &[ParameterSpec {
            name: WHITENING,
            label: "whitening exponents a, b",
            meaning: "exponents of the whitening Σ^(−a) and Σ^(−b) of the two sensors: 0 is none, 0.5 is full",
            kind: Kind::Pair(EXPONENTS),
            default: Some("0.25"),
        }],
        ..Entry::plain(
            "regularised",
            "regularised",
            "between linear-contrastive and spectral: each sensor partly whitened, by Σ^(−a)",
            |given| Ok(Box::new(given.pair(WHITENING).map_or_else(|| Ok(Regularised::default()), Regularised::new)?)),
        )
    };
}

const WHITENING: &str = "whitening";
const EXPONENTS: Range = Range::Half;

impl Default for Regularised {
    /// Halfway: a = b = ¼.
    fn default() -> Self {
        Self { exponents: [0.25, 0.25] }
    }
}

impl Regularised {
    /// The objective with whitening exponents (a, b).
    ///
    /// # Errors
    /// [`ObjectiveError::Range`] if either is outside [0, ½].
    pub fn new(exponents: [f64; 2]) -> Result<Self, ObjectiveError> {
        exponents.into_iter().try_for_each(|exponent| EXPONENTS.check(WHITENING, exponent).map(drop))?;
        Ok(Self { exponents })
    }

    /// A bound on the rounding error of W_m·Σ_mm^{2a}·W_mᵀ, for m = 0 or 1: a fractional power is taken through
    /// eigenvalues, which are accurate to the rounding of the largest one, so weights on channels of small variance magnify it.
    #[expect(clippy::float_cmp, reason = "the whole powers need no decomposition")]
    fn rounding(self, m: usize, moments: &SecondMoments, weights: &Matrix) -> f64 {
        let covariance = if m == 0 { &moments.first } else { &moments.second };
        let exponent = 2.0 * self.exponents[m];
        if exponent == 0.0 || exponent == 1.0 {
            return 0.0;
        }
        f64::EPSILON * covariance.nrows() as f64 * covariance.norm().powf(exponent) * weights.norm_squared()
    }

    /// W_m·Σ_mm^{2a}, for m = 0 or 1.
    fn weighted(self, m: usize, moments: &SecondMoments, weights: &Matrix) -> Result<Matrix, LinalgError> {
        let covariance = if m == 0 { &moments.first } else { &moments.second };
        Ok(product(weights, &power(covariance, 2.0 * self.exponents[m])?))
    }
}

impl Objective for Regularised {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn parameters(&self) -> Parameters {
        Parameters::default().with(WHITENING, ParameterValue::Pair(self.exponents))
    }

    #[expect(clippy::float_cmp, reason = "the ends of the continuum are these very numbers")]
    fn solution(&self) -> Solution {
        if self.exponents.iter().all(|&exponent| exponent == 0.0 || exponent == 0.5) {
            let [whiten_first, whiten_second] = self.exponents.map(|exponent| exponent == 0.5);
            Solution::CrossCovariance { whiten_first, whiten_second }
        } else {
            Solution::PartlyWhitened { exponents: self.exponents }
        }
    }

    fn scale(&self, singular_value: f64) -> f64 {
        singular_value.sqrt()
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        let Encoders { first, second } = encoders;
        let grams = [0, 1].map(|m| {
            let weights = encoders.weights(m);
            Some(product_nt(&self.weighted(m, moments, weights).ok()?, weights))
        });
        let [Some(one), Some(two)] = grams else { return None };
        Some(0.5 * one.dot(&two) - moments.cross_trace(first, second))
    }

    /// `None` if channels differ so much in scale that the powers of the covariances lose too many digits.
    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        let Candidate { moments, encoders, .. } = candidate;
        let value = self.value(moments, encoders)?;
        let cross = moments.cross_trace(&encoders.first, &encoders.second);
        let [one, two] = [0, 1].map(|m| self.rounding(m, moments, encoders.weights(m)));
        let grams = [0, 1].map(|m| {
            let weights = encoders.weights(m);
            self.weighted(m, moments, weights).ok().map(|weighted| product_nt(&weighted, weights).norm())
        });
        let [Some(first), Some(second)] = grams else { return None };
        let lost = one * second + two * first + one * two;
        (lost <= DIGITS * (value.abs() + cross.abs())).then_some(value)
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let cross = cross_gradient(moments, encoders);
        let weighted = [0, 1].map(|m| self.weighted(m, moments, encoders.weights(m)).ok());
        let [Some(first), Some(second)] = weighted else { return None };
        let [gram_first, gram_second] = [product_nt(&first, &encoders.first), product_nt(&second, &encoders.second)];
        Some(Encoders {
            first: product(&gram_second, &first) - cross.first,
            second: product(&gram_first, &second) - cross.second,
        })
    }
}

/// A^t of a positive semidefinite matrix, for t from 0 (the identity) to 1.
#[expect(clippy::float_cmp, reason = "the whole powers need no decomposition, and gain its digits")]
fn power(matrix: &Matrix, exponent: f64) -> Result<Matrix, LinalgError> {
    if exponent == 0.0 {
        return Ok(Matrix::identity(matrix.nrows(), matrix.ncols()));
    }
    if exponent == 1.0 {
        return Ok(matrix.clone());
    }
    let eigen = symmetric_eigen(matrix)?;
    let mut scaled = eigen.vectors.clone();
    scale_columns(&mut scaled, eigen.values.iter().map(|value| value.max(0.0).powf(exponent)));
    Ok(product_nt(&scaled, &eigen.vectors))
}
