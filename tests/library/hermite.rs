//! Theorem `hermite` and the encoders behind it: by hand, by quadrature, on samples, and with hypotheses dropped.

use crate::common::mean_and_standard_error;
use crate::common::models::{self, modality};
use crate::common::random::{gaussian, generator};
use alignloss::information::{Source, Towers};
use alignloss::learner::{
    CorrelationError, HermiteTower, Membership, PolynomialError, PolynomialTowers, hermite_polynomials, regression_r2,
};
use alignloss::linalg::{Matrix, svd};
use alignloss::model::family::{self, Draw};
use alignloss::model::{LatentModel, Noise};
use alignloss::objective::{CanonicalCorrelation, PrincipalComponents, Spectral};
use alignloss::random::Stream;
use alignloss::theorem::hermite::{READOUT_NOISE, TowerDraw};
use alignloss::theorem::{self, Case, Clause, Finding, Quantity, Question, Status, Subject, Verdict};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Products of a few correlations.
const BY_HAND: f64 = 1e-13;
/// A grid that ends at 8 standard deviations: what it cuts off grows with the degree, to 2e-9 for h_5.
const GRID: f64 = 1e-8;

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= BY_HAND * expected.abs().max(1.0), "{got} is not {expected}");
}

fn tower(correlations: &[f64], dim: usize) -> HermiteTower {
    HermiteTower::leading(correlations, dim).expect("correlations")
}

fn powers(tower: &HermiteTower) -> Vec<Vec<u32>> {
    tower.terms().iter().map(|term| term.powers.clone()).collect()
}

/// Two sensors of two shared factors with canonical correlations ρ_1 and ρ_2, along the axes.
fn two_factors(correlations: [f64; 2]) -> LatentModel {
    let noise: Vec<f64> = correlations.iter().map(|rho| rho.recip() - 1.0).collect();
    let sensor = || modality("x", Matrix::identity(2, 2), Matrix::zeros(2, 0), Noise::Diagonal(noise.clone()));
    let model =
        LatentModel::new("two factors", 2, vec![0, 0], None, vec![sensor(), sensor()], vec![]).expect("a model");
    let target = |name, loading: &[f64]| models::target(name, loading, 0.0);
    model.with_targets(vec![target("s1", &[1.0, 0.0]), target("s2", &[0.0, 1.0])]).expect("targets")
}

// ---------------------------------------------------------------------------------------------------------------------
// The exact tower
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn the_order_by_hand() {
    // 0.9, 0.81, 0.729, 0.7, 0.6561, 0.63 = 0.9·0.7, …
    let tower = tower(&[0.9, 0.7], 6);
    assert_eq!(powers(&tower), [[1, 0], [2, 0], [3, 0], [0, 1], [4, 0], [1, 1]]);
    close(
        tower.minimum(),
        -(0.9_f64.powi(2) + 0.9_f64.powi(4) + 0.9_f64.powi(6) + 0.49 + 0.9_f64.powi(8) + 0.63_f64.powi(2)),
    );
    close(tower.next_value(), 0.9_f64.powi(5));
    assert_eq!((tower.kept(), tower.membership(2)), (2, Membership::Dropped));
}

#[test]
fn a_strong_factor_crowds_out_a_weak_one_exactly_where_its_square_is_larger() {
    for (weak, kept) in [(0.9 * 0.9 + 1e-6, 2), (0.9 * 0.9 - 1e-6, 1)] {
        let tower = tower(&[0.9, weak], 2);
        assert_eq!(tower.kept(), kept, "ρ2 = {weak}");
        // Whole or not at all, and a nonlinear readout finds nothing more.
        let readout = if kept == 2 { 1.0 } else { 0.0 };
        assert_eq!((tower.linear_readout(1), tower.nonlinear_readout(1)), (Some(readout), Some(readout)));
        assert_eq!((tower.linear_readout(0), tower.nonlinear_readout(0)), (Some(1.0), Some(1.0)));
    }
}

#[test]
fn ties_are_said_and_not_decided() {
    // 0.5² = 0.25 ties with the second variate: either may take the second dimension, and the third settles it.
    let two = tower(&[0.5, 0.25], 2);
    assert_eq!((two.membership(0), two.membership(1)), (Membership::Kept, Membership::Tied));
    assert_eq!((two.linear_readout(1), two.nonlinear_readout(1), two.kept()), (None, None, 1));
    assert_eq!(tower(&[0.5, 0.25], 3).membership(1), Membership::Kept);
    // In rounded arithmetic 0.3·0.3 is not 0.09.
    assert_eq!(tower(&[0.3, 0.09], 2).membership(1), Membership::Tied);
    // Equal correlations: one dimension has no favourite.
    assert_eq!(tower(&[0.6, 0.6], 1).membership(0), Membership::Tied);
    // A common variate: all its functions tie.
    assert_eq!(tower(&[1.0, 0.5], 3).membership(0), Membership::Tied);
    close(tower(&[1.0, 0.5], 3).minimum(), -3.0);
}

#[test]
fn large_towers_are_enumerated_without_a_box() {
    // 12 variates: a box of degree 200 has 200^12 multi-indices.
    let correlations: Vec<f64> = (0..12).map(|i| 0.98 - 0.05 * f64::from(i)).collect();
    let tower = tower(&correlations, 5000);
    assert_eq!(tower.terms().len(), 5000);
    assert!(tower.terms().windows(2).all(|pair| pair[0].value >= pair[1].value * (1.0 - 1e-14)));
    let distinct: std::collections::HashSet<_> = powers(&tower).into_iter().collect();
    assert_eq!(distinct.len(), 5000, "every multi-index once");
}

#[test]
fn few_functions_when_nothing_is_correlated_and_errors_for_what_is_no_correlation() {
    assert!(tower(&[], 3).terms().is_empty());
    assert!(tower(&[0.0], 3).terms().is_empty());
    assert_eq!(tower(&[0.0], 3).membership(0), Membership::Dropped);
    assert_eq!(
        HermiteTower::leading(&[0.5, 0.6], 1).expect_err("ascending"),
        CorrelationError { index: 2, value: 0.6, largest: 0.5 }
    );
    assert!(HermiteTower::leading(&[1.5], 1).is_err() && HermiteTower::leading(&[f64::NAN], 1).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, rng_seed: RngSeed::Fixed(22), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_leading_functions_are_those_of_a_full_enumeration(mut correlations in proptest::collection::vec(0.05..0.95_f64, 1..4), dim in 1_usize..12) {
        correlations.sort_by(|a, b| b.total_cmp(a));
        // All multi-indices in the box [0, dim + 1]^r: none beyond can be among the leading dim + 1, which are closed downwards.
        let mut all = vec![1.0];
        for rho in &correlations {
            all = all.iter().flat_map(|value| (0..=dim + 1).map(move |power| value * rho.powi(i32::try_from(power).expect("small")))).collect();
        }
        all.sort_by(|a: &f64, b| b.total_cmp(a));
        let tower = tower(&correlations, dim);
        for (term, expected) in tower.terms().iter().zip(&all[1..]) {
            prop_assert!((term.value / expected - 1.0).abs() < 1e-13);
        }
        prop_assert!((tower.next_value() / all[dim + 1] - 1.0).abs() < 1e-13);
        // Closed downwards: removing one degree of any variate stays inside, or gives the constant.
        let functions = powers(&tower);
        for function in &functions {
            for i in (0..function.len()).filter(|&i| function[i] > 0) {
                let mut below = function.clone();
                below[i] -= 1;
                prop_assert!(below.iter().all(|&power| power == 0) || functions.contains(&below));
            }
        }
    }

    #[test]
    fn it_holds_on_random_models_of_every_family(seed: u64) {
        for family in family::REGISTRY {
            let model = Draw::new(family).model(&mut generator(seed)).expect("a model");
            let subject = Subject::new(&model, [0, 1]).expect("a subject");
            let channels = subject.pair.channels();
            let dim = 1 + usize::try_from(seed % channels[0].min(channels[1]).min(6) as u64).expect("small");
            for case in [
                Case::minimise(&subject, &subject.learner(seed), &CanonicalCorrelation, dim).expect("a case"),
                Case::of_weights(&subject, crate::common::random::encoders(&mut generator(seed), channels, dim)).expect("a case"),
            ] {
                let verdict = Verdict::of("hermite", examine(&case));
                prop_assert!(!verdict.applies || verdict.status == Status::Holds, "{}, d = {dim}: {verdict:?}", family.kind);
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The theorem
// ---------------------------------------------------------------------------------------------------------------------

fn examine(case: &Case) -> Finding {
    theorem::find("hermite").expect("a registered theorem").examine(case).expect("a finding")
}

#[track_caller]
fn clause(case: &Case, label: &str) -> Clause {
    let Finding::Checked(clauses) = examine(case) else { panic!("does not apply") };
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

#[test]
fn the_linear_minimiser_is_beaten_by_exactly_what_the_square_adds() {
    let model = two_factors([0.9, 0.7]);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &Spectral, 2).expect("a case");
    // Linear: −ρ_1² − ρ_2²; any function: −ρ_1² − ρ_1⁴.
    sides(&clause(&case, "gain of the encoders"), 0.81 + 0.49, 0.81 + 0.6561);
    sides(&clause(&case, "greatest gain against all multi-indices"), 0.81 + 0.6561, 0.81 + 0.6561);
    // ⌈log 0.7/log 0.9⌉ = ⌈3.39⌉ = 4: not kept at d = 2.
    sides(&clause(&case, "second variate from d = ⌈log ρ2/log ρ1⌉"), 0.0, 0.0);
    let gain = clause(&case, "gain at the minimiser");
    assert!((gain.lhs - 0.81 - 0.6561).abs() < 1e-11 && gain.status() == Status::Holds);
    // One dimension: the leading function is linear, and the linear tower attains the minimum.
    let one = Case::minimise(&subject, &subject.learner(0), &Spectral, 1).expect("a case");
    let attained = clause(&one, "gain of the encoders");
    sides(&attained, 0.81, 0.81);
    close(attained.tightness(), 1.0);
}

#[test]
fn predictions_say_what_a_nonlinear_tower_of_as_many_dimensions_keeps() {
    let model = two_factors([0.9, 0.7]);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let theorem = theorem::find("hermite").expect("a theorem");
    let case = Case::minimise(&subject, &subject.learner(0), &Spectral, 2).expect("a case");
    let predict = |quantity, target| {
        theorem
            .predict(&case, &Question { quantity, target, samples: None })
            .expect("no failure")
            .expect("a prediction")
            .value()
    };
    close(predict(Quantity::ObjectiveValue, 0), -0.81 - 0.6561);
    // R²(x_1; s_i) = ρ_i here: of s_1 all is kept, of s_2 nothing, where the linear encoder has 0.7.
    close(predict(Quantity::R2(Source::EncodedFirst), 0), 0.9);
    close(predict(Quantity::Information(Source::EncodedFirst), 0), -0.5 * 0.1_f64.ln());
    close(predict(Quantity::R2(Source::EncodedFirst), 1), 0.0);
    close(case.targets[1].source(Source::EncodedFirst).r2, 0.7);
}

#[test]
fn a_tie_is_not_predicted() {
    let model = two_factors([0.6, 0.36]);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let theorem = theorem::find("hermite").expect("a theorem");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 2).expect("a case");
    let question = Question { quantity: Quantity::Information(Source::EncodedFirst), target: 1, samples: None };
    assert_eq!(theorem.predict(&case, &question).expect("no failure"), None);
}

#[test]
fn it_needs_correlations_below_one() {
    let model = models::noiseless();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    assert!(matches!(examine(&case), Finding::Inapplicable(_)));
}

#[test]
fn encoders_of_any_kind_are_held_against_the_minimum() {
    let model = models::scalar();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &PrincipalComponents, 2).expect("a case");
    let Finding::Checked(clauses) = examine(&case) else { panic!("applies") };
    assert_eq!(clauses.len(), 1, "the spectrum is the canonical case's");
    // ρ² = 4/7.5 = 8/15; the square of the variate is the second function: −8/15 − 64/225.
    close(clauses[0].rhs, 8.0 / 15.0 + 64.0 / 225.0);
    assert!(clauses[0].lhs < 0.0, "principal components are not scaled for this loss");
}

#[test]
fn the_density_ratio_on_a_grid_has_mehlers_singular_values_after_the_constant() {
    // √(w_i w_j)·p(a_i, b_j)/(p(a_i)p(b_j)) on a grid: no polynomial anywhere. The first singular function is the constant.
    let rho: f64 = 0.8;
    let (points, step) = (161, 0.1);
    let at = |i: usize| -8.0 + step * i as f64;
    let root_weight = |t: f64| (step / (2.0 * std::f64::consts::PI).sqrt()).sqrt() * (-0.25 * t * t).exp();
    let independent = 1.0 - rho * rho;
    let ratio = |a: f64, b: f64| {
        (-(rho * rho * (a * a + b * b) - 2.0 * rho * a * b) / (2.0 * independent)).exp() / independent.sqrt()
    };
    let operator =
        Matrix::from_fn(points, points, |i, j| root_weight(at(i)) * root_weight(at(j)) * ratio(at(i), at(j)));
    let svd = svd(&operator).expect("a decomposition");
    for (power, value) in svd.values.iter().enumerate().take(6) {
        let expected = rho.powi(i32::try_from(power).expect("small"));
        assert!((value - expected).abs() < GRID, "{power}: {value}");
        // And its functions are Hermite's.
        let function = Matrix::from_fn(points, 1, |i, _| root_weight(at(i)) * hermite_polynomials(power, at(i))[power]);
        let overlap = svd.left.column(power).dot(&function.column(0)).abs();
        assert!((overlap - 1.0).abs() < GRID, "{power}: {overlap}");
    }
}

#[test]
fn towers_that_are_no_polynomials_do_not_beat_the_minimum() {
    // f = c·tanh(κa) and c·sign-like steps, d = 1: the loss by a trapezoid rule over the joint density, against −ρ².
    let rho: f64 = 0.8;
    let steps = 400;
    let at = |i: usize| -8.0 + 16.0 * i as f64 / steps as f64;
    let width = 16.0 / steps as f64;
    let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt() * width;
    let independent = (1.0 - rho * rho).sqrt();
    for sharpness in [0.05, 0.3, 1.0, 5.0] {
        let f = |t: f64| (sharpness * t).tanh();
        let variance: f64 = (0..=steps).map(|i| density(at(i)) * f(at(i)).powi(2)).sum();
        let mut cross = 0.0;
        for i in 0..=steps {
            for j in 0..=steps {
                cross += density(at(i)) * density(at(j)) * f(at(i)) * f(rho * at(i) + independent * at(j));
            }
        }
        // The best scale: min over c of −2c²·cross + c⁴·variance² = −(cross/variance)².
        let least = -(cross / variance).powi(2);
        assert!(least >= tower(&[rho], 1).minimum() - 1e-9, "{sharpness}: {least}");
        // Nearly linear functions come near; a step does not.
        assert_eq!(least < -rho * rho + 1e-3, sharpness < 0.2, "{sharpness}: {least}");
    }
}

#[test]
fn it_needs_a_gaussian_pair() {
    // a = εr, b = ε′r with independent signs: uncorrelated, so ρ predicts nothing to be found, but the squares agree.
    let generator = &mut generator(5);
    let (magnitude, signs) = (gaussian(generator, 4000, 1), gaussian(generator, 4000, 2));
    let side = |m: usize| Matrix::from_fn(4000, 1, |n, _| magnitude[(n, 0)].abs() * signs[(n, m)].signum());
    let towers = PolynomialTowers::fit(&side(0), &side(1), 2, 1).expect("towers");
    assert!(towers.values[0] > 0.99, "{:?}", towers.values);
    assert!(tower(&[0.0], 1).minimum() == 0.0);
}

// ---------------------------------------------------------------------------------------------------------------------
// Samples
// ---------------------------------------------------------------------------------------------------------------------

const SAMPLES: usize = 20_000;
const DRAWS: u64 = 8;
/// Two-sided Student quantile of 7 degrees of freedom at one false alarm in ten thousand.
const QUANTILE: f64 = 7.06;
/// In-sample correlations of F features are biased by about F/n.
const BIAS: f64 = 2e-3;

#[track_caller]
fn agrees(values: &[f64], expected: f64) {
    let (mean, error) = mean_and_standard_error(values);
    assert!((mean - expected).abs() <= QUANTILE * error + BIAS, "{mean} ± {error} is not {expected}");
}

fn draws(correlations: &[f64], degree: usize, dim: usize) -> Vec<TowerDraw> {
    (0..DRAWS)
        .map(|replicate| {
            let mut generator = Stream { seed: 7, experiment: "hermite", cell: degree as u64, replicate }.generator();
            TowerDraw::new(&mut generator, SAMPLES, correlations, degree, dim).expect("a draw")
        })
        .collect()
}

#[test]
fn polynomial_towers_find_the_singular_values_and_functions_in_the_predicted_order() {
    let correlations = [0.9, 0.66];
    let draws = draws(&correlations, 3, 4);
    // All terms of degree up to 3: a, a², a³, b, ab, a²b, b², ab², b³.
    let expected = [0.9, 0.81, 0.729, 0.66, 0.594, 0.5346, 0.4356, 0.392_04, 0.287_496];
    for (i, expected) in expected.into_iter().enumerate() {
        agrees(&draws.iter().map(|draw| draw.values[i]).collect::<Vec<_>>(), expected);
    }
    // The four outputs are a, a², a³ (as Hermite polynomials) and b.
    for function in 0..4 {
        let (mean, error) =
            mean_and_standard_error(&draws.iter().map(|draw| draw.functions[function]).collect::<Vec<_>>());
        assert!(mean > 0.98 && error < 0.01, "function {function}: {mean} ± {error}");
    }
}

#[test]
fn a_linear_tower_keeps_the_second_factor_that_a_nonlinear_one_of_the_same_size_drops() {
    let correlations = [0.9, 0.6];
    let (linear, nonlinear) = (draws(&correlations, 1, 2), draws(&correlations, 3, 2));
    let readout = |draws: &[TowerDraw], variate: usize, nonlinear: bool| {
        let of =
            |draw: &TowerDraw| if nonlinear { draw.nonlinear_readouts[variate] } else { draw.linear_readouts[variate] };
        mean_and_standard_error(&draws.iter().map(of).collect::<Vec<_>>())
    };
    // Readouts of the variates by the linear tower and by the nonlinear one, in both ways.
    assert!(readout(&linear, 1, false).0 > 1.0 - 1e-9, "two linear outputs span both variates");
    let (first, second) = (readout(&nonlinear, 0, false), readout(&nonlinear, 1, false));
    assert!(first.0 > 0.99 && second.0 < 0.01 && second.1 < 0.01, "{first:?} {second:?}");
    // Through the noise even a perfect output keeps 1/(1 + 0.3²) = 0.917 only.
    let kept = (1.0 + READOUT_NOISE * READOUT_NOISE).recip();
    let (mean, error) = readout(&linear, 1, true);
    assert!((mean - kept).abs() < QUANTILE * error + BIAS, "{mean} ± {error}");
    let (first, second) = (readout(&nonlinear, 0, true), readout(&nonlinear, 1, true));
    assert!(first.0 > kept - 0.01 && second.0 < 0.05 && second.1 < 0.02, "{first:?} {second:?}");
}

#[test]
fn towers_on_observations_find_what_the_models_canonical_correlations_predict() {
    // Whole pipeline: mixed channels, private factors, whitening from samples. Both towers' singular values against Mehler's.
    let model = models::text(
        "[family]\nkind = \"interfering\"\nshared = 1\nprivate = 1\nobserved = 2\nnoise = 0.05\nangle_degrees = 50.0\n",
    );
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let rho = subject.pair.correlation(0);
    assert!(subject.pair.correlation(1) < 1e-9);
    let values: Vec<Vec<f64>> = (0..DRAWS)
        .map(|seed| {
            let generator = &mut generator(seed);
            let latents = gaussian(generator, SAMPLES, model.latents());
            let mut sample = |m: usize| {
                let factor = model.observed(m);
                let noise = gaussian(generator, SAMPLES, factor.own.ncols());
                &latents * factor.common.transpose() + noise * factor.own.transpose()
            };
            let (first, second) = (sample(0), sample(1));
            PolynomialTowers::fit(&first, &second, 3, 3).expect("towers").values
        })
        .collect();
    for power in 1..=3 {
        let found: Vec<f64> = values.iter().map(|values| values[power - 1]).collect();
        agrees(&found, rho.powi(i32::try_from(power).expect("small")));
    }
    // The tower says of any target what its variate says.
    let directions = [0, 1].map(|m| subject.pair.canonical_directions(m).columns(0, 1).into_owned());
    assert_eq!(Towers::from_coordinates(&subject.pair, &directions).expect("towers").rank(0), 1);
}

#[test]
fn the_same_stream_gives_the_same_draw() {
    let draw = || {
        let mut generator = Stream { seed: 1, experiment: "hermite", cell: 0, replicate: 0 }.generator();
        TowerDraw::new(&mut generator, 500, &[0.8, 0.3], 2, 2).expect("a draw").values
    };
    assert_eq!(draw(), draw());
}

#[test]
fn towers_need_more_samples_than_polynomials_and_paired_ones() {
    let generator = &mut generator(3);
    let (few, more) = (gaussian(generator, 9, 2), gaussian(generator, 10, 2));
    assert_eq!(
        PolynomialTowers::fit(&few, &more, 1, 1).expect_err("not paired"),
        PolynomialError::Samples { first: 9, second: 10 }
    );
    assert_eq!(
        PolynomialTowers::fit(&few, &few, 3, 1).expect_err("nine polynomials, nine samples"),
        PolynomialError::Features { channels: 2, degree: 3, features: 9, most: 8 }
    );
    assert!(matches!(PolynomialTowers::fit(&more, &more, 2, 6), Err(PolynomialError::Learner(_))));
    assert!(matches!(PolynomialTowers::fit(&more, &more, 0, 1), Err(PolynomialError::Features { .. })));
    let towers = PolynomialTowers::fit(&more, &more, 2, 1).expect("towers");
    assert_eq!(
        towers.embed(0, &Matrix::zeros(4, 3)).expect_err("three columns"),
        PolynomialError::Channels { columns: 3, channels: 2 }
    );
    let mut broken = more.clone();
    broken[(2, 1)] = f64::NAN;
    assert!(matches!(PolynomialTowers::fit(&broken, &more, 1, 1), Err(PolynomialError::Information(_))));
}

#[test]
fn regressions_recover_what_is_a_polynomial_and_nothing_of_what_is_independent() {
    let generator = &mut generator(2);
    let (z, other) = (gaussian(generator, 3000, 2), gaussian(generator, 3000, 1));
    let cubic = Matrix::from_fn(3000, 1, |n, _| 1.0 + z[(n, 0)] - 0.3 * z[(n, 0)] * z[(n, 1)].powi(2));
    assert!((regression_r2(&z, &cubic, 3).expect("a regression") - 1.0).abs() < 1e-10);
    assert!(regression_r2(&z, &cubic, 1).expect("a regression") < 0.9);
    assert!(regression_r2(&z, &other, 3).expect("a regression") < 0.02);
}

#[test]
fn the_polynomials_are_hermites() {
    // h_2 = (t²−1)/√2, h_3 = (t³−3t)/√6, h_4 = (t⁴−6t²+3)/√24.
    for t in [-2.5_f64, 0.0, 0.3, 1.7] {
        let values = hermite_polynomials(4, t);
        let expected = [
            1.0,
            t,
            (t * t - 1.0) / 2.0_f64.sqrt(),
            (t.powi(3) - 3.0 * t) / 6.0_f64.sqrt(),
            (t.powi(4) - 6.0 * t * t + 3.0) / 24.0_f64.sqrt(),
        ];
        for (value, expected) in values.into_iter().zip(expected) {
            assert!((value - expected).abs() < 1e-13, "{t}");
        }
    }
}
