//! Labels of reference lines, placed where they cover the least data.

use super::FigureError;
use super::area::Plot;
use super::font::Typeface;
use super::layer::{Direction, Layer};
use super::legend::covered;
use super::scene::{Frame, Point, distance};
use super::style::Sizes;

/// The label of a reference line and its place.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) spot: Frame,
    pub(super) turned: bool,
    /// The number of occupied points it covers.
    pub(super) hits: usize,
}

impl Note {
    /// Beside the line of a layer, where it covers the least; `None` for other layers and for lines without a label.
    pub(super) fn beside(
        layer: &Layer,
        plot: &Plot,
        sizes: &Sizes,
        taken: &[Point],
    ) -> Result<Option<Self>, FigureError> {
        let Layer::ReferenceLine { direction, at, label } = layer else {
            return Ok(None);
        };
        let Some([start, end]) = plot.crossing(*direction, *at).filter(|_| !label.is_empty()) else {
            return Ok(None);
        };
        let face = Typeface::bundled()?;
        let turned = *direction == Direction::Vertical;
        let text = face.wrap(label, sizes.small, false, 0.9 * distance(start, end), 1).join(" ");
        let (length, gap, height) = (face.width(&text, sizes.small, false), 2.0 * sizes.unit, 0.75 * sizes.small);
        let mut best: Option<Self> = None;
        for share in [1.0, 0.0, 0.5, 0.25, 0.75] {
            for side in [-1.0, 1.0] {
                let along = share * (distance(start, end) - length - 2.0 * gap) + gap + length / 2.0;
                let across = side * (gap + height / 2.0);
                let ((x, y), (w, h)) = if turned {
                    ((start.0 + across, start.1 - along), (height, length))
                } else {
                    ((start.0 + along, start.1 + across), (length, height))
                };
                let spot = Frame { left: x - w / 2.0, top: y - h / 2.0, right: x + w / 2.0, bottom: y + h / 2.0 };
                let outside = spot.corners().iter().filter(|p| !plot.frame.contains(**p)).count();
                let hits = covered(&spot.grow(0.7 * sizes.unit), taken) + 1000 * outside;
                if best.as_ref().is_none_or(|b| hits < b.hits) {
                    best = Some(Self { text: text.clone(), spot, turned, hits });
                }
            }
        }
        Ok(best)
    }
}
