//! An SVG as the tree of shapes from which PNG and PDF are made, with the bundled fonts.

use std::sync::{Arc, LazyLock};

use resvg::usvg::{Options, Tree, fontdb};

use super::FigureError;
use super::font::{BOLD, REGULAR};

/// The libraries that render a tree: output bytes may change with their versions.
pub(super) const RENDERERS: &str = "resvg 0.47, krilla-svg 0.8";

/// The bundled fonts and no others, so that the bytes are the same on every machine.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    Arc::new(fonts)
});

/// Reads an SVG.
pub(super) fn parse(svg: &str) -> Result<Tree, FigureError> {
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|error| FigureError::Backend(error.to_string()))
}
