//! A tower forgets as it trains.

use super::study::{LessonError, information, minimise, model};
use super::{Chart, Lesson, Parameter, Series, Values};
use crate::information::Source;
use crate::learner::{BatchSource, Schedule, Sgd};
use crate::objective::InfoNce as PopulationInfoNce;
use crate::objective::minibatch::{Critic, Direction, InfoNce};
use crate::sample::{Sampler, Stream};
use crate::theorem::{Case, Subject};
use nalgebra::DMatrix;

/// InfoNCE trained by stochastic gradients on fresh samples.
#[derive(Debug)]
pub(super) struct Forgetting;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.1, to: 1.0, step: 0.1, default: 0.3 },
    Parameter { name: "rate", meaning: "learning rate", from: 0.005, to: 0.03, step: 0.005, default: 0.01 },
    Parameter { name: "seed", meaning: "another start", from: 0.0, to: 5.0, step: 1.0, default: 0.0 },
];

/// Steps of a run.
const STEPS: usize = 600;

/// Steps from one point of the chart to the next.
const STRIDE: usize = 10;

/// Outputs of each encoder: as many as there are shared factors.
const DIM: usize = 2;

/// What a run keeps.
struct Run {
    shared: Vec<(f64, f64)>,
    private: Vec<(f64, f64)>,
    known: f64,
}

impl Forgetting {
    fn train(&self, values: &Values) -> Result<Run, LessonError> {
        let model = model(&self.model(values))?;
        let subject = Subject::new(&model, [0, 1])?;
        let channels = subject.pair.channels();
        let factors = [0, 1].map(|m| subject.pair.factor(m).clone());
        let mut sampler = Sampler::<f64>::new(&factors)?;
        let seed = values.count("seed") as u64;
        let mut generator = Stream { seed, experiment: "lesson forgetting", cell: 0, replicate: 0 }.generator();
        let mut fresh = |batch: &mut [DMatrix<f64>; 2]| {
            sampler.draw_into(&mut generator, batch).expect("batches have the shapes of the modalities");
        };
        let sgd = Sgd {
            learning_rate: values.get("rate"),
            schedule: Schedule::Constant,
            batch: 128,
            steps: STEPS,
            averaging: None,
            checkpoints: std::iter::once(1).chain((STRIDE..=STEPS).step_by(STRIDE)).collect(),
            seed,
            ..Sgd::default()
        };
        let mut loss = InfoNce::new(Critic::Bilinear, Direction::Symmetric, 1.0);
        let trained = sgd.train(&mut loss, &mut fresh as &mut dyn BatchSource<f64>, channels, DIM)?;
        let mut run = Run { shared: vec![], private: vec![], known: 0.0 };
        for checkpoint in trained.trajectory {
            let case = Case::of_weights(&subject, checkpoint.encoders)?;
            let step = checkpoint.step as f64;
            run.shared.push((step, information(&case, "shared", Source::EncodedFirst)));
            run.private.push((step, information(&case, "private 1", Source::EncodedFirst)));
            run.known = information(&case, "private 1", Source::First);
        }
        Ok(run)
    }

    /// I(z_1; s) at the population's optimum.
    fn optimum(&self, values: &Values) -> Result<f64, LessonError> {
        minimise(&self.model(values), &PopulationInfoNce::default(), DIM, |case| {
            information(case, "shared", Source::EncodedFirst)
        })
    }
}

fn last(line: &[(f64, f64)]) -> f64 {
    line.last().map_or(0.0, |point| point.1)
}

impl Lesson for Forgetting {
    fn name(&self) -> &'static str {
        "forgetting"
    }

    fn title(&self) -> &'static str {
        "A tower forgets as it trains"
    }

    fn theorem(&self) -> &'static str {
        "leakage"
    }

    fn text(&self) -> &'static str {
        "Two random encoders are trained by InfoNCE, batch by batch. At the start encoder 1 says something of everything that its sensor \
         sees. As it learns to agree with encoder 2 it gains what is shared and forgets what is private, though nobody asked it to."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        format!("[family]\nkind = \"orthogonal\"\nshared = 2\nprivate = 2\nnoise = {}\n", values.get("noise"))
    }

    fn command(&self, _values: &Values) -> String {
        "alignloss eval model.toml --objective infonce --dim 2".into()
    }

    fn question(&self) -> &'static str {
        "Does the tower ever forget all that is private?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let run = self.train(values)?;
        Ok(format!(
            "Yes, but for the noise of the gradients: the optimum keeps none. After {STEPS} steps {:.3} nats are left of the {:.3} that \
             it had at the start and the {:.3} that the sensor knows; of the shared factors it keeps {:.3}.",
            last(&run.private),
            run.private.first().map_or(0.0, |point| point.1),
            run.known,
            last(&run.shared)
        ))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let run = self.train(values)?;
        let optimum = self.optimum(values)?;
        let numbers = vec![
            ("private at the start".into(), run.private.first().map_or(0.0, |point| point.1)),
            ("private at the end".into(), last(&run.private)),
            ("shared at the end".into(), last(&run.shared)),
            ("shared at the optimum".into(), optimum),
        ];
        Ok(Chart {
            title: "What encoder 1 keeps while it trains".into(),
            x: "steps",
            y: "nats",
            series: vec![
                Series::line("shared", run.shared),
                Series::line("private", run.private),
                Series::line("shared at the optimum", vec![(0.0, optimum), (STEPS as f64, optimum)]),
            ],
            marks: vec![],
            numbers,
        })
    }

    fn runs(&self) -> bool {
        true
    }
}
