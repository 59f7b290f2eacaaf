//! Errors in a figure, before or while it is drawn.

use thiserror::Error;

/// Why a figure could not be drawn.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The figure has no panels or no columns to put them in.
    #[error("a figure needs at least one panel and one column, got {panels} panels in {columns} columns")]
    EmptyGrid {
        /// Number of panels given.
        panels: usize,
        /// Number of columns given.
        columns: usize,
    },
    /// A chart has no layers.
    #[error("the chart {title:?} has no layers")]
    EmptyChart {
        /// Title of the chart.
        title: String,
    },
    /// No point of a layer can be drawn on its axes.
    #[error(
        "{layer} of the chart {title:?} has no drawable point: all are missing, infinite, or not positive on a logarithmic axis"
    )]
    EmptySeries {
        /// Title of the chart.
        title: String,
        /// Kind and label of the layer.
        layer: String,
    },
    /// A fixed or computed axis range cannot be drawn.
    #[error(
        "the range {low} to {high} of the axis {axis:?} cannot be drawn: both ends must be finite, in order, and positive on a logarithmic axis"
    )]
    InvalidRange {
        /// Label of the axis.
        axis: String,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// The number of heatmap values does not match its cells.
    #[error("a heatmap of {columns} × {rows} cells needs {} values, got {values}", columns * rows)]
    CellCount {
        /// Cells along x.
        columns: usize,
        /// Cells along y.
        rows: usize,
        /// Values given.
        values: usize,
    },
    /// Heatmap coordinates must be finite and strictly increasing (and positive on a logarithmic axis).
    #[error("heatmap coordinates of the axis {axis:?} are not strictly increasing and drawable at index {index}")]
    CellOrder {
        /// Label of the axis.
        axis: String,
        /// First offending index.
        index: usize,
    },
    /// A categorical heatmap holds a value that names no category.
    #[error("the heatmap value {value} at index {index} names none of the {categories} categories 0, 1, …")]
    UnknownCategory {
        /// The value.
        value: f64,
        /// Its position.
        index: usize,
        /// Number of categories.
        categories: usize,
    },
    /// Labels, legends and margins leave no room for the plot.
    #[error(
        "only {available_pt:.0} pt of width remain for each plot, {needed_pt:.0} are needed: use fewer columns or a wider figure"
    )]
    TooNarrow {
        /// Remaining width of one plot in points.
        available_pt: f64,
        /// The least usable width in points.
        needed_pt: f64,
    },
    /// The bitmap scale is not positive, or the bitmap would be too large.
    #[error("a bitmap scale of {scale} is not usable: it must be positive and give at most {max_pixels} pixels")]
    Scale {
        /// The scale given.
        scale: f64,
        /// The most pixels allowed.
        max_pixels: usize,
    },
    /// The bundled font could not be read; the build is broken.
    #[error("the bundled font cannot be read")]
    Font,
    /// The drawing backend or the PNG encoder failed.
    #[error("drawing failed: {0}")]
    Backend(String),
}
