//! The built binary, run in a folder.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// How a command ended.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
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
    let output = alignloss(folder).args(arguments).output().expect("the command starts");
    Output {
        code: output.status.code().expect("the command was not killed"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
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
