//! From heatmap values to colours, and the bar that explains them.

use super::FigureError;
use super::axis::{Axis, Span, drawable};
use super::layer::{ColourScale, Heatmap, category_index, extent};
use super::style::{category, colour_map};

/// Width of a colour bar.
pub(super) const BAR: f64 = 8.0;

/// A colour bar: the axis it shows and the interval its colours span.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub(super) axis: Axis,
    pub(super) span: Span,
    /// The position on the bar at which a diverging map is white, and the longer of its two arms.
    white: Option<(f64, f64)>,
}

impl Bar {
    /// The bar of a heatmap that is not categorical.
    pub(super) fn of(map: &Heatmap) -> Result<Option<Self>, FigureError> {
        let (axis, centre) = match &map.colours {
            ColourScale::Sequential(axis) => (axis, None),
            ColourScale::Diverging { axis, centre } => (axis, Some(*centre)),
            ColourScale::Categories(_) => return Ok(None),
        };
        let data = extent(map.values.iter().copied().filter(|v| drawable(*v, axis.scale)));
        let span = Span::resolve(axis, data, 0.0)?;
        let white = centre.and_then(|c| span.position(c)).map(|p| (p, p.max(1.0 - p).max(p.abs())));
        Ok(Some(Self { axis: axis.clone(), span, white }))
    }

    /// Colour at a share of the bar.
    pub(super) fn colour(&self, share: f64) -> [u8; 3] {
        match self.white {
            Some((white, arm)) => colour_map(0.5 + 0.5 * (share - white) / arm, true),
            None => colour_map(share, false),
        }
    }
}

/// From heatmap values to colours.
pub(super) enum Colouring {
    Bar(Bar),
    Categories(usize),
}

impl Colouring {
    /// `None` if the range of the bar cannot be drawn.
    pub(super) fn of(map: &Heatmap) -> Option<Self> {
        match &map.colours {
            ColourScale::Categories(names) => Some(Self::Categories(names.len())),
            _ => Bar::of(map).ok().flatten().map(Self::Bar),
        }
    }

    /// `None` for missing values.
    pub(super) fn colour(&self, value: f64) -> Option<[u8; 3]> {
        match self {
            Self::Categories(count) => category_index(value, *count).map(|i| category(i).rgb),
            Self::Bar(bar) if drawable(value, bar.axis.scale) => bar.span.position(value).map(|p| bar.colour(p)),
            Self::Bar(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Cells, Scale};

    #[test]
    fn diverging_maps_are_white_at_the_centre_whatever_the_range() {
        let map = Heatmap {
            x: Cells::Centres(vec![0.0, 1.0]),
            y: Cells::Centres(vec![0.0]),
            values: vec![-1.0, 9.0],
            colours: ColourScale::Diverging { axis: Axis::linear("Δ"), centre: 0.0 },
        };
        let paint = Colouring::of(&map).unwrap();
        assert_eq!(paint.colour(0.0), Some([0xF7, 0xF7, 0xF7]));
        assert_eq!(paint.colour(f64::NAN), None);
        assert_eq!(Bar::of(&map).unwrap().unwrap().span.scale, Scale::Linear);
    }
}
