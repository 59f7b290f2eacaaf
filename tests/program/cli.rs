//! The command line as a user sees it: outputs, exit codes, and a one-line message for every kind of invalid input.

use crate::command::{folder, run, run_with_input};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const MODEL: &str = r#"name = "tiny"
[latent]
shared = 1
private = [1, 1]
[[modality]]
shared_loading = [[1.0], [0.0]]
private_loading = [[0.0], [1.0]]
noise = 0.5
[[modality]]
shared_loading = [[1.0], [0.0]]
private_loading = [[0.0], [1.0]]
noise = 0.5
[[target]]
name = "s"
loading = [[1.0, 0.0, 0.0]]
[[target]]
name = "u1"
loading = [[0.0, 1.0, 0.0]]
"#;

fn eval_json(extra: &[&str]) -> Value {
    let folder = folder("model.toml", MODEL);
    let output = run(folder.path(), &[&["eval", "model.toml", "--format", "json"], extra].concat());
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    serde_json::from_str(&output.stdout).expect("JSON")
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn set<const N: usize>(names: [&'static str; N]) -> BTreeSet<&'static str> {
    names.into()
}

// ---------------------------------------------------------------------------------------------------------------------
// Results
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn eval_json_has_exactly_the_keys_of_the_design() {
    let report = eval_json(&["--objective", "cca", "--dim", "1"]);
    let sources = set(["x1", "x2", "x12", "z1", "z2", "z12"]);
    assert_eq!(
        keys(&report),
        set([
            "schema",
            "model",
            "objective",
            "dim",
            "lambda",
            "parameters",
            "canonical_correlations",
            "cross_covariance_singular_values",
            "encoders",
            "objective_value",
            "alignment",
            "targets",
            "capacity",
            "uncertain",
            "unique",
            "minimisers",
            "theorems"
        ])
    );
    assert_eq!(keys(&report["model"]), set(["name", "observed", "shared", "private"]));
    assert_eq!(keys(&report["alignment"]), set(["error", "error_op", "floor", "mi_x1_x2", "mi_z1_z2"]));
    let target = &report["targets"][0];
    assert_eq!(keys(target), set(["name", "dimension", "mi", "mmse", "r2", "sigma", "information_loss", "pid"]));
    for measure in ["mi", "mmse", "r2", "sigma"] {
        assert_eq!(keys(&target[measure]), sources);
    }
    assert_eq!(keys(&target["information_loss"]), set(["z1", "z2", "z12"]));
    assert_eq!(keys(&target["pid"]), set(["redundancy", "unique1", "unique2", "synergy"]));
    assert_eq!(keys(&report["capacity"][0]), set(["target", "encoder", "aligned", "private", "dim", "max_eigenvalue"]));
    assert_eq!(
        keys(&report["theorems"][0]),
        set(["id", "applies", "lhs", "rhs", "slack", "tightness", "verdict", "note"])
    );
    let ids: Vec<&str> = report["theorems"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|theorem| theorem["id"].as_str().expect("an id"))
        .collect();
    let registered: Vec<&str> = alignloss::theorem::REGISTRY.iter().map(|theorem| theorem.id()).collect();
    assert_eq!(ids, registered);
}

#[test]
fn eval_json_holds_the_numbers_that_hand_calculation_gives() {
    let report = eval_json(&["--objective", "cca", "--dim", "1"]);
    let near = |value: &Value, expected: f64| {
        let value = value.as_f64().expect("a number");
        assert!((value - expected).abs() < 1e-14, "{value} is not {expected}");
    };
    assert_eq!(report["model"], json!({ "name": "tiny", "observed": [2, 2], "shared": 1, "private": [1, 1] }));
    assert_eq!((&report["objective"], &report["dim"], &report["lambda"]), (&json!("cca"), &json!(1), &Value::Null));
    // ρ = 1/(1+½) = 2/3 and no second correlation; Σ12 = diag(1, 0).
    near(&report["canonical_correlations"][0], 2.0 / 3.0);
    assert_eq!(report["canonical_correlations"][1], json!(0.0));
    near(&report["cross_covariance_singular_values"][0], 1.0);
    near(&report["objective_value"], 2.0 / 3.0);
    near(&report["alignment"]["error"], 2.0 / 3.0);
    near(&report["alignment"]["error_op"], (2.0_f64 / 3.0).sqrt());
    near(&report["alignment"]["mi_x1_x2"], -0.5 * (5.0_f64 / 9.0).ln());
    let target = &report["targets"][0];
    near(&target["mi"]["x1"], 0.5 * 3.0_f64.ln());
    near(&target["mi"]["x12"], 0.5 * 5.0_f64.ln());
    near(&target["mmse"]["z1"], 1.0 / 3.0);
    near(&target["r2"]["x12"], 0.8);
    near(&target["pid"]["synergy"], 0.5 * (5.0_f64 / 3.0).ln());
    near(&report["targets"][1]["information_loss"]["z1"], 0.5 * 3.0_f64.ln());
    near(&report["capacity"][0]["aligned"], 4.0 / 9.0);
    assert_eq!(report["encoders"][0].as_array().map(Vec::len), Some(1));
    assert_eq!(report["encoders"][1][0].as_array().map(Vec::len), Some(2));
}

#[test]
fn eval_reports_the_trade_off_weight() {
    let report = eval_json(&["--objective", "alignment-fidelity", "-p", "lambda=0.25", "--dim", "1"]);
    assert_eq!(report, eval_json(&["--objective", "alignment-fidelity", "--lambda", "0.25", "--dim", "1"]));
    assert_eq!(report["lambda"], json!(0.25));
    assert_eq!(
        (&report["objective"], &report["parameters"]),
        (&json!("alignment-fidelity"), &json!({ "lambda": 0.25 }))
    );
    // ρ = 2/3 and variance 1.5 in both sensors: 2·(¾·⅔ + ¼·1.5).
    let value = report["objective_value"].as_f64().expect("a number");
    assert!((value - 1.75).abs() < 1e-13, "{value}");
    let report = eval_json(&["--objective", "decoupled", "-p", "common_dim=1", "--dim", "2"]);
    assert_eq!(report["parameters"], json!({ "common_dim": 1 }));
    assert_eq!(report["encoders"][0].as_array().map(Vec::len), Some(2));
}

#[test]
fn infinite_numbers_are_the_string_inf_and_missing_ones_are_null() {
    let folder = folder("model.toml", MODEL.replace("noise = 0.5", "noise = 0.0"));
    let output = run(folder.path(), &["eval", "model.toml", "--objective", "random", "--format", "json"]);
    let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(report["targets"][0]["mi"]["x1"], json!("inf"));
    assert_eq!(report["alignment"]["mi_x1_x2"], json!("inf"));
    assert_eq!(report["objective_value"], Value::Null);
    assert!(!output.stdout.contains("NaN"));
}

#[test]
fn verdicts_are_one_of_four_words_with_finite_slack_or_none() {
    let folder = folder("model.toml", MODEL.replace("noise = 0.5", "noise = 0.0"));
    let output = run(folder.path(), &["eval", "model.toml", "--objective", "random", "--format", "json"]);
    let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!((output.code, &report["schema"]), (0, &json!(2)));
    let theorems = report["theorems"].as_array().expect("a list");
    for theorem in theorems {
        let verdict = theorem["verdict"].as_str().expect("a word");
        assert!(["holds", "inconclusive", "does-not-apply"].contains(&verdict), "{theorem}");
        assert_eq!(theorem["applies"] == json!(true), verdict != "does-not-apply", "{theorem}");
        for number in ["slack", "tightness"] {
            assert!(theorem[number].is_number() || theorem[number].is_null(), "{theorem}");
        }
    }
    let table = run(folder.path(), &["eval", "model.toml", "--objective", "random"]).stdout;
    assert!(table.contains("  does-not-apply  "), "{table}");
}

#[test]
fn rounding_is_shown_as_zero_in_tables_and_kept_in_json() {
    let folder = folder("model.toml", "[family]\nkind = \"random\"\nseed = 3\n");
    for objective in ["cca", "prediction", "pca", "random"] {
        let table = run(folder.path(), &["eval", "model.toml", "--objective", objective]).stdout;
        for word in table.split_whitespace().filter(|word| word.contains("e-")) {
            let Ok(number) = word.parse::<f64>() else { continue };
            assert!(number.abs() >= 1e-15, "{objective}: {word} in\n{table}");
        }
        assert!(!table.split_whitespace().any(|word| word == "-0" || word == "-0.0000"), "{table}");
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Encodings and standard input
// ---------------------------------------------------------------------------------------------------------------------

/// One of the inputs that failed.
fn failed_input(name: &str) -> Vec<u8> {
    std::fs::read(crate::repository().join("tests/fixtures/cases").join(name)).expect("a fixture")
}

#[test]
fn a_byte_order_mark_is_read_over_in_every_kind_of_file() {
    let bom = failed_input("bom.json");
    assert!(bom.starts_with(&[0xef, 0xbb, 0xbf]));
    let folder = folder("bom.json", &bom);
    let at = folder.path();
    std::fs::write(at.join("plain.json"), &bom[3..]).expect("writable");
    std::fs::write(at.join("bom.toml"), format!("\u{feff}{MODEL}")).expect("writable");
    std::fs::write(at.join("plain.toml"), MODEL).expect("writable");
    let table = |file: &str| run(at, &["eval", file, "--dim", "1"]);
    for extension in ["json", "toml"] {
        let [bom, plain] = ["bom", "plain"].map(|name| table(&format!("{name}.{extension}")));
        assert_eq!((bom.code, &bom.stderr, &bom.stdout), (0, &String::new(), &plain.stdout));
    }
    let encoders = "\u{feff}{\"encoders\": [[[1, 0]], [[1, 0]]]}";
    std::fs::write(at.join("e.json"), encoders).expect("writable");
    assert_eq!(run(at, &["eval", "plain.toml", "--encoders", "e.json"]).code, 0);
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(MODEL.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(complaint("m.toml", utf_16, &[]), "m.toml: is in UTF-16; save it as UTF-8");
}

#[test]
fn a_model_is_read_from_standard_input_in_either_notation() {
    let folder = folder("model.toml", MODEL);
    let at = folder.path();
    let from_file = run(at, &["eval", "model.toml", "--format", "json"]);
    let piped = |input: &[u8]| run_with_input(at, &["eval", "-", "--format", "json"], input);
    assert_eq!(piped(MODEL.as_bytes()).stdout, from_file.stdout);
    let json = changed("/latent/shared", &json!(1));
    let report = piped(format!("\u{feff}\n {json}").as_bytes());
    assert_eq!((report.code, report.stderr.as_str()), (0, ""));
    for (input, expected) in [
        ("", "error: standard input: the file is empty\n"),
        ("[latent]\nshard = 1\nprivate = [1, 1]", "error: standard input: latent.shard: unknown field `shard`"),
        ("{\"latent\": ", "error: standard input: latent: EOF while parsing"),
    ] {
        let refused = piped(input.as_bytes());
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.starts_with(expected), "{}", refused.stderr);
    }
    let encoders = br#"{"encoders": [[[1, 0]], [[1, 0]]]}"#;
    assert_eq!(run_with_input(at, &["eval", "model.toml", "--encoders", "-"], encoders).code, 0);
    let twice = run_with_input(at, &["eval", "-", "--encoders", "-"], MODEL.as_bytes());
    assert_eq!(
        (twice.code, twice.stderr.as_str()),
        (2, "error: --encoders -: standard input already holds the model\n")
    );
}

#[test]
fn messages_that_would_echo_a_whole_file_lose_their_middle() {
    let long = "y".repeat(100_000);
    let cases = [
        complaint("m.toml", MODEL.replacen("shared = 1", &format!("{long} = 1"), 1), &[]),
        complaint("m.json", changed("/latent/shared", &json!(long)), &[]),
        complaint("m.toml", format!("[family]\nkind = \"{long}\"\n"), &[]),
        complaint(
            "m.toml",
            MODEL.replace("\"u1\"", "\"s\"").replace("\"s\"", &format!("{:?}", "word ".repeat(20_000))),
            &[],
        ),
    ];
    for line in cases {
        assert!(line.starts_with("m.") && line.contains('…') && line.chars().count() < 2_000, "{line}");
    }
    let folder = folder("m.toml", MODEL);
    let usage = run(folder.path(), &["eval", "m.toml", "--dim", &long]);
    assert!(usage.code == 2 && usage.stderr.contains("--dim") && usage.stderr.len() < 2_000, "{}", usage.stderr);
    std::fs::write(folder.path().join("e.toml"), format!("title = \"t\"\nshows = \"{long}\"\n[grid]\ndim = 1\n"))
        .expect("writable");
    let line = complaint_in(folder.path(), &["sweep", "e.toml"]);
    assert!(line.starts_with("e.toml: shows: ") && line.contains('…') && line.chars().count() < 2_000, "{line}");
}

#[test]
fn what_toml_has_and_json_has_not_is_called_by_its_name_in_experiments() {
    let grid_nan = String::from_utf8(failed_input("grid-nan.toml")).expect("text");
    for (value, expected) in [
        ("[nan]", "grid.\"model.noise\"[0]: nan is not a finite number"),
        ("[0.1, [1.0, -inf]]", "grid.\"model.noise\"[1][1]: -inf is not a finite number"),
        ("inf", "grid.\"model.noise\": inf is not a finite number"),
        ("{ from = nan, to = 1.0, steps = 2 }", "grid.\"model.noise\".from: nan is not a finite number"),
        ("[1979-05-27]", "grid.\"model.noise\"[0]: 1979-05-27 is a date, expected a number, a word or a list"),
    ] {
        let folder = folder("e.toml", grid_nan.replace("[nan]", value));
        assert_eq!(complaint_in(folder.path(), &["sweep", "e.toml"]), format!("e.toml: {expected}"));
    }
    let in_model =
        grid_nan.replace("kind = \"random\"", "kind = \"random\"\nshared_std = [1.0, nan]").replace("[nan]", "[1.0]");
    let folder = folder("e.toml", in_model);
    let line = complaint_in(folder.path(), &["sweep", "e.toml"]);
    assert_eq!(line, "e.toml: model.family.shared_std[1]: nan is not a finite number");
}

#[test]
fn a_vector_target_has_no_partial_information() {
    let folder = folder("model.toml", MODEL.replace("[[1.0, 0.0, 0.0]]", "[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]"));
    let output = run(folder.path(), &["eval", "model.toml", "--format", "json"]);
    let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!((&report["targets"][0]["pid"], &report["targets"][0]["dimension"]), (&Value::Null, &json!(2)));
}

#[test]
fn the_encoders_that_eval_prints_can_be_judged_again_with_the_same_result() {
    let folder = folder("model.toml", MODEL);
    let first =
        run(folder.path(), &["eval", "model.toml", "--objective", "spectral", "--dim", "2", "--format", "json"]);
    std::fs::write(folder.path().join("encoders.json"), &first.stdout).expect("a writable folder");
    let second = run(folder.path(), &["eval", "model.toml", "--encoders", "encoders.json", "--format", "json"]);
    assert_eq!((second.code, second.stderr.as_str()), (0, ""));
    let [first, second]: [Value; 2] = [first, second].map(|output| serde_json::from_str(&output.stdout).expect("JSON"));
    assert_eq!(second["objective"], json!("given encoders"));
    for path in ["/targets/0/mi/z1", "/targets/0/mmse/z12", "/alignment/error", "/alignment/mi_z1_z2"] {
        let [a, b] = [&first, &second].map(|report| report.pointer(path).and_then(Value::as_f64).expect("a number"));
        assert!((a - b).abs() < 1e-14, "{path}: {a} and {b}");
    }
}

#[test]
fn encoders_of_any_scale_say_the_same() {
    let folder = folder("model.toml", MODEL);
    let measured = |scale: &str| {
        let encoders = format!(r#"{{"encoders": [[[{scale}, {scale}]], [[{scale}, 0.0]]]}}"#);
        std::fs::write(folder.path().join("encoders.json"), encoders).expect("a writable folder");
        let output = run(folder.path(), &["eval", "model.toml", "--encoders", "encoders.json", "--format", "json"]);
        let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
        ["/targets/0/mi/z1", "/targets/1/r2/z1", "/alignment/error"]
            .map(|path| report.pointer(path).and_then(Value::as_f64).expect("a number"))
    };
    let unit = measured("1.0");
    // z_1 = s + u_1 + noise of variance 1: ½ log(3/2).
    assert!((unit[0] - 0.5 * 1.5_f64.ln()).abs() < 1e-14);
    for scale in ["1e-300", "1e-180", "1e180", "1e300"] {
        for (got, expected) in measured(scale).into_iter().zip(unit) {
            assert!((got - expected).abs() < 1e-14, "scale {scale}: {got}, expected {expected}");
        }
    }
}

#[test]
fn two_modalities_may_be_chosen_among_many() {
    let folder = folder("model.toml", "[family]\nkind = \"multi\"\nmodalities = 3\nobserved = [4, 5, 6]\n");
    let shape = |chosen: &str| {
        let output =
            run(folder.path(), &["eval", "model.toml", "--modalities", chosen, "--dim", "1", "--format", "json"]);
        let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
        [0, 1].map(|m| report["encoders"][m][0].as_array().map(Vec::len))
    };
    assert_eq!(shape("1,2"), [Some(4), Some(5)]);
    assert_eq!(shape("3,1"), [Some(6), Some(4)]);
}

#[test]
fn the_table_of_eval_is_readable() {
    let folder = folder("model.toml", MODEL);
    let output = run(folder.path(), &["eval", "model.toml"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let (numbers, _) = output.stdout.split_once("\ncapacity of").expect("a capacity line");
    insta::assert_snapshot!(numbers, @r#"
    tiny: cca with d = 1
    channels [2, 2], shared factors 1, private factors [1, 1]; information in nats

    canonical correlations   0.6667  0
    objective value          0.6667
    alignment                error 0.6667  floor 0.6667  operator 0.8165
    cross-modal information  I(x1;x2) 0.2939  I(z1;z2) 0.2939

    target "s" (dimension 1)
                          x1      x2   x1,x2      z1      z2   z1,z2
    information       0.5493  0.5493  0.8047  0.5493  0.5493  0.8047
    R²                0.6667  0.6667  0.8000  0.6667  0.6667  0.8000
    σ                 0.5774  0.5774  0.4472  0.5774  0.5774  0.4472
    information loss                               0       0       0
    redundant 0.5493  unique to 1 0  unique to 2 0  synergistic 0.2554

    target "u1" (dimension 1)
                          x1      x2   x1,x2      z1      z2   z1,z2
    information       0.5493       0  0.5493       0       0       0
    R²                0.6667       0  0.6667       0       0       0
    σ                 0.5774  1.0000  0.5774  1.0000  1.0000  1.0000
    information loss                          0.5493       0  0.5493
    redundant 0  unique to 1 0.5493  unique to 2 0  synergistic 0
    "#);
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    let folder = folder("model.toml", MODEL);
    let commands: [&[&str]; 7] = [
        &["eval", "model.toml"],
        &["eval", "model.toml", "--format", "json"],
        &["verify", "--models", "1"],
        &["--help"],
        &["eval", "--help"],
        &["eval", "missing.toml"],
        &["eval", "--objective", "nonsense"],
    ];
    for arguments in commands {
        let output = run(folder.path(), arguments);
        assert!(!(output.stdout + &output.stderr).contains('\x1b'), "{arguments:?}");
    }
}

#[test]
fn verify_tries_the_named_theorems_and_repeats_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["verify", "capacity", "leakage", "--models", "3", "--seed", "7", "--format", "json"];
    let [first, second] = [&["--threads", "1"][..], &["--threads", "2"]]
        .map(|threads| run(folder.path(), &[threads, &arguments].concat()));
    assert_eq!((first.code, &first.stdout), (0, &second.stdout));
    let report: Value = serde_json::from_str(&first.stdout).expect("JSON");
    assert_eq!(keys(&report), set(["schema", "models", "models_per_family", "seed", "theorems", "discrete"]));
    assert_eq!(report["schema"], json!(2));
    assert_eq!(
        keys(&report["theorems"][0]),
        set([
            "id",
            "models",
            "cases",
            "smallest_slack",
            "greatest_tightness",
            "violated",
            "inconclusive",
            "reevaluated",
            "verdict",
        ])
    );
    assert_eq!((&report["models"], &report["theorems"][1]["id"]), (&json!(18), &json!("leakage")));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "no counterexample is saved");
}

#[test]
fn every_help_has_examples() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for command in ["eval", "verify", "completions"] {
        let output = run(folder.path(), &[command, "--help"]);
        assert_eq!(output.code, 0);
        assert!(
            output.stdout.contains("Examples:") && output.stdout.contains(&format!("alignloss {command}")),
            "{command}: {}",
            output.stdout
        );
    }
    let output = run(folder.path(), &["--help"]);
    assert!(output.stdout.contains("Examples:"));
}

#[test]
fn completions_and_version_are_printed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert!(
            output.code == 0 && output.stdout.contains("alignloss") && output.stdout.contains("objective"),
            "{shell}"
        );
    }
    assert_eq!(run(folder.path(), &["--version"]).stdout, format!("alignloss {}\n", env!("CARGO_PKG_VERSION")));
}

// ---------------------------------------------------------------------------------------------------------------------
// Wrong usage
// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn wrong_usage_exits_with_2_and_names_the_option() {
    let folder = folder("model.toml", MODEL);
    let cases: [(&[&str], &[&str]); 14] = [
        (&[], &["Usage"]),
        (&["evaluate"], &["evaluate", "eval"]),
        (&["eval"], &["<MODEL>"]),
        (&["eval", "model.toml", "--objective", "cac"], &["'cac'", "--objective", "cca"]),
        (&["eval", "model.toml", "--dim", "two"], &["'two'", "--dim"]),
        (&["eval", "model.toml", "--dim", "99999999999999999999999"], &["--dim", "too large"]),
        (&["eval", "model.toml", "--format", "yaml"], &["'yaml'", "json"]),
        (&["eval", "model.toml", "--modalities", "a,b"], &["'a'", "--modalities"]),
        (&["eval", "model.toml", "--encoders", "e.json", "--dim", "1"], &["--encoders", "--dim"]),
        (&["eval", "model.toml", "--nope"], &["--nope"]),
        (&["verify", "capacty"], &["'capacty'", "capacity"]),
        (&["verify", "--models", "0"], &["'0'", "--models"]),
        (&["--threads", "0", "verify"], &["'0'", "--threads"]),
        (&["completions", "tcsh"], &["'tcsh'", "bash"]),
    ];
    for (arguments, named) in cases {
        let output = run(folder.path(), arguments);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{arguments:?}");
        for name in named {
            assert!(output.stderr.contains(name), "{arguments:?}: {:?} does not name {name:?}", output.stderr);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Wrong input
// ---------------------------------------------------------------------------------------------------------------------

/// The one line that a wrong input is answered with, without "error: ". Whatever it is, it exits with 2, prints nothing else, names
/// the file and is no panic.
#[track_caller]
fn complaint(file: &str, content: impl AsRef<[u8]>, extra: &[&str]) -> String {
    let folder = folder(file, content);
    complaint_in(folder.path(), &[&["eval", file], extra].concat())
}

#[track_caller]
fn complaint_in(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{arguments:?}: {}", output.stderr);
    assert_eq!(output.stderr.matches('\n').count(), 1, "{arguments:?}: {}", output.stderr);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    output.stderr.trim_end().strip_prefix("error: ").unwrap_or_else(|| panic!("{:?}", output.stderr)).to_owned()
}

/// The tiny model as JSON, with one thing changed.
fn changed(pointer: &str, value: &Value) -> String {
    let mut model: Value = json!({
        "latent": { "shared": 1, "private": [1, 1], "covariance": [[1, 0, 0], [0, 1, 0], [0, 0, 1]] },
        "modality": [
            { "shared_loading": [[1.0], [0.0]], "private_loading": [[0.0], [1.0]], "noise": 0.5 },
            { "shared_loading": [[1.0], [0.0]], "private_loading": [[0.0], [1.0]], "noise": 0.5 }
        ],
        "target": [{ "name": "y", "loading": [[1, 0, 0]], "noise": 0.0 }, { "name": "w", "loading": [[0, 1, 0]], "noise": 0.0 }]
    });
    *model.pointer_mut(pointer).expect("a part of the model") = value.clone();
    model.to_string()
}

#[test]
fn a_wrong_value_is_named_with_its_field() {
    let cases: Vec<(&str, Value, &str, &[&str])> = vec![
        ("/latent/shared", json!("two"), "latent.shared", &["two"]),
        ("/latent/shared", json!(-1), "latent.shared", &["-1"]),
        ("/latent/shared", json!(1.5), "latent.shared", &["1.5"]),
        ("/latent/shared", json!(1_000_000_000), "modality[0].shared_loading[0]", &["1000000000"]),
        ("/latent/shared", json!(1e30), "latent.shared", &["1e+30"]),
        ("/latent/private", json!([1]), "latent.private", &["[1]", "2 modalities"]),
        ("/latent/private", json!([1, 1, 1]), "latent.private", &["3 entries"]),
        (
            "/latent/private",
            json!([9_223_372_036_854_775_808_u64, 9_223_372_036_854_775_808_u64]),
            "modality[0].private_loading[0]",
            &["9223372036854775808"],
        ),
        (
            "/latent/covariance",
            json!([[1, 2, 0], [2, 1, 0], [0, 0, 1]]),
            "latent.covariance",
            &["not positive semidefinite", "(0, 1)", "2e0", "a correlation beyond 1"],
        ),
        (
            "/latent/covariance",
            json!([[1, 0.5, 0], [0.1, 1, 0], [0, 0, 1]]),
            "latent.covariance",
            &["not symmetric", "5e-1", "1e-1"],
        ),
        ("/latent/covariance", json!([[1, 0], [0, 1]]), "latent.covariance", &["2 × 2", "3 latents"]),
        ("/latent/covariance", json!([[1, 0, 0], [0, 1], [0, 0, 1]]), "latent.covariance[1]", &["2 numbers"]),
        (
            "/latent/covariance",
            json!([[-1, 0, 0], [0, 1, 0], [0, 0, 1]]),
            "latent.covariance",
            &["not positive semidefinite", "-1"],
        ),
        ("/modality", json!([]), "modality", &["0 given"]),
        (
            "/modality/0/shared_loading",
            json!([[1, 2], [0, 1]]),
            "modality[0].shared_loading[0]",
            &["2 numbers, expected 1"],
        ),
        (
            "/modality/1/shared_loading",
            json!([[1], [0, 1]]),
            "modality[1].shared_loading[1]",
            &["2 numbers, expected 1"],
        ),
        ("/modality/0/private_loading", json!([[1], [2], [3]]), "modality[0].private_loading", &["3 rows", "2"]),
        ("/modality/0/private_loading", json!([]), "modality[0].private_loading", &["no rows"]),
        ("/modality/0/shared_loading", json!([]), "modality[0].shared_loading", &["no rows"]),
        ("/modality/0/shared_loading", json!([[1e200], [0]]), "modality[0].shared_loading[0][0]", &["1e200"]),
        ("/modality/0/shared_loading", json!([["a"], [0]]), "modality[0].shared_loading[0][0]", &["\"a\""]),
        ("/modality/0/shared_loading", json!([[null], [0]]), "modality[0].shared_loading[0][0]", &["null"]),
        ("/modality/0/noise", json!(-0.1), "modality[0].noise", &["-0.1"]),
        ("/modality/0/noise", json!([0.1, -0.1]), "modality[0].noise[1]", &["-0.1"]),
        ("/modality/0/noise", json!([1, 2, 3]), "modality[0].noise", &["3 variances for 2 channels"]),
        ("/modality/0/noise", json!([[1, 2, 3]]), "modality[0].noise", &["1 × 3"]),
        ("/modality/0/noise", json!([[1, 2], [2, 1]]), "modality[0].noise", &["not positive semidefinite"]),
        ("/modality/1/noise", json!(1e200), "modality[1].noise", &["1e200"]),
        ("/modality/1/noise", json!("low"), "modality[1].noise", &["expected a variance"]),
        ("/target/0/loading", json!([[1, 0]]), "target[0].loading", &["2 columns, expected 3"]),
        ("/target/0/loading", json!([[1, 0, 0], [1]]), "target[0].loading[1]", &["1 numbers"]),
        ("/target/0/loading", json!([]), "target[0].loading", &["no rows"]),
        ("/target/1/loading", json!([[0, 0, 0]]), "target[1]", &["\"w\" is constant"]),
        ("/target/1/name", json!("y"), "target[1].name", &["\"y\""]),
        ("/target/1/name", json!(2), "target[1].name", &["3"]),
        ("/target/0/noise", json!(-1), "target[0].noise", &["-1"]),
    ];
    for (pointer, value, field, named) in cases {
        let line = complaint("model.json", changed(pointer, &value), &[]);
        assert!(line.starts_with(&format!("model.json: {field}: ")), "{pointer} = {value}: {line}");
        for name in named {
            assert!(line.contains(name), "{pointer} = {value}: {line:?} does not name {name:?}");
        }
    }
}

#[test]
fn an_impossible_covariance_beside_a_large_variance_is_refused_with_its_entries() {
    for (name, expected) in [
        // Two latents would have correlation 2; their variances are 1e-12 beside a variance of 1.
        ("correlation-of-two.toml", ["latent.covariance: ", "not positive semidefinite", "(1, 2)", "2e-12", "1e-12"]),
        ("asymmetric-covariance.toml", ["latent.covariance: ", "not symmetric", "(1, 2)", "5e-13", "-5e-13"]),
    ] {
        let line = complaint("m.toml", failed_input(name), &[]);
        for part in expected {
            assert!(line.contains(part), "{name}: {line:?} does not say {part:?}");
        }
    }
}

#[test]
fn a_constant_modality_and_a_model_without_factors_are_refused() {
    let silent = MODEL
        .replacen("[[1.0], [0.0]]", "[[0.0], [0.0]]", 1)
        .replacen("[[0.0], [1.0]]", "[[0.0], [0.0]]", 1)
        .replacen("noise = 0.5", "noise = 0.0", 1);
    assert!(complaint("m.toml", silent, &[]).starts_with("m.toml: modality[0]: \"modality 1\" is constant"));
    // Variances that leave the range of doubles count as zero.
    let silent = MODEL.replacen("[[1.0, 0.0, 0.0]]", "[[1e-200, 0.0, 0.0]]", 1);
    assert!(complaint("m.toml", silent, &[]).starts_with("m.toml: target[0]: \"s\" is constant"));
    let sensor = "[[modality]]\nshared_loading = [[]]\nprivate_loading = [[]]\nnoise = 1.0\n";
    let nothing = format!("[latent]\nshared = 0\nprivate = [0, 0]\n{sensor}{sensor}");
    assert!(complaint("m.toml", nothing, &[]).starts_with("m.toml: latent: shared = 0 and no private factor"));
}

#[test]
fn numbers_that_are_not_finite_are_refused_where_they_stand() {
    for (from, to, expected) in [
        ("noise = 0.5", "noise = nan", "m.toml: modality[0].noise: NaN is not a finite number"),
        ("noise = 0.5", "noise = -inf", "m.toml: modality[0].noise: -inf is not a finite number"),
        ("[[1.0], [0.0]]", "[[0.0], [inf]]", "m.toml: modality[0].shared_loading[1][0]: inf is not a finite number"),
        ("[[1.0, 0.0, 0.0]]", "[[1.0, nan, 0.0]]", "m.toml: target[0].loading[0][1]: NaN is not a finite number"),
        (
            "private = [1, 1]",
            "private = [1, 1]\ncovariance = [[1, 0, 0], [0, nan, 0], [0, 0, 1]]",
            "m.toml: latent.covariance[1][1]: NaN is not a finite number",
        ),
    ] {
        assert_eq!(complaint("m.toml", MODEL.replacen(from, to, 1), &[]), expected);
    }
    let line = complaint("m.json", changed("/target/0/noise", &json!(0.125)).replace("0.125", "1e999"), &[]);
    assert!(line.starts_with("m.json: target[0].noise: number out of range"), "{line}");
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_valid_one() {
    for (from, to, wrong, near) in [
        ("shared = 1", "shard = 1", "shard", "shared"),
        ("noise = 0.5", "noises = 0.5", "noises", "noise"),
        ("[[target]]", "[[targets]]", "targets", "target"),
        ("[[modality]]", "[[modalities]]", "modalities", "modality"),
        ("private_loading", "private_loadings", "private_loadings", "private_loading"),
    ] {
        let line = complaint("m.toml", MODEL.replacen(from, to, 1), &[]);
        assert!(line.contains(&format!("`{wrong}`")) && line.ends_with(&format!("did you mean `{near}`?")), "{line}");
    }
    let line = complaint("m.toml", "[family]\nkind = \"interfering\"\nangel_degrees = 3\n", &[]);
    assert!(
        line.starts_with("m.toml: family.angel_degrees: ") && line.ends_with("did you mean `angle_degrees`?"),
        "{line}"
    );
}

#[test]
fn files_that_are_no_model_files_are_refused() {
    let json = changed("/target/0/noise", &json!(0.1));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("m.toml", Vec::new(), "m.toml: the file is empty"),
        ("m.json", b" \n".to_vec(), "m.json: the file is empty"),
        ("m.toml", (0..=255).collect(), "m.toml: not a text file (byte 128 is not UTF-8)"),
        ("m.json", vec![0; 4], "m.json: expected value"),
        ("m.json", (json.clone() + " trailing").into_bytes(), "m.json: trailing characters"),
        ("m.json", json.clone().into_bytes()[..json.len() / 2].to_vec(), "m.json: "),
        ("m.json", b"null".to_vec(), "m.json: invalid type: null"),
        ("m.json", "[".repeat(100_000).into_bytes(), "m.json: "),
        ("m.toml", format!("a = {}", "[".repeat(100_000)).into_bytes(), "m.toml: "),
        ("m.toml", MODEL.as_bytes()[..MODEL.len() - 40].to_vec(), "m.toml: "),
        ("m.toml", MODEL.replace("shared = 1", "shared = 1\nshared = 2").into_bytes(), "m.toml: duplicate key"),
        ("m.json", br#"{"latent": {"shared": 1, "shared": 1}}"#.to_vec(), "m.json: latent: duplicate field `shared`"),
        ("m.txt", MODEL.as_bytes().to_vec(), "m.txt: the extension must be .toml or .json"),
        ("m", MODEL.as_bytes().to_vec(), "m: the extension must be .toml or .json"),
        ("m.json", MODEL.as_bytes().to_vec(), "m.json: expected"),
        (
            "m.toml",
            b"[latent]\nshared = 1\nprivate = [1, 1]\n".to_vec(),
            "m.toml: modality: 0 given, expected at least 2",
        ),
        ("m.toml", b"name = \"only\"\n".to_vec(), "m.toml: latent: missing"),
    ];
    for (name, content, expected) in cases {
        let line = complaint(name, &content, &[]);
        assert!(line.starts_with(expected), "{line:?} does not start with {expected:?}");
        assert!(line.len() < 400, "a line that can be read: {line}");
    }
}

#[test]
fn one_modality_is_not_enough() {
    let second = MODEL.rfind("[[modality]]").expect("two modalities");
    let one = MODEL[..second].replace("private = [1, 1]", "private = [1]");
    assert_eq!(complaint("m.toml", one, &[]), "m.toml: modality: 1 given, expected at least 2");
}

#[test]
fn a_missing_file_and_a_folder_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("folder.toml")).expect("a writable folder");
    assert!(complaint_in(folder.path(), &["eval", "missing.toml"]).starts_with("missing.toml: "));
    assert_eq!(
        complaint_in(folder.path(), &["eval", "folder.toml"]),
        "folder.toml: expected a file, found a directory"
    );
}

#[test]
fn wrong_family_parameters_are_named_with_their_value() {
    for (section, expected) in [
        (
            "kind = \"orthogonl\"",
            "family.kind: \"orthogonl\" is not one of orthogonal, random, interfering, correlated-nuisance, spiked, multi; did you mean \"orthogonal\"?",
        ),
        ("shared = 1", "family: missing field `kind`"),
        ("kind = \"orthogonal\"\nangle_degrees = 3", "family.angle_degrees: not a parameter of kind \"orthogonal\""),
        ("kind = \"interfering\"\nangle_degrees = 120", "family.angle_degrees: 120, expected a number from 0 to 90"),
        ("kind = \"interfering\"\nangle_degrees = nan", "family.angle_degrees: NaN, expected a number from 0 to 90"),
        (
            "kind = \"orthogonal\"\nprivate_fraction = 1.5",
            "family.private_fraction: 1.5, expected a number from 0 to 1",
        ),
        ("kind = \"spiked\"\ncorrelations = [0.5, 1.5]", "family.correlations: 1.5, expected a number from 0 to 1"),
        ("kind = \"spiked\"\nshared = 5", "family.shared: 5, but there are 3 correlations"),
        ("kind = \"spiked\"\nnoise = 0.5", "family.noise: not a parameter of kind \"spiked\""),
        (
            "kind = \"correlated-nuisance\"\nnuisance_correlation = 1.5",
            "family.nuisance_correlation: 1.5, expected a number from -1 to 1",
        ),
        (
            "kind = \"correlated-nuisance\"\nnuisance_correlation = [0.5, 0.5, 0.5]",
            "family.nuisance_correlation: 3 values, expected one or 2",
        ),
        ("kind = \"multi\"\nmodalities = 1", "family.modalities: 1, expected 2 to 64"),
        ("kind = \"multi\"\nmodalities = 1000000000", "family.modalities: 1000000000, expected 2 to 64"),
        ("kind = \"orthogonal\"\nobserved = 2", "family.observed: 2 channels in modality 1"),
        ("kind = \"random\"\nobserved = 1000000000", "family.observed: 1000000000 channels"),
        ("kind = \"random\"\nshared = 1000000000", "family.private: shared = 1000000000"),
        (
            "kind = \"interfering\"\nprivate = 1000000000",
            "family.private: shared = 2 and private = [1000000000, 1000000000]",
        ),
        ("kind = \"random\"\nshared = -1", "family.shared: invalid value: integer `-1`"),
        ("kind = \"orthogonal\"\nshared_std = [1, 2, 3]", "family.shared_std: 3 values, expected one or 2"),
        ("kind = \"orthogonal\"\nshared_std = -1", "family.shared_std: -1, expected a number from 0 to 1e50"),
        ("kind = \"orthogonal\"\nnoise = \"a\"", "family.noise: expected a number or a list of numbers"),
        ("kind = \"orthogonal\"\nseed = -1", "family.seed: invalid value: integer `-1`"),
        (
            "kind = \"orthogonal\"\nshared_std = 0\nprivate_std = 0\nnoise = 0",
            "modality[0]: \"modality 1\" is constant",
        ),
    ] {
        let line = complaint("m.toml", format!("[family]\n{section}\n"), &[]);
        assert!(line.starts_with(&format!("m.toml: {expected}")), "{line}");
    }
}

#[test]
fn a_family_beside_other_sections_is_refused() {
    let both = format!("{MODEL}[family]\nkind = \"orthogonal\"\n");
    assert_eq!(
        complaint("m.toml", both, &[]),
        "m.toml: family: give either [family] or [latent] with [[modality]], not both"
    );
    let modalities = MODEL.replace("[latent]\nshared = 1\nprivate = [1, 1]", "[family]\nkind = \"orthogonal\"");
    assert!(complaint("m.toml", modalities, &[]).starts_with("m.toml: modality: not allowed beside [family]"));
}

#[test]
fn impossible_requests_are_answered_in_one_line() {
    for (extra, expected) in [
        (&["--dim", "0"][..], "m.toml: dim: 0 is not between 1 and 2"),
        (&["--dim", "3"], "m.toml: dim: 3 is not between 1 and 2"),
        (&["--dim", "1000000000"], "m.toml: dim: 1000000000 is not between 1 and 2"),
        (&["-p", "lambda=0.5"], "-p lambda=0.5: objective \"cca\" has no parameters"),
        (
            &["--objective", "linear-contrastive", "-p", "lambda=0.5"],
            "-p lambda=0.5: objective \"linear-contrastive\" has only penalty, weight_decay",
        ),
        (
            &["--objective", "alignment-fidelity"],
            "missing -p lambda=VALUE: objective \"alignment-fidelity\" needs the parameter lambda, a number from 0 to 1",
        ),
        (
            &["--objective", "alignment-fidelity", "-p", "lambda=1.5"],
            "-p lambda=1.5: lambda = 1.5, expected a finite number from 0 to 1",
        ),
        (
            &["--objective", "regularised", "-p", "whitening=0.1,0.2,0.3"],
            "-p whitening=0.1,0.2,0.3: expected a number from 0 to 0.5, or a list of two",
        ),
        (
            &["--objective", "decoupled", "-p", "common_dim=1.5"],
            "-p common_dim=1.5: expected a whole number of at least 0",
        ),
        (&["-p", "lambda"], "-p lambda: expected NAME=VALUE"),
        (&["--modalities", "1"], "--modalities: 1 given, expected two"),
        (&["--modalities", "1,2,2"], "--modalities: 3 given, expected two"),
        (&["--modalities", "1,1"], "--modalities 1,1: expected two different numbers from 1 to 2"),
        (&["--modalities", "0,1"], "--modalities 0,1: expected two different numbers from 1 to 2"),
        (&["--modalities", "1,3"], "--modalities 1,3: expected two different numbers from 1 to 2"),
    ] {
        let line = complaint("m.toml", MODEL, extra);
        assert!(line.starts_with(expected), "{line}");
    }
    let without_targets = &MODEL[..MODEL.find("[[target]]").expect("targets")];
    let line = complaint("m.toml", without_targets, &["--objective", "supervised"]);
    assert_eq!(line, "m.toml: objective \"supervised\" needs a target, and the model has none");
}

#[test]
fn wrong_encoders_are_refused() {
    let folder = folder("m.toml", MODEL);
    for (text, expected) in [
        (r#"{"encoders": [[[1, 0, 0]], [[0, 1]]]}"#, "encoder of modality 1: 1 × 3, expected 1 × 2"),
        (r#"{"encoders": [[[1, 0], [0, 1]], [[0, 1]]]}"#, "encoder of modality 2: 1 × 2, expected 2 × 2"),
        (r#"{"encoders": [[[1, 0], [0]], [[0, 1]]]}"#, "encoders[0]: rows differ in length"),
        (r#"{"encoders": [[], []]}"#, "encoder of modality 1: 0 × 0"),
        (r#"{"encoders": [[[1, 0]]]}"#, "invalid length 1"),
        (r#"{"encoders": [[[1e999, 0]], [[0, 1]]]}"#, "number out of range"),
        (r#"{"encoders": [[[1, 0]], [[0, 1]]]} x"#, "trailing characters"),
        (r#"{"weights": []}"#, "missing field `encoders`"),
        ("", "EOF while parsing"),
    ] {
        std::fs::write(folder.path().join("e.json"), text).expect("a writable folder");
        let line = complaint_in(folder.path(), &["eval", "m.toml", "--encoders", "e.json"]);
        assert!(line.starts_with(&format!("e.json: {expected}")), "{line}");
    }
    assert!(complaint_in(folder.path(), &["eval", "m.toml", "--encoders", "none.json"]).starts_with("none.json: "));
}

#[test]
fn messages_read_well() {
    let toml = |from: &str, to: &str| complaint("model.toml", MODEL.replacen(from, to, 1), &[]);
    insta::assert_snapshot!(toml("shared = 1", "shard = 1"), @"model.toml: latent.shard: unknown field `shard`, expected one of `shared`, `private`, `covariance` (line 3); did you mean `shared`?");
    insta::assert_snapshot!(toml("noise = 0.5", "noise = [[1.0, 2.0], [2.0, 1.0]]"), @"model.toml: modality[0].noise: not positive semidefinite: entry (0, 1) is 2e0 beside variances 1e0 and 1e0, a correlation beyond 1");
    insta::assert_snapshot!(toml("noise = 0.5", "noise = -0.5"), @"model.toml: modality[0].noise: -0.5 is not a variance: expected at least 0");
    insta::assert_snapshot!(toml("[[1.0], [0.0]]", "[[1.0], [0.0, 3.0]]"), @"model.toml: modality[0].shared_loading[1]: 2 numbers, expected 1");
    insta::assert_snapshot!(complaint("model.toml", MODEL, &["--dim", "5"]), @"model.toml: dim: 5 is not between 1 and 2, the fewest channels of the two modalities");
}
