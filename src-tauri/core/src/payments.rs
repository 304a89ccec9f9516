//! Payments: what customers pay. The cache, its sync, and reading it.

mod amounts;
mod cache;
mod callback;
mod detail;
mod list;
mod making;
mod open;
mod search;
pub(crate) mod several;
mod single;
mod sort;
mod sync;
#[cfg(test)]
mod told;
mod views;
mod worth;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

pub(crate) use self::cache::open_database;
pub(crate) use self::list::{Which, WholeList, WholePayment, cut};
pub(crate) use self::making::{
    LONGEST_DESCRIPTION, LONGEST_ORDER, Order, Price, forget_draft, line, payable, refusal,
};
pub use self::{
    detail::{
        MoreRelated, PaymentDetail, PaymentEvent, PaymentFees, PaymentTrace, RelatedPayment, RelatedPayments,
        Relation,
    },
    list::{CurrencyTotal, PaymentSelection, PaymentTotals},
    making::{
        CoinMinimum, FollowUp, MadePayment, MadeState, Minimum, NewPayment, PayCoin, PaymentChoices,
        PaymentDraft, PaymentRate, Quote, QuoteRequest, RenewedRate, SandboxCase, Terms,
    },
    sort::PaymentSort,
    views::{ListColumn, NewPaymentView, PaymentColumn, PaymentView},
    worth::Worth,
};
use self::{list::Kept, making::Making, sync::Sync};
use crate::{failure::Failure, language::said, shops::ShopContext};

/// Which payments to list, in which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentQuery {
    /// Words that must occur, and operators such as `status:failed` or `amount>100`; empty for all.
    pub search: String,
    /// What they are sorted by.
    pub sort: PaymentSort,
    /// The newest, largest or last in the alphabet first. What has nothing to sort by is last all the same.
    pub descending: bool,
    /// The place in the list of the first row that is wanted, from 0 on.
    pub from: u32,
    /// How many rows at the most (1 to 500).
    pub limit: u32,
}

/// All of them, newest first.
impl Default for PaymentQuery {
    fn default() -> Self {
        let (search, sort) = (String::new(), PaymentSort::default());
        Self { search, sort, descending: true, from: 0, limit: 0 }
    }
}

/// A page of payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentPage {
    /// The rows.
    pub rows: Vec<PaymentRow>,
    /// How many rows match in all.
    pub total: u32,
}

/// What the cached payments can be narrowed to, most frequent first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentFilters {
    /// The statuses they have.
    pub statuses: Vec<StatusCount>,
    /// The coins they are paid in.
    pub coins: Vec<CoinCount>,
}

/// How many payments are paid in a coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CoinCount {
    /// The coin, lower case.
    pub coin: String,
    /// How many.
    pub count: u32,
}

/// How many payments have a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StatusCount {
    /// The status, lower case, as the API says it.
    pub status: String,
    /// How many.
    pub count: u32,
}

/// A payment in the list. Texts of the shop are cut where they are longer than a list can show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentRow {
    /// The API's id.
    pub id: String,
    /// The status, lower case, as the API says it.
    pub status: String,
    /// The shop's order id.
    pub order_id: Option<String>,
    /// The shop's description.
    pub order_description: Option<String>,
    /// The price.
    #[specta(type = String)]
    pub price_amount: Amount,
    /// The currency of the price, lower case.
    pub price_currency: String,
    /// What the customer is to pay, in coin.
    #[specta(type = Option<String>)]
    pub pay_amount: Option<Amount>,
    /// What the customer has paid, in coin.
    #[specta(type = Option<String>)]
    pub actually_paid: Option<Amount>,
    /// The coin, lower case.
    pub pay_currency: String,
    /// What was paid, in the currency of the price and at the rate of then.
    pub worth: Option<Worth>,
    /// Where the customer pays to.
    pub pay_address: Option<String>,
    /// The invoice it belongs to.
    pub invoice_id: Option<String>,
    /// Ties several payments of one purchase together.
    pub purchase_id: Option<String>,
    /// What the shop gets, after conversion.
    #[specta(type = Option<String>)]
    pub outcome_amount: Option<Amount>,
    /// In which coin.
    pub outcome_currency: Option<String>,
    /// Whose balance it was paid into; `None`: it is the shop's.
    pub into_balance: Option<IntoBalance>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the API last changed it.
    pub updated_at: DateTime<Utc>,
}

/// The user into whose balance a payment went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct IntoBalance {
    /// NOWPayments' id of the user; `None` where nobody has said it yet.
    pub user: Option<String>,
    /// The user's name; `None` where the user was not read yet.
    pub name: Option<String>,
}

/// What a payment cost the shop, in coin. Only a callback tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentFee {
    /// The coin of the fees, lower case.
    pub currency: String,
    /// For taking the deposit.
    #[specta(type = Option<String>)]
    pub deposit: Option<Amount>,
    /// For the service of NOWPayments.
    #[specta(type = Option<String>)]
    pub service: Option<Amount>,
    /// For sending the money on to the shop.
    #[specta(type = Option<String>)]
    pub withdrawal: Option<Amount>,
}

/// How the sync of payments stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SyncStatus {
    /// Payments in the cache.
    pub cached: u32,
    /// Payments that the API says there are; `None` before the first answer.
    pub total: Option<u32>,
    /// The history is complete, and only the recent ones are read again. Until then the history is being read.
    pub complete: bool,
    /// The owner has stopped it.
    pub stopped: bool,
    /// A pass is under way.
    pub running: bool,
    /// When the last pass ended well.
    pub last_success: Option<DateTime<Utc>>,
    /// When the next pass begins; `None` while one is under way or it is stopped.
    pub next_at: Option<DateTime<Utc>>,
    /// What is wrong, if anything is. All that is cached can be read all the same.
    pub trouble: Option<SyncTrouble>,
}

/// Why the sync does not get on, or what it could not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SyncTrouble {
    /// In words.
    pub message: String,
    /// NOWPayments cannot be reached.
    pub offline: bool,
    /// Since when anything is wrong.
    pub since: DateTime<Utc>,
}

/// The payments of a shop.
#[derive(Debug, Clone)]
pub struct Payments {
    ctx: Arc<ShopContext>,
    sync: Arc<Sync>,
    making: Arc<Making>,
    kept: Arc<Kept>,
}

impl Payments {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { ctx, sync: Arc::default(), making: Arc::default(), kept: Arc::default() }
    }
}

/// The last two say into whose balance a payment went, each by its primary key.
const COLUMNS: &str = "number, id, status, order_id, order_description, price_amount, price_currency, pay_amount, \
    actually_paid, actually_paid_at_fiat, pay_currency, created_at, updated_at, pay_address, payin_extra_id, purchase_id, invoice_id, \
    parent_payment_id, outcome_amount, outcome_currency, fee, origin_type, waits_until, \
    (SELECT user FROM custody_payments AS kept WHERE kept.id = payments.id), \
    (SELECT name FROM custody_payments AS kept JOIN custody_users AS users ON users.id = user WHERE kept.id = payments.id)";

/// A payment as it stands in the database. Its fields are in the order of [`COLUMNS`].
#[derive(Clone, Deserialize)]
struct Stored {
    number: i64,
    id: String,
    status: String,
    order_id: Option<String>,
    order_description: Option<String>,
    price_amount: String,
    price_currency: String,
    pay_amount: Option<String>,
    actually_paid: Option<String>,
    actually_paid_at_fiat: Option<String>,
    pay_currency: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    pay_address: Option<String>,
    payin_extra_id: Option<String>,
    purchase_id: Option<String>,
    invoice_id: Option<String>,
    parent_payment_id: Option<String>,
    outcome_amount: Option<String>,
    outcome_currency: Option<String>,
    fee: Option<String>,
    origin_type: Option<String>,
    waits_until: Option<DateTime<Utc>>,
    balance_of: Option<String>,
    balance_of_name: Option<String>,
}

impl Stored {
    /// The rows of a statement whose columns are `columns`, which are like [`COLUMNS`], and that goes on with `rest`; `order`
    /// is nothing or an `ORDER BY`.
    ///
    /// They come as one text: each row of its own would wake up the task that waits for it, which takes longer than to
    /// read the row.
    async fn read(
        db: &mut SqliteConnection,
        columns: &str,
        order: &str,
        rest: impl FnOnce(&mut QueryBuilder<Sqlite>),
    ) -> Result<Vec<Self>, Failure> {
        let mut sql = QueryBuilder::new("SELECT json_group_array(json_array(");
        sql.push(columns).push(") ").push(order).push(") ");
        rest(&mut sql);
        let rows: String = sql.build_query_scalar().fetch_one(db).await?;
        Self::of_json(&rows)
    }

    /// Rows as [`Self::read`] has them come: arrays of their columns.
    fn of_json(rows: &str) -> Result<Vec<Self>, Failure> {
        serde_json::from_str(rows).map_err(|error| {
            tracing::error!(%error, "the database holds what is no payment");
            damaged()
        })
    }

    fn row(&self) -> Result<PaymentRow, Failure> {
        self.clone().into_row()
    }

    fn into_row(self) -> Result<PaymentRow, Failure> {
        let price_amount = exact(&self.price_amount)?;
        let pay_amount = amount(self.pay_amount)?;
        let actually_paid = amount(self.actually_paid)?;
        let stated = amount(self.actually_paid_at_fiat)?;
        Ok(PaymentRow {
            worth: Worth::of(
                &price_amount,
                asked(pay_amount.as_ref(), self.origin_type.as_deref()),
                actually_paid.as_ref(),
                stated.as_ref(),
            ),
            id: self.id,
            status: self.status,
            order_id: self.order_id,
            order_description: self.order_description,
            price_amount,
            price_currency: self.price_currency,
            pay_amount,
            actually_paid,
            pay_currency: self.pay_currency,
            pay_address: self.pay_address,
            invoice_id: self.invoice_id,
            purchase_id: self.purchase_id,
            outcome_amount: amount(self.outcome_amount)?,
            outcome_currency: self.outcome_currency,
            into_balance: self.balance_of.map(|user| IntoBalance {
                user: Some(user).filter(|user| !user.is_empty()),
                name: self.balance_of_name,
            }),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// What was asked for of the coin that a payment is in: nothing where its customer has paid in another one.
pub(crate) fn asked<'a>(pay_amount: Option<&'a Amount>, origin_type: Option<&str>) -> Option<&'a Amount> {
    pay_amount.filter(|_| origin_type != Some("WRONG_ASSET"))
}

pub(crate) fn amount(text: Option<impl AsRef<str>>) -> Result<Option<Amount>, Failure> {
    text.map(|text| exact(text.as_ref())).transpose()
}

pub(crate) fn exact(text: &str) -> Result<Amount, Failure> {
    text.parse().map_err(|error| {
        tracing::error!(text, %error, "the database holds what is no amount");
        damaged()
    })
}

fn damaged() -> Failure {
    Failure::other(said!(
        en: "A payment in Paydesk's own file cannot be read. The file is damaged: remove the shop and add it \
             again.",
        de: "Eine Zahlung in Paydesks eigener Datei kann nicht gelesen werden. Die Datei ist beschädigt: \
             Entfernen Sie den Shop, und fügen Sie ihn neu hinzu.",
    ))
}
