//! When to predict instead of align.

use super::study::{LessonError, explained, minimise, range};
use super::{Chart, Lesson, Mark, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::information::Source;
use alignloss::objective::{CanonicalCorrelation, Objective, Prediction};

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

/// Noise on the nuisance.
const NOISE: f64 = 0.01;

fn family(nuisance: f64, values: &Values) -> String {
    format!(
        "kind = \"correlated-nuisance\"\nshared = 1\nprivate = 1\nnoise = {NOISE}\nshared_noise = {}\nprivate_std = {}\n\
         nuisance_correlation = {nuisance}\n",
        values.get("noise"),
        values.get("size")
    )
}

/// R² below which the signal is not kept.
const NOTHING: f64 = 0.01;

/// R² of the signal, given the single output of encoder 1.
fn kept(objective: &dyn Objective, nuisance: f64, values: &Values) -> Result<f64, LessonError> {
    let model = format!("[family]\n{}", family(nuisance, values));
    minimise(&model, objective, 1, |case| explained(case, "shared", Source::EncodedFirst))
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
        "The sensors also share a nuisance, such as the time of day. With one output to spend, alignment (CCA) picks what is most \
         correlated; predicting sensor 2 favours what is also large there. So different nuisances fool them."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "Which of the two would you use here?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        Recipe::sweep(format!(
            "title = \"{}\"\nshows = \"{}\"\nestimator = \"population\"\n\n[model.family]\n{}\n[grid]\nobjective = [\"cca\", \
             \"prediction\"]\ndim = 1\n",
            self.title(),
            self.theorem(),
            family(values.get("nuisance"), values)
        ))
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let line = |objective: &dyn Objective| -> Result<Vec<_>, LessonError> {
            range(0.0, 0.95, 39).map(|nuisance| Ok((nuisance, kept(objective, nuisance, values)?))).collect()
        };
        let nuisance = values.get("nuisance");
        let aligned = kept(&CanonicalCorrelation, nuisance, values)?;
        let predicted = kept(&Prediction, nuisance, values)?;
        let advice = match (aligned > NOTHING, predicted > NOTHING) {
            (true, true) => "Either: both keep the signal",
            (true, false) => "Align: prediction is fooled by the large nuisance",
            (false, true) => "Predict: alignment is fooled by the clean nuisance",
            (false, false) => "Neither: both keep the nuisance; allow a second output",
        };
        let answer = format!("{advice}. R² of the signal: {aligned:.3} by alignment, {predicted:.3} by prediction.");
        let chart = Chart {
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
            numbers: vec![
                Number::new("R² aligned", aligned)
                    .of("shared", "r2.z1")
                    .in_row("objective", CanonicalCorrelation::ENTRY.id.into()),
                Number::new("R² predicting", predicted)
                    .of("shared", "r2.z1")
                    .in_row("objective", Prediction::ENTRY.id.into()),
            ],
        };
        Ok(Study { chart, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Correlations nearer than this are equal up to rounding.
    const TIE: f64 = 1e-12;

    /// What the theorem `selection` says about factors with variances of signal plus noise: alignment compares correlations,
    /// prediction correlations times the deviation in sensor 2.
    #[test]
    fn alignment_takes_the_cleaner_and_prediction_the_larger_factor() {
        let mut advised = [false; 4];
        for (size, noise) in [(0.2, 0.1), (0.2, 1.0), (0.5, 0.6), (1.0, 0.6), (2.0, 0.1), (2.0, 1.0)] {
            let mut values = Values::new(&PARAMETERS);
            values.set(1, size);
            values.set(2, noise);
            for nuisance in range(0.0, 0.95, 20) {
                let variance = [1.0 + noise, size * size + NOISE];
                let rho = [1.0 / variance[0], nuisance * size * size / variance[1]];
                if (rho[0] - rho[1]).abs() < TIE {
                    // Either may be taken.
                    continue;
                }
                let found = [&CanonicalCorrelation as &dyn Objective, &Prediction]
                    .map(|objective| kept(objective, nuisance, &values).expect("measures") > NOTHING);
                let expected = [rho[0] > rho[1], rho[0] * variance[0].sqrt() > rho[1] * variance[1].sqrt()];
                assert_eq!(found, expected, "size {size}, noise {noise}, nuisance {nuisance}");
                advised[usize::from(found[0]) * 2 + usize::from(found[1])] = true;
            }
            values.set(0, 0.0);
        }
        assert_eq!(advised, [true; 4], "every advice is given somewhere");
    }

    #[test]
    fn a_second_output_keeps_the_signal_too() {
        let mut values = Values::new(&PARAMETERS);
        values.set(1, 2.0);
        values.set(2, 1.0);
        let model = format!("[family]\n{}", family(0.95, &values));
        for objective in [&CanonicalCorrelation as &dyn Objective, &Prediction] {
            assert!(kept(objective, 0.95, &values).expect("measures") < NOTHING);
            let two = minimise(&model, objective, 2, |case| explained(case, "shared", Source::EncodedFirst));
            assert!(two.expect("measures") > 0.4, "{}", objective.id());
        }
    }
}
