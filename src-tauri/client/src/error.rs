//! How a call can fail.

use std::{collections::BTreeMap, error::Error as StdError, fmt, net::IpAddr, sync::Arc, time::Duration};

use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Amount, Ticker, wire};

#[cfg(test)]
mod tests;

/// Why there is no response: no answer came, the answer was no, it made no sense, or the call was never made.
///
/// Nobody needs to compare strings: [`Refused`] answers questions about the known refusals. No error holds a
/// secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No answer, or only a part of one.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// An answer with another status than 2xx.
    #[error(transparent)]
    Refused(#[from] Box<Refused>),
    /// An answer with a 2xx status that is not what was promised.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The call was not made: it could change something, and the client only reads
    /// ([`Client::only_reading`](crate::Client::only_reading)).
    #[error("{0}: not made by a client that only reads")]
    Withheld(Call),
}

/// Whether a call that failed had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nothing was done: the call may be made again.
    NotDone,
    /// It may have been done. Look before asking again, above all when it moves money.
    Unknown,
}

impl Error {
    /// Whether the call had its effect.
    ///
    /// Not done are: what never left this computer, and what the API itself refused with a 4xx other than 408
    /// and 429. Unknown is everything else: time-outs, broken connections, 5xx, 429, answers that do not come
    /// from the API, and answers without the expected content. A GET, a login and the check of an address have no
    /// effect, so they are never unknown; and when the login that a call needed has failed, the call itself was not
    /// sent.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let unknown = match self {
            Self::Unreachable(unreachable) => unreachable.sent && unreachable.call.has_effect(),
            Self::Refused(refused) => !refused.is_certain() && refused.call.has_effect(),
            Self::Unreadable(unreadable) => unreadable.call.as_ref().is_some_and(Call::has_effect),
            Self::Withheld(_) => false,
        };
        if unknown { Outcome::Unknown } else { Outcome::NotDone }
    }

    /// Whether the same call may well succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(refused) => matches!(refused.status, 408 | 425 | 429 | 500..=599),
            Self::Unreadable(_) | Self::Withheld(_) => false,
        }
    }

    /// The refusal, if the API refused.
    #[must_use]
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            _ => None,
        }
    }

    /// The call that failed. It is another than the one that was asked for when the login failed first.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Unreachable(unreachable) => Some(&unreachable.call),
            Self::Refused(refused) => Some(&refused.call),
            Self::Unreadable(unreadable) => unreadable.call.as_ref(),
            Self::Withheld(call) => Some(call),
        }
    }
}

/// What was called: the method and the path, without the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The HTTP method.
    pub method: Method,
    /// The path under the base URL, without a leading slash.
    pub path: String,
}

impl Call {
    pub(crate) const LOGIN: &'static str = "auth";
    pub(crate) const ADDRESS_CHECK: &'static str = "payout/validate-address";

    /// Whether it is the login, which other calls make before they are sent.
    #[must_use]
    pub fn is_login(&self) -> bool {
        self.path == Self::LOGIN
    }

    pub(crate) fn has_effect(&self) -> bool {
        self.method != Method::GET && !self.is_login() && self.path != Self::ADDRESS_CHECK
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} /{}", self.method, self.path)
    }
}

/// No answer came, or the connection broke before its end.
#[derive(Debug, Clone)]
pub struct Unreachable {
    /// What was called.
    pub call: Call,
    /// Whether the request may have reached the API. False only when no connection was made.
    pub sent: bool,
    /// Whether it took too long.
    pub timed_out: bool,
    source: Arc<dyn StdError + Send + Sync>,
}

impl Unreachable {
    pub(crate) fn new(call: Call, source: reqwest::Error) -> Self {
        Self {
            call,
            sent: !(source.is_connect() || source.is_builder()),
            timed_out: source.is_timeout(),
            // The URL holds parameters, such as an order's amount, that belong in no log.
            source: Arc::new(source.without_url()),
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.timed_out {
            return write!(f, "{}: no answer in time", self.call);
        }
        let mut cause: &dyn StdError = &*self.source;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        write!(f, "{}: no answer: {cause}", self.call)
    }
}

impl StdError for Unreachable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// An answer with a 2xx status that is not what was promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What was called; `None` for an answer that was read from a file.
    pub call: Option<Call>,
    /// Where in the JSON, such as `currencies[3].code`; empty when it is the whole.
    pub path: String,
    /// What is wrong there.
    pub message: String,
    /// The provider's name for the call (`cf-ray` or `x-request-id`), for its support.
    pub request_id: Option<String>,
}

impl Unreadable {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { call: None, path: path.into(), message: message.into(), request_id: None }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(call) = &self.call {
            write!(f, "{call}: ")?;
        }
        f.write_str("unreadable answer: ")?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl StdError for Unreadable {}

/// The API said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What was called.
    pub call: Call,
    /// The HTTP status.
    pub status: u16,
    /// The API's word for the reason, such as `INVALID_API_KEY`, if it gave one.
    pub code: Option<String>,
    /// The reason in words, for people and logs. Never compare it: ask the questions below.
    pub message: String,
    /// How long to wait before the next call, if the API said so.
    pub retry_after: Option<Duration>,
    /// The provider's name for the call (`cf-ray` or `x-request-id`), for its support.
    pub request_id: Option<String>,
    /// Whether the answer has the API's own form. It has not when something between here and there answered.
    pub from_api: bool,
    /// The coins of which there is too little for a payout, as far as the API named them.
    pub shortages: Vec<Shortage>,
}

/// A coin of which there is too little for a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// The coin.
    pub currency: Ticker,
    /// How much the payout would take, if the API said so.
    pub requested: Option<Amount>,
    /// How much there is, if the API said so.
    pub actual: Option<Amount>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: refused ({}", self.call, self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        write!(f, "): {}", self.message)
    }
}

impl StdError for Refused {}

impl Refused {
    /// Reads the body of a refusal, in any of the forms that are seen: the envelope
    /// `{status, statusCode, code, message}`, `{message}`, `{error}`, plain text, and HTML.
    ///
    /// Any body is that of some refusal. What only headers tell, [`Refused::retry_after`] and [`Refused::request_id`], is
    /// not in it.
    #[must_use]
    pub fn read(call: Call, status: u16, body: &[u8]) -> Self {
        let envelope = serde_json::from_slice::<Envelope>(body).ok().filter(Envelope::is_any);
        let mut refused = Self {
            call,
            status,
            code: None,
            message: String::new(),
            retry_after: None,
            request_id: None,
            from_api: envelope.is_some(),
            shortages: Vec::new(),
        };
        match envelope {
            Some(envelope) => {
                refused.message = envelope.message.or(envelope.error).unwrap_or_default();
                refused.code = envelope.code;
                refused.shortages = envelope.current_values.as_deref().map(shortages).unwrap_or_default();
            }
            None => refused.message = plain_text(body),
        }
        if refused.message.is_empty() {
            let reason =
                reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
            refused.message = reason.unwrap_or("no reason given").to_owned();
        }
        refused
    }

    /// Whether the API itself has refused, before doing anything.
    fn is_certain(&self) -> bool {
        self.from_api && (400..500).contains(&self.status) && !matches!(self.status, 408 | 429)
    }

    fn has_code(&self, code: &str) -> bool {
        self.code.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(code))
    }

    fn says(&self, words: &str) -> bool {
        self.message.to_ascii_lowercase().contains(words)
    }

    /// The API key is wrong, or belongs to the other of sandbox and production.
    #[must_use]
    pub fn is_wrong_key(&self) -> bool {
        self.has_code("INVALID_API_KEY")
    }

    /// The e-mail or the password of the dashboard login is wrong.
    #[must_use]
    pub fn is_login_refused(&self) -> bool {
        self.call.is_login() && matches!(self.status, 400 | 401 | 403) && !self.is_computer_not_allowed()
    }

    /// The call needs a dashboard login that was not given, or whose token is not accepted any more.
    #[must_use]
    pub fn is_expired_login(&self) -> bool {
        self.status == 401 && !self.call.is_login() && !self.is_wrong_key() && !self.is_wrong_code()
    }

    /// The address from which this computer calls is not on the account's list of allowed addresses.
    /// [`Refused::computer_address`] may know which it is.
    #[must_use]
    pub fn is_computer_not_allowed(&self) -> bool {
        self.has_code("ENDPOINT_NOT_ALLOWED") || self.says("invalid ip")
    }

    /// The address from which this computer calls, as the API saw it, when it is not allowed. The API does not
    /// always know it.
    #[must_use]
    pub fn computer_address(&self) -> Option<IpAddr> {
        if !self.is_computer_not_allowed() {
            return None;
        }
        let other = |c: char| !c.is_ascii_hexdigit() && !matches!(c, '.' | ':');
        let addresses = self.message.split(other).filter_map(|word| word.trim_end_matches('.').parse().ok());
        // An IPv4 address may come in the clothes of an IPv6 one.
        addresses.map(|address: IpAddr| address.to_canonical()).next()
    }

    /// The recipient's address is not on the account's list of allowed addresses. What the API answers then is
    /// not recorded anywhere, so this is a guess from its words.
    #[must_use]
    pub fn is_recipient_not_allowed(&self) -> bool {
        self.says("whitelist") && !self.is_computer_not_allowed()
    }

    /// The balance is too small, or there is none of that coin. [`Refused::shortages`] may know of which coins.
    #[must_use]
    pub fn is_insufficient_balance(&self) -> bool {
        self.says("insufficient balance") || self.is_balance_missing()
    }

    /// The shop never had any of that coin, so that there is nothing to convert or to move.
    #[must_use]
    pub fn is_balance_missing(&self) -> bool {
        self.says("balance not found")
    }

    /// Too many calls in a short time.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.status == 429
    }

    /// The API is closed for a while. No answer of that time is recorded anywhere.
    #[must_use]
    pub fn is_maintenance(&self) -> bool {
        self.status == 503 || self.says("maintenance")
    }

    /// The amount is too small. [`Refused::minimum`] may know the smallest.
    #[must_use]
    pub fn is_below_minimum(&self) -> bool {
        self.has_code("AMOUNT_MINIMAL_ERROR") || self.says("min amount")
    }

    /// The smallest amount that would be accepted, if the API named it.
    #[must_use]
    pub fn minimum(&self) -> Option<Amount> {
        let message = self.message.to_ascii_lowercase();
        let (_, after) = message.split_once("min amount is ")?;
        after.split_whitespace().next()?.trim_end_matches(['.', ',']).parse().ok()
    }

    /// The amount is too large.
    #[must_use]
    pub fn is_above_maximum(&self) -> bool {
        self.has_code("AMOUNT_MAXIMAL_ERROR")
    }

    /// The recipient's address, or its memo, is not one of that coin.
    #[must_use]
    pub fn is_invalid_address(&self) -> bool {
        let words = ["invalid payout_address", "invalid payout_extra_id", "invalid extra_id"];
        words.iter().any(|words| self.says(words))
    }

    /// The coin is switched off, or cannot be converted at the moment.
    #[must_use]
    pub fn is_currency_unavailable(&self) -> bool {
        self.has_code("CURRENCY_UNAVAILABLE") || self.says("not convertable") || self.says("not convertible")
    }

    /// The code of the second factor is wrong. What the API answers then is not recorded anywhere: this is any
    /// refusal to verify that is not known to be another.
    #[must_use]
    pub fn is_wrong_code(&self) -> bool {
        let other = self.is_wrong_key() || self.is_computer_not_allowed() || self.is_insufficient_balance();
        let refused = match self.status {
            401 => self.says("verification code"),
            400 | 403 | 422 => self.from_api,
            _ => false,
        };
        self.call.path.ends_with("/verify") && refused && !other
    }

    /// The code is one too many: after ten wrong ones the batch cannot be verified any more. What the API answers then
    /// is not recorded anywhere, so this is a guess from its words, and [`Refused::is_wrong_code`] is true of it too.
    #[must_use]
    pub fn is_out_of_attempts(&self) -> bool {
        let over = ["exceeded", "too many", "no more", "used up", "limit"];
        self.is_wrong_code() && self.says("attempt") && over.iter().any(|words| self.says(words))
    }

    /// There is nothing by that id, or it belongs to another key.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status == 404
    }

    /// There is no such plan to subscribe to.
    #[must_use]
    pub fn is_plan_not_found(&self) -> bool {
        self.is_not_found() && self.says("plan not found")
    }

    /// Only a plan in a fiat currency can be subscribed to by e-mail.
    #[must_use]
    pub fn is_fiat_plan_wanted(&self) -> bool {
        self.says("only fiat currencies")
    }

    /// There is a custody user of that name already.
    #[must_use]
    pub fn is_duplicate_user(&self) -> bool {
        self.says("sub partner already exist")
    }

    /// There is an account for fiat payouts in that currency already. What the API answers then is not recorded anywhere,
    /// so this is a guess from its words.
    #[must_use]
    pub fn is_duplicate_account(&self) -> bool {
        self.says("account already exist")
    }

    /// Whether the reason names a parameter, in any case and as a word of its own.
    #[must_use]
    pub fn names(&self, parameter: &str) -> bool {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        self.message.split(|letter: char| !is_part(letter)).any(|word| word.eq_ignore_ascii_case(parameter))
    }

    /// A parameter is unknown, missing or of the wrong kind.
    #[must_use]
    pub fn is_invalid_request(&self) -> bool {
        self.has_code("INVALID_REQUEST_PARAMS")
    }
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "wire::optional")]
    code: Option<String>,
    #[serde(default, deserialize_with = "wire::message")]
    message: Option<String>,
    #[serde(default, deserialize_with = "wire::message")]
    error: Option<String>,
    current_values: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Holding {
    #[serde(default, deserialize_with = "wire::optional_amount")]
    requested: Option<Amount>,
    #[serde(default, rename = "actualBalance", deserialize_with = "wire::optional_amount")]
    actual: Option<Amount>,
}

/// A refusal stays one when its details have another form.
fn shortages(values: &RawValue) -> Vec<Shortage> {
    let holdings: BTreeMap<Ticker, Holding> = serde_json::from_str(values.get()).unwrap_or_default();
    holdings
        .into_iter()
        .map(|(currency, Holding { requested, actual })| Shortage { currency, requested, actual })
        .collect()
}

impl Envelope {
    fn is_any(&self) -> bool {
        self.code.is_some() || self.message.is_some() || self.error.is_some()
    }
}

fn plain_text(body: &[u8]) -> String {
    match std::str::from_utf8(body.trim_ascii()) {
        Ok(text) if !text.starts_with(['<', '{', '[']) => wire::shortened(text),
        _ => String::new(),
    }
}
