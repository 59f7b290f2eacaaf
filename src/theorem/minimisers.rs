//! The range of a measure over all minimisers, if there are several.

use super::{Case, EvaluatedTarget};
use crate::information::{InformationError, Informativeness, Side, Source, Towers};
use crate::learner::{Choice, Freedom, Uniqueness};
use crate::linalg::{Matrix, svd};

/// Measures of one source about one target that differ between minimisers. σ, the mean square error, the losses and the capacity differ
/// with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Affected {
    /// The index of the target.
    pub target: usize,
    /// z_1, z_2 or both.
    pub source: Source,
    /// The least and the greatest R²; `None` where it is not computed.
    pub r2: Option<[f64; 2]>,
    /// The least and the greatest information, in nats; `None` where it is not computed.
    pub mutual_information_nats: Option<[f64; 2]>,
}

impl Case<'_> {
    /// What differs between the minimisers of the objective, with its range where that is known in closed form; nothing where there is only
    /// one minimiser, or where it is not known whether there is.
    ///
    /// For one encoder, R² is the sum of the squared lengths of the projections of Cov(z, y) onto the directions kept, so that by Ky Fan's
    /// principle its extremes keep extreme eigenvectors; the information about a scalar target is a function of R². Of both encoders
    /// together, and of the information about a vector, no range is given.
    ///
    /// # Errors
    /// [`InformationError`] when a decomposition fails.
    pub fn affected_measures(&self) -> Result<Vec<Affected>, InformationError> {
        let Some(Uniqueness::Tied(ties)) = &self.uniqueness else { return Ok(Vec::new()) };
        let mut affected = Vec::new();
        for target in &self.targets {
            let unknown = |source| Affected { target: target.index, source, r2: None, mutual_information_nats: None };
            let before = affected.len();
            for side in Side::BOTH {
                let entry = match &ties.freedom[side.index()] {
                    Freedom::None => None,
                    Freedom::Unknown => Some(unknown(side.encoded())),
                    Freedom::Choice(choice) => self.range(target, side, choice)?,
                };
                affected.extend(entry);
            }
            if affected.len() > before {
                affected.push(unknown(Source::EncodedBoth));
            }
        }
        Ok(affected)
    }

    /// The range of one encoder about one target, if it is wider than rounding.
    fn range(
        &self,
        target: &EvaluatedTarget,
        side: Side,
        choice: &Choice,
    ) -> Result<Option<Affected>, InformationError> {
        let m = side.index();
        let [least, most] = extremes(choice, target.geometry.regression(m))?;
        let said = |directions: &Matrix| -> Result<Informativeness, InformationError> {
            let other = Matrix::zeros(self.subject.pair.ranks()[1 - m], directions.ncols());
            let coordinates = if m == 0 { [directions.clone(), other] } else { [other, directions.clone()] };
            target.geometry.encoded_by(&Towers::from_coordinates(&self.subject.pair, &coordinates)?, side.encoded())
        };
        let [least, most] = [said(&least)?, said(&most)?];
        if most.r2 - least.r2 <= self.subject.error(1.0) {
            return Ok(None);
        }
        let scalar = target.geometry.dimension() == 1;
        let informations = [&least, &most].map(Informativeness::mutual_information_nats);
        Ok(Some(Affected {
            target: target.index,
            source: side.encoded(),
            r2: Some([least.r2, most.r2]),
            mutual_information_nats: scalar.then_some(informations),
        }))
    }
}

/// What is fixed with the directions that explain least and most of a target, from its regression (r_m × q). Directions that say nothing of
/// the target are left out.
fn extremes(choice: &Choice, regression: &Matrix) -> Result<[Matrix; 2], InformationError> {
    let spectrum = svd(&choice.within(regression))?;
    let telling = spectrum.values.len().min(choice.directions());
    // The others say nothing: only what they leave no room for must be kept.
    let forced = choice.count.saturating_sub(choice.directions() - telling).min(telling);
    // Left vectors of vanishing values are anything; within what ties they are a choice like any other.
    let left = choice.within(&spectrum.left);
    let with = |places: std::ops::Range<usize>| {
        let fixed = choice.fixed.ncols();
        let mut all = choice.fixed.clone().resize_horizontally(fixed + places.len(), 0.0);
        all.columns_mut(fixed, places.len()).copy_from(&left.columns_range(places));
        all
    };
    Ok([with(telling - forced..telling), with(0..choice.count.min(telling))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::product_tn;

    fn energy(directions: &Matrix, regression: &Matrix) -> f64 {
        product_tn(directions, regression).norm_squared()
    }

    #[test]
    fn extremes_bound_every_choice() {
        // Directions 1, 2, 3 tie and two of them are kept; rows of the regression are what they say about two targets.
        let identity = Matrix::identity(5, 5);
        let choice = Choice {
            fixed: identity.columns(0, 1).into_owned(),
            tied: Some(identity.columns(1, 3).into_owned()),
            count: 2,
        };
        let regression = Matrix::from_row_slice(5, 2, &[0.5, 0.0, 0.3, 0.1, 0.0, 0.2, 0.1, 0.4, 0.9, 0.9]);
        let [least, most] = extremes(&choice, &regression).expect("extremes");
        let (least, most) = (energy(&least, &regression), energy(&most, &regression));
        assert!(least < most);
        for step in 0..200 {
            // Leaving out one direction on the sphere.
            let (a, b) = (f64::from(step) * 0.37, f64::from(step) * 0.11);
            let left_out = Matrix::from_column_slice(5, 1, &[0.0, a.cos() * b.cos(), a.sin() * b.cos(), b.sin(), 0.0]);
            let kept = energy(&identity.columns(0, 4).into_owned(), &regression) - energy(&left_out, &regression);
            assert!(kept >= least - 1e-14 && kept <= most + 1e-14, "{least} {kept} {most}");
        }
    }

    #[test]
    fn a_choice_of_all_but_one_direction_cannot_avoid_the_rest() {
        // Two of two telling directions and one silent one, two kept: at least the weaker telling one.
        let identity = Matrix::identity(3, 3);
        let choice = Choice { fixed: Matrix::zeros(3, 0), tied: None, count: 2 };
        let regression = Matrix::from_row_slice(3, 2, &[2.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let [least, most] = extremes(&choice, &regression).expect("extremes");
        assert!((energy(&least, &regression) - 1.0).abs() < 1e-14);
        assert!((energy(&most, &regression) - 5.0).abs() < 1e-14);
        assert_eq!(choice.directions(), identity.ncols());
    }
}
