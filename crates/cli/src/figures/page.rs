//! Pages and files: the page a figure is drawn for, and the names of its files.

use alignloss_figure::{Drawing, FigureError};
use clap::ValueEnum;

/// Where figures will be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Size {
    /// One journal column, 3.4 in
    Single,
    /// Both journal columns, 7 in
    Double,
    /// A slide, 10 × 5.6 in, with large text
    Slide,
}

/// Colours of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Theme {
    /// Dark ink on white
    Light,
    /// Light ink on near-black
    Dark,
}

/// File formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Svg,
    /// 300 dpi
    Png,
    /// Fonts embedded
    Pdf,
}

impl Size {
    pub(super) fn width(self) -> alignloss_figure::Width {
        match self {
            Self::Single => alignloss_figure::Width::SingleColumn,
            Self::Double => alignloss_figure::Width::DoubleColumn,
            Self::Slide => alignloss_figure::Width::Slide,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Single => "-single",
            Self::Double => "-double",
            Self::Slide => "-slide",
        }
    }
}

impl Theme {
    pub(super) fn style(self) -> alignloss_figure::Theme {
        match self {
            Self::Light => alignloss_figure::Theme::Light,
            Self::Dark => alignloss_figure::Theme::Dark,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Light => "",
            Self::Dark => "-dark",
        }
    }
}

impl Format {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }

    pub(super) fn bytes(self, drawing: &Drawing) -> Result<Vec<u8>, FigureError> {
        match self {
            Self::Svg => Ok(drawing.svg().as_bytes().to_vec()),
            Self::Png => drawing.png(1.0),
            Self::Pdf => drawing.pdf(),
        }
    }
}

/// The file name of a figure, without extension; pages other than the figure's default add a suffix.
pub(super) fn stem(name: &str, size: Option<Size>, theme: Theme) -> String {
    format!("{name}{}{}", size.map_or("", Size::suffix), theme.suffix())
}
