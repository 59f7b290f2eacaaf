//! Objectives: an alignment loss, or none, plus additional terms.
//!
//! Each loss is a function of the embeddings of a batch, one sample per row, in a separate file with its formula and
//! reference. [`ObjectiveSpec`] is how an experiment file combines them.
//!
//! Encoding, drawing and moving parameters are left to other modules.

pub mod barlow_twins;
pub mod correlation;
pub mod infonce;
pub mod reconstruction;
pub mod siglip;
pub mod spectral;
pub mod supervised;
pub mod vicreg;

use infonce::Similarity;
use serde::{Deserialize, Serialize};

/// Lower bound of a learned τ (Radford et al. 2021 bound 1/τ by 100); a fixed one may be smaller.
pub const LEAST_TEMPERATURE: f64 = 0.01;

/// Why an objective can't be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ObjectiveError {
    /// A parameter is out of its range.
    #[error("objective.{field}: {value}, expected {expected}")]
    Range {
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What is expected.
        expected: &'static str,
    },
    /// Parameters conflict.
    #[error("objective: {0}")]
    Conflict(&'static str),
}

/// The alignment loss, a function of both embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Alignment {
    /// [`infonce`].
    Infonce {
        /// How a pair is scored.
        #[serde(default)]
        similarity: Similarity,
        /// τ, or its initial value.
        #[serde(default = "default_temperature")]
        temperature: f64,
        /// Whether τ is learned, down to [`LEAST_TEMPERATURE`].
        #[serde(default)]
        learn_temperature: bool,
        /// Whether other samples of the same sensor are also negatives.
        #[serde(default)]
        within: bool,
    },
    /// [`spectral`].
    Spectral,
    /// [`vicreg`].
    Vicreg {
        /// Weight of the distance within pairs.
        #[serde(default = "twenty_five")]
        invariance: f64,
        /// Weight of the hinge on standard deviations.
        #[serde(default = "twenty_five")]
        variance: f64,
        /// Weight of the covariances.
        #[serde(default = "one")]
        covariance: f64,
    },
    /// [`barlow_twins`].
    BarlowTwins {
        /// Weight of the correlations between different entries.
        #[serde(default = "default_redundancy")]
        redundancy: f64,
    },
    /// [`siglip`].
    Siglip {
        /// Initial value of τ, which is learned, down to [`LEAST_TEMPERATURE`].
        #[serde(default = "default_temperature")]
        temperature: f64,
        /// Initial value of the bias, which is learned.
        #[serde(default = "default_bias")]
        bias: f64,
    },
    /// No alignment: only the additional terms, such as reconstruction.
    None,
    /// Predicts every factor by a linear head: the ceiling.
    Supervised,
    /// The encoders as initialised: the floor.
    Untrained,
}

/// A separate block in addition to the aligned one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unique {
    /// Its dimension, in each encoder.
    pub dim: usize,
    /// Weight of its squared correlations with the aligned block.
    #[serde(default = "one")]
    pub decorrelation: f64,
}

/// A contrastive term within each sensor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unimodal {
    /// Its weight.
    #[serde(default = "one")]
    pub weight: f64,
    /// Standard deviation of the noise that creates two views of a sample, in units of each channel's standard deviation.
    pub noise: f64,
    /// τ of its cosine.
    #[serde(default = "default_temperature")]
    pub temperature: f64,
}

/// An objective of an experiment file: alignment plus additional terms.
///
/// loss = `weight`·alignment + `reconstruction`·(error of the decoders) + `unique.decorrelation`·(squared correlations of
/// the blocks) + `unimodal.weight`·(InfoNCE within each sensor).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveSpec {
    /// The alignment loss.
    pub alignment: Alignment,
    /// Its weight.
    #[serde(default = "one")]
    pub weight: f64,
    /// λ: weight of reconstructing each view from its embedding.
    #[serde(default)]
    pub reconstruction: f64,
    /// A block that is not aligned and learns from the reconstruction.
    pub unique: Option<Unique>,
    /// A contrastive term within each sensor.
    pub unimodal: Option<Unimodal>,
    /// d, if it differs from that in the section `[encoder]`.
    pub dim: Option<usize>,
}

fn default_temperature() -> f64 {
    0.1
}

fn default_redundancy() -> f64 {
    5e-3
}

fn default_bias() -> f64 {
    -10.0
}

fn twenty_five() -> f64 {
    25.0
}

fn one() -> f64 {
    1.0
}

impl ObjectiveSpec {
    /// Whether training changes anything.
    pub fn trains(&self) -> bool {
        self.alignment != Alignment::Untrained
    }

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`ObjectiveError`].
    pub fn check(&self) -> Result<(), ObjectiveError> {
        let positive = |field, value: f64| {
            if value.is_finite() && value > 0.0 {
                Ok(())
            } else {
                Err(ObjectiveError::Range { field, value, expected: "a positive number" })
            }
        };
        let weight = |field, value: f64| {
            if value.is_finite() && value >= 0.0 {
                Ok(())
            } else {
                Err(ObjectiveError::Range { field, value, expected: "a number of at least 0" })
            }
        };
        match self.alignment {
            Alignment::Infonce { temperature, learn_temperature: false, .. } => {
                positive("alignment.temperature", temperature)?;
            }
            Alignment::Infonce { temperature: value, .. } | Alignment::Siglip { temperature: value, .. } => {
                positive("alignment.temperature", value)?;
                if value < LEAST_TEMPERATURE {
                    let expected = "at least 0.01, since it is learned";
                    return Err(ObjectiveError::Range { field: "alignment.temperature", value, expected });
                }
            }
            Alignment::Vicreg { invariance, variance, covariance } => {
                weight("alignment.invariance", invariance)?;
                weight("alignment.variance", variance)?;
                weight("alignment.covariance", covariance)?;
            }
            Alignment::BarlowTwins { redundancy } => weight("alignment.redundancy", redundancy)?,
            Alignment::Spectral | Alignment::None | Alignment::Supervised | Alignment::Untrained => {}
        }
        weight("weight", self.weight)?;
        weight("reconstruction", self.reconstruction)?;
        if let Some(unique) = self.unique {
            weight("unique.decorrelation", unique.decorrelation)?;
            if unique.dim == 0 {
                return Err(ObjectiveError::Range { field: "unique.dim", value: 0.0, expected: "at least 1" });
            }
            if self.reconstruction <= 0.0 && self.trains() {
                return Err(ObjectiveError::Conflict(
                    "a unique block learns from the reconstruction, but its weight is 0",
                ));
            }
        }
        if let Some(unimodal) = self.unimodal {
            weight("unimodal.weight", unimodal.weight)?;
            positive("unimodal.noise", unimodal.noise)?;
            positive("unimodal.temperature", unimodal.temperature)?;
        }
        if self.dim == Some(0) {
            return Err(ObjectiveError::Range { field: "dim", value: 0.0, expected: "at least 1" });
        }
        if self.alignment == Alignment::None && self.reconstruction <= 0.0 && self.unimodal.is_none() {
            return Err(ObjectiveError::Conflict("alignment of kind \"none\" without additional terms trains nothing"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
