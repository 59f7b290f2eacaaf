//! Amends an experiment file before it is checked: inserts the model of a separate file, changes from the command line,
//! and a cell's parameters of the model.

use super::{AxisValue, ExperimentError};
use crate::text::{self, Format};
use serde_json::{Map, Value};
use std::path::Path;

/// A change of one setting of an experiment, as in `dim=4`, `model.noise=.2` or `objective=[cca, pca]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The setting: `seed`, `replicates`, or an axis of the grid.
    pub name: String,
    /// Its value.
    pub value: Value,
}

impl std::str::FromStr for Override {
    type Err = String;

    /// Parses `NAME=VALUE`; a value is a number, a word, or a list of them in brackets.
    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
            return Err(format!("{text:?}: expected NAME=VALUE, as in dim=4"));
        };
        let value = value.trim();
        let value = match value.strip_prefix('[').map(|list| list.strip_suffix(']')) {
            None => scalar(value),
            Some(Some(list)) => list.split(',').map(scalar).collect(),
            Some(None) => None,
        };
        let value =
            value.ok_or_else(|| format!("{text:?}: expected a number, a word, or a list of them in brackets"))?;
        Ok(Self { name: name.trim().into(), value })
    }
}

impl std::fmt::Display for Override {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.value {
            Value::String(word) => write!(f, "{}={word}", self.name),
            other => write!(f, "{}={other}", self.name),
        }
    }
}

/// A number or a word.
fn scalar(text: &str) -> Option<Value> {
    let text = text.trim().trim_matches('"');
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    match text.parse::<f64>() {
        Ok(number) => number.is_finite().then(|| number.into()),
        Err(_) => (!text.is_empty() && !text.contains(['[', ']'])).then(|| text.into()),
    }
}

/// Overrides as part of a file name.
pub(super) fn suffix(overrides: &[Override]) -> String {
    let words = overrides.iter().map(|change| format!(",{change}"));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "=,.-_+".contains(c);
    words.collect::<String>().chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}

/// The `[model]` of an experiment: as written, or read from the file it names, relative to `folder`.
///
/// # Errors
/// [`ExperimentError::Field`] if `file` is given beside other keys, if there is no folder to find it in, or if it can't be read.
pub(super) fn model(written: Map<String, Value>, folder: Option<&Path>) -> Result<Map<String, Value>, ExperimentError> {
    let Some(file) = written.get("file") else { return Ok(written) };
    let wrong = |problem: String| ExperimentError::Field { field: "model.file".into(), problem };
    let Some(file) = file.as_str() else { return Err(wrong(format!("{file}, expected the path of a model file"))) };
    if let Some(other) = written.keys().find(|key| *key != "file") {
        return Err(wrong(format!("{file:?} is given beside model.{other}; give one or the other")));
    }
    let Some(folder) = folder else {
        return Err(wrong(format!("{file:?}: an experiment that is not read from a file cannot name a model file")));
    };
    let path = folder.join(file);
    let name = |problem: &dyn std::fmt::Display| wrong(format!("{}: {problem}", path.display()));
    let format = Format::of_path(&path).map_err(|error| name(&error))?;
    let text = std::fs::read_to_string(&path).map_err(|error| name(&error))?;
    if format == Format::Toml {
        text::require_json_values(&text).map_err(|error| name(&error))?;
    }
    text::parse(&text, format).map_err(|error| name(&error))
}

/// Sets a parameter of a model: of its family; or, for a model written out, `latent.KEY`, `NAME.KEY` for the modality
/// or target of that name, and `KEY` for all modalities.
///
/// # Errors
/// The message lists what the model has instead.
pub(super) fn set(model: &mut Map<String, Value>, name: &str, value: &AxisValue) -> Result<(), String> {
    if let Some(Value::Object(family)) = model.get_mut("family") {
        family.insert(name.to_owned(), value.json());
        return Ok(());
    }
    let Some((place, key)) = name.rsplit_once('.') else {
        let Some(Value::Array(modalities)) = model.get_mut("modality") else {
            return Err("the model has neither a family nor modalities".into());
        };
        for modality in modalities.iter_mut().filter_map(Value::as_object_mut) {
            modality.insert(name.to_owned(), value.json());
        }
        return Ok(());
    };
    if place == "latent"
        && let Some(Value::Object(latent)) = model.get_mut("latent")
    {
        latent.insert(key.to_owned(), value.json());
        return Ok(());
    }
    let mut known = vec!["latent".to_owned()];
    for section in ["modality", "target"] {
        let Some(Value::Array(entries)) = model.get_mut(section) else { continue };
        for (index, entry) in entries.iter_mut().enumerate() {
            let Some(entry) = entry.as_object_mut() else { continue };
            let default = || format!("{section} {}", index + 1);
            let own = entry.get("name").and_then(Value::as_str).map_or_else(default, str::to_owned);
            if own == place {
                entry.insert(key.to_owned(), value.json());
                return Ok(());
            }
            known.push(own);
        }
    }
    let hint = text::hint(place, known.iter().map(String::as_str));
    Err(format!("{place:?} is not a part of the model, expected {}{hint}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_numbers_words_and_lists() {
        for (text, name, value) in [
            ("dim=4", "dim", json!(4)),
            ("model.noise=.2", "model.noise", json!(0.2)),
            ("objective=cca", "objective", json!("cca")),
            ("objective=[cca, pca]", "objective", json!(["cca", "pca"])),
            ("dim = [1,2]", "dim", json!([1, 2])),
        ] {
            assert_eq!(text.parse(), Ok(Override { name: name.into(), value }), "{text}");
        }
        for wrong in ["dim", "=4", "dim=", "dim=[1", "dim=nan", "dim=[1,[2]]"] {
            assert!(wrong.parse::<Override>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_parameter_reaches_the_part_of_the_model_that_it_names() {
        let written = json!({
            "latent": { "shared": 1, "private": [1, 1] },
            "modality": [{ "name": "optical", "noise": 0.1 }, { "noise": 0.2 }],
            "target": [{ "name": "leaf", "noise": 0.3 }],
        });
        let after = |name: &str| {
            let mut model = written.as_object().expect("a table").clone();
            set(&mut model, name, &AxisValue::Number(7.0)).map(|()| Value::Object(model))
        };
        assert_eq!(after("optical.noise").expect("a part")["modality"][0]["noise"], 7.0);
        assert_eq!(after("modality 2.noise").expect("a part")["modality"][1]["noise"], 7.0);
        assert_eq!(after("leaf.noise").expect("a part")["target"][0]["noise"], 7.0);
        assert_eq!(after("latent.shared").expect("a part")["latent"]["shared"], 7.0);
        let both = after("noise").expect("modalities");
        assert_eq!((&both["modality"][0]["noise"], &both["modality"][1]["noise"]), (&json!(7.0), &json!(7.0)));
        assert!(after("optcal.noise").expect_err("no such part").contains("did you mean \"optical\"?"));
    }
}
