//! Payments by which somebody pays into a user's balance.
//!
//! The documents do not show what their list looks like: each row is read as far as it can be, and one that says nothing
//! that can be used counts as one that cannot be read. Where a row does not say whose balance it is, that stays open until the list of the user is
//! read.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use nowpayments::{
    Access, Amount, CustodyUserId, Endpoint, Method, Order, Page, Paged, Ticker,
    custody::{CustodyPaymentSort, ListCustodyPayments},
    payments::{Payment, PaymentStatus},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use specta::Type;
use sqlx::SqliteConnection;

use super::{Custody, users};
use crate::{
    failure::Failure,
    language::words,
    moves::{
        MoveKind, MoveOrder,
        lists::{Absorbed, Cached, End, List, changed_at},
        read_amount, read_coin,
    },
    payments::{Terms, exact},
    second_factor::local,
    store,
};

/// What somebody is asked to pay into a user's balance, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NewCustodyPayment {
    /// NOWPayments' id of the user.
    pub user: String,
    /// The coin.
    pub coin: String,
    /// How much the user is to get.
    pub amount: String,
    /// Whose fees, and which rate.
    pub terms: Terms,
}

/// A payment into a user's balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CustodyPayment {
    /// NOWPayments' id.
    pub id: String,
    /// NOWPayments' id of the user.
    pub user: String,
    /// The status, lower case, as that of any payment.
    pub status: String,
    /// Nothing more happens to it.
    pub ended: bool,
    /// The coin, lower case.
    pub coin: String,
    /// How much the user is to get.
    #[specta(type = String)]
    pub amount: Amount,
    /// How much is to be paid.
    #[specta(type = Option<String>)]
    pub pay_amount: Option<Amount>,
    /// How much was paid.
    #[specta(type = Option<String>)]
    pub actually_paid: Option<Amount>,
    /// What the user got, where that is known.
    #[specta(type = Option<String>)]
    pub outcome_amount: Option<Amount>,
    /// The coin of that.
    pub outcome_coin: Option<String>,
    /// The address to be paid to. Its QR code is that of its text.
    pub pay_address: Option<String>,
    /// The memo or tag that the address needs.
    pub memo: Option<String>,
    /// When it was made, by the clock of this computer.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Our id of the move that made it, where that was here.
    pub made_by: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Stored {
    id: String,
    user: String,
    status: String,
    is_open: bool,
    coin: String,
    amount: String,
    pay_amount: Option<String>,
    actually_paid: Option<String>,
    outcome_coin: Option<String>,
    outcome_amount: Option<String>,
    pay_address: Option<String>,
    memo: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: Option<DateTime<Utc>>,
    made_by: Option<String>,
}

impl Custody {
    /// The payments into a user's balance, newest first, as far as they are cached.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn payments(&self, user: &str) -> Result<Vec<CustodyPayment>, Failure> {
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT custody_payments.*, moves.id AS made_by FROM custody_payments \
             LEFT JOIN moves ON moves.list = 'payments' AND moves.made = custody_payments.id \
             WHERE user = ? ORDER BY created_at DESC, custody_payments.id DESC",
        )
        .bind(user)
        .fetch_all(&self.ctx.db)
        .await?;
        rows.into_iter().map(|row| self.payment(row)).collect()
    }

    fn payment(&self, row: Stored) -> Result<CustodyPayment, Failure> {
        let amount = |text: Option<String>| text.map(|text| exact(&text)).transpose();
        Ok(CustodyPayment {
            id: row.id,
            user: row.user,
            status: row.status.to_lowercase(),
            ended: !row.is_open,
            coin: row.coin,
            amount: exact(&row.amount)?,
            pay_amount: amount(row.pay_amount)?,
            actually_paid: amount(row.actually_paid)?,
            outcome_amount: amount(row.outcome_amount)?,
            outcome_coin: row.outcome_coin,
            pay_address: row.pay_address,
            memo: row.memo,
            created_at: local(&self.ctx, row.created_at),
            updated_at: row.updated_at.map(|at| local(&self.ctx, at)),
            made_by: row.made_by,
        })
    }

    pub(super) async fn new_payment(&self, new: &NewCustodyPayment) -> Result<MoveOrder, Failure> {
        let coins = self.ctx.coins().await?;
        let coin = read_coin("coin", &new.coin, &coins)?;
        if let Some(why) = coins.get(&coin).and_then(crate::coins::ListedCoin::not_for_payment) {
            return Err(Failure::invalid("coin", format!("{} {why}.", coin.to_uppercase())));
        }
        let amount = read_amount("amount", &new.amount, &coin, &coins)?;
        let user = self.user(&new.user).await?;
        let sum = crate::moves::words::coins(&amount, &coin);
        let words = words!(
            en: "Somebody is asked to pay {sum} into the balance of {name}. No money of the shop is moved.",
            de: "Jemand wird gebeten, {sum} auf das Guthaben von {name} zu zahlen. Vom Shop wird kein Geld bewegt.",
            name = user.name
        );
        Ok(MoveOrder {
            kind: MoveKind::Payment,
            from: None,
            to: Some(new.user.parse().map_err(|_| users::no_such_user())?),
            coin: Some(coin),
            amount: Some(amount),
            to_coin: None,
            estimate: None,
            name: None,
            terms: new.terms,
            provider: None,
            account: None,
            worth: None,
            words,
        })
    }
}

/// A payment into a balance, as far as an answer tells of it; a row of the list in any form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub(crate) struct UserPayment {
    id: String,
    /// The user, where the answer says so.
    user: Option<String>,
    status: PaymentStatus,
    coin: Ticker,
    pub(crate) amount: Amount,
    pay_amount: Option<Amount>,
    actually_paid: Option<Amount>,
    outcome_coin: Option<Ticker>,
    outcome_amount: Option<Amount>,
    pay_address: Option<String>,
    memo: Option<String>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    /// It is made as those into balances are: asked for in the coin that is paid, and for no order.
    is_plain: bool,
}

impl From<Payment> for UserPayment {
    fn from(payment: Payment) -> Self {
        Self {
            id: payment.payment_id.to_string(),
            user: None,
            is_plain: payment.price_currency == payment.pay_currency
                && payment.order_id.is_none()
                && payment.invoice_id.is_none(),
            status: payment.payment_status,
            amount: match payment.price_currency == payment.pay_currency {
                true => payment.price_amount,
                false => payment.pay_amount.clone().unwrap_or(payment.price_amount),
            },
            coin: payment.pay_currency,
            pay_amount: payment.pay_amount,
            actually_paid: payment.actually_paid,
            outcome_coin: payment.outcome_currency,
            outcome_amount: payment.outcome_amount,
            pay_address: payment.pay_address,
            memo: payment.payin_extra_id,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
        }
    }
}

impl TryFrom<Box<RawValue>> for UserPayment {
    type Error = &'static str;

    fn try_from(json: Box<RawValue>) -> Result<Self, Self::Error> {
        Self::read(json.get()).ok_or("unreadable")
    }
}

/// The fields that a row may have, each in any form.
#[derive(Deserialize)]
struct Loose<'a> {
    #[serde(borrow, alias = "payment_id", alias = "paymentId")]
    id: Option<&'a RawValue>,
    #[serde(borrow, alias = "user_id", alias = "subPartnerId", alias = "sub_partner")]
    sub_partner_id: Option<&'a RawValue>,
    #[serde(borrow, alias = "payment_status")]
    status: Option<&'a RawValue>,
    #[serde(borrow, alias = "pay_currency", alias = "payCurrency")]
    currency: Option<&'a RawValue>,
    #[serde(borrow, alias = "price_amount")]
    amount: Option<&'a RawValue>,
    #[serde(borrow, alias = "payAmount")]
    pay_amount: Option<&'a RawValue>,
    #[serde(borrow, alias = "actuallyPaid")]
    actually_paid: Option<&'a RawValue>,
    #[serde(borrow, alias = "payAddress")]
    pay_address: Option<&'a RawValue>,
    #[serde(borrow, alias = "createdAt")]
    created_at: Option<&'a RawValue>,
    #[serde(borrow, alias = "updatedAt")]
    updated_at: Option<&'a RawValue>,
}

/// A scalar as text, whether it came in quotes or not.
fn scalar(value: Option<&RawValue>) -> Option<String> {
    let token = value?.get();
    let text = serde_json::from_str::<String>(token).unwrap_or_else(|_| token.to_owned());
    (!text.is_empty() && text != "null" && !text.starts_with(['{', '['])).then_some(text)
}

impl UserPayment {
    /// Reads a row. One that is no payment as others are is read by the fields that matter.
    fn read(json: &str) -> Option<Self> {
        let loose: Option<Loose<'_>> = serde_json::from_str(json).ok();
        let user = loose.as_ref().and_then(|loose| scalar(loose.sub_partner_id));
        if let Ok(payment) = serde_json::from_str::<Payment>(json) {
            return Some(Self { user, ..payment.into() });
        }
        let loose = loose?;
        let amount = |value| scalar(value).and_then(|text| serde_json::from_str::<Amount>(&text).ok());
        let pay_amount = amount(loose.pay_amount);
        let time = |value| scalar(value).and_then(|text| text.parse::<DateTime<Utc>>().ok());
        Some(Self {
            id: scalar(loose.id)?,
            user,
            status: PaymentStatus::from(scalar(loose.status)?.to_lowercase().as_str()),
            coin: scalar(loose.currency)?.parse().ok()?,
            amount: amount(loose.amount).or_else(|| pay_amount.clone())?,
            pay_amount,
            actually_paid: amount(loose.actually_paid),
            outcome_coin: None,
            outcome_amount: None,
            pay_address: scalar(loose.pay_address),
            memo: None,
            created_at: time(loose.created_at),
            updated_at: time(loose.updated_at),
            is_plain: false,
        })
    }
}

/// `GET /sub-partner/payments` of one user or of all, newest first, read as far as it can be.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct PaymentsOfUsers(ListCustodyPayments);

impl PaymentsOfUsers {
    pub(crate) fn new(user: Option<CustodyUserId>) -> Self {
        Self(ListCustodyPayments {
            user_id: user,
            sort_by: Some(CustodyPaymentSort::CreatedAt),
            order_by: Some(Order::Desc),
            ..ListCustodyPayments::default()
        })
    }
}

impl Endpoint for PaymentsOfUsers {
    const METHOD: Method = ListCustodyPayments::METHOD;
    const ACCESS: Access = ListCustodyPayments::ACCESS;
    type Response = Page<UserPayment>;

    fn path(&self) -> Cow<'static, str> {
        self.0.path()
    }
}

impl Paged for PaymentsOfUsers {
    fn after(self, items: usize) -> Self {
        Self(self.0.after(items))
    }
}

impl Cached for UserPayment {
    const LIST: List = List::Payments;

    fn id(&self) -> &str {
        &self.id
    }

    fn created_at(&self) -> Option<DateTime<Utc>> {
        self.created_at
    }

    fn end(&self) -> Option<End> {
        match self.status {
            PaymentStatus::Finished => Some(End::Finished),
            PaymentStatus::PartiallyPaid => None,
            ref status => status.is_final().then_some(End::Rejected),
        }
    }

    async fn absorb(
        &self,
        db: &mut SqliteConnection,
        owner: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Absorbed, Failure> {
        // A list that does not keep to its filter shows those of others, too.
        let user = match (self.user.as_deref(), owner) {
            (Some(user), Some(owner)) if user != owner => return Ok(Absorbed::Same),
            (user, owner) => user.or(owner),
        };
        let kept: Option<(String, String, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT user, status, actually_paid, outcome_amount FROM custody_payments WHERE id = ?",
        )
        .bind(&self.id)
        .fetch_optional(&mut *db)
        .await?;
        let text = |amount: &Option<Amount>| amount.as_ref().map(Amount::to_string);
        let Some((kept_user, status, paid, outcome)) = kept else {
            // What nobody names a user for and looks like a sale is taken for none of these: it would be missing from takings.
            let Some(user) = user.or(self.is_plain.then_some("")) else { return Ok(Absorbed::Same) };
            if matches!(self.status, PaymentStatus::Finished | PaymentStatus::PartiallyPaid) {
                users::note_moved(db, user, now).await?;
            }
            sqlx::query(
                "INSERT INTO custody_payments (id, user, status, is_open, coin, amount, pay_amount, actually_paid, outcome_coin, \
                 outcome_amount, pay_address, memo, created_at, updated_at, changed_at) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(&self.id)
            .bind(user)
            .bind(self.status.as_str())
            .bind(!self.status.is_final())
            .bind(self.coin.as_str())
            .bind(self.amount.to_string())
            .bind(text(&self.pay_amount))
            .bind(text(&self.actually_paid))
            .bind(self.outcome_coin.as_deref())
            .bind(text(&self.outcome_amount))
            .bind(&self.pay_address)
            .bind(&self.memo)
            .bind(store::time(self.created_at.unwrap_or(now)))
            .bind(self.updated_at.map(store::time))
            .bind(store::time(changed_at(self.updated_at.or(self.created_at), now)))
            .execute(db)
            .await?;
            return Ok(Absorbed::New);
        };
        let owner_is_new = user.filter(|_| kept_user.is_empty());
        if let Some(user) = owner_is_new {
            sqlx::query("UPDATE custody_payments SET user = ? WHERE id = ?")
                .bind(user)
                .bind(&self.id)
                .execute(&mut *db)
                .await?;
            users::note_moved(db, user, now).await?;
        }
        let unless_owner_is_new = if owner_is_new.is_some() { Absorbed::Changed } else { Absorbed::Same };
        let before = PaymentStatus::from(status.as_str());
        if !self.status.may_follow(&before) {
            return Ok(unless_owner_is_new);
        }
        let keep = |new: &Option<Amount>, old: Option<String>| text(new).or(old);
        let (new_paid, new_outcome) =
            (keep(&self.actually_paid, paid.clone()), keep(&self.outcome_amount, outcome.clone()));
        let moved = before != self.status;
        if moved {
            users::note_moved(db, &kept_user, now).await?;
        }
        if !moved && (&new_paid, &new_outcome) == (&paid, &outcome) {
            return Ok(unless_owner_is_new);
        }
        sqlx::query(
            "UPDATE custody_payments SET status = ?, is_open = ?, actually_paid = ?, outcome_amount = ?, \
             outcome_coin = coalesce(?, outcome_coin), pay_address = coalesce(pay_address, ?), memo = coalesce(memo, ?), \
             updated_at = coalesce(?, updated_at), changed_at = ? WHERE id = ?",
        )
        .bind(self.status.as_str())
        .bind(!self.status.is_final())
        .bind(new_paid)
        .bind(new_outcome)
        .bind(self.outcome_coin.as_deref())
        .bind(&self.pay_address)
        .bind(&self.memo)
        .bind(self.updated_at.map(store::time))
        .bind(store::time(now))
        .bind(&self.id)
        .execute(db)
        .await?;
        Ok(if moved { Absorbed::Moved } else { Absorbed::Changed })
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;

    #[tokio::test]
    async fn what_names_no_user_is_taken_where_it_looks_like_no_sale_until_the_users_list_names_it() {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        store::SHOP.run(&mut db).await.unwrap();
        let row = |id: u32, price: &str, own: &str| -> UserPayment {
            let json = format!(
                r#"{{"payment_id":{id},"payment_status":"finished","price_amount":1,"price_currency":"{price}","pay_currency":"btc"{own}}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        let now = Utc::now();
        let rows = [
            (row(1, "btc", ""), None, Absorbed::New),
            (row(2, "usd", ""), None, Absorbed::Same),
            (row(3, "btc", r#","order_id":"A-1""#), None, Absorbed::Same),
            (row(4, "btc", r#","invoice_id":5"#), None, Absorbed::Same),
            (row(5, "usd", r#","order_id":"A-1","sub_partner_id":"7""#), None, Absorbed::New),
            (row(6, "usd", ""), Some("8"), Absorbed::New),
            (row(1, "btc", ""), Some("9"), Absorbed::Changed),
            (row(1, "btc", ""), Some("9"), Absorbed::Same),
            (row(1, "btc", ""), None, Absorbed::Same),
        ];
        for (row, owner, expected) in rows {
            assert_eq!(row.absorb(&mut db, owner, now).await.unwrap(), expected, "{row:?} of {owner:?}");
        }
        let kept: Vec<(String, String)> = sqlx::query_as("SELECT id, user FROM custody_payments ORDER BY id")
            .fetch_all(&mut db)
            .await
            .unwrap();
        let kept: Vec<_> = kept.iter().map(|(id, user)| (id.as_str(), user.as_str())).collect();
        assert_eq!(kept, [("1", "9"), ("5", "7"), ("6", "8")]);
    }

    #[test]
    fn a_row_of_the_list_is_read_in_any_form_and_its_money_to_the_last_digit() {
        let check = |json: &str, read: Option<(&str, &str, &str)>| {
            let row = serde_json::from_str::<UserPayment>(json).ok();
            let got = row.map(|row| (row.id, row.amount.to_string(), row.coin.to_string()));
            assert_eq!(got, read.map(|(id, amount, coin)| (id.into(), amount.into(), coin.into())), "{json}");
        };
        let exact = "0.123456789012345678";
        check(
            &format!(
                r#"{{"payment_id":5,"payment_status":"waiting","price_amount":{exact},"price_currency":"btc","pay_currency":"btc"}}"#
            ),
            Some(("5", exact, "btc")),
        );
        check(
            &format!(r#"{{"id":"7","status":"WAITING","currency":"BTC","amount":"{exact}"}}"#),
            Some(("7", exact, "btc")),
        );
        check(
            r#"{"id":7,"status":"waiting","payCurrency":"ltc","payAmount":1e-7}"#,
            Some(("7", "0.0000001", "ltc")),
        );
        for useless in [
            "{}",
            "null",
            "[]",
            "5",
            r#"{"id":{"a":1},"status":[]}"#,
            r#"{"id":1,"status":"x","currency":"btc","amount":"much"}"#,
        ] {
            check(useless, None);
        }
    }
}
