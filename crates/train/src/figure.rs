//! From results to the library's figures.
//!
//! A `[[figure]]` whose `y` is `value` draws the store as it is, one row per measure; any other draws the table with
//! one column per measure ([`wide`]), and turns column names into labels: `kernel.r2.shared.z1` becomes "R² of shared
//! factors from z₁".

use crate::experiment::{Experiment, wide};
use alignloss::experiment::{FigureSpec, Results};
use alignloss_figure::{Figure, compose_titled};

/// An overlay of scatters: where both axes agree.
const EQUAL: &str = "equal";

/// The column of objectives.
const OBJECTIVE: &str = "objective";

/// Columns whose values are self-explanatory: a legend shows the value alone.
const NAMED_BY_VALUE: [&str; 6] = ["objective", "factor", "role", "source", "measure", "stage"];

/// Why a figure can't be made from the results.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FigureError {
    /// The results have no such column.
    #[error("figure.{field}: no column {column:?}; the columns are: {known}")]
    Column {
        /// The key of the section.
        field: &'static str,
        /// Its value.
        column: String,
        /// The columns present.
        known: String,
    },
}

/// Makes one of an experiment's figures.
///
/// # Errors
/// [`FigureError`].
pub fn compose(experiment: &Experiment, spec: &FigureSpec, results: &Results) -> Result<Figure, FigureError> {
    let table = if spec.y == "value" { results.clone() } else { wide(experiment, results) };
    let mut spec = spec.clone();
    let mut names = table.columns().to_vec();
    let mut rows = drawable(&table, &spec)?;
    if spec.overlay.iter().any(|overlay| overlay == EQUAL)
        && let Some(x) = table.column(&spec.x)
    {
        names.push(format!("{EQUAL}:{}", label(&spec.y)));
        for row in &mut rows {
            let x = row[x].clone();
            row.push(x);
        }
        spec.overlay_label.get_or_insert_with(|| alignloss::model::family::OneOrMany::One("equal".into()));
    }
    let mut rename = |field: &'static str, column: &mut String| -> Result<(), FigureError> {
        let missing = || FigureError::Column { field, column: column.clone(), known: table.columns().join(", ") };
        let place = table.column(column).ok_or_else(missing)?;
        if !NAMED_BY_VALUE.contains(&column.as_str()) {
            *column = label(column);
            names[place].clone_from(column);
        }
        Ok(())
    };
    rename("x", &mut spec.x)?;
    rename("y", &mut spec.y)?;
    for column in &mut spec.also {
        rename("also", column)?;
    }
    for (field, column) in [("series", &mut spec.series), ("panels", &mut spec.panels)] {
        if let Some(column) = column {
            rename(field, column)?;
        }
    }
    for (mut column, mut value) in std::mem::take(&mut spec.filter) {
        if column == OBJECTIVE
            && let Some(name) = value.as_str()
        {
            value = in_print(name).into();
        }
        rename("where", &mut column)?;
        spec.filter.insert(column, value);
    }
    if let Some(place) = table.column(OBJECTIVE) {
        for row in &mut rows {
            row[place] = String::from(in_print(&row[place]));
        }
    }
    Ok(compose_titled(experiment.title(), &spec, &Results::new(names, rows)))
}

/// The printed names of objectives that exist only in deep training.
fn in_print(objective: &str) -> &str {
    match objective {
        "vicreg" => "VICReg",
        "siglip" => "SigLIP",
        "barlow-twins" => "Barlow Twins",
        "infonce-within" => "InfoNCE, also within",
        other => other,
    }
}

/// The rows that have both coordinates: others would break lines.
fn drawable(table: &Results, spec: &FigureSpec) -> Result<Vec<Vec<String>>, FigureError> {
    let place = |field: &'static str, column: &str| {
        let missing = || FigureError::Column { field, column: column.to_owned(), known: table.columns().join(", ") };
        table.column(column).ok_or_else(missing)
    };
    let (x, y) = (place("x", &spec.x)?, place("y", &spec.y)?);
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    Ok(table.rows().iter().filter(|row| is_number(&row[x]) && is_number(&row[y])).cloned().collect())
}

/// The label of a column on an axis or in a legend.
fn label(column: &str) -> String {
    match column {
        "encoder.dim" => return "embedding dimension d".into(),
        "objective.alignment.temperature" => return "temperature τ".into(),
        "objective.reconstruction" => return "reconstruction weight λ".into(),
        "step" => return "optimiser steps".into(),
        _ => {}
    }
    let parts: Vec<&str> = column.split('.').collect();
    let source = |name: &str| match name {
        "z1" => "z₁".to_owned(),
        "z2" => "z₂".to_owned(),
        "both" => "both embeddings".to_owned(),
        "x1" => "x₁".to_owned(),
        "x2" => "x₂".to_owned(),
        "x12" => "both views".to_owned(),
        other => other.to_owned(),
    };
    let who = |name: &str| match name {
        "shared" => "shared factors".to_owned(),
        "private-first" => "private factors u₁".to_owned(),
        "private-second" => "private factors u₂".to_owned(),
        other => other.to_owned(),
    };
    match parts[..] {
        ["loss", "batch"] => "batch loss".into(),
        ["ridge" | "kernel" | "redundancy", "r2", factor, from] => {
            format!("R² of {} from {}", who(factor), source(from))
        }
        ["ridge" | "kernel", "accuracy", factor, from] => format!("accuracy on {} from {}", who(factor), source(from)),
        ["ridge" | "kernel", "balanced_accuracy", factor, from] => {
            format!("balanced accuracy on {} from {}", who(factor), source(from))
        }
        ["theory", _, "r2", factor, from] => format!("R² of {} from {}, predicted", who(factor), source(from)),
        [recall, from] if recall.starts_with("recall@") => format!("{recall} from {}", source(from)),
        ["capacity", part, from] | ["capacity", part, _, from] => format!("capacity {part} of {}", source(from)),
        ["lipschitz", part, factor, from] => format!("Lipschitz {part} of {} from {}", who(factor), source(from)),
        // A path into a section: the last word is descriptive enough.
        [section, .., last] if ["data", "encoder", "objective", "training"].contains(&section) => {
            last.replace('_', " ")
        }
        _ => column.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn measures_have_names_for_people() {
        assert_eq!(label("kernel.r2.shared.z1"), "R² of shared factors from z₁");
        assert_eq!(label("recall@1.z1"), "recall@1 from z₁");
        assert_eq!(label("training.optimiser.learning_rate"), "learning rate");
    }
}
