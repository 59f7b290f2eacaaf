//! Whether a minimiser is unique, and if not, what the others are.

use super::LearnerError;
use crate::linalg::{Matrix, orthonormal_columns, outside};
use std::ops::Range;

/// Values that decide which directions are kept count as tied if they differ by at most this many units of rounding of
/// their decomposition: their order cannot be determined.
pub(super) const TIE_UNITS: f64 = 10.0;

/// Whether another minimiser has a different span.
///
/// Mixing the outputs of an encoder changes its weights but none of its measures, so a minimiser is called unique if
/// the span of each encoder is. If an objective leaves rows without effect on its value, the minimiser is the
/// minimum-norm one (zero rows).
#[derive(Debug, Clone)]
pub enum Uniqueness {
    /// The deciding values are further apart than rounding.
    Unique,
    /// Others attain the same value, up to rounding.
    Tied(Ties),
    /// Unknown, with the reason: encoders that minimise nothing, or a maximum without a certificate.
    Unknown(String),
}

/// The other minimisers.
#[derive(Debug, Clone)]
pub struct Ties {
    /// What ties, in words and numbers.
    pub reason: String,
    /// What each encoder may span instead, independently of the other.
    pub freedom: [Freedom; 2],
}

/// What one encoder spans over all minimisers.
#[derive(Debug, Clone)]
pub enum Freedom {
    /// The same in all of them.
    None,
    /// A fixed part, and any choice of directions among those that tie.
    Choice(Choice),
    /// Not described.
    Unknown,
}

/// A choice of `count` directions.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What every minimiser spans, orthonormal in whitened coordinates: r_m × f.
    pub fixed: Matrix,
    /// The directions that tie, orthonormal and orthogonal to the fixed part, r_m × t with t > `count`; `None` means
    /// all directions orthogonal to it.
    pub tied: Option<Matrix>,
    /// How many of them an encoder spans in addition to the fixed part.
    pub count: usize,
}

impl Uniqueness {
    /// `None` if unknown.
    pub fn is_unique(&self) -> Option<bool> {
        match self {
            Self::Unique => Some(true),
            Self::Tied(_) => Some(false),
            Self::Unknown(_) => None,
        }
    }

    /// Why the minimiser is not unique, or may not be.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Unique => None,
            Self::Tied(ties) => Some(&ties.reason),
            Self::Unknown(reason) => Some(reason),
        }
    }
}

impl Choice {
    /// From directions in the order of the values that rank them (whitened coordinates, columns of any length and
    /// angle), where those at `tied` are equal and `kept` in all are kept.
    pub(super) fn among(directions: &Matrix, tied: &Range<usize>, kept: usize) -> Self {
        let fixed = orthonormal_columns(&directions.columns(0, tied.start).into_owned());
        let rest = outside(&fixed, &directions.columns_range(tied.clone()).into_owned());
        Self { tied: Some(orthonormal_columns(&rest)), fixed, count: kept - tied.start }
    }

    /// The component of vectors in whitened coordinates (r_m × q) among the directions that tie.
    pub fn within(&self, vectors: &Matrix) -> Matrix {
        use crate::linalg::{product, product_tn};
        match &self.tied {
            Some(tied) => product(tied, &product_tn(tied, vectors)),
            None => outside(&self.fixed, vectors),
        }
    }

    /// The number of directions that tie.
    pub fn directions(&self) -> usize {
        self.tied.as_ref().map_or(self.fixed.nrows() - self.fixed.ncols(), Matrix::ncols)
    }
}

/// The indices of the values (descending) that tie with the last of the `kept` largest, if one that is not kept does.
pub(super) fn tie(values: &[f64], kept: usize, rounding: f64) -> Option<Range<usize>> {
    let (last, next) = (*values.get(kept.checked_sub(1)?)?, *values.get(kept)?);
    let near = TIE_UNITS * rounding;
    if last - next > near {
        return None;
    }
    let start = values.iter().position(|value| *value <= last + near)?;
    let end = values.iter().rposition(|value| *value >= last - near)? + 1;
    Some(start..end)
}

/// "2 and 3" for indices 1 and 2 from zero, with their values and the distance below which they tie.
pub(super) fn describe(what: &str, values: &[f64], kept: usize, rounding: f64) -> String {
    let (last, next) = (values[kept - 1], values[kept]);
    format!(
        "{what} {kept} and {} are {last:.6e} and {next:.6e}, within {:.1e} of each other",
        kept + 1,
        TIE_UNITS * rounding
    )
}

/// Both encoders, one after the other.
pub(super) fn each(
    freedom: impl Fn(usize) -> Result<Option<(String, Choice)>, LearnerError>,
) -> Result<Uniqueness, LearnerError> {
    let mut reasons = Vec::new();
    let mut both = [Freedom::None, Freedom::None];
    for (m, place) in both.iter_mut().enumerate() {
        if let Some((reason, choice)) = freedom(m)? {
            reasons.push(format!("encoder {}: {reason}", m + 1));
            *place = Freedom::Choice(choice);
        }
    }
    Ok(if reasons.is_empty() {
        Uniqueness::Unique
    } else {
        Uniqueness::Tied(Ties { reason: reasons.join("; "), freedom: both })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_is_what_rounding_does_not_tell_apart() {
        let values = [3.0, 1.0 + 1e-14, 1.0, 1.0 - 1e-14, 0.5];
        assert_eq!(tie(&values, 1, 1e-13), None);
        for kept in [2, 3] {
            assert_eq!(tie(&values, kept, 1e-13), Some(1..4));
        }
        assert_eq!(tie(&values, 4, 1e-13), None);
        assert_eq!(tie(&values, 5, 1e-13), None, "nothing is left out");
        assert_eq!(tie(&values, 0, 1e-13), None, "nothing is kept");
        assert_eq!(tie(&values, 2, 1e-16), None, "told apart");
    }
}
