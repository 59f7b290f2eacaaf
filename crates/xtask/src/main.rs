//! Project tasks: `cargo xtask test` runs everything that CI checks.
#![expect(clippy::print_stdout, reason = "a task runner talks to its user")]

mod extending;
mod paper;
mod processors;
mod tools;

use anyhow::ensure;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

const HELP: &str = "\
cargo xtask TASK

  test      formatting, clippy with warnings denied, all tests, documentation, other processors, the guide to extending, the main job,
            the paper
  paper     builds the companion paper as PDF, installing what it needs; --as-is: from existing results
  processors  runs the built program under emulation, with and without FMA: same verdicts, and results of the two are never mixed
  extending  applies the diffs of docs/extending.md to a copy of the tree, builds it, uses and tests it
  tools     installs what the tests need besides Rust: Chromium, axe-core, tmux, QEMU
  gpu       deep training through wgpu on a software Vulkan device, compared with the CPU; compiles for long, so not part of `test`
  bench     benchmarks against other libraries (needs python3 with numpy and scipy; PyTorch if available)
  help      this text";

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let result = match task.as_deref() {
        Some("test") => test(),
        Some("bench") => bench(),
        Some("gpu") => gpu(),
        Some("paper") => paper(),
        Some("processors") => step("the programs", build()).and_then(|()| other_processors()),
        Some("extending") => the_guide_to_extending(),
        Some("tools") => tools::require(&target_folder()).map_err(|error| format!("{error:#}")),
        None | Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("unknown task {other:?}\n\n{HELP}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Everything CI checks, cheapest first.
fn test() -> Result<(), String> {
    let scratch = std::env::temp_dir().join(format!("alignloss-figures-{}", std::process::id()));
    let (figures, results) = (scratch.join("figures"), scratch.join("results"));
    tools::require(&target_folder()).map_err(|error| format!("{error:#}"))?;
    step("formatting", cargo(&["fmt", "--all", "--check"]))?;
    // One profile for everything: training kernels are too slow without optimisation, and what is tested is what users run.
    let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    step("clippy", cargo(&clippy))?;
    dependencies_of_the_library()?;
    if succeeds(cargo(&["deny", "--version"])) {
        step("licences and sources of dependencies", cargo(&["deny", "check", "licenses", "bans", "sources"]))?;
    } else {
        println!("xtask: cargo-deny is not installed: licences and sources of dependencies are not checked");
    }
    if succeeds(cargo(&["nextest", "--version"])) {
        let nextest = ["nextest", "run", "--release", "--workspace", "--no-fail-fast", "--status-level", "fail"];
        step("tests", cargo(&nextest))?;
        step("documentation tests", cargo(&["test", "--release", "--workspace", "--doc", "--quiet"]))?;
    } else {
        // cargo-nextest is faster and isolates tests, but nothing depends on it.
        step("tests", cargo(&["test", "--release", "--workspace", "--no-fail-fast"]))?;
    }
    let mut documentation =
        cargo(&["doc", "--release", "--workspace", "--no-deps", "--document-private-items", "--quiet"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    step("documentation", documentation)?;
    step("the programs", build())?;
    other_processors()?;
    the_guide_to_extending()?;
    let mut main_job = Command::new(program());
    main_job.args(["figures", "--quiet", "--out"]).arg(&figures).arg("--results").arg(&results);
    let outcome = step("the main job: figures", main_job);
    let is_svg = |entry: &std::fs::DirEntry| entry.path().extension().is_some_and(|extension| extension == "svg");
    let drawn = std::fs::read_dir(&figures).map_or(0, |entries| entries.filter_map(Result::ok).filter(is_svg).count());
    let outcome = outcome.and_then(|()| match drawn {
        0..6 => Err(format!("the main job drew {drawn} figures, expected at least 6")),
        _ => the_paper(&results, &figures),
    });
    let _ = std::fs::remove_dir_all(&scratch);
    outcome
}

/// Crates that the library may depend on, including itself.
const MOST_DEPENDENCIES: usize = 120;

/// Crates that only the program may depend on.
const NOT_FOR_THE_LIBRARY: [&str; 8] =
    ["axum", "hyper", "tokio", "ratatui", "krilla", "resvg", "notify", "headless_chrome"];

/// Checks that the library is only mathematics: few crates, and none that draws, serves or watches.
fn dependencies_of_the_library() -> Result<(), String> {
    let tree = cargo(&["tree", "--package", "alignloss", "--edges", "normal", "--prefix", "none"])
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    let is_named = |name: &&&str| crates.iter().any(|line| line.split(' ').next() == Some(name));
    if let Some(unwanted) = NOT_FOR_THE_LIBRARY.iter().find(is_named) {
        return Err(format!("the library depends on {unwanted}"));
    }
    println!("xtask: the library needs {} crates", crates.len());
    if (1..=MOST_DEPENDENCIES).contains(&crates.len()) {
        Ok(())
    } else {
        Err(format!("the library needs {} crates, expected 1 to {MOST_DEPENDENCIES}", crates.len()))
    }
}

/// Runs the built program as on processors with and without FMA.
fn other_processors() -> Result<(), String> {
    timed("other processors", || processors::check(&program(), cargo))
        .map_err(|error| format!("other processors: {error:#}"))
}

/// What docs/extending.md says, done.
fn the_guide_to_extending() -> Result<(), String> {
    timed("the guide to extending", || extending::check(&target_folder(), cargo))
        .map_err(|error| format!("the guide to extending: {error:#}"))
}

/// Tests the GPU path of deep training.
fn gpu() -> Result<(), String> {
    tools::require_vulkan().map_err(|error| format!("{error:#}"))?;
    let test = ["test", "--release", "-p", "alignloss-train", "--features", "gpu", "--test", "train"];
    // It compiles for minutes, which is worth seeing; what tests print is shown where they fail.
    step("the GPU path", cargo(&[&test[..], &["--no-run"]].concat()))?;
    some_tests("the GPU path on a software device", cargo(&[&test[..], &["--", "software::"]].concat()))
}

/// Builds the paper from results made just now, and checks that they appear in its text.
fn the_paper(results: &Path, figures: &Path) -> Result<(), String> {
    timed("the paper", || paper::build(&paper::Folders::new(results, figures), false))
        .map_err(|error| format!("{error:#}"))?;
    some_tests("results reach the paper", cargo(&["test", "--release", "--package", "xtask", "--", "--ignored"]))
}

/// Builds the paper from the repository's own results and figures.
fn paper() -> Result<(), String> {
    let as_is = match std::env::args().nth(2).as_deref() {
        None => false,
        Some("--as-is") => true,
        Some(other) => return Err(format!("unknown option {other:?}\n\n{HELP}")),
    };
    if !as_is {
        // One by one: with the example, development dependencies would change the features that the program is built with.
        step("the program", cargo(&["build", "--release", "--quiet", "--bin", "alignloss"]))?;
        step("the example", cargo(&["build", "--release", "--quiet", "--example", "remedies"]))?;
    }
    let folders = paper::Folders::new(Path::new("results"), Path::new("figures"));
    paper::build(&folders, as_is).map_err(|error| format!("{error:#}"))
}

/// The built program.
fn program() -> PathBuf {
    target_folder().join("release/alignloss")
}

/// Cargo's target folder.
fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}

/// Benchmarks, side by side with other libraries.
fn bench() -> Result<(), String> {
    for (name, script) in [
        ("cells and grids beside numpy", "compare_cells.py"),
        ("draws beside numpy", "compare_sampling.py"),
        ("training steps beside numpy and PyTorch", "compare_sgd_step.py"),
        ("deep training beside PyTorch", "compare_training.py"),
    ] {
        let mut peer = Command::new("python3");
        peer.arg(format!("benches/peers/{script}"));
        step(name, peer)?;
    }
    Ok(())
}

/// Builds all programs and examples with the features that tests use: built separately, each package would select its
/// own features of common dependencies, which would then be compiled again for each.
fn build() -> Command {
    cargo(&["build", "--release", "--workspace", "--bins", "--examples", "--quiet"])
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Does something that has a name, and says how long it took.
fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    println!("xtask: {name}");
    let start = Instant::now();
    let result = work();
    println!("xtask: {name}: {:.0} s", start.elapsed().as_secs_f64());
    result
}

fn step(name: &str, mut command: Command) -> Result<(), String> {
    let status = timed(name, || command.status()).map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed ({status})")) }
}

/// A step of [`run_tests`].
fn some_tests(name: &str, command: Command) -> Result<(), String> {
    let passed = timed(name, || run_tests(command)).map_err(|error| format!("{name}: {error:#}"))?;
    println!("xtask: {name}: {passed} tests");
    Ok(())
}

/// Runs tests that are chosen by name, of which at least one must pass: to cargo a name that matches none is no error.
fn run_tests(mut command: Command) -> anyhow::Result<usize> {
    let output = command.output()?;
    let [printed, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    ensure!(output.status.success(), "{}\n{printed}{errors}", output.status);
    let passed = tests_passed(&printed);
    ensure!(passed > 0, "no test ran\n{printed}");
    Ok(passed)
}

/// How many tests passed, by the closing lines of test programs.
fn tests_passed(printed: &str) -> usize {
    let results = printed.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|result| result.split_once(" passed")?.0.parse::<usize>().ok()).sum()
}

fn succeeds(mut command: Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::tests_passed;

    #[test]
    fn tests_that_ran_are_counted() {
        let printed =
            "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\ntest result: ok. 1 passed; 0 failed\n";
        assert_eq!(tests_passed(printed), 3);
        assert_eq!(tests_passed("running 0 tests\ntest result: ok. 0 passed; 0 failed; 9 filtered out\n"), 0);
    }
}
