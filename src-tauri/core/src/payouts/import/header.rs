//! The header of a file: which column holds what.

use super::{
    Column, FileError, FileErrorCode,
    csv::{Reader, Record},
    quote, rows,
};
use crate::coins::Catalogue;

/// What every file needs.
const REQUIRED: [Column; 3] = [Column::Address, Column::Currency, Column::Amount];

/// What each column of a file holds, in the order of the file.
pub(super) struct Header {
    columns: Vec<(Option<Column>, String)>,
}

impl Header {
    /// Reads the header from the first record of a file that is not blank.
    pub(super) fn read(record: &Record<'_>, coins: &Catalogue) -> Result<Self, FileError> {
        let refuse = |code, message| Err(FileError { code, message, line: Some(record.line) });
        if let Some(fault) = record.fault {
            let message = format!("The header is broken. {}", rows::explain_quotes(fault, record));
            return refuse(FileErrorCode::HeaderBroken, message);
        }
        if let Some(message) = rows::explain_encoding(record) {
            return refuse(FileErrorCode::Encoding, format!("The header is not UTF-8. {message}"));
        }
        if record.count > record.fields.len() {
            let message = format!("The header has {} columns, which is too many.", record.count);
            return refuse(FileErrorCode::HeaderBroken, message);
        }
        let columns = columns(record);
        let missing: Vec<Column> = REQUIRED.into_iter().filter(|column| !has(&columns, *column)).collect();
        if !missing.is_empty() {
            let (code, message) = explain_missing(record, &columns, &missing, coins);
            return refuse(code, message);
        }
        for column in columns.iter().filter_map(|(column, _)| *column) {
            let same = columns.iter().filter(|(other, _)| *other == Some(column));
            let names: Vec<String> = same.map(|(_, name)| quote(name)).collect();
            if names.len() > 1 {
                let message =
                    format!("The columns {} all mean {column}: keep one of them.", names.join(" and "));
                return refuse(FileErrorCode::ColumnDuplicate, message);
            }
        }
        Ok(Self { columns })
    }

    /// How many fields a record must have.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// What the column at `index` is called in messages: the known name, or that of the file.
    pub(super) fn name(&self, index: usize) -> Option<String> {
        let (column, name) = self.columns.get(index)?;
        Some(column.map_or_else(|| name.clone(), |column| column.to_string()))
    }

    /// What the columns hold.
    pub(super) fn columns(&self) -> &[(Option<Column>, String)] {
        &self.columns
    }

    /// Where a column is.
    pub(super) fn position(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|(known, _)| *known == Some(column))
    }
}

fn has(columns: &[(Option<Column>, String)], column: Column) -> bool {
    columns.iter().any(|(known, _)| *known == Some(column))
}

fn columns(record: &Record<'_>) -> Vec<(Option<Column>, String)> {
    let named = |(index, field): (usize, &super::csv::Field<'_>)| {
        let name = String::from_utf8_lossy(&field.bytes);
        match name.trim() {
            "" => (None, format!("column {}", index + 1)),
            name => (known(name), name.to_owned()),
        }
    };
    record.fields.iter().enumerate().map(named).collect()
}

/// The column that a name in a header means. Case, blanks and punctuation do not count.
fn known(name: &str) -> Option<Column> {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    Some(match name.as_str() {
        "address" | "walletaddress" | "wallet" | "payoutaddress" | "recipientaddress"
        | "destinationaddress" | "toaddress" | "cryptoaddress" => Column::Address,
        "currency" | "ticker" | "coin" | "payoutcurrency" | "cryptocurrency" | "currencycode"
        | "coincode" | "asset" | "token" | "symbol" => Column::Currency,
        "amount" | "payoutamount" | "cryptoamount" | "quantity" | "qty" => Column::Amount,
        "extraid" | "memo" | "tag" | "destinationtag" | "memotag" | "tagmemo" | "memoid"
        | "payoutextraid" => Column::ExtraId,
        "description" | "payoutdescription" => Column::Description,
        "externalid" | "uniqueexternalid" => Column::ExternalId,
        _ => return None,
    })
}

/// Finds out what stands in the place of the header, and says it.
fn explain_missing(
    record: &Record<'_>,
    columns: &[(Option<Column>, String)],
    missing: &[Column],
    coins: &Catalogue,
) -> (FileErrorCode, String) {
    const NEEDED: &str = "address,currency,amount";
    const SEPARATORS: [(u8, &str); 3] = [(b';', "semicolons"), (b'\t', "tabs"), (b'|', "vertical bars")];

    let line = record.line;
    for (separator, name) in SEPARATORS {
        let Some(split) = Reader::new(record.raw, separator).next() else { continue };
        let columns = self::columns(&split);
        let found = REQUIRED.iter().filter(|column| has(&columns, **column)).count();
        if found > REQUIRED.len() - missing.len() || rows::looks_like_payout(&split, coins) {
            return (
                FileErrorCode::Delimiter,
                format!(
                    "The fields of the file are separated by {name}, and only commas are read. Save it as \"CSV UTF-8 (comma delimited)\"."
                ),
            );
        }
    }
    if rows::looks_like_payout(record, coins) {
        return (
            FileErrorCode::HeaderMissing,
            format!("Line {line} looks like a payout, not like a header. Add the line {NEEDED} above it."),
        );
    }
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let found: Vec<String> = columns.iter().take(20).map(|(_, name)| quote(name)).collect();
    (
        FileErrorCode::ColumnMissing,
        format!(
            "The header in line {line} has no column {}. It names {}; needed are {NEEDED}.",
            missing.join(" and no column "),
            found.join(", "),
        ),
    )
}
