//! The house style: themes, series styles, colour maps, sizes.

/// Colours of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark ink on white, for paper.
    #[default]
    Light,
    /// Light ink on near-black, for screens and slides.
    Dark,
}

/// An sRGB colour with opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Colour {
    /// Red, green, blue.
    pub(super) rgb: [u8; 3],
    /// 0 transparent, 1 opaque.
    pub(super) alpha: f64,
}

impl Colour {
    pub(super) const fn rgb(hex: u32) -> Self {
        let [_, r, g, b] = hex.to_be_bytes();
        Self { rgb: [r, g, b], alpha: 1.0 }
    }

    pub(super) fn fade(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }
}

impl Theme {
    pub(super) fn background(self) -> Colour {
        Colour::rgb(match self {
            Self::Light => 0xFF_FF_FF,
            Self::Dark => 0x14_17_1C,
        })
    }

    pub(super) fn ink(self) -> Colour {
        Colour::rgb(match self {
            Self::Light => 0x1A_1A_1A,
            Self::Dark => 0xEC_EC_EC,
        })
    }

    pub(super) fn muted(self) -> Colour {
        Colour::rgb(match self {
            Self::Light => 0x55_55_55,
            Self::Dark => 0xAA_B0_B8,
        })
    }

    pub(super) fn grid(self) -> Colour {
        Colour::rgb(match self {
            Self::Light => 0xE4_E4_E4,
            Self::Dark => 0x2E_34_3D,
        })
    }

    pub(super) fn no_data(self) -> Colour {
        Colour::rgb(match self {
            Self::Light => 0xBD_BD_BD,
            Self::Dark => 0x4A_4F_57,
        })
    }
}

/// The shape drawn at the points of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// ●
    Circle,
    /// ■
    Square,
    /// ▲
    Up,
    /// ◆
    Diamond,
    /// ▼
    Down,
    /// ✚
    Cross,
    /// ▶
    Right,
}

const MARKERS: [Marker; 7] =
    [Marker::Circle, Marker::Square, Marker::Up, Marker::Diamond, Marker::Down, Marker::Cross, Marker::Right];

/// Okabe and Ito (2008), without black (theory lines) and, on white, without yellow.
const SERIES_LIGHT: [u32; 7] = [0x00_72_B2, 0xD5_5E_00, 0x00_9E_73, 0xCC_79_A7, 0xE6_9F_00, 0x56_B4_E9, 0x5C_5C_5C];
const SERIES_DARK: [u32; 7] = [0x56_B4_E9, 0xE6_9F_00, 0x2B_C7_9B, 0xD9_8F_B8, 0xF0_E4_42, 0xE8_72_3C, 0xBB_BB_BB];

/// Lengths in units of the line width, alternately drawn and skipped; distinct from [`THEORY_DASHES`].
const DASHES: [&[f64]; 6] =
    [&[], &[6.5, 1.8], &[6.0, 1.6, 1.3, 1.6], &[1.5, 1.5], &[10.0, 2.0, 3.0, 2.0], &[5.0, 1.5, 1.2, 1.5, 1.2, 1.5]];

/// The style of theory overlays: thin lines in the text colour with short dashes, in points. They distinguish a chart's
/// second and third theory.
pub(super) const THEORY_DASHES: [&[f64]; 3] = [&[2.6, 1.6], &[5.2, 1.5, 0.9, 1.5], &[0.9, 1.5]];

/// Dashes of boundary lines by order of appearance, in points.
pub(super) const BOUNDARY_DASHES: [&[f64]; 4] = [&[], &[4.5, 2.2], &[1.4, 1.6], &[6.0, 1.8, 1.4, 1.8]];

/// How one series is drawn: colour, dashes and marker follow from its index.
///
/// Colours are safe for colour-blind readers; dashes and markers keep series apart in greyscale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeriesStyle {
    index: usize,
    plain: bool,
}

impl SeriesStyle {
    /// The style of the series with this index.
    pub fn new(index: usize) -> Self {
        Self { index, plain: false }
    }

    /// The same style without markers on curves.
    #[must_use]
    pub fn without_markers(self) -> Self {
        Self { plain: true, ..self }
    }

    /// Colour of the series as red, green, blue.
    pub fn colour(self, theme: Theme) -> [u8; 3] {
        self.paint(theme).rgb
    }

    /// Drawn and skipped lengths in line widths; empty for a solid line.
    pub fn dashes(self) -> &'static [f64] {
        DASHES[self.index % DASHES.len()]
    }

    /// Shape of the markers. When colours repeat, each gets the next one's shape.
    pub fn marker(self) -> Marker {
        MARKERS[(self.index + self.index / MARKERS.len()) % MARKERS.len()]
    }

    pub(super) fn has_markers(self) -> bool {
        !self.plain
    }

    pub(super) fn index(self) -> usize {
        self.index
    }

    pub(super) fn paint(self, theme: Theme) -> Colour {
        let palette = match theme {
            Theme::Light => SERIES_LIGHT,
            Theme::Dark => SERIES_DARK,
        };
        Colour::rgb(palette[self.index % palette.len()])
    }
}

/// Category fills, ordered so that neighbours differ in lightness as well as hue.
const CATEGORIES: [u32; 8] =
    [0x1F_6F_A8, 0xF7_E9_A0, 0xE0_7B_3A, 0xA9_D8_F2, 0x1B_7A_5A, 0xE3_B5_CF, 0x5B_3A_6E, 0xD9_D9_D9];

/// Black or white, whichever is easier to read on a colour.
pub(super) fn readable_on(colour: Colour) -> Colour {
    let [red, green, blue] = colour.rgb.map(f64::from);
    Colour::rgb(if 0.299 * red + 0.587 * green + 0.114 * blue > 140.0 { 0x1A_1A_1A } else { 0xFF_FF_FF })
}

pub(super) fn category(index: usize) -> Colour {
    Colour::rgb(CATEGORIES[index % CATEGORIES.len()])
}

/// viridis, lightness rising evenly.
const SEQUENTIAL: [u32; 9] =
    [0x44_01_54, 0x47_2D_7B, 0x3B_52_8B, 0x2C_72_8E, 0x21_91_8C, 0x28_AE_80, 0x5E_C9_62, 0xAD_DC_30, 0xFD_E7_25];
/// Blue through white to red, equal lightness at equal distance from the middle.
const DIVERGING: [u32; 11] = [
    0x05_30_61, 0x21_66_AC, 0x43_93_C3, 0x92_C5_DE, 0xD1_E5_F0, 0xF7_F7_F7, 0xFD_DB_C7, 0xF4_A5_82, 0xD6_60_4D,
    0xB2_18_2B, 0x67_00_1F,
];

/// Colour at `position` in 0..=1 of the sequential or diverging map.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "position is clamped to 0..=1, so all values are small and positive"
)]
pub(super) fn colour_map(position: f64, diverging: bool) -> [u8; 3] {
    let stops: &[u32] = if diverging { &DIVERGING } else { &SEQUENTIAL };
    let place = position.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let index = (place as usize).min(stops.len() - 2);
    let share = place - index as f64;
    let (low, high) = (Colour::rgb(stops[index]).rgb, Colour::rgb(stops[index + 1]).rgb);
    std::array::from_fn(|i| (f64::from(low[i]) * (1.0 - share) + f64::from(high[i]) * share).round() as u8)
}

/// The intended page: determines the width, and with it text and line sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Width {
    /// One journal column, 3.4 inches.
    #[default]
    SingleColumn,
    /// Both journal columns, 7 inches.
    DoubleColumn,
    /// A 10 × 5.625 inch slide with large text.
    Slide,
}

impl Width {
    /// The default width of a figure with this many panels.
    pub fn of_panels(panels: usize) -> Self {
        if panels > 1 { Self::DoubleColumn } else { Self::SingleColumn }
    }

    /// Panels per row.
    pub fn columns(self, panels: usize) -> usize {
        match self {
            Self::SingleColumn => 1,
            Self::DoubleColumn | Self::Slide if panels == 4 => 2,
            Self::DoubleColumn | Self::Slide => panels.clamp(1, 3),
        }
    }
}

/// Lengths in points that follow from the width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Width of the page.
    pub(super) page: f64,
    /// Unit for all gaps: 1 on paper, more on slides.
    pub(super) unit: f64,
    /// Ticks, legends and notes; never below 7 pt on paper.
    pub(super) small: f64,
    /// Axis titles.
    pub(super) label: f64,
    /// Panel titles.
    pub(super) title: f64,
    /// Data lines.
    pub(super) line: f64,
}

impl Sizes {
    pub(super) fn of(width: Width) -> Self {
        let (page, unit) = match width {
            Width::SingleColumn => (244.8, 1.0),
            Width::DoubleColumn => (504.0, 1.0),
            Width::Slide => (720.0, 1.9),
        };
        Self { page, unit, small: 7.0 * unit, label: 7.6 * unit, title: 8.4 * unit, line: 1.25 * unit }
    }

    /// Distance between baselines.
    pub(super) fn leading(size: f64) -> f64 {
        size * 1.22
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_six_series_differ_in_colour_dash_and_marker() {
        for (i, j) in (0..6).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let (a, b) = (SeriesStyle::new(i), SeriesStyle::new(j));
            assert_ne!(a.colour(Theme::Light), b.colour(Theme::Light));
            assert_ne!(a.colour(Theme::Dark), b.colour(Theme::Dark));
            assert_ne!(a.dashes(), b.dashes());
            assert_ne!(a.marker(), b.marker());
        }
    }

    #[test]
    fn many_series_are_told_apart_by_colour_with_marker_or_dash() {
        for (i, j) in (0..42).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let (a, b) = (SeriesStyle::new(i), SeriesStyle::new(j));
            let colours = a.colour(Theme::Light) != b.colour(Theme::Light);
            assert!(colours || a.marker() != b.marker(), "{i} and {j} as points");
            assert!(colours || a.dashes() != b.dashes(), "{i} and {j} as lines");
        }
    }

    #[test]
    fn colour_maps_reach_both_ends_and_never_leave_them() {
        assert_eq!(colour_map(-3.0, false), [0x44, 0x01, 0x54]);
        assert_eq!(colour_map(1.0, false), [0xFD, 0xE7, 0x25]);
        assert_eq!(colour_map(0.5, true), [0xF7, 0xF7, 0xF7]);
    }
}
