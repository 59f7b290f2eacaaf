//! Plain tables and paragraphs for people: aligned columns, no decoration that a pipe would not like.

/// Between columns.
const GAP: usize = 2;

/// The width of text that is not shown on a terminal.
pub const PAGE: usize = 100;

/// What a continued line begins with.
const INDENT: &str = "    ";

/// The width of the page in characters: of `COLUMNS` or of the terminal; `None` where nobody looks, and lines may be of any length.
pub fn page_width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0.into()))
}

/// Rows under headers; the first column is left-aligned, the others right-aligned. Columns that do not fit the page follow below, beside
/// the first one again.
pub fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    fitted(headers, rows, &first_left(headers, rows), page_width())
}

/// A [`table`] whose columns of words are left-aligned, those of numbers right-aligned.
pub fn table_of_words(headers: &[&str], rows: &[Vec<String>]) -> String {
    fitted(headers, rows, &words_left(headers, rows), page_width())
}

/// How the cells of a column are padded.
#[derive(Debug, Clone, Copy)]
struct Column {
    width: usize,
    left: bool,
}

fn first_left(headers: &[&str], rows: &[Vec<String>]) -> Vec<Column> {
    let column = |(place, width)| Column { width, left: place == 0 };
    widths(headers, rows).into_iter().enumerate().map(column).collect()
}

fn words_left(headers: &[&str], rows: &[Vec<String>]) -> Vec<Column> {
    let is_number = |cell: &String| {
        cell.is_empty() || cell.starts_with(|first: char| first.is_ascii_digit() || "-–".contains(first))
    };
    let column = |(place, width)| Column { width, left: !rows.iter().all(|row| is_number(&row[place])) };
    widths(headers, rows).into_iter().enumerate().map(column).collect()
}

fn fitted(headers: &[&str], rows: &[Vec<String>], columns: &[Column], page: Option<usize>) -> String {
    let mut groups = vec![vec![0]];
    let mut used = columns[0].width;
    for (place, column) in columns.iter().enumerate().skip(1) {
        let width = column.width + GAP;
        let group = groups.last_mut().expect("a group");
        if group.len() > 1 && page.is_some_and(|page| used + width > page) {
            groups.push(vec![0, place]);
            used = columns[0].width + width;
        } else {
            group.push(place);
            used += width;
        }
    }
    let lines = |group: &Vec<usize>| -> String {
        let header: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
        std::iter::once(&header).chain(rows).map(|cells| line(cells, group, columns) + "\n").collect()
    };
    groups.iter().map(lines).collect::<Vec<_>>().join("\n")
}

/// A table whose rows have a remark: at the end of the line where all fit the page, else on the lines below.
pub fn table_with_remarks(headers: &[&str], rows: &[(Vec<String>, String)]) -> String {
    remarked(headers, rows, page_width())
}

fn remarked(headers: &[&str], rows: &[(Vec<String>, String)], page: Option<usize>) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(|(cells, _)| cells.clone()).collect();
    let columns = first_left(headers, &cells);
    let places: Vec<usize> = (0..headers.len()).collect();
    let width = columns.iter().map(|column| column.width).sum::<usize>() + GAP * (headers.len() - 1);
    let longest = rows.iter().map(|(_, remark)| remark.chars().count()).max().unwrap_or(0);
    let beside = page.is_none_or(|page| width + GAP + longest <= page);
    let header: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
    let mut text = line(&header, &places, &columns) + "\n";
    for (cells, remark) in rows {
        let cells = line(cells, &places, &columns);
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
pub fn paragraph(text: &str) -> String {
    wrapped(text, page_width().unwrap_or(PAGE)).join("\n") + "\n"
}

/// The text in lines of some columns at most, broken between words; a longer word gets its own line.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
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
fn line(cells: &[String], places: &[usize], columns: &[Column]) -> String {
    let mut line = String::new();
    for (index, &place) in places.iter().enumerate() {
        let (cell, column) = (&cells[place], columns[place]);
        let padding = " ".repeat(column.width - cell.chars().count());
        if index > 0 {
            line += &" ".repeat(GAP);
        }
        line.extend(if column.left { [cell, &padding] } else { [&padding, cell] }.map(String::as_str));
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
        cells.map(str::to_owned).to_vec()
    }

    #[test]
    fn columns_line_up() {
        let (headers, rows) = (["name", "value"], [row(["a", "1"]), row(["longer", "22.5"])]);
        let text = fitted(&headers, &rows, &first_left(&headers, &rows), None);
        assert_eq!(text, "name    value\na           1\nlonger   22.5\n");
    }

    #[test]
    fn words_are_left_and_numbers_right() {
        let (headers, rows) = (["n", "name", "value"], [row(["1", "a", "1"]), row(["12", "longer", "-22.5"])]);
        let text = fitted(&headers, &rows, &words_left(&headers, &rows), None);
        assert_eq!(text, " n  name    value\n 1  a           1\n12  longer  -22.5\n");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two  three-and-more four", 8), ["one two", "three-and-more", "four"]);
        assert!(wrapped("", 8).is_empty());
    }

    #[test]
    fn a_table_that_is_too_wide_goes_on_below() {
        let (headers, rows) = (["", "first", "second", "third"], [row(["row", "12345", "2", "3"])]);
        let text = fitted(&headers, &rows, &first_left(&headers, &rows), Some(12));
        assert_eq!(text, "     first\nrow  12345\n\n     second\nrow       2\n\n     third\nrow      3\n");
        assert!(text.lines().all(|line| line.chars().count() <= 12));
    }

    #[test]
    fn remarks_that_do_not_fit_have_lines_of_their_own() {
        let rows = [(row(["a", "1"]), "a long remark".to_owned())];
        assert_eq!(remarked(&["", "x"], &rows, None), "   x\na  1  a long remark\n");
        assert_eq!(remarked(&["", "x"], &rows, Some(12)), "   x\na  1\n    a long\n    remark\n");
    }
}
