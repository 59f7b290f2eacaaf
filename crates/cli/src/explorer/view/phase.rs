//! The phase diagram: where an objective keeps the shared factors.

use super::super::control::Axis;
use super::super::setting::Setting;
use super::{Detail, TargetName, ViewError, joint_path, linear, place};
use alignloss::evaluation::Number;
use alignloss::information::Source;
use alignloss::theorem::{self, Case, Predicted, Quantity, Question, Subject};
use rayon::prelude::*;
use serde::Serialize;

/// The theorem that gives the boundary over κ.
const BOUNDARY: &str = theorem::SELECTION;

/// R²(z_1; s) over the strength of the private factors and a competing parameter.
#[derive(Debug, Clone, Serialize)]
pub struct Phase {
    /// κ, or λ if the objective has one.
    pub x_axis: Axis,
    /// Its values.
    pub x: Vec<f64>,
    /// Values of `private_std`, evenly spaced on a log scale.
    pub y: Vec<f64>,
    /// R²(z_1; s), one row per y.
    pub r2: Vec<Vec<Number>>,
    /// A function whose zero contour is the boundary, as a theorem gives it. Null where no theorem applies.
    pub margin: Vec<Vec<Number>>,
}

impl Phase {
    /// Computes the diagram for a setting's objective and d.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn new(setting: &Setting, detail: Detail) -> Result<Self, ViewError> {
        setting.check()?;
        let steps = if detail == Detail::Fine { 25 } else { 6 };
        let x_axis = if setting.has_lambda() { Axis::Lambda } else { Axis::NuisanceCorrelation };
        let x = linear(x_axis.control().from, x_axis.control().to, steps);
        let strength = Axis::PrivateStd.control();
        let y: Vec<f64> = linear(strength.from.ln(), strength.to.ln(), steps).into_iter().map(f64::exp).collect();
        let row = |&std: &f64| -> Result<Vec<Cell>, ViewError> {
            let setting = setting.moved(Axis::PrivateStd, std);
            if x_axis == Axis::Lambda { along_lambda(&setting, &x) } else { along_nuisance(&setting, &x) }
        };
        let rows = y.par_iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let of = |value: fn(&Cell) -> f64| {
            rows.iter().map(|row| row.iter().map(|cell| Number(value(cell))).collect()).collect()
        };
        Ok(Self { x_axis, x, r2: of(|cell| cell.r2), margin: of(|cell| cell.margin), y })
    }
}

/// One cell of the diagram.
struct Cell {
    r2: f64,
    margin: f64,
}

impl Cell {
    fn of(case: &Case) -> Result<Self, ViewError> {
        let Some(target) = place(case, TargetName::Shared.as_str()) else {
            return Ok(Self { r2: f64::NAN, margin: f64::NAN });
        };
        let question = Question { quantity: Quantity::Margin, target, samples: None };
        let margin = match theorem::find(BOUNDARY) {
            Ok(theorem) => theorem.predict(case, &question)?.map_or(f64::NAN, Predicted::value),
            Err(_) => f64::NAN,
        };
        Ok(Self { r2: case.targets[target].source(Source::EncodedFirst).r2, margin })
    }
}

fn along_nuisance(setting: &Setting, x: &[f64]) -> Result<Vec<Cell>, ViewError> {
    let objective = setting.objective(&setting.objective)?;
    let cell = |&kappa: &f64| {
        let model = TargetName::Shared.only(setting.moved(Axis::NuisanceCorrelation, kappa).model()?)?;
        let subject = Subject::new(&model, [0, 1])?;
        Cell::of(&Case::minimise(&subject, &subject.learner(0), objective.as_ref(), setting.dim)?)
    };
    x.iter().map(cell).collect()
}

/// All λ share one model, and each maximiser starts from its neighbour's.
fn along_lambda(setting: &Setting, x: &[f64]) -> Result<Vec<Cell>, ViewError> {
    let model = TargetName::Shared.only(setting.model()?)?;
    let subject = Subject::new(&model, [0, 1])?;
    let path = joint_path(&subject, x, setting.dim)?;
    let threshold = super::frontier::first_threshold(&subject, setting.dim)?;
    path.into_iter()
        .zip(x)
        .map(|(certified, lambda)| {
            let cell = Cell::of(&Case::of_weights(&subject, certified.learned.encoders)?)?;
            Ok(Cell { margin: threshold.map_or(f64::NAN, |threshold| threshold - lambda), ..cell })
        })
        .collect()
}
