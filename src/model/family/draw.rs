//! Random models of a family, on which theorems are tried.

use super::{Family, FamilyParameters, OneOrMany};
use crate::linalg::{Matrix, product_nt};
use crate::model::{LatentModel, ModelError, Noise, Target};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Fraction of models without any noise: only these can be perfectly aligned.
const NOISELESS: f64 = 0.2;
/// Fraction of models whose latents get a dense random covariance instead of the family's own.
const COUPLED: f64 = 0.15;

/// Draws models of one family: small sizes, scales over two decades, some noiseless, some with coupled latents, each with the
/// standard targets and three scalar ones.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    family: &'static Family,
}

impl Draw {
    /// Draws from a family.
    pub fn new(family: &'static Family) -> Self {
        Self { family }
    }

    /// One model.
    ///
    /// # Errors
    /// [`ModelError`]: not expected, since every draw is within the families' ranges.
    pub fn model(self, generator: &mut impl RngExt) -> Result<LatentModel, ModelError> {
        let draws = self.family.draws;
        let modalities: usize = if draws.modalities > 2 { generator.random_range(2..=draws.modalities) } else { 2 };
        let shared: usize = generator.random_range(1..=3);
        let private: Vec<usize> =
            (0..modalities).map(|_| generator.random_range(usize::from(draws.scales)..=3)).collect();
        let noiseless = generator.random_bool(NOISELESS);
        let mut scale = |low: f64, high: f64| 10.0_f64.powf(generator.random_range(low..=high));
        let shared_std = (0..shared).map(|_| scale(-1.0, 1.0)).collect();
        let private_std = (0..modalities).map(|_| scale(-1.0, 1.0)).collect();
        let noise = (0..modalities).map(|_| if noiseless { 0.0 } else { scale(-3.0, 0.5) }).collect();
        let observed = private
            .iter()
            .map(|p| shared + p + if noiseless && draws.tight { 0 } else { generator.random_range(0..=3) })
            .collect();
        let takes = |parameter: &str| self.family.parameters.contains(&parameter);
        let parameters = FamilyParameters {
            kind: self.family.kind.into(),
            shared: Some(shared),
            private: Some(OneOrMany::Many(private)),
            observed: Some(OneOrMany::Many(observed)),
            modalities: takes("modalities").then_some(modalities),
            shared_std: draws.scales.then_some(OneOrMany::Many(shared_std)),
            private_std: draws.scales.then_some(OneOrMany::Many(private_std)),
            noise: draws.scales.then_some(OneOrMany::Many(noise)),
            seed: Some(generator.random()),
            private_fraction: None,
            angle_degrees: takes("angle_degrees").then(|| generator.random_range(5.0..=90.0)),
            nuisance_correlation: takes("nuisance_correlation")
                .then(|| OneOrMany::One(generator.random_range(-0.9..=0.95))),
            shared_noise: None,
            correlations: takes("correlations")
                .then(|| (0..shared).map(|_| generator.random_range(0.05..=0.99)).collect()),
        };
        let mut model = parameters.build(None)?;
        if draws.coupled && generator.random_bool(COUPLED) {
            let latents = model.latents();
            let root = Matrix::from_fn(latents, latents + 2, |_, _| generator.sample(StandardNormal));
            model = LatentModel::new(
                model.name().to_owned(),
                model.shared(),
                model.private().to_vec(),
                Some(product_nt(&root, &root) / latents as f64),
                model.modalities().to_vec(),
                Vec::new(),
            )?;
        }
        let mut targets = model.standard_targets();
        let mut scalar = |name: &str, range: std::ops::Range<usize>| {
            let mut loading = Matrix::zeros(1, model.latents());
            for latent in range.clone() {
                loading[(0, latent)] = generator.sample(StandardNormal);
            }
            let noise = if generator.random_bool(0.7) { generator.random_range(0.01..=1.0) } else { 0.0 };
            if !range.is_empty() {
                targets.push(Target { name: name.into(), loading, noise: Noise::Isotropic(noise) });
            }
        };
        scalar("shared scalar", 0..model.shared());
        scalar("private scalar", model.private_range(0));
        scalar("mixed scalar", 0..model.private_range(0).end);
        model.with_targets(targets)
    }
}
