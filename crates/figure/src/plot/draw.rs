//! Draws layers, axes and legends into a scene.

use super::area::Plot;
use super::axis::{Scale, Span};
use super::colour_bar::{BAR, Bar, Colouring};
use super::layer::{Heatmap, Layer};
use super::legend::{Block, Entry, KEY, KEY_GAP, Key};
use super::note::Note;
use super::region::Region;
use super::scene::{Anchor, Face, Frame, Mosaic, Point, Scene, Shape, dash, distance};
use super::style::{BOUNDARY_DASHES, Colour, Marker, Sizes, THEORY_DASHES, readable_on};
use super::ticks::Tick;
use super::{FigureError, SeriesStyle, Theme, font};

/// Length of tick marks.
pub(super) const TICK: f64 = 2.6;
/// Gap between a tick mark and its label.
pub(super) const TICK_GAP: f64 = 2.0;
/// Height of capitals above the baseline in em, halved: centres text on a line.
const HALF_CAPITAL: f64 = 0.36;
/// Thinnest lines.
const HAIR: f64 = 0.5;
/// Least distance between markers on a curve.
const MARKER_STEP: f64 = 17.0;
/// Opacity of bands.
const BAND: f64 = 0.2;

/// Draws one plot.
pub(super) struct Pen<'a> {
    pub(super) scene: &'a mut Scene,
    pub(super) plot: Plot,
    pub(super) theme: Theme,
    pub(super) sizes: Sizes,
}

impl<'a> Pen<'a> {
    /// For parts of the page that belong to no plot.
    pub(super) fn of_page(scene: &'a mut Scene, theme: Theme, sizes: Sizes) -> Self {
        let frame = Frame { left: 0.0, top: 0.0, right: scene.width, bottom: scene.height };
        let unit = Span { low: 0.0, high: 1.0, scale: Scale::Linear };
        Self { scene, plot: Plot { frame, x: unit, y: unit }, theme, sizes }
    }

    pub(super) fn face(&self, size: f64, anchor: Anchor) -> Face {
        Face { size, bold: false, colour: self.theme.ink(), anchor, turned: false }
    }

    fn strokes(&mut self, lines: &[Vec<Point>], pattern: &[f64], width: f64, colour: Colour) {
        for part in lines.iter().flat_map(|line| dash(line, pattern)) {
            self.scene.line(part, width, colour);
        }
    }

    /// The dashes of a series in points.
    fn pattern(&self, style: SeriesStyle) -> Vec<f64> {
        style.dashes().iter().map(|length| length * self.sizes.line).collect()
    }

    /// Draws a layer; `index` counts boundaries or theories, to distinguish their dashes.
    pub(super) fn layer(&mut self, layer: &Layer, index: usize) {
        match layer {
            Layer::Curve { points, style, .. } => self.curve(points, *style),
            Layer::Band { points, style } => {
                let colour = style.paint(self.theme).fade(BAND);
                for area in self.plot.bands(points) {
                    self.scene.area(area, colour);
                }
            }
            Layer::Scatter { points, style, .. } => {
                let marks = self.plot.marks(points);
                // The more points, the smaller and fainter, so that dense clouds show their density.
                let (radius, alpha) = match marks.len() {
                    0..=150 => (1.8, 0.65),
                    151..=1500 => (1.5, 0.45),
                    _ => (1.1, 0.3),
                };
                for mark in marks {
                    self.marker(mark, style.marker(), radius * self.sizes.unit, style.paint(self.theme).fade(alpha));
                }
            }
            Layer::Theory { points, .. } => self.theory(&self.plot.lines(points), index),
            Layer::Boundary { points, .. } => self.boundary(&self.plot.lines(points), index),
            Layer::Heatmap(map) => self.heatmap(map),
            Layer::ReferenceLine { direction, at, .. } => {
                if let Some(ends) = self.plot.crossing(*direction, *at) {
                    self.reference(&[ends.to_vec()]);
                }
            }
        }
    }

    fn curve(&mut self, points: &[Point], style: SeriesStyle) {
        let colour = style.paint(self.theme);
        let lines = self.plot.lines(points);
        let pattern = self.pattern(style);
        self.strokes(&lines, &pattern, self.sizes.line, colour);
        let marks = self.plot.marks(points);
        let length: f64 = marks.windows(2).map(|pair| distance(pair[0], pair[1])).sum();
        let unit = self.sizes.unit;
        // All points if they are few; otherwise a marker every so often, at different points in each series.
        let step = if length >= 8.0 * unit * marks.len() as f64 { 0.0 } else { MARKER_STEP * unit };
        let mut walked = step * (1.0 - 0.2 * (style.index() % 5) as f64);
        let mut before: Option<Point> = None;
        for mark in marks {
            walked += before.map_or(0.0, |p| distance(p, mark));
            before = Some(mark);
            if style.has_markers() && walked >= step {
                walked = 0.0;
                self.ringed(mark, style.marker(), colour);
            }
        }
        // A point between two gaps has no line: its marker is all there is.
        for mark in self.plot.lonely(points) {
            self.ringed(mark, style.marker(), colour);
        }
    }

    fn theory(&mut self, lines: &[Vec<Point>], index: usize) {
        let unit = self.sizes.unit;
        let pattern: Vec<f64> = THEORY_DASHES[index % THEORY_DASHES.len()].iter().map(|length| length * unit).collect();
        self.strokes(lines, &pattern, 0.9 * unit, self.theme.ink());
    }

    fn reference(&mut self, lines: &[Vec<Point>]) {
        let unit = self.sizes.unit;
        self.strokes(lines, &[unit, 1.6 * unit], 0.8 * unit, self.theme.muted());
    }

    fn boundary(&mut self, lines: &[Vec<Point>], index: usize) {
        let unit = self.sizes.unit;
        let pattern: Vec<f64> =
            BOUNDARY_DASHES[index % BOUNDARY_DASHES.len()].iter().map(|length| length * unit).collect();
        self.strokes(lines, &[], 2.6 * unit, Colour::rgb(0xFF_FF_FF));
        self.strokes(lines, &pattern, 1.2 * unit, Colour::rgb(0));
    }

    /// A marker with a thin rim in the background colour, so that it stands out from lines.
    fn ringed(&mut self, at: Point, marker: Marker, colour: Colour) {
        let radius = 2.0 * self.sizes.unit;
        self.marker(at, marker, radius + 0.6 * self.sizes.unit, self.theme.background());
        self.marker(at, marker, radius, colour);
    }

    fn marker(&mut self, (x, y): Point, marker: Marker, radius: f64, colour: Colour) {
        let shape: &[Point] = match marker {
            Marker::Circle => {
                self.scene.shapes.push(Shape::Disc { centre: (x, y), radius, colour });
                return;
            }
            Marker::Square => &[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
            Marker::Up => &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
            Marker::Down => &[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)],
            Marker::Right => &[(1.2, 0.0), (-0.8, 1.1), (-0.8, -1.1)],
            Marker::Diamond => &[(0.0, -1.25), (1.1, 0.0), (0.0, 1.25), (-1.1, 0.0)],
            Marker::Cross => &[
                (-0.4, -1.15),
                (0.4, -1.15),
                (0.4, -0.4),
                (1.15, -0.4),
                (1.15, 0.4),
                (0.4, 0.4),
                (0.4, 1.15),
                (-0.4, 1.15),
                (-0.4, 0.4),
                (-1.15, 0.4),
                (-1.15, -0.4),
                (-0.4, -0.4),
            ],
        };
        self.scene.area(shape.iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius)).collect(), colour);
    }

    fn heatmap(&mut self, map: &Heatmap) {
        let columns: Vec<f64> = map.x.edges(self.plot.x.scale).iter().filter_map(|x| self.plot.column(*x)).collect();
        let mut rows: Vec<f64> = map.y.edges(self.plot.y.scale).iter().filter_map(|y| self.plot.row(*y)).collect();
        rows.reverse();
        let paint = Colouring::of(map);
        let count = columns.len().saturating_sub(1).max(1);
        let colours = map
            .values
            .chunks(count)
            .rev()
            .flatten()
            .map(|value| paint.as_ref().and_then(|p| p.colour(*value)).unwrap_or(self.theme.no_data().rgb))
            .collect();
        self.scene.shapes.push(Shape::Mosaic(Mosaic { columns, rows, colours, window: self.plot.frame }));
    }

    /// Light horizontal lines at the labelled ticks.
    pub(super) fn grid(&mut self, ticks: &[Tick]) {
        let Frame { left, right, .. } = self.plot.frame;
        for y in ticks.iter().filter(|t| !t.is_minor()).filter_map(|t| self.plot.row(t.at)) {
            self.scene.line(vec![(left, y), (right, y)], HAIR * self.sizes.unit, self.theme.grid());
        }
    }

    /// Spines, ticks and tick labels; all four sides when `boxed`.
    pub(super) fn axes(&mut self, x_ticks: &[Tick], y_ticks: &[Tick], boxed: bool) -> Result<(), FigureError> {
        let Frame { left, top, right, bottom } = self.plot.frame;
        let (unit, ink) = (self.sizes.unit, self.theme.muted());
        let width = 0.7 * unit;
        let mut spine = vec![(left, top), (left, bottom), (right, bottom)];
        if boxed {
            spine.extend([(right, top), (left, top), (left, bottom)]);
        }
        self.scene.line(spine, width, ink);
        let length = |tick: &Tick| {
            if tick.is_minor() { 0.55 * TICK * unit } else { TICK * unit }
        };
        for tick in x_ticks {
            let Some(x) = self.plot.column(tick.at) else {
                continue;
            };
            self.scene.line(vec![(x, bottom), (x, bottom + length(tick))], width, ink);
            let baseline = bottom + (TICK + TICK_GAP) * unit + 2.1 * HALF_CAPITAL * self.sizes.small;
            self.label(&tick.label, (x, baseline), Anchor::Middle)?;
        }
        for tick in y_ticks {
            let Some(y) = self.plot.row(tick.at) else {
                continue;
            };
            self.scene.line(vec![(left - length(tick), y), (left, y)], width, ink);
            let at = (left - (TICK + TICK_GAP) * unit, y + HALF_CAPITAL * self.sizes.small);
            self.label(&tick.label, at, Anchor::End)?;
        }
        Ok(())
    }

    fn label(&mut self, text: &str, at: Point, anchor: Anchor) -> Result<(), FigureError> {
        if text.is_empty() { Ok(()) } else { self.scene.text(text, at, self.face(self.sizes.small, anchor)) }
    }

    /// The bar of a colour scale with its left upper corner given; ticks and title on its right.
    pub(super) fn colour_bar(
        &mut self,
        bar: &Bar,
        left: f64,
        ticks: &[Tick],
        title_at: f64,
    ) -> Result<(), FigureError> {
        const STEPS: usize = 256;
        let Frame { top, bottom, .. } = self.plot.frame;
        let unit = self.sizes.unit;
        let right = left + BAR * unit;
        let window = Frame { left, top, right, bottom };
        let rows = (0..=STEPS).map(|i| top + (bottom - top) * i as f64 / STEPS as f64).collect();
        let colours = (0..STEPS).rev().map(|i| bar.colour((i as f64 + 0.5) / STEPS as f64)).collect();
        self.scene.shapes.push(Shape::Mosaic(Mosaic { columns: vec![left, right], rows, colours, window }));
        let mut outline = window.corners();
        outline.push((left, top));
        self.scene.line(outline, HAIR * unit, self.theme.muted());
        for tick in ticks {
            let Some(y) = bar.span.position(tick.at).map(|p| bottom - p * (bottom - top)) else {
                continue;
            };
            let length = if tick.is_minor() { 0.55 * TICK } else { TICK } * unit;
            self.scene.line(vec![(right, y), (right + length, y)], 0.7 * unit, self.theme.muted());
            let at = (right + (TICK + TICK_GAP) * unit, y + HALF_CAPITAL * self.sizes.small);
            self.label(&tick.label, at, Anchor::Start)?;
        }
        let lines = font::Typeface::bundled()?.wrap(&bar.axis.title(), self.sizes.label, false, bottom - top, 2);
        self.upright(&lines, title_at)
    }

    /// Lines of turned text centred beside the frame, the first with its baseline at `x`.
    pub(super) fn upright(&mut self, lines: &[String], x: f64) -> Result<(), FigureError> {
        let middle = f64::midpoint(self.plot.frame.top, self.plot.frame.bottom);
        let face = Face { turned: true, ..self.face(self.sizes.label, Anchor::Middle) };
        for (i, line) in lines.iter().enumerate() {
            self.scene.text(line, (x + i as f64 * Sizes::leading(face.size), middle), face)?;
        }
        Ok(())
    }

    /// A legend with its upper left corner at `corner`.
    pub(super) fn legend(&mut self, entries: &[Entry], block: &Block, corner: Point) -> Result<(), FigureError> {
        let (unit, small) = (self.sizes.unit, self.sizes.small);
        for (entry, (lines, (dx, dy))) in entries.iter().zip(&block.items) {
            let (x, y) = (corner.0 + dx, corner.1 + dy);
            self.key(entry.key, (x, y + Sizes::leading(small) / 2.0));
            for (i, line) in lines.iter().enumerate() {
                let baseline = y + Sizes::leading(small) * (i as f64 + 0.5) + HALF_CAPITAL * small;
                self.label(line, (x + (KEY + KEY_GAP) * unit, baseline), Anchor::Start)?;
            }
        }
        Ok(())
    }

    fn key(&mut self, key: Key, (x, y): Point) {
        let (unit, theme) = (self.sizes.unit, self.theme);
        let width = KEY * unit;
        let middle = (x + width / 2.0, y);
        let line = vec![vec![(x, y), (x + width, y)]];
        let slab = |half: f64| Frame { left: x, top: y - half, right: x + width, bottom: y + half }.corners();
        match key {
            Key::Curve { style, band } => {
                let colour = style.paint(theme);
                if band {
                    self.scene.area(slab(3.0 * unit), colour.fade(BAND));
                }
                let pattern = self.pattern(style);
                self.strokes(&line, &pattern, self.sizes.line, colour);
                if style.has_markers() {
                    self.ringed(middle, style.marker(), colour);
                }
            }
            Key::Scatter(style) => self.marker(middle, style.marker(), 2.2 * unit, style.paint(theme).fade(0.8)),
            Key::Theory(index) => self.theory(&line, index),
            Key::Boundary(index) => self.boundary(&line, index),
            Key::Reference => self.reference(&line),
            Key::Swatch(colour) => {
                let mut outline = slab(3.2 * unit);
                self.scene.area(outline.clone(), colour);
                outline.push(outline[0]);
                self.scene.line(outline, HAIR * unit, theme.muted());
            }
        }
    }

    /// Lets grid lines fade behind text.
    pub(super) fn veil(&mut self, spot: Frame) {
        self.scene.area(spot.corners(), self.theme.background().fade(0.8));
    }

    /// The name of a region, inside it.
    pub(super) fn region(&mut self, region: &Region) -> Result<(), FigureError> {
        let Frame { left, top, .. } = self.plot.frame;
        let (size, leading) = (self.sizes.small, Sizes::leading(self.sizes.small));
        let face = Face { colour: readable_on(region.colour), ..self.face(size, Anchor::Middle) };
        let first = region.centre.1 - leading * (region.lines.len() as f64 - 1.0) / 2.0 + HALF_CAPITAL * size;
        for (i, line) in region.lines.iter().enumerate() {
            self.scene.text(line, (left + region.centre.0, top + first + leading * i as f64), face)?;
        }
        Ok(())
    }

    /// The label of a reference line.
    pub(super) fn note(&mut self, note: &Note) -> Result<(), FigureError> {
        let Note { spot, turned, .. } = *note;
        self.veil(spot.grow(0.8 * self.sizes.unit));
        let face = Face { turned, colour: self.theme.muted(), ..self.face(self.sizes.small, Anchor::Start) };
        let origin = if turned { (spot.right, spot.bottom) } else { (spot.left, spot.bottom) };
        self.scene.text(&note.text, origin, face)
    }
}
