//! Standard normals, joint draws of a model, and a long stream into moments.
//!
//! ```text
//! cargo bench --bench sampling                                  one JSON line for each measurement below
//! cargo bench --bench sampling -- --json normals [SECONDS]      million normals a second, double and single precision
//! cargo bench --bench sampling -- --json model [SECONDS]        draws of (x_1, x_2, y) against their normals and products alone
//! cargo bench --bench sampling -- --json stream SAMPLES         seconds and peak memory of a stream into moments
//! ```
//!
//! `benches/peers/compare_sampling.py` reads the lines.
#![expect(clippy::print_stdout, reason = "the lines are the result")]

use alignloss::linalg::{Matrix, Real};
use alignloss::model::{LatentModel, Modality, Noise};
use alignloss::random::{Stream, fill_standard_normal};
use alignloss::sample::{BLOCK, Layout, Moments, Sampler};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Normals of one call: they fit the second cache, as they do where they are used.
const NORMALS: usize = 16_384;

/// Samples of one call of the sampler.
const BATCH: usize = 4096;

/// Seconds of one measurement unless told otherwise.
const SECONDS: f64 = 0.5;

/// Channels, shared and private factors of the models.
const SIZES: [(usize, usize, usize); 3] = [(16, 4, 4), (64, 8, 8), (256, 16, 16)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seconds = |given: &[&str]| given.first().map_or(SECONDS, |text| text.parse().expect("a number of seconds"));
    match arguments.as_slice() {
        ["--json", "normals", rest @ ..] => normals(seconds(rest)),
        ["--json", "model", rest @ ..] => models(seconds(rest)),
        ["--json", "stream", samples] => stream(samples.parse().expect("a number of samples")),
        _ => {
            normals(SECONDS);
            models(SECONDS);
            stream(1_000_000);
        }
    }
}

/// Both precisions.
fn normals(seconds: f64) {
    report_normals::<f64>("f64", seconds);
    report_normals::<f32>("f32", seconds);
}

fn report_normals<T: Real>(precision: &str, seconds: f64) {
    let mut generator = Stream { seed: 0, experiment: "benchmark", cell: 0, replicate: 0 }.generator();
    let mut values = vec![T::default(); NORMALS];
    let time = shortest(seconds, || fill_standard_normal(&mut generator, black_box(&mut values)));
    println!(
        r#"{{"peer": "alignloss", "bench": "normals", "precision": "{precision}", "million_per_second": {:.1}}}"#,
        NORMALS as f64 / time / 1e6
    );
}

/// All sizes, both precisions.
fn models(seconds: f64) {
    for (n, k, p) in SIZES {
        let model = random_model(n, k, p);
        report_model::<f64>("f64", &model, n, seconds);
        report_model::<f32>("f32", &model, n, seconds);
    }
}

/// Draws of (x_1, x_2, y) beside their normals and their products alone: the same numbers of both, in the same blocks.
fn report_model<T: Real>(precision: &str, model: &LatentModel, n: usize, seconds: f64) {
    let mut generator = Stream { seed: 0, experiment: "benchmark", cell: 0, replicate: 0 }.generator();
    let mut sampler = Sampler::<T>::of_model(model).expect("a checked model");
    let mut vectors = sampler.buffers(BATCH);
    let latents = model.latents();
    let loadings: Vec<DMatrix<T>> =
        vectors.iter().map(|vector| DMatrix::from_element(vector.nrows(), latents, T::default())).collect();
    let mut w = DMatrix::from_element(latents, BLOCK, T::default());
    let mut references = sampler.buffers(BLOCK);
    let mut draw = || sampler.draw_into(&mut generator, black_box(&mut vectors)).expect("matrices that fit");
    let mut reference_generator = Stream { seed: 0, experiment: "benchmark", cell: 0, replicate: 0 }.generator();
    let mut reference = || {
        for _ in 0..BATCH / BLOCK {
            fill_standard_normal(&mut reference_generator, black_box(w.as_mut_slice()));
            for (m, (x, loading)) in references.iter_mut().zip(&loadings).enumerate() {
                // The sensors have noise, the target has none.
                if m < 2 {
                    fill_standard_normal(&mut reference_generator, black_box(x.as_mut_slice()));
                }
                multiply(black_box(x), loading, &w);
            }
        }
    };
    // Turn by turn, so that whatever else the machine does meets both.
    let (mut ours, mut alone) = (f64::INFINITY, f64::INFINITY);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs_f64(2.0 * seconds) {
        ours = ours.min(timed(&mut draw));
        alone = alone.min(timed(&mut reference));
    }
    println!(
        r#"{{"peer": "alignloss", "bench": "model", "precision": "{precision}", "n": {n}, "latents": {latents}, "million_samples_per_second": {:.4}, "over_normals_and_products": {:.3}}}"#,
        BATCH as f64 / ours / 1e6,
        ours / alone
    );
}

fn multiply<T: Real>(x: &mut DMatrix<T>, a: &DMatrix<T>, b: &DMatrix<T>) {
    let (rows, columns) = x.shape();
    matmul(
        MatMut::from_column_major_slice_mut(x.as_mut_slice(), rows, columns),
        Accum::Add,
        MatRef::from_column_major_slice(a.as_slice(), rows, a.ncols()),
        MatRef::from_column_major_slice(b.as_slice(), a.ncols(), columns),
        Real::from_f64(1.0),
        Par::Seq,
    );
}

/// A stream of a small model into moments, in single precision: time, and the most memory that the process held.
fn stream(samples: usize) {
    let model = random_model(4, 2, 1);
    let mut generator = Stream { seed: 0, experiment: "benchmark", cell: 1, replicate: 0 }.generator();
    let mut sampler = Sampler::<f32>::of_model(&model).expect("a checked model");
    let mut vectors = sampler.buffers(BATCH);
    let mut moments = Moments::new(vectors.iter().map(DMatrix::nrows).sum());
    let start = Instant::now();
    for _ in 0..samples.div_ceil(BATCH) {
        sampler.draw_into(&mut generator, &mut vectors).expect("matrices that fit");
        moments.add(&vectors.iter().collect::<Vec<_>>()).expect("finite samples");
    }
    let seconds = start.elapsed().as_secs_f64();
    let layout = Layout::of_model(&model);
    let error = (moments.covariance().expect("samples") - exact_covariance(&model)).amax();
    moments.empirical_model("stream", &layout).expect("a model");
    println!(
        r#"{{"peer": "alignloss", "bench": "stream", "samples": {}, "dimension": {}, "seconds": {seconds:.2}, "million_samples_per_second": {:.2}, "largest_covariance_error": {error:e}, "peak_resident_mb": {}}}"#,
        moments.count(),
        moments.dimension(),
        moments.count() as f64 / seconds / 1e6,
        peak_resident_megabytes().map_or("null".to_owned(), |peak| format!("{peak:.1}")),
    );
}

/// The covariance of what the sampler draws.
fn exact_covariance(model: &LatentModel) -> Matrix {
    let factors: Vec<_> =
        (0..2).map(|m| model.observed(m)).chain((0..model.targets().len()).map(|t| model.target(t))).collect();
    let total = factors.iter().map(|factor| factor.common.nrows()).sum();
    let mut covariance = Matrix::zeros(total, total);
    let mut row = 0;
    for (i, left) in factors.iter().enumerate() {
        let mut column = 0;
        for (j, right) in factors.iter().enumerate() {
            let block = if i == j { left.covariance() } else { left.cross_covariance(right) };
            covariance.view_mut((row, column), block.shape()).copy_from(&block);
            column += right.common.nrows();
        }
        row += left.common.nrows();
    }
    covariance
}

/// Where the system says it (Linux): the greatest resident size of this process.
fn peak_resident_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok().map(|kilobytes: f64| kilobytes / 1024.0)
}

/// Gaussian loadings, noise variance 0.1, the shared factors as a target.
fn random_model(n: usize, k: usize, p: usize) -> LatentModel {
    let mut generator = Stream { seed: 0, experiment: "benchmark model", cell: 0, replicate: 0 }.generator();
    let mut gaussian = |columns: usize| {
        let mut loading = Matrix::zeros(n, columns);
        fill_standard_normal(&mut generator, loading.as_mut_slice());
        loading
    };
    let modalities = ["first", "second"].map(|name| Modality {
        name: name.to_owned(),
        shared_loading: gaussian(k),
        private_loading: gaussian(p),
        noise: Noise::Isotropic(0.1),
    });
    let model = LatentModel::new("random", k, vec![p, p], None, modalities.into(), Vec::new()).expect("a valid model");
    let targets = model.standard_targets().into_iter().take(1).collect();
    model.with_targets(targets).expect("valid targets")
}

/// The shortest time of a call, after a first one that is not counted.
fn shortest(seconds: f64, mut run: impl FnMut()) -> f64 {
    run();
    let begin = Instant::now();
    let mut shortest = f64::INFINITY;
    while begin.elapsed() < Duration::from_secs_f64(seconds) {
        shortest = shortest.min(timed(&mut run));
    }
    shortest
}

fn timed(run: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}
