//! What the shop has at NOWPayments.
//!
//! As in the official collection of April 2026.

use std::{borrow::Cow, collections::BTreeMap};

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{Amount, Ticker, endpoint::Endpoint, wire};

/// Tells how much of each coin there is: `GET /balance`. Refused to computers that are not on the account's list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetBalance {}

/// How much of one coin there is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Balance {
    /// What can be paid out.
    pub amount: Amount,
    /// What is on its way. Zero when missing.
    #[serde(default, rename = "pendingAmount", alias = "pending_amount", deserialize_with = "or_zero")]
    pub pending_amount: Amount,
}

fn or_zero<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
    Ok(wire::optional_amount(deserializer)?.unwrap_or_default())
}

impl Endpoint for GetBalance {
    const METHOD: Method = Method::GET;
    type Response = BTreeMap<Ticker, Balance>;

    fn path(&self) -> Cow<'static, str> {
        "balance".into()
    }
}
