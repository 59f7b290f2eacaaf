//! What is shared and what is private.

use super::study::{information, minimise, range};
use super::{Chart, Lesson, LessonError, Mark, Parameter, Series, Values};
use crate::information::{PartialInformation, Source};
use crate::objective::CanonicalCorrelation;

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
        "perfect-alignment"
    }

    fn text(&self) -> &'static str {
        "Two sensors look at one scene. A shared factor moves both; a private one moves only the first. The target mixes the two: \
         slide its private share and watch what each sensor can say of it. What both can say is redundant, what only one can is unique."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        source(values.get("private"), noise(values))
    }

    fn command(&self, _values: &Values) -> String {
        "alignloss eval model.toml --objective cca --dim 1".into()
    }

    fn question(&self) -> &'static str {
        "Is a noisier sensor 2 the same to the target as a more private target?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let [first, second, both] = said(values.get("private"), noise(values))?;
        let parts = PartialInformation::new(first, second, both);
        Ok(format!(
            "Sensor 2 loses in both ways, but noise can be averaged out and privacy cannot: at private = 1 it says nothing whatever its \
             noise. Here {:.3} nats are redundant, {:.3} unique to sensor 1, {:.3} unique to sensor 2, {:.3} synergy.",
            parts.redundancy, parts.unique_first, parts.unique_second, parts.synergy
        ))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for share in range(0.0, 1.0, 21) {
            for (line, nats) in lines.iter_mut().zip(said(share, noise(values))?) {
                line.push((share, nats));
            }
        }
        let [first, second, both] = lines;
        let share = values.get("private");
        let here = said(share, noise(values))?;
        Ok(Chart {
            title: "What the sensors say of the target".into(),
            x: "private share of the target",
            y: "nats",
            series: vec![Series::line("sensor 1", first), Series::line("sensor 2", second), Series::line("both", both)],
            marks: vec![Mark { name: "sensor 2 here".into(), point: (share, here[1]) }],
            numbers: vec![("I(x1; y)".into(), here[0]), ("I(x2; y)".into(), here[1]), ("I(x1, x2; y)".into(), here[2])],
        })
    }
}
