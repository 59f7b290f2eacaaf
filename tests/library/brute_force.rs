//! Closed forms against a general-purpose minimiser: no start may beat them, and the best must reach them.

use crate::common::dense::symmetric_inverse_root;
use crate::common::random;
use alignloss::information::{Encoders, SecondMoments};
use alignloss::linalg::Matrix;
use alignloss::objective::{
    self, AlignmentFidelity, CanonicalCorrelation, Decoupled, InfoNce, JointDensity, LinearContrastive, Objective,
    Prediction, Regularised, Sense, Solution, Spectral,
};
use alignloss::theorem::Subject;
use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

/// What an iterative minimiser can be asked to reach of a value of order one to a hundred.
const REACHED: f64 = 1e-7;

/// Rounding of a value of order one to a hundred: no start may be below the closed form by more.
const BEATEN: f64 = 1e-10;

/// Random starts for each objective, model and dimension: the objectives have saddles but no spurious minima, so few suffice.
const STARTS: usize = 6;

const MODELS: std::ops::Range<u64> = 100..104;

/// An objective as a function of one vector of weights, both encoders row by row; for those of whitened encoders the weights are whitened first.
struct Problem<'a> {
    objective: &'a dyn Objective,
    moments: &'a SecondMoments,
    dim: usize,
}

impl Problem<'_> {
    fn encoders(&self, parameters: &[f64]) -> Encoders {
        let columns = [self.moments.first.nrows(), self.moments.second.nrows()];
        let (first, second) = parameters.split_at(self.dim * columns[0]);
        Encoders {
            first: Matrix::from_row_slice(self.dim, columns[0], first),
            second: Matrix::from_row_slice(self.dim, columns[1], second),
        }
    }

    /// (W Σ Wᵀ)^{-1/2} W for objectives over whitened encoders.
    fn admissible(&self, parameters: &[f64]) -> Encoders {
        let Encoders { first, second } = self.encoders(parameters);
        if !self.objective.whitened() {
            return Encoders { first, second };
        }
        let whitened = |weights: Matrix, covariance: &Matrix| {
            symmetric_inverse_root(&(&weights * covariance * weights.transpose())) * weights
        };
        Encoders { first: whitened(first, &self.moments.first), second: whitened(second, &self.moments.second) }
    }

    fn value(&self, parameters: &[f64]) -> f64 {
        let value =
            self.objective.value(self.moments, &self.admissible(parameters)).expect("an objective with a value");
        match self.objective.sense() {
            Sense::Minimise => value,
            Sense::Maximise => -value,
        }
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, Error> {
        let value = self.value(parameters);
        // Line searches step over the edge of `joint-density`'s domain; a large number turns them back.
        Ok(if value.is_finite() { value } else { 1e6 })
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    /// The objective's own gradient where it is tested elsewhere (`tests/library/gradients.rs`); central differences through the whitening.
    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, Error> {
        if !self.objective.whitened() {
            let gradient = self.objective.gradient(self.moments, &self.encoders(parameters));
            return Ok(gradient.map_or_else(
                || vec![0.0; parameters.len()],
                |gradient| {
                    [&gradient.first, &gradient.second]
                        .into_iter()
                        .flat_map(|matrix| matrix.transpose().iter().copied().collect::<Vec<_>>())
                        .collect()
                },
            ));
        }
        let step = 1e-6;
        let mut shifted = parameters.clone();
        Ok((0..parameters.len())
            .map(|i| {
                let mut at = |offset: f64| {
                    shifted[i] = parameters[i] + offset;
                    let value = self.value(&shifted);
                    shifted[i] = parameters[i];
                    value
                };
                (at(step) - at(-step)) / (2.0 * step)
            })
            .collect())
    }
}

/// The lowest value found from one start.
fn minimise(problem: Problem, start: Vec<f64>) -> f64 {
    let first = problem.value(&start);
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 12)
        .with_tolerance_grad(1e-9)
        .expect("a tolerance")
        .with_tolerance_cost(1e-15)
        .expect("a tolerance");
    let result = Executor::new(problem, solver).configure(|state| state.param(start).max_iters(3000)).run();
    // A failed line search ends a run; the other starts carry on.
    result.map_or(first, |result| result.state().get_best_cost())
}

fn start(generator: &mut ChaCha8Rng, objective: &dyn Objective, moments: &SecondMoments, dim: usize) -> Vec<f64> {
    let size = dim * (moments.first.nrows() + moments.second.nrows());
    let mut parameters: Vec<f64> = random::gaussian(generator, size, 1).iter().copied().collect();
    // Inside the domain of `joint-density`.
    while !objective
        .value(moments, &Problem { objective, moments, dim }.encoders(&parameters))
        .expect("a value")
        .is_finite()
    {
        for parameter in &mut parameters {
            *parameter *= 0.5;
        }
    }
    parameters
}

/// Of every objective that has a value.
fn check(objective: &dyn Objective) {
    for seed in MODELS {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let learner = subject.learner(0);
        let moments = subject.pair.second_moments(&subject.factors);
        let generator = &mut random::generator(seed);
        if objective.value(&moments, &random::encoders(generator, subject.pair.channels(), 1)).is_none() {
            assert!(matches!(objective.solution(), Solution::Random), "{}", objective.id());
            return;
        }
        for dim in 1..=3 {
            let learned = learner.minimise(objective, dim).expect("a minimiser").encoders;
            let sign = if objective.sense() == Sense::Maximise { -1.0 } else { 1.0 };
            let closed = sign * objective.value(&moments, &learned).expect("a value");
            if objective.whitened() {
                for m in 0..2 {
                    let gram = moments.encoded(m, learned.weights(m));
                    assert!((gram - Matrix::identity(dim, dim)).norm() < BEATEN, "not whitened");
                }
            }
            let found = (0..STARTS).map(|_| {
                minimise(Problem { objective, moments: &moments, dim }, start(generator, objective, &moments, dim))
            });
            let best = found.fold(f64::INFINITY, f64::min);
            let place =
                format!("{} on model {seed}, d = {dim}: closed form {closed}, best start {best}", objective.id());
            let scale = closed.abs().max(1.0);
            assert!(best >= closed - BEATEN * scale, "beaten: {place}");
            assert!(best <= closed + REACHED * scale, "not reached: {place}");
        }
    }
}

#[test]
fn every_objective_is_minimised_at_its_defaults() {
    objective::REGISTRY.par_iter().map(objective::Entry::default).for_each(|objective| check(objective.as_ref()));
}

#[test]
fn linear_contrastive_is_minimised_at_any_penalty_and_weight_decay() {
    check(&LinearContrastive::new(2.5, 0.0).expect("in range"));
    check(&LinearContrastive::new(1.0, 0.3).expect("in range"));
}

#[test]
fn infonce_is_minimised_at_any_temperature() {
    check(&InfoNce::new(0.3).expect("in range"));
}

#[test]
fn the_joint_objective_is_maximised_over_whitened_encoders() {
    for lambda in [0.05, 0.3, 0.7] {
        check(&AlignmentFidelity::new(lambda).expect("within range"));
    }
}

#[test]
fn the_common_block_of_decoupled_encoders_is_maximally_aligned() {
    check(&Decoupled { common_dim: Some(1) });
}

#[test]
fn the_continuum_is_minimised_at_any_exponents() {
    check(&Regularised::new([0.4, 0.1]).expect("within range"));
}

#[test]
fn the_values_at_the_minimum_are_those_of_the_theory() {
    for seed in 200..220 {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let learner = subject.learner(0);
        let moments = subject.pair.second_moments(&subject.factors);
        // Canonical correlations by a dense route: singular values of Σ11^{-1/2} Σ12 Σ22^{-1/2}, as roots of eigenvalues of TᵀT.
        let whitened =
            symmetric_inverse_root(&moments.first) * &moments.cross * symmetric_inverse_root(&moments.second);
        let roots = |matrix: Matrix| {
            // The root of a rounding error of 1e-16 is no singular value of 1e-8.
            let clean = |value: f64| if value < 1e-13 { 0.0 } else { value.sqrt() };
            let mut values: Vec<f64> =
                (matrix.transpose() * matrix).symmetric_eigenvalues().iter().map(|&value| clean(value)).collect();
            values.sort_by(|a, b| b.total_cmp(a));
            values
        };
        let correlations = roots(whitened.clone());
        let singular = roots(moments.cross.clone());
        let predicted = roots(symmetric_inverse_root(&moments.first) * &moments.cross);
        for dim in 1..=3 {
            let sum = |values: &[f64], term: &dyn Fn(f64) -> f64| {
                values.iter().take(dim).map(|&value| term(value)).sum::<f64>()
            };
            // Scale s of a joint-density pair: −sρ − ½ log(1 − s²), stationary at s = ρ(1 − s²), s = (√(1+4ρ²) − 1)/(2ρ).
            let density = |rho: f64| {
                if rho < 1e-6 {
                    return 0.0;
                }
                let scale = ((1.0 + 4.0 * rho * rho).sqrt() - 1.0) / (2.0 * rho);
                assert!((scale - rho * (1.0 - scale * scale)).abs() < 1e-9);
                -scale * rho - 0.5 * (1.0 - scale * scale).ln()
            };
            let expected: [(&dyn Objective, f64); 7] = [
                (&CanonicalCorrelation, sum(&correlations, &|rho| rho)),
                (&Spectral, -sum(&correlations, &|rho| rho * rho)),
                (&InfoNce::new(0.7).expect("in range"), -0.5 * sum(&correlations, &|rho| rho * rho)),
                (&JointDensity, sum(&correlations, &density)),
                (&LinearContrastive::new(2.0, 0.0).expect("in range"), -0.25 * sum(&singular, &|sigma| sigma * sigma)),
                (
                    &LinearContrastive::new(2.0, 0.1).expect("in range"),
                    -0.25 * sum(&singular, &|sigma| (sigma - 0.1_f64).max(0.0).powi(2)),
                ),
                (&Prediction, moments.second.trace() - sum(&predicted, &|sigma| sigma * sigma)),
            ];
            for (objective, expected) in expected {
                let encoders = learner.minimise(objective, dim).expect("a minimiser").encoders;
                let value = objective.value(&moments, &encoders).expect("a value");
                // Both routes lose a few digits with the condition number of Σ, a few hundred.
                assert!(
                    (value - expected).abs() <= 1e-11 * expected.abs().max(1.0),
                    "{} on model {seed}, d = {dim}: {value}, expected {expected}",
                    objective.id()
                );
            }
        }
    }
}

#[test]
fn the_product_of_the_encoders_is_the_one_of_the_theory() {
    // W_1ᵀW_2 is unique although the encoders are not: Σ11^{-a} [Σ11^{-a}Σ12Σ22^{-b}]_d Σ22^{-b} up to the scale of each objective.
    for seed in 230..236 {
        let model = random::model(seed);
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let moments = subject.pair.second_moments(&[]);
        let (left, right) = (symmetric_inverse_root(&moments.first), symmetric_inverse_root(&moments.second));
        let whitened = &left * &moments.cross * &right;
        let truncated = |matrix: &Matrix, dim: usize| {
            // The best rank-d approximation by projection on the leading eigenvectors of A·Aᵀ.
            let eigen = (matrix * matrix.transpose()).symmetric_eigen();
            let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
            order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
            let basis = Matrix::from_fn(matrix.nrows(), dim, |i, j| eigen.eigenvectors[(i, order[j])]);
            &basis * basis.transpose() * matrix
        };
        for dim in 1..=subject.pair.rank().min(2) {
            let canonical = &left * truncated(&whitened, dim) * &right;
            let expected: [(&dyn Objective, Matrix); 3] = [
                (&Spectral, canonical.clone()),
                (&InfoNce::new(0.5).expect("in range"), canonical * 0.5),
                (&LinearContrastive::new(4.0, 0.0).expect("in range"), truncated(&moments.cross, dim) * 0.25),
            ];
            for (objective, expected) in expected {
                let Encoders { first, second } =
                    subject.learner(0).minimise(objective, dim).expect("a minimiser").encoders;
                let product = first.transpose() * second;
                assert!(
                    (&product - &expected).norm() <= 1e-9 * expected.norm().max(1.0),
                    "{} on model {seed}, d = {dim}",
                    objective.id()
                );
            }
        }
    }
}
