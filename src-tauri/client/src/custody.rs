//! Custody: users who have balances of their own within the shop's account.
//!
//! The API speaks of a user as "customer" or "sub-partner", of the shop's own balance as "master account", of a
//! transfer from that to a user as "deposit", and of one back as "write-off". The rules are those of the official
//! collection of April 2026; copies of it that are made for casinos show the API key with some calls that want the
//! login alone here.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Amount, CustodyUserId, Page, PaymentId, Ticker, TransferId, amount,
    balance::Balance,
    endpoint::{Access, Endpoint, Order, Paged},
    envelope::result,
    error::Unreadable,
    payments::{Payment, PaymentStatus},
    status::{
        Stage::{End, Step},
        statuses,
    },
    wire,
};

#[cfg(test)]
mod tests;

/// The name of a user, by which the shop knows it: 1 to 30 characters, and not an e-mail address.
///
/// Names are unique; a second user of one name is a refusal of which
/// [`Refused::is_duplicate_user`](crate::Refused::is_duplicate_user) is true.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct UserName(Box<str>);

/// A text that cannot be the name of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a user: 1 to {} characters, and not an e-mail address", UserName::LONGEST)]
pub struct UserNameError;

impl UserName {
    /// The most characters of a name, counted as JavaScript does (in UTF-16).
    pub const LONGEST: usize = 30;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// # Errors
/// When the text is empty, too long, or an e-mail address.
impl FromStr for UserName {
    type Err = UserNameError;

    fn from_str(text: &str) -> Result<Self, UserNameError> {
        let is_email = text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
        if (1..=Self::LONGEST).contains(&text.encode_utf16().count()) && !is_email {
            Ok(Self(text.into()))
        } else {
            Err(UserNameError)
        }
    }
}

/// Makes a user: `POST /sub-partner/balance`.
#[derive(Debug, Clone, Serialize)]
pub struct CreateCustodyUser {
    /// The name.
    pub name: UserName,
}

impl Endpoint for CreateCustodyUser {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::Login;
    type Response = CustodyUser;

    fn path(&self) -> Cow<'static, str> {
        "sub-partner/balance".into()
    }

    fn read(&self, body: &[u8]) -> Result<CustodyUser, Unreadable> {
        result(body)
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CustodyUser {
    /// Its id.
    #[serde(alias = "user_id")]
    pub id: CustodyUserId,
    /// The name.
    #[serde(alias = "external_id")]
    pub name: String,
    /// When it was made.
    #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updatedAt", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
}

/// Tells how much of each coin a user has: `GET /sub-partner/balance/:id`. Refused to computers that are not on the
/// account's list, unless the list is switched off.
#[derive(Debug, Clone, Serialize)]
pub struct GetCustodyBalance {
    /// Whose.
    #[serde(skip)]
    pub id: CustodyUserId,
}

/// The answer of [`GetCustodyBalance`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CustodyBalance {
    /// The user.
    #[serde(rename = "subPartnerId", alias = "sub_partner_id", alias = "user_id")]
    pub user_id: CustodyUserId,
    /// The balances. A coin that the user never had is missing.
    pub balances: BTreeMap<Ticker, Balance>,
}

impl Endpoint for GetCustodyBalance {
    const METHOD: Method = Method::GET;
    type Response = CustodyBalance;

    fn path(&self) -> Cow<'static, str> {
        format!("sub-partner/balance/{}", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<CustodyBalance, Unreadable> {
        result(body)
    }
}

/// Lists users: `GET /sub-partner`.
#[derive(Debug, Clone, Serialize)]
pub struct ListCustodyUsers {
    /// Only these; all when empty.
    #[serde(flatten, serialize_with = "wire::each_id")]
    pub ids: Vec<CustodyUserId>,
    /// How many on a page.
    pub limit: u16,
    /// How many to leave out before.
    pub offset: usize,
    /// Which way they are sorted; ascending if not said.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "Order::upper_case")]
    pub order: Option<Order>,
}

/// All users, in pages of a hundred. The largest page is not documented.
impl Default for ListCustodyUsers {
    fn default() -> Self {
        Self { ids: Vec::new(), limit: 100, offset: 0, order: None }
    }
}

impl Endpoint for ListCustodyUsers {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Page<CustodyUser>;

    fn path(&self) -> Cow<'static, str> {
        "sub-partner".into()
    }
}

impl Paged for ListCustodyUsers {
    fn after(self, items: usize) -> Self {
        Self { offset: self.offset + items, ..self }
    }
}

/// Moves a coin from one user to another: `POST /sub-partner/transfer`.
#[derive(Debug, Clone, Serialize)]
pub struct CreateTransfer {
    /// The coin.
    pub currency: Ticker,
    /// How much.
    #[serde(with = "amount::number")]
    pub amount: Amount,
    /// From whom.
    pub from_id: CustodyUserId,
    /// To whom.
    pub to_id: CustodyUserId,
}

impl Endpoint for CreateTransfer {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::Login;
    type Response = Transfer;

    fn path(&self) -> Cow<'static, str> {
        "sub-partner/transfer".into()
    }

    fn read(&self, body: &[u8]) -> Result<Transfer, Unreadable> {
        result(body)
    }
}

/// Moves a coin from the shop's own balance to a user: `POST /sub-partner/deposit`.
#[derive(Debug, Clone, Serialize)]
pub struct CreateDeposit {
    /// The coin.
    pub currency: Ticker,
    /// How much.
    #[serde(with = "amount::number")]
    pub amount: Amount,
    /// To whom.
    #[serde(rename = "sub_partner_id")]
    pub user_id: CustodyUserId,
}

impl Endpoint for CreateDeposit {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::Login;
    type Response = Transfer;

    fn path(&self) -> Cow<'static, str> {
        "sub-partner/deposit".into()
    }

    fn read(&self, body: &[u8]) -> Result<Transfer, Unreadable> {
        result(body)
    }
}

/// Moves a coin from a user to the shop's own balance: `POST /sub-partner/write-off`.
#[derive(Debug, Clone, Serialize)]
pub struct CreateWriteOff {
    /// The coin.
    pub currency: Ticker,
    /// How much.
    #[serde(with = "amount::number")]
    pub amount: Amount,
    /// From whom.
    #[serde(rename = "sub_partner_id")]
    pub user_id: CustodyUserId,
}

impl Endpoint for CreateWriteOff {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::Login;
    type Response = Transfer;

    fn path(&self) -> Cow<'static, str> {
        "sub-partner/write-off".into()
    }

    fn read(&self, body: &[u8]) -> Result<Transfer, Unreadable> {
        result(body)
    }
}

/// Reads one transfer, deposit or write-off: `GET /sub-partner/transfer/:id`.
#[derive(Debug, Clone, Serialize)]
pub struct GetTransfer {
    /// Which.
    #[serde(skip)]
    pub id: TransferId,
}

impl Endpoint for GetTransfer {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Transfer;

    fn path(&self) -> Cow<'static, str> {
        format!("sub-partner/transfer/{}", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<Transfer, Unreadable> {
        result(body)
    }
}

/// A transfer between two balances: of two users, or of the shop and a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Transfer {
    /// Its id.
    #[serde(alias = "transfer_id")]
    pub id: TransferId,
    /// From whom. The shop itself has such an id too.
    #[serde(rename = "from_sub_id", alias = "from_id", alias = "fromSubId")]
    pub from_id: CustodyUserId,
    /// To whom.
    #[serde(rename = "to_sub_id", alias = "to_id", alias = "toSubId")]
    pub to_id: CustodyUserId,
    /// How far it is.
    pub status: TransferStatus,
    /// How much.
    pub amount: Amount,
    /// The coin.
    pub currency: Ticker,
    /// When it was made.
    #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updatedAt", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
}

statuses! {
    /// How far a transfer is. It goes through its steps in one direction and stays at its end.
    TransferStatus {
        /// It is being made.
        Created = "CREATED" => Step(0),
        /// It waits for the money.
        Waiting = "WAITING" => Step(1),
        /// The money has moved.
        Finished = "FINISHED" => End(2),
        /// It failed.
        Rejected = "REJECTED" => End(2),
    }
}

/// Lists transfers, deposits and write-offs: `GET /sub-partner/transfers`.
#[derive(Debug, Clone, Serialize)]
pub struct ListTransfers {
    /// Only these; all when empty.
    #[serde(flatten, serialize_with = "wire::each_id")]
    pub ids: Vec<TransferId>,
    /// Only those of these statuses; all when empty.
    #[serde(flatten, serialize_with = "wire::each_status")]
    pub statuses: Vec<TransferStatus>,
    /// How many on a page.
    pub limit: u16,
    /// How many to leave out before.
    pub offset: usize,
    /// Which way they are sorted; ascending if not said.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "Order::upper_case")]
    pub order: Option<Order>,
}

/// All transfers, in pages of a hundred. The largest page is not documented.
impl Default for ListTransfers {
    fn default() -> Self {
        Self { ids: Vec::new(), statuses: Vec::new(), limit: 100, offset: 0, order: None }
    }
}

impl Endpoint for ListTransfers {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Page<Transfer>;

    fn path(&self) -> Cow<'static, str> {
        "sub-partner/transfers".into()
    }
}

impl Paged for ListTransfers {
    fn after(self, items: usize) -> Self {
        Self { offset: self.offset + items, ..self }
    }
}

/// Makes a payment by which somebody pays into a user's balance: `POST /sub-partner/payment`.
///
/// It is a [`Payment`] like any other, and is read with [`GetPayment`](crate::payments::GetPayment).
#[derive(Debug, Clone, Serialize)]
pub struct CreateCustodyPayment {
    /// The coin.
    pub currency: Ticker,
    /// How much.
    #[serde(with = "amount::number")]
    pub amount: Amount,
    /// Into whose balance.
    #[serde(rename = "sub_partner_id")]
    pub user_id: CustodyUserId,
    /// Whether the rate is frozen for some minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fixed_rate: Option<bool>,
    /// Whether the customer bears the fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fee_paid_by_user: Option<bool>,
    /// Where callbacks go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipn_callback_url: Option<String>,
}

impl CreateCustodyPayment {
    /// A payment of which only what is required is said.
    #[must_use]
    pub fn new(currency: Ticker, amount: Amount, user_id: CustodyUserId) -> Self {
        Self {
            currency,
            amount,
            user_id,
            is_fixed_rate: None,
            is_fee_paid_by_user: None,
            ipn_callback_url: None,
        }
    }
}

impl Endpoint for CreateCustodyPayment {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = Payment;

    fn path(&self) -> Cow<'static, str> {
        "sub-partner/payment".into()
    }

    fn read(&self, body: &[u8]) -> Result<Payment, Unreadable> {
        result(body)
    }
}

/// Lists payments into users' balances: `GET /sub-partner/payments`.
///
/// The documents do not show an answer; the provider's own SDK takes its rows for payments.
#[derive(Debug, Clone, Serialize)]
pub struct ListCustodyPayments {
    /// How many on a page.
    pub limit: u16,
    /// Which page, from 0.
    pub page: u32,
    /// Only this payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<PaymentId>,
    /// Only those in this coin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_currency: Option<Ticker>,
    /// Only those of this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<PaymentStatus>,
    /// Only those into this user's balance.
    #[serde(rename = "sub_partner_id", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<CustodyUserId>,
    /// Only those made at this time or later.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_from: Option<DateTime<Utc>>,
    /// Only those made at this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_to: Option<DateTime<Utc>>,
    /// Sorted by what.
    #[serde(rename = "sortBy", skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<CustodyPaymentSort>,
    /// Which way.
    #[serde(rename = "orderBy", skip_serializing_if = "Option::is_none")]
    pub order_by: Option<Order>,
}

/// All payments, in pages of a hundred. The largest page is not documented.
impl Default for ListCustodyPayments {
    fn default() -> Self {
        Self {
            limit: 100,
            page: 0,
            id: None,
            pay_currency: None,
            status: None,
            user_id: None,
            date_from: None,
            date_to: None,
            sort_by: None,
            order_by: None,
        }
    }
}

/// What payments into users' balances are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CustodyPaymentSort {
    /// Their id.
    Id,
    /// The status.
    Status,
    /// The coin.
    PayCurrency,
    /// When they were made.
    CreatedAt,
    /// When they last changed.
    UpdatedAt,
}

impl Endpoint for ListCustodyPayments {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Page<Payment>;

    fn path(&self) -> Cow<'static, str> {
        "sub-partner/payments".into()
    }
}

impl Paged for ListCustodyPayments {
    fn after(self, _: usize) -> Self {
        Self { page: self.page + 1, ..self }
    }
}
