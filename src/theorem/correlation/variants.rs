//! Statements that resemble `correlation` and are false.

use super::ID;
use crate::information::InformationError;
use crate::theorem::discrete::{Claim, CorrelationSides};
use crate::theorem::variants::{LawVariant, Variant, altered, claims, detectors, inapplicable};
use crate::theorem::{Case, Clause, Finding};

/// √R² of each encoder and scalar target against a bound from √R² of the other modality.
fn roots(case: &Case, bound: impl Fn(f64) -> f64) -> Result<Finding, InformationError> {
    let operator = case.alignment.error_operator;
    altered(ID, case, |clause| Some(Clause { rhs: bound(clause.rhs - operator), ..clause.clone() }))
}

/// Those of [`VARIANTS`] that are about discrete laws.
pub(super) static LAW_VARIANTS: &[LawVariant] = &[
    LawVariant {
        name: "correlation/any-readout",
        claim: Claim::Correlation,
        examine: |instance| {
            let Some(sides) = CorrelationSides::new(&instance.law, &instance.encoders)? else { return inapplicable() };
            claims(vec![sides.clause(sides.any, sides.other + sides.operator)])
        },
    },
    LawVariant {
        name: "correlation/half-in-any-law",
        claim: Claim::Correlation,
        examine: |instance| {
            let Some(sides) = CorrelationSides::new(&instance.law, &instance.encoders)? else { return inapplicable() };
            claims(vec![sides.clause(sides.linear, sides.other + 0.5 * sides.operator)])
        },
    },
];

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "correlation/half",
        claim: "√R²(z1;y) ≤ √R²(x2;y) + ½ ε_op",
        examine: |case| roots(case, |root| root + 0.5 * case.alignment.error_operator),
    },
    Variant {
        of: ID,
        name: "correlation/squared",
        claim: "√R²(z1;y) ≤ √R²(x2;y) + ε_op²",
        examine: |case| roots(case, |root| root + case.alignment.error_operator.powi(2)),
    },
    Variant {
        of: ID,
        name: "correlation/pythagoras",
        claim: "R²(z1;y) ≤ R²(x2;y) + ε_op²",
        examine: |case| roots(case, |root| root.hypot(case.alignment.error_operator)),
    },
    Variant {
        of: ID,
        name: "correlation/mean-error",
        claim: "√R²(z1;y) ≤ √R²(x2;y) + ε/√d",
        examine: |case| roots(case, |root| root + (case.alignment.error / case.dim() as f64).sqrt()),
    },
    Variant {
        of: ID,
        name: "correlation/any-readout",
        claim: "any law  ⟹  √R² of the best readout of z1 of any kind ≤ √R²(x2;y) + ε_op",
        examine: |_| inapplicable(),
    },
    Variant {
        of: ID,
        name: "correlation/half-in-any-law",
        claim: "any law  ⟹  √R²(z1;y) ≤ √R²(x2;y) + ½ ε_op",
        examine: |_| inapplicable(),
    },
    Variant {
        of: ID,
        name: "correlation/semidefinite-by-the-loudest-variance",
        claim: "eigenvalues above −1e-12 of the largest  ⟹  a covariance, whose correlations are at most 1",
        examine: detectors::semidefinite_by_the_loudest_variance,
    },
    Variant {
        of: ID,
        name: "correlation/symmetric-by-the-loudest-entry",
        claim: "mirrored entries within 1e-10 of the largest  ⟹  Cov(a,b) = Cov(b,a)",
        examine: detectors::symmetric_by_the_loudest_entry,
    },
    Variant {
        of: ID,
        name: "correlation/root-by-the-loudest-variance",
        claim: "a root without eigenvalues below 2e-16 of the largest has every variance",
        examine: detectors::root_by_the_loudest_variance,
    },
];
