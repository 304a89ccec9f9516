//! Invoices: pages of NOWPayments on which customers choose a coin and pay.
//!
//! An invoice cannot be read again: there is no `GET /invoice/:id`. Its payments are listed by
//! [`ListPayments`](crate::payments::ListPayments) with its `invoice_id`. The fields are those of the official
//! collection of April 2026.

use std::{borrow::Cow, net::IpAddr};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Amount, InvoiceId, PurchaseId, Ticker, amount,
    endpoint::Endpoint,
    payments::{Payment, SandboxCase},
    wire,
};

#[cfg(test)]
mod tests;

/// Makes an invoice: `POST /invoice`.
#[derive(Debug, Clone, Serialize)]
pub struct CreateInvoice {
    /// The price.
    #[serde(with = "amount::number")]
    pub price_amount: Amount,
    /// The currency of the price.
    pub price_currency: Ticker,
    /// The coin that the customer pays with. Without one the customer chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_currency: Option<Ticker>,
    /// Where callbacks go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipn_callback_url: Option<String>,
    /// The shop's own name for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The shop's own words for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_description: Option<String>,
    /// Where the customer is sent after paying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_url: Option<String>,
    /// Where the customer is sent when the payment fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_url: Option<String>,
    /// Where the customer is sent after paying less than the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partially_paid_url: Option<String>,
    /// Whether the rate is frozen for some minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fixed_rate: Option<bool>,
    /// Whether the customer bears the fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fee_paid_by_user: Option<bool>,
    /// The customer's e-mail address. Seen with integrators; not documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<String>,
}

impl CreateInvoice {
    /// An invoice of which only what is required is said.
    #[must_use]
    pub fn new(price_amount: Amount, price_currency: Ticker) -> Self {
        Self {
            price_amount,
            price_currency,
            pay_currency: None,
            ipn_callback_url: None,
            order_id: None,
            order_description: None,
            success_url: None,
            cancel_url: None,
            partially_paid_url: None,
            is_fixed_rate: None,
            is_fee_paid_by_user: None,
            customer_email: None,
        }
    }
}

impl Endpoint for CreateInvoice {
    const METHOD: Method = Method::POST;
    type Response = Invoice;

    fn path(&self) -> Cow<'static, str> {
        "invoice".into()
    }
}

/// An invoice, as it is answered when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Invoice {
    /// Its id.
    #[serde(alias = "invoice_id")]
    pub id: InvoiceId,
    /// The page on which the customer pays.
    pub invoice_url: String,
    /// The price.
    pub price_amount: Amount,
    /// The currency of the price.
    pub price_currency: Ticker,
    /// The coin that the customer pays with. `None` while the customer can choose.
    #[serde(default, deserialize_with = "wire::optional")]
    pub pay_currency: Option<Ticker>,
    /// The coin that the shop gets.
    #[serde(default, deserialize_with = "wire::optional")]
    pub payout_currency: Option<Ticker>,
    /// The shop's own name for the order.
    #[serde(default, deserialize_with = "wire::optional")]
    pub order_id: Option<String>,
    /// The shop's own words for the order.
    #[serde(default, deserialize_with = "wire::optional")]
    pub order_description: Option<String>,
    /// Where callbacks go.
    #[serde(default, deserialize_with = "wire::optional")]
    pub ipn_callback_url: Option<String>,
    /// Where the customer is sent after paying.
    #[serde(default, deserialize_with = "wire::optional")]
    pub success_url: Option<String>,
    /// Where the customer is sent when the payment fails.
    #[serde(default, deserialize_with = "wire::optional")]
    pub cancel_url: Option<String>,
    /// Where the customer is sent after paying less than the price.
    #[serde(default, deserialize_with = "wire::optional")]
    pub partially_paid_url: Option<String>,
    /// Whether the rate is frozen.
    #[serde(default, deserialize_with = "wire::optional")]
    pub is_fixed_rate: Option<bool>,
    /// Whether the customer bears the fees.
    #[serde(default, deserialize_with = "wire::optional")]
    pub is_fee_paid_by_user: Option<bool>,
    /// When it was made.
    #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updatedAt", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
}

/// Makes a payment of an invoice, for a customer who is not to leave the shop's own page: `POST /invoice-payment`.
#[derive(Debug, Clone, Serialize)]
pub struct CreateInvoicePayment {
    /// The invoice.
    #[serde(rename = "iid", serialize_with = "wire::number")]
    pub invoice_id: InvoiceId,
    /// The coin that the customer pays with.
    pub pay_currency: Ticker,
    /// The purchase that this is a further payment of.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::optional_number")]
    pub purchase_id: Option<PurchaseId>,
    /// The shop's own words for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_description: Option<String>,
    /// Who is told by e-mail when it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<String>,
    /// Where the money goes, instead of the shop's outcome wallet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_address: Option<String>,
    /// The memo of that address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_extra_id: Option<String>,
    /// The coin of that address, without which the API does not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_currency: Option<Ticker>,
    /// In the sandbox: how the payment is to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<SandboxCase>,
    /// The customer's address. The API wants it when `pay_currency` is a fiat currency.
    #[serde(skip)]
    pub origin_ip: Option<IpAddr>,
}

impl CreateInvoicePayment {
    /// A payment of which only what is required is said.
    #[must_use]
    pub fn new(invoice_id: InvoiceId, pay_currency: Ticker) -> Self {
        Self {
            invoice_id,
            pay_currency,
            purchase_id: None,
            order_description: None,
            customer_email: None,
            payout_address: None,
            payout_extra_id: None,
            payout_currency: None,
            case: None,
            origin_ip: None,
        }
    }
}

impl Endpoint for CreateInvoicePayment {
    const METHOD: Method = Method::POST;
    type Response = Payment;

    fn path(&self) -> Cow<'static, str> {
        "invoice-payment".into()
    }

    fn origin_ip(&self) -> Option<IpAddr> {
        self.origin_ip
    }
}
