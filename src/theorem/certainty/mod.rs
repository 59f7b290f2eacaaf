//! Numerical certainty: borderline claims are judged again, in double-double precision and by another route.
//!
//! The engine works on factors in double precision with an a-priori error bound. Here everything is computed anew in 106-bit
//! arithmetic: most claims over dense covariances, with no factor and no angle ([`dense`]), claims that need every digit of an
//! ill-conditioned law over the factors of [`crate::precise`]. Slower by orders of magnitude, and plain enough to check by eye.
//!
//! Hypotheses are tested again too. One that holds only up to rounding, such as orthogonality, is measured here, and what it misses is part
//! of the error of the claims that need it; one that is missed by more than the theorem allows withdraws them.
//!
//! What it does not do: judge what no double-double covariance can, such as an infinite information. There the verdict of
//! the engine stands.

mod decoupled_sufficiency;
mod dense;
mod fidelity_threshold;
mod hermite;
mod infonce_gap;
mod leak_by_mixing;
mod lipschitz;
mod multimodal;
mod perfect_alignment;
mod privacy;
mod selection;
mod sufficiency;
mod width;

use super::{Case, Clause, Finding, Status};
use crate::linalg::precise::{PreciseMatrix, square_root as root};
use dense::{INDISTINCT, Law, eigen, room, square_sum};
use qd::Quad;

/// A claim that is on the wrong side by more than this share of its error bound is borderline.
const BORDERLINE: f64 = 0.1;
/// Theorems whose precise claims are about exact encoders (canonical directions, generalised canonical variates, the exact maximiser of
/// `decoupled`), whatever encoders the engine has.
const ABOUT_EXACT_ENCODERS: [&str; 5] =
    ["alignment-floor", "leakage", "sufficiency", "multimodal", "decoupled-sufficiency"];
/// Theorems about targets that are private to a modality.
const ABOUT_PRIVATE: [&str; 4] = ["capacity", "leakage", "leak-by-mixing", "multimodal"];
/// There the two routes may differ by this many of the engine's error bounds, which are estimates: more is no rounding.
const SAME: f64 = 1e3;

/// What a route in double-double precision finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Review {
    /// The hypotheses do not hold, and which.
    Inapplicable(String),
    /// The claims whose sides can be settled.
    Checked {
        /// With the labels of the theorem.
        clauses: Vec<Clause>,
        /// Labels of claims that are not made, because a hypothesis of their own does not hold.
        withdrawn: Vec<String>,
    },
}

impl From<Vec<Clause>> for Review {
    fn from(clauses: Vec<Clause>) -> Self {
        Self::Checked { clauses, withdrawn: Vec::new() }
    }
}

/// A theorem's route: `None` where the law is not known to more than double precision, or a decomposition fails.
type Route = fn(&Case) -> Option<Review>;

/// Every theorem that is judged without draws, in the order of the registry.
const ROUTES: [(&str, Route); 15] = [
    ("perfect-alignment", perfect_alignment::review),
    ("alignment-floor", |case| Some(alignment_floor(&Law::new(case)?).into())),
    ("lipschitz", lipschitz::review),
    ("correlation", |case| Some(correlation(&Law::new(case)?)?.into())),
    ("capacity", |case| Some(capacity(&Law::new(case)?)?.into())),
    ("leakage", |case| Some(leakage(&Law::new(case)?)?.into())),
    ("sufficiency", sufficiency::review),
    ("selection", selection::review),
    ("width", width::review),
    ("infonce-gap", infonce_gap::review),
    ("hermite", hermite::review),
    ("leak-by-mixing", leak_by_mixing::review),
    ("multimodal", multimodal::review),
    ("fidelity-threshold", fidelity_threshold::review),
    ("decoupled-sufficiency", decoupled_sufficiency::review),
];

/// Judges the borderline claims of a finding again; says whether there were any that could be.
///
/// A claim is borderline when the engine calls it violated or inconclusive, or when it is on the wrong side by more than a
/// tenth of its error bound. It keeps its sides where they can't be settled. So does a claim about exact encoders of which the
/// two routes differ by more than rounding: it is judged here for the exact ones, which must not hide that the engine's are others.
pub fn settle(id: &str, case: &Case, finding: Finding) -> (Finding, bool) {
    let Finding::Checked(mut clauses) = finding else { return (finding, false) };
    if !clauses.iter().any(is_borderline) {
        return (Finding::Checked(clauses), false);
    }
    let (precise, withdrawn) = match judged_again(id, case) {
        Some(Review::Checked { clauses, withdrawn }) => (clauses, withdrawn),
        Some(Review::Inapplicable(reason)) => return (Finding::Inapplicable(reason), true),
        None => (Vec::new(), Vec::new()),
    };
    let before = clauses.len();
    clauses.retain(|clause| !is_borderline(clause) || !withdrawn.contains(&clause.label));
    let mut again = clauses.len() < before;
    for clause in clauses.iter_mut().filter(|clause| is_borderline(clause)) {
        let same = |other: &&Clause| other.label == clause.label && other.relation == clause.relation;
        if let Some(better) =
            precise.iter().find(same).filter(|better| !ABOUT_EXACT_ENCODERS.contains(&id) || agree(clause, better))
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
    if clauses.is_empty() {
        return (Finding::Inapplicable("the hypotheses hold up to rounding only".into()), true);
    }
    (Finding::Checked(clauses), again)
}

/// What a theorem finds in double-double precision. `None` where its law is not known to more than doubles, and for a theorem that draws
/// samples, which has no such route.
pub fn judged_again(id: &str, case: &Case) -> Option<Review> {
    let (_, route) = ROUTES.iter().find(|(of, _)| *of == id)?;
    let mut review = route(case)?;
    if let Review::Checked { clauses, .. } = &mut review {
        for clause in clauses {
            // Sides are handed on as doubles.
            let rounded = |side: f64| if side.is_finite() { 0.5 * f64::EPSILON * side.abs() } else { 0.0 };
            clause.error += rounded(clause.lhs) + rounded(clause.rhs);
        }
    }
    Some(review)
}

/// Whether a theorem has a route in double-double precision.
pub fn has_route(id: &str) -> bool {
    ROUTES.iter().any(|(of, _)| *of == id)
}

/// Whether both sides are the same up to rounding.
fn agree(engine: &Clause, precise: &Clause) -> bool {
    let near = |a: f64, b: f64| a.total_cmp(&b).is_eq() || (a - b).abs() <= SAME * (engine.error + precise.error);
    near(engine.lhs, precise.lhs) && near(engine.rhs, precise.rhs)
}

fn is_borderline(clause: &Clause) -> bool {
    clause.status() != Status::Holds || clause.slack() < -BORDERLINE * clause.error
}

/// About the exact canonical directions where it says that they attain the floor, and about the weights as they are where it
/// compares them with it.
fn alignment_floor(law: &Law) -> Vec<Clause> {
    let dim = law.case.dim();
    let two = Quad::from_f64(2.0);
    let floor = floor(law, dim);
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
    vec![
        Clause::at_most("alignment error", floor.0, law.disagreement().trace().0, error),
        Clause::equal("CCA attains the floor", floor.0, attained.0, error),
    ]
}

/// 2 Σ_{i≤d} (1 − ρ_i).
fn floor(law: &Law, dim: usize) -> Quad {
    (0..dim).fold(Quad::ZERO, |sum, i| sum + Quad::from_f64(2.0) * (Quad::ONE - law.correlation(i)))
}

fn capacity(law: &Law) -> Option<Vec<Clause>> {
    let mut clauses = Vec::new();
    for entry in law.case.capacities.iter().filter(|entry| law.case.towers.rank(entry.encoder) > 0) {
        let (m, target) = (entry.encoder, &law.targets[entry.target]);
        let (rows, _) = dense::orthonormal_rows(&law.towers[m])?;
        let (predicted, explained) = (&rows * law.across(m), &rows * &target.whitened[m]);
        let aligned = &predicted * predicted.transpose();
        let sum = &aligned + &explained * explained.transpose();
        let name = format!("z{} and {}", m + 1, target.name);
        let rank = rows.nrows() as f64;
        clauses.push(Clause::at_most(format!("traces of {name}"), sum.trace().0, rank, law.error(rank)));
        let largest = eigen(&sum)?.0[0].0;
        clauses.push(Clause::at_most(format!("largest eigenvalue of {name}"), largest, 1.0, law.error(1.0)));
        if let Some((said, error)) = law.said(&rows, m, target)
            && let Some((bound, sensitivity)) = room(&aligned)
        {
            let label = format!("information of {name}");
            clauses.push(Clause::at_most(label, said.0, bound, error + law.error(sensitivity)));
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
        let Some((kept, error)) = law.said(&law.canonical(m, rank), m, target) else { continue };
        let label = format!("z{} about {}", m + 1, target.name);
        clauses.push(Clause::at_most(label, kept.0, bound.0, error + law.error(least.0.recip())));
    }
    Some(clauses)
}

#[cfg(test)]
mod tests {
    use super::*;

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
