//! Reading TOML and JSON into types, with one-line errors that name the field.

use crate::model::Format;
use serde::de::DeserializeOwned;

/// Parses a text; the error is one line that names the place and, for an unknown key, the nearest valid one.
///
/// # Errors
/// The line.
pub fn parse<T: DeserializeOwned>(text: &str, format: Format) -> Result<T, String> {
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

/// A value already parsed, as a type.
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

/// From serde's "unknown field `a`, expected one of `b`, `c`": the valid key nearest to `a`.
fn nearest_key(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.contains("unknown field") && !message.contains("unknown variant") {
        return None;
    }
    let wrong = quoted.next()?;
    nearest(wrong, quoted).map(str::to_owned)
}

/// The candidate nearest to a word, if any is near enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), candidate), candidate))
        .filter(|&(similarity, _)| similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
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
    fn a_wrong_type_names_its_path() {
        let error = parse::<Example>(r#"{"shared": 1, "private": [1, "two"]}"#, Format::Json).unwrap_err();
        assert!(error.starts_with("private[1]: "), "{error}");
    }
}
