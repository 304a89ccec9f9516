//! Until when the amount in the coin holds, and asking for a new one.

use chrono::{DateTime, Utc};
use nowpayments::{Amount, Outcome, PaymentId, payments::RenewEstimate};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::Payments;
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::said,
    second_factor::local,
    store,
};

/// How the amount in the coin stands that a customer is to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentRate {
    /// Until when it holds, by the clock of this computer; `None` when no answer has said so.
    pub until: Option<DateTime<Utc>>,
    /// A new one can be asked for: nothing was paid yet.
    pub renewable: bool,
}

/// The amount that a customer is to pay from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RenewedRate {
    /// What it was before.
    #[specta(type = Option<String>)]
    pub before: Option<Amount>,
    /// What it is now.
    #[specta(type = String)]
    pub pay_amount: Amount,
    /// Until when that holds, by the clock of this computer.
    pub until: Option<DateTime<Utc>>,
}

impl Payments {
    /// How the amount of a payment stands.
    ///
    /// # Errors
    /// When it is not in the cache, or the shop was closed.
    pub async fn rate(&self, id: &str) -> Result<PaymentRate, Failure> {
        let row: Option<(String, Option<DateTime<Utc>>)> = sqlx::query_as(
            "SELECT status, until FROM payments LEFT JOIN payment_rates ON payment = id WHERE id = ?",
        )
        .bind(id)
        .fetch_optional(&self.ctx.db)
        .await?;
        let (status, until) =
            row.ok_or_else(|| Failure::not_found(said!(en: "payment", de: "diese Zahlung")))?;
        Ok(PaymentRate { until: until.map(|until| local(&self.ctx, until)), renewable: status == "waiting" })
    }

    /// Asks for the amount at the rate of now. While the last one holds it stays as it is. Runs to its end whatever
    /// becomes of the caller.
    ///
    /// # Errors
    /// When something was paid already, NOWPayments refuses, or the answer is lost: then the amount that the payment
    /// shows may be the old one or the new one, and is read again.
    pub async fn renew(&self, id: &str) -> Result<RenewedRate, Failure> {
        self.ctx.may_change()?;
        let before = self.get(id).await?.row;
        if before.status != "waiting" {
            return Err(Failure::new(
                FailureCode::Stale,
                said!(
                    en: "The amount was not changed: this payment does not wait for its customer any more.",
                    de: "Der Betrag wurde nicht geändert: Diese Zahlung wartet nicht mehr auf ihren Kunden.",
                ),
            ));
        }
        let payment: PaymentId =
            id.parse().map_err(|_| Failure::not_found(said!(en: "payment", de: "diese Zahlung")))?;
        let (payments, id) = (self.clone(), id.to_owned());
        self.ctx.to_the_end(async move { payments.renew_once(&id, payment, before.pay_amount).await }).await
    }

    async fn renew_once(
        &self,
        id: &str,
        payment: PaymentId,
        before: Option<Amount>,
    ) -> Result<RenewedRate, Failure> {
        let answer = self.ctx.client.send(&RenewEstimate { id: payment }).await;
        if let Ok(renewed) = &answer {
            let mut db = self.ctx.write().await?;
            write(&mut db, id, renewed.expiration_estimate_date).await?;
            db.commit().await?;
        }
        // What holds now is what NOWPayments shows, whatever became of the answer.
        if let Err(failure) = self.read_again(id).await {
            tracing::info!(%failure, "a payment with a new amount could not be read again");
        }
        self.ctx.announce(Changed::Payments);
        match answer {
            Ok(renewed) => Ok(RenewedRate {
                before,
                pay_amount: renewed.pay_amount,
                until: renewed.expiration_estimate_date.map(|until| local(&self.ctx, until)),
            }),
            Err(error) if error.outcome() == Outcome::Unknown => Err(Failure::new(
                FailureCode::UnknownOutcome,
                said!(
                    en: "The answer of NOWPayments was lost, so the amount may have changed or not. Let the customer \
                         pay only what this payment shows once NOWPayments can be reached.",
                    de: "Die Antwort von NOWPayments ging verloren, der Betrag kann sich also geändert haben oder \
                         nicht. Lassen Sie den Kunden nur das zahlen, was diese Zahlung zeigt, sobald NOWPayments \
                         wieder erreichbar ist.",
                ),
            )),
            Err(error) => Err(Failure::from_api(&error)),
        }
    }
}

/// Until when the amount of a payment holds, by the provider's clock, where an answer has said so.
pub(in crate::payments) async fn read(
    db: &mut SqliteConnection,
    payment: &str,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar("SELECT until FROM payment_rates WHERE payment = ?")
        .bind(payment)
        .fetch_optional(db)
        .await
}

/// Keeps until when the amount of a payment holds, by the provider's clock.
pub(super) async fn write(
    db: &mut SqliteConnection,
    payment: &str,
    until: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    let Some(until) = until else { return Ok(()) };
    sqlx::query(
        "INSERT INTO payment_rates (payment, until) VALUES (?, ?) ON CONFLICT (payment) DO UPDATE SET until = excluded.until",
    )
    .bind(payment)
    .bind(store::time(until))
    .execute(db)
    .await?;
    Ok(())
}
