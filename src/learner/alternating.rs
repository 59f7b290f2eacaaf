//! The joint remedy: the maximiser of `alignment-fidelity`, found by alternation and certified by an upper bound.

use super::trade_off::{Certificate, TradeOff};
use super::uniqueness::{Freedom, TIE_UNITS, Ties, Uniqueness};
use super::{ClosedForm, Learned, LearnerError};
use crate::linalg::{LinalgError, Matrix, polar_factor, product, product_tn, svd, symmetric_eigen};
use crate::objective::AlignmentFidelity;
use crate::random::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;

/// How much effort the alternation spends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Random starts, in addition to the canonical, the principal and the certificate's directions. On 180 models of
    /// every kind these three always contained the best of nine; random starts are insurance.
    pub random_starts: u64,
    /// Sweeps after which a start is abandoned: [`Convergence::SweepLimit`].
    pub sweep_limit: usize,
    /// A sweep that gains less than this fraction of the value is quiet; three quiet sweeps in a row end a start.
    pub tolerance: f64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { random_starts: 2, sweep_limit: 5000, tolerance: 1e-14 }
    }
}

/// How a start ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convergence {
    /// The value no longer changes.
    Converged,
    /// The sweeps ran out first. The value is still attained, and the bound still holds.
    SweepLimit,
}

/// Where the best encoders came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The canonical directions: the maximiser at λ = 0.
    Canonical,
    /// The principal components: the maximiser at λ = 1.
    Principal,
    /// The eigenvectors of the certificate: the maximiser of symmetric models.
    Certificate,
    /// The maximiser at the neighbouring λ.
    Warm,
    /// A random start.
    Random,
}

/// Encoders with a certificate of how far they can be from the optimum.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The encoders, with rows by descending contribution to the value.
    pub learned: Learned,
    /// J_λ at the encoders, in whitened coordinates.
    pub value: f64,
    /// An upper bound for all whitened encoders: KyFan + KyFan of theorem `fidelity-threshold`.
    pub bound: f64,
    /// J_λ at the best start and after each of its sweeps; non-decreasing.
    pub ascent: Vec<f64>,
    /// How the best start ended.
    pub outcome: Convergence,
    /// Which start was best.
    pub start: Start,
}

impl Certified {
    /// bound − value: the encoders are within this of the optimum. Rounding may make it slightly negative.
    pub fn gap(&self) -> f64 {
        self.bound - self.value
    }

    /// The gap as a fraction of the bound, or 0 if the bound is 0.
    pub fn relative_gap(&self) -> f64 {
        if self.bound == 0.0 { 0.0 } else { self.gap() / self.bound }
    }
}

/// A gap below this fraction of the bound is rounding: the encoders are optimal, and no other start is tried.
pub(crate) const CERTIFIED: f64 = 1e-12;

/// Quiet sweeps in a row that end a start: an extrapolated sweep can be quiet by chance.
const QUIET: usize = 3;

/// The fraction of the smallest eigenvalue of Σ_mm that a sweep removes: λ(Σ_mm − c·I) stays positive definite, so
/// sweeps stay monotone and contract faster.
const SHIFT: f64 = 0.99;

/// One start and its outcome.
struct Ascent {
    coordinates: [Matrix; 2],
    values: Vec<f64>,
    outcome: Convergence,
    start: Start,
}

impl Ascent {
    fn value(&self) -> f64 {
        self.values[self.values.len() - 1]
    }
}

/// The problem at one λ and d.
struct Alternation<'a> {
    trade_off: &'a TradeOff<'a>,
    lambda: f64,
    /// [`SHIFT`] times the smallest eigenvalue of each Σ_mm.
    shifts: [f64; 2],
    effort: Effort,
}

impl ClosedForm<'_> {
    /// The maximiser of `alignment-fidelity` with d = `dim` outputs, from several starts, with a certificate.
    ///
    /// Exact at λ = 0 (`cca`), at λ = 1 (the principal components of each modality, rotated into alignment: the limit λ
    /// → 1), and wherever the gap is rounding; elsewhere a local maximum, at most the gap below the optimum.
    ///
    /// # Errors
    /// [`LearnerError::Dimension`], [`LearnerError::Linalg`].
    pub fn alignment_fidelity(
        &self,
        objective: AlignmentFidelity,
        dim: usize,
        effort: Effort,
    ) -> Result<Certified, LearnerError> {
        Ok(self.alignment_fidelity_path(&[objective], dim, effort)?.remove(0))
    }

    /// The maximisers along a grid of λ; each also starts from its predecessor's solution.
    ///
    /// # Errors
    /// As [`ClosedForm::alignment_fidelity`].
    pub fn alignment_fidelity_path(
        &self,
        objectives: &[AlignmentFidelity],
        dim: usize,
        effort: Effort,
    ) -> Result<Vec<Certified>, LearnerError> {
        self.check(dim)?;
        let trade_off = TradeOff::new(self.pair());
        let Learned { coordinates: canonical, uniqueness: canonical_uniqueness, .. } = self.canonical(dim)?;
        let spectra = [trade_off.fidelity_spectrum(0)?, trade_off.fidelity_spectrum(1)?];
        let principal = facing(&trade_off, [0, 1].map(|m| leading(&spectra[m].vectors, dim)))?;
        let shifts = [0, 1].map(|m| SHIFT * spectra[m].values.last().map_or(0.0, |&smallest| smallest.max(0.0)));
        let mut path: Vec<Certified> = Vec::with_capacity(objectives.len());
        for objective in objectives {
            let lambda = objective.lambda();
            let problem = Alternation { trade_off: &trade_off, lambda, shifts, effort };
            let certificate = trade_off.certificate(lambda, dim)?;
            let best = if lambda <= 0.0 {
                problem.finished(canonical.clone(), Start::Canonical)
            } else if lambda >= 1.0 {
                problem.finished(principal.clone(), Start::Principal)
            } else {
                let warm = path.last().map(|previous| previous.learned.coordinates.clone());
                let starts = warm
                    .map(|start| Ok((start, Start::Warm)))
                    .into_iter()
                    .chain([
                        facing(&trade_off, [0, 1].map(|m| leading(&certificate.directions[m], dim)))
                            .map(|start| (start, Start::Certificate)),
                        Ok((canonical.clone(), Start::Canonical)),
                        Ok((principal.clone(), Start::Principal)),
                    ])
                    .chain((0..effort.random_starts).map(|index| Ok((self.random_start(index, dim)?, Start::Random))));
                problem.turned(problem.best(starts, &certificate)?)?
            };
            let uniqueness = if lambda <= 0.0 {
                canonical_uniqueness.clone()
            } else if lambda >= 1.0 {
                self.principal_uniqueness(dim)?
            } else {
                uniqueness(&certificate, best.value(), self.pair().zero())
            };
            path.push(Certified {
                value: best.value(),
                bound: certificate.bound,
                learned: self.learned(&best.coordinates, dim, uniqueness),
                ascent: best.values,
                outcome: best.outcome,
                start: best.start,
            });
        }
        Ok(path)
    }

    /// Orthonormalised Gaussian columns, seeded.
    fn random_start(&self, index: u64, dim: usize) -> Result<[Matrix; 2], LinalgError> {
        let mut generator =
            Stream { seed: self.seed(), experiment: "alternating start", cell: index, replicate: 0 }.generator();
        let mut draw = |rows: usize| polar_factor(&Matrix::from_fn(rows, dim, |_, _| generator.sample(StandardNormal)));
        let [first, second] = self.pair().ranks();
        Ok([draw(first)?, draw(second)?])
    }
}

impl Alternation<'_> {
    fn value(&self, [first, second]: &[Matrix; 2]) -> f64 {
        self.trade_off.value(self.lambda, [first, second])
    }

    /// The best of the starts, each run to convergence; a certified one ends the search.
    fn best(
        &self,
        starts: impl Iterator<Item = Result<([Matrix; 2], Start), LinalgError>>,
        certificate: &Certificate,
    ) -> Result<Ascent, LinalgError> {
        let mut best: Option<Ascent> = None;
        for start in starts {
            let (coordinates, name) = start?;
            let ascent = self.ascend(coordinates, name)?;
            if best.as_ref().is_none_or(|best| ascent.value() > best.value()) {
                best = Some(ascent);
            }
            let reached = best.as_ref().map_or(f64::NEG_INFINITY, Ascent::value);
            if certificate.bound - reached <= CERTIFIED * certificate.bound.abs() {
                break;
            }
        }
        Ok(best.expect("the certificate's directions are always a start"))
    }

    /// Sweeps until nothing changes. Each sweep starts from an extrapolation of the last two (Nesterov's momentum); if
    /// that loses value, a plain sweep, which cannot lose, replaces it and the momentum restarts.
    fn ascend(&self, start: [Matrix; 2], name: Start) -> Result<Ascent, LinalgError> {
        let mut values = vec![self.value(&start)];
        let mut previous = start.clone();
        let mut current = start;
        let (mut momentum, mut quiet) = (1.0_f64, 0);
        let mut outcome = Convergence::SweepLimit;
        while values.len() <= self.effort.sweep_limit {
            let value = values[values.len() - 1];
            let grown = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
            let share = (momentum - 1.0) / grown;
            momentum = grown;
            let ahead = [0, 1].map(|m| &current[m] + (&current[m] - &previous[m]) * share);
            let mut next = self.sweep(&ahead)?;
            let mut reached = self.value(&next);
            if reached < value {
                momentum = 1.0;
                next = self.sweep(&current)?;
                reached = self.value(&next);
            }
            if reached < value {
                // A plain sweep loses only by rounding.
                outcome = Convergence::Converged;
                break;
            }
            previous = std::mem::replace(&mut current, next);
            values.push(reached);
            quiet = if reached - value <= self.effort.tolerance * reached.abs() { quiet + 1 } else { 0 };
            if quiet == QUIET {
                outcome = Convergence::Converged;
                break;
            }
        }
        Ok(Ascent { coordinates: current, values, outcome, start: name })
    }

    /// P_1 ← polar((1−λ)TP_2 + λΣ11P_1), then P_2 likewise. J_λ is convex in each encoder, so the maximiser of its
    /// tangent is no worse.
    fn sweep(&self, coordinates: &[Matrix; 2]) -> Result<[Matrix; 2], LinalgError> {
        let mut next = coordinates.clone();
        for m in 0..2 {
            let tangent = self.trade_off.half_gradient(self.lambda, m, &next);
            next[m] = polar_factor(&(tangent - &next[m] * (self.lambda * self.shifts[m])))?;
        }
        Ok(next)
    }

    /// Rotates both encoders together, which leaves J_λ unchanged, so that each pair of rows contributes separately, in
    /// descending order.
    fn turned(&self, mut ascent: Ascent) -> Result<Ascent, LinalgError> {
        let [first, second] = &ascent.coordinates;
        let contributions = product_tn(first, &self.trade_off.half_gradient(self.lambda, 0, &ascent.coordinates))
            + product_tn(second, &self.trade_off.half_gradient(self.lambda, 1, &ascent.coordinates));
        // Symmetric at a stationary point; the asymmetry left by convergence is averaged away.
        let symmetric = (&contributions + contributions.transpose()) * 0.5;
        let mut rotation = symmetric_eigen(&symmetric)?.vectors;
        let turned = product(first, &rotation);
        for (index, column) in turned.column_iter().enumerate() {
            if column[column.iamax()] < 0.0 {
                rotation.column_mut(index).neg_mut();
            }
        }
        ascent.coordinates = [product(first, &rotation), product(second, &rotation)];
        Ok(ascent)
    }

    /// Encoders that need no sweep.
    fn finished(&self, coordinates: [Matrix; 2], start: Start) -> Ascent {
        let values = vec![self.value(&coordinates)];
        Ascent { coordinates, values, outcome: Convergence::Converged, start }
    }
}

/// Whether a value that attains its bound is attained by other encoders: every maximiser spans the leading eigenvectors
/// of both matrices of the certificate, which are determined if the d-th eigenvalue is separated from the next. A value
/// below its bound has no such certificate.
fn uniqueness(certificate: &Certificate, value: f64, zero: f64) -> Uniqueness {
    let short = certificate.bound - value;
    if short > CERTIFIED * certificate.bound.abs() {
        return Uniqueness::Unknown(format!(
            "the maximum is certified only to within {:.1e} of its bound",
            short / certificate.bound.abs()
        ));
    }
    let [first, second] = certificate.gaps.map(|gap| gap > TIE_UNITS * zero);
    match (first, second) {
        (true, true) => Uniqueness::Unique,
        (false, false) => Uniqueness::Tied(Ties {
            reason: format!(
                "the last direction kept and the first one dropped contribute equally, to within {:.1e} of the largest",
                TIE_UNITS * zero
            ),
            freedom: [Freedom::Unknown, Freedom::Unknown],
        }),
        _ => Uniqueness::Unknown("directions of one encoder tie in the bound that certifies the maximum".into()),
    }
}

/// Two encoders found separately, rotated within their spans to maximise tr(P_1ᵀTP_2).
fn facing(trade_off: &TradeOff, [first, second]: [Matrix; 2]) -> Result<[Matrix; 2], LinalgError> {
    let svd = svd(&product_tn(&first, &trade_off.across(0, &second)))?;
    Ok([product(&first, &svd.left), product(&second, &svd.right)])
}

/// The first d columns, padded with zero columns if there are fewer.
fn leading(matrix: &Matrix, dim: usize) -> Matrix {
    matrix.columns(0, dim.min(matrix.ncols())).into_owned().resize_horizontally(dim, 0.0)
}
