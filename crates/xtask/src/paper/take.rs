//! Aggregates values over rows.

use anyhow::{bail, ensure};
use serde::Deserialize;

/// How the values of rows become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Take {
    /// All are the same.
    #[default]
    Only,
    Mean,
    Max,
    Min,
    /// How many rows there are.
    Count,
    /// How many different values there are.
    Distinct,
    /// Standard deviation.
    Deviation,
    /// Standard error of the mean.
    StandardError,
    /// The greatest absolute value.
    MaxAbs,
    /// The slope of log |mean| against the logarithm of another column.
    LogSlope,
}

/// Numbers that went through text are the same up to this.
const SAME: f64 = 1e-9;

impl Take {
    pub(super) fn of(self, values: &[f64]) -> anyhow::Result<f64> {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let deviation = || {
            ensure!(values.len() > 1, "one value has no deviation");
            Ok((values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
        };
        Ok(match self {
            Self::Only => {
                let spread = values.iter().any(|value| !near(*value, values[0]));
                ensure!(!spread, "values differ between rows: say how to take them together");
                values[0]
            }
            Self::Mean => mean,
            Self::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::MaxAbs => values.iter().map(|value| value.abs()).fold(0.0, f64::max),
            Self::Deviation => deviation()?,
            Self::StandardError => deviation()? / count.sqrt(),
            Self::Distinct => {
                let mut sorted = values.to_vec();
                sorted.sort_by(f64::total_cmp);
                sorted.dedup_by(|a, b| near(*a, *b));
                sorted.len() as f64
            }
            Self::Count | Self::LogSlope => bail!("taken elsewhere"),
        })
    }
}

/// Least squares of log |mean value| on log x, over the different x.
pub(super) fn log_slope(abscissas: &[f64], values: &[f64]) -> anyhow::Result<f64> {
    let mut sums: Vec<(f64, f64, f64)> = Vec::new();
    for (&x, &value) in abscissas.iter().zip(values) {
        match sums.iter_mut().find(|(other, ..)| near(*other, x)) {
            Some((_, sum, count)) => (*sum, *count) = (*sum + value, *count + 1.0),
            None => sums.push((x, value, 1.0)),
        }
    }
    ensure!(sums.len() > 1, "a slope needs two points");
    let points: Vec<(f64, f64)> = sums.iter().map(|(x, sum, count)| (x.ln(), (sum / count).abs().ln())).collect();
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let cross: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    Ok(cross / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>())
}

/// The same number, up to what text does to it.
pub(super) fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_together() {
        let take = |take: Take| take.of(&[1.0, 2.0, 2.0, -3.0]).expect("a value");
        assert!((take(Take::Mean) - 0.5).abs() < 1e-15 && (take(Take::MaxAbs) - 3.0).abs() < 1e-15);
        assert!((take(Take::Distinct) - 3.0).abs() < 1e-15 && (take(Take::Min) + 3.0).abs() < 1e-15);
        assert!((Take::StandardError.of(&[0.0, 2.0]).expect("a value") - 1.0).abs() < 1e-15);
        assert!(Take::Only.of(&[1.0, 1.1]).is_err() && Take::Deviation.of(&[1.0]).is_err());
    }

    #[test]
    fn a_power_law_has_its_exponent() {
        let slope = log_slope(&[1.0, 10.0, 10.0, 100.0], &[5.0, 0.4, 0.6, 0.05]).expect("a slope");
        assert!((slope + 1.0).abs() < 1e-12, "{slope}");
    }
}
