//! Splits groups of samples into training, validation and test parts.

use super::DataError;
use alignloss::random::Stream;
use rand::seq::SliceRandom;

/// Default fractions of groups for training, validation and test.
pub(super) const SHARES: [f64; 3] = [0.6, 0.2, 0.2];

/// Samples of each part, group by group. `groups[i]` is the group of sample i: each group goes to one part as a whole,
/// because neighbours in an image are dependent.
///
/// # Errors
/// [`DataError::Setting`] if the fractions are invalid, there are fewer than four groups, or a part would get fewer
/// than two samples.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of groups")]
pub(super) fn split(groups: &[usize], shares: [f64; 3], seed: u64) -> Result<[Vec<usize>; 3], DataError> {
    let total: f64 = shares.iter().sum();
    if shares.iter().any(|share| !(*share > 0.0 && share.is_finite())) {
        return Err(DataError::setting("split", format!("{shares:?}, expected three positive shares")));
    }
    let mut names: Vec<usize> = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    let count = names.len();
    names.shuffle(&mut Stream { seed, experiment: "data split", cell: 0, replicate: 0 }.generator());
    if count < 4 {
        let problem =
            format!("{count} groups, expected at least 4: the test part needs two, as intervals resample groups");
        return Err(DataError::setting("split", problem));
    }
    // Every part gets at least one group, the test part two.
    let first = ((count as f64 * shares[0] / total).round() as usize).clamp(1, count - 3);
    let second = ((count as f64 * (shares[0] + shares[1]) / total).round() as usize).clamp(first + 1, count - 2);
    let mut members: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
    for (sample, &group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(sample);
    }
    let part = |range: std::ops::Range<usize>| -> Vec<usize> {
        names[range].iter().filter_map(|name| members.get(name)).flatten().copied().collect()
    };
    let parts = [part(0..first), part(first..second), part(second..count)];
    if let Some(index) = parts.iter().position(|part| part.len() < 2) {
        let name = ["training", "validation", "test"][index];
        let problem = format!("{count} groups leave {} samples for the {name} part", parts[index].len());
        return Err(DataError::setting("split", problem));
    }
    Ok(parts)
}

/// The square block of `side` pixels that contains each pixel of an image, row by row.
pub(super) fn blocks([height, width]: [usize; 2], side: usize) -> Vec<usize> {
    let across = width.div_ceil(side);
    (0..height * width).map(|pixel| pixel / width / side * across + pixel % width / side).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_never_torn_and_nothing_is_lost() {
        let groups = blocks([30, 47], 10);
        let parts = split(&groups, SHARES, 4).unwrap();
        let mut all: Vec<usize> = parts.concat();
        all.sort_unstable();
        assert_eq!(all, (0..30 * 47).collect::<Vec<_>>());
        let of = |part: &[usize]| part.iter().map(|&sample| groups[sample]).collect::<std::collections::BTreeSet<_>>();
        let [a, b, c] = parts.each_ref().map(|part| of(part));
        assert!(a.is_disjoint(&b) && a.is_disjoint(&c) && b.is_disjoint(&c));
        assert_eq!((a.len(), b.len(), c.len()), (9, 3, 3));
    }

    #[test]
    fn too_few_groups_are_an_error() {
        assert!(split(&[0, 0, 1, 1, 2, 2], SHARES, 0).is_err(), "a test part of one group");
        let parts = split(&[0, 0, 1, 1, 2, 2, 3, 3], [0.8, 0.1, 0.1], 0).unwrap();
        assert_eq!(parts.map(|part| part.len()), [2, 2, 4]);
        assert!(split(&[0, 0, 1, 2, 3], SHARES, 0).is_err(), "a part of one sample");
    }
}
