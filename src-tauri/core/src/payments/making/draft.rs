//! What was typed and not yet sent: it survives a crash, a lock and a wrong click.

use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::{Payments, Terms};
use crate::failure::Failure;

const KEY: &str = "payment";

/// A payment or an invoice as far as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentDraft {
    /// It is to be a link, on whose page the customer chooses the coin.
    pub link: bool,
    /// The price.
    pub price_amount: String,
    /// The currency of the price.
    pub price_currency: String,
    /// The coin; may be empty.
    pub pay_currency: String,
    /// Whose fees, and which rate.
    pub terms: Terms,
    /// The order.
    pub order_id: String,
    /// Its description.
    pub order_description: String,
    /// Where customers of a link go after paying.
    pub success_url: String,
    /// Where they go when they give up.
    pub cancel_url: String,
}

impl Payments {
    /// What was typed and not yet sent.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn draft(&self) -> Result<Option<PaymentDraft>, Failure> {
        let json: Option<String> = sqlx::query_scalar("SELECT value FROM drafts WHERE key = ?")
            .bind(KEY)
            .fetch_optional(&self.ctx.db)
            .await?;
        // What this version cannot read was typed in vain, and nothing more.
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Keeps what was typed, or forgets it.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn keep_draft(&self, draft: Option<PaymentDraft>) -> Result<(), Failure> {
        let mut db = self.ctx.write().await?;
        match draft {
            None => forget(&mut db).await?,
            Some(draft) => {
                let json =
                    serde_json::to_string(&draft).map_err(|error| Failure::other(error.to_string()))?;
                sqlx::query(
                    "INSERT INTO drafts (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )
                .bind(KEY)
                .bind(json)
                .execute(&mut *db)
                .await?;
            }
        }
        db.commit().await?;
        Ok(())
    }
}

/// Forgets it: it has been sent.
pub(crate) async fn forget(db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM drafts WHERE key = ?").bind(KEY).execute(db).await?;
    Ok(())
}
