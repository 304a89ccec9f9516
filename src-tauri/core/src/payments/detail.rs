//! One payment with all that is known of it: what NOWPayments said, what we saw, and what belongs to it.

mod answer;
mod pay_link;
mod related;

use chrono::{DateTime, Utc};
use nowpayments::{Amount, Coin, payments::Payment};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

pub use self::related::{MoreRelated, RelatedPayment, RelatedPayments, Relation};
use super::{COLUMNS, PaymentFee, PaymentRow, Payments, Stored, Worth, amount, cache, making::rates};
use crate::{coins::explorers, failure::Failure, language::said};

/// One payment, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentDetail {
    /// The row of the list.
    pub row: PaymentRow,
    /// Where the customer pays to.
    pub pay_address: Option<String>,
    /// The memo or tag that goes with the address.
    pub payin_extra_id: Option<String>,
    /// A link that wallets take, with the address and what is to be paid; `None` where there is no such thing, where the
    /// payment does not wait for its money, or where a memo would be lost.
    pub pay_link: Option<String>,
    /// The network of the coin, as the API calls it.
    pub network: Option<String>,
    /// The contract of a token.
    pub smart_contract: Option<String>,
    /// Ties several payments of one purchase together.
    pub purchase_id: Option<String>,
    /// The invoice it belongs to.
    pub invoice_id: Option<String>,
    /// The payment that this one repeats.
    pub parent_payment_id: Option<String>,
    /// Why it repeats another, upper case as the API says it: `REPEATED`, `WRONG_ASSET`.
    pub origin_type: Option<String>,
    /// `crypto2crypto` or `fiat2crypto`.
    pub kind: Option<String>,
    /// Whether the rate was frozen.
    pub is_fixed_rate: Option<bool>,
    /// Whether the customer bears the fees.
    pub is_fee_paid_by_user: Option<bool>,
    /// What the shop gets, after conversion. While it is not paid, what it is to get.
    #[specta(type = Option<String>)]
    pub outcome_amount: Option<Amount>,
    /// In which coin.
    pub outcome_currency: Option<String>,
    /// What was expected and not paid (positive) or paid beyond (negative), in coin.
    #[specta(type = Option<String>)]
    pub missing: Option<Amount>,
    /// The same in the currency of the price: the price without what was paid is worth.
    pub missing_worth: Option<Worth>,
    /// What was taken from what was paid; `None` while nothing was paid out, or where it was paid out in another coin.
    pub fees: Option<PaymentFees>,
    /// What they consist of; `None` when no callback has told it.
    pub fee: Option<PaymentFee>,
    /// The customer's transaction.
    pub payin_hash: Option<String>,
    /// The transaction to the shop's wallet.
    pub payout_hash: Option<String>,
    /// What a block explorer can show of it.
    pub explorers: Vec<PaymentTrace>,
    /// Where callbacks go.
    pub callback_url: Option<String>,
    /// Until when the price in coin holds.
    pub price_holds_until: Option<DateTime<Utc>>,
    /// Until when NOWPayments waits for the money.
    pub waits_until: Option<DateTime<Utc>>,
    /// What we saw, oldest first.
    pub timeline: Vec<PaymentEvent>,
    /// What belongs to it.
    pub related: RelatedPayments,
}

/// A status that we saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentEvent {
    /// The status, lower case.
    pub status: String,
    /// When the API says it changed to it.
    pub at: DateTime<Utc>,
}

/// What was taken from what a customer paid: worked out as what was paid without what the shop gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentFees {
    /// How much.
    #[specta(type = String)]
    pub amount: Amount,
    /// In which coin or currency, lower case.
    pub currency: String,
}

/// What of a payment is on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PaymentTrace {
    /// The address that the customer pays to.
    Address,
    /// The customer's transaction.
    Payin,
    /// The transaction to the shop's wallet.
    Payout,
}

impl PaymentTrace {
    const ALL: [Self; 3] = [Self::Address, Self::Payin, Self::Payout];
}

impl Payments {
    /// One payment, from the cache.
    ///
    /// # Errors
    /// When it is not in the cache, or the shop was closed.
    pub async fn get(&self, id: &str) -> Result<PaymentDetail, Failure> {
        let mut db = self.ctx.db.begin().await?; // one look, so that all of it agrees
        let kept = Kept::read(&mut db, id).await?;
        let said = kept.said();
        let timeline: Vec<(String, DateTime<Utc>)> =
            sqlx::query_as("SELECT status, at FROM payment_events WHERE payment = ? ORDER BY number")
                .bind(kept.stored.number)
                .fetch_all(&mut *db)
                .await?;
        let related = related::read(&mut db, &kept.stored, &said.repeats()).await?;
        let coins = Coins::read(&mut db, &kept.stored, &said).await?;
        // Most answers do not say it: one that did is kept.
        let price_holds_until = rates::read(&mut db, id).await?;
        db.commit().await?;

        let stored = kept.stored;
        let row = stored.row()?;
        let missing = missing(&row);
        let outcome_amount = amount(stored.outcome_amount.as_deref())?;
        let pay_in = coins.pay_in.as_ref();
        Ok(PaymentDetail {
            pay_link: pay_link::of(&stored, &row, pay_in),
            explorers: PaymentTrace::ALL
                .into_iter()
                .filter(|trace| coins.page(*trace, &stored, &said).is_some())
                .collect(),
            network: pay_in.and_then(|coin| coin.network.clone()),
            smart_contract: pay_in.and_then(|coin| coin.smart_contract.clone()),
            missing_worth: missing.as_ref().and_then(|missing| missing_worth(&row, missing)),
            missing,
            fees: PaymentFees::of(&row, outcome_amount.as_ref(), stored.outcome_currency.as_deref()),
            fee: cache::fee(stored.fee.as_deref()),
            row,
            origin_type: stored.origin_type,
            kind: said.get(|said| &said.kind),
            is_fixed_rate: said.get(|said| &said.is_fixed_rate),
            is_fee_paid_by_user: said.get(|said| &said.is_fee_paid_by_user),
            payin_hash: said.get(|said| &said.payin_hash),
            payout_hash: said.get(|said| &said.payout_hash),
            callback_url: said.get(|said| &said.ipn_callback_url),
            price_holds_until: price_holds_until.max(said.get(|said| &said.expiration_estimate_date)),
            waits_until: stored.waits_until,
            outcome_amount,
            pay_address: stored.pay_address,
            payin_extra_id: stored.payin_extra_id,
            purchase_id: stored.purchase_id,
            invoice_id: stored.invoice_id,
            parent_payment_id: stored.parent_payment_id,
            outcome_currency: stored.outcome_currency,
            timeline: timeline.into_iter().map(|(status, at)| PaymentEvent { status, at }).collect(),
            related,
        })
    }

    /// What NOWPayments answered last about a payment, laid out to be read: every name, text and number as it came.
    ///
    /// # Errors
    /// When it is not in the cache, or the shop was closed.
    pub async fn answer(&self, id: &str) -> Result<String, Failure> {
        let answer: Option<String> = sqlx::query_scalar("SELECT answer FROM payments WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.ctx.db)
            .await?;
        answer
            .map(|json| answer::laid_out(&json))
            .ok_or_else(|| Failure::not_found(said!(en: "payment", de: "diese Zahlung")))
    }

    /// The page of a known block explorer that shows this of a payment.
    ///
    /// # Errors
    /// When there is none, the payment is not in the cache, or the shop was closed.
    pub async fn explorer_page(&self, id: &str, trace: PaymentTrace) -> Result<String, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let kept = Kept::read(&mut db, id).await?;
        let said = kept.said();
        let coins = Coins::read(&mut db, &kept.stored, &said).await?;
        db.commit().await?;
        let page = coins.page(trace, &kept.stored, &said);
        page.ok_or_else(|| {
            Failure::other(said!(
                en: "No page is known that shows this. Nothing was opened.",
                de: "Es ist keine Seite bekannt, die das zeigt. Es wurde nichts geöffnet.",
            ))
        })
    }
}

/// A payment as it stands in the database, with the API's own JSON.
struct Kept {
    stored: Stored,
    answer: String,
}

impl Kept {
    async fn read(db: &mut SqliteConnection, id: &str) -> Result<Self, Failure> {
        let none = || Failure::not_found(said!(en: "payment", de: "diese Zahlung"));
        let stored = Stored::read(db, COLUMNS, "", |sql| {
            sql.push("FROM payments WHERE id = ").push_bind(id.to_owned());
        });
        let stored = stored.await?.pop().ok_or_else(none)?;
        let answer = sqlx::query_scalar("SELECT answer FROM payments WHERE number = ?")
            .bind(stored.number)
            .fetch_one(db)
            .await?;
        Ok(Self { stored, answer })
    }

    fn said(&self) -> Said {
        let said = serde_json::from_str(&self.answer);
        Said(
            said.inspect_err(
                |error| tracing::warn!(id = self.stored.id, %error, "a kept answer cannot be read"),
            )
            .ok(),
        )
    }
}

/// What NOWPayments said; nothing where this version cannot read what another one kept.
struct Said(Option<Payment>);

impl Said {
    fn get<T: Clone>(&self, field: fn(&Payment) -> &Option<T>) -> Option<T> {
        self.0.as_ref().and_then(|said| field(said).clone())
    }

    /// The ids of the payments that repeat it.
    fn repeats(&self) -> Vec<&str> {
        self.0.iter().flat_map(|said| &said.payment_extra_ids).map(|id| id.as_str()).collect()
    }
}

/// What is known of the coins of a payment, without asking anybody.
struct Coins {
    pay_in: Option<Coin>,
    outcome: Option<Coin>,
}

impl Coins {
    async fn read(db: &mut SqliteConnection, stored: &Stored, said: &Said) -> Result<Self, Failure> {
        let mut pay_in = coin(db, &stored.pay_currency).await?;
        if let Some(coin) = &mut pay_in {
            // What is said of the payment itself comes first.
            coin.network = said.get(|said| &said.network).or_else(|| coin.network.take());
            coin.smart_contract =
                said.get(|said| &said.smart_contract).or_else(|| coin.smart_contract.take());
        }
        let outcome = match stored.outcome_currency.as_deref() {
            Some(currency) => coin(db, currency).await?,
            None => None,
        };
        Ok(Self { pay_in, outcome })
    }

    fn page(&self, trace: PaymentTrace, stored: &Stored, said: &Said) -> Option<String> {
        let pay_in = self.pay_in.as_ref();
        match trace {
            PaymentTrace::Address => explorers::address(pay_in?, stored.pay_address.as_deref()?),
            PaymentTrace::Payin => explorers::transaction(pay_in?, &said.get(|said| &said.payin_hash)?),
            PaymentTrace::Payout => {
                explorers::transaction(self.outcome.as_ref()?, &said.get(|said| &said.payout_hash)?)
            }
        }
    }
}

/// A coin of the last list of coins.
async fn coin(db: &mut SqliteConnection, code: &str) -> Result<Option<Coin>, sqlx::Error> {
    let answer: Option<String> =
        sqlx::query_scalar("SELECT answer FROM coins WHERE code = ?").bind(code).fetch_optional(db).await?;
    // One that this version cannot read is asked for anew, with all others.
    Ok(answer.and_then(|json| serde_json::from_str(&json).ok()))
}

/// What was expected and not paid; nothing before something was paid.
pub(super) fn missing(row: &PaymentRow) -> Option<Amount> {
    let paid = row.actually_paid.as_ref().filter(|paid| paid.is_positive())?;
    row.pay_amount.as_ref().filter(|expected| *expected != paid).map(|expected| expected - paid)
}

/// The price without what was paid is worth; `None` where that says the opposite of the difference in coin, which it can
/// when NOWPayments stated a worth at another rate than the payment's own.
fn missing_worth(row: &PaymentRow, missing: &Amount) -> Option<Worth> {
    let worth = row.worth.as_ref()?;
    let amount = &row.price_amount - &worth.amount;
    (amount.is_negative() == missing.is_negative() && !amount.is_zero())
        .then_some(Worth { amount, about: worth.about })
}

impl PaymentFees {
    fn of(row: &PaymentRow, outcome: Option<&Amount>, currency: Option<&str>) -> Option<Self> {
        const PAID_OUT: [&str; 2] = ["finished", "partially_paid"];
        let (outcome, currency) = (outcome.filter(|outcome| outcome.is_positive())?, currency?);
        let paid = match &row.worth {
            _ if !PAID_OUT.contains(&row.status.as_str()) => None,
            _ if currency == row.pay_currency => row.actually_paid.as_ref(),
            Some(worth) if currency == row.price_currency && !worth.about => Some(&worth.amount),
            _ => None,
        };
        let amount = paid? - outcome;
        (!amount.is_negative()).then(|| Self { amount, currency: currency.to_owned() })
    }
}

#[cfg(test)]
mod tests;
