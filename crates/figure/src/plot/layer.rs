//! The contents of a chart: its layers, their validation and extents.

use super::axis::{Axis, Scale, drawable};
use super::style::SeriesStyle;
use super::{Chart, FigureError};

/// One layer of a chart. Theory is drawn over data, whatever the order of the layers.
///
/// Points that are missing, infinite, or not positive on a logarithmic axis are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// A line through points, broken at those that cannot be drawn.
    Curve {
        /// Legend text.
        label: String,
        /// Points (x, y) in drawing order.
        points: Vec<(f64, f64)>,
        /// Series style.
        style: SeriesStyle,
    },
    /// A filled interval around a curve of the same style.
    Band {
        /// Points (x, low, high) by rising x.
        points: Vec<(f64, f64, f64)>,
        /// Series style.
        style: SeriesStyle,
    },
    /// Half-transparent markers.
    Scatter {
        /// Legend text.
        label: String,
        /// Points (x, y).
        points: Vec<(f64, f64)>,
        /// Series style.
        style: SeriesStyle,
    },
    /// A theoretical curve, in the one style of all theory: thin, dashed, in the colour of ink.
    Theory {
        /// Legend text; equal labels share one entry.
        label: String,
        /// Points (x, y) in drawing order.
        points: Vec<(f64, f64)>,
    },
    /// Coloured cells; at most one layer per chart may have a colour bar or category legend.
    Heatmap(Box<Heatmap>),
    /// A line over a heatmap, black with a white rim so that it shows on every colour.
    Boundary {
        /// Legend text.
        label: String,
        /// Points (x, y) in drawing order.
        points: Vec<(f64, f64)>,
    },
    /// A dotted line across the whole plot with its label beside it.
    ReferenceLine {
        /// Along x or along y.
        direction: Direction,
        /// Its y when horizontal, its x when vertical.
        at: f64,
        /// Text beside the line; may be empty.
        label: String,
    },
}

/// Direction of a reference line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// At one y.
    Horizontal,
    /// At one x.
    Vertical,
}

/// Where the cells of a heatmap lie along one axis, strictly increasing.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// One centre per cell; edges lie midway, in the scale of the axis.
    Centres(Vec<f64>),
    /// One edge more than cells.
    Edges(Vec<f64>),
}

/// Coloured cells over a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    /// Cells along x.
    pub x: Cells,
    /// Cells along y.
    pub y: Cells,
    /// Row by row from the lowest y: cell (i, j) is at `j * columns + i`. NaN is shown as "no data".
    pub values: Vec<f64>,
    /// How values become colours.
    pub colours: ColourScale,
}

/// How heatmap values become colours.
#[derive(Debug, Clone, PartialEq)]
pub enum ColourScale {
    /// From dark to light; the axis is that of the colour bar.
    Sequential(Axis),
    /// From blue to red with white at `centre`; the axis is that of the colour bar.
    Diverging {
        /// Axis of the colour bar.
        axis: Axis,
        /// The value shown white.
        centre: f64,
    },
    /// One colour each; values are indices 0, 1, … into the names.
    Categories(Vec<String>),
}

impl Cells {
    fn given(&self) -> &[f64] {
        match self {
            Self::Centres(at) | Self::Edges(at) => at,
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Centres(at) => at.len(),
            Self::Edges(at) => at.len().saturating_sub(1),
        }
    }

    /// Edges of the cells, one more than cells.
    pub(super) fn edges(&self, scale: Scale) -> Vec<f64> {
        let at = match self {
            Self::Edges(at) => return at.clone(),
            Self::Centres(at) => at,
        };
        let forward = |v: &f64| if scale == Scale::Log10 { v.log10() } else { *v };
        let back = |v: f64| {
            if scale == Scale::Log10 { 10f64.powf(v) } else { v }
        };
        let at: Vec<f64> = at.iter().map(forward).collect();
        let (Some(first), Some(last)) = (at.first(), at.last()) else {
            return Vec::new();
        };
        let lead = at.get(1).map_or(0.5, |second| (second - first) / 2.0);
        let tail = at.len().checked_sub(2).map_or(0.5, |i| (last - at[i]) / 2.0);
        let inner = at.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
        std::iter::once(first - lead).chain(inner).chain(std::iter::once(last + tail)).map(back).collect()
    }

    fn check(&self, axis: &Axis) -> Result<(), FigureError> {
        let at = self.given();
        let bad = (0..at.len()).find(|&i| !drawable(at[i], axis.scale) || (i > 0 && at[i] <= at[i - 1]));
        match bad {
            Some(index) => Err(FigureError::CellOrder { axis: axis.label.clone(), index }),
            None => Ok(()),
        }
    }
}

impl Heatmap {
    fn check(&self, chart: &Chart) -> Result<(), FigureError> {
        self.x.check(&chart.x)?;
        self.y.check(&chart.y)?;
        let (columns, rows, values) = (self.x.count(), self.y.count(), self.values.len());
        if columns * rows != values {
            return Err(FigureError::CellCount { columns, rows, values });
        }
        if let ColourScale::Categories(names) = &self.colours {
            for (index, &value) in self.values.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
                if category_index(value, names.len()).is_none() {
                    return Err(FigureError::UnknownCategory { value, index, categories: names.len() });
                }
            }
        }
        Ok(())
    }

    pub(super) fn has_gaps(&self) -> bool {
        match &self.colours {
            ColourScale::Categories(_) => self.values.iter().any(|v| v.is_nan()),
            ColourScale::Sequential(axis) | ColourScale::Diverging { axis, .. } => {
                self.values.iter().any(|v| !drawable(*v, axis.scale))
            }
        }
    }
}

/// The category a value names, if it does.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "guarded: a whole number within 0..count")]
pub(super) fn category_index(value: f64, count: usize) -> Option<usize> {
    let whole = value >= 0.0 && value < count as f64 && value.fract().abs() < f64::EPSILON;
    whole.then_some(value as usize)
}

/// Smallest and largest of the values.
pub(super) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .fold(None, |range, v| Some(range.map_or((v, v), |(low, high): (f64, f64)| (low.min(v), high.max(v)))))
}

impl Layer {
    /// Order of painting: later covers earlier.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Heatmap(_) => 0,
            Self::ReferenceLine { .. } => 1,
            Self::Band { .. } => 2,
            Self::Scatter { .. } => 3,
            Self::Curve { .. } => 4,
            Self::Boundary { .. } => 5,
            Self::Theory { .. } => 6,
        }
    }

    /// Kind and label, for messages.
    fn name(&self) -> String {
        match self {
            Self::Curve { label, .. } => format!("curve {label:?}"),
            Self::Band { style, .. } => format!("band of series {}", style.index()),
            Self::Scatter { label, .. } => format!("scatter {label:?}"),
            Self::Theory { label, .. } => format!("theory {label:?}"),
            Self::Heatmap(_) => "heatmap".to_owned(),
            Self::Boundary { label, .. } => format!("boundary {label:?}"),
            Self::ReferenceLine { label, .. } => format!("reference line {label:?}"),
        }
    }

    /// The values along x and y that the axes must include.
    fn reach(&self, chart: &Chart) -> (Vec<f64>, Vec<f64>) {
        let (x, y) = (chart.x.scale, chart.y.scale);
        match self {
            Self::Curve { points, .. }
            | Self::Scatter { points, .. }
            | Self::Theory { points, .. }
            | Self::Boundary { points, .. } => {
                points.iter().filter(|p| drawable(p.0, x) && drawable(p.1, y)).copied().unzip()
            }
            Self::Band { points, .. } => points
                .iter()
                .filter(|p| drawable(p.0, x) && drawable(p.1, y) && drawable(p.2, y))
                .flat_map(|p| [(p.0, p.1), (p.0, p.2)])
                .unzip(),
            Self::Heatmap(map) => (map.x.edges(x), map.y.edges(y)),
            Self::ReferenceLine { direction: Direction::Horizontal, at, .. } => {
                (Vec::new(), drawable(*at, y).then_some(*at).into_iter().collect())
            }
            Self::ReferenceLine { direction: Direction::Vertical, at, .. } => {
                (drawable(*at, x).then_some(*at).into_iter().collect(), Vec::new())
            }
        }
    }
}

/// Extents of all layers of a chart along x and y.
///
/// Boundaries over a heatmap do not widen it: they may run far out of the cells.
pub(super) type Extents = (Option<(f64, f64)>, Option<(f64, f64)>);

/// Validates every layer and returns the ranges that the axes must include.
pub(super) fn survey(chart: &Chart) -> Result<Extents, FigureError> {
    if chart.layers.is_empty() {
        return Err(FigureError::EmptyChart { title: chart.title.clone() });
    }
    let over_cells = chart.layers.iter().any(|layer| matches!(layer, Layer::Heatmap(_)));
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for layer in &chart.layers {
        if let Layer::Heatmap(map) = layer {
            map.check(chart)?;
        }
        let (x, y) = layer.reach(chart);
        if x.is_empty() && y.is_empty() {
            return Err(FigureError::EmptySeries { title: chart.title.clone(), layer: layer.name() });
        }
        if !over_cells || matches!(layer, Layer::Heatmap(_)) {
            xs.extend(x);
            ys.extend(y);
        }
    }
    Ok((extent(xs), extent(ys)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centres_give_edges_midway_in_the_scale_of_the_axis() {
        assert_eq!(Cells::Centres(vec![1.0, 2.0, 4.0]).edges(Scale::Linear), [0.5, 1.5, 3.0, 5.0]);
        let edges = Cells::Centres(vec![1.0, 100.0]).edges(Scale::Log10);
        for (edge, wanted) in edges.iter().zip([0.1, 10.0, 1000.0]) {
            assert!((edge / wanted - 1.0).abs() < 1e-12);
        }
        assert_eq!(Cells::Centres(vec![3.0]).edges(Scale::Linear), [2.5, 3.5]);
    }

    #[test]
    fn only_whole_numbers_in_range_name_categories() {
        assert_eq!(category_index(2.0, 3), Some(2));
        for value in [3.0, -1.0, 0.5, f64::NAN, f64::INFINITY] {
            assert_eq!(category_index(value, 3), None);
        }
    }
}
