//! Exports: payments as a file for others. CSV, XLSX or JSON, of a list or a period, however long.
//!
//! A file is written beside the place where it shall be and takes that place when it is whole, so that there is never
//! half of one. One export runs at a time in a shop.

mod columns;
mod csv;
mod job;
mod json;
mod period;
mod preview;
mod writer;
mod xlsx;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use specta::Type;
use tokio_util::sync::CancellationToken;

pub(crate) use self::job::not_written;
pub use self::{
    columns::ExportColumn,
    preview::{ExportPreview, PreviewCell},
};
use self::{job::Ended, period::Period};
use crate::{
    changes::Changed,
    failure::Failure,
    language::said,
    payments::{PaymentSelection, Payments, Which},
    shops::ShopContext,
};

/// What is exported, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportRequest {
    /// Which payments.
    pub what: ExportedPayments,
    /// How they are written.
    pub choices: ExportChoices,
    /// The words of the owner's language that go into the file.
    pub words: ExportWords,
}

/// Which payments are exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExportedPayments {
    /// Selected ones, or all of a list, in their order.
    Selected {
        /// Which.
        selection: PaymentSelection,
    },
    /// Those made on these days, the first first.
    Period {
        /// The first day, `2026-03-01`.
        from: String,
        /// The last day.
        to: String,
        /// Only those that match; empty for all.
        search: String,
    },
}

/// How payments are written. Kept for the next time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportChoices {
    /// The kind of file.
    pub format: ExportFormat,
    /// What stands between the cells of a CSV.
    pub delimiter: Delimiter,
    /// What stands before the decimals in a CSV.
    pub decimal_mark: DecimalMark,
    /// A CSV begins with a byte order mark, by which Excel knows UTF-8.
    pub byte_order_mark: bool,
    /// Whose clocks the times and days are by.
    pub time_zone: ExportZone,
    /// The columns, in this order.
    pub columns: Vec<ExportColumn>,
}

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Text with a line for each payment, as RFC 4180 says.
    Csv,
    /// A workbook for Excel and its like, whose cells have types.
    Xlsx,
    /// A list of objects, for programs.
    Json,
}

/// What stands between the cells of a CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
}

/// What stands before the decimals in a CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

/// Whose clocks times and days are by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportZone {
    /// Those of the owner.
    Local,
    /// UTC.
    Utc,
}

/// The words of the owner's language that go into the file. JSON has its own names for columns, which are the same in
/// every language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportWords {
    /// What the sheet of a workbook is called.
    pub title: String,
    /// The heads of the columns, one for each.
    pub heads: Vec<String>,
    /// What the statuses are called. One that is missing goes by the API's word.
    pub statuses: Vec<StatusWord>,
    /// That NOWPayments has said what a payment was worth.
    pub stated: String,
    /// That it was worked out.
    pub worked_out: String,
}

/// What a status is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StatusWord {
    /// The status, lower case, as the API says it.
    pub status: String,
    /// The owner's word for it.
    pub word: String,
}

/// How an export stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportStatus {
    /// Whether it has ended, and how.
    pub state: ExportState,
    /// Payments that are written.
    pub done: u32,
    /// Of how many.
    pub total: u32,
    /// The file.
    pub path: String,
    /// What the file does not hold as it was.
    pub notes: ExportNotes,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// Whether an export has ended, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// It is being written.
    Running,
    /// The file is whole.
    Done,
    /// The owner stopped it: there is no file.
    Cancelled,
    /// It failed: there is no file.
    Failed,
}

/// What a file does not hold as it was, by the number of its cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportNotes {
    /// Texts that are longer than a cell of a workbook, and were cut there.
    pub cut: u32,
    /// Amounts with more digits than a number of a workbook can have: they are there as text, whole.
    pub numbers_as_text: u32,
    /// Texts with an apostrophe before what a spreadsheet would take for a formula.
    pub apostrophes: u32,
    /// Texts with control characters, which are there as pictures of them.
    pub pictures: u32,
}

/// The exports of a shop.
#[derive(Debug, Clone)]
pub struct Exports {
    ctx: Arc<ShopContext>,
    payments: Payments,
    latest: Arc<Mutex<Option<Latest>>>,
}

/// The export that runs, or ran last.
#[derive(Debug)]
struct Latest {
    status: ExportStatus,
    path: PathBuf,
    cancel: CancellationToken,
}

impl Exports {
    pub(crate) fn new(ctx: Arc<ShopContext>, payments: Payments) -> Self {
        Self { ctx, payments, latest: Arc::default() }
    }

    /// The name that a file of this should have: `payments-2026-11.csv`.
    ///
    /// # Errors
    /// When the period cannot be read (field `from` or `to`).
    pub fn file_name(&self, request: &ExportRequest) -> Result<String, Failure> {
        let name = match &request.what {
            ExportedPayments::Period { from, to, .. } => Period::parse(from, to)?.name(),
            _ => {
                let now = self.ctx.now();
                now.with_timezone(&self.ctx.surroundings.offset(request.choices.time_zone, now))
                    .date_naive()
                    .to_string()
            }
        };
        let ending = match request.choices.format {
            ExportFormat::Csv => "csv",
            ExportFormat::Xlsx => "xlsx",
            ExportFormat::Json => "json",
        };
        Ok(format!("payments-{name}.{ending}"))
    }

    /// Begins to write payments into the file at `path`, which is replaced once the new one is whole. Keeps the choices.
    ///
    /// # Errors
    /// When an export is running, a choice is not right, or the shop was closed. What goes wrong later is said by
    /// [`Self::status`].
    pub async fn start(&self, request: ExportRequest, path: &Path) -> Result<(), Failure> {
        request.check()?;
        self.keep(&request.choices).await?;
        let cancel = self.begin(path)?;
        let (exports, path) = (self.clone(), path.to_owned());
        self.ctx.in_background(async move {
            let running = Running { exports: &exports };
            let which = exports.which(&request);
            let ended = match which {
                Ok(which) => exports.write(which, &request, &path, &cancel).await,
                Err(failure) => Ended::Failed(failure),
            };
            running.end(ended);
        });
        Ok(())
    }

    /// How the export that runs, or ran last, stands.
    pub fn status(&self) -> Option<ExportStatus> {
        self.latest().as_ref().map(|latest| latest.status.clone())
    }

    /// Stops the export that runs. The file that was there before stays.
    pub fn cancel(&self) {
        if let Some(latest) = self.latest().as_ref() {
            latest.cancel.cancel();
        }
    }

    /// The file that was written last.
    ///
    /// # Errors
    /// When there is none.
    pub fn file(&self) -> Result<PathBuf, Failure> {
        let done = |latest: &&Latest| latest.status.state == ExportState::Done;
        let latest = self.latest();
        let path = latest.as_ref().filter(done).map(|latest| latest.path.clone());
        path.ok_or_else(|| Failure::not_found(said!(en: "exported file", de: "diese exportierte Datei")))
    }

    /// The choices of the last time; `None` before the first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn choices(&self) -> Result<Option<ExportChoices>, Failure> {
        let kept: Option<String> =
            sqlx::query_scalar("SELECT choices FROM export_choices").fetch_optional(&self.ctx.db).await?;
        // Choices of another version, which cannot be read, are made anew.
        Ok(kept.and_then(|json| serde_json::from_str(&json).ok()))
    }

    async fn keep(&self, choices: &ExportChoices) -> Result<(), Failure> {
        let json = serde_json::to_string(choices).map_err(|error| Failure::other(error.to_string()))?;
        sqlx::query(
            "INSERT INTO export_choices (only, choices) VALUES (1, ?) \
             ON CONFLICT (only) DO UPDATE SET choices = excluded.choices",
        )
        .bind(json)
        .execute(&self.ctx.db)
        .await?;
        Ok(())
    }

    /// The payments that a request means.
    fn which(&self, request: &ExportRequest) -> Result<Which, Failure> {
        Ok(match &request.what {
            ExportedPayments::Selected { selection } => Which::Selected(selection.clone()),
            ExportedPayments::Period { from, to, search } => {
                let (from, to) = Period::parse(from, to)?
                    .times(request.choices.time_zone, &*self.ctx.surroundings.day_begins);
                Which::Made { search: search.clone(), from, to }
            }
        })
    }

    fn begin(&self, path: &Path) -> Result<CancellationToken, Failure> {
        let mut latest = self.latest();
        if latest.as_ref().is_some_and(|latest| latest.status.state == ExportState::Running) {
            return Err(Failure::other(said!(
                en: "An export is running already. Wait for its end, or cancel it: one at a time is written.",
                de: "Es läuft schon ein Export. Warten Sie, bis er fertig ist, oder brechen Sie ihn ab: \
                     Geschrieben wird einer nach dem anderen.",
            )));
        }
        let cancel = CancellationToken::new();
        let status = ExportStatus {
            state: ExportState::Running,
            done: 0,
            total: 0,
            path: path.display().to_string(),
            notes: ExportNotes::default(),
            failure: None,
        };
        *latest = Some(Latest { status, path: path.to_owned(), cancel: cancel.clone() });
        drop(latest);
        self.ctx.announce(Changed::Export);
        Ok(cancel)
    }

    /// Writes down how far it is. The window hears of each hundredth.
    fn progress(&self, done: u32, total: u32) {
        let hundredth = |done: u32| u64::from(done) * 100 / u64::from(total.max(1));
        let mut latest = self.latest();
        let Some(Latest { status, .. }) = latest.as_mut() else { return };
        let before = (status.total, hundredth(status.done));
        (status.done, status.total) = (done, total);
        let tell = before != (total, hundredth(done));
        drop(latest);
        if tell {
            self.ctx.announce(Changed::Export);
        }
    }

    fn latest(&self) -> MutexGuard<'_, Option<Latest>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An export while it runs. However it is left, it has ended.
struct Running<'a> {
    exports: &'a Exports,
}

impl Running<'_> {
    fn end(self, ended: Ended) {
        let mut latest = self.exports.latest();
        if let Some(Latest { status, .. }) = latest.as_mut() {
            (status.state, status.notes, status.failure) = match ended {
                Ended::Done(notes) => (ExportState::Done, notes, None),
                Ended::Cancelled => (ExportState::Cancelled, ExportNotes::default(), None),
                Ended::Failed(failure) => (ExportState::Failed, ExportNotes::default(), Some(failure)),
            };
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(Latest { status, .. }) = self.exports.latest().as_mut()
            && status.state == ExportState::Running
        {
            status.state = ExportState::Cancelled;
        }
        self.exports.ctx.announce(Changed::Export);
    }
}

impl ExportRequest {
    fn check(&self) -> Result<(), Failure> {
        let columns = &self.choices.columns;
        if columns.is_empty() {
            return Err(Failure::invalid(
                "columns",
                said!(
                    en: "Choose at least one column.",
                    de: "Wählen Sie mindestens eine Spalte.",
                ),
            ));
        }
        if columns.iter().enumerate().any(|(at, column)| columns[..at].contains(column)) {
            return Err(Failure::invalid(
                "columns",
                said!(
                    en: "A column is there twice. Choose each once.",
                    de: "Eine Spalte ist doppelt. Wählen Sie jede einmal.",
                ),
            ));
        }
        if self.words.heads.len() != columns.len() {
            return Err(Failure::invalid(
                "columns",
                said!(
                    en: "Each column needs a head.",
                    de: "Jede Spalte braucht eine Überschrift.",
                ),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
