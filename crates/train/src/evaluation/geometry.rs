//! Retrieval, alignment and uniformity of paired embeddings.

use super::resample::{Estimate, Resamples};
use alignloss::linalg::{Matrix, product, product_tn};
use alignloss::random::Stream;
use rand::seq::SliceRandom;

/// Number of samples for uniformity, which uses all pairs among them.
const UNIFORMITY_SAMPLES: usize = 1000;

/// Columns scaled to length one; zero columns stay.
pub(super) fn normalised(embeddings: &Matrix) -> Matrix {
    let mut result = embeddings.clone();
    for mut column in result.column_iter_mut() {
        let length = column.norm();
        if length > 0.0 {
            column /= length;
        }
    }
    result
}

/// Recall@k of finding the partner of each query in a pool, nearest first, for queries from the first and from the
/// second encoder; one estimate per k.
///
/// Pools are parts of the shuffled test samples, with `pool` samples each (or all of them, if there are fewer). Nearest
/// is by Euclidean distance, which for unit-length embeddings is cosine similarity. Ties are broken at random, in
/// expectation: if all embeddings are equal, recall is k/pool.
pub(super) fn recall(
    first: &Matrix,
    second: &Matrix,
    pool: usize,
    ranks: &[usize],
    resamples: &Resamples,
    seed: u64,
) -> [Vec<Estimate>; 2] {
    let count = first.ncols();
    let pool = pool.min(count);
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut Stream { seed, experiment: "retrieval pools", cell: 0, replicate: 0 }.generator());
    // Queries left over when the pools are full are not measured.
    let mut columns = [0, 1].map(|_| Matrix::zeros(count, 1 + ranks.len()));
    for members in order.chunks_exact(pool) {
        let (a, b) = (first.select_columns(members), second.select_columns(members));
        let inner = product_tn(&a, &b);
        let squares =
            |matrix: &Matrix| -> Vec<f64> { matrix.column_iter().map(|column| column.norm_squared()).collect() };
        let (rows, cols) = (squares(&a), squares(&b));
        let distance = |i: usize, j: usize| rows[i] + cols[j] - 2.0 * inner[(i, j)];
        for (place, &member) in members.iter().enumerate() {
            let own = distance(place, place);
            let tolerance = 1e-12 * (rows[place] + cols[place]);
            for (direction, columns) in columns.iter_mut().enumerate() {
                let (mut nearer, mut tied) = (0, 0);
                for other in (0..members.len()).filter(|&other| other != place) {
                    let distance = if direction == 0 { distance(place, other) } else { distance(other, place) };
                    if distance < own - tolerance {
                        nearer += 1;
                    } else if distance <= own + tolerance {
                        tied += 1;
                    }
                }
                columns[(member, 0)] = 1.0;
                for (index, &k) in ranks.iter().enumerate() {
                    let room = k.saturating_sub(nearer).min(tied + 1);
                    columns[(member, 1 + index)] = room as f64 / (tied + 1) as f64;
                }
            }
        }
    }
    columns.map(|columns| {
        (0..ranks.len()).map(|index| resamples.estimate(&columns, |sums| sums[2 + index] / sums[1])).collect()
    })
}

/// ‖z_1 − z_2‖² of each sample.
pub(super) fn squared_distances(first: &Matrix, second: &Matrix) -> Vec<f64> {
    (first - second).column_iter().map(|column| column.norm_squared()).collect()
}

/// log E exp(−2‖z − z′‖²) over pairs of different samples (Wang, Isola 2020): −4 at best on a sphere of many
/// dimensions, 0 for a collapsed encoder.
pub(super) fn uniformity(embeddings: &Matrix, resamples: &Resamples) -> Estimate {
    let count = embeddings.ncols().min(UNIFORMITY_SAMPLES);
    let some = embeddings.columns(0, count).into_owned();
    let squares: Vec<f64> = some.column_iter().map(|column| column.norm_squared()).collect();
    let mut kernel = product_tn(&some, &some);
    for j in 0..count {
        for i in 0..count {
            let distance = (squares[i] + squares[j] - 2.0 * kernel[(i, j)]).max(0.0);
            kernel[(i, j)] = if i == j { 0.0 } else { (-2.0 * distance).exp() };
        }
    }
    let weights = resamples.multiplicities().columns(0, count).into_owned();
    let smoothed = product(&weights, &kernel);
    // A sample drawn twice does not form a pair with itself.
    let value = |row: usize| {
        let weights = weights.row(row);
        let pairs = weights.sum().powi(2) - weights.norm_squared();
        (smoothed.row(row).dot(&weights) / pairs).ln()
    };
    resamples.interval(&(0..weights.nrows()).map(value).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::EvaluationSpec;
    use alignloss::random::fill_standard_normal;

    fn resamples(samples: usize, resamples: usize) -> Resamples {
        Resamples::new(samples, None, &EvaluationSpec { resamples, ..EvaluationSpec::default() }, 0).unwrap()
    }

    fn normal(rows: usize, columns: usize, cell: u64) -> Matrix {
        let mut draws = Matrix::zeros(rows, columns);
        let stream = Stream { seed: 5, experiment: "geometry test", cell, replicate: 0 };
        fill_standard_normal(&mut stream.generator(), draws.as_mut_slice());
        draws
    }

    #[test]
    fn retrieval_of_identical_embeddings_is_perfect_and_of_collapsed_ones_chance() {
        let resamples = resamples(300, 9);
        let z = normalised(&normal(4, 300, 0));
        let [there, back] = recall(&z, &z, 100, &[1, 5], &resamples, 0);
        assert!(there.iter().chain(&back).all(|estimate| (estimate.value - 1.0).abs() < 1e-15));
        let constant = Matrix::from_element(4, 300, 0.5);
        let [there, _] = recall(&constant, &constant, 100, &[1, 5], &resamples, 0);
        assert!((there[0].value - 0.01).abs() < 1e-12 && (there[1].value - 0.05).abs() < 1e-12, "{there:?}");
    }

    #[test]
    fn retrieval_of_independent_embeddings_is_chance() {
        let resamples = resamples(2000, 9);
        let [there, _] = recall(&normal(3, 2000, 1), &normal(3, 2000, 2), 100, &[10], &resamples, 0);
        // Five standard errors of a share of 0.1 over 2000 queries.
        assert!((there[0].value - 0.1).abs() < 5.0 * (0.09_f64 / 2000.0).sqrt(), "{there:?}");
    }

    #[test]
    fn uniformity_of_the_circle_is_that_of_wang_and_isola() {
        let resamples = resamples(1000, 49);
        let circle = Matrix::from_fn(2, 1000, |i, j| {
            let angle = std::f64::consts::TAU * j as f64 / 1000.0;
            if i == 0 { angle.cos() } else { angle.sin() }
        });
        // E exp(−2‖z−z′‖²) = e⁻⁴·I_0(4) on the circle (‖z−z′‖² = 2 − 2cos), I_0(4) = 11.30192195213633.
        let expected = (11.301_921_952_136_33_f64 * (-4.0_f64).exp() - 1e-3).ln() - (1.0 - 1e-3_f64).ln();
        let estimate = uniformity(&circle, &resamples);
        assert!((estimate.value - expected).abs() < 1e-9, "{} {expected}", estimate.value);
        assert!(uniformity(&Matrix::from_element(2, 1000, 0.3), &resamples).value.abs() < 1e-12);
    }
}
