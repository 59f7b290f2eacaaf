//! The `alignloss` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    alignloss_cli::run()
}
