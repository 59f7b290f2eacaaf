//! A cell whose encoders are trained by stochastic gradients.

use super::columns::Learning;
use super::learn::{Emit, LearningError, LearningTask, Measured};
use super::setting::SgdSetting;
use crate::information::{Encoders, InformationError};
use crate::learner::{BatchSource, Epochs, Outcome, Sgd, Trained};
use crate::objective::minibatch::{Conditions, MinibatchLoss, Precision};
use crate::random::{Generator, Stream};
use crate::sample::{Data, Sampler};
use crate::theorem::Case;
use nalgebra::DMatrix;
use rand::Rng;

/// Trains on fresh samples or on a data set, and emits each checkpoint and the final state.
pub(super) fn train(
    task: &LearningTask,
    options: &SgdSetting,
    data: Option<&Data>,
    population: &Case,
    emit: &mut Emit,
) -> Result<(), LearningError> {
    let conditions = Conditions { pair: &task.subject.pair, critic: options.critic, direction: options.direction };
    let objective = task.setting.objective.as_ref();
    let mut loss = objective
        .entry()
        .minibatch(&objective.parameters(), &conditions)
        .map_err(InformationError::from)?
        .expect("a loss over minibatches: checked when the file was read");
    let trained = if options.single_precision {
        train_in(task, options, loss.single.as_mut(), data, population.dim())?
    } else {
        train_in(task, options, loss.double.as_mut(), data, population.dim())?
    };
    let last = trained.steps as u64;
    let outcome = trained.outcome.word();
    for checkpoint in trained.trajectory.iter().filter(|checkpoint| (checkpoint.step as u64) < last) {
        let encoders = at_own_temperature(task, checkpoint.encoders.clone(), checkpoint.log_temperature);
        measure(task, population, encoders, checkpoint.step as u64, "training", emit)?;
    }
    if matches!(trained.outcome, Outcome::Diverged { .. }) {
        let learning = Learning { step: Some(last), outcome, ..Learning::default() };
        return emit(Measured { population, case: None }, &learning);
    }
    let encoders = at_own_temperature(task, trained.encoders, trained.log_temperature);
    measure(task, population, encoders, last, outcome, emit)
}

/// Rescales encoders so that their scores z_1·z_2/τ (or −‖z_1 − z_2‖²/2τ) at the objective's own τ equal those of the
/// trained encoders at the learned τ: the critic that is measured is the one that was trained.
/// is measured is the critic that was trained.
fn at_own_temperature(task: &LearningTask, encoders: Encoders, log_temperature: Option<f64>) -> Encoders {
    let Some(log_temperature) = log_temperature else { return encoders };
    let share = (task.setting.temperature() / log_temperature.exp()).sqrt();
    Encoders { first: encoders.first * share, second: encoders.second * share }
}

fn measure(
    task: &LearningTask,
    population: &Case,
    encoders: Encoders,
    step: u64,
    outcome: &'static str,
    emit: &mut Emit,
) -> Result<(), LearningError> {
    let case = Case::of_weights(task.subject, encoders)?;
    let learning = Learning { step: Some(step), ..task.learning(population, &case, outcome)? };
    emit(Measured { population, case: Some(&case) }, &learning)
}

/// The seed of the initial weights, and the generator of the batches, for a trained cell.
pub fn draws(stream: Stream) -> (u64, Generator) {
    let named = |what: &str| {
        let experiment = format!("{}: {what}", stream.experiment);
        Stream { experiment: &experiment, ..stream }.generator()
    };
    (named("weights").next_u64(), named("batches"))
}

fn train_in<T: Precision>(
    task: &LearningTask,
    options: &SgdSetting,
    loss: &mut dyn MinibatchLoss<T>,
    data: Option<&Data>,
    dim: usize,
) -> Result<Trained, LearningError> {
    let factors = [0, 1].map(|m| task.subject.pair.factor(m).clone());
    let channels = task.subject.pair.channels();
    let (seed, mut generator) = draws(task.stream);
    let sgd = Sgd { seed, ..options.sgd.clone() };
    if let Some(data) = data {
        let rows = |start: usize, count: usize| data.samples().rows(start, count).map(T::nearest);
        let fixed: [DMatrix<T>; 2] = [rows(0, channels[0]), rows(channels[0], channels[1])];
        let mut epochs = Epochs::new([&fixed[0], &fixed[1]], generator.next_u64())?;
        return Ok(sgd.train(loss, &mut epochs as &mut dyn BatchSource<T>, channels, dim)?);
    }
    let mut sampler = Sampler::<T>::new(&factors)?;
    let mut fresh = |batch: &mut [DMatrix<T>; 2]| {
        sampler.draw_into(&mut generator, batch).expect("batches have the shapes of the modalities");
    };
    Ok(sgd.train(loss, &mut fresh, channels, dim)?)
}
