//! Rechecks in double-double precision whether a target is private to a modality.

use crate::model::LatentModel;
use crate::precise::Law;
use crate::theorem::{Case, Clause};

/// Targets whose correlation with other modalities is at most this may be private to one, as the engine sees it.
pub(in crate::theorem) const PRIVATE: f64 = 1e-8;

/// Takes out the claims that need a target to be private to a modality where it is not, as far as the claim's error bound can tell: a
/// correlation with another modality above that bound may be the whole violation. `None` where the law is not known to more than doubles.
pub(in crate::theorem) fn without_refuted_hypotheses(case: &Case, clauses: Vec<Clause>) -> Option<Vec<Clause>> {
    let model = case.subject.model;
    let correlations: Vec<(&str, f64)> = model
        .targets()
        .iter()
        .enumerate()
        .map(|(t, target)| Some((target.name.as_str(), least_correlation(model, t)?)))
        .collect::<Option<_>>()?;
    // Targets that are seen plainly by two modalities are none of those that were taken for private.
    let faint = correlations.iter().map(|(_, correlation)| *correlation).filter(|correlation| *correlation <= PRIVATE);
    let largest = faint.fold(0.0_f64, f64::max);
    let about = |clause: &Clause| {
        let named = correlations.iter().find(|(name, _)| speaks_of(&clause.label, name));
        // Claims about all private targets together depend on each of them.
        named.map(|(_, correlation)| *correlation).or(clause.label.starts_with("private shares").then_some(largest))
    };
    let stands = |clause: &Clause| about(clause).is_none_or(|correlation| correlation <= clause.error);
    Some(clauses.into_iter().filter(stands).collect())
}

/// Whether a label ends with a target's name or is about its share.
fn speaks_of(label: &str, name: &str) -> bool {
    [" and ", " about "].iter().any(|word| label.ends_with(&format!("{word}{name}")))
        || label.starts_with(&format!("share of {name} in "))
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
    use super::speaks_of;

    #[test]
    fn a_label_names_its_target_in_full() {
        assert!(speaks_of("traces of z1 and a", "a") && !speaks_of("traces of z1 and ba", "a"));
        assert!(speaks_of("share of a in variate 1", "a") && speaks_of("z1 about a", "a"));
    }
}
