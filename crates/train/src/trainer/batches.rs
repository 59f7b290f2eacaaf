//! Batches ready for training: standardised, with noisy copies and targets if the objective needs them.

use super::{Plan, TrainError};
use crate::data::{Evaluation, Kind, Scaling, Source};
use crate::objective::Alignment;
use alignloss::random::{Stream, fill_standard_normal};

/// A factor with a smaller standard deviation is constant: its scale is left unchanged.
const CONSTANT: f64 = 1e-12;

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

/// Makes batches, as a function of the step.
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
