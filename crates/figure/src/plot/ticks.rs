//! Tick positions and their labels.

use super::axis::{Axis, Scale, Span};

/// A mark on an axis; unlabelled ones are minor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

impl Tick {
    pub(super) fn is_minor(&self) -> bool {
        self.label.is_empty()
    }
}

/// Largest number of marks, whatever the range.
const MOST: usize = 60;

/// About `target` labelled ticks for an axis shown over `span`.
pub(super) fn ticks(axis: &Axis, span: &Span, target: usize) -> Vec<Tick> {
    if let Some(fixed) = &axis.ticks {
        let inside = |v: &f64| span.position(*v).is_some_and(|p| (-1e-9..=1.0 + 1e-9).contains(&p));
        return fixed.iter().copied().filter(inside).map(|at| Tick { at, label: plain(at) }).collect();
    }
    match span.scale {
        Scale::Linear => linear(span, target.max(2), axis.whole),
        Scale::Log10 => logarithmic(span, target.max(2)),
    }
}

fn linear(span: &Span, target: usize, whole: bool) -> Vec<Tick> {
    let rough = (span.high - span.low) / target as f64;
    let magnitude = 10f64.powf(rough.log10().floor());
    // The step of 1, 2, 5 or 10 nearest to the wanted one.
    let factor = match rough / magnitude {
        r if r < 1.4 => 1.0,
        r if r < 3.2 => 2.0,
        r if r < 7.1 => 5.0,
        _ => 10.0,
    };
    let step = if whole { (factor * magnitude).max(1.0) } else { factor * magnitude };
    let slack = 1e-9 * step;
    let first = ((span.low - slack) / step).ceil();
    let largest = span.low.abs().max(span.high.abs());
    (0..MOST)
        .map(|i| (first + i as f64) * step)
        .take_while(|v| *v <= span.high + slack)
        .map(|v| if v.abs() < step * 1e-6 { 0.0 } else { v })
        .map(|at| Tick { at, label: stepped(at, step, largest) })
        .collect()
}

fn logarithmic(span: &Span, target: usize) -> Vec<Tick> {
    let (from, to) = (span.low.log10(), span.high.log10());
    let (first, last) = (floor_i32(from), floor_i32(to) + 1);
    let inside = |v: f64| (from - 1e-9..=to + 1e-9).contains(&v.log10());
    let powers: Vec<i32> = (first..=last).filter(|k| inside(10f64.powi(*k))).collect();
    if powers.len() >= 3 || (powers.len() == 2 && to - from > 1.6) {
        let stride = i32::try_from(powers.len().div_ceil(target)).unwrap_or(i32::MAX);
        let mut marks: Vec<Tick> = Vec::new();
        for k in first..=last {
            for mantissa in 1..10 {
                let at = f64::from(mantissa) * 10f64.powi(k);
                let labelled = mantissa == 1 && k.rem_euclid(stride) == 0;
                // With skipped decades, each decade gets one minor mark; else its 2 … 9.
                if inside(at) && (labelled || mantissa == 1 || stride == 1) {
                    marks.push(Tick { at, label: if labelled { power(k) } else { String::new() } });
                }
            }
        }
        return marks;
    }
    let mut marks: Vec<Tick> = Vec::new();
    for k in first..=last {
        for mantissa in 1..10 {
            let at = f64::from(mantissa) * 10f64.powi(k);
            if inside(at) {
                let label = if matches!(mantissa, 1 | 2 | 5) { plain(at) } else { String::new() };
                marks.push(Tick { at, label });
            }
        }
    }
    if marks.iter().filter(|t| !t.is_minor()).count() >= 2 { marks } else { linear(span, target, false) }
}

#[expect(clippy::cast_possible_truncation, reason = "the logarithm of a finite f64 is within ±324")]
fn floor_i32(value: f64) -> i32 {
    value.floor() as i32
}

/// 10ᵏ with Unicode superscripts.
fn power(k: i32) -> String {
    let raise = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => digit.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(digit),
    };
    format!("10{}", k.to_string().chars().map(raise).collect::<String>())
}

/// A multiple of `step`, with the digits the step needs; powers of ten where plain digits would be long.
fn stepped(value: f64, step: f64, largest: f64) -> String {
    let size = floor_i32(step.log10() + 1e-9);
    if (1e-3..1e5).contains(&largest) || value.abs() < f64::MIN_POSITIVE {
        return decimal(value, if value.abs() < f64::MIN_POSITIVE { 0 } else { -size });
    }
    let exponent = floor_i32(largest.log10() + 1e-9);
    let mantissa = value / 10f64.powi(exponent);
    format!("{}×{}", decimal(mantissa, exponent - size), power(exponent))
}

/// A free-standing number: at most six digits, no trailing zeros.
fn plain(value: f64) -> String {
    if value.abs() < f64::MIN_POSITIVE {
        return "0".to_owned();
    }
    let exponent = floor_i32(value.abs().log10() + 1e-9);
    let trim = |text: String| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    if (-3..5).contains(&exponent) {
        return trim(decimal(value, 5 - exponent));
    }
    match trim(decimal(value / 10f64.powi(exponent), 5)).as_str() {
        "1" => power(exponent),
        "−1" => format!("−{}", power(exponent)),
        mantissa => format!("{mantissa}×{}", power(exponent)),
    }
}

fn decimal(value: f64, digits: i32) -> String {
    let digits = usize::try_from(digits).unwrap_or(0).min(15);
    format!("{value:.digits$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, low: f64, high: f64, target: usize) -> Vec<String> {
        let span = Span { low, high, scale: axis.scale };
        ticks(axis, &span, target).into_iter().map(|t| t.label).filter(|l| !l.is_empty()).collect()
    }

    #[test]
    fn linear_ticks_step_by_one_two_or_five_without_noise_digits() {
        let axis = Axis::linear("a");
        assert_eq!(labels(&axis, 0.0, 1.0, 5), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&axis, -0.3, 0.31, 6), ["−0.3", "−0.2", "−0.1", "0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(&axis, 0.0, 12.0, 6), ["0", "2", "4", "6", "8", "10", "12"]);
        assert_eq!(labels(&axis, 0.0, 4e6, 4), ["0", "1×10⁶", "2×10⁶", "3×10⁶", "4×10⁶"]);
        assert_eq!(labels(&axis, 1.0e-5, 2.0e-5, 2), ["1.0×10⁻⁵", "1.5×10⁻⁵", "2.0×10⁻⁵"]);
    }

    #[test]
    fn whole_numbers_have_no_ticks_between_them() {
        let axis = Axis { whole: true, ..Axis::linear("d") };
        assert_eq!(labels(&axis, 0.9, 5.1, 9), ["1", "2", "3", "4", "5"]);
        assert_eq!(labels(&axis, 0.0, 24.0, 5), ["0", "5", "10", "15", "20"]);
    }

    #[test]
    fn log_ticks_are_decades_with_unlabelled_minors() {
        let axis = Axis::log10("a");
        assert_eq!(labels(&axis, 1e-2, 1e2, 6), ["10⁻²", "10⁻¹", "10⁰", "10¹", "10²"]);
        let span = Span { low: 1e-2, high: 1e2, scale: Scale::Log10 };
        assert_eq!(ticks(&axis, &span, 6).iter().filter(|t| t.is_minor()).count(), 32);
        assert_eq!(labels(&axis, 1e-12, 1.0, 5), ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "10⁰"]);
    }

    #[test]
    fn short_log_ranges_use_one_two_five_or_linear_steps() {
        let axis = Axis::log10("a");
        assert_eq!(labels(&axis, 0.8, 12.0, 5), ["1", "2", "5", "10"]);
        assert_eq!(labels(&axis, 1.1, 1.9, 4), ["1.2", "1.4", "1.6", "1.8"]);
    }

    #[test]
    fn fixed_ticks_outside_the_range_are_left_out() {
        let axis = Axis::linear("a").ticks([0.0, 0.1 + 0.2, 7.0]);
        assert_eq!(labels(&axis, 0.0, 1.0, 5), ["0", "0.3"]);
    }

    #[test]
    fn extreme_ranges_end() {
        for (low, high) in [(1e15, 1e15 + 1.0), (-1e300, 1e300), (0.0, 5e-324)] {
            assert!(labels(&Axis::linear("a"), low, high, 6).len() <= MOST);
        }
    }
}
