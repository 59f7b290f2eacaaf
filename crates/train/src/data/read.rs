//! Reads arrays, tables and images as rows of numbers.
//!
//! The extension determines the format: `.npy`, `.npz`, `.csv`, `.parquet`, `.tif`/`.tiff`. Whatever the element type,
//! numbers are returned as doubles, and "no data" (an empty cell, a null, the image's own marker) as NaN.

use super::DataError;
use npyz::{DType, NpyFile, Order, TypeChar};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::{PlanarConfiguration, Tag};

/// An array of any shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
}

/// Rows of numbers, their origin, and the names of their entries.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    pub(super) path: PathBuf,
    /// The shape of one row: `[columns]` or `[channels, height, width]`.
    pub(super) shape: Vec<usize>,
    /// Rows × product(shape).
    pub(super) values: Vec<f64>,
    /// Names of the columns, if there are any.
    pub(super) names: Vec<String>,
    /// Height and width of the image whose pixels are the rows.
    pub(super) grid: Option<[usize; 2]>,
}

impl Rows {
    pub(super) fn width(&self) -> usize {
        self.shape.iter().product()
    }

    pub(super) fn count(&self) -> usize {
        self.values.len() / self.width()
    }

    /// The name of entry `index` of a row.
    pub(super) fn name(&self, index: usize) -> String {
        self.names.get(index).cloned().unwrap_or_else(|| format!("entry {index}"))
    }
}

/// A relative path is resolved from the folder.
pub(super) fn located(folder: Option<&Path>, path: &Path) -> PathBuf {
    folder.map_or_else(|| path.to_owned(), |folder| folder.join(path))
}

/// Rows of a file: `array` of an archive, `columns` of a table (all if none is named) or bands of an image (`"1"`, …).
pub(super) fn read(path: &Path, array: Option<&str>, columns: Option<&[String]>) -> Result<Rows, DataError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let unused = |setting: &str, given: bool, of: &str| {
        if given { Err(DataError::content(path, setting, format!("not a setting of {of}"))) } else { Ok(()) }
    };
    let rows = match extension.as_deref() {
        Some("npy") => {
            unused("array", array.is_some(), "a .npy file")?;
            unused("columns", columns.is_some(), "an array")?;
            of_array(path, "array", npy(path, "array", opened(path)?)?)?
        }
        Some("npz") => {
            unused("columns", columns.is_some(), "an array")?;
            npz(path, array)?
        }
        Some("csv") => {
            unused("array", array.is_some(), "a table")?;
            csv(path, columns)?
        }
        Some("parquet") => {
            unused("array", array.is_some(), "a table")?;
            parquet(path, columns)?
        }
        Some("tif" | "tiff") => {
            unused("array", array.is_some(), "an image")?;
            image(path, columns)?
        }
        _ => {
            return Err(DataError::unreadable(
                path,
                "unknown extension, expected one of .npy .npz .csv .parquet .tif .tiff",
            ));
        }
    };
    if rows.width() == 0 || rows.values.is_empty() {
        return Err(DataError::content(path, "rows", "there are none"));
    }
    Ok(rows)
}

/// The BLAKE3 hash of a file's bytes.
pub(crate) fn digest(path: &Path) -> Result<String, DataError> {
    let unreadable = |error| DataError::unreadable(path, error);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).map_err(unreadable)?).map_err(unreadable)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Whether a value is the marker for "no data", which single-precision files store rounded.
#[expect(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "a mark, not a measurement; rounding is the point"
)]
pub(super) fn is_mark(value: f64, mark: f64) -> bool {
    value == mark || value == f64::from(mark as f32)
}

/// An array file as stored.
pub(super) fn read_array(path: &Path) -> Result<Array, DataError> {
    npy(path, "array", opened(path)?)
}

fn opened(path: &Path) -> Result<BufReader<File>, DataError> {
    let file = File::open(path).map_err(|error| DataError::unreadable(path, error))?;
    let length = file.metadata().map_err(|error| DataError::unreadable(path, error))?.len();
    if length == 0 { Err(DataError::unreadable(path, "the file is empty")) } else { Ok(BufReader::new(file)) }
}

fn npy(path: &Path, name: &str, reader: impl Read) -> Result<Array, DataError> {
    let file = NpyFile::new(reader).map_err(|error| DataError::unreadable(path, error))?;
    let fail = |problem: String| DataError::content(path, name, problem);
    let kind = match file.dtype() {
        DType::Plain(kind) => kind,
        other => return Err(fail(format!("element type {} is not numeric", other.descr()))),
    };
    let size = |count: u64| usize::try_from(count).map_err(|_| fail(format!("{count} entries are too many")));
    let shape = file.shape().iter().map(|&count| size(count)).collect::<Result<Vec<_>, _>>()?;
    let order = file.order();
    macro_rules! elements {
        ($type:ty, $convert:expr) => {
            file.into_vec::<$type>()
                .map_err(|error| DataError::unreadable(path, error))?
                .into_iter()
                .map($convert)
                .collect::<Vec<f64>>()
        };
    }
    let values = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 8) => elements!(f64, |x| x),
        (TypeChar::Float, 4) => elements!(f32, f64::from),
        (TypeChar::Uint, 1) => elements!(u8, f64::from),
        (TypeChar::Uint, 2) => elements!(u16, f64::from),
        (TypeChar::Uint, 4) => elements!(u32, f64::from),
        (TypeChar::Uint, 8) => elements!(u64, |x| x as f64),
        (TypeChar::Int, 1) => elements!(i8, f64::from),
        (TypeChar::Int, 2) => elements!(i16, f64::from),
        (TypeChar::Int, 4) => elements!(i32, f64::from),
        (TypeChar::Int, 8) => elements!(i64, |x| x as f64),
        (TypeChar::Bool, _) => elements!(bool, |x| f64::from(u8::from(x))),
        _ => return Err(fail(format!("element type {kind} is not among bool, 8 to 64 bit integers, f4 and f8"))),
    };
    let expected = shape.iter().product::<usize>();
    if values.len() != expected {
        return Err(fail(format!("{} elements, but the shape {shape:?} needs {expected}", values.len())));
    }
    Ok(Array { values: if order == Order::Fortran { row_major(&values, &shape) } else { values }, shape })
}

/// Column-major values in row-major order.
fn row_major(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    (0..values.len())
        .map(|index| {
            let mut rest = index;
            let place: usize = (0..shape.len())
                .rev()
                .map(|axis| {
                    let at = rest % shape[axis];
                    rest /= shape[axis];
                    at * strides[axis]
                })
                .sum();
            values[place]
        })
        .collect()
}

/// The first axis of an array indexes the rows.
fn of_array(path: &Path, name: &str, array: Array) -> Result<Rows, DataError> {
    let shape = match *array.shape.as_slice() {
        [_] => vec![1],
        [_, columns] => vec![columns],
        [_, channels, height, width] => vec![channels, height, width],
        _ => {
            let problem = format!("shape {:?} is not [n], [n, columns] or [n, channels, height, width]", array.shape);
            return Err(DataError::content(path, name, problem));
        }
    };
    if array.values.is_empty() {
        return Err(DataError::content(path, name, format!("shape {:?} is empty", array.shape)));
    }
    Ok(Rows { path: path.to_owned(), shape, values: array.values, names: Vec::new(), grid: None })
}

fn npz(path: &Path, array: Option<&str>) -> Result<Rows, DataError> {
    let mut archive = zip::ZipArchive::new(opened(path)?).map_err(|error| DataError::unreadable(path, error))?;
    let mut names = Vec::new();
    for file in archive.file_names() {
        let file = file.map_err(|error| DataError::unreadable(path, error))?;
        names.extend(npyz::npz::array_name_from_file_name(&file).map(str::to_owned));
    }
    names.sort();
    let name = match (array, names.as_slice()) {
        (Some(array), _) if names.iter().any(|name| name == array) => array,
        (Some(array), _) => {
            return Err(DataError::content(path, array, format!("no such array; the arrays are {names:?}")));
        }
        (None, [only]) => only,
        (None, _) => {
            return Err(DataError::content(path, "array", format!("missing: the file has the arrays {names:?}")));
        }
    };
    let file = archive
        .by_name(&npyz::npz::file_name_from_array_name(name))
        .map_err(|error| DataError::unreadable(path, error))?;
    of_array(path, name, npy(path, name, file)?)
}

/// Indices of the requested columns, all if none is named.
fn places(path: &Path, wanted: Option<&[String]>, present: &[String]) -> Result<Vec<usize>, DataError> {
    let Some(wanted) = wanted else { return Ok((0..present.len()).collect()) };
    wanted
        .iter()
        .map(|name| {
            let place = present.iter().position(|column| column == name);
            place.ok_or_else(|| {
                DataError::content(path, name.clone(), format!("no such column; the columns are {present:?}"))
            })
        })
        .collect()
}

fn csv(path: &Path, columns: Option<&[String]>) -> Result<Rows, DataError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(opened(path)?);
    let unreadable = |error: csv::Error| DataError::unreadable(path, error);
    let present: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
    let places = places(path, columns, &present)?;
    let mut values = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(unreadable)?;
        for &place in &places {
            let cell = &record[place];
            values.push(match cell {
                "" | "NA" | "NaN" | "nan" | "null" => f64::NAN,
                _ => cell.parse().map_err(|_| {
                    DataError::content(path, present[place].clone(), format!("row {row}: {cell:?} is not a number"))
                })?,
            });
        }
    }
    Ok(table(path, &places, &present, values))
}

fn table(path: &Path, places: &[usize], present: &[String], values: Vec<f64>) -> Rows {
    let names: Vec<String> = places.iter().map(|&place| present[place].clone()).collect();
    Rows { path: path.to_owned(), shape: vec![names.len()], values, names, grid: None }
}

fn parquet(path: &Path, columns: Option<&[String]>) -> Result<Rows, DataError> {
    opened(path)?;
    let file = File::open(path).map_err(|error| DataError::unreadable(path, error))?;
    let unreadable = |error: parquet::errors::ParquetError| DataError::unreadable(path, error);
    let reader = SerializedFileReader::new(file).map_err(unreadable)?;
    let schema = reader.metadata().file_metadata().schema().clone();
    let present: Vec<String> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let places = places(path, columns, &present)?;
    let mut values = Vec::new();
    for (row, record) in reader.get_row_iter(None).map_err(unreadable)?.enumerate() {
        let record = record.map_err(unreadable)?.into_columns();
        for &place in &places {
            let cell = &record[place].1;
            values.push(number(cell).ok_or_else(|| {
                DataError::content(path, present[place].clone(), format!("row {row}: {cell} is not a number"))
            })?);
        }
    }
    Ok(table(path, &places, &present, values))
}

fn number(cell: &Field) -> Option<f64> {
    Some(match *cell {
        Field::Null => f64::NAN,
        Field::Bool(x) => f64::from(u8::from(x)),
        Field::Byte(x) => f64::from(x),
        Field::Short(x) => f64::from(x),
        Field::Int(x) => f64::from(x),
        Field::Long(x) => x as f64,
        Field::UByte(x) => f64::from(x),
        Field::UShort(x) => f64::from(x),
        Field::UInt(x) => f64::from(x),
        Field::ULong(x) => x as f64,
        Field::Float(x) => f64::from(x),
        Field::Double(x) => x,
        _ => return None,
    })
}

/// The pixels of the first image in a file, row by row, with their bands.
fn image(path: &Path, bands: Option<&[String]>) -> Result<Rows, DataError> {
    let unreadable = |error: tiff::TiffError| DataError::unreadable(path, error);
    let mut decoder = Decoder::new(opened(path)?).map_err(unreadable)?;
    let (width, height) = decoder.dimensions().map_err(unreadable)?;
    let (width, height) = (width as usize, height as usize);
    let planar = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).map_err(unreadable)?
        == Some(PlanarConfiguration::Planar.to_u16());
    let no_data = if decoder.find_tag(Tag::GdalNodata).map_err(unreadable)?.is_some() {
        let text = decoder.get_tag_ascii_string(Tag::GdalNodata).map_err(unreadable)?;
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned();
        let problem = || DataError::content(path, "GDAL_NODATA", format!("{text:?} is not a number"));
        Some(text.parse::<f64>().map_err(|_| problem())?)
    } else {
        None
    };
    let mut result = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut result).map_err(unreadable)?;
    if result.as_buffer(0).as_bytes().len() < layout.complete_len {
        return Err(DataError::content(path, "bands", "too large to read at once"));
    }
    let stored: Vec<f64> = match result {
        DecodingResult::U8(values) => values.into_iter().map(f64::from).collect(),
        DecodingResult::U16(values) => values.into_iter().map(f64::from).collect(),
        DecodingResult::U32(values) => values.into_iter().map(f64::from).collect(),
        DecodingResult::U64(values) => values.into_iter().map(|x| x as f64).collect(),
        DecodingResult::I8(values) => values.into_iter().map(f64::from).collect(),
        DecodingResult::I16(values) => values.into_iter().map(f64::from).collect(),
        DecodingResult::I32(values) => values.into_iter().map(f64::from).collect(),
        DecodingResult::I64(values) => values.into_iter().map(|x| x as f64).collect(),
        DecodingResult::F16(values) => values.into_iter().map(|x| f64::from(x.to_f32())).collect(),
        DecodingResult::F32(values) => values.into_iter().map(f64::from).collect(),
        DecodingResult::F64(values) => values,
    };
    let pixels = width * height;
    if pixels == 0 || stored.is_empty() || !stored.len().is_multiple_of(pixels) {
        let problem = format!("{} values for {height} × {width} pixels", stored.len());
        return Err(DataError::content(path, "bands", problem));
    }
    let count = stored.len() / pixels;
    let present: Vec<String> = (1..=count).map(|band| band.to_string()).collect();
    let places = places(path, bands, &present)?;
    let at =
        |pixel: usize, band: usize| if planar { stored[band * pixels + pixel] } else { stored[pixel * count + band] };
    let values = (0..pixels)
        .flat_map(|pixel| places.iter().map(move |&band| (pixel, band)))
        .map(|(pixel, band)| at(pixel, band))
        .map(|value| if no_data.is_some_and(|mark| is_mark(value, mark)) { f64::NAN } else { value })
        .collect();
    let mut rows = table(path, &places, &present, values);
    rows.names = rows.names.iter().map(|band| format!("band {band}")).collect();
    rows.grid = Some([height, width]);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiff::encoder::TiffEncoder;
    use tiff::encoder::colortype::Gray32Float;

    #[test]
    fn an_image_s_own_mark_is_known_in_single_precision_and_whatever_the_sign_of_zero() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marked.tif");
        for (mark, stored) in [("-9999.9", -9999.9), ("0", -0.0), ("-0.0", 0.0)] {
            let mut encoder = TiffEncoder::new(File::create(&path).unwrap()).unwrap();
            let mut image = encoder.new_image::<Gray32Float>(3, 1).unwrap();
            image.encoder().write_tag(Tag::GdalNodata, mark).unwrap();
            image.write_data(&[1.5, stored, 2.5]).unwrap();
            let gaps: Vec<bool> = read(&path, None, None).unwrap().values.iter().map(|value| value.is_nan()).collect();
            assert_eq!(gaps, [false, true, false], "{mark}");
        }
    }
}
