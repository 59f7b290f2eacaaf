//! `alignloss figures` as a user sees it: pages, formats, the gallery, what is redrawn and what is not, and the watch mode.

use crate::command::{alignloss, run};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const EXPERIMENT: &str = r#"title = "A small figure"
about = "Two objectives as the embedding grows."
shows = ["capacity", "infonce-gap"]

[model.family]
kind = "orthogonal"
shared = 1
private = 2
noise = 0.5

[grid]
objective = ["cca", "pca"]
dim = { from = 1, to = 3 }

[[figure]]
kind = "curve"
x = "dim"
y = "information_loss.z1"
series = "objective"
where = { target = "private 1" }
"#;

/// A folder with two experiments.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("experiments")).expect("a writable folder");
    write(folder.path(), "first", EXPERIMENT);
    write(folder.path(), "second", &EXPERIMENT.replace("A small", "Another small"));
    folder
}

fn write(folder: &Path, name: &str, experiment: &str) {
    std::fs::write(folder.join(format!("experiments/{name}.toml")), experiment).expect("a writable folder");
}

/// Runs `alignloss figures` and returns its exit code and the last line on standard error.
fn figures(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = run(folder, &[&["figures"], arguments].concat());
    (output.code, output.stderr.lines().last().unwrap_or_default().to_owned())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join("figures").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The bytes of all files in a folder.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into(), std::fs::read(entry.path()).expect("a file")))
        .collect()
}

#[test]
fn a_second_run_draws_nothing_and_another_folder_gets_the_same_bytes() {
    let folder = folder();
    assert_eq!(figures(folder.path(), &[]), (0, "6 files drawn, 0 up to date in figures".into()));
    let first = bytes(&folder.path().join("figures"));
    for extension in ["svg", "png", "pdf"] {
        assert!(first.contains_key(&format!("first.{extension}")), "{extension}");
    }
    assert_eq!(figures(folder.path(), &[]), (0, "0 files drawn, 6 up to date in figures".into()));
    assert_eq!(first, bytes(&folder.path().join("figures")));
    assert_eq!(figures(folder.path(), &["--out", "again"]).0, 0);
    assert!(first == bytes(&folder.path().join("again")), "another run gives other bytes");
}

#[test]
fn only_what_is_stale_is_drawn() {
    let folder = folder();
    figures(folder.path(), &["--format", "svg"]);
    // Wording of one figure: that figure.
    write(folder.path(), "first", &EXPERIMENT.replace("A small", "A renamed"));
    assert_eq!(figures(folder.path(), &["--format", "svg"]).1, "1 files drawn, 1 up to date in figures");
    // Its model: new results, and that figure.
    write(folder.path(), "first", &EXPERIMENT.replace("noise = 0.5", "noise = 0.4"));
    assert_eq!(figures(folder.path(), &["--format", "svg"]).1, "1 files drawn, 1 up to date in figures");
    // A caption is no drawing.
    write(folder.path(), "second", &EXPERIMENT.replace("A small", "Another small").replace("Two", "Both"));
    assert_eq!(figures(folder.path(), &["--format", "svg"]).1, "0 files drawn, 2 up to date in figures");
    assert!(read(folder.path(), "README.md").contains("Both objectives"));
    // A lost file is drawn again; another format or page is drawn beside.
    std::fs::remove_file(folder.path().join("figures/first.svg")).expect("a file");
    assert_eq!(figures(folder.path(), &["--format", "svg,png"]).1, "3 files drawn, 1 up to date in figures");
    assert_eq!(
        figures(folder.path(), &["--size", "double", "--format", "svg"]).1,
        "2 files drawn, 0 up to date in figures"
    );
}

#[test]
fn pages_have_their_size_and_their_suffix() {
    let folder = folder();
    let svg = |arguments: &[&str], file: &str| {
        assert_eq!(figures(folder.path(), &[&["first", "--format", "svg"], arguments].concat()).0, 0);
        read(folder.path(), file)
    };
    assert!(svg(&[], "first.svg").contains("width=\"3.4in\""));
    assert!(svg(&["--size", "double"], "first-double.svg").contains("width=\"7in\""));
    let slide = svg(&["--size", "slide", "--theme", "dark"], "first-slide-dark.svg");
    assert!(slide.contains("width=\"10in\" height=\"5.625in\"") && slide.contains("fill=\"#14171C\""));
    assert!(svg(&["--theme", "light,dark"], "first-dark.svg").contains("width=\"3.4in\""));
    assert!(read(folder.path(), "README.md").contains("prefers-color-scheme: dark"));
}

#[test]
fn the_gallery_shows_all_that_is_known_of_a_figure() {
    let folder = folder();
    figures(folder.path(), &["--format", "svg"]);
    // A run of one experiment keeps the others in the gallery and in the table of verdicts.
    figures(folder.path(), &["first", "--format", "svg"]);
    let gallery = read(folder.path(), "README.md");
    for text in [
        "2 figures",
        "<img alt=\"A small figure\" src=\"first.svg\">",
        "Another small figure",
        "Two objectives as the embedding grows. Information loss of z₁ in nats against embedding dimension d, one line per objective. \
         Target y: private factors u<sub>1</sub>.",
        "- Theorem `capacity`: ",
        "- Verdict: `capacity` holds on 6 cells of first",
        "- Verdict: `infonce-gap` holds on",
        "- Command: `alignloss figures first`",
        "- Data: `results/first/part-*.csv`",
    ] {
        assert!(gallery.contains(text), "{text:?} is not in\n{gallery}");
    }
    assert!(read(folder.path(), "verdicts.md").contains("| capacity | second | 6 |"));
    assert!(!gallery.contains(&*folder.path().to_string_lossy()));
    std::fs::remove_file(folder.path().join("experiments/second.toml")).expect("a file");
    figures(folder.path(), &["--format", "svg"]);
    assert!(!read(folder.path(), "README.md").contains("Another small figure"));
}

#[test]
fn results_are_drawn_as_they_are_when_nothing_shall_run() {
    let folder = folder();
    let (code, message) = figures(folder.path(), &["--draw-only"]);
    assert_eq!(code, 2);
    assert!(message.contains("manifest.json"), "{message}");
    figures(folder.path(), &["--format", "svg"]);
    write(folder.path(), "first", &EXPERIMENT.replace("noise = 0.5", "noise = 0.4"));
    assert_eq!(figures(folder.path(), &["--format", "svg", "--draw-only"]).1, "0 files drawn, 2 up to date in figures");
}

#[test]
fn a_wrong_page_is_answered_with_the_right_ones() {
    let folder = folder();
    for (arguments, wanted) in [
        (["--size", "poster"], "single, double, slide"),
        (["--theme", "blue"], "light, dark"),
        (["--format", "gif"], "svg, png, pdf"),
    ] {
        let output = run(folder.path(), &[&["figures"], &arguments[..]].concat());
        assert_eq!(output.code, 2);
        assert!(output.stderr.contains(wanted), "{wanted}");
    }
}

#[cfg(unix)]
#[test]
fn the_watch_draws_what_changed_and_ends_cleanly() {
    let folder = folder();
    let mut child = alignloss(folder.path())
        .args(["figures", "--format", "svg", "--watch"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("watching experiments")));
    // A half-written file is an error that the watch outlives.
    write(folder.path(), "first", "title = ");
    assert!(lines.any(|line| line.starts_with("error: experiments/first.toml")));
    write(folder.path(), "first", &EXPERIMENT.replace("A small", "A watched"));
    assert!(lines.any(|line| line == "1 files drawn, 0 up to date in figures"));
    assert!(read(folder.path(), "first.svg").contains("A watched figure"));
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
    assert!(interrupt.success());
    assert_eq!(lines.last().as_deref(), Some("stopped"));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
}
