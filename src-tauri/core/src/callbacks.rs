//! Callbacks ("IPN"): what NOWPayments tells a shop by itself when something has changed.
//!
//! A shop's server that gets them can pass them on to Paydesk, which listens on the loopback if its owner wants it. A
//! callback is believed when its signature is right, and nothing is lost without them: what they tell is read from
//! NOWPayments anyway, a little later. The last ones are kept, so that the owner sees what came and why something was
//! refused.

mod judge;
mod listener;
mod record;
mod sample;
mod server;
mod take;
mod tokens;
pub mod words;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use specta::Type;

use self::listener::Listener;
use crate::{failure::Failure, payments::Payments, payouts::Payouts, shops::ShopContext};

/// The port that is suggested when none was chosen yet.
const SUGGESTED_PORT: u16 = 4380;
/// The path that callbacks are posted to.
const PATH: &str = "/ipn";
/// The header that holds the signature.
const SIGNATURE: &str = "x-nowpayments-sig";

/// How the listener stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CallbackListener {
    /// Whether it listens, and where.
    pub state: ListenerState,
    /// The port that it listens on, or would.
    pub port: u16,
    /// When the IPN secret was last set; `None` when there is none.
    pub secret_set_at: Option<DateTime<Utc>>,
    /// When the last callback came.
    pub last_at: Option<DateTime<Utc>>,
}

/// Whether callbacks are listened for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ListenerState {
    /// They are not, as the owner wishes.
    #[default]
    Off,
    /// They are.
    Listening {
        /// Where they are to be posted to, on this computer.
        address: String,
        /// Since when.
        since: DateTime<Utc>,
        /// How many have come since, and were right.
        verified: u32,
        /// How many have come since, and were refused.
        refused: u32,
    },
    /// They are not, although the owner wishes it.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
}

/// What a callback is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum CallbackKind {
    /// A payment.
    Payment,
    /// A payout.
    Payout,
    /// A charge of a customer's balance.
    Recurring,
    /// A test that Paydesk has sent to itself.
    Test,
    /// Something that this version does not know.
    Other,
}

impl CallbackKind {
    /// Its name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Payout => "payout",
            Self::Recurring => "recurring",
            Self::Test => "test",
            Self::Other => "other",
        }
    }
}

/// The form of a body that was signed. See [`nowpayments::callbacks::Form`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum SignedForm {
    /// The body as it came.
    Raw,
    /// The body with its keys sorted.
    Canonical,
    /// The body with its keys sorted and its arrays as objects.
    Documented,
}

impl From<nowpayments::callbacks::Form> for SignedForm {
    fn from(form: nowpayments::callbacks::Form) -> Self {
        match form {
            nowpayments::callbacks::Form::Raw => Self::Raw,
            nowpayments::callbacks::Form::Canonical => Self::Canonical,
            nowpayments::callbacks::Form::Documented => Self::Documented,
        }
    }
}

/// What a callback has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum CallbackEffect {
    /// The payment has changed.
    Changed,
    /// What it told was known already.
    Known,
    /// The same callback had come before.
    Repeated,
    /// The batch of the payout is looked at.
    LookedUp,
    /// It was written down and nothing else.
    Noted,
    /// It was right, but could not be taken: NOWPayments is asked to send it again.
    NotTaken,
    /// Nothing: it was refused.
    Refused,
}

/// A page of the callbacks that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CallbackPage {
    /// The rows, newest first.
    pub rows: Vec<CallbackRow>,
    /// Where to go on; `None` at the end.
    pub next: Option<u32>,
    /// How many there are in all.
    pub total: u32,
}

/// A callback in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::FromRow)]
pub struct CallbackRow {
    /// Counted from 1.
    pub number: u32,
    /// When it came.
    pub at: DateTime<Utc>,
    /// What it has done.
    pub effect: CallbackEffect,
    /// Why it was refused, or what went wrong with it, in words.
    pub reason: Option<String>,
    /// The form of its body that was signed; `None` when it was refused.
    pub form: Option<SignedForm>,
    /// What it is about; `None` when it was refused.
    pub kind: Option<CallbackKind>,
    /// The id of the payment, payout or charge.
    pub subject: Option<String>,
    /// The status that it tells, lower case.
    pub status: Option<String>,
    /// The size of its body.
    pub bytes: u32,
}

/// One callback, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CallbackDetail {
    /// The row of the list.
    pub row: CallbackRow,
    /// The payment that it is about, where it is in the cache.
    pub payment: Option<String>,
    /// Our batch that it is about.
    pub batch: Option<String>,
    /// The end of its signature.
    pub signature_end: Option<String>,
    /// Its body, laid out for reading, with every value spelled as it was signed.
    pub body: Option<String>,
}

/// What came of a test callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TestDelivery {
    /// The listener took it.
    pub taken: bool,
    /// The status of its answer over HTTP.
    pub status: u16,
    /// Its answer in words.
    pub answer: String,
}

/// A callback that the owner wants to have checked. Nothing of it is kept.
#[derive(Deserialize, Type)]
pub struct CallbackToCheck {
    /// Its body.
    pub body: String,
    /// The header `x-nowpayments-sig`.
    pub signature: String,
    /// The IPN secret to check it with; `None`: that of the shop.
    #[specta(type = Option<String>)]
    pub secret: Option<SecretString>,
}

/// What a check of a callback has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Verdict {
    /// It was signed with the secret, and it can be read.
    pub genuine: bool,
    /// What was found, in words.
    pub message: String,
    /// What probably happened to it, and what to do.
    pub notes: Vec<String>,
    /// The form of its body that was signed.
    pub form: Option<SignedForm>,
    /// What it is about.
    pub kind: Option<CallbackKind>,
    /// The id of the payment, payout or charge.
    pub subject: Option<String>,
    /// The status that it tells, lower case.
    pub status: Option<String>,
}

/// The callbacks of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Callbacks {
    ctx: Arc<ShopContext>,
    payments: Payments,
    payouts: Payouts,
    listener: Arc<Listener>,
}

impl Callbacks {
    pub(crate) fn new(ctx: Arc<ShopContext>, payments: Payments, payouts: Payouts) -> Self {
        Self { ctx, payments, payouts, listener: Arc::default() }
    }

    /// Listens again if it did when the shop was open last. Started once by [`crate::Core`].
    pub(crate) async fn run(self) {
        self.resume().await;
    }

    /// How the listener stands.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn listener(&self) -> Result<CallbackListener, Failure> {
        self.read_listener().await
    }

    /// Listens on a port of the loopback (1024 to 65535), or on one that is free.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`](crate::FailureCode::Invalid) when there is no secret yet or the port cannot be had; then
    /// everything is as it was. Otherwise the keychain or the database failed.
    pub async fn listen(&self, port: Option<u16>) -> Result<CallbackListener, Failure> {
        self.turn_on(port).await?;
        self.read_listener().await
    }

    /// Listens no more. The port is free when this returns.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stop_listening(&self) -> Result<CallbackListener, Failure> {
        self.turn_off().await?;
        self.read_listener().await
    }

    /// Keeps the IPN secret in the keychain, in place of an earlier one.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`](crate::FailureCode::Invalid) when it is none, and when the keychain or the database fails.
    pub async fn set_secret(&self, secret: SecretString) -> Result<CallbackListener, Failure> {
        self.keep_secret(secret).await?;
        self.read_listener().await
    }

    /// Deletes the IPN secret from the keychain, and listens no more.
    ///
    /// # Errors
    /// When the keychain or the database fails.
    pub async fn forget_secret(&self) -> Result<CallbackListener, Failure> {
        self.delete_secret().await?;
        self.read_listener().await
    }

    /// Uses the secret of the demo shop's simulator, and listens on a free port unless the owner has turned that off.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn practise(&self, secret: SecretString) -> Result<(), Failure> {
        self.use_practice_secret(secret).await
    }

    /// The last callbacks that came in, newest first: at most `limit` (1 to 500) behind the one numbered `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, limit: u32, after: Option<u32>) -> Result<CallbackPage, Failure> {
        self.read_page(limit, after).await
    }

    /// One callback.
    ///
    /// # Errors
    /// When there is none (any more) with this number.
    pub async fn get(&self, number: u32) -> Result<CallbackDetail, Failure> {
        self.read_one(number).await
    }

    /// Signs a sample with the secret of the shop and posts it to the listener, as NOWPayments would.
    ///
    /// # Errors
    /// When nothing listens, or it does not answer.
    pub async fn send_test(&self) -> Result<TestDelivery, Failure> {
        self.post_sample().await
    }

    /// Checks a callback that the owner brings, and says why when it is not right. Keeps nothing, and never says which
    /// signature would be right.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`](crate::FailureCode::Invalid) when there is no secret to check it with.
    pub async fn check(&self, callback: CallbackToCheck) -> Result<Verdict, Failure> {
        self.judge_brought(callback).await
    }
}
