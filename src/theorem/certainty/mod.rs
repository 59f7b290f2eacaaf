//! Numerical certainty: borderline claims are judged again, in double-double precision and by another route.
//!
//! The engine works on factors in double precision with an a-priori error bound. Here everything is recomputed from dense
//! covariances in 106-bit arithmetic, with no factor and no angle: eigenvalue whitening, Gram matrices, log-determinants.
//! Slower by orders of magnitude, and plain enough to check by eye. A covariance's condition number costs its full
//! value here, not its square root, but 32 digits can pay for that up to κ = 10²⁴.
//!
//! What it does not do: judge what no double-double covariance can, such as an infinite information. There the verdict of
//! the engine stands.

mod hermite;
mod infonce_gap;
mod privacy;

use super::{Case, Clause, Finding, Status};
use crate::linalg::Matrix;
use crate::linalg::precise::{PreciseMatrix, lift, square_root as root};
use qd::Quad;

/// Unit rounding of double-double arithmetic.
const ROUNDING: f64 = 5e-32;
/// Errors of sums and products over a few dozen terms and of the eigenvalue iteration, in units of rounding times κ.
const ROUNDING_UNITS: f64 = 1e4;
/// Eigenvalues of a correlation matrix below this count as zero: far above rounding, far below what doubles resolve.
const VANISHING: f64 = 1e-26;
/// A covariance that was given as a matrix of doubles is semidefinite up to their rounding only: an eigenvalue between
/// [`VANISHING`] and this could be zero or not.
const AMBIGUOUS: f64 = 1e-13;
/// Sweeps of the eigenvalue iteration; it converges quadratically and needs about eight.
const SWEEPS: usize = 60;
/// A claim that is on the wrong side by more than this share of its error bound is borderline.
const BORDERLINE: f64 = 0.1;
/// Theorems whose precise claims are about the exact canonical directions, whatever encoders the engine calls canonical.
const ABOUT_CANONICAL: [&str; 3] = ["alignment-floor", "leakage", "sufficiency"];
/// Theorems about targets that are private to a modality.
const ABOUT_PRIVATE: [&str; 3] = ["capacity", "leakage", "multimodal"];
/// There the two routes may differ by this many of the engine's error bounds, which are estimates: more is no rounding.
const SAME: f64 = 1e3;
/// 1 − ρ² and ρ² below this are not told from zero after a conditioning loss of 10⁸.
const INDISTINCT: f64 = 1e-22;

/// Judges the borderline claims of a finding again; says whether there were any that could be.
///
/// A claim is borderline when the engine calls it violated or inconclusive, or when it is on the wrong side by more than a
/// tenth of its error bound. A theorem without a precise route keeps its finding. So does a claim about canonical encoders of which the
/// two routes differ by more than rounding: it is judged here for the exact ones, which must not hide that the engine's are others.
pub fn settle(id: &str, case: &Case, finding: Finding) -> (Finding, bool) {
    let Finding::Checked(mut clauses) = finding else { return (finding, false) };
    if !clauses.iter().any(is_borderline) {
        return (Finding::Checked(clauses), false);
    }
    let precise = match judged_again(id, case) {
        Some(Finding::Checked(precise)) => precise,
        Some(Finding::Inapplicable(reason)) => return (Finding::Inapplicable(reason), true),
        None => Vec::new(),
    };
    let mut again = false;
    for clause in clauses.iter_mut().filter(|clause| is_borderline(clause)) {
        let same = |other: &&Clause| other.label == clause.label && other.relation == clause.relation;
        if let Some(better) =
            precise.iter().find(same).filter(|better| !ABOUT_CANONICAL.contains(&id) || agree(clause, better))
        {
            *clause = better.clone();
            again = true;
        }
    }
    if ABOUT_PRIVATE.contains(&id) && clauses.iter().any(|clause| clause.status() != Status::Holds) {
        let before = clauses.len();
        clauses = privacy::without_refuted_hypotheses(case, clauses.clone()).unwrap_or(clauses);
        again |= clauses.len() < before;
        if clauses.is_empty() {
            return (Finding::Inapplicable("the targets are private to a modality up to rounding only".into()), true);
        }
    }
    (Finding::Checked(clauses), again)
}

/// What a theorem finds in double-double precision: its claims, or why its hypotheses do not hold there. `None` without such a route.
pub fn judged_again(id: &str, case: &Case) -> Option<Finding> {
    match id {
        "hermite" => hermite::judged_again(case),
        "infonce-gap" => infonce_gap::judged_again(case),
        _ => precise_clauses(id, case).map(Finding::Checked),
    }
}

/// Whether both sides are the same up to rounding.
fn agree(engine: &Clause, precise: &Clause) -> bool {
    let near = |a: f64, b: f64| a.total_cmp(&b).is_eq() || (a - b).abs() <= SAME * (engine.error + precise.error);
    near(engine.lhs, precise.lhs) && near(engine.rhs, precise.rhs)
}

fn is_borderline(clause: &Clause) -> bool {
    clause.status() != Status::Holds || clause.slack() < -BORDERLINE * clause.error
}

/// The claims of a theorem in double-double precision, with the labels of the theorem; `None` where there is no such route:
/// another theorem, or covariances that are singular up to the rounding of their entries.
///
/// Claims about canonical encoders are about the exact canonical directions, not about the rounded weights of the case.
pub fn precise_clauses(id: &str, case: &Case) -> Option<Vec<Clause>> {
    let claims = match id {
        "alignment-floor" => alignment_floor,
        "capacity" => capacity,
        "correlation" => correlation,
        "leakage" => leakage,
        "lipschitz" => lipschitz,
        "perfect-alignment" => perfect_alignment,
        "sufficiency" => sufficiency,
        _ => return None,
    };
    claims(&Law::new(case)?)
}

/// The joint law of two modalities and the targets, in whitened coordinates x̃_m.
struct Law<'a> {
    case: &'a Case<'a>,
    /// T = Cov(x̃_1, x̃_2), r_1 × r_2.
    cross: PreciseMatrix,
    /// Canonical directions of each modality, r_m × r_m, by descending ρ_i.
    directions: [PreciseMatrix; 2],
    /// ρ_i², descending, min(r_1, r_2) of them.
    squares: Vec<Quad>,
    /// Encoders over x̃_m, symmetrically whitened: d × r_m.
    towers: [PreciseMatrix; 2],
    targets: Vec<TargetLaw>,
    /// The relative error of whatever is made of this law.
    error: f64,
}

/// A target over whitened coordinates.
struct TargetLaw {
    name: String,
    /// tr Σ_yy.
    variance: Quad,
    /// Cov(x̃_m, y), r_m × q.
    seen: [PreciseMatrix; 2],
    /// Cov(x̃_m, ỹ) with the whitened target, r_m × rank(Σ_yy).
    whitened: [PreciseMatrix; 2],
}

impl<'a> Law<'a> {
    fn new(case: &'a Case<'a>) -> Option<Self> {
        let subject = case.subject;
        let model = subject.model;
        let latent = lift(&model.latent_covariance());
        let mut least = if model.given_covariance().is_some() { AMBIGUOUS } else { VANISHING };
        let loadings = subject.modalities.map(|m| {
            let modality = &model.modalities()[m];
            let mut loading = Matrix::zeros(modality.shared_loading.nrows(), model.latents());
            loading.columns_mut(0, model.shared()).copy_from(&modality.shared_loading);
            let range = model.private_range(m);
            loading.columns_mut(range.start, range.len()).copy_from(&modality.private_loading);
            lift(&loading)
        });
        let covariances = [0, 1].map(|m| {
            let noise = &model.modalities()[subject.modalities[m]].noise;
            if matches!(noise, crate::model::Noise::Full(_)) {
                least = AMBIGUOUS;
            }
            &loadings[m] * &latent * loadings[m].transpose() + lift(&noise.covariance(loadings[m].nrows()))
        });
        let [first, second] = &covariances;
        let (first, second) = (Whitened::new(first, least)?, Whitened::new(second, least)?);
        let mut condition = first.condition.max(second.condition);
        let whiteners = [first.whitener, second.whitener];
        let cross = &whiteners[0] * &loadings[0] * &latent * loadings[1].transpose() * whiteners[1].transpose();
        let gram = [&cross * cross.transpose(), cross.transpose() * &cross];
        let [(squares, left), (_, right)] = [eigen(&gram[0])?, eigen(&gram[1])?];

        let mut towers = Vec::with_capacity(2);
        for m in 0..2 {
            let coordinates = lift(case.encoders.weights(m)) * &covariances[m] * whiteners[m].transpose();
            let outputs = Whitened::new(&(&coordinates * coordinates.transpose()), VANISHING)?;
            if outputs.whitener.nrows() != case.towers.rank(m) {
                return None;
            }
            condition = condition.max(outputs.condition);
            towers.push(symmetric_whitening(&coordinates)?);
        }
        // The targets of the model, and after them the shared factors themselves.
        let mut targets: Vec<(String, Matrix, Matrix)> = model
            .targets()
            .iter()
            .map(|target| {
                (target.name.clone(), target.loading.clone(), target.noise.covariance(target.loading.nrows()))
            })
            .collect();
        let k = model.shared();
        targets.push((String::new(), Matrix::identity(k, model.latents()), Matrix::zeros(k, k)));
        let mut laws = Vec::with_capacity(targets.len());
        for (name, loading, noise) in targets {
            let loading = lift(&loading);
            let covariance = &loading * &latent * loading.transpose() + lift(&noise);
            let own = Whitened::new(&covariance, least)?;
            condition = condition.max(own.condition);
            let seen = [0, 1].map(|m| &whiteners[m] * &loadings[m] * &latent * loading.transpose());
            let whitened = [0, 1].map(|m| &seen[m] * own.whitener.transpose());
            laws.push(TargetLaw { name, variance: covariance.trace(), seen, whitened });
        }
        let angles = cross.nrows().min(cross.ncols());
        Some(Self {
            case,
            cross,
            directions: [left, right],
            squares: squares.into_iter().take(angles).collect(),
            towers: towers.try_into().ok()?,
            targets: laws,
            error: ROUNDING_UNITS * ROUNDING * condition,
        })
    }

    fn error(&self, size: f64) -> f64 {
        self.error * (1.0 + size.abs())
    }

    /// The error of a square root of the given size: dx/(2√x), or all of √error near zero.
    fn root_error(&self, size: f64) -> f64 {
        self.error(size) / size.max(self.error.sqrt())
    }

    /// ρ_i (from 0).
    fn correlation(&self, index: usize) -> Quad {
        self.squares.get(index).map_or(Quad::ZERO, |&square| root(square))
    }

    /// The leading canonical directions of modality m as an encoder, d × r_m.
    fn canonical(&self, m: usize, dim: usize) -> PreciseMatrix {
        self.directions[m].columns(0, dim.min(self.directions[m].ncols())).transpose()
    }

    /// E(z_1 − z_2)(z_1 − z_2)ᵀ of the whitened encoders.
    fn disagreement(&self) -> PreciseMatrix {
        let own = |m: usize| &self.towers[m] * self.towers[m].transpose();
        let cross = &self.towers[0] * &self.cross * self.towers[1].transpose();
        own(0) + own(1) - &cross - cross.transpose()
    }

    /// What whitened combinations of x̃_m (rows) say of something whose covariance with x̃_m, itself whitened, is given: the
    /// information in nats and its error. `None` when infinite.
    fn information(&self, rows: &PreciseMatrix, seen: &PreciseMatrix) -> Option<(f64, f64)> {
        let visible = rows * seen;
        information(&(visible.transpose() * &visible), self.error)
    }
}

/// −½ Σ log(1 − λ) over the eigenvalues of a Gram matrix of cosines, and its error.
fn information(gram: &PreciseMatrix, error: f64) -> Option<(f64, f64)> {
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
    Some((sum.0, error * sensitivity))
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all theorems")]
fn alignment_floor(law: &Law) -> Option<Vec<Clause>> {
    let dim = law.case.dim();
    let two = Quad::from_f64(2.0);
    let floor = (0..dim).fold(Quad::ZERO, |sum, i| sum + two * (Quad::ONE - law.correlation(i)));
    let error = law.root_error(0.0).max(law.error(dim as f64));
    // An uncorrelated direction is as far from any other as from its own: 2.
    let canonical = law.canonical(0, dim) * &law.cross;
    let attained = (0..dim).fold(Quad::ZERO, |sum, i| {
        let seen = if i < canonical.nrows() {
            root(canonical.row(i).iter().fold(Quad::ZERO, |s, &x| s + x * x))
        } else {
            Quad::ZERO
        };
        sum + two * (Quad::ONE - seen)
    });
    Some(vec![
        Clause::at_most("alignment error", floor.0, law.disagreement().trace().0, error),
        Clause::equal("CCA attains the floor", floor.0, attained.0, error),
    ])
}

fn capacity(law: &Law) -> Option<Vec<Clause>> {
    let mut clauses = Vec::new();
    for entry in law.case.capacities.iter().filter(|entry| law.case.towers.rank(entry.encoder) > 0) {
        let (m, target) = (entry.encoder, &law.targets[entry.target]);
        let tower = &law.towers[m];
        let predicted = if m == 0 { tower * &law.cross } else { tower * law.cross.transpose() };
        let explained = tower * &target.whitened[m];
        let sum = &predicted * predicted.transpose() + &explained * explained.transpose();
        let name = format!("z{} and {}", m + 1, target.name);
        let rank = law.case.towers.rank(m) as f64;
        clauses.push(Clause::at_most(format!("traces of {name}"), sum.trace().0, rank, law.error(rank)));
        let largest = eigen(&sum)?.0[0].0;
        clauses.push(Clause::at_most(format!("largest eigenvalue of {name}"), largest, 1.0, law.error(1.0)));
        let aligned = eigen(&(&predicted * predicted.transpose()))?.0;
        let aligned = &aligned[..law.case.towers.rank(m).min(aligned.len())];
        if let Some((said, error)) = law.information(tower, &target.whitened[m])
            && aligned.iter().all(|square| square.0 > INDISTINCT)
        {
            let bound = aligned.iter().fold(Quad::ZERO, |sum, square| sum - square.ln() * Quad::from_f64(0.5));
            let sensitivity: f64 = aligned.iter().map(|square| square.0.recip()).sum();
            let label = format!("information of {name}");
            clauses.push(Clause::at_most(label, said, bound.0, error + law.error(sensitivity)));
        }
    }
    Some(clauses)
}

fn correlation(law: &Law) -> Option<Vec<Clause>> {
    if !law.case.has_full_rank() {
        return None;
    }
    let disagreement = root(eigen(&law.disagreement())?.0[0]).0;
    let mut clauses = Vec::new();
    for target in law.targets.iter().filter(|target| target.seen[0].ncols() == 1) {
        for m in 0..2 {
            let share = |seen: &PreciseMatrix| root(square_sum(seen) / target.variance).0;
            let lhs = share(&(&law.towers[m] * &target.seen[m]));
            let other = share(&target.seen[1 - m]);
            let error = [lhs, other, disagreement].into_iter().map(|size| law.root_error(size)).sum();
            clauses.push(Clause::at_most(
                format!("z{} about {}", m + 1, target.name),
                lhs,
                other + disagreement,
                error,
            ));
        }
    }
    Some(clauses)
}

/// At the L where the engine's convex bound is least to double precision; the claim holds at every L.
fn lipschitz(law: &Law) -> Option<Vec<Clause>> {
    let epsilon = root(law.disagreement().trace());
    let mut clauses = Vec::new();
    for target in law.model_targets() {
        for m in 0..2 {
            let regression = &law.towers[m] * &target.seen[m];
            let (squares, _) = eigen(&(regression.transpose() * &regression))?;
            let slopes: Vec<Quad> = squares.into_iter().map(root).collect();
            let mmse = target.variance - square_sum(&regression);
            let side = |steepness: f64| {
                let steepness = Quad::from_f64(steepness);
                let excess = slopes.iter().fold(Quad::ZERO, |sum, &slope| {
                    let beyond = slope - steepness;
                    if beyond.0 > 0.0 { sum + beyond * beyond } else { sum }
                });
                root(mmse + excess) + steepness * epsilon
            };
            let (mut low, mut high) = (0.0, slopes.first().map_or(0.0, |slope| slope.0));
            for _ in 0..80 {
                let [a, b] = [(2.0 * low + high) / 3.0, (low + 2.0 * high) / 3.0];
                if side(a) < side(b) { high = b } else { low = a }
            }
            let least = side(f64::midpoint(low, high)).0;
            let sigma = root(target.variance - square_sum(&target.seen[1 - m])).0;
            let scale = target.variance.0.max(1.0);
            let error = scale * (law.root_error(sigma) + law.root_error(least) + law.root_error(epsilon.0));
            clauses.push(Clause::at_most(format!("z{} about {}", m + 1, target.name), sigma, least, error));
        }
    }
    Some(clauses)
}

fn leakage(law: &Law) -> Option<Vec<Clause>> {
    if !law.case.is_canonical() {
        return None;
    }
    let mut clauses = Vec::new();
    for entry in &law.case.capacities {
        let (m, target) = (entry.encoder, &law.targets[entry.target]);
        let rank = law.case.towers.rank(m);
        let Some(least) = law.squares.get(rank.saturating_sub(1)).filter(|square| square.0 > INDISTINCT) else {
            continue;
        };
        let bound = (0..rank).fold(Quad::ZERO, |sum, i| sum - law.correlation(i).ln());
        let Some((kept, error)) = law.information(&law.canonical(m, rank), &target.whitened[m]) else { continue };
        let label = format!("z{} about {}", m + 1, target.name);
        clauses.push(Clause::at_most(label, kept, bound.0, error + law.error(least.0.recip())));
    }
    Some(clauses)
}

fn sufficiency(law: &Law) -> Option<Vec<Clause>> {
    if !law.case.is_canonical() {
        return None;
    }
    let identity = |m: usize| PreciseMatrix::identity(law.directions[m].nrows(), law.directions[m].nrows());
    let dim = law.case.dim();
    let mut clauses = Vec::new();
    let beyond = law.squares.iter().skip(dim).fold(Quad::ZERO, |sum, &square| sum - (Quad::ONE - square).ln());
    for m in 0..2 {
        let seen = if m == 0 { law.cross.clone() } else { law.cross.transpose() };
        let Some((all, all_error)) = law.information(&identity(m), &seen) else { continue };
        let Some((kept, kept_error)) = law.information(&law.canonical(m, dim), &seen) else { continue };
        let label = format!("cross-modal loss of z{}", m + 1);
        clauses.push(Clause::equal(label, all - kept, 0.5 * beyond.0, all_error + kept_error));
    }
    let shared = law.targets.last()?;
    let rank = law.squares.iter().filter(|square| square.0 > INDISTINCT).count();
    for m in 0..2 {
        if let Some((all, all_error)) = law.information(&identity(m), &shared.whitened[m])
            && let Some((kept, kept_error)) = law.information(&law.canonical(m, rank), &shared.whitened[m])
        {
            let (error, z) = (all_error + kept_error, m + 1);
            clauses.push(Clause::equal(format!("loss of z{z} about the shared factors"), all - kept, 0.0, error));
            clauses.push(Clause::equal(format!("information of z{z} about the shared factors"), kept, all, error));
        }
    }
    Some(clauses)
}

/// Of the part of z_1 that both modalities determine; the weights as written agree up to the rounding of doubles only.
fn perfect_alignment(law: &Law) -> Option<Vec<Clause>> {
    let common = law.squares.iter().filter(|square| (Quad::ONE - **square).0 < INDISTINCT).count();
    let directions = law.canonical(0, common);
    let shared = symmetric_whitening(&(&law.towers[0] * directions.transpose()))?;
    let rank = eigen(&(&shared * shared.transpose()))?.0.iter().filter(|value| value.0 > 0.5).count();
    if rank != law.case.towers.rank(0) {
        return None;
    }
    let tower = shared * directions;
    let identity = |m: usize| PreciseMatrix::identity(law.directions[m].nrows(), law.directions[m].nrows());
    let mut clauses = Vec::new();
    for target in law.model_targets() {
        let whole = [0, 1].map(|m| law.information(&identity(m), &target.whitened[m]));
        let least = whole.into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0));
        let kept = law.information(&tower, &target.whitened[0]);
        if let (Some((kept, kept_error)), Some((least, least_error))) = (kept, least) {
            let label = format!("information about {}", target.name);
            clauses.push(Clause::at_most(label, kept, least, kept_error + least_error));
        }
        let left = |seen: &PreciseMatrix| root(target.variance - square_sum(seen)).0;
        let sigma = left(&target.seen[0]).max(left(&target.seen[1]));
        let sigma_z = left(&(&tower * &target.seen[0]));
        let scale = target.variance.0.max(1.0);
        let error = scale * (law.root_error(sigma) + law.root_error(sigma_z));
        clauses.push(Clause::at_most(format!("σ about {}", target.name), sigma, sigma_z, error));
    }
    Some(clauses)
}

impl Law<'_> {
    /// The targets of the model, without the shared factors that come after them.
    fn model_targets(&self) -> &[TargetLaw] {
        &self.targets[..self.targets.len() - 1]
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Double-double linear algebra, for matrices of a few dozen rows
// ---------------------------------------------------------------------------------------------------------------------

/// A covariance's whitening by eigenvalues.
struct Whitened {
    /// rank × n.
    whitener: PreciseMatrix,
    /// Largest over least eigenvalue that counts, of the correlation matrix.
    condition: f64,
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

/// (C Cᵀ)^{+1/2} C: the symmetric whitening of an encoder C (d × r) over whitened coordinates.
fn symmetric_whitening(coordinates: &PreciseMatrix) -> Option<PreciseMatrix> {
    let (values, vectors) = eigen(&(coordinates * coordinates.transpose()))?;
    let largest = values.first().map_or(0.0, |value| value.0);
    let scaled = PreciseMatrix::from_fn(vectors.nrows(), vectors.ncols(), |i, j| {
        if values[j].0 > VANISHING * largest { vectors[(i, j)] / root(values[j]) } else { Quad::ZERO }
    });
    Some(scaled * vectors.transpose() * coordinates)
}

/// Eigenvalues (descending) and eigenvectors of a symmetric matrix, by cyclic Jacobi rotations (Golub, Van Loan, §8.5).
/// `None` on numbers that are not finite.
fn eigen(matrix: &PreciseMatrix) -> Option<(Vec<Quad>, PreciseMatrix)> {
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

fn square_sum(matrix: &PreciseMatrix) -> Quad {
    matrix.iter().fold(Quad::ZERO, |sum, &entry| sum + entry * entry)
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

    #[test]
    fn only_claims_on_the_wrong_side_are_borderline() {
        assert!(!is_borderline(&Clause::at_most("room", 0.5, 1.0, 1e-12)));
        assert!(!is_borderline(&Clause::at_most("rounding", 1.0 + 1e-15, 1.0, 1e-12)));
        assert!(is_borderline(&Clause::at_most("near the bound", 1.0 + 5e-13, 1.0, 1e-12)));
        assert!(is_borderline(&Clause::at_most("violated", 1.1, 1.0, 1e-12)));
        assert!(is_borderline(&Clause::at_most("undecided", 1.1, 1.0, 0.5)));
        assert!(is_borderline(&Clause::equal("on either side", 1.0, 1.0 + 5e-13, 1e-12)));
    }
}
