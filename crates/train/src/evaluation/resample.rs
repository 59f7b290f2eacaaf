//! Bootstrap intervals: test samples redrawn with replacement.
//!
//! Every measure here is a function of weighted sums over test samples, so a resample is a row of multiplicities, and
//! all resamples of all measures are one matrix product. Samples that belong together (pixels of a block) are drawn
//! together, as whole groups of any size.

use super::{EvaluationError, EvaluationSpec};
use alignloss::estimate::quantile;
use alignloss::linalg::{Matrix, product};
use alignloss::random::Stream;
use rand::RngExt;
use std::collections::BTreeMap;

/// A value with its percentile interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// How often each test sample occurs in each resample.
#[derive(Debug)]
pub(super) struct Resamples {
    /// (1 + resamples) × samples; the first row is the sample itself.
    multiplicities: Matrix,
    level: f64,
}

impl Resamples {
    /// `groups` gives the group of each sample, whose samples are drawn together; without it samples are independent.
    /// `spec` has been validated.
    pub(super) fn new(
        samples: usize,
        groups: Option<&[usize]>,
        spec: &EvaluationSpec,
        seed: u64,
    ) -> Result<Self, EvaluationError> {
        let size = |what: &str, found, expected| EvaluationError::Size { what: what.into(), found, expected };
        if let Some(groups) = groups
            && groups.len() != samples
        {
            return Err(size("group labels of the test samples", groups.len(), samples));
        }
        let members = members(samples, groups);
        if members.len() < 2 {
            return Err(size("groups of test samples", members.len(), 2));
        }
        let mut multiplicities = Matrix::zeros(1 + spec.resamples, samples);
        multiplicities.row_mut(0).fill(1.0);
        for resample in 0..spec.resamples {
            let stream = Stream { seed, experiment: "probe bootstrap", cell: 0, replicate: resample as u64 };
            let mut generator = stream.generator();
            for _ in 0..members.len() {
                for &sample in &members[generator.random_range(0..members.len())] {
                    multiplicities[(1 + resample, sample)] += 1.0;
                }
            }
        }
        Ok(Self { multiplicities, level: spec.level })
    }

    /// The multiplicities, resamples × samples, the sample itself first.
    pub(super) fn multiplicities(&self) -> &Matrix {
        &self.multiplicities
    }

    /// A measure computed from the sums of columns (samples × columns; a column of ones is prepended).
    pub(super) fn estimate(&self, columns: &Matrix, measure: impl Fn(&[f64]) -> f64) -> Estimate {
        let with_count = columns.clone().insert_column(0, 1.0);
        let sums = product(&self.multiplicities, &with_count);
        let sums = sums.transpose();
        self.interval(&sums.column_iter().map(|column| measure(column.as_slice())).collect::<Vec<_>>())
    }

    /// From the value of the sample followed by those of the resamples; resamples without a value are dropped.
    pub(super) fn interval(&self, values: &[f64]) -> Estimate {
        let value = values[0];
        let mut rest: Vec<f64> = values[1..].iter().copied().filter(|value| !value.is_nan()).collect();
        rest.sort_by(f64::total_cmp);
        let tail = 0.5 * (1.0 - self.level);
        Estimate { value, low: quantile(&rest, tail), high: quantile(&rest, 1.0 - tail) }
    }
}

/// The samples of each group, groups in order of appearance.
fn members(samples: usize, groups: Option<&[usize]>) -> Vec<Vec<usize>> {
    let Some(groups) = groups else { return (0..samples).map(|sample| vec![sample]).collect() };
    let mut places = BTreeMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (sample, group) in groups.iter().enumerate() {
        let place = *places.entry(group).or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        members[place].push(sample);
    }
    members
}

/// Squared errors, values and squared values of each entry, for [`r2`]: samples × 3·entries. Values are centred by
/// their mean, which does not change R² but reduces rounding.
pub(super) fn r2_columns(truth: &Matrix, predicted: &Matrix) -> Matrix {
    let entries = truth.nrows();
    let mean = truth.column_mean();
    Matrix::from_fn(truth.ncols(), 3 * entries, |sample, column| {
        let entry = column / 3;
        let value = truth[(entry, sample)] - mean[entry];
        match column % 3 {
            0 => (truth[(entry, sample)] - predicted[(entry, sample)]).powi(2),
            1 => value,
            _ => value * value,
        }
    })
}

/// R² of each entry from the sums of [`r2_columns`], preceded by the count: 1 − Σe²/Σ(y − ȳ)².
pub(super) fn r2_entries(sums: &[f64]) -> impl Iterator<Item = f64> {
    let count = sums[0];
    sums[1..].chunks_exact(3).map(move |entry| 1.0 - entry[0] / (entry[2] - entry[1] * entry[1] / count))
}

/// The mean R² over entries.
pub(super) fn r2(sums: &[f64]) -> f64 {
    r2_entries(sums).sum::<f64>() / ((sums.len() - 1) / 3) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(samples: usize, groups: Option<&[usize]>, resamples: usize) -> Result<Resamples, EvaluationError> {
        Resamples::new(samples, groups, &EvaluationSpec { resamples, ..EvaluationSpec::default() }, 1)
    }

    #[test]
    fn groups_of_different_sizes_are_drawn_whole() {
        let groups: Vec<usize> = [1, 2, 7, 30].iter().flat_map(|&size| vec![9 - size % 9; size]).collect();
        let resamples = drawn(40, Some(&groups), 50).unwrap();
        for row in resamples.multiplicities().row_iter() {
            let mut drawn = 0.0;
            for name in [8, 7, 2, 6] {
                let own: Vec<f64> =
                    (0..40).filter(|&sample| groups[sample] == name).map(|sample| row[sample]).collect();
                assert!(own.iter().all(|times| (times - own[0]).abs() < 0.5), "{own:?}");
                drawn += own[0];
            }
            assert!((drawn - 4.0).abs() < 0.5, "as many groups as there are: {drawn}");
        }
        let problem = drawn(3, Some(&[5, 5, 5]), 9).unwrap_err().to_string();
        assert_eq!(problem, "groups of test samples: 1, expected 2");
        assert_eq!(
            drawn(3, Some(&[5, 6]), 9).unwrap_err().to_string(),
            "group labels of the test samples: 2, expected 3"
        );
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_law() {
        let resamples = drawn(400, None, 999).unwrap();
        let column = Matrix::from_fn(400, 1, |i, _| if i % 2 == 0 { 1.0 } else { -1.0 });
        let estimate = resamples.estimate(&column, |sums| sums[1] / sums[0]);
        assert!(estimate.value.abs() < 1e-15);
        let expected = 1.645 / 20.0;
        assert!((estimate.high / expected - 1.0).abs() < 0.15, "{estimate:?}");
        assert!((estimate.low / -expected - 1.0).abs() < 0.15, "{estimate:?}");
    }

    #[test]
    fn samples_that_belong_together_widen_the_interval() {
        let column = Matrix::from_fn(400, 1, |i, _| if i / 20 % 2 == 0 { 1.0 } else { -1.0 });
        let width = |run: usize| {
            let groups: Vec<usize> = (0..400).map(|i| i / run).collect();
            let estimate = drawn(400, Some(&groups), 499).unwrap().estimate(&column, |sums| sums[1] / sums[0]);
            estimate.high - estimate.low
        };
        assert!(width(20) > 3.0 * width(1));
    }

    #[test]
    fn r2_is_one_less_the_share_of_the_error() {
        let truth = Matrix::from_row_slice(1, 4, &[11.0, 12.0, 13.0, 14.0]);
        let predicted = Matrix::from_row_slice(1, 4, &[11.0, 12.0, 13.0, 13.0]);
        let resamples = drawn(4, None, 9).unwrap();
        assert!((resamples.estimate(&r2_columns(&truth, &predicted), r2).value - 0.8).abs() < 1e-14);
    }
}
