//! Model files are read back exactly as written, bit for bit.

use crate::common::{models, random};
use alignloss::linalg::Matrix;
use alignloss::model::family::{self, Draw};
use alignloss::model::{Format, LatentModel, Modality, Noise, Target};
use alignloss::theorem::Subject;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const FORMATS: [Format; 2] = [Format::Toml, Format::Json];

/// Equal, and equal in every bit: `==` does not tell −0 from 0.
fn assert_same_bits(one: &LatentModel, two: &LatentModel) {
    assert_eq!(one, two);
    let bits = |matrix: &Matrix| matrix.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let noise = |noise: &Noise| match noise {
        Noise::Isotropic(variance) => vec![variance.to_bits()],
        Noise::Diagonal(variances) => variances.iter().map(|variance| variance.to_bits()).collect(),
        Noise::Full(matrix) => bits(matrix),
    };
    assert_eq!(one.given_covariance().map(bits), two.given_covariance().map(bits));
    for (a, b) in one.modalities().iter().zip(two.modalities()) {
        assert_eq!(
            (bits(&a.shared_loading), bits(&a.private_loading), noise(&a.noise)),
            (bits(&b.shared_loading), bits(&b.private_loading), noise(&b.noise))
        );
    }
    for (a, b) in one.targets().iter().zip(two.targets()) {
        assert_eq!((bits(&a.loading), noise(&a.noise)), (bits(&b.loading), noise(&b.noise)));
    }
}

fn assert_round_trip(model: &LatentModel) {
    for format in FORMATS {
        let text = model.to_text(format);
        let read = LatentModel::parse(&text, format).unwrap_or_else(|error| panic!("{error} in\n{text}"));
        assert_same_bits(&read, model);
        assert_eq!(read.to_text(format), text, "writing again gives the same text");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn models_of_every_family_survive_a_round_trip(seed: u64) {
        let generator = &mut random::generator(seed);
        for family in family::REGISTRY {
            assert_round_trip(&Draw::new(family).model(generator).expect("a model"));
        }
    }

    #[test]
    fn models_with_every_kind_of_noise_survive_a_round_trip(seed: u64) {
        assert_round_trip(&random::model(seed));
    }

    #[test]
    fn any_double_survives_a_round_trip(bits: [u64; 6]) {
        // Anything finite of at most 1e100: subnormal, negative zero, seventeen digits.
        let values = bits.map(|bits| Some(f64::from_bits(bits)).filter(|value| value.abs() <= 1e100).unwrap_or(0.1 + 0.2));
        assert_round_trip(&with_loadings(&values));
    }
}

/// A model with six given numbers among its loadings.
fn with_loadings(values: &[f64; 6]) -> LatentModel {
    let column = |index: usize| Matrix::from_row_slice(2, 1, &[values[index], values[index + 1]]);
    let sensor = |name: &str, index: usize| {
        models::modality(name, column(index), column(index + 1), Noise::Diagonal(vec![values[index].abs(), 1.0]))
    };
    let target =
        Target { name: "t".into(), loading: Matrix::from_row_slice(1, 3, &values[3..]), noise: Noise::Isotropic(1.0) };
    LatentModel::new("numbers", 1, vec![1, 1], None, vec![sensor("a", 0), sensor("b", 2)], vec![target])
        .expect("a model")
}

#[test]
fn hand_made_models_survive_a_round_trip() {
    for model in [models::scalar(), models::noiseless(), models::rank_deficient(), models::correlated_nuisance()] {
        assert_round_trip(&model);
    }
}

#[test]
fn extreme_numbers_survive_a_round_trip() {
    assert_round_trip(&with_loadings(&[1e-300, 0.1 + 0.2, 5e-324, -0.0, 1e100, 2.225_073_858_507_201e-308]));
    assert_round_trip(&with_loadings(&[
        f64::MIN_POSITIVE,
        f64::EPSILON,
        1.0 / 3.0,
        -1e100,
        9_007_199_254_740_993.0,
        123_456_789.123_456_79,
    ]));
}

#[test]
fn names_survive_a_round_trip() {
    for name in [
        "",
        "ünï — \"quoted\" 'single' \\ back\\slash",
        "line\nbreak\ttab",
        "\u{1b}[31m",
        "[family]",
        "= 1 # no comment",
        "日本",
    ] {
        let base = models::scalar();
        let modalities: Vec<Modality> = base
            .modalities()
            .iter()
            .cloned()
            .map(|modality| Modality { name: format!("{name} sensor"), ..modality })
            .collect();
        let targets = vec![Target { name: name.into(), ..base.targets()[0].clone() }];
        assert_round_trip(&LatentModel::new(name, 1, vec![1, 1], None, modalities, targets).expect("a model"));
    }
}

#[test]
fn modalities_without_private_factors_survive_a_round_trip() {
    let sensor = |name: &str, p: usize| {
        models::modality(
            name,
            Matrix::from_element(3, 2, 0.5),
            Matrix::from_element(3, p, 0.25),
            Noise::Full(Matrix::identity(3, 3)),
        )
    };
    assert_round_trip(
        &LatentModel::new("no private", 2, vec![0, 0], None, vec![sensor("1", 0), sensor("2", 0)], vec![])
            .expect("a model"),
    );
    assert_round_trip(
        &LatentModel::new("one private", 2, vec![0, 1], None, vec![sensor("1", 0), sensor("2", 1)], vec![])
            .expect("a model"),
    );
    let blind = |name: &str| models::modality(name, Matrix::zeros(2, 0), Matrix::identity(2, 2), Noise::Isotropic(0.0));
    assert_round_trip(
        &LatentModel::new("no shared", 0, vec![2, 2, 2], None, vec![blind("1"), blind("2"), blind("3")], vec![])
            .expect("a model"),
    );
}

#[test]
fn the_example_of_the_design_document_is_a_model() {
    let model = models::text(
        r#"
        name = "optical and radar"
        [latent]
        shared = 2                 # k
        private = [2, 1]           # p_m, one entry per modality
        [[modality]]
        name = "optical"
        shared_loading  = [[1.0, 0.0], [0.0, 1.0], [0.3, 0.1]]   # n × k rows
        private_loading = [[0.5, 0.0], [0.0, 0.5], [1.0, 0.2]]   # n × p_m rows
        noise = 0.1                # variance: a number, n numbers (diagonal) or n × n rows
        [[modality]]
        shared_loading  = [[1.0, 0.2], [0.1, 1.0]]
        private_loading = [[0.5], [0.1]]
        noise = [[0.1, 0.0], [0.0, 0.1]]
        [[target]]
        name = "leaf chemistry"
        loading = [[0.0, 0.0, 1.0, 0.0, 0.0]]                    # q × (k + Σ p_m) rows
        noise = 0.05
    "#,
    );
    assert_eq!((model.name(), model.shared(), model.private()), ("optical and radar", 2, &[2, 1][..]));
    assert_eq!((model.channels(), model.latents(), model.private_range(1)), (vec![3, 2], 5, 4..5));
    assert_eq!((model.modalities()[0].name.as_str(), model.modalities()[1].name.as_str()), ("optical", "modality 2"));
    assert_eq!(model.modalities()[0].noise, Noise::Isotropic(0.1));
    assert!(matches!(model.modalities()[1].noise, Noise::Full(_)));
    assert_eq!(model.targets()[0].noise, Noise::Isotropic(0.05));
    assert!(model.given_covariance().is_none());
    assert_round_trip(&model);
}

#[test]
fn whole_numbers_are_numbers_and_defaults_are_documented_ones() {
    let sensor = "[[modality]]\nshared_loading = [[1]]\nprivate_loading = []\nnoise = 1\n";
    let model =
        models::text(&format!("[latent]\nshared = 1\nprivate = [0, 0]\n{sensor}{sensor}[[target]]\nloading = [[2]]\n"));
    assert_eq!((model.name(), model.targets()[0].name.as_str()), ("unnamed", "target 1"));
    assert_eq!(model.targets()[0].noise, Noise::Isotropic(0.0));
    let json = r#"{"latent": {"shared": 1, "private": [0, 0]}, "modality": [
        {"shared_loading": [[1]], "private_loading": [[]], "noise": 1}, {"shared_loading": [[1]], "private_loading": [[]], "noise": [1]}]}"#;
    let model = LatentModel::parse(json, Format::Json).expect("a model");
    assert_eq!(model.modalities()[1].noise, Noise::Diagonal(vec![1.0]));
}

#[test]
fn every_family_builds_with_its_defaults_and_its_own_parameters() {
    for family in family::REGISTRY {
        let extra: String = family
            .parameters
            .iter()
            .map(|parameter| match *parameter {
                "modalities" => "modalities = 4\n",
                "angle_degrees" => "angle_degrees = 30\n",
                "nuisance_correlation" => "nuisance_correlation = 0.3\n",
                "shared_noise" => "shared_noise = [0.2, 0.3]\n",
                "correlations" => "correlations = [0.8]\n",
                other => panic!("say here how to set {other}"),
            })
            .collect();
        for section in [String::new(), extra] {
            let model = models::text(&format!("[family]\nkind = \"{}\"\n{section}", family.kind));
            assert_eq!(model.name(), family.kind);
            assert!(!model.targets().is_empty());
            Subject::new(&model, [0, 1]).expect("a subject");
            assert_round_trip(&model);
        }
    }
}

#[test]
fn families_have_the_structure_that_their_names_promise() {
    let family = |section: &str| models::text(&format!("[family]\n{section}"));
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    // orthogonal: [A B] orthonormal; ρ_i = γ_i/(γ_i + ψ).
    let model = family("kind = \"orthogonal\"\nshared_std = [2.0, 1.0]\nnoise = 0.5\nobserved = 7\n");
    for modality in model.modalities() {
        let both = Matrix::from_fn(7, 4, |i, j| {
            if j < 2 { modality.shared_loading[(i, j)] } else { modality.private_loading[(i, j - 2)] }
        });
        assert!((both.transpose() * &both - Matrix::identity(4, 4)).norm() < 1e-13);
    }
    let correlations = Subject::new(&model, [0, 1]).expect("a subject").pair.canonical_correlations();
    close(correlations[0], 4.0 / 4.5);
    close(correlations[1], 1.0 / 1.5);
    close(correlations[2], 0.0);
    // interfering: col A and col B meet at θ.
    let model = family("kind = \"interfering\"\nangle_degrees = 30.0\n");
    let modality = &model.modalities()[1];
    let overlap = (modality.shared_loading.transpose() * &modality.private_loading).singular_values();
    for cosine in overlap.iter() {
        close(*cosine, 30.0_f64.to_radians().cos());
    }
    // spiked: identity covariances and the given canonical correlations.
    let model = family("kind = \"spiked\"\ncorrelations = [0.9, 0.4]\nprivate = 1\n");
    let subject = Subject::new(&model, [0, 1]).expect("a subject");
    assert!((subject.pair.factor(0).covariance() - Matrix::identity(11, 11)).norm() < 1e-13);
    close(subject.pair.correlation(0), 0.9);
    close(subject.pair.correlation(1), 0.4);
    assert_eq!(subject.pair.rank(), 2);
    // correlated-nuisance: ρ_n = κπ²/(π² + ψ), ρ_s = γ²/(γ² + ψ_s).
    let model = family(
        "kind = \"correlated-nuisance\"\nshared = 1\nprivate = 1\nnuisance_correlation = 0.6\nprivate_std = 2.0\nnoise = 1.0\nshared_noise = 3.0\n",
    );
    let correlations = Subject::new(&model, [0, 1]).expect("a subject").pair.canonical_correlations();
    close(correlations[0], 0.6 * 4.0 / 5.0);
    close(correlations[1], 0.25);
    // multi: as many as asked for; private_fraction adds a mixture whose variance is split as said.
    let model = family("kind = \"multi\"\nmodalities = 5\nprivate_fraction = 0.3\nshared_std = 2.0\n");
    assert_eq!(model.modalities().len(), 5);
    let mixture = model.targets().last().expect("a target");
    assert_eq!(mixture.name, "mixture");
    let variance = |range: std::ops::Range<usize>| {
        range.map(|i| mixture.loading[(0, i)].powi(2) * model.latent_covariance()[(i, i)]).sum::<f64>()
    };
    close(variance(0..model.shared()), 0.7);
    close(variance(model.private_range(0)), 0.3);
}
