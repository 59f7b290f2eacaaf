//! Batches as the loop wants them: standardised, with noisy copies and targets where the objective asks for them.

use super::{Plan, TrainError};
use crate::data::{Evaluation, Kind, Observations, Source};
use crate::objective::Alignment;
use alignloss::sample::{Stream, fill_standard_normal};

/// The scale of a constant channel: left as it is.
const CONSTANT: f64 = 1e-12;

/// Means and standard deviations of the channels of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// Of each channel.
    mean: Vec<f32>,
    /// Of each channel, inverted.
    inverse: Vec<f32>,
    /// Pixels of a channel.
    pixels: usize,
}

impl Scaling {
    /// Of samples of a view.
    pub fn of(view: &Observations) -> Self {
        let channels = view.shape.first().copied().unwrap_or(1);
        let pixels = view.shape.iter().skip(1).product::<usize>().max(1);
        let (mut sums, mut squares) = (vec![0.0_f64; channels], vec![0.0_f64; channels]);
        for sample in view.values.chunks(channels * pixels) {
            for (channel, values) in sample.chunks(pixels).enumerate() {
                sums[channel] += values.iter().map(|&value| f64::from(value)).sum::<f64>();
            }
        }
        let count = (view.values.len() / channels.max(1)).max(1) as f64;
        let means: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        for sample in view.values.chunks(channels * pixels) {
            for (channel, values) in sample.chunks(pixels).enumerate() {
                squares[channel] +=
                    values.iter().map(|&value| (f64::from(value) - means[channel]).powi(2)).sum::<f64>();
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "views are single precision")]
        let inverse = |square: &f64| {
            let deviation = (square / count).sqrt();
            if deviation > CONSTANT { deviation.recip() as f32 } else { 1.0 }
        };
        #[expect(clippy::cast_possible_truncation, reason = "views are single precision")]
        let mean = means.iter().map(|&mean| mean as f32).collect();
        Self { mean, inverse: squares.iter().map(inverse).collect(), pixels }
    }

    /// Standardises samples.
    pub fn apply(&self, values: &mut [f32]) {
        for sample in values.chunks_mut(self.mean.len() * self.pixels) {
            for (channel, values) in sample.chunks_mut(self.pixels).enumerate() {
                let (mean, inverse) = (self.mean[channel], self.inverse[channel]);
                for value in values {
                    *value = (*value - mean) * inverse;
                }
            }
        }
    }
}

/// How a factor becomes columns of targets.
#[derive(Debug, Clone)]
enum Target {
    Numbers(Vec<(f64, f64)>),
    Classes(usize),
}

/// A batch in this process's memory.
#[derive(Debug, Clone, PartialEq)]
pub struct HostBatch {
    /// Standardised, n × entries.
    pub views: [Vec<f32>; 2],
    /// Two noisy copies of each view.
    pub copies: Option<[[Vec<f32>; 2]; 2]>,
    /// Factors, n × columns, and the number of columns.
    pub targets: Option<(Vec<f32>, usize)>,
}

/// Makes batches: a function of the step.
#[derive(Clone)]
pub(super) struct Producer<'a> {
    source: &'a dyn Source,
    seed: u64,
    size: usize,
    scaling: [Scaling; 2],
    noise: Option<f64>,
    targets: Option<Vec<Target>>,
}

impl<'a> Producer<'a> {
    pub(super) fn new(source: &'a dyn Source, plan: Plan, held_out: &Evaluation) -> Self {
        let target = |factor: &crate::data::Factor| match factor.kind {
            Kind::Classification { classes } => Target::Classes(classes),
            Kind::Regression => {
                let count = factor.count().max(1) as f64;
                let scale = |entry: usize| {
                    let values = || factor.values.iter().skip(entry).step_by(factor.dims);
                    let mean = values().sum::<f64>() / count;
                    let deviation = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
                    (mean, if deviation > CONSTANT { deviation } else { 1.0 })
                };
                Target::Numbers((0..factor.dims).map(scale).collect())
            }
        };
        let supervised = plan.objective.alignment == Alignment::Supervised;
        Self {
            source,
            seed: plan.seed,
            size: plan.training.batch,
            scaling: [0, 1].map(|m| Scaling::of(&held_out.train.views[m])),
            noise: plan.objective.unimodal.map(|unimodal| unimodal.noise),
            targets: supervised.then(|| held_out.train.factors.iter().map(target).collect()),
        }
    }

    pub(super) fn scaling(&self, m: usize) -> &Scaling {
        &self.scaling[m]
    }

    /// The batch of a step.
    pub(super) fn batch(&self, step: u64) -> Result<HostBatch, TrainError> {
        let paired = self.source.batch(self.seed, step, self.size)?;
        let targets = self.targets.as_ref().map(|targets| columns(&paired.factors, targets));
        let mut m = 0;
        let views = paired.views.map(|view| {
            let mut values = view.values;
            self.scaling[m].apply(&mut values);
            m += 1;
            values
        });
        let copies = self
            .noise
            .map(|noise| [0, 1].map(|m| [0, 1].map(|copy| self.noisy(&views[m], noise, step, 2 * m as u64 + copy))));
        Ok(HostBatch { views, copies, targets })
    }

    #[expect(clippy::cast_possible_truncation, reason = "views are single precision")]
    fn noisy(&self, view: &[f32], noise: f64, step: u64, copy: u64) -> Vec<f32> {
        let stream = Stream { seed: self.seed, experiment: "noisy copies", cell: step, replicate: copy };
        let mut values = vec![0.0_f32; view.len()];
        fill_standard_normal(&mut stream.generator(), &mut values);
        values.iter_mut().zip(view).for_each(|(value, &seen)| *value = seen + noise as f32 * *value);
        values
    }
}

/// Factors as columns: numbers standardised, classes as indicators.
fn columns(factors: &[crate::data::Factor], targets: &[Target]) -> (Vec<f32>, usize) {
    let width: usize = targets
        .iter()
        .map(|target| match target {
            Target::Numbers(scales) => scales.len(),
            Target::Classes(classes) => *classes,
        })
        .sum();
    let count = factors.first().map_or(0, crate::data::Factor::count);
    let mut values = Vec::with_capacity(count * width);
    for sample in 0..count {
        for (factor, target) in factors.iter().zip(targets) {
            let own = &factor.values[sample * factor.dims..][..factor.dims];
            match target {
                #[expect(clippy::cast_possible_truncation, reason = "targets are single precision")]
                Target::Numbers(scales) => {
                    values.extend(
                        own.iter().zip(scales).map(|(value, (mean, deviation))| ((value - mean) / deviation) as f32),
                    );
                }
                Target::Classes(classes) => {
                    let is = |class: usize| (own[0] - class as f64).abs() < 0.5;
                    values.extend((0..*classes).map(|class| f32::from(u8::from(is(class)))));
                }
            }
        }
    }
    (values, width)
}
