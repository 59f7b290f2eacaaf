//! Parameters of objectives: their names, ranges and values.

use schemars::JsonSchema;
use serde::Serialize;

/// The value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ParameterValue {
    /// A number.
    Number(f64),
    /// A whole number of at least 0.
    Count(usize),
    /// One number for each modality.
    Pair([f64; 2]),
}

/// The range of a numerical parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// (0, ∞)
    Positive,
    /// [0, ∞)
    NonNegative,
    /// [0, 1]
    Share,
    /// [0, ½]
    Half,
}

impl Range {
    /// The number at a share of the range, from 0 to 1: of one without an upper bound, from a tenth to ten times 1, or from 0 to a little
    /// above a size.
    pub(super) fn at(self, share: f64, size: f64) -> f64 {
        match self {
            Self::Positive => 10.0_f64.powf(2.0 * share - 1.0),
            Self::NonNegative => 1.2 * share * size,
            Self::Share => share,
            Self::Half => 0.5 * share,
        }
    }

    /// Whether a number is in range.
    pub fn contains(self, value: f64) -> bool {
        match self {
            Self::Positive => value > 0.0 && value.is_finite(),
            Self::NonNegative => value >= 0.0 && value.is_finite(),
            Self::Share => (0.0..=1.0).contains(&value),
            Self::Half => (0.0..=0.5).contains(&value),
        }
    }

    /// The range in words, following "a number".
    pub fn words(self) -> &'static str {
        match self {
            Self::Positive => "above 0",
            Self::NonNegative => "of at least 0",
            Self::Share => "from 0 to 1",
            Self::Half => "from 0 to 0.5",
        }
    }

    /// The number, if it is in range.
    ///
    /// # Errors
    /// [`OutOfRange`], with the parameter's name.
    pub fn check(self, name: &'static str, value: f64) -> Result<f64, OutOfRange> {
        if self.contains(value) { Ok(value) } else { Err(OutOfRange { name, value, expected: self.words() }) }
    }
}

/// A parameter is outside its range.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{name} = {value}, expected a finite number {expected}")]
pub struct OutOfRange {
    /// The parameter.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// The range, in words.
    pub expected: &'static str,
}

/// The kind of values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number within a range.
    Number(Range),
    /// A whole number of at least 0.
    Count,
    /// One number per modality; a single number stands for both.
    Pair(Range),
}

impl Kind {
    /// What is expected, in words.
    pub fn words(self) -> String {
        match self {
            Self::Number(range) => format!("a number {}", range.words()),
            Self::Count => "a whole number of at least 0".into(),
            Self::Pair(range) => format!("a number {}, or a list of two, one per modality", range.words()),
        }
    }

    /// The value given by a list of numbers; `None` if it has the wrong form. Ranges are checked by
    /// [`ParameterSpec::check`].
    pub fn value(self, numbers: &[f64]) -> Option<ParameterValue> {
        match (self, numbers) {
            (Self::Number(_), &[number]) => Some(ParameterValue::Number(number)),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number in range")]
            (Self::Count, &[number]) if number >= 0.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) => {
                Some(ParameterValue::Count(number as usize))
            }
            (Self::Pair(_), &[both]) => Some(ParameterValue::Pair([both, both])),
            (Self::Pair(_), &[first, second]) => Some(ParameterValue::Pair([first, second])),
            _ => None,
        }
    }
}

/// Facts about a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParameterSpec {
    /// Its name in experiment files (`"objective.NAME"`) and on the command line (`-p NAME=VALUE`).
    pub name: &'static str,
    /// Its label on an axis, with subscripts as in `d_{c}`.
    pub label: &'static str,
    /// What it does, in one line.
    pub meaning: &'static str,
    /// The values it takes.
    pub kind: Kind,
    /// Its default, in words; `None` if it is required.
    pub default: Option<&'static str>,
}

impl ParameterSpec {
    /// Checks a value against the range.
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn check(&self, value: ParameterValue) -> Result<(), OutOfRange> {
        match (self.kind, value) {
            (Kind::Number(range), ParameterValue::Number(number)) => range.check(self.name, number).map(drop),
            (Kind::Pair(range), ParameterValue::Pair(pair)) => {
                pair.into_iter().try_for_each(|number| range.check(self.name, number).map(drop))
            }
            _ => Ok(()),
        }
    }
}

/// Parameter values by name; absent ones have their objective's default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters(Vec<(&'static str, ParameterValue)>);

impl Parameters {
    /// These, and one more, replacing any of the same name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: ParameterValue) -> Self {
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value));
        self
    }

    /// These, and one more number.
    #[must_use]
    pub fn with_number(self, name: &'static str, value: f64) -> Self {
        self.with(name, ParameterValue::Number(value))
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<ParameterValue> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    /// The value of a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            ParameterValue::Number(value) => Some(value),
            ParameterValue::Count(_) | ParameterValue::Pair(_) => None,
        }
    }

    /// The value of a whole number.
    pub fn count(&self, name: &str) -> Option<usize> {
        match self.get(name)? {
            ParameterValue::Count(value) => Some(value),
            ParameterValue::Number(_) | ParameterValue::Pair(_) => None,
        }
    }

    /// The values for both modalities.
    pub fn pair(&self, name: &str) -> Option<[f64; 2]> {
        match self.get(name)? {
            ParameterValue::Pair(value) => Some(value),
            ParameterValue::Number(_) | ParameterValue::Count(_) => None,
        }
    }

    /// All values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, ParameterValue)> {
        self.0.iter().copied()
    }
}

impl std::fmt::Display for ParameterValue {
    /// In the form `-p` accepts.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Count(value) => write!(f, "{value}"),
            Self::Pair([first, second]) => write!(f, "{first},{second}"),
        }
    }
}
