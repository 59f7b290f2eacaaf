//! Experiments end to end: the built binary, killed, resumed, sharded, on different numbers of threads.

use crate::command::{alignloss, folder, run, succeed};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const EXPERIMENT: &str = r#"
title = "A small grid"
shows = "capacity"
[model.family]
kind = "random"
shared = 2
private = 2
observed = 5
[grid]
objective = ["cca", "pca", "random"]
dim = { from = 1, to = 3 }
"model.seed" = { from = 1, to = 40 }
[[figure]]
kind = "scatter"
x = "capacity.aligned"
y = "capacity.private"
series = "objective"
where = { target = "private 1" }
overlay = ["capacity"]
"#;

fn merged(folder: &Path, out: &str) -> String {
    succeed(folder, &["merge", "small.toml", "--out", out]);
    fs::read_to_string(folder.join(out).join("small/merged.csv")).expect("merged results")
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_shards() {
    let folder = folder("small.toml", EXPERIMENT);
    let at = folder.path();
    succeed(at, &["sweep", "small.toml", "--out", "one", "--threads", "1"]);
    succeed(at, &["sweep", "small.toml", "--out", "four", "--threads", "4"]);
    for shard in ["3/3", "1/3", "2/3"] {
        succeed(at, &["sweep", "small.toml", "--out", "shards", "--shard", shard]);
    }
    let reference = merged(at, "one");
    assert_eq!(reference, merged(at, "four"));
    assert_eq!(reference, merged(at, "shards"));
    // 3 objectives × 3 dimensions × 40 seeds × 3 targets (shared, private 1, private 2), and the header.
    assert_eq!(reference.lines().count(), 3 * 3 * 40 * 3 + 1);
}

#[test]
fn a_killed_sweep_resumes_and_gives_the_same_bytes() {
    // Enough work that the kill lands in the middle.
    let large = EXPERIMENT.replace("to = 40", "to = 4000");
    let folder = folder("small.toml", large);
    let at = folder.path();
    succeed(at, &["sweep", "small.toml", "--out", "whole"]);

    let mut child = alignloss(at)
        .args(["--quiet", "sweep", "small.toml", "--out", "killed", "--threads", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let parts = || {
        let entries = fs::read_dir(at.join("killed/small")).ok();
        entries.map_or(0, |entries| {
            entries
                .filter(|entry| {
                    entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("part-"))
                })
                .count()
        })
    };
    let start = Instant::now();
    while parts() < 3 && start.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("kill -9");
    child.wait().expect("it ends");
    let kept = parts();
    assert!(kept >= 3, "finished parts are there: {kept}");

    let status = succeed(at, &["status", "small.toml", "--out", "killed"]);
    assert!(status.contains(&format!("{kept} of ")), "{status}");
    if kept < 64 {
        let early = run(at, &["merge", "small.toml", "--out", "killed"]);
        assert_eq!(early.code, 2);
        assert!(early.stderr.contains("parts are missing"));
    }
    succeed(at, &["sweep", "small.toml", "--out", "killed"]);
    assert_eq!(merged(at, "whole"), merged(at, "killed"));
}

#[test]
fn results_of_another_version_are_refused_and_discarded_only_when_told() {
    let folder = folder("small.toml", EXPERIMENT);
    let at = folder.path();
    succeed(at, &["sweep", "small.toml"]);
    succeed(at, &["merge", "small.toml"]);
    fs::write(at.join("small.toml"), EXPERIMENT.replace("observed = 5", "observed = 6")).expect("writable");
    let refused = run(at, &["sweep", "small.toml"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--fresh"));
    succeed(at, &["sweep", "small.toml", "--fresh"]);
    assert!(!at.join("results/small/merged.csv").exists(), "no merged results of another version beside the new ones");
    // A change of wording reruns nothing and is accepted.
    fs::write(
        at.join("small.toml"),
        EXPERIMENT.replace("observed = 5", "observed = 6").replace("A small grid", "Other words"),
    )
    .expect("writable");
    succeed(at, &["sweep", "small.toml"]);
}

#[test]
fn results_of_another_class_of_arithmetic_are_neither_continued_nor_mixed() {
    let folder = folder("small.toml", EXPERIMENT.replace("to = 40", "to = 4"));
    let at = folder.path();
    let here = alignloss::arithmetic::class();
    let other = if here == "x86-64-no-fma" { "x86-64-avx2-fma" } else { "x86-64-no-fma" };
    succeed(at, &["sweep", "small.toml"]);
    let files = |begin: &str| {
        let entries =
            fs::read_dir(at.join("results/small")).expect("results").map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<_> = entries
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begin)))
            .collect();
        paths.sort();
        paths
    };
    // As if the other processor had written a file.
    let rewrite = |path: &Path, from: &str, to: &str| {
        let text = fs::read_to_string(path).expect("a file");
        assert!(text.contains(from), "{} names its class", path.display());
        fs::write(path, text.replace(from, to)).expect("writable");
    };
    let refused = |arguments: &[&str], named: &str| {
        let output = run(at, arguments);
        assert_eq!(output.code, 2, "{arguments:?}");
        for part in [here, other, named] {
            assert!(output.stderr.contains(part), "{arguments:?}: {}", output.stderr);
        }
    };
    let (manifest, parts) = (&files("manifest.json")[0], files("part-"));
    assert!(parts.len() > 2);

    rewrite(manifest, here, other);
    refused(&["sweep", "small.toml"], "--fresh");
    refused(&["merge", "small.toml"], "part-00000.csv");
    // Merging computes nothing: it is done wherever all parts are of one class.
    for part in &parts {
        rewrite(part, here, other);
    }
    succeed(at, &["merge", "small.toml"]);
    refused(&["sweep", "small.toml"], "--fresh");

    succeed(at, &["sweep", "small.toml", "--fresh"]);
    rewrite(&parts[1], here, other);
    refused(&["merge", "small.toml"], "part-00001.csv");
    refused(&["sweep", "small.toml"], "part-00001.csv");
    succeed(at, &["sweep", "small.toml", "--fresh"]);
    succeed(at, &["merge", "small.toml"]);
    let merged = fs::read_to_string(at.join("results/small/merged.csv")).expect("merged results");
    assert!(merged.lines().skip(1).all(|line| line.ends_with(here)), "every row names its class");
}

#[test]
fn figures_are_drawn_and_are_the_same_bytes_again() {
    let folder = folder("small.toml", EXPERIMENT);
    let at = folder.path();
    let table = succeed(at, &["figures", "--experiments", ".", "--out", "a"]);
    assert!(table.contains("capacity") && table.contains("holds"), "{table}");
    succeed(at, &["figures", "--experiments", ".", "--out", "b", "--results", "again", "--threads", "1"]);
    for name in ["small.svg", "small.png", "small.pdf", "verdicts.md"] {
        let read = |out: &str| fs::read(at.join(out).join(name)).expect("a figure");
        assert_eq!(read("a"), read("b"), "{name}");
    }
    let svg = fs::read_to_string(at.join("a/small.svg")).expect("a figure");
    for text in ["aligned capacity tr K", "private capacity tr P", "CCA"] {
        assert!(svg.contains(text), "{text:?} is in the figure");
    }
}

#[test]
fn wrong_experiments_end_with_one_line_that_names_the_field() {
    let cases = [
        ("shows = \"capacity\"", "shows = \"capasity\"", "did you mean \"capacity\"?"),
        ("objective = [\"cca\"", "objective = [\"cc\"", "grid.objective"),
        ("dim = { from = 1, to = 3 }", "dim = [0]", "grid.dim: 0"),
        ("dim = { from = 1, to = 3 }", "dim = { from = 1, upto = 3 }", "unknown key `upto`"),
        ("dim = { from = 1, to = 3 }", "dimm = [1]", "did you mean \"dim\"?"),
        ("kind = \"random\"", "kind = \"randem\"", "did you mean \"random\"?"),
        ("observed = 5", "observed = -5", "observed"),
        ("\"model.seed\"", "\"model.sed\"", "did you mean `seed`?"),
        ("x = \"capacity.aligned\"", "x = \"capacity.alined\"", "did you mean \"capacity.aligned\"?"),
        ("overlay = [\"capacity\"]", "overlay = [\"x\"]", "figure[0].overlay"),
        ("y = \"capacity.private\"", "y = \"outcome\"", "figure[0].overlay: no theorem speaks of \"outcome\""),
        ("title = \"A small grid\"", "titel = \"A small grid\"", "did you mean `title`?"),
        ("kind = \"scatter\"", "kind = \"scater\"", "did you mean `scatter`?"),
    ];
    for (from, to, expected) in cases {
        let folder = folder("small.toml", EXPERIMENT.replace(from, to));
        let output = run(folder.path(), &["sweep", "small.toml"]);
        let message = &output.stderr;
        assert_eq!(output.code, 2, "{to}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains("small.toml") && message.contains(expected), "{to}: {message}");
    }
}

/// A model without a target, and a figure of what does not depend on one.
const WITHOUT_TARGETS: &str = r#"
title = "Nothing to predict"
shows = "alignment-floor"
[model.latent]
shared = 1
private = [1, 1]
[[model.modality]]
shared_loading = [[1.0], [0.5]]
private_loading = [[0.2], [1.0]]
noise = 0.25
[[model.modality]]
shared_loading = [[1.0], [0.5]]
private_loading = [[0.2], [1.0]]
noise = 0.25
[grid]
objective = ["alignment-fidelity"]
dim = [1, 2]
"objective.lambda" = [0.1, 0.3]
[[figure]]
kind = "curve"
x = "objective.lambda"
y = "alignment.mi_z1_z2"
series = "dim"
overlay = ["closed-form", "fidelity-threshold"]
"#;

fn rows(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn a_case_without_targets_leaves_a_row_of_what_needs_none() {
    let population = WITHOUT_TARGETS.to_owned();
    let sampled = WITHOUT_TARGETS
        .replace("[model.latent]", "estimator = \"sample\"\n[model.latent]")
        .replace("dim = [1, 2]", "dim = [1, 2]\nsamples = [50]")
        .replace("overlay = [\"closed-form\", \"fidelity-threshold\"]", "");
    let trained = WITHOUT_TARGETS
        .replace("[model.latent]", "estimator = \"sgd\"\n[model.latent]")
        .replace("dim = [1, 2]", "dim = [1, 2]\n\"sgd.steps\" = 20\n\"sgd.batch\" = 32")
        .replace("overlay = [\"closed-form\", \"fidelity-threshold\"]", "");
    for experiment in [population, sampled, trained] {
        let folder = folder("small.toml", experiment);
        let at = folder.path();
        succeed(at, &["sweep", "small.toml"]);
        let rows = rows(&merged(at, "results"));
        assert_eq!(rows.len(), 4, "a row of each cell");
        for row in rows {
            assert_eq!(row["target"], "");
            for column in ["mi.z1", "r2.x1", "information_loss.z12", "pid.synergy", "capacity.private"] {
                assert_eq!(row[column], "", "{column}");
            }
            for column in ["alignment.error", "alignment.mi_z1_z2", "canonical_correlation.1", "objective_value"] {
                let value: f64 = row[column].parse().unwrap_or_else(|_| panic!("{column}: {:?}", row[column]));
                assert!(value.is_finite() && value > 0.0, "{column}: {value}");
            }
            assert!(!row["alignment-floor.verdict"].is_empty());
        }
        succeed(at, &["figures", "--experiments", ".", "--out", "drawn"]);
        assert!(at.join("drawn/small.svg").exists());
    }
}

#[test]
fn predictions_of_a_target_are_empty_where_there_is_none() {
    let of_a_target = WITHOUT_TARGETS
        .replace("objective = [\"alignment-fidelity\"]", "objective = [\"cca\"]")
        .replace("\"objective.lambda\" = [0.1, 0.3]", "")
        .replace("x = \"objective.lambda\"", "x = \"dim\"")
        .replace("series = \"dim\"", "series = \"objective\"")
        .replace("alignment.mi_z1_z2", "mi.z1")
        .replace(
            "\"fidelity-threshold\"",
            "\"sufficiency\", \"leakage\", \"perfect-alignment\", \"selection\", \"hermite\", \"leak-by-mixing\"",
        );
    let folder = folder("small.toml", of_a_target);
    succeed(folder.path(), &["sweep", "small.toml"]);
    assert_eq!(merged(folder.path(), "results").lines().count(), 3);
}
