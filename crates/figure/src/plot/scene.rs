//! A page as a list of shapes in points (1/72 inch), with y downwards, and the geometry they need.

use super::style::Colour;
use super::{FigureError, font};

/// A position in points.
pub(super) type Point = (f64, f64);

/// Side of a text on which its position lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Face {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: Colour,
    pub(super) anchor: Anchor,
    /// Turned to read upwards.
    pub(super) turned: bool,
}

/// One shape.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Line {
        points: Vec<Point>,
        width: f64,
        colour: Colour,
    },
    Area {
        points: Vec<Point>,
        colour: Colour,
    },
    Disc {
        centre: Point,
        radius: f64,
        colour: Colour,
    },
    /// One stretch of text; `at` is on its baseline.
    Text {
        text: String,
        at: Point,
        face: Face,
    },
    /// Cells between sorted edges, row by row from the top.
    Mosaic(Mosaic),
}

/// Cells of uniform colour, painted without seams.
#[derive(Debug, Clone)]
pub(super) struct Mosaic {
    /// Edges of the columns, rising.
    pub(super) columns: Vec<f64>,
    /// Edges of the rows, rising (downwards on the page).
    pub(super) rows: Vec<f64>,
    /// Colours, row by row.
    pub(super) colours: Vec<[u8; 3]>,
    /// The part of the page that may be painted.
    pub(super) window: Frame,
}

impl Mosaic {
    /// Colour at a position, if a cell lies there.
    pub(super) fn at(&self, (x, y): Point) -> Option<[u8; 3]> {
        let cell = |edges: &[f64], v: f64| {
            let index = edges.partition_point(|edge| *edge <= v);
            (index > 0 && index < edges.len()).then(|| index - 1)
        };
        let (column, row) = (cell(&self.columns, x)?, cell(&self.rows, y)?);
        self.colours.get(row * (self.columns.len() - 1) + column).copied()
    }
}

/// A whole page.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) background: Colour,
    pub(super) title: String,
    pub(super) shapes: Vec<Shape>,
}

impl Scene {
    pub(super) fn line(&mut self, points: Vec<Point>, width: f64, colour: Colour) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, width, colour });
        }
    }

    pub(super) fn area(&mut self, points: Vec<Point>, colour: Colour) {
        if points.len() > 2 {
            self.shapes.push(Shape::Area { points, colour });
        }
    }

    /// Sets one line of text with its scripts.
    pub(super) fn text(&mut self, text: &str, at: Point, face: Face) -> Result<(), FigureError> {
        let type_face = font::Typeface::bundled()?;
        let runs = font::runs(text);
        if let [only] = runs.as_slice() {
            self.shapes.push(Shape::Text { text: only.text.clone(), at, face });
            return Ok(());
        }
        let width = type_face.width(text, face.size, face.bold);
        let mut along = match face.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        for run in runs {
            let (size, text) = (face.size * run.size, run.text.trim_start());
            // SVG viewers drop leading spaces, so the run starts after them.
            along += type_face.width_of_run(&run.text[..run.text.len() - text.len()], size, face.bold);
            let rise = run.rise * face.size;
            let at = if face.turned { (at.0 - rise, at.1 - along) } else { (at.0 + along, at.1 - rise) };
            along += type_face.width_of_run(text, size, face.bold);
            self.shapes.push(Shape::Text {
                text: text.to_owned(),
                at,
                face: Face { size, anchor: Anchor::Start, ..face },
            });
        }
        Ok(())
    }
}

/// A rectangle of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Frame {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(super) fn grow(&self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    pub(super) fn contains(&self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    pub(super) fn corners(&self) -> Vec<Point> {
        vec![(self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)]
    }

    /// The part of a segment inside (Liang and Barsky).
    pub(super) fn clip_segment(&self, a: Point, b: Point) -> Option<(Point, Point)> {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut from, mut to) = (0.0f64, 1.0f64);
        for (slope, room) in
            [(-dx, a.0 - self.left), (dx, self.right - a.0), (-dy, a.1 - self.top), (dy, self.bottom - a.1)]
        {
            if slope.abs() < f64::MIN_POSITIVE {
                if room < 0.0 {
                    return None;
                }
            } else if slope < 0.0 {
                from = from.max(room / slope);
            } else {
                to = to.min(room / slope);
            }
        }
        let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
        (from <= to).then(|| (at(from), at(to)))
    }

    /// The parts of a line inside.
    pub(super) fn clip_line(&self, points: &[Point]) -> Vec<Vec<Point>> {
        let mut parts: Vec<Vec<Point>> = Vec::new();
        for pair in points.windows(2) {
            let Some((a, b)) = self.clip_segment(pair[0], pair[1]) else {
                continue;
            };
            match parts.last_mut() {
                Some(part) if part.last().is_some_and(|end| distance(*end, a) < 1e-9) => {
                    part.push(b);
                }
                _ => parts.push(vec![a, b]),
            }
        }
        parts
    }

    /// The part of a polygon inside (Sutherland and Hodgman).
    pub(super) fn clip_area(&self, points: &[Point]) -> Vec<Point> {
        let depths: [Box<dyn Fn(Point) -> f64>; 4] = [
            Box::new(|p| p.0 - self.left),
            Box::new(|p| self.right - p.0),
            Box::new(|p| p.1 - self.top),
            Box::new(|p| self.bottom - p.1),
        ];
        let mut shape = points.to_vec();
        for depth in depths {
            let mut kept = Vec::with_capacity(shape.len() + 4);
            for (i, &p) in shape.iter().enumerate() {
                let before = shape[(i + shape.len() - 1) % shape.len()];
                let (here, there) = (depth(p), depth(before));
                if (here >= 0.0) != (there >= 0.0) {
                    let t = there / (there - here);
                    kept.push((before.0 + t * (p.0 - before.0), before.1 + t * (p.1 - before.1)));
                }
                if here >= 0.0 {
                    kept.push(p);
                }
            }
            shape = kept;
        }
        shape
    }
}

pub(super) fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Cuts a line into dashes; the pattern runs on through corners. An empty pattern keeps the line whole.
pub(super) fn dash(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    if pattern.is_empty() || pattern.iter().any(|length| *length <= 0.0) {
        return vec![points.to_vec()];
    }
    let (mut dashes, mut current) = (Vec::new(), Vec::new());
    let (mut phase, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let length = distance(pair[0], pair[1]);
        let at = |s: f64| {
            let t = s / length;
            (pair[0].0 + t * (pair[1].0 - pair[0].0), pair[1].1 * t + pair[0].1 * (1.0 - t))
        };
        let mut done = 0.0;
        if current.is_empty() && phase % 2 == 0 {
            current.push(pair[0]);
        }
        while length - done > left {
            done += left;
            if phase % 2 == 0 {
                current.push(at(done));
                dashes.push(std::mem::take(&mut current));
            } else {
                current.push(at(done));
            }
            phase = (phase + 1) % (pattern.len() + pattern.len() % 2);
            left = pattern[phase % pattern.len()];
        }
        left -= length - done;
        if phase % 2 == 0 {
            current.push(pair[1]);
        }
    }
    dashes.push(current);
    dashes.retain(|part| part.len() > 1);
    dashes
}

/// Points every `step` along a line, for finding out what a label would cover.
pub(super) fn sample(points: &[Point], step: f64) -> Vec<Point> {
    let mut found: Vec<Point> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let length = distance(pair[0], pair[1]);
        let mut done = step;
        while done < length {
            let t = done / length;
            found.push((pair[0].0 + t * (pair[1].0 - pair[0].0), pair[0].1 + t * (pair[1].1 - pair[0].1)));
            done += step;
        }
        found.push(pair[1]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Frame = Frame { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    #[test]
    fn lines_leaving_and_returning_become_two_parts() {
        let parts = UNIT.clip_line(&[(1.0, 5.0), (5.0, 20.0), (9.0, 5.0)]);
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().flatten().all(|p| UNIT.grow(1e-9).contains(*p)));
    }

    #[test]
    fn clipped_areas_stay_inside() {
        let clipped = UNIT.clip_area(&[(-5.0, 5.0), (5.0, -5.0), (15.0, 5.0), (5.0, 15.0)]);
        assert_eq!(clipped.len(), 8);
        assert!(clipped.iter().all(|p| UNIT.grow(1e-9).contains(*p)));
    }

    #[test]
    fn dashes_run_on_through_corners() {
        let parts = dash(&[(0.0, 0.0), (3.0, 0.0), (3.0, 3.0)], &[2.0, 2.0]);
        assert_eq!(parts.len(), 2);
        assert!(distance(parts[1][0], (3.0, 1.0)) < 1e-9);
        let total: f64 = parts.iter().map(|p| p.windows(2).map(|w| distance(w[0], w[1])).sum::<f64>()).sum();
        assert!((total - 4.0).abs() < 1e-9);
    }
}
