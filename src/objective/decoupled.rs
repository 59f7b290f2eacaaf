//! `decoupled`: a common block that is aligned and a unique block that is not (docs/theory.md §5).

use super::minibatch::{self, both};
use super::{Candidate, Entry, Kind, Objective, ParameterSpec, ParameterValue, Parameters, Sense, Solution};
use crate::information::{Encoders, SecondMoments};
use crate::linalg::{Matrix, product, product_nt};

/// max tr(C_1 Σ12 C_2ᵀ) over whitened encoders z_m = (c_m, u_m), with C_m the first d_c rows of W_m: only the common
/// block c counts as aligned.
///
/// The value does not depend on the unique block u; among all maximisers we take the one that explains most of the
/// variance of x_m, as elsewhere (see [`Solution::Canonical`]). Hence u_m holds the d − d_c directions of
/// largest explained variance among those uncorrelated with c_m. They stand in for E[u_m|x_m], which no objective of
/// the sensors alone can identify; with isotropic noise and d_c ≥ r they span the same space (theorem
/// `decoupled-sufficiency`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decoupled {
    /// d_c; `None` is min(r, d), with r the rank of Σ12. No more than r rows are aligned: beyond the rank there is
    /// nothing to align.
    pub common_dim: Option<usize>,
}

impl Decoupled {
    /// Its registry entry.
    pub const ENTRY: Entry = Entry {
        parameters: &[ParameterSpec {
            name: COMMON_DIM,
            label: "aligned dimensions d_{c}",
            meaning: "number of aligned outputs; the others explain variance",
            kind: Kind::Count,
            default: Some("the number of canonical correlations above 0"),
        }],
        minibatch: Some(|parameters, conditions| {
            // As in the closed form: beyond the rank of Σ12 there is nothing to align.
            let rank = conditions.pair.rank();
            let common = parameters.count(COMMON_DIM).map_or(rank, |common| common.min(rank));
            let variance = conditions.largest_variance()?;
            Ok(both!(minibatch::Remedy::decoupled(Some(common), variance, minibatch::WHITENING)))
        }),
        ..Entry::plain(
            "decoupled",
            "decoupled",
            "canonical directions in an aligned block, explained variance in a separate block",
            |given| Ok(Box::new(Decoupled { common_dim: given.count(COMMON_DIM) })),
        )
    };
}

const COMMON_DIM: &str = "common_dim";

impl Decoupled {
    /// The first d_c rows.
    fn common(self, weights: &Matrix) -> Matrix {
        let rows = weights.nrows();
        weights.rows(0, self.common_dim.unwrap_or(rows).min(rows)).into_owned()
    }
}

impl Objective for Decoupled {
    fn entry(&self) -> &'static Entry {
        &Self::ENTRY
    }

    fn sense(&self) -> Sense {
        Sense::Maximise
    }

    fn whitened(&self) -> bool {
        true
    }

    fn parameters(&self) -> Parameters {
        self.common_dim.map_or_else(Parameters::default, |count| {
            Parameters::default().with(COMMON_DIM, ParameterValue::Count(count))
        })
    }

    fn solution(&self) -> Solution {
        Solution::Decoupled { common_dim: self.common_dim }
    }

    fn value(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<f64> {
        Some(moments.cross_trace(&self.common(&encoders.first), &self.common(&encoders.second)))
    }

    /// For the first min(d_c, r) rows: the rest belongs to the unique block.
    fn attained(&self, candidate: &Candidate) -> Option<f64> {
        let rank = candidate.pair.rank();
        let common = self.common_dim.map_or(rank, |common| common.min(rank));
        candidate.can_be_whitened().then(|| candidate.whitened_alignment(common))
    }

    fn gradient(&self, moments: &SecondMoments, encoders: &Encoders) -> Option<Encoders> {
        let rows = encoders.dim();
        let (first, second) = (self.common(&encoders.first), self.common(&encoders.second));
        // The unique rows do not affect the value.
        Some(Encoders {
            first: product_nt(&second, &moments.cross).resize_vertically(rows, 0.0),
            second: product(&first, &moments.cross).resize_vertically(rows, 0.0),
        })
    }
}
