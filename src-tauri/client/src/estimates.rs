//! What a payment would come to, and how small it may be.
//!
//! The parameters are those of the official collection of April 2026; that an estimate is a text, and that a minimum can
//! be one, is seen in recorded answers of 2025.

use std::borrow::Cow;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{Amount, Ticker, endpoint::Endpoint, wire};

/// Asks for the smallest payment from one currency into another: `GET /min-amount`.
#[derive(Debug, Clone, Serialize)]
pub struct GetMinAmount {
    /// What the customer pays with; may be a fiat currency.
    pub currency_from: Ticker,
    /// What the shop gets; by default the currency of its outcome wallet. Without it the answer may be far from
    /// the true minimum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_to: Option<Ticker>,
    /// The fiat currency in which to say the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fiat_equivalent: Option<Ticker>,
    /// Whether the payment is to have a fixed rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fixed_rate: Option<bool>,
    /// Whether the customer bears the fees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fee_paid_by_user: Option<bool>,
}

/// The answer of [`GetMinAmount`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MinAmount {
    /// What the customer pays with.
    pub currency_from: Ticker,
    /// What the shop gets.
    #[serde(default, deserialize_with = "wire::optional")]
    pub currency_to: Option<Ticker>,
    /// The smallest payment, in `currency_from`.
    pub min_amount: Amount,
    /// The same in the fiat currency that was asked for.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub fiat_equivalent: Option<Amount>,
}

impl Endpoint for GetMinAmount {
    const METHOD: Method = Method::GET;
    type Response = MinAmount;

    fn path(&self) -> Cow<'static, str> {
        "min-amount".into()
    }
}

/// Converts an amount at the rate of the moment: `GET /estimate`. Either side may be a fiat currency.
#[derive(Debug, Clone, Serialize)]
pub struct GetEstimate {
    /// How much, in `currency_from`.
    pub amount: Amount,
    /// From which currency.
    pub currency_from: Ticker,
    /// Into which currency.
    pub currency_to: Ticker,
}

/// The answer of [`GetEstimate`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Estimate {
    /// From which currency.
    pub currency_from: Ticker,
    /// How much of it.
    pub amount_from: Amount,
    /// Into which currency.
    pub currency_to: Ticker,
    /// How much that is.
    pub estimated_amount: Amount,
}

impl Endpoint for GetEstimate {
    const METHOD: Method = Method::GET;
    type Response = Estimate;

    fn path(&self) -> Cow<'static, str> {
        "estimate".into()
    }
}
