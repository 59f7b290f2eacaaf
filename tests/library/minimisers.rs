//! Minimisers that are not unique are reported, with the range of each measure over all of them, in any order of the latents.

use crate::common::models::{self, modality, target, text};
use crate::common::random::{gaussian, generator};
use alignloss::evaluation::Evaluation;
use alignloss::information::{Encoders, Source};
use alignloss::learner::{Choice, Freedom, Uniqueness};
use alignloss::linalg::{Matrix, orthonormal_columns, product_tn};
use alignloss::model::family::{self, Draw};
use alignloss::model::{LatentModel, Noise};
use alignloss::objective::{
    self, AlignmentFidelity, CanonicalCorrelation, Decoupled, LinearContrastive, Objective, ParameterValue, Parameters,
    PrincipalComponents, Spectral,
};
use alignloss::theorem::{Affected, Case, Subject};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::RngExt;

/// Hand-made models are perfectly conditioned: a few dozen roundings of numbers of order one.
const BY_HAND: f64 = 1e-13;

/// Two shared factors of one strength, listed in either order.
fn tie(swapped: bool) -> String {
    let [first, second] = if swapped { ["[0.0, 1.0]", "[1.0, 0.0]"] } else { ["[1.0, 0.0]", "[0.0, 1.0]"] };
    let sensor = format!(
        "[[modality]]\nshared_loading = [{first}, {second}, [0.0, 0.0]]\n\
         private_loading = [[0.0], [0.0], [1.0]]\nnoise = 0.5\n"
    );
    let target = |name: &str, loading: [f64; 2]| {
        let [a, b] = if swapped { [loading[1], loading[0]] } else { loading };
        format!("[[target]]\nname = {name:?}\nloading = [[{a:?}, {b:?}, 0.0, 0.0]]\n")
    };
    format!("[latent]\nshared = 2\nprivate = [1, 1]\n{sensor}{sensor}")
        + &target("first", [1.0, 0.0])
        + &target("second", [0.0, 1.0])
        + &target("sum", [1.0, 1.0])
}

fn with_case<R>(model: &LatentModel, objective: &dyn Objective, dim: usize, f: impl FnOnce(&Case) -> R) -> R {
    let subject = Subject::new(model, [0, 1]).expect("a subject");
    f(&Case::minimise(&subject, &subject.learner(0), objective, dim).expect("a case"))
}

fn uniqueness(model: &LatentModel, objective: &dyn Objective, dim: usize) -> Option<bool> {
    with_case(model, objective, dim, |case| case.uniqueness.as_ref().expect("a minimiser").is_unique())
}

fn affected(model: &LatentModel, objective: &dyn Objective, dim: usize) -> Vec<Affected> {
    with_case(model, objective, dim, |case| case.affected_measures().expect("ranges"))
}

#[track_caller]
fn range(affected: &[Affected], target: usize, source: Source) -> ([f64; 2], [f64; 2]) {
    let entry = affected.iter().find(|entry| entry.target == target && entry.source == source).expect("affected");
    (entry.r2.expect("computed"), entry.mutual_information_nats.expect("computed"))
}

#[track_caller]
fn close(found: [f64; 2], expected: [f64; 2]) {
    for (found, expected) in found.into_iter().zip(expected) {
        assert!((found - expected).abs() <= BY_HAND, "{found} is not {expected}");
    }
}

#[test]
fn a_tie_is_reported_with_the_same_ranges_in_either_order() {
    for swapped in [false, true] {
        let model = text(&tie(swapped));
        for objective in [&CanonicalCorrelation as &dyn Objective, &Spectral, &LinearContrastive::default()] {
            assert_eq!(uniqueness(&model, objective, 1), Some(false), "{}", objective.id());
            let affected = affected(&model, objective, 1);
            // x = s + ε, Var ε = ½: an encoder says ⅔ of one factor and nothing of the other, or of anything between.
            for t in 0..3 {
                for source in [Source::EncodedFirst, Source::EncodedSecond] {
                    let (r2, information) = range(&affected, t, source);
                    close(r2, [0.0, 2.0 / 3.0]);
                    close(information, [0.0, 0.5 * 3.0_f64.ln()]);
                }
            }
        }
        for dim in [2, 3] {
            assert_eq!(uniqueness(&model, &Spectral, dim), Some(true), "d = {dim}");
        }
    }
}

#[test]
fn what_is_unique_is_said_to_be() {
    let model = models::scalar();
    for entry in objective::REGISTRY {
        let parameters = Parameters::default().with_number("lambda", 0.5).with("common_dim", ParameterValue::Count(1));
        let objective = objective::with_parameters(entry.id, &parameters).expect("an objective");
        // The joint maximum of unlike sensors has no certificate, and random encoders minimise nothing.
        let expected = match entry.id {
            "alignment-fidelity" | "random" => None,
            // Both channels of the second sensor have variance 1.5.
            "pca" => Some(false),
            _ => Some(true),
        };
        assert_eq!(uniqueness(&model, objective.as_ref(), 1), expected, "{}", entry.id);
        let nothing = affected(&model, objective.as_ref(), 1).is_empty();
        assert_eq!(nothing, expected != Some(false), "{}", entry.id);
    }
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let row = |values: [f64; 2]| Matrix::from_row_slice(1, 2, &values);
    let given = Encoders { first: row([1.0, 0.0]), second: row([1.0, 0.0]) };
    let case = Case::of_weights(&subject, given).expect("a case");
    let report = serde_json::to_value(Evaluation::new(&case, "given").expect("a report")).expect("JSON");
    assert!(report["unique"].is_null() && report["minimisers"].is_null(), "given encoders minimise nothing");
}

#[test]
fn completions_beyond_the_rank_are_a_choice() {
    // One correlation, three channels: the second output of cca may be anything uncorrelated.
    let identity = Matrix::identity(3, 3);
    let sensor = |name: &str, noise: [f64; 3]| {
        let columns = |from: usize, count: usize| identity.columns(from, count).into_owned();
        modality(name, columns(0, 1), columns(1, 1), Noise::Diagonal(noise.to_vec()))
    };
    let targets = vec![target("s", &[1.0, 0.0, 0.0], 0.0), target("u1", &[0.0, 1.0, 0.0], 0.0)];
    let modalities = vec![sensor("1", [1.0, 0.25, 3.0]), sensor("2", [1.0, 0.25, 3.0])];
    let model = LatentModel::new("beyond", 1, vec![1, 1], None, modalities, targets).expect("a model");
    assert_eq!(uniqueness(&model, &CanonicalCorrelation, 1), Some(true));
    assert_eq!(uniqueness(&model, &CanonicalCorrelation, 3), Some(true), "both encoders are invertible");
    assert_eq!(uniqueness(&model, &CanonicalCorrelation, 2), Some(false));
    let affected = affected(&model, &CanonicalCorrelation, 2);
    let (r2, _) = range(&affected, 1, Source::EncodedFirst);
    close(r2, [0.0, 0.8]);
    assert!(affected.iter().all(|entry| entry.target == 1 && entry.source != Source::EncodedSecond), "{affected:?}");
    // Other objectives leave the rest at zero, of least norm.
    assert_eq!(uniqueness(&model, &Spectral, 2), Some(true));
}

#[test]
fn ties_of_the_baselines_and_remedies_are_found() {
    let model = text(&tie(false));
    // All three channels have variance 1.5, so that one principal component is any direction.
    assert_eq!(uniqueness(&model, &PrincipalComponents, 1), Some(false));
    assert_eq!(uniqueness(&model, &PrincipalComponents, 3), Some(true));
    close(range(&affected(&model, &PrincipalComponents, 1), 0, Source::EncodedSecond).0, [0.0, 2.0 / 3.0]);
    // The common block of one row ties; with a unique block beside it no range is given.
    let narrow = Decoupled { common_dim: Some(1) };
    assert_eq!(uniqueness(&model, &narrow, 1), Some(false));
    close(range(&affected(&model, &narrow, 1), 0, Source::EncodedFirst).0, [0.0, 2.0 / 3.0]);
    let entries = affected(&model, &narrow, 2);
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry.r2.is_none()), "{entries:?}");
    assert_eq!(uniqueness(&model, &Decoupled { common_dim: Some(2) }, 3), Some(true));
    // Weight decay that removes both factors leaves nothing to choose from.
    let decay = LinearContrastive::new(1.0, 1.5).expect("in range");
    assert_eq!(uniqueness(&model, &decay, 1), Some(true));
    // Like sensors: the joint maximum is certified, and the two factors tie in it; in a scalar model of like sensors nothing does.
    let joint = AlignmentFidelity::new(0.3).expect("within range");
    assert_eq!(uniqueness(&model, &joint, 1), Some(false));
    assert_eq!(uniqueness(&model, &joint, 2), Some(true));
    for (lambda, objective) in [(0.0, &CanonicalCorrelation as &dyn Objective), (1.0, &PrincipalComponents)] {
        let joint = AlignmentFidelity::new(lambda).expect("within range");
        for dim in 1..=3 {
            assert_eq!(uniqueness(&model, &joint, dim), uniqueness(&model, objective, dim), "λ = {lambda}, d = {dim}");
        }
    }
}

#[test]
fn verdicts_do_not_depend_on_which_minimiser_was_picked() {
    let verdicts = |swapped: bool, objective: &dyn Objective| {
        with_case(&text(&tie(swapped)), objective, 1, |case| {
            let verdicts = alignloss::theorem::judge_all(case).expect("verdicts");
            verdicts.into_iter().map(|verdict| (verdict.id, verdict.applies, verdict.status)).collect::<Vec<_>>()
        })
    };
    for entry in objective::REGISTRY {
        let objective = entry.default();
        assert_eq!(verdicts(false, objective.as_ref()), verdicts(true, objective.as_ref()), "{}", entry.id);
    }
}

/// A random choice among the directions that tie.
fn chosen(generator: &mut impl rand::Rng, choice: &Choice) -> Matrix {
    let rows = choice.fixed.nrows();
    let raw = Matrix::from_fn(rows, choice.count, |_, _| generator.sample(rand_distr::StandardNormal));
    let mut all = choice.fixed.clone().resize_horizontally(choice.fixed.ncols() + choice.count, 0.0);
    all.columns_mut(choice.fixed.ncols(), choice.count).copy_from(&orthonormal_columns(&choice.within(&raw)));
    all
}

/// A model of which every value ties: like random sensors whose factors all have one strength.
fn symmetric(seed: u64) -> LatentModel {
    let generator = &mut generator(seed);
    let rotation = gaussian(generator, 4, 4).qr().q();
    let columns = |from: usize, count: usize| rotation.columns(from, count).into_owned();
    let sensor = |name: &str| modality(name, columns(0, 3), columns(3, 1), Noise::Isotropic(0.5));
    let mut pair = target("pair", &[0.0; 5], 0.1);
    pair.loading = gaussian(generator, 2, 5);
    let loading: Vec<f64> = gaussian(generator, 1, 5).iter().copied().collect();
    let targets = vec![target("mixed", &loading, 0.2), pair];
    LatentModel::new("symmetric", 3, vec![1, 1], None, vec![sensor("1"), sensor("2")], targets).expect("a model")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, rng_seed: RngSeed::Fixed(15), failure_persistence: None, ..ProptestConfig::default() })]

    /// Every choice attains the value of the objective that the minimiser has, and lies within the ranges.
    #[test]
    fn other_minimisers_attain_the_same_value_within_the_ranges(seed: u64) {
        let model = symmetric(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let generator = &mut generator(seed);
        for (objective, dim) in [
            (&CanonicalCorrelation as &dyn Objective, 1),
            (&CanonicalCorrelation, 2),
            (&LinearContrastive::default(), 2),
            (&PrincipalComponents, 2),
        ] {
            let case = Case::minimise(&subject, &subject.learner(0), objective, dim).expect("a case");
            let Some(Uniqueness::Tied(ties)) = &case.uniqueness else { panic!("{} is unique", objective.id()) };
            let [Freedom::Choice(first), Freedom::Choice(second)] = &ties.freedom else { panic!("no choice") };
            let coordinates = [chosen(generator, first), chosen(generator, second)];
            let [first, second] = [0, 1].map(|m| product_tn(&coordinates[m], &subject.pair.whitening(m).whitener));
            let other = Case::of_weights(&subject, Encoders { first, second }).expect("a case");
            // Each encoder by itself attains the value; with the other it must choose the same directions.
            if objective.id() == "cca" {
                for m in 0..2 {
                    let kept = |case: &Case| {
                        let angles = case.towers.cross_modal_angles(&subject.pair, m).expect("angles");
                        angles.mutual_information_nats()
                    };
                    prop_assert!((kept(&other) - kept(&case)).abs() < 1e-12);
                }
            }
            for entry in case.affected_measures().expect("ranges") {
                let measured = other.targets[entry.target].source(entry.source);
                if let Some([least, most]) = entry.r2 {
                    prop_assert!((least - 1e-12..=most + 1e-12).contains(&measured.r2), "{entry:?} {}", measured.r2);
                }
                if let Some([least, most]) = entry.mutual_information_nats {
                    let information = measured.mutual_information_nats();
                    prop_assert!((least - 1e-12..=most + 1e-12).contains(&information), "{entry:?} {information}");
                }
            }
        }
    }

    /// Models without symmetry have one minimiser of every objective with as many outputs as there are canonical pairs, or fewer.
    #[test]
    fn random_models_have_one_minimiser(seed: u64) {
        let generator = &mut generator(seed);
        let family = &family::REGISTRY.iter().find(|family| family.kind == "random").expect("a family");
        let model = Draw::new(family).model(generator).expect("a model");
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let channels = subject.pair.channels();
        let dim = generator.random_range(1..=subject.pair.rank().clamp(1, channels[0].min(channels[1])));
        for objective in [&CanonicalCorrelation as &dyn Objective, &Spectral, &LinearContrastive::default()] {
            // Noiseless sensors with all correlations at one tie.
            let cosines = subject.pair.angles().cosines();
            let apart = |i: usize| cosines.get(i).copied().unwrap_or(0.0);
            if dim <= subject.pair.rank() && apart(dim - 1) - apart(dim) > 1e-6 {
                prop_assert_eq!(uniqueness(&model, objective, dim), Some(true), "{}", objective.id());
            }
        }
    }
}
