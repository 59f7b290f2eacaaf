//! Borderline claims are judged again in double-double precision: that route against the engine's, and where it overrules doubles.

use crate::common::models::{self, modality, target};
use crate::common::random;
use alignloss::information::Encoders;
use alignloss::linalg::Matrix;
use alignloss::model::{LatentModel, Noise};
use alignloss::objective::CanonicalCorrelation;
use alignloss::theorem::certainty::{judged_again, precise_clauses, settle};
use alignloss::theorem::{self, Case, Clause, Finding, PrivateCapacity, Relation, Status, Subject};

/// Two routes through models with a condition number of a few hundred.
const AGREEMENT: f64 = 1e-9;

/// The theorems with a precise route.
const PRECISE: [&str; 7] =
    ["alignment-floor", "capacity", "correlation", "leakage", "lipschitz", "perfect-alignment", "sufficiency"];

/// Claims of these that have none: a consequence of the claim about information, and slopes of unwhitened encoders.
const ENGINE_ALONE: [&str; 2] = ["unique and synergistic", "in its own scale"];

fn finding(id: &str, case: &Case) -> Finding {
    theorem::find(id).expect("a registered theorem").examine(case).expect("a finding")
}

fn clauses(id: &str, case: &Case) -> Vec<Clause> {
    match finding(id, case) {
        Finding::Checked(clauses) => clauses,
        Finding::Inapplicable(_) => Vec::new(),
    }
}

/// Compares every claim of a case on both routes; returns how many there were.
fn compare(id: &str, case: &Case, place: &str) -> usize {
    let engine = clauses(id, case);
    let precise = if engine.is_empty() { Vec::new() } else { precise_clauses(id, case).expect("a regular model") };
    let mut compared = 0;
    for clause in &engine {
        // Infinite sides stay with the engine, and so do claims without a precise route.
        let alone = ENGINE_ALONE.iter().any(|part| clause.label.contains(part));
        if !clause.lhs.is_finite() || !clause.rhs.is_finite() || alone {
            continue;
        }
        let twin = precise
            .iter()
            .find(|twin| twin.label == clause.label && twin.relation == clause.relation)
            .unwrap_or_else(|| panic!("{place}: {id}: {:?} has no twin in {precise:?}", clause.label));
        for (a, b) in [(clause.lhs, twin.lhs), (clause.rhs, twin.rhs)] {
            // Roots near zero have the root of the rounding.
            let tolerance = AGREEMENT * (1.0 + a.abs()) + if a.abs().min(b.abs()) < 1e-5 { 1e-6 } else { 0.0 };
            assert!((a - b).abs() <= tolerance, "{place}: {id}: {clause:?} {twin:?}");
        }
        assert!(twin.error < AGREEMENT && twin.error > 0.0, "{place}: {id}: {twin:?}");
        compared += 1;
    }
    compared
}

#[test]
fn both_routes_agree_on_well_conditioned_models() {
    let mut compared = [0; PRECISE.len()];
    for seed in 0..24 {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let channels = subject.pair.channels();
        let dim = 1 + usize::try_from(seed).expect("small") % channels[0].min(channels[1]);
        let canonical = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, dim).expect("a case");
        let encoders = random::encoders(&mut random::generator(seed), channels, dim);
        let any = Case::of_weights(&subject, encoders).expect("a case");
        for (count, id) in compared.iter_mut().zip(PRECISE) {
            *count += compare(id, &canonical, &format!("seed {seed}, canonical"));
            *count += compare(id, &any, &format!("seed {seed}, any"));
        }
    }
    for (count, id) in compared.into_iter().zip(PRECISE) {
        // These models have noise, so that nothing is perfectly aligned.
        assert!(count >= 15 || id == "perfect-alignment", "{id}: {count} claims");
    }
}

#[test]
fn both_routes_agree_where_encoders_agree_exactly() {
    let model = models::noiseless();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    assert!(compare("perfect-alignment", &case, "noiseless") >= 6);
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
    for step in 0..20 {
        let delta = 1e-7 * (1.0 + 0.37 * f64::from(step));
        let model = nearly_collinear(delta);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let weights = Matrix::from_row_slice(1, 2, &[-1.0, 1.0]);
        let encoders = Encoders { first: weights.clone(), second: Matrix::from_element(1, 1, 1.0) };
        let case = Case::of_weights(&subject, encoders).expect("a case");
        let naive = Clause::at_most("traces of z1 and u", capacity_in_doubles(&weights, delta), 1.0, 1e-12);
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
fn wrong_canonical_encoders_are_not_excused_by_exact_ones() {
    let model = random::model(3);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 2).expect("a case");
    for id in ["alignment-floor", "leakage", "sufficiency"] {
        for place in 0..clauses(id, &case).len() {
            // What an engine would say whose directions are not canonical: far from its own error bound.
            let mut wrong = clauses(id, &case);
            if wrong[place].rhs.is_infinite() {
                continue;
            }
            wrong[place].lhs += 0.1 + wrong[place].rhs;
            let (settled, again) = settle(id, &case, Finding::Checked(wrong));
            let Finding::Checked(settled) = settled else { panic!("a checked finding stays one") };
            assert_eq!((settled[place].status(), again), (Status::Violated, false), "{id}: {:?}", settled[place]);
        }
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
    case.capacities = vec![PrivateCapacity { target: 0, encoder: 0, capacity }];
    // ρ² + R²(z_1; s) = 4/7.5 + 4/5.
    let precise = precise_clauses("capacity", &case).expect("a precise route");
    assert!((precise[0].lhs - 4.0 / 7.5 - 0.8).abs() < 1e-14, "{precise:?}");
    assert!(precise.iter().all(|clause| clause.status() == Status::Violated));
    let (settled, again) = settle("capacity", &case, finding("capacity", &case));
    assert!(again);
    assert!(matches!(&settled, Finding::Inapplicable(reason) if reason.contains("private")), "{settled:?}");
}

/// Theorems whose claims are judged again over the factors, not over dense covariances.
#[test]
fn claims_about_the_spectrum_have_twins_in_double_double_precision() {
    for (id, objective) in [("hermite", "cca"), ("hermite", "spectral"), ("infonce-gap", "infonce")] {
        let mut compared = 0;
        for seed in 0..8 {
            let model = random::model(seed);
            let subject = Subject::new(&model, [0, 1]).expect("a subject");
            let objective = alignloss::objective::find(objective).expect("an objective");
            let case = Case::minimise(&subject, &subject.learner(0), objective.as_ref(), 2).expect("a case");
            let Some(Finding::Checked(precise)) = judged_again(id, &case) else { panic!("{id}: seed {seed}") };
            // Further routes to the same sides have no twin, and draws depend on the last bit of a correlation.
            let routes = ["by quadrature", "at the encoders", "estimates of"];
            for clause in clauses(id, &case) {
                if routes.iter().any(|route| clause.label.contains(route)) {
                    continue;
                }
                let twin = precise
                    .iter()
                    .find(|twin| twin.label == clause.label && twin.relation == clause.relation)
                    .unwrap_or_else(|| panic!("{id}: {:?} has no twin", clause.label));
                for (a, b) in [(clause.lhs, twin.lhs), (clause.rhs, twin.rhs)] {
                    assert!((a - b).abs() <= clause.error + twin.error, "{id}: seed {seed}: {clause:?} {twin:?}");
                }
                assert_eq!(twin.status(), Status::Holds, "{id}: seed {seed}: {twin:?}");
                compared += 1;
            }
        }
        assert!(compared > 40, "{id}: {compared}");
    }
}

#[test]
fn findings_with_room_are_left_alone() {
    let model = models::scalar();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    for id in PRECISE {
        let before = finding(id, &case);
        let (after, again) = settle(id, &case, before.clone());
        assert_eq!((after, again), (before, false), "{id}");
    }
    let claim = Clause::equal("no such label", 1.0, 2.0, 1e-12);
    let (after, again) = settle("capacity", &case, Finding::Checked(vec![claim.clone()]));
    assert_eq!((after, again), (Finding::Checked(vec![claim.clone()]), false));
    assert_eq!(claim.relation, Relation::Equal);
    assert!(precise_clauses("width", &case).is_none(), "width has no precise route");
}

#[test]
fn covariances_that_are_singular_up_to_rounding_have_no_precise_route() {
    let given = models::rank_deficient();
    let subject = Subject::new(&given, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    // Its noise is written with exact zeros and ones: singular exactly, which is fine.
    assert!(precise_clauses("alignment-floor", &case).is_some());
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
    assert!(precise_clauses("alignment-floor", &case).is_none());
}
