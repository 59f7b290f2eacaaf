//! What a claim is about.

use std::fmt;

/// What a claim is about: its words, the same for all cases, and what stands in their places. It is shown as a sentence; whoever asks what
/// a claim is about compares these fields, never the sentence.
///
/// # Examples
/// ```
/// use alignloss::theorem::Part;
/// let part = Part::new("share of {target} in variate {place}").about((0, "y")).place(2);
/// assert_eq!(part.to_string(), "share of y in variate 2");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The words, a constant that stands beside the theorem, with places: `{m}` for the modality's number, `{target}`, `{place}`, `{value}`.
    pub claim: &'static str,
    /// Whose encoder, sensor or private factors, from 0.
    pub modality: Option<usize>,
    /// Of which target.
    pub target: Option<TargetId>,
    /// Among which modalities that target must be private to this one; of a claim without a target, all that are taken for private.
    pub private: Option<Among>,
    /// Which of several, from 1, or how many.
    pub place: Option<usize>,
    /// At which parameter.
    pub value: Option<f64>,
}

/// The modalities among which a target is private to one: no other of them sees anything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// The two of the pair; a part's modality is its place in the pair.
    Pair,
    /// All of the model; a part's modality is its place in the model.
    All,
}

/// A target of a model. Its index says which one: its name may be anything.
#[derive(Debug, Clone)]
pub struct TargetId {
    /// Its index.
    pub index: usize,
    /// Its name.
    pub name: String,
}

impl PartialEq for TargetId {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl From<(usize, &str)> for TargetId {
    fn from((index, name): (usize, &str)) -> Self {
        Self { index, name: name.to_owned() }
    }
}

impl Part {
    /// About nothing in particular yet.
    pub const fn new(claim: &'static str) -> Self {
        Self { claim, modality: None, target: None, private: None, place: None, value: None }
    }

    /// Of a modality or its encoder.
    #[must_use]
    pub fn modality(self, modality: impl Into<usize>) -> Self {
        Self { modality: Some(modality.into()), ..self }
    }

    /// About a target.
    #[must_use]
    pub fn about(self, target: impl Into<TargetId>) -> Self {
        Self { target: Some(target.into()), ..self }
    }

    /// About a target that must be private to the modality.
    #[must_use]
    pub fn private(self, target: impl Into<TargetId>, among: Among) -> Self {
        Self { private: Some(among), ..self.about(target) }
    }

    /// About all targets that are private to a modality.
    #[must_use]
    pub fn all_private(self, among: Among) -> Self {
        Self { private: Some(among), ..self }
    }

    /// One of several, from 1.
    #[must_use]
    pub fn place(self, place: usize) -> Self {
        Self { place: Some(place), ..self }
    }

    /// At a parameter.
    #[must_use]
    pub fn value(self, value: f64) -> Self {
        Self { value: Some(value), ..self }
    }

    /// Writes what stands in a place; whether there is anything.
    fn fill(&self, place: &str, f: &mut fmt::Formatter) -> Result<bool, fmt::Error> {
        match (place, self) {
            ("m", Self { modality: Some(modality), .. }) => write!(f, "{}", modality + 1)?,
            ("target", Self { target: Some(target), .. }) => f.write_str(&target.name)?,
            ("place", Self { place: Some(place), .. }) => write!(f, "{place}")?,
            ("value", Self { value: Some(value), .. }) => write!(f, "{value}")?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl From<&'static str> for Part {
    fn from(claim: &'static str) -> Self {
        Self::new(claim)
    }
}

impl fmt::Display for Part {
    /// In one pass over the words, so that a name with braces stays as it is; a place for which there is nothing does too.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut rest = self.claim;
        while let Some((before, opened)) = rest.split_once('{')
            && let Some((place, after)) = opened.split_once('}')
        {
            f.write_str(before)?;
            if !self.fill(place, f)? {
                write!(f, "{{{place}}}")?;
            }
            rest = after;
        }
        f.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled_once() {
        let part = Part::new("λ{place} of z{m} about {target} at {value}, and z{m}");
        assert_eq!(part.to_string(), "λ{place} of z{m} about {target} at {value}, and z{m}");
        let part = part.modality(1_usize).about((0, "{target} {m}")).place(3).value(0.5);
        assert_eq!(part.to_string(), "λ3 of z2 about {target} {m} at 0.5, and z2");
        assert_eq!(Part::new("{unknown} {").to_string(), "{unknown} {");
    }

    #[test]
    fn parts_are_the_same_where_what_they_are_about_is_whatever_it_is_called() {
        let of = |index, name| Part::new("z{m} about {target}").modality(0_usize).about((index, name));
        assert_eq!(of(0, "y"), of(0, "y"));
        // Both read "z1 about y".
        assert_ne!(of(0, "y"), of(1, "y"));
        assert_ne!(of(0, "y"), of(0, "y").modality(1_usize));
        assert_ne!(of(0, "y"), of(0, "y").place(1));
        assert_ne!(of(0, "y"), Part::new("z1 about y"));
    }
}
