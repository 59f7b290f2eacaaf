//! Runs a lesson on a terminal: reads keys, draws results.

use super::screen::{Run, Screen};
use super::worker::{Gone, Worker};
use crate::lesson::{LESSONS, Values};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::time::Duration;

/// How long to wait for a key before checking for new results.
const TICK: Duration = Duration::from_millis(25);

/// Exit code of a program ended by an interrupt.
const INTERRUPTED: i32 = 130;

/// Shows a lesson until the user quits.
pub(super) fn run(place: usize, values: Values) -> anyhow::Result<()> {
    // The panic hook restores the terminal, also when another thread panics.
    let mut terminal = ratatui::try_init()?;
    // In raw mode Ctrl-C arrives as a key; this handles signals from elsewhere.
    let handler = ctrlc::set_handler(|| {
        ratatui::restore();
        std::process::exit(INTERRUPTED);
    });
    let ended = handler.map_err(Into::into).and_then(|()| show(&mut terminal, Screen::new(place, values)));
    ratatui::restore();
    ended
}

fn show(terminal: &mut DefaultTerminal, mut screen: Screen) -> anyhow::Result<()> {
    let mut worker = Worker::start();
    worker.show(screen.place, screen.values.clone(), false)?;
    let mut changed = true;
    loop {
        let progress = worker.progress()?;
        if progress.ended {
            screen.ended();
            changed = true;
        }
        if let Some(study) = progress.shown {
            screen.take(study);
            changed = true;
        }
        if changed {
            terminal.draw(|frame| screen.draw(frame))?;
            changed = false;
        }
        if !event::poll(TICK)? {
            continue;
        }
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
                if interrupt || !press(&mut screen, &mut worker, key.code)? {
                    return Ok(());
                }
                changed = true;
            }
            Event::Resize(..) => changed = true,
            _ => {}
        }
    }
}

/// Handles a key; false to quit.
fn press(screen: &mut Screen, worker: &mut Worker, key: KeyCode) -> Result<bool, Gone> {
    let count = screen.lesson().parameters().len();
    match key {
        KeyCode::Char('q') | KeyCode::Esc => return Ok(false),
        KeyCode::Up | KeyCode::BackTab => screen.chosen = (screen.chosen + count - 1) % count,
        KeyCode::Down | KeyCode::Tab => screen.chosen = (screen.chosen + 1) % count,
        KeyCode::Char(' ') | KeyCode::Enter => screen.revealed = !screen.revealed,
        KeyCode::Left => screen.values.step(screen.chosen, -1),
        KeyCode::Right => screen.values.step(screen.chosen, 1),
        KeyCode::Char('r') => screen.values = Values::new(screen.lesson().parameters()),
        KeyCode::Char('n') => screen.turn_to((screen.place + 1) % LESSONS.len()),
        KeyCode::Char('p') => screen.turn_to((screen.place + LESSONS.len() - 1) % LESSONS.len()),
        KeyCode::Char('s') if screen.lesson().runs() => {
            let (run, from_start) = match screen.run {
                Run::Paused => (Run::Going, false),
                Run::Going => (Run::Paused, false),
                Run::Over => (Run::Going, true),
            };
            if from_start {
                worker.show(screen.place, screen.values.clone(), true)?;
                screen.waits();
            } else {
                worker.train(run == Run::Going)?;
            }
            screen.run = run;
        }
        _ => {}
    }
    let again = key == KeyCode::Char('a') && screen.lesson().runs();
    if again || matches!(key, KeyCode::Left | KeyCode::Right | KeyCode::Char('r' | 'n' | 'p')) {
        worker.show(screen.place, screen.values.clone(), screen.run == Run::Going)?;
        screen.waits();
    }
    Ok(true)
}
