//! Fiat payouts: coins of the shop's balance that arrive as money in a bank account.
//!
//! They go through another company ("provider"), to an account that has to be made known first. The rules are those of
//! the official collection of April 2026, the only document that has this part of the API; its field names are in
//! camel case.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Amount, FiatAccountId, FiatPayoutId, Page, Ticker, amount,
    endpoint::{Access, Endpoint, Order, Paged},
    envelope::{result, results},
    error::Unreadable,
    status::{
        Stage::{End, Rest, Step},
        statuses,
    },
    wire,
};

#[cfg(test)]
mod tests;

/// Lists the companies that make fiat payouts: `GET /fiat-payouts/providers`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetFiatProviders {}

/// A company that makes fiat payouts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FiatProvider {
    /// Its name in other calls, such as `transfi`.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Whether it can be used.
    #[serde(deserialize_with = "wire::required")]
    pub enabled: bool,
}

impl Endpoint for GetFiatProviders {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Vec<FiatProvider>;

    fn path(&self) -> Cow<'static, str> {
        "fiat-payouts/providers".into()
    }

    fn read(&self, body: &[u8]) -> Result<Self::Response, Unreadable> {
        results(body)
    }
}

/// Lists the currencies in which fiat payouts arrive: `GET /fiat-payouts/fiat-currencies`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetFiatCurrencies {}

/// A currency in which fiat payouts arrive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiatCurrency {
    /// By which company.
    pub provider: String,
    /// The currency.
    #[serde(rename = "currencyCode")]
    pub currency: Ticker,
    /// Whether it can be used.
    #[serde(deserialize_with = "wire::required")]
    pub enabled: bool,
}

impl Endpoint for GetFiatCurrencies {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Vec<FiatCurrency>;

    fn path(&self) -> Cow<'static, str> {
        "fiat-payouts/fiat-currencies".into()
    }

    fn read(&self, body: &[u8]) -> Result<Self::Response, Unreadable> {
        results(body)
    }
}

/// Lists the coins from which fiat payouts are made: `GET /fiat-payouts/crypto-currencies`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetFiatPayoutCoins {
    /// Only those that this company takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Only those that go with this currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Ticker>,
}

/// A coin from which fiat payouts are made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiatPayoutCoin {
    /// By which company.
    pub provider: String,
    /// The coin.
    #[serde(rename = "currencyCode")]
    pub currency: Ticker,
    /// The network of the coin.
    #[serde(default, rename = "currencyNetwork", deserialize_with = "wire::optional")]
    pub network: Option<String>,
    /// Whether it can be used.
    #[serde(deserialize_with = "wire::required")]
    pub enabled: bool,
}

impl Endpoint for GetFiatPayoutCoins {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Vec<FiatPayoutCoin>;

    fn path(&self) -> Cow<'static, str> {
        "fiat-payouts/crypto-currencies".into()
    }

    fn read(&self, body: &[u8]) -> Result<Self::Response, Unreadable> {
        results(body)
    }
}

/// Lists the kinds of account to which fiat payouts go: `GET /fiat-payouts/payment-methods`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetFiatPaymentMethods {
    /// Only those of this company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Only those for this currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Ticker>,
}

/// A kind of account to which fiat payouts go, such as a certain bank.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiatPaymentMethod {
    /// By which company.
    pub provider: String,
    /// Its name for people.
    pub name: String,
    /// Its name in other calls.
    pub payment_code: String,
    /// What must be known of an account.
    #[serde(default, deserialize_with = "wire::list")]
    pub fields: Vec<FiatAccountField>,
}

/// Something that must be known of an account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FiatAccountField {
    /// Its name in [`CreateFiatAccount::fields`].
    pub name: String,
    /// Of which type it is, such as `String`.
    #[serde(default, rename = "type", deserialize_with = "wire::optional")]
    pub kind: Option<String>,
    /// Whether it must be given.
    #[serde(deserialize_with = "wire::required")]
    pub mandatory: bool,
    /// What it is, for people.
    #[serde(default, deserialize_with = "wire::optional")]
    pub description: Option<String>,
}

impl Endpoint for GetFiatPaymentMethods {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Vec<FiatPaymentMethod>;

    fn path(&self) -> Cow<'static, str> {
        "fiat-payouts/payment-methods".into()
    }

    fn read(&self, body: &[u8]) -> Result<Self::Response, Unreadable> {
        results(body)
    }
}

/// Makes an account known: `POST /fiat-payouts/account`. It cannot be changed afterwards.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateFiatAccount {
    /// The currency of the account.
    pub currency: Ticker,
    /// The kind of account: [`FiatPaymentMethod::payment_code`].
    pub payment_code: String,
    /// What must be known of the account: a value for each of [`FiatPaymentMethod::fields`].
    pub fields: BTreeMap<String, String>,
    /// By which company it is paid: [`FiatProvider::code`].
    pub provider: String,
    /// The country of the account, as in ISO 3166-1 alpha-2.
    pub country_code: String,
}

impl Endpoint for CreateFiatAccount {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = FiatAccount;

    fn path(&self) -> Cow<'static, str> {
        "fiat-payouts/account".into()
    }

    fn read(&self, body: &[u8]) -> Result<FiatAccount, Unreadable> {
        result(body)
    }
}

/// An account to which fiat payouts go. A list tells less of it than the answer to its making.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiatAccount {
    /// Its id.
    #[serde(default, deserialize_with = "wire::optional")]
    pub id: Option<FiatAccountId>,
    /// By which company it is paid.
    pub provider: String,
    /// The currency of the account.
    #[serde(rename = "fiatCurrencyCode")]
    pub currency: Ticker,
    /// The country of the account.
    #[serde(default, deserialize_with = "wire::optional")]
    pub country_code: Option<String>,
    /// What the company calls the account.
    #[serde(default, deserialize_with = "wire::optional")]
    pub provider_account_id: Option<String>,
    /// What the company knows of the account.
    #[serde(default)]
    pub provider_account_info: Option<FiatAccountInfo>,
    /// When it was made known.
    #[serde(default, alias = "created_at", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updated_at", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
}

/// What the company that pays knows of an account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiatAccountInfo {
    /// Its name for people.
    #[serde(default, deserialize_with = "wire::optional")]
    pub display_name: Option<String>,
    /// The kind of account.
    #[serde(default, deserialize_with = "wire::optional")]
    pub payment_code: Option<String>,
    /// The number of the account.
    #[serde(default, deserialize_with = "wire::optional")]
    pub account_number: Option<String>,
    /// Whether the company uses it, in its own words, such as `active`.
    #[serde(default, deserialize_with = "wire::optional")]
    pub status: Option<String>,
}

/// Lists accounts: `GET /fiat-payouts/accounts`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListFiatAccounts {
    /// Only this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<FiatAccountId>,
    /// Only those of this company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Only those in this currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Ticker>,
    /// Only those with this text. What of them is compared is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// How many on a page.
    pub limit: u16,
    /// Which page, from 0.
    pub page: u32,
    /// Sorted by what: the name of a field. Which can be had is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
    /// Which way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<Order>,
    /// Only those made known at this time or later.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_from: Option<DateTime<Utc>>,
    /// Only those made known at this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_to: Option<DateTime<Utc>>,
}

/// All accounts, in pages of a hundred. The largest page is not documented.
impl Default for ListFiatAccounts {
    fn default() -> Self {
        Self {
            id: None,
            provider: None,
            currency: None,
            filter: None,
            limit: 100,
            page: 0,
            sort_by: None,
            order_by: None,
            date_from: None,
            date_to: None,
        }
    }
}

impl Endpoint for ListFiatAccounts {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Page<FiatAccount>;

    fn path(&self) -> Cow<'static, str> {
        "fiat-payouts/accounts".into()
    }
}

impl Paged for ListFiatAccounts {
    fn after(self, _: usize) -> Self {
        Self { page: self.page + 1, ..self }
    }
}

/// Pays out in a fiat currency, to the account of that currency: `POST /fiat-payouts`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateFiatPayout {
    /// The currency that arrives.
    pub fiat_currency: Ticker,
    /// The coin that is paid with.
    pub crypto_currency: Ticker,
    /// How much. The documents do not say of which of the two; their answers name the amount of the coin, while that
    /// of the currency is not known yet.
    #[serde(with = "amount::number")]
    pub amount: Amount,
    /// By which company it is paid: [`FiatProvider::code`].
    pub provider: String,
}

impl Endpoint for CreateFiatPayout {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = FiatPayout;

    fn path(&self) -> Cow<'static, str> {
        "fiat-payouts".into()
    }

    fn read(&self, body: &[u8]) -> Result<FiatPayout, Unreadable> {
        result(body)
    }
}

/// A fiat payout.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiatPayout {
    /// Its id.
    pub id: FiatPayoutId,
    /// By which company it is paid.
    pub provider: String,
    /// What the company calls it, once it knows of it.
    #[serde(default, deserialize_with = "wire::optional")]
    pub request_id: Option<String>,
    /// How far it is.
    pub status: FiatPayoutStatus,
    /// The currency that arrives.
    #[serde(rename = "fiatCurrencyCode")]
    pub fiat_currency: Ticker,
    /// How much of it, as far as that is known.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub fiat_amount: Option<Amount>,
    /// The coin that is paid with.
    #[serde(rename = "cryptoCurrencyCode")]
    pub crypto_currency: Ticker,
    /// How much of it.
    #[serde(default, rename = "cryptoCurrencyAmount", deserialize_with = "wire::optional_amount")]
    pub crypto_amount: Option<Amount>,
    /// The kind of account that it goes to.
    #[serde(default, rename = "fiatAccountCode", deserialize_with = "wire::optional")]
    pub account_code: Option<String>,
    /// The number of that account.
    #[serde(default, rename = "fiatAccountNumber", deserialize_with = "wire::optional")]
    pub account_number: Option<String>,
    /// The shop's own words.
    #[serde(default, deserialize_with = "wire::optional")]
    pub payout_description: Option<String>,
    /// Why it failed, in the API's words.
    #[serde(default, deserialize_with = "wire::message")]
    pub error: Option<String>,
    /// When it was made.
    #[serde(default, alias = "created_at", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updated_at", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
}

statuses! {
    /// How far a fiat payout is.
    ///
    /// It goes through its steps in one direction. Nothing is documented of what comes after a failure, so it may still
    /// finish.
    FiatPayoutStatus {
        /// It is new. Only in the example of an answer, not in the documented list.
        New = "NEW" => Step(0),
        /// It waits for its turn.
        Creating = "CREATING" => Step(1),
        /// The coin is being converted into the one that the company takes.
        Converting = "CONVERTING" => Step(2),
        /// The coin is on its way to the company.
        Depositing = "DEPOSITING" => Step(3),
        /// The company is paying.
        Processing = "PROCESSING" => Step(4),
        /// It is paid.
        Finished = "FINISHED" => End(6),
        /// It went wrong. [`FiatPayout::error`] may say why.
        Failed = "FAILED" => Rest(5),
    }
}

/// Lists fiat payouts: `GET /fiat-payouts`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListFiatPayouts {
    /// Only this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<FiatPayoutId>,
    /// Only those by this company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Only the one that the company calls so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Only those that arrive in this currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fiat_currency: Option<Ticker>,
    /// Only those that are paid with this coin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crypto_currency: Option<Ticker>,
    /// Only those of this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FiatPayoutStatus>,
    /// Only those with this text. What of them is compared is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Only the one that has this id with the company. How it differs from `request_id` is not documented.
    #[serde(rename = "provider_payout_id", skip_serializing_if = "Option::is_none")]
    pub provider_payout_id: Option<String>,
    /// How many on a page.
    pub limit: u16,
    /// Which page, from 0.
    pub page: u32,
    /// Sorted by what: the name of a field. Which can be had is not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
    /// Which way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<Order>,
    /// Only those made at this time or later.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_from: Option<DateTime<Utc>>,
    /// Only those made at this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_to: Option<DateTime<Utc>>,
}

/// All fiat payouts, in pages of a hundred. The largest page is not documented.
impl Default for ListFiatPayouts {
    fn default() -> Self {
        Self {
            id: None,
            provider: None,
            request_id: None,
            fiat_currency: None,
            crypto_currency: None,
            status: None,
            filter: None,
            provider_payout_id: None,
            limit: 100,
            page: 0,
            sort_by: None,
            order_by: None,
            date_from: None,
            date_to: None,
        }
    }
}

impl Endpoint for ListFiatPayouts {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Page<FiatPayout>;

    fn path(&self) -> Cow<'static, str> {
        "fiat-payouts".into()
    }
}

impl Paged for ListFiatPayouts {
    fn after(self, _: usize) -> Self {
        Self { page: self.page + 1, ..self }
    }
}
