//! Names of the regions of a phase diagram, written into the regions if they fit, so that readers need no legend.

use super::Chart;
use super::area::Plot;
use super::font::Typeface;
use super::layer::{ColourScale, Heatmap, Layer, category_index};
use super::legend::{Key, covered};
use super::scene::{Frame, Point, distance};
use super::style::{Colour, Sizes, category};

/// The name of a region and its position.
#[derive(Debug, Clone)]
pub(super) struct Region {
    /// The name, broken into lines.
    pub(super) lines: Vec<String>,
    /// Middle of the text, from the upper left corner of the plot.
    pub(super) centre: Point,
    /// Colour of the region.
    pub(super) colour: Colour,
    name: String,
}

impl Region {
    /// Label and key of its legend entry.
    pub(super) fn key(&self) -> (&str, Key) {
        (&self.name, Key::Swatch(self.colour))
    }
}

/// Places tried along each side of the plot.
const PLACES: u32 = 40;
/// Points of a text's box that must lie in the region, along each side.
const PROBES: u32 = 8;

/// The regions of a categorical heatmap whose names fit into them, clear of the points `taken`.
pub(super) fn regions(chart: &Chart, plot: &Plot, sizes: &Sizes, taken: &[Point], face: &Typeface) -> Vec<Region> {
    let mut found = Vec::new();
    for layer in &chart.layers {
        if let Layer::Heatmap(map) = layer
            && let ColourScale::Categories(names) = &map.colours
        {
            let cells = CellsOnPage::new(map, plot);
            found.extend(names.iter().enumerate().filter_map(|(index, name)| {
                (1..=3).find_map(|count| {
                    let lines = broken(face, name, sizes, count)?;
                    let centre = roomiest(&cells, index, names.len(), &box_of(face, &lines, sizes), plot, taken)?;
                    Some(Region { lines, centre, colour: category(index), name: name.clone() })
                })
            }));
        }
    }
    found
}

/// A name in exactly this many lines, if it has as many words.
fn broken(face: &Typeface, name: &str, sizes: &Sizes, count: usize) -> Option<Vec<String>> {
    let room = face.width(name, sizes.small, false) * if count == 1 { 1.01 } else { 1.25 / count as f64 };
    let lines = face.wrap(name, sizes.small, false, room, count);
    (lines.len() == count && !lines.iter().any(|line| line.ends_with('…'))).then_some(lines)
}

/// Width and height of lines of text, with a little air.
fn box_of(face: &Typeface, lines: &[String], sizes: &Sizes) -> (f64, f64) {
    let wide = lines.iter().map(|line| face.width(line, sizes.small, false)).fold(0.0, f64::max);
    (wide + 6.0 * sizes.unit, lines.len() as f64 * Sizes::leading(sizes.small) + 2.0 * sizes.unit)
}

/// The position for a box in a region that is nearest to the middle of all positions where it fits.
fn roomiest(
    cells: &CellsOnPage,
    wanted: usize,
    categories: usize,
    (wide, high): &(f64, f64),
    plot: &Plot,
    taken: &[Point],
) -> Option<Point> {
    let (frame, share) = (plot.frame, |i: u32, of: u32| f64::from(i) / f64::from(of));
    let mut fitting = Vec::new();
    for (i, j) in (0..=PLACES).flat_map(|i| (0..=PLACES).map(move |j| (i, j))) {
        let left = frame.left + share(i, PLACES) * (frame.width() - wide);
        let top = frame.top + share(j, PLACES) * (frame.height() - high);
        let spot = Frame { left, top, right: left + wide, bottom: top + high };
        let inside = (0..=PROBES).flat_map(|i| (0..=PROBES).map(move |j| (i, j))).all(|(i, j)| {
            let probe = (left + share(i, PROBES) * wide, top + share(j, PROBES) * high);
            cells.value(probe).and_then(|value| category_index(value, categories)) == Some(wanted)
        });
        if inside && covered(&spot, taken) == 0 {
            fitting.push((left + wide / 2.0, top + high / 2.0));
        }
    }
    let count = fitting.len() as f64;
    let middle = fitting.iter().fold((0.0, 0.0), |sum, place| (sum.0 + place.0 / count, sum.1 + place.1 / count));
    fitting.into_iter().min_by(|a, b| distance(*a, middle).total_cmp(&distance(*b, middle)))
}

/// The cells of a heatmap, looked up by their position on the page.
struct CellsOnPage<'a> {
    columns: Vec<f64>,
    /// From the bottom up, like the values.
    rows: Vec<f64>,
    values: &'a [f64],
}

impl<'a> CellsOnPage<'a> {
    fn new(map: &'a Heatmap, plot: &Plot) -> Self {
        let columns = map.x.edges(plot.x.scale).iter().filter_map(|x| plot.column(*x)).collect();
        let rows = map.y.edges(plot.y.scale).iter().filter_map(|y| plot.row(*y)).collect();
        Self { columns, rows, values: &map.values }
    }

    fn value(&self, (x, y): Point) -> Option<f64> {
        let column = self.columns.partition_point(|edge| *edge <= x).checked_sub(1)?;
        let row = self.rows.partition_point(|edge| *edge >= y).checked_sub(1)?;
        let count = self.columns.len().checked_sub(1)?;
        if column < count { self.values.get(row * count + column).copied() } else { None }
    }
}
