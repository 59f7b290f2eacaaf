//! `spiked-cca`: canonical correlations of finite samples.

mod variants;

use super::random_matrix::AspectRatios;
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Part, Predicted, Quantity, Question, Theorem};
use crate::information::{InformationError, Pair};
use crate::linalg::{Matrix, product};
use crate::model::Factor;
use crate::objective::{CanonicalCorrelation, Objective};
use crate::random::{Generator, Stream};
use rand::RngExt;
use rand_distr::StandardNormal;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The id of docs/theory.md.
pub(super) const ID: &str = "spiked-cca";

/// n samples with n_1/n → c_1, n_2/n → c_2: sample canonical correlations and variates against their limits, on fresh draws.
/// The law is invariant to invertible maps of either modality, so draws are made in canonical coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpikedCca;

/// Samples of one draw; the aspect ratios are 0.15 and 0.1.
const SAMPLES: usize = 500;
/// Channels of the two modalities.
const CHANNELS: [usize; 2] = [75, 50];
/// Independent draws: with six the interval of a mean is eleven standard errors of one draw wide, and false limits pass.
const DRAWS: u64 = 24;
/// Spikes nearer than this (in ρ²) to the threshold fluctuate on another scale (Tracy–Widom), and spikes nearer to each other
/// exchange directions: at this n the limits do not speak of them.
const SEPARATION: f64 = 0.15;
/// Confidence of the interval around a mean over draws: one false alarm in a million comparisons.
const FALSE_ALARM: f64 = 1e-6;
/// Finite-size corrections are of order 1/n away from the threshold; the constant grows as the separation shrinks.
const CORRECTION: f64 = 20.0;
/// The largest value of the bulk fluctuates around the edge by n^{-2/3} times a constant of order one.
const EDGE_CORRECTION: f64 = 4.0;

/// Sample canonical correlations of one draw in canonical coordinates, and sin² of the angles between sample and population
/// variates of modality 1 and 2, one for each spike.
#[derive(Debug, Clone)]
pub struct SpikedDraw {
    /// Squared sample canonical correlations, descending, min(n_1, n_2) of them.
    pub squared: Vec<f64>,
    /// sin² of the variates' angles, by modality and spike.
    pub sines_squared: [Vec<f64>; 2],
}

impl SpikedDraw {
    /// Draws `samples` pairs with the given population canonical correlations (the further ones are 0) and measures them.
    ///
    /// # Errors
    /// [`InformationError`] when a decomposition fails.
    ///
    /// # Panics
    /// When there are more correlations than channels: a broken invariant of the caller.
    pub fn new(
        generator: &mut Generator,
        samples: usize,
        channels: [usize; 2],
        correlations: &[f64],
    ) -> Result<Self, InformationError> {
        assert!(correlations.len() <= channels[0].min(channels[1]), "as many correlations as channels at most");
        let mut normal = |rows: usize| {
            let scale = (samples as f64).sqrt().recip();
            Matrix::from_fn(rows, samples, |_, _| scale * generator.sample::<f64, _>(StandardNormal))
        };
        let first = normal(channels[0]);
        let mut second = normal(channels[1]);
        for (i, &rho) in correlations.iter().enumerate() {
            let noise = ((1.0 - rho) * (1.0 + rho)).sqrt();
            let mixed = first.row(i) * rho + second.row(i) * noise;
            second.set_row(i, &mixed);
        }
        let variates = [first.clone(), second.clone()];
        let factor = |common: Matrix| Factor { own: Matrix::zeros(common.nrows(), 0), common };
        let pair = Pair::new(factor(first), factor(second))?;
        let squared = pair.canonical_correlations().iter().map(|rho| rho * rho).collect();
        let sines_squared = [0, 1].map(|m| {
            let sample = product(pair.common_coordinates(m), pair.canonical_directions(m));
            (0..correlations.len())
                .map(|i| {
                    let population = variates[m].row(i);
                    let cosine = (population * sample.column(i))[0] / population.norm();
                    1.0 - cosine * cosine
                })
                .collect()
        });
        Ok(Self { squared, sines_squared })
    }
}

/// A mean over draws and the half-width of its interval.
fn interval(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let quantile =
        StudentsT::new(0.0, 1.0, count - 1.0).map_or(f64::INFINITY, |law| law.inverse_cdf(1.0 - FALSE_ALARM / 2.0));
    (mean, quantile * (variance / count).sqrt())
}

/// The limits that draws are held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Of the squared sample correlation, from that of the population.
    pub(super) correlation_squared: fn(AspectRatios, f64) -> f64,
    /// Of the largest value of the bulk.
    pub(super) edge: fn(AspectRatios) -> f64,
    /// Of sin² of the angle of modality m's variate (m = 0 or 1), from the squared correlation of the population.
    pub(super) sine_squared: fn(AspectRatios, usize, f64) -> f64,
}

impl Limits {
    /// Those of docs/theory.md.
    pub(super) const STATED: Self = Self {
        correlation_squared: AspectRatios::sample_correlation_squared,
        edge: |ratios| ratios.bulk()[1],
        sine_squared: AspectRatios::variate_sine_squared,
    };
}

impl SpikedCca {
    /// Draws against limits.
    pub(super) fn examine_with(case: &Case, limits: &Limits) -> Result<Finding, InformationError> {
        if case.objective.is_none_or(|objective| objective.id() != CanonicalCorrelation.id()) {
            return Ok(Finding::Inapplicable("the encoders are not those of cca".into()));
        }
        let ratios = AspectRatios::new(CHANNELS[0] as f64 / SAMPLES as f64, CHANNELS[1] as f64 / SAMPLES as f64)
            .expect("constants within the law's range");
        let spikes: Vec<f64> =
            case.subject.pair.angles().cosines().iter().copied().filter(|rho| *rho > 0.0).take(8).collect();
        let squares: Vec<f64> = spikes.iter().map(|rho| rho * rho).collect();
        if squares.iter().any(|square| (square - ratios.threshold()).abs() < SEPARATION) {
            return Ok(Finding::Inapplicable(
                "a correlation is too near the threshold for samples of this size".into(),
            ));
        }
        let above = squares.iter().filter(|square| **square > ratios.threshold()).count();
        // The draws differ from model to model, and are the same whenever a model is tried again.
        let cell = spikes.iter().fold(0_u64, |cell, rho| cell.rotate_left(7) ^ rho.to_bits());
        let draws = (0..DRAWS)
            .map(|replicate| {
                let mut generator = Stream { seed: 0, experiment: "spiked-cca", cell, replicate }.generator();
                SpikedDraw::new(&mut generator, SAMPLES, CHANNELS, &spikes)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mean = |value: &dyn Fn(&SpikedDraw) -> f64| interval(&draws.iter().map(value).collect::<Vec<_>>());
        let mut clauses = Vec::new();
        let correction = CORRECTION / SAMPLES as f64;
        if above > 0 {
            // The sum over spikes, which does not depend on how near ones share their value.
            let limit: f64 = squares[..above].iter().map(|square| (limits.correlation_squared)(ratios, *square)).sum();
            let (found, width) = mean(&|draw| draw.squared[..above].iter().sum());
            clauses.push(Clause::at_most(
                Part::new("|mean Σρ̂² − limit|, {place} above the threshold").place(above),
                (found - limit).abs(),
                width + above as f64 * correction,
                0.0,
            ));
        }
        let (found, width) = mean(&|draw| draw.squared[above]);
        clauses.push(Clause::at_most(
            "|largest of the bulk − its edge|",
            (found - (limits.edge)(ratios)).abs(),
            width + EDGE_CORRECTION * (SAMPLES as f64).powf(-2.0 / 3.0),
            0.0,
        ));
        for (i, &square) in squares.iter().enumerate().take(above) {
            let alone = squares.iter().enumerate().all(|(j, other)| i == j || (square - other).abs() >= SEPARATION);
            if !alone {
                continue;
            }
            for m in 0..2 {
                let (found, width) = mean(&|draw| draw.sines_squared[m][i]);
                clauses.push(Clause::at_most(
                    Part::new("|sin² of variate {place} of x{m} − limit|").place(i + 1).modality(m),
                    (found - (limits.sine_squared)(ratios, m, square)).abs(),
                    width + correction,
                    0.0,
                ));
            }
        }
        Ok(Finding::Checked(clauses))
    }
}

impl Theorem for SpikedCca {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "n1/n → c1, n2/n → c2  ⟹  sample ρ̂² → ρ²(1−c1+c1/ρ²)(1−c2+c2/ρ²) above the threshold, the bulk's edge below; angles likewise"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "n, n_1, n_2 → ∞ with n_m/n → c_m and c_1 + c_2 < 1; a fixed number of canonical correlations above 0. An asymptotic law, tested on draws.",
            proof: "Sample canonical correlations are eigenvalues of a Jacobi ensemble with a finite-rank perturbation; an outlier leaves the bulk beyond a threshold (Bao, Hu, Pan, Zhou 2019; angles: Bykhovskaya, Gorin 2023).",
            figure: Some("sample-correlations"),
        })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn sampled(&self) -> bool {
        true
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        Self::examine_with(case, &Limits::STATED)
    }

    /// The limits of the i-th sample canonical correlation, and of the plug-in information between the modalities and between
    /// canonical encoders.
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Some(samples) = question.samples else { return Ok(None) };
        let pair = &case.subject.pair;
        let channels = pair.channels();
        let [first, second] = channels.map(|channels| channels as f64 / samples as f64);
        let Ok(ratios) = AspectRatios::new(first, second) else { return Ok(None) };
        let limit = |rho: f64| ratios.sample_correlation_squared(rho * rho);
        // Of encoders that are canonical in the population by chance samples make others.
        let canonical = case.minimises_canonical_objective() && case.dim() < channels[0].min(channels[1]);
        let predicted = match question.quantity {
            // A fixed number of leading pairs: spikes, then values that cling to the edge.
            Quantity::EncoderInformation if canonical => {
                (0..case.dim()).map(|i| -0.5 * (-limit(pair.correlation(i))).ln_1p()).sum()
            }
            Quantity::SensorInformation => {
                let squares = pair.angles().cosines().iter().map(|rho| rho * rho);
                let spikes: Vec<f64> = squares.filter(|square| *square > ratios.threshold()).collect();
                let spiked: f64 = spikes.iter().map(|square| -0.5 * (-limit(square.sqrt())).ln_1p()).sum();
                let bulk = (channels[0].min(channels[1]) - spikes.len()) as f64;
                spiked + bulk * ratios.spurious_information_nats()
            }
            Quantity::CanonicalCorrelation(index) => limit(pair.correlation(index - 1)).sqrt(),
            _ => return Ok(None),
        };
        Ok(Some(Predicted::Equal(predicted)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_widen_with_the_spread() {
        let (mean, width) = interval(&[1.0, 1.0, 1.0]);
        assert!((mean - 1.0).abs() < 1e-15 && width.abs() < 1e-15);
        assert!(interval(&[0.0, 1.0, 2.0]).1 > interval(&[0.9, 1.0, 1.1]).1);
    }

    #[test]
    fn an_interval_has_the_quantile_of_student() {
        // With two degrees of freedom P(|t| ≤ q) = q/√(2 + q²), and the mean of 0, 1, 2 has a standard error of √⅓.
        let inside = 1.0 - FALSE_ALARM;
        let quantile = inside * (2.0 / (FALSE_ALARM * (2.0 - FALSE_ALARM))).sqrt();
        let (mean, width) = interval(&[0.0, 1.0, 2.0]);
        assert!((mean - 1.0).abs() < 1e-15);
        assert!((width / (quantile / 3.0_f64.sqrt()) - 1.0).abs() < 1e-6, "{width}");
    }
}
