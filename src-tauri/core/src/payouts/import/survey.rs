//! What a file looks like, and what of it the owner has to say, before it is imported.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{
    Choices, Column, Encoding, FieldDelimiter, FileError, FileErrorCode, FileNote, Job, OpenAmount, header,
    record::{Field, Record},
    rows, run,
    table::Document,
};
use crate::{addresses::Family, coins::Catalogue, language::said};

/// How many records of a file are shown.
const SAMPLE: usize = 6;
/// Of a value that is shown, no more characters than these.
const LONGEST: usize = 100;

/// What a file looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Survey {
    /// What the owner must say before the file can be imported, the first thing first; empty when nothing is open.
    pub asks: Vec<Ask>,
    /// How its characters are written; `None` for a workbook.
    pub encoding: Option<Encoding>,
    /// What separates its fields; `None` for a workbook.
    pub delimiter: Option<FieldDelimiter>,
    /// The sheets of a workbook that are shown and hold anything.
    pub sheets: Vec<String>,
    /// The sheet that is shown here.
    pub sheet: Option<String>,
    /// Whether its first record seems to name the columns.
    pub header: bool,
    /// What each column seems to hold, by its name or else by what stands in it.
    pub columns: Vec<Option<Column>>,
    /// Its first records that are not blank, as text.
    pub sample: Vec<Vec<String>>,
    /// Amounts that mean different things in different countries: some of them.
    pub open: Vec<OpenAmount>,
    /// How many those are.
    pub open_count: u32,
    /// What the owner should know of how it was read.
    pub notes: Vec<FileNote>,
    /// Why the columns are asked about, in words.
    pub trouble: Option<String>,
}

/// What the owner must say of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Which sheet of the workbook holds the payouts.
    Sheet,
    /// What the columns hold.
    Columns,
    /// How numbers are written.
    Numbers,
}

/// Looks at a file, as far as the choices that were made allow.
///
/// # Errors
/// When it cannot be read as payouts, whatever the owner says of it.
pub fn survey(bytes: &[u8], choices: &Choices, coins: &Catalogue, job: &Job) -> Result<Survey, FileError> {
    let (document, asks) = match Document::open(bytes, choices, coins) {
        Ok(document) => (document, Vec::new()),
        Err(error) if error.code == FileErrorCode::SheetMissing && choices.sheet.is_none() => {
            // Any sheet, to have something to show.
            let sheet = Document::sheets_of(bytes)?.into_iter().next().ok_or(error)?;
            let choices = Choices { sheet: Some(sheet), ..choices.clone() };
            (Document::open(bytes, &choices, coins)?, vec![Ask::Sheet])
        }
        Err(error) => return Err(error),
    };
    let first = document.first(SAMPLE);
    let mut survey = Survey {
        asks,
        encoding: document.encoding,
        delimiter: document.delimiter(),
        sheets: document.sheets.clone(),
        sheet: document.sheet.clone(),
        header: first.first().is_some_and(|record| names_columns(record, coins)),
        columns: Vec::new(),
        sample: first.iter().map(shown).collect(),
        open: Vec::new(),
        open_count: 0,
        notes: document.notes.clone(),
        trouble: None,
    };
    survey.columns = guess(&first, survey.header, coins);
    if !survey.asks.is_empty() {
        return Ok(survey);
    }
    match document.table(choices, coins) {
        Ok(table) => {
            survey.header = table.header.is_named();
            survey.columns = table.header.columns().iter().map(|(column, _)| *column).collect();
            let shown = run::look(&table, job)?;
            if choices.columns.is_none() && shown.says_amounts_twice() {
                survey.asks.push(Ask::Columns);
                survey.trouble = Some(
                    said!(
                        en: "Each row says both an amount of the coin and a sum of money, and only one of them can \
                             be paid. Say which it is, and call the other column a note.",
                        de: "Jede Zeile nennt sowohl einen Betrag des Coins als auch einen Geldbetrag, und nur eines \
                             davon kann gezahlt werden. Sagen Sie, welches es ist, und nennen Sie die andere Spalte \
                             eine Notiz.",
                    ).to_owned(),
                );
            }
            if choices.numbers.is_none() {
                (survey.open, survey.open_count) = (shown.open, shown.open_count);
                if survey.open_count > 0 {
                    survey.asks.push(Ask::Numbers);
                }
            }
        }
        Err(error) => match error.code {
            // In a single column there is no room for an address and an amount.
            FileErrorCode::HeaderMissing
            | FileErrorCode::ColumnMissing
            | FileErrorCode::ColumnDuplicate
            | FileErrorCode::ColumnUnclear
                if survey.columns.len() > 1 =>
            {
                survey.asks.push(Ask::Columns);
                survey.trouble = Some(error.message);
            }
            _ => return Err(error),
        },
    }
    Ok(survey)
}

/// Whether a record seems to name columns: it has a name that is known, or nothing that stands in a payout. A payout may have
/// such a name as its description.
fn names_columns(record: &Record<'_>, coins: &Catalogue) -> bool {
    let holds_data = |text: &str| {
        looks_like_number(text) || coins.get(text).is_some() || Family::recognise(text).is_some()
    };
    if rows::looks_like_payout(record, coins) {
        return false;
    }
    header::known_names(record) > 0 || !record.fields.iter().filter_map(Field::text).any(holds_data)
}

fn looks_like_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b' '))
}

fn shown(record: &Record<'_>) -> Vec<String> {
    let text = |field: &Field<'_>| String::from_utf8_lossy(&field.bytes).chars().take(LONGEST).collect();
    record.fields.iter().map(text).collect()
}

/// What each column seems to hold. It is a proposal: the owner decides.
fn guess(records: &[Record<'_>], named: bool, coins: &Catalogue) -> Vec<Option<Column>> {
    let Some(first) = records.first() else { return Vec::new() };
    let rows = if named { &records[1..] } else { records };
    let mut taken = Vec::new();
    let mut columns = Vec::new();
    for index in 0..first.fields.len() {
        let by_name =
            named.then(|| header::known(&String::from_utf8_lossy(&first.fields[index].bytes))).flatten();
        // Some of the rows may be bad: that is what the check is for.
        let most = |is: &dyn Fn(&str) -> bool| {
            let values = rows.iter().filter_map(|record| record.fields.get(index)?.text());
            let values: Vec<&str> = values.filter(|text| !text.is_empty()).collect();
            let fitting = values.iter().filter(|text| is(text)).count();
            fitting > 0 && 2 * fitting >= values.len()
        };
        let by_content = || {
            let found = [
                (Column::Address, most(&|text| Family::recognise(text).is_some())),
                (
                    Column::Currency,
                    most(&|text| coins.get(text).is_some() || coins.read_compound(text).is_some()),
                ),
                (Column::Amount, most(&looks_like_number)),
            ];
            found.into_iter().find(|(_, fits)| *fits).map(|(column, _)| column)
        };
        let column = by_name.or_else(by_content).filter(|column| !taken.contains(column));
        taken.extend(column);
        columns.push(column);
    }
    columns
}
