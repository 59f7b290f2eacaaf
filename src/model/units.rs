//! The same model in other units of its latents, channels and targets.
//!
//! Unit-free answers must not depend on units. Powers of two scale doubles without rounding, so whatever is computed
//! variable by variable gives the same bits in either units: a property that tests and `verify` require.

use super::{LatentModel, Modality, ModelError, Noise, Target};
use crate::linalg::Matrix;
use rand::{Rng, RngExt};

/// Exponents e: a value v in the old unit is v·2^e in the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units {
    /// One per latent, in the order s, u_1, u_2, ….
    pub latents: Vec<i32>,
    /// One per channel of each modality.
    pub channels: Vec<Vec<i32>>,
    /// One per row of each target.
    pub targets: Vec<Vec<i32>>,
}

/// How the units of a modality's channels are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelUnits {
    /// Each channel has a different unit. This changes the minimisers of objectives that weigh channels by variance.
    Each,
    /// All channels of a modality share one unit. This changes only the trade-off of `alignment-fidelity`.
    PerModality,
}

impl Units {
    /// The model's own units.
    pub fn unchanged(model: &LatentModel) -> Self {
        Self {
            latents: vec![0; model.latents()],
            channels: model.channels().into_iter().map(|n| vec![0; n]).collect(),
            targets: model.targets().iter().map(|target| vec![0; target.loading.nrows()]).collect(),
        }
    }

    /// Independent exponents, uniform from −reach to reach.
    pub fn random(model: &LatentModel, channels: ChannelUnits, reach: i32, generator: &mut impl Rng) -> Self {
        let mut units = Self::unchanged(model);
        let mut draw = || generator.random_range(-reach..=reach);
        units.latents.fill_with(&mut draw);
        for exponents in &mut units.channels {
            match channels {
                ChannelUnits::Each => exponents.fill_with(&mut draw),
                ChannelUnits::PerModality => {
                    let common = draw();
                    exponents.fill(common);
                }
            }
        }
        units.targets.iter_mut().for_each(|exponents| exponents.fill_with(&mut draw));
        units
    }
}

impl LatentModel {
    /// The same law in other units: x'_i = 2^e x_i, and likewise for latents and targets. Λ, loadings and noise change
    /// so that every dimensionless quantity stays the same.
    ///
    /// # Errors
    /// [`ModelError`] if a number leaves the range allowed in a model.
    ///
    /// # Panics
    /// If `units` was made for a model of other sizes: a broken invariant of the caller.
    pub fn in_units(&self, units: &Units) -> Result<Self, ModelError> {
        let unit_latents = units.latents.iter().all(|&exponent| exponent == 0);
        let covariance = match self.given_covariance() {
            None if unit_latents => None,
            _ => Some(scaled(&self.latent_covariance(), &units.latents, 1, &units.latents, 1)),
        };
        let shared = &units.latents[..self.shared()];
        let modalities = self.modalities().iter().zip(&units.channels).enumerate().map(|(m, (modality, channels))| {
            let private = &units.latents[self.private_range(m)];
            Modality {
                name: modality.name.clone(),
                shared_loading: scaled(&modality.shared_loading, channels, 1, shared, -1),
                private_loading: scaled(&modality.private_loading, channels, 1, private, -1),
                noise: modality.noise.in_units(channels),
            }
        });
        let targets = self.targets().iter().zip(&units.targets).map(|(target, rows)| Target {
            name: target.name.clone(),
            loading: scaled(&target.loading, rows, 1, &units.latents, -1),
            noise: target.noise.in_units(rows),
        });
        Self::new(
            self.name(),
            self.shared(),
            self.private().to_vec(),
            covariance,
            modalities.collect(),
            targets.collect(),
        )
    }
}

impl Noise {
    fn in_units(&self, exponents: &[i32]) -> Self {
        match self {
            Self::Isotropic(variance) if exponents.windows(2).all(|pair| pair[0] == pair[1]) => {
                Self::Isotropic(variance * power(2 * exponents[0]))
            }
            Self::Isotropic(variance) => Self::Diagonal(exponents.iter().map(|e| variance * power(2 * e)).collect()),
            Self::Diagonal(variances) => {
                Self::Diagonal(variances.iter().zip(exponents).map(|(variance, e)| variance * power(2 * e)).collect())
            }
            Self::Full(matrix) => Self::Full(scaled(matrix, exponents, 1, exponents, 1)),
        }
    }
}

/// Entries times 2^(sign·e_row)·2^(sign·e_column).
fn scaled(matrix: &Matrix, rows: &[i32], row_sign: i32, columns: &[i32], column_sign: i32) -> Matrix {
    assert_eq!(matrix.shape(), (rows.len(), columns.len()), "one exponent for each row and column");
    Matrix::from_fn(rows.len(), columns.len(), |i, j| {
        matrix[(i, j)] * power(row_sign * rows[i]) * power(column_sign * columns[j])
    })
}

fn power(exponent: i32) -> f64 {
    2.0_f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::family::{Draw, REGISTRY};
    use crate::random::Stream;

    #[test]
    fn the_joint_covariance_scales_entry_by_entry() {
        for (index, family) in REGISTRY.iter().enumerate() {
            for cell in 0..8 {
                let mut generator = Stream { seed: 5, experiment: "units", cell, replicate: index as u64 }.generator();
                let model = Draw::new(family).model(&mut generator).expect("a model");
                let units = Units::random(&model, ChannelUnits::Each, 40, &mut generator);
                let moved = model.in_units(&units).expect("a model in other units");
                let exponents: Vec<i32> = (units.channels.iter().flatten())
                    .chain(&units.latents)
                    .chain(units.targets.iter().flatten())
                    .copied()
                    .collect();
                let expected = scaled(&model.joint_covariance(), &exponents, 1, &exponents, 1);
                assert_eq!(moved.joint_covariance(), expected, "{} {cell}", family.kind);
            }
        }
    }
}
