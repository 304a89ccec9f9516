//! Callbacks ("IPN"): what NOWPayments tells a shop's server when something has changed.
//!
//! A callback is a POST whose header `x-nowpayments-sig` holds a signature: HMAC-SHA512 with the secret from the
//! dashboard, in hex. [`verify`] checks it, and [`Callback::read`] reads what it covers:
//!
//! ```
//! use nowpayments::callbacks::{self, Callback, Form};
//!
//! let body = br#"{"payment_id": 4412087713, "payment_status": "finished", "price_amount": 12.5,
//!     "price_currency": "eur", "actually_paid": 0.15000000, "pay_currency": "ltc"}"#;
//! let signature = "3b9997bf5197520a8c7094fc3acf98c4624bbadfebcc26b7699c5ed3498c48e7\
//!     adbfb59516eec588a9fabcbc8a731cb7d30d1da9f279b95a9cf85031392ac414";
//!
//! let verified = callbacks::verify(body, signature, &"secret of the shop".into())?;
//! assert_eq!(verified.form(), Form::Canonical);
//! let Callback::Payment(callback) = Callback::read(&verified)? else { panic!("a payment") };
//! println!("{} is {}", callback.payment_id, callback.payment_status);
//! assert_eq!(callback.payment()?.price_amount.to_string(), "12.5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - **Three forms.** NOWPayments signs the bytes that it sends. Where something on the way has written the JSON anew,
//!   the bytes are other ones; its SDK and its documents therefore sort the keys and sign that, each in its own way.
//!   [`Form`] says which of the three it was. Each covers the whole body.
//! - **What is read is what was signed.** The sorted forms hold numbers as JavaScript prints them, so that several
//!   spellings of a number have one signature. Amounts are read from the signed text, and an identifier must be spelled
//!   as it was signed.
//! - **Nothing is guessed.** A body in which a key occurs twice, which is nested deeper than any callback, or which
//!   is too large is refused whatever its signature says; see [`UnreadableBody`].
//! - **Callbacks come more than once**, late and out of order. [`Callback::key`] is the same for those that tell the
//!   same; [`PaymentStatus::may_follow`] tells whether one is late.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};

use self::{
    canonical::Arrays,
    document::{Document, Node, decoded},
    signature::{Key, Signature},
};
use crate::{
    Amount, PaymentId, PayoutBatchId, PayoutId, RecurringId, Ticker,
    custody::TransferStatus,
    endpoint,
    error::Unreadable,
    payments::{Payment, PaymentStatus},
    payouts::{Payout, PayoutStatus},
    wire::{self, FromScalar, Scalar, shortened},
};

mod canonical;
mod document;
mod signature;
#[cfg(test)]
mod tests;

/// The largest body that is looked at, in bytes: 16 MiB. A callback takes some hundred. The rest is room for
/// long descriptions, and costs no more than the time to hash it.
pub const LARGEST_BODY: usize = 16 << 20;

/// The most values and keys in a body that is looked at, 2^20. They bound the memory that a body can claim, which is
/// some fifty bytes for each.
pub const MOST_VALUES: usize = 1 << 20;

/// How deep arrays and objects may be nested. Callbacks go two deep; it is half of what `serde_json` reads,
/// which must be able to read whatever was verified.
pub const DEEPEST: usize = 64;

/// Checks that somebody who knows the secret has signed the body.
///
/// `signature` is the header `x-nowpayments-sig`: 128 hex digits in any case. Space around it and around the secret
/// does not count, since both are copied by hand. The forms are tried in the order of [`Form`], and each comparison
/// takes the same time wherever the signatures differ. The time is that of reading the body once and of hashing it
/// at most three times.
///
/// # Errors
/// [`CallbackError::Invalid`] when the signature is not one of this body, [`CallbackError::Unreadable`] when the body is
/// not to be read, even where its bytes are signed, and [`CallbackError::NoSecret`] when there is none to check with.
pub fn verify(body: &[u8], signature: &str, secret: &SecretString) -> Result<Verified, CallbackError> {
    let key = Key::new(secret)?;
    let signature = Signature::read(signature).map_err(CallbackError::Invalid)?;
    if body.len() > LARGEST_BODY {
        return Err(CallbackError::Unreadable { problem: UnreadableBody::TooLarge, signed: false });
    }
    let signed = key.has_signed(body, &signature);
    let document = Document::read(body).map_err(|problem| CallbackError::Unreadable { problem, signed })?;
    if signed {
        return Ok(Verified { form: Form::Raw, text: document.text().into() });
    }
    let canonical = canonical::write(&document, Arrays::Kept);
    let form = if key.has_signed(canonical.as_bytes(), &signature) {
        Form::Canonical
    } else if document.has_arrays()
        && key.has_signed(canonical::write(&document, Arrays::AsObjects).as_bytes(), &signature)
    {
        Form::Documented
    } else {
        return Err(CallbackError::Invalid(InvalidSignature::Mismatch));
    };
    match respelled(&document) {
        Some(respelled) => Err(CallbackError::Invalid(respelled)),
        None => Ok(Verified { form, text: canonical.into() }),
    }
}

/// Finds an identifier whose number is not spelled as it was signed.
///
/// `4412087713.0`, `4.412087713e9` and `4412087713` are one number, and above 2^53 even different integers are: who
/// has seen one signed callback could send it again under what looks like another id.
fn respelled(document: &Document<'_>) -> Option<InvalidSignature> {
    let nodes = document.nodes();
    for (place, node) in nodes.iter().enumerate() {
        let Some(key) = identifier_key(node) else { continue };
        let one = [place + 1];
        let values = match &nodes[place + 1] {
            Node::Array(held) => document.held(held),
            _ => &one,
        };
        for value in values {
            let Node::Number(sent) = nodes[*value] else { continue };
            let signed = canonical::number(sent);
            if signed != sent {
                return Some(InvalidSignature::Respelled {
                    key: shortened(&key),
                    sent: shortened(sent),
                    signed,
                });
            }
        }
    }
    None
}

/// The key, if its name is that of an identifier or of several.
fn identifier_key(node: &Node<'_>) -> Option<String> {
    let Node::Key(raw) = node else { return None };
    let key = decoded(raw);
    (key == "id" || ["_id", "_ids", "Id", "Ids"].iter().any(|end| key.ends_with(end))).then_some(key)
}

/// Of which text a signature is the HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The body as it came, byte for byte. This is what NOWPayments does, going by a callback of December 2025 that was
    /// recorded with its signature.
    Raw,
    /// The body written anew as `JSON.stringify` does, with the keys of all objects sorted as JavaScript sorts them, and
    /// arrays as they are. This is what the SDK of NOWPayments for Node checks.
    Canonical,
    /// The same, but with every array as an object whose keys are 0, 1, 2 and so on. This is what the example for Node in
    /// the documents of NOWPayments computes.
    Documented,
}

impl Form {
    /// The text that is signed in this form of a body.
    ///
    /// # Errors
    /// When the body is not to be read.
    pub fn text(self, body: &[u8]) -> Result<String, UnreadableBody> {
        let document = Document::read(body)?;
        Ok(match self {
            Self::Raw => document.text().to_owned(),
            Self::Canonical => canonical::write(&document, Arrays::Kept),
            Self::Documented => canonical::write(&document, Arrays::AsObjects),
        })
    }
}

/// A body whose signature was checked and found right. Only [`verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    form: Form,
    text: Box<str>,
}

impl Verified {
    /// The form in which it was signed.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The JSON that was signed: the body itself for [`Form::Raw`], and its [`Form::Canonical`] text for the other two,
    /// since the documents' form does not tell arrays from objects.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Why a callback must not be acted upon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// The signature is not one of this body, made with this secret.
    #[error("invalid signature: {0}")]
    Invalid(InvalidSignature),
    /// The body is not to be read.
    #[error("unreadable body: {problem}")]
    Unreadable {
        /// What is wrong with it.
        problem: UnreadableBody,
        /// Whether the signature is nevertheless that of its bytes, so that it does come from who knows the secret.
        signed: bool,
    },
    /// The secret is empty.
    #[error("the secret is empty")]
    NoSecret,
}

/// What is wrong with a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSignature {
    /// It is too short or too long.
    #[error("{found} hex digits instead of 128")]
    Length {
        /// How many digits it has.
        found: usize,
    },
    /// It is not hex.
    #[error("{found:?} is not a hex digit")]
    NotHex {
        /// The first character that is none.
        found: char,
    },
    /// It is that of another body, or was made with another secret.
    #[error("it matches the body in none of its forms")]
    Mismatch,
    /// It matches, but an identifier is spelled in another way than it was signed, which could make it look like another.
    #[error("{key} is spelled {sent}, but {signed} was signed")]
    Respelled {
        /// The key of the identifier.
        key: String,
        /// The number as it came.
        sent: String,
        /// The number as it was signed.
        signed: String,
    },
}

/// Why a body is not to be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableBody {
    /// It is larger than [`LARGEST_BODY`], or holds more than [`MOST_VALUES`].
    #[error("it is larger than {} MiB, or has more than {} values", LARGEST_BODY >> 20, MOST_VALUES)]
    TooLarge,
    /// It is nested deeper than [`DEEPEST`].
    #[error("it is nested more than {DEEPEST} deep")]
    TooDeep,
    /// It is not JSON.
    #[error("it is not JSON: {message} at byte {at}")]
    NotJson {
        /// Where, in bytes from 0.
        at: usize,
        /// What is wrong there.
        message: String,
    },
    /// An object has a key twice. Readers differ in which of the two they take, so none is.
    #[error("the key {key:?} occurs twice in one object")]
    DuplicateKey {
        /// The key, or its beginning.
        key: String,
    },
    /// A number is so large that JavaScript reads it as infinite, and signs it as null.
    #[error("the number {number} is too large")]
    NotFinite {
        /// The number, or its beginning.
        number: String,
    },
    /// It is JSON, but a value is not what a callback has there.
    #[error("{path}: {message}")]
    Unexpected {
        /// Where, such as `payment_id`.
        path: String,
        /// What is wrong there.
        message: String,
    },
}

/// What a callback is about. One address of a shop may receive all kinds, which differ in their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callback {
    /// A payment: it has a `payment_id` and a `payment_status`.
    Payment(PaymentCallback),
    /// A payout: it has an `id`, a `batch_withdrawal_id` and a `status`.
    Payout(PayoutCallback),
    /// A payment that recurs, out of the balance of a customer: it has an `id`, a `status`, a `currency` and an `amount`.
    Recurring(RecurringCallback),
    /// Something that this version does not know.
    Other,
}

impl Callback {
    /// Reads what a callback is about and how far that is. It asks for no more than that, so that what is missing
    /// elsewhere hides no news; the rest is read by [`PaymentCallback::payment`] and [`PayoutCallback::payout`].
    ///
    /// # Errors
    /// When an identifier, a status or an amount is not one.
    pub fn read(verified: &Verified) -> Result<Self, UnreadableBody> {
        let fields = Fields(Document::of(&verified.text)?);
        let batch = ["batch_withdrawal_id", "batchWithdrawalId"].into_iter().find(|key| fields.has(key));
        Ok(if fields.has("payment_id") && fields.has("payment_status") {
            Self::Payment(PaymentCallback {
                payment_id: fields.required("payment_id")?,
                payment_status: fields.text("payment_status")?.as_str().into(),
                actually_paid: fields.optional_amount("actually_paid")?,
                text: verified.text.clone(),
            })
        } else if let Some(batch) = batch
            && fields.has("id")
            && fields.has("status")
        {
            Self::Payout(PayoutCallback {
                id: fields.required("id")?,
                batch_withdrawal_id: fields.required(batch)?,
                status: fields.text("status")?.as_str().into(),
                text: verified.text.clone(),
            })
        } else if ["id", "status", "currency", "amount"].iter().all(|key| fields.has(key)) {
            Self::Recurring(RecurringCallback {
                id: fields.required("id")?,
                status: fields.text("status")?.as_str().into(),
                currency: fields.required("currency")?,
                amount: fields.amount("amount")?,
                created_at: fields.optional("created_at")?,
                updated_at: fields.optional("updated_at")?,
            })
        } else {
            Self::Other
        })
    }

    /// A text that is the same for callbacks that tell the same, to act once upon one that comes several times.
    /// Callbacks have no id of their own.
    ///
    /// A payment is told of again when more was paid, so its key has what was paid.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Payment(PaymentCallback { payment_id, payment_status, actually_paid, .. }) => {
                let paid = actually_paid.as_ref().map(Amount::to_string).unwrap_or_default();
                Some(format!("payment:{payment_id}:{payment_status}:{paid}"))
            }
            Self::Payout(PayoutCallback { id, status, .. }) => Some(format!("payout:{id}:{status}")),
            Self::Recurring(RecurringCallback { id, status, amount, .. }) => {
                Some(format!("recurring:{id}:{status}:{amount}"))
            }
            Self::Other => None,
        }
    }
}

/// A callback about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentCallback {
    /// The payment.
    pub payment_id: PaymentId,
    /// How far it is.
    pub payment_status: PaymentStatus,
    /// What has been paid so far, in the coin.
    pub actually_paid: Option<Amount>,
    text: Box<str>,
}

impl PaymentCallback {
    /// The JSON that was signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads the whole payment. It has no time of creation, and the time of its last change at most.
    ///
    /// # Errors
    /// When the callback lacks what a payment always has, or a value is not what it should be.
    pub fn payment(&self) -> Result<Payment, UnreadableBody> {
        whole(&self.text)
    }

    /// Reads what the payment cost the shop, which nothing but a callback tells.
    ///
    /// # Errors
    /// When it is not what it should be.
    pub fn fee(&self) -> Result<Option<PaymentFee>, UnreadableBody> {
        #[derive(Deserialize)]
        struct Body {
            fee: Option<PaymentFee>,
        }

        whole::<Body>(&self.text).map(|body| body.fee)
    }
}

/// What a payment cost the shop. Its keys are in camel case, unlike all others of a callback.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFee {
    /// The coin of the fees.
    pub currency: Ticker,
    /// The fee for taking the deposit.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub deposit_fee: Option<Amount>,
    /// The fee for sending the money on to the shop.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub withdrawal_fee: Option<Amount>,
    /// The fee of NOWPayments.
    #[serde(default, deserialize_with = "wire::optional_amount")]
    pub service_fee: Option<Amount>,
}

/// A callback about a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutCallback {
    /// The payout.
    pub id: PayoutId,
    /// The batch it belongs to.
    pub batch_withdrawal_id: PayoutBatchId,
    /// How far it is.
    pub status: PayoutStatus,
    text: Box<str>,
}

impl PayoutCallback {
    /// Reads the whole payout.
    ///
    /// # Errors
    /// When the callback lacks what a payout always has, or a value is not what it should be.
    pub fn payout(&self) -> Result<Payout, UnreadableBody> {
        whole(&self.text)
    }
}

/// A callback about a payment that recurs, out of the balance of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurringCallback {
    /// Its id.
    pub id: RecurringId,
    /// How far it is. The documents have only `FINISHED`, which is one of the statuses of transfers.
    pub status: TransferStatus,
    /// The coin.
    pub currency: Ticker,
    /// How much.
    pub amount: Amount,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// Reads all fields of a callback at once.
fn whole<T: DeserializeOwned>(text: &str) -> Result<T, UnreadableBody> {
    endpoint::json(text.as_bytes()).map_err(|Unreadable { path, message, .. }| {
        // The text is known to be JSON. What `serde_json` does not take for it is a string that is no text.
        let half = path.is_empty().then(|| Document::of(text).ok()?.half_a_pair()).flatten();
        match half {
            Some(path) => UnreadableBody::Unexpected {
                path,
                message: "a text holds half of a surrogate pair, which is no character".to_owned(),
            },
            None => UnreadableBody::Unexpected {
                path: if path.is_empty() { "the body".to_owned() } else { path },
                message,
            },
        }
    })
}

/// The fields of a callback. They are taken one by one, so that what is in the others is no hindrance.
struct Fields<'b>(Document<'b>);

impl Fields<'_> {
    fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some()
    }

    /// A field as JSON; null when it is missing. What an array or object holds is left out: no field is read from one.
    fn json(&self, key: &str) -> Cow<'_, str> {
        match self.0.get(key) {
            Some(Node::Literal(raw) | Node::Number(raw)) => (*raw).into(),
            Some(Node::Text(raw)) => format!("\"{raw}\"").into(),
            Some(Node::Array(_)) => "[]".into(),
            Some(Node::Object(_)) => "{}".into(),
            Some(Node::Key(_)) | None => "null".into(),
        }
    }

    fn scalar<T>(
        &self,
        key: &str,
        what: &str,
        read: impl FnOnce(&Scalar<'_>) -> Option<T>,
    ) -> Result<T, UnreadableBody> {
        let json = self.json(key);
        serde_json::from_str(&json).ok().as_ref().and_then(read).ok_or_else(|| UnreadableBody::Unexpected {
            path: key.to_owned(),
            message: format!("expected {what}, found {}", shortened(&json)),
        })
    }

    fn required<T: FromScalar>(&self, key: &str) -> Result<T, UnreadableBody> {
        self.scalar(key, T::WHAT, T::from_scalar)
    }

    fn optional<T: FromScalar>(&self, key: &str) -> Result<Option<T>, UnreadableBody> {
        self.scalar(key, T::WHAT, |scalar| {
            if T::is_none(scalar) { Some(None) } else { T::from_scalar(scalar).map(Some) }
        })
    }

    fn text(&self, key: &str) -> Result<String, UnreadableBody> {
        self.scalar(key, "a text", |scalar| match scalar {
            Scalar::Text(text) if !text.is_empty() => Some(text.as_ref().to_owned()),
            _ => None,
        })
    }

    fn amount(&self, key: &str) -> Result<Amount, UnreadableBody> {
        let missing =
            || UnreadableBody::Unexpected { path: key.to_owned(), message: "expected an amount".to_owned() };
        self.optional_amount(key)?.ok_or_else(missing)
    }

    fn optional_amount(&self, key: &str) -> Result<Option<Amount>, UnreadableBody> {
        wire::optional_amount(&mut serde_json::Deserializer::from_str(&self.json(key))).map_err(|problem| {
            UnreadableBody::Unexpected { path: key.to_owned(), message: problem.to_string() }
        })
    }
}
