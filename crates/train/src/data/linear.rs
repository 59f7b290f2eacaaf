//! A Gaussian latent model of the library as a data source.

use super::nonlinear::{factor, observations};
use super::{DataError, Evaluation, Paired, Role, Sizes, Source, check_batch, held_out};
use alignloss::model::{Format, LatentModel, ModelFile};
use alignloss::random::{Generator, Stream};
use alignloss::sample::Sampler;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A model with two modalities: from a model file, or written in place as in a model file (`model.family`, or
/// `model.latent` with `model.modality`).
///
/// Factors are the standard targets (`shared`, `private 1`, `private 2`) and, with the role of a target, those that the
/// model defines; it is an error if one of these has the name of a standard target but differs from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// A model file, `.toml` or `.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The model itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelFile>,
    /// Held-out pairs.
    #[serde(default)]
    pub sizes: Sizes,
}

/// The model with the standard targets before its own.
#[derive(Debug)]
pub(super) struct LinearSource {
    model: LatentModel,
    sizes: Sizes,
    /// Role of each target.
    roles: Vec<Role>,
}

impl Linear {
    pub(super) fn files(&self, folder: Option<&Path>) -> Vec<PathBuf> {
        self.file.iter().map(|file| super::read::located(folder, file)).collect()
    }

    pub(super) fn open(&self, folder: Option<&Path>) -> Result<LinearSource, DataError> {
        self.sizes.check()?;
        let model = match (&self.file, &self.model) {
            (Some(_), Some(_)) => return Err(DataError::setting("model", "given beside `file`")),
            (None, None) => return Err(DataError::setting("model", "missing: give `model` or `file`")),
            (None, Some(model)) => model.clone().build()?,
            (Some(file), None) => {
                let path = super::read::located(folder, file);
                let text = std::fs::read_to_string(&path).map_err(|error| DataError::unreadable(&path, error))?;
                let format = Format::of_path(&path).map_err(|problem| DataError::unreadable(&path, problem))?;
                LatentModel::parse(&text, format).map_err(|problem| DataError::unreadable(&path, problem))?
            }
        };
        if model.modalities().len() != 2 {
            let problem = format!("{} modalities: encoders are trained in pairs", model.modalities().len());
            return Err(DataError::setting("model", problem));
        }
        let mut targets = model.standard_targets();
        let mut roles: Vec<Role> = targets
            .iter()
            .map(|target| match target.name.as_str() {
                "private 1" => Role::PrivateFirst,
                "private 2" => Role::PrivateSecond,
                _ => Role::Shared,
            })
            .collect();
        for own in model.targets() {
            if let Some(standard) = targets.iter().find(|target| target.name == own.name) {
                // Families already include the standard targets.
                if standard == own {
                    continue;
                }
                let problem = format!("target {:?} has the name of a standard target but differs from it", own.name);
                return Err(DataError::setting("model", problem));
            }
            targets.push(own.clone());
            roles.push(Role::Target);
        }
        Ok(LinearSource { model: model.with_targets(targets)?, sizes: self.sizes, roles })
    }
}

impl LinearSource {
    fn draw(&self, size: usize, generator: &mut Generator) -> Result<Paired, DataError> {
        check_batch(size)?;
        let mut sampler = Sampler::<f64>::of_model(&self.model)?;
        let mut vectors = sampler.buffers(size);
        sampler.draw_into(generator, &mut vectors)?;
        let (views, targets) = vectors.split_at(2);
        let named = self.model.targets().iter().zip(&self.roles).zip(targets);
        Ok(Paired {
            views: [observations(&views[0]), observations(&views[1])],
            factors: named.map(|((target, &role), values)| factor(&target.name, role, values)).collect(),
        })
    }
}

impl Source for LinearSource {
    fn shapes(&self) -> [Vec<usize>; 2] {
        let channels = self.model.channels();
        [vec![channels[0]], vec![channels[1]]]
    }

    fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Paired, DataError> {
        self.draw(size, &mut Stream { seed, experiment: "linear batch", cell: step, replicate: 0 }.generator())
    }

    fn evaluation(&self, seed: u64) -> Result<Evaluation, DataError> {
        held_out(self.sizes, |part, size| {
            self.draw(size, &mut Stream { seed, experiment: "linear evaluation", cell: part, replicate: 0 }.generator())
        })
    }
}
