//! Every simulator, created from its specification.

use alignloss_train::data::{DataSpec, Paired, Role, Source};
use alignloss_train::evaluation::{Embeddings, EvaluationSpec, Measurement, evaluate};
use nalgebra::DMatrix;

const SIZES: &str = "sizes = { train = 60, validation = 20, test = 30 }\n";

fn open(toml: &str) -> Box<dyn Source> {
    toml::from_str::<DataSpec>(toml).expect("a specification").open(None).expect("a source")
}

fn specifications() -> Vec<String> {
    [
        "kind = \"nonlinear\"\nnoise = 0.1\ncausal_dependence = true\nstatistical_dependence = true\n",
        "kind = \"nonlinear\"\none_mixing = true\nprivate = [0, 0]\nchange_probability = 0.75\n",
        "kind = \"vegetation\"\n",
        "kind = \"vegetation\"\npatch = 4\nincidence_deg = [30.0, 37.0, 44.0]\n",
        "kind = \"linear\"\nmodel = { family = { kind = \"random\", seed = 3 } }\n",
    ]
    .map(|spec| format!("{spec}{SIZES}"))
    .into()
}

#[test]
fn batches_are_pure_functions_of_seed_step_and_size() {
    for spec in specifications() {
        let source = open(&spec);
        let batch = source.batch(1, 5, 40).unwrap();
        assert_eq!(batch, open(&spec).batch(1, 5, 40).unwrap(), "{spec}");
        assert_ne!(batch, source.batch(2, 5, 40).unwrap(), "{spec}");
        assert_ne!(batch, source.batch(1, 6, 40).unwrap(), "{spec}");
        for (view, shape) in batch.views.iter().zip(source.shapes()) {
            assert_eq!((view.count(), &view.shape), (40, &shape), "{spec}");
            assert!(view.values.iter().all(|value| value.is_finite()), "{spec}");
        }
        assert!(batch.factors.iter().all(|factor| factor.count() == 40), "{spec}");
        assert!(source.batch(1, 5, 0).is_err());
    }
}

#[test]
fn held_out_parts_are_as_large_as_asked_for_and_differ() {
    for spec in specifications() {
        let source = open(&spec);
        let data = source.evaluation(1).unwrap();
        assert_eq!([&data.train, &data.validation, &data.test].map(Paired::count), [60, 20, 30]);
        assert_eq!(data, source.evaluation(1).unwrap());
        assert_ne!(data.test, source.evaluation(2).unwrap().test);
        assert_ne!(data.train.views[0].values[..9], data.test.views[0].values[..9]);
        assert_ne!(data.train.views[0].values[..9], source.batch(1, 0, 60).unwrap().views[0].values[..9]);
    }
}

#[test]
fn specifications_are_written_and_read_back() {
    for spec in specifications() {
        let read: DataSpec = toml::from_str(&spec).unwrap();
        let written = toml::to_string(&read).unwrap();
        assert_eq!(open(&written).batch(0, 0, 8).unwrap(), read.open(None).unwrap().batch(0, 0, 8).unwrap());
    }
}

#[test]
fn what_is_not_a_setting_is_refused() {
    for (toml, expected) in [
        ("kind = \"nonlinear\"\ncontents = 3\n", "contents"),
        ("kind = \"unheard\"\n", "unheard"),
        ("kind = \"vegetation\"\npatch = -1\n", "-1"),
    ] {
        let problem = toml::from_str::<DataSpec>(toml).unwrap_err().to_string();
        assert!(problem.contains(expected), "{problem}");
    }
    for (toml, expected) in [
        ("kind = \"vegetation\"\nlooks = 0.5\n", "data.looks: 0.5 is not between 1 and 1000000"),
        ("kind = \"vegetation\"\nwater = [0.02, 0.01]\n", "data.water: [0.02, 0.01] is not an increasing pair"),
        ("kind = \"vegetation\"\nincidence_deg = [5.0]\n", "data.incidence_deg: 5 is not between 15 and 60"),
        ("kind = \"linear\"\n", "data.model: missing"),
        ("kind = \"linear\"\nfile = \"absent.toml\"\n", "absent.toml: "),
        (
            "kind = \"linear\"\nmodel.family = { kind = \"interfering\", shared = 1, private = [1, 1] }\n\
             [[model.target]]\nname = \"shared\"\nloading = [[0.0, 1.0, 0.0]]\n",
            "data.model: target \"shared\" has the name of a standard target but differs from it",
        ),
        ("kind = \"nonlinear\"\nsizes = { test = 1 }\n", "data.sizes.test: 1 is less than 2"),
    ] {
        let Err(problem) = toml::from_str::<DataSpec>(toml).unwrap().open(None) else { panic!("{toml}") };
        assert!(problem.to_string().starts_with(expected), "{problem}");
    }
}

#[test]
fn a_linear_source_has_the_moments_of_its_model() {
    let model = "name = \"m\"\n[family]\nkind = \"interfering\"\nshared = 2\nprivate = [1, 2]\n\
                 [[target]]\nname = \"mixture\"\nloading = [[1.0, 0.0, 1.0, 0.0, 0.0]]\n";
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), model).unwrap();
    let source = open(&format!("kind = \"linear\"\nfile = {:?}\n", file.path()));
    let batch = source.batch(0, 0, 40_000).unwrap();
    let roles: Vec<(&str, Role)> = batch.factors.iter().map(|factor| (factor.name.as_str(), factor.role)).collect();
    let expected = [
        ("shared", Role::Shared),
        ("private 1", Role::PrivateFirst),
        ("private 2", Role::PrivateSecond),
        ("mixture", Role::Target),
    ];
    assert_eq!(roles, expected);
    let exact = alignloss::model::LatentModel::parse(model, alignloss::model::Format::Toml).unwrap().joint_covariance();
    let n = batch.views[0].width();
    let x = DMatrix::from_iterator(n, 40_000, batch.views[0].values.iter().map(|&value| f64::from(value)));
    let covariance = &x * x.transpose() / 40_000.0;
    // Five standard errors of a covariance of order one.
    assert!((covariance - exact.view((0, 0), (n, n))).amax() < 5.0 * 2.0 / 200.0);
}

fn raw(part: &Paired, width: usize) -> Embeddings {
    let view = |m: usize| {
        let values = part.views[m].values.iter().map(|&value| f64::from(value));
        DMatrix::from_row_iterator(part.count(), part.views[m].width(), values).columns(0, width).into_owned()
    };
    Embeddings { first: view(0), second: view(1) }
}

fn measured(toml: &str) -> Vec<Measurement> {
    let data = open(toml).evaluation(1).expect("held-out data");
    let embeddings = [&data.train, &data.validation, &data.test].map(|part| raw(part, 4));
    let [train, validation, test] = &embeddings;
    let spec =
        EvaluationSpec { laws: false, theory: false, landmarks: 150, resamples: 19, ..EvaluationSpec::default() };
    evaluate(&spec, &data, [train, validation, test], None, 0).expect("measures")
}

#[test]
fn the_sensors_of_the_simulator_see_what_they_should() {
    let sizes = "sizes = { train = 2000, validation = 500, test = 1000 }\n";
    let value = |found: &[Measurement], factor: &str, source: &str| {
        let is =
            |m: &&Measurement| m.measure == "kernel.r2" && m.source == source && m.factor.as_deref() == Some(factor);
        found.iter().find(is).unwrap().value
    };
    let found = measured(&format!("kind = \"vegetation\"\n{sizes}"));
    let [optical, radar] = ["x1", "x2"].map(|source| {
        let factors = ["leaf area index", "leaf chlorophyll", "leaf water", "soil moisture", "surface roughness"];
        factors.map(|factor| value(&found, factor, source))
    });
    // Leaf area index is shared, and less visible to the radar; the others are private, and measurably so.
    assert!(optical[0] > 0.9 && (0.3..0.6).contains(&radar[0]), "{optical:?} {radar:?}");
    assert!(optical[1] > 0.95 && optical[2] > 0.95, "{optical:?}");
    assert!(radar[3] > 0.3 && radar[4] > 0.12, "{radar:?}");
    assert!([radar[1], radar[2], optical[3], optical[4]].iter().all(|r2| r2.abs() < 0.05), "{optical:?} {radar:?}");
    // Where wet soil is dark, moisture is no longer private to the radar.
    let found = measured(&format!("kind = \"vegetation\"\nsoil_darkening = 1.0\n{sizes}"));
    assert!(value(&found, "soil moisture", "x1") > 0.3, "{}", value(&found, "soil moisture", "x1"));
    // More looks show more of the soil.
    let quiet = measured(&format!("kind = \"vegetation\"\nlooks = 1000.0\n{sizes}"));
    assert!(value(&quiet, "soil moisture", "x2") > radar[3] + 0.1);
}
