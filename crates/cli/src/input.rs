//! Reading the user's files, with errors that name the file. `-` is standard input.

use alignloss::model::{Format, LatentModel};
use alignloss::text;
use anyhow::{Context, bail};
use std::io::Read;
use std::path::Path;

/// The largest model file accepted, in bytes.
const LARGEST_FILE: u64 = 256 << 20;

/// The byte order marks of UTF-16.
const UTF_16: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// Whether a path stands for standard input.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The name of a file in messages.
pub(super) fn name(path: &Path) -> String {
    if is_standard(path) { "standard input".into() } else { path.display().to_string() }
}

/// The text of a file, of bounded size.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    let describe = || name(path);
    if is_standard(path) {
        return bounded(path, std::io::stdin().lock());
    }
    let file = std::fs::File::open(path).with_context(describe)?;
    if file.metadata().with_context(describe)?.is_dir() {
        bail!("{}: expected a file, found a directory", path.display());
    }
    bounded(path, file)
}

fn bounded(path: &Path, source: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    source.take(LARGEST_FILE + 1).read_to_end(&mut bytes).with_context(|| name(path))?;
    if bytes.len() as u64 > LARGEST_FILE {
        bail!("{}: larger than {} MiB", name(path), LARGEST_FILE >> 20);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text::without_mark(&text).to_owned()),
        Err(error) if UTF_16.iter().any(|mark| error.as_bytes().starts_with(mark)) => {
            bail!("{}: is in UTF-16; save it as UTF-8", name(path))
        }
        Err(error) => {
            bail!("{}: not a text file (byte {} is not UTF-8)", name(path), error.utf8_error().valid_up_to())
        }
    }
}

/// The model in a file. The extension gives the format; for standard input, the first character does.
pub(super) fn model(path: &Path) -> anyhow::Result<LatentModel> {
    let describe = || name(path);
    if is_standard(path) {
        let text = text(path)?;
        return LatentModel::parse(&text, Format::of_text(&text)).with_context(describe);
    }
    let format = Format::of_path(path).with_context(describe)?;
    LatentModel::parse(&text(path)?, format).with_context(describe)
}
