//! CCA in one picture.

use super::study::{LessonError, minimise, model};
use super::{Chart, Lesson, Parameter, Series, Values};
use crate::linalg::product;
use crate::objective::CanonicalCorrelation;
use crate::sample::{Data, Stream};

/// Samples of the two encoders' outputs against each other.
#[derive(Debug)]
pub(super) struct CanonicalCorrelations;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.05, to: 2.0, step: 0.05, default: 0.3 },
    Parameter { name: "weak", meaning: "size of the second factor", from: 0.2, to: 1.0, step: 0.1, default: 0.6 },
    Parameter { name: "pair", meaning: "which pair of outputs", from: 1.0, to: 2.0, step: 1.0, default: 1.0 },
];

/// Samples drawn.
const SAMPLES: usize = 200;

impl CanonicalCorrelations {
    /// ρ of both pairs and the least ε².
    fn measured(&self, values: &Values) -> Result<([f64; 2], f64), LessonError> {
        minimise(&self.model(values), &CanonicalCorrelation, 2, |case| {
            ([0, 1].map(|pair| case.subject.pair.correlation(pair)), case.alignment.floor)
        })
    }
}

impl Lesson for CanonicalCorrelations {
    fn name(&self) -> &'static str {
        "cca"
    }

    fn title(&self) -> &'static str {
        "CCA in one picture"
    }

    fn theorem(&self) -> &'static str {
        "alignment-floor"
    }

    fn text(&self) -> &'static str {
        "Each sensor gets a linear encoder with outputs of variance one. CCA turns them until the first outputs agree best, then the \
         second ones. The cloud shows one pair of outputs for 200 scenes; its correlation is ρ. Perfect agreement would be the diagonal."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        format!(
            "[family]\nkind = \"orthogonal\"\nshared = 2\nprivate = 1\nnoise = {}\nshared_std = [1.0, {}]\n",
            values.get("noise"),
            values.get("weak")
        )
    }

    fn command(&self, _values: &Values) -> String {
        "alignloss eval model.toml --objective cca --dim 2".into()
    }

    fn question(&self) -> &'static str {
        "How far apart are the outputs of the best encoders, on average?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let ([first, second], floor) = self.measured(values)?;
        Ok(format!(
            "E‖z1 − z2‖² = 2(1 − ρ1) + 2(1 − ρ2), and no whitened encoders do better. Here ρ = {first:.3} and {second:.3}, which makes \
             {floor:.3}."
        ))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let pair = values.count("pair") - 1;
        let model = model(&self.model(values))?;
        let stream = Stream { seed: 1, experiment: "lesson cca", cell: 0, replicate: 0 };
        let data = Data::draw(&model, SAMPLES, &mut stream.generator())?;
        let points = minimise(&self.model(values), &CanonicalCorrelation, 2, |case| {
            let channels = case.subject.pair.channels();
            let rows = |start, count| data.samples().rows(start, count).into_owned();
            let first = product(&case.encoders.first, &rows(0, channels[0]));
            let second = product(&case.encoders.second, &rows(channels[0], channels[1]));
            (0..SAMPLES).map(|sample| (first[(pair, sample)], second[(pair, sample)])).collect::<Vec<_>>()
        })?;
        let (correlations, floor) = self.measured(values)?;
        let rho = correlations[pair];
        Ok(Chart {
            title: format!("Outputs {} of both encoders", pair + 1),
            x: "output of sensor 1",
            y: "output of sensor 2",
            series: vec![
                Series::cloud("scenes", points),
                Series::line("best guess ρ·z1", vec![(-2.5, -2.5 * rho), (2.5, 2.5 * rho)]),
            ],
            marks: vec![],
            numbers: vec![
                ("rho 1".into(), correlations[0]),
                ("rho 2".into(), correlations[1]),
                ("least distance squared".into(), floor),
            ],
        })
    }
}
