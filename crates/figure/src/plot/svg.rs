//! A scene as SVG, painted by plotters' SVG backend.

use std::fmt::Write as _;

use plotters::prelude::{IntoDrawingArea, SVGBackend};

use super::FigureError;
use super::paint::{UNITS, paint, to_units};
use super::raster::encode_png;
use super::scene::{Mosaic, Scene, Shape};

/// Resolution of embedded cell images in pixels per point: 300 dpi.
const IMAGE_PIXELS: f64 = 300.0 / 72.0;

/// Writes a scene as SVG of physical size, with text as text.
pub(super) fn to_svg(scene: &Scene) -> Result<String, FigureError> {
    let size = (to_units(scene.width).unsigned_abs(), to_units(scene.height).unsigned_abs());
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}in\" height=\"{}in\" viewBox=\"0 0 {} {}\" role=\"img\" \
         stroke-linejoin=\"round\">\n<title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        thousandths(scene.width / 72.0),
        thousandths(scene.height / 72.0),
        size.0,
        size.1,
        escape(&scene.title),
        hex(scene.background.rgb),
    );
    // plotters cannot place an image in SVG, so each stretch without one is drawn as a separate document,
    // whose first and last line (the `svg` tags) are dropped.
    for shapes in scene.shapes.chunk_by(|a, b| !is_mosaic(a) && !is_mosaic(b)) {
        if let [Shape::Mosaic(mosaic)] = shapes {
            svg.push_str(&image(mosaic)?);
            continue;
        }
        let mut document = String::new();
        {
            let area = SVGBackend::with_string(&mut document, size).into_drawing_area();
            shapes.iter().try_for_each(|shape| paint(&area, shape))?;
            area.present().map_err(|e| FigureError::Backend(e.to_string()))?;
        }
        let inner = document.split_once('\n').and_then(|(_, rest)| rest.rsplit_once("</svg>"));
        svg.push_str(&opacities(inner.map_or("", |(body, _)| body)));
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Opacity as `fill-opacity` and `stroke-opacity`, and only where needed: `opacity` turns each shape into a group,
/// which a PDF has to store as a separate object.
fn opacities(body: &str) -> String {
    const MARK: &str = " opacity=\"";
    let mut parts = body.split(MARK);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (value, rest) = part.split_once('"').unwrap_or((part, ""));
        if value.parse() != Ok(1.0) {
            // Writing to a string cannot fail.
            let _ = write!(text, " fill-opacity=\"{value}\" stroke-opacity=\"{value}\"");
        }
        text.push_str(rest);
    }
    text
}

pub(super) fn is_mosaic(shape: &Shape) -> bool {
    matches!(shape, Shape::Mosaic(_))
}

/// One image for all cells: no seams in any viewer, and a small file.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a page has at most some thousand pixels per side"
)]
fn image(mosaic: &Mosaic) -> Result<String, FigureError> {
    let window = &mosaic.window;
    let columns = (window.width() * IMAGE_PIXELS).round().max(1.0) as u32;
    let rows = (window.height() * IMAGE_PIXELS).round().max(1.0) as u32;
    let mut pixels = Vec::with_capacity(columns as usize * rows as usize * 4);
    for row in 0..rows {
        for column in 0..columns {
            let x = window.left + (f64::from(column) + 0.5) / f64::from(columns) * window.width();
            let y = window.top + (f64::from(row) + 0.5) / f64::from(rows) * window.height();
            let [r, g, b] = mosaic.at((x, y)).unwrap_or_default();
            pixels.extend([r, g, b, if mosaic.at((x, y)).is_some() { 255 } else { 0 }]);
        }
    }
    let png = encode_png(columns, rows, png::ColorType::Rgba, &pixels, None)?;
    Ok(format!(
        "<image x=\"{:.0}\" y=\"{:.0}\" width=\"{:.0}\" height=\"{:.0}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{}\"/>\n",
        window.left * UNITS,
        window.top * UNITS,
        window.width() * UNITS,
        window.height() * UNITS,
        base64(&png),
    ))
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let word = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for place in 0..4 {
            let sign = SIGNS[(word >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= group.len() { char::from(sign) } else { '=' });
        }
    }
    text
}

fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn hex(rgb: [u8; 3]) -> String {
    rgb.iter().fold("#".to_owned(), |mut text, part| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{part:02X}");
        text
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_partial_opacity_is_written() {
        assert_eq!(
            opacities("<a opacity=\"1\" b=\"2\"/><c opacity=\"0.2\"/>"),
            "<a b=\"2\"/><c fill-opacity=\"0.2\" stroke-opacity=\"0.2\"/>"
        );
    }

    #[test]
    fn base64_matches_rfc_4648() {
        let known = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in known {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
