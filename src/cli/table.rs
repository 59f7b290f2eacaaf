//! Plain tables for people: aligned columns, no decoration that a pipe would not like.

/// Rows under headers; the first column is left-aligned, the others right-aligned.
pub(super) fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).chain([headers[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            let padding = " ".repeat(widths[column] - cell.chars().count());
            let text = if column == 0 { format!("{cell}{padding}") } else { format!("  {padding}{cell}") };
            line.push_str(&text);
        }
        line.trim_end().to_owned() + "\n"
    };
    let header: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
    std::iter::once(line(&header)).chain(rows.iter().map(|row| line(row))).collect()
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
        let text = table(&["name", "value"], &[vec!["a".into(), "1".into()], vec!["longer".into(), "22.5".into()]]);
        assert_eq!(text, "name    value\na           1\nlonger   22.5\n");
    }

    #[test]
    fn numbers_are_short_and_never_lose_their_meaning() {
        let shown: Vec<String> = [0.0, 0.5, 1e-9, -2e7, f64::INFINITY, f64::NAN].into_iter().map(number).collect();
        assert_eq!(shown, ["0", "0.5000", "1.00e-9", "-2.00e7", "inf", "–"]);
    }
}
