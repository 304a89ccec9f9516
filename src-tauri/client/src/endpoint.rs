//! What an endpoint of the API is.

use std::{borrow::Cow, net::IpAddr};

use reqwest::Method;
use secrecy::SecretString;
use serde::{Serialize, Serializer, de::DeserializeOwned};

use crate::error::Unreadable;

/// A call of the API: a plain struct whose fields are its parameters.
///
/// The fields of a GET or a DELETE become the query string, those of any other method a JSON body; a call without
/// fields has neither. What belongs into the path is marked `#[serde(skip)]`.
/// [`Client::send`](crate::Client::send) makes the call.
pub trait Endpoint: Serialize + Sync {
    /// The HTTP method. Only a GET is ever repeated by itself.
    const METHOD: Method;
    /// How the caller must show who it is.
    const ACCESS: Access = Access::Key;
    /// What the API answers.
    type Response: DeserializeOwned;

    /// The path under the base URL, without a leading slash.
    fn path(&self) -> Cow<'static, str>;

    /// The address from which the shop's customer calls, for the header `origin-ip`. The API wants it of payments
    /// that are paid in a fiat currency ("fiat2crypto").
    fn origin_ip(&self) -> Option<IpAddr> {
        None
    }

    /// The secret that the body holds, if it holds one: no error repeats it, even where the API does.
    fn secret(&self) -> Option<&SecretString> {
        None
    }

    /// Reads the body of an answer with a 2xx status. Most are plain JSON; the odd ones say how to read them.
    ///
    /// # Errors
    /// When the body is not what was promised.
    fn read(&self, body: &[u8]) -> Result<Self::Response, Unreadable> {
        json(body)
    }
}

/// How an endpoint wants to know who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Not at all.
    Open,
    /// By the API key (`x-api-key`).
    Key,
    /// By a token of the dashboard login (`Authorization: Bearer`).
    Login,
    /// By both.
    KeyAndLogin,
}

impl Access {
    pub(crate) fn wants_key(self) -> bool {
        matches!(self, Self::Key | Self::KeyAndLogin)
    }

    pub(crate) fn wants_login(self) -> bool {
        matches!(self, Self::Login | Self::KeyAndLogin)
    }
}

/// An endpoint that lists things page by page, for [`Client::pages`](crate::Client::pages).
pub trait Paged: Endpoint<Response: Listing> + Clone + Send + 'static {
    /// The same request for what comes after an answer of so many items. Some lists count pages, others the items
    /// before.
    #[must_use]
    fn after(self, items: usize) -> Self;
}

/// The answer of an endpoint that lists things: one page of them.
pub trait Listing {
    /// What is listed.
    type Item: Clone + PartialEq + Send;

    /// What is on the page, and whether more follows, if the answer says so.
    fn into_items(self) -> (Vec<Self::Item>, Option<bool>);
}

/// A list without totals: its end is where a page is empty.
impl<T: Clone + PartialEq + Send> Listing for Vec<T> {
    type Item = T;

    fn into_items(self) -> (Self, Option<bool>) {
        (self, None)
    }
}

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Smallest or oldest first.
    Asc,
    /// Largest or newest first.
    Desc,
}

impl Order {
    /// Writes it in upper case, as the lists want it that count items instead of pages.
    pub(crate) fn upper_case<S: Serializer>(order: &Option<Self>, serializer: S) -> Result<S::Ok, S::Error> {
        match order {
            Some(Self::Asc) => serializer.serialize_str("ASC"),
            Some(Self::Desc) => serializer.serialize_str("DESC"),
            None => serializer.serialize_none(),
        }
    }
}

/// Reads a body that is JSON.
///
/// It is parsed once; only if that fails, it is parsed again to find where.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(body).map_err(|problem| locate::<T>(body, &problem))
}

/// Reads a body that is the bare text `OK`.
pub(crate) fn ok(body: &[u8]) -> Result<(), Unreadable> {
    match body.trim_ascii() {
        b"OK" | b"\"OK\"" => Ok(()),
        _ => Err(Unreadable::new("", "expected the text OK")),
    }
}

/// Takes any answer for a yes, where it is not known what the API answers. Only a web page is none, since it does not come
/// from the API.
pub(crate) fn done(body: &[u8]) -> Result<(), Unreadable> {
    if is_html(body) { Err(Unreadable::new("", HTML)) } else { Ok(()) }
}

const HTML: &str = "expected JSON, found an HTML page";

fn is_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

#[cold]
pub(crate) fn locate<T: DeserializeOwned>(body: &[u8], problem: &serde_json::Error) -> Unreadable {
    if is_html(body) {
        return Unreadable::new("", HTML);
    }
    if !problem.is_data() {
        return Unreadable::new("", format!("expected JSON: {problem}"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(located) => {
            let whole = located.path().iter().next().is_none();
            let path = if whole { String::new() } else { located.path().to_string() };
            Unreadable::new(path, located.inner().to_string())
        }
        Ok(_) => Unreadable::new("", problem.to_string()),
    }
}
