//! Colours of a theme, as CSS writes them, of which nothing but numbers gets into a picture.

use plotters::style::RGBAColor;

use super::Palette;
use crate::{failure::Failure, language::words};

/// The colours of a chart.
pub(super) struct Colours {
    pub(super) ink: RGBAColor,
    pub(super) lines: RGBAColor,
    series: Vec<RGBAColor>,
}

impl Colours {
    pub(super) fn read(palette: &Palette) -> Result<Self, Failure> {
        let series: Vec<_> = palette.series.iter().map(|colour| read(colour)).collect::<Result<_, _>>()?;
        let ink = read(&palette.ink)?;
        let series = if series.is_empty() { vec![ink] } else { series };
        Ok(Self { ink, lines: read(&palette.lines)?, series })
    }

    /// The colour of a series, from 0.
    pub(super) fn series(&self, at: usize) -> RGBAColor {
        self.series.get(at % self.series.len()).copied().unwrap_or(self.ink)
    }
}

fn read(css: &str) -> Result<RGBAColor, Failure> {
    let typed = css.trim();
    hexadecimal(typed).or_else(|| function(typed)).ok_or_else(|| {
        Failure::invalid(
            "palette",
            words!(en: "“{typed}” is no colour that can be drawn.", de: "„{typed}“ ist keine Farbe, die gezeichnet werden kann."),
        )
    })
}

fn hexadecimal(css: &str) -> Option<RGBAColor> {
    let digits = css.strip_prefix('#')?;
    let digit = |at: usize| digits.get(at..=at).and_then(|digit| u8::from_str_radix(digit, 16).ok());
    let pair = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        3 => Some(RGBAColor(digit(0)? * 17, digit(1)? * 17, digit(2)? * 17, 1.0)),
        6 => Some(RGBAColor(pair(0)?, pair(2)?, pair(4)?, 1.0)),
        8 => Some(RGBAColor(pair(0)?, pair(2)?, pair(4)?, share(pair(6)?))),
        _ => None,
    }
}

/// How opaque something is that is so of 255.
#[expect(clippy::float_arithmetic, reason = "a colour is no money")]
fn share(of_255: u8) -> f64 {
    f64::from(of_255) / 255.0
}

/// `rgb(1, 2, 3)`, `rgba(1, 2, 3, 0.5)` and `rgb(1 2 3 / 0.5)`.
fn function(css: &str) -> Option<RGBAColor> {
    let inner = css.strip_prefix("rgba(").or_else(|| css.strip_prefix("rgb("))?.strip_suffix(')')?;
    let parts: Vec<&str> = inner.split([',', ' ', '/']).filter(|part| !part.is_empty()).collect();
    let channel = |at: usize| parts.get(at).and_then(|part| part.parse::<u8>().ok());
    let alpha = match parts.len() {
        3 => 1.0,
        4 => parts[3].parse::<f64>().ok().filter(|alpha| (0.0..=1.0).contains(alpha))?,
        _ => return None,
    };
    Some(RGBAColor(channel(0)?, channel(1)?, channel(2)?, alpha))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_css_writes_them_and_nothing_else_is() {
        let check = |css: &str, (r, g, b, alpha): (u8, u8, u8, f64)| {
            let read = read(css).unwrap();
            assert_eq!((read.0, read.1, read.2), (r, g, b), "{css}");
            assert!((read.3 - alpha).abs() < 0.01, "{css}");
        };
        check("#fff", (255, 255, 255, 1.0));
        check(" #0A0b0C ", (10, 11, 12, 1.0));
        check("#0a0b0c80", (10, 11, 12, 0.5));
        check("rgb(1, 2, 3)", (1, 2, 3, 1.0));
        check("rgba(1,2,3,0.25)", (1, 2, 3, 0.25));
        check("rgb(1 2 3 / 0.5)", (1, 2, 3, 0.5));
        for css in ["", "red", "#12", "#ggg", "rgb(1,2)", "rgb(300,0,0)", "rgb(0,0,0,2)", "var(--x)", "#é1"]
        {
            assert!(read(css).is_err(), "{css}");
        }
    }
}
