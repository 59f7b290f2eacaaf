//! The capacity law.

use super::study::{LessonError, minimise};
use super::{Chart, Lesson, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::information::Side;
use alignloss::objective::{CanonicalCorrelation, Objective, PrincipalComponents, Random};

/// Aligned against private content, for all kinds of encoders.
#[derive(Debug)]
pub(super) struct Capacity;

const PARAMETERS: [Parameter; 2] = [
    Parameter { name: "dim", meaning: "outputs of each encoder", from: 1.0, to: 4.0, step: 1.0, default: 2.0 },
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.01, to: 0.5, step: 0.01, default: 0.02 },
];

/// The number of random models.
const MODELS: u64 = 12;

fn source(seed: u64, noise: f64) -> String {
    format!("[family]\nkind = \"random\"\nshared = 2\nprivate = 2\nobserved = 4\nnoise = {noise}\nseed = {seed}\n")
}

/// (tr K, tr P) of the first encoder for the factors private to its sensor, one point per model.
fn spent(objective: &dyn Objective, values: &Values) -> Result<Vec<(f64, f64)>, LessonError> {
    (1..=MODELS)
        .map(|seed| {
            minimise(&source(seed, values.get("noise")), objective, values.count("dim"), |case| {
                let spent = case.capacities.iter().find(|spent| spent.encoder == Side::First);
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
        "Every output has a budget of one. Part of it can be predicted from the other sensor (aligned, tr K), part describes what is \
         private (tr P); together they never exceed the number of outputs. The points are encoders of twelve random models."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "Can a better objective move an encoder beyond the line?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        let options = format!("--objective cca --dim {}", values.count("dim"));
        Recipe::eval(source(1, values.get("noise")), options)
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let aligned = spent(&CanonicalCorrelation, values)?;
        let principal = spent(&PrincipalComponents, values)?;
        let random = spent(&Random, values)?;
        let dim = values.get("dim");
        let fullest = [&aligned, &principal, &random].into_iter().map(|points| fullest(points)).fold(0.0, f64::max);
        let answer = format!(
            "No: the law holds for any encoder, linear or not. The objective only chooses where below the line an encoder lands; the \
             fullest one here spends {fullest:.3} of {dim}. To keep both kinds, pay with more outputs."
        );
        let chart = Chart {
            title: "How outputs are spent".into(),
            x: "aligned, tr K",
            y: "private, tr P",
            series: vec![
                Series::line("limit", vec![(0.0, dim), (dim, 0.0)]),
                Series::cloud(CanonicalCorrelation::ENTRY.id, aligned.clone()),
                Series::cloud("principal components", principal),
                Series::cloud("random", random),
            ],
            marks: vec![],
            numbers: vec![
                Number::new("model 1, cca: tr K", aligned[0].0).at("capacity.0.aligned"),
                Number::new("model 1, cca: tr P", aligned[0].1).at("capacity.0.private"),
                Number::new("fullest: tr K + tr P", fullest),
                Number::count("limit", dim).at("capacity.0.dim"),
            ],
        };
        Ok(Study { chart, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alignloss::objective::{AlignmentFidelity, Prediction};

    #[test]
    fn no_encoder_is_beyond_the_line_and_another_output_holds_more() {
        let fidelity = AlignmentFidelity::new(0.5).expect("a weight");
        let objectives: [&dyn Objective; 5] =
            [&CanonicalCorrelation, &PrincipalComponents, &Random, &Prediction, &fidelity];
        for objective in objectives {
            let mut before = 0.0;
            for dim in 1..=4 {
                let mut values = Values::new(&PARAMETERS);
                values.set(0, f64::from(dim));
                let fullest = fullest(&spent(objective, &values).expect("measures"));
                assert!(fullest <= f64::from(dim) + 1e-9, "{} {dim}: {fullest}", objective.id());
                // Prediction has no use for outputs beyond the shared factors and leaves them at zero.
                assert!(fullest > before || objective.id() == Prediction.id(), "{} {dim}", objective.id());
                before = fullest;
            }
        }
    }
}
