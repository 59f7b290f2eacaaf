//! Verdicts of theorems: more than a bare boolean.

use super::Part;

/// What a theorem claims of its two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// lhs ≤ rhs.
    AtMost,
    /// lhs = rhs.
    Equal,
}

/// One checked claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What it is about.
    pub part: Part,
    /// What is claimed.
    pub relation: Relation,
    /// Left side.
    pub lhs: f64,
    /// Right side.
    pub rhs: f64,
    /// A bound on the error of lhs − rhs: numerical here, statistical for sampled quantities.
    pub error: f64,
    /// The size that the sides have by nature: 1 for pure numbers, otherwise in their unit (a target's deviation, …). What an error
    /// bound can resolve is judged by it, so that rescaling data cannot turn a violation into a pass.
    pub size: f64,
}

/// What examining a case gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// The hypotheses do not hold, and which.
    Inapplicable(String),
    /// The claims, at least one.
    Checked(Vec<Clause>),
}

/// Four-valued: what isn't known is not what isn't claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// True up to the error bound.
    Holds,
    /// False beyond the error bound.
    Violated,
    /// The hypotheses hold, but the error bound is too wide to tell.
    Inconclusive,
    /// The hypotheses do not hold: nothing is claimed.
    DoesNotApply,
}

/// A theorem's verdict on one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The theorem.
    pub id: &'static str,
    /// Whether its hypotheses hold.
    pub applies: bool,
    /// Left side of the claim nearest to failing; NaN when it does not apply.
    pub lhs: f64,
    /// Right side.
    pub rhs: f64,
    /// rhs − lhs; −|lhs − rhs| for an identity.
    pub slack: f64,
    /// lhs/rhs, 1 when the bound is attained; NaN for 0/0.
    pub tightness: f64,
    /// A bound on the error of lhs − rhs.
    pub error: f64,
    /// The verdict.
    pub status: Status,
    /// Which claim it is, or why the theorem does not apply.
    pub note: String,
}

/// An error bound above this share of the sides' size decides nothing.
const RESOLUTION: f64 = 1e-3;

impl Status {
    /// As in JSON, CSV and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Inconclusive => "inconclusive",
            Self::DoesNotApply => "does-not-apply",
        }
    }

    /// The status of a word; anything unknown is inconclusive.
    pub fn of_word(word: &str) -> Self {
        let known = [Self::Holds, Self::Violated, Self::DoesNotApply];
        known.into_iter().find(|status| status.word() == word).unwrap_or(Self::Inconclusive)
    }
}

impl Finding {
    /// The claims; where there is none, why.
    pub fn from_clauses(clauses: Vec<Clause>, reason: &str) -> Self {
        if clauses.is_empty() { Self::Inapplicable(reason.to_owned()) } else { Self::Checked(clauses) }
    }
}

impl Clause {
    /// lhs ≤ rhs, up to an error.
    pub fn at_most(part: impl Into<Part>, lhs: f64, rhs: f64, error: f64) -> Self {
        Self { part: part.into(), relation: Relation::AtMost, lhs, rhs, error, size: 1.0 }
    }

    /// lhs = rhs, up to an error.
    pub fn equal(part: impl Into<Part>, lhs: f64, rhs: f64, error: f64) -> Self {
        Self { part: part.into(), relation: Relation::Equal, lhs, rhs, error, size: 1.0 }
    }

    /// The same claim, of quantities that have a unit, in which they are of about this size.
    #[must_use]
    pub fn of_size(self, size: f64) -> Self {
        Self { size, ..self }
    }

    /// How much room the claim leaves.
    #[expect(clippy::float_cmp, reason = "equal infinities have no difference")]
    pub fn slack(&self) -> f64 {
        let difference = if self.lhs == self.rhs { 0.0 } else { self.rhs - self.lhs };
        match self.relation {
            Relation::AtMost => difference,
            Relation::Equal => -difference.abs(),
        }
    }

    /// The ratio of the two sides.
    #[expect(clippy::float_cmp, reason = "equal infinities have ratio one")]
    pub fn tightness(&self) -> f64 {
        let (lhs, rhs) = (self.lhs, self.rhs);
        if lhs.abs().max(rhs.abs()) <= self.error {
            f64::NAN
        } else if lhs == rhs {
            1.0
        } else {
            match self.relation {
                Relation::AtMost => lhs / rhs,
                Relation::Equal => lhs.min(rhs) / lhs.max(rhs),
            }
        }
    }

    /// The verdict on this claim alone.
    pub fn status(&self) -> Status {
        let slack = self.slack();
        if self.relation == Relation::AtMost && self.rhs == f64::INFINITY && !self.lhs.is_nan() {
            return Status::Holds;
        }
        let scale =
            [self.lhs, self.rhs].into_iter().filter(|side| side.is_finite()).fold(self.size, |a, b| a.max(b.abs()));
        let wide = self.error.is_nan() || self.error > RESOLUTION * scale;
        if slack.is_nan() || self.error.is_nan() || wide && slack.abs() <= self.error {
            Status::Inconclusive
        } else if slack >= -self.error {
            Status::Holds
        } else {
            Status::Violated
        }
    }
}

impl Verdict {
    /// From a finding: the worst claim decides, and among equally good ones the tightest is shown.
    ///
    /// # Panics
    /// When a checked finding has no clause: a broken invariant of the theorem.
    pub fn of(id: &'static str, finding: Finding) -> Self {
        let clauses = match finding {
            Finding::Checked(clauses) => clauses,
            Finding::Inapplicable(note) => {
                return Self {
                    id,
                    applies: false,
                    lhs: f64::NAN,
                    rhs: f64::NAN,
                    slack: f64::NAN,
                    tightness: f64::NAN,
                    error: f64::NAN,
                    status: Status::DoesNotApply,
                    note,
                };
            }
        };
        let gravity = |clause: &Clause| match clause.status() {
            Status::Holds | Status::DoesNotApply => 0,
            Status::Inconclusive => 1,
            Status::Violated => 2,
        };
        let tightness =
            |clause: &Clause| if clause.tightness().is_nan() { f64::NEG_INFINITY } else { clause.tightness() };
        let worst = clauses
            .into_iter()
            .max_by(|a, b| gravity(a).cmp(&gravity(b)).then(tightness(a).total_cmp(&tightness(b))))
            .expect("a checked finding has a clause");
        Self {
            id,
            applies: true,
            lhs: worst.lhs,
            rhs: worst.rhs,
            slack: worst.slack(),
            tightness: worst.tightness(),
            error: worst.error,
            status: worst.status(),
            note: worst.part.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_is_that_of_the_worst_claim() {
        let good = Clause::at_most("good", 0.5, 1.0, 1e-12);
        let tight = Clause::at_most("tight", 1.0, 1.0 - 1e-14, 1e-12);
        let bad = Clause::at_most("bad", 0.2, 0.1, 1e-12);
        let verdict = |clauses: &[&Clause]| {
            Verdict::of("x", Finding::Checked(clauses.iter().map(|&clause| clause.clone()).collect()))
        };
        assert_eq!(
            (verdict(&[&good, &tight]).status, verdict(&[&good, &tight]).note.as_str()),
            (Status::Holds, "tight")
        );
        assert_eq!(
            (verdict(&[&tight, &bad, &good]).status, verdict(&[&tight, &bad, &good]).note.as_str()),
            (Status::Violated, "bad")
        );
    }

    #[test]
    fn not_to_apply_is_another_verdict_than_to_be_inconclusive() {
        let silent = Verdict::of("x", Finding::Inapplicable("why".into()));
        assert_eq!((silent.applies, silent.status, silent.note.as_str()), (false, Status::DoesNotApply, "why"));
        let wide = Verdict::of("x", Finding::Checked(vec![Clause::at_most("wide", 0.2, 0.1, 0.5)]));
        assert_eq!((wide.applies, wide.status), (true, Status::Inconclusive));
        for status in [Status::Holds, Status::Violated, Status::Inconclusive, Status::DoesNotApply] {
            assert_eq!(Status::of_word(status.word()), status);
        }
    }

    #[test]
    fn a_wide_error_bound_decides_nothing() {
        assert_eq!(Clause::at_most("wide", 0.2, 0.1, 0.5).status(), Status::Inconclusive);
        assert_eq!(Clause::at_most("wide, but far away", 0.2, 9.0, 0.5).status(), Status::Holds);
        assert_eq!(Clause::equal("nan", f64::NAN, 0.1, 0.5).status(), Status::Inconclusive);
    }

    #[test]
    fn what_an_error_resolves_is_judged_in_the_unit_of_the_sides() {
        for unit in [1.0, 1e-12, 1e12] {
            let claim = |lhs: f64, error: f64| Clause::at_most("x", lhs * unit, unit, error * unit).of_size(unit);
            assert_eq!(claim(1.1, 0.5).status(), Status::Inconclusive, "{unit:e}");
            assert_eq!(claim(1.1, 1e-6).status(), Status::Violated, "{unit:e}");
            assert_eq!(claim(0.9, 1e-6).status(), Status::Holds, "{unit:e}");
        }
    }

    #[test]
    fn identities_fail_on_either_side() {
        assert_eq!(Clause::equal("above", 1.1, 1.0, 1e-9).status(), Status::Violated);
        assert_eq!(Clause::equal("below", 0.9, 1.0, 1e-9).status(), Status::Violated);
        assert_eq!(Clause::equal("both infinite", f64::INFINITY, f64::INFINITY, 1e-9).status(), Status::Holds);
    }
}
