//! `multimodal`: what more than two modalities agree on, and what each keeps private.

mod precise;
mod variants;

use super::capacity::room_nats;
use super::case::{error, information_error, reciprocals};
use super::certainty::Route;
use super::variants::Variant;
use super::{About, Among, Case, Clause, Finding, Part, Predicted, Quantity, Question, Subject, Theorem};
use crate::information::{Capacity, Ensemble, InformationError, Informativeness, Pair, Source, TargetGeometry, Towers};
use crate::learner::Generalised;
use crate::linalg::{Matrix, gram, product, product_tn, scale_rows, symmetric_eigen};
use crate::model::Factor;
use crate::objective::{CanonicalCorrelation, Objective};

/// The id of docs/theory.md.
pub(super) const ID: &str = "multimodal";

/// What K + P ⪯ I claims (its traces, its largest eigenvalue, and the bound on information), for the encoder of a case and for GCCA's.
pub(super) const OF_ENCODER: [&str; 3] = [
    "traces of the encoder of x{m} and {target}",
    "largest eigenvalue of the encoder of x{m} and {target}",
    "information of the encoder of x{m} and {target}",
];
pub(super) const OF_GCCA: [&str; 3] = [
    "traces of GCCA of x{m} and {target}",
    "largest eigenvalue of GCCA of x{m} and {target}",
    "information of GCCA of x{m} and {target}",
];
/// The claims about GCCA variates, about modalities that join, and about encoders that all agree.
pub(super) const SHARE: &str = "share of {target} in variate {place}";
pub(super) const SHARES: &str = "private shares of variate {place}, added up";
pub(super) const LOST: &str = "K lost as x{m} joins";
pub(super) const EIGENVALUE: &str = "λ{place} without x{m}";
pub(super) const GAINED: &str = "agreement gained with x{m}";
pub(super) const INFORMATION: &str = "information of all about {target}";
pub(super) const DEVIATION: &str = "σ of all about {target}";

/// Modality m faces the concatenation of all others, x_{−m}; y is private to m when y ⟂ x_{−m}.
///
/// For **any** encoder of modality m, whitened, with K = Cov(E[z_m|x_{−m}]) and P = Cov(E[z_m|y]): K + P ⪯ I (L²(x_{−m}) and L²(y) are
/// orthogonal), hence I(z_m; y) ≤ −½ log det K. At a *fixed* encoder K can only grow, in the Loewner order, as modalities join
/// the others: the bounds on private content only shrink.
///
/// For the **GCCA** (MAXVAR) variates g_j = Σ_m z_mj/λ_j with c_m = Var(z_mj), the eigenvalue equation says that the other modalities
/// predict z_mj at least as well as Σ_{n≠m} z_nj does, and K + P ⪯ I becomes: y private to m explains at most
/// c_m(1−c_m) / (λ_j² − (2λ_j−1)c_m) of the variance of g_j, and the shares that one target private to each modality explains by itself
/// add up to at most (1−ρ̄)/(1+(M−2)ρ̄), ρ̄ = (λ_j−1)/(M−1) the mean agreement (the sum of the bounds, by concavity in c_m). That is
/// at most 1/λ_j, and λ_j never falls as a modality joins (Cauchy's interlacing).
///
/// The sum of the shares is no bound on what the targets explain *jointly*, unless they are independent of each other: x_1 = s + u_1 and
/// x_2 = s + u_2 have λ = 1.5 and a bound of ½; y_1 = x_1 − E[x_1|x_2] and y_2 = x_2 − E[x_2|x_1] are private, explain ¼ of g each, and
/// all of it together.
///
/// What does *not* hold: that the private content of the re-optimised GCCA encoders only shrinks as modalities are added. A new
/// modality can make a different variate the most common one, in which more of y is mixed (`tests/library/multimodal.rs` has it by
/// hand; on random models it happens in one addition of six).
///
/// Encoders that agree exactly, z = f_m(x_m) for all m: I(z; y) ≤ min_m I(x_m; y) and σ(z; y) ≥ max_m σ(x_m; y). Gaussian ones exist where
/// λ_j = M.
#[derive(Debug, Clone, Copy)]
pub(super) struct Multimodal;

/// The variates agree up to this many units of rounding, as in `perfect-alignment`.
const AGREEMENT_UNITS: f64 = 100.0;
/// Variates with λ below this are common to next to nothing; their bounds divide rounding by λ − 1.
pub(super) const LEAST_COMMON: f64 = 1.0 + 1e-3;

/// One modality against the concatenation of others.
struct Facing {
    /// The modality, from 0.
    modality: usize,
    pair: Pair,
    /// The targets that are private to the modality, by index.
    private: Vec<(usize, TargetGeometry)>,
}

impl Facing {
    fn new(
        modalities: &[Factor],
        modality: usize,
        others: &[usize],
        targets: &[Factor],
    ) -> Result<Self, InformationError> {
        let others: Vec<&Factor> = others.iter().map(|&other| &modalities[other]).collect();
        let pair = Pair::new(modalities[modality].clone(), Factor::concatenated(&others))?;
        let mut private = Vec::new();
        for (t, target) in targets.iter().enumerate() {
            // Most targets are not private: one product says so before their geometry is made.
            let shared = product(&target.common, pair.common_coordinates(1));
            let visible = |row: usize| {
                shared.row(row).norm() > pair.zero() * target.common.row(row).norm().hypot(target.own.row(row).norm())
            };
            if (0..shared.nrows()).any(visible) {
                continue;
            }
            let geometry = TargetGeometry::new(&pair, target)?;
            if geometry.is_private_to(0) {
                private.push((t, geometry));
            }
        }
        Ok(Self { modality, pair, private })
    }

    /// Against all other modalities.
    fn all_others(modalities: &[Factor], modality: usize, targets: &[Factor]) -> Result<Self, InformationError> {
        let others: Vec<usize> = (0..modalities.len()).filter(|&other| other != modality).collect();
        Self::new(modalities, modality, &others, targets)
    }

    /// An encoder of the modality alone, from whitened coordinates (r_m × d).
    fn tower(&self, coordinates: &Matrix) -> Result<Towers, InformationError> {
        let nothing = Matrix::zeros(self.pair.ranks()[1], coordinates.ncols());
        Towers::from_coordinates(&self.pair, &[coordinates.clone(), nothing])
    }

    /// K of an orthonormal basis (r_m × d).
    fn predictable(&self, basis: &Matrix) -> Matrix {
        let mut seen = product_tn(self.pair.canonical_directions(0), basis);
        scale_rows(&mut seen, self.pair.angles().cosines().iter().copied());
        // Exactly symmetric, so that a difference of two is.
        gram(&seen.transpose())
    }
}

/// K + P ⪯ I and its consequence for information, for one encoder (r_m × d, whitened coordinates) and every private target.
fn spend(
    clauses: &mut Vec<Clause>,
    claims: [&'static str; 3],
    facing: &Facing,
    coordinates: &Matrix,
    names: &[&str],
) -> Result<(), InformationError> {
    let pair = &facing.pair;
    let towers = facing.tower(coordinates)?;
    let rank = towers.rank(0);
    if rank == 0 {
        return Ok(());
    }
    let shared = towers.cross_modal_angles(pair, 0)?;
    let bound = room_nats(&shared, pair.zero());
    // d log ρ = dρ/ρ; at zero the bound is exactly infinite.
    let uncertainty = if bound.is_finite() { error(pair, reciprocals(&shared)) } else { 0.0 };
    for (t, geometry) in &facing.private {
        let [traces, largest, information] =
            claims.map(|claim| Part::new(claim).modality(facing.modality).private((*t, names[*t]), Among::All));
        let capacity = Capacity::new(pair, &towers, geometry, 0)?;
        let tolerance = error(pair, rank as f64);
        clauses.push(Clause::at_most(traces, capacity.aligned + capacity.private, rank as f64, tolerance));
        clauses.push(Clause::at_most(largest, capacity.largest_eigenvalue, 1.0, tolerance));
        let said = geometry.encoded_by(&towers, Source::EncodedFirst)?;
        clauses.push(Clause::at_most(
            information,
            said.mutual_information_nats(),
            bound,
            information_error(pair, &said.angles) + uncertainty,
        ));
    }
    Ok(())
}

/// Private shares of the GCCA variates, one by one and added up over the modalities.
fn variates(clauses: &mut Vec<Clause>, facing: &[Facing], gcca: &Generalised, names: &[&str]) {
    let count = facing.len() as f64;
    for j in 0..gcca.kept() {
        let lambda = gcca.explained[j];
        if lambda < LEAST_COMMON {
            continue;
        }
        let mut total = 0.0;
        let mut total_error = 0.0;
        let mut disagreement = 0.0;
        for (m, facing) in facing.iter().enumerate() {
            let z = gcca.coordinates[m].column(j);
            // notation: c = Var z, r = 1 − c = Var(g − z), λ² − (2λ−1)c = (λ−1)² + (2λ−1)r
            let (c, r) = (z.norm_squared(), gcca.residuals[m][j].powi(2));
            disagreement += r;
            let bound = c * r / ((lambda - 1.0).powi(2) + (2.0 * lambda - 1.0) * r);
            let tolerance = error(&facing.pair, 1.0) / (lambda - 1.0);
            let mut largest = 0.0_f64;
            for (t, geometry) in &facing.private {
                let share = geometry.whitened_covariance(0).tr_mul(&z).norm_squared() / lambda.powi(2);
                largest = largest.max(share);
                let part = Part::new(SHARE).modality(m).private((*t, names[*t]), Among::All).place(j + 1);
                clauses.push(Clause::at_most(part, share, bound, tolerance));
            }
            total += largest;
            total_error += tolerance;
        }
        // (1−ρ̄)/(1+(M−2)ρ̄) = (M−λ)/(1+(M−2)λ), and M − λ = Σ_m Var(g − z_m).
        let bound = disagreement / (1.0 + (count - 2.0) * lambda);
        if total > 0.0 {
            let part = Part::new(SHARES).all_private(Among::All).place(j + 1);
            clauses.push(Clause::at_most(part, total, bound, total_error));
        }
    }
}

/// At a fixed encoder of x_1, K grows as modalities join the others; and so do the eigenvalues when GCCA is solved again.
fn growth(
    clauses: &mut Vec<Clause>,
    modalities: &[Factor],
    ensemble: &Ensemble,
    gcca: &Generalised,
    dim: usize,
) -> Result<(), InformationError> {
    let count = modalities.len();
    let mut before: Option<Matrix> = None;
    for joined in 1..count {
        let facing = Facing::new(modalities, 0, &(1..=joined).collect::<Vec<_>>(), &[])?;
        let towers = facing.tower(&gcca.coordinates[0])?;
        if towers.rank(0) == 0 {
            break;
        }
        let now = facing.predictable(towers.basis(0));
        if let Some(before) = before {
            let lost = symmetric_eigen(&(before - &now))?.values[0];
            clauses.push(Clause::at_most(
                Part::new(LOST).modality(joined),
                lost,
                0.0,
                error(&facing.pair, now.nrows() as f64),
            ));
        }
        before = Some(now);
    }
    if count > 2 {
        let fewer = Generalised::new(&Ensemble::new(&modalities[..count - 1])?, dim)?.explained;
        let tolerance = ensemble.zero() * AGREEMENT_UNITS * count as f64;
        let of_last = |claim| Part::new(claim).modality(count - 1);
        let mut gained = 0.0;
        for (j, &after) in gcca.explained.iter().take(dim).enumerate() {
            let before = fewer.get(j).copied().unwrap_or(0.0);
            gained += after - before;
            clauses.push(Clause::at_most(of_last(EIGENVALUE).place(j + 1), before, after, tolerance));
        }
        clauses.push(Clause::at_most(of_last(GAINED), gained, dim as f64, tolerance));
    }
    Ok(())
}

/// What encoders that all agree can say about the targets.
fn agreement(
    clauses: &mut Vec<Clause>,
    facing: &[Facing],
    gcca: &Generalised,
    zero: f64,
    subject: &Subject,
) -> Result<(), InformationError> {
    let agrees = |j: &usize| gcca.residuals.iter().all(|lengths| lengths[*j] <= AGREEMENT_UNITS * zero);
    let count = (0..gcca.kept()).take_while(agrees).count();
    // Every side is measured over its own pair; the worst conditioned decides.
    let Some(worst) = facing.iter().map(|facing| &facing.pair).max_by(|a, b| a.zero().total_cmp(&b.zero())) else {
        return Ok(());
    };
    if count == 0 {
        return Ok(());
    }
    let towers = facing[0].tower(&gcca.coordinates[0].columns(0, count).into_owned())?;
    for (t, (target, factor)) in subject.model.targets().iter().zip(&subject.factors).enumerate() {
        let encoded = TargetGeometry::new(&facing[0].pair, factor)?.encoded_by(&towers, Source::EncodedFirst)?;
        let mut least: Option<Informativeness> = None;
        let mut sigma = 0.0_f64;
        for facing in facing {
            let said = TargetGeometry::new(&facing.pair, factor)?.observed(Source::First)?;
            sigma = sigma.max(said.sigma());
            let information = said.mutual_information_nats();
            if least.as_ref().is_none_or(|least| information < least.mutual_information_nats()) {
                least = Some(said);
            }
        }
        let Some(least) = least else { continue };
        let deviation = (factor.common.norm_squared() + factor.own.norm_squared()).sqrt();
        let part = |claim| Part::new(claim).about((t, target.name.as_str()));
        clauses.push(Clause::at_most(
            part(INFORMATION),
            encoded.mutual_information_nats(),
            least.mutual_information_nats(),
            information_error(worst, &encoded.angles) + information_error(worst, &least.angles),
        ));
        clauses.push(
            Clause::at_most(
                part(DEVIATION),
                sigma,
                encoded.sigma(),
                deviation * error(worst, encoded.sigma() / deviation),
            )
            .of_size(deviation),
        );
    }
    Ok(())
}

impl Theorem for Multimodal {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "M modalities: z_m = z  ⟹  I(z;y) ≤ min I(x_m;y); y ⟂ all others  ⟹  K + P ⪯ I against their concatenation, which only grows; private shares of a GCCA variate add up to at most (M−λ)/(1+(M−2)λ)"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "M modalities; (i) any distribution, (ii) y independent of all others together, (iii) GCCA variates with eigenvalue λ > 1 and y private.",
            proof: "(i) and (ii) are perfect-alignment and capacity against the concatenation of the others, whose span only grows. (iii) A variate's squared projections onto the modalities add up to λ.",
            figure: Some("multimodal"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: true })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let subject = case.subject;
        let count = subject.model.modalities().len();
        // GCCA is a matter of the model and d alone: one kind of encoders stands for all that would ask for it.
        let generalised = case.objective.is_some_and(|objective| objective.id() == CanonicalCorrelation.id());
        if count == 2 && !generalised {
            return Ok(Finding::Inapplicable(
                "two modalities: `capacity` speaks of any encoders, this of those of cca".into(),
            ));
        }
        let modalities: Vec<Factor> = (0..count).map(|m| subject.model.observed(m)).collect();
        let names: Vec<&str> = subject.model.targets().iter().map(|target| target.name.as_str()).collect();
        let mut clauses = Vec::new();
        if count > 2 {
            for (slot, &m) in subject.modalities.iter().enumerate() {
                let facing = Facing::all_others(&modalities, m, &subject.factors)?;
                spend(&mut clauses, OF_ENCODER, &facing, case.towers.basis(slot), &names)?;
            }
        }
        if generalised {
            let facing = (0..count)
                .map(|m| Facing::all_others(&modalities, m, &subject.factors))
                .collect::<Result<Vec<_>, _>>()?;
            let ensemble = Ensemble::new(&modalities)?;
            let gcca = Generalised::new(&ensemble, case.dim())?;
            for facing in &facing {
                spend(&mut clauses, OF_GCCA, facing, &gcca.coordinates[facing.modality], &names)?;
            }
            variates(&mut clauses, &facing, &gcca, &names);
            growth(&mut clauses, &modalities, &ensemble, &gcca, case.dim())?;
            agreement(&mut clauses, &facing, &gcca, ensemble.zero(), subject)?;
        }
        let reason = "no target is private to one modality, and the modalities agree on nothing";
        Ok(Finding::from_clauses(clauses, reason))
    }

    /// The most that a first encoder can keep of a private target, given what all other modalities predict of it.
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let subject = case.subject;
        if quantity != Quantity::CapacityPrivate || case.capacities.iter().all(|entry| entry.target != target) {
            return Ok(None);
        }
        let modalities: Vec<Factor> =
            (0..subject.model.modalities().len()).map(|m| subject.model.observed(m)).collect();
        let target = std::slice::from_ref(&subject.factors[target]);
        for (slot, &m) in subject.modalities.iter().enumerate() {
            let facing = Facing::all_others(&modalities, m, target)?;
            if !facing.private.is_empty() {
                let basis = case.towers.basis(slot);
                return Ok(Some(Predicted::AtMost(basis.ncols() as f64 - facing.predictable(basis).trace())));
            }
        }
        Ok(None)
    }
}
