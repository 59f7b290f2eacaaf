//! Probes: ridge regression, and kernel ridge regression on Nyström features.
//!
//! Both are ridge regressions from centred features onto centred targets, with the penalty that predicts the validation
//! part best, chosen separately for every factor. Classes are regressed as indicators and predicted by the largest
//! score; for balanced accuracy, samples are weighted by one over the size of their class.
//!
//! The nonlinear probe uses the kernel exp(−‖x−x′‖²/2σ²) + ⟨x, x′⟩/p on standardised features. The Gaussian part is
//! universal; the linear part ensures that a linear relation does not cost more samples than the linear probe needs. σ
//! is chosen on the validation part among multiples of the median distance. Nyström features over landmarks drawn from
//! the training part (Williams, Seeger 2001) use all training samples at the cost of a few, and beat the same number of
//! random Fourier features because they adapt to the data (Yang et al. 2012); with as many landmarks as samples they
//! are exactly kernel ridge regression.

use super::EvaluationError;
use super::features::{Features, Parts, standardised};
use super::solve::Cholesky;
use alignloss::linalg::{Matrix, gram, product, product_nt, product_tn, scale_columns};
use alignloss::random::Stream;
use rand::seq::SliceRandom;

/// Penalties of the ridge, in units of the mean variance of a feature, largest first: with the largest, even the
/// leading direction of a kernel predicts next to nothing, as it should for a target that is not present.
const PENALTIES: [f64; 12] = [1e4, 1e3, 100.0, 10.0, 1.0, 0.3, 0.1, 0.03, 1e-2, 1e-3, 1e-5, 1e-7];

/// The widest bandwidth of the Gaussian kernel, in units of the median distance between landmarks; others are halves of it.
const WIDEST: f64 = 2.0;

/// Number of bandwidths: 2, 1 and ½.
const BANDWIDTHS: usize = 3;

/// Added to the diagonal of the landmarks' kernel matrix, in units of its mean: well above rounding, and too small to
/// affect predictions.
const JITTER: f64 = 1e-10;

/// The kind of probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// Linear.
    Ridge,
    /// Gaussian plus linear kernel with this many landmarks, drawn with the seed.
    Kernel { landmarks: usize, seed: u64 },
}

/// The target: entries × samples for each part.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) values: Parts<Matrix>,
    pub(super) loss: Loss,
}

/// The loss by which the penalty is chosen.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Loss {
    /// Squared error, each entry in units of its variance.
    Squared,
    /// Classification error of the largest score; if balanced, with equal weight for each class.
    Classes { balanced: bool },
}

/// A probe's predictions for the test part, entries × samples, and its loss on the validation part.
#[derive(Debug, Clone)]
pub(super) struct Predicted {
    pub(super) test: Matrix,
    pub(super) validation_loss: f64,
}

impl Probe {
    /// Its name in measures.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ridge => "ridge",
            Self::Kernel { .. } => "kernel",
        }
    }

    /// Predictions of every target from the same features (given raw; they are standardised here).
    pub(super) fn predict(self, features: &Features, targets: &[Target]) -> Result<Vec<Predicted>, EvaluationError> {
        let features = standardised(features);
        match self {
            _ if features.train.nrows() == 0 => ridge(&features, targets),
            Self::Ridge => ridge(&features, targets),
            Self::Kernel { landmarks, seed } => {
                let mut nystroem = Nystroem::new(&features, landmarks, seed);
                let mut best = ridge(&nystroem.features()?, targets)?;
                for _ in 1..BANDWIDTHS {
                    nystroem.halve_bandwidth();
                    let mut improved = false;
                    for (best, found) in best.iter_mut().zip(ridge(&nystroem.features()?, targets)?) {
                        if found.validation_loss < best.validation_loss {
                            *best = found;
                            improved = true;
                        }
                    }
                    // A kernel that is too narrow for every target will not improve at half the bandwidth.
                    if !improved {
                        break;
                    }
                }
                Ok(best)
            }
        }
    }
}

/// Ridge regressions for every penalty, and for each target the one best on the validation part.
fn ridge(features: &Features, targets: &[Target]) -> Result<Vec<Predicted>, EvaluationError> {
    // Targets with the same sample weights share the moments of the features and every factorisation.
    let unweighted: Vec<usize> = (0..targets.len()).filter(|&t| targets[t].weights().is_none()).collect();
    let mut results: Vec<Option<Predicted>> = vec![None; targets.len()];
    let mut groups = vec![unweighted];
    groups.extend((0..targets.len()).filter(|&t| targets[t].weights().is_some()).map(|t| vec![t]));
    for group in groups {
        let Some(&first) = group.first() else { continue };
        let weights = targets[first].weights();
        let path = Path::new(&features.train, weights.as_deref());
        let chosen: Vec<&Target> = group.iter().map(|&t| &targets[t]).collect();
        for (&t, predicted) in group.iter().zip(path.best(features, &chosen)?) {
            results[t] = Some(predicted);
        }
    }
    Ok(results.into_iter().flatten().collect())
}

/// The moments of weighted training features.
struct Path<'a> {
    features: &'a Matrix,
    /// With mean one; `None` is all ones.
    weights: Option<&'a [f64]>,
    mean: nalgebra::DVector<f64>,
    /// Centred features, times the root of the weights.
    centred: Matrix,
    gram: Matrix,
}

impl<'a> Path<'a> {
    fn new(features: &'a Matrix, weights: Option<&'a [f64]>) -> Self {
        let count = features.ncols() as f64;
        let mean = weighted_mean(features, weights);
        let centred = weighted_centred(features, &mean, weights);
        let gram = gram(&centred) / count;
        Self { features, weights, mean, centred, gram }
    }

    /// B of one penalty, features × entries, from Cov(features, target).
    fn coefficients(&self, cross: &Matrix, penalty: f64) -> Result<Matrix, EvaluationError> {
        let mut solution = cross.clone();
        if self.gram.nrows() > 0 {
            let mut penalised = self.gram.clone();
            let unit = self.gram.trace() / self.gram.nrows() as f64;
            for i in 0..penalised.nrows() {
                penalised[(i, i)] += penalty * unit;
            }
            Cholesky::new(&penalised)?.solve(&mut solution);
        }
        Ok(solution)
    }

    /// For each target, the predictions with the penalty that is best on the validation part.
    fn best(&self, features: &Features, targets: &[&Target]) -> Result<Vec<Predicted>, EvaluationError> {
        let count = self.features.ncols() as f64;
        let entries: usize = targets.iter().map(|target| target.values.train.nrows()).sum();
        let mut cross = Matrix::zeros(self.features.nrows(), entries);
        let mut means = Vec::with_capacity(targets.len());
        let mut start = 0;
        for target in targets {
            let mean = weighted_mean(&target.values.train, self.weights);
            let centred = weighted_centred(&target.values.train, &mean, self.weights);
            let block = product_nt(&self.centred, &centred) / count;
            cross.columns_mut(start, block.ncols()).copy_from(&block);
            start += block.ncols();
            means.push(mean);
        }
        let [validation, test] = [&features.validation, &features.test].map(|part| centred(part, &self.mean));
        let mut best: Vec<Option<(f64, Matrix)>> = vec![None; targets.len()];
        for penalty in PENALTIES {
            // A factorisation that fails at a small penalty was preceded by those for larger ones.
            let Ok(coefficients) = self.coefficients(&cross, penalty) else { break };
            let predicted = product_tn(&coefficients, &validation);
            let mut start = 0;
            for ((target, mean), best) in targets.iter().zip(&means).zip(&mut best) {
                let entries = mean.len();
                let mut scores = predicted.rows(start, entries).into_owned();
                scores.column_iter_mut().for_each(|mut column| column += mean);
                let loss = target.loss(&scores);
                if best.as_ref().is_none_or(|(least, _)| loss < *least) {
                    *best = Some((loss, coefficients.columns(start, entries).into_owned()));
                }
                start += entries;
            }
        }
        best.into_iter()
            .zip(&means)
            .map(|(best, mean)| {
                let (validation_loss, coefficients) = best.ok_or(alignloss::linalg::LinalgError::NoConvergence {
                    algorithm: "ridge regression",
                    rows: self.features.nrows(),
                    columns: self.features.ncols(),
                })?;
                let mut predicted = product_tn(&coefficients, &test);
                predicted.column_iter_mut().for_each(|mut column| column += mean);
                Ok(Predicted { test: predicted, validation_loss })
            })
            .collect()
    }
}

impl Target {
    /// One over the size of each training sample's class, scaled to mean one, if classes are balanced.
    fn weights(&self) -> Option<Vec<f64>> {
        if self.loss != (Loss::Classes { balanced: true }) {
            return None;
        }
        let indicators = &self.values.train;
        let sizes: Vec<f64> = indicators.row_iter().map(|row| row.sum()).collect();
        let present = sizes.iter().filter(|&&size| size > 0.0).count() as f64;
        let weight = |class: usize| indicators.ncols() as f64 / (present * sizes[class]);
        Some(indicators.column_iter().map(|column| weight(column.imax())).collect())
    }

    /// The loss of predictions for the validation part.
    fn loss(&self, scores: &Matrix) -> f64 {
        let truth = &self.values.validation;
        match self.loss {
            Loss::Squared => {
                let scale = self.values.train.row_iter().map(|row| {
                    let mean = row.mean();
                    row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / row.len() as f64
                });
                let rows = truth.row_iter().zip(scores.row_iter());
                rows.zip(scale).map(|((truth, score), scale)| (truth - score).norm_squared() / scale).sum()
            }
            Loss::Classes { balanced } => {
                let mut wrong = vec![0.0; truth.nrows()];
                let mut sizes = vec![0.0; truth.nrows()];
                for (truth, score) in truth.column_iter().zip(scores.column_iter()) {
                    let class = truth.imax();
                    sizes[class] += 1.0;
                    wrong[class] += f64::from(u8::from(score.imax() != class));
                }
                if balanced {
                    wrong.iter().zip(&sizes).filter(|(_, size)| **size > 0.0).map(|(wrong, size)| wrong / size).sum()
                } else {
                    wrong.iter().sum()
                }
            }
        }
    }
}

/// The kernel between all samples and the landmarks.
struct Nystroem {
    /// exp(−‖landmark − sample‖²/2σ²), landmarks × samples.
    gaussian: Features,
    /// ⟨landmark, sample⟩/p.
    linear: Features,
    /// The same, among the landmarks.
    among: [Matrix; 2],
}

impl Nystroem {
    fn new(features: &Features, landmarks: usize, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..features.train.ncols()).collect();
        order.shuffle(&mut Stream { seed, experiment: "landmarks", cell: 0, replicate: 0 }.generator());
        order.truncate(landmarks);
        let chosen = features.train.select_columns(&order);
        let width = features.train.nrows() as f64;
        let inner = |part: &Matrix| product_tn(&chosen, part);
        let squares =
            |matrix: &Matrix| -> Vec<f64> { matrix.column_iter().map(|column| column.norm_squared()).collect() };
        let rows = squares(&chosen);
        let distances = |part: &Matrix, inner: &Matrix| {
            let mut result = inner * -2.0;
            for (mut column, square) in result.column_iter_mut().zip(squares(part)) {
                column.iter_mut().zip(&rows).for_each(|(entry, row)| *entry = (*entry + row + square).max(0.0));
            }
            result
        };
        let within = inner(&chosen);
        let apart = distances(&chosen, &within);
        let mut pairs: Vec<f64> = apart
            .column_iter()
            .enumerate()
            .flat_map(|(j, column)| column.iter().skip(j + 1).copied().collect::<Vec<_>>())
            .collect();
        let middle = pairs.len() / 2;
        let median = if pairs.is_empty() { 0.0 } else { *pairs.select_nth_unstable_by(middle, f64::total_cmp).1 };
        let rate = -0.5 / (WIDEST * WIDEST * if median > 0.0 { median } else { 1.0 });
        let gaussian = |part: &Matrix, inner: &Matrix| {
            let mut values = distances(part, inner);
            values.apply(|value| *value = (rate * *value).exp());
            values
        };
        let linear = features.map(inner);
        Self {
            gaussian: Parts {
                train: gaussian(&features.train, &linear.train),
                validation: gaussian(&features.validation, &linear.validation),
                test: gaussian(&features.test, &linear.test),
            },
            linear: linear.map(|part| part / width),
            among: [gaussian(&chosen, &within), within / width],
        }
    }

    /// Halving the bandwidth raises the Gaussian to the fourth power.
    fn halve_bandwidth(&mut self) {
        let Parts { train, validation, test } = &mut self.gaussian;
        for values in [train, validation, test, &mut self.among[0]] {
            values.apply(|value| {
                let square = *value * *value;
                *value = square * square;
            });
        }
    }

    /// L⁻¹·k(landmarks, x), with L·Lᵀ the kernel among the landmarks.
    fn features(&self) -> Result<Features, EvaluationError> {
        let mut among = &self.among[0] + &self.among[1];
        let jitter = JITTER * among.trace() / among.nrows() as f64;
        for i in 0..among.nrows() {
            among[(i, i)] += jitter;
        }
        let factor = Cholesky::new(&among)?;
        let feature = |gaussian: &Matrix, linear: &Matrix| {
            let mut values = gaussian + linear;
            factor.forward(&mut values);
            values
        };
        let (gaussian, linear) = (&self.gaussian, &self.linear);
        Ok(Parts {
            train: feature(&gaussian.train, &linear.train),
            validation: feature(&gaussian.validation, &linear.validation),
            test: feature(&gaussian.test, &linear.test),
        })
    }
}

/// A linear map from features to a target for every penalty: its predictions and its Lipschitz constant.
pub(super) struct LinearMap {
    /// Entries × samples.
    pub(super) validation: Matrix,
    /// Entries × samples.
    pub(super) test: Matrix,
    /// The largest singular value, for the features as given.
    pub(super) lipschitz: f64,
}

/// Ridge regressions of one target from unstandardised features, one per penalty plus one for an infinite penalty.
pub(super) fn linear_maps(features: &Features, target: &Parts<Matrix>) -> Result<Vec<LinearMap>, EvaluationError> {
    let path = Path::new(&features.train, None);
    let mean = weighted_mean(&target.train, None);
    let count = features.train.ncols() as f64;
    let cross = product_nt(&path.centred, &centred(&target.train, &mean)) / count;
    let mut maps = Vec::new();
    // An infinite penalty first: the mean, which is 0-Lipschitz.
    for penalty in std::iter::once(f64::INFINITY).chain(PENALTIES) {
        let coefficients = if penalty.is_finite() { path.coefficients(&cross, penalty) } else { Ok(&cross * 0.0) };
        let Ok(coefficients) = coefficients else { break };
        let predicted = |part: &Matrix| {
            let mut predicted = product_tn(&coefficients, &centred(part, &path.mean));
            predicted.column_iter_mut().for_each(|mut column| column += &mean);
            predicted
        };
        maps.push(LinearMap {
            validation: predicted(&features.validation),
            test: predicted(&features.test),
            lipschitz: alignloss::linalg::largest_singular_value(&coefficients)?,
        });
    }
    Ok(maps)
}

fn weighted_mean(matrix: &Matrix, weights: Option<&[f64]>) -> nalgebra::DVector<f64> {
    match weights {
        None => matrix.column_mean(),
        Some(weights) => {
            let weights = Matrix::from_column_slice(weights.len(), 1, weights);
            (product(matrix, &weights) / matrix.ncols() as f64).column(0).into_owned()
        }
    }
}

fn centred(matrix: &Matrix, mean: &nalgebra::DVector<f64>) -> Matrix {
    let mut result = matrix.clone();
    result.column_iter_mut().for_each(|mut column| column -= mean);
    result
}

fn weighted_centred(matrix: &Matrix, mean: &nalgebra::DVector<f64>, weights: Option<&[f64]>) -> Matrix {
    let mut result = centred(matrix, mean);
    if let Some(weights) = weights {
        scale_columns(&mut result, weights.iter().map(|weight| weight.sqrt()));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn fixture() -> Value {
        serde_json::from_str(include_str!("../../tests/fixtures/probes.json")).unwrap()
    }

    /// Rows of a JSON list as columns.
    fn columns(rows: &Value) -> Matrix {
        let rows: Vec<Vec<f64>> = serde_json::from_value(rows.clone()).unwrap();
        Matrix::from_fn(rows[0].len(), rows.len(), |i, j| rows[j][i])
    }

    fn parts(value: &Value, of: impl Fn(&Value) -> Matrix) -> Parts<Matrix> {
        Parts { train: of(&value["train"]), validation: of(&value["validation"]), test: of(&value["test"]) }
    }

    fn indicators(classes: &Value) -> Matrix {
        let classes: Vec<usize> = serde_json::from_value(classes.clone()).unwrap();
        Matrix::from_fn(3, classes.len(), |i, j| f64::from(u8::from(classes[j] == i)))
    }

    fn check(found: &Predicted, expected: &Value, tolerance: f64) {
        let difference = (&found.test - columns(&expected["test"])).amax();
        assert!(difference < tolerance, "{difference}");
        let loss = expected["loss"].as_f64().unwrap();
        assert!((found.validation_loss - loss).abs() < tolerance * loss.max(1.0), "{} {loss}", found.validation_loss);
    }

    #[test]
    fn the_ridge_agrees_with_numpy() {
        let fixture = fixture();
        let features = parts(&fixture["features"], columns);
        let numbers = parts(&fixture["numbers"], columns);
        let classes = parts(&fixture["classes"], indicators);
        let target = |values: &Parts<Matrix>, loss| Target { values: values.clone(), loss };
        let targets = [
            target(&classes, Loss::Classes { balanced: true }),
            target(&numbers, Loss::Squared),
            target(&classes, Loss::Classes { balanced: false }),
        ];
        let found = Probe::Ridge.predict(&features, &targets).unwrap();
        for (found, name) in found.iter().zip(["ridge_balanced", "ridge_numbers", "ridge_classes"]) {
            check(found, &fixture["results"][name], 1e-9);
        }
    }

    #[test]
    fn with_all_landmarks_the_kernel_probe_is_kernel_ridge_regression() {
        let fixture = fixture();
        let features = parts(&fixture["features"], columns);
        let target = Target { values: parts(&fixture["numbers"], columns), loss: Loss::Squared };
        let found = Probe::Kernel { landmarks: 80, seed: 1 }.predict(&features, &[target]).unwrap();
        // The jitter among the landmarks moves predictions by about its size over the penalty.
        check(&found[0], &fixture["results"]["kernel_numbers"], 1e-4);
    }

    #[test]
    fn without_features_the_mean_is_predicted() {
        let constant = Parts {
            train: Matrix::from_element(3, 10, 1.0),
            validation: Matrix::from_element(3, 5, 2.0),
            test: Matrix::from_element(3, 4, 3.0),
        };
        let number = |count: usize| Matrix::from_fn(1, count, |_, j| j as f64);
        let values = Parts { train: number(10), validation: number(5), test: number(4) };
        for probe in [Probe::Ridge, Probe::Kernel { landmarks: 5, seed: 0 }] {
            let target = Target { values: values.clone(), loss: Loss::Squared };
            let found = probe.predict(&constant, &[target]).unwrap();
            assert!(found[0].test.iter().all(|&x| (x - 4.5).abs() < 1e-12));
        }
    }

    #[test]
    fn the_nonlinear_probe_sees_what_the_linear_one_does_not() {
        let part = |seed: u64, count: usize| {
            let mut draws = Matrix::zeros(2, count);
            let stream = Stream { seed, experiment: "probe test", cell: 0, replicate: 0 };
            alignloss::random::fill_standard_normal(&mut stream.generator(), draws.as_mut_slice());
            let target = Matrix::from_fn(1, count, |_, j| draws[(0, j)] * draws[(1, j)]);
            (draws, target)
        };
        let [train, validation, test] = [part(1, 2000), part(2, 400), part(3, 800)];
        let features = Parts { train: train.0, validation: validation.0, test: test.0 };
        let values = Parts { train: train.1, validation: validation.1, test: test.1 };
        let error = |probe: Probe| {
            let target = Target { values: values.clone(), loss: Loss::Squared };
            (&probe.predict(&features, &[target]).unwrap()[0].test - &values.test).norm_squared() / 800.0
        };
        assert!(error(Probe::Ridge) > 0.8, "x₁x₂ is uncorrelated with x");
        assert!(error(Probe::Kernel { landmarks: 200, seed: 0 }) < 0.01);
    }
}
