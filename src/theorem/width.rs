//! `width`: weight decay soft-thresholds; extra dimensions buy nothing back.

use super::{Case, Clause, Finding, Question, Theorem};
use crate::information::{Encoders, InformationError, Source, Towers};
use crate::learner::LearnerError;
use crate::linalg::{LinalgError, product_tn, singular_values};
use crate::objective::{LinearContrastive, Objective};

/// With weight decay η the gain of `linear-contrastive`, minus its loss, is at most ½ Σ (σ_i(Σ12) − η)₊² at any encoders (c = 1), and
/// for any d ≥ r the minimiser attains it with singular values (σ_i − η)₊ of W_1ᵀW_2, so that d beyond the number of σ_i > η changes
/// nothing that z says.
///
/// The bound is the dual of the nuclear-norm problem: (η/2)(‖W_1‖² + ‖W_2‖²) ≥ η‖W_1ᵀW_2‖_*.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width;

/// Weight decays that are tried, as shares of σ_1(Σ12): none, a little, and one at which most factors die.
const DECAYS: [f64; 3] = [0.0, 0.2, 0.7];

/// Extra dimensions of the wider encoders.
const EXTRA: usize = 2;

/// Singular values nearer than this share of σ_1 to η are not told from it.
const NEAR: f64 = 1e-9;

impl Theorem for Width {
    fn id(&self) -> &'static str {
        "width"
    }

    fn statement(&self) -> &'static str {
        "weight decay η  ⟹  −(linear-contrastive loss) ≤ ½ Σ (σ_i − η)₊²; at the minimum σ_i(W1ᵀW2) = (σ_i − η)₊ for any d ≥ r"
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let subject = case.subject;
        let moments = subject.moments();
        let sigma = singular_values(&moments.cross)?;
        let largest = sigma.first().copied().unwrap_or(0.0);
        // Of the products that Σ12 is made of.
        let unit = subject.pair.factor(0).common.norm() * subject.pair.factor(1).common.norm();
        if largest <= subject.pair.zero() * unit {
            return Ok(Finding::Inapplicable("nothing is common to the modalities".into()));
        }
        let minimises = case.objective.is_some_and(|objective| objective.id() == LinearContrastive::default().id());
        let mut clauses = Vec::new();
        for share in DECAYS {
            let objective = LinearContrastive { penalty: 1.0, weight_decay: share * largest };
            let kept: Vec<f64> = sigma.iter().map(|value| (value - objective.weight_decay).max(0.0)).collect();
            let bound = 0.5 * kept.iter().map(|value| value * value).sum::<f64>();
            let gain = |encoders: &Encoders| -objective.value(moments, encoders).unwrap_or(f64::NAN);
            let size = case.encoders.first.norm_squared() * case.encoders.second.norm_squared() + largest * largest;
            clauses.push(
                Clause::at_most(
                    format!("gain at weight decay {share}·σ1"),
                    gain(&case.encoders),
                    bound,
                    subject.error_in(unit * unit, size),
                )
                .of_size(unit * unit),
            );
            if !minimises {
                continue;
            }
            let count = kept.iter().filter(|value| **value > NEAR * largest).count();
            let [fewest, widest] = [count, (count + EXTRA).min(sigma.len())];
            if fewest == 0 {
                continue;
            }
            let learner = subject.learner(0);
            let [narrow, wide] = [fewest, widest].map(|dim| learner.minimise(&objective, dim));
            let (narrow, wide) = (narrow.map_err(linalg_error)?, wide.map_err(linalg_error)?);
            let error = subject.error_in(unit * unit, largest * largest * count as f64);
            clauses.push(
                Clause::equal(format!("greatest gain at weight decay {share}·σ1"), gain(&wide.encoders), bound, error)
                    .of_size(unit * unit),
            );
            let product = singular_values(&product_tn(&wide.encoders.first, &wide.encoders.second))?;
            let deviation = product.iter().zip(&kept).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            clauses.push(
                Clause::equal("soft threshold of the singular values", deviation, 0.0, subject.error_in(unit, largest))
                    .of_size(unit),
            );
            let towers = [&narrow, &wide].map(|learned| Towers::from_coordinates(&subject.pair, &learned.coordinates));
            let [narrow, wide] = towers;
            let (narrow, wide) = (narrow?, wide?);
            for target in &case.targets {
                let said = |towers: &Towers| target.geometry.encoded_by(towers, Source::EncodedFirst);
                let (narrow, wide) = (said(&narrow)?, said(&wide)?);
                clauses.push(Clause::equal(
                    format!("extra width and {}", target.name),
                    wide.r2,
                    narrow.r2,
                    subject.error(1.0),
                ));
            }
        }
        Ok(Finding::Checked(clauses))
    }

    /// The singular values of W_1ᵀW_2, of which there are those of Σ12 above η.
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<f64>, InformationError> {
        let quantity = question.quantity;
        let index = quantity.strip_prefix("critic.").and_then(|index| index.parse::<usize>().ok());
        let (Some(index), Some(objective)) = (index, case.objective) else { return Ok(None) };
        if objective.id() != LinearContrastive::default().id() {
            return Ok(None);
        }
        let sigma = singular_values(&case.subject.moments().cross)?;
        // The length of both rows along a direction, squared, is the singular value of their product.
        let value = |sigma: f64| objective.scale(sigma).powi(2);
        Ok((index <= case.dim()).then(|| sigma.get(index - 1).map_or(0.0, |&sigma| value(sigma))))
    }
}

/// The learner fails here only where a decomposition does: the dimension is within range and there is no target to lack.
fn linalg_error(error: LearnerError) -> InformationError {
    match error {
        LearnerError::Linalg(error) => error.into(),
        LearnerError::Dimension { .. } | LearnerError::NoTarget => {
            InformationError::Linalg(LinalgError::Empty { rows: 0, columns: 0 })
        }
    }
}
