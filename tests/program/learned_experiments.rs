//! Experiments on samples and on training, end to end: the same bytes for any number of threads and shards, typed
//! outcomes if nothing can be learned, no NaN in any result.

use crate::command::{folder, run, succeed};
use std::fs;
use std::path::Path;

const TRAINED: &str = r#"
title = "A small grid of training runs"
shows = "correlation"
estimator = "sgd"
replicates = 2
[model.family]
kind = "random"
shared = 2
private = 1
observed = 4
[grid]
objective = ["infonce", "cca", "linear-contrastive"]
dim = [1, 2]
"sgd.batch" = 64
"sgd.steps" = 60
"sgd.checkpoints" = 3
"sgd.precision" = ["double", "single"]
"#;

const SAMPLED: &str = r#"
title = "A small grid of samples"
shows = "spiked-cca"
estimator = "sample"
replicates = 3
[model.family]
kind = "random"
shared = 2
private = 2
observed = 5
[grid]
objective = ["cca", "prediction", "supervised"]
dim = [1, 2]
samples = [4, 5, 12, 200]
evaluation = ["population", "plug-in", "held-out"]
"#;

const SEARCHED: &str = r#"
title = "A small grid of searches"
shows = "capacity"
estimator = "adversary"
replicates = 2
[grid]
theorem = ["capacity", "leakage"]
dim = [1, 2]
"search.budget" = 40
"#;

/// One of the inputs that once failed, in `tests/fixtures/cases`.
fn case(name: &str) -> String {
    let path = crate::repository().join("tests/fixtures/cases").join(name);
    fs::read_to_string(path).expect("the fixture is part of the repository")
}

/// The rows of an experiment, of which the name is always the same: it is part of every seed.
fn results_of(experiment: &str) -> Vec<std::collections::HashMap<String, String>> {
    let folder = folder("small.toml", experiment);
    succeed(folder.path(), &["sweep", "small.toml"]);
    rows(&merged(folder.path(), "results"))
}

fn number(row: &std::collections::HashMap<String, String>, name: &str) -> f64 {
    row[name].parse().unwrap_or_else(|_| panic!("{name}: {:?}", row[name]))
}

fn merged(folder: &Path, out: &str) -> String {
    succeed(folder, &["merge", "small.toml", "--out", out]);
    fs::read_to_string(folder.join(out).join("small/merged.csv")).expect("merged results")
}

fn rows(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_shards() {
    for experiment in [TRAINED, SAMPLED, SEARCHED] {
        let folder = folder("small.toml", experiment);
        let at = folder.path();
        succeed(at, &["sweep", "small.toml", "--out", "one", "--threads", "1"]);
        succeed(at, &["sweep", "small.toml", "--out", "three", "--threads", "3"]);
        for shard in ["2/2", "1/2"] {
            succeed(at, &["sweep", "small.toml", "--out", "shards", "--shard", shard]);
        }
        let reference = merged(at, "one");
        assert_eq!(reference, merged(at, "three"));
        assert_eq!(reference, merged(at, "shards"));
        assert!(!reference.contains("NaN"), "no NaN in results");
    }
}

#[test]
fn training_writes_checkpoints_and_replicates_differ() {
    let folder = folder("small.toml", TRAINED);
    succeed(folder.path(), &["sweep", "small.toml"]);
    let rows = rows(&merged(folder.path(), "results"));
    // 3 objectives × 2 dimensions × 2 precisions × 2 replicates × 3 checkpoints (the last is the end) × 3 targets.
    assert_eq!(rows.len(), 3 * 2 * 2 * 2 * 3 * 3);
    let end = |replicate: &str| {
        let row = rows
            .iter()
            .find(|row| row["step"] == "60" && row["replicate"] == replicate && row["objective"] == "cca")
            .expect("the end of a run");
        assert!(["converged", "exhausted"].contains(&row["outcome"].as_str()), "{}", row["outcome"]);
        row["angle.z1"].parse::<f64>().expect("an angle")
    };
    assert!((end("0") - end("1")).abs() > 0.0);
}

#[test]
fn a_learnt_temperature_is_part_of_the_critic_that_is_measured() {
    let experiment = TRAINED
        .replace(r#"["infonce", "cca", "linear-contrastive"]"#, r#"["infonce"]"#)
        .replace("dim = [1, 2]", "dim = [1]")
        .replace(
            "\"sgd.batch\" = 64\n\"sgd.steps\" = 60\n\"sgd.checkpoints\" = 3",
            "\"sgd.batch\" = 256\n\"sgd.steps\" = 2000",
        )
        .replace("\"sgd.precision\" = [\"double\", \"single\"]", "\"sgd.learn_temperature_from\" = 0.3");
    let folder = folder("small.toml", experiment);
    succeed(folder.path(), &["sweep", "small.toml"]);
    for row in rows(&merged(folder.path(), "results")) {
        let number = |name: &str| row[name].parse::<f64>().expect("a number");
        // Theorem `infonce-gap`: the slope of the log-ratio is ρ, whatever the split between weights and temperature.
        let (slope, rho) = (number("whitened_critic.1"), number("canonical_correlation.1"));
        assert!((slope - rho).abs() < 0.05 * rho, "{slope} is not {rho}");
    }
}

#[test]
fn divergence_is_an_outcome_and_leaves_no_number() {
    let experiment = TRAINED
        .replace(
            "\"sgd.steps\" = 60",
            "\"sgd.steps\" = 60\n\"sgd.learning_rate\" = 1e80\n\"sgd.optimiser\" = \"momentum\"",
        )
        .replace("[\"infonce\", \"cca\", \"linear-contrastive\"]", "[\"spectral\"]");
    let folder = folder("small.toml", experiment);
    succeed(folder.path(), &["sweep", "small.toml"]);
    let text = merged(folder.path(), "results");
    assert!(!text.contains("NaN"));
    let rows = rows(&text);
    let diverged: Vec<_> = rows.iter().filter(|row| row["outcome"] == "diverged").collect();
    assert!(!diverged.is_empty());
    for row in diverged {
        assert!(row["mi.z1"].is_empty() && row["capacity.verdict"].is_empty(), "{row:?}");
    }
}

#[test]
fn fewer_samples_than_channels_say_everything_and_mean_nothing() {
    let folder = folder("small.toml", SAMPLED);
    succeed(folder.path(), &["sweep", "small.toml"]);
    let rows = rows(&merged(folder.path(), "results"));
    let information = |evaluation: &str, samples: &str| {
        let row = rows
            .iter()
            .find(|row| {
                row["evaluation"] == evaluation
                    && row["samples"] == samples
                    && row["objective"] == "cca"
                    && row["target"] == "shared"
                    && row["dim"] == "2"
            })
            .expect("a row");
        row["alignment.mi_z1_z2"].clone()
    };
    // Four samples of five channels: each sensor seems to determine the other.
    assert_eq!(information("plug-in", "4"), "inf");
    assert!(information("population", "4").parse::<f64>().expect("a number").is_finite());
    assert!(information("plug-in", "200").parse::<f64>().expect("a number").is_finite());
}

#[test]
fn wrong_settings_end_with_one_line_that_names_them() {
    let cases = [
        (TRAINED.replace("\"sgd.batch\" = 64", "\"sgd.batch\" = 0"), "sgd.batch"),
        (TRAINED.replace("\"sgd.batch\" = 64", "\"sgd.batch\" = 1"), "a batch of 1"),
        (TRAINED.replace("\"double\", \"single\"", "\"half\""), "sgd.precision"),
        (TRAINED.replace("\"infonce\", \"cca\"", "\"supervised\""), "supervised"),
        (TRAINED.replace("\"sgd.steps\" = 60", "\"sgd.steps\" = 60\n\"sgd.learning_rate\" = -1.0"), "learning_rate"),
        (TRAINED.replace("\"sgd.steps\" = 60", "\"objective.temperature\" = 0.0"), "temperature"),
        (
            TRAINED.replace("\"sgd.steps\" = 60", "\"sgd.learn_temperature_from\" = 0.0"),
            "learn_temperature_from = 0 is outside",
        ),
        (TRAINED.replace("estimator = \"sgd\"", "estimator = \"population\""), "sgd."),
        (SAMPLED.replace("\"held-out\"", "\"cross\""), "evaluation"),
        (SAMPLED.replace("samples = [4, 5, 12, 200]", "samples = [1]"), "samples"),
        (SAMPLED.replace("samples = [4, 5, 12, 200]", "samples = [3]"), "held-out"),
        (SAMPLED.replace("samples = [4, 5, 12, 200]\n", ""), "samples"),
        (SAMPLED.replace("estimator = \"sample\"", "estimator = \"sampled\""), "sample"),
        (SEARCHED.replace("\"search.budget\" = 40", "\"search.budget\" = 0"), "search.budget"),
        (SEARCHED.replace("\"leakage\"", "\"leaking\""), "leaking"),
        (SEARCHED.replace("\"leakage\"", "\"spiked-cca\""), "spiked-cca"),
    ];
    for (experiment, named) in cases {
        let folder = folder("small.toml", experiment);
        let output = run(folder.path(), &["sweep", "small.toml"]);
        let message = &output.stderr;
        assert_eq!(output.code, 2, "{named}: {message}");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(message.contains(named), "{named}: {message}");
    }
}

/// Columns, or theorems, that are of x_1 in its own units.
const IN_UNITS: [&str; 4] = ["critic.", "signal_distance.", "width.", "fidelity-threshold."];

#[test]
fn another_unit_of_a_channel_changes_no_bit_of_what_is_learned() {
    // Scales of 1024, 1 and 1/1024 once trained to 18.6 degrees off, and were called converged.
    let short = |name: &str| case(name).replace("\"sgd.steps\" = 2000", "\"sgd.steps\" = 1200");
    let [units, control] = ["sgd-units.toml", "sgd-units-control.toml"].map(|name| results_of(&short(name)));
    assert_eq!(units.len(), 4);
    for (row, expected) in units.into_iter().zip(control) {
        assert!(number(&row, "angle.z1") < 1.0, "{row:?}");
        assert!(["converged", "exhausted"].contains(&row["outcome"].as_str()), "{row:?}");
        let unit_free = |column: &str| !IN_UNITS.iter().any(|measure| column.starts_with(measure));
        let differing: Vec<_> =
            row.iter().filter(|(column, value)| unit_free(column) && expected[*column] != **value).collect();
        assert!(differing.is_empty(), "{}: {differing:?}", row["objective"]);
    }
}

#[test]
fn excess_loss_is_of_what_is_compared() {
    let rows = results_of(&case("excess-loss-cca.toml"));
    for row in &rows {
        let excess = number(row, "excess_loss");
        // One canonical correlation of 0.8, the most that whitened encoders attain.
        assert!((0.0..1e-4).contains(&excess), "{excess}");
        assert!((number(row, "objective_value") - (0.8 - excess)).abs() < 1e-12);
        // Half of the alignment error in excess, by d = 1 whitened outputs.
        let expected = (number(row, "alignment.error") - number(row, "alignment.floor")) / 2.0;
        assert!((excess - expected).abs() < 1e-12, "{excess} is not {expected}");
    }
    assert!(!rows.is_empty());
}

#[test]
fn no_excess_loss_is_negative() {
    let objectives = r#"["cca", "alignment-fidelity", "decoupled", "spectral", "infonce", "linear-contrastive", "prediction", "pca"]"#;
    let weights = "\"objective.lambda\" = [0.3]";
    let sampled = SAMPLED
        .replace(r#"["cca", "prediction", "supervised"]"#, objectives)
        .replace("samples = [4, 5, 12, 200]", &format!("samples = [4, 12, 200]\n{weights}"));
    let trained = TRAINED
        .replace(r#"["infonce", "cca", "linear-contrastive"]"#, objectives)
        .replace("\"sgd.checkpoints\" = 3", &format!("\"sgd.checkpoints\" = 3\n{weights}"));
    for experiment in [sampled, trained] {
        let rows = results_of(&experiment);
        for row in &rows {
            // Four samples of five channels span less than two whitened outputs.
            if row.get("samples").is_some_and(|samples| samples == "4") && row["excess_loss"].is_empty() {
                continue;
            }
            // Rounding, of values of order one to a hundred.
            assert!(number(row, "excess_loss") >= -1e-12, "{}: {}", row["objective"], row["excess_loss"]);
        }
        assert!(rows.len() > 100, "{}", rows.len());
    }
}

#[test]
fn another_critic_than_the_objective_has_no_value_of_it() {
    let experiment = TRAINED.replace(r#"["infonce", "cca", "linear-contrastive"]"#, r#"["infonce"]"#).replace(
        "\"sgd.steps\" = 60",
        "\"sgd.steps\" = 60\n\"sgd.critic\" = [\"bilinear\", \"cosine\", \"squared-distance\"]",
    );
    for row in results_of(&experiment) {
        let bilinear = row["sgd.critic"] == "bilinear";
        assert_eq!(
            (row["excess_loss"].is_empty(), row["objective_value"].is_empty()),
            (!bilinear, !bilinear),
            "{row:?}"
        );
    }
}

#[test]
fn a_loss_that_does_not_move_is_stalled() {
    let steps = "\"sgd.steps\" = 60";
    let stuck = TRAINED.replace(steps, "\"sgd.steps\" = 240\n\"sgd.learning_rate\" = 1e-12");
    let cold = TRAINED
        .replace(r#"["infonce", "cca", "linear-contrastive"]"#, r#"["infonce"]"#)
        .replace(steps, "\"sgd.steps\" = 240\n\"objective.temperature\" = 1e-300");
    for experiment in [stuck, cold] {
        let rows = results_of(&experiment);
        let outcomes: std::collections::BTreeSet<_> = rows.iter().map(|row| row["outcome"].as_str()).collect();
        assert!(outcomes.contains("stalled") && !outcomes.contains("converged"), "{outcomes:?}");
    }
}
