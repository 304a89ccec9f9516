//! Opening and ending cases.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::SqliteConnection;

use super::Attention;
use crate::{changes::Changed, failure::Failure, store};

/// What was wrong for longer than this before it was first seen is a case of earlier times.
pub(super) const EARLIER: TimeDelta = TimeDelta::days(30);
/// How long a payment may stand still between the customer and the shop. One that waits for its customer is never stuck.
const STUCK_AFTER: TimeDelta = TimeDelta::hours(24);
/// How often payments that stand still are looked for.
const RHYTHM: Duration = Duration::from_mins(10);

/// The payments that a change of others may make right or wrong: those that repeat them, and those of the same purchase that
/// lack something, or lack it again because what had brought it was given back.
const CONCERNED: &str = "
    WITH changed AS (SELECT id, status, purchase_id FROM payments WHERE number IN (SELECT value FROM json_each(?1)))
    SELECT number FROM payments INDEXED BY payments_by_parent WHERE parent_payment_id IN (SELECT id FROM changed)
    UNION SELECT payment FROM attention_cases INDEXED BY attention_cases_of_purchase
    WHERE kind = 'underpaid' AND purchase_id IN (SELECT purchase_id FROM changed)
    UNION SELECT number FROM payments INDEXED BY payments_by_purchase
    WHERE purchase_id IN (SELECT purchase_id FROM changed WHERE status = 'refunded') AND status = 'partially_paid'";

/// What is wrong with the payments ?1: by what is cached, and by the time, which is ?2 less a day.
const WRONG: &str = "
    WITH wrong (payment, kind, cause, since, purchase_id) AS (
        SELECT payment, kind, '', since, purchase_id FROM attention_wrong
        WHERE payment IN (SELECT value FROM json_each(?1))
        UNION ALL SELECT number, 'stuck', status, updated_at, purchase_id FROM payments NOT INDEXED
        WHERE number IN (SELECT value FROM json_each(?1))
        AND status IN ('confirming', 'confirmed', 'sending') AND updated_at < ?2
    )";

/// Ends what is over, at ?3.
const END: &str = "
    UPDATE attention_cases SET shelf = 'settled', at = ?3, settled_at = ?3, settled_by = 'itself'
    WHERE payment IN (SELECT value FROM json_each(?1)) AND shelf <> 'settled'
    AND (payment, kind) NOT IN (SELECT payment, kind FROM wrong)";

/// Opens what is wrong, at ?3. What began before ?4 is of earlier times. What the owner has settled stays so, unless it has
/// another cause.
const OPEN: &str = "
    INSERT INTO attention_cases (payment, kind, cause, shelf, at, since, noticed_at, purchase_id)
    SELECT payment, kind, cause, iif(since < ?4, 'earlier', 'open'), since, since, ?3, purchase_id FROM wrong
    WHERE TRUE ON CONFLICT (payment, kind) DO UPDATE SET
        cause = excluded.cause, shelf = excluded.shelf, at = excluded.at, since = excluded.since,
        noticed_at = iif(settled_by IS NULL, noticed_at, excluded.noticed_at),
        settled_at = NULL, settled_by = NULL, note = NULL
    WHERE settled_by = 'itself' OR cause <> excluded.cause OR (settled_by IS NULL AND since <> excluded.since)";

/// Opens the cases that the payments with these numbers make as they are cached now, and ends those that they end. To be
/// called inside the transaction that changed them; a page of payments costs a few queries, however many are cached.
pub(crate) async fn notice(
    db: &mut SqliteConnection,
    changed: &[i64],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    if changed.is_empty() {
        return Ok(());
    }
    let concerned: Vec<i64> =
        sqlx::query_scalar(CONCERNED).bind(numbers(changed)).fetch_all(&mut *db).await?;
    let concerned = numbers(&[changed, &concerned].concat());
    for statement in [[WRONG, END].concat(), [WRONG, OPEN].concat()] {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(&concerned)
            .bind(store::time(now - STUCK_AFTER))
            .bind(store::time(now))
            .bind(store::time(now - EARLIER))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

fn numbers(numbers: &[i64]) -> String {
    serde_json::Value::from(numbers).to_string()
}

impl Attention {
    /// The background work, from the opening of the shop until it is closed.
    pub(crate) async fn run(self) {
        loop {
            if let Err(failure) = self.look_for_stuck(self.ctx.now()).await {
                tracing::warn!(%failure, "payments that stand still could not be looked for");
            }
            tokio::time::sleep(RHYTHM).await;
        }
    }

    /// Opens cases of payments that have stood still for too long at `now`.
    pub(super) async fn look_for_stuck(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        let mut db = self.ctx.write().await?;
        let stuck: Vec<i64> = sqlx::query_scalar(STUCK_AND_NO_CASE)
            .bind(store::time(now - STUCK_AFTER))
            .fetch_all(&mut *db)
            .await?;
        notice(&mut db, &stuck, now).await?;
        db.commit().await?;
        if !stuck.is_empty() {
            self.ctx.announce(Changed::Attention);
        }
        Ok(())
    }
}

/// Payments that have stood still since before ?1, and about which there is nothing yet to say so.
const STUCK_AND_NO_CASE: &str = "
    SELECT number FROM payments INDEXED BY payments_by_status
    WHERE status IN ('confirming', 'confirmed', 'sending') AND updated_at < ?1
    AND NOT EXISTS (
        SELECT 1 FROM attention_cases WHERE payment = number AND kind = 'stuck' AND cause = status
        AND settled_by IS NOT 'itself'
    )";

#[cfg(test)]
pub(super) mod statements {
    /// Each statement, with the name of what it does.
    pub(in crate::attention) fn all() -> [(&'static str, String); 4] {
        use super::*;
        [
            ("concerned", CONCERNED.to_owned()),
            ("end", [WRONG, END].concat()),
            ("open", [WRONG, OPEN].concat()),
            ("stuck", STUCK_AND_NO_CASE.to_owned()),
        ]
    }
}
