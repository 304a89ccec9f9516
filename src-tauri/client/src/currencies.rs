//! Coins: which there are, what their addresses look like, and which the shop has chosen.
//!
//! The calls are those of the official collection of April 2026. The fields of a coin, and the envelope of the shop's own
//! choice, are those of recorded answers of January 2026 and of 2024, which the collection does not show.

use std::{borrow::Cow, fmt, ops::Deref, str::FromStr};

use reqwest::Method;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, value::MapAccessDeserializer},
};

use crate::{
    Amount,
    endpoint::{Endpoint, json},
    error::Unreadable,
    wire::{self, FromScalar, Scalar},
};

#[cfg(test)]
mod tests;

/// The short name of a coin or currency, such as `btc`, `usdttrc20` or `eur`, in lower case.
///
/// The API writes them in lower case on payments and balances and in upper case elsewhere; here they are all
/// the same. It has no characters that mean something in a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Ticker(Box<str>);

/// A text that cannot be a ticker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a ticker: 1 to 32 ASCII letters, digits, -, _ and ., not beginning with .")]
pub struct TickerError;

impl Ticker {
    /// The ticker as lower-case text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Ticker {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Ticker {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Hashes and compares as its text does, so that a map is asked with a `&str`.
impl std::borrow::Borrow<str> for Ticker {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Ticker {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Ticker {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<Ticker> for String {
    fn from(ticker: Ticker) -> Self {
        ticker.0.into()
    }
}

/// Reads a ticker in any case.
///
/// # Errors
/// When the text cannot be one.
impl FromStr for Ticker {
    type Err = TickerError;

    fn from_str(text: &str) -> Result<Self, TickerError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if (1..=32).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('.') {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(TickerError)
        }
    }
}

impl FromScalar for Ticker {
    const WHAT: &'static str = "a ticker";

    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Ticker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wire::required(deserializer)
    }
}

/// Lists the coins that customers can pay with at the moment: `GET /currencies`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetCurrencies {
    /// Whether to give the limits of a payment at a fixed rate as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_rate: Option<bool>,
}

/// A coin that is available, with limits where the API gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableCurrency {
    /// The coin.
    pub currency: Ticker,
    /// The smallest payment, in the coin.
    pub min_amount: Option<Amount>,
    /// The largest payment, in the coin.
    pub max_amount: Option<Amount>,
}

impl<'de> Deserialize<'de> for AvailableCurrency {
    /// Reads the bare ticker, or an object with limits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Limits {
            currency: Ticker,
            #[serde(default, deserialize_with = "wire::optional_amount")]
            min_amount: Option<Amount>,
            #[serde(default, deserialize_with = "wire::optional_amount")]
            max_amount: Option<Amount>,
        }

        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = AvailableCurrency;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a ticker, or an object with one")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<AvailableCurrency, E> {
                let currency = text.parse().map_err(E::custom)?;
                Ok(AvailableCurrency { currency, min_amount: None, max_amount: None })
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<AvailableCurrency, A::Error> {
                let Limits { currency, min_amount, max_amount } =
                    Limits::deserialize(MapAccessDeserializer::new(map))?;
                Ok(AvailableCurrency { currency, min_amount, max_amount })
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// The list in either of its two envelopes: `currencies`, or `selectedCurrencies`.
#[derive(Deserialize)]
struct CurrencyList {
    #[serde(alias = "selectedCurrencies")]
    currencies: Vec<AvailableCurrency>,
}

impl Endpoint for GetCurrencies {
    const METHOD: Method = Method::GET;
    type Response = Vec<AvailableCurrency>;

    fn path(&self) -> Cow<'static, str> {
        "currencies".into()
    }

    fn read(&self, body: &[u8]) -> Result<Self::Response, Unreadable> {
        json::<CurrencyList>(body).map(|list| list.currencies)
    }
}

/// Lists the coins that the shop has chosen in its dashboard: `GET /merchant/coins`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetMerchantCoins {
    /// Whether to give the limits of a payment at a fixed rate as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_rate: Option<bool>,
}

impl Endpoint for GetMerchantCoins {
    const METHOD: Method = Method::GET;
    type Response = Vec<AvailableCurrency>;

    fn path(&self) -> Cow<'static, str> {
        "merchant/coins".into()
    }

    fn read(&self, body: &[u8]) -> Result<Self::Response, Unreadable> {
        json::<CurrencyList>(body).map(|list| list.currencies)
    }
}

/// Describes every coin: `GET /full-currencies`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetFullCurrencies {}

/// A coin, as `/full-currencies` describes it.
///
/// Answers of 2024 have fewer fields; what is taken for a missing one is said at the field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Coin {
    /// The ticker that all other calls use.
    pub code: Ticker,
    /// The name for people, such as `Tether USD (Tron)`.
    pub name: String,
    /// Whether the coin is in use at all.
    #[serde(deserialize_with = "wire::required")]
    pub enable: bool,
    /// A regular expression for the form of its addresses. It knows no checksum.
    #[serde(default, deserialize_with = "wire::optional")]
    pub wallet_regex: Option<String>,
    /// Whether its addresses may come with a memo, tag or payment id. False when missing.
    #[serde(default, deserialize_with = "flag_or::<false, _>")]
    pub extra_id_exists: bool,
    /// Whether that memo may be left out. False when missing, as a payout that lacks one may be lost.
    #[serde(default, deserialize_with = "flag_or::<false, _>")]
    pub extra_id_optional: bool,
    /// A regular expression for the form of the memo.
    #[serde(default, deserialize_with = "wire::optional")]
    pub extra_id_regex: Option<String>,
    /// The network, such as `trx`, as the API spells it (`trx`, `trc20` and `TRC20` are one).
    #[serde(default, deserialize_with = "wire::optional")]
    pub network: Option<String>,
    /// The contract of a token.
    #[serde(default, deserialize_with = "wire::optional")]
    pub smart_contract: Option<String>,
    /// The decimals on the chain.
    #[serde(default, deserialize_with = "wire::optional")]
    pub network_precision: Option<u32>,
    /// The name of the coin without its network, such as `usdt`.
    #[serde(default, deserialize_with = "wire::optional")]
    pub ticker: Option<String>,
    /// The decimals that NOWPayments shows; 8 for nearly all, so not those of the chain.
    #[serde(default, deserialize_with = "wire::optional")]
    pub precision: Option<u32>,
    /// Whether customers can pay with it. True when missing: `enable` alone decided then.
    #[serde(default = "yes", deserialize_with = "flag_or::<true, _>")]
    pub available_for_payment: bool,
    /// Whether it can be paid out. True when missing: `enable` alone decided then.
    #[serde(default = "yes", deserialize_with = "flag_or::<true, _>")]
    pub available_for_payout: bool,
    /// Whether it is among those shown first. False when missing.
    #[serde(default, deserialize_with = "flag_or::<false, _>")]
    pub is_popular: bool,
    /// Whether its price follows a currency. False when missing.
    #[serde(default, deserialize_with = "flag_or::<false, _>")]
    pub is_stable: bool,
    /// The picture, as a path on nowpayments.io.
    #[serde(default, deserialize_with = "wire::optional")]
    pub logo_url: Option<String>,
    /// The address of a block explorer to which a transaction's hash is appended.
    #[serde(default, deserialize_with = "wire::optional")]
    pub explorer_link_hash: Option<String>,
}

fn yes() -> bool {
    true
}

fn flag_or<'de, const MISSING: bool, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(wire::optional(deserializer)?.unwrap_or(MISSING))
}

impl Endpoint for GetFullCurrencies {
    const METHOD: Method = Method::GET;
    type Response = Vec<Coin>;

    fn path(&self) -> Cow<'static, str> {
        "full-currencies".into()
    }

    fn read(&self, body: &[u8]) -> Result<Self::Response, Unreadable> {
        read_full_currencies(body)
    }
}

/// Reads a whole answer of `/full-currencies`, for instance from a file.
///
/// # Errors
/// When it is not one. A single coin that cannot be read is an error that says where it is, such as
/// `currencies[3].code`: none is dropped in silence.
pub fn read_full_currencies(body: &[u8]) -> Result<Vec<Coin>, Unreadable> {
    #[derive(Deserialize)]
    struct Coins {
        currencies: Vec<Coin>,
    }

    json::<Coins>(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).map(|coins| coins.currencies)
}
