//! A scene as PNG: a small antialiasing backend for plotters.
//!
//! plotters' own bitmap backend snaps every coordinate to a pixel, ignores the side bearings of glyphs (uneven
//! letter spacing) and fills concave half-transparent areas with streaks. This one takes the same backend units
//! as the SVG, so both outputs share one layout, and covers each pixel by its exact horizontal share.

use std::convert::Infallible;

use ab_glyph::{Font as _, ScaleFont as _, point};
use plotters::prelude::IntoDrawingArea;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
    FontTransform,
};

use super::FigureError;
use super::font::Typeface;
use super::paint::{ASCENT, SIZE_PER_EM, UNITS, paint, to_units};
use super::scene::{Mosaic, Point, Scene, Shape, distance};
use super::svg::is_mosaic;

/// Pixels per inch at scale 1.
const DPI: f64 = 300.0;
/// Scan lines per pixel row.
const SUBROWS: usize = 5;
/// Largest bitmap: about 600 MB while drawing would be unkind to a laptop, this is a fifth of it.
const MAX_PIXELS: usize = 40_000_000;

/// Renders a scene at `scale` times 300 dpi.
pub(super) fn to_png(scene: &Scene, scale: f64) -> Result<Vec<u8>, FigureError> {
    let unusable = FigureError::Scale { scale, max_pixels: MAX_PIXELS };
    let per_point = scale * DPI / 72.0;
    let (width, height) = ((scene.width * per_point).round(), (scene.height * per_point).round());
    if !(scale > 0.0 && width >= 1.0 && height >= 1.0 && width * height <= MAX_PIXELS as f64) {
        return Err(unusable);
    }
    let mut map = Pixmap::new(whole(width), whole(height), scene.background.rgb, per_point);
    for shapes in scene.shapes.chunk_by(|a, b| !is_mosaic(a) && !is_mosaic(b)) {
        if let [Shape::Mosaic(mosaic)] = shapes {
            map.cells(mosaic);
            continue;
        }
        let size = (to_units(scene.width).unsigned_abs(), to_units(scene.height).unsigned_abs());
        let area = Brush { map: &mut map, face: Typeface::bundled()?, size }.into_drawing_area();
        shapes.iter().try_for_each(|shape| paint(&area, shape))?;
    }
    let side = |n: usize| u32::try_from(n).map_err(|_| unusable.clone());
    let per_metre = whole((scale * DPI / 0.0254).round());
    encode_png(side(map.width)?, side(map.height)?, png::ColorType::Rgb, &map.pixels, u32::try_from(per_metre).ok())
}

/// Encodes 8-bit pixels, with their physical size in pixels per metre if given.
pub(super) fn encode_png(
    width: u32,
    height: u32,
    colours: png::ColorType,
    pixels: &[u8],
    per_metre: Option<u32>,
) -> Result<Vec<u8>, FigureError> {
    let failed = |e: png::EncodingError| FigureError::Backend(e.to_string());
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colours);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(per_metre.map(|n| png::PixelDimensions { xppu: n, yppu: n, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative values saturate to 0, page sizes are small"
)]
fn whole(value: f64) -> usize {
    value as usize
}

/// Opaque pixels, row by row.
#[derive(Debug)]
struct Pixmap {
    width: usize,
    height: usize,
    per_point: f64,
    pixels: Vec<u8>,
}

impl Pixmap {
    fn new(width: usize, height: usize, rgb: [u8; 3], per_point: f64) -> Self {
        Self { width, height, per_point, pixels: rgb.repeat(width * height) }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of two bytes is a byte")]
    fn blend(&mut self, x: usize, y: usize, rgb: [u8; 3], alpha: f64) {
        if x >= self.width || y >= self.height {
            return;
        }
        let start = (y * self.width + x) * 3;
        for (pixel, part) in self.pixels[start..start + 3].iter_mut().zip(rgb) {
            *pixel = (f64::from(*pixel) * (1.0 - alpha) + f64::from(part) * alpha).round() as u8;
        }
    }

    fn cells(&mut self, mosaic: &Mosaic) {
        let window = &mosaic.window;
        let first = |edge: f64| whole((edge * self.per_point).round());
        let (top, bottom) = (first(window.top), first(window.bottom));
        let (left, right) = (first(window.left), first(window.right));
        for y in top..bottom {
            for x in left..right {
                let centre = ((x as f64 + 0.5) / self.per_point, (y as f64 + 0.5) / self.per_point);
                if let Some(rgb) = mosaic.at(centre) {
                    self.blend(x, y, rgb, 1.0);
                }
            }
        }
    }

    /// Fills the union of polygons (in pixels) by the nonzero rule, so overlaps are painted once.
    fn fill(&mut self, polygons: &[Vec<Point>], rgb: [u8; 3], alpha: f64) {
        let ys = polygons.iter().flatten().map(|p| p.1);
        let Some((low, high)) = super::layer::extent(ys.filter(|y| y.is_finite())) else {
            return;
        };
        let (top, bottom) = (whole(low.floor()), whole(high.ceil().max(0.0)).min(self.height));
        if top >= bottom {
            return;
        }
        let subrows = SUBROWS as f64;
        let mut crossings: Vec<Vec<(f64, i32)>> = vec![Vec::new(); (bottom - top) * SUBROWS];
        for polygon in polygons {
            for (i, &b) in polygon.iter().enumerate() {
                let a = polygon[(i + polygon.len() - 1) % polygon.len()];
                let (upper, lower, turn) = if a.1 < b.1 { (a, b, 1) } else { (b, a, -1) };
                // Scan line s lies at y = top + (s + ½) / SUBROWS.
                let line = |y: f64| whole(((y - top as f64) * subrows - 0.5).ceil());
                let end = line(lower.1).min(crossings.len());
                for (s, row) in crossings.iter_mut().enumerate().take(end).skip(line(upper.1)) {
                    let y = top as f64 + (s as f64 + 0.5) / subrows;
                    let t = (y - upper.1) / (lower.1 - upper.1);
                    row.push((upper.0 + t * (lower.0 - upper.0), turn));
                }
            }
        }
        let mut cover = vec![0.0; self.width];
        for (row, lines) in crossings.chunks_mut(SUBROWS).enumerate() {
            let mut touched = (self.width, 0);
            for line in lines {
                line.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut winding = 0;
                for pair in line.windows(2) {
                    winding += pair[0].1;
                    if winding != 0 {
                        let reached = add_span(&mut cover, pair[0].0, pair[1].0, 1.0 / subrows);
                        touched = (touched.0.min(reached.0), touched.1.max(reached.1));
                    }
                }
            }
            for x in touched.0..touched.1 {
                let share = std::mem::take(&mut cover[x]);
                self.blend(x, top + row, rgb, alpha * share.min(1.0));
            }
        }
    }

    /// The outline of a line with round joins, as a union of polygons of one orientation.
    fn stroke(&mut self, points: &[Point], width: f64, rgb: [u8; 3], alpha: f64) {
        let half = width / 2.0;
        let mut parts = Vec::with_capacity(points.len() * 2);
        for (i, pair) in points.windows(2).enumerate() {
            let (a, b) = (pair[0], pair[1]);
            let length = distance(a, b);
            if length > 0.0 {
                let (nx, ny) = ((b.1 - a.1) / length * half, (a.0 - b.0) / length * half);
                parts.push(vec![
                    (a.0 + nx, a.1 + ny),
                    (a.0 - nx, a.1 - ny),
                    (b.0 - nx, b.1 - ny),
                    (b.0 + nx, b.1 + ny),
                ]);
            }
            if i > 0 && half > 0.6 {
                parts.push(disc(a, half));
            }
        }
        self.fill(&parts, rgb, alpha);
    }
}

/// Adds the span `from..to` to the coverage of its pixels; returns the pixels touched.
fn add_span(cover: &mut [f64], from: f64, to: f64, weight: f64) -> (usize, usize) {
    let (from, to) = (from.clamp(0.0, cover.len() as f64), to.clamp(0.0, cover.len() as f64));
    let (first, end) = (whole(from.floor()), whole(to.ceil()));
    for (x, pixel) in cover.iter_mut().enumerate().take(end).skip(first) {
        *pixel += weight * ((x as f64 + 1.0).min(to) - (x as f64).max(from)).max(0.0);
    }
    (first, end)
}

/// A disc as a polygon, oriented as the pieces of a stroke.
fn disc(centre: Point, radius: f64) -> Vec<Point> {
    let sides = 12 + whole(radius);
    let angle = |i: usize| -std::f64::consts::TAU * i as f64 / sides as f64;
    (0..sides).map(|i| (centre.0 + radius * angle(i).cos(), centre.1 + radius * angle(i).sin())).collect()
}

/// The backend through which plotters paints on a pixmap.
struct Brush<'a> {
    map: &'a mut Pixmap,
    face: &'static Typeface,
    size: (u32, u32),
}

impl Brush<'_> {
    fn pixels_per_unit(&self) -> f64 {
        self.map.per_point / UNITS
    }

    fn at(&self, coord: BackendCoord) -> Point {
        let scale = self.pixels_per_unit();
        (f64::from(coord.0) * scale, f64::from(coord.1) * scale)
    }
}

type Done = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Brush<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        Ok(())
    }

    fn draw_pixel(&mut self, spot: BackendCoord, color: BackendColor) -> Done {
        let (x, y) = self.at(spot);
        if x >= 0.0 && y >= 0.0 {
            let (r, g, b) = color.rgb;
            self.map.blend(whole(x), whole(y), [r, g, b], color.alpha);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        let points: Vec<Point> = path.into_iter().map(|p| self.at(p)).collect();
        let (r, g, b) = style.color().rgb;
        let width = f64::from(style.stroke_width()) * self.pixels_per_unit();
        self.map.stroke(&points, width, [r, g, b], style.color().alpha);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        let points = path.into_iter().map(|p| self.at(p)).collect();
        let (r, g, b) = style.color().rgb;
        self.map.fill(&[points], [r, g, b], style.color().alpha);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, _fill: bool) -> Done {
        let (r, g, b) = style.color().rgb;
        let shape = disc(self.at(center), f64::from(radius) * self.pixels_per_unit());
        self.map.fill(&[shape], [r, g, b], style.color().alpha);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, pos: BackendCoord) -> Done {
        let em = style.size() / SIZE_PER_EM * self.pixels_per_unit();
        let bold = matches!(style.style(), FontStyle::Bold);
        let turned = matches!(style.transform(), FontTransform::Rotate270);
        let (x, y) = self.at(pos);
        let origin = if turned { ((x + ASCENT * em).round(), y) } else { (x, (y + ASCENT * em).round()) };
        let width = self.face.width_of_run(text, em, bold);
        let mut along = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        let (r, g, b) = style.color().rgb;
        let font = self.face.face(bold);
        let scale = self.face.scale(bold, em);
        let scaled = font.as_scaled(scale);
        let mut previous = None;
        // Glyphs keep their place to a fraction of a pixel along the line, and sit on whole pixels across it.
        let start = if turned { -origin.1 } else { origin.0 };
        let across = if turned { origin.0 } else { origin.1 };
        for id in text.chars().map(|c| font.glyph_id(c)) {
            along += previous.map_or(0.0, |p| f64::from(scaled.kern(p, id)));
            previous = Some(id);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "ab_glyph counts in f32; pages are some thousand pixels wide"
            )]
            let glyph = id.with_scale_and_position(scale, point((start + along) as f32, 0.0));
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| {
                    let s = f64::from(corner.x) + f64::from(dx);
                    let t = f64::from(corner.y) + f64::from(dy) + across;
                    let (px, py) = if turned { (t, -s - 1.0) } else { (s, t) };
                    if px >= 0.0 && py >= 0.0 {
                        self.map.blend(
                            whole(px),
                            whole(py),
                            [r, g, b],
                            f64::from(cover).min(1.0) * style.color().alpha,
                        );
                    }
                });
            }
            along += f64::from(scaled.h_advance(id));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn white(width: usize, height: usize) -> Pixmap {
        Pixmap::new(width, height, [255; 3], 1.0)
    }

    #[test]
    fn half_covered_pixels_are_half_dark() {
        let mut map = white(4, 4);
        map.fill(&[vec![(0.5, 0.0), (2.0, 0.0), (2.0, 4.0), (0.5, 4.0)]], [0; 3], 1.0);
        assert_eq!(map.pixels[0], 128);
        assert_eq!(map.pixels[3], 0);
        assert_eq!(map.pixels[6], 255);
    }

    #[test]
    fn overlaps_of_a_transparent_stroke_are_painted_once() {
        let mut map = white(20, 20);
        map.stroke(&[(2.0, 10.0), (10.0, 10.0), (18.0, 10.0), (2.0, 10.0)], 4.0, [0; 3], 0.5);
        assert!(map.pixels.iter().all(|&p| p >= 127));
        assert!(map.pixels.contains(&128));
    }
}
