//! The laws of draws. Seeds are fixed, so a test that passes keeps passing; the stated rates are those at which a
//! correct sampler would fail for a random seed.

use crate::common::{models, random};
use alignloss::linalg::{Matrix, Real};
use alignloss::model::{Factor, LatentModel};
use alignloss::random::{Generator, Stream, fill_standard_normal};
use alignloss::sample::{BLOCK, Data, Layout, Moments, SampleError, Sampler};
use alignloss::theorem::Subject;
use nalgebra::DMatrix;
use statrs::distribution::{ContinuousCDF, Normal};

/// √n·D of Kolmogorov and Smirnov exceeds this with probability 2·exp(−2·2.3²) = 5·10⁻⁵.
const KOLMOGOROV: f64 = 2.3;

/// Standard errors: a normal deviate is beyond with probability 6·10⁻⁵.
const STANDARD_ERRORS: f64 = 4.0;

/// Standard errors where several hundred entries are compared: beyond with probability 6·10⁻⁷ each.
const MANY_STANDARD_ERRORS: f64 = 5.0;

/// Draws of the tests of the normal law.
const DRAWS: usize = 1 << 20;

fn generator(cell: u64) -> Generator {
    Stream { seed: 7, experiment: "sampling law", cell, replicate: 0 }.generator()
}

fn normals<T: Real>(cell: u64, count: usize) -> Vec<f64> {
    let mut values = vec![T::default(); count];
    fill_standard_normal(&mut generator(cell), &mut values);
    values.into_iter().map(Real::to_f64).collect()
}

/// √n·sup|F_n − Φ| of values restricted to where |x| ≥ `from`, with Φ conditioned likewise.
fn kolmogorov(mut values: Vec<f64>) -> f64 {
    let normal = Normal::standard();
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let distance = values.iter().enumerate().fold(0.0_f64, |distance, (place, &value)| {
        let exact = normal.cdf(value);
        distance.max((exact - place as f64 / n).abs()).max(((place + 1) as f64 / n - exact).abs())
    });
    distance * n.sqrt()
}

#[test]
fn normals_follow_the_normal_law() {
    // Two tests: a right sampler fails one with probability 1e-4.
    for values in [normals::<f64>(0, DRAWS), normals::<f32>(1, DRAWS)] {
        let statistic = kolmogorov(values);
        assert!(statistic < KOLMOGOROV, "{statistic}");
    }
}

#[test]
fn normals_have_the_moments_of_the_normal_law() {
    // Eight tests: a right sampler fails one with probability 5e-4. E x^k = 0, 1, 0, 3; Var x^k = 1, 2, 15, 96.
    for values in [normals::<f64>(2, DRAWS), normals::<f32>(3, DRAWS)] {
        for (power, mean, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0_f64)] {
            let found = values.iter().map(|value| value.powi(power)).sum::<f64>() / DRAWS as f64;
            let error = (found - mean) / (variance / DRAWS as f64).sqrt();
            assert!(error.abs() < STANDARD_ERRORS, "power {power}: {found}, {error} standard errors");
        }
    }
}

#[test]
fn tails_hold_as_many_normals_as_they_should() {
    // The lowest layer ends at 3.654: beyond it draws come from another formula. Sixteen tests: 1e-3.
    let normal = Normal::standard();
    let draws = 1 << 23;
    for values in [normals::<f64>(4, draws), normals::<f32>(5, draws)] {
        for bound in [2.0, 3.0, 3.6, 3.654, 3.7, 4.0, 4.5, 5.0] {
            let probability = 2.0 * normal.sf(bound);
            let expected = probability * draws as f64;
            let found = values.iter().filter(|value| value.abs() > bound).count() as f64;
            assert!(
                (found - expected).abs() < STANDARD_ERRORS * expected.sqrt() + 1.0,
                "{found} beyond {bound}, {expected} expected"
            );
        }
    }
}

#[test]
fn successive_normals_are_uncorrelated() {
    let values = normals::<f64>(6, DRAWS);
    for lag in [1, 2, 255, 256, 257] {
        let sum: f64 = values.iter().zip(&values[lag..]).map(|(a, b)| a * b).sum();
        let error = sum / ((DRAWS - lag) as f64).sqrt();
        assert!(error.abs() < STANDARD_ERRORS, "lag {lag}: {error} standard errors");
    }
}

#[test]
fn a_fill_is_its_parts_when_they_are_cut_at_multiples_of_256() {
    let whole = normals::<f64>(7, 1000);
    let mut parts = vec![0.0; 1000];
    let mut generator = generator(7);
    let (first, rest) = parts.split_at_mut(512);
    fill_standard_normal(&mut generator, first);
    fill_standard_normal(&mut generator, rest);
    assert_eq!(whole, parts);
}

/// Largest difference of the sample covariance of draws to the exact one, in standard errors √((Σ_iiΣ_jj + Σ_ij²)/n).
fn covariance_error<T: Real>(model: &LatentModel, cell: u64, samples: usize) -> f64 {
    let mut sampler = Sampler::<T>::of_model(model).expect("valid");
    let mut vectors = sampler.buffers(samples);
    sampler.draw_into(&mut generator(cell), &mut vectors).expect("valid");
    let mut moments = Moments::new(vectors.iter().map(DMatrix::nrows).sum());
    moments.add(&vectors.iter().collect::<Vec<_>>()).expect("valid");
    let found = moments.covariance().expect("valid");
    let exact = crate::common::dense::Dense::of(model).joint().clone();
    let mut worst = 0.0_f64;
    for j in 0..exact.ncols() {
        for i in 0..exact.nrows() {
            let variance = exact[(i, i)] * exact[(j, j)] + exact[(i, j)] * exact[(i, j)];
            let difference = (found[(i, j)] - exact[(i, j)]).abs();
            // An entry without variance is drawn without error, but for rounding.
            worst = worst.max(difference / (variance / samples as f64).sqrt().max(1e-6 * exact.amax()));
        }
    }
    worst
}

#[test]
fn joint_draws_have_the_covariance_of_the_model() {
    // Diagonal, full, singular and absent noise, coupled latents; fewer than 3000 entries: 2e-3.
    for (cell, seed) in (0..8).enumerate() {
        let model = random::model(seed);
        let error = covariance_error::<f64>(&model, 100 + cell as u64, 40_000);
        assert!(error < MANY_STANDARD_ERRORS, "model {seed}: {error}");
        let error = covariance_error::<f32>(&model, 200 + cell as u64, 40_000);
        assert!(error < MANY_STANDARD_ERRORS, "model {seed}, single precision: {error}");
    }
    for (cell, model) in [models::scalar(), models::noiseless(), models::rank_deficient()].iter().enumerate() {
        let error = covariance_error::<f64>(model, 300 + cell as u64, 40_000);
        assert!(error < MANY_STANDARD_ERRORS, "{}: {error}", model.name());
    }
}

#[test]
fn draws_are_the_same_when_a_total_is_cut_at_whole_blocks() {
    let model = random::model(3);
    let mut sampler = Sampler::<f64>::of_model(&model).unwrap();
    let draw = |sampler: &mut Sampler<f64>, sizes: &[usize]| {
        let mut generator = generator(400);
        let parts = sizes.iter().map(|&size| {
            let mut vectors = sampler.buffers(size);
            sampler.draw_into(&mut generator, &mut vectors).unwrap();
            vectors
        });
        let parts: Vec<_> = parts.collect();
        (0..parts[0].len())
            .map(|v| parts.iter().flat_map(|part| part[v].iter().copied()).collect())
            .collect::<Vec<Vec<f64>>>()
    };
    let whole = draw(&mut sampler, &[2 * BLOCK + 10]);
    assert_eq!(whole, draw(&mut sampler, &[BLOCK, BLOCK + 10]));
    assert_ne!(whole, draw(&mut sampler, &[10, 2 * BLOCK]));
}

#[test]
fn matrices_that_do_not_fit_are_errors() {
    let model = models::scalar();
    let mut sampler = Sampler::<f64>::of_model(&model).unwrap();
    let mut vectors = sampler.buffers(5);
    vectors[1] = DMatrix::zeros(2, 6);
    assert!(matches!(
        sampler.draw_into(&mut generator(0), &mut vectors),
        Err(SampleError::Size { found: 6, expected: 5, .. })
    ));
    let odd = Factor { common: Matrix::zeros(2, 3), own: Matrix::zeros(1, 0) };
    assert!(matches!(Sampler::<f64>::new(&[odd]), Err(SampleError::Size { found: 1, expected: 2, .. })));
}

/// Two passes over everything, as textbooks write it.
fn textbook_covariance(samples: &Matrix) -> Matrix {
    let mean = samples.column_mean();
    let mut centred = samples.clone();
    centred.column_iter_mut().for_each(|mut column| column -= &mean);
    &centred * centred.transpose() / samples.ncols() as f64
}

/// Sums over a thousand samples in another order: 1000 roundings of the largest entry at the worst.
const REORDERED: f64 = 1e-13;

#[test]
fn moments_do_not_depend_on_how_samples_arrive() {
    let data = Data::draw(&random::model(1), 1000, &mut generator(500)).unwrap();
    let samples = data.samples();
    let exact = textbook_covariance(samples);
    let of = |from: usize, to: usize| {
        let mut moments = Moments::new(samples.nrows());
        moments.add(&[&samples.columns(from, to - from).into_owned()]).unwrap();
        moments
    };
    let whole = of(0, 1000);
    let [a, b, c] = [of(0, 1), of(1, 700), of(700, 1000)];
    let merged = |parts: [&Moments; 3]| {
        let mut moments = Moments::new(samples.nrows());
        for part in parts {
            moments.merge(part).expect("the same dimension");
        }
        moments
    };
    let mut nested = b.clone();
    nested.merge(&c).unwrap();
    let mut right = a.clone();
    right.merge(&nested).unwrap();
    for moments in [whole, merged([&a, &b, &c]), merged([&c, &a, &b]), right] {
        assert_eq!(moments.count(), 1000);
        let covariance = moments.covariance().unwrap();
        assert!((&covariance - &exact).amax() < REORDERED * exact.amax());
        assert!((moments.mean() - samples.column_mean()).amax() < REORDERED * samples.amax());
    }
}

#[test]
fn moments_of_a_large_mean_keep_their_digits() {
    // A mean of 1e8 deviations: the difference of mean square and squared mean would have no digit left.
    let mut values = Matrix::zeros(2, 5000);
    fill_standard_normal(&mut generator(501), values.as_mut_slice());
    let shifted = values.map(|value| (value * 1024.0).round() / 1024.0);
    let exact = textbook_covariance(&shifted);
    let mut moments = Moments::new(2);
    moments.add(&[&shifted.add_scalar(1e8)]).unwrap();
    assert!((moments.covariance().unwrap() - &exact).amax() < 1e-12 * exact.amax()); // 5000 roundings
    // Single precision samples, double precision sums.
    let single = shifted.map(<f32 as Real>::from_f64);
    let mut moments = Moments::new(2);
    moments.add(&[&single]).unwrap();
    let exact = textbook_covariance(&single.map(f64::from));
    assert!((moments.covariance().unwrap() - &exact).amax() < 1e-12 * exact.amax());
}

#[test]
fn unusable_samples_are_errors() {
    let mut moments = Moments::new(2);
    assert!(matches!(moments.covariance(), Err(SampleError::TooFew { count: 0 })));
    let mut bad = Matrix::zeros(2, 3);
    bad[(1, 2)] = f64::NAN;
    assert!(matches!(moments.add(&[&bad]), Err(SampleError::NotFinite { row: 1, sample: 2, .. })));
    assert!(matches!(moments.add(&[&Matrix::zeros(3, 1)]), Err(SampleError::Size { found: 3, expected: 2, .. })));
    assert_eq!(moments.count(), 0);
}

/// A QR of the data and an eigendecomposition of their covariance agree to rounding of well-conditioned covariances.
const ROUTES: f64 = 1e-11;

#[test]
fn both_routes_to_the_empirical_model_have_the_law_of_the_sample() {
    for seed in 0..4 {
        let data = Data::draw(&random::model(seed), 300, &mut generator(600 + seed)).unwrap();
        let exact = textbook_covariance(data.samples());
        let mut moments = Moments::new(exact.nrows());
        moments.add(&[data.samples()]).unwrap();
        let [direct, streamed] =
            [data.empirical_model("data").unwrap(), moments.empirical_model("stream", data.layout()).unwrap()];
        for model in [&direct, &streamed] {
            let covariance = crate::common::dense::Dense::of(model).joint().clone();
            assert!((&covariance - &exact).amax() < ROUTES * exact.amax(), "model {seed}");
            assert_eq!(Layout::of_model(model), *data.layout());
        }
        let [one, two] =
            [&direct, &streamed].map(|model| Subject::new(model, [0, 1]).unwrap().pair.canonical_correlations());
        assert!(one.iter().zip(&two).all(|(a, b)| (a - b).abs() < 1e-9), "{one:?} {two:?}"); // κ of the random models, squared
    }
}
