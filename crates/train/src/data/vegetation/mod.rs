//! A crop observed by an optical sensor and a radar.
//!
//! Five latents, independent and uniform over their ranges: leaf area index (shared), leaf chlorophyll and leaf water
//! (private to the optical view, since the radar model ignores them), soil moisture and surface roughness (private to
//! the radar view, unless `soil_darkening` makes moisture visible in the optical one). The first view is Sentinel-2
//! ([`optical`]), the second Sentinel-1 ([`radar`]). A pixel is `[channels]`; a patch is `[channels, side, side]` with
//! latents that vary smoothly within it, and its factors are their means over the patch.
//!
//! Private means that the model gives the other view no direct trace of a latent. What each sensor actually says about
//! a factor is measured (`redundancy` in the evaluation): leaf area index saturates in both views, and moisture is
//! attenuated by vegetation.
//!
//! Views are standardised, channel by channel, using 4000 draws from a fixed stream.

mod field;
pub mod optical;
pub mod radar;

use super::scaling::Scaling;
use super::{DataError, Evaluation, Factor, Kind, Observations, Paired, Role, Sizes, Source, check_batch, held_out};
use alignloss::random::{Generator, Stream, fill_standard_normal};
use field::Field;
use optical::{Canopy, Leaf};
use rand_distr::{Distribution, Gamma};
use serde::{Deserialize, Serialize};

/// Number of draws that determine the scales of the channels.
const SCALE_DRAWS: usize = 4000;

/// Largest side of a patch.
const LARGEST_PATCH: usize = 64;

/// Latents in the order of [`Vegetation::ranges`].
const LATENTS: [(&str, Role); 5] = [
    ("leaf area index", Role::Shared),
    ("leaf chlorophyll", Role::PrivateFirst),
    ("leaf water", Role::PrivateFirst),
    ("soil moisture", Role::PrivateSecond),
    ("surface roughness", Role::PrivateSecond),
];

/// The sensor simulator: see [the module](self).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vegetation {
    /// Side of a patch in pixels; 1 for single pixels.
    pub patch: usize,
    /// Standard deviation of the Gaussian smoothing of latents within a patch, in pixels.
    pub correlation_length: f64,
    /// Fraction of a latent's variance (on its Gaussian scale) that lies within patches.
    pub within_patch: f64,
    /// Range of the leaf area index, m²/m².
    pub leaf_area_index: [f64; 2],
    /// Range of leaf chlorophyll, µg/cm².
    pub chlorophyll: [f64; 2],
    /// Range of leaf water, cm (g/cm²).
    pub water: [f64; 2],
    /// Range of volumetric soil moisture, m³/m³.
    pub moisture: [f64; 2],
    /// Range of the root-mean-square height of the soil's surface, cm.
    pub roughness: [f64; 2],
    /// Zenith angle of the sun, degrees.
    pub sun_zenith_deg: f64,
    /// Incidence angles of the radar passes, in degrees. Every pass gives VV and VH with independent speckle.
    pub incidence_deg: Vec<f64>,
    /// Number of looks of the radar: intensity is multiplied by a gamma variable of mean 1 and variance 1/looks.
    pub looks: f64,
    /// Relative standard deviation of the reflectance noise.
    pub reflectance_noise: f64,
    /// How much soil moisture darkens the soil in the optical view: 0 not at all (moisture is private to the radar), 1
    /// from the dry to the wet soil spectrum over the range of moisture.
    pub soil_darkening: f64,
    /// Held-out pairs.
    pub sizes: Sizes,
}

impl Default for Vegetation {
    fn default() -> Self {
        Self {
            patch: 1,
            correlation_length: 2.0,
            within_patch: 0.3,
            leaf_area_index: [0.3, 6.0],
            chlorophyll: [20.0, 80.0],
            water: [0.005, 0.03],
            moisture: [0.05, 0.4],
            roughness: [0.5, 3.0],
            sun_zenith_deg: 35.0,
            incidence_deg: vec![32.0, 43.0],
            looks: 32.0,
            reflectance_noise: 0.02,
            soil_darkening: 0.0,
            sizes: Sizes::default(),
        }
    }
}

/// A validated simulator, with the fixed properties of its sensors.
#[derive(Debug)]
pub(super) struct Simulator {
    spec: Vegetation,
    field: Field,
    leaf: Leaf,
    canopy: Canopy,
    speckle: Gamma<f64>,
    /// Scales of each view, once known.
    scaling: Option<[Scaling; 2]>,
}

impl Vegetation {
    fn ranges(&self) -> [[f64; 2]; 5] {
        [self.leaf_area_index, self.chlorophyll, self.water, self.moisture, self.roughness]
    }

    pub(super) fn open(&self) -> Result<Simulator, DataError> {
        let fail = |field: &str, problem: String| Err(DataError::setting(field, problem));
        if self.patch == 0 || self.patch > LARGEST_PATCH {
            return fail("patch", format!("{} is not between 1 and {LARGEST_PATCH}", self.patch));
        }
        let names = ["leaf_area_index", "chlorophyll", "water", "moisture", "roughness"];
        for (name, [low, high]) in names.into_iter().zip(self.ranges()) {
            // Outside these the reflectance and backscatter models are not defined.
            if !(low > 0.0 && low < high && high.is_finite()) {
                return fail(name, format!("[{low}, {high}] is not an increasing pair of positive numbers"));
            }
        }
        if self.incidence_deg.is_empty() {
            return fail("incidence_deg", "no passes, expected at least one".into());
        }
        if let Some(angle) = self.incidence_deg.iter().find(|angle| !(15.0..=60.0).contains(*angle)) {
            return fail("incidence_deg", format!("{angle} is not between 15 and 60, where the soil model was fitted"));
        }
        let bounded = [
            ("correlation_length", self.correlation_length, 0.0..=32.0),
            ("within_patch", self.within_patch, 0.0..=1.0),
            ("sun_zenith_deg", self.sun_zenith_deg, 0.0..=75.0),
            ("looks", self.looks, 1.0..=1e6),
            ("reflectance_noise", self.reflectance_noise, 0.0..=1.0),
            ("soil_darkening", self.soil_darkening, 0.0..=1.0),
        ];
        for (name, value, range) in bounded {
            if !range.contains(&value) {
                return fail(name, format!("{value} is not between {} and {}", range.start(), range.end()));
            }
        }
        self.sizes.check()?;
        let speckle = Gamma::new(self.looks, 1.0 / self.looks)
            .map_err(|error| DataError::setting("looks", format!("{}: {error}", self.looks)))?;
        let mut simulator = Simulator {
            field: Field::new(self.patch, self.correlation_length, self.within_patch),
            leaf: Leaf::new(),
            canopy: Canopy::new(self.sun_zenith_deg.to_radians().cos()),
            speckle,
            scaling: None,
            spec: self.clone(),
        };
        let stream = Stream { seed: 0, experiment: "vegetation scales", cell: 0, replicate: 0 };
        let draws = SCALE_DRAWS.div_ceil(self.patch * self.patch).max(200);
        let sample = simulator.draw(draws, &mut stream.generator())?;
        simulator.scaling = Some(sample.views.each_ref().map(Scaling::of));
        Ok(simulator)
    }
}

impl Simulator {
    /// Pairs, standardised once the scales are known.
    #[expect(clippy::cast_possible_truncation, reason = "encoders work in single precision")]
    fn draw(&self, size: usize, generator: &mut Generator) -> Result<Paired, DataError> {
        check_batch(size)?;
        let spec = &self.spec;
        let pixels = spec.patch * spec.patch;
        let shapes = self.shapes();
        let mut views = shapes.map(|shape| {
            let width: usize = shape.iter().product();
            Observations { shape, values: Vec::with_capacity(width * size) }
        });
        let mut means = LATENTS.map(|_| Vec::with_capacity(size));
        for _ in 0..size {
            let latents: [Vec<f64>; 5] = spec.ranges().map(|[low, high]| {
                self.field.draw(generator).into_iter().map(|share| low + (high - low) * share).collect()
            });
            for (mean, latent) in means.iter_mut().zip(&latents) {
                mean.push(latent.iter().sum::<f64>() / pixels as f64);
            }
            let [area, chlorophyll, water, moisture, roughness] = &latents;
            let mut optical = vec![[0.0; optical::BANDS.len()]; pixels];
            for (pixel, reflectance) in optical.iter_mut().enumerate() {
                let [low, high] = spec.moisture;
                let wetness = spec.soil_darkening * (moisture[pixel] - low) / (high - low);
                let leaf = self.leaf.optics(chlorophyll[pixel], water[pixel]);
                *reflectance = self.canopy.reflectance(&leaf, area[pixel], wetness);
                let mut noise = [0.0; optical::BANDS.len()];
                fill_standard_normal(generator, &mut noise);
                for (value, noise) in reflectance.iter_mut().zip(noise) {
                    *value *= 1.0 + spec.reflectance_noise * noise;
                }
            }
            for band in 0..optical::BANDS.len() {
                views[0].values.extend(optical.iter().map(|reflectance| reflectance[band] as f32));
            }
            let cover: Vec<f64> =
                area.iter().map(|&area| optical::ndvi(&self.canopy, self.leaf.reference(), area)).collect();
            for &angle in &spec.incidence_deg {
                for polarisation in radar::Polarisation::ALL {
                    views[1].values.extend((0..pixels).map(|pixel| {
                        let intensity = radar::backscatter(
                            polarisation,
                            angle.to_radians(),
                            cover[pixel],
                            moisture[pixel],
                            roughness[pixel],
                        );
                        radar::decibel(intensity * self.speckle.sample(generator)) as f32
                    }));
                }
            }
        }
        for (view, scaling) in views.iter_mut().zip(self.scaling.iter().flatten()) {
            scaling.apply(&mut view.values);
        }
        let factors = LATENTS.iter().zip(means).map(|(&(name, role), values)| Factor {
            name: name.to_owned(),
            role,
            kind: Kind::Regression,
            dims: 1,
            values,
        });
        Ok(Paired { views, factors: factors.collect() })
    }
}

impl Source for Simulator {
    fn shapes(&self) -> [Vec<usize>; 2] {
        let side = self.spec.patch;
        let channels = [optical::BANDS.len(), 2 * self.spec.incidence_deg.len()];
        channels.map(|channels| if side == 1 { vec![channels] } else { vec![channels, side, side] })
    }

    fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Paired, DataError> {
        self.draw(size, &mut Stream { seed, experiment: "vegetation batch", cell: step, replicate: 0 }.generator())
    }

    fn evaluation(&self, seed: u64) -> Result<Evaluation, DataError> {
        held_out(self.spec.sizes, |part, size| {
            self.draw(
                size,
                &mut Stream { seed, experiment: "vegetation evaluation", cell: part, replicate: 0 }.generator(),
            )
        })
    }
}
