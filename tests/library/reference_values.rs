//! Compares every number of `eval` with the reference values of `tests/fixtures/mixed_units.py`; all deviations are collected.

use alignloss::evaluation::Evaluation;
use alignloss::model::{Format, LatentModel};
use alignloss::objective;
use alignloss::theorem::{Case, Subject};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// Allowed deviation, relative to the larger of the expected value and the floor of its measure (see [`floor`]).
const TOLERANCE: f64 = 1e-9;

/// Nats, correlations and shares are pure numbers on the scale of one: below a thousandth of it they are compared absolutely,
/// so that 1e-12 counts as zero.
const PURE_NUMBER: f64 = 1e-3;

/// One number that is not what it should be.
struct Deviation {
    model: usize,
    kind: String,
    measure: String,
    found: String,
    expected: String,
    relative: f64,
}

/// The deviations of one model.
struct Comparison<'a> {
    model: usize,
    kind: &'a str,
    deviations: Vec<Deviation>,
    compared: usize,
    /// What the report lists as uncertain, with its bounds, and how many values were within them and nothing better.
    uncertain: HashMap<String, f64>,
    excused: usize,
}

/// What comparing gave.
pub(crate) struct Outcome {
    pub(crate) compared: usize,
    /// Numbers that deviate by no more than `eval` itself says.
    pub(crate) excused: usize,
    /// All deviations, empty where there is none.
    pub(crate) account: String,
}

/// The cells of a fixture.
pub(crate) fn fixture(name: &str) -> Vec<Value> {
    let path = crate::repository().join("tests/fixtures").join(name);
    let text = std::fs::read_to_string(path).expect("the fixture is part of the repository");
    serde_json::from_str(&text).expect("the fixture is JSON")
}

/// Compares cells.
pub(crate) fn compare(cells: &[Value]) -> Outcome {
    let (mut deviations, mut compared, mut excused) = (Vec::new(), 0, 0);
    for (model, cell) in cells.iter().enumerate() {
        let kind = cell["kind"].as_str().expect("a kind");
        let mut comparison =
            Comparison { model, kind, deviations: Vec::new(), compared: 0, uncertain: HashMap::new(), excused: 0 };
        if let Err(problem) = comparison.compare_cell(cell) {
            comparison.record("failure", &problem, "an answer", f64::INFINITY);
        }
        compared += comparison.compared;
        deviations.append(&mut comparison.deviations);
        excused += comparison.excused;
    }
    let account = if deviations.is_empty() { String::new() } else { account(&deviations, compared) };
    Outcome { compared, excused, account }
}

// ---------------------------------------------------------------------------------------------------------------------
// Comparing
// ---------------------------------------------------------------------------------------------------------------------

impl Comparison<'_> {
    fn compare_cell(&mut self, cell: &Value) -> Result<(), String> {
        let text = in_its_units(&cell["model"], &cell["units"]).to_string();
        let model = LatentModel::parse(&text, Format::Json).map_err(|error| error.to_string())?;
        let pair = [0, 1].map(|m| index(&cell["pair"][m]));
        let subject = Subject::new(&model, pair).map_err(|error| error.to_string())?;
        let expected = &cell["expected"];
        // Without a gap no dimension has a minimiser of its own, and there are no values of encoders.
        let dim = cell["dim"].as_u64().map_or(1, |_| index(&cell["dim"]));
        let canonical = self.evaluate(&subject, "cca", dim)?;
        self.compare_pair(&canonical, expected);
        for (t, expected) in list(&expected["targets"]).iter().enumerate() {
            self.compare_target(&canonical["targets"][t], expected, t);
        }
        if let Some(expected) = expected["capacity"].as_array() {
            self.compare_capacity(&canonical["capacity"], expected);
        }
        for objective in ["linear-contrastive", "prediction"] {
            let report = self.evaluate(&subject, objective, 1)?;
            for (t, expected) in list(&expected["targets"]).iter().enumerate() {
                if !expected[objective].is_null() {
                    let measure = format!("{objective}: targets[{t}].mi.z1");
                    self.compare(&measure, &report["targets"][t]["mi"]["z1"], &expected[objective], PURE_NUMBER);
                }
            }
        }
        Ok(())
    }

    /// The report of `eval`; a theorem that is called violated is a deviation, whatever the numbers are.
    fn evaluate(&mut self, subject: &Subject, id: &str, dim: usize) -> Result<Value, String> {
        let objective = objective::find(id).map_err(|error| error.to_string())?;
        let case = Case::minimise(subject, &subject.learner(0), objective.as_ref(), dim);
        let case = case.map_err(|error| error.to_string())?;
        let report = Evaluation::new(&case, id).map_err(|error| error.to_string())?;
        let report = serde_json::to_value(report).map_err(|error| error.to_string())?;
        for theorem in list(&report["theorems"]) {
            if theorem["verdict"] == "violated" {
                self.record(&format!("{id}: verdict"), &theorem.to_string(), "not violated", f64::INFINITY);
            }
        }
        let bound = |entry: &Value| (entry["measure"].as_str().unwrap_or_default().to_owned(), number(&entry["error"]));
        self.uncertain = list(&report["uncertain"]).iter().map(bound).collect();
        Ok(report)
    }

    fn compare_pair(&mut self, found: &Value, expected: &Value) {
        for (i, expected) in list(&expected["canonical_correlations"]).iter().enumerate() {
            let measure = format!("canonical_correlations[{i}]");
            self.compare(&measure, &found["canonical_correlations"][i], expected, PURE_NUMBER);
        }
        // What rounding does to a singular value is relative to the largest.
        let singular = list(&expected["cross_covariance_singular_values"]);
        for (i, value) in singular.iter().enumerate() {
            let measure = format!("cross_covariance_singular_values[{i}]");
            self.compare(&measure, &found["cross_covariance_singular_values"][i], value, number(&singular[0]));
        }
        let (found, alignment) = (&found["alignment"], &expected["alignment"]);
        self.compare("alignment.mi_x1_x2", &found["mi_x1_x2"], &expected["mi_x1_x2"], PURE_NUMBER);
        for (key, expected) in fields(alignment) {
            // Errors of alignment have digits of their own, however small they are.
            let floor = if key == "mi_z1_z2" { PURE_NUMBER } else { 0.0 };
            self.compare(&format!("alignment.{key}"), &found[key], expected, floor);
        }
    }

    fn compare_target(&mut self, found: &Value, expected: &Value, t: usize) {
        // An error of prediction has digits of its own, however small it is.
        for (measure, floor) in [("mi", PURE_NUMBER), ("r2", PURE_NUMBER), ("mmse", 0.0)] {
            for (source, expected) in fields(&expected[measure]) {
                let name = format!("targets[{t}].{measure}.{source}");
                self.compare(&name, &found[measure][source], expected, floor);
            }
        }
        // Differences of informations have the accuracy of what is subtracted.
        let largest = fields(&expected["mi"]).map(|(_, value)| number(value)).fold(1.0, f64::max);
        for measure in ["information_loss", "pid"] {
            for (key, expected) in fields(&expected[measure]) {
                let name = format!("targets[{t}].{measure}.{key}");
                self.compare(&name, &found[measure][key], expected, PURE_NUMBER * largest);
            }
        }
    }

    fn compare_capacity(&mut self, found: &Value, expected: &[Value]) {
        if list(found).len() != expected.len() {
            let entries = |count: usize| format!("{count} entries");
            self.record("capacity", &entries(list(found).len()), &entries(expected.len()), f64::INFINITY);
            return;
        }
        for (i, expected) in expected.iter().enumerate() {
            for key in ["aligned", "private", "max_eigenvalue"] {
                self.compare(&format!("capacity[{i}].{key}"), &found[i][key], &expected[key], PURE_NUMBER);
            }
        }
    }

    fn compare(&mut self, measure: &str, found: &Value, expected: &Value, floor: f64) {
        self.compared += 1;
        let (value, truth) = (number(found), number(expected));
        // Infinite beside infinite is no deviation either.
        let same = value.total_cmp(&truth).is_eq() || value - truth == 0.0;
        let relative = if same { 0.0 } else { (value - truth).abs() / floor.max(truth.abs()) };
        let name = measure.rsplit(": ").next().unwrap_or(measure);
        // Written so that NaN deviates.
        if relative.is_nan() || relative > TOLERANCE {
            if self.uncertain.get(name).is_some_and(|bound| (value - truth).abs() <= *bound) {
                self.excused += 1;
                return;
            }
            self.record(measure, &found.to_string(), &expected.to_string(), relative);
        }
    }

    fn record(&mut self, measure: &str, found: &str, expected: &str, relative: f64) {
        self.deviations.push(Deviation {
            model: self.model,
            kind: self.kind.into(),
            measure: measure.into(),
            found: found.into(),
            expected: expected.into(),
            relative,
        });
    }
}

/// Every deviation, and before them how many there are of each kind of model and of each measure.
fn account(deviations: &[Deviation], compared: usize) -> String {
    let mut models: Vec<usize> = deviations.iter().map(|deviation| deviation.model).collect();
    models.dedup();
    let mut text = format!("{} of {compared} numbers deviate, in {} models\n", deviations.len(), models.len());
    let name = |deviation: &Deviation| {
        let mut measure = deviation.measure.clone();
        measure.retain(|character| !character.is_ascii_digit());
        measure
    };
    for key in [&(|deviation: &Deviation| deviation.kind.clone()) as &dyn Fn(&Deviation) -> String, &name] {
        let mut groups: BTreeMap<String, (usize, f64)> = BTreeMap::new();
        for deviation in deviations {
            let group = groups.entry(key(deviation)).or_default();
            *group = (group.0 + 1, group.1.max(deviation.relative));
        }
        for (group, (count, worst)) in groups {
            let _ = writeln!(text, "  {count:6} {group}, worst {worst:.1e}");
        }
        text.push('\n');
    }
    for Deviation { model, kind, measure, found, expected, relative } in deviations {
        let _ = writeln!(text, "model {model} ({kind}) {measure}: {found}, expected {expected} ({relative:.1e})");
    }
    text
}

// ---------------------------------------------------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------------------------------------------------

/// The model with its channels, latents and target rows multiplied by powers of two, which rounds nothing; as it is where no
/// units are given.
fn in_its_units(model: &Value, units: &Value) -> Value {
    let mut moved = model.clone();
    if units.is_null() {
        return moved;
    }
    let latent = exponents(&units["latent"]);
    let (own, private) = latent.split_at(index(&model["latent"]["shared"]));
    scale(&mut moved["latent"]["covariance"], &latent, &latent);
    let mut start = 0;
    for (m, modality) in moved["modality"].as_array_mut().expect("a list").iter_mut().enumerate() {
        let channel = exponents(&units["channel"][m]);
        let end = start + index(&model["latent"]["private"][m]);
        scale(&mut modality["shared_loading"], &channel, &inverted(own));
        scale(&mut modality["private_loading"], &channel, &inverted(&private[start..end]));
        scale_noise(&mut modality["noise"], &channel);
        start = end;
    }
    for (t, target) in moved["target"].as_array_mut().expect("a list").iter_mut().enumerate() {
        let row = exponents(&units["target"][t]);
        scale(&mut target["loading"], &row, &inverted(&latent));
        if target.get("noise").is_some() {
            scale_noise(&mut target["noise"], &row);
        }
    }
    moved
}

/// Entry (i, j) times 2^(rows\[i\] + columns\[j\]).
fn scale(matrix: &mut Value, rows: &[i32], columns: &[i32]) {
    for (row, i) in matrix.as_array_mut().expect("rows").iter_mut().zip(rows) {
        for (entry, j) in row.as_array_mut().expect("a row").iter_mut().zip(columns) {
            scale_entry(entry, i + j);
        }
    }
}

/// A variance, a list of variances or a covariance.
fn scale_noise(noise: &mut Value, units: &[i32]) {
    match noise {
        Value::Array(items) if items.iter().all(Value::is_number) => {
            items.iter_mut().zip(units).for_each(|(entry, unit)| scale_entry(entry, 2 * unit));
        }
        Value::Array(_) => scale(noise, units, units),
        _ => scale_entry(noise, 2 * units[0]),
    }
}

fn scale_entry(entry: &mut Value, exponent: i32) {
    *entry = json!(number(entry) * 2.0_f64.powi(exponent));
}

fn inverted(units: &[i32]) -> Vec<i32> {
    units.iter().map(|unit| -unit).collect()
}

fn exponents(value: &Value) -> Vec<i32> {
    let exponent = |value: &Value| i32::try_from(value.as_i64().expect("an exponent")).expect("a small exponent");
    list(value).iter().map(exponent).collect()
}

fn index(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("a small count")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) if text == "inf" => f64::INFINITY,
        _ => f64::NAN,
    }
}
