//! Reading the user's files, with errors that name the file.

use crate::model::{Format, LatentModel};
use anyhow::{Context, bail};
use std::io::Read;
use std::path::Path;

/// A model file beyond this size is no model file.
const LARGEST_FILE: u64 = 256 << 20;

/// The text of a file, bounded in size.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    let describe = || path.display().to_string();
    let file = std::fs::File::open(path).with_context(describe)?;
    if file.metadata().with_context(describe)?.is_dir() {
        bail!("{}: is a directory, expected a file", path.display());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).with_context(describe)?;
    if bytes.len() as u64 > LARGEST_FILE {
        bail!("{}: larger than {} MiB", path.display(), LARGEST_FILE >> 20);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            bail!("{}: not a text file (byte {} is not UTF-8)", path.display(), error.utf8_error().valid_up_to())
        }
    }
}

/// The model in a file.
pub(super) fn model(path: &Path) -> anyhow::Result<LatentModel> {
    let describe = || path.display().to_string();
    let format = Format::of_path(path).with_context(describe)?;
    LatentModel::parse(&text(path)?, format).with_context(describe)
}
