//! One panel: space for its labels, the position of its legend, and its drawing.

use super::area::Plot;
use super::axis::{Span, VALUE_PAD};
use super::colour_bar::{BAR, Bar};
use super::draw::{Pen, TICK, TICK_GAP};
use super::font::Typeface;
use super::layer::{ColourScale, Layer, survey};
use super::legend::{Block, Entry, Key, arrange, entries, free_place, theory_index};
use super::note::Note;
use super::region::{Region, regions};
use super::scene::{Anchor, Face, Frame, Point, Scene};
use super::style::{Sizes, Theme};
use super::ticks::{Tick, ticks};
use super::{Chart, FigureError, Legend};

/// Gap between blocks of a panel.
pub(super) const GAP: f64 = 4.0;
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
pub(super) struct Margins {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// A chart ready to be measured.
pub(super) struct Panel<'a> {
    chart: &'a Chart,
    title: String,
    x: Span,
    y: Span,
    bar: Option<Bar>,
    entries: Vec<Entry>,
    place: Place,
    /// Names of regions that are written into them rather than into the legend.
    regions: Vec<Region>,
    sizes: Sizes,
    face: &'static Typeface,
}

impl<'a> Panel<'a> {
    /// Checks a chart and decides where its legend starts out.
    pub(super) fn new(
        chart: &'a Chart,
        letter: Option<String>,
        sizes: Sizes,
        theme: Theme,
    ) -> Result<Self, FigureError> {
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
            // Cells fill the plot, and a colour bar occupies its right side.
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
            regions: Vec::new(),
            sizes,
            face: Typeface::bundled()?,
        })
    }

    /// Whether the legend of this panel contains everything the other's would.
    pub(super) fn explains(&self, other: &Self) -> bool {
        let held = |entry: &Entry| self.entries.iter().any(|own| own.label == entry.label && own.key == entry.key);
        other.entries.iter().all(held)
    }

    pub(super) fn hide_legend(&mut self) {
        self.place = Place::Nowhere;
    }

    /// Whether it has a legend at all.
    pub(super) fn has_legend(&self) -> bool {
        self.place != Place::Nowhere
    }

    /// Whether its legend found no space beside its data.
    pub(super) fn legend_is_below(&self) -> bool {
        self.place == Place::Below
    }

    /// The entries of the legend: all except regions labelled in place.
    pub(super) fn listed(&self) -> Vec<Entry> {
        let named =
            |entry: &&Entry| self.regions.iter().any(|region| region.key() == (entry.label.as_str(), entry.key));
        self.entries.iter().filter(|entry| !named(entry)).cloned().collect()
    }

    fn y_ticks(&self, high: f64) -> Vec<Tick> {
        ticks(&self.chart.y, &self.y, share(high, Y_TICK * self.sizes.unit, 3, 8))
    }

    fn bar_ticks(&self, bar: &Bar, high: f64) -> Vec<Tick> {
        ticks(&bar.axis, &bar.span, share(high, Y_TICK * self.sizes.unit, 3, 8))
    }

    /// The largest set of ticks whose labels do not collide.
    fn x_ticks(&self, wide: f64) -> Vec<Tick> {
        // Whole numbers have short labels.
        let step = if self.chart.x.whole { 18.0 } else { 30.0 };
        let most = share(wide, step * self.sizes.unit, 2, 9);
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
        let mut marks;
        for target in (2..=most).rev() {
            marks = ticks(&self.chart.x, &self.x, target);
            if apart(&marks) && marks.iter().filter(|t| !t.is_minor()).count() >= 2 {
                return marks;
            }
        }
        marks = ticks(&self.chart.x, &self.x, 4);
        // No even spacing leaves space for two labels: keep those of a denser one that fit.
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
            Place::Inside => arrange(&self.listed(), &self.sizes, 0.62 * wide, 1),
            Place::Right | Place::Direct => {
                arrange(&self.listed(), &self.sizes, (0.26 * self.sizes.page).max(70.0 * unit), 1)
            }
            Place::Below => arrange(&self.listed(), &self.sizes, margins.left + wide + margins.right, 6),
        }
    }

    /// Room needed around a plot of this size.
    pub(super) fn margins(&self, wide: f64, high: f64) -> Result<Margins, FigureError> {
        let (unit, sizes) = (self.sizes.unit, self.sizes);
        let stacked = |lines: usize, size: f64| lines as f64 * Sizes::leading(size);
        let beside = stacked(self.axis_lines(&self.chart.y.title(), high).len(), sizes.label);
        let left = (TICK + TICK_GAP) * unit + self.widest(&self.y_ticks(high)) + GAP * unit + beside;
        let mut margins = Margins { left, right: self.aside(wide, high), ..Margins::default() };
        margins.bottom = self.under(wide);
        let block = self.block(wide, margins)?;
        match self.place {
            Place::Right => {
                margins.right += 2.0 * GAP * unit + block.width;
                margins.bottom = margins.bottom.max(block.height - high);
            }
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

    /// The position of a legend that does not fit inside.
    fn outside(&self, wide: f64) -> Place {
        if wide > WIDE * self.sizes.unit { Place::Right } else { Place::Below }
    }

    /// Moves a legend out of a plot if it would cover data or take too much space.
    pub(super) fn settle(&mut self, wide: f64, high: f64) -> Result<(), FigureError> {
        let plot = Plot { frame: Frame { left: 0.0, top: 0.0, right: wide, bottom: high }, x: self.x, y: self.y };
        let mut taken = plot.occupied(self.chart);
        self.regions = regions(self.chart, &plot, &self.sizes, &taken, self.face);
        let bare = self.entries.is_empty();
        if self.chart.legend != Legend::None && (bare || self.place != Place::Nowhere) {
            for note in self.notes(&plot, &mut taken)?.into_iter().filter(|note| note.hits > 0) {
                self.entries.push(Entry { label: note.text, key: Key::Reference, end: None });
            }
        }
        if bare && !self.entries.is_empty() {
            self.place = Place::Inside;
        }
        if self.place == Place::Direct && self.block(wide, Margins::default())?.height > high {
            self.place = self.outside(wide);
        }
        if self.place != Place::Inside {
            return Ok(());
        }
        let block = self.block(wide, Margins::default())?;
        let (_, hits) = free_place(&plot.frame, block.width, block.height, GAP * self.sizes.unit, &taken);
        if hits > 0 || block.height > 0.7 * high {
            self.place = self.outside(wide);
        }
        Ok(())
    }

    /// Labels of the reference lines that are not in the legend; the positions they take are added to `taken`.
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

    /// Draws the plot at `frame` and everything around it inside `area`.
    pub(super) fn draw(&self, scene: &mut Scene, theme: Theme, frame: Frame, area: Frame) -> Result<(), FigureError> {
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
        self.regions.iter().try_for_each(|region| pen.region(region))?;
        self.titles(&mut pen, &y_ticks, area)?;
        if let Some(bar) = &self.bar {
            let marks = self.bar_ticks(bar, high);
            pen.colour_bar(bar, frame.right + 2.0 * GAP * unit, &marks, frame.right + self.bar_title(bar, high))?;
        }
        let beside = frame.right + 2.0 * GAP * unit;
        let listed = self.listed();
        match (self.place, inside) {
            (Place::Inside, Some(spot)) => {
                pen.veil(spot.grow(GAP / 2.0 * unit));
                pen.legend(&listed, &block, (spot.left, spot.top))
            }
            (Place::Right, _) => pen.legend(&listed, &block, (beside + self.aside(wide, high), frame.top)),
            (Place::Below, _) => {
                let spare = (area.right - area.left - block.width).max(0.0);
                let left = (frame.left).min(area.left + spare);
                pen.legend(&listed, &block, (left, frame.bottom + self.under(wide) + 1.5 * GAP * unit))
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
            let index = match layer {
                Layer::Theory { label, .. } => theory_index(&self.chart.layers, label),
                _ => boundaries,
            };
            pen.layer(layer, index);
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
        // Downwards, each keeps clear of the one above; then, from the bottom, all are pushed back into the plot.
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

/// A lattice of points that represents a box occupied by text.
fn fill(spot: &Frame) -> Vec<Point> {
    let at = |low: f64, high: f64, i: u32| low + (high - low) * f64::from(i) / 15.0;
    (0..256).map(|i| (at(spot.left, spot.right, i % 16), at(spot.top, spot.bottom, i / 16))).collect()
}

/// How many steps of a length fit, within limits.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small positive number")]
fn share(length: f64, step: f64, least: usize, most: usize) -> usize {
    ((length / step).max(0.0) as usize).clamp(least, most)
}
