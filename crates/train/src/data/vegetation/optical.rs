//! Reflectance of a canopy in the bands of Sentinel-2.
//!
//! **Leaf**: the plate model of PROSPECT (Jacquemoud, Baret 1990; refraction after Stern 1964 and Allen 1973, the pile of plates
//! after Stokes 1862) with the absorption spectra of PROSPECT-D (Féret, Gitelson, Noble, Jacquemoud 2017), structure N = 1.5,
//! dry matter 0.009 g/cm², carotenoids a quarter of chlorophyll, neither brown pigment nor anthocyanin.
//!
//! **Canopy**: two-stream equations under a direct beam (Dickinson 1983; Sellers 1985; Oleson et al. 2013, CLM 4.5, §3.1) with
//! spherical leaf angles, over a Lambertian soil; the albedo stands for the reflectance factor.
//!
//! Approximations and their size (`tests/fixtures/vegetation.py` has the numbers):
//! - absorption coefficients are averaged over each band *before* the leaf model instead of its reflectance after it. Bands are
//!   boxes of the published centre and width of Sentinel-2A. Against the full spectra, leaf reflectance and transmittance
//!   differ by up to 0.019 in B02, 0.011 in B05, less than 0.004 elsewhere (tested);
//! - a two-stream albedo has no view angle, no hot spot and no angular shape. Against 4SAIL (Verhoef et al. 2007) at nadir,
//!   it differs by up to 0.041, 0.016 on average (tested);
//! - no atmosphere, no clumping, no background but soil.

/// Bands, in the order of the channels.
pub const BANDS: [&str; 10] = ["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"];

/// Places of B04 and B08.
const RED: usize = 2;
const NEAR_INFRARED: usize = 6;

// Band averages of the published spectra, made by `tests/fixtures/vegetation.py`; a test compares them.

/// Refractive index of leaf material.
const REFRACTIVE_INDEX: [f64; 10] =
    [1.488_78, 1.470_24, 1.446_62, 1.443_96, 1.437_98, 1.434_08, 1.434_54, 1.434_54, 1.354_09, 1.293_45];

/// Specific absorption of chlorophyll, cm²/µg.
const CHLOROPHYLL: [f64; 10] =
    [0.024_702_6, 0.011_290_5, 0.056_315, 0.009_389_3, 0.000_587_556, 3.193_349e-6, 0.0, 0.0, 0.0, 0.0];

/// Specific absorption of carotenoids, cm²/µg.
const CAROTENOIDS: [f64; 10] = [0.106_433, 0.002_388_89, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

/// Specific absorption of water, 1/cm.
const WATER: [f64; 10] = [
    0.000_232_462,
    0.000_672_233,
    0.003_903_39,
    0.006_372_2,
    0.024_526_9,
    0.026_077_5,
    0.034_794_5,
    0.046_207_1,
    6.748_51,
    20.107_1,
];

/// Specific absorption of dry matter, cm²/g.
const DRY_MATTER: [f64; 10] = [2.785_89, 2.3, 2.3, 2.3, 2.3, 2.3, 2.3, 2.3, 5.399_69, 20.811_1];

/// Reflectance of a dry soil.
const SOIL_DRY: [f64; 10] =
    [0.232_074, 0.263_356, 0.317_703, 0.338_087, 0.358_625, 0.378_545, 0.400_059, 0.412_876, 0.509_1, 0.493_253];

/// Reflectance of the same soil, wet.
const SOIL_WET: [f64; 10] = [
    0.025_230_5,
    0.028_583_3,
    0.038_396_1,
    0.042_995_3,
    0.050_538_1,
    0.057_282,
    0.066_718_2,
    0.072_38,
    0.157_841,
    0.113_466,
];

/// N, the number of plates of a leaf.
const LAYERS: f64 = 1.5;

/// Dry matter of a leaf, g/cm².
const DRY_MATTER_CONTENT: f64 = 0.009;

/// Carotenoids over chlorophyll, by mass.
const CAROTENOID_SHARE: f64 = 0.25;

/// Chlorophyll (µg/cm²) and water (cm) of the reference leaf.
const REFERENCE: [f64; 2] = [45.0, 0.015];

/// Largest angle of incidence on a leaf's rough surface, degrees.
const SURFACE_ANGLE_DEG: f64 = 40.0;

/// |k² − h²| below which the beam's extinction counts as equal to the diffuse one, and is shifted by the square root of this.
const RESONANCE: f64 = 1e-8;

/// Reflectance and transmittance of a leaf in each band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeafOptics {
    /// Hemispherical reflectance.
    pub reflectance: [f64; BANDS.len()],
    /// Hemispherical transmittance.
    pub transmittance: [f64; BANDS.len()],
}

/// The leaf model, with the parts that do not depend on the leaf.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Transmissivity of the first surface for light within 40° of the normal, and of all others for diffuse light.
    surfaces: [[f64; 2]; BANDS.len()],
    reference: LeafOptics,
}

/// The canopy model for one position of the sun.
#[derive(Debug, Clone, Copy)]
pub struct Canopy {
    sun_cosine: f64,
}

impl Default for Leaf {
    fn default() -> Self {
        Self::new()
    }
}

impl Leaf {
    /// Prepares the surfaces.
    pub fn new() -> Self {
        let surfaces = REFRACTIVE_INDEX.map(|index| {
            [surface_transmissivity(SURFACE_ANGLE_DEG.to_radians().sin(), index), surface_transmissivity(1.0, index)]
        });
        let none = LeafOptics { reflectance: [0.0; BANDS.len()], transmittance: [0.0; BANDS.len()] };
        let mut leaf = Self { surfaces, reference: none };
        leaf.reference = leaf.optics(REFERENCE[0], REFERENCE[1]);
        leaf
    }

    /// The leaf of 45 µg/cm² chlorophyll and 0.015 cm water.
    pub fn reference(&self) -> &LeafOptics {
        &self.reference
    }

    /// A leaf with the given chlorophyll (µg/cm²) and water (cm).
    pub fn optics(&self, chlorophyll: f64, water: f64) -> LeafOptics {
        let mut optics = LeafOptics { reflectance: [0.0; BANDS.len()], transmittance: [0.0; BANDS.len()] };
        for band in 0..BANDS.len() {
            let absorption = (chlorophyll * (CHLOROPHYLL[band] + CAROTENOID_SHARE * CAROTENOIDS[band])
                + water * WATER[band]
                + DRY_MATTER_CONTENT * DRY_MATTER[band])
                / LAYERS;
            let [reflectance, transmittance] = pile(self.surfaces[band], REFRACTIVE_INDEX[band], absorption);
            optics.reflectance[band] = reflectance;
            optics.transmittance[band] = transmittance;
        }
        optics
    }
}

/// Transmissivity of a dielectric surface averaged over directions whose sine is at most `sine` (Stern 1964, Allen 1973).
fn surface_transmissivity(sine: f64, index: f64) -> f64 {
    // notation: q = n², the two polarisations' integrals between b (largest angle) and a (the normal)
    let q = index * index;
    let (plus, minus) = (q + 1.0, q - 1.0);
    let a = (index + 1.0).powi(2) / 2.0;
    let k = -minus * minus / 4.0;
    let centre = sine * sine - plus / 2.0;
    let b = (centre * centre + k).max(0.0).sqrt() - centre;
    let perpendicular = |x: f64| k * k / (6.0 * x.powi(3)) + k / x - x / 2.0;
    let ratio = 2.0 * plus / (minus * minus);
    let parallel = -2.0 * q * (b - a) / (plus * plus) - 2.0 * q * plus * (b / a).ln() / (minus * minus)
        + q * (1.0 / b - 1.0 / a) / 2.0
        + 16.0 * q * q * (q * q + 1.0) * ((ratio * b - 1.0) / (ratio * a - 1.0)).ln() / (plus.powi(3) * minus * minus)
        + 16.0 * q.powi(3) * (1.0 / (ratio * b - 1.0) - 1.0 / (ratio * a - 1.0)) / (plus.powi(3) * minus * minus);
    (perpendicular(b) - perpendicular(a) + parallel) / (2.0 * sine * sine)
}

/// Reflectance and transmittance of a pile of [`LAYERS`] plates.
fn pile([first, diffuse]: [f64; 2], index: f64, absorption: f64) -> [f64; 2] {
    // The transmission of an absorbing layer for diffuse light: (1 − k)·e^{−k} + k²·E₁(k).
    let inside = if absorption > 0.0 {
        (1.0 - absorption) * (-absorption).exp() + absorption * absorption * exponential_integral(absorption)
    } else {
        1.0
    };
    let out = diffuse / (index * index);
    let back = 1.0 - out;
    let multiple = 1.0 - (back * inside).powi(2);
    // The plate seen from above within 40°, and any plate in diffuse light.
    let top_transmittance = first * inside * out / multiple;
    let top_reflectance = 1.0 - first + back * inside * top_transmittance;
    let t = diffuse * inside * out / multiple;
    let r = 1.0 - diffuse + back * inside * t;
    let rest = LAYERS - 1.0;
    let [below_reflectance, below_transmittance] = if r + t >= 1.0 {
        let transmittance = t / (t + (1.0 - t) * rest);
        [1.0 - transmittance, transmittance]
    } else {
        let root = ((1.0 + r + t) * (1.0 + r - t) * (1.0 - r + t) * (1.0 - r - t)).sqrt();
        let a = (1.0 + r * r - t * t + root) / (2.0 * r);
        let b = ((1.0 - r * r + t * t + root) / (2.0 * t)).powf(rest);
        let denominator = a * a * b * b - 1.0;
        [a * (b * b - 1.0) / denominator, b * (a * a - 1.0) / denominator]
    };
    let multiple = 1.0 - below_reflectance * r;
    [
        top_reflectance + top_transmittance * below_reflectance * t / multiple,
        top_transmittance * below_transmittance / multiple,
    ]
}

/// E₁(x) = ∫_x^∞ e^{−t}/t dt for x > 0: a series up to 1 and a continued fraction beyond (Abramowitz, Stegun 5.1.11,
/// 5.1.22). statrs 0.19 provides it, but returns nothing for x between about 0.9 and 1, values that absorption by
/// chlorophyll does take.
fn exponential_integral(x: f64) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    const STEPS: u32 = 100;
    if x <= 1.0 {
        let (mut sum, mut term) = (-EULER - x.ln(), 1.0);
        for n in 1..=25 {
            let n = f64::from(n);
            term *= -x / n;
            sum -= term / n;
            if term.abs() < f64::EPSILON * f64::EPSILON {
                break;
            }
        }
        return sum;
    }
    // e^{−x}/(x + 1 − 1/(x + 3 − 4/(x + 5 − …))), from the innermost; n steps leave an error near e^{−4√(nx)}.
    let mut tail = 0.0;
    for n in (1..=STEPS).rev().skip_while(|&n| n > 5 && f64::from(n) * x > f64::from(STEPS)) {
        let n = f64::from(n);
        tail = n * n / (x + 1.0 + 2.0 * n - tail);
    }
    (-x).exp() / (x + 1.0 - tail)
}

impl Canopy {
    /// For a sun with the given cosine of the zenith angle, in (0, 1].
    pub fn new(sun_cosine: f64) -> Self {
        Self { sun_cosine }
    }

    /// Reflectance in each band, for a canopy with the given leaf area index (m²/m²) over a soil between dry (`wetness` 0) and wet (1).
    pub fn reflectance(&self, leaf: &LeafOptics, leaf_area_index: f64, wetness: f64) -> [f64; BANDS.len()] {
        std::array::from_fn(|band| {
            let soil = SOIL_DRY[band] + wetness * (SOIL_WET[band] - SOIL_DRY[band]);
            self.albedo(leaf.reflectance[band], leaf.transmittance[band], soil, leaf_area_index)
        })
    }

    /// The albedo for a direct beam of a canopy with spherical leaf angles over a soil of the given albedo: the exact
    /// solution of the two-stream equations.
    pub fn albedo(&self, reflectance: f64, transmittance: f64, soil: f64, leaf_area_index: f64) -> f64 {
        // notation: up' = a·up − b·down − c_up·e^{−kx}, down' = −a·down + b·up + c_down·e^{−kx} over cumulative leaf area x;
        // up(L) = soil·(down(L) + e^{−kL}), down(0) = 0; h the diffuse extinction, whose solutions are (1, g) and (g, 1)
        let mu = self.sun_cosine;
        let omega = reflectance + transmittance;
        // ωβ with the mean leaf inclination of the sphere, and ωβ₀ with its single-scattering albedo.
        let backward = 0.5 * (omega + 0.25 * (reflectance - transmittance));
        let single = 0.5 * omega * (1.0 - mu * ((mu + 1.0) / mu).ln());
        let (a, b) = (1.0 - omega + backward, backward);
        let h = ((a - b) * (a + b)).max(0.0).sqrt();
        let mut k = 0.5 / mu;
        if (k * k - h * h).abs() < RESONANCE {
            k += RESONANCE.sqrt();
        }
        let upward = (1.0 + k) * single;
        let downward = omega * k - upward;
        let determinant = k * k - h * h;
        let particular_up = (upward * (k - a) - b * downward) / determinant;
        let particular_down = -((a + k) * downward + b * upward) / determinant;
        let g = b / (a + h);
        let (diffuse, beam) = ((-h * leaf_area_index).exp(), (-k * leaf_area_index).exp());
        let right = beam * (soil * (particular_down + 1.0) - particular_up) + particular_down * diffuse * (g - soil);
        let growing = right / (1.0 - soil * g - g * diffuse * diffuse * (g - soil));
        let decaying = -particular_down - growing * g * diffuse;
        growing * diffuse + decaying * g + particular_up
    }
}

/// (B08 − B04)/(B08 + B04) of a canopy over dry soil.
pub fn ndvi(canopy: &Canopy, leaf: &LeafOptics, leaf_area_index: f64) -> f64 {
    let [red, infrared] = [RED, NEAR_INFRARED]
        .map(|band| canopy.albedo(leaf.reflectance[band], leaf.transmittance[band], SOIL_DRY[band], leaf_area_index));
    (infrared - red) / (infrared + red)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn fixture() -> Value {
        serde_json::from_str(include_str!("../../../tests/fixtures/vegetation.json")).unwrap()
    }

    fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    }

    #[test]
    fn coefficients_are_those_of_the_script() {
        let fixture = fixture();
        let ours = [
            ("refractive_index", REFRACTIVE_INDEX),
            ("chlorophyll", CHLOROPHYLL),
            ("carotenoids", CAROTENOIDS),
            ("water", WATER),
            ("dry_matter", DRY_MATTER),
            ("soil_dry", SOIL_DRY),
            ("soil_wet", SOIL_WET),
        ];
        for (name, ours) in ours {
            for (a, b) in ours.iter().zip(numbers(&fixture["coefficients"][name])) {
                assert!((a - b).abs() <= 1e-5 * b.abs() + 1e-12, "{name}: {a} {b}");
            }
        }
    }

    #[test]
    fn leaves_are_near_the_full_spectra() {
        let leaf = Leaf::new();
        let (mut worst, mut sum, mut count) = (0.0_f64, 0.0, 0.0);
        for expected in fixture()["leaves"].as_array().unwrap() {
            let optics = leaf.optics(expected["chlorophyll"].as_f64().unwrap(), expected["water"].as_f64().unwrap());
            for (ours, name) in [(optics.reflectance, "reflectance"), (optics.transmittance, "transmittance")] {
                for (a, b) in ours.iter().zip(numbers(&expected[name])) {
                    worst = worst.max((a - b).abs());
                    sum += (a - b).abs();
                    count += 1.0;
                }
            }
        }
        assert!(worst < 0.02 && sum / count < 0.003, "worst {worst}, mean {}", sum / count);
    }

    #[test]
    fn the_canopy_solves_its_equations() {
        for expected in fixture()["canopies"].as_array().unwrap() {
            let get = |name: &str| expected[name].as_f64().unwrap();
            let ours = Canopy::new(get("sun_cosine")).albedo(
                get("reflectance"),
                get("transmittance"),
                get("soil"),
                get("leaf_area_index"),
            );
            // The boundary value problem was integrated to 1e-9.
            assert!((ours - get("albedo")).abs() < 1e-7, "{ours} {}", get("albedo"));
        }
    }

    #[test]
    fn the_canopy_is_near_four_stream_sail() {
        let (leaf, canopy) = (Leaf::new(), Canopy::new(35_f64.to_radians().cos()));
        let mut worst = 0.0_f64;
        for expected in fixture()["sail"].as_array().unwrap() {
            let get = |name: &str| expected[name].as_f64().unwrap();
            let ours = canopy.reflectance(&leaf.optics(get("chlorophyll"), get("water")), get("leaf_area_index"), 0.0);
            for (a, b) in ours.iter().zip(numbers(&expected["reflectance"])) {
                worst = worst.max((a - b).abs());
            }
        }
        assert!(worst < 0.045, "{worst}");
    }

    #[test]
    fn each_latent_shows_where_it_should() {
        let (leaf, canopy) = (Leaf::new(), Canopy::new(35_f64.to_radians().cos()));
        let see = |area, chlorophyll, water| canopy.reflectance(&leaf.optics(chlorophyll, water), area, 0.0);
        let place = |name| BANDS.iter().position(|&band| band == name).unwrap();
        let (green, full) = (see(3.0, 25.0, 0.015), see(3.0, 70.0, 0.015));
        assert!(full[place("B04")] < green[place("B04")] && full[place("B05")] < 0.8 * green[place("B05")]);
        assert!((full[place("B11")] - green[place("B11")]).abs() < 1e-3, "chlorophyll is not seen at 1.6 µm");
        let (dry, wet) = (see(3.0, 45.0, 0.006), see(3.0, 45.0, 0.028));
        assert!(wet[place("B11")] < 0.75 * dry[place("B11")] && wet[place("B12")] < 0.6 * dry[place("B12")]);
        assert!((wet[place("B04")] - dry[place("B04")]).abs() < 1e-3, "water is not seen in the red");
        let ndvi = |area: f64| ndvi(&canopy, &leaf.optics(45.0, 0.015), area);
        let step = |low: f64, high: f64| ndvi(high) - ndvi(low);
        assert!(step(0.3, 1.3) > 5.0 * step(4.0, 5.0) && step(4.0, 5.0) > 0.0, "leaf area saturates");
        assert!((0.05..0.2).contains(&ndvi(1e-6)), "bare soil");
        assert!((0.8..0.97).contains(&ndvi(6.0)), "closed canopy");
    }

    #[test]
    fn the_exponential_integral_agrees_with_scipy() {
        let expected = [
            (1e-6, 13.238_295_893_062_49),
            (0.01, 4.037_929_576_538_113),
            (0.5, 0.559_773_594_776_160_8),
            (0.97, 0.230_759_890_036_891_8),
            (1.0, 0.219_383_934_395_520_5),
            (1.0001, 0.219_347_150_129_891_06),
            (1.5, 0.100_019_582_406_632_65),
            (3.0, 0.013_048_381_094_197_039),
            (10.0, 4.156_968_929_685_325e-06),
            (40.0, 1.036_773_261_451_657e-19),
        ];
        for (x, value) in expected {
            assert!((exponential_integral(x) / value - 1.0).abs() < 1e-13, "{x} {}", exponential_integral(x));
        }
    }

    #[test]
    fn every_leaf_is_a_leaf() {
        let leaf = Leaf::new();
        for step in 0..=600 {
            let share = f64::from(step) / 600.0;
            let optics = leaf.optics(20.0 + 60.0 * share, 0.005 + 0.025 * share);
            for (band, (r, t)) in BANDS.iter().zip(optics.reflectance.iter().zip(optics.transmittance)) {
                assert!(*r > 0.0 && t > 0.0 && r + t < 1.0, "{share} {band} {r} {t}");
            }
        }
    }

    #[test]
    fn energy_is_conserved() {
        for (r, t) in [(0.45, 0.5), (0.05, 0.05), (0.3, 0.6)] {
            for area in [0.0, 0.5, 3.0, 40.0] {
                let albedo = Canopy::new(0.8).albedo(r, t, 0.3, area);
                assert!((0.0..1.0).contains(&albedo), "{albedo}");
            }
            assert!((Canopy::new(0.8).albedo(r, t, 0.3, 0.0) - 0.3).abs() < 1e-12, "no leaves: the soil");
        }
        // Leaves and soil that absorb nothing return everything.
        assert!((Canopy::new(0.8).albedo(0.5, 0.5 - 1e-9, 1.0, 2.0) - 1.0).abs() < 1e-6);
    }
}
