//! The page: a grid of panels with plots of equal size under a common title.

use super::draw::Pen;
use super::font::Typeface;
use super::legend::{Block, Entry, arrange};
use super::panel::{GAP, Panel};
use super::scene::{Anchor, Face, Frame, Scene};
use super::style::{Sizes, Theme};
use super::{Figure, FigureError, Legend, Width};

/// Rim of the page.
const RIM: f64 = 4.0;
/// Gap between panels.
const GUTTER: f64 = 14.0;
/// Least usable width of a plot.
const NARROWEST: f64 = 60.0;

/// Least height of a plot on paper.
const LOWEST: f64 = 105.0;

/// Lays a figure out.
pub(super) fn compose(figure: &Figure) -> Result<Scene, FigureError> {
    let (Some(first), 1..) = (figure.panels.first(), figure.columns) else {
        return Err(FigureError::EmptyGrid { panels: figure.panels.len(), columns: figure.columns });
    };
    let width = figure.panels.iter().map(|chart| chart.width).max().unwrap_or_default();
    let (sizes, theme) = (Sizes::of(width), first.theme);
    let mut panels: Vec<Panel> = Vec::new();
    for chart in &figure.panels {
        let letter = (figure.panels.len() > 1).then(|| letter(panels.len()));
        let mut panel = Panel::new(chart, letter, sizes, theme)?;
        if chart.legend == Legend::Auto && panels.iter().any(|earlier| earlier.explains(&panel)) {
            panel.hide_legend();
        }
        panels.push(panel);
    }
    let columns = figure.columns.min(panels.len());
    let unit = sizes.unit;
    let heading = Heading::new(&figure.title, sizes)?;
    let (mut wide, mut high) = (sizes.page / columns as f64 * 0.75, 130.0 * unit);
    let (mut grid, mut available) = (Grid::default(), wide);
    let mut foot = Foot::default();
    // Tick labels depend on the size of the plots, which depends on the space for tick labels: a few rounds settle both.
    for _ in 0..4 {
        if columns > 1 && foot.entries.is_empty() && panels[0].legend_is_below() && sole_legend(&panels) {
            foot = Foot::new(panels[0].listed(), sizes)?;
            panels[0].hide_legend();
        }
        grid = Grid::of(&panels, columns, wide, high)?;
        let gaps = 2.0 * RIM * unit + GUTTER * unit * (columns - 1) as f64;
        let margins: f64 = grid.left.iter().chain(&grid.right).sum();
        available = (sizes.page - gaps - margins) / columns as f64;
        wide = available.max(NARROWEST * unit);
        let rest = heading.height + foot.height(unit);
        high = match width {
            Width::Slide => {
                ((sizes.page * 0.5625 - rest - grid.height(0.0, unit)) / grid.top.len() as f64).max(60.0 * unit)
            }
            _ => (wide * 0.68).clamp(LOWEST, 200.0),
        };
        for panel in &mut panels {
            panel.settle(wide, high)?;
        }
    }
    if available < NARROWEST * unit {
        return Err(FigureError::TooNarrow { available_pt: available, needed_pt: NARROWEST * unit });
    }
    let height = heading.height + grid.height(high, unit) + foot.height(unit);
    let title = if figure.title.is_empty() { first.title.clone() } else { figure.title.clone() };
    let mut scene = Scene { width: sizes.page, height, background: theme.background(), title, shapes: Vec::new() };
    heading.draw(&mut scene, theme)?;
    let mut top = heading.height + RIM * unit;
    for (row, in_row) in panels.chunks(columns).enumerate() {
        let mut left = RIM * unit;
        for (column, panel) in in_row.iter().enumerate() {
            let frame = Frame {
                left: left + grid.left[column],
                top: top + grid.top[row],
                right: left + grid.left[column] + wide,
                bottom: top + grid.top[row] + high,
            };
            let area =
                Frame { left, top, right: frame.right + grid.right[column], bottom: frame.bottom + grid.bottom[row] };
            panel.draw(&mut scene, theme, frame, area)?;
            left = area.right + GUTTER * unit;
        }
        top += grid.top[row] + high + grid.bottom[row] + GUTTER * unit;
    }
    foot.draw(&mut scene, theme, sizes)?;
    Ok(scene)
}

/// Whether only the first panel has a legend, so that it serves all.
fn sole_legend(panels: &[Panel]) -> bool {
    panels[0].has_legend() && !panels[1..].iter().any(Panel::has_legend)
}

/// The legend of several panels, below all of them.
#[derive(Debug, Default)]
struct Foot {
    entries: Vec<Entry>,
    block: Block,
}

impl Foot {
    fn new(entries: Vec<Entry>, sizes: Sizes) -> Result<Self, FigureError> {
        let block = arrange(&entries, &sizes, sizes.page - 4.0 * RIM * sizes.unit, 6)?;
        Ok(Self { entries, block })
    }

    fn height(&self, unit: f64) -> f64 {
        if self.entries.is_empty() { 0.0 } else { self.block.height + 1.5 * GAP * unit }
    }

    fn draw(&self, scene: &mut Scene, theme: Theme, sizes: Sizes) -> Result<(), FigureError> {
        let corner = ((scene.width - self.block.width) / 2.0, scene.height - self.block.height - RIM * sizes.unit);
        Pen::of_page(scene, theme, sizes).legend(&self.entries, &self.block, corner)
    }
}

/// (a), (b), …; after (z) comes (aa).
fn letter(index: usize) -> String {
    let mut rest = index;
    let mut name = String::new();
    loop {
        name.insert(0, char::from(b'a' + u8::try_from(rest % 26).unwrap_or(0)));
        match (rest / 26).checked_sub(1) {
            Some(next) => rest = next,
            None => return format!("({name})"),
        }
    }
}

/// The title over all panels.
struct Heading {
    lines: Vec<String>,
    height: f64,
    sizes: Sizes,
}

impl Heading {
    fn new(title: &str, sizes: Sizes) -> Result<Self, FigureError> {
        let size = sizes.title * 1.1;
        let lines = Typeface::bundled()?.wrap(title, size, true, sizes.page - 2.0 * RIM * sizes.unit, 2);
        let gap = if lines.is_empty() { 0.0 } else { GAP * sizes.unit };
        Ok(Self { height: lines.len() as f64 * Sizes::leading(size) + gap, lines, sizes })
    }

    fn draw(&self, scene: &mut Scene, theme: Theme) -> Result<(), FigureError> {
        let size = self.sizes.title * 1.1;
        let face = Face { size, bold: true, colour: theme.ink(), anchor: Anchor::Start, turned: false };
        for (i, line) in self.lines.iter().enumerate() {
            let baseline = RIM * self.sizes.unit + size + i as f64 * Sizes::leading(size);
            scene.text(line, (RIM * self.sizes.unit, baseline), face)?;
        }
        Ok(())
    }
}

/// Margins shared by the columns and rows of panels, so that plots align.
#[derive(Debug, Default)]
struct Grid {
    left: Vec<f64>,
    right: Vec<f64>,
    top: Vec<f64>,
    bottom: Vec<f64>,
}

impl Grid {
    fn of(panels: &[Panel], columns: usize, wide: f64, high: f64) -> Result<Self, FigureError> {
        let rows = panels.len().div_ceil(columns);
        let mut grid =
            Self { left: vec![0.0; columns], right: vec![0.0; columns], top: vec![0.0; rows], bottom: vec![0.0; rows] };
        for (i, panel) in panels.iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let margins = panel.margins(wide, high)?;
            grid.left[column] = margins.left.max(grid.left[column]);
            grid.right[column] = margins.right.max(grid.right[column]);
            grid.top[row] = margins.top.max(grid.top[row]);
            grid.bottom[row] = margins.bottom.max(grid.bottom[row]);
        }
        Ok(grid)
    }

    /// Height of all rows with plots of the given height, rims and gutters included.
    fn height(&self, plot: f64, unit: f64) -> f64 {
        let rows = self.top.len() as f64;
        let margins: f64 = self.top.iter().chain(&self.bottom).sum();
        2.0 * RIM * unit + GUTTER * unit * (rows - 1.0) + margins + rows * plot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_lettered_as_in_spreadsheets() {
        assert_eq!([letter(0), letter(25), letter(26), letter(27)], ["(a)", "(z)", "(aa)", "(ab)"]);
    }
}
