//! Shops: the accounts at NOWPayments that this app works for, each with its own keys and its own database file.

mod coins;
mod connection;
mod context;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use specta::Type;
use url::Url;

pub use connection::Bases;
pub(crate) use connection::{TRIAL, accept_email, accept_key, accept_name, check, client, report, try_out};
pub(crate) use context::ShopContext;

/// Which NOWPayments a shop talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// The simulator that Paydesk brings along: practice money.
    Demo,
    /// `https://api-sandbox.nowpayments.io/v1`
    Sandbox,
    /// `https://api.nowpayments.io/v1`
    Live,
}

impl Environment {
    /// The name under which it is stored.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Sandbox => "sandbox",
            Self::Live => "live",
        }
    }
}

/// A shop as the window shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Shop {
    /// A UUID; the demo shop's is `demo`.
    pub id: String,
    /// The owner's name for it.
    pub name: String,
    /// Which NOWPayments it talks to.
    pub environment: Environment,
    /// The e-mail address of the dashboard login; `None` when only the API key is known.
    pub email: Option<String>,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// Nothing is made, moved or changed at NOWPayments from this computer.
    pub read_only: bool,
    /// What worths are told in: one of [`CURRENCIES`](crate::fiat::CURRENCIES), lower case.
    pub currency: String,
}

/// What the owner types to connect a shop. The secrets go to the keychain and nowhere else.
#[derive(Deserialize, Type)]
pub struct NewShop {
    /// The owner's name for it.
    pub name: String,
    /// Sandbox or live.
    pub environment: Environment,
    /// The API key.
    #[specta(type = String)]
    pub api_key: SecretString,
    /// The e-mail address of the dashboard login, for payouts and lists.
    pub email: String,
    /// The password of the dashboard login.
    #[specta(type = String)]
    pub password: SecretString,
    /// Nothing is to be made, moved or changed at NOWPayments from this computer.
    pub read_only: bool,
}

/// Other keys for a shop that is connected. The secrets go to the keychain and nowhere else.
#[derive(Deserialize, Type)]
pub struct NewKeys {
    /// The API key; empty: the one so far.
    #[specta(type = String)]
    pub api_key: SecretString,
    /// The e-mail address of the dashboard login.
    pub email: String,
    /// The password of the dashboard login; empty: the one so far.
    #[specta(type = String)]
    pub password: SecretString,
}

/// How to reach the simulator behind the demo shop. Handed in by the shell, kept in memory only.
#[derive(Clone)]
pub struct DemoConnection {
    /// The base URL, on the loopback.
    pub base: Url,
    /// Its API key.
    pub api_key: SecretString,
    /// Its login.
    pub email: String,
    /// Its password.
    pub password: SecretString,
}

/// What a connection check found, item by item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ConnectionReport {
    /// NOWPayments answers.
    pub reachable: CheckItem,
    /// The API key is right.
    pub key: CheckItem,
    /// The login is right.
    pub login: CheckItem,
    /// Payouts are allowed from the address of this computer.
    pub address: CheckItem,
    /// The keychain of this computer can hold the secrets.
    pub keychain: CheckItem,
}

/// What a check of a shop that is connected has found, item by item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ShopCheck {
    /// Its connection, by the keys that the keychain holds.
    pub connection: ConnectionReport,
    /// Its payouts can be read.
    pub payouts: CheckItem,
    /// How codes for payouts are given.
    pub second_factor: CheckItem,
    /// The clock of this computer agrees with that of NOWPayments.
    pub clock: CheckItem,
}

/// One item of a connection check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CheckItem {
    /// How it stands.
    pub state: CheckState,
    /// In words, what that means and what to do.
    pub message: String,
}

/// How an item of a connection check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// It is right.
    Good,
    /// It is wrong.
    Bad,
    /// It could not be tried, since something before it failed.
    NotTried,
}
