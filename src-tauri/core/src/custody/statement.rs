//! The ledger of a user as a file.

use std::io::Cursor;

use chrono::SecondsFormat;

use super::{
    Custody,
    ledger::{LedgerLine, Whole},
};
use crate::{
    failure::Failure,
    language::words,
    payouts::ReportFormat,
    spreadsheet,
    xlsx::{Cell, Heads, SheetLimits, Workbook},
};

/// The columns of a statement, and how wide they are in a workbook.
const COLUMNS: [(&str, u32); 8] = [
    ("at", 20),
    ("movement", 14),
    ("coin", 12),
    ("amount", 20),
    ("balance", 20),
    ("other_user", 24),
    ("words", 40),
    ("nowpayments_id", 16),
];

impl Custody {
    /// The whole ledger of a user as a file, oldest first. What others have written in it becomes no formula.
    ///
    /// # Errors
    /// When there is no such user, or the shop was closed.
    pub async fn statement(&self, user: &str, format: ReportFormat) -> Result<Vec<u8>, Failure> {
        let Whole { lines, .. } = self.whole_ledger(user).await?;
        if format == ReportFormat::Csv {
            let mut table = String::new();
            spreadsheet::push_record(&mut table, &COLUMNS.map(|(head, _)| head.to_owned()));
            for line in &lines {
                spreadsheet::push_record(&mut table, &fields(line));
            }
            return Ok(table.into_bytes());
        }
        let columns = COLUMNS.map(|(head, width)| (head.to_owned(), width)).to_vec();
        let heads = Heads { title: "Movements".to_owned(), columns };
        let mut workbook = Workbook::new(Cursor::new(Vec::new()), heads, SheetLimits::EXCEL)
            .map_err(|error| not_written(&error))?;
        for line in &lines {
            workbook.row(cells(line)).map_err(|error| not_written(&error))?;
        }
        Ok(workbook.finish().map_err(|error| not_written(&error))?.0.into_inner())
    }
}

fn fields(line: &LedgerLine) -> [String; COLUMNS.len()] {
    let text = |text: &str| spreadsheet::guarded(text, ',').into_owned();
    [
        line.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        line.kind.name().to_owned(),
        text(&line.coin),
        line.amount.to_string(),
        line.balance.to_string(),
        text(line.other.as_deref().unwrap_or_default()),
        text(&line.words),
        text(line.reference.as_deref().unwrap_or_default()),
    ]
}

fn cells(line: &LedgerLine) -> [Cell<'_>; COLUMNS.len()] {
    let optional = |text: &Option<String>, cell: fn(std::borrow::Cow<'static, str>) -> Cell<'static>| {
        text.clone().map_or(Cell::Empty, |text| cell(text.into()))
    };
    [
        Cell::Time(line.at.fixed_offset()),
        Cell::Text(line.kind.name().into()),
        Cell::Ticker(&line.coin),
        Cell::Coins(&line.amount),
        Cell::Coins(&line.balance),
        optional(&line.other, Cell::Text),
        Cell::Text(line.words.as_str().into()),
        optional(&line.reference, Cell::Code),
    ]
}

fn not_written(error: &std::io::Error) -> Failure {
    tracing::error!(%error, "a statement was not written");
    Failure::other(words!(
        en: "The file could not be written. Nothing was changed.",
        de: "Die Datei konnte nicht geschrieben werden. Es wurde nichts geändert."
    ))
}
