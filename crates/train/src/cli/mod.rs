//! The command line: one file per subcommand.
//!
//! Results go to standard output, progress and messages to standard error. Exit codes: 0 fine, 2 wrong usage or input or a
//! device that is not there, 130 stopped by Ctrl-C (the next run goes on).

mod bench;
mod list;
mod progress;
mod run;

use alignloss_terminal::{Global, Shell, print_completions};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Train deep encoders on simulated and real sensor pairs, and measure what alignment loses.
#[derive(Debug, Parser)]
#[command(name = "alignloss-train", version, propagate_version = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

const EXAMPLES: &str = "\
Examples:
  alignloss-train list
  alignloss-train run experiments/realistic/quick.toml
  alignloss-train run experiments/realistic/identifiability.toml --backend cpu --threads 2
  alignloss-train run experiments/realistic/worldcereal.toml --data ~/data/worldcereal";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    List(list::List),
    Bench(bench::Bench),
    /// Print completions for a shell
    #[command(after_help = "Examples:\n  alignloss-train completions bash > /etc/bash_completion.d/alignloss-train")]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    alignloss_terminal::run(|Arguments { command, global }| {
        let session = global.session();
        match command {
            Command::Run(command) => command.run(session),
            Command::List(command) => command.run(),
            Command::Bench(command) => command.run(session),
            Command::Completions { shell } => print_completions::<Arguments>(shell),
        }
    })
}
