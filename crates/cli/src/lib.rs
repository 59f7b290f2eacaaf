//! The `alignloss` command: one file per subcommand, thin; the lessons of `demo`, the explorer.
//!
//! Results go to standard output, progress and messages to standard error. Exit codes: 0 fine, 1 a theorem violated or a
//! check failed, 2 wrong usage or input.

mod demo;
mod eval;
mod explain;
mod explore;
pub mod explorer;
mod figures;
mod input;
pub mod lesson;
mod number;
mod report;
mod sweep;
mod verify;

use alignloss_terminal::{Global, Shell, print_completions};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Which information is lost when two sensors are aligned in one embedding space, how much, and what buys it back.
#[derive(Debug, Parser)]
#[command(name = "alignloss", version, propagate_version = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

const EXAMPLES: &str = "\
Examples:
  alignloss figures                                draw every figure of the theory, with its verdicts
  alignloss eval model.toml --objective cca --dim 2
  alignloss explain capacity                       what a theorem, an objective, a column or a key is
  alignloss verify --models 1000                   try the theorems on random models of every family
  alignloss sweep experiments/private-fraction.toml";

#[derive(Debug, Subcommand)]
enum Command {
    Figures(figures::Figures),
    Eval(eval::Eval),
    Explain(explain::Explain),
    Verify(verify::Verify),
    Explore(explore::Explore),
    Sweep(sweep::Sweep),
    Merge(sweep::Merge),
    Status(sweep::Status),
    Demo(demo::Demo),
    /// Print a completion script for a shell
    #[command(
        after_help = "Examples:\n  alignloss completions bash > ~/.local/share/bash-completion/completions/alignloss"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    alignloss_terminal::run(|Arguments { command, global }| {
        let session = global.session();
        match command {
            Command::Figures(command) => command.run(session),
            Command::Eval(command) => command.run(),
            Command::Explain(command) => command.run(),
            Command::Verify(command) => command.run(session),
            Command::Explore(command) => command.run(session),
            Command::Sweep(command) => command.run(session),
            Command::Merge(command) => command.run(),
            Command::Status(command) => command.run(),
            Command::Demo(command) => command.run(),
            Command::Completions { shell } => print_completions::<Arguments>(shell),
        }
    })
}
