//! Every measure of a case with an error bound: in double precision, and recomputed in double-double precision if that is not enough.
//!
//! In double precision each subspace (a modality, a target, an encoder) is known up to a small angle δ. Principal
//! angles change by no more than the subspaces they lie between, so an information −Σ log sin θ is known to within Σ
//! δ/tan θ, and everything else follows in the same way. A measure whose bound exceeds 1e-9 of its value
//! ([`TOLERANCE`](crate::precise::TOLERANCE), taken relative to at least 1e-3 nats, or 1e-3 for shares) is recomputed
//! by [`crate::precise`]; measures still uncertain after that are reported as such.
//!
//! `eval` does this. Sweeps and figures do not: a bound costs about as much as the measures, several times what a cell can afford.
//!
//! # Example
//! ```
//! use alignloss::model::{Format, LatentModel};
//! use alignloss::objective::CanonicalCorrelation;
//! use alignloss::precise::Measures;
//! use alignloss::theorem::{Case, Subject};
//! let model = LatentModel::parse("[family]\nkind = \"random\"", Format::Toml)?;
//! let subject = Subject::new(&model, [0, 1])?;
//! let case = Case::minimise(&subject, &subject.learner(0), &CanonicalCorrelation, 2)?;
//! let floor = Measures::of(&case).alignment[2].estimate;
//! assert!(floor.error < 1e-9 && (floor.value - case.alignment.floor).abs() <= floor.error + 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::information::Source;
use crate::linalg::{
    Matrix, PrincipalAngles, Whitening, column_lengths, outside, product, product_tn, scale_columns, singular_values,
    svd, symmetric_eigen,
};
use crate::model::{Factor, LatentModel, Noise};
use crate::objective::{Objective, Solution};
use crate::precise::{self, Estimate, Information, Law, Measure, Measures, PreciseEncoders, TargetMeasures};
use crate::theorem::{Case, Subject};

/// Error of a factorisation, relative to the rows it factorises. The contract of [`crate::linalg`] is 64 n ε in the
/// norm of the matrix, which has √n rows of length one; sums over a few dozen terms stay within half of that (tested in
/// `tests/library/measures.rs`).
const ROUNDING: f64 = 32.0 * f64::EPSILON;

impl Measures {
    /// The measures of a case, in double-double precision if double precision does not suffice.
    pub fn of(case: &Case) -> Self {
        let mut measures = Self::in_double_precision(case);
        if measures.any_uncertain()
            && let Some(better) = Self::in_double_double_precision(case)
        {
            measures.refine(&better);
        }
        measures
    }

    /// The measures of a case in double precision only.
    pub fn in_double_precision(case: &Case) -> Self {
        let mut measures = Doubles::new(case).measures();
        measures.admit_ignorance();
        measures
    }

    /// The measures of a case in double-double precision: for the exact minimiser of its objective if that consists of
    /// singular directions, otherwise for the weights, which are exact if they were given and rounded if they were learned.
    /// `None` if the model is too large, or if its covariances
    /// are singular up to the rounding of the numbers that define them.
    pub fn in_double_double_precision(case: &Case) -> Option<Self> {
        let law = Law::new(case.subject.model, case.subject.modalities)?;
        let encoders = PreciseEncoders::new(&law, case.objective, &case.encoders);
        let private: Vec<(usize, usize)> =
            case.capacities.iter().map(|entry| (entry.target, entry.encoder.index())).collect();
        precise::measures(&law, &encoders, case.dim(), &private)
    }
}

/// The measures of a case in double precision, with what bounds their errors: how far each subspace may be off.
struct Doubles<'a> {
    case: &'a Case<'a>,
    /// For x_1, x_2, both, z_1, z_2, both.
    turned: [f64; 6],
    /// For each whitened output of either encoder.
    outputs: [Vec<f64>; 2],
    /// Relative error of the part that x_2 adds to x_1.
    joint: f64,
}

impl<'a> Doubles<'a> {
    fn new(case: &'a Case<'a>) -> Self {
        let subject = case.subject;
        let inputs = inputs(subject);
        let observed = [0, 1].map(|m| observed(subject, m, inputs[m]));
        let directions = directions(case, observed);
        let encoders = [0, 1].map(|m| EncoderError::new(case, m, inputs[m], directions));
        let least = |angles: &PrincipalAngles| angles.sines().first().copied().unwrap_or(1.0);
        let both = |turned: [f64; 2], angles: &PrincipalAngles| (turned[0] + turned[1]) * (1.0 + least(angles).recip());
        // The differences b_i − ρ_i a_i of canonical pairs count as orthogonal; they are so up to rounding over their lengths.
        let joint = (observed[0] + observed[1]) / least(subject.pair.angles()).powi(2);
        let encoded = [encoders[0].turned, encoders[1].turned];
        let [first, second] = encoders;
        Self {
            case,
            turned: [
                observed[0],
                observed[1],
                both(observed, subject.pair.angles()) + joint,
                encoded[0],
                encoded[1],
                both(encoded, &case.alignment.angles) + joint,
            ],
            outputs: [first.outputs, second.outputs],
            joint,
        }
    }

    fn measures(&self) -> Measures {
        let Self { case, turned, .. } = self;
        let pair = &case.subject.pair;
        let between = turned[0] + turned[1];
        let correlations = pair.canonical_correlations();
        let canonical = correlations.iter().enumerate().map(|(i, &value)| {
            let sine = pair.angles().sines().get(i).copied().unwrap_or(1.0);
            // Below the pair's zero, sines and cosines are set to 0.
            let error = (between + pair.zero()) * (sine + between + pair.zero()) + f64::EPSILON * value;
            Measure::share(Estimate { value, error: if value == 0.0 { between + pair.zero() } else { error } })
        });
        let canonical: Vec<Measure> = canonical.collect();
        let targets = (0..case.targets.len()).map(|t| self.target(t)).collect();
        let capacities = (0..case.capacities.len()).map(|index| self.capacity(index)).collect();
        Measures { alignment: self.alignment(&canonical), canonical_correlations: canonical, targets, capacities }
    }

    fn alignment(&self, canonical: &[Measure]) -> [Measure; 5] {
        let Self { case, turned, outputs, joint } = self;
        let alignment = &case.alignment;
        let moved = outputs[0].iter().zip(&outputs[1]).fold(0.0_f64, |sum, (a, b)| sum.hypot(a + b));
        let floor: f64 = canonical.iter().take(case.dim()).map(|measure| 2.0 * measure.estimate.error).sum();
        let information = |angles: &PrincipalAngles, turned: f64, relative: f64| {
            let Estimate { value, error } = information(angles, turned).nats();
            Measure::nats(Estimate { value, error: error + relative * angles.sines().len() as f64 })
        };
        let with = |value: f64, error: f64| Measure::share(Estimate { value, error: error + f64::EPSILON * value });
        [
            with(alignment.error, moved * (2.0 * alignment.error.sqrt() + moved) + joint * alignment.error),
            with(alignment.error_operator, moved + joint * alignment.error_operator),
            with(alignment.floor, floor),
            information(case.subject.pair.angles(), turned[0] + turned[1], joint.powi(2)),
            information(&alignment.angles, turned[3] + turned[4], *joint),
        ]
    }

    fn target(&self, t: usize) -> TargetMeasures {
        let target = &self.case.targets[t];
        let own = target_error(self.case.subject, t);
        let variance = target.geometry.variance();
        let informations =
            std::array::from_fn(|i| information(&target.source(Source::ALL[i]).angles, self.turned[i] + own));
        let mmse = std::array::from_fn(|i| {
            let value = target.source(Source::ALL[i]).mmse;
            let moved = (self.turned[i] + ROUNDING) * variance.sqrt();
            Estimate { value, error: moved * (2.0 * value.sqrt() + moved) + f64::EPSILON * value }
        });
        let r2 = std::array::from_fn(|i| {
            let said = target.source(Source::ALL[i]);
            let moved = self.turned[i] + ROUNDING;
            let side = said.r2.max(0.0).min(said.mmse / variance).sqrt();
            Estimate { value: said.r2, error: moved * (2.0 * side + moved) + ROUNDING * said.r2.abs() }
        });
        TargetMeasures::new(informations, mmse, r2, target.geometry.dimension() == 1)
    }

    fn capacity(&self, index: usize) -> [Measure; 3] {
        let entry = &self.case.capacities[index];
        let m = entry.encoder.index();
        let rank = self.case.towers.rank(m) as f64;
        let encoder = self.turned[3 + m];
        let with = |value: f64, turned: f64| {
            let error = turned * (2.0 * (value * rank).sqrt() + turned * rank) + ROUNDING * value;
            Estimate { value, error }
        };
        let aligned = with(entry.capacity.aligned, encoder + self.turned[1 - m]);
        let private = with(entry.capacity.private, encoder + target_error(self.case.subject, entry.target));
        let largest =
            Estimate { value: entry.capacity.largest_eigenvalue, error: aligned.error + private.error + ROUNDING };
        [aligned, private, largest].map(Measure::share)
    }
}

/// −Σ log sin θ over angles known up to `turned`.
fn information(angles: &PrincipalAngles, turned: f64) -> Information {
    let value = angles.finite_information_nats();
    let change = |(&cosine, &sine): (&f64, &f64)| {
        // Also if the sine was set to 0.
        if sine > 2.0 * turned { turned * (cosine + turned) / (sine - turned) } else { f64::INFINITY }
    };
    let moved: f64 = angles.cosines().iter().zip(angles.sines()).map(change).sum();
    // A sum of logarithms, each with its own rounding and that of its sine.
    let rounding = f64::EPSILON * (value + angles.cosines().len() as f64);
    Information { determined: angles.determined(), finite: Estimate { value, error: moved + rounding } }
}

/// By how much the error of each modality's factor exceeds rounding: the condition numbers of covariances given as dense matrices.
fn inputs(subject: &Subject) -> [f64; 2] {
    let model = subject.model;
    let latent = latent_error(model);
    subject.modalities.map(|m| latent + noise_error(&model.modalities()[m].noise))
}

fn latent_error(model: &LatentModel) -> f64 {
    1.0 + model.given_covariance().map_or(0.0, condition)
}

fn noise_error(noise: &Noise) -> f64 {
    match noise {
        Noise::Full(matrix) => condition(matrix),
        Noise::Isotropic(_) | Noise::Diagonal(_) => 0.0,
    }
}

/// The condition number of a covariance scaled to unit diagonal: 0 if it is diagonal, infinite if it is singular up to rounding.
fn condition(covariance: &Matrix) -> f64 {
    let n = covariance.nrows();
    if crate::linalg::is_diagonal(covariance) {
        return 0.0;
    }
    let deviation: Vec<f64> =
        (0..n).map(|i| if covariance[(i, i)] > 0.0 { covariance[(i, i)].sqrt() } else { 1.0 }).collect();
    let unit = Matrix::from_fn(n, n, |i, j| covariance[(i, j)] / deviation[i] / deviation[j]);
    let Ok(eigen) = symmetric_eigen(&unit) else { return f64::INFINITY };
    let (largest, smallest) = (eigen.values[0], eigen.values[n - 1]);
    if smallest > 4.0 * n as f64 * f64::EPSILON * largest { largest / smallest } else { f64::INFINITY }
}

/// How far a modality's subspace may be off; infinite if its rank was decided by rounding.
fn observed(subject: &Subject, m: usize, input: f64) -> f64 {
    whitening_error(subject.pair.factor(m), subject.pair.whitening(m), input)
}

fn whitening_error(factor: &Factor, whitening: &Whitening, input: f64) -> f64 {
    let reaching = factor.common.column_iter().filter(|column| column.amax() > 0.0).count() + factor.own.ncols();
    let complete = whitening.rank() == factor.common.nrows().min(reaching);
    // The condition number is ‖L‖·‖L⁻¹‖ in the Frobenius norm, and rows of length one make ‖L‖ = √n: errors of the rows
    // reach the basis multiplied by ‖L⁻¹‖.
    let inverse = whitening.condition / (whitening.rank().max(1) as f64).sqrt();
    if complete { ROUNDING * inverse * input } else { f64::INFINITY }
}

/// How far a target's subspace may be off.
fn target_error(subject: &Subject, t: usize) -> f64 {
    let factor = &subject.factors[t];
    let mut whole = Matrix::zeros(factor.common.nrows(), factor.common.ncols() + factor.own.ncols());
    whole.columns_mut(0, factor.common.ncols()).copy_from(&factor.common);
    whole.columns_mut(factor.common.ncols(), factor.own.ncols()).copy_from(&factor.own);
    let input = latent_error(subject.model) + noise_error(&subject.model.targets()[t].noise);
    Whitening::of_factor(&whole).map_or(f64::INFINITY, |whitening| whitening_error(factor, &whitening, input))
}

/// How far the directions of a minimiser may be off: the perturbation of T_{a,b} over the gap to the next singular
/// value. 0 for weights taken as given.
fn directions(case: &Case, observed: [f64; 2]) -> f64 {
    let pair = &case.subject.pair;
    let Some(solution) = case.objective.map(Objective::solution) else { return 0.0 };
    let Some(whiten) = solution.whitening() else { return 0.0 };
    let side = |m: usize| {
        if whiten[m] { pair.common_coordinates(m).clone() } else { pair.factor(m).common.transpose() }
    };
    let sides = [side(0), side(1)];
    let Ok(values) = singular_values(&product_tn(&sides[0], &sides[1])) else { return f64::INFINITY };
    let size = |m: usize| if whiten[m] { 1.0 } else { sides[m].norm() };
    let error = |m: usize| if whiten[m] { observed[m] } else { ROUNDING * size(m) };
    let moved = error(0) * size(1) + size(0) * error(1);
    let rank = values.iter().take(case.dim()).filter(|&&value| value > pair.zero() * size(0) * size(1)).count();
    if rank < case.dim() && matches!(solution, Solution::Canonical) {
        return f64::INFINITY;
    }
    let value = |i: usize| values.get(i).copied().unwrap_or(0.0);
    if rank == 0 { 0.0 } else { moved / (value(rank - 1) - value(rank)) }
}

/// The errors of an encoder.
struct EncoderError {
    /// How far its span may be off.
    turned: f64,
    /// The error of each symmetrically whitened output.
    outputs: Vec<f64>,
}

impl EncoderError {
    /// Rounding of the channels moves an output by Σ_i |w_i|·(deviation of x_i) roundings, and a basis of the outputs
    /// by that times the inverse of their root.
    fn new(case: &Case, m: usize, input: f64, directions: f64) -> Self {
        let whitening = case.subject.pair.whitening(m);
        let weights = case.encoders.weights(m);
        let dim = weights.nrows();
        let deviations: Vec<f64> = whitening.root.row_iter().map(|row| row.norm()).collect();
        let coordinates = product_tn(&whitening.root, &weights.transpose());
        let lengths = column_lengths(&coordinates);
        // Weights computed from directions carry the rounding of that step, multiplied by their condition number.
        let strayed = column_lengths(&outside(case.towers.basis(m), &coordinates));
        let errors: Vec<f64> = (0..dim)
            .map(|j| {
                let loud: f64 = weights.row(j).iter().zip(&deviations).map(|(weight, size)| weight.abs() * size).sum();
                let turned = if lengths[j] > 0.0 { directions * lengths[j] } else { 0.0 };
                ROUNDING * input * loud + strayed[j] + turned
            })
            .collect();
        let used = lengths.iter().filter(|&&length| length > 0.0).count();
        if case.towers.rank(m) != used {
            return Self { turned: f64::INFINITY, outputs: vec![f64::INFINITY; dim] };
        }
        let moved = |lengths: &[f64]| -> Vec<f64> {
            let scaled = Matrix::from_fn(coordinates.nrows(), dim, |i, j| coordinates[(i, j)] / lengths[j]);
            let Some(mixing) = inverse_root(&scaled) else { return vec![f64::INFINITY; dim] };
            let part = |i: usize, j: usize| match mixing[(i, j)].abs() {
                0.0 => 0.0,
                weight => weight * errors[i] / lengths[i],
            };
            (0..dim).map(|j| (0..dim).map(|i| part(i, j)).sum()).collect()
        };
        let unit: Vec<f64> = lengths.iter().map(|&length| if length > 0.0 { length } else { 1.0 }).collect();
        let turned = moved(&unit).into_iter().fold(0.0_f64, f64::hypot);
        let outputs = moved(&vec![1.0; dim]).into_iter().map(|error| 2.0 * error + ROUNDING).collect();
        Self { turned: turned + ROUNDING, outputs }
    }
}

/// (CᵀC)^{-1/2} on the span of CᵀC.
fn inverse_root(columns: &Matrix) -> Option<Matrix> {
    let found = svd(columns).ok()?;
    let largest = found.values.first().copied().unwrap_or(0.0);
    let mut scaled = found.right.clone();
    let inverse = |&value: &f64| if value > f64::EPSILON * largest { value.recip() } else { 0.0 };
    scale_columns(&mut scaled, found.values.iter().map(inverse));
    Some(product(&scaled, &found.right.transpose()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::information::Encoders;
    use crate::model::Format;
    use crate::objective::{CanonicalCorrelation, InfoNce, LinearContrastive, Prediction};

    /// What rounding in the weights themselves adds to a bound by hand, as a share of it.
    const BY_HAND: f64 = 0.1;

    /// √3 roundings: three channels that are orthogonal once their units are alike have ‖L⁻¹‖ = √3.
    const OBSERVED: f64 = 1.732_050_807_568_877 * ROUNDING;

    /// Canonical correlations 0.8 and 0.5, channel by channel, and a private factor of each modality. All variances are 1, but that of the first
    /// channel is 9. The target is the private factor of x_1.
    fn model() -> LatentModel {
        let [a, b] = [0.8_f64.sqrt(), 0.5_f64.sqrt()];
        let text = format!(
            r#"{{"latent": {{"shared": 2, "private": [1, 1]}},
            "modality": [{{"shared_loading": [[{}, 0], [0, {b}], [0, 0]], "private_loading": [[0], [0], [{b}]], "noise": [1.8, 0.5, 0.5]}},
                         {{"shared_loading": [[{a}, 0], [0, {b}], [0, 0]], "private_loading": [[0], [0], [{b}]], "noise": [0.2, 0.5, 0.5]}}],
            "target": [{{"name": "private", "loading": [[0, 0, 1, 0]]}}]}}"#,
            3.0 * a
        );
        LatentModel::parse(&text, Format::Json).expect("a valid model")
    }

    fn case<'a>(subject: &'a Subject<'a>, objective: &'a dyn Objective, dim: usize) -> Case<'a> {
        Case::minimise(subject, &subject.learner(0), objective, dim).expect("a case")
    }

    #[track_caller]
    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found / expected - 1.0).abs() < tolerance, "{found:e} is not {expected:e}");
    }

    #[test]
    fn directions_turn_by_what_moves_their_matrix_over_the_gap_to_the_next_value() {
        let model = model();
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let turned = |objective: &dyn Objective, dim: usize| directions(&case(&subject, objective, dim), [1e-9, 3e-9]);
        close(turned(&CanonicalCorrelation, 1), 4e-9 / 0.3, 1e-9);
        close(turned(&CanonicalCorrelation, 2), 4e-9 / 0.5, 1e-9);
        // Beyond the rank cca takes directions that nothing here bounds; infonce takes none.
        assert!(turned(&CanonicalCorrelation, 3).is_infinite());
        close(turned(&InfoNce::default(), 3), 4e-9 / 0.5, 1e-9);
        // Without whitening Σ12 has the values 2.4 and 0.5, and the norms of what is common are √8.2 and √1.8.
        close(turned(&LinearContrastive::default(), 1), 2.0 * ROUNDING * (8.2_f64 * 1.8).sqrt() / 1.9, 1e-9);
        close(turned(&Prediction, 1), (1e-9 + ROUNDING) * 1.8_f64.sqrt() / 0.3, 1e-9);
        let given = Case::of_weights(&subject, case(&subject, &CanonicalCorrelation, 1).encoders).expect("a case");
        assert_eq!(directions(&given, [1e-9, 3e-9]).to_bits(), 0.0_f64.to_bits(), "weights are what they are");
    }

    #[test]
    fn nothing_in_common_has_no_directions_to_turn() {
        let text = r#"{"latent": {"shared": 1, "private": [1, 1]},
            "modality": [{"shared_loading": [[1]], "private_loading": [[1]], "noise": 1},
                         {"shared_loading": [[0]], "private_loading": [[1]], "noise": 1}]}"#;
        let model = LatentModel::parse(text, Format::Json).expect("a valid model");
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let objective = LinearContrastive::default();
        assert_eq!(directions(&case(&subject, &objective, 1), [1e-9, 1e-9]).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn subspaces_are_turned_by_their_conditions() {
        let model = model();
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let case = case(&subject, &CanonicalCorrelation, 1);
        let Doubles { turned, outputs, joint, .. } = Doubles::new(&case);
        let between = 2.0 * OBSERVED;
        close(turned[0], OBSERVED, BY_HAND);
        close(turned[1], OBSERVED, BY_HAND);
        close(target_error(&subject, 0), ROUNDING, BY_HAND);
        // sin θ_1 = 0.6.
        close(joint, between / 0.36, BY_HAND);
        close(turned[2], between * (1.0 + 1.0 / 0.6) + between / 0.36, BY_HAND);
        // One output of variance 1, of one channel: its own rounding, and the gap from 0.8 to 0.5.
        let output = ROUNDING + between / 0.3;
        for m in 0..2 {
            close(turned[3 + m], output + ROUNDING, BY_HAND);
            close(outputs[m][0], 2.0 * output + ROUNDING, BY_HAND);
        }
        close(turned[5], 2.0 * turned[3] * (1.0 + 1.0 / 0.6) + between / 0.36, BY_HAND);
    }

    #[test]
    fn a_rank_that_nothing_but_zeros_decides_is_known() {
        // Three channels of two factors without noise, and a factor that does not reach them.
        let text = r#"{"latent": {"shared": 1, "private": [1, 1]},
            "modality": [{"shared_loading": [[1], [0], [1]], "private_loading": [[0], [1], [1]], "noise": 0},
                         {"shared_loading": [[1]], "private_loading": [[1]], "noise": 1}]}"#;
        let model = LatentModel::parse(text, Format::Json).expect("a valid model");
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        assert!(observed(&subject, 0, 1.0) < 1e-12);
    }

    #[test]
    fn errors_of_alignment_and_capacity_are_those_of_the_turned_outputs() {
        let model = model();
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let case = case(&subject, &CanonicalCorrelation, 1);
        let doubles = Doubles::new(&case);
        let measures = doubles.measures();
        // ε² = 2(1 − 0.8); ‖z_1 − z_2‖ moves by no more than both outputs together.
        let moved = doubles.outputs[0][0] + doubles.outputs[1][0];
        let [error, _, floor, ..] = &measures.alignment;
        close(error.estimate.error, 2.0 * 0.4_f64.sqrt() * moved + 0.4 * doubles.joint, 1e-2);
        // The floor is 2(1 − ρ_1).
        close(floor.estimate.error, 2.0 * measures.canonical_correlations[0].estimate.error, 1e-2);
        // tr K = 0.8² and tr P = 0 of z_1 about the private factor: squares of cosines that move by their angles.
        let [aligned, private, _] = &measures.capacities[0];
        let encoder = doubles.turned[3];
        close(aligned.estimate.error, 2.0 * 0.8 * (encoder + doubles.turned[1]), BY_HAND);
        close(private.estimate.error, (encoder + ROUNDING).powi(2), BY_HAND);
    }

    #[test]
    fn errors_of_two_outputs_and_of_unlike_encoders_add_up() {
        let model = model();
        let subject = Subject::new(&model, [0, 1]).expect("a subject");
        let two = case(&subject, &CanonicalCorrelation, 2);
        let doubles = Doubles::new(&two);
        // tr P = 0: squares of two cosines.
        let [_, private, _] = &doubles.measures().capacities[0];
        close(private.estimate.error, 2.0 * (doubles.turned[3] + ROUNDING).powi(2), BY_HAND);
        // Three channels weighed alike by one encoder, one by the other.
        let encoders = Encoders {
            first: Matrix::from_row_slice(1, 3, &[1.0, 1.0, 1.0]),
            second: Matrix::from_row_slice(1, 3, &[1.0, 0.0, 0.0]),
        };
        let unlike = Case::of_weights(&subject, encoders).expect("a case");
        let doubles = Doubles::new(&unlike);
        let [first, second] = [doubles.turned[3], doubles.turned[4]];
        assert!(first > 1.2 * second, "{first:e} and {second:e}");
        let least = unlike.alignment.angles.sines()[0];
        close(doubles.turned[5], (first + second) * (1.0 + least.recip()) + doubles.joint, 1e-12);
        let moved = doubles.outputs[0][0] + doubles.outputs[1][0];
        let [error, ..] = &doubles.measures().alignment;
        let size = unlike.alignment.error;
        close(error.estimate.error, moved * 2.0 * size.sqrt() + doubles.joint * size, 1e-2);
    }

    #[test]
    fn a_correlation_matrix_that_rounding_makes_singular_has_no_condition() {
        let condition_at = |units: f64| {
            let off = 1.0 - units * f64::EPSILON;
            condition(&Matrix::from_row_slice(2, 2, &[1.0, off, off, 1.0]))
        };
        // Eigenvalues 2 − δ and δ, and the least that counts is 4·2·ε·2.
        assert!(condition_at(12.0).is_infinite());
        close(condition_at(24.0), 2.0 / (24.0 * f64::EPSILON), 0.2);
    }
}
