//! Text files of other things than payouts, read with the same care: encodings, separators and quotes, and each record counted once.

use super::{
    Choices, FileError, FileErrorCode, cut,
    file::{self, Kind},
    lossless, quote,
    record::{Field, Record},
    rows,
    table::{Document, best_delimiter},
};
use crate::language::{said, words};

/// What makes a column the one that is wanted.
pub(crate) struct Wanted<'a> {
    /// What the column is called where there is none.
    pub(crate) name: &'a str,
    /// Whether a header means it. Names come in lower case, letters and digits alone.
    pub(crate) is_named: &'a dyn Fn(&str) -> bool,
    /// Whether a value looks like one of it.
    pub(crate) looks_like: &'a dyn Fn(&str) -> bool,
    /// The column that the owner has chosen, from 0, and whether the first record names the columns.
    pub(crate) chosen: Option<(usize, bool)>,
}

/// A file that was read. `records = header + blank` and as many as there are lines.
#[derive(Debug)]
pub(crate) struct PlainFile {
    pub(crate) records: u32,
    pub(crate) header: u32,
    pub(crate) blank: u32,
    /// How it was read, where that is not obvious.
    pub(crate) notes: Vec<String>,
    /// All that is neither a header nor blank, in the order of the file.
    pub(crate) lines: Vec<PlainLine>,
}

/// A record of a file.
#[derive(Debug)]
pub(crate) struct PlainLine {
    /// The line it begins on, from 1.
    pub(crate) line: u32,
    /// As it stands in the file; bytes that are not UTF-8 as `\xE4`.
    pub(crate) raw: String,
    /// What stands in the column that is wanted, or what is wrong with the record.
    pub(crate) value: Result<String, String>,
    /// What stands in the others, by their names; empty ones are left out.
    pub(crate) notes: Vec<(String, String)>,
}

/// Why a file was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It cannot be.
    Error(FileError),
    /// Nobody knows which column is wanted.
    Asks {
        /// The names of its columns, or their numbers.
        columns: Vec<String>,
        /// Its first records that are not blank.
        sample: Vec<Vec<String>>,
    },
}

impl From<FileError> for Unread {
    fn from(error: FileError) -> Self {
        Self::Error(error)
    }
}

/// How many records of a file are shown.
const SAMPLE: usize = 5;

/// Reads a file of text that has one column that is wanted.
pub(crate) fn read(bytes: &[u8], wanted: &Wanted<'_>) -> Result<PlainFile, Unread> {
    if file::kind(bytes)? != Kind::Text {
        let message = said!(
            en: "The file is an Excel workbook. Save it as “CSV UTF-8”.",
            de: "Die Datei ist eine Excel-Arbeitsmappe. Speichern Sie sie als „CSV UTF-8“."
        );
        return Err(FileError::new(FileErrorCode::NotCsv, message).into());
    }
    let names = |record: &Record<'_>| record.fields.iter().filter(|field| wanted.is_name(field)).count();
    let values = |record: &Record<'_>| record.fields.iter().filter(|field| wanted.is_value(field)).count();
    let document = Document::open_text(bytes, &Choices::default(), |text| {
        best_delimiter(text, &names)
            .or_else(|| best_delimiter(text, &values))
            .or_else(|| best_delimiter(text, &|record| record.count - 1))
    })?;
    let first = document.first(SAMPLE);
    let Some(head) = first.first() else {
        let nothing =
            said!(en: "The file holds nothing but blank lines.", de: "Die Datei enthält nur leere Zeilen.");
        return Err(FileError::new(FileErrorCode::Empty, nothing).into());
    };
    let (position, named) = wanted.place(head, &first)?;
    let columns = column_names(head, named);

    let before = document.before;
    let (header, head) = (before.header + u32::from(named), head.line);
    let mut read = PlainFile {
        records: before.records,
        header,
        blank: before.blank,
        notes: document.notes.iter().map(|note| note.message.clone()).collect(),
        lines: Vec::new(),
    };
    for record in document.records() {
        read.records += 1;
        if record.blank {
            read.blank += 1;
        } else if !(named && record.line == head) {
            read.lines.push(line(&record, position, &columns));
        }
    }
    Ok(read)
}

fn line(record: &Record<'_>, position: usize, columns: &[String]) -> PlainLine {
    let text = |field: &Field<'_>| field.text().map(str::to_owned);
    let wrong = match record.fault {
        Some(fault) => Some(rows::explain_quotes(fault, record)),
        None if record.count != columns.len() => Some(words!(
            en: "The row has {fields} fields, and there are {columns} columns.",
            de: "Die Zeile hat {fields} Felder, und es gibt {columns} Spalten.",
            fields = record.count,
            columns = columns.len()
        )),
        None => rows::explain_encoding(record),
    };
    let value = match wrong {
        Some(wrong) => Err(wrong),
        None => Ok(record.fields.get(position).and_then(text).unwrap_or_default()),
    };
    let others = record.fields.iter().zip(columns).enumerate().filter(|(index, _)| *index != position);
    let notes = others
        .filter_map(|(_, (field, name))| Some((name.clone(), cut(&text(field)?))))
        .filter(|(_, value)| !value.is_empty() && value_is_certain(record))
        .collect();
    PlainLine { line: record.line, raw: cut(&lossless(&record.raw)), value, notes }
}

/// What stands in the fields of a record with broken quotes is not to be relied on.
fn value_is_certain(record: &Record<'_>) -> bool {
    record.fault.is_none()
}

/// The names of columns; those without one are numbered.
fn column_names(record: &Record<'_>, named: bool) -> Vec<String> {
    let name = |(index, field): (usize, &Field<'_>)| {
        let name = String::from_utf8_lossy(&field.bytes);
        match name.trim() {
            name if named && !name.is_empty() => cut(name),
            _ => words!(en: "column {}", de: "Spalte {}", index + 1),
        }
    };
    record.fields.iter().enumerate().map(name).collect()
}

impl Wanted<'_> {
    fn is_name(&self, field: &Field<'_>) -> bool {
        let name: String = String::from_utf8_lossy(&field.bytes)
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        (self.is_named)(&name)
    }

    fn is_value(&self, field: &Field<'_>) -> bool {
        field.text().is_some_and(|text| (self.looks_like)(text))
    }

    /// Where the column is, and whether the first record names it.
    fn place(&self, head: &Record<'_>, first: &[Record<'_>]) -> Result<(usize, bool), Unread> {
        let refuse = |code, message| Unread::Error(FileError { code, message, line: Some(head.line) });
        if let Some(fault) = head.fault {
            let why = rows::explain_quotes(fault, head);
            let message =
                words!(en: "The first row is broken. {why}", de: "Die erste Zeile ist beschädigt. {why}");
            return Err(refuse(FileErrorCode::HeaderBroken, message));
        }
        if head.count > head.fields.len() {
            let count = head.count;
            let message = words!(
                en: "The first row has {count} columns, which is too many.",
                de: "Die erste Zeile hat {count} Spalten; das sind zu viele."
            );
            return Err(refuse(FileErrorCode::HeaderBroken, message));
        }
        if let Some((position, named)) = self.chosen {
            return match position < head.count {
                true => Ok((position, named)),
                false => {
                    let message = said!(en: "There is no such column.", de: "Es gibt keine solche Spalte.");
                    Err(refuse(FileErrorCode::ColumnMissing, message.to_owned()))
                }
            };
        }
        let places = |is: &dyn Fn(&Field<'_>) -> bool| {
            let places = head.fields.iter().enumerate().filter(|(_, field)| is(field));
            places.map(|(index, _)| index).collect::<Vec<_>>()
        };
        match places(&|field| self.is_name(field)).as_slice() {
            [only] => return Ok((*only, true)),
            [] => {}
            several => {
                let names: Vec<String> = several
                    .iter()
                    .map(|index| quote(&String::from_utf8_lossy(&head.fields[*index].bytes)))
                    .collect();
                let (names, meant) = (names.join(", "), self.name);
                let message = words!(
                    en: "The columns {names} all mean {meant}: keep one of them.",
                    de: "Die Spalten {names} bedeuten alle {meant}: Behalten Sie eine davon."
                );
                return Err(refuse(FileErrorCode::ColumnDuplicate, message));
            }
        }
        // Without names: one that holds what is wanted, if it is the only one.
        match places(&|field| self.is_value(field)).as_slice() {
            [only] => Ok((*only, false)),
            // One column alone needs no name, whatever stands in its first row.
            [] if head.count == 1
                && first.iter().skip(1).any(|record| record.fields.iter().any(|f| self.is_value(f))) =>
            {
                Ok((0, !self.is_value(&head.fields[0])))
            }
            _ => Err(Unread::Asks {
                columns: column_names(head, true),
                sample: first
                    .iter()
                    .map(|record| {
                        record
                            .fields
                            .iter()
                            .map(|field| cut(&String::from_utf8_lossy(&field.bytes)))
                            .collect()
                    })
                    .collect(),
            }),
        }
    }
}
