//! `lipschitz`: a smooth predictor from z_1 does not do better than x_2, up to the alignment error.

use super::{Case, Clause, Finding, Theorem};
use crate::information::{InformationError, Source};
use crate::linalg::{product_tn, svd};

/// σ_L(z_1; y) ≥ σ(x_2; y) − L·ε for every L, checked at the L that makes it tightest; likewise from z_2.
///
/// For whitened Gaussian z the best L-Lipschitz predictor is linear with the singular values of the regression β clipped at L
/// (by Stein's identity the first Hermite coefficient of any L-Lipschitz map is an average of its Jacobian), so
/// σ_L² = mmse + Σ (σ_i(β) − L)₊².
#[derive(Debug, Clone, Copy)]
pub(super) struct Lipschitz;

impl Theorem for Lipschitz {
    fn id(&self) -> &'static str {
        "lipschitz"
    }

    fn statement(&self) -> &'static str {
        "σ(x2;y) ≤ σ_L(z1;y) + L·ε for every L"
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        Self::examine_with(case, case.alignment.error.sqrt(), |deviation, distance| deviation + distance)
    }
}

impl Lipschitz {
    /// σ(x_2; y) against the least over L of a bound made of σ_L(z_1; y) and L·ε, convex in L.
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
            for (m, encoded, other) in
                [(0, Source::EncodedFirst, Source::Second), (1, Source::EncodedSecond, Source::First)]
            {
                let regression = svd(&product_tn(case.towers.whitened(m), target.geometry.regression(m)))?.values;
                let mmse = target.source(encoded).mmse;
                let side = |lipschitz: f64| {
                    let excess: f64 = regression.iter().map(|value| (value - lipschitz).max(0.0).powi(2)).sum();
                    bound((mmse + excess).sqrt(), lipschitz * epsilon)
                };
                let largest = regression.first().copied().unwrap_or(0.0);
                let least = minimum_of_convex(side, largest);
                let sigma = target.source(other).sigma();
                let deviation = target.geometry.variance().sqrt();
                let error = case.subject.error_in(deviation, least);
                let label = format!("z{} about {}", m + 1, target.name);
                clauses.push(Clause::at_most(label, sigma, least, error).of_size(deviation));
            }
        }
        Ok(Finding::Checked(clauses))
    }
}

/// The least value of a convex function on [0, upper], by golden-section search, never below a value that it takes.
fn minimum_of_convex(function: impl Fn(f64) -> f64, upper: f64) -> f64 {
    let ratio = f64::midpoint(5.0_f64.sqrt(), -1.0);
    let (mut low, mut high) = (0.0, upper);
    let mut inner = [high - ratio * (high - low), low + ratio * (high - low)];
    let mut values = inner.map(&function);
    let mut least = function(0.0).min(function(upper)).min(values[0]).min(values[1]);
    for _ in 0..60 {
        if values[0] < values[1] {
            high = inner[1];
            inner = [high - ratio * (high - low), inner[0]];
            values = [function(inner[0]), values[0]];
            least = least.min(values[0]);
        } else {
            low = inner[0];
            inner = [inner[1], low + ratio * (high - low)];
            values = [values[1], function(inner[1])];
            least = least.min(values[1]);
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_is_found_inside_and_at_the_ends() {
        assert!((minimum_of_convex(|x| (x - 0.3).powi(2), 1.0)).abs() < 1e-15);
        assert!((minimum_of_convex(|x| 2.0 - x, 1.0) - 1.0).abs() < f64::EPSILON);
        assert!((minimum_of_convex(|x| 2.0 + x, 1.0) - 2.0).abs() < f64::EPSILON);
    }
}
