//! Numerical certainty: borderline claims are judged again, in double-double precision and by another route.
//!
//! The engine works on factors in double precision with an a-priori error bound. Here everything is recomputed in
//! 106-bit arithmetic: most claims from dense covariances, without factors or angles (`dense`), and claims that need
//! every digit of an ill-conditioned law from the factors of [`crate::precise`]. Slower by orders of magnitude, and
//! simple enough to check by eye.
//!
//! Hypotheses are tested again too. One that holds only up to rounding, such as orthogonality, is measured, and its
//! violation is part of the error of the claims that need it; a violation beyond the theorem's tolerance withdraws them.
//!
//! Not covered: quantities that no double-double covariance can decide, such as infinite information. There the
//! engine's verdict stands.

pub(super) mod dense;
pub(super) mod privacy;

use super::{Case, Clause, Finding, Part, Status, find};

/// A claim that is on the wrong side by more than this share of its error bound is borderline.
const BORDERLINE: f64 = 0.1;

/// There the two routes may differ by this many of the engine's error bounds, which are estimates: more is no rounding.
const SAME: f64 = 1e3;

/// Double-double arithmetic has the square of the unit roundoff of doubles: bounds for doubles shrink by this, with some sixty operations
/// in place of one.
pub(in crate::theorem) const SHRUNK: f64 = 64.0 * f64::EPSILON;

/// What a route in double-double precision finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Review {
    /// The hypotheses do not hold, and which.
    Inapplicable(String),
    /// The claims whose sides can be settled.
    Checked {
        /// About the same parts as those of the theorem.
        clauses: Vec<Clause>,
        /// What the claims are about that are withdrawn because an additional hypothesis fails.
        withdrawn: Vec<Part>,
    },
}

impl From<Vec<Clause>> for Review {
    fn from(clauses: Vec<Clause>) -> Self {
        Self::Checked { clauses, withdrawn: Vec::new() }
    }
}

/// A theorem's route in double-double precision.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// What it finds; `None` where the law is not known to more than double precision, or a decomposition fails.
    pub review: fn(&Case) -> Option<Review>,
    /// Whether its claims are about exact encoders (canonical directions, generalised canonical variates, the exact maximiser of
    /// `decoupled`), whatever encoders the engine has.
    pub exact_encoders: bool,
}

/// Judges the borderline claims of a finding again; says whether there were any that could be.
///
/// A claim is borderline when the engine calls it violated or inconclusive, or when it is on the wrong side by more than a
/// tenth of its error bound. It keeps its sides where they can't be settled. So does a claim about exact encoders of which the
/// two routes differ by more than rounding: it is judged here for the exact ones, which must not hide that the engine's are others.
pub fn settle(id: &str, case: &Case, finding: Finding) -> (Finding, bool) {
    let Finding::Checked(mut clauses) = finding else { return (finding, false) };
    let route = find(id).ok().and_then(super::Theorem::precise);
    if !clauses.iter().any(is_borderline) {
        return (Finding::Checked(clauses), false);
    }
    let (precise, withdrawn) = match judged_again(id, case) {
        Some(Review::Checked { clauses, withdrawn }) => (clauses, withdrawn),
        Some(Review::Inapplicable(reason)) => return (Finding::Inapplicable(reason), true),
        None => (Vec::new(), Vec::new()),
    };
    let before = clauses.len();
    clauses.retain(|clause| !is_borderline(clause) || !withdrawn.contains(&clause.part));
    let mut again = clauses.len() < before;
    for clause in clauses.iter_mut().filter(|clause| is_borderline(clause)) {
        let same = |other: &&Clause| other.part == clause.part && other.relation == clause.relation;
        if let Some(better) = precise
            .iter()
            .find(same)
            .filter(|better| !route.is_some_and(|route| route.exact_encoders) || agree(clause, better))
        {
            *clause = better.clone();
            again = true;
        }
    }
    if route.is_some() && clauses.iter().any(|clause| clause.status() != Status::Holds) {
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
    let mut review = (find(id).ok()?.precise()?.review)(case)?;
    if let Review::Checked { clauses, .. } = &mut review {
        for clause in clauses {
            // Sides are handed on as doubles.
            let rounded = |side: f64| if side.is_finite() { 0.5 * f64::EPSILON * side.abs() } else { 0.0 };
            clause.error += rounded(clause.lhs) + rounded(clause.rhs);
        }
    }
    Some(review)
}

/// Whether both sides are the same up to rounding.
fn agree(engine: &Clause, precise: &Clause) -> bool {
    let near = |a: f64, b: f64| a.total_cmp(&b).is_eq() || (a - b).abs() <= SAME * (engine.error + precise.error);
    near(engine.lhs, precise.lhs) && near(engine.rhs, precise.rhs)
}

fn is_borderline(clause: &Clause) -> bool {
    clause.status() != Status::Holds || clause.slack() < -BORDERLINE * clause.error
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
