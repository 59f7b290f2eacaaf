//! Results with one row per training and step, and one column per measure.

use super::{COLUMNS, Experiment};
use alignloss::experiment::Results;
use std::collections::{BTreeMap, HashMap};

/// From rows of single measurements (the store) to rows of trainings.
///
/// Columns are the axes, `replicate`, `outcome`, `stage`, `step`, then measures: `MEASURE.FACTOR.SOURCE` and, as the
/// mean over the factors of a role, `MEASURE.ROLE.SOURCE`; without a factor `MEASURE.SOURCE`. Missing measurements are empty.
pub fn wide(experiment: &Experiment, results: &Results) -> Results {
    let axes = experiment.axes().count();
    let place = |name: &str| axes + COLUMNS.iter().position(|column| *column == name).unwrap_or(0);
    let [measure, factor, role, source, value] = ["measure", "factor", "role", "source", "value"].map(place);
    let mut names: Vec<String> = Vec::new();
    let mut keys: Vec<&[String]> = Vec::new();
    let mut places: HashMap<&[String], usize> = HashMap::new();
    // By training and step: sums and counts for each column.
    let mut sums: BTreeMap<(usize, usize), (f64, usize)> = BTreeMap::new();
    let index_of = |list: &mut Vec<String>, name: String| {
        list.iter().position(|own| *own == name).unwrap_or_else(|| {
            list.push(name);
            list.len() - 1
        })
    };
    for row in results.rows() {
        let key = &row[..axes + 4];
        let Ok(number) = row[value].parse::<f64>() else { continue };
        let training = *places.entry(key).or_insert_with(|| {
            keys.push(key);
            keys.len() - 1
        });
        let columns = if row[factor].is_empty() {
            vec![format!("{}.{}", row[measure], row[source])]
        } else {
            vec![
                format!("{}.{}.{}", row[measure], row[factor], row[source]),
                format!("{}.{}.{}", row[measure], row[role], row[source]),
            ]
        };
        for name in columns {
            let column = index_of(&mut names, name);
            let entry = sums.entry((training, column)).or_insert((0.0, 0));
            *entry = (entry.0 + number, entry.1 + 1);
        }
    }
    let rows = keys
        .iter()
        .enumerate()
        .map(|(training, key)| {
            let mean = |column: usize| {
                sums.get(&(training, column)).map(|(sum, count)| (sum / *count as f64).to_string()).unwrap_or_default()
            };
            key.iter().cloned().chain((0..names.len()).map(mean)).collect()
        })
        .collect();
    let heads = experiment.axes().chain(COLUMNS.into_iter().take(4)).map(str::to_owned);
    Results::new(heads.chain(names).collect(), rows)
}
