//! `decoupled-sufficiency`: an aligned block beside one that is not keeps everything; the price is dimension.

use super::sufficiency::separated_by_shared_factors;
use super::{Case, Clause, Finding, Theorem};
use crate::information::{Alignment, InformationError, Source, TargetGeometry, Towers, information_loss_nats};
use crate::linalg::{Matrix, product_nt};
use crate::model::Factor;
use crate::objective::{Objective, Solution};

/// z_1 = (E[s|x_1], E[u_1|x_1]) is sufficient for (s, u_1), whatever the model. The encoder of `decoupled` spans it when the sensors are
/// independent given s, the noise of x_1 is isotropic, d_c ≥ r and d − r ≥ p_1: then nothing is lost of (s, u_1). Its common block attains
/// the alignment floor of its d_c rows, and with d_c ≥ r it carries all of I(x_1;x_2).
///
/// Isotropic noise is what ties explained variance to signal: in the complement of the canonical directions, signal directions
/// explain more than ψ and all others exactly ψ.
#[derive(Debug, Clone, Copy)]
pub(super) struct DecoupledSufficiency;

impl DecoupledSufficiency {
    /// (s, u_1) in factor form; `None` when there is none or it is constant.
    fn latents(case: &Case) -> Option<Factor> {
        let model = case.subject.model;
        let root = model.latent().common;
        let private = model.private_range(case.subject.modalities[0]);
        let rows: Vec<usize> = (0..model.shared()).chain(private).collect();
        let common = Matrix::from_fn(rows.len(), root.ncols(), |row, column| root[(rows[row], column)]);
        (!rows.is_empty() && common.amax() > 0.0).then(|| Factor { own: Matrix::zeros(rows.len(), 0), common })
    }

    /// Whether the noise of x_1 is ψ·I.
    fn has_isotropic_noise(case: &Case) -> bool {
        let modality = &case.subject.model.modalities()[case.subject.modalities[0]];
        let channels = modality.shared_loading.nrows();
        let noise = modality.noise.covariance(channels);
        noise == Matrix::from_diagonal_element(channels, channels, noise[0])
    }
}

impl Theorem for DecoupledSufficiency {
    fn id(&self) -> &'static str {
        "decoupled-sufficiency"
    }

    fn statement(&self) -> &'static str {
        "z1 = (E[s|x1], E[u1|x1])  ⟹  I(z1;(s,u1)) = I(x1;(s,u1)); so for `decoupled` with d_c ≥ r, d_u ≥ p1, x1 ⟂ x2 | s, isotropic noise"
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let Some(Solution::Decoupled { common_dim }) = case.objective.map(Objective::solution) else {
            return Ok(Finding::Inapplicable("the encoders are not decoupled".into()));
        };
        let subject = case.subject;
        let (pair, dim) = (&subject.pair, case.dim());
        let common = pair.rank().min(dim).min(common_dim.unwrap_or(dim));
        let mut clauses = Vec::new();
        if common > 0 {
            let block = [0, 1].map(|m| case.towers.whitened(m).columns(0, common).into_owned());
            let alignment = Alignment::new(pair, &Towers::from_coordinates(pair, &block)?)?;
            let error = subject.error(common as f64);
            clauses.push(Clause::equal("alignment of the common block", alignment.error, alignment.floor, error));
        }
        if common == pair.rank() {
            let kept = case.towers.cross_modal_angles(pair, 0)?;
            clauses.push(Clause::equal(
                "cross-modal loss",
                information_loss_nats(pair.angles(), &kept),
                0.0,
                subject.information_error(pair.angles()) + subject.information_error(&kept),
            ));
        }
        if let Some(latents) = Self::latents(case) {
            let geometry = TargetGeometry::new(pair, &latents)?;
            let observed = geometry.observed(Source::First)?;
            let mut compare = |label: &str, towers: &Towers| -> Result<(), InformationError> {
                let kept = geometry.encoded_by(towers, Source::EncodedFirst)?;
                let error = subject.information_error(&observed.angles) + subject.information_error(&kept.angles);
                clauses.push(Clause::equal(
                    format!("loss about (s, u1) of {label}"),
                    information_loss_nats(&observed.angles, &kept.angles),
                    0.0,
                    error,
                ));
                Ok(())
            };
            // E[(s, u_1)|x_1] over whitened coordinates is Cov(x̃_1, (s, u_1)); only z_1 matters.
            let expectation = product_nt(&pair.common_coordinates(0).transpose(), &latents.common);
            let other = Matrix::zeros(pair.ranks()[1], expectation.ncols());
            compare("(E[s|x1], E[u1|x1])", &Towers::from_coordinates(pair, &[expectation, other])?)?;
            let private = subject.model.private()[subject.modalities[0]];
            if common == pair.rank()
                && dim >= pair.rank() + private
                && Self::has_isotropic_noise(case)
                && separated_by_shared_factors(case, 0)?
            {
                compare("the decoupled encoder", &case.towers)?;
            }
        }
        Ok(if clauses.is_empty() {
            Finding::Inapplicable("nothing is common to the modalities, and there is no factor of the first".into())
        } else {
            Finding::Checked(clauses)
        })
    }
}
