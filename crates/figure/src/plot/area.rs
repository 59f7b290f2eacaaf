//! From values to positions on the page.

use super::Chart;
use super::axis::Span;
use super::layer::{Direction, Layer};
use super::scene::{Frame, Point, sample};

/// The rectangle of a plot and the intervals shown along its sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    pub(super) frame: Frame,
    pub(super) x: Span,
    pub(super) y: Span,
}

impl Plot {
    pub(super) fn column(&self, x: f64) -> Option<f64> {
        self.x.position(x).map(|p| self.frame.left + p * self.frame.width())
    }

    pub(super) fn row(&self, y: f64) -> Option<f64> {
        self.y.position(y).map(|p| self.frame.bottom - p * self.frame.height())
    }

    pub(super) fn place(&self, (x, y): Point) -> Option<Point> {
        Some((self.column(x)?, self.row(y)?))
    }

    /// The lines through points, broken where one cannot be drawn and clipped to the frame.
    pub(super) fn lines(&self, points: &[Point]) -> Vec<Vec<Point>> {
        let placed: Vec<Option<Point>> = points.iter().map(|p| self.place(*p)).collect();
        placed
            .split(Option::is_none)
            .flat_map(|run| self.frame.clip_line(&run.iter().copied().flatten().collect::<Vec<_>>()))
            .collect()
    }

    /// Points that lie inside the frame.
    pub(super) fn marks(&self, points: &[Point]) -> Vec<Point> {
        // Rounding must not hide a point on the very edge.
        let frame = self.frame.grow(1e-6);
        points.iter().filter_map(|p| self.place(*p)).filter(|p| frame.contains(*p)).collect()
    }

    /// Points inside the frame that have no drawable neighbour.
    pub(super) fn lonely(&self, points: &[Point]) -> Vec<Point> {
        let missing = |p: &Point| self.place(*p).is_none();
        points.split(missing).filter(|run| run.len() == 1).flat_map(|run| self.marks(run)).collect()
    }

    /// The areas of a band, broken where an end cannot be drawn.
    pub(super) fn bands(&self, points: &[(f64, f64, f64)]) -> Vec<Vec<Point>> {
        let placed: Vec<Option<(Point, Point)>> =
            points.iter().map(|&(x, low, high)| Some((self.place((x, low))?, self.place((x, high))?))).collect();
        placed
            .split(Option::is_none)
            .map(|run| {
                let (low, mut high): (Vec<Point>, Vec<Point>) = run.iter().copied().flatten().unzip();
                high.extend(low.into_iter().rev());
                self.frame.clip_area(&high)
            })
            .filter(|area| area.len() > 2)
            .collect()
    }

    /// The ends of a reference line, if it crosses the frame.
    pub(super) fn crossing(&self, direction: Direction, at: f64) -> Option<[Point; 2]> {
        let Frame { left, top, right, bottom } = self.frame;
        let ends = match direction {
            Direction::Horizontal => self.row(at).map(|y| [(left, y), (right, y)]),
            Direction::Vertical => self.column(at).map(|x| [(x, bottom), (x, top)]),
        }?;
        self.frame.grow(1e-6).contains(ends[0]).then_some(ends)
    }

    /// Positions occupied by data, dense enough to find free space for legends and labels.
    pub(super) fn occupied(&self, chart: &Chart) -> Vec<Point> {
        const STEP: f64 = 2.5;
        let mut taken = Vec::new();
        let mut add = |lines: Vec<Vec<Point>>| taken.extend(lines.iter().flat_map(|line| sample(line, STEP)));
        for layer in &chart.layers {
            match layer {
                Layer::Curve { points, .. } => {
                    add(self.lines(points));
                    add(self.marks(points).into_iter().map(|p| vec![p]).collect());
                }
                Layer::Theory { points, .. } | Layer::Boundary { points, .. } => {
                    add(self.lines(points));
                }
                Layer::Scatter { points, .. } => {
                    add(self.marks(points).into_iter().map(|p| vec![p]).collect());
                }
                Layer::Band { points, .. } => {
                    let low: Vec<Point> = points.iter().map(|p| (p.0, p.1)).collect();
                    let high: Vec<Point> = points.iter().map(|p| (p.0, p.2)).collect();
                    add(self.lines(&low));
                    add(self.lines(&high));
                    for (low, high) in low.into_iter().zip(high) {
                        add(self.lines(&[low, high]));
                    }
                }
                Layer::ReferenceLine { direction, at, .. } => {
                    add(self.crossing(*direction, *at).map(|ends| ends.to_vec()).into_iter().collect());
                }
                Layer::Heatmap(_) => {}
            }
        }
        taken
    }
}
