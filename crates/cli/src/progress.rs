//! Progress bars on standard error: only on a terminal, never with `--quiet`.

use super::Session;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `total` items.
pub(super) fn bar(session: Session, total: u64, what: &str) -> ProgressBar {
    if session.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {per_sec} eta {eta}")
        .expect("a fixed template")
        .progress_chars("=> ");
    bar.set_style(style);
    bar.set_message(what.to_owned());
    bar
}

/// A line on standard error, above any bar.
pub(super) fn note(session: Session, text: &str) {
    use std::io::Write;
    if !session.quiet {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
