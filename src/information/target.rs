//! A target seen from two modalities and from two encoders.

use super::pair::zero_at;
use super::towers::angles;
use super::{InformationError, Pair, Towers};
use crate::linalg::{
    Matrix, PrincipalAngles, Whitening, outside, product, product_nt, product_tn, scale_rows, stacked, upper_triangle,
};
use crate::model::Factor;

/// A source of information about the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// x_1.
    First,
    /// x_2.
    Second,
    /// (x_1, x_2).
    Both,
    /// z_1.
    EncodedFirst,
    /// z_2.
    EncodedSecond,
    /// (z_1, z_2).
    EncodedBoth,
}

impl Source {
    /// All six, in the order used by `eval`'s JSON.
    pub const ALL: [Self; 6] =
        [Self::First, Self::Second, Self::Both, Self::EncodedFirst, Self::EncodedSecond, Self::EncodedBoth];

    /// Its key in results: `x1`, `x2`, `x12`, `z1`, `z2`, `z12`.
    pub fn key(self) -> &'static str {
        match self {
            Self::First => "x1",
            Self::Second => "x2",
            Self::Both => "x12",
            Self::EncodedFirst => "z1",
            Self::EncodedSecond => "z2",
            Self::EncodedBoth => "z12",
        }
    }
}

/// One of the two modalities, or its encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// x_1 or z_1.
    First,
    /// x_2 or z_2.
    Second,
}

impl Side {
    /// Both, in order.
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];

    /// 0 or 1.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// x_m.
    pub fn seen(self) -> Source {
        match self {
            Self::First => Source::First,
            Self::Second => Source::Second,
        }
    }

    /// z_m.
    pub fn encoded(self) -> Source {
        match self {
            Self::First => Source::EncodedFirst,
            Self::Second => Source::EncodedSecond,
        }
    }
}

impl From<Side> for usize {
    fn from(side: Side) -> Self {
        side.index()
    }
}

impl std::fmt::Display for Side {
    /// Its encoder: `z1`, `z2`.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.encoded().key())
    }
}

/// The measures of one source about one target.
#[derive(Debug, Clone)]
pub struct Informativeness {
    /// The principal angles between source and target.
    pub angles: PrincipalAngles,
    /// tr Σ_{y|source}.
    pub mmse: f64,
    /// R² = 1 − mmse / tr Σ_yy.
    pub r2: f64,
}

/// A target y (q rows) in the coordinates of a [`Pair`].
#[derive(Debug, Clone)]
pub struct TargetGeometry {
    whitener: Matrix,
    variance: f64,
    zero: f64,
    /// Cov(x̃_m, y), r_m × q.
    seen: [Matrix; 2],
    /// Cov(orthonormal coordinates of (x_1, x_2), y), (r_1 + r_2) × q.
    seen_jointly: Matrix,
    /// The residuals of y given x_1, x_2 and both.
    residuals: [Residual; 3],
}

/// The residual of a target given a modality, or both.
#[derive(Debug, Clone)]
struct Residual {
    /// tr Σ_{y|x}.
    variance: f64,
    /// A root of Σ_{y|x} times the whitening of y, q × rank(Σ_yy).
    whitened: Matrix,
}

impl Informativeness {
    /// I(source; y), in nats; +∞ if the source determines some combination of the target.
    pub fn mutual_information_nats(&self) -> f64 {
        self.angles.mutual_information_nats()
    }

    /// σ(source; y) = √mmse: the source is σ-informative about y for this σ and no smaller one (docs/theory.md §2).
    pub fn sigma(&self) -> f64 {
        self.mmse.sqrt()
    }
}

/// Δ = I(x; y) − I(z; y) in nats, for z a function of x.
///
/// If both are infinite, this is the limit of vanishing independent target noise: +∞ if z determines fewer directions
/// of y than x does, otherwise the difference over the remaining directions.
pub fn information_loss_nats(observed: &PrincipalAngles, encoded: &PrincipalAngles) -> f64 {
    if encoded.determined() < observed.determined() {
        f64::INFINITY
    } else {
        observed.finite_information_nats() - encoded.finite_information_nats()
    }
}

impl TargetGeometry {
    /// Expresses a target in the coordinates of a pair.
    ///
    /// # Errors
    /// [`InformationError::Linalg`].
    pub fn new(pair: &Pair, target: &Factor) -> Result<Self, InformationError> {
        // notation: y is the target in the common space (q_c × q), o its own noise (p × q)
        let y = target.common.transpose();
        let o = target.own.transpose();
        let whitening = Whitening::of_factor(&stacked(&[&y, &o]).transpose())?;
        let seen = [product_tn(&pair.common[0], &y), product_tn(&pair.common[1], &y)];
        let residual =
            |m: usize| -> [Matrix; 2] { [&y - product(&pair.common[m], &seen[m]), -product(&pair.own[m], &seen[m])] };
        let [after_first, after_first_noise] = residual(0);
        let [after_second, after_second_noise] = residual(1);

        // What x_2 adds to x_1: the normalised difference b_i − ρ_i a_i along each canonical pair, and x̃_2 itself elsewhere.
        let differences = &pair.differences;
        let inverse_sines = || pair.angles().sines().iter().map(|&sine| if sine > 0.0 { 1.0 / sine } else { 0.0 });
        let mut along = product_tn(&differences[0], &after_first) + product_tn(&differences[1], &after_first_noise);
        scale_rows(&mut along, inverse_sines());
        let directions = &pair.directions[1];
        let all = product_tn(&pair.common[1], &after_first);
        let elsewhere = outside(directions, &all);
        let beyond = &elsewhere + product(directions, &along);
        scale_rows(&mut along, inverse_sines());
        let after_both = [
            &after_first - product(&pair.common[1], &elsewhere) - product(&differences[0], &along),
            &after_first_noise - product(&differences[1], &along),
            -product(&pair.own[1], &elsewhere) - product(&differences[2], &along),
        ];

        let residual = |parts: &[&Matrix]| {
            let whole = parts.iter().fold(o.clone(), |above, part| stacked(&[&above, part]));
            let root = upper_triangle(&whole);
            Residual { variance: root.norm_squared(), whitened: product_nt(&root, &whitening.whitener) }
        };
        Ok(Self {
            variance: y.norm_squared() + o.norm_squared(),
            zero: pair.zero().max(zero_at(whitening.condition)),
            residuals: [
                residual(&[&after_first, &after_first_noise]),
                residual(&[&after_second, &after_second_noise]),
                residual(&[&after_both[0], &after_both[1], &after_both[2]]),
            ],
            seen_jointly: stacked(&[&seen[0], &beyond]),
            whitener: whitening.whitener,
            seen,
        })
    }

    /// q, the number of rows of the target.
    pub fn dimension(&self) -> usize {
        self.whitener.ncols()
    }

    /// tr Σ_yy.
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// The measures of a raw modality, or both, about this target.
    ///
    /// # Errors
    /// [`InformationError::Linalg`].
    ///
    /// # Panics
    /// If the source is an encoder: use [`TargetGeometry::encoded_by`].
    pub fn observed(&self, source: Source) -> Result<Informativeness, InformationError> {
        let (seen, residual) = self.sides(source);
        self.seen_through(seen, residual, None)
    }

    /// The measures of an encoder, or both, about this target.
    ///
    /// # Errors
    /// [`InformationError::Linalg`].
    ///
    /// # Panics
    /// If the source is a raw modality.
    pub fn encoded_by(&self, towers: &Towers, source: Source) -> Result<Informativeness, InformationError> {
        let (basis, observed) = match source {
            Source::EncodedFirst => (&towers.bases[0], Source::First),
            Source::EncodedSecond => (&towers.bases[1], Source::Second),
            Source::EncodedBoth => (&towers.joint, Source::Both),
            _ => panic!("{source:?} is not an encoder"),
        };
        let (seen, residual) = self.sides(observed);
        let encoded = product_tn(basis, seen);
        let lost = seen - product(basis, &encoded);
        self.seen_through(&encoded, residual, Some(&lost))
    }

    /// Cov(orthonormal coordinates of the source, y), and the residual of y given the source.
    fn sides(&self, source: Source) -> (&Matrix, &Residual) {
        match source {
            Source::First => (&self.seen[0], &self.residuals[0]),
            Source::Second => (&self.seen[1], &self.residuals[1]),
            Source::Both => (&self.seen_jointly, &self.residuals[2]),
            _ => panic!("{source:?} is not a raw modality"),
        }
    }

    /// Whether y is private to modality m (0 or 1): correlated with this modality and uncorrelated with the other.
    /// Decided on the whitened target, so that no row is judged in another's unit.
    pub fn is_private_to(&self, m: usize) -> bool {
        let visible = |m: usize| self.whitened_covariance(m).norm() > self.zero;
        visible(m) && !visible(1 - m)
    }

    /// Cov(x̃_m, ỹ) with the whitened target ỹ, r_m × rank(Σ_yy).
    pub fn whitened_covariance(&self, m: usize) -> Matrix {
        product_nt(&self.seen[m], &self.whitener)
    }

    /// The regression of y on x̃_m, Cov(x̃_m, y), r_m × q.
    pub fn regression(&self, m: usize) -> &Matrix {
        &self.seen[m]
    }

    /// From Cov(orthonormal source, y), the residual of y given the modality, and what its encoder loses in addition.
    fn seen_through(
        &self,
        seen: &Matrix,
        residual: &Residual,
        lost: Option<&Matrix>,
    ) -> Result<Informativeness, InformationError> {
        let mmse = residual.variance + lost.map_or(0.0, Matrix::norm_squared);
        let whitened = |matrix: &Matrix| product_nt(matrix, &self.whitener);
        let (cosines, lost) = (whitened(seen), lost.map(whitened));
        let sines: &[&Matrix] = match &lost {
            Some(lost) => &[&residual.whitened, lost],
            None => &[&residual.whitened],
        };
        let angles = angles(&cosines, sines, self.whitener.nrows(), self.zero)?;
        // The smaller of explained and unexplained variance is the accurate one.
        let explained = seen.norm_squared() / self.variance;
        let r2 = if explained < 0.5 { explained } else { 1.0 - mmse / self.variance };
        Ok(Informativeness { angles, mmse, r2 })
    }
}
