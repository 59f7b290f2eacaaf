//! A training on disk: a one-line header, then parameters and moments, bit for bit.

use super::Memory;
use crate::optimiser::State;
use alignloss::experiment::write_whole;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The first words of a checkpoint: the kind of file and the version of its format.
const MAGIC: &str = "alignloss-train checkpoint 1";

/// Why a checkpoint can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system reported an error.
    #[error("{}: {problem}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        problem: std::io::Error,
    },
    /// The file is not a checkpoint, or not complete.
    #[error("{}: not a complete checkpoint ({problem}); remove it to start this cell again", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Its parameters do not fit this model.
    #[error("the checkpoint belongs to another model; remove it, or run with --fresh")]
    OtherModel,
}

/// The state of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    memory: Memory,
    state: State,
    notes: serde_json::Value,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    /// Identifies the training: checkpoints of anything else are not read.
    identity: String,
    memory: Memory,
    steps: u64,
    lengths: Vec<usize>,
    notes: serde_json::Value,
}

impl Checkpoint {
    pub(super) fn new(memory: Memory, state: State, notes: serde_json::Value) -> Self {
        Self { memory, state, notes }
    }

    pub(super) fn into_parts(self) -> (Memory, State) {
        (self.memory, self.state)
    }

    /// The notes saved with it.
    pub fn notes(&self) -> &serde_json::Value {
        &self.notes
    }

    /// Writes it under a temporary name, syncs and renames it, so that any existing checkpoint is complete.
    ///
    /// # Errors
    /// [`CheckpointError::Io`].
    pub fn write(&self, path: &Path, identity: &str) -> Result<(), CheckpointError> {
        let header = Header {
            identity: identity.into(),
            memory: self.memory.clone(),
            steps: self.state.steps,
            lengths: self.state.values.iter().map(Vec::len).collect(),
            notes: self.notes.clone(),
        };
        let io = |problem: std::io::Error| CheckpointError::Io { path: path.into(), problem };
        let header = serde_json::to_string(&header).map_err(|error| io(error.into()))?;
        let mut bytes = format!("{MAGIC}\n{header}\n").into_bytes();
        for list in [&self.state.values, &self.state.first, &self.state.second] {
            bytes.extend(list.iter().flatten().flat_map(|value| value.to_le_bytes()));
        }
        write_whole(path, &bytes).map_err(io)
    }

    /// Reads it; `None` if there is none, or one with another identity.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn read(path: &Path, identity: &str) -> Result<Option<Self>, CheckpointError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(problem) => return Err(CheckpointError::Io { path: path.into(), problem }),
        };
        let corrupt = |problem: &str| CheckpointError::Corrupt { path: path.into(), problem: problem.into() };
        let mut parts = bytes.splitn(3, |&byte| byte == b'\n');
        if parts.next() != Some(MAGIC.as_bytes()) {
            return Err(corrupt("wrong first line"));
        }
        let header = parts.next().ok_or_else(|| corrupt("no header"))?;
        let header: Header = serde_json::from_slice(header).map_err(|error| corrupt(&error.to_string()))?;
        if header.identity != identity {
            return Ok(None);
        }
        let rest = parts.next().ok_or_else(|| corrupt("no numbers"))?;
        let total: usize = header.lengths.iter().sum();
        if rest.len() != 3 * 4 * total {
            return Err(corrupt(&format!("{} bytes of numbers, expected {}", rest.len(), 12 * total)));
        }
        let mut numbers = rest.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
        let mut list = || -> Vec<Vec<f32>> {
            header.lengths.iter().map(|&length| numbers.by_ref().take(length).collect()).collect()
        };
        let (values, first, second) = (list(), list(), list());
        let state = State { steps: header.steps, values, first, second };
        Ok(Some(Self { memory: header.memory, state, notes: header.notes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_come_back_bit_by_bit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cell.checkpoint");
        let state = State {
            steps: 7,
            values: vec![vec![0.1, -0.0, 1e-42], vec![]],
            first: vec![vec![1.0, 2.0, f32::MIN_POSITIVE], vec![]],
            second: vec![vec![0.3, f32::MAX, 10.0], vec![]],
        };
        let memory = Memory { step: 7, curve: vec![(0, 0.1 + 0.2)], ..Memory::default() };
        let checkpoint = Checkpoint::new(memory, state, serde_json::json!([["a"]]));
        assert_eq!(Checkpoint::read(&path, "a").expect("no file is fine"), None);
        checkpoint.write(&path, "a").expect("written");
        let back = Checkpoint::read(&path, "a").expect("readable").expect("there");
        assert_eq!(back, checkpoint);
        assert!(back.state.values[0][1].is_sign_negative());
        assert_eq!(Checkpoint::read(&path, "b").expect("another's"), None);
        let bytes = std::fs::read(&path).expect("there");
        std::fs::write(&path, &bytes[..bytes.len() - 1]).expect("cut");
        assert!(matches!(Checkpoint::read(&path, "a"), Err(CheckpointError::Corrupt { .. })));
    }
}
