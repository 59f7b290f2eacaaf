//! Encoders: linear, multilayer perceptrons, small convolutional networks for patches.
//!
//! Weights are drawn on the host from named streams, so that every device starts from the same numbers; a network itself
//! holds no numbers, only where in the list of parameters its own are.

mod network;

pub use network::{Network, Parameter};

use serde::{Deserialize, Serialize};

/// An encoder that can't be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncoderError {
    /// A width of zero.
    #[error("encoder.{field}: 0, expected at least 1")]
    Zero {
        /// Which.
        field: &'static str,
    },
    /// A convolutional network on views that are no images.
    #[error("encoder: kind \"cnn\" needs views of channels × height × width, these have shape {shape:?}")]
    NotAnImage {
        /// The shape of the view.
        shape: Vec<usize>,
    },
    /// A view of no known shape.
    #[error("a view of shape {shape:?}, expected [channels] or [channels, height, width]")]
    Shape {
        /// The shape.
        shape: Vec<usize>,
    },
}

/// What lies between layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(0, x).
    #[default]
    Relu,
    /// x where it is positive, x/5 elsewhere.
    LeakyRelu,
    /// x·Φ(x).
    Gelu,
}

/// The kind and the sizes of both encoders: the section `[encoder]`.
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
        /// Between layers.
        #[serde(default)]
        activation: Activation,
    },
    /// Convolutions 3 × 3 that halve the image, then a hidden layer and a linear map.
    Cnn {
        /// d.
        dim: usize,
        /// Channels of the convolutions.
        #[serde(default = "default_channels")]
        channels: Vec<usize>,
        /// Widths of the hidden layers after them.
        #[serde(default = "default_head")]
        widths: Vec<usize>,
        /// Between layers.
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

    /// Fails on a width of zero.
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
