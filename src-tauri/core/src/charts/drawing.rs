//! The picture of a chart.

use std::fmt::Display;

use plotters::{
    coord::Shift,
    element::{Circle, PathElement, Rectangle, Text},
    prelude::{DrawingArea, IntoDrawingArea, SVGBackend},
    style::{
        Color, IntoFont, RGBAColor, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{ChartSize, Figures, axis::Axis, colour::Colours};
use crate::{
    failure::Failure,
    language::{number, words},
    spreadsheet,
};

/// How values are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bars,
    Lines,
}

/// The sizes of texts, as `plotters` counts them: a point of the picture is 1.24 of it.
const TEXT: u32 = 15;
const TITLE: u32 = 19;
/// About how wide a letter of a text is, in points.
const LETTER: i32 = 7;
/// The height of a line of text.
const LINE: i32 = 20;
/// Around everything.
const MARGIN: i32 = 8;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Where the values are drawn.
struct Field {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Field {
    fn width(&self) -> i32 {
        self.right - self.left
    }

    fn height(&self) -> i32 {
        self.bottom - self.top
    }
}

pub(super) fn svg(
    figures: &Figures,
    colours: &Colours,
    size: ChartSize,
    kind: Kind,
) -> Result<String, Failure> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (size.width, size.height)).into_drawing_area();
        draw(&root, figures, colours, size, kind)?;
        root.present().map_err(not_drawn)?;
    }
    // A name that is read out, and shown where the pointer rests.
    let title = spreadsheet::pictured(&figures.title).into_owned();
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Ok(svg.replacen(">\n", &format!(">\n<title>{title}</title>\n"), 1))
}

fn not_drawn(error: impl Display) -> Failure {
    Failure::other(words!(
        en: "The chart could not be drawn ({error}).",
        de: "Das Diagramm konnte nicht gezeichnet werden ({error})."
    ))
}

fn draw(
    root: &Area<'_>,
    figures: &Figures,
    colours: &Colours,
    size: ChartSize,
    kind: Kind,
) -> Result<(), Failure> {
    let axis = Axis::of(figures.series.iter().flat_map(|series| &series.values), figures.whole);
    let widest = axis.ticks.iter().map(|tick| letters(&number(tick))).max().unwrap_or_default();
    let (width, height) = (whole(size.width), whole(size.height));
    let has_legend = figures.series.len() > 1;
    // The last place stands under the end of the field, and is not to be cut off.
    let overhang = figures.places.last().map(|place| letters(place) / 2).unwrap_or_default();
    let head = if figures.headed { 0 } else { LINE };
    let field = Field {
        left: (2 * MARGIN + widest).min(width / 2),
        right: (width - MARGIN - overhang.max(MARGIN)).max(width / 2),
        top: head + 2 * MARGIN + LINE + if has_legend { LINE } else { 0 },
        bottom: height - 2 * LINE - MARGIN,
    };
    let pen = Pen { root, colours };
    if !figures.headed {
        pen.text(&figures.title, (MARGIN, MARGIN), TITLE, (HPos::Left, VPos::Top))?;
    }
    if has_legend {
        pen.legend(figures, (MARGIN, MARGIN + head + LINE / 2), width)?;
    }
    pen.text(&figures.up, (MARGIN, field.top - LINE / 2), TEXT, (HPos::Left, VPos::Bottom))?;
    let middle = i32::midpoint(field.left, field.right);
    pen.text(&figures.across, (middle, height - MARGIN), TEXT, (HPos::Center, VPos::Bottom))?;
    pen.grid(&axis, &field)?;
    pen.places(figures, &field)?;
    match kind {
        Kind::Bars => pen.bars(figures, &axis, &field),
        Kind::Lines => pen.lines(figures, &axis, &field),
    }
}

struct Pen<'p, 'a> {
    root: &'p Area<'a>,
    colours: &'p Colours,
}

impl Pen<'_, '_> {
    fn text(&self, text: &str, at: (i32, i32), size: u32, (h, v): (HPos, VPos)) -> Result<(), Failure> {
        let style =
            TextStyle::from(("sans-serif", size).into_font()).color(&self.colours.ink).pos(Pos::new(h, v));
        // XML has no place for some characters, whatever they are written as.
        let text = spreadsheet::pictured(text).into_owned();
        self.root.draw(&Text::new(text, at, style)).map_err(not_drawn)
    }

    fn line(&self, points: Vec<(i32, i32)>, style: ShapeStyle) -> Result<(), Failure> {
        self.root.draw(&PathElement::new(points, style)).map_err(not_drawn)
    }

    fn filled(&self, corners: [(i32, i32); 2], colour: RGBAColor) -> Result<(), Failure> {
        self.root.draw(&Rectangle::new(corners, colour.filled())).map_err(not_drawn)
    }

    /// The names of the series beside their colours, as many as there is room for.
    fn legend(&self, figures: &Figures, (mut x, y): (i32, i32), width: i32) -> Result<(), Failure> {
        for (at, series) in figures.series.iter().enumerate() {
            let wide = LINE + letters(&series.name) + MARGIN;
            if x + wide > width {
                break;
            }
            let square = [(x, y + 4), (x + 12, y + 16)];
            self.filled(square, self.colours.series(at))?;
            self.text(&series.name, (x + LINE, y + LINE / 2), TEXT, (HPos::Left, VPos::Center))?;
            x += wide;
        }
        Ok(())
    }

    fn grid(&self, axis: &Axis, field: &Field) -> Result<(), Failure> {
        for tick in &axis.ticks {
            let y = field.bottom - axis.place(tick, field.height());
            self.line(vec![(field.left, y), (field.right, y)], self.colours.lines.stroke_width(1))?;
            self.text(&number(tick), (field.left - MARGIN, y), TEXT, (HPos::Right, VPos::Center))?;
        }
        Ok(())
    }

    /// The names of the places: the last one, and as many before it as there is room for.
    fn places(&self, figures: &Figures, field: &Field) -> Result<(), Failure> {
        let count = figures.places.len();
        let widest = figures.places.iter().map(|place| letters(place)).max().unwrap_or_default() + 2 * MARGIN;
        let fit = usize::try_from((field.width() / widest.max(1)).max(1)).unwrap_or(1);
        let every = count.div_ceil(fit).max(1);
        for (at, place) in figures.places.iter().enumerate() {
            if (count - 1 - at).is_multiple_of(every) {
                let at = (field.middle(at, count), field.bottom + MARGIN);
                self.text(place, at, TEXT, (HPos::Center, VPos::Top))?;
            }
        }
        Ok(())
    }

    fn bars(&self, figures: &Figures, axis: &Axis, field: &Field) -> Result<(), Failure> {
        let (count, of) = (figures.places.len(), figures.series.len());
        for (index, series) in figures.series.iter().enumerate() {
            for (at, value) in series.values.iter().take(count).enumerate() {
                let (from, to) = (field.start(at, count), field.start(at + 1, count));
                let gap = (to - from) / 5;
                let slot = |part: usize| share(to - from - gap, part, of) + from + gap / 2;
                let (from, to) = (slot(index), slot(index + 1));
                let top = field.bottom - axis.place(value, field.height());
                if top < field.bottom {
                    self.filled([(from, top), (to.max(from + 1), field.bottom)], self.colours.series(index))?;
                }
            }
        }
        Ok(())
    }

    fn lines(&self, figures: &Figures, axis: &Axis, field: &Field) -> Result<(), Failure> {
        let count = figures.places.len();
        for (index, series) in figures.series.iter().enumerate() {
            let place =
                |(at, value)| (field.middle(at, count), field.bottom - axis.place(value, field.height()));
            let points: Vec<_> = series.values.iter().take(count).enumerate().map(place).collect();
            let colour = self.colours.series(index);
            // Where there are many places, the line alone says it.
            if usize::try_from(field.width()).is_ok_and(|width| width >= count * 8) {
                for point in &points {
                    self.root.draw(&Circle::new(*point, 3, colour.filled())).map_err(not_drawn)?;
                }
            }
            if points.len() > 1 {
                self.line(points, colour.stroke_width(2))?;
            }
        }
        Ok(())
    }
}

impl Field {
    /// Where the room of a place begins.
    fn start(&self, at: usize, of: usize) -> i32 {
        self.left + share(self.width(), at, of)
    }

    fn middle(&self, at: usize, of: usize) -> i32 {
        i32::midpoint(self.start(at, of), self.start(at + 1, of))
    }
}

/// So many parts of a length that has `of` of them.
fn share(length: i32, part: usize, of: usize) -> i32 {
    let (part, of) = (i64::try_from(part).unwrap_or(0), i64::try_from(of).unwrap_or(1).max(1));
    i32::try_from(i64::from(length) * part / of).unwrap_or(length)
}

/// About how wide a text is.
fn letters(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX / 64).saturating_mul(LETTER)
}

fn whole(side: u32) -> i32 {
    i32::try_from(side).unwrap_or(i32::MAX)
}
