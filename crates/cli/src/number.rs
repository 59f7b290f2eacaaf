//! Numbers for people.

/// Values this small beside what they are measured in are rounding.
const ROUNDING: f64 = 1e-15;

/// A measure whose natural size is 1 (nats, correlations, shares, ratios): what rounding left of 0 is 0.
pub(crate) fn measure(value: f64) -> String {
    number(if value.abs() < ROUNDING { 0.0 } else { value })
}

/// A side of a claim, or their difference: 0 where it is both rounding beside the `largest` of the sides (at least 1) and below the
/// `error` of the claim. A side in the units of a small sensor is small without being 0, and its error says so.
pub(crate) fn side(value: f64, largest: f64, error: f64) -> String {
    let rounding = ROUNDING * if largest.is_finite() { largest.max(1.0) } else { 1.0 };
    number(if value.abs() < rounding && value.abs() <= error { 0.0 } else { value })
}

/// A number with four decimals, or in scientific notation where those would say nothing.
pub(crate) fn number(value: f64) -> String {
    if value.is_nan() {
        "–".into()
    } else if value.is_infinite() {
        if value > 0.0 { "inf".into() } else { "-inf".into() }
    } else if value == 0.0 {
        "0".into()
    } else if (1e-3..1e6).contains(&value.abs()) {
        format!("{value:.4}")
    } else {
        format!("{value:.2e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_shown_as_zero_and_zero_without_a_sign() {
        assert_eq!([-2.8e-17, -0.0, 2e-15, f64::NAN].map(measure), ["0", "0", "2.00e-15", "–"]);
        assert_eq!(number(-0.0), "0");
        // A difference of large sides; and a small sensor's square error, known to 32 digits.
        assert_eq!([side(-3e-11, 1e4, 1e-10), side(1e-20, 1e-20, 1e-32)], ["-3.00e-11", "1.00e-20"]);
        assert_eq!([side(-3e-12, 1e4, 1e-10), side(-2.8e-17, 0.0, 1e-13)], ["0", "0"]);
        assert_eq!(side(f64::INFINITY, f64::INFINITY, 0.0), "inf");
    }

    #[test]
    fn numbers_are_short_and_never_lose_their_meaning() {
        let shown: Vec<String> = [0.0, 0.5, 1e-9, -2e7, f64::INFINITY, f64::NAN].into_iter().map(number).collect();
        assert_eq!(shown, ["0", "0.5000", "1.00e-9", "-2.00e7", "inf", "–"]);
    }
}
