//! One record of a file: what its fields hold, and how that was written.

use std::borrow::Cow;

/// How many fields of a record are kept. More are counted and not kept, so that a line of commas cannot fill memory.
pub(super) const MOST_FIELDS: usize = 256;

/// One record. A record with a fault is whole in `raw`; what is in its fields is not to be relied on.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    /// The line it begins on, from 1; the row of a worksheet.
    pub(super) line: u32,
    /// The line it ends on.
    pub(super) last_line: u32,
    /// Its text in the file, without the line end.
    pub(super) raw: Cow<'a, [u8]>,
    /// Its fields, at most [`MOST_FIELDS`].
    pub(super) fields: Vec<Field<'a>>,
    /// How many fields it has.
    pub(super) count: usize,
    /// Whether all its fields are empty, or hold nothing but spaces and tabs.
    pub(super) blank: bool,
    /// The first thing that is wrong with its quotes.
    pub(super) fault: Option<Fault>,
}

/// One field of a record.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    /// The line it begins on, from 1.
    pub(super) line: u32,
    /// How it was written.
    pub(super) cell: Cell,
    /// It is what a formula of a worksheet had given when the workbook was saved.
    pub(super) formula: bool,
    /// What it holds, without the quotes around it.
    pub(super) bytes: Cow<'a, [u8]>,
    /// The same, where it is known to be UTF-8.
    pub(super) known: Option<&'a str>,
}

/// How the value of a field was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// As text without quotes.
    Written,
    /// As text in quotes, where every character counts.
    Quoted,
    /// A number in a worksheet, with a point before its decimals whatever the sheet shows.
    Number,
    /// A date in a worksheet.
    Date,
    /// True or false in a worksheet.
    Truth,
    /// A number in a worksheet that is shown with the sign of a currency of money.
    Money,
    /// A number in a worksheet that is shown divided by a thousand, or by a million.
    Scaled,
    /// A number in a worksheet that is shown as a percentage.
    Percentage,
    /// An error in a worksheet, such as `#REF!`.
    Error,
    /// A formula of a worksheet that was saved without its result.
    NoResult,
}

/// Quotes that break the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// How.
    pub(super) kind: FaultKind,
    /// In which field, from 0.
    pub(super) field: usize,
    /// The line that the field begins on, from 1.
    pub(super) line: u32,
}

/// How quotes can break the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A quote that is never closed: the record goes on to the end of the file.
    Unclosed,
    /// A closing quote that is followed by neither a delimiter nor the end of the line.
    TextAfter,
    /// A quote in a field that does not begin with one.
    Inside,
}

impl Cell {
    /// Whether it is text, which can be written in more than one way.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Written | Self::Quoted)
    }
}

impl Record<'_> {
    /// Empties it for the record that begins on `line`.
    pub(super) fn begin(&mut self, line: u32) {
        self.line = line;
        self.last_line = line;
        self.raw = Cow::Borrowed(&[]);
        self.fields.clear();
        self.count = 0;
        self.blank = true;
        self.fault = None;
    }
}

impl Field<'_> {
    /// Its text: spaces and tabs around it do not count unless it is quoted. `None` when it is not UTF-8.
    pub(super) fn text(&self) -> Option<&str> {
        let text = match self.known {
            Some(text) => text,
            None => str::from_utf8(&self.bytes).ok()?,
        };
        Some(if self.cell == Cell::Quoted { text } else { text.trim_matches([' ', '\t']) })
    }
}
