//! What a lesson shows, independently of how it is drawn.

/// How the points of a series are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Joined in order.
    Line,
    /// Separate points.
    Points,
}

/// A named line or cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The name in the legend.
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

/// A number shown for the current parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Its unit, or empty.
    pub unit: &'static str,
    /// Decimals shown.
    pub decimals: usize,
    /// Where the lesson's command prints it; `None` for a number that only the lesson computes.
    pub found: Option<Found>,
}

/// Where a command prints a number: in `eval`'s JSON, or in a column of a sweep's results.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Keys from the top level or from the target, joined by dots; or a column name.
    pub quantity: &'static str,
    /// The target's name, for numbers about a target.
    pub target: Option<&'static str>,
    /// Another column and its value, to select a row of a sweep.
    pub row: Option<(&'static str, String)>,
}

impl Number {
    /// A number that only the lesson computes.
    pub fn new(name: &'static str, value: f64) -> Self {
        Self { name, value, unit: "", decimals: 3, found: None }
    }

    /// A count.
    pub fn count(name: &'static str, value: f64) -> Self {
        Self { decimals: 0, ..Self::new(name, value) }
    }

    /// Information, in nats.
    pub fn nats(name: &'static str, value: f64) -> Self {
        Self { unit: "nats", ..Self::new(name, value) }
    }

    /// The text shown, without the unit; zero has no sign.
    pub fn text(&self) -> String {
        let text = format!("{:.*}", self.decimals, self.value);
        let is_zero = text.chars().all(|digit| matches!(digit, '-' | '0' | '.'));
        if is_zero { text.trim_start_matches('-').into() } else { text }
    }

    /// The same number, found at the top level of the command's output.
    #[must_use]
    pub fn at(self, quantity: &'static str) -> Self {
        Self { found: Some(Found { quantity, target: None, row: None }), ..self }
    }

    /// The same number, found at a target in the command's output.
    #[must_use]
    pub fn of(self, target: &'static str, quantity: &'static str) -> Self {
        Self { found: Some(Found { quantity, target: Some(target), row: None }), ..self }
    }

    /// The same number, in the row of a sweep with this value in this column.
    #[must_use]
    pub fn in_row(mut self, column: &'static str, value: String) -> Self {
        if let Some(found) = &mut self.found {
            found.row = Some((column, value));
        }
        self
    }
}

/// Lines, clouds and marks on two axes, with the numbers for the current parameters.
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
    /// The current parameters.
    pub marks: Vec<Mark>,
    /// The numbers for the current parameters.
    pub numbers: Vec<Number>,
}

impl Chart {
    pub(super) fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let drawn = self.series.iter().flat_map(|series| series.points.iter().copied());
        drawn.chain(self.marks.iter().map(|mark| mark.point))
    }

    /// The ranges of the two axes: they contain every point, and zero if no value is negative.
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
}
