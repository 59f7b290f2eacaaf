//! `cargo xtask paper`: results become numbers and tables, which together with the figures become a PDF.
//!
//! The working tree is not modified: sources, generated files and figures are assembled in one folder, in the form that arXiv accepts.

mod declarations;
mod format;
mod latex;
mod manuscript;
mod sources;
mod store;
mod take;

use anyhow::{Context, ensure};
use declarations::Declarations;
use manuscript::Manuscript;
use std::path::{Path, PathBuf};
use store::Store;

/// Where the paper takes from, and where it goes.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    /// LaTeX sources, the bibliography and `numbers.toml`.
    pub(super) sources: PathBuf,
    /// Tables of results.
    pub(super) results: PathBuf,
    /// Figures, as PDF or PNG.
    pub(super) figures: PathBuf,
    /// The assembled paper and its PDF.
    pub(super) out: PathBuf,
}

/// The paper is no shorter than this.
const LEAST_PAGES: usize = 12;

/// The name of the main file.
const MAIN: &str = "main";

impl Folders {
    /// Those of the repository, given results and figures.
    pub(super) fn new(results: &Path, figures: &Path) -> Self {
        Self {
            sources: "paper".into(),
            results: results.into(),
            figures: figures.into(),
            out: super::target_folder().join("paper"),
        }
    }
}

/// Runs what the paper needs results of (unless `as_is`), and builds it.
pub(super) fn build(folders: &Folders, as_is: bool) -> anyhow::Result<()> {
    latex::require_tools()?;
    if !as_is {
        sources::refresh(&folders.results, &folders.figures)?;
    }
    let pdf = typeset(folders)?;
    let pages = latex::check_log(&folders.out.join(format!("{MAIN}.log")))?;
    ensure!(pages >= LEAST_PAGES, "{} has {pages} pages, expected at least {LEAST_PAGES}", pdf.display());
    println!("xtask: {} ({pages} pages); {} is what arXiv takes", pdf.display(), folders.out.display());
    Ok(())
}

/// Assembles the paper and runs LaTeX on it; the path of the PDF.
fn typeset(folders: &Folders) -> anyhow::Result<PathBuf> {
    assemble(folders)?;
    latex::run(&folders.out, MAIN)?;
    Ok(folders.out.join(format!("{MAIN}.pdf")))
}

/// Everything that LaTeX needs, in one folder.
fn assemble(folders: &Folders) -> anyhow::Result<()> {
    let manuscript = Manuscript::read(&folders.sources)?;
    let path = folders.sources.join("numbers.toml");
    let declarations = Declarations::read(&path)?;
    let mut store = Store::new(&folders.results);
    let numbers = declarations.numbers(&manuscript.numbers, &mut store).with_context(|| path.display().to_string())?;
    let tables = declarations.tables(&manuscript.tables, &mut store).with_context(|| path.display().to_string())?;
    manuscript.require_theorems(&tables, &mut store)?;

    // Names that are no longer used must not linger in what is handed to arXiv.
    for stale in ["figures", "generated", "sections"] {
        let _ = std::fs::remove_dir_all(folders.out.join(stale));
    }
    manuscript.copy_to(&folders.out)?;
    manuscript.copy_figures(&folders.figures, &folders.out.join("figures"))?;
    let generated = folders.out.join("generated");
    write(&generated.join("numbers.tex"), &numbers)?;
    for (name, table) in &tables {
        write(&generated.join(format!("table-{name}.tex")), table)?;
    }
    Ok(())
}

/// Writes a file and the folders above it.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const DOCUMENT: &str = r"\documentclass{article}
\usepackage{booktabs}
\input{generated/numbers}
\newcommand{\result}[1]{\csname result@#1\endcsname}
\newcommand{\resulttable}[1]{\input{generated/table-#1}}
\newcommand{\id}[1]{#1}
\begin{document}
The slope is \result{slope/mean}. % \result{a comment/is no use}
\begin{table}\resulttable{slopes}\caption{Of \id{selection}.}\end{table}
\end{document}
";
    const NUMBERS: &str = r#"
[number."slope/mean"]
from = "slopes"
column = "slope"
where = { batch = 4 }
take = "mean"
as = "fixed:3"

[table.slopes]
from = "slopes"
align = "rr"
rows = ["batch"]
column = [{ head = "$B$", column = "batch", as = "integer" }, { head = "slope", column = "slope", take = "mean", as = "fixed:2" }]
"#;
    const RESULTS: &str = "batch,slope\n4,1.25\n4,1.75\n16,0.5\n";

    /// A paper of one page, with one number and one table.
    fn small_paper(folder: &Path) -> Folders {
        let folders = Folders {
            sources: folder.join("paper"),
            results: folder.join("results"),
            figures: folder.join("figures"),
            out: folder.join("out"),
        };
        write(&folders.sources.join("main.tex"), DOCUMENT).expect("written");
        write(&folders.sources.join("numbers.toml"), NUMBERS).expect("written");
        write(&folders.results.join("slopes/part-00000.csv"), RESULTS).expect("written");
        write(&folders.results.join("verify.csv"), "id,law\nselection,gaussian\n").expect("written");
        folders
    }

    fn numbers(folders: &Folders) -> String {
        assemble(folders).expect("a paper");
        std::fs::read_to_string(folders.out.join("generated/numbers.tex")).expect("written")
    }

    fn complaint(folders: &Folders) -> String {
        format!("{:#}", assemble(folders).expect_err("a complaint"))
    }

    #[test]
    fn numbers_and_tables_come_from_results() {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = small_paper(folder.path());
        assert!(numbers(&folders).contains("1.500"), "{}", numbers(&folders));
        let table = std::fs::read_to_string(folders.out.join("generated/table-slopes.tex")).expect("written");
        assert!(table.contains(r"4 & 1.50 \\") && table.contains(r"16 & 0.50 \\"), "{table}");
        write(&folders.results.join("slopes/part-00000.csv"), &RESULTS.replace("1.75", "1.77")).expect("written");
        assert!(numbers(&folders).contains("1.510"), "{}", numbers(&folders));
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = small_paper(folder.path());
        let document = |text: &str| write(&folders.sources.join("main.tex"), text).expect("written");

        document(&DOCUMENT.replace("slope/mean", "slope/mode"));
        let missing = complaint(&folders);
        assert!(missing.contains("slope/mode") && missing.contains("main.tex:8"), "{missing}");
        document(&DOCUMENT.replace(r"\resulttable{slopes}", ""));
        assert!(complaint(&folders).contains("slopes"), "an unused table");
        document(&DOCUMENT.replace("Of ", r"\includegraphics[width=1cm]{curve}"));
        let figure = complaint(&folders);
        assert!(figure.contains("curve") && figure.contains("main.tex:9"), "{figure}");
        document(&DOCUMENT.replace(r"\id{selection}", ""));
        assert!(complaint(&folders).contains("selection"), "a theorem without figure or table");
        document(DOCUMENT);

        std::fs::remove_dir_all(folders.results.join("slopes")).expect("removed");
        assert!(complaint(&folders).contains("slopes"), "results are missing");
        write(&folders.results.join("slopes.csv"), "batch,value\n4,1\n").expect("written");
        assert!(complaint(&folders).contains("slope"), "a column is missing");
        write(&folders.results.join("slopes.csv"), "batch,slope\n8,1\n").expect("written");
        assert!(complaint(&folders).contains("slope/mean"), "no row is left");
    }

    #[test]
    #[ignore = "needs LaTeX and pdftotext; cargo xtask test runs it once they are there"]
    fn changing_a_result_changes_the_text_of_the_pdf() {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = small_paper(folder.path());
        let text = || {
            let pdf = typeset(&folders).expect("a PDF");
            let output = Command::new("pdftotext").arg(&pdf).arg("-").output().expect("pdftotext");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let before = text();
        assert!(before.contains("The slope is 1.500."), "{before}");
        write(&folders.results.join("slopes/part-00000.csv"), &RESULTS.replace("1.75", "1.95")).expect("written");
        let after = text();
        assert!(after.contains("The slope is 1.600.") && !after.contains("1.50"), "{after}");
    }
}
