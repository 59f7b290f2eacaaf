//! Finite samples align noise.

use super::study::{LessonError, minimise, model};
use super::{Chart, Lesson, Mark, Parameter, Series, Values};
use crate::objective::CanonicalCorrelation;
use crate::sample::{Data, Stream};
use crate::theorem::{self, Question, Subject};

/// The largest correlation that CCA finds in so many samples.
#[derive(Debug)]
pub(super) struct FiniteSamples;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "rho", meaning: "true correlation", from: 0.0, to: 0.9, step: 0.1, default: 0.4 },
    Parameter { name: "channels", meaning: "channels of each sensor", from: 4.0, to: 32.0, step: 4.0, default: 16.0 },
    Parameter { name: "log10n", meaning: "log10 of the samples", from: 2.0, to: 4.0, step: 0.25, default: 2.5 },
];

/// Numbers of samples that are drawn, as powers of ten.
const DRAWN: [f64; 9] = [2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75, 4.0];

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 100 to 10 000")]
fn samples(log10n: f64) -> u64 {
    10.0_f64.powf(log10n).round() as u64
}

impl FiniteSamples {
    /// The limit of the largest sample correlation.
    fn expected(&self, values: &Values, log10n: f64) -> Result<f64, LessonError> {
        let question = Question { quantity: "canonical_correlation.1", target: 0, samples: Some(samples(log10n)) };
        let spiked = theorem::find(self.theorem()).expect("in the registry");
        let expected = minimise(&self.model(values), &CanonicalCorrelation, 1, |case| spiked.predict(case, &question))?;
        Ok(expected?.unwrap_or(f64::NAN))
    }

    /// The largest sample correlation of one draw.
    #[expect(clippy::cast_possible_truncation, reason = "at most 10 000")]
    fn found(&self, values: &Values, log10n: f64) -> Result<f64, LessonError> {
        let count = samples(log10n);
        let stream = Stream { seed: 1, experiment: "lesson finite-samples", cell: count, replicate: 0 };
        let data = Data::draw(&model(&self.model(values))?, count as usize, &mut stream.generator())?;
        let empirical = data.empirical_model("sample")?;
        Ok(Subject::new(&empirical, [0, 1])?.pair.correlation(0))
    }
}

impl Lesson for FiniteSamples {
    fn name(&self) -> &'static str {
        "finite-samples"
    }

    fn title(&self) -> &'static str {
        "Finite samples align noise"
    }

    fn theorem(&self) -> &'static str {
        "spiked-cca"
    }

    fn text(&self) -> &'static str {
        "With few samples and many channels CCA always finds something to align, even where there is nothing. The line is the limit that \
         random matrix theory predicts for the largest sample correlation, the dots are draws. Below a threshold what it finds is noise."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        format!(
            "[family]\nkind = \"spiked\"\ncorrelations = [{}]\nobserved = {}\n",
            values.get("rho"),
            values.count("channels")
        )
    }

    fn command(&self, _values: &Values) -> String {
        "alignloss figures sample-correlations".into()
    }

    fn question(&self) -> &'static str {
        "Set the true correlation to 0. What does CCA report?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let log10n = values.get("log10n");
        Ok(format!(
            "The edge of the noise, which falls only as the samples outnumber the channels. Here the truth is {:.1}, the limit at n = {} \
             is {:.3}, and this draw shows {:.3}.",
            values.get("rho"),
            samples(log10n),
            self.expected(values, log10n)?,
            self.found(values, log10n)?
        ))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let expected = super::study::range(2.0, 4.0, 41)
            .map(|log10n| Ok((log10n, self.expected(values, log10n)?)))
            .collect::<Result<Vec<_>, LessonError>>()?;
        let found = DRAWN
            .iter()
            .map(|&log10n| Ok((log10n, self.found(values, log10n)?)))
            .collect::<Result<Vec<_>, LessonError>>()?;
        let (log10n, truth) = (values.get("log10n"), values.get("rho"));
        let here = [self.expected(values, log10n)?, self.found(values, log10n)?];
        Ok(Chart {
            title: "The largest correlation that CCA finds".into(),
            x: "log10 of the samples",
            y: "correlation",
            series: vec![
                Series::line("predicted", expected),
                Series::cloud("found", found),
                Series::line("truth", vec![(2.0, truth), (4.0, truth)]),
            ],
            marks: vec![Mark { name: "here".into(), point: (log10n, here[1]) }],
            numbers: vec![("true rho".into(), truth), ("predicted".into(), here[0]), ("found".into(), here[1])],
        })
    }
}
