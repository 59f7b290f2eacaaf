//! A list of findings in three formats: a table for people, one object for programs, lines for figures.

use alignloss::evaluation::SCHEMA;
use alignloss_terminal::{paragraph, table};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Rows of one kind, and all that is said beside them.
#[derive(Debug)]
pub(super) struct Report<R: 'static> {
    /// What stands before the rows in JSON, after the version of the document.
    pub(super) head: Vec<(&'static str, u64)>,
    /// The rows, under their keys in JSON; elsewhere one after the other.
    pub(super) groups: Vec<(&'static str, Vec<R>)>,
    pub(super) columns: &'static [Column<R>],
    /// What stands below the table.
    pub(super) note: String,
}

/// A column of the table, of the CSV or of both.
#[derive(Debug)]
pub(super) struct Column<R> {
    in_table: Option<&'static str>,
    in_csv: Option<&'static str>,
    cell: fn(&R) -> Cell,
}

impl<R> Column<R> {
    /// Under one header in the table and another in the CSV.
    pub(super) const fn new(in_table: &'static str, in_csv: &'static str, cell: fn(&R) -> Cell) -> Self {
        Self { in_table: Some(in_table), in_csv: Some(in_csv), cell }
    }

    pub(super) const fn of_table(header: &'static str, cell: fn(&R) -> Cell) -> Self {
        Self { in_table: Some(header), in_csv: None, cell }
    }

    pub(super) const fn of_csv(header: &'static str, cell: fn(&R) -> Cell) -> Self {
        Self { in_table: None, in_csv: Some(header), cell }
    }
}

/// What stands in a column of a row.
#[derive(Debug)]
pub(super) struct Cell {
    /// For people.
    shown: String,
    /// For programs.
    exact: String,
}

impl Cell {
    /// The same for both.
    pub(super) fn of(value: &impl ToString) -> Self {
        Self::worded(value, &value.to_string())
    }

    /// In words for people.
    pub(super) fn worded(value: &impl ToString, words: &str) -> Self {
        Self { shown: words.to_owned(), exact: value.to_string() }
    }

    /// As `show` rounds it for people, with all digits for programs; for these nothing where there is no number.
    pub(super) fn number(value: f64, show: fn(f64) -> String) -> Self {
        Self { shown: show(value), exact: if value.is_nan() { String::new() } else { value.to_string() } }
    }
}

impl<R> Report<R> {
    fn rows(&self) -> impl Iterator<Item = &R> {
        self.groups.iter().flat_map(|(_, rows)| rows)
    }

    pub(super) fn as_table(&self) -> String {
        let columns = || self.columns.iter().filter_map(|column| Some((column.in_table?, column.cell)));
        let headers: Vec<&str> = columns().map(|(header, _)| header).collect();
        let rows: Vec<Vec<String>> =
            self.rows().map(|row| columns().map(|(_, cell)| cell(row).shown).collect()).collect();
        table(&headers, &rows) + "\n" + &paragraph(&self.note)
    }

    pub(super) fn as_csv(&self) -> anyhow::Result<String> {
        let columns = || self.columns.iter().filter_map(|column| Some((column.in_csv?, column.cell)));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(columns().map(|(header, _)| header))?;
        for row in self.rows() {
            writer.write_record(columns().map(|(_, cell)| cell(row).exact))?;
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }
}

impl<R: Serialize> Report<R> {
    pub(super) fn as_json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl<R: Serialize> Serialize for Report<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("schema", &SCHEMA)?;
        for (key, value) in &self.head {
            object.serialize_entry(key, value)?;
        }
        for (key, rows) in &self.groups {
            object.serialize_entry(key, rows)?;
        }
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Serialize)]
    struct Row {
        name: &'static str,
        size: Option<f64>,
    }

    const COLUMNS: [Column<Row>; 4] = [
        Column::new("word", "name", |row| Cell::of(&row.name)),
        Column::of_csv("is_measured", |row| Cell::worded(&row.size.is_some(), "")),
        Column::new("about", "size", |row| Cell::number(row.size.unwrap_or(f64::NAN), |size| format!("{size:.1}"))),
        Column::of_table("", |row| Cell::worded(&row.name, if row.size.is_none() { "unknown" } else { "" })),
    ];

    #[test]
    fn every_format_says_the_same_and_shows_its_own_columns() {
        let report = Report {
            head: vec![("seed", 3)],
            groups: vec![
                ("some", vec![Row { name: "one", size: Some(0.125) }]),
                ("others", vec![Row { name: "two", size: None }]),
            ],
            columns: &COLUMNS,
            note: "two words".into(),
        };
        assert_eq!(report.as_table(), "word  about\none     0.1\ntwo     NaN  unknown\n\ntwo words\n");
        assert_eq!(report.as_csv().expect("lines"), "name,is_measured,size\none,true,0.125\ntwo,false,\n");
        let json: String = report.as_json().expect("an object").split_whitespace().collect();
        let rows = r#""some":[{"name":"one","size":0.125}],"others":[{"name":"two","size":null}]"#;
        assert_eq!(json, format!(r#"{{"schema":{SCHEMA},"seed":3,{rows}}}"#));
    }
}
