//! The user's own pairs.
//!
//! Each view is a file: samples are the rows of an array (`.npy`, `.npz`) or of a table (`.csv`, `.parquet`), or the
//! pixels of an image (GeoTIFF), or square tiles of it. Targets are columns or bands of files with equally many rows or pixels.
//!
//! ```toml
//! [data]
//! kind = "paired"
//! first = { path = "sentinel2.tif" }
//! second = { path = "sentinel1.tif", no_data = -9999.0 }
//! block = 10
//!
//! [[data.factors]]
//! name = "soil moisture"
//! role = "private-second"
//! path = "in_situ.tif"
//!
//! [[data.factors]]
//! name = "crop"
//! role = "shared"
//! kind = { classification = { classes = 4 } }
//! path = "crops.tif"
//! ```
//!
//! # Georeferencing
//! The images of a pair are assumed to lie on one grid, pixel by pixel; their georeferences are not compared. Resample
//! them to one grid first (for example `gdalwarp -tr 10 10 -te …`).

use super::batches::Held;
use super::read::{Rows, is_mark, located, read};
use super::split::{SHARES, blocks, split};
use super::{DataError, Factor, Kind, Observations, Paired, Role};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How samples with a missing value are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The first one is an error, which names it.
    #[default]
    Error,
    /// They are dropped.
    Drop,
}

/// The file of a view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewFile {
    /// `.npy`, `.npz`, `.csv`, `.parquet`, `.tif` or `.tiff`.
    pub path: PathBuf,
    /// The array in an `.npz` file; optional if there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub array: Option<String>,
    /// Columns of a table, or bands of an image counted from `"1"`; all of them by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// A value that means "no data", in addition to NaN, empty cells and a GeoTIFF's own marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_data: Option<f64>,
}

/// A factor and the file that holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorFile {
    /// Its name.
    pub name: String,
    /// The presumed role; how far it is true is measured.
    pub role: Role,
    /// Numbers, or classes 0, 1, ….
    #[serde(default = "regression")]
    pub kind: Kind,
    /// As for a view; rows with several entries make one factor with as many entries.
    pub path: PathBuf,
    /// As for a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub array: Option<String>,
    /// As for a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// As for a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_data: Option<f64>,
}

/// Pairs from files: see [the module](self).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The first view.
    pub first: ViewFile,
    /// The second view.
    pub second: ViewFile,
    /// Factors and targets.
    #[serde(default)]
    pub factors: Vec<FactorFile>,
    /// A column of whole numbers that says which samples belong together (fields, scenes, patients) and go to the same
    /// part. Without it, samples of arrays and tables are taken to be independent; if any file is an image, its pixels
    /// are grouped into blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ViewFile>,
    /// Side of the square image blocks assigned to one part, in pixels.
    #[serde(default = "block_side")]
    pub block: usize,
    /// Side of the square image tiles that form one sample, in pixels; 1 takes single pixels. Factors are averaged over
    /// a tile, and classes decided by majority.
    #[serde(default = "one")]
    pub tile: usize,
    /// How samples with a missing value are treated.
    #[serde(default)]
    pub missing: Missing,
    /// Shares of groups or blocks for training, validation and test.
    #[serde(default = "shares")]
    pub split: [f64; 3],
    /// Seed of the split.
    #[serde(default)]
    pub split_seed: u64,
}

fn regression() -> Kind {
    Kind::Regression
}

fn block_side() -> usize {
    10
}

fn one() -> usize {
    1
}

fn shares() -> [f64; 3] {
    SHARES
}

/// A file's rows and their purpose.
struct Part {
    rows: Rows,
    /// How the pixels of a tile become one entry; `None` keeps them all.
    summary: Option<Kind>,
}

impl Files {
    pub(super) fn files(&self, folder: Option<&Path>) -> Vec<PathBuf> {
        let views = [&self.first, &self.second].into_iter().chain(&self.group).map(|file| &file.path);
        views.chain(self.factors.iter().map(|factor| &factor.path)).map(|path| located(folder, path)).collect()
    }

    pub(super) fn open(&self, folder: Option<&Path>) -> Result<Held, DataError> {
        for (field, value) in [("block", self.block), ("tile", self.tile)] {
            if value == 0 {
                return Err(DataError::setting(field, "0 pixels"));
            }
        }
        let part =
            |file: &ViewFile, summary| -> Result<Part, DataError> { Ok(Part { rows: file.read(folder)?, summary }) };
        let mut parts = vec![part(&self.first, None)?, part(&self.second, None)?];
        for factor in &self.factors {
            parts.push(part(&factor.file(), Some(factor.kind))?);
        }
        if let Some(group) = &self.group {
            parts.push(part(group, Some(Kind::Classification { classes: usize::MAX }))?);
        }
        let grid = agree(&parts)?;
        if self.tile > 1 {
            let Some(grid) = grid else {
                return Err(DataError::setting("tile", format!("{} pixels, but the views are not images", self.tile)));
            };
            for part in &mut parts {
                part.cut_into_tiles(grid, self.tile)?;
            }
        }
        let kept = self.complete(&parts)?;
        let groups = self.groups(&parts, grid)?;
        let factors = self.factors.iter().zip(&parts[2..]).map(|(factor, part)| {
            factor.check(&part.rows, &kept)?;
            Ok(Factor {
                name: factor.name.clone(),
                role: factor.role,
                kind: factor.kind,
                dims: part.rows.width(),
                values: part.rows.values.clone(),
            })
        });
        let factors = factors.collect::<Result<Vec<_>, DataError>>()?;
        let whole =
            Paired { views: [parts[0].rows.observations(), parts[1].rows.observations()], factors }.select(&kept);
        let kept_groups: Vec<usize> = kept.iter().map(|&sample| groups[sample]).collect();
        let members = split(&kept_groups, self.split, self.split_seed)?;
        Ok(Held::new(&whole, &kept_groups, &members))
    }

    /// Samples without missing values, and without values that overflow in single precision, which encoders use.
    #[expect(clippy::cast_possible_truncation, reason = "the rounding is what is looked at")]
    fn complete(&self, parts: &[Part]) -> Result<Vec<usize>, DataError> {
        let gap = |part: &Part, sample: usize| {
            let width = part.rows.width();
            // Views are kept whole; factors are summarised.
            let usable =
                |value: f64| if part.summary.is_none() { (value as f32).is_finite() } else { value.is_finite() };
            part.rows.values[sample * width..(sample + 1) * width].iter().position(|&value| !usable(value))
        };
        let mut kept = Vec::with_capacity(parts[0].rows.count());
        for sample in 0..parts[0].rows.count() {
            let found = parts.iter().find_map(|part| gap(part, sample).map(|entry| (part, entry)));
            match (found, self.missing) {
                (None, _) => kept.push(sample),
                (Some(_), Missing::Drop) => {}
                (Some((part, entry)), Missing::Error) => {
                    let value = part.rows.values[sample * part.rows.width() + entry];
                    return Err(DataError::Missing {
                        path: part.rows.path.clone(),
                        field: part.rows.name(entry),
                        row: sample,
                        value: match value {
                            _ if value.is_nan() => "missing".into(),
                            _ if value.is_finite() => format!("{value:e}, too large for single precision"),
                            _ => value.to_string(),
                        },
                    });
                }
            }
        }
        Ok(kept)
    }

    /// The group of each sample.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number, just checked")]
    fn groups(&self, parts: &[Part], grid: Option<[usize; 2]>) -> Result<Vec<usize>, DataError> {
        let samples = parts[0].rows.count();
        match (&self.group, grid) {
            (Some(_), _) => {
                let rows = &parts[parts.len() - 1].rows;
                if rows.width() != 1 {
                    return Err(DataError::content(&rows.path, "group", format!("{} columns, not one", rows.width())));
                }
                let group = |(row, &value): (usize, &f64)| {
                    if value.is_nan() || value.fract() == 0.0 && (0.0..1e15).contains(&value) {
                        // Samples without a group have already been dropped.
                        Ok(value as usize)
                    } else {
                        let problem = format!("row {row}: {value} is not a whole number of at least 0");
                        Err(DataError::content(&rows.path, rows.name(0), problem))
                    }
                };
                rows.values.iter().enumerate().map(group).collect()
            }
            (None, Some([height, width])) => {
                Ok(blocks([height / self.tile, width / self.tile], self.block.div_ceil(self.tile)))
            }
            (None, None) => Ok((0..samples).collect()),
        }
    }
}

impl ViewFile {
    fn read(&self, folder: Option<&Path>) -> Result<Rows, DataError> {
        let mut rows = read(&located(folder, &self.path), self.array.as_deref(), self.columns.as_deref())?;
        if let Some(mark) = self.no_data {
            rows.values.iter_mut().filter(|value| is_mark(**value, mark)).for_each(|value| *value = f64::NAN);
        }
        Ok(rows)
    }
}

impl FactorFile {
    fn file(&self) -> ViewFile {
        ViewFile {
            path: self.path.clone(),
            array: self.array.clone(),
            columns: self.columns.clone(),
            no_data: self.no_data,
        }
    }

    /// Classes are one column of whole numbers below their count.
    fn check(&self, rows: &Rows, kept: &[usize]) -> Result<(), DataError> {
        let Kind::Classification { classes } = self.kind else { return Ok(()) };
        if rows.width() != 1 {
            let problem = format!("{} columns, but a class is one", rows.width());
            return Err(DataError::content(&rows.path, self.name.clone(), problem));
        }
        let is_class = |value: f64| value.fract() == 0.0 && value >= 0.0 && value < classes as f64;
        match kept.iter().find(|&&row| !is_class(rows.values[row])) {
            None => Ok(()),
            Some(&row) => {
                let problem =
                    format!("row {row}: {} is not a class from 0 to {}", rows.values[row], classes.max(1) - 1);
                Err(DataError::content(&rows.path, self.name.clone(), problem))
            }
        }
    }
}

/// Checks that all files have equally many rows, and images equal height and width, which are returned if there are any images.
fn agree(parts: &[Part]) -> Result<Option<[usize; 2]>, DataError> {
    let first = &parts[0].rows;
    let image = parts.iter().find_map(|part| part.rows.grid.map(|grid| (&part.rows, grid)));
    for Part { rows, .. } in &parts[1..] {
        if rows.count() != first.count() {
            return Err(DataError::Rows {
                path: rows.path.clone(),
                found: rows.count(),
                reference: first.path.clone(),
                expected: first.count(),
            });
        }
        if let (Some(found), Some((reference, expected))) = (rows.grid, image)
            && found != expected
        {
            let problem = format!("{found:?} pixels, but {} has {expected:?}", reference.path.display());
            return Err(DataError::content(&rows.path, "height and width", problem));
        }
    }
    Ok(image.map(|(_, grid)| grid))
}

impl Part {
    /// Pixels become square tiles; leftovers at the right and at the bottom are dropped.
    fn cut_into_tiles(&mut self, [height, width]: [usize; 2], tile: usize) -> Result<(), DataError> {
        let [down, across] = [height / tile, width / tile];
        if down == 0 || across == 0 {
            return Err(DataError::setting("tile", format!("{tile} pixels, but the images have {height} × {width}")));
        }
        let rows = &self.rows;
        if rows.shape.len() != 1 {
            return Err(DataError::content(&rows.path, "shape", format!("{:?} is not that of a pixel", rows.shape)));
        }
        let bands = rows.width();
        let pixels_of = |index: usize| {
            let (top, left) = (index / across * tile, index % across * tile);
            (0..tile * tile).map(move |pixel| (top + pixel / tile) * width + left + pixel % tile)
        };
        let mut values = Vec::new();
        for index in 0..down * across {
            for band in 0..bands {
                let of_tile = pixels_of(index).map(|pixel| rows.values[pixel * bands + band]);
                match self.summary {
                    None => values.extend(of_tile),
                    Some(Kind::Regression) => values.push(of_tile.sum::<f64>() / (tile * tile) as f64),
                    Some(Kind::Classification { .. }) => values.push(most_frequent(of_tile)),
                }
            }
        }
        if self.summary.is_none() {
            self.rows.shape = vec![bands, tile, tile];
            self.rows.names = (0..bands * tile * tile)
                .map(|entry| {
                    format!("{}, pixel {} of the tile", self.rows.name(entry / (tile * tile)), entry % (tile * tile))
                })
                .collect();
        }
        self.rows.values = values;
        Ok(())
    }
}

impl Rows {
    #[expect(clippy::cast_possible_truncation, reason = "encoders work in single precision")]
    fn observations(&self) -> Observations {
        Observations { shape: self.shape.clone(), values: self.values.iter().map(|&value| value as f32).collect() }
    }
}

/// The most frequent value, the smallest in case of ties; NaN if any value is NaN.
fn most_frequent(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    if sorted.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    sorted.sort_by(f64::total_cmp);
    let runs = sorted.chunk_by(|a, b| a.total_cmp(b).is_eq());
    // The last of the longest runs in reverse order is the one with the smallest value.
    let longest = runs.collect::<Vec<_>>().into_iter().rev().max_by_key(|run| run.len());
    longest.map_or(f64::NAN, |run| run[0])
}
