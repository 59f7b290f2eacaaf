//! Statements that resemble `lipschitz` and are false.

use super::ID;
use crate::theorem::lipschitz::{Lipschitz, OwnDistance, own_distance};
use crate::theorem::variants::{Variant, claims};

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "lipschitz/no-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y), without L·ε",
        examine: |case| Lipschitz::examine_with(case, 0.0, |deviation, distance| deviation + distance),
    },
    Variant {
        of: ID,
        name: "lipschitz/half-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y) + ½ L·ε",
        examine: |case| {
            Lipschitz::examine_with(case, case.alignment.error.sqrt(), |deviation, distance| deviation + 0.5 * distance)
        },
    },
    Variant {
        of: ID,
        name: "lipschitz/pythagoras",
        claim: "σ(x2;y)² ≤ σ_L(z1;y)² + L²ε²",
        examine: |case| Lipschitz::examine_with(case, case.alignment.error.sqrt(), f64::hypot),
    },
    Variant {
        of: ID,
        name: "lipschitz/mean-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y) + L·ε/√d",
        examine: |case| {
            let epsilon = (case.alignment.error / case.dim() as f64).sqrt();
            Lipschitz::examine_with(case, epsilon, |deviation, distance| deviation + distance)
        },
    },
    Variant {
        of: ID,
        name: "lipschitz/squared-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y) + L·ε²",
        examine: |case| Lipschitz::examine_with(case, case.alignment.error, |deviation, distance| deviation + distance),
    },
    Variant {
        of: ID,
        name: "lipschitz/own-scale-no-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y), encoders in their own scale",
        examine: |case| claims(Lipschitz::in_own_scale(case, OwnDistance { epsilon: 0.0, ..own_distance(case) })?),
    },
    Variant {
        of: ID,
        name: "lipschitz/own-scale-whitened-distance",
        claim: "σ(x2;y) ≤ σ_L(z1;y) + L·ε, encoders in their own scale, ε of the whitened ones",
        examine: |case| {
            let distance = own_distance(case);
            let epsilon = case.alignment.error.sqrt() / distance.scale;
            claims(Lipschitz::in_own_scale(case, OwnDistance { epsilon, ..distance })?)
        },
    },
];
