//! The secrets that a request carries. A careless server repeats them in its answer; an error must not.

use std::{borrow::Cow, iter};

use reqwest::Request;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// A shorter text is no secret, and would be found within words.
const SHORTEST: usize = 4;
/// What stands in place of a secret.
const HIDDEN: &str = "…";
/// JSON in a text of JSON is escaped twice.
const ESCAPES: usize = 2;

/// The secrets of one request.
#[derive(Default)]
pub(super) struct Carried(Vec<SecretString>);

impl Carried {
    /// Those of the headers of a request, and the one in its body.
    pub(super) fn of(request: &Request, in_body: Option<&SecretString>) -> Self {
        let headers = request.headers().values().filter(|value| value.is_sensitive());
        let headers = headers.filter_map(|value| value.to_str().ok());
        let texts = headers.map(|value| value.strip_prefix("Bearer ").unwrap_or(value));
        let secrets = texts.map(SecretString::from).chain(in_body.cloned());
        Self(secrets.filter(|secret| secret.expose_secret().len() >= SHORTEST).collect())
    }

    /// A text without them.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            let escape = |spelled: &SecretString| {
                let quoted = serde_json::to_string(spelled.expose_secret()).ok()?;
                Some(SecretString::from(quoted.trim_matches('"')))
            };
            let spellings = iter::successors(Some(secret.clone()), escape);
            let spellings: Vec<_> = spellings.take(1 + ESCAPES).collect();
            for spelling in spellings.iter().rev() {
                text = text.replace(spelling.expose_secret(), HIDDEN);
            }
        }
        text
    }

    /// A body without them. What is not text is left as it is: nothing of it is told.
    pub(super) fn hide_in(&self, body: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(body) {
            Ok(text) => self.hide(&plainly_spelled(text)).into_bytes(),
            Err(_) => body.to_owned(),
        }
    }
}

/// JSON in which no sign is escaped that need not be.
fn plainly_spelled(text: &str) -> Cow<'_, str> {
    let escapes = [r"\u", r"\/"].iter().any(|escape| text.contains(escape));
    match escapes.then(|| serde_json::from_str::<Value>(text)) {
        Some(Ok(value)) => value.to_string().into(),
        _ => text.into(),
    }
}
