//! `alignloss-train bench`

use crate::data::{DataError, Evaluation, Observations, Paired, Source};
use crate::device::{Backend, Hardware};
use crate::encoder::{Activation, EncoderSpec};
use crate::objective::infonce::Similarity;
use crate::objective::{Alignment, ObjectiveSpec};
use crate::trainer::{Plan, Precision, Trainer, TrainingSpec};
use alignloss::random::{Stream, fill_standard_normal};
use alignloss_terminal::{Outcome, Session, note, print};
use clap::Args;
use serde_json::json;
use std::time::{Duration, Instant};

/// Steps of training a second, of perceptrons under InfoNCE with Adam
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss-train bench
  alignloss-train bench --batch 512 --inputs 128 --widths 256,256 --dim 32 --seconds 10 --json

Beside PyTorch: python3 benches/peers/compare_training.py")]
pub(super) struct Bench {
    /// Channels of each view
    #[arg(long, default_value_t = 128)]
    inputs: usize,
    /// Widths of the hidden layers
    #[arg(long, value_delimiter = ',', default_value = "256,256")]
    widths: Vec<usize>,
    /// Embedding dimension
    #[arg(long, default_value_t = 32)]
    dim: usize,
    /// Pairs of a batch
    #[arg(long, default_value_t = 512)]
    batch: usize,
    /// How long to measure
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    seconds: f64,
    /// Where to compute
    #[arg(long, value_enum, default_value = "cpu")]
    backend: Backend,
    /// Multiply matrices in 16 bits, where the device has them
    #[arg(long)]
    half: bool,
    /// Keep the loss on the device, as on a GPU
    #[arg(long)]
    device_loss: bool,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

/// The longest measurement, in seconds: a day.
const LONGEST: f64 = 86_400.0;

/// A time that can be waited for.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= LONGEST => Ok(seconds),
        _ => Err(format!("expected a number of seconds above 0, at most {LONGEST}")),
    }
}

/// Two views that are noisy copies of one normal vector: as cheap as data can be.
#[derive(Debug)]
struct Copies {
    inputs: usize,
}

impl Copies {
    fn draw(&self, seed: u64, step: u64, size: usize) -> Paired {
        let mut generator = Stream { seed, experiment: "bench", cell: step, replicate: 0 }.generator();
        let mut values = vec![0.0_f32; 3 * size * self.inputs];
        fill_standard_normal(&mut generator, &mut values);
        let (shared, noise) = values.split_at(size * self.inputs);
        let view = |noise: &[f32]| Observations {
            shape: vec![self.inputs],
            values: shared.iter().zip(noise).map(|(shared, noise)| shared + 0.5 * noise).collect(),
        };
        let (first, second) = noise.split_at(size * self.inputs);
        Paired { views: [view(first), view(second)], factors: Vec::new() }
    }
}

impl Source for Copies {
    fn shapes(&self) -> [Vec<usize>; 2] {
        [vec![self.inputs], vec![self.inputs]]
    }

    fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Paired, DataError> {
        Ok(self.draw(seed, step, size))
    }

    fn evaluation(&self, seed: u64) -> Result<Evaluation, DataError> {
        let part = |step| self.draw(seed ^ 1, step, 256);
        Ok(Evaluation { train: part(0), validation: part(1), test: part(2) })
    }
}

impl Bench {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        let hardware = Hardware::open(self.backend)?;
        note(session, hardware.name());
        let source = Copies { inputs: self.inputs };
        let held_out = source.evaluation(0)?;
        let encoder = EncoderSpec::Mlp { dim: self.dim, widths: self.widths.clone(), activation: Activation::Relu };
        let alignment = Alignment::Infonce {
            similarity: Similarity::Cosine,
            temperature: 0.1,
            learn_temperature: true,
            within: false,
        };
        let objective =
            ObjectiveSpec { alignment, weight: 1.0, reconstruction: 0.0, unique: None, unimodal: None, dim: None };
        let precision = if self.half { Precision::Half } else { Precision::Single };
        let training = TrainingSpec { steps: u64::MAX, batch: self.batch, precision, ..TrainingSpec::default() };
        let plan =
            Plan { encoder: &encoder, objective: &objective, training: &training, seed: 0, initialisation: (0, 0) };
        let mut trainer = Trainer::new(&source, &hardware, plan, &held_out)?;
        if self.device_loss {
            trainer = trainer.without_host_loss();
        }
        // Buffers, threads and kernels are made in the first steps.
        trainer.advance(10, &mut |_| Ok(true))?;
        let (start, limit) = (Instant::now(), Duration::from_secs_f64(self.seconds));
        trainer.advance(u64::MAX, &mut |_| Ok(start.elapsed() < limit))?;
        let steps = trainer.memory().step - 10;
        let rate = steps as f64 / start.elapsed().as_secs_f64();
        // Products forward and twice backward, multiply and add.
        let layers: Vec<usize> = std::iter::once(self.inputs).chain(self.widths).chain([self.dim]).collect();
        let products: usize = layers.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let gigaflops = rate * 2.0 * 3.0 * 2.0 * (products * self.batch) as f64 / 1e9;
        let loss = trainer.memory().curve.last().map(|last| last.1);
        let line = if self.json {
            json!({"steps_per_second": rate, "gigaflops": gigaflops, "steps": steps, "loss": loss, "device": hardware.name()})
                .to_string()
        } else {
            format!("{rate:.1} steps a second, {gigaflops:.1} GFLOP/s in the layers' products")
        };
        print(&(line + "\n"))?;
        Ok(Outcome::Fine)
    }
}
