//! Formats values in LaTeX.

use anyhow::{Context, bail};
use serde::Deserialize;

/// A format: `fixed:N`, `scientific:N`, `gap:N`, `percent:N`, `integer`, `text`, `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Format {
    /// So many decimals.
    Fixed(usize),
    /// So many decimals, and a power of ten.
    Scientific(usize),
    /// The same for quantities that should be zero: rounding is not shown.
    Gap(usize),
    /// A share in percent, so many decimals.
    Percent(usize),
    /// With thin spaces between thousands.
    Integer,
    /// As it is.
    Text,
    /// The id of a theorem or an objective.
    Id,
}

/// Below this a deviation is rounding, and its size says nothing.
const ROUNDING: f64 = 1e-12;

impl TryFrom<String> for Format {
    type Error = anyhow::Error;

    fn try_from(text: String) -> anyhow::Result<Self> {
        let (name, decimals) = text.split_once(':').unwrap_or((&text, "0"));
        let decimals = decimals.parse().with_context(|| format!("decimals of the format {text:?}"))?;
        Ok(match name {
            "fixed" => Self::Fixed(decimals),
            "scientific" => Self::Scientific(decimals),
            "gap" => Self::Gap(decimals),
            "percent" => Self::Percent(decimals),
            "integer" => Self::Integer,
            "text" => Self::Text,
            "id" => Self::Id,
            _ => bail!("{text:?} is not one of fixed:N, scientific:N, gap:N, percent:N, integer, text, id"),
        })
    }
}

impl Format {
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Id)
    }

    pub(super) fn number(self, value: f64) -> String {
        match self {
            Self::Fixed(decimals) => math(&without_negative_zero(format!("{value:.decimals$}"))),
            Self::Gap(_) if value.abs() <= ROUNDING => r"\ensuremath{<10^{-12}}".into(),
            Self::Scientific(decimals) | Self::Gap(decimals) => scientific(value, decimals),
            Self::Percent(decimals) => format!("{}\\%", math(&format!("{:.decimals$}", 100.0 * value))),
            Self::Integer => thousands(&format!("{value:.0}")),
            Self::Text | Self::Id => value.to_string(),
        }
    }

    pub(super) fn text(self, value: &str) -> String {
        let escaped: String = value.chars().flat_map(escape).collect();
        if self == Self::Id { format!("\\id{{{escaped}}}") } else { escaped }
    }
}

fn scientific(value: f64, decimals: usize) -> String {
    if value.abs() <= 0.0 {
        return "0".into();
    }
    let text = format!("{value:.decimals$e}");
    match text.split_once('e') {
        Some((mantissa, "0")) => math(mantissa),
        Some((mantissa, exponent)) => format!("\\ensuremath{{{mantissa}\\cdot10^{{{exponent}}}}}"),
        None => math(&text),
    }
}

/// A hyphen becomes a minus sign in mathematics only.
fn math(number: &str) -> String {
    if number.starts_with('-') { format!("\\ensuremath{{{number}}}") } else { number.into() }
}

fn without_negative_zero(text: String) -> String {
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|digit| matches!(digit, '0' | '.')) => digits.into(),
        _ => text,
    }
}

fn thousands(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 && digits.len() > 4 {
            grouped.push_str("\\,");
        }
        grouped.push(digit);
    }
    math(&format!("{sign}{grouped}"))
}

fn escape(character: char) -> Vec<char> {
    match character {
        '_' | '%' | '&' | '#' | '$' | '{' | '}' => vec!['\\', character],
        _ => vec![character],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_print() {
        assert_eq!(Format::Fixed(2).number(-0.001), "0.00");
        assert_eq!(Format::Fixed(2).number(-1.5), "\\ensuremath{-1.50}");
        assert_eq!(Format::Scientific(1).number(1.16e-10), "\\ensuremath{1.2\\cdot10^{-10}}");
        assert_eq!(Format::Scientific(0).number(-3e-14), "\\ensuremath{-3\\cdot10^{-14}}");
        assert_eq!(
            (Format::Gap(0).number(-3e-14), Format::Scientific(0).number(-0.0)),
            ("\\ensuremath{<10^{-12}}".into(), "0".into())
        );
        assert_eq!(Format::Percent(0).number(0.991), "99\\%");
        assert_eq!(Format::Integer.number(32177.0), "32\\,177");
        assert_eq!(Format::Integer.number(1024.0), "1024");
        assert_eq!(Format::Id.text("a_b"), "\\id{a\\_b}");
        assert!(Format::try_from("fixd:2".to_owned()).is_err());
    }
}
