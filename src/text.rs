//! Reading TOML and JSON into types, with one-line errors that name the field.

use serde::de::DeserializeOwned;
use std::path::Path;

/// The notation of an input file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.toml`
    Toml,
    /// `.json`
    Json,
}

/// The extension of a path is neither `.toml` nor `.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the extension must be .toml or .json")]
pub struct UnknownExtension;

impl Format {
    /// From the extension of a path.
    ///
    /// # Errors
    /// [`UnknownExtension`] for any extension but `.toml` and `.json`.
    pub fn of_path(path: &Path) -> Result<Self, UnknownExtension> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(extension) if extension.eq_ignore_ascii_case("toml") => Ok(Self::Toml),
            Some(extension) if extension.eq_ignore_ascii_case("json") => Ok(Self::Json),
            _ => Err(UnknownExtension),
        }
    }

    /// From the first character of a text: JSON models are objects and start with `{`, which no TOML file does.
    pub fn of_text(text: &str) -> Self {
        if without_mark(text).trim_start().starts_with('{') { Self::Json } else { Self::Toml }
    }
}

/// The longest word quoted in full: long enough for paths, while the contents of a file need not be shown.
const LONGEST_WORD: usize = 300;

/// The longest message shown in full.
const LONGEST_MESSAGE: usize = 1500;

/// Shortens a message to a readable length by cutting the middle of overlong words, and of the whole if it is still too long.
///
/// # Examples
/// ```
/// let message = format!("modality[0].noise: {}, expected a variance", "1".repeat(100_000));
/// let shown = alignloss::text::shortened(&message);
/// assert!(shown.len() < 400 && shown.starts_with("modality[0].noise: 111") && shown.ends_with("111, expected a variance"));
/// assert!(shown.contains('…'));
/// ```
pub fn shortened(message: &str) -> String {
    let words: Vec<String> = message.split(' ').map(|word| without_middle(word, LONGEST_WORD)).collect();
    without_middle(&words.join(" "), LONGEST_MESSAGE)
}

/// At most `longest` characters of a text, two thirds of them from its beginning.
fn without_middle(text: &str, longest: usize) -> String {
    let count = text.chars().count();
    if count <= longest {
        return text.to_owned();
    }
    let head = longest * 2 / 3;
    let place = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(place, _)| place);
    format!("{}…{}", &text[..place(head)], &text[place(count - (longest - head))..])
}

/// A text without the byte order mark that some editors write.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Parses a text; the error is one line that names the place and, for an unknown key, the nearest valid one.
///
/// # Errors
/// The line.
pub fn parse<T: DeserializeOwned>(text: &str, format: Format) -> Result<T, String> {
    let text = without_mark(text);
    match format {
        Format::Json => {
            let deserializer = &mut serde_json::Deserializer::from_str(text);
            let value = serde_path_to_error::deserialize(&mut *deserializer)
                .map_err(|error| describe(&error.path().to_string(), &error.inner().to_string()))?;
            deserializer.end().map_err(|error| describe(".", &error.to_string()))?;
            Ok(value)
        }
        Format::Toml => {
            let located = |error: &toml::de::Error| match error.span() {
                Some(span) => {
                    format!(
                        "{} (line {})",
                        error.message(),
                        1 + text[..span.start.min(text.len())].matches('\n').count()
                    )
                }
                None => error.message().to_owned(),
            };
            let deserializer = toml::de::Deserializer::parse(text).map_err(|error| describe(".", &located(&error)))?;
            serde_path_to_error::deserialize(deserializer)
                .map_err(|error| describe(&error.path().to_string(), &located(error.inner())))
        }
    }
}

/// Rejects values that TOML has and JSON lacks (non-finite numbers and dates): an experiment stores its grid and model
/// as JSON, where they would become null or a table.
///
/// # Errors
/// One line that names the field and the value.
pub fn require_json_values(source: &str) -> Result<(), String> {
    let table: toml::Table = toml::from_str(without_mark(source)).map_err(|error| describe(".", error.message()))?;
    table.iter().try_for_each(|(key, value)| require_json_value(&within("", key), value))
}

fn require_json_value(field: &str, value: &toml::Value) -> Result<(), String> {
    match value {
        toml::Value::Float(number) if !number.is_finite() => Err(format!("{field}: {value} is not a finite number")),
        toml::Value::Datetime(_) => Err(format!("{field}: {value} is a date, expected a number, a word or a list")),
        toml::Value::Array(values) => {
            let mut places = values.iter().enumerate();
            places.try_for_each(|(index, value)| require_json_value(&format!("{field}[{index}]"), value))
        }
        toml::Value::Table(table) => {
            table.iter().try_for_each(|(key, value)| require_json_value(&within(field, key), value))
        }
        _ => Ok(()),
    }
}

/// The path of a key within that of its table.
fn within(field: &str, key: &str) -> String {
    let key = if key.contains('.') { format!("{key:?}") } else { key.to_owned() };
    if field.is_empty() { key } else { format!("{field}.{key}") }
}

/// Converts an already parsed value to a type.
///
/// # Errors
/// As [`parse`].
pub fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| describe(&error.path().to_string(), &error.inner().to_string()))
}

fn describe(path: &str, message: &str) -> String {
    let message = message.lines().collect::<Vec<_>>().join(" ");
    let hint = nearest_key(&message).map(|key| format!("; did you mean `{key}`?")).unwrap_or_default();
    if path == "." || path == "?" { format!("{message}{hint}") } else { format!("{path}: {message}{hint}") }
}

/// For serde's "unknown field `a`, expected one of `b`, `c`": the valid key nearest to `a`.
fn nearest_key(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.contains("unknown field") && !message.contains("unknown variant") {
        return None;
    }
    let wrong = quoted.next()?;
    nearest(wrong, quoted).map(str::to_owned)
}

/// The candidate nearest to a word, if any is close enough to have been meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), candidate), candidate))
        .filter(|&(similarity, _)| similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The end of a message about an unknown word: the candidate probably meant, or nothing.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Example {
        #[expect(dead_code, reason = "only its name matters here")]
        shared: usize,
        #[expect(dead_code, reason = "only its name matters here")]
        private: Vec<usize>,
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest_valid_one() {
        let error = parse::<Example>("shard = 2\nprivate = [1]", Format::Toml).unwrap_err();
        assert!(error.contains("`shard`") && error.contains("did you mean `shared`?"), "{error}");
        assert!(!error.contains('\n'));
    }

    #[test]
    fn a_byte_order_mark_is_no_content() {
        for (text, format) in
            [("shared = 1\nprivate = [1]", Format::Toml), (r#"{"shared": 1, "private": [1]}"#, Format::Json)]
        {
            parse::<Example>(&format!("\u{feff}{text}"), format).expect("the same as without the mark");
        }
    }

    #[test]
    fn long_words_and_long_messages_lose_their_middle() {
        let path = format!("/{}/model.toml: no such file", "folder/".repeat(40));
        assert_eq!(shortened(&path), path, "a long path is still whole");
        let word = shortened(&format!("unknown field `{}ü`, expected `a`", "ä".repeat(100_000)));
        assert!(word.starts_with("unknown field `ää") && word.contains("ä…ä") && word.ends_with("ü`, expected `a`"));
        assert_eq!(word.chars().count(), "unknown field  expected `a`".chars().count() + LONGEST_WORD + 1);
        let many = shortened(&format!("{} at the end", "a b ".repeat(50_000)));
        assert!(many.chars().count() == LONGEST_MESSAGE + 1 && many.ends_with(" at the end"));
    }

    #[test]
    fn a_wrong_type_names_its_path() {
        let error = parse::<Example>(r#"{"shared": 1, "private": [1, "two"]}"#, Format::Json).unwrap_err();
        assert!(error.starts_with("private[1]: "), "{error}");
    }
}
