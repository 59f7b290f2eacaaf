//! A lesson as text: for slides, pipes and screen readers.

use crate::lesson::{Chart, FILE, LESSONS, Lesson, LessonError, Parameter, Shape, Study, Values, command_line};
use alignloss_terminal::wrapped;
use std::fmt::Write as _;

/// Columns of text.
const WIDTH: usize = 78;

/// Columns and rows of the chart.
const COLUMNS: usize = 60;
const ROWS: usize = 16;

/// Symbols for the series and for marks.
const SYMBOLS: [char; 4] = ['*', 'o', '+', 'x'];
const MARK: char = '@';

/// The names and titles of all lessons.
pub(super) fn list() -> String {
    let row = |lesson: &&dyn Lesson| vec![lesson.name().into(), lesson.theorem().into(), lesson.title().into()];
    columns(&LESSONS.iter().map(row).collect::<Vec<_>>())
}

/// The whole lesson.
pub(super) fn lesson(lesson: &dyn Lesson, values: &Values) -> Result<String, LessonError> {
    let Study { chart, answer } = lesson.study(values)?;
    let mut text = format!("{}\n{}\n\n", lesson.title(), "=".repeat(lesson.title().chars().count()));
    let paragraph = |text: &mut String, words: &str| *text += &(wrapped(words, WIDTH).join("\n") + "\n\n");
    paragraph(&mut text, lesson.text());
    let parameters = lesson.parameters().iter().enumerate().map(|(place, parameter)| {
        let Parameter { name, meaning, from, to, .. } = parameter;
        vec![(*name).into(), format!("{}", values.at(place)), (*meaning).into(), format!("({from} to {to})")]
    });
    text += &columns(&parameters.collect::<Vec<_>>());
    text += "\n";
    text += &drawn(&chart);
    text += "\n";
    let numbers = chart.numbers.iter().map(|number| vec![number.name.into(), number.text(), number.unit.into()]);
    text += &columns(&numbers.collect::<Vec<_>>());
    text += "\n";
    paragraph(&mut text, &format!("Question: {}", lesson.question()));
    paragraph(&mut text, &format!("Answer: {answer}"));
    let _ = writeln!(text, "Theorem: {}\n\nThe same numbers:\n", lesson.theorem());
    // One command per line, unwrapped, so that it can be copied.
    let _ = writeln!(text, "    {}", command_line(lesson, values).replace(" && ", " &&\n    "));
    let _ = writeln!(text, "\nwhere {FILE} is\n");
    for line in lesson.recipe(values).input.lines() {
        let _ = writeln!(text, "{}", format!("    {line}").trim_end());
    }
    Ok(text)
}

/// Rows of cells, each column as wide as its widest cell.
fn columns(rows: &[Vec<String>]) -> String {
    let length = |cell: &String| cell.chars().count();
    let count = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..count).map(|column| rows.iter().map(|row| length(&row[column])).max().unwrap_or(0)).collect();
    rows.iter().fold(String::new(), |text, row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}  "));
        text + cells.collect::<String>().trim_end() + "\n"
    })
}

/// The label at the end of an axis: at most three decimals; no negative zero.
pub(super) fn label(number: f64) -> String {
    let text = format!("{number:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// The chart drawn in characters, with its legend.
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
            label(high)
        } else if row == ROWS - 1 {
            label(low)
        } else {
            String::new()
        };
        let _ = writeln!(text, "{}", format!("{label:>9} |{}", line.iter().collect::<String>()).trim_end());
    }
    let _ = writeln!(text, "{:>9} +{}", "", "-".repeat(COLUMNS));
    let (from, to) = (label(left), label(right));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_zero_has_no_sign() {
        assert_eq!([-1e-9, -0.5, 600.0, 2.4567, 0.0].map(label), ["0", "-0.5", "600", "2.457", "0"]);
    }
}
