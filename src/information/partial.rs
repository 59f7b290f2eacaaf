//! The MMI partial information decomposition of a scalar Gaussian target (Barrett 2015).

/// Redundant, unique and synergistic information of two modalities about a scalar target, in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartialInformation {
    /// Red = min_m I(x_m; y).
    pub redundancy: f64,
    /// Unq_1 = I(x_1; y) − Red.
    pub unique_first: f64,
    /// Unq_2 = I(x_2; y) − Red.
    pub unique_second: f64,
    /// Syn = I(x_1,x_2; y) − max_m I(x_m; y).
    pub synergy: f64,
}

impl PartialInformation {
    /// From the three mutual informations. A difference of infinities (both sides determine the target) counts as 0,
    /// the limit of vanishing target noise.
    pub fn new(first: f64, second: f64, both: f64) -> Self {
        let redundancy = first.min(second);
        Self {
            redundancy,
            unique_first: difference(first, redundancy),
            unique_second: difference(second, redundancy),
            synergy: difference(both, first.max(second)),
        }
    }
}

fn difference(larger: f64, smaller: f64) -> f64 {
    if smaller.is_infinite() { 0.0 } else { larger - smaller }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up_to_the_whole() {
        let parts = PartialInformation::new(0.3, 0.5, 1.1);
        assert!((parts.redundancy + parts.unique_first + parts.unique_second + parts.synergy - 1.1).abs() < 1e-15);
        assert!(parts.unique_first.abs() < f64::EPSILON);
    }

    #[test]
    fn infinite_information_has_finite_or_infinite_parts_but_no_nan() {
        let inf = f64::INFINITY;
        assert_eq!(
            PartialInformation::new(inf, inf, inf),
            PartialInformation { redundancy: inf, unique_first: 0.0, unique_second: 0.0, synergy: 0.0 }
        );
        assert_eq!(
            PartialInformation::new(inf, 0.5, inf),
            PartialInformation { redundancy: 0.5, unique_first: inf, unique_second: 0.0, synergy: 0.0 }
        );
        assert!(PartialInformation::new(0.4, 0.5, inf).synergy.is_infinite());
    }
}
