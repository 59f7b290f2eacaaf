//! Maximises a score from many starting points: a race of CMA-ES runs.

use crate::random::Stream;
use cmaes::{CMAES, CMAESOptions, DVector};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// The score of a point at which there is nothing to score.
pub(super) const WORST: f64 = -1e9;

/// Random points tried per landscape before the race; a landscape where all are [`WORST`] does not start.
const PROBES: u64 = 6;
/// Runs that start, at most: the landscapes with the best probes.
const STARTERS: usize = 24;
/// Share of the runs that go on after each round, and how many rounds there are.
const SURVIVORS: [usize; 2] = [6, 2];
/// First step of the search, in units of the parameters' own spread.
const STEP: f64 = 0.5;

/// Something to be maximised over a box-free vector of parameters of order one.
pub(super) trait Landscape: Sync {
    /// How many parameters a point has.
    fn dimension(&self) -> usize;

    /// The score of a point, [`WORST`] where there is none.
    fn score(&self, point: &[f64]) -> f64;
}

impl<L: Landscape> Landscape for &L {
    fn dimension(&self) -> usize {
        (**self).dimension()
    }

    fn score(&self, point: &[f64]) -> f64 {
        (**self).score(point)
    }
}

/// The best point of one run.
#[derive(Debug, Clone)]
pub(super) struct Finish {
    /// Which landscape.
    pub(super) landscape: usize,
    pub(super) point: Vec<f64>,
    pub(super) score: f64,
}

/// What a race gave: its finishers, best first, and how many scores it took.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) finishers: Vec<Finish>,
    pub(super) evaluations: u64,
}

type Score<'a> = Box<dyn FnMut(&DVector<f64>) -> f64 + Send + 'a>;

struct Runner<'a> {
    landscape: usize,
    search: CMAES<Score<'a>>,
    finished: bool,
    best: Finish,
}

impl Runner<'_> {
    /// Runs generations until about this many scores were taken in total.
    fn advance(&mut self, evaluations: usize) {
        while !self.finished && self.search.function_evals() < evaluations {
            self.finished = self.search.next().is_some();
        }
        if let Some(best) = self.search.overall_best_individual()
            && best.value > self.best.score
        {
            self.best =
                Finish { landscape: self.landscape, point: best.point.iter().copied().collect(), score: best.value };
        }
    }
}

/// Runs CMA-ES (Hansen 2016) from the best random point of each landscape, in rounds: a third of the budget for all, a third for the
/// best few, the rest for the best two. Runs are independent, each with its own seed, so the outcome does not depend on
/// the number of threads.
pub(super) fn race<L: Landscape>(landscapes: &[L], budget: u64, stream: Stream) -> Outcome {
    let probes: Vec<Option<Finish>> = landscapes
        .par_iter()
        .enumerate()
        .map(|(landscape, surface)| {
            let mut generator = Stream { replicate: landscape as u64, ..stream }.generator();
            let tried = (0..PROBES).map(|_| {
                let point: Vec<f64> = (0..surface.dimension()).map(|_| StandardNormal.sample(&mut generator)).collect();
                let score = surface.score(&point);
                Finish { landscape, point, score }
            });
            tried.filter(|probe| probe.score > WORST).max_by(|a, b| a.score.total_cmp(&b.score))
        })
        .collect();
    let mut probes: Vec<Finish> = probes.into_iter().flatten().collect();
    let mut evaluations = PROBES * landscapes.len() as u64;
    best_first(&mut probes, |probe| probe);
    probes.truncate(STARTERS);

    let mut runners: Vec<Runner> = probes.into_iter().filter_map(|probe| start(landscapes, probe, stream)).collect();
    let share = usize::try_from(budget / 3).unwrap_or(usize::MAX);
    let mut finishers = Vec::new();
    let mut target = 0;
    for survivors in SURVIVORS.map(Some).into_iter().chain([None]) {
        if runners.is_empty() {
            break;
        }
        target += share / runners.len();
        runners.par_iter_mut().for_each(|runner| runner.advance(target));
        best_first(&mut runners, |runner| &runner.best);
        let stay = survivors.unwrap_or(0).min(runners.len());
        for runner in runners.drain(stay..) {
            evaluations += runner.search.function_evals() as u64;
            finishers.push(runner.best);
        }
    }
    best_first(&mut finishers, |finish| finish);
    Outcome { finishers, evaluations }
}

/// `None` for a landscape without parameters.
fn start<'a, L: Landscape>(landscapes: &'a [L], probe: Finish, stream: Stream) -> Option<Runner<'a>> {
    let surface = &landscapes[probe.landscape];
    let seed = Stream { replicate: probe.landscape as u64, cell: !stream.cell, ..stream }.generator().next_u64();
    let score: Score = Box::new(move |point: &DVector<f64>| surface.score(point.as_slice()));
    let options = CMAESOptions::new(probe.point.clone(), STEP).mode(cmaes::Mode::Maximize).seed(seed);
    Some(Runner { landscape: probe.landscape, search: options.build(score).ok()?, finished: false, best: probe })
}

/// By score, descending; ties keep the order of the landscapes.
fn best_first<T>(items: &mut [T], finish: impl Fn(&T) -> &Finish) {
    items.sort_by(|a, b| {
        let (a, b) = (finish(a), finish(b));
        b.score.total_cmp(&a.score).then(a.landscape.cmp(&b.landscape))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bump of the given height at (0.3, …, 0.3), along a curved valley.
    struct Bump {
        dimension: usize,
        height: f64,
    }

    impl Landscape for Bump {
        fn dimension(&self) -> usize {
            self.dimension
        }

        fn score(&self, point: &[f64]) -> f64 {
            let valley: f64 = point.windows(2).map(|pair| 10.0 * (pair[1] - pair[0]).powi(2)).sum();
            self.height - valley - point.iter().map(|x| (x - 0.3).powi(2)).sum::<f64>()
        }
    }

    #[test]
    fn the_highest_bump_wins_and_its_top_is_found() {
        let landscapes: Vec<Bump> = [1.0, 3.0, 2.0].into_iter().map(|height| Bump { dimension: 6, height }).collect();
        let stream = Stream { seed: 1, experiment: "test", cell: 0, replicate: 0 };
        let outcome = race(&landscapes, 6000, stream);
        assert_eq!(outcome.finishers[0].landscape, 1);
        assert!((outcome.finishers[0].score - 3.0).abs() < 1e-6, "{:?}", outcome.finishers[0]);
        assert!(outcome.evaluations <= 6200, "{}", outcome.evaluations);
    }

    #[test]
    fn nothing_is_raced_where_nothing_scores() {
        struct Flat;
        impl Landscape for Flat {
            fn dimension(&self) -> usize {
                3
            }
            fn score(&self, _: &[f64]) -> f64 {
                WORST
            }
        }
        let outcome = race(&[Flat], 100, Stream { seed: 1, experiment: "test", cell: 0, replicate: 0 });
        assert!(outcome.finishers.is_empty());
    }
}
