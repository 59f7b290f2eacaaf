//! What the programs of alignloss print through.
//!
//! Results go to standard output, progress and messages to standard error. Exit codes: 0 fine, 1 a theorem violated or a check
//! failed, 2 wrong usage or input, 130 stopped by Ctrl-C.

mod session;
mod table;

pub use clap_complete::Shell;
pub use indicatif::ProgressBar;
pub use session::{Global, Session, bar, note, styled_bar};
pub use table::{PAGE, page_width, paragraph, table, table_of_words, table_with_remarks, wrapped};

use alignloss::text::shortened;
use clap::{CommandFactory, Parser};
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// How a command that ran ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked.
    Fine,
    /// A theorem violated or a check failed.
    Failed,
    /// Ctrl-C: the same command goes on.
    Stopped,
}

/// Runs the command line of this process: `command` with its arguments, or a message about what is wrong with these.
pub fn run<A: Parser>(command: impl FnOnce(A) -> anyhow::Result<Outcome>) -> ExitCode {
    match A::try_parse() {
        Ok(arguments) => ExitCode::from(code(command(arguments))),
        Err(error) => refuse(&error),
    }
}

/// The exit code of a command; of one that failed, with a message.
fn code(result: anyhow::Result<Outcome>) -> u8 {
    match result {
        Ok(Outcome::Fine) => 0,
        Ok(Outcome::Failed) => 1,
        Ok(Outcome::Stopped) => 130,
        // A reader that closed the pipe has seen enough.
        Err(error)
            if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) =>
        {
            0
        }
        Err(error) => {
            complain(&format!("error: {error:#}"));
            2
        }
    }
}

/// Help and version as they are; wrong usage as a message that a reader can take in.
fn refuse(error: &clap::Error) -> ExitCode {
    if !is_too_long(error) {
        error.exit();
    }
    complain(error.to_string().trim_end());
    ExitCode::from(2)
}

/// Whether a message echoes more than anyone reads.
fn is_too_long(error: &clap::Error) -> bool {
    let text = error.to_string();
    error.use_stderr() && shortened(&text) != text
}

/// Says what is wrong, on standard error; what the message echoes of the input may be of any length.
pub fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "{}", shortened(message));
}

/// Writes to standard output.
///
/// # Errors
///
/// Standard output can't be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(())
}

/// Prints the completion script of a program for a shell.
///
/// # Errors
///
/// Standard output can't be written.
pub fn print_completions<A: CommandFactory>(shell: Shell) -> anyhow::Result<Outcome> {
    let mut command = A::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    print(&String::from_utf8(script)?)?;
    Ok(Outcome::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_tell_endings_apart_and_a_closed_pipe_is_none() {
        assert_eq!([Outcome::Fine, Outcome::Failed, Outcome::Stopped].map(|outcome| code(Ok(outcome))), [0, 1, 130]);
        assert_eq!(code(Err(std::io::Error::from(ErrorKind::BrokenPipe).into())), 0);
        assert_eq!(code(Err(std::io::Error::from(ErrorKind::NotFound).into())), 2);
    }

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        global: Global,
    }

    #[test]
    fn only_errors_that_echo_much_lose_their_middle() {
        let error = |argument: &str| Arguments::try_parse_from(["program", argument]).expect_err("no such argument");
        assert!(is_too_long(&error(&format!("--{}", "x".repeat(1000)))));
        assert!(!is_too_long(&error("--unknown")) && !is_too_long(&error("--help")));
    }

    #[test]
    fn quiet_and_threads_are_arguments_of_every_command() {
        let parsed =
            |argument: &str| Arguments::try_parse_from(["program", argument]).map(|arguments| arguments.global);
        assert!(parsed("--quiet").is_ok_and(|global| global.session().is_quiet()));
        assert!(parsed("--threads=2").is_ok_and(|global| !global.session().is_quiet()));
        assert!(parsed("--threads=0").is_err() && parsed("--threads=1025").is_err());
    }
}
