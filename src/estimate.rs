//! Estimates from data, with intervals: plug-in and cross-fitted.
//!
//! A plug-in estimate is an exact measure of the sample's own law ([`Data::empirical_model`]): encoders and measures
//! are fitted to the same samples, so information and R² are biased upwards by about (parameters)/(2 × samples). A
//! cross-fitted estimate takes its encoders from samples other than those it is measured on.
//!
//! Any closure over a [`Case`] is a measure and gets an interval. Not covered: bias correction and hypothesis tests.

use crate::information::{Encoders, InformationError, Source};
use crate::linalg::{LinalgError, Matrix, Whitening, product, stacked};
use crate::objective::Objective;
use crate::random::Stream;
use crate::sample::{Data, SampleError};
use crate::theorem::{Case, CaseError, Subject};
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// A number with its percentile bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate from the samples themselves.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Indices of the training samples, and of the held-out ones.
type Fold = (Vec<usize>, Vec<usize>);

/// Out-of-sample prediction of one target by one source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// E‖y − ŷ‖² over samples the predictor has not seen.
    pub mmse: Estimate,
    /// 1 − E‖y − ŷ‖² / E‖y − ȳ‖², with ȳ from the samples that fitted the predictor: negative if the source predicts
    /// worse than the mean.
    pub r2: Estimate,
}

/// Settings of an estimate.
#[derive(Debug, Clone)]
pub struct Estimator<'a> {
    /// The samples.
    pub data: &'a Data,
    /// The two modalities, counted from 0.
    pub modalities: [usize; 2],
    /// The objective that the encoders minimise.
    pub objective: &'a dyn Objective,
    /// d, the dimension of the encoders.
    pub dim: usize,
    /// Number of bootstrap resamples.
    pub resamples: usize,
    /// Nominal coverage of the intervals, in (0, 1).
    pub level: f64,
    /// Seed of folds and resamples.
    pub seed: u64,
}

/// Why there is no estimate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EstimateError {
    /// A setting is invalid.
    #[error("{setting}: {problem}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What is wrong, with the value.
        problem: String,
    },
    /// A measure is not a number.
    #[error("measure {index} is NaN{}", resample.map(|r| format!(" on resample {r}")).unwrap_or_default())]
    NotANumber {
        /// Its index in the closure's result.
        index: usize,
        /// The resample, or `None` for the data themselves.
        resample: Option<usize>,
    },
    /// The samples, or a resample of them, do not define a model.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Encoders or measures failed.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// A measure failed.
    #[error(transparent)]
    Information(#[from] InformationError),
    /// A decomposition failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

impl<'a> Estimator<'a> {
    /// The first two modalities, 199 resamples, level 0.9, seed 0.
    pub fn new(data: &'a Data, objective: &'a dyn Objective, dim: usize) -> Self {
        Self { data, modalities: [0, 1], objective, dim, resamples: 199, level: 0.9, seed: 0 }
    }

    /// Plug-in estimates of any measures of the encoders fitted to the data.
    ///
    /// Each resample draws as many samples as there are, with replacement, refits the encoders and measures them the
    /// same way. Resamples run in parallel, each with its own stream, so the result does not depend on the number of threads.
    ///
    /// The plug-in of mutual information is biased upwards by about dim·dim_y/(2n), and each resample by as much again,
    /// so for small samples the interval lies too high. With no more samples than channels, information is +∞, as it is
    /// under the sample's law.
    ///
    /// # Errors
    /// [`EstimateError`].
    ///
    /// # Examples
    /// ```
    /// use alignloss::estimate::Estimator;
    /// use alignloss::information::Source;
    /// use alignloss::model::{Format, LatentModel};
    /// use alignloss::objective::CanonicalCorrelation;
    /// use alignloss::random::Stream;
    /// use alignloss::sample::Data;
    /// let model = LatentModel::parse("[family]\nkind = \"random\"\nseed = 5\n", Format::Toml)?;
    /// let mut generator = Stream { seed: 1, experiment: "example", cell: 0, replicate: 0 }.generator();
    /// let data = Data::draw(&model, 200, &mut generator)?;
    /// let estimator = Estimator::new(&data, &CanonicalCorrelation, 2);
    /// let [error, information] = estimator.plug_in(|case| {
    ///     [case.alignment.error, case.alignment.angles.mutual_information_nats()]
    /// })?;
    /// assert!(error.low <= error.high && information.value > 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plug_in<const N: usize>(
        &self,
        measures: impl Fn(&Case) -> [f64; N] + Sync,
    ) -> Result<[Estimate; N], EstimateError> {
        self.check()?;
        let measure = |data: &Data| self.fitted(data, |case| Ok(measures(case)));
        let values = numbers(measure(self.data)?, None)?;
        let resampled = (0..self.resamples)
            .into_par_iter()
            .map(|resample| {
                let chosen = self.resample("bootstrap", 0, resample, self.data.count());
                numbers(measure(&self.data.select(&chosen)?)?, Some(resample))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(self.intervals(values, &resampled))
    }

    /// Cross-fitted estimates: for each of K folds, encoders are fitted to the other K − 1 and measured on the fold;
    /// the folds are averaged. Intervals resample each fold with its encoders held fixed.
    ///
    /// The encoders are not fitted to the noise of the fold, but measures on it are still plug-in estimates from its
    /// n/K samples: the mutual information of an encoder keeps a bias of about dim·dim_y·K/(2n), and R² one of about
    /// dim·K/n. Use [`Estimator::cross_fitted_prediction`] for an unbiased out-of-sample R².
    ///
    /// # Errors
    /// [`EstimateError`]; each fold needs two samples.
    pub fn cross_fitted<const N: usize>(
        &self,
        folds: usize,
        measures: impl Fn(&Case) -> [f64; N] + Sync,
    ) -> Result<[Estimate; N], EstimateError> {
        self.check()?;
        let folds = self.folds(folds)?;
        let fitted = folds
            .iter()
            .map(|(train, test)| {
                let encoders = self.fitted(&self.data.select(train)?, |case| Ok(case.encoders.clone()))?;
                Ok((encoders, self.data.select(test)?))
            })
            .collect::<Result<Vec<_>, EstimateError>>()?;
        let measure = |encoders: &Encoders, data: &Data| -> Result<[f64; N], EstimateError> {
            let model = data.empirical_model("fold")?;
            let subject = Subject::new(&model, self.modalities)?;
            Ok(measures(&Case::of_weights(&subject, encoders.clone())?))
        };
        let average = |parts: Vec<[f64; N]>| -> [f64; N] {
            std::array::from_fn(|index| parts.iter().map(|part| part[index]).sum::<f64>() / parts.len() as f64)
        };
        let held_out =
            fitted.iter().map(|(encoders, data)| measure(encoders, data)).collect::<Result<Vec<_>, EstimateError>>()?;
        let values = numbers(average(held_out), None)?;
        let resampled = (0..self.resamples)
            .into_par_iter()
            .map(|resample| {
                let parts = fitted.iter().enumerate().map(|(fold, (encoders, data))| {
                    let chosen = self.resample("fold bootstrap", fold, resample, data.count());
                    measure(encoders, &data.select(&chosen)?)
                });
                numbers(average(parts.collect::<Result<Vec<_>, EstimateError>>()?), Some(resample))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(self.intervals(values, &resampled))
    }

    /// Out-of-sample prediction of every target from every source ([`Source::ALL`]): encoders *and* linear predictors
    /// come from K − 1 folds, errors from the remaining fold, and the errors of all samples are pooled. Intervals
    /// resample those errors.
    ///
    /// # Errors
    /// [`EstimateError`]; each fold needs two samples.
    pub fn cross_fitted_prediction(&self, folds: usize) -> Result<Vec<[Prediction; 6]>, EstimateError> {
        self.check()?;
        let targets = self.data.layout().targets.len();
        // Squared errors and squared distances from the mean, one per sample.
        let mut errors: Vec<[Vec<f64>; 6]> = vec![Default::default(); targets];
        let mut spreads: Vec<Vec<f64>> = vec![Vec::new(); targets];
        for (train, test) in self.folds(folds)? {
            self.predict_fold(&self.data.select(&train)?, &self.data.select(&test)?, &mut errors, &mut spreads)?;
        }
        let count = self.data.count();
        Ok(errors
            .iter()
            .zip(&spreads)
            .map(|(errors, spreads)| std::array::from_fn(|source| self.prediction(&errors[source], spreads, count)))
            .collect())
    }

    /// Fits encoders to data, and applies a function to their case.
    fn fitted<R>(&self, data: &Data, made: impl Fn(&Case) -> Result<R, EstimateError>) -> Result<R, EstimateError> {
        let model = data.empirical_model("sample")?;
        let subject = Subject::new(&model, self.modalities)?;
        let learner = subject.learner(self.seed);
        made(&Case::minimise(&subject, &learner, self.objective, self.dim).map_err(EstimateError::Case)?)
    }

    /// Adds the errors of one fold.
    fn predict_fold(
        &self,
        train: &Data,
        test: &Data,
        errors: &mut [[Vec<f64>; 6]],
        spreads: &mut [Vec<f64>],
    ) -> Result<(), EstimateError> {
        let encoders = self.fitted(train, |case| Ok(case.encoders.clone()))?;
        let (root, mean) = (train.root()?, train.mean());
        let mut held_out = test.samples().clone();
        for mut column in held_out.column_iter_mut() {
            column -= &mean;
        }
        let ranges = train.layout().ranges();
        let modalities = train.layout().modalities.len();
        let rows = |matrix: &Matrix, index: usize| matrix.rows(ranges[index].start, ranges[index].len()).into_owned();
        let [x1, x2] = self.modalities;
        // A source as a linear map of the modalities, applied to factor and samples alike.
        let seen = |matrix: &Matrix, source: Source| {
            let [first, second] = [rows(matrix, x1), rows(matrix, x2)];
            let encoded = |m: usize, x: &Matrix| product(encoders.weights(m), x);
            match source {
                Source::First => first,
                Source::Second => second,
                Source::Both => stacked(&[&first, &second]),
                Source::EncodedFirst => encoded(0, &first),
                Source::EncodedSecond => encoded(1, &second),
                Source::EncodedBoth => stacked(&[&encoded(0, &first), &encoded(1, &second)]),
            }
        };
        for (place, source) in Source::ALL.into_iter().enumerate() {
            let whitening = Whitening::of_factor(&seen(&root, source))?;
            let whitened = product(&whitening.whitener, &seen(&held_out, source));
            for (target, errors) in errors.iter_mut().enumerate() {
                let index = modalities + target;
                let regression = product(&rows(&root, index), &whitening.basis);
                let residual = rows(&held_out, index) - product(&regression, &whitened);
                errors[place].extend(residual.column_iter().map(|column| column.norm_squared()));
            }
        }
        for (target, spreads) in spreads.iter_mut().enumerate() {
            spreads.extend(rows(&held_out, modalities + target).column_iter().map(|column| column.norm_squared()));
        }
        Ok(())
    }

    /// Mean error and R² of pooled samples, with intervals.
    fn prediction(&self, errors: &[f64], spreads: &[f64], count: usize) -> Prediction {
        let measure = |chosen: &mut dyn Iterator<Item = usize>| {
            let (error, spread) =
                chosen.fold((0.0, 0.0), |(error, spread), index| (error + errors[index], spread + spreads[index]));
            [error / count as f64, 1.0 - error / spread]
        };
        let values = measure(&mut (0..count));
        let resampled: Vec<_> = (0..self.resamples)
            .into_par_iter()
            .map(|resample| measure(&mut self.resample("error bootstrap", 0, resample, count).into_iter()))
            .collect();
        let [mmse, r2] = self.intervals(values, &resampled);
        Prediction { mmse, r2 }
    }

    /// Indices drawn with replacement, from a separate stream.
    fn resample(&self, purpose: &str, cell: usize, resample: usize, count: usize) -> Vec<usize> {
        let mut generator =
            Stream { seed: self.seed, experiment: purpose, cell: cell as u64, replicate: resample as u64 }.generator();
        (0..count).map(|_| generator.random_range(0..count)).collect()
    }

    /// Training and held-out samples of each fold, after a random permutation.
    fn folds(&self, folds: usize) -> Result<Vec<Fold>, EstimateError> {
        let count = self.data.count();
        if folds < 2 || folds > count / 2 {
            let problem = format!("{folds} is not between 2 and {}, half the number of samples", count / 2);
            return Err(EstimateError::Setting { setting: "folds", problem });
        }
        let mut order: Vec<usize> = (0..count).collect();
        let mut generator = Stream { seed: self.seed, experiment: "folds", cell: 0, replicate: 0 }.generator();
        order.shuffle(&mut generator);
        Ok((0..folds)
            .map(|fold| {
                let held_out = fold * count / folds..(fold + 1) * count / folds;
                let train = [&order[..held_out.start], &order[held_out.end..]].concat();
                (train, order[held_out].to_vec())
            })
            .collect())
    }

    fn check(&self) -> Result<(), EstimateError> {
        let setting = |setting, problem| Err(EstimateError::Setting { setting, problem });
        let available = self.data.layout().modalities.len();
        if let Some(absent) = self.modalities.into_iter().find(|&m| m >= available) {
            return setting("modalities", format!("{absent} is out of range: there are {available} modalities"));
        }
        if self.resamples == 0 {
            return setting("resamples", "0, expected at least 1".into());
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return setting("level", format!("{} is not between 0 and 1", self.level));
        }
        Ok(())
    }

    fn intervals<const N: usize>(&self, values: [f64; N], resampled: &[[f64; N]]) -> [Estimate; N] {
        std::array::from_fn(|index| {
            let mut column: Vec<f64> = resampled.iter().map(|values| values[index]).collect();
            column.sort_by(f64::total_cmp);
            let tail = 0.5 * (1.0 - self.level);
            Estimate { value: values[index], low: quantile(&column, tail), high: quantile(&column, 1.0 - tail) }
        })
    }
}

/// The p-quantile of sorted values, where the k-th of B stands for k/(B + 1), linearly interpolated; NaN if there are none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place between 0 and the last")]
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = (p * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, last as f64);
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    // Infinite neighbours cannot be interpolated.
    if low.total_cmp(&high).is_eq() { low } else { low + (high - low) * place.fract() }
}

/// Fails on the first measure that is NaN.
fn numbers<const N: usize>(values: [f64; N], resample: Option<usize>) -> Result<[f64; N], EstimateError> {
    match values.iter().position(|value| value.is_nan()) {
        None => Ok(values),
        Some(index) => Err(EstimateError::NotANumber { index, resample }),
    }
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_are_order_statistics_where_they_fall_on_one() {
        let values: Vec<f64> = (1..=19).map(f64::from).collect();
        assert!((quantile(&values, 0.05) - 1.0).abs() < 1e-12);
        assert!((quantile(&values, 0.95) - 19.0).abs() < 1e-12);
        assert!((quantile(&values, 0.5) - 10.0).abs() < 1e-12);
    }

    #[test]
    fn quantiles_of_infinite_values_are_infinite() {
        assert!(quantile(&[1.0, f64::INFINITY, f64::INFINITY], 0.75).is_infinite());
    }
}
