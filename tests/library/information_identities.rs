//! Identities and limits that every information measure must satisfy, on random models, and known numbers for hand-made models.

#![expect(clippy::float_cmp, reason = "limits and exact zeros are exact")]

use crate::common::dense::{Dense, blocks};
use crate::common::models;
use crate::common::random::{encoders, gaussian, generator, model};
use alignloss::information::{
    Capacity, Encoders, InformationError, PartialInformation, Side, Source, Towers, information_loss_nats,
};
use alignloss::linalg::{LinalgError, Matrix};
use alignloss::model::{LatentModel, Modality, Noise, Target};
use alignloss::objective::{self, CanonicalCorrelation};
use alignloss::theorem::{Case, Subject};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::RngExt;

/// Two routes through covariances of condition number up to a few hundred, a few hundred roundings each; the dense one squares the
/// condition of encoders whose rows are nearly parallel (2e-11 in the worst of the cases drawn here).
const TWO_ROUTES: f64 = 1e-10;

/// Inequalities between numbers of order one.
const ROUNDING: f64 = 1e-12;

/// Hand-made models are perfectly conditioned.
const BY_HAND: f64 = 1e-14;

#[track_caller]
fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((got - expected).abs() <= tolerance * expected.abs().max(1.0), "{what}: {got} is not {expected}");
}

fn subject(model: &LatentModel) -> Subject<'_> {
    Subject::new(model, [0, 1]).expect("a subject")
}

fn of_weights<'a>(subject: &'a Subject<'a>, encoders: &Encoders) -> Case<'a> {
    Case::of_weights(subject, encoders.clone()).expect("a case")
}

/// The random model of a seed and random encoders for it.
fn draw(seed: u64) -> (LatentModel, Encoders) {
    let model = model(seed);
    let generator = &mut generator(seed ^ 0xabcd);
    let channels = [model.channels()[0], model.channels()[1]];
    let dim = generator.random_range(1..=3);
    let encoders = encoders(generator, channels, dim);
    (model, encoders)
}

/// Every measure of a case, in a fixed order.
fn measures(case: &Case) -> Vec<f64> {
    let pair = &case.subject.pair;
    let mut all =
        vec![pair.mutual_information_nats(), case.alignment.angles.mutual_information_nats(), case.alignment.floor];
    all.extend(pair.canonical_correlations());
    for target in &case.targets {
        for source in Source::ALL {
            let measured = target.source(source);
            all.extend([measured.mutual_information_nats(), measured.r2]);
        }
    }
    for entry in &case.capacities {
        all.extend([entry.capacity.aligned, entry.capacity.private, entry.capacity.largest_eigenvalue]);
    }
    all
}

#[track_caller]
fn same_measures(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
        close(*got, *expected, TWO_ROUTES, &format!("{what}, measure {index}"));
    }
}

/// An invertible matrix of modest condition: the identity plus a Gaussian of half its size, away from singularity.
fn invertible(generator: &mut rand::rngs::ChaCha8Rng, n: usize) -> Matrix {
    crate::common::random::orthonormal(generator, n, n)
        * Matrix::from_fn(n, n, |i, j| if i == j { 1.0 + i as f64 } else { 0.0 })
        * crate::common::random::orthonormal(generator, n, n)
}

fn transformed_noise(noise: &Noise, map: &Matrix) -> Noise {
    let covariance = map * noise.covariance(map.ncols()) * map.transpose();
    Noise::Full((&covariance + covariance.transpose()) * 0.5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, rng_seed: RngSeed::Fixed(6), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn measures_are_those_of_dense_formulas(seed: u64) {
        let (model, encoders) = draw(seed);
        let subject = subject(&model);
        let case = of_weights(&subject, &encoders);
        let dense = Dense::of(&model).encoded(&encoders);
        let z1 = blocks::Y + model.targets().len();
        let z2 = z1 + 1;
        close(subject.pair.mutual_information_nats(), dense.information_nats(&[blocks::X1], &[blocks::X2]), TWO_ROUTES, "I(x1;x2)");
        close(case.alignment.angles.mutual_information_nats(), dense.information_nats(&[z1], &[z2]), TWO_ROUTES, "I(z1;z2)");
        for (t, target) in case.targets.iter().enumerate() {
            let y = blocks::Y + t;
            let variance = dense.block(&[y], &[y]).trace();
            close(target.geometry.variance(), variance, TWO_ROUTES, "tr Σyy");
            let both: &[usize] = &[blocks::X1, blocks::X2];
            let rows: [(Source, &[usize]); 6] = [
                (Source::First, &[blocks::X1]),
                (Source::Second, &[blocks::X2]),
                (Source::Both, both),
                (Source::EncodedFirst, &[z1]),
                (Source::EncodedSecond, &[z2]),
                (Source::EncodedBoth, &[z1, z2]),
            ];
            for (source, indices) in rows {
                let measured = target.source(source);
                let place = format!("model {seed}, {} from {}", target.name, source.key());
                close(measured.mutual_information_nats(), dense.information_nats(indices, &[y]), TWO_ROUTES, &place);
                let mmse = dense.mmse(indices, &[y]);
                close(measured.mmse / variance, mmse / variance, TWO_ROUTES, &place);
                close(measured.r2, 1.0 - mmse / variance, TWO_ROUTES, &place);
                close(measured.sigma(), mmse.sqrt(), TWO_ROUTES, &place);
            }
        }
    }

    #[test]
    fn the_joint_covariance_is_that_of_the_written_model(seed: u64) {
        let model = model(seed);
        let joint = model.joint_covariance();
        let dense = Dense::of(&model);
        let latents = model.latents();
        let observed: usize = model.channels().iter().sum();
        // (x_1, x_2, latents, targets): without the latents it is the dense one.
        let kept: Vec<usize> = (0..joint.nrows()).filter(|i| !(observed..observed + latents).contains(i)).collect();
        let without = Matrix::from_fn(kept.len(), kept.len(), |i, j| joint[(kept[i], kept[j])]);
        prop_assert!((without - dense.joint()).norm() <= ROUNDING * dense.joint().norm());
        let latent = joint.view((observed, observed), (latents, latents)).into_owned();
        prop_assert!((latent - model.latent_covariance()).norm() <= ROUNDING);
        // Cov(x_1, latents) = [A_1 B_1 0]·Λ.
        let modality = &model.modalities()[0];
        let mut loading = Matrix::zeros(model.channels()[0], latents);
        loading.columns_mut(0, model.shared()).copy_from(&modality.shared_loading);
        loading.columns_mut(model.private_range(0).start, model.private()[0]).copy_from(&modality.private_loading);
        let cross = joint.view((0, observed), (model.channels()[0], latents)).into_owned();
        prop_assert!((cross - loading * model.latent_covariance()).norm() <= ROUNDING * joint.norm());
    }

    #[test]
    fn more_sources_never_say_less(seed: u64) {
        let (model, encoders) = draw(seed);
        let subject = subject(&model);
        let case = of_weights(&subject, &encoders);
        for target in &case.targets {
            let information = |source| target.source(source).mutual_information_nats();
            let mmse = |source| target.source(source).mmse;
            // Both say at least what each says; an encoder says at most what its input says.
            for (less, more) in [
                (Source::First, Source::Both),
                (Source::Second, Source::Both),
                (Source::EncodedFirst, Source::EncodedBoth),
                (Source::EncodedSecond, Source::EncodedBoth),
                (Source::EncodedFirst, Source::First),
                (Source::EncodedSecond, Source::Second),
                (Source::EncodedBoth, Source::Both),
            ] {
                prop_assert!(information(less) <= information(more) + ROUNDING, "{} {:?} {:?}", target.name, less, more);
                prop_assert!(mmse(less) >= mmse(more) - ROUNDING * target.geometry.variance());
            }
            prop_assert!(Source::ALL.into_iter().all(|source| information(source) >= 0.0));
        }
        let aligned = case.alignment.angles.mutual_information_nats();
        for m in 0..2 {
            let cross = case.towers.cross_modal_angles(&subject.pair, m).expect("angles").mutual_information_nats();
            prop_assert!(aligned <= cross + ROUNDING && cross <= subject.pair.mutual_information_nats() + ROUNDING);
        }
    }

    #[test]
    fn the_chain_rule_holds(seed: u64) {
        // I(x_1,x_2; y) = I(x_1; y) + I(x_2; y | x_1), the second by hand from dense conditional covariances.
        let model = model(seed);
        let subject = subject(&model);
        let dense = Dense::of(&model);
        let encoders = Encoders { first: Matrix::identity(1, model.channels()[0]), second: Matrix::identity(1, model.channels()[1]) };
        let case = of_weights(&subject, &encoders);
        for (t, target) in case.targets.iter().enumerate() {
            let y = blocks::Y + t;
            let conditional = dense.information_nats(&[blocks::X2], &[blocks::X1, y]) - dense.information_nats(&[blocks::X2], &[blocks::X1]);
            let information = |source| target.source(source).mutual_information_nats();
            close(information(Source::Both), information(Source::First) + conditional, TWO_ROUTES, target.name);
        }
    }

    #[test]
    fn invertible_maps_of_the_encoders_change_nothing(seed: u64) {
        let (model, encoders) = draw(seed);
        let subject = subject(&model);
        let generator = &mut generator(seed);
        let dim = encoders.dim();
        let mapped = Encoders { first: invertible(generator, dim) * &encoders.first * 7.0, second: invertible(generator, dim) * &encoders.second * 1e-3 };
        same_measures(&measures(&of_weights(&subject, &mapped)), &measures(&of_weights(&subject, &encoders)), "encoders");
        // The same rotation of both keeps the alignment error, and so does any scale.
        let rotation = crate::common::random::orthonormal(generator, dim, dim);
        let rotated = Encoders { first: &rotation * &encoders.first * 5.0, second: &rotation * &encoders.second * 0.1 };
        let [before, after] = [&encoders, &rotated].map(|encoders| of_weights(&subject, encoders).alignment);
        close(after.error, before.error, TWO_ROUTES, "ε²");
        close(after.error_operator, before.error_operator, TWO_ROUTES, "ε_op");
    }

    #[test]
    fn invertible_maps_of_the_sensors_change_nothing(seed: u64) {
        let (model, encoders) = draw(seed);
        let generator = &mut generator(seed);
        let maps = [0, 1].map(|m| invertible(generator, model.channels()[m]));
        let modalities: Vec<Modality> = model.modalities().iter().zip(&maps).map(|(modality, map)| Modality {
            name: modality.name.clone(),
            shared_loading: map * &modality.shared_loading,
            private_loading: map * &modality.private_loading,
            noise: transformed_noise(&modality.noise, map),
        }).collect();
        let mapped = LatentModel::new("mapped", model.shared(), model.private().to_vec(), model.given_covariance().cloned(), modalities, model.targets().to_vec())
            .expect("a model");
        let undone = |weights: &Matrix, map: &Matrix| weights * map.clone().try_inverse().expect("invertible");
        let mapped_encoders = Encoders { first: undone(&encoders.first, &maps[0]), second: undone(&encoders.second, &maps[1]) };
        let (before, after) = (subject(&model), subject(&mapped));
        let (before, after) = (of_weights(&before, &encoders), of_weights(&after, &mapped_encoders));
        same_measures(&measures(&after), &measures(&before), "sensors");
        close(after.alignment.error, before.alignment.error, TWO_ROUTES, "ε²");
    }

    #[test]
    fn invertible_maps_of_the_targets_keep_their_information(seed: u64) {
        let (model, encoders) = draw(seed);
        let generator = &mut generator(seed);
        let maps: Vec<Matrix> = model.targets().iter().map(|target| invertible(generator, target.loading.nrows()) * 3.0).collect();
        let targets: Vec<Target> = model.targets().iter().zip(&maps).map(|(target, map)| Target {
            name: target.name.clone(),
            loading: map * &target.loading,
            noise: transformed_noise(&target.noise, map),
        }).collect();
        let mapped = model.clone().with_targets(targets).expect("a model");
        let (before, after) = (subject(&model), subject(&mapped));
        let (before, after) = (of_weights(&before, &encoders), of_weights(&after, &encoders));
        for (before, after) in before.targets.iter().zip(&after.targets) {
            for source in Source::ALL {
                close(after.source(source).mutual_information_nats(), before.source(source).mutual_information_nats(), TWO_ROUTES, before.name);
                if before.geometry.dimension() == 1 {
                    close(after.source(source).r2, before.source(source).r2, TWO_ROUTES, before.name);
                }
            }
        }
    }

    #[test]
    fn the_modalities_may_swap_their_roles(seed: u64) {
        let (model, encoders) = draw(seed);
        let swapped_encoders = Encoders { first: encoders.second.clone(), second: encoders.first.clone() };
        let (one, two) = (subject(&model), Subject::new(&model, [1, 0]).expect("a subject"));
        let (one, two) = (of_weights(&one, &encoders), of_weights(&two, &swapped_encoders));
        close(two.alignment.error, one.alignment.error, TWO_ROUTES, "ε²");
        close(two.alignment.error_operator, one.alignment.error_operator, TWO_ROUTES, "ε_op");
        close(two.subject.pair.mutual_information_nats(), one.subject.pair.mutual_information_nats(), TWO_ROUTES, "I(x1;x2)");
        let other = [Source::Second, Source::First, Source::Both, Source::EncodedSecond, Source::EncodedFirst, Source::EncodedBoth];
        for (one, two) in one.targets.iter().zip(&two.targets) {
            for (source, swapped) in Source::ALL.into_iter().zip(other) {
                close(two.source(swapped).mutual_information_nats(), one.source(source).mutual_information_nats(), TWO_ROUTES, one.name);
                close(two.source(swapped).mmse, one.source(source).mmse, TWO_ROUTES, one.name);
            }
        }
        let capacities = |case: &Case, encoder| case.capacities.iter().filter(|entry| entry.encoder == encoder).map(|entry| entry.capacity.aligned).collect::<Vec<_>>();
        for (a, b) in capacities(&one, Side::First).into_iter().zip(capacities(&two, Side::Second)) {
            close(b, a, TWO_ROUTES, "capacity");
        }
    }

    #[test]
    fn partial_information_adds_up(seed: u64) {
        let (model, encoders) = draw(seed);
        let subject = subject(&model);
        let case = of_weights(&subject, &encoders);
        for target in case.targets.iter().filter(|target| target.geometry.dimension() == 1) {
            let [first, second, both] = [Source::First, Source::Second, Source::Both].map(|source| target.source(source).mutual_information_nats());
            let parts = PartialInformation::new(first, second, both);
            close(parts.redundancy + parts.unique_first, first, ROUNDING, "x1");
            close(parts.redundancy + parts.unique_second, second, ROUNDING, "x2");
            close(parts.redundancy + parts.unique_first + parts.unique_second + parts.synergy, both, ROUNDING, "both");
            prop_assert!([parts.redundancy, parts.unique_first, parts.unique_second, parts.synergy].into_iter().all(|part| part >= -ROUNDING));
            prop_assert!(parts.unique_first.min(parts.unique_second) == 0.0);
        }
    }

    #[test]
    fn scalar_targets_have_one_number_in_three_forms(seed: u64) {
        let (model, encoders) = draw(seed);
        let subject = subject(&model);
        let case = of_weights(&subject, &encoders);
        for target in case.targets.iter().filter(|target| target.geometry.dimension() == 1) {
            for source in Source::ALL {
                let measured = target.source(source);
                // I = −½ log(1 − R²), mmse = tr Σ_yy (1 − R²), σ² = mmse.
                close(measured.mutual_information_nats(), -0.5 * (-measured.r2).ln_1p(), TWO_ROUTES, target.name);
                close(measured.mmse, target.geometry.variance() * (1.0 - measured.r2), TWO_ROUTES, target.name);
                close(measured.sigma() * measured.sigma(), measured.mmse, TWO_ROUTES, target.name);
            }
        }
    }

    #[test]
    fn encoders_that_keep_everything_lose_nothing(seed: u64) {
        let model = model(seed);
        let channels = model.channels();
        let dim = channels[0].max(channels[1]);
        let generator = &mut generator(seed);
        // d ≥ n_m: the tall matrix of a generic encoder is injective.
        let encoders = encoders(generator, [channels[0], channels[1]], dim);
        let subject = subject(&model);
        let case = of_weights(&subject, &encoders);
        for target in &case.targets {
            for (observed, encoded) in [(Source::First, Source::EncodedFirst), (Source::Second, Source::EncodedSecond), (Source::Both, Source::EncodedBoth)] {
                close(target.information_loss_nats(observed, encoded), 0.0, TWO_ROUTES, target.name);
                close(target.source(encoded).mmse, target.source(observed).mmse, TWO_ROUTES, target.name);
            }
        }
        close(case.alignment.angles.mutual_information_nats(), subject.pair.mutual_information_nats(), TWO_ROUTES, "I(z1;z2)");
    }

    #[test]
    fn the_alignment_error_is_that_of_symmetrically_whitened_encoders(seed: u64) {
        let (model, encoders) = draw(seed);
        let dense = Dense::of(&model);
        let block = |i, j| dense.block(&[i], &[j]);
        let whitened = |weights: &Matrix, covariance: &Matrix| crate::common::dense::symmetric_inverse_root(&(weights * covariance * weights.transpose())) * weights;
        let (first, second) = (whitened(&encoders.first, &block(0, 0)), whitened(&encoders.second, &block(1, 1)));
        let cross = &first * block(0, 1) * second.transpose();
        let difference = &first * block(0, 0) * first.transpose() + &second * block(1, 1) * second.transpose() - &cross - cross.transpose();
        let subject = subject(&model);
        let alignment = of_weights(&subject, &encoders).alignment;
        close(alignment.error, difference.trace(), TWO_ROUTES, "ε²");
        close(alignment.error_operator.powi(2), difference.symmetric_eigenvalues().max(), TWO_ROUTES, "ε_op²");
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Models solved by hand
// ---------------------------------------------------------------------------------------------------------------------

fn minimise<'a>(subject: &'a Subject<'a>, id: &str, dim: usize) -> Case<'a> {
    let objective = Box::leak(objective::find(id).expect("a known id"));
    Case::minimise(subject, &subject.learner(0), objective, dim).expect("a case")
}

#[test]
fn the_scalar_model_has_the_numbers_of_its_formulas_even_when_its_covariances_are_singular() {
    for model in [models::scalar(), models::rank_deficient()] {
        let subject = subject(&model);
        let rho = 2.0 / 7.5_f64.sqrt();
        close(subject.pair.correlation(0), rho, BY_HAND, "ρ");
        assert_eq!(subject.pair.correlation(1), 0.0);
        assert_eq!((subject.pair.rank(), subject.pair.ranks()), (1, [2, 2]));
        close(subject.pair.mutual_information_nats(), -0.5 * (1.0_f64 - 4.0 / 7.5).ln(), BY_HAND, "I(x1;x2)");
        let case = minimise(&subject, "cca", 1);
        // Signal-to-noise ratios: s 4 in x_1, 2 in x_2, 6 together; u_1 9; u_2 2. I = ½ log(1 + snr), mmse = 1/(1 + snr).
        let table = [
            ("s", [4.0, 2.0, 6.0, 4.0, 2.0, 6.0]),
            ("u1", [9.0, 0.0, 9.0, 0.0, 0.0, 0.0]),
            ("u2", [0.0, 2.0, 2.0, 0.0, 0.0, 0.0]),
        ];
        for (target, (name, ratios)) in case.targets.iter().zip(table) {
            assert_eq!(target.name, name);
            for (source, ratio) in Source::ALL.into_iter().zip::<[f64; 6]>(ratios) {
                let measured = target.source(source);
                close(measured.mutual_information_nats(), 0.5 * ratio.ln_1p(), BY_HAND, name);
                close(measured.mmse, 1.0 / (1.0 + ratio), BY_HAND, name);
                close(measured.r2, ratio / (1.0 + ratio), BY_HAND, name);
            }
        }
        // s + u_1: mmse 1/5 + 1/10 from x_1, 1/3 + 1 from x_2, 1/7 + 1/10 from both, 1/5 + 1 from z_1.
        let sum = &case.targets[3];
        for (source, mmse) in [
            (Source::First, 0.3),
            (Source::Second, 4.0 / 3.0),
            (Source::Both, 17.0 / 70.0),
            (Source::EncodedFirst, 1.2),
        ] {
            close(sum.source(source).mmse, mmse, BY_HAND, "s + u1");
            close(sum.source(source).mutual_information_nats(), 0.5 * (2.0 / mmse).ln(), BY_HAND, "s + u1");
        }
        close(
            case.targets[1].information_loss_nats(Source::First, Source::EncodedFirst),
            0.5 * 10.0_f64.ln(),
            BY_HAND,
            "loss",
        );
        close(case.alignment.floor, 2.0 * (1.0 - rho), BY_HAND, "floor");
    }
}

#[test]
fn a_target_that_no_modality_sees_is_private_to_none() {
    // u_3 of a third sensor, seen from the first two.
    let model = models::text("[family]\nkind = \"multi\"\nmodalities = 3\n");
    let subject = subject(&model);
    let case = minimise(&subject, "cca", 1);
    let unseen = case.targets.iter().position(|target| target.name == "private 3").expect("a standard target");
    assert!(case.capacities.iter().all(|entry| entry.target != unseen));
    assert_eq!(case.targets[unseen].source(Source::Both).mutual_information_nats(), 0.0);
    // … while each of the others is private to its own modality alone.
    let owners: Vec<(&str, Side)> =
        case.capacities.iter().map(|entry| (case.targets[entry.target].name, entry.encoder)).collect();
    assert_eq!(owners, [("private 1", Side::First), ("private 2", Side::Second)]);
}

#[test]
fn correlated_nuisance_has_two_correlations() {
    let model = models::correlated_nuisance();
    let subject = subject(&model);
    close(subject.pair.correlation(0), 0.72, BY_HAND, "nuisance");
    close(subject.pair.correlation(1), 0.5, BY_HAND, "signal");
    // u_1 from x_2: Cov = 0.9, Var = 1.25, R² = 0.81/1.25; it is not private.
    let case = minimise(&subject, "cca", 2);
    close(case.targets[1].source(Source::Second).r2, 0.648, BY_HAND, "u1 from x2");
    assert!(case.capacities.is_empty());
}

// ---------------------------------------------------------------------------------------------------------------------
// Limits
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn a_deterministic_target_has_infinite_information_and_no_error() {
    let model = models::noiseless();
    let subject = subject(&model);
    let case = minimise(&subject, "cca", 1);
    let shared = &case.targets[0];
    for source in Source::ALL {
        let measured = shared.source(source);
        assert_eq!(measured.mutual_information_nats(), f64::INFINITY, "{source:?}");
        close(measured.mmse, 0.0, BY_HAND, "mmse");
        close(measured.r2, 1.0, BY_HAND, "R²");
    }
    // s + η: ½ log(1 + 4) from everywhere; u_1 + η: ½ log 2 from x_1 alone.
    for source in Source::ALL {
        close(case.targets[1].source(source).mutual_information_nats(), 0.5 * 5.0_f64.ln(), BY_HAND, "s + η");
    }
    close(case.targets[3].source(Source::First).mutual_information_nats(), 0.5 * 2.0_f64.ln(), BY_HAND, "u1 + η");
    assert_eq!(case.targets[3].source(Source::EncodedFirst).mutual_information_nats(), 0.0);
    // The loss of a determined target is 0 where the encoder determines it too, infinite where it does not.
    assert_eq!(shared.information_loss_nats(Source::First, Source::EncodedFirst), 0.0);
    assert_eq!(case.targets[2].information_loss_nats(Source::First, Source::EncodedFirst), f64::INFINITY);
    assert_eq!(case.targets[2].information_loss_nats(Source::Second, Source::EncodedSecond), 0.0);
}

#[test]
fn the_loss_between_two_infinities_is_the_limit_of_vanishing_target_noise() {
    // y = (s, u_1 + η) from the noiseless model: cca keeps s and loses the second part, ½ log(1 + 1/0.5).
    let model = models::noiseless();
    let pair = |noise: f64| Target {
        name: "pair".into(),
        loading: Matrix::from_row_slice(2, 3, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
        noise: Noise::Diagonal(vec![noise, 0.5]),
    };
    let loss = |noise: f64| {
        let model = model.clone().with_targets(vec![pair(noise)]).expect("a model");
        let subject = subject(&model);
        let case = minimise(&subject, "cca", 1);
        case.targets[0].information_loss_nats(Source::First, Source::EncodedFirst)
    };
    let limit = 0.5 * 3.0_f64.ln();
    close(loss(0.0), limit, BY_HAND, "limit");
    for noise in [1e-2, 1e-4, 1e-8] {
        close(loss(noise), limit, 1e-9, "on the way");
    }
    let angles = |cosines: &[f64]| {
        alignloss::linalg::PrincipalAngles::new(
            cosines.to_vec(),
            cosines.iter().map(|c| ((1.0 - c) * (1.0 + c)).sqrt()).collect(),
            1e-14,
        )
    };
    // An encoder that determines more than its input can do so only by rounding: no −∞, the rest is compared.
    close(information_loss_nats(&angles(&[0.6, 0.5]), &angles(&[1.0, 0.5])), -0.5 * 0.64_f64.ln(), BY_HAND, "rounding");
    assert_eq!(information_loss_nats(&angles(&[1.0, 0.6]), &angles(&[0.9, 0.1])), f64::INFINITY);
    close(information_loss_nats(&angles(&[1.0, 0.6]), &angles(&[1.0, 0.0])), -0.5 * 0.64_f64.ln(), BY_HAND, "the rest");
}

/// s seen by both sensors with noise ψ: ρ = 1/(1+ψ).
fn nearly_noiseless(noise: f64) -> LatentModel {
    let one = Matrix::from_element(1, 1, 1.0);
    let sensor = |name: &str| models::modality(name, one.clone(), Matrix::zeros(1, 0), Noise::Isotropic(noise));
    LatentModel::new(
        "close",
        1,
        vec![0, 0],
        None,
        vec![sensor("1"), sensor("2")],
        vec![models::target("s", &[1.0], 0.0)],
    )
    .expect("a model")
}

#[test]
fn information_grows_like_the_logarithm_as_noise_vanishes_and_keeps_its_digits() {
    for noise in [1.0, 1e-3, 1e-8, 1e-14, 1e-20_f64] {
        let model = nearly_noiseless(noise);
        let subject = subject(&model);
        let case = minimise(&subject, "cca", 1);
        // 1 − ρ² = ψ(2+ψ)/(1+ψ)²; I(x_m; s) = ½ log(1 + 1/ψ), from both ½ log(1 + 2/ψ).
        let expected = -0.5 * (noise * (2.0 + noise) / (1.0 + noise).powi(2)).ln();
        let of = |source| case.targets[0].source(source);
        close(subject.pair.mutual_information_nats(), expected, 1e-13, "I(x1;x2)");
        close(case.alignment.error, 2.0 * noise / (1.0 + noise), 1e-13, "ε²");
        close(of(Source::First).mutual_information_nats(), 0.5 * noise.recip().ln_1p(), 1e-13, "I(x1;s)");
        close(of(Source::Both).mutual_information_nats(), 0.5 * (2.0 / noise).ln_1p(), 1e-13, "I(x1,x2;s)");
        // Relative accuracy of an error that is next to nothing.
        close(of(Source::First).mmse / (noise / (1.0 + noise)), 1.0, 1e-12, "mmse");
        close(of(Source::Both).mmse / (noise / (2.0 + noise)), 1.0, 1e-12, "mmse of both");
    }
}

#[test]
fn weak_signals_keep_their_digits() {
    for signal in [1e-3, 1e-5, 1e-6_f64] {
        let modality = |name: &str, loading: f64| {
            models::modality(name, Matrix::from_element(1, 1, loading), Matrix::zeros(1, 0), Noise::Isotropic(1.0))
        };
        let target = models::target("s", &[1.0], 0.0);
        let model = LatentModel::new(
            "weak",
            1,
            vec![0, 0],
            None,
            vec![modality("1", signal), modality("2", 1.0)],
            vec![target],
        )
        .expect("a model");
        let subject = subject(&model);
        let case = minimise(&subject, "cca", 1);
        let measured = case.targets[0].source(Source::First);
        let ratio = signal * signal;
        assert!((measured.mutual_information_nats() / (0.5 * ratio.ln_1p()) - 1.0).abs() < 1e-9);
        assert!((measured.r2 / (ratio / (1.0 + ratio)) - 1.0).abs() < 1e-9);
        assert!((subject.pair.correlation(0) / (signal / (1.0 + ratio).sqrt() / 2.0_f64.sqrt()) - 1.0).abs() < 1e-9);
    }
}

#[test]
fn an_encoder_that_says_nothing_is_measured_as_such() {
    for model in [models::scalar(), models::rank_deficient(), models::noiseless(), model(5)] {
        let subject = subject(&model);
        let [first, second] = subject.pair.channels();
        let zero = Encoders { first: Matrix::zeros(2, first), second: Matrix::zeros(2, second) };
        let case = of_weights(&subject, &zero);
        for target in &case.targets {
            for source in [Source::EncodedFirst, Source::EncodedSecond, Source::EncodedBoth] {
                assert_eq!((target.source(source).mutual_information_nats(), target.source(source).r2), (0.0, 0.0));
                close(target.source(source).mmse, target.geometry.variance(), ROUNDING, target.name);
            }
            for (observed, encoded) in [(Source::First, Source::EncodedFirst), (Source::Both, Source::EncodedBoth)] {
                assert!(target.information_loss_nats(observed, encoded) >= 0.0);
            }
        }
        assert_eq!(case.alignment.angles.mutual_information_nats(), 0.0);
        assert_eq!(case.alignment.error, 0.0);
        for entry in &case.capacities {
            let Capacity { aligned, private, largest_eigenvalue } = entry.capacity;
            assert_eq!((aligned, private, largest_eigenvalue), (0.0, 0.0, 0.0));
        }
        assert!(measures(&case).iter().all(|measure| !measure.is_nan()));
        assert!(
            alignloss::theorem::judge_all(&case)
                .expect("verdicts")
                .iter()
                .all(|verdict| verdict.status != alignloss::theorem::Status::Violated)
        );
    }
}

#[test]
fn a_repeated_row_adds_nothing() {
    let model = model(7);
    let subject = subject(&model);
    let channels = subject.pair.channels();
    let single = encoders(&mut generator(7), channels, 1);
    let twice = |weights: &Matrix| {
        Matrix::from_fn(2, weights.ncols(), |i, j| weights[(0, j)] * if i == 0 { 1.0 } else { -3.0 })
    };
    let repeated = Encoders { first: twice(&single.first), second: twice(&single.second) };
    let (single, repeated) = (of_weights(&subject, &single), of_weights(&subject, &repeated));
    for (a, b) in single.targets.iter().zip(&repeated.targets) {
        for source in Source::ALL {
            close(
                b.source(source).mutual_information_nats(),
                a.source(source).mutual_information_nats(),
                TWO_ROUTES,
                a.name,
            );
        }
    }
}

#[test]
fn encoders_that_do_not_fit_or_are_not_finite_are_typed_errors() {
    let model = models::scalar();
    let subject = subject(&model);
    let towers = |first: Matrix, second: Matrix| Towers::new(&subject.pair, &Encoders { first, second });
    assert_eq!(
        towers(Matrix::zeros(1, 3), Matrix::zeros(1, 2)).map(|_| ()),
        Err(InformationError::Shape { modality: 1, rows: 1, columns: 3, dim: 1, channels: 2 })
    );
    assert_eq!(
        towers(Matrix::zeros(1, 2), Matrix::zeros(2, 2)).map(|_| ()),
        Err(InformationError::Shape { modality: 2, rows: 2, columns: 2, dim: 1, channels: 2 })
    );
    assert!(matches!(towers(Matrix::zeros(0, 2), Matrix::zeros(0, 2)), Err(InformationError::Shape { .. })));
    for bad in [f64::NAN, f64::INFINITY] {
        let result = towers(Matrix::from_row_slice(1, 2, &[1.0, bad]), Matrix::from_element(1, 2, 1.0));
        assert!(matches!(result, Err(InformationError::Linalg(LinalgError::NotFinite { .. }))), "{bad}");
    }
}

#[test]
fn objectives_with_more_dimensions_than_useful_ones_say_no_more() {
    // Beyond the rank of Σ12 the contrastive objectives leave rows empty; cca completes them.
    let model = models::scalar();
    let subject = subject(&model);
    for (id, about_u1) in [
        ("spectral", 0.0),
        ("infonce", 0.0),
        ("joint-density", 0.0),
        ("linear-contrastive", 0.0),
        ("prediction", 0.0),
        ("cca", 0.5 * 10.0_f64.ln()),
    ] {
        let case = minimise(&subject, id, 2);
        close(case.targets[1].source(Source::EncodedFirst).mutual_information_nats(), about_u1, BY_HAND, id);
        close(case.targets[0].source(Source::EncodedFirst).mutual_information_nats(), 0.5 * 5.0_f64.ln(), BY_HAND, id);
    }
    let learner = subject.learner(0);
    assert!(learner.minimise(&CanonicalCorrelation, 0).is_err() && learner.minimise(&CanonicalCorrelation, 3).is_err());
}

#[test]
fn models_at_extreme_scales_are_measured_like_any_other() {
    let reference = measures_at(1.0);
    for scale in [1e-140, 1e-90, 1e-40, 1e40] {
        let scaled = measures_at(scale);
        for (got, expected) in scaled.iter().zip(&reference) {
            close(*got, *expected, 1e-12, &format!("scale {scale:e}"));
        }
    }
}

/// A model with sensors and target in other units: loadings scaled, variances squared.
fn measures_at(scale: f64) -> Vec<f64> {
    let modality = |name: &str, a: f64, b: f64| {
        let column = |first: f64, second: f64| Matrix::from_row_slice(2, 1, &[first * scale, second * scale]);
        models::modality(name, column(a, 0.0), column(0.3, b), Noise::Isotropic(scale * scale))
    };
    let target = models::target("s", &[scale, 0.0, 0.0], 0.0);
    let model = LatentModel::new(
        "scaled",
        1,
        vec![1, 1],
        None,
        vec![modality("1", 2.0, 3.0), modality("2", 1.0, 1.0)],
        vec![target],
    )
    .expect("a model");
    let subject = subject(&model);
    measures(&minimise(&subject, "cca", 1))
}

#[test]
fn random_gaussian_matrices_are_not_all_alike() {
    // A guard for the helpers: two seeds give two models.
    assert_ne!(model(1), model(2));
    assert_ne!(gaussian(&mut generator(1), 2, 2), gaussian(&mut generator(2), 2, 2));
}
