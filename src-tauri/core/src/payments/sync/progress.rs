//! What the database knows of the sync.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::store;

/// The mark that stands while the owner has stopped the sync.
const STOPPED: &str = "payments_stopped";
/// The mark of the time before which NOWPayments does not want to be asked.
const NOT_BEFORE: &str = "payments_not_before";

/// How far the sync has come. One line per shop, as JSON beside the marks of others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Every payment made up to this time is cached: where an interrupted history goes on.
    pub(super) filled_to: Option<DateTime<Utc>>,
    /// The history was read to its end.
    pub(super) complete: bool,
    /// It was found to have a gap, and was read a second time.
    pub(super) repeated: bool,
    /// How many payments the API says there are.
    pub(super) total: Option<u32>,
    /// When a pass last ended well.
    pub(super) last_success: Option<DateTime<Utc>>,
    /// When the list was last read far back.
    pub(super) far_back_at: Option<DateTime<Utc>>,
}

impl Progress {
    const MARK: &str = "payments";

    pub(super) async fn read(db: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let mark = marked(db, Self::MARK).await?;
        // A mark that cannot be read costs a second reading of the history and nothing else.
        Ok(mark.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    pub(super) async fn write(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let json = serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(error.into()))?;
        mark(db, Self::MARK, &json).await
    }
}

/// Whether the owner has stopped the sync.
pub(super) async fn is_stopped(db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sync_marks WHERE key = ?)")
        .bind(STOPPED)
        .fetch_one(db)
        .await
}

/// Notes that the owner has stopped the sync, or has it go on.
pub(super) async fn set_stopped(db: &mut SqliteConnection, stopped: bool) -> Result<(), sqlx::Error> {
    if stopped {
        return mark(db, STOPPED, "true").await;
    }
    sqlx::query("DELETE FROM sync_marks WHERE key = ?").bind(STOPPED).execute(db).await?;
    Ok(())
}

/// Before when NOWPayments did not want to be asked, as it last said.
pub(super) async fn not_before(db: &mut SqliteConnection) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    Ok(marked(db, NOT_BEFORE).await?.and_then(|time| time.parse().ok()))
}

/// Notes before when NOWPayments does not want to be asked.
pub(super) async fn set_not_before(
    db: &mut SqliteConnection,
    not_before: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    mark(db, NOT_BEFORE, &store::time(not_before)).await
}

async fn marked(db: &mut SqliteConnection, key: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT value FROM sync_marks WHERE key = ?").bind(key).fetch_optional(db).await
}

async fn mark(db: &mut SqliteConnection, key: &str, value: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sync_marks (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .bind(key)
    .bind(value)
    .execute(db)
    .await?;
    Ok(())
}

/// How many payments are cached.
pub(super) async fn cached(db: &mut SqliteConnection) -> Result<u32, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(sum(count), 0) FROM payment_counts").fetch_one(db).await
}

/// How many of them are older than a time, hence not in a list that begins there. The others are counted: they are fewer.
pub(super) async fn cached_before(
    db: &mut SqliteConnection,
    from: Option<DateTime<Utc>>,
) -> Result<u32, sqlx::Error> {
    let Some(from) = from else { return Ok(0) };
    let since: u32 = sqlx::query_scalar("SELECT count(*) FROM payments WHERE created_at >= ?")
        .bind(store::time(from))
        .fetch_one(&mut *db)
        .await?;
    Ok(cached(db).await?.saturating_sub(since))
}
