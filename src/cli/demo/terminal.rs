//! A lesson on a terminal: a chart that moves with the keys.

use super::plain::rounded;
use crate::lesson::{Chart as Drawing, LESSONS, Lesson, Shape, Values};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph, Wrap};
use ratatui::{DefaultTerminal, Frame};
use std::time::Duration;

/// Time between two frames of a run.
const TICK: Duration = Duration::from_millis(60);

/// Colours of the series, apart for colour-blind eyes too.
const COLOURS: [Color; 4] = [Color::Cyan, Color::Yellow, Color::Magenta, Color::Gray];

/// What is on the screen.
struct Screen {
    place: usize,
    values: Values,
    chosen: usize,
    revealed: bool,
    drawing: Drawing,
    /// Points of a run that are shown.
    shown: usize,
}

/// Shows the lesson at a place until the user quits.
pub(super) fn run(place: usize, values: Values) -> anyhow::Result<()> {
    let drawing = LESSONS[place].chart(&values)?;
    let mut screen = Screen { place, values, chosen: 0, revealed: false, drawing, shown: 1 };
    // Restores the terminal also when a panic unwinds.
    let mut terminal = ratatui::init();
    let ended = screen.show(&mut terminal);
    ratatui::restore();
    ended
}

impl Screen {
    fn lesson(&self) -> &'static dyn Lesson {
        LESSONS[self.place]
    }

    fn show(&mut self, terminal: &mut DefaultTerminal) -> anyhow::Result<()> {
        loop {
            terminal.draw(|frame| self.draw(frame))?;
            if self.lesson().runs() && self.shown < self.drawing.length() && !event::poll(TICK)? {
                self.shown += 1;
                continue;
            }
            if let Event::Key(key) = event::read()?
                && key.kind == KeyEventKind::Press
            {
                let interrupted = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
                if interrupted || !self.press(key.code)? {
                    return Ok(());
                }
            }
        }
    }

    /// Whether it goes on after a key.
    fn press(&mut self, key: KeyCode) -> anyhow::Result<bool> {
        let count = self.lesson().parameters().len();
        match key {
            KeyCode::Char('q') | KeyCode::Esc => return Ok(false),
            KeyCode::Left => self.values.step(self.chosen, -1),
            KeyCode::Right => self.values.step(self.chosen, 1),
            KeyCode::Up | KeyCode::BackTab => self.chosen = (self.chosen + count - 1) % count,
            KeyCode::Down | KeyCode::Tab => self.chosen = (self.chosen + 1) % count,
            KeyCode::Char('r') => self.values = Values::new(self.lesson().parameters()),
            KeyCode::Char(' ') | KeyCode::Enter => self.revealed = !self.revealed,
            KeyCode::Char('n') => self.turn_to((self.place + 1) % LESSONS.len()),
            KeyCode::Char('p') => self.turn_to((self.place + LESSONS.len() - 1) % LESSONS.len()),
            _ => {}
        }
        if matches!(key, KeyCode::Left | KeyCode::Right | KeyCode::Char('r' | 'n' | 'p')) {
            self.drawing = self.lesson().chart(&self.values)?;
            self.shown = 1;
        }
        Ok(true)
    }

    fn turn_to(&mut self, place: usize) {
        self.place = place;
        self.values = Values::new(self.lesson().parameters());
        self.chosen = 0;
        self.revealed = false;
    }

    fn draw(&self, frame: &mut Frame) {
        let lesson = self.lesson();
        let [title, text, chart, parameters, question, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(if frame.area().width < 100 { 4 } else { 3 }),
            Constraint::Min(6),
            Constraint::Length(lesson.parameters().len() as u16),
            Constraint::Length(5),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        let heading = format!("{}/{}  {}", self.place + 1, LESSONS.len(), lesson.title());
        frame.render_widget(Line::from(vec![heading.bold(), format!("  [{}]", lesson.theorem()).dim()]), title);
        frame.render_widget(Paragraph::new(lesson.text()).wrap(Wrap { trim: true }), text);
        self.draw_chart(frame, chart);
        frame.render_widget(Paragraph::new(self.parameter_lines()), parameters);
        let mut lines = vec![Line::from(lesson.question().bold())];
        if self.revealed {
            lines.push(Line::from(lesson.answer(&self.values).unwrap_or_else(|error| error.to_string())));
        } else {
            lines.push(Line::from("space: the answer".dim()));
        }
        lines.push(Line::from(format!("$ {}", lesson.command(&self.values)).green()));
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), question);
        let help = "←/→ change  ↑/↓ choose  r reset  space answer  n/p next/previous  q quit";
        frame.render_widget(Line::from(help.dim()), keys);
    }

    fn parameter_lines(&self) -> Vec<Line<'static>> {
        let parameters = self.lesson().parameters().iter().enumerate();
        let mut lines: Vec<Line> = parameters
            .map(|(place, parameter)| {
                let pointer = if place == self.chosen { "▶ " } else { "  " };
                let text = format!("{pointer}{} = {}  ({})", parameter.name, self.values.at(place), parameter.meaning);
                if place == self.chosen { Line::from(text.bold()) } else { Line::from(text) }
            })
            .collect();
        // The numbers stand beside the parameters, from the first line on.
        for (line, pair) in lines.iter_mut().zip(self.drawing.numbers.chunks(2)) {
            let numbers: Vec<String> = pair.iter().map(|(name, value)| format!("{name} {}", rounded(*value))).collect();
            line.spans.push(Span::raw(format!("   {}", numbers.join("  "))));
        }
        lines
    }

    fn draw_chart(&self, frame: &mut Frame, area: ratatui::layout::Rect) {
        let [(left, right), (low, high)] = self.drawing.ends();
        let part = if self.lesson().runs() { self.drawing.up_to(self.shown) } else { self.drawing.clone() };
        let marks: Vec<[(f64, f64); 1]> = part.marks.iter().map(|mark| [mark.point]).collect();
        let mut sets: Vec<Dataset> = part
            .series
            .iter()
            .zip(COLOURS)
            .map(|(series, colour)| {
                let joined = series.shape == Shape::Line;
                Dataset::default()
                    .name(series.name.clone())
                    .marker(if joined { Marker::Braille } else { Marker::Dot })
                    .graph_type(if joined { GraphType::Line } else { GraphType::Scatter })
                    .style(Style::new().fg(colour))
                    .data(&series.points)
            })
            .collect();
        for (mark, point) in part.marks.iter().zip(&marks) {
            let set = Dataset::default().name(mark.name.clone()).marker(Marker::Block);
            sets.push(set.style(Style::new().fg(Color::Red)).data(point));
        }
        let axis = |title: &'static str, from: f64, to: f64| {
            Axis::default().title(title).bounds([from, to]).labels([rounded(from), rounded(to)])
        };
        let chart = Chart::new(sets)
            .block(Block::bordered().title(part.title.clone()))
            .x_axis(axis(self.drawing.x, left, right))
            .y_axis(axis(self.drawing.y, low, high))
            .hidden_legend_constraints((Constraint::Percentage(60), Constraint::Percentage(70)));
        frame.render_widget(chart, area);
    }
}
