//! Paints shapes through plotters, with the same calls for every backend.

use plotters::backend::DrawingBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, IntoTextStyle, RGBAColor, RGBColor, ShapeStyle,
};

use super::FigureError;
use super::font::FAMILY;
use super::scene::{Anchor, Point, Shape};
use super::style::Colour;

/// Backend units per point. plotters' coordinates are whole numbers, so the unit is a twentieth of a point.
pub(super) const UNITS: f64 = 20.0;

/// plotters' SVG text lies this far, in em, below the top it is given.
pub(super) const ASCENT: f64 = 0.76;

/// plotters writes a font of size s with s / 1.24 units per em.
pub(super) const SIZE_PER_EM: f64 = 1.24;

/// A length in whole backend units.
#[expect(clippy::cast_possible_truncation, reason = "pages are small; the cast saturates")]
pub(super) fn to_units(points: f64) -> i32 {
    (points * UNITS).round() as i32
}

fn place(point: Point) -> (i32, i32) {
    (to_units(point.0), to_units(point.1))
}

fn ink(colour: Colour) -> RGBAColor {
    let [r, g, b] = colour.rgb;
    RGBColor(r, g, b).mix(colour.alpha)
}

/// Paints one shape; mosaics are left to the caller.
pub(super) fn paint<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, shape: &Shape) -> Result<(), FigureError> {
    let done = match shape {
        Shape::Line { points, width, colour } => {
            let style =
                ShapeStyle { color: ink(*colour), filled: false, stroke_width: to_units(*width).unsigned_abs().max(1) };
            area.draw(&PathElement::new(points.iter().copied().map(place).collect::<Vec<_>>(), style))
        }
        Shape::Area { points, colour } => {
            area.draw(&Polygon::new(points.iter().copied().map(place).collect::<Vec<_>>(), ink(*colour).filled()))
        }
        Shape::Disc { centre, radius, colour } => {
            area.draw(&Circle::new(place(*centre), to_units(*radius), ink(*colour).filled()))
        }
        Shape::Text { text, at, face } => {
            let side = match face.anchor {
                Anchor::Start => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::End => HPos::Right,
            };
            let weight = if face.bold { FontStyle::Bold } else { FontStyle::Normal };
            let font = FontDesc::new(FontFamily::Name(FAMILY), face.size * UNITS * SIZE_PER_EM, weight);
            let font = if face.turned { font.transform(FontTransform::Rotate270) } else { font };
            let style = font.color(&ink(face.colour)).into_text_style(area).pos(Pos::new(side, VPos::Top));
            let lift = ASCENT * face.size;
            let top = if face.turned { (at.0 - lift, at.1) } else { (at.0, at.1 - lift) };
            area.draw(&Text::new(text.as_str(), place(top), style))
        }
        Shape::Mosaic(_) => Ok(()),
    };
    done.map_err(|e: DrawingAreaErrorKind<DB::ErrorType>| FigureError::Backend(e.to_string()))
}
