//! Rechecks in double-double precision whether a target is private to a modality.

use crate::model::LatentModel;
use crate::precise::Law;
use crate::theorem::{Case, Clause};

/// Targets whose correlation with other modalities is at most this may be private to one, as the engine sees it.
pub(in crate::theorem) const PRIVATE: f64 = 1e-8;

/// Takes out the claims that need a target to be private to a modality where it is not, as far as the claim's error bound can tell: a
/// correlation with another modality above that bound may be the whole violation. `None` where there are none, or where the law is not known
/// to more than doubles.
pub(in crate::theorem) fn without_refuted_hypotheses(case: &Case, clauses: Vec<Clause>) -> Option<Vec<Clause>> {
    if !clauses.iter().any(|clause| clause.part.private) {
        return None;
    }
    let model = case.subject.model;
    let correlations: Vec<f64> =
        (0..model.targets().len()).map(|target| least_correlation(model, target)).collect::<Option<_>>()?;
    Some(clauses.into_iter().filter(|clause| stands(clause, &correlations)).collect())
}

/// Whether a claim is not refuted by what other modalities see of each target.
fn stands(Clause { part, error, .. }: &Clause, correlations: &[f64]) -> bool {
    // Targets that are seen plainly by two modalities are none of those that were taken for private.
    let largest = || correlations.iter().copied().filter(|seen| *seen <= PRIVATE).fold(0.0_f64, f64::max);
    let seen = part.target.as_ref().map_or_else(largest, |target| correlations[target.index]);
    !part.private || seen <= *error
}

/// The largest correlation of a target with modalities other than one, for the one that leaves least.
fn least_correlation(model: &LatentModel, target: usize) -> Option<f64> {
    let count = model.modalities().len();
    let with: Vec<f64> = (0..count).map(|m| correlation(model, m, target)).collect::<Option<_>>()?;
    let without = |m: usize| (0..count).filter(|&other| other != m).map(|other| with[other]).fold(0.0_f64, f64::max);
    Some((0..count).map(without).fold(f64::INFINITY, f64::min))
}

/// The largest correlation of a combination of a target with a modality.
fn correlation(model: &LatentModel, m: usize, target: usize) -> Option<f64> {
    let other = usize::from(m == 0);
    let law = Law::new(model, [m, other])?;
    let information = law.information(0, target).nats();
    // I = −½ Σ log(1 − ρ²) ≥ −½ log(1 − ρ_1²).
    information.error.is_finite().then(|| (-(-2.0 * information.value).exp_m1()).max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::stands;
    use crate::theorem::{Clause, Part};

    #[test]
    fn a_claim_is_about_its_target_whatever_other_targets_are_called() {
        // Of every three names two end or continue another one, or look like the words around them.
        for names in [
            ["a", "b", "a and b"],
            ["share of a in ", "a", "a in variate 1"],
            ["{target}", "{m} and {target}", "private shares of variate 1, added up"],
            ["y", "x about y", "z1 and y"],
        ] {
            for of_concern in 0..3 {
                let mut seen = [0.0; 3];
                seen[of_concern] = 1e-9;
                for claim in
                    ["traces of z{m} and {target}", "z{m} about {target}", "share of {target} in variate {place}"]
                {
                    for (index, name) in names.into_iter().enumerate() {
                        let part = Part::new(claim).modality(0_usize).place(1).private((index, name));
                        let clause = Clause::at_most(part, 1.1, 1.0, 1e-12);
                        assert_eq!(stands(&clause, &seen), index != of_concern, "{} of {names:?}", clause.part);
                    }
                }
            }
        }
    }

    #[test]
    fn only_claims_about_private_targets_depend_on_what_others_see_of_them() {
        let stands = |part: Part, seen: &[f64]| stands(&Clause::at_most(part, 1.1, 1.0, 1e-12), seen);
        let plainly = [0.9, 1e-13];
        assert!(stands(Part::new("σ of all about {target}").about((0, "y")), &plainly));
        assert!(!stands(Part::new("traces of {target}").private((0, "y")), &plainly));
        // All that may be private are.
        let together = || Part::new("private shares of variate {place}, added up").place(1).all_private();
        assert!(stands(together(), &plainly));
        assert!(!stands(together(), &[0.9, 1e-9]));
    }
}
