//! XLSX, as Office Open XML (ECMA-376) says: no more of it than a sheet of typed cells takes.
//!
//! Each row goes through the compressor into the file as it comes, so that a sheet of a million rows needs neither memory
//! nor files in between. No cell is ever a formula or a link: text is written as text, and has the format of text where it
//! would become a formula when somebody edits it.

use std::{
    borrow::Cow,
    io::{self, Seek, Write},
};

use chrono::{DateTime, FixedOffset};
use nowpayments::Amount;
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use self::parts::{Style, column_name};
use crate::spreadsheet;

pub(crate) mod numbers;
mod parts;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing.
    Empty,
    /// What somebody has written.
    Text(Cow<'a, str>),
    /// An id, an address: a text in which every character counts.
    Code(Cow<'a, str>),
    /// A coin or a currency, lower case. People read it in upper case.
    Ticker(&'a str),
    /// An amount of some coin.
    Coins(&'a Amount),
    /// An amount of some currency, of which two decimals are always shown.
    Money(&'a Amount),
    /// A time by the clocks of whoever reads it.
    Time(DateTime<FixedOffset>),
}

/// What the columns of a sheet are called, and how wide they are, in digits.
#[derive(Debug, Clone)]
pub(crate) struct Heads {
    /// What the sheet is called.
    pub(crate) title: String,
    /// The head and the width of each column.
    pub(crate) columns: Vec<(String, u32)>,
}

/// What could not stand in a workbook as it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// Amounts with more digits than a number of a spreadsheet holds, which are texts.
    pub(crate) numbers_as_text: u32,
    /// Texts that were longer than a cell can hold.
    pub(crate) cut: u32,
    /// Texts with control characters, which are pictures.
    pub(crate) pictures: u32,
}

/// What a sheet can hold. What is beyond it goes to another one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SheetLimits {
    /// Rows, with that of the heads.
    pub(crate) rows: u32,
    /// Bytes of XML: a part of a ZIP file that is not ZIP64, which Excel may not read, ends at 4 GiB.
    pub(crate) bytes: u64,
}

impl SheetLimits {
    pub(crate) const EXCEL: Self = Self { rows: 1_048_576, bytes: 3 << 30 };
}

/// How many rows of a sheet are heads. A sheet has at least one more.
const HEADS: u32 = 1;

/// How many characters a cell can hold, as UTF-16 counts them.
const LONGEST: usize = 32_767;

/// What stands at the end of a text that was cut.
const CUT: &str = " […]";

/// Writes a workbook.
pub(crate) struct Workbook<W: Write + Seek> {
    zip: ZipWriter<W>,
    heads: Heads,
    limits: SheetLimits,
    sheets: u32,
    rows: u32,
    bytes: u64,
    notes: Notes,
    xml: String,
}

impl<W: Write + Seek> Workbook<W> {
    pub(crate) fn new(to: W, heads: Heads, limits: SheetLimits) -> io::Result<Self> {
        let (notes, xml) = (Notes::default(), String::new());
        let mut workbook =
            Self { zip: ZipWriter::new(to), heads, limits, sheets: 0, rows: 0, bytes: 0, notes, xml };
        workbook.begin_sheet()?;
        Ok(workbook)
    }

    /// Writes a row.
    pub(crate) fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> io::Result<()> {
        let full = self.rows >= self.limits.rows || self.bytes >= self.limits.bytes;
        if full && self.rows > HEADS {
            self.end_sheet()?;
            self.begin_sheet()?;
        }
        self.begin_row();
        for (at, cell) in cells.into_iter().enumerate() {
            self.cell(at, cell);
        }
        self.end_row()
    }

    /// Writes the end. Gives back what was written to.
    pub(crate) fn finish(mut self) -> io::Result<(W, Notes)> {
        self.end_sheet()?;
        for (name, content) in parts::around(self.sheets, &self.heads.title) {
            self.zip.start_file(name, options()).map_err(of_zip)?;
            self.zip.write_all(content.as_bytes())?;
        }
        Ok((self.zip.finish().map_err(of_zip)?, self.notes))
    }

    fn begin_sheet(&mut self) -> io::Result<()> {
        self.sheets += 1;
        let name = format!("xl/worksheets/sheet{}.xml", self.sheets);
        self.zip.start_file(name, options()).map_err(of_zip)?;
        (self.rows, self.bytes) = (0, 0);
        self.xml = parts::sheet_head(self.sheets, self.heads.columns.iter().map(|(_, width)| *width));
        self.begin_row();
        for at in 0..self.heads.columns.len() {
            let head = spreadsheet::pictured(&self.heads.columns[at].0).into_owned();
            self.string(at, Style::Head, &head);
        }
        self.end_row()
    }

    fn end_sheet(&mut self) -> io::Result<()> {
        self.zip.write_all(parts::SHEET_FOOT.as_bytes())
    }

    fn begin_row(&mut self) {
        self.rows += 1;
        self.xml.push_str("<row r=\"");
        self.xml.push_str(&self.rows.to_string());
        self.xml.push_str("\">");
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.xml.push_str("</row>");
        self.bytes += self.xml.len() as u64;
        self.zip.write_all(self.xml.as_bytes())?;
        self.xml.clear();
        Ok(())
    }

    fn cell(&mut self, at: usize, cell: Cell<'_>) {
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => {
                let style = if spreadsheet::begins_formula(&text) { Style::Quoted } else { Style::Plain };
                self.text(at, style, &text);
            }
            Cell::Code(text) => self.text(at, Style::Text, &text),
            Cell::Ticker(ticker) => self.text(at, Style::Text, &ticker.to_uppercase()),
            Cell::Coins(amount) => self.amount(at, amount, 0),
            Cell::Money(amount) => self.amount(at, amount, 2),
            Cell::Time(time) => match numbers::serial(time.naive_local()) {
                Some(serial) => self.number(at, Style::Time, &serial),
                None => {
                    tracing::warn!(%time, "a workbook has no such day");
                    self.text(at, Style::Text, &time.to_string());
                }
            },
        }
    }

    fn amount(&mut self, at: usize, amount: &Amount, least: u32) {
        match numbers::exact(amount) {
            Some(digits) => self.number(at, Style::Decimals(amount.decimals().max(least)), &digits),
            None => {
                self.notes.numbers_as_text += 1;
                self.text(at, Style::Text, &amount.to_string());
            }
        }
    }

    fn text(&mut self, at: usize, style: Style, text: &str) {
        let pictured = spreadsheet::pictured(text);
        self.notes.pictures += u32::from(pictured != text);
        match cut(&pictured) {
            None => self.string(at, style, &pictured),
            Some(kept) => {
                self.notes.cut += 1;
                self.string(at, style, &format!("{kept}{CUT}"));
            }
        }
    }

    fn string(&mut self, at: usize, style: Style, text: &str) {
        self.begin_cell(at, style);
        self.xml.push_str("\" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
        parts::push_escaped(&mut self.xml, text);
        self.xml.push_str("</t></is></c>");
    }

    fn number(&mut self, at: usize, style: Style, digits: &str) {
        self.begin_cell(at, style);
        self.xml.push_str("\"><v>");
        self.xml.push_str(digits);
        self.xml.push_str("</v></c>");
    }

    fn begin_cell(&mut self, at: usize, style: Style) {
        self.xml.push_str("<c r=\"");
        self.xml.push_str(&column_name(at));
        self.xml.push_str(&self.rows.to_string());
        self.xml.push_str("\" s=\"");
        self.xml.push_str(&style.index().to_string());
    }
}

/// What a cell keeps of a text that is longer than it can hold.
fn cut(text: &str) -> Option<&str> {
    if text.len() <= LONGEST || text.encode_utf16().count() <= LONGEST {
        return None;
    }
    let room = LONGEST - CUT.encode_utf16().count();
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > room
    });
    end.map(|(end, _)| &text[..end])
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn of_zip(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        error => io::Error::other(error),
    }
}
