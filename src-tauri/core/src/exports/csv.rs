//! CSV, as RFC 4180 says.
//!
//! No cell of a CSV has a type: Excel makes a number of the order `00123` and a date of `1-2`, quoted or not, and the
//! usual way out (`="00123"`) is a formula itself. Ids stand here as they are; a workbook keeps them in Excel, too.

use std::io::{self, Write};

use super::{DecimalMark, Delimiter, ExportChoices, ExportNotes, columns::Columns};
use crate::{payments::WholePayment, spreadsheet, xlsx::Cell};

/// Writes a CSV.
pub(super) struct CsvWriter<W> {
    to: W,
    delimiter: char,
    decimal_mark: DecimalMark,
    notes: ExportNotes,
    line: String,
    /// A field stands in the line.
    begun: bool,
}

impl<W: Write> CsvWriter<W> {
    pub(super) fn new(mut to: W, columns: &Columns, choices: &ExportChoices) -> io::Result<Self> {
        if choices.byte_order_mark {
            to.write_all("\u{feff}".as_bytes())?;
        }
        let delimiter = match choices.delimiter {
            Delimiter::Comma => ',',
            Delimiter::Semicolon => ';',
            Delimiter::Tab => '\t',
        };
        let decimal_mark = choices.decimal_mark;
        let (notes, line) = (ExportNotes::default(), String::new());
        let mut writer = Self { to, delimiter, decimal_mark, notes, line, begun: false };
        for head in &columns.heads {
            writer.text(head);
        }
        writer.end_line()?;
        writer.notes = ExportNotes::default();
        Ok(writer)
    }

    pub(super) fn payment(&mut self, payment: &WholePayment, columns: &Columns) -> io::Result<()> {
        for cell in columns.cells(payment) {
            match cell {
                Cell::Empty => self.field(""),
                Cell::Text(text) | Cell::Code(text) => self.text(&text),
                Cell::Ticker(ticker) => self.text(&ticker.to_uppercase()),
                Cell::Coins(amount) | Cell::Money(amount) => {
                    let digits = amount.to_string();
                    match self.decimal_mark {
                        DecimalMark::Point => self.field(&digits),
                        DecimalMark::Comma => self.field(&digits.replace('.', ",")),
                    }
                }
                Cell::Time(time) => self.field(&time.format("%Y-%m-%d %H:%M:%S").to_string()),
            }
        }
        self.end_line()
    }

    pub(super) fn finish(mut self) -> io::Result<(W, ExportNotes)> {
        self.to.flush()?;
        Ok((self.to, self.notes))
    }

    fn text(&mut self, text: &str) {
        let pictured = spreadsheet::pictured(text);
        let guarded = spreadsheet::guarded(&pictured, self.delimiter);
        self.notes.pictures += u32::from(pictured != text);
        self.notes.apostrophes += u32::from(guarded != pictured);
        self.field(&guarded);
    }

    fn field(&mut self, field: &str) {
        if self.begun {
            self.line.push(self.delimiter);
        }
        self.begun = true;
        self.line.push_str(&spreadsheet::quoted(field));
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.push_str("\r\n");
        self.to.write_all(self.line.as_bytes())?;
        self.line.clear();
        self.begun = false;
        Ok(())
    }
}
