//! Principal angles, kept as cosines and sines.

/// Cosine above which the sine is the more accurate of the pair, and below which the cosine is.
const SINE_BELOW: f64 = 0.7;

/// Principal angles between two subspaces of a Gaussian Hilbert space; their cosines are the canonical correlations of
/// the two random vectors.
///
/// Both the cosines ρ_i and the sines √(1−ρ_i²) are stored, each computed directly, so no digits are lost at either
/// end: `1 − ρ²` is never formed.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalAngles {
    cosines: Vec<f64>,
    sines: Vec<f64>,
}

impl PrincipalAngles {
    /// From cosines (descending) and sines (ascending) of the same angles. Values are clamped to [0, 1]; sines at
    /// or below `zero` count as exactly 0, cosines at or below `zero` as exactly 0.
    ///
    /// # Panics
    /// If the two lists differ in length: a broken invariant of the caller.
    pub fn new(mut cosines: Vec<f64>, mut sines: Vec<f64>, zero: f64) -> Self {
        assert_eq!(cosines.len(), sines.len(), "as many cosines as sines");
        for (cosine, sine) in cosines.iter_mut().zip(&mut sines) {
            *cosine = cosine.clamp(0.0, 1.0);
            *sine = sine.clamp(0.0, 1.0);
            if *sine <= zero {
                (*cosine, *sine) = (1.0, 0.0);
            } else if *cosine <= zero {
                (*cosine, *sine) = (0.0, 1.0);
            } else if *cosine > SINE_BELOW {
                *cosine = ((1.0 - *sine) * (1.0 + *sine)).sqrt();
            } else {
                *sine = ((1.0 - *cosine) * (1.0 + *cosine)).sqrt();
            }
        }
        Self { cosines, sines }
    }

    /// ρ_i, descending.
    pub fn cosines(&self) -> &[f64] {
        &self.cosines
    }

    /// √(1−ρ_i²), ascending.
    pub fn sines(&self) -> &[f64] {
        &self.sines
    }

    /// The number of zero angles: directions that one vector determines exactly from the other.
    pub fn determined(&self) -> usize {
        self.sines.iter().filter(|&&sine| sine == 0.0).count()
    }

    /// I = −Σ log √(1−ρ_i²), in nats: +∞ if an angle is zero.
    pub fn mutual_information_nats(&self) -> f64 {
        if self.determined() > 0 { f64::INFINITY } else { self.finite_information_nats() }
    }

    /// The sum over the non-zero angles, in nats.
    pub fn finite_information_nats(&self) -> f64 {
        self.cosines
            .iter()
            .zip(&self.sines)
            .filter(|&(_, &sine)| sine > 0.0)
            .map(|(&cosine, &sine)| angle_information_nats(cosine, sine))
            .sum()
    }
}

/// −log sin θ = −½ log(1−ρ²) for one angle, from whichever number is accurate.
fn angle_information_nats(cosine: f64, sine: f64) -> f64 {
    if cosine > SINE_BELOW { -sine.ln() } else { -0.5 * (-cosine * cosine).ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn information_keeps_its_digits_at_both_ends() {
        let tiny = PrincipalAngles::new(vec![1e-9], vec![1.0], 0.0);
        assert!((tiny.mutual_information_nats() / 0.5e-18 - 1.0).abs() < 1e-14);
        let close = PrincipalAngles::new(vec![1.0], vec![1e-9], 0.0);
        assert!((close.mutual_information_nats() - 1e9_f64.ln()).abs() < 1e-13);
    }

    #[test]
    fn a_zero_angle_is_infinite_information() {
        let angles = PrincipalAngles::new(vec![1.0, 0.6], vec![1e-17, 0.8], 1e-14);
        assert_eq!(angles.determined(), 1);
        assert!(angles.mutual_information_nats().is_infinite());
        assert!((angles.finite_information_nats() + 0.5 * 0.64_f64.ln()).abs() < 1e-15);
    }
}
