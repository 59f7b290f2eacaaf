//! The named parameters of the families, with their defaults.

use super::{Family, find};
use crate::linalg::Matrix;
use crate::model::{FieldProblem, LARGEST_DIMENSION, LatentModel, Modality, ModelError, Noise, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number, or a list of numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a number or a list of numbers")]
pub enum OneOrMany<T> {
    /// The same value for all.
    One(T),
    /// One value each.
    Many(Vec<T>),
}

impl<T: Copy> OneOrMany<T> {
    /// `count` values.
    pub(super) fn expand(&self, field: &str, count: usize) -> Result<Vec<T>, ModelError> {
        match self {
            Self::One(value) => Ok(vec![*value; count]),
            Self::Many(values) if values.len() == count => Ok(values.clone()),
            Self::Many(values) => {
                let problem = FieldProblem::Values { values: values.len(), expected: count };
                Err(ModelError::field(format!("family.{field}"), problem))
            }
        }
    }
}

/// Facts about a parameter of families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyParameter {
    /// Its key in `[family]` of a model file; `"model.NAME"` in the grid of an experiment.
    pub name: &'static str,
    /// Its label on an axis of a figure.
    pub label: &'static str,
    /// Its meaning.
    pub meaning: &'static str,
    /// Its unit, where it has one.
    pub unit: Option<&'static str>,
    /// Its default, in words.
    pub default: &'static str,
}

/// Every parameter, in display order.
pub static PARAMETERS: [FamilyParameter; 14] = [
    FamilyParameter {
        name: "kind",
        label: "family of models",
        meaning: "the family of models",
        unit: None,
        default: "required",
    },
    FamilyParameter {
        name: "shared",
        label: "shared",
        meaning: "k, the number of shared factors",
        unit: None,
        default: "2; for `spiked`, the number of correlations",
    },
    FamilyParameter {
        name: "private",
        label: "private",
        meaning: "p_m, the number of private factors: one value, or one per modality",
        unit: None,
        default: "2; for `spiked`, 0",
    },
    FamilyParameter {
        name: "observed",
        label: "observed",
        meaning: "n_m, the number of channels: one value, or one per modality",
        unit: None,
        default: "k + p_m; for `interfering`, k + 2·max(k, p_m); for `spiked`, k + 8",
    },
    FamilyParameter {
        name: "modalities",
        label: "number of modalities M",
        meaning: "M, the number of modalities",
        unit: None,
        default: "2; for `multi`, 3",
    },
    FamilyParameter {
        name: "shared_std",
        label: "standard deviation of shared factors",
        meaning: "standard deviation of the shared factors: one value, or one per factor",
        unit: None,
        default: "1",
    },
    FamilyParameter {
        name: "private_std",
        label: "standard deviation of private factors",
        meaning: "standard deviation of the private factors: one value, or one per modality",
        unit: None,
        default: "1",
    },
    FamilyParameter {
        name: "noise",
        label: "noise variance ψ",
        meaning: "noise variance: one value, or one per modality",
        unit: None,
        default: "0.1",
    },
    FamilyParameter { name: "seed", label: "seed", meaning: "seed of the loadings", unit: None, default: "0" },
    FamilyParameter {
        name: "private_fraction",
        label: "private fraction α of the task",
        meaning: "α of an additional target, `mixture` = √(1−α)·(shared direction) + √α·(private direction of modality 1)",
        unit: None,
        default: "no such target",
    },
    FamilyParameter {
        name: "angle_degrees",
        label: "interference angle θ",
        meaning: "principal angle θ between col A_m and col B_m",
        unit: Some("degrees"),
        default: "45",
    },
    FamilyParameter {
        name: "nuisance_correlation",
        label: "nuisance correlation κ",
        meaning: "κ between paired private factors",
        unit: None,
        default: "0.5; for `interfering`, 0",
    },
    FamilyParameter {
        name: "shared_noise",
        label: "shared noise",
        meaning: "noise variance along the shared directions: one value, or one per modality",
        unit: None,
        default: "as `noise`",
    },
    FamilyParameter {
        name: "correlations",
        label: "canonical correlation ρ",
        meaning: "the canonical correlations",
        unit: None,
        default: "0.9, 0.7, 0.5",
    },
];

/// The most modalities of a family.
const MOST_MODALITIES: usize = 64;

/// The parameter of a name.
pub fn parameter(name: &str) -> Option<&'static FamilyParameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

/// The `[family]` section of a model file: the keys are [`PARAMETERS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FamilyParameters {
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shared: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) private: Option<OneOrMany<usize>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) observed: Option<OneOrMany<usize>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) modalities: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shared_std: Option<OneOrMany<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) private_std: Option<OneOrMany<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) noise: Option<OneOrMany<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) private_fraction: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) angle_degrees: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nuisance_correlation: Option<OneOrMany<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shared_noise: Option<OneOrMany<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) correlations: Option<Vec<f64>>,
}

/// The parameters common to all families, validated and expanded.
#[derive(Debug)]
pub(super) struct Common {
    pub shared: usize,
    pub private: Vec<usize>,
    pub observed: Vec<usize>,
    /// Standard deviation of each latent, in the order s, u_1, u_2, …
    pub latent_std: Vec<f64>,
    pub noise: Vec<f64>,
    pub seed: u64,
    private_fraction: Option<f64>,
}

impl FamilyParameters {
    /// Builds the model, with the standard targets (and the mixture, if `private_fraction` is given).
    ///
    /// # Errors
    /// [`ModelError::Field`] names the parameter and its value.
    pub fn build(&self, name: Option<String>) -> Result<LatentModel, ModelError> {
        let family = find(&self.kind)?;
        self.reject_parameters_of_others(family)?;
        let model = (family.build)(self)?;
        Ok(match name {
            Some(name) => model.renamed(name),
            None => model,
        })
    }

    /// Expands the common parameters with a family's defaults: `shared`, `private`, and the fewest channels its
    /// construction needs.
    pub(super) fn common(
        &self,
        shared: usize,
        private: usize,
        channels: impl Fn(usize, usize) -> (usize, usize),
    ) -> Result<Common, ModelError> {
        let modalities = self.modalities.unwrap_or(find(&self.kind)?.modalities);
        if !(2..=MOST_MODALITIES).contains(&modalities) {
            let problem = FieldProblem::CountOutOfRange { count: modalities, least: 2, most: MOST_MODALITIES };
            return Err(ModelError::field("family.modalities", problem));
        }
        let shared = self.shared.unwrap_or(shared);
        let private = self.private.clone().unwrap_or(OneOrMany::One(private)).expand("private", modalities)?;
        let most = LARGEST_DIMENSION;
        let latents = private.iter().fold(shared, |sum, &p| sum.saturating_add(p));
        if latents > most {
            return Err(ModelError::field("family.private", FieldProblem::TooManyFactors { shared, private, most }));
        }
        let needs: Vec<(usize, usize)> = private.iter().map(|&p| channels(shared, p)).collect();
        let observed = match &self.observed {
            None => needs.iter().map(|need| need.1.max(1)).collect(),
            Some(observed) => observed.expand("observed", modalities)?,
        };
        for (m, (&n, &(fewest, _))) in observed.iter().zip(&needs).enumerate() {
            let least = fewest.max(1);
            if n < least || n > most {
                let (kind, private) = (self.kind.clone(), private[m]);
                let problem =
                    FieldProblem::Channels { channels: n, modality: m + 1, shared, private, kind, least, most };
                return Err(ModelError::field("family.observed", problem));
            }
        }
        let shared_std = self.shared_std.clone().unwrap_or(OneOrMany::One(1.0)).expand("shared_std", shared)?;
        let private_std = self.private_std.clone().unwrap_or(OneOrMany::One(1.0)).expand("private_std", modalities)?;
        let noise = self.noise.clone().unwrap_or(OneOrMany::One(0.1)).expand("noise", modalities)?;
        for (field, values) in [("shared_std", &shared_std), ("private_std", &private_std), ("noise", &noise)] {
            require("family.", field, values, 0.0..=1e50)?;
        }
        let mut latent_std = shared_std;
        for (&p, &std) in private.iter().zip(&private_std) {
            latent_std.extend(std::iter::repeat_n(std, p));
        }
        if let Some(fraction) = self.private_fraction {
            require("family.", "private_fraction", &[fraction], 0.0..=1.0)?;
            if shared == 0 || private[0] == 0 {
                return Err(ModelError::field("family.private_fraction", FieldProblem::NothingToMix));
            }
        }
        Ok(Common {
            shared,
            private,
            observed,
            latent_std,
            noise,
            seed: self.seed.unwrap_or(0),
            private_fraction: self.private_fraction,
        })
    }

    fn reject_parameters_of_others(&self, family: &Family) -> Result<(), ModelError> {
        let given = [
            ("modalities", self.modalities.is_some()),
            ("angle_degrees", self.angle_degrees.is_some()),
            ("nuisance_correlation", self.nuisance_correlation.is_some()),
            ("shared_noise", self.shared_noise.is_some()),
            ("correlations", self.correlations.is_some()),
        ];
        match given.iter().find(|(name, present)| *present && !family.parameters.contains(name)) {
            None => Ok(()),
            Some((name, _)) => {
                Err(ModelError::field(format!("family.{name}"), FieldProblem::OtherFamily { kind: family.kind }))
            }
        }
    }
}

impl Common {
    /// The model with these factors, built modality by modality, with the standard targets.
    pub(super) fn model(
        &self,
        kind: &str,
        covariance: Option<Matrix>,
        modality: impl Fn(usize) -> (Matrix, Matrix, Noise),
    ) -> Result<LatentModel, ModelError> {
        let modalities = (0..self.private.len()).map(|m| {
            let (shared_loading, private_loading, noise) = modality(m);
            Modality { name: format!("modality {}", m + 1), shared_loading, private_loading, noise }
        });
        let (shared, private) = (self.shared, self.private.clone());
        self.with_targets(LatentModel::new(kind, shared, private, covariance, modalities.collect(), Vec::new())?)
    }

    /// The diagonal matrix of the latents' variances, or `None` if it is the identity.
    #[expect(clippy::float_cmp, reason = "exactly one is the default, which stays the identity")]
    pub(super) fn covariance(&self) -> Option<Matrix> {
        let variances =
            nalgebra::DVector::from_iterator(self.latent_std.len(), self.latent_std.iter().map(|std| std * std));
        (!variances.iter().all(|&variance| variance == 1.0)).then(|| Matrix::from_diagonal(&variances))
    }

    /// The latents' covariance, in which the j-th private factors of all modalities have correlation κ_j (`default` unless given).
    pub(super) fn covariance_with_nuisance(
        &self,
        correlation: Option<&OneOrMany<f64>>,
        default: f64,
    ) -> Result<Matrix, ModelError> {
        let (k, private) = (self.shared, &self.private);
        let pairs = private.iter().copied().min().unwrap_or(0);
        let correlation = correlation.unwrap_or(&OneOrMany::One(default)).expand("nuisance_correlation", pairs)?;
        // Equicorrelated across M modalities: positive semidefinite from −1/(M−1).
        require("family.", "nuisance_correlation", &correlation, -1.0 / (private.len() as f64 - 1.0)..=1.0)?;
        let latents = self.latent_std.len();
        let mut covariance = Matrix::zeros(latents, latents);
        for (latent, std) in self.latent_std.iter().enumerate() {
            covariance[(latent, latent)] = std * std;
        }
        let starts: Vec<usize> = (0..private.len()).map(|m| k + private[..m].iter().sum::<usize>()).collect();
        for (j, kappa) in correlation.iter().enumerate() {
            for (m, start) in starts.iter().enumerate() {
                for other in &starts[..m] {
                    let (a, b) = (start + j, other + j);
                    let value = kappa * self.latent_std[a] * self.latent_std[b];
                    covariance[(a, b)] = value;
                    covariance[(b, a)] = value;
                }
            }
        }
        Ok(covariance)
    }

    /// Adds the standard targets, for factors of positive variance, and the mixture if requested.
    fn with_targets(&self, model: LatentModel) -> Result<LatentModel, ModelError> {
        let deviation = |latent: usize| self.latent_std[latent];
        let mut targets = model.standard_targets();
        // A factor without variance is no target: at private_std = 0 the modality has no private information.
        targets.retain(|target| {
            target
                .loading
                .row_iter()
                .any(|row| row.iter().enumerate().any(|(latent, &c)| c != 0.0 && deviation(latent) > 0.0))
        });
        if let Some(fraction) = self.private_fraction {
            let mut loading = Matrix::zeros(1, model.latents());
            for (range, weight) in [(0..self.shared, 1.0 - fraction), (model.private_range(0), fraction)] {
                let share = (weight / range.len() as f64).sqrt();
                for latent in range {
                    // In standardised factors, so α is a fraction of the target's variance whatever their scales.
                    if deviation(latent) > 0.0 {
                        loading[(0, latent)] = share / deviation(latent);
                    }
                }
            }
            targets.push(Target { name: "mixture".into(), loading, noise: Noise::Isotropic(0.0) });
        }
        model.with_targets(targets)
    }
}

/// Requires every value to be finite and in the range.
pub(super) fn require(
    prefix: &str,
    field: &str,
    values: &[f64],
    range: std::ops::RangeInclusive<f64>,
) -> Result<(), ModelError> {
    match values.iter().find(|value| !range.contains(value)) {
        None => Ok(()),
        Some(&value) => {
            let problem = FieldProblem::OutOfRange { value, least: *range.start(), most: *range.end() };
            Err(ModelError::field(format!("{prefix}{field}"), problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_file_is_among_the_parameters() {
        let refusal = toml::from_str::<FamilyParameters>("kind = \"random\"\nunknown = 1").unwrap_err().to_string();
        let keys: Vec<&str> = refusal.split('`').skip(3).step_by(2).collect();
        assert_eq!(keys, PARAMETERS.map(|parameter| parameter.name), "{refusal}");
    }
}
