//! The value of an objective that encoders attain, and their gap to the closed form: the definitions behind
//! `objective_value` and `excess_loss`.

use crate::common::units::in_units;
use crate::common::{models, random};
use alignloss::information::{Encoders, Pair};
use alignloss::linalg::Matrix;
use alignloss::model::{LatentModel, Noise};
use alignloss::objective::{
    self, AlignmentFidelity, CanonicalCorrelation, Decoupled, InfoNce, LinearContrastive, Objective, Prediction,
    PrincipalComponents, Regularised, Sense, Supervised,
};
use alignloss::random::Stream;
use alignloss::sample::Data;
use alignloss::theorem::{Case, Subject};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::RngExt;

/// Relative to the best value, to the value, and to that of encoders that say nothing: some hundred operations of 2e-16 each on covariances
/// of condition number below a few hundred.
const ROUNDING: f64 = 1e-12;

/// Every objective that has a value, with the parameters that change its kind.
fn objectives() -> Vec<Box<dyn Objective>> {
    let mut objectives: Vec<Box<dyn Objective>> = objective::REGISTRY
        .iter()
        .map(objective::Entry::default)
        .filter(|objective| objective.id() != "random")
        .collect();
    objectives.push(Box::new(InfoNce::new(0.4).expect("in range")));
    objectives.push(Box::new(LinearContrastive::new(3.0, 0.2).expect("in range")));
    objectives.extend(
        [0.0, 0.02, 1.0]
            .map(|lambda| -> Box<dyn Objective> { Box::new(AlignmentFidelity::new(lambda).expect("within range")) }),
    );
    objectives.push(Box::new(Decoupled { common_dim: Some(1) }));
    objectives.push(Box::new(Regularised::new([0.1, 0.4]).expect("within range")));
    objectives
}

/// The value of encoders less that of the closed form, so that it is never negative, and the size of the numbers that it is the
/// difference of.
fn excess(subject: &Subject, objective: &dyn Objective, encoders: Encoders) -> Option<(f64, f64)> {
    let dim = encoders.dim();
    let best = Case::minimise(subject, &subject.learner(0), objective, dim).expect("a minimiser");
    let channels = subject.pair.channels();
    let nothing = Encoders { first: Matrix::zeros(dim, channels[0]), second: Matrix::zeros(dim, channels[1]) };
    let value = |encoders| Case::of_weights(subject, encoders).expect("a case").attained(objective);
    let (best, value, nothing) = (best.attained(objective)?, value(encoders)?, value(nothing).unwrap_or(0.0));
    let sign = if objective.sense() == Sense::Minimise { 1.0 } else { -1.0 };
    Some((sign * (value - best), best.abs() + value.abs() + nothing.abs()))
}

/// The closed form of a sample's law.
fn learned_from_samples(
    model: &LatentModel,
    objective: &dyn Objective,
    dim: usize,
    samples: usize,
    seed: u64,
) -> Encoders {
    let stream = Stream { seed, experiment: "definitions", cell: 0, replicate: 0 };
    let data = Data::draw(model, samples, &mut stream.generator()).expect("samples");
    let law = data.empirical_model("sample").expect("a law");
    let subject = Subject::new(&law, [0, 1]).expect("a subject");
    subject.learner(0).minimise(objective, dim).expect("a minimiser").encoders
}

/// Every weight of the closed form moved by a share of the longest row in the units of its channel.
fn perturbed(subject: &Subject, objective: &dyn Objective, dim: usize, share: f64, seed: u64) -> Encoders {
    let Encoders { first, second } = subject.learner(0).minimise(objective, dim).expect("a minimiser").encoders;
    let generator = &mut random::generator(seed);
    let mut moved = |weights: Matrix, m: usize| {
        let units: Vec<f64> =
            subject.pair.factor(m).covariance().diagonal().iter().map(|variance| variance.sqrt()).collect();
        let largest = (0..weights.ncols()).map(|j| weights.column(j).amax() * units[j]).fold(0.0, f64::max);
        let noise = random::gaussian(generator, weights.nrows(), weights.ncols());
        Matrix::from_fn(weights.nrows(), weights.ncols(), |i, j| {
            weights[(i, j)] + share * largest * noise[(i, j)] / units[j]
        })
    };
    Encoders { first: moved(first, 0), second: moved(second, 1) }
}

fn powers(model: &LatentModel, most: i32, seed: u64) -> Vec<Vec<i32>> {
    let generator = &mut random::generator(seed);
    model.channels().iter().map(|&n| (0..n).map(|_| generator.random_range(-most..=most)).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, rng_seed: RngSeed::Fixed(15), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_encoders_attain_more_than_the_closed_form(seed: u64, most in 0..=40_i32, dim in 1..=3_usize, samples in 30..2000_usize, size in -8.0..0.5_f64) {
        let plain = random::model(seed);
        let model = in_units(&plain, &powers(&plain, most, seed));
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        for objective in objectives() {
            let objective = objective.as_ref();
            let candidates = [
                ("sample", learned_from_samples(&model, objective, dim, samples, seed)),
                ("perturbed", perturbed(&subject, objective, dim, 10.0_f64.powf(size), seed)),
            ];
            for (kind, encoders) in candidates {
                let Some((excess, scale)) = excess(&subject, objective, encoders) else {
                    // Powers of covariances that lose their digits are the one reason, among encoders of full rank.
                    prop_assert!(objective.id() == "regularised" && most > 4, "{} {kind} d = {dim}, units 2^±{most}", objective.id());
                    continue;
                };
                prop_assert!(excess >= -ROUNDING * scale, "{} {kind} d = {dim}, units 2^±{most}: {excess:e} of {scale:e}", objective.id());
            }
        }
    }
}

#[test]
fn alignment_in_excess_is_half_of_the_alignment_error_in_excess() {
    // Over whitened encoders E‖z_1 − z_2‖² = 2d − 2·tr Cov(z_1, z_2), whatever the scale of the weights that are given.
    for seed in 0..20 {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let encoders = random::encoders(&mut random::generator(seed), subject.pair.channels(), 2);
        let case = Case::of_weights(&subject, encoders).expect("a case");
        let best = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 2).expect("a minimiser");
        let attained = |case: &Case| case.attained(&CanonicalCorrelation).expect("a value");
        let (excess, expected) =
            (attained(&best) - attained(&case), (case.alignment.error - case.alignment.floor) / 2.0);
        assert!((excess - expected).abs() < ROUNDING * 4.0, "model {seed}: {excess} is not {expected}");
    }
}

#[test]
fn the_scale_of_weights_is_no_gain_in_an_objective_of_whitened_encoders() {
    let model = random::model(3);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let encoders = random::encoders(&mut random::generator(3), subject.pair.channels(), 2);
    for objective in objectives().iter().filter(|objective| objective.whitened()) {
        let value = |scale: f64| {
            let encoders = Encoders { first: &encoders.first * scale, second: &encoders.second * (3.0 * scale) };
            Case::of_weights(&subject, encoders).expect("a case").attained(objective.as_ref()).expect("a value")
        };
        let (one, thousand) = (value(1.0), value(1000.0));
        assert!((one - thousand).abs() <= ROUNDING * one.abs(), "{}: {one} and {thousand}", objective.id());
    }
}

#[test]
fn encoders_that_cannot_be_whitened_attain_nothing() {
    let model = random::model(3);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let mut encoders = random::encoders(&mut random::generator(3), subject.pair.channels(), 2);
    let row = encoders.first.row(0) * 2.0;
    encoders.first.set_row(1, &row);
    let case = Case::of_weights(&subject, encoders).expect("a case");
    for objective in objectives() {
        assert_eq!(case.attained(objective.as_ref()).is_none(), objective.whitened(), "{}", objective.id());
    }
    // More rows than a modality has independent channels: nobody does better, and the closed form has a value.
    let deficient = models::rank_deficient();
    let subject = Subject::new(&deficient, [0, 1]).expect("a subject");
    let dim = subject.pair.channels().into_iter().min().expect("two");
    assert!(dim > subject.pair.ranks().into_iter().min().expect("two"), "the model is what its name says");
    let best = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, dim).expect("a minimiser");
    let value = best.attained(&CanonicalCorrelation).expect("a value");
    let most: f64 = subject.pair.canonical_correlations().iter().sum();
    assert!((value - most).abs() < ROUNDING * most, "{value} is not {most}");
}

/// E‖x_m − D z_m‖² of the closed form: the eigenvalues of Σ_mm beyond the d-th.
fn discarded(pair: &Pair, m: usize, dim: usize) -> f64 {
    let mut values: Vec<f64> = pair.factor(m).covariance().symmetric_eigenvalues().iter().copied().collect();
    values.sort_by(f64::total_cmp);
    values[..values.len() - dim].iter().sum()
}

#[test]
fn squared_errors_are_never_negative_and_keep_their_digits() {
    for seed in 0..30 {
        let model = random::model(seed);
        for noise in [1e-6, 1e-12, 1e-16, 1e-20, 1e-30, 0.0] {
            let quiet: Vec<_> = model
                .modalities()
                .iter()
                .cloned()
                .map(|mut modality| {
                    modality.noise = Noise::Isotropic(noise);
                    modality
                })
                .collect();
            let (private, targets) = (model.private().to_vec(), model.targets().to_vec());
            let model = LatentModel::new("quiet", model.shared(), private, None, quiet, targets).expect("a model");
            let subject = Subject::new(&model, [0, 1]).expect("a subject");
            for dim in 1..=3 {
                for objective in [&PrincipalComponents as &dyn Objective, &Prediction, &Supervised] {
                    let case = Case::minimise(&subject, &subject.learner(0), objective, dim).expect("a minimiser");
                    let value = case.attained(objective).expect("a value");
                    assert!(value >= 0.0, "{} at noise {noise}: {value:e}", objective.id());
                    let expression = objective.value(subject.moments(), &case.encoders).expect("a value");
                    assert!(expression >= 0.0, "{} at noise {noise}: {expression:e}", objective.id());
                }
            }
        }
    }
}

#[test]
fn the_error_of_principal_components_is_what_they_discard() {
    // Where every factor is kept, noise is all that is lost: (n − d)·ψ of either modality, here one channel of two.
    let model = |noise: f64| {
        models::text(&format!(
            "[latent]\nshared = 1\nprivate = [0, 0]\n\
             [[modality]]\nshared_loading = [[1.0], [1.0]]\nprivate_loading = [[], []]\nnoise = {noise}\n\
             [[modality]]\nshared_loading = [[1.0], [1.0]]\nprivate_loading = [[], []]\nnoise = {noise}\n"
        ))
    };
    for noise in [1e-3, 1e-8, 1e-12, 1e-15, 1e-20] {
        let model = model(noise);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let case = Case::minimise(&subject, &subject.learner(0), &PrincipalComponents, 1).expect("a minimiser");
        let value = case.attained(&PrincipalComponents).expect("a value");
        // The root of a squared error of ψ is exact to the rounding of the variance's root.
        let tolerance = 16.0 * f64::EPSILON * noise.sqrt() + (16.0 * f64::EPSILON).powi(2);
        assert!((value - 2.0 * noise).abs() <= tolerance, "{value:e} is not {:e}", 2.0 * noise);
    }
    for seed in 0..10 {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let case = Case::minimise(&subject, &subject.learner(0), &PrincipalComponents, 2).expect("a minimiser");
        let (value, expected) = (
            case.attained(&PrincipalComponents).expect("a value"),
            discarded(&subject.pair, 0, 2) + discarded(&subject.pair, 1, 2),
        );
        assert!((value - expected).abs() <= ROUNDING * expected.max(1.0), "{value} is not {expected}");
    }
}

#[test]
fn values_are_the_expressions_at_whitened_encoders_and_at_any_weights_of_the_others() {
    for seed in 0..20 {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let given = random::encoders(&mut random::generator(seed), subject.pair.channels(), 2);
        let case = Case::of_weights(&subject, given.clone()).expect("a case");
        let [first, second] =
            [0, 1].map(|m| alignloss::linalg::product_tn(case.towers.whitened(m), &subject.pair.whitening(m).whitener));
        let whitened = Encoders { first, second };
        for objective in objectives() {
            // None aligns every row, the expression, or the first r, the value.
            if objective.id() == "decoupled"
                && objective.parameters().count("common_dim").is_none()
                && subject.pair.rank() < 2
            {
                continue;
            }
            let weights = if objective.whitened() { &whitened } else { &given };
            let expected = objective.value(subject.moments(), weights).expect("a value");
            let value = case.attained(objective.as_ref()).expect("a value");
            if expected.is_finite() || value.is_finite() {
                let scale = expected.abs() + subject.moments().first.trace() + subject.moments().second.trace();
                assert!(
                    (value - expected).abs() <= ROUNDING * scale,
                    "{}, model {seed}: {value} is not {expected}",
                    objective.id()
                );
            }
        }
    }
}
