//! CCA in one picture.

use super::study::{LessonError, minimise, model};
use super::{Chart, Lesson, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::linalg::product;
use alignloss::objective::CanonicalCorrelation;
use alignloss::random::Stream;
use alignloss::sample::Data;

/// Samples of the two encoders' outputs, plotted against each other.
#[derive(Debug)]
pub(super) struct CanonicalCorrelations;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "noise", meaning: "noise of both sensors", from: 0.05, to: 2.0, step: 0.05, default: 0.3 },
    Parameter { name: "weak", meaning: "size of the second factor", from: 0.2, to: 1.0, step: 0.1, default: 0.6 },
    Parameter { name: "pair", meaning: "which pair of outputs", from: 1.0, to: 2.0, step: 1.0, default: 1.0 },
];

/// Samples drawn.
const SAMPLES: usize = 200;

fn source(values: &Values) -> String {
    format!(
        "[family]\nkind = \"orthogonal\"\nshared = 2\nprivate = 1\nnoise = {}\nshared_std = [1.0, {}]\n",
        values.get("noise"),
        values.get("weak")
    )
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
        "Each sensor gets a linear encoder whose outputs have unit variance. CCA rotates them so that the first outputs agree best, then \
         the second. The cloud shows one pair of outputs over 200 scenes; their correlation is ρ."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "How far apart are the outputs of the best encoders, on average?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        Recipe::eval(source(values), "--objective cca --dim 2")
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let pair = values.count("pair") - 1;
        let source = source(values);
        let stream = Stream { seed: 1, experiment: "lesson cca", cell: 0, replicate: 0 };
        let data = Data::draw(&model(&source)?, SAMPLES, &mut stream.generator())?;
        minimise(&source, &CanonicalCorrelation, 2, |case| {
            let channels = case.subject.pair.channels();
            let outputs = |encoder, start, count| product(encoder, &data.samples().rows(start, count).into_owned());
            let first = outputs(&case.encoders.first, 0, channels[0]);
            let second = outputs(&case.encoders.second, channels[0], channels[1]);
            let points = (0..SAMPLES).map(|sample| (first[(pair, sample)], second[(pair, sample)])).collect();
            let rho = [0, 1].map(|pair| case.subject.pair.correlation(pair));
            let floor = case.alignment.floor;
            let chart = Chart {
                title: format!("Outputs {} of both encoders", pair + 1),
                x: "output of sensor 1",
                y: "output of sensor 2",
                series: vec![
                    Series::cloud("scenes", points),
                    Series::line("best guess ρ·z1", vec![(-2.5, -2.5 * rho[pair]), (2.5, 2.5 * rho[pair])]),
                ],
                marks: vec![],
                numbers: vec![
                    Number::new("ρ1", rho[0]).at("canonical_correlations.0"),
                    Number::new("ρ2", rho[1]).at("canonical_correlations.1"),
                    Number::new("E‖z1 − z2‖²", case.alignment.error).at("alignment.error"),
                ],
            };
            let answer = format!(
                "E‖z1 − z2‖² = 2(1 − ρ1) + 2(1 − ρ2), and no encoders with such outputs do better. Here ρ = {:.3} and {:.3}, which \
                 gives {floor:.3}.",
                rho[0], rho[1]
            );
            Study { chart, answer }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alignloss::objective::{Objective, PrincipalComponents, Random};

    #[test]
    fn the_distance_is_the_sum_over_pairs_and_no_encoders_do_better() {
        let mut values = Values::new(&PARAMETERS);
        for noise in [0.05, 0.3, 2.0] {
            values.set(0, noise);
            let distance = |objective: &dyn Objective| {
                let measured = minimise(&source(&values), objective, 2, |case| {
                    let rho = [0, 1].map(|pair| case.subject.pair.correlation(pair));
                    (case.alignment.error, 2.0 * (1.0 - rho[0]) + 2.0 * (1.0 - rho[1]))
                });
                measured.expect("measures")
            };
            let (reached, sum) = distance(&CanonicalCorrelation);
            assert!((reached - sum).abs() < 1e-12, "{reached} {sum}");
            for other in [&PrincipalComponents as &dyn Objective, &Random] {
                assert!(distance(other).0 > sum - 1e-12, "{}", other.id());
            }
        }
    }
}
