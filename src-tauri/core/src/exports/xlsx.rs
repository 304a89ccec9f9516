//! XLSX, as Office Open XML (ECMA-376) says: no more of it than a sheet of typed cells takes.
//!
//! Each row goes through the compressor into the file as it comes, so that a sheet of a million rows needs neither memory
//! nor files in between. No cell is ever a formula or a link: text is written as text, and has the format of text where it
//! would become a formula when somebody edits it.

use std::io::{self, Seek, Write};

use nowpayments::Amount;
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use self::parts::{Style, column_name};
use super::{
    ExportColumn, ExportNotes,
    columns::{Cell, Columns},
    numbers,
};
use crate::{payments::WholePayment, spreadsheet};

mod parts;

/// What a sheet can hold. What is beyond it goes to another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct SheetLimits {
    /// Rows, with that of the heads.
    pub(super) rows: u32,
    /// Bytes of XML: a part of a ZIP file that is not ZIP64, which Excel may not read, ends at 4 GiB.
    pub(super) bytes: u64,
}

impl SheetLimits {
    pub(super) const EXCEL: Self = Self { rows: 1_048_576, bytes: 3 << 30 };
}

/// How many rows of a sheet are heads. A sheet has at least one more.
const HEADS: u32 = 1;

/// How many characters a cell can hold, as UTF-16 counts them.
const LONGEST: usize = 32_767;

/// What stands at the end of a text that was cut.
const CUT: &str = " […]";

/// Writes a workbook.
pub(super) struct XlsxWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
    limits: SheetLimits,
    sheets: u32,
    rows: u32,
    bytes: u64,
    notes: ExportNotes,
    xml: String,
}

impl<W: Write + Seek> XlsxWriter<W> {
    pub(super) fn new(to: W, columns: &Columns, limits: SheetLimits) -> io::Result<Self> {
        let (notes, xml) = (ExportNotes::default(), String::new());
        let mut writer = Self { zip: ZipWriter::new(to), limits, sheets: 0, rows: 0, bytes: 0, notes, xml };
        writer.begin_sheet(columns)?;
        Ok(writer)
    }

    pub(super) fn payment(&mut self, payment: &WholePayment, columns: &Columns) -> io::Result<()> {
        let full = self.rows >= self.limits.rows || self.bytes >= self.limits.bytes;
        if full && self.rows > HEADS {
            self.end_sheet()?;
            self.begin_sheet(columns)?;
        }
        self.begin_row();
        for (at, (column, cell)) in columns.columns.iter().zip(columns.cells(payment)).enumerate() {
            self.cell(at, *column, cell);
        }
        self.end_row()
    }

    pub(super) fn finish(mut self, columns: &Columns) -> io::Result<(W, ExportNotes)> {
        self.end_sheet()?;
        for (name, content) in parts::around(self.sheets, &columns.title) {
            self.zip.start_file(name, options()).map_err(of_zip)?;
            self.zip.write_all(content.as_bytes())?;
        }
        Ok((self.zip.finish().map_err(of_zip)?, self.notes))
    }

    fn begin_sheet(&mut self, columns: &Columns) -> io::Result<()> {
        self.sheets += 1;
        let name = format!("xl/worksheets/sheet{}.xml", self.sheets);
        self.zip.start_file(name, options()).map_err(of_zip)?;
        (self.rows, self.bytes) = (0, 0);
        self.xml = parts::sheet_head(self.sheets, columns.columns.iter().map(|column| width(*column)));
        self.begin_row();
        for (at, head) in columns.heads.iter().enumerate() {
            let head = spreadsheet::pictured(head);
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

    fn cell(&mut self, at: usize, column: ExportColumn, cell: Cell<'_>) {
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
                    tracing::warn!(?column, %time, "a workbook has no such day");
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

/// How wide a column is, in digits.
fn width(column: ExportColumn) -> u32 {
    use ExportColumn as C;
    match column {
        C::CreatedAt | C::UpdatedAt | C::OrderId => 20,
        C::OrderDescription | C::PayAddress => 44,
        C::PriceCurrency | C::PayCurrency | C::OutcomeCurrency | C::FeeCurrency | C::UtcOffset => 10,
        _ => 16,
    }
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
