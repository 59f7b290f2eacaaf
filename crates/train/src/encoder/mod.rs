//! Encoders: linear maps, multilayer perceptrons, and small convolutional networks for patches.
//!
//! Weights are drawn on the host from named streams, so every device starts from the same numbers; a network itself
//! holds no numbers, only the indices of its parameters in the list.

mod network;

pub use network::{Network, Parameter};

use serde::{Deserialize, Serialize};

/// Why an encoder can't be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncoderError {
    /// A width is zero.
    #[error("encoder.{field}: 0, expected at least 1")]
    Zero {
        /// The setting.
        field: &'static str,
    },
    /// A convolutional network is given views that are not images.
    #[error("encoder: kind \"cnn\" needs views of channels × height × width, but these have shape {shape:?}")]
    NotAnImage {
        /// The shape of the view.
        shape: Vec<usize>,
    },
    /// A view has an unknown shape.
    #[error("a view of shape {shape:?}, expected [channels] or [channels, height, width]")]
    Shape {
        /// The shape.
        shape: Vec<usize>,
    },
}

/// The nonlinearity between layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(0, x).
    #[default]
    Relu,
    /// x if it is positive, otherwise x/5.
    LeakyRelu,
    /// x·Φ(x).
    Gelu,
}

/// The section `[encoder]`: kind and sizes of both encoders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EncoderSpec {
    /// z = W·x + b.
    Linear {
        /// d, the dimension of the aligned block.
        dim: usize,
    },
    /// Layers of the given widths, then a linear map.
    Mlp {
        /// d.
        dim: usize,
        /// Widths of the hidden layers.
        #[serde(default = "default_widths")]
        widths: Vec<usize>,
        /// The nonlinearity between layers.
        #[serde(default)]
        activation: Activation,
    },
    /// 3 × 3 convolutions that halve the image, then a hidden layer and a linear map.
    Cnn {
        /// d.
        dim: usize,
        /// Channels of the convolutions.
        #[serde(default = "default_channels")]
        channels: Vec<usize>,
        /// Widths of the hidden layers after them.
        #[serde(default = "default_head")]
        widths: Vec<usize>,
        /// The nonlinearity between layers.
        #[serde(default)]
        activation: Activation,
    },
}

fn default_widths() -> Vec<usize> {
    vec![256, 256]
}

fn default_channels() -> Vec<usize> {
    vec![16, 32]
}

fn default_head() -> Vec<usize> {
    vec![64]
}

impl EncoderSpec {
    /// d, the dimension of the aligned block.
    pub fn dim(&self) -> usize {
        match self {
            Self::Linear { dim } | Self::Mlp { dim, .. } | Self::Cnn { dim, .. } => *dim,
        }
    }

    /// Checks that no width is zero.
    ///
    /// # Errors
    /// [`EncoderError::Zero`].
    pub fn check(&self) -> Result<(), EncoderError> {
        let positive =
            |field, sizes: &[usize]| if sizes.contains(&0) { Err(EncoderError::Zero { field }) } else { Ok(()) };
        positive("dim", &[self.dim()])?;
        match self {
            Self::Linear { .. } => Ok(()),
            Self::Mlp { widths, .. } => positive("widths", widths),
            Self::Cnn { channels, widths, .. } => {
                positive("channels", channels)?;
                positive("widths", widths)
            }
        }
    }

    /// Hidden layers of a decoder that mirrors the encoder's dense part.
    pub(crate) fn mirrored(&self) -> (Vec<usize>, Activation) {
        match self {
            Self::Linear { .. } => (Vec::new(), Activation::Relu),
            Self::Mlp { widths, activation, .. } | Self::Cnn { widths, activation, .. } => {
                (widths.iter().rev().copied().collect(), *activation)
            }
        }
    }
}
