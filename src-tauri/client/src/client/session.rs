//! The dashboard login: one token at a time, renewed before it ends, by one login at a time.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::{Client, Login, read, secret_header};
use crate::{
    auth::LogIn,
    error::{Error, Unreadable},
};

/// A token is good for five minutes (the `exp` of its payload is 300 s after its `iat`); it is renewed at four,
/// so that none ends on its way.
const RENEWED_AFTER: TimeDelta = TimeDelta::minutes(4);

/// The login of one client.
pub(super) struct Session {
    login: Login,
    /// How many logins have ended. Who sees it grow while waiting for the lock has waited for a login.
    ended: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    failure: Option<Error>,
}

/// A token, kept in memory alone.
#[derive(Clone)]
pub(super) struct Token {
    header: HeaderValue,
    obtained: DateTime<Utc>,
    number: u64,
}

impl Token {
    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl Session {
    pub(super) fn new(login: Login) -> Self {
        Self { login, ended: AtomicU64::new(0), state: Mutex::default() }
    }

    /// The token, after a login if there is none, it is old, or it is the one that was `rejected`.
    ///
    /// Callers that come while a login is under way wait for it and share what it brings, success or failure.
    pub(super) async fn token(&self, client: &Client, rejected: Option<&Token>) -> Result<Token, Error> {
        let ended = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let now = (client.0.options.now)();
        if let Some(token) = &state.token {
            let rejected = rejected.is_some_and(|rejected| rejected.number == token.number);
            if !rejected && (TimeDelta::zero()..RENEWED_AFTER).contains(&(now - token.obtained)) {
                return Ok(token.clone());
            }
        }
        if self.ended.load(Ordering::Acquire) > ended
            && let Some(failure) = &state.failure
        {
            return Err(failure.clone());
        }
        *state = State::default();
        let result = self.log_in(client, now).await;
        self.ended.fetch_add(1, Ordering::Release);
        match &result {
            Ok(token) => state.token = Some(token.clone()),
            Err(failure) => state.failure = Some(failure.clone()),
        }
        result
    }

    async fn log_in(&self, client: &Client, now: DateTime<Utc>) -> Result<Token, Error> {
        let request = LogIn { email: &self.login.email, password: &self.login.password };
        let prepared = client.prepare(&request)?;
        let call = prepared.call.clone();
        let answer = client.exchange(prepared, None).await?;
        let request_id = answer.request_id.clone();
        let token = read(&request, call.clone(), answer)?.token;
        let Some(header) = secret_header(&format!("Bearer {}", token.expose_secret())) else {
            let problem = Unreadable::new("token", "not a token");
            return Err(Unreadable { call: Some(call), request_id, ..problem }.into());
        };
        Ok(Token { header, obtained: now, number: self.ended.load(Ordering::Acquire) })
    }
}
