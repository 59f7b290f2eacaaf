//! Redraws when an experiment file changes.

use alignloss_terminal::{Session, complain, note};
use anyhow::Context;
use notify_debouncer_full::notify::RecursiveMode;
use notify_debouncer_full::{DebounceEventResult, new_debouncer};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// Editors save in several steps; this long without another event counts as done.
const QUIET: Duration = Duration::from_millis(250);

/// Events that end the wait.
enum Event {
    Changed(DebounceEventResult),
    Stop,
}

/// Calls `redraw` with the experiment files that changed in some folders, until Ctrl-C or a request to terminate.
/// Errors of `redraw` are shown and do not end the watch: the file may be half edited.
pub(super) fn watch(
    folders: &BTreeSet<PathBuf>,
    session: Session,
    mut redraw: impl FnMut(&BTreeSet<PathBuf>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (sender, events) = channel();
    stop_on_signal(sender.clone(), session)?;
    let changed = move |result| {
        // Sending fails only when the watch has ended.
        let _ = sender.send(Event::Changed(result));
    };
    let mut watcher = new_debouncer(QUIET, None, changed).context("watching files")?;
    for folder in folders {
        watcher.watch(folder, RecursiveMode::NonRecursive).with_context(|| folder.display().to_string())?;
        note(session, &format!("watching {}; press Ctrl-C to stop", folder.display()));
    }
    while let Ok(Event::Changed(result)) = events.recv() {
        let files = experiment_files(result);
        if files.is_empty() {
            continue;
        }
        if let Err(error) = redraw(&files) {
            complain(&format!("error: {error:#}"));
        }
    }
    note(session, "stopped");
    Ok(())
}

/// The experiment files that were written, created or renamed, ignoring reads.
fn experiment_files(result: DebounceEventResult) -> BTreeSet<PathBuf> {
    let paths =
        result.unwrap_or_default().into_iter().filter(|event| !event.kind.is_access()).flat_map(|e| e.event.paths);
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml") && path.exists()).collect()
}

/// The first signal ends the watch after the current figure, the second at once: results are only ever written whole.
fn stop_on_signal(sender: Sender<Event>, session: Session) -> anyhow::Result<()> {
    let stopping = Arc::new(AtomicBool::new(false));
    ctrlc::set_handler(move || {
        if stopping.swap(true, Ordering::SeqCst) {
            std::process::exit(0);
        }
        note(session, "stopping; press again to stop at once");
        let _ = sender.send(Event::Stop);
    })
    .context("listening for Ctrl-C")
}
