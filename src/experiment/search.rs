//! Cells whose model and encoders an adversary chooses: how tight a theorem's bound can be.

use super::ExperimentError;
use super::columns::Learning;
use super::grid::{AxisValue, Cell};
use crate::random::Stream;
use crate::theorem::adversary::Search;
use crate::theorem::{self, Theorem};
use rand::Rng;

/// Cases that a search judges by default.
const BUDGET: u64 = 4000;

/// What a cell asks of the adversary.
pub(super) struct SearchSetting {
    theorem: &'static dyn Theorem,
    dim: usize,
    budget: u64,
}

impl SearchSetting {
    /// Reads the axes `theorem`, `dim` and `search.budget`.
    ///
    /// # Errors
    /// [`ExperimentError::Field`] names the axis and the invalid value.
    pub(super) fn new(cell: &Cell) -> Result<Self, ExperimentError> {
        let wrong = |axis: &str, problem: String| ExperimentError::Field { field: format!("grid.{axis:?}"), problem };
        let theorem = match cell.parameter("theorem") {
            Some(AxisValue::Text(id)) => theorem::find(id).map_err(|error| wrong("theorem", error.to_string()))?,
            Some(other) => return Err(wrong("theorem", format!("{}, expected the id of a theorem", other.text()))),
            None => return Err(wrong("theorem", "missing: estimator = \"adversary\" needs one".into())),
        };
        if theorem.sampled() {
            return Err(wrong(
                "theorem",
                format!("{:?} draws samples, so the adversary cannot search it", theorem.id()),
            ));
        }
        let whole = |axis: &str, default: u64| match cell.parameter(axis) {
            None => Ok(default),
            Some(AxisValue::Integer(value)) if *value >= 1 => Ok(value.unsigned_abs()),
            Some(other) => Err(wrong(axis, format!("{}, expected a whole number of at least 1", other.text()))),
        };
        let dim = usize::try_from(whole("dim", 1)?).map_err(|error| wrong("dim", error.to_string()))?;
        Ok(Self { theorem, dim, budget: whole("search.budget", BUDGET)? })
    }

    /// Runs the search; each replicate searches with its own seed.
    pub(super) fn run(&self, stream: Stream) -> Learning {
        let seed = Stream { cell: 0, ..stream }.generator().next_u64();
        let search = Search {
            theorems: vec![self.theorem],
            dims: vec![self.dim],
            budget: self.budget,
            seed,
            discrete: false,
            experiment: stream.experiment,
        };
        let extreme = search.run(|| ()).remove(0);
        Learning { outcome: extreme.status.word(), tightness: Some(extreme.tightness), ..Learning::default() }
    }
}
