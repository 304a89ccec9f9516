//! From a file to exact rows and numbered errors.
//!
//! The importer refuses and never guesses. Whatever the file holds, each of its records ends in one of four places:
//! `records = header + blank + accepted + rejected`. What it decides where the format leaves room:
//!
//! - Spaces and tabs around an unquoted field do not count. Inside quotes every character counts, so `" 5"` is refused.
//! - A record whose fields are all empty or blank is blank, however many fields it has.
//! - A record that is not UTF-8 is rejected by itself: commas, quotes and line ends are the same bytes in every encoding
//!   that contains ASCII, so its borders are certain. A header that is not UTF-8 is an error of the file.
//! - Control characters are refused everywhere, except line breaks and tabs in descriptions and notes.
//! - Columns that are not known are kept as notes and not sent.
//! - An amount like `1.000` counts as a decimal number when the other amounts of the file show that it is one
//!   (`0.5` does), and is refused otherwise.
//! - An external id may occur once in a file; every row that repeats one is refused, whatever became of the first.

mod amounts;
mod csv;
mod file;
mod header;
mod rows;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use self::{csv::Reader, header::Header, rows::Checker};
use super::batch::FileCounts;
use crate::coins::Catalogue;

pub use self::{
    amounts::MOST_DECIMALS,
    file::{LARGEST, read, read_from},
    rows::{LONGEST_DESCRIPTION, LONGEST_EXTERNAL_ID, LONGEST_EXTRA_ID},
};

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// How many records it had and where they ended.
    pub rows: FileCounts,
    /// The rows that can be paid, in the order of the file.
    pub accepted: Vec<AcceptedRow>,
    /// The rows that cannot, in the order of the file.
    pub rejected: Vec<RejectedRow>,
    /// The exact sum of the accepted rows per ticker.
    pub totals: BTreeMap<String, Amount>,
}

/// A row that can be paid, as far as the file and the list of coins tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedRow {
    /// The line it begins on, from 1.
    pub line: u32,
    /// The address, as it stood.
    pub address: String,
    /// The ticker, lower case.
    pub currency: String,
    /// The exact amount, greater than zero.
    pub amount: Amount,
    /// The memo or tag.
    pub extra_id: Option<String>,
    /// What the payout is for.
    pub description: Option<String>,
    /// The owner's own id of the payout, once per file.
    pub external_id: Option<String>,
    /// Columns that are not known, by the name in the header; empty ones are left out.
    pub notes: Vec<(String, String)>,
    /// What is unusual about it.
    pub warnings: Vec<Warning>,
}

/// A row that cannot be paid, and everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// The line it begins on, from 1.
    pub line: u32,
    /// What is wrong with it, the most important first.
    pub problem: Problem,
    /// What else is wrong with it.
    pub also: Vec<Problem>,
    /// What stood in the known columns, in their order; empty when the record could not be split into fields.
    pub fields: Vec<(Column, String)>,
    /// The record as it stands in the file, without its line end; bytes that are not UTF-8 as `\xE4`.
    pub raw: String,
}

/// Something that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Problem {
    /// The column, where one is to blame: the known name, or that of the header for a note.
    pub column: Option<String>,
    /// What stood there, cut to 500 characters.
    pub value: String,
    /// What is wrong, for programs.
    pub code: ProblemCode,
    /// What is wrong and what would be right, for the owner.
    pub message: String,
}

/// What can be wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// A quote is not closed before the end of the file.
    QuoteUnclosed,
    /// Text follows a closing quote.
    QuoteTextAfter,
    /// A quote stands in a field that does not begin with one.
    QuoteInside,
    /// Bytes that are not UTF-8.
    Encoding,
    /// More or fewer fields than the header.
    FieldCount,
    /// A character that no text should hold.
    ControlCharacter,
    /// A text longer than anybody needs.
    TooLong,
    /// No address.
    AddressMissing,
    /// A space, an invisible character, or a letter of another alphabet in the address.
    AddressCharacters,
    /// A link or a payment URI instead of the bare address.
    AddressPrefix,
    /// Not an address of this coin.
    AddressFormat,
    /// The address is mistyped.
    AddressChecksum,
    /// An address of another network.
    AddressNetwork,
    /// No ticker.
    CurrencyMissing,
    /// Not a ticker of NOWPayments.
    CurrencyUnknown,
    /// A coin that cannot be paid out now.
    CurrencyUnavailable,
    /// A coin whose addresses or memos cannot be checked.
    CoinUnusable,
    /// No amount.
    AmountMissing,
    /// Not a plain decimal number.
    AmountFormat,
    /// Less than zero.
    AmountNegative,
    /// Zero.
    AmountZero,
    /// More decimals than NOWPayments or the network takes.
    AmountDecimals,
    /// A number that countries read differently.
    AmountAmbiguous,
    /// Larger than anything there is.
    AmountTooLarge,
    /// The coin needs a memo or tag.
    ExtraIdMissing,
    /// The coin has no memo or tag.
    ExtraIdUnexpected,
    /// Not a memo or tag of this coin.
    ExtraIdFormat,
    /// Another row has the same external id.
    ExternalIdDuplicate,
}

/// Something unusual about a row that can be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Warning {
    /// What is unusual, for programs.
    pub code: WarningCode,
    /// The same for the owner.
    pub message: String,
}

/// What can be unusual about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// An earlier row pays the same coin to the same address and memo.
    Duplicate,
    /// The address is right, but it is an unusual one.
    AddressUnusual,
    /// The address is that of the token itself.
    AddressContract,
    /// The recipient may need a memo or tag, and there is none.
    ExtraIdMissing,
    /// A quoted field holds a line that looks like a payout itself.
    QuotedLines,
}

/// Why a file cannot be read as payouts at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, thiserror::Error)]
#[error("{message}")]
pub struct FileError {
    /// Why, for programs.
    pub code: FileErrorCode,
    /// Why, and what to do, for the owner.
    pub message: String,
    /// The line, from 1, where one is to blame.
    pub line: Option<u32>,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FileErrorCode {
    /// There is no such file.
    NotFound,
    /// It is a folder.
    Directory,
    /// It may not be read.
    Permission,
    /// It is larger than [`LARGEST`].
    TooLarge,
    /// Reading it failed.
    Unreadable,
    /// There is nothing in it.
    Empty,
    /// It is another kind of file: a workbook, a PDF, a web page.
    NotCsv,
    /// It is UTF-16 or UTF-32.
    Utf16,
    /// Its header is not UTF-8.
    Encoding,
    /// Its fields are separated by something else than commas.
    Delimiter,
    /// It begins with a payout instead of a header.
    HeaderMissing,
    /// Its header is broken.
    HeaderBroken,
    /// A column that is needed is missing.
    ColumnMissing,
    /// Two columns mean the same.
    ColumnDuplicate,
}

/// A column that the importer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Where to pay.
    Address,
    /// The ticker.
    Currency,
    /// How much.
    Amount,
    /// The memo or tag.
    ExtraId,
    /// What for.
    Description,
    /// The owner's own id.
    ExternalId,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for FileErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for WarningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl RejectedRow {
    /// What stood in a known column; empty when there is no such column, or the record could not be split.
    #[must_use]
    pub fn field(&self, column: Column) -> &str {
        self.fields.iter().find(|(known, _)| *known == column).map_or("", |(_, value)| value)
    }
}

impl Problem {
    fn new(column: Column, value: &str, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { column: Some(column.to_string()), value: cut(value), code, message: message.into() }
    }
}

/// Reads a whole file of payouts and checks every row by itself and against the others.
///
/// Takes time and memory in proportion to the file.
///
/// # Errors
/// When the file cannot be read as payouts at all; what is wrong with single rows is in the [`Import`].
pub fn import(bytes: &[u8], coins: &Catalogue) -> Result<Import, FileError> {
    let text = file::plain_text(bytes)?;
    let mut import = Import::default();
    let mut checker = None;
    for record in Reader::new(text, b',') {
        import.rows.records += 1;
        if record.blank {
            import.rows.blank += 1;
            continue;
        }
        let Some(checker) = &mut checker else {
            checker = Some(Checker::new(text, Header::read(&record, coins)?, coins));
            import.rows.header = 1;
            continue;
        };
        match checker.check(&record) {
            Ok(row) => {
                *import.totals.entry(row.currency.clone()).or_default() += &row.amount;
                import.accepted.push(row);
                import.rows.accepted += 1;
            }
            Err(row) => {
                import.rejected.push(*row);
                import.rows.rejected += 1;
            }
        }
    }
    if checker.is_none() {
        return Err(FileError {
            code: FileErrorCode::Empty,
            message: "The file holds nothing but blank lines.".to_owned(),
            line: None,
        });
    }
    Ok(import)
}

/// The beginning of a value, for a message or a report.
fn cut(text: &str) -> String {
    const MOST: usize = 500;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value within a sentence: short, and with everything that is not visible written out.
fn quote(text: &str) -> String {
    let short: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(40).is_some() { "…" } else { "" };
    format!("\"{}{more}\"", short.replace("\\\"", "\"").replace("\\'", "'"))
}

/// Bytes as text; those that are not UTF-8 as `\xE4`.
fn lossless(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}
