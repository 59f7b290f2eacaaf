//! Tables of results: `results/NAME/part-*.csv`, or `results/NAME.csv`.

use anyhow::{Context, anyhow, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// All rows of one name.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

/// Reads each table once.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    tables: BTreeMap<String, Rc<Table>>,
}

/// A row, or the place of a column.
pub(super) type Row<'a> = &'a csv::StringRecord;

impl Store {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), tables: BTreeMap::new() }
    }

    pub(super) fn table(&mut self, name: &str) -> anyhow::Result<Rc<Table>> {
        if let Some(table) = self.tables.get(name) {
            return Ok(Rc::clone(table));
        }
        let table = Rc::new(Table::read(&self.folder, name)?);
        self.tables.insert(name.into(), Rc::clone(&table));
        Ok(table)
    }
}

impl Table {
    fn read(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let mut parts = parts(&folder.join(name));
        let single = folder.join(format!("{name}.csv"));
        if parts.is_empty() && single.exists() {
            parts.push(single);
        }
        ensure!(!parts.is_empty(), "no results of {name:?} in {}", folder.display());
        let mut table = Self { columns: Vec::new(), rows: Vec::new() };
        for part in parts {
            let mut reader = csv::Reader::from_path(&part).with_context(|| part.display().to_string())?;
            let columns: Vec<String> = reader.headers()?.iter().map(ToOwned::to_owned).collect();
            ensure!(
                table.columns.is_empty() || table.columns == columns,
                "{}: other columns than in the parts before",
                part.display()
            );
            table.columns = columns;
            for row in reader.records() {
                table.rows.push(row.with_context(|| part.display().to_string())?);
            }
        }
        Ok(table)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter()
    }

    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> anyhow::Result<usize> {
        self.columns.iter().position(|column| column == name).ok_or_else(|| anyhow!("no column {name:?}"))
    }
}

/// The parts of an experiment, in order.
fn parts(folder: &Path) -> Vec<PathBuf> {
    let is_part = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("part-") && path.extension().is_some_and(|extension| extension == "csv")
    };
    let mut parts: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_part).collect())
        .unwrap_or_default();
    parts.sort();
    parts
}
