//! The gradient of every objective against central finite differences of its value.

use crate::common::{models, random};
use alignloss::information::{Encoders, SecondMoments};
use alignloss::linalg::Matrix;
use alignloss::model::LatentModel;
use alignloss::objective::{self, AlignmentFidelity, Decoupled, InfoNce, LinearContrastive, Objective, Regularised};
use alignloss::theorem::Subject;

/// Step of the central differences: their error is h²·f''' + ε·f/h, both near 1e-10 of the value's size here.
const STEP: f64 = 1e-5;

/// Relative to the size of the gradient, of the value and of the variances, all of order one to a hundred.
const AGREEMENT: f64 = 1e-7;

fn objectives() -> Vec<Box<dyn Objective>> {
    let mut objectives: Vec<Box<dyn Objective>> = objective::REGISTRY.iter().map(objective::Entry::default).collect();
    objectives.push(Box::new(InfoNce::new(0.4).expect("in range")));
    objectives.push(Box::new(LinearContrastive::new(3.0, 0.2).expect("in range")));
    objectives.push(Box::new(AlignmentFidelity::new(0.2).expect("within range")));
    objectives.push(Box::new(Decoupled { common_dim: Some(1) }));
    objectives.push(Box::new(Regularised::new([0.1, 0.4]).expect("within range")));
    objectives
}

/// An entry of one encoder moved by a step.
fn moved(encoders: &Encoders, m: usize, index: usize, step: f64) -> Encoders {
    let mut result = encoders.clone();
    let weights = if m == 0 { &mut result.first } else { &mut result.second };
    weights[index] += step;
    result
}

fn check(objective: &dyn Objective, moments: &SecondMoments, encoders: &Encoders, place: &str) {
    let value = |encoders: &Encoders| objective.value(moments, encoders).expect("a value");
    let gradient = objective.gradient(moments, encoders).expect("a gradient");
    let scale = gradient.first.norm() + gradient.second.norm() + value(encoders).abs() + 1.0;
    for m in 0..2 {
        assert_eq!(gradient.weights(m).shape(), encoders.weights(m).shape(), "{place}");
        for index in 0..encoders.weights(m).len() {
            let difference =
                (value(&moved(encoders, m, index, STEP)) - value(&moved(encoders, m, index, -STEP))) / (2.0 * STEP);
            let error = (gradient.weights(m)[index] - difference).abs();
            assert!(
                error <= AGREEMENT * scale,
                "{}, {place}: entry {index} of encoder {m}: {} is not {difference}",
                objective.id(),
                gradient.weights(m)[index]
            );
        }
    }
}

fn check_model(model: &LatentModel, seed: u64) {
    let subject = Subject::new(model, [0, 1]).expect("a subject");
    let moments = subject.pair.second_moments(&subject.factors);
    let channels = subject.pair.channels();
    let generator = &mut random::generator(seed);
    for objective in objectives() {
        for dim in 1..=2 {
            let mut encoders = random::encoders(generator, channels, dim);
            let Some(mut value) = objective.value(&moments, &encoders) else {
                assert_eq!(objective.id(), "random");
                assert!(objective.gradient(&moments, &encoders).is_none());
                continue;
            };
            // Well inside the domain of `joint-density`: half of what is merely finite.
            while !value.is_finite() {
                encoders = Encoders { first: encoders.first * 0.5, second: encoders.second * 0.5 };
                value = objective.value(&moments, &encoders).expect("a value");
            }
            if objective.id() == "joint-density" {
                encoders = Encoders { first: encoders.first * 0.5, second: encoders.second * 0.5 };
            }
            check(objective.as_ref(), &moments, &encoders, &format!("{} d = {dim}", model.name()));
        }
    }
}

#[test]
fn gradients_agree_with_differences_on_random_models() {
    for seed in 300..308 {
        check_model(&random::model(seed), seed);
    }
}

#[test]
fn gradients_agree_with_differences_where_covariances_are_singular() {
    check_model(&models::rank_deficient(), 310);
    check_model(&models::noiseless(), 311);
}

#[test]
fn gradients_vanish_at_the_minimisers() {
    for seed in 320..326 {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let moments = subject.pair.second_moments(&subject.factors);
        for objective in objectives().iter().filter(|objective| objective.id() != "random" && !objective.whitened()) {
            for dim in 1..=2 {
                let encoders = subject.learner(0).minimise(objective.as_ref(), dim).expect("a minimiser").encoders;
                let gradient = objective.gradient(&moments, &encoders).expect("a gradient");
                let size = (moments.cross.norm() + moments.first.norm() + moments.second.norm())
                    * (encoders.first.norm() + encoders.second.norm());
                let norm = gradient.first.norm() + gradient.second.norm();
                assert!(norm <= 1e-11 * size.max(1.0), "{} on model {seed}, d = {dim}: {norm:.1e}", objective.id());
            }
        }
    }
}

/// Over whitened encoders the gradient need not vanish at the optimum: it must be normal to W Σ Wᵀ = I, that is S·W·Σ with S = ∇·Wᵀ
/// symmetric. An alternation that stopped at a relative change of 1e-14 is stationary to the root of that, times its condition.
#[test]
fn gradients_are_normal_to_the_constraint_at_the_whitened_optima() {
    for seed in 320..326 {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let moments = subject.pair.second_moments(&subject.factors);
        for objective in objectives().iter().filter(|objective| objective.whitened()) {
            let tolerance = if objective.id() == "alignment-fidelity" { 1e-5 } else { 1e-11 };
            for dim in 1..=2 {
                let encoders = subject.learner(0).minimise(objective.as_ref(), dim).expect("a maximiser").encoders;
                let gradient = objective.gradient(&moments, &encoders).expect("a gradient");
                for (m, covariance) in [&moments.first, &moments.second].into_iter().enumerate() {
                    let (weights, gradient) = (encoders.weights(m), gradient.weights(m));
                    let multiplier = gradient * weights.transpose();
                    let tangent = gradient - &multiplier * weights * covariance;
                    let size = (moments.cross.norm() + covariance.norm_squared()) * weights.norm() + 1.0;
                    let asymmetry = (&multiplier - multiplier.transpose()).norm();
                    assert!(
                        tangent.norm() <= tolerance * size && asymmetry <= tolerance * size,
                        "{} on model {seed}, d = {dim}: {:.1e} and {asymmetry:.1e} of {size:.1e}",
                        objective.id(),
                        tangent.norm()
                    );
                }
            }
        }
    }
}

#[test]
fn joint_density_is_infinite_outside_its_domain_and_has_no_gradient_there() {
    let model = models::scalar();
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let moments = subject.pair.second_moments(&[]);
    let objective = objective::find("joint-density").expect("a known id");
    // var z_1 · var z_2 = 5 w² · 1.5 w²: at w² = 0.4 it is 1.2, at w² = 0.3 it is 0.675.
    let encoders = |square: f64| {
        let weights = Matrix::from_row_slice(1, 2, &[square.sqrt(), 0.0]);
        Encoders { first: weights.clone(), second: weights }
    };
    assert_eq!(objective.value(&moments, &encoders(0.4)), Some(f64::INFINITY));
    assert!(objective.gradient(&moments, &encoders(0.4)).is_none());
    // −Cov(z_1, z_2) − ½ log(1 − 0.675), Cov = 2·0.3.
    let value = objective.value(&moments, &encoders(0.3)).expect("a value");
    assert!((value - (-0.6 - 0.5 * 0.325_f64.ln())).abs() < 1e-14);
}
