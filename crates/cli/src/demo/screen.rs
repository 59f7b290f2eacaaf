//! A lesson drawn on a terminal.

use super::plain::label;
use crate::lesson::{Chart as Drawing, LESSONS, Lesson, LessonError, Shape, Study, Values, command_line};
use alignloss_terminal::wrapped;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Chart, Dataset, GraphType, Paragraph};

/// The smallest terminal that fits a lesson.
const LEAST: (u16, u16) = (80, 24);

/// Width of the column beside the chart: parameters, numbers, legend.
const ASIDE: u16 = 31;

/// Width of the labels left of the chart.
const LABELS: u16 = 8;

/// Colours of the series, also distinguishable by colour-blind readers.
const COLOURS: [Color; 4] = [Color::Cyan, Color::Yellow, Color::Magenta, Color::Blue];

/// The colour of marks.
const MARK: Color = Color::Red;

/// The state of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// Waiting to be started.
    Paused,
    Going,
    /// Finished.
    Over,
}

/// The state of the screen.
pub(super) struct Screen {
    pub(super) place: usize,
    pub(super) values: Values,
    /// The parameter that the arrow keys move.
    pub(super) chosen: usize,
    /// Whether the answer is shown.
    pub(super) revealed: bool,
    /// The state of a lesson that trains.
    pub(super) run: Run,
    /// The last result.
    study: Option<Result<Study, LessonError>>,
    /// Whether the values have changed since.
    stale: bool,
}

impl Screen {
    pub(super) fn new(place: usize, values: Values) -> Self {
        Self { place, values, chosen: 0, revealed: false, run: Run::Paused, study: None, stale: true }
    }

    pub(super) fn lesson(&self) -> &'static dyn Lesson {
        LESSONS[self.place]
    }

    /// Another lesson, from its start.
    pub(super) fn turn_to(&mut self, place: usize) {
        *self = Self::new(place, Values::new(LESSONS[place].parameters()));
    }

    /// What is shown belongs to old values until the next result arrives.
    pub(super) fn waits(&mut self) {
        self.stale = true;
        if self.run == Run::Over {
            self.run = Run::Paused;
        }
    }

    pub(super) fn take(&mut self, study: Result<Study, LessonError>) {
        self.study = Some(study);
        self.stale = false;
    }

    /// No more results of this lesson will come.
    pub(super) fn ended(&mut self) {
        self.run = Run::Over;
    }

    pub(super) fn draw(&self, frame: &mut Frame) {
        let area = frame.area();
        if area.width < LEAST.0 || area.height < LEAST.1 {
            let size = format!("{} × {}", area.width, area.height);
            let note = format!("A lesson needs a terminal of {} × {}; this one has {size}. q quits.", LEAST.0, LEAST.1);
            let lines = wrapped(&note, area.width.into()).into_iter().map(Line::from);
            frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
            return;
        }
        let lesson = self.lesson();
        let paragraph = |text: &str, style: Style| -> Vec<Line<'static>> {
            wrapped(text, area.width.into()).into_iter().map(|line| Line::styled(line, style)).collect()
        };
        let introduction = paragraph(lesson.text(), Style::new());
        let mut question = paragraph(lesson.question(), Style::new().bold());
        match &self.study {
            Some(Ok(study)) if self.revealed => question.extend(paragraph(&study.answer, Style::new())),
            _ => question.extend(paragraph("space: the answer", Style::new().dim())),
        }
        let command = format!("$ {}", command_line(lesson, &self.values));
        let command = paragraph(&command, Style::new().fg(Color::Green));
        let height = |lines: &[Line]| Constraint::Length(u16::try_from(lines.len()).unwrap_or(u16::MAX));
        let [top, text, middle, asked, typed, keys] = Layout::vertical([
            Constraint::Length(1),
            height(&introduction),
            Constraint::Min(0),
            height(&question),
            height(&command),
            Constraint::Length(1),
        ])
        .areas(area);
        let heading = format!("{}/{}  {}", self.place + 1, LESSONS.len(), lesson.title());
        let theorem = format!("  theorem: {}", lesson.theorem());
        frame.render_widget(Line::from(vec![heading.bold(), theorem.dim()]), top);
        frame.render_widget(Paragraph::new(introduction), text);
        let [left, right] =
            Layout::horizontal([Constraint::Min(0), Constraint::Length(ASIDE)]).spacing(1).areas(middle);
        match &self.study {
            Some(Ok(study)) => draw_chart(&study.chart, frame, left),
            Some(Err(error)) => {
                let lines = wrapped(&error.to_string(), left.width.into()).into_iter().map(Line::from);
                frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), left);
            }
            None => frame.render_widget(Line::from("computing …".dim()), left),
        }
        frame.render_widget(Paragraph::new(self.aside()), right);
        frame.render_widget(Paragraph::new(question), asked);
        frame.render_widget(Paragraph::new(command), typed);
        frame.render_widget(Line::from(self.help().dim()), keys);
    }

    fn help(&self) -> String {
        let run = match (self.lesson().runs(), self.run == Run::Going) {
            (false, _) => "",
            (true, false) => "  s start  a again",
            (true, true) => "  s pause  a again",
        };
        format!("←→ change  ↑↓ pick  r reset{run}  space answer  n/p lesson  q quit")
    }

    /// Parameters, numbers and legend.
    fn aside(&self) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for (place, parameter) in self.lesson().parameters().iter().enumerate() {
            let chosen = place == self.chosen;
            let pointer = if chosen { "▶ " } else { "  " };
            let text = format!("{pointer}{} = {}", parameter.name, self.values.at(place));
            lines.push(if chosen { Line::from(text.bold()) } else { Line::from(text) });
            if chosen {
                lines.push(Line::from(format!("  {}", parameter.meaning).dim()));
            }
        }
        let Some(Ok(Study { chart, .. })) = &self.study else { return lines };
        for number in &chart.numbers {
            let text = format!("{} {} {}", number.name, number.text(), number.unit);
            let text = text.trim_end().to_owned();
            lines.push(if self.stale { Line::from(text.dim()) } else { Line::from(text) });
        }
        for (series, colour) in chart.series.iter().zip(COLOURS) {
            let symbol = if series.shape == Shape::Line { "──" } else { "••" };
            lines.push(Line::from(vec![Span::styled(format!("{symbol} "), colour), Span::from(series.name.clone())]));
        }
        for mark in &chart.marks {
            lines.push(Line::from(vec![Span::styled("█  ", MARK), Span::from(mark.name.clone())]));
        }
        lines
    }
}

/// The chart with its title, and the range and label of each axis.
fn draw_chart(drawing: &Drawing, frame: &mut Frame, area: Rect) {
    let [title, body, below] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    let [labels, body] = Layout::horizontal([Constraint::Length(LABELS), Constraint::Min(0)]).areas(body);
    let [(left, right), (low, high)] = drawing.ends();
    let heading = vec![drawing.title.clone().bold(), format!(" ({})", drawing.y).into()];
    frame.render_widget(Line::from(heading), title);
    let row = |offset: u16| Rect { y: labels.y + offset, height: 1, width: LABELS - 1, ..labels };
    if labels.height > 1 {
        frame.render_widget(Line::from(label(high)).right_aligned(), row(0));
        // The last row is the axis itself.
        frame.render_widget(Line::from(label(low)).right_aligned(), row(labels.height - 2));
    }
    let below = Rect { x: body.x, width: body.width, ..below };
    frame.render_widget(Line::from(label(left)).left_aligned(), below);
    frame.render_widget(Line::from(drawing.x).centered(), below);
    frame.render_widget(Line::from(label(right)).right_aligned(), below);
    let marks: Vec<[(f64, f64); 1]> = drawing.marks.iter().map(|mark| [mark.point]).collect();
    let series = drawing.series.iter().zip(COLOURS).map(|(series, colour)| {
        let (marker, graph) = match series.shape {
            Shape::Line => (Marker::Braille, GraphType::Line),
            Shape::Points => (Marker::Dot, GraphType::Scatter),
        };
        Dataset::default().marker(marker).graph_type(graph).style(colour).data(&series.points)
    });
    let marks = marks.iter().map(|point| Dataset::default().marker(Marker::Block).style(MARK).data(point));
    let ends = |from: f64, to: f64| ratatui::widgets::Axis::default().bounds([from, to]);
    let chart = Chart::new(series.chain(marks).collect())
        .block(Block::new().borders(Borders::LEFT | Borders::BOTTOM))
        .x_axis(ends(left, right))
        .y_axis(ends(low, high))
        .legend_position(None);
    frame.render_widget(chart, body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Parameter;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn picture(screen: &Screen, columns: u16, rows: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal");
        terminal.draw(|frame| screen.draw(frame)).expect("a picture");
        let cells = terminal.backend().buffer().content();
        let lines =
            cells.chunks(columns.into()).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
        lines.map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// The longest that every parameter can be written, and the defaults.
    fn positions(parameters: &'static [Parameter]) -> [Values; 3] {
        [|_: &Parameter| 0, |_: &Parameter| 1, |parameter: &Parameter| if parameter.step < 0.1 { -1 } else { 1 }].map(
            |steps| {
                let mut values = Values::new(parameters);
                for (place, parameter) in parameters.iter().enumerate() {
                    values.step(place, steps(parameter));
                }
                values
            },
        )
    }

    /// Every word of a lesson is on the screen, with the answer revealed, and the chart has room.
    #[test]
    fn nothing_is_cut_off() {
        for (place, lesson) in LESSONS.iter().enumerate() {
            for values in positions(lesson.parameters()) {
                let study = lesson.study(&values).expect("a study");
                let mut screen = Screen::new(place, values.clone());
                screen.revealed = true;
                screen.take(Ok(study.clone()));
                for (columns, rows) in [(80, 24), (120, 40)] {
                    let shown = picture(&screen, columns, rows);
                    let name = lesson.name();
                    let flowing = shown.split_whitespace().collect::<Vec<_>>().join(" ");
                    for text in [
                        lesson.text().to_owned(),
                        lesson.question().to_owned(),
                        study.answer.clone(),
                        command_line(*lesson, &values),
                        screen.help(),
                        lesson.title().to_owned(),
                        lesson.theorem().to_owned(),
                        study.chart.title.clone(),
                    ] {
                        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                        assert!(flowing.contains(&text), "{name} at {columns}×{rows} lacks {text:?}:\n{shown}");
                    }
                    let chart = &study.chart;
                    let aside: Vec<String> = (chart.numbers.iter())
                        .map(|number| {
                            format!("{} {} {}", number.name, number.text(), number.unit).trim_end().to_owned()
                        })
                        .chain(chart.series.iter().map(|series| series.name.clone()))
                        .chain(chart.marks.iter().map(|mark| mark.name.clone()))
                        .chain(lesson.parameters().iter().map(|parameter| format!("{} = ", parameter.name)))
                        .chain([
                            lesson.parameters()[0].meaning.to_owned(),
                            chart.x.to_owned(),
                            format!("({})", chart.y),
                        ])
                        .collect();
                    for text in aside {
                        assert!(shown.contains(&text), "{name} at {columns}×{rows} lacks {text:?}:\n{shown}");
                    }
                    let axis = shown.lines().filter(|line| line.contains('│')).count();
                    assert!(axis >= 7, "{name} at {columns}×{rows}: a chart of {axis} rows:\n{shown}");
                }
            }
        }
    }

    #[test]
    fn the_chosen_parameter_is_explained() {
        for (place, lesson) in LESSONS.iter().enumerate() {
            let mut screen = Screen::new(place, Values::new(lesson.parameters()));
            for (chosen, parameter) in lesson.parameters().iter().enumerate() {
                screen.chosen = chosen;
                let shown = picture(&screen, 80, 24);
                assert!(shown.contains(parameter.meaning), "{}: {shown}", parameter.meaning);
            }
        }
    }

    #[test]
    fn a_small_terminal_is_told_so() {
        let screen = Screen::new(0, Values::new(LESSONS[0].parameters()));
        let shown = picture(&screen, 60, 20);
        assert!(shown.contains("80 × 24") && shown.contains("60 × 20"), "{shown}");
    }

    #[test]
    fn numbers_of_old_values_are_dim_until_new_ones_come() {
        let mut screen = Screen::new(0, Values::new(LESSONS[0].parameters()));
        let is_dim = |screen: &Screen| {
            let lines = screen.aside();
            let line = lines.iter().find(|line| line.to_string().starts_with("I(x1; y)")).expect("a number");
            line.spans[0].style == Style::new().dim()
        };
        screen.take(Ok(LESSONS[0].study(&screen.values).expect("a study")));
        assert!(!is_dim(&screen));
        screen.waits();
        assert!(is_dim(&screen));
    }
}
