//! A small experiment, and the built program.

use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// Each suite uses a part of this module; naming all of it once keeps the rest from being reported as dead code.
const _: fn() = || {
    let _ = (SMALL, program, written, run, results, losses);
};

/// Both losses of the loop (host and device), a remedy, an evaluation on the way; seconds on one core.
pub(crate) const SMALL: &str = r#"
title = "small"
seed = 3
table = ["ridge.r2.shared.z1", "ridge.r2.private-first.z1", "recall@1.z1"]
[data]
kind = "nonlinear"
content = 2
style = 0
private = [2, 2]
depth = 2
sizes = { train = 300, validation = 100, test = 200 }
[encoder]
kind = "mlp"
dim = 2
widths = [32, 32]
activation = "leaky-relu"
[training]
steps = 40
batch = 64
read_every = 1
evaluate_at = [20]
optimiser = { warmup = 5 }
[evaluation]
kernel = false
resamples = 19
laws = false
[objectives.infonce]
alignment = { kind = "infonce", learn_temperature = true }
[objectives.decoupled]
alignment = { kind = "infonce" }
reconstruction = 1.0
unique = { dim = 2 }
[[figure]]
kind = "curve"
x = "step"
y = "loss.batch"
series = "objective"
"#;

/// The program.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alignloss-train"));
    command.arg("--quiet");
    command
}

/// Writes an experiment file into a folder.
pub(crate) fn written(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("small.toml");
    std::fs::write(&path, text).expect("the temporary folder is writable");
    path
}

/// A command that runs an experiment with everything in one folder.
pub(crate) fn run(folder: &Path, file: &Path, backend: &str) -> Command {
    let mut command = program();
    command.arg("run").arg(file).args(["--backend", backend]);
    command.arg("--out").arg(folder.join("results")).arg("--figures").arg(folder.join("figures"));
    command
}

/// All results, as text.
pub(crate) fn results(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("results/small/merged.csv")).expect("the run has merged its results")
}

/// The course of the loss of one objective.
pub(crate) fn losses(results: &str, objective: &str) -> Vec<f64> {
    let rows = results.lines().map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter(|row| row[0] == objective && row[5] == "loss").map(|row| row[9].parse().expect("a number")).collect()
}
