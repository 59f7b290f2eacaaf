//! Backscatter of a crop at C band: the water-cloud model over an empirical soil model.
//!
//! The water-cloud model (Attema, Ulaby 1978) is σ⁰ = A·V·cos θ·(1 − τ²) + τ²·σ⁰_soil with τ² = exp(−2·B·V/cos θ). V is the
//! NDVI, with A and B for VV and VH at C band as Baghdadi, El Hajj, Zribi, Bousbih (2017, Remote Sensing 9, 969) calibrated them.
//! *Those four numbers were taken from a transcription and could not be compared with the paper.* The NDVI used here is
//! that of the optical model at the reference leaf over dry soil, a function of leaf area index alone: no trace of a
//! leaf's chlorophyll or water reaches the radar.
//!
//! Bare soil follows the empirical model of Baghdadi, Choker, Zribi and others (2016, Remote Sensing 8, 920, eqs. 6 and
//! 7): σ⁰ = 10^δ·(cos θ)^β·10^(γ·cot θ·m_v)·(k·s)^(ξ·sin θ), with m_v the moisture in vol.%, s the root-mean-square
//! height and k the wave number; its coefficients agree between two public transcriptions except for the sign of the
//! cross-polarised β (±0.01: less than 0.03 dB).
//!
//! Not modelled: the row direction, the canopy's own water (radar vegetation descriptors other than NDVI), double bounce.

/// C band of Sentinel-1: 5.405 GHz, in radians per cm.
pub const WAVE_NUMBER_PER_CM: f64 = 1.132_8;

/// Transmitted and received polarisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarisation {
    /// Vertical transmitted and received.
    Vv,
    /// Vertical transmitted, horizontal received.
    Vh,
}

/// Parameters of one polarisation.
struct Parameters {
    /// A of the water-cloud model.
    scattering: f64,
    /// B of the water-cloud model.
    attenuation: f64,
    /// δ, β, γ, ξ of the soil model.
    soil: [f64; 4],
}

impl Polarisation {
    /// In the order of the channels.
    pub const ALL: [Self; 2] = [Self::Vv, Self::Vh];

    fn parameters(self) -> Parameters {
        match self {
            Self::Vv => Parameters { scattering: 0.0950, attenuation: 0.5513, soil: [-1.138, 1.528, 0.008, 0.71] },
            Self::Vh => Parameters { scattering: 0.0413, attenuation: 1.1662, soil: [-2.325, -0.01, 0.011, 0.44] },
        }
    }
}

/// σ⁰ of bare soil, a ratio of intensities. `moisture` in m³/m³, `roughness` in cm, the incidence angle in radians.
pub fn soil_backscatter(polarisation: Polarisation, incidence_rad: f64, moisture: f64, roughness_cm: f64) -> f64 {
    let [delta, beta, gamma, xi] = polarisation.parameters().soil;
    let (sine, cosine) = incidence_rad.sin_cos();
    let percent = 100.0 * moisture;
    10.0_f64.powf(delta + gamma * cosine / sine * percent)
        * cosine.powf(beta)
        * (WAVE_NUMBER_PER_CM * roughness_cm).powf(xi * sine)
}

/// σ⁰ of a crop of the given NDVI over soil, a ratio of intensities, before speckle.
pub fn backscatter(polarisation: Polarisation, incidence_rad: f64, ndvi: f64, moisture: f64, roughness_cm: f64) -> f64 {
    let Parameters { scattering, attenuation, .. } = polarisation.parameters();
    let cosine = incidence_rad.cos();
    let vegetation = ndvi.max(0.0);
    let transmitted = (-2.0 * attenuation * vegetation / cosine).exp();
    scattering * vegetation * cosine * (1.0 - transmitted)
        + transmitted * soil_backscatter(polarisation, incidence_rad, moisture, roughness_cm)
}

/// 10·log₁₀ of a ratio of intensities.
pub fn decibel(intensity: f64) -> f64 {
    10.0 * intensity.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_soil_agrees_with_values_computed_by_hand() {
        // 10^(−1.138 + 0.008·cot 40°·20)·cos(40°)^1.528·2^(0.71·sin 40°) with k·s = 2, in dB: numpy.
        let roughness = 2.0 / WAVE_NUMBER_PER_CM;
        let vv = decibel(soil_backscatter(Polarisation::Vv, 40_f64.to_radians(), 0.2, roughness));
        assert!((vv - VV_DECIBEL).abs() < 1e-9, "{vv}");
        let vh = decibel(soil_backscatter(Polarisation::Vh, 40_f64.to_radians(), 0.2, roughness));
        assert!((vh - VH_DECIBEL).abs() < 1e-9, "{vh}");
    }

    const VV_DECIBEL: f64 = -9.867_955_348_278_208;
    const VH_DECIBEL: f64 = -19.765_174_746_978_172;

    #[test]
    fn wet_and_rough_soil_is_brighter_and_a_dense_crop_hides_it() {
        let angle = 38_f64.to_radians();
        for polarisation in Polarisation::ALL {
            let soil = |moisture, roughness| decibel(soil_backscatter(polarisation, angle, moisture, roughness));
            assert!(soil(0.3, 1.0) - soil(0.1, 1.0) > 1.5);
            assert!(soil(0.2, 2.5) - soil(0.2, 0.6) > 1.0);
            let contrast = |ndvi| {
                decibel(backscatter(polarisation, angle, ndvi, 0.35, 1.0))
                    - decibel(backscatter(polarisation, angle, ndvi, 0.05, 1.0))
            };
            assert!(contrast(0.9) < 0.5 * contrast(0.1), "{} {}", contrast(0.9), contrast(0.1));
        }
        // Published C-band levels of crops: VV −15 … −5 dB, VH −23 … −12 dB.
        let typical = |polarisation| decibel(backscatter(polarisation, angle, 0.6, 0.2, 1.5));
        assert!((-15.0..-5.0).contains(&typical(Polarisation::Vv)), "{}", typical(Polarisation::Vv));
        assert!((-23.0..-12.0).contains(&typical(Polarisation::Vh)), "{}", typical(Polarisation::Vh));
    }
}
