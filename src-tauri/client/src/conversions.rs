//! Conversions: one coin of the shop's balance into another.
//!
//! The rules are those of the official collection of April 2026. What is answered for an id that does not exist is not
//! documented; the API has been seen to answer with an internal error of its own, not with 404.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Amount, ConversionId, Page, Ticker, amount,
    endpoint::{Access, Endpoint, Order, Paged},
    envelope::result,
    error::Unreadable,
    status::{
        Stage::{End, Step},
        statuses,
    },
    wire,
};

#[cfg(test)]
mod tests;

/// Converts: `POST /conversion`. There is no way back but another conversion.
#[derive(Debug, Clone, Serialize)]
pub struct CreateConversion {
    /// How much, in `from_currency`.
    #[serde(with = "amount::number")]
    pub amount: Amount,
    /// From which coin.
    pub from_currency: Ticker,
    /// Into which coin.
    pub to_currency: Ticker,
}

impl Endpoint for CreateConversion {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::Login;
    type Response = Conversion;

    fn path(&self) -> Cow<'static, str> {
        "conversion".into()
    }

    fn read(&self, body: &[u8]) -> Result<Conversion, Unreadable> {
        result(body)
    }
}

/// Reads one conversion: `GET /conversion/:id`.
#[derive(Debug, Clone, Serialize)]
pub struct GetConversion {
    /// Which.
    #[serde(skip)]
    pub id: ConversionId,
}

impl Endpoint for GetConversion {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Conversion;

    fn path(&self) -> Cow<'static, str> {
        format!("conversion/{}", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<Conversion, Unreadable> {
        result(body)
    }
}

/// A conversion.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Conversion {
    /// Its id.
    #[serde(alias = "conversion_id")]
    pub id: ConversionId,
    /// How far it is.
    pub status: ConversionStatus,
    /// From which coin.
    pub from_currency: Ticker,
    /// Into which coin.
    pub to_currency: Ticker,
    /// How much, in `from_currency`.
    pub from_amount: Amount,
    /// How much that came to, in `to_currency`, as far as that is known.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub to_amount: Option<Amount>,
    /// When it was made.
    #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updatedAt", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
}

statuses! {
    /// How far a conversion is. It goes through its steps in one direction and stays at its end.
    ConversionStatus {
        /// It waits for its turn.
        Waiting = "WAITING" => Step(0),
        /// It is being made.
        Processing = "PROCESSING" => Step(1),
        /// It is made.
        Finished = "FINISHED" => End(2),
        /// It failed.
        Rejected = "REJECTED" => End(2),
    }
}

/// Lists conversions: `GET /conversion`.
#[derive(Debug, Clone, Serialize)]
pub struct ListConversions {
    /// Only these; all when empty.
    #[serde(flatten, serialize_with = "wire::each_id")]
    pub ids: Vec<ConversionId>,
    /// Only those of these statuses; all when empty.
    #[serde(flatten, serialize_with = "wire::each_status")]
    pub statuses: Vec<ConversionStatus>,
    /// Only those from this coin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_currency: Option<Ticker>,
    /// Only those into this coin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_currency: Option<Ticker>,
    /// Only those made at this time or later.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub created_at_from: Option<DateTime<Utc>>,
    /// Only those made at this time or earlier.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "wire::write_time")]
    pub created_at_to: Option<DateTime<Utc>>,
    /// How many on a page.
    pub limit: u16,
    /// How many to leave out before.
    pub offset: usize,
    /// Which way they are sorted.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "Order::upper_case")]
    pub order: Option<Order>,
}

/// All conversions, in pages of a hundred. The largest page is not documented.
impl Default for ListConversions {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            statuses: Vec::new(),
            from_currency: None,
            to_currency: None,
            created_at_from: None,
            created_at_to: None,
            limit: 100,
            offset: 0,
            order: None,
        }
    }
}

impl Endpoint for ListConversions {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Login;
    type Response = Page<Conversion>;

    fn path(&self) -> Cow<'static, str> {
        "conversion".into()
    }
}

impl Paged for ListConversions {
    fn after(self, items: usize) -> Self {
        Self { offset: self.offset + items, ..self }
    }
}
