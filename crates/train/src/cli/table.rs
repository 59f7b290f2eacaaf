//! Plain tables for people.

/// Rows under headers, columns aligned: words to the left, numbers to the right.
pub(super) fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let length = |cell: &str| cell.chars().count();
    let width =
        |column: usize| rows.iter().map(|row| length(&row[column])).chain([length(headers[column])]).max().unwrap_or(0);
    let numeric = |column: usize| {
        let starts = |row: &Vec<String>| {
            row[column].is_empty()
                || row[column].starts_with(|first: char| first.is_ascii_digit() || "-–".contains(first))
        };
        rows.iter().all(starts)
    };
    let shape: Vec<(usize, bool)> = (0..headers.len()).map(|column| (width(column), numeric(column))).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for ((width, numeric), cell) in shape.iter().zip(cells) {
            let padding = " ".repeat(width - length(cell));
            let cell = if *numeric { format!("{padding}{cell}") } else { format!("{cell}{padding}") };
            line = if line.is_empty() { cell } else { format!("{line}  {cell}") };
        }
        line.trim_end().to_owned() + "\n"
    };
    let head = line(&mut headers.iter().copied());
    std::iter::once(head).chain(rows.iter().map(|row| line(&mut row.iter().map(String::as_str)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_left_and_numbers_right() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let text = table(&["name", "value"], &[row(["a", "1"]), row(["longer", "-22.5"])]);
        assert_eq!(text, "name    value\na           1\nlonger  -22.5\n");
    }
}
