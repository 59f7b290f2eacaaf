//! One cell (a model, one objective, one dimension, every measure) and a whole grid of them.
//!
//! The work matches `benches/peers/numpy_cell.py`: Gaussian loadings of the same sizes, the targets `s` and `u_1`, and
//! everything that `alignloss eval` reports except the verdicts of theorems.
//!
//! ```text
//! cargo bench --bench cell                                     criterion's report
//! cargo bench --bench cell -- --json cell 16 4 4 [REPEAT]      median seconds of one cell (n, k, p), one JSON line
//! cargo bench --bench cell -- --json grid                      seconds of a 30 × 12 × 5 grid on two threads
//! ```
//!
//! `benches/peers/compare_cells.py` reads the JSON lines.

use alignloss::information::Source;
use alignloss::learner::ClosedForm;
use alignloss::linalg::Matrix;
use alignloss::model::{LatentModel, Modality, Noise};
use alignloss::objective::{Objective, find};
use alignloss::random::Stream;
use alignloss::theorem::{Case, Subject};
use criterion::{BenchmarkId, Criterion};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use std::hint::black_box;
use std::time::Instant;

/// (n, k, p) of the single cells.
const SIZES: [(usize, usize, usize); 3] = [(16, 4, 4), (64, 8, 8), (256, 16, 16)];

/// The objectives of the grid.
const OBJECTIVES: [&str; 5] = ["linear-contrastive", "spectral", "cca", "prediction", "pca"];

/// Values of `private_std` in the grid, spaced evenly in the logarithm.
const GRID_MODELS: usize = 30;

/// Dimensions of the grid: 1 to this.
const GRID_DIMS: usize = 12;

/// Threads of the grid, as many as the peer's processes.
const GRID_THREADS: usize = 2;

/// Cells that a single-cell measurement runs unless told otherwise.
const REPEAT: usize = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--json", "grid"] => print_grid(),
        ["--json", "cell", sizes @ ..] => print_cell(sizes),
        _ => {
            let mut criterion = Criterion::default().configure_from_args();
            bench(&mut criterion);
            criterion.final_summary();
        }
    }
}

/// Criterion's measurements.
fn bench(criterion: &mut Criterion) {
    let cca = objective("cca");
    let mut group = criterion.benchmark_group("cell");
    for (n, k, p) in SIZES {
        let model = random_model(n, k, p, 1.0);
        group.bench_function(BenchmarkId::from_parameter(n), |bencher| {
            bencher.iter(|| cell(black_box(&model), &*cca, k));
        });
    }
    group.finish();
    let pool = pool();
    let models = grid_models();
    let objectives = OBJECTIVES.map(objective);
    let mut group = criterion.benchmark_group("grid");
    group.sample_size(10);
    group.bench_function("30x12x5", |bencher| bencher.iter(|| pool.install(|| grid(black_box(&models), &objectives))));
    group.finish();
}

/// One JSON line with the median time of a single cell.
#[expect(clippy::print_stdout, reason = "the line is the result")]
fn print_cell(sizes: &[&str]) {
    let sizes: Vec<usize> = sizes.iter().map(|size| size.parse().expect("usage: --json cell N K P [REPEAT]")).collect();
    let (n, k, p, repeat) = match sizes[..] {
        [n, k, p] => (n, k, p, REPEAT),
        [n, k, p, repeat] => (n, k, p, repeat.max(1)),
        _ => panic!("usage: --json cell N K P [REPEAT]"),
    };
    let model = random_model(n, k, p, 1.0);
    let cca = objective("cca");
    // The first is a warm-up.
    let mut seconds: Vec<f64> = (0..=repeat)
        .map(|_| {
            let start = Instant::now();
            black_box(cell(black_box(&model), &*cca, k));
            start.elapsed().as_secs_f64()
        })
        .skip(1)
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!(
        r#"{{"peer": "alignloss", "bench": "cell", "n": {n}, "k": {k}, "p": {p}, "repeat": {repeat}, "median_seconds": {:e}, "min_seconds": {:e}}}"#,
        seconds[repeat / 2],
        seconds[0]
    );
}

/// One JSON line with the time of one grid, threads started and models made beforehand.
#[expect(clippy::print_stdout, reason = "the line is the result")]
fn print_grid() {
    let pool = pool();
    let models = grid_models();
    let objectives = OBJECTIVES.map(objective);
    // As the peer's processes do: start-up and first-call costs are not counted.
    pool.install(|| grid(&models[..GRID_THREADS], &objectives));
    let start = Instant::now();
    let rows = pool.install(|| grid(black_box(&models), &objectives));
    let seconds = start.elapsed().as_secs_f64();
    let cells = GRID_MODELS * GRID_DIMS * OBJECTIVES.len();
    assert_eq!(rows.len(), cells, "one row per cell");
    println!(
        r#"{{"peer": "alignloss", "bench": "grid", "cells": {cells}, "threads": {GRID_THREADS}, "seconds": {seconds:e}, "seconds_per_cell": {:e}}}"#,
        seconds / cells as f64
    );
}

/// One cell from scratch: whitening, the closed form, every measure.
fn cell(model: &LatentModel, objective: &dyn Objective, dim: usize) -> Vec<f64> {
    let subject = Subject::new(model, [0, 1]).expect("two modalities of a random model");
    let learner = subject.learner(0);
    measured(&subject, &learner, objective, dim)
}

/// Every cell of every model: decompositions are shared within a model, models run in parallel, rows keep their order.
fn grid(models: &[LatentModel], objectives: &[Box<dyn Objective>]) -> Vec<Vec<f64>> {
    models
        .par_iter()
        .flat_map_iter(|model| {
            let subject = Subject::new(model, [0, 1]).expect("two modalities of a random model");
            let learner = subject.learner(0);
            let cells = objectives.iter().flat_map(|objective| (1..=GRID_DIMS).map(move |dim| (objective, dim)));
            cells.map(|(objective, dim)| measured(&subject, &learner, &**objective, dim)).collect::<Vec<_>>()
        })
        .collect()
}

/// Everything that `eval` reports of a cell, theorems aside.
fn measured(subject: &Subject, learner: &ClosedForm, objective: &dyn Objective, dim: usize) -> Vec<f64> {
    let case = Case::minimise(subject, learner, objective, dim).expect("a closed form");
    let mut row = subject.pair.canonical_correlations();
    row.extend(learner.cross_covariance_singular_values().expect("a cross-covariance's singular values"));
    row.push(objective.value(subject.moments(), &case.encoders).expect("an objective with a value"));
    let alignment = &case.alignment;
    row.extend([alignment.error, alignment.error_operator, alignment.floor]);
    row.extend([subject.pair.mutual_information_nats(), alignment.angles.mutual_information_nats()]);
    for target in &case.targets {
        for source in Source::ALL {
            let said = target.source(source);
            row.extend([said.mutual_information_nats(), said.mmse, said.r2, said.sigma()]);
        }
        row.extend([
            target.information_loss_nats(Source::First, Source::EncodedFirst),
            target.information_loss_nats(Source::Second, Source::EncodedSecond),
            target.information_loss_nats(Source::Both, Source::EncodedBoth),
        ]);
    }
    for private in &case.capacities {
        row.extend([private.capacity.aligned, private.capacity.private, private.capacity.largest_eigenvalue]);
    }
    row
}

/// The models of the grid: n = 16, k = 6, p = 6, `private_std` from 0.1 to 3.
fn grid_models() -> Vec<LatentModel> {
    (0..GRID_MODELS)
        .map(|index| random_model(16, 6, 6, 0.1 * 30.0_f64.powf(index as f64 / (GRID_MODELS - 1) as f64)))
        .collect()
}

/// The peer's `random_model`: Gaussian loadings, noise variance 0.1, the targets `s` and `u_1`.
fn random_model(n: usize, k: usize, p: usize, private_std: f64) -> LatentModel {
    let mut generator = Stream { seed: 0, experiment: "benchmark", cell: 0, replicate: 0 }.generator();
    let mut gaussian = |columns: usize| Matrix::from_fn(n, columns, |_, _| generator.sample::<f64, _>(StandardNormal));
    let modalities = ["first", "second"].map(|name| Modality {
        name: name.to_owned(),
        shared_loading: gaussian(k),
        private_loading: gaussian(p) * private_std,
        noise: Noise::Isotropic(0.1),
    });
    let model = LatentModel::new("random", k, vec![p, p], None, modalities.into(), Vec::new()).expect("a valid model");
    let targets = model.standard_targets().into_iter().take(2).collect();
    model.with_targets(targets).expect("valid targets")
}

fn objective(id: &str) -> Box<dyn Objective> {
    find(id).expect("a registered objective")
}

fn pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(GRID_THREADS).build().expect("two threads")
}
