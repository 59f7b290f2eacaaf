//! The model and its exact joint law.

use super::{FieldProblem, ModelError};
use crate::linalg::{Matrix, positive_semidefinite_root, product, product_nt};

/// Largest number of latents, channels or target rows: dense population computations beyond it are not sensible.
pub const LARGEST_DIMENSION: usize = 4096;

/// Largest magnitude of an entry: sums of its square must stay finite.
const LARGEST_ENTRY: f64 = 1e100;

/// Smallest standard deviation that counts: its square must stay a normal number.
const SMALLEST_DEVIATION: f64 = 1e-150;

/// The covariance Ψ of a sensor's noise, in the form it was given.
#[derive(Debug, Clone, PartialEq)]
pub enum Noise {
    /// ψ·I.
    Isotropic(f64),
    /// diag(ψ_1 … ψ_n).
    Diagonal(Vec<f64>),
    /// Any positive semidefinite n × n matrix.
    Full(Matrix),
}

/// One sensor: x = A·s + B·u + ε.
#[derive(Debug, Clone, PartialEq)]
pub struct Modality {
    /// Its name, for display.
    pub name: String,
    /// A, n × k.
    pub shared_loading: Matrix,
    /// B, n × p.
    pub private_loading: Matrix,
    /// Ψ, n × n.
    pub noise: Noise,
}

/// One target: y = C·(s, u_1 … u_M) + η.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Its name, for display and figures.
    pub name: String,
    /// C, q × (k + Σ p_m).
    pub loading: Matrix,
    /// The covariance of η, q × q.
    pub noise: Noise,
}

/// A Gaussian vector in factor form: x = common·w + own·v with w, v standard normal. The whitened latents w are shared
/// by all vectors of the model; the noise v belongs to this vector alone.
#[derive(Debug, Clone)]
pub struct Factor {
    /// n × q.
    pub common: Matrix,
    /// n × (rank of the noise).
    pub own: Matrix,
}

/// A validated Gaussian latent model.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentModel {
    name: String,
    shared: usize,
    private: Vec<usize>,
    covariance: Option<Matrix>,
    latent_root: Matrix,
    modalities: Vec<Modality>,
    targets: Vec<Target>,
}

impl LatentModel {
    /// Validates and builds a model. `covariance` is Λ, in the order s, u_1, u_2, …; `None` is the identity.
    ///
    /// # Errors
    /// [`ModelError::Field`] and [`ModelError::Linalg`] name the field, as in a model file, and the value.
    pub fn new(
        name: impl Into<String>,
        shared: usize,
        private: Vec<usize>,
        covariance: Option<Matrix>,
        modalities: Vec<Modality>,
        targets: Vec<Target>,
    ) -> Result<Self, ModelError> {
        let latents =
            private.iter().try_fold(shared, |sum, &p| sum.checked_add(p)).filter(|&sum| sum <= LARGEST_DIMENSION);
        let Some(latents) = latents else {
            let problem = FieldProblem::TooManyFactors { shared, private, most: LARGEST_DIMENSION };
            return Err(ModelError::field("latent", problem));
        };
        if latents == 0 {
            return Err(ModelError::field("latent", FieldProblem::NoFactors));
        }
        if modalities.len() < 2 {
            return Err(ModelError::field("modality", FieldProblem::TooFewModalities { count: modalities.len() }));
        }
        if private.len() != modalities.len() {
            let problem = FieldProblem::OtherModalities { private, modalities: modalities.len() };
            return Err(ModelError::field("latent.private", problem));
        }
        for (m, modality) in modalities.iter().enumerate() {
            let n = modality.shared_loading.nrows();
            check_loading(&format!("modality[{m}].shared_loading"), &modality.shared_loading, shared)?;
            check_loading(&format!("modality[{m}].private_loading"), &modality.private_loading, private[m])?;
            if modality.private_loading.nrows() != n {
                let problem = FieldProblem::Rows { rows: modality.private_loading.nrows(), expected: n };
                return Err(ModelError::field(format!("modality[{m}].private_loading"), problem));
            }
            check_noise(&format!("modality[{m}].noise"), &modality.noise, n)?;
        }
        for (t, target) in targets.iter().enumerate() {
            check_loading(&format!("target[{t}].loading"), &target.loading, latents)?;
            check_noise(&format!("target[{t}].noise"), &target.noise, target.loading.nrows())?;
            if let Some(earlier) = targets[..t].iter().position(|other| other.name == target.name) {
                let problem = FieldProblem::RepeatedName { name: target.name.clone(), earlier };
                return Err(ModelError::field(format!("target[{t}].name"), problem));
            }
        }
        let latent_root = match &covariance {
            None => Matrix::identity(latents, latents),
            Some(matrix) => {
                let (rows, columns) = matrix.shape();
                if (rows, columns) != (latents, latents) {
                    let problem = FieldProblem::LatentShape { rows, columns, latents };
                    return Err(ModelError::field("latent.covariance", problem));
                }
                check_entries("latent.covariance", matrix)?;
                positive_semidefinite_root(matrix)
                    .map_err(|problem| ModelError::Linalg { field: "latent.covariance".into(), problem })?
            }
        };
        let model = Self { name: name.into(), shared, private, covariance, latent_root, modalities, targets };
        for (m, factor) in model.modalities.iter().enumerate() {
            let variance = model.observed(m);
            if variance.common.amax().max(variance.own.amax()) < SMALLEST_DEVIATION {
                let problem = FieldProblem::ConstantModality { name: factor.name.clone(), least: SMALLEST_DEVIATION };
                return Err(ModelError::field(format!("modality[{m}]"), problem));
            }
        }
        for (t, target) in model.targets.iter().enumerate() {
            let factor = model.target(t);
            if factor.common.amax().max(factor.own.amax()) < SMALLEST_DEVIATION {
                let problem = FieldProblem::ConstantTarget { name: target.name.clone(), least: SMALLEST_DEVIATION };
                return Err(ModelError::field(format!("target[{t}]"), problem));
            }
        }
        Ok(model)
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// k, the number of shared factors.
    pub fn shared(&self) -> usize {
        self.shared
    }

    /// p_m, the number of private factors of each modality.
    pub fn private(&self) -> &[usize] {
        &self.private
    }

    /// k + Σ p_m.
    pub fn latents(&self) -> usize {
        self.shared + self.private.iter().sum::<usize>()
    }

    /// n_m, the number of channels of each modality.
    pub fn channels(&self) -> Vec<usize> {
        self.modalities.iter().map(|modality| modality.shared_loading.nrows()).collect()
    }

    /// The modalities, in the order of the file.
    pub fn modalities(&self) -> &[Modality] {
        &self.modalities
    }

    /// The targets, in the order of the file.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Λ as given; `None` is the identity.
    pub fn given_covariance(&self) -> Option<&Matrix> {
        self.covariance.as_ref()
    }

    /// Λ, latents × latents.
    pub fn latent_covariance(&self) -> Matrix {
        self.covariance.clone().unwrap_or_else(|| Matrix::identity(self.latents(), self.latents()))
    }

    /// The columns of modality m's private factors among the latents.
    pub fn private_range(&self, m: usize) -> std::ops::Range<usize> {
        let start = self.shared + self.private[..m].iter().sum::<usize>();
        start..start + self.private[m]
    }

    /// x_m in factor form.
    pub fn observed(&self, m: usize) -> Factor {
        let modality = &self.modalities[m];
        let mut loading = Matrix::zeros(modality.shared_loading.nrows(), self.latents());
        loading.columns_mut(0, self.shared).copy_from(&modality.shared_loading);
        let range = self.private_range(m);
        loading.columns_mut(range.start, range.len()).copy_from(&modality.private_loading);
        Factor { own: modality.noise.root(loading.nrows()), common: self.through_latents(loading) }
    }

    /// Target t in factor form.
    pub fn target(&self, t: usize) -> Factor {
        let target = &self.targets[t];
        Factor { common: self.through_latents(target.loading.clone()), own: target.noise.root(target.loading.nrows()) }
    }

    /// A loading times the root of Λ (the identity if no Λ was given).
    fn through_latents(&self, loading: Matrix) -> Matrix {
        if self.covariance.is_none() { loading } else { product(&loading, &self.latent_root) }
    }

    /// The latents themselves, (s, u_1 … u_M), in factor form.
    pub fn latent(&self) -> Factor {
        Factor { common: self.latent_root.clone(), own: Matrix::zeros(self.latents(), 0) }
    }

    /// The same model under another name.
    #[must_use]
    pub fn renamed(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same model with other targets.
    ///
    /// # Errors
    /// As [`LatentModel::new`].
    pub fn with_targets(self, targets: Vec<Target>) -> Result<Self, ModelError> {
        Self::new(self.name, self.shared, self.private, self.covariance, self.modalities, targets)
    }

    /// The standard targets: all shared factors (`shared`) and each modality's private factors (`private 1`, …).
    pub fn standard_targets(&self) -> Vec<Target> {
        let selector = |range: std::ops::Range<usize>| {
            Matrix::from_fn(range.len(), self.latents(), |i, j| f64::from(u8::from(range.start + i == j)))
        };
        let blocks = std::iter::once(("shared".to_owned(), 0..self.shared))
            .chain((0..self.modalities.len()).map(|m| (format!("private {}", m + 1), self.private_range(m))));
        blocks
            .filter(|(_, range)| !range.is_empty())
            .map(|(name, range)| Target { name, loading: selector(range), noise: Noise::Isotropic(0.0) })
            .collect()
    }

    /// The exact joint covariance of (x_1 … x_M, s, u_1 … u_M, y_1 … y_T), in this order.
    pub fn joint_covariance(&self) -> Matrix {
        let mut factors: Vec<Factor> = (0..self.modalities.len()).map(|m| self.observed(m)).collect();
        factors.push(self.latent());
        factors.extend((0..self.targets.len()).map(|t| self.target(t)));
        let sizes: Vec<usize> = factors.iter().map(|factor| factor.common.nrows()).collect();
        let total = sizes.iter().sum();
        let mut joint = Matrix::zeros(total, total);
        let mut row = 0;
        for (i, left) in factors.iter().enumerate() {
            let mut column = 0;
            for (j, right) in factors.iter().enumerate() {
                let block = if i == j { left.covariance() } else { left.cross_covariance(right) };
                joint.view_mut((row, column), block.shape()).copy_from(&block);
                column += sizes[j];
            }
            row += sizes[i];
        }
        joint
    }
}

impl Factor {
    /// Σ = common·commonᵀ + own·ownᵀ.
    pub fn covariance(&self) -> Matrix {
        product_nt(&self.common, &self.common) + product_nt(&self.own, &self.own)
    }

    /// Stacks several vectors of one model, each with its own noise.
    ///
    /// # Panics
    /// If the list is empty, or the common spaces differ in dimension: a broken invariant of the caller.
    #[must_use]
    pub fn concatenated(factors: &[&Self]) -> Self {
        let dimension = factors.first().expect("at least one factor").common.ncols();
        let rows = factors.iter().map(|factor| factor.common.nrows()).sum();
        let noises = factors.iter().map(|factor| factor.own.ncols()).sum();
        let mut common = Matrix::zeros(rows, dimension);
        let mut own = Matrix::zeros(rows, noises);
        let (mut row, mut column) = (0, 0);
        for factor in factors {
            common.rows_mut(row, factor.common.nrows()).copy_from(&factor.common);
            own.view_mut((row, column), factor.own.shape()).copy_from(&factor.own);
            row += factor.own.nrows();
            column += factor.own.ncols();
        }
        Self { common, own }
    }

    /// Cov(self, other), which depends on the common parts only.
    pub fn cross_covariance(&self, other: &Self) -> Matrix {
        product_nt(&self.common, &other.common)
    }
}

impl Noise {
    /// A root R (n × rank) with R·Rᵀ = Ψ; columns of zero variance are dropped.
    fn root(&self, n: usize) -> Matrix {
        let diagonal = |variance: &dyn Fn(usize) -> f64| {
            let kept: Vec<usize> = (0..n).filter(|&i| variance(i) > 0.0).collect();
            Matrix::from_fn(n, kept.len(), |i, j| if kept[j] == i { variance(i).sqrt() } else { 0.0 })
        };
        match self {
            Self::Isotropic(variance) => diagonal(&|_| *variance),
            Self::Diagonal(variances) => diagonal(&|i| variances[i]),
            Self::Full(matrix) => {
                positive_semidefinite_root(matrix).expect("noise was checked when the model was built")
            }
        }
    }

    /// Ψ, n × n.
    pub fn covariance(&self, n: usize) -> Matrix {
        match self {
            Self::Isotropic(variance) => Matrix::from_diagonal_element(n, n, *variance),
            Self::Diagonal(variances) => Matrix::from_diagonal(&nalgebra::DVector::from_column_slice(variances)),
            Self::Full(matrix) => matrix.clone(),
        }
    }
}

fn check_loading(field: &str, loading: &Matrix, columns: usize) -> Result<(), ModelError> {
    let rows = loading.nrows();
    if rows == 0 {
        return Err(ModelError::field(field, FieldProblem::NoRows));
    }
    if rows > LARGEST_DIMENSION {
        return Err(ModelError::field(field, FieldProblem::TooManyRows { rows, most: LARGEST_DIMENSION }));
    }
    if loading.ncols() != columns {
        let problem = FieldProblem::Columns { columns: loading.ncols(), expected: columns };
        return Err(ModelError::field(field, problem));
    }
    check_entries(field, loading)
}

fn check_entries(field: &str, matrix: &Matrix) -> Result<(), ModelError> {
    match matrix.iter().position(|value| !value.is_finite() || value.abs() > LARGEST_ENTRY) {
        None => Ok(()),
        Some(index) => {
            let (row, column) = (index % matrix.nrows(), index / matrix.nrows());
            Err(ModelError::field(format!("{field}[{row}][{column}]"), unusable(matrix[index])))
        }
    }
}

fn check_noise(field: &str, noise: &Noise, n: usize) -> Result<(), ModelError> {
    let check_variance = |field: String, value: f64| {
        if !value.is_finite() || value > LARGEST_ENTRY {
            Err(ModelError::field(field, unusable(value)))
        } else if value < 0.0 {
            Err(ModelError::field(field, FieldProblem::NegativeVariance { value }))
        } else {
            Ok(())
        }
    };
    match noise {
        Noise::Isotropic(variance) => check_variance(field.into(), *variance),
        Noise::Diagonal(variances) if variances.len() != n => {
            let problem = FieldProblem::Variances { variances: variances.len(), channels: n };
            Err(ModelError::field(field, problem))
        }
        Noise::Diagonal(variances) => variances
            .iter()
            .enumerate()
            .try_for_each(|(i, &variance)| check_variance(format!("{field}[{i}]"), variance)),
        Noise::Full(matrix) if matrix.shape() != (n, n) => {
            let (rows, columns) = matrix.shape();
            Err(ModelError::field(field, FieldProblem::NoiseShape { rows, columns, channels: n }))
        }
        Noise::Full(matrix) => {
            check_entries(field, matrix)?;
            positive_semidefinite_root(matrix)
                .map(drop)
                .map_err(|problem| ModelError::Linalg { field: field.into(), problem })
        }
    }
}

fn unusable(value: f64) -> FieldProblem {
    if value.is_finite() {
        FieldProblem::TooLarge { value, largest: LARGEST_ENTRY }
    } else {
        FieldProblem::NotFinite { value }
    }
}
