//! Rechecks in double-double precision whether a target is private to a modality.

use crate::model::LatentModel;
use crate::precise::Law;
use crate::theorem::{Among, Case, Clause};

/// Targets whose correlation with other modalities is at most this may be private to one, as the engine sees it.
pub(in crate::theorem) const PRIVATE: f64 = 1e-8;

/// Takes out the claims that need a target to be private to a modality where it is not, as far as the claim's error bound can tell: a
/// correlation with another modality above that bound may be the whole violation. `None` where there are none, or where the law is not known
/// to more than doubles.
pub(in crate::theorem) fn without_refuted_hypotheses(case: &Case, clauses: Vec<Clause>) -> Option<Vec<Clause>> {
    if !clauses.iter().any(|clause| clause.part.private.is_some()) {
        return None;
    }
    let model = case.subject.model;
    let modalities = model.modalities().len();
    let seen = |target| (0..modalities).map(|m| correlation(model, m, target)).collect();
    let sight = Sight {
        correlations: (0..model.targets().len()).map(seen).collect::<Option<_>>()?,
        pair: case.subject.modalities,
    };
    Some(clauses.into_iter().filter(|clause| sight.lets_stand(clause)).collect())
}

/// What modalities see of targets.
struct Sight {
    /// By target and modality: the largest correlation.
    correlations: Vec<Vec<f64>>,
    /// The two modalities of the pair.
    pair: [usize; 2],
}

impl Sight {
    /// Whether a claim is not refuted by what other modalities see of its targets.
    fn lets_stand(&self, Clause { part, error, .. }: &Clause) -> bool {
        let Some(among) = part.private else { return true };
        let seen = match &part.target {
            Some(target) => self.of_others(target.index, part.modality, among),
            // Targets that are seen plainly by two modalities are none of those that were taken for private.
            None => (0..self.correlations.len())
                .map(|target| self.of_others(target, part.modality, among))
                .filter(|seen| *seen <= PRIVATE)
                .fold(0.0, f64::max),
        };
        seen <= *error
    }

    /// The largest correlation of a target with modalities other than its own; where that is not given, than the one that
    /// leaves least.
    fn of_others(&self, target: usize, own: Option<usize>, among: Among) -> f64 {
        let all: Vec<usize> = (0..self.correlations[target].len()).collect();
        let concerned = match among {
            Among::Pair => &self.pair[..],
            Among::All => &all,
        };
        let without = |place: usize| {
            let others = concerned.iter().enumerate().filter(|(other, _)| *other != place);
            others.map(|(_, &m)| self.correlations[target][m]).fold(0.0_f64, f64::max)
        };
        match own {
            Some(place) => without(place),
            None => (0..concerned.len()).map(without).fold(f64::INFINITY, f64::min),
        }
    }
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
    use super::Sight;
    use crate::theorem::{Among, Clause, Part};

    fn stands(part: Part, sight: &Sight) -> bool {
        sight.lets_stand(&Clause::at_most(part, 1.1, 1.0, 1e-12))
    }

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
                let mut sight = Sight { correlations: vec![vec![0.9, 0.0]; 3], pair: [0, 1] };
                sight.correlations[of_concern][1] = 1e-9;
                for claim in
                    ["traces of z{m} and {target}", "z{m} about {target}", "share of {target} in variate {place}"]
                {
                    for (index, name) in names.into_iter().enumerate() {
                        for among in [Among::Pair, Among::All] {
                            let part = Part::new(claim).modality(0_usize).place(1).private((index, name), among);
                            assert_eq!(stands(part.clone(), &sight), index != of_concern, "{part} of {names:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn only_claims_about_private_targets_depend_on_what_others_see_of_them() {
        let sight =
            |correlations: [[f64; 2]; 2]| Sight { correlations: correlations.map(Vec::from).into(), pair: [0, 1] };
        let plainly = sight([[0.9, 0.9], [0.9, 1e-13]]);
        assert!(stands(Part::new("σ of all about {target}").about((0, "y")), &plainly));
        assert!(!stands(Part::new("traces of {target}").modality(0_usize).private((0, "y"), Among::Pair), &plainly));
        // All that may be private are.
        let together = || Part::new("private shares of variate {place}, added up").place(1).all_private(Among::All);
        assert!(stands(together(), &plainly));
        assert!(!stands(together(), &sight([[0.9, 0.9], [0.9, 1e-9]])));
    }

    #[test]
    fn a_pair_does_not_ask_what_a_third_modality_sees() {
        // The pair is modalities 2 and 0; modality 1 sees what is private to 2.
        let sight = Sight { correlations: vec![vec![0.0, 0.9, 0.9]], pair: [2, 0] };
        let of = |modality: usize, among| Part::new("z{m} about {target}").modality(modality).private((0, "y"), among);
        assert!(stands(of(0, Among::Pair), &sight), "x_1 of the pair is the one that sees it");
        assert!(!stands(of(1, Among::Pair), &sight), "it is not private to x_2 of the pair");
        for modality in 0..3 {
            assert!(!stands(of(modality, Among::All), &sight), "two modalities of three see it");
        }
    }
}
