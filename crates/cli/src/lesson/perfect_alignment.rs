//! Perfect alignment keeps only the redundancy.

use super::study::{LessonError, information, minimise, range};
use super::{Chart, Lesson, Mark, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::information::Source;
use alignloss::objective::CanonicalCorrelation;

/// What an aligned encoder says about a partly private target.
#[derive(Debug)]
pub(super) struct PerfectAlignment;

const PARAMETERS: [Parameter; 2] = [
    Parameter { name: "private", meaning: "private share of the target", from: 0.0, to: 1.0, step: 0.1, default: 0.5 },
    Parameter { name: "noise2", meaning: "noise of sensor 2", from: 0.01, to: 1.01, step: 0.1, default: 0.41 },
];

/// Noise of sensor 1, the better of the two.
const NOISE: f64 = 0.01;

fn source(private: f64, noise: f64) -> String {
    format!(
        "[family]\nkind = \"orthogonal\"\nshared = 1\nprivate = 1\nnoise = [{NOISE}, {noise}]\nprivate_fraction = {private}\n"
    )
}

/// I(x_1; y), I(x_2; y), I(z_1; y) and ρ.
fn said(private: f64, noise: f64) -> Result<[f64; 4], LessonError> {
    minimise(&source(private, noise), &CanonicalCorrelation, 1, |case| {
        let [first, second, encoded] =
            [Source::First, Source::Second, Source::EncodedFirst].map(|source| information(case, "mixture", source));
        [first, second, encoded, case.subject.pair.correlation(0)]
    })
}

impl Lesson for PerfectAlignment {
    fn name(&self) -> &'static str {
        "perfect-alignment"
    }

    fn title(&self) -> &'static str {
        "Perfect alignment keeps only the redundancy"
    }

    fn theorem(&self) -> &'static str {
        "perfect-alignment"
    }

    fn text(&self) -> &'static str {
        "If both encoders output exactly the same thing, that thing holds no more than the weaker sensor knows: the redundancy. Lower the \
         noise of sensor 2 until the outputs agree (ρ near 1): nothing beyond the redundancy is left."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "What can't an aligned encoder keep, however good sensor 1 is?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        Recipe::eval(source(values.get("private"), values.get("noise2")), "--objective cca --dim 1")
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let noise = values.get("noise2");
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for share in range(0.0, 1.0, 21) {
            for (line, nats) in lines.iter_mut().zip(said(share, noise)?) {
                line.push((share, nats));
            }
        }
        let [line_first, line_second, line_encoded] = lines;
        let share = values.get("private");
        let [first, second, encoded, rho] = said(share, noise)?;
        let answer = format!(
            "What is unique to sensor 1: at perfect agreement only the redundancy is left. Here ρ = {rho:.3}. Of the {first:.3} nats that \
             sensor 1 knows ({second:.3} of them redundant), the encoder keeps {encoded:.3} and loses {:.3}.",
            first - encoded
        );
        let chart = Chart {
            title: "What is known about the target".into(),
            x: "private share of the target",
            y: "nats",
            series: vec![
                Series::line("sensor 1", line_first),
                Series::line("redundancy", line_second),
                // Often hidden behind the redundancy, so drawn as points to keep both visible.
                Series::cloud("aligned encoder", line_encoded),
            ],
            marks: vec![Mark { name: "here".into(), point: (share, encoded) }],
            numbers: vec![
                Number::nats("I(x1; y)", first).of("mixture", "mi.x1"),
                Number::nats("I(x2; y)", second).of("mixture", "mi.x2"),
                Number::nats("I(z1; y)", encoded).of("mixture", "mi.z1"),
                Number::new("ρ", rho).at("canonical_correlations.0"),
            ],
        };
        Ok(Study { chart, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aligned_encoder_comes_down_to_the_redundancy_as_the_outputs_agree() {
        for share in range(0.0, 1.0, 11) {
            let mut last_excess = f64::INFINITY;
            for noise in [1.01, 0.41, 0.11, NOISE] {
                let [first, second, encoded, rho] = said(share, noise).expect("measures");
                assert!(encoded <= first + 1e-12 && encoded >= second - 1e-12, "{share} {noise}");
                assert!(encoded - second <= last_excess + 1e-12, "{share} {noise}");
                last_excess = encoded - second;
                assert!(rho < 1.0);
            }
            // Two sensors of one quality: the encoder is left with what sensor 2 knows, to the last digit.
            assert!(last_excess.abs() < 1e-9, "{share}: {last_excess}");
        }
        let [first, _, encoded, rho] = said(1.0, NOISE).expect("measures");
        assert!(rho > 0.99 && encoded.abs() < 1e-12 && first > 2.0, "{first} {encoded} {rho}");
    }
}
