//! `hermite`: which functions unrestricted encoders learn, and which shared factors they crowd out.

pub(super) mod precise;
mod variants;

use super::certainty::Route;
use super::quadrature::{DEGREE, moments, rounding};
use super::variants::Variant;
use super::{About, Case, Clause, Finding, Part, Predicted, Quantity, Question, Relation, Theorem};
use crate::information::{InformationError, Source, Towers};
use crate::learner::{
    HermiteTower, Membership, PolynomialError, PolynomialTowers, hermite_polynomials, number_of_products, regression_r2,
};
use crate::linalg::{Matrix, product, product_nt};
use crate::objective::{Objective, Spectral};
use crate::random::{Generator, Stream};
use rand::RngExt;
use rand_distr::StandardNormal;

/// The id of docs/theory.md.
pub(super) const ID: &str = "hermite";

/// The claims.
pub(super) const OF_ENCODERS: &str = "gain of the encoders";
pub(super) const MINIMISER: &str = "gain at the minimiser";
pub(super) const OTHERS: &str = "gain of other polynomial towers, {place}";
pub(super) const MEHLER: &str = "Mehler's expansion of variate {place}";
pub(super) const SECOND_VARIATE: &str = "second variate from d = ⌈log ρ2/log ρ1⌉";

/// For a Gaussian pair with canonical correlations ρ_i < 1, over *all* centred towers of d outputs the spectral contrastive loss is
/// least, −Σ of d squared singular values, at the products h_α of Hermite polynomials of the canonical variates with the largest
/// Π ρ_i^{α_i}, α ≠ 0 (Mehler). The second variate is kept from d = ⌈log ρ_2 / log ρ_1⌉ on: before it come the powers of the first
/// with ρ_1^m > ρ_2, so that for ρ_1² > ρ_2 two dimensions hold only the first. Whatever is kept is kept whole (see
/// [`HermiteTower`]): of any Gaussian target the tower says what the canonical encoder of its kept variates says, never more than the
/// linear encoder of as many dimensions.
///
/// Checked against routes that do not use Mehler's formula: E h_m(a)h_n(b) by Gauss–Hermite quadrature of polynomials that are made
/// by their recurrence; the order against an enumeration of all multi-indices; the minimum against random and nearly optimal
/// polynomial towers, whose loss comes from the quadrature.
///
/// The hypothesis that is needed: ρ_1 < 1. Where x_1 and x_2 determine a common variate, every function of it has singular value 1,
/// and there is no density ratio.
#[derive(Debug, Clone, Copy)]
pub(super) struct HermiteTowers;

/// Noise on each output before a nonlinear readout. A fitted tower misses the population's by order n^{-1/2}: where its outputs are
/// a and a² up to that, their exact relation is broken by the miss alone, and an exact readout of unbounded slope would
/// blow it up to a variate that is not there (R² = 0.14 ± 0.05 at n = 20 000, where the population has 0).
pub const READOUT_NOISE: f64 = 0.3;
/// All multi-indices are enumerated, as a second route, while there are no more of them: they grow as C(2d, d).
const MOST_VALUES: usize = 100_000;
/// Polynomials beyond the d leading ones that the other towers may use.
const FURTHER: usize = 6;
/// Other towers that are tried for each model.
const TOWERS: u64 = 6;
/// Largest canonical correlation: beyond it powers can't be told apart, nor the variate from a common one.
pub(super) const LARGEST: f64 = 1.0 - 1e-6;
/// A bound on the rounding of a gain above this share of it decides nothing.
const RESOLVED: f64 = 1e-3;
/// log ρ_2 / log ρ_1 nearer to an integer than this is a tie.
const NEAR_INTEGER: f64 = 1e-6;

/// The values of all multi-indices of total degree 1 to `degree` over the correlations, by plain recursion.
fn all_values(correlations: &[f64], degree: usize) -> Vec<f64> {
    fn extend(values: &mut Vec<f64>, correlations: &[f64], degree: usize, value: f64) {
        let Some((&rho, rest)) = correlations.split_first() else {
            values.push(value);
            return;
        };
        for power in 0..=degree {
            extend(values, rest, degree - power, value * rho.powi(i32::try_from(power).unwrap_or(i32::MAX)));
        }
    }
    let mut values = Vec::new();
    extend(&mut values, correlations, degree, 1.0);
    values.sort_by(|a, b| b.total_cmp(a));
    // The largest is the constant.
    values.remove(0);
    values
}

/// −2E fᵀg + tr(Cov f·Cov g) of the towers f = W_1φ(x_1), g = W_2φ(x_2) for orthonormal features with E φ(x_1)φ(x_2)ᵀ = `cross`.
fn loss(cross: &Matrix, first: &Matrix, second: &Matrix) -> f64 {
    let gram = |weights: &Matrix| product_nt(weights, weights);
    -2.0 * product(first, cross).dot(second) + gram(first).dot(&gram(second))
}

/// Canonical correlations within this many units of rounding of each other tie.
const TIED: f64 = 10.0;

/// The correlations that can matter to d dimensions: as many leading ones, all below 1; or why the theorem does not apply.
pub(super) fn correlations(case: &Case, dim: usize) -> Result<Vec<f64>, String> {
    let cosines = case.subject.pair.angles().cosines();
    let mut rhos: Vec<f64> = cosines.iter().copied().filter(|rho| *rho > 0.0).take(dim).collect();
    match rhos.first() {
        None => return Err("nothing is common to the modalities".into()),
        Some(&rho) if rho > LARGEST => return Err(format!("ρ1 = {rho}: a common variate has no density ratio")),
        Some(_) => {}
    }
    // Equal correlations descend up to rounding only.
    for i in 1..rhos.len() {
        rhos[i] = rhos[i].min(rhos[i - 1]);
    }
    Ok(rhos)
}

/// The clauses that speak of the model alone.
fn spectrum(clauses: &mut Vec<Clause>, rhos: &[f64], dim: usize) -> Result<(), InformationError> {
    let leading = |count| HermiteTower::leading(rhos, count).expect("canonical correlations descend from at most 1");
    let tower = leading(dim);
    let quadrature = rhos.iter().map(|&rho| moments(rho)).collect::<Result<Vec<_>, _>>()?;
    let expansion = rounding(DEGREE)?;
    for (i, (moments, &rho)) in quadrature.iter().zip(rhos).enumerate() {
        let mehler = Matrix::from_fn(DEGREE + 1, DEGREE + 1, |m, n| {
            if m == n { rho.powi(i32::try_from(m).unwrap_or(i32::MAX)) } else { 0.0 }
        });
        clauses.push(Clause::equal(Part::new(MEHLER).place(i + 1), (moments - mehler).amax(), 0.0, expansion));
    }

    order(clauses, rhos, &tower, dim);

    let probes = Probes::new(rhos, dim);
    let cross = Matrix::from_fn(probes.functions.len(), probes.functions.len(), |f, g| {
        let powers = probes.functions[f].iter().zip(&probes.functions[g]);
        powers.zip(&quadrature).map(|((&m, &n), moments)| moments[(m as usize, n as usize)]).product()
    });
    let moment = rounding(probes.degree())? * rhos.len() as f64;
    for (part, relation, [first, second]) in &probes.towers {
        let error = loss_error(moment, first, second);
        let (gain, most) = (-loss(&cross, first, second), -tower.minimum());
        clauses.push(claim(part, *relation, gain, most, error));
    }
    Ok(())
}

/// Which functions lead, against an enumeration, and where the second variate enters.
pub(super) fn order(clauses: &mut Vec<Clause>, rhos: &[f64], tower: &HermiteTower, dim: usize) {
    if number_of_products(rhos.len(), dim) <= MOST_VALUES {
        let all = all_values(rhos, dim);
        let rounding = 64.0 * f64::EPSILON * dim as f64;
        let expected: f64 = all.iter().take(dim).map(|value| value * value).sum();
        clauses.push(Clause::equal("greatest gain against all multi-indices", -tower.minimum(), expected, rounding));
        let last = tower.terms().last().map_or(0.0, |term| term.value);
        let left_out = all.get(tower.terms().len()).copied().unwrap_or(0.0);
        clauses.push(Clause::at_most("largest function left out", left_out, last, rounding));
    }

    if let [first, second, ..] = rhos {
        let ratio = second.ln() / first.ln();
        if (ratio - ratio.round()).abs() > NEAR_INTEGER * ratio && tower.membership(1) != Membership::Tied {
            let kept = f64::from(u8::from(tower.membership(1) == Membership::Kept));
            let predicted = f64::from(u8::from(dim as f64 >= ratio.ceil()));
            clauses.push(Clause::equal(SECOND_VARIATE, kept, predicted, 0.0));
        }
    }
}

/// A bound on the error of [`loss`] where each entry of `cross`, of size at most 1, is wrong by `moment`: 2 Σ |(W_1ᵀW_2)_fg|·moment, and the
/// rounding of sums over the functions.
fn loss_error(moment: f64, first: &Matrix, second: &Matrix) -> f64 {
    let (functions, sizes) = (first.ncols() as f64, first.norm() * second.norm());
    2.0 * functions * sizes * (moment + 4.0 * f64::EPSILON * functions) + 8.0 * functions * f64::EPSILON * sizes * sizes
}

/// Towers over the leading functions, those within the quadrature's exactness: the minimiser and others.
#[derive(Debug)]
pub(super) struct Probes {
    /// α of each function.
    pub(super) functions: Vec<Vec<u32>>,
    /// What the claim is about, relation of the gain to the greatest one, and weights.
    pub(super) towers: Vec<(Part, Relation, [Matrix; 2])>,
}

impl Probes {
    /// Towers of d outputs over correlations that descend; always the same for the same correlations.
    pub(super) fn new(rhos: &[f64], dim: usize) -> Self {
        let wider = HermiteTower::leading(rhos, dim + FURTHER).expect("canonical correlations descend from at most 1");
        let functions: Vec<Vec<u32>> = wider
            .terms()
            .iter()
            .map(|term| term.powers.clone())
            .filter(|powers| powers.iter().all(|&power| power as usize <= DEGREE))
            .collect();
        let rows = dim.min(functions.len());
        let root = |i: usize, f: usize| if i == f { wider.terms()[i].value.sqrt() } else { 0.0 };
        let best = Matrix::from_fn(rows, functions.len(), root);
        let mut towers = vec![(MINIMISER.into(), Relation::Equal, [best.clone(), best.clone()])];
        let seed = rhos.iter().fold(dim as u64, |seed, rho| seed.rotate_left(7) ^ rho.to_bits());
        for (place, replicate) in (1..).zip(0..TOWERS) {
            let mut generator = Stream { seed: 0, experiment: "hermite", cell: seed, replicate }.generator();
            // From nearly optimal to random.
            let share = 10.0_f64.powf(-4.0 * generator.random::<f64>());
            let mut tried = || &best * (1.0 - share) + gaussian(&mut generator, rows, functions.len()) * share;
            towers.push((Part::new(OTHERS).place(place), Relation::AtMost, [tried(), tried()]));
        }
        Self { functions, towers }
    }

    /// The largest degree in one variate.
    pub(super) fn degree(&self) -> usize {
        self.functions.iter().flatten().max().map_or(0, |&power| power as usize)
    }
}

/// A claim about a gain.
pub(super) fn claim(part: &Part, relation: Relation, gain: f64, most: f64, error: f64) -> Clause {
    match relation {
        Relation::AtMost => Clause::at_most(part.clone(), gain, most, error),
        Relation::Equal => Clause::equal(part.clone(), gain, most, error),
    }
}

fn gaussian(generator: &mut Generator, rows: usize, columns: usize) -> Matrix {
    Matrix::from_fn(rows, columns, |_, _| generator.sample(StandardNormal))
}

impl Theorem for HermiteTowers {
    fn id(&self) -> &'static str {
        ID
    }

    fn statement(&self) -> &'static str {
        "ρ1 < 1  ⟹  over all encoders min spectral loss = −Σ of the d largest Π ρ_i^{2α_i}, α ≠ 0; the second variate enters at ⌈log ρ2/log ρ1⌉"
    }

    fn about(&self) -> Option<About> {
        Some(About {
            hypotheses: "Gaussian, ρ_1 < 1, centred encoders of any form.",
            proof: "By Mehler's formula the density ratio has products of Hermite polynomials as singular functions, with singular values Π ρ_i^{α_i}; the spectral loss keeps the d largest (Eckart–Young).",
            figure: Some("hermite"),
        })
    }

    fn precise(&self) -> Option<Route> {
        Some(Route { review: precise::review, exact_encoders: false })
    }

    fn variants(&self) -> &'static [Variant] {
        variants::VARIANTS
    }

    fn examine(&self, case: &Case) -> Result<Finding, InformationError> {
        let dim = case.dim();
        let rhos = match correlations(case, dim) {
            Ok(rhos) => rhos,
            Err(reason) => return Ok(Finding::Inapplicable(reason)),
        };
        let subject = case.subject;
        let tower = HermiteTower::leading(&rhos, dim).expect("canonical correlations descend from at most 1");
        // A linear tower is a tower.
        let moments = subject.moments();
        let encoders = &case.encoders;
        let size = moments.encoded(0, &encoders.first).norm() * moments.encoded(1, &encoders.second).norm();
        let value = Spectral.value(moments, encoders).unwrap_or(f64::NAN);
        let (gain, greatest, error) = (-value, -tower.minimum(), subject.error(size));
        let mut clauses = Vec::new();
        if error <= RESOLVED * gain.abs().max(1.0) {
            clauses.push(Clause::at_most(OF_ENCODERS, gain, greatest, error));
        }
        if case.minimises_canonical_objective() {
            spectrum(&mut clauses, &rhos, dim)?;
        }
        let reason = "the encoders' outputs differ in scale by so much that rounding hides their gain";
        Ok(Finding::from_clauses(clauses, reason))
    }

    /// What unrestricted towers of as many dimensions attain, and what they say about the targets.
    fn predict(&self, case: &Case, question: &Question) -> Result<Option<Predicted>, InformationError> {
        let Question { quantity, target, .. } = *question;
        let Ok(rhos) = correlations(case, case.dim()) else { return Ok(None) };
        let tower = HermiteTower::leading(&rhos, case.dim()).expect("canonical correlations descend from at most 1");
        if quantity == Quantity::ObjectiveValue
            && case.objective.is_some_and(|objective| objective.id() == Spectral.id())
        {
            return Ok(Some(Predicted::AtLeast(tower.minimum())));
        }
        let of_first = [Quantity::Information(Source::EncodedFirst), Quantity::R2(Source::EncodedFirst)];
        if !of_first.contains(&quantity) || !case.is_canonical() {
            return Ok(None);
        }
        let kept = tower.kept();
        if (0..rhos.len()).any(|variate| tower.membership(variate) == Membership::Tied) {
            return Ok(None);
        }
        let pair = &case.subject.pair;
        // Linear directions that tie with the first that is left out are a choice, of these encoders as of unrestricted towers.
        if kept > 0 && pair.correlation(kept - 1) - pair.correlation(kept) <= TIED * pair.zero() {
            return Ok(None);
        }
        let directions = [0, 1].map(|m| pair.canonical_directions(m).columns(0, kept).into_owned());
        let towers = Towers::from_coordinates(pair, &directions)?;
        let said = case.targets[target].geometry.encoded_by(&towers, Source::EncodedFirst)?;
        let said = if matches!(quantity, Quantity::R2(_)) { said.r2 } else { said.mutual_information_nats() };
        Ok(Some(Predicted::AtLeast(said)))
    }
}

/// Polynomial towers on one draw of a standard Gaussian pair with given canonical correlations, measured on the draw itself: the
/// finite-sample side of the theorem.
#[derive(Debug, Clone)]
pub struct TowerDraw {
    /// Sample singular values, descending.
    pub values: Vec<f64>,
    /// R² of linear readouts of the canonical variates a_1, a_2, … from the first tower.
    pub linear_readouts: Vec<f64>,
    /// R² of readouts by polynomials of degree 3, of outputs that are standardised and disturbed by noise of standard deviation
    /// [`READOUT_NOISE`].
    pub nonlinear_readouts: Vec<f64>,
    /// R² of linear readouts of the predicted functions h_α(a), leading first, one for each output of the tower.
    pub functions: Vec<f64>,
}

impl TowerDraw {
    /// Draws `samples` pairs and fits towers of d = `dim` outputs that are polynomials of the given degree.
    ///
    /// # Errors
    /// [`PolynomialError`]; correlations that are none are an error of [`HermiteTower::leading`].
    pub fn new(
        generator: &mut Generator,
        samples: usize,
        rhos: &[f64],
        degree: usize,
        dim: usize,
    ) -> Result<Self, TowerDrawError> {
        let predicted = HermiteTower::leading(rhos, dim)?;
        let first = gaussian(generator, samples, rhos.len());
        let mut second = gaussian(generator, samples, rhos.len());
        for (i, &rho) in rhos.iter().enumerate() {
            let mixed = first.column(i) * rho + second.column(i) * ((1.0 - rho) * (1.0 + rho)).sqrt();
            second.set_column(i, &mixed);
        }
        let towers = PolynomialTowers::fit(&first, &second, degree, dim)?;
        let z = towers.embed(0, &first)?;
        let mut disturbed = gaussian(generator, samples, dim) * READOUT_NOISE;
        for (mut column, output) in disturbed.column_iter_mut().zip(z.column_iter()) {
            let deviation = output.variance().sqrt();
            if deviation > 0.0 {
                column.axpy(deviation.recip(), &output, 1.0);
            }
        }
        let readouts = |outputs: &Matrix, degree: usize| -> Result<Vec<f64>, PolynomialError> {
            (0..rhos.len()).map(|i| regression_r2(outputs, &first.columns(i, 1).into_owned(), degree)).collect()
        };
        let function = |powers: &[u32]| {
            let value = |sample: usize| {
                let factors = powers.iter().enumerate();
                factors
                    .map(|(i, &power)| hermite_polynomials(power as usize, first[(sample, i)])[power as usize])
                    .product()
            };
            Matrix::from_fn(samples, 1, |sample, _| value(sample))
        };
        Ok(Self {
            linear_readouts: readouts(&z, 1)?,
            nonlinear_readouts: readouts(&disturbed, 3)?,
            functions: predicted
                .terms()
                .iter()
                .map(|term| regression_r2(&z, &function(&term.powers), 1))
                .collect::<Result<_, _>>()?,
            values: towers.values,
        })
    }
}

/// Why a draw could not be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TowerDrawError {
    /// Not canonical correlations.
    #[error(transparent)]
    Correlations(#[from] crate::learner::CorrelationError),
    /// No tower could be fitted.
    #[error(transparent)]
    Tower(#[from] PolynomialError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multi_indices_are_enumerated_once() {
        // Two variates up to degree 2: a, b, a², ab, b².
        let values = all_values(&[0.5, 0.25], 2);
        assert_eq!(values, [0.5, 0.25, 0.25, 0.125, 0.0625]);
    }
}
