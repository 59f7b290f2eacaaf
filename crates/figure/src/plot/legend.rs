//! Legend entries, their arrangement, and the search for free space.

use super::font::Typeface;
use super::layer::{ColourScale, Layer, category_index};
use super::scene::{Frame, Point};
use super::style::{Colour, SeriesStyle, Sizes, category};
use super::{Chart, FigureError, Theme};

/// The symbol beside a legend text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Key {
    Curve {
        style: SeriesStyle,
        band: bool,
    },
    Scatter(SeriesStyle),
    /// By order of appearance.
    Theory(usize),
    /// By order of appearance.
    Boundary(usize),
    Reference,
    Swatch(Colour),
}

/// One line of a legend.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) label: String,
    pub(super) key: Key,
    /// Last point of a line, for direct labels.
    pub(super) end: Option<Point>,
}

/// Entries of a chart: lines and points in order of layers, then categories.
pub(super) fn entries(chart: &Chart, theme: Theme) -> Vec<Entry> {
    let band_of = |style: &SeriesStyle| {
        chart.layers.iter().any(|layer| matches!(layer, Layer::Band { style: s, .. } if s.index() == style.index()))
    };
    let last = |points: &[Point]| points.iter().rev().find(|p| p.0.is_finite() && p.1.is_finite()).copied();
    let (mut lines, mut fills, mut boundaries, mut gaps) = (Vec::new(), Vec::new(), 0, false);
    for layer in &chart.layers {
        let (label, key, end) = match layer {
            Layer::Curve { label, points, style } => {
                (label, Key::Curve { style: *style, band: band_of(style) }, last(points))
            }
            Layer::Scatter { label, style, .. } => (label, Key::Scatter(*style), None),
            Layer::Theory { label, points } => (label, Key::Theory(theory_index(&chart.layers, label)), last(points)),
            Layer::Boundary { label, points } => {
                boundaries += 1;
                (label, Key::Boundary(boundaries - 1), last(points))
            }
            Layer::Heatmap(map) => {
                if let ColourScale::Categories(names) = &map.colours {
                    let shown: Vec<usize> = map.values.iter().filter_map(|v| category_index(*v, names.len())).collect();
                    fills.extend(names.iter().enumerate().filter(|(i, _)| shown.contains(i)).map(|(i, name)| Entry {
                        label: name.clone(),
                        key: Key::Swatch(category(i)),
                        end: None,
                    }));
                }
                gaps |= map.has_gaps();
                continue;
            }
            Layer::Band { .. } | Layer::ReferenceLine { .. } => continue,
        };
        let entry = Entry { label: label.clone(), key, end };
        if !label.is_empty() && !lines.iter().any(|e: &Entry| e.label == entry.label && e.key == entry.key) {
            lines.push(entry);
        }
    }
    // Theory concerns all series, so it comes after them.
    lines.sort_by_key(|entry| matches!(entry.key, Key::Theory(_)));
    fills.extend(lines);
    if gaps {
        fills.push(Entry { label: "no data".to_owned(), key: Key::Swatch(theme.no_data()), end: None });
    }
    fills
}

/// The index of a theory among a chart's distinct theories, which determines its dashes.
pub(super) fn theory_index(layers: &[Layer], wanted: &str) -> usize {
    let mut labels: Vec<&str> = Vec::new();
    for layer in layers {
        if let Layer::Theory { label, .. } = layer
            && !labels.contains(&label.as_str())
        {
            labels.push(label);
        }
    }
    labels.iter().position(|label| *label == wanted).unwrap_or(0)
}

/// Width of a key.
pub(super) const KEY: f64 = 23.0;
/// Gap between key and text.
pub(super) const KEY_GAP: f64 = 4.0;
const COLUMN_GAP: f64 = 12.0;
const ROW_GAP: f64 = 2.2;

/// Arranged entries, with positions relative to the upper left corner.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// Text lines and upper left corner of each entry.
    pub(super) items: Vec<(Vec<String>, Point)>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Arranges entries in as many columns as fit into `room`, at most `columns`.
pub(super) fn arrange(entries: &[Entry], sizes: &Sizes, room: f64, columns: usize) -> Result<Block, FigureError> {
    let face = Typeface::bundled()?;
    let (key, gap) = ((KEY + KEY_GAP) * sizes.unit, COLUMN_GAP * sizes.unit);
    let texts: Vec<Vec<String>> =
        entries.iter().map(|e| face.wrap(&e.label, sizes.small, false, room - key, 3)).collect();
    let wide =
        |lines: &Vec<String>| key + lines.iter().map(|line| face.width(line, sizes.small, false)).fold(0.0, f64::max);
    // The most columns that fit, each as wide as its own entries.
    let widths = |count: usize| -> Vec<f64> {
        (0..count).map(|c| texts.iter().skip(c).step_by(count).map(wide).fold(0.0, f64::max)).collect()
    };
    let total = |w: &[f64]| w.iter().sum::<f64>() + gap * w.len().saturating_sub(1) as f64;
    let most = columns.min(texts.len()).max(1);
    let fitting = (1..=most).rev().find(|&n| total(&widths(n)) <= room).unwrap_or(1);
    // The fewest columns with the same number of rows, so that rows are evenly filled.
    let rows = texts.len().div_ceil(fitting);
    let count = (1..=fitting).find(|&n| texts.len().div_ceil(n) == rows).unwrap_or(fitting);
    let columns = if total(&widths(count)) <= room { widths(count) } else { widths(fitting) };
    let (leading, row_gap) = (Sizes::leading(sizes.small), ROW_GAP * sizes.unit);
    let (mut items, mut top) = (Vec::new(), 0.0);
    for row in texts.chunks(columns.len()) {
        let mut left = 0.0;
        for (lines, width) in row.iter().zip(&columns) {
            items.push((lines.clone(), (left, top)));
            left += width + gap;
        }
        top += row.iter().map(Vec::len).max().unwrap_or(1) as f64 * leading + row_gap;
    }
    Ok(Block { items, width: total(&columns), height: (top - row_gap).max(0.0) })
}

/// The position in a frame where a box covers the fewest occupied points, and their number.
pub(super) fn free_place(frame: &Frame, width: f64, height: f64, inset: f64, taken: &[Point]) -> (Frame, usize) {
    let inner = frame.grow(-inset);
    let lefts = [inner.right - width, inner.left, f64::midpoint(inner.left, inner.right) - width / 2.0];
    let tops = [inner.top, inner.bottom - height, f64::midpoint(inner.top, inner.bottom) - height / 2.0];
    let mut best: Option<(Frame, usize)> = None;
    for left in lefts {
        for top in tops {
            let spot = Frame { left, top, right: left + width, bottom: top + height };
            let hits = covered(&spot.grow(inset * 0.6), taken);
            if best.is_none_or(|(_, fewest)| hits < fewest) {
                best = Some((spot, hits));
            }
        }
    }
    best.unwrap_or((*frame, usize::MAX))
}

/// The number of occupied points under a box.
pub(super) fn covered(spot: &Frame, taken: &[Point]) -> usize {
    taken.iter().filter(|p| spot.contains(**p)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Width;

    #[test]
    fn legend_takes_the_empty_corner() {
        let frame = Frame { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 };
        let diagonal: Vec<Point> = (0..100).map(|i| (f64::from(i), 100.0 - f64::from(i))).collect();
        let (spot, hits) = free_place(&frame, 30.0, 30.0, 4.0, &diagonal);
        assert_eq!(hits, 0);
        assert_eq!(covered(&spot, &diagonal), 0);
        let full: Vec<Point> = (0..10_000).map(|i| (f64::from(i % 100), f64::from(i / 100))).collect();
        assert!(free_place(&frame, 30.0, 30.0, 4.0, &full).1 > 0);
    }

    #[test]
    fn arranged_entries_fit_the_room() {
        let entry = |label: &str| Entry { label: label.into(), key: Key::Theory(0), end: None };
        let list = [entry("short"), entry("a longer label than the others, to be wrapped"), entry("third"), entry("x")];
        for room in [70.0, 120.0, 300.0] {
            let block = arrange(&list, &Sizes::of(Width::SingleColumn), room, 4).unwrap();
            assert!(block.width <= room + 1e-9, "{room}");
            assert_eq!(block.items.len(), 4);
        }
    }
}
