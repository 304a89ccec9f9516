//! A file that was opened: its records, and which column holds what.

use std::{borrow::Cow, ops::Range};

use super::{
    Choices, FieldDelimiter, FileError, FileErrorCode, FileNote, FileNoteCode,
    csv::{self, Block, Blocks, Reader},
    encoding::{self, Encoding},
    file::{self, Kind},
    header::{self, Header},
    quote,
    record::Record,
    rows,
    workbook::{Sheet, Workbook},
};
use crate::{
    coins::Catalogue,
    language::{said, words},
    payouts::batch::FileCounts,
};

/// About how many bytes of text, and how many rows of a worksheet, are dealt with at a time.
const PIECE: (usize, usize) = (64 << 10, 2048);

/// What is in a file, before anything is known of its columns.
pub(super) struct Document<'b> {
    content: Content<'b>,
    pub(super) notes: Vec<FileNote>,
    pub(super) sheets: Vec<String>,
    pub(super) sheet: Option<String>,
    pub(super) encoding: Option<Encoding>,
    /// Records before the first that counts: a line that names the separator.
    pub(super) before: FileCounts,
}

enum Content<'b> {
    /// The records begin at a byte of the text, and on a line.
    Text {
        text: Cow<'b, [u8]>,
        at: usize,
        line: u32,
        delimiter: u8,
    },
    Sheet(Sheet),
}

/// The records of a document below its header, and what its columns hold.
pub(super) struct Table<'d> {
    pub(super) header: Header,
    body: Body<'d>,
    /// What was counted above the body.
    pub(super) above: FileCounts,
    pub(super) delimiter: u8,
}

enum Body<'d> {
    Text(Block<'d>),
    Sheet(&'d Sheet, Range<usize>),
}

/// A part of a table that is dealt with at once.
pub(super) enum Piece<'d> {
    Text(Block<'d>, u8),
    Sheet(&'d Sheet, Range<usize>, usize),
}

impl<'b> Document<'b> {
    pub(super) fn open(bytes: &'b [u8], choices: &Choices, coins: &Catalogue) -> Result<Self, FileError> {
        match file::kind(bytes)? {
            Kind::Text => Self::open_text(bytes, choices, |text| find_delimiter(text, coins)),
            Kind::Workbook => Self::open_workbook(bytes, choices),
        }
    }

    /// Opens text. `find` finds out what separates its fields, where nobody says it.
    pub(super) fn open_text(
        bytes: &'b [u8],
        choices: &Choices,
        find: impl FnOnce(&[u8]) -> Option<FieldDelimiter>,
    ) -> Result<Self, FileError> {
        let (text, encoding) = encoding::decode(bytes)?;
        let mut notes = Vec::new();
        let mut note = |code, message: &str| notes.push(FileNote { code, message: message.to_owned() });
        match encoding {
            Encoding::Utf8 => {}
            Encoding::Utf16Le | Encoding::Utf16Be => {
                note(
                    FileNoteCode::Encoding,
                    said!(
                        en: "The file was read as UTF-16.",
                        de: "Die Datei wurde als UTF-16 gelesen.",
                    ),
                );
            }
            Encoding::Windows1252 => note(
                FileNoteCode::Encoding,
                said!(
                    en: "The file is not UTF-8 and was read as Windows-1252: look whether letters such as ä or é are \
                         right.",
                    de: "Die Datei ist kein UTF-8 und wurde als Windows-1252 gelesen: Sehen Sie nach, ob Buchstaben \
                         wie ä oder é stimmen.",
                ),
            ),
        }
        let mut before = FileCounts::default();
        let (mut at, mut line) = (0, 1);
        let mut named = None;
        if let Some((delimiter, length)) = named_delimiter(&text) {
            (named, at, line) = (Some(delimiter), length, 2);
            before = FileCounts { records: 1, header: 1, ..before };
        }
        let chosen = choices.delimiter.or(named).or_else(|| find(&text[at..]));
        let delimiter = chosen.unwrap_or(FieldDelimiter::Comma);
        if delimiter != FieldDelimiter::Comma {
            note(
                FileNoteCode::Delimiter,
                &words!(
                    en: "The fields are separated by {}.",
                    de: "Die Felder sind durch {} getrennt.",
                    delimiter.name(),
                ),
            );
        }
        let content = Content::Text { text, at, line, delimiter: delimiter.byte() };
        Ok(Self { content, notes, sheets: Vec::new(), sheet: None, encoding: Some(encoding), before })
    }

    fn open_workbook(bytes: &'b [u8], choices: &Choices) -> Result<Self, FileError> {
        let mut workbook = Workbook::open(bytes)?;
        let sheets = workbook.names()?;
        let sheet = match (&choices.sheet, sheets.as_slice()) {
            (Some(chosen), _) => chosen.clone(),
            (None, []) => {
                return Err(FileError::new(
                    FileErrorCode::Empty,
                    said!(
                        en: "The workbook holds nothing.",
                        de: "Die Mappe enthält nichts.",
                    ),
                ));
            }
            (None, [only]) => only.clone(),
            (None, several) => {
                let names: Vec<String> = several.iter().map(|name| quote(name)).collect();
                let message = words!(
                    en: "The workbook has several sheets: {}. Say which holds the payouts.",
                    de: "Die Mappe hat mehrere Blätter: {}. Sagen Sie, welches die Auszahlungen enthält.",
                    names.join(", "),
                );
                return Err(FileError::new(FileErrorCode::SheetMissing, message));
            }
        };
        let content = Content::Sheet(workbook.into_sheet(&sheet)?);
        let notes = vec![FileNote {
            code: FileNoteCode::Sheet,
            message: words!(en: "The sheet {} was read.", de: "Das Blatt {} wurde gelesen.", quote(&sheet)),
        }];
        Ok(Self { content, notes, sheets, sheet: Some(sheet), encoding: None, before: FileCounts::default() })
    }

    /// The sheets of a workbook that are shown and hold anything; none for text.
    pub(super) fn sheets_of(bytes: &[u8]) -> Result<Vec<String>, FileError> {
        match file::kind(bytes)? {
            Kind::Text => Ok(Vec::new()),
            Kind::Workbook => Workbook::open(bytes)?.names(),
        }
    }

    /// Its delimiter, where it is text.
    pub(super) fn delimiter(&self) -> Option<FieldDelimiter> {
        match self.content {
            Content::Text { delimiter, .. } => {
                FieldDelimiter::ALL.into_iter().find(|known| known.byte() == delimiter)
            }
            Content::Sheet(_) => None,
        }
    }

    /// Its first records that are not blank.
    pub(super) fn first(&self, count: usize) -> Vec<Record<'_>> {
        self.records().filter(|record| !record.blank).take(count).collect()
    }

    pub(super) fn records(&self) -> Box<dyn Iterator<Item = Record<'_>> + '_> {
        match &self.content {
            Content::Text { text, at, line, delimiter } => {
                Box::new(Reader::at_line(Block { text: &text[*at..], line: *line }, *delimiter))
            }
            Content::Sheet(sheet) => {
                let width = (0..sheet.len())
                    .find_map(|index| sheet.record(index, 0).filter(|record| !record.blank))
                    .map_or(0, |record| record.count);
                Box::new((0..sheet.len()).filter_map(move |index| sheet.record(index, width)))
            }
        }
    }

    /// Its records below the header.
    ///
    /// # Errors
    /// When it has none, or the header does not say what the columns hold.
    pub(super) fn table(&self, choices: &Choices, coins: &Catalogue) -> Result<Table<'_>, FileError> {
        let mut above = self.before;
        let empty = || {
            FileError::new(
                FileErrorCode::Empty,
                said!(
                    en: "The file holds nothing but blank lines.",
                    de: "Die Datei enthält nichts als leere Zeilen.",
                ),
            )
        };
        match &self.content {
            Content::Text { text, at, line, delimiter } => {
                let all = Block { text: &text[*at..], line: *line };
                let mut reader = Reader::at_line(all, *delimiter);
                let mut record = Record::default();
                let mut blank = 0;
                loop {
                    if !reader.read(&mut record) {
                        return Err(empty());
                    }
                    if !record.blank {
                        break;
                    }
                    blank += 1;
                }
                let header = Header::read(&record, choices, coins)?;
                let body = if header.is_named() {
                    above.records += blank + 1;
                    above.blank += blank;
                    above.header += 1;
                    reader.rest()
                } else {
                    all
                };
                Ok(Table { header, body: Body::Text(body), above, delimiter: *delimiter })
            }
            Content::Sheet(sheet) => {
                let record = |index| sheet.record(index, 0);
                let first = (0..sheet.len()).find(|index| record(*index).is_some_and(|record| !record.blank));
                let (first, record) =
                    first.and_then(|index| Some((index, record(index)?))).ok_or_else(empty)?;
                let header = Header::read(&record, choices, coins)?;
                above.records += sheet.gaps();
                above.blank += sheet.gaps();
                let mut from = 0;
                if header.is_named() {
                    let blank = u32::try_from(first).unwrap_or(u32::MAX);
                    above.records += blank + 1;
                    above.blank += blank;
                    above.header += 1;
                    from = first + 1;
                }
                Ok(Table { header, body: Body::Sheet(sheet, from..sheet.len()), above, delimiter: b',' })
            }
        }
    }
}

impl<'d> Table<'d> {
    /// Its pieces, in the order of the file, each with how much of the whole lies before its end, from 0 to 1000.
    pub(super) fn pieces(&self) -> Box<dyn Iterator<Item = (Piece<'d>, u32)> + Send + '_> {
        let part = |done: usize, of: usize| u32::try_from(done * 1000 / of.max(1)).unwrap_or(1000);
        match &self.body {
            Body::Text(block) => {
                let delimiter = self.delimiter;
                let length = block.text.len();
                let mut blocks = Blocks::new(*block, delimiter, PIECE.0);
                Box::new(std::iter::from_fn(move || {
                    let block = blocks.next()?;
                    Some((Piece::Text(block, delimiter), part(blocks.at(), length)))
                }))
            }
            Body::Sheet(sheet, rows) => {
                let (sheet, width, length) = (*sheet, self.header.len(), rows.len());
                let (start, end) = (rows.start, rows.end);
                Box::new(rows.clone().step_by(PIECE.1).map(move |from| {
                    let to = (from + PIECE.1).min(end);
                    (Piece::Sheet(sheet, from..to, width), part(to - start, length))
                }))
            }
        }
    }
}

impl Piece<'_> {
    /// About how many records there are in it, and seldom fewer.
    pub(super) fn expected(&self) -> usize {
        match self {
            Self::Text(block, _) => usize::try_from(csv::line_ends(block.text)).unwrap_or(0),
            Self::Sheet(_, rows, _) => rows.len(),
        }
    }

    /// Reads its records. The second value says whether the spreadsheet hides the row.
    pub(super) fn each(&self, mut take: impl FnMut(&Record<'_>, bool)) {
        match self {
            Self::Text(block, delimiter) => {
                let mut reader = Reader::whole(*block, *delimiter);
                let mut record = Record::default();
                while reader.read(&mut record) {
                    take(&record, false);
                }
            }
            Self::Sheet(sheet, rows, width) => {
                for index in rows.clone() {
                    if let Some(record) = sheet.record(index, *width) {
                        take(&record, sheet.is_hidden(index));
                    }
                }
            }
        }
    }
}

/// A first line such as `sep=;`, by which Excel knows the separator: what it says, and how long it is with its line end.
fn named_delimiter(text: &[u8]) -> Option<(FieldDelimiter, usize)> {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let line = &text[..end];
    // The separator may be a blank itself: a tab.
    let [s, e, p, b'=', delimiter, after @ ..] = line else { return None };
    if ![*s, *e, *p].eq_ignore_ascii_case(b"sep") || !after.trim_ascii().is_empty() {
        return None;
    }
    let length = end + if text[end..].starts_with(b"\r\n") { 2 } else { 1 };
    let known = FieldDelimiter::ALL.into_iter().find(|known| known.byte() == *delimiter)?;
    Some((known, length))
}

/// The delimiter by which the first record makes sense: it names columns, or is a payout, or at least has several fields.
fn find_delimiter(text: &[u8], coins: &Catalogue) -> Option<FieldDelimiter> {
    best_delimiter(text, &header::known_names)
        .or_else(|| best_delimiter(text, &|record| usize::from(rows::looks_like_payout(record, coins))))
        .or_else(|| best_delimiter(text, &|record| record.count - 1))
}

/// The delimiter by which the first record scores most, if it scores at all.
pub(super) fn best_delimiter(text: &[u8], score: &dyn Fn(&Record<'_>) -> usize) -> Option<FieldDelimiter> {
    let first = |delimiter: FieldDelimiter| Reader::new(text, delimiter.byte()).find(|record| !record.blank);
    let scored = FieldDelimiter::ALL
        .into_iter()
        .map(|delimiter| (first(delimiter).map_or(0, |record| score(&record)), delimiter));
    // Of equals the first one, which is the more common.
    scored
        .rev()
        .max_by_key(|(score, _)| *score)
        .filter(|(score, _)| *score > 0)
        .map(|(_, delimiter)| delimiter)
}
