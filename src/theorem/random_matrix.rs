//! Limits from random matrix theory: canonical correlations and cross-covariances of finite samples.
//!
//! n samples of x_1 (n_1 channels) and x_2 (n_2 channels), all growing with n_1/n → c_1 and n_2/n → c_2. Formulas only;
//! the theorem `spiked-cca` compares them with draws.

/// The aspect ratios c_1 = n_1/n and c_2 = n_2/n of a sample, both positive with c_1 + c_2 < 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AspectRatios {
    first: f64,
    second: f64,
}

/// Aspect ratios outside the range in which the limits are known.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("aspect ratios {first} and {second}: expected two positive numbers with a sum below 1")]
pub struct AspectRatioError {
    first: f64,
    second: f64,
}

impl AspectRatios {
    /// c_1 and c_2.
    ///
    /// # Errors
    /// [`AspectRatioError`] unless both are positive and their sum is below 1.
    pub fn new(first: f64, second: f64) -> Result<Self, AspectRatioError> {
        if first > 0.0 && second > 0.0 && first + second < 1.0 {
            Ok(Self { first, second })
        } else {
            Err(AspectRatioError { first, second })
        }
    }

    /// The squared correlation √(c_1c_2/((1−c_1)(1−c_2))) below which a spike is lost in the bulk (Bao, Hu, Pan, Zhou 2019).
    ///
    /// # Examples
    /// ```
    /// use alignloss::theorem::random_matrix::AspectRatios;
    /// let ratios = AspectRatios::new(0.2, 0.1)?;
    /// assert!((ratios.threshold() - (0.02_f64 / 0.72).sqrt()).abs() < 1e-15);
    /// # Ok::<(), alignloss::theorem::random_matrix::AspectRatioError>(())
    /// ```
    pub fn threshold(self) -> f64 {
        let Self { first, second } = self;
        (first * second / ((1.0 - first) * (1.0 - second))).sqrt()
    }

    /// The interval [d_−, d_+] of squared sample canonical correlations of independent modalities,
    /// d_± = (√(c_1(1−c_2)) ± √(c_2(1−c_1)))² (Wachter 1980).
    pub fn bulk(self) -> [f64; 2] {
        let Self { first, second } = self;
        let (a, b) = ((first * (1.0 - second)).sqrt(), (second * (1.0 - first)).sqrt());
        [(a - b).powi(2), (a + b).powi(2)]
    }

    /// The limit of the squared sample canonical correlation of a population one of square `squared` in [0, 1]:
    /// ρ²(1−c_1+c_1/ρ²)(1−c_2+c_2/ρ²) above the threshold, the edge of the bulk below (theorem `spiked-cca`).
    pub fn sample_correlation_squared(self, squared: f64) -> f64 {
        if squared > self.threshold() {
            let side = |c: f64| 1.0 - c + c / squared;
            squared * side(self.first) * side(self.second)
        } else {
            self.bulk()[1]
        }
    }

    /// sin² of the angle between the sample's and the population's canonical variate of modality m (0 or 1), for a
    /// population correlation of square `squared`; 1 at and below the threshold (Bykhovskaya, Gorin 2023).
    pub fn variate_sine_squared(self, m: usize, squared: f64) -> f64 {
        if squared <= self.threshold() {
            return 1.0;
        }
        let (own, other) = if m == 0 { (self.first, self.second) } else { (self.second, self.first) };
        let (t, u, q) = (own.recip(), other.recip(), squared);
        (1.0 - q) * (t - 1.0) / ((u - 1.0) * (t - 1.0) * q - 1.0) * ((u - 1.0) * q + 1.0) / ((t - 1.0) * q + 1.0)
    }

    /// Wachter's density of the squared sample canonical correlations of independent modalities, per correlation (there
    /// are min(n_1, n_2) of them): √((d_+−x)(x−d_−)) / (2π min(c_1, c_2) x(1−x)).
    pub fn bulk_density(self, x: f64) -> f64 {
        let [low, high] = self.bulk();
        if x <= low || x >= high {
            return 0.0;
        }
        let scale = 2.0 * std::f64::consts::PI * self.first.min(self.second);
        ((high - x) * (x - low)).sqrt() / (scale * x * (1.0 - x))
    }

    /// −½ E log(1 − x) per correlation of the bulk, in nats: what independent modalities seem to say about each other. By the
    /// midpoint rule in the angle whose sine runs from edge to edge, which converges geometrically.
    pub fn spurious_information_nats(self) -> f64 {
        let [low, high] = self.bulk();
        let (middle, radius) = (f64::midpoint(low, high), (high - low) / 2.0);
        let step = std::f64::consts::PI / f64::from(QUADRATURE);
        (0..QUADRATURE)
            .map(|i| (f64::from(i) + 0.5) * step - std::f64::consts::FRAC_PI_2)
            .map(|angle| (middle + radius * angle.sin(), radius * angle.cos() * step))
            .map(|(x, weight)| -0.5 * (-x).ln_1p() * self.bulk_density(x) * weight)
            .sum()
    }

    /// The limit of the largest squared singular value of X_1ᵀX_2/n for independent white modalities:
    /// min_{z>0} (1+z)(c_1+z)(c_2+z)/z.
    pub fn null_cross_covariance_edge(self) -> f64 {
        let Self { first, second } = self;
        let value = |z: f64| (1.0 + z) * (first + z) * (second + z) / z;
        // The derivative's sign is that of 2z³ + (1 + c_1 + c_2)z² − c_1c_2, which crosses zero once; the root is below 1.
        let slope = |z: f64| 2.0 * z.powi(3) + (1.0 + first + second) * z * z - first * second;
        value(increasing_root(slope, 0.0, 1.0))
    }
}

/// The mean of the squared largest sample canonical correlation of independent modalities with n_1 and n_2 channels over n
/// samples of known mean. Its logit is Tracy–Widom's law of order one up to terms of order n^{-2/3}, centred and scaled (Johnstone
/// 2008, theorem 1); [`AspectRatios::bulk`] is the limit.
///
/// ```
/// let [finite, limit] = [4000, 4_000_000].map(|n| {
///     alignloss::theorem::random_matrix::mean_largest_null_correlation_squared(n, [n / 5, n / 10])
/// });
/// assert!((finite - 0.4959).abs() < 1e-4 && (limit - 0.5).abs() < 1e-4);
/// ```
///
/// # Panics
/// Unless n_1 + n_2 < n and neither is zero: a broken invariant of the caller.
pub fn mean_largest_null_correlation_squared(samples: usize, channels: [usize; 2]) -> f64 {
    let [first, second] = channels.map(|channels| channels as f64);
    assert!(first.min(second) > 0.0 && first + second < samples as f64, "fewer channels than samples, in both");
    let total = samples as f64 - 1.0;
    let angle = |channels: f64| 2.0 * ((channels - 0.5) / total).sqrt().asin();
    let [low, high] = [angle(first.min(second)), angle(first.max(second))];
    let centre = 2.0 * f64::midpoint(low, high).tan().ln();
    let scale = (16.0 / (total * total * (low + high).sin().powi(2) * low.sin() * high.sin())).cbrt();
    (1.0 + (-(centre + scale * TRACY_WIDOM_MEAN)).exp()).recip()
}

/// The mean of Tracy–Widom's law of order one.
const TRACY_WIDOM_MEAN: f64 = -1.206_533_574_582_1;

/// The largest singular value of A + s·G in the limit, where A (rows × columns) has the singular values `signals` and otherwise
/// zeros, and G has independent standard normal entries; and what such noise makes of a further signal row.
///
/// From the deterministic equivalents of the resolvent of information-plus-noise matrices (Dozier, Silverstein 2007).
#[derive(Debug, Clone, PartialEq)]
pub struct InformationPlusNoise {
    /// Rows of A.
    pub rows: usize,
    /// Columns of A.
    pub columns: usize,
    /// Singular values of A, at most min(rows, columns) of them.
    pub signals: Vec<f64>,
    /// s > 0, the standard deviation of the noise's entries.
    pub noise: f64,
}

impl InformationPlusNoise {
    /// δ̃ = s²·tr(z − MᵀM)^{-1} for z beyond the edge; `None` inside the spectrum.
    ///
    /// With δ the same of MMᵀ, α = 1 − δ and β = 1 − δ̃, the equivalents are
    /// δ̃ = s²[Σ_i β/(zαβ − a_i²) + (columns − signals)/(zα)], and z(δ − δ̃) = s²(rows − columns) holds exactly.
    fn delta(&self, z: f64) -> Option<f64> {
        let variance = self.noise * self.noise;
        let (rows, columns) = (self.rows as f64, self.columns as f64);
        let others = columns - self.signals.len() as f64;
        // Right side minus δ̃: convex, positive at the start. Newton's steps from below rise to its smaller root, the physical
        // solution; inside the spectrum there is none, and the slope turns.
        let mut tilde = variance * columns / z;
        for _ in 0..NEWTON_STEPS {
            let delta = tilde + variance * (rows - columns) / z;
            let (alpha, beta) = (1.0 - delta, 1.0 - tilde);
            if alpha <= 0.0 || beta <= 0.0 {
                return None;
            }
            let mut sum = others / (z * alpha);
            let mut slope = others / (z * alpha * alpha);
            for signal in &self.signals {
                let gap = z * alpha * beta - signal * signal;
                if gap <= 0.0 {
                    return None;
                }
                sum += beta / gap;
                slope += (beta * z * (alpha + beta) - gap) / (gap * gap);
            }
            let (excess, slope) = (variance * sum - tilde, variance * slope - 1.0);
            if excess <= CONVERGED * tilde {
                return Some(tilde);
            }
            if slope >= 0.0 {
                return None;
            }
            tilde -= excess / slope;
        }
        None
    }

    /// The square of the largest singular value.
    pub fn edge_squared(&self) -> f64 {
        let strongest = self.signals.iter().fold(0.0, |a: f64, &b| a.max(b));
        // Above (a + s(√rows + √columns))² there is no spectrum.
        let bound = strongest + self.noise * ((self.rows as f64).sqrt() + (self.columns as f64).sqrt());
        let (mut inside, mut outside) = (strongest * strongest, bound * bound * (1.0 + 1e-9));
        for _ in 0..EDGE_BISECTIONS {
            let middle = f64::midpoint(inside, outside);
            if self.delta(middle).is_some() {
                outside = middle;
            } else {
                inside = middle;
            }
        }
        outside
    }

    /// Whether a further row with a singular value `strength` of its own (in a column without noise) and the same noise in the
    /// other columns stands out of the bulk: its limit z = τ² + z·δ̃(z) lies beyond the edge.
    pub fn row_stands_out(&self, strength: f64) -> bool {
        let edge = self.edge_squared();
        let tilde = self.delta(edge).unwrap_or(1.0);
        strength * strength + edge * tilde > edge
    }
}

/// Nodes of the quadrature over the bulk.
const QUADRATURE: u32 = 2_000;
/// Newton's steps: convergence is quadratic beyond the edge, and linear with ratio ½ at it.
const NEWTON_STEPS: usize = 100;
/// Relative excess at which they have converged.
const CONVERGED: f64 = 1e-13;
/// Halvings that place an edge, to twelve digits.
const EDGE_BISECTIONS: usize = 40;
/// Halvings of an interval, down to rounding.
const BISECTIONS: usize = 60;

/// The root of a function that increases through zero between `low` and `high`.
pub(super) fn increasing_root(function: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        if function(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(first: f64, second: f64) -> AspectRatios {
        AspectRatios::new(first, second).expect("valid")
    }

    #[test]
    fn the_numbers_of_the_published_example() {
        // docs/theory.md §6: n = 4000, n_1 = 800, n_2 = 400.
        let ratios = ratios(0.2, 0.1);
        let limits = [0.9_f64, 0.7, 0.5, 0.3].map(|rho| ratios.sample_correlation_squared(rho * rho));
        for (limit, expected) in limits.into_iter().zip([0.868, 0.654, 0.520, 0.500]) {
            assert!((limit - expected).abs() < 5e-4, "{limit} {expected}");
        }
    }

    #[test]
    fn limits_meet_at_the_threshold() {
        for ratios in [ratios(0.2, 0.1), ratios(0.45, 0.3), ratios(0.01, 0.6)] {
            let just_above = ratios.threshold() * (1.0 + 1e-7);
            assert!((ratios.sample_correlation_squared(just_above) - ratios.bulk()[1]).abs() < 1e-10);
            for m in 0..2 {
                assert!((ratios.variate_sine_squared(m, just_above) - 1.0).abs() < 1e-4);
                assert!(ratios.variate_sine_squared(m, 1.0).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn the_bulk_density_integrates_to_one() {
        for ratios in [ratios(0.2, 0.1), ratios(0.3, 0.5), ratios(0.05, 0.9)] {
            let [low, high] = ratios.bulk();
            // x = middle + radius·sin θ takes the square roots at the ends away.
            let (middle, radius) = (f64::midpoint(low, high), (high - low) / 2.0);
            let steps = 4000;
            let sum: f64 = (0..steps)
                .map(|i| {
                    let theta = std::f64::consts::PI * ((f64::from(i) + 0.5) / f64::from(steps) - 0.5);
                    ratios.bulk_density(middle + radius * theta.sin()) * radius * theta.cos()
                })
                .sum::<f64>()
                * std::f64::consts::PI
                / f64::from(steps);
            assert!((sum - 1.0).abs() < 1e-6, "{ratios:?} {sum}");
        }
    }

    /// The determinant of I − R² of independent modalities is Wilks' Λ, a product of independent Beta variables with parameters
    /// (n − n_2 − i)/2 and n_2/2 for i < n_1, so that −E log(1 − x) tends to the mean of log((1 − t)/(1 − c_2 − t)) over t from 0 to c_1.
    #[test]
    fn spurious_information_is_that_of_wilks() {
        let entropy = |x: f64| x * x.ln();
        for (first, second) in [(0.2, 0.1), (0.1, 0.2), (0.3, 0.5), (0.05, 0.9), (0.25, 0.25)] {
            let [fewer, more] = [f64::min(first, second), f64::max(first, second)];
            let expected = (entropy(1.0 - fewer - more) - entropy(1.0 - fewer) - entropy(1.0 - more)) / (2.0 * fewer);
            let found = ratios(first, second).spurious_information_nats();
            assert!((found / expected - 1.0).abs() < 1e-10, "{first} {second}: {found} {expected}");
        }
    }

    #[test]
    fn without_signal_the_edge_is_that_of_marchenko_and_pastur() {
        let noise = InformationPlusNoise { rows: 30, columns: 20, signals: Vec::new(), noise: 0.3 };
        let expected = 0.09 * (30.0_f64.sqrt() + 20.0_f64.sqrt()).powi(2);
        assert!((noise.edge_squared() / expected - 1.0).abs() < 1e-4, "{} {expected}", noise.edge_squared());
        // At the edge δ̃ = √columns/(√rows + √columns), so that a row stands out from τ² = s²(rows + √(rows·columns)) on.
        let critical = 0.09 * (30.0 + (30.0_f64 * 20.0).sqrt());
        let [above, below] = [1.02, 0.98].map(|factor| noise.row_stands_out((critical * factor).sqrt()));
        assert!(above && !below);
    }

    #[test]
    fn with_equal_signals_in_every_direction_the_edge_is_a_least_value() {
        // With as many rows as columns δ = δ̃ = 1 − β, and the equivalents leave z = a²/β² + v/(β(1 − β)), v = s²·columns: the edge is its least
        // value over β from 0 to 1.
        for (signal, noise) in [(1.5_f64, 0.05), (0.1, 0.3), (2.0, 1.0)] {
            let law = InformationPlusNoise { rows: 40, columns: 40, signals: vec![signal; 40], noise };
            let variance = noise * noise * 40.0;
            let value = |beta: f64| (signal / beta).powi(2) + variance / (beta * (1.0 - beta));
            // β³(1 − β)²/2 times the derivative.
            let slope = |beta: f64| variance * (beta - 0.5) * beta - (signal * (1.0 - beta)).powi(2);
            let expected = value(increasing_root(slope, 0.0, 1.0));
            assert!((law.edge_squared() / expected - 1.0).abs() < 1e-9, "{} {expected}", law.edge_squared());
        }
    }

    #[test]
    fn aspect_ratios_outside_the_law_are_refused() {
        for (first, second) in [(0.0, 0.1), (0.6, 0.5), (-0.1, 0.2), (f64::NAN, 0.1)] {
            assert!(AspectRatios::new(first, second).is_err());
        }
    }
}
