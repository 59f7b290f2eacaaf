//! Standard normal draws in bulk: the ziggurat of Marsaglia and Tsang (2000) over blocks of the generator's words.
//!
//! Half the area under the density exp(−x²/2) is cut into 256 layers of equal area, all rectangles except the lowest,
//! which includes the tail. A word picks a layer (8 bits) and a point in it; all but about one in a hundred lie inside
//! the rectangle of the layer above and are accepted at once.
//!
//! The draws are the same, bit for bit, on every machine: no particular instruction set is required, products are
//! rounded one by one, and the rare logarithms and exponentials come from the `libm` crate, not from the platform.
//!
//! # References
//! Marsaglia, Tsang (2000), *The ziggurat method for generating random variables*, J. Stat. Software 5(8); Doornik (2005), *An
//! improved ziggurat method to generate normal random samples* (layer and point from disjoint bits).

use super::Generator;
use crate::linalg::Real;
use rand::Rng;
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::LazyLock;

/// Layers of the ziggurat, one for each value of a byte.
const LAYERS: usize = 256;

/// Where the tail begins, for 256 layers of equal area (Marsaglia and Tsang 2000).
const TAIL_START: f64 = 3.654_152_885_361_009;

/// Draws that share one request to the generator.
const CHUNK: usize = 256;

/// 2^52: points of a layer are odd integers over this, in (−1, 1).
const POINTS: f64 = 4_503_599_627_370_496.0;

/// The layers, from the lowest (widest) up.
struct Ziggurat {
    /// All that 99 of 100 draws need.
    layers: [Layer; LAYERS],
    /// exp(−x²/2) at the right end of each layer, and 1 at the top.
    heights: [f64; LAYERS + 1],
}

/// One layer: side by side in memory, since a draw reads both.
#[derive(Clone, Copy)]
struct Layer {
    /// Its right end over [`POINTS`]; the lowest layer has the width of its area, tail included, at its height.
    step: f64,
    /// Points below this in magnitude lie under the layer above, hence under the density.
    inner: f64,
}

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(|| {
    let tail = (0.5 * PI).sqrt() * libm::erfc(TAIL_START * FRAC_1_SQRT_2);
    let area = TAIL_START * density(TAIL_START) + tail;
    let mut ends = [0.0; LAYERS + 1];
    ends[0] = area / density(TAIL_START);
    ends[1] = TAIL_START;
    for layer in 1..LAYERS - 1 {
        ends[layer + 1] = (-2.0 * libm::log(area / ends[layer] + density(ends[layer]))).sqrt();
    }
    Ziggurat {
        layers: std::array::from_fn(|layer| Layer {
            step: ends[layer] / POINTS,
            inner: ends[layer + 1] / ends[layer] * POINTS,
        }),
        heights: ends.map(density),
    }
});

/// Fills a slice with independent standard normals, in double or in single precision.
///
/// Each draw takes one 64-bit word of the generator (a 32-bit word in single precision) and, in about one case of a
/// hundred, a few more. Filling a slice gives the same numbers as filling its parts one after the other, provided that
/// all parts but the last have a multiple of 256 entries. Points lie on a grid with a spacing of 2⁻⁵² relative to the
/// layer (single precision: 2⁻²³, so draws near zero are multiples of about 10⁻⁷).
///
/// # Examples
/// ```
/// use alignloss::random::{Stream, fill_standard_normal};
/// let stream = Stream { seed: 1, experiment: "example", cell: 0, replicate: 0 };
/// let mut draws = [0.0_f64; 1000];
/// fill_standard_normal(&mut stream.generator(), &mut draws);
/// let mean = draws.iter().sum::<f64>() / 1000.0;
/// assert!(mean.abs() < 0.16); // five standard errors
/// ```
pub fn fill_standard_normal<T: Real>(generator: &mut Generator, values: &mut [T]) {
    let ziggurat = &*ZIGGURAT;
    let mut bytes = [0; 8 * CHUNK];
    for chunk in values.chunks_mut(CHUNK) {
        let bytes = &mut bytes[..size_of_val(chunk)];
        generator.fill_bytes(bytes);
        if size_of::<T>() == size_of::<u32>() {
            let words = bytes.as_chunks().0;
            ziggurat.fill(generator, chunk, |place| narrow_point(u32::from_le_bytes(words[place])));
        } else {
            let words = bytes.as_chunks().0;
            ziggurat.fill(generator, chunk, |place| point(u64::from_le_bytes(words[place])));
        }
    }
}

/// A layer, from the lowest 8 bits, and a point in it, from the highest 53: an odd integer between ±2^52, so the law is
/// symmetric and no draw is zero.
#[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "bits, not numbers")]
fn point(word: u64) -> (u8, f64) {
    (word as u8, ((word as i64 >> 11) | 1) as f64)
}

/// The same from 32 bits: the points are 2^29 times as far apart.
#[expect(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "bits, not numbers")]
fn narrow_point(word: u32) -> (u8, f64) {
    (word as u8, ((i64::from(word as i32 >> 8) | 1) << 29) as f64)
}

impl Ziggurat {
    /// A chunk from one point per place. The few draws that need more are deferred, so that nothing in the first loop
    /// waits for the generator.
    fn fill<T: Real>(&self, generator: &mut Generator, chunk: &mut [T], point_of: impl Fn(usize) -> (u8, f64)) {
        let mut outside = [0; CHUNK];
        let mut count = 0;
        for (place, value) in chunk.iter_mut().enumerate() {
            let (layer, point) = point_of(place);
            let Layer { step, inner } = self.layers[usize::from(layer)];
            *value = Real::from_f64(point * step);
            if point.abs() >= inner {
                std::hint::cold_path();
                outside[count] = place;
                count += 1;
            }
        }
        for &place in &outside[..count] {
            chunk[place] = Real::from_f64(self.resolve(generator, point_of(place)));
        }
    }

    /// A draw whose first point fell outside the inner part of its layer; points are drawn until one is under the density.
    fn resolve(&self, generator: &mut Generator, mut candidate: (u8, f64)) -> f64 {
        loop {
            let layer = usize::from(candidate.0);
            let x = candidate.1 * self.layers[layer].step;
            if candidate.1.abs() < self.layers[layer].inner {
                return x;
            }
            if layer == 0 {
                return tail(generator).copysign(x);
            }
            let [low, high] = [self.heights[layer], self.heights[layer + 1]];
            if low + (high - low) * uniform(generator) < density(x) {
                return x;
            }
            candidate = point(generator.next_u64());
        }
    }
}

/// The density of a standard normal relative to its maximum.
fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

/// A draw beyond [`TAIL_START`] (Marsaglia 1964): exponential steps, thinned.
fn tail(generator: &mut Generator) -> f64 {
    loop {
        let step = -libm::log(uniform(generator)) / TAIL_START;
        if -2.0 * libm::log(uniform(generator)) > step * step {
            return TAIL_START + step;
        }
    }
}

/// A uniform draw from (0, 1), never an end.
fn uniform(generator: &mut Generator) -> f64 {
    ((generator.next_u64() >> 12) as f64 + 0.5) / POINTS
}
