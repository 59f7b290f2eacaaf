//! Real Sentinel-1 and Sentinel-2 data, if present (`../shared/data` beside the workspace, or the folder named by
//! `ALIGNLOSS_DATA`). The data are not part of the project: without them these tests say so and check nothing.

use alignloss::information::Pair;
use alignloss::learner::ClosedForm;
use alignloss::objective::Spectral;
use alignloss::sample::Data;
use alignloss_train::data::{DataSpec, Paired, Source, WorldCereal};
use alignloss_train::evaluation::{Embeddings, EvaluationSpec, Measurement, evaluate};
use nalgebra::DMatrix;
use std::io::Write;
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    let given = std::env::var_os("ALIGNLOSS_DATA").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    if folder.join("worldcereal-belgium").is_dir() {
        return Some(folder);
    }
    // Past the harness, which hides the output of tests that pass.
    let message = format!("worldcereal: no data in {}, nothing is checked\n", folder.display());
    std::io::stderr().lock().write_all(message.as_bytes()).expect("standard error");
    None
}

fn open(folder: &Path, spec: WorldCereal) -> Box<dyn Source> {
    DataSpec::WorldCereal(spec).open(Some(folder)).expect("the data")
}

/// Both raw views as embeddings, the first cut to the channels of the second.
fn raw(part: &Paired) -> Embeddings {
    let view = |m: usize| {
        let values = part.views[m].values.iter().map(|&value| f64::from(value));
        DMatrix::from_row_iterator(part.count(), part.views[m].width(), values)
    };
    let second = view(1);
    Embeddings { first: view(0).columns(0, second.ncols()).into_owned(), second }
}

#[test]
fn the_pairs_are_as_described() {
    let Some(folder) = folder() else { return };
    let source = open(&folder, WorldCereal::default());
    assert_eq!(source.shapes(), [vec![81], vec![22]], "nine months of nine bands, eleven of two");
    let groups: std::collections::BTreeSet<_> = source.test_groups().expect("blocks").iter().collect();
    assert_eq!(groups.len(), 20, "a fifth of the blocks");
    let data = source.evaluation(0).unwrap();
    let count = data.train.count() + data.validation.count() + data.test.count();
    assert_eq!(count, 9995, "five pixels have a gap in May 2021");
    for factor in &data.test.factors {
        let (low, high) = factor.values.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
        let range = match factor.name.as_str() {
            "cropland" => 0.0..=1.0,
            "NDVI" => -0.5..=1.0,
            "B11" => 0.0..=0.7,
            _ => -40.0..=10.0,
        };
        assert!(range.contains(&low) && range.contains(&high), "{}: {low} {high}", factor.name);
    }
}

#[test]
fn linear_probes_agree_with_those_of_the_data_s_description() {
    let Some(folder) = folder() else { return };
    // R², balanced accuracy for cropland, of a ridge with cross-validation by blocks, made with numpy; here the mean over
    // five random cuts into blocks, whose test parts have a fifth of the 100 blocks each.
    let expected = [
        ("NDVI", "x2", 0.39),
        ("NDVI", "x1", 0.88),
        ("B11", "x2", 0.08),
        ("B11", "x1", 0.71),
        ("VV", "x2", 0.64),
        ("VV", "x1", 0.31),
        ("VH", "x2", 0.69),
        ("VH", "x1", 0.29),
        ("cropland", "x2", 0.94),
        ("cropland", "x1", 0.95),
    ];
    let spec = EvaluationSpec { kernel: false, laws: false, theory: false, resamples: 9, ..EvaluationSpec::default() };
    let found: Vec<Vec<Measurement>> = (0..5)
        .map(|split_seed| {
            let source = open(&folder, WorldCereal { split_seed, ..WorldCereal::default() });
            let data = source.evaluation(0).unwrap();
            let embeddings = [raw(&data.train), raw(&data.validation), raw(&data.test)];
            let [train, validation, test] = &embeddings;
            evaluate(&spec, &data, [train, validation, test], source.test_groups(), 0).unwrap()
        })
        .collect();
    for (factor, source, expected) in expected {
        let measure = if factor == "cropland" { "ridge.balanced_accuracy" } else { "ridge.r2" };
        let value = |found: &Vec<Measurement>| {
            let is =
                |m: &&Measurement| m.measure == measure && m.source == source && m.factor.as_deref() == Some(factor);
            found.iter().find(is).unwrap().value
        };
        let mean = found.iter().map(value).sum::<f64>() / found.len() as f64;
        // A balanced ridge tells cropland better than the plain logistic regression of the description.
        let above = if factor == "cropland" { 0.05 } else { 0.12 };
        let below = if factor == "cropland" { 0.03 } else { 0.12 };
        assert!((-below..above).contains(&(mean - expected)), "{factor} from {source}: {mean} {expected}");
    }
}

#[test]
fn a_narrow_alignment_keeps_the_shared_label_and_loses_the_radar_s_own_target() {
    let Some(folder) = folder() else { return };
    let source = open(&folder, WorldCereal::default());
    let data = source.evaluation(0).unwrap();
    // Canonical directions of the training part: the minimiser of the spectral contrastive loss.
    let columns = |m: usize| {
        let view = &data.train.views[m];
        let values = view.values.iter().map(|&value| f64::from(value));
        DMatrix::from_iterator(view.width(), view.count(), values)
    };
    let model =
        Data::new(&[("x1", &columns(0)), ("x2", &columns(1))], &[]).unwrap().empirical_model("belgium").unwrap();
    let pair = Pair::new(model.observed(0), model.observed(1)).unwrap();
    assert!((0.85..0.97).contains(&pair.correlation(0)), "{}", pair.correlation(0));
    let learner = ClosedForm::new(&pair, &[], 0);
    let measured = |dim: usize| {
        let encoders = learner.minimise(&Spectral, dim).unwrap().encoders;
        let encode = |part: &Paired| {
            let view = |m: usize| {
                let values = part.views[m].values.iter().map(|&value| f64::from(value));
                DMatrix::from_row_iterator(part.count(), part.views[m].width(), values)
                    * encoders.weights(m).transpose()
            };
            Embeddings { first: view(0), second: view(1) }
        };
        let embeddings = [encode(&data.train), encode(&data.validation), encode(&data.test)];
        let [train, validation, test] = &embeddings;
        let spec =
            EvaluationSpec { kernel: false, raw: false, laws: false, theory: false, ..EvaluationSpec::default() };
        let found = evaluate(&spec, &data, [train, validation, test], source.test_groups(), 0).unwrap();
        let value = |measure: &str, factor: &str| {
            let is = |m: &&Measurement| m.measure == measure && m.source == "z2" && m.factor.as_deref() == Some(factor);
            found.iter().find(is).unwrap().value
        };
        [value("ridge.r2", "VV"), value("ridge.balanced_accuracy", "cropland")]
    };
    let [narrow, wide] = [2, 22].map(measured);
    assert!(narrow[1] > wide[1] - 0.03, "the label: {narrow:?} {wide:?}");
    assert!(narrow[0] < wide[0] - 0.3, "the radar's own: {narrow:?} {wide:?}");
}

#[test]
fn a_folder_without_the_files_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let spec = DataSpec::WorldCereal(WorldCereal::default());
    let Err(problem) = spec.open(Some(empty.path())) else { panic!("there is nothing") };
    assert!(problem.to_string().starts_with(&empty.path().display().to_string()), "{problem}");
    let Err(problem) = spec.open(None) else { panic!("no folder") };
    assert_eq!(problem.to_string(), "worldcereal needs a folder of data files: give one with --data");
}
