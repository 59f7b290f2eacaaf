//! `alignloss demo` as text and on a terminal of its own (tmux).

mod common;

use common::command::succeed;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a screen may take to show something.
const PATIENCE: Duration = Duration::from_secs(20);

fn names() -> Vec<String> {
    let list = succeed(Path::new("."), &["demo", "--list"]);
    list.lines().map(|line| line.split_whitespace().next().expect("a name").to_owned()).collect()
}

#[test]
fn the_list_names_every_lesson() {
    let list = succeed(Path::new("."), &["demo", "--list"]);
    assert!(list.lines().count() >= 8, "{list}");
    assert!(list.contains("capacity"), "{list}");
}

#[test]
fn every_plain_lesson_has_chart_question_answer_theorem_and_a_command_that_runs() {
    for name in names() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = succeed(folder.path(), &["demo", &name, "--plain"]);
        for part in ["Question: ", "Answer: ", "Theorem: ", "Command: alignloss ", " +-----"] {
            assert!(text.contains(part), "{name} lacks {part:?}:\n{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let command = text.lines().find_map(|line| line.strip_prefix("Command: alignloss ")).expect("a command");
        let words: Vec<&str> = command.split(' ').collect();
        if words[0] == "eval" {
            let model = succeed(folder.path(), &["demo", &name, "--model"]);
            std::fs::write(folder.path().join("model.toml"), model).expect("a writable folder");
            succeed(folder.path(), &words);
        } else {
            let experiment =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(format!("{}.toml", words[1]));
            assert!(words[0] == "figures" && experiment.is_file(), "{name}: {command}");
        }
    }
}

/// A terminal in tmux, closed when dropped.
struct Terminal {
    socket: String,
}

impl Terminal {
    fn new(columns: u16, rows: u16) -> Self {
        let terminal = Self { socket: format!("alignloss-{}-{columns}", std::process::id()) };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        terminal.tmux(&["new-session", "-d", "-x", &columns, "-y", &rows, "env PS1='ready> ' sh"]);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-f", "/dev/null", "-u", "-L", &self.socket]).args(arguments).output();
        let output = output.expect("tmux runs: this test needs it (apt-get install tmux)");
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// The screen, once it fits.
    fn wait(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if fits(&screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "the screen never showed {what}:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}

fn a_lesson_works_at(columns: u16, rows: u16) {
    let terminal = Terminal::new(columns, rows);
    terminal.wait("a prompt", |screen| screen.contains("ready>"));
    terminal.tmux(&[
        "send-keys",
        "-l",
        &format!("'{}' demo capacity", assert_cmd::cargo::cargo_bin!("alignloss").display()),
    ]);
    terminal.press("Enter");
    let screen = terminal.wait("the lesson", |screen| screen.contains("The capacity law"));
    for part in ["How outputs are spent", "dim = 2", "q quit", "alignloss eval", "aligned, tr K"] {
        assert!(screen.contains(part), "{part:?} is missing:\n{screen}");
    }
    assert!(!screen.contains("No: the law holds"), "{screen}");
    terminal.press("Right");
    terminal.wait("the new value", |screen| screen.contains("dim = 3") && screen.contains("--dim 3"));
    terminal.press("Space");
    terminal.wait("the answer", |screen| screen.contains("No: the law holds"));
    terminal.press("n");
    terminal.wait("the next lesson", |screen| screen.contains("Width does not help"));
    terminal.press("q");
    terminal.wait("the shell", |screen| screen.contains("ready>") && !screen.contains("q quit"));
}

#[test]
fn a_lesson_works_on_a_small_terminal() {
    a_lesson_works_at(80, 24);
}

#[test]
fn a_lesson_works_on_a_large_terminal() {
    a_lesson_works_at(120, 40);
}
