//! Calls whose end nobody knows yet. They stand where they were made; here they are counted, so that none is overlooked.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::Attention;
use crate::failure::Failure;

/// Where something can be whose end nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum UnclearPlace {
    /// Batches of payouts.
    Payouts,
    /// Payments that were made here.
    Payments,
    /// Users, and what was moved to and from their balances.
    Custody,
    /// Conversions.
    Conversions,
    /// Payouts to accounts at banks.
    BankPayouts,
    /// Accounts at banks.
    BankAccounts,
    /// Plans and subscriptions.
    Subscriptions,
}

/// How much is unclear in a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::FromRow)]
pub struct Unclear {
    /// Where.
    pub place: UnclearPlace,
    /// How much: one at least.
    pub count: u32,
}

impl Attention {
    /// Where something is whose end nobody knows yet, by place.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn unclear(&self) -> Result<Vec<Unclear>, Failure> {
        Ok(sqlx::query_as(UNCLEAR).fetch_all(&self.ctx.db).await?)
    }
}

/// A batch that is sent in parts is one.
const UNCLEAR: &str = "\
SELECT 'payouts' AS place, count(DISTINCT coalesce(whole, id)) AS count FROM payout_batches WHERE state = 'unknown' HAVING count(*) > 0 \
UNION ALL SELECT 'payments', count(*) FROM made_payments WHERE state = 'unknown' HAVING count(*) > 0 \
UNION ALL SELECT CASE kind WHEN 'conversion' THEN 'conversions' WHEN 'fiat_payout' THEN 'bank_payouts' \
    WHEN 'fiat_account' THEN 'bank_accounts' ELSE 'custody' END AS place, count(*) \
    FROM moves WHERE state = 'unknown' GROUP BY 1 \
UNION ALL SELECT 'subscriptions', count(*) FROM subscription_calls WHERE state = 'unknown' HAVING count(*) > 0";
