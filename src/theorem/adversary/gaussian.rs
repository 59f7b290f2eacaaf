//! Gaussian models and encoders from free parameters, which the adversary varies.

use crate::information::Encoders;
use crate::linalg::{Matrix, product_nt};
use crate::model::{ChannelUnits, LatentModel, Modality, ModelError, Noise, Target, Units};
use crate::objective::{self, CanonicalCorrelation, Solution};
use crate::random::Stream;
use crate::theorem::{Case, CaseError, Subject};

/// Which models are searched. Up to invertible maps of each modality, to which every measure is blind, `Free` reaches all
/// Gaussian laws of (x_1, x_2, y) of its sizes with y private to x_1, and `Coupled` all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    /// Any loadings, noise variances of each channel by their logarithm, independent latents.
    Free,
    /// The same with any correlation matrix of the latents.
    Coupled,
    /// Coupled, with fewer channels than factors in the second modality: it can't tell its factors apart.
    Narrow,
    /// Any loadings and no noise: only then can encoders agree exactly.
    Noiseless,
    /// Loadings along the axes, isotropic noise, one pair of private factors correlated: the models of `selection`.
    Orthogonal,
}

/// Which encoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any weights: after whitening, any whitened encoders.
    Free,
    /// The canonical ones plus any weights at any scale.
    NearCanonical,
    /// The exact minimiser of an objective of the registry, by its index.
    Minimiser(usize),
}

/// A family of models with encoders, each point a vector of parameters of order one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terrain {
    pub(super) structure: Structure,
    pub(super) kind: Kind,
    /// Outputs of the encoders.
    pub(super) dim: usize,
    /// Shared factors beyond d.
    pub(super) extra: usize,
}

/// Encoders of a point: as weights, or as the minimiser of an objective.
#[derive(Debug, Clone)]
enum Weights {
    Given(Encoders),
    NearCanonical(Encoders),
    Minimiser(usize),
}

/// Why a point could not be judged.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum PointError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Case(#[from] CaseError),
}

/// Units are moved by powers of two up to this exponent.
const UNIT_REACH: i32 = 40;

/// log10 of variances: −2 ± 2 for parameters of order one, at least and at most this.
const LOG_VARIANCE: std::ops::RangeInclusive<f64> = -14.0..=4.0;

impl Terrain {
    /// Every terrain of d outputs.
    pub(super) fn all(dim: usize) -> Vec<Self> {
        let minimisers = objective::REGISTRY
            .iter()
            .enumerate()
            .filter(|(_, entry)| {
                let solution = entry.default().solution();
                solution.whitening().is_some() || matches!(solution, Solution::Decoupled { .. })
            })
            .map(|(index, _)| Kind::Minimiser(index));
        let kinds: Vec<Kind> = [Kind::Free, Kind::NearCanonical].into_iter().chain(minimisers).collect();
        let structures =
            [Structure::Free, Structure::Coupled, Structure::Narrow, Structure::Noiseless, Structure::Orthogonal];
        let mut all = Vec::new();
        for structure in structures {
            for &kind in &kinds {
                all.extend([0, 1].map(|extra| Self { structure, kind, dim, extra }));
            }
        }
        all
    }

    fn shared(&self) -> usize {
        self.dim + self.extra
    }

    fn private(&self) -> [usize; 2] {
        [if self.dim > 1 { 2 } else { 1 }, 1]
    }

    fn channels(&self) -> [usize; 2] {
        let [first, second] = self.private().map(|p| self.shared() + p);
        [first, if self.structure == Structure::Narrow { self.shared() } else { second }]
    }

    /// How many parameters a point has.
    pub(super) fn dimension(&self) -> usize {
        let mut count = 0;
        // Sizes alone decide how many are read, so that any values will do.
        let _ = self.parts(&mut || {
            count += 1;
            0.5
        });
        count
    }

    /// In words, for the origin of a counterexample.
    pub(super) fn describe(&self) -> String {
        let encoders = match self.kind {
            Kind::Free => "free encoders".to_owned(),
            Kind::NearCanonical => "encoders near the canonical ones".to_owned(),
            Kind::Minimiser(index) => objective::REGISTRY[index].id.to_owned(),
        };
        let models = match self.structure {
            Structure::Free => "free models",
            Structure::Coupled => "models with coupled latents",
            Structure::Narrow => "models with fewer channels than factors in x2",
            Structure::Noiseless => "noiseless models",
            Structure::Orthogonal => "orthogonal models",
        };
        format!("{encoders} with d = {} on {models}", self.dim)
    }

    /// The objective's index, when the encoders minimise one.
    pub(super) fn minimiser(&self) -> Option<usize> {
        if let Kind::Minimiser(index) = self.kind { Some(index) } else { None }
    }

    /// Builds the model and the encoders of a point and hands them over.
    pub(super) fn visit<R>(
        &self,
        point: &[f64],
        visitor: impl FnOnce(&LatentModel, &Case) -> R,
    ) -> Result<R, PointError> {
        let mut values = point.iter().copied();
        let (model, weights) = self.parts(&mut || values.next().unwrap_or(0.0))?;
        let units = self.units(&model);
        let model = model.in_units(&units)?;
        let moved = |encoders: &Encoders| encoders.in_units([&units.channels[0], &units.channels[1]]);
        let subject = Subject::new(&model, [0, 1]).map_err(CaseError::from)?;
        let learner = subject.learner(0);
        match weights {
            Weights::Given(encoders) => {
                Ok(visitor(&model, &Case::of_weights(&subject, moved(&encoders)).map_err(CaseError::from)?))
            }
            Weights::NearCanonical(offset) => {
                let offset = moved(&offset);
                let canonical = Case::minimise(&subject, &learner, &CanonicalCorrelation, self.dim)?.encoders;
                let encoders =
                    Encoders { first: canonical.first + offset.first, second: canonical.second + offset.second };
                Ok(visitor(&model, &Case::of_weights(&subject, encoders).map_err(CaseError::from)?))
            }
            Weights::Minimiser(index) => {
                let objective = objective::REGISTRY[index].default();
                Ok(visitor(&model, &Case::minimise(&subject, &learner, objective.as_ref(), self.dim)?))
            }
        }
    }

    /// The units in which all models of this terrain are given: the same for every point, so that a search stays smooth. Where a
    /// theorem asks for orthogonal channels, those of a modality share one.
    fn units(&self, model: &LatentModel) -> Units {
        let channels = if self.extra > 0 || self.structure == Structure::Orthogonal {
            ChannelUnits::PerModality
        } else {
            ChannelUnits::Each
        };
        let stream =
            Stream { seed: 0, experiment: "adversary units", cell: self.dim as u64, replicate: self.extra as u64 };
        Units::random(model, channels, UNIT_REACH, &mut stream.generator())
    }

    fn parts(&self, read: &mut dyn FnMut() -> f64) -> Result<(LatentModel, Weights), ModelError> {
        let (shared, private, channels) = (self.shared(), self.private(), self.channels());
        let latents = shared + private[0] + private[1];
        let covariance = self.covariance(latents, read);
        let mut modalities = Vec::with_capacity(2);
        for m in 0..2 {
            let (n, p) = (channels[m], private[m]);
            let (shared_loading, private_loading) = if self.structure == Structure::Orthogonal {
                let deviations: Vec<f64> = (0..n).map(|_| 10.0_f64.powf(0.5 * read().clamp(-4.0, 4.0))).collect();
                let axis = |i: usize, j: usize| if i == j { deviations[i] } else { 0.0 };
                (Matrix::from_fn(n, shared, axis), Matrix::from_fn(n, p, |i, j| axis(i, shared + j)))
            } else {
                (Matrix::from_fn(n, shared, |_, _| read()), Matrix::from_fn(n, p, |_, _| read()))
            };
            let noise = match self.structure {
                Structure::Noiseless => Noise::Isotropic(0.0),
                Structure::Orthogonal => Noise::Isotropic(variance(read())),
                Structure::Free | Structure::Coupled | Structure::Narrow => {
                    Noise::Diagonal((0..n).map(|_| variance(read())).collect())
                }
            };
            modalities.push(Modality { name: format!("modality {}", m + 1), shared_loading, private_loading, noise });
        }
        let mut target = |name: &str, rows: usize, range: std::ops::Range<usize>| {
            let mut loading = Matrix::zeros(rows, latents);
            for latent in range {
                for row in 0..rows {
                    loading[(row, latent)] = read();
                }
            }
            Target { name: name.into(), loading, noise: Noise::Isotropic(variance(read())) }
        };
        let targets = vec![
            target("private", 1, shared..shared + private[0]),
            target("mixed", 1, 0..latents),
            target("pair", 2, 0..latents),
        ];
        let model = LatentModel::new("adversary", shared, private.to_vec(), covariance, modalities, targets)?;
        let mut weights = |scale: f64| Encoders {
            first: Matrix::from_fn(self.dim, channels[0], |_, _| scale * read()),
            second: Matrix::from_fn(self.dim, channels[1], |_, _| scale * read()),
        };
        let weights = match self.kind {
            Kind::Free => Weights::Given(weights(1.0)),
            Kind::NearCanonical => {
                let weights = weights(1.0);
                let scale = 10.0_f64.powf((2.0 * read() - 1.0).clamp(-12.0, 2.0));
                Weights::NearCanonical(Encoders { first: weights.first * scale, second: weights.second * scale })
            }
            Kind::Minimiser(index) => Weights::Minimiser(index),
        };
        Ok((model, weights))
    }

    /// Λ: a correlation matrix from the rows of a triangular root, or one correlated pair of private factors.
    fn covariance(&self, latents: usize, read: &mut dyn FnMut() -> f64) -> Option<Matrix> {
        match self.structure {
            Structure::Coupled | Structure::Narrow => {
                let mut root = Matrix::identity(latents, latents);
                for i in 0..latents {
                    for j in 0..i {
                        root[(i, j)] = read();
                    }
                    let length = root.row(i).norm();
                    root.row_mut(i).scale_mut(length.recip());
                }
                Some(product_nt(&root, &root))
            }
            Structure::Orthogonal => {
                let mut covariance = Matrix::identity(latents, latents);
                let (first, second) = (self.shared(), self.shared() + self.private()[0]);
                let coupling = read().tanh();
                (covariance[(first, second)], covariance[(second, first)]) = (coupling, coupling);
                Some(covariance)
            }
            Structure::Free | Structure::Noiseless => None,
        }
    }
}

fn variance(parameter: f64) -> f64 {
    10.0_f64.powf((2.0 * parameter - 2.0).clamp(*LOG_VARIANCE.start(), *LOG_VARIANCE.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_terrain_makes_models_and_encoders_of_its_sizes() {
        for terrain in Terrain::all(1).into_iter().chain(Terrain::all(3)) {
            let point: Vec<f64> = (0..terrain.dimension()).map(|i| (1.0 + i as f64).sin()).collect();
            let visited = terrain.visit(&point, |model, case| {
                assert_eq!(model.channels(), terrain.channels());
                assert_eq!(case.dim(), terrain.dim);
                assert_eq!(case.objective.is_some(), terrain.minimiser().is_some());
            });
            assert!(visited.is_ok(), "{}: {:?}", terrain.describe(), visited);
        }
    }

    #[test]
    fn orthogonal_models_couple_a_private_factor_of_one_modality_with_one_of_the_other() {
        let orthogonal = |terrain: &Terrain| terrain.structure == Structure::Orthogonal;
        for terrain in Terrain::all(1).into_iter().chain(Terrain::all(3)).filter(orthogonal) {
            let visited = terrain.visit(&vec![0.5; terrain.dimension()], |model, _| {
                let covariance = model.latent_covariance();
                for i in 0..model.latents() {
                    for j in 0..i {
                        let coupled = (i, j) == (model.private_range(1).start, model.private_range(0).start);
                        assert_eq!(covariance[(i, j)] != 0.0, coupled, "{}: ({i}, {j})", terrain.describe());
                    }
                }
            });
            assert!(visited.is_ok(), "{}: {visited:?}", terrain.describe());
        }
    }

    #[test]
    fn a_parameter_far_outside_the_usual_is_still_a_model() {
        let terrain = Terrain { structure: Structure::Coupled, kind: Kind::NearCanonical, dim: 2, extra: 1 };
        for size in [0.0, 1e3, -1e3] {
            let point = vec![size; terrain.dimension()];
            // A loading of zero makes a constant modality only if the noise is zero too.
            assert!(!matches!(terrain.visit(&point, |_, _| ()), Err(PointError::Model(ModelError::Syntax { .. }))));
        }
    }
}
