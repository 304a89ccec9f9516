//! The report of a batch: what became of every row of the file.

use std::{borrow::Cow, io::Cursor};

use chrono::SecondsFormat;
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::{
    Payouts,
    batch::RowStatus,
    import::TEMPLATE,
    reading::{StoredRow, rows_after},
    record::Record,
};
use crate::{
    failure::Failure,
    language::said,
    spreadsheet,
    xlsx::{Cell, Heads, SheetLimits, Workbook},
};

/// What a report can be saved as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    /// Text with commas, for any program.
    Csv,
    /// A workbook of Excel, LibreOffice and the like.
    Xlsx,
}

impl ReportFormat {
    /// The ending of a file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

/// The columns of a report, and how wide they are in a workbook.
const COLUMNS: [(&str, u32); 20] = [
    ("line", 8),
    ("address", 44),
    ("contact", 20),
    ("currency", 12),
    ("amount", 16),
    ("fiat_amount", 16),
    ("fiat_currency", 12),
    ("extra_id", 16),
    ("description", 30),
    ("external_id", 16),
    ("status", 16),
    ("reason", 40),
    ("removed_at", 20),
    ("paid_at", 20),
    ("fee", 16),
    ("transaction", 44),
    ("provider_status", 16),
    ("provider_payout_id", 16),
    ("provider_batch_id", 16),
    ("reference", 38),
];

/// An example of a file of payouts, which cannot be paid.
///
/// # Errors
/// When it cannot be written, which does not happen in memory.
pub fn template(format: ReportFormat) -> Result<Vec<u8>, Failure> {
    if format == ReportFormat::Csv {
        return Ok(TEMPLATE.as_bytes().to_vec());
    }
    let mut records = TEMPLATE.lines().map(|record| record.split(','));
    let columns = records.next().into_iter().flatten().map(|head| (head.to_owned(), 24)).collect();
    let heads = Heads { title: said!(en: "Payouts", de: "Auszahlungen").to_owned(), columns };
    let mut workbook =
        Workbook::new(Cursor::new(Vec::new()), heads, SheetLimits::EXCEL).map_err(not_written)?;
    for record in records {
        workbook.row(record.map(|field| Cell::Code(field.into()))).map_err(not_written)?;
    }
    Ok(workbook.finish().map_err(not_written)?.0.into_inner())
}

/// The columns of a file of payouts.
pub(super) const PAYOUT_COLUMNS: [&str; 8] = [
    "address",
    "currency",
    "amount",
    "fiat_amount",
    "fiat_currency",
    "extra_id",
    "description",
    "external_id",
];

/// What a file of bad rows has beside them: the network they name, where they stood, and what is wrong.
const BAD_COLUMNS: [&str; 4] = ["network", "line", "problem", "as_read"];

impl Payouts {
    pub(super) async fn report(&self, id: &str, format: ReportFormat) -> Result<Vec<u8>, Failure> {
        match format {
            ReportFormat::Csv => {
                let mut table = String::new();
                spreadsheet::push_record(&mut table, &COLUMNS.map(|(head, _)| head.to_owned()));
                self.each_row(id, |row, record| {
                    spreadsheet::push_record(&mut table, &ReportRow::of(row, record).cells().map(in_csv));
                    Ok(())
                })
                .await?;
                Ok(table.into_bytes())
            }
            ReportFormat::Xlsx => {
                let columns = COLUMNS.map(|(head, width)| (head.to_owned(), width)).to_vec();
                let heads = Heads { title: said!(en: "Payouts", de: "Auszahlungen").to_owned(), columns };
                let to = Cursor::new(Vec::new());
                let mut workbook = Workbook::new(to, heads, SheetLimits::EXCEL).map_err(not_written)?;
                self.each_row(id, |row, record| {
                    workbook.row(ReportRow::of(row, record).cells()).map_err(not_written)
                })
                .await?;
                let (written, _) = workbook.finish().map_err(not_written)?;
                Ok(written.into_inner())
            }
        }
    }

    pub(super) async fn bad_rows(&self, id: &str) -> Result<String, Failure> {
        let mut table = String::new();
        let header = PAYOUT_COLUMNS.into_iter().chain(BAD_COLUMNS).map(str::to_owned);
        spreadsheet::push_record(&mut table, &header.collect::<Vec<_>>());
        self.each_row(id, |row, _| {
            if row.removed_at.is_none() && row.status == RowStatus::Bad {
                spreadsheet::push_record(&mut table, &bad_fields(row));
            }
            Ok(())
        })
        .await?;
        Ok(table)
    }

    /// Hands every row of a batch and of its parts to `take`, in the order of the file.
    pub(super) async fn each_row(
        &self,
        id: &str,
        mut take: impl FnMut(StoredRow, &Record) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut tx = self.ctx.db.begin().await?;
        // Fails where there is no such batch.
        Record::load(&mut *tx, id).await?;
        for batch in with_parts(&mut tx, id).await? {
            let record = Record::load(&mut *tx, &batch).await?;
            let mut after = 0;
            loop {
                let rows = rows_after(&mut *tx, &batch, after).await?;
                let Some(last) = rows.last() else { break };
                after = last.number;
                for row in rows {
                    take(row, &record)?;
                }
            }
        }
        Ok(())
    }
}

fn not_written(error: std::io::Error) -> Failure {
    tracing::error!(%error, "a report was not written");
    Failure::other(said!(
        en: "The report could not be written. Nothing was changed.",
        de: "Der Bericht konnte nicht geschrieben werden. Es wurde nichts geändert.",
    ))
}

/// A batch and its parts, in their order.
pub(super) async fn with_parts(db: &mut SqliteConnection, id: &str) -> Result<Vec<String>, Failure> {
    Ok(sqlx::query_scalar(
        "SELECT id FROM payout_batches WHERE id = ?1 OR whole = ?1 ORDER BY coalesce(part, 0)",
    )
    .bind(id)
    .fetch_all(db)
    .await?)
}

fn bad_fields(row: StoredRow) -> [String; PAYOUT_COLUMNS.len() + BAD_COLUMNS.len()] {
    let problems = row.all_problems().into_iter().map(|problem| match problem.column {
        Some(column) => format!("{column}: {}", problem.message),
        None => problem.message,
    });
    let problems: Vec<String> = problems.collect();
    [
        text(row.address),
        text(row.currency),
        number(row.amount),
        number(row.fiat_amount.unwrap_or_default()),
        text(row.fiat_currency.unwrap_or_default()),
        text(row.extra_id.unwrap_or_default()),
        text(row.description.unwrap_or_default()),
        text(row.external_id.unwrap_or_default()),
        text(row.network.unwrap_or_default()),
        row.line.to_string(),
        text(problems.join(" ")),
        text(row.raw.unwrap_or_default()),
    ]
}

/// A row as the report shows it.
struct ReportRow<'a> {
    row: StoredRow,
    record: &'a Record,
    line: Amount,
    amount: Option<Amount>,
    fiat_amount: Option<Amount>,
    fee: Option<Amount>,
    reasons: String,
}

impl<'a> ReportRow<'a> {
    fn of(row: StoredRow, record: &'a Record) -> Self {
        let reasons: Vec<_> =
            row.all_problems().into_iter().map(|problem| problem.message).chain(row.error.clone()).collect();
        Self {
            line: Amount::from(u64::from(row.line)),
            // What a sum of money is in coins is known when it was created there.
            amount: match row.coin_amount.as_ref().filter(|_| row.provider_id.is_some()) {
                Some(coins) => coins.parse().ok(),
                None => row.amount.parse().ok(),
            },
            fiat_amount: row.fiat_amount.as_deref().and_then(|amount| amount.parse().ok()),
            fee: row.fee.as_deref().and_then(|fee| fee.parse().ok()),
            reasons: reasons.join(" "),
            row,
            record,
        }
    }

    fn cells(&self) -> [Cell<'_>; COLUMNS.len()] {
        let row = &self.row;
        let status = match row.status {
            _ if row.removed_at.is_some() => "removed",
            RowStatus::Bad => "refused",
            RowStatus::Ready => "not sent",
            RowStatus::Waiting => "waiting for approval",
            RowStatus::Processing => "processing",
            RowStatus::Sending => "sending",
            RowStatus::Paid => "paid",
            RowStatus::Failed => "failed",
            RowStatus::Rejected => "rejected",
        };
        let provider_batch = self.record.provider_id.as_ref().filter(|_| row.provider_id.is_some());
        [
            Cell::Coins(&self.line),
            Cell::Code(row.address.as_str().into()),
            optional(row.contact.as_ref(), Cell::Text),
            Cell::Text(row.currency.as_str().into()),
            match &self.amount {
                Some(amount) => Cell::Coins(amount),
                None => Cell::Text(row.amount.as_str().into()),
            },
            match &self.fiat_amount {
                Some(amount) => Cell::Money(amount),
                None => optional(row.fiat_amount.as_ref(), Cell::Text),
            },
            optional(row.fiat_currency.as_ref(), Cell::Text),
            optional(row.extra_id.as_ref(), Cell::Code),
            optional(row.description.as_ref(), Cell::Text),
            optional(row.external_id.as_ref(), Cell::Code),
            Cell::Text(status.into()),
            Cell::Text(self.reasons.as_str().into()),
            row.removed_at.map_or(Cell::Empty, |at| Cell::Time(at.fixed_offset())),
            row.paid_at.map_or(Cell::Empty, |at| Cell::Time(at.fixed_offset())),
            self.fee.as_ref().map_or(Cell::Empty, Cell::Coins),
            optional(row.hash.as_ref(), Cell::Code),
            optional(row.provider_status.as_ref(), Cell::Code),
            optional(row.provider_id.as_ref(), Cell::Code),
            optional(provider_batch, Cell::Code),
            optional(row.unique_external_id.as_ref(), Cell::Code),
        ]
    }
}

fn optional<'a>(text: Option<&'a String>, cell: fn(Cow<'a, str>) -> Cell<'a>) -> Cell<'a> {
    text.map_or(Cell::Empty, |text| cell(text.as_str().into()))
}

/// A cell as the field of a CSV.
fn in_csv(cell: Cell<'_>) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Code(text) => self::text(text.into_owned()),
        Cell::Ticker(ticker) => ticker.to_owned(),
        Cell::Coins(amount) | Cell::Money(amount) => amount.to_string(),
        Cell::Time(time) => time.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true),
    }
}

/// A text that no spreadsheet takes for a formula.
fn text(text: String) -> String {
    spreadsheet::guarded(&text, ',').into_owned()
}

/// An amount stands as it is, a negative one as well; anything else in its place is a text.
fn number(amount: String) -> String {
    if amount.parse::<Amount>().is_ok() { amount } else { text(amount) }
}

#[cfg(test)]
mod tests {
    use super::{
        super::import::{self, Choices, Column, Numbers},
        *,
    };
    use crate::coins::Catalogue;

    #[test]
    fn the_workbook_of_the_template_reads_like_its_text() {
        let coins = Catalogue::new(Vec::new());
        let read = |format| {
            let file = template(format).unwrap();
            let choices = Choices { numbers: Some(Numbers::Point), ..Choices::default() };
            let import = import::import(&file, &choices, &coins).unwrap();
            let rows: Vec<Vec<String>> = import
                .rejected
                .iter()
                .map(|row| {
                    [Column::Address, Column::Currency, Column::Amount, Column::ExtraId, Column::ExternalId]
                        .map(|column| row.field(column).to_owned())
                        .to_vec()
                })
                .collect();
            (import.summary.rows, rows)
        };
        let (counts, rows) = read(ReportFormat::Xlsx);
        assert_eq!((counts, &rows), (read(ReportFormat::Csv).0, &read(ReportFormat::Csv).1));
        assert_eq!(rows[2], ["ADDRESS-OF-CARA", "xrp", "75", "4820117", "1003"]);
    }

    #[test]
    fn formulas_are_made_harmless_and_amounts_are_left_alone() {
        for (given, shown) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"), // a tab is where another cell may begin
            (" -2+3", "' -2+3"),
            ("salary, May", "salary, May"),
        ] {
            assert_eq!(text(given.to_owned()), shown);
        }
        for (given, shown) in [
            ("-1.5", "-1.5"),
            ("200", "200"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("=1", "'=1"),
        ] {
            assert_eq!(number(given.to_owned()), shown);
        }
    }
}
