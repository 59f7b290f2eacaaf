//! Inputs that once failed (`tests/fixtures/cases`), and others like them: answers that depended on units, covariances
//! accepted beside a larger variance, theorems reported as violated, minimisers that are not unique, and finite
//! information reported as infinite. Values come from `tests/fixtures/cases.py`.

use crate::command::{folder, run, succeed};
use alignloss::model::{Format, LatentModel};
use serde_json::Value;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    crate::repository().join("tests/fixtures/cases").join(name)
}

fn model(text: &str, name: &str) -> LatentModel {
    let format = Format::of_path(name.as_ref()).expect("a model file");
    LatentModel::parse(text, format).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The cells of `cases.json` whose names are chosen.
fn cells(chosen: impl Fn(&str) -> bool) -> Vec<Value> {
    let mut cells = crate::reference_values::fixture("cases.json");
    cells.retain(|cell| chosen(cell["kind"].as_str().expect("a name")));
    cells
}

/// Every value of these cells is the reference's.
fn assert_values(count: usize, chosen: impl Fn(&str) -> bool) {
    assert_eq!(excused(count, chosen), 0, "numbers that `eval` itself calls uncertain");
}

/// Every value of these cells is the reference's, or within the bound of which `eval` itself warns: how many are no better.
fn excused(count: usize, chosen: impl Fn(&str) -> bool) -> usize {
    let cells = cells(chosen);
    assert_eq!(cells.len(), count);
    let crate::reference_values::Outcome { compared, excused, account } = crate::reference_values::compare(&cells);
    assert!(compared >= 10 * count, "{compared} numbers compared");
    assert!(account.is_empty(), "{account}");
    excused
}

/// Every value of a file is the reference's, which was made of the same numbers.
fn assert_values_of_file(name: &str) {
    let text = std::fs::read_to_string(path(name)).expect("the file is part of the repository");
    let reference = cells(|cell| cell == name);
    assert_eq!(reference.len(), 1, "{name}");
    let read = model(&text, name);
    let made = model(&reference[0]["model"].to_string(), "reference.json");
    assert_eq!(read.joint_covariance(), made.joint_covariance(), "{name}");
    assert_values(1, |cell| cell == name);
}

/// What `eval` prints of a file among the cases, as JSON, whatever its verdicts and its exit code.
fn eval(name: &str, arguments: &[&str]) -> (i32, Value) {
    let output = run(&path(""), &[&["eval", name, "--format", "json"], arguments].concat());
    let report = serde_json::from_str(&output.stdout);
    (output.code, report.unwrap_or_else(|error| panic!("{name} {arguments:?}: {error}\n{}", output.stderr)))
}

/// The same of a text.
fn eval_text(name: &str, text: &str, arguments: &[&str]) -> (i32, Value) {
    let folder = folder(name, text);
    let output = run(folder.path(), &[&["eval", name, "--format", "json"], arguments].concat());
    let report = serde_json::from_str(&output.stdout);
    (output.code, report.unwrap_or_else(|error| panic!("{text}\n{arguments:?}: {error}\n{}", output.stderr)))
}

fn theorem<'a>(report: &'a Value, id: &str) -> &'a Value {
    let theorems = report["theorems"].as_array().expect("a list");
    theorems.iter().find(|theorem| theorem["id"] == id).unwrap_or_else(|| panic!("no theorem {id}"))
}

fn assert_nothing_violated(code: i32, report: &Value, what: &str) {
    for theorem in report["theorems"].as_array().expect("a list") {
        assert_ne!(theorem["verdict"], "violated", "{what}: {theorem}");
    }
    assert_eq!(code, 0, "{what}");
}

// ---------------------------------------------------------------------------------------------------------------------
// Units
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn a_faint_channel_keeps_its_noise() {
    assert_values_of_file("noise-units.toml");
}

#[test]
fn a_faint_row_of_a_target_keeps_its_noise() {
    assert_values_of_file("target-noise-units.toml");
}

#[test]
fn a_joint_covariance_in_natural_units_has_the_numbers_of_the_standardised_one() {
    assert_values_of_file("joint-covariance-units.json");
    assert_values_of_file("joint-covariance-standardised.json");
    let [(_, natural), (_, standardised)] =
        ["units", "standardised"].map(|units| eval(&format!("joint-covariance-{units}.json"), &["--dim", "1"]));
    // The entries of the files are rounded to doubles each on its own.
    let close = |one: &Value, two: &Value| {
        let [one, two] = [one, two].map(|value| value.as_f64().expect("a number"));
        assert!((one - two).abs() <= 1e-9 * two, "{one} beside {two}");
    };
    for i in 0..2 {
        close(&natural["canonical_correlations"][i], &standardised["canonical_correlations"][i]);
    }
    for source in ["x1", "x2", "x12", "z1", "z2", "z12"] {
        for measure in ["mi", "r2"] {
            close(&natural["targets"][0][measure][source], &standardised["targets"][0][measure][source]);
        }
    }
}

#[test]
fn leak_by_mixing_applies_in_any_units() {
    assert_values_of_file("leak-by-mixing-units.json");
    assert_values(1, |name| name == "leak-by-mixing, further");
    let further = cells(|name| name == "leak-by-mixing, further")[0]["model"].to_string();
    for (code, report) in
        [eval("leak-by-mixing-units.json", &["--dim", "1"]), eval_text("further.json", &further, &["--dim", "1"])]
    {
        let verdict = theorem(&report, "leak-by-mixing");
        assert_eq!((&verdict["applies"], &verdict["verdict"]), (&true.into(), &"holds".into()), "{verdict}");
        assert_nothing_violated(code, &report, "leak-by-mixing");
    }
}

#[test]
fn units_of_channels_latents_and_targets_change_no_number() {
    assert_values(18, |name| ["loud", "faint"].iter().any(|word| name.contains(word)));
}

#[test]
fn a_row_of_a_target_counts_however_small_its_unit_is() {
    assert_values(3, |name| name.starts_with("a row of"));
}

// ---------------------------------------------------------------------------------------------------------------------
// Finite information
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn finite_information_is_not_called_infinite() {
    assert_values_of_file("finite-called-infinite.json");
    let (_, report) = eval("finite-called-infinite.json", &["--dim", "1"]);
    let close = |found: &Value, expected: f64| {
        let found = found.as_f64().unwrap_or(f64::NAN);
        assert!((found - expected).abs() <= 1e-13 * expected, "{found} instead of {expected}");
    };
    close(&report["alignment"]["mi_x1_x2"], 34.192_202_804_630_7);
    close(&report["targets"][0]["mi"]["x1"], 34.538_776_394_910_7);
}

#[test]
fn information_keeps_its_digits_as_noise_vanishes() {
    // Sines of 1e-30 are beyond the 32 digits of double-double numbers: there `eval` says that it can't tell them from zero.
    let beyond = |name: &str| name.starts_with("noise 1e-60");
    assert_values(8, |name| name.starts_with("noise 1e-") && !beyond(name));
    assert!(excused(2, beyond) <= 35);
}

#[test]
fn information_keeps_its_digits_where_many_channels_mix_the_latents() {
    // One is the encoder of `prediction` at noise 1e-30, whose own rounding is larger than what it leaves.
    assert!(excused(4, |name| name.starts_with("dense")) <= 1);
}

// ---------------------------------------------------------------------------------------------------------------------
// Covariances that no variables have
// ---------------------------------------------------------------------------------------------------------------------

/// Two sensors of one shared and two private latents; `at` says where the text goes, the others keep their defaults.
fn with_covariance(at: &str, text: &str) -> String {
    let choose = |place: &str, default: &str| if at == place { text.to_owned() } else { default.to_owned() };
    let identity = "[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]";
    let latent = choose("latent.covariance", identity);
    let noise = choose("modality[0].noise", "0.1");
    let target = choose("target[0].noise", "0.0");
    format!(
        "[latent]\nshared = 1\nprivate = [1, 1]\ncovariance = {latent}\n\
         [[modality]]\nshared_loading = [[1.0], [0.2], [0.3]]\nprivate_loading = [[5e5], [1e6], [0.1]]\nnoise = {noise}\n\
         [[modality]]\nshared_loading = [[1.0], [0.4]]\nprivate_loading = [[1e5], [1e6]]\nnoise = 0.1\n\
         [[target]]\nloading = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]\nnoise = {target}\n"
    )
}

/// `eval` refuses the model in one line that names the field and the fault.
fn assert_refused(name: &str, text: &str, field: &str, words: &[&str]) {
    let folder = folder(name, text);
    let output = run(folder.path(), &["eval", name]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "accepted:\n{text}");
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(output.stderr.contains(field), "{}", output.stderr);
    assert!(words.iter().any(|word| output.stderr.contains(word)), "{}", output.stderr);
}

fn assert_file_refused(name: &str, words: &[&str]) {
    let text = std::fs::read_to_string(path(name)).expect("the file is part of the repository");
    assert_refused(name, &text, "latent.covariance", words);
}

#[test]
fn a_correlation_of_two_is_refused_beside_a_larger_variance() {
    assert_file_refused("correlation-of-two.toml", &["eigenvalue", "semidefinite"]);
}

#[test]
fn an_asymmetric_covariance_is_refused_beside_a_larger_variance() {
    assert_file_refused("asymmetric-covariance.toml", &["not symmetric"]);
}

const PLACES: [&str; 3] = ["latent.covariance", "modality[0].noise", "target[0].noise"];

#[test]
fn indefinite_covariances_are_refused_whatever_their_units() {
    let covariances = [
        // A correlation of two, of the first two and of the last two variables; beside louder and fainter ones.
        "[[1.0, 0.0, 0.0], [0.0, 1e-12, 2e-12], [0.0, 2e-12, 1e-12]]",
        "[[1e-24, 2e-12, 0.0], [2e-12, 1.0, 0.0], [0.0, 0.0, 1e20]]",
        "[[1e30, 0.0, 2.0], [0.0, 1.0, 0.0], [2.0, 0.0, 1e-30]]",
        // Beyond one by no more than a millionth.
        "[[1.0, 0.0, 0.0], [0.0, 1e-16, 1.000001e-16], [0.0, 1.000001e-16, 1e-16]]",
        // Three correlations of −0.6.
        "[[1.0, -6e-9, -6e-13], [-6e-9, 1e-16, -6e-21], [-6e-13, -6e-21, 1e-24]]",
        // A variable without variance that varies with another.
        "[[1e12, 0.0, 0.0], [0.0, 0.0, 1e-9], [0.0, 1e-9, 1.0]]",
        // A negative variance, however small.
        "[[1e12, 0.0, 0.0], [0.0, -1e-12, 0.0], [0.0, 0.0, 1.0]]",
        "[[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, -1e-30]]",
    ];
    for covariance in covariances {
        for place in PLACES {
            let text = with_covariance(place, covariance);
            assert_refused("model.toml", &text, place, &["eigenvalue", "semidefinite", "variance"]);
        }
    }
}

#[test]
fn asymmetric_covariances_are_refused_whatever_their_units() {
    let covariances = [
        "[[1.0, 0.0, 0.0], [0.0, 1e-12, 5e-13], [0.0, -5e-13, 1e-12]]",
        "[[1e24, 1e5, 0.0], [2e5, 1e-12, 0.0], [0.0, 0.0, 1.0]]",
        "[[1.0, 0.0, 0.0], [0.0, 1e-40, 5e-41], [0.0, 5.00001e-41, 1e-40]]",
        "[[1e-40, 1e-21, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]",
    ];
    for covariance in covariances {
        for place in PLACES {
            assert_refused("model.toml", &with_covariance(place, covariance), place, &["not symmetric"]);
        }
    }
}

/// Limits of what is valid are accepted in the same units: perfect correlation, and asymmetry of the last digit.
#[test]
fn covariances_at_the_limit_are_accepted_whatever_their_units() {
    let covariances = [
        "[[1.0, 0.0, 0.0], [0.0, 1e-12, 1e-12], [0.0, 1e-12, 1e-12]]",
        "[[1e12, 1.0, 0.0], [1.0, 1e-12, 0.0], [0.0, 0.0, 1.0]]",
        "[[1.0, 0.0, 0.0], [0.0, 1e-40, 5e-41], [0.0, 5.000000000000001e-41, 1e-40]]",
        "[[0.0, 0.0, 0.0], [0.0, 1e-40, 0.0], [0.0, 0.0, 1e40]]",
    ];
    for covariance in covariances {
        for place in PLACES {
            let text = with_covariance(place, covariance);
            let read = LatentModel::parse(&text, Format::Toml);
            assert!(read.is_ok(), "{place} = {covariance}: {}", read.expect_err("checked"));
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// True theorems
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn a_target_that_the_other_sensor_sees_faintly_scaled_is_not_private() {
    assert_values_of_file("false-violation.toml");
    let text = std::fs::read_to_string(path("false-violation.toml")).expect("the file is part of the repository");
    for faint in ["1e-13", "1e-3", "1e-30", "1e-60", "1e-90"] {
        let text = text.replace("[[1e-13,", &format!("[[{faint},"));
        for dim in ["1", "2"] {
            let (code, report) = eval_text("model.toml", &text, &["--dim", dim]);
            assert_nothing_violated(code, &report, faint);
            for id in ["capacity", "leakage", "multimodal"] {
                assert_eq!(theorem(&report, id)["applies"], false, "{faint}: {id}");
            }
            assert_eq!(report["capacity"].as_array().map(Vec::len), Some(0), "{faint}");
        }
    }
}

/// A private factor behind a channel that is much louder than its neighbours: its scale says nothing of their structure, which is
/// not that of an orthogonal or a symmetric model.
#[test]
fn a_loud_private_channel_makes_no_theorem_violated() {
    for loud in [1.0, 3e3, 3e4, 1e6, 1e-4] {
        let noise = 0.1 * loud * loud;
        let text = format!(
            "[latent]\nshared = 2\nprivate = [1, 1]\n\
             [[modality]]\nshared_loading = [[1.0, 0.3], [0.2, 0.9], [0.0, 0.0]]\nprivate_loading = [[0.0], [0.0], [{loud:e}]]\nnoise = [0.1, 0.3, {noise:e}]\n\
             [[modality]]\nshared_loading = [[0.8, 0.1], [0.4, 1.0], [0.0, 0.0]]\nprivate_loading = [[0.0], [0.0], [{loud:e}]]\nnoise = [0.1, 0.3, {noise:e}]\n\
             [[target]]\nname = \"private\"\nloading = [[0.0, 0.0, 1.0, 0.0]]\n"
        );
        for arguments in [
            &["--objective", "alignment-fidelity", "-p", "lambda=0.1"][..],
            &["--objective", "alignment-fidelity", "-p", "lambda=0.3"],
            &["--objective", "alignment-fidelity", "-p", "lambda=0.9"],
            &["--objective", "decoupled", "-p", "common_dim=1"],
            &["--objective", "cca"],
            &["--objective", "linear-contrastive"],
            &["--objective", "prediction"],
            &["--objective", "pca"],
        ] {
            for dim in ["1", "2", "3"] {
                let (code, report) = eval_text("model.toml", &text, &[&["--dim", dim][..], arguments].concat());
                assert_nothing_violated(code, &report, &format!("{loud} {arguments:?} {dim}"));
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Minimisers that are not unique
// ---------------------------------------------------------------------------------------------------------------------

/// Two shared factors, seen by both sensors with the given strengths, whatever their order.
fn two_shared(first: [f64; 2], second: [f64; 2]) -> String {
    let [a, b] = first;
    let [c, d] = second;
    format!(
        "[latent]\nshared = 2\nprivate = [1, 1]\n\
         [[modality]]\nshared_loading = [[{a:e}, 0.0], [0.0, {b:e}], [0.0, 0.0]]\nprivate_loading = [[0.0], [0.0], [1.0]]\nnoise = [{:e}, {:e}, 0.5]\n\
         [[modality]]\nshared_loading = [[{c:e}, 0.0], [0.0, {d:e}], [0.0, 0.0]]\nprivate_loading = [[0.0], [0.0], [1.0]]\nnoise = [{:e}, {:e}, 0.5]\n\
         [[target]]\nname = \"first\"\nloading = [[1.0, 0.0, 0.0, 0.0]]\n",
        0.5 * a * a,
        0.5 * b * b,
        0.5 * c * c,
        0.5 * d * d,
    )
}

#[test]
fn a_tie_behind_the_last_dimension_is_said() {
    for name in ["tie-a.toml", "tie-b.toml"] {
        for objective in ["cca", "spectral", "infonce", "joint-density", "linear-contrastive", "prediction"] {
            let (code, report) = eval(name, &["--dim", "1", "--objective", objective]);
            assert_eq!(report["unique"], false, "{name} {objective}");
            assert_nothing_violated(code, &report, name);
        }
    }
}

/// Both dimensions of a tie, or none: the span is unique, and measures do not depend on the order of the latents.
#[test]
fn a_tie_that_is_kept_whole_changes_no_measure() {
    let reports = ["tie-a.toml", "tie-b.toml"].map(|name| eval(name, &["--dim", "2"]).1);
    for (one, two) in
        reports[0]["targets"].as_array().expect("a list").iter().zip(reports[1]["targets"].as_array().expect("a list"))
    {
        for source in ["x1", "z1", "z2", "z12"] {
            let [one, two] = [one, two].map(|target| target["mi"][source].as_f64().expect("a number"));
            assert!((one - two).abs() < 1e-12, "{source}: {one} beside {two}");
        }
    }
    assert_eq!(reports[0]["unique"], true);
}

/// Equal correlations tie for `cca` in any units; for the other objectives units decide.
#[test]
fn ties_do_not_hide_behind_units() {
    let unit = 2.0_f64.powi(40);
    for (first, second, objective, unique) in [
        ([1.0, unit], [1.0, 1.0 / unit], "cca", false),
        ([1.0, 1.0], [1.0, 1.0], "prediction", false),
        ([1.0, unit], [1.0, 1.0], "prediction", false),
        ([1.0, 1.0], [1.0, 2.0], "prediction", true),
        ([1.0, unit], [1.0, 1.0 / unit], "linear-contrastive", false),
        ([1.0, 4.0], [1.0, 1.0], "linear-contrastive", true),
        ([unit, 1.0], [unit, 1.0], "linear-contrastive", true),
    ] {
        let (_, report) =
            eval_text("model.toml", &two_shared(first, second), &["--dim", "1", "--objective", objective]);
        assert_eq!(report["unique"], unique, "{objective} {first:?} {second:?}");
    }
}

/// x = s + ε, Var ε = ½: an encoder says ⅔ of one factor and nothing of the other, or of anything between.
#[test]
fn a_tie_is_shown_with_its_range_in_both_formats() {
    let folder = folder("tie.toml", two_shared([1.0, 1.0], [1.0, 1.0]));
    let json = succeed(folder.path(), &["eval", "tie.toml", "--dim", "1", "--format", "json"]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(report["unique"], false);
    let affected = report["minimisers"]["affected"].as_array().expect("a list");
    let of = |source: &str| {
        affected.iter().find(|entry| entry["target"] == "first" && entry["source"] == source).expect("affected")
    };
    for (key, expected) in [("mi", [0.0, 0.5 * 3.0_f64.ln()]), ("r2", [0.0, 2.0 / 3.0])] {
        for (place, expected) in expected.into_iter().enumerate() {
            let found = of("z1")[key][place].as_f64().expect("a number");
            assert!((found - expected).abs() <= 1e-13, "{key}: {found} is not {expected}");
        }
    }
    assert!(of("z12")["mi"].is_null(), "no range is computed of both encoders together");
    let table = succeed(folder.path(), &["eval", "tie.toml", "--dim", "1"]);
    assert!(table.contains("the minimiser is not unique: singular values 1 and 2"), "{table}");
    assert!(table.contains("z1 about \"first\", over all minimisers: information from 0 to 0.5493"), "{table}");
    let table = succeed(folder.path(), &["eval", "tie.toml", "--dim", "2"]);
    assert!(!table.contains("the minimiser is"), "{table}");
}

/// One output of each encoder is fainter than the other by more decades than squares of doubles have: of orthogonal outputs the scale
/// changes nothing. ρ = ½ twice, so that ε² = 2·(1 − ½)·2 = 2.
#[test]
fn a_faint_output_counts_as_much_as_a_loud_one() {
    let sensor = "[[modality]]\nshared_loading = [[1.0, 0.0], [0.0, 1.0]]\nprivate_loading = [[], []]\nnoise = 1.0\n";
    let model = format!("[latent]\nshared = 2\nprivate = [0, 0]\n{sensor}{sensor}");
    for faint in ["1e-10", "1e-20", "1e-100", "1e-170", "1e-300"] {
        let folder = folder("m.toml", &model);
        let rows = format!("[[1.0, 0.0], [0.0, {faint}]]");
        let encoders = format!("{{ \"encoders\": [{rows}, {rows}] }}");
        std::fs::write(folder.path().join("e.json"), encoders).expect("a writable folder");
        let output = run(folder.path(), &["eval", "m.toml", "--encoders", "e.json", "--format", "json"]);
        let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_nothing_violated(output.code, &report, faint);
        let error = report["alignment"]["error"].as_f64().expect("a number");
        assert!((error - 2.0).abs() < 1e-12, "{faint}: {error}");
    }
}
