//! The capacity law.

use super::study::{LessonError, minimise};
use super::{Chart, Lesson, Parameter, Series, Values};
use crate::objective::{CanonicalCorrelation, Objective, PrincipalComponents, Random};

/// Aligned against private content, for encoders of every kind.
#[derive(Debug)]
pub(super) struct Capacity;

const PARAMETERS: [Parameter; 2] = [
    Parameter { name: "dim", meaning: "outputs of each encoder", from: 1.0, to: 4.0, step: 1.0, default: 2.0 },
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.01, to: 0.5, step: 0.01, default: 0.02 },
];

/// Random models.
const MODELS: u64 = 12;

fn source(seed: u64, noise: f64) -> String {
    format!("[family]\nkind = \"random\"\nshared = 2\nprivate = 2\nobserved = 4\nnoise = {noise}\nseed = {seed}\n")
}

/// (tr K, tr P) of the first encoder about what is private to its sensor, one point for each model.
fn spent(objective: &dyn Objective, values: &Values) -> Result<Vec<(f64, f64)>, LessonError> {
    (1..=MODELS)
        .map(|seed| {
            minimise(&source(seed, values.get("noise")), objective, values.count("dim"), |case| {
                let spent = case.capacities.iter().find(|spent| spent.encoder == 0);
                spent.map_or((0.0, 0.0), |spent| (spent.capacity.aligned, spent.capacity.private))
            })
        })
        .collect()
}

fn fullest(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|(aligned, private)| aligned + private).fold(0.0, f64::max)
}

impl Lesson for Capacity {
    fn name(&self) -> &'static str {
        "capacity"
    }

    fn title(&self) -> &'static str {
        "The capacity law"
    }

    fn theorem(&self) -> &'static str {
        "capacity"
    }

    fn text(&self) -> &'static str {
        "Every output of an encoder is a budget of one. Part of it can be predicted from the other sensor (aligned, tr K), part tells of \
         what is private (tr P), and both together never exceed the number of outputs. Encoders of twelve random models: none is \
         beyond the line."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        source(1, values.get("noise"))
    }

    fn command(&self, values: &Values) -> String {
        format!("alignloss eval model.toml --objective cca --dim {}", values.count("dim"))
    }

    fn question(&self) -> &'static str {
        "Can a better objective move an encoder beyond the line?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let fullest =
            fullest(&spent(&CanonicalCorrelation, values)?).max(fullest(&spent(&PrincipalComponents, values)?));
        Ok(format!(
            "No: the law holds for any encoder, linear or not. An objective only chooses where on the line; the fullest encoder here \
             spends {fullest:.3} of {}. To keep both, pay with outputs.",
            values.count("dim")
        ))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let aligned = spent(&CanonicalCorrelation, values)?;
        let principal = spent(&PrincipalComponents, values)?;
        let random = spent(&Random, values)?;
        let dim = values.get("dim");
        let numbers = vec![
            ("first model, cca: aligned".into(), aligned[0].0),
            ("first model, cca: private".into(), aligned[0].1),
            ("fullest of all".into(), fullest(&aligned).max(fullest(&principal)).max(fullest(&random))),
            ("limit".into(), dim),
        ];
        Ok(Chart {
            title: "How outputs are spent".into(),
            x: "aligned, tr K",
            y: "private, tr P",
            series: vec![
                Series::line("limit", vec![(0.0, dim), (dim, 0.0)]),
                Series::cloud("cca", aligned),
                Series::cloud("principal components", principal),
                Series::cloud("random", random),
            ],
            marks: vec![],
            numbers,
        })
    }
}
