//! Dimensionless answers do not depend on units: every family of models, rescaled by powers of two in channels, latents and targets.

use alignloss::information::Source;
use alignloss::learner::Uniqueness;
use alignloss::model::family::{Draw, REGISTRY};
use alignloss::model::{ChannelUnits, LatentModel, Units};
use alignloss::objective::{self, Objective, Solution};
use alignloss::random::{Generator, Stream};
use alignloss::theorem::{Case, Subject, judge_all};
use proptest::prelude::*;
use rand::RngExt;

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

/// Every measure that has no unit, with its name. Of encoders only where no other minimiser would do as well: which of several is shown
/// is a matter of rounding.
fn measures(case: &Case) -> Vec<(String, f64)> {
    let unique = case.uniqueness.as_ref().and_then(Uniqueness::is_unique) != Some(false);
    let pair = &case.subject.pair;
    let mut all: Vec<(String, f64)> = Vec::new();
    let mut add = |name: String, value: f64| all.push((name, value));
    for (i, correlation) in pair.canonical_correlations().into_iter().enumerate() {
        add(format!("canonical correlation {i}"), correlation);
    }
    add("I(x1;x2)".into(), pair.mutual_information_nats());
    add("alignment floor".into(), case.alignment.floor);
    if unique {
        add("I(z1;z2)".into(), case.alignment.angles.mutual_information_nats());
        add("alignment error".into(), case.alignment.error);
        add("operator alignment error".into(), case.alignment.error_operator);
    }
    for target in &case.targets {
        for source in &Source::ALL[..if unique { 6 } else { 3 }] {
            let said = target.source(*source);
            add(format!("I({};{})", source.key(), target.name), said.mutual_information_nats());
            if target.geometry.dimension() == 1 {
                add(format!("R²({};{})", source.key(), target.name), said.r2);
            }
        }
        for (observed, encoded) in [
            (Source::First, Source::EncodedFirst),
            (Source::Second, Source::EncodedSecond),
            (Source::Both, Source::EncodedBoth),
        ] {
            let name = format!("loss of {} about {}", encoded.key(), target.name);
            if unique {
                add(name, target.information_loss_nats(observed, encoded));
            }
        }
    }
    for entry in case.capacities.iter().filter(|_| unique) {
        let name = format!("{} and target {}", entry.encoder, entry.target);
        add(format!("tr K of {name}"), entry.capacity.aligned);
        add(format!("tr P of {name}"), entry.capacity.private);
        add(format!("largest eigenvalue of {name}"), entry.capacity.largest_eigenvalue);
    }
    all
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

fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq() || (a - b).abs() <= SAME * a.abs().max(b.abs()).max(1.0)
}

/// The first difference between a model and the same model in other units, for one objective and d.
fn difference(
    model: &LatentModel,
    moved: &LatentModel,
    blind: Blind,
    objective: &dyn Objective,
    dim: usize,
) -> Option<String> {
    let of = |model: &LatentModel| {
        let subject = Subject::new(model, [0, 1]).expect("a subject");
        let case = Case::minimise(&subject, &subject.learner(3), objective, dim).expect("a minimiser");
        (measures(&case), verdicts(&case, blind))
    };
    let (before, after) = (of(model), of(moved));
    if before.0.len() != after.0.len() {
        return Some(format!("{} measures became {}", before.0.len(), after.0.len()));
    }
    let changed = before.0.iter().zip(&after.0).find(|((_, a), (_, b))| !same(*a, *b));
    if let Some(((name, a), (_, b))) = changed {
        return Some(format!("{name}: {a:e} became {b:e}"));
    }
    let turned = before.1.iter().zip(&after.1).find(|(a, b)| a != b);
    turned.map(|(a, b)| format!("{a} became {b}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn measures_and_verdicts_do_not_depend_on_units(seed in any::<u64>(), family in 0..REGISTRY.len()) {
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
            let found = difference(&model, &moved, blind, objective.as_ref(), dim);
            prop_assert!(found.is_none(), "{} with d = {dim}: {}", entry.id, found.unwrap_or_default());
        }
    }
}
