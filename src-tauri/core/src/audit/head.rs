//! How far the log of a shop was written, in the app's file: a second place that knows.
//!
//! It is written right after each transaction that has written into the log, so a kill in between leaves it behind the log by
//! that one, never ahead of it. What goes beyond it is new; what it names must be there. Once something was wrong, that stays
//! written down, however the log goes on.

use std::path::Path;

use sqlx::{
    ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool, Transaction,
    sqlite::SqliteConnectOptions,
};
use tokio::sync::Mutex;

use super::AuditEnd;
use crate::failure::Failure;

/// What a shop's own file is marked with once its head is kept: without it, one that is missing was never there.
const MARK: &str = "audit_head";

/// The last entry of a log: its number, 0 where there is none, and its hash.
pub(crate) type End = (u32, String);

/// Keeps how far the log of one shop was written.
#[derive(Debug)]
pub(crate) struct Head {
    app: SqlitePool,
    shop: String,
    /// What was kept last, so that nothing is asked of the app's file as long as the log is the same.
    known: Mutex<Option<End>>,
}

/// What a log was found to be, compared with what was kept.
pub(super) struct Found {
    end: End,
    /// What is wrong with it.
    pub(super) trouble: AuditEnd,
    /// How many entries were known of when that was noticed.
    pub(super) noted: u32,
}

impl Head {
    pub(crate) fn new(app: SqlitePool, shop: &str) -> Self {
        Self { app, shop: shop.to_owned(), known: Mutex::default() }
    }

    /// Commits what was written into the shop's file, and keeps the end of its log if that is another one now.
    pub(crate) async fn commit(&self, mut tx: Transaction<'static, Sqlite>) -> Result<(), sqlx::Error> {
        let mut known = self.known.lock().await;
        let end = end_of(&mut tx).await?;
        if known.as_ref() == Some(&end) {
            return tx.commit().await;
        }
        let found = self.compare(&mut tx).await?;
        tx.commit().await?;
        // What was committed stands, whether it could be noted or not.
        match self.keep(&found).await {
            Ok(()) => *known = Some(end),
            Err(error) => tracing::error!(%error, "the end of the audit log could not be kept"),
        }
        Ok(())
    }

    /// Looks at the log as a shop is opened: keeps the end of one that has never been kept, and catches up after a kill.
    pub(crate) async fn begin(&self, shop: &SqlitePool) -> Result<(), Failure> {
        let mut log = shop.acquire().await?;
        let found = self.compare(&mut log).await?;
        self.keep(&found).await?;
        sqlx::query("INSERT INTO sync_marks (key, value) VALUES (?, '') ON CONFLICT DO NOTHING")
            .bind(MARK)
            .execute(&mut *log)
            .await?;
        Ok(())
    }

    /// Compares a log with what was kept of it.
    pub(super) async fn compare(&self, log: &mut SqliteConnection) -> Result<Found, sqlx::Error> {
        let end = end_of(log).await?;
        let kept: Option<(u32, String, Option<AuditEnd>, u32)> =
            sqlx::query_as("SELECT number, hash, trouble, noted FROM audit_heads WHERE shop = ?")
                .bind(&self.shop)
                .fetch_optional(&self.app)
                .await?;
        let (trouble, noted) = match kept {
            Some((_, _, Some(trouble), noted)) => (trouble, noted),
            Some((0, ..)) => (AuditEnd::AsWritten, 0),
            Some((number, hash, None, _)) => {
                let there: Option<String> = sqlx::query_scalar("SELECT hash FROM audit_log WHERE number = ?")
                    .bind(number)
                    .fetch_optional(&mut *log)
                    .await?;
                match there {
                    Some(there) if there == hash => (AuditEnd::AsWritten, number),
                    None if end.0 < number => (AuditEnd::Shorter, number),
                    _ => (AuditEnd::Other, number),
                }
            }
            None => {
                let was_kept: bool =
                    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sync_marks WHERE key = ?)")
                        .bind(MARK)
                        .fetch_one(&mut *log)
                        .await?;
                (if was_kept { AuditEnd::Lost } else { AuditEnd::AsWritten }, 0)
            }
        };
        Ok(Found { end, trouble, noted })
    }

    /// Keeps what was found.
    pub(super) async fn keep(&self, found: &Found) -> Result<(), sqlx::Error> {
        let trouble = (found.trouble != AuditEnd::AsWritten).then_some(found.trouble);
        sqlx::query(
            "INSERT INTO audit_heads (shop, number, hash, trouble, noted) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET number = ?2, hash = ?3, trouble = ?4, noted = ?5",
        )
        .bind(&self.shop)
        .bind(found.end.0)
        .bind(&found.end.1)
        .bind(trouble)
        .bind(found.noted)
        .execute(&self.app)
        .await?;
        Ok(())
    }
}

/// The log of a shop that is not here any more, or begins anew, is compared with nothing.
pub(crate) async fn forget(app: &SqlitePool, shop: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM audit_heads WHERE shop = ?").bind(shop).execute(app).await?;
    Ok(())
}

/// The end of the log in a shop's file that is not open.
pub(crate) async fn end_in(path: &Path) -> Result<End, sqlx::Error> {
    let mut db = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
    let end = end_of(&mut db).await?;
    db.close().await?;
    Ok(end)
}

/// Keeps the end of the log of a shop that has just been added: one that was restored has a log already.
pub(crate) async fn keep_first(app: &mut SqliteConnection, shop: &str, end: &End) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO audit_heads (shop, number, hash) VALUES (?, ?, ?)")
        .bind(shop)
        .bind(end.0)
        .bind(&end.1)
        .execute(app)
        .await?;
    Ok(())
}

/// The end of a log as it stands in a shop's file.
async fn end_of(log: &mut SqliteConnection) -> Result<End, sqlx::Error> {
    let end: Option<End> = sqlx::query_as("SELECT number, hash FROM audit_log ORDER BY number DESC LIMIT 1")
        .fetch_optional(log)
        .await?;
    Ok(end.unwrap_or_default())
}
