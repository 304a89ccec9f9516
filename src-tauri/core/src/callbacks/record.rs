//! The last callbacks that came in, on the disk.

use chrono::{DateTime, Utc};

use super::{
    CallbackDetail, CallbackEffect, CallbackKind, CallbackPage, CallbackRow, Callbacks, SignedForm, tokens,
};
use crate::{failure::Failure, language::said, store};

/// So many are kept of those that were right, and of those that were refused: noise does not drive out the former.
const KEPT: u32 = 500;
/// A larger body is not kept, in bytes.
const LARGEST_KEPT: usize = 64 << 10;
/// A longer reason is cut, in characters.
const LONGEST_REASON: usize = 1000;

/// A callback that is to be written down; by default one that was refused.
pub(super) struct Entry {
    pub(super) effect: CallbackEffect,
    pub(super) reason: Option<String>,
    /// What it tells, when it was genuine.
    pub(super) told: Option<Told>,
    pub(super) bytes: u32,
    pub(super) signature_end: Option<String>,
}

impl Default for Entry {
    fn default() -> Self {
        Self { effect: CallbackEffect::Refused, reason: None, told: None, bytes: 0, signature_end: None }
    }
}

/// What a genuine callback tells.
pub(super) struct Told {
    pub(super) form: SignedForm,
    pub(super) kind: CallbackKind,
    pub(super) subject: Option<String>,
    /// NOWPayments' number of a payout's batch.
    pub(super) batch: Option<String>,
    pub(super) status: Option<String>,
    pub(super) key: Option<String>,
    pub(super) body: String,
}

/// What the detail has beside the row.
#[derive(sqlx::FromRow)]
struct Stored {
    #[sqlx(flatten)]
    row: CallbackRow,
    payment: Option<String>,
    batch: Option<String>,
    signature_end: Option<String>,
    body: Option<String>,
}

impl Callbacks {
    /// Whether a callback that tells the same was taken before.
    pub(super) async fn was_taken(&self, key: Option<&str>) -> Result<bool, Failure> {
        let Some(key) = key else { return Ok(false) };
        let taken =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM callbacks WHERE key = ? AND effect <> ?)")
                .bind(key)
                .bind(CallbackEffect::NotTaken);
        Ok(taken.fetch_one(&self.ctx.db).await?)
    }

    /// Writes a callback down and forgets the oldest.
    pub(super) async fn write(&self, entry: &Entry) -> Result<(), Failure> {
        let told = entry.told.as_ref();
        let reason: Option<String> =
            entry.reason.as_ref().map(|reason| reason.chars().take(LONGEST_REASON).collect());
        let mut db = self.ctx.write().await?;
        sqlx::query(
            "INSERT INTO callbacks
                 (at, verified, effect, reason, form, kind, subject, batch, status, key, bytes, signature_end, body)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(store::time(self.ctx.now()))
        .bind(told.is_some())
        .bind(entry.effect)
        .bind(reason)
        .bind(told.map(|told| told.form))
        .bind(told.map(|told| told.kind))
        .bind(told.and_then(|told| told.subject.as_deref()))
        .bind(told.and_then(|told| told.batch.as_deref()))
        .bind(told.and_then(|told| told.status.as_deref()))
        .bind(told.and_then(|told| told.key.as_deref()))
        .bind(entry.bytes)
        .bind(entry.signature_end.as_deref())
        .bind(told.map(|told| told.body.as_str()).filter(|body| body.len() <= LARGEST_KEPT))
        .execute(&mut *db)
        .await?;
        sqlx::query(
            "DELETE FROM callbacks WHERE verified = ?1 AND number <=
                 (SELECT number FROM callbacks WHERE verified = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        )
        .bind(told.is_some())
        .bind(KEPT)
        .execute(&mut *db)
        .await?;
        db.commit().await?;
        Ok(())
    }

    pub(super) async fn last_at(&self) -> Result<Option<DateTime<Utc>>, Failure> {
        let last = sqlx::query_scalar("SELECT at FROM callbacks ORDER BY number DESC LIMIT 1");
        Ok(last.fetch_optional(&self.ctx.db).await?)
    }

    pub(super) async fn read_page(&self, limit: u32, after: Option<u32>) -> Result<CallbackPage, Failure> {
        let limit = limit.clamp(1, 500);
        let mut db = self.ctx.db.begin().await?;
        let total = sqlx::query_scalar("SELECT count(*) FROM callbacks").fetch_one(&mut *db).await?;
        let mut rows: Vec<CallbackRow> = sqlx::query_as(
            "SELECT number, at, effect, reason, form, kind, subject, status, bytes FROM callbacks
             WHERE number < ? ORDER BY number DESC LIMIT ?",
        )
        .bind(after.unwrap_or(u32::MAX))
        .bind(limit + 1)
        .fetch_all(&mut *db)
        .await?;
        db.commit().await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| row.number);
        Ok(CallbackPage { rows, next, total })
    }

    pub(super) async fn read_one(&self, number: u32) -> Result<CallbackDetail, Failure> {
        let stored: Option<Stored> = sqlx::query_as(
            "SELECT number, at, effect, reason, form, kind, subject, status, bytes, signature_end, body,
                 (SELECT id FROM payments WHERE id = subject AND kind = 'payment') AS payment,
                 (SELECT id FROM payout_batches WHERE provider_id = callbacks.batch) AS batch
             FROM callbacks WHERE number = ?",
        )
        .bind(number)
        .fetch_optional(&self.ctx.db)
        .await?;
        let Stored { row, payment, batch, signature_end, body } =
            stored.ok_or_else(|| Failure::not_found(said!(en: "callback", de: "diese Rückmeldung")))?;
        let body = body.as_deref().map(tokens::laid_out);
        Ok(CallbackDetail { row, payment, batch, signature_end, body })
    }
}
