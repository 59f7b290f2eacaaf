//! `sufficiency`: alignment keeps all shared information, and what it loses below the rank is known exactly.

use super::{Case, Clause, Finding, Question, Theorem};
use crate::information::{InformationError, Source, information_loss_nats};
use crate::linalg::{PrincipalAngles, product_nt, svd};

/// At canonical encoders the cross-modal loss is exactly −½ Σ_{i>d} log(1−ρ_i²), zero for d ≥ r; and for d ≥ r, when x_1 ⟂ x_2
/// given s and Cov(x_2, s) has full column rank, `I(z_1; s) = I(x_1; s)`.
///
/// theory.md asks for a full column rank of A_2 and K = 0, which is not enough when Λ couples s with the private factors
/// (A_2 = 1, B_2 = −2, Cov(s, u_2) = ½ gives Σ12 = 0); conditional independence given s is what the proof uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sufficiency;

/// Relative size below which Σ12 − Σ1s Σss⁺ Σs2 counts as zero, and singular values of Cov(x_2, s) as missing.
const STRUCTURAL: f64 = 1e-9;

impl Theorem for Sufficiency {
    fn id(&self) -> &'static str {
        "sufficiency"
    }

    fn statement(&self) -> &'static str {
        "canonical encoders  ⟹  I(x1;x2) − I(z1;x2) = −½ Σ_{i>d} log(1−ρ_i²); d ≥ r, x1 ⟂ x2 | s  ⟹  I(z1;s) = I(x1;s)"
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        if !case.is_canonical() {
            return Ok(Finding::Inapplicable("the encoders are not the canonical ones".into()));
        }
        let subject = case.subject;
        let (pair, dim) = (&subject.pair, case.dim());
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
            clauses.push(Clause::equal(format!("cross-modal loss of z{}", m + 1), lost, expected, error));
        }
        if dim >= pair.rank()
            && separated_by_shared_factors(case)?
            && let Some((geometry, observed)) = subject.shared_factors()
        {
            let kept = geometry.encoded_by(&case.towers, Source::EncodedFirst)?;
            let error = subject.information_error(&observed.angles) + subject.information_error(&kept.angles);
            clauses.push(Clause::equal(
                "loss about the shared factors",
                information_loss_nats(&observed.angles, &kept.angles),
                0.0,
                error,
            ));
            clauses.push(Clause::equal(
                "information about the shared factors",
                kept.mutual_information_nats(),
                observed.mutual_information_nats(),
                error,
            ));
        }
        Ok(Finding::Checked(clauses))
    }

    fn predict(&self, case: &Case, question: &Question) -> Result<Option<f64>, InformationError> {
        let Question { quantity, target, .. } = *question;
        // Whatever depends on s alone, by the sufficiency of z_1 for s; a name proves nothing.
        let Some(description) = case.subject.model.targets().get(target) else { return Ok(None) };
        let loading = &description.loading;
        let of_shared_alone = loading.columns_range(case.subject.model.shared()..).iter().all(|&entry| entry == 0.0);
        if !of_shared_alone
            || !case.is_canonical()
            || case.dim() < case.subject.pair.rank()
            || !separated_by_shared_factors(case)?
        {
            return Ok(None);
        }
        Ok(match quantity {
            "mi.z1" => Some(case.targets[target].source(Source::First).mutual_information_nats()),
            "r2.z1" => Some(case.targets[target].source(Source::First).r2),
            "information_loss.z1" => Some(0.0),
            _ => None,
        })
    }
}

/// x_1 ⟂ x_2 given s, and Cov(x_2, s) of full column rank.
pub(super) fn separated_by_shared_factors(case: &Case) -> Result<bool, InformationError> {
    let subject = case.subject;
    let k = subject.model.shared();
    if k == 0 {
        return Ok(false);
    }
    let latent = subject.model.latent().common;
    let shared = crate::linalg::Whitening::of_factor(&latent.rows(0, k).into_owned())?;
    let [first, second] = [0, 1].map(|m| product_nt(&subject.pair.factor(m).common, &shared.basis.transpose()));
    let cross = subject.pair.factor(0).cross_covariance(subject.pair.factor(1));
    let unexplained = (&cross - product_nt(&first, &second)).norm();
    let values = svd(&second)?.values;
    // Relative to the factors: where Cov(x_2, s) cancels, its largest singular value is rounding too.
    let [scale_first, scale_second] = [0, 1].map(|m| subject.pair.factor(m).common.norm());
    let scale = (scale_first * scale_second).max(f64::MIN_POSITIVE);
    let full_rank = values.len() == k && shared.rank() == k && values[k - 1] > STRUCTURAL * scale_second;
    Ok(unexplained <= STRUCTURAL * scale && full_rank)
}
