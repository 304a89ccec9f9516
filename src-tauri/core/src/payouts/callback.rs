//! Callbacks about payouts.

use nowpayments::callbacks::PayoutCallback;

use super::Payouts;
use crate::failure::Failure;

impl Payouts {
    /// Has the batch looked at that a verified callback is about; says whether it is one of ours. What it tells is read from
    /// NOWPayments, whole.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub(crate) async fn take_callback(&self, callback: &PayoutCallback) -> Result<bool, Failure> {
        let batch: Option<String> = sqlx::query_scalar("SELECT id FROM payout_batches WHERE provider_id = ?")
            .bind(callback.batch_withdrawal_id.as_str())
            .fetch_optional(&self.ctx.db)
            .await?;
        if let Some(batch) = &batch {
            self.desk.follow_now(batch);
        }
        Ok(batch.is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use hmac::{Hmac, KeyInit, Mac};
    use nowpayments::callbacks::{self, Callback};
    use sha2::Sha512;

    use super::*;
    use crate::shops::ShopContext;

    fn callback(batch: &str) -> PayoutCallback {
        let body = format!(r#"{{"batch_withdrawal_id":"{batch}","id":"7","status":"SENDING"}}"#);
        let mac = Hmac::<Sha512>::new_from_slice(b"secret").unwrap().chain_update(&body);
        let mut signature = String::new();
        for byte in mac.finalize().into_bytes() {
            write!(signature, "{byte:02x}").unwrap();
        }
        let verified = callbacks::verify(body.as_bytes(), &signature, &"secret".into()).unwrap();
        match Callback::read(&verified).unwrap() {
            Callback::Payout(callback) => callback,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_batch_of_a_callback_is_looked_at_now_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = ShopContext::for_test(folder.path()).await;
        let payouts = Payouts::new(ctx.clone());
        sqlx::query(
            "INSERT INTO payout_batches (id, name, state, records, header, blank, accepted, rejected, provider_id, created_at, updated_at)
             VALUES ('ours', 'wages', 'sending', 1, 0, 0, 1, 0, '5500', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')",
        )
        .execute(&ctx.db)
        .await
        .unwrap();
        assert!(!payouts.take_callback(&callback("5501")).await.unwrap());
        assert!(payouts.desk.next().is_none());
        assert!(payouts.take_callback(&callback("5500")).await.unwrap());
        let (at, id) = payouts.desk.next().unwrap();
        assert!(id == "ours" && at <= tokio::time::Instant::now());
        ctx.close().await;
    }
}
