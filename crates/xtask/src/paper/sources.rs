//! Inputs of the paper besides experiments: verdicts, the adversary's findings, the self-test of the referee, the table of remedies.

use crate::{step, target_folder};
use anyhow::{Context, anyhow, ensure};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Models of every family.
const MODELS: &str = "1000";
/// Scores of the adversary for each theorem and dimension.
const BUDGET: &str = "6000";
/// Inequalities that are sharp in every dimension, or nearly.
const SEARCHED: [&str; 6] = ["perfect-alignment", "alignment-floor", "lipschitz", "correlation", "capacity", "leakage"];

/// The columns of the table that the example prints, in its order.
const REMEDIES: [&str; 11] = [
    "family",
    "dim",
    "cross_modal_nats",
    "aligned_r2",
    "joint_r2",
    "lambda",
    "joint_kept",
    "decoupled_r2",
    "decoupled_kept",
    "ceiling_r2",
    "models",
];

/// Runs what is missing, or older than the program and the example that were built.
pub(super) fn refresh(results: &Path, figures: &Path) -> anyhow::Result<()> {
    let run = |name: &str, command: Command| step(name, command).map_err(|message| anyhow!(message));
    let release = target_folder().join("release");
    let (program, example) = (release.join("alignloss"), release.join("examples/remedies"));

    let mut experiments = Command::new(&program);
    experiments.args(["figures", "--quiet", "--out"]).arg(figures).arg("--results").arg(results);
    run("experiments and figures", experiments)?;

    let verify = |extra: &[&str]| {
        let mut arguments = vec!["verify", "--format", "csv"];
        arguments.extend(extra);
        output(&program, &arguments)
    };
    let fresh = |name: &str, program: &Path, make: &dyn Fn() -> anyhow::Result<String>| -> anyhow::Result<()> {
        let path = results.join(format!("{name}.csv"));
        if !newer(&path, program) {
            println!("xtask: {name}");
            super::write(&path, &make()?)?;
        }
        Ok(())
    };
    fresh("verify", &program, &|| verify(&["--models", MODELS]))?;
    fresh("adversary", &program, &|| {
        let mut arguments = vec!["--adversarial", "--dims", "1..6", "--budget", BUDGET];
        arguments.extend(SEARCHED);
        verify(&arguments)
    })?;
    fresh("self-test", &program, &|| verify(&["--self-test"]))?;
    fresh("remedies-ceiling", &example, &|| remedies(&output(&example, &[])?))?;
    fresh("build", &program, &|| {
        let version = output(&program, &["--version"])?;
        Ok(format!("version\n{}\n", version.trim().rsplit(' ').next().unwrap_or_default()))
    })
}

fn newer(path: &Path, than: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    modified(path).zip(modified(than)).is_some_and(|(one, other)| one >= other)
}

/// What a program prints; its failure is ours.
fn output(program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let context = || format!("{} {}", program.display(), arguments.join(" "));
    let output = Command::new(program).args(arguments).output().with_context(context)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} failed ({}): {}", context(), output.status, said.trim());
    Ok(String::from_utf8(output.stdout)?)
}

/// The example's table as CSV. Its heading says how many models there are; shares are percentages, without the finding in words.
fn remedies(printed: &str) -> anyhow::Result<String> {
    let mut lines = printed.lines();
    let models = lines
        .next()
        .and_then(|line| line.split("over ").nth(1)?.split(' ').next())
        .context("the example of the remedies does not say over how many models")?;
    let mut text = REMEDIES.join(",") + "\n";
    for line in lines.skip(1) {
        let mut cells: Vec<String> =
            line.split([' ', '(', ')', ',']).filter(|cell| !cell.is_empty()).take(10).map(ToOwned::to_owned).collect();
        let shares = cells.iter_mut().skip(1).map(|cell| match cell.strip_suffix('%') {
            Some(percent) => percent.parse::<f64>().map(|value| *cell = (value / 100.0).to_string()),
            None => cell.parse::<f64>().map(drop),
        });
        let numbers = shares.collect::<Result<Vec<()>, _>>().with_context(|| format!("{line:?} is not a row"))?;
        ensure!(numbers.len() == 9, "{line:?} is not a row of the remedies");
        writeln!(text, "{},{models}", cells.join(","))?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_example_is_read() {
        let printed = "Two shared factors; means over 20 models; information in nats.\nfamily  d  …\n\
                       random       3     1.305                0.016   0.478 (0.16,  99.3%)   0.468 (100.0%)     0.499   a remedy\n";
        let table = remedies(printed).expect("a table");
        assert_eq!(table.lines().nth(1).expect("a row"), "random,3,1.305,0.016,0.478,0.16,0.993,0.468,1,0.499,20");
        assert!(remedies("means over 20 models\nhead\nrandom 3 1.305\n").is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_old() {
        assert!(!newer(Path::new("no such file"), Path::new("Cargo.toml")));
    }
}
