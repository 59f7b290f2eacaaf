//! Figures for paper, screen and slides, in the house style.
//!
//! A [`Figure`] is a grid of [`Chart`]s; a chart has two [`Axis`] values and a list of [`Layer`]s. A [`Drawing`] is a
//! figure laid out, and renders to SVG, PNG and PDF: the same picture in each, and the same bytes on every machine. The
//! layout is computed in points; text is never smaller than 7 pt in a one-column figure. [`Figure::on`] adapts a figure
//! to another page: one column, two columns or a slide, light or dark.
//!
//! Nothing here depends on what a figure is about.

mod area;
mod axis;
mod colour_bar;
mod draw;
mod error;
mod font;
mod layer;
mod layout;
mod legend;
mod note;
mod paint;
mod panel;
mod pdf;
mod raster;
mod region;
mod scene;
mod style;
mod svg;
mod ticks;
mod tree;

pub use axis::{Axis, Scale};
pub use error::FigureError;
pub use layer::{Cells, ColourScale, Direction, Heatmap, Layer};
pub use style::{Marker, SeriesStyle, Theme, Width};

/// Where the legend of a chart goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Legend {
    /// In a free corner, else to the right of a wide plot or below a narrow one.
    ///
    /// Omitted if an earlier panel of the figure shows the same entries.
    #[default]
    Auto,
    /// No legend.
    None,
    /// To the right, each entry at the height where its curve ends, if the plot is tall enough for all of them.
    Direct,
}

/// One panel: axes and what is drawn over them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// Title; may be empty.
    pub title: String,
    /// Second, quieter line.
    pub subtitle: Option<String>,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// The layers.
    pub layers: Vec<Layer>,
    /// The page width; a figure takes the widest of its panels.
    pub width: Width,
    /// Colours of the page; a figure takes those of its first panel.
    pub theme: Theme,
    /// Where the legend goes.
    pub legend: Legend,
}

impl Chart {
    /// A chart without layers, for one column of light paper.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), x, y, ..Self::default() }
    }

    /// Adds a second, quieter title line.
    #[must_use]
    pub fn subtitle(self, subtitle: impl Into<String>) -> Self {
        Self { subtitle: Some(subtitle.into()), ..self }
    }

    /// Adds a layer.
    #[must_use]
    pub fn with(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Sets where the chart will be shown.
    #[must_use]
    pub fn width(self, width: Width) -> Self {
        Self { width, ..self }
    }

    /// Sets the colours of the page.
    #[must_use]
    pub fn theme(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }

    /// Sets where the legend goes.
    #[must_use]
    pub fn legend(self, legend: Legend) -> Self {
        Self { legend, ..self }
    }
}

/// A grid of panels, lettered (a), (b), … when there are several.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// Title over all panels; may be empty.
    pub title: String,
    /// The panels, row by row.
    pub panels: Vec<Chart>,
    /// Panels per row.
    pub columns: usize,
}

impl Figure {
    /// The same figure for another page; only sizes, colours and the arrangement of panels change. Without a width it keeps its own.
    #[must_use]
    pub fn on(mut self, width: Option<Width>, theme: Theme) -> Self {
        for panel in &mut self.panels {
            panel.width = width.unwrap_or(panel.width);
            panel.theme = theme;
        }
        if let Some(width) = width {
            self.columns = width.columns(self.panels.len());
        }
        self
    }
}

impl From<Chart> for Figure {
    fn from(chart: Chart) -> Self {
        Self { title: String::new(), panels: vec![chart], columns: 1 }
    }
}

/// A figure laid out: one picture, in every format.
///
/// # Examples
/// ```
/// # use alignloss_figure::{Axis, Chart, Drawing, FigureError, Layer, SeriesStyle};
/// let points = (1..=12).map(|d| (f64::from(d), 1.0 / f64::from(d))).collect();
/// let chart = Chart::new("Loss", Axis::linear("dimension"), Axis::linear("information loss").unit("nats"))
///     .with(Layer::Curve { label: "CCA".into(), points, style: SeriesStyle::new(0) });
/// let drawing = Drawing::new(&chart.into())?;
/// assert!(drawing.svg().contains("information loss (nats)"));
/// assert!(drawing.pdf()?.starts_with(b"%PDF"));
/// # Ok::<(), FigureError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Drawing {
    scene: scene::Scene,
    svg: String,
}

impl Drawing {
    /// Lays a figure out.
    ///
    /// # Errors
    /// [`FigureError`] if a layer has nothing to draw, a range or grid is invalid, or the panels do not fit.
    pub fn new(figure: &Figure) -> Result<Self, FigureError> {
        let scene = layout::compose(figure)?;
        Ok(Self { svg: svg::to_svg(&scene)?, scene })
    }

    /// As SVG of physical size, with text as text.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// As PNG at `scale` × 300 dpi, its physical size recorded in the file.
    ///
    /// # Errors
    /// [`FigureError::Scale`] when the scale is not positive or the bitmap would be too large.
    pub fn png(&self, scale: f64) -> Result<Vec<u8>, FigureError> {
        raster::to_png(&self.scene, &self.svg, scale)
    }

    /// As PDF of physical size, fonts embedded, without a date.
    ///
    /// # Errors
    /// [`FigureError::Backend`].
    pub fn pdf(&self) -> Result<Vec<u8>, FigureError> {
        pdf::to_pdf(&self.scene, &self.svg)
    }

    /// The hash of the inputs of all formats: equal recipes give equal files.
    pub fn recipe(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(tree::RENDERERS.as_bytes()).update(self.svg.as_bytes());
        hasher.finalize().to_hex()[..16].to_owned()
    }
}

/// Draws a figure as SVG: [`Drawing::svg`].
///
/// # Errors
/// See [`Drawing::new`].
pub fn render_svg(figure: &Figure) -> Result<String, FigureError> {
    Ok(Drawing::new(figure)?.svg)
}

/// Draws a figure as PNG: [`Drawing::png`].
///
/// # Errors
/// See [`Drawing::new`] and [`Drawing::png`].
pub fn render_png(figure: &Figure, scale: f64) -> Result<Vec<u8>, FigureError> {
    Drawing::new(figure)?.png(scale)
}

#[cfg(test)]
mod tests;
