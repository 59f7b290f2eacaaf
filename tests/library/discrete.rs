//! Discrete laws: tables solved by hand, a second implementation written from the definitions alone, and what happens
//! if a hypothesis is dropped.

use alignloss::linalg::Matrix;
use alignloss::theorem::discrete::{
    Claim, DiscreteError, Instance, Law, Shape, TableEncoder, capacity, correlation, lipschitz, perfect_alignment,
};
use alignloss::theorem::verify::Plan;
use alignloss::theorem::{Clause, Finding, Status};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use std::collections::BTreeMap;

/// Sums over a few dozen probabilities.
const BY_HAND: f64 = 1e-14;
/// Two summation orders over tables, and whitenings with condition numbers up to 1e5.
const TWO_ROUTES: f64 = 1e-9;

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= BY_HAND * (1.0 + expected.abs()), "{found} is not {expected}");
}

#[track_caller]
fn clauses(finding: Finding) -> Vec<Clause> {
    match finding {
        Finding::Checked(clauses) => clauses,
        Finding::Inapplicable(reason) => panic!("does not apply: {reason}"),
    }
}

fn encoder(dim: usize, outputs: &[f64]) -> TableEncoder {
    TableEncoder { outputs: Matrix::from_row_slice(outputs.len() / dim, dim, outputs) }
}

/// Independent fair bits b and c; x_1 = 2b + c, x_2 = b, and y = ±1 by a function of (b, c).
fn bits(target: impl Fn(usize, usize) -> usize) -> Law {
    let mut probabilities = vec![0.0; 4 * 2 * 2];
    for b in 0..2 {
        for c in 0..2 {
            probabilities[((2 * b + c) * 2 + b) * 2 + target(b, c)] = 0.25;
        }
    }
    Law::new([4, 2, 2], probabilities, vec![-1.0, 1.0]).expect("a law")
}

// ---------------------------------------------------------------------------------------------------------------------
// By hand
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn measures_of_two_bits() {
    let law = bits(|b, c| b ^ c);
    let [x1, x2] = [0, 1].map(|m| law.observed(m));
    // The exclusive or is known from both bits and from neither alone.
    close(law.information_nats(&x1), 2.0_f64.ln());
    close(law.information_nats(&x2), 0.0);
    close(law.sigma(&x1), 0.0);
    close(law.sigma(&x2), 1.0);
    close(law.dependence(1), 0.0);
    close(law.dependence(0), 0.125);
}

#[test]
fn a_noisy_bit_has_the_information_of_a_binary_channel() {
    // y = ±1 fair, x_1 = y but for a flip with probability 0.1: I = log 2 − H(0.1), σ² = 1 − 0.8².
    let law = Law::new([2, 1, 2], vec![0.45, 0.05, 0.05, 0.45], vec![-1.0, 1.0]).expect("a law");
    let entropy = -0.1 * 0.1_f64.ln() - 0.9 * 0.9_f64.ln();
    close(law.information_nats(&law.observed(0)), 2.0_f64.ln() - entropy);
    close(law.sigma(&law.observed(0)), 0.6);
}

#[test]
fn perfect_alignment_on_the_common_bit() {
    // z = b on both sides. y = b: all of it is redundant; y = c: nothing.
    let encoders = [encoder(1, &[0.0, 0.0, 1.0, 1.0]), encoder(1, &[0.0, 1.0])];
    let common = clauses(perfect_alignment(&bits(|b, _| b), &encoders));
    close(common[0].lhs, 2.0_f64.ln());
    close(common[0].rhs, 2.0_f64.ln());
    let private = clauses(perfect_alignment(&bits(|_, c| c), &encoders));
    close(private[0].lhs, 0.0);
    // x_2 knows nothing of c, though x_1 knows it whole: the least of the two is the bound.
    close(private[0].rhs, 0.0);
    // σ about c: max(0, 1) ≤ σ(z) = 1.
    close(private[1].lhs, 1.0);
    close(private[1].rhs, 1.0);
    assert!(common.iter().chain(&private).all(|clause| clause.status() == Status::Holds));
}

#[test]
fn perfect_alignment_needs_agreement_wherever_the_law_has_mass() {
    let law = bits(|_, c| c);
    let disagree = [encoder(1, &[0.0, 1.0, 0.0, 1.0]), encoder(1, &[0.0, 1.0])];
    assert!(matches!(perfect_alignment(&law, &disagree), Finding::Inapplicable(_)));
    // Without it the claim is false: z_1 = c knows all of y, x_2 nothing.
    assert!(law.information_nats(&law.encoded(0, &disagree[0])) > 0.69);
    // A symbol that never occurs with another may disagree with it: x_1 = 0, 1 never come with x_2 = 1.
    assert!(matches!(
        perfect_alignment(&law, &[encoder(1, &[0.0, 0.0, 1.0, 1.0]), encoder(1, &[0.0, 1.0])]),
        Finding::Checked(_)
    ));
}

#[test]
fn lipschitz_on_bits() {
    // y = c in ±1, z_1 = c in 0/1, z_2 = b in 0/1: ε² = P(b ≠ c) = ½. g = 2z − 1 has L = 2: σ(x_2) = 1 ≤ 0 + 2/√2.
    let law = bits(|_, c| c);
    let encoders = [encoder(1, &[0.0, 1.0, 0.0, 1.0]), encoder(1, &[0.0, 1.0])];
    let exact = clauses(lipschitz(&law, &encoders, Some(&[-1.0, 1.0, -1.0, 1.0])));
    close(exact[0].lhs, 1.0);
    close(exact[0].rhs, 2.0_f64.sqrt());
    // Over shrunken means t(2z − 1): √(1 + …) = (1 − t) + 2t/√2, least at t = 0, where it is 1.
    let best = clauses(lipschitz(&law, &encoders, None));
    close(best[0].rhs, 1.0);
    assert_eq!(best[0].status(), Status::Holds);
}

/// x_1 = y a fair bit, x_2 the same bit, flipped with probability p.
fn flipped(p: f64) -> Law {
    let probability = |cell: usize| match (cell / 4, cell / 2 % 2, cell % 2) {
        (bit, other, value) if bit == value => 0.5 * if other == bit { 1.0 - p } else { p },
        _ => 0.0,
    };
    Law::new([2, 2, 2], (0..8).map(probability).collect(), vec![-1.0, 1.0]).expect("a law")
}

#[test]
fn correlation_of_a_flipped_bit() {
    // Whitened bits in ±1 with correlation ρ = 1 − 2p: R²(z_1; y) = 1, R²(x_2; y) = ρ², ε² = 2(1 − ρ), whatever the tables' scale.
    let encoders = [encoder(1, &[0.0, 7.0]), encoder(1, &[-3.0, 1.0])];
    for p in [0.0, 0.1, 0.4] {
        let rho: f64 = 1.0 - 2.0 * p;
        let sides = clauses(correlation(&flipped(p), &encoders).expect("a finding"));
        close(sides[0].lhs, 1.0);
        assert!((sides[0].rhs - rho - (2.0 * (1.0 - rho)).sqrt()).abs() < 1e-7, "{sides:?}");
        assert_eq!(sides[0].status(), Status::Holds);
    }
    let constant = [encoder(1, &[1.0, 1.0]), encoder(1, &[-3.0, 1.0])];
    assert!(matches!(correlation(&flipped(0.1), &constant).expect("a finding"), Finding::Inapplicable(_)));
}

#[test]
fn correlation_is_of_linear_readouts() {
    // x_1 uniform on −1, 0, 1 and y = |x_1|: z_1 = x_1 determines y and is uncorrelated with it. x_2 = x_1 but for one symbol it does not
    // tell from another, so that it knows y less well.
    let mut probabilities = vec![0.0; 3 * 2 * 2];
    for (symbol, seen, value) in [(0, 0, 1), (1, 1, 0), (2, 1, 1)] {
        probabilities[(symbol * 2 + seen) * 2 + value] = 1.0 / 3.0;
    }
    let law = Law::new([3, 2, 2], probabilities, vec![0.0, 1.0]).expect("a law");
    let encoders = [encoder(1, &[-1.0, 0.0, 1.0]), encoder(1, &[-1.0, 0.5])];
    let sides = clauses(correlation(&law, &encoders).expect("a finding"));
    close(sides[0].lhs, 0.0);
    close(law.sigma(&law.encoded(0, &encoders[0])), 0.0);
    // R²(x_2; y) = ¼ by its best function; z_1 = ±√1.5, 0 and z_2 = −√2, ½√2 differ by ε² = 2 − 2·(√3 + ½√3)/3 = 2 − √3.
    assert!((sides[0].rhs - 0.5 - (2.0 - 3.0_f64.sqrt()).sqrt()).abs() < 1e-12, "{sides:?}");
}

#[test]
fn capacity_is_used_up_by_an_encoder_of_two_bits() {
    // z_1 = cos·b + sin·c in ±1: tr K = cos², tr P = sin², whatever the angle.
    let law = bits(|_, c| c);
    for angle in [0.0, 0.4, 1.1] {
        let (cosine, sine) = (f64::cos(angle), f64::sin(angle));
        let outputs: Vec<f64> =
            [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)].map(|(b, c)| cosine * b + sine * c).to_vec();
        let sides = clauses(capacity(&law, &encoder(1, &outputs)).expect("a finding"));
        assert!((sides[0].lhs - 1.0).abs() < 1e-14 && (sides[0].rhs - 1.0).abs() < BY_HAND, "{sides:?}");
        assert!((sides[1].lhs - 1.0).abs() < 1e-14, "{sides:?}");
    }
    // The product of the bits is independent of each: nothing is spent.
    let wasted = clauses(capacity(&law, &encoder(1, &[1.0, -1.0, -1.0, 1.0])).expect("a finding"));
    close(wasted[0].lhs, 0.0);
    // Two outputs that are the same bit are one dimension.
    let twice = clauses(capacity(&law, &encoder(2, &[0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 1.0, 2.0])).expect("a finding"));
    close(twice[0].rhs, 1.0);
}

#[test]
fn capacity_needs_independence_not_only_that_y_is_uncorrelated_with_x2() {
    // x_2 uniform on three symbols −1, 0, 1, y = |x_2|, x_1 = x_2: uncorrelated, but dependent.
    let mut probabilities = vec![0.0; 18];
    for (symbol, target) in [(0, 1), (1, 0), (2, 1)] {
        probabilities[(symbol * 3 + symbol) * 2 + target] = 1.0 / 3.0;
    }
    let law = Law::new([3, 3, 2], probabilities, vec![0.0, 1.0]).expect("a law");
    assert!(matches!(capacity(&law, &encoder(1, &[1.0, 0.0, 1.0])).expect("a finding"), Finding::Inapplicable(_)));
    // The claim would be false there: z_1 = y = |x_2| is predictable from x_2 and from y, tr K + tr P = 2 > 1.
    let reference = Reference::of(&law);
    let (aligned, private) = reference.capacity(&[1.0, 0.0, 1.0]);
    close(aligned, 1.0);
    close(private, 1.0);
}

#[test]
fn wrong_tables_are_refused() {
    let law = |sizes, probabilities: Vec<f64>, values: Vec<f64>| Law::new(sizes, probabilities, values);
    assert_eq!(law([0, 1, 1], vec![], vec![0.0]), Err(DiscreteError::Alphabet([0, 1, 1])));
    assert!(matches!(law([2, 1, 1], vec![1.0], vec![0.0]), Err(DiscreteError::Length { found: 1, expected: 2, .. })));
    assert!(matches!(
        law([1, 1, 2], vec![0.5, 0.5], vec![0.0]),
        Err(DiscreteError::Length { found: 1, expected: 2, .. })
    ));
    assert!(matches!(law([2, 1, 1], vec![1.5, -0.5], vec![0.0]), Err(DiscreteError::Value { index: 0, .. })));
    assert!(matches!(law([2, 1, 1], vec![0.5, f64::NAN], vec![0.0]), Err(DiscreteError::Value { index: 1, .. })));
    assert!(matches!(law([1, 1, 1], vec![1.0], vec![f64::INFINITY]), Err(DiscreteError::Value { index: 0, .. })));
    assert_eq!(law([2, 1, 1], vec![0.5, 0.4], vec![0.0]), Err(DiscreteError::Sum(0.9)));
}

// ---------------------------------------------------------------------------------------------------------------------
// A second implementation: lists of events, and sums of their definitions
// ---------------------------------------------------------------------------------------------------------------------

/// x_1, x_2, y and their probability.
type Event = (usize, usize, usize, f64);

/// The law as a list of events.
struct Reference {
    events: Vec<Event>,
    values: Vec<f64>,
}

impl Reference {
    fn of(law: &Law) -> Self {
        let [n1, n2, ny] = law.sizes();
        let mut events = Vec::new();
        for i in 0..n1 {
            for j in 0..n2 {
                events.extend((0..ny).map(|k| (i, j, k, law.probability(i, j, k))).filter(|event| event.3 > 0.0));
            }
        }
        // The values of y from the law's JSON: the only public way to them.
        let json = serde_json::to_value(law).expect("JSON");
        let values = json["values"].as_array().expect("a list").iter().map(|value| value.as_f64().expect("a number"));
        Self { events, values: values.collect() }
    }

    fn probability(&self, condition: impl Fn(&Event) -> bool) -> f64 {
        self.events.iter().filter(|event| condition(event)).map(|event| event.3).sum()
    }

    /// H(z) + H(y) − H(z, y) of z a function of x_m.
    fn information(&self, z: impl Fn(usize, usize) -> u64) -> f64 {
        let entropy = |key: &dyn Fn(&Event) -> (u64, usize)| {
            let mut masses: BTreeMap<(u64, usize), f64> = BTreeMap::new();
            for event in &self.events {
                *masses.entry(key(event)).or_default() += event.3;
            }
            -masses.values().map(|mass| mass * mass.ln()).sum::<f64>()
        };
        entropy(&|event| (z(event.0, event.1), 0)) + entropy(&|event| (0, event.2))
            - entropy(&|event| (z(event.0, event.1), event.2))
    }

    /// √(E y² − E(E[y|z])²).
    fn sigma(&self, z: impl Fn(usize, usize) -> u64) -> f64 {
        let second: f64 = self.events.iter().map(|event| event.3 * self.values[event.2].powi(2)).sum();
        let mut groups: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for event in &self.events {
            let group = groups.entry(z(event.0, event.1)).or_default();
            *group = (group.0 + event.3, group.1 + event.3 * self.values[event.2]);
        }
        let explained: f64 = groups.values().map(|(mass, sum)| sum * sum / mass).sum();
        (second - explained).max(0.0).sqrt()
    }

    /// tr K and tr P of a scalar encoder, standardised.
    fn capacity(&self, outputs: &[f64]) -> (f64, f64) {
        let mean: f64 = self.events.iter().map(|event| event.3 * outputs[event.0]).sum();
        let variance: f64 = self.events.iter().map(|event| event.3 * (outputs[event.0] - mean).powi(2)).sum();
        let explained = |key: &dyn Fn(&Event) -> usize, symbol: usize| {
            let mass = self.probability(|event| key(event) == symbol);
            let sum: f64 = self
                .events
                .iter()
                .filter(|event| key(event) == symbol)
                .map(|event| event.3 * (outputs[event.0] - mean))
                .sum();
            if mass > 0.0 { sum * sum / mass / variance } else { 0.0 }
        };
        let largest = self.events.iter().map(|event| event.1.max(event.2)).max().unwrap_or(0);
        let total = |key: &dyn Fn(&Event) -> usize| (0..=largest).map(|s| explained(key, s)).sum();
        (total(&|event| event.1), total(&|event| event.2))
    }
}

fn draw(claim: Claim, seed: u64, dim: usize) -> Instance {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let sizes = [(); 3].map(|()| generator.random_range(2..=5));
    let shape = Shape { claim, sizes, dim };
    let spread = generator.random_range(0.1..=6.0);
    let parameters: Vec<f64> =
        (0..shape.parameters(false)).map(|_| spread * generator.sample::<f64, _>(StandardNormal)).collect();
    shape.instance(&parameters, false).expect("an instance")
}

#[test]
fn information_and_sigma_agree_with_the_second_implementation() {
    for seed in 0..40 {
        for claim in Claim::ALL {
            let instance = draw(claim, seed, 1);
            let (law, reference) = (&instance.law, Reference::of(&instance.law));
            for m in 0..2 {
                let raw = |i: usize, j: usize| if m == 0 { i as u64 } else { j as u64 };
                let coded =
                    |i: usize, j: usize| instance.encoders[m].outputs[(if m == 0 { i } else { j }, 0)].to_bits();
                let (x, z) = (law.observed(m), law.encoded(m, &instance.encoders[m]));
                assert!((law.information_nats(&x) - reference.information(raw)).abs() < TWO_ROUTES, "{claim:?} {seed}");
                assert!(
                    (law.information_nats(&z) - reference.information(coded)).abs() < TWO_ROUTES,
                    "{claim:?} {seed}"
                );
                // A difference of second moments: the root of its rounding.
                assert!((law.sigma(&x) - reference.sigma(raw)).abs() < 1e-6, "{claim:?} {seed}");
                assert!((law.sigma(&z) - reference.sigma(coded)).abs() < 1e-6, "{claim:?} {seed}");
            }
        }
    }
}

#[test]
fn capacity_agrees_with_the_second_implementation() {
    let mut compared = 0;
    for seed in 0..60 {
        let instance = draw(Claim::Capacity, seed, 1);
        let outputs: Vec<f64> = instance.encoders[0].outputs.column(0).iter().copied().collect();
        let Finding::Checked(sides) = capacity(&instance.law, &instance.encoders[0]).expect("a finding") else {
            continue;
        };
        let (aligned, private) = Reference::of(&instance.law).capacity(&outputs);
        assert!((sides[0].lhs - aligned - private).abs() < TWO_ROUTES, "{seed}: {sides:?} {aligned} {private}");
        compared += 1;
    }
    assert!(compared >= 50, "{compared}");
}

#[test]
fn every_claim_holds_on_random_laws_and_does_not_depend_on_the_threads() {
    let plan = Plan::all(40, 5);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| plan.run_discrete(|| ())).expect("a run")
    };
    let (summaries, again) = (with(2), with(1));
    assert_eq!(summaries.len(), 4);
    for (summary, again) in summaries.iter().zip(&again) {
        assert_eq!(summary.status(), Status::Holds, "{summary:?}");
        // `correlation` needs as many symbols as outputs.
        assert!(summary.cases > if summary.id == "correlation" { 120 } else { 200 }, "{summary:?}");
        assert_eq!(summary.greatest_tightness.to_bits(), again.greatest_tightness.to_bits());
    }
}

#[test]
fn without_agreement_or_independence_random_laws_break_the_claims() {
    let (mut leaky, mut crowded) = (0, 0);
    for seed in 0..40 {
        let instance = draw(Claim::Lipschitz, seed, 1);
        let law = &instance.law;
        let least = law.information_nats(&law.observed(0)).min(law.information_nats(&law.observed(1)));
        leaky += u32::from(law.information_nats(&law.encoded(0, &instance.encoders[0])) > least + 1e-6);
        let outputs: Vec<f64> = instance.encoders[0].outputs.column(0).iter().copied().collect();
        let (aligned, private) = Reference::of(law).capacity(&outputs);
        crowded += u32::from(aligned + private > 1.0 + 1e-6);
    }
    assert!(leaky >= 5 && crowded >= 5, "{leaky} {crowded}");
}
