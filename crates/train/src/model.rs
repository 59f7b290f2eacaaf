//! Everything that is trained together: both encoders, and any other networks the objective needs.

use crate::data::{Evaluation, Kind};
use crate::device::Hardware;
use crate::encoder::{EncoderError, EncoderSpec, Network, Parameter};
use crate::objective::infonce::{HostLoss, Similarity};
use crate::objective::supervised::{self, Columns};
use crate::objective::{
    Alignment, LEAST_TEMPERATURE, ObjectiveError, ObjectiveSpec, barlow_twins, correlation, infonce, reconstruction,
    siglip, spectral, vicreg,
};
use crate::optimiser::read;
use alignloss::objective::minibatch::MinibatchError;
use burn::tensor::{Tensor, TensorData};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Gradients in an embedding are of order 1/B; the smallest normal 16-bit float is 6e-5.
const HALF_SCALE: f64 = 1024.0;

/// Why a model can't be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// An error in the encoders.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// An error in the objective.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// Supervision needs factors.
    #[error("alignment of kind \"supervised\" needs factors, but these data have none")]
    NoFactors,
}

/// Why a loss has no value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LossError {
    /// The loss is not finite: training has diverged.
    #[error("the loss is not finite")]
    Diverged,
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
}

/// The index of a number that the objective learns.
#[derive(Debug, Clone, Copy)]
enum Scalar {
    Fixed(f64),
    Learnt(usize),
}

/// The networks of one sensor.
#[derive(Debug)]
struct Tower {
    encoder: Network,
    decoder: Option<Network>,
    head: Option<Network>,
}

/// Networks, and the objective that trains them.
///
/// The gradient of one encoder's parameters depends on the other encoder only through the embeddings. Each encoder
/// therefore has a separate graph, and the loss of both embeddings has a third one; if tensors are in this process's
/// memory, the encoders run forward and backward in parallel.
#[derive(Debug)]
pub struct Model {
    objective: ObjectiveSpec,
    towers: [Tower; 2],
    columns: Vec<Columns>,
    log_temperature: Scalar,
    bias: Scalar,
    common: usize,
    outputs: usize,
    widths: [usize; 2],
    host: Option<HostLoss>,
    /// Losses are multiplied by this on the way back, so that small gradients survive 16 bits.
    scale: f64,
    /// A share of the cores for each encoder.
    pools: Option<[ThreadPool; 2]>,
}

/// A batch on the device, with standardised views.
#[derive(Debug)]
pub struct Batch {
    /// n × entries.
    pub views: [Tensor<2>; 2],
    /// Two noisy copies of each view, if the objective compares them.
    pub copies: Option<[[Tensor<2>; 2]; 2]>,
    /// n × columns of the factors, if the objective predicts them.
    pub targets: Option<Tensor<2>>,
}

/// A value in parts: what is known already, and what is still on the device.
#[derive(Debug, Default)]
pub struct Value {
    known: f64,
    terms: Vec<Tensor<1>>,
}

impl Value {
    /// The value; waits for the device.
    ///
    /// # Errors
    /// [`LossError`].
    pub fn read(self) -> Result<f64, LossError> {
        let mut value = self.known;
        for term in self.terms {
            value += f64::from(term.try_into_scalar::<f32>().map_err(device)?);
        }
        if value.is_finite() { Ok(value) } else { Err(LossError::Diverged) }
    }
}

/// The gradients of a batch, one for each parameter that a gradient reaches, and the loss.
#[derive(Debug)]
pub struct Step {
    /// In the order of the parameters.
    pub gradients: Vec<Option<Tensor<1>>>,
    /// The loss.
    pub loss: Value,
}

/// One encoder after its forward pass.
struct Forward {
    embedding: Tensor<2>,
    /// Terms of the loss that involve only this encoder.
    own: Option<Tensor<1>>,
}

/// The loss of both embeddings, and its gradients.
struct Aligned {
    value: Value,
    /// With respect to each aligned block, if there is an alignment.
    embeddings: Option<[Tensor<2>; 2]>,
    /// With respect to numbers that the objective learns, by index.
    scalars: Vec<(usize, Tensor<1>)>,
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn device(error: impl ToString) -> LossError {
    LossError::Device(error.to_string())
}

impl Model {
    /// Networks for views of the given shapes, with their initial parameters.
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
        let widths = [0, 1].map(|m| shapes[m].iter().product());
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
        let (hidden, activation) = encoder.mirrored();
        let mut parameters = Vec::new();
        let mut tower = |m: usize| -> Result<Tower, EncoderError> {
            let name = |what: &str| format!("{what}{}", m + 1);
            let own = Network::encoder(encoder, &shapes[m], outputs, &mut parameters, &name("encoder"), names)?;
            let mut add = |what: &str, outputs_of: usize, hidden: &[usize]| {
                let sizes = (outputs, outputs_of);
                Network::perceptron(sizes, (hidden, activation), &mut parameters, &name(what), names)
            };
            let decoder = (objective.reconstruction > 0.0).then(|| add("decoder", widths[m], &hidden));
            let head = (total > 0).then(|| add("head", total, &[]));
            Ok(Tower { encoder: own, decoder, head })
        };
        let towers = [tower(0)?, tower(1)?];
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
        let pools = if hardware.is_host() { pools() } else { None };
        let objective = *objective;
        let model = Self {
            objective,
            towers,
            columns,
            log_temperature,
            bias,
            common,
            outputs,
            widths,
            host,
            scale: 1.0,
            pools,
        };
        Ok((model, parameters))
    }

    /// Keeps all losses on the device, as on a GPU.
    #[must_use]
    pub fn without_host_loss(self) -> Self {
        Self { host: None, ..self }
    }

    /// Multiplies in 16-bit floats.
    pub(crate) fn use_half(&mut self) {
        self.scale = HALF_SCALE;
        for Tower { encoder, decoder, head } in &mut self.towers {
            encoder.use_half();
            decoder.iter_mut().chain(head).for_each(Network::use_half);
        }
    }

    /// Entries of either view.
    pub fn widths(&self) -> [usize; 2] {
        self.widths
    }

    /// d, the dimension of the aligned block.
    pub fn common(&self) -> usize {
        self.common
    }

    /// If τ is learned: the index of log τ among the parameters, and its lower bound after a step.
    pub fn least_log_temperature(&self) -> Option<(usize, f64)> {
        match self.log_temperature {
            Scalar::Learnt(place) => Some((place, LEAST_TEMPERATURE.ln())),
            Scalar::Fixed(_) => None,
        }
    }

    /// Whether there is a block in addition to the aligned one.
    pub fn has_unique(&self) -> bool {
        self.objective.unique.is_some()
    }

    /// Embeddings of samples of sensor `m` (0 or 1): n × entries → n × (aligned block, then unique block).
    pub fn embed(&self, weights: &[Tensor<1>], m: usize, samples: Tensor<2>) -> Tensor<2> {
        self.towers[m].encoder.forward(weights, samples)
    }

    /// The loss of a batch and its gradients with respect to the parameters, which are passed without gradient.
    ///
    /// # Errors
    /// [`LossError`].
    pub fn step(&mut self, parameters: Vec<Tensor<1>>, batch: &Batch) -> Result<Step, LossError> {
        let weights: Vec<Tensor<1>> = parameters.into_iter().map(|values| values.autodiff().require_grad()).collect();
        let forward = self.both(|m| self.forward(&weights, m, batch));
        let blocks = [0, 1].map(|m| self.aligned_block(&forward[m].embedding));
        let mut aligned = self.align(&weights, blocks)?;
        for Forward { own, .. } in &forward {
            aligned.value.terms.extend(own.clone().map(Tensor::without_autodiff));
        }
        let back = self.both(|m| {
            let Forward { embedding, own } = &forward[m];
            let hung = aligned
                .embeddings
                .as_ref()
                .map(|gradients| (self.aligned_block(embedding) * gradients[m].clone()).sum());
            let surrogate = match (hung, own.clone()) {
                (Some(hung), Some(own)) => hung + own,
                (hung, own) => hung.or(own)?,
            };
            let scaled = (self.scale - 1.0).abs() > f64::EPSILON;
            let surrogate = if scaled { surrogate.mul_scalar(self.scale) } else { surrogate };
            let mut gradients = surrogate.backward();
            let unscaled = |gradient: Tensor<1>| if scaled { gradient.div_scalar(self.scale) } else { gradient };
            let own = weights.iter().map(|weight| weight.grad_remove(&mut gradients).map(unscaled));
            Some(own.collect::<Vec<_>>())
        });
        let mut gradients: Vec<Option<Tensor<1>>> = vec![None; weights.len()];
        for tower in back.into_iter().flatten() {
            for (gradient, own) in gradients.iter_mut().zip(tower) {
                *gradient = own.or(gradient.take());
            }
        }
        for (place, gradient) in aligned.scalars {
            gradients[place] = Some(gradient);
        }
        Ok(Step { gradients, loss: aligned.value })
    }

    /// Runs a task for both encoders, in parallel if there are threads for both.
    fn both<T: Send>(&self, task: impl Fn(usize) -> T + Sync) -> [T; 2] {
        match &self.pools {
            None => [task(0), task(1)],
            Some([here, there]) => {
                let task = &task;
                let mut second = None;
                let first = there.in_place_scope(|scope| {
                    scope.spawn(|_| second = Some(task(1)));
                    here.install(|| task(0))
                });
                [first, second.unwrap_or_else(|| task(1))]
            }
        }
    }

    fn aligned_block(&self, embedding: &Tensor<2>) -> Tensor<2> {
        if self.common == self.outputs {
            embedding.clone()
        } else {
            embedding.clone().slice([0..embedding.dims()[0], 0..self.common])
        }
    }

    /// An encoder's embedding, and the terms that involve only this encoder.
    fn forward(&self, weights: &[Tensor<1>], m: usize, batch: &Batch) -> Forward {
        let tower = &self.towers[m];
        let embedding = tower.encoder.forward(weights, batch.views[m].clone());
        let mut own: Option<Tensor<1>> = None;
        let mut add = |term: Tensor<1>, weight: f64| {
            let term = term.mul_scalar(weight);
            own = Some(match own.take() {
                Some(sum) => sum + term,
                None => term,
            });
        };
        if let Some(decoder) = &tower.decoder {
            let decoded = decoder.forward(weights, embedding.clone());
            let error = reconstruction::loss(decoded, batch.views[m].clone());
            add(error, 0.5 * self.objective.reconstruction);
        }
        if let Some(unique) = self.objective.unique {
            let block = embedding.clone().slice([0..embedding.dims()[0], self.common..self.outputs]);
            add(correlation::between(self.aligned_block(&embedding), block), 0.5 * unique.decorrelation);
        }
        if let (Some(unimodal), Some(copies)) = (self.objective.unimodal, &batch.copies) {
            let [one, other] = [0, 1].map(|copy| tower.encoder.forward(weights, copies[m][copy].clone()));
            let inverse = constant(unimodal.temperature.recip(), &one);
            add(infonce::loss(one, other, Similarity::Cosine, inverse, false), 0.5 * unimodal.weight);
        }
        if let (Some(head), Some(targets)) = (&tower.head, &batch.targets) {
            let predicted = head.forward(weights, embedding.clone());
            add(supervised::loss(&predicted, targets, &self.columns), 0.5 * self.objective.weight);
        }
        Forward { embedding, own }
    }

    /// The loss of both aligned blocks.
    fn align(&mut self, weights: &[Tensor<1>], blocks: [Tensor<2>; 2]) -> Result<Aligned, LossError> {
        if let Some(aligned) = self.align_on_host(weights, &blocks)? {
            return Ok(aligned);
        }
        let nothing = Aligned { value: Value::default(), embeddings: None, scalars: Vec::new() };
        // Separate leaves: the graph of this loss ends at the embeddings.
        let [first, second] = blocks.map(|rows| rows.without_autodiff().autodiff().require_grad());
        let leaves = [first.clone(), second.clone()];
        let loss = match self.objective.alignment {
            Alignment::Infonce { similarity, within, .. } => {
                infonce::loss(first.clone(), second, similarity, self.inverse_temperature(weights, &first), within)
            }
            Alignment::Spectral => spectral::loss(first, second),
            Alignment::Vicreg { invariance, variance, covariance } => {
                vicreg::loss(first, second, [invariance, variance, covariance])
            }
            Alignment::BarlowTwins { redundancy } => barlow_twins::loss(first, second, redundancy),
            Alignment::Siglip { .. } => {
                let inverse = self.inverse_temperature(weights, &first);
                let bias = scalar(self.bias, weights, &first);
                siglip::loss(first, second, inverse, bias)
            }
            Alignment::Supervised | Alignment::None | Alignment::Untrained => return Ok(nothing),
        };
        let loss = loss.mul_scalar(self.objective.weight);
        let mut gradients = loss.backward();
        let missing = || LossError::Device("the loss does not depend on an embedding".into());
        let [first, second] = leaves.map(|leaf| leaf.grad_remove(&mut gradients).ok_or_else(missing));
        let learnt = [self.log_temperature, self.bias].into_iter().filter_map(|scalar| match scalar {
            Scalar::Learnt(place) => Some((place, weights[place].grad_remove(&mut gradients)?)),
            Scalar::Fixed(_) => None,
        });
        let scalars = learnt.collect();
        let value = Value { known: 0.0, terms: vec![loss.without_autodiff()] };
        Ok(Aligned { value, embeddings: Some([first?, second?]), scalars })
    }

    /// InfoNCE by the library's kernels, which compute value and gradients together; `None` if the loss is not computed
    /// on the host, or if an embedding is zero, for which the kernels have no direction.
    fn align_on_host(&mut self, weights: &[Tensor<1>], blocks: &[Tensor<2>; 2]) -> Result<Option<Aligned>, LossError> {
        let Some(host) = &mut self.host else { return Ok(None) };
        let (dim, count) = (self.common, blocks[0].dims()[0]);
        let place = blocks[0].device().without_autodiff();
        let [first, second] =
            blocks.each_ref().map(|rows| read(rows.clone().without_autodiff()).map_err(LossError::Device));
        let (first, second) = (first?, second?);
        let log = match self.log_temperature {
            Scalar::Fixed(log) => log,
            Scalar::Learnt(place) => {
                let log = weights[place].clone().without_autodiff().try_into_scalar::<f32>().map_err(device)?;
                f64::from(log)
            }
        };
        let found = match host.evaluate([&first, &second], dim, log.exp()) {
            Ok(found) => found,
            Err(MinibatchError::ZeroNorm { .. }) => return Ok(None),
            Err(MinibatchError::NotFinite { .. } | MinibatchError::Temperature { .. }) => {
                return Err(LossError::Diverged);
            }
            Err(other) => return Err(LossError::Device(other.to_string())),
        };
        let weight = self.objective.weight;
        let embeddings = found.embeddings.map(|gradient| {
            let gradient = Tensor::<2>::from_data(TensorData::new(gradient, [count, dim]), &place);
            if (weight - 1.0).abs() < f64::EPSILON { gradient } else { gradient.mul_scalar(weight) }
        });
        let mut scalars = Vec::new();
        if let Scalar::Learnt(index) = self.log_temperature {
            scalars.push((index, Tensor::full([1], weight * found.log_temperature, &place)));
        }
        let value = Value { known: weight * found.value, terms: Vec::new() };
        Ok(Some(Aligned { value, embeddings: Some(embeddings), scalars }))
    }

    fn inverse_temperature(&self, weights: &[Tensor<1>], like: &Tensor<2>) -> Tensor<1> {
        scalar(self.log_temperature, weights, like).neg().exp()
    }
}

/// Half of the threads for each encoder; `None` if there is only one.
fn pools() -> Option<[ThreadPool; 2]> {
    let threads = rayon::current_num_threads();
    let pool = || ThreadPoolBuilder::new().num_threads(threads / 2).build().ok();
    if threads < 2 { None } else { Some([pool()?, pool()?]) }
}

fn scalar(scalar: Scalar, weights: &[Tensor<1>], like: &Tensor<2>) -> Tensor<1> {
    match scalar {
        Scalar::Fixed(value) => constant(value, like),
        Scalar::Learnt(place) => weights[place].clone(),
    }
}

/// A number on the same device as a tensor.
fn constant(value: f64, like: &Tensor<2>) -> Tensor<1> {
    Tensor::full([1], value, &like.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSpec;
    use crate::optimiser::State;
    use crate::trainer::{Plan, Trainer, TrainingSpec};

    const COUNT: usize = 16;

    /// Differences of fourth order of a single-precision loss: its rounding over h is 1e-4, and what is left of the curvature of the
    /// cosine of a short vector (whose third derivative makes central differences wrong by 2% at 1e-2) is of order h⁴.
    const STEP: f32 = 5e-3;
    const TOLERANCE: f64 = 6e-3;

    fn objective(text: &str) -> ObjectiveSpec {
        toml::from_str(text).expect("valid")
    }

    fn encoder(text: &str) -> EncoderSpec {
        toml::from_str(text).expect("valid")
    }

    fn evaluation(shape: &[usize]) -> Evaluation {
        let data = if shape.len() == 3 {
            "kind = \"vegetation\"\npatch = 5\nsizes = { train = 64, validation = 8, test = 8 }"
        } else {
            "kind = \"nonlinear\"\ncontent = 2\nstyle = 0\nprivate = [2, 1]\nsizes = { train = 64, validation = 8, test = 8 }"
        };
        let spec: DataSpec = toml::from_str(data).expect("valid");
        spec.open(None).expect("valid").evaluation(0).expect("drawn")
    }

    /// A model with its parameters and a batch of its held-out samples.
    fn subject(encoder: &EncoderSpec, objective: &ObjectiveSpec, shape: &[usize]) -> (Model, Vec<Vec<f32>>, Batch) {
        let hardware = Hardware::cpu();
        let held_out = evaluation(shape);
        let shapes = [0, 1].map(|m| held_out.train.views[m].shape.clone());
        let (model, parameters) =
            Model::new(encoder, objective, &shapes, &held_out, (1, 0), &hardware).expect("a model");
        let widths = model.widths();
        let view = |m: usize, from: usize| {
            let scaling = crate::data::Scaling::of(&held_out.train.views[m]);
            let mut values = held_out.train.views[m].values[from * widths[m]..][..COUNT * widths[m]].to_vec();
            scaling.apply(&mut values);
            hardware.matrix(values, widths[m])
        };
        let batch = Batch {
            views: [view(0, 0), view(1, 0)],
            copies: Some([0, 1].map(|m| [view(m, COUNT), view(m, COUNT + 1)])),
            targets: None,
        };
        (model, State::initial(&parameters).values, batch)
    }

    fn step(model: &mut Model, values: &[Vec<f32>], batch: &Batch) -> Step {
        let hardware = Hardware::cpu();
        model.step(values.iter().map(|values| hardware.vector(values.clone())).collect(), batch).expect("finite")
    }

    fn check(encoder: &EncoderSpec, objective: &ObjectiveSpec, shape: &[usize]) {
        let (mut model, values, batch) = subject(encoder, objective, shape);
        let gradients = step(&mut model, &values, &batch).gradients;
        let mut reached = 0;
        for (place, gradient) in gradients.into_iter().enumerate() {
            let gradient = read(gradient.expect("every parameter matters")).expect("the host can be read");
            // The largest entry says most.
            let entry = (0..gradient.len()).max_by(|&a, &b| gradient[a].abs().total_cmp(&gradient[b].abs()));
            let entry = entry.expect("not empty");
            let mut moved = |by: f32| {
                let mut values = values.clone();
                values[place][entry] += by;
                step(&mut model, &values, &batch).loss.read().expect("finite")
            };
            let central = |moved: &mut dyn FnMut(f32) -> f64, by: f32| (moved(by) - moved(-by)) / (2.0 * f64::from(by));
            let expected = (4.0 * central(&mut moved, STEP) - central(&mut moved, 2.0 * STEP)) / 3.0;
            let found = f64::from(gradient[entry]);
            let error = (found - expected).abs() / expected.abs().max(0.1);
            assert!(error < TOLERANCE, "{objective:?}, parameter {place}: {found}, expected {expected}");
            reached += usize::from(found.abs() > 1e-4);
        }
        assert!(reached > 2, "gradients that are all zero show nothing");
    }

    const PERCEPTRON: &str = "kind = \"mlp\"\ndim = 2\nwidths = [8]\nactivation = \"gelu\"";

    #[test]
    fn gradients_of_every_part_agree_with_differences() {
        for text in [
            "alignment = { kind = \"infonce\", temperature = 0.5, learn_temperature = true }\nweight = 0.7",
            "alignment = { kind = \"siglip\", temperature = 0.5, bias = -2.0 }",
            "alignment = { kind = \"spectral\" }\nreconstruction = 0.5\nunique = { dim = 2, decorrelation = 0.3 }",
            "alignment = { kind = \"infonce\", within = true, temperature = 1.0, similarity = \"squared-distance\" }",
            "alignment = { kind = \"none\" }\nunimodal = { weight = 0.5, noise = 0.1, temperature = 0.5 }",
        ] {
            check(&encoder(PERCEPTRON), &objective(text), &[4]);
        }
    }

    #[test]
    fn gradients_through_convolutions_agree_with_differences() {
        let cnn = encoder("kind = \"cnn\"\ndim = 2\nchannels = [3, 4]\nwidths = [6]\nactivation = \"gelu\"");
        check(&cnn, &objective("alignment = { kind = \"spectral\" }"), &[1, 5, 5]);
    }

    /// Steps of the model as it is and with every loss on the device, which are the same.
    fn both_places(mut host: Model, values: &[Vec<f32>], batch: &Batch) -> (Vec<Vec<f32>>, f64) {
        let own = step(&mut host, values, batch);
        let mut device = host.without_host_loss();
        let other = step(&mut device, values, batch);
        let numbers = |gradients: Vec<Option<Tensor<1>>>| -> Vec<Vec<f32>> {
            let read = |gradient: Option<Tensor<1>>| read(gradient.expect("reached")).expect("readable");
            gradients.into_iter().map(read).collect()
        };
        let [found, expected] = [own.gradients, other.gradients].map(numbers);
        let largest = expected.iter().flatten().fold(0.1_f32, |largest, value| largest.max(value.abs()));
        for (own, other) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((own - other).abs() < 1e-4 * largest, "{own} {other}");
        }
        let [own, other] = [own.loss, other.loss].map(|loss| loss.read().expect("finite"));
        assert!((own - other).abs() < 1e-5 * other, "{own} {other}");
        (found, own)
    }

    #[test]
    fn the_host_and_the_device_find_the_same_step() {
        let text = "alignment = { kind = \"infonce\", learn_temperature = true }\nreconstruction = 0.5\nweight = 2.0";
        let (model, values, batch) = subject(&encoder(PERCEPTRON), &objective(text), &[4]);
        both_places(model, &values, &batch);
    }

    #[test]
    fn a_given_temperature_is_the_one_of_the_loss_however_small() {
        let loss = |temperature: &str| {
            let text = format!("alignment = {{ kind = \"infonce\", temperature = {temperature} }}");
            let (model, values, batch) = subject(&encoder(PERCEPTRON), &objective(&text), &[4]);
            both_places(model, &values, &batch).1
        };
        // Scores that are far apart: the loss goes as 1/τ.
        let ratio = loss("0.005") / loss("0.01");
        assert!((1.7..2.3).contains(&ratio), "{ratio}");
    }

    #[test]
    fn a_learnt_temperature_below_its_least_finds_back() {
        let text = "alignment = { kind = \"infonce\", learn_temperature = true }";
        let (model, mut values, batch) = subject(&encoder(PERCEPTRON), &objective(text), &[4]);
        let (place, least) = model.least_log_temperature().expect("learnt");
        #[expect(clippy::cast_possible_truncation, reason = "parameters are single precision")]
        let below = vec![least as f32 - 0.01];
        values[place] = below;
        let gradients = both_places(model, &values, &batch).0;
        assert!(gradients[place][0] < -1.0, "encoders as they are drawn want it larger: {:?}", gradients[place]);
    }

    #[test]
    fn an_embedding_of_zeros_is_not_the_end() {
        let text = "alignment = { kind = \"infonce\" }";
        let (model, values, mut batch) = subject(&encoder("kind = \"linear\"\ndim = 2"), &objective(text), &[4]);
        let [rows, entries] = batch.views[0].dims();
        let mut samples = read(batch.views[0].clone()).expect("readable");
        // Biases are drawn as zeros.
        samples[entries..2 * entries].fill(0.0);
        batch.views[0] = Hardware::cpu().matrix(samples, entries);
        assert_eq!(batch.views[0].dims(), [rows, entries]);
        let gradients = both_places(model, &values, &batch).0;
        let largest = gradients.iter().flatten().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!((1e-4..1e3).contains(&largest), "{largest}");
    }

    #[test]
    fn supervision_learns_and_one_thread_gives_the_same_numbers() {
        let spec: DataSpec =
            toml::from_str("kind = \"nonlinear\"\ncontent = 2\nstyle = 0\nprivate = [1, 1]").expect("valid");
        let source = spec.open(None).expect("valid");
        let held_out = source.evaluation(1).expect("drawn");
        let training = TrainingSpec { steps: 60, batch: 64, read_every: 1, ..TrainingSpec::default() };
        let (encoder, objective) = (encoder(PERCEPTRON), objective("alignment = { kind = \"supervised\" }"));
        let hardware = Hardware::cpu();
        let plan =
            Plan { encoder: &encoder, objective: &objective, training: &training, seed: 5, initialisation: (0, 0) };
        let run = || {
            let mut trainer = Trainer::new(&*source, &hardware, plan, &held_out).expect("valid");
            trainer.advance(60, &mut |_| Ok(true)).expect("trains");
            trainer.memory().curve.clone()
        };
        let curve = run();
        assert!(curve[59].1 < 0.9 * curve[0].1, "{curve:?}");
        let single = ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
        assert_eq!(single.install(run), curve);
    }
}
