//! A bar for each training on standard error: only on a terminal, never with `--quiet`.

use super::Session;
use crate::experiment::Watcher;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps between two looks at the bar: drawing is cheap, but not free.
const STRIDE: u64 = 5;

/// Shows trainings, and hears Ctrl-C.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
}

impl Progress {
    pub(super) fn new(session: Session) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        // A second handler in one process is refused; the first still works.
        let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
        let bar = if session.quiet {
            ProgressBar::hidden()
        } else {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr_with_hz(4));
            let style = ProgressStyle::with_template("{prefix} {msg} [{bar:24}] {pos}/{len} steps {per_sec} eta {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ");
            bar.set_style(style);
            bar
        };
        Self { bar, stop }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watcher for Progress {
    fn begins(&mut self, part: usize, parts: usize, what: &str, step: u64, steps: u64) {
        self.bar.reset();
        self.bar.set_prefix(format!("{}/{parts}", part + 1));
        self.bar.set_message(what.to_owned());
        self.bar.set_length(steps);
        self.bar.set_position(step);
        self.bar.reset_eta();
    }

    fn stepped(&mut self, step: u64) {
        if step.is_multiple_of(STRIDE) {
            self.bar.set_position(step);
        }
    }

    fn measures(&mut self) {
        self.bar.tick();
    }

    fn asks_to_stop(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
