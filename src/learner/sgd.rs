//! Training linear encoders by stochastic gradients on any minibatch loss.
//!
//! The optimiser does not move the weights W_m themselves but θ_m, with W_m = θ_m·P_m for a fixed P_m computed from the
//! first samples ([`Geometry`]): a whitening R_m·S_m^{-1} if the loss depends on x_m only through z_m and whitening,
//! otherwise a scale. The loss is evaluated at W, so its optimum is unchanged; only the curvature changes, which spares
//! the user a learning rate for every model.
//!
//! S_m is diagonal, with powers of two near the standard deviations of the channels, and R_m is the symmetric inverse
//! root of the covariance of S_m^{-1}·x_m. Changing a channel's unit by a power of two therefore changes S_m but no bit
//! of R_m, θ_m or z_m.
//!
//! Drawing samples is left to a [`BatchSource`].

use super::convergence::{Gradients, Losses, WINDOW};
use super::optimiser::{Optimiser, OptimiserState, Schedule, weight_decay};
use crate::information::Encoders;
use crate::linalg::{LinalgError, Matrix, Real, power_of_two_near, product_nt, scale_columns, symmetric_eigen};
use crate::objective::minibatch::{Geometry, MinibatchError, MinibatchLoss, Parameters, Precision};
use crate::random::Stream;
use nalgebra::DMatrix;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::StandardNormal;

/// Minimum number of samples for estimating the geometry, which need only be of the right order.
const GEOMETRY_SAMPLES: usize = 4096;

/// Minimum number of samples per channel for estimating a covariance.
const SAMPLES_PER_CHANNEL: usize = 16;

/// Variances along a direction below this, relative to the largest among unit-variance channels, are lost in the
/// rounding of the samples' covariance (for samples in single precision): they count as zero, and nothing is learned
/// from the direction.
const NO_VARIANCE: f64 = 1e-12;

/// Where batches come from.
pub trait BatchSource<T: Precision> {
    /// Overwrites the batch, n_m × B each, with new samples, one per column.
    fn fill(&mut self, batch: &mut [DMatrix<T>; 2]);
}

impl<T: Precision, F: FnMut(&mut [DMatrix<T>; 2])> BatchSource<T> for F {
    fn fill(&mut self, batch: &mut [DMatrix<T>; 2]) {
        self(batch);
    }
}

/// A fixed data set, traversed in a new seeded order each epoch; samples that do not fill a last batch start the next epoch.
#[derive(Debug)]
pub struct Epochs<'a, T: nalgebra::Scalar> {
    data: [&'a DMatrix<T>; 2],
    seed: u64,
    epoch: u64,
    order: Vec<usize>,
    next: usize,
}

impl<'a, T: Precision> Epochs<'a, T> {
    /// For data n_m × N, one sample per column.
    ///
    /// # Errors
    /// [`SgdError::Data`] if there are no samples, or if the modalities differ in number.
    pub fn new(data: [&'a DMatrix<T>; 2], seed: u64) -> Result<Self, SgdError> {
        let samples = data.map(DMatrix::ncols);
        if samples[0] != samples[1] || samples[0] == 0 {
            return Err(SgdError::Data { first: samples[0], second: samples[1] });
        }
        Ok(Self { data, seed, epoch: 0, order: (0..samples[0]).collect(), next: samples[0] })
    }
}

impl<T: Precision> BatchSource<T> for Epochs<'_, T> {
    fn fill(&mut self, batch: &mut [DMatrix<T>; 2]) {
        for column in 0..batch[0].ncols() {
            if self.next == self.order.len() {
                let stream = Stream { seed: self.seed, experiment: "epoch order", cell: self.epoch, replicate: 0 };
                self.order.shuffle(&mut stream.generator());
                self.epoch += 1;
                self.next = 0;
            }
            let sample = self.order[self.next];
            self.next += 1;
            for (batch, data) in batch.iter_mut().zip(self.data) {
                batch.column_mut(column).copy_from(&data.column(sample));
            }
        }
    }
}

/// Settings of a training run. [`Sgd::default`] works without tuning on the models of this project.
#[derive(Debug, Clone, PartialEq)]
pub struct Sgd {
    /// How a gradient is turned into a step.
    pub optimiser: Optimiser,
    /// The largest learning rate of the run, in the coordinates θ, whose optimum has entries of order one; `None` uses
    /// the loss's default, [`MinibatchLoss::pace`].
    pub learning_rate: Option<f64>,
    /// The schedule of the learning rate.
    pub schedule: Schedule,
    /// B; `None` uses the loss's default, [`MinibatchLoss::pace`].
    pub batch: Option<usize>,
    /// Maximum number of steps.
    pub steps: usize,
    /// η of (η/2)·(‖W_1‖² + ‖W_2‖²), added to the loss (not decoupled from it): theorem `width`.
    pub weight_decay: f64,
    /// The initial temperature τ, if it is learned; `None` keeps the loss's own.
    pub learn_temperature_from: Option<f64>,
    /// η of the polynomial-decay average of the weights over the steps, in which step t counts in proportion to (t +
    /// 1)⋯(t + η) (Shamir and Zhang, ICML 2013, eq. 6): the noise of single batches cancels and the early path is
    /// forgotten. `None` uses the last weights.
    pub averaging: Option<u32>,
    /// Steps after which the encoders are recorded, ascending.
    pub checkpoints: Vec<usize>,
    /// Whether to end the run as soon as it has converged ([`Outcome::Converged`]).
    pub stop_on_plateau: bool,
    /// Seed of the initial weights.
    pub seed: u64,
}

impl Default for Sgd {
    fn default() -> Self {
        Self {
            optimiser: Optimiser::ADAM,
            learning_rate: None,
            schedule: Schedule::Cosine { warm_up: 0.02 },
            batch: None,
            steps: 12_000,
            weight_decay: 0.0,
            learn_temperature_from: None,
            averaging: Some(2),
            checkpoints: vec![],
            stop_on_plateau: false,
            seed: 0,
        }
    }
}

/// How a run ended, judged by the losses of its last 200 steps and by the mean gradient of its last 100 relative to
/// that gradient's noise.
///
/// No outcome depends on units, and none distinguishes a minimum from a saddle at which the run has come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The loss had stopped falling, both encoders had moved, and the mean gradient is explained by chance or nearly vanished.
    Converged,
    /// The loss had stopped falling, but not at a minimum: the mean gradient exceeds its noise, or is zero on every
    /// batch (as when it underflows), or was rounding from the start, or an encoder is still where it began. Learning
    /// rates that are too small end this way, and temperatures whose gradients leave the range of the arithmetic.
    Stalled,
    /// The steps ran out while the loss was still falling, or before there were enough of them to tell.
    Exhausted,
    /// The loss or its gradient became non-finite.
    Diverged {
        /// The step, counted from 0.
        step: usize,
    },
}

impl Outcome {
    /// Its name in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Stalled => "stalled",
            Self::Exhausted => "exhausted",
            Self::Diverged { .. } => "diverged",
        }
    }
}

/// Encoders during training, averaged like the final ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Steps taken.
    pub step: usize,
    /// The mean loss of the last 100 steps, or fewer.
    pub loss: f64,
    /// W_1 and W_2.
    pub encoders: Encoders,
    /// log τ, if it was learned.
    pub log_temperature: Option<f64>,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The average over the steps ([`Sgd::averaging`]); if the run diverged, the last encoders with a finite loss.
    pub encoders: Encoders,
    /// log τ, if it was learned.
    pub log_temperature: Option<f64>,
    /// How the run ended.
    pub outcome: Outcome,
    /// Steps taken.
    pub steps: usize,
    /// The mean loss of the last 100 steps, or fewer; NaN without any.
    pub loss: f64,
    /// The requested checkpoints that were reached.
    pub trajectory: Vec<Checkpoint>,
}

/// Why a run could not start or continue. Divergence is an [`Outcome`], not an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SgdError {
    /// The loss rejects the batch.
    #[error(transparent)]
    Loss(#[from] MinibatchError),
    /// The covariance of the first samples has no decomposition.
    #[error("the first samples: {0}")]
    Samples(#[from] LinalgError),
    /// An option is outside its range.
    #[error("{option} = {value} is outside its range")]
    Option {
        /// Its name.
        option: &'static str,
        /// Its value.
        value: f64,
    },
    /// The data set is empty, or its modalities do not pair up.
    #[error("{first} samples of modality 1, {second} of modality 2: as many are needed, at least one")]
    Data {
        /// Samples of modality 1.
        first: usize,
        /// Samples of modality 2.
        second: usize,
    },
}

impl Sgd {
    /// Trains encoders with d rows on batches from a source whose modalities have n_1 and n_2 channels.
    ///
    /// Deterministic given the seed and the source, for any number of threads.
    ///
    /// # Errors
    /// [`SgdError`].
    pub fn train<T: Precision>(
        &self,
        loss: &mut dyn MinibatchLoss<T>,
        source: &mut dyn BatchSource<T>,
        channels: [usize; 2],
        dim: usize,
    ) -> Result<Trained, SgdError> {
        let mut training = self.start(loss, source, channels, dim)?;
        training.advance(self.steps)?;
        Ok(training.finish())
    }

    /// The same run before its first step; [`Training::advance`] continues it, in pieces of any size.
    ///
    /// # Errors
    /// [`SgdError`].
    pub fn start<'a, T: Precision>(
        &'a self,
        loss: &'a mut dyn MinibatchLoss<T>,
        source: &'a mut dyn BatchSource<T>,
        channels: [usize; 2],
        dim: usize,
    ) -> Result<Training<'a, T>, SgdError> {
        Self::check(channels, dim)?;
        self.check_options()?;
        let pace = loss.pace();
        let mut batch = channels.map(|n| DMatrix::<T>::zeros(n, self.batch.unwrap_or(pace.batch)));
        let frames = Self::frames(loss, source, &mut batch)?;
        let state = State::new(self, &frames, channels, dim);
        let (losses, gradients) = (Losses::default(), Gradients::new(&state.coordinates));
        Ok(Training {
            options: self,
            learning_rate: self.learning_rate.unwrap_or(pace.learning_rate),
            loss,
            source,
            batch,
            frames,
            state,
            losses,
            gradients,
            trajectory: vec![],
            outcome: None,
            steps: 0,
        })
    }

    fn check(channels: [usize; 2], dim: usize) -> Result<(), SgdError> {
        let wrong = |option| Err(SgdError::Option { option, value: 0.0 });
        match (channels[0].min(channels[1]), dim) {
            (0, _) => wrong("channels"),
            (_, 0) => wrong("dim"),
            _ => Ok(()),
        }
    }

    /// Checks that every option is in its range.
    ///
    /// # Errors
    /// [`SgdError::Option`].
    pub fn check_options(&self) -> Result<(), SgdError> {
        let wrong = |option, value| Err(SgdError::Option { option, value });
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let fraction = |value: f64| (0.0..1.0).contains(&value);
        if self.batch == Some(0) {
            return wrong("batch", 0.0);
        }
        if let Some(learning_rate) = self.learning_rate
            && !positive(learning_rate)
        {
            return wrong("learning_rate", learning_rate);
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return wrong("weight_decay", self.weight_decay);
        }
        if let Schedule::Cosine { warm_up } = self.schedule
            && !fraction(warm_up)
        {
            return wrong("warm_up", warm_up);
        }
        if let Some(temperature) = self.learn_temperature_from
            && !positive(temperature)
        {
            return wrong("learn_temperature_from", temperature);
        }
        match self.optimiser {
            Optimiser::Adam { first_decay, .. } if !fraction(first_decay) => wrong("first_decay", first_decay),
            Optimiser::Adam { second_decay, .. } if !fraction(second_decay) => wrong("second_decay", second_decay),
            Optimiser::Adam { epsilon, .. } if !positive(epsilon) => wrong("epsilon", epsilon),
            Optimiser::Momentum { momentum } if !fraction(momentum) => wrong("momentum", momentum),
            _ if !self.checkpoints.is_sorted() => wrong("checkpoints (ascending)", self.checkpoints.len() as f64),
            _ => Ok(()),
        }
    }

    /// P_m for both encoders, from the first samples of the source.
    fn frames<T: Precision>(
        loss: &dyn MinibatchLoss<T>,
        source: &mut dyn BatchSource<T>,
        batch: &mut [DMatrix<T>; 2],
    ) -> Result<[Frame<T>; 2], SgdError> {
        let (channels, size) = ([batch[0].nrows(), batch[1].nrows()], batch[0].ncols());
        let mut moments = channels.map(|n| Matrix::zeros(n, n));
        let wanted = GEOMETRY_SAMPLES.max(SAMPLES_PER_CHANNEL * channels[0].max(channels[1]));
        let rounds = wanted.div_ceil(size);
        for _ in 0..rounds {
            source.fill(batch);
            for (moment, x) in moments.iter_mut().zip(&*batch) {
                let x = x.map(Real::to_f64);
                *moment += product_nt(&x, &x);
            }
        }
        let samples = (rounds * size) as f64;
        for moment in &mut moments {
            *moment /= samples;
        }
        let scales = [0, 1].map(|m| {
            let mean = moments[m].trace() / channels[m] as f64;
            if mean > 0.0 { mean.sqrt() } else { 1.0 }
        });
        let (geometry, units) = (loss.geometry(scales), loss.slope_units(scales).map(power_of_two_near));
        let frame = |m: usize| match geometry[m] {
            Geometry::Whitened => Frame::whitening(&moments[m], units[m]),
            Geometry::Scaled(scale) => Ok(Frame::scale(scale, units[m])),
        };
        Ok([frame(0)?, frame(1)?])
    }
}

/// A run in progress.
pub struct Training<'a, T: Precision> {
    options: &'a Sgd,
    learning_rate: f64,
    loss: &'a mut dyn MinibatchLoss<T>,
    source: &'a mut dyn BatchSource<T>,
    batch: [DMatrix<T>; 2],
    frames: [Frame<T>; 2],
    state: State<T>,
    losses: Losses,
    gradients: Gradients,
    trajectory: Vec<Checkpoint>,
    outcome: Option<Outcome>,
    steps: usize,
}

impl<T: Precision> std::fmt::Debug for Training<'_, T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = formatter.debug_struct("Training");
        fields.field("options", &self.options).field("steps", &self.steps).field("outcome", &self.outcome);
        fields.finish_non_exhaustive()
    }
}

impl<T: Precision> Training<'_, T> {
    /// Takes this many steps, or fewer if the run ends first; returns whether it can continue.
    ///
    /// # Errors
    /// [`SgdError::Loss`] if the loss rejects a batch.
    pub fn advance(&mut self, steps: usize) -> Result<bool, SgdError> {
        let target = self.options.steps.min(self.steps.saturating_add(steps));
        while self.steps < target && self.outcome.is_none() {
            self.step()?;
        }
        Ok(self.outcome.is_none() && self.steps < self.options.steps)
    }

    fn step(&mut self) -> Result<(), SgdError> {
        let Self { options, state, .. } = self;
        self.source.fill(&mut self.batch);
        let value = match self.loss.evaluate([&self.batch[0], &self.batch[1]], &state.weights, &mut state.slopes) {
            Ok(value) => value + weight_decay(options.weight_decay, &state.weights, &mut state.slopes),
            // After the first step, a vanishing vector or temperature is the result of training.
            Err(error) if is_divergence(&error, self.steps) => {
                self.outcome = Some(Outcome::Diverged { step: self.steps });
                state.undo();
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        self.losses.push(value);
        state.map_slopes(&self.frames);
        self.watch_gradient(value);
        let Self { options, learning_rate, state, .. } = self;
        state.step(&self.frames, *learning_rate * options.schedule.share(self.steps, options.steps));
        self.steps += 1;
        if let Some(decay) = options.averaging {
            state.take_into_average(self.steps, decay);
        }
        if options.checkpoints.binary_search(&self.steps).is_ok() {
            self.trajectory.push(Checkpoint {
                step: self.steps,
                loss: self.losses.mean(),
                encoders: state.encoders(),
                log_temperature: state.log_temperature(),
            });
        }
        if self.window_ends() {
            self.gradients.note_distance(&self.state.coordinates);
            if self.options.stop_on_plateau && self.judged() == Outcome::Converged {
                self.outcome = Some(Outcome::Converged);
            }
        }
        Ok(())
    }

    /// Windows are counted back from the last step of the run, so that one ends with it.
    fn window_ends(&self) -> bool {
        (self.options.steps - self.steps).is_multiple_of(WINDOW)
    }

    /// Records the gradient of the current step, in windows after which the run may be judged.
    fn watch_gradient(&mut self, loss: f64) {
        if self.steps == 0 {
            let units = [self.frames[0].unit, self.frames[1].unit];
            self.gradients.start(&self.state.coordinate_slopes, units, loss);
        }
        if self.options.stop_on_plateau || self.steps + WINDOW >= self.options.steps {
            if self.window_ends() {
                self.gradients.open();
            }
            self.gradients.push(&self.state.coordinate_slopes);
        }
    }

    /// The outcome of a run that has not diverged, judged by its losses and gradients.
    fn judged(&self) -> Outcome {
        if !self.losses.plateau() || !self.gradients.window_is_full() {
            Outcome::Exhausted
        } else if self.gradients.at_rest() {
            Outcome::Converged
        } else {
            Outcome::Stalled
        }
    }

    /// Steps taken.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The encoders so far, averaged like the final ones.
    pub fn encoders(&self) -> Encoders {
        self.state.encoders()
    }

    /// Ends the run and returns its result.
    pub fn finish(self) -> Trained {
        Trained {
            encoders: self.state.encoders(),
            log_temperature: self.state.log_temperature(),
            outcome: self.outcome.unwrap_or_else(|| self.judged()),
            steps: self.steps,
            loss: self.losses.mean(),
            trajectory: self.trajectory,
        }
    }
}

/// Whether a loss without a value means that training diverged, rather than that the loss cannot be evaluated on such batches.
fn is_divergence(error: &MinibatchError, steps: usize) -> bool {
    match error {
        MinibatchError::NotFinite { .. } => true,
        MinibatchError::ZeroNorm { .. } | MinibatchError::Temperature { .. } => steps > 0,
        MinibatchError::BatchTooSmall { .. } | MinibatchError::Shape { .. } => false,
    }
}

/// P of one encoder, and the pull-back of a gradient: ∂L/∂θ = ∂L/∂W·Pᵀ, in units of the slopes' size.
#[derive(Debug)]
struct Frame<T: nalgebra::Scalar> {
    map: Map<T>,
    unit: f64,
}

/// P, and Pᵀ divided by the unit.
#[derive(Debug)]
enum Map<T: nalgebra::Scalar> {
    /// n × n and not symmetric.
    Matrix { forward: DMatrix<T>, backward: DMatrix<T> },
    /// A multiple of the identity.
    Scale { forward: T, backward: T },
}

impl<T: Precision> Frame<T> {
    fn scale(scale: f64, unit: f64) -> Self {
        Self { map: Map::Scale { forward: T::nearest(scale), backward: T::nearest(scale / unit) }, unit }
    }

    /// P = R·S^{-1}, which whitens x: S holds the channels' units, R is the inverse root of the covariance in these units.
    fn whitening(covariance: &Matrix, unit: f64) -> Result<Self, LinalgError> {
        let units: Vec<f64> = covariance
            .diagonal()
            .iter()
            .map(|&variance| if variance > 0.0 { power_of_two_below(variance.sqrt()) } else { 1.0 })
            .collect();
        let n = units.len();
        let root = inverse_root(&Matrix::from_fn(n, n, |i, j| covariance[(i, j)] / units[i] / units[j]))?;
        let forward = Matrix::from_fn(n, n, |i, j| root[(i, j)] / units[j]);
        let backward = forward.transpose() / unit;
        let map = Map::Matrix { forward: forward.map(T::nearest), backward: backward.map(T::nearest) };
        Ok(Self { map, unit })
    }

    /// W = θ·P.
    fn apply(&self, coordinates: &DMatrix<T>, weights: &mut DMatrix<T>) {
        match &self.map {
            Map::Matrix { forward, .. } => weights.gemm(T::one(), coordinates, forward, T::zero()),
            Map::Scale { forward, .. } => scale(coordinates, *forward, weights),
        }
    }

    /// ∂L/∂θ from ∂L/∂W.
    fn pull_back(&self, slopes: &DMatrix<T>, coordinate_slopes: &mut DMatrix<T>) {
        match &self.map {
            Map::Matrix { backward, .. } => coordinate_slopes.gemm(T::one(), slopes, backward, T::zero()),
            Map::Scale { backward, .. } => scale(slopes, *backward, coordinate_slopes),
        }
    }
}

/// out = factor·a.
fn scale<T: Precision>(a: &DMatrix<T>, factor: T, out: &mut DMatrix<T>) {
    out.iter_mut().zip(a).for_each(|(out, &a)| *out = factor * a);
}

/// The largest power of two not above a normal number: its exponent. Twice the number thus always has twice the power.
fn power_of_two_below(value: f64) -> f64 {
    const MANTISSA: u64 = (1 << (f64::MANTISSA_DIGITS - 1)) - 1;
    f64::from_bits(value.to_bits() & !MANTISSA)
}

/// Σ^{-1/2}, symmetric; zero along directions without variance.
fn inverse_root(covariance: &Matrix) -> Result<Matrix, LinalgError> {
    let eigen = symmetric_eigen(covariance)?;
    let least = NO_VARIANCE * eigen.values[0];
    let mut scaled = eigen.vectors.clone();
    let inverse = |&value: &f64| if value > least { value.sqrt().recip() } else { 0.0 };
    scale_columns(&mut scaled, eigen.values.iter().map(inverse));
    Ok(product_nt(&scaled, &eigen.vectors))
}

/// The moving parts of a run.
#[derive(Debug)]
struct State<T: nalgebra::Scalar> {
    /// θ.
    coordinates: Parameters<T>,
    /// W = θ·P, and its value one step ago.
    weights: Parameters<T>,
    previous: Parameters<T>,
    /// The average of the weights so far, if requested and no step was undone.
    average: Option<Parameters<T>>,
    /// ∂L/∂W, and ∂L/∂θ in units of its size.
    slopes: Parameters<T>,
    coordinate_slopes: Parameters<T>,
    optimiser: OptimiserState<T>,
}

impl<T: Precision> State<T> {
    /// θ is Gaussian with rows of expected squared length one: under a whitening P every z has variance one.
    fn new(options: &Sgd, frames: &[Frame<T>; 2], channels: [usize; 2], dim: usize) -> Self {
        let initial = [0, 1].map(|m| {
            let stream = Stream { seed: options.seed, experiment: "initial encoder", cell: m as u64, replicate: 0 };
            let mut generator = stream.generator();
            let scale = (channels[m] as f64).sqrt().recip();
            DMatrix::from_fn(dim, channels[m], |_, _| T::nearest(scale * generator.sample::<f64, _>(StandardNormal)))
        });
        let log_temperature = options.learn_temperature_from.map(|temperature| T::nearest(temperature.ln()));
        let coordinates = Parameters { weights: initial, log_temperature };
        let zeros = coordinates.zeros_like();
        let mut state = Self {
            weights: zeros.clone(),
            previous: zeros.clone(),
            average: None,
            slopes: zeros.clone(),
            coordinate_slopes: zeros,
            optimiser: OptimiserState::new(options.optimiser, &coordinates),
            coordinates,
        };
        state.map_to_weights(frames);
        state.previous = state.weights.clone();
        state
    }

    /// The current slopes in the coordinates θ.
    fn map_slopes(&mut self, frames: &[Frame<T>; 2]) {
        for (m, frame) in frames.iter().enumerate() {
            frame.pull_back(&self.slopes.weights[m], &mut self.coordinate_slopes.weights[m]);
        }
        self.coordinate_slopes.log_temperature = self.slopes.log_temperature;
    }

    /// One step of the optimiser along the current slopes.
    fn step(&mut self, frames: &[Frame<T>; 2], learning_rate: f64) {
        self.optimiser.step(&mut self.coordinates, &self.coordinate_slopes, learning_rate);
        std::mem::swap(&mut self.weights, &mut self.previous);
        self.map_to_weights(frames);
    }

    /// Adds the weights after this many steps to their average.
    fn take_into_average(&mut self, steps: usize, decay: u32) {
        let Some(average) = &mut self.average else {
            self.average = Some(self.weights.clone());
            return;
        };
        let decay = f64::from(decay);
        let share = T::nearest((1.0 + decay) / (steps as f64 + decay));
        for (average, weights) in average.slices_mut().zip(self.weights.slices()) {
            average.iter_mut().zip(weights).for_each(|(average, &weight)| *average += share * (weight - *average));
        }
    }

    /// Returns to the weights of the last finite loss.
    fn undo(&mut self) {
        std::mem::swap(&mut self.weights, &mut self.previous);
        self.average = None;
    }

    fn learnt(&self) -> &Parameters<T> {
        self.average.as_ref().unwrap_or(&self.weights)
    }

    fn map_to_weights(&mut self, frames: &[Frame<T>; 2]) {
        for (m, frame) in frames.iter().enumerate() {
            frame.apply(&self.coordinates.weights[m], &mut self.weights.weights[m]);
        }
        self.weights.log_temperature = self.coordinates.log_temperature;
    }

    fn log_temperature(&self) -> Option<f64> {
        self.learnt().log_temperature.map(Real::to_f64)
    }

    fn encoders(&self) -> Encoders {
        let [first, second] = [0, 1].map(|m| self.learnt().weights[m].map(Real::to_f64));
        Encoders { first, second }
    }
}
