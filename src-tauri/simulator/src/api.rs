//! The table of endpoints, who may call them, and the envelope of their errors.
//!
//! A call is a pure step of the world: `answer` takes the world and a call and gives what goes over the wire.
//! Faults, time and sockets are the server's business.

use serde::Serialize;

use crate::wire::{Object, object};
use crate::world::World;
use crate::{
    access, balances, conversions, currencies, custody, fiat_payouts, invoices, payments, payouts,
    subscriptions,
};

/// A request, parsed as far as HTTP goes.
pub(crate) struct Call {
    pub(crate) method: String,
    /// Behind `/v1`, without a trailing slash.
    pub(crate) path: String,
    /// In the order given; a name may come more than once.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) key: Option<String>,
    pub(crate) bearer: Option<String>,
    pub(crate) body: Vec<u8>,
    /// What stood in the place of `:id`.
    pub(crate) id: String,
}

/// A response's status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// The seconds of the header of this name.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: String,
}

impl Answer {
    /// A JSON body.
    #[expect(clippy::expect_used, reason = "objects of strings and numbers can always be written")]
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("a plain value");
        Self { status, content_type: "application/json; charset=utf-8", retry_after: None, body }
    }

    /// The bare word that verify and validate-address answer with.
    pub(crate) fn ok() -> Self {
        Self {
            status: 200,
            content_type: "text/html; charset=utf-8",
            retry_after: None,
            body: "OK".to_owned(),
        }
    }
}

/// An error in NOWPayments' envelope.
pub(crate) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    extra: Option<(&'static str, Object)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), extra: None }
    }

    /// What the validation of a body or a query says.
    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_REQUEST_PARAMS", message)
    }

    /// What the payout endpoints say.
    pub(crate) fn withdrawal(message: impl Into<String>) -> Self {
        Self::new(400, "BAD_CREATE_WITHDRAWAL_REQUEST", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "NOT_FOUND", message)
    }

    /// What is said of a request that is well formed and cannot be granted.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BAD_REQUEST", message)
    }

    /// What a list says to a parameter that its database does not understand.
    pub(crate) fn internal() -> Self {
        Self::new(500, "INTERNAL_ERROR", "Internal server error")
    }

    /// What is said to an id that the database does not understand.
    pub(crate) fn broken() -> Self {
        Self::new(500, "INTERNAL_ERROR", "The server encountered an internal error")
    }

    pub(crate) fn with(mut self, key: &'static str, extra: Object) -> Self {
        self.extra = Some((key, extra));
        self
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let mut body = object! {
            "status": false, "statusCode": refusal.status, "code": refusal.code, "message": refusal.message,
        };
        if let Some((key, extra)) = refusal.extra {
            body.put(key, &extra);
        }
        Self::json(refusal.status, &body)
    }
}

impl Answer {
    /// One thing in the envelope of the newer endpoints.
    pub(crate) fn result(result: &impl Serialize) -> Self {
        Self::json(200, &object! { "result": *result })
    }
}

/// What a handler gives.
pub(crate) type Outcome = Result<Answer, Refusal>;

/// What must be shown to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// Nothing.
    Open,
    /// `x-api-key`.
    Key,
    /// `x-api-key`, from a whitelisted address of the internet.
    KeyFromKnownAddress,
    /// A bearer token.
    Login,
    /// `x-api-key` and a bearer token.
    KeyAndLogin,
    /// Both, from a whitelisted address of the internet.
    KeyAndLoginFromKnownAddress,
}

/// One endpoint. `:id` in the path stands for any one segment.
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    door: Door,
    handler: fn(&mut World, &Call) -> Outcome,
}

const fn get(path: &'static str, door: Door, handler: fn(&mut World, &Call) -> Outcome) -> Endpoint {
    Endpoint { method: "GET", path, door, handler }
}

const fn post(path: &'static str, door: Door, handler: fn(&mut World, &Call) -> Outcome) -> Endpoint {
    Endpoint { method: "POST", path, door, handler }
}

const fn patch(path: &'static str, door: Door, handler: fn(&mut World, &Call) -> Outcome) -> Endpoint {
    Endpoint { method: "PATCH", path, door, handler }
}

const fn delete(path: &'static str, door: Door, handler: fn(&mut World, &Call) -> Outcome) -> Endpoint {
    Endpoint { method: "DELETE", path, door, handler }
}

/// All endpoints; the first that matches answers.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    get("/status", Door::Open, access::status),
    post("/auth", Door::Open, access::log_in),
    get("/currencies", Door::Key, currencies::list),
    get("/full-currencies", Door::Key, currencies::list_in_full),
    get("/merchant/coins", Door::Key, currencies::selected),
    get("/min-amount", Door::Key, currencies::minimum),
    get("/estimate", Door::Key, currencies::estimate),
    get("/balance", Door::KeyFromKnownAddress, balances::show),
    post("/payment", Door::Key, payments::create),
    get("/payment", Door::KeyAndLogin, payments::list),
    get("/payment/:id", Door::Key, payments::show),
    post("/payment/:id/update-merchant-estimate", Door::Key, payments::update_estimate),
    post("/invoice", Door::Key, invoices::create),
    post("/invoice-payment", Door::Key, invoices::pay),
    post("/payout/validate-address", Door::Key, payouts::validate_address),
    get("/payout/fee", Door::Key, payouts::fee),
    get("/payout-withdrawal/min-amount/:id", Door::KeyFromKnownAddress, payouts::minimum),
    post("/payout", Door::KeyAndLoginFromKnownAddress, payouts::create),
    get("/payout", Door::Key, payouts::list),
    post("/payout/:id/verify", Door::KeyAndLoginFromKnownAddress, payouts::verify),
    post("/payout/:id/cancel", Door::KeyFromKnownAddress, payouts::cancel),
    post("/payout/:id/cancel-batch", Door::KeyFromKnownAddress, payouts::cancel_batch),
    get("/payout/:id", Door::Key, payouts::show),
    post("/conversion", Door::Login, conversions::create),
    get("/conversion", Door::Login, conversions::list),
    get("/conversion/:id", Door::Login, conversions::show),
    post("/sub-partner/balance", Door::Login, custody::create),
    get("/sub-partner/balance/:id", Door::KeyFromKnownAddress, custody::balances),
    get("/sub-partner", Door::Login, custody::list),
    get("/sub-partner/transfers", Door::Login, custody::transfers),
    get("/sub-partner/transfer/:id", Door::Login, custody::transfer),
    post("/sub-partner/transfer", Door::Login, custody::transfer_between),
    post("/sub-partner/deposit", Door::Login, custody::deposit),
    post("/sub-partner/write-off", Door::Login, custody::write_off),
    post("/sub-partner/payment", Door::KeyAndLogin, custody::top_up),
    get("/sub-partner/payments", Door::Login, custody::payments),
    post("/subscriptions/plans", Door::Login, subscriptions::create_plan),
    patch("/subscriptions/plans/:id", Door::Login, subscriptions::change_plan),
    get("/subscriptions/plans/:id", Door::Key, subscriptions::plan),
    get("/subscriptions/plans", Door::Key, subscriptions::plans),
    post("/subscriptions", Door::KeyAndLogin, subscriptions::create),
    get("/subscriptions", Door::Key, subscriptions::list),
    get("/subscriptions/:id", Door::Key, subscriptions::show),
    delete("/subscriptions/:id", Door::Login, subscriptions::delete),
    get("/fiat-payouts/providers", Door::Login, fiat_payouts::providers),
    get("/fiat-payouts/fiat-currencies", Door::Login, fiat_payouts::fiat_currencies),
    get("/fiat-payouts/crypto-currencies", Door::Login, fiat_payouts::crypto_currencies),
    get("/fiat-payouts/payment-methods", Door::Login, fiat_payouts::payment_methods),
    post("/fiat-payouts/account", Door::KeyAndLogin, fiat_payouts::create_account),
    get("/fiat-payouts/accounts", Door::Login, fiat_payouts::accounts),
    post("/fiat-payouts", Door::KeyAndLogin, fiat_payouts::create),
    get("/fiat-payouts", Door::Login, fiat_payouts::list),
];

/// Whether a path fits a pattern, and what stood for `:id`.
pub(crate) fn fits<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let (mut pattern, mut path, mut id) = (pattern.split('/'), path.split('/'), "");
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(id),
            (Some(":id"), Some(segment)) => id = segment,
            (Some(expected), Some(segment)) if expected == segment => {}
            _ => return None,
        }
    }
}

/// The endpoint of a method and a path.
pub(crate) fn endpoint(method: &str, path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.method == method && fits(endpoint.path, path).is_some())
}

/// Lets the call act on the world.
pub(crate) fn answer(world: &mut World, call: &mut Call) -> Answer {
    let Some(endpoint) = endpoint(&call.method, &call.path) else {
        return Refusal::not_found(format!("Cannot {} /v1{}", call.method, call.path)).into();
    };
    call.id = fits(endpoint.path, &call.path).unwrap_or_default().to_owned();
    if call.method != "GET" {
        world.revision += 1;
    }
    admit(world, endpoint.door, call)
        .and_then(|()| (endpoint.handler)(world, call))
        .unwrap_or_else(Answer::from)
}

fn admit(world: &World, door: Door, call: &Call) -> Result<(), Refusal> {
    if door == Door::Open {
        return Ok(());
    }
    if door != Door::Login {
        world.access.check_key(call.key.as_deref())?;
    }
    if matches!(door, Door::Login | Door::KeyAndLogin | Door::KeyAndLoginFromKnownAddress) {
        world.access.check_bearer(call.bearer.as_deref(), world.now)?;
    }
    match &world.switches.foreign_address {
        Some(address) if matches!(door, Door::KeyFromKnownAddress | Door::KeyAndLoginFromKnownAddress) => {
            Err(Refusal::new(403, "ENDPOINT_NOT_ALLOWED", format!("Access denied | Invalid IP - {address}")))
        }
        _ => Ok(()),
    }
}

impl Call {
    /// A query parameter that is not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .rfind(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// All values of a query parameter that may be an array, in the spellings that Express reads: `id=1&id=2`,
    /// `id[]=1&id[]=2` and `id[0]=1&id[1]=2`.
    fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        let is_of = move |key: &str| {
            let rest = key.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('[') && rest.ends_with(']')))
        };
        let values = self.query.iter().filter(move |(key, _)| is_of(key)).map(|(_, value)| value.as_str());
        values.filter(|value| !value.is_empty())
    }

    /// The ids of a filter, one or many. None is no filter.
    pub(crate) fn ids(&self, name: &str) -> Result<Vec<u64>, Refusal> {
        let id = |text: &str| text.parse().map_err(|_| Refusal::params(format!("{name} must be a number")));
        self.parameters(name).map(id).collect()
    }

    /// The words of a filter, one or many of these. None is no filter.
    pub(crate) fn words(&self, name: &str, known: &[&str]) -> Result<Vec<&str>, Refusal> {
        let word = |text| match known.contains(&text) {
            true => Ok(text),
            false => Err(Refusal::params(format!("{name} must be one of [{}]", known.join(", ")))),
        };
        self.parameters(name).map(word).collect()
    }

    /// A query parameter that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.parameter(name).ok_or_else(|| Refusal::params(format!("{name} is required")))
    }

    /// A boolean query parameter; absent is false.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.parameter(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Refusal::params(format!("{name} must be a boolean"))),
        }
    }

    /// `limit` and `page` of a list.
    pub(crate) fn paging(&self, default: usize) -> Result<(usize, usize), Refusal> {
        self.bounds(default, "page")
    }

    fn bounds(&self, default: usize, skipped: &str) -> Result<(usize, usize), Refusal> {
        let number = |name: &str, default: usize| match self.parameter(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Refusal::params(format!("{name} must be a number"))),
        };
        let (limit, skipped) = (number("limit", default)?, number(skipped, 0)?);
        match limit {
            0 => Err(Refusal::params("limit must be greater than or equal to 1")),
            501.. => Err(Refusal::params("limit must be less than or equal to 500")),
            _ => Ok((limit, skipped)),
        }
    }

    /// Whether `order` asks for the newest first. The oldest come first by default.
    pub(crate) fn is_descending(&self) -> Result<bool, Refusal> {
        match self.parameter("order") {
            None | Some("ASC") => Ok(false),
            Some("DESC") => Ok(true),
            Some(_) => Err(Refusal::params("order must be one of [ASC, DESC]")),
        }
    }

    /// Whether the parameter asks for the oldest first. The newest come first by default, and a wrong word gives
    /// 500, as the official SDK notes.
    pub(crate) fn is_ascending(&self, name: &str) -> Result<bool, Refusal> {
        match self.parameter(name).map(str::to_lowercase).as_deref() {
            None | Some("desc") => Ok(false),
            Some("asc") => Ok(true),
            Some(_) => Err(Refusal::internal()),
        }
    }

    /// What `limit` and `offset` leave of a list, and how many there are in all.
    pub(crate) fn excerpt<T>(&self, chosen: Vec<T>, form: impl Fn(T) -> Object) -> Outcome {
        let (limit, offset) = self.bounds(10, "offset")?;
        let count = chosen.len();
        let rows: Vec<_> = chosen.into_iter().skip(offset).take(limit).map(form).collect();
        Ok(Answer::json(200, &object! { "result": rows, "count": count }))
    }

    /// A date filter.
    pub(crate) fn date(&self, name: &str) -> Result<Option<chrono::DateTime<chrono::Utc>>, Refusal> {
        let date = |text| crate::wire::moment(text);
        self.parameter(name)
            .map(|text| date(text).ok_or_else(|| Refusal::params(format!("{name} must be a valid date"))))
            .transpose()
    }
}
