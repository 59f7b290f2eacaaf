//! `fidelity-threshold` in double-double precision.

use crate::information::Side;
use crate::learner::CERTIFIED;
use crate::linalg::precise::{PreciseMatrix, beside, column, leading, length, svd};
use crate::objective::AlignmentFidelity;
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{Law, eigen, square_sum};
use crate::theorem::fidelity_threshold::{ATTAINED, BOUND, FACTORS, PROBE, STRUCTURAL, TIE, joint};
use crate::theorem::{Case, Clause, Part};
use qd::Quad;

/// An error bound above this decides nothing of squared cosines.
const RESOLVED: f64 = 1e-3;

/// The bound from dense covariances, J at the weights as they are.
pub(super) fn review(case: &Case) -> Option<Review> {
    let law = Law::new(case)?;
    let objective = joint(case);
    let lambda = objective.map_or(PROBE, AlignmentFidelity::lambda);
    let fidelity = [law.fidelity(0), law.fidelity(1)];
    // As doubles, as the engine has it: of λ = 1e-30 the rest to 1 is 1.
    let (share, rest) = (Quad::from_f64(lambda), Quad::from_f64(1.0 - lambda));
    let dim = case.dim();
    let mut bound = Quad::ZERO;
    let mut size = 2.0 * rest.0 * dim as f64;
    for (m, fidelity) in fidelity.iter().enumerate() {
        let side = law.alignment(m)?.map(|x| x * rest) + fidelity.map(|x| x * share);
        bound = eigen(&side)?.0.into_iter().take(dim).fold(bound, |sum, value| sum + value);
        size += lambda * fidelity.trace().0;
    }
    let [first, second] = &law.towers;
    let aligned = (first * &law.cross).component_mul(second).sum() * rest;
    let explained = (0..2).fold(Quad::ZERO, |sum, m| {
        let tower = &law.towers[m];
        sum + (tower * &fidelity[m]).component_mul(tower).sum() * share
    });
    let reached = aligned + aligned + explained;
    let error = law.error(0.0) * size;
    let claim = |relation: fn(Part, f64, f64, f64) -> Clause, part: Part, error: f64| {
        relation(part, reached.0, bound.0, error).of_size(bound.0)
    };
    let mut clauses = vec![claim(Clause::at_most, Part::new(BOUND).value(lambda), error)];
    let mut withdrawn = Vec::new();
    if objective.is_some() {
        let symmetric = Symmetric::new(&law)?;
        if symmetric.missed <= STRUCTURAL {
            // Both sides of a symmetric model near by differ from these by what this one misses; the alternation stops where it
            // is certified to reach its bound.
            let short = error + (CERTIFIED + symmetric.missed) * size;
            clauses.push(claim(Clause::equal, ATTAINED.into(), short));
            clauses.extend(symmetric.kept(&law, lambda, dim, short));
        } else {
            withdrawn.push(ATTAINED.into());
            withdrawn.extend(Side::BOTH.map(|side| Part::new(FACTORS).modality(side)));
        }
    }
    Some(Review::Checked { clauses, withdrawn })
}

/// The factors of a symmetric model, and how far this one is from symmetric.
struct Symmetric {
    /// ρ_i and variances, most correlated first.
    factors: Vec<(f64, f64)>,
    /// Unit directions over whitened coordinates, r_m × factors.
    directions: [PreciseMatrix; 2],
    /// Largest correlation of explained parts, or difference of variances relative to them.
    missed: f64,
}

impl Symmetric {
    /// The canonical directions, and those of largest variance outside them. Modalities that differ in rank miss it by all.
    fn new(law: &Law) -> Option<Self> {
        let rank = law.case.subject.pair.rank();
        let size = law.sensors.rank(0);
        if size != law.sensors.rank(1) {
            let directions = [law.directions[0].clone(), law.directions[1].clone()];
            return Some(Self { factors: Vec::new(), directions, missed: 1.0 });
        }
        let found = svd(&law.cross)?;
        let mut missed = 0.0_f64;
        let mut directions = Vec::with_capacity(2);
        let mut variances: Vec<Vec<f64>> = Vec::with_capacity(2);
        for (m, vectors) in [(0, &found.left), (1, &found.right)] {
            let common = leading(vectors, rank);
            let root = law.sensors.root(m).transpose();
            let rest = svd(&(&root - &common * (common.transpose() * &root)))?;
            if common.ncols() < rank || rest.left.ncols() < size - rank {
                return None;
            }
            let all = beside(&common, &leading(&rest.left, size - rank));
            let explained = root.transpose() * &all;
            let lengths: Vec<Quad> = (0..size).map(|i| length(column(&explained, i))).collect();
            let overlaps = explained.transpose() * &explained;
            for i in 0..size {
                for j in 0..i {
                    missed = missed.max((overlaps[(i, j)] / (lengths[i] * lengths[j])).0.abs());
                }
            }
            variances.push(lengths.iter().map(|&length| (length * length).0).collect());
            directions.push(all);
        }
        for (a, b) in variances[0].iter().zip(&variances[1]) {
            missed = missed.max((a - b).abs() / a.max(*b));
        }
        let correlation = |i: usize| if i < rank { found.values[i].0 } else { 0.0 };
        let factors = variances[0].iter().enumerate().map(|(i, &variance)| (correlation(i), variance)).collect();
        Some(Self { factors, directions: directions.try_into().ok()?, missed })
    }

    /// What the encoders keep of the factors with the largest scores. Half of J is a sum of scores, each weighted by the part of a factor that
    /// an encoder keeps: what J is short of its bound, over the gap between the last score and the next, bounds what is not kept.
    fn kept(&self, law: &Law, lambda: f64, dim: usize, short: f64) -> Vec<Clause> {
        let score = |&(correlation, variance): &(f64, f64)| (1.0 - lambda) * correlation + lambda * variance;
        let mut ranked: Vec<(f64, usize)> = self.factors.iter().map(score).zip(0..).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let gap = ranked.get(dim).map_or(f64::INFINITY, |next| ranked[dim - 1].0 - next.0);
        if gap <= TIE * ranked[0].0 {
            return Vec::new();
        }
        ranked.truncate(dim);
        let count = ranked.len() as f64;
        let places: Vec<usize> = ranked.into_iter().map(|(_, place)| place).collect();
        let error = law.error(count) + count * self.missed + short / gap;
        if error > RESOLVED {
            return Vec::new();
        }
        let overlap = |m: usize| square_sum(&(&law.towers[m] * self.directions[m].select_columns(&places))).0;
        (0..2).map(|m| Clause::equal(Part::new(FACTORS).modality(m), overlap(m), count, error)).collect()
    }
}
