//! Buying it back: λ and the Pareto frontier.

use super::study::{LessonError, information, minimise, range};
use super::{Chart, Lesson, Mark, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::information::Source;
use alignloss::objective::AlignmentFidelity;
use alignloss::theorem::{self, Predicted, Quantity, Question};

/// Aligned against private information, as the weight of fidelity grows.
#[derive(Debug)]
pub(super) struct BuyingBack;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "lambda", meaning: "weight λ of fidelity", from: 0.0, to: 1.0, step: 0.05, default: 0.2 },
    Parameter { name: "private", meaning: "size of the private factors", from: 0.5, to: 2.0, step: 0.1, default: 1.5 },
    Parameter { name: "dim", meaning: "outputs of each encoder", from: 1.0, to: 4.0, step: 1.0, default: 2.0 },
];

/// Noise of both sensors.
const NOISE: f64 = 0.2;

/// Size of the second shared factor; the first has size 1.
const WEAK: f64 = 0.7;

fn source(values: &Values) -> String {
    format!(
        "[family]\nkind = \"orthogonal\"\nshared = 2\nprivate = 2\nnoise = {NOISE}\nshared_std = [1.0, {WEAK}]\nprivate_std = {}\n",
        values.get("private")
    )
}

/// I(z_1; z_2) and I(z_1; u_1).
fn kept(values: &Values, lambda: f64) -> Result<(f64, f64), LessonError> {
    let objective = AlignmentFidelity::new(lambda)?;
    minimise(&source(values), &objective, values.count("dim"), |case| {
        (case.alignment.angles.mutual_information_nats(), information(case, "private 1", Source::EncodedFirst))
    })
}

/// The smallest λ at which a private factor displaces a shared one, according to the theorem.
fn threshold(values: &Values) -> Result<Option<f64>, LessonError> {
    let question = Question { quantity: Quantity::FirstThreshold, target: 0, samples: None };
    let objective = AlignmentFidelity::new(0.5)?;
    let fidelity = theorem::find(BuyingBack.theorem()).expect("in the registry");
    let threshold =
        minimise(&source(values), &objective, values.count("dim"), |case| fidelity.predict(case, &question))?;
    Ok(threshold?.map(Predicted::value).filter(|lambda| lambda.is_finite() && *lambda <= 1.0))
}

impl Lesson for BuyingBack {
    fn name(&self) -> &'static str {
        "buying-back"
    }

    fn title(&self) -> &'static str {
        "Buying it back: λ and the Pareto frontier"
    }

    fn theorem(&self) -> &'static str {
        "fidelity-threshold"
    }

    fn text(&self) -> &'static str {
        "Ask the encoders not only to agree but also to describe their own sensors, with weight λ. At a threshold a private factor takes \
         the place of a shared one: alignment is the price. The points are what λ from 0 to 1 can buy."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "At which λ is a shared factor given up?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        let (lambda, dim) = (values.get("lambda"), values.count("dim"));
        Recipe::eval(source(values), format!("--objective alignment-fidelity -p lambda={lambda} --dim {dim}"))
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let frontier =
            range(0.0, 1.0, 41).map(|lambda| kept(values, lambda)).collect::<Result<Vec<_>, LessonError>>()?;
        let here = kept(values, values.get("lambda"))?;
        let mut numbers = vec![
            Number::nats("I(z1; z2)", here.0).at("alignment.mi_z1_z2"),
            Number::nats("I(z1; private)", here.1).of("private 1", "mi.z1"),
        ];
        let threshold = match threshold(values)? {
            Some(lambda) => {
                numbers.push(Number::new("threshold λ", lambda));
                format!(
                    "At λ = {lambda:.3} = ρ/(ρ + π − γ), where π is the private variance, and γ and ρ the variance and correlation of the \
                     shared factor that goes first."
                )
            }
            None => "Never here: no private factor is larger than the shared ones kept, or there are enough outputs for all."
                .into(),
        };
        let answer = format!(
            "{threshold} At λ = {:.2}: {:.3} nats aligned, {:.3} private.",
            values.get("lambda"),
            here.0,
            here.1
        );
        let chart = Chart {
            title: "The Pareto frontier".into(),
            x: "aligned, nats",
            y: "private, nats",
            series: vec![Series::cloud("λ from 0 to 1", frontier)],
            marks: vec![Mark { name: "here".into(), point: here }],
            numbers,
        };
        Ok(Study { chart, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(private: f64, dim: f64) -> Values {
        let mut values = Values::new(&PARAMETERS);
        values.set(1, private);
        values.set(2, dim);
        values
    }

    #[test]
    fn a_shared_factor_is_given_up_at_the_threshold_or_never() {
        for dim in [1.0, 2.0, 3.0, 4.0] {
            for private in [0.5, 0.8, 1.5, 2.0] {
                let values = at(private, dim);
                let kept = |lambda: f64| super::kept(&values, lambda).expect("measures");
                // With one output the strong factor is the one that can go.
                let shared = if dim < 2.0 { 1.0 } else { WEAK * WEAK };
                let spare = 4.0 - dim;
                let formula = shared / (shared + NOISE);
                let formula = formula / (formula + private * private - shared);
                if let Some(lambda) = threshold(&values).expect("an answer") {
                    assert!((lambda - formula).abs() < 1e-9, "{private} {dim}: {lambda}, not {formula}");
                    let (before, after) = (kept(lambda - 1e-3), kept(lambda + 1e-3));
                    assert!(before.0 > after.0 + 1e-3 && before.1 < after.1 - 1e-3, "{private} {dim}");
                    assert!((kept(1e-3).0 - before.0).abs() < 1e-9, "nothing is given up before: {private} {dim}");
                } else {
                    assert!(private * private <= shared || spare < 1.0, "{private} {dim}");
                    assert!((kept(1e-3).0 - kept(0.999).0).abs() < 1e-9, "{private} {dim}");
                }
            }
        }
    }
}
