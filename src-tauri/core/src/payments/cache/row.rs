//! A payment as a row: made of what came, put over what was there, and written.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use nowpayments::{
    Amount,
    payments::{Payment, PaymentStatus},
};
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};

use super::{Answered, Told};
use crate::{
    notifications::StatusChange,
    payments::{
        PaymentFee, Worth,
        amounts::{key, key_of},
        asked,
    },
    store,
};

/// A payment as it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) price_amount: String,
    pub(super) price_currency: String,
    pub(super) pay_amount: Option<String>,
    pub(super) actually_paid: Option<String>,
    pub(super) actually_paid_at_fiat: Option<String>,
    pub(super) pay_currency: String,
    pub(super) pay_address: Option<String>,
    pub(super) payin_extra_id: Option<String>,
    pub(super) order_id: Option<String>,
    pub(super) order_description: Option<String>,
    pub(super) purchase_id: Option<String>,
    pub(super) invoice_id: Option<String>,
    pub(super) parent_payment_id: Option<String>,
    pub(super) outcome_amount: Option<String>,
    pub(super) outcome_currency: Option<String>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) answer: String,
    pub(super) fee: Option<String>,
    pub(super) origin_type: Option<String>,
    pub(super) waits_until: Option<String>,
}

/// The columns of [`Row`].
const COLUMNS: &str = "id, status, price_amount, price_currency, pay_amount, actually_paid, actually_paid_at_fiat, \
    pay_currency, pay_address, payin_extra_id, order_id, order_description, purchase_id, invoice_id, parent_payment_id, \
    outcome_amount, outcome_currency, created_at, updated_at, answer, fee, origin_type, waits_until";
/// Those that are worked out of them.
const KEYS: &str = "price_key, paid_key, amount_key, worth_key, outcome_key";
/// How many rows are handed over together.
const AT_ONCE: usize = 100;

/// A row under its number.
#[derive(sqlx::FromRow)]
pub(super) struct Stored {
    pub(super) number: i64,
    #[sqlx(flatten)]
    pub(super) row: Row,
}

impl Stored {
    pub(super) async fn read(db: &mut SqliteConnection, id: &str) -> Result<Option<Self>, sqlx::Error> {
        let mut sql = QueryBuilder::new("SELECT number, ");
        sql.push(COLUMNS).push(" FROM payments WHERE id = ").push_bind(id);
        sql.build_query_as().fetch_optional(db).await
    }
}

impl Row {
    /// An answer without times is as new as the moment at which it came.
    pub(super) fn of_answer(answered: &Answered, now: DateTime<Utc>) -> Self {
        let Answered { payment, json } = answered;
        let created_at = payment.created_at.or(payment.updated_at).unwrap_or(now);
        let updated_at = payment.updated_at.unwrap_or(created_at);
        Self {
            created_at: store::time(created_at),
            updated_at: store::time(updated_at),
            answer: json.clone(),
            ..Self::of(payment)
        }
    }

    /// A callback without a time is as new as what is known.
    pub(super) fn of_callback(told: &Told, known: &Self) -> Self {
        let updated_at = told.payment.updated_at.map_or_else(|| known.updated_at.clone(), store::time);
        Self {
            created_at: known.created_at.clone(),
            updated_at,
            answer: known.answer.clone(),
            ..Self::of(&told.payment)
        }
    }

    fn of(payment: &Payment) -> Self {
        let text = |amount: &Option<Amount>| amount.as_ref().map(ToString::to_string);
        Self {
            id: payment.payment_id.to_string(),
            status: payment.payment_status.as_str().to_ascii_lowercase(),
            price_amount: payment.price_amount.to_string(),
            price_currency: payment.price_currency.to_string(),
            pay_amount: text(&payment.pay_amount),
            actually_paid: text(&payment.actually_paid),
            // 0 is what callbacks say where answers say nothing.
            actually_paid_at_fiat: payment
                .actually_paid_at_fiat
                .as_ref()
                .filter(|worth| !worth.is_zero())
                .map(ToString::to_string),
            pay_currency: payment.pay_currency.to_string(),
            pay_address: payment.pay_address.clone(),
            payin_extra_id: payment.payin_extra_id.clone(),
            order_id: payment.order_id.clone(),
            order_description: payment.order_description.clone(),
            purchase_id: payment.purchase_id.as_ref().map(ToString::to_string),
            invoice_id: payment.invoice_id.as_ref().map(ToString::to_string),
            parent_payment_id: payment.parent_payment_id.as_ref().map(ToString::to_string),
            outcome_amount: text(&payment.outcome_amount),
            outcome_currency: payment.outcome_currency.as_ref().map(ToString::to_string),
            created_at: String::new(),
            updated_at: String::new(),
            answer: String::new(),
            fee: None,
            origin_type: payment.origin_type.as_ref().map(|origin| origin.to_ascii_uppercase()),
            waits_until: payment.valid_until.map(store::time),
        }
    }

    /// The same, with what it does not say taken from `other`.
    pub(super) fn or(self, other: &Self) -> Self {
        let text = |own: Option<String>, others: &Option<String>| own.or_else(|| others.clone());
        Self {
            pay_amount: text(self.pay_amount, &other.pay_amount),
            actually_paid: text(self.actually_paid, &other.actually_paid),
            actually_paid_at_fiat: text(self.actually_paid_at_fiat, &other.actually_paid_at_fiat),
            pay_address: text(self.pay_address, &other.pay_address),
            payin_extra_id: text(self.payin_extra_id, &other.payin_extra_id),
            order_id: text(self.order_id, &other.order_id),
            order_description: text(self.order_description, &other.order_description),
            purchase_id: text(self.purchase_id, &other.purchase_id),
            invoice_id: text(self.invoice_id, &other.invoice_id),
            parent_payment_id: text(self.parent_payment_id, &other.parent_payment_id),
            outcome_amount: text(self.outcome_amount, &other.outcome_amount),
            outcome_currency: text(self.outcome_currency, &other.outcome_currency),
            fee: text(self.fee, &other.fee),
            origin_type: text(self.origin_type, &other.origin_type),
            waits_until: text(self.waits_until, &other.waits_until),
            ..self
        }
    }

    /// The same, with what no answer tells anew: when it was made, and the fee of a callback.
    pub(super) fn of_the_same(self, known: &Self) -> Self {
        Self { created_at: known.created_at.clone(), fee: known.fee.clone(), ..self }
    }

    /// The same, with what `other` says was paid if that is more.
    pub(super) fn with_more_paid(self, other: &Self) -> Self {
        let paid = |row: &Self| row.actually_paid.as_deref().map(key_of);
        match paid(other) > paid(&self) {
            true => Self { actually_paid: other.actually_paid.clone(), ..self },
            false => self,
        }
    }

    /// The same, with the fee that a callback told which came with this time and status, unless the one that is there is
    /// newer.
    pub(super) fn with_fee(self, fee: Option<&PaymentFee>, at: Option<&str>, status: &str) -> Self {
        let Some(fee) = fee else { return self };
        let known: Option<StoredFee> = self.fee.as_deref().and_then(|json| serde_json::from_str(json).ok());
        let newer = known.is_none_or(|known| {
            let forward = status == known.status || may_follow(status, &known.status);
            match at.cmp(&known.at.as_deref()) {
                _ if at.is_none() || known.at.is_none() => forward,
                Ordering::Equal => forward,
                order => order == Ordering::Greater,
            }
        });
        let new = StoredFee { at: at.map(str::to_owned), status: status.to_owned(), fee: fee.clone() };
        match serde_json::to_string(&new) {
            Ok(json) if newer => Self { fee: Some(json), ..self },
            _ => self,
        }
    }

    /// Whether its status can be newer than an `earlier` one.
    pub(super) fn may_follow(&self, earlier: &str) -> bool {
        may_follow(&self.status, earlier)
    }

    /// How its status has moved when `after` takes its place, because of what came of the payment; `None` when it has not.
    pub(super) fn moved<'a>(&self, after: &Self, payment: &'a Payment) -> Option<StatusChange<'a>> {
        let (from, to) = (Some(self.status.clone()), after.status.clone());
        (self.status != after.status).then_some(StatusChange { payment, from, to })
    }

    /// What it is found by, in the order of the columns of `payments_search`.
    pub(super) fn words(&self) -> [Option<&str>; 6] {
        [
            Some(&self.id),
            self.order_id.as_deref(),
            self.order_description.as_deref(),
            self.pay_address.as_deref(),
            self.purchase_id.as_deref(),
            Some(&self.pay_currency),
        ]
    }

    /// What it is sorted by: the price, what was paid, what was paid or else is to be paid, what was paid in the currency of
    /// the price, and what the shop received.
    fn keys(&self) -> [Option<String>; 5] {
        let paid = self.actually_paid.as_deref().filter(|paid| *paid != "0");
        let shown = paid.or(self.pay_amount.as_deref());
        [
            Some(key_of(&self.price_amount)),
            Some(key_of(paid.unwrap_or("0"))),
            shown.map(key_of),
            self.worth_key(),
            self.outcome_amount.as_deref().map(key_of),
        ]
    }

    fn worth_key(&self) -> Option<String> {
        let amount = |text: &str| text.parse::<Amount>().ok();
        let of = |text: &Option<String>| text.as_deref().and_then(amount);
        let (to_pay, paid) = (of(&self.pay_amount), of(&self.actually_paid));
        let stated = of(&self.actually_paid_at_fiat);
        let expected = asked(to_pay.as_ref(), self.origin_type.as_deref());
        let worth = Worth::of(&amount(&self.price_amount)?, expected, paid.as_ref(), stated.as_ref())?;
        Some(key(&worth.amount))
    }

    /// Hands over its values in the order of [`COLUMNS`] and [`KEYS`].
    fn values(self, mut take: impl FnMut(Option<String>)) {
        let keys = self.keys();
        let own = [
            Some(self.id),
            Some(self.status),
            Some(self.price_amount),
            Some(self.price_currency),
            self.pay_amount,
            self.actually_paid,
            self.actually_paid_at_fiat,
            Some(self.pay_currency),
            self.pay_address,
            self.payin_extra_id,
            self.order_id,
            self.order_description,
            self.purchase_id,
            self.invoice_id,
            self.parent_payment_id,
            self.outcome_amount,
            self.outcome_currency,
            Some(self.created_at),
            Some(self.updated_at),
            Some(self.answer),
            self.fee,
            self.origin_type,
            self.waits_until,
        ];
        own.into_iter().chain(keys).for_each(&mut take);
    }
}

fn may_follow(status: &str, earlier: &str) -> bool {
    PaymentStatus::from(status).may_follow(&PaymentStatus::from(earlier))
}

/// The fee as it stands in the database, with what tells the newest from an older one.
#[derive(Serialize, Deserialize)]
struct StoredFee {
    at: Option<String>,
    status: String,
    fee: PaymentFee,
}

/// Reads the fee out of its column.
pub(in crate::payments) fn fee(json: Option<&str>) -> Option<PaymentFee> {
    let stored: StoredFee = serde_json::from_str(json?).ok()?;
    Some(stored.fee)
}

/// Writes rows that are not there, numbered from `first` on.
///
/// Each has a statement of its own, and many are handed over together. A statement for many rows can fail in the middle:
/// SQLite would copy each page before it changes it, and look for whatever refers to each row.
pub(super) async fn insert(db: &mut SqliteConnection, first: i64, rows: Vec<Row>) -> Result<(), sqlx::Error> {
    let mut rows = (first..).zip(rows).peekable();
    while rows.peek().is_some() {
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new("");
        for (number, row) in rows.by_ref().take(AT_ONCE) {
            sql.push("INSERT INTO payments (number, ").push(COLUMNS).push(", ").push(KEYS).push(") VALUES (");
            let mut values = sql.separated(", ");
            values.push_bind(number);
            row.values(|value| {
                values.push_bind(value);
            });
            sql.push(");");
        }
        sql.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// Gives payments the key of their worth that the migration `0015_sorted_by_every_column.sql` left without. Cut off anywhere, it
/// goes on with those that are left.
pub(super) async fn complete_keys(db: &SqlitePool) -> Result<(), sqlx::Error> {
    loop {
        let mut db = db.begin().await?;
        let sql = "SELECT number FROM payments_without_worth_key LIMIT 1000";
        let numbers: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&mut *db).await?;
        if numbers.is_empty() {
            return Ok(());
        }
        for number in numbers {
            let mut sql = QueryBuilder::new("SELECT ");
            sql.push(COLUMNS).push(" FROM payments WHERE number = ").push_bind(number);
            let row: Row = sql.build_query_as().fetch_one(&mut *db).await?;
            if let Some(key) = row.worth_key() {
                let sql = "UPDATE payments SET worth_key = ? WHERE number = ?";
                sqlx::query(sql).bind(key).bind(number).execute(&mut *db).await?;
            }
            let sql = "DELETE FROM payments_without_worth_key WHERE number = ?";
            sqlx::query(sql).bind(number).execute(&mut *db).await?;
        }
        db.commit().await?;
    }
}

/// Writes a row that is there.
pub(super) async fn update(db: &mut SqliteConnection, number: i64, row: Row) -> Result<(), sqlx::Error> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new("UPDATE payments SET (");
    sql.push(COLUMNS).push(", ").push(KEYS).push(") = (");
    let mut values = sql.separated(", ");
    row.values(|value| {
        values.push_bind(value);
    });
    sql.push(") WHERE number = ").push_bind(number);
    sql.build().execute(db).await?;
    Ok(())
}
