//! The page with precomputed answers, for a file system or any static host.
//!
//! Answers are stored by model, one script each (browsers let a page opened from disk load scripts but not data); equal
//! parts of answers are stored once.

use super::assets::{ASSETS, STORED_MARK};
use super::control::Axis;
use super::request::{About, ChosenAxis, Question, Request};
use super::setting::Setting;
use super::view::{COMPARED, Detail, TargetName, ViewError};
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;

/// Slider positions in an export.
const SNR_DB: [f64; 3] = [0.0, 10.0, 20.0];
const ANGLE_DEGREES: [f64; 3] = [30.0, 60.0, 90.0];
const NUISANCE: [f64; 3] = [0.0, 0.4, 0.8];
const PRIVATE_FRACTION: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
const LAMBDA: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
const DIM: [usize; 4] = [1, 2, 3, 4];
const AXES: [Axis; 3] = [Axis::PrivateFraction, Axis::Dim, Axis::Lambda];

/// Significant digits of a stored number; the page shows four.
const DIGITS: usize = 6;

/// Shorter parts of an answer are not worth a reference.
const WORTH_SHARING: usize = 24;

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// An answer could not be computed.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The folder could not be written.
    #[error("{path}: {source}")]
    Write {
        /// The path.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Number of files.
    pub files: usize,
    /// Total size in bytes.
    pub bytes: usize,
}

/// Writes the page with its answers to a folder, creating it if necessary.
///
/// # Errors
/// [`ExportError`].
pub fn export(folder: &Path) -> Result<Exported, ExportError> {
    let models: Vec<Setting> = SNR_DB
        .iter()
        .flat_map(|&snr_db| ANGLE_DEGREES.iter().map(move |&angle_degrees| (snr_db, angle_degrees)))
        .flat_map(|(snr_db, angle_degrees)| {
            NUISANCE.iter().map(move |&nuisance_correlation| Setting {
                snr_db,
                angle_degrees,
                nuisance_correlation,
                ..Setting::default()
            })
        })
        .collect();
    let mut files: Vec<(String, String)> = models
        .par_iter()
        .map(|model| {
            let name = format!("{}-{}-{}", model.snr_db, model.angle_degrees, model.nuisance_correlation);
            Ok((format!("data/model-{name}.js"), format!("alignlossStored.receive({name:?}, {});\n", answers(model)?)))
        })
        .collect::<Result<_, ViewError>>()?;
    let positions = json!({
        "snr_db": SNR_DB, "angle_degrees": ANGLE_DEGREES, "nuisance_correlation": NUISANCE,
        "private_fraction": PRIVATE_FRACTION, "lambda": LAMBDA, "dim": DIM,
    });
    let stored = json!({
        "about": About::new(), "positions": positions, "axes": AXES, "objectives": COMPARED,
        "targets": [TargetName::Mixture],
    });
    files.push(("data/about.js".into(), format!("window.alignlossStored = {stored};\n")));
    for asset in ASSETS {
        let content = asset.content.replace(STORED_MARK, "<script src=\"data/about.js\"></script>");
        files.push((asset.path.into(), content));
    }
    let write = |path: &Path, content: &str| {
        let wrong = |source| ExportError::Write { path: path.display().to_string(), source };
        std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(wrong)?;
        std::fs::write(path, content).map_err(wrong)
    };
    for (name, content) in &files {
        write(&folder.join(name), content)?;
    }
    Ok(Exported { files: files.len(), bytes: files.iter().map(|(_, content)| content.len()).sum() })
}

/// Every answer about one model, by question and key.
fn answers(model: &Setting) -> Result<Value, ViewError> {
    let mut store = Store::default();
    for dim in DIM {
        let setting = Setting { dim, ..model.clone() };
        store.add(Question::Frontier, &format!("{dim}"), setting.clone(), Axis::PrivateFraction)?;
        for objective in COMPARED {
            let setting = Setting { objective: objective.into(), ..setting.clone() };
            store.add(Question::Phase, &format!("{objective}|{dim}"), setting.clone(), Axis::PrivateFraction)?;
            let lambdas: &[f64] = if setting.has_lambda() { &LAMBDA } else { &LAMBDA[..1] };
            for &lambda in lambdas {
                let shown = if setting.has_lambda() { lambda.to_string() } else { "-".into() };
                for private_fraction in PRIVATE_FRACTION {
                    let setting = Setting { private_fraction, lambda, ..setting.clone() };
                    let key = format!("{objective}|{dim}|{shown}|{private_fraction}");
                    store.add(Question::Report, &key, setting, Axis::PrivateFraction)?;
                }
            }
        }
        for lambda in LAMBDA {
            let setting = Setting { lambda, ..setting.clone() };
            store.add(Question::Curves, &format!("private_fraction|{dim}|{lambda}"), setting, Axis::PrivateFraction)?;
        }
        for private_fraction in PRIVATE_FRACTION {
            let setting = Setting { private_fraction, ..setting.clone() };
            store.add(Question::Curves, &format!("lambda|{dim}|{private_fraction}"), setting, Axis::Lambda)?;
        }
    }
    for private_fraction in PRIVATE_FRACTION {
        for lambda in LAMBDA {
            let setting = Setting { private_fraction, lambda, ..model.clone() };
            store.add(Question::Curves, &format!("dim|{private_fraction}|{lambda}"), setting, Axis::Dim)?;
        }
    }
    Ok(json!({ "pool": store.pool, "answers": store.answers }))
}

/// Answers, with equal parts shared.
#[derive(Default)]
struct Store {
    pool: Vec<Value>,
    places: HashMap<String, usize>,
    answers: Map<String, Value>,
}

impl Store {
    fn add(&mut self, question: Question, key: &str, setting: Setting, axis: Axis) -> Result<(), ViewError> {
        // 25 × 25 cells for every slider position would be too much for a page to load.
        let detail = if question == Question::Phase { Detail::Coarse } else { Detail::Fine };
        let request = Request { setting, axis: ChosenAxis(axis), detail, ..Request::default() };
        let answer = self.shared(question.answer(&request)?);
        self.answers.insert(format!("{question:?}|{key}").to_lowercase(), answer);
        Ok(())
    }

    /// The value with numbers rounded and every larger part replaced by its index in the pool, `{"$": index}`.
    fn shared(&mut self, value: Value) -> Value {
        let value = match value {
            Value::Array(values) => Value::Array(values.into_iter().map(|value| self.shared(value)).collect()),
            Value::Object(fields) => {
                Value::Object(fields.into_iter().map(|(name, value)| (name, self.shared(value))).collect())
            }
            Value::Number(number) if number.is_f64() => {
                let rounded = number.as_f64().and_then(|value| format!("{value:.*e}", DIGITS - 1).parse::<f64>().ok());
                json!(rounded)
            }
            other => other,
        };
        let text = value.to_string();
        if text.len() < WORTH_SHARING {
            return value;
        }
        let next = self.pool.len();
        let place = *self.places.entry(text).or_insert(next);
        if place == next {
            self.pool.push(value);
        }
        json!({ "$": place })
    }
}
