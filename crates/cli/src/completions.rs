//! `alignloss completions`

use super::{Arguments, Outcome};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a shell completion script
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  alignloss completions bash > ~/.local/share/bash-completion/completions/alignloss"
)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "alignloss", &mut script);
        super::print(&String::from_utf8(script)?)?;
        Ok(Outcome::Fine)
    }
}
