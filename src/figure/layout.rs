//! Where everything goes: margins, plots of equal size, legends, titles.

use super::axis::{Span, VALUE_PAD};
use super::draw::{BAR, Bar, Pen, TICK, TICK_GAP};
use super::font::Typeface;
use super::layer::{ColourScale, Layer, survey};
use super::legend::{Block, Entry, Key, Note, arrange, entries, free_place};
use super::plot::Plot;
use super::scene::{Anchor, Face, Frame, Point, Scene};
use super::style::{Sizes, Theme};
use super::ticks::{Tick, ticks};
use super::{Chart, Figure, FigureError, Legend, Width};

/// Rim of the page.
const RIM: f64 = 4.0;
/// Gap between panels.
const GUTTER: f64 = 14.0;
/// Gap between blocks of a panel.
const GAP: f64 = 4.0;
/// Least usable width of a plot.
const NARROWEST: f64 = 60.0;
/// Plots at least this wide have room for a legend on their right.
const WIDE: f64 = 250.0;
/// Wanted distance between ticks on upright axes.
const Y_TICK: f64 = 24.0;
/// Least distance between neighbouring tick labels.
const LABEL_GAP: f64 = 5.0;

/// Where a legend ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Inside,
    Right,
    Below,
    Direct,
}

/// Room around a plot.
#[derive(Debug, Clone, Copy, Default)]
struct Margins {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// A chart ready to be measured.
struct Panel<'a> {
    chart: &'a Chart,
    title: String,
    x: Span,
    y: Span,
    bar: Option<Bar>,
    entries: Vec<Entry>,
    place: Place,
    sizes: Sizes,
    face: &'static Typeface,
}

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
        let shown = |earlier: &Panel| {
            earlier.entries.len() == panel.entries.len()
                && earlier.entries.iter().zip(&panel.entries).all(|(a, b)| a.label == b.label && a.key == b.key)
        };
        if chart.legend == Legend::Auto && panels.iter().any(shown) {
            panel.place = Place::Nowhere;
        }
        panels.push(panel);
    }
    let columns = figure.columns.min(panels.len());
    let unit = sizes.unit;
    let heading = Heading::new(&figure.title, sizes)?;
    let (mut wide, mut high) = (sizes.page / columns as f64 * 0.75, 130.0 * unit);
    let mut grid = Grid::default();
    // Tick labels depend on the size of the plots, and that on the room for tick labels: a few rounds settle both.
    for _ in 0..4 {
        grid = Grid::of(&panels, columns, wide, high)?;
        let gaps = 2.0 * RIM * unit + GUTTER * unit * (columns - 1) as f64;
        wide = (sizes.page - gaps - grid.left.iter().sum::<f64>() - grid.right.iter().sum::<f64>()) / columns as f64;
        if wide < NARROWEST * unit {
            return Err(FigureError::TooNarrow { available_pt: wide, needed_pt: NARROWEST * unit });
        }
        high = match width {
            Width::Slide => ((sizes.page * 0.5625 - heading.height - grid.height(0.0, unit)) / grid.top.len() as f64)
                .max(60.0 * unit),
            _ => (wide * 0.68).clamp(80.0, 200.0),
        };
        for panel in &mut panels {
            panel.settle(wide, high)?;
        }
    }
    let height = heading.height + grid.height(high, unit);
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
    Ok(scene)
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

impl<'a> Panel<'a> {
    fn new(chart: &'a Chart, letter: Option<String>, sizes: Sizes, theme: Theme) -> Result<Self, FigureError> {
        let (x, y) = survey(chart)?;
        let map = chart.layers.iter().find_map(|layer| match layer {
            Layer::Heatmap(map) => Some(map),
            _ => None,
        });
        let pad = if map.is_some() { (0.0, 0.0) } else { (0.5 * VALUE_PAD, VALUE_PAD) };
        let entries = entries(chart, theme);
        let categorical = map.is_some_and(|m| matches!(m.colours, ColourScale::Categories(_)));
        let place = match chart.legend {
            _ if entries.is_empty() => Place::Nowhere,
            Legend::None => Place::Nowhere,
            Legend::Direct if map.is_none() => Place::Direct,
            // Cells fill the plot, and a colour bar takes its right side.
            _ if categorical && sizes.page > WIDE * sizes.unit && letter.is_none() => Place::Right,
            _ if map.is_some() => Place::Below,
            _ => Place::Inside,
        };
        let title = match letter {
            Some(letter) => format!("{letter} {}", chart.title),
            None => chart.title.clone(),
        };
        Ok(Self {
            chart,
            title,
            x: Span::resolve(&chart.x, x, pad.0)?,
            y: Span::resolve(&chart.y, y, pad.1)?,
            bar: map.map(|m| Bar::of(m)).transpose()?.flatten(),
            entries,
            place,
            sizes,
            face: Typeface::bundled()?,
        })
    }

    fn y_ticks(&self, high: f64) -> Vec<Tick> {
        ticks(&self.chart.y, &self.y, share(high, Y_TICK * self.sizes.unit, 3, 8))
    }

    fn bar_ticks(&self, bar: &Bar, high: f64) -> Vec<Tick> {
        ticks(&bar.axis, &bar.span, share(high, Y_TICK * self.sizes.unit, 3, 8))
    }

    /// The most ticks whose labels keep apart.
    fn x_ticks(&self, wide: f64) -> Vec<Tick> {
        let most = share(wide, 30.0 * self.sizes.unit, 2, 9);
        let apart = |marks: &[Tick]| {
            let mut edge = f64::NEG_INFINITY;
            marks.iter().filter(|t| !t.is_minor()).all(|t| {
                let half = self.text(&t.label) / 2.0;
                let middle = self.x.position(t.at).unwrap_or(0.0) * wide;
                let free = middle - half >= edge;
                edge = middle + half + LABEL_GAP * self.sizes.unit;
                free
            })
        };
        let mut marks = Vec::new();
        for target in (2..=most).rev() {
            marks = ticks(&self.chart.x, &self.x, target);
            if apart(&marks) {
                return marks;
            }
        }
        // Not even two fit between their neighbours: keep those that do.
        let mut kept: Vec<Tick> = Vec::new();
        for tick in marks {
            kept.push(tick.clone());
            if !apart(&kept) {
                kept.pop();
                kept.push(Tick { label: String::new(), ..tick });
            }
        }
        kept
    }

    fn text(&self, text: &str) -> f64 {
        self.face.width(text, self.sizes.small, false)
    }

    fn widest(&self, marks: &[Tick]) -> f64 {
        marks.iter().map(|t| self.text(&t.label)).fold(0.0, f64::max)
    }

    /// Bold title and quiet subtitle lines for a panel of this width.
    fn title_lines(&self, room: f64) -> (Vec<String>, Vec<String>) {
        let quiet = self.chart.subtitle.as_deref().unwrap_or_default();
        (
            self.face.wrap(&self.title, self.sizes.title, true, room, 3),
            self.face.wrap(quiet, self.sizes.small, false, room, 3),
        )
    }

    fn axis_lines(&self, title: &str, room: f64) -> Vec<String> {
        self.face.wrap(title, self.sizes.label, false, room, 2)
    }

    /// Room right of the plot up to the legend: half a tick label, or the colour bar.
    fn aside(&self, wide: f64, high: f64) -> f64 {
        let unit = self.sizes.unit;
        if let Some(bar) = &self.bar {
            return self.bar_title(bar, high)
                + (self.axis_lines(&bar.axis.title(), high).len() as f64 - 1.0) * Sizes::leading(self.sizes.label)
                + 0.3 * self.sizes.label;
        }
        let marks = self.x_ticks(wide);
        let over = |t: &Tick| self.text(&t.label) / 2.0 - (1.0 - self.x.position(t.at).unwrap_or(0.0)) * wide;
        marks.iter().map(over).fold(3.0 * unit, f64::max)
    }

    /// Room below the plot for tick labels and axis title.
    fn under(&self, wide: f64) -> f64 {
        let lines = self.axis_lines(&self.chart.x.title(), wide).len() as f64;
        (TICK + TICK_GAP) * self.sizes.unit
            + Sizes::leading(self.sizes.small)
            + lines * Sizes::leading(self.sizes.label)
    }

    /// Distance from the plot to the first baseline of the title of its colour bar.
    fn bar_title(&self, bar: &Bar, high: f64) -> f64 {
        let unit = self.sizes.unit;
        let labels = self.widest(&self.bar_ticks(bar, high));
        (2.0 * GAP + BAR + TICK + TICK_GAP) * unit + labels + GAP * unit + 0.8 * self.sizes.label
    }

    fn block(&self, wide: f64, margins: Margins) -> Result<Block, FigureError> {
        let unit = self.sizes.unit;
        match self.place {
            Place::Nowhere => Ok(Block::default()),
            Place::Inside => arrange(&self.entries, &self.sizes, 0.62 * wide, 1),
            Place::Right | Place::Direct => {
                arrange(&self.entries, &self.sizes, (0.26 * self.sizes.page).max(70.0 * unit), 1)
            }
            Place::Below => arrange(&self.entries, &self.sizes, margins.left + wide + margins.right, 6),
        }
    }

    fn margins(&self, wide: f64, high: f64) -> Result<Margins, FigureError> {
        let (unit, sizes) = (self.sizes.unit, self.sizes);
        let stacked = |lines: usize, size: f64| lines as f64 * Sizes::leading(size);
        let beside = stacked(self.axis_lines(&self.chart.y.title(), high).len(), sizes.label);
        let left = (TICK + TICK_GAP) * unit + self.widest(&self.y_ticks(high)) + GAP * unit + beside;
        let mut margins = Margins { left, right: self.aside(wide, high), ..Margins::default() };
        margins.bottom = self.under(wide);
        let block = self.block(wide, margins)?;
        match self.place {
            Place::Right => margins.right += 2.0 * GAP * unit + block.width,
            Place::Direct => margins.right = margins.right.max(2.0 * GAP * unit + block.width),
            Place::Below => margins.bottom += 1.5 * GAP * unit + block.height,
            Place::Nowhere | Place::Inside => {}
        }
        let (title, quiet) = self.title_lines(margins.left + wide + margins.right);
        margins.top = stacked(title.len(), sizes.title)
            + stacked(quiet.len(), sizes.small)
            + if title.len() + quiet.len() > 0 { GAP * unit } else { 0.4 * sizes.small };
        Ok(margins)
    }

    /// Moves a legend out of a plot in which it would cover data or take too much room.
    fn settle(&mut self, wide: f64, high: f64) -> Result<(), FigureError> {
        let plot = Plot { frame: Frame { left: 0.0, top: 0.0, right: wide, bottom: high }, x: self.x, y: self.y };
        let mut taken = plot.occupied(self.chart);
        let bare = self.entries.is_empty();
        if self.chart.legend != Legend::None && (bare || self.place != Place::Nowhere) {
            for note in self.notes(&plot, &mut taken)?.into_iter().filter(|note| note.hits > 0) {
                self.entries.push(Entry { label: note.text, key: Key::Reference, end: None });
            }
        }
        if bare && !self.entries.is_empty() {
            self.place = Place::Inside;
        }
        if self.place != Place::Inside {
            return Ok(());
        }
        let block = self.block(wide, Margins::default())?;
        let (_, hits) = free_place(&plot.frame, block.width, block.height, GAP * self.sizes.unit, &taken);
        if hits > 0 || block.height > 0.7 * high {
            self.place = if wide > WIDE * self.sizes.unit { Place::Right } else { Place::Below };
        }
        Ok(())
    }

    /// Labels of the reference lines that are not in the legend; the free places they take are added to `taken`.
    fn notes(&self, plot: &Plot, taken: &mut Vec<Point>) -> Result<Vec<Note>, FigureError> {
        let mut notes: Vec<Note> = Vec::new();
        for layer in &self.chart.layers {
            let Some(note) = Note::beside(layer, plot, &self.sizes, taken)? else {
                continue;
            };
            if !self.entries.iter().any(|entry| entry.key == Key::Reference && entry.label == note.text) {
                taken.extend(if note.hits == 0 { fill(&note.spot) } else { Vec::new() });
                notes.push(note);
            }
        }
        Ok(notes)
    }

    fn draw(&self, scene: &mut Scene, theme: Theme, frame: Frame, area: Frame) -> Result<(), FigureError> {
        let (unit, sizes) = (self.sizes.unit, self.sizes);
        let (wide, high) = (frame.width(), frame.height());
        let plot = Plot { frame, x: self.x, y: self.y };
        let (x_ticks, y_ticks) = (self.x_ticks(wide), self.y_ticks(high));
        let mut pen = Pen { scene, plot, theme, sizes };
        let cells = self.chart.layers.iter().any(|layer| matches!(layer, Layer::Heatmap(_)));
        if !cells {
            pen.grid(&y_ticks);
        }
        let mut taken = plot.occupied(self.chart);
        let notes = self.notes(&plot, &mut taken)?;
        let margins = Margins { left: frame.left - area.left, right: area.right - frame.right, ..Margins::default() };
        let block = self.block(wide, margins)?;
        let inside =
            (self.place == Place::Inside).then(|| free_place(&frame, block.width, block.height, GAP * unit, &taken).0);
        if cells {
            self.layers(&mut pen);
            pen.axes(&x_ticks, &y_ticks, true)?;
        } else {
            pen.axes(&x_ticks, &y_ticks, false)?;
            self.layers(&mut pen);
        }
        notes.iter().try_for_each(|note| pen.note(note))?;
        self.titles(&mut pen, &y_ticks, area)?;
        if let Some(bar) = &self.bar {
            let marks = self.bar_ticks(bar, high);
            pen.colour_bar(bar, frame.right + 2.0 * GAP * unit, &marks, frame.right + self.bar_title(bar, high))?;
        }
        let beside = frame.right + 2.0 * GAP * unit;
        match (self.place, inside) {
            (Place::Inside, Some(spot)) => {
                pen.veil(spot.grow(GAP / 2.0 * unit));
                pen.legend(&self.entries, &block, (spot.left, spot.top))
            }
            (Place::Right, _) => pen.legend(&self.entries, &block, (beside + self.aside(wide, high), frame.top)),
            (Place::Below, _) => {
                let spare = (area.right - area.left - block.width).max(0.0);
                let left = (frame.left).min(area.left + spare);
                pen.legend(&self.entries, &block, (left, frame.bottom + self.under(wide) + 1.5 * GAP * unit))
            }
            (Place::Direct, _) => self.direct(&mut pen, block, beside),
            _ => Ok(()),
        }
    }

    fn layers(&self, pen: &mut Pen) {
        let mut order: Vec<&Layer> = self.chart.layers.iter().collect();
        order.sort_by_key(|layer| layer.rank());
        let mut boundaries = 0;
        for layer in order {
            pen.layer(layer, boundaries);
            boundaries += usize::from(matches!(layer, Layer::Boundary { .. }));
        }
    }

    /// Panel and axis titles.
    fn titles(&self, pen: &mut Pen, y_ticks: &[Tick], area: Frame) -> Result<(), FigureError> {
        let (unit, sizes, frame) = (self.sizes.unit, self.sizes, pen.plot.frame);
        let (title, quiet) = self.title_lines(area.width());
        let mut baseline = area.top;
        for line in &title {
            baseline += Sizes::leading(sizes.title);
            let face = Face { bold: true, ..pen.face(sizes.title, Anchor::Start) };
            pen.scene.text(line, (area.left, baseline - 0.25 * sizes.title), face)?;
        }
        for line in &quiet {
            baseline += Sizes::leading(sizes.small);
            let face = Face { colour: pen.theme.muted(), ..pen.face(sizes.small, Anchor::Start) };
            pen.scene.text(line, (area.left, baseline - 0.25 * sizes.small), face)?;
        }
        let beside = self.axis_lines(&self.chart.y.title(), frame.height());
        let edge = frame.left - (TICK + TICK_GAP + GAP) * unit - self.widest(y_ticks);
        let start = edge - 0.22 * sizes.label - (beside.len() as f64 - 1.0) * Sizes::leading(sizes.label);
        pen.upright(&beside, start)?;
        let mut baseline = frame.bottom + (TICK + TICK_GAP) * unit + Sizes::leading(sizes.small);
        for line in self.axis_lines(&self.chart.x.title(), frame.width()) {
            baseline += Sizes::leading(sizes.label);
            let face = pen.face(sizes.label, Anchor::Middle);
            pen.scene.text(&line, (f64::midpoint(frame.left, frame.right), baseline - 0.3 * sizes.label), face)?;
        }
        Ok(())
    }

    /// Moves each entry to the height where its line ends, as far as the others leave room.
    fn direct(&self, pen: &mut Pen, mut block: Block, left: f64) -> Result<(), FigureError> {
        let Frame { top, bottom, .. } = pen.plot.frame;
        let leading = Sizes::leading(self.sizes.small);
        let heights: Vec<f64> = block.items.iter().map(|item| item.0.len() as f64 * leading).collect();
        let wanted = |entry: &Entry| {
            let row = entry.end.and_then(|end| pen.plot.row(end.1)).unwrap_or(bottom);
            row.clamp(top, bottom) - leading / 2.0
        };
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by(|a, b| wanted(&self.entries[*a]).total_cmp(&wanted(&self.entries[*b])));
        // Downwards each keeps clear of the one above; then, from the bottom, all are pushed back into the plot.
        let mut free = f64::NEG_INFINITY;
        for &i in &order {
            block.items[i].1 = (0.0, wanted(&self.entries[i]).max(free));
            free = block.items[i].1.1 + heights[i];
        }
        let mut floor = bottom + leading / 2.0;
        for &i in order.iter().rev() {
            block.items[i].1.1 = block.items[i].1.1.min(floor - heights[i]);
            floor = block.items[i].1.1;
        }
        pen.legend(&self.entries, &block, (left, 0.0))
    }
}

/// A lattice of points that stands for a box taken by text.
fn fill(spot: &Frame) -> Vec<Point> {
    let at = |low: f64, high: f64, i: u32| low + (high - low) * f64::from(i) / 15.0;
    (0..256).map(|i| (at(spot.left, spot.right, i % 16), at(spot.top, spot.bottom, i / 16))).collect()
}

/// How many steps of a length fit, within limits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small positive number")]
fn share(length: f64, step: f64, least: usize, most: usize) -> usize {
    ((length / step).max(0.0) as usize).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_lettered_as_in_spreadsheets() {
        assert_eq!([letter(0), letter(25), letter(26), letter(27)], ["(a)", "(z)", "(aa)", "(ab)"]);
    }
}
