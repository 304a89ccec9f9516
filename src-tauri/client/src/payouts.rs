//! Payouts: money that leaves. A batch of them is created, then verified with a code of the second factor.
//!
//! The calls are those of the official collection of April 2026; how a batch is read is seen in recorded answers of 2023
//! and later, and that a batch can come back stands in the official OpenAPI of July 2026 alone.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let simulator = nowpayments_simulator::Simulator::start(Default::default()).await?;
//! # let given = simulator.credentials();
//! # let login = nowpayments::Login { email: given.email, password: given.password.into() };
//! # let credentials = nowpayments::Credentials { api_key: given.api_key.into(), login: Some(login) };
//! # let client = nowpayments::Client::new(simulator.url().parse()?, credentials)?;
//! # let code = simulator.code().code;
//! use nowpayments::{Outcome, payouts::*};
//!
//! let address = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t".to_owned();
//! let row = NewPayout::new(address, "trx".parse()?, "120.5".parse()?);
//! let row = NewPayout { unique_external_id: Some("wages-2027-03-ann".to_owned()), ..row };
//! let request = CreatePayout { withdrawals: vec![row], ..CreatePayout::default() };
//! match client.send(&request).await {
//!     Ok(batch) => {
//!         let verify = VerifyPayout { id: batch.id.clone(), verification_code: code.into() };
//!         client.send(&verify).await?;
//!         let batch = client.send(&GetPayout { id: batch.id }).await?;
//!         assert_eq!(batch.withdrawals[0].amount, request.withdrawals[0].amount);
//!     }
//!     Err(error) if error.outcome() == Outcome::Unknown => {
//!         println!("it may be there: {error}; look for wages-2027-03-ann with ListPayouts");
//!     }
//!     Err(error) => println!("nothing was done: {error}"),
//! }
//! # Ok(())
//! # }
//! ```

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use crate::{
    Amount, PayoutBatchId, PayoutId, Ticker, amount,
    endpoint::{Access, Endpoint, Order, Paged, done, json, ok},
    envelope::results,
    error::{Call, Unreadable},
    status::{
        Stage::{End, Setback, Step},
        statuses,
    },
    wire::{self, Shape},
};

#[cfg(test)]
mod tests;

/// Asks whether an address is one of a coin: `POST /payout/validate-address`.
///
/// The answer is nothing; an address that is not one is a refusal of which
/// [`Refused::is_invalid_address`](crate::Refused::is_invalid_address) is true.
#[derive(Debug, Clone, Serialize)]
pub struct ValidateAddress {
    /// The address.
    pub address: String,
    /// The coin.
    pub currency: Ticker,
    /// The memo that goes with it.
    pub extra_id: Option<String>,
}

impl Endpoint for ValidateAddress {
    const METHOD: Method = Method::POST;
    type Response = ();

    fn path(&self) -> Cow<'static, str> {
        Call::ADDRESS_CHECK.into()
    }

    fn read(&self, body: &[u8]) -> Result<(), Unreadable> {
        ok(body)
    }
}

/// Creates a batch of payouts, which are not paid before [`VerifyPayout`]: `POST /payout`.
///
/// Only to allowed addresses, from allowed computers. When this fails, [`Error::outcome`](crate::Error::outcome)
/// tells whether the batch may exist nevertheless; the provider knows no idempotency key, so the only way to
/// find out is to look for the [`unique_external_id`](NewPayout::unique_external_id)s with [`ListPayouts`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreatePayout {
    /// Where callbacks of all payouts go. Other things than this cannot be said for all at once: the API refuses
    /// a description here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipn_callback_url: Option<String>,
    /// When it is paid, if not as soon as it is verified. The API wants it before the payouts.
    #[serde(flatten)]
    pub schedule: Option<Schedule>,
    /// The payouts.
    pub withdrawals: Vec<NewPayout>,
}

/// When a batch is paid. It has to be verified within the hour like any other; a day before it is paid the shop gets
/// an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// When, or when for the first time.
    pub execute_at: DateTime<Utc>,
    /// How it comes back, if it does.
    pub repetition: Option<Repetition>,
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("execute_at", &wire::time_text(&self.execute_at).to_string())?;
        match &self.repetition {
            None => fields.serialize_entry("interval", "ONETIME")?,
            Some(Repetition { interval, every, until }) => {
                fields.serialize_entry("interval", interval)?;
                fields.serialize_entry("interval_value", every)?;
                if let Some(until) = until {
                    fields.serialize_entry("execute_until", &wire::time_text(until).to_string())?;
                }
            }
        }
        fields.end()
    }
}

/// How a scheduled batch comes back. The official collection of April 2026 knows batches that are paid once; the
/// official OpenAPI of July 2026 has these as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repetition {
    interval: Interval,
    every: u16,
    until: Option<DateTime<Utc>>,
}

impl Repetition {
    /// Every so many days, weeks or months, until then, or until it is cancelled.
    ///
    /// # Errors
    /// When the API does not take that number: it is 0, or more than [`Interval::longest`].
    pub fn new(
        interval: Interval,
        every: u16,
        until: Option<DateTime<Utc>>,
    ) -> Result<Self, RepetitionError> {
        if (1..=interval.longest()).contains(&every) {
            Ok(Self { interval, every, until })
        } else {
            Err(RepetitionError { longest: interval.longest() })
        }
    }
}

/// What the time between two payments of a scheduled batch is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Interval {
    /// Days.
    Daily,
    /// Weeks.
    Weekly,
    /// Months, on the same day of the month.
    MonthlyByDayOfMonth,
    /// Months, on the same day of the week.
    MonthlyByDayOfWeek,
}

impl Interval {
    /// The most days, weeks or months from one payment to the next.
    #[must_use]
    pub fn longest(self) -> u16 {
        match self {
            Self::Daily => 365,
            Self::Weekly => 52,
            Self::MonthlyByDayOfMonth | Self::MonthlyByDayOfWeek => 12,
        }
    }
}

/// A number of days, weeks or months that cannot be between two payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number from 1 to {longest}")]
pub struct RepetitionError {
    longest: u16,
}

/// A payout to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewPayout {
    /// Where it goes.
    pub address: String,
    /// The coin.
    pub currency: Ticker,
    /// How much. The API takes at most 6 decimals.
    #[serde(with = "amount::number")]
    pub amount: Amount,
    /// The memo that goes with the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_id: Option<String>,
    /// Where callbacks go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipn_callback_url: Option<String>,
    /// The shop's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_description: Option<String>,
    /// The shop's own name for it, by which it can be found again. Nothing says that the API refuses a second one
    /// of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_external_id: Option<String>,
    /// How much in a fiat currency, which overrides `amount`.
    #[serde(with = "amount::number::option", skip_serializing_if = "Option::is_none")]
    pub fiat_amount: Option<Amount>,
    /// That fiat currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fiat_currency: Option<Ticker>,
}

impl NewPayout {
    /// A payout of which only what is required is said.
    #[must_use]
    pub fn new(address: String, currency: Ticker, amount: Amount) -> Self {
        Self {
            address,
            currency,
            amount,
            extra_id: None,
            ipn_callback_url: None,
            payout_description: None,
            unique_external_id: None,
            fiat_amount: None,
            fiat_currency: None,
        }
    }
}

impl Endpoint for CreatePayout {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = PayoutBatch;

    fn path(&self) -> Cow<'static, str> {
        "payout".into()
    }

    /// Reads the batch as it is documented, and the array of payouts that older documents have if all of these name
    /// the same batch.
    fn read(&self, body: &[u8]) -> Result<PayoutBatch, Unreadable> {
        let withdrawals = match json::<Shape<PayoutBatch, Payout>>(body)? {
            Shape::Object(batch) => return Ok(batch),
            Shape::Array(withdrawals) => withdrawals,
        };
        let named = withdrawals.first().and_then(|payout| payout.batch_withdrawal_id.clone());
        match named {
            Some(id) if withdrawals.iter().all(|payout| payout.batch_withdrawal_id.as_ref() == Some(&id)) => {
                Ok(PayoutBatch { id, created_at: None, withdrawals })
            }
            _ => Err(Unreadable::new("", "payouts that do not name one batch")),
        }
    }
}

/// Releases a batch with a code of the second factor: `POST /payout/:batch_id/verify`.
///
/// Within an hour of its creation, and with at most ten attempts. One code is accepted once.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyPayout {
    /// Which batch.
    #[serde(skip)]
    pub id: PayoutBatchId,
    /// The code from the authenticator app, or from the e-mail of an account that has none.
    #[serde(serialize_with = "crate::auth::expose")]
    pub verification_code: SecretString,
}

impl Endpoint for VerifyPayout {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = ();

    fn path(&self) -> Cow<'static, str> {
        format!("payout/{}/verify", self.id).into()
    }

    fn secret(&self) -> Option<&SecretString> {
        Some(&self.verification_code)
    }

    fn read(&self, body: &[u8]) -> Result<(), Unreadable> {
        ok(body)
    }
}

/// Reads a batch: `GET /payout/:id`.
#[derive(Debug, Clone, Serialize)]
pub struct GetPayout {
    /// Which.
    #[serde(skip)]
    pub id: PayoutBatchId,
}

impl Endpoint for GetPayout {
    const METHOD: Method = Method::GET;
    type Response = PayoutBatch;

    fn path(&self) -> Cow<'static, str> {
        format!("payout/{}", self.id).into()
    }

    /// Reads the batch as it is seen, and the bare array of its payouts that is documented.
    fn read(&self, body: &[u8]) -> Result<PayoutBatch, Unreadable> {
        Ok(match json::<Shape<PayoutBatch, Payout>>(body)? {
            Shape::Object(batch) => batch,
            Shape::Array(withdrawals) => PayoutBatch { id: self.id.clone(), created_at: None, withdrawals },
        })
    }
}

/// Calls off one payout of a scheduled batch: `POST /payout/:payout_id/cancel`.
///
/// It takes the id of the payout, not of the batch. The documents do not show what the API answers, and disagree about
/// the login, so any yes is one and both key and login are sent; the payout is [`PayoutStatus::Cancelled`] then.
#[derive(Debug, Clone, Serialize)]
pub struct CancelPayout {
    /// Which.
    #[serde(skip)]
    pub id: PayoutId,
}

impl Endpoint for CancelPayout {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = ();

    fn path(&self) -> Cow<'static, str> {
        format!("payout/{}/cancel", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<(), Unreadable> {
        done(body)
    }
}

/// Calls off a scheduled batch: `POST /payout/:batch_id/cancel-batch`.
///
/// Only the official OpenAPI of July 2026 has it. What is said of [`CancelPayout`] is true of it as well.
#[derive(Debug, Clone, Serialize)]
pub struct CancelPayoutBatch {
    /// Which.
    #[serde(skip)]
    pub id: PayoutBatchId,
}

impl Endpoint for CancelPayoutBatch {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = ();

    fn path(&self) -> Cow<'static, str> {
        format!("payout/{}/cancel-batch", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<(), Unreadable> {
        done(body)
    }
}

/// A batch of payouts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PayoutBatch {
    /// Its id.
    pub id: PayoutBatchId,
    /// When it was created.
    #[serde(default, rename = "createdAt", alias = "created_at", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// Its payouts.
    pub withdrawals: Vec<Payout>,
}

/// A payout. Its fields come in snake case and in camel case, sometimes both in one answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Payout {
    /// Its id.
    pub id: PayoutId,
    /// The batch it belongs to.
    #[serde(default, alias = "batchWithdrawalId", deserialize_with = "wire::optional")]
    pub batch_withdrawal_id: Option<PayoutBatchId>,
    /// How far it is.
    pub status: PayoutStatus,
    /// Where it goes.
    pub address: String,
    /// The memo that goes with the address.
    #[serde(default, alias = "extraId", deserialize_with = "wire::optional")]
    pub extra_id: Option<String>,
    /// The coin.
    pub currency: Ticker,
    /// How much.
    pub amount: Amount,
    /// How much in a fiat currency, if it was said so.
    #[serde(default, alias = "fiatAmount", deserialize_with = "wire::optional_amount")]
    pub fiat_amount: Option<Amount>,
    /// That fiat currency.
    #[serde(default, alias = "fiatCurrency", deserialize_with = "wire::optional")]
    pub fiat_currency: Option<Ticker>,
    /// The fee, in the coin.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub fee: Option<Amount>,
    /// Who bears the fee.
    #[serde(default, alias = "feePaidBy", deserialize_with = "wire::optional")]
    pub fee_paid_by: Option<String>,
    /// The transaction.
    #[serde(default, deserialize_with = "wire::optional")]
    pub hash: Option<String>,
    /// Why it failed, in the API's words.
    #[serde(default, deserialize_with = "wire::message")]
    pub error: Option<String>,
    /// The shop's own name for it.
    #[serde(default, alias = "uniqueExternalId", deserialize_with = "wire::optional")]
    pub unique_external_id: Option<String>,
    /// The shop's own words.
    #[serde(default, alias = "payoutDescription", deserialize_with = "wire::optional")]
    pub payout_description: Option<String>,
    /// Where callbacks go.
    #[serde(default, alias = "ipnCallbackUrl", deserialize_with = "wire::optional")]
    pub ipn_callback_url: Option<String>,
    /// Undocumented.
    #[serde(default, alias = "isRequestPayouts", deserialize_with = "wire::optional")]
    pub is_request_payouts: Option<bool>,
    /// When it was created.
    #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it was released.
    #[serde(default, alias = "requestedAt", deserialize_with = "wire::optional")]
    pub requested_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updatedAt", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
    /// When it is paid, if it is scheduled. Not documented in answers.
    #[serde(default, alias = "executeAt", deserialize_with = "wire::optional")]
    pub execute_at: Option<DateTime<Utc>>,
}

statuses! {
    /// How far a payout is.
    ///
    /// It goes through its steps in one direction and stays at its end. One that failed may be taken up again.
    PayoutStatus {
        /// Seen by integrators before `Creating`; not documented.
        New = "NEW" => Step(0),
        /// It waits to be verified.
        Creating = "CREATING" => Step(1),
        /// It is verified and waits for its turn.
        Waiting = "WAITING" => Step(2),
        /// It is being made.
        Processing = "PROCESSING" => Step(3),
        /// It is on its way.
        Sending = "SENDING" => Step(4),
        /// It has arrived.
        Finished = "FINISHED" => End(6),
        /// It went wrong. Not final: the provider may resume it, so it must not be made again without a fresh look.
        Failed = "FAILED" => Setback(5, 3),
        /// It will not be made.
        Rejected = "REJECTED" => End(6),
        /// Seen by integrators; not documented, hence not taken for final.
        RejectedNotChecked = "REJECTED_NOT_CHECKED" => Step(5),
        /// It was called off.
        Cancelled = "CANCELLED" | "CANCELED" => End(6),
    }
}

/// Lists payouts: `GET /payout`.
#[derive(Debug, Clone, Serialize)]
pub struct ListPayouts {
    /// Only those of this batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<PayoutBatchId>,
    /// Only those of this status.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "lower_case")]
    pub status: Option<PayoutStatus>,
    /// Sorted by what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<PayoutSort>,
    /// Which way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Only those requested at this time or later.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_from: Option<DateTime<Utc>>,
    /// Only those requested at this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_to: Option<DateTime<Utc>>,
    /// How many on a page.
    pub limit: u16,
    /// Which page, from 0.
    pub page: u32,
}

/// All payouts, in pages of a hundred. The largest page is not documented.
impl Default for ListPayouts {
    fn default() -> Self {
        Self {
            batch_id: None,
            status: None,
            order_by: None,
            order: None,
            date_from: None,
            date_to: None,
            limit: 100,
            page: 0,
        }
    }
}

/// What payouts are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PayoutSort {
    /// Their id.
    Id,
    /// The id of their batch.
    BatchId,
    /// When they were created.
    DateCreated,
    /// When they were released.
    DateRequested,
    /// When they last changed.
    DateUpdated,
    /// The coin.
    Currency,
    /// The status.
    Status,
}

/// The filter is documented in lower case, unlike the statuses of the answers.
fn lower_case<S: Serializer>(status: &Option<PayoutStatus>, serializer: S) -> Result<S::Ok, S::Error> {
    match status {
        Some(status) => serializer.serialize_str(&status.as_str().to_ascii_lowercase()),
        None => serializer.serialize_none(),
    }
}

impl Endpoint for ListPayouts {
    const METHOD: Method = Method::GET;
    type Response = Vec<Payout>;

    fn path(&self) -> Cow<'static, str> {
        "payout".into()
    }

    fn read(&self, body: &[u8]) -> Result<Vec<Payout>, Unreadable> {
        results(body)
    }
}

impl Paged for ListPayouts {
    fn after(self, _: usize) -> Self {
        Self { page: self.page + 1, ..self }
    }
}

/// Asks what a payout would cost: `GET /payout/fee`.
#[derive(Debug, Clone, Serialize)]
pub struct GetPayoutFee {
    /// The coin.
    pub currency: Ticker,
    /// How much is to be paid out.
    pub amount: Amount,
}

/// The answer of [`GetPayoutFee`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PayoutFee {
    /// The coin.
    pub currency: Ticker,
    /// The fee, in the coin. An estimate.
    pub fee: Amount,
}

impl Endpoint for GetPayoutFee {
    const METHOD: Method = Method::GET;
    type Response = PayoutFee;

    fn path(&self) -> Cow<'static, str> {
        "payout/fee".into()
    }
}

/// Asks for the smallest payout of a coin: `GET /payout-withdrawal/min-amount/:coin`. The answer is in the coin.
#[derive(Debug, Clone, Serialize)]
pub struct GetPayoutMinimum {
    /// The coin.
    #[serde(skip)]
    pub currency: Ticker,
}

impl Endpoint for GetPayoutMinimum {
    const METHOD: Method = Method::GET;
    type Response = Amount;

    fn path(&self) -> Cow<'static, str> {
        format!("payout-withdrawal/min-amount/{}", self.currency).into()
    }

    fn read(&self, body: &[u8]) -> Result<Amount, Unreadable> {
        #[derive(Deserialize)]
        struct Minimum {
            result: Amount,
        }

        json::<Minimum>(body).map(|answer| answer.result)
    }
}
