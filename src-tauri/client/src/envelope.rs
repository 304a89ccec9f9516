//! What the API wraps its answers in: `result` mostly, and sometimes something else or nothing.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, IgnoredAny},
};

use crate::{
    endpoint::{Listing, json, locate},
    error::Unreadable,
    wire::{self, Shape},
};

#[cfg(test)]
mod tests;

/// A page of a list.
///
/// The documents put the items into `result`, or into `rows` within it; `data` and the plural of what is listed are
/// seen as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many there are, if the API says so. It does not say whether all are counted or those of the page, so the end
    /// of a list is where a page is empty.
    pub count: Option<u32>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(bound = "T: Deserialize<'de>")]
        struct Envelope<T> {
            result: Option<Page<T>>,
            rows: Option<Page<T>>,
            data: Option<Page<T>>,
            payouts: Option<Page<T>>,
            conversions: Option<Page<T>>,
            users: Option<Page<T>>,
            transfers: Option<Page<T>>,
            #[serde(default, deserialize_with = "wire::optional")]
            count: Option<u32>,
            #[serde(default, deserialize_with = "wire::optional")]
            total: Option<u32>,
        }

        let envelope = match Shape::<Envelope<T>, T>::deserialize(deserializer)? {
            Shape::Object(envelope) => envelope,
            Shape::Array(items) => return Ok(Self { items, count: None }),
        };
        let Envelope { result, rows, data, payouts, conversions, users, transfers, count, total } = envelope;
        let names = [rows, data, payouts, conversions, users, transfers];
        match result.or_else(|| names.into_iter().flatten().next()) {
            Some(within) => Ok(Self { items: within.items, count: count.or(total).or(within.count) }),
            None => Err(de::Error::missing_field("result")),
        }
    }
}

impl<T: Clone + PartialEq + Send> Listing for Page<T> {
    type Item = T;

    fn into_items(self) -> (Vec<T>, Option<bool>) {
        (self.items, None)
    }
}

/// Reads one thing, which is in `result` or not wrapped at all, and may be in an array of its own.
pub(crate) fn result<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    match serde_json::from_slice::<Envelope<T>>(body) {
        Ok(envelope) => Ok(envelope.result.0),
        Err(_) if is_bare(body) => json(body),
        Err(problem) => Err(locate::<Envelope<T>>(body, &problem)),
    }
}

/// Reads a list that comes whole.
pub(crate) fn results<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, Unreadable> {
    json::<Page<T>>(body).map(|page| page.items)
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct Envelope<T> {
    result: Only<T>,
}

struct Only<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Only<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Shape::<T, T>::deserialize(deserializer)? {
            Shape::Object(only) => Ok(Self(only)),
            Shape::Array(items) => match <[T; 1]>::try_from(items) {
                Ok([only]) => Ok(Self(only)),
                Err(items) => Err(de::Error::invalid_length(items.len(), &"an array of one")),
            },
        }
    }
}

/// Whether this is an object without an envelope. Asked only of what could not be read with one.
fn is_bare(body: &[u8]) -> bool {
    serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body)
        .is_ok_and(|fields| !fields.contains_key("result"))
}
