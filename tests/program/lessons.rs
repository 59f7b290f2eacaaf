//! `alignloss demo` as text, as commands, and on a real terminal (tmux).

use crate::command::{run, succeed};
use alignloss_cli::lesson::{Found, LESSONS, Lesson, Values, command_line};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a screen may take to show something.
const PATIENCE: Duration = Duration::from_secs(45);

/// Relative difference between a lesson's number and the one that its command writes in decimal digits.
const PRINTED: f64 = 1e-9;

fn here() -> &'static Path {
    Path::new(".")
}

#[test]
fn the_list_names_every_lesson() {
    insta::assert_snapshot!(succeed(here(), &["demo", "--list"]));
}

#[test]
fn every_lesson_as_text() {
    for lesson in LESSONS {
        let text = succeed(here(), &["demo", lesson.name(), "--plain"]);
        assert!(!text.contains('\u{1b}'), "text has no colours");
        // Commands are to be copied; they alone may be longer than the page.
        let prose = text.lines().filter(|line| !line.trim_start().starts_with("alignloss "));
        for line in prose {
            assert!(line.chars().count() <= 80, "{}: {line}", lesson.name());
        }
        insta::assert_snapshot!(lesson.name(), text);
    }
}

#[test]
fn without_a_terminal_a_lesson_is_text() {
    assert_eq!(succeed(here(), &["demo", "capacity"]), succeed(here(), &["demo", "capacity", "--plain"]));
}

#[test]
fn wrong_settings_are_named() {
    for (arguments, problem) in [
        (["demo", "capacity", "--set", "dimm=3"], "--set dimm=3: capacity has dim, noise"),
        (["demo", "capacity", "--set", "dim=9"], "--set dim=9: expected a number from 1 to 4"),
        (["demo", "capacity", "--set", "dim"], "--set dim: expected NAME=VALUE"),
        (["demo", "capasity", "--set", "dim=1"], "did you mean \"capacity\"?"),
    ] {
        let output = run(here(), &arguments);
        assert_eq!(output.code, 2, "{arguments:?}");
        assert!(output.stderr.contains(problem), "{arguments:?}: {}", output.stderr);
    }
}

/// The number that a lesson's command gives: from the JSON of `eval`, or from the CSV of a sweep.
fn looked_up(found: &Found, folder: &Path, printed: &str) -> f64 {
    if folder.join("results").exists() {
        let merged = succeed(folder, &["merge", "lesson.toml"]);
        let mut reader = csv::Reader::from_path(folder.join(merged.trim())).expect("results");
        let headers = reader.headers().expect("a header").clone();
        let place = |name: &str| headers.iter().position(|column| column == name).unwrap_or_else(|| panic!("{name}"));
        let wanted = [("target", found.target.map(str::to_owned))];
        let row = found.row.iter().map(|(column, value)| (*column, Some(value.clone())));
        let wanted: Vec<(usize, String)> =
            wanted.into_iter().chain(row).filter_map(|(column, value)| Some((place(column), value?))).collect();
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        let fits = |row: &&csv::StringRecord| wanted.iter().all(|(place, value)| &row[*place] == value.as_str());
        let matching: Vec<&csv::StringRecord> = rows.iter().filter(fits).collect();
        assert_eq!(matching.len(), 1, "{found:?}");
        return matching[0][place(found.quantity)].parse().expect("a number");
    }
    let report: serde_json::Value = serde_json::from_str(printed).expect("JSON");
    let top = match found.target {
        None => &report,
        Some(name) => (report["targets"].as_array().expect("targets").iter())
            .find(|target| target["name"] == name)
            .unwrap_or_else(|| panic!("no target {name}")),
    };
    let pointer = format!("/{}", found.quantity.replace('.', "/"));
    top.pointer(&pointer).and_then(serde_json::Value::as_f64).unwrap_or_else(|| panic!("{found:?} in {printed}"))
}

/// Types the lesson's command line in a shell and compares every number that it gives.
fn the_command_gives_the_numbers(lesson: &dyn Lesson, values: &Values) {
    let name = lesson.name();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut line = command_line(lesson, values);
    if line.contains("alignloss eval ") {
        line += " --format json";
    }
    let binary = assert_cmd::cargo::cargo_bin!("alignloss");
    let shell = format!("alignloss() {{ '{}' \"$@\"; }}\n{line}", binary.display());
    let output = Command::new("sh").args(["-c", &shell]).current_dir(folder.path()).output().expect("a shell");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("text");
    let study = lesson.study(values).expect("a study");
    let mut compared = 0;
    for number in &study.chart.numbers {
        let Some(found) = &number.found else { continue };
        let given = looked_up(found, folder.path(), &printed);
        let error = (given - number.value).abs();
        assert!(error <= PRINTED * number.value.abs().max(1.0), "{name}: {number:?} is {given} by\n{line}");
        compared += 1;
    }
    assert!(compared > 0, "{name}");
}

#[test]
fn every_command_gives_the_numbers_of_its_lesson() {
    for lesson in LESSONS {
        the_command_gives_the_numbers(lesson, &Values::new(lesson.parameters()));
    }
}

#[test]
fn every_command_gives_the_numbers_at_other_values_too() {
    for lesson in LESSONS {
        let mut values = Values::new(lesson.parameters());
        for (place, parameter) in lesson.parameters().iter().enumerate() {
            let up = parameter.moved(parameter.default, 1) > parameter.default;
            values.step(place, if up { 1 } else { -1 });
        }
        the_command_gives_the_numbers(lesson, &values);
    }
}

/// A terminal in tmux, closed when dropped.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// With a shell at its prompt.
    fn new(name: &str, columns: u16, rows: u16) -> Self {
        let terminal = Self { socket: format!("alignloss-{}-{name}-{columns}", std::process::id()) };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        terminal.tmux(&["new-session", "-d", "-x", &columns, "-y", &rows, "env PS1='ready> ' sh"]);
        terminal.wait("a prompt", |screen| screen.contains("ready>"));
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-f", "/dev/null", "-u", "-L", &self.socket]).args(arguments).output();
        let output = output.expect("tmux runs: this test needs it (cargo xtask tools, or apt-get install tmux)");
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Types a command.
    fn enter(&self, command: &str) {
        self.tmux(&["send-keys", "-l", command]);
        self.press("Enter");
    }

    /// Types `alignloss demo` with a lesson's name.
    fn demo(&self, lesson: &str) {
        self.enter(&format!("clear; '{}' demo {lesson}", assert_cmd::cargo::cargo_bin!("alignloss").display()));
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

    fn wait_for_shell(&self) {
        self.wait("the shell", |screen| screen.contains("ready>") && !screen.contains("q quit"));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}

/// The number behind a name on the screen.
fn number(screen: &str, name: &str) -> Option<f64> {
    screen.split_once(name)?.1.split_whitespace().next()?.parse().ok()
}

fn a_lesson_works_at(columns: u16, rows: u16) {
    let terminal = Terminal::new("lesson", columns, rows);
    terminal.demo("capacity");
    let screen = terminal.wait("the lesson", |screen| screen.contains("fullest: tr K + tr P"));
    for part in ["The capacity law", "How outputs are spent", "dim = 2", "q quit", "alignloss eval", "aligned, tr K"] {
        assert!(screen.contains(part), "{part:?} is missing:\n{screen}");
    }
    assert!(!screen.contains("No: the law holds"), "{screen}");
    terminal.press("Right");
    terminal.wait("the new value", |screen| {
        screen.contains("dim = 3") && screen.contains("--dim 3") && number(screen, "limit") == Some(3.0)
    });
    terminal.press("Space");
    terminal.wait("the answer", |screen| screen.contains("No: the law holds"));
    terminal.press("r");
    terminal.wait("the defaults", |screen| screen.contains("dim = 2"));
    terminal.press("n");
    terminal.wait("the next lesson", |screen| screen.contains("Width does not help"));
    terminal.press("q");
    terminal.wait_for_shell();
}

fn a_tower_forgets_at(columns: u16, rows: u16) {
    let terminal = Terminal::new("run", columns, rows);
    terminal.demo("forgetting");
    let steps = |screen: &str| number(screen, " steps");
    let screen = terminal.wait("the start", |screen| screen.contains("s start") && steps(screen) == Some(0.0));
    let start = number(&screen, "private now").expect("a number");
    terminal.press("s");
    let screen = terminal.wait("training", |screen| steps(screen).is_some_and(|steps| steps > 20.0));
    assert!(screen.contains("s pause"), "{screen}");
    terminal.press("s");
    let paused = terminal.wait("the pause", |screen| screen.contains("s start"));
    let at = steps(&paused);
    std::thread::sleep(Duration::from_millis(400));
    let later = terminal.wait("the pause", |screen| screen.contains("s start"));
    assert!(steps(&later).zip(at).is_some_and(|(later, at)| later <= at + 10.0 && later < 600.0), "{paused}{later}");
    terminal.press("s");
    let end = terminal.wait("the end", |screen| steps(screen) == Some(600.0) && screen.contains("s start"));
    let kept = number(&end, "private now").expect("a number");
    assert!(kept < 0.2 * start, "{kept} of {start}:\n{end}");
    terminal.press("a");
    terminal.wait("another beginning", |screen| steps(screen) == Some(0.0));
    terminal.press("C-c");
    terminal.wait_for_shell();
}

#[test]
fn a_lesson_works_on_a_small_terminal() {
    a_lesson_works_at(80, 24);
}

#[test]
fn a_lesson_works_on_a_large_terminal() {
    a_lesson_works_at(120, 40);
}

#[test]
fn a_tower_forgets_on_a_small_terminal() {
    a_tower_forgets_at(80, 24);
}

#[test]
fn a_tower_forgets_on_a_large_terminal() {
    a_tower_forgets_at(120, 40);
}

#[test]
fn a_dumb_terminal_gets_text() {
    let terminal = Terminal::new("dumb", 80, 24);
    terminal.enter("export TERM=dumb");
    terminal.demo("capacity");
    terminal.wait("text", |screen| screen.contains("where lesson.toml is") && screen.contains("ready>"));
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let terminal = Terminal::new("signal", 80, 24);
    terminal.demo("cca");
    terminal.wait("the lesson", |screen| screen.contains("CCA in one picture"));
    let device = terminal.tmux(&["list-panes", "-F", "#{pane_tty}"]);
    let processes = Command::new("ps").args(["-o", "pid=,comm=", "-t", device.trim()]).output().expect("ps");
    let processes = String::from_utf8(processes.stdout).expect("text");
    let lesson = processes.lines().find(|line| line.ends_with("alignloss")).expect("the lesson runs");
    let lesson = lesson.split_whitespace().next().expect("its number").to_owned();
    let killed = Command::new("kill").args(["-TERM", &lesson]).status().expect("kill");
    assert!(killed.success());
    terminal.wait_for_shell();
    terminal.enter("echo code=$?");
    terminal.wait("the exit code", |screen| screen.contains("code=130"));
}
