//! `alignloss explain`

use alignloss::evaluation::Evaluation;
use alignloss::experiment::{AXES, Experiment, describe, meaning, measured};
use alignloss::model::{ModelFile, family};
use alignloss::objective;
use alignloss::theorem;
use alignloss_terminal::{Outcome, PAGE, page_width, print, wrapped};
use anyhow::bail;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

/// Explain a word: a theorem, an objective, a family, a column, an axis, a key of a file, a verdict
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alignloss explain                        list every word, by section
  alignloss explain capacity
  alignloss explain mi.z1 tightness where
  alignloss explain --schema experiment > experiment.schema.json")]
pub(super) struct Explain {
    /// What to explain [default: list all words]
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print the JSON Schema of a document type, for editors and validators
    #[arg(long, value_enum, value_name = "DOCUMENT", conflicts_with_all = ["words", "format"])]
    schema: Option<Document>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text, for reading
    Text,
    /// A JSON list of entries, for programs
    Json,
    /// Everything on one page, as in docs/reference.md
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Document {
    /// A model file
    Model,
    /// An experiment file
    Experiment,
    /// What `eval --format json` prints
    Evaluation,
}

/// A word and its explanation.
#[derive(Debug, Serialize)]
struct Entry {
    word: String,
    section: &'static str,
    text: String,
    /// Further details, by heading.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<(&'static str, String)>,
}

impl Entry {
    fn new(section: &'static str, word: impl Into<String>, text: impl Into<String>) -> Self {
        Self { word: word.into(), section, text: text.into(), details: Vec::new() }
    }

    fn with(mut self, heading: &'static str, text: impl Into<String>) -> Self {
        self.details.push((heading, text.into()));
        self
    }
}

impl Explain {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        if let Some(document) = self.schema {
            let schema = match document {
                Document::Model => ModelFile::schema(),
                Document::Experiment => Experiment::schema(),
                Document::Evaluation => Evaluation::schema(),
            };
            print(&(serde_json::to_string_pretty(&schema)? + "\n"))?;
            return Ok(Outcome::Fine);
        }
        let all = entries();
        let chosen = if self.words.is_empty() { all.iter().collect() } else { chosen(&all, &self.words)? };
        print(&match self.format {
            Format::Json => serde_json::to_string_pretty(&chosen)? + "\n",
            Format::Markdown => markdown(&chosen),
            Format::Text if self.words.is_empty() => index(&chosen),
            Format::Text => chosen.iter().map(|entry| text(entry)).collect::<Vec<_>>().join("\n"),
        })?;
        Ok(Outcome::Fine)
    }
}

/// The entries for some words, in the order given; a prefix such as `mi` selects every word that continues it, such as `mi.z1`.
fn chosen<'a>(all: &'a [Entry], words: &[String]) -> anyhow::Result<Vec<&'a Entry>> {
    let mut chosen = Vec::new();
    for word in words {
        let exact: Vec<&Entry> = all.iter().filter(|entry| entry.word == *word).collect();
        let begun = || {
            all.iter().filter(|entry| entry.word.strip_prefix(word.as_str()).is_some_and(|rest| rest.starts_with('.')))
        };
        let found = if exact.is_empty() { begun().collect() } else { exact };
        if found.is_empty() {
            let hint = alignloss::text::hint(word, all.iter().map(|entry| entry.word.as_str()));
            bail!("{word:?} is not a word of this program{hint}; `alignloss explain` lists all words");
        }
        chosen.extend(found);
    }
    Ok(chosen)
}

/// Every word.
fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for theorem in theorem::REGISTRY {
        let entry = Entry::new("theorems", theorem.id(), theorem.statement());
        entries.push(match theorem.about() {
            None => entry,
            Some(about) => {
                let entry = entry.with("hypotheses", about.hypotheses).with("proof", about.proof);
                let check = format!("alignloss verify {}", theorem.id());
                match about.figure {
                    Some(figure) => entry.with("figure", format!("alignloss figures {figure}")).with("check", check),
                    None => entry.with("check", check),
                }
            }
        });
    }
    for objective in objective::REGISTRY {
        let mut entry = Entry::new("objectives", objective.id, objective.summary);
        for parameter in objective.parameters {
            let default = parameter.default.map_or_else(|| "required".into(), |value| format!("default: {value}"));
            let text = format!("{}, {}: {} [{default}]", parameter.name, parameter.kind.words(), parameter.meaning);
            entry = entry.with("parameter", text);
        }
        let training = if objective.is_trainable() { "with estimator = \"sgd\"" } else { "closed form only" };
        entries.push(entry.with("training", training));
    }
    for family in family::REGISTRY {
        let entry = Entry::new("families", family.kind, family.summary);
        entries.push(match family.parameters {
            [] => entry,
            own => entry.with("own parameters", own.join(", ")),
        });
    }
    for parameter in family::PARAMETERS {
        let text = parameter.meaning;
        entries.push(Entry::new("parameters of families", parameter.name, text).with("default", parameter.default));
    }
    for axis in AXES {
        entries.push(Entry::new("axes of a grid", axis.name, axis.meaning));
    }
    for parameter in objective::REGISTRY.iter().flat_map(|entry| entry.parameters) {
        entries.push(Entry::new("axes of a grid", format!("objective.{}", parameter.name), parameter.meaning));
    }
    for parameter in family::PARAMETERS {
        entries.push(Entry::new("axes of a grid", format!("model.{}", parameter.name), parameter.meaning));
    }
    let columns = ["cell", "replicate", "target"].map(str::to_owned).into_iter();
    for column in columns.chain(measured().into_iter().map(|column| column.name)) {
        let entry = Entry::new("columns of results", &*column, meaning(&column).unwrap_or_default());
        let (label, unit) = describe(&column);
        let entry = entry.with("on an axis", label);
        entries.push(match unit {
            Some(unit) => entry.with("unit", unit),
            None => entry,
        });
    }
    for (section, schema) in [
        ("keys of model files", ModelFile::schema()),
        ("keys of experiment files", Experiment::schema()),
        ("keys of eval's JSON", Evaluation::schema()),
    ] {
        keys(section, &schema, &schema, "", &mut entries);
    }
    for (word, text) in VERDICTS {
        entries.push(Entry::new("verdicts", word, text));
    }
    for (word, text) in OUTCOMES {
        entries.push(Entry::new("outcomes of training", word, text));
    }
    entries
}

const VERDICTS: [(&str, &str); 4] = [
    ("holds", "the claim is true in this case, up to the error bound of both sides"),
    ("violated", "the claim is false in this case, beyond the error bound of both sides"),
    ("inconclusive", "the error bound is too wide to tell"),
    ("does-not-apply", "a hypothesis fails, so the theorem claims nothing about this case"),
];

const OUTCOMES: [(&str, &str); 6] = [
    ("closed-form", "nothing was trained: the encoders are the closed-form minimisers"),
    ("training", "measured during training"),
    ("converged", "the loss is flat, and the mean gradient is within its noise"),
    ("stalled", "the loss is flat although the mean gradient exceeds its noise: the steps are too small"),
    ("exhausted", "the steps ran out while the loss was still falling"),
    ("diverged", "the loss or its gradient is not finite: nothing is measured"),
];

/// The keys of a schema with their descriptions, by path, such as `figure.where`.
fn keys(section: &'static str, root: &Value, schema: &Value, path: &str, entries: &mut Vec<Entry>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, property) in properties {
        // Axes have their own section.
        if path.is_empty() && name == "grid" || !name.contains('.') {
            let word = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let target = resolved(root, property);
            let described = |value: &Value| value.get("description").and_then(Value::as_str).map(str::to_owned);
            let text = described(property).or_else(|| described(target)).unwrap_or_default();
            entries.push(Entry::new(section, &*word, text.replace('\n', " ")));
            if name != "grid" {
                keys(section, root, target, &word, entries);
            }
        }
    }
}

/// The schema of a property, behind a reference, an option or a list.
fn resolved<'a>(root: &'a Value, property: &'a Value) -> &'a Value {
    let nested = property
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| root.pointer(reference.trim_start_matches('#')))
        .or_else(|| property.get("items"))
        .or_else(|| property.get("anyOf").and_then(|options| options.get(0)));
    match nested {
        Some(nested) if nested != property => resolved(root, nested),
        _ => property,
    }
}

fn text(entry: &Entry) -> String {
    let mut text = format!("{} ({})\n", entry.word, singular(entry.section));
    let mut paragraph = |heading: &str, body: &str| {
        let body = if heading.is_empty() { body.to_owned() } else { format!("{heading}: {body}") };
        let page = if is_command(heading) { usize::MAX } else { page_width().unwrap_or(PAGE) };
        for (index, line) in wrapped(&body, page.saturating_sub(4)).iter().enumerate() {
            let _ = writeln!(text, "{}{line}", if index == 0 { "  " } else { "    " });
        }
    };
    paragraph("", &entry.text);
    for (heading, body) in &entry.details {
        paragraph(heading, body);
    }
    text
}

/// Commands stay on one line so that they can be copied.
fn is_command(heading: &str) -> bool {
    matches!(heading, "figure" | "check")
}

fn singular(section: &str) -> &str {
    match section {
        "theorems" => "theorem",
        "objectives" => "objective",
        "families" => "family",
        "parameters of families" => "parameter of a family",
        "axes of a grid" => "axis of a grid",
        "columns of results" => "column of results",
        "keys of model files" => "key of a model file",
        "keys of experiment files" => "key of an experiment file",
        "keys of eval's JSON" => "key of eval's JSON",
        "verdicts" => "verdict",
        "outcomes of training" => "outcome of training",
        other => other,
    }
}

/// All words, by section.
fn index(entries: &[&Entry]) -> String {
    let mut text = String::new();
    for group in entries.chunk_by(|one, two| one.section == two.section) {
        let words: Vec<&str> = group.iter().map(|entry| entry.word.as_str()).collect();
        let _ = writeln!(text, "{}", group[0].section);
        for line in wrapped(&words.join(", "), page_width().unwrap_or(PAGE).saturating_sub(2)) {
            let _ = writeln!(text, "  {line}");
        }
    }
    text + "\nalignloss explain WORD explains one.\n"
}

/// All entries as a Markdown page.
fn markdown(entries: &[&Entry]) -> String {
    let mut text =
        "# Reference\n\nEvery word of the program, as `alignloss explain` prints it. This page is generated by\n\
                    `alignloss explain --format markdown`; a test checks that it is up to date.\n"
            .to_owned();
    for group in entries.chunk_by(|one, two| one.section == two.section) {
        let heading = group[0].section;
        let _ = writeln!(text, "\n## {}{}\n", heading[..1].to_uppercase(), &heading[1..]);
        for entry in group {
            let _ = writeln!(text, "- `{}`: {}", entry.word, entry.text);
            for (heading, body) in &entry.details {
                let body = if is_command(heading) { format!("`{body}`") } else { body.clone() };
                let _ = writeln!(text, "  - {heading}: {body}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_meaning() {
        for entry in entries() {
            assert!(!entry.text.is_empty(), "{} ({})", entry.word, entry.section);
        }
    }

    #[test]
    fn every_theorem_says_when_and_why_it_holds() {
        for theorem in theorem::REGISTRY {
            assert!(theorem.about().is_some(), "{}", theorem.id());
        }
    }

    #[test]
    fn every_registry_is_explained() {
        let all = entries();
        let is_explained = |word: &str| all.iter().any(|entry| entry.word == word);
        let ids = theorem::ids().into_iter().chain(objective::ids());
        for word in ids.chain(family::kinds()) {
            assert!(is_explained(word), "{word}");
        }
        for column in measured() {
            assert!(is_explained(&column.name), "{}", column.name);
        }
    }

    #[test]
    fn an_unknown_word_is_met_with_the_nearest() {
        let error = chosen(&entries(), &["capacty".into()]).unwrap_err().to_string();
        assert!(error.contains("did you mean \"capacity\"?"), "{error}");
    }
}
