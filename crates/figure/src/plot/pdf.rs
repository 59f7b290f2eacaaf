//! A scene as PDF: its SVG, rendered by krilla with the bundled fonts embedded and text as text.
//!
//! No date and no random identifier, so the bytes are the same on every run.

use krilla::Document;
use krilla::geom::Size;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt as _, SvgSettings};

use super::FigureError;
use super::scene::Scene;
use super::tree;

/// One page with the size of the scene; `svg` is the scene's SVG.
#[expect(clippy::cast_possible_truncation, reason = "pages are small")]
pub(super) fn to_pdf(scene: &Scene, svg: &str) -> Result<Vec<u8>, FigureError> {
    let failed = |what: &str| FigureError::Backend(what.to_owned());
    let tree = tree::parse(svg)?;
    let size = Size::from_wh(scene.width as f32, scene.height as f32).ok_or_else(|| failed("an empty page"))?;
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(scene.title.clone()).language("en".to_owned()));
    let mut page = document.start_page_with(PageSettings::new(size));
    let mut surface = page.surface();
    surface.draw_svg(&tree, size, SvgSettings::default()).ok_or_else(|| failed("the SVG cannot be set as PDF"))?;
    surface.finish();
    page.finish();
    document.finish().map_err(|error| FigureError::Backend(format!("{error:?}")))
}
