//! Width does not help.

use super::study::{LessonError, information, minimise};
use super::{Chart, Lesson, Mark, Parameter, Series, Values};
use crate::information::Source;
use crate::objective::LinearContrastive;

/// What a contrastive encoder keeps as it gets wider.
#[derive(Debug)]
pub(super) struct Width;

const PARAMETERS: [Parameter; 3] = [
    Parameter { name: "decay", meaning: "weight decay η", from: 0.0, to: 1.0, step: 0.1, default: 0.1 },
    Parameter { name: "weak", meaning: "size of the second factor", from: 0.2, to: 1.0, step: 0.1, default: 0.6 },
    Parameter { name: "dim", meaning: "outputs of each encoder", from: 1.0, to: 6.0, step: 1.0, default: 2.0 },
];

/// The widest encoder.
const WIDEST: usize = 6;

impl Width {
    /// I(z_1; s), I(z_1; u_1) and I(x_1; u_1) with d outputs.
    fn kept(&self, values: &Values, dim: usize) -> Result<[f64; 3], LessonError> {
        let objective = LinearContrastive { weight_decay: values.get("decay"), ..LinearContrastive::default() };
        minimise(&self.model(values), &objective, dim, |case| {
            [
                information(case, "shared", Source::EncodedFirst),
                information(case, "private 1", Source::EncodedFirst),
                information(case, "private 1", Source::First),
            ]
        })
    }
}

impl Lesson for Width {
    fn name(&self) -> &'static str {
        "width"
    }

    fn title(&self) -> &'static str {
        "Width does not help"
    }

    fn theorem(&self) -> &'static str {
        "width"
    }

    fn text(&self) -> &'static str {
        "If alignment crowds out what is private, should one not make the embedding wider? A contrastive encoder with weight decay has no \
         use for outputs beyond the shared factors: it leaves them at zero. And decay also kills shared factors that are weak."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn model(&self, values: &Values) -> String {
        format!(
            "[family]\nkind = \"orthogonal\"\nshared = 2\nprivate = 4\nnoise = 0.1\nshared_std = [1.0, {}]\n",
            values.get("weak")
        )
    }

    fn command(&self, _values: &Values) -> String {
        "alignloss figures weight-decay".into()
    }

    fn question(&self) -> &'static str {
        "At which weight decay does the second shared factor die?"
    }

    fn answer(&self, values: &Values) -> Result<String, LessonError> {
        let second = minimise(&self.model(values), &LinearContrastive::default(), 2, |case| {
            let cross = &case.subject.moments().cross;
            crate::linalg::singular_values(cross).map(|values| values[1])
        })?
        .map_err(crate::information::InformationError::from)?;
        let [shared, private, _] = self.kept(values, values.count("dim"))?;
        Ok(format!(
            "At η = {second:.3}, its singular value in the cross-covariance: what is below η is cut. With {} outputs and η = {:.1}, \
             {shared:.3} nats of the shared factors are kept, and {private:.3} of the private ones.",
            values.count("dim"),
            values.get("decay")
        ))
    }

    fn chart(&self, values: &Values) -> Result<Chart, LessonError> {
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for dim in 1..=WIDEST {
            for (line, nats) in lines.iter_mut().zip(self.kept(values, dim)?) {
                line.push((dim as f64, nats));
            }
        }
        let [shared, private, raw] = lines;
        let here = self.kept(values, values.count("dim"))?;
        Ok(Chart {
            title: "What encoder 1 keeps".into(),
            x: "outputs of each encoder",
            y: "nats",
            series: vec![
                Series::line("shared, encoder", shared),
                Series::line("private, encoder", private),
                Series::line("private, sensor", raw),
            ],
            marks: vec![Mark { name: "here".into(), point: (values.get("dim"), here[0]) }],
            numbers: vec![
                ("I(z1; shared)".into(), here[0]),
                ("I(z1; private)".into(), here[1]),
                ("I(x1; private)".into(), here[2]),
            ],
        })
    }
}
