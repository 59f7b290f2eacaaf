//! A bar for each training on standard error: only on a terminal, never with `--quiet`.

use crate::experiment::Watcher;
use alignloss_terminal::{ProgressBar, Session, styled_bar};
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
        let bar = styled_bar(session, 1, "{prefix} {msg} [{bar:24}] {pos}/{len} steps {per_sec} eta {eta}");
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
