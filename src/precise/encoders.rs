//! Two linear encoders in double-double precision: weights as given, or the exact minimiser.

use super::law::{Block, Law, sources};
use super::vectors::{Information, Span, Vectors, unit};
use crate::information::Encoders;
use crate::linalg::precise::{PreciseMatrix, column, leading, length, lift, product, product_tn, square_sum, svd};
use crate::linalg::{Matrix, power_of_two_near};
use crate::objective::{Objective, Solution};
use qd::Quad;

/// If the law leaves directions undetermined by more than this, they count as not unique, and the encoders that are
/// printed are measured instead.
const OPEN: f64 = 1e-6;

/// Binary orders of magnitude between outputs up to which a double-double polar factor keeps digits of both.
const FAR_APART: i32 = 90;

/// What rounding leaves of weights that were learned in doubles, at least: of each output, as a share of Σ_i |w_i|·(deviation of x_i).
const LEARNED: f64 = 4.0 * f64::EPSILON;

/// Rounding of the row lengths of a minimiser, which the objective computes in doubles. It changes no span.
const ROW_LENGTHS: f64 = 8.0 * f64::EPSILON;

/// Two encoders under a law.
#[derive(Debug)]
pub(crate) struct PreciseEncoders {
    /// z_1 and z_2, d components each, zero rows included, each on its own scale.
    outputs: [Vectors; 2],
    /// The binary exponents of these scales.
    exponents: [Vec<i32>; 2],
    /// The spans of z_1, z_2 and both.
    pub(crate) spans: [Span; 3],
    /// The same as exact numbers, if the weights are exact.
    blocks: Option<[Block; 2]>,
    /// Error of each symmetrically whitened output due to the row lengths.
    lengths: f64,
}

impl PreciseEncoders {
    /// The exact minimiser of an objective, if it is given by singular directions and unique. Otherwise the weights as given, which
    /// are known up to rounding if an objective's minimiser was learned: what only their rounding decides is uncertain.
    pub(crate) fn new(law: &Law, objective: Option<&dyn Objective>, weights: &Encoders) -> Self {
        let exact = objective.and_then(|objective| minimiser(law, objective, weights.dim()));
        if let Some((outputs, lengths)) = exact {
            let spans = [outputs[0].span(None), outputs[1].span(None), joint(law, &outputs)];
            let exponents = outputs.each_ref().map(|outputs| vec![0; outputs.len()]);
            Self { outputs, exponents, spans, blocks: None, lengths }
        } else {
            let learned = objective.is_some_and(|objective| !matches!(objective.solution(), Solution::Random));
            Self::of_weights(law, weights, if learned { LEARNED } else { 0.0 })
        }
    }

    /// Encoders with given weights, each output of which is known up to a share of what it weighs.
    fn of_weights(law: &Law, weights: &Encoders, rounding: f64) -> Self {
        let blocks = [0, 1].map(|m| law.encoded(m, weights.weights(m)));
        let mut exponents = [vec![], vec![]];
        let outputs = [0, 1].map(|m| {
            let weights = weights.weights(m);
            let mut scaled =
                Matrix::from_fn(weights.nrows(), weights.ncols(), |i, j| weights[(i, j)] * law.scales[m][j]);
            // Row by row: the squares of a faint output would leave the range of doubles.
            for mut row in scaled.row_iter_mut() {
                let largest = row.amax();
                let scale = if largest > 0.0 && largest.is_finite() { power_of_two_near(largest) } else { 1.0 };
                row /= scale;
                #[expect(clippy::cast_possible_truncation, reason = "the exponent of a double")]
                exponents[m].push(scale.log2() as i32);
            }
            let observed = &law.observed[m];
            let mut output = observed.combined(&lift(&scaled.transpose()));
            // An output of one channel is the same whatever its weight.
            for (error, row) in output.errors.iter_mut().zip(scaled.row_iter()) {
                if row.iter().filter(|weight| **weight != 0.0).count() < 2 {
                    continue;
                }
                let weighed =
                    row.iter().enumerate().map(|(j, weight)| weight.abs() * length(column(&observed.columns, j)).0);
                *error += rounding * weighed.sum::<f64>();
            }
            output
        });
        let [first, second] = &blocks;
        let spans = [
            outputs[0].span(Some(law.rank(&[first]))),
            outputs[1].span(Some(law.rank(&[second]))),
            outputs[0].and(&outputs[1]).span(Some(law.rank(&[first, second]))),
        ];
        Self { outputs, exponents, spans, blocks: Some(blocks), lengths: 0.0 }
    }

    /// z_1 and z_2 for given weights, on their own scales.
    pub(crate) fn outputs_of(law: &Law, weights: &Encoders) -> [Vectors; 2] {
        [0, 1].map(|m| {
            let scale = PreciseMatrix::from_fn(weights.weights(m).ncols(), weights.dim(), |j, i| {
                Quad::from_f64(weights.weights(m)[(i, j)]) * Quad::from_f64(law.scales[m][j])
            });
            law.observed[m].combined(&scale)
        })
    }

    /// The information of z_1 (0), z_2 (1) or both (2) about a target.
    pub(crate) fn information(&self, law: &Law, source: usize, target: usize) -> Information {
        let determined = self.blocks.as_ref().map(|blocks| law.determined_by(&sources(blocks, source), target));
        let mut information = self.spans[source].information(&law.targets[target].span, determined);
        // A function of x determines no more than x does.
        if information.determined > law.determined(source, target) {
            information.finite.error = f64::INFINITY;
        }
        information
    }

    /// I(z_1; z_2).
    pub(crate) fn cross_information(&self, law: &Law) -> Information {
        let determined = self.blocks.as_ref().map(|[first, second]| law.common(first, second));
        let mut information = self.spans[0].information(&self.spans[1], determined);
        if information.determined > law.cross_information().determined {
            information.finite.error = f64::INFINITY;
        }
        information
    }

    /// z_1 − z_2 of the symmetrically whitened encoders.
    pub(crate) fn difference(&self) -> Option<Vectors> {
        let [first, second] = [self.whitened(0)?, self.whitened(1)?];
        let errors = first.errors.iter().zip(&second.errors).map(|(a, b)| a + b + self.lengths).collect();
        Some(Vectors { columns: first.columns - second.columns, errors })
    }

    /// The outputs of one encoder on a common scale; `None` if they are too far apart to resolve the polar factor.
    fn on_one_scale(&self, m: usize) -> Option<Vectors> {
        let exponents = &self.exponents[m];
        let loudest = exponents.iter().copied().max().unwrap_or(0);
        if exponents.iter().any(|exponent| loudest - exponent > FAR_APART) {
            return None;
        }
        let mut vectors = self.outputs[m].clone();
        for (j, exponent) in exponents.iter().enumerate() {
            let scale = 2.0_f64.powi(exponent - loudest);
            vectors.columns.column_mut(j).iter_mut().for_each(|entry| *entry *= Quad::from_f64(scale));
            vectors.errors[j] *= scale;
        }
        Some(vectors)
    }

    /// The symmetrically whitened encoder: the polar factor of its outputs.
    fn whitened(&self, m: usize) -> Option<Vectors> {
        let (span, outputs) = (&self.spans[m], &self.on_one_scale(m)?);
        let coordinates = product_tn(&span.found.basis, &outputs.columns);
        let found = svd(&coordinates)?;
        if found.values.len() != span.rank() {
            return None;
        }
        let columns = product(&product(&span.found.basis, &found.left), &found.right.transpose());
        // (ZᵀZ)^{-1/2}: a polar factor moves by at most twice its inverse applied to the change.
        let scaled = PreciseMatrix::from_fn(found.right.nrows(), found.values.len(), |i, k| {
            found.right[(i, k)] / found.values[k]
        });
        let mixing = product(&scaled, &found.right.transpose());
        let unit = unit(columns.nrows());
        let errors = (0..columns.ncols())
            .map(|j| 2.0 * (0..columns.ncols()).map(|i| mixing[(i, j)].0.abs() * outputs.errors[i]).sum::<f64>() + unit)
            .collect();
        Some(Vectors { columns, errors })
    }
}

/// The joint span of a minimiser's encoders; its rank, read from the remainders, is certain if nothing was dropped.
fn joint(law: &Law, outputs: &[Vectors; 2]) -> Span {
    let mut span = outputs[0].and(&outputs[1]).span(None);
    let independent = outputs.iter().map(|z| z.span(None).rank()).sum::<usize>();
    span.certain = span.rank() == independent || law.cross_information().determined > 0;
    span
}

/// Outputs of the minimiser, and the rounding of their row lengths.
fn minimiser(law: &Law, objective: &dyn Objective, dim: usize) -> Option<([Vectors; 2], f64)> {
    let solution = objective.solution();
    let whiten = solution.whitening()?;
    let sides = [0, 1].map(|m| Side::new(law, m, whiten[m]));
    let cross = product_tn(&sides[0].vectors.columns, &sides[1].vectors.columns);
    let found = svd(&cross)?;
    let rank = law.cross_rank.min(dim);
    if found.values.len() < rank {
        return None;
    }
    // Singular directions turn by the perturbation of the matrix over the gap to the next one.
    let moved = sides[0].error * sides[1].length + sides[0].length * sides[1].error;
    let value = |i: usize| found.values.get(i).map_or(0.0, |value| value.0);
    let turned = if rank == 0 { 0.0 } else { moved / (value(rank - 1) - value(rank)) };
    if turned.is_nan() || turned >= OPEN {
        return None;
    }
    let canonical = matches!(solution, Solution::Canonical);
    let lengths: Vec<f64> = (0..rank).map(|i| if canonical { 1.0 } else { objective.scale(value(i)) }).collect();
    let vectors = [&found.left, &found.right];
    let mut outputs = Vec::with_capacity(2);
    for (m, side) in sides.iter().enumerate() {
        let kept = leading(vectors[m], rank);
        let directions = PreciseMatrix::from_fn(kept.nrows(), rank, |i, k| kept[(i, k)] * Quad::from_f64(lengths[k]));
        let mut output = side.vectors.combined(&directions);
        for (error, scale) in output.errors.iter_mut().zip(&lengths) {
            *error += turned * scale.abs() * side.length;
        }
        if canonical && rank < dim {
            output = output.and(&completion(law, m, &kept, dim - rank, turned)?);
        }
        outputs.push(padded(&output, dim));
    }
    Some((outputs.try_into().ok()?, if whiten == [true, true] { 0.0 } else { ROW_LENGTHS }))
}

/// The contribution of one modality to T_{a,b}: whitened coordinates, or its channels in their own units.
struct Side {
    vectors: Vectors,
    /// Bounds on the operator norm and on its error.
    length: f64,
    error: f64,
}

impl Side {
    fn new(law: &Law, m: usize, whiten: bool) -> Self {
        let vectors = if whiten { law.spans[m].whitened() } else { in_units(law, m) };
        let error = vectors.errors.iter().fold(0.0_f64, |sum, error| sum.hypot(*error));
        let whole = square_sum(vectors.columns.as_slice()).0.sqrt();
        Self { length: if whiten { 1.0 } else { whole }, error: error + unit(vectors.columns.nrows()) * whole, vectors }
    }
}

/// The channels in their own units, up to one power of two.
fn in_units(law: &Law, m: usize) -> Vectors {
    let largest = law.scales[m].iter().fold(0.0_f64, |a, &b| a.max(b));
    let mut vectors = law.observed[m].clone();
    for (j, scale) in law.scales[m].iter().enumerate() {
        let factor = Quad::from_f64(scale / largest);
        vectors.columns.column_mut(j).iter_mut().for_each(|entry| *entry *= factor);
        vectors.errors[j] *= factor.0;
    }
    vectors
}

/// Whitened directions of largest explained variance outside given ones (rank × count), at most `wanted`. `None` if
/// they are not unique.
fn completion(law: &Law, m: usize, directions: &PreciseMatrix, wanted: usize, turned: f64) -> Option<Vectors> {
    let span = &law.spans[m];
    let channels = in_units(law, m);
    let root = product_tn(&span.found.basis, &channels.columns);
    let inside = product(directions, &product_tn(directions, &root));
    let found = svd(&(&root - inside))?;
    let wanted = wanted.min(span.rank() - directions.ncols());
    if found.values.len() < wanted {
        return None;
    }
    let value = |i: usize| found.values.get(i).map_or(0.0, |value| value.0);
    let whitened = span.whitened();
    let whole = square_sum(root.as_slice()).0.sqrt();
    let error = whitened.errors.iter().fold(0.0_f64, |sum, error| sum.hypot(*error)) + turned;
    let last = directions.ncols() + wanted == span.rank();
    let open = if wanted == 0 || last { 0.0 } else { error * whole / (value(wanted - 1) - value(wanted)) };
    if open.is_nan() || open >= OPEN {
        return None;
    }
    let mut output = whitened.combined(&leading(&found.left, wanted));
    output.errors.iter_mut().for_each(|error| *error += open + turned);
    Some(output)
}

/// Components of zero up to d.
fn padded(vectors: &Vectors, dim: usize) -> Vectors {
    let missing = dim.saturating_sub(vectors.len());
    let zeros = PreciseMatrix::from_element(vectors.columns.nrows(), missing, Quad::ZERO);
    vectors.and(&Vectors { columns: zeros, errors: vec![0.0; missing] })
}

/// ‖D‖²_F and ‖D‖ of vectors, with errors.
pub(super) fn norms(difference: &Vectors) -> Option<[super::Estimate; 2]> {
    let moved = difference.errors.iter().fold(0.0_f64, |sum, error| sum.hypot(*error));
    let square: f64 = square_sum(difference.columns.as_slice()).0;
    let square_error: f64 = difference
        .errors
        .iter()
        .enumerate()
        .map(|(j, error)| error * (2.0 * length(column(&difference.columns, j)).0 + error))
        .sum();
    let largest = svd(&difference.columns)?.values.first().map_or(0.0, |value| value.0);
    Some([
        super::Estimate { value: square, error: square_error + super::vectors::rounded(square) },
        super::Estimate { value: largest, error: moved + super::vectors::rounded(largest) },
    ])
}
