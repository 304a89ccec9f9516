//! What an endpoint of the API is.

use std::borrow::Cow;

use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::Unreadable;

/// A call of the API: a plain struct whose fields are its parameters.
///
/// The fields of a GET become the query string, those of any other method a JSON body; what belongs into the
/// path is marked `#[serde(skip)]`. [`Client::send`](crate::Client::send) makes the call.
pub trait Endpoint: Serialize + Sync {
    /// The HTTP method. Only a GET is ever repeated by itself.
    const METHOD: Method;
    /// How the caller must show who it is.
    const ACCESS: Access = Access::Key;
    /// What the API answers.
    type Response: DeserializeOwned;

    /// The path under the base URL, without a leading slash.
    fn path(&self) -> Cow<'static, str>;

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
pub trait Paged: Endpoint + Clone + Send + 'static {
    /// What is listed.
    type Item: Clone + PartialEq + Send;

    /// The page that this request asks for; the first is 0.
    fn page(&self) -> u32;

    /// The same request for another page.
    #[must_use]
    fn at(self, page: u32) -> Self;

    /// The items of an answer, and whether more pages follow, if the answer says so.
    fn items(response: Self::Response) -> (Vec<Self::Item>, Option<bool>);
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

#[cold]
fn locate<T: DeserializeOwned>(body: &[u8], problem: &serde_json::Error) -> Unreadable {
    if body.trim_ascii_start().starts_with(b"<") {
        return Unreadable::new("", "expected JSON, found an HTML page");
    }
    if !problem.is_data() {
        return Unreadable::new("", format!("expected JSON: {problem}"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(located) => Unreadable::new(located.path().to_string(), located.inner().to_string()),
        Ok(_) => Unreadable::new("", problem.to_string()),
    }
}
