//! The referee's self-test: false statements that resemble the theorems. A referee that does not refute them cannot be
//! trusted with the true ones.
//!
//! Each [`Variant`] changes one thing: a constant, a power, a sign or a count, or drops a hypothesis. They stand beside
//! the theorem they resemble ([`Theorem::variants`]); none is in the public registry.

pub(super) mod detectors;
use super::adversary::{Extreme, Search};
use super::discrete::{Claim, Instance};
use super::verify::{Counterexample, Plan, TrialError, Witness, draw_instance};
use super::{Case, Clause, EvaluatedTarget, Finding, REGISTRY, Status, Theorem, Verdict, find};
use crate::information::{InformationError, Source};
use crate::random::Stream;

/// A false statement.
#[derive(Debug)]
pub struct Variant {
    /// The theorem that it resembles.
    pub of: &'static str,
    /// A name for tables, unique.
    pub name: &'static str,
    /// What it claims, with what was changed.
    pub claim: &'static str,
    pub(super) examine: fn(&Case) -> Result<Finding, InformationError>,
}

/// A false statement about discrete laws: what it says about one, under the hypotheses of a claim.
#[derive(Debug)]
pub struct LawVariant {
    pub(super) name: &'static str,
    pub(super) claim: Claim,
    pub(super) examine: fn(&Instance) -> Result<Finding, InformationError>,
}

impl Variant {
    /// Whether it is a statement about discrete laws: no Gaussian case can refute it.
    pub fn is_about_laws(&self) -> bool {
        self.about_laws().is_some()
    }

    fn about_laws(&self) -> Option<&'static LawVariant> {
        find(self.of).ok()?.law_variants().iter().find(|variant| variant.name == self.name)
    }

    /// Both sides on a discrete law; `None` for a statement about Gaussian models.
    ///
    /// # Errors
    /// [`InformationError`] when a decomposition fails.
    pub fn examine_law(&self, instance: &Instance) -> Result<Option<Finding>, InformationError> {
        self.about_laws().map(|variant| (variant.examine)(instance)).transpose()
    }
}

impl Theorem for Variant {
    fn id(&self) -> &'static str {
        self.name
    }

    fn statement(&self) -> &'static str {
        self.claim
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        (self.examine)(case)
    }

    fn sampled(&self) -> bool {
        find(self.of).is_ok_and(Theorem::sampled)
    }
}

/// How a variant was refuted, if it was.
#[derive(Debug)]
pub struct Refutation {
    /// The variant.
    pub variant: &'static Variant,
    /// Models tried, in the order of `verify`, up to the one that refutes it; all of them when only the adversary found one.
    pub models: u64,
    /// Scores that the adversary took, 0 when it was not needed.
    pub searched: u64,
    /// The case that refutes it; `None` when nothing did: the referee is blind to this change.
    pub counterexample: Option<Box<Counterexample>>,
}

/// Models of every family in each round; what is left goes to the adversary.
const ROUNDS: [u64; 3] = [4, 32, 256];

/// The same for theorems that draw samples, which take a hundred times as long and which the adversary does not search.
const SAMPLED_ROUNDS: [u64; 2] = [2, 12];

/// Dimensions and scores of the adversary.
const DIMS: [usize; 3] = [1, 2, 3];

const BUDGET: u64 = 4000;

/// Discrete laws on which a statement about them is tried.
const LAWS: u64 = 4096;

/// Tries to refute every variant: on random models as `verify` draws them, in rounds of growing size, then by the adversary.
///
/// # Errors
/// [`TrialError`] when a model can't be measured.
pub fn self_test(seed: u64) -> Result<Vec<Refutation>, TrialError> {
    let mut refutations: Vec<Refutation> =
        all().map(|variant| Refutation { variant, models: 0, searched: 0, counterexample: None }).collect();
    // Theorems that draw samples are tried on every model only where nothing else is asked for.
    for (sampled, rounds) in [(false, &ROUNDS[..]), (true, &SAMPLED_ROUNDS)] {
        for &models in rounds {
            let mut open: Vec<&mut Refutation> = refutations
                .iter_mut()
                .filter(|refutation| refutation.variant.sampled() == sampled && refutation.counterexample.is_none())
                .filter(|refutation| !refutation.variant.is_about_laws())
                .collect();
            let theorems = open.iter().map(|refutation| refutation.variant as &'static dyn Theorem).collect();
            let plan = Plan { theorems, models, seed, experiment: "self-test" };
            if open.is_empty() {
                continue;
            }
            for (refutation, summary) in open.iter_mut().zip(plan.run(|| ())?) {
                refutation.models = summary.counterexample.as_ref().map_or(plan.total(), |case| case.index + 1);
                refutation.counterexample = summary.counterexample;
            }
        }
    }
    for refutation in &mut refutations {
        if let Some(variant) = refutation.variant.about_laws() {
            (refutation.models, refutation.counterexample) = refuting_law(variant, seed)?;
        }
    }
    let open = |refutation: &&mut Refutation| {
        let variant = refutation.variant;
        refutation.counterexample.is_none() && !variant.sampled() && !variant.is_about_laws()
    };
    for refutation in refutations.iter_mut().filter(open) {
        let theorems: Vec<&'static dyn Theorem> = vec![refutation.variant];
        let search =
            Search { theorems, dims: DIMS.to_vec(), budget: BUDGET, seed, discrete: false, experiment: "self-test" };
        for Extreme { status, evaluations, witness, .. } in search.run(|| ()) {
            refutation.searched += evaluations;
            if status == Status::Violated && refutation.counterexample.is_none() {
                refutation.counterexample = witness;
            }
        }
    }
    Ok(refutations)
}

/// How many laws were tried, and the one that refutes a statement about them.
fn refuting_law(variant: &LawVariant, seed: u64) -> Result<(u64, Option<Box<Counterexample>>), TrialError> {
    for index in 0..LAWS {
        let fail = |failure| TrialError::of_law(index, seed, failure);
        let mut generator =
            Stream { seed, experiment: "self-test", cell: index, replicate: variant.claim as u64 }.generator();
        let (instance, origin) = draw_instance(variant.claim, &mut generator).map_err(|error| fail(error.into()))?;
        let finding = (variant.examine)(&instance).map_err(|error| fail(error.into()))?;
        let verdict = Verdict::of(variant.name, finding);
        if verdict.status == Status::Violated {
            let witness = Witness::Discrete(Box::new(instance));
            return Ok((index + 1, Some(Box::new(Counterexample { witness, origin, index, verdict }))));
        }
    }
    Ok((LAWS, None))
}

/// The ids of theorems without a variant: there should be none.
pub fn untested() -> Vec<&'static str> {
    REGISTRY.iter().filter(|theorem| theorem.variants().is_empty()).map(|theorem| theorem.id()).collect()
}

/// Every variant, by theorem in the order of the registry.
pub fn all() -> impl Iterator<Item = &'static Variant> {
    REGISTRY.iter().flat_map(|theorem| theorem.variants())
}

/// The clauses, if there are any.
#[expect(clippy::unnecessary_wraps, reason = "what every variant returns")]
pub(super) fn claims(clauses: Vec<Clause>) -> Result<Finding, InformationError> {
    Ok(Finding::from_clauses(clauses, "nothing to claim"))
}

pub(super) fn inapplicable() -> Result<Finding, InformationError> {
    claims(Vec::new())
}

/// The clauses of a theorem that `change` keeps, changed.
pub(super) fn altered(
    id: &str,
    case: &Case,
    mut change: impl FnMut(&Clause) -> Option<Clause>,
) -> Result<Finding, InformationError> {
    let theorem = find(id).expect("variants are of registered theorems");
    match theorem.examine(case)? {
        Finding::Checked(clauses) => claims(clauses.iter().filter_map(&mut change).collect()),
        inapplicable @ Finding::Inapplicable(_) => Ok(inapplicable),
    }
}

/// The clauses that make one of these claims, with another right side.
pub(super) fn with_rhs(
    id: &str,
    case: &Case,
    claims: &[&str],
    rhs: impl Fn(&Clause) -> f64,
) -> Result<Finding, InformationError> {
    altered(id, case, |clause| {
        claims.contains(&clause.part.claim).then(|| Clause { rhs: rhs(clause), ..clause.clone() })
    })
}

pub(super) fn information(target: &EvaluatedTarget, source: Source) -> f64 {
    target.source(source).mutual_information_nats()
}

pub(super) fn half_log(correlations: &[f64]) -> f64 {
    correlations.iter().map(|rho| -0.5 * (-rho * rho).ln_1p()).sum()
}

/// I(z_1; s) = I(x_1; s) for canonical encoders where the theorem does not claim it: with another number of outputs, or where
/// the modalities share more than s.
pub(super) fn sufficient(case: &Case, applies: bool) -> Result<Finding, InformationError> {
    let Some((geometry, [observed, _])) = case.subject.shared_factors().filter(|_| applies && case.is_canonical())
    else {
        return inapplicable();
    };
    let kept = geometry.encoded_by(&case.towers, Source::EncodedFirst)?;
    let (lhs, rhs) = (kept.mutual_information_nats(), observed.mutual_information_nats());
    if !lhs.is_finite() || !rhs.is_finite() {
        return inapplicable();
    }
    let error = case.subject.information_error(&observed.angles) + case.subject.information_error(&kept.angles);
    claims(vec![Clause::equal("I(z1;s)", lhs, rhs, error)])
}
