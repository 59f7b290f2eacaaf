//! Compares the candidates of `docs/decisions.md`, D2: time and residual of each decomposition.
//!
//! ```text
//! cargo bench --bench backends
//! ```
//!
//! Matrices are n × n cross-covariances Q₁·diag(0.9^i)·Q₂ᵀ of rank n/4, typical of this project; eigenvalues are those
//! of a random covariance; whitening is of a Gaussian factor beside a diagonal one, n × 3n/2. Residuals are ‖A −
//! reconstruction‖_F in units of n·ε·‖A‖_F; for singular values alone, ‖σ − true‖ in the same units; for whitening,
//! ‖Cov(x̃) − I‖_F in units of n·ε·κ. One thread.

use alignloss::linalg::{Matrix, Whitening, orthonormal_columns, product, product_nt, product_tn, singular_values};
use alignloss::random::Stream;
use faer::{MatRef, Side};
use rand::RngExt;
use rand_distr::StandardNormal;
use std::hint::black_box;
use std::time::{Duration, Instant};

const SIZES: [usize; 6] = [4, 16, 64, 128, 256, 512];

/// Each candidate runs until it has used this much time, and at least once; the fastest run counts.
const BUDGET: Duration = Duration::from_millis(200);

fn main() {
    table("thin SVD", &[("faer", faer_svd), ("nalgebra", nalgebra_svd)]);
    table("singular values", &[("ours", our_values), ("faer", faer_values), ("nalgebra", nalgebra_values)]);
    table("symmetric eigen", &[("faer", faer_eigen), ("nalgebra", nalgebra_eigen)]);
    table(
        "whitening",
        &[("Cholesky twice", our_whitening), ("faer QR", faer_whitening), ("nalgebra QR", nalgebra_whitening)],
    );
    table("A·B", &[("faer", |n| product_of(n, product)), ("nalgebra", |n| product_of(n, |a, b| a * b))]);
    table(
        "Aᵀ·B",
        &[("faer", |n| product_of(n, product_tn)), ("nalgebra", |n| product_of(n, nalgebra::Matrix::tr_mul))],
    );
}

/// Seconds and residual at one size.
type Candidate = fn(usize) -> (f64, f64);

#[expect(clippy::print_stdout, reason = "the table is the result")]
fn table(operation: &str, candidates: &[(&str, Candidate)]) {
    for (name, candidate) in candidates {
        let cells = SIZES.map(|n| {
            let (seconds, residual) = candidate(n);
            format!("{:.3e} µs ({residual:.0e})", 1e6 * seconds)
        });
        println!("| {operation} | {name} | {} |", cells.join(" | "));
    }
}

/// The fastest time, and the result.
fn timed<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let (begin, mut best) = (Instant::now(), f64::INFINITY);
    loop {
        let start = Instant::now();
        let result = black_box(work());
        best = best.min(start.elapsed().as_secs_f64());
        if begin.elapsed() > BUDGET {
            return (best, result);
        }
    }
}

fn unit(n: usize) -> f64 {
    n as f64 * f64::EPSILON
}

fn gaussian(rows: usize, columns: usize) -> Matrix {
    let mut generator = Stream { seed: 0, experiment: "backends", cell: rows as u64, replicate: 0 }.generator();
    Matrix::from_fn(rows, columns, |_, _| generator.sample(StandardNormal))
}

/// 0.9^i, of rank n/4.
fn spectrum(n: usize) -> Vec<f64> {
    (0..n).map(|i| if i < n / 4 { 0.9_f64.powf(i as f64) } else { 0.0 }).collect()
}

fn cross_covariance(n: usize) -> Matrix {
    let mut scaled = orthonormal_columns(&gaussian(n, 2 * n).columns(n, n).into_owned());
    scaled.column_iter_mut().zip(spectrum(n)).for_each(|(mut column, value)| column *= value);
    product_nt(&scaled, &orthonormal_columns(&gaussian(n, n)))
}

fn factor(n: usize) -> Matrix {
    let mut factor = gaussian(n, n + n / 2);
    factor.columns_mut(n / 2, n).copy_from(&Matrix::identity(n, n));
    factor
}

fn view(matrix: &Matrix) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

fn owned(matrix: MatRef<'_, f64>) -> Matrix {
    Matrix::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)])
}

/// ‖A − left·diag(values)·rightᵀ‖ in units of n·ε·‖A‖.
fn residual(matrix: &Matrix, left: &Matrix, values: &[f64], right: &Matrix) -> f64 {
    let mut scaled = left.clone();
    scaled.column_iter_mut().zip(values).for_each(|(mut column, value)| column *= *value);
    (product_nt(&scaled, right) - matrix).norm() / matrix.norm() / unit(matrix.nrows())
}

fn faer_svd(n: usize) -> (f64, f64) {
    let matrix = cross_covariance(n);
    let (seconds, svd) = timed(|| view(&matrix).thin_svd().expect("converged"));
    let values: Vec<f64> = svd.S().column_vector().iter().copied().collect();
    (seconds, residual(&matrix, &owned(svd.U()), &values, &owned(svd.V())))
}

fn nalgebra_svd(n: usize) -> (f64, f64) {
    let matrix = cross_covariance(n);
    let (seconds, svd) = timed(|| nalgebra::SVD::new(matrix.clone(), true, true));
    let (left, right) = (svd.u.expect("asked for"), svd.v_t.expect("asked for").transpose());
    (seconds, residual(&matrix, &left, svd.singular_values.as_slice(), &right))
}

/// ‖σ − true‖ in units of n·ε·‖A‖.
fn values_error(n: usize, values: impl Fn(&Matrix) -> Vec<f64>) -> (f64, f64) {
    let matrix = cross_covariance(n);
    let (seconds, mut got) = timed(|| values(&matrix));
    got.sort_by(|a, b| b.total_cmp(a));
    let error: f64 = got.iter().zip(spectrum(n)).map(|(got, truth)| (got - truth).powi(2)).sum();
    (seconds, error.sqrt() / matrix.norm() / unit(n))
}

fn our_values(n: usize) -> (f64, f64) {
    values_error(n, |matrix| singular_values(matrix).expect("converged"))
}

fn faer_values(n: usize) -> (f64, f64) {
    values_error(n, |matrix| view(matrix).singular_values().expect("converged"))
}

fn nalgebra_values(n: usize) -> (f64, f64) {
    values_error(n, |matrix| matrix.singular_values().as_slice().to_vec())
}

fn covariance(n: usize) -> Matrix {
    let root = gaussian(n, 2 * n);
    product_nt(&root, &root)
}

fn faer_eigen(n: usize) -> (f64, f64) {
    let matrix = covariance(n);
    let (seconds, eigen) = timed(|| view(&matrix).self_adjoint_eigen(Side::Lower).expect("converged"));
    let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
    let vectors = owned(eigen.U());
    (seconds, residual(&matrix, &vectors, &values, &vectors))
}

fn nalgebra_eigen(n: usize) -> (f64, f64) {
    let matrix = covariance(n);
    let (seconds, eigen) = timed(|| nalgebra::SymmetricEigen::new(matrix.clone()));
    (seconds, residual(&matrix, &eigen.eigenvectors, eigen.eigenvalues.as_slice(), &eigen.eigenvectors))
}

/// ‖Cov(whitener·F·w) − I‖ in units of n·ε·κ.
fn whitening_error(factor: &Matrix, whitener: &Matrix) -> f64 {
    let n = factor.nrows();
    let whitened = product(whitener, factor);
    let condition = Whitening::of_factor(factor).expect("a whitening").condition;
    (product_nt(&whitened, &whitened) - Matrix::identity(n, n)).norm() / unit(n) / condition
}

fn our_whitening(n: usize) -> (f64, f64) {
    let factor = factor(n);
    let (seconds, whitening) = timed(|| Whitening::of_factor(&factor).expect("a whitening"));
    (seconds, whitening_error(&factor, &whitening.whitener))
}

fn faer_whitening(n: usize) -> (f64, f64) {
    let factor = factor(n);
    let (seconds, (_, inverse)) = timed(|| {
        let qr = view(&factor).transpose().to_owned().qr();
        let mut inverse = faer::Mat::zeros(n, n);
        faer::linalg::triangular_inverse::invert_upper_triangular(inverse.as_mut(), qr.thin_R(), faer::Par::Seq);
        (qr.compute_thin_Q(), inverse)
    });
    (seconds, whitening_error(&factor, &owned(inverse.as_ref()).transpose()))
}

fn nalgebra_whitening(n: usize) -> (f64, f64) {
    let factor = factor(n);
    let (seconds, (_, inverse)) = timed(|| {
        let (basis, upper) = factor.transpose().qr().unpack();
        let inverse = upper.solve_upper_triangular(&Matrix::identity(n, n)).expect("full rank");
        (basis, inverse)
    });
    (seconds, whitening_error(&factor, &inverse.transpose()))
}

/// A·B or Aᵀ·B, whichever `multiply` is, against nalgebra's plain product, in units of n·ε·‖A·B‖.
fn product_of(n: usize, multiply: fn(&Matrix, &Matrix) -> Matrix) -> (f64, f64) {
    let a = cross_covariance(n);
    let b = gaussian(n, n);
    let (seconds, got) = timed(|| multiply(&a, &b));
    let plain = (&a * &b - &got).norm();
    let transposed = (a.transpose() * &b - &got).norm();
    (seconds, plain.min(transposed) / got.norm() / unit(n))
}
