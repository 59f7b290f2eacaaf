//! Every measure of a case, with an error bound.

use super::encoders::{PreciseEncoders, norms};
use super::law::Law;
use super::vectors::{Span, Vectors, rounded, unit};
use super::{Estimate, Information};
use crate::information::PartialInformation;
use crate::linalg::precise::{PreciseMatrix, column, leading, length, product, product_tn, svd};
use qd::Quad;

/// Scale of informations: an error above [`TOLERANCE`] times the larger of the value and this scale is uncertain.
const NATS: f64 = 1e-3;
/// The same for shares, correlations and traces of whitened encoders.
const SHARE: f64 = 1e-3;
/// Largest relative error of a measure displayed without a mark.
pub const TOLERANCE: f64 = 1e-9;

/// A measure, and the smallest size relative to which its error is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The value and its error.
    pub estimate: Estimate,
    /// Errors of smaller values are judged relative to this: 1e-3 nats, 1e-3 of a share, and 0 for prediction errors,
    /// which have no natural scale.
    pub scale: f64,
}

/// Every measure of one case.
#[derive(Debug, Clone)]
pub struct Measures {
    /// ρ_i, min(n_1, n_2) of them.
    pub canonical_correlations: Vec<Measure>,
    /// ε², ε_op, the floor, I(x_1; x_2) and I(z_1; z_2).
    pub alignment: [Measure; 5],
    /// The targets in the order of the model.
    pub targets: Vec<TargetMeasures>,
    /// tr K, tr P and λ_max(K + P) for each encoder and each target private to its modality.
    pub capacities: Vec<[Measure; 3]>,
}

/// Every measure of one target; six sources in the order of [`crate::information::Source::ALL`].
#[derive(Debug, Clone)]
pub struct TargetMeasures {
    /// I(source; y), in nats.
    pub information: [Measure; 6],
    /// tr Σ_{y|source}.
    pub mmse: [Measure; 6],
    /// R².
    pub r2: [Measure; 6],
    /// √mmse.
    pub sigma: [Measure; 6],
    /// I(x; y) − I(z; y) for z_1, z_2 and both.
    pub loss: [Measure; 3],
    /// Redundant, unique to 1, unique to 2, synergistic, of a scalar target.
    pub parts: Option<[Measure; 4]>,
}

impl Measure {
    /// A mutual information, in nats.
    pub const fn nats(estimate: Estimate) -> Self {
        Self { estimate, scale: NATS }
    }

    /// A share, a correlation, or a trace over whitened encoders.
    pub const fn share(estimate: Estimate) -> Self {
        Self { estimate, scale: SHARE }
    }

    /// A prediction error.
    pub const fn deviation(estimate: Estimate) -> Self {
        Self { estimate, scale: 0.0 }
    }

    /// Whether the error exceeds 1e-9 of the value, or of the scale if that is larger.
    pub fn is_uncertain(&self) -> bool {
        let Estimate { value, error } = self.estimate;
        let size = if value.is_finite() { value.abs().max(self.scale) } else { self.scale };
        error.is_nan() || error > TOLERANCE * size
    }

    /// The value to display: 0 if it is that small and uncertain.
    pub fn shown(&self) -> f64 {
        let Estimate { value, error } = self.estimate;
        if value.abs() <= error && error.is_finite() { 0.0 } else { value }
    }
}

const SOURCES: [&str; 6] = ["x1", "x2", "x12", "z1", "z2", "z12"];

impl Measures {
    /// All measures in a fixed order, each with its path in `eval`'s JSON.
    pub fn entries(&self) -> Vec<(String, &Measure)> {
        let mut all: Vec<(String, &Measure)> = Vec::new();
        for (i, measure) in self.canonical_correlations.iter().enumerate() {
            all.push((format!("canonical_correlations[{i}]"), measure));
        }
        for (name, measure) in ["error", "error_op", "floor", "mi_x1_x2", "mi_z1_z2"].iter().zip(&self.alignment) {
            all.push((format!("alignment.{name}"), measure));
        }
        for (t, target) in self.targets.iter().enumerate() {
            let groups =
                [("mi", &target.information), ("mmse", &target.mmse), ("r2", &target.r2), ("sigma", &target.sigma)];
            for (group, measures) in groups {
                for (source, measure) in SOURCES.iter().zip(measures) {
                    all.push((format!("targets[{t}].{group}.{source}"), measure));
                }
            }
            for (source, measure) in SOURCES[3..].iter().zip(&target.loss) {
                all.push((format!("targets[{t}].information_loss.{source}"), measure));
            }
            for (name, measure) in
                ["redundancy", "unique1", "unique2", "synergy"].iter().zip(target.parts.iter().flatten())
            {
                all.push((format!("targets[{t}].pid.{name}"), measure));
            }
        }
        for (index, capacity) in self.capacities.iter().enumerate() {
            for (name, measure) in ["aligned", "private", "max_eigenvalue"].iter().zip(capacity) {
                all.push((format!("capacity[{index}].{name}"), measure));
            }
        }
        all
    }

    fn entries_mut(&mut self) -> impl Iterator<Item = &mut Measure> {
        let targets = self.targets.iter_mut().flat_map(|target| {
            let TargetMeasures { information, mmse, r2, sigma, loss, parts } = target;
            information
                .iter_mut()
                .chain(mmse)
                .chain(r2)
                .chain(sigma)
                .chain(loss)
                .chain(parts.iter_mut().flat_map(|parts| parts.iter_mut()))
        });
        self.canonical_correlations
            .iter_mut()
            .chain(&mut self.alignment)
            .chain(targets)
            .chain(self.capacities.iter_mut().flatten())
    }

    /// Bounds that came out as NaN (infinity times zero) become infinite.
    pub(crate) fn admit_ignorance(&mut self) {
        for measure in self.entries_mut() {
            if measure.estimate.error.is_nan() {
                measure.estimate.error = f64::INFINITY;
            }
        }
    }

    /// Replaces the measures by those of another route if that is more accurate: all of them, so that the values shown
    /// together come from one route.
    pub fn refine(&mut self, better: &Self) {
        let better: Vec<Measure> = better.entries().into_iter().map(|(_, measure)| *measure).collect();
        for (measure, better) in self.entries_mut().zip(better) {
            if better.estimate.error < measure.estimate.error {
                *measure = better;
            }
        }
    }

    /// Whether any measure is uncertain.
    pub fn any_uncertain(&self) -> bool {
        self.entries().iter().any(|(_, measure)| measure.is_uncertain())
    }
}

impl TargetMeasures {
    /// From the informations of six sources with their determined combinations, their prediction errors, and tr Σ_yy.
    pub(crate) fn new(informations: [Information; 6], mmse: [Estimate; 6], r2: [Estimate; 6], scalar: bool) -> Self {
        let nats = informations.map(|information| information.nats());
        let loss = [0, 1, 2].map(|source| loss(&informations[source], &informations[source + 3]));
        Self {
            information: nats.map(Measure::nats),
            mmse: mmse.map(Measure::deviation),
            r2: r2.map(Measure::share),
            sigma: mmse.map(|mmse| Measure::deviation(root(mmse))),
            loss: loss.map(Measure::nats),
            parts: scalar.then(|| parts(nats[0], nats[1], nats[2]).map(Measure::nats)),
        }
    }
}

/// Δ = I(x; y) − I(z; y), with the conventions of [`crate::information::information_loss_nats`].
fn loss(observed: &Information, encoded: &Information) -> Estimate {
    if encoded.determined < observed.determined {
        let error = observed.nats().error.max(encoded.finite.error);
        Estimate { value: f64::INFINITY, error: if error.is_finite() { 0.0 } else { f64::INFINITY } }
    } else {
        observed.finite.minus(encoded.finite)
    }
}

fn parts(first: Estimate, second: Estimate, both: Estimate) -> [Estimate; 4] {
    let PartialInformation { redundancy, unique_first, unique_second, synergy } =
        PartialInformation::new(first.value, second.value, both.value);
    let either = first.error.max(second.error);
    let with = |value: f64, error: f64| Estimate { value, error };
    [
        with(redundancy, either),
        with(unique_first, first.error + either),
        with(unique_second, second.error + either),
        with(synergy, both.error + either),
    ]
}

/// √ of a non-negative number.
fn root(square: Estimate) -> Estimate {
    let value = square.value.max(0.0).sqrt();
    let error = if square.error == 0.0 {
        rounded(value)
    } else if square.error < 0.5 * square.value {
        0.75 * square.error / value + rounded(value)
    } else {
        (square.value.max(0.0) + square.error).sqrt()
    };
    Estimate { value, error }
}

/// All measures of encoders under a law, in double-double precision. `capacities` lists the pairs (target, encoder)
/// found to be private. `None` if a decomposition fails.
pub(crate) fn measures(
    law: &Law,
    encoders: &PreciseEncoders,
    dim: usize,
    capacities: &[(usize, usize)],
) -> Option<Measures> {
    let canonical = Canonical::new(law)?;
    let [error, operator] = norms(&encoders.difference()?)?;
    let alignment = [
        Measure::share(error),
        Measure::share(operator),
        Measure::share(canonical.floor(dim)),
        Measure::nats(law.cross_information().nats()),
        Measure::nats(encoders.cross_information(law).nats()),
    ];
    let channels = law.observed[0].len().min(law.observed[1].len());
    let correlations = (0..channels).map(|i| Measure::share(canonical.correlation(i))).collect();
    let targets = (0..law.targets.len()).map(|t| target(law, encoders, t)).collect();
    let capacities = capacities.iter().map(|&(t, m)| capacity(law, encoders, t, m)).collect::<Option<_>>()?;
    Some(Measures { canonical_correlations: correlations, alignment, targets, capacities })
}

fn target(law: &Law, encoders: &PreciseEncoders, t: usize) -> TargetMeasures {
    let target = &law.targets[t];
    let spans: [&Span; 6] = std::array::from_fn(|i| if i < 3 { &law.spans[i] } else { &encoders.spans[i - 3] });
    let informations: [Information; 6] =
        std::array::from_fn(|i| if i < 3 { law.information(i, t) } else { encoders.information(law, i - 3, t) });
    let variance = target.rows.variance(&target.scales);
    let mmse: [Estimate; 6] = std::array::from_fn(|i| {
        // A target determined in all its combinations is determined exactly.
        let information = &informations[i];
        if information.determined == target.span.rank() && information.nats().error == 0.0 {
            Estimate::exact(0.0)
        } else {
            prediction_error(spans[i], &target.rows, &target.scales)
        }
    });
    let r2 = std::array::from_fn(|i| share_explained(mmse[i], variance));
    TargetMeasures::new(informations, mmse, r2, target.rows.len() == 1)
}

/// √tr Σ_{y|x} for x_1 (0), x_2 (1) or both (2).
pub(crate) fn deviation_left(law: &Law, source: usize, t: usize) -> Estimate {
    let target = &law.targets[t];
    let determined = law.determined(source, t) == target.span.rank();
    let left = if determined {
        Estimate::exact(0.0)
    } else {
        prediction_error(&law.spans[source], &target.rows, &target.scales)
    };
    root(left)
}

/// tr Σ_{y|source}.
fn prediction_error(source: &Span, rows: &Vectors, scales: &[f64]) -> Estimate {
    let left = source.leaves(rows).left;
    let error = left.variance(scales);
    if !source.certain {
        return Estimate { value: error.value, error: f64::INFINITY };
    }
    error
}

/// 1 − mmse/tr Σ_yy.
fn share_explained(mmse: Estimate, variance: Estimate) -> Estimate {
    // Both numbers were rounded to doubles, so a share near 0 is only as accurate as the difference: its error is
    // judged relative to 1e-3.
    let value = 1.0 - mmse.value / variance.value;
    let error = (mmse.error + variance.error) / variance.value + 2.0 * f64::EPSILON;
    Estimate { value: if value.abs() <= error { 0.0 } else { value }, error }
}

fn capacity(law: &Law, encoders: &PreciseEncoders, t: usize, m: usize) -> Option<[Measure; 3]> {
    let basis = encoders.spans[m].whitened();
    let (other, target) = (&law.spans[1 - m], &law.targets[t].span);
    let (aligned, private) = (other.explained(&basis), target.explained(&basis));
    let stacked = {
        let [predicted, explained] = [other, target].map(|span| product_tn(&span.found.basis, &basis.columns));
        let rows = predicted.nrows();
        PreciseMatrix::from_fn(rows + explained.nrows(), basis.len(), |i, j| {
            if i < rows { predicted[(i, j)] } else { explained[(i - rows, j)] }
        })
    };
    let largest = svd(&stacked)?.values.first().map_or(Quad::ZERO, |&value| value * value).0;
    // An eigenvalue of a semidefinite sum moves by no more than a bound on the perturbation of the sum.
    let error = aligned.error + private.error + rounded(largest);
    Some([aligned, private, Estimate { value: largest, error }].map(Measure::share))
}

/// The non-zero canonical correlations, descending, with an error bound for each. `None` if a decomposition fails.
pub(crate) fn correlations(law: &Law) -> Option<(Vec<Quad>, f64)> {
    let Canonical { cosines, errors, .. } = Canonical::new(law)?;
    Some((cosines, errors.first().copied().unwrap_or(0.0)))
}

/// Canonical correlations with the sines of the same angles.
struct Canonical {
    cosines: Vec<Quad>,
    sines: Vec<Quad>,
    /// Of each cosine or sine.
    errors: Vec<f64>,
}

impl Canonical {
    fn new(law: &Law) -> Option<Self> {
        let spans = [&law.spans[0], &law.spans[1]];
        let found = svd(&spans[0].cosines(spans[1]))?;
        let count = law.cross_rank.min(found.values.len());
        let directions = [leading(&found.left, count), leading(&found.right, count)];
        let variates = [0, 1].map(|m| product(&spans[m].found.basis, &directions[m]));
        let moved = [0, 1].map(|m| spans[m].errors(&directions[m]));
        let rounding = unit(variates[0].nrows());
        // Close correlations mix their variates, so the largest error is used for each.
        let largest = (0..count).map(|i| moved[0][i] + moved[1][i]).fold(0.0_f64, f64::max) + rounding;
        let sines = (0..count)
            .map(|i| {
                let (a, b) = (column(&variates[0], i), column(&variates[1], i));
                let difference: Vec<Quad> = a.iter().zip(b).map(|(&a, &b)| b - found.values[i] * a).collect();
                length(&difference)
            })
            .collect();
        Some(Self { cosines: found.values[..count].to_vec(), sines, errors: vec![largest; count] })
    }

    fn correlation(&self, index: usize) -> Estimate {
        let Some(cosine) = self.cosines.get(index) else { return Estimate::exact(0.0) };
        let value = cosine.0.min(1.0);
        Estimate { value, error: self.errors[index] + rounded(value) }
    }

    /// 2 Σ_{i<d} (1 − ρ_i), each term from its sine: s²/(1 + ρ).
    fn floor(&self, dim: usize) -> Estimate {
        let two = Quad::from_f64(2.0);
        let mut sum = Quad::ZERO;
        let mut error = 0.0;
        for i in 0..dim {
            match self.sines.get(i) {
                None => sum += two,
                Some(&sine) => {
                    sum += two * sine * sine / (Quad::ONE + self.cosines[i]);
                    error += 2.0 * self.errors[i] * (2.0 * sine.0 + self.errors[i]);
                }
            }
        }
        Estimate { value: sum.0, error: error + rounded(sum.0) }
    }
}
