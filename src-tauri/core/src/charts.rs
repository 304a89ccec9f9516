//! Charts as pictures (SVG), drawn with `plotters`, each with the same numbers as a table for those who cannot see it.
//!
//! A chart knows no language, no currency and no theme: texts, colours and the size are handed in. Its labels are the exact
//! numbers; only places are rounded, to whole points of the picture. The picture has no script and refers to nothing outside.

mod axis;
mod colour;
mod drawing;

use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use self::drawing::Kind;
use crate::{failure::Failure, language::said};

/// The smallest and the largest sides of a chart.
const SMALLEST: (u32, u32) = (160, 120);
const LARGEST: u32 = 4_000;

/// The colours of a chart, from the theme: `#rrggbb`, `#rgb`, `#rrggbbaa`, `rgb(1, 2, 3)` or `rgb(1 2 3 / 0.5)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Palette {
    /// Of all text.
    pub ink: String,
    /// Of the lines of the grid.
    pub lines: String,
    /// Of the series, one after the other; they begin anew where there are more series.
    pub series: Vec<String>,
}

/// The size of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ChartSize {
    /// In points, from 160 to 4000.
    pub width: u32,
    /// In points, from 120 to 4000.
    pub height: u32,
}

/// A chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Chart {
    /// The picture: a whole SVG document that scales.
    pub svg: String,
    /// What it shows.
    pub title: String,
    /// The same numbers.
    pub table: ChartTable,
}

/// The numbers of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ChartTable {
    /// The heads.
    pub columns: Vec<String>,
    /// The rows, each with as many cells as there are heads.
    pub rows: Vec<Vec<String>>,
}

/// What a chart shows.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// What it is about.
    pub(crate) title: String,
    /// What its places from left to right are.
    pub(crate) across: String,
    /// What its values are.
    pub(crate) up: String,
    /// The places, from left to right.
    pub(crate) places: Vec<String>,
    /// The series, each with a value for each place.
    pub(crate) series: Vec<Series>,
    /// All values are whole numbers.
    pub(crate) whole: bool,
    /// A heading above the picture says what it is about: the title is its name alone, and not written into it.
    pub(crate) headed: bool,
}

/// Values that belong together.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    /// What they are called.
    pub(crate) name: String,
    /// None is less than nothing.
    pub(crate) values: Vec<Amount>,
}

/// A chart of bars, those of several series side by side.
///
/// # Errors
/// When a colour cannot be read (`palette`), the size is out of bounds (`size`), or a value is less than nothing.
pub(crate) fn bars(figures: &Figures, palette: &Palette, size: ChartSize) -> Result<Chart, Failure> {
    chart(figures, palette, size, Kind::Bars)
}

/// A chart of lines, one for each series.
///
/// # Errors
/// Those of [`bars`].
pub(crate) fn lines(figures: &Figures, palette: &Palette, size: ChartSize) -> Result<Chart, Failure> {
    chart(figures, palette, size, Kind::Lines)
}

fn chart(figures: &Figures, palette: &Palette, size: ChartSize, kind: Kind) -> Result<Chart, Failure> {
    let fits = size.width >= SMALLEST.0 && size.height >= SMALLEST.1;
    if !fits || size.width > LARGEST || size.height > LARGEST {
        return Err(Failure::invalid(
            "size",
            said!(en: "A chart cannot have this size.", de: "Ein Diagramm kann nicht diese Größe haben."),
        ));
    }
    if figures.series.iter().flat_map(|series| &series.values).any(Amount::is_negative) {
        return Err(Failure::other(said!(
            en: "What is less than nothing cannot be drawn here.",
            de: "Was weniger als nichts ist, kann hier nicht gezeichnet werden."
        )));
    }
    let colours = colour::Colours::read(palette)?;
    Ok(Chart {
        svg: drawing::svg(figures, &colours, size, kind)?,
        title: figures.title.clone(),
        table: table(figures),
    })
}

fn table(figures: &Figures) -> ChartTable {
    let columns = std::iter::once(figures.across.clone())
        .chain(figures.series.iter().map(|series| series.name.clone()))
        .collect();
    let row = |(at, place): (usize, &String)| {
        let values = figures.series.iter().map(|series| series.values.get(at).cloned().unwrap_or_default());
        std::iter::once(place.clone()).chain(values.map(|value| value.to_string())).collect()
    };
    ChartTable { columns, rows: figures.places.iter().enumerate().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use quick_xml::{Reader, events::Event};

    use super::*;

    fn palette() -> Palette {
        Palette {
            ink: "#1a2b3c".to_owned(),
            lines: "#ddd".to_owned(),
            series: vec!["#ff8800".to_owned(), "rgb(0 128 255 / 0.5)".to_owned()],
        }
    }

    const SIZE: ChartSize = ChartSize { width: 640, height: 320 };

    fn figures(title: &str) -> Figures {
        let series = |name: &str, values: [&str; 3]| Series {
            name: name.to_owned(),
            values: values.map(|value| value.parse().unwrap()).to_vec(),
        };
        Figures {
            title: title.to_owned(),
            across: "Month".to_owned(),
            up: "EUR".to_owned(),
            places: ["2026-09", "2026-10", "2026-11"].map(str::to_owned).to_vec(),
            series: vec![
                series("Espresso", ["24.90", "0", "1234567.123456789"]),
                series("Filter <&>", ["1", "2", "3"]),
            ],
            whole: false,
            headed: false,
        }
    }

    /// The texts and the names of the elements of a picture, which must be well-formed.
    fn read(svg: &str) -> (Vec<String>, Vec<String>) {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        let (mut reader, mut depth) = (Reader::from_str(svg), 0_i32);
        let mut text = String::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    names.push(start.name().as_ref().to_owned());
                    start.attributes().for_each(|attribute| drop(attribute.unwrap()));
                    text.clear();
                    depth += 1;
                }
                Event::Empty(empty) => {
                    names.push(empty.name().as_ref().to_owned());
                }
                Event::Text(part) => text.push_str(&part),
                Event::GeneralRef(name) => {
                    text.push_str(match &*name {
                        "lt" => "<",
                        "gt" => ">",
                        "amp" => "&",
                        "quot" => "\"",
                        "apos" => "'",
                        other => panic!("&{other};"),
                    });
                }
                Event::End(_) => {
                    texts.push(text.trim().to_owned());
                    text.clear();
                    depth -= 1;
                }
                Event::Eof => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(depth, 0);
        (texts, names)
    }

    #[test]
    fn the_picture_has_its_texts_and_colours_and_scales() {
        for chart in
            [bars(&figures("Collected"), &palette(), SIZE), lines(&figures("Collected"), &palette(), SIZE)]
        {
            let chart = chart.unwrap();
            let (texts, names) = read(&chart.svg);
            for text in [
                "Collected",
                "Month",
                "EUR",
                "2026-09",
                "2026-11",
                "Espresso",
                "Filter <&>",
                "0",
                "500000",
                "1500000",
            ] {
                assert!(texts.iter().any(|found| found == text), "{text:?} is not in {texts:?}");
            }
            for colour in ["#1A2B3C", "#DDDDDD", "#FF8800", "#0080FF"] {
                assert!(chart.svg.contains(colour), "{colour} is not in {}", chart.svg);
            }
            let known = ["svg", "title", "text", "rect", "line", "polyline", "circle"];
            assert!(names.iter().all(|name| known.contains(&name.as_str())), "{names:?}");
            assert!(chart.svg.contains("viewBox=\"0 0 640 320\""));
            assert_eq!(chart.svg.matches("://").count(), 1, "the namespace alone: {}", chart.svg);
        }
    }

    #[test]
    fn below_a_heading_the_title_is_the_name_of_the_picture_alone() {
        let written = |headed| {
            let chart = bars(&Figures { headed, ..figures("Collected") }, &palette(), SIZE).unwrap();
            assert_eq!(chart.title, "Collected");
            read(&chart.svg).0.iter().filter(|text| *text == "Collected").count()
        };
        assert_eq!((written(false), written(true)), (2, 1));
    }

    #[test]
    fn the_table_has_the_exact_numbers() {
        let chart = bars(&figures("Collected"), &palette(), SIZE).unwrap();
        assert_eq!(chart.table.columns, ["Month", "Espresso", "Filter <&>"]);
        assert_eq!(
            chart.table.rows,
            [["2026-09", "24.9", "1"], ["2026-10", "0", "2"], ["2026-11", "1234567.123456789", "3"]]
        );
    }

    #[test]
    fn a_hostile_title_is_a_text_like_any_other() {
        let title = "</text><script href='x'>\"a\"&amp;\u{1}\u{0}\u{fffe}</script>";
        let chart = lines(&figures(title), &palette(), SIZE).unwrap();
        let (texts, names) = read(&chart.svg);
        assert!(!names.iter().any(|name| name == "script"), "{names:?}");
        assert!(
            texts.iter().any(|text| text.starts_with("</text><script href='x'>\"a\"&amp;␁␀")),
            "{texts:?}"
        );
    }

    #[test]
    fn a_chart_of_nothing_has_its_axes_and_no_end() {
        let nothing = Figures { places: Vec::new(), series: Vec::new(), ..figures("Nothing") };
        let zeros = Figures {
            series: vec![Series { name: "Zero".to_owned(), values: vec![Amount::zero(); 3] }],
            whole: true,
            ..figures("Zero")
        };
        for figures in [nothing, zeros] {
            for kind in [bars, lines] {
                let chart = kind(&figures, &palette(), SIZE).unwrap();
                let (texts, _) = read(&chart.svg);
                assert!(texts.contains(&figures.title) && texts.contains(&"0".to_owned()), "{texts:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let colour = Palette { ink: "url(https://x.example)".to_owned(), ..palette() };
        assert_eq!(bars(&figures("A"), &colour, SIZE).unwrap_err().field.as_deref(), Some("palette"));
        let size = ChartSize { width: 9_999, height: 300 };
        assert_eq!(bars(&figures("A"), &palette(), size).unwrap_err().field.as_deref(), Some("size"));
        let series = vec![Series { name: "Less".to_owned(), values: vec!["-1".parse().unwrap()] }];
        assert!(lines(&Figures { series, ..figures("A") }, &palette(), SIZE).is_err());
    }
}
