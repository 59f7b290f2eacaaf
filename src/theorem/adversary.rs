//! The adversary: searches for the models and encoders on which a theorem comes closest to failing.
//!
//! For a claim lhs ≤ rhs it maximises the tightness lhs/rhs; for an identity, the deviation |lhs − rhs| in units of its
//! error bound. Models (loadings, noise, coupling of the latents) and encoders (free, near the canonical ones, exact
//! minimisers) vary together; a race of CMA-ES runs chooses among the kinds. Theorems that claim any distribution are
//! also attacked on discrete laws, with logits and encoder tables as parameters.
//!
//! It proves nothing: the tightness reached by a search is only a lower bound on the supremum.

mod gaussian;
mod race;

use super::discrete::{Claim, Shape};
use super::verify::{Counterexample, Witness};
use super::{Clause, Finding, Relation, Status, Theorem, Verdict, certainty};
use crate::objective;
use crate::random::Stream;
use gaussian::Terrain;
use race::{Landscape, Outcome, WORST, race};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// What to search.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// The theorems; those that draw samples are left out.
    pub theorems: Vec<&'static dyn Theorem>,
    /// The encoders' numbers of outputs d, each searched by itself.
    pub dims: Vec<usize>,
    /// Cases judged per theorem, dimension and goal, after a few probes of each kind of model and encoders.
    pub budget: u64,
    /// The seed of everything.
    pub seed: u64,
    /// Whether discrete laws are searched too.
    pub discrete: bool,
    /// Named in the streams, so that two uses of one seed differ.
    pub experiment: &'a str,
}

/// The worst that was found about one theorem at one dimension.
#[derive(Debug, Clone)]
pub struct Extreme {
    /// The theorem.
    pub id: &'static str,
    /// `gaussian` or `discrete`.
    pub law: &'static str,
    /// d.
    pub dim: usize,
    /// The greatest lhs/rhs of its inequalities, each less its error bound, so that one in which only rounding is left does
    /// not count; NaN when it has none.
    pub tightness: f64,
    /// The greatest |lhs − rhs| of its identities in units of their error bounds; NaN when it has none.
    pub deviation: f64,
    /// How many cases were judged.
    pub evaluations: u64,
    /// Cases that could not be judged since a decomposition failed.
    pub failures: u64,
    /// `does-not-apply` when the theorem applied nowhere; `inconclusive` when it can't be known since cases failed.
    pub status: Status,
    /// The violation, or else the tightest case (for a theorem of identities only, the most deviating one).
    pub witness: Option<Box<Counterexample>>,
}

/// What is made large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Tightness,
    Deviation,
}

impl Goal {
    /// How near a claim is to failing, in the measure of this goal: above 1 it fails. `None` for claims of the other kind and for those
    /// that say nothing.
    fn pressure(self, clause: &Clause) -> Option<f64> {
        match (self, clause.relation) {
            (Self::Tightness, Relation::AtMost) => {
                if clause.rhs == f64::INFINITY || clause.lhs == f64::NEG_INFINITY {
                    return None;
                }
                if clause.lhs == f64::INFINITY {
                    return Some(2.0);
                }
                // lhs/rhs for positive sides that hold, and still monotone where a side is negative or the claim fails.
                let scale = clause.lhs.abs().max(clause.rhs.abs());
                let pressure = 1.0 - (clause.slack() + clause.error) / scale;
                (scale > 0.0 && pressure.is_finite()).then_some(pressure)
            }
            (Self::Deviation, Relation::Equal) => {
                let pressure = -clause.slack() / clause.error;
                pressure.is_finite().then_some(pressure)
            }
            _ => None,
        }
    }

    /// That of the worst claim.
    fn score(self, finding: &Finding) -> f64 {
        match finding {
            Finding::Inapplicable(_) => WORST,
            Finding::Checked(clauses) => {
                clauses.iter().filter_map(|clause| self.pressure(clause)).fold(WORST, f64::max)
            }
        }
    }
}

/// A theorem over Gaussian models and linear encoders.
struct GaussianLandscape<'a> {
    theorem: &'static dyn Theorem,
    terrain: Terrain,
    goal: Goal,
    failures: &'a AtomicU64,
}

impl Landscape for GaussianLandscape<'_> {
    fn dimension(&self) -> usize {
        self.terrain.dimension()
    }

    fn score(&self, point: &[f64]) -> f64 {
        let finding = self.terrain.visit(point, |_, case| self.theorem.examine(case));
        if let Ok(Ok(finding)) = finding {
            self.goal.score(&finding)
        } else {
            self.failures.fetch_add(1, Ordering::Relaxed);
            WORST
        }
    }
}

/// A theorem over discrete laws and encoder tables.
struct DiscreteLandscape {
    shape: Shape,
    free_predictor: bool,
}

impl Landscape for DiscreteLandscape {
    fn dimension(&self) -> usize {
        self.shape.parameters(self.free_predictor)
    }

    fn score(&self, point: &[f64]) -> f64 {
        let finding = self
            .shape
            .instance(point, self.free_predictor)
            .ok()
            .and_then(|instance| instance.examine(self.shape.claim).ok());
        finding.map_or(WORST, |finding| Goal::Tightness.score(&finding))
    }
}

impl Search<'_> {
    /// A search over all theorems and discrete laws.
    pub fn all(dims: Vec<usize>, budget: u64, seed: u64) -> Self {
        let theorems = super::REGISTRY.to_vec();
        Self { theorems, dims, budget, seed, discrete: true, experiment: "adversary" }
    }

    /// How many rows [`Search::run`] returns.
    pub fn total(&self) -> usize {
        self.jobs().len()
    }

    /// One row for each theorem and dimension, and one for each discrete law, in the order of the theorems; the same on any number
    /// of threads. `finished` is called once for each row.
    pub fn run(&self, finished: impl Fn() + Sync) -> Vec<Extreme> {
        self.jobs()
            .into_par_iter()
            .map(|job| {
                let extreme = match job {
                    Job::Gaussian(theorem, dim) => self.gaussian(theorem, dim),
                    Job::Discrete(claim, dim) => self.discrete(claim, dim),
                };
                finished();
                extreme
            })
            .collect()
    }

    fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::new();
        for &theorem in self.theorems.iter().filter(|theorem| !theorem.sampled()) {
            jobs.extend(self.dims.iter().map(|&dim| Job::Gaussian(theorem, dim)));
            let claim = Claim::ALL.into_iter().find(|claim| self.discrete && claim.id() == theorem.id());
            jobs.extend(
                claim.into_iter().flat_map(|claim| self.dims.iter().map(move |&dim| Job::Discrete(claim, dim))),
            );
        }
        jobs
    }

    /// The theorem's name is hashed into the stream: a theorem meets the same adversary whichever others are searched.
    fn stream(&self, name: &str, dim: usize, goal: Goal) -> Stream<'_> {
        let hash = blake3::hash(name.as_bytes());
        let mut cell = [0; 8];
        cell.copy_from_slice(&hash.as_bytes()[..8]);
        let cell = u64::from_le_bytes(cell) ^ (dim as u64) << 1 ^ u64::from(goal == Goal::Deviation);
        Stream { seed: self.seed, experiment: self.experiment, cell, replicate: 0 }
    }

    fn gaussian(&self, theorem: &'static dyn Theorem, dim: usize) -> Extreme {
        let failures = AtomicU64::new(0);
        let mut extreme = Extreme::nothing(theorem.id(), "gaussian", dim);
        for goal in [Goal::Tightness, Goal::Deviation] {
            let landscapes: Vec<GaussianLandscape> = Terrain::all(dim)
                .into_iter()
                .map(|terrain| GaussianLandscape { theorem, terrain, goal, failures: &failures })
                .collect();
            let outcome = race(&landscapes, self.budget, self.stream(theorem.id(), dim, goal));
            let judge = |landscape: usize, point: &[f64]| {
                let terrain = landscapes[landscape].terrain;
                let judged = terrain.visit(point, |model, case| {
                    // What rounding did must not be taken for a violation.
                    let (finding, _) = certainty::settle(theorem.id(), case, theorem.examine(case).ok()?);
                    let score = goal.score(&finding);
                    let witness = Witness::Gaussian {
                        model: Box::new(model.clone()),
                        encoders: Box::new(case.encoders.clone()),
                        minimiser: terrain.minimiser().map(|index| {
                            let entry = &objective::REGISTRY[index];
                            (entry.id, entry.default().parameters(), dim)
                        }),
                    };
                    Some((score, finding, witness))
                });
                let (score, finding, witness) = judged.ok()??;
                let verdict = Verdict::of(theorem.id(), finding);
                Some((score, Counterexample { witness, origin: terrain.describe(), index: 0, verdict }))
            };
            extreme.take(goal, &outcome, judge);
        }
        extreme.failures = failures.into_inner();
        if extreme.failures > 0 && extreme.status == Status::DoesNotApply {
            extreme.status = Status::Inconclusive;
        }
        extreme
    }

    fn discrete(&self, claim: Claim, dim: usize) -> Extreme {
        let mut extreme = Extreme::nothing(claim.id(), "discrete", dim);
        let free = if claim == Claim::Lipschitz { &[false, true][..] } else { &[false] };
        let landscapes: Vec<DiscreteLandscape> = free
            .iter()
            .flat_map(|&free_predictor| {
                [[dim + 2, dim + 1, 2], [2 * dim + 2, dim + 1, 3]]
                    .map(|sizes| DiscreteLandscape { shape: Shape { claim, sizes, dim }, free_predictor })
            })
            .collect();
        let name = format!("{} discrete", claim.id());
        let outcome = race(&landscapes, self.budget, self.stream(&name, dim, Goal::Tightness));
        let judge = |landscape: usize, point: &[f64]| {
            let DiscreteLandscape { shape, free_predictor } = &landscapes[landscape];
            let instance = shape.instance(point, *free_predictor).ok()?;
            let finding = instance.examine(claim).ok()?;
            let score = Goal::Tightness.score(&finding);
            let origin = format!("a table of {:?} symbols with d = {dim}", shape.sizes);
            let verdict = Verdict::of(claim.id(), finding);
            Some((score, Counterexample { witness: Witness::Discrete(Box::new(instance)), origin, index: 0, verdict }))
        };
        extreme.take(Goal::Tightness, &outcome, judge);
        extreme
    }
}

#[derive(Debug, Clone, Copy)]
enum Job {
    Gaussian(&'static dyn Theorem, usize),
    Discrete(Claim, usize),
}

impl Extreme {
    fn nothing(id: &'static str, law: &'static str, dim: usize) -> Self {
        Self {
            id,
            law,
            dim,
            tightness: f64::NAN,
            deviation: f64::NAN,
            evaluations: 0,
            failures: 0,
            status: Status::DoesNotApply,
            witness: None,
        }
    }

    /// Takes the finishers of a race into account: every violation among them, or else the worst case that holds.
    fn take(&mut self, goal: Goal, outcome: &Outcome, judge: impl Fn(usize, &[f64]) -> Option<(f64, Counterexample)>) {
        self.evaluations += outcome.evaluations;
        for finish in &outcome.finishers {
            let Some((score, case)) = judge(finish.landscape, &finish.point) else { continue };
            if score <= WORST {
                continue;
            }
            let (greatest, status) = match goal {
                Goal::Tightness => (&mut self.tightness, case.verdict.status),
                Goal::Deviation => (&mut self.deviation, case.verdict.status),
            };
            let record = greatest.is_nan() || score > *greatest;
            if record {
                *greatest = score;
            }
            let worse = status == Status::Violated && self.status != Status::Violated;
            let first = self.witness.is_none() || record && goal == Goal::Tightness && self.status != Status::Violated;
            if worse || first {
                self.witness = Some(Box::new(case));
            }
            if worse || matches!(self.status, Status::DoesNotApply | Status::Inconclusive) {
                self.status = status;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_is_tightness_less_the_error_bound() {
        let tight = Goal::Tightness;
        let pressure = tight.pressure(&Clause::at_most("x", 0.9, 1.0, 0.05)).expect("an inequality");
        assert!((pressure - 0.85).abs() < 1e-15);
        // Two roundings say nothing.
        assert!(tight.pressure(&Clause::at_most("x", 1e-16, 1e-16, 1e-12)).expect("an inequality") < -1.0);
        assert!(tight.pressure(&Clause::at_most("x", 1.2, 1.0, 0.05)).expect("an inequality") > 1.0);
        // Both sides negative: still above 1 only where the claim fails.
        assert!(tight.pressure(&Clause::at_most("x", -2.0, -1.0, 0.0)).expect("an inequality") < 1.0);
        assert!(tight.pressure(&Clause::at_most("x", -1.0, -2.0, 0.0)).expect("an inequality") > 1.0);
        assert_eq!(tight.pressure(&Clause::at_most("x", 1.0, f64::INFINITY, 0.0)), None);
        assert_eq!(tight.pressure(&Clause::equal("x", 1.0, 1.0, 0.1)), None);
        assert_eq!(Goal::Deviation.pressure(&Clause::equal("x", 1.25, 1.0, 0.5)), Some(0.5));
    }

    /// The measurement of docs/decisions.md: how near one run of each optimiser comes to the bound from the same start.
    #[test]
    #[ignore = "a measurement; cargo test --release --lib optimisers_compared -- --ignored --nocapture"]
    #[expect(clippy::print_stdout, reason = "a measurement that is read")]
    fn optimisers_compared() {
        use argmin::core::{CostFunction, Error, Executor};
        use argmin::solver::neldermead::NelderMead;
        use rand_distr::{Distribution, StandardNormal};

        struct Negated<'a, L>(&'a L);
        impl<L: Landscape> CostFunction for Negated<'_, L> {
            type Param = Vec<f64>;
            type Output = f64;
            fn cost(&self, point: &Vec<f64>) -> Result<f64, Error> {
                Ok(-self.0.score(point))
            }
        }

        const BUDGET: u64 = 6000;
        let failures = AtomicU64::new(0);
        for id in ["capacity", "correlation", "lipschitz"] {
            for dim in [1, 3] {
                let theorem = super::super::find(id).expect("registered");
                let terrain = Terrain::all(dim)[0];
                let landscape = GaussianLandscape { theorem, terrain, goal: Goal::Tightness, failures: &failures };
                let mut scores = [Vec::new(), Vec::new(), Vec::new()];
                for seed in 0..5 {
                    let stream = Stream { seed, experiment: "optimisers", cell: dim as u64, replicate: 0 };
                    let mut generator = stream.generator();
                    let n = landscape.dimension();
                    let mut draw = || (0..n).map(|_| StandardNormal.sample(&mut generator)).collect::<Vec<f64>>();
                    let start = draw();
                    let random = (0..BUDGET).map(|_| landscape.score(&draw())).fold(WORST, f64::max);
                    let simplex = (0..=n)
                        .map(|i| {
                            let mut vertex = start.clone();
                            if i > 0 {
                                vertex[i - 1] += 0.5;
                            }
                            vertex
                        })
                        .collect();
                    // One or two scores an iteration.
                    let nelder_mead = Executor::new(Negated(&landscape), NelderMead::new(simplex))
                        .configure(|state| state.max_iters(BUDGET * 2 / 3))
                        .run()
                        .map_or(WORST, |result| -result.state.best_cost);
                    let cma = race(&[&landscape], BUDGET, stream).finishers[0].score;
                    for (list, score) in scores.iter_mut().zip([random, nelder_mead, cma]) {
                        list.push(score);
                    }
                }
                let medians = scores.map(|mut list| {
                    list.sort_by(f64::total_cmp);
                    list[2]
                });
                println!(
                    "{id} d = {dim}, {} parameters: 1 − tightness by random points, Nelder–Mead, CMA-ES: {:.1e} {:.1e} {:.1e}",
                    landscape.dimension(),
                    1.0 - medians[0],
                    1.0 - medians[1],
                    1.0 - medians[2]
                );
            }
        }
    }
}
