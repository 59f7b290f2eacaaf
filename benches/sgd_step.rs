//! One Adam step of symmetric InfoNCE: forward, backward, update. The peers are `benches/peers/sgd_step.py`.
//!
//!     cargo bench --bench sgd_step -- --json --precision f64 --batch 512 --threads 1 --seconds 2
//!
//! Prints steps per second (best and median over blocks), the same without the exponentials, the loss that the peers
//! must reproduce, and the current speed of a large matrix product on this machine.
#![expect(clippy::print_stdout, reason = "a benchmark prints its measurements")]

use alignloss::learner::{Optimiser, OptimiserState};
use alignloss::objective::minibatch::{Critic, Direction, InfoNce, MinibatchLoss, Parameters, Precision};
use anyhow::{Context, Result, bail};
use nalgebra::DMatrix;
use std::time::Instant;

/// Steps after which losses are compared with the peers'.
const COMPARED_STEPS: usize = 10;

/// Least duration of a block, seconds: blocks are short, so that the best one is what an undisturbed machine does.
const BLOCK_SECONDS: f64 = 0.004;

/// Size of the square product that stands for the machine's peak.
const PEAK_SIZE: usize = 512;

struct Options {
    json: bool,
    double: bool,
    batch: usize,
    channels: usize,
    dim: usize,
    threads: usize,
    seconds: f64,
}

struct Rates {
    best: f64,
    median: f64,
    loss: f64,
}

fn main() -> Result<()> {
    let options = parse(std::env::args().skip(1))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    pool.install(|| if options.double { measure::<f64>(&options) } else { measure::<f32>(&options) })
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Options> {
    let mut options =
        Options { json: false, double: true, batch: 512, channels: 64, dim: 16, threads: 1, seconds: 2.0 };
    let mut arguments = arguments;
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            // What cargo passes to every benchmark.
            "--bench" => continue,
            "--json" => {
                options.json = true;
                continue;
            }
            _ => {}
        }
        let value = arguments.next().with_context(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--precision" => options.double = value == "f64",
            "--batch" => options.batch = value.parse()?,
            "--channels" => options.channels = value.parse()?,
            "--dim" => options.dim = value.parse()?,
            "--threads" => options.threads = value.parse()?,
            "--seconds" => options.seconds = value.parse()?,
            _ => bail!("unknown option {flag}"),
        }
    }
    Ok(options)
}

fn measure<T: Precision>(options: &Options) -> Result<()> {
    let loss = || InfoNce::<T>::new(Critic::Bilinear, Direction::Symmetric, 1.0);
    let with = rates::<T>(options, loss())?;
    let without = rates::<T>(options, loss().without_exponential())?;
    let gflops = peak::<T>(options.seconds / 4.0);
    let operations = step_operations(options);
    if options.json {
        println!(
            "{}",
            serde_json::json!({
                "best": with.best, "median": with.median, "loss": with.loss,
                "best_without_exponential": without.best, "median_without_exponential": without.median,
                "peak_gflops": gflops, "step_gflop": operations,
            })
        );
    } else {
        println!(
            "B = {}: {:.0} steps/s, {:.0} without exponentials, {:.0}% of a {gflops:.0} GFLOP/s product",
            options.batch,
            with.best,
            without.best,
            100.0 * with.best * operations / gflops
        );
    }
    Ok(())
}

/// The products of a step in 10⁹ operations: z and ∂W of both towers, logits, and ∂z of both towers.
fn step_operations(options: &Options) -> f64 {
    let (batch, channels, dim) = (options.batch as f64, options.channels as f64, options.dim as f64);
    (4.0 * 2.0 * batch * channels * dim + 3.0 * 2.0 * batch * batch * dim) / 1e9
}

fn rates<T: Precision>(options: &Options, mut loss: InfoNce<T>) -> Result<Rates> {
    let ([first, second], mut parameters) = problem::<T>(options);
    let mut gradient = parameters.zeros_like();
    let mut optimiser = OptimiserState::new(Optimiser::ADAM, &parameters);
    let mut step = || -> Result<f64> {
        let value = loss.evaluate([&first, &second], &parameters, &mut gradient);
        optimiser.step(&mut parameters, &gradient, 1e-3);
        // Without exponentials the "loss" may be the logarithm of a negative number: only the time counts there.
        Ok(value.unwrap_or(f64::NAN))
    };
    let mut value = f64::NAN;
    for _ in 0..COMPARED_STEPS {
        value = step()?;
    }
    let start = Instant::now();
    step()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let block = ((BLOCK_SECONDS / start.elapsed().as_secs_f64()) as usize).max(1);
    let mut rates = Vec::new();
    let start = Instant::now();
    while rates.len() < 5 || start.elapsed().as_secs_f64() < options.seconds {
        let before = Instant::now();
        for _ in 0..block {
            step()?;
        }
        rates.push(block as f64 / before.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    Ok(Rates { best: rates[rates.len() - 1], median: rates[rates.len() / 2], loss: value })
}

/// The best rate of a square matrix product through faer, on the current threads, in GFLOP/s.
fn peak<T: Precision>(seconds: f64) -> f64 {
    use faer::linalg::matmul::matmul;
    use faer::{Accum, MatMut, MatRef, Par};
    let values = vec![T::nearest(0.5); PEAK_SIZE * PEAK_SIZE];
    let mut out = values.clone();
    let view = MatRef::from_column_major_slice(&values, PEAK_SIZE, PEAK_SIZE);
    let (mut best, start) = (f64::INFINITY, Instant::now());
    while start.elapsed().as_secs_f64() < seconds {
        let before = Instant::now();
        let out = MatMut::from_column_major_slice_mut(&mut out, PEAK_SIZE, PEAK_SIZE);
        matmul(out, Accum::Replace, view, view, T::nearest(1.0), Par::Seq);
        best = best.min(before.elapsed().as_secs_f64());
    }
    2.0 * (PEAK_SIZE as f64).powi(3) / best / 1e9
}

/// Weights d × n and batches n × B, from a generator that the peers have too.
fn problem<T: Precision>(options: &Options) -> ([DMatrix<T>; 2], Parameters<T>) {
    let Options { batch, channels, dim, .. } = *options;
    let first = DMatrix::from_iterator(channels, batch, uniforms(1).take(channels * batch));
    let own = DMatrix::from_iterator(channels, batch, uniforms(2).take(channels * batch));
    // Half of each modality is common to both.
    let second = DMatrix::from_fn(channels, batch, |i, j| {
        if i < channels / 2 { 0.5 * own[(i, j)] + 0.5 * first[(i, j)] } else { own[(i, j)] }
    });
    let weights = [3, 4].map(|seed| {
        DMatrix::from_iterator(dim, channels, uniforms(seed).take(dim * channels)).map(|w: f64| T::nearest(0.25 * w))
    });
    ([first.map(T::nearest), second.map(T::nearest)], Parameters { weights, log_temperature: None })
}

/// A linear congruential generator's numbers in [−1, 1).
fn uniforms(seed: u64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(seed), |state| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .skip(1)
    .map(|state| (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
}
