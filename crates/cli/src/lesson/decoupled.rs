//! Two blocks: align one, leave the other alone.

use super::study::{LessonError, information, minimise};
use super::{Chart, Lesson, Mark, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::information::Source;
use alignloss::objective::{CanonicalCorrelation, Decoupled, Objective};

/// An encoder with a common and a unique block, compared with a fully aligned one of the same width.
#[derive(Debug)]
pub(super) struct TwoBlocks;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "dim", meaning: "outputs of each encoder", from: 1.0, to: 4.0, step: 1.0, default: 4.0 },
    Parameter { name: "common", meaning: "outputs that are aligned", from: 1.0, to: 2.0, step: 1.0, default: 2.0 },
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.05, to: 1.0, step: 0.05, default: 0.2 },
];

/// The number of shared factors, and of private ones per sensor.
const FACTORS: usize = 2;

fn source(noise: f64) -> String {
    format!("[family]\nkind = \"orthogonal\"\nshared = {FACTORS}\nprivate = {FACTORS}\nnoise = {noise}\n")
}

/// What a source says about the shared and the private factors, with d outputs.
fn said(noise: f64, objective: &dyn Objective, dim: usize, by: Source) -> Result<[f64; 2], LessonError> {
    minimise(&source(noise), objective, dim, |case| ["shared", "private 1"].map(|target| information(case, target, by)))
}

/// What encoder 1 keeps of both, with two blocks.
fn kept(noise: f64, common: usize, dim: usize) -> Result<[f64; 2], LessonError> {
    said(noise, &Decoupled { common_dim: Some(common) }, dim, Source::EncodedFirst)
}

impl Lesson for TwoBlocks {
    fn name(&self) -> &'static str {
        "two-blocks"
    }

    fn title(&self) -> &'static str {
        "Two blocks: align one, leave one alone"
    }

    fn theorem(&self) -> &'static str {
        "decoupled-sufficiency"
    }

    fn text(&self) -> &'static str {
        "Give the encoder a common block, which is aligned, and a unique block, which only describes its own sensor. Then nothing need be \
         lost: the price is more outputs, not less alignment. Change the width and see what fills up first."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "How many outputs does it take to lose nothing?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        let options =
            format!("--objective decoupled -p common_dim={} --dim {}", values.count("common"), values.count("dim"));
        Recipe::eval(source(values.get("noise")), options)
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let (noise, common) = (values.get("noise"), values.count("common"));
        let [mut line_shared, mut line_private, mut line_aligned] = [const { Vec::new() }; 3];
        for dim in 1..=2 * FACTORS {
            let [shared, private] = kept(noise, common, dim)?;
            line_shared.push((dim as f64, shared));
            line_private.push((dim as f64, private));
            let aligned = said(noise, &CanonicalCorrelation, dim.min(FACTORS), Source::EncodedFirst)?;
            line_aligned.push((dim as f64, aligned[1]));
        }
        let [shared, private] = kept(noise, common, values.count("dim"))?;
        let sensor = said(noise, &CanonicalCorrelation, 1, Source::First)?;
        let answer = format!(
            "As many as there are shared and private factors: {FACTORS} + {FACTORS}. Here encoder 1 keeps {shared:.3} of the {:.3} nats \
             about the shared factors and {private:.3} of the {:.3} nats about the private ones.",
            sensor[0], sensor[1]
        );
        let chart = Chart {
            title: "What encoder 1 keeps".into(),
            x: "outputs of each encoder",
            y: "nats",
            series: vec![
                Series::line("shared", line_shared),
                Series::line("private", line_private),
                Series::line("private, all aligned", line_aligned),
            ],
            marks: vec![Mark { name: "private here".into(), point: (values.get("dim"), private) }],
            numbers: vec![
                Number::nats("I(z1; shared)", shared).of("shared", "mi.z1"),
                Number::nats("I(z1; private)", private).of("private 1", "mi.z1"),
                Number::nats("I(x1; private)", sensor[1]).of("private 1", "mi.x1"),
            ],
        };
        Ok(Study { chart, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_with_as_many_outputs_as_factors_and_not_with_fewer() {
        for noise in [0.05, 0.2, 1.0] {
            let sensor = said(noise, &CanonicalCorrelation, 1, Source::First).expect("measures");
            for common in 1..=FACTORS {
                let lost = |dim| {
                    let kept = kept(noise, common, dim).expect("measures");
                    sensor[0] - kept[0] + sensor[1] - kept[1]
                };
                assert!(lost(2 * FACTORS).abs() < 1e-9, "{noise} {common}");
                assert!((1..2 * FACTORS).all(|dim| lost(dim) > 0.1), "{noise} {common}");
            }
            let aligned = said(noise, &CanonicalCorrelation, FACTORS, Source::EncodedFirst).expect("measures");
            assert!(aligned[1].abs() < 1e-12, "an aligned encoder keeps nothing private: {aligned:?}");
        }
    }
}
