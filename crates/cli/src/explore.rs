//! `alignloss explore`

use crate::explorer::{Server, export};
use alignloss_terminal::{Outcome, Session, note, print};
use clap::Args;
use std::path::PathBuf;

/// Open the explorer: sliders and live charts in a browser, served on this machine only
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss explore --open
  alignloss explore --port 8080
  alignloss explore --export page     # a static page: open page/index.html, or upload it to any host")]
pub(super) struct Explore {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Open the page in the default browser
    #[arg(long)]
    open: bool,
    /// Write a static page with precomputed answers to a folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "open"])]
    export: Option<PathBuf>,
}

impl Explore {
    pub(super) fn run(self, session: Session) -> anyhow::Result<Outcome> {
        if let Some(folder) = self.export {
            note(session, "precomputing the answers of 27 models …");
            let written = export(&folder)?;
            note(session, &format!("{} files, {:.1} MB", written.files, written.bytes as f64 / 1e6));
            print(&format!("{}\n", folder.join("index.html").display()))?;
            return Ok(Outcome::Fine);
        }
        let server = Server::bind(self.port)?;
        print(&format!("{}\n", server.url()))?;
        note(session, "Press Ctrl-C to stop.");
        if self.open
            && let Err(error) = open::that_detached(server.url())
        {
            note(session, &format!("could not open a browser ({error}); visit the address above"));
        }
        server.run()?;
        Ok(Outcome::Fine)
    }
}
