//! What is shared and what is private.

use super::study::{information, minimise, range};
use super::{Chart, Lesson, LessonError, Mark, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::information::{PartialInformation, Source};
use alignloss::objective::CanonicalCorrelation;

/// A target that moves from what both sensors see to what only the first sees.
#[derive(Debug)]
pub(super) struct SharedAndPrivate;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "private", meaning: "private share of the target", from: 0.0, to: 1.0, step: 0.1, default: 0.5 },
    Parameter { name: "noise1", meaning: "noise of sensor 1", from: 0.05, to: 1.0, step: 0.05, default: 0.1 },
    Parameter { name: "noise2", meaning: "noise of sensor 2", from: 0.05, to: 1.0, step: 0.05, default: 0.2 },
];

fn source(private: f64, noise: [f64; 2]) -> String {
    let [first, second] = noise;
    format!(
        "[family]\nkind = \"orthogonal\"\nshared = 1\nprivate = 1\nnoise = [{first}, {second}]\nprivate_fraction = {private}\n"
    )
}

/// I(x_1; y), I(x_2; y) and I(x_1, x_2; y).
fn said(private: f64, noise: [f64; 2]) -> Result<[f64; 3], LessonError> {
    minimise(&source(private, noise), &CanonicalCorrelation, 1, |case| {
        [Source::First, Source::Second, Source::Both].map(|source| information(case, "mixture", source))
    })
}

fn noise(values: &Values) -> [f64; 2] {
    [values.get("noise1"), values.get("noise2")]
}

impl Lesson for SharedAndPrivate {
    fn name(&self) -> &'static str {
        "shared-and-private"
    }

    fn title(&self) -> &'static str {
        "What is shared and what is private"
    }

    fn theorem(&self) -> &'static str {
        alignloss::theorem::PERFECT_ALIGNMENT
    }

    fn text(&self) -> &'static str {
        "Two sensors look at one scene. A shared factor drives both; a private one drives only the first. The target mixes the two: slide \
         its private share and watch what each sensor says about it. What both can say is redundant; what only one can say is unique."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "Is a noisier sensor 2 the same as a more private target?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        Recipe::eval(source(values.get("private"), noise(values)), "--objective cca --dim 1")
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for share in range(0.0, 1.0, 21) {
            for (line, nats) in lines.iter_mut().zip(said(share, noise(values))?) {
                line.push((share, nats));
            }
        }
        let [line_first, line_second, line_both] = lines;
        let share = values.get("private");
        let [first, second, both] = said(share, noise(values))?;
        let parts = PartialInformation::new(first, second, both);
        let answer = format!(
            "No. Noise weakens what sensor 2 says; about a private target it says nothing, however clean it is. Here {:.3} nats are \
             redundant, {:.3} unique to sensor 1, {:.3} unique to sensor 2, {:.3} synergy.",
            parts.redundancy, parts.unique_first, parts.unique_second, parts.synergy
        );
        let chart = Chart {
            title: "What the sensors say about the target".into(),
            x: "private share of the target",
            y: "nats",
            series: vec![
                Series::line("both", line_both),
                Series::line("sensor 1", line_first),
                Series::line("sensor 2", line_second),
            ],
            marks: vec![Mark { name: "sensor 2 here".into(), point: (share, second) }],
            numbers: vec![
                Number::nats("I(x1; y)", first).of("mixture", "mi.x1"),
                Number::nats("I(x2; y)", second).of("mixture", "mi.x2"),
                Number::nats("I(x1, x2; y)", both).of("mixture", "mi.x12"),
                Number::nats("redundant", parts.redundancy).of("mixture", "pid.redundancy"),
            ],
        };
        Ok(Study { chart, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_weakens_what_sensor_2_says_and_privacy_ends_it() {
        for share in range(0.0, 1.0, 11) {
            let second: Vec<f64> =
                range(0.05, 1.0, 6).map(|noise| said(share, [0.1, noise]).expect("measures")[1]).collect();
            if share > 0.999 {
                assert!(second.iter().all(|nats| nats.abs() < 1e-12), "{second:?}");
            } else {
                assert!(second.is_sorted_by(|more, less| more > less) && second[5] > 0.0, "{share}: {second:?}");
            }
            let [first, second, both] = said(share, [0.1, 0.2]).expect("measures");
            let parts = PartialInformation::new(first, second, both);
            let sum = parts.redundancy + parts.unique_first + parts.unique_second + parts.synergy;
            assert!((sum - both).abs() < 1e-12 && parts.unique_second.abs() < 1e-12, "{parts:?}");
        }
    }
}
