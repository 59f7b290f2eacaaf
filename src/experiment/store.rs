//! The result store: CSV parts that are written whole or not at all, and a manifest.
//!
//! Results belong to a class of [`arithmetic`]: the manifest names it, and every row repeats it in its last column.
//! Parts computed on different kinds of processors can thus be told apart even after files were copied together, and
//! are never merged.

use super::Experiment;
use super::columns::{Column, describe};
use crate::arithmetic;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The result store can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file system reported an error.
    #[error("{}: {problem}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// The error.
        problem: std::io::Error,
    },
    /// A part or the manifest is corrupt.
    #[error("{}: {problem}", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The folder holds results of another experiment or version.
    #[error("{}: results of another version of this experiment (or of the program); discard them with --fresh, or choose another --out", path.display())]
    Stale {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds results computed by another class of processor.
    #[error(
        "{}: computed with {found} arithmetic, but this processor has {here}: their last digits differ, so one experiment can't mix \
         them; continue on a processor with {found}, choose another --out, or discard the results with --fresh",
        path.display()
    )]
    Arithmetic {
        /// The folder.
        path: PathBuf,
        /// The class of the results.
        found: String,
        /// The class of this processor.
        here: String,
    },
    /// The folder mixes parts computed by different classes of processors.
    #[error(
        "{}: computed with {found} arithmetic, but the other parts with {expected}: their last digits differ, so they can't be merged; \
         delete this part and run the sweep again on a processor with {expected}",
        path.display()
    )]
    Mixed {
        /// The part.
        path: PathBuf,
        /// Its class.
        found: String,
        /// The class named by the manifest.
        expected: String,
    },
    /// Some parts are missing.
    #[error("{}: {missing} of {parts} parts are missing; run the sweep to its end first", path.display())]
    Incomplete {
        /// The folder.
        path: PathBuf,
        /// Number of missing parts.
        missing: usize,
        /// Number of parts in all.
        parts: usize,
    },
}

/// A description of a store's contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The name of the experiment.
    pub experiment: String,
    /// Its title.
    pub title: String,
    /// Hash of everything the results depend on: a store with another hash is stale.
    pub hash: String,
    /// The seed.
    pub seed: u64,
    /// The number of cells.
    pub cells: u64,
    /// Independent repetitions of each.
    pub replicates: u64,
    /// The columns of every row.
    pub columns: Vec<Column>,
}

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Manifest {
    experiment: String,
    title: String,
    hash: String,
    version: String,
    /// The class of arithmetic; older stores do not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arithmetic: Option<String>,
    seed: u64,
    cells: u64,
    replicates: u64,
    parts: usize,
    columns: Vec<ColumnEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ColumnEntry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

/// The file that describes the parts.
const MANIFEST: &str = "manifest.json";

/// The last column of every row: the class of arithmetic that computed it.
const ARITHMETIC: &str = "arithmetic";

/// The folder of one experiment's results.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
}

/// Results read back: a table of text fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Store {
    /// Opens the store of an experiment in `folder`, creating it if necessary. With `fresh`, results of another version
    /// are discarded; without, they are an error.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path, experiment: &Experiment, parts: usize, fresh: bool) -> Result<Self, StoreError> {
        Self::create(folder, Contents::of(experiment), parts, fresh)
    }

    /// Like [`Store::open`], for results of any kind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create(folder: &Path, contents: Contents, parts: usize, fresh: bool) -> Result<Self, StoreError> {
        let store = Self { folder: folder.into(), manifest: Manifest::new(contents, parts) };
        std::fs::create_dir_all(folder).map_err(|source| store.io(folder, source))?;
        match store.obstacle()? {
            None if store.manifest_path().exists() => return Ok(store),
            Some(obstacle) if !fresh => return Err(obstacle),
            _ => {}
        }
        store.clear()?;
        store.write(MANIFEST, &store.manifest_text())?;
        Ok(store)
    }

    /// Why this processor may not add to the folder's contents; `None` if there are none yet.
    fn obstacle(&self) -> Result<Option<StoreError>, StoreError> {
        let stale = || StoreError::Stale { path: self.folder.clone() };
        let existing = match Self::existing(&self.folder) {
            Ok(existing) => existing,
            Err(StoreError::Io { problem, .. }) if problem.kind() == std::io::ErrorKind::NotFound => {
                return Ok(self.parts_present()?.next().map(|_| stale()));
            }
            Err(StoreError::Corrupt { .. }) => return Ok(Some(stale())),
            Err(error) => return Err(error),
        };
        let found = existing.manifest.arithmetic.as_deref();
        let Some(found) = found.filter(|_| existing.holds(&self.manifest.hash, self.manifest.parts)) else {
            return Ok(Some(stale()));
        };
        let here = arithmetic::class();
        if found != here {
            let path = self.folder.clone();
            return Ok(Some(StoreError::Arithmetic { path, found: found.into(), here: here.into() }));
        }
        for path in self.parts_present()? {
            if let Some(found) = first_class(&path).filter(|found| found != here) {
                return Ok(Some(StoreError::Mixed { path, found, expected: here.into() }));
            }
        }
        Ok(None)
    }

    /// The results that an experiment left in `folder`, whichever processor computed them, for reading and merging.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if they are from another version of the experiment or program; otherwise as
    /// [`Store::existing`].
    pub fn finished(folder: &Path, experiment: &Experiment, parts: usize) -> Result<Self, StoreError> {
        let store = Self::existing(folder)?;
        if store.holds(&experiment.hash(), parts) { Ok(store) } else { Err(StoreError::Stale { path: folder.into() }) }
    }

    /// The store in `folder` as it is, whichever version of experiment and program wrote it.
    ///
    /// # Errors
    /// [`StoreError`] when there is none.
    pub fn existing(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(|problem| StoreError::Io { path: path.clone(), problem })?;
        let manifest =
            serde_json::from_str(&text).map_err(|error| StoreError::Corrupt { path, problem: error.to_string() })?;
        Ok(Self { folder: folder.into(), manifest })
    }

    fn holds(&self, hash: &str, parts: usize) -> bool {
        self.manifest.hash == hash && self.manifest.parts == parts
    }

    fn manifest_path(&self) -> PathBuf {
        self.folder.join(MANIFEST)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a part exists.
    pub fn has(&self, part: usize) -> bool {
        self.folder.join(part_name(part)).exists()
    }

    /// Writes a part under a temporary name, syncs and renames it, so that any existing part is complete.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write_part(&self, part: usize, rows: &[Vec<String>]) -> Result<(), StoreError> {
        let header: Vec<&str> = self.manifest.columns.iter().map(|column| column.name.as_str()).collect();
        let class = [arithmetic::class().to_owned()];
        self.write(&part_name(part), &csv_text(&header, rows.iter().map(|row| row.iter().chain(&class))))
    }

    /// The number of parts that exist, and the number in all.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn progress(&self) -> Result<(usize, usize), StoreError> {
        Ok((self.parts_present()?.count(), self.manifest.parts))
    }

    /// All rows, in the order of the grid.
    ///
    /// # Errors
    /// [`StoreError::Incomplete`] if parts are missing, [`StoreError::Corrupt`] if a part is damaged,
    /// [`StoreError::Mixed`] if parts are of different classes of arithmetic.
    pub fn read(&self) -> Result<Results, StoreError> {
        let columns: Vec<String> = self.manifest.columns.iter().map(|column| column.name.clone()).collect();
        let missing = (0..self.manifest.parts).filter(|&part| !self.has(part)).count();
        if missing > 0 {
            return Err(StoreError::Incomplete { path: self.folder.clone(), missing, parts: self.manifest.parts });
        }
        let mut rows = Vec::new();
        for part in 0..self.manifest.parts {
            let path = self.folder.join(part_name(part));
            let corrupt = |problem: String| StoreError::Corrupt { path: path.clone(), problem };
            let mut reader = csv::Reader::from_path(&path).map_err(|error| corrupt(error.to_string()))?;
            let header = reader.headers().map_err(|error| corrupt(error.to_string()))?;
            if header.iter().ne(columns.iter().map(String::as_str)) {
                return Err(corrupt("its columns differ from those in the manifest".into()));
            }
            for record in reader.records() {
                let record = record.map_err(|error| corrupt(error.to_string()))?;
                self.require_class(&path, &record)?;
                rows.push(record.iter().map(str::to_owned).collect());
            }
        }
        Ok(Results { columns, rows })
    }

    /// Checks that a row was computed with the arithmetic the manifest names. In old stores neither names one.
    fn require_class(&self, path: &Path, row: &csv::StringRecord) -> Result<(), StoreError> {
        let Some(expected) = &self.manifest.arithmetic else { return Ok(()) };
        match row.iter().next_back() {
            Some(found) if found != expected => {
                Err(StoreError::Mixed { path: path.into(), found: found.to_owned(), expected: expected.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Writes all parts to one file beside them, `merged.csv`, and returns its path.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn merge(&self) -> Result<PathBuf, StoreError> {
        let results = self.read()?;
        let header: Vec<&str> = results.columns.iter().map(String::as_str).collect();
        self.write("merged.csv", &csv_text(&header, results.rows.iter()))?;
        Ok(self.folder.join("merged.csv"))
    }

    fn manifest_text(&self) -> String {
        serde_json::to_string_pretty(&self.manifest).expect("a manifest is JSON") + "\n"
    }

    fn parts_present(&self) -> Result<impl Iterator<Item = PathBuf> + use<>, StoreError> {
        let entries = std::fs::read_dir(&self.folder).map_err(|source| self.io(&self.folder, source))?;
        Ok(entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("part-") && Path::new(name).extension().is_some_and(|extension| extension == "csv")
        }))
    }

    /// Removes all results of any version, including merged ones.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn clear(&self) -> Result<(), StoreError> {
        let merged = Some(self.folder.join("merged.csv")).filter(|path| path.exists());
        for path in self.parts_present()?.chain(merged) {
            std::fs::remove_file(&path).map_err(|source| self.io(&path, source))?;
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.folder.join(name);
        write_whole(&path, text.as_bytes()).map_err(|source| self.io(&path, source))
    }

    #[expect(clippy::unused_self, reason = "reads as the store's own error")]
    fn io(&self, path: &Path, source: std::io::Error) -> StoreError {
        StoreError::Io { path: path.into(), problem: source }
    }
}

impl Contents {
    fn of(experiment: &Experiment) -> Self {
        Self {
            experiment: experiment.name().into(),
            title: experiment.title().into(),
            hash: experiment.hash(),
            seed: experiment.seed(),
            cells: experiment.grid().size(),
            replicates: experiment.replicates(),
            columns: experiment.columns().into_iter().map(|name| Column { unit: describe(&name).1, name }).collect(),
        }
    }
}

impl Manifest {
    /// For results computed by this processor.
    fn new(contents: Contents, parts: usize) -> Self {
        let columns = contents.columns.into_iter().map(|column| (column.name, column.unit));
        Self {
            experiment: contents.experiment,
            title: contents.title,
            hash: contents.hash,
            version: env!("CARGO_PKG_VERSION").into(),
            arithmetic: Some(arithmetic::class().into()),
            seed: contents.seed,
            cells: contents.cells,
            replicates: contents.replicates,
            parts,
            columns: columns
                .chain([(ARITHMETIC.to_owned(), None)])
                .map(|(name, unit)| ColumnEntry { name, unit: unit.map(str::to_owned) })
                .collect(),
        }
    }
}

impl Results {
    /// A table from its columns and rows; every row is as wide as the columns.
    pub fn new(columns: Vec<String>, rows: Vec<Vec<String>>) -> Self {
        Self { columns, rows }
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// The index of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// Writes a file so that a reader, or a crash, finds either the old file or the complete new one: temporary name, sync, rename, sync.
///
/// # Errors
/// Errors of the file system.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    // tempfile makes files private; results should be readable.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

fn part_name(part: usize) -> String {
    format!("part-{part:05}.csv")
}

/// The class of arithmetic of a part's first row, if it names one.
fn first_class(path: &Path) -> Option<String> {
    let mut reader = csv::Reader::from_path(path).ok()?;
    let place = reader.headers().ok()?.iter().position(|name| name == ARITHMETIC)?;
    let row = reader.records().next()?.ok()?;
    row.get(place).map(str::to_owned)
}

fn csv_text<'a, Row>(header: &[&str], rows: impl Iterator<Item = Row>) -> String
where
    Row: IntoIterator<Item = &'a String>,
{
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).expect("writing to memory");
    for row in rows {
        writer.write_record(row).expect("rows are as wide as the header");
    }
    String::from_utf8(writer.into_inner().expect("writing to memory")).expect("fields are text")
}
