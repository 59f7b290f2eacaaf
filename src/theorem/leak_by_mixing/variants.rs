//! Statements that resemble `leak-by-mixing` and are false.

use super::ID;
use crate::information::InformationError;
use crate::linalg::{largest_singular_value, product_tn, svd};
use crate::theorem::variants::{Variant, claims, detectors, inapplicable};
use crate::theorem::{Case, Clause, Finding, find};

/// R² of both encoders on their own private factors is zero.
fn nothing_private(case: &Case, applies: bool) -> Result<Finding, InformationError> {
    if !applies {
        return inapplicable();
    }
    let clauses = case.capacities.iter().map(|entry| {
        let share = case.targets[entry.target].source(entry.encoder.encoded()).r2;
        Clause::equal("R² on private", share, 0.0, case.subject.error(1.0))
    });
    claims(clauses.collect())
}

fn noiseless(case: &Case) -> bool {
    (0..2).all(|m| case.subject.pair.factor(m).own.amax() == 0.0)
}

fn few_outputs(case: &Case) -> bool {
    case.dim() <= case.subject.model.shared()
}

/// ‖A_mᵀB_m‖ ≤ share·‖A_m‖·‖UᵀB_m‖ of the private loadings, U the d leading singular vectors of Σ12 on the side of modality m: what leaks tells
/// whether the loadings are orthogonal. True with share 1 at d = k, where U spans the columns of A_m.
fn leak_tells(case: &Case, share: f64, applies: impl Fn(usize, usize) -> bool) -> Result<Finding, InformationError> {
    let (subject, model) = (case.subject, case.subject.model);
    let linear = case.whitening_of_solution() == Some([false, false]);
    if !linear || !applies(case.dim(), model.shared()) {
        return inapplicable();
    }
    let theorem = find(ID).expect("registered");
    if !matches!(theorem.examine(case)?, Finding::Checked(_)) {
        return inapplicable();
    }
    let cross = svd(&subject.moments().cross)?;
    let mut clauses = Vec::new();
    for (m, vectors) in [(0, &cross.left), (1, &cross.right)] {
        let modality = &model.modalities()[subject.modalities[m]];
        let (shared, private) = (&modality.shared_loading, &modality.private_loading);
        let leaked = product_tn(&vectors.columns(0, case.dim()).into_owned(), private).norm();
        let size = largest_singular_value(shared)?;
        // Wide of the rounding of singular vectors that are told apart by a thousandth of σ_1.
        let error = 1e3 * subject.error_in(size * private.norm(), 0.0);
        clauses.push(Clause::at_most("AᵀB", product_tn(shared, private).norm(), share * size * leaked, error));
    }
    claims(clauses)
}

/// Statements that resemble the theorem and are false.
pub(super) static VARIANTS: &[Variant] = &[
    Variant {
        of: ID,
        name: "leak-by-mixing/unwhitened",
        claim: "no noise, d ≤ k  ⟹  linear-contrastive: R² = 0 on private factors",
        examine: |case| {
            let linear = case.whitening_of_solution() == Some([false, false]);
            nothing_private(case, linear && noiseless(case) && few_outputs(case))
        },
    },
    Variant {
        of: ID,
        name: "leak-by-mixing/half-whitened",
        claim: "no noise, d ≤ k  ⟹  prediction: R² = 0 on private factors, from either encoder",
        examine: |case| {
            let half = case.whitening_of_solution() == Some([true, false]);
            nothing_private(case, half && noiseless(case) && few_outputs(case))
        },
    },
    Variant {
        of: ID,
        name: "leak-by-mixing/with-noise",
        claim: "d ≤ k  ⟹  canonical encoders: R² = 0 on private factors, noise or not",
        examine: |case| nothing_private(case, case.is_canonical() && few_outputs(case)),
    },
    Variant {
        of: ID,
        name: "leak-by-mixing/any-dimension",
        claim: "no noise  ⟹  canonical encoders: R² = 0 on private factors, for any d",
        examine: |case| nothing_private(case, case.is_canonical() && noiseless(case)),
    },
    Variant {
        of: ID,
        name: "leak-by-mixing/one-dimension-tells",
        claim: "no noise  ⟹  linear-contrastive: at any d < k, what leaks tells whether A ⟂ B",
        examine: |case| leak_tells(case, 1.0, |dim, shared| dim < shared),
    },
    Variant {
        of: ID,
        name: "leak-by-mixing/half-the-leak-tells",
        claim: "no noise, d = k  ⟹  ‖AᵀB‖ ≤ ½ ‖A‖·‖UᵀB‖",
        examine: |case| leak_tells(case, 0.5, |dim, shared| dim == shared),
    },
    Variant {
        of: ID,
        name: "leak-by-mixing/full-rank-by-the-loudest-loading",
        claim: "[A B] of full column rank  ⟹  its least singular value is above 1e-6 of the largest, in any units",
        examine: detectors::full_rank_by_the_loudest_loading,
    },
];
