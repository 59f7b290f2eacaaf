//! Each theorem on random models of every family, on one case solved by hand, and on one where a dropped hypothesis makes it fail.

use crate::common::mean_and_standard_error;
use crate::common::models::{self, modality, target};
use crate::common::random::{encoders, generator};
use alignloss::information::{Capacity, Encoders, InformationError, Side, Source};
use alignloss::linalg::Matrix;
use alignloss::model::family::{self, Draw};
use alignloss::model::{Format, LatentModel, Noise};
use alignloss::objective::{
    self, AlignmentFidelity, CanonicalCorrelation, Decoupled, InfoNce, LinearContrastive, Objective, Prediction,
    PrincipalComponents, Regularised, Supervised,
};
use alignloss::random::Stream;
use alignloss::theorem::random_matrix::{AspectRatios, InformationPlusNoise, mean_largest_null_correlation_squared};
use alignloss::theorem::spiked_cca::SpikedDraw;
use alignloss::theorem::verify::Plan;
use alignloss::theorem::{self, Canonical, Case, Clause, Finding, Quantity, Question, Status, Subject, Verdict};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::RngExt;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Hand-made models are perfectly conditioned: a few dozen roundings of numbers of order one.
const BY_HAND: f64 = 1e-13;

/// Two independent double-precision routes through random, moderately conditioned models.
const PREDICTED: f64 = 1e-6;

// ---------------------------------------------------------------------------------------------------------------------
// What is tried
// ---------------------------------------------------------------------------------------------------------------------

/// Notes the objective of every case that it is shown, and whether each modality's noise is the same on all channels.
#[derive(Debug)]
struct Onlooker {
    shown: Mutex<Vec<(Option<&'static str>, bool)>>,
}

static ONLOOKER: Onlooker = Onlooker { shown: Mutex::new(Vec::new()) };

impl theorem::Theorem for Onlooker {
    fn id(&self) -> &'static str {
        "onlooker"
    }

    fn statement(&self) -> &'static str {
        "nothing"
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let alike = |noise: &Noise| matches!(noise, Noise::Isotropic(_));
        let alike = case.subject.model.modalities().iter().all(|modality| alike(&modality.noise));
        self.shown.lock().expect("no panic").push((case.objective.map(Objective::id), alike));
        Ok(Finding::Inapplicable("an onlooker".into()))
    }
}

/// Models of the family whose noise is isotropic but for the units, and of the others, tried with an onlooker.
#[test]
fn verify_tries_every_objective_in_units_of_channels_and_of_modalities() {
    let plan = Plan { theorems: vec![&ONLOOKER], models: 60, seed: 3, experiment: "onlooker" };
    plan.run(|| ()).expect("a run");
    let shown = ONLOOKER.shown.lock().expect("no panic");
    for entry in objective::REGISTRY {
        let count = shown.iter().filter(|(id, _)| *id == Some(entry.id)).count();
        assert!(count > 10, "{}: {count} of {}", entry.id, shown.len());
    }
    // Families whose noise is not isotropic, and units of channels, leave fewer than half.
    let alike = shown.iter().filter(|(_, alike)| *alike).count();
    assert!(alike * 10 > shown.len() && alike * 2 < shown.len(), "{alike} of {}", shown.len());
}

// ---------------------------------------------------------------------------------------------------------------------
// Random models
// ---------------------------------------------------------------------------------------------------------------------

/// Judges every kind of encoder on one model of each family; says how often the theorem applied.
fn try_everywhere(seed: u64, judge: &mut dyn FnMut(&Case, &str)) {
    let generator = &mut generator(seed);
    for family in family::REGISTRY {
        let model = Draw::new(family).model(generator).expect("draws are valid models");
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let learner = subject.learner(seed);
        let channels = subject.pair.channels();
        let largest = channels[0].min(channels[1]).min(5);
        let place = |what: &str| format!("seed {seed}, {}, {what}", family.kind);
        let size = learner.cross_covariance_singular_values().expect("a decomposition")[0];
        for entry in objective::REGISTRY {
            let objective = entry.draw(size, generator);
            let dim = generator.random_range(1..=largest);
            let case = Case::minimise(&subject, &learner, objective.as_ref(), dim).expect("a case");
            judge(&case, &place(&format!("{objective:?} d = {dim}")));
        }
        let dim = generator.random_range(1..=largest);
        let canonical = Case::minimise(&subject, &learner, &CanonicalCorrelation, dim).expect("a case").encoders;
        let noise = encoders(generator, channels, dim);
        let near = Encoders {
            first: &canonical.first + &noise.first * 1e-2,
            second: &canonical.second + &noise.second * 1e-2,
        };
        judge(&Case::of_weights(&subject, noise).expect("a case"), &place("random"));
        judge(&Case::of_weights(&subject, near).expect("a case"), &place("nearly canonical"));
    }
}

#[test]
fn every_theorem_holds_on_random_models() {
    let exact = || theorem::REGISTRY.iter().filter(|theorem| !theorem.sampled());
    let mut applied = BTreeMap::new();
    for seed in 2000..2048 {
        try_everywhere(seed, &mut |case, place| {
            for theorem in exact() {
                let verdict = Verdict::of(theorem.id(), theorem.examine(case).expect("a finding"));
                let expected = if verdict.applies { Status::Holds } else { Status::DoesNotApply };
                assert_eq!(verdict.status, expected, "{place}: {verdict:?}");
                *applied.entry(theorem.id()).or_insert(0) += usize::from(verdict.applies);
            }
        });
    }
    // Of 48 · 6 · 14 = 4032 cases. Perfect alignment and leak-by-mixing need noiseless sensors, a fifth of the models.
    for (id, count) in applied {
        assert!(count >= 30, "{id} applied in {count} cases only");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: RngSeed::Fixed(20), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn predictions_agree_with_what_is_measured(seed: u64) {
        try_everywhere(seed, &mut |case, place| {
            for theorem in theorem::REGISTRY {
                for t in 0..case.targets.len() {
                    check_predictions(*theorem, case, t, place);
                }
            }
        });
    }
}

/// A prediction is the measured value, or bounds it from the side that the theorem says.
fn check_predictions(theorem: &dyn theorem::Theorem, case: &Case, t: usize, place: &str) {
    let target = &case.targets[t];
    let first = target.source(Source::EncodedFirst);
    let capacity = case.capacities.iter().find(|entry| entry.target == t).map(|entry| entry.capacity);
    // What is said of the loss is said of InfoNCE's (`infonce-gap`) and of the spectral one's (`hermite`).
    let value = case
        .objective
        .filter(|objective| ["infonce", "spectral"].contains(&objective.id()))
        .and_then(|objective| objective.value(case.subject.moments(), &case.encoders));
    let measured = [
        (Quantity::AlignmentError, case.alignment.error),
        (Quantity::Information(Source::EncodedFirst), first.mutual_information_nats()),
        (Quantity::Loss(Side::First), target.information_loss_nats(Source::First, Source::EncodedFirst)),
        (Quantity::R2(Source::EncodedFirst), first.r2),
        (Quantity::Mmse(Source::EncodedFirst), first.mmse),
        (Quantity::CapacityAligned, capacity.map_or(f64::NAN, |capacity| capacity.aligned)),
        (Quantity::CapacityPrivate, capacity.map_or(f64::NAN, |capacity| capacity.private)),
        (Quantity::ObjectiveValue, value.unwrap_or(f64::NAN)),
    ];
    for (quantity, value) in measured {
        let Some(predicted) =
            theorem.predict(case, &Question { quantity, target: t, samples: None }).expect("a prediction")
        else {
            continue;
        };
        let unmeasured = quantity == Quantity::ObjectiveValue && value.is_nan();
        if predicted.value().is_infinite() || value.is_infinite() || unmeasured {
            continue;
        }
        let tolerance = PREDICTED * (1.0 + value.abs());
        let agrees = match predicted {
            theorem::Predicted::Equal(predicted) => (predicted - value).abs() <= tolerance,
            theorem::Predicted::AtMost(predicted) => value <= predicted + tolerance,
            theorem::Predicted::AtLeast(predicted) => value >= predicted - tolerance,
        };
        assert!(
            agrees,
            "{place}: {} predicts {quantity} of {}: {predicted:?}, measured {value}",
            theorem.id(),
            target.name
        );
    }
}

#[test]
fn what_weight_decay_drops_is_not_among_the_factors_that_selection_keeps() {
    let model = LatentModel::parse(
        "[family]\nkind = \"orthogonal\"\nshared = 3\nprivate = 1\nshared_std = [3.0, 2.0, 1.0]\nnoise = 0.5",
        Format::Toml,
    )
    .expect("a valid model");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let learner = subject.learner(0);
    let scores = learner.cross_covariance_singular_values().expect("a decomposition");
    let theorem = theorem::find("selection").expect("a registered theorem");
    let between = |i: usize| 0.5 * (scores[i] + scores[i + 1]);
    for (decay, kept) in [(0.0, 3.0), (between(1), 2.0), (between(0), 1.0), (1.1 * scores[0], 0.0)] {
        let objective = LinearContrastive::new(1.0, decay).expect("in range");
        let case = Case::minimise(&subject, &learner, &objective, 3).expect("a case");
        let Finding::Checked(clauses) = theorem.examine(&case).expect("a finding") else {
            panic!("it applies at {decay}")
        };
        for clause in &clauses {
            assert_eq!((clause.rhs, clause.status()), (kept, Status::Holds), "weight decay {decay}: {clause:?}");
        }
    }
    // A weight decay that a score reaches up to rounding decides nothing.
    let objective = LinearContrastive::new(1.0, scores[2] * (1.0 + 1e-13)).expect("in range");
    let case = Case::minimise(&subject, &learner, &objective, 3).expect("a case");
    assert!(matches!(theorem.examine(&case).expect("a finding"), Finding::Inapplicable(_)));
}

#[test]
fn a_plan_over_all_theorems_finds_no_violation_and_does_not_depend_on_the_order() {
    let plan = Plan::all(15, 3);
    let summaries = plan.run(|| ()).expect("a run");
    let again = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a pool")
        .install(|| plan.run(|| ()))
        .expect("a run");
    assert_eq!(plan.total(), 15 * family::REGISTRY.len() as u64);
    for (summary, repeated) in summaries.iter().zip(&again) {
        // Theorems that draw samples are tried on the first model of each family only, and may speak of none of these.
        let sampled = theorem::find(summary.id).expect("a theorem").sampled();
        assert!(summary.status() == Status::Holds || sampled && summary.cases == 0, "{summary:?}");
        assert_eq!(
            (summary.cases, summary.smallest_slack.to_bits()),
            (repeated.cases, repeated.smallest_slack.to_bits())
        );
    }
}

#[test]
fn theorems_are_found_by_id_and_a_wrong_id_is_answered_with_the_nearest() {
    for id in theorem::ids() {
        assert_eq!(theorem::find(id).map(theorem::Theorem::id), Ok(id));
    }
    let error = theorem::find("capacty").expect_err("misspelt").to_string();
    assert!(error.contains("did you mean \"capacity\"?"), "{error}");
}

// ---------------------------------------------------------------------------------------------------------------------
// By hand
// ---------------------------------------------------------------------------------------------------------------------

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= BY_HAND * expected.abs().max(1.0), "{got} is not {expected}");
}

#[track_caller]
fn clauses(id: &str, case: &Case) -> Vec<Clause> {
    match theorem::find(id).expect("a registered theorem").examine(case).expect("a finding") {
        Finding::Checked(clauses) => clauses,
        Finding::Inapplicable(reason) => panic!("{id} does not apply: {reason}"),
    }
}

#[track_caller]
fn clause(id: &str, case: &Case, label: &str) -> Clause {
    let clauses = clauses(id, case);
    let labels: Vec<_> = clauses.iter().map(|clause| clause.part.to_string()).collect();
    let place = labels.iter().position(|found| found == label);
    clauses[place.unwrap_or_else(|| panic!("{label:?} is not in {labels:?}"))].clone()
}

#[track_caller]
fn sides(clause: &Clause, lhs: f64, rhs: f64) {
    close(clause.lhs, lhs);
    close(clause.rhs, rhs);
    assert_eq!(clause.status(), Status::Holds);
}

#[track_caller]
fn inapplicable(id: &str, case: &Case) {
    let finding = theorem::find(id).expect("a registered theorem").examine(case).expect("a finding");
    assert!(matches!(finding, Finding::Inapplicable(_)), "{id}: {finding:?}");
}

fn subject(model: &LatentModel) -> Subject<'_> {
    Subject::new(model, [0, 1]).expect("a subject")
}

fn minimise<'a>(subject: &'a Subject<'a>, objective: &'a dyn Objective, dim: usize) -> Case<'a> {
    Case::minimise(subject, &subject.learner(0), objective, dim).expect("a case")
}

fn weights<'a>(subject: &'a Subject<'a>, first: &[f64], second: &[f64]) -> Case<'a> {
    let row = |values: &[f64]| Matrix::from_row_slice(1, values.len(), values);
    Case::of_weights(subject, Encoders { first: row(first), second: row(second) }).expect("a case")
}

/// ρ of the scalar model: 2/√7.5.
fn scalar_correlation() -> f64 {
    2.0 / 7.5_f64.sqrt()
}

#[test]
fn perfect_alignment_is_attained_by_the_common_factor_of_noiseless_sensors() {
    let model = models::noiseless();
    let subject = subject(&model);
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    // z = s: as much of s + η as either sensor knows, ½ log(1 + 1/¼), and nothing of u_1 + η.
    let information = clause("perfect-alignment", &case, "information about noisy s");
    sides(&information, 0.5 * 5.0_f64.ln(), 0.5 * 5.0_f64.ln());
    close(information.tightness(), 1.0);
    sides(&clause("perfect-alignment", &case, "information about noisy u1"), 0.0, 0.0);
    // max_m σ(x_m; u_1) = max(0, 1) and σ(z; u_1) = 1.
    sides(&clause("perfect-alignment", &case, "σ about u1"), 1.0, 1.0);
    // Of s + η only η is left, Var η = ¼.
    sides(&clause("perfect-alignment", &case, "σ about noisy s"), 0.5, 0.5);
    // s + η is redundant and nothing of it is lost; u_1 + η is unique to x_1, ½ log 2, and all of it is.
    let parts =
        |name: &str| clause("perfect-alignment", &case, &format!("unique and synergistic information about {name}"));
    sides(&parts("noisy s"), 0.0, 0.0);
    sides(&parts("noisy u1"), 0.5 * 2.0_f64.ln(), 0.5 * 2.0_f64.ln());
    // Where x_1 determines the target and x_2 says nothing of it, all that is lost is infinite.
    sides_infinite(&parts("u1"));
    sides(&parts("s"), 0.0, 0.0);
}

#[track_caller]
fn sides_infinite(clause: &Clause) {
    assert!(clause.lhs.is_infinite() && clause.rhs.is_infinite() && clause.status() == Status::Holds, "{clause:?}");
}

#[test]
fn perfect_alignment_loses_the_synergy_too() {
    // y = s + u_1 + u_2 + η: x_m leaves Var(u_n + η) = 2 of 4, both leave 1, z = s leaves 3. Unq = 0, Syn = ½ log 2, and ½ log 3 is lost.
    let base = models::noiseless();
    let model = base.clone().with_targets(vec![target("y", &[1.0, 1.0, 1.0], 1.0)]).expect("a model");
    let subject = subject(&model);
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    let lost = clause("perfect-alignment", &case, "unique and synergistic information about y");
    sides(&lost, 0.5 * 2.0_f64.ln(), 0.5 * 3.0_f64.ln());
    // A vector target has no decomposition: one clause for its information and one for σ.
    let mut pair = target("pair", &[1.0, 0.0, 0.0], 1.0);
    pair.loading = Matrix::from_row_slice(2, 3, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let model = base.with_targets(vec![pair]).expect("a model");
    let subject = self::subject(&model);
    assert_eq!(clauses("perfect-alignment", &minimise(&subject, &CanonicalCorrelation, 1)).len(), 2);
}

#[test]
fn perfect_alignment_needs_the_encoders_to_agree() {
    let model = models::noiseless();
    let subject = subject(&model);
    // z_1 = u_1, z_2 = u_2: I(z_1; u_1 + η) = ½ log 2, but min_m I(x_m; u_1 + η) = 0.
    let case = weights(&subject, &[0.0, 1.0], &[0.0, 1.0]);
    inapplicable("perfect-alignment", &case);
    let information = |source| case.targets[3].source(source).mutual_information_nats();
    close(information(Source::EncodedFirst), 0.5 * 2.0_f64.ln());
    assert!(information(Source::EncodedFirst) > information(Source::First).min(information(Source::Second)) + 0.3);
}

#[test]
fn alignment_floor_is_attained_by_cca() {
    let model = models::scalar();
    let subject = subject(&model);
    let floor = 2.0 * (1.0 - scalar_correlation());
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    let attained = clause("alignment-floor", &case, "CCA attains the floor");
    sides(&attained, floor, floor);
    close(attained.tightness(), 1.0);
    // d = 2: the second pair is uncorrelated and costs 2.
    sides(
        &clause("alignment-floor", &minimise(&subject, &CanonicalCorrelation, 2), "alignment error"),
        floor + 2.0,
        floor + 2.0,
    );
    // The private channels as encoders: uncorrelated, ε² = 2.
    sides(&clause("alignment-floor", &weights(&subject, &[0.0, 1.0], &[0.0, 1.0]), "alignment error"), floor, 2.0);
}

#[test]
fn alignment_floor_needs_whitened_encoders() {
    let model = models::scalar();
    let subject = subject(&model);
    let moments = subject.pair.second_moments(&[]);
    let Encoders { first, second } = minimise(&subject, &CanonicalCorrelation, 1).encoders;
    // A tenth of the canonical encoders: E(z_1 − z_2)² = (1 + 1 − 2ρ)/100, below the floor of whitened ones.
    let (first, second) = (first * 0.1, second * 0.1);
    let error = moments.encoded(0, &first).trace() + moments.encoded(1, &second).trace()
        - 2.0 * moments.cross_trace(&first, &second);
    close(error, 0.02 * (1.0 - scalar_correlation()));
    assert!(error < 2.0 * (1.0 - scalar_correlation()));
}

#[test]
fn lipschitz_takes_its_least_value_where_calculus_says() {
    let model = models::scalar();
    let subject = subject(&model);
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    // y = s: σ(x_2; s)² = 1/3; z_1 has mmse m = 1/5 and slope β = 2/√5; ε² = 2(1−ρ) < 1. √(m + (β−L)²) + Lε is least at
    // β − L = ε√(m/(1−ε²)), where it is βε + √(m(1−ε²)).
    let epsilon = (2.0 * (1.0 - scalar_correlation())).sqrt();
    let least = 2.0 / 5.0_f64.sqrt() * epsilon + (0.2 * (1.0 - epsilon * epsilon)).sqrt();
    sides(&clause("lipschitz", &case, "z1 about s"), (1.0_f64 / 3.0).sqrt(), least);
    // z_1 knows nothing of u_2: σ = 1 on its side, σ(x_1; u_2) = 1 on the other; for z_2 and u_1 likewise.
    sides(&clause("lipschitz", &case, "z2 about u2"), 1.0, 1.0);
}

#[test]
fn lipschitz_holds_in_the_scale_in_which_encoders_are_given() {
    let model = models::scalar();
    let subject = subject(&model);
    // z_1 = 2s + ε_1, z_2 = s + ε_2: ε² = 1 + 1 + ½. s is predicted by g·z_1 with an error of 5(0.4 − g)² + 0.2, and
    // √(5δ² + 0.2) + (0.4 − δ)ε is least at δ² = 0.2ε²/(25 − 5ε²) = 0.04.
    let case = weights(&subject, &[1.0, 0.0], &[1.0, 0.0]);
    let least = 0.4_f64.sqrt() + 0.2 * 2.5_f64.sqrt();
    sides(&clause("lipschitz", &case, "z1 in its own scale about s"), (1.0_f64 / 3.0).sqrt(), least);
    // Whitened they are another pair, with another slope and another distance; scaled together they are the same.
    assert!((clause("lipschitz", &case, "z1 about s").rhs - least).abs() > 0.01);
    let larger = weights(&subject, &[1024.0, 0.0], &[1024.0, 0.0]);
    sides(&clause("lipschitz", &larger, "z1 in its own scale about s"), (1.0_f64 / 3.0).sqrt(), least);
}

#[test]
fn lipschitz_in_its_own_scale_needs_the_distance_of_that_scale() {
    let model = models::scalar();
    let subject = subject(&model);
    // z_1 = 10⁶·(2s + u_1's channel): no slope to speak of, so that the distance of whitened encoders, at most 2, would cost nothing, and
    // z_1 knows more of s + u_1 than x_2 does.
    let case = weights(&subject, &[1e6, 1e6], &[1.0, 0.0]);
    let own = clause("lipschitz", &case, "z1 in its own scale about s + u1");
    assert_eq!(own.status(), Status::Holds);
    let sigma = case.targets[3].source(Source::EncodedFirst).sigma();
    assert!(sigma + 2e-6 < own.lhs - 0.1, "{sigma} {own:?}");
}

#[test]
fn lipschitz_is_attained_by_noiseless_sensors() {
    let model = models::noiseless();
    let subject = subject(&model);
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    // ε = 0, and every source that knows s leaves Var η = ¼ of s + η.
    let attained = clause("lipschitz", &case, "z1 about noisy s");
    sides(&attained, 0.5, 0.5);
    close(attained.tightness(), 1.0);
}

#[test]
fn lipschitz_needs_a_predictor_no_steeper_than_l() {
    let model = models::noiseless();
    let subject = subject(&model);
    // z_1 = u_1 predicts u_1 without error by g(z) = z, of slope 1. With L = ½ the bound would say σ ≥ 1 − ½√2 = 0.29.
    let case = weights(&subject, &[0.0, 1.0], &[0.0, 1.0]);
    let target = &case.targets[2];
    close(target.source(Source::EncodedFirst).sigma(), 0.0);
    close(case.alignment.error, 2.0);
    assert!(
        target.source(Source::EncodedFirst).sigma()
            < target.source(Source::Second).sigma() - 0.5 * case.alignment.error.sqrt() - 0.2
    );
}

#[test]
fn correlation_compares_the_two_roots_of_r2() {
    let model = models::scalar();
    let subject = subject(&model);
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    let operator = (2.0 * (1.0 - scalar_correlation())).sqrt();
    // R²(z_1; s) = 4/5, R²(x_2; s) = 2/3; R²(z_2; s) = 2/3, R²(x_1; s) = 4/5; R²(z_1; s+u_1) = 2/5, R²(x_2; s+u_1) = 1/3.
    sides(&clause("correlation", &case, "z1 about s"), 0.8_f64.sqrt(), (2.0_f64 / 3.0).sqrt() + operator);
    sides(&clause("correlation", &case, "z2 about s"), (2.0_f64 / 3.0).sqrt(), 0.8_f64.sqrt() + operator);
    sides(&clause("correlation", &case, "z1 about s + u1"), 0.4_f64.sqrt(), (1.0_f64 / 3.0).sqrt() + operator);
    // With d = 2 the towers differ by 2(1−ρ) along one direction and by 2 along the other: the operator norm, not the trace.
    let wide = minimise(&subject, &CanonicalCorrelation, 2);
    sides(&clause("correlation", &wide, "z1 about s"), 0.8_f64.sqrt(), (2.0_f64 / 3.0).sqrt() + 2.0_f64.sqrt());
    // Without noise both sides are one.
    let model = models::noiseless();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let attained = clause("correlation", &minimise(&subject, &CanonicalCorrelation, 1), "z1 about s");
    sides(&attained, 1.0, 1.0);
    close(attained.tightness(), 1.0);
}

#[test]
fn correlation_needs_the_alignment_error_of_whitened_encoders() {
    let model = models::scalar();
    let subject = subject(&model);
    let case = weights(&subject, &[0.0, 0.01], &[0.0, 0.01]);
    // The private channels, scaled down: in their own scale they differ by √(10 + 1.5)/100 only.
    let moments = subject.pair.second_moments(&[]);
    let raw =
        (moments.encoded(0, &case.encoders.first)[(0, 0)] + moments.encoded(1, &case.encoders.second)[(0, 0)]).sqrt();
    close(raw, 11.5_f64.sqrt() / 100.0);
    let root = |source| case.targets[1].source(source).r2.sqrt();
    close(root(Source::EncodedFirst), 0.9_f64.sqrt());
    assert!(root(Source::EncodedFirst) > root(Source::Second) + raw + 0.9);
}

#[test]
fn capacity_is_spent_on_alignment_by_cca_and_on_the_target_by_regression() {
    let private = |model: LatentModel| model.with_targets(vec![target("u1", &[0.0, 1.0, 0.0], 0.0)]).expect("a model");
    // With noise: tr K = ρ² = 4/7.5, or tr P = R²(x_1; u_1) = 9/10.
    let model = private(models::scalar());
    let scalar = subject(&model);
    sides(&clause("capacity", &minimise(&scalar, &CanonicalCorrelation, 1), "traces of z1 and u1"), 4.0 / 7.5, 1.0);
    sides(&clause("capacity", &minimise(&scalar, &Supervised, 1), "traces of z1 and u1"), 0.9, 1.0);
    let both = minimise(&scalar, &CanonicalCorrelation, 2);
    sides(&clause("capacity", &both, "traces of z1 and u1"), 4.0 / 7.5 + 0.9, 2.0);
    sides(&clause("capacity", &both, "largest eigenvalue of z1 and u1"), 0.9, 1.0);
    // The channel of s says nothing of u_1 and might say −½ log(4/7.5) of it; one that x_2 does not see might say anything.
    let aligned = minimise(&scalar, &CanonicalCorrelation, 1);
    sides(&clause("capacity", &aligned, "information of z1 and u1"), 0.0, -0.5 * (4.0_f64 / 7.5).ln());
    let free = clause("capacity", &both, "information of z1 and u1");
    close(free.lhs, 0.5 * 10.0_f64.ln());
    assert!(free.rhs.is_infinite() && free.status() == Status::Holds, "{free:?}");
    // Without noise every dimension is spent in full.
    let model = private(models::noiseless());
    let noiseless = subject(&model);
    for (objective, aligned, explained) in
        [(&CanonicalCorrelation as &dyn Objective, 1.0, 0.0), (&Supervised, 0.0, 1.0)]
    {
        let case = minimise(&noiseless, objective, 1);
        close(case.capacities[0].capacity.aligned, aligned);
        close(case.capacities[0].capacity.private, explained);
        let clause = clause("capacity", &case, "traces of z1 and u1");
        sides(&clause, 1.0, 1.0);
        close(clause.tightness(), 1.0);
    }
}

#[test]
fn capacity_needs_the_target_to_be_private() {
    let model = models::noiseless();
    let subject = subject(&model);
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    // z_1 = s is all that x_2 says and all that y = s says: 1 + 1 > d.
    let capacity = Capacity::new(&subject.pair, &case.towers, case.targets[0].geometry, 0).expect("a capacity");
    close(capacity.aligned + capacity.private, 2.0);
    assert!(case.capacities.iter().all(|entry| entry.target >= 2), "s and s + η are not private");
}

/// x_1 = s + b u_1, x_2 = s + ε: one channel each, so that z_1 = x_1 up to scale and leaks u_1 through s.
fn leaking(b: f64, noise: f64) -> LatentModel {
    let one = Matrix::from_element(1, 1, 1.0);
    let modalities = vec![
        modality("1", one.clone(), Matrix::from_element(1, 1, b), Noise::Isotropic(0.0)),
        modality("2", one, Matrix::zeros(1, 0), Noise::Isotropic(noise)),
    ];
    LatentModel::new("leaking", 1, vec![1, 0], None, modalities, vec![target("u1", &[0.0, 1.0], 0.0)]).expect("a model")
}

#[test]
fn leakage_is_attained_when_the_other_sensor_is_noiseless() {
    // I(z_1; u_1) = ½ log(1+b²) and ρ² = 1/((1+b²)(1+ψ)): the bound is ½ log(1+b²) + ½ log(1+ψ).
    for (b, noise) in [(2.0_f64, 0.0_f64), (2.0, 0.5), (0.3, 4.0)] {
        let model = leaking(b, noise);
        let subject = subject(&model);
        let leaked = clause("leakage", &minimise(&subject, &CanonicalCorrelation, 1), "z1 about u1");
        sides(&leaked, 0.5 * (b * b).ln_1p(), 0.5 * (b * b).ln_1p() + 0.5 * noise.ln_1p());
        if noise == 0.0 {
            close(leaked.tightness(), 1.0);
        }
    }
}

#[test]
fn the_determinant_of_what_is_aligned_bounds_information_for_any_encoder() {
    // Without noise in x_2 the bound of the leaking model is attained: K = 1/(1+b²), I = ½ log(1+b²).
    let model = leaking(2.0, 0.0);
    let subject = subject(&model);
    let attained = clause("capacity", &weights(&subject, &[3.0], &[1.0]), "information of z1 and u1");
    sides(&attained, 0.5 * 5.0_f64.ln(), 0.5 * 5.0_f64.ln());
    close(attained.tightness(), 1.0);
}

#[test]
fn canonical_encoders_are_recognised_by_what_they_span() {
    let identity = Matrix::identity(2, 2);
    let sensor = |name: &str, noise: [f64; 2]| {
        modality(name, identity.clone(), Matrix::from_row_slice(2, 1, &[0.6, 0.2]), Noise::Diagonal(noise.to_vec()))
    };
    let targets = vec![target("u1", &[0.0, 0.0, 1.0, 0.0], 0.0)];
    let modalities = vec![sensor("1", [0.1, 0.7]), sensor("2", [0.2, 0.3])];
    let model = LatentModel::new("two factors", 2, vec![1, 1], None, modalities, targets).expect("a model");
    let subject = subject(&model);
    for dim in [1, 2] {
        let minimiser = minimise(&subject, &CanonicalCorrelation, dim);
        let expected = clause("leakage", &minimiser, "z1 about u1");
        // Any invertible mixture of the outputs spans the same.
        let mixing = Matrix::from_fn(dim, dim, |i, j| [[3.0, 1.0], [-2.0, 0.5]][i][j]);
        let mixed = Encoders { first: &mixing * &minimiser.encoders.first, second: minimiser.encoders.second.clone() };
        let case = Case::of_weights(&subject, mixed.clone()).expect("a case");
        assert_eq!(case.canonical(), Canonical::Yes, "d = {dim}");
        assert!(case.objective.is_none() && case.uniqueness.is_none());
        let found = clause("leakage", &case, "z1 about u1");
        sides(&found, expected.lhs, expected.rhs);
        if dim == 2 {
            continue; // spans all there is
        }
        for (tilt, verdict) in [(1e-5, Canonical::No), (3e-11, Canonical::TooCloseToCall)] {
            let mut tilted = mixed.clone();
            tilted.first[(0, 1)] += tilt;
            let case = Case::of_weights(&subject, tilted).expect("a case");
            assert_eq!(case.canonical(), verdict, "tilted by {tilt}");
            let finding = theorem::find("leakage").expect("registered").examine(&case).expect("a finding");
            let Finding::Inapplicable(reason) = finding else { panic!("{finding:?}") };
            assert_eq!(reason.contains("too close to call"), verdict == Canonical::TooCloseToCall, "{reason}");
        }
    }
}

#[test]
fn any_direction_leads_among_those_that_tie() {
    // Both factors have ρ = ½: every direction of their plane is canonical, and so is each encoder by itself.
    let identity = Matrix::identity(2, 2);
    let sensor = |name: &str| modality(name, identity.clone(), Matrix::zeros(2, 0), Noise::Isotropic(1.0));
    let targets = vec![target("s1", &[1.0, 0.0], 0.0)];
    let model = LatentModel::new("tie", 2, vec![0, 0], None, vec![sensor("1"), sensor("2")], targets).expect("a model");
    let subject = subject(&model);
    for angle in [0.0_f64, 0.3, 1.2] {
        let row = [angle.cos(), angle.sin()];
        let case = weights(&subject, &row, &row);
        assert_eq!(case.canonical(), Canonical::Yes);
        let lost = clause("sufficiency", &case, "cross-modal loss of z1");
        sides(&lost, -0.5 * 0.75_f64.ln(), -0.5 * 0.75_f64.ln());
    }
}

#[test]
fn leakage_needs_canonical_encoders() {
    let model = models::scalar();
    let subject = subject(&model);
    // The private channel: I(z_1; u_1) = ½ log 10 = 1.15, far above log(1/ρ_1) = 0.31.
    let case = weights(&subject, &[0.0, 1.0], &[1.0, 0.0]);
    inapplicable("leakage", &case);
    let leaked = case.targets[1].source(Source::EncodedFirst).mutual_information_nats();
    close(leaked, 0.5 * 10.0_f64.ln());
    assert!(leaked > -subject.pair.correlation(0).ln() + 0.8);
}

#[test]
fn sufficiency_keeps_the_shared_factor_and_loses_exactly_the_rest_of_the_spectrum() {
    let model = models::scalar();
    let scalar = subject(&model);
    let case = minimise(&scalar, &CanonicalCorrelation, 1);
    sides(
        &clause("sufficiency", &case, "information of z1 about the shared factors"),
        0.5 * 5.0_f64.ln(),
        0.5 * 5.0_f64.ln(),
    );
    sides(&clause("sufficiency", &case, "cross-modal loss of z1"), 0.0, 0.0);
    // Two shared factors with ρ = ½ and ¼, one dimension: −½ log(1 − 1/16) is lost.
    let identity = Matrix::identity(2, 2);
    let sensor = |name: &str| modality(name, identity.clone(), Matrix::zeros(2, 0), Noise::Diagonal(vec![1.0, 3.0]));
    let model =
        LatentModel::new("two factors", 2, vec![0, 0], None, vec![sensor("1"), sensor("2")], vec![]).expect("a model");
    let two = subject(&model);
    let case = minimise(&two, &CanonicalCorrelation, 1);
    let expected = -0.5 * (1.0_f64 - 1.0 / 16.0).ln();
    for encoder in ["cross-modal loss of z1", "cross-modal loss of z2"] {
        let lost = clause("sufficiency", &case, encoder);
        sides(&lost, expected, expected);
        close(lost.tightness(), 1.0);
    }
    assert_eq!(clauses("sufficiency", &case).len(), 2, "d < r: nothing is claimed of the shared factors");
}

#[test]
fn sufficiency_needs_the_sensors_to_be_independent_given_the_shared_factors() {
    // A_2 = 1, B_2 = −2, Cov(s, u_2) = ½: Cov(x_2, s) = 1 − 2·½ = 0, so alignment sees nothing of s although A_2 has full
    // column rank and Cov(u_1, u_2) = 0. The only dimension then goes to the louder channel of x_1.
    let latent = Matrix::from_row_slice(3, 3, &[1.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.5, 0.0, 1.0]);
    let modalities = vec![
        modality(
            "1",
            Matrix::from_row_slice(2, 1, &[1.0, 0.0]),
            Matrix::from_row_slice(2, 1, &[0.0, 3.0]),
            Noise::Isotropic(0.1),
        ),
        modality("2", Matrix::from_element(1, 1, 1.0), Matrix::from_element(1, 1, -2.0), Noise::Isotropic(0.1)),
    ];
    let model =
        LatentModel::new("coupled", 1, vec![1, 1], Some(latent), modalities, vec![target("s", &[1.0, 0.0, 0.0], 0.0)])
            .expect("a model");
    let subject = subject(&model);
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    assert_eq!(subject.pair.rank(), 0);
    // Of z_2 it is claimed, and true: x_2 carries nothing about s.
    assert!(
        clauses("sufficiency", &case)
            .iter()
            .all(|clause| !clause.part.to_string().contains("z1 about the shared factors"))
    );
    let information = |source| case.targets[0].source(source).mutual_information_nats();
    close(information(Source::First), 0.5 * 11.0_f64.ln());
    close(information(Source::EncodedFirst), 0.0);
}

#[test]
fn selection_lets_cca_and_prediction_take_the_nuisance_and_linear_contrastive_the_signal() {
    let model = models::correlated_nuisance();
    let subject = subject(&model);
    let signal = 0.5 * 2.0_f64.ln();
    let nuisance = 0.5 * 5.0_f64.ln();
    let rows: [(&dyn Objective, f64, f64); 3] = [
        (&CanonicalCorrelation, 0.0, nuisance),
        (&Prediction, 0.0, nuisance),
        (&LinearContrastive::new(1.0, 0.0).expect("in range"), signal, 0.0),
    ];
    for (objective, about_s, about_u1) in rows {
        let case = minimise(&subject, objective, 1);
        let kept = clause("selection", &case, "factors kept by z1");
        sides(&kept, 1.0, 1.0);
        close(kept.tightness(), 1.0);
        close(case.targets[0].source(Source::EncodedFirst).mutual_information_nats(), about_s);
        close(case.targets[1].source(Source::EncodedFirst).mutual_information_nats(), about_u1);
    }
    let pca = minimise(&subject, &PrincipalComponents, 1);
    inapplicable("selection", &pca);
}

#[test]
fn selection_flips_exactly_where_the_scores_cross() {
    // The nuisance correlation of the sensors is κ/(1+¼); CCA flips at κ = 5/8, prediction at κ√(5/4)/(5/4) = ½√2.
    let flips: [(&dyn Objective, f64); 2] =
        [(&CanonicalCorrelation, 0.625), (&Prediction, 0.5 * 2.0_f64.sqrt() * 1.25_f64.sqrt())];
    for (objective, threshold) in flips {
        for (kappa, keeps_signal) in [(threshold - 1e-3, true), (threshold + 1e-3, false)] {
            let covariance = Matrix::from_row_slice(3, 3, &[1.0, 0.0, 0.0, 0.0, 1.0, kappa, 0.0, kappa, 1.0]);
            let base = models::correlated_nuisance();
            let model = LatentModel::new(
                "κ",
                1,
                vec![1, 1],
                Some(covariance),
                base.modalities().to_vec(),
                base.targets().to_vec(),
            )
            .expect("a model");
            let subject = subject(&model);
            let case = minimise(&subject, objective, 1);
            assert_eq!(
                case.targets[0].source(Source::EncodedFirst).mutual_information_nats() > 0.1,
                keeps_signal,
                "κ = {kappa}"
            );
            assert_eq!(clause("selection", &case, "factors kept by z1").status(), Status::Holds);
        }
    }
}

#[test]
fn selection_needs_orthogonal_factors() {
    // The private factor leans onto the shared one by 45°: the channel of s is not what CCA keeps, it cancels the interference.
    let model = models::text(
        r#"
        [latent]
        shared = 1
        private = [1, 1]
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[1.0], [1.0]]
        noise = 0.01
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[1.0], [1.0]]
        noise = 0.01
        [[target]]
        name = "s"
        loading = [[1.0, 0.0, 0.0]]
    "#,
    );
    let subject = subject(&model);
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    inapplicable("selection", &case);
    let channel = weights(&subject, &[1.0, 0.0], &[1.0, 0.0]);
    let information = |case: &Case| case.targets[0].source(Source::EncodedFirst).mutual_information_nats();
    // The channel has interference of variance 1.01: ½ log(1 + 1/1.01).
    close(information(&channel), 0.5 * (1.0_f64 / 1.01).ln_1p());
    assert!(information(&case) > information(&channel) + 1.0);
}

#[test]
fn selection_holds_between_the_ends_of_the_continuum() {
    let model = models::correlated_nuisance();
    let subject = subject(&model);
    // Scores: signal ½·2^{1−2a}, nuisance 0.72·(5/4)^{1−2a}; at a = b they cross where (8/5)^{1−2a} = 1.44.
    let crossing = 0.5 * (1.0 - 1.44_f64.ln() / 1.6_f64.ln());
    for (exponent, keeps_signal) in [(crossing - 1e-3, true), (crossing + 1e-3, false)] {
        let objective = Regularised::new([exponent, exponent]).expect("within range");
        let case = minimise(&subject, &objective, 1);
        sides(&clause("selection", &case, "factors kept by z1"), 1.0, 1.0);
        assert_eq!(case.targets[0].source(Source::EncodedFirst).r2 > 0.1, keeps_signal, "a = {exponent}");
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Remedies
// ---------------------------------------------------------------------------------------------------------------------

/// x_m = (s + ε, √1.5·u_m + ε'), Var ε = 1: ρ = ½, γ = 1, π = 1.5, so that λ_c = ½/(½ + ½).
fn displaced_half_way() -> LatentModel {
    let column = |a: f64, b: f64| Matrix::from_column_slice(2, 1, &[a, b]);
    let sensor = |name: &str| modality(name, column(1.0, 0.0), column(0.0, 1.5_f64.sqrt()), Noise::Isotropic(1.0));
    let targets = vec![target("s", &[1.0, 0.0, 0.0], 0.0), target("u1", &[0.0, 1.0, 0.0], 0.0)];
    LatentModel::new("half-way", 1, vec![1, 1], None, vec![sensor("1"), sensor("2")], targets).expect("a model")
}

#[test]
fn fidelity_threshold_is_attained_and_crossed_where_the_formula_says() {
    let model = displaced_half_way();
    let subject = subject(&model);
    // J = 2·((1−λ)·½ + λ·2) for the shared factor, 2·λ·2.5 for the private one.
    for (lambda, expected, shared, private) in [(0.4, 2.2, 0.5, 0.0), (0.6, 3.0, 0.0, 0.6)] {
        let objective = AlignmentFidelity::new(lambda).expect("within range");
        let case = minimise(&subject, &objective, 1);
        sides(&clause("fidelity-threshold", &case, "J attains its bound"), expected, expected);
        sides(&clause("fidelity-threshold", &case, "factors kept by z2"), 1.0, 1.0);
        close(case.targets[0].source(Source::EncodedFirst).r2, shared);
        close(case.targets[1].source(Source::EncodedFirst).r2, private);
        let theorem = theorem::find("fidelity-threshold").expect("a theorem");
        let question = |quantity| Question { quantity, target: 1, samples: None };
        let predict =
            |quantity| theorem.predict(&case, &question(quantity)).expect("no failure").expect("a prediction").value();
        close(predict(Quantity::R2(Source::EncodedFirst)), private);
        close(predict(Quantity::FirstThreshold), 0.5);
        close(predict(Quantity::Margin), ((0.5 * (1.0 - lambda) + 2.0 * lambda) / (2.5 * lambda)).ln());
    }
    // At the threshold itself nothing is claimed of which factor is kept, and the value is the same for both.
    let objective = AlignmentFidelity::new(0.5).expect("within range");
    let tie = minimise(&subject, &objective, 1);
    assert_eq!(clauses("fidelity-threshold", &tie).len(), 2);
    sides(&clause("fidelity-threshold", &tie, "J attains its bound"), 2.5, 2.5);
}

#[test]
fn fidelity_threshold_bounds_encoders_that_maximise_something_else() {
    let model = models::scalar();
    let subject = subject(&model);
    // λ = ½, d = 1: ½·KyFan of diag(ρ + 5, 10) and of diag(ρ + 1.5, 1.5), ρ = 2/√7.5; the canonical directions reach ρ + (5 + 1.5)/2.
    let rho = scalar_correlation();
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    sides(&clause("fidelity-threshold", &case, "J at λ = 0.5"), rho + 3.25, 5.0 + 0.5 * (rho + 1.5));
    // The sensors differ, and so does what their towers would want: the bound is not attained, and nothing more is claimed.
    let objective = AlignmentFidelity::new(0.5).expect("within range");
    let best = minimise(&subject, &objective, 1);
    assert_eq!(clauses("fidelity-threshold", &best).len(), 1);
    // z_1 = u_1·sin φ + s·cos φ and z_2 = s: 5 − 2.5 cos² φ + ρ cos φ + 0.75, greatest at cos φ = ρ/5.
    sides(&clause("fidelity-threshold", &best, "J at λ = 0.5"), 5.75 + rho * rho / 10.0, 5.0 + 0.5 * (rho + 1.5));
}

#[test]
fn decoupled_encoders_keep_everything_at_the_price_of_dimension() {
    let model = displaced_half_way();
    let subject = subject(&model);
    let objective = Decoupled { common_dim: Some(1) };
    let case = minimise(&subject, &objective, 2);
    sides(&clause("decoupled-sufficiency", &case, "loss about (s, u1) of the decoupled encoder"), 0.0, 0.0);
    sides(&clause("decoupled-sufficiency", &case, "loss about (s, u1) of (E[s|x1], E[u1|x1])"), 0.0, 0.0);
    // Only the common block is aligned: 2(1 − ½).
    sides(&clause("decoupled-sufficiency", &case, "alignment of the common block"), 1.0, 1.0);
    close(case.targets[1].source(Source::EncodedFirst).mutual_information_nats(), 0.5 * 2.5_f64.ln());
    // The second encoder keeps as much of its own.
    sides(&clause("decoupled-sufficiency", &case, "loss about (s, u2) of the decoupled encoder"), 0.0, 0.0);
    sides(&clause("decoupled-sufficiency", &case, "loss about (s, u2) of (E[s|x2], E[u2|x2])"), 0.0, 0.0);
    sides(&clause("decoupled-sufficiency", &case, "cross-modal loss of z2"), 0.0, 0.0);
    // One dimension less: the unique block is gone, and with it u_1.
    let narrow = minimise(&subject, &objective, 1);
    assert!(
        clauses("decoupled-sufficiency", &narrow).iter().all(|clause| !clause.part.claim.contains("decoupled encoder"))
    );
    close(narrow.targets[1].source(Source::EncodedFirst).mutual_information_nats(), 0.0);
    inapplicable("decoupled-sufficiency", &minimise(&subject, &CanonicalCorrelation, 2));
}

#[test]
fn each_decoupled_encoder_needs_room_for_its_own_factors() {
    // Two private factors in x_2, one in x_1: with d = 2 only the first encoder has room, with d = 3 both.
    let identity = Matrix::identity(3, 3);
    let columns = |from: usize, count: usize| identity.columns(from, count).into_owned();
    let modalities = vec![
        modality("1", columns(0, 1), columns(1, 1), Noise::Isotropic(0.5)),
        modality("2", columns(0, 1), columns(1, 2), Noise::Isotropic(0.5)),
    ];
    let model = LatentModel::new("uneven", 1, vec![1, 2], None, modalities, vec![]).expect("a model");
    let subject = subject(&model);
    let objective = Decoupled { common_dim: Some(1) };
    let kept = |dim: usize, latents: &str| {
        clauses("decoupled-sufficiency", &minimise(&subject, &objective, dim))
            .iter()
            .any(|clause| clause.part.to_string() == format!("loss about ({latents}) of the decoupled encoder"))
    };
    assert!(kept(2, "s, u1") && !kept(2, "s, u2"));
    assert!(kept(3, "s, u1") && kept(3, "s, u2"));
}

#[test]
fn decoupled_sufficiency_needs_isotropic_noise() {
    // A third channel is nothing but noise, and the loudest: explained variance takes it for content.
    let column = |a: f64, b: f64| Matrix::from_column_slice(3, 1, &[a, b, 0.0]);
    let sensor = |name: &str| modality(name, column(1.0, 0.0), column(0.0, 1.0), Noise::Diagonal(vec![0.5, 0.5, 9.0]));
    let model = LatentModel::new(
        "loud",
        1,
        vec![1, 1],
        None,
        vec![sensor("1"), sensor("2")],
        vec![target("u1", &[0.0, 1.0, 0.0], 0.0)],
    )
    .expect("a model");
    let subject = subject(&model);
    let objective = Decoupled { common_dim: Some(1) };
    let case = minimise(&subject, &objective, 2);
    assert!(
        clauses("decoupled-sufficiency", &case).iter().all(|clause| !clause.part.claim.contains("decoupled encoder"))
    );
    sides(&clause("decoupled-sufficiency", &case, "loss about (s, u1) of (E[s|x1], E[u1|x1])"), 0.0, 0.0);
    close(case.targets[0].information_loss_nats(Source::First, Source::EncodedFirst), 0.5 * 3.0_f64.ln());
}

// ---------------------------------------------------------------------------------------------------------------------
// Width, critics, mixing, samples
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn width_says_nothing_of_encoders_whose_gain_is_rounding() {
    // Both rows of W_1ᵀW_2 cancel, and with them all but rounding of ‖W_1‖²‖W_2‖² = 2^88: that hides what the weights cost, 2^44.
    let model = models::scalar();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let long = 2.0_f64.powi(22);
    let rows = |entries: [f64; 2]| Matrix::from_row_slice(2, 2, &[entries[0], 0.0, entries[1], 0.0]);
    let encoders = Encoders { first: rows([long, 0.0]), second: rows([0.0, long]) };
    let case = Case::of_weights(&subject, encoders).expect("a case");
    let finding = theorem::find("width").expect("a registered theorem").examine(&case).expect("a finding");
    assert!(matches!(&finding, Finding::Inapplicable(reason) if reason.contains("rounding")), "{finding:?}");
}

#[test]
fn width_is_attained_by_the_soft_threshold_of_the_cross_covariance() {
    // Σ12 of the scalar model is 2·e_1e_1ᵀ: with η = 0.2·2 the greatest gain is ½·1.6² and σ(W_1ᵀW_2) = 1.6.
    let model = models::scalar();
    let subject = subject(&model);
    let objective = LinearContrastive::default();
    let case = minimise(&subject, &objective, 1);
    sides(&clause("width", &case, "greatest gain at weight decay 0.2·σ1"), 1.28, 1.28);
    sides(&clause("width", &case, "greatest gain at weight decay 0·σ1"), 2.0, 2.0);
    // The encoders without decay, measured with it: gain 2 − ½·0.8·(2 + 2) = 0.4 of the 1.28 that there are.
    sides(&clause("width", &case, "gain at weight decay 0.2·σ1"), 2.0 - 0.5 * 0.4 * 4.0, 1.28);
    let shrunk = LinearContrastive::new(2.0, 0.5).expect("in range");
    let case = minimise(&subject, &shrunk, 2);
    let question = |quantity| Question { quantity, target: 0, samples: None };
    let width = theorem::find("width").expect("a theorem");
    close(
        width.predict(&case, &question(Quantity::Critic(1))).expect("no failure").expect("a prediction").value(),
        0.75,
    );
    close(
        width.predict(&case, &question(Quantity::Critic(2))).expect("no failure").expect("a prediction").value(),
        0.0,
    );
    // Encoders trained from two starts, which know no singular values, have the same W_1ᵀW_2 as the closed form.
    let case = minimise(&subject, &objective, 1);
    for decay in ["0", "0.2", "0.7"] {
        for start in [1, 2] {
            let trained = clause("width", &case, &format!("trained W1ᵀW2 at weight decay {decay}·σ1, start {start}"));
            assert!(trained.lhs < 1e-6 && trained.error < 1e-5 && trained.status() == Status::Holds, "{trained:?}");
        }
    }
    // A decay above σ_1 kills everything: the least of ½·2·p² + (η/2)(…) is at zero.
    let dead = LinearContrastive::new(1.0, 2.5).expect("in range");
    assert!(minimise(&subject, &dead, 1).encoders.first.amax() == 0.0);
}

#[test]
fn infonce_gap_gives_the_three_critics_their_values() {
    let model = models::scalar();
    let subject = subject(&model);
    let objective = InfoNce::default();
    let case = minimise(&subject, &objective, 1);
    let rho = scalar_correlation();
    sides(&clause("infonce-gap", &case, "bilinear critic"), 0.5 * rho * rho, 0.5 * rho * rho);
    let information = -0.5 * (1.0 - rho * rho).ln();
    sides(&clause("infonce-gap", &case, "bilinear critic by quadrature"), 0.5 * rho * rho, 0.5 * rho * rho);
    let at_encoders = clause("infonce-gap", &case, "one-sided squared distance at the encoders");
    sides(&at_encoders, information, information);
    let one_sided = clause("infonce-gap", &case, "one-sided squared distance, pair 1");
    assert!((one_sided.lhs - information).abs() < 1e-12 && one_sided.status() == Status::Holds);
    // Each critic attains more than the last: bilinear < symmetric distance < one-sided distance, at ρ = 0.73.
    let symmetric = clause("infonce-gap", &case, "symmetric below one-sided, pair 1");
    assert!(0.5 * rho * rho < symmetric.lhs && symmetric.lhs < information, "{symmetric:?}");
    let at_encoders = clause("infonce-gap", &case, "symmetric squared distance at the encoders");
    sides(&at_encoders, symmetric.lhs, symmetric.lhs);
    assert!(
        clause("infonce-gap", &case, "estimates of 24 samples, pair 1").lhs > 0.3,
        "some critic finds most of what there is"
    );
    inapplicable("infonce-gap", &minimise(&subject, &CanonicalCorrelation, 1));
}

/// x_1 = (s, s + u_1), x_2 = (s, u_2), no noise: an invertible mixing of shared and private.
fn mixed() -> LatentModel {
    let column = |a: f64, b: f64| Matrix::from_column_slice(2, 1, &[a, b]);
    let modalities = vec![
        modality("1", column(1.0, 1.0), column(0.0, 1.0), Noise::Isotropic(0.0)),
        modality("2", column(1.0, 0.0), column(0.0, 1.0), Noise::Isotropic(0.0)),
    ];
    LatentModel::new("mixed", 1, vec![1, 1], None, modalities, vec![target("u1", &[0.0, 1.0, 0.0], 0.0)])
        .expect("a model")
}

#[test]
fn leak_by_mixing_is_undone_by_whitening_and_not_without_it() {
    let model = mixed();
    let subject = subject(&model);
    let canonical = minimise(&subject, &CanonicalCorrelation, 1);
    sides(&clause("leak-by-mixing", &canonical, "R² of z1 on u1"), 0.0, 0.0);
    // Σ12 = (1, 1)ᵀ(1, 0): U = (1, 1)/√2, σ = √2, and Cov(z_1, u_1) = √σ·UᵀB_1 = 2^{1/4}/√2, squared 1/√2: half of σ‖B_1‖².
    let objective = LinearContrastive::default();
    let linear = minimise(&subject, &objective, 1);
    let leak = clause("leak-by-mixing", &linear, "Cov(z1, u1)");
    sides(&leak, 0.5, 0.5);
    // x̂ ∝ 2s + u_1: R² = 1/5.
    close(linear.targets[0].source(Source::EncodedFirst).r2, 0.2);
    inapplicable("leak-by-mixing", &minimise(&subject, &PrincipalComponents, 1));
    let noisy = models::scalar();
    let subject = self::subject(&noisy);
    inapplicable("leak-by-mixing", &minimise(&subject, &CanonicalCorrelation, 1));
}

#[test]
fn leak_by_mixing_needs_as_many_canonical_pairs_as_dimensions() {
    // s_1 = s_2: Σ12 has rank 1, and what fills the second dimension of z_1 is u_1.
    let identity = |columns: std::ops::Range<usize>| Matrix::identity(3, 3).columns_range(columns).into_owned();
    let covariance = Matrix::from_fn(4, 4, |i, j| if i == j || i + j == 1 { 1.0 } else { 0.0 });
    let modality = |name| modality(name, identity(0..2), identity(2..3), Noise::Isotropic(0.0));
    let modalities = vec![modality("1"), modality("2")];
    let targets = vec![target("u1", &[0.0, 0.0, 1.0, 0.0], 0.0)];
    let model =
        LatentModel::new("one factor twice", 2, vec![1, 1], Some(covariance), modalities, targets).expect("a model");
    let subject = subject(&model);
    sides(&clause("leak-by-mixing", &minimise(&subject, &CanonicalCorrelation, 1), "R² of z1 on u1"), 0.0, 0.0);
    inapplicable("leak-by-mixing", &minimise(&subject, &CanonicalCorrelation, 2));
}

#[test]
fn selection_does_not_depend_on_the_unit_of_a_channel() {
    // ρ = (½, 0.99): the second factor is the better aligned, in a channel of a hundred-thousandth of the size.
    let diagonal = |values: &[f64]| Matrix::from_diagonal(&nalgebra::DVector::from_column_slice(values));
    let modality =
        |name: &str| modality(name, diagonal(&[1.0, 1e-5]), Matrix::zeros(2, 0), Noise::Full(diagonal(&[1.0, 1e-12])));
    let modalities = vec![modality("1"), modality("2")];
    let targets = vec![target("s2", &[0.0, 1.0], 0.0)];
    let model = LatentModel::new("badly scaled", 2, vec![0, 0], None, modalities, targets).expect("a model");
    let subject = subject(&model);
    for (dim, objective) in [(1, &CanonicalCorrelation as &dyn Objective), (2, &InfoNce::default())] {
        let case = minimise(&subject, objective, dim);
        assert!(
            clauses("selection", &case).iter().all(|clause| clause.status() == Status::Holds),
            "{}",
            objective.id()
        );
    }
}

#[test]
fn small_units_hide_no_violation() {
    // Channels of the size 10⁻⁴: a claim of `width` that is wrong by half must not pass as rounding.
    let model = models::scalar();
    let scaled = |size: f64| {
        let modalities = model.modalities().iter().cloned().map(|mut modality| {
            modality.shared_loading *= size;
            modality.private_loading *= size;
            modality.noise = Noise::Full(modality.noise.covariance(2) * (size * size));
            modality
        });
        LatentModel::new("small", 1, vec![1, 1], None, modalities.collect(), model.targets().to_vec()).expect("a model")
    };
    for size in [1.0, 1e-4] {
        let model = scaled(size);
        let subject = subject(&model);
        let objective = LinearContrastive::default();
        let case = minimise(&subject, &objective, 1);
        for clause in clauses("width", &case) {
            assert_eq!(clause.status(), Status::Holds, "size {size}: {clause:?}");
            if clause.rhs > 0.0 && clause.part.claim.starts_with("gain") {
                let wrong = Clause { lhs: 1.5 * clause.rhs, ..clause };
                assert_eq!(wrong.status(), Status::Violated, "size {size}: {wrong:?}");
            }
        }
    }
}

#[test]
fn many_shared_factors_are_judged_in_no_time() {
    // All multi-indices of degree 20 over 20 variates would be 1.4·10¹¹.
    let text = "[family]\nkind = \"orthogonal\"\nshared = 20\nprivate = 1\nnoise = 0.1\nseed = 1\n";
    let model = LatentModel::parse(text, alignloss::model::Format::Toml).expect("a model");
    let subject = subject(&model);
    let verdicts = theorem::judge_all(&minimise(&subject, &CanonicalCorrelation, 20)).expect("verdicts");
    let hermite = verdicts.iter().find(|verdict| verdict.id == "hermite").expect("a registered theorem");
    assert!(hermite.applies && hermite.status == Status::Holds, "{hermite:?}");
}

#[test]
fn the_slope_of_the_log_ratio_is_claimed_of_no_other_critic() {
    let model = models::scalar();
    let subject = subject(&model);
    let slope = |objective: &dyn Objective| {
        let question = Question { quantity: Quantity::WhitenedCritic(1), target: 0, samples: None };
        let theorem = theorem::find("infonce-gap").expect("a registered theorem");
        theorem.predict(&minimise(&subject, objective, 1), &question).expect("a prediction")
    };
    close(slope(&InfoNce::default()).expect("a slope").value(), subject.pair.correlation(0));
    assert_eq!(slope(&CanonicalCorrelation), None);
}

#[test]
fn spiked_cca_meets_its_limits_at_four_thousand_samples() {
    const DRAWS: u64 = 8;
    let ratios = AspectRatios::new(0.2, 0.1).expect("valid");
    let correlations = [0.9, 0.7, 0.5, 0.3];
    let draws: Vec<SpikedDraw> = (0..DRAWS)
        .into_par_iter()
        .map(|replicate| {
            let mut generator = Stream { seed: 0, experiment: "test", cell: 0, replicate }.generator();
            SpikedDraw::new(&mut generator, 4000, [800, 400], &correlations).expect("a draw")
        })
        .collect();
    let mean_and_error =
        |value: &dyn Fn(&SpikedDraw) -> f64| mean_and_standard_error(&draws.iter().map(value).collect::<Vec<_>>());
    for (i, rho) in correlations.iter().enumerate() {
        let (mean, error) = mean_and_error(&|draw| draw.squared[i]);
        // Below the threshold the limit is the edge, to which the largest of the bulk is still on its way; three pairs are spikes.
        let limit = if rho * rho > ratios.threshold() {
            ratios.sample_correlation_squared(rho * rho)
        } else {
            mean_largest_null_correlation_squared(4000 - 3, [800 - 3, 400 - 3])
        };
        assert!((mean - limit).abs() < 3.0 * error, "ρ = {rho}: {mean} ± {error} against {limit}");
        for m in 0..2 {
            let (sine, _) = mean_and_error(&|draw| draw.sines_squared[m][i]);
            let limit = ratios.variate_sine_squared(m, rho * rho);
            // Near the threshold (ρ = 0.41) the angle is far from its limit at any n that one can afford.
            assert!((sine - limit).abs() < if *rho > 0.6 { 0.02 } else { 0.2 }, "ρ = {rho}: {sine} against {limit}");
        }
    }
    // The bulk follows Wachter's law: Kolmogorov's distance of 396 rigid eigenvalues is of order 1/396.
    let bulk = &draws[0].squared[4..];
    let [low, high] = ratios.bulk();
    let steps = 20_000;
    let mut cumulative = 0.0;
    let mut worst: f64 = 0.0;
    for step in 0..steps {
        let width = (high - low) / f64::from(steps);
        let x = low + (f64::from(step) + 0.5) * width;
        cumulative += ratios.bulk_density(x) * width;
        let share = bulk.iter().filter(|value| **value <= x).count() as f64 / bulk.len() as f64;
        worst = worst.max((share - cumulative).abs());
    }
    assert!(worst < 0.02, "{worst}");
}

/// What the limit leaves out is of the size of the few values of the bulk, of a hundred, that the spikes displace.
const PLUG_IN: f64 = 0.02;

#[test]
fn the_plug_in_information_is_that_of_the_spikes_and_of_what_is_left_of_the_bulk() {
    const SAMPLES: u16 = 2000;
    const DRAWS: u64 = 4;
    let model = models::text("[family]\nkind = \"spiked\"\ncorrelations = [0.9, 0.8, 0.7]\nobserved = 100\n");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = minimise(&subject, &CanonicalCorrelation, 1);
    let theorem = theorem::find("spiked-cca").expect("a registered theorem");
    let question = Question { quantity: Quantity::SensorInformation, target: 0, samples: Some(SAMPLES.into()) };
    let predicted = theorem.predict(&case, &question).expect("no failure").expect("a prediction").value();
    let draws: Vec<f64> = (0..DRAWS)
        .map(|replicate| {
            let mut generator = Stream { seed: 0, experiment: "plug-in", cell: 0, replicate }.generator();
            let draw = SpikedDraw::new(&mut generator, SAMPLES.into(), subject.pair.channels(), &[0.9, 0.8, 0.7])
                .expect("a draw");
            draw.squared.iter().map(|square| -0.5 * (-square).ln_1p()).sum()
        })
        .collect();
    let (mean, _) = mean_and_standard_error(&draws);
    assert!((mean / predicted - 1.0).abs() < PLUG_IN, "{mean} is not {predicted}");
}

/// Draws of each edge, and the allowance around it in units of n^{-2/3}, the scale on which the largest value fluctuates (Tracy,
/// Widom), with n the smaller side.
const EDGE_DRAWS: usize = 4;
const EDGE_ALLOWANCE: f64 = 2.0;

#[track_caller]
fn at_the_edge(draws: &[f64], edge: f64, side: usize) {
    let mean = draws.iter().sum::<f64>() / draws.len() as f64;
    let allowance = EDGE_ALLOWANCE * (side as f64).powf(-2.0 / 3.0);
    assert!((mean / edge - 1.0).abs() < allowance, "{mean} is not {edge} within {allowance}");
}

#[test]
fn white_noise_has_the_cross_covariance_edge_of_the_formula() {
    let (samples, channels) = (2000, [400, 200]);
    let generator = &mut generator(5);
    let draws: Vec<f64> = (0..EDGE_DRAWS)
        .map(|_| {
            let [first, second] = channels.map(|rows| crate::common::random::gaussian(generator, rows, samples));
            let cross = alignloss::linalg::product_nt(&first, &second) / samples as f64;
            alignloss::linalg::singular_values(&cross).expect("singular values")[0].powi(2)
        })
        .collect();
    at_the_edge(&draws, AspectRatios::new(0.2, 0.1).expect("valid").null_cross_covariance_edge(), 200);
}

#[test]
fn information_plus_noise_has_the_edge_of_the_deterministic_equivalent() {
    let law = InformationPlusNoise { rows: 300, columns: 240, signals: vec![1.5; 200], noise: 0.05 };
    let generator = &mut generator(6);
    let draws: Vec<f64> = (0..EDGE_DRAWS)
        .map(|_| {
            let mut matrix = crate::common::random::gaussian(generator, law.rows, law.columns) * law.noise;
            for (i, signal) in law.signals.iter().enumerate() {
                matrix[(i, i)] += signal;
            }
            alignloss::linalg::singular_values(&matrix).expect("singular values")[0].powi(2)
        })
        .collect();
    // Far above what the signals alone have, 2.25, and what the noise alone has.
    assert!(law.edge_squared() > 6.5);
    at_the_edge(&draws, law.edge_squared(), 240);
}
