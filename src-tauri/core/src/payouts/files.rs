//! Files on their way in: opened, asked about where they leave something open, and kept as a batch.

use std::{
    ops::ControlFlow,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;
use tokio::{sync::mpsc, time::Instant};

use super::{
    Payouts,
    batch::{Batch, Progress, RowProblem, RowStatus},
    control,
    draft::json,
    import::{
        self, AcceptedRow, Choices, Column, FileError, Job, Numbers, RejectedRow, Row, Summary, Survey,
    },
    record::Record,
};
use crate::{
    addresses,
    changes::Changed,
    coins::Catalogue,
    failure::{Failure, FailureCode},
    hashing,
    language::{said, words},
    store,
};

/// What became of a file that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Opened {
    /// It is a batch now.
    Batch {
        /// The batch.
        batch: Box<Batch>,
    },
    /// The owner must say something first.
    Asks {
        /// The file.
        file: Box<OpenFile>,
    },
}

impl Opened {
    /// The batch that it became.
    #[must_use]
    pub fn batch(self) -> Option<Batch> {
        match self {
            Self::Batch { batch } => Some(*batch),
            Self::Asks { .. } => None,
        }
    }
}

/// A file that waits for the owner to say how it is to be read. It is kept in memory, as it was when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct OpenFile {
    /// Our id of it, a UUID.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What was said of it so far.
    pub choices: Choices,
    /// What it looks like, and what is open.
    pub survey: Survey,
}

/// What a new batch is there for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// To pay what a file says.
    File,
    /// To pay again what this other batch has not paid.
    Again(&'a str),
    /// To send a payment back: the case that it is of.
    Refund(u32),
}

impl<'a> Purpose<'a> {
    fn batch_paid_again(self) -> Option<&'a str> {
        match self {
            Self::Again(batch) => Some(batch),
            Self::File | Self::Refund(_) => None,
        }
    }
}

/// A file that is being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FileInProgress {
    /// What it is called.
    pub name: String,
    /// How much is done, in thousandths.
    pub progress: Progress,
}

/// The files of a shop that are open. Lost at any time without harm: the owner opens them again.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Those that wait for an answer, the newest last.
    waiting: Mutex<Vec<Waiting>>,
    reading: Mutex<Option<(String, Arc<Job>)>>,
}

#[derive(Debug, Clone)]
struct Waiting {
    file: OpenFile,
    bytes: Arc<Vec<u8>>,
}

/// Of files that wait for an answer, no more than these are kept.
const MOST_WAITING: usize = 8;
/// How often it is told how far the reading of a file is.
const TELL: Duration = Duration::from_millis(250);

impl Files {
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self) -> MutexGuard<'_, Option<(String, Arc<Job>)>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &str) -> Result<Waiting, Failure> {
        self.waiting().iter().find(|waiting| waiting.file.id == id).cloned().ok_or_else(|| {
            Failure::new(
                FailureCode::Stale,
                said!(
                    en: "This file is not open any more. Choose it again.",
                    de: "Diese Datei ist nicht mehr geöffnet. Wählen Sie sie noch einmal.",
                ),
            )
        })
    }

    fn keep(&self, file: Waiting) {
        let mut waiting = self.waiting();
        waiting.retain(|known| known.file.id != file.file.id);
        waiting.push(file);
        let surplus = waiting.len().saturating_sub(MOST_WAITING);
        waiting.drain(..surplus);
    }

    fn drop(&self, id: &str) {
        self.waiting().retain(|known| known.file.id != id);
    }
}

impl Payouts {
    pub(super) async fn open_path(&self, path: &Path) -> Result<Opened, Failure> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let path = path.to_owned();
        let bytes = blocking(move || import::read(&path)).await?.map_err(unreadable)?;
        self.open_bytes(&name, bytes).await
    }

    pub(super) async fn open_bytes(&self, name: &str, bytes: Vec<u8>) -> Result<Opened, Failure> {
        let id = self.ctx.surroundings.uuid().to_string();
        self.ask_or_import(id, name.to_owned(), Arc::new(bytes), Choices::default()).await
    }

    /// Goes on with a file of which the owner has said something.
    pub(super) async fn answer(&self, id: &str, choices: Choices) -> Result<Opened, Failure> {
        let Waiting { file, bytes } = self.desk.files.find(id)?;
        let opened = self.ask_or_import(file.id, file.name, bytes, choices.clone()).await?;
        if let Some(columns) = &choices.columns {
            self.remember(&file.survey, &choices, columns).await?;
        }
        Ok(opened)
    }

    pub(super) fn waiting_file(&self, id: &str) -> Result<OpenFile, Failure> {
        self.desk.files.find(id).map(|waiting| waiting.file)
    }

    pub(super) fn close_waiting(&self, id: &str) {
        self.desk.files.drop(id);
    }

    pub(super) fn file_in_progress(&self) -> Option<FileInProgress> {
        let reading = self.desk.files.reading();
        let (name, job) = reading.as_ref()?;
        Some(FileInProgress { name: name.clone(), progress: Progress { done: job.done(), of: 1000 } })
    }

    pub(super) fn stop_file(&self) {
        if let Some((_, job)) = &*self.desk.files.reading() {
            job.stop();
        }
    }

    async fn ask_or_import(
        &self,
        id: String,
        name: String,
        bytes: Arc<Vec<u8>>,
        choices: Choices,
    ) -> Result<Opened, Failure> {
        let coins = self.ctx.coins().await?;
        let (survey, choices) = self.look_at(&bytes, choices, &coins).await?;
        if !survey.asks.is_empty() {
            let file = OpenFile { id, name, choices, survey };
            self.desk.files.keep(Waiting { file: file.clone(), bytes });
            return Ok(Opened::Asks { file: Box::new(file) });
        }
        let batch = self.keep_file(&name, bytes, choices, coins, Purpose::File).await?;
        self.desk.files.drop(&id);
        self.begin_check(&batch);
        Ok(Opened::Batch { batch: Box::new(self.get(&batch).await?) })
    }

    /// What is open of a file, where the owner has not said the same of another one like it before.
    async fn look_at(
        &self,
        bytes: &Arc<Vec<u8>>,
        choices: Choices,
        coins: &Arc<Catalogue>,
    ) -> Result<(Survey, Choices), Failure> {
        let look = async |choices: &Choices| {
            let (bytes, choices, coins) = (bytes.clone(), choices.clone(), coins.clone());
            let job = Job::default();
            blocking(move || import::survey(&bytes, &choices, &coins, &job)).await?.map_err(unreadable)
        };
        let survey = look(&choices).await?;
        if survey.asks.contains(&import::Ask::Columns) && choices.columns.is_none() {
            let known: Option<Layout> = sqlx::query_as(
                "SELECT columns, header, currency, fiat_currency FROM payout_layouts WHERE looks = ?",
            )
            .bind(looks_like(&survey))
            .fetch_optional(&self.ctx.db)
            .await?;
            if let Some(Layout { columns, header, currency, fiat_currency }) = known
                && let Ok(columns) = serde_json::from_str(&columns)
            {
                let certain = header != Some(false) && currency.is_none() && fiat_currency.is_none();
                let remembered =
                    Choices { columns: Some(columns), header, currency, fiat_currency, ..choices };
                // What nothing in the file says (that it has no header, or its coin) is proposed, and not taken for said.
                let survey = if certain { look(&remembered).await? } else { survey };
                return Ok((survey, remembered));
            }
        }
        Ok((survey, choices))
    }

    /// Remembers what the columns of a file hold, for the next one that looks the same.
    async fn remember(
        &self,
        survey: &Survey,
        choices: &Choices,
        columns: &[Option<Column>],
    ) -> Result<(), Failure> {
        let mut db = self.ctx.write().await?;
        sqlx::query(
            "INSERT INTO payout_layouts (looks, columns, header, currency, fiat_currency) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET columns = ?2, header = ?3, currency = ?4, fiat_currency = ?5",
        )
        .bind(looks_like(survey))
        .bind(json(&columns))
        .bind(choices.header)
        .bind(&choices.currency)
        .bind(&choices.fiat_currency)
        .execute(&mut *db)
        .await?;
        Ok(db.commit().await?)
    }

    /// Reads text that this app wrote itself as a new batch.
    pub(super) async fn import_rows(
        &self,
        name: &str,
        text: &str,
        purpose: Purpose<'_>,
    ) -> Result<Batch, Failure> {
        let coins = self.ctx.coins().await?;
        let choices = Choices { numbers: Some(Numbers::Point), ..Choices::default() };
        let bytes = Arc::new(text.as_bytes().to_vec());
        let id = self.keep_file(name, bytes, choices, coins, purpose).await?;
        self.begin_check(&id);
        self.get(&id).await
    }

    /// Reads a file and keeps all of it, good rows and bad, in one transaction. The id of the new batch.
    async fn keep_file(
        &self,
        name: &str,
        bytes: Arc<Vec<u8>>,
        choices: Choices,
        coins: Arc<Catalogue>,
        purpose: Purpose<'_>,
    ) -> Result<String, Failure> {
        let job = Arc::new(Job::default());
        *self.desk.files.reading() = Some((name.to_owned(), job.clone()));
        self.ctx.announce(Changed::PayoutFile);
        let kept = self.keep_rows(name, bytes, choices, coins, purpose, &job).await;
        *self.desk.files.reading() = None;
        self.ctx.announce(Changed::PayoutFile);
        kept
    }

    async fn keep_rows(
        &self,
        name: &str,
        bytes: Arc<Vec<u8>>,
        choices: Choices,
        coins: Arc<Catalogue>,
        purpose: Purpose<'_>,
        job: &Arc<Job>,
    ) -> Result<String, Failure> {
        let (sender, mut receiver) = mpsc::channel::<Vec<Row>>(2);
        let reading = {
            let (coins, job) = (coins.clone(), job.clone());
            tokio::task::spawn_blocking(move || {
                let hash = hashing::of_bytes(&bytes);
                let summary =
                    import::check(&bytes, &choices, &coins, &job, |rows| match sender.blocking_send(rows) {
                        Ok(()) => ControlFlow::Continue(()),
                        // Nobody keeps them any more: the shop is closed.
                        Err(_) => ControlFlow::Break(()),
                    });
                summary.map(|summary| (summary, hash))
            })
        };
        let now = self.ctx.now();
        let id = self.ctx.surroundings.uuid().to_string();
        let mut tx = self.ctx.write().await?;
        sqlx::query(
            "INSERT INTO payout_batches (id, name, state, records, header, blank, accepted, rejected, pays_again, created_at, updated_at)
             VALUES (?1, ?2, 'draft', 0, 0, 0, 0, 0, ?4, ?3, ?3)",
        )
        .bind(&id)
        .bind(name)
        .bind(store::time(now))
        .bind(purpose.batch_paid_again())
        .execute(&mut *tx)
        .await?;
        // In the same transaction: killed in between, the same could be prepared twice.
        if let Purpose::Refund(case) = purpose {
            sqlx::query("UPDATE attention_cases SET batch = ? WHERE id = ?")
                .bind(&id)
                .bind(case)
                .execute(&mut *tx)
                .await?;
        }
        let mut number = 0;
        let mut told = Instant::now();
        while let Some(rows) = receiver.recv().await {
            for row in rows {
                number += 1;
                insert_row(&mut tx, &id, number, &row).await?;
            }
            if told.elapsed() > TELL {
                told = Instant::now();
                self.ctx.announce(Changed::PayoutFile);
            }
        }
        let (summary, hash) = reading.await.map_err(|error| inside(&error))?.map_err(unreadable)?;
        let counts = summary.rows;
        sqlx::query("UPDATE payout_batches SET file_hash = ?, records = ?, header = ?, blank = ?, accepted = ?, rejected = ? WHERE id = ?")
            .bind(hash)
            .bind(counts.records)
            .bind(counts.header)
            .bind(counts.blank)
            .bind(counts.accepted)
            .bind(counts.rejected)
            .bind(&id)
            .execute(&mut *tx)
            .await?;
        let mut record = Record::load(&mut *tx, &id).await?;
        record.recount(&mut tx).await?;
        keep_explorers(&mut tx, &id, &coins).await?;
        record.note(&mut tx, now, &words(name, &summary)).await?;
        if let Purpose::File = purpose {
            control::take_next(&mut tx, &record, now).await?;
        }
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: id.clone() });
        Ok(id)
    }
}

/// What was said of a file that looked the same.
#[derive(sqlx::FromRow)]
struct Layout {
    /// JSON.
    columns: String,
    header: Option<bool>,
    currency: Option<String>,
    fiat_currency: Option<String>,
}

/// What a file with these columns is recognised by: the names in its header, or how many columns it has.
fn looks_like(survey: &Survey) -> String {
    let first = survey.sample.first();
    match (survey.header, first) {
        (true, Some(names)) => json(names),
        _ => first.map_or(0, Vec::len).to_string(),
    }
}

pub(super) fn unreadable(error: FileError) -> Failure {
    let line = error.line.map(|line| words!(en: " (line {line})", de: " (Zeile {line})")).unwrap_or_default();
    Failure::new(
        FailureCode::File,
        words!(
            en: "{}{line} Nothing was imported.",
            de: "{}{line} Es wurde nichts importiert.",
            error.message,
        ),
    )
}

fn words(name: &str, summary: &Summary) -> String {
    let counts = summary.rows;
    let refused = match counts.rejected {
        0 => String::new(),
        1 => said!(en: ", 1 cannot be paid as it is", de: ", 1 ist so nicht zahlbar").to_owned(),
        many => words!(en: ", {many} cannot be paid as they are", de: ", {many} sind so nicht zahlbar"),
    };
    let notes: String = summary.notes.iter().map(|note| format!(" {}", note.message)).collect();
    words!(
        en: "Read from “{name}”: {} records, {} can be paid{refused}.{notes}",
        de: "Gelesen aus „{name}“: {} Datensätze, {} zahlbar{refused}.{notes}",
        counts.records, counts.accepted,
    )
}

/// Keeps a row of a file.
async fn insert_row(tx: &mut SqliteConnection, batch: &str, number: u32, row: &Row) -> Result<(), Failure> {
    let insert = sqlx::query(
        "INSERT INTO payout_rows (batch, number, status, line, address, account, currency, network, amount, fiat_amount, fiat_currency, extra_id, description, external_id, notes, raw, problems, warnings)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(batch)
    .bind(number);
    let insert = match row {
        Row::Accepted(row) => insert
            .bind(RowStatus::Ready)
            .bind(row.line)
            .bind(&row.address)
            .bind(addresses::account(&row.address))
            .bind(&row.currency)
            // The ticker says it now.
            .bind(None::<&str>)
            .bind(row.amount.coins().map(Amount::to_string).unwrap_or_default())
            .bind(row.amount.fiat().map(|fiat| fiat.amount.to_string()))
            .bind(row.amount.fiat().map(|fiat| fiat.currency))
            .bind(row.extra_id.as_deref())
            .bind(row.description.as_deref())
            .bind(row.external_id.as_deref())
            .bind(json(&row.notes))
            .bind(None::<&str>)
            .bind("[]")
            .bind(json(&warnings(row))),
        Row::Rejected(row) => {
            let optional = |column| Some(row.field(column)).filter(|value| !value.is_empty());
            insert
                .bind(RowStatus::Bad)
                .bind(row.line)
                .bind(row.field(Column::Address))
                .bind(addresses::account(row.field(Column::Address)))
                .bind(row.field(Column::Currency))
                .bind(optional(Column::Network))
                .bind(row.field(Column::Amount))
                .bind(optional(Column::FiatAmount))
                .bind(optional(Column::FiatCurrency))
                .bind(optional(Column::ExtraId))
                .bind(optional(Column::Description))
                .bind(optional(Column::ExternalId))
                .bind("[]")
                .bind(Some(&row.raw))
                .bind(json(&problems(row)))
                .bind("[]")
        }
    };
    insert.execute(&mut *tx).await?;
    Ok(())
}

pub(super) fn warnings(row: &AcceptedRow) -> Vec<RowProblem> {
    let warning = |warning: &import::Warning| RowProblem {
        column: None,
        value: String::new(),
        code: warning.code.to_string(),
        message: warning.message.clone(),
    };
    row.warnings.iter().map(warning).collect()
}

pub(super) fn problems(row: &RejectedRow) -> Vec<RowProblem> {
    std::iter::once(&row.problem).chain(&row.also).map(problem).collect()
}

pub(super) fn problem(problem: &import::Problem) -> RowProblem {
    RowProblem {
        column: problem.column.clone(),
        value: problem.value.clone(),
        code: problem.code.to_string(),
        message: problem.message.clone(),
    }
}

/// Where transactions of the batch's coins can be looked at.
pub(super) async fn keep_explorers(
    tx: &mut SqliteConnection,
    batch: &str,
    coins: &Catalogue,
) -> Result<(), Failure> {
    let tickers: Vec<String> = sqlx::query_scalar("SELECT currency FROM payout_coins WHERE batch = ?")
        .bind(batch)
        .fetch_all(&mut *tx)
        .await?;
    for ticker in tickers {
        let explorer = coins.get(&ticker).and_then(|coin| coin.coin().explorer_link_hash.as_deref());
        sqlx::query("UPDATE payout_coins SET explorer = ? WHERE batch = ? AND currency = ?")
            .bind(explorer.filter(|link| link.starts_with("https://")))
            .bind(batch)
            .bind(&ticker)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Work that takes the processor or the disk for a while, off the threads that answer.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| inside(&error))
}

fn inside(error: &tokio::task::JoinError) -> Failure {
    tracing::error!(%error, "reading a file failed inside");
    Failure::other(said!(
        en: "Paydesk failed inside while it read the file. Nothing was imported.",
        de: "In Paydesk ist ein Fehler aufgetreten, während die Datei gelesen wurde. Es wurde nichts importiert.",
    ))
}
