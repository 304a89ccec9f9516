//! Payments: what customers pay.
//!
//! The calls and fields are those of the official collection of April 2026, the cases of the sandbox those of its own
//! collection; the forms in which fields come are those of recorded answers of 2025. A payment should be more than
//! [`GetMinAmount`](crate::estimates::GetMinAmount) says, or the API refuses it.

use std::{borrow::Cow, net::IpAddr};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Amount, InvoiceId, PaymentId, PurchaseId, Ticker, amount,
    endpoint::{Access, Endpoint, Listing, Order, Paged},
    status::{
        Stage::{Rest, Step},
        statuses,
    },
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
    /// The customer's address. The API wants it when `pay_currency` is a fiat currency.
    #[serde(skip)]
    pub origin_ip: Option<IpAddr>,
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
            origin_ip: None,
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

    fn origin_ip(&self) -> Option<IpAddr> {
        self.origin_ip
    }
}

/// Renews the price in the coin when the time for which it holds is over: `POST /payment/:id/update-merchant-estimate`.
///
/// Before that it answers with the price that holds, and changes nothing.
#[derive(Debug, Clone, Serialize)]
pub struct RenewEstimate {
    /// Of which payment.
    #[serde(skip)]
    pub id: PaymentId,
}

/// The answer of [`RenewEstimate`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RenewedEstimate {
    /// The payment.
    #[serde(alias = "payment_id")]
    pub id: PaymentId,
    /// Exactly what the customer has to pay, in the coin.
    pub pay_amount: Amount,
    /// Until when that holds.
    #[serde(default, alias = "expire_at", deserialize_with = "wire::optional")]
    pub expiration_estimate_date: Option<DateTime<Utc>>,
}

impl Endpoint for RenewEstimate {
    const METHOD: Method = Method::POST;
    type Response = RenewedEstimate;

    fn path(&self) -> Cow<'static, str> {
        format!("payment/{}/update-merchant-estimate", self.id).into()
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
    /// Where the customer of a `fiat2crypto` payment pays.
    #[serde(default, rename = "redirectData")]
    pub redirect: Option<Redirect>,
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

/// Where a customer who pays in a fiat currency is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Redirect {
    /// The page of the provider that takes the money.
    #[serde(default, deserialize_with = "wire::optional")]
    pub redirect_url: Option<String>,
}

statuses! {
    /// How far a payment is.
    ///
    /// It goes through its steps in one direction. Once it has come to an end, only an end in which more has happened
    /// to the money can follow: what failed or expired may be paid after all, what was paid may be refunded.
    PaymentStatus {
        /// Nothing has been paid.
        Waiting = "waiting" => Step(0),
        /// The deposit is on the chain.
        Confirming = "confirming" => Step(1),
        /// The chain has confirmed the deposit.
        Confirmed = "confirmed" => Step(2),
        /// The money is on its way to the shop.
        Sending = "sending" => Step(3),
        /// Less than the price was paid; the shop has got that.
        PartiallyPaid = "partially_paid" => Step(5),
        /// The shop has got its money.
        Finished = "finished" => Rest(6),
        /// Something went wrong.
        Failed = "failed" => Rest(4),
        /// The customer has got the money back.
        Refunded = "refunded" => Rest(7),
        /// Nothing was paid in time.
        Expired = "expired" => Rest(4),
        /// It was called off. Not documented, but known to the provider's own SDK.
        Cancelled = "cancelled" | "canceled" => Rest(4),
    }
}

/// Lists payments: `GET /payment/`. Only those made with the same key.
///
/// With [`invoice_id`](Self::invoice_id) it lists the payments of an invoice, which cannot be read itself.
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
    fn after(self, _: usize) -> Self {
        Self { page: self.page + 1, ..self }
    }
}

impl Listing for PaymentPage {
    type Item = Payment;

    fn into_items(self) -> (Vec<Payment>, Option<bool>) {
        let more = self.page.zip(self.pages_count).map(|(page, pages)| page + 1 < pages);
        (self.data, more)
    }
}
