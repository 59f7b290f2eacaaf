//! `decoupled-sufficiency`: an aligned block plus an unaligned one keeps everything; the price is dimension.

mod precise;
mod variants;

use super::certainty::Route;
use super::sufficiency::separated_by_shared_factors;
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Part, Theorem};
use crate::information::{Alignment, InformationError, Side, TargetGeometry, Towers, information_loss_nats};
use crate::linalg::{Matrix, product_nt};
use crate::model::Factor;
use crate::objective::{Objective, Solution};

/// The id of docs/theory.md.
pub(super) const ID: &str = "decoupled-sufficiency";

/// The claims.
pub(super) const COMMON_BLOCK: &str = "alignment of the common block";
pub(super) const CROSS_MODAL: &str = "cross-modal loss of z{m}";
pub(super) const OF_EXPECTATIONS: &str = "loss about (s, u{m}) of (E[s|x{m}], E[u{m}|x{m}])";
pub(super) const OF_ENCODER: &str = "loss about (s, u{m}) of the decoupled encoder";

/// z_m = (E[s|x_m], E[u_m|x_m]) is sufficient for (s, u_m), whatever the model. The encoder of `decoupled` spans it when the sensors are
/// independent given s, Cov(x_n, s) of the other sensor has full column rank, the noise of x_m is isotropic, d_c ≥ r and d − r ≥ p_m: then
/// nothing is lost of (s, u_m). Its common block attains the alignment floor of its d_c rows, and with d_c ≥ r it carries all of I(x_1;x_2).
///
/// Isotropic noise is what ties explained variance to signal: in the complement of the canonical directions, signal directions
/// explain more than ψ and all others exactly ψ.
#[derive(Debug, Clone, Copy)]
pub(super) struct DecoupledSufficiency;

impl DecoupledSufficiency {
    /// (s, u_m) in factor form; `None` when there is none or it is constant.
    fn latents(case: &Case, m: usize) -> Option<Factor> {
        let model = case.subject.model;
        let root = model.latent().common;
        let private = model.private_range(case.subject.modalities[m]);
        let rows: Vec<usize> = (0..model.shared()).chain(private).collect();
        let common = Matrix::from_fn(rows.len(), root.ncols(), |row, column| root[(rows[row], column)]);
        (!rows.is_empty() && common.amax() > 0.0).then(|| Factor { own: Matrix::zeros(rows.len(), 0), common })
    }

    /// Whether the noise of x_m is ψ·I.
    fn has_isotropic_noise(case: &Case, m: usize) -> bool {
        let modality = &case.subject.model.modalities()[case.subject.modalities[m]];
        let channels = modality.shared_loading.nrows();
        let noise = modality.noise.covariance(channels);
        noise == Matrix::from_diagonal_element(channels, channels, noise[0])
    }

    /// Whether the encoder of `decoupled` for x_m is claimed to keep all of (s, u_m).
    pub(super) fn keeps_all(case: &Case, side: Side) -> Result<bool, InformationError> {
        let m = side.index();
        let private = case.subject.model.private()[case.subject.modalities[m]];
        Ok(common_rows(case) == Some(case.subject.pair.rank())
            && case.dim() >= case.subject.pair.rank() + private
            && Self::has_isotropic_noise(case, m)
            && separated_by_shared_factors(case, side)?)
    }

    /// What an encoder of x_m loses of (s, u_m), claimed to be nothing.
    pub(super) fn compare(
        clauses: &mut Vec<Clause>,
        case: &Case,
        side: Side,
        claim: &'static str,
        towers: &Towers,
    ) -> Result<(), InformationError> {
        let Some(latents) = Self::latents(case, side.index()) else { return Ok(()) };
        let subject = case.subject;
        let geometry = TargetGeometry::new(&subject.pair, &latents)?;
        let (observed, kept) = (geometry.observed(side.seen())?, geometry.encoded_by(towers, side.encoded())?);
        clauses.push(Clause::equal(
            Part::new(claim).modality(side),
            information_loss_nats(&observed.angles, &kept.angles),
            0.0,
            subject.information_error(&observed.angles) + subject.information_error(&kept.angles),
        ));
        Ok(())
    }

    /// (E[s|x_m], E[u_m|x_m]) as an encoder: over whitened coordinates Cov(x̃_m, (s, u_m)).
    fn expectations(case: &Case, m: usize) -> Result<Option<Towers>, InformationError> {
        let Some(latents) = Self::latents(case, m) else { return Ok(None) };
        let pair = &case.subject.pair;
        let expectation = product_nt(&pair.common_coordinates(m).transpose(), &latents.common);
        // Only z_m matters.
        let other = Matrix::zeros(pair.ranks()[1 - m], expectation.ncols());
        let coordinates = if m == 0 { [expectation, other] } else { [other, expectation] };
        Towers::from_coordinates(pair, &coordinates).map(Some)
    }
}

/// d_c as the encoders have it; `None` for those of other objectives.
pub(super) fn common_rows(case: &Case) -> Option<usize> {
    match case.objective.map(Objective::solution) {
        Some(Solution::Decoupled { common_dim }) => {
            Some(case.subject.pair.rank().min(case.dim()).min(common_dim.unwrap_or(case.dim())))
        }
        _ => None,
    }
}

impl Theorem for DecoupledSufficiency {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "z_m = (E[s|x_m], E[u_m|x_m])  ⟹  I(z_m;(s,u_m)) = I(x_m;(s,u_m)); so for `decoupled` with d_c ≥ r, d_u ≥ p_m, x1 ⟂ x2 | s, isotropic noise of x_m"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Gaussian. For the objective decoupled: d_c ≥ r, d_u ≥ p_m, x_1 independent of x_2 given s, full column rank of Cov(x_2,s), isotropic noise.",
            proof: "z_m holds the conditional means of all that x_m knows about, which are sufficient for Gaussians. With isotropic noise the directions of largest explained variance outside the canonical block are those of the private factors.",
            figure: Some("remedies-capacity"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: true })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let Some(common) = common_rows(case) else {
            return Ok(Finding::Inapplicable("the encoders are not decoupled".into()));
        };
        let subject = case.subject;
        let pair = &subject.pair;
        let mut clauses = Vec::new();
        if common > 0 {
            let block = [0, 1].map(|m| case.towers.whitened(m).columns(0, common).into_owned());
            let alignment = Alignment::new(pair, &Towers::from_coordinates(pair, &block)?)?;
            let error = subject.error(common as f64);
            clauses.push(Clause::equal(COMMON_BLOCK, alignment.error, alignment.floor, error));
        }
        for side in Side::BOTH {
            let m = side.index();
            if common == pair.rank() {
                let kept = case.towers.cross_modal_angles(pair, m)?;
                clauses.push(Clause::equal(
                    Part::new(CROSS_MODAL).modality(side),
                    information_loss_nats(pair.angles(), &kept),
                    0.0,
                    subject.information_error(pair.angles()) + subject.information_error(&kept),
                ));
            }
            if let Some(towers) = Self::expectations(case, m)? {
                Self::compare(&mut clauses, case, side, OF_EXPECTATIONS, &towers)?;
            }
            if Self::keeps_all(case, side)? {
                Self::compare(&mut clauses, case, side, OF_ENCODER, &case.towers)?;
            }
        }
        let reason = "nothing is common to the modalities, and there is no factor of theirs";
        Ok(Finding::from_clauses(clauses, reason))
    }
}
