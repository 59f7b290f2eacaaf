//! The cross-entropy for logits too large for plain powers: every row and column is shifted by its maximum.
//!
//! Slow and rarely needed (diverging training, a tiny temperature), so written for clarity rather than speed.

use super::contrast::{Direction, Features};

/// As `Contrast::evaluate`, for finite logits of any size.
pub(super) fn evaluate(
    features: Features<'_, f64>,
    direction: Direction,
    anchor_gradient: &mut [f64],
    candidate_gradient: &mut [f64],
) -> f64 {
    let Features { anchors, candidates, lead, batch, .. } = features;
    let row = |i: usize| &anchors[i * lead..][..lead];
    let column = |j: usize| &candidates[j * lead..][..lead];
    let logit = |i: usize, j: usize| row(i).iter().zip(column(j)).map(|(u, v)| u * v).sum::<f64>();
    let rows: Vec<f64> = (0..batch).map(|i| log_sum((0..batch).map(|j| logit(i, j)))).collect();
    let columns: Vec<f64> = match direction {
        Direction::FirstToSecond => vec![],
        Direction::Symmetric => (0..batch).map(|j| log_sum((0..batch).map(|i| logit(i, j)))).collect(),
    };
    let share = 1.0 / (batch as f64 * if columns.is_empty() { 1.0 } else { 2.0 });
    anchor_gradient.fill(0.0);
    candidate_gradient.fill(0.0);
    for (i, row_sum) in rows.iter().enumerate() {
        for j in 0..batch {
            let logit = logit(i, j);
            let mut weight = share * (logit - row_sum).exp();
            if let Some(column_sum) = columns.get(j) {
                weight += share * (logit - column_sum).exp();
            }
            if i == j {
                weight -= 1.0 / batch as f64;
            }
            for k in 0..lead {
                anchor_gradient[i * lead + k] += weight * candidates[j * lead + k];
                candidate_gradient[j * lead + k] += weight * anchors[i * lead + k];
            }
        }
    }
    let positives: f64 = (0..batch).map(|i| logit(i, i)).sum();
    share * (rows.iter().sum::<f64>() + columns.iter().sum::<f64>()) - positives / batch as f64 - (batch as f64).ln()
}

/// log Σ e^s.
fn log_sum(logits: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    largest + logits.map(|logit| (logit - largest).exp()).sum::<f64>().ln()
}
