//! Payments: what customers pay.

use std::{borrow::Cow, fmt};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Amount, InvoiceId, PaymentId, PurchaseId, Ticker, amount,
    endpoint::{Access, Endpoint, Order, Paged},
    wire,
};

#[cfg(test)]
mod tests;

/// Makes a payment: `POST /payment`.
#[derive(Debug, Clone, Serialize)]
pub struct CreatePayment {
    /// The price.
    #[serde(with = "amount::number")]
    pub price_amount: Amount,
    /// The currency of the price.
    pub price_currency: Ticker,
    /// The coin that the customer pays with.
    pub pay_currency: Ticker,
    /// The price in that coin, instead of the estimate of the moment.
    #[serde(with = "amount::number::option", skip_serializing_if = "Option::is_none")]
    pub pay_amount: Option<Amount>,
    /// Where callbacks go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipn_callback_url: Option<String>,
    /// The shop's own name for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The shop's own words for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_description: Option<String>,
    /// The purchase that this is a further payment of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_id: Option<PurchaseId>,
    /// Where the money goes, instead of the shop's outcome wallet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_address: Option<String>,
    /// The coin of that address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_currency: Option<Ticker>,
    /// The memo of that address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_extra_id: Option<String>,
    /// Whether the rate is frozen for some minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fixed_rate: Option<bool>,
    /// Whether the customer bears the fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fee_paid_by_user: Option<bool>,
    /// In the sandbox: how the payment is to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<SandboxCase>,
}

impl CreatePayment {
    /// A payment of which only what is required is said.
    #[must_use]
    pub fn new(price_amount: Amount, price_currency: Ticker, pay_currency: Ticker) -> Self {
        Self {
            price_amount,
            price_currency,
            pay_currency,
            pay_amount: None,
            ipn_callback_url: None,
            order_id: None,
            order_description: None,
            purchase_id: None,
            payout_address: None,
            payout_currency: None,
            payout_extra_id: None,
            is_fixed_rate: None,
            is_fee_paid_by_user: None,
            case: None,
        }
    }
}

/// How a payment in the sandbox ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxCase {
    /// It is paid at once.
    Success,
    /// It is paid after a while.
    Common,
    /// It fails.
    Failed,
    /// Less than the price is paid.
    PartiallyPaid,
}

impl Endpoint for CreatePayment {
    const METHOD: Method = Method::POST;
    type Response = Payment;

    fn path(&self) -> Cow<'static, str> {
        "payment".into()
    }
}

/// Reads one payment: `GET /payment/:id`. Only the key that made it may.
#[derive(Debug, Clone, Serialize)]
pub struct GetPayment {
    /// Which.
    #[serde(skip)]
    pub id: PaymentId,
}

impl Endpoint for GetPayment {
    const METHOD: Method = Method::GET;
    type Response = Payment;

    fn path(&self) -> Cow<'static, str> {
        format!("payment/{}", self.id).into()
    }
}

/// A payment. Which fields are there depends on the call that answers with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Payment {
    /// Its id.
    pub payment_id: PaymentId,
    /// How far it is.
    pub payment_status: PaymentStatus,
    /// Where the customer pays to.
    #[serde(default, deserialize_with = "wire::optional")]
    pub pay_address: Option<String>,
    /// The memo that goes with the address.
    #[serde(default, deserialize_with = "wire::optional")]
    pub payin_extra_id: Option<String>,
    /// The price.
    pub price_amount: Amount,
    /// The currency of the price.
    pub price_currency: Ticker,
    /// The price in the coin.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub pay_amount: Option<Amount>,
    /// What has been paid, in the coin.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub actually_paid: Option<Amount>,
    /// What has been paid, in the currency of the price. May be 0 although something was paid.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub actually_paid_at_fiat: Option<Amount>,
    /// The coin.
    pub pay_currency: Ticker,
    /// The shop's own name for the order.
    #[serde(default, deserialize_with = "wire::optional")]
    pub order_id: Option<String>,
    /// The shop's own words for the order.
    #[serde(default, deserialize_with = "wire::optional")]
    pub order_description: Option<String>,
    /// What ties the payments of one purchase together.
    #[serde(default, deserialize_with = "wire::optional")]
    pub purchase_id: Option<PurchaseId>,
    /// What the shop gets, after conversion and fees.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub outcome_amount: Option<Amount>,
    /// In which currency.
    #[serde(default, deserialize_with = "wire::optional")]
    pub outcome_currency: Option<Ticker>,
    /// What the shop is to get when all is paid.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub amount_received: Option<Amount>,
    /// The invoice that it pays.
    #[serde(default, deserialize_with = "wire::optional")]
    pub invoice_id: Option<InvoiceId>,
    /// The payment that it repeats: a second deposit to the same address is a payment of its own.
    #[serde(default, deserialize_with = "wire::optional")]
    pub parent_payment_id: Option<PaymentId>,
    /// The payments that repeat it.
    #[serde(default, deserialize_with = "wire::list")]
    pub payment_extra_ids: Vec<PaymentId>,
    /// When it was made.
    #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updatedAt", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Until when the rate holds.
    #[serde(default, deserialize_with = "wire::optional")]
    pub expiration_estimate_date: Option<DateTime<Utc>>,
    /// Until when a deposit is waited for, 7 days as a rule.
    #[serde(default, deserialize_with = "wire::optional")]
    pub valid_until: Option<DateTime<Utc>>,
    /// The network of the coin.
    #[serde(default, deserialize_with = "wire::optional")]
    pub network: Option<String>,
    /// The decimals of the coin on its network.
    #[serde(default, deserialize_with = "wire::optional")]
    pub network_precision: Option<u32>,
    /// The contract of a token.
    #[serde(default, deserialize_with = "wire::optional")]
    pub smart_contract: Option<String>,
    /// Undocumented.
    #[serde(default, deserialize_with = "wire::optional")]
    pub time_limit: Option<String>,
    /// Undocumented.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub burning_percent: Option<Amount>,
    /// `crypto2crypto` or `fiat2crypto`.
    #[serde(default, rename = "type", deserialize_with = "wire::optional")]
    pub kind: Option<String>,
    /// `REPEATED` for a further deposit to the same address.
    #[serde(default, deserialize_with = "wire::optional")]
    pub origin_type: Option<String>,
    /// The customer's transaction.
    #[serde(default, deserialize_with = "wire::optional")]
    pub payin_hash: Option<String>,
    /// The transaction to the shop's wallet.
    #[serde(default, deserialize_with = "wire::optional")]
    pub payout_hash: Option<String>,
    /// Whether the rate was frozen.
    #[serde(default, deserialize_with = "wire::optional")]
    pub is_fixed_rate: Option<bool>,
    /// Whether the customer bears the fees.
    #[serde(default, deserialize_with = "wire::optional")]
    pub is_fee_paid_by_user: Option<bool>,
    /// Where callbacks go.
    #[serde(default, deserialize_with = "wire::optional")]
    pub ipn_callback_url: Option<String>,
}

/// How far a payment is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentStatus {
    /// Nothing has been paid.
    Waiting,
    /// The deposit is on the chain.
    Confirming,
    /// The chain has confirmed the deposit.
    Confirmed,
    /// The money is on its way to the shop.
    Sending,
    /// Less than the price was paid; the shop has got that.
    PartiallyPaid,
    /// The shop has got its money.
    Finished,
    /// Something went wrong.
    Failed,
    /// The customer has got the money back.
    Refunded,
    /// Nothing was paid in time.
    Expired,
    /// It was called off. Not documented, but known to the provider's own SDK.
    Cancelled,
    /// A status that this version does not know, as it came.
    Other(String),
}

impl PaymentStatus {
    /// The status in the API's lower case; an unknown one as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Waiting => "waiting",
            Self::Confirming => "confirming",
            Self::Confirmed => "confirmed",
            Self::Sending => "sending",
            Self::PartiallyPaid => "partially_paid",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Other(other) => other,
        }
    }

    /// Whether the provider does nothing more of its own accord. Such a payment can still change, for instance
    /// when it is refunded.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Refunded | Self::Expired | Self::Cancelled)
    }

    /// Whether an answer with this status can be newer than one with the `earlier` status. If not, it is a late
    /// one and must not overwrite it.
    ///
    /// A payment goes through its steps in one direction. Once it has come to an end, only an end in which more
    /// has happened to the money can follow: what failed or expired may be paid after all, what was paid may be
    /// refunded. A status that is not known may follow, and be followed by, any.
    #[must_use]
    pub fn may_follow(&self, earlier: &Self) -> bool {
        match (self.rank(), earlier.rank()) {
            (Some(own), Some(earlier)) => own >= earlier,
            _ => true,
        }
    }

    fn rank(&self) -> Option<u8> {
        Some(match self {
            Self::Waiting => 0,
            Self::Confirming => 1,
            Self::Confirmed => 2,
            Self::Sending => 3,
            Self::Failed | Self::Expired | Self::Cancelled => 4,
            Self::PartiallyPaid => 5,
            Self::Finished => 6,
            Self::Refunded => 7,
            Self::Other(_) => return None,
        })
    }
}

impl From<&str> for PaymentStatus {
    /// Reads a status in any case.
    fn from(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "waiting" => Self::Waiting,
            "confirming" => Self::Confirming,
            "confirmed" => Self::Confirmed,
            "sending" => Self::Sending,
            "partially_paid" => Self::PartiallyPaid,
            "finished" => Self::Finished,
            "failed" => Self::Failed,
            "refunded" => Self::Refunded,
            "expired" => Self::Expired,
            "cancelled" | "canceled" => Self::Cancelled,
            _ => Self::Other(text.to_owned()),
        }
    }
}

impl fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PaymentStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer).map(|text| text.as_ref().into())
    }
}

/// Lists payments: `GET /payment/`. Only those made with the same key.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPayments {
    /// How many on a page, 1 to 500.
    pub limit: u16,
    /// Which page, from 0.
    pub page: u32,
    /// Sorted by what; by the time of creation if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<PaymentSort>,
    /// Which way; ascending if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<Order>,
    /// Only those made at this time or later.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_from: Option<DateTime<Utc>>,
    /// Only those made at this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub date_to: Option<DateTime<Utc>>,
    /// Only those of this invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<InvoiceId>,
}

/// All payments, in the largest pages.
impl Default for ListPayments {
    fn default() -> Self {
        Self {
            limit: 500,
            page: 0,
            sort_by: None,
            order_by: None,
            date_from: None,
            date_to: None,
            invoice_id: None,
        }
    }
}

/// What payments are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the field of the same name of a payment")]
pub enum PaymentSort {
    PaymentId,
    PaymentStatus,
    PayAddress,
    PriceAmount,
    PriceCurrency,
    PayAmount,
    ActuallyPaid,
    PayCurrency,
    OrderId,
    OrderDescription,
    PurchaseId,
    OutcomeAmount,
    OutcomeCurrency,
    CreatedAt,
}

/// A page of payments.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPage {
    /// The payments.
    pub data: Vec<Payment>,
    /// How many the API puts on a page, which may be fewer than were asked for.
    #[serde(default, deserialize_with = "wire::optional")]
    pub limit: Option<u32>,
    /// Which page this is, from 0.
    #[serde(default, deserialize_with = "wire::optional")]
    pub page: Option<u32>,
    /// How many pages there are.
    #[serde(default, alias = "pages_count", deserialize_with = "wire::optional")]
    pub pages_count: Option<u32>,
    /// How many payments there are.
    #[serde(default, deserialize_with = "wire::optional")]
    pub total: Option<u32>,
}

impl Endpoint for ListPayments {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = PaymentPage;

    /// The slash at the end is the documented form.
    fn path(&self) -> Cow<'static, str> {
        "payment/".into()
    }
}

impl Paged for ListPayments {
    type Item = Payment;

    fn page(&self) -> u32 {
        self.page
    }

    fn at(self, page: u32) -> Self {
        Self { page, ..self }
    }

    fn items(response: PaymentPage) -> (Vec<Payment>, Option<bool>) {
        let more = response.page.zip(response.pages_count).map(|(page, pages)| page + 1 < pages);
        (response.data, more)
    }
}
