//! Finite samples align noise.

use super::recipe::EXPERIMENT;
use super::study::{LessonError, minimise, model, range};
use super::{Chart, Lesson, Mark, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::objective::CanonicalCorrelation;
use alignloss::random::Stream;
use alignloss::sample::Data;
use alignloss::theorem::{self, Quantity, Question, Subject};
use rayon::prelude::*;

/// The largest correlation CCA finds at various sample sizes.
#[derive(Debug)]
pub(super) struct FiniteSamples;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "rho", meaning: "true correlation", from: 0.0, to: 0.9, step: 0.1, default: 0.4 },
    Parameter { name: "channels", meaning: "channels of each sensor", from: 4.0, to: 32.0, step: 4.0, default: 16.0 },
    Parameter { name: "log10n", meaning: "log10 of the samples", from: 2.0, to: 4.0, step: 0.25, default: 2.5 },
];

/// Sample sizes, as powers of ten.
const DRAWN: [f64; 9] = [2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75, 4.0];

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 100 to 10 000")]
fn samples(log10n: f64) -> usize {
    10.0_f64.powf(log10n).round() as usize
}

fn family(rho: f64, channels: usize) -> String {
    format!("kind = \"spiked\"\ncorrelations = [{rho}]\nobserved = {channels}\n")
}

/// The limit of the largest sample correlation, at each sample size.
fn limits(model: &str, log10n: &[f64]) -> Result<Vec<f64>, LessonError> {
    let quantity = Quantity::CanonicalCorrelation(1);
    let theorem = FiniteSamples.theorem();
    let spiked = theorem::find(theorem).expect("in the registry");
    minimise(model, &CanonicalCorrelation, 1, |case| {
        let at = |&log10n: &f64| {
            let question = Question { quantity, target: 0, samples: Some(samples(log10n) as u64) };
            let said = spiked.predict(case, &question)?.ok_or(LessonError::Silent { theorem, quantity })?;
            Ok(said.value())
        };
        log10n.iter().map(at).collect()
    })?
}

/// The largest sample correlation in each draw; the draws are those of the lesson's experiment.
fn found(source: &str) -> Result<Vec<f64>, LessonError> {
    let model = model(source)?;
    let draw = |(cell, &log10n): (usize, &f64)| {
        let stream = Stream { seed: 0, experiment: EXPERIMENT, cell: cell as u64, replicate: 0 };
        let data = Data::draw(&model, samples(log10n), &mut stream.generator())?;
        Ok(Subject::new(&data.empirical_model("sample")?, [0, 1])?.pair.correlation(0))
    };
    DRAWN.par_iter().enumerate().map(draw).collect()
}

impl Lesson for FiniteSamples {
    fn name(&self) -> &'static str {
        "finite-samples"
    }

    fn title(&self) -> &'static str {
        "Finite samples align noise"
    }

    fn theorem(&self) -> &'static str {
        "spiked-cca"
    }

    fn text(&self) -> &'static str {
        "With few samples and many channels, CCA always finds something to align. The line is the limit that random matrix theory \
         predicts for the largest sample correlation; the dots are draws. Below a threshold, everything found is noise."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "Set the true correlation to 0. What does CCA report?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        Recipe::sweep(format!(
            "title = \"{}\"\nshows = \"{}\"\nestimator = \"sample\"\n\n[model.family]\n{}\n[grid]\nobjective = \"cca\"\ndim = 1\n\
             evaluation = \"plug-in\"\nsamples = {:?}\n",
            self.title(),
            self.theorem(),
            family(values.get("rho"), values.count("channels")),
            DRAWN.map(samples)
        ))
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let (truth, channels, log10n) = (values.get("rho"), values.count("channels"), values.get("log10n"));
        let model = format!("[family]\n{}", family(truth, channels));
        let line: Vec<f64> = range(2.0, 4.0, 41).collect();
        let predicted = line.iter().copied().zip(limits(&model, &line)?).collect();
        let found = found(&model)?;
        let limit = limits(&model, &[log10n])?[0];
        let place = DRAWN.iter().position(|drawn| (drawn - log10n).abs() < 1e-9).unwrap_or(0);
        let count = samples(log10n);
        let answer = format!(
            "The edge of the noise, which falls only once the samples outnumber the channels. Here the true ρ is {truth:.1}, the limit for \
             {count} samples and {channels} channels is {limit:.3}, and this draw shows {:.3}.",
            found[place]
        );
        let chart = Chart {
            title: "The largest correlation found".into(),
            x: "log10 of the samples",
            y: "correlation",
            series: vec![
                Series::line("predicted", predicted),
                Series::cloud("found", DRAWN.into_iter().zip(found.iter().copied()).collect()),
                Series::line("truth", vec![(2.0, truth), (4.0, truth)]),
            ],
            marks: vec![Mark { name: "here".into(), point: (log10n, found[place]) }],
            numbers: vec![
                Number::new("true ρ", truth),
                Number::new("predicted", limit),
                Number::new("found", found[place])
                    .of("shared", "canonical_correlation.1")
                    .in_row("samples", count.to_string()),
            ],
        };
        Ok(Study { chart, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_correlation_cca_reports_the_edge_of_the_noise() {
        for channels in [4, 16, 32] {
            let model = |rho: f64| format!("[family]\n{}", family(rho, channels));
            let edge = limits(&model(0.0), &DRAWN).expect("limits");
            assert!(edge.is_sorted_by(|more, less| more > less) && edge[8] > 0.03, "{channels}: {edge:?}");
            // 100 samples: far above nothing, and more with more channels.
            assert!(edge[0] > 0.05 * channels.min(8) as f64, "{channels}: {edge:?}");
            for (found, edge) in found(&model(0.0)).expect("draws").iter().zip(&edge) {
                assert!((found - edge).abs() < 0.1, "{channels}: {found} at {edge}");
            }
            // Below the threshold the truth makes no difference, above it does.
            let ratio = channels as f64 / 100.0;
            let threshold = (ratio / (1.0 - ratio)).sqrt();
            let limit = |rho: f64| limits(&model(rho), &DRAWN[..1]).expect("limits")[0];
            assert!((limit(0.9 * threshold) - edge[0]).abs() < 1e-9, "{channels}");
            assert!(limit(1.1 * threshold) > edge[0] + 1e-4, "{channels}");
        }
    }
}
