//! Statements that resemble `spiked-cca` and are false.

use super::ID;
use crate::theorem::random_matrix::AspectRatios;
use crate::theorem::spiked_cca::{Limits, SpikedCca};
use crate::theorem::variants::Variant;

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "spiked-cca/population-value",
        claim: "the sample value of ρ² converges to ρ²",
        examine: |case| {
            SpikedCca::examine_with(case, &Limits { correlation_squared: |_, square| square, ..Limits::STATED })
        },
    },
    Variant {
        of: ID,
        name: "spiked-cca/one-modality",
        claim: "the sample value of ρ² is inflated by half as much, as if one modality were known",
        examine: |case| {
            let limit = |ratios: AspectRatios, square: f64| (square * ratios.sample_correlation_squared(square)).sqrt();
            SpikedCca::examine_with(case, &Limits { correlation_squared: limit, ..Limits::STATED })
        },
    },
    Variant {
        of: ID,
        name: "spiked-cca/centre-of-the-bulk",
        claim: "the largest value of the bulk tends to (d_− + d_+)/2",
        examine: |case| {
            let edge = |ratios: AspectRatios| f64::midpoint(ratios.bulk()[0], ratios.bulk()[1]);
            SpikedCca::examine_with(case, &Limits { edge, ..Limits::STATED })
        },
    },
    Variant {
        of: ID,
        name: "spiked-cca/consistent-variates",
        claim: "sample variates converge to those of the population",
        examine: |case| SpikedCca::examine_with(case, &Limits { sine_squared: |_, _, _| 0.0, ..Limits::STATED }),
    },
];
