//! The command line.

use super::common::{SMALL, program, results, run, written};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use std::path::Path;
use std::time::SystemTime;

/// When each part of the results was written.
fn written_at(folder: &Path) -> Vec<(std::path::PathBuf, SystemTime)> {
    let entries = std::fs::read_dir(folder.join("results/small")).expect("the run has a store");
    let parts = entries.map(|entry| entry.expect("readable").path());
    let mut parts: Vec<_> = parts
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-")))
        .map(|path| (path.clone(), std::fs::metadata(&path).and_then(|file| file.modified()).expect("a time")))
        .collect();
    parts.sort();
    parts
}

#[test]
fn a_run_prints_its_table_and_draws_its_figures() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), SMALL);
    let assert = run(folder.path(), &file, "cpu").assert().success();
    let output = String::from_utf8(assert.get_output().stdout.clone()).expect("text");
    assert!(output.contains("ridge.r2.shared.z1") && output.contains("decoupled"), "{output}");
    for extension in ["svg", "png", "pdf"] {
        let path = folder.path().join("figures").join(format!("small.{extension}"));
        assert!(std::fs::metadata(&path).is_ok_and(|file| file.len() > 500), "{}", path.display());
    }
    let results = results(folder.path());
    let header = "objective,replicate,outcome,stage,step,measure,factor,role,source,value,low,high,arithmetic\n";
    assert!(results.starts_with(header), "{results}");
    assert!(!results.contains("NaN") && !results.contains("inf,"), "only numbers are results");
    // What is there is not computed again.
    let before = written_at(folder.path());
    assert_eq!(before.len(), 2, "a part for each objective");
    run(folder.path(), &file, "cpu").assert().success().stdout(output);
    assert_eq!(written_at(folder.path()), before);
}

#[test]
fn results_depend_on_what_the_data_files_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("pairs.csv");
    let write = |salt: u64| {
        let number = |row: u64, column: u64| (13 * row * row + 97 * row * (column + 1) + salt) * 7919 % 1009;
        let line = |row: u64| (0..4).map(|column| number(row, column).to_string()).collect::<Vec<_>>().join(",");
        let text = (0..400).map(line).collect::<Vec<_>>().join("\n");
        std::fs::write(&table, format!("a,b,c,d\n{text}\n")).expect("writable");
    };
    let data = "kind = \"paired\"\nfirst = { path = \"pairs.csv\", columns = [\"a\", \"b\"] }\n\
                second = { path = \"pairs.csv\", columns = [\"c\", \"d\"] }\n\
                factors = [{ name = \"b\", role = \"shared\", path = \"pairs.csv\", columns = [\"b\"] }]\n";
    let (head, rest) = SMALL.split_once("kind = \"nonlinear\"").expect("its data");
    let (_, tail) = rest.split_once("[encoder]").expect("its encoder");
    let text = format!("{head}{data}[encoder]{tail}").replace("steps = 40", "steps = 2").replace("[20]", "[]");
    let file = written(folder.path(), &text);
    let run = || {
        let mut command = run(folder.path(), &file, "cpu");
        command.arg("--data").arg(folder.path());
        command
    };
    write(0);
    run().assert().success();
    let before = written_at(folder.path());
    run().assert().success();
    assert_eq!(written_at(folder.path()), before, "the same data");
    write(1);
    run().assert().code(2).stderr(contains("--fresh"));
    run().arg("--fresh").assert().success();
    std::fs::remove_file(&table).expect("there");
    run().assert().code(2).stderr(contains("pairs.csv"));
}

#[test]
fn fresh_discards_results_and_checkpoints() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), &SMALL.replace("steps = 40", "steps = 2").replace("[20]", "[]"));
    let checkpoints = folder.path().join("results/small/checkpoints");
    std::fs::create_dir_all(&checkpoints).expect("writable");
    std::fs::write(checkpoints.join("part-00000.checkpoint"), "half of one").expect("writable");
    run(folder.path(), &file, "cpu").assert().code(2).stderr(contains("not a complete checkpoint"));
    run(folder.path(), &file, "cpu").arg("--fresh").assert().success();
    let before = written_at(folder.path());
    run(folder.path(), &file, "cpu").arg("--fresh").assert().success();
    let after = written_at(folder.path());
    assert!(before.iter().zip(&after).all(|(before, after)| before.1 < after.1), "{before:?} {after:?}");
}

#[test]
fn a_measurement_takes_a_time_that_can_be_waited_for() {
    for seconds in ["-1", "0", "nan", "inf", "1e300", "soon"] {
        let problem = program().arg("bench").arg(format!("--seconds={seconds}")).assert().code(2);
        problem.stderr(contains("--seconds").and(contains("above 0")));
    }
}

#[test]
fn a_training_that_diverges_is_a_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = SMALL.replace("optimiser = { warmup = 5 }", "optimiser = { warmup = 0, learning_rate = 1e30 }");
    let file = written(folder.path(), &text);
    run(folder.path(), &file, "cpu").assert().success().stdout(contains("1 diverged"));
    let results = results(folder.path());
    assert!(results.contains(",diverged,") && !results.contains("NaN"), "{results}");
}

#[test]
fn mistakes_name_the_field() {
    let folder = tempfile::tempdir().expect("a folder");
    for (from, to, word) in [
        ("batch = 64", "bach = 64", "did you mean `batch`"),
        ("dim = 2\nwidths", "dim = 0\nwidths", "encoder.dim"),
        ("kind = \"nonlinear\"", "kind = \"nonlinaer\"", "nonlinaer"),
        ("reconstruction = 1.0", "reconstruction = -1.0", "reconstruction"),
        ("y = \"loss.batch\"", "y = \"lost.batch\"", "lost.batch"),
        ("series = \"objective\"", "series = \"objective\"\nwhere = { stag = \"end\" }", "where: no column \"stag\""),
    ] {
        assert!(SMALL.contains(from), "{from}");
        let text = SMALL.replace(from, to).replace("steps = 40", "steps = 1").replace("[20]", "[]");
        let file = written(folder.path(), &text);
        run(folder.path(), &file, "cpu").arg("--fresh").assert().code(2).stderr(contains(word));
    }
}

#[test]
fn without_a_gpu_auto_falls_back_and_gpu_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), &SMALL.replace("steps = 40", "steps = 1").replace("[20]", "[]"));
    // No Vulkan driver and no OpenGL library: no adapter at all.
    let blind = |command: &mut assert_cmd::Command| {
        command.env("VK_LOADER_DRIVERS_DISABLE", "*").env("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent");
    };
    let mut gpu = run(folder.path(), &file, "gpu");
    blind(&mut gpu);
    gpu.assert().code(2).stderr(contains("no GPU").and(contains("--backend cpu")));
    let mut auto = assert_cmd::Command::new(env!("CARGO_BIN_EXE_alignloss-train"));
    auto.arg("run").arg(&file).arg("--out").arg(folder.path().join("results"));
    auto.arg("--figures").arg(folder.path().join("figures"));
    blind(&mut auto);
    auto.assert().success().stderr(contains("computing on the CPU"));
}

#[test]
fn help_shows_examples_and_completions_are_made() {
    program().arg("--help").assert().success().stdout(contains("experiments/realistic/quick.toml"));
    program().args(["run", "--help"]).assert().success().stdout(contains("--backend"));
    program().args(["completions", "bash"]).assert().success().stdout(contains("alignloss-train"));
}

#[test]
fn the_experiments_of_this_repository_are_valid() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/realistic");
    program().args(["list", folder]).assert().success().stdout(contains("quick.toml").and(contains("identifiability")));
}
