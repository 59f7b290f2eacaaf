//! Pairs read from files written by other programs.

use alignloss_train::data::{DataError, DataSpec, Kind, Paired, Role, Source};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/files")
}

fn open(toml: &str) -> Result<Box<dyn Source>, DataError> {
    let spec: DataSpec = toml::from_str(&format!("kind = \"paired\"\n{toml}")).expect("a specification");
    spec.open(Some(&folder()))
}

fn problem(toml: &str) -> String {
    match open(toml) {
        Ok(_) => panic!("nothing wrong with {toml}"),
        Err(problem) => problem.to_string(),
    }
}

/// All pairs, in no order.
fn all(source: &dyn Source) -> Vec<Paired> {
    let parts = source.evaluation(0).expect("held-out data");
    vec![parts.train, parts.validation, parts.test]
}

#[test]
fn every_format_gives_the_same_rows() {
    // The factor is read from one format each time; the row that a pair came from is known from the first view.
    for (file, settings, scale) in [
        ("rows.npy", "", 1.0),
        ("fortran.npy", "", 1.0),
        ("big_endian.npy", "", 10.0),
        ("several.npz", "array = \"rows\"", 1.0),
        ("table.parquet", "columns = [\"a\", \"b\"]", 1.0),
        ("planar.tif", "", 1.0),
        ("chunky.tif", "columns = [\"1\", \"2\"]", 1.0),
    ] {
        let source = open(&format!(
            "block = 1\nfirst = {{ path = \"rows.npy\" }}\nsecond = {{ path = \"rows.npy\" }}\n\
             [[factors]]\nname = \"truth\"\nrole = \"shared\"\npath = \"rows.npy\"\n\
             [[factors]]\nname = \"read\"\nrole = \"target\"\npath = \"{file}\"\n{settings}\n"
        ))
        .unwrap_or_else(|problem| panic!("{file}: {problem}"));
        let mut count = 0;
        for part in all(&*source) {
            let [truth, read] = part.factors.as_slice() else { panic!("two factors") };
            assert_eq!((read.dims, read.role, read.kind), (2, Role::Target, Kind::Regression));
            for (a, b) in truth.values.iter().zip(&read.values) {
                assert!((scale * a - b).abs() < 1e-5, "{file}: {a} {b}");
            }
            count += part.count();
        }
        assert_eq!(count, 24, "{file}");
    }
}

#[test]
fn csv_is_read_by_name_with_gaps_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let line = |row: i32| format!("{},{row},x", if row == 3 { "NA".to_owned() } else { format!("{row}.5") });
    let text = format!("b, a ,c\n{}\n", (0..40).map(line).collect::<Vec<_>>().join("\n"));
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    let spec = |missing: &str| {
        format!(
            "kind = \"paired\"\nmissing = \"{missing}\"\nfirst = {{ path = \"t.csv\", columns = [\"a\"] }}\n\
             second = {{ path = \"t.csv\", columns = [\"b\", \"a\"] }}\n"
        )
    };
    let open = |text: &str| toml::from_str::<DataSpec>(text).unwrap().open(Some(folder.path()));
    assert_eq!(all(&*open(&spec("drop")).unwrap()).iter().map(Paired::count).sum::<usize>(), 39);
    let Err(problem) = open(&spec("error")) else { panic!("row 3 has a gap") };
    let expected = format!("{}: b: row 3 is missing; drop such rows with `missing = \"drop\"`", path.display());
    assert_eq!(problem.to_string(), expected);
    let Err(problem) = open(&spec("drop").replace("\"b\", \"a\"", "\"c\"")) else { panic!("c is text") };
    assert_eq!(problem.to_string(), format!("{}: c: row 0: \"x\" is not a number", path.display()));
}

#[test]
fn images_are_cut_into_tiles_whose_factors_are_means_and_majorities() {
    let source = open(
        "tile = 2\nblock = 2\nsplit = [1.0, 1.0, 1.0]\nfirst = { path = \"planar.tif\" }\nsecond = { path = \"chunky.tif\", columns = [\"2\"] }\n\
         [[factors]]\nname = \"mean\"\nrole = \"shared\"\npath = \"planar.tif\"\ncolumns = [\"1\"]\n\
         [[factors]]\nname = \"class\"\nrole = \"shared\"\nkind = { classification = { classes = 3 } }\npath = \"classes.tif\"\n",
    )
    .unwrap();
    assert_eq!(source.shapes(), [vec![2, 2, 2], vec![1, 2, 2]]);
    let mut means: Vec<(f64, f64)> = Vec::new();
    for part in all(&*source) {
        means.extend(part.factors[0].values.iter().copied().zip(part.factors[1].values.iter().copied()));
    }
    means.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Tile (i, j) has pixels 8i + 2j + {0, 1, 4, 5}: mean 8i + 2j + 2.5; p mod 3 of p, p + 1, p + 4, p + 5 is p + 1 twice.
    let expected: Vec<(f64, f64)> = (0..6)
        .map(|tile| {
            let first = tile / 2 * 8 + tile % 2 * 2;
            (f64::from(first) + 2.5, f64::from((first + 1) % 3))
        })
        .collect();
    assert_eq!(means, expected);
}

#[test]
fn batches_are_a_function_of_seed_and_step_and_never_hold_a_pair_twice() {
    let source = open(
        "first = { path = \"rows.npy\" }\nsecond = { path = \"stack.npy\" }\n\
         [[factors]]\nname = \"row\"\nrole = \"shared\"\npath = \"rows.npy\"\n",
    )
    .unwrap();
    assert_eq!(source.shapes(), [vec![2], vec![2, 3, 2]]);
    let rows =
        |batch: &Paired| -> Vec<u64> { batch.factors[0].values.iter().step_by(2).map(|x| x.to_bits()).collect() };
    let training = source.evaluation(0).unwrap().train;
    let mut seen = Vec::new();
    for step in 0..3 {
        let batch = source.batch(4, step, 4).unwrap();
        assert_eq!(batch, source.batch(4, step, 4).unwrap());
        assert_ne!(batch, source.batch(5, step, 4).unwrap());
        seen.extend(rows(&batch));
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 12, "an epoch has every pair at most once");
    assert!(seen.iter().all(|row| rows(&training).contains(row)), "training pairs alone");
    let Err(problem) = source.batch(0, 0, 1000) else { panic!("too large") };
    assert!(problem.to_string().starts_with("data.batch: 1000 pairs"), "{problem}");
}

#[test]
fn views_are_standardised_by_the_training_part() {
    let source = open("block = 1\nfirst = { path = \"rows.npy\" }\nsecond = { path = \"chunky.tif\" }\n").unwrap();
    let train = source.evaluation(0).unwrap().train;
    for view in &train.views {
        for channel in 0..2 {
            let values: Vec<f32> = view.values.iter().skip(channel).step_by(2).copied().collect();
            let mean = values.iter().sum::<f32>() / values.len() as f32;
            let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / values.len() as f32;
            assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-4, "{mean} {variance}");
        }
    }
}

#[test]
fn groups_stay_together() {
    // Groups of 2 to 6 samples.
    let labels = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    let names = (0..5).flat_map(|group: usize| std::iter::repeat_n(group.to_string(), group + 2));
    let lines: Vec<String> =
        std::iter::once("label".to_owned()).chain(names).chain((0..4).map(|_| "7".into())).collect();
    std::fs::write(labels.path(), lines.join("\n")).unwrap();
    let text = |group: &str| {
        format!(
            "first = {{ path = \"rows.npy\" }}\nsecond = {{ path = \"rows.npy\" }}\ngroup = {group}\n\
             [[factors]]\nname = \"label\"\nrole = \"target\"\npath = {:?}\n",
            labels.path()
        )
    };
    let source = open(&text(&format!("{{ path = {:?} }}", labels.path()))).unwrap();
    let parts: Vec<Vec<f64>> = all(&*source).into_iter().map(|part| part.factors[0].values.clone()).collect();
    let distinct =
        |labels: &[f64]| labels.iter().map(|label| label.to_bits()).collect::<std::collections::BTreeSet<_>>();
    let [train, validation, test] = [0, 1, 2].map(|part: usize| distinct(&parts[part]));
    assert!(train.is_disjoint(&validation) && train.is_disjoint(&test) && validation.is_disjoint(&test));
    assert_eq!(train.len() + validation.len() + test.len(), 6);
    assert!(test.len() >= 2, "intervals resample groups");
    let groups: Vec<f64> = source.test_groups().expect("groups").iter().map(|&group| group as f64).collect();
    assert_eq!(groups, parts[2], "the group of each test sample");
    let problem = problem(&text("{ path = \"several.npz\", array = \"label\" }"));
    assert!(problem.starts_with("data.split: 3 groups, expected at least 4"), "{problem}");
}

#[test]
fn pixels_belong_to_blocks_whichever_file_is_the_image() {
    for (first, second) in [("rows.npy", "chunky.tif"), ("chunky.tif", "rows.npy")] {
        let text = format!("block = 2\nfirst = {{ path = \"{first}\" }}\nsecond = {{ path = \"{second}\" }}\n");
        let groups = open(&text).unwrap().test_groups().expect("blocks").to_vec();
        // 6 × 4 pixels: six blocks of four.
        let distinct: std::collections::BTreeSet<_> = groups.iter().collect();
        assert_eq!((groups.len(), distinct.len()), (8, 2), "{first}");
    }
}

#[test]
fn a_mark_is_known_as_files_of_single_precision_hold_it() {
    // Column b is row + 0.1 in single precision, fortran.npy the same in its second column.
    for second in ["path = \"table.parquet\", columns = [\"b\"]", "path = \"fortran.npy\""] {
        let text =
            format!("missing = \"drop\"\nfirst = {{ path = \"rows.npy\" }}\nsecond = {{ {second}, no_data = 5.1 }}\n");
        assert_eq!(all(&*open(&text).unwrap()).iter().map(Paired::count).sum::<usize>(), 23, "{second}");
    }
}

#[test]
fn a_value_beyond_single_precision_is_missing_in_a_view_and_none_of_a_factor_s_business() {
    let table = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    let line = |row: i32| if row == 3 { "1e300".to_owned() } else { row.to_string() };
    std::fs::write(table.path(), format!("a\n{}\n", (0..24).map(line).collect::<Vec<_>>().join("\n"))).unwrap();
    let path = table.path().display();
    let text = |missing: &str, second: &str| {
        format!(
            "missing = \"{missing}\"\nfirst = {{ path = \"rows.npy\" }}\nsecond = {{ path = \"{second}\" }}\n\
             [[factors]]\nname = \"large\"\nrole = \"target\"\npath = \"{path}\"\n"
        )
    };
    let count = |text: &str| all(&*open(text).unwrap()).iter().map(Paired::count).sum::<usize>();
    let expected = format!("{path}: a: row 3 is 1e300, too large for single precision; drop");
    let problem = problem(&text("error", &path.to_string()));
    assert!(problem.starts_with(&expected), "{problem}");
    assert_eq!(count(&text("drop", &path.to_string())), 23);
    assert_eq!(count(&text("error", "rows.npy")), 24);
}

#[test]
fn every_problem_names_file_field_and_value() {
    let path = |name: &str| folder().join(name).display().to_string();
    let first = "first = { path = \"rows.npy\" }\n";
    for (toml, expected) in [
        (
            format!("{first}second = {{ path = \"text.npy\" }}\n"),
            format!("{}: array: element type <U1 is not among bool, 8 to 64 bit integers, f4 and f8", path("text.npy")),
        ),
        (
            format!("{first}second = {{ path = \"none.npy\" }}\n"),
            format!("{}: array: shape [0, 3] is empty", path("none.npy")),
        ),
        (
            format!("{first}second = {{ path = \"several.npz\" }}\n"),
            format!("{}: array: missing: the file has the arrays [\"label\", \"rows\"]", path("several.npz")),
        ),
        (
            format!("{first}second = {{ path = \"table.parquet\", columns = [\"z\"] }}\n"),
            format!("{}: z: no such column; the columns are [\"a\", \"b\", \"class\"]", path("table.parquet")),
        ),
        (
            format!("{first}second = {{ path = \"gap.parquet\", columns = [\"a\"] }}\n"),
            format!("{}: a: row 7 is missing; drop such rows with `missing = \"drop\"`", path("gap.parquet")),
        ),
        (
            format!("{first}second = {{ path = \"gap.parquet\" }}\n"),
            format!("{}: name: row 0: \"x\" is not a number", path("gap.parquet")),
        ),
        (
            format!("{first}second = {{ path = \"gap.tif\" }}\n"),
            format!("{}: band 1: row 5 is missing; drop such rows with `missing = \"drop\"`", path("gap.tif")),
        ),
        (
            format!(
                "{first}second = {{ path = \"rows.npy\" }}\n[[factors]]\nname = \"c\"\nrole = \"shared\"\n\
                 kind = {{ classification = {{ classes = 2 }} }}\npath = \"classes.tif\"\n"
            ),
            format!("{}: c: row 2: 2 is not a class from 0 to 1", path("classes.tif")),
        ),
        (format!("{first}second = {{ path = \"absent.npy\" }}\n"), path("absent.npy")),
        (
            format!("{first}second = {{ path = \"rows.npy\" }}\ntile = 2\n"),
            "data.tile: 2 pixels, but the views are not images".into(),
        ),
        (
            format!("{first}second = {{ path = \"rows.npy\" }}\nsplit = [1.0, 0.0, 0.0]\n"),
            "data.split: [1.0, 0.0, 0.0], expected three positive shares".into(),
        ),
    ] {
        let problem = problem(&toml);
        assert!(problem.starts_with(&expected), "{problem}\n{expected}");
    }
    let short = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(short.path(), "a\n1\n2\n").unwrap();
    let problem = problem(&format!("{first}second = {{ path = {:?} }}\n", short.path()));
    assert_eq!(problem, format!("{}: 2 rows, but {} has 24", short.path().display(), path("rows.npy")));
    std::fs::write(short.path(), "").unwrap();
    let problem = self::problem(&format!("{first}second = {{ path = {:?} }}\n", short.path()));
    assert_eq!(problem, format!("{}: the file is empty", short.path().display()));
}

#[test]
fn a_truncated_file_is_an_error() {
    for name in ["rows.npy", "several.npz", "table.parquet", "chunky.tif"] {
        let whole = std::fs::read(folder().join(name)).unwrap();
        let extension = format!(".{}", name.rsplit('.').next().unwrap());
        let cut = tempfile::NamedTempFile::with_suffix(&extension).unwrap();
        for length in [3, 40, whole.len() / 2, whole.len() - 100] {
            std::fs::write(cut.path(), &whole[..length]).unwrap();
            let problem =
                problem(&format!("first = {{ path = \"rows.npy\" }}\nsecond = {{ path = {:?} }}\n", cut.path()));
            assert!(problem.starts_with(&cut.path().display().to_string()), "{name} {length}: {problem}");
        }
    }
}
