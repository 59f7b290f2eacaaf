//! Perfect alignment keeps only the redundancy.

use super::study::{LessonError, information, minimise, range};
use super::{Chart, Lesson, Mark, Parameter, Series, Values};
use crate::information::Source;
use crate::objective::CanonicalCorrelation;

/// What an aligned encoder says of a target that is private in part.
#[derive(Debug)]
pub(super) struct PerfectAlignment;

const PARAMETERS: [Parameter; 2] = [
    Parameter { name: "private", meaning: "private share of the target", from: 0.0, to: 1.0, step: 0.1, default: 0.5 },
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.01, to: 0.5, step: 0.01, default: 0.05 },
];

fn source(private: f64, noise: f64) -> String {
    format!("[family]\nkind = \"orthogonal\"\nshared = 1\nprivate = 1\nnoise = {noise}\nprivate_fraction = {private}\n")
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
        "If both encoders put out the very same thing, it can hold no more than the weaker sensor knows: the redundancy. All that is \
         unique is gone. Lower the noise until the outputs agree (ρ near 1) and see the aligned encoder fall onto what sensor 2 says."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        source(values.get("private"), values.get("noise"))
    }

    fn command(&self, _values: &Values) -> String {
        "alignloss eval model.toml --objective cca --dim 1".into()
    }

    fn question(&self) -> &'static str {
        "Does a better sensor 1 help the aligned encoder with a private target?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let [first, second, encoded, _] = said(values.get("private"), values.get("noise"))?;
        Ok(format!(
            "No. Less noise makes sensor 1 know more ({first:.3} nats here), yet its aligned encoder keeps {encoded:.3}, as much as \
             sensor 2 knows ({second:.3}): {:.3} nats are lost to alignment.",
            first - encoded
        ))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let noise = values.get("noise");
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for share in range(0.0, 1.0, 21) {
            for (line, nats) in lines.iter_mut().zip(said(share, noise)?) {
                line.push((share, nats));
            }
        }
        let [first, second, encoded] = lines;
        let share = values.get("private");
        let here = said(share, noise)?;
        Ok(Chart {
            title: "What is known of the target".into(),
            x: "private share of the target",
            y: "nats",
            series: vec![
                Series::line("sensor 1", first),
                Series::line("redundancy", second),
                // On the redundancy: as points, so that one sees both.
                Series::cloud("aligned encoder", encoded),
            ],
            marks: vec![Mark { name: "here".into(), point: (share, here[2]) }],
            numbers: vec![
                ("I(x1; y)".into(), here[0]),
                ("I(x2; y)".into(), here[1]),
                ("I(z1; y)".into(), here[2]),
                ("rho".into(), here[3]),
            ],
        })
    }
}
