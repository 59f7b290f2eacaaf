//! Model files in TOML or JSON: read and written without changing a bit.

use super::family::{FamilyParameters, PARAMETERS, kinds};
use super::{FieldProblem, LatentModel, Modality, ModelError, Noise, Target};
use crate::linalg::Matrix;
use crate::text::{Format, without_mark};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

/// A model file as written, before any check: `[latent]` with `[[modality]]`, or `[family]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// The model's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A family of models and its parameters, instead of `latent` and `modality`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<FamilyParameters>,
    /// The latent factors: first the shared ones, then each modality's private ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latent: Option<LatentSection>,
    /// The modalities, at least two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    modality: Vec<ModalitySection>,
    /// The targets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    target: Vec<TargetSection>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LatentSection {
    /// k, the number of shared factors.
    shared: usize,
    /// p_m, the number of private factors of each modality.
    private: Vec<usize>,
    /// The covariance of all factors, positive semidefinite; by default the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    covariance: Option<Vec<Vec<f64>>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ModalitySection {
    /// The modality's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A_m, one row per channel: n_m × k.
    shared_loading: Vec<Vec<f64>>,
    /// B_m, one row per channel: n_m × p_m.
    private_loading: Vec<Vec<f64>>,
    /// The variance of the noise: one number, one per channel, or the rows of a covariance matrix.
    noise: NoiseSection,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TargetSection {
    /// The target's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// C, one row per coordinate: its weights on all factors.
    loading: Vec<Vec<f64>>,
    /// The variance of its noise: one number, one per coordinate, or the rows of a covariance matrix.
    #[serde(default = "NoiseSection::none")]
    noise: NoiseSection,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a variance, a list of variances, or a list of rows")]
enum NoiseSection {
    Isotropic(f64),
    Diagonal(Vec<f64>),
    Full(Vec<Vec<f64>>),
}

impl ModelFile {
    /// The JSON Schema of model files.
    pub fn schema() -> serde_json::Value {
        let mut schema = schema_for!(Self).into();
        describe_family(&mut schema);
        schema
    }
}

/// Adds the descriptions of families and their parameters to a schema.
pub(crate) fn describe_family(schema: &mut serde_json::Value) {
    let Some(properties) = schema.pointer_mut("/$defs/FamilyParameters/properties") else { return };
    for parameter in PARAMETERS {
        properties[parameter.name]["description"] = format!("{} [{}]", parameter.meaning, parameter.default).into();
    }
    properties["kind"]["enum"] = kinds().into();
}

impl LatentModel {
    /// Reads a model from text.
    ///
    /// # Errors
    /// [`ModelError`], in one line, naming the field and the value; for unknown keys also the nearest valid one.
    ///
    /// # Examples
    /// ```
    /// use alignloss::model::{Format, LatentModel};
    /// let text = r#"
    ///     [family]
    ///     kind = "orthogonal"
    ///     shared = 2
    ///     private = [1, 1]
    /// "#;
    /// let model = LatentModel::parse(text, Format::Toml)?;
    /// assert_eq!(model.channels(), [3, 3]);
    /// # Ok::<(), alignloss::model::ModelError>(())
    /// ```
    pub fn parse(text: &str, format: Format) -> Result<Self, ModelError> {
        if without_mark(text).trim().is_empty() {
            return Err(ModelError::Syntax { message: "the file is empty".into() });
        }
        crate::text::parse::<ModelFile>(text, format).map_err(|message| ModelError::Syntax { message })?.build()
    }

    /// The model as the text of a model file; reading it back gives the same bits.
    ///
    /// # Panics
    /// Never: every checked model can be written.
    pub fn to_text(&self, format: Format) -> String {
        let file = ModelFile::of(self);
        match format {
            Format::Toml => toml::to_string(&file).expect("a model is a TOML table"),
            Format::Json => serde_json::to_string_pretty(&file).expect("a model is a JSON object") + "\n",
        }
    }
}

impl ModelFile {
    /// Checks the file and builds its model.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn build(self) -> Result<LatentModel, ModelError> {
        let targets = targets(self.target)?;
        match (self.family, self.latent) {
            (Some(_), Some(_)) => Err(ModelError::field("family", FieldProblem::TwoModels)),
            (None, None) => Err(ModelError::field("latent", FieldProblem::NoModel)),
            (Some(family), None) => {
                if !self.modality.is_empty() {
                    return Err(ModelError::field("modality", FieldProblem::BesideFamily));
                }
                let model = family.build(self.name)?;
                if targets.is_empty() { Ok(model) } else { model.with_targets(targets) }
            }
            (None, Some(latent)) => {
                let covariance = latent.covariance.map(|rows| matrix("latent.covariance", &rows, None)).transpose()?;
                let modalities = self
                    .modality
                    .into_iter()
                    .enumerate()
                    .map(|(m, section)| section.build(m, latent.shared, latent.private.get(m).copied()))
                    .collect::<Result<_, _>>()?;
                LatentModel::new(
                    self.name.unwrap_or_else(|| "unnamed".into()),
                    latent.shared,
                    latent.private,
                    covariance,
                    modalities,
                    targets,
                )
            }
        }
    }

    fn of(model: &LatentModel) -> Self {
        Self {
            name: Some(model.name().into()),
            family: None,
            latent: Some(LatentSection {
                shared: model.shared(),
                private: model.private().to_vec(),
                covariance: model.given_covariance().map(rows),
            }),
            modality: model
                .modalities()
                .iter()
                .map(|modality| ModalitySection {
                    name: Some(modality.name.clone()),
                    shared_loading: rows(&modality.shared_loading),
                    private_loading: rows(&modality.private_loading),
                    noise: NoiseSection::of(&modality.noise),
                })
                .collect(),
            target: model
                .targets()
                .iter()
                .map(|target| TargetSection {
                    name: Some(target.name.clone()),
                    loading: rows(&target.loading),
                    noise: NoiseSection::of(&target.noise),
                })
                .collect(),
        }
    }
}

impl ModalitySection {
    fn build(self, m: usize, shared: usize, private: Option<usize>) -> Result<Modality, ModelError> {
        let field = |name: &str| format!("modality[{m}].{name}");
        let rows = self.shared_loading.len();
        Ok(Modality {
            name: self.name.unwrap_or_else(|| format!("modality {}", m + 1)),
            shared_loading: matrix(&field("shared_loading"), &self.shared_loading, Some(shared))?,
            // A modality without private factors may leave the list of rows empty.
            private_loading: if self.private_loading.is_empty() && private == Some(0) {
                Matrix::zeros(rows, 0)
            } else {
                matrix(&field("private_loading"), &self.private_loading, private)?
            },
            noise: self.noise.build(&field("noise"))?,
        })
    }
}

fn targets(sections: Vec<TargetSection>) -> Result<Vec<Target>, ModelError> {
    let build = |(t, section): (usize, TargetSection)| {
        Ok(Target {
            name: section.name.unwrap_or_else(|| format!("target {}", t + 1)),
            loading: matrix(&format!("target[{t}].loading"), &section.loading, None)?,
            noise: section.noise.build(&format!("target[{t}].noise"))?,
        })
    };
    sections.into_iter().enumerate().map(build).collect()
}

impl NoiseSection {
    fn none() -> Self {
        Self::Isotropic(0.0)
    }

    fn of(noise: &Noise) -> Self {
        match noise {
            Noise::Isotropic(variance) => Self::Isotropic(*variance),
            Noise::Diagonal(variances) => Self::Diagonal(variances.clone()),
            Noise::Full(matrix) => Self::Full(rows(matrix)),
        }
    }

    fn build(self, field: &str) -> Result<Noise, ModelError> {
        Ok(match self {
            Self::Isotropic(variance) => Noise::Isotropic(variance),
            Self::Diagonal(variances) => Noise::Diagonal(variances),
            Self::Full(rows) => Noise::Full(matrix(field, &rows, None)?),
        })
    }
}

/// Rows as a matrix; `columns` is the expected width, needed if there may be no rows.
fn matrix(field: &str, rows: &[Vec<f64>], columns: Option<usize>) -> Result<Matrix, ModelError> {
    let columns = columns.or(rows.first().map(Vec::len)).unwrap_or(0);
    if let Some((index, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != columns) {
        let problem = FieldProblem::RowLength { numbers: row.len(), expected: columns };
        return Err(ModelError::field(format!("{field}[{index}]"), problem));
    }
    Ok(Matrix::from_fn(rows.len(), columns, |i, j| rows[i][j]))
}

fn rows(matrix: &Matrix) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}
