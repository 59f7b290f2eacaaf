//! `multimodal` in double-double precision: generalised canonical variates from the covariance of all whitened modalities.

use crate::linalg::precise::{PreciseMatrix, square_root as root};
use crate::objective::{CanonicalCorrelation, Objective};
use crate::theorem::certainty::Review;
use crate::theorem::certainty::dense::{
    INDISTINCT, Sensors, TargetLaw, eigen, information, orthonormal_rows, relative_error, room, root_error, square_sum,
    whitened_jointly,
};
use crate::theorem::certainty::privacy::PRIVATE;
use crate::theorem::multimodal::{
    DEVIATION, EIGENVALUE, GAINED, INFORMATION, LEAST_COMMON, LOST, OF_ENCODER, OF_GCCA, SHARE, SHARES,
};
use crate::theorem::{Among, Case, Clause, Part, TargetId};
use qd::Quad;

/// Eigenvalues up to this are common to nothing: the engine's own threshold is that or a little higher, and exact ones are 1.
const SHARED: f64 = 1.0 + 1e-12;
/// Coordinates shorter than this are those of a modality that does not see a variate.
const UNSEEN: f64 = 1e-20;

pub(super) fn review(case: &Case) -> Option<Review> {
    let model = case.subject.model;
    let count = model.modalities().len();
    let law = Modalities::new(case, count)?;
    let mut clauses = Vec::new();
    if count > 2 {
        for (slot, &m) in case.subject.modalities.iter().enumerate() {
            let coordinates = law.sensors.encoder(m, case.encoders.weights(slot));
            law.spend(&mut clauses, OF_ENCODER, m, &coordinates)?;
        }
    }
    if case.objective.is_some_and(|objective| objective.id() == CanonicalCorrelation.id()) {
        let variates = Variates::new(&law, count, case.dim())?;
        for m in 0..count {
            law.spend(&mut clauses, OF_GCCA, m, &variates.coordinates[m])?;
        }
        law.shares(&mut clauses, &variates)?;
        law.growth(&mut clauses, &variates, case.dim())?;
        law.agreement(&mut clauses, &variates)?;
    }
    Some(clauses.into())
}

/// All modalities of a model.
struct Modalities<'a> {
    sensors: Sensors<'a>,
    targets: Vec<TargetLaw>,
    /// The covariance of all whitened modalities, one after the other.
    covariance: PreciseMatrix,
    /// Where each modality starts in it, and its end.
    starts: Vec<usize>,
    /// The relative error of whatever is made of this law.
    error: f64,
}

/// The generalised canonical variates g_j that are common to some modalities.
struct Variates {
    /// λ_j of all modalities, descending, at most d of them above 1.
    kept: Vec<Quad>,
    /// The same, all of them.
    all: Vec<Quad>,
    /// z_mj over x̃_m as rows, d × r_m.
    coordinates: Vec<PreciseMatrix>,
}

impl<'a> Modalities<'a> {
    fn new(case: &'a Case<'a>, count: usize) -> Option<Self> {
        let sensors = Sensors::new(case.subject.model, &(0..count).collect::<Vec<_>>())?;
        let targets = sensors.targets()?;
        let mut starts = vec![0];
        for m in 0..count {
            starts.push(starts[m] + sensors.rank(m));
        }
        let mut covariance = PreciseMatrix::identity(starts[count], starts[count]);
        for m in 0..count {
            for n in m + 1..count {
                let block = sensors.cross(m, n);
                covariance.view_mut((starts[m], starts[n]), block.shape()).copy_from(&block);
                covariance
                    .view_mut((starts[n], starts[m]), (block.ncols(), block.nrows()))
                    .copy_from(&block.transpose());
            }
        }
        let condition = targets.iter().map(|target| target.condition).fold(sensors.condition, f64::max);
        Some(Self { sensors, targets, covariance, starts, error: relative_error(condition) })
    }

    /// The targets, and which they are.
    fn named_targets(&self) -> impl Iterator<Item = (TargetId, &TargetLaw)> {
        let named = self.sensors.model.targets().iter().zip(&self.targets).enumerate();
        named.map(|(t, (target, law))| ((t, target.name.as_str()).into(), law))
    }

    /// The places of modalities in the covariance of all.
    fn places(&self, modalities: &[usize]) -> Vec<usize> {
        modalities.iter().flat_map(|&m| self.starts[m]..self.starts[m + 1]).collect()
    }

    /// What x̃_m sees of some others, whitened together: r_m × their rank; what others see of the targets, and the condition number.
    fn others(&self, m: usize, others: &[usize]) -> Option<(PreciseMatrix, PreciseMatrix, f64)> {
        let places = self.places(others);
        let own = self.places(&[m]);
        let block = |rows: &[usize]| {
            PreciseMatrix::from_fn(rows.len(), places.len(), |i, j| self.covariance[(rows[i], places[j])])
        };
        let jointly = whitened_jointly(&block(&places))?;
        Some((block(&own) * jointly.whitener.transpose(), jointly.whitener, jointly.condition))
    }

    /// What some others together see of a whitened target.
    fn seen(&self, whitener: &PreciseMatrix, others: &[usize], target: &TargetLaw) -> PreciseMatrix {
        let columns = target.whitened[0].ncols();
        let rows: Vec<(usize, usize)> =
            others.iter().flat_map(|&m| (0..self.sensors.rank(m)).map(move |i| (m, i))).collect();
        whitener * PreciseMatrix::from_fn(rows.len(), columns, |i, j| target.whitened[rows[i].0][(rows[i].1, j)])
    }

    /// K + P ⪯ I and its consequence for information, of an encoder over x̃_m and every target that may be private to it.
    fn spend(
        &self,
        clauses: &mut Vec<Clause>,
        claims: [&'static str; 3],
        m: usize,
        coordinates: &PreciseMatrix,
    ) -> Option<()> {
        let count = self.starts.len() - 1;
        let others: Vec<usize> = (0..count).filter(|&other| other != m).collect();
        let (predictors, whitener, jointly) = self.others(m, &others)?;
        let (rows, outputs) = orthonormal_rows(coordinates)?;
        if rows.nrows() == 0 {
            return Some(());
        }
        let error = self.error * jointly.max(outputs);
        let predicted = &rows * predictors;
        let aligned = &predicted * predicted.transpose();
        let rank = rows.nrows() as f64;
        for (id, target) in self.named_targets() {
            if square_sum(&self.seen(&whitener, &others, target)).0.sqrt() > PRIVATE {
                continue;
            }
            let explained = &rows * &target.whitened[m];
            let sum = &aligned + &explained * explained.transpose();
            let [traces, largest, informed] =
                claims.map(|claim| Part::new(claim).modality(m).private(id.clone(), Among::All));
            clauses.push(Clause::at_most(traces, sum.trace().0, rank, error * (1.0 + rank)));
            clauses.push(Clause::at_most(largest, eigen(&sum)?.0[0].0, 1.0, 2.0 * error));
            if let Some((said, said_error)) = information(&(explained.transpose() * &explained), error)
                && let Some((bound, sensitivity)) = room(&aligned)
            {
                let error = said_error + error * (1.0 + sensitivity);
                clauses.push(Clause::at_most(informed, said.0, bound, error));
            }
        }
        Some(())
    }

    /// Private shares of the variates. The claims follow from the eigenvalue equation alone, so that their error is that of the equation:
    /// which of several variates that tie is chosen does not matter.
    fn shares(&self, clauses: &mut Vec<Clause>, variates: &Variates) -> Option<()> {
        let count = self.starts.len() - 1;
        for (j, &lambda) in variates.kept.iter().enumerate().filter(|(_, lambda)| lambda.0 >= LEAST_COMMON) {
            let (mut total, mut apart) = (Quad::ZERO, Quad::ZERO);
            let error = self.error * count as f64 / (lambda.0 - 1.0);
            for m in 0..count {
                let others: Vec<usize> = (0..count).filter(|&other| other != m).collect();
                let (_, whitener, _) = self.others(m, &others)?;
                let z = variates.coordinates[m].row(j).into_owned();
                // notation: c = Var z, r = 1 − c, λ² − (2λ−1)c = (λ−1)² + (2λ−1)r
                let c = z.iter().fold(Quad::ZERO, |sum, &entry| sum + entry * entry);
                let r = Quad::ONE - c;
                let beyond = lambda - Quad::ONE;
                let bound = c * r / (beyond * beyond + (lambda + beyond) * r);
                apart += r;
                let mut largest = Quad::ZERO;
                for (id, target) in self.named_targets() {
                    if square_sum(&self.seen(&whitener, &others, target)).0.sqrt() > PRIVATE {
                        continue;
                    }
                    let explained = &z * &target.whitened[m];
                    let share =
                        explained.iter().fold(Quad::ZERO, |sum, &entry| sum + entry * entry) / (lambda * lambda);
                    if share.0 > largest.0 {
                        largest = share;
                    }
                    let part = Part::new(SHARE).modality(m).private(id, Among::All).place(j + 1);
                    clauses.push(Clause::at_most(part, share.0, bound.0, error));
                }
                total += largest;
            }
            let bound = apart / (Quad::ONE + Quad::from_f64(count as f64 - 2.0) * lambda);
            let part = Part::new(SHARES).all_private(Among::All).place(j + 1);
            clauses.push(Clause::at_most(part, total.0, bound.0, error * count as f64));
        }
        Some(())
    }

    /// At a fixed encoder of x_1, K as modalities join the others; and the eigenvalues when the variates are found again.
    fn growth(&self, clauses: &mut Vec<Clause>, variates: &Variates, dim: usize) -> Option<()> {
        let count = self.starts.len() - 1;
        let (rows, outputs) = orthonormal_rows(&variates.coordinates[0])?;
        let mut before: Option<PreciseMatrix> = None;
        for joined in 1..count {
            let (predictors, _, jointly) = self.others(0, &(1..=joined).collect::<Vec<_>>())?;
            let predicted = &rows * predictors;
            let now = &predicted * predicted.transpose();
            if let Some(before) = before.filter(|_| rows.nrows() > 0) {
                let lost = eigen(&(before - &now))?.0[0].0;
                let error = 2.0 * self.error * jointly.max(outputs);
                clauses.push(Clause::at_most(Part::new(LOST).modality(joined), lost, 0.0, error));
            }
            before = Some(now);
        }
        if count > 2 {
            let places = self.places(&(0..count - 1).collect::<Vec<_>>());
            let block = |i: usize, j: usize| self.covariance[(places[i], places[j])];
            let fewer = eigen(&PreciseMatrix::from_fn(places.len(), places.len(), block))?.0;
            let error = self.error * (count * dim) as f64;
            let of_last = |claim| Part::new(claim).modality(count - 1);
            let mut gained = Quad::ZERO;
            for (j, &after) in variates.all.iter().take(dim).enumerate() {
                let before = fewer.get(j).copied().unwrap_or(Quad::ZERO);
                gained += after - before;
                clauses.push(Clause::at_most(of_last(EIGENVALUE).place(j + 1), before.0, after.0, error));
            }
            clauses.push(Clause::at_most(of_last(GAINED), gained.0, dim as f64, error));
        }
        Some(())
    }

    /// What the variates that all modalities determine say about the targets.
    fn agreement(&self, clauses: &mut Vec<Clause>, variates: &Variates) -> Option<()> {
        let count = self.starts.len() - 1;
        let agrees = |j: &usize| {
            variates.coordinates.iter().all(|rows| {
                let variance = rows.row(*j).iter().fold(Quad::ZERO, |sum, &entry| sum + entry * entry);
                (Quad::ONE - variance).0.abs() <= INDISTINCT
            })
        };
        let common = (0..variates.kept.len()).take_while(agrees).count();
        if common == 0 {
            return Some(());
        }
        let (rows, _) = orthonormal_rows(&variates.coordinates[0].rows(0, common).into_owned())?;
        for (id, target) in self.named_targets() {
            let part = |claim| Part::new(claim).about(id.clone());
            let said = |m: usize, rows: Option<&PreciseMatrix>| {
                let visible = rows.map_or_else(|| target.whitened[m].clone(), |rows| rows * &target.whitened[m]);
                information(&(visible.transpose() * &visible), self.error)
            };
            let least = (0..count).filter_map(|m| said(m, None)).min_by(|a, b| a.0.0.total_cmp(&b.0.0));
            if let (Some(kept), Some(least)) = (said(0, Some(&rows)), least) {
                clauses.push(Clause::at_most(part(INFORMATION), kept.0.0, least.0.0, kept.1 + least.1));
            }
            let left = |seen: &PreciseMatrix| root(target.variance - square_sum(seen)).0;
            let sigma = (0..count).map(|m| left(&target.seen[m])).fold(0.0, f64::max);
            let sigma_z = left(&(&rows * &target.seen[0]));
            let unit = root(target.variance).0;
            let error = unit * (root_error(self.error, sigma / unit) + root_error(self.error, sigma_z / unit));
            clauses.push(Clause::at_most(part(DEVIATION), sigma, sigma_z, error).of_size(unit));
        }
        Some(())
    }
}

impl Variates {
    fn new(law: &Modalities, count: usize, dim: usize) -> Option<Self> {
        let (all, vectors) = eigen(&law.covariance)?;
        let kept: Vec<Quad> = all.iter().copied().take(dim).take_while(|lambda| lambda.0 > SHARED).collect();
        let coordinates = (0..count)
            .map(|m| {
                let (start, end) = (law.starts[m], law.starts[m + 1]);
                let mut rows =
                    PreciseMatrix::from_fn(kept.len(), end - start, |j, i| vectors[(start + i, j)] * root(kept[j]));
                for mut row in rows.row_iter_mut() {
                    if row.iter().all(|entry| entry.0.abs() < UNSEEN) {
                        row.fill(Quad::ZERO);
                    }
                }
                rows
            })
            .collect();
        Some(Self { kept, all, coordinates })
    }
}
