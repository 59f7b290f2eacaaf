//! The referee's self-test: all false statements that resemble the theorems are refuted, by cases on which the true
//! theorems hold.

use alignloss::information::Encoders;
use alignloss::theorem::discrete::Claim;
use alignloss::theorem::variants::{all, self_test, untested};
use alignloss::theorem::verify::Witness;
use alignloss::theorem::{self, Case, Finding, Status, Subject, Theorem, Verdict};
use alignloss::{objective, theorem::certainty};
use std::collections::BTreeSet;

#[test]
fn every_theorem_has_three_variants_outside_the_registry() {
    assert_eq!(untested(), Vec::<&str>::new());
    for id in theorem::ids() {
        let count = all().filter(|variant| variant.of == id).count();
        assert!(count >= 3, "{id} has {count} variants");
    }
    let names: BTreeSet<&str> = all().map(|variant| variant.name).collect();
    assert_eq!(names.len(), all().count(), "names are unique");
    for variant in all() {
        assert!(theorem::find(variant.name).is_err(), "{} is in the registry", variant.name);
        assert!(theorem::find(variant.of).is_ok(), "{} is of no theorem", variant.name);
        assert!(variant.name.starts_with(variant.of) && !variant.claim.is_empty());
    }
}

#[test]
fn every_false_statement_is_refuted_by_a_case_on_which_the_true_one_holds() {
    let refutations = self_test(0).expect("a run");
    let missed: Vec<&str> = refutations
        .iter()
        .filter(|refutation| refutation.counterexample.is_none())
        .map(|refutation| refutation.variant.name)
        .collect();
    assert_eq!(missed, Vec::<&str>::new());
    for refutation in &refutations {
        let case = refutation.counterexample.as_ref().expect("refuted");
        let truth = theorem::find(refutation.variant.of).expect("registered");
        let (model, encoders, minimiser) = match &case.witness {
            Witness::Gaussian { model, encoders, minimiser } => (model, encoders, minimiser),
            Witness::Discrete(instance) => {
                let finding = refutation.variant.examine_law(instance).expect("a finding").expect("about laws");
                assert_eq!(Verdict::of(refutation.variant.name, finding).status, Status::Violated);
                let claim = Claim::ALL.into_iter().find(|claim| claim.id() == truth.id()).expect("a discrete claim");
                let verdict = Verdict::of(truth.id(), instance.examine(claim).expect("a finding"));
                assert_ne!(verdict.status, Status::Violated, "{}: {verdict:?}", refutation.variant.name);
                continue;
            }
        };
        assert!(!refutation.variant.is_about_laws(), "{}", refutation.variant.name);
        let subject = Subject::new(model, [0, 1]).expect("a subject");
        let learner = subject.learner(0);
        let objective = minimiser
            .as_ref()
            .map(|(id, parameters, dim)| (objective::with_parameters(id, parameters).expect("an objective"), *dim));
        // Weights of `random` depend on a seed that the case does not keep; as given weights they are the same encoders.
        let replayed = match &objective {
            Some((objective, dim)) if objective.id() != "random" => {
                Case::minimise(&subject, &learner, objective.as_ref(), *dim).expect("a case")
            }
            _ => Case::of_weights(&subject, Encoders::clone(encoders)).expect("a case"),
        };
        let variant = Verdict::of(refutation.variant.name, refutation.variant.examine(&replayed).expect("a finding"));
        assert_eq!(variant.status, Status::Violated, "{}: {variant:?}", refutation.variant.name);
        let (finding, _) = certainty::settle(truth.id(), &replayed, truth.examine(&replayed).expect("a finding"));
        if let finding @ Finding::Checked(_) = finding {
            let verdict = Verdict::of(truth.id(), finding);
            assert_ne!(verdict.status, Status::Violated, "{}: {verdict:?}", refutation.variant.name);
        }
    }
}
