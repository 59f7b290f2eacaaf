//! `fidelity-threshold`: an upper bound for the joint objective, and where private factors displace shared ones.

mod precise;
mod variants;

use super::certainty::Route;
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Part, Predicted, Quantity, Question, Subject, Theorem};
use crate::information::{Alignment, InformationError, Side, Source, Towers, information_loss_nats};
use crate::learner::{TradeOff, ky_fan};
use crate::linalg::{Matrix, orthonormal_columns, outside, product, product_tn, svd};
use crate::objective::{AlignmentFidelity, Solution};

/// The id of docs/theory.md.
pub const ID: &str = "fidelity-threshold";

/// The claims.
pub(super) const BOUND: &str = "J at λ = {value}";
pub(super) const ATTAINED: &str = "J attains its bound";
pub(super) const FACTORS: &str = "factors kept by z{m}";

/// For whitened encoders J_λ ≤ KyFan_d[(1−λ)(TTᵀ)^½ + λΣ11] + KyFan_d[(1−λ)(TᵀT)^½ + λΣ22]; on a symmetric model the maximiser attains it
/// and keeps the d factors with the largest (1−λ)ρ_i + λ·(variance), so that a private factor displaces a shared one at [`threshold`].
#[derive(Debug, Clone, Copy)]
pub(super) struct FidelityThreshold;

/// λ at which encoders that do not maximise `alignment-fidelity` are held against the bound.
pub(super) const PROBE: f64 = 0.5;

/// What must vanish in a symmetric model: a correlation of explained parts, or a difference of variances relative to them.
pub(super) const STRUCTURAL: f64 = 1e-8;

/// Scores nearer than this share of the largest are a tie: rounding may choose either.
pub(super) const TIE: f64 = 1e-6;

/// λ_c = ρ/(ρ + π − γ), at which a private factor of variance π displaces a shared one of variance γ and correlation ρ, each with or
/// each without the noise; `None` when it never does, π ≤ γ.
///
/// # Examples
/// ```
/// use alignloss::theorem::fidelity_threshold::threshold;
/// assert_eq!(threshold(0.5, 1.0, 1.5), Some(0.5));
/// assert_eq!(threshold(0.5, 1.0, 1.0), None);
/// ```
pub fn threshold(correlation: f64, shared_variance: f64, private_variance: f64) -> Option<f64> {
    let excess = private_variance - shared_variance;
    (excess > 0.0).then(|| correlation / (correlation + excess))
}

/// A symmetric model's factors: directions that are eigenvectors of both Σ_mm and paired by T, with equal variances.
struct SymmetricStructure {
    factors: Vec<PairedFactor>,
}

struct PairedFactor {
    /// ρ_i, 0 for private factors and noise.
    correlation: f64,
    /// Signal and noise.
    variance: f64,
    /// Unit directions over the whitened sensors, r_m × 1.
    directions: [Matrix; 2],
}

impl PairedFactor {
    /// Half of what the factor adds to J_λ.
    fn score(&self, lambda: f64) -> f64 {
        (1.0 - lambda) * self.correlation + lambda * self.variance
    }
}

impl SymmetricStructure {
    /// The structure of a pair, or `None` when a canonical direction is no eigenvector of its covariance or the towers differ.
    fn detect(subject: &Subject) -> Result<Option<Self>, InformationError> {
        let pair = &subject.pair;
        let rank = pair.rank();
        let [first, second] = pair.ranks();
        if first != second {
            return Ok(None);
        }
        let mut towers: Vec<(Matrix, Vec<f64>)> = Vec::with_capacity(2);
        for m in 0..2 {
            let root = &pair.whitening(m).root;
            let common = pair.canonical_directions(m).columns(0, rank).into_owned();
            let rest = svd(&outside(&common, &root.transpose()))?.left.columns(0, first - rank).into_owned();
            let mut directions = common.resize_horizontally(first, 0.0);
            directions.columns_mut(rank, first - rank).copy_from(&rest);
            // What each direction explains of x_m. Eigenvectors of Σ_mm explain orthogonal parts: compared pair by pair, so that no loud
            // channel covers for a quiet one.
            let explained = product(root, &directions);
            let deviations: Vec<f64> = explained.column_iter().map(|column| column.norm()).collect();
            let overlaps = product_tn(&explained, &explained);
            let orthogonal = |i: usize, j: usize| overlaps[(i, j)].abs() <= STRUCTURAL * deviations[i] * deviations[j];
            if (0..first).any(|i| (0..i).any(|j| !orthogonal(i, j))) {
                return Ok(None);
            }
            towers.push((directions, deviations.into_iter().map(|deviation| deviation * deviation).collect()));
        }
        let [(one, variances), (two, others)] = &towers[..] else { return Ok(None) };
        if variances.iter().zip(others).any(|(a, b)| (a - b).abs() > STRUCTURAL * a.max(*b)) {
            return Ok(None);
        }
        let factors = variances.iter().enumerate().map(|(i, &variance)| PairedFactor {
            correlation: pair.correlation(i),
            variance,
            directions: [one.columns(i, 1).into_owned(), two.columns(i, 1).into_owned()],
        });
        Ok(Some(Self { factors: factors.collect() }))
    }

    /// The factors kept with d dimensions, or `None` in a tie.
    fn kept(&self, lambda: f64, dim: usize) -> Option<Vec<&PairedFactor>> {
        let mut ranked: Vec<&PairedFactor> = self.factors.iter().collect();
        ranked.sort_by(|a, b| b.score(lambda).total_cmp(&a.score(lambda)));
        let tie = dim < ranked.len()
            && ranked[dim - 1].score(lambda) - ranked[dim].score(lambda) <= TIE * ranked[0].score(lambda);
        ranked.truncate(dim);
        (!tie).then_some(ranked)
    }

    /// The d best aligned factors, and the variance of the strongest private one that d dimensions leave out beside them: the first
    /// to displace one of them. `None` where there is room for all.
    fn rivals(&self, dim: usize) -> Option<(Vec<&PairedFactor>, f64)> {
        let (mut shared, private): (Vec<&PairedFactor>, Vec<_>) =
            self.factors.iter().partition(|factor| factor.correlation > 0.0);
        shared.truncate(dim);
        let mut variances: Vec<f64> = private.iter().map(|factor| factor.variance).collect();
        variances.sort_by(|a, b| b.total_cmp(a));
        let challenger = *variances.get(dim - shared.len())?;
        Some((shared, challenger))
    }

    /// The least λ at which one of the d best aligned factors is displaced.
    fn first_threshold(&self, dim: usize) -> Option<f64> {
        let (shared, challenger) = self.rivals(dim)?;
        let thresholds = shared.iter().filter_map(|factor| threshold(factor.correlation, factor.variance, challenger));
        thresholds.reduce(f64::min)
    }

    /// log(weakest score of the d best aligned factors) − log(score of the private factor that displaces first): zero at a threshold.
    fn margin(&self, lambda: f64, dim: usize) -> Option<f64> {
        let (shared, challenger) = self.rivals(dim)?;
        let weakest = shared.iter().map(|factor| factor.score(lambda)).reduce(f64::min)?;
        Some(weakest.ln() - (lambda * challenger).ln())
    }
}

/// Both towers of some factors, r_m × d.
fn towers(kept: &[&PairedFactor], m: usize) -> Matrix {
    let rows = kept.first().map_or(0, |factor| factor.directions[m].nrows());
    Matrix::from_fn(rows, kept.len(), |row, column| kept[column].directions[m][row])
}

/// The objective that the encoders maximise, if it is the joint one.
pub(super) fn joint(case: &Case) -> Option<AlignmentFidelity> {
    match case.objective?.solution() {
        Solution::AlignmentFidelity(objective) => Some(objective),
        _ => None,
    }
}

impl Theorem for FidelityThreshold {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "whitened encoders  ⟹  J_λ ≤ KyFan_d[(1−λ)(TTᵀ)^½ + λΣ11] + KyFan_d[(1−λ)(TᵀT)^½ + λΣ22]; = on symmetric models, λ_c = ρ/(ρ + π − γ)"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Whitened linear encoders. The equality: symmetric orthogonal models.",
            proof: "By von Neumann's inequality the alignment term is at most that of the polar factors; Ky Fan bounds each trace by the d largest eigenvalues. On symmetric models both are attained together.",
            figure: Some("fidelity-threshold"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let subject = case.subject;
        let objective = joint(case);
        let lambda = objective.map_or(PROBE, AlignmentFidelity::lambda);
        let trade_off = TradeOff::new(&subject.pair);
        let bound = match objective {
            Some(_) => trade_off.certificate(lambda, case.dim())?.bound,
            None => subject.fidelity_spectra(PROBE)?.iter().map(|spectrum| ky_fan(spectrum, case.dim())).sum(),
        };
        let reached = trade_off.value(lambda, [case.towers.whitened(0), case.towers.whitened(1)]);
        // J has the unit of a variance, and its rounding is that of the terms it adds up.
        let error = subject.error_in(bound, bound);
        let mut clauses = vec![Clause::at_most(Part::new(BOUND).value(lambda), reached, bound, error).of_size(bound)];
        if objective.is_some()
            && let Some(structure) = SymmetricStructure::detect(subject)?
        {
            clauses.push(Clause::equal(ATTAINED, reached, bound, error).of_size(bound));
            if let Some(kept) = structure.kept(lambda, case.dim()) {
                let count = kept.len() as f64;
                // Directions move by rounding over the relative gap, which is at least TIE.
                let error = subject.error(count) + count * subject.pair.zero() / TIE;
                for m in 0..2 {
                    let predicted = orthonormal_columns(&towers(&kept, m));
                    let overlap = product_tn(&predicted, case.towers.basis(m)).norm_squared();
                    clauses.push(Clause::equal(Part::new(FACTORS).modality(m), overlap, count, error));
                }
            }
        }
        Ok(Finding::Checked(clauses))
    }

    /// On symmetric models everything that the kept factors say; elsewhere the bound on the objective's value.
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Some(objective) = joint(case) else { return Ok(None) };
        let (lambda, dim, subject) = (objective.lambda(), case.dim(), case.subject);
        let Question { quantity, target, .. } = *question;
        if quantity == Quantity::ObjectiveValue {
            return Ok(Some(Predicted::AtMost(TradeOff::new(&subject.pair).certificate(lambda, dim)?.bound)));
        }
        let of_factors = [
            Quantity::Information(Source::EncodedFirst),
            Quantity::R2(Source::EncodedFirst),
            Quantity::Loss(Side::First),
            Quantity::EncoderInformation,
            Quantity::FirstThreshold,
            Quantity::Margin,
        ];
        if !of_factors.contains(&quantity) {
            return Ok(None);
        }
        let Some(structure) = SymmetricStructure::detect(subject)? else { return Ok(None) };
        if quantity == Quantity::FirstThreshold {
            return Ok(structure.first_threshold(dim).map(Predicted::Equal));
        }
        if quantity == Quantity::Margin {
            return Ok(structure.margin(lambda, dim).map(Predicted::Equal));
        }
        let Some(kept) = structure.kept(lambda, dim) else { return Ok(None) };
        let towers = Towers::from_coordinates(&subject.pair, &[towers(&kept, 0), towers(&kept, 1)])?;
        if quantity == Quantity::EncoderInformation {
            let information = Alignment::new(&subject.pair, &towers)?.angles.mutual_information_nats();
            return Ok(Some(Predicted::Equal(information)));
        }
        let Some(evaluated) = case.targets.get(target) else { return Ok(None) };
        let said = evaluated.geometry.encoded_by(&towers, Source::EncodedFirst)?;
        let value = match quantity {
            Quantity::Information(_) => said.mutual_information_nats(),
            Quantity::R2(_) => said.r2,
            _ => information_loss_nats(&evaluated.source(Source::First).angles, &said.angles),
        };
        Ok(Some(Predicted::Equal(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Format, LatentModel};

    /// Two sensors alike in everything but their private factors; u_m is loaded beside s or across it.
    fn alike(private: [f64; 2]) -> LatentModel {
        let [a, b] = private;
        let modality =
            format!("[[modality]]\nshared_loading = [[1.0], [0.0]]\nprivate_loading = [[{a}], [{b}]]\nnoise = 0.2\n");
        let text = format!("[latent]\nshared = 1\nprivate = [1, 1]\n{modality}{modality}");
        LatentModel::parse(&text, Format::Toml).expect("a model")
    }

    #[test]
    fn sensors_that_mix_their_factors_are_not_symmetric() {
        let detected = |private| {
            let model = alike(private);
            let subject = Subject::new(&model, [0, 1]).expect("a subject");
            SymmetricStructure::detect(&subject).expect("decompositions").is_some()
        };
        assert!(detected([0.0, 1.5]));
        // Equal variances all the same, but the canonical direction is no eigenvector.
        assert!(!detected([1.0, 1.5]));
    }

    #[test]
    fn the_factor_that_is_displaced_first_has_the_least_threshold() {
        let factor = |correlation, variance| PairedFactor {
            correlation,
            variance,
            directions: [Matrix::zeros(0, 1), Matrix::zeros(0, 1)],
        };
        // Thresholds 0.8/(0.8 + 0.5) and 0.5/(0.5 + 0.5) under the stronger private factor; d = 3 has room for it.
        let factors = vec![factor(0.8, 1.0), factor(0.5, 1.0), factor(0.0, 1.5), factor(0.0, 1.2)];
        let structure = SymmetricStructure { factors };
        assert_eq!(structure.first_threshold(1), Some(0.8 / 1.3));
        assert_eq!(structure.first_threshold(2), Some(0.5));
        assert_eq!(structure.first_threshold(3), threshold(0.5, 1.0, 1.2));
        assert_eq!(structure.first_threshold(4), None);
        let margin = |lambda| structure.margin(lambda, 2).expect("shared and private factors");
        assert!(margin(0.5).abs() < 1e-15);
        assert!(margin(0.4) > 0.0 && margin(0.6) < 0.0);
    }
}
