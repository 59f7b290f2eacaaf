//! Samples from files: split into parts once, drawn in batches, standardised.

use super::scaling::Scaling;
use super::{DataError, Evaluation, Paired, Source};
use alignloss::random::Stream;
use rand::seq::SliceRandom;

/// Pairs in memory, split into parts.
#[derive(Debug)]
pub(super) struct Held {
    parts: Evaluation,
    /// The group of each test sample.
    test_groups: Vec<usize>,
}

impl Held {
    /// Splits pairs, each of which belongs to a group, into training, validation and test samples, and standardises
    /// every channel of the views by the training part.
    pub(super) fn new(whole: &Paired, groups: &[usize], parts: &[Vec<usize>; 3]) -> Self {
        let test_groups = parts[2].iter().map(|&sample| groups[sample]).collect();
        let [train, validation, test] = parts.each_ref().map(|members| whole.select(members));
        let mut parts = Evaluation { train, validation, test };
        for m in 0..2 {
            let scaling = Scaling::of(&parts.train.views[m]);
            for part in [&mut parts.train, &mut parts.validation, &mut parts.test] {
                scaling.apply(&mut part.views[m].values);
            }
        }
        Self { parts, test_groups }
    }
}

impl Source for Held {
    fn shapes(&self) -> [Vec<usize>; 2] {
        [self.parts.train.views[0].shape.clone(), self.parts.train.views[1].shape.clone()]
    }

    #[expect(clippy::cast_possible_truncation, reason = "below the number of batches of an epoch")]
    fn batch(&self, seed: u64, step: u64, size: usize) -> Result<Paired, DataError> {
        super::check_batch(size)?;
        let count = self.parts.train.count();
        let batches = (count / size) as u64;
        if batches == 0 {
            return Err(DataError::setting("batch", format!("{size} pairs, but there are {count} training pairs")));
        }
        // Every epoch has its own order; samples that do not fill a batch are left out, so no batch contains a pair twice.
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut Stream { seed, experiment: "epoch", cell: step / batches, replicate: 0 }.generator());
        let start = (step % batches) as usize * size;
        Ok(self.parts.train.select(&order[start..start + size]))
    }

    fn evaluation(&self, _seed: u64) -> Result<Evaluation, DataError> {
        Ok(self.parts.clone())
    }

    fn test_groups(&self) -> Option<&[usize]> {
        Some(&self.test_groups)
    }
}
