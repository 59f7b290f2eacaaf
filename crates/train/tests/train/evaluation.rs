//! Measures of embeddings with known answers.

use alignloss::information::Pair;
use alignloss::learner::ClosedForm;
use alignloss::model::{Format, LatentModel};
use alignloss::objective::Spectral;
use alignloss_train::data::{DataSpec, Evaluation, Factor, Kind, Observations, Paired, Role};
use alignloss_train::evaluation::{Embeddings, EvaluationError, EvaluationSpec, Measurement, evaluate};
use nalgebra::DMatrix;

/// A view as samples × channels.
fn view(part: &Paired, m: usize) -> DMatrix<f64> {
    let values = part.views[m].values.iter().map(|&value| f64::from(value));
    DMatrix::from_row_iterator(part.count(), part.views[m].width(), values)
}

fn measured(
    spec: &EvaluationSpec,
    data: &Evaluation,
    encode: impl Fn(&Paired) -> Embeddings,
) -> Result<Vec<Measurement>, EvaluationError> {
    let embeddings = [encode(&data.train), encode(&data.validation), encode(&data.test)];
    let [train, validation, test] = &embeddings;
    evaluate(spec, data, [train, validation, test], None, 3)
}

/// Fewer landmarks than by default: the relations here are simple.
fn quick() -> EvaluationSpec {
    EvaluationSpec { landmarks: 100, ..EvaluationSpec::default() }
}

fn find<'a>(found: &'a [Measurement], measure: &str, factor: Option<&str>, source: &str) -> &'a Measurement {
    found
        .iter()
        .find(|m| m.measure == measure && m.factor.as_deref() == factor && m.source == source)
        .unwrap_or_else(|| panic!("no {measure} of {factor:?} from {source}"))
}

const MODEL: &str =
    "[family]\nkind = \"interfering\"\nshared = 2\nprivate = [2, 2]\nangle_degrees = 60.0\nnoise = [0.3, 0.2]\n";

fn linear_data() -> Evaluation {
    let model = MODEL.replace("[family]", "[model.family]");
    let sizes = "sizes = { train = 3000, validation = 600, test = 2000 }";
    let spec: DataSpec = toml::from_str(&format!("kind = \"linear\"\n{sizes}\n{model}")).expect("a specification");
    spec.open(None).and_then(|source| source.evaluation(1)).expect("a model")
}

#[test]
fn linear_encoders_keep_what_the_linear_theory_predicts() {
    let data = linear_data();
    let model = LatentModel::parse(MODEL, Format::Toml).unwrap();
    let pair = Pair::new(model.observed(0), model.observed(1)).unwrap();
    let encoders = ClosedForm::new(&pair, &[], 0).minimise(&Spectral, 2).unwrap().encoders;
    let encode = |part: &Paired| Embeddings {
        first: view(part, 0) * encoders.first.transpose(),
        second: view(part, 1) * encoders.second.transpose(),
    };
    let found = measured(&quick(), &data, encode).unwrap();
    for factor in ["shared", "private 1", "private 2"] {
        for source in ["z1", "z2", "both"] {
            let predicted = find(&found, "theory.spectral.r2", Some(factor), source).value;
            for probe in ["ridge", "kernel"] {
                let seen = find(&found, &format!("{probe}.r2"), Some(factor), source);
                assert!((seen.value - predicted).abs() < 0.03, "{probe} {factor} {source}: {} {predicted}", seen.value);
                let (low, high) = (seen.low.unwrap(), seen.high.unwrap());
                assert!(low <= seen.value && seen.value <= high && high - low < 0.1, "{seen:?}");
            }
        }
    }
    // The trace of what is aligned is Σρ².
    let exact: f64 = pair.canonical_correlations()[..2].iter().map(|rho| rho * rho).sum();
    for source in ["z1", "z2"] {
        let aligned =
            find(&found, "capacity.aligned", Some(if source == "z1" { "private 1" } else { "private 2" }), source);
        assert!((aligned.value - exact).abs() < 0.05, "{aligned:?} {exact}");
    }
    for m in found.iter().filter(|m| m.measure == "lipschitz.slack") {
        assert!(m.value > -0.01, "{m:?}");
    }
    let recall = find(&found, "recall@10", None, "z1").value;
    assert!(recall > 2.0 * 10.0 / 256.0, "better than chance: {recall}");
}

/// Pairs of given views and factors (entries × samples), cut into parts.
fn by_hand(views: [&DMatrix<f64>; 2], factors: &[(&str, Role, Kind, &DMatrix<f64>)]) -> Evaluation {
    #[expect(clippy::cast_possible_truncation, reason = "single precision is what views have")]
    let observations = |x: &DMatrix<f64>| Observations {
        shape: vec![x.nrows()],
        values: x.iter().map(|&value| value as f32).collect(),
    };
    let whole = Paired {
        views: [observations(views[0]), observations(views[1])],
        factors: factors
            .iter()
            .map(|&(name, role, kind, values)| Factor {
                name: name.into(),
                role,
                kind,
                dims: values.nrows(),
                values: values.as_slice().to_vec(),
            })
            .collect(),
    };
    let n = whole.count();
    let part = |from: usize, to: usize| whole.select(&(from..to).collect::<Vec<_>>());
    Evaluation { train: part(0, n / 2), validation: part(n / 2, n / 2 + n / 6), test: part(n / 2 + n / 6, n) }
}

fn normal(rows: usize, columns: usize, cell: u64) -> DMatrix<f64> {
    let mut draws = DMatrix::zeros(rows, columns);
    let stream = alignloss::random::Stream { seed: 8, experiment: "evaluation test", cell, replicate: 0 };
    alignloss::random::fill_standard_normal(&mut stream.generator(), draws.as_mut_slice());
    draws
}

fn stacked(blocks: &[&DMatrix<f64>]) -> DMatrix<f64> {
    let rows: Vec<_> = blocks.iter().flat_map(|block| block.row_iter().map(nalgebra::Matrix::into_owned)).collect();
    DMatrix::from_rows(&rows)
}

#[test]
fn the_capacity_law_is_attained_and_fails_where_its_hypothesis_does() {
    // A nonlinear encoder of x1 = (s, u): z1 = (s³, sign(u)·u²); x2 = (s, v). Both dimensions are spent: one on each side.
    let (s, u, v) = (normal(1, 6000, 0), normal(1, 6000, 1), normal(1, 6000, 2));
    let factors = [
        ("s", Role::Shared, Kind::Regression, &s),
        ("u", Role::PrivateFirst, Kind::Regression, &u),
        ("s again", Role::PrivateFirst, Kind::Regression, &s),
    ];
    let data = by_hand([&stacked(&[&s, &u]), &stacked(&[&s, &v])], &factors);
    let encode = |part: &Paired| {
        let (first, second) = (view(part, 0), view(part, 1));
        let bent = DMatrix::from_fn(part.count(), 2, |i, j| {
            let x = first[(i, j)];
            if j == 0 { 0.3 * x * x * x + x } else { x * x.abs() }
        });
        Embeddings { first: bent, second }
    };
    let found = measured(&quick(), &data, encode).unwrap();
    let total = find(&found, "capacity.total", Some("u"), "z1");
    assert!((total.value - 2.0).abs() < 0.02, "{total:?}");
    assert!((find(&found, "capacity.aligned", Some("u"), "z1").value - 1.0).abs() < 0.01);
    assert!((find(&found, "capacity.dimension", Some("u"), "z1").value - 2.0).abs() < f64::EPSILON);
    // A factor that is called private and is not: the redundancy shows it, and all three private dimensions exceed d.
    assert!(find(&found, "redundancy.r2", Some("s again"), "x2").value > 0.99);
    assert!(find(&found, "redundancy.r2", Some("u"), "x2").value.abs() < 0.02);
    assert!(find(&found, "capacity.total", None, "z1").value > 2.9);
}

#[test]
fn the_linear_theory_does_not_depend_on_the_units_of_channels() {
    let data = linear_data();
    let mut scaled = data.clone();
    for part in [&mut scaled.train, &mut scaled.validation, &mut scaled.test] {
        let width = part.views[0].width();
        // A power of two, so that nothing is rounded.
        part.views[0].values.iter_mut().step_by(width).for_each(|value| *value *= 64.0);
    }
    let encode = |part: &Paired| Embeddings {
        first: view(part, 0).columns(0, 2).into_owned(),
        second: view(part, 1).columns(0, 2).into_owned(),
    };
    let spec = EvaluationSpec { kernel: false, laws: false, raw: false, resamples: 9, ..EvaluationSpec::default() };
    let [plain, scaled] = [&data, &scaled].map(|data| measured(&spec, data, encode).unwrap());
    for measure in ["theory.linear-contrastive.r2", "theory.spectral.r2"] {
        for factor in ["shared", "private 1", "private 2"] {
            let [plain, scaled] = [&plain, &scaled].map(|found| find(found, measure, Some(factor), "z1").value);
            assert!((plain - scaled).abs() < 1e-9, "{measure} {factor}: {plain} {scaled}");
        }
    }
}

#[test]
fn a_collapsed_encoder_keeps_nothing() {
    let data = linear_data();
    let constant = |part: &Paired| {
        let z = DMatrix::from_element(part.count(), 3, 0.7);
        Embeddings { first: z.clone(), second: z }
    };
    let found = measured(&quick(), &data, constant).unwrap();
    for m in
        found.iter().filter(|m| ["ridge.r2", "kernel.r2"].contains(&m.measure.as_str()) && m.source.starts_with('z'))
    {
        assert!(m.value.abs() < 0.01, "{m:?}");
    }
    assert!((find(&found, "recall@5", None, "z2").value - 5.0 / 256.0).abs() < 1e-12);
    assert!(find(&found, "alignment", None, "both").value.abs() < 1e-12);
    assert!(find(&found, "uniformity", None, "z1").value.abs() < 1e-9);
}

#[test]
fn classes_are_told_and_rare_ones_weigh_as_much_as_others() {
    // Class 1 is one in twenty and overlaps with class 0.
    let noise = normal(2, 6000, 3);
    let class = DMatrix::from_fn(1, 6000, |_, j| f64::from(u8::from(j % 20 == 0)));
    let x = DMatrix::from_fn(2, 6000, |i, j| noise[(i, j)] + 2.0 * class[(0, j)]);
    let kind = Kind::Classification { classes: 2 };
    let data = by_hand([&x, &x], &[("class", Role::Shared, kind, &class)]);
    let encode = |part: &Paired| Embeddings { first: view(part, 0), second: view(part, 1) };
    let spec = EvaluationSpec { laws: false, theory: false, ..quick() };
    let found = measured(&spec, &data, encode).unwrap();
    // Linear discriminant between N(0, I) and N(2·1, I): Φ(√2) of each class.
    let expected = 0.921_35;
    for probe in ["ridge", "kernel"] {
        let balanced = find(&found, &format!("{probe}.balanced_accuracy"), Some("class"), "z1").value;
        assert!((balanced - expected).abs() < 0.04, "{probe} {balanced}");
        let plain = find(&found, &format!("{probe}.accuracy"), Some("class"), "z1").value;
        assert!(plain > 0.95, "{probe} {plain}");
    }
    assert!(find(&found, "redundancy.balanced_accuracy", Some("class"), "x1").value > 0.88);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let data = linear_data();
    let encode = |part: &Paired| Embeddings { first: view(part, 0), second: view(part, 1) };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| measured(&quick(), &data, encode)).unwrap();
        found.iter().map(|m| (m.measure.clone(), m.value.to_bits(), m.low.map(f64::to_bits))).collect::<Vec<_>>()
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn what_can_t_be_measured_is_named() {
    let (x, y) = (normal(2, 300, 4), normal(1, 300, 5));
    let good = by_hand([&x, &x], &[("y", Role::Shared, Kind::Regression, &y)]);
    let encode = |part: &Paired| Embeddings { first: view(part, 0), second: view(part, 1) };
    let problem = |data: &Evaluation, spec: &EvaluationSpec, encode: &dyn Fn(&Paired) -> Embeddings| {
        measured(spec, data, encode).unwrap_err().to_string()
    };
    let spec = EvaluationSpec::default();
    let diverged = |part: &Paired| {
        let mut embeddings = encode(part);
        embeddings.second[(2, 1)] = f64::NAN;
        embeddings
    };
    let expected = "z2 in the training part: entry 1 of sample 2 is NaN, not a finite number";
    assert_eq!(problem(&good, &spec, &diverged), expected);
    let constant = by_hand([&x, &x], &[("y", Role::Shared, Kind::Regression, &DMatrix::from_element(1, 300, 2.5))]);
    assert_eq!(problem(&constant, &spec, &encode), "factor \"y\" is constant over the training samples");
    let kind = Kind::Classification { classes: 2 };
    let classes = by_hand([&x, &x], &[("y", Role::Shared, kind, &DMatrix::from_fn(1, 300, |_, j| (j % 3) as f64))]);
    assert_eq!(problem(&classes, &spec, &encode), "factor \"y\": 2 is not a class from 0 to 1");
    let short = |part: &Paired| Embeddings { first: view(part, 0), second: view(part, 1).rows(0, 5).into_owned() };
    assert_eq!(problem(&good, &spec, &short), "training samples of z2: 5, expected 150");
    let defaults = EvaluationSpec::default;
    for (wrong, expected) in [
        (EvaluationSpec { level: 1.5, ..defaults() }, "level: 1.5 is not between 0 and 1"),
        (EvaluationSpec { landmarks: 0, ..defaults() }, "landmarks: 0, expected at least 1"),
        (EvaluationSpec { fit_at_most: 1, ..defaults() }, "fit_at_most: 1, expected at least 2 samples"),
        (EvaluationSpec { recall_at: vec![5, 0], ..defaults() }, "recall_at: [5, 0], expected numbers of at least 1"),
        (EvaluationSpec { pool: 1, ..defaults() }, "pool: 1, expected at least 2 candidates"),
        (EvaluationSpec { resamples: 0, ..defaults() }, "resamples: 0, expected at least 1"),
    ] {
        assert_eq!(problem(&good, &wrong, &encode), format!("evaluation.{expected}"));
    }
}
