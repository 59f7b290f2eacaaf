//! Pairs of views with the factors behind them.
//!
//! A [`DataSpec`] describes the data and is part of an experiment file; [`DataSpec::open`] turns it into a [`Source`],
//! which provides training batches and held-out samples. Simulators draw both afresh from streams named by seed and
//! step; sources of files split their samples into training, validation and test parts once, by a seed in the specification.
//!
//! | source | description |
//! |---|---|
//! | [`Nonlinear`] | content, style and private latents through invertible networks (the identifiability literature) |
//! | [`Vegetation`] | a crop seen by Sentinel-2 and Sentinel-1: reflectance and backscatter models with known parameters |
//! | [`Linear`] | a `LatentModel` of the library: theory and trained encoders meet on the same model |
//! | [`Files`] | the user's own arrays, tables or images |
//! | [`WorldCereal`] | monthly Sentinel-1 and Sentinel-2 composites of one patch in Belgium |
//!
//! Training, measuring and downloading are left to others.

mod batches;
mod error;
pub mod files;
mod linear;
mod mixing;
mod nonlinear;
mod read;
pub(crate) mod scaling;
mod split;
pub mod vegetation;
pub mod worldcereal;

pub use error::DataError;
pub use files::{FactorFile, Files, Missing, ViewFile};
pub use linear::Linear;
pub use mixing::Mixing;
pub use nonlinear::Nonlinear;
pub(crate) use read::digest;
pub use scaling::Scaling;
pub use vegetation::Vegetation;
pub use worldcereal::WorldCereal;

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Samples of one view, in the order of the pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct Observations {
    /// The shape of one sample: `[channels]` or `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// n × product(shape), row-major: one sample after the other.
    pub values: Vec<f32>,
}

/// Which sensors see a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Seen by both sensors.
    Shared,
    /// Private to the first sensor.
    PrivateFirst,
    /// Private to the second sensor.
    PrivateSecond,
    /// A separate task, of any mixture.
    Target,
}

/// How a factor is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Numbers, scored by R².
    Regression,
    /// Classes 0 … classes − 1 in one dimension, scored by accuracy.
    Classification {
        /// The number of classes.
        classes: usize,
    },
}

/// A factor behind the pairs, or a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Its name, for display and figures.
    pub name: String,
    /// Which sensors see it.
    pub role: Role,
    /// How it is predicted.
    pub kind: Kind,
    /// Entries of one sample.
    pub dims: usize,
    /// n × dims, row-major.
    pub values: Vec<f64>,
}

/// n pairs of views with their factors.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// The view of each sensor.
    pub views: [Observations; 2],
    /// The factors behind it.
    pub factors: Vec<Factor>,
}

/// Held-out pairs for probes of frozen encoders.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Probes are fitted on this part, …
    pub train: Paired,
    /// … their penalties chosen on this one, …
    pub validation: Paired,
    /// … and scored on this one.
    pub test: Paired,
}

/// Numbers of simulated pairs for fitting, choosing and scoring probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// Pairs for fitting.
    pub train: usize,
    /// Pairs for choosing.
    pub validation: usize,
    /// Pairs for scoring.
    pub test: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { train: 5000, validation: 1000, test: 2000 }
    }
}

/// A source of pairs.
pub trait Source: Send + Sync {
    /// The shape of one sample of each view: `[channels]` or `[channels, height, width]`.
    fn shapes(&self) -> [Vec<usize>; 2];

    /// A training batch: a pure function of (seed, step, size), so that a resumed run sees the same batches.
    ///
    /// # Errors
    /// [`DataError`] if the size is 0 or the source can't be sampled.
    fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Paired, DataError>;

    /// Held-out data for probes: a pure function of the seed. Sources of files ignore the seed: their parts are fixed
    /// when they are opened, so that no training batch ever contains a test sample.
    ///
    /// # Errors
    /// As [`Source::batch`].
    fn evaluation(&self, seed: u64) -> Result<Evaluation, DataError>;

    /// Which test samples of [`Source::evaluation`] belong together (pixels of one image block, samples of one field):
    /// the group of each, for intervals that resample whole groups; `None` for independent samples.
    fn test_groups(&self) -> Option<&[usize]> {
        None
    }
}

/// The section `[data]` of an experiment file, distinguished by `kind`.
///
/// # Examples
/// ```
/// use alignloss_train::data::DataSpec;
/// let spec: DataSpec = toml::from_str("kind = \"nonlinear\"\ncontent = 3\nstyle = 0\nprivate = [2, 2]\n")?;
/// let source = spec.open(None)?;
/// assert_eq!(source.shapes(), [vec![5], vec![5]]);
/// assert_eq!(source.batch(0, 7, 64)?, source.batch(0, 7, 64)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum DataSpec {
    /// Nonlinear generator.
    Nonlinear(Nonlinear),
    /// Sensor simulator.
    Vegetation(Vegetation),
    /// A model of the library.
    Linear(Linear),
    /// The user's files.
    Paired(Files),
    /// Sentinel-1 and Sentinel-2 over one patch in Belgium.
    WorldCereal(WorldCereal),
}

impl DataSpec {
    /// Validates the specification and opens the source. Relative paths are resolved from `data_folder`, if given.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn open(&self, data_folder: Option<&Path>) -> Result<Box<dyn Source>, DataError> {
        Ok(match self {
            Self::Nonlinear(spec) => Box::new(spec.open()?),
            Self::Vegetation(spec) => Box::new(spec.open()?),
            Self::Linear(spec) => Box::new(spec.open(data_folder)?),
            Self::Paired(spec) => Box::new(spec.open(data_folder)?),
            Self::WorldCereal(spec) => Box::new(spec.open(data_folder)?),
        })
    }

    /// Every file that [`DataSpec::open`] reads, always in the same order; results depend on their contents.
    ///
    /// # Errors
    /// [`DataError::NoFolder`].
    pub fn files(&self, data_folder: Option<&Path>) -> Result<Vec<PathBuf>, DataError> {
        match self {
            Self::Nonlinear(_) | Self::Vegetation(_) => Ok(Vec::new()),
            Self::Linear(spec) => Ok(spec.files(data_folder)),
            Self::Paired(spec) => Ok(spec.files(data_folder)),
            Self::WorldCereal(spec) => spec.files(data_folder),
        }
    }
}

impl Observations {
    /// Entries of one sample.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// The number of samples.
    pub fn count(&self) -> usize {
        self.values.len() / self.width().max(1)
    }
}

impl Factor {
    /// The number of samples.
    pub fn count(&self) -> usize {
        self.values.len() / self.dims.max(1)
    }
}

impl Paired {
    /// The number of pairs.
    pub fn count(&self) -> usize {
        self.views[0].count()
    }

    /// Some of the pairs, in the given order; a pair may occur more than once.
    ///
    /// # Panics
    /// If there is no such pair: a broken invariant of the caller.
    #[must_use]
    pub fn select(&self, pairs: &[usize]) -> Self {
        fn rows<T: Copy>(values: &[T], width: usize, pairs: &[usize]) -> Vec<T> {
            pairs.iter().flat_map(|&pair| &values[pair * width..(pair + 1) * width]).copied().collect()
        }
        let view = |view: &Observations| Observations {
            shape: view.shape.clone(),
            values: rows(&view.values, view.width(), pairs),
        };
        Self {
            views: [view(&self.views[0]), view(&self.views[1])],
            factors: self
                .factors
                .iter()
                .map(|factor| Factor {
                    name: factor.name.clone(),
                    values: rows(&factor.values, factor.dims, pairs),
                    ..*factor
                })
                .collect(),
        }
    }
}

/// The held-out parts of a simulator, drawn one after the other.
fn held_out(sizes: Sizes, draw: impl Fn(u64, usize) -> Result<Paired, DataError>) -> Result<Evaluation, DataError> {
    Ok(Evaluation { train: draw(0, sizes.train)?, validation: draw(1, sizes.validation)?, test: draw(2, sizes.test)? })
}

impl Sizes {
    /// Probes need at least two samples in each part.
    fn check(self) -> Result<(), DataError> {
        for (part, count) in [("train", self.train), ("validation", self.validation), ("test", self.test)] {
            if count < 2 {
                return Err(DataError::setting(format!("sizes.{part}"), format!("{count} is less than 2")));
            }
        }
        Ok(())
    }
}

/// Rejects an empty batch.
fn check_batch(size: usize) -> Result<(), DataError> {
    if size == 0 { Err(DataError::setting("batch", "0 pairs")) } else { Ok(()) }
}
