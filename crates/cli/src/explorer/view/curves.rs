//! Information loss of encoder 1 along one parameter, for several objectives.

use super::super::control::Axis;
use super::super::setting::Setting;
use super::{COMPARED, Detail, TargetName, ViewError, linear, place};
use alignloss::evaluation::Number;
use alignloss::information::Source;
use alignloss::theorem::{Case, Subject};
use rayon::prelude::*;
use serde::Serialize;

/// Curves of Δ = I(x_1; y) − I(z_1; y), in nats.
#[derive(Debug, Clone, Serialize)]
pub struct Curves {
    /// The parameter on the horizontal axis.
    pub axis: Axis,
    /// y.
    pub target: TargetName,
    /// Its values.
    pub x: Vec<f64>,
    /// I(x_1; y) at each of them, in nats: the most that can be lost.
    pub available: Vec<Number>,
    /// One curve per objective; the chosen one comes last if it is not among those always compared.
    pub curves: Vec<Curve>,
}

/// The loss of one objective.
#[derive(Debug, Clone, Serialize)]
pub struct Curve {
    /// Its id.
    pub objective: String,
    /// `information_loss.z1` at each value of the parameter, in nats.
    pub information_loss: Vec<Number>,
}

impl Curves {
    /// Computes the curves through a setting along an axis.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn new(setting: &Setting, axis: Axis, target: TargetName, detail: Detail) -> Result<Self, ViewError> {
        setting.check()?;
        let mut objectives: Vec<&str> = COMPARED.to_vec();
        if !objectives.contains(&setting.objective.as_str()) {
            objectives.push(&setting.objective);
        }
        let x = values(axis, detail);
        let columns = x
            .par_iter()
            .map(|&value| column(&setting.moved(axis, value), &objectives, target))
            .collect::<Result<Vec<_>, ViewError>>()?;
        let curves = objectives.iter().enumerate().map(|(index, objective)| Curve {
            objective: (*objective).to_owned(),
            information_loss: columns.iter().map(|column| Number(column.losses[index])).collect(),
        });
        Ok(Self {
            axis,
            target,
            curves: curves.collect(),
            available: columns.iter().map(|column| Number(column.available)).collect(),
            x,
        })
    }
}

/// The results at one value of the parameter.
struct Column {
    available: f64,
    losses: Vec<f64>,
}

fn column(setting: &Setting, objectives: &[&str], target: TargetName) -> Result<Column, ViewError> {
    let model = target.only(setting.model()?)?;
    let subject = Subject::new(&model, [0, 1])?;
    let learner = subject.learner(0);
    let mut column = Column { available: f64::NAN, losses: Vec::with_capacity(objectives.len()) };
    for objective in objectives {
        let objective = setting.objective(objective)?;
        let case = Case::minimise(&subject, &learner, objective.as_ref(), setting.dim)?;
        let Some(place) = place(&case, target.as_str()) else { continue };
        let target = &case.targets[place];
        column.available = target.source(Source::First).mutual_information_nats();
        column.losses.push(target.information_loss_nats(Source::First, Source::EncodedFirst));
    }
    Ok(column)
}

fn values(axis: Axis, detail: Detail) -> Vec<f64> {
    let control = axis.control();
    if axis == Axis::Dim {
        return linear(control.from, control.to, 8);
    }
    linear(control.from, control.to, if detail == Detail::Fine { 41 } else { 9 })
}
