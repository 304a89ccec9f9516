//! Service and login: whether the API is up, and tokens for the calls that want the dashboard login.
//!
//! The rules are those of the official collection of April 2026. That a token is good for five minutes stands in its
//! payload too.

use std::borrow::Cow;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    endpoint::{Access, Endpoint, done},
    error::{Call, Unreadable},
};

/// Asks whether the API is up: `GET /status`. Nobody has to show who calls.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let simulator = nowpayments_simulator::Simulator::start(Default::default()).await?;
/// # let credentials = nowpayments::Credentials { api_key: "any".into(), login: None };
/// # let client = nowpayments::Client::new(simulator.url().parse()?, credentials)?;
/// use nowpayments::auth::GetStatus;
///
/// assert_eq!(client.send(&GetStatus {}).await?.message, "OK");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetStatus {}

/// The answer of [`GetStatus`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// `OK`.
    pub message: String,
}

impl Endpoint for GetStatus {
    const METHOD: Method = Method::GET;
    const ACCESS: Access = Access::Open;
    type Response = Status;

    fn path(&self) -> Cow<'static, str> {
        "status".into()
    }
}

/// Logs in to the dashboard: `POST /auth`. [`Client`](crate::Client) does so by itself when a call wants it; to
/// send it oneself is a way to try a login.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LogIn<'a> {
    /// The e-mail address, in the case in which it was registered.
    pub email: &'a str,
    /// The password.
    #[serde(serialize_with = "expose")]
    pub password: &'a SecretString,
}

/// The answer of [`LogIn`].
#[derive(Debug, Clone, Deserialize)]
pub struct LoggedIn {
    /// A JWT that is good for five minutes.
    pub token: SecretString,
}

impl Endpoint for LogIn<'_> {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::Open;
    type Response = LoggedIn;

    fn path(&self) -> Cow<'static, str> {
        Call::LOGIN.into()
    }

    fn secret(&self) -> Option<&SecretString> {
        Some(self.password)
    }

    /// An answer of another form may hold a token all the same, so that nothing of it is quoted.
    fn read(&self, body: &[u8]) -> Result<LoggedIn, Unreadable> {
        done(body)?;
        serde_json::from_slice(body).map_err(|_| Unreadable::new("token", "there is none"))
    }
}

pub(crate) fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}
