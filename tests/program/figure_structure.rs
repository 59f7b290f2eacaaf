//! The content of theory figures: series, ranges and labels, as snapshots. A change of drawing style leaves them unchanged.

use alignloss::experiment::{Experiment, Run, Shard, Store};
use alignloss_figure::{ColourScale, Drawing, Figure, Layer, Theme, Width, compose};
use std::fmt::Write as _;

/// The figure of this index of an experiment file, its text changed beforehand.
fn figure(name: &str, index: usize, change: impl Fn(String) -> String) -> Figure {
    let source = std::fs::read_to_string(crate::repository().join(format!("experiments/{name}.toml")))
        .expect("an experiment file");
    let experiment = Experiment::parse(name, &change(source)).expect("a good file");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = Run::new(&experiment);
    let store = Store::open(folder.path(), &experiment, run.parts(), true).expect("a store");
    run.execute(&store, Shard::WHOLE, |_| ()).expect("a run");
    compose(&experiment, &experiment.figures()[index], &store.read().expect("results"))
}

fn as_is(source: String) -> String {
    source
}

/// Three digits: enough to notice a changed figure, too few to notice another processor.
fn span(values: impl Iterator<Item = f64>) -> String {
    let (low, high) = values.filter(|v| v.is_finite()).fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
    format!("{low:.3} … {high:.3}")
}

fn structure(figure: &Figure) -> String {
    let mut text = format!("{:?}, {} per row\n", figure.title, figure.columns);
    for panel in &figure.panels {
        let _ = writeln!(
            text,
            "{:?}: {} ({:?}) / {} ({:?})",
            panel.title,
            panel.x.title(),
            panel.x.scale,
            panel.y.title(),
            panel.y.scale
        );
        for layer in &panel.layers {
            let mut line = |kind: &str, label: &str, points: &[(f64, f64)]| {
                let (x, y) = (span(points.iter().map(|p| p.0)), span(points.iter().map(|p| p.1)));
                let _ = writeln!(text, "  {kind} {label:?}: {} points, x {x}, y {y}", points.len());
            };
            match layer {
                Layer::Curve { label, points, .. } => line("curve", label, points),
                Layer::Scatter { label, points, .. } => line("scatter", label, points),
                Layer::Theory { label, points } => line("theory", label, points),
                Layer::Boundary { label, points } => line("boundary", label, points),
                Layer::Heatmap(map) => {
                    let ColourScale::Categories(names) = &map.colours else { panic!("no categories") };
                    let _ = writeln!(text, "  {} cells: {}", map.values.len(), names.join(" | "));
                }
                Layer::Band { .. } | Layer::ReferenceLine { .. } => {}
            }
        }
    }
    text
}

#[test]
fn curves_under_a_bound() {
    insta::assert_snapshot!(structure(&figure("canonical-correlation", 1, as_is)));
}

#[test]
fn a_phase_diagram() {
    let coarse = |source: String| source.replace("steps = 60", "steps = 12");
    insta::assert_snapshot!(structure(&figure("phase-diagram", 0, coarse)));
}

#[test]
fn a_trade_off() {
    let coarse = |source: String| source.replace("steps = 201", "steps = 11");
    insta::assert_snapshot!(structure(&figure("pareto", 0, coarse)));
    insta::assert_snapshot!(structure(&figure("pareto", 1, coarse)));
}

#[test]
fn towers_of_any_functions() {
    insta::assert_snapshot!(structure(&figure("hermite", 0, as_is)));
}

/// An SVG without its colours.
fn colourless(svg: &str) -> String {
    let mut parts = svg.split("\"#");
    let first = parts.next().unwrap_or_default();
    parts.fold(first.to_owned(), |text, part| text + "\"#" + &part["RRGGBB".len()..])
}

/// The words of all texts, sorted: lines may break elsewhere.
fn words(svg: &str) -> Vec<String> {
    let texts = svg.split("<text").skip(1).filter_map(|text| text.split_once('>')?.1.split_once("</text>"));
    let mut words: Vec<String> =
        texts.flat_map(|(text, _)| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    words.sort();
    words
}

#[test]
fn a_dark_page_differs_in_its_colours_only() {
    let figure = figure("canonical-correlation", 1, as_is);
    let svg = |theme| Drawing::new(&figure.clone().on(None, theme)).expect("a drawing").svg().to_owned();
    let (light, dark) = (svg(Theme::Light), svg(Theme::Dark));
    assert_ne!(light, dark);
    assert_eq!(colourless(&light), colourless(&dark));
}

#[test]
fn other_sizes_show_the_same_data_and_say_the_same() {
    let figure = figure("canonical-correlation", 1, as_is);
    let before = structure(&figure);
    let labels =
        |svg: &str| -> Vec<String> { words(svg).into_iter().filter(|word| word.parse::<f64>().is_err()).collect() };
    let svg = |width| Drawing::new(&figure.clone().on(Some(width), Theme::Light)).expect("a drawing").svg().to_owned();
    let single = labels(&svg(Width::SingleColumn));
    assert!(single.iter().any(|word| word.contains("leakage")));
    for width in [Width::DoubleColumn, Width::Slide] {
        assert_eq!(labels(&svg(width)), single, "{width:?}");
        assert_eq!(structure(&figure.clone().on(Some(width), Theme::Dark)), before);
    }
}
