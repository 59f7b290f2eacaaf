//! Estimates from data against population values, and for extreme data.

use crate::common::models;
use alignloss::estimate::{EstimateError, Estimator};
use alignloss::information::Source;
use alignloss::linalg::Matrix;
use alignloss::model::{FieldProblem, ModelError};
use alignloss::objective::CanonicalCorrelation;
use alignloss::random::Stream;
use alignloss::sample::{Data, SampleError};
use alignloss::theorem::{Case, Subject};

/// R²(x_1; s) of `models::scalar`: 1 − 1/(1 + γ) with γ = 4.
const R2_SHARED: f64 = 0.8;

/// Standard errors; a right estimator is beyond with probability 6·10⁻⁵.
const STANDARD_ERRORS: f64 = 4.0;

/// Rank decisions and sums in another order, on well-conditioned samples.
const SAME: f64 = 1e-9;

fn scalar_data(cell: u64, samples: usize) -> Data {
    let mut generator = Stream { seed: 11, experiment: "sample estimates", cell, replicate: 0 }.generator();
    Data::draw(&models::scalar(), samples, &mut generator).expect("draws")
}

fn r2_shared(case: &Case) -> f64 {
    case.targets[0].source(Source::First).r2
}

/// x_1, x_2 and the first target of `models::scalar` as matrices.
fn parts(samples: usize) -> [Matrix; 3] {
    let data = scalar_data(1, samples);
    let rows = |start: usize, count: usize| data.samples().rows(start, count).into_owned();
    [rows(0, 2), rows(2, 2), rows(4, 1)]
}

#[test]
fn plug_in_errors_shrink_with_the_root_of_the_samples() {
    let replicates = 100;
    let root_mean_square = |samples: usize| {
        let squares = (0..replicates).map(|replicate| {
            let model = scalar_data(1000 * samples as u64 + replicate, samples).empirical_model("sample").unwrap();
            let subject = Subject::new(&model, [0, 1]).unwrap();
            let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).unwrap();
            (r2_shared(&case) - R2_SHARED).powi(2)
        });
        (squares.sum::<f64>() / replicates as f64).sqrt()
    };
    let (few, many) = (root_mean_square(400), root_mean_square(6400));
    // A root mean square of 100 has a relative deviation of 1/√200; the ratio of two is 4 ± 0.4.
    assert!((few / many - 4.0).abs() < STANDARD_ERRORS * 0.4, "{few} {many}");
    // The delta method: √n·deviation of a sample R² is 2√R²·(1 − R²).
    let expected = 2.0 * R2_SHARED.sqrt() * (1.0 - R2_SHARED) / 80.0;
    assert!((many / expected - 1.0).abs() < STANDARD_ERRORS / 200.0_f64.sqrt(), "{many} {expected}");
}

#[test]
fn intervals_cover_the_population_value_as_often_as_they_say() {
    let (sets, level) = (200_u32, 0.9);
    let covered = (0..sets)
        .filter(|&set| {
            let data = scalar_data(50_000 + u64::from(set), 200);
            let estimator = Estimator { resamples: 99, level, ..Estimator::new(&data, &CanonicalCorrelation, 1) };
            let [r2] = estimator.plug_in(|case| [r2_shared(case)]).unwrap();
            assert!(r2.low <= r2.high);
            (r2.low..=r2.high).contains(&R2_SHARED)
        })
        .count() as f64;
    let expected = level * f64::from(sets);
    let deviation = (expected * (1.0 - level)).sqrt();
    // A percentile interval of 200 samples covers one or two points in a hundred less than it says.
    assert!(covered > expected - STANDARD_ERRORS * deviation - 0.02 * f64::from(sets), "{covered} of {sets}");
    assert!(covered < expected + STANDARD_ERRORS * deviation, "{covered} of {sets}");
}

#[test]
fn prediction_of_noise_is_honest_out_of_sample_only() {
    // x_1 says nothing of u_2, the third target.
    let (mut held_out, mut fitted) = (0.0, 0.0);
    for set in 0..40 {
        let data = scalar_data(70_000 + set, 60);
        let estimator = Estimator { resamples: 19, ..Estimator::new(&data, &CanonicalCorrelation, 1) };
        let [r2] = estimator.plug_in(|case| [case.targets[2].source(Source::First).r2]).unwrap();
        assert!(r2.value > 0.0);
        fitted += r2.value;
        held_out += estimator.cross_fitted_prediction(5).unwrap()[2][Source::First as usize].r2.value;
    }
    // Expected: 2/60 in sample; out of sample about −(2 + 1)/48 by the two slopes and the mean less its own share.
    assert!(held_out / 40.0 < 0.0, "{held_out}");
    assert!(fitted / 40.0 > 0.015, "{fitted}");
}

#[test]
fn cross_fitting_agrees_with_the_population_where_there_is_signal() {
    let data = scalar_data(2, 4000);
    let estimator = Estimator { resamples: 49, ..Estimator::new(&data, &CanonicalCorrelation, 1) };
    let prediction = estimator.cross_fitted_prediction(4).unwrap();
    // Five deviations of R² at n = 4000, 2√R²(1 − R²)/√n each.
    let tolerance = 5.0 * 2.0 * R2_SHARED.sqrt() * (1.0 - R2_SHARED) / 4000.0_f64.sqrt();
    let first = prediction[0][Source::First as usize];
    assert!((first.r2.value - R2_SHARED).abs() < tolerance, "{first:?}");
    assert!((first.mmse.value - 0.2).abs() < tolerance, "{first:?}");
    assert!(first.r2.low < first.r2.value && first.r2.value < first.r2.high);
    // With d = 1 the canonical encoder keeps the shared channel and drops the private one.
    let encoded = prediction[0][Source::EncodedFirst as usize].r2.value;
    assert!((encoded - R2_SHARED).abs() < tolerance, "{encoded}");
    let [information] = estimator.cross_fitted(4, |case| [case.alignment.angles.mutual_information_nats()]).unwrap();
    // ρ² = 4/7.5, so that I = −½ log(1 − ρ²); √n·deviation of I is ρ.
    let rho_squared: f64 = 4.0 / 7.5;
    let exact = -0.5 * (1.0 - rho_squared).ln();
    let deviation = (rho_squared / 4000.0).sqrt();
    assert!((information.value - exact).abs() < 5.0 * deviation, "{information:?} {exact}");
    assert!(information.low < information.high);
}

#[test]
fn estimates_do_not_depend_on_the_number_of_threads() {
    let data = scalar_data(3, 100);
    let estimator = Estimator { resamples: 20, ..Estimator::new(&data, &CanonicalCorrelation, 1) };
    let run = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let plug_in = estimator.plug_in(|case| [r2_shared(case), case.alignment.error]).unwrap();
            let crossed = estimator.cross_fitted(3, |case| [case.alignment.error]).unwrap();
            (plug_in, crossed, estimator.cross_fitted_prediction(3).unwrap())
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn fewer_samples_than_channels_determine_everything() {
    let data = scalar_data(4, 2);
    let model = data.empirical_model("two samples").unwrap();
    assert_eq!(model.latents(), 1);
    let subject = Subject::new(&model, [0, 1]).unwrap();
    assert_eq!(subject.pair.canonical_correlations(), [1.0, 0.0]);
    assert!(subject.pair.mutual_information_nats().is_infinite());
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 2).unwrap();
    for target in &case.targets {
        for source in Source::ALL {
            let said = target.source(source);
            assert!((said.r2 - 1.0).abs() < SAME && said.mmse.abs() < SAME, "{said:?}");
            assert!(said.mutual_information_nats().is_infinite());
        }
    }
    assert!(case.alignment.error.abs() < SAME);
}

#[test]
fn constant_and_repeated_channels_change_nothing() {
    let [x1, x2, y] = parts(50);
    // A constant whose sums round, and a channel written twice.
    let wider = Matrix::from_fn(4, 50, |i, j| match i {
        0 => 0.1,
        3 => x1[(0, j)],
        _ => x1[(i - 1, j)],
    });
    let measured = |first: &Matrix| {
        let data = Data::new(&[("a", first), ("b", &x2)], &[("y", &y)]).unwrap();
        let model = data.empirical_model("sample").unwrap();
        let subject = Subject::new(&model, [0, 1]).unwrap();
        let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 2).unwrap();
        [
            subject.pair.mutual_information_nats(),
            case.alignment.error,
            case.targets[0].source(Source::First).mutual_information_nats(),
            case.targets[0].source(Source::EncodedBoth).mmse,
        ]
    };
    let (plain, wide) = (measured(&x1), measured(&wider));
    assert!(plain.iter().zip(&wide).all(|(a, b)| (a - b).abs() < SAME), "{plain:?} {wide:?}");
}

#[test]
fn constant_vectors_and_odd_settings_are_typed_errors() {
    let [x1, x2, y] = parts(20);
    let constant = Matrix::from_element(2, 20, 0.1);
    let data = Data::new(&[("a", &x1), ("b", &constant)], &[("y", &y)]).unwrap();
    match data.empirical_model("sample") {
        Err(SampleError::Model(ModelError::Field { field, problem })) => {
            assert_eq!(field, "modality[1]");
            assert!(matches!(&*problem, FieldProblem::ConstantModality { name, .. } if name == "b"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
    let one = x1.columns(0, 1).into_owned();
    assert!(matches!(Data::new(&[("a", &one), ("b", &one)], &[]), Err(SampleError::TooFew { count: 1 })));
    let short = x2.columns(0, 19).into_owned();
    assert!(matches!(
        Data::new(&[("a", &x1), ("b", &short)], &[]),
        Err(SampleError::Size { found: 19, expected: 20, .. })
    ));
    let data = Data::new(&[("a", &x1), ("b", &x2)], &[("y", &y)]).unwrap();
    let estimator = Estimator::new(&data, &CanonicalCorrelation, 1);
    let failed = |estimator: Estimator, folds: usize| match estimator.cross_fitted_prediction(folds) {
        Err(EstimateError::Setting { setting, .. }) => setting,
        other => panic!("{other:?}"),
    };
    assert_eq!(failed(Estimator { resamples: 0, ..estimator.clone() }, 2), "resamples");
    assert_eq!(failed(Estimator { level: 1.0, ..estimator.clone() }, 2), "level");
    assert_eq!(failed(Estimator { modalities: [0, 2], ..estimator.clone() }, 2), "modalities");
    assert_eq!(failed(estimator.clone(), 11), "folds");
    assert!(matches!(estimator.plug_in(|_| [f64::NAN]), Err(EstimateError::NotANumber { index: 0, resample: None })));
    assert!(matches!(
        Estimator { dim: 3, ..estimator }.plug_in(|case| [case.alignment.error]),
        Err(EstimateError::Case(_))
    ));
}
