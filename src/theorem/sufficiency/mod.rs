//! `sufficiency`: alignment keeps all shared information, and its loss below the rank is known exactly.

pub(super) mod precise;
mod variants;

use super::certainty::Route;
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Part, Predicted, Quantity, Question, Theorem};
use crate::information::{InformationError, Side, Source, information_loss_nats};
use crate::linalg::{PrincipalAngles, Whitening, product_nt, product_tn, singular_values};

/// The id of docs/theory.md.
pub(super) const ID: &str = "sufficiency";

/// The claims.
pub(super) const CROSS_MODAL: &str = "cross-modal loss of z{m}";
pub(super) const LOSS: &str = "loss of z{m} about the shared factors";
pub(super) const INFORMATION: &str = "information of z{m} about the shared factors";

/// At canonical encoders the cross-modal loss is exactly −½ Σ_{i>d} log(1−ρ_i²), zero for d ≥ r; and for d ≥ r, when x_1 ⟂ x_2
/// given s and Cov(x_2, s) has full column rank, `I(z_1; s) = I(x_1; s)`.
///
/// docs/theory.md asks for a full column rank of A_2 and K = 0, which is not enough when Λ couples s with the private factors
/// (A_2 = 1, B_2 = −2, Cov(s, u_2) = ½ gives Σ12 = 0); conditional independence given s is what the proof uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sufficiency;

/// Correlations below this count as zero: what x_1 and x_2 share given s, and singular values of Cov(x_other, s), both whitened.
pub(super) const STRUCTURAL: f64 = 1e-9;

impl Theorem for Sufficiency {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "canonical encoders  ⟹  I(x1;x2) − I(z1;x2) = −½ Σ_{i>d} log(1−ρ_i²); d ≥ r, x1 ⟂ x2 | s  ⟹  I(z_m;s) = I(x_m;s)"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Gaussian, canonical encoders. The second claim: d ≥ r, x_1 independent of x_2 given s, Σ_ss invertible, Cov(x_2,s) of full column rank.",
            proof: "Information between jointly Gaussian vectors is a sum over canonical pairs, of which z_1 keeps the first d. E[s|x_1] is a function of the r canonical variates when s separates the sensors.",
            figure: Some("dimension"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: true })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        if !case.is_canonical() {
            return Ok(Finding::Inapplicable("the encoders are not the canonical ones".into()));
        }
        let subject = case.subject;
        let (pair, dim) = (&subject.pair, case.dim());
        if pair.angles().determined() > 0 && !case.minimises_canonical_objective() {
            let reason = "the encoders are canonical up to rounding only, which makes an infinite information finite";
            return Ok(Finding::Inapplicable(reason.into()));
        }
        let mut clauses = Vec::new();
        for m in 0..2 {
            let kept = case.towers.cross_modal_angles(pair, m)?;
            let lost = information_loss_nats(pair.angles(), &kept);
            let (cosines, sines) = (pair.angles().cosines(), pair.angles().sines());
            let beyond = dim.min(cosines.len());
            let expected = PrincipalAngles::new(cosines[beyond..].to_vec(), sines[beyond..].to_vec(), 0.0)
                .mutual_information_nats();
            // Where both are infinite the loss is over what stays finite; so is the formula, since d covers all determined pairs.
            let error = subject.information_error(pair.angles()) + subject.information_error(&kept);
            clauses.push(Clause::equal(Part::new(CROSS_MODAL).modality(m), lost, expected, error));
        }
        if dim >= pair.rank()
            && let Some((geometry, observed)) = subject.shared_factors()
        {
            for side in Side::BOTH {
                if !separated_by_shared_factors(case, side)? {
                    continue;
                }
                let (kept, observed) = (geometry.encoded_by(&case.towers, side.encoded())?, observed[side.index()]);
                let error = subject.information_error(&observed.angles) + subject.information_error(&kept.angles);
                let lost = information_loss_nats(&observed.angles, &kept.angles);
                clauses.push(Clause::equal(Part::new(LOSS).modality(side), lost, 0.0, error));
                clauses.push(Clause::equal(
                    Part::new(INFORMATION).modality(side),
                    kept.mutual_information_nats(),
                    observed.mutual_information_nats(),
                    error,
                ));
            }
        }
        Ok(Finding::Checked(clauses))
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Question { quantity, target, .. } = *question;
        // Whatever depends on s alone, by the sufficiency of z_1 for s; a name proves nothing.
        let Some(description) = case.subject.model.targets().get(target) else { return Ok(None) };
        let loading = &description.loading;
        let of_shared_alone = loading.columns_range(case.subject.model.shared()..).iter().all(|&entry| entry == 0.0);
        if !of_shared_alone
            || !case.is_canonical()
            || case.dim() < case.subject.pair.rank()
            || !separated_by_shared_factors(case, Side::First)?
        {
            return Ok(None);
        }
        let observed = case.targets[target].source(Source::First);
        let kept = match quantity {
            Quantity::Information(Source::EncodedFirst) => observed.mutual_information_nats(),
            Quantity::R2(Source::EncodedFirst) => observed.r2,
            Quantity::Loss(Side::First) => 0.0,
            _ => return Ok(None),
        };
        Ok(Some(Predicted::Equal(kept)))
    }
}

/// What z_m needs to keep all of s: x_1 ⟂ x_2 given s, and Cov(x_other, s) of full column rank. Decided over whitened coordinates, in
/// which every entry is a correlation.
pub(super) fn separated_by_shared_factors(case: &Case, encoder: Side) -> Result<bool, InformationError> {
    let subject = case.subject;
    let (pair, k) = (&subject.pair, subject.model.shared());
    if k == 0 {
        return Ok(false);
    }
    let shared = Whitening::of_factor(&subject.model.latent().common.rows(0, k).into_owned())?.basis;
    let [first, second] = [0, 1].map(|m| product_tn(pair.common_coordinates(m), &shared));
    let cross = product_tn(pair.common_coordinates(0), pair.common_coordinates(1));
    let unexplained = (cross - product_nt(&first, &second)).norm();
    let weakest = singular_values(if encoder == Side::First { &second } else { &first })?.get(k - 1).copied();
    let full_rank = shared.ncols() == k && weakest.is_some_and(|value| value > STRUCTURAL);
    Ok(unexplained <= STRUCTURAL && full_rank)
}
