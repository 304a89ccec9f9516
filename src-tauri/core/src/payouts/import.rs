//! From a file to exact rows and numbered errors.
//!
//! The importer refuses and never guesses. Whatever the file holds, each of its records ends in one of four places:
//! `records = header + blank + accepted + rejected`. What it decides where the format leaves room:
//!
//! - Text is UTF-8, UTF-16 or Windows-1252 (see [`Encoding`]); the fields are separated by the one of `,` `;` tab `|` by which the first
//!   record makes sense; lines end with CR LF, CR or LF. A workbook (XLSX) is read, too: one sheet of it, as it was saved.
//! - Spaces and tabs around an unquoted field do not count. Inside quotes every character counts, so `" 5"` is refused.
//! - A record whose fields are all empty or blank is blank, however many fields it has.
//! - A record with bytes that are no text is rejected by itself: separators, quotes and line ends are the same bytes in
//!   every encoding that contains ASCII, so its borders are certain. A header with such bytes is an error of the file.
//! - Control characters are refused everywhere, except line breaks and tabs in descriptions and notes.
//! - Columns that are not known are kept as notes and not sent.
//! - An amount like `1.000` counts as a decimal number when the other amounts of the file show that it is one
//!   (`0.5` does). Otherwise, and for `1,5` or `1 000`, the owner is asked once how the file writes its numbers
//!   ([`Choices::numbers`]); without an answer the row is refused.
//! - A ticker may be written with its network, in a column of its own or together (`TRON_USDT`), where that means exactly one
//!   coin. A network that is not the one of the ticker is refused.
//! - A row pays either an amount of its coin or as much of it as a sum of money buys (`fiat_amount` and `fiat_currency`); one
//!   that says both is refused.
//! - An external id may occur once in a file; every row that repeats one is refused, whatever became of the first.
//! - Rows that a spreadsheet hides are refused: nobody knows whether they are meant.

mod amounts;
mod csv;
mod encoding;
mod file;
mod header;
pub(crate) mod plain;
mod record;
mod rows;
mod run;
mod survey;
mod table;
#[cfg(test)]
mod tests;
mod workbook;

use std::{collections::BTreeMap, fmt, ops::ControlFlow};

use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use self::table::Document;
use super::{amount::PayoutAmount, batch::FileCounts};
use crate::coins::Catalogue;
use crate::language::said;

pub use self::{
    amounts::{MOST_DECIMALS, Numbers},
    encoding::Encoding,
    file::{LARGEST, read, read_from},
    rows::{LONGEST_DESCRIPTION, LONGEST_EXTERNAL_ID, LONGEST_EXTRA_ID},
    run::Job,
    survey::{Ask, Survey, survey},
};

/// A file as it must look. What stands for the addresses is refused on purpose: nobody can pay an example by mistake.
pub const TEMPLATE: &str = "\
address,currency,amount,fiat_amount,fiat_currency,extra_id,description,external_id
ADDRESS-OF-ANNA,btc,0.002,,,,October share,1001
ADDRESS-OF-BEN,usdttrc20,120.5,,,,October share,1002
ADDRESS-OF-CARA,xrp,75,,,4820117,Deposit with a tag,1003
ADDRESS-OF-DORA,btc,,250,eur,,Bitcoin for 250 euros,1004
";

/// What the owner says of a file where it leaves something open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Choices {
    /// What separates the fields; found out when `None`.
    pub delimiter: Option<FieldDelimiter>,
    /// The sheet of a workbook; the only one when `None`.
    pub sheet: Option<String>,
    /// What each column holds, in their order; the names in the header say it when `None`. Columns that are `None` are notes.
    pub columns: Option<Vec<Option<Column>>>,
    /// Whether the first record names the columns; it does when `None`.
    pub header: Option<bool>,
    /// The ticker of every row of a file that has no column for it.
    pub currency: Option<String>,
    /// The currency of every sum of money in a file that has no column for it.
    pub fiat_currency: Option<String>,
    /// How the file writes its numbers; only what has one meaning is taken when `None`.
    pub numbers: Option<Numbers>,
}

/// What can separate the fields of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FieldDelimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Bar,
}

impl FieldDelimiter {
    /// All of them, the most common first.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Bar];

    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Comma => said!(en: "commas", de: "Kommas"),
            Self::Semicolon => said!(en: "semicolons", de: "Semikolons"),
            Self::Tab => said!(en: "tabs", de: "Tabulatoren"),
            Self::Bar => said!(en: "vertical bars", de: "senkrechte Striche"),
        }
    }
}

/// What became of a file as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many records it had and where they ended.
    pub rows: FileCounts,
    /// The exact sum of the accepted rows per ticker, as far as they name an amount of the coin.
    pub totals: BTreeMap<String, Amount>,
    /// The exact sum per currency of the accepted rows that name a sum of money.
    pub fiat_totals: BTreeMap<&'static str, Amount>,
    /// What the owner should know of how it was read.
    pub notes: Vec<FileNote>,
    /// Amounts that were refused because nobody said how the file writes its numbers: some of them.
    pub open: Vec<OpenAmount>,
    /// How many those are.
    pub open_count: u32,
}

/// What became of a file and each of its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// Of the whole file.
    pub summary: Summary,
    /// The rows that can be paid, in the order of the file.
    pub accepted: Vec<AcceptedRow>,
    /// The rows that cannot, in the order of the file.
    pub rejected: Vec<RejectedRow>,
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// It can be paid.
    Accepted(AcceptedRow),
    /// It cannot.
    Rejected(RejectedRow),
}

/// An amount that means different things in different countries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OpenAmount {
    /// The line it stands on, from 1.
    pub line: u32,
    /// As it stands in the file.
    pub text: String,
    /// What it is if a point stands before decimals; `None` when it is not written like that.
    pub with_point: Option<String>,
    /// What it is if a comma does.
    pub with_comma: Option<String>,
}

/// Something the owner should know of how a file was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FileNote {
    /// What about, for programs.
    pub code: FileNoteCode,
    /// In words.
    pub message: String,
}

/// What a note on a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FileNoteCode {
    /// The encoding, where it is not UTF-8.
    Encoding,
    /// What separates the fields, where it is no comma.
    Delimiter,
    /// Which sheet of a workbook was read.
    Sheet,
    /// A ticker that was put together from an asset and a network.
    Ticker,
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
    /// The exact amount or sum of money, greater than zero.
    pub amount: PayoutAmount,
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
    /// What stood in the known columns, in their order; empty when the record could not be split into fields. An amount that was
    /// read is in plain digits, and one that would be another amount without the file is empty: `raw` has it.
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
    /// Both an amount of the coin and a sum of money.
    AmountTwice,
    /// The coin needs a memo or tag.
    ExtraIdMissing,
    /// The coin has no memo or tag.
    ExtraIdUnexpected,
    /// Not a memo or tag of this coin.
    ExtraIdFormat,
    /// Another row has the same external id.
    ExternalIdDuplicate,
    /// The network is not the one that the coin is paid on.
    NetworkMismatch,
    /// A cell of a worksheet does not hold what belongs in its column.
    CellContent,
    /// The spreadsheet hides the row.
    RowHidden,
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
    /// A value is the result of a formula of a spreadsheet.
    Formula,
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
    /// It is another kind of file: an old workbook, a PDF, a web page.
    NotCsv,
    /// Its header, or all of it, is in an encoding that is not read.
    Encoding,
    /// There is no such sheet in the workbook, or several and nobody said which.
    SheetMissing,
    /// It begins with a payout instead of a header.
    HeaderMissing,
    /// Its header is broken.
    HeaderBroken,
    /// A column that is needed is missing.
    ColumnMissing,
    /// Two columns mean the same.
    ColumnDuplicate,
    /// The name of a column hints at one that decides where coins go, and does not say it.
    ColumnUnclear,
    /// Reading it was stopped before its end.
    Stopped,
}

impl FileError {
    fn new(code: FileErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), line: None }
    }
}

/// A column that the importer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Where to pay.
    Address,
    /// The ticker.
    Currency,
    /// What the coin is paid on.
    Network,
    /// How much of the coin.
    Amount,
    /// The sum of money that it is to be worth instead.
    FiatAmount,
    /// The currency of that sum.
    FiatCurrency,
    /// The memo or tag.
    ExtraId,
    /// What for.
    Description,
    /// The owner's own id.
    ExternalId,
}

impl Column {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Address,
        Self::Currency,
        Self::Network,
        Self::Amount,
        Self::FiatAmount,
        Self::FiatCurrency,
        Self::ExtraId,
        Self::Description,
        Self::ExternalId,
    ];
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
/// Takes time and memory in proportion to the file. [`check`] holds only a part of the rows at a time.
///
/// # Errors
/// When the file cannot be read as payouts at all; what is wrong with single rows is in the [`Import`].
pub fn import(bytes: &[u8], choices: &Choices, coins: &Catalogue) -> Result<Import, FileError> {
    let mut import = Import::default();
    import.summary = check(bytes, choices, coins, &Job::default(), |rows| {
        for row in rows {
            match row {
                Row::Accepted(row) => import.accepted.push(row),
                Row::Rejected(row) => import.rejected.push(row),
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(import)
}

/// Reads a file of payouts on all processors, checks every row by itself and against the others, and hands the rows to `sink` in
/// the order of the file, some thousands at a time. When `sink` breaks off, or the job is stopped, it ends.
///
/// # Errors
/// When the file cannot be read as payouts at all, which is known before any row is, and [`FileErrorCode::Stopped`].
pub fn check(
    bytes: &[u8],
    choices: &Choices,
    coins: &Catalogue,
    job: &Job,
    sink: impl FnMut(Vec<Row>) -> ControlFlow<()>,
) -> Result<Summary, FileError> {
    run::check(&Document::open(bytes, choices, coins)?, choices, coins, job, sink)
}

/// Checks one row by itself, as the importer does: what its columns hold is taken literally, and amounts as they are typed, in
/// digits with a point before decimals and nothing between thousands.
pub(super) fn check_row(fields: &[(Column, &str)], line: u32, coins: &Catalogue) -> Result<Row, FileError> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let names: Vec<String> = fields.iter().map(|(column, _)| column.to_string()).collect();
    let values: Vec<String> = fields.iter().map(|(_, value)| quoted(value)).collect();
    let text = format!("{}\n{}\n", names.join(","), values.join(","));
    let choices = Choices { delimiter: Some(FieldDelimiter::Comma), ..Choices::default() };
    let row = run::check_one(&Document::open(text.as_bytes(), &choices, coins)?, &choices, coins)?;
    match row {
        Some(Row::Accepted(row)) => Ok(Row::Accepted(AcceptedRow { line, ..row })),
        Some(Row::Rejected(row)) => Ok(Row::Rejected(RejectedRow { line, ..row })),
        None => Err(FileError::new(
            FileErrorCode::Empty,
            said!(
                en: "The row is empty.",
                de: "Die Zeile ist leer.",
            ),
        )),
    }
}

/// What is wrong with an amount that was typed and means one thing here and another there, as `1.500`.
pub(super) fn ambiguous_amount(column: Column, text: &str) -> Option<Problem> {
    amounts::ambiguous(column, text)
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
