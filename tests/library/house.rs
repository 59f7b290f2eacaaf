//! Rules of the code base: which modules may use which, and where an id may be written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The source files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What a file says to the compiler outside tests: without comments, and up to its tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source file");
    let tested = text.split("#[cfg(test)]").next().unwrap_or_default();
    tested.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The module of the library that a file belongs to.
fn module(path: &Path) -> String {
    let below = path.strip_prefix(crate::repository().join("src")).expect("a file of the library");
    let first = below.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules of this crate that a text names: `crate::a::…` and `crate::{a::…, b}`.
fn named_modules(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        let word = |text: &str| -> String {
            text.trim_start().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
        };
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split('}').next().unwrap_or_default();
            named.extend(group.split(',').map(word));
        } else {
            named.push(word(rest));
        }
    }
    named.retain(|name| !name.is_empty());
    named
}

#[test]
fn modules_use_only_those_above_them_on_the_map() {
    let map = std::fs::read_to_string(crate::repository().join("CONTRIBUTING.md")).expect("a map");
    let order: Vec<String> = map
        .lines()
        .filter_map(|line| line.strip_prefix("| `src/")?.split('`').next())
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    let place = |name: &str| order.iter().position(|module| module == name);
    let mut seen = Vec::new();
    for file in sources(&crate::repository().join("src")) {
        let module = module(&file);
        if module == "lib" || module == "prelude" {
            continue;
        }
        let own = place(&module).unwrap_or_else(|| panic!("{module} is not on the map of CONTRIBUTING.md"));
        for used in named_modules(&code(&file)) {
            let Some(other) = place(&used) else { continue };
            assert!(other <= own, "{}: `{module}` uses `{used}`, which stands below it", file.display());
            seen.push((module.clone(), used));
        }
    }
    assert!(seen.contains(&("theorem".into(), "information".into())), "the imports were read");
    for module in &order {
        let is_there = ["", ".rs"].iter().any(|end| crate::repository().join(format!("src/{module}{end}")).exists());
        assert!(is_there, "{module} is on the map, not in the tree");
    }
}

/// Words that name something else as well, with what else; there the count is not of the id alone.
const OTHER_MEANINGS: [(&str, &str); 3] = [
    ("random", "an objective, a family, and the cloud of a lesson"),
    ("capacity", "a theorem, a column and a lesson"),
    ("correlation", "a theorem and the axis of a lesson"),
];

/// In how many files each id stands as a quoted literal.
fn files_that_quote(ids: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = ids.iter().map(|id| ((*id).to_owned(), Vec::new())).collect();
    let crates = ["src", "crates/cli/src", "crates/figure/src", "crates/terminal/src"];
    for file in crates.iter().flat_map(|folder| sources(&crate::repository().join(folder))) {
        if file.ends_with("tests.rs") {
            continue;
        }
        let code = code(&file);
        for (id, files) in &mut found {
            if code.contains(&format!("{id:?}")) {
                files.push(file.strip_prefix(crate::repository()).expect("in the repository").display().to_string());
            }
        }
    }
    found.retain(|id, _| !OTHER_MEANINGS.iter().any(|(word, _)| word == id));
    found
}

#[test]
fn the_id_of_an_objective_is_written_in_two_files_at_most() {
    for (id, files) in files_that_quote(&alignloss::objective::ids()) {
        assert!((1..=2).contains(&files.len()), "{id}: {files:?}");
    }
}

#[test]
fn the_id_of_a_theorem_is_written_in_two_files_at_most() {
    for (id, files) in files_that_quote(&alignloss::theorem::ids()) {
        assert!((1..=2).contains(&files.len()), "{id}: {files:?}");
    }
}

#[test]
fn the_kind_of_a_family_is_written_in_one_file() {
    for (kind, files) in files_that_quote(&alignloss::model::family::kinds()) {
        assert_eq!(files.len(), 1, "{kind}: {files:?}");
    }
}

/// The labels of the paper's theorems.
fn theorems_of_the_paper() -> Vec<String> {
    let folder = crate::repository().join("paper/sections");
    let mut labels = Vec::new();
    for file in std::fs::read_dir(folder).expect("a folder") {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("a source");
        for begun in text.split("\\begin{theorem}").skip(1) {
            let line = begun.lines().next().unwrap_or_default();
            let label = line.split("\\label{thm:").nth(1).and_then(|rest| rest.split('}').next());
            labels.push(label.expect("a theorem with a label").to_owned());
        }
    }
    labels
}

#[test]
fn theorems_are_in_the_paper_under_their_ids_and_know_their_figure() {
    let mut stated = theorems_of_the_paper();
    let mut registered: Vec<&str> = alignloss::theorem::REGISTRY.iter().map(|theorem| theorem.id()).collect();
    stated.sort();
    registered.sort_unstable();
    assert_eq!(stated, registered);
    // The specification says which of its statements are checked.
    let theory = std::fs::read_to_string(crate::repository().join("docs/theory.md")).expect("the specification");
    let section = theory.split("## 4 Theorems\n\n`verify` checks ").nth(1).expect("what is checked");
    let mut listed: Vec<&str> =
        section.split("\n\n").next().unwrap_or_default().split('`').skip(1).step_by(2).collect();
    listed.sort_unstable();
    assert_eq!(listed, registered);
    for theorem in alignloss::theorem::REGISTRY {
        let (id, about) = (theorem.id(), theorem.about().expect("every theorem says more"));
        if let Some(figure) = about.figure {
            let path = crate::repository().join(format!("experiments/{figure}.toml"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let shows = text.lines().find(|line| line.starts_with("shows")).expect("an experiment of a theorem");
            assert!(shows.contains(&format!("{id:?}")), "{figure} does not show {id}");
        }
    }
}

#[test]
fn what_theorems_are_asked_for_is_what_results_hold() {
    use alignloss::information::{Side, Source};
    use alignloss::theorem::Quantity;
    let sources = Source::ALL
        .into_iter()
        .flat_map(|source| [Quantity::Information(source), Quantity::Mmse(source), Quantity::R2(source)]);
    let numbered = [Quantity::CanonicalCorrelation(1), Quantity::Critic(4), Quantity::WhitenedCritic(2)];
    let plain = [
        Quantity::AlignmentError,
        Quantity::SensorInformation,
        Quantity::EncoderInformation,
        Quantity::CapacityAligned,
        Quantity::CapacityPrivate,
        Quantity::SignalDistance,
        Quantity::ObjectiveValue,
    ];
    let columns: Vec<String> = alignloss::experiment::measured().into_iter().map(|column| column.name).collect();
    for quantity in sources.chain(Side::BOTH.map(Quantity::Loss)).chain(numbered).chain(plain) {
        assert!(columns.contains(&quantity.to_string()), "{quantity}");
        assert_eq!(Quantity::of_column(&quantity.to_string()), Some(quantity));
    }
    // No results hold these two.
    for quantity in [Quantity::Margin, Quantity::FirstThreshold] {
        assert!(!columns.contains(&quantity.to_string()), "{quantity}");
        assert_eq!(Quantity::of_column(&quantity.to_string()), Some(quantity));
    }
}

#[test]
fn what_is_cited_by_its_path_is_there() {
    let mut cited = 0;
    let folders = ["src", "crates", "tests", "benches", "examples", "docs"].map(|name| crate::repository().join(name));
    let mut files: Vec<PathBuf> = folders.iter().flat_map(|folder| sources(folder)).collect();
    files.extend(
        ["README.md", "CONTRIBUTING.md", "docs/extending.md", "docs/decisions.md"]
            .map(|name| crate::repository().join(name)),
    );
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a text");
        for line in text.lines() {
            for piece in line.split('`').skip(1).step_by(2) {
                let is_path = ["src/", "crates/", "tests/", "experiments/", "docs/", "paper/", "benches/"]
                    .iter()
                    .any(|start| piece.starts_with(start));
                let is_plain = piece.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
                // `experiments/NAME.toml` stands for any.
                if is_path && is_plain && !piece.contains("NAME") {
                    let own = file.ancestors().any(|folder| folder.join(piece).exists());
                    assert!(own, "{}: `{piece}` is not there", file.display());
                    cited += 1;
                }
            }
        }
    }
    assert!(cited > 50, "{cited} paths");
}
