//! Payments that have not come to an end though the list is not read back to them any more: each is read on its own now
//! and then, the one first that is due for longest.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{PaymentId, payments::PaymentStatus};
use sqlx::SqliteConnection;

use super::{
    Payments,
    cache::absorb,
    single::Answer,
    sync::{Interrupted, WINDOW},
};
use crate::{changes::Changed, store};

/// So many are read in a round, and so long is the pause after it.
const ROUND: u32 = 10;
const PAUSE: Duration = Duration::from_mins(1);
/// The shortest time between two looks at the same payment. It grows with the age of the payment: the longer nothing has
/// happened, the less likely it is that something will.
const SHORTEST: TimeDelta = TimeDelta::hours(6);
/// A payment that NOWPayments told of and then does not know is asked for again after this time at the earliest.
const AWAITED: TimeDelta = TimeDelta::minutes(1);

impl Payments {
    /// Looks at what is due until the shop is closed, and rests while the owner has stopped the sync.
    pub(super) async fn look_after_open(&self) {
        let mut failures = 0;
        loop {
            let Some(round) = self.sync.while_going(self.look_round()).await else { continue };
            match round {
                Ok(()) => {
                    failures = 0;
                    self.sync.until_look(PAUSE).await;
                }
                Err(interrupted) => {
                    tracing::warn!(failure = %interrupted.failure, "looking at open payments stopped");
                    let pause = self.pause_after(&interrupted, &mut failures).await;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Reads those that are due for longest.
    pub(super) async fn look_round(&self) -> Result<(), Interrupted> {
        let due: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM (SELECT id, due FROM payment_callbacks UNION ALL \
             SELECT id, due FROM payment_looks JOIN payments ON payments.number = payment_looks.payment) \
             WHERE due <= ? ORDER BY due LIMIT ?",
        )
        .bind(store::time(self.ctx.now()))
        .bind(ROUND)
        .fetch_all(&self.ctx.db)
        .await?;
        for id in due {
            self.sync.may_ask().await;
            let Ok(id) = id.parse() else { continue };
            self.look_at(id).await?;
        }
        Ok(())
    }

    /// Reads one payment. One that NOWPayments does not know, or answers with what
    /// cannot be read, is asked for again when its time comes, so that it does not keep the others waiting.
    async fn look_at(&self, id: PaymentId) -> Result<(), Interrupted> {
        let answer = match self.ask(id.clone()).await {
            Ok(answer) => Some(answer),
            Err(error) if error.refused().is_some_and(nowpayments::Refused::is_not_found) => None,
            Err(nowpayments::Error::Unreadable(unreadable)) => {
                tracing::warn!(payment = %id, %unreadable, "a payment cannot be read");
                None
            }
            Err(error) => return Err(error.into()),
        };
        self.take_answer(&id, answer).await?;
        Ok(())
    }

    /// Takes the answer about one payment into the cache, if there is one, and notes that it was looked at; says whether that
    /// changed anything.
    pub(super) async fn take_answer(
        &self,
        id: &PaymentId,
        answer: Option<Answer>,
    ) -> Result<bool, sqlx::Error> {
        let now = self.ctx.now();
        let mut db = self.ctx.write().await?;
        let changed = match answer {
            Some(Answer(answered)) => absorb(&mut db, &[answered], now).await? > 0,
            None => false,
        };
        looked_at(&mut db, id.as_str(), now).await?;
        db.commit().await?;
        if changed {
            self.ctx.announce(Changed::Payments);
        }
        Ok(changed)
    }
}

/// Whether NOWPayments still does something with what has this status.
pub(super) fn is_open(status: &str) -> bool {
    !PaymentStatus::from(status).is_final()
}

/// Notes that an open payment was seen, and when it is due for a look of its own.
pub(super) async fn put(
    db: &mut SqliteConnection,
    number: i64,
    created_at: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO payment_looks (payment, due) VALUES (?, ?) ON CONFLICT (payment) DO UPDATE SET due = excluded.due",
    )
    .bind(number)
    .bind(store::time(next(created_at.parse().unwrap_or(now), now)))
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a payment has come to its end.
pub(super) async fn drop(db: &mut SqliteConnection, number: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM payment_looks WHERE payment = ?").bind(number).execute(db).await?;
    Ok(())
}

/// Has a payment looked at in the next round, whatever its status; says whether it is cached.
pub(super) async fn look_now(
    db: &mut SqliteConnection,
    id: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let looked = sqlx::query(
        "INSERT INTO payment_looks (payment, due) SELECT number, ?2 FROM payments WHERE id = ?1 \
         ON CONFLICT (payment) DO UPDATE SET due = excluded.due",
    )
    .bind(id)
    .bind(store::time(now))
    .execute(db)
    .await?;
    Ok(looked.rows_affected() > 0)
}

/// Notes that a payment was looked at now, with whatever result.
async fn looked_at(db: &mut SqliteConnection, id: &str, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let cached: Option<(i64, String, String)> =
        sqlx::query_as("SELECT number, status, created_at FROM payments WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *db)
            .await?;
    match cached {
        Some((number, status, created_at)) if is_open(&status) => put(db, number, &created_at, now).await,
        Some((number, ..)) => drop(db, number).await,
        None => {
            let since: Option<DateTime<Utc>> =
                sqlx::query_scalar("SELECT since FROM payment_callbacks WHERE id = ?")
                    .bind(id)
                    .fetch_optional(&mut *db)
                    .await?;
            let Some(since) = since else { return Ok(()) };
            if now - since >= WINDOW {
                sqlx::query("DELETE FROM payment_callbacks WHERE id = ?").bind(id).execute(db).await?;
                return Ok(());
            }
            sqlx::query("UPDATE payment_callbacks SET due = ?2 WHERE id = ?1")
                .bind(id)
                .bind(store::time(now + (now - since).max(AWAITED)))
                .execute(db)
                .await?;
            Ok(())
        }
    }
}

/// When an open payment that was seen now is due for a look of its own: not while the list shows it.
fn next(created_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let pause = ((now - created_at) / 10).max(SHORTEST);
    (created_at + WINDOW).max(now + pause)
}
