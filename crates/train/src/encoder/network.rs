//! A network: a list of layers over a list of parameters.

use super::{Activation, EncoderError, EncoderSpec};
use alignloss::random::{Stream, fill_standard_normal};
use burn::tensor::activation::{gelu, leaky_relu, relu};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{FloatDType, Tensor};

/// Slope of the leaky ReLU for negative numbers, as in Daunhawer et al. (2023).
const LEAK: f64 = 0.2;

/// Numbers that training changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name, for checkpoints and messages.
    pub name: String,
    /// Its entries, row-major in the shape given by its layer.
    pub values: Vec<f32>,
}

#[derive(Debug, Clone, PartialEq)]
enum Layer {
    /// x·W + b with W inputs × outputs.
    Dense { inputs: usize, outputs: usize, first: usize },
    /// 3 × 3, stride 2, padding 1; W outputs × inputs × 3 × 3.
    Convolution { inputs: [usize; 3], outputs: usize, first: usize },
    /// Entry by entry.
    Activation(Activation),
}

/// Layers, each with the index of its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    /// Matrix products in 16-bit floats.
    half: bool,
}

/// Adds parameters to a list, drawn from streams named by their index in it.
struct Builder<'a> {
    parameters: &'a mut Vec<Parameter>,
    seed: u64,
    replicate: u64,
    name: &'a str,
    layers: Vec<Layer>,
}

impl Builder<'_> {
    /// Weights with variance gain/fan-in and zero biases (He et al. 2015).
    fn weights(&mut self, count: usize, fan_in: usize, gain: f64, biases: usize) -> usize {
        let first = self.parameters.len();
        let stream =
            Stream { seed: self.seed, experiment: "initialisation", cell: first as u64, replicate: self.replicate };
        let mut draws = vec![0.0_f64; count];
        fill_standard_normal(&mut stream.generator(), &mut draws);
        let scale = (gain / fan_in as f64).sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "weights are single precision")]
        let values = draws.into_iter().map(|draw| (scale * draw) as f32).collect();
        self.parameters.push(Parameter { name: format!("{}.{first}.weight", self.name), values });
        self.parameters.push(Parameter { name: format!("{}.{first}.bias", self.name), values: vec![0.0; biases] });
        first
    }

    fn dense(&mut self, inputs: usize, outputs: usize, gain: f64) {
        let first = self.weights(inputs * outputs, inputs, gain, outputs);
        self.layers.push(Layer::Dense { inputs, outputs, first });
    }

    /// Hidden layers, then a linear map.
    fn perceptron(&mut self, inputs: usize, widths: &[usize], outputs: usize, activation: Activation) {
        let mut inputs = inputs;
        for &width in widths {
            self.dense(inputs, width, 2.0);
            self.layers.push(Layer::Activation(activation));
            inputs = width;
        }
        self.dense(inputs, outputs, 1.0);
    }
}

impl Network {
    /// An encoder for views of a given shape, with `outputs` entries; its parameters are added to the list.
    ///
    /// # Errors
    /// [`EncoderError`].
    pub fn encoder(
        spec: &EncoderSpec,
        shape: &[usize],
        outputs: usize,
        parameters: &mut Vec<Parameter>,
        name: &str,
        (seed, replicate): (u64, u64),
    ) -> Result<Self, EncoderError> {
        spec.check()?;
        if !matches!(shape.len(), 1 | 3) || shape.contains(&0) {
            return Err(EncoderError::Shape { shape: shape.to_vec() });
        }
        let entries: usize = shape.iter().product();
        let mut builder = Builder { parameters, seed, replicate, name, layers: Vec::new() };
        match spec {
            EncoderSpec::Linear { .. } => builder.perceptron(entries, &[], outputs, Activation::Relu),
            EncoderSpec::Mlp { widths, activation, .. } => {
                builder.perceptron(entries, widths, outputs, *activation);
            }
            EncoderSpec::Cnn { channels, widths, activation, .. } => {
                let &[mut inputs, mut height, mut width] = shape else {
                    return Err(EncoderError::NotAnImage { shape: shape.to_vec() });
                };
                for &outputs in channels {
                    let first = builder.weights(outputs * inputs * 9, inputs * 9, 2.0, outputs);
                    builder.layers.push(Layer::Convolution { inputs: [inputs, height, width], outputs, first });
                    builder.layers.push(Layer::Activation(*activation));
                    (inputs, height, width) = (outputs, height.div_ceil(2), width.div_ceil(2));
                }
                builder.perceptron(inputs * height * width, widths, outputs, *activation);
            }
        }
        Ok(Self { layers: builder.layers, half: false })
    }

    /// A perceptron from `inputs` to `outputs` entries.
    pub(crate) fn perceptron(
        (inputs, outputs): (usize, usize),
        (widths, activation): (&[usize], Activation),
        parameters: &mut Vec<Parameter>,
        name: &str,
        (seed, replicate): (u64, u64),
    ) -> Self {
        let mut builder = Builder { parameters, seed, replicate, name, layers: Vec::new() };
        builder.perceptron(inputs, widths, outputs, activation);
        Self { layers: builder.layers, half: false }
    }

    /// Multiplies in 16-bit floats; sums, parameters and losses stay in 32 bits.
    pub(crate) fn use_half(&mut self) {
        self.half = true;
    }

    fn product(&self, values: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
        if self.half {
            values.cast(FloatDType::F16).matmul(weight.cast(FloatDType::F16)).cast(FloatDType::F32)
        } else {
            values.matmul(weight)
        }
    }

    /// Encodes samples, one per row: n × entries of a view → n × outputs.
    ///
    /// `weights` are the parameters of the whole model, in the order of the list the network was built with.
    pub fn forward(&self, weights: &[Tensor<1>], samples: Tensor<2>) -> Tensor<2> {
        let mut values = samples;
        let count = values.dims()[0];
        for layer in &self.layers {
            values = match *layer {
                Layer::Dense { inputs, outputs, first } => {
                    let weight: Tensor<2> = weights[first].clone().reshape([inputs, outputs]);
                    let bias: Tensor<2> = weights[first + 1].clone().reshape([1, outputs]);
                    self.product(values, weight) + bias
                }
                Layer::Convolution { inputs: [inputs, height, width], outputs, first } => {
                    let weight: Tensor<4> = weights[first].clone().reshape([outputs, inputs, 3, 3]);
                    let images: Tensor<4> = values.reshape([count, inputs, height, width]);
                    let options = ConvOptions::new([2, 2], [1, 1], [1, 1], 1);
                    let images = conv2d(images, weight, Some(weights[first + 1].clone()), options);
                    images.reshape([count, outputs * height.div_ceil(2) * width.div_ceil(2)])
                }
                Layer::Activation(Activation::Relu) => relu(values),
                Layer::Activation(Activation::LeakyRelu) => leaky_relu(values, LEAK),
                Layer::Activation(Activation::Gelu) => gelu(values),
            };
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Hardware;
    use crate::optimiser::read;

    /// A convolution 3 × 3 of stride 2 with a border of zeros, by its definition.
    fn plain(image: &[f32], [channels, height, width]: [usize; 3], weights: &[f32], biases: &[f32]) -> Vec<f32> {
        let (rows, columns) = (height.div_ceil(2), width.div_ceil(2));
        let mut out = Vec::new();
        for (output, bias) in biases.iter().enumerate() {
            for row in 0..rows {
                for column in 0..columns {
                    let mut sum = *bias;
                    for channel in 0..channels {
                        for (k, weight) in weights[(output * channels + channel) * 9..][..9].iter().enumerate() {
                            let (y, x) = ((2 * row + k / 3).wrapping_sub(1), (2 * column + k % 3).wrapping_sub(1));
                            if y < height && x < width {
                                sum += weight * image[(channel * height + y) * width + x];
                            }
                        }
                    }
                    out.push(sum);
                }
            }
        }
        out
    }

    #[test]
    fn a_convolutional_encoder_is_its_definition() {
        let hardware = Hardware::cpu();
        let spec = EncoderSpec::Cnn { dim: 3, channels: vec![2], widths: vec![], activation: Activation::Relu };
        let mut parameters = Vec::new();
        let network = Network::encoder(&spec, &[2, 5, 4], 3, &mut parameters, "encoder", (1, 0)).expect("a network");
        parameters[1].values = vec![0.3, -0.2];
        let image: Vec<f32> = (0_u8..40).map(|i| (f32::from(i) * 0.7).sin()).collect();
        let weights: Vec<_> = parameters.iter().map(|parameter| hardware.vector(parameter.values.clone())).collect();
        let found = read(network.forward(&weights, hardware.matrix(image.clone(), 40))).expect("readable");
        let mut hidden = plain(&image, [2, 5, 4], &parameters[0].values, &parameters[1].values);
        for value in &mut hidden {
            *value = value.max(0.0);
        }
        for (output, found) in found.iter().enumerate() {
            let expected: f32 =
                hidden.iter().zip(parameters[2].values.iter().skip(output).step_by(3)).map(|(a, b)| a * b).sum();
            assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
        }
    }

    #[test]
    fn weights_are_those_of_their_seed_with_the_variance_of_their_layer() {
        let spec = EncoderSpec::Mlp { dim: 4, widths: vec![200], activation: Activation::Relu };
        let draw = |seed, replicate| {
            let mut parameters = Vec::new();
            Network::encoder(&spec, &[100], 4, &mut parameters, "encoder", (seed, replicate)).expect("a network");
            parameters
        };
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0)[0], draw(2, 0)[0]);
        assert_ne!(draw(1, 0)[0], draw(1, 1)[0]);
        let values = &draw(1, 0)[0].values;
        let variance = values.iter().map(|value| value * value).sum::<f32>() / 20_000.0;
        // 2/100, within five standard errors of a variance over 20,000 draws.
        assert!((variance - 0.02).abs() < 0.02 * 5.0 * (2.0_f32 / 20_000.0).sqrt(), "{variance}");
    }
}
