//! User-defined experiments: models written out or in a file, settings changed on the command line, files by name and by path.

use crate::command::{folder, run, succeed};
use std::path::Path;

/// Two sensors, written out.
const MODEL: &str = r#"
[latent]
shared = 1
private = [1, 1]
[[modality]]
name = "optical"
shared_loading = [[1.0], [0.0]]
private_loading = [[0.0], [1.0]]
noise = 0.5
[[modality]]
name = "radar"
shared_loading = [[1.0], [0.0]]
private_loading = [[0.0], [1.0]]
noise = 0.5
[[target]]
name = "leaf"
loading = [[1.0, 0.0, 0.0]]
"#;

/// Without a theorem to show; the noise of one sensor varies.
const EXPERIMENT: &str = r#"
title = "One sensor gets worse"
[model]
file = "../models/pair.toml"
[grid]
objective = "cca"
dim = 1
"model.radar.noise" = [0.5, 1.0]
[[figure]]
kind = "curve"
x = "model.radar.noise"
y = "mi.z1"
"#;

/// A folder with the model and the experiment.
fn study() -> tempfile::TempDir {
    let folder = folder("unrelated.txt", "");
    for (name, text) in [("models/pair.toml", MODEL), ("experiments/pair.toml", EXPERIMENT)] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
        std::fs::write(path, text).expect("a writable folder");
    }
    folder
}

/// The columns of a merged result.
fn columns(at: &Path, experiment: &[&str], names: [&str; 2]) -> Vec<(f64, f64)> {
    let path = succeed(at, &[&["merge"], experiment].concat());
    let mut reader = csv::Reader::from_path(at.join(path.trim())).expect("merged results");
    let header = reader.headers().expect("a header").clone();
    let places = names.map(|name| header.iter().position(|column| column == name).expect("a column"));
    let number = |row: &csv::StringRecord, place: usize| row[place].parse::<f64>().expect("a number");
    reader
        .records()
        .map(|row| row.expect("a row"))
        .map(|row| (number(&row, places[0]), number(&row, places[1])))
        .collect()
}

#[test]
fn a_grid_reaches_into_a_model_of_a_file() {
    let folder = study();
    succeed(folder.path(), &["sweep", "pair"]);
    let rows = columns(folder.path(), &["pair"], ["model.radar.noise", "canonical_correlation.1"]);
    // ρ = 1/√((1 + ψ_1)(1 + ψ_2)).
    for ((noise, rho), expected) in rows.into_iter().zip([0.5, 1.0]) {
        assert!((noise - expected).abs() < 1e-15);
        assert!((rho - (1.5 * (1.0 + noise)).sqrt().recip()).abs() < 1e-12, "{noise}: {rho}");
    }
}

#[test]
fn a_model_may_stand_in_the_experiment() {
    let sections = MODEL.replace("[latent]", "[model.latent]").replace("[[modality]]", "[[model.modality]]");
    let sections = sections.replace("[[target]]", "[[model.target]]");
    let whole = EXPERIMENT.replace("[model]\nfile = \"../models/pair.toml\"\n", &sections);
    let folder = folder(
        "whole.toml",
        whole
            .replace("\"model.radar.noise\" = [0.5, 1.0]", "\"model.noise\" = [0.5, 1.0]")
            .replace("x = \"model.radar.noise\"", "x = \"model.noise\""),
    );
    succeed(folder.path(), &["sweep", "whole.toml"]);
    for (noise, rho) in columns(folder.path(), &["whole.toml"], ["model.noise", "canonical_correlation.1"]) {
        assert!((rho - (1.0 + noise).recip()).abs() < 1e-12, "{noise}: {rho}");
    }
}

#[test]
fn settings_change_on_the_command_line_and_results_stand_apart() {
    let folder = study();
    let at = folder.path();
    succeed(at, &["sweep", "pair"]);
    let changed = ["pair", "dim=2", "model.optical.noise=.25", "model.radar.noise=[0.1,0.2,0.3]"];
    succeed(at, &[&["sweep"], &changed[..]].concat());
    let rows = columns(at, &changed, ["model.radar.noise", "canonical_correlation.1"]);
    assert_eq!(rows.len(), 3);
    for (noise, rho) in rows {
        assert!((rho - (1.25 * (1.0 + noise)).sqrt().recip()).abs() < 1e-12, "{noise}: {rho}");
    }
    assert!(succeed(at, &["status", "pair"]).starts_with("pair: "));
    assert_eq!(columns(at, &["pair"], ["dim", "dim"]), [(1.0, 1.0), (1.0, 1.0)]);
    let missing = run(at, &["status", "pair", "dim=2"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("run: alignloss sweep pair dim=2"), "{}", missing.stderr);
}

#[test]
fn what_can_not_be_changed_is_refused_by_name() {
    let folder = study();
    for (change, expected) in [
        ("dimm=2", "did you mean \"dim\"?"),
        ("dim=nan", "expected a number"),
        ("model.raddar.noise=1", "did you mean \"radar\"?"),
        ("model.radar.nose=1", "did you mean `noise`?"),
        ("seed=-1", "seed: -1, expected a whole number"),
    ] {
        let output = run(folder.path(), &["sweep", "pair", change]);
        assert_eq!(output.code, 2, "{change}");
        assert!(output.stderr.contains(expected), "{change}: {}", output.stderr);
    }
}

#[test]
fn one_broken_file_does_not_stop_the_others() {
    let folder = study();
    let at = folder.path();
    std::fs::write(at.join("experiments/broken.toml"), "title = 3").expect("a writable folder");
    let named = run(at, &["figures", "pair"]);
    assert_eq!(named.code, 0, "{}", named.stderr);
    assert!(named.stderr.contains("skipped: experiments/broken.toml"), "{}", named.stderr);
    assert!(at.join("figures/pair.svg").exists());
    let all = run(at, &["figures"]);
    assert_eq!(all.code, 2);
    assert!(all.stderr.contains("not every experiment could be read: experiments/broken.toml"), "{}", all.stderr);
    let broken = run(at, &["figures", "broken"]);
    assert_eq!(broken.code, 2);
    assert!(broken.stderr.contains("experiments/broken.toml: title"), "{}", broken.stderr);
}

#[test]
fn figures_takes_a_path() {
    let folder = study();
    let at = folder.path();
    std::fs::create_dir(at.join("elsewhere")).expect("a writable folder");
    std::fs::rename(at.join("experiments/pair.toml"), at.join("elsewhere/pair.toml")).expect("a writable folder");
    std::fs::remove_dir(at.join("experiments")).expect("an empty folder");
    let output = run(at, &["figures", "elsewhere/pair.toml", "--format", "svg"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(at.join("figures/pair.svg").exists());
}
