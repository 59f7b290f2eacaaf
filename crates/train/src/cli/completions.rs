//! `alignloss-train completions`

use super::{Arguments, Ending};
use clap::{Args, CommandFactory};

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  alignloss-train completions bash > /etc/bash_completion.d/alignloss-train")]
pub(super) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<Ending> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "alignloss-train", &mut text);
        super::print(&String::from_utf8_lossy(&text))?;
        Ok(Ending::Fine)
    }
}
