//! `alignloss explain`: every word has a meaning, and the shipped documents match what the program prints.

use crate::command::{run, succeed};
use serde_json::Value;
use std::path::Path;

fn here() -> &'static Path {
    Path::new(".")
}

/// The file is what the command prints.
fn is_shipped(file: &str, arguments: &[&str]) {
    let kept = std::fs::read_to_string(crate::repository().join(file)).unwrap_or_default();
    assert!(
        kept == succeed(here(), arguments),
        "{file} is out of date; run: alignloss {} > {file}",
        arguments.join(" ")
    );
}

#[test]
fn the_reference_is_that_of_the_program() {
    is_shipped("docs/reference.md", &["explain", "--format", "markdown"]);
}

#[test]
fn the_schemas_are_those_of_the_program() {
    for document in ["model", "experiment", "evaluation"] {
        is_shipped(&format!("docs/schemas/{document}.json"), &["explain", "--schema", document]);
    }
}

#[test]
fn a_theorem_is_explained() {
    insta::assert_snapshot!(succeed(here(), &["explain", "capacity"]), @r#"
    capacity (theorem)
      y ⟂ x2, z1 whitened, K = Cov(E[z1|x2]), P = Cov(E[z1|y])  ⟹  K + P ⪯ I, tr K + tr P ≤ d, I(z1;y)
        ≤ −½ log det K
      hypotheses: Any distribution; y independent of x_2, z_1 whitened. The last claim: Gaussian.
      proof: Functions of x_2 and of y are orthogonal, and the squared projections of a unit vector
        onto orthogonal subspaces add up to at most one (Bessel), in every direction of z_1.
      figure: alignloss figures capacity
      check: alignloss verify capacity

    capacity (key of eval's JSON)
      How dimensions are spent, for each target private to a modality.
    "#);
}

#[test]
fn a_word_that_begins_others_stands_for_them() {
    let text = succeed(here(), &["explain", "mi"]);
    for source in ["x1", "x2", "x12", "z1", "z2", "z12"] {
        assert!(text.contains(&format!("mi.{source} (column of results)")), "{text}");
    }
}

#[test]
fn an_unknown_word_is_refused_with_the_nearest() {
    let output = run(here(), &["explain", "leakge"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("did you mean \"leakage\"?"), "{}", output.stderr);
}

/// The keys of a document, with those of tables within: `figure.where`; not what is in free tables.
fn keys(value: &toml::Value, path: &str, found: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if !["grid", "where", "figure.where"].contains(&path.as_str()) {
                    keys(value, &path, found);
                }
                found.push(path);
            }
        }
        toml::Value::Array(values) => values.iter().for_each(|value| keys(value, path, found)),
        _ => {}
    }
}

#[test]
fn every_key_and_every_column_of_the_experiments_is_explained() {
    let words: Value = serde_json::from_str(&succeed(here(), &["explain", "--format", "json"])).expect("JSON");
    let words: Vec<(&str, &str)> = words
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| (entry["section"].as_str().expect("a section"), entry["word"].as_str().expect("a word")))
        .collect();
    let mut tried = 0;
    for entry in std::fs::read_dir(crate::repository().join("experiments")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("an experiment");
        assert!(text.starts_with("#:schema ../docs/schemas/experiment.json\n"), "{}", path.display());
        let file: toml::Value = toml::from_str(&text).expect("TOML");
        let mut found = Vec::new();
        keys(&file, "", &mut found);
        for key in found {
            assert!(words.contains(&("keys of experiment files", &key)), "{}: {key}", path.display());
            tried += 1;
        }
        for axis in file.get("grid").and_then(toml::Value::as_table).into_iter().flatten().map(|(axis, _)| axis) {
            assert!(words.contains(&("axes of a grid", axis)), "{}: {axis}", path.display());
        }
    }
    assert!(tried > 100, "{tried} keys");
}

#[test]
fn tables_fit_the_page() {
    let folder = crate::command::folder("m.toml", "[family]\nkind = \"random\"\n");
    for columns in [80, 100] {
        for arguments in [&["eval", "m.toml"][..], &["verify", "capacity", "decoupled-sufficiency", "--models", "2"]] {
            let output = crate::command::alignloss(folder.path())
                .args(arguments)
                .arg("--quiet")
                .env("COLUMNS", columns.to_string())
                .output()
                .expect("the command starts");
            let text = String::from_utf8(output.stdout).expect("text");
            for line in text.lines() {
                assert!(line.chars().count() <= columns, "{columns} columns, {arguments:?}: {line}");
            }
        }
    }
}
