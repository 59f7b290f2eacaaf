//! When to predict instead of align.

use super::study::{LessonError, explained, minimise, range};
use super::{Chart, Lesson, Mark, Parameter, Series, Values};
use crate::information::Source;
use crate::objective::{CanonicalCorrelation, Objective, Prediction};

/// Two objectives and a nuisance that both sensors see.
#[derive(Debug)]
pub(super) struct PredictOrAlign;

const PARAMETERS: [Parameter; 3] = [
    Parameter {
        name: "nuisance",
        meaning: "correlation of the nuisance",
        from: 0.0,
        to: 0.95,
        step: 0.05,
        default: 0.8,
    },
    Parameter { name: "size", meaning: "size of the nuisance", from: 0.2, to: 2.0, step: 0.1, default: 0.5 },
    Parameter { name: "noise", meaning: "noise on the signal", from: 0.1, to: 1.0, step: 0.1, default: 0.6 },
];

fn source(nuisance: f64, values: &Values) -> String {
    format!(
        "[family]\nkind = \"correlated-nuisance\"\nshared = 1\nprivate = 1\nnoise = 0.01\nshared_noise = {}\nprivate_std = {}\n\
         nuisance_correlation = {nuisance}\n",
        values.get("noise"),
        values.get("size")
    )
}

/// R² of the signal from the one output of encoder 1.
fn kept(objective: &dyn Objective, nuisance: f64, values: &Values) -> Result<f64, LessonError> {
    minimise(&source(nuisance, values), objective, 1, |case| explained(case, "shared", Source::EncodedFirst))
}

impl Lesson for PredictOrAlign {
    fn name(&self) -> &'static str {
        "predict-or-align"
    }

    fn title(&self) -> &'static str {
        "When to predict instead of align"
    }

    fn theorem(&self) -> &'static str {
        "selection"
    }

    fn text(&self) -> &'static str {
        "Both sensors also share a nuisance, such as the time of day. With one output to spend, alignment (CCA) takes what is most \
         correlated; prediction of sensor 2 takes what is correlated and large there. A clean, small nuisance fools the first, a large \
         one the second."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        source(values.get("nuisance"), values)
    }

    fn command(&self, values: &Values) -> String {
        let fooled = kept(&CanonicalCorrelation, values.get("nuisance"), values).is_ok_and(|r2| r2 < 0.01);
        format!("alignloss eval model.toml --objective {} --dim 1", if fooled { "prediction" } else { "cca" })
    }

    fn question(&self) -> &'static str {
        "Which of the two would you use here?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let nuisance = values.get("nuisance");
        let aligned = kept(&CanonicalCorrelation, nuisance, values)?;
        let predicted = kept(&Prediction, nuisance, values)?;
        let advice = match (aligned > 0.01, predicted > 0.01) {
            (true, true) => "either: both keep the signal",
            (true, false) => "align: prediction is fooled by the large nuisance",
            (false, true) => "predict: alignment is fooled by the clean nuisance",
            (false, false) => "neither: both keep the nuisance, so give them a second output",
        };
        Ok(format!("Here {advice}. R² of the signal: {aligned:.3} aligned, {predicted:.3} predicting."))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let line = |objective: &dyn Objective| -> Result<Vec<_>, LessonError> {
            range(0.0, 0.95, 39).map(|nuisance| Ok((nuisance, kept(objective, nuisance, values)?))).collect()
        };
        let nuisance = values.get("nuisance");
        let aligned = kept(&CanonicalCorrelation, nuisance, values)?;
        let predicted = kept(&Prediction, nuisance, values)?;
        Ok(Chart {
            title: "How much of the signal one output keeps".into(),
            x: "correlation of the nuisance",
            y: "R²",
            series: vec![
                Series::line("align (cca)", line(&CanonicalCorrelation)?),
                Series::cloud("predict", line(&Prediction)?),
            ],
            marks: vec![
                Mark { name: "aligned here".into(), point: (nuisance, aligned) },
                Mark { name: "predicting here".into(), point: (nuisance, predicted) },
            ],
            numbers: vec![("R2 aligned".into(), aligned), ("R2 predicting".into(), predicted)],
        })
    }
}
