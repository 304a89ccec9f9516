//! Payments for the other parts of core: several at once.

use std::collections::HashMap;

use nowpayments::Amount;
use sqlx::SqliteConnection;

use super::{COLUMNS, PaymentRow, Stored, Worth, amount};
use crate::failure::Failure;

/// What others in core see of a payment.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// As in the list.
    pub(crate) row: PaymentRow,
    /// The payment that it repeats.
    pub(crate) parent_payment_id: Option<String>,
    /// What NOWPayments said that it was worth.
    stated: Option<Amount>,
}

impl Seen {
    /// What a part of what is to be paid is worth, at the payment's own rate.
    pub(crate) fn worth_of(&self, part: &Amount) -> Option<Worth> {
        Worth::of(&self.row.price_amount, self.row.pay_amount.as_ref(), Some(part), None)
    }

    /// What was paid is worth, as far as NOWPayments said it: the only truth where it has no rate of its own.
    pub(crate) fn stated_worth(&self) -> Option<Worth> {
        let amount = self.stated.clone().filter(Amount::is_positive)?;
        Some(Worth { amount, about: false })
    }
}

/// The payments with these numbers, by their numbers.
pub(crate) async fn by_number(
    db: &mut SqliteConnection,
    numbers: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Seen>, Failure> {
    let numbers: Vec<_> = numbers.into_iter().collect();
    read(db, "number", numbers.into()).await
}

/// The payments with these ids, by their ids. One that is not cached is not among them.
pub(crate) async fn by_id(
    db: &mut SqliteConnection,
    ids: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, Seen>, Failure> {
    let ids: Vec<_> = ids.into_iter().collect();
    let found = read(db, "id", ids.into()).await?;
    Ok(found.into_values().map(|seen| (seen.row.id.clone(), seen)).collect())
}

async fn read(
    db: &mut SqliteConnection,
    column: &'static str,
    values: serde_json::Value,
) -> Result<HashMap<i64, Seen>, Failure> {
    let found = Stored::read(db, COLUMNS, "", |sql| {
        sql.push("FROM payments WHERE ").push(column);
        sql.push(" IN (SELECT value FROM json_each(").push_bind(values.to_string()).push("))");
    });
    let seen = |stored: Stored| {
        let (row, stated) = (stored.row()?, amount(stored.actually_paid_at_fiat.as_deref())?);
        Ok((stored.number, Seen { row, stated, parent_payment_id: stored.parent_payment_id }))
    };
    found.await?.into_iter().map(seen).collect()
}

/// Takes answers of the API into the cache, for tests of what follows from them.
#[cfg(test)]
pub(crate) async fn take(
    db: &mut SqliteConnection,
    answers: &[serde_json::Value],
    now: chrono::DateTime<chrono::Utc>,
) {
    use super::cache::{Answered, absorb};

    let answered = |json: &serde_json::Value| {
        let json = json.to_string();
        Answered { payment: serde_json::from_str(&json).unwrap(), json }
    };
    absorb(db, &answers.iter().map(answered).collect::<Vec<_>>(), now).await.unwrap();
}
