//! Payouts: money that leaves. A batch of them is created, then verified with a code of the second factor.

use std::{borrow::Cow, fmt};

use chrono::{DateTime, Utc};
use reqwest::Method;
use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use crate::{
    Amount, PayoutBatchId, PayoutId, Ticker, amount,
    endpoint::{Access, Endpoint, Order, Paged, json, ok},
    error::Unreadable,
    wire,
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
        "payout/validate-address".into()
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
    /// The payouts.
    pub withdrawals: Vec<NewPayout>,
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
        Ok(match json(body)? {
            Batch::Whole(batch) => batch,
            Batch::Rows(withdrawals) => PayoutBatch { id: self.id.clone(), created_at: None, withdrawals },
        })
    }
}

enum Batch {
    Whole(PayoutBatch),
    Rows(Vec<Payout>),
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Batch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a batch, or an array of payouts")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Batch, A::Error> {
                PayoutBatch::deserialize(MapAccessDeserializer::new(map)).map(Batch::Whole)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, rows: A) -> Result<Batch, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(rows)).map(Batch::Rows)
            }
        }

        deserializer.deserialize_any(Visitor)
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
}

/// How far a payout is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PayoutStatus {
    /// Seen by integrators before `Creating`; not documented.
    New,
    /// It waits to be verified.
    Creating,
    /// It is verified and waits for its turn.
    Waiting,
    /// It is being made.
    Processing,
    /// It is on its way.
    Sending,
    /// It has arrived.
    Finished,
    /// It went wrong. Not final: the provider may resume it, so it must not be made again without a fresh look.
    Failed,
    /// It will not be made.
    Rejected,
    /// Seen by integrators; not documented, hence not taken for final.
    RejectedNotChecked,
    /// It was called off.
    Cancelled,
    /// A status that this version does not know, as it came.
    Other(String),
}

impl PayoutStatus {
    /// The status in the API's upper case; an unknown one as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::New => "NEW",
            Self::Creating => "CREATING",
            Self::Waiting => "WAITING",
            Self::Processing => "PROCESSING",
            Self::Sending => "SENDING",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Rejected => "REJECTED",
            Self::RejectedNotChecked => "REJECTED_NOT_CHECKED",
            Self::Cancelled => "CANCELLED",
            Self::Other(other) => other,
        }
    }

    /// Whether it cannot change any more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Finished | Self::Rejected | Self::Cancelled)
    }

    /// Whether an answer with this status can be newer than one with the `earlier` status. If not, it is a late
    /// one and must not overwrite it.
    ///
    /// A payout goes through its steps in one direction and stays at its end. One that failed may be taken up
    /// again. A status that is not known may follow, and be followed by, any that is not final.
    #[must_use]
    pub fn may_follow(&self, earlier: &Self) -> bool {
        if earlier.is_final() {
            return self == earlier;
        }
        match (self.rank(), earlier.rank()) {
            (Some(own), Some(_)) if *earlier == Self::Failed => Some(own) >= Self::Processing.rank(),
            (Some(own), Some(earlier)) => own >= earlier,
            _ => true,
        }
    }

    fn rank(&self) -> Option<u8> {
        Some(match self {
            Self::New => 0,
            Self::Creating => 1,
            Self::Waiting => 2,
            Self::Processing => 3,
            Self::Sending => 4,
            Self::Failed | Self::RejectedNotChecked => 5,
            Self::Finished | Self::Rejected | Self::Cancelled => 6,
            Self::Other(_) => return None,
        })
    }
}

impl From<&str> for PayoutStatus {
    /// Reads a status in any case.
    fn from(text: &str) -> Self {
        match text.to_ascii_uppercase().as_str() {
            "NEW" => Self::New,
            "CREATING" => Self::Creating,
            "WAITING" => Self::Waiting,
            "PROCESSING" => Self::Processing,
            "SENDING" => Self::Sending,
            "FINISHED" => Self::Finished,
            "FAILED" => Self::Failed,
            "REJECTED" => Self::Rejected,
            "REJECTED_NOT_CHECKED" => Self::RejectedNotChecked,
            "CANCELLED" | "CANCELED" => Self::Cancelled,
            _ => Self::Other(text.to_owned()),
        }
    }
}

impl fmt::Display for PayoutStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PayoutStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer).map(|text| text.as_ref().into())
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
        #[derive(Deserialize)]
        struct Payouts {
            payouts: Vec<Payout>,
        }

        json::<Payouts>(body).map(|answer| answer.payouts)
    }
}

impl Paged for ListPayouts {
    type Item = Payout;

    fn page(&self) -> u32 {
        self.page
    }

    fn at(self, page: u32) -> Self {
        Self { page, ..self }
    }

    /// The answer has no totals, so the end is where a page is empty.
    fn items(response: Vec<Payout>) -> (Vec<Payout>, Option<bool>) {
        (response, None)
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
