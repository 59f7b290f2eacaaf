//! Dimensionless answers do not depend on units: every family of models, rescaled by powers of two in channels, latents and targets.

use alignloss::learner::Uniqueness;
use alignloss::model::family::{Draw, REGISTRY};
use alignloss::model::{ChannelUnits, LatentModel, Units};
use alignloss::objective::{self, Objective, Solution};
use alignloss::precise::{Estimate, Measures};
use alignloss::random::{Generator, Stream};
use alignloss::theorem::{Case, EvaluatedTarget, Subject, judge_all};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rand::RngExt;
use std::cell::RefCell;

/// Largest exponent of a change of units.
const REACH: i32 = 40;

/// Deviation that a change of units may make, relative to a measure or to 1. Powers of two scale without rounding, so that most bits
/// stay the same.
const SAME: f64 = 1e-9;

/// Which units an objective's minimiser is blind to (docs/theory, section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blind {
    /// To those of every channel, of latents and of targets.
    Channels,
    /// To those of every channel and of latents; its targets may share one.
    ChannelsNotTargets,
    /// To those of one modality's channels, and to one of the other as a whole.
    ChannelsOf(usize),
    /// To one of each modality as a whole.
    Modalities,
    /// To those of latents and targets alone.
    Latents,
}

fn blindness(objective: &dyn Objective, beyond_rank: bool) -> Blind {
    match objective.solution() {
        // Beyond the rank of Σ12 it takes the directions of largest explained variance, which has units.
        Solution::Canonical if beyond_rank => Blind::Modalities,
        Solution::Canonical => Blind::Channels,
        Solution::CrossCovariance { whiten_first, whiten_second } => match [whiten_first, whiten_second] {
            [true, true] => Blind::Channels,
            [true, false] => Blind::ChannelsOf(0),
            [false, true] => Blind::ChannelsOf(1),
            [false, false] => Blind::Modalities,
        },
        Solution::PartlyWhitened { .. } | Solution::PrincipalComponents | Solution::Decoupled { .. } => {
            Blind::Modalities
        }
        Solution::TargetRegression => Blind::ChannelsNotTargets,
        Solution::AlignmentFidelity(_) | Solution::Random => Blind::Latents,
    }
}

fn units(model: &LatentModel, blind: Blind, generator: &mut Generator) -> Units {
    let channels = if blind == Blind::Modalities { ChannelUnits::PerModality } else { ChannelUnits::Each };
    let mut units = Units::random(model, channels, REACH, generator);
    match blind {
        Blind::Channels | Blind::Modalities => {}
        Blind::ChannelsNotTargets => {
            let common = generator.random_range(-REACH..=REACH);
            units.targets.iter_mut().for_each(|rows| rows.fill(common));
        }
        Blind::ChannelsOf(m) => {
            let common = generator.random_range(-REACH..=REACH);
            units.channels[1 - m].fill(common);
        }
        Blind::Latents => units.channels.iter_mut().for_each(|channels| channels.fill(0)),
    }
    units
}

/// Every measure that has no unit, with its name and a bound on its error. Of encoders only where no other minimiser would do as well: which
/// of several is shown is a matter of rounding.
fn measures(case: &Case) -> Vec<(String, Estimate)> {
    let unique = case.uniqueness.as_ref().and_then(Uniqueness::is_unique) != Some(false);
    let all = Measures::of(case);
    let of_encoders = |name: &str| {
        let of_sensors = [".x1", ".x2", ".x12", "mi_x1_x2", "floor"].iter().any(|end| name.ends_with(end));
        !(of_sensors || name.starts_with("canonical_correlations") || name.contains(".pid."))
    };
    let has_unit = |name: &str| {
        let of_many_rows = |(t, target): (usize, &EvaluatedTarget)| {
            target.geometry.dimension() > 1 && name.starts_with(&format!("targets[{t}].r2."))
        };
        name.contains(".mmse.") || name.contains(".sigma.") || case.targets.iter().enumerate().any(of_many_rows)
    };
    let chosen = all.entries().into_iter().filter(|(name, _)| !has_unit(name) && (unique || !of_encoders(name)));
    chosen.map(|(name, measure)| (name, measure.estimate)).collect()
}

/// Those of `width` are left out where channels move by themselves: its two sides are values of `linear-contrastive`, which has units.
fn verdicts(case: &Case, blind: Blind) -> Vec<String> {
    let verdicts = judge_all(case).expect("decompositions");
    let has_units = |id: &str| id == "width" && !matches!(blind, Blind::Modalities | Blind::Latents);
    verdicts
        .iter()
        .filter(|verdict| !has_units(verdict.id))
        .map(|verdict| format!("{}: {} {}", verdict.id, verdict.applies, verdict.status.word()))
        .collect()
}

/// Whether two numbers are the same, as far as both are known.
fn same(a: Estimate, b: Estimate) -> bool {
    let known = a.error + b.error;
    a.value.total_cmp(&b.value).is_eq()
        || !known.is_finite()
        || (a.value - b.value).abs() <= SAME * a.value.abs().max(b.value.abs()).max(1.0) + known
}

/// What is known of a case: its measures and verdicts.
fn known(
    model: &LatentModel,
    blind: Blind,
    objective: &dyn Objective,
    dim: usize,
) -> (Vec<(String, Estimate)>, Vec<String>) {
    let subject = Subject::new(model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(3), objective, dim).expect("a minimiser");
    (measures(&case), verdicts(&case, blind))
}

/// How many measures were compared, and how many of them were too uncertain to differ.
#[derive(Debug, Default)]
struct Tally {
    compared: usize,
    uncertain: usize,
}

/// Compares a model with itself in other units: every objective, at a random number of outputs.
///
/// # Errors
/// The first difference.
fn compare(seed: u64, family: usize, tally: &mut Tally) -> Result<(), String> {
    let mut generator = Stream { seed, experiment: "units", cell: 0, replicate: family as u64 }.generator();
    let model = Draw::new(&REGISTRY[family]).model(&mut generator).expect("a model");
    let channels = model.channels();
    let rank = Subject::new(&model, [0, 1]).expect("a subject").pair.rank();
    let dim = generator.random_range(1..=channels[0].min(channels[1]).min(4));
    for entry in objective::REGISTRY {
        let objective = entry.default();
        let blind = blindness(objective.as_ref(), dim > rank);
        let units = units(&model, blind, &mut generator);
        let moved = model.in_units(&units).expect("the model in other units");
        let [before, after] = [&model, &moved].map(|model| known(model, blind, objective.as_ref(), dim));
        let place = format!("seed {seed}, family {family}, {} with d = {dim}", entry.id);
        if before.0.len() != after.0.len() {
            return Err(format!("{place}: {} measures became {}", before.0.len(), after.0.len()));
        }
        for ((name, a), (_, b)) in before.0.iter().zip(&after.0) {
            if !same(*a, *b) {
                return Err(format!("{place}: {name}: {a:?} became {b:?}"));
            }
            tally.compared += 1;
            tally.uncertain += usize::from((a.error + b.error) > SAME * a.value.abs().max(1.0));
        }
        if let Some((a, b)) = before.1.iter().zip(&after.1).find(|(a, b)| a != b) {
            return Err(format!("{place}: {a} became {b}"));
        }
    }
    Ok(())
}

#[test]
fn measures_and_verdicts_do_not_depend_on_units() {
    // Encoders of noiseless sensors share a direction up to the rounding of their weights, from which nothing may be concluded.
    compare(11_721_457_289_851_219_458, 2, &mut Tally::default()).expect("no difference");
    let tally = RefCell::new(Tally::default());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() });
    let cases = (any::<u64>(), 0..REGISTRY.len());
    let compared = runner
        .run(&cases, |(seed, family)| compare(seed, family, &mut tally.borrow_mut()).map_err(TestCaseError::fail));
    compared.unwrap_or_else(|error| panic!("{error}"));
    let tally = tally.into_inner();
    assert!(tally.compared > 10_000 && tally.uncertain * 20 < tally.compared, "{tally:?}");
}
