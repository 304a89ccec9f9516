//! Taking over what a callback tells of a payment.

use chrono::{DateTime, Utc};
use nowpayments::{
    callbacks::{self, PaymentCallback},
    payments::Payment,
};
use serde::Deserialize;
use sqlx::SqliteConnection;

use super::{
    PaymentFee, Payments,
    cache::{Told, absorb_told},
    open,
};
use crate::{changes::Changed, failure::Failure, store};

impl Payments {
    /// Takes a callback whose signature was found right into the cache; says whether that changed anything.
    ///
    /// It makes no call. A payment that is not cached, or of which the callback tells too little, is read on its own soon
    /// after; what the callback told is kept for it until then.
    ///
    /// # Errors
    /// When the shop was closed, or its file cannot be written.
    pub(crate) async fn take_callback(&self, callback: &PaymentCallback) -> Result<bool, Failure> {
        let mut db = self.ctx.write().await?;
        let taken = take(&mut db, callback.payment_id.as_str(), callback.text(), self.ctx.now()).await?;
        db.commit().await?;
        match taken {
            Taken::Changed => self.ctx.announce(Changed::Payments),
            Taken::Wanting => self.sync.look_now(),
            Taken::Known => {}
        }
        Ok(taken == Taken::Changed)
    }
}

/// What became of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It changed the payment.
    Changed,
    /// It told nothing new.
    Known,
    /// The payment has to be read.
    Wanting,
}

/// Takes the body of a callback about this payment into the cache, inside a transaction of the caller.
pub(super) async fn take(
    db: &mut SqliteConnection,
    id: &str,
    body: &str,
    now: DateTime<Utc>,
) -> Result<Taken, sqlx::Error> {
    let told = Told::read(body);
    let changed = match &told {
        Some(told) => absorb_told(db, told, now).await?,
        None => open::look_now(db, id, now).await?.then_some(false),
    };
    if changed.is_none() {
        keep(db, id, body, now).await?;
    }
    Ok(match changed {
        Some(true) => Taken::Changed,
        Some(false) if told.is_some() => Taken::Known,
        Some(false) | None => Taken::Wanting,
    })
}

impl Told {
    /// Reads the body of a callback; `None` when it lacks what a payment always has.
    fn read(body: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            fee: Option<callbacks::PaymentFee>,
        }

        let payment = serde_json::from_str::<Payment>(body)
            .inspect_err(|error| tracing::warn!(%error, "a callback does not tell a whole payment"))
            .ok()?;
        let fee = serde_json::from_str::<Body>(body).ok().and_then(|body| body.fee);
        Some(Self { payment, fee: fee.map(PaymentFee::from) })
    }

    /// Whether it comes after an earlier one about the same payment.
    fn follows(&self, earlier: &Self) -> bool {
        match (self.payment.updated_at, earlier.payment.updated_at) {
            (Some(at), Some(earlier)) if at != earlier => at > earlier,
            _ => self.payment.payment_status.may_follow(&earlier.payment.payment_status),
        }
    }
}

impl From<callbacks::PaymentFee> for PaymentFee {
    fn from(fee: callbacks::PaymentFee) -> Self {
        Self {
            currency: fee.currency.to_string(),
            deposit: fee.deposit_fee,
            service: fee.service_fee,
            withdrawal: fee.withdrawal_fee,
        }
    }
}

/// Keeps the newest callback about a payment that is not cached, and has the payment read.
async fn keep(
    db: &mut SqliteConnection,
    id: &str,
    body: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let earlier: Option<String> = sqlx::query_scalar("SELECT body FROM payment_callbacks WHERE id = ?")
        .bind(id)
        .fetch_optional(&mut *db)
        .await?;
    let late = match (Told::read(body), earlier.as_deref().and_then(Told::read)) {
        (Some(told), Some(earlier)) => !told.follows(&earlier),
        (told, earlier) => told.is_none() && earlier.is_some(),
    };
    let body = if late { earlier.as_deref().unwrap_or(body) } else { body };
    sqlx::query(
        "INSERT INTO payment_callbacks (id, body, since, due) VALUES (?1, ?2, ?3, ?3) \
         ON CONFLICT (id) DO UPDATE SET body = excluded.body, due = excluded.due",
    )
    .bind(id)
    .bind(body)
    .bind(store::time(now))
    .execute(db)
    .await?;
    Ok(())
}

/// Takes what was kept about payments that are cached by now into the cache.
pub(super) async fn catch_up(db: &mut SqliteConnection, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let kept: Vec<(String, String)> = sqlx::query_as(
        "SELECT id, body FROM payment_callbacks \
         WHERE EXISTS (SELECT 1 FROM payments WHERE payments.id = payment_callbacks.id)",
    )
    .fetch_all(&mut *db)
    .await?;
    for (id, body) in kept {
        if let Some(told) = Told::read(&body) {
            absorb_told(db, &told, now).await?;
        }
        sqlx::query("DELETE FROM payment_callbacks WHERE id = ?").bind(id).execute(&mut *db).await?;
    }
    Ok(())
}
