//! A batch before it is sent: read from a file, thinned out, thrown away.

use std::path::Path;

use sqlx::SqliteConnection;

use super::{
    Payouts,
    batch::{BatchState, RowProblem, RowStatus},
    import::{self, Column, FileError, Import},
    record::{Record, stale},
};
use crate::{
    changes::Changed,
    coins::Catalogue,
    failure::{Failure, FailureCode},
    store,
};

impl Payouts {
    pub(super) async fn import_path(&self, path: &Path) -> Result<String, Failure> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let path = path.to_owned();
        self.import(&name, move || import::read(&path)).await
    }

    /// Reads a file and keeps all of it, good rows and bad, in one transaction. The id of the new batch.
    pub(super) async fn import(
        &self,
        name: &str,
        read: impl FnOnce() -> Result<Vec<u8>, FileError> + Send + 'static,
    ) -> Result<String, Failure> {
        // What is wrong with the file itself is said even when the list of coins cannot be had.
        let bytes = blocking(read).await?.map_err(unreadable)?;
        let coins = self.ctx.coins().await?;
        let import = {
            let coins = coins.clone();
            blocking(move || import::import(&bytes, &coins)).await?.map_err(unreadable)?
        };
        let now = self.ctx.now();
        let id = self.ctx.surroundings.uuid().to_string();
        let mut tx = self.ctx.write().await?;
        sqlx::query(
            "INSERT INTO payout_batches (id, name, state, records, header, blank, accepted, rejected, created_at, updated_at)
             VALUES (?1, ?2, 'draft', ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        )
        .bind(&id)
        .bind(name)
        .bind(import.rows.records)
        .bind(import.rows.header)
        .bind(import.rows.blank)
        .bind(import.rows.accepted)
        .bind(import.rows.rejected)
        .bind(store::time(now))
        .execute(&mut *tx)
        .await?;
        insert_rows(&mut tx, &id, &import).await?;
        let mut record = Record::load(&mut *tx, &id).await?;
        record.recount(&mut tx).await?;
        keep_explorers(&mut tx, &id, &coins).await?;
        record.note(&mut tx, now, &summary(name, &import)).await?;
        if let Some(note) = same_rows(&mut tx, &record).await? {
            record.note(&mut tx, now, &note).await?;
        }
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: id.clone() });
        Ok(id)
    }

    /// Takes rows out: those with `numbers`, or all bad ones.
    pub(super) async fn remove(&self, id: &str, numbers: Option<&[u32]>) -> Result<(), Failure> {
        let _writer = self.writer(id).await;
        let now = self.ctx.now();
        let mut tx = self.ctx.write().await?;
        let mut record = Record::load(&mut *tx, id).await?;
        not_sent(&record)?;
        let mut removed = 0;
        match numbers {
            None => {
                let done = sqlx::query("UPDATE payout_rows SET removed_at = ? WHERE batch = ? AND removed_at IS NULL AND status = 'bad'")
                    .bind(store::time(now))
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
                removed += done.rows_affected();
            }
            Some(numbers) => {
                for number in numbers {
                    let done = sqlx::query("UPDATE payout_rows SET removed_at = ? WHERE batch = ? AND number = ? AND removed_at IS NULL")
                        .bind(store::time(now))
                        .bind(id)
                        .bind(number)
                        .execute(&mut *tx)
                        .await?;
                    removed += done.rows_affected();
                }
            }
        }
        if removed == 0 {
            return Ok(());
        }
        record.recount(&mut tx).await?;
        let rows = if removed == 1 { "1 row was".to_owned() } else { format!("{removed} rows were") };
        record.note(&mut tx, now, &format!("{rows} removed.")).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }

    pub(super) async fn delete(&self, id: &str) -> Result<(), Failure> {
        let _writer = self.writer(id).await;
        let mut tx = self.ctx.write().await?;
        let record = Record::load(&mut *tx, id).await?;
        not_sent(&record)?;
        sqlx::query("DELETE FROM payout_batches WHERE id = ?").bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        self.desk.forget(id);
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }
}

/// Only a batch that was not sent may change.
pub(super) fn not_sent(record: &Record) -> Result<(), Failure> {
    match record.state {
        BatchState::Draft | BatchState::Checked => Ok(()),
        _ => Err(stale()),
    }
}

fn unreadable(error: FileError) -> Failure {
    let line = error.line.map(|line| format!(" (line {line})")).unwrap_or_default();
    Failure::new(FailureCode::File, format!("{}{line} Nothing was imported.", error.message))
}

fn summary(name: &str, import: &Import) -> String {
    let counts = import.rows;
    let refused = match counts.rejected {
        0 => String::new(),
        1 => ", 1 cannot be paid as it is".to_owned(),
        many => format!(", {many} cannot be paid as they are"),
    };
    format!("Read from “{name}”: {} records, {} can be paid{refused}.", counts.records, counts.accepted)
}

/// Keeps every row of the file, in its order.
async fn insert_rows(tx: &mut SqliteConnection, batch: &str, import: &Import) -> Result<(), Failure> {
    let mut accepted = import.accepted.iter().peekable();
    let mut rejected = import.rejected.iter().peekable();
    for number in 1..=u32::MAX {
        let accepted_first = match (accepted.peek(), rejected.peek()) {
            (Some(good), Some(bad)) => good.line <= bad.line,
            (good, _) => good.is_some(),
        };
        let insert = sqlx::query(
            "INSERT INTO payout_rows (batch, number, status, line, address, currency, amount, extra_id, description, external_id, notes, raw, problems, warnings)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(batch)
        .bind(number);
        let insert = if accepted_first {
            let Some(row) = accepted.next() else { break };
            let warnings: Vec<_> = row
                .warnings
                .iter()
                .map(|warning| RowProblem {
                    column: None,
                    value: String::new(),
                    code: warning.code.to_string(),
                    message: warning.message.clone(),
                })
                .collect();
            insert
                .bind(RowStatus::Ready)
                .bind(row.line)
                .bind(&row.address)
                .bind(&row.currency)
                .bind(row.amount.to_string())
                .bind(row.extra_id.as_deref())
                .bind(row.description.as_deref())
                .bind(row.external_id.as_deref())
                .bind(json(&row.notes))
                .bind(None::<&str>)
                .bind("[]")
                .bind(json(&warnings))
        } else {
            let Some(row) = rejected.next() else { break };
            let problems: Vec<_> = std::iter::once(&row.problem)
                .chain(&row.also)
                .map(|problem| RowProblem {
                    column: problem.column.clone(),
                    value: problem.value.clone(),
                    code: problem.code.to_string(),
                    message: problem.message.clone(),
                })
                .collect();
            let optional = |column| Some(row.field(column)).filter(|value| !value.is_empty());
            insert
                .bind(RowStatus::Bad)
                .bind(row.line)
                .bind(row.field(Column::Address))
                .bind(row.field(Column::Currency))
                .bind(row.field(Column::Amount))
                .bind(optional(Column::ExtraId))
                .bind(optional(Column::Description))
                .bind(optional(Column::ExternalId))
                .bind("[]")
                .bind(Some(&row.raw))
                .bind(json(&problems))
                .bind("[]")
        };
        insert.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Where transactions of the batch's coins can be looked at.
async fn keep_explorers(tx: &mut SqliteConnection, batch: &str, coins: &Catalogue) -> Result<(), Failure> {
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

/// Whether exactly these rows were imported before, in words.
async fn same_rows(tx: &mut SqliteConnection, record: &Record) -> Result<Option<String>, Failure> {
    if record.payable == 0 {
        return Ok(None);
    }
    let earlier: Option<Record> = sqlx::query_as(
        "SELECT * FROM payout_batches WHERE rows_hash = ? AND id <> ? ORDER BY state IN ('draft', 'checked'), created_at DESC LIMIT 1",
    )
    .bind(&record.rows_hash)
    .bind(&record.id)
    .fetch_optional(&mut *tx)
    .await?;
    Ok(earlier.map(|earlier| {
        let what = match earlier.state {
            BatchState::Draft | BatchState::Checked => "imported",
            _ => "sent",
        };
        format!(
            "The same rows were {what} before as “{}” on {}. Make sure that they are meant to be paid again.",
            earlier.name,
            earlier.created_at.format("%Y-%m-%d")
        )
    }))
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> String {
    // Plain data of our own: it cannot fail.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

/// Work that takes the processor or the disk for a while, off the threads that answer.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "reading a file failed inside");
        Failure::other("Paydesk failed inside while it read the file. Nothing was imported.")
    })
}
