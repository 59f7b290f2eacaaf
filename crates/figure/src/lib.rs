//! The figures of alignloss, drawn from the results of its experiments.
//!
//! [`compose()`] makes the figure that an experiment file describes from that experiment's results, and [`caption()`]
//! describes it in words. [`plot`] draws: it implements the house style and knows nothing about alignment. Nothing here
//! runs an experiment, reads or writes a file, or prints.

mod caption;
mod compose;
mod labels;
pub mod plot;

pub use caption::caption;
pub use compose::{compose, compose_titled};
pub use plot::{
    Axis, Cells, Chart, ColourScale, Direction, Drawing, Figure, FigureError, Heatmap, Layer, Legend, Marker, Scale,
    SeriesStyle, Theme, Width,
};
