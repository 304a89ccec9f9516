//! Asking for what is missing of a payment that was not paid in full.

use bigdecimal::RoundingMode;
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::Payments;
use crate::{
    failure::Failure,
    language::said,
    payments::{PaymentDetail, PaymentRow, Worth},
};

/// What a further payment for the missing part would be. The owner confirms it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FollowUp {
    /// The payment that was not paid in full.
    pub payment: String,
    /// What is missing, in the currency of the price.
    #[specta(type = String)]
    pub price_amount: Amount,
    /// That is what is missing to the last digit. Otherwise it is worked out at the payment's own rate and rounded up,
    /// a proposal.
    pub exact: bool,
    /// The currency of the price, lower case.
    pub price_currency: String,
    /// What is missing in coin.
    #[specta(type = String)]
    pub missing: Amount,
    /// The coin, lower case.
    pub pay_currency: String,
    /// What ties both together.
    pub purchase_id: Option<String>,
    /// The order.
    pub order_id: Option<String>,
    /// Its description.
    pub order_description: Option<String>,
    /// The ids of other payments of the same purchase that were paid or still can be: the missing part may have been
    /// asked for already.
    pub others: Vec<String>,
}

impl Payments {
    /// What a further payment for the missing part of a payment would be.
    ///
    /// # Errors
    /// When there is no such payment, nothing is missing, or nothing was paid.
    pub async fn follow_up(&self, id: &str) -> Result<FollowUp, Failure> {
        let PaymentDetail { row, purchase_id, missing, .. } = self.get(id).await?;
        let nothing = || {
            Failure::other(said!(
                en: "Nothing is missing of this payment, so there is nothing to ask for.",
                de: "Bei dieser Zahlung fehlt nichts, es gibt also nichts anzufordern.",
            ))
        };
        let missing = missing.filter(Amount::is_positive).ok_or_else(nothing)?;
        let (price_amount, exact) = missing_worth(&row, &missing).ok_or_else(nothing)?;
        let others = match &purchase_id {
            None => Vec::new(),
            Some(purchase) => {
                sqlx::query_scalar(
                    "SELECT id FROM payments WHERE purchase_id = ? AND id <> ? \
                     AND status NOT IN ('failed', 'expired', 'refunded', 'cancelled', 'canceled') ORDER BY created_at, id",
                )
                .bind(purchase)
                .bind(id)
                .fetch_all(&self.ctx.db)
                .await?
            }
        };
        Ok(FollowUp {
            payment: row.id,
            price_amount,
            exact,
            price_currency: row.price_currency,
            missing,
            pay_currency: row.pay_currency,
            purchase_id,
            order_id: row.order_id,
            order_description: row.order_description,
            others,
        })
    }
}

/// What is missing in the currency of the price, and whether that is exact; `None` when it is nothing.
fn missing_worth(row: &PaymentRow, missing: &Amount) -> Option<(Amount, bool)> {
    // What NOWPayments has said about the worth of what was paid counts.
    if let Some(Worth { amount, about: false }) = &row.worth {
        return Some((&row.price_amount - amount, true)).filter(|(amount, _)| amount.is_positive());
    }
    let expected = row.pay_amount.as_ref().filter(|expected| expected.is_positive())?;
    let product = row.price_amount.as_decimal() * missing.as_decimal();
    let decimals = i64::from(row.price_amount.decimals().max(2));
    let worth = (&product / expected.as_decimal()).with_scale_round(decimals, RoundingMode::Up);
    let exact = &worth * expected.as_decimal() == product;
    Some((Amount::try_from(worth).ok()?, exact)).filter(|(amount, _)| amount.is_positive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_exact_or_a_proposal_that_does_not_cost_the_shop() {
        #[track_caller]
        fn check(price: &str, expected: &str, paid: &str, stated: Option<&str>, worth: Option<(&str, bool)>) {
            let amount = |text: &str| text.parse::<Amount>().unwrap();
            let (price, expected, paid) = (amount(price), amount(expected), amount(paid));
            let stated = stated.map(amount);
            let row = PaymentRow {
                id: "1".to_owned(),
                status: "partially_paid".to_owned(),
                order_id: None,
                order_description: None,
                worth: Worth::of(&price, Some(&expected), Some(&paid), stated.as_ref()),
                price_amount: price,
                price_currency: "usd".to_owned(),
                pay_amount: Some(expected.clone()),
                actually_paid: Some(paid.clone()),
                pay_currency: "ltc".to_owned(),
                pay_address: None,
                invoice_id: None,
                purchase_id: None,
                outcome_amount: None,
                outcome_currency: None,
                into_balance: None,
                created_at: chrono::DateTime::UNIX_EPOCH,
                updated_at: chrono::DateTime::UNIX_EPOCH,
            };
            let found = missing_worth(&row, &(expected - paid));
            assert_eq!(found, worth.map(|(text, exact)| (amount(text), exact)));
        }
        check("25", "0.5", "0.3", Some("14.98"), Some(("10.02", true)));
        check("25", "0.5", "0.3", None, Some(("10", true)));
        check("25", "0.3", "0.2", None, Some(("8.34", false)));
        check("25", "3", "2.9999999999", None, Some(("0.01", false)));
        check("0.015", "3", "2", None, Some(("0.005", true)));
        check("25", "0.5", "0.4999", Some("25"), None);
        check("25", "0.5", "0.4999", Some("25.01"), None);
    }
}
