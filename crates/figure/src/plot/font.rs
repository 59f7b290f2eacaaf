//! The bundled typeface: registration, measuring, wrapping, sub- and superscripts.

use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _};
use plotters::style::{FontStyle, register_font};

use super::FigureError;

/// The family list written into SVG and the name under which plotters knows the bundled font.
pub(super) const FAMILY: &str = "DejaVu Sans, Bitstream Vera Sans, Verdana, Arial, sans-serif";

pub(super) const REGULAR: &[u8] = include_bytes!("fonts/DejaVuSans.ttf");
pub(super) const BOLD: &[u8] = include_bytes!("fonts/DejaVuSans-Bold.ttf");

/// Size of sub- and superscripts relative to their line.
const SCRIPT_SIZE: f64 = 0.74;

/// Both weights of the bundled typeface.
#[derive(Debug, Clone)]
pub(super) struct Typeface {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Typeface {
    /// The bundled typeface, registered with plotters on the first call.
    ///
    /// Bundled so that a figure has the same bytes on every machine, with or without system fonts.
    pub(super) fn bundled() -> Result<&'static Self, FigureError> {
        static FACE: OnceLock<Option<Typeface>> = OnceLock::new();
        FACE.get_or_init(|| {
            register_font(FAMILY, FontStyle::Normal, REGULAR).ok()?;
            register_font(FAMILY, FontStyle::Bold, BOLD).ok()?;
            Some(Typeface {
                regular: FontRef::try_from_slice(REGULAR).ok()?,
                bold: FontRef::try_from_slice(BOLD).ok()?,
            })
        })
        .as_ref()
        .ok_or(FigureError::Font)
    }

    /// The face of one weight.
    pub(super) fn face(&self, bold: bool) -> &FontRef<'static> {
        if bold { &self.bold } else { &self.regular }
    }

    /// The pixel scale at which one em is `em` pixels (`ab_glyph` scales by line height instead).
    #[expect(clippy::cast_possible_truncation, reason = "font sizes are small numbers")]
    pub(super) fn scale(&self, bold: bool, em: f64) -> PxScale {
        let face = self.face(bold);
        let units = face.units_per_em().unwrap_or(2048.0);
        PxScale::from(em as f32 * face.height_unscaled() / units)
    }

    /// Width of plain characters, in the unit of `em`; braces have no special meaning here.
    pub(super) fn width_of_run(&self, text: &str, em: f64, bold: bool) -> f64 {
        let face = self.face(bold).as_scaled(self.scale(bold, em));
        let mut previous = None;
        let mut width = 0.0;
        for glyph in text.chars().map(|c| face.glyph_id(c)) {
            width += previous.map_or(0.0, |p| face.kern(p, glyph)) + face.h_advance(glyph);
            previous = Some(glyph);
        }
        f64::from(width)
    }

    /// Width of a line in the unit of `em`, scripts included.
    pub(super) fn width(&self, text: &str, em: f64, bold: bool) -> f64 {
        runs(text).iter().map(|run| self.width_of_run(&run.text, em * run.size, bold)).sum()
    }

    /// Breaks a text at spaces into lines no wider than `room` and about equally long; text beyond `max_lines` is
    /// replaced by an ellipsis.
    pub(super) fn wrap(&self, text: &str, em: f64, bold: bool, room: f64, max_lines: usize) -> Vec<String> {
        let mut lines = self.fill_lines(text, em, bold, room);
        if lines.len() > max_lines {
            let rest = lines.split_off(max_lines.max(1) - 1).join(" ");
            lines.push(format!("{rest}…"));
        } else if lines.len() > 1 {
            // The narrowest width that needs no further line leaves no word on its own.
            let count = lines.len();
            let (mut narrow, mut enough) = (room / count as f64, room);
            for _ in 0..10 {
                let middle = f64::midpoint(narrow, enough);
                if self.fill_lines(text, em, bold, middle).len() <= count { enough = middle } else { narrow = middle }
            }
            lines = self.fill_lines(text, em, bold, enough);
        }
        for line in &mut lines {
            if self.width(line, em, bold) > room {
                *line = self.shorten(line, em, bold, room);
            }
        }
        lines
    }

    /// Breaks a text at spaces, filling each line; a word wider than `room` gets its own line.
    fn fill_lines(&self, text: &str, em: f64, bold: bool, room: f64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), em, bold) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }

    fn shorten(&self, line: &str, em: f64, bold: bool, room: f64) -> String {
        let mut kept: String = line.trim_end_matches('…').to_owned();
        while !kept.is_empty() && self.width(&format!("{kept}…"), em, bold) > room {
            kept.pop();
        }
        format!("{}…", kept.trim_end())
    }
}

/// A stretch of text of one size and height.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// Its characters.
    pub(super) text: String,
    /// Size relative to the line.
    pub(super) size: f64,
    /// How far its baseline lies above the line's, in em of the line.
    pub(super) rise: f64,
}

/// Splits `a_{b}c^{d}` into runs; braces are required, so ordinary underscores stay as they are.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut push = |text: &str, size, rise| {
        if !text.is_empty() {
            found.push(Run { text: text.to_owned(), size, rise });
        }
    };
    loop {
        let opening = [rest.find("_{"), rest.find("^{")].into_iter().flatten().min();
        let script = opening.and_then(|at| rest[at..].find('}').map(|length| (at, at + length)));
        let Some((at, end)) = script else {
            push(rest, 1.0, 0.0);
            return found;
        };
        push(&rest[..at], 1.0, 0.0);
        let rise = if rest[at..].starts_with('_') { -0.2 } else { 0.36 };
        push(&rest[at + 2..end], SCRIPT_SIZE, rise);
        rest = &rest[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_become_runs_and_plain_underscores_do_not() {
        let parts = runs("σ_{w}^{2} of some_name");
        let texts: Vec<&str> = parts.iter().map(|run| run.text.as_str()).collect();
        assert_eq!(texts, ["σ", "w", "2", " of some_name"]);
        assert!(parts[1].rise < 0.0 && parts[2].rise > 0.0);
    }

    #[test]
    fn wrapped_lines_fit_and_the_rest_is_shortened() {
        let face = Typeface::bundled().unwrap();
        let lines = face.wrap("a rather long label that has no chance to fit in here", 7.0, false, 60.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'));
        assert!(lines.iter().all(|line| face.width(line, 7.0, false) <= 60.0));
    }

    #[test]
    fn bundled_font_has_the_signs_of_tick_labels() {
        let face = Typeface::bundled().unwrap();
        for sign in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻−×…ρλσε≤₁₂".chars() {
            assert_ne!(face.face(false).glyph_id(sign).0, 0, "{sign}");
        }
    }
}
