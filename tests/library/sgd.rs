//! The stochastic learner against the closed forms, without tuning, and its own guarantees.

use crate::common::{mean_and_standard_error, models, random};
use alignloss::information::{Encoders, Source, Towers};
use alignloss::learner::{BatchSource, Epochs, Optimiser, OptimiserState, Outcome, Schedule, Sgd, SgdError, Trained};
use alignloss::linalg::{Matrix, product, product_nt, product_tn, singular_values};
use alignloss::model::{Format, LatentModel};
use alignloss::objective;
use alignloss::objective::minibatch::{
    CanonicalCorrelation, Critic, Direction, InfoNce, LinearContrastive, MinibatchLoss, Parameters, Precision,
    Prediction, PrincipalComponents, Remedy, Spectral,
};
use alignloss::random::Stream;
use alignloss::theorem::{Case, Subject};
use nalgebra::DMatrix;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Largest principal angle to the closed form that a run at the defaults may end with, degrees.
const ANGLE_DEGREES: f64 = 2.0;

/// Largest relative departure of a measure of information, in expectation, from the closed form's: the interval of the mean over seeds
/// must reach into it.
const RELATIVE: f64 = 0.02;

/// Half the interval of that mean is no wider than this, so that a wide one excuses nothing: four times what is typical at five seeds.
const WIDEST: f64 = 0.1;

/// Measures below this (in nats, or a share of one) are compared in absolute terms: 2% of it.
const SMALL: f64 = 0.05;

/// A source of fresh samples of a model: x = common·w + own·v, in double precision throughout.
struct Online {
    factors: [alignloss::model::Factor; 2],
    generator: ChaCha8Rng,
}

impl Online {
    fn new(model: &LatentModel, seed: u64) -> Self {
        let generator = Stream { seed, experiment: "sgd test", cell: 0, replicate: 0 }.generator();
        Self { factors: [model.observed(0), model.observed(1)], generator }
    }
}

impl<T: Precision> BatchSource<T> for Online {
    fn fill(&mut self, batch: &mut [DMatrix<T>; 2]) {
        let samples = batch[0].ncols();
        let common = random::gaussian(&mut self.generator, self.factors[0].common.ncols(), samples);
        for (batch, factor) in batch.iter_mut().zip(&self.factors) {
            let own = random::gaussian(&mut self.generator, factor.own.ncols(), samples);
            let x = product(&factor.common, &common) + product(&factor.own, &own);
            batch.iter_mut().zip(&x).for_each(|(batch, &x)| *batch = T::nearest(x));
        }
    }
}

type Loss = Box<dyn MinibatchLoss<f64>>;

fn losses() -> Vec<(&'static str, Loss)> {
    vec![
        ("linear-contrastive", Box::new(LinearContrastive::default())),
        ("infonce", Box::new(InfoNce::new(Critic::Bilinear, Direction::Symmetric, 1.0))),
        ("infonce", Box::new(InfoNce::new(Critic::Bilinear, Direction::FirstToSecond, 1.0))),
        ("spectral", Box::new(Spectral::default())),
        ("cca", Box::new(CanonicalCorrelation::default())),
        ("prediction", Box::new(Prediction::default())),
        ("pca", Box::new(PrincipalComponents::default())),
    ]
}

/// The largest principal angle between two encoders' spans in the whitened geometry of the model, of either tower, degrees.
fn angle_degrees(subject: &Subject, found: &Encoders, wanted: &Encoders) -> f64 {
    let [found, wanted] = [found, wanted].map(|encoders| Towers::new(&subject.pair, encoders).expect("towers"));
    (0..2)
        .map(|m| {
            let (found, wanted) = (found.basis(m), wanted.basis(m));
            let rest = wanted - product(found, &product_tn(found, wanted));
            singular_values(&rest).expect("singular values")[0].min(1.0).asin().to_degrees()
        })
        .fold(0.0, f64::max)
}

fn family(kind: &str, extra: &str, seed: u64) -> LatentModel {
    let text = format!("[family]\nkind = \"{kind}\"\nshared = 2\nprivate = 2\nnoise = 0.1\nseed = {seed}\n{extra}");
    LatentModel::parse(&text, Format::Toml).expect("a model")
}

fn train(options: &Sgd, model: &LatentModel, loss: &mut dyn MinibatchLoss<f64>, dim: usize) -> Trained {
    let channels = [model.channels()[0], model.channels()[1]];
    let mut source = Online::new(model, options.seed);
    options.train(loss, &mut source, channels, dim).expect("a run")
}

/// A run at the defaults beside the closed form.
#[derive(Debug)]
struct Run {
    outcome: Outcome,
    angle_degrees: f64,
    /// Every measure's departure from the closed form's, relative; one below [`SMALL`] counts relative to that.
    departures: Vec<f64>,
}

/// Every measure of information of a case: of all targets from z_1, z_2 and both, of z_1 about z_2, and the capacities.
fn measures(case: &Case) -> Vec<f64> {
    let sources = [Source::EncodedFirst, Source::EncodedSecond, Source::EncodedBoth];
    let observed = [Source::First, Source::Second, Source::Both];
    let mut values = vec![case.alignment.angles.mutual_information_nats()];
    for target in &case.targets {
        for (encoded, observed) in sources.into_iter().zip(observed) {
            let said = target.source(encoded);
            values.extend([said.mutual_information_nats(), said.mmse, said.r2, said.sigma()]);
            values.push(target.information_loss_nats(observed, encoded));
        }
    }
    values.extend(case.capacities.iter().flat_map(|entry| [entry.capacity.aligned, entry.capacity.private]));
    values
}

fn run(model: &LatentModel, id: &str, loss: &mut dyn MinibatchLoss<f64>, seed: u64) -> Run {
    let subject = Subject::new(model, [0, 1]).expect("a subject");
    let objective = objective::find(id).expect("an objective");
    let wanted = subject.learner(0).minimise(objective.as_ref(), 2).expect("a minimiser").encoders;
    let Trained { encoders: found, outcome, .. } = train(&Sgd { seed, ..Sgd::default() }, model, loss, 2);
    let angle_degrees = angle_degrees(&subject, &found, &wanted);
    let [found, wanted] =
        [found, wanted].map(|encoders| measures(&Case::of_weights(&subject, encoders).expect("a case")));
    let departure = |(found, wanted): (&f64, &f64)| (found - wanted) / wanted.abs().max(SMALL);
    Run { outcome, angle_degrees, departures: found.iter().zip(&wanted).map(departure).collect() }
}

/// Of one loss on one model, over seeds: the largest angle, and the mean departure, with half its 95% interval, of the measure
/// whose mean departs furthest.
fn over_seeds(runs: &[Run]) -> (f64, f64, f64) {
    let angle = runs.iter().map(|run| run.angle_degrees).fold(0.0, f64::max);
    let (departure, width) = (0..runs[0].departures.len())
        .map(|measure| mean_and_half_width(&runs.iter().map(|run| run.departures[measure]).collect::<Vec<_>>()))
        .max_by(|left, right| left.0.abs().total_cmp(&right.0.abs()))
        .expect("measures");
    (angle, departure, width)
}

/// The mean, and half the width of its Student interval at 95%.
fn mean_and_half_width(values: &[f64]) -> (f64, f64) {
    let (mean, error) = mean_and_standard_error(values);
    let freedom = values.len() as f64 - 1.0;
    (mean, error * StudentsT::new(0.0, 1.0, freedom).expect("two values at least").inverse_cdf(0.975))
}

/// Runs every loss on every model with every seed, in parallel, prints a table of the worst model of each loss and returns what
/// departs too far.
#[expect(clippy::print_stdout, reason = "the table is what one runs the whole check for")]
fn failures(models: &[(String, LatentModel)], seeds: u64) -> Vec<String> {
    let mut failures = vec![];
    for (place, (id, _)) in losses().into_iter().enumerate() {
        let grid: Vec<(&LatentModel, u64)> =
            models.iter().flat_map(|(_, model)| (0..seeds).map(move |seed| (model, seed))).collect();
        let runs: Vec<Run> = grid
            .par_iter()
            .map(|&(model, seed)| run(model, id, losses().swap_remove(place).1.as_mut(), seed))
            .collect();
        let seeds = usize::try_from(seeds).expect("few seeds");
        let ended = |outcome: Outcome| runs.iter().filter(|run| run.outcome == outcome).count();
        let (converged, exhausted) = (ended(Outcome::Converged), ended(Outcome::Exhausted));
        // Runs that reach the closed form are neither stalled nor diverged, and a falling loss is found by chance in one of forty.
        if converged + exhausted < runs.len() || 4 * exhausted > runs.len() {
            failures.push(format!("{id}: {:?}", runs.iter().map(|run| run.outcome).collect::<Vec<_>>()));
        }
        let found: Vec<(f64, f64, f64)> = runs.chunks(seeds).map(over_seeds).collect();
        for ((name, _), &(angle, departure, width)) in models.iter().zip(&found) {
            if angle > ANGLE_DEGREES || departure.abs() - width > RELATIVE || width > WIDEST {
                failures.push(format!("{id} on {name}: {angle:.2}°, {departure:+.4} ± {width:.4}"));
            }
        }
        let worst_angle = found.iter().map(|found| found.0).fold(0.0, f64::max);
        let worst = found.iter().max_by(|left, right| left.1.abs().total_cmp(&right.1.abs())).expect("models");
        let (departure, width) = (100.0 * worst.1, 100.0 * worst.2);
        println!(
            "{id:20} largest angle {worst_angle:.2}°, furthest measure {departure:+.2}% ± {width:.2}%, {converged} converged, \
             {exhausted} exhausted"
        );
    }
    failures
}

fn random_models(count: u64) -> Vec<(String, LatentModel)> {
    (0..count).map(|seed| (format!("random {seed}"), family("random", "", seed))).collect()
}

#[test]
fn defaults_reach_the_closed_forms() {
    assert_eq!(failures(&random_models(1), 5), Vec::<String>::new());
}

#[test]
#[ignore = "half an hour; cargo test --release --test library sgd:: -- --ignored --nocapture"]
fn defaults_reach_the_closed_forms_on_twenty_two_models_and_five_seeds() {
    let mut models = random_models(20);
    // Of factors of equal strength the principal components would be anything.
    let strengths = "shared_std = [1.4, 1.0]\nprivate_std = 0.7";
    models.extend(["orthogonal", "interfering"].map(|kind| (kind.to_owned(), family(kind, strengths, 1))));
    assert_eq!(failures(&models, 5), Vec::<String>::new());
}

/// Of W_1ᵀW_2 with its closed form at the end of a run, relative: what averaging over the last batches leaves.
const STATISTICAL: f64 = 0.03;

#[test]
fn weight_decay_belongs_to_the_loss_and_thresholds_singular_values() {
    // Theorem `width`: singular values of W_1ᵀW_2 are (σ_i(Σ12) − η)_+/c, at any width.
    let model = models::scalar();
    let cross = model.observed(0).cross_covariance(&model.observed(1));
    let sigma = singular_values(&cross).expect("singular values")[0];
    for (decay, dim) in [(0.5 * sigma, 1), (0.5 * sigma, 2), (1.5 * sigma, 1)] {
        let options = Sgd { weight_decay: decay, ..Sgd::default() };
        let trained = train(&options, &model, &mut LinearContrastive::default(), dim);
        let Encoders { first, second } = &trained.encoders;
        let found = singular_values(&product_tn(first, second)).expect("singular values")[0];
        let wanted = (sigma - decay).max(0.0);
        assert!((found - wanted).abs() <= STATISTICAL * sigma, "η = {decay}, d = {dim}: {found} is not {wanted}");
    }
}

#[test]
fn trained_remedies_span_their_closed_forms() {
    // Two shared and two private factors of equal strength: d = 3 would leave it open which private direction is kept.
    for kind in ["orthogonal", "interfering"] {
        let model = family(kind, "private_std = [1.3, 1.0]\nobserved = 6", 1);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let largest = (0..2)
            .map(|m| singular_values(&subject.pair.factor(m).covariance()).expect("singular values")[0])
            .fold(0.0, f64::max);
        let lambda = 0.2;
        let remedies: [(Box<dyn objective::Objective>, Loss); 2] = [
            (
                Box::new(objective::AlignmentFidelity::new(lambda).expect("a weight")),
                Box::new(Remedy::alignment_fidelity(lambda, largest, 4.0)),
            ),
            (
                Box::new(objective::Decoupled { common_dim: Some(2) }),
                Box::new(Remedy::decoupled(Some(2), largest, 4.0)),
            ),
        ];
        for (objective, mut loss) in remedies {
            for dim in [2, 4] {
                let wanted = subject.learner(0).minimise(objective.as_ref(), dim).expect("a minimiser").encoders;
                let found = train(&Sgd::default(), &model, loss.as_mut(), dim).encoders;
                let angle = angle_degrees(&subject, &found, &wanted);
                assert!(angle <= ANGLE_DEGREES, "{} on {kind}, d = {dim}: {angle}°", objective.id());
            }
        }
    }
}

#[test]
fn infonce_at_finite_batches_has_the_slope_of_the_theory() {
    // docs/theory.md §3: optimal slope of the one-pair critic at ρ = 0.8, Monte Carlo ±0.01; the run adds its own noise.
    let model = models::text(
        r#"
        name = "pair of correlation 0.8"
        [latent]
        shared = 1
        private = [0, 0]
        [[modality]]
        shared_loading = [[0.8944271909999159]]
        private_loading = [[]]
        noise = 0.2
        [[modality]]
        shared_loading = [[0.8944271909999159]]
        private_loading = [[]]
        noise = 0.2
    "#,
    );
    for (batch, slope) in [(16, 0.91), (256, 0.817)] {
        let options = Sgd { batch: Some(batch), steps: 6000, ..Sgd::default() };
        let mut loss = InfoNce::new(Critic::Bilinear, Direction::FirstToSecond, 1.0);
        let trained = train(&options, &model, &mut loss, 1);
        let found = trained.encoders.first[0] * trained.encoders.second[0];
        assert!((found - slope).abs() <= 0.03, "B = {batch}: {found} is not {slope}");
    }
}

#[test]
fn runs_do_not_depend_on_the_number_of_threads() {
    let model = random::model(302);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let options = Sgd { steps: 60, checkpoints: vec![10, 60], seed: 3, ..Sgd::default() };
        let mut loss = InfoNce::new(Critic::Bilinear, Direction::Symmetric, 1.0);
        pool.install(|| train(&options, &model, &mut loss, 2))
    };
    let one = run(1);
    assert_eq!(one, run(3));
    assert_eq!(one.trajectory.iter().map(|checkpoint| checkpoint.step).collect::<Vec<_>>(), [10, 60]);
    assert_eq!(one.trajectory[1].encoders, one.encoders);
}

#[test]
fn single_precision_ends_where_double_does() {
    let model = models::scalar();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let options = Sgd { steps: 1500, ..Sgd::default() };
    let mut loss = InfoNce::<f32>::new(Critic::Bilinear, Direction::Symmetric, 1.0);
    let single = options.train(&mut loss, &mut Online::new(&model, 0), [2, 2], 1).expect("a run");
    let wanted = subject.learner(0).minimise(&objective::InfoNce::default(), 1).expect("a minimiser").encoders;
    let angle = angle_degrees(&subject, &single.encoders, &wanted);
    assert!(angle <= ANGLE_DEGREES, "{angle}");
}

#[test]
fn a_run_in_pieces_is_the_same_run() {
    let model = models::scalar();
    let options = Sgd { steps: 700, checkpoints: vec![1, 30, 250, 700], ..Sgd::default() };
    let whole = train(&options, &model, &mut Spectral::default(), 1);
    let mut source = Online::new(&model, 0);
    let mut loss = Spectral::<f64>::default();
    let channels = [model.observed(0).common.nrows(), model.observed(1).common.nrows()];
    let mut training = options.start(&mut loss, &mut source, channels, 1).expect("a run");
    let mut pieces = 1;
    while training.advance(pieces).expect("a step") {
        pieces += 7;
    }
    assert_eq!(training.steps(), 700);
    assert_eq!(training.encoders(), whole.encoders);
    assert!(!training.advance(10).expect("nothing is left"));
    let parts = training.finish();
    assert_eq!(parts, whole);
}

#[test]
fn divergence_is_an_outcome_and_keeps_finite_encoders() {
    let model = models::scalar();
    let options = Sgd {
        optimiser: Optimiser::Momentum { momentum: 0.9 },
        learning_rate: Some(1e3),
        schedule: Schedule::Constant,
        steps: 500,
        ..Sgd::default()
    };
    let trained = train(&options, &model, &mut Spectral::default(), 1);
    assert!(matches!(trained.outcome, Outcome::Diverged { step } if step > 0 && step == trained.steps), "{trained:?}");
    assert!(trained.encoders.first.iter().chain(&trained.encoders.second).all(|weight| weight.is_finite()));
}

#[test]
fn a_temperature_that_runs_away_is_divergence_too() {
    let options = Sgd {
        optimiser: Optimiser::Momentum { momentum: 0.9 },
        learning_rate: Some(1e5),
        schedule: Schedule::Constant,
        learn_temperature_from: Some(1.0),
        steps: 500,
        ..Sgd::default()
    };
    let mut loss = InfoNce::new(Critic::Cosine, Direction::Symmetric, 1.0);
    let trained = train(&options, &models::scalar(), &mut loss, 1);
    assert!(matches!(trained.outcome, Outcome::Diverged { step } if step > 0), "{trained:?}");
}

#[test]
fn momentum_reaches_the_closed_form_too() {
    let model = models::scalar();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let options = Sgd { optimiser: Optimiser::Momentum { momentum: 0.9 }, learning_rate: Some(0.02), ..Sgd::default() };
    let trained = train(&options, &model, &mut Spectral::default(), 1);
    let wanted = subject.learner(0).minimise(&objective::Spectral, 1).expect("a minimiser").encoders;
    let angle = angle_degrees(&subject, &trained.encoders, &wanted);
    assert!(angle <= ANGLE_DEGREES, "{angle}");
}

#[test]
fn a_plateau_ends_a_run_early() {
    let options = Sgd { stop_on_plateau: true, steps: 20_000, ..Sgd::default() };
    let trained = train(&options, &models::scalar(), &mut Spectral::default(), 1);
    assert_eq!(trained.outcome, Outcome::Converged);
    assert!(trained.steps < 20_000);
    let short = Sgd { steps: 5, ..Sgd::default() };
    assert_eq!(train(&short, &models::scalar(), &mut Spectral::default(), 1).outcome, Outcome::Exhausted);
}

fn all_losses<T: Precision>(temperature: f64) -> Vec<Box<dyn MinibatchLoss<T>>> {
    let infonce = |critic| Box::new(InfoNce::new(critic, Direction::Symmetric, temperature));
    vec![
        Box::new(LinearContrastive::default()),
        infonce(Critic::Bilinear),
        infonce(Critic::Cosine),
        infonce(Critic::SquaredDistance),
        Box::new(Spectral::default()),
        Box::new(CanonicalCorrelation::default()),
        Box::new(Prediction::default()),
        Box::new(PrincipalComponents::default()),
        Box::new(Remedy::alignment_fidelity(0.3, 4.0, 4.0)),
        Box::new(Remedy::decoupled(Some(1), 4.0, 4.0)),
    ]
}

#[test]
fn steps_too_short_to_lower_the_loss_are_no_convergence() {
    for learning_rate in [1e-12, 1e-8, 1e-5] {
        for stop_on_plateau in [false, true] {
            for mut loss in all_losses::<f64>(1.0) {
                let options = Sgd {
                    learning_rate: Some(learning_rate),
                    batch: Some(64),
                    steps: 400,
                    stop_on_plateau,
                    ..Sgd::default()
                };
                let trained = train(&options, &models::scalar(), loss.as_mut(), 1);
                let said = matches!(trained.outcome, Outcome::Stalled | Outcome::Exhausted);
                assert!(said && trained.steps == 400, "{loss:?} at {learning_rate}: {:?}", trained.outcome);
            }
        }
    }
    let options = Sgd { learning_rate: Some(1e-12), steps: 400, ..Sgd::default() };
    assert_eq!(train(&options, &models::scalar(), &mut Spectral::default(), 1).outcome, Outcome::Stalled);
}

#[test]
fn a_gradient_out_of_range_is_no_convergence() {
    fn outcome<T: Precision>(critic: Critic, temperature: f64) -> Outcome {
        let options = Sgd { batch: Some(64), steps: 400, ..Sgd::default() };
        let mut loss = InfoNce::<T>::new(critic, Direction::Symmetric, temperature);
        options.train(&mut loss, &mut Online::new(&models::scalar(), 0), [2, 2], 1).expect("a run").outcome
    }
    for critic in [Critic::Bilinear, Critic::Cosine, Critic::SquaredDistance] {
        for temperature in [1e-300, 1e-200, 1e-100, 1e-30, 1e30, 1e100, 1e200, 1e300] {
            let found = [outcome::<f64>(critic, temperature), outcome::<f32>(critic, temperature)];
            assert!(!found.contains(&Outcome::Converged), "{critic:?} at {temperature:e}: {found:?}");
        }
    }
    // Gradients of 1e-300 and 1e300, whose squares leave the range of the optimiser: it does not move.
    for temperature in [1e-300, 1e300] {
        assert_eq!(outcome::<f64>(Critic::Bilinear, temperature), Outcome::Stalled, "{temperature:e}");
    }
}

#[test]
fn a_run_that_is_ended_before_its_last_steps_is_not_judged() {
    let model = models::scalar();
    let options = Sgd { steps: 2000, batch: Some(64), ..Sgd::default() };
    let (mut source, mut loss) = (Online::new(&model, 0), Spectral::<f64>::default());
    let mut training = options.start(&mut loss, &mut source, [2, 2], 1).expect("a run");
    training.advance(1000).expect("steps");
    assert_eq!(training.finish().outcome, Outcome::Exhausted);
}

#[test]
fn outcomes_have_the_words_of_results() {
    let outcomes = [Outcome::Converged, Outcome::Stalled, Outcome::Exhausted, Outcome::Diverged { step: 3 }];
    assert_eq!(outcomes.map(Outcome::word), ["converged", "stalled", "exhausted", "diverged"]);
}

/// The samples of another source in other units.
struct InUnits<S> {
    source: S,
    powers: [Vec<i32>; 2],
}

impl<T: Precision, S: BatchSource<T>> BatchSource<T> for InUnits<S> {
    fn fill(&mut self, batch: &mut [DMatrix<T>; 2]) {
        self.source.fill(batch);
        for (x, powers) in batch.iter_mut().zip(&self.powers) {
            for (mut row, &power) in x.row_iter_mut().zip(powers) {
                row *= T::nearest(2.0_f64.powi(power));
            }
        }
    }
}

/// A short run in given units, its weights counted in the units of the model: W·S.
fn in_units<T: Precision>(
    model: &LatentModel,
    loss: &mut dyn MinibatchLoss<T>,
    powers: &[Vec<i32>; 2],
    seed: u64,
) -> ([Matrix; 2], Outcome) {
    let options = Sgd { batch: Some(32), steps: 220, seed, ..Sgd::default() };
    let channels = [model.channels()[0], model.channels()[1]];
    let mut source = InUnits { source: Online::new(model, seed), powers: powers.clone() };
    let trained = options.train(loss, &mut source, channels, 2).expect("a run");
    let weights = [0, 1].map(|m| {
        let weights = trained.encoders.weights(m);
        Matrix::from_fn(2, channels[m], |i, j| weights[(i, j)] * 2.0_f64.powi(powers[m][j]))
    });
    (weights, trained.outcome)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, rng_seed: RngSeed::Fixed(15), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn units_of_channels_change_no_bit_of_a_run(seed in 0..1000_u64, first in proptest::collection::vec(-40..=40_i32, 5), second in proptest::collection::vec(-40..=40_i32, 5)) {
        let model = random::model(seed);
        let channels = [model.channels()[0], model.channels()[1]];
        let plain = [vec![0; channels[0]], vec![0; channels[1]]];
        let moved = [first[..channels[0]].to_vec(), second[..channels[1]].to_vec()];
        // docs/theory.md §8: of x_1 alone for `prediction`.
        let of_first = [moved[0].clone(), plain[1].clone()];
        let mut losses = all_losses::<f64>(1.0);
        let mut single = all_losses::<f32>(1.0);
        for (place, id) in [(1, "infonce"), (2, "infonce"), (3, "infonce"), (4, "spectral"), (5, "cca"), (6, "prediction")] {
            let name = format!("{:?}", losses[place]).to_lowercase();
            prop_assert!(name.starts_with(id) || id == "cca" && name.starts_with("canonical"), "{}", name);
            let units = if id == "prediction" { &of_first } else { &moved };
            let runs = [&plain, units].map(|powers| in_units(&model, losses[place].as_mut(), powers, seed));
            prop_assert_eq!(&runs[0], &runs[1], "{} {}", id, place);
            let runs = [&plain, units].map(|powers| in_units(&model, single[place].as_mut(), powers, seed));
            prop_assert_eq!(&runs[0], &runs[1], "{} {} in single precision", id, place);
        }
    }

    #[test]
    fn a_unit_of_each_modality_changes_no_bit_of_a_run(seed in 0..1000_u64, first in -40..=40_i32, second in -40..=40_i32) {
        let model = random::model(seed);
        let units = |first: i32, second: i32| [vec![first; model.channels()[0]], vec![second; model.channels()[1]]];
        let run = |place: usize, units: [Vec<i32>; 2]| in_units(&model, all_losses::<f64>(1.0)[place].as_mut(), &units, seed);
        // Principal components have orthonormal rows in any unit, the decoder of a prediction has the units of x_2.
        let rows = |weights: &Matrix, power: i32| weights * 2.0_f64.powi(-power);
        let ([one, two], _) = run(7, units(first, second));
        let (expected, expected_outcome) = run(7, units(0, 0));
        prop_assert_eq!([rows(&one, first), rows(&two, second)], expected);
        // Whether the loss falls is not a question of each modality: it is the sum of their errors.
        prop_assert_eq!(run(7, units(first, first)).1, expected_outcome);
        let ([one, two], outcome) = run(6, units(first, second));
        let (expected, expected_outcome) = run(6, units(0, 0));
        prop_assert_eq!([one, rows(&two, 2 * second)], expected);
        prop_assert_eq!(outcome, expected_outcome);
        // W_1ᵀW_2 has the units of Σ12, shared equally.
        let ([one, two], outcome) = run(0, units(first, first));
        let (expected, expected_outcome) = run(0, units(0, 0));
        prop_assert_eq!([rows(&one, 2 * first), rows(&two, 2 * first)], expected);
        prop_assert_eq!(outcome, expected_outcome);
    }
}

#[test]
fn a_learnt_temperature_lowers_the_loss() {
    // At τ = 0.3 the cosine critic claims far more than a pair of correlation 0.73 holds: the temperature must rise.
    let model = models::scalar();
    let cosine = || InfoNce::new(Critic::Cosine, Direction::Symmetric, 0.3);
    let options = Sgd { steps: 800, ..Sgd::default() };
    let fixed = train(&options, &model, &mut cosine(), 2);
    let learnt = train(&Sgd { learn_temperature_from: Some(0.3), ..options }, &model, &mut cosine(), 2);
    assert_eq!(fixed.log_temperature, None);
    assert!(learnt.log_temperature.expect("a temperature") > 0.3_f64.ln() + 0.1, "{learnt:?}");
    assert!(learnt.loss < fixed.loss, "{} against {}", learnt.loss, fixed.loss);
}

#[test]
fn epochs_show_every_sample_once_in_a_seeded_order() {
    let data = [DMatrix::from_fn(1, 10, |_, j| j as f64), DMatrix::from_fn(2, 10, |i, j| (10 * j + i) as f64)];
    let passes = |seed: u64| {
        let mut source = Epochs::new([&data[0], &data[1]], seed).expect("a source");
        let mut seen = vec![];
        let mut batch = [DMatrix::zeros(1, 4), DMatrix::zeros(2, 4)];
        for _ in 0..5 {
            source.fill(&mut batch);
            for j in 0..4 {
                assert!((batch[1][(1, j)] - 10.0 * batch[0][j] - 1.0).abs() < 1e-12, "the modalities stay paired");
            }
            seen.extend(batch[0].iter().copied());
        }
        seen
    };
    let seen = passes(1);
    for epoch in seen.chunks(10) {
        let mut sorted = epoch.to_vec();
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, (0..10).map(f64::from).collect::<Vec<_>>());
    }
    assert_ne!(seen[..10], seen[10..]);
    assert_eq!(seen, passes(1));
    assert_ne!(seen, passes(2));
    let error = Epochs::new([&DMatrix::<f64>::zeros(1, 0), &DMatrix::zeros(1, 0)], 1).unwrap_err();
    assert_eq!(error, SgdError::Data { first: 0, second: 0 });
}

#[test]
fn options_outside_their_range_are_named() {
    let cases = [
        (Sgd { learning_rate: Some(0.0), ..Sgd::default() }, "learning_rate"),
        (Sgd { batch: Some(0), ..Sgd::default() }, "batch"),
        (Sgd { weight_decay: f64::NAN, ..Sgd::default() }, "weight_decay"),
        (Sgd { schedule: Schedule::Cosine { warm_up: 1.0 }, ..Sgd::default() }, "warm_up"),
        (Sgd { optimiser: Optimiser::Momentum { momentum: 1.0 }, ..Sgd::default() }, "momentum"),
        (Sgd { learn_temperature_from: Some(-1.0), ..Sgd::default() }, "learn_temperature_from"),
        (Sgd { checkpoints: vec![5, 2], ..Sgd::default() }, "checkpoints (ascending)"),
    ];
    for (options, name) in cases {
        let mut source = Online::new(&models::scalar(), 0);
        let error = options.train::<f64>(&mut Spectral::default(), &mut source, [2, 2], 1).unwrap_err();
        assert!(matches!(&error, SgdError::Option { option, .. } if *option == name), "{error}");
    }
}

#[test]
fn optimisers_follow_their_formulas() {
    let parameters = |value: f64| Parameters {
        weights: [Matrix::from_element(1, 1, value), Matrix::from_element(1, 1, -value)],
        log_temperature: Some(value),
    };
    let slopes = [0.5, -2.0, 0.25];
    let mut adam = (parameters(1.0), 0.0_f64, 0.0_f64);
    let mut state = OptimiserState::new(Optimiser::ADAM, &adam.0);
    let mut reference = 1.0;
    for (step, slope) in slopes.into_iter().enumerate() {
        state.step(&mut adam.0, &parameters(slope), 0.1);
        adam.1 = 0.9 * adam.1 + 0.1 * slope;
        adam.2 = 0.999 * adam.2 + 0.001 * slope * slope;
        let power = i32::try_from(step + 1).expect("a small number");
        let first = adam.1 / (1.0 - 0.9_f64.powi(power));
        let second = adam.2 / (1.0 - 0.999_f64.powi(power));
        reference -= 0.1 * first / (second.sqrt() + 1e-8);
        for tensor in adam.0.slices() {
            assert!((tensor[0].abs() - reference.abs()).abs() < 1e-14, "{} is not {reference}", tensor[0]);
        }
    }
    let mut momentum = parameters(1.0);
    let mut state = OptimiserState::new(Optimiser::Momentum { momentum: 0.5 }, &momentum);
    for slope in [1.0, 1.0] {
        state.step(&mut momentum, &parameters(slope), 0.1);
    }
    // 1 − 0.1·1 − 0.1·(0.5 + 1).
    assert!((momentum.weights[0][0] - 0.75).abs() < 1e-15);
}

#[test]
fn the_schedule_rises_and_falls_to_nothing() {
    let schedule = Schedule::Cosine { warm_up: 0.1 };
    let shares: Vec<f64> = (0..100).map(|step| schedule.share(step, 100)).collect();
    assert!((shares[0] - 0.1).abs() < 1e-12 && (shares[9] - 1.0).abs() < 1e-12);
    assert!(shares[9..].windows(2).all(|pair| pair[1] <= pair[0]));
    assert!(shares[99] > 0.0 && shares[99] < 1e-3);
    assert!((Schedule::Constant.share(7, 10) - 1.0).abs() < 1e-15);
}

#[test]
fn moments_of_the_source_are_those_of_the_model() {
    let model = models::scalar();
    let mut batch = [DMatrix::<f64>::zeros(2, 40_000), DMatrix::zeros(2, 40_000)];
    Online::new(&model, 5).fill(&mut batch);
    for (m, x) in batch.iter().enumerate() {
        let error = product_nt(x, x) / 40_000.0 - model.observed(m).covariance();
        // Four standard errors of a variance of 10: 4·10·√(2/40000).
        assert!(error.amax() < 0.3, "{error}");
    }
}
