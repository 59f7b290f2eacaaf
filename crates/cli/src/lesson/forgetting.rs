//! An encoder forgets as it trains.

use super::recipe::EXPERIMENT;
use super::study::{LessonError, information, model};
use super::{Chart, Lesson, Number, Parameter, Recipe, Series, Show, Study, Values};
use alignloss::experiment::draws;
use alignloss::information::Source;
use alignloss::learner::{Schedule, Sgd};
use alignloss::objective::InfoNce as PopulationInfoNce;
use alignloss::objective::minibatch::{Critic, Direction, InfoNce};
use alignloss::random::Stream;
use alignloss::sample::Sampler;
use alignloss::theorem::{Case, Subject};
use nalgebra::DMatrix;
use std::ops::ControlFlow;

/// InfoNCE trained by stochastic gradients on fresh samples.
#[derive(Debug)]
pub(super) struct Forgetting;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.1, to: 1.0, step: 0.1, default: 0.3 },
    Parameter { name: "rate", meaning: "learning rate", from: 0.005, to: 0.03, step: 0.005, default: 0.01 },
    Parameter { name: "seed", meaning: "random start", from: 0.0, to: 5.0, step: 1.0, default: 0.0 },
];

/// Steps of a run.
const STEPS: usize = 600;

/// Steps between points of the chart.
const STRIDE: usize = 10;

/// Samples in a batch.
const BATCH: usize = 128;

/// Outputs of each encoder: one per shared factor.
const DIM: usize = 2;

fn family(values: &Values) -> String {
    format!("kind = \"orthogonal\"\nshared = {DIM}\nprivate = 2\nnoise = {}\n", values.get("noise"))
}

/// What encoder 1 says about the shared and the private factors, step by step, with the levels it can reach.
#[derive(Debug, Clone)]
struct Path {
    shared: Vec<(f64, f64)>,
    private: Vec<(f64, f64)>,
    /// I(z_1; s) at the population optimum.
    optimum: f64,
    /// I(x_1; u_1).
    known: f64,
}

fn last(line: &[(f64, f64)]) -> (f64, f64) {
    line.last().copied().unwrap_or_default()
}

impl Path {
    fn push(&mut self, step: usize, case: &Case) {
        self.shared.push((step as f64, information(case, "shared", Source::EncodedFirst)));
        self.private.push((step as f64, information(case, "private 1", Source::EncodedFirst)));
    }

    fn study(&self) -> Study {
        let ((step, private), (_, shared)) = (last(&self.private), last(&self.shared));
        let start = self.private.first().map_or(0.0, |point| point.1);
        let answer = format!(
            "Yes, up to gradient noise: the optimum keeps none of it. After {step} steps, {private:.3} nats are left of the \
             {start:.3} at the start (the sensor knows {:.3}); about the shared factors it keeps {shared:.3}.",
            self.known
        );
        let level = |nats: f64| vec![(0.0, nats), (STEPS as f64, nats)];
        let chart = Chart {
            title: "What encoder 1 knows while it trains".into(),
            x: "steps",
            y: "nats",
            series: vec![
                Series::line("shared", self.shared.clone()),
                Series::line("private", self.private.clone()),
                Series::line("shared, optimum", level(self.optimum)),
                Series::line("private, sensor", level(self.known)),
            ],
            marks: vec![],
            numbers: vec![
                Number::count("steps", step),
                Number::nats("private at first", start),
                Number::nats("private now", private).of("private 1", "mi.z1").in_row("step", step.to_string()),
                Number::nats("shared now", shared).of("shared", "mi.z1").in_row("step", step.to_string()),
            ],
        };
        Study { chart, answer }
    }
}

/// Trains as the lesson's experiment does, and shows the path every few steps, until told to stop.
fn train(values: &Values, show: &mut dyn FnMut(&Path) -> ControlFlow<()>) -> Result<(), LessonError> {
    let model = model(&format!("[family]\n{}", family(values)))?;
    let subject = Subject::new(&model, [0, 1])?;
    let objective = PopulationInfoNce::default();
    let optimum = Case::minimise(&subject, &subject.learner(0), &objective, DIM)?;
    let mut path = Path {
        shared: vec![],
        private: vec![],
        optimum: information(&optimum, "shared", Source::EncodedFirst),
        known: information(&optimum, "private 1", Source::First),
    };
    let stream = Stream { seed: values.count("seed") as u64, experiment: EXPERIMENT, cell: 0, replicate: 0 };
    let (seed, mut generator) = draws(stream);
    let sgd = Sgd {
        learning_rate: Some(values.get("rate")),
        schedule: Schedule::Constant,
        batch: Some(BATCH),
        steps: STEPS,
        averaging: None,
        seed,
        ..Sgd::default()
    };
    let mut sampler = Sampler::<f64>::new(&[0, 1].map(|m| subject.pair.factor(m).clone()))?;
    let mut fresh = |batch: &mut [DMatrix<f64>; 2]| {
        sampler.draw_into(&mut generator, batch).expect("batches have the shapes of the modalities");
    };
    let mut loss = InfoNce::new(Critic::default(), Direction::default(), 1.0);
    let mut training = sgd.start(&mut loss, &mut fresh, subject.pair.channels(), DIM)?;
    let mut goes_on = true;
    loop {
        path.push(training.steps(), &Case::of_weights(&subject, training.encoders())?);
        if show(&path).is_break() || !goes_on {
            return Ok(());
        }
        goes_on = training.advance(STRIDE)?;
    }
}

impl Lesson for Forgetting {
    fn name(&self) -> &'static str {
        "forgetting"
    }

    fn title(&self) -> &'static str {
        "An encoder forgets as it trains"
    }

    fn theorem(&self) -> &'static str {
        "leakage"
    }

    fn text(&self) -> &'static str {
        "Two random encoders are trained by InfoNCE, batch by batch, while you watch. At first encoder 1 says a little about everything \
         its sensor sees. As it learns to agree with encoder 2 it forgets what is private, though nobody asked it to."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "Does encoder 1 ever forget everything private?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        Recipe::sweep(format!(
            "title = \"{}\"\nshows = \"{}\"\nestimator = \"sgd\"\nseed = {}\n\n[model.family]\n{}\n[grid]\nobjective = \"infonce\"\n\
             dim = {DIM}\n\"sgd.steps\" = {STEPS}\n\"sgd.batch\" = {BATCH}\n\"sgd.learning_rate\" = {}\n\"sgd.schedule\" = \"constant\"\n\
             \"sgd.averaging\" = \"last\"\n\"sgd.checkpoints\" = 24\n",
            self.title(),
            self.theorem(),
            values.count("seed"),
            family(values),
            values.get("rate")
        ))
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let mut end = None;
        train(values, &mut |path| {
            end = Some(path.clone());
            ControlFlow::Continue(())
        })?;
        Ok(end.expect("training shows at least its start").study())
    }

    fn runs(&self) -> bool {
        true
    }

    fn run(&self, values: &Values, show: &mut Show) -> Result<(), LessonError> {
        train(values, &mut |path| show(path.study()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optimum_keeps_nothing_private_and_training_comes_near_to_it() {
        let mut values = Values::new(&PARAMETERS);
        for (noise, rate, seed) in
            [(0.3, 0.01, 0.0), (0.1, 0.01, 1.0), (1.0, 0.01, 2.0), (0.3, 0.03, 3.0), (0.3, 0.005, 4.0)]
        {
            values.set(0, noise);
            values.set(1, rate);
            values.set(2, seed);
            let model = model(&format!("[family]\n{}", family(&values))).expect("a model");
            let subject = Subject::new(&model, [0, 1]).expect("a subject");
            let objective = PopulationInfoNce::default();
            let case = Case::minimise(&subject, &subject.learner(0), &objective, DIM).expect("a minimiser");
            assert!(information(&case, "private 1", Source::EncodedFirst) < 1e-12);
            let mut path = None;
            let watched = train(&values, &mut |so_far| {
                path = Some(so_far.clone());
                ControlFlow::Continue(())
            });
            watched.expect("a run");
            let path = path.expect("at least the start");
            let (start, end) = (path.private[0].1, last(&path.private).1);
            assert!(end < 0.2 * start && start < path.known, "noise {noise}, rate {rate}: {end} of {start}");
            let shared = last(&path.shared).1;
            assert!(
                shared > 0.9 * path.optimum && shared <= path.optimum + 1e-9,
                "noise {noise}, rate {rate}: {shared}"
            );
        }
    }

    #[test]
    fn a_run_is_shown_as_it_advances_and_ends_when_told() {
        let values = Values::new(&PARAMETERS);
        let mut lengths = Vec::new();
        let watched = Forgetting.run(&values, &mut |study| {
            lengths.push(study.chart.series[0].points.len());
            if lengths.len() == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        watched.expect("a run");
        assert_eq!(lengths, [1, 2, 3, 4, 5]);
    }
}
