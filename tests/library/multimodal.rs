//! Theorem `multimodal` and the GCCA learner: by hand, against independent routes, on random models, and with hypotheses dropped.

use crate::common::models::{modality, target, text};
use crate::common::random::{gaussian, generator, orthonormal};
use alignloss::information::{Ensemble, Pair};
use alignloss::learner::Generalised;
use alignloss::linalg::Matrix;
use alignloss::model::family::{self, Draw};
use alignloss::model::{Factor, LatentModel, Modality, Noise};
use alignloss::objective::{CanonicalCorrelation, PrincipalComponents};
use alignloss::theorem::certainty::settle;
use alignloss::theorem::{self, Case, Clause, Finding, Predicted, Quantity, Question, Status, Subject, Verdict};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::RngExt;

/// Hand-made models are perfectly conditioned: a few dozen roundings of numbers of order one.
const BY_HAND: f64 = 1e-13;
/// Two independent double-precision routes through well-conditioned models.
const TWO_ROUTES: f64 = 1e-10;

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= BY_HAND * expected.abs().max(1.0), "{got} is not {expected}");
}

fn factors(model: &LatentModel) -> Vec<Factor> {
    (0..model.modalities().len()).map(|m| model.observed(m)).collect()
}

fn gcca(model: &LatentModel, dim: usize) -> Generalised {
    Generalised::new(&Ensemble::new(&factors(model)).expect("an ensemble"), dim).expect("variates")
}

#[track_caller]
fn clauses(case: &Case) -> Vec<Clause> {
    match theorem::find("multimodal").expect("a registered theorem").examine(case).expect("a finding") {
        Finding::Checked(clauses) => clauses,
        Finding::Inapplicable(reason) => panic!("does not apply: {reason}"),
    }
}

#[track_caller]
fn clause(clauses: &[Clause], label: &str) -> Clause {
    let labels: Vec<_> = clauses.iter().map(|clause| clause.part.to_string()).collect();
    let place = labels.iter().position(|found| found == label);
    clauses[place.unwrap_or_else(|| panic!("{label:?} is not in {labels:?}"))].clone()
}

#[track_caller]
fn sides(clause: &Clause, lhs: f64, rhs: f64) {
    close(clause.lhs, lhs);
    close(clause.rhs, rhs);
    assert_eq!(clause.status(), Status::Holds);
}

/// x_1 = (s_1, s_2 + u), x_2 = s_1 + ε with Var ε = 2, and, if asked for, x_3 = s_2. Target u, private to x_1.
fn switching(third: bool) -> LatentModel {
    let mut modalities = vec![
        modality("1", Matrix::identity(2, 2), Matrix::from_column_slice(2, 1, &[0.0, 1.0]), Noise::Isotropic(0.0)),
        modality("2", Matrix::from_row_slice(1, 2, &[1.0, 0.0]), Matrix::zeros(1, 0), Noise::Isotropic(2.0)),
    ];
    let mut private = vec![1, 0];
    if third {
        modalities.push(modality(
            "3",
            Matrix::from_row_slice(1, 2, &[0.0, 1.0]),
            Matrix::zeros(1, 0),
            Noise::Isotropic(0.0),
        ));
        private.push(0);
    }
    LatentModel::new("switching", 2, private, None, modalities, vec![target("u", &[0.0, 0.0, 1.0], 0.0)])
        .expect("a model")
}

/// x_m = s + e_m for m = 1 … M with Var e_m = 1/ρ − 1 and e_m the modality's private factor: all correlations are ρ.
fn equicorrelated(count: usize, rho: f64) -> LatentModel {
    let deviation = (rho.recip() - 1.0).sqrt();
    let modalities = (0..count)
        .map(|_| modality("x", Matrix::identity(1, 1), Matrix::from_element(1, 1, deviation), Noise::Isotropic(0.0)))
        .collect();
    let model = LatentModel::new("equicorrelated", 1, vec![1; count], None, modalities, vec![]).expect("a model");
    let targets = model.standard_targets();
    model.with_targets(targets).expect("a model")
}

// ---------------------------------------------------------------------------------------------------------------------
// The learner
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn two_modalities_give_the_canonical_directions_and_one_plus_their_correlations() {
    for seed in 0..20 {
        let model = crate::common::random::model(seed);
        let [first, second] = [0, 1].map(|m| model.observed(m));
        let pair = Pair::new(first, second).expect("a pair");
        let gcca = gcca(&model, 2);
        for j in 0..gcca.kept() {
            assert!((gcca.explained[j] - 1.0 - pair.correlation(j)).abs() < TWO_ROUTES);
            for m in 0..2 {
                let (found, expected) = (gcca.coordinates[m].column(j), pair.canonical_directions(m).column(j));
                let cosine = found.dot(&expected).abs() / found.norm();
                assert!((cosine - 1.0).abs() < TWO_ROUTES, "seed {seed}, modality {m}, variate {j}: {cosine}");
                // Var z = λ/2 for both.
                assert!((found.norm_squared() - 0.5 * gcca.explained[j]).abs() < TWO_ROUTES);
            }
        }
    }
}

#[test]
fn equicorrelated_modalities_have_one_common_variate() {
    for count in 2..=6 {
        let rho = 0.3;
        let gcca = gcca(&equicorrelated(count, rho), 2);
        close(gcca.explained[0], 1.0 + (count as f64 - 1.0) * rho);
        assert_eq!(gcca.kept(), 1, "every further eigenvalue is 1 − ρ");
        for m in 0..count {
            close(gcca.coordinates[m][(0, 0)].powi(2), gcca.explained[0] / count as f64);
            close(gcca.residuals[m][0].powi(2), 1.0 - gcca.explained[0] / count as f64);
            assert!(gcca.encoders[m].row(1).amax() == 0.0, "nothing common is left for the second row");
        }
    }
}

/// Σ_m Σ_j R²(x_m → g_j) of d variates g = combinations of all channels, by dense regressions: uncorrelated and of unit
/// variance, or the sum says nothing.
fn explained_by_regression(joint: &[Matrix], cross: &Matrix, weights: &Matrix, starts: &[usize]) -> f64 {
    joint
        .iter()
        .zip(starts)
        .map(|(covariance, &start)| {
            let seen = (cross * weights).rows(start, covariance.nrows()).into_owned();
            let solved = covariance.clone().cholesky().expect("positive definite").solve(&seen);
            seen.dot(&solved)
        })
        .sum()
}

#[test]
fn no_other_variates_are_explained_better() {
    let generator = &mut generator(4);
    for seed in 0..8 {
        let model = three_modalities(seed);
        let factors = factors(&model);
        let dim = 2;
        let found = gcca(&model, dim);
        let expected: f64 = found.explained[..dim].iter().sum();
        // The dense covariance of all channels, and each modality's own.
        let all: Vec<&Factor> = factors.iter().collect();
        let covariance = Factor::concatenated(&all).covariance();
        let own: Vec<Matrix> = factors.iter().map(Factor::covariance).collect();
        let mut starts = vec![0];
        for block in &own {
            starts.push(starts[starts.len() - 1] + block.nrows());
        }
        let root = covariance.clone().cholesky().expect("positive definite").l();
        let total = covariance.nrows();
        // Uncorrelated unit variates: g = Lᵀw-coordinates q with orthonormal columns, weights L^{-T} q.
        let value = |q: &Matrix| {
            let weights = root.transpose().solve_upper_triangular(q).expect("invertible");
            explained_by_regression(&own, &covariance, &weights, &starts)
        };
        let mut best = 0.0_f64;
        let mut q = orthonormal(generator, total, dim);
        for _ in 0..300 {
            best = best.max(value(&q));
            // Ascent by random steps that keep the columns orthonormal.
            let step = 10.0_f64.powf(-3.0 * generator.random::<f64>());
            let tried = (&q + gaussian(generator, total, dim) * step).qr().q();
            if value(&tried) > value(&q) {
                q = tried;
            }
        }
        assert!(best <= expected + TWO_ROUTES, "seed {seed}: {best} beats {expected}");
        // The variates themselves: g = Σ_m z_m/λ.
        let mut weights = Matrix::zeros(total, dim);
        for (m, encoder) in found.encoders.iter().enumerate() {
            for j in 0..dim {
                let column = encoder.row(j).transpose() / found.explained[j];
                weights.view_mut((starts[m], j), (column.nrows(), 1)).copy_from(&column);
            }
        }
        let variates = weights.transpose() * &covariance * &weights;
        assert!((variates - Matrix::identity(dim, dim)).amax() < TWO_ROUTES, "seed {seed}");
        assert!((explained_by_regression(&own, &covariance, &weights, &starts) - expected).abs() < TWO_ROUTES);
    }
}

/// Three sensors of two shared factors, each with a private one, all with noise.
fn three_modalities(seed: u64) -> LatentModel {
    let generator = &mut generator(seed);
    let modalities: Vec<Modality> = (0..3)
        .map(|_| modality("x", gaussian(generator, 4, 2), gaussian(generator, 4, 1), Noise::Isotropic(0.3)))
        .collect();
    let model = LatentModel::new("three", 2, vec![1; 3], None, modalities, vec![]).expect("a model");
    let targets = model.standard_targets();
    model.with_targets(targets).expect("a model")
}

#[test]
fn a_modality_that_does_not_see_a_variate_has_a_zero_row_for_it() {
    let gcca = gcca(&switching(true), 2);
    // s_2 between x_1 and x_3 first (1 + 1/√2), then s_1 between x_1 and x_2 (1 + 1/√3).
    close(gcca.explained[0], 1.0 + 0.5_f64.sqrt());
    close(gcca.explained[1], 1.0 + 3.0_f64.sqrt().recip());
    assert!(gcca.encoders[1].row(0).amax() == 0.0);
    assert!(gcca.encoders[2].row(1).amax() == 0.0);
    close(gcca.residuals[1][0], 1.0);
}

// ---------------------------------------------------------------------------------------------------------------------
// The theorem
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn three_sensors_that_agree_keep_what_the_poorest_knows() {
    // Three noiseless sensors of s; y = s + ½u_1 + η with Var η = ¼. The first knows all but η, the others only s.
    let model = text(
        r#"
        [latent]
        shared = 1
        private = [1, 1, 1]
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[0.0], [1.0]]
        noise = 0.0
        [[modality]]
        shared_loading = [[1.0], [0.0]]
        private_loading = [[1.0], [1.0]]
        noise = 0.0
        [[modality]]
        shared_loading = [[2.0], [0.0]]
        private_loading = [[0.0], [1.0]]
        noise = 0.0
        [[target]]
        name = "y"
        loading = [[1.0, 0.5, 0.0, 0.0]]
        noise = 0.25
    "#,
    );
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    let clauses = clauses(&case);
    // I(s; y) = ½ log(3/2 / (1/2)), where the first sensor has ½ log(3/2 / (1/4)).
    sides(&clause(&clauses, "information of all about y"), 0.5 * 3.0_f64.ln(), 0.5 * 3.0_f64.ln());
    sides(&clause(&clauses, "σ of all about y"), 0.5_f64.sqrt(), 0.5_f64.sqrt());
    close(gcca(&model, 1).explained[0], 3.0);
    // That y is private to no modality excuses nothing here.
    for place in (0..clauses.len()).filter(|&place| clauses[place].rhs.is_finite()) {
        let mut wrong = clauses.clone();
        wrong[place].lhs = 1.5 * wrong[place].rhs + 1.0;
        let (settled, _) = settle("multimodal", &case, Finding::Checked(wrong));
        let Finding::Checked(settled) = settled else { panic!("{settled:?}") };
        let claim = settled.iter().find(|clause| clause.part == clauses[place].part).expect("no claim is withdrawn");
        assert_eq!(claim.status(), Status::Violated, "{claim:?}");
    }
}

#[test]
fn agreement_is_claimed_only_of_variates_that_all_modalities_determine() {
    // In the switching model x_1 and x_3 nearly agree on s_2 and x_2 says nothing of it.
    let model = switching(true);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    assert!(clauses(&case).iter().all(|clause| !clause.part.claim.contains("of all")));
}

#[test]
fn the_concatenation_bounds_what_a_pair_does_not() {
    // x_1 = s + u, x_2 = s + ε (Var 3), x_3 = s: K against x_2 is 1/8, against both ½, and P = ½: attained.
    let one = Matrix::identity(1, 1);
    let modalities = vec![
        modality("1", one.clone(), one.clone(), Noise::Isotropic(0.0)),
        modality("2", one.clone(), Matrix::zeros(1, 0), Noise::Isotropic(3.0)),
        modality("3", one, Matrix::zeros(1, 0), Noise::Isotropic(0.0)),
    ];
    let model = LatentModel::new("chain", 1, vec![1, 0, 0], None, modalities, vec![target("u", &[0.0, 1.0], 0.0)])
        .expect("a model");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    close(case.capacities[0].capacity.aligned, 0.125);
    let clauses = clauses(&case);
    for encoder in ["the encoder", "GCCA"] {
        let traces = clause(&clauses, &format!("traces of {encoder} of x1 and u"));
        sides(&traces, 1.0, 1.0);
        close(traces.tightness(), 1.0);
        // I(z; u) = ½ log 2, all that −½ log K allows.
        sides(
            &clause(&clauses, &format!("information of {encoder} of x1 and u")),
            0.5 * 2.0_f64.ln(),
            0.5 * 2.0_f64.ln(),
        );
    }
    // K grows from 1/8 to ½ as x_3 joins.
    sides(&clause(&clauses, "K lost as x3 joins"), 0.125 - 0.5, 0.0);
    let predicted = theorem::find("multimodal")
        .expect("a theorem")
        .predict(&case, &Question { quantity: Quantity::CapacityPrivate, target: 0, samples: None })
        .expect("no failure");
    let Some(Predicted::AtMost(bound)) = predicted else { panic!("{predicted:?} of a private target") };
    close(bound, 0.5);
}

#[test]
fn the_share_of_a_private_factor_is_bounded_and_attained() {
    // Two modalities, x_1 = s + b·u and x_2 = s: ρ² = 1/(1+b²), g = (z̃_1 + z̃_2)/√(2(1+ρ)), c = (1+ρ)/2; u explains
    // (1−ρ²)/(2(1+ρ)) = (1−ρ)/2 of it, and the bound c(1−c)/(λ²−(2λ−1)c) is the same.
    let b: f64 = 0.7;
    let rho = (1.0 + b * b).sqrt().recip();
    let modalities = vec![
        modality("1", Matrix::identity(1, 1), Matrix::from_element(1, 1, b), Noise::Isotropic(0.0)),
        modality("2", Matrix::identity(1, 1), Matrix::zeros(1, 0), Noise::Isotropic(0.0)),
    ];
    let model = LatentModel::new("leaking", 1, vec![1, 0], None, modalities, vec![target("u", &[0.0, 1.0], 0.0)])
        .expect("a model");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    let share = clause(&clauses(&case), "share of u in variate 1");
    sides(&share, 0.5 * (1.0 - rho), 0.5 * (1.0 - rho));
    close(share.tightness(), 1.0);
}

#[test]
fn private_shares_of_equicorrelated_modalities_vanish_as_they_become_many() {
    // The shares of all e_m together are (1−ρ)/(1+(M−1)ρ), the bound is (1−ρ)/(1+(M−2)ρ).
    let rho = 0.25;
    let mut last = f64::INFINITY;
    for count in 2..=6 {
        let model = equicorrelated(count, rho);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
        let together = clause(&clauses(&case), "private shares of variate 1, added up");
        let m = count as f64;
        sides(&together, (1.0 - rho) / (1.0 + (m - 1.0) * rho), (1.0 - rho) / (1.0 + (m - 2.0) * rho));
        assert!(together.rhs < last);
        last = together.rhs;
    }
}

#[test]
fn correlated_private_targets_explain_jointly_more_than_the_sum_of_their_shares() {
    // x_1 = s + u_1, x_2 = s + u_2, ρ = ½, λ = 3/2. y_1 = x_1 − ½x_2 ⟂ x_2 and y_2 = x_2 − ½x_1 ⟂ x_1 explain ¼ of g each, the sum of
    // which is the bound (2−λ)/1 = ½; but y_1 + y_2 = ½(x_1 + x_2) ∝ g.
    let one = Matrix::identity(1, 1);
    let modalities = vec![
        modality("1", one.clone(), one.clone(), Noise::Isotropic(0.0)),
        modality("2", one.clone(), one, Noise::Isotropic(0.0)),
    ];
    let (first, second) = ([0.5, 1.0, -0.5], [0.5, -0.5, 1.0]);
    let mut both = target("y1", &first, 0.0);
    both.name = "y1 and y2".into();
    both.loading = Matrix::from_row_slice(2, 3, &[first, second].concat());
    let targets = vec![target("y1", &first, 0.0), target("y2", &second, 0.0), both];
    let model = LatentModel::new("correlated targets", 1, vec![1, 1], None, modalities, targets).expect("a model");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    let clauses = clauses(&case);
    for name in ["y1", "y2"] {
        sides(&clause(&clauses, &format!("share of {name} in variate 1")), 0.25, 0.25);
    }
    let sum = clause(&clauses, "private shares of variate 1, added up");
    sides(&sum, 0.5, 0.5);
    close(sum.tightness(), 1.0);
    // g ∝ x_1 + x_2 is a combination of the two targets: its angle to their span is zero.
    let variate = Factor { common: Matrix::from_row_slice(1, 3, &[2.0, 1.0, 1.0]), own: Matrix::zeros(1, 0) };
    let pair = Pair::new(variate, model.target(2)).expect("a pair");
    close(pair.correlation(0), 1.0);
}

#[test]
fn solving_gcca_again_can_raise_private_content() {
    // With two modalities the first variate is s_1 (λ = 1 + 1/√3), clean in x_1: nothing private. With x_3 it is s_2 (λ = 1 + 1/√2),
    // which x_1 sees mixed with u in equal parts: half of z_1 is private. So only the bound at a fixed encoder shrinks.
    let private = |third: bool| {
        let model = switching(third);
        let gcca = gcca(&model, 1);
        let weights = gcca.encoders[0].row(0).into_owned();
        let variance = (&weights * model.observed(0).covariance() * weights.transpose())[(0, 0)];
        let covariance = (&weights * model.observed(0).cross_covariance(&model.target(0)))[(0, 0)];
        covariance * covariance / variance
    };
    close(private(false), 0.0);
    close(private(true), 0.5);
    // The bounds hold all the same: K = ½ against x_2 and x_3.
    let model = switching(true);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    sides(&clause(&clauses(&case), "traces of GCCA of x1 and u"), 1.0, 1.0);
}

#[test]
fn capacity_needs_the_target_to_be_private_against_all_others() {
    // s_2 is private to x_1 as x_2 sees it, not as x_3 does: the channel s_2 + u is half predictable from x_3, and half s_2. A target
    // of both halves would make K + P = ½ + 1.
    let base = switching(true);
    let model = base
        .with_targets(vec![target("s2 + u", &[0.0, 1.0, 1.0], 0.0), target("u", &[0.0, 0.0, 1.0], 0.0)])
        .expect("a model");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 1).expect("a case");
    // The pair's own capacity law counts it as private …
    assert!(case.capacities.iter().any(|entry| entry.target == 0));
    // … the multimodal one does not.
    assert!(clauses(&case).iter().all(|clause| !clause.part.to_string().contains("s2 + u")));
    let facing =
        Pair::new(model.observed(0), Factor::concatenated(&[&model.observed(1), &model.observed(2)])).expect("a pair");
    // K along the channel: ½; P along it: 1.
    close(facing.correlation(0).powi(2), 0.5);
}

#[test]
fn two_modalities_are_left_to_capacity_unless_the_encoders_are_canonical() {
    let model = equicorrelated(2, 0.5);
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), &PrincipalComponents, 1).expect("a case");
    let finding = theorem::find("multimodal").expect("a theorem").examine(&case).expect("a finding");
    assert!(matches!(finding, Finding::Inapplicable(_)));
}

/// Judges canonical and random encoders of a drawn model; returns whether the theorem applied.
fn judge(model: &LatentModel, seed: u64, place: &str) -> bool {
    let subject = Subject::new(model, [0, 1]).expect("a subject");
    let channels = subject.pair.channels();
    let dim = 1 + usize::try_from(seed % channels[0].min(channels[1]).min(5) as u64).expect("a small number");
    let learner = subject.learner(seed);
    let canonical = Case::minimise(&subject, &learner, &CanonicalCorrelation, dim).expect("a case");
    let random = Case::of_weights(&subject, crate::common::random::encoders(&mut generator(seed), channels, dim))
        .expect("a case");
    let mut applied = false;
    for case in [&canonical, &random] {
        let verdict = Verdict::of(
            "multimodal",
            theorem::find("multimodal").expect("a theorem").examine(case).expect("a finding"),
        );
        assert!(!verdict.applies || verdict.status == Status::Holds, "{place}, d = {dim}: {verdict:?}");
        applied |= verdict.applies;
    }
    applied
}

#[test]
fn it_applies_to_many_models_with_up_to_six_modalities() {
    let draw = Draw::new(family::find("multi").expect("a family"));
    let mut counts = [0; 7];
    for seed in 0..40 {
        let model = draw.model(&mut generator(seed)).expect("a model");
        counts[model.modalities().len()] += usize::from(judge(&model, seed, &format!("seed {seed}")));
    }
    assert!(counts[2..].iter().all(|&count| count >= 2), "{counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(21), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_holds_on_random_models_of_every_family(seed: u64) {
        for family in family::REGISTRY {
            let model = Draw::new(family).model(&mut generator(seed)).expect("a model");
            judge(&model, seed, &format!("seed {seed}, {}", family.kind));
        }
    }

    #[test]
    fn agreement_grows_by_at_most_the_dimension_as_a_modality_joins(seed: u64) {
        let model = three_modalities(seed);
        let factors = factors(&model);
        let lambdas = |count: usize| {
            Generalised::new(&Ensemble::new(&factors[..count]).expect("an ensemble"), 2).expect("variates").explained
        };
        let (two, three) = (lambdas(2), lambdas(3));
        for j in 0..two.len() {
            prop_assert!(two[j] <= three[j] + TWO_ROUTES && three[j] <= two[j] + 1.0 + TWO_ROUTES);
        }
        // Every variate's variance is explained once at least and M times at most where it is common to all.
        prop_assert!(three[0] <= 3.0 + TWO_ROUTES);
        prop_assert!((three.iter().sum::<f64>() - three.len() as f64).abs() < TWO_ROUTES * 10.0, "the trace");
    }
}
