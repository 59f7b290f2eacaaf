//! That docs/extending.md is true: its diffs applied to a copy of the tree, and the program built from it and used.

use crate::run_tests;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the diffs are.
const GUIDE: &str = "docs/extending.md";

/// The program of the copy, which must not take the place of ours.
const PROGRAM: &str = "alignloss-extended";

/// What no build needs.
const LEFT_OUT: [&str; 5] = ["target", "results", "figures", "paper", ".git"];

/// Tests that read the registries, by module of `tests/library`: what they hold for our own they hold for the additions.
const TESTS: [&str; 6] = ["brute_force::", "certainty::", "gradients::", "self_test::", "theorems::", "units::"];

/// Commands of the extended program, and what they print.
const USES: [(&[&str], &str); 5] = [
    (&["explain", "data-processing"], "R²(z_m;y) ≤ R²(x_m;y)"),
    (&["explain", "reverse-prediction"], "predict x_1 from z_2"),
    (&["explain", "twins"], "two sensors with the same orthonormal loadings"),
    (&["verify", "data-processing", "--models", "50"], "holds"),
    (&["figures", "forwards-and-backwards", "--results", "results", "--out", "figures"], "data-processing"),
];

/// Applies, builds, uses, tests.
///
/// # Errors
/// A diff that does not apply, a copy that does not build, or the command that does not do what it should.
pub(crate) fn check(target: &Path, cargo: fn(&[&str]) -> Command) -> anyhow::Result<()> {
    let target = std::path::absolute(target)?;
    let tree = target.join("extended");
    if tree.exists() {
        std::fs::remove_dir_all(&tree).with_context(|| tree.display().to_string())?;
    }
    copy(Path::new("."), &tree, &LEFT_OUT)?;
    let guide = std::fs::read_to_string(GUIDE).context(GUIDE)?;
    let diffs = diffs(&guide);
    ensure!(!diffs.is_empty(), "{GUIDE}: no diffs");
    let mut new = 0;
    for diff in &diffs {
        new += usize::from(apply(diff, &tree).with_context(|| format!("{GUIDE}: {}", diff.path.display()))?);
    }
    println!("xtask: {} diffs of {GUIDE} applied, {new} of them new files", diffs.len());
    let manifest = tree.join("crates/cli/Cargo.toml");
    let text = std::fs::read_to_string(&manifest)?;
    let renamed = text.replacen("name = \"alignloss\"\npath", &format!("name = \"{PROGRAM}\"\npath"), 1);
    ensure!(renamed != text, "{}: no program to rename", manifest.display());
    std::fs::write(&manifest, renamed)?;
    // With an example, dependencies have the features that the tests were built with, and are not compiled again.
    let mut build = cargo(&["build", "--release", "--workspace", "--quiet", "--bin", PROGRAM, "--example", "remedies"]);
    build.current_dir(&tree).env("CARGO_TARGET_DIR", &target);
    let output = build.output().context("cargo build")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && !said.contains("warning"), "the extended copy does not build cleanly:\n{said}");
    for (arguments, expected) in USES {
        let what = format!("{PROGRAM} {}", arguments.join(" "));
        let output = Command::new(target.join("release").join(PROGRAM))
            .args(arguments)
            .arg("--quiet")
            .current_dir(&tree)
            .output()
            .context(what.clone())?;
        let [printed, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        ensure!(output.status.success(), "{what}: {}\n{printed}{errors}", output.status);
        ensure!(printed.contains(expected), "{what}: {expected:?} is not in\n{printed}{errors}");
    }
    let mut tests = cargo(&["test", "--release", "--workspace", "--test", "library", "--", "--quiet"]);
    tests.args(TESTS).current_dir(&tree).env("CARGO_TARGET_DIR", &target);
    println!("xtask: {} tests of the library passed on the copy", run_tests(tests).context("the additions")?);
    let drawn = tree.join("figures/forwards-and-backwards.svg");
    ensure!(drawn.is_file(), "{}: not drawn", drawn.display());
    std::fs::remove_dir_all(&tree).with_context(|| tree.display().to_string())
}

/// A change of one file.
struct Diff {
    /// Relative to the repository.
    path: PathBuf,
    text: String,
}

/// The changes of all blocks ```` ```diff ````.
fn diffs(guide: &str) -> Vec<Diff> {
    let mut found: Vec<Diff> = Vec::new();
    for block in guide.split("```diff\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for line in block.split_inclusive('\n') {
            if line.starts_with("--- ") {
                found.push(Diff { path: PathBuf::new(), text: String::new() });
            }
            let Some(diff) = found.last_mut() else { continue };
            if let Some(path) = line.strip_prefix("+++ b/") {
                diff.path = path.trim_end().into();
            }
            diff.text.push_str(line);
        }
    }
    found
}

/// Applies a change to a tree; whether it made a file.
fn apply(diff: &Diff, tree: &Path) -> anyhow::Result<bool> {
    let path = tree.join(&diff.path);
    let before = if path.exists() { Some(std::fs::read_to_string(&path)?) } else { None };
    let patch = diffy::Patch::from_str(&diff.text)?;
    let after = diffy::apply(before.as_deref().unwrap_or_default(), &patch)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, after)?;
    Ok(before.is_none())
}

/// Copies a folder, without what is left out at its top.
fn copy(from: &Path, to: &Path, left_out: &[&str]) -> anyhow::Result<()> {
    std::fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let (entry, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        if left_out.iter().any(|name| entry == *name) {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(entry), &[])?;
        } else {
            std::fs::copy(&path, to.join(entry)).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = "A line.\n```diff\n--- /dev/null\n+++ b/new/file.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n--- a/old.txt\n+++ b/old.txt\n\
                         @@ -1,2 +1,3 @@\n first\n+between\n last\n```\nText.\n";

    #[test]
    fn diffs_make_files_and_change_them() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("old.txt"), "before\nfirst\nlast\n").expect("a file");
        let diffs = diffs(GUIDE);
        let made: Vec<bool> = diffs.iter().map(|diff| apply(diff, folder.path()).expect("it applies")).collect();
        assert_eq!(made, [true, false]);
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a file");
        assert_eq!(
            (read("new/file.txt").as_str(), read("old.txt").as_str()),
            ("one\ntwo\n", "before\nfirst\nbetween\nlast\n")
        );
    }

    #[test]
    fn a_diff_that_has_lost_its_place_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("old.txt"), "something else\n").expect("a file");
        assert!(apply(&diffs(GUIDE)[1], folder.path()).is_err());
    }
}
