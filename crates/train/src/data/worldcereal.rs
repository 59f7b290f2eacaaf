//! Monthly Sentinel-1 and Sentinel-2 composites of one square kilometre in Belgium.
//!
//! # Origin of the data
//! The public repository `WorldCereal/worldcereal-classification` (MIT licence), test resources at commit 6c574425;
//! they contain modified Copernicus Sentinel data of 2020 and 2021 (free and open; attribution requested). The data are
//! not part of this project: give their folder with `--data`. Three little-endian NumPy files are read, covering 100 ×
//! 100 pixels of 10 m in EPSG:32631 and the twelve months from November 2020 to October 2021:
//!
//! | file | shape | values |
//! |---|---|---|
//! | `s1_t12_vv_vh_y100_x100_u16.npy` | 12, 2, 100, 100 | VV and VH, dB = 20·log10(DN) − 83, 0 is no data |
//! | `s2_t12_b9_y100_x100_u16.npy` | 12, 9, 100, 100 | B02 B03 B04 B05 B06 B07 B08 B11 B12, reflectance × 10⁴, 65535 and 0 are no data |
//! | `cropland_u8.npy` | 100, 100 | 1 is cropland, by the WorldCereal model |
//!
//! To convert the original: from the preprocessed inputs (one NetCDF file with the variables `S2-L2A-B02` …, `S1-SIGMA0-VV`,
//! `S1-SIGMA0-VH` over `t`, `y`, `x`) stack the variables in the order above and save each stack as unsigned 16 bit integers:
//!
//! ```text
//! cube = xarray.open_dataset(inputs)
//! s2 = numpy.stack([cube[f"S2-L2A-{b}"] for b in BANDS], axis=1).astype("<u2")
//! s1 = numpy.stack([cube[f"S1-SIGMA0-{p}"] for p in ("VV", "VH")], axis=1).astype("<u2")
//! ```
//!
//! # The pairs
//! The first view is Sentinel-2 in all months before October 2021 with usable data, the second Sentinel-1 in the eleven
//! months before October 2021. Targets are images of October 2021, which neither view contains: NDVI and B11 (private
//! to optical), VV and VH (private to radar), and the cropland mask (shared). Pixels with a missing value are left out.
//!
//! It is a single patch. Private targets are later images of the same sensor, so their prediction relies partly on
//! persistence, and the mask is the output of a model that saw both sensors. Neighbouring pixels are similar, so parts
//! consist of whole blocks of pixels, and intervals resample whole blocks.

use super::batches::Held;
use super::read::{Array, read_array};
use super::split::{SHARES, blocks, split};
use super::{DataError, Factor, Kind, Observations, Paired, Role};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const RADAR: &str = "s1_t12_vv_vh_y100_x100_u16.npy";
const OPTICAL: &str = "s2_t12_b9_y100_x100_u16.npy";
const CROPLAND: &str = "cropland_u8.npy";

/// The folder of these files in a folder of several data sets.
const FOLDER: &str = "worldcereal-belgium";

/// Month of the targets, from November 2020.
const HELD_OUT: usize = 11;

/// Indices of B04, B08 and B11 among the bands.
const RED: usize = 2;
const NEAR_INFRARED: usize = 6;
const SHORT_WAVE: usize = 7;

/// Months with a smaller fraction of valid pixels are left out entirely.
const LEAST_VALID: f64 = 0.5;

/// Sentinel-2 (first view) and Sentinel-1 (second view) over one patch in Belgium: see [the module](self).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldCereal {
    /// The folder of the files, inside the data folder; if it is not given, the data folder itself or its subfolder
    /// `worldcereal-belgium`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Side of the blocks assigned to one part, in pixels.
    pub block: usize,
    /// Shares of blocks for training, validation and test.
    pub split: [f64; 3],
    /// Seed of the split.
    pub split_seed: u64,
}

impl Default for WorldCereal {
    fn default() -> Self {
        Self { folder: None, block: 10, split: SHARES, split_seed: 0 }
    }
}

impl WorldCereal {
    fn located(&self, data_folder: Option<&Path>) -> Result<PathBuf, DataError> {
        match (&self.folder, data_folder) {
            (Some(folder), _) => Ok(super::read::located(data_folder, folder)),
            (None, Some(folder)) if folder.join(FOLDER).is_dir() => Ok(folder.join(FOLDER)),
            (None, Some(folder)) => Ok(folder.to_owned()),
            (None, None) => Err(DataError::NoFolder { what: "worldcereal" }),
        }
    }

    pub(super) fn files(&self, data_folder: Option<&Path>) -> Result<Vec<PathBuf>, DataError> {
        let folder = self.located(data_folder)?;
        Ok([RADAR, OPTICAL, CROPLAND].map(|name| folder.join(name)).into())
    }

    pub(super) fn open(&self, data_folder: Option<&Path>) -> Result<Held, DataError> {
        let folder = self.located(data_folder)?;
        if self.block == 0 {
            return Err(DataError::setting("block", "0 pixels"));
        }
        let read = |name: &str, expected: &[usize]| {
            let path = folder.join(name);
            let array = read_array(&path)?;
            // All axes except those of the image, and the same number of them.
            if array.shape.len() != expected.len() + 2 || array.shape[..expected.len()] != *expected {
                let problem = format!("shape {:?}, expected {expected:?} and height and width", array.shape);
                return Err(DataError::content(&path, "array", problem));
            }
            Ok(Stack { path, array })
        };
        let (radar, optical) = (read(RADAR, &[12, 2])?, read(OPTICAL, &[12, 9])?);
        let cropland = read(CROPLAND, &[])?;
        let grid = radar.grid();
        for other in [&optical, &cropland] {
            if other.grid() != grid {
                let problem = format!("{:?} pixels, but {RADAR} has {grid:?}", other.grid());
                return Err(DataError::content(&other.path, "array", problem));
            }
        }
        let (whole, pixels) = assemble(&radar, &optical, &cropland)?;
        let blocks = blocks(grid, self.block);
        let groups: Vec<usize> = pixels.iter().map(|&pixel| blocks[pixel]).collect();
        let parts = split(&groups, self.split, self.split_seed)?;
        Ok(Held::new(&whole, &groups, &parts))
    }
}

/// Layers of one file.
struct Stack {
    path: PathBuf,
    array: Array,
}

impl Stack {
    fn grid(&self) -> [usize; 2] {
        let shape = &self.array.shape;
        [shape[shape.len() - 2], shape[shape.len() - 1]]
    }

    fn pixels(&self) -> usize {
        self.grid().iter().product()
    }

    /// Layer `band` of `month`, with `bands` per month.
    fn layer(&self, month: usize, band: usize, bands: usize) -> &[f64] {
        let start = (month * bands + band) * self.pixels();
        &self.array.values[start..start + self.pixels()]
    }
}

/// Views and targets of all pixels without gaps, and the indices of these pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "single precision; integers as they were stored"
)]
fn assemble(radar: &Stack, optical: &Stack, cropland: &Stack) -> Result<(Paired, Vec<usize>), DataError> {
    let pixels = radar.pixels();
    let valid = |number: f64| number > 0.0 && number != 65535.0;
    let seen = |month: usize, pixel: usize| (0..9).all(|band| valid(optical.layer(month, band, 9)[pixel]));
    let months: Vec<usize> = (0..HELD_OUT)
        .filter(|&month| {
            let count = (0..pixels).filter(|&pixel| seen(month, pixel)).count();
            count as f64 >= LEAST_VALID * pixels as f64
        })
        .collect();
    if months.is_empty() {
        return Err(DataError::content(&optical.path, "array", "no month before the last has half of its pixels"));
    }
    let heard = |pixel: usize| (0..12).all(|month| (0..2).all(|band| radar.layer(month, band, 2)[pixel] > 0.0));
    let kept: Vec<usize> = (0..pixels)
        .filter(|&pixel| heard(pixel) && seen(HELD_OUT, pixel) && months.iter().all(|&month| seen(month, pixel)))
        .collect();
    let decibel = |number: f64| 20.0 * number.log10() - 83.0;
    let layers = |stack: &Stack, months: &[usize], bands: usize, scale: &dyn Fn(f64) -> f64| {
        let layers: Vec<&[f64]> =
            months.iter().flat_map(|&month| (0..bands).map(move |band| stack.layer(month, band, bands))).collect();
        let values = kept.iter().flat_map(|&pixel| layers.iter().map(move |layer| layer[pixel]));
        Observations { shape: vec![layers.len()], values: values.map(|value| scale(value) as f32).collect() }
    };
    let all: Vec<usize> = (0..HELD_OUT).collect();
    let views = [layers(optical, &months, 9, &|number| number / 1e4), layers(radar, &all, 2, &decibel)];
    let number = |name: &str, role, value: &dyn Fn(usize) -> f64| Factor {
        name: name.to_owned(),
        role,
        kind: Kind::Regression,
        dims: 1,
        values: kept.iter().map(|&pixel| value(pixel)).collect(),
    };
    let band = |band: usize| optical.layer(HELD_OUT, band, 9);
    let ndvi = |pixel: usize| {
        let (red, infrared) = (band(RED)[pixel], band(NEAR_INFRARED)[pixel]);
        (infrared - red) / (infrared + red).max(1.0)
    };
    let factors = vec![
        Factor {
            kind: Kind::Classification { classes: 2 },
            ..number("cropland", Role::Shared, &|pixel| cropland.array.values[pixel])
        },
        number("NDVI", Role::PrivateFirst, &ndvi),
        number("B11", Role::PrivateFirst, &|pixel| band(SHORT_WAVE)[pixel] / 1e4),
        number("VV", Role::PrivateSecond, &|pixel| decibel(radar.layer(HELD_OUT, 0, 2)[pixel])),
        number("VH", Role::PrivateSecond, &|pixel| decibel(radar.layer(HELD_OUT, 1, 2)[pixel])),
    ];
    if let Some(&value) = factors[0].values.iter().find(|&&value| value != 0.0 && value != 1.0) {
        return Err(DataError::content(&cropland.path, "array", format!("{value} is neither 0 nor 1")));
    }
    Ok((Paired { views, factors }, kept))
}
