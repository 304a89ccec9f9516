//! The client: who calls, how a call is made, and when it is made again.

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use backon::{ExponentialBuilder, Retryable};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{Stream, stream};
use reqwest::{
    Body, Method, Request, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect,
};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::{
    endpoint::{Endpoint, Listing, Paged},
    error::{Call, Error, Refused, Unreachable, Unreadable},
};

mod carried;
mod session;

use carried::Carried;
use session::{Session, Token};

/// Who calls.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The API key of the shop.
    pub api_key: SecretString,
    /// The dashboard login, without which payouts and the list of payments are refused.
    pub login: Option<Login>,
}

/// The login of the NOWPayments dashboard.
#[derive(Clone)]
pub struct Login {
    /// The e-mail address, in the case in which it was registered.
    pub email: String,
    /// The password.
    pub password: SecretString,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// What is not the same for every program.
#[derive(Clone)]
pub struct Options {
    /// The time now, UTC: the age of a login and [`Client::clock_offset`] are measured by it.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// How a GET is repeated.
    pub retry: Retry,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long one attempt may take, connection and whole answer included.
    pub timeout: Duration,
    /// The most bytes that an answer may have.
    pub largest_answer: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            now: Arc::new(Utc::now),
            retry: Retry::default(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            largest_answer: 16 << 20,
        }
    }
}

/// How a GET that failed for the moment is repeated. No other call ever is.
///
/// The waits double from `shortest` to `longest`, each lengthened at random by up to its own length so that
/// many callers do not come back together. A `Retry-After` of the API is waited out, unless that would pass
/// `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often at the most; 0 for never.
    pub times: usize,
    /// The first wait.
    pub shortest: Duration,
    /// The longest wait, before the random part.
    pub longest: Duration,
    /// No attempt begins later than this after the first one did.
    pub total: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            times: 4,
            shortest: Duration::from_millis(400),
            longest: Duration::from_secs(8),
            total: Duration::from_secs(30),
        }
    }
}

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base URL cannot carry a path, or is not HTTP.
    #[error("the base URL is not one of an HTTP service")]
    Base,
    /// The base URL would send secrets unencrypted to another computer.
    #[error("the base URL must begin with https://")]
    Insecure,
    /// The API key has characters that no key has, such as a line break.
    #[error("the API key has characters that no key has")]
    Key,
    /// TLS cannot be set up on this computer.
    #[error("HTTPS cannot be set up on this computer: {0}")]
    Tls(#[source] reqwest::Error),
}

/// A client of the NOWPayments API for one account. Clones share connections and the login.
#[derive(Clone)]
pub struct Client(Arc<Inner>, Changes);

/// Whether a client makes calls that change something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changes {
    Made,
    Withheld,
}

struct Inner {
    base: Url,
    key: HeaderValue,
    options: Options,
    http: reqwest::Client,
    session: Option<Session>,
    clock_offset: Mutex<Option<TimeDelta>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.0.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the API under `base`, such as `https://api.nowpayments.io/v1`.
    ///
    /// It makes no call.
    ///
    /// # Errors
    /// When the base URL or the key cannot be used, or HTTPS cannot be set up.
    pub fn new(base: Url, credentials: Credentials) -> Result<Self, SetupError> {
        Self::with(base, credentials, Options::default())
    }

    /// The same with other options.
    ///
    /// # Errors
    /// Those of [`Client::new`].
    pub fn with(base: Url, credentials: Credentials, options: Options) -> Result<Self, SetupError> {
        let local = is_this_computer(&base);
        match base.scheme() {
            "https" => {}
            "http" if local => {}
            "http" => return Err(SetupError::Insecure),
            _ => return Err(SetupError::Base),
        }
        let key = secret_header(credentials.api_key.expose_secret().trim()).ok_or(SetupError::Key)?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("Paydesk/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry key and login to somewhere else.
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            // A connection that idled for long may be dead, and a payout that dies with it has an unknown end.
            .pool_idle_timeout(Duration::from_secs(20));
        let http = if local { http.no_proxy() } else { http };
        let http = http.build().map_err(SetupError::Tls)?;
        let session = credentials.login.map(Session::new);
        Ok(Self(
            Arc::new(Inner { base, key, options, http, session, clock_offset: Mutex::default() }),
            Changes::Made,
        ))
    }

    /// A client of the same account, with its connections and its login, that only reads: every call that could change
    /// something ends in [`Error::Withheld`], whatever it is, and does not leave this computer.
    #[must_use]
    pub fn only_reading(&self) -> Self {
        Self(self.0.clone(), Changes::Withheld)
    }

    /// A client of the same account that makes every call: the opposite of [`Client::only_reading`].
    #[must_use]
    pub fn changing(&self) -> Self {
        Self(self.0.clone(), Changes::Made)
    }

    /// Whether this client only reads.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        self.1 == Changes::Withheld
    }

    /// Makes one call.
    ///
    /// It logs in first when the endpoint wants that and no token of the last four minutes is at hand. A 401
    /// did nothing, so it is answered with one new login and the same call once more. A GET that failed for
    /// the moment is repeated as [`Options::retry`] says; no other call is, whatever happened.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer that makes no sense. For a call that moves money,
    /// [`Error::outcome`] tells whether it may be made again.
    pub async fn send<E: Endpoint>(&self, request: &E) -> Result<E::Response, Error> {
        let prepared = self.prepare(request)?;
        if self.only_reads() && prepared.call.has_effect() {
            return Err(Error::Withheld(prepared.call));
        }
        let answer = if E::METHOD == Method::GET {
            let started = Instant::now();
            let retry = self.0.options.retry;
            (|| self.attempt::<E>(&prepared))
                .retry(
                    ExponentialBuilder::new()
                        .with_max_times(retry.times)
                        .with_min_delay(retry.shortest)
                        .with_max_delay(retry.longest)
                        .with_jitter(),
                )
                // A login that failed is not tried again: it is a POST, and too many lock the account.
                .when(|error| error.is_transient() && error.call() == Some(&prepared.call))
                .adjust(|error, delay| {
                    let asked = error.refused().and_then(|refused| refused.retry_after).unwrap_or_default();
                    delay
                        .map(|delay| delay.max(asked))
                        .filter(|wait| started.elapsed() + *wait <= retry.total)
                })
                .notify(|error, wait| tracing::debug!(%error, ?wait, "calling again"))
                .await?
        } else {
            self.attempt::<E>(&prepared).await?
        };
        read(request, prepared.call, answer)
    }

    /// Logs in, unless a token of the last four minutes is at hand: a new client tries its login by this. False when it has
    /// none.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer that makes no sense.
    pub async fn log_in(&self) -> Result<bool, Error> {
        match &self.0.session {
            Some(session) => session.token(self, None).await.map(|_| true),
            None => Ok(false),
        }
    }

    /// Lists everything from the request's page or offset on, one page after the other, as they are asked for.
    ///
    /// The stream ends after the last page, or after the first error. It never asks for pages at once, and it
    /// ends with an error rather than run in circles when the API answers with the same page twice.
    pub fn pages<E: Paged>(
        &self,
        list: E,
    ) -> impl Stream<Item = Result<Vec<<E::Response as Listing>::Item>, Error>> + Send + Unpin + use<E> {
        let start = Some((self.clone(), list, None));
        Box::pin(stream::try_unfold(start, |state| async move {
            let Some((client, list, earlier)) = state else { return Ok(None) };
            let (items, more) = client.send(&list).await?.into_items();
            let Some(first) = items.first().cloned() else { return Ok(None) };
            if earlier.as_ref() == Some(&first) {
                return Err(Unreadable {
                    call: Some(Call { method: E::METHOD, path: list.path().into_owned() }),
                    ..Unreadable::new("", "the page is the one before it again")
                }
                .into());
            }
            let state = more.unwrap_or(true).then(|| (client, list.after(items.len()), Some(first)));
            Ok(Some((items, state)))
        }))
    }

    /// How far the provider's clock is ahead of the local one, by the last answer; negative when it is behind.
    /// `None` before the first answer. Right to about a second and the time that an answer takes.
    #[must_use]
    pub fn clock_offset(&self) -> Option<TimeDelta> {
        *self.0.clock_offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prepare<E: Endpoint>(&self, request: &E) -> Result<Prepared, Error> {
        let path = request.path();
        let mut url = self.0.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        let call = Call { method: E::METHOD, path: path.into_owned() };
        let secret = request.secret();
        let builder = self.0.http.request(E::METHOD, url);
        let in_query = matches!(E::METHOD, Method::GET | Method::DELETE);
        let builder = if in_query { builder.query(request) } else { builder.json(request) };
        let builder = match request.origin_ip() {
            Some(address) => builder.header("origin-ip", address.to_string()),
            None => builder,
        };
        let mut prepared = match builder.build() {
            Ok(request) => Prepared { call, request, secret: secret.cloned() },
            Err(problem) => return Err(Unreachable::new(call, problem).into()),
        };
        if prepared.request.body().and_then(Body::as_bytes) == Some(b"{}") {
            *prepared.request.body_mut() = None;
            prepared.request.headers_mut().remove(CONTENT_TYPE);
        }
        Ok(prepared)
    }

    /// One attempt, with the login that it may need.
    async fn attempt<E: Endpoint>(&self, prepared: &Prepared) -> Result<Answer, Error> {
        let mut prepared = prepared.again();
        if E::ACCESS.wants_key() {
            prepared.request.headers_mut().insert("x-api-key", self.0.key.clone());
        }
        let token = match &self.0.session {
            Some(session) if E::ACCESS.wants_login() => Some(session.token(self, None).await?),
            _ => None,
        };
        let refused = match self.exchange(prepared.again(), token.as_ref()).await {
            Err(Error::Refused(refused)) if refused.is_expired_login() => refused,
            other => return other,
        };
        // Some calls that are documented to want the key alone are seen to want the login as well.
        match &self.0.session {
            Some(session) => {
                let token = session.token(self, token.as_ref()).await?;
                self.exchange(prepared, Some(&token)).await
            }
            None => Err(refused.into()),
        }
    }

    /// Sends one request and takes in the whole answer.
    async fn exchange(&self, prepared: Prepared, token: Option<&Token>) -> Result<Answer, Error> {
        let Prepared { call, mut request, secret } = prepared;
        if let Some(token) = token {
            request.headers_mut().insert(AUTHORIZATION, token.header());
        }
        let carried = Carried::of(&request, secret.as_ref());
        let started = Instant::now();
        let mut response = match self.0.http.execute(request).await {
            Ok(response) => response,
            Err(problem) => return Err(Unreachable::new(call, problem).into()),
        };
        let now = (self.0.options.now)();
        let status = response.status();
        let date = http_date(response.headers(), &DATE);
        let request_id = request_id(response.headers(), &carried);
        tracing::debug!(%call, %status, request_id, elapsed = ?started.elapsed(), "answer");
        if let Some(date) = date {
            *self.0.clock_offset.lock().unwrap_or_else(PoisonError::into_inner) = Some(date - now);
        }
        let body = match self.body(&mut response).await {
            Ok(Some(body)) => body,
            Ok(None) if status.is_success() => {
                let message = format!("longer than {} bytes", self.0.options.largest_answer);
                return Err(
                    Unreadable { call: Some(call), request_id, ..Unreadable::new("", message) }.into()
                );
            }
            // The status of a refusal says more than how it ends.
            Ok(None) => Vec::new(),
            Err(_) if !status.is_success() => Vec::new(),
            Err(problem) => return Err(Unreachable::new(call, problem).into()),
        };
        if status.is_success() {
            return Ok(Answer { body, request_id, carried });
        }
        // Before it is read, since a long text is cut, and after, since JSON can spell a sign in many ways.
        let read = Refused::read(call, status.as_u16(), &carried.hide_in(&body));
        let refused = Refused {
            retry_after: retry_after(response.headers(), date.unwrap_or(now)),
            request_id,
            code: read.code.map(|code| carried.hide(&code)),
            message: carried.hide(&read.message),
            ..read
        };
        Err(Box::new(refused).into())
    }

    /// The whole body, or `None` when it is too long.
    async fn body(&self, response: &mut Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
        let largest = self.0.options.largest_answer;
        let expected = response.content_length().and_then(|length| usize::try_from(length).ok());
        if expected.is_some_and(|length| length > largest) {
            return Ok(None);
        }
        let mut body = Vec::with_capacity(expected.unwrap_or_default());
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > largest {
                return Ok(None);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Some(body))
    }
}

/// A request that can be sent several times.
struct Prepared {
    call: Call,
    request: Request,
    /// The secret in its body.
    secret: Option<SecretString>,
}

impl Prepared {
    #[expect(
        clippy::expect_used,
        reason = "only a body that streams cannot be copied, and all are JSON in memory"
    )]
    fn again(&self) -> Self {
        let request = self.request.try_clone().expect("a body in memory");
        Self { call: self.call.clone(), request, secret: self.secret.clone() }
    }
}

/// The body of an answer with a 2xx status.
struct Answer {
    body: Vec<u8>,
    request_id: Option<String>,
    carried: Carried,
}

fn read<E: Endpoint>(request: &E, call: Call, answer: Answer) -> Result<E::Response, Error> {
    let Answer { body, request_id, carried } = answer;
    request.read(&body).map_err(|problem| {
        // What is wrong is told in the words of the answer, which are cut: half a secret is one, too.
        let problem = request.read(&carried.hide_in(&body)).err().unwrap_or(problem);
        let (path, message) = (carried.hide(&problem.path), carried.hide(&problem.message));
        Unreadable { call: Some(call), path, message, request_id }.into()
    })
}

fn is_this_computer(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// A header that `Debug` does not show. `None` for a text that cannot be one.
fn secret_header(secret: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

fn request_id(headers: &HeaderMap, carried: &Carried) -> Option<String> {
    let id = headers.get("x-request-id").or_else(|| headers.get("cf-ray"))?;
    Some(crate::wire::shortened(&carried.hide(id.to_str().ok()?)))
}

fn http_date(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<DateTime<Utc>> {
    let text = headers.get(name)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

/// `Retry-After`: a number of seconds, or a date by the provider's clock.
fn retry_after(headers: &HeaderMap, provider_now: DateTime<Utc>) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok().and_then(|text| text.trim().parse().ok());
    match seconds {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => (http_date(headers, &RETRY_AFTER)? - provider_now).to_std().ok(),
    }
}
