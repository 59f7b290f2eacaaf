//! Running LaTeX: its prerequisites, its invocation, and its log.

use anyhow::{Context, bail, ensure};
use std::path::Path;
use std::process::Command;

/// Programs, and the Debian packages that have all that the paper uses.
const TOOLS: [&str; 3] = ["latexmk", "pdflatex", "pdftotext"];
const STYLES: [&str; 3] = ["mathtools.sty", "lmodern.sty", "microtype.sty"];
const PACKAGES: &str = "latexmk texlive-latex-recommended texlive-fonts-recommended lmodern poppler-utils";

/// What the log must not say. Underfull boxes are loose lines, which nobody sees.
const COMPLAINTS: [&str; 8] = [
    "Overfull \\hbox",
    "Overfull \\vbox",
    "LaTeX Warning: Reference",
    "LaTeX Warning: Citation",
    "Package natbib Warning: Citation",
    "multiply defined",
    "Float too large",
    "Missing character",
];

/// Makes sure that LaTeX is there, and installs it where that is possible.
pub(super) fn require_tools() -> anyhow::Result<()> {
    if complete() {
        return Ok(());
    }
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let has_apt = Command::new("apt-get").arg("--version").output().is_ok();
    ensure!(is_root && has_apt, "the paper needs LaTeX; on Debian: apt-get install {PACKAGES}");
    println!("xtask: installing {PACKAGES}");
    let apt = |arguments: &[&str]| -> anyhow::Result<()> {
        let status = Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments).status()?;
        ensure!(status.success(), "apt-get {} failed ({status})", arguments.join(" "));
        Ok(())
    };
    apt(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(PACKAGES.split(' '));
    apt(&install)?;
    ensure!(complete(), "{PACKAGES} are installed, and {TOOLS:?} with {STYLES:?} still incomplete");
    Ok(())
}

fn complete() -> bool {
    let found = |style: &str| Command::new("kpsewhich").arg(style).output().is_ok_and(|output| output.status.success());
    TOOLS.iter().all(|tool| Command::new(tool).arg("-v").output().is_ok()) && STYLES.iter().all(|style| found(style))
}

/// Runs LaTeX and BibTeX as often as it takes.
pub(super) fn run(folder: &Path, main: &str) -> anyhow::Result<()> {
    let output = Command::new("latexmk")
        .args(["-pdf", "-g", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", main])
        .current_dir(folder)
        // Lines of the log are not to be broken, and the same sources give the same bytes.
        .env("max_print_line", "10000")
        .env("SOURCE_DATE_EPOCH", "0")
        .output()
        .context("latexmk")?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let is_error = |line: &&str| line.starts_with('!') || line.contains(".tex:");
    let errors: Vec<&str> = said.lines().filter(is_error).take(10).collect();
    bail!("latexmk failed in {}:\n{}", folder.display(), errors.join("\n"))
}

/// The number of pages, or what is wrong with them.
pub(super) fn check_log(path: &Path) -> anyhow::Result<usize> {
    let log = std::fs::read(path).with_context(|| path.display().to_string())?;
    pages(&String::from_utf8_lossy(&log))
}

fn pages(log: &str) -> anyhow::Result<usize> {
    let complaints: Vec<&str> =
        log.lines().filter(|line| COMPLAINTS.iter().any(|complaint| line.contains(complaint))).collect();
    ensure!(complaints.is_empty(), "LaTeX complains:\n{}", complaints.join("\n"));
    let written = log.lines().rev().find_map(|line| line.strip_prefix("Output written on "));
    let pages = written.and_then(|line| line.split_once('(')?.1.split(' ').next()?.parse().ok());
    pages.context("the log does not say how many pages were written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read() {
        let written = "Output written on main.pdf (23 pages, 123456 bytes).\n";
        assert_eq!(pages(written).expect("pages"), 23);
        for bad in [
            "Overfull \\hbox (12.3pt too wide) in paragraph at lines 5--9",
            "LaTeX Warning: Reference `thm:x' on page 3 undefined on input line 12.",
            "Package natbib Warning: Citation `x' on page 1 undefined on input line 3.",
        ] {
            let complaint = pages(&format!("{bad}\n{written}")).expect_err("a complaint").to_string();
            assert!(complaint.contains(bad), "{complaint}");
        }
        assert!(pages("nothing").is_err());
    }
}
