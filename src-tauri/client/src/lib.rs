//! A typed client for the [NOWPayments](https://nowpayments.io) HTTP API.
//!
//! A call is a plain struct, and [`Client::send`] makes it; lists are read with [`Client::pages`].
//!
//! ```no_run
//! use nowpayments::{Client, Credentials, payments::GetPayment};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let base = "https://api.nowpayments.io/v1".parse()?;
//! let client = Client::new(base, Credentials { api_key: "key of the shop".into(), login: None })?;
//! let payment = client.send(&GetPayment { id: "5745459419".parse()? }).await?;
//! println!("{} of {} {}", payment.payment_status, payment.price_amount, payment.price_currency);
//! # Ok(())
//! # }
//! ```
//!
//! - **Money is exact.** An [`Amount`] takes the digits that were sent, never a float.
//! - **Quirks end here.** The API sends one field now as a number and now as a string, in two spellings, or as
//!   the text `null`; the types of this crate have one form. What the API adds is ignored, a status that it
//!   invents is kept as it came, and what it leaves out is `None`.
//! - **Nothing is done twice.** Only a GET is repeated by itself. When another call fails, [`Error::outcome`]
//!   tells whether it was not done, or whether that is unknown.
//! - **Secrets stay inside.** No `Debug`, no error and no log line has the key, the password or a token; no
//!   redirect is followed; and plain HTTP is spoken with this computer alone.

pub mod amount;
pub mod auth;
pub mod balance;
mod client;
pub mod conversions;
pub mod currencies;
pub mod custody;
mod endpoint;
mod envelope;
mod error;
pub mod estimates;
pub mod fiat_payouts;
mod ids;
pub mod invoices;
pub mod payments;
pub mod payouts;
mod status;
pub mod subscriptions;
mod wire;

pub use reqwest::Method;
pub use secrecy::SecretString;
pub use url::Url;

pub use amount::{Amount, AmountError};
pub use client::{Client, Credentials, Login, Options, Retry, SetupError};
pub use currencies::{Coin, Ticker, TickerError, read_full_currencies};
pub use endpoint::{Access, Endpoint, Listing, Order, Paged};
pub use envelope::Page;
pub use error::{Call, Error, Outcome, Refused, Shortage, Unreachable, Unreadable};
pub use ids::{
    ConversionId, CustodyUserId, FiatAccountId, FiatPayoutId, IdError, InvoiceId, PaymentId, PayoutBatchId,
    PayoutId, PlanId, PurchaseId, SubscriptionId, TransferId,
};
