//! One worksheet: its cells, row by row.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};

use super::{
    Attributes, Damage, Part,
    formats::{Formats, Shown},
};
use crate::language::said;
use crate::payouts::import::{
    amounts::significant_digits,
    record::{Cell, Field, MOST_FIELDS, Record},
};

/// The rows of a worksheet that hold anything, and the texts that their cells share.
pub(in crate::payouts::import) struct Sheet {
    shared: Vec<Box<str>>,
    rows: Vec<Row>,
}

struct Row {
    /// From 1, as the spreadsheet numbers it.
    number: u32,
    hidden: bool,
    /// Cells that hold anything, from left to right.
    cells: Vec<Filled>,
}

struct Filled {
    column: u16,
    cell: Cell,
    formula: bool,
    text: Text,
}

enum Text {
    Shared(u32),
    Own(Box<str>),
}

/// The most digits that tell one binary fraction of 53 bits from another.
const DIGITS_OF_A_FRACTION: usize = 17;
/// The most columns that a worksheet has.
const MOST_COLUMNS: usize = 16_384;
/// The most rows that a worksheet has.
const MOST_ROWS: u32 = 1_048_576;

impl Sheet {
    /// How many rows hold anything.
    pub(in crate::payouts::import) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many rows between those with content are empty.
    pub(in crate::payouts::import) fn gaps(&self) -> u32 {
        let last = self.rows.last().map_or(0, |row| row.number);
        // There are no more rows than the number of the last one.
        last - u32::try_from(self.rows.len()).unwrap_or(last)
    }

    /// Whether the spreadsheet hides the row at `index`.
    pub(in crate::payouts::import) fn is_hidden(&self, index: usize) -> bool {
        self.rows.get(index).is_some_and(|row| row.hidden)
    }

    /// The row at `index`, of those that hold anything, with at least `width` fields.
    pub(in crate::payouts::import) fn record(&self, index: usize, width: usize) -> Option<Record<'_>> {
        let row = self.rows.get(index)?;
        let last = row.cells.last().map_or(0, |filled| usize::from(filled.column) + 1);
        let count = last.max(width);
        let empty = Field {
            line: row.number,
            cell: Cell::Written,
            formula: false,
            bytes: Cow::Borrowed(b""),
            known: Some(""),
        };
        let mut record = Record { count, fields: vec![empty; count.min(MOST_FIELDS)], ..Record::default() };
        record.line = row.number;
        record.last_line = row.number;
        for filled in &row.cells {
            let Some(field) = record.fields.get_mut(usize::from(filled.column)) else { break };
            let text = match &filled.text {
                Text::Own(text) => text,
                Text::Shared(index) => self.shared.get(*index as usize).map_or("", |text| text),
            };
            field.bytes = Cow::Borrowed(text.as_bytes());
            field.known = Some(text);
            field.cell = filled.cell;
            field.formula = filled.formula;
        }
        record.blank = record.count <= MOST_FIELDS
            && record.fields.iter().all(|field| {
                field.cell == Cell::Written && field.bytes.iter().all(|byte| matches!(byte, b' ' | b'\t'))
            });
        record.raw = Cow::Owned(raw(&record.fields));
        Some(record)
    }
}

/// A row as a line of comma-separated values.
fn raw(fields: &[Field<'_>]) -> Vec<u8> {
    let mut raw = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            raw.push(b',');
        }
        if field.bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            raw.push(b'"');
            for byte in field.bytes.iter() {
                raw.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
            }
            raw.push(b'"');
        } else {
            raw.extend_from_slice(&field.bytes);
        }
    }
    raw
}

/// Whether any cell holds anything.
pub(super) fn holds_anything(mut part: Part<'_>) -> Result<bool, Damage> {
    let mut buffer = Vec::new();
    loop {
        match part.read_event_into(&mut buffer)? {
            Event::Start(element) if matches!(element.local_name().as_ref(), "v" | "f" | "is") => {
                return Ok(true);
            }
            Event::Eof => return Ok(false),
            _ => {}
        }
        buffer.clear();
    }
}

/// Reads a worksheet whose cells hold no more than `room` bytes of text together.
pub(super) fn read(
    mut part: Part<'_>,
    shared: Vec<Box<str>>,
    formats: &Formats,
    mut room: u64,
) -> Result<Sheet, Damage> {
    let mut rows: Vec<Row> = Vec::new();
    let mut buffer = Vec::new();
    let mut last = 0;
    loop {
        match part.read_event_into(&mut buffer)? {
            Event::Start(element) if element.local_name().as_ref() == "row" => {
                let attributes = Attributes::read(&element, &["r", "hidden"])?;
                let number = match attributes.get("r") {
                    Some(number) => number.parse().map_err(|_| {
                        other(said!(
                            en: "a row has no number",
                            de: "eine Zeile hat keine Nummer",
                        ))
                    })?,
                    None => last + 1,
                };
                if number <= last || number > MOST_ROWS {
                    return Err(other(said!(
                        en: "its rows are not in order",
                        de: "ihre Zeilen sind nicht in Reihenfolge",
                    )));
                }
                last = number;
                let cells = read_row(&mut part, &shared, formats, &mut room)?;
                if !cells.is_empty() {
                    rows.push(Row { number, hidden: attributes.truth("hidden"), cells });
                }
            }
            Event::Eof => return Ok(Sheet { shared, rows }),
            _ => {}
        }
        buffer.clear();
    }
}

fn other(what: &str) -> Damage {
    Damage::Other(what.to_owned())
}

fn read_row(
    part: &mut Part<'_>,
    shared: &[Box<str>],
    formats: &Formats,
    room: &mut u64,
) -> Result<Vec<Filled>, Damage> {
    let mut cells: Vec<Filled> = Vec::new();
    let mut buffer = Vec::new();
    let mut next = 0;
    loop {
        match part.read_event_into(&mut buffer)? {
            Event::Start(element) if element.local_name().as_ref() == "c" => {
                let attributes = Attributes::read(&element, &["r", "t", "s"])?;
                let column = match attributes.get("r") {
                    Some(reference) => column(reference).ok_or_else(|| {
                        other(said!(
                            en: "a cell has no place",
                            de: "eine Zelle hat keinen Platz",
                        ))
                    })?,
                    None => next,
                };
                if column < next || column >= MOST_COLUMNS {
                    return Err(other(said!(
                        en: "the cells of a row are not in order",
                        de: "die Zellen einer Zeile sind nicht in Reihenfolge",
                    )));
                }
                next = column + 1;
                if let Some((cell, formula, text)) = read_cell(part, &attributes, shared, formats)? {
                    let length = match &text {
                        Text::Own(text) => text.len(),
                        Text::Shared(index) => shared.get(*index as usize).map_or(0, |text| text.len()),
                    };
                    let cost = u64::try_from(length + size_of::<Filled>()).unwrap_or(u64::MAX);
                    *room = room.checked_sub(cost).ok_or(Damage::TooLarge)?;
                    let column = u16::try_from(column).map_err(|_| {
                        other(said!(
                            en: "a row has too many cells",
                            de: "eine Zeile hat zu viele Zellen",
                        ))
                    })?;
                    cells.push(Filled { column, cell, formula, text });
                }
            }
            Event::End(element) if element.local_name().as_ref() == "row" => return Ok(cells),
            Event::Eof => {
                return Err(other(said!(
                    en: "it ends in the middle of a row",
                    de: "sie endet mitten in einer Zeile",
                )));
            }
            _ => {}
        }
        buffer.clear();
    }
}

/// What a cell holds; `None` for nothing.
fn read_cell(
    part: &mut Part<'_>,
    attributes: &Attributes,
    shared: &[Box<str>],
    formats: &Formats,
) -> Result<Option<(Cell, bool, Text)>, Damage> {
    let mut value = None;
    let mut formula = false;
    let mut buffer = Vec::new();
    loop {
        match part.read_event_into(&mut buffer)? {
            Event::Start(element) => match element.local_name().as_ref() {
                "v" => value = Some(characters_until(part, "v")?),
                "is" => value = Some(text_until(part, "is")?),
                "f" => {
                    formula = true;
                    characters_until(part, "f")?;
                }
                _ => {}
            },
            Event::End(element) if element.local_name().as_ref() == "c" => break,
            Event::Eof => {
                return Err(other(said!(
                    en: "it ends in the middle of a cell",
                    de: "sie endet mitten in einer Zelle",
                )));
            }
            _ => {}
        }
        buffer.clear();
    }
    let own = |cell, text: String| Ok(Some((cell, formula, Text::Own(text.into_boxed_str()))));
    let kind = attributes.get("t").unwrap_or("n");
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        // The result of a formula may be an empty text.
        return if formula && kind != "str" { own(Cell::NoResult, String::new()) } else { Ok(None) };
    };
    match kind {
        "s" => {
            let index: u32 = value.trim().parse().map_err(|_| {
                other(said!(
                    en: "a cell names no text",
                    de: "eine Zelle nennt keinen Text",
                ))
            })?;
            match shared.get(index as usize) {
                None => Err(other(said!(
                    en: "a cell names a text that is not there",
                    de: "eine Zelle nennt einen Text, den es nicht gibt",
                ))),
                Some(text) if text.is_empty() => Ok(None),
                Some(_) => Ok(Some((Cell::Written, formula, Text::Shared(index)))),
            }
        }
        "str" => own(Cell::Written, unescaped(value)),
        "inlineStr" => own(Cell::Written, value),
        "b" => own(Cell::Truth, if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned()),
        "e" => own(Cell::Error, value),
        "d" => own(Cell::Date, value),
        "n" => {
            let number: f64 = value.trim().parse().map_err(|_| {
                other(said!(
                    en: "a number is none",
                    de: "eine Zahl ist keine",
                ))
            })?;
            if !number.is_finite() {
                return Err(other(said!(en: "a number is none", de: "eine Zahl ist keine")));
            }
            // Whatever wrote more digits than a binary fraction has was no spreadsheet: none of them is left out unseen.
            let mantissa = value.split(['e', 'E']).next().unwrap_or_default();
            if significant_digits(mantissa) > DIGITS_OF_A_FRACTION {
                return own(Cell::Number, value);
            }
            let style = attributes.get("s").and_then(|style| style.parse().ok());
            // Spreadsheets keep numbers as binary fractions and write up to 17 digits of them (1.1 as 1.1000000000000001). The shortest
            // text that means the same binary fraction is what was typed, as long as it has no more than 15 digits.
            match formats.of(style) {
                Shown::Number => own(Cell::Number, number.to_string()),
                Shown::Money => own(Cell::Money, number.to_string()),
                Shown::Scaled => own(Cell::Scaled, number.to_string()),
                Shown::Percentage => own(Cell::Percentage, number.to_string()),
                Shown::Date => {
                    let days = number.to_string();
                    own(Cell::Date, formats.date(&days).unwrap_or(days))
                }
            }
        }
        _ => Err(other(said!(
            en: "a cell is of a sort that is not known",
            de: "eine Zelle ist von unbekannter Art",
        ))),
    }
}

/// The text up to the end of `element`, without what is within its children.
fn characters_until(part: &mut Part<'_>, element: &str) -> Result<String, Damage> {
    collect_until(part, element, |inside| inside.is_empty())
}

/// The text of the `t` up to the end of `element`, without reading aids.
pub(super) fn text_until(part: &mut Part<'_>, element: &str) -> Result<String, Damage> {
    collect_until(part, element, |inside| {
        inside.last().is_some_and(|name| name == "t") && !inside.iter().any(|name| name == "rPh")
    })
    .map(unescaped)
}

/// A text without the escapes that XML does not need and workbooks have all the same: `_x000D_` for a carriage return, and
/// `_x005F_` for an underscore that would begin one (ECMA-376, part 1, 22.9.2.19).
fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let digits = escape.get(2..6).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let c = digits
            .filter(|_| escape.as_bytes().get(6) == Some(&b'_'))
            .and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?));
        match c {
            Some(c) => {
                plain.push(c);
                rest = &escape[7..];
            }
            None => {
                plain.push('_');
                rest = &escape[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn collect_until(
    part: &mut Part<'_>,
    element: &str,
    counts: impl Fn(&[String]) -> bool,
) -> Result<String, Damage> {
    let name = |start: &BytesStart<'_>| start.local_name().as_ref().to_owned();
    let mut inside: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut buffer = Vec::new();
    loop {
        match part.read_event_into(&mut buffer)? {
            Event::Start(start) if inside.len() < 100 => inside.push(name(&start)),
            Event::Start(_) => {
                return Err(other(said!(
                    en: "a text is nested too deep",
                    de: "ein Text ist zu tief verschachtelt",
                )));
            }
            Event::End(end) if inside.is_empty() && end.local_name().as_ref() == element => return Ok(text),
            Event::End(_) => drop(inside.pop()),
            Event::Text(piece) if counts(&inside) => {
                text.push_str(&piece.xml_content(quick_xml::XmlVersion::Implicit1_0));
            }
            Event::CData(piece) if counts(&inside) => {
                text.push_str(&piece.xml_content(quick_xml::XmlVersion::Implicit1_0));
            }
            Event::GeneralRef(reference) if counts(&inside) => match reference.resolve_char_ref()? {
                Some(c) => text.push(c),
                None => {
                    text.push_str(quick_xml::escape::resolve_xml_entity(&reference).ok_or_else(|| {
                        other(said!(
                            en: "it names a character that is not known",
                            de: "sie nennt ein Zeichen, das nicht bekannt ist",
                        ))
                    })?);
                }
            },
            Event::Eof => {
                return Err(other(said!(
                    en: "it ends in the middle of a text",
                    de: "sie endet mitten in einem Text",
                )));
            }
            _ => {}
        }
        buffer.clear();
    }
}

/// The column of a reference such as `AB12`, from 0.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let mut column = 0_usize;
    for letter in letters {
        column = column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1;
        if column > MOST_COLUMNS {
            return None;
        }
    }
    column.checked_sub(1)
}
