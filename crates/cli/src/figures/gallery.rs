//! `README.md` beside the figures: each with its picture, caption, theorems, verdicts, command and data.

use super::record::{Drawn, Manifest, Record, VerdictRow};
use std::fmt::Write as _;
use std::path::Path;

/// The gallery of a folder as Markdown; `results` is where the data are.
pub(super) fn gallery(manifest: &Manifest, results: &Path) -> String {
    let count: usize = manifest.experiments.values().map(|record| record.figures.len()).sum();
    let mut text = format!(
        "# Figures\n\nMade by `alignloss figures`, which overwrites this page. {count} figures; all verdicts are in \
         [verdicts.md](verdicts.md).\n\n"
    );
    for figure in manifest.experiments.values().flat_map(|record| &record.figures) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- [{}](#{})", html(&figure.title), figure.name);
    }
    for (name, record) in &manifest.experiments {
        for figure in &record.figures {
            text += &section(name, record, figure, results);
        }
    }
    text
}

fn section(experiment: &str, record: &Record, figure: &Drawn, results: &Path) -> String {
    let mut text = format!("\n## <a id=\"{}\"></a>{}\n\n{}\n\n", figure.name, html(&figure.title), picture(figure));
    let _ = writeln!(text, "{}\n", html(&figure.caption));
    for (id, statement) in &record.theorems {
        let _ = writeln!(text, "- Theorem `{id}`: {}", html(statement));
    }
    for row in &record.verdicts {
        let _ = writeln!(text, "- Verdict: {}", verdict(row));
    }
    // An absolute folder is this machine's own business.
    let folder = if results.is_absolute() { Path::new("") } else { results };
    let _ = writeln!(text, "- Command: `alignloss figures {}`", figure.name);
    let _ = writeln!(text, "- Data: `{}`", folder.join(experiment).join("part-*.csv").display());
    let files: Vec<String> = figure.files.keys().map(|file| format!("`{file}`")).collect();
    let _ = writeln!(text, "- Files: {}", files.join(", "));
    text
}

/// The picture, in the colours of the reader's page where both are there.
fn picture(figure: &Drawn) -> String {
    let file = |stem: &str| {
        ["svg", "png"]
            .iter()
            .map(|extension| format!("{stem}.{extension}"))
            .find(|file| figure.files.contains_key(file))
    };
    let name = &figure.name;
    let stems = ["", "-double", "-single", "-slide"].map(|size| format!("{name}{size}"));
    let Some(light) = stems.iter().find_map(|stem| file(stem)).or_else(|| file(&format!("{name}-dark"))) else {
        return format!("(drawn as {})", figure.files.keys().cloned().collect::<Vec<_>>().join(", "));
    };
    let image = format!("<img alt=\"{}\" src=\"{light}\">", html(&figure.title));
    match file(&format!("{name}-dark")) {
        Some(dark) if dark != light => {
            format!("<picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"{dark}\">{image}</picture>")
        }
        _ => image,
    }
}

fn verdict(row: &VerdictRow) -> String {
    format!(
        "`{}` {} on {} cells of {} (smallest slack {}, greatest tightness {})",
        row.theorem, row.verdict, row.cells, row.place, row.smallest_slack, row.greatest_tightness
    )
}

/// The table of verdicts as Markdown.
pub(super) fn verdicts(manifest: &Manifest) -> String {
    let mut text = "# Verdicts\n\nWritten by `alignloss figures`: every theorem on every cell of the experiments that show it, or on \
                    models of `verify` where it speaks of none of them.\n\n\
                    | theorem | experiment | cells | smallest slack | greatest tightness | verdict |\n\
                    |---|---|---:|---:|---:|---|\n"
        .to_owned();
    for row in manifest.experiments.values().flat_map(|record| &record.verdicts) {
        let _ = writeln!(text, "| {} |", row.fields().join(" | "));
    }
    text
}

/// Text for Markdown, with the scripts `_{…}` and `^{…}` as HTML.
fn html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|");
    let mut done = String::new();
    let mut rest = text.as_str();
    while let Some(at) = [rest.find("_{"), rest.find("^{")].into_iter().flatten().min() {
        let Some(length) = rest[at..].find('}') else { break };
        let tag = if rest[at..].starts_with('_') { "sub" } else { "sup" };
        let _ = write!(done, "{}<{tag}>{}</{tag}>", &rest[..at], &rest[at + 2..at + length]);
        rest = &rest[at + length + 1..];
    }
    done + rest
}

impl VerdictRow {
    /// The row as text, in the order of the table.
    pub(super) fn fields(&self) -> Vec<String> {
        vec![
            self.theorem.clone(),
            self.place.clone(),
            self.cells.to_string(),
            self.smallest_slack.clone(),
            self.greatest_tightness.clone(),
            self.verdict.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_become_html_and_signs_are_escaped() {
        assert_eq!(html("σ_{w}^{2} < 1 | x"), "σ<sub>w</sub><sup>2</sup> &lt; 1 \\| x");
        assert_eq!(html("open _{ brace"), "open _{ brace");
    }

    #[test]
    fn the_picture_follows_the_colours_of_the_page() {
        let mut figure = Drawn { name: "f".into(), title: "T".into(), ..Drawn::default() };
        figure.files.insert("f.png".into(), String::new());
        assert_eq!(picture(&figure), "<img alt=\"T\" src=\"f.png\">");
        figure.files.insert("f-dark.svg".into(), String::new());
        assert!(picture(&figure).contains("srcset=\"f-dark.svg\"><img alt=\"T\" src=\"f.png\">"));
    }
}
