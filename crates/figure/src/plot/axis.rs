//! Axes as the caller describes them, and the interval that each resolves to.

use super::FigureError;

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal steps.
    #[default]
    Linear,
    /// Equal factors; values that are not positive are left out.
    Log10,
}

/// One axis of a chart, or the colour bar of a heatmap.
///
/// Labels may hold sub- and superscripts as `σ_{w}` and `ε^{2}`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// The quantity measured.
    pub label: String,
    /// Its unit.
    pub unit: Option<String>,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// Fixed ends; from the data when absent.
    pub range: Option<(f64, f64)>,
    /// Fixed tick positions; chosen when absent.
    pub ticks: Option<Vec<f64>>,
    /// Values are whole numbers: no ticks between them.
    pub whole: bool,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// A logarithmic axis.
    pub fn log10(label: impl Into<String>) -> Self {
        Self { scale: Scale::Log10, ..Self::linear(label) }
    }

    /// Adds a unit, shown in parentheses.
    #[must_use]
    pub fn unit(self, unit: impl Into<String>) -> Self {
        Self { unit: Some(unit.into()), ..self }
    }

    /// Fixes both ends.
    #[must_use]
    pub fn range(self, low: f64, high: f64) -> Self {
        Self { range: Some((low, high)), ..self }
    }

    /// Fixes the tick positions.
    #[must_use]
    pub fn ticks(self, ticks: impl Into<Vec<f64>>) -> Self {
        Self { ticks: Some(ticks.into()), ..self }
    }

    /// The text beside the axis: `label (unit)`.
    pub fn title(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} ({unit})", self.label),
            None => self.label.clone(),
        }
    }
}

/// A finite interval with `low < high` on a scale (positive when logarithmic).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) scale: Scale,
}

/// Two ends that differ by less than this, relative to their size, count as one value: the rest is rounding.
const DEGENERATE: f64 = 1e-12;

impl Span {
    /// The interval of `axis` for data between the ends of `data`, widened by the share `pad` on both sides.
    pub(super) fn resolve(axis: &Axis, data: Option<(f64, f64)>, pad: f64) -> Result<Self, FigureError> {
        let scale = axis.scale;
        let fallback = match scale {
            Scale::Linear => (0.0, 1.0),
            Scale::Log10 => (1.0, 10.0),
        };
        let (low, high) = axis.range.or(data).unwrap_or(fallback);
        let invalid = || FigureError::InvalidRange { axis: axis.label.clone(), low, high };
        let forward = |v: f64| if scale == Scale::Log10 { v.log10() } else { v };
        let (mut a, mut b) = (forward(low), forward(high));
        if !a.is_finite() || !b.is_finite() || a > b || !(b - a).is_finite() {
            return Err(invalid());
        }
        if b - a <= DEGENERATE * a.abs().max(b.abs()) {
            let half = match scale {
                Scale::Linear if a.abs() < f64::MIN_POSITIVE => 1.0,
                Scale::Linear => a.abs() * 0.1,
                Scale::Log10 => 0.5,
            };
            (a, b) = (a - half, b + half);
        } else if axis.range.is_none() && pad > 0.0 {
            // Axes of data close to zero include the zero, so that heights compare honestly.
            if scale == Scale::Linear && pad >= VALUE_PAD && a > 0.0 && a < 0.2 * b {
                a = 0.0;
            }
            let extra = pad * (b - a);
            (a, b) = (a - extra, b + extra);
        }
        let back = |v: f64| {
            if scale == Scale::Log10 { 10f64.powf(v) } else { v }
        };
        let span = Self { low: back(a), high: back(b), scale };
        let drawable = span.low < span.high && span.position(span.low).is_some() && span.position(span.high).is_some();
        if drawable { Ok(span) } else { Err(invalid()) }
    }

    /// The position of `value`: 0 at the low end, 1 at the high end; `None` if it cannot be drawn.
    pub(super) fn position(&self, value: f64) -> Option<f64> {
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log10 if value > 0.0 => (value / self.low).log10() / (self.high / self.low).log10(),
            Scale::Log10 => return None,
        };
        share.is_finite().then_some(share)
    }
}

/// Padding of a value axis; axes padded less keep their lower end away from zero.
pub(super) const VALUE_PAD: f64 = 0.05;

/// Whether an axis of this scale can show the value.
pub(super) fn drawable(value: f64, scale: Scale) -> bool {
    value.is_finite() && (scale == Scale::Linear || value > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ends_are_widened_on_both_scales() {
        for axis in [Axis::linear("a"), Axis::log10("b")] {
            for value in [3.0, 1e-9, 1e12] {
                let span = Span::resolve(&axis, Some((value, value)), VALUE_PAD).unwrap();
                assert!(span.low < value && value < span.high);
            }
        }
        let span = Span::resolve(&Axis::linear("a"), Some((0.0, 0.0)), VALUE_PAD).unwrap();
        assert!(span.low < 0.0 && span.high > 0.0);
    }

    #[test]
    fn near_zero_data_show_the_zero_and_fixed_ranges_stay() {
        let span = Span::resolve(&Axis::linear("a"), Some((0.1, 10.0)), VALUE_PAD).unwrap();
        assert!(span.low <= 0.0);
        let span = Span::resolve(&Axis::linear("a").range(2.0, 4.0), Some((0.0, 9.0)), VALUE_PAD).unwrap();
        assert_eq!((span.low, span.high), (2.0, 4.0));
    }

    #[test]
    fn undrawable_ranges_are_errors() {
        for (axis, low, high) in [
            (Axis::linear("a"), 2.0, 1.0),
            (Axis::linear("a"), f64::NAN, 1.0),
            (Axis::linear("a"), f64::MIN, f64::MAX),
            (Axis::log10("a"), 0.0, 1.0),
            (Axis::log10("a"), -1.0, 1.0),
        ] {
            let result = Span::resolve(&axis.range(low, high), None, 0.0);
            assert!(matches!(result, Err(FigureError::InvalidRange { .. })), "{low} {high}");
        }
    }

    #[test]
    fn log_positions_are_even_per_decade() {
        let span = Span { low: 0.01, high: 100.0, scale: Scale::Log10 };
        assert!((span.position(1.0).unwrap() - 0.5).abs() < 1e-12);
        assert!(span.position(0.0).is_none() && span.position(f64::NAN).is_none());
    }
}
