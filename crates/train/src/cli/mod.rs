//! The command line: one file per subcommand.
//!
//! Results go to standard output, progress and messages to standard error. Exit codes: 0 fine, 2 wrong usage or input or a
//! device that is not there, 130 stopped by Ctrl-C (the next run goes on).

mod bench;
mod completions;
mod list;
mod progress;
mod run;
mod table;

use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// Train deep encoders on simulated and real sensor pairs, and measure what alignment loses.
#[derive(Debug, Parser)]
#[command(name = "alignloss-train", version, propagate_version = true, after_help = EXAMPLES)]
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
  alignloss-train list
  alignloss-train run experiments/realistic/quick.toml
  alignloss-train run experiments/realistic/identifiability.toml --backend cpu --threads 2
  alignloss-train run experiments/realistic/worldcereal.toml --data ~/data/worldcereal";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    List(list::List),
    Bench(bench::Bench),
    Completions(completions::Completions),
}

/// How a command that ran ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Fine,
    Stopped,
}

/// The settings that every command reads.
#[derive(Debug, Clone, Copy)]
struct Session {
    quiet: bool,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(threads) = arguments.threads {
        // The global pool is built once, here, before anything runs.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
    }
    let session = Session { quiet: arguments.quiet };
    let result = match arguments.command {
        Command::Run(command) => command.run(session),
        Command::List(command) => command.run(),
        Command::Bench(command) => command.run(session),
        Command::Completions(command) => command.run(),
    };
    match result {
        Ok(Ending::Fine) => ExitCode::SUCCESS,
        Ok(Ending::Stopped) => ExitCode::from(130),
        // A reader that closed the pipe has seen enough.
        Err(error)
            if error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{}", alignloss::text::shortened(&format!("error: {error:#}")));
            ExitCode::from(2)
        }
    }
}

/// Writes to standard output.
fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(())
}

/// A line on standard error.
fn note(session: Session, text: &str) {
    if !session.quiet {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
