//! `lipschitz`: up to the alignment error, a smooth predictor from z_1 does no better than x_2.

mod precise;
mod variants;

use super::certainty::Route;
use super::variants::Variant;
use super::{About, Case, Clause, EvaluatedTarget, Finding, Part, Theorem};
use crate::information::{InformationError, Side};
use crate::linalg::{
    Matrix, largest_singular_value, power_of_two_near, product, product_nt, product_tn, scale_rows, svd,
};

/// The id of docs/theory.md.
pub(super) const ID: &str = "lipschitz";

/// The claims.
pub(super) const WHITENED: &str = "z{m} about {target}";
const IN_OWN_SCALE: &str = "z{m} in its own scale about {target}";

/// σ_L(z_1; y) ≥ σ(x_2; y) − L·ε for every L, checked at the L that makes it tightest; likewise from z_2. Of whitened encoders, and of the
/// encoders in the scale in which they are given, with ε of that scale.
///
/// For Gaussian z with covariance S the best L-Lipschitz predictor is linear: by Stein's identity the best linear approximation of any
/// L-Lipschitz map g is E[∇g]·z, an average of Jacobians, and what g has besides only adds to its error. So
/// σ_L² = mmse + min over ‖G‖ ≤ L of tr (B−G)S(B−G)ᵀ, B the regression of y on z.
///
/// For S = I it has the singular values of B clipped at L: σ_L² = mmse + Σ (σ_i(B) − L)₊². For a scalar target it is a ridge regression,
/// G = Cov(y,z)(S + μI)^{-1} with ‖G‖ = L (the multiplier of the constraint). For a vector target in another scale there is no closed form:
/// there ridge regressions are tried, each of which is a predictor of its own steepness and obeys the theorem.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lipschitz;

/// Ridges are searched over this many powers of ten to either side of the largest variance of z, besides none and infinitely much.
const DECADES: f64 = 16.0;

/// Steps of a golden-section search, each of which narrows the interval to 0.62 of it: the value is then exact to rounding …
const STEPS: usize = 48;
/// … and near enough for ridges on vectors, none of which is the best predictor of its steepness.
const FEW_STEPS: usize = 12;

/// Principal outputs with a deviation below this share of the largest are not used for prediction in their own scale: their directions are
/// known to rounding over that share only.
const FAINTEST: f64 = 1e-4;

/// Rounding of the directions of outputs as large as the largest, for each channel: the contract of a decomposition.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

impl Theorem for Lipschitz {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "σ(x2;y) ≤ σ_L(z1;y) + L·ε for every L, encoders whitened or in their own scale"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Any distribution, any encoders; σ_L is the error of the best L-Lipschitz predictor.",
            proof: "If g is L-Lipschitz, g(z_2) predicts y from x_2 with an error of at most ‖y − g(z_1)‖ + L·‖z_1 − z_2‖ (Minkowski).",
            figure: Some("interference"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let sum = |deviation, distance| deviation + distance;
        let whitened = Self::examine_with(case, case.alignment.error.sqrt(), sum)?;
        let Finding::Checked(mut clauses) = whitened else { return Ok(whitened) };
        clauses.extend(Self::in_own_scale(case, own_distance(case))?);
        Ok(Finding::Checked(clauses))
    }
}

impl Lipschitz {
    /// σ(x_2; y) against the least over L of a bound made of σ_L(z_1; y) and L·ε, convex in L, for whitened encoders.
    pub(super) fn examine_with(
        case: &Case,
        epsilon: f64,
        bound: impl Fn(f64, f64) -> f64,
    ) -> Result<Finding, InformationError> {
        if case.targets.is_empty() {
            return Ok(Finding::Inapplicable("no target".into()));
        }
        let mut clauses = Vec::new();
        for target in &case.targets {
            for side in Side::BOTH {
                let m = side.index();
                let regression = svd(&product_tn(case.towers.whitened(m), target.geometry.regression(m)))?.values;
                let mmse = target.source(side.encoded()).mmse;
                let bounded_at = |lipschitz: f64| {
                    let excess: f64 = regression.iter().map(|value| (value - lipschitz).max(0.0).powi(2)).sum();
                    bound((mmse + excess).sqrt(), lipschitz * epsilon)
                };
                let largest = regression.first().copied().unwrap_or(0.0);
                let [_, least] = minimum_of_convex(bounded_at, largest, STEPS);
                let sigma = target.source(side.other().seen()).sigma();
                let deviation = target.geometry.variance().sqrt();
                let error = case.subject.error_in(deviation, least);
                let part = Part::new(WHITENED).modality(side).about(target);
                clauses.push(Clause::at_most(part, sigma, least, error).of_size(deviation));
            }
        }
        Ok(Finding::Checked(clauses))
    }

    /// The same for the encoders in their own scale, ε = √E‖z_1 − z_2‖² in that scale. Encoders without an output are left out.
    pub(super) fn in_own_scale(case: &Case, distance: OwnDistance) -> Result<Vec<Clause>, InformationError> {
        Ok(own_scale(case, distance)?.into_iter().map(|(_, clause)| clause).collect())
    }
}

/// A claim about an encoder in its own scale, and the ridge regression of which it is made.
pub(super) struct OwnClaim {
    pub(super) part: Part,
    /// Of which encoder.
    pub(super) side: Side,
    /// The index of the target.
    pub(super) target: usize,
    /// μ, in units of the largest variance of an output.
    pub(super) ridge: f64,
    /// Principal outputs that are used.
    pub(super) used: usize,
}

/// What the claims of a case in its own scale are made of.
pub(super) fn own_claims(case: &Case) -> Result<Vec<OwnClaim>, InformationError> {
    Ok(own_scale(case, own_distance(case))?.into_iter().map(|(claim, _)| claim).collect())
}

fn own_scale(case: &Case, distance: OwnDistance) -> Result<Vec<(OwnClaim, Clause)>, InformationError> {
    let mut claims = Vec::new();
    for side in Side::BOTH {
        let m = side.index();
        let rank = case.towers.rank(m);
        if rank == 0 {
            continue;
        }
        // Within the span that all measures use, so that what the outputs explain adds up to what the encoder does.
        let (root, basis) = (&case.subject.pair.whitening(m).root, case.towers.basis(m));
        let coordinates = product_nt(&root.transpose(), case.encoders.weights(m)) / distance.scale;
        let outputs = svd(&product_tn(basis, &coordinates))?;
        let largest = outputs.values[0];
        let lengths: Vec<f64> = outputs.values.iter().map(|value| value / largest).collect();
        for (index, target) in case.targets.iter().enumerate() {
            let seen = product_tn(&outputs.left, &product_tn(basis, target.geometry.regression(m)));
            let ridge = Ridge::new(target.source(side.encoded()).mmse, &lengths, &seen);
            let (place, clause) = own_clause(case, target, side, &ridge, &distance, largest);
            let claim = OwnClaim {
                part: clause.part.clone(),
                side,
                target: index,
                ridge: Ridge::at_place(place),
                used: ridge.lengths.len(),
            };
            claims.push((claim, clause));
        }
    }
    Ok(claims)
}

/// The claim at the ridge that makes it tightest, and the place of that ridge.
fn own_clause(
    case: &Case,
    target: &EvaluatedTarget,
    side: Side,
    ridge: &Ridge,
    distance: &OwnDistance,
    largest: f64,
) -> (f64, Clause) {
    let bound = |place: f64| {
        let [deviation, steepness] = ridge.at(place);
        deviation + steepness * distance.epsilon / largest
    };
    let steps = if target.geometry.dimension() == 1 { STEPS } else { FEW_STEPS };
    let [place, least] = minimum_of_convex(bound, 1.0, steps);
    let [_, steepness] = ridge.at(place);
    let unit = target.geometry.variance().sqrt();
    // ε is a length of differences: rounding of what was subtracted, times the slope.
    let faintest = ridge.lengths.iter().copied().fold(1.0, f64::min);
    // Directions are known to rounding over the faintest length, explained variances likewise, a deviation by the root at most.
    let channels = case.subject.pair.channels()[side.index()] as f64;
    let share = ROUNDING * channels / faintest;
    let rounding = case.subject.error(0.0) * steepness * distance.size / largest
        + unit * share / (least / unit).clamp(share.sqrt(), 1.0);
    let clause = Clause::at_most(
        Part::new(IN_OWN_SCALE).modality(side).about(target),
        target.source(side.other().seen()).sigma(),
        least,
        case.subject.error_in(unit, least) + rounding,
    );
    (place, clause.of_size(unit))
}

/// Ridge regressions of a target on an encoder with singular values `lengths`, the largest of them 1. Outputs too faint to be used
/// stay out of them.
struct Ridge<'a> {
    /// What no readout of the outputs in use explains: the encoder's mmse, and what faint outputs would explain.
    unexplained: f64,
    lengths: &'a [f64],
    /// Cov(principal outputs at unit variance, y) of the outputs in use, count × q.
    seen: Matrix,
    /// ‖row‖² of the same: the variance that each output explains.
    explained: Vec<f64>,
}

impl<'a> Ridge<'a> {
    /// `seen` has a row for each length.
    fn new(mmse: f64, lengths: &'a [f64], seen: &Matrix) -> Self {
        let used = lengths.iter().take_while(|length| **length >= FAINTEST).count();
        let faint = seen.rows(used, seen.nrows() - used).norm_squared();
        let seen = seen.rows(0, used).into_owned();
        let explained = seen.row_iter().map(|row| row.norm_squared()).collect();
        Self { unexplained: mmse + faint, lengths: &lengths[..used], seen, explained }
    }

    /// μ in units of the largest variance, from none (place 0) to an infinite one (1).
    fn at_place(place: f64) -> f64 {
        match place {
            _ if place <= 0.0 => 0.0,
            _ if place >= 1.0 => f64::INFINITY,
            _ => 10.0_f64.powf(DECADES * (2.0 * place - 1.0)),
        }
    }

    /// √E‖y − Gz‖² and ‖G‖ at a place.
    fn at(&self, place: f64) -> [f64; 2] {
        // notation: along output i, y is predicted by a share λ_i/(λ_i + μ) of its regression
        let ridge = Self::at_place(place);
        // The share that is kept along each output, over its length.
        let slope = |length: f64| if ridge.is_infinite() { 0.0 } else { length / (length * length + ridge) };
        let left: f64 = (self.lengths.iter().zip(&self.explained))
            .map(|(&length, explained)| explained * (1.0 - slope(length) * length).powi(2))
            .sum();
        let steepness = if self.seen.ncols() == 1 {
            let along = |(&length, &seen): (&f64, &f64)| (slope(length) * seen).powi(2);
            self.lengths.iter().zip(&self.seen).map(along).sum::<f64>().sqrt()
        } else {
            let mut slopes = self.seen.clone();
            scale_rows(&mut slopes, self.lengths.iter().map(|&length| slope(length)));
            // It fails on numbers that are not finite only: the bound is none then, and the claim is undecided.
            largest_singular_value(&slopes).unwrap_or(f64::NAN)
        };
        [(self.unexplained + left).sqrt(), steepness]
    }
}

/// How far the encoders are apart in their own scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnDistance {
    /// A power of two that the weights are divided by, so that no square leaves the range of doubles.
    pub(super) scale: f64,
    /// ε, in units of the scale.
    pub(super) epsilon: f64,
    /// √(E‖z_1‖² + E‖z_2‖²), in units of the scale.
    pub(super) size: f64,
}

/// ε of the encoders as they are, from the factors: exact zeros stay zeros.
pub(super) fn own_distance(case: &Case) -> OwnDistance {
    let largest = case.encoders.first.amax().max(case.encoders.second.amax());
    let scale = if largest > 0.0 && largest.is_finite() { power_of_two_near(largest) } else { 1.0 };
    let outputs = [0, 1].map(|m| {
        let (weights, factor) = (case.encoders.weights(m) / scale, case.subject.pair.factor(m));
        [product(&weights, &factor.common), product(&weights, &factor.own)]
    });
    let [[first, first_noise], [second, second_noise]] = &outputs;
    let noise = first_noise.norm().hypot(second_noise.norm());
    OwnDistance {
        scale,
        epsilon: (first - second).norm().hypot(noise),
        size: first.norm().hypot(second.norm()).hypot(noise),
    }
}

/// Where a convex function is least on [0, upper], and its value there, by golden-section search; of any function, one of its values.
fn minimum_of_convex(function: impl Fn(f64) -> f64, upper: f64, steps: usize) -> [f64; 2] {
    let ratio = f64::midpoint(5.0_f64.sqrt(), -1.0);
    let (mut low, mut high) = (0.0, upper);
    let mut inner = [high - ratio * (high - low), low + ratio * (high - low)];
    let mut values = inner.map(&function);
    // Where nothing is explained all places tie: the upper end, an infinite ridge, knows about no rounding.
    let mut best = [upper, function(upper)];
    let mut consider = |place: f64, value: f64| {
        if value < best[1] {
            best = [place, value];
        }
    };
    consider(0.0, function(0.0));
    for _ in 0..steps {
        consider(inner[0], values[0]);
        consider(inner[1], values[1]);
        if values[0] < values[1] {
            high = inner[1];
            inner = [high - ratio * (high - low), inner[0]];
            values = [function(inner[0]), values[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + ratio * (high - low)];
            values = [values[1], function(inner[1])];
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_is_found_inside_and_at_the_ends() {
        let [place, value] = minimum_of_convex(|x| (x - 0.3).powi(2), 1.0, STEPS);
        assert!(value < 1e-15 && (place - 0.3).abs() < 1e-7);
        let ends = [minimum_of_convex(|x| 2.0 - x, 1.0, STEPS), minimum_of_convex(|x| 2.0 + x, 1.0, STEPS)];
        for (found, expected) in ends.into_iter().flatten().zip([1.0, 1.0, 0.0, 2.0]) {
            assert!((found - expected).abs() < f64::EPSILON, "{ends:?}");
        }
    }

    #[test]
    fn a_ridge_regression_is_the_best_predictor_of_its_steepness() {
        // z = (z_1, z_2) with deviations 1 and 0.2, Cov(z̃, y) = (0.3, 0.8), mmse 0.1: every direction of the same length predicts worse.
        let lengths = [1.0, 0.2];
        let seen = [0.3, 0.8];
        let ridge = Ridge::new(0.1, &lengths, &Matrix::from_column_slice(2, 1, &seen));
        for step in 1..20 {
            let [deviation, steepness] = ridge.at(0.4 + 0.01 * f64::from(step));
            for angle in (0..1000).map(|k| f64::from(k) * 0.002 * std::f64::consts::PI) {
                let slopes = [steepness * angle.cos(), steepness * angle.sin()];
                let square: f64 = (0..2).map(|i| (seen[i] - slopes[i] * lengths[i]).powi(2)).sum();
                assert!((0.1 + square).sqrt() >= deviation - 1e-12, "{steepness} {angle}");
            }
        }
        let [without, _] = ridge.at(0.0);
        assert!((without - 0.1_f64.sqrt()).abs() < 1e-15);
        let [nothing, flat] = ridge.at(1.0);
        assert!((nothing - (0.1_f64 + 0.09 + 0.64).sqrt()).abs() < 1e-15 && flat.abs() < f64::EPSILON);
    }
}
