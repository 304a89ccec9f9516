//! Payments of the shop's list that went into the balances of users. That list says so of none of them, so NOWPayments' list of
//! these is read, too, when payments have come in: with one call where nothing in it is new.

use std::time::Duration;

use nowpayments::payments::Payment;
use tokio::sync::broadcast::Receiver;

use super::{
    Moves,
    lists::{BackTo, List},
};
use crate::{changes::Changed, custody::payments::UserPayment, failure::Failure};

/// The mark that says of when the newest payment was that the shop had when the list was last read.
const UP_TO: &str = "custody_payments_up_to";

/// The condition of the payments into balances that are followed: they were made here, or the shop's own list, which is read
/// anyway, says something else of them.
pub(super) const AND_FOLLOWED: &str = " AND ( \
     EXISTS (SELECT 1 FROM moves WHERE list = 'payments' AND made = kept.id) \
     OR EXISTS (SELECT 1 FROM payments WHERE payments.id = kept.id AND payments.status <> kept.status))";

impl Moves {
    /// Whether the shop has payments that may have gone into a balance without being known to.
    pub(super) async fn payments_are_new(&self) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT coalesce((SELECT max(created_at) FROM payments) > \
             coalesce((SELECT value FROM sync_marks WHERE key = ?), ''), 0)",
        )
        .bind(UP_TO)
        .fetch_one(&self.ctx.db)
        .await
    }

    /// How long to wait between two readings: `seldom` in a shop of which no users with balances are known.
    pub(super) async fn incoming_pause(
        &self,
        often: Duration,
        seldom: Duration,
    ) -> Result<Duration, sqlx::Error> {
        let none: bool = sqlx::query_scalar(
            "SELECT NOT EXISTS (SELECT 1 FROM custody_payments) AND NOT EXISTS (SELECT 1 FROM custody_users)",
        )
        .fetch_one(&self.ctx.db)
        .await?;
        Ok(if none && List::Payments.is_whole(&self.ctx.db).await? { seldom } else { often })
    }

    /// Reads what is new of the payments into all balances. Whether anything has changed.
    pub(super) async fn read_incoming(&self) -> Result<bool, Failure> {
        let newest: Option<String> =
            sqlx::query_scalar("SELECT max(created_at) FROM payments").fetch_one(&self.ctx.db).await?;
        let changed = self.read_list(List::Payments, None, BackTo::Known).await?.changed;
        let mut db = self.ctx.write().await?;
        sqlx::query(
            "INSERT INTO sync_marks (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
        )
        .bind(UP_TO)
        .bind(newest.unwrap_or_default())
        .execute(&mut *db)
        .await?;
        db.commit().await?;
        Ok(changed)
    }

    /// Takes what the shop's own list of payments says of one. Whether it has changed.
    pub(super) async fn take_from_shop(&self, id: &str) -> Result<bool, Failure> {
        let answer: Option<String> = sqlx::query_scalar("SELECT answer FROM payments WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.ctx.db)
            .await?;
        match answer.and_then(|answer| serde_json::from_str::<Payment>(&answer).ok()) {
            Some(payment) => self.take(&UserPayment::from(payment), None).await,
            None => Ok(false),
        }
    }
}

/// Waits until payments of the shop have changed.
pub(super) async fn payments_change(changes: &mut Receiver<Changed>) {
    while !matches!(changes.recv().await, Ok(Changed::Payments | Changed::Everything) | Err(_)) {}
}
