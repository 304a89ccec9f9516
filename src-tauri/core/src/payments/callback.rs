//! Taking over what a callback tells of a payment.

use nowpayments::{callbacks::PaymentCallback, payments::PaymentStatus};

use super::Payments;
use crate::{changes::Changed, failure::Failure};

impl Payments {
    /// Takes a callback whose signature was found right into the cache; says whether that changed anything.
    ///
    /// A payment that is not cached yet is read from NOWPayments instead.
    ///
    /// # Errors
    /// When NOWPayments does not answer for a payment that is not cached, or when the shop was closed.
    #[allow(dead_code, reason = "for the listener that receives callbacks")]
    pub(crate) async fn take_callback(&self, callback: &PaymentCallback) -> Result<bool, Failure> {
        let id = callback.payment_id.as_str();
        let known: Option<String> = sqlx::query_scalar("SELECT status FROM payments WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.ctx.db)
            .await?;
        let Some(known) = known else { return self.read_again(id).await };
        if known == callback.payment_status.as_str()
            || !callback.payment_status.may_follow(&PaymentStatus::from(known.as_str()))
        {
            return Ok(false);
        }
        let status = callback.payment_status.as_str().to_ascii_lowercase();
        let mut db = self.ctx.write().await?;
        sqlx::query("UPDATE payments SET status = ? WHERE id = ?")
            .bind(&status)
            .bind(id)
            .execute(&mut *db)
            .await?;
        sqlx::query(
            "INSERT INTO payment_events (payment, number, at, status) SELECT payments.number, \
             (SELECT count(*) + 1 FROM payment_events WHERE payment = payments.number), ?, ? FROM payments WHERE id = ?",
        )
        .bind(crate::store::time(self.ctx.now()))
        .bind(&status)
        .bind(id)
        .execute(&mut *db)
        .await?;
        db.commit().await?;
        self.ctx.announce(Changed::Payments);
        Ok(true)
    }
}
