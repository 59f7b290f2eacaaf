//! The `alignloss` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    alignloss::cli::run()
}
