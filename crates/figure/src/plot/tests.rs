//! The module through its public face.

use super::*;

fn line(label: &str, points: Vec<(f64, f64)>) -> Layer {
    Layer::Curve { label: label.into(), points, style: SeriesStyle::new(0) }
}

fn chart(layers: Vec<Layer>) -> Chart {
    Chart { layers, ..Chart::new("Title", Axis::linear("time").unit("s"), Axis::linear("height").unit("m")) }
}

fn cells(colours: ColourScale, values: Vec<f64>) -> Layer {
    let (x, y) = (Cells::Centres(vec![0.1, 1.0, 10.0]), Cells::Edges(vec![1.0, 2.0, 3.0]));
    Layer::Heatmap(Box::new(Heatmap { x, y, values, colours }))
}

fn everything() -> Figure {
    let ramp: Vec<(f64, f64)> = (0..30).map(|i| (f64::from(i), f64::from(i * i))).collect();
    let first = chart(vec![
        line("a curve", ramp.clone()),
        Layer::Band {
            points: ramp.iter().map(|p| (p.0, p.1 - 20.0, p.1 + 20.0)).collect(),
            style: SeriesStyle::new(0),
        },
        Layer::Scatter { label: "a cloud".into(), points: ramp.clone(), style: SeriesStyle::new(1) },
        Layer::Theory { label: "a theory".into(), points: ramp },
        Layer::ReferenceLine { direction: Direction::Horizontal, at: 500.0, label: "a reference".into() },
    ]);
    let names = vec!["first phase".to_owned(), "second <phase>".to_owned()];
    let second = Chart::new("Phases", Axis::log10("noise"), Axis::linear("dimension"))
        .with(cells(ColourScale::Categories(names), vec![0.0, 1.0, 1.0, 0.0, 0.0, f64::NAN]))
        .with(Layer::Boundary { label: "a boundary".into(), points: vec![(0.1, 1.0), (10.0, 3.0)] });
    let third = Chart::new("Map", Axis::log10("noise"), Axis::linear("dimension"))
        .with(cells(ColourScale::Sequential(Axis::linear("gain").unit("nats")), vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
    Figure {
        title: "All & sundry".into(),
        panels: vec![first, second, third].into_iter().map(|c| c.width(Width::DoubleColumn)).collect(),
        columns: 2,
    }
}

#[test]
fn svg_holds_all_labels_and_the_font_list() {
    let svg = render_svg(&everything()).unwrap();
    for text in [
        "All &amp; sundry",
        "(a) Title",
        "(b) Phases",
        "(c) Map",
        "time (s)",
        "height (m)",
        "a curve",
        "a cloud",
        "a theory",
        "a reference",
        "first phase",
        "second &lt;phase&gt;",
        "no data",
        "a boundary",
        "gain (nats)",
        "10⁰",
        "font-family=\"DejaVu Sans, ",
        ", sans-serif\"",
        "width=\"7in\"",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert_eq!(svg.matches("<svg").count(), 1);
    assert_eq!(svg.matches("</svg>").count(), 1);
    assert_eq!(svg.matches("<image").count(), 3);
    assert!(!svg.contains("NaN") && !svg.contains("inf\""));
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    let figure = everything();
    assert_eq!(render_svg(&figure).unwrap(), render_svg(&figure.clone()).unwrap());
    assert_eq!(render_png(&figure, 0.5).unwrap(), render_png(&figure.clone(), 0.5).unwrap());
    let pdf = || Drawing::new(&figure).unwrap().pdf().unwrap();
    assert!(pdf() == pdf());
}

#[test]
fn pdf_has_the_size_of_the_page_and_no_date() {
    let pdf = Drawing::new(&everything()).unwrap().pdf().unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.starts_with("%PDF-1.") && text.contains("/MediaBox[0 0 504 "));
    assert!(text.contains("DejaVuSans") && text.contains("/FontFile2"));
    assert!(!text.contains("CreationDate") && !text.contains("CreateDate"));
}

#[test]
fn repeated_theories_differ_in_their_dashes() {
    let theory =
        |label: &str, level: f64| Layer::Theory { label: label.into(), points: vec![(0.0, level), (1.0, level)] };
    let dashes = |layers: Vec<Layer>| render_svg(&chart(layers).into()).unwrap().matches("stroke=\"#1A1A1A\"").count();
    let same = dashes(vec![theory("one", 0.0), theory("one", 1.0)]);
    assert!(dashes(vec![theory("one", 0.0), theory("two", 1.0)]) > same);
}

#[test]
fn png_has_the_size_of_its_scale_and_records_it() {
    let png = render_png(&chart(vec![line("l", vec![(0.0, 0.0), (1.0, 1.0)])]).into(), 1.0).unwrap();
    assert_eq!(&png[1..4], b"PNG");
    assert_eq!(u32::from_be_bytes([png[16], png[17], png[18], png[19]]), 1020);
    assert!(png.windows(4).any(|w| w == b"pHYs"));
}

#[test]
fn curves_break_at_missing_points() {
    let data_lines = |points: Vec<(f64, f64)>| {
        let bare = Layer::Curve { label: String::new(), points, style: SeriesStyle::new(0).without_markers() };
        render_svg(&chart(vec![bare]).into()).unwrap().matches("stroke=\"#0072B2\"").count()
    };
    let whole: Vec<(f64, f64)> = (0..5).map(|i| (f64::from(i), 1.0 + f64::from(i))).collect();
    assert_eq!(data_lines(whole.clone()), 1);
    for missing in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut broken = whole.clone();
        broken[2].1 = missing;
        assert_eq!(data_lines(broken), 2);
    }
}

#[test]
fn single_and_equal_points_are_drawn() {
    for points in [
        vec![(2.0, 3.0)],
        vec![(0.0, 0.0); 3],
        vec![(1.0, 1e-300), (2.0, 2e-300)],
        vec![(1e15, 1.0), (1e15 + 1.0, 2.0)],
    ] {
        let layer = Layer::Scatter { label: "points".into(), points, style: SeriesStyle::new(2) };
        assert!(render_svg(&chart(vec![layer]).into()).is_ok());
    }
}

#[test]
fn log_axes_leave_out_what_is_not_positive() {
    let mut figure = chart(vec![line("l", vec![(1.0, -1.0), (2.0, 10.0), (3.0, 0.0), (4.0, 1000.0)])]);
    figure.y = Axis::log10("loss");
    assert!(render_svg(&figure.clone().into()).unwrap().contains("10²"));
    figure.layers = vec![line("negative", vec![(1.0, -1.0)])];
    let error = render_svg(&figure.into()).unwrap_err();
    assert!(matches!(&error, FigureError::EmptySeries { layer, .. } if layer.contains("negative")), "{error}");
}

#[test]
fn impossible_figures_are_errors() {
    let good = || chart(vec![line("l", vec![(0.0, 0.0), (1.0, 1.0)])]);
    let fail = |figure: Figure| render_svg(&figure).unwrap_err();
    assert!(matches!(fail(Figure::default()), FigureError::EmptyGrid { .. }));
    assert!(matches!(fail(Figure { columns: 0, ..good().into() }), FigureError::EmptyGrid { .. }));
    assert!(matches!(fail(chart(Vec::new()).into()), FigureError::EmptyChart { .. }));
    assert!(matches!(fail(chart(vec![line("void", vec![(f64::NAN, 1.0)])]).into()), FigureError::EmptySeries { .. }));
    let narrow = Figure { panels: vec![good(); 6], columns: 6, title: String::new() };
    assert!(matches!(fail(narrow), FigureError::TooNarrow { .. }));
    let map = |colours, values| fail(chart(vec![cells(colours, values)]).into());
    let bar = || ColourScale::Sequential(Axis::default());
    assert!(matches!(map(bar(), vec![0.0]), FigureError::CellCount { columns: 3, rows: 2, values: 1 }));
    let phases = ColourScale::Categories(vec!["only".into()]);
    assert!(matches!(map(phases, vec![0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), FigureError::UnknownCategory { index: 2, .. }));
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 100.0] {
        assert!(matches!(render_png(&good().into(), scale), Err(FigureError::Scale { .. })), "{scale}");
    }
}

#[test]
fn maps_without_any_value_are_drawn_as_no_data() {
    let layer = cells(ColourScale::Sequential(Axis::linear("gain")), vec![f64::NAN; 6]);
    assert!(render_svg(&chart(vec![layer]).into()).unwrap().contains("no data"));
}

#[test]
fn repeated_legends_are_shown_once() {
    let panel = chart(vec![line("the series", vec![(0.0, 0.0), (1.0, 1.0)])]);
    let figure =
        Figure { panels: vec![panel.clone().width(Width::DoubleColumn), panel], columns: 2, title: String::new() };
    assert_eq!(render_svg(&figure).unwrap().matches("the series").count(), 1);
}

#[test]
fn long_texts_are_wrapped_or_shortened_into_the_page() {
    let long = "an exceedingly long description of everything that could be said about it ".repeat(5);
    let mut figure = chart(vec![line(&long, vec![(0.0, 0.0), (1.0, 1.0)])]).subtitle(&*long);
    figure.title.clone_from(&long);
    (figure.x.label, figure.y.label) = (long.clone(), long);
    for width in [Width::SingleColumn, Width::DoubleColumn, Width::Slide] {
        for legend in [Legend::Auto, Legend::Direct] {
            let svg = render_svg(&figure.clone().width(width).legend(legend).into()).unwrap();
            assert!(svg.contains('…'));
        }
    }
}
