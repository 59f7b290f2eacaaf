//! Borderline claims are judged again in double-double precision: compares that route with the engine's, and tests
//! where it overrules doubles.

use crate::common::models::{self, modality, target};
use crate::common::random;
use alignloss::information::{Encoders, Side};
use alignloss::learner::Uniqueness;
use alignloss::linalg::Matrix;
use alignloss::model::family::{self, Draw};
use alignloss::model::{ChannelUnits, LatentModel, Noise, Units};
use alignloss::objective::{self, AlignmentFidelity, CanonicalCorrelation, Decoupled, LinearContrastive, Objective};
use alignloss::random::Stream;
use alignloss::theorem::certainty::{Review, judged_again, settle};
use alignloss::theorem::{self, Among, Case, Clause, Finding, Part, PrivateCapacity, Relation, Status, Subject};
use std::collections::BTreeMap;

/// Bounds on the error of claims in double-double precision, in units of their size, where encoders or their structure are as doubles have them.
const FINE: f64 = 1e-6;

fn finding(id: &str, case: &Case) -> Finding {
    theorem::find(id).expect("a registered theorem").examine(case).expect("a finding")
}

fn clauses(id: &str, case: &Case) -> Vec<Clause> {
    match finding(id, case) {
        Finding::Checked(clauses) => clauses,
        Finding::Inapplicable(_) => Vec::new(),
    }
}

/// The claims in double-double precision.
fn precise(id: &str, case: &Case) -> Vec<Clause> {
    match judged_again(id, case) {
        Some(Review::Checked { clauses, .. }) => clauses,
        other => panic!("{id}: {other:?}"),
    }
}

/// How many claims of a theorem were compared, and how many had no twin.
#[derive(Debug, Default)]
struct Count {
    compared: usize,
    alone: usize,
}

/// Differences of informations: where both are infinite, the engine compares what stays finite of them, and no dense covariance can.
const DIFFERENCES: [&str; 2] = ["loss ", "unique and synergistic"];

/// Whether something is known exactly: what a sensor says of the other, or both of a target or of the latents.
fn knows_exactly(case: &Case) -> bool {
    let subject = case.subject;
    let noiseless = (0..2).any(|m| subject.pair.factor(m).own.ncols() < subject.pair.channels()[m]);
    noiseless || !subject.pair.mutual_information_nats().is_finite()
}

/// Outputs whose scales differ by more than this share no double-double covariance.
const FAR_APART: f64 = 1e28;

/// Whether some output of an encoder is too much louder than another for the dense route, which then says nothing. So it is only
/// where channels have units of their own and the objective doesn't whiten.
fn has_outputs_far_apart(case: &Case) -> bool {
    (0..2).any(|m| {
        let variances = case.subject.moments().encoded(m, case.encoders.weights(m)).diagonal();
        let heard = || variances.iter().copied().filter(|&variance| variance > 0.0);
        heard().fold(0.0, f64::max).sqrt() > FAR_APART * heard().fold(f64::INFINITY, f64::min).sqrt()
    })
}

/// Compares every claim of a case on both routes: each side within the two error bounds, and true by both.
fn compare(id: &str, case: &Case, place: &str) -> Count {
    let mut count = Count::default();
    let engine = clauses(id, case);
    // Of several generalised canonical variates that tie, the two routes choose others.
    let tied = case.uniqueness.as_ref().and_then(Uniqueness::is_unique) == Some(false);
    if id == "multimodal" && tied || has_outputs_far_apart(case) {
        return count;
    }
    let parts: Vec<&Part> = engine.iter().map(|clause| &clause.part).collect();
    let alike = |i: usize| parts[..i].contains(&parts[i]);
    assert!(!(0..parts.len()).any(alike), "{place}: {id}: a twin is found by what it is about: {engine:?}");
    // Infinite sides stay with the engine.
    let finite: Vec<&Clause> =
        engine.iter().filter(|clause| clause.lhs.is_finite() && clause.rhs.is_finite()).collect();
    if finite.is_empty() {
        return count;
    }
    let twins = match judged_again(id, case) {
        Some(Review::Checked { clauses, withdrawn }) => {
            let withdrawn = withdrawn.iter().filter(|part| parts.contains(part));
            assert_eq!(withdrawn.count(), 0, "{place}: {id}: {engine:?}");
            clauses
        }
        Some(Review::Inapplicable(reason)) => panic!("{place}: {id}: {reason}"),
        None => panic!("{place}: {id}: no route"),
    };
    for clause in finite {
        let same = |twin: &&Clause| twin.part == clause.part && twin.relation == clause.relation;
        let Some(twin) = twins.iter().find(same) else {
            let difference = DIFFERENCES.iter().any(|words| clause.part.claim.contains(words)) && knows_exactly(case);
            assert!(difference, "{place}: {id}: {clause:?} has no twin in {twins:?}");
            count.alone += 1;
            continue;
        };
        for (a, b) in [(clause.lhs, twin.lhs), (clause.rhs, twin.rhs)] {
            assert!((a - b).abs() <= clause.error + twin.error, "{place}: {id}: {clause:?} {twin:?}");
        }
        assert_eq!(twin.status(), Status::Holds, "{place}: {id}: {twin:?}");
        assert!(twin.error >= 0.0 && twin.error <= FINE * twin.size.max(twin.lhs.abs()), "{place}: {id}: {twin:?}");
        count.compared += 1;
    }
    count
}

/// Every objective at its defaults, and encoders that minimise nothing, on one model.
fn compare_all(
    counts: &mut BTreeMap<&'static str, Count>,
    (model, units): (&LatentModel, &Units),
    seed: u64,
    place: &str,
) {
    let model = &model.in_units(units).expect("the model in other units");
    let subject = Subject::new(model, [0, 1]).expect("a subject");
    let learner = subject.learner(seed);
    let channels = subject.pair.channels();
    let largest = channels[0].min(channels[1]).min(4);
    let seed = usize::try_from(seed).expect("small");
    // Random weights are added below, in the units of the channels.
    let objectives: Vec<_> = objective::REGISTRY.iter().map(objective::Entry::default).collect();
    let objectives: Vec<_> = objectives.into_iter().filter(|objective| objective.id() != "random").collect();
    let minimisers = objectives.iter().enumerate().map(|(index, objective)| {
        let dim = 1 + (seed + index) % largest;
        let case = Case::minimise(&subject, &learner, objective.as_ref(), dim).expect("a case");
        (format!("{place}, {} with d = {dim}", objective.id()), case)
    });
    let encoders = random::encoders(&mut random::generator(seed as u64), channels, 1 + seed % largest)
        .in_units([&units.channels[0], &units.channels[1]]);
    let given = (format!("{place}, random weights"), Case::of_weights(&subject, encoders).expect("a case"));
    for (place, case) in minimisers.chain([given]) {
        for theorem in theorem::REGISTRY.iter().filter(|theorem| !theorem.sampled()) {
            let Count { compared, alone } = compare(theorem.id(), &case, &place);
            let count = counts.entry(theorem.id()).or_default();
            count.compared += compared;
            count.alone += alone;
        }
    }
}

#[test]
fn every_theorem_that_draws_no_samples_has_a_precise_route() {
    for theorem in theorem::REGISTRY {
        assert_eq!(theorem.precise().is_some(), !theorem.sampled(), "{}", theorem.id());
    }
}

/// Well-conditioned models in mixed units, every channel and latent in one of its own.
#[test]
fn both_routes_agree_claim_by_claim_on_random_models_in_mixed_units() {
    let mut counts = BTreeMap::new();
    for seed in 0..10 {
        let model = random::model(seed);
        let mut generator = Stream { seed, experiment: "certainty", cell: 0, replicate: 0 }.generator();
        let units = Units::random(&model, ChannelUnits::Each, 40, &mut generator);
        compare_all(&mut counts, (&model, &Units::unchanged(&model)), seed, &format!("seed {seed}"));
        compare_all(&mut counts, (&model, &units), seed, &format!("seed {seed} in mixed units"));
    }
    let few = counts.iter().filter(|(_, count)| count.compared < 20).map(|(id, _)| *id);
    // These models have noise and no structure.
    let structural = ["perfect-alignment", "selection", "leak-by-mixing"];
    assert_eq!(few.filter(|id| !structural.contains(id)).collect::<Vec<_>>(), Vec::<&str>::new(), "{counts:?}");
    assert!(counts.values().all(|count| count.alone == 0), "{counts:?}");
}

/// The families that meet the hypotheses of the theorems about structure.
#[test]
fn both_routes_agree_claim_by_claim_on_every_family() {
    let mut counts = BTreeMap::new();
    for seed in 0..2 {
        for (index, family) in family::REGISTRY.iter().enumerate() {
            let mut generator = Stream { seed, experiment: "certainty", cell: 1, replicate: index as u64 }.generator();
            let model = Draw::new(family).model(&mut generator).expect("a model");
            compare_all(&mut counts, (&model, &Units::unchanged(&model)), seed, &format!("{} {seed}", family.kind));
            for channels in [ChannelUnits::PerModality, ChannelUnits::Each] {
                let units = Units::random(&model, channels, 40, &mut generator);
                compare_all(&mut counts, (&model, &units), seed, &format!("{} {seed} in {channels:?}", family.kind));
            }
        }
    }
    for seed in 0..4 {
        let units = Units::unchanged(&mixed());
        compare_all(&mut counts, (&mixed(), &units), seed, &format!("mixed {seed}"));
    }
    for (id, Count { compared, alone }) in &counts {
        assert!(*compared >= 5 && 2 * alone <= *compared, "{id}: {counts:?}");
    }
}

#[test]
fn both_routes_agree_where_encoders_agree_exactly() {
    let model = models::noiseless();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    assert!(compare("perfect-alignment", &case, "noiseless").compared >= 6);
    let of_synergy = |clause: &&Clause| clause.part.claim.starts_with("unique and synergistic");
    assert!(precise("perfect-alignment", &case).iter().filter(of_synergy).count() >= 2);
}

/// x_1 = (s + u, s + (1+δ)u), x_2 = s without noise, y = u: every z_1 spends exactly one dimension.
fn nearly_collinear(delta: f64) -> LatentModel {
    let column = |values: &[f64]| Matrix::from_column_slice(values.len(), 1, values);
    LatentModel::new(
        "nearly collinear",
        1,
        vec![1, 0],
        None,
        vec![
            modality("first", column(&[1.0, 1.0]), column(&[1.0, 1.0 + delta]), Noise::Isotropic(0.0)),
            modality("second", column(&[1.0]), Matrix::zeros(1, 0), Noise::Isotropic(0.0)),
        ],
        vec![target("u", &[0.0, 1.0], 0.0)],
    )
    .expect("a valid model")
}

/// tr K + tr P of z_1 = w·x_1 from covariances in doubles, as one would first write it.
fn capacity_in_doubles(weights: &Matrix, delta: f64) -> f64 {
    let covariance = Matrix::from_row_slice(2, 2, &[2.0, 2.0 + delta, 2.0 + delta, 1.0 + (1.0 + delta).powi(2)]);
    let variance = (weights * &covariance * weights.transpose())[0];
    let with_shared = weights.sum();
    let with_private = weights[0] + weights[1] * (1.0 + delta);
    (with_shared * with_shared + with_private * with_private) / variance
}

#[test]
fn a_violation_that_is_rounding_is_overruled() {
    let mut overruled = 0;
    let part = Part::new("traces of z{m} and {target}").modality(Side::First).private((0, "u"), Among::Pair);
    for step in 0..20 {
        let delta = 1e-7 * (1.0 + 0.37 * f64::from(step));
        let model = nearly_collinear(delta);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let weights = Matrix::from_row_slice(1, 2, &[-1.0, 1.0]);
        let encoders = Encoders { first: weights.clone(), second: Matrix::from_element(1, 1, 1.0) };
        let case = Case::of_weights(&subject, encoders).expect("a case");
        let naive = Clause::at_most(part.clone(), capacity_in_doubles(&weights, delta), 1.0, 1e-12);
        let said = naive.status();
        let (settled, again) = settle("capacity", &case, Finding::Checked(vec![naive]));
        let Finding::Checked(clauses) = settled else { panic!("a checked finding stays one") };
        assert_eq!(clauses[0].status(), Status::Holds, "δ = {delta}: {clauses:?}");
        if said == Status::Violated {
            assert!(again);
            assert!((clauses[0].lhs - 1.0).abs() < 1e-12, "{clauses:?}");
            overruled += 1;
        }
    }
    assert!(overruled >= 5, "doubles were wrong in {overruled} of 20 cases only");
}

#[test]
fn wrong_encoders_are_not_excused_by_exact_ones() {
    let model = random::model(3);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let learner = subject.learner(0);
    let minimise =
        |objective: &'static dyn Objective| Case::minimise(&subject, &learner, objective, 2).expect("a case");
    let cases = [
        ("alignment-floor", minimise(&CanonicalCorrelation)),
        ("leakage", minimise(&CanonicalCorrelation)),
        ("sufficiency", minimise(&CanonicalCorrelation)),
        ("multimodal", minimise(&CanonicalCorrelation)),
        ("decoupled-sufficiency", minimise(&Decoupled { common_dim: None })),
    ];
    for (id, case) in &cases {
        for place in 0..clauses(id, case).len() {
            // What an engine would say whose directions are not exact: far from its own error bound.
            let mut wrong = clauses(id, case);
            if wrong[place].rhs.is_infinite() {
                continue;
            }
            wrong[place].lhs += 0.1 + wrong[place].rhs;
            let part = wrong[place].part.clone();
            let (settled, _) = settle(id, case, Finding::Checked(wrong));
            let Finding::Checked(settled) = settled else { panic!("a checked finding stays one") };
            let claim = settled.iter().find(|clause| clause.part == part).expect("no claim is withdrawn");
            assert_eq!(claim.status(), Status::Violated, "{id}: {claim:?}");
        }
    }
}

#[test]
fn what_a_third_sensor_sees_excuses_no_claim_about_a_pair() {
    // y = s_2, which x_2 does not see and x_3 does: private to x_1 in the pair, not in the model.
    let sees = |rows: &[f64], count| Matrix::from_row_slice(count, 2, rows);
    let sensor = |name, loading| modality(name, loading, Matrix::zeros(1, 0), Noise::Isotropic(0.5));
    let first = modality("1", sees(&[1.0, 0.0, 0.0, 1.0], 2), Matrix::zeros(2, 0), Noise::Isotropic(0.5));
    let others = [sensor("2", sees(&[1.0, 0.0], 1)), sensor("3", sees(&[0.0, 1.0], 1))];
    let modalities = [vec![first], others.into()].concat();
    let model = LatentModel::new("third", 2, vec![0; 3], None, modalities, vec![target("y", &[0.0, 1.0], 0.0)])
        .expect("a model");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    // A claim that no other route settles stands or falls with its hypothesis.
    let settled = |modality: usize, among| {
        let part = Part::new("what z{m} says of {target}").modality(modality).private((0, "y"), among);
        settle("capacity", &case, Finding::Checked(vec![Clause::at_most(part, 1.5, 1.0, 1e-12)])).0
    };
    let Finding::Checked(kept) = settled(0, Among::Pair) else { panic!("y is private to x_1 in the pair") };
    assert_eq!(kept[0].status(), Status::Violated);
    for (modality, among) in [(1, Among::Pair), (0, Among::All)] {
        assert!(matches!(settled(modality, among), Finding::Inapplicable(_)), "{modality} {among:?}");
    }
}

/// A model of a family, in its own units.
fn drawn(kind: &str, seed: u64) -> LatentModel {
    let mut generator = Stream { seed, experiment: "certainty", cell: 2, replicate: 0 }.generator();
    Draw::new(family::find(kind).expect("a family")).model(&mut generator).expect("a model")
}

/// Claims about the weights as they are see that these are others than the objective asks for.
#[test]
fn wrong_weights_are_refuted_again() {
    let joint = AlignmentFidelity::new(0.3).expect("a number from 0 to 1");
    let linear = LinearContrastive::default();
    let checks: [(&str, &dyn Objective, &str); 4] = [
        ("selection", &CanonicalCorrelation, "factors kept"),
        ("selection", &linear, "factors kept"),
        ("leak-by-mixing", &linear, "directions of"),
        ("fidelity-threshold", &joint, "J attains"),
    ];
    let mut refuted = [0; 4];
    for seed in 0..12 {
        for (place, (id, objective, words)) in checks.iter().enumerate() {
            let model = match *id {
                "leak-by-mixing" => mixed(),
                "fidelity-threshold" => alike(),
                _ => drawn("orthogonal", seed),
            };
            let subject = Subject::new(&model, [0, 1]).expect("a subject");
            let mut case = Case::minimise(&subject, &subject.learner(0), *objective, 1).expect("a case");
            let engine = clauses(id, &case);
            let Some(claim) = engine.iter().find(|clause| clause.part.claim.starts_with(words)) else { continue };
            case.encoders = random::encoders(&mut random::generator(seed), subject.pair.channels(), 1);
            let wrong = Clause { lhs: claim.lhs + 1.0 + claim.rhs, ..claim.clone() };
            let (settled, again) = settle(id, &case, Finding::Checked(vec![wrong]));
            let Finding::Checked(settled) = settled else { panic!("{id}: {settled:?}") };
            assert!(again, "{id}: {settled:?}");
            assert_eq!(settled[0].status(), Status::Violated, "{id}: {settled:?}");
            refuted[place] += 1;
        }
    }
    assert!(refuted.iter().all(|&count| count >= 3), "{refuted:?}");
}

/// Two sensors alike, each factor on a channel of its own.
fn alike() -> LatentModel {
    let modality = "[[modality]]\nshared_loading = [[1.0], [0.0]]\nprivate_loading = [[0.0], [1.5]]\nnoise = 0.2\n";
    models::text(&format!("[latent]\nshared = 1\nprivate = [1, 1]\n{modality}{modality}"))
}

/// Sensors without noise whose loadings mix their factors.
fn mixed() -> LatentModel {
    models::text(
        r#"
        name = "mixed"
        [latent]
        shared = 1
        private = [1, 1]
        [[modality]]
        shared_loading = [[1.0], [0.5]]
        private_loading = [[0.3], [1.0]]
        noise = 0.0
        [[modality]]
        shared_loading = [[0.7], [-0.2]]
        private_loading = [[0.5], [1.0]]
        noise = 0.0
        [[target]]
        name = "u1"
        loading = [[0.0, 1.0, 0.0]]
    "#,
    )
}

/// Whatever an engine claimed of these cases, the theorems say nothing of them.
#[test]
fn hypotheses_are_tested_again() {
    let joint = AlignmentFidelity::new(0.3).expect("a number from 0 to 1");
    // Its latents are coupled, its loadings not orthogonal, its sensors noisy and not alike.
    let model = (0..64).map(random::model).find(|model| model.given_covariance().is_some()).expect("a coupled model");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let objectives: [&dyn Objective; 4] =
        [&CanonicalCorrelation, &joint, &LinearContrastive::default(), &Decoupled { common_dim: None }];
    let dim = subject.pair.rank();
    let cases =
        objectives.map(|objective| Case::minimise(&subject, &subject.learner(0), objective, dim).expect("a case"));
    let [canonical, joint, linear, _] = &cases;
    let of = |claim, side: Side| Part::new(claim).modality(side);
    for (id, case, part) in [
        ("selection", canonical, of("factors kept by z{m}", Side::First)),
        ("selection", linear, of("factors kept by z{m}", Side::Second)),
        ("leak-by-mixing", linear, of("Cov(z{m}, u{m})", Side::First)),
        ("fidelity-threshold", joint, "J attains its bound".into()),
        ("fidelity-threshold", joint, of("factors kept by z{m}", Side::First)),
        ("sufficiency", canonical, of("loss of z{m} about the shared factors", Side::First)),
        ("perfect-alignment", canonical, Part::new("information about {target}").about(&canonical.targets[0])),
    ] {
        let wrong = Clause::equal(part.clone(), 2.0, 1.0, 1e-12);
        let (settled, again) = settle(id, case, Finding::Checked(vec![wrong]));
        assert!(again && matches!(settled, Finding::Inapplicable(_)), "{id}: {part}: {settled:?}");
    }
}

#[test]
fn a_hypothesis_that_does_not_hold_is_no_violation() {
    // The hypothesis is broken by hand: s, which x_2 sees, is entered as if it were private to x_1.
    let model = models::scalar();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let mut case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    let capacity = alignloss::information::Capacity::new(&subject.pair, &case.towers, case.targets[0].geometry, 0)
        .expect("a capacity");
    case.capacities = vec![PrivateCapacity { target: 0, encoder: Side::First, capacity }];
    // ρ² + R²(z_1; s) = 4/7.5 + 4/5.
    let precise = precise("capacity", &case);
    assert!((precise[0].lhs - 4.0 / 7.5 - 0.8).abs() < 1e-14, "{precise:?}");
    assert!(precise.iter().all(|clause| clause.status() == Status::Violated));
    let (settled, again) = settle("capacity", &case, finding("capacity", &case));
    assert!(again);
    assert!(matches!(&settled, Finding::Inapplicable(reason) if reason.contains("private")), "{settled:?}");
}

/// Both modalities see y, x_1 alone sees what is called "x about y": a claim about the latter is no claim about y.
#[test]
fn names_of_targets_excuse_no_violation() {
    for names in [["y", "x about y"], ["b", "a and b"], ["a", "share of a in "], ["{target}", "{m} about {target}"]] {
        let scalar = models::scalar();
        let targets = vec![target(names[0], &[1.0, 0.0, 0.0], 0.0), target(names[1], &[0.0, 1.0, 0.0], 0.0)];
        let model = scalar.with_targets(targets).expect("a model");
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
        for id in ["leakage", "multimodal"] {
            for place in 0..clauses(id, &case).len() {
                let mut wrong = clauses(id, &case);
                if wrong[place].rhs.is_infinite() {
                    continue;
                }
                wrong[place].lhs = 1.0 + 2.0 * wrong[place].rhs.abs();
                let part = wrong[place].part.clone();
                let (settled, _) = settle(id, &case, Finding::Checked(wrong));
                let Finding::Checked(settled) = settled else { panic!("{id}: {part}: {settled:?}") };
                let claim = settled.iter().find(|clause| clause.part == part).expect("no claim is withdrawn");
                assert_eq!(claim.status(), Status::Violated, "{id}: {claim:?}");
            }
        }
    }
}

#[test]
fn findings_with_room_are_left_alone() {
    let model = models::scalar();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    for id in theorem::ids() {
        let before = finding(id, &case);
        let (after, again) = settle(id, &case, before.clone());
        assert_eq!((after, again), (before, false), "{id}");
    }
    let claim = Clause::equal("no such label", 1.0, 2.0, 1e-12);
    let (after, again) = settle("capacity", &case, Finding::Checked(vec![claim.clone()]));
    assert_eq!((after, again), (Finding::Checked(vec![claim.clone()]), false));
    assert_eq!(claim.relation, Relation::Equal);
}

#[test]
fn covariances_that_are_singular_up_to_rounding_have_no_precise_route() {
    let given = models::rank_deficient();
    let subject = Subject::new(&given, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    // Its noise is written with exact zeros and ones: singular exactly, which is fine.
    assert!(judged_again("alignment-floor", &case).is_some());
    let mut noise = Matrix::from_row_slice(2, 2, &[1.0, 1.0, 1.0, 1.0]);
    noise[(1, 1)] += f64::EPSILON;
    let column = |values: &[f64]| Matrix::from_column_slice(values.len(), 1, values);
    let blurred = LatentModel::new(
        "blurred",
        1,
        vec![0, 0],
        None,
        vec![
            modality("first", column(&[1.0, 1.0]), Matrix::zeros(2, 0), Noise::Full(noise)),
            modality("second", column(&[1.0]), Matrix::zeros(1, 0), Noise::Isotropic(0.5)),
        ],
        vec![target("s", &[1.0], 0.0)],
    )
    .expect("a valid model");
    let subject = Subject::new(&blurred, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    assert!(judged_again("alignment-floor", &case).is_none());
}
