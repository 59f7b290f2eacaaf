//! Width does not help.

use super::study::{LessonError, information, minimise};
use super::{Chart, Lesson, Mark, Number, Parameter, Recipe, Series, Study, Values};
use alignloss::information::{InformationError, Source};
use alignloss::linalg::singular_values;
use alignloss::objective::LinearContrastive;

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

fn source(weak: f64) -> String {
    format!("[family]\nkind = \"orthogonal\"\nshared = 2\nprivate = 4\nnoise = 0.1\nshared_std = [1.0, {weak}]\n")
}

/// I(z_1; s), I(z_1; u_1) and I(x_1; u_1) with d outputs.
fn kept(weak: f64, decay: f64, dim: usize) -> Result<[f64; 3], LessonError> {
    let objective = LinearContrastive::new(1.0, decay)?;
    minimise(&source(weak), &objective, dim, |case| {
        [
            information(case, "shared", Source::EncodedFirst),
            information(case, "private 1", Source::EncodedFirst),
            information(case, "private 1", Source::First),
        ]
    })
}

/// The second singular value of the cross-covariance.
fn second_singular_value(weak: f64) -> Result<f64, LessonError> {
    let cross = minimise(&source(weak), &LinearContrastive::default(), 2, |case| case.subject.moments().cross.clone())?;
    Ok(singular_values(&cross).map_err(InformationError::from)?[1])
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
        "Alignment crowds out private information, so why not widen the embedding? A contrastive encoder has no use for outputs beyond \
         the shared factors and leaves them at zero. Weight decay, meant to tidy up, also kills weak shared factors."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &PARAMETERS
    }

    fn question(&self) -> &'static str {
        "At which weight decay does the second shared factor die?"
    }

    fn recipe(&self, values: &Values) -> Recipe {
        let (decay, dim) = (values.get("decay"), values.count("dim"));
        let options = format!("--objective linear-contrastive -p weight_decay={decay} --dim {dim}");
        Recipe::eval(source(values.get("weak")), options)
    }

    fn study(&self, values: &Values) -> Result<Study, LessonError> {
        let (weak, decay, here) = (values.get("weak"), values.get("decay"), values.count("dim"));
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for dim in 1..=WIDEST {
            for (line, nats) in lines.iter_mut().zip(kept(weak, decay, dim)?) {
                line.push((dim as f64, nats));
            }
        }
        let [line_shared, line_private, line_sensor] = lines;
        let [shared, private, sensor] = kept(weak, decay, here)?;
        let answer = format!(
            "At η = {:.3}, its singular value in the cross-covariance: anything below η is cut. With {here} outputs and η = {decay:.1}, \
             encoder 1 keeps {shared:.3} nats about the shared factors and {private:.3} about the private ones.",
            second_singular_value(weak)?
        );
        let chart = Chart {
            title: "What encoder 1 keeps".into(),
            x: "outputs of each encoder",
            y: "nats",
            series: vec![
                Series::line("private, sensor", line_sensor),
                Series::line("shared, encoder", line_shared),
                Series::line("private, encoder", line_private),
            ],
            marks: vec![Mark { name: "here".into(), point: (values.get("dim"), shared) }],
            numbers: vec![
                Number::nats("I(z1; shared)", shared).of("shared", "mi.z1"),
                Number::nats("I(z1; private)", private).of("private 1", "mi.z1"),
                Number::nats("I(x1; private)", sensor).of("private 1", "mi.x1"),
            ],
        };
        Ok(Study { chart, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_factor_dies_at_its_singular_value_and_width_changes_nothing() {
        for weak in [0.2, 0.6, 1.0] {
            let edge = second_singular_value(weak).expect("a value");
            let shared = |decay: f64, dim: usize| kept(weak, decay, dim).expect("measures")[0];
            // Both factors are equal at weak = 1: they die together.
            let one = if weak < 1.0 { shared(0.0, 1) } else { 0.0 };
            assert!((shared(edge + 1e-3, WIDEST) - one).abs() < 1e-9, "{weak}");
            assert!(shared(edge - 1e-3, WIDEST) > one + 1e-3, "{weak}");
            for dim in 2..=WIDEST {
                let [wide, private, sensor] = kept(weak, 0.0, dim).expect("measures");
                assert!((wide - shared(0.0, 2)).abs() < 1e-9 && private.abs() < 1e-12 && sensor > 1.0, "{weak} {dim}");
            }
        }
    }
}
