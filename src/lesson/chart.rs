//! What a lesson shows, without saying how it is drawn.

/// How the points of a series are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Joined, in their order.
    Line,
    /// One by one.
    Points,
}

/// A named line or cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// How it is drawn.
    pub shape: Shape,
    /// (x, y).
    pub points: Vec<(f64, f64)>,
}

impl Series {
    /// A line.
    pub fn line(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Line, points }
    }

    /// A cloud.
    pub fn cloud(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Points, points }
    }
}

/// A named point: where the parameters are.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// What it marks.
    pub name: String,
    /// (x, y).
    pub point: (f64, f64),
}

/// Lines, clouds and marks over two axes, and the numbers at the parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Its title.
    pub title: String,
    /// What the horizontal axis measures.
    pub x: &'static str,
    /// What the vertical axis measures.
    pub y: &'static str,
    /// What is drawn.
    pub series: Vec<Series>,
    /// Where the parameters are.
    pub marks: Vec<Mark>,
    /// The numbers at the parameters, named.
    pub numbers: Vec<(String, f64)>,
}

impl Chart {
    fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let drawn = self.series.iter().flat_map(|series| series.points.iter().copied());
        drawn.chain(self.marks.iter().map(|mark| mark.point))
    }

    /// The ends of the horizontal and the vertical axis: they hold every point, and zero where no value is negative.
    pub fn ends(&self) -> [(f64, f64); 2] {
        let ends = |value: fn((f64, f64)) -> f64, from_zero: bool| {
            let (least, largest) = self
                .points()
                .map(value)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, largest), v| (least.min(v), largest.max(v)));
            let least = if from_zero && least > 0.0 { 0.0 } else { least };
            if largest - least > 1e-9 { (least, largest) } else { (least, least + 1.0) }
        };
        let horizontal = ends(|point| point.0, false);
        let (low, high) = ends(|point| point.1, true);
        [horizontal, (low, high + 0.05 * (high - low))]
    }

    /// The same chart with only the first points of every line that has more: a run so far. Its axes are those of the whole run
    /// when they are asked of the whole.
    pub fn up_to(&self, points: usize) -> Self {
        let mut part = self.clone();
        for series in &mut part.series {
            series.points.truncate(points.max(1));
        }
        part
    }

    /// Points of the longest series.
    pub fn length(&self) -> usize {
        self.series.iter().map(|series| series.points.len()).max().unwrap_or(0)
    }
}
