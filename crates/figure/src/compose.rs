//! From results to figures: which rows, which series, which theory lines.

use super::labels::{symbol, value_name};
use super::plot::{Axis, Cells, Chart, ColourScale, Figure, Heatmap, Layer, Scale, SeriesStyle, Width};
use alignloss::experiment::{CLOSED_FORM, Experiment, FigureKind, FigureSpec, Results, describe};
use alignloss::model::family::OneOrMany;
use alignloss::theorem::MARGIN;
use serde_json::Value;
use statrs::statistics::{Data, OrderStatistics, Statistics};
use std::collections::BTreeMap;

/// Quantiles of the band around a mean over replicates.
const BAND: [f64; 2] = [0.05, 0.95];

/// The rows of results that a figure shows, with named access.
struct Rows<'a> {
    results: &'a Results,
    rows: Vec<&'a [String]>,
}

impl<'a> Rows<'a> {
    fn new(results: &'a Results, spec: &FigureSpec) -> Self {
        let wanted = |column: &str, text: &str| spec.filter.get(column).is_none_or(|value| matches(value, text));
        let rows = results
            .rows()
            .iter()
            .map(Vec::as_slice)
            .filter(|row| results.columns().iter().zip(*row).all(|(column, text)| wanted(column, text)))
            .collect();
        Self { results, rows }
    }

    fn text(&self, row: &'a [String], column: &str) -> &'a str {
        self.results.column(column).map_or("", |place| row[place].as_str())
    }

    /// A number; NaN if the field is empty or a word.
    fn number(&self, row: &'a [String], column: &str) -> f64 {
        self.text(row, column).parse().unwrap_or(f64::NAN)
    }

    /// The distinct values of a column, in order of first appearance.
    fn distinct(&self, column: Option<&str>) -> Vec<&'a str> {
        let Some(column) = column else { return vec![""] };
        let mut values = Vec::new();
        for row in &self.rows {
            let text = self.text(row, column);
            if !values.contains(&text) {
                values.push(text);
            }
        }
        values
    }

    fn only(&self, column: Option<&str>, value: &str) -> Self {
        let rows = match column {
            None => self.rows.clone(),
            Some(column) => self.rows.iter().copied().filter(|row| self.text(row, column) == value).collect(),
        };
        Self { results: self.results, rows }
    }
}

/// Makes the figure described by one `[[figure]]` section from the results of its experiment.
pub fn compose(experiment: &Experiment, spec: &FigureSpec, results: &Results) -> Figure {
    compose_titled(experiment.title(), spec, results)
}

/// Makes the figure described by one `[[figure]]` section from results of any kind; `title` is used if the section has none.
pub fn compose_titled(title: &str, spec: &FigureSpec, results: &Results) -> Figure {
    let rows = Rows::new(results, spec);
    let title = spec.title.clone().unwrap_or_else(|| title.to_owned());
    let panels = rows.distinct(spec.panels.as_deref());
    if panels.len() <= 1 {
        return chart(spec, &rows, title).into();
    }
    let width = Width::of_panels(panels.len());
    let column = spec.panels.as_deref().unwrap_or_default();
    let panel = |name: &&str| chart(spec, &rows.only(Some(column), name), panel_title(column, name)).width(width);
    let charts: Vec<Chart> = panels.iter().map(panel).collect();
    Figure { title, columns: width.columns(charts.len()), panels: charts }
}

fn chart(spec: &FigureSpec, rows: &Rows, title: String) -> Chart {
    let axis = |column: &str, label: Option<&String>, logarithmic: bool, divide: f64| {
        let (name, unit) = describe(column);
        let values = rows.rows.iter().map(|row| rows.number(row, column) / divide);
        let whole =
            !logarithmic && values.filter(|value| value.is_finite()).all(|value| value.fract().abs() < f64::EPSILON);
        let scale = if logarithmic { Scale::Log10 } else { Scale::Linear };
        let axis = Axis { scale, whole, ..Axis::linear(label.cloned().unwrap_or(name)) };
        match unit {
            Some(unit) if label.is_none() => axis.unit(unit),
            _ => axis,
        }
    };
    let mut y = axis(&spec.y, spec.y_label.as_ref(), spec.y_log, spec.y_divide);
    y.range = spec.y_range.map(|[low, high]| (low, high));
    let chart = Chart::new(title, axis(&spec.x, spec.x_label.as_ref(), spec.x_log, spec.x_divide), y);
    match spec.kind {
        FigureKind::Curve | FigureKind::Frontier | FigureKind::Scatter => lines(spec, rows, chart),
        FigureKind::Heatmap => heatmap(spec, rows, chart),
        FigureKind::Phase => phase(spec, rows, chart),
    }
}

fn lines(spec: &FigureSpec, rows: &Rows, mut chart: Chart) -> Chart {
    let mut index = 0;
    for column in std::iter::once(&spec.y).chain(&spec.also) {
        for series in rows.distinct(spec.series.as_deref()) {
            let own = rows.only(spec.series.as_deref(), series);
            let label = if spec.also.is_empty() { series_label(spec, column, series) } else { describe(column).0 };
            chart = line(spec, &own, chart, column, label, SeriesStyle::new(index));
            index += 1;
        }
    }
    for (id, label) in overlays(spec) {
        for column in std::iter::once(&spec.y).chain(&spec.also) {
            for points in theory(spec, rows, &format!("{id}:{column}")) {
                chart = chart.with(Layer::Theory { label: label.clone(), points });
            }
        }
    }
    if spec.fit { fits(spec, rows, chart) } else { chart }
}

/// The overlays of a figure, each with its label.
pub(super) fn overlays(spec: &FigureSpec) -> Vec<(&str, String)> {
    let label = |(place, id): (usize, &String)| match &spec.overlay_label {
        Some(OneOrMany::One(label)) => label.clone(),
        Some(OneOrMany::Many(labels)) => labels.get(place).cloned().unwrap_or_else(|| id.clone()),
        None if id == CLOSED_FORM => "closed form".into(),
        None => id.clone(),
    };
    spec.overlay.iter().enumerate().map(|entry| (entry.1.as_str(), label(entry))).collect()
}

/// The title of a panel: numbers and booleans are meaningless without the name of their column.
fn panel_title(column: &str, value: &str) -> String {
    let is_bare = value.parse::<f64>().is_ok() || value.parse::<bool>().is_ok();
    if is_bare { with_column(column, value) } else { value_name(column, value) }
}

/// The label of a series in the legend.
fn series_label(spec: &FigureSpec, column: &str, series: &str) -> String {
    match spec.series.as_deref() {
        Some(name @ ("objective" | "target" | "evaluation" | "factor" | "role" | "source" | "measure")) => {
            value_name(name, series)
        }
        Some("model.angle_degrees") => format!("{} {series}°", short(&describe("model.angle_degrees").0)),
        Some(name) => with_column(name, series),
        None => describe(column).0,
    }
}

/// One series: points or a line or, if values repeat over replicates, their mean and band.
fn line(spec: &FigureSpec, rows: &Rows, chart: Chart, column: &str, label: String, style: SeriesStyle) -> Chart {
    let mut points: Vec<(f64, f64)> = rows
        .rows
        .iter()
        .map(|row| (rows.number(row, &spec.x) / spec.x_divide, rows.number(row, column) / spec.y_divide))
        .collect();
    if spec.kind == FigureKind::Scatter {
        return chart.with(Layer::Scatter { label, points, style });
    }
    let repeated = spec.kind == FigureKind::Curve && has_repeats(&points);
    let style = if points.len() > 15 || repeated { style.without_markers() } else { style };
    let mut chart = chart;
    if repeated {
        let (means, band) = summarise(&points);
        chart = chart.with(Layer::Band { points: band, style });
        points = means;
    } else if spec.kind == FigureKind::Curve {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    chart.with(Layer::Curve { label, points, style })
}

/// Power laws overlay + a·x^b, fitted by least squares in logarithms to the means over replicates that lie above the overlay.
fn fits(spec: &FigureSpec, rows: &Rows, mut chart: Chart) -> Chart {
    let overlay = format!("{}:{}", spec.overlay[0], spec.y);
    for series in rows.distinct(spec.series.as_deref()) {
        let own = rows.only(spec.series.as_deref(), series);
        let column = |name: &str| -> Vec<(f64, f64)> {
            let points: Vec<_> = own
                .rows
                .iter()
                .map(|row| (own.number(row, &spec.x) / spec.x_divide, own.number(row, name) / spec.y_divide))
                .collect();
            summarise(&points).0
        };
        let (measured, limit) = (column(&spec.y), column(&overlay));
        let logs: Vec<(f64, f64)> = measured
            .iter()
            .zip(&limit)
            .filter(|(point, limit)| point.0 > 0.0 && point.1 > limit.1)
            .map(|(point, limit)| (point.0.ln(), (point.1 - limit.1).ln()))
            .collect();
        let Some((factor, exponent)) = power_law(&logs) else { continue };
        let points = measured
            .iter()
            .zip(&limit)
            .map(|(point, limit)| (point.0, limit.1 + factor * point.0.powf(exponent)))
            .collect();
        let variable = symbol(&chart.x.label).unwrap_or("x");
        let label = format!("fit: limit + {factor:.2} {variable}^{{{exponent:.2}}}").replace('-', "−");
        chart = chart.with(Layer::Theory { label, points });
    }
    chart
}

/// a and b of y = a·x^b, fitted by least squares to the logarithms; `None` for fewer than two points.
fn power_law(logs: &[(f64, f64)]) -> Option<(f64, f64)> {
    if logs.len() < 2 {
        return None;
    }
    let (xs, ys): (Vec<f64>, Vec<f64>) = logs.iter().copied().unzip();
    let (x, y) = (xs.clone().mean(), ys.clone().mean());
    let spread: f64 = xs.iter().map(|value| (value - x).powi(2)).sum();
    let exponent = xs.iter().zip(&ys).map(|(a, b)| (a - x) * (b - y)).sum::<f64>() / spread;
    Some(((y - exponent * x).exp(), exponent))
}

/// The theory lines, one for each distinct curve: series that agree share one.
fn theory(spec: &FigureSpec, rows: &Rows, column: &str) -> Vec<Vec<(f64, f64)>> {
    let mut courses: Vec<Vec<(f64, f64)>> = Vec::new();
    let together = spec.kind == FigureKind::Scatter;
    for series in if together { vec![""] } else { rows.distinct(spec.series.as_deref()) } {
        let own = rows.only(if together { None } else { spec.series.as_deref() }, series);
        let mut points: Vec<(f64, f64)> = own
            .rows
            .iter()
            .map(|row| (own.number(row, &spec.x) / spec.x_divide, own.number(row, column) / spec.y_divide))
            .filter(|point| point.0.is_finite() && point.1.is_finite())
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        points.dedup();
        if !points.is_empty() && !courses.contains(&points) {
            courses.push(points);
        }
    }
    courses
}

fn heatmap(spec: &FigureSpec, rows: &Rows, chart: Chart) -> Chart {
    let (xs, ys) = grid(spec, rows);
    let value = spec.value.as_deref().unwrap_or_default();
    let values = fill(spec, rows, &xs, &ys, |row| rows.number(row, value));
    let (name, unit) = describe(value);
    let mut axis = Axis::linear(name);
    axis.unit = unit.map(str::to_owned);
    let chart = chart.with(Layer::Heatmap(Box::new(Heatmap {
        x: Cells::Centres(xs),
        y: Cells::Centres(ys),
        values,
        colours: ColourScale::Sequential(axis),
    })));
    boundaries(spec, rows, chart)
}

/// Which series keep the value: one category per combination that occurs.
fn phase(spec: &FigureSpec, rows: &Rows, chart: Chart) -> Chart {
    let (xs, ys) = grid(spec, rows);
    let series = rows.distinct(spec.series.as_deref());
    let value = spec.value.as_deref().unwrap_or_default();
    let mut keepers: Vec<Vec<&str>> = vec![Vec::new(); xs.len() * ys.len()];
    for name in &series {
        let own = rows.only(spec.series.as_deref(), name);
        let kept = fill(spec, &own, &xs, &ys, |row| f64::from(u8::from(own.number(row, value) > spec.threshold)));
        for (cell, kept) in keepers.iter_mut().zip(kept) {
            if kept > 0.5 {
                cell.push(name);
            }
        }
    }
    let mut combinations: Vec<Vec<&str>> = keepers.clone();
    combinations.sort_by_key(|names| {
        (
            std::cmp::Reverse(names.len()),
            names.iter().map(|name| series.iter().position(|other| other == name)).collect::<Vec<_>>(),
        )
    });
    combinations.dedup();
    let label = |names: &Vec<&str>| match names.len() {
        0 if series.len() == 1 => "signal lost".to_owned(),
        0 => "none keeps the signal".to_owned(),
        1 if series.len() == 1 => "signal kept".to_owned(),
        count if count == series.len() => "all keep the signal".to_owned(),
        _ => names.iter().map(|name| series_label(spec, value, name)).collect::<Vec<_>>().join(", "),
    };
    let values =
        keepers.iter().map(|names| combinations.iter().position(|other| other == names).unwrap_or(0) as f64).collect();
    let colours = ColourScale::Categories(combinations.iter().map(label).collect());
    let chart =
        chart.with(Layer::Heatmap(Box::new(Heatmap { x: Cells::Centres(xs), y: Cells::Centres(ys), values, colours })));
    boundaries(spec, rows, chart)
}

/// Zero contours of the theoretical margin, one per series.
fn boundaries(spec: &FigureSpec, rows: &Rows, mut chart: Chart) -> Chart {
    let (xs, ys) = grid(spec, rows);
    let several = rows.distinct(spec.series.as_deref()).len() > 1;
    for (id, label) in overlays(spec) {
        for name in rows.distinct(spec.series.as_deref()) {
            let own = rows.only(spec.series.as_deref(), name);
            let margin = fill(spec, &own, &xs, &ys, |row| own.number(row, &format!("{id}:{MARGIN}")));
            let points = zero_contour(&xs, &ys, &margin, spec.x_log, spec.y_log);
            if points.len() > 1 {
                let whose = if several { format!("theory: {}", series_label(spec, "", name)) } else { label.clone() };
                chart = chart.with(Layer::Boundary { label: whose, points });
            }
        }
    }
    chart
}

/// Where a function on a grid changes sign, by linear interpolation along rows and columns on the axes' own scales.
fn zero_contour(xs: &[f64], ys: &[f64], values: &[f64], x_log: bool, y_log: bool) -> Vec<(f64, f64)> {
    let at = |i: usize, j: usize| values[j * xs.len() + i];
    let between = |a: f64, b: f64, share: f64, logarithmic: bool| {
        if logarithmic { (a.ln() + (b.ln() - a.ln()) * share).exp() } else { a + (b - a) * share }
    };
    let mut points = Vec::new();
    for j in 0..ys.len() {
        for i in 0..xs.len() {
            for (k, l) in [(i + 1, j), (i, j + 1)] {
                if k < xs.len() && l < ys.len() {
                    let (low, high) = (at(i, j), at(k, l));
                    if (low < 0.0) != (high < 0.0) && low.is_finite() && high.is_finite() {
                        let share = low / (low - high);
                        points.push((between(xs[i], xs[k], share, x_log), between(ys[j], ys[l], share, y_log)));
                    }
                }
            }
        }
    }
    points.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0)));
    points
}

/// The distinct coordinates of a heatmap, ascending.
fn grid(spec: &FigureSpec, rows: &Rows) -> (Vec<f64>, Vec<f64>) {
    let coordinates = |column: &str, divide: f64| {
        let mut values: Vec<f64> =
            rows.rows.iter().map(|row| rows.number(row, column) / divide).filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    };
    (coordinates(&spec.x, spec.x_divide), coordinates(&spec.y, spec.y_divide))
}

fn fill(spec: &FigureSpec, rows: &Rows, xs: &[f64], ys: &[f64], value: impl Fn(&[String]) -> f64) -> Vec<f64> {
    let mut values = vec![f64::NAN; xs.len() * ys.len()];
    let place = |values: &[f64], wanted: f64| values.iter().position(|value| value.total_cmp(&wanted).is_eq());
    for row in &rows.rows {
        let (x, y) = (rows.number(row, &spec.x) / spec.x_divide, rows.number(row, &spec.y) / spec.y_divide);
        if let (Some(i), Some(j)) = (place(xs, x), place(ys, y)) {
            values[j * xs.len() + i] = value(row);
        }
    }
    values
}

fn matches(wanted: &Value, text: &str) -> bool {
    match wanted {
        Value::String(word) => word == text,
        Value::Array(values) => values.iter().any(|value| matches(value, text)),
        Value::Number(number) => text
            .parse::<f64>()
            .is_ok_and(|value| number.as_f64().is_some_and(|number| (value - number).abs() <= 1e-12 * number.abs())),
        _ => false,
    }
}

#[expect(clippy::float_cmp, reason = "grid values repeat exactly")]
fn has_repeats(points: &[(f64, f64)]) -> bool {
    let mut xs: Vec<f64> = points.iter().map(|point| point.0).collect();
    xs.sort_by(f64::total_cmp);
    xs.windows(2).any(|pair| pair[0] == pair[1])
}

/// Mean and central 90% of the values at each x.
#[expect(clippy::type_complexity, reason = "a curve and its band")]
fn summarise(points: &[(f64, f64)]) -> (Vec<(f64, f64)>, Vec<(f64, f64, f64)>) {
    let mut groups: BTreeMap<u64, (f64, Vec<f64>)> = BTreeMap::new();
    for &(x, y) in points.iter().filter(|point| point.1.is_finite()) {
        groups.entry(x.to_bits()).or_insert_with(|| (x, Vec::new())).1.push(y);
    }
    let mut groups: Vec<(f64, Vec<f64>)> = groups.into_values().collect();
    groups.sort_by(|a, b| a.0.total_cmp(&b.0));
    groups
        .into_iter()
        .map(|(x, values)| {
            let mean = values.iter().mean();
            let mut data = Data::new(values);
            ((x, mean), (x, data.quantile(BAND[0]), data.quantile(BAND[1])))
        })
        .unzip()
}

/// A value followed by the short name of its column.
fn with_column(column: &str, value: &str) -> String {
    format!("{} {value}", short(&describe(column).0))
}

/// The label before a value in a legend: its symbol, if it has one.
fn short(label: &str) -> String {
    symbol(label).map_or_else(|| label.to_owned(), |symbol| format!("{symbol} ="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_of_numbers_are_named() {
        assert_eq!(panel_title("embedding dimension d", "12"), "d = 12");
        assert_eq!(panel_title("causal dependence", "true"), "causal dependence true");
        assert_eq!(panel_title("objective", "cca"), "CCA");
    }

    #[test]
    fn a_contour_lies_where_the_sign_changes() {
        let xs = [1.0, 2.0, 4.0];
        let ys = [1.0, 2.0];
        // log2(x) − 0.5, the same for both y: zero at √2.
        let values = [-0.5, 0.5, 1.5, -0.5, 0.5, 1.5];
        for (x, _) in zero_contour(&xs, &ys, &values, true, true) {
            assert!((x - 2.0_f64.sqrt()).abs() < 1e-12);
        }
    }

    #[test]
    fn a_power_law_is_recovered() {
        let logs: Vec<(f64, f64)> = (1..6).map(f64::from).map(|x| (x.ln(), (3.0 * x.powf(-0.7)).ln())).collect();
        let (factor, exponent) = power_law(&logs).expect("five points");
        assert!((factor - 3.0).abs() < 1e-12 && (exponent + 0.7).abs() < 1e-12);
        assert!(power_law(&logs[..1]).is_none());
    }

    #[test]
    fn replicates_become_a_mean_and_a_band() {
        let points: Vec<(f64, f64)> = (0..=20).map(|i| (1.0, f64::from(i))).collect();
        let (means, band) = summarise(&points);
        assert_eq!(means, [(1.0, 10.0)]);
        // Median-unbiased quantiles (Hyndman and Fan's type 8): positions 21⅓·q + ⅓, from one.
        let [(_, low, high)] = band[..] else { panic!("one x, one interval") };
        assert!((low - 0.4).abs() < 1e-12 && (high - 19.6).abs() < 1e-12);
    }
}
