//! The built binary, run in a folder.

use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// How a command ended.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code().expect("the command was not killed"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// The binary, to be started in a folder, whatever job array the tests themselves run in.
pub(crate) fn alignloss(folder: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("alignloss"));
    command.current_dir(folder);
    for variable in ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"] {
        command.env_remove(variable);
    }
    command
}

/// Runs the command in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    Output::of(alignloss(folder).args(arguments).output().expect("the command starts"))
}

/// Runs the command in a folder with a text on standard input.
pub(crate) fn run_with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    use std::io::Write as _;
    let mut child = alignloss(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // A command that refuses its arguments ends without reading.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    Output::of(child.wait_with_output().expect("it ends"))
}

/// Runs the command without progress and expects success; what it printed.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, &[&["--quiet"], arguments].concat());
    assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
    output.stdout
}

/// A folder with one file.
pub(crate) fn folder(name: &str, content: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(name), content).expect("a writable folder");
    folder
}
