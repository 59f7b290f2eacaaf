//! The referee's self-test: statements that look like the theorems and are false. A referee that does not refute them can't be
//! trusted with the true ones.
//!
//! Each [`Variant`] changes one thing: a constant, a power, a sign, a count, or drops a hypothesis. Adding one is one entry of
//! [`VARIANTS`]; none is in the public registry.

mod detectors;

use super::adversary::{Extreme, Search};
use super::decoupled_sufficiency::DecoupledSufficiency;
use super::discrete::{Budget, Claim, CorrelationSides, Instance};
use super::lipschitz::{Lipschitz, OwnDistance, own_distance};
use super::random_matrix::AspectRatios;
use super::selection::{PairedFactor, Selection};
use super::spiked_cca::{Limits, SpikedCca};
use super::verify::{Counterexample, Plan, TrialError, Witness, draw_instance};
use super::{
    Canonical, Case, Clause, EvaluatedTarget, Finding, REGISTRY, Relation, Status, Theorem, Verdict, find, width,
};
use crate::information::{Capacity, InformationError, Source, TargetGeometry};
use crate::learner::ky_fan;
use crate::linalg::{Matrix, largest_singular_value, product_tn, singular_values, svd, symmetric_eigen};
use crate::model::Factor;
use crate::objective::{AlignmentFidelity, CanonicalCorrelation};
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
    examine: fn(&Case) -> Result<Finding, InformationError>,
}

/// A false statement about discrete laws: what it says of one, under the hypotheses of a claim.
struct LawVariant {
    name: &'static str,
    claim: Claim,
    examine: fn(&Instance) -> Result<Finding, InformationError>,
}

impl Variant {
    /// Whether it is a statement about discrete laws: no Gaussian case can refute it.
    pub fn is_about_laws(&self) -> bool {
        self.about_laws().is_some()
    }

    fn about_laws(&self) -> Option<&'static LawVariant> {
        LAW_VARIANTS.iter().find(|variant| variant.name == self.name)
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
        VARIANTS.iter().map(|variant| Refutation { variant, models: 0, searched: 0, counterexample: None }).collect();
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
    let tested = |id: &str| VARIANTS.iter().any(|variant| variant.of == id);
    REGISTRY.iter().map(|theorem| theorem.id()).filter(|id| !tested(id)).collect()
}

// ---------------------------------------------------------------------------------------------------------------------
// What variants are made of
// ---------------------------------------------------------------------------------------------------------------------

/// The clauses, if there are any.
#[expect(clippy::unnecessary_wraps, reason = "what every variant returns")]
fn claims(clauses: Vec<Clause>) -> Result<Finding, InformationError> {
    Ok(if clauses.is_empty() { Finding::Inapplicable("nothing to claim".into()) } else { Finding::Checked(clauses) })
}

fn inapplicable() -> Result<Finding, InformationError> {
    claims(Vec::new())
}

/// The clauses of a theorem that `change` keeps, changed.
fn altered(
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

/// The clauses whose label starts so, with another right side.
fn with_rhs(id: &str, case: &Case, label: &str, rhs: impl Fn(&Clause) -> f64) -> Result<Finding, InformationError> {
    altered(id, case, |clause| clause.label.starts_with(label).then(|| Clause { rhs: rhs(clause), ..clause.clone() }))
}

fn information(target: &EvaluatedTarget, source: Source) -> f64 {
    target.source(source).mutual_information_nats()
}

/// The clause about the least information of the two modalities, for each target where all of it is finite.
fn about_redundancy(
    case: &Case,
    clause: impl Fn(f64, f64, [f64; 3], f64) -> Clause,
) -> Result<Finding, InformationError> {
    let mut clauses = Vec::new();
    for target in &case.targets {
        let whole = [Source::First, Source::Second, Source::Both].map(|source| information(target, source));
        let kept = information(target, Source::EncodedFirst);
        if kept.is_finite() && whole.iter().all(|value| value.is_finite()) {
            let error: f64 = [Source::Both, Source::EncodedFirst]
                .map(|source| case.subject.information_error(&target.source(source).angles))
                .iter()
                .sum();
            clauses.push(clause(kept, whole[0].min(whole[1]), whole, error));
        }
    }
    claims(clauses)
}

fn agree(case: &Case) -> Result<bool, InformationError> {
    let theorem = find("perfect-alignment").expect("registered");
    Ok(matches!(theorem.examine(case)?, Finding::Checked(_)))
}

/// Another floor of ε², from the canonical correlations.
fn floor(case: &Case, floor: impl Fn(&dyn Fn(usize) -> f64, usize) -> f64) -> Result<Finding, InformationError> {
    let rho = |i: usize| case.subject.pair.correlation(i);
    with_rhs_and_lhs("alignment-floor", case, "alignment error", floor(&rho, case.dim()))
}

fn with_rhs_and_lhs(id: &str, case: &Case, label: &str, lhs: f64) -> Result<Finding, InformationError> {
    altered(id, case, |clause| (clause.label == label).then(|| Clause { lhs, ..clause.clone() }))
}

/// √R² of each encoder and scalar target against a bound from √R² of the other modality.
fn roots(case: &Case, bound: impl Fn(f64) -> f64) -> Result<Finding, InformationError> {
    let operator = case.alignment.error_operator;
    altered("correlation", case, |clause| Some(Clause { rhs: bound(clause.rhs - operator), ..clause.clone() }))
}

/// tr K, tr P and d of every private target, against something.
fn traces(case: &Case, sides: impl Fn(f64, f64, f64) -> Option<(f64, f64)>) -> Result<Finding, InformationError> {
    let error = case.subject.error(case.dim() as f64);
    let used = case.capacities.iter().filter(|entry| case.towers.rank(entry.encoder) > 0);
    claims(
        used.filter_map(|entry| {
            let dim = case.towers.rank(entry.encoder) as f64;
            let (lhs, rhs) = sides(entry.capacity.aligned, entry.capacity.private, dim)?;
            Some(Clause::at_most("traces", lhs, rhs, error))
        })
        .collect(),
    )
}

/// I(z_1; y) of canonical encoders against a bound from the correlations of the dimensions that are used.
fn leaked(case: &Case, bound: impl Fn(&[f64]) -> f64) -> Result<Finding, InformationError> {
    let rho: Vec<f64> = (0..case.dim()).map(|i| case.subject.pair.correlation(i)).collect();
    let used = |clause: &Clause| case.towers.rank(usize::from(clause.label.starts_with("z2")));
    altered("leakage", case, |clause| {
        let rhs = bound(&rho[..used(clause)]);
        (clause.rhs.is_finite() && rhs.is_finite()).then(|| Clause { rhs, ..clause.clone() })
    })
}

/// I(z_1; y) ≤ Σ log(1/ρ_i) where the theorem does not say so.
fn leaked_by_any(case: &Case, private: bool) -> Result<Finding, InformationError> {
    if !case.has_full_rank() {
        return inapplicable();
    }
    let bound: f64 = (0..case.dim()).map(|i| -case.subject.pair.correlation(i).ln()).sum();
    let of_concern =
        |index: usize| !private || case.capacities.iter().any(|entry| entry.target == index && entry.encoder == 0);
    let clauses = case.targets.iter().enumerate().filter(|(index, _)| of_concern(*index) && bound.is_finite());
    claims(
        clauses
            .map(|(_, target)| {
                let source = target.source(Source::EncodedFirst);
                let error = case.subject.information_error(&source.angles);
                Clause::at_most(target.name, source.mutual_information_nats(), bound, error)
            })
            .collect(),
    )
}

/// Another formula for the cross-modal loss −½ Σ_{i>d} log(1−ρ_i²), of the correlations beyond d; where that is finite.
fn beyond(case: &Case, formula: impl Fn(&[f64]) -> f64) -> Result<Finding, InformationError> {
    let cosines = case.subject.pair.angles().cosines();
    let expected = formula(&cosines[case.dim().min(cosines.len())..]);
    altered("sufficiency", case, |clause| {
        (clause.label.starts_with("cross-modal loss") && expected.is_finite() && clause.rhs.is_finite())
            .then(|| Clause { rhs: expected, ..clause.clone() })
    })
}

fn half_log(correlations: &[f64]) -> f64 {
    correlations.iter().map(|rho| -0.5 * (-rho * rho).ln_1p()).sum()
}

/// I(z_1; s) = I(x_1; s) for canonical encoders with a number of outputs of which the theorem does not say it, or where the
/// modalities share more than s.
fn sufficient(case: &Case, applies: bool) -> Result<Finding, InformationError> {
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

/// The gain of weight decay η against another formula of the singular values of Σ12 and η; where η is not zero.
fn gain(case: &Case, label: &str, formula: impl Fn(&[f64], f64) -> f64) -> Result<Finding, InformationError> {
    let sigma = singular_values(&case.subject.moments().cross)?;
    let largest = sigma.first().copied().unwrap_or(0.0);
    altered("width", case, |clause| {
        let share =
            [0.2, 0.7].into_iter().find(|share| clause.label == format!("{label} at weight decay {share}·σ1"))?;
        Some(Clause { rhs: formula(&sigma, share * largest), ..clause.clone() })
    })
}

fn thresholded(sigma: &[f64], threshold: f64) -> f64 {
    sigma.iter().map(|value| 0.5 * (value - threshold).max(0.0).powi(2)).sum()
}

/// R² of both encoders on their own private factors is zero.
fn nothing_private(case: &Case, applies: bool) -> Result<Finding, InformationError> {
    if !applies {
        return inapplicable();
    }
    let clauses = case.capacities.iter().map(|entry| {
        let encoded = if entry.encoder == 0 { Source::EncodedFirst } else { Source::EncodedSecond };
        Clause::equal("R² on private", case.targets[entry.target].source(encoded).r2, 0.0, case.subject.error(1.0))
    });
    claims(clauses.collect())
}

fn noiseless(case: &Case) -> bool {
    (0..2).all(|m| case.subject.pair.factor(m).own.amax() == 0.0)
}

fn few_outputs(case: &Case) -> bool {
    case.dim() <= case.subject.model.shared()
}

/// A clause about canonical pairs of an aligned case, from ρ_i between these bounds: elsewhere a bound is trivial or rounding.
const INTERIOR: std::ops::Range<f64> = 1e-3..1.0 - 1e-3;

/// The share of g = (a + b)/√(2(1+ρ)) that a − ρb and b − ρa, each private to its modality, explain together: the regression on both. Of two
/// modalities the stated bound on the sum of their shares is 1 − ρ.
fn jointly_explained(rho: f64) -> f64 {
    let covariance = Matrix::from_row_slice(2, 2, &[1.0, -rho, -rho, 1.0]) * (1.0 - rho * rho);
    let seen = nalgebra::DVector::from_element(2, (1.0 - rho * rho) / (2.0 * (1.0 + rho)).sqrt());
    nalgebra::Cholesky::new(covariance).map_or(f64::NAN, |factor| factor.solve(&seen).dot(&seen))
}

/// Size of the quiet row of a vector target beside the loud one.
const QUIET: f64 = 1e-14;

/// A private scalar target stacked over another one, of which almost nothing is left.
fn beside_a_quiet_row(loud: &Factor, other: &Factor) -> Factor {
    let scale = QUIET * loud.common.norm().hypot(loud.own.norm()) / other.common.norm().hypot(other.own.norm());
    let columns = [loud.own.ncols(), other.own.ncols()];
    let mut common = Matrix::zeros(2, loud.common.ncols());
    common.set_row(0, &loud.common.row(0));
    common.set_row(1, &(other.common.row(0) * scale));
    let mut own = Matrix::zeros(2, columns[0] + columns[1]);
    own.view_mut((0, 0), (1, columns[0])).copy_from(&loud.own);
    own.view_mut((1, columns[0]), (1, columns[1])).copy_from(&(&other.own * scale));
    Factor { common, own }
}

/// The capacity law where y counts as private when what x_2 says of all its rows together is small beside the loudest of them.
fn private_by_the_loudest_row(case: &Case) -> Result<Finding, InformationError> {
    let (subject, mut clauses) = (case.subject, Vec::new());
    let scalars: Vec<usize> = (0..case.targets.len()).filter(|&t| case.targets[t].geometry.dimension() == 1).collect();
    for entry in case.capacities.iter().filter(|entry| entry.encoder == 0 && scalars.contains(&entry.target)) {
        for &other in scalars.iter().filter(|&&other| other != entry.target) {
            let stacked = beside_a_quiet_row(&subject.factors[entry.target], &subject.factors[other]);
            let geometry = TargetGeometry::new(&subject.pair, &stacked)?;
            if geometry.regression(1).norm() > subject.pair.zero() * geometry.variance().sqrt() {
                continue;
            }
            let capacity = Capacity::new(&subject.pair, &case.towers, &geometry, 0)?;
            let dim = case.towers.rank(0) as f64;
            clauses.push(Clause::at_most("traces", capacity.aligned + capacity.private, dim, subject.error(dim)));
        }
    }
    claims(clauses)
}

/// ‖A_mᵀB_m‖ ≤ share·‖A_m‖·‖UᵀB_m‖ of the private loadings, U the d leading singular vectors of Σ12 on the side of modality m: what leaks tells
/// whether the loadings are orthogonal. True with share 1 at d = k, where U spans the columns of A_m.
fn leak_tells(case: &Case, share: f64, applies: impl Fn(usize, usize) -> bool) -> Result<Finding, InformationError> {
    let (subject, model) = (case.subject, case.subject.model);
    let linear = case.whitening_of_solution() == Some([false, false]);
    if !linear || !applies(case.dim(), model.shared()) {
        return inapplicable();
    }
    let theorem = find("leak-by-mixing").expect("registered");
    if !matches!(theorem.examine(case)?, Finding::Checked(_)) {
        return inapplicable();
    }
    let cross = svd(&subject.moments().cross)?;
    let mut clauses = Vec::new();
    for (m, vectors) in [(0, &cross.left), (1, &cross.right)] {
        let modality = &model.modalities()[subject.modalities[m]];
        let (shared, private) = (&modality.shared_loading, &modality.private_loading);
        let leaked = product_tn(&vectors.columns(0, case.dim()).into_owned(), private).norm();
        let size = largest_singular_value(shared)?;
        // Wide of the rounding of singular vectors that are told apart by a thousandth of σ_1.
        let error = 1e3 * subject.error_in(size * private.norm(), 0.0);
        clauses.push(Clause::at_most("AᵀB", product_tn(shared, private).norm(), share * size * leaked, error));
    }
    claims(clauses)
}

// ---------------------------------------------------------------------------------------------------------------------
// The variants
// ---------------------------------------------------------------------------------------------------------------------

/// Those of [`VARIANTS`] that are about discrete laws.
static LAW_VARIANTS: &[LawVariant] = &[
    LawVariant {
        name: "correlation/any-readout",
        claim: Claim::Correlation,
        examine: |instance| {
            let Some(sides) = CorrelationSides::new(&instance.law, &instance.encoders)? else { return inapplicable() };
            claims(vec![sides.clause(sides.any, sides.other + sides.operator)])
        },
    },
    LawVariant {
        name: "correlation/half-in-any-law",
        claim: Claim::Correlation,
        examine: |instance| {
            let Some(sides) = CorrelationSides::new(&instance.law, &instance.encoders)? else { return inapplicable() };
            claims(vec![sides.clause(sides.linear, sides.other + 0.5 * sides.operator)])
        },
    },
    LawVariant {
        name: "capacity/information-in-any-law",
        claim: Claim::Capacity,
        examine: |instance| {
            let (law, encoder) = (&instance.law, &instance.encoders[0]);
            let Some(Budget { aligned, error, .. }) = Budget::new(law, encoder)? else { return inapplicable() };
            let values = symmetric_eigen(&aligned)?.values;
            let least = values.last().copied().unwrap_or(0.0);
            if least <= error.sqrt() {
                return inapplicable();
            }
            let bound: f64 = values.iter().map(|value| -0.5 * value.ln()).sum();
            let said = law.information_nats(&law.encoded(0, encoder));
            claims(vec![Clause::at_most("I(z1;y)", said, bound, error * (1.0 + values.len() as f64 / least))])
        },
    },
];

/// Every variant, by theorem in the order of the registry.
pub static VARIANTS: &[Variant] = &[
    Variant {
        of: "perfect-alignment",
        name: "perfect-alignment/any-encoders",
        claim: "I(z1;y) ≤ min I(x_m;y), without z1 = z2",
        examine: |case| about_redundancy(case, |kept, least, _, error| Clause::at_most("I", kept, least, error)),
    },
    Variant {
        of: "perfect-alignment",
        name: "perfect-alignment/interaction-information",
        claim: "z1 = z2 = z  ⟹  I(z;y) ≤ I(x1;y) + I(x2;y) − I(x1,x2;y)",
        examine: |case| {
            if !agree(case)? {
                return inapplicable();
            }
            about_redundancy(case, |kept, _, whole, error| {
                Clause::at_most("I", kept, whole[0] + whole[1] - whole[2], error)
            })
        },
    },
    Variant {
        of: "perfect-alignment",
        name: "perfect-alignment/half",
        claim: "z1 = z2 = z  ⟹  I(z;y) ≤ ½ min I(x_m;y)",
        examine: |case| with_rhs("perfect-alignment", case, "information", |clause| 0.5 * clause.rhs),
    },
    Variant {
        of: "perfect-alignment",
        name: "perfect-alignment/wrong-sign",
        claim: "z1 = z2 = z  ⟹  I(z;y) ≥ min I(x_m;y)",
        examine: |case| {
            altered("perfect-alignment", case, |clause| {
                clause.label.starts_with("information").then(|| Clause {
                    lhs: clause.rhs,
                    rhs: clause.lhs,
                    ..clause.clone()
                })
            })
        },
    },
    Variant {
        of: "perfect-alignment",
        name: "perfect-alignment/variance",
        claim: "z1 = z2 = z  ⟹  σ(z;y)² ≥ max σ(x_m;y)",
        examine: |case| with_rhs("perfect-alignment", case, "σ", |clause| clause.rhs * clause.rhs),
    },
    Variant {
        of: "perfect-alignment",
        name: "perfect-alignment/loses-the-unique-alone",
        claim: "z1 = z2 = z, scalar y  ⟹  I(x1,x2;y) − I(z;y) ≤ Unq1 + Unq2",
        examine: |case| {
            if !agree(case)? {
                return inapplicable();
            }
            about_redundancy(case, |kept, _, whole, error| {
                Clause::at_most("lost", whole[2] - kept, (whole[0] - whole[1]).abs(), error)
            })
        },
    },
    Variant {
        of: "perfect-alignment",
        name: "perfect-alignment/twice-the-synergy",
        claim: "z1 = z2 = z, scalar y  ⟹  I(x1,x2;y) − I(z;y) ≥ Unq1 + Unq2 + 2·Syn",
        examine: |case| {
            if !agree(case)? {
                return inapplicable();
            }
            about_redundancy(case, |kept, least, whole, error| {
                let synergy = whole[2] - whole[0].max(whole[1]);
                Clause::at_most("parts", whole[2] - least + synergy, whole[2] - kept, error)
            })
        },
    },
    Variant {
        of: "alignment-floor",
        name: "alignment-floor/squares",
        claim: "2 Σ (1 − ρ_i²) ≤ ε²",
        examine: |case| floor(case, |rho, dim| (0..dim).map(|i| 2.0 * (1.0 - rho(i) * rho(i))).sum()),
    },
    Variant {
        of: "alignment-floor",
        name: "alignment-floor/one-more",
        claim: "2 Σ_{i≤d+1} (1 − ρ_i) ≤ ε²",
        examine: |case| floor(case, |rho, dim| (0..=dim).map(|i| 2.0 * (1.0 - rho(i))).sum()),
    },
    Variant {
        of: "alignment-floor",
        name: "alignment-floor/weakest",
        claim: "2 d (1 − ρ_d) ≤ ε²",
        examine: |case| floor(case, |rho, dim| 2.0 * dim as f64 * (1.0 - rho(dim - 1))),
    },
    Variant {
        of: "alignment-floor",
        name: "alignment-floor/sines",
        claim: "Σ √(1 − ρ_i²) ≤ ε²",
        examine: |case| floor(case, |rho, dim| (0..dim).map(|i| (1.0 - rho(i) * rho(i)).max(0.0).sqrt()).sum()),
    },
    Variant {
        of: "alignment-floor",
        name: "alignment-floor/unwhitened",
        claim: "2 Σ (1 − ρ_i) ≤ E‖z1 − z2‖², encoders not whitened",
        examine: |case| {
            let (moments, encoders) = (case.subject.moments(), &case.encoders);
            let error = (0..2).map(|m| moments.encoded(m, encoders.weights(m)).trace()).sum::<f64>()
                - 2.0 * moments.cross_trace(&encoders.first, &encoders.second);
            with_rhs("alignment-floor", case, "alignment error", |_| error)
        },
    },
    Variant {
        of: "alignment-floor",
        name: "alignment-floor/value-of-raw-weights",
        claim: "tr(W1 Σ12 W2ᵀ) ≤ Σ ρ_i, encoders not whitened",
        examine: |case| {
            let most = (0..case.dim()).map(|i| case.subject.pair.correlation(i)).sum();
            detectors::value_of_raw_weights(case, &CanonicalCorrelation, most)
        },
    },
    Variant {
        of: "lipschitz",
        name: "lipschitz/no-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y), without L·ε",
        examine: |case| Lipschitz::examine_with(case, 0.0, |deviation, distance| deviation + distance),
    },
    Variant {
        of: "lipschitz",
        name: "lipschitz/half-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y) + ½ L·ε",
        examine: |case| {
            Lipschitz::examine_with(case, case.alignment.error.sqrt(), |deviation, distance| deviation + 0.5 * distance)
        },
    },
    Variant {
        of: "lipschitz",
        name: "lipschitz/pythagoras",
        claim: "σ(x2;y)² ≤ σ_L(z1;y)² + L²ε²",
        examine: |case| Lipschitz::examine_with(case, case.alignment.error.sqrt(), f64::hypot),
    },
    Variant {
        of: "lipschitz",
        name: "lipschitz/mean-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y) + L·ε/√d",
        examine: |case| {
            let epsilon = (case.alignment.error / case.dim() as f64).sqrt();
            Lipschitz::examine_with(case, epsilon, |deviation, distance| deviation + distance)
        },
    },
    Variant {
        of: "lipschitz",
        name: "lipschitz/squared-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y) + L·ε²",
        examine: |case| Lipschitz::examine_with(case, case.alignment.error, |deviation, distance| deviation + distance),
    },
    Variant {
        of: "lipschitz",
        name: "lipschitz/own-scale-no-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y), encoders in their own scale",
        examine: |case| claims(Lipschitz::in_own_scale(case, OwnDistance { epsilon: 0.0, ..own_distance(case) })?),
    },
    Variant {
        of: "lipschitz",
        name: "lipschitz/own-scale-whitened-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y) + L·ε, encoders in their own scale, ε of the whitened ones",
        examine: |case| {
            let distance = own_distance(case);
            let epsilon = case.alignment.error.sqrt() / distance.scale;
            claims(Lipschitz::in_own_scale(case, OwnDistance { epsilon, ..distance })?)
        },
    },
    Variant {
        of: "correlation",
        name: "correlation/half",
        claim: "√R²(z1;y) ≤ √R²(x2;y) + ½ ε_op",
        examine: |case| roots(case, |root| root + 0.5 * case.alignment.error_operator),
    },
    Variant {
        of: "correlation",
        name: "correlation/squared",
        claim: "√R²(z1;y) ≤ √R²(x2;y) + ε_op²",
        examine: |case| roots(case, |root| root + case.alignment.error_operator.powi(2)),
    },
    Variant {
        of: "correlation",
        name: "correlation/pythagoras",
        claim: "R²(z1;y) ≤ R²(x2;y) + ε_op²",
        examine: |case| roots(case, |root| root.hypot(case.alignment.error_operator)),
    },
    Variant {
        of: "correlation",
        name: "correlation/mean-error",
        claim: "√R²(z1;y) ≤ √R²(x2;y) + ε/√d",
        examine: |case| roots(case, |root| root + (case.alignment.error / case.dim() as f64).sqrt()),
    },
    Variant {
        of: "correlation",
        name: "correlation/any-readout",
        claim: "any law  ⟹  √R² of the best readout of z1 of any kind ≤ √R²(x2;y) + ε_op",
        examine: |_| inapplicable(),
    },
    Variant {
        of: "correlation",
        name: "correlation/half-in-any-law",
        claim: "any law  ⟹  √R²(z1;y) ≤ √R²(x2;y) + ½ ε_op",
        examine: |_| inapplicable(),
    },
    Variant {
        of: "correlation",
        name: "correlation/semidefinite-by-the-loudest-variance",
        claim: "eigenvalues above −1e-12 of the largest  ⟹  a covariance, whose correlations are at most 1",
        examine: detectors::semidefinite_by_the_loudest_variance,
    },
    Variant {
        of: "correlation",
        name: "correlation/symmetric-by-the-loudest-entry",
        claim: "mirrored entries within 1e-10 of the largest  ⟹  Cov(a,b) = Cov(b,a)",
        examine: detectors::symmetric_by_the_loudest_entry,
    },
    Variant {
        of: "correlation",
        name: "correlation/root-by-the-loudest-variance",
        claim: "a root without eigenvalues below 2e-16 of the largest has every variance",
        examine: detectors::root_by_the_loudest_variance,
    },
    Variant {
        of: "capacity",
        name: "capacity/product",
        claim: "tr K + tr P ≤ d − tr K · tr P / d²",
        examine: |case| traces(case, |k, p, dim| Some((k + p, dim - k * p / (dim * dim)))),
    },
    Variant {
        of: "capacity",
        name: "capacity/one-less",
        claim: "tr K + tr P ≤ d − 1 for d ≥ 2",
        examine: |case| traces(case, |k, p, dim| (dim >= 2.0).then_some((k + p, dim - 1.0))),
    },
    Variant {
        of: "capacity",
        name: "capacity/root",
        claim: "tr K + √tr P ≤ d for tr P ≤ 1",
        examine: |case| traces(case, |k, p, dim| (p <= 1.0).then(|| (k + p.max(0.0).sqrt(), dim))),
    },
    Variant {
        of: "capacity",
        name: "capacity/separate-eigenvalues",
        claim: "λ_max(K) + λ_max(P) ≤ 1",
        examine: |case| {
            let mut clauses = Vec::new();
            for entry in case.capacities.iter().filter(|entry| case.towers.rank(entry.encoder) > 0) {
                let encoded = if entry.encoder == 0 { Source::EncodedFirst } else { Source::EncodedSecond };
                let across = case.towers.cross_modal_angles(&case.subject.pair, entry.encoder)?;
                let own = &case.targets[entry.target].source(encoded).angles;
                let largest = |cosines: &[f64]| cosines.first().map_or(0.0, |cosine| cosine * cosine);
                let sum = largest(across.cosines()) + largest(own.cosines());
                clauses.push(Clause::at_most("λ(K) + λ(P)", sum, 1.0, case.subject.error(1.0)));
            }
            claims(clauses)
        },
    },
    Variant {
        of: "capacity",
        name: "capacity/any-target",
        claim: "tr K + tr P ≤ d, without y ⟂ x2",
        examine: |case| {
            let mut clauses = Vec::new();
            let dim = case.towers.rank(0) as f64;
            for target in &case.targets {
                let capacity = Capacity::new(&case.subject.pair, &case.towers, target.geometry, 0)?;
                let sum = capacity.aligned + capacity.private;
                clauses.push(Clause::at_most(target.name, sum, dim, case.subject.error(dim)));
            }
            claims(clauses)
        },
    },
    Variant {
        of: "capacity",
        name: "capacity/quarter-of-the-determinant",
        claim: "I(z1;y) ≤ −¼ log det K",
        examine: |case| with_rhs("capacity", case, "information", |clause| 0.5 * clause.rhs),
    },
    Variant {
        of: "capacity",
        name: "capacity/determinant-of-any-target",
        claim: "I(z1;y) ≤ −½ log det K, without y ⟂ x2",
        examine: |case| {
            let aligned = case.towers.cross_modal_angles(&case.subject.pair, 0)?;
            let bound: f64 = aligned.cosines().iter().map(|cosine| -cosine.ln()).sum();
            let of = |target: &EvaluatedTarget| {
                let error = case.subject.information_error(&target.source(Source::EncodedFirst).angles);
                Clause::at_most(target.name, information(target, Source::EncodedFirst), bound, error)
            };
            claims(case.targets.iter().map(of).collect())
        },
    },
    Variant {
        of: "capacity",
        name: "capacity/information-in-any-law",
        claim: "any law  ⟹  I(z1;y) ≤ −½ log det K",
        examine: |_| inapplicable(),
    },
    Variant {
        of: "capacity",
        name: "capacity/private-by-the-loudest-row",
        claim: "tr K + tr P ≤ d for a vector y of which x2 says little beside its loudest row",
        examine: private_by_the_loudest_row,
    },
    Variant {
        of: "leakage",
        name: "leakage/half",
        claim: "I(z1;y) ≤ ½ Σ log(1/ρ_i)",
        examine: |case| leaked(case, |rho| -0.5 * rho.iter().map(|rho| rho.ln()).sum::<f64>()),
    },
    Variant {
        of: "leakage",
        name: "leakage/one-less",
        claim: "I(z1;y) ≤ Σ_{i<d} log(1/ρ_i) for d ≥ 2",
        examine: |case| {
            leaked(case, |rho| {
                if rho.len() < 2 {
                    f64::INFINITY
                } else {
                    -rho[..rho.len() - 1].iter().map(|rho| rho.ln()).sum::<f64>()
                }
            })
        },
    },
    Variant {
        of: "leakage",
        name: "leakage/strongest",
        claim: "I(z1;y) ≤ d log(1/ρ_1)",
        examine: |case| leaked(case, |rho| -(rho.len() as f64) * rho.first().map_or(0.0, |rho| rho.ln())),
    },
    Variant {
        of: "leakage",
        name: "leakage/linearised",
        claim: "I(z1;y) ≤ Σ (1 − ρ_i)",
        examine: |case| leaked(case, |rho| rho.iter().map(|rho| 1.0 - rho).sum()),
    },
    Variant {
        of: "leakage",
        name: "leakage/any-target",
        claim: "I(z1;y) ≤ Σ log(1/ρ_i) at canonical encoders, without y ⟂ x2",
        examine: |case| if case.is_canonical() { leaked_by_any(case, false) } else { inapplicable() },
    },
    Variant {
        of: "leakage",
        name: "leakage/any-encoders",
        claim: "I(z1;y) ≤ Σ log(1/ρ_i) for y ⟂ x2 at any whitened encoders",
        examine: |case| leaked_by_any(case, true),
    },
    Variant {
        of: "leakage",
        name: "leakage/canonical-by-objective",
        claim: "only minimisers of canonical objectives span the leading canonical directions",
        examine: |case| {
            let spans = match case.canonical() {
                Canonical::Yes => 1.0,
                Canonical::No => 0.0,
                Canonical::TooCloseToCall => return inapplicable(),
            };
            let claimed = f64::from(u8::from(case.minimises_canonical_objective()));
            claims(vec![Clause::at_most("canonical", spans, claimed, 0.0)])
        },
    },
    Variant {
        of: "sufficiency",
        name: "sufficiency/one-more",
        claim: "cross-modal loss = −½ Σ_{i>d+1} log(1−ρ_i²)",
        examine: |case| beyond(case, |rho| half_log(rho.get(1..).unwrap_or(&[]))),
    },
    Variant {
        of: "sufficiency",
        name: "sufficiency/first-power",
        claim: "cross-modal loss = −½ Σ_{i>d} log(1−ρ_i)",
        examine: |case| beyond(case, |rho| rho.iter().map(|rho| -0.5 * (-rho).ln_1p()).sum()),
    },
    Variant {
        of: "sufficiency",
        name: "sufficiency/squares",
        claim: "cross-modal loss = ½ Σ_{i>d} ρ_i²",
        examine: |case| beyond(case, |rho| rho.iter().map(|rho| 0.5 * rho * rho).sum()),
    },
    Variant {
        of: "sufficiency",
        name: "sufficiency/coupled-factors",
        claim: "d ≥ r  ⟹  I(z1;s) = I(x1;s), without x1 ⟂ x2 | s",
        examine: |case| sufficient(case, case.dim() >= case.subject.pair.rank()),
    },
    Variant {
        of: "sufficiency",
        name: "sufficiency/rank-less-one",
        claim: "d ≥ r − 1  ⟹  I(z1;s) = I(x1;s)",
        examine: |case| sufficient(case, case.dim() + 1 == case.subject.pair.rank()),
    },
    Variant {
        of: "sufficiency",
        name: "sufficiency/separated-by-the-loudest-channel",
        claim: "d ≥ r, Cov(x1,x2 | s) below 1e-9 of the loudest  ⟹  I(z1;s) = I(x1;s)",
        examine: detectors::separated_by_the_loudest_channel,
    },
    Variant {
        of: "selection",
        name: "selection/correlations-alone",
        claim: "every objective keeps the factors with the largest |ρ_i|",
        examine: |case| Ok(Selection::examine_with(case, |factor, _| factor.correlation)),
    },
    Variant {
        of: "selection",
        name: "selection/swapped-exponents",
        claim: "score |ρ_i| t1^{2a} t2^{2b}",
        examine: |case| {
            Ok(Selection::examine_with(case, |factor, [a, b]| PairedFactor::score(factor, [0.5 - a, 0.5 - b])))
        },
    },
    Variant {
        of: "selection",
        name: "selection/variances",
        claim: "score |ρ_i| t1^{2−4a} t2^{2−4b}",
        examine: |case| {
            Ok(Selection::examine_with(case, |factor, whiten| {
                PairedFactor::score(factor, whiten).powi(2) / factor.correlation
            }))
        },
    },
    Variant {
        of: "selection",
        name: "selection/squared-correlations",
        claim: "score ρ_i² t1^{1−2a} t2^{1−2b}",
        examine: |case| {
            Ok(Selection::examine_with(case, |factor, whiten| PairedFactor::score(factor, whiten) * factor.correlation))
        },
    },
    Variant {
        of: "selection",
        name: "selection/orthogonal-by-the-loudest-channel",
        claim: "loadings that miss being eigenvectors by less than 4e-15 of the loudest variance  ⟹  the largest |ρ_i| is kept",
        examine: detectors::orthogonal_by_the_loudest_channel,
    },
    Variant {
        of: "width",
        name: "width/twice-the-threshold",
        claim: "gain ≤ ½ Σ (σ_i − 2η)₊²",
        examine: |case| gain(case, "gain", |sigma, decay| thresholded(sigma, 2.0 * decay)),
    },
    Variant {
        of: "width",
        name: "width/hard-threshold",
        claim: "the greatest gain is ½ Σ_{σ_i > η} σ_i²",
        examine: |case| {
            gain(case, "greatest gain", |sigma, decay| {
                sigma.iter().filter(|value| **value > decay).map(|value| 0.5 * value * value).sum()
            })
        },
    },
    Variant {
        of: "width",
        name: "width/penalty-first",
        claim: "the greatest gain is ½ Σ (σ_i² − η²)₊",
        examine: |case| {
            gain(case, "greatest gain", |sigma, decay| {
                sigma.iter().map(|value| 0.5 * (value * value - decay * decay).max(0.0)).sum()
            })
        },
    },
    Variant {
        of: "width",
        name: "width/one-direction",
        claim: "gain ≤ ½ (σ_1 − η)₊²",
        examine: |case| gain(case, "gain", |sigma, decay| thresholded(&sigma[..1], decay)),
    },
    Variant {
        of: "width",
        name: "width/unshrunk",
        claim: "with weight decay W1ᵀW2 at the minimum keeps the σ_i above η as they are",
        examine: |case| {
            let minimises = case.objective.is_some_and(|objective| objective.id() == "linear-contrastive");
            let Some(problem) = width::problem(case)?.filter(|problem| minimises && problem.is_small()) else {
                return inapplicable();
            };
            let decay = 0.2 * problem.largest();
            let kept = problem.sigma.iter().filter(|value| **value > decay).count();
            let unshrunk = svd(problem.cross)?.truncated(kept);
            claims(width::trained_clauses(&problem, decay, kept, &unshrunk, "unshrunk")?)
        },
    },
    Variant {
        of: "width",
        name: "width/uniform-shrinkage",
        claim: "with weight decay W1ᵀW2 at the minimum is (1 − η/σ_1)·Σ12",
        examine: |case| {
            let minimises = case.objective.is_some_and(|objective| objective.id() == "linear-contrastive");
            let Some(problem) = width::problem(case)?.filter(|problem| minimises && problem.is_small()) else {
                return inapplicable();
            };
            let decay = 0.2 * problem.largest();
            let shrunk = problem.cross * 0.8;
            claims(width::trained_clauses(&problem, decay, problem.sigma.len(), &shrunk, "shrunk")?)
        },
    },
    Variant {
        of: "width",
        name: "width/resolved-beside-one",
        claim: "no gain of twice its bound holds with an error of 1.5 bounds, which is resolved where it is below 1e-3",
        examine: |case| detectors::twice_too_much_holds(case, "width", "gain at", |clause| 1.5 * clause.rhs),
    },
    Variant {
        of: "width",
        name: "width/flat-is-minimal",
        claim: "a step of 1e-6 that lowers the loss by less than 1e-4 of it  ⟹  the loss is at its minimum",
        examine: detectors::flat_is_minimal,
    },
    Variant {
        of: "infonce-gap",
        name: "infonce-gap/first-power",
        claim: "the bilinear critic attains ½ Σ ρ_i",
        examine: |case| {
            let sum: f64 = case.subject.pair.angles().cosines().iter().take(case.dim()).map(|rho| 0.5 * rho).sum();
            with_rhs("infonce-gap", case, "bilinear", |_| sum)
        },
    },
    Variant {
        of: "infonce-gap",
        name: "infonce-gap/bilinear-attains-all",
        claim: "the bilinear critic attains −½ Σ log(1−ρ_i²)",
        examine: |case| {
            let cosines = case.subject.pair.angles().cosines();
            let all = half_log(&cosines[..case.dim().min(cosines.len())]);
            if all.is_finite() { with_rhs("infonce-gap", case, "bilinear", |_| all) } else { inapplicable() }
        },
    },
    Variant {
        of: "infonce-gap",
        name: "infonce-gap/symmetric-attains-all",
        claim: "the symmetric squared-distance critic attains −½ log(1−ρ²)",
        examine: |case| {
            altered("infonce-gap", case, |clause| {
                let below = clause.label.starts_with("symmetric below");
                below.then(|| Clause { relation: Relation::Equal, ..clause.clone() })
            })
        },
    },
    Variant {
        of: "infonce-gap",
        name: "infonce-gap/one-sided-first-power",
        claim: "the one-sided squared-distance critic attains −½ log(1−ρ)",
        examine: |case| {
            with_rhs("infonce-gap", case, "one-sided", |clause| {
                let rho = (-(-2.0 * clause.rhs).exp_m1()).sqrt();
                -0.5 * (-rho).ln_1p()
            })
        },
    },
    Variant {
        of: "infonce-gap",
        name: "infonce-gap/negatives-alone",
        claim: "estimates from B samples are at most log(B − 1)",
        examine: |case| with_rhs("infonce-gap", case, "estimates", |clause| clause.rhs.exp_m1().ln()),
    },
    Variant {
        of: "infonce-gap",
        name: "infonce-gap/symmetric-at-the-encoders",
        claim: "the symmetric squared distance attains −½ Σ log(1−ρ_i²) at the encoders",
        examine: |case| {
            let cosines = case.subject.pair.angles().cosines();
            let all = half_log(&cosines[..case.dim().min(cosines.len())]);
            let label = "symmetric squared distance at the encoders";
            if all.is_finite() { with_rhs("infonce-gap", case, label, |_| all) } else { inapplicable() }
        },
    },
    Variant {
        of: "infonce-gap",
        name: "infonce-gap/quadrature-without-negatives",
        claim: "the bilinear critic attains Σ ρ_i² at the encoders",
        examine: |case| with_rhs("infonce-gap", case, "bilinear critic by quadrature", |clause| 2.0 * clause.rhs),
    },
    Variant {
        of: "spiked-cca",
        name: "spiked-cca/population-value",
        claim: "the sample value of ρ² converges to ρ²",
        examine: |case| {
            SpikedCca::examine_with(case, &Limits { correlation_squared: |_, square| square, ..Limits::STATED })
        },
    },
    Variant {
        of: "spiked-cca",
        name: "spiked-cca/one-modality",
        claim: "the sample value of ρ² is inflated by half as much, as if one modality were known",
        examine: |case| {
            let limit = |ratios: AspectRatios, square: f64| (square * ratios.sample_correlation_squared(square)).sqrt();
            SpikedCca::examine_with(case, &Limits { correlation_squared: limit, ..Limits::STATED })
        },
    },
    Variant {
        of: "spiked-cca",
        name: "spiked-cca/centre-of-the-bulk",
        claim: "the largest value of the bulk tends to (d_− + d_+)/2",
        examine: |case| {
            let edge = |ratios: AspectRatios| f64::midpoint(ratios.bulk()[0], ratios.bulk()[1]);
            SpikedCca::examine_with(case, &Limits { edge, ..Limits::STATED })
        },
    },
    Variant {
        of: "spiked-cca",
        name: "spiked-cca/consistent-variates",
        claim: "sample variates converge to those of the population",
        examine: |case| SpikedCca::examine_with(case, &Limits { sine_squared: |_, _, _| 0.0, ..Limits::STATED }),
    },
    Variant {
        of: "leak-by-mixing",
        name: "leak-by-mixing/unwhitened",
        claim: "no noise, d ≤ k  ⟹  linear-contrastive: R² = 0 on private factors",
        examine: |case| {
            let linear = case.whitening_of_solution() == Some([false, false]);
            nothing_private(case, linear && noiseless(case) && few_outputs(case))
        },
    },
    Variant {
        of: "leak-by-mixing",
        name: "leak-by-mixing/half-whitened",
        claim: "no noise, d ≤ k  ⟹  prediction: R² = 0 on private factors, from either encoder",
        examine: |case| {
            let half = case.whitening_of_solution() == Some([true, false]);
            nothing_private(case, half && noiseless(case) && few_outputs(case))
        },
    },
    Variant {
        of: "leak-by-mixing",
        name: "leak-by-mixing/with-noise",
        claim: "d ≤ k  ⟹  canonical encoders: R² = 0 on private factors, noise or not",
        examine: |case| nothing_private(case, case.is_canonical() && few_outputs(case)),
    },
    Variant {
        of: "leak-by-mixing",
        name: "leak-by-mixing/any-dimension",
        claim: "no noise  ⟹  canonical encoders: R² = 0 on private factors, for any d",
        examine: |case| nothing_private(case, case.is_canonical() && noiseless(case)),
    },
    Variant {
        of: "leak-by-mixing",
        name: "leak-by-mixing/one-dimension-tells",
        claim: "no noise  ⟹  linear-contrastive: at any d < k, what leaks tells whether A ⟂ B",
        examine: |case| leak_tells(case, 1.0, |dim, shared| dim < shared),
    },
    Variant {
        of: "leak-by-mixing",
        name: "leak-by-mixing/half-the-leak-tells",
        claim: "no noise, d = k  ⟹  ‖AᵀB‖ ≤ ½ ‖A‖·‖UᵀB‖",
        examine: |case| leak_tells(case, 0.5, |dim, shared| dim == shared),
    },
    Variant {
        of: "leak-by-mixing",
        name: "leak-by-mixing/full-rank-by-the-loudest-loading",
        claim: "[A B] of full column rank  ⟹  its least singular value is above 1e-6 of the largest, in any units",
        examine: detectors::full_rank_by_the_loudest_loading,
    },
    Variant {
        of: "hermite",
        name: "hermite/linear-towers-do-as-well",
        claim: "over all towers the greatest gain is Σ_{i≤d} ρ_i²",
        examine: |case| {
            let linear: f64 = (0..case.dim()).map(|i| case.subject.pair.correlation(i).powi(2)).sum();
            with_rhs("hermite", case, "gain at the minimiser", |_| linear)
        },
    },
    Variant {
        of: "hermite",
        name: "hermite/half-the-gain",
        claim: "no encoders gain more than half of what the theorem allows",
        examine: |case| with_rhs("hermite", case, "gain of the encoders", |clause| 0.5 * clause.rhs),
    },
    Variant {
        of: "hermite",
        name: "hermite/one-dimension-later",
        claim: "the second variate enters at d = ⌈log ρ2/log ρ1⌉ + 1",
        examine: |case| {
            let rho = |i: usize| case.subject.pair.correlation(i);
            let entry = (rho(1).ln() / rho(0).ln()).ceil() + 1.0;
            with_rhs("hermite", case, "second variate", |_| f64::from(u8::from(case.dim() as f64 >= entry)))
        },
    },
    Variant {
        of: "multimodal",
        name: "multimodal/nine-tenths",
        claim: "y ⟂ all others  ⟹  K + P ⪯ 0.9·I",
        examine: |case| with_rhs("multimodal", case, "largest eigenvalue", |clause| 0.9 * clause.rhs),
    },
    Variant {
        of: "multimodal",
        name: "multimodal/agreement-falls",
        claim: "λ_j can only fall as a modality joins",
        examine: |case| {
            altered("multimodal", case, |clause| {
                let swapped = Clause { lhs: clause.rhs, rhs: clause.lhs, ..clause.clone() };
                clause.label.starts_with('λ').then_some(swapped)
            })
        },
    },
    Variant {
        of: "multimodal",
        name: "multimodal/no-more-agreement",
        claim: "a further modality adds no agreement",
        examine: |case| with_rhs("multimodal", case, "agreement gained", |_| 0.0),
    },
    Variant {
        of: "multimodal",
        name: "multimodal/shares-of-all-jointly",
        claim: "targets private to each modality jointly explain at most (M−λ)/(1+(M−2)λ) of a GCCA variate",
        examine: |case| {
            let two = case.subject.model.modalities().len() == 2;
            let aligned = case.objective.is_some_and(|objective| objective.id() == "cca");
            let rhos = case.subject.pair.angles().cosines().iter().take(case.dim());
            let clause = |&rho: &f64| {
                Clause::at_most("joint share", jointly_explained(rho), 1.0 - rho, case.subject.error(1.0) / (1.0 - rho))
            };
            let pairs = rhos.filter(|rho| two && aligned && INTERIOR.contains(rho));
            claims(pairs.map(clause).collect())
        },
    },
    Variant {
        of: "multimodal",
        name: "multimodal/shares-attain-the-bound",
        claim: "the private shares of a GCCA variate add up to (M−λ)/(1+(M−2)λ)",
        examine: |case| {
            altered("multimodal", case, |clause| {
                let shares = clause.label.starts_with("private shares");
                shares.then(|| Clause { relation: Relation::Equal, ..clause.clone() })
            })
        },
    },
    Variant {
        of: "multimodal",
        name: "multimodal/each-share-a-part",
        claim: "y private to a modality explains at most (M−λ)/(1+(M−2)λ)/M of a GCCA variate",
        examine: |case| {
            let count = case.subject.model.modalities().len() as f64;
            let Finding::Checked(clauses) = find("multimodal").expect("registered").examine(case)? else {
                return inapplicable();
            };
            let bound = |variate: &str| {
                clauses.iter().find(|clause| clause.label == format!("private shares of {variate}, added up"))
            };
            let of_share = |clause: &Clause| {
                let (_, variate) = clause.label.rsplit_once(" in ").filter(|_| clause.label.starts_with("share of"))?;
                Some(Clause { rhs: bound(variate)?.rhs / count, ..clause.clone() })
            };
            claims(clauses.iter().filter_map(of_share).collect())
        },
    },
    Variant {
        of: "fidelity-threshold",
        name: "fidelity-threshold/one-percent-less",
        claim: "J_λ ≤ 0.99·(KyFan_d + KyFan_d)",
        examine: |case| with_rhs("fidelity-threshold", case, "J at", |clause| 0.99 * clause.rhs),
    },
    Variant {
        of: "fidelity-threshold",
        name: "fidelity-threshold/any-encoders-attain-it",
        claim: "J_λ = KyFan_d + KyFan_d for any whitened encoders",
        examine: |case| {
            altered("fidelity-threshold", case, |clause| {
                clause.label.starts_with("J at").then(|| Clause { relation: Relation::Equal, ..clause.clone() })
            })
        },
    },
    Variant {
        of: "fidelity-threshold",
        name: "fidelity-threshold/without-symmetry",
        claim: "maximisers of J_λ attain KyFan_d + KyFan_d on every model",
        examine: |case| {
            let joint = case.objective.is_some_and(|objective| objective.id() == "alignment-fidelity");
            altered("fidelity-threshold", case, |clause| {
                let claimed = joint && clause.label.starts_with("J at");
                claimed.then(|| Clause { relation: Relation::Equal, ..clause.clone() })
            })
        },
    },
    Variant {
        of: "fidelity-threshold",
        name: "fidelity-threshold/symmetric-by-the-loudest-channel",
        claim: "canonical directions that miss being eigenvectors by less than 1e-8 of the loudest variance  ⟹  the largest scores are kept",
        examine: detectors::symmetric_by_the_loudest_channel,
    },
    Variant {
        of: "fidelity-threshold",
        name: "fidelity-threshold/error-of-a-pure-number",
        claim: "no J_λ of twice its bound holds with the error bound of a pure number",
        examine: |case| {
            detectors::twice_too_much_holds(case, "fidelity-threshold", "J at", |clause| case.subject.error(clause.rhs))
        },
    },
    Variant {
        of: "fidelity-threshold",
        name: "fidelity-threshold/value-of-raw-weights",
        claim: "J_½ ≤ KyFan_d + KyFan_d, encoders not whitened",
        examine: |case| {
            let objective = AlignmentFidelity::new(0.5).expect("a number from 0 to 1");
            let spectra = case.subject.fidelity_spectra(0.5)?;
            let most = spectra.iter().map(|spectrum| ky_fan(spectrum, case.dim())).sum();
            detectors::value_of_raw_weights(case, &objective, most)
        },
    },
    Variant {
        of: "decoupled-sufficiency",
        name: "decoupled-sufficiency/any-dimension",
        claim: "the decoupled encoder keeps all that x_1 says of its private factors, for any d",
        examine: |case| {
            if case.objective.is_none_or(|objective| objective.id() != "decoupled") {
                return inapplicable();
            }
            let private = case.capacities.iter().filter(|entry| entry.encoder == 0);
            claims(
                private
                    .map(|entry| &case.targets[entry.target])
                    .filter(|target| information(target, Source::First).is_finite())
                    .map(|target| {
                        let error = case.subject.information_error(&target.source(Source::First).angles)
                            + case.subject.information_error(&target.source(Source::EncodedFirst).angles);
                        let lost = target.information_loss_nats(Source::First, Source::EncodedFirst);
                        Clause::equal("private loss", lost, 0.0, error)
                    })
                    .collect(),
            )
        },
    },
    Variant {
        of: "decoupled-sufficiency",
        name: "decoupled-sufficiency/half-the-floor",
        claim: "the common block comes half as near as the alignment floor",
        examine: |case| {
            with_rhs("decoupled-sufficiency", case, "alignment of the common block", |clause| 0.5 * clause.rhs)
        },
    },
    Variant {
        of: "decoupled-sufficiency",
        name: "decoupled-sufficiency/a-price-in-information",
        claim: "(E[s|x_1], E[u_1|x_1]) loses a hundredth of a nat about (s, u_1)",
        examine: |case| with_rhs("decoupled-sufficiency", case, "loss about (s, u1) of (E", |_| 0.01),
    },
    Variant {
        of: "decoupled-sufficiency",
        name: "decoupled-sufficiency/room-for-the-other",
        claim: "what suffices for the first decoupled encoder to keep (s, u1) suffices for the second to keep (s, u2)",
        examine: |case| {
            if case.objective.is_none_or(|objective| objective.id() != "decoupled")
                || !DecoupledSufficiency::keeps_all(case, 0)?
            {
                return inapplicable();
            }
            let mut clauses = Vec::new();
            DecoupledSufficiency::compare(&mut clauses, case, 1, "the decoupled encoder", &case.towers)?;
            claims(clauses)
        },
    },
];
