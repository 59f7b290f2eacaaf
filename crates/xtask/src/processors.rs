//! Runs the built program under emulation of other processors, with and without FMA.
//!
//! Under both, every theorem must get the same verdict as on this machine, and neither may continue or merge what the
//! other began. Verdicts are compared, not digits: digits differ, which is why results name their class of arithmetic,
//! and are pinned per class.

use crate::{run_tests, tools};
use anyhow::{Context, bail, ensure};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Two processors of different classes of arithmetic: as QEMU calls them, and the class.
const PROCESSORS: [(&str, &str); 2] = [("Nehalem", "x86-64-no-fma"), ("Haswell", "x86-64-avx2-fma")];

/// A small sweep whose cells have several parts.
const EXPERIMENT: &str = r#"
title = "Two processors"
shows = "capacity"
[model.family]
kind = "random"
[grid]
objective = ["cca", "prediction", "random"]
dim = [1, 2]
"model.noise" = { from = 0.1, to = 1.0, steps = 4, scale = "log" }
"#;

/// Draws samples, which takes three minutes under emulation of AVX2 and one without, where all others take two seconds. So it is
/// emulated as Nehalem only, and held against this processor.
const DRAWN: &str = "spiked-cca";

/// The tests of pinned numbers: their program, and what their names begin with.
const PINNED: (&str, &str) = ("library", "value_stability::");

/// Theorem, law and verdict.
type Row = [String; 3];

/// Cargo as it is called here, with arguments.
type Cargo = fn(&[&str]) -> Command;

/// Runs everything on both; says in one line where they differ.
///
/// # Errors
/// What differs, or why nothing could be compared: on x86-64 a missing emulator is an error.
pub(crate) fn check(program: &Path, cargo: Cargo) -> anyhow::Result<()> {
    if std::env::consts::ARCH != "x86_64" {
        println!(
            "xtask: NOT CHECKED on this machine ({}): the processors without FMA are x86-64",
            std::env::consts::ARCH
        );
        return Ok(());
    }
    tools::require_emulator()?;
    let program = std::path::absolute(program)?;
    ensure!(program.is_file(), "{}: not built", program.display());
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("two.toml"), EXPERIMENT)?;
    let emulated = PROCESSORS.map(|(processor, class)| Emulated {
        processor,
        class,
        program: program.clone(),
        folder: folder.path().to_owned(),
    });
    for emulated in &emulated {
        emulated.pinned_numbers(cargo)?;
    }
    let [nehalem, haswell] = &emulated;
    let mut native = Command::new(&program);
    native.current_dir(folder.path());
    let here = verdicts_of(native, &[]).context("on this processor")?;
    require_equal(&here, &nehalem.verdicts(&[])?, nehalem.processor)?;
    let exact: Vec<Row> = here.into_iter().filter(|[id, ..]| id != DRAWN).collect();
    let ids: BTreeSet<&str> = exact.iter().map(|[id, ..]| id.as_str()).collect();
    require_equal(&exact, &haswell.verdicts(&Vec::from_iter(ids))?, haswell.processor)?;
    refuses_to_mix(nehalem, haswell)
}

/// The program on one processor.
struct Emulated {
    processor: &'static str,
    class: &'static str,
    program: PathBuf,
    folder: PathBuf,
}

impl Emulated {
    fn command(&self) -> Command {
        let mut command = Command::new(tools::EMULATOR);
        command.args(["-cpu", self.processor]).arg(&self.program).current_dir(&self.folder);
        command
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        self.command().arg("--quiet").args(arguments).output().context(tools::EMULATOR)
    }

    fn succeed(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let output = self.run(arguments)?;
        let what = format!("{} as {}", arguments.join(" "), self.processor);
        ensure!(output.status.success(), "{what}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// The numbers that the tests pin for this class.
    fn pinned_numbers(&self, cargo: Cargo) -> anyhow::Result<()> {
        let mut tests = cargo(&["test", "--release", "--workspace", "--quiet", "--test", PINNED.0, "--", PINNED.1]);
        tests.env(
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            format!("{} -cpu {}", tools::EMULATOR, self.processor),
        );
        let what = format!("pinned numbers as {}", self.processor);
        println!("xtask: {what}: {} tests", run_tests(tests).context(what.clone())?);
        Ok(())
    }

    fn verdicts(&self, theorems: &[&str]) -> anyhow::Result<Vec<Row>> {
        let start = std::time::Instant::now();
        let rows = verdicts_of(self.command(), theorems).with_context(|| format!("as {}", self.processor))?;
        println!("xtask: verify as {}: {:.0} s", self.processor, start.elapsed().as_secs_f64());
        Ok(rows)
    }

    fn sweep(&self, out: &str, shard: &str) -> anyhow::Result<()> {
        self.succeed(&["sweep", "two.toml", "--out", out, "--shard", shard])
    }

    /// That a command is refused with a message that names both classes.
    fn refused(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let output = self.run(arguments)?;
        let message = String::from_utf8_lossy(&output.stderr);
        let named = PROCESSORS.iter().all(|(_, class)| message.contains(class));
        ensure!(
            output.status.code() == Some(2) && named,
            "{} {}: expected a refusal that names both classes of arithmetic, got {} and {message:?}",
            self.processor,
            arguments.join(" "),
            output.status
        );
        Ok(())
    }
}

/// The same sweep on both, with the same verdicts; then each refuses what the other has begun, and merging refuses parts of the two.
fn refuses_to_mix(first: &Emulated, second: &Emulated) -> anyhow::Result<()> {
    first.sweep("a", "1/2")?;
    second.refused(&["sweep", "two.toml", "--out", "a", "--shard", "2/2"])?;
    first.sweep("a", "2/2")?;
    second.sweep("b", "1/1")?;
    let folders = ["a", "b"].map(|out| first.folder.join(out).join("two"));
    let [a, b] = [&folders[0], &folders[1]].map(|folder| verdicts_of_rows(folder));
    ensure!(a? == b?, "the verdicts of a sweep differ between {} and {}", first.processor, second.processor);
    for (emulated, out) in [(first, "a"), (second, "b")] {
        let merged = std::fs::read_to_string({
            emulated.succeed(&["merge", "two.toml", "--out", out])?;
            emulated.folder.join(out).join("two/merged.csv")
        })?;
        let classes = columns(&merged, ["arithmetic"])?;
        ensure!(classes.iter().all(|[class]| class == emulated.class), "{}: rows of another class", emulated.processor);
    }
    // A part that was copied from the other machine.
    std::fs::copy(folders[1].join("part-00001.csv"), folders[0].join("part-00001.csv"))?;
    for emulated in [first, second] {
        emulated.refused(&["merge", "two.toml", "--out", "a"])?;
    }
    first.refused(&["sweep", "two.toml", "--out", "a"])
}

/// Verdicts of some theorems, or all, on two models of every family.
fn verdicts_of(mut program: Command, theorems: &[&str]) -> anyhow::Result<Vec<Row>> {
    let output = program.args(["--quiet", "verify", "--models", "2", "--format", "csv"]).args(theorems).output()?;
    // Exit code 1 is a violation, which is named below.
    let (text, errors) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr).into_owned());
    ensure!(matches!(output.status.code(), Some(0 | 1)), "verify: {}\n{errors}", output.status);
    let rows = columns(&text, ["id", "law", "verdict"])?;
    let violated = rows.iter().find(|[.., verdict]| verdict == "violated");
    ensure!(violated.is_none(), "verify: {}", violated.map(|row| row.join(" ")).unwrap_or_default());
    Ok(rows)
}

fn require_equal(here: &[Row], there: &[Row], processor: &str) -> anyhow::Result<()> {
    let different = here.iter().zip(there).find(|(one, other)| one != other);
    if let Some((one, other)) = different {
        bail!("{} here, {} as {processor}", one.join(" "), other.join(" "));
    }
    ensure!(here.len() == there.len(), "{} verdicts here, {} as {processor}", here.len(), there.len());
    Ok(())
}

/// The columns of verdicts of all parts.
fn verdicts_of_rows(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut verdicts = Vec::new();
    for part in 0.. {
        let Ok(mut reader) = csv::Reader::from_path(folder.join(format!("part-{part:05}.csv"))) else { break };
        let header = reader.headers()?.clone();
        for row in reader.records() {
            let row = row?;
            let of_theorems = header.iter().zip(&row).filter(|(name, _)| name.ends_with(".verdict"));
            verdicts.extend(of_theorems.map(|(name, value)| format!("{name} {value}")));
        }
    }
    ensure!(!verdicts.is_empty(), "{}: no parts", folder.display());
    Ok(verdicts)
}

/// Some columns of a CSV text.
fn columns<const N: usize>(text: &str, names: [&str; N]) -> anyhow::Result<Vec<[String; N]>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        *place = header.iter().position(|column| column == name).with_context(|| format!("no column {name:?}"))?;
    }
    let rows: Vec<[String; N]> = reader
        .records()
        .map(|row| row.map(|row| places.map(|place| row[place].to_owned())))
        .collect::<Result<_, _>>()?;
    if rows.is_empty() {
        bail!("no rows in {text:?}");
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let row = |verdict: &str| ["hermite", "gaussian", verdict].map(str::to_owned);
        let problem = |here: &[Row], there: &[Row]| require_equal(here, there, "Nehalem").unwrap_err().to_string();
        assert!(require_equal(&[row("holds")], &[row("holds")], "Nehalem").is_ok());
        assert_eq!(
            problem(&[row("holds")], &[row("inconclusive")]),
            "hermite gaussian holds here, hermite gaussian inconclusive as Nehalem"
        );
        assert_eq!(problem(&[row("holds")], &[]), "1 verdicts here, 0 as Nehalem");
    }

    #[test]
    fn columns_are_found_by_name() {
        assert_eq!(columns("a,b\n1,2\n", ["b", "a"]).expect("columns"), [["2".to_owned(), "1".to_owned()]]);
        assert!(columns("a,b\n1,2\n", ["c"]).is_err() && columns("a,b\n", ["a"]).is_err());
    }
}
