//! The LaTeX sources: the numbers, tables and figures they use.

use super::store::Store;
use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The use of a name, and where it is used.
#[derive(Debug, Clone)]
pub(super) struct Use {
    pub(super) name: String,
    /// FILE:LINE.
    pub(super) place: String,
}

/// All sources.
#[derive(Debug)]
pub(super) struct Manuscript {
    folder: PathBuf,
    /// Paths below the folder.
    files: Vec<PathBuf>,
    pub(super) numbers: Vec<Use>,
    pub(super) tables: Vec<Use>,
    figures: Vec<Use>,
    /// The text of each figure and table.
    floats: Vec<String>,
}

impl Manuscript {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut manuscript = Self {
            folder: folder.into(),
            files: Vec::new(),
            numbers: Vec::new(),
            tables: Vec::new(),
            figures: Vec::new(),
            floats: Vec::new(),
        };
        collect(folder, Path::new(""), &mut manuscript.files)?;
        manuscript.files.sort();
        for file in manuscript.files.clone() {
            if file.extension().is_none_or(|extension| extension != "tex") {
                continue;
            }
            let path = folder.join(&file);
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            manuscript.scan(&path.display().to_string(), &text);
        }
        Ok(manuscript)
    }

    fn scan(&mut self, path: &str, text: &str) {
        let text: Vec<&str> = text.lines().map(without_comment).collect();
        for (index, line) in text.iter().enumerate() {
            let uses = |macro_name: &str| -> Vec<Use> {
                let place = format!("{path}:{}", index + 1);
                let named = |name: String| Use { name, place: place.clone() };
                // Definitions speak of their argument.
                arguments(line, macro_name).into_iter().filter(|name| !name.starts_with('#')).map(named).collect()
            };
            self.numbers.extend(uses("result"));
            self.tables.extend(uses("resulttable"));
            self.figures.extend(uses("includegraphics"));
        }
        let text = text.join("\n");
        for kind in ["figure", "table"] {
            for float in text.split(&format!("\\begin{{{kind}}}")).skip(1) {
                let inner = float.split(&format!("\\end{{{kind}}}")).next().unwrap_or_default();
                self.floats.push(inner.to_owned());
            }
        }
    }

    /// Every theorem of the referee is named in a figure or a table.
    pub(super) fn require_theorems(&self, tables: &BTreeMap<String, String>, store: &mut Store) -> anyhow::Result<()> {
        let verdicts = store.table("verify")?;
        let place = verdicts.column("id")?;
        for row in verdicts.rows() {
            let id = &row[place];
            let named = |text: &str| ["thm", "id"].iter().any(|name| text.contains(&format!("\\{name}{{{id}}}")));
            let shown = self.floats.iter().any(|float| {
                named(float)
                    || arguments(float, "resulttable")
                        .iter()
                        .any(|name| tables.get(name).is_some_and(|text| named(text)))
            });
            ensure!(shown, "no figure or table of the paper is about the theorem {id:?}");
        }
        Ok(())
    }

    /// The sources, at the same places below another folder.
    pub(super) fn copy_to(&self, out: &Path) -> anyhow::Result<()> {
        for file in &self.files {
            copy(&self.folder.join(file), &out.join(file))?;
        }
        Ok(())
    }

    /// The figures that are used, as PDF where there is one.
    pub(super) fn copy_figures(&self, figures: &Path, out: &Path) -> anyhow::Result<()> {
        for Use { name, place } in &self.figures {
            let drawn = ["pdf", "png"].map(|extension| figures.join(format!("{name}.{extension}")));
            let found = drawn.iter().find(|path| path.exists());
            let found = found.with_context(|| {
                format!("{place} includes the figure {name:?}, which is not in {}", figures.display())
            })?;
            copy(found, &out.join(found.file_name().unwrap_or_default()))?;
        }
        Ok(())
    }
}

/// LaTeX and BibTeX files below a folder.
fn collect(root: &Path, below: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let folder = root.join(below);
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "tex" || extension == "bib") {
            files.push(path);
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::copy(from, to).map(drop).with_context(|| format!("{} to {}", from.display(), to.display()))
}

/// A line up to its comment.
fn without_comment(line: &str) -> &str {
    let mut escaped = false;
    for (place, character) in line.char_indices() {
        match character {
            '%' if !escaped => return &line[..place],
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    line
}

/// The arguments of `\name{…}` and `\name[…]{…}`.
fn arguments(text: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for after in text.split(&format!("\\{name}")).skip(1) {
        let after = match after.strip_prefix('[') {
            Some(options) => options.split_once(']').map_or("", |(_, rest)| rest),
            None => after,
        };
        if let Some((argument, _)) = after.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            found.push(argument.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_those_of_this_macro() {
        let line = r"\result{a/b} and \resulttable{c}, \includegraphics[width=\linewidth]{d}";
        assert_eq!(arguments(line, "result"), ["a/b"]);
        assert_eq!(arguments(line, "resulttable"), ["c"]);
        assert_eq!(arguments(line, "includegraphics"), ["d"]);
    }

    #[test]
    fn comments_are_not_read() {
        assert_eq!(without_comment(r"99\% of % \result{x}"), r"99\% of ");
    }
}
