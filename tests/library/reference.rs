//! Every number of `eval` against an independent reference: 60-digit arithmetic on dense covariances, written from the
//! theory alone (`tests/fixtures/README.md`).

use alignloss::evaluation::Evaluation;
use alignloss::model::{Format, LatentModel};
use alignloss::objective;
use alignloss::theorem::{Case, Subject};
use serde_json::Value;
use std::collections::BTreeSet;

/// Covariances of condition number below 200: κ of the factors is below 15, some tens of operations of 2e-16 each; the worst
/// of all numbers was 2.3e-14.
const WELL_CONDITIONED: f64 = 5e-13;

/// Covariances of condition number 1e8: their factors have 1e4, which costs four of the sixteen digits, and two more where a
/// prediction error of 7e-5 is compared with itself; that was the worst, 3.6e-10.
const ILL_CONDITIONED: f64 = 5e-9;

/// The worst deviation, in units of its scale, and where it is.
struct Worst {
    error: f64,
    place: String,
}

#[test]
fn well_conditioned_cells_agree_with_the_reference() {
    compare_all("eval_well_conditioned.json", 120, WELL_CONDITIONED);
}

#[test]
fn ill_conditioned_cells_agree_with_the_reference() {
    compare_all("eval_ill_conditioned.json", 50, ILL_CONDITIONED);
}

fn compare_all(file: &str, count: usize, tolerance: f64) {
    let path = crate::repository().join("tests/fixtures").join(file);
    let text = std::fs::read_to_string(&path).expect("the fixture is part of the repository");
    let cells: Vec<Value> = serde_json::from_str(&text).expect("the fixture is JSON");
    assert_eq!(cells.len(), count);
    let mut worst = Worst { error: 0.0, place: String::new() };
    for (index, cell) in cells.iter().enumerate() {
        let report = evaluate(cell);
        assert_no_violation(&report, index);
        compare_cell(
            &report,
            &cell["expected"],
            &format!("cell {index} ({} d = {})", cell["objective"], cell["dim"]),
            &mut worst,
        );
    }
    assert!(worst.error <= tolerance, "{file}: {:.2e} at {}, allowed {tolerance:.0e}", worst.error, worst.place);
}

fn evaluate(cell: &Value) -> Value {
    let model = LatentModel::parse(&cell["model"].to_string(), Format::Json).expect("a valid model");
    let objective = objective::find(cell["objective"].as_str().expect("an id")).expect("a known objective");
    let dim = usize::try_from(cell["dim"].as_u64().expect("a dimension")).expect("a small number");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    let case = Case::minimise(&subject, &subject.learner(0), objective.as_ref(), dim).expect("a minimiser");
    let report = Evaluation::new(&case, objective.id()).expect("a report");
    serde_json::to_value(report).expect("a report is JSON")
}

fn assert_no_violation(report: &Value, index: usize) {
    for theorem in report["theorems"].as_array().expect("a list") {
        assert_ne!(theorem["verdict"], "violated", "cell {index}: {theorem}");
    }
}

fn compare_cell(got: &Value, expected: &Value, cell: &str, worst: &mut Worst) {
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    let mut reported = keys(got);
    for other in ["schema", "parameters", "theorems", "encoders", "uncertain", "unique", "minimisers"] {
        assert!(reported.remove(other), "{cell}: {other}");
    }
    assert_eq!(reported, keys(expected), "{cell}");
    for (key, expected) in expected.as_object().expect("an object") {
        if key != "targets" {
            // Singular values are accurate relative to the largest; everything else here is on the scale of one or its own.
            let scale = if key == "cross_covariance_singular_values" { number(&expected[0]) } else { 1.0 };
            compare(&got[key], expected, scale, &format!("{cell}.{key}"), worst);
        }
    }
    let (got, expected) = (&got["targets"], &expected["targets"]);
    let count = expected.as_array().expect("a list").len();
    assert_eq!(got.as_array().expect("a list").len(), count, "{cell}");
    for t in 0..count {
        compare_target(&got[t], &expected[t], &format!("{cell}.targets[{t}]"), worst);
    }
}

fn compare_target(got: &Value, expected: &Value, place: &str, worst: &mut Worst) {
    // Differences of informations have the accuracy of what is subtracted, not their own.
    let information = expected["mi"]
        .as_object()
        .expect("an object")
        .values()
        .map(number)
        .filter(|value| value.is_finite())
        .fold(1.0, f64::max);
    for (key, expected) in expected.as_object().expect("an object") {
        let scale = match key.as_str() {
            "mi" | "information_loss" | "pid" => information,
            // Errors of prediction have an accuracy of their own, however small they are.
            "mmse" | "sigma" => 0.0,
            _ => 1.0,
        };
        compare(&got[key], expected, scale, &format!("{place}.{key}"), worst);
    }
}

/// Relative to the larger of the scale and the expected value.
fn compare(got: &Value, expected: &Value, scale: f64, place: &str, worst: &mut Worst) {
    match expected {
        Value::Object(fields) => {
            assert_eq!(got.as_object().map(serde_json::Map::len), Some(fields.len()), "{place}");
            for (key, expected) in fields {
                compare(&got[key], expected, scale, &format!("{place}.{key}"), worst);
            }
        }
        Value::Array(items) => {
            assert_eq!(got.as_array().map(Vec::len), Some(items.len()), "{place}");
            for (index, expected) in items.iter().enumerate() {
                compare(&got[index], expected, scale, &format!("{place}[{index}]"), worst);
            }
        }
        Value::Number(truth) if truth.is_f64() => {
            let truth = truth.as_f64().expect("a number");
            let difference = (number(got) - truth).abs();
            let error = if difference == 0.0 { 0.0 } else { difference / scale.max(truth.abs()) };
            // Written so that NaN counts as the worst.
            if error.is_nan() || error > worst.error {
                *worst = Worst { error, place: format!("{place}: got {got}, expected {truth:e}") };
            }
        }
        other => assert_eq!(got, other, "{place}"),
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) if text == "inf" => f64::INFINITY,
        _ => f64::NAN,
    }
}
