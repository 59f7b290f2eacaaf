//! A lesson as text: for slides, pipes and screen readers.

use crate::cli::table::table;
use crate::lesson::{Chart, LESSONS, Lesson, LessonError, Shape, Values};
use std::fmt::Write as _;

/// Columns of text.
const WIDTH: usize = 78;

/// Columns and rows of the chart.
const COLUMNS: usize = 60;
const ROWS: usize = 16;

/// What the series are drawn with, and the marks.
const SYMBOLS: [char; 4] = ['*', 'o', '+', 'x'];
const MARK: char = '@';

/// The names and titles of all lessons.
pub(super) fn list() -> String {
    let rows: Vec<Vec<String>> = LESSONS
        .iter()
        .map(|lesson| vec![lesson.name().into(), lesson.theorem().into(), lesson.title().into()])
        .collect();
    let width = rows.iter().map(|row| row[0].len()).max().unwrap_or(0);
    let theorems = rows.iter().map(|row| row[1].len()).max().unwrap_or(0);
    rows.iter().fold(String::new(), |mut text, row| {
        let _ = writeln!(text, "{:width$}  {:theorems$}  {}", row[0], row[1], row[2]);
        text
    })
}

/// The whole lesson.
pub(super) fn lesson(lesson: &dyn Lesson, values: &Values) -> Result<String, LessonError> {
    let chart = lesson.chart(values)?;
    let mut text = format!("{}\n{}\n\n", lesson.title(), "=".repeat(lesson.title().chars().count()));
    text += &wrapped(lesson.text());
    text += "\n";
    for (place, parameter) in lesson.parameters().iter().enumerate() {
        let _ = writeln!(
            text,
            "  {} = {}  ({}, {} to {})",
            parameter.name,
            values.at(place),
            parameter.meaning,
            parameter.from,
            parameter.to
        );
    }
    text += "\n";
    text += &drawn(&chart);
    text += "\n";
    let rows: Vec<Vec<String>> =
        chart.numbers.iter().map(|(name, number)| vec![name.clone(), rounded(*number)]).collect();
    text += &table(&["", "value"], &rows);
    let _ = write!(text, "\nQuestion: {}", wrapped(lesson.question()));
    let _ = write!(text, "{}", wrapped(&format!("Answer: {}", lesson.answer(values)?)));
    let _ = writeln!(text, "\nTheorem: {}", lesson.theorem());
    let _ = writeln!(text, "Command: {}", lesson.command(values));
    if lesson.command(values).contains("model.toml") {
        text += "where model.toml is\n\n";
        for line in lesson.model(values).lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    Ok(text)
}

/// Three decimals; no negative zero.
pub(super) fn rounded(number: f64) -> String {
    let text = format!("{number:.3}");
    if text == "-0.000" { "0.000".into() } else { text }
}

fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines += word;
        column += length;
    }
    lines + "\n"
}

/// The chart in characters, with its legend.
fn drawn(chart: &Chart) -> String {
    let [(left, right), (low, high)] = chart.ends();
    let mut cells = vec![vec![' '; COLUMNS]; ROWS];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the chart")]
    let mut put = |(x, y): (f64, f64), symbol: char| {
        let column = ((x - left) / (right - left) * (COLUMNS - 1) as f64).round() as usize;
        let row = ((high - y) / (high - low) * (ROWS - 1) as f64).round() as usize;
        cells[row.min(ROWS - 1)][column.min(COLUMNS - 1)] = symbol;
    };
    for (series, symbol) in chart.series.iter().zip(SYMBOLS) {
        if series.shape == Shape::Line {
            for ends in series.points.windows(2) {
                for part in 0..=COLUMNS {
                    let share = part as f64 / COLUMNS as f64;
                    let between = |a: f64, b: f64| a + (b - a) * share;
                    put((between(ends[0].0, ends[1].0), between(ends[0].1, ends[1].1)), symbol);
                }
            }
        }
        series.points.iter().for_each(|&point| put(point, symbol));
    }
    chart.marks.iter().for_each(|mark| put(mark.point, MARK));
    let mut text = format!("{} ({})\n", chart.title, chart.y);
    for (row, line) in cells.iter().enumerate() {
        let label = if row == 0 {
            rounded(high)
        } else if row == ROWS - 1 {
            rounded(low)
        } else {
            String::new()
        };
        let _ = writeln!(text, "{}", format!("{label:>9} |{}", line.iter().collect::<String>()).trim_end());
    }
    let _ = writeln!(text, "{:>9} +{}", "", "-".repeat(COLUMNS));
    let (from, to) = (rounded(left), rounded(right));
    let gap = COLUMNS.saturating_sub(from.len() + to.len() + chart.x.chars().count());
    let _ = writeln!(text, "{:>11}{from}{}{}{}{to}", "", " ".repeat(gap / 2), chart.x, " ".repeat(gap - gap / 2));
    for (series, symbol) in chart.series.iter().zip(SYMBOLS) {
        let _ = writeln!(text, "{:>11}{symbol} {}", "", series.name);
    }
    for mark in &chart.marks {
        let _ = writeln!(text, "{:>11}{MARK} {}", "", mark.name);
    }
    text
}
