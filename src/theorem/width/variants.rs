//! Statements that resemble `width` and are false.

use super::{GAIN, GREATEST, ID};
use crate::information::InformationError;
use crate::linalg::{singular_values, svd};
use crate::objective::LinearContrastive;
use crate::theorem::variants::{Variant, altered, claims, detectors, inapplicable};
use crate::theorem::{Case, Clause, Finding, width};

fn thresholded(sigma: &[f64], threshold: f64) -> f64 {
    sigma.iter().map(|value| 0.5 * (value - threshold).max(0.0).powi(2)).sum()
}

/// The gain of weight decay η against another formula of the singular values of Σ12 and η; where η is not zero.
fn gain(case: &Case, claim: &str, formula: impl Fn(&[f64], f64) -> f64) -> Result<Finding, InformationError> {
    let sigma = singular_values(&case.subject.moments().cross)?;
    let largest = sigma.first().copied().unwrap_or(0.0);
    altered(ID, case, |clause| {
        let share = clause.part.value.filter(|share| clause.part.claim == claim && *share > 0.0)?;
        Some(Clause { rhs: formula(&sigma, share * largest), ..clause.clone() })
    })
}

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "width/twice-the-threshold",
        claim: "gain ≤ ½ Σ (σ_i − 2η)₊²",
        examine: |case| gain(case, GAIN, |sigma, decay| thresholded(sigma, 2.0 * decay)),
    },
    Variant {
        of: ID,
        name: "width/hard-threshold",
        claim: "the greatest gain is ½ Σ_{σ_i > η} σ_i²",
        examine: |case| {
            gain(case, GREATEST, |sigma, decay| {
                sigma.iter().filter(|value| **value > decay).map(|value| 0.5 * value * value).sum()
            })
        },
    },
    Variant {
        of: ID,
        name: "width/penalty-first",
        claim: "the greatest gain is ½ Σ (σ_i² − η²)₊",
        examine: |case| {
            gain(case, GREATEST, |sigma, decay| {
                sigma.iter().map(|value| 0.5 * (value * value - decay * decay).max(0.0)).sum()
            })
        },
    },
    Variant {
        of: ID,
        name: "width/one-direction",
        claim: "gain ≤ ½ (σ_1 − η)₊²",
        examine: |case| gain(case, GAIN, |sigma, decay| thresholded(&sigma[..1], decay)),
    },
    Variant {
        of: ID,
        name: "width/unshrunk",
        claim: "with weight decay W1ᵀW2 at the minimum keeps the σ_i above η as they are",
        examine: |case| {
            let minimises = case.objective.is_some_and(|objective| objective.id() == LinearContrastive::ENTRY.id);
            let Some(problem) = width::problem(case)?.filter(|problem| minimises && problem.is_small()) else {
                return inapplicable();
            };
            let decay = 0.2 * problem.largest();
            let kept = problem.sigma.iter().filter(|value| **value > decay).count();
            let unshrunk = svd(problem.cross)?.truncated(kept);
            claims(width::trained_clauses(&problem, decay, kept, &unshrunk, &"unshrunk, start {place}".into())?)
        },
    },
    Variant {
        of: ID,
        name: "width/uniform-shrinkage",
        claim: "with weight decay W1ᵀW2 at the minimum is (1 − η/σ_1)·Σ12",
        examine: |case| {
            let minimises = case.objective.is_some_and(|objective| objective.id() == LinearContrastive::ENTRY.id);
            let Some(problem) = width::problem(case)?.filter(|problem| minimises && problem.is_small()) else {
                return inapplicable();
            };
            let decay = 0.2 * problem.largest();
            let shrunk = problem.cross * 0.8;
            claims(width::trained_clauses(
                &problem,
                decay,
                problem.sigma.len(),
                &shrunk,
                &"shrunk, start {place}".into(),
            )?)
        },
    },
    Variant {
        of: ID,
        name: "width/resolved-beside-one",
        claim: "no gain of twice its bound holds with an error of 1.5 bounds, which is resolved where it is below 1e-3",
        examine: |case| detectors::twice_too_much_holds(case, ID, GAIN, |clause| 1.5 * clause.rhs),
    },
    Variant {
        of: ID,
        name: "width/flat-is-minimal",
        claim: "a step of 1e-6 that lowers the loss by less than 1e-4 of it  ⟹  the loss is at its minimum",
        examine: detectors::flat_is_minimal,
    },
];
