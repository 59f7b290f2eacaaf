//! What every command takes, and what it says while it works.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;

/// The arguments of every command.
#[derive(Debug, clap::Args)]
pub struct Global {
    /// Threads for parallel work [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// No progress bars and no notes on standard error
    #[arg(long, short, global = true)]
    quiet: bool,
}

impl Global {
    /// Takes the threads that the user grants, before anything runs in parallel.
    pub fn session(&self) -> Session {
        if let Some(threads) = self.threads {
            // The global pool is built once, here, before anything runs.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
        }
        Session { quiet: self.quiet }
    }
}

/// The settings that every command reads.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    quiet: bool,
}

impl Session {
    /// Whether the user wants nothing but results.
    pub fn is_quiet(self) -> bool {
        self.quiet
    }
}

/// A line on standard error, unless the user wants quiet.
pub fn note(session: Session, text: &str) {
    if !session.quiet {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

/// A bar over `total` items on standard error: only on a terminal, never with `--quiet`.
pub fn bar(session: Session, total: u64, what: &str) -> ProgressBar {
    let bar = styled_bar(session, total, "{msg} [{bar:30}] {pos}/{len} {per_sec} eta {eta}");
    bar.set_message(what.to_owned());
    bar
}

/// A [`bar`] that looks as a template of `indicatif` says.
///
/// # Panics
///
/// The template is wrong.
pub fn styled_bar(session: Session, total: u64, template: &str) -> ProgressBar {
    if session.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
    bar.set_style(ProgressStyle::with_template(template).expect("a fixed template").progress_chars("=> "));
    bar
}
