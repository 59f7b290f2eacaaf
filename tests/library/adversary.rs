//! The adversary approaches bounds that can be attained, finds false statements, is reproducible, and its findings replay.

use alignloss::information::Encoders;
use alignloss::objective;
use alignloss::theorem::adversary::{Extreme, Search};
use alignloss::theorem::variants;
use alignloss::theorem::verify::Witness;
use alignloss::theorem::{self, Case, Status, Subject, Theorem, Verdict};

fn search(ids: &[&str], dims: Vec<usize>, budget: u64) -> Search<'static> {
    let theorems: Vec<&'static dyn Theorem> = ids.iter().map(|id| theorem::find(id).expect("registered")).collect();
    Search { theorems, ..Search::all(dims, budget, 1) }
}

#[test]
fn three_bounds_are_reached_to_one_part_in_a_thousand() {
    let found = search(&["capacity", "perfect-alignment", "correlation"], vec![1, 2], 4000).run(|| ());
    assert_eq!(found.len(), 12, "two dimensions of three theorems, each on Gaussian and on discrete laws");
    for Extreme { id, law, dim, tightness, status, .. } in &found {
        assert_eq!(*status, Status::Holds, "{id} {law} {dim}");
        assert!(*tightness <= 1.0 && *tightness >= 0.999, "{id} {law} d = {dim}: {tightness}");
    }
}

#[test]
fn no_theorem_is_violated_by_a_short_search() {
    for extreme in Search::all(vec![2], 500, 7).run(|| ()) {
        assert_eq!(extreme.status, Status::Holds, "{extreme:?}");
        assert!(extreme.tightness.is_nan() || extreme.tightness <= 1.0, "{extreme:?}");
        assert!(extreme.deviation.is_nan() || extreme.deviation <= 1.0, "{extreme:?}");
        assert!(!(extreme.tightness.is_nan() && extreme.deviation.is_nan()), "{extreme:?}");
        assert!(extreme.evaluations > 100 && extreme.failures == 0, "{extreme:?}");
    }
}

#[test]
fn the_search_does_not_depend_on_the_number_of_threads() {
    let search = search(&["capacity", "alignment-floor"], vec![2], 600);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| search.run(|| ()))
    };
    for (one, two) in with(1).iter().zip(&with(2)) {
        assert_eq!((one.id, one.law, one.evaluations), (two.id, two.law, two.evaluations));
        assert_eq!(one.tightness.to_bits(), two.tightness.to_bits(), "{}", one.id);
        assert_eq!(one.deviation.to_bits(), two.deviation.to_bits(), "{}", one.id);
    }
}

#[test]
fn a_false_statement_is_found_out_and_its_counterexample_replays() {
    let names = ["capacity/product", "alignment-floor/squares", "leakage/linearised"];
    for name in names {
        let variant = variants::all().find(|variant| variant.name == name).expect("a variant");
        let theorems: Vec<&'static dyn Theorem> = vec![variant];
        let found = Search { theorems, ..Search::all(vec![2], 2000, 3) }.run(|| ());
        let [extreme] = &found[..] else { panic!("one dimension of one statement") };
        assert_eq!(extreme.status, Status::Violated, "{name}: {extreme:?}");
        let case = extreme.witness.as_ref().expect("a counterexample");
        let Witness::Gaussian { model, encoders, minimiser } = &case.witness else { panic!("a Gaussian model") };
        let subject = Subject::new(model, [0, 1]).expect("a subject");
        let learner = subject.learner(0);
        let objective = minimiser
            .as_ref()
            .map(|(id, parameters, dim)| (objective::with_parameters(id, parameters).expect("an objective"), *dim));
        let replayed = match &objective {
            Some((objective, dim)) => Case::minimise(&subject, &learner, objective.as_ref(), *dim).expect("a case"),
            None => Case::of_weights(&subject, Encoders::clone(encoders)).expect("a case"),
        };
        let verdict = Verdict::of(name, variant.examine(&replayed).expect("a finding"));
        assert_eq!((verdict.status, verdict.lhs.to_bits()), (Status::Violated, case.verdict.lhs.to_bits()), "{name}");
    }
}
