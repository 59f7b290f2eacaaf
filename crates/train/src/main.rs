//! The `alignloss-train` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    alignloss_train::cli::run()
}
