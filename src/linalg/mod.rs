//! The few decompositions the project needs, each with a stated and tested accuracy.
//!
//! All other modules use nalgebra's [`Matrix`]; the decompositions run on faer, chosen by measurement
//! (`docs/decisions.md`, D2). nalgebra's own SVD is never called: it silently returns wrong factorisations of low-rank,
//! clustered and graded matrices.
//!
//! # Accuracy contract
//! For finite input at any scale, with ε the machine epsilon and n the larger dimension:
//!
//! | function | guarantee (tested up to n = 512 on graded, clustered and rank-deficient spectra) |
//! |---|---|
//! | [`svd`] | residual ≤ 64 n ε ‖A‖, orthogonality ≤ 64 n ε, values descending and non-negative |
//! | [`graded_svd`] | D₁·B·D₂ reproduced within 64 n ε of each row's and column's own length; what B determines keeps its digits |
//! | [`symmetric_eigen`] | as [`svd`], values descending |
//! | [`positive_semidefinite_root`] | F·Fᵀ = A within 64 n ε √(a_ii a_jj) in every entry; exact under rescaling by powers of two |
//! | [`Whitening::of_factor`] | `x̃ = whitener·x` has covariance I within 64 n ε κ, κ = [`Whitening::condition`] |
//! | [`log_determinant`] | through Cholesky: no overflow, relative error ≤ 64 n ε κ |
//! | [`orthonormal_columns`] | orthogonality ≤ 64 n ε; columns that depend on earlier ones are dropped |
//!
//! Units: every decision (symmetric, semidefinite, rank) compares each variable with its own scale, never with the loudest.
//!
//! Matrices have no meaning here: this module contains no models.
//!
//! # Example
//! ```
//! use alignloss::linalg::{Matrix, Whitening, positive_semidefinite_root};
//! // The correlation of a pair is exact whatever the units: here metres and nanometres.
//! let covariance = Matrix::from_row_slice(2, 2, &[1.0, 0.5e9, 0.5e9, 1e18]);
//! let root = positive_semidefinite_root(&covariance)?;
//! assert!((root.row(1).norm() / 1e9 - 1.0).abs() < 1e-15);
//! // A factor F with covariance FᵀF, its columns the variables: whitening finds its rank and its root.
//! let whitening = Whitening::of_factor(&root.transpose())?;
//! assert_eq!(whitening.rank(), 2);
//! # Ok::<(), alignloss::linalg::LinalgError>(())
//! ```

mod angles;
mod arrange;
mod decomposition;
mod graded;
mod jacobi;
pub(crate) mod precise;
mod product;
mod real;
mod root;
mod row_factorisation;
mod whitening;

pub use angles::PrincipalAngles;
pub use arrange::{scale_columns, scale_rows, stacked};
pub use decomposition::{
    Svd, SymmetricEigen, largest_eigenvalue, largest_singular_value, log_determinant, singular_values, svd,
    svd_of_product, symmetric_eigen, upper_triangle,
};
pub(crate) use decomposition::{is_diagonal, polar_factor, power_of_two_near, stacked_singular_values};
pub use graded::{graded_svd, is_graded};
pub use product::{gram, product, product_nt, product_tn};
pub use real::Real;
pub use root::{positive_semidefinite_root, require_symmetric};
pub use whitening::{Whitening, orthonormal_columns};
pub(crate) use whitening::{column_lengths, orthonormal_extension, outside, unit_columns};

/// A dense, column-major, double-precision matrix.
pub type Matrix = nalgebra::DMatrix<f64>;

/// Why a decomposition failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinalgError {
    /// An entry is NaN or infinite.
    #[error("entry ({row}, {column}) is {value}, not a finite number")]
    NotFinite {
        /// Row of the offending entry.
        row: usize,
        /// Column of the offending entry.
        column: usize,
        /// The entry.
        value: f64,
    },
    /// A matrix should be symmetric.
    #[error("not symmetric: entries ({row}, {column}) and ({column}, {row}) are {upper:e} and {lower:e}")]
    NotSymmetric {
        /// Row of the worst pair.
        row: usize,
        /// Column of the worst pair.
        column: usize,
        /// The entry at (row, column).
        upper: f64,
        /// The entry at (column, row).
        lower: f64,
    },
    /// A matrix should be positive semidefinite.
    #[error(
        "not positive semidefinite: smallest eigenvalue {smallest:.3e}, largest {largest:.3e}, each variable scaled to variance 1"
    )]
    NotPositiveSemidefinite {
        /// Smallest eigenvalue of the matrix scaled to unit diagonal (within a factor of two).
        smallest: f64,
        /// Largest eigenvalue of the same matrix.
        largest: f64,
    },
    /// A variance is negative.
    #[error("not positive semidefinite: entry ({index}, {index}) is {variance:e}, a negative variance")]
    NegativeVariance {
        /// Row and column of the entry.
        index: usize,
        /// The entry.
        variance: f64,
    },
    /// Two variables would have a correlation beyond ±1.
    #[error(
        "not positive semidefinite: entry ({row}, {column}) is {covariance:e} beside variances {first:e} and {second:e}, a correlation beyond 1"
    )]
    ImpossibleCorrelation {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The entry.
        covariance: f64,
        /// The variance of the row's variable.
        first: f64,
        /// The variance of the column's variable.
        second: f64,
    },
    /// The iteration of the backend did not converge, or its result failed the check of `Σσ² = ‖A‖²_F`.
    #[error("the {algorithm} of a {rows} × {columns} matrix did not converge")]
    NoConvergence {
        /// The decomposition.
        algorithm: &'static str,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
    },
    /// The matrix has no rows or no columns.
    #[error("an empty matrix ({rows} × {columns})")]
    Empty {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
    },
}

/// Fails on the first entry that is not finite.
///
/// # Errors
/// [`LinalgError::NotFinite`].
pub fn require_finite(matrix: &Matrix) -> Result<(), LinalgError> {
    match matrix.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(LinalgError::NotFinite {
            row: index % matrix.nrows(),
            column: index / matrix.nrows(),
            value: matrix[index],
        }),
    }
}
