//! `numbers.toml`: how each number and table of the paper is computed from results.

use super::format::Format;
use super::manuscript::Use;
use super::store::{Row, Store, Table};
use super::take::{Take, log_slope, near};
use anyhow::{Context, anyhow, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declarations {
    number: BTreeMap<String, Number>,
    table: BTreeMap<String, TableOf>,
}

/// One number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    /// The name of the results.
    from: String,
    #[serde(flatten)]
    quantity: Quantity,
}

/// A table with one row for each combination of some columns, in the order of the results.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableOf {
    from: String,
    /// LaTeX's alignment of the columns.
    align: String,
    /// The columns of the results whose combinations are the rows.
    rows: Vec<String>,
    /// Rows of the results that count, as in a number.
    #[serde(default, rename = "where")]
    filter: BTreeMap<String, toml::Value>,
    /// A line above the heads, in LaTeX.
    #[serde(default)]
    above: String,
    column: Vec<Column>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    head: String,
    #[serde(flatten)]
    quantity: Quantity,
}

/// What is computed from some rows.
#[derive(Debug, Deserialize)]
struct Quantity {
    column: String,
    /// With another column of the same row added …
    plus: Option<String>,
    /// … or subtracted.
    less: Option<String>,
    /// Less a constant, before it is taken together.
    minus: Option<f64>,
    /// A constant less it: distances of ratios from one.
    from_constant: Option<f64>,
    /// Rows that count: column = value, or one of several values. Numbers are compared as numbers.
    #[serde(default, rename = "where")]
    filter: BTreeMap<String, toml::Value>,
    /// Rows that count: column > number.
    #[serde(default)]
    above: BTreeMap<String, f64>,
    /// How rows are taken together.
    #[serde(default)]
    take: Take,
    /// For `log-slope`: the column of the abscissa.
    against: Option<String>,
    #[serde(rename = "as")]
    format: Format,
}

impl Declarations {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// Definitions of all numbers that are used; an error for one that is not declared, or declared and not used.
    pub(super) fn numbers(&self, used: &[Use], store: &mut Store) -> anyhow::Result<String> {
        require_same("number", self.number.keys(), used)?;
        let mut definitions = String::from("% Written by cargo xtask paper.\n");
        for (key, number) in &self.number {
            let context = || format!("number {key:?} from results {:?}", number.from);
            let table = store.table(&number.from).with_context(context)?;
            let value = number.quantity.of(&table, &table.rows().collect::<Vec<_>>()).with_context(context)?;
            writeln!(definitions, "\\expandafter\\def\\csname result@{key}\\endcsname{{{value}}}")?;
        }
        Ok(definitions)
    }

    /// All tables that are used, by name.
    pub(super) fn tables(&self, used: &[Use], store: &mut Store) -> anyhow::Result<BTreeMap<String, String>> {
        require_same("table", self.table.keys(), used)?;
        self.table
            .iter()
            .map(|(name, declared)| {
                let context = || format!("table {name:?} from results {:?}", declared.from);
                let table = store.table(&declared.from).with_context(context)?;
                Ok((name.clone(), declared.typeset(&table).with_context(context)?))
            })
            .collect()
    }
}

/// Everything used is declared, and everything declared is used.
fn require_same<'a>(what: &str, declared: impl Iterator<Item = &'a String>, used: &[Use]) -> anyhow::Result<()> {
    let declared: Vec<&String> = declared.collect();
    for Use { name, place } in used {
        ensure!(declared.contains(&name), "{place} uses the {what} {name:?}, which is not declared");
    }
    for name in declared {
        ensure!(used.iter().any(|place| place.name == *name), "the {what} {name:?} is declared, and used nowhere");
    }
    Ok(())
}

impl TableOf {
    fn typeset(&self, table: &Table) -> anyhow::Result<String> {
        let keys = self.rows.iter().map(|name| table.column(name)).collect::<anyhow::Result<Vec<_>>>()?;
        let filter = Filter::new(table, &self.filter, &BTreeMap::new())?;
        let mut groups: Vec<(Vec<&str>, Vec<Row>)> = Vec::new();
        for row in table.rows().filter(|row| filter.accepts(row)) {
            let key: Vec<&str> = keys.iter().map(|&place| &row[place]).collect();
            match groups.iter_mut().find(|(other, _)| *other == key) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((key, vec![row])),
            }
        }
        ensure!(!groups.is_empty(), "no row is left");
        let mut text = format!("\\begin{{tabular}}{{@{{}}{}@{{}}}}\n\\toprule\n{}", self.align, self.above);
        let heads: Vec<&str> = self.column.iter().map(|column| column.head.as_str()).collect();
        writeln!(text, "{} \\\\\n\\midrule", heads.join(" & "))?;
        for (key, rows) in &groups {
            let cell = |column: &Column| {
                column.quantity.of(table, rows).with_context(|| format!("column {:?} of row {key:?}", column.head))
            };
            let cells = self.column.iter().map(cell).collect::<anyhow::Result<Vec<_>>>()?;
            writeln!(text, "{} \\\\", cells.join(" & "))?;
        }
        text.push_str("\\bottomrule\n\\end{tabular}\n");
        Ok(text)
    }
}

impl Quantity {
    /// The value over some rows, typeset.
    fn of(&self, table: &Table, rows: &[Row]) -> anyhow::Result<String> {
        let filter = Filter::new(table, &self.filter, &self.above)?;
        let rows: Vec<Row> = rows.iter().copied().filter(|row| filter.accepts(row)).collect();
        let place = table.column(&self.column)?;
        if self.take == Take::Count {
            return Ok(self.format.number(rows.len() as f64));
        }
        // What a row has no value of, it says nothing of.
        let rows: Vec<Row> = rows.into_iter().filter(|row| !row[place].is_empty()).collect();
        let first = rows.first().ok_or_else(|| anyhow!("no row has a value of {:?}", self.column))?;
        if self.format.is_text() {
            ensure!(rows.iter().all(|row| row[place] == first[place]), "{:?} differs between rows", self.column);
            return Ok(self.format.text(&first[place]));
        }
        let values = rows.iter().map(|row| self.value(table, row)).collect::<anyhow::Result<Vec<f64>>>()?;
        let value = match (self.take, &self.against) {
            (Take::LogSlope, Some(against)) => {
                let abscissa = table.column(against)?;
                let points = rows.iter().map(|row| number(row, abscissa)).collect::<anyhow::Result<Vec<f64>>>()?;
                log_slope(&points, &values)?
            }
            (Take::LogSlope, None) => bail!("log-slope of {:?} against what?", self.column),
            (take, _) => take.of(&values).with_context(|| format!("{:?}", self.column))?,
        };
        ensure!(value.is_finite(), "{:?} is {value}", self.column);
        Ok(self.format.number(value))
    }

    fn value(&self, table: &Table, row: Row) -> anyhow::Result<f64> {
        let mut value = number(row, table.column(&self.column)?)?;
        if let Some(plus) = &self.plus {
            value += number(row, table.column(plus)?)?;
        }
        if let Some(less) = &self.less {
            value -= number(row, table.column(less)?)?;
        }
        value -= self.minus.unwrap_or(0.0);
        Ok(self.from_constant.map_or(value, |constant| constant - value))
    }
}

/// Conditions on rows, with columns found.
struct Filter<'a> {
    equal: Vec<(usize, &'a toml::Value)>,
    above: Vec<(usize, f64)>,
}

impl<'a> Filter<'a> {
    fn new(
        table: &Table,
        equal: &'a BTreeMap<String, toml::Value>,
        above: &BTreeMap<String, f64>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            equal: equal.iter().map(|(name, value)| Ok((table.column(name)?, value))).collect::<anyhow::Result<_>>()?,
            above: above
                .iter()
                .map(|(name, &least)| Ok((table.column(name)?, least)))
                .collect::<anyhow::Result<_>>()?,
        })
    }

    fn accepts(&self, row: Row) -> bool {
        self.equal.iter().all(|&(place, value)| matches(&row[place], value))
            && self.above.iter().all(|&(place, least)| row[place].parse::<f64>().is_ok_and(|value| value > least))
    }
}

fn matches(cell: &str, value: &toml::Value) -> bool {
    let is = |number: f64| cell.parse::<f64>().is_ok_and(|cell| near(cell, number));
    match value {
        toml::Value::String(text) => cell == text,
        toml::Value::Integer(number) => is(*number as f64),
        toml::Value::Float(number) => is(*number),
        toml::Value::Boolean(truth) => cell == truth.to_string(),
        toml::Value::Array(values) => values.iter().any(|value| matches(cell, value)),
        toml::Value::Datetime(_) | toml::Value::Table(_) => false,
    }
}

fn number(row: Row, place: usize) -> anyhow::Result<f64> {
    row[place].parse().with_context(|| format!("{:?} is not a number", &row[place]))
}
