//! Two blocks: align one, leave the other alone.

use super::study::{LessonError, information, minimise};
use super::{Chart, Lesson, Mark, Parameter, Series, Values};
use crate::information::Source;
use crate::objective::{CanonicalCorrelation, Decoupled, Objective};

/// An encoder with a common and a unique block against an aligned one of the same width.
#[derive(Debug)]
pub(super) struct TwoBlocks;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "dim", meaning: "outputs of each encoder", from: 1.0, to: 4.0, step: 1.0, default: 4.0 },
    Parameter { name: "common", meaning: "outputs that are aligned", from: 1.0, to: 2.0, step: 1.0, default: 2.0 },
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.05, to: 1.0, step: 0.05, default: 0.2 },
];

impl TwoBlocks {
    /// I(z_1; s) and I(z_1; u_1) with d outputs.
    fn kept(&self, values: &Values, objective: &dyn Objective, dim: usize) -> Result<[f64; 2], LessonError> {
        minimise(&self.model(values), objective, dim, |case| {
            ["shared", "private 1"].map(|target| information(case, target, Source::EncodedFirst))
        })
    }

    fn objective(values: &Values) -> Decoupled {
        Decoupled { common_dim: Some(values.count("common")) }
    }
}

impl Lesson for TwoBlocks {
    fn name(&self) -> &'static str {
        "two-blocks"
    }

    fn title(&self) -> &'static str {
        "Two blocks: align one, leave the other alone"
    }

    fn theorem(&self) -> &'static str {
        "decoupled-sufficiency"
    }

    fn text(&self) -> &'static str {
        "Give the encoder a common block, which is aligned, and a unique block, which only describes its own sensor. Then nothing need be \
         lost: the price is outputs, not alignment. Move the width and see shared and private information fill up one after the other."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        format!("[family]\nkind = \"orthogonal\"\nshared = 2\nprivate = 2\nnoise = {}\n", values.get("noise"))
    }

    fn command(&self, values: &Values) -> String {
        format!(
            "alignloss eval model.toml --objective decoupled --common-dim {} --dim {}",
            values.count("common"),
            values.count("dim")
        )
    }

    fn question(&self) -> &'static str {
        "How many outputs does it take to lose nothing?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let [shared, private] = self.kept(values, &Self::objective(values), values.count("dim"))?;
        let raw = minimise(&self.model(values), &CanonicalCorrelation, 1, |case| {
            ["shared", "private 1"].map(|target| information(case, target, Source::First))
        })?;
        Ok(format!(
            "As many as there are shared and private factors: 2 + 2. Here {shared:.3} of {:.3} shared nats and {private:.3} of {:.3} \
             private ones are kept.",
            raw[0], raw[1]
        ))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let mut shared = Vec::new();
        let mut private = Vec::new();
        let mut aligned = Vec::new();
        for dim in 1..=4 {
            let kept = self.kept(values, &Self::objective(values), dim)?;
            shared.push((dim as f64, kept[0]));
            private.push((dim as f64, kept[1]));
            aligned.push((dim as f64, self.kept(values, &CanonicalCorrelation, dim.min(2))?[1]));
        }
        let here = self.kept(values, &Self::objective(values), values.count("dim"))?;
        Ok(Chart {
            title: "What encoder 1 keeps".into(),
            x: "outputs of each encoder",
            y: "nats",
            series: vec![
                Series::line("shared", shared),
                Series::line("private", private),
                Series::line("private, cca on at most 2 outputs", aligned),
            ],
            marks: vec![Mark { name: "here".into(), point: (values.get("dim"), here[1]) }],
            numbers: vec![("I(z1; shared)".into(), here[0]), ("I(z1; private)".into(), here[1])],
        })
    }
}
