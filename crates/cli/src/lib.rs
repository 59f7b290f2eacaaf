//! The `alignloss` command: one file per subcommand, thin; the lessons of `demo`, the explorer.
//!
//! Results go to standard output, progress and messages to standard error. Exit codes: 0 fine, 1 a theorem violated or a
//! check failed, 2 wrong usage or input.

mod completions;
mod demo;
mod eval;
mod explain;
mod explore;
pub mod explorer;
mod figures;
mod input;
pub mod lesson;
mod progress;
mod sweep;
mod table;
mod verify;

use alignloss::text::shortened;
use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// Which information is lost when two sensors are aligned in one embedding space, how much, and what buys it back.
#[derive(Debug, Parser)]
#[command(name = "alignloss", version, propagate_version = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Threads for parallel work [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// No progress bars and no notes on standard error
    #[arg(long, short, global = true)]
    quiet: bool,
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
    Completions(completions::Completions),
}

/// How a command that ran ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fine,
    /// A theorem violated or a check failed.
    Failed,
}

/// The settings that every command reads.
#[derive(Debug, Clone, Copy)]
struct Session {
    quiet: bool,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    if let Some(threads) = arguments.threads {
        // The global pool is built once, here, before anything runs.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
    }
    let session = Session { quiet: arguments.quiet };
    let result = match arguments.command {
        Command::Figures(command) => command.run(session),
        Command::Eval(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Verify(command) => command.run(session),
        Command::Explore(command) => command.run(session),
        Command::Sweep(command) => command.run(session),
        Command::Merge(command) => command.run(),
        Command::Status(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Completions(command) => command.run(),
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        // A reader that closed the pipe has seen enough.
        Err(error)
            if error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Help and version as they are; wrong usage as a message that a reader can take in.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.to_string();
    if error.use_stderr() && shortened(&text) != text {
        complain(text.trim_end());
        return ExitCode::from(2);
    }
    error.exit()
}

/// Says what is wrong, on standard error; what the message echoes of the input may be of any length.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "{}", shortened(message));
}

/// Writes to standard output.
fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(())
}
