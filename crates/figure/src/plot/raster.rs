//! A scene as PNG: its SVG, rendered by resvg with the bundled fonts.
//!
//! plotters' own bitmap backend snaps coordinates to pixels and ignores the side bearings of glyphs; rendering the SVG
//! also guarantees that both outputs show the same picture.

use resvg::tiny_skia::{Color, Pixmap, Transform};

use super::FigureError;
use super::scene::Scene;
use super::tree;

/// Pixels per inch at scale 1.
const DPI: f64 = 300.0;
/// Pixels per inch that resvg assumes.
const SVG_DPI: f64 = 96.0;
/// Largest bitmap.
const MAX_PIXELS: usize = 100_000_000;

/// Draws a scene at `scale` × 300 dpi; `svg` is the scene's own.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be between 1 and MAX_PIXELS")]
pub(super) fn to_png(scene: &Scene, svg: &str, scale: f64) -> Result<Vec<u8>, FigureError> {
    let unusable = FigureError::Scale { scale, max_pixels: MAX_PIXELS };
    let pixels = |points: f64| (points * scale * DPI / 72.0).round();
    let (width, height) = (pixels(scene.width), pixels(scene.height));
    if !(scale > 0.0 && width >= 1.0 && height >= 1.0 && width * height <= MAX_PIXELS as f64) {
        return Err(unusable);
    }
    let tree = tree::parse(svg)?;
    let mut map = Pixmap::new(width as u32, height as u32).ok_or(unusable)?;
    // The page may end within a pixel, which must not show as an edge.
    let [red, green, blue] = scene.background.rgb;
    map.fill(Color::from_rgba8(red, green, blue, 255));
    let zoom = (scale * DPI / SVG_DPI) as f32;
    resvg::render(&tree, Transform::from_scale(zoom, zoom), &mut map.as_mut());
    // The page is opaque, so premultiplied colour is colour.
    let rgb: Vec<u8> = map.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let per_metre = (scale * DPI / 0.0254).round() as u32;
    encode_png(width as u32, height as u32, png::ColorType::Rgb, &rgb, Some(per_metre))
}

/// Pixels as a PNG file, with its resolution.
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
    // Flat areas compress best unfiltered: a third of the bytes produced by the default filter. The encoder's own
    // default does not look for repetitions.
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Default);
    encoder.set_pixel_dims(per_metre.map(|n| png::PixelDimensions { xppu: n, yppu: n, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}
