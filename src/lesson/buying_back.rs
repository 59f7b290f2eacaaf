//! Buying it back: λ and the Pareto frontier.

use super::study::{LessonError, information, minimise, range};
use super::{Chart, Lesson, Mark, Parameter, Series, Values};
use crate::information::Source;
use crate::objective::AlignmentFidelity;
use crate::theorem::fidelity_threshold::FIRST_THRESHOLD;
use crate::theorem::{self, Question};

/// Alignment against what is private, as the weight of fidelity grows.
#[derive(Debug)]
pub(super) struct BuyingBack;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "lambda", meaning: "weight λ of fidelity", from: 0.0, to: 1.0, step: 0.05, default: 0.2 },
    Parameter { name: "private", meaning: "size of the private factors", from: 0.5, to: 2.0, step: 0.1, default: 1.5 },
    Parameter { name: "dim", meaning: "outputs of each encoder", from: 1.0, to: 4.0, step: 1.0, default: 2.0 },
];

impl BuyingBack {
    /// I(z_1; z_2) and I(z_1; u_1).
    fn kept(&self, values: &Values, lambda: f64) -> Result<(f64, f64), LessonError> {
        let objective = AlignmentFidelity::new(lambda)?;
        minimise(&self.model(values), &objective, values.count("dim"), |case| {
            (case.alignment.angles.mutual_information_nats(), information(case, "private 1", Source::EncodedFirst))
        })
    }

    /// The least λ at which a private factor displaces a shared one, where the theorem gives it.
    fn threshold(&self, values: &Values) -> Result<Option<f64>, LessonError> {
        let question = Question { quantity: FIRST_THRESHOLD, target: 0, samples: None };
        let objective = AlignmentFidelity::new(0.5)?;
        let fidelity = theorem::find(self.theorem()).expect("in the registry");
        let threshold =
            minimise(&self.model(values), &objective, values.count("dim"), |case| fidelity.predict(case, &question))?;
        Ok(threshold?.filter(|lambda| lambda.is_finite() && *lambda <= 1.0))
    }
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
         the place of a shared one: alignment is the price. The points are all that λ from 0 to 1 can buy."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        format!(
            "[family]\nkind = \"orthogonal\"\nshared = 2\nprivate = 2\nnoise = 0.2\nshared_std = [1.0, 0.7]\nprivate_std = {}\n",
            values.get("private")
        )
    }

    fn command(&self, values: &Values) -> String {
        format!(
            "alignloss eval model.toml --objective alignment-fidelity --lambda {} --dim {}",
            values.get("lambda"),
            values.count("dim")
        )
    }

    fn question(&self) -> &'static str {
        "From which λ on is a shared factor given up?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let (aligned, private) = self.kept(values, values.get("lambda"))?;
        let threshold = match self.threshold(values)? {
            Some(lambda) => {
                format!("From λ = {lambda:.3} = ρ/(ρ + π − γ) of the weakest shared and the strongest private factor.")
            }
            None => "Never here: no private factor is larger than a shared one, or there are outputs for all.".into(),
        };
        Ok(format!("{threshold} At λ = {:.2}: {aligned:.3} nats aligned, {private:.3} private.", values.get("lambda")))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let frontier =
            range(0.0, 1.0, 41).map(|lambda| self.kept(values, lambda)).collect::<Result<Vec<_>, LessonError>>()?;
        let here = self.kept(values, values.get("lambda"))?;
        let mut numbers = vec![("I(z1; z2)".into(), here.0), ("I(z1; private)".into(), here.1)];
        if let Some(threshold) = self.threshold(values)? {
            numbers.push(("threshold lambda".into(), threshold));
        }
        Ok(Chart {
            title: "The frontier".into(),
            x: "aligned, nats",
            y: "private, nats",
            series: vec![Series::cloud("λ from 0 to 1", frontier)],
            marks: vec![Mark { name: "here".into(), point: here }],
            numbers,
        })
    }
}
