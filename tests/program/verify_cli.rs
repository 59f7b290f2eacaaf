//! `alignloss verify` beyond random draws: the search, the discrete laws, the self-test, and their output.

use crate::command::run;
use serde_json::Value;
use std::path::Path;

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

#[test]
fn a_search_prints_rows_by_dimension_and_repeats_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = [
        "verify",
        "alignment-floor",
        "--adversarial",
        "--dims",
        "1..2",
        "--budget",
        "300",
        "--seed",
        "4",
        "--format",
        "csv",
    ];
    let [first, second] =
        ["1", "2"].map(|threads| run(folder.path(), &[&["--threads", threads][..], &arguments].concat()));
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    assert_eq!(first.stdout, second.stdout);
    let mut reader = csv::Reader::from_reader(first.stdout.as_bytes());
    assert_eq!(
        reader.headers().expect("headers"),
        &["id", "law", "dim", "tightness", "deviation", "evaluations", "failures", "verdict"][..]
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 2);
    for (row, dim) in rows.iter().zip(["1", "2"]) {
        assert_eq!((&row[0], &row[1], &row[2], &row[7]), ("alignment-floor", "gaussian", dim, "holds"));
        let tightness: f64 = row[3].parse().expect("a number");
        assert!(tightness > 0.9 && tightness <= 1.0, "{row:?}");
    }
    assert_eq!(files(folder.path()), Vec::<String>::new(), "nothing is saved unless asked for");
}

#[test]
fn the_tightest_cases_are_saved_and_replay() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = [
        "verify",
        "capacity",
        "leakage",
        "--adversarial",
        "--dims",
        "1",
        "--budget",
        "300",
        "--save",
        "found",
        "--format",
        "json",
    ];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let rows = report["theorems"].as_array().expect("a list");
    let found: Vec<(&str, &str)> =
        rows.iter().map(|row| (row["id"].as_str().expect("text"), row["law"].as_str().expect("text"))).collect();
    assert_eq!(found, [("capacity", "gaussian"), ("capacity", "discrete"), ("leakage", "gaussian")]);
    assert!(files(&folder.path().join("found")).contains(&"tightest-capacity-d1-discrete.json".to_owned()));
    let replayed = run(
        folder.path(),
        &[
            "eval",
            "found/tightest-capacity-d1.json",
            "--encoders",
            "found/tightest-capacity-d1.encoders.json",
            "--format",
            "json",
        ],
    );
    assert_eq!(replayed.code, 0, "{}", replayed.stderr);
    let evaluation: Value = serde_json::from_str(&replayed.stdout).expect("JSON");
    let theorems = evaluation["theorems"].as_array().expect("a list");
    let capacity = theorems.iter().find(|theorem| theorem["id"] == "capacity").expect("the theorem");
    let [searched, replayed] =
        [&rows[0]["tightness"], &capacity["tightness"]].map(|value| value.as_f64().expect("a number"));
    // The search counts the error bound against the theorem.
    assert!((searched - replayed).abs() < 1e-6, "{searched} {replayed}");
}

#[test]
fn discrete_laws_have_lines_of_their_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output =
        run(folder.path(), &["verify", "capacity", "lipschitz", "selection", "--models", "4", "--format", "csv"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let starts: Vec<String> =
        output.stdout.lines().map(|line| line.split(',').take(2).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(
        starts,
        [
            "id,law",
            "lipschitz,gaussian",
            "capacity,gaussian",
            "selection,gaussian",
            "lipschitz,discrete",
            "capacity,discrete"
        ]
    );
    let table = run(folder.path(), &["verify", "capacity", "--models", "2"]).stdout;
    assert!(table.contains("re-evaluated") && table.contains("discrete"), "{table}");
}

#[test]
fn the_self_test_prints_every_false_statement_and_is_not_advertised() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = run(folder.path(), &["verify", "--self-test"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    for text in ["capacity/product", "spiked-cca/population-value", "refuted", " 0 not refuted"] {
        assert!(output.stdout.contains(text), "{text}: {}", output.stdout);
    }
    assert!(!output.stdout.contains("NOT REFUTED"));
    assert!(!run(folder.path(), &["verify", "--help"]).stdout.contains("self-test"));
}

#[test]
fn wrong_searches_are_usage_errors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cases: [(&[&str], &str); 5] = [
        (&["verify", "--adversarial", "--dims", "6..1"], "two as in 1..6"),
        (&["verify", "--adversarial", "--dims", "0"], "from 1 to 16"),
        (&["verify", "--dims", "2"], "--adversarial"),
        (&["verify", "--adversarial", "--budget", "1"], "--budget"),
        (&["verify", "--adversarial", "--models", "10"], "--models"),
    ];
    for (arguments, expected) in cases {
        let output = run(folder.path(), arguments);
        assert_eq!(output.code, 2, "{arguments:?}");
        assert!(output.stderr.contains(expected), "{arguments:?}: {}", output.stderr);
    }
}
