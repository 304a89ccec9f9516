//! What is asked of NOWPayments, written before the call, and what became of it.

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

use super::{MadePayment, MadeState, order::Order};
use crate::{
    failure::{Failure, FailureCode},
    language::said,
    payments::exact,
    store,
};

/// So many late looks that find nothing let the owner say that a payment was not made.
const LOOKS_TO_GIVE_UP: u32 = 2;

impl MadeState {
    const fn name(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Made => "made",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::GivenUp => "given_up",
        }
    }

    fn named(name: &str) -> Self {
        let all = [Self::Sending, Self::Made, Self::Refused, Self::GivenUp];
        // Of what cannot be understood nothing is certain.
        all.into_iter().find(|state| state.name() == name).unwrap_or(Self::Unknown)
    }
}

/// A line of the journal.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct MadeRow {
    pub(super) id: String,
    state: String,
    pub(super) invoice: Option<String>,
    price_amount: String,
    pub(super) price_currency: String,
    pub(super) pay_currency: String,
    pub(super) order_id: Option<String>,
    pub(super) purchase_id: Option<String>,
    pub(super) sent_at: DateTime<Utc>,
    at: DateTime<Utc>,
    payment: Option<String>,
    trouble: Option<String>,
    late_looks: u32,
}

impl MadeRow {
    pub(super) async fn load(db: impl SqliteExecutor<'_>, id: &str) -> Result<Self, Failure> {
        let row =
            sqlx::query_as("SELECT * FROM made_payments WHERE id = ?").bind(id).fetch_optional(db).await?;
        row.ok_or_else(|| {
            Failure::not_found(said!(en: "payment made here", de: "diese hier angelegte Zahlung"))
        })
    }

    /// Those that are not settled, newest first.
    pub(super) async fn open(db: &SqlitePool) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as(
            "SELECT * FROM made_payments WHERE state IN ('sending', 'unknown') ORDER BY at DESC, id DESC",
        )
        .fetch_all(db)
        .await
    }

    pub(super) fn state(&self) -> MadeState {
        MadeState::named(&self.state)
    }

    /// It was typed as a payment of its own, so that what is left of the typing is of no use.
    pub(super) fn is_from_draft(&self) -> bool {
        self.invoice.is_none() && self.purchase_id.is_none()
    }

    pub(super) fn price(&self) -> Result<Amount, Failure> {
        exact(&self.price_amount)
    }

    pub(super) fn made(self) -> Result<MadePayment, Failure> {
        Ok(MadePayment {
            state: self.state(),
            price_amount: self.price()?,
            may_give_up: self.late_looks >= LOOKS_TO_GIVE_UP,
            id: self.id,
            payment: self.payment,
            price_currency: self.price_currency,
            pay_currency: self.pay_currency,
            order_id: self.order_id,
            at: self.at,
            trouble: self.trouble,
        })
    }
}

/// Refuses an order when one just like it is under way, or its end is not known: a second press makes no second payment.
pub(super) async fn refuse_twin(db: &mut SqliteConnection, order: &Order) -> Result<(), Failure> {
    let twin: Option<String> = sqlx::query_scalar(
        "SELECT state FROM made_payments WHERE state IN ('sending', 'unknown') AND invoice IS ? AND price_amount = ? \
         AND price_currency = ? AND pay_currency = ? AND order_description IS ? AND purchase_id IS ? \
         AND given_order_id = ? AND (given_order_id = 1 OR order_id IS ?)",
    )
    .bind(order.invoice.as_ref().map(|id| id.as_str()))
    .bind(order.price.amount.to_string())
    .bind(order.price.currency.as_str())
    .bind(order.coin.as_str())
    .bind(&order.description)
    .bind(order.purchase_id.as_ref().map(|id| id.as_str()))
    .bind(order.gave_order_id)
    .bind(&order.order_id)
    .fetch_optional(db)
    .await?;
    let Some(state) = twin else { return Ok(()) };
    let words = match MadeState::named(&state) {
        MadeState::Sending => {
            said!(
                en: "A payment just like this one is being made this moment. Nothing was made a second time.",
                de: "Genau so eine Zahlung wird in diesem Moment angelegt. Es wurde nichts ein zweites Mal angelegt.",
            )
        }
        _ => {
            said!(
                en: "It is not known yet whether a payment just like this one was made. Paydesk is looking for it; \
                     nothing was made a second time.",
                de: "Es ist noch nicht bekannt, ob genau so eine Zahlung angelegt wurde. Paydesk sucht sie; es wurde \
                     nichts ein zweites Mal angelegt.",
            )
        }
    };
    Err(Failure::new(FailureCode::UnknownOutcome, words))
}

/// Writes that the call is about to be made.
pub(super) async fn announce_call(
    db: &mut SqliteConnection,
    id: &str,
    order: &Order,
    sent_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO made_payments (id, state, invoice, price_amount, price_currency, pay_currency, order_id, \
         given_order_id, order_description, purchase_id, terms, sent_at, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(MadeState::Sending.name())
    .bind(order.invoice.as_ref().map(|id| id.as_str()))
    .bind(order.price.amount.to_string())
    .bind(order.price.currency.as_str())
    .bind(order.coin.as_str())
    .bind(&order.order_id)
    .bind(order.gave_order_id)
    .bind(&order.description)
    .bind(order.purchase_id.as_ref().map(|id| id.as_str()))
    .bind(order.terms.json())
    .bind(store::time(sent_at))
    .bind(store::time(at))
    .execute(db)
    .await?;
    Ok(())
}

/// Writes how a call that is not settled has ended, or that its end is not known. One that is settled stays as it is.
pub(super) async fn settle(
    db: &mut SqliteConnection,
    id: &str,
    state: MadeState,
    payment: Option<&str>,
    trouble: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE made_payments SET state = ?, payment = ?, trouble = ? WHERE id = ? AND state IN ('sending', 'unknown')",
    )
    .bind(state.name())
    .bind(payment)
    .bind(trouble)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Counts a look that found nothing. Two at once count as two.
pub(super) async fn count_look(
    db: &mut SqliteConnection,
    row: &MadeRow,
    is_late: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE made_payments SET looks = looks + 1, late_looks = late_looks + ?1, \
         trouble = CASE WHEN late_looks + ?1 >= ?2 THEN ?3 ELSE ?4 END WHERE id = ?5 AND state = 'unknown'",
    )
    .bind(is_late)
    .bind(LOOKS_TO_GIVE_UP)
    .bind(super::look::not_made())
    .bind(super::look::not_seen())
    .bind(&row.id)
    .execute(db)
    .await?;
    Ok(())
}
