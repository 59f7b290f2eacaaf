//! Everything that is trained together: both encoders, and what the objective needs beside them.

use crate::data::{Evaluation, Kind};
use crate::device::Hardware;
use crate::encoder::{EncoderError, EncoderSpec, Network, Parameter};
use crate::objective::infonce::{HostLoss, Similarity};
use crate::objective::supervised::{self, Columns};
use crate::objective::{
    Alignment, ObjectiveError, ObjectiveSpec, barlow_twins, correlation, infonce, reconstruction, siglip, spectral,
    vicreg,
};
use crate::optimiser::read;
use alignloss::objective::minibatch::MinibatchError;
use burn::tensor::Tensor;

/// A learnt τ stays above this (Radford et al. 2021 bound 1/τ by 100).
const LEAST_TEMPERATURE: f64 = 0.01;

/// A model that can't be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// Its encoders.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// Its objective.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// Supervision without factors.
    #[error("alignment of kind \"supervised\" needs factors, these data have none")]
    NoFactors,
}

/// Why a loss has no value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LossError {
    /// It is not finite, or an embedding is zero: training has diverged.
    #[error("the loss is not finite")]
    Diverged,
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
}

/// The place of a number that the objective learns.
#[derive(Debug, Clone, Copy)]
enum Scalar {
    Fixed(f64),
    Learnt(usize),
}

/// Networks, and the objective that they are trained by.
#[derive(Debug)]
pub struct Model {
    objective: ObjectiveSpec,
    encoders: [Network; 2],
    decoders: Option<[Network; 2]>,
    heads: Option<[Network; 2]>,
    columns: Vec<Columns>,
    log_temperature: Scalar,
    bias: Scalar,
    common: usize,
    widths: [usize; 2],
    host: Option<HostLoss>,
}

/// A batch on the device, views standardised.
#[derive(Debug)]
pub struct Batch {
    /// n × entries.
    pub views: [Tensor<2>; 2],
    /// For each view two noisy copies, where the objective compares them.
    pub copies: Option<[[Tensor<2>; 2]; 2]>,
    /// n × columns of the factors, where the objective predicts them.
    pub targets: Option<Tensor<2>>,
}

/// A loss to go back from, and its value.
#[derive(Debug)]
pub struct Loss {
    /// Its gradient is the loss's; its own value may not be.
    pub surrogate: Tensor<1>,
    /// What to add to the value of `rest`: known without asking the device.
    pub known: f64,
    /// The rest of the value, to be read when it is wanted.
    pub rest: Option<Tensor<1>>,
}

impl Loss {
    /// The value; waits for the device.
    ///
    /// # Errors
    /// [`LossError`].
    pub fn value(&self) -> Result<f64, LossError> {
        let rest = match &self.rest {
            Some(rest) => f64::from(rest.clone().try_into_scalar::<f32>().map_err(device)?),
            None => 0.0,
        };
        let value = self.known + rest;
        if value.is_finite() { Ok(value) } else { Err(LossError::Diverged) }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn device(error: impl ToString) -> LossError {
    LossError::Device(error.to_string())
}

impl Model {
    /// Networks for views of the given shapes, with their parameters as they are drawn.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn new(
        encoder: &EncoderSpec,
        objective: &ObjectiveSpec,
        shapes: &[Vec<usize>; 2],
        held_out: &Evaluation,
        names: (u64, u64),
        hardware: &Hardware,
    ) -> Result<(Self, Vec<Parameter>), ModelError> {
        objective.check()?;
        let common = objective.dim.unwrap_or(encoder.dim());
        let outputs = common + objective.unique.map_or(0, |unique| unique.dim);
        let mut parameters = Vec::new();
        let mut build = |m: usize, name: &str| {
            Network::encoder(encoder, &shapes[m], outputs, &mut parameters, name, names)
        };
        let encoders = [build(0, "encoder1")?, build(1, "encoder2")?];
        let widths = [0, 1].map(|m| shapes[m].iter().product());
        let (hidden, activation) = encoder.mirrored();
        let decoders = (objective.reconstruction > 0.0).then(|| {
            [0, 1].map(|m| {
                let name = format!("decoder{}", m + 1);
                Network::perceptron((outputs, widths[m]), (&hidden, activation), &mut parameters, &name, names)
            })
        });
        let mut columns = Vec::new();
        if objective.alignment == Alignment::Supervised {
            columns.extend(held_out.train.factors.iter().map(|factor| match factor.kind {
                Kind::Regression => Columns::Numbers(factor.dims),
                Kind::Classification { classes } => Columns::Classes(classes),
            }));
            if columns.is_empty() {
                return Err(ModelError::NoFactors);
            }
        }
        let total: usize = columns.iter().map(|part| part.width()).sum();
        let heads = (total > 0).then(|| {
            [0, 1].map(|m| {
                let name = format!("head{}", m + 1);
                Network::perceptron((outputs, total), (&[], activation), &mut parameters, &name, names)
            })
        });
        #[expect(clippy::cast_possible_truncation, reason = "parameters are single precision")]
        let mut learn = |name: &str, value: f64| {
            parameters.push(Parameter { name: name.into(), values: vec![value as f32] });
            Scalar::Learnt(parameters.len() - 1)
        };
        let (mut log_temperature, mut bias, mut host) = (Scalar::Fixed(0.0), Scalar::Fixed(0.0), None);
        match objective.alignment {
            Alignment::Infonce { similarity, temperature, learn_temperature, within } => {
                log_temperature = if learn_temperature {
                    learn("log_temperature", temperature.ln())
                } else {
                    Scalar::Fixed(temperature.ln())
                };
                host = (hardware.is_host() && !within).then(|| HostLoss::new(similarity));
            }
            Alignment::Siglip { temperature, bias: start } => {
                log_temperature = learn("log_temperature", temperature.ln());
                bias = learn("bias", start);
            }
            _ => {}
        }
        let model = Self {
            objective: *objective,
            encoders,
            decoders,
            heads,
            columns,
            log_temperature,
            bias,
            common,
            widths,
            host,
        };
        Ok((model, parameters))
    }

    /// Keeps every loss on the device, as on a GPU.
    #[must_use]
    pub fn without_host_loss(self) -> Self {
        Self { host: None, ..self }
    }

    /// Entries of either view.
    pub fn widths(&self) -> [usize; 2] {
        self.widths
    }

    /// d, the dimension of the aligned block.
    pub fn common(&self) -> usize {
        self.common
    }

    /// Whether there is a block beside the aligned one.
    pub fn has_unique(&self) -> bool {
        self.objective.unique.is_some()
    }

    /// Embeddings of samples of sensor `m` (0 or 1): n × entries → n × (aligned block, then the unique one).
    pub fn embed(&self, weights: &[Tensor<1>], m: usize, samples: Tensor<2>) -> Tensor<2> {
        self.encoders[m].forward(weights, samples)
    }

    /// The loss of a batch.
    ///
    /// # Errors
    /// [`LossError`].
    pub fn loss(&mut self, weights: &[Tensor<1>], batch: &Batch) -> Result<Loss, LossError> {
        let embeddings = [0, 1].map(|m| self.embed(weights, m, batch.views[m].clone()));
        let count = embeddings[0].dims()[0];
        let outputs = embeddings[0].dims()[1];
        let block = |rows: &Tensor<2>, from: usize, to: usize| {
            if (from, to) == (0, outputs) { rows.clone() } else { rows.clone().slice([0..count, from..to]) }
        };
        let [first, second] = [0, 1].map(|m| block(&embeddings[m], 0, self.common));
        let mut total = Total::default();
        let weight = self.objective.weight;
        match self.objective.alignment {
            Alignment::Infonce { .. } if self.host.is_some() => {
                self.add_host_loss(weights, [first, second], weight, &mut total)?;
            }
            Alignment::Infonce { similarity, within, .. } => {
                let inverse = self.inverse_temperature(weights, &first);
                total.add(infonce::loss(first, second, similarity, inverse, within), weight);
            }
            Alignment::Spectral => total.add(spectral::loss(first, second), weight),
            Alignment::Vicreg { invariance, variance, covariance } => {
                total.add(vicreg::loss(first, second, [invariance, variance, covariance]), weight);
            }
            Alignment::BarlowTwins { redundancy } => {
                total.add(barlow_twins::loss(first, second, redundancy), weight);
            }
            Alignment::Siglip { .. } => {
                let inverse = self.inverse_temperature(weights, &first);
                let bias = self.scalar(self.bias, weights, &first);
                total.add(siglip::loss(first, second, inverse, bias), weight);
            }
            Alignment::Supervised => {
                if let (Some(heads), Some(targets)) = (&self.heads, &batch.targets) {
                    for (head, embedding) in heads.iter().zip(&embeddings) {
                        let predicted = head.forward(weights, embedding.clone());
                        total.add(supervised::loss(&predicted, targets, &self.columns), 0.5 * weight);
                    }
                }
            }
            Alignment::None | Alignment::Untrained => {}
        }
        if let Some(decoders) = &self.decoders {
            for m in 0..2 {
                let decoded = decoders[m].forward(weights, embeddings[m].clone());
                let error = reconstruction::loss(decoded, batch.views[m].clone());
                total.add(error, 0.5 * self.objective.reconstruction);
            }
        }
        if let Some(unique) = self.objective.unique {
            for embedding in &embeddings {
                let blocks = [block(embedding, 0, self.common), block(embedding, self.common, outputs)];
                let [common, own] = blocks;
                total.add(correlation::between(common, own), 0.5 * unique.decorrelation);
            }
        }
        if let (Some(unimodal), Some(copies)) = (self.objective.unimodal, &batch.copies) {
            for (m, [one, other]) in copies.iter().enumerate() {
                let [one, other] = [one, other].map(|view| self.embed(weights, m, view.clone()));
                let inverse = constant(unimodal.temperature.recip(), &one);
                let term = infonce::loss(one, other, Similarity::Cosine, inverse, false);
                total.add(term, 0.5 * unimodal.weight);
            }
        }
        total.finish().ok_or(LossError::Diverged)
    }

    /// InfoNCE by the library's kernels: value and gradients are found on the host, and enter the graph as constants.
    fn add_host_loss(
        &mut self,
        weights: &[Tensor<1>],
        embeddings: [Tensor<2>; 2],
        weight: f64,
        total: &mut Total,
    ) -> Result<(), LossError> {
        let (dim, count) = (embeddings[0].dims()[1], embeddings[0].dims()[0]);
        let shown = embeddings.clone().map(|rows| read(rows.without_autodiff()));
        let [first, second] = shown;
        let (first, second) = (first.map_err(LossError::Device)?, second.map_err(LossError::Device)?);
        let log = match self.log_temperature {
            Scalar::Fixed(log) => log,
            Scalar::Learnt(place) => {
                let log = weights[place].clone().without_autodiff().try_into_scalar::<f32>().map_err(device)?;
                f64::from(log)
            }
        };
        let bounded = log.max(LEAST_TEMPERATURE.ln());
        let Some(host) = &mut self.host else { return Ok(()) };
        let found = host.evaluate([&first, &second], dim, bounded.exp()).map_err(|error| match error {
            MinibatchError::NotFinite { .. } | MinibatchError::ZeroNorm { .. } | MinibatchError::Temperature { .. } => {
                LossError::Diverged
            }
            other => LossError::Device(other.to_string()),
        })?;
        for (rows, gradient) in embeddings.into_iter().zip(found.embeddings) {
            let place = rows.device().without_autodiff();
            let gradient = Tensor::<2>::from_data(burn::tensor::TensorData::new(gradient, [count, dim]), &place);
            total.hang((rows * gradient).sum().mul_scalar(weight));
        }
        if let Scalar::Learnt(place) = self.log_temperature
            && log > LEAST_TEMPERATURE.ln()
        {
            total.hang(weights[place].clone().mul_scalar(weight * found.log_temperature));
        }
        total.known += weight * found.value;
        Ok(())
    }

    fn inverse_temperature(&self, weights: &[Tensor<1>], like: &Tensor<2>) -> Tensor<1> {
        self.scalar(self.log_temperature, weights, like).neg().clamp_max(-LEAST_TEMPERATURE.ln()).exp()
    }

    #[expect(clippy::unused_self, reason = "reads as the model's own number")]
    fn scalar(&self, scalar: Scalar, weights: &[Tensor<1>], like: &Tensor<2>) -> Tensor<1> {
        match scalar {
            Scalar::Fixed(value) => constant(value, like),
            Scalar::Learnt(place) => weights[place].clone(),
        }
    }
}

/// A number on the device of a tensor.
fn constant(value: f64, like: &Tensor<2>) -> Tensor<1> {
    Tensor::full([1], value, &like.device())
}

/// A sum of terms.
#[derive(Debug, Default)]
struct Total {
    known: f64,
    /// Terms whose values count.
    terms: Option<Tensor<1>>,
    /// Terms whose gradients count.
    hung: Option<Tensor<1>>,
}

impl Total {
    fn add(&mut self, term: Tensor<1>, weight: f64) {
        let term = if (weight - 1.0).abs() < f64::EPSILON { term } else { term.mul_scalar(weight) };
        self.terms = Some(match self.terms.take() {
            Some(sum) => sum + term,
            None => term,
        });
    }

    fn hang(&mut self, term: Tensor<1>) {
        self.hung = Some(match self.hung.take() {
            Some(sum) => sum + term,
            None => term,
        });
    }

    fn finish(self) -> Option<Loss> {
        let rest = self.terms.clone().map(Tensor::without_autodiff);
        let surrogate = match (self.terms, self.hung) {
            (Some(terms), Some(hung)) => terms + hung,
            (terms, hung) => terms.or(hung)?,
        };
        Some(Loss { surrogate, known: self.known, rest })
    }
}
