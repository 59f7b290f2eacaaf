//! Each theorem on random models of every family, on one case solved by hand, and on one where a dropped hypothesis makes
//! the inequality fail.

mod common;

use alignloss::information::{Capacity, Encoders, Source};
use alignloss::linalg::Matrix;
use alignloss::model::family::{self, Draw};
use alignloss::model::{LatentModel, Noise};
use alignloss::objective::{
    self, CanonicalCorrelation, LinearContrastive, Objective, Prediction, PrincipalComponents, Supervised,
};
use alignloss::theorem::verify::Plan;
use alignloss::theorem::{self, Case, Clause, Finding, Status, Subject, Verdict};
use common::models::{self, modality, target};
use common::random::{encoders, generator};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::RngExt;

/// Hand-made models are perfectly conditioned: a few dozen roundings of numbers of order one.
const BY_HAND: f64 = 1e-13;

/// Two independent double-precision routes through random, moderately conditioned models.
const PREDICTED: f64 = 1e-6;

// ---------------------------------------------------------------------------------------------------------------------
// Random models
// ---------------------------------------------------------------------------------------------------------------------

/// Judges every kind of encoder on one model of each family; says how often the theorem applied.
fn try_everywhere(seed: u64, judge: &mut dyn FnMut(&Case, &str)) {
    let generator = &mut generator(seed);
    for family in &family::REGISTRY {
        let model = Draw::new(family).model(generator).expect("draws are valid models");
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let learner = subject.learner(seed);
        let channels = subject.pair.channels();
        let largest = channels[0].min(channels[1]).min(5);
        let place = |what: &str| format!("seed {seed}, {}, {what}", family.kind);
        for entry in objective::REGISTRY {
            let objective = (entry.default)();
            let dim = generator.random_range(1..=largest);
            let case = Case::minimise(&subject, &learner, objective.as_ref(), dim).expect("a case");
            judge(&case, &place(&format!("{} d = {dim}", entry.id)));
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

fn check(id: &'static str, seed: u64) {
    let theorem = theorem::find(id).expect("a registered theorem");
    try_everywhere(seed, &mut |case, place| {
        let verdict = Verdict::of(id, theorem.examine(case).expect("a finding"));
        assert!(!verdict.applies || verdict.status == Status::Holds, "{place}: {verdict:?}");
        assert!(verdict.applies || verdict.status == Status::Inconclusive, "{place}: {verdict:?}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: RngSeed::Fixed(20), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn perfect_alignment_holds_on_random_models(seed: u64) { check("perfect-alignment", seed); }

    #[test]
    fn alignment_floor_holds_on_random_models(seed: u64) { check("alignment-floor", seed); }

    #[test]
    fn lipschitz_holds_on_random_models(seed: u64) { check("lipschitz", seed); }

    #[test]
    fn correlation_holds_on_random_models(seed: u64) { check("correlation", seed); }

    #[test]
    fn capacity_holds_on_random_models(seed: u64) { check("capacity", seed); }

    #[test]
    fn leakage_holds_on_random_models(seed: u64) { check("leakage", seed); }

    #[test]
    fn sufficiency_holds_on_random_models(seed: u64) { check("sufficiency", seed); }

    #[test]
    fn selection_holds_on_random_models(seed: u64) { check("selection", seed); }

    #[test]
    fn predictions_agree_with_what_is_measured(seed: u64) {
        try_everywhere(seed, &mut |case, place| {
            for theorem in theorem::REGISTRY {
                for t in 0..case.targets.len() {
                    check_predictions(theorem, case, t, place);
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
    let measured = [
        ("alignment.error", case.alignment.error),
        ("mi.z1", first.mutual_information_nats()),
        ("information_loss.z1", target.information_loss_nats(Source::First, Source::EncodedFirst)),
        ("r2.z1", first.r2),
        ("mmse.z1", first.mmse),
        ("capacity.aligned", capacity.map_or(f64::NAN, |capacity| capacity.aligned)),
        ("capacity.private", capacity.map_or(f64::NAN, |capacity| capacity.private)),
    ];
    for (quantity, value) in measured {
        let Some(predicted) = theorem.predict(case, t, quantity).expect("a prediction") else { continue };
        if predicted.is_infinite() || value.is_infinite() {
            continue;
        }
        let tolerance = PREDICTED * (1.0 + value.abs());
        let agrees = match (theorem.id(), quantity) {
            ("selection" | "sufficiency", _) => (predicted - value).abs() <= tolerance,
            ("alignment-floor", _) | ("leakage", "information_loss.z1") => predicted <= value + tolerance,
            ("leakage" | "perfect-alignment", "mi.z1") | ("capacity", _) => predicted >= value - tolerance,
            (id, quantity) => panic!("{id} predicts {quantity}: say here on which side"),
        };
        assert!(
            agrees,
            "{place}: {} predicts {quantity} of {} = {predicted}, measured {value}",
            theorem.id(),
            target.name
        );
    }
}

#[test]
fn every_theorem_applies_to_many_random_cases() {
    let mut applied = vec![0; theorem::REGISTRY.len()];
    for seed in 0..20 {
        try_everywhere(seed, &mut |case, _| {
            for (count, verdict) in applied.iter_mut().zip(theorem::judge_all(case).expect("verdicts")) {
                *count += u32::from(verdict.applies);
            }
        });
    }
    // Of 20 · 6 · 11 = 1320 cases. Perfect alignment needs noiseless sensors, a fifth of the models.
    for (id, count) in theorem::ids().into_iter().zip(applied) {
        assert!(count >= 25, "{id} applied to {count} cases only");
    }
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
    assert_eq!(plan.total(), 90);
    for (summary, repeated) in summaries.iter().zip(&again) {
        assert_eq!(summary.status(), Status::Holds, "{summary:?}");
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
    let labels: Vec<_> = clauses.iter().map(|clause| clause.label.clone()).collect();
    clauses.into_iter().find(|clause| clause.label == label).unwrap_or_else(|| panic!("{label:?} is not in {labels:?}"))
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
        &clause("sufficiency", &case, "information about the shared factors"),
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
    assert!(clauses("sufficiency", &case).iter().all(|clause| !clause.label.contains("shared factors")));
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
        (&LinearContrastive { penalty: 1.0 }, signal, 0.0),
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
