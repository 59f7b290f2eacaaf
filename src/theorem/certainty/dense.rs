//! The law of a model as dense covariances in double-double precision: eigenvalue whitening, Gram matrices,
//! log-determinants.
//!
//! Unlike factors ([`crate::precise`]), this loses digits where a covariance is nearly singular: the full condition
//! number is lost here, which 32 digits can afford up to κ = 10²⁴.

use crate::linalg::Matrix;
use crate::linalg::precise::{PreciseMatrix, leading, lift, square_root as root, svd};
use crate::model::{LatentModel, Noise};
use crate::theorem::Case;
use qd::Quad;

/// Unit rounding of double-double arithmetic.
const ROUNDING: f64 = 5e-32;
/// Errors of sums and products over a few dozen terms and of the eigenvalue iteration, in units of rounding times κ.
const ROUNDING_UNITS: f64 = 1e4;
/// Eigenvalues of a correlation matrix below this count as zero: far above rounding, far below what doubles resolve.
pub(in crate::theorem) const VANISHING: f64 = 1e-26;
/// A covariance that was given as a matrix of doubles is semidefinite up to their rounding only: an eigenvalue between
/// [`VANISHING`] and this could be zero or not.
const AMBIGUOUS: f64 = 1e-13;
/// The same for covariances that were made here, of several modalities together: what they have in common makes them singular.
const AMBIGUOUS_JOINTLY: f64 = 1e-20;
/// Sweeps of the eigenvalue iteration; it converges quadratically and needs about eight.
const SWEEPS: usize = 60;
/// 1 − ρ² and ρ² below this are not told from zero after a conditioning loss of 10⁸.
pub(in crate::theorem) const INDISTINCT: f64 = 1e-22;
/// Rounding of encoders that were learned in doubles, for each channel and unit of their whitening's condition number: that of a
/// decomposition and of what was made with it.
const LEARNED: f64 = 128.0 * f64::EPSILON;

/// Some modalities of a model in whitened coordinates x̃_m.
pub(in crate::theorem) struct Sensors<'a> {
    pub(in crate::theorem) model: &'a LatentModel,
    /// Which modalities.
    pub(in crate::theorem) chosen: Vec<usize>,
    /// Λ.
    pub(in crate::theorem) latent: PreciseMatrix,
    /// n_m × latents.
    pub(in crate::theorem) loadings: Vec<PreciseMatrix>,
    /// Σ_mm.
    pub(in crate::theorem) covariances: Vec<PreciseMatrix>,
    /// x̃_m = whitener·x_m, r_m × n_m.
    pub(in crate::theorem) whiteners: Vec<PreciseMatrix>,
    /// Largest over least eigenvalue that counts, of the correlation matrices.
    pub(in crate::theorem) condition: f64,
    /// What an eigenvalue must exceed to be told from zero.
    least: f64,
}

/// A target over whitened coordinates.
pub(in crate::theorem) struct TargetLaw {
    /// tr Σ_yy.
    pub(in crate::theorem) variance: Quad,
    /// Cov(x̃_m, y), r_m × q.
    pub(in crate::theorem) seen: Vec<PreciseMatrix>,
    /// Cov(x̃_m, ỹ) with the whitened target, r_m × rank(Σ_yy).
    pub(in crate::theorem) whitened: Vec<PreciseMatrix>,
    /// Condition number of the target's correlation matrix.
    pub(in crate::theorem) condition: f64,
}

impl<'a> Sensors<'a> {
    /// `None` where a covariance is singular up to the rounding of the doubles that it was given as.
    pub(in crate::theorem) fn new(model: &'a LatentModel, chosen: &[usize]) -> Option<Self> {
        let latent = lift(&model.latent_covariance());
        let full = |&m: &usize| matches!(model.modalities()[m].noise, Noise::Full(_));
        let given = model.given_covariance().is_some() || chosen.iter().any(full);
        let least = if given { AMBIGUOUS } else { VANISHING };
        let mut sensors = Self {
            model,
            chosen: chosen.to_vec(),
            latent,
            loadings: Vec::new(),
            covariances: Vec::new(),
            whiteners: Vec::new(),
            condition: 1.0,
            least,
        };
        for &m in chosen {
            let modality = &model.modalities()[m];
            let mut loading = Matrix::zeros(modality.shared_loading.nrows(), model.latents());
            loading.columns_mut(0, model.shared()).copy_from(&modality.shared_loading);
            let range = model.private_range(m);
            loading.columns_mut(range.start, range.len()).copy_from(&modality.private_loading);
            let loading = lift(&loading);
            let noise = lift(&modality.noise.covariance(loading.nrows()));
            let covariance = &loading * &sensors.latent * loading.transpose() + noise;
            let Whitened { whitener, condition } = Whitened::new(&covariance, least)?;
            sensors.condition = sensors.condition.max(condition);
            sensors.loadings.push(loading);
            sensors.covariances.push(covariance);
            sensors.whiteners.push(whitener);
        }
        Some(sensors)
    }

    /// The rank of Σ_mm, of the modality at a place among the chosen ones.
    pub(in crate::theorem) fn rank(&self, m: usize) -> usize {
        self.whiteners[m].nrows()
    }

    /// Σ_mm^{1/2} as n_m × r_m: x_m = root·x̃_m.
    pub(in crate::theorem) fn root(&self, m: usize) -> PreciseMatrix {
        &self.covariances[m] * self.whiteners[m].transpose()
    }

    /// Σ_mn between two different modalities, n_m × n_n.
    pub(in crate::theorem) fn cross_covariance(&self, m: usize, n: usize) -> PreciseMatrix {
        &self.loadings[m] * &self.latent * self.loadings[n].transpose()
    }

    /// T_mn = Cov(x̃_m, x̃_n), r_m × r_n.
    pub(in crate::theorem) fn cross(&self, m: usize, n: usize) -> PreciseMatrix {
        &self.whiteners[m] * self.cross_covariance(m, n) * self.whiteners[n].transpose()
    }

    /// An encoder over x̃_m, d × r_m.
    pub(in crate::theorem) fn encoder(&self, m: usize, weights: &Matrix) -> PreciseMatrix {
        lift(weights) * &self.covariances[m] * self.whiteners[m].transpose()
    }

    /// A target of given loading and noise. `None` where its covariance is singular up to the rounding of doubles.
    pub(in crate::theorem) fn observe(&self, loading: &Matrix, noise: &Matrix) -> Option<TargetLaw> {
        let loading = lift(loading);
        let covariance = &loading * &self.latent * loading.transpose() + lift(noise);
        let own = Whitened::new(&covariance, self.least)?;
        let seen: Vec<PreciseMatrix> = (0..self.chosen.len())
            .map(|m| &self.whiteners[m] * &self.loadings[m] * &self.latent * loading.transpose())
            .collect();
        let whitened = seen.iter().map(|seen| seen * own.whitener.transpose()).collect();
        Some(TargetLaw { variance: covariance.trace(), seen, whitened, condition: own.condition })
    }

    /// The targets of the model.
    pub(in crate::theorem) fn targets(&self) -> Option<Vec<TargetLaw>> {
        let observe = |target: &crate::model::Target| {
            self.observe(&target.loading, &target.noise.covariance(target.loading.nrows()))
        };
        self.model.targets().iter().map(observe).collect()
    }

    /// Some latents as a target.
    pub(in crate::theorem) fn latents(&self, rows: &[usize]) -> Option<TargetLaw> {
        let loading = Matrix::from_fn(rows.len(), self.model.latents(), |i, j| f64::from(u8::from(rows[i] == j)));
        self.observe(&loading, &Matrix::zeros(rows.len(), rows.len()))
    }

    /// A bound on how far encoders that were learned in doubles are from exact ones, as a share of their length in whitened
    /// coordinates, where nothing else makes them uncertain.
    pub(in crate::theorem) fn learned(&self) -> f64 {
        let channels = self.covariances.iter().map(PreciseMatrix::nrows).max().unwrap_or(1);
        LEARNED * channels as f64 * self.condition.sqrt()
    }
}

/// The joint law of two modalities and the targets, in whitened coordinates x̃_m.
pub(in crate::theorem) struct Law<'a> {
    pub(in crate::theorem) case: &'a Case<'a>,
    pub(in crate::theorem) sensors: Sensors<'a>,
    /// T = Cov(x̃_1, x̃_2), r_1 × r_2.
    pub(in crate::theorem) cross: PreciseMatrix,
    /// Canonical directions of each modality, r_m × r_m, by descending ρ_i.
    pub(in crate::theorem) directions: [PreciseMatrix; 2],
    /// ρ_i², descending, min(r_1, r_2) of them.
    pub(in crate::theorem) squares: Vec<Quad>,
    /// Encoders over x̃_m, symmetrically whitened: d × r_m.
    pub(in crate::theorem) towers: [PreciseMatrix; 2],
    /// The targets of the model, in its order.
    pub(in crate::theorem) targets: Vec<TargetLaw>,
    /// The relative error of whatever is made of this law.
    error: f64,
}

impl<'a> Law<'a> {
    pub(in crate::theorem) fn new(case: &'a Case<'a>) -> Option<Self> {
        let sensors = Sensors::new(case.subject.model, &case.subject.modalities)?;
        let cross = sensors.cross(0, 1);
        let gram = [&cross * cross.transpose(), cross.transpose() * &cross];
        let [(squares, left), (_, right)] = [eigen(&gram[0])?, eigen(&gram[1])?];
        let mut condition = sensors.condition;
        let mut towers = Vec::with_capacity(2);
        for m in 0..2 {
            let coordinates = sensors.encoder(m, case.encoders.weights(m));
            let outputs = Whitened::new(&(&coordinates * coordinates.transpose()), VANISHING)?;
            if outputs.whitener.nrows() != case.towers.rank(m) {
                return None;
            }
            condition = condition.max(outputs.condition);
            towers.push(symmetric_whitening(&coordinates, outputs.whitener.nrows())?);
        }
        let targets = sensors.targets()?;
        condition = targets.iter().map(|target| target.condition).fold(condition, f64::max);
        let angles = cross.nrows().min(cross.ncols());
        Some(Self {
            case,
            sensors,
            cross,
            directions: [left, right],
            squares: squares.into_iter().take(angles).collect(),
            towers: towers.try_into().ok()?,
            targets,
            error: relative_error(condition),
        })
    }

    pub(in crate::theorem) fn error(&self, size: f64) -> f64 {
        self.error * (1.0 + size.abs())
    }

    /// The error of a square root of the given size: dx/(2√x), or all of √error near zero.
    pub(in crate::theorem) fn root_error(&self, size: f64) -> f64 {
        root_error(self.error, size)
    }

    /// The same of a deviation in some unit.
    pub(in crate::theorem) fn deviation_error(&self, unit: f64, size: f64) -> f64 {
        unit * self.root_error(size / unit)
    }

    /// ρ_i (from 0).
    pub(in crate::theorem) fn correlation(&self, index: usize) -> Quad {
        self.squares.get(index).map_or(Quad::ZERO, |&square| root(square))
    }

    /// The leading canonical directions of modality m as an encoder, d × r_m.
    pub(in crate::theorem) fn canonical(&self, m: usize, dim: usize) -> PreciseMatrix {
        self.directions[m].columns(0, dim.min(self.directions[m].ncols())).transpose()
    }

    /// All of x̃_m as an encoder.
    pub(in crate::theorem) fn whole(&self, m: usize) -> PreciseMatrix {
        PreciseMatrix::identity(self.sensors.rank(m), self.sensors.rank(m))
    }

    /// What x̃_m sees of the other modality, r_m × r_n.
    pub(in crate::theorem) fn across(&self, m: usize) -> PreciseMatrix {
        if m == 0 { self.cross.clone() } else { self.cross.transpose() }
    }

    /// E(z_1 − z_2)(z_1 − z_2)ᵀ of the whitened encoders.
    pub(in crate::theorem) fn disagreement(&self) -> PreciseMatrix {
        self.disagreement_of([&self.towers[0], &self.towers[1]])
    }

    /// The same of any whitened encoders, d × r_m.
    pub(in crate::theorem) fn disagreement_of(&self, [first, second]: [&PreciseMatrix; 2]) -> PreciseMatrix {
        let cross = first * &self.cross * second.transpose();
        first * first.transpose() + second * second.transpose() - &cross - cross.transpose()
    }

    /// What whitened combinations of x̃_m (rows) say about something whose covariance with x̃_m, itself whitened, is given: the
    /// information in nats and its error. `None` when infinite.
    pub(in crate::theorem) fn information(&self, rows: &PreciseMatrix, seen: &PreciseMatrix) -> Option<Nats> {
        let visible = rows * seen;
        information(&(visible.transpose() * &visible), self.error)
    }

    /// The same of a target that need not be one of the model's.
    pub(in crate::theorem) fn said(&self, rows: &PreciseMatrix, m: usize, target: &TargetLaw) -> Option<Nats> {
        let visible = rows * &target.whitened[m];
        information(&(visible.transpose() * &visible), self.error.max(relative_error(target.condition)))
    }

    /// (TTᵀ)^½ for m = 0, (TᵀT)^½ for m = 1; from a singular value decomposition, so that small correlations keep their digits.
    pub(in crate::theorem) fn alignment(&self, m: usize) -> Option<PreciseMatrix> {
        let found = svd(&self.cross)?;
        let directions = if m == 0 { &found.left } else { &found.right };
        let scaled =
            PreciseMatrix::from_fn(directions.nrows(), directions.ncols(), |i, k| directions[(i, k)] * found.values[k]);
        Some(scaled * directions.transpose())
    }

    /// Σ_mm as it acts on whitened coordinates, r_m × r_m.
    pub(in crate::theorem) fn fidelity(&self, m: usize) -> PreciseMatrix {
        let root = self.sensors.root(m);
        root.transpose() * root
    }
}

/// The relative error of what is made of covariances of a condition number.
pub(in crate::theorem) fn relative_error(condition: f64) -> f64 {
    ROUNDING_UNITS * ROUNDING * condition
}

/// The error of a square root of the given size whose square has a relative error.
pub(in crate::theorem) fn root_error(relative: f64, size: f64) -> f64 {
    relative * (1.0 + size.abs()) / size.max(relative.sqrt())
}

/// Information, and its error.
pub(in crate::theorem) type Nats = (Quad, f64);

/// −½ Σ log(1 − λ) over the eigenvalues of a Gram matrix of cosines, and its error. `None` when infinite.
pub(in crate::theorem) fn information(gram: &PreciseMatrix, error: f64) -> Option<Nats> {
    let (squares, _) = eigen(gram)?;
    let mut sum = Quad::ZERO;
    let mut sensitivity = 1.0;
    for square in squares {
        let left = Quad::ONE - square;
        if left.0 < INDISTINCT {
            return None;
        }
        sum -= left.ln() * Quad::from_f64(0.5);
        sensitivity += left.0.recip();
    }
    Some((sum, error * sensitivity))
}

/// −½ log det of a Gram matrix, and how much faster than its largest eigenvalue's its relative error grows. `None` where it is singular.
pub(in crate::theorem) fn room(gram: &PreciseMatrix) -> Option<(f64, f64)> {
    let (squares, _) = eigen(gram)?;
    if squares.iter().any(|square| square.0 <= INDISTINCT) {
        return None;
    }
    let nats = squares.iter().fold(Quad::ZERO, |sum, square| sum - square.ln() * Quad::from_f64(0.5));
    Some((nats.0, squares.iter().map(|square| square.0.recip()).sum()))
}

/// The whitening of several modalities together, whose covariance over whitened coordinates is given.
pub(in crate::theorem) fn whitened_jointly(covariance: &PreciseMatrix) -> Option<Whitened> {
    Whitened::new(covariance, AMBIGUOUS_JOINTLY)
}

/// A covariance's whitening by eigenvalues.
pub(in crate::theorem) struct Whitened {
    /// rank × n.
    pub(in crate::theorem) whitener: PreciseMatrix,
    /// Largest over least eigenvalue that counts, of the correlation matrix.
    pub(in crate::theorem) condition: f64,
}

impl Whitened {
    /// `None` when an eigenvalue lies between zero and `least`, or below zero: singular or not, it can't be told.
    fn new(covariance: &PreciseMatrix, least: f64) -> Option<Self> {
        let n = covariance.nrows();
        let scale: Vec<Quad> = (0..n)
            .map(|i| if covariance[(i, i)].0 > 0.0 { Quad::ONE / root(covariance[(i, i)]) } else { Quad::ONE })
            .collect();
        let (values, vectors) = eigen(&PreciseMatrix::from_fn(n, n, |i, j| covariance[(i, j)] * scale[i] * scale[j]))?;
        let largest = values.first().map_or(0.0, |value| value.0);
        let rank = values.iter().filter(|value| value.0 > VANISHING * largest).count();
        if values.iter().any(|value| value.0.abs() > VANISHING * largest && value.0 < least * largest) {
            return None;
        }
        let condition = if rank == 0 { 1.0 } else { largest / values[rank - 1].0 };
        let whitener = PreciseMatrix::from_fn(rank, n, |i, j| vectors[(j, i)] * scale[j] / root(values[i]));
        Some(Self { whitener, condition })
    }
}

/// (C Cᵀ)^{+1/2} C: the symmetric whitening of an encoder C (d × r) over whitened coordinates, its polar factor. By one-sided rotations of the
/// outputs, so that a faint one keeps its digits beside a loud one.
/// `None` where it has fewer independent outputs than the given rank, or some fainter than 1e-30 of the loudest.
pub(in crate::theorem) fn symmetric_whitening(coordinates: &PreciseMatrix, rank: usize) -> Option<PreciseMatrix> {
    let found = svd(&coordinates.transpose())?;
    (found.values.len() >= rank).then(|| leading(&found.right, rank) * leading(&found.left, rank).transpose())
}

/// Orthonormal rows that span what an encoder C (d × r) does, rank × r, and the condition number of its outputs.
pub(in crate::theorem) fn orthonormal_rows(coordinates: &PreciseMatrix) -> Option<(PreciseMatrix, f64)> {
    let outputs = Whitened::new(&(coordinates * coordinates.transpose()), VANISHING)?;
    Some((outputs.whitener * coordinates, outputs.condition))
}

/// Eigenvalues (descending) and eigenvectors of a symmetric matrix, by cyclic Jacobi rotations (Golub, Van Loan, §8.5).
/// `None` on numbers that are not finite.
pub(in crate::theorem) fn eigen(matrix: &PreciseMatrix) -> Option<(Vec<Quad>, PreciseMatrix)> {
    let n = matrix.nrows();
    let mut a = matrix.clone();
    let mut vectors = PreciseMatrix::identity(n, n);
    let mut converged = false;
    for _ in 0..SWEEPS {
        converged = true;
        for p in 0..n {
            for q in p + 1..n {
                let (x, y, off) = (a[(p, p)], a[(q, q)], a[(p, q)]);
                if !off.is_finite() {
                    return None;
                }
                // Relative to the matrix, not to the pair: small eigenvalues of a covariance have absolute accuracy.
                if off.0.abs() <= 0.1 * ROUNDING * (x.0.abs() + y.0.abs()).max(f64::MIN_POSITIVE / ROUNDING) {
                    continue;
                }
                converged = false;
                let theta = (y - x) / (off + off);
                let magnitude = Quad::ONE / (theta.abs() + root(theta * theta + Quad::ONE));
                let tangent = if theta.0 < 0.0 { -magnitude } else { magnitude };
                let cosine = Quad::ONE / root(tangent * tangent + Quad::ONE);
                let sine = tangent * cosine;
                for i in 0..n {
                    let (u, v) = (a[(i, p)], a[(i, q)]);
                    a[(i, p)] = cosine * u - sine * v;
                    a[(i, q)] = sine * u + cosine * v;
                }
                for i in 0..n {
                    let (u, v) = (a[(p, i)], a[(q, i)]);
                    a[(p, i)] = cosine * u - sine * v;
                    a[(q, i)] = sine * u + cosine * v;
                    let (u, v) = (vectors[(i, p)], vectors[(i, q)]);
                    vectors[(i, p)] = cosine * u - sine * v;
                    vectors[(i, q)] = sine * u + cosine * v;
                }
                (a[(p, q)], a[(q, p)]) = (Quad::ZERO, Quad::ZERO);
            }
        }
        if converged {
            break;
        }
    }
    if !converged || (0..n).any(|i| !a[(i, i)].is_finite()) {
        return None;
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[(j, j)].0.total_cmp(&a[(i, i)].0));
    let sorted = PreciseMatrix::from_fn(n, n, |i, j| vectors[(i, order[j])]);
    Some((order.into_iter().map(|i| a[(i, i)]).collect(), sorted))
}

/// ‖A‖²_F.
pub(in crate::theorem) fn square_sum(matrix: &PreciseMatrix) -> Quad {
    matrix.iter().fold(Quad::ZERO, |sum, &entry| sum + entry * entry)
}

/// [A; B].
pub(in crate::theorem) fn stacked(above: &PreciseMatrix, below: &PreciseMatrix) -> PreciseMatrix {
    let rows = above.nrows();
    PreciseMatrix::from_fn(rows + below.nrows(), above.ncols(), |i, j| {
        if i < rows { above[(i, j)] } else { below[(i - rows, j)] }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_have_thirty_digits() {
        // [[2, 1], [1, 2]] ⊕ [1e-20]: 3, 1, 1e-20.
        let matrix = lift(&Matrix::from_row_slice(3, 3, &[2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 1e-20]));
        let (values, vectors) = eigen(&matrix).expect("finite");
        for (value, expected) in values.iter().zip([3.0, 1.0, 1e-20]) {
            assert!(((*value - Quad::from_f64(expected)).0 / expected).abs() < 1e-29, "{value:?}");
        }
        let residual = &matrix * &vectors - &vectors * PreciseMatrix::from_diagonal(&values.clone().into());
        assert!(residual.iter().all(|entry| entry.0.abs() < 1e-30));
        let orthogonality = vectors.transpose() * &vectors - PreciseMatrix::identity(3, 3);
        assert!(orthogonality.iter().all(|entry| entry.0.abs() < 1e-30));
    }

    #[test]
    fn whitening_survives_a_condition_number_of_ten_to_the_twenty() {
        // Cov(x, x + 1e-10 u): the difference of the channels carries u.
        let tiny = Quad::from_f64(1e-10);
        let loading = PreciseMatrix::from_row_slice(2, 2, &[Quad::ONE, Quad::ZERO, Quad::ONE, tiny]);
        let covariance = &loading * loading.transpose();
        let whitened = Whitened::new(&covariance, VANISHING).expect("regular");
        assert_eq!(whitened.whitener.nrows(), 2);
        let identity = &whitened.whitener * covariance * whitened.whitener.transpose() - PreciseMatrix::identity(2, 2);
        assert!(identity.iter().all(|entry| entry.0.abs() < 1e-10), "{identity:?}");
    }

    #[test]
    fn a_covariance_that_is_singular_up_to_double_rounding_is_refused() {
        let covariance = lift(&Matrix::from_row_slice(2, 2, &[1.0, 1.0 - f64::EPSILON, 1.0 - f64::EPSILON, 1.0]));
        assert!(Whitened::new(&covariance, AMBIGUOUS).is_none());
        assert!(Whitened::new(&covariance, VANISHING).is_some());
    }
}
