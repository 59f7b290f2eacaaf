//! Pictures in the house style, compared with small references: curves with bands and theory, cells with a colour bar
//! and a boundary, named regions, a slide. For a deliberate change of style: `UPDATE_PICTURES=1 cargo test --release
//! --test figure_pictures`, then look at `tests/fixtures/figures` before committing.

use alignloss_figure::{
    Axis, Cells, Chart, ColourScale, Direction, Drawing, Figure, Heatmap, Layer, SeriesStyle, Theme, Width,
};

/// Pixels of 300 dpi: enough to see a label move by a point.
const SCALE: f64 = 0.3;
/// The mean difference of channels, of 255, that rasterisers of other processors may show.
const MEAN: f64 = 0.6;
/// The share of pixels that may differ visibly after blurring, where an edge falls between pixels.
const VISIBLE: f64 = 0.002;

struct Picture {
    width: usize,
    rgb: Vec<u8>,
}

fn decode(bytes: &[u8]) -> Picture {
    let mut reader = png::Decoder::new(bytes).read_info().expect("a PNG");
    let mut rgb = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut rgb).expect("a picture");
    Picture { width: info.width as usize, rgb }
}

/// Channels averaged over three by three pixels.
fn blurred(picture: &Picture) -> Vec<f64> {
    let stride = picture.width * 3;
    let at = |i: usize| f64::from(picture.rgb.get(i).copied().unwrap_or(255));
    (0..picture.rgb.len())
        .map(|i| {
            let near = [0, 3, 6].into_iter().flat_map(|dx| [0, stride, 2 * stride].map(|dy| at(i + dx + dy)));
            near.sum::<f64>() / 9.0
        })
        .collect()
}

fn compare(name: &str, figure: &Figure) {
    let drawing = Drawing::new(figure).expect("a drawing");
    let bytes = drawing.png(SCALE).expect("a picture");
    let path = crate::repository().join(format!("tests/fixtures/figures/{name}.png"));
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(&path, &bytes).expect("writable");
        return;
    }
    let reference = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (drawn, expected) = (decode(&bytes), decode(&reference));
    assert_eq!((drawn.width, drawn.rgb.len()), (expected.width, expected.rgb.len()), "{name}: another size");
    let differences: Vec<f64> =
        blurred(&drawn).into_iter().zip(blurred(&expected)).map(|(a, b)| (a - b).abs()).collect();
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let visible = differences.iter().filter(|difference| **difference > 40.0).count() as f64 / count;
    assert!(mean <= MEAN && visible <= VISIBLE, "{name}: mean difference {mean:.3}, visible share {visible:.5}");
    assert!(bytes == drawing.png(SCALE).expect("a picture"), "{name}: another picture the second time");
    assert!(
        drawing.pdf().expect("a PDF") == Drawing::new(figure).expect("a drawing").pdf().expect("a PDF"),
        "{name}: another PDF"
    );
}

fn curves() -> Chart {
    let wave = |phase: f64| (0..40).map(move |i| (f64::from(i) / 4.0, (f64::from(i) / 8.0 + phase).sin() + 1.5));
    let mut chart =
        Chart::new("Curves, bands and theory", Axis::linear("time t"), Axis::linear("value σ_{w}^{2}").unit("nats"));
    for (index, label) in ["first", "second", "third"].into_iter().enumerate() {
        let points: Vec<(f64, f64)> = wave(index as f64 * 0.7).collect();
        let style = SeriesStyle::new(index);
        let band = points.iter().map(|p| (p.0, p.1 - 0.15, p.1 + 0.1)).collect();
        chart =
            chart.with(Layer::Band { points: band, style }).with(Layer::Curve { label: label.into(), points, style });
    }
    for (label, level) in [("a bound", 2.6), ("another", 0.2)] {
        chart = chart.with(Layer::Theory { label: label.into(), points: vec![(0.0, level), (9.75, level)] });
    }
    chart.with(Layer::ReferenceLine { direction: Direction::Vertical, at: 5.0, label: "threshold".into() })
}

fn cells(colours: ColourScale, value: impl Fn(f64, f64) -> f64) -> Chart {
    let at: Vec<f64> = (0..20).map(|i| 10f64.powf(f64::from(i) / 10.0)).collect();
    let values = at.iter().flat_map(|y| at.iter().map(|x| value(*x, *y)).collect::<Vec<_>>()).collect();
    let map = Heatmap { x: Cells::Centres(at.clone()), y: Cells::Centres(at.clone()), values, colours };
    Chart::new("Cells", Axis::log10("ratio ρ_{n} / ρ_{s}"), Axis::log10("noise ψ"))
        .with(Layer::Heatmap(Box::new(map)))
        .with(Layer::Boundary { label: "theory: x = y".into(), points: vec![(1.0, 1.0), (79.0, 79.0)] })
}

#[test]
fn curves_on_a_column() {
    compare("curves", &curves().into());
    compare("curves-dark", &Figure::from(curves()).on(None, Theme::Dark));
}

#[test]
fn curves_on_a_slide() {
    compare("curves-slide", &Figure::from(curves()).on(Some(Width::Slide), Theme::Light));
}

#[test]
fn cells_with_a_colour_bar() {
    let colours = ColourScale::Sequential(Axis::linear("information").unit("nats"));
    compare("colour-bar", &cells(colours, |x, y| (x / y).ln()).into());
}

#[test]
fn regions_bear_their_names() {
    let names = ColourScale::Categories(vec!["below".into(), "above the line".into()]);
    let figure: Figure = cells(names, |x, y| f64::from(u8::from(y > x))).into();
    compare("regions", &figure);
    let svg = Drawing::new(&figure).expect("a drawing").svg().to_owned();
    // Neither name needs a legend key: the only swatch-like outlines would be polygons.
    assert_eq!(svg.matches("above the line").count() + svg.matches("below").count(), 2);
    assert!(!svg.contains("<polygon"));
}

#[test]
fn panels_share_one_legend() {
    let panels = vec![curves(), curves(), curves()];
    let figure = Figure { title: "Three panels".into(), panels, columns: 1 };
    compare("panels", &figure.on(Some(Width::DoubleColumn), Theme::Light));
}
