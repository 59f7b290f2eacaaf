//! Losses against plain double-precision formulas, gradients against differences.

use super::infonce::{HostLoss, Similarity};
use super::*;
use crate::device::Hardware;
use alignloss::random::{Stream, fill_standard_normal};
use burn::tensor::Tensor;

const COUNT: usize = 12;
const DIM: usize = 5;

/// Single precision over sums of a few hundred terms.
const SINGLE: f64 = 2e-5;

type Rows = Vec<Vec<f64>>;

fn rows(seed: u64) -> Rows {
    let stream = Stream { seed, experiment: "objective tests", cell: 0, replicate: 0 };
    let mut values = vec![0.0; COUNT * DIM];
    fill_standard_normal(&mut stream.generator(), &mut values);
    // What the device sees is what the formula sees.
    #[expect(clippy::cast_possible_truncation, reason = "rounding is the point")]
    let rounded: Vec<f64> = values.into_iter().map(|value| f64::from(value as f32)).collect();
    rounded.chunks(DIM).map(<[f64]>::to_vec).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "tensors are single precision")]
fn tensor(rows: &Rows) -> Tensor<2> {
    Hardware::cpu().matrix(rows.iter().flatten().map(|&value| value as f32).collect(), DIM)
}

#[expect(clippy::cast_possible_truncation, reason = "tensors are single precision")]
fn number(value: f64) -> Tensor<1> {
    Hardware::cpu().vector(vec![value as f32])
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn score(a: &[f64], b: &[f64], similarity: Similarity, temperature: f64) -> f64 {
    let raw = match similarity {
        Similarity::Cosine => dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
        Similarity::Bilinear => dot(a, b),
        Similarity::SquaredDistance => -a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>(),
    };
    raw / temperature
}

fn plain_infonce(first: &Rows, second: &Rows, similarity: Similarity, temperature: f64, within: bool) -> f64 {
    let direction = |anchors: &Rows, candidates: &Rows| -> f64 {
        let entropy = |i: usize| {
            let across: f64 =
                candidates.iter().map(|other| score(&anchors[i], other, similarity, temperature).exp()).sum();
            let own: f64 = (0..COUNT)
                .filter(|&j| within && j != i)
                .map(|j| score(&anchors[i], &anchors[j], similarity, temperature).exp())
                .sum();
            (across + own).ln() - score(&anchors[i], &candidates[i], similarity, temperature)
        };
        (0..COUNT).map(entropy).sum::<f64>() / COUNT as f64
    };
    f64::midpoint(direction(first, second), direction(second, first))
}

fn plain_spectral(first: &Rows, second: &Rows) -> f64 {
    let mut value = 0.0;
    for i in 0..COUNT {
        value -= 2.0 * dot(&first[i], &second[i]) / COUNT as f64;
        for j in (0..COUNT).filter(|&j| j != i) {
            value += dot(&first[i], &second[j]).powi(2) / (COUNT * (COUNT - 1)) as f64;
        }
    }
    value
}

/// Columns centred.
fn centred(rows: &Rows) -> Rows {
    let mean = |k: usize| rows.iter().map(|row| row[k]).sum::<f64>() / COUNT as f64;
    let means: Vec<f64> = (0..DIM).map(mean).collect();
    rows.iter().map(|row| row.iter().zip(&means).map(|(value, mean)| value - mean).collect()).collect()
}

/// Σ_i a_ik·b_il.
fn moment(a: &Rows, b: &Rows, k: usize, l: usize) -> f64 {
    a.iter().zip(b).map(|(a, b)| a[k] * b[l]).sum()
}

fn plain_vicreg(first: &Rows, second: &Rows) -> f64 {
    let distance = first.iter().flatten().zip(second.iter().flatten()).map(|(a, b)| (a - b).powi(2)).sum::<f64>()
        / (COUNT * DIM) as f64;
    let spread = |rows: &Rows| {
        let rows = centred(rows);
        let mut value = 0.0;
        for k in 0..DIM {
            for l in 0..DIM {
                let covariance = moment(&rows, &rows, k, l) / (COUNT - 1) as f64;
                value += if k == l {
                    25.0 * (1.0 - (covariance + 1e-4).sqrt()).max(0.0) / DIM as f64
                } else {
                    covariance.powi(2) / DIM as f64
                };
            }
        }
        value
    };
    25.0 * distance + spread(first) + spread(second)
}

fn correlation(first: &Rows, second: &Rows, k: usize, l: usize) -> f64 {
    let (first, second) = (centred(first), centred(second));
    let deviation = |rows: &Rows, k: usize| (moment(rows, rows, k, k) / COUNT as f64 + 1e-6).sqrt();
    moment(&first, &second, k, l) / COUNT as f64 / (deviation(&first, k) * deviation(&second, l))
}

fn plain_barlow_twins(first: &Rows, second: &Rows) -> f64 {
    let entries = (0..DIM).flat_map(|k| (0..DIM).map(move |l| (k, l)));
    entries
        .map(|(k, l)| {
            let correlation = correlation(first, second, k, l);
            if k == l { (1.0 - correlation).powi(2) } else { 5e-3 * correlation.powi(2) }
        })
        .sum()
}

fn plain_correlation(first: &Rows, second: &Rows) -> f64 {
    let entries = (0..DIM).flat_map(|k| (0..DIM).map(move |l| (k, l)));
    entries.map(|(k, l)| correlation(first, second, k, l).powi(2)).sum::<f64>() / (DIM * DIM) as f64
}

fn plain_siglip(first: &Rows, second: &Rows) -> f64 {
    let mut value = 0.0;
    for (i, first) in first.iter().enumerate() {
        for (j, second) in second.iter().enumerate() {
            let sign: f64 = if i == j { 1.0 } else { -1.0 };
            let logit = score(first, second, Similarity::Cosine, 0.2) - 3.0;
            value += (-sign * logit).exp().ln_1p() / COUNT as f64;
        }
    }
    value
}

fn plain_reconstruction(first: &Rows, second: &Rows) -> f64 {
    first.iter().flatten().zip(second.iter().flatten()).map(|(a, b)| (a - b).powi(2)).sum::<f64>()
        / (COUNT * DIM) as f64
}

fn on_device(similarity: Similarity, temperature: f64, within: bool) -> impl Fn(Tensor<2>, Tensor<2>) -> Tensor<1> {
    move |first, second| infonce::loss(first, second, similarity, number(1.0 / temperature), within)
}

/// Checks a loss against its plain formula, and its gradient against differences of the formula.
fn check(name: &str, loss: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<1>, plain: impl Fn(&Rows, &Rows) -> f64) {
    let (first, second) = (rows(1), rows(2));
    let [a, b] = [tensor(&first), tensor(&second)].map(|rows| rows.autodiff().require_grad());
    let value = loss(a.clone(), b.clone());
    let found = f64::from(value.clone().into_scalar::<f32>());
    let expected = plain(&first, &second);
    assert!((found - expected).abs() <= SINGLE * expected.abs().max(1.0), "{name}: {found}, expected {expected}");
    let gradients = value.backward();
    for (m, leaf) in [a, b].into_iter().enumerate() {
        let gradient: Vec<f32> =
            leaf.grad(&gradients).expect("both embeddings matter").into_data().try_to_vec().expect("single precision");
        for (entry, found) in gradient.into_iter().enumerate() {
            let moved = |by: f64| {
                let mut both = [first.clone(), second.clone()];
                both[m][entry / DIM][entry % DIM] += by;
                plain(&both[0], &both[1])
            };
            // The formula is exact, so that only its curvature is left.
            let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let error = (f64::from(found) - expected).abs();
            assert!(error <= 1e-4 * expected.abs().max(0.1), "{name}, z_{}, entry {entry}: {found}, {expected}", m + 1);
        }
    }
}

#[test]
fn infonce_is_its_formula() {
    for similarity in [Similarity::Cosine, Similarity::Bilinear, Similarity::SquaredDistance] {
        for within in [false, true] {
            check(&format!("{similarity:?} {within}"), on_device(similarity, 0.7, within), |first, second| {
                plain_infonce(first, second, similarity, 0.7, within)
            });
        }
    }
}

#[test]
fn losses_of_pairs_are_their_formulas() {
    check("spectral", spectral::loss, plain_spectral);
    check("vicreg", |first, second| vicreg::loss(first, second, [25.0, 25.0, 1.0]), plain_vicreg);
    check("barlow twins", |first, second| barlow_twins::loss(first, second, 5e-3), plain_barlow_twins);
    check("siglip", |first, second| siglip::loss(first, second, number(5.0), number(-3.0)), plain_siglip);
    check("correlation", correlation::between, plain_correlation);
    check("reconstruction", reconstruction::loss, plain_reconstruction);
}

#[test]
fn an_embedding_of_zeros_has_no_direction_and_no_gradient() {
    let (mut first, second) = (rows(1), rows(2));
    first[3] = vec![0.0; DIM];
    let losses: [&dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<1>; 2] =
        [&|first, second| on_device(Similarity::Cosine, 0.5, false)(first, second), &|first, second| {
            siglip::loss(first, second, number(5.0), number(-3.0))
        }];
    for loss in losses {
        let [a, b] = [tensor(&first), tensor(&second)].map(|rows| rows.autodiff().require_grad());
        let value = loss(a.clone(), b.clone());
        assert!(value.clone().into_scalar::<f32>().is_finite());
        let gradients = value.backward();
        for (m, leaf) in [a, b].into_iter().enumerate() {
            let gradient: Vec<f32> =
                leaf.grad(&gradients).expect("both matter").into_data().try_to_vec().expect("single precision");
            for (sample, own) in gradient.chunks(DIM).enumerate() {
                let largest = own.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                let is_zero = m == 0 && sample == 3;
                assert!(if is_zero { largest < 1e-12 } else { (1e-6..1e3).contains(&largest) }, "{m} {sample} {own:?}");
            }
        }
    }
}

#[test]
fn the_loss_of_the_host_is_that_of_the_device() {
    let (first, second) = (rows(3), rows(4));
    for similarity in [Similarity::Cosine, Similarity::Bilinear, Similarity::SquaredDistance] {
        for temperature in [0.05, 1.0] {
            let [a, b] = [tensor(&first), tensor(&second)].map(|rows| rows.autodiff().require_grad());
            let inverse = number(1.0 / temperature).autodiff().require_grad();
            let value = infonce::loss(a.clone(), b.clone(), similarity, inverse.clone(), false);
            let gradients = value.backward();
            let flat = |rows: &Rows| -> Vec<f32> { tensor(rows).into_data().try_to_vec().expect("single precision") };
            let found =
                HostLoss::new(similarity).evaluate([&flat(&first), &flat(&second)], DIM, temperature).expect("finite");
            let expected = f64::from(value.into_scalar::<f32>());
            assert!((found.value - expected).abs() < 1e-5 * expected.abs().max(1.0), "{found:?} {expected}");
            for (leaf, own) in [a, b].into_iter().zip(&found.embeddings) {
                let other: Vec<f32> =
                    leaf.grad(&gradients).expect("both matter").into_data().try_to_vec().expect("single precision");
                for (own, other) in own.iter().zip(other) {
                    assert!((own - other).abs() <= 1e-4 * other.abs().max(1.0), "{own} {other}");
                }
            }
            // ∂L/∂log τ = −(1/τ)·∂L/∂(1/τ).
            let slope = -f64::from(inverse.grad(&gradients).expect("τ matters").into_scalar::<f32>()) / temperature;
            assert!((found.log_temperature - slope).abs() < 1e-4 * slope.abs().max(1.0), "{slope} {found:?}");
        }
    }
}

#[test]
fn the_supervised_loss_weighs_factors_alike() {
    use supervised::Columns;
    let hardware = Hardware::cpu();
    let predicted = hardware.matrix(vec![1.0, 0.0, 0.0, 3.0, 2.0, 2.0], 3);
    let targets = hardware.matrix(vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0], 3);
    let value = supervised::loss(&predicted, &targets, &[Columns::Numbers(1), Columns::Classes(2)]);
    // Numbers: (1 + 4)/2; classes: log 2 in both samples.
    let expected = f64::midpoint(2.5, std::f64::consts::LN_2);
    assert!((f64::from(value.into_scalar::<f32>()) - expected).abs() < 1e-6);
}

#[test]
fn parameters_out_of_range_are_named() {
    let parse = |text: &str| toml::from_str::<ObjectiveSpec>(text).map_err(|error| error.to_string());
    let checked = |text: &str| parse(text).expect("valid TOML").check();
    let error = checked("alignment = { kind = \"infonce\", temperature = -1.0 }").unwrap_err().to_string();
    assert!(error.contains("temperature") && error.contains("-1"), "{error}");
    let learnt = "alignment = { kind = \"infonce\", temperature = 0.005, learn_temperature = true }";
    let error = checked(learnt).unwrap_err().to_string();
    assert_eq!(error, "objective.alignment.temperature: 0.005, expected at least 0.01, since it is learned");
    assert!(checked(&learnt.replace("true", "false")).is_ok(), "a given τ is the user's");
    assert!(parse("alignment = { kind = \"infonce\", temprature = 1.0 }").unwrap_err().contains("temprature"));
    assert!(parse("alignment = { kind = \"spectral\" }\nlambda = 1.0").unwrap_err().contains("lambda"));
    let blocks = "alignment = { kind = \"spectral\" }\nunique = { dim = 2 }";
    assert!(matches!(checked(blocks), Err(ObjectiveError::Conflict(_))));
    assert!(checked(&format!("{blocks}\nreconstruction = 1.0")).is_ok());
    assert!(checked("alignment = { kind = \"none\" }").is_err());
}
