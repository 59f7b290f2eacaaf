//! Plain tables for people: aligned columns, no decoration that a pipe would not like.

/// Between columns.
const GAP: usize = 2;

/// The width of text that is not shown on a terminal.
pub(super) const PAGE: usize = 100;

/// What a continued line begins with.
const INDENT: &str = "    ";

/// The width of the page in characters: of `COLUMNS` or of the terminal; `None` where nobody looks, and lines may be of any length.
pub(super) fn page_width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0.into()))
}

/// Rows under headers; the first column is left-aligned, the others right-aligned. Columns that do not fit the page follow below, beside
/// the first one again.
pub(super) fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    fitted(headers, rows, page_width())
}

fn fitted(headers: &[&str], rows: &[Vec<String>], page: Option<usize>) -> String {
    let widths = widths(headers, rows);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut used = usize::MAX;
    for column in 1..headers.len() {
        let width = widths[column] + GAP;
        if page.is_some_and(|page| used.saturating_add(width) > page) || groups.is_empty() {
            groups.push(vec![0]);
            used = widths[0];
        }
        groups.last_mut().expect("a group").push(column);
        used += width;
    }
    let lines = |group: &Vec<usize>| -> String {
        let header: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
        std::iter::once(&header).chain(rows).map(|cells| line(cells, group, &widths) + "\n").collect()
    };
    groups.iter().map(lines).collect::<Vec<_>>().join("\n")
}

/// A table whose rows have a remark: at the end of the line where all fit the page, else on the lines below.
pub(super) fn table_with_remarks(headers: &[&str], rows: &[(Vec<String>, String)]) -> String {
    remarked(headers, rows, page_width())
}

fn remarked(headers: &[&str], rows: &[(Vec<String>, String)], page: Option<usize>) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(|(cells, _)| cells.clone()).collect();
    let widths = widths(headers, &cells);
    let columns: Vec<usize> = (0..headers.len()).collect();
    let width = widths.iter().sum::<usize>() + GAP * (headers.len() - 1);
    let longest = rows.iter().map(|(_, remark)| remark.chars().count()).max().unwrap_or(0);
    let beside = page.is_none_or(|page| width + GAP + longest <= page);
    let header: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
    let mut text = line(&header, &columns, &widths) + "\n";
    for (cells, remark) in rows {
        let cells = line(cells, &columns, &widths);
        if beside {
            let padding = " ".repeat(width + GAP - cells.chars().count());
            text += format!("{cells}{padding}{remark}").trim_end();
            text.push('\n');
        } else {
            text += &(cells + "\n");
            for part in wrapped(remark, page.unwrap_or(usize::MAX).saturating_sub(INDENT.len())) {
                text.extend([INDENT, &part, "\n"]);
            }
        }
    }
    text
}

/// A text in lines that fit the page, of [`PAGE`] characters where nobody looks.
pub(super) fn paragraph(text: &str) -> String {
    wrapped(text, page_width().unwrap_or(PAGE)).join("\n") + "\n"
}

/// The text in lines of some columns at most, broken between words; a longer word gets its own line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width).break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options);
    lines.into_iter().filter(|line| !line.is_empty()).map(std::borrow::Cow::into_owned).collect()
}

fn widths(headers: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).chain([headers[column].chars().count()]).max().unwrap_or(0)
    };
    (0..headers.len()).map(width).collect()
}

/// Some cells of a row.
fn line(cells: &[String], columns: &[usize], widths: &[usize]) -> String {
    let mut line = String::new();
    for &column in columns {
        let padding = " ".repeat(widths[column] - cells[column].chars().count());
        let cell = &cells[column];
        if column == 0 {
            line.extend([cell.as_str(), &padding]);
        } else {
            line.extend([" ".repeat(GAP).as_str(), &padding, cell]);
        }
    }
    line.trim_end().to_owned()
}

/// Values this small beside what they are measured in are rounding.
const ROUNDING: f64 = 1e-15;

/// A measure whose natural size is 1 (nats, correlations, shares, ratios): what rounding left of 0 is 0.
pub(super) fn measure(value: f64) -> String {
    number(if value.abs() < ROUNDING { 0.0 } else { value })
}

/// A side of a claim, or their difference: 0 where it is both rounding beside the `largest` of the sides (at least 1) and below the
/// `error` of the claim. A side in the units of a small sensor is small without being 0, and its error says so.
pub(super) fn side(value: f64, largest: f64, error: f64) -> String {
    let rounding = ROUNDING * if largest.is_finite() { largest.max(1.0) } else { 1.0 };
    number(if value.abs() < rounding && value.abs() <= error { 0.0 } else { value })
}

/// A number with four decimals, or in scientific notation where those would say nothing.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() {
        "–".into()
    } else if value.is_infinite() {
        if value > 0.0 { "inf".into() } else { "-inf".into() }
    } else if value == 0.0 {
        "0".into()
    } else if (1e-3..1e6).contains(&value.abs()) {
        format!("{value:.4}")
    } else {
        format!("{value:.2e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".into(), "1".into()], vec!["longer".into(), "22.5".into()]];
        assert_eq!(fitted(&["name", "value"], &rows, None), "name    value\na           1\nlonger   22.5\n");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two  three-and-more four", 8), ["one two", "three-and-more", "four"]);
        assert!(wrapped("", 8).is_empty());
    }

    #[test]
    fn a_table_that_is_too_wide_goes_on_below() {
        let rows = [vec!["row".into(), "12345".into(), "2".into(), "3".into()]];
        let text = fitted(&["", "first", "second", "third"], &rows, Some(12));
        assert_eq!(text, "     first\nrow  12345\n\n     second\nrow       2\n\n     third\nrow      3\n");
        assert!(text.lines().all(|line| line.chars().count() <= 12));
    }

    #[test]
    fn remarks_that_do_not_fit_have_lines_of_their_own() {
        let rows = [(vec!["a".into(), "1".into()], "a long remark".to_owned())];
        assert_eq!(remarked(&["", "x"], &rows, None), "   x\na  1  a long remark\n");
        assert_eq!(remarked(&["", "x"], &rows, Some(12)), "   x\na  1\n    a long\n    remark\n");
    }

    #[test]
    fn rounding_is_shown_as_zero_and_zero_without_a_sign() {
        assert_eq!([-2.8e-17, -0.0, 2e-15, f64::NAN].map(measure), ["0", "0", "2.00e-15", "–"]);
        assert_eq!(number(-0.0), "0");
        // A difference of large sides; and a small sensor's square error, known to 32 digits.
        assert_eq!([side(-3e-11, 1e4, 1e-10), side(1e-20, 1e-20, 1e-32)], ["-3.00e-11", "1.00e-20"]);
        assert_eq!([side(-3e-12, 1e4, 1e-10), side(-2.8e-17, 0.0, 1e-13)], ["0", "0"]);
        assert_eq!(side(f64::INFINITY, f64::INFINITY, 0.0), "inf");
    }

    #[test]
    fn numbers_are_short_and_never_lose_their_meaning() {
        let shown: Vec<String> = [0.0, 0.5, 1e-9, -2e7, f64::INFINITY, f64::NAN].into_iter().map(number).collect();
        assert_eq!(shown, ["0", "0.5000", "1.00e-9", "-2.00e7", "inf", "–"]);
    }
}
