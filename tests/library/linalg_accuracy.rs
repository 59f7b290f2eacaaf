//! The accuracy contract of `linalg` (the table at the top of `src/linalg/mod.rs`), on spectra that break other libraries.

#![expect(clippy::float_cmp, reason = "limits and exact zeros are exact")]

use crate::common::random::{gaussian, generator, orthonormal};
use alignloss::linalg::{
    LinalgError, Matrix, PrincipalAngles, Svd, Whitening, orthonormal_columns, positive_semidefinite_root, product,
    product_nt, product_tn, singular_values, svd, svd_of_product, symmetric_eigen, upper_triangle,
};
use rand::rngs::ChaCha8Rng;

/// The contract: residual and orthogonality within this many times n·ε (relative to ‖A‖).
const CONTRACT: f64 = 64.0;

/// n·ε.
fn unit(n: usize) -> f64 {
    n.max(1) as f64 * f64::EPSILON
}

/// ‖VᵀV − I‖ in the Frobenius norm, an upper bound of the spectral one.
fn orthogonality(vectors: &Matrix) -> f64 {
    (product_tn(vectors, vectors) - Matrix::identity(vectors.ncols(), vectors.ncols())).norm()
}

/// A spectrum, as a function of (index, n).
type Spectrum = fn(usize, usize) -> f64;

/// The spectra.
const SPECTRA: [(&str, Spectrum); 9] = [
    ("all one", |_, _| 1.0),
    ("graded over 16 decades", |i, n| 10.0_f64.powf(-16.0 * i as f64 / n as f64)),
    ("graded over 200 decades", |i, n| 10.0_f64.powf(-200.0 * i as f64 / n as f64)),
    ("low rank 0.9^i", |i, n| if i < n.div_ceil(4) { 0.9_f64.powi(i32::try_from(i).expect("small")) } else { 0.0 }),
    ("rank one", |i, _| if i == 0 { 0.95 } else { 0.0 }),
    ("harmonic, half the rank", |i, n| if i < n.div_ceil(2) { 0.95 / (i + 1) as f64 } else { 0.0 }),
    ("two clusters", |i, n| if i < n / 2 { 1.0 } else { 1e-9 }),
    ("cluster split at rounding", |i, _| 1.0 + 1e-15 * i as f64),
    ("one outlier", |i, _| if i == 0 { 1e8 } else { 1.0 }),
];

const SIZES: [usize; 6] = [4, 7, 16, 33, 64, 128];

/// Q₁·diag(spectrum)·Q₂ᵀ, rows × columns.
fn with_spectrum(
    generator: &mut ChaCha8Rng,
    rows: usize,
    columns: usize,
    spectrum: impl Fn(usize, usize) -> f64,
) -> (Matrix, Vec<f64>) {
    let rank = rows.min(columns);
    let values: Vec<f64> = (0..rank).map(|i| spectrum(i, rank)).collect();
    let left = orthonormal(generator, rows, rank);
    let right = orthonormal(generator, columns, rank);
    (&left * Matrix::from_diagonal(&values.clone().into()) * right.transpose(), values)
}

#[track_caller]
fn assert_svd(matrix: &Matrix, decomposition: &Svd, what: &str) {
    let (rows, columns) = matrix.shape();
    let rank = rows.min(columns);
    let Svd { left, values, right } = decomposition;
    assert_eq!((left.shape(), values.len(), right.shape()), ((rows, rank), rank, (columns, rank)), "{what}");
    assert!(values.is_sorted_by(|a, b| a >= b) && values.iter().all(|&value| value >= 0.0), "{what}: {values:?}");
    // In units of the largest entry, so that nothing overflows at extreme scales.
    let scale = matrix.amax();
    let bound = CONTRACT * unit(rows.max(columns));
    assert!(
        orthogonality(left) <= bound,
        "{what}: left vectors {:.1} n·ε",
        orthogonality(left) / unit(rows.max(columns))
    );
    assert!(
        orthogonality(right) <= bound,
        "{what}: right vectors {:.1} n·ε",
        orthogonality(right) / unit(rows.max(columns))
    );
    if scale == 0.0 {
        assert!(values.iter().all(|&value| value == 0.0), "{what}");
        return;
    }
    let mut scaled = left.clone();
    for (mut column, value) in scaled.column_iter_mut().zip(values) {
        column *= value / scale;
    }
    let residual = (product_nt(&scaled, right) - matrix / scale).norm();
    let norm = values[0] / scale;
    assert!(residual <= bound * norm, "{what}: residual {:.1} n·ε‖A‖", residual / norm / unit(rows.max(columns)));
}

fn check_svd(matrix: &Matrix, expected: Option<&[f64]>, what: &str) {
    let decomposition = svd(matrix).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_svd(matrix, &decomposition, what);
    if let Some(expected) = expected {
        let mut expected = expected.to_vec();
        expected.sort_by(|a, b| b.total_cmp(a));
        let bound = CONTRACT * unit(matrix.nrows().max(matrix.ncols())) * expected[0];
        for (got, expected) in decomposition.values.iter().zip(&expected) {
            assert!((got - expected).abs() <= bound, "{what}: {got:e} is not {expected:e}");
        }
    }
}

#[test]
fn svd_keeps_its_contract_on_every_spectrum_and_shape() {
    let generator = &mut generator(1);
    for n in SIZES {
        for (name, spectrum) in SPECTRA {
            for (rows, columns) in [(n, n), (n, n.div_ceil(3)), (n.div_ceil(2), n)] {
                let (matrix, values) = with_spectrum(generator, rows, columns, spectrum);
                check_svd(&matrix, Some(&values), &format!("{name}, {rows} × {columns}"));
            }
        }
    }
}

/// faer's SVD divides bidiagonal matrices from 128 rows on; at n = 256 and rank 64 that returned a relative residual of 1e-5, and
/// singular values as wrong, without an error.
#[test]
fn svd_keeps_its_contract_where_the_backend_divides_and_conquers() {
    let generator = &mut generator(2);
    for n in [192, 256, 256, 256, 512] {
        for (name, spectrum) in [SPECTRA[1], SPECTRA[3]] {
            let (matrix, values) = with_spectrum(generator, n, n, spectrum);
            check_svd(&matrix, Some(&values), &format!("{name}, {n}"));
            let alone = singular_values(&matrix).expect("singular values");
            let bound = CONTRACT * unit(n) * values[0];
            let worst = alone.iter().zip(&values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst <= bound, "{name}, {n}: {:.1} n·ε", worst / unit(n));
        }
    }
}

/// Random cases of the three shapes on which nalgebra 0.35 returns wrong factorisations (its issue 1172): symmetric low-rank
/// Q diag(0.9^i, 0) Qᵀ, all ones, and U diag(0.95/i) Vᵀ of rank one at 32 × 32.
fn cases_that_break_nalgebra() -> Vec<(String, Matrix)> {
    let generator = &mut generator(3);
    let mut cases = Vec::new();
    for n in 2..=48 {
        cases.push((format!("ones {n}"), Matrix::from_element(n, n, 1.0)));
        let basis = orthonormal(generator, n, n);
        let values = Matrix::from_diagonal(&nalgebra::DVector::from_fn(n, |i, _| {
            if i < n.div_ceil(3) { 0.9_f64.powi(i32::try_from(i).expect("small")) } else { 0.0 }
        }));
        cases.push((format!("low rank {n}"), &basis * values * basis.transpose()));
    }
    for trial in 0..60 {
        let (matrix, _) = with_spectrum(generator, 32, 32, |i, _| if i == 0 { 0.95 } else { 0.0 });
        cases.push((format!("rank one, trial {trial}"), matrix));
    }
    for n in [16, 24, 40] {
        let (matrix, _) = with_spectrum(generator, n, n, |i, n| 10.0_f64.powf(-14.0 * i as f64 / n as f64));
        cases.push((format!("graded {n}"), matrix));
    }
    cases
}

#[test]
fn svd_is_right_where_that_of_nalgebra_is_wrong() {
    let mut wrong = 0;
    let cases = cases_that_break_nalgebra();
    for (what, matrix) in &cases {
        check_svd(matrix, None, what);
        let Some(theirs) = nalgebra::SVD::try_new(matrix.clone(), true, true, f64::EPSILON, 10_000) else {
            wrong += 1;
            continue;
        };
        let (left, right) = (theirs.u.expect("asked for"), theirs.v_t.expect("asked for"));
        let residual = (left * Matrix::from_diagonal(&theirs.singular_values) * right - matrix).norm();
        wrong += usize::from(residual.is_nan() || residual > 1e-10 * matrix.norm());
    }
    // If this ever fails, nalgebra has been mended and the choice of backend (docs/decisions.md, D2) may be looked at again.
    assert!(wrong > 0, "nalgebra's SVD is right on all {} cases", cases.len());
}

#[test]
fn svd_does_not_depend_on_the_scale() {
    let generator = &mut generator(4);
    let (matrix, _) = with_spectrum(generator, 12, 9, |i, _| 0.5_f64.powi(i32::try_from(i).expect("small")));
    let reference = svd(&matrix).expect("a decomposition").values;
    for scale in [1e-300, 1e-200, 1e-150, 1e150, 1e200, 1e300] {
        let decomposition = svd(&(&matrix * scale)).expect("a decomposition");
        assert_svd(&(&matrix * scale), &decomposition, &format!("scale {scale:e}"));
        for (got, expected) in decomposition.values.iter().zip(&reference) {
            assert!((got / scale - expected).abs() <= CONTRACT * unit(12) * reference[0], "scale {scale:e}");
        }
    }
    // Entries of very different sizes: the large ones decide.
    let mixed = Matrix::from_row_slice(2, 2, &[1e200, 1.0, 1e-200, 1e-100]);
    check_svd(&mixed, Some(&[1e200, 0.0]), "mixed scales");
    // Subnormal numbers have few digits, but nothing breaks.
    let subnormal = svd(&(Matrix::identity(3, 3) * 5e-324)).expect("a decomposition");
    assert!(subnormal.values.iter().all(|value| value.is_finite()) && orthogonality(&subnormal.left) < 1e-14);
}

#[test]
fn svd_of_nothing_is_nothing() {
    for (rows, columns) in [(3, 3), (2, 5), (5, 2), (1, 1)] {
        let decomposition = svd(&Matrix::zeros(rows, columns)).expect("a decomposition");
        assert_svd(&Matrix::zeros(rows, columns), &decomposition, "zeros");
    }
    for (rows, columns) in [(0, 3), (3, 0), (0, 0)] {
        assert!(svd(&Matrix::zeros(rows, columns)).expect("a decomposition").values.is_empty());
    }
}

#[test]
fn svd_has_reproducible_signs() {
    let generator = &mut generator(5);
    let matrix = gaussian(generator, 6, 4);
    let decomposition = svd(&matrix).expect("a decomposition");
    for column in decomposition.left.column_iter() {
        assert!(column[column.iamax()] > 0.0);
    }
    // −A has the same left vectors and opposite right ones.
    let negative = svd(&-&matrix).expect("a decomposition");
    assert!(
        (&negative.left - &decomposition.left).norm() < 1e-12
            && (&negative.right + &decomposition.right).norm() < 1e-12
    );
}

#[test]
fn truncated_svd_is_the_best_approximation() {
    let generator = &mut generator(6);
    let (matrix, values) = with_spectrum(generator, 10, 8, |i, _| 1.0 / (i + 1) as f64);
    let decomposition = svd(&matrix).expect("a decomposition");
    for rank in 0..=9 {
        // Eckart–Young: the error is the tail of the spectrum.
        let tail: f64 = values.iter().skip(rank).map(|value| value * value).sum::<f64>().sqrt();
        assert!(((decomposition.truncated(rank) - &matrix).norm() - tail).abs() <= CONTRACT * unit(10));
    }
}

#[test]
fn svd_of_a_product_is_that_of_the_product() {
    let generator = &mut generator(7);
    for (inner, left, right) in [(3, 10, 8), (8, 10, 8), (20, 6, 9), (1, 64, 64), (5, 4, 30), (30, 128, 100)] {
        let (a, b) = (gaussian(generator, inner, left), gaussian(generator, inner, right));
        let short = svd_of_product(&a, &b).expect("a decomposition");
        let dense = a.transpose() * &b;
        let rank = inner.min(left).min(right);
        assert_eq!((short.left.shape(), short.values.len(), short.right.shape()), ((left, rank), rank, (right, rank)));
        let n = inner.max(left).max(right);
        // Two products more than one decomposition: the norms of the factors take the place of ‖A‖.
        let bound = CONTRACT * unit(n) * a.norm() * b.norm();
        assert!(orthogonality(&short.left) <= CONTRACT * unit(n) && orthogonality(&short.right) <= CONTRACT * unit(n));
        assert!((short.truncated(rank) - &dense).norm() <= bound);
        for (got, expected) in short.values.iter().zip(svd(&dense).expect("a decomposition").values) {
            assert!((got - expected).abs() <= bound);
        }
    }
    // Rank-deficient factors.
    let (a, _) = with_spectrum(generator, 6, 20, SPECTRA[4].1);
    let (b, _) = with_spectrum(generator, 6, 15, SPECTRA[3].1);
    let short = svd_of_product(&a, &b).expect("a decomposition");
    assert!((short.truncated(6) - a.transpose() * &b).norm() <= CONTRACT * unit(20));
}

#[test]
fn symmetric_eigen_keeps_its_contract_on_every_spectrum() {
    let generator = &mut generator(8);
    for n in SIZES {
        for (name, spectrum) in SPECTRA {
            // Signs alternate, so that the order is by value and not by magnitude.
            let signed: Vec<f64> = (0..n).map(|i| if i % 3 == 2 { -spectrum(i, n) } else { spectrum(i, n) }).collect();
            check_eigen(generator, &signed, &format!("{name}, {n}"));
        }
    }
    let graded: Vec<f64> = (0..512).map(|i| SPECTRA[1].1(i, 512)).collect();
    check_eigen(generator, &graded, "graded, 512");
}

fn check_eigen(generator: &mut ChaCha8Rng, values: &[f64], what: &str) {
    let n = values.len();
    let basis = orthonormal(generator, n, n);
    let raw = &basis * Matrix::from_diagonal(&values.to_vec().into()) * basis.transpose();
    let matrix = (&raw + raw.transpose()) * 0.5;
    let eigen = symmetric_eigen(&matrix).unwrap_or_else(|error| panic!("{what}: {error}"));
    let largest = values.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    let bound = CONTRACT * unit(n);
    assert!(eigen.values.is_sorted_by(|a, b| a >= b), "{what}");
    assert!(orthogonality(&eigen.vectors) <= bound, "{what}");
    let rebuilt = &eigen.vectors * Matrix::from_diagonal(&eigen.values.clone().into()) * eigen.vectors.transpose();
    assert!((rebuilt - &matrix).norm() <= bound * largest, "{what}");
    let mut expected = values.to_vec();
    expected.sort_by(|a, b| b.total_cmp(a));
    for (got, expected) in eigen.values.iter().zip(&expected) {
        assert!((got - expected).abs() <= bound * largest, "{what}: {got:e} is not {expected:e}");
    }
}

#[test]
fn symmetric_eigen_takes_extreme_scales_zero_and_rounding_but_no_asymmetry() {
    let matrix = Matrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 2.0]);
    for scale in [1e-300, 1e-200, 1.0, 1e200, 1e300] {
        let values = symmetric_eigen(&(&matrix * scale)).expect("a decomposition").values;
        assert!(
            (values[0] / scale - 3.0).abs() < 1e-15 * 3.0 && (values[1] / scale - 1.0).abs() < 1e-14,
            "{scale:e}: {values:?}"
        );
    }
    assert_eq!(symmetric_eigen(&Matrix::zeros(3, 3)).expect("a decomposition").values, [0.0; 3]);
    let mut nearly = matrix.clone();
    nearly[(0, 1)] += 1e-12;
    assert!(symmetric_eigen(&nearly).is_ok());
    nearly[(0, 1)] += 1e-8;
    assert!(matches!(symmetric_eigen(&nearly), Err(LinalgError::NotSymmetric { row: 0, column: 1, .. })));
    assert_eq!(
        symmetric_eigen(&Matrix::zeros(2, 3)).map(|eigen| eigen.values),
        Err(LinalgError::Empty { rows: 2, columns: 3 })
    );
    assert_eq!(
        symmetric_eigen(&Matrix::zeros(0, 0)).map(|eigen| eigen.values),
        Err(LinalgError::Empty { rows: 0, columns: 0 })
    );
}

#[test]
fn whitening_gives_unit_covariance_within_its_condition() {
    let generator = &mut generator(9);
    for n in [1, 4, 16, 64, 128] {
        for (name, spectrum) in SPECTRA {
            for width in [n, n + 3, 2 * n] {
                let (factor, _) = with_spectrum(generator, n, width, spectrum);
                check_whitening(&factor, &format!("{name}, {n} × {width}"));
            }
        }
    }
    let (factor, _) = with_spectrum(generator, 512, 520, |i, n| 10.0_f64.powf(-6.0 * i as f64 / n as f64));
    check_whitening(&factor, "graded over 6 decades, 512 × 520");
}

fn check_whitening(factor: &Matrix, what: &str) {
    let (n, width) = factor.shape();
    let whitening = Whitening::of_factor(factor).unwrap_or_else(|error| panic!("{what}: {error}"));
    let rank = whitening.rank();
    let bound = CONTRACT * unit(n.max(width)) * whitening.condition;
    assert!(orthogonality(&whitening.basis) <= CONTRACT * unit(n.max(width)), "{what}: basis");
    // x̃ = whitener·F·w has covariance I.
    let whitened = product(&whitening.whitener, factor);
    let error = (product_nt(&whitened, &whitened) - Matrix::identity(rank, rank)).norm();
    assert!(error <= bound, "{what}: {error:.1e} against {bound:.1e}");
    // x = root·basisᵀ·w is the factor itself, row by row relative to the channel's deviation.
    let rebuilt = product_nt(&whitening.root, &whitening.basis);
    let tolerance = CONTRACT * unit(n.max(width));
    for (got, expected) in rebuilt.row_iter().zip(factor.row_iter()) {
        assert!((got - expected).norm() <= tolerance * expected.norm(), "{what}: root");
    }
}

#[test]
fn whitening_does_not_depend_on_the_units_of_the_channels() {
    let generator = &mut generator(10);
    let factor = gaussian(generator, 4, 7);
    let plain = Whitening::of_factor(&factor).expect("a whitening");
    let units = [1e-100, 1.0, 1e-7, 1e90];
    let scaled = Whitening::of_factor(&Matrix::from_fn(4, 7, |i, j| factor[(i, j)] * units[i])).expect("a whitening");
    assert!((scaled.condition / plain.condition - 1.0).abs() < 1e-10);
    assert!((&scaled.basis - &plain.basis).norm() < 1e-12);
    // Whole factors at the edges of the range.
    for scale in [1e-200, 1e200] {
        let whitening = Whitening::of_factor(&(&factor * scale)).expect("a whitening");
        assert!((&whitening.basis - &plain.basis).norm() < 1e-12, "scale {scale:e}: rank {}", whitening.rank());
    }
}

#[test]
fn whitening_finds_the_rank() {
    let generator = &mut generator(11);
    let (half, _) = with_spectrum(generator, 8, 12, |i, _| if i < 4 { 1.0 } else { 0.0 });
    assert_eq!(Whitening::of_factor(&half).expect("a whitening").rank(), 4);
    // A silent channel, a channel written twice, fewer sources than channels.
    let mut silent = gaussian(generator, 4, 6);
    silent.row_mut(2).fill(0.0);
    assert_eq!(Whitening::of_factor(&silent).expect("a whitening").rank(), 3);
    let mut twice = gaussian(generator, 4, 6);
    twice.set_row(3, &(twice.row(0) * -2.0));
    assert_eq!(Whitening::of_factor(&twice).expect("a whitening").rank(), 3);
    assert_eq!(Whitening::of_factor(&gaussian(generator, 5, 2)).expect("a whitening").rank(), 2);
    assert_eq!(Whitening::of_factor(&Matrix::zeros(3, 4)).expect("a whitening").rank(), 0);
    assert_eq!(Whitening::of_factor(&Matrix::zeros(3, 0)).expect("a whitening").rank(), 0);
}

#[test]
fn orthonormal_columns_are_orthonormal_and_drop_what_depends_on_earlier_ones() {
    let generator = &mut generator(12);
    for n in SIZES {
        for (name, spectrum) in SPECTRA {
            let columns = n.div_ceil(2);
            let (matrix, _) = with_spectrum(generator, n, columns, spectrum);
            let basis = orthonormal_columns(&matrix);
            assert!(
                orthogonality(&basis) <= CONTRACT * unit(n),
                "{name}, {n}: {:.1} n·ε",
                orthogonality(&basis) / unit(n)
            );
            // Dropped columns are within 1e-10 of their length of the span of the others.
            let outside = &matrix - product(&basis, &product_tn(&basis, &matrix));
            for (rest, column) in outside.column_iter().zip(matrix.column_iter()) {
                assert!(rest.norm() <= 2e-10 * column.norm(), "{name}, {n}");
            }
        }
    }
    let repeated = Matrix::from_row_slice(3, 4, &[1.0, 2.0, 0.0, 0.0, 1.0, 2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(orthonormal_columns(&repeated).ncols(), 2);
    assert_eq!(orthonormal_columns(&Matrix::zeros(3, 2)).ncols(), 0);
    assert_eq!(orthonormal_columns(&gaussian(generator, 2, 5)).ncols(), 2);
    // Nearly parallel columns: what differs is below 1e-8 of their length, and still orthonormal.
    let near = Matrix::from_row_slice(3, 2, &[1.0, 1.0, 1.0, 1.0 + 1e-8, 1.0, 1.0]);
    let basis = orthonormal_columns(&near);
    assert!(basis.ncols() == 2 && orthogonality(&basis) <= CONTRACT * unit(3));
}

#[test]
fn orthonormal_columns_do_not_depend_on_the_scale() {
    let generator = &mut generator(13);
    let matrix = gaussian(generator, 5, 3);
    let basis = orthonormal_columns(&matrix);
    for scale in [1e-300, 1e-200, 1e200, 1e300] {
        let scaled = orthonormal_columns(&(&matrix * scale));
        assert_eq!(scaled.ncols(), 3, "scale {scale:e}");
        assert!((scaled - &basis).norm() < 1e-13, "scale {scale:e}");
    }
}

#[test]
fn a_positive_semidefinite_root_squares_to_its_matrix() {
    let generator = &mut generator(14);
    for n in SIZES {
        for (name, spectrum) in SPECTRA {
            let basis = orthonormal(generator, n, n);
            let values = nalgebra::DVector::from_fn(n, |i, _| spectrum(i, n));
            let raw = &basis * Matrix::from_diagonal(&values) * basis.transpose();
            let matrix = (&raw + raw.transpose()) * 0.5;
            let root = positive_semidefinite_root(&matrix).unwrap_or_else(|error| panic!("{name}, {n}: {error}"));
            let error = (product_nt(&root, &root) - &matrix).norm() / values.max();
            assert!(error <= CONTRACT * unit(n), "{name}, {n}: {:.1} n·ε", error / unit(n));
        }
    }
    // Diagonal matrices keep exact zeros and every entry, however small.
    let diagonal = Matrix::from_diagonal(&nalgebra::DVector::from_vec(vec![4.0, 0.0, 1e-40]));
    let root = positive_semidefinite_root(&diagonal).expect("a root");
    assert_eq!(root, Matrix::from_row_slice(3, 2, &[2.0, 0.0, 0.0, 0.0, 0.0, 1e-20]));
    assert_eq!(positive_semidefinite_root(&Matrix::zeros(2, 2)).expect("a root").shape(), (2, 0));
}

#[test]
fn a_negative_eigenvalue_beyond_rounding_is_refused() {
    let refused = |matrix: &Matrix| positive_semidefinite_root(matrix).is_err();
    assert!(refused(&Matrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0])));
    assert!(refused(&Matrix::from_diagonal(&nalgebra::DVector::from_vec(vec![1.0, -1e-9]))));
    assert!(refused(&Matrix::from_row_slice(2, 2, &[0.0, 1e-3, 1e-3, 1.0])));
    assert!(refused(&(-Matrix::identity(2, 2))));
    // A covariance of rank one, written with 15 digits.
    let third = 0.333_333_333_333_333;
    assert!(!refused(&Matrix::from_element(3, 3, third)));
}

#[test]
fn entries_that_are_not_finite_are_a_typed_error() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut matrix = Matrix::identity(3, 3);
        matrix[(2, 1)] = bad;
        let expected = |error: LinalgError| matches!(error, LinalgError::NotFinite { row: 2, column: 1, value } if value.to_bits() == bad.to_bits());
        assert!(expected(svd(&matrix).expect_err("not finite")));
        assert!(expected(symmetric_eigen(&matrix).expect_err("not finite")));
        assert!(expected(Whitening::of_factor(&matrix).expect_err("not finite")));
        assert!(expected(positive_semidefinite_root(&matrix).expect_err("not finite")));
        let wide = matrix.columns(0, 3).rows(2, 1).into_owned();
        assert!(matches!(svd_of_product(&wide, &wide).expect_err("not finite"), LinalgError::NotFinite { .. }));
        assert!(matches!(svd_of_product(&matrix, &matrix).expect_err("not finite"), LinalgError::NotFinite { .. }));
    }
}

#[test]
fn the_triangle_of_a_factorisation_has_the_same_gram_matrix() {
    let generator = &mut generator(15);
    for (rows, columns) in [(10, 4), (4, 4), (3, 5), (1, 1), (7, 1), (0, 3), (200, 20)] {
        let matrix = gaussian(generator, rows, columns);
        let triangle = upper_triangle(&matrix);
        assert_eq!(triangle.shape(), (columns, columns));
        let error = (product_tn(&triangle, &triangle) - product_tn(&matrix, &matrix)).norm();
        assert!(error <= CONTRACT * unit(rows.max(columns)) * matrix.norm_squared().max(1.0), "{rows} × {columns}");
    }
}

#[test]
fn principal_angles_carry_sine_and_cosine_of_one_angle() {
    let angles = PrincipalAngles::new(vec![1.0, 0.8, 0.3, 1e-20], vec![1e-20, 0.6, 0.95, 1.0], 1e-14);
    assert_eq!((angles.cosines()[0], angles.sines()[0]), (1.0, 0.0));
    assert_eq!((angles.cosines()[3], angles.sines()[3]), (0.0, 1.0));
    for (cosine, sine) in angles.cosines().iter().zip(angles.sines()) {
        assert!((cosine * cosine + sine * sine - 1.0).abs() < 1e-15);
    }
    // −½ log(1 − 0.64) − ½ log(1 − 0.09)
    assert!((angles.finite_information_nats() + 0.5 * (0.36_f64.ln() + 0.91_f64.ln())).abs() < 1e-15);
    assert_eq!(angles.mutual_information_nats(), f64::INFINITY);
}
