//! Minibatch losses: against naive loops, finite differences, population gradients, and themselves on other threads.

use crate::common::random;
use alignloss::linalg::{Matrix, product, product_nt, product_tn};
use alignloss::model::LatentModel;
use alignloss::objective::minibatch::{
    CanonicalCorrelation, Critic, Direction, InfoNce, LinearContrastive, MinibatchError, MinibatchLoss, Parameters,
    Precision, Prediction, PrincipalComponents, Remedy, Spectral,
};
use alignloss::objective::{self, Objective};
use alignloss::theorem::Subject;
use nalgebra::DMatrix;
use rand::rngs::ChaCha8Rng;

/// Step of the central differences: their error is h²·f''' + ε·f/h. The cosine of a short vector has third derivatives of 10⁴,
/// so that the first term is near 1e-8 at most, the second near 1e-10 of the value.
const STEP: f64 = 1e-6;

/// Of gradients with differences, relative to the size of the gradient and the value.
const DIFFERENCES: f64 = 1e-7;

/// Of a loss with the naive loop over pairs: rounding of a few thousand terms.
const NAIVE: f64 = 1e-12;

/// Of single with double precision, relative to the largest entry: 2⁻²⁴ through sums of a few hundred terms of either sign.
const SINGLE: f64 = 2e-4;

const CRITICS: [Critic; 3] = [Critic::Bilinear, Critic::Cosine, Critic::SquaredDistance];
const DIRECTIONS: [Direction; 2] = [Direction::FirstToSecond, Direction::Symmetric];

/// Every loss, and every variant of InfoNCE at a temperature that is not one.
fn losses<T: Precision>() -> Vec<(String, Box<dyn MinibatchLoss<T>>)> {
    let mut losses: Vec<(String, Box<dyn MinibatchLoss<T>>)> = vec![
        ("spectral".into(), Box::new(Spectral::default())),
        ("cca".into(), Box::new(CanonicalCorrelation::new(0.6))),
        ("linear-contrastive".into(), Box::new(LinearContrastive::new(1.7))),
        ("prediction".into(), Box::new(Prediction::default())),
        ("pca".into(), Box::new(PrincipalComponents::default())),
        ("alignment-fidelity".into(), Box::new(Remedy::alignment_fidelity(0.3, 2.0, 2.0))),
        ("decoupled, aligned".into(), Box::new(Remedy::decoupled(None, 2.0, 4.0))),
        ("decoupled, unique".into(), Box::new(Remedy::decoupled(Some(0), 2.0, 4.0))),
    ];
    for critic in CRITICS {
        for direction in DIRECTIONS {
            losses.push((format!("{critic:?} {direction:?}"), Box::new(InfoNce::new(critic, direction, 0.7))));
        }
    }
    losses
}

fn batch(generator: &mut ChaCha8Rng, channels: [usize; 2], samples: usize) -> [Matrix; 2] {
    channels.map(|n| random::gaussian(generator, n, samples))
}

fn parameters(generator: &mut ChaCha8Rng, channels: [usize; 2], dim: usize, size: f64) -> Parameters<f64> {
    Parameters { weights: channels.map(|n| random::gaussian(generator, dim, n) * size), log_temperature: None }
}

fn evaluate<T: Precision>(
    loss: &mut dyn MinibatchLoss<T>,
    x: &[DMatrix<T>; 2],
    parameters: &Parameters<T>,
) -> Result<(f64, Parameters<T>), MinibatchError> {
    let mut gradient = parameters.zeros_like();
    loss.evaluate([&x[0], &x[1]], parameters, &mut gradient).map(|value| (value, gradient))
}

fn check_differences(name: &str, loss: &mut dyn MinibatchLoss<f64>, x: &[Matrix; 2], parameters: &Parameters<f64>) {
    let (value, gradient) = evaluate(loss, x, parameters).expect("a loss");
    let scale = 1.0 + value.abs() + gradient.slices().flatten().map(|slope| slope.abs()).fold(0.0, f64::max);
    let mut moved = parameters.clone();
    for (tensor, slopes) in gradient.slices().enumerate() {
        for (index, slope) in slopes.iter().enumerate() {
            let mut at = |step: f64| {
                let original = parameters.slices().nth(tensor).expect("a tensor")[index];
                moved.slices_mut().nth(tensor).expect("a tensor")[index] = original + step;
                let value = evaluate(loss, x, &moved).expect("a loss").0;
                moved.slices_mut().nth(tensor).expect("a tensor")[index] = original;
                value
            };
            let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            let error = (slope - difference).abs();
            assert!(
                error <= DIFFERENCES * scale,
                "{name}: tensor {tensor}, entry {index}: {slope} is not {difference}"
            );
        }
    }
}

#[test]
fn gradients_agree_with_differences() {
    let generator = &mut random::generator(1);
    // Sizes around the edges of registers, tiles (48) and blocks; d with and without padding.
    for (samples, dim) in [(2, 1), (7, 3), (49, 2), (100, 5)] {
        let channels = [4, 6];
        let x = batch(generator, channels, samples);
        let parameters = parameters(generator, channels, dim, 0.5);
        for (name, mut loss) in losses() {
            check_differences(&format!("{name} B={samples} d={dim}"), loss.as_mut(), &x, &parameters);
        }
    }
}

#[test]
fn the_slope_of_the_unique_block_does_not_reach_the_common_one() {
    let generator = &mut random::generator(12);
    let (channels, common) = ([4, 6], 2);
    let x = batch(generator, channels, 40);
    let whole = parameters(generator, channels, 5, 0.5);
    let (value, gradient) = evaluate(&mut Remedy::decoupled(Some(common), 2.0, 4.0), &x, &whole).expect("a loss");
    let aligned = Parameters { weights: whole.weights.clone().map(|w| w.rows(0, common).into()), ..whole.clone() };
    let (of_aligned, alone) = evaluate(&mut CanonicalCorrelation::default(), &x, &aligned).expect("a loss");
    // The common block's slopes are those of `cca`; the unique block's are those of all that the value has beyond it.
    for (m, &inputs) in channels.iter().enumerate() {
        let difference: Matrix = gradient.weights[m].rows(0, common) - &alone.weights[m];
        assert!(difference.amax() < 1e-12 * (1.0 + alone.weights[m].amax()), "{difference}");
        for row in common..5 {
            for column in 0..inputs {
                let at = |step: f64| {
                    let mut moved = whole.clone();
                    moved.weights[m][(row, column)] += step;
                    evaluate(&mut Remedy::decoupled(Some(common), 2.0, 4.0), &x, &moved).expect("a loss").0
                };
                let (slope, found) = ((at(STEP) - at(-STEP)) / (2.0 * STEP), gradient.weights[m][(row, column)]);
                assert!((slope - found).abs() < DIFFERENCES * (1.0 + value.abs() + found.abs()), "{slope} {found}");
            }
        }
    }
    assert!((of_aligned - value).abs() > 1e-3, "the unique block has a loss of its own");
}

#[test]
fn gradients_in_the_temperature_agree_with_differences() {
    let generator = &mut random::generator(2);
    let x = batch(generator, [3, 4], 30);
    let mut parameters = parameters(generator, [3, 4], 2, 0.5);
    parameters.log_temperature = Some(-0.4);
    for critic in CRITICS {
        for direction in DIRECTIONS {
            let mut loss = InfoNce::new(critic, direction, 1.0);
            check_differences(&format!("{critic:?} {direction:?} τ"), &mut loss, &x, &parameters);
        }
    }
}

#[test]
fn embeddings_made_elsewhere_have_the_loss_and_the_gradients_of_those_made_here() {
    let generator = &mut random::generator(12);
    let x = batch(generator, [3, 4], 130);
    let mut parameters = parameters(generator, [3, 4], 5, 0.5);
    parameters.log_temperature = Some(-0.4);
    for critic in CRITICS {
        for direction in DIRECTIONS {
            let mut loss = InfoNce::new(critic, direction, 1.0);
            let mut gradient = parameters.zeros_like();
            let value = loss.evaluate([&x[0], &x[1]], &parameters, &mut gradient).expect("finite");
            let z = [0, 1].map(|m| product(&parameters.weights[m], &x[m]));
            let mut own = [Matrix::zeros(5, 130), Matrix::zeros(5, 130)];
            let [first, second] = &mut own;
            let (found, slope) = loss
                .evaluate_embeddings(
                    [z[0].as_slice(), z[1].as_slice()],
                    5,
                    (-0.4_f64).exp(),
                    [first.as_mut_slice(), second.as_mut_slice()],
                )
                .expect("finite");
            assert!((found - value).abs() < 1e-12 * value.abs().max(1.0));
            assert!((slope - gradient.log_temperature.expect("learnt")).abs() < 1e-12);
            for m in 0..2 {
                // ∂L/∂W = ∂L/∂z·xᵀ.
                let difference = product_nt(&own[m], &x[m]) - &gradient.weights[m];
                assert!(difference.amax() < 1e-12, "{critic:?} {direction:?}: {}", difference.amax());
            }
        }
    }
    let mut loss = InfoNce::<f64>::new(Critic::Bilinear, Direction::Symmetric, 1.0);
    let wrong = loss.evaluate_embeddings([&[0.0; 6], &[0.0; 4]], 2, 1.0, [&mut [0.0; 6], &mut [0.0; 4]]);
    assert!(matches!(wrong, Err(MinibatchError::Shape { modality: 2, .. })));
}

#[test]
fn gradients_agree_with_differences_where_plain_powers_would_overflow() {
    let generator = &mut random::generator(3);
    let x = batch(generator, [3, 4], 20);
    // Logits of several thousand: e^s overflows, every softmax is a hard choice.
    let parameters = parameters(generator, [3, 4], 2, 30.0);
    for critic in [Critic::Bilinear, Critic::SquaredDistance] {
        for direction in DIRECTIONS {
            let mut loss = InfoNce::new(critic, direction, 1.0);
            check_differences(&format!("{critic:?} {direction:?}, extreme"), &mut loss, &x, &parameters);
        }
    }
}

#[test]
fn both_routes_of_the_softmax_agree_where_both_work() {
    let generator = &mut random::generator(4);
    let x = batch(generator, [3, 4], 60);
    let base = parameters(generator, [3, 4], 2, 1.0);
    // One far outlier raises the bound on the logits past the range of plain powers, and changes them by nothing else.
    let mut outlier = x.clone();
    let mut far = [Matrix::zeros(3, 61), Matrix::zeros(4, 61)];
    for m in 0..2 {
        far[m].columns_mut(0, 60).copy_from(&outlier[m]);
        far[m].column_mut(60).copy_from(&(outlier[m].column(0) * 40.0));
        outlier[m] = far[m].clone();
    }
    let mut loss = InfoNce::new(Critic::Bilinear, Direction::Symmetric, 1.0);
    let (value, _) = evaluate(&mut loss, &outlier, &base).expect("a loss");
    let naive = naive_infonce(&outlier, &base, Critic::Bilinear, Direction::Symmetric, 1.0);
    assert!((value - naive).abs() <= NAIVE * naive.abs().max(1.0), "{value} is not {naive}");
}

/// The definition, by loops.
fn naive_infonce(
    x: &[Matrix; 2],
    parameters: &Parameters<f64>,
    critic: Critic,
    direction: Direction,
    temperature: f64,
) -> f64 {
    let [first, second] = [0, 1].map(|m| product(&parameters.weights[m], &x[m]));
    let samples = first.ncols();
    let score = |i: usize, j: usize| {
        let (a, b) = (first.column(i), second.column(j));
        match critic {
            Critic::Bilinear => a.dot(&b) / temperature,
            Critic::Cosine => a.dot(&b) / (a.norm() * b.norm() * temperature),
            Critic::SquaredDistance => -(a - b).norm_squared() / (2.0 * temperature),
        }
    };
    let one = |score: &dyn Fn(usize, usize) -> f64| {
        let terms = (0..samples).map(|i| {
            let largest = (0..samples).map(|j| score(i, j)).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = (0..samples).map(|j| (score(i, j) - largest).exp()).sum();
            largest + (sum / samples as f64).ln() - score(i, i)
        });
        terms.sum::<f64>() / samples as f64
    };
    match direction {
        Direction::FirstToSecond => one(&score),
        Direction::Symmetric => 0.5 * (one(&score) + one(&|i, j| score(j, i))),
    }
}

#[test]
fn infonce_is_its_definition_and_never_claims_more_than_log_b() {
    let generator = &mut random::generator(5);
    for (samples, dim) in [(2, 1), (48, 4), (97, 3), (200, 9)] {
        let x = batch(generator, [5, 3], samples);
        let parameters = parameters(generator, [5, 3], dim, 0.6);
        for critic in CRITICS {
            for direction in DIRECTIONS {
                let (value, _) = evaluate(&mut InfoNce::new(critic, direction, 0.8), &x, &parameters).expect("a loss");
                let naive = naive_infonce(&x, &parameters, critic, direction, 0.8);
                let place = format!("{critic:?} {direction:?} B={samples}");
                assert!((value - naive).abs() <= NAIVE * naive.abs().max(1.0), "{place}: {value} is not {naive}");
                assert!(-value <= (samples as f64).ln() + NAIVE, "{place}");
            }
        }
    }
}

#[test]
fn the_other_losses_are_their_definitions() {
    let generator = &mut random::generator(6);
    let x = batch(generator, [5, 3], 41);
    let parameters = parameters(generator, [5, 3], 2, 0.6);
    let [w1, w2] = &parameters.weights;
    let z = [product(w1, &x[0]), product(w2, &x[1])];
    let b = 41.0;
    let pairs = |a: &Matrix, c: &Matrix| {
        let mut sum = 0.0;
        for i in 0..41 {
            for j in (0..41).filter(|&j| j != i) {
                sum += a.column(i).dot(&c.column(j)).powi(2);
            }
        }
        sum / (b * (b - 1.0))
    };
    let agreement = z[0].dot(&z[1]) / b;
    let whitening = |z: &Matrix| pairs(z, z) - 2.0 * z.norm_squared() / b + 2.0;
    let centred = |z: &Matrix| {
        let mean = z.column_mean();
        Matrix::from_fn(z.nrows(), z.ncols(), |i, j| z[(i, j)] - mean[i])
    };
    let expected = [
        ("spectral", -2.0 * agreement + pairs(&z[0], &z[1])),
        ("cca", -agreement + 0.25 * 0.6 * (whitening(&z[0]) + whitening(&z[1]))),
        (
            "linear-contrastive",
            -centred(&z[0]).dot(&centred(&z[1])) / (b - 1.0) + 0.5 * 1.7 * product_tn(w1, w2).norm_squared(),
        ),
        ("prediction", (&x[1] - product_tn(w2, &z[0])).norm_squared() / b),
        ("pca", ((&x[0] - product_tn(w1, &z[0])).norm_squared() + (&x[1] - product_tn(w2, &z[1])).norm_squared()) / b),
    ];
    for ((id, expected), (name, mut loss)) in expected.into_iter().zip(losses()) {
        assert_eq!(id, name.as_str());
        let (value, _) = evaluate(loss.as_mut(), &x, &parameters).expect("a loss");
        assert!((value - expected).abs() <= NAIVE * expected.abs().max(1.0), "{id}: {value} is not {expected}");
    }
}

#[test]
fn single_precision_agrees_with_double() {
    let generator = &mut random::generator(7);
    let x = batch(generator, [5, 7], 150);
    // The second size has logits beyond the single-precision powers' range.
    for size in [0.4, 3.0] {
        let parameters = parameters(generator, [5, 7], 3, size);
        let narrow_x = [x[0].map(f32_of), x[1].map(f32_of)];
        let narrow = Parameters {
            weights: [parameters.weights[0].map(f32_of), parameters.weights[1].map(f32_of)],
            log_temperature: None,
        };
        for ((name, mut double), (_, mut single)) in losses().into_iter().zip(losses::<f32>()) {
            let (value, gradient) = evaluate(double.as_mut(), &x, &parameters).expect("a loss");
            let (narrow_value, narrow_gradient) = evaluate(single.as_mut(), &narrow_x, &narrow).expect("a loss");
            let scale = value.abs().max(1.0);
            assert!((value - narrow_value).abs() <= SINGLE * scale, "{name}: {narrow_value} is not {value}");
            let largest = gradient.slices().flatten().map(|slope| slope.abs()).fold(scale, f64::max);
            for (wide, narrow) in gradient.slices().flatten().zip(narrow_gradient.slices().flatten()) {
                assert!((wide - f64::from(*narrow)).abs() <= SINGLE * largest, "{name}: {narrow} is not {wide}");
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to single precision is what is asked for")]
fn f32_of(value: f64) -> f32 {
    value as f32
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let generator = &mut random::generator(8);
    let x = batch(generator, [9, 5], 301);
    let parameters = parameters(generator, [9, 5], 4, 0.3);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            losses().into_iter().map(|(_, mut loss)| evaluate(loss.as_mut(), &x, &parameters)).collect::<Vec<_>>()
        })
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(5));
}

#[test]
fn a_workspace_forgets_the_batch_before() {
    let generator = &mut random::generator(9);
    let shapes = [([4, 3], 60, 2), ([4, 3], 20, 2), ([2, 6], 60, 5), ([4, 3], 60, 2)];
    let cases: Vec<_> = shapes
        .map(|(channels, samples, dim)| {
            (batch(generator, channels, samples), parameters(generator, channels, dim, 0.5))
        })
        .into();
    for index in 0..losses::<f64>().len() {
        let (name, mut kept) = losses().swap_remove(index);
        for (x, parameters) in &cases {
            let (_, mut fresh) = losses().swap_remove(index);
            assert_eq!(evaluate(kept.as_mut(), x, parameters), evaluate(fresh.as_mut(), x, parameters), "{name}");
        }
    }
}

#[test]
fn what_has_no_loss_is_a_typed_error() {
    let generator = &mut random::generator(10);
    let parameters = parameters(generator, [4, 3], 2, 0.5);
    let single = batch(generator, [4, 3], 1);
    for (name, mut loss) in losses() {
        let result = evaluate(loss.as_mut(), &single, &parameters);
        if ["prediction", "pca"].contains(&name.as_str()) {
            assert!(result.is_ok(), "{name}");
        } else {
            assert_eq!(result.unwrap_err(), MinibatchError::BatchTooSmall { samples: 1, least: 2 }, "{name}");
        }
        let mut broken = batch(generator, [4, 3], 60);
        broken[1][(2, 17)] = f64::NAN;
        let error = evaluate(loss.as_mut(), &broken, &parameters).unwrap_err();
        assert!(matches!(error, MinibatchError::NotFinite { .. }), "{name}: {error}");
        let wrong = [batch(generator, [4, 3], 6)[0].clone(), batch(generator, [4, 3], 5)[1].clone()];
        let expected = MinibatchError::Shape { what: "batch", modality: 2, expected: (3, 6), found: (3, 5) };
        assert_eq!(evaluate(loss.as_mut(), &wrong, &parameters).unwrap_err(), expected, "{name}");
    }
    let mut silent = batch(generator, [4, 3], 8);
    silent[1].column_mut(3).fill(0.0);
    let mut cosine = InfoNce::new(Critic::Cosine, Direction::Symmetric, 1.0);
    let expected = MinibatchError::ZeroNorm { modality: 2, sample: 3 };
    assert_eq!(evaluate(&mut cosine, &silent, &parameters).unwrap_err(), expected);
    let mut cold = InfoNce::new(Critic::Bilinear, Direction::Symmetric, 0.0);
    let expected = MinibatchError::Temperature { temperature: 0.0 };
    assert_eq!(evaluate(&mut cold, &silent, &parameters).unwrap_err(), expected);
}

#[test]
fn constant_channels_and_equal_samples_have_finite_losses() {
    let generator = &mut random::generator(11);
    let mut x = batch(generator, [4, 3], 50);
    x[0].row_mut(1).fill(2.5);
    let equal = [0, 1].map(|m| Matrix::from_fn(x[m].nrows(), 50, |i, _| x[m][(i, 0)]));
    let parameters = parameters(generator, [4, 3], 2, 0.5);
    for (name, mut loss) in losses() {
        for batch in [&x, &equal] {
            let (value, gradient) = evaluate(loss.as_mut(), batch, &parameters).expect("a loss");
            assert!(value.is_finite() && gradient.slices().flatten().all(|slope| slope.is_finite()), "{name}");
        }
    }
    // All pairs score the same: nothing is known.
    let (value, _) =
        evaluate(&mut InfoNce::new(Critic::Bilinear, Direction::Symmetric, 1.0), &equal, &parameters).expect("a loss");
    assert!(value.abs() <= NAIVE, "{value}");
}

/// x_m = common·w + own·v.
fn draw(model: &LatentModel, generator: &mut ChaCha8Rng, samples: usize) -> [Matrix; 2] {
    let factors = [model.observed(0), model.observed(1)];
    let common = random::gaussian(generator, factors[0].common.ncols(), samples);
    factors.map(|factor| {
        let own = random::gaussian(generator, factor.own.ncols(), samples);
        product(&factor.common, &common) + product(&factor.own, &own)
    })
}

/// A loss and the population gradient that it estimates.
type Expected = (&'static str, Box<dyn MinibatchLoss<f64>>, [Matrix; 2]);

/// Samples of the streamed comparison with the population.
const SAMPLES: usize = 200_000;
/// Samples of one batch of it: the bias of `infonce` is of the order of the variance of e^s over the batch.
const STREAMED: usize = 4_000;
/// Standard error of a mean of 200 000 terms is 0.22% of a term's standard deviation, which is a few times the gradient's size here;
/// the bias of `infonce` adds as much.
const STATISTICAL: f64 = 0.03;

#[test]
fn gradients_tend_to_those_of_the_population() {
    let model = random::model(301);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let moments = subject.pair.second_moments(&subject.factors);
    let generator = &mut random::generator(12);
    let mut encoders = random::encoders(generator, subject.pair.channels(), 2);
    // z of variance near ½ in both towers, where e^s has a variance.
    for (m, weights) in [&mut encoders.first, &mut encoders.second].into_iter().enumerate() {
        let covariance = if m == 0 { &moments.first } else { &moments.second };
        let variance = product_nt(&product(weights, covariance), weights).trace() / 2.0;
        *weights *= (0.4 / variance).sqrt();
    }
    let parameters = Parameters { weights: [encoders.first.clone(), encoders.second.clone()], log_temperature: None };
    let (w1, w2) = (&encoders.first, &encoders.second);
    let population = |objective: &dyn Objective| {
        let gradient = objective.gradient(&moments, &encoders).expect("a gradient");
        [gradient.first, gradient.second]
    };
    let cross = objective::CanonicalCorrelation.gradient(&moments, &encoders).expect("a gradient");
    let whitening = |w: &Matrix, covariance: &Matrix, size: f64| {
        let encoded = product(w, covariance);
        let excess = product_nt(&encoded, w) - Matrix::identity(2, 2);
        product(&excess, &encoded) * size
    };
    let reconstruction = |w: &Matrix, covariance: &Matrix| {
        let (encoded, gram) = (product(w, covariance), product_nt(w, w));
        let variance = product_nt(&encoded, w);
        (product(&gram, &encoded) + product(&variance, w) - &encoded * 2.0) * 2.0
    };
    let variance = product_nt(&product(w1, &moments.first), w1);
    let expected: Vec<Expected> = vec![
        ("spectral", Box::new(Spectral::default()), population(&objective::Spectral)),
        (
            "linear-contrastive",
            Box::new(LinearContrastive::new(1.0)),
            population(&objective::LinearContrastive::new(1.0, 0.0).expect("in range")),
        ),
        (
            "infonce",
            Box::new(InfoNce::new(Critic::Bilinear, Direction::Symmetric, 1.0)),
            population(&objective::InfoNce::new(1.0).expect("in range")),
        ),
        (
            "infonce, one-sided",
            Box::new(InfoNce::new(Critic::Bilinear, Direction::FirstToSecond, 0.9)),
            population(&objective::InfoNce::new(0.9).expect("in range")),
        ),
        (
            "cca",
            Box::new(CanonicalCorrelation::new(0.8)),
            [whitening(w1, &moments.first, 0.8) - &cross.first, whitening(w2, &moments.second, 0.8) - &cross.second],
        ),
        (
            "prediction",
            Box::new(Prediction::default()),
            [
                (product(&product_nt(w2, w2), &product(w1, &moments.first)) - product_nt(w2, &moments.cross)) * 2.0,
                (product(&variance, w2) - product(w1, &moments.cross)) * 2.0,
            ],
        ),
        (
            "pca",
            Box::new(PrincipalComponents::default()),
            [reconstruction(w1, &moments.first), reconstruction(w2, &moments.second)],
        ),
    ];
    let mut means: Vec<[Matrix; 2]> =
        expected.iter().map(|(_, _, gradient)| gradient.clone().map(|g| g * 0.0)).collect();
    let mut expected = expected;
    let rounds = SAMPLES / STREAMED;
    for _ in 0..rounds {
        let x = draw(&model, generator, STREAMED);
        for ((_, loss, _), mean) in expected.iter_mut().zip(&mut means) {
            let (_, gradient) = evaluate(loss.as_mut(), &x, &parameters).expect("a loss");
            for (mean, gradient) in mean.iter_mut().zip(&gradient.weights) {
                *mean += gradient / rounds as f64;
            }
        }
    }
    for ((name, _, gradient), mean) in expected.iter().zip(&means) {
        for m in 0..2 {
            let error = (&mean[m] - &gradient[m]).norm();
            let size = gradient[m].norm() + cross.first.norm().min(cross.second.norm());
            assert!(error <= STATISTICAL * size, "{name}, encoder {m}: off by {error:.2e} of {size:.2e}");
        }
    }
}
