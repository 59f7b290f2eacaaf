//! Gaussian vectors in double-double precision with an error bound for each component, and the information of one about another.

use crate::linalg::precise::{
    Orthonormal, PreciseMatrix, ROUNDING, beside, column, length, product_tn, square_root, square_sum,
};
use qd::Quad;

/// A remainder below this fraction of a column's length is rounding, if no exact rank is known.
const DEPENDENT: f64 = 1e-27;

/// First-order error bounds hold while errors are below this fraction of what they perturb.
const FIRST_ORDER: f64 = 0.05;

/// A Gaussian vector in the space of the model's independent standard normals: component j is column j.
#[derive(Debug, Clone)]
pub(crate) struct Vectors {
    /// Dimension of the space × components.
    pub(crate) columns: PreciseMatrix,
    /// A bound on the length of the error of each column.
    pub(crate) errors: Vec<f64>,
}

/// An orthonormal basis of the span of a vector; errors of anything in the span follow from those of the components.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) found: Orthonormal,
    /// Errors of the pivot components.
    errors: Vec<f64>,
    /// Whether the rank is certain: exact, or with no ambiguous remainder.
    pub(crate) certain: bool,
}

/// The residual of a vector given a source.
#[derive(Debug, Clone)]
pub(crate) struct Residual {
    /// The residual of each component, with error bounds.
    pub(crate) left: Vectors,
    /// Coordinates in the source's basis: the explained part.
    pub(crate) coordinates: PreciseMatrix,
}

/// A number with an error bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number; may be infinite.
    pub value: f64,
    /// A bound on its error; infinite if nothing is known, 0 for an infinite value that is certain.
    pub error: f64,
}

/// Mutual information, and its finite part if some combinations are determined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Information {
    /// The number of combinations of the target that the source determines.
    pub(crate) determined: usize,
    /// Nats over the remaining combinations.
    pub(crate) finite: Estimate,
}

impl Estimate {
    /// An exact number.
    pub const fn exact(value: f64) -> Self {
        Self { value, error: 0.0 }
    }

    /// The difference of two numbers.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { value: self.value - other.value, error: self.error + other.error }
    }
}

impl Information {
    /// Nats; +∞ if a combination is determined.
    pub(crate) fn nats(&self) -> Estimate {
        if self.determined == 0 {
            self.finite
        } else {
            Estimate { value: f64::INFINITY, error: if self.finite.error.is_finite() { 0.0 } else { f64::INFINITY } }
        }
    }
}

/// Rounding of a sum of this many products and a division, relative to what is added: 3 u² for each sum, 5 u² for
/// products and quotients, u = 2⁻⁵³ (Joldes, Muller, Popescu 2017).
pub(super) fn unit(terms: usize) -> f64 {
    (3 * terms + 10) as f64 * ROUNDING
}

impl Vectors {
    /// The number of components.
    pub(crate) fn len(&self) -> usize {
        self.columns.ncols()
    }

    /// Both, concatenated.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            columns: beside(&self.columns, &other.columns),
            errors: self.errors.iter().chain(&other.errors).copied().collect(),
        }
    }

    /// Combinations of the components: columns·weights, weights components × count.
    pub(crate) fn combined(&self, weights: &PreciseMatrix) -> Self {
        let columns = crate::linalg::precise::product(&self.columns, weights);
        let unit = unit(self.len());
        let lengths: Vec<f64> = (0..self.len()).map(|i| length(column(&self.columns, i)).0).collect();
        let errors = (0..weights.ncols())
            .map(|j| (0..self.len()).map(|i| weights[(i, j)].0.abs() * (self.errors[i] + unit * lengths[i])).sum())
            .collect();
        Self { columns, errors }
    }

    /// The span, with a rank that is known exactly or read from the remainders.
    pub(crate) fn span(&self, rank: Option<usize>) -> Span {
        let share = if rank.is_some() { 0.0 } else { DEPENDENT };
        let cuts: Vec<f64> = (0..self.len()).map(|j| share * length(column(&self.columns, j)).0).collect();
        let found = Orthonormal::new(&self.columns, rank.unwrap_or(usize::MAX), &cuts);
        let certain = rank.is_none_or(|rank| rank == found.rank());
        Span { errors: found.pivots.iter().map(|&j| self.errors[j]).collect(), found, certain }
    }

    /// Σ of the squared lengths, scaled column by column.
    pub(crate) fn variance(&self, scales: &[f64]) -> Estimate {
        let mut sum = Quad::ZERO;
        let mut error = 0.0;
        for (j, scale) in scales.iter().enumerate() {
            let square = square_sum(column(&self.columns, j));
            sum += square * Quad::from_f64(scale * scale);
            error += scale * scale * self.errors[j] * (2.0 * square_root(square).0 + self.errors[j]);
        }
        Estimate { value: sum.0, error: error + unit(self.columns.nrows()) * sum.0 + rounded(sum.0) }
    }
}

/// The rounding of a result to a double.
pub(super) fn rounded(value: f64) -> f64 {
    if value.is_finite() { 0.5 * f64::EPSILON * value.abs() } else { 0.0 }
}

impl Span {
    /// The number of independent components.
    pub(crate) fn rank(&self) -> usize {
        self.found.rank()
    }

    /// Error bounds of combinations Σ_k c_k q_k of the basis, c rank × count, from those of the components.
    pub(crate) fn errors(&self, coordinates: &PreciseMatrix) -> Vec<f64> {
        let rank = self.rank();
        (0..coordinates.ncols())
            .map(|j| {
                (0..rank)
                    .map(|i| {
                        let weight =
                            (i..rank).fold(Quad::ZERO, |sum, k| sum + self.found.inverse[(i, k)] * coordinates[(k, j)]);
                        weight.0.abs() * self.errors[i]
                    })
                    .sum()
            })
            .collect()
    }

    /// The basis as a vector, with errors.
    pub(crate) fn whitened(&self) -> Vectors {
        let identity = PreciseMatrix::identity(self.rank(), self.rank());
        let unit = unit(self.found.basis.nrows());
        let errors = self.errors(&identity).into_iter().map(|error| error + unit).collect();
        Vectors { columns: self.found.basis.clone(), errors }
    }

    /// The residual of a vector given this source. If the source's components change by δx and the target's by δy, the
    /// residual changes by δy − B·δx, with B the regression coefficients, up to second order and directions within the span.
    pub(crate) fn leaves(&self, target: &Vectors) -> Residual {
        let (left, coordinates) = self.found.outside(&target.columns);
        let unit = unit(target.columns.nrows());
        let through = self.errors(&coordinates);
        let errors = (0..target.len())
            .map(|j| target.errors[j] + through[j] + unit * length(column(&target.columns, j)).0)
            .collect();
        Residual { left: Vectors { columns: left, errors }, coordinates }
    }

    /// I(source; target) for a target given by its span. `determined` combinations of it lie within the source,
    /// according to exact ranks; `None` reads their number from the sines.
    pub(crate) fn information(&self, target: &Span, determined: Option<usize>) -> Information {
        let residual = self.leaves(&target.whitened()).left;
        let largest = residual.errors.iter().fold(0.0_f64, |a, &b| a.max(b));
        let wanted = determined.map_or(usize::MAX, |determined| target.rank().saturating_sub(determined));
        let cut = if determined.is_some() { 0.0 } else { 4.0 * largest };
        let found = Orthonormal::new(&residual.columns, wanted, &vec![cut; residual.len()]);
        let lost = target.rank() - found.rank();
        let certain = self.certain && target.certain && determined.is_none_or(|determined| determined == lost);
        // The product of the non-zero sines: for R = Q·T, the volume of T's rows.
        let lengths = if lost == 0 {
            found.lengths.clone()
        } else {
            let rows = found.coordinates.transpose();
            Orthonormal::new(&rows, usize::MAX, &vec![0.0; rows.ncols()]).lengths
        };
        let mut nats = Quad::ZERO;
        for sine in lengths {
            nats -= sine.ln();
        }
        let error = if certain { relative_change(&found, &residual.errors) } else { f64::INFINITY };
        // Sines are at most one: anything below zero is rounding.
        let value = if nats.0 < 0.0 && -nats.0 <= error { 0.0 } else { nats.0 };
        Information { determined: lost, finite: Estimate { value, error: error + rounded(value) } }
    }

    /// ‖projection of an orthonormal basis onto this span‖²_F, with its error.
    pub(crate) fn explained(&self, basis: &Vectors) -> Estimate {
        let residual = self.leaves(basis);
        let value = square_sum(residual.coordinates.as_slice()).0;
        let error = residual
            .left
            .errors
            .iter()
            .enumerate()
            .map(|(j, error)| {
                let seen = (0..self.rank())
                    .fold(Quad::ZERO, |sum, k| sum + residual.coordinates[(k, j)] * residual.coordinates[(k, j)]);
                2.0 * square_root(seen).0 * error + error * error
            })
            .sum::<f64>();
        Estimate { value, error: error + rounded(value) }
    }

    /// Cosines with another span: Qᵀ·Q', rank × rank'.
    pub(crate) fn cosines(&self, other: &Self) -> PreciseMatrix {
        product_tn(&self.found.basis, &other.found.basis)
    }
}

/// The change of log det of columns when each moves by its error: tr(R⁺·δR), infinite if that is not small.
fn relative_change(found: &Orthonormal, errors: &[f64]) -> f64 {
    let total: f64 = found
        .pivots
        .iter()
        .enumerate()
        .map(|(i, &pivot)| {
            let row = (i..found.rank()).fold(Quad::ZERO, |sum, k| sum + found.inverse[(i, k)] * found.inverse[(i, k)]);
            square_root(row).0 * errors[pivot]
        })
        .sum();
    // Also for NaN.
    if total < FIRST_ORDER { 1.1 * total } else { f64::INFINITY }
}
